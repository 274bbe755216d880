//! Writing keys, in the encodings that [`decode`](super::decode) reads.

use super::decode::encoding;
use super::rsa::{PssParameters, RsaKey, Variant};
use super::{Key, oid, protect};
use crate::answer::{Failure, Library};
use crate::asn1::{bits, element, octets, sequence, tag, unsigned};
use crate::hash::Hash;
use crate::number;
use crate::pem;

/// What [`OPERATION_NOT_SUPPORTED`](super::OPERATION_NOT_SUPPORTED) is to encoding: a form that the key does not have.
const NO_SUCH_FORM: Failure = Failure::new(Library::Evp, 0x8010c, "unsupported");

/// A passphrase to encrypt a private key with.
pub struct Protection<'a> {
    /// OpenSSL's name of the cipher.
    pub cipher: &'a str,
    pub passphrase: &'a [u8],
    /// Random bytes for the salt and the initialisation vector.
    pub seed: &'a [u8],
}

/// A public key in one of [`encoding`].
pub fn public_der(key: &Key, encoding: u32) -> Result<Vec<u8>, Failure> {
    match (encoding, key) {
        (encoding::PKCS1, Key::Rsa(key)) => Ok(pkcs1_public(key)),
        (encoding::PKCS1, _) => Err(NO_SUCH_FORM),
        _ => Ok(spki(key)),
    }
}

/// A public key in PEM.
pub fn public_pem(key: &Key, encoding: u32) -> Result<String, Failure> {
    let label = match encoding {
        encoding::PKCS1 => "RSA PUBLIC KEY",
        _ => "PUBLIC KEY",
    };
    Ok(pem::encode(label, &[], &public_der(key, encoding)?))
}

/// A private key in DER; only PKCS #8 can be encrypted.
pub fn private_der(
    key: &Key,
    encoding: u32,
    protection: Option<&Protection>,
) -> Result<Vec<u8>, Failure> {
    match (encoding, key) {
        (encoding::PKCS1, Key::Rsa(key)) => pkcs1_private(key).ok_or(NO_SUCH_FORM),
        (encoding::SEC1, Key::Ec(_)) => sec1(key, true).ok_or(NO_SUCH_FORM),
        (encoding::PKCS8, _) => {
            let info = pkcs8(key).ok_or(NO_SUCH_FORM)?;
            match protection {
                None => Ok(info),
                Some(protection) => protect::encrypt_pkcs8(&info, protection),
            }
        }
        _ => Err(NO_SUCH_FORM),
    }
}

/// A private key in PEM.
pub fn private_pem(
    key: &Key,
    encoding: u32,
    protection: Option<&Protection>,
) -> Result<String, Failure> {
    let label = match (encoding, protection) {
        (encoding::PKCS8, None) => "PRIVATE KEY",
        (encoding::PKCS8, Some(_)) => "ENCRYPTED PRIVATE KEY",
        (encoding::PKCS1, _) => "RSA PRIVATE KEY",
        _ => "EC PRIVATE KEY",
    };
    let contents = private_der(key, encoding, protection)?;
    match protection {
        Some(protection) if encoding != encoding::PKCS8 => {
            let (info, contents) = protect::encrypt_pem(&contents, protection)?;
            let fields = [("Proc-Type", "4,ENCRYPTED"), ("DEK-Info", info.as_str())];
            Ok(pem::encode(label, &fields, &contents))
        }
        _ => Ok(pem::encode(label, &[], &contents)),
    }
}

fn pkcs1_public(key: &RsaKey) -> Vec<u8> {
    sequence(&[&unsigned(&key.n), &unsigned(&key.e)])
}

fn pkcs1_private(key: &RsaKey) -> Option<Vec<u8>> {
    let private = key.private.as_ref()?;
    Some(sequence(&[
        &unsigned(&[]),
        &unsigned(&key.n),
        &unsigned(&key.e),
        &unsigned(&private.d),
        &unsigned(&private.p),
        &unsigned(&private.q),
        &unsigned(&private.dp),
        &unsigned(&private.dq),
        &unsigned(&private.qi),
    ]))
}

/// `ECPrivateKey`; inside PKCS #8 the parameters stand outside.
fn sec1(key: &Key, with_parameters: bool) -> Option<Vec<u8>> {
    let Key::Ec(key) = key else { return None };
    let scalar = number::padded(key.private.as_ref()?, key.curve.size())?;
    let parameters = if with_parameters {
        element(tag::explicit(0), &key.curve.parameters(key.named))
    } else {
        Vec::new()
    };
    let public = element(tag::explicit(1), &bits(&key.public.bytes()));
    let version = unsigned(&[1]);
    Some(sequence(&[
        &version,
        &octets(&scalar),
        &parameters,
        &public,
    ]))
}

/// `SubjectPublicKeyInfo`
pub fn spki(key: &Key) -> Vec<u8> {
    let public = match key {
        Key::Rsa(key) => pkcs1_public(key),
        Key::Dsa(key) => unsigned(&key.public),
        Key::Dh(key) => unsigned(&key.public),
        Key::Ec(key) => key.public.bytes(),
        Key::Cfrg(key) => key.public.clone(),
        Key::Lattice(key) => key.public.clone(),
    };
    sequence(&[&algorithm(key), &bits(&public)])
}

/// `PrivateKeyInfo`; `None` for a public key.
fn pkcs8(key: &Key) -> Option<Vec<u8>> {
    let private = match key {
        Key::Rsa(key) => pkcs1_private(key)?,
        Key::Dsa(key) => unsigned(key.private.as_ref()?),
        Key::Dh(key) => unsigned(key.private.as_ref()?),
        Key::Ec(_) => sec1(key, false)?,
        Key::Cfrg(key) => octets(key.private.as_ref()?),
        Key::Lattice(key) => {
            let private = key.private.as_ref()?;
            let expanded = octets(&private.expanded);
            match &private.seed {
                Some(seed) => sequence(&[&octets(seed), &expanded]),
                None => expanded,
            }
        }
    };
    let version = unsigned(&[]);
    Some(sequence(&[&version, &algorithm(key), &octets(&private)]))
}

fn algorithm(key: &Key) -> Vec<u8> {
    let null = element(tag::NULL, &[]);
    let domain = |numbers: &[&[u8]]| {
        let numbers: Vec<_> = numbers.iter().map(|digits| unsigned(digits)).collect();
        element(tag::SEQUENCE, &numbers.concat())
    };
    let identifier =
        |oid: &[u8], parameters: &[u8]| sequence(&[&crate::asn1::oid(oid), parameters]);
    match key {
        Key::Rsa(key) => match key.variant {
            Variant::Rsa => identifier(oid::RSA, &null),
            Variant::Pss(None) => identifier(oid::RSA_PSS, &[]),
            Variant::Pss(Some(parameters)) => {
                identifier(oid::RSA_PSS, &pss_parameters(&parameters))
            }
        },
        Key::Dsa(key) => identifier(oid::DSA, &domain(&[&key.p, &key.q, &key.g])),
        Key::Dh(key) => identifier(oid::DH, &domain(&[&key.p, &key.g])),
        Key::Ec(key) => identifier(oid::EC, &key.curve.parameters(key.named)),
        Key::Cfrg(key) => identifier(&key.scheme.oid(), &[]),
        Key::Lattice(key) => identifier(&key.algorithm.oid(), &[]),
    }
}

/// `RSASSA-PSS-params` without the fields that have their defaults.
fn pss_parameters(parameters: &PssParameters) -> Vec<u8> {
    let null = element(tag::NULL, &[]);
    let hash = |hash: Hash| sequence(&[&crate::asn1::oid(hash.oid()), &null]);
    let mut fields = Vec::new();
    if parameters.hash != Hash::Sha1 {
        fields.extend(element(tag::explicit(0), &hash(parameters.hash)));
    }
    if parameters.mgf_hash != Hash::Sha1 {
        let mgf1 = sequence(&[&crate::asn1::oid(oid::MGF1), &hash(parameters.mgf_hash)]);
        fields.extend(element(tag::explicit(1), &mgf1));
    }
    if parameters.salt_len != 20 {
        let digits = unsigned(&parameters.salt_len.to_be_bytes());
        fields.extend(element(tag::explicit(2), &digits));
    }
    element(tag::SEQUENCE, &fields)
}

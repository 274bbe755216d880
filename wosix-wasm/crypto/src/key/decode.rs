//! Reading keys: PKCS #1, PKCS #8, SPKI, SEC 1, DSA's traditional form and certificates, in DER and PEM.

use super::cfrg::{CfrgKey, SCHEMES};
use super::ec::{Curve, EcKey};
use super::finite_field::{DhKey, DsaKey};
use super::post_quantum::{Algorithm, LatticeKey};
use super::rsa::{Private, PssParameters, RsaKey, Variant};
use super::{Key, oid, protect};
use crate::answer::{Failure, Library};
use crate::asn1::{self, Reader, tag};
use crate::hash::Hash;
use crate::number;
use crate::pem::{self, Block};

/// `ERR_R_UNSUPPORTED`, as the decoders report what none of them can read.
pub const UNSUPPORTED: Failure = Failure::new(Library::Decoder, 0x8010c, "unsupported");
/// `ERR_R_INTERRUPTED_OR_CANCELLED`: somebody had to be asked for a passphrase.
pub const NO_PASSPHRASE: Failure =
    Failure::new(Library::Crypto, 0x80109, "interrupted or cancelled");
/// Node's `ERR_MISSING_PASSPHRASE`
const NEED_PASSPHRASE: Failure =
    Failure::new(Library::Node, 6, "Passphrase required for encrypted key");
/// What Node says when OpenSSL gave no reason.
const NO_PRIVATE_KEY: Failure = Failure::new(Library::Node, 2, "Failed to read private key");
/// The same for public keys.
const NO_PUBLIC_KEY: Failure = Failure::new(Library::Node, 2, "Failed to read asymmetric key");
/// `EC_R_UNKNOWN_GROUP` for curves that this build does not have.
const UNKNOWN_GROUP: Failure = Failure::new(Library::Ec, 129, "unknown group");

/// Encodings by the numbers of `kKeyEncoding*`.
pub mod encoding {
    pub const PKCS1: u32 = 0;
    pub const PKCS8: u32 = 1;
    pub const SPKI: u32 = 2;
    pub const SEC1: u32 = 3;
}

/// Longest passphrase that OpenSSL's callback takes (`PEM_BUFSIZE`).
const LONGEST_PASSPHRASE: usize = 1024;

/// Reads a private key in PEM.
pub fn private_pem(text: &[u8], passphrase: Option<&[u8]>) -> Result<Key, Failure> {
    let mut blocks = pem::blocks(text).into_iter();
    let block = blocks.find(|block| block.label.ends_with("PRIVATE KEY"));
    private_block(&block.ok_or(UNSUPPORTED)?, passphrase)
}

fn private_block(block: &Block, passphrase: Option<&[u8]>) -> Result<Key, Failure> {
    let passphrase = passphrase.filter(|bytes| bytes.len() <= LONGEST_PASSPHRASE);
    let decrypted;
    let contents = match block.field("DEK-Info") {
        None => &block.contents,
        Some(info) => {
            let passphrase = passphrase.ok_or(NO_PASSPHRASE)?;
            decrypted = protect::decrypt_pem(info, passphrase, &block.contents)?;
            &decrypted
        }
    };
    match block.label.as_str() {
        "ENCRYPTED PRIVATE KEY" => {
            let passphrase = passphrase.ok_or(NO_PASSPHRASE)?;
            pkcs8(&protect::decrypt_pkcs8(contents, passphrase)?)
        }
        "PRIVATE KEY" => pkcs8(contents),
        "RSA PRIVATE KEY" => pkcs1_private(contents).or_else(|_| pkcs8(contents)),
        "EC PRIVATE KEY" => sec1(contents, None).or_else(|_| pkcs8(contents)),
        "DSA PRIVATE KEY" => dsa_private(contents).or_else(|_| pkcs8(contents)),
        _ => Err(UNSUPPORTED),
    }
    .map_err(|_| UNSUPPORTED)
}

/// Reads a private key in DER, in one of [`encoding`].
pub fn private_der(der: &[u8], encoding: u32, passphrase: Option<&[u8]>) -> Result<Key, Failure> {
    if der.is_empty() {
        return Err(NO_PRIVATE_KEY);
    }
    let element = Reader::new(der).any()?;
    if encoding != encoding::PKCS8 {
        // OpenSSL only takes the encoding as a hint.
        let readers = [
            pkcs8,
            pkcs1_private,
            |der: &[u8]| sec1(der, None),
            dsa_private,
        ];
        let keys = readers.iter().find_map(|read| read(element.raw).ok());
        return keys.ok_or(UNSUPPORTED);
    }
    let starts_with = Reader::new(element.value).any()?.tag;
    if starts_with == tag::INTEGER {
        return pkcs8(element.raw);
    }
    let passphrase = passphrase.ok_or(NEED_PASSPHRASE)?;
    if passphrase.len() > LONGEST_PASSPHRASE {
        return Err(NO_PASSPHRASE);
    }
    pkcs8(&protect::decrypt_pkcs8(element.raw, passphrase)?)
}

/// Reads a public key in PEM: of itself, of a certificate, or of a private key.
pub fn public_pem(text: &[u8], passphrase: Option<&[u8]>) -> Result<Key, Failure> {
    for block in pem::blocks(text) {
        return match block.label.as_str() {
            "PUBLIC KEY" => spki(&block.contents),
            "RSA PUBLIC KEY" => pkcs1_public(&block.contents),
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                spki(certificate_key(&block.contents)?)
            }
            label if label.ends_with("PRIVATE KEY") => {
                private_block(&block, passphrase).map(|key| key.public())
            }
            _ => continue,
        };
    }
    Err(UNSUPPORTED)
}

/// Reads a public key in DER, in one of [`encoding`].
pub fn public_der(der: &[u8], encoding: u32, passphrase: Option<&[u8]>) -> Result<Key, Failure> {
    match encoding {
        encoding::PKCS1 => pkcs1_public(der).or_else(|_| {
            let readers = [pkcs1_private, pkcs8, |der: &[u8]| sec1(der, None)];
            let keys = readers.iter().find_map(|read| read(der).ok());
            keys.map(|key| key.public()).ok_or(NO_PUBLIC_KEY)
        }),
        encoding::SPKI => spki(der).map_err(|_| NO_PUBLIC_KEY),
        other => private_der(der, other, passphrase).map(|key| key.public()),
    }
}

/// The `SubjectPublicKeyInfo` of a certificate.
pub fn certificate_key(certificate: &[u8]) -> Result<&[u8], Failure> {
    let mut body = Reader::new(certificate).sequence()?.sequence()?;
    body.optional(tag::explicit(0))?;
    // Serial number, signature's algorithm, issuer, validity, subject.
    for _ in 0..5 {
        body.any()?;
    }
    Ok(body.any()?.raw)
}

/// An `AlgorithmIdentifier`: the contents of the identifier, and the complete parameters or nothing.
pub fn algorithm<'a>(reader: &mut Reader<'a>) -> Result<(&'a [u8], &'a [u8]), Failure> {
    let mut fields = reader.sequence()?;
    let identifier = fields.expect(tag::OID)?;
    let parameters = fields.next().map_or(&[][..], |element| element.raw);
    Ok((identifier, parameters))
}

/// `SubjectPublicKeyInfo`
pub fn spki(der: &[u8]) -> Result<Key, Failure> {
    let mut fields = Reader::new(der).sequence()?;
    let (identifier, parameters) = algorithm(&mut fields)?;
    let key = fields.bits()?;
    let mut parameter_fields = Reader::new(parameters);
    Ok(match identifier {
        oid::RSA => rsa_public(key, Variant::Rsa)?,
        oid::RSA_PSS => rsa_public(key, Variant::Pss(pss_parameters(parameters)?))?,
        oid::DSA => {
            let mut domain = parameter_fields.sequence()?;
            Key::Dsa(DsaKey {
                p: domain.unsigned()?.to_vec(),
                q: domain.unsigned()?.to_vec(),
                g: domain.unsigned()?.to_vec(),
                public: Reader::new(key).unsigned()?.to_vec(),
                private: None,
            })
        }
        oid::DH => {
            let mut domain = parameter_fields.sequence()?;
            Key::Dh(DhKey {
                p: domain.unsigned()?.to_vec(),
                g: domain.unsigned()?.to_vec(),
                public: Reader::new(key).unsigned()?.to_vec(),
                private: None,
            })
        }
        oid::EC => {
            let (curve, named) = Curve::from_parameters(parameters).ok_or(UNKNOWN_GROUP)?;
            Key::Ec(EcKey::from_public(curve, named, curve.point(key)?))
        }
        other if Algorithm::with_oid(other).is_some() => {
            let algorithm = Algorithm::with_oid(other).ok_or(UNSUPPORTED)?;
            Key::Lattice(LatticeKey::from_public(algorithm, key).ok_or(UNSUPPORTED)?)
        }
        other => {
            let scheme = SCHEMES.iter().find(|(scheme, ..)| scheme.oid() == other);
            let (scheme, ..) = scheme.ok_or(UNSUPPORTED)?;
            Key::Cfrg(CfrgKey::from_public(*scheme, key).ok_or(UNSUPPORTED)?)
        }
    })
}

/// `PrivateKeyInfo` of PKCS #8, not encrypted.
pub fn pkcs8(der: &[u8]) -> Result<Key, Failure> {
    let mut fields = Reader::new(der).sequence()?;
    let _version = fields.unsigned()?;
    let (identifier, parameters) = algorithm(&mut fields)?;
    let key = fields.expect(tag::OCTET_STRING)?;
    let mut parameter_fields = Reader::new(parameters);
    Ok(match identifier {
        oid::RSA => rsa_private(key, Variant::Rsa)?,
        oid::RSA_PSS => rsa_private(key, Variant::Pss(pss_parameters(parameters)?))?,
        oid::DSA => {
            let mut domain = parameter_fields.sequence()?;
            let [p, q, g] = [domain.unsigned()?, domain.unsigned()?, domain.unsigned()?];
            let private = Reader::new(key).unsigned()?;
            let public = public_power(g, private, p)?;
            Key::Dsa(DsaKey {
                p: p.to_vec(),
                q: q.to_vec(),
                g: g.to_vec(),
                public,
                private: Some(private.to_vec()),
            })
        }
        oid::DH => {
            let mut domain = parameter_fields.sequence()?;
            let [p, g] = [domain.unsigned()?, domain.unsigned()?];
            let private = Reader::new(key).unsigned()?;
            let public = public_power(g, private, p)?;
            Key::Dh(DhKey {
                p: p.to_vec(),
                g: g.to_vec(),
                public,
                private: Some(private.to_vec()),
            })
        }
        oid::EC => {
            let curve = Curve::from_parameters(parameters).ok_or(UNKNOWN_GROUP)?;
            sec1(key, Some(curve))?
        }
        other if Algorithm::with_oid(other).is_some() => {
            lattice(Algorithm::with_oid(other).ok_or(UNSUPPORTED)?, key)?
        }
        other => {
            let scheme = SCHEMES.iter().find(|(scheme, ..)| scheme.oid() == other);
            let (scheme, ..) = scheme.ok_or(UNSUPPORTED)?;
            let key = Reader::new(key).expect(tag::OCTET_STRING)?;
            Key::Cfrg(CfrgKey::from_private(*scheme, key).ok_or(UNSUPPORTED)?)
        }
    })
}

/// The seed, the expanded key, or both (RFC 9881, section 6).
fn lattice(algorithm: Algorithm, der: &[u8]) -> Result<Key, Failure> {
    let choice = Reader::new(der).any()?;
    let key = match choice.tag {
        tag::OCTET_STRING => LatticeKey::from_expanded(algorithm, choice.value),
        tag::SEQUENCE => {
            let mut fields = Reader::new(choice.value);
            let seed = fields.expect(tag::OCTET_STRING)?;
            let expanded = fields.expect(tag::OCTET_STRING)?;
            let key = LatticeKey::from_seed(algorithm, seed);
            key.filter(|key| {
                let private = key.private.as_ref();
                private.is_some_and(|private| private.expanded == expanded)
            })
        }
        other if other == tag::implicit(0) => LatticeKey::from_seed(algorithm, choice.value),
        _ => None,
    };
    key.map(Key::Lattice).ok_or(UNSUPPORTED)
}

fn public_power(g: &[u8], private: &[u8], p: &[u8]) -> Result<Vec<u8>, Failure> {
    let [g, private, p] = [g, private, p].map(number::parse);
    let public = number::power(&g, &private, &p).ok_or(UNSUPPORTED)?;
    Ok(number::digits(&public))
}

fn pkcs1_private(der: &[u8]) -> Result<Key, Failure> {
    rsa_private(der, Variant::Rsa)
}

fn rsa_private(der: &[u8], variant: Variant) -> Result<Key, Failure> {
    let mut fields = Reader::new(der).sequence()?;
    let version = fields.unsigned()?;
    if !version.is_empty() {
        // More than two primes.
        return Err(UNSUPPORTED);
    }
    let (n, e) = (fields.unsigned()?, fields.unsigned()?);
    let mut part = || fields.unsigned().map(<[u8]>::to_vec);
    let private = Private {
        d: part()?,
        p: part()?,
        q: part()?,
        dp: part()?,
        dq: part()?,
        qi: part()?,
    };
    Ok(Key::Rsa(RsaKey::new(variant, n, e, Some(private))))
}

fn pkcs1_public(der: &[u8]) -> Result<Key, Failure> {
    rsa_public(der, Variant::Rsa)
}

fn rsa_public(der: &[u8], variant: Variant) -> Result<Key, Failure> {
    let mut fields = Reader::new(der).sequence()?;
    let (n, e) = (fields.unsigned()?, fields.unsigned()?);
    if n.is_empty() || !fields.is_empty() {
        return Err(asn1::WRONG_TAG);
    }
    Ok(Key::Rsa(RsaKey::new(variant, n, e, None)))
}

/// `RSASSA-PSS-params`, all of whose fields have defaults.
pub fn pss_parameters(der: &[u8]) -> Result<Option<PssParameters>, Failure> {
    if der.is_empty() {
        return Ok(None);
    }
    let mut fields = Reader::new(der).sequence()?;
    let mut parameters = PssParameters {
        hash: Hash::Sha1,
        mgf_hash: Hash::Sha1,
        salt_len: 20,
    };
    if let Some(field) = fields.optional(tag::explicit(0))? {
        let (identifier, _) = algorithm(&mut Reader::new(field))?;
        parameters.hash = Hash::with_oid(identifier).ok_or(UNSUPPORTED)?;
    }
    if let Some(field) = fields.optional(tag::explicit(1))? {
        let (identifier, hash) = algorithm(&mut Reader::new(field))?;
        if identifier != oid::MGF1 {
            return Err(UNSUPPORTED);
        }
        let (identifier, _) = algorithm(&mut Reader::new(hash))?;
        parameters.mgf_hash = Hash::with_oid(identifier).ok_or(UNSUPPORTED)?;
    }
    if let Some(field) = fields.optional(tag::explicit(2))? {
        let digits = Reader::new(field).unsigned()?;
        parameters.salt_len = digits
            .iter()
            .fold(0, |value, &digit| value << 8 | u32::from(digit));
    }
    Ok(Some(parameters))
}

/// `ECPrivateKey` of SEC 1. The curve is given from outside or in it.
fn sec1(der: &[u8], curve: Option<(Curve, bool)>) -> Result<Key, Failure> {
    let mut fields = Reader::new(der).sequence()?;
    if fields.unsigned()? != [1] {
        return Err(UNSUPPORTED);
    }
    let scalar = fields.expect(tag::OCTET_STRING)?;
    let parameters = fields.optional(tag::explicit(0))?;
    let curve = curve.or_else(|| Curve::from_parameters(parameters?));
    let (curve, named) = curve.ok_or(UNKNOWN_GROUP)?;
    let public = fields.optional(tag::explicit(1))?;
    let public = match public {
        None => None,
        Some(field) => Some(curve.point(Reader::new(field).bits()?)?),
    };
    let key = EcKey::from_private(curve, named, scalar, public)?;
    Ok(Key::Ec(key))
}

/// DSA's traditional form: version, p, q, g, the public and the private number.
fn dsa_private(der: &[u8]) -> Result<Key, Failure> {
    let mut fields = Reader::new(der).sequence()?;
    let _version = fields.unsigned()?;
    let mut part = || fields.unsigned().map(<[u8]>::to_vec);
    Ok(Key::Dsa(DsaKey {
        p: part()?,
        q: part()?,
        g: part()?,
        public: part()?,
        private: Some(part()?),
    }))
}

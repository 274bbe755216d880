//! Signatures of certificates and of what is signed like them.

use crate::answer::Failure;
use crate::asn1::Reader;
use crate::hash::Hash;
use crate::key::decode::{algorithm, pss_parameters};
use crate::key::rsa::{SignOptions, scheme};
use crate::key::signature::{Form, Subject};
use crate::key::{Key, oid};

/// Algorithms: the contents of the identifier, OpenSSL's name, and the hash if it is not part of the algorithm.
const ALGORITHMS: [(&[u8], &str, Option<Hash>); 17] = {
    use Hash::*;
    [
        (&rsa(4), "md5WithRSAEncryption", Some(Md5)),
        (&rsa(5), "sha1WithRSAEncryption", Some(Sha1)),
        (&rsa(14), "sha224WithRSAEncryption", Some(Sha224)),
        (&rsa(11), "sha256WithRSAEncryption", Some(Sha256)),
        (&rsa(12), "sha384WithRSAEncryption", Some(Sha384)),
        (&rsa(13), "sha512WithRSAEncryption", Some(Sha512)),
        (oid::RSA_PSS, "rsassaPss", None),
        (
            &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1],
            "ecdsa-with-SHA1",
            Some(Sha1),
        ),
        (&ecdsa(1), "ecdsa-with-SHA224", Some(Sha224)),
        (&ecdsa(2), "ecdsa-with-SHA256", Some(Sha256)),
        (&ecdsa(3), "ecdsa-with-SHA384", Some(Sha384)),
        (&ecdsa(4), "ecdsa-with-SHA512", Some(Sha512)),
        (
            &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3],
            "dsaWithSHA1",
            Some(Sha1),
        ),
        (
            &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 1],
            "dsa_with_SHA224",
            Some(Sha224),
        ),
        (
            &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2],
            "dsa_with_SHA256",
            Some(Sha256),
        ),
        (&[0x2b, 0x65, 112], "ED25519", None),
        (&[0x2b, 0x65, 113], "ED448", None),
    ]
};

/// `1.2.840.113549.1.1.<number>`
const fn rsa(number: u8) -> [u8; 9] {
    [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, number]
}

/// `1.2.840.10045.4.3.<number>`
const fn ecdsa(number: u8) -> [u8; 8] {
    [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, number]
}

/// OpenSSL's name of an algorithm.
pub fn name(identifier: &[u8]) -> Option<&'static str> {
    let entry = ALGORITHMS.iter().find(|(other, ..)| *other == identifier);
    entry.map(|(_, name, _)| *name)
}

/// Whether `signature` signs `message` by this `AlgorithmIdentifier`. A key of another kind is no error.
pub fn verify(
    identifier: &[u8],
    message: &[u8],
    signature: &[u8],
    key: &Key,
) -> Result<bool, Failure> {
    let (identifier, parameters) = algorithm(&mut Reader::new(identifier))?;
    let Some((_, name, hash)) = ALGORITHMS.iter().find(|(other, ..)| *other == identifier) else {
        return Ok(false);
    };
    let fits = match key {
        Key::Rsa(_) => name.contains("RSA") || name.contains("rsa"),
        Key::Ec(_) => name.starts_with("ecdsa"),
        Key::Dsa(_) => name.starts_with("dsa"),
        other => other.type_name().eq_ignore_ascii_case(name),
    };
    if !fits {
        return Ok(false);
    }
    let mut rsa = SignOptions::default();
    let mut hash = *hash;
    if identifier == oid::RSA_PSS {
        let Some(parameters) = pss_parameters(parameters)? else {
            return Ok(false);
        };
        hash = Some(parameters.hash);
        rsa.padding = Some(scheme::PSS);
        rsa.salt_len = i32::try_from(parameters.salt_len).ok();
    }
    let digest;
    let subject = match hash {
        None => Subject::Message {
            message,
            context: &[],
        },
        Some(hash) => {
            digest = hash.digest(&[message]);
            Subject::Digest(hash, &digest)
        }
    };
    let form = Form { rsa, p1363: false };
    Ok(key.verify(subject, form, signature).unwrap_or(false))
}

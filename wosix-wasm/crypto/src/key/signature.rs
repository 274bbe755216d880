//! Signing and verifying with any key that can, and the two ways to write a pair of numbers.

use rand_chacha::ChaCha20Rng;

use super::rsa::SignOptions;
use super::{Key, OPERATION_NOT_SUPPORTED};
use crate::answer::Failure;
use crate::asn1::{self, Reader, tag};
use crate::hash::Hash;
use crate::number;

/// What is to be signed.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// A digest and the function that made it.
    Digest(Hash, &'a [u8]),
    /// All of the message, with the context of Ed448 and its like.
    Message {
        message: &'a [u8],
        context: &'a [u8],
    },
}

/// How a caller wants the signature.
#[derive(Clone, Copy)]
pub struct Form {
    /// For RSA.
    pub rsa: SignOptions,
    /// For DSA and ECDSA: r and s one after the other (IEEE P1363), instead of DER.
    pub p1363: bool,
}

impl Key {
    /// Bytes of r and of s, for keys that sign with such a pair.
    pub fn signature_part(&self) -> Option<usize> {
        match self {
            Key::Dsa(key) => Some(key.signature_part()),
            Key::Ec(key) => Some(key.curve.size()),
            _ => None,
        }
    }

    /// Whether it signs messages as they are, without a digest.
    pub fn signs_messages(&self) -> bool {
        match self {
            Key::Cfrg(key) => key.scheme.signs(),
            Key::Lattice(key) => key.algorithm.signs(),
            _ => false,
        }
    }

    pub fn sign(
        &self,
        subject: Subject,
        form: Form,
        rng: &mut ChaCha20Rng,
    ) -> Result<Vec<u8>, Failure> {
        let (r, s) = match (self, subject) {
            (Key::Rsa(key), Subject::Digest(hash, digest)) => {
                return key.sign(hash, digest, form.rsa, rng);
            }
            (Key::Cfrg(key), Subject::Message { message, context }) if key.scheme.signs() => {
                return key.sign(message, context);
            }
            (Key::Lattice(key), Subject::Message { message, context }) if key.algorithm.signs() => {
                return key.sign(message, context, rng);
            }
            (Key::Dsa(key), Subject::Digest(_, digest)) => key.sign(digest, rng)?,
            (Key::Ec(key), Subject::Digest(_, digest)) => {
                let private = key.private.as_deref().ok_or(OPERATION_NOT_SUPPORTED)?;
                key.curve.sign(private, digest, rng)?
            }
            _ => return Err(OPERATION_NOT_SUPPORTED),
        };
        let part = self.signature_part().filter(|_| form.p1363);
        Ok(match part {
            None => asn1::sequence(&[&asn1::unsigned(&r), &asn1::unsigned(&s)]),
            Some(size) => [number::padded(&r, size), number::padded(&s, size)]
                .into_iter()
                .flatten()
                .flatten()
                .collect(),
        })
    }

    pub fn verify(&self, subject: Subject, form: Form, signature: &[u8]) -> Result<bool, Failure> {
        match (self, subject) {
            (Key::Rsa(key), Subject::Digest(hash, digest)) => {
                return key.verify(hash, digest, signature, form.rsa);
            }
            (Key::Cfrg(key), Subject::Message { message, context }) if key.scheme.signs() => {
                return Ok(key.verify(message, context, signature));
            }
            (Key::Lattice(key), Subject::Message { message, context }) if key.algorithm.signs() => {
                return Ok(key.verify(message, context, signature));
            }
            (Key::Dsa(_) | Key::Ec(_), Subject::Digest(..)) => {}
            _ => return Err(OPERATION_NOT_SUPPORTED),
        }
        let pair = match self.signature_part().filter(|_| form.p1363) {
            None => parse_pair(signature),
            Some(size) if signature.len() == 2 * size => Some(signature.split_at(size)),
            Some(_) => None,
        };
        let Some((r, s)) = pair else { return Ok(false) };
        Ok(match (self, subject) {
            (Key::Dsa(key), Subject::Digest(_, digest)) => key.verify(digest, r, s),
            (Key::Ec(key), Subject::Digest(_, digest)) => {
                key.curve.verify(&key.public, digest, r, s)
            }
            _ => false,
        })
    }
}

/// r and s of a DER signature, which must be the only way to write it.
fn parse_pair(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut outer = Reader::new(signature);
    let mut fields = outer.sequence().ok()?;
    let (r, s) = (positive(&mut fields)?, positive(&mut fields)?);
    (outer.is_empty() && fields.is_empty()).then_some((r, s))
}

fn positive<'a>(fields: &mut Reader<'a>) -> Option<&'a [u8]> {
    let digits = fields.expect(tag::INTEGER).ok()?;
    (digits.first()? < &0x80).then(|| asn1::trim(digits))
}

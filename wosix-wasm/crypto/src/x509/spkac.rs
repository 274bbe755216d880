//! SPKAC: a public key and a challenge, signed (the form of HTML's `keygen`).

use base64ct::{Base64, Encoding};

use super::signature;
use crate::answer::Failure;
use crate::asn1::{NOT_ENOUGH_DATA, Reader, tag};
use crate::key::{Key, decode};

/// The parts of a `SignedPublicKeyAndChallenge`.
pub struct Spkac {
    der: Vec<u8>,
}

impl Spkac {
    /// Reads it in Base64.
    pub fn parse(text: &[u8]) -> Result<Self, Failure> {
        let digits: Vec<u8> = text
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace() && *byte != 0)
            .collect();
        let digits = str::from_utf8(&digits).map_err(|_| NOT_ENOUGH_DATA)?;
        let der = Base64::decode_vec(digits).map_err(|_| NOT_ENOUGH_DATA)?;
        let spkac = Self { der };
        spkac.key()?;
        Ok(spkac)
    }

    fn body(&self) -> Result<Reader<'_>, Failure> {
        Reader::new(&self.der).sequence()?.sequence()
    }

    pub fn key(&self) -> Result<Key, Failure> {
        decode::spki(self.body()?.any()?.raw)
    }

    pub fn challenge(&self) -> Result<Vec<u8>, Failure> {
        let mut body = self.body()?;
        body.any()?;
        body.expect(tag::IA5_STRING).map(<[u8]>::to_vec)
    }

    /// Whether the signature is one by the key itself.
    pub fn is_valid(&self) -> Result<bool, Failure> {
        let mut outer = Reader::new(&self.der).sequence()?;
        let body = outer.any()?.raw;
        let algorithm = outer.any()?.raw;
        signature::verify(algorithm, body, outer.bits()?, &self.key()?)
    }
}

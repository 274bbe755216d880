//! Hash functions by name, for the schemes that are made of them.

use digest::DynDigest;

use crate::answer::{Failure, Library};

/// `EVP_R_INVALID_DIGEST`
pub const INVALID_DIGEST: Failure = Failure::new(Library::Evp, 152, "invalid digest");

/// A hash function that signatures and encryption schemes can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    Md5,
    Md5Sha1,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
    Ripemd160,
    Blake2b512,
    Blake2s256,
}

/// Every function with Node's name for it and the contents of its object identifier.
const HASHES: [(Hash, &str, &[u8]); 16] = {
    use Hash::*;
    [
        (Md5, "md5", &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5]),
        (Md5Sha1, "md5-sha1", &[]),
        (Sha1, "sha1", &[0x2b, 0x0e, 3, 2, 0x1a]),
        (Sha224, "sha224", &nist(4)),
        (Sha256, "sha256", &nist(1)),
        (Sha384, "sha384", &nist(2)),
        (Sha512, "sha512", &nist(3)),
        (Sha512_224, "sha512-224", &nist(5)),
        (Sha512_256, "sha512-256", &nist(6)),
        (Sha3_224, "sha3-224", &nist(7)),
        (Sha3_256, "sha3-256", &nist(8)),
        (Sha3_384, "sha3-384", &nist(9)),
        (Sha3_512, "sha3-512", &nist(10)),
        (Ripemd160, "ripemd160", &[0x2b, 0x24, 3, 2, 1]),
        (
            Blake2b512,
            "blake2b512",
            &[0x2b, 6, 1, 4, 1, 0x8d, 0x3a, 0x0c, 2, 1, 16],
        ),
        (
            Blake2s256,
            "blake2s256",
            &[0x2b, 6, 1, 4, 1, 0x8d, 0x3a, 0x0c, 2, 2, 8],
        ),
    ]
};

/// `2.16.840.1.101.3.4.2.<number>`, NIST's hash functions.
const fn nist(number: u8) -> [u8; 9] {
    [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, number]
}

impl Hash {
    /// The function with this name, in Node's spelling.
    pub fn named(name: &[u8]) -> Result<Self, Failure> {
        let entry = HASHES.iter().find(|(_, other, _)| other.as_bytes() == name);
        entry.map(|(hash, ..)| *hash).ok_or(INVALID_DIGEST)
    }

    /// The function with this object identifier.
    pub fn with_oid(oid: &[u8]) -> Option<Self> {
        let entry = HASHES
            .iter()
            .find(|(.., other)| !other.is_empty() && *other == oid);
        entry.map(|(hash, ..)| *hash)
    }

    pub fn name(self) -> &'static str {
        self.entry().1
    }

    /// The contents of the object identifier; empty for the one that has none.
    pub fn oid(self) -> &'static [u8] {
        self.entry().2
    }

    fn entry(self) -> &'static (Hash, &'static str, &'static [u8]) {
        &HASHES[self as usize]
    }

    /// Bytes of a digest.
    pub fn size(self) -> usize {
        match self {
            Hash::Md5Sha1 => 36,
            other => other.state().output_size(),
        }
    }

    /// The digest of `parts`, one after the other.
    pub fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        if self == Hash::Md5Sha1 {
            return [Hash::Md5.digest(parts), Hash::Sha1.digest(parts)].concat();
        }
        let mut state = self.state();
        for part in parts {
            state.update(part);
        }
        state.finalize().into_vec()
    }

    fn state(self) -> Box<dyn DynDigest> {
        match self {
            Hash::Md5 => Box::new(md5::Md5::default()),
            Hash::Sha1 | Hash::Md5Sha1 => Box::new(sha1::Sha1::default()),
            Hash::Sha224 => Box::new(sha2::Sha224::default()),
            Hash::Sha256 => Box::new(sha2::Sha256::default()),
            Hash::Sha384 => Box::new(sha2::Sha384::default()),
            Hash::Sha512 => Box::new(sha2::Sha512::default()),
            Hash::Sha512_224 => Box::new(sha2::Sha512_224::default()),
            Hash::Sha512_256 => Box::new(sha2::Sha512_256::default()),
            Hash::Sha3_224 => Box::new(sha3::Sha3_224::default()),
            Hash::Sha3_256 => Box::new(sha3::Sha3_256::default()),
            Hash::Sha3_384 => Box::new(sha3::Sha3_384::default()),
            Hash::Sha3_512 => Box::new(sha3::Sha3_512::default()),
            Hash::Ripemd160 => Box::new(ripemd::Ripemd160::default()),
            Hash::Blake2b512 => Box::new(blake2::Blake2b512::default()),
            Hash::Blake2s256 => Box::new(blake2::Blake2s256::default()),
        }
    }
}

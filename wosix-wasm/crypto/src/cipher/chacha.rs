//! ChaCha20 and ChaCha20-Poly1305 (RFC 8439).

use chacha20::ChaCha20 as Stream;
use cipher::{KeyInit, KeyIvInit, StreamCipher, StreamCipherSeek};
use poly1305::Poly1305;

use super::gcm::PaddedHash;
use super::{Authenticated, INVALID_KEY_LENGTH, Mode, check_tag};
use crate::answer::Failure;

/// Bytes of keystream that one value of the counter gives.
const BLOCK: u64 = 64;

/// ChaCha20 as OpenSSL has it: the first 4 of the 16 bytes of the initialization vector are the counter.
pub struct ChaCha20(Stream);

impl ChaCha20 {
    pub fn new(key: &[u8], iv: &[u8]) -> Result<Self, Failure> {
        let (counter, nonce) = iv.split_first_chunk().ok_or(INVALID_KEY_LENGTH)?;
        let mut stream = Stream::new_from_slices(key, nonce).map_err(|_| INVALID_KEY_LENGTH)?;
        stream.seek(u64::from(u32::from_le_bytes(*counter)) * BLOCK);
        Ok(Self(stream))
    }
}

impl Mode for ChaCha20 {
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        apply(&mut self.0, input, out)
    }
}

/// Fails at the end of the keystream.
fn apply(stream: &mut Stream, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
    let from = out.len();
    out.extend_from_slice(input);
    stream
        .try_apply_keystream(&mut out[from..])
        .map_err(|_| Failure::unexplained())
}

/// ChaCha20-Poly1305. A nonce shorter than 12 bytes has zeros in front of it.
pub struct ChaCha20Poly1305 {
    encrypt: bool,
    stream: Stream,
    hash: Option<PaddedHash<Poly1305>>,
    /// When encrypting the tag, once it is known; otherwise the tag to check.
    tag: Vec<u8>,
}

impl ChaCha20Poly1305 {
    pub fn new(key: &[u8], iv: &[u8], encrypt: bool) -> Result<Self, Failure> {
        let mut nonce = [0; 12];
        let zeros = nonce
            .len()
            .checked_sub(iv.len())
            .ok_or(INVALID_KEY_LENGTH)?;
        nonce[zeros..].copy_from_slice(iv);
        let mut stream = Stream::new_from_slices(key, &nonce).map_err(|_| INVALID_KEY_LENGTH)?;
        let mut hash_key = [0; 32];
        stream.apply_keystream(&mut hash_key);
        stream.seek(BLOCK);
        Ok(Self {
            encrypt,
            stream,
            hash: Some(PaddedHash::new(Poly1305::new(&hash_key.into()))),
            tag: Vec::new(),
        })
    }

    fn hash(&mut self) -> Result<&mut PaddedHash<Poly1305>, Failure> {
        self.hash.as_mut().ok_or(Failure::unexplained())
    }
}

impl Mode for ChaCha20Poly1305 {
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        let from = out.len();
        if !self.encrypt {
            self.hash()?.message(input);
        }
        apply(&mut self.stream, input, out)?;
        if self.encrypt {
            self.hash()?.message(&out[from..]);
        }
        Ok(())
    }

    fn finish(&mut self, _out: &mut Vec<u8>) -> Result<(), Failure> {
        let hash = self.hash.take().ok_or(Failure::unexplained())?;
        let [associated, message] = hash.lens().map(u128::from);
        let computed = hash.finish((message << 64 | associated).to_le_bytes());
        if self.encrypt {
            self.tag = computed.to_vec();
            return Ok(());
        }
        check_tag(&self.tag, &computed)
    }

    fn authenticated(&mut self) -> Option<&mut dyn Authenticated> {
        Some(self)
    }
}

impl Authenticated for ChaCha20Poly1305 {
    fn authenticate(&mut self, data: &[u8]) -> Result<(), Failure> {
        if self.hash()?.associated(data) {
            Ok(())
        } else {
            Err(Failure::unexplained())
        }
    }

    fn set_tag(&mut self, tag: &[u8]) {
        self.tag = tag.to_vec();
    }

    fn tag(&self) -> &[u8] {
        &self.tag
    }
}

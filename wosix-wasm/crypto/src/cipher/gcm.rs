//! Galois/counter mode (NIST SP 800-38D), and the hashing by padded blocks that it shares with ChaCha20-Poly1305.

use cipher::BlockSizeUser;
use cipher::consts::U16;
use ghash::GHash;
use ghash::universal_hash::UniversalHash;

use super::counter::Keystream;
use super::{Authenticated, Mode, check_tag};
use crate::answer::Failure;
use crate::block::BlockCipher;

/// A hash of two byte strings, each padded to whole blocks, and of their lengths.
pub struct PaddedHash<H> {
    hash: H,
    pending: Vec<u8>,
    /// Bytes of the associated data and of the message so far.
    lens: [u64; 2],
    in_message: bool,
}

impl<H: UniversalHash + BlockSizeUser<BlockSize = U16>> PaddedHash<H> {
    pub fn new(hash: H) -> Self {
        Self {
            hash,
            pending: Vec::new(),
            lens: [0; 2],
            in_message: false,
        }
    }

    /// More of the associated data; false if the message has begun.
    pub fn associated(&mut self, data: &[u8]) -> bool {
        self.lens[0] += data.len() as u64;
        self.update(data);
        !self.in_message
    }

    /// More of the (encrypted) message.
    pub fn message(&mut self, data: &[u8]) {
        if !self.in_message {
            self.in_message = true;
            self.pad();
        }
        self.lens[1] += data.len() as u64;
        self.update(data);
    }

    /// Both lengths, in bytes.
    pub fn lens(&self) -> [u64; 2] {
        self.lens
    }

    /// The hash, with a last block that tells the lengths.
    pub fn finish(mut self, lens: [u8; 16]) -> [u8; 16] {
        self.pad();
        self.hash.update_padded(&lens);
        self.hash.finalize().into()
    }

    fn update(&mut self, mut data: &[u8]) {
        if !self.pending.is_empty() {
            let missing = (16 - self.pending.len()).min(data.len());
            self.pending.extend_from_slice(&data[..missing]);
            data = &data[missing..];
            if self.pending.len() < 16 {
                return;
            }
            self.pad();
        }
        let whole = data.len() / 16 * 16;
        self.hash.update_padded(&data[..whole]);
        self.pending.extend_from_slice(&data[whole..]);
    }

    fn pad(&mut self) {
        self.hash.update_padded(&self.pending);
        self.pending.clear();
    }
}

/// GCM.
pub struct Gcm {
    block: Box<dyn BlockCipher>,
    encrypt: bool,
    stream: Keystream,
    hash: Option<PaddedHash<GHash>>,
    /// What the hash is combined with: the encrypted first counter.
    mask: [u8; 16],
    /// When encrypting the tag, once it is known; otherwise the tag to check.
    tag: Vec<u8>,
}

impl Gcm {
    pub fn new(block: Box<dyn BlockCipher>, iv: &[u8], encrypt: bool) -> Self {
        let key = block.encrypt_one([0; 16]);
        let hash = || PaddedHash::new(GHash::new(&key.into()));
        let mut counter = [0; 16];
        if iv.len() == 12 {
            counter[..12].copy_from_slice(iv);
            counter[15] = 1;
        } else {
            let mut hash = hash();
            hash.message(iv);
            counter = hash.finish(bit_lens([0, iv.len() as u64]));
        }
        let mut mask = [0; 16];
        let mut stream = Keystream::new(counter, 32);
        stream.apply(&*block, &mut mask);
        Self {
            block,
            encrypt,
            stream,
            hash: Some(hash()),
            mask,
            tag: Vec::new(),
        }
    }

    fn hash(&mut self) -> Result<&mut PaddedHash<GHash>, Failure> {
        self.hash.as_mut().ok_or(Failure::unexplained())
    }
}

fn bit_lens(lens: [u64; 2]) -> [u8; 16] {
    let [first, second] = lens.map(|len| u128::from(len * 8));
    (first << 64 | second).to_be_bytes()
}

impl Mode for Gcm {
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        let from = out.len();
        out.extend_from_slice(input);
        if !self.encrypt {
            self.hash()?.message(input);
        }
        self.stream.apply(&*self.block, &mut out[from..]);
        if self.encrypt {
            self.hash()?.message(&out[from..]);
        }
        Ok(())
    }

    fn finish(&mut self, _out: &mut Vec<u8>) -> Result<(), Failure> {
        let hash = self.hash.take().ok_or(Failure::unexplained())?;
        let lens = bit_lens(hash.lens());
        let mut computed = hash.finish(lens);
        super::xor(&mut computed, &self.mask);
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

impl Authenticated for Gcm {
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

//! Cipher block chaining.

use super::{BAD_DECRYPT, Mode, WRONG_FINAL_BLOCK_LENGTH, xor};
use crate::answer::Failure;
use crate::block::BlockCipher;

/// CBC with the padding of PKCS #7, unless that is off.
pub struct Cbc {
    block: Box<dyn BlockCipher>,
    encrypt: bool,
    padding: bool,
    /// The last block of ciphertext, at first the initialization vector.
    last: Vec<u8>,
    /// Input that waits for a full block, or (a padded block may be the last one) for more to come.
    pending: Vec<u8>,
}

impl Cbc {
    pub fn new(block: Box<dyn BlockCipher>, iv: &[u8], encrypt: bool) -> Self {
        Self {
            block,
            encrypt,
            padding: true,
            last: iv.to_vec(),
            pending: Vec::new(),
        }
    }

    fn transform(&mut self, blocks: &mut [u8]) {
        let size = self.block.block_size();
        if self.encrypt {
            for block in blocks.chunks_exact_mut(size) {
                xor(block, &self.last);
                self.block.encrypt(block);
                self.last.copy_from_slice(block);
            }
        } else if let Some(tail) = blocks.len().checked_sub(size) {
            let mut previous = std::mem::replace(&mut self.last, blocks[tail..].to_vec());
            previous.extend_from_slice(&blocks[..tail]);
            self.block.decrypt(blocks);
            xor(blocks, &previous);
        }
    }
}

impl Mode for Cbc {
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        let size = self.block.block_size();
        let from = out.len();
        out.append(&mut self.pending);
        out.extend_from_slice(input);
        let mut whole = (out.len() - from) / size * size;
        if !self.encrypt && self.padding && whole == out.len() - from {
            whole = whole.saturating_sub(size);
        }
        self.pending = out.split_off(from + whole);
        self.transform(&mut out[from..]);
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        let size = self.block.block_size();
        let mut block = std::mem::take(&mut self.pending);
        if !self.padding {
            return if block.is_empty() {
                Ok(())
            } else {
                Err(WRONG_FINAL_BLOCK_LENGTH)
            };
        }
        if self.encrypt {
            let count = size - block.len();
            block.resize(size, count as u8);
            self.transform(&mut block);
        } else {
            if block.len() != size {
                return Err(WRONG_FINAL_BLOCK_LENGTH);
            }
            self.transform(&mut block);
            let count = usize::from(block[size - 1]);
            if count == 0
                || count > size
                || block[size - count..]
                    .iter()
                    .any(|&byte| usize::from(byte) != count)
            {
                return Err(BAD_DECRYPT);
            }
            block.truncate(size - count);
        }
        out.append(&mut block);
        Ok(())
    }

    fn set_padding(&mut self, on: bool) {
        self.padding = on;
    }
}

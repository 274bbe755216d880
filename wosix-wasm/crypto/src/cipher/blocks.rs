//! The modes that take whole blocks: ECB and CBC.

use super::{BAD_DECRYPT, Mode, WRONG_FINAL_BLOCK_LENGTH, xor};
use crate::answer::Failure;
use crate::block::BlockCipher;

/// ECB or CBC, with the padding of PKCS #7 unless that is off.
pub struct Blocks {
    block: Box<dyn BlockCipher>,
    encrypt: bool,
    padding: bool,
    /// CBC: the last block of ciphertext, at first the initialization vector.
    last: Option<Vec<u8>>,
    /// Input that waits for a full block, or (a padded block may be the last one) for more to come.
    pending: Vec<u8>,
}

impl Blocks {
    /// CBC if there is an initialization vector.
    pub fn new(block: Box<dyn BlockCipher>, iv: Option<&[u8]>, encrypt: bool) -> Self {
        Self {
            block,
            encrypt,
            padding: true,
            last: iv.map(<[u8]>::to_vec),
            pending: Vec::new(),
        }
    }

    /// The cipher back, for another message.
    pub fn into_block(self) -> Box<dyn BlockCipher> {
        self.block
    }

    fn transform(&mut self, blocks: &mut [u8]) {
        let size = self.block.block_size();
        match (&mut self.last, self.encrypt) {
            (None, true) => self.block.encrypt(blocks),
            (None, false) => self.block.decrypt(blocks),
            (Some(last), true) => {
                for block in blocks.chunks_exact_mut(size) {
                    xor(block, last);
                    self.block.encrypt(block);
                    last.copy_from_slice(block);
                }
            }
            (Some(last), false) => {
                let Some(tail) = blocks.len().checked_sub(size) else {
                    return;
                };
                let mut previous = std::mem::replace(last, blocks[tail..].to_vec());
                previous.extend_from_slice(&blocks[..tail]);
                self.block.decrypt(blocks);
                xor(blocks, &previous);
            }
        }
    }
}

impl Mode for Blocks {
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
            if !block.is_empty() {
                return Err(WRONG_FINAL_BLOCK_LENGTH);
            }
            return Ok(());
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
            let is_padding = |&byte: &u8| usize::from(byte) == count;
            if count == 0 || count > size || !block[size - count..].iter().all(is_padding) {
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

//! XTS (IEEE 1619). Each piece of input is a data unit of its own with the same tweak, as OpenSSL has it.

use super::Mode;
use crate::answer::Failure;
use crate::block::BlockCipher;

/// XTS.
pub struct Xts {
    block: Box<dyn BlockCipher>,
    encrypt: bool,
    tweak: u128,
}

impl Xts {
    /// `tweaker` has the second half of the key.
    pub fn new(
        block: Box<dyn BlockCipher>,
        tweaker: &dyn BlockCipher,
        iv: &[u8],
        encrypt: bool,
    ) -> Self {
        let mut tweak = [0; 16];
        tweak.copy_from_slice(iv);
        Self {
            block,
            encrypt,
            tweak: u128::from_le_bytes(tweaker.encrypt_one(tweak)),
        }
    }

    fn transform(&self, block: &mut [u8; 16], tweak: u128) {
        *block = (u128::from_le_bytes(*block) ^ tweak).to_le_bytes();
        if self.encrypt {
            self.block.encrypt(block);
        } else {
            self.block.decrypt(block);
        }
        *block = (u128::from_le_bytes(*block) ^ tweak).to_le_bytes();
    }
}

/// The tweak of the next block: twice this one, in the field of 2^128 elements.
fn next(tweak: u128) -> u128 {
    tweak << 1 ^ if tweak >> 127 == 1 { 0x87 } else { 0 }
}

impl Mode for Xts {
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        let rest = input.len() % 16;
        // The last full block and what follows it are treated together.
        let Some(plain) = (input.len() - rest).checked_sub(if rest == 0 { 0 } else { 16 }) else {
            return Err(Failure::unexplained());
        };
        if input.is_empty() {
            return Ok(());
        }
        let from = out.len();
        out.extend_from_slice(input);
        let (blocks, tail) = out[from..].split_at_mut(plain);
        let mut tweak = self.tweak;
        for block in blocks.as_chunks_mut().0 {
            self.transform(block, tweak);
            tweak = next(tweak);
        }
        if let Some((last, stolen)) = tail.split_first_chunk_mut() {
            let tweaks = if self.encrypt {
                [tweak, next(tweak)]
            } else {
                [next(tweak), tweak]
            };
            self.transform(last, tweaks[0]);
            let count = stolen.len();
            last[..count].swap_with_slice(stolen);
            self.transform(last, tweaks[1]);
        }
        Ok(())
    }
}

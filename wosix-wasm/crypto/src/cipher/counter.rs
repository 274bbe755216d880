//! Counter mode, by itself and as a part of the authenticated modes.

use super::{Mode, xor};
use crate::answer::Failure;
use crate::block::BlockCipher;

/// Blocks of keystream that are made at once: the block ciphers work on several in parallel.
const BATCH: usize = 64;

/// The stream that a message is combined with: an encrypted counter of 16 bytes, most significant first.
pub struct Keystream {
    counter: u128,
    /// The bits of the counter that change.
    counting: u128,
    ready: Vec<u8>,
    used: usize,
}

impl Keystream {
    /// The lowest `bits` (1 to 128) of the counter count, and begin anew after the last value.
    pub fn new(counter: [u8; 16], bits: usize) -> Self {
        Self {
            counter: u128::from_be_bytes(counter),
            counting: u128::MAX >> (128 - bits),
            ready: Vec::new(),
            used: 0,
        }
    }

    /// Combines `data` with the next bytes of the stream.
    pub fn apply(&mut self, block: &dyn BlockCipher, mut data: &mut [u8]) {
        while !data.is_empty() {
            if self.used == self.ready.len() {
                self.refill(block, data.len().div_ceil(16).min(BATCH));
            }
            let ready = &self.ready[self.used..];
            let len = ready.len().min(data.len());
            let (now, rest) = data.split_at_mut(len);
            xor(now, ready);
            self.used += len;
            data = rest;
        }
    }

    fn refill(&mut self, block: &dyn BlockCipher, blocks: usize) {
        self.ready.clear();
        for _ in 0..blocks {
            self.ready.extend_from_slice(&self.counter.to_be_bytes());
            let next = self.counter.wrapping_add(1);
            self.counter = self.counter & !self.counting | next & self.counting;
        }
        block.encrypt(&mut self.ready);
        self.used = 0;
    }
}

/// CTR.
pub struct Ctr {
    block: Box<dyn BlockCipher>,
    stream: Keystream,
}

impl Ctr {
    /// `bits` as for [`Keystream::new`].
    pub fn new(block: Box<dyn BlockCipher>, iv: &[u8], bits: usize) -> Self {
        let mut counter = [0; 16];
        counter.copy_from_slice(iv);
        Self {
            block,
            stream: Keystream::new(counter, bits),
        }
    }
}

impl Mode for Ctr {
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        let from = out.len();
        out.extend_from_slice(input);
        self.stream.apply(&*self.block, &mut out[from..]);
        Ok(())
    }
}

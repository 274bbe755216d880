//! Counter mode, by itself and as a part of the authenticated modes.

use super::{Mode, xor};
use crate::answer::Failure;
use crate::block::BlockCipher;

/// Blocks of keystream that are made at once: the block ciphers work on several in parallel.
const BATCH: usize = 64;

/// The stream that a message is combined with: an encrypted counter of 16 bytes.
pub struct Keystream {
    counter: [u8; 16],
    /// How many of the last bytes count.
    width: usize,
    ready: Vec<u8>,
    used: usize,
}

impl Keystream {
    pub fn new(counter: [u8; 16], width: usize) -> Self {
        Self {
            counter,
            width,
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
            self.ready.extend_from_slice(&self.counter);
            increment(&mut self.counter[16 - self.width..]);
        }
        block.encrypt(&mut self.ready);
        self.used = 0;
    }
}

/// One more, big-endian, beginning anew after the last.
fn increment(counter: &mut [u8]) {
    for byte in counter.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
}

/// CTR.
pub struct Ctr {
    block: Box<dyn BlockCipher>,
    stream: Keystream,
}

impl Ctr {
    pub fn new(block: Box<dyn BlockCipher>, iv: &[u8]) -> Self {
        let mut counter = [0; 16];
        counter.copy_from_slice(iv);
        Self {
            block,
            stream: Keystream::new(counter, 16),
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

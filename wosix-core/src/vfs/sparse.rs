//! Contents with large gaps: fixed blocks by number, where a missing block is zeros.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::contents::Budget;
use crate::errno::{Errno, Result};

/// Size of a block in bytes. What is charged for is whole blocks.
const BLOCK: u64 = 64 * 1024;

/// Blocks of a file; its length is kept above.
#[derive(Default)]
pub(super) struct Sparse {
    blocks: BTreeMap<u64, Box<[u8]>>,
}

impl Sparse {
    /// Bytes in memory.
    pub fn stored(&self) -> u64 {
        self.blocks.len() as u64 * BLOCK
    }

    /// Fills `buffer` with what is at `offset`.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) {
        for (number, within, range) in pieces(offset, buffer.len()) {
            let target = &mut buffer[range];
            match self.blocks.get(&number) {
                Some(block) => target.copy_from_slice(&block[within..within + target.len()]),
                None => target.fill(0),
            }
        }
    }

    /// Writes all of `bytes`, or nothing. ENOSPC.
    pub fn write(&mut self, offset: u64, bytes: &[u8], budget: &mut Budget) -> Result<()> {
        // Blocks first: when memory ends half way, what is there now reads as zeros still.
        for (number, ..) in pieces(offset, bytes.len()) {
            if let Entry::Vacant(entry) = self.blocks.entry(number) {
                let mut block = Vec::new();
                block
                    .try_reserve_exact(BLOCK as usize)
                    .map_err(|_| Errno::ENOSPC)?;
                budget.charge(BLOCK)?;
                block.resize(BLOCK as usize, 0);
                entry.insert(block.into());
            }
        }
        for (number, within, range) in pieces(offset, bytes.len()) {
            let source = &bytes[range];
            let block = self.blocks.get_mut(&number).ok_or(Errno::EIO)?;
            block[within..within + source.len()].copy_from_slice(source);
        }
        Ok(())
    }

    /// Forgets everything from `length` on.
    pub fn truncate(&mut self, length: u64, budget: &mut Budget) {
        let removed = self.blocks.split_off(&length.div_ceil(BLOCK));
        budget.credit(removed.len() as u64 * BLOCK);
        if let Some(block) = self.blocks.get_mut(&(length / BLOCK)) {
            block[(length % BLOCK) as usize..].fill(0);
        }
    }
}

/// Block number, offset within the block, and range within the caller's bytes, for all blocks that `length` bytes at `offset` touch.
fn pieces(
    offset: u64,
    length: usize,
) -> impl Iterator<Item = (u64, usize, core::ops::Range<usize>)> {
    let mut done = 0;
    core::iter::from_fn(move || {
        let at = offset + done as u64;
        let within = (at % BLOCK) as usize;
        let count = (BLOCK as usize - within).min(length - done);
        let piece = (at / BLOCK, within, done..done + count);
        done += count;
        (count > 0).then_some(piece)
    })
}

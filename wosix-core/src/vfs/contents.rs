//! Contents of regular files: a buffer, blocks with gaps, a range of a pack, or not loaded yet.

use std::sync::Arc;

use super::sparse::Sparse;
use super::{LazyToken, Loaded};
use crate::errno::{Errno, Result};

/// Longest buffer: the largest allocation on wasm32. Longer files are kept in blocks.
const MAX_BUFFER: u64 = i32::MAX as u64;

/// A gap before a write that is worth blocks, so that it takes no memory.
const LARGE_GAP: u64 = 1024 * 1024;

/// Longest file, as on Linux.
const MAX_SIZE: u64 = i64::MAX as u64;

/// Bytes that contents may take in memory, over all file systems of a container.
pub(super) struct Budget {
    pub limit: u64,
    pub used: u64,
}

impl Budget {
    /// ENOSPC when the limit would be passed.
    pub fn charge(&mut self, bytes: u64) -> Result<()> {
        let used = self.used.saturating_add(bytes);
        if used > self.limit {
            return Err(Errno::ENOSPC);
        }
        self.used = used;
        Ok(())
    }

    pub fn credit(&mut self, bytes: u64) {
        self.used -= bytes;
    }
}

/// The bytes of a pack; charged once, credited when the last holder goes.
pub(super) type PackBytes = Arc<Vec<u8>>;

/// Length and contents of a regular file. What is stored may be shorter than `size`: the rest is a gap and reads as zeros.
pub(super) struct Contents {
    size: u64,
    data: Data,
}

enum Data {
    Buffer(Vec<u8>),
    Sparse(Sparse),
    /// Immutable; the first write copies. Lengths fit, a pack is one allocation.
    Pack {
        bytes: PackBytes,
        offset: usize,
        length: usize,
    },
    Lazy(Box<Lazy>),
}

struct Lazy {
    token: LazyToken,
    /// Chunks received so far; charged from the first one on.
    received: Vec<u8>,
    /// The last attempt failed.
    failure: Option<Errno>,
}

impl Contents {
    pub const EMPTY: Contents = Contents {
        size: 0,
        data: Data::Buffer(Vec::new()),
    };

    /// `offset + length` must lie within the pack.
    pub fn in_pack(bytes: PackBytes, offset: usize, length: usize) -> Contents {
        Contents {
            size: length as u64,
            data: Data::Pack {
                bytes,
                offset,
                length,
            },
        }
    }

    pub fn lazy(token: LazyToken, size: u64) -> Contents {
        Contents {
            size,
            data: Data::Lazy(Box::new(Lazy {
                token,
                received: Vec::new(),
                failure: None,
            })),
        }
    }

    #[inline]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Bytes that are not a hole (what `st_blocks` counts).
    pub fn stored(&self) -> u64 {
        match &self.data {
            Data::Buffer(buffer) => buffer.len() as u64,
            Data::Sparse(sparse) => sparse.stored(),
            Data::Pack { length, .. } => *length as u64,
            Data::Lazy(_) => self.size,
        }
    }

    pub fn token(&self) -> Option<LazyToken> {
        match &self.data {
            Data::Lazy(lazy) => Some(lazy.token),
            _ => None,
        }
    }

    /// Copies from `offset` on; answers 0 at the end.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<Loaded<usize>> {
        if offset >= self.size {
            return Ok(Loaded::Ready(0));
        }
        let wanted =
            usize::try_from(self.size - offset).map_or(buffer.len(), |rest| rest.min(buffer.len()));
        let stored: &[u8] = match &self.data {
            Data::Buffer(bytes) => bytes,
            Data::Pack {
                bytes,
                offset,
                length,
            } => &bytes[*offset..*offset + *length],
            Data::Sparse(sparse) => {
                sparse.read(offset, &mut buffer[..wanted]);
                return Ok(Loaded::Ready(wanted));
            }
            Data::Lazy(lazy) => return lazy.missing(),
        };
        let start = usize::try_from(offset).map_or(stored.len(), |start| start.min(stored.len()));
        let copied = wanted.min(stored.len() - start);
        buffer[..copied].copy_from_slice(&stored[start..start + copied]);
        buffer[copied..wanted].fill(0);
        Ok(Loaded::Ready(wanted))
    }

    /// Writes all of `bytes` or nothing. EFBIG, ENOSPC.
    pub fn write(
        &mut self,
        offset: u64,
        bytes: &[u8],
        budget: &mut Budget,
    ) -> Result<Loaded<usize>> {
        if let Data::Lazy(lazy) = &self.data {
            return lazy.missing();
        }
        if bytes.is_empty() {
            return Ok(Loaded::Ready(0));
        }
        let end = offset
            .checked_add(bytes.len() as u64)
            .filter(|&end| end <= MAX_SIZE)
            .ok_or(Errno::EFBIG)?;
        if end > MAX_BUFFER || offset > self.stored() + LARGE_GAP {
            self.make_sparse(budget)?;
        }
        if let Data::Sparse(sparse) = &mut self.data {
            sparse.write(offset, bytes, budget)?;
            self.size = self.size.max(end);
            return Ok(Loaded::Ready(bytes.len()));
        }
        let (offset, end) = (offset as usize, end as usize);
        let buffer = self.buffer(end, budget)?;
        if end > buffer.len() {
            budget.charge((end - buffer.len()) as u64)?;
            if let Err(error) = reserve(buffer, end) {
                budget.credit((end - buffer.len()) as u64);
                return Err(error);
            }
            if offset > buffer.len() {
                buffer.resize(offset, 0);
            }
            let overlap = buffer.len() - offset;
            buffer[offset..].copy_from_slice(&bytes[..overlap]);
            buffer.extend_from_slice(&bytes[overlap..]);
        } else {
            buffer[offset..end].copy_from_slice(bytes);
        }
        self.size = self.size.max(end as u64);
        Ok(Loaded::Ready(bytes.len()))
    }

    /// Sets the length; growing makes a hole. To 0 it needs no load.
    pub fn set_len(&mut self, length: u64, budget: &mut Budget) -> Result<Loaded<()>> {
        if length > MAX_SIZE {
            return Err(Errno::EFBIG);
        }
        if length == 0 {
            core::mem::replace(self, Contents::EMPTY).discard(budget);
            return Ok(Loaded::Ready(()));
        }
        match &mut self.data {
            Data::Buffer(buffer) => {
                if (buffer.len() as u64) > length {
                    budget.credit(buffer.len() as u64 - length);
                    buffer.truncate(length as usize);
                    shrink(buffer);
                }
            }
            Data::Sparse(sparse) => sparse.truncate(length, budget),
            Data::Pack { length: stored, .. } => {
                if *stored as u64 > length {
                    *stored = length as usize;
                }
            }
            Data::Lazy(lazy) => return lazy.missing(),
        }
        self.size = length;
        Ok(Loaded::Ready(()))
    }

    /// One chunk of lazy contents. With `last` the file becomes an ordinary one as long as what arrived.
    pub fn fill(
        &mut self,
        offset: u64,
        bytes: &[u8],
        last: bool,
        budget: &mut Budget,
    ) -> Result<()> {
        let Data::Lazy(lazy) = &mut self.data else {
            return Err(Errno::ENOENT);
        };
        let end = offset
            .checked_add(bytes.len() as u64)
            .filter(|&end| end <= MAX_BUFFER)
            .ok_or(Errno::EFBIG)? as usize;
        let offset = offset as usize;
        let received = &mut lazy.received;
        if end > received.len() {
            budget.charge((end - received.len()) as u64)?;
            let announced = usize::try_from(self.size).map_or(end, |size| size.max(end));
            if let Err(error) = reserve(received, announced.min(MAX_BUFFER as usize)) {
                budget.credit((end - received.len()) as u64);
                return Err(error);
            }
            received.resize(end, 0);
        }
        received[offset..end].copy_from_slice(bytes);
        lazy.failure = None;
        if last {
            let buffer = core::mem::take(received);
            self.size = buffer.len() as u64;
            self.data = Data::Buffer(buffer);
        }
        Ok(())
    }

    /// Loading failed: every use answers `errno` until [`Contents::retry`]. What arrived is dropped.
    pub fn fail(&mut self, errno: Errno, budget: &mut Budget) {
        if let Data::Lazy(lazy) = &mut self.data {
            budget.credit(lazy.received.len() as u64);
            lazy.received = Vec::new();
            lazy.failure = Some(errno);
        }
    }

    /// Forgets a failure: the next use asks for the contents again.
    pub fn retry(&mut self) {
        if let Data::Lazy(lazy) = &mut self.data {
            lazy.failure = None;
        }
    }

    pub fn discard(self, budget: &mut Budget) {
        match self.data {
            Data::Buffer(buffer) => budget.credit(buffer.len() as u64),
            Data::Sparse(sparse) => budget.credit(sparse.stored()),
            Data::Pack { bytes, .. } => release_pack(bytes, budget),
            Data::Lazy(lazy) => budget.credit(lazy.received.len() as u64),
        }
    }

    /// Moves the contents into blocks, unless they are. Never called for lazy contents.
    fn make_sparse(&mut self, budget: &mut Budget) -> Result<()> {
        let stored: &[u8] = match &self.data {
            Data::Sparse(_) => return Ok(()),
            Data::Buffer(buffer) => buffer,
            Data::Pack {
                bytes,
                offset,
                length,
            } => &bytes[*offset..*offset + *length],
            Data::Lazy(_) => return Err(Errno::EIO),
        };
        let mut sparse = Sparse::default();
        if let Err(error) = sparse.write(0, stored, budget) {
            budget.credit(sparse.stored());
            return Err(error);
        }
        let old = Contents {
            size: 0,
            data: core::mem::replace(&mut self.data, Data::Sparse(sparse)),
        };
        old.discard(budget);
        Ok(())
    }

    /// The contents as a buffer, copied out of a pack with room for `end` bytes if need be. Never called for lazy contents.
    fn buffer(&mut self, end: usize, budget: &mut Budget) -> Result<&mut Vec<u8>> {
        if let Data::Pack {
            bytes,
            offset,
            length,
        } = &self.data
        {
            budget.charge(*length as u64)?;
            let mut copy = Vec::new();
            if let Err(error) = reserve(&mut copy, end.max(*length)) {
                budget.credit(*length as u64);
                return Err(error);
            }
            copy.extend_from_slice(&bytes[*offset..*offset + *length]);
            if let Data::Pack { bytes, .. } = core::mem::replace(&mut self.data, Data::Buffer(copy))
            {
                release_pack(bytes, budget);
            }
        }
        match &mut self.data {
            Data::Buffer(buffer) => Ok(buffer),
            Data::Sparse(_) | Data::Pack { .. } | Data::Lazy(_) => Err(Errno::EIO),
        }
    }
}

impl Lazy {
    fn missing<T>(&self) -> Result<Loaded<T>> {
        match self.failure {
            Some(errno) => Err(errno),
            None => Ok(Loaded::NeedLoad(self.token)),
        }
    }
}

/// Drops one hold on a pack.
pub(super) fn release_pack(bytes: PackBytes, budget: &mut Budget) {
    if let Some(bytes) = Arc::into_inner(bytes) {
        budget.credit(bytes.len() as u64);
    }
}

/// Makes room for `length` bytes in all. ENOSPC when memory has none.
///
/// What is written in one go gets what it needs; what grows gets spare room in proportion, less for large
/// files: nobody gives it back when they are closed, or appending by open, write, close would copy the file each time.
pub(super) fn reserve(buffer: &mut Vec<u8>, length: usize) -> Result<()> {
    const LARGE: usize = 64 * 1024;
    let missing = length.saturating_sub(buffer.len());
    if buffer.capacity() >= length {
        return Ok(());
    }
    let spare = if buffer.len() < LARGE {
        buffer.len()
    } else {
        buffer.len() / 4
    };
    if spare <= missing || buffer.try_reserve_exact(spare).is_err() {
        buffer
            .try_reserve_exact(missing)
            .map_err(|_| Errno::ENOSPC)?;
    }
    Ok(())
}

/// Gives spare capacity back when it is worth a reallocation.
fn shrink(buffer: &mut Vec<u8>) {
    if buffer.capacity() - buffer.len() > buffer.len() / 4 + 64 {
        buffer.shrink_to_fit();
    }
}

//! Bounded byte queues with two ends: pipes, FIFOs, and each direction of a stream socket.

use std::collections::VecDeque;

use crate::errno::{Errno, Result};
use crate::kernel::{WaitQueue, WakeSet};

use super::passing::Passing;

/// Capacity of a pipe in bytes, as Linux's default.
pub const PIPE_CAPACITY: usize = 64 * 1024;
/// Writes of up to this many bytes are not interleaved with others (`PIPE_BUF`).
pub const PIPE_BUF: usize = 4096;

/// What a queue answers when nothing can be moved now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transfer {
    /// So many bytes were moved; 0 for a read is the end of the stream.
    Moved(usize),
    /// Nothing can be moved before the other side does something.
    WouldBlock,
}

/// A byte queue between `writers` and `readers`.
#[derive(Debug)]
pub struct Pipe {
    buffer: VecDeque<u8>,
    capacity: usize,
    /// Number of open reading ends.
    pub readers: u32,
    /// Number of open writing ends.
    pub writers: u32,
    /// The writing side vanished without finishing (TCP RST): readers get `ECONNRESET` once, after what had arrived.
    pub reset: bool,
    /// Open files that travel with the bytes.
    pub passing: Passing,
    /// Woken when there is something to read, or nothing will ever come.
    pub read_queue: WaitQueue,
    /// Woken when there is room, or nobody will ever read.
    pub write_queue: WaitQueue,
}

impl Pipe {
    /// A queue without ends; the caller counts them in `readers` and `writers`.
    pub fn new(capacity: usize) -> Pipe {
        Pipe {
            buffer: VecDeque::new(),
            capacity,
            readers: 0,
            writers: 0,
            reset: false,
            passing: Passing::default(),
            read_queue: WaitQueue::default(),
            write_queue: WaitQueue::default(),
        }
    }

    /// Bytes that wait to be read.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Whether no bytes wait to be read.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Whether a read would answer at once.
    pub fn readable(&self) -> bool {
        !self.buffer.is_empty() || self.writers == 0 || self.reset
    }

    /// Whether a write of up to [`PIPE_BUF`] bytes would answer at once.
    pub fn writable(&self) -> bool {
        self.readers == 0 || self.capacity - self.buffer.len() >= PIPE_BUF
    }

    /// Moves bytes into `out`. What arrived before a reset can still be read, as on Linux.
    ///
    /// # Errors
    /// `ECONNRESET` once, after a reset.
    pub fn read(&mut self, out: &mut [u8], wakes: &mut WakeSet) -> Result<Transfer> {
        if out.is_empty() {
            return Ok(Transfer::Moved(0));
        }
        if self.buffer.is_empty() {
            if core::mem::take(&mut self.reset) {
                return Err(Errno::ECONNRESET);
            }
            return Ok(if self.writers == 0 {
                Transfer::Moved(0)
            } else {
                Transfer::WouldBlock
            });
        }
        let count = self.passing.limit(out.len().min(self.buffer.len()));
        let (front, back) = self.buffer.as_slices();
        let split = count.min(front.len());
        out[..split].copy_from_slice(&front[..split]);
        out[split..count].copy_from_slice(&back[..count - split]);
        self.buffer.drain(..count);
        self.passing.advance(count);
        if self.capacity - self.buffer.len() >= PIPE_BUF {
            self.write_queue.wake(wakes);
        }
        Ok(Transfer::Moved(count))
    }

    /// Takes as much of `bytes` as fits; up to [`PIPE_BUF`] bytes go in whole or not at all.
    ///
    /// # Errors
    /// `EPIPE` when no reader is left (the caller raises `SIGPIPE`).
    pub fn write(&mut self, bytes: &[u8], wakes: &mut WakeSet) -> Result<Transfer> {
        if self.readers == 0 {
            return Err(Errno::EPIPE);
        }
        if bytes.is_empty() {
            return Ok(Transfer::Moved(0));
        }
        let room = self.capacity - self.buffer.len();
        if room == 0 || (bytes.len() <= PIPE_BUF && bytes.len() > room) {
            return Ok(Transfer::WouldBlock);
        }
        let count = bytes.len().min(room);
        self.buffer.extend(&bytes[..count]);
        self.read_queue.wake(wakes);
        Ok(Transfer::Moved(count))
    }

    /// Takes one reading end away; the last one wakes writers and drops what was not read.
    pub fn drop_reader(&mut self, wakes: &mut WakeSet) {
        self.readers -= 1;
        if self.readers == 0 {
            self.buffer = VecDeque::new();
            self.write_queue.wake(wakes);
        }
    }

    /// Takes one writing end away; the last one wakes readers, who see the end of the stream.
    pub fn drop_writer(&mut self, wakes: &mut WakeSet) {
        self.writers -= 1;
        if self.writers == 0 {
            self.read_queue.wake(wakes);
        }
    }
}

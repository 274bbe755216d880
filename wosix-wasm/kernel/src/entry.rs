//! The way in: reserve of stack, lock, dead mark, the call, wake-ups, unlock, and the wait when it parked.

use core::sync::atomic::Ordering;

use wosix_core::errno::{Errno, Result};
use wosix_core::kernel::{Answer, Call, HOST_THREAD, Halt, Kernel, Tid};
use wosix_core::vfs::Timestamp;

use crate::lock::{self, Guard, Guarded, Refused};
use crate::stack;
use crate::threads::{self, Block, SCRATCH};

/// All that lives behind the lock.
pub struct State {
    /// The container; `None` until boot.
    pub kernel: Option<Kernel>,
    /// Blocks by thread slot.
    pub blocks: Vec<Block>,
}

/// The one state of this memory.
pub static STATE: Guarded<State> = Guarded::new(State {
    kernel: None,
    blocks: Vec::new(),
});

/// What a call works with besides the kernel.
pub struct Frame<'a> {
    /// The caller's own block.
    pub block: &'a mut Block,
}

impl Frame<'_> {
    /// The first `length` bytes of input: what was staged, then the scratch block.
    pub fn input(&mut self, length: u32) -> Vec<u8> {
        let mut input = core::mem::take(&mut self.block.staged);
        input.extend_from_slice(self.bytes(0, length));
        input
    }

    /// Bytes of the scratch block; a range beyond it is cut off.
    pub fn bytes(&self, offset: u32, length: u32) -> &'static [u8] {
        let (offset, length) = clamp(offset, length);
        // SAFETY: within the caller's scratch block, which lives as long as its thread and which nobody else writes.
        unsafe { core::slice::from_raw_parts(self.block.scratch().add(offset), length) }
    }

    /// The same to write to.
    pub fn bytes_mut(&mut self, offset: u32, length: u32) -> &'static mut [u8] {
        let (offset, length) = clamp(offset, length);
        // SAFETY: as above; calls take disjoint ranges.
        unsafe { core::slice::from_raw_parts_mut(self.block.scratch().add(offset), length) }
    }

    /// Writes numbers at `offset` of the scratch block.
    pub fn put_f64(&mut self, offset: u32, values: &[f64]) {
        let out = self.bytes_mut(offset, values.len() as u32 * 8);
        for (slot, value) in out.chunks_exact_mut(8).zip(values) {
            slot.copy_from_slice(&value.to_le_bytes());
        }
    }

    /// Writes 32-bit numbers at `offset` of the scratch block.
    pub fn put_i32(&mut self, offset: u32, values: &[i32]) {
        let out = self.bytes_mut(offset, values.len() as u32 * 4);
        for (slot, value) in out.chunks_exact_mut(4).zip(values) {
            slot.copy_from_slice(&value.to_le_bytes());
        }
    }

    /// Answers bytes of any length: the scratch block gets what fits, `reply_read` gives the rest.
    pub fn reply(&mut self, bytes: Vec<u8>) -> i32 {
        let length = bytes.len();
        let fits = length.min(SCRATCH);
        self.bytes_mut(0, fits as u32)
            .copy_from_slice(&bytes[..fits]);
        self.block.reply = if length > SCRATCH { bytes } else { Vec::new() };
        length as i32
    }
}

fn clamp(offset: u32, length: u32) -> (usize, usize) {
    let offset = (offset as usize).min(SCRATCH);
    (offset, (length as usize).min(SCRATCH - offset))
}

/// An answer as a number for JavaScript.
pub trait Code {
    /// The number, `>= 0`.
    fn code(self) -> f64;
}

macro_rules! codes {
    ($($kind:ty),*) => { $(impl Code for $kind { fn code(self) -> f64 { self as f64 } })* };
}
codes!(i32, u32, u64, usize, u16, u8);

impl Code for () {
    fn code(self) -> f64 {
        0.0
    }
}

impl Code for bool {
    fn code(self) -> f64 {
        f64::from(u8::from(self))
    }
}

/// Milliseconds since the epoch as the kernel's time.
pub fn timestamp(milliseconds: f64) -> Timestamp {
    Timestamp((milliseconds * 1e6) as i64)
}

/// How long a call that parks may wait.
#[derive(Clone, Copy)]
pub enum Patience {
    /// Until it has an answer.
    Endless,
    /// Until this time, after which the call answers by itself; milliseconds since the epoch.
    Until(f64),
}

/// A system call that never waits.
pub fn call<T: Code>(
    tid: Tid,
    body: impl FnMut(&mut Kernel, Call, &mut Frame) -> Result<T>,
) -> i32 {
    call_wide(tid, body) as i32
}

/// The same for answers beyond 31 bits.
pub fn call_wide<T: Code>(
    tid: Tid,
    mut body: impl FnMut(&mut Kernel, Call, &mut Frame) -> Result<T>,
) -> f64 {
    wait_wide(tid, Patience::Endless, |kernel, call, frame| {
        Ok(body(kernel, call, frame)?)
    })
}

/// A system call that may wait.
pub fn wait<T: Code>(
    tid: Tid,
    patience: Patience,
    body: impl FnMut(&mut Kernel, Call, &mut Frame) -> Answer<T>,
) -> i32 {
    wait_wide(tid, patience, body) as i32
}

fn wait_wide<T: Code>(
    tid: Tid,
    patience: Patience,
    mut body: impl FnMut(&mut Kernel, Call, &mut Frame) -> Answer<T>,
) -> f64 {
    stack::reserve();
    loop {
        let now = stack::clock();
        let mut guard = match lock::acquire(tid) {
            Ok(guard) => guard,
            Err(Refused::Poisoned) => return f64::from(lock::POISONED),
            Err(Refused::Exited) => return -f64::from(Errno::ESRCH as i32),
            Err(Refused::Killed) => lock::park_for_ever(),
        };
        // Read before the call: whoever changes something afterwards bumps it under the lock.
        let seen = threads::wake_word(tid).load(Ordering::Relaxed);
        let answer = enter(&mut guard, tid, now, &mut body);
        drop(guard);
        match answer {
            None => lock::park_for_ever(),
            Some(Ok(value)) => return value.code(),
            Some(Err(Halt::Error(errno))) => return -f64::from(errno as i32),
            // The host serves everybody else, so it cannot wait for them.
            Some(Err(Halt::Park)) if tid == HOST_THREAD => return -f64::from(Errno::EAGAIN as i32),
            Some(Err(Halt::Park)) => {
                let nanoseconds = match patience {
                    Patience::Endless => -1,
                    Patience::Until(deadline) => ((deadline - now).max(0.0) * 1e6) as i64,
                };
                lock::wait(threads::wake_word(tid), seen, nanoseconds);
            }
        }
    }
}

/// One try under the lock; `None` when the thread's process is dead.
fn enter<T>(
    guard: &mut Guard,
    tid: Tid,
    now: f64,
    body: &mut impl FnMut(&mut Kernel, Call, &mut Frame) -> Answer<T>,
) -> Option<Answer<T>> {
    let State { kernel, blocks } = STATE.get(guard);
    let (Some(kernel), Some(block)) = (kernel, blocks.get_mut(tid as usize)) else {
        return Some(Err(Errno::EFAULT.into()));
    };
    if kernel.is_dead(tid) {
        return None;
    }
    let call = Call {
        tid,
        now: timestamp(now),
    };
    let answer = body(kernel, call, &mut Frame { block });
    assert!(block.intact(), "kernel stack overflow");
    for woken in kernel.wakes().drain() {
        threads::wake(woken);
    }
    // We hold the lock ourselves, and park as soon as it is released.
    for killed in kernel.deaths().filter(|&killed| killed != tid) {
        lock::mark_killed(killed);
    }
    // A process that ended itself by a signal must not go on.
    if kernel.is_dead(tid) {
        None
    } else {
        Some(answer)
    }
}

//! Thread slots: wake words, and the blocks of memory (scratch, stack, thread-local storage) that worker instances own.

use core::sync::atomic::{AtomicI32, Ordering};
use std::alloc::Layout;

use wosix_core::kernel::{HOST_THREAD, Tid};

use crate::entry::STATE;
use crate::lock;

/// Threads that may exist at once.
pub const SLOTS: usize = 1024;
/// Bytes that a thread exchanges with the kernel at a time.
pub const SCRATCH: usize = 256 * 1024;
/// Bytes of shadow stack.
const STACK: usize = 256 * 1024;
/// Value at the lowest address of a stack. The kernel is not re-entered and has no unbounded recursion, so it only
/// changes through a bug, which must not go on to corrupt the neighbour.
const CANARY: u32 = 0x5afe_57ac;
const ALIGN: usize = 64;

/// A wake word on a cache line of its own.
#[repr(align(64))]
struct WakeWord(AtomicI32);

static WAKE_WORDS: [WakeWord; SLOTS] = [const { WakeWord(AtomicI32::new(0)) }; SLOTS];

/// The wake word of a thread.
pub fn wake_word(tid: Tid) -> &'static AtomicI32 {
    &WAKE_WORDS[tid as usize].0
}

/// Bumps a thread's wake word and wakes whoever waits on it.
pub fn wake(tid: Tid) {
    let word = wake_word(tid);
    word.fetch_add(1, Ordering::Release);
    lock::notify(word, u32::MAX);
}

/// Wakes everybody: the kernel is broken.
pub fn wake_all() {
    for slot in 0..SLOTS {
        wake(slot as Tid);
    }
}

/// One thread's memory, and what is too long for its scratch block.
pub struct Block {
    base: *mut u8,
    free: bool,
    /// Input of the call to come, handed over in pieces.
    pub staged: Vec<u8>,
    /// Output of the last call, taken in pieces.
    pub reply: Vec<u8>,
}

impl Block {
    /// Address of the scratch block, [`SCRATCH`] bytes.
    pub fn scratch(&self) -> *mut u8 {
        self.base
    }

    fn canary(&self) -> *mut u32 {
        // SAFETY: the stack follows the scratch block within the allocation.
        unsafe { self.base.add(SCRATCH).cast() }
    }

    /// Whether the stack has not run over.
    pub fn intact(&self) -> bool {
        // SAFETY: aligned, within the allocation.
        unsafe { self.canary().read_volatile() == CANARY }
    }
}

// SAFETY: the pointer is to memory that only the holder of the lock and the slot's own thread use.
unsafe impl Send for Block {}

/// A slot for one more thread, or -1 when there are too many or memory is out. The host passes the size of thread-local storage, which
/// only the linker knows.
#[unsafe(no_mangle)]
extern "C" fn thread_alloc(tls_size: usize) -> i32 {
    let Ok(mut guard) = lock::acquire(HOST_THREAD) else {
        return lock::POISONED;
    };
    let blocks = &mut STATE.get(&mut guard).blocks;
    if let Some(slot) = blocks.iter().position(|block| block.free) {
        blocks[slot].free = false;
        return slot as i32;
    }
    if blocks.len() == SLOTS {
        return -1;
    }
    let Ok(layout) = Layout::from_size_align(SCRATCH + STACK + tls_size, ALIGN) else {
        return -1;
    };
    // SAFETY: the layout is not empty.
    let base = unsafe { std::alloc::alloc_zeroed(layout) };
    if base.is_null() {
        return -1;
    }
    let block = Block {
        base,
        free: false,
        staged: Vec::new(),
        reply: Vec::new(),
    };
    // SAFETY: aligned, within the fresh allocation.
    unsafe { block.canary().write_volatile(CANARY) };
    blocks.push(block);
    blocks.len() as i32 - 1
}

/// Address of a slot's scratch block; the stack's end and the thread-local storage are at fixed distances.
#[unsafe(no_mangle)]
extern "C" fn thread_scratch(slot: u32) -> *mut u8 {
    let Ok(mut guard) = lock::acquire(HOST_THREAD) else {
        return core::ptr::null_mut();
    };
    STATE.get(&mut guard).blocks[slot as usize].base
}

/// Size of a scratch block in bytes.
#[unsafe(no_mangle)]
extern "C" fn thread_scratch_size() -> usize {
    SCRATCH
}

/// Size of a stack in bytes.
#[unsafe(no_mangle)]
extern "C" fn thread_stack_size() -> usize {
    STACK
}

/// Address of a slot's wake word.
#[unsafe(no_mangle)]
extern "C" fn thread_wake_word(slot: u32) -> *const i32 {
    wake_word(slot).as_ptr()
}

impl Block {
    /// Gives the slot back. Its worker must be proven dead.
    pub fn release(&mut self) {
        self.free = true;
        self.staged = Vec::new();
        self.reply = Vec::new();
    }
}

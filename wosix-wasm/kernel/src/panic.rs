//! What is left of the kernel after a panic or trap: a message, the poison word, and everybody awake.

use core::cell::UnsafeCell;
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::{lock, threads};

const CAPACITY: usize = 4096;

struct Message {
    bytes: UnsafeCell<[u8; CAPACITY]>,
    length: AtomicUsize,
}

// SAFETY: written by whoever breaks the kernel first, which holds the lock or came from a trap under it; read after the poison word.
unsafe impl Sync for Message {}

static MESSAGE: Message = Message {
    bytes: UnsafeCell::new([0; CAPACITY]),
    length: AtomicUsize::new(0),
};

struct Writer;

impl Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        append(text.as_bytes());
        Ok(())
    }
}

fn append(bytes: &[u8]) {
    let at = MESSAGE.length.load(Ordering::Relaxed);
    let count = bytes.len().min(CAPACITY - at);
    // SAFETY: see `Sync for Message`; the range is within the buffer.
    unsafe {
        core::ptr::copy_nonoverlapping(
            bytes.as_ptr(),
            MESSAGE.bytes.get().cast::<u8>().add(at),
            count,
        )
    };
    MESSAGE.length.store(at + count, Ordering::Release);
}

/// Makes panics leave a message; without allocating, since the allocator may be what broke.
pub fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        if write!(Writer, "{info}").is_err() {
            append(b"kernel panic");
        }
        break_kernel();
    }));
}

fn break_kernel() {
    lock::poison();
    threads::wake_all();
}

/// Poisons the kernel from outside: JavaScript saw a trap while this thread was inside. The `length` bytes at `text` say which.
#[unsafe(no_mangle)]
extern "C" fn kernel_poison(text: *const u8, length: usize) {
    if !lock::poisoned() {
        // SAFETY: the caller's own scratch block.
        append(unsafe { core::slice::from_raw_parts(text, length) });
        break_kernel();
    }
}

/// Address of the message.
#[unsafe(no_mangle)]
extern "C" fn panic_message() -> *const u8 {
    MESSAGE.bytes.get().cast()
}

/// Length of the message in bytes.
#[unsafe(no_mangle)]
extern "C" fn panic_message_length() -> usize {
    MESSAGE.length.load(Ordering::Acquire)
}

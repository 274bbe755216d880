//! The kernel lock: a futex word that every entry takes, and the poison word that a trap leaves behind.
//!
//! A worker may be terminated at any instruction once its process is dead (Firefox does it within microseconds), also between taking the
//! lock and seeing that it is dead. So the lock can be taken from a holder that is marked: a marked thread looks at its mark before it
//! touches anything else, and gives the lock back only if it still has it. Wake-ups that die with a terminated thread cost a few
//! milliseconds, not for ever: nobody sleeps on the lock without a limit.

use core::arch::wasm32::{memory_atomic_notify, memory_atomic_wait32};
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicI32, AtomicU8, AtomicU32, Ordering};

use crate::threads::SLOTS;

/// Answer of every call once the kernel has trapped.
pub const POISONED: i32 = i32::MIN;

const FREE: u32 = 0;
/// Set in the lock word while somebody may be asleep on it. The other bits are the holder's slot plus 1.
const CONTENDED: u32 = 1 << 31;

/// Tries before a thread goes to sleep. The lock is held for about as long as one try of another core takes to show.
const SPINS: u32 = 100;
/// How long a thread sleeps on the lock before it looks again, in nanoseconds.
const NAP: i64 = 4_000_000;

static LOCK: AtomicU32 = AtomicU32::new(FREE);
static POISON: AtomicI32 = AtomicI32::new(0);
/// Nobody ever notifies it.
static NEVER: AtomicI32 = AtomicI32::new(0);

/// What became of a thread, readable without the lock.
static MARKS: [AtomicU8; SLOTS] = [const { AtomicU8::new(ALIVE) }; SLOTS];
const ALIVE: u8 = 0;
/// Its process was killed by another: it must never get out of the kernel, nor change anything in it.
const KILLED: u8 = 1;
/// Its process ended by itself: it must not come in again until it has another.
const EXITED: u8 = 2;

/// Marks a thread whose process somebody else has just killed. The caller holds the lock.
pub fn mark_killed(slot: u32) {
    MARKS[slot as usize].store(KILLED, Ordering::Release);
}

/// Marks the calling thread, whose process has ended and which does not hold the lock.
pub fn mark_exited(slot: u32) {
    MARKS[slot as usize].store(EXITED, Ordering::Release);
}

/// The calling thread gets another process.
pub fn unmark_exited(slot: u32) {
    // A killed thread stays so, whatever its worker was told meanwhile.
    let _ =
        MARKS[slot as usize].compare_exchange(EXITED, ALIVE, Ordering::AcqRel, Ordering::Relaxed);
}

/// The slot has no thread any more.
pub fn unmark(slot: u32) {
    MARKS[slot as usize].store(ALIVE, Ordering::Release);
}

fn mark(slot: u32) -> u8 {
    MARKS[slot as usize].load(Ordering::Acquire)
}

/// Waits until `word` is no longer `expected`, is notified, or `nanoseconds` have passed (negative: without limit).
pub fn wait(word: &AtomicI32, expected: i32, nanoseconds: i64) {
    // SAFETY: the address is that of an aligned atomic.
    unsafe { memory_atomic_wait32(word.as_ptr(), expected, nanoseconds) };
}

/// Wakes up to `count` waiters of `word`, those of `Atomics.waitAsync` included.
pub fn notify(word: &AtomicI32, count: u32) {
    // SAFETY: the address is that of an aligned atomic.
    unsafe { memory_atomic_notify(word.as_ptr(), count) };
}

/// Never returns: how a killed process leaves the kernel.
pub fn park_for_ever() -> ! {
    loop {
        wait(&NEVER, 0, -1);
    }
}

/// Whether the kernel has trapped.
pub fn poisoned() -> bool {
    POISON.load(Ordering::Acquire) != 0
}

/// Marks the kernel as broken, and sends everybody who waits for the lock away.
pub fn poison() {
    POISON.store(1, Ordering::Release);
    notify_lock(u32::MAX);
}

/// Whether the thread `slot` holds the lock: tells a trap under the lock from one outside.
#[unsafe(no_mangle)]
extern "C" fn kernel_inside(slot: u32) -> i32 {
    i32::from(LOCK.load(Ordering::Relaxed) & !CONTENDED == slot + 1)
}

/// Proof that the lock is held.
pub struct Guard {
    word: u32,
}

/// Why the lock was not taken.
pub enum Refused {
    /// The kernel is poisoned.
    Poisoned,
    /// The thread's process was killed: [`park_for_ever`].
    Killed,
    /// The thread's process has ended.
    Exited,
}

/// Takes the lock for the thread `slot`.
pub fn acquire(slot: u32) -> Result<Guard, Refused> {
    if mark(slot) == EXITED {
        return Err(Refused::Exited);
    }
    let guard = take(slot)?;
    // Behind the lock, because whoever killed us had it.
    if mark(slot) == KILLED {
        drop(guard);
        return Err(Refused::Killed);
    }
    Ok(guard)
}

fn take(slot: u32) -> Result<Guard, Refused> {
    let word = slot + 1;
    for _ in 0..SPINS {
        if poisoned() {
            return Err(Refused::Poisoned);
        }
        if replace(FREE, word) {
            return Ok(Guard { word });
        }
        core::hint::spin_loop();
    }
    loop {
        if poisoned() {
            return Err(Refused::Poisoned);
        }
        let current = LOCK.load(Ordering::Relaxed);
        let holder = current & !CONTENDED;
        // Others may be asleep besides us: the one who leaves must wake them.
        if (holder == 0 || mark(holder - 1) != ALIVE) && replace(current, word | CONTENDED) {
            return Ok(Guard { word });
        }
        if holder != 0 && (current & CONTENDED != 0 || replace(current, current | CONTENDED)) {
            // SAFETY: the address is that of an aligned atomic.
            unsafe {
                memory_atomic_wait32(LOCK.as_ptr().cast(), (current | CONTENDED) as i32, NAP)
            };
        }
    }
}

fn replace(current: u32, new: u32) -> bool {
    LOCK.compare_exchange(current, new, Ordering::Acquire, Ordering::Relaxed)
        .is_ok()
}

fn notify_lock(count: u32) {
    // SAFETY: the address is that of an aligned atomic.
    unsafe { memory_atomic_notify(LOCK.as_ptr().cast(), count) };
}

impl Drop for Guard {
    fn drop(&mut self) {
        let release = |word| {
            LOCK.compare_exchange(word, FREE, Ordering::Release, Ordering::Relaxed)
                .is_ok()
        };
        if release(self.word) {
            return;
        }
        // Either somebody sleeps on it, or it was taken from us because we are marked.
        if release(self.word | CONTENDED) {
            notify_lock(1);
        }
    }
}

/// State that only the holder of the lock may touch.
pub struct Guarded<T>(UnsafeCell<T>);

// SAFETY: access needs a `Guard`, and there is one at a time.
unsafe impl<T> Sync for Guarded<T> {}

impl<T> Guarded<T> {
    /// Wraps `value`.
    pub const fn new(value: T) -> Guarded<T> {
        Guarded(UnsafeCell::new(value))
    }

    /// The state; borrowing the guard mutably keeps it to one reference a holder.
    pub fn get<'a>(&'a self, _guard: &'a mut Guard) -> &'a mut T {
        // SAFETY: the guard is unique, and the reference ends before the guard is used again.
        unsafe { &mut *self.0.get() }
    }
}

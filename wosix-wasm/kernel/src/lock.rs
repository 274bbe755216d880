//! The kernel lock: a futex word that every entry takes, and the poison word that a trap leaves behind.

use core::arch::wasm32::{memory_atomic_notify, memory_atomic_wait32};
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// Answer of every call once the kernel has trapped.
pub const POISONED: i32 = i32::MIN;

const FREE: i32 = 0;
const TAKEN: i32 = 1;
const CONTENDED: i32 = 2;

/// Tries before a thread goes to sleep. The lock is held for about as long as one try of another core takes to show.
const SPINS: u32 = 100;

static LOCK: AtomicI32 = AtomicI32::new(FREE);
static POISON: AtomicI32 = AtomicI32::new(0);
/// Slot of the holder plus 1, 0 when free: tells a trap under the lock from one outside.
static HOLDER: AtomicU32 = AtomicU32::new(0);
/// Nobody ever notifies it.
static NEVER: AtomicI32 = AtomicI32::new(0);

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
    notify(&LOCK, u32::MAX);
}

/// Whether the thread `slot` holds the lock.
#[unsafe(no_mangle)]
extern "C" fn kernel_inside(slot: u32) -> i32 {
    i32::from(HOLDER.load(Ordering::Relaxed) == slot + 1)
}

/// Proof that the lock is held.
pub struct Guard(());

/// Takes the lock for the thread `slot`; `None` when the kernel is poisoned.
pub fn acquire(slot: u32) -> Option<Guard> {
    for _ in 0..SPINS {
        if poisoned() {
            return None;
        }
        if LOCK
            .compare_exchange_weak(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
        {
            HOLDER.store(slot + 1, Ordering::Relaxed);
            return Some(Guard(()));
        }
        core::hint::spin_loop();
    }
    while LOCK.swap(CONTENDED, Ordering::Acquire) != FREE {
        if poisoned() {
            return None;
        }
        wait(&LOCK, CONTENDED, -1);
    }
    HOLDER.store(slot + 1, Ordering::Relaxed);
    Some(Guard(()))
}

impl Drop for Guard {
    fn drop(&mut self) {
        HOLDER.store(0, Ordering::Relaxed);
        if LOCK.swap(FREE, Ordering::Release) == CONTENDED {
            notify(&LOCK, 1);
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

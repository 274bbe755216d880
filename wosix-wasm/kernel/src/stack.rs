//! The reserve of native stack that an entry makes sure of before it takes the lock.
//!
//! Guest code may call in from the very end of its stack (deep recursion around `statSync`). An overflow under the lock would leave
//! it taken for ever, so a function with a large frame is called first: engines check the whole frame when it is entered, and
//! throw there, outside the lock.

use core::sync::atomic::{AtomicU32, Ordering};

/// Always 0, which the compiler does not know.
static SPILL: AtomicU32 = AtomicU32::new(0);

#[link(wasm_import_module = "wosix")]
unsafe extern "C" {
    /// Milliseconds since the epoch, fractions included.
    fn now() -> f64;
}

/// Milliseconds since the epoch.
pub fn clock() -> f64 {
    // SAFETY: a pure function of the host.
    unsafe { now() }
}

macro_rules! live {
    ($sum:ident; $($name:ident)*) => {
        $(let $name = clock();)*
        // All of them are live across this call, so the frame has a place for each.
        $sum = clock();
        $($sum += $name;)*
    };
}

/// Throws a stack overflow unless some kilobytes of native stack are left.
#[inline(never)]
pub fn reserve() -> f64 {
    let mut sum = 0.0;
    if SPILL.load(Ordering::Relaxed) != 0 {
        live!(sum; a b c d e f g h i j k l m n o p q r s t u v w x y z);
    }
    sum
}

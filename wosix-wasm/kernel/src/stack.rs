//! The reserve of native stack that an entry makes sure of before it takes the lock.
//!
//! Guest code may call in from the very end of its stack (deep recursion around `statSync`). An overflow under the lock would leave
//! it taken for ever, so a chain of functions with large frames is called first: engines check the whole frame when it is
//! entered, and throw there, outside the lock. Only the frames are wanted; what would fill them never runs.

use core::ptr::addr_of;

/// Always 0, which the compiler does not know.
static FILL: u32 = 0;

/// Nested calls; each has a frame of 8 KiB, together more than the kernel needs even as unoptimized code.
const DEPTH: u32 = 8;

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

/// Sums one value a token, in an order that keeps all of them alive at once (floating-point addition is not associative).
macro_rules! alive {
    () => { clock() };
    ($first:tt $($rest:tt)*) => {{
        let value = clock();
        let rest = alive!($($rest)*);
        rest + value
    }};
}

/// Repeats its tokens four times.
macro_rules! four {
    ($next:ident $(, $more:ident)*; $($token:tt)*) => { four!($($more),*; $($token)* $($token)* $($token)* $($token)*) };
    (; $($token:tt)*) => { alive!($($token)*) };
}

/// Throws a stack overflow unless some 64 KiB of native stack are left.
pub fn reserve() {
    frame(DEPTH);
}

#[inline(never)]
fn frame(depth: u32) -> f64 {
    let mut sum = 0.0;
    // SAFETY: a static.
    if unsafe { addr_of!(FILL).read_volatile() } != 0 {
        sum = four!(a, b, c, d, e; x);
    }
    if depth > 1 {
        // Added to afterwards, so that the call is not made a jump.
        sum += frame(depth - 1);
    }
    sum
}

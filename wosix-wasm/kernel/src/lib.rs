//! The kernel as a module over one shared memory: every worker instantiates it and calls straight in.
//!
//! Everything is a raw export over numbers and addresses; `js-facade/src/guest/kernel.ts` wraps them. The first argument of a
//! system call is the caller's thread slot. Bytes travel through the caller's own scratch block, which alone may be written
//! outside the kernel lock. Answers are numbers `>= 0` or negated errnos, or [`lock::POISONED`].
//!
//! Built with atomics and a rebuilt standard library by `cargo xtask build --only kernel`; empty on other targets.
#![cfg(target_arch = "wasm32")]
#![feature(stdarch_wasm_atomic_wait)]
#![recursion_limit = "2048"]

mod allocator;
mod calls;
mod codec;
mod entry;
mod lock;
mod panic;
mod stack;
mod threads;

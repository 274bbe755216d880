//! The Wosix kernel and its companions as pure Rust: no clock, no randomness, no JavaScript.
//!
//! Calls and events go in; answers and effects come out. See `ARCHITECTURE.md`.

pub mod errno;
#[cfg(feature = "module")]
pub mod module;
pub mod net;
pub mod shell;
pub mod system;
pub mod vfs;

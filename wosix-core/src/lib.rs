//! The Wosix kernel and its companions as pure Rust: no clock, no randomness, no JavaScript.
//!
//! Calls and events go in; answers and effects come out. See `ARCHITECTURE.md`.

pub mod errno;
pub mod kernel;
#[cfg(feature = "module")]
pub mod module;
pub mod net;
#[cfg(feature = "npm")]
pub mod npm;
pub mod process;
#[cfg(feature = "shell")]
pub mod shell;
pub mod system;
pub mod vfs;

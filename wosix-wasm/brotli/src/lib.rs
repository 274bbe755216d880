//! Brotli streams in a module of private memory, with the semantics of Node's `zlib` binding.
//!
//! A module of its own because its dictionary and encoder are large and few programs use them: it is loaded at the first stream.
//! Every export takes numbers and addresses only; `js-facade/src/guest/brotli.ts` wraps them.

mod decoder;
mod encoder;

/// How far a write came: the first two words of a stream, which the JavaScript side reads.
#[repr(C)]
#[derive(Default)]
pub struct Progress {
    /// Input bytes that the last write used.
    consumed: u32,
    /// Output bytes that the last write made.
    produced: u32,
}

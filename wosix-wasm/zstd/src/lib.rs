//! Zstandard streams in a module of private memory, with the semantics of Node's `zlib` binding.
//!
//! A module of its own because it is large and few programs use it: it is loaded at the first stream. Every export takes numbers and
//! addresses only; `js-facade/src/guest/zstd.ts` wraps them. Results are the library's: an error is what [`zstd_error_code`] knows.
//!
//! The library wants the types of a C standard library, so this module is built for WASI. It makes no system calls: those that the
//! module imports serve panics only.

// For what it exports.
use wosix_memory as _;

mod compress;
mod decompress;

use core::ffi::c_char;

use libzstd_rs_sys::lib::common::zstd_common::{ZSTD_getErrorCode, ZSTD_getErrorString};

/// How far a write came: the first two words of a stream, which the JavaScript side reads.
#[repr(C)]
#[derive(Default)]
pub struct Progress {
    /// Input bytes that the last write used.
    consumed: u32,
    /// Output bytes that the last write made.
    produced: u32,
}

/// The number of an error (`ZSTD_ErrorCode`) in a result; 0 if it is none.
#[unsafe(no_mangle)]
extern "C" fn zstd_error_code(result: usize) -> u32 {
    ZSTD_getErrorCode(result)
}

/// The library's words for an error, as a C string.
#[unsafe(no_mangle)]
extern "C" fn zstd_error_message(code: u32) -> *const c_char {
    ZSTD_getErrorString(code)
}

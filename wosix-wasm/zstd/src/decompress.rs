//! Decompression.

use core::ffi::c_int;
use core::mem::transmute;

use libzstd_rs_sys::{
    ZSTD_DCtx, ZSTD_DCtx_loadDictionary, ZSTD_DCtx_setParameter, ZSTD_createDCtx, ZSTD_dParameter,
    ZSTD_decompressStream, ZSTD_freeDCtx, ZSTD_inBuffer, ZSTD_outBuffer,
};

use crate::Progress;

/// One expanding stream.
#[repr(C)]
pub struct Decompressor {
    progress: Progress,
    context: *mut ZSTD_DCtx,
}

/// Makes a stream; 0 when there is no memory.
#[unsafe(no_mangle)]
extern "C" fn decompressor_new() -> *mut Decompressor {
    // SAFETY: it has no conditions.
    let context = unsafe { ZSTD_createDCtx() };
    if context.is_null() {
        return core::ptr::null_mut();
    }
    Box::into_raw(Box::new(Decompressor {
        progress: Progress::default(),
        context,
    }))
}

/// Sets a parameter by its number (`ZSTD_d_*`).
///
/// # Safety
/// `decompressor` came from [`decompressor_new`] and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn decompressor_set_parameter(
    decompressor: *mut Decompressor,
    key: u32,
    value: c_int,
) -> usize {
    // SAFETY: the type is a transparent `u32` of which every value is valid; it has no public constructor.
    let key = unsafe { transmute::<u32, ZSTD_dParameter>(key) };
    // SAFETY: the caller's promise.
    unsafe { ZSTD_DCtx_setParameter((*decompressor).context, key, value) }
}

/// Loads a dictionary, which is copied.
///
/// # Safety
/// `decompressor` came from [`decompressor_new`] and was not freed; `dictionary` points at `dictionary_len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn decompressor_load_dictionary(
    decompressor: *mut Decompressor,
    dictionary: *const u8,
    dictionary_len: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe { ZSTD_DCtx_loadDictionary((*decompressor).context, dictionary.cast(), dictionary_len) }
}

/// Expands as much as fits and leaves the counts in the first two words of the stream. Answers 0 at the end of a frame, a hint for the
/// next input, or an error.
///
/// # Safety
/// `decompressor` came from [`decompressor_new`] and was not freed; the buffers are valid, distinct, and used by nobody else meanwhile.
#[unsafe(no_mangle)]
unsafe extern "C" fn decompressor_write(
    decompressor: *mut Decompressor,
    in_address: *const u8,
    in_len: usize,
    out_address: *mut u8,
    out_len: usize,
) -> usize {
    // SAFETY: the caller's promise.
    let decompressor = unsafe { &mut *decompressor };
    let mut input = ZSTD_inBuffer {
        src: in_address.cast(),
        size: in_len,
        pos: 0,
    };
    let mut output = ZSTD_outBuffer {
        dst: out_address.cast(),
        size: out_len,
        pos: 0,
    };
    // SAFETY: the context is alive; the caller's promise for the buffers.
    let result = unsafe { ZSTD_decompressStream(decompressor.context, &mut output, &mut input) };
    decompressor.progress = Progress {
        consumed: input.pos as u32,
        produced: output.pos as u32,
    };
    result
}

/// Ends a stream.
///
/// # Safety
/// `decompressor` came from [`decompressor_new`] and was not freed before.
#[unsafe(no_mangle)]
unsafe extern "C" fn decompressor_free(decompressor: *mut Decompressor) {
    // SAFETY: the caller's promise.
    let decompressor = unsafe { Box::from_raw(decompressor) };
    // SAFETY: the context came from `ZSTD_createDCtx` and is not used again.
    unsafe { ZSTD_freeDCtx(decompressor.context) };
}

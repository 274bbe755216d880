//! Compression.

use core::ffi::c_int;
use core::mem::transmute;

use libzstd_rs_sys::{
    ZSTD_CCtx, ZSTD_CCtx_loadDictionary, ZSTD_CCtx_setParameter, ZSTD_CCtx_setPledgedSrcSize,
    ZSTD_CONTENTSIZE_UNKNOWN, ZSTD_cParameter, ZSTD_compressStream2, ZSTD_createCCtx,
    ZSTD_freeCCtx, ZSTD_inBuffer, ZSTD_outBuffer,
};

use crate::Progress;

/// One compressing stream.
#[repr(C)]
pub struct Compressor {
    progress: Progress,
    context: *mut ZSTD_CCtx,
}

/// Makes a stream; 0 when there is no memory.
#[unsafe(no_mangle)]
extern "C" fn compressor_new() -> *mut Compressor {
    // SAFETY: it has no conditions.
    let context = unsafe { ZSTD_createCCtx() };
    if context.is_null() {
        return core::ptr::null_mut();
    }
    Box::into_raw(Box::new(Compressor {
        progress: Progress::default(),
        context,
    }))
}

/// Sets a parameter by its number (`ZSTD_c_*`).
///
/// # Safety
/// `compressor` came from [`compressor_new`] and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn compressor_set_parameter(
    compressor: *mut Compressor,
    key: u32,
    value: c_int,
) -> usize {
    // SAFETY: the type is a transparent `u32` of which every value is valid; it has no public constructor.
    let key = unsafe { transmute::<u32, ZSTD_cParameter>(key) };
    // SAFETY: the caller's promise.
    unsafe { ZSTD_CCtx_setParameter((*compressor).context, key, value) }
}

/// Loads a dictionary, which is copied.
///
/// # Safety
/// `compressor` came from [`compressor_new`] and was not freed; `dictionary` points at `dictionary_len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn compressor_load_dictionary(
    compressor: *mut Compressor,
    dictionary: *const u8,
    dictionary_len: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe { ZSTD_CCtx_loadDictionary((*compressor).context, dictionary.cast(), dictionary_len) }
}

/// Promises the number of bytes that will come; negative = not known.
///
/// # Safety
/// `compressor` came from [`compressor_new`] and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn compressor_pledge_size(compressor: *mut Compressor, size: f64) -> usize {
    let size = if size < 0.0 {
        ZSTD_CONTENTSIZE_UNKNOWN
    } else {
        size as u64
    };
    // SAFETY: the caller's promise.
    unsafe { ZSTD_CCtx_setPledgedSrcSize((*compressor).context, size) }
}

/// Compresses as much as fits and leaves the counts in the first two words of the stream. `directive` is one of `ZSTD_e_*`. Answers how
/// much is left to flush, or an error.
///
/// # Safety
/// `compressor` came from [`compressor_new`] and was not freed; the buffers are valid, distinct, and used by nobody else meanwhile.
#[unsafe(no_mangle)]
unsafe extern "C" fn compressor_write(
    compressor: *mut Compressor,
    directive: u32,
    in_address: *const u8,
    in_len: usize,
    out_address: *mut u8,
    out_len: usize,
) -> usize {
    // SAFETY: the caller's promise.
    let compressor = unsafe { &mut *compressor };
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
    let result =
        unsafe { ZSTD_compressStream2(compressor.context, &mut output, &mut input, directive) };
    compressor.progress = Progress {
        consumed: input.pos as u32,
        produced: output.pos as u32,
    };
    result
}

/// Ends a stream.
///
/// # Safety
/// `compressor` came from [`compressor_new`] and was not freed before.
#[unsafe(no_mangle)]
unsafe extern "C" fn compressor_free(compressor: *mut Compressor) {
    // SAFETY: the caller's promise.
    let compressor = unsafe { Box::from_raw(compressor) };
    // SAFETY: the context came from `ZSTD_createCCtx` and is not used again.
    unsafe { ZSTD_freeCCtx(compressor.context) };
}

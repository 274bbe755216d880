//! Decompression.

use brotli_decompressor::{
    BrotliDecoderParameter, BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc,
};
use wosix_memory::{input, output};

use crate::Progress;

/// One expanding stream.
#[repr(C)]
pub struct Decoder {
    progress: Progress,
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
}

/// Makes a stream.
#[unsafe(no_mangle)]
extern "C" fn decoder_new() -> *mut Decoder {
    let alloc = StandardAlloc::default();
    Box::into_raw(Box::new(Decoder {
        progress: Progress::default(),
        // Windows beyond the format's are to be asked for, as in the C library.
        state: BrotliState::new_strict(alloc, alloc, alloc),
    }))
}

/// Sets a parameter, by the C library's number, of a stream that has not begun. Answers whether it is one.
///
/// # Safety
/// `decoder` came from [`decoder_new`] and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn decoder_set_parameter(decoder: *mut Decoder, key: u32, value: u32) -> bool {
    let parameter = match key {
        0 => BrotliDecoderParameter::BROTLI_DECODER_PARAM_DISABLE_RING_BUFFER_REALLOCATION,
        1 => BrotliDecoderParameter::BROTLI_DECODER_PARAM_LARGE_WINDOW,
        _ => return false,
    };
    // SAFETY: the caller's promise.
    unsafe { &mut *decoder }
        .state
        .set_parameter(parameter, value)
}

/// Lets the stream, which has not begun, refer to a raw dictionary, which is copied. Answers whether it may be one.
///
/// # Safety
/// `decoder` came from [`decoder_new`] and was not freed; `dictionary` points at `dictionary_len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn decoder_set_dictionary(
    decoder: *mut Decoder,
    dictionary: *const u8,
    dictionary_len: usize,
) -> bool {
    // SAFETY: the caller's promise.
    let (decoder, dictionary) = unsafe { (&mut *decoder, input(dictionary, dictionary_len)) };
    decoder.state.attach_dictionary(dictionary.to_vec().into())
}

/// Expands as much as fits and leaves the counts in the first two words of the stream. Answers the C library's `BrotliDecoderResult`:
/// 0 an error, 1 the end of the stream, 2 and 3 that more input or room is needed.
///
/// # Safety
/// `decoder` came from [`decoder_new`] and was not freed; the buffers are valid, distinct, and used by nobody else meanwhile.
#[unsafe(no_mangle)]
unsafe extern "C" fn decoder_write(
    decoder: *mut Decoder,
    in_address: *const u8,
    in_len: usize,
    out_address: *mut u8,
    out_len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (decoder, from, to) = unsafe {
        (
            &mut *decoder,
            input(in_address, in_len),
            output(out_address, out_len),
        )
    };
    let (mut available_in, mut consumed) = (in_len, 0);
    let (mut available_out, mut produced) = (out_len, 0);
    let result = BrotliDecompressStream(
        &mut available_in,
        &mut consumed,
        from,
        &mut available_out,
        &mut produced,
        to,
        &mut 0,
        &mut decoder.state,
    );
    decoder.progress = Progress {
        consumed: consumed as u32,
        produced: produced as u32,
    };
    match result {
        BrotliResult::ResultFailure => 0,
        BrotliResult::ResultSuccess => 1,
        BrotliResult::NeedsMoreInput => 2,
        BrotliResult::NeedsMoreOutput => 3,
    }
}

/// The C library's `BrotliDecoderErrorCode` after a write that failed; negative.
///
/// # Safety
/// `decoder` came from [`decoder_new`] and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn decoder_error(decoder: *const Decoder) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { &*decoder }.state.error_code as i32
}

/// Ends a stream.
///
/// # Safety
/// `decoder` came from [`decoder_new`] and was not freed before.
#[unsafe(no_mangle)]
unsafe extern "C" fn decoder_free(decoder: *mut Decoder) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(decoder) });
}

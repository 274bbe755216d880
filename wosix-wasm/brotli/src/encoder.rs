//! Compression.

use brotli::enc::StandardAlloc;
use brotli::enc::backward_references::{BrotliEncoderMode, BrotliEncoderParams};
use brotli::enc::encode::{BrotliEncoderOperation, BrotliEncoderStateStruct};
use wosix_memory::{input, output};

use crate::Progress;

/// One compressing stream.
#[repr(C)]
pub struct Encoder {
    progress: Progress,
    state: BrotliEncoderStateStruct<StandardAlloc>,
}

/// Sets a parameter by the C library's number (`BROTLI_PARAM_*`); the crate's own numbers are not public. Values out of range are
/// brought into it when the stream begins.
fn set_parameter(params: &mut BrotliEncoderParams, key: u32, value: u32) -> bool {
    match key {
        0 => {
            params.mode = match value {
                1 => BrotliEncoderMode::BROTLI_MODE_TEXT,
                2 => BrotliEncoderMode::BROTLI_MODE_FONT,
                _ => BrotliEncoderMode::BROTLI_MODE_GENERIC,
            }
        }
        1 => params.quality = value as i32,
        2 => params.lgwin = value as i32,
        3 => params.lgblock = value as i32,
        4 if value <= 1 => params.disable_literal_context_modeling = value as i32,
        5 => params.size_hint = value as usize,
        6 => params.large_window = value != 0,
        7 => params.dist.distance_postfix_bits = value,
        8 => params.dist.num_direct_distance_codes = value,
        _ => return false,
    }
    true
}

fn operation(number: u32) -> Option<BrotliEncoderOperation> {
    use BrotliEncoderOperation as O;
    Some(match number {
        0 => O::BROTLI_OPERATION_PROCESS,
        1 => O::BROTLI_OPERATION_FLUSH,
        2 => O::BROTLI_OPERATION_FINISH,
        3 => O::BROTLI_OPERATION_EMIT_METADATA,
        _ => return None,
    })
}

/// Makes a stream.
#[unsafe(no_mangle)]
extern "C" fn encoder_new() -> *mut Encoder {
    Box::into_raw(Box::new(Encoder {
        progress: Progress::default(),
        state: BrotliEncoderStateStruct::new(StandardAlloc::default()),
    }))
}

/// Sets a parameter, by the C library's number, of a stream that has not begun. Answers whether it is one and may have that value.
///
/// # Safety
/// `encoder` came from [`encoder_new`] and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn encoder_set_parameter(encoder: *mut Encoder, key: u32, value: u32) -> bool {
    // SAFETY: the caller's promise.
    set_parameter(&mut unsafe { &mut *encoder }.state.params, key, value)
}

/// Lets the stream, which has not begun and has its parameters, refer to a raw dictionary, which is copied.
///
/// # Safety
/// `encoder` came from [`encoder_new`] and was not freed; `dictionary` points at `dictionary_len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn encoder_set_dictionary(
    encoder: *mut Encoder,
    dictionary: *const u8,
    dictionary_len: usize,
) {
    // SAFETY: the caller's promise.
    let (state, dictionary) = unsafe { (&mut (*encoder).state, input(dictionary, dictionary_len)) };
    state.set_custom_dictionary(dictionary.len(), dictionary);
}

/// Compresses as much as fits and leaves the counts in the first two words of the stream. Answers whether it could.
///
/// # Safety
/// `encoder` came from [`encoder_new`] and was not freed; the buffers are valid, distinct, and used by nobody else meanwhile.
#[unsafe(no_mangle)]
unsafe extern "C" fn encoder_write(
    encoder: *mut Encoder,
    flush: u32,
    in_address: *const u8,
    in_len: usize,
    out_address: *mut u8,
    out_len: usize,
) -> bool {
    // SAFETY: the caller's promise.
    let (encoder, from, to) = unsafe {
        (
            &mut *encoder,
            input(in_address, in_len),
            output(out_address, out_len),
        )
    };
    let (mut available_in, mut consumed) = (in_len, 0);
    let (mut available_out, mut produced) = (out_len, 0);
    let done = operation(flush).is_some_and(|operation| {
        encoder.state.compress_stream(
            operation,
            &mut available_in,
            from,
            &mut consumed,
            &mut available_out,
            to,
            &mut produced,
            &mut None,
            &mut |_, _, _, _| (),
        )
    });
    encoder.progress = Progress {
        consumed: consumed as u32,
        produced: produced as u32,
    };
    done
}

/// Ends a stream.
///
/// # Safety
/// `encoder` came from [`encoder_new`] and was not freed before.
#[unsafe(no_mangle)]
unsafe extern "C" fn encoder_free(encoder: *mut Encoder) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(encoder) });
}

//! zlib streams with the semantics of Node's `zlib` binding, and CRC-32.

use core::ffi::{c_char, c_int};
use core::mem::MaybeUninit;

use libz_rs_sys::{
    Z_BUF_ERROR, Z_DATA_ERROR, Z_DEFLATED, Z_NEED_DICT, Z_OK, Z_STREAM_END, Z_STREAM_ERROR,
    deflate, deflateEnd, deflateInit2_, deflateParams, deflateReset, deflateSetDictionary, inflate,
    inflateEnd, inflateInit2_, inflateReset, inflateSetDictionary, z_stream, zlibVersion,
};

use wosix_memory::input;

/// What a stream does; numbers are those of `zlib.constants` (`DEFLATE` = 1 ...).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Deflate,
    Inflate,
    Gzip,
    Gunzip,
    DeflateRaw,
    InflateRaw,
    /// Gunzip or inflate, by the first two bytes.
    Unzip,
}

impl Mode {
    fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Deflate,
            2 => Self::Inflate,
            3 => Self::Gzip,
            4 => Self::Gunzip,
            5 => Self::DeflateRaw,
            6 => Self::InflateRaw,
            7 => Self::Unzip,
            _ => return None,
        })
    }

    fn compresses(self) -> bool {
        matches!(self, Self::Deflate | Self::Gzip | Self::DeflateRaw)
    }

    /// zlib encodes the container in `windowBits`: negative is raw, + 16 gzip, + 32 either.
    fn window_bits(self, bits: c_int) -> c_int {
        match self {
            Self::Deflate | Self::Inflate => bits,
            Self::Gzip | Self::Gunzip => bits + 16,
            Self::DeflateRaw | Self::InflateRaw => -bits,
            Self::Unzip => bits + 32,
        }
    }
}

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// One stream. The JavaScript side reads the first two words.
#[repr(C)]
pub struct Zlib {
    /// Input bytes that the last write used.
    consumed: u32,
    /// Output bytes that the last write made.
    produced: u32,
    stream: z_stream,
    mode: Mode,
    /// How many bytes of gzip's magic number an `Unzip` stream has seen.
    magic_seen: u8,
    /// Whether what follows the first member of gzip is left alone.
    single_member: bool,
    dictionary: Vec<u8>,
}

impl Zlib {
    fn set_dictionary(&mut self) -> c_int {
        if self.dictionary.is_empty() {
            return Z_OK;
        }
        let (address, len) = (self.dictionary.as_ptr(), self.dictionary.len() as u32);
        // SAFETY: the stream is initialised for the direction of its mode; the dictionary is copied by the call.
        unsafe {
            match self.mode {
                Mode::Deflate | Mode::DeflateRaw => {
                    deflateSetDictionary(&mut self.stream, address, len)
                }
                Mode::InflateRaw => inflateSetDictionary(&mut self.stream, address, len),
                // The others are given theirs when inflate asks for it; gzip has none.
                _ => Z_OK,
            }
        }
    }

    fn reset(&mut self) -> c_int {
        // SAFETY: the stream is initialised for the direction of its mode.
        let status = unsafe {
            if self.mode.compresses() {
                deflateReset(&mut self.stream)
            } else {
                inflateReset(&mut self.stream)
            }
        };
        if status == Z_OK {
            self.set_dictionary()
        } else {
            status
        }
    }

    /// Decides between gzip and zlib as soon as bytes arrive. inflate itself detects the container too; the mode
    /// matters for what may follow the first member.
    fn detect(&mut self) {
        // SAFETY: `next_in` points at `avail_in` bytes that the caller of `zlib_write` passed.
        let bytes = unsafe { input(self.stream.next_in, self.stream.avail_in as usize) };
        for &byte in bytes {
            if byte != GZIP_MAGIC[self.magic_seen as usize] {
                self.mode = Mode::Inflate;
                return;
            }
            self.magic_seen += 1;
            if self.magic_seen == 2 {
                self.mode = Mode::Gunzip;
                return;
            }
        }
    }

    fn inflate(&mut self, flush: c_int) -> c_int {
        // SAFETY: the stream is initialised for inflating and its buffers are those of the running `zlib_write`.
        let mut status = unsafe { inflate(&mut self.stream, flush) };
        if status == Z_NEED_DICT && self.mode != Mode::InflateRaw && !self.dictionary.is_empty() {
            // SAFETY: as above; the dictionary is copied.
            status = unsafe {
                inflateSetDictionary(
                    &mut self.stream,
                    self.dictionary.as_ptr(),
                    self.dictionary.len() as u32,
                )
            };
            if status == Z_OK {
                // SAFETY: as above.
                status = unsafe { inflate(&mut self.stream, flush) };
            } else if status == Z_DATA_ERROR {
                // Lets the caller tell a bad dictionary from bad input.
                status = Z_NEED_DICT;
            }
        }
        while status == Z_STREAM_END
            && !self.single_member
            && self.mode == Mode::Gunzip
            && self.next_byte().is_some_and(|byte| byte != 0)
        {
            // Another member, or trailing garbage, which is told by its header. Zeros are padding.
            status = self.reset();
            if status == Z_OK {
                // SAFETY: as above.
                status = unsafe { inflate(&mut self.stream, flush) };
            }
        }
        status
    }

    fn next_byte(&self) -> Option<u8> {
        // SAFETY: `next_in` points at `avail_in` bytes that the caller of `zlib_write` passed.
        unsafe { input(self.stream.next_in, self.stream.avail_in as usize) }
            .first()
            .copied()
    }
}

/// Makes a stream; 0 when zlib refuses the parameters. The dictionary is copied.
///
/// # Safety
/// `dictionary` points at `dictionary_len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn zlib_new(
    mode: u32,
    window_bits: c_int,
    level: c_int,
    mem_level: c_int,
    strategy: c_int,
    single_member: bool,
    dictionary: *const u8,
    dictionary_len: usize,
) -> *mut Zlib {
    let Some(mode) = Mode::from_number(mode) else {
        return core::ptr::null_mut();
    };
    let window_bits = mode.window_bits(window_bits);
    let mut stream = MaybeUninit::<z_stream>::zeroed();
    let size = size_of::<z_stream>() as c_int;
    // SAFETY: zlib initialises a zeroed stream; null allocators stand for its own.
    let status = unsafe {
        if mode.compresses() {
            deflateInit2_(
                stream.as_mut_ptr(),
                level,
                Z_DEFLATED,
                window_bits,
                mem_level,
                strategy,
                zlibVersion(),
                size,
            )
        } else {
            inflateInit2_(stream.as_mut_ptr(), window_bits, zlibVersion(), size)
        }
    };
    if status != Z_OK {
        return core::ptr::null_mut();
    }
    let zlib = Zlib {
        consumed: 0,
        produced: 0,
        // SAFETY: initialised by the call that answered `Z_OK`.
        stream: unsafe { stream.assume_init() },
        mode,
        magic_seen: 0,
        single_member,
        // SAFETY: the caller's promise.
        dictionary: unsafe { input(dictionary, dictionary_len) }.to_vec(),
    };
    Box::into_raw(Box::new(zlib))
}

/// Gives the dictionary of the options to zlib, where zlib does not ask for it by itself. Answers zlib's status.
///
/// # Safety
/// `zlib` came from [`zlib_new`] and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn zlib_set_dictionary(zlib: *mut Zlib) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { &mut *zlib }.set_dictionary()
}

/// Compresses or expands as much as fits; answers zlib's status and leaves the counts in the first two words of the stream.
///
/// # Safety
/// `zlib` came from [`zlib_new`]; the buffers are valid, distinct, and used by nobody else meanwhile.
#[unsafe(no_mangle)]
unsafe extern "C" fn zlib_write(
    zlib: *mut Zlib,
    flush: c_int,
    in_address: *const u8,
    in_len: u32,
    out_address: *mut u8,
    out_len: u32,
) -> c_int {
    // SAFETY: the caller's promise.
    let zlib = unsafe { &mut *zlib };
    zlib.stream.next_in = in_address.cast_mut();
    zlib.stream.avail_in = in_len;
    zlib.stream.next_out = out_address;
    zlib.stream.avail_out = out_len;
    zlib.stream.msg = core::ptr::null_mut();
    if zlib.mode == Mode::Unzip {
        zlib.detect();
    }
    let status = if zlib.mode.compresses() {
        // SAFETY: the stream is initialised for deflating, with the caller's buffers.
        unsafe { deflate(&mut zlib.stream, flush) }
    } else {
        zlib.inflate(flush)
    };
    zlib.consumed = in_len - zlib.stream.avail_in;
    zlib.produced = out_len - zlib.stream.avail_out;
    status
}

/// zlib's own words for the last error, as a C string; 0 if it has none.
///
/// # Safety
/// `zlib` came from [`zlib_new`] and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn zlib_message(zlib: *const Zlib) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { &*zlib }.stream.msg
}

/// Changes level and strategy of a compressing stream, whose output must have been flushed. Answers zlib's status.
///
/// # Safety
/// `zlib` came from [`zlib_new`] and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn zlib_params(zlib: *mut Zlib, level: c_int, strategy: c_int) -> c_int {
    // SAFETY: the caller's promise.
    let zlib = unsafe { &mut *zlib };
    if !matches!(zlib.mode, Mode::Deflate | Mode::DeflateRaw) {
        return Z_OK;
    }
    // Nothing is left to write, so there is no room: a pending byte makes zlib answer Z_BUF_ERROR, which is harmless.
    let mut nothing = 0u8;
    zlib.stream.next_in = &raw mut nothing;
    zlib.stream.avail_in = 0;
    zlib.stream.next_out = &raw mut nothing;
    zlib.stream.avail_out = 0;
    // SAFETY: the stream is initialised for deflating.
    let status = unsafe { deflateParams(&mut zlib.stream, level, strategy) };
    if status == Z_BUF_ERROR { Z_OK } else { status }
}

/// Starts over. Answers zlib's status.
///
/// # Safety
/// `zlib` came from [`zlib_new`] and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn zlib_reset(zlib: *mut Zlib) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { &mut *zlib }.reset()
}

/// Ends a stream. Answers zlib's status (`Z_DATA_ERROR`: in the middle of its work).
///
/// # Safety
/// `zlib` came from [`zlib_new`] and was not freed before.
#[unsafe(no_mangle)]
unsafe extern "C" fn zlib_free(zlib: *mut Zlib) -> c_int {
    if zlib.is_null() {
        return Z_STREAM_ERROR;
    }
    // SAFETY: the caller's promise.
    let mut zlib = unsafe { Box::from_raw(zlib) };
    // SAFETY: the stream is initialised for the direction of its mode.
    unsafe {
        if zlib.mode.compresses() {
            deflateEnd(&mut zlib.stream)
        } else {
            inflateEnd(&mut zlib.stream)
        }
    }
}

/// CRC-32 (of gzip) of bytes that continue what had `crc`.
///
/// # Safety
/// `address` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn zlib_crc32(crc: u32, address: *const u8, len: usize) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(crc);
    // SAFETY: the caller's promise.
    hasher.update(unsafe { input(address, len) });
    hasher.finalize()
}

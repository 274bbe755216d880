//! Hash functions, HMAC and key derivation, by number of algorithm.

use digest::{ExtendableOutput, Update, XofReader};
use digest::{FixedOutput, HashMarker, KeyInit, Mac};
use hmac::SimpleHmac;

use wosix_memory::{input, output};

/// Runs `$body` with `$D` as the type of the algorithm with this number; `codecs.ts` has the names in the same order.
macro_rules! with_algorithm {
    ($number:expr, $D:ident => $body:expr, otherwise $otherwise:expr) => {
        match $number {
            0 => {
                type $D = md5::Md5;
                $body
            }
            1 => {
                type $D = sha1::Sha1;
                $body
            }
            2 => {
                type $D = sha2::Sha224;
                $body
            }
            3 => {
                type $D = sha2::Sha256;
                $body
            }
            4 => {
                type $D = sha2::Sha384;
                $body
            }
            5 => {
                type $D = sha2::Sha512;
                $body
            }
            6 => {
                type $D = sha2::Sha512_224;
                $body
            }
            7 => {
                type $D = sha2::Sha512_256;
                $body
            }
            8 => {
                type $D = ripemd::Ripemd160;
                $body
            }
            9 => {
                type $D = sha3::Sha3_224;
                $body
            }
            10 => {
                type $D = sha3::Sha3_256;
                $body
            }
            11 => {
                type $D = sha3::Sha3_384;
                $body
            }
            12 => {
                type $D = sha3::Sha3_512;
                $body
            }
            13 => {
                type $D = blake2::Blake2b512;
                $body
            }
            14 => {
                type $D = blake2::Blake2s256;
                $body
            }
            _ => $otherwise,
        }
    };
}

const SHAKE128: u32 = 15;
const SHAKE256: u32 = 16;

/// A digest or MAC under way.
trait Running {
    fn update(&mut self, bytes: &[u8]);
    /// Writes the result; its length is fixed by the algorithm except for those with extendable output. Ends the computation.
    fn finish(self: Box<Self>, out: &mut [u8]);
    fn fork(&self) -> Box<dyn Running>;
}

#[derive(Clone)]
struct Hash<D>(D);

impl<D: Update + FixedOutput + HashMarker + Clone + 'static> Running for Hash<D> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self: Box<Self>, out: &mut [u8]) {
        out.copy_from_slice(&self.0.finalize_fixed());
    }

    fn fork(&self) -> Box<dyn Running> {
        Box::new(self.clone())
    }
}

#[derive(Clone)]
struct Extendable<D>(D);

impl<D: Update + ExtendableOutput + Clone + 'static> Running for Extendable<D> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self: Box<Self>, out: &mut [u8]) {
        self.0.finalize_xof().read(out);
    }

    fn fork(&self) -> Box<dyn Running> {
        Box::new(self.clone())
    }
}

#[derive(Clone)]
struct Authentication<M>(M);

impl<M: Mac + Clone + 'static> Running for Authentication<M> {
    fn update(&mut self, bytes: &[u8]) {
        Mac::update(&mut self.0, bytes);
    }

    fn finish(self: Box<Self>, out: &mut [u8]) {
        out.copy_from_slice(&self.0.finalize().into_bytes());
    }

    fn fork(&self) -> Box<dyn Running> {
        Box::new(self.clone())
    }
}

/// A computation that JavaScript holds.
pub struct Digest(Box<dyn Running>);

fn hold(running: impl Running + 'static) -> *mut Digest {
    Box::into_raw(Box::new(Digest(Box::new(running))))
}

/// Begins a hash; 0 for an unknown number.
#[unsafe(no_mangle)]
extern "C" fn digest_new(algorithm: u32) -> *mut Digest {
    match algorithm {
        SHAKE128 => hold(Extendable(shake::Shake128::default())),
        SHAKE256 => hold(Extendable(shake::Shake256::default())),
        fixed => {
            with_algorithm!(fixed, D => hold(Hash(D::default())), otherwise core::ptr::null_mut())
        }
    }
}

/// Begins an HMAC; 0 for an unknown number or one that has no HMAC.
///
/// # Safety
/// `key` points at `key_len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn digest_new_hmac(
    algorithm: u32,
    key: *const u8,
    key_len: usize,
) -> *mut Digest {
    // SAFETY: the caller's promise.
    let key = unsafe { input(key, key_len) };
    with_algorithm!(
        algorithm,
        D => SimpleHmac::<D>::new_from_slice(key).map_or(core::ptr::null_mut(), |mac| hold(Authentication(mac))),
        otherwise core::ptr::null_mut()
    )
}

/// Goes on with `len` more bytes.
///
/// # Safety
/// `digest` is held; `address` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn digest_update(digest: *mut Digest, address: *const u8, len: usize) {
    // SAFETY: the caller's promise.
    unsafe { &mut *digest }
        .0
        .update(unsafe { input(address, len) });
}

/// Writes the result (`len` is the algorithm's length, or any for an extendable one) and frees the digest.
///
/// # Safety
/// `digest` is held and not used again; `address` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn digest_finish(digest: *mut Digest, address: *mut u8, len: usize) {
    // SAFETY: the caller's promise.
    let digest = unsafe { Box::from_raw(digest) };
    // SAFETY: the caller's promise.
    digest.0.finish(unsafe { output(address, len) });
}

/// A second computation in the same state.
///
/// # Safety
/// `digest` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn digest_fork(digest: *const Digest) -> *mut Digest {
    // SAFETY: the caller's promise.
    let forked = unsafe { &*digest }.0.fork();
    Box::into_raw(Box::new(Digest(forked)))
}

/// Gives a computation up.
///
/// # Safety
/// `digest` is held and not used again.
#[unsafe(no_mangle)]
unsafe extern "C" fn digest_free(digest: *mut Digest) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(digest) });
}

/// PBKDF2 with HMAC (RFC 8018). Answers whether the algorithm is known.
///
/// # Safety
/// All addresses point at as many bytes as the lengths say.
#[unsafe(no_mangle)]
unsafe extern "C" fn kdf_pbkdf2(
    algorithm: u32,
    password: *const u8,
    password_len: usize,
    salt: *const u8,
    salt_len: usize,
    iterations: u32,
    out: *mut u8,
    out_len: usize,
) -> bool {
    // SAFETY: the caller's promise.
    let (password, salt, out) = unsafe {
        (
            input(password, password_len),
            input(salt, salt_len),
            output(out, out_len),
        )
    };
    with_algorithm!(
        algorithm,
        D => pbkdf2::pbkdf2::<SimpleHmac<D>>(password, salt, iterations, out).is_ok(),
        otherwise false
    )
}

/// HKDF (RFC 5869). Answers whether the algorithm is known and the length possible (at most 255 digests).
///
/// # Safety
/// All addresses point at as many bytes as the lengths say.
#[unsafe(no_mangle)]
unsafe extern "C" fn kdf_hkdf(
    algorithm: u32,
    key: *const u8,
    key_len: usize,
    salt: *const u8,
    salt_len: usize,
    info: *const u8,
    info_len: usize,
    out: *mut u8,
    out_len: usize,
) -> bool {
    // SAFETY: the caller's promise.
    let (key, salt, info, out) = unsafe {
        (
            input(key, key_len),
            input(salt, salt_len),
            input(info, info_len),
            output(out, out_len),
        )
    };
    with_algorithm!(
        algorithm,
        D => hkdf::SimpleHkdf::<D>::new(Some(salt), key).expand(info, out).is_ok(),
        otherwise false
    )
}

/// scrypt (RFC 7914) with cost `2^log_n`. Answers whether the parameters are valid.
///
/// # Safety
/// All addresses point at as many bytes as the lengths say.
#[unsafe(no_mangle)]
unsafe extern "C" fn kdf_scrypt(
    password: *const u8,
    password_len: usize,
    salt: *const u8,
    salt_len: usize,
    log_n: u32,
    r: u32,
    p: u32,
    out: *mut u8,
    out_len: usize,
) -> bool {
    // SAFETY: the caller's promise.
    let (password, salt, out) = unsafe {
        (
            input(password, password_len),
            input(salt, salt_len),
            output(out, out_len),
        )
    };
    let Ok(params) = scrypt::Params::new(log_n as u8, r, p) else {
        return false;
    };
    scrypt::scrypt(password, salt, &params, out).is_ok()
}

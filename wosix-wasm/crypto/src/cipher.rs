//! Ciphers as OpenSSL's `EVP_CIPHER_CTX` runs them: by pieces, with the same output for each piece.

mod cbc;

use crate::answer::{Failure, Library, answer, hold, release};
use crate::block;
use crate::memory::input;

/// `PROV_R_WRONG_FINAL_BLOCK_LENGTH`
const WRONG_FINAL_BLOCK_LENGTH: Failure =
    Failure::new(Library::Provider, 107, "wrong final block length");
/// `PROV_R_BAD_DECRYPT`
const BAD_DECRYPT: Failure = Failure::new(Library::Provider, 100, "bad decrypt");
/// `PROV_R_INVALID_KEY_LENGTH`
const INVALID_KEY_LENGTH: Failure = Failure::new(Library::Provider, 105, "invalid key length");

/// A cipher under way.
trait Mode {
    /// Goes on with `input` and appends what is ready to `out`.
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure>;
    /// The end of the input: appends what is left to `out`.
    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Failure>;
    /// Whether the last block is padded. Before the first [`Mode::finish`].
    fn set_padding(&mut self, on: bool);
}

/// A cipher that JavaScript holds.
pub struct Cipher(Box<dyn Mode>);

/// Begins a cipher; the answer is its address.
///
/// # Safety
/// `key` and `iv` point at as many bytes as the lengths say.
#[unsafe(no_mangle)]
unsafe extern "C" fn cipher_new(
    family: u32,
    encrypt: bool,
    key: *const u8,
    key_len: usize,
    iv: *const u8,
    iv_len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (key, iv) = unsafe { (input(key, key_len), input(iv, iv_len)) };
    answer(match block::new(family, key) {
        None => Err(INVALID_KEY_LENGTH),
        Some(block) => Ok(hold(Cipher(Box::new(cbc::Cbc::new(block, iv, encrypt))))),
    })
}

/// Goes on with `len` more bytes; the answer is what is ready.
///
/// # Safety
/// `cipher` is held; `address` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn cipher_update(cipher: *mut Cipher, address: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let (cipher, data) = unsafe { (&mut *cipher, input(address, len)) };
    let mut out = Vec::with_capacity(len + 32);
    answer(cipher.0.update(data, &mut out).map(|()| out))
}

/// The end of the input; the answer is the rest of the output.
///
/// # Safety
/// `cipher` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn cipher_finish(cipher: *mut Cipher) -> u32 {
    // SAFETY: the caller's promise.
    let cipher = unsafe { &mut *cipher };
    let mut out = Vec::new();
    answer(cipher.0.finish(&mut out).map(|()| out))
}

/// Switches the padding of the last block.
///
/// # Safety
/// `cipher` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn cipher_set_padding(cipher: *mut Cipher, on: bool) {
    // SAFETY: the caller's promise.
    unsafe { &mut *cipher }.0.set_padding(on);
}

/// Ends a cipher.
///
/// # Safety
/// `cipher` is held and not used again.
#[unsafe(no_mangle)]
unsafe extern "C" fn cipher_free(cipher: *mut Cipher) {
    // SAFETY: the caller's promise.
    unsafe { release(cipher) };
}

fn xor(into: &mut [u8], with: &[u8]) {
    for (byte, other) in into.iter_mut().zip(with) {
        *byte ^= other;
    }
}

//! Ciphers as OpenSSL's `EVP_CIPHER_CTX` runs them: by pieces, with the same output for each piece.
//!
//! The modes are our own and work on any [`BlockCipher`]: existing crates are generic over the cipher, and each of 12 ciphers in each of 12 modes would be code
//! of its own; most of their authenticated modes take whole messages only.

mod blocks;
mod ccm;
mod chacha;
mod counter;
mod feedback;
mod gcm;
mod ocb;
mod wrap;
mod xts;

use crate::answer::{Failure, Library, answer, hold, release};
use crate::block;
use wosix_memory::input;

const WRONG_FINAL_BLOCK_LENGTH: Failure =
    Failure::new(Library::Provider, 107, "wrong final block length");
const BAD_DECRYPT: Failure = Failure::new(Library::Provider, 100, "bad decrypt");
const INVALID_KEY_LENGTH: Failure = Failure::new(Library::Provider, 105, "invalid key length");
const XTS_DUPLICATED_KEYS: Failure = Failure::new(Library::Provider, 149, "xts duplicated keys");

/// A cipher under way.
trait Mode {
    /// Goes on with `input` and appends what is ready to `out`.
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure>;

    /// The end of the input: appends what is left to `out`, and checks the tag if this decrypts with one.
    fn finish(&mut self, _out: &mut Vec<u8>) -> Result<(), Failure> {
        Ok(())
    }

    /// Whether the last block is padded; of no meaning where blocks need not be whole.
    fn set_padding(&mut self, _on: bool) {}

    /// The other things that authenticated modes do.
    fn authenticated(&mut self) -> Option<&mut dyn Authenticated> {
        None
    }
}

/// A mode that proves that nobody changed the message.
trait Authenticated {
    /// Bytes that are proven too but not encrypted; before the message.
    fn authenticate(&mut self, data: &[u8]) -> Result<(), Failure>;

    /// How long the message will be, for the mode that must know.
    fn set_message_len(&mut self, _len: usize) {}

    /// The tag to check when decrypting.
    fn set_tag(&mut self, tag: &[u8]);

    /// The tag of 16 bytes, or as many as the mode was told to make, after encrypting.
    fn tag(&self) -> &[u8];
}

/// A cipher that JavaScript holds.
pub struct Cipher(Box<dyn Mode>);

/// What a cipher is to do.
struct Parameters<'a> {
    encrypt: bool,
    key: &'a [u8],
    iv: &'a [u8],
    /// Bytes of the tag, for modes in which it depends on the length; CTR: bits of the counter.
    size: usize,
}

/// The cipher for two numbers of `cipher-table.ts`.
fn create(family: u32, mode: u32, parameters: &Parameters) -> Result<Box<dyn Mode>, Failure> {
    let &Parameters {
        encrypt,
        key,
        iv,
        size,
    } = parameters;
    let block = |key| block::new(family, key).ok_or(INVALID_KEY_LENGTH);
    Ok(match mode {
        0 => Box::new(blocks::Blocks::new(block(key)?, None, encrypt)),
        1 => Box::new(blocks::Blocks::new(block(key)?, Some(iv), encrypt)),
        2 => Box::new(counter::Ctr::new(block(key)?, iv, size)),
        3 => Box::new(feedback::Cfb::new(block(key)?, iv, encrypt)),
        4 => Box::new(feedback::CfbBits::new(block(key)?, iv, encrypt, 8)),
        5 => Box::new(feedback::CfbBits::new(block(key)?, iv, encrypt, 1)),
        6 => Box::new(feedback::Ofb::new(block(key)?, iv)),
        7 => Box::new(gcm::Gcm::new(block(key)?, iv, encrypt)),
        8 => Box::new(ccm::Ccm::new(block(key)?, iv, encrypt, size)),
        9 => Box::new(ocb::Ocb::new(block(key)?, iv, encrypt, size)),
        10 => {
            let (first, second) = key.split_at(key.len() / 2);
            if first == second && encrypt {
                return Err(XTS_DUPLICATED_KEYS);
            }
            Box::new(xts::Xts::new(block(first)?, &*block(second)?, iv, encrypt))
        }
        11 => Box::new(wrap::Wrap::new(block(key)?, iv, encrypt)),
        12 => Box::new(wrap::PaddedWrap::new(block(key)?, iv, encrypt)),
        13 => Box::new(wrap::TripleDesWrap::new(block(key)?, iv, encrypt)),
        14 => Box::new(chacha::ChaCha20::new(key, iv)?),
        15 => Box::new(chacha::ChaCha20Poly1305::new(key, iv, encrypt)?),
        _ => return Err(Failure::unexplained()),
    })
}

/// Begins a cipher; the answer is its address.
///
/// # Safety
/// `key` and `iv` point at as many bytes as the lengths say.
#[unsafe(no_mangle)]
unsafe extern "C" fn cipher_new(
    family: u32,
    mode: u32,
    encrypt: bool,
    key: *const u8,
    key_len: usize,
    iv: *const u8,
    iv_len: usize,
    size: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (key, iv) = unsafe { (input(key, key_len), input(iv, iv_len)) };
    let parameters = Parameters {
        encrypt,
        key,
        iv,
        size,
    };
    answer(create(family, mode, &parameters).map(|mode| hold(Cipher(mode))))
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

/// Authenticates `len` bytes that are not part of the message.
///
/// # Safety
/// `cipher` is held; `address` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn cipher_authenticate(
    cipher: *mut Cipher,
    address: *const u8,
    len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (cipher, data) = unsafe { (&mut *cipher, input(address, len)) };
    answer(match cipher.0.authenticated() {
        Some(mode) => mode.authenticate(data),
        None => Err(Failure::unexplained()),
    })
}

/// Tells how long the message will be.
///
/// # Safety
/// `cipher` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn cipher_set_message_len(cipher: *mut Cipher, len: usize) {
    // SAFETY: the caller's promise.
    if let Some(mode) = unsafe { &mut *cipher }.0.authenticated() {
        mode.set_message_len(len);
    }
}

/// Gives the tag that decrypting checks.
///
/// # Safety
/// `cipher` is held; `address` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn cipher_set_tag(cipher: *mut Cipher, address: *const u8, len: usize) {
    // SAFETY: the caller's promise.
    let (cipher, tag) = unsafe { (&mut *cipher, input(address, len)) };
    if let Some(mode) = cipher.0.authenticated() {
        mode.set_tag(tag);
    }
}

/// The answer is the whole tag, after [`cipher_finish`].
///
/// # Safety
/// `cipher` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn cipher_tag(cipher: *mut Cipher) -> u32 {
    // SAFETY: the caller's promise.
    let cipher = unsafe { &mut *cipher };
    answer(match cipher.0.authenticated() {
        Some(mode) => Ok(mode.tag().to_vec()),
        None => Err(Failure::unexplained()),
    })
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

/// Checks the tag that was given, in a time that does not tell where it differs. None given is a failure, too.
fn check_tag(given: &[u8], computed: &[u8]) -> Result<(), Failure> {
    let differs = given.len() > computed.len()
        || given
            .iter()
            .zip(computed)
            .fold(0, |bits, (a, b)| bits | (a ^ b))
            != 0;
    if given.is_empty() || differs {
        return Err(Failure::unexplained());
    }
    Ok(())
}

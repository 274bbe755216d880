//! How calls answer: a status, and a result that stays in this module's memory until the next call.
//!
//! Status 0 means that it went well: [`answer_number`] and the bytes at [`answer_address`] are the result. Any other status is an error code of
//! OpenSSL 3, and the bytes are the text of its reason in UTF-8; all bits set is a failure that OpenSSL has no code for.

use std::borrow::Cow;
use std::cell::RefCell;

/// The parts of OpenSSL whose errors programs see, by number (`ERR_LIB_*`).
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub enum Library {
    /// No library: failures that Node words itself (`openssl-error.ts`).
    Node = 0,
    /// `ERR_LIB_RSA`
    Rsa = 4,
    /// `ERR_LIB_DH`
    Dh = 5,
    /// `ERR_LIB_EVP`: what dispatches to keys and digests.
    Evp = 6,
    /// `ERR_LIB_PEM`
    Pem = 9,
    /// `ERR_LIB_DSA`
    Dsa = 10,
    /// `ERR_LIB_ASN1`
    Asn1 = 13,
    /// `ERR_LIB_CRYPTO`
    Crypto = 15,
    /// `ERR_LIB_EC`
    Ec = 16,
    /// `ERR_LIB_PROV`: what computes.
    Provider = 57,
    /// `ERR_LIB_OSSL_DECODER`: what reads keys.
    Decoder = 60,
}

/// An error of OpenSSL's.
#[derive(Clone, Debug)]
pub struct Failure {
    code: u32,
    reason: Cow<'static, str>,
}

impl Failure {
    /// `number` and `reason` are those of OpenSSL's `<library>err.h` and `<library>_err.c`.
    pub const fn new(library: Library, number: u32, reason: &'static str) -> Self {
        Self {
            code: (library as u32) << 23 | number,
            reason: Cow::Borrowed(reason),
        }
    }

    /// A failure about which OpenSSL's error queue says nothing: Node has its own words for those.
    pub const fn unexplained() -> Self {
        Self {
            code: u32::MAX,
            reason: Cow::Borrowed(""),
        }
    }
}

/// What a call answers when it goes well.
#[derive(Default)]
pub struct Answer {
    number: u32,
    bytes: Vec<u8>,
}

impl From<()> for Answer {
    fn from((): ()) -> Self {
        Self::default()
    }
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        u32::from(yes).into()
    }
}

impl From<u32> for Answer {
    fn from(number: u32) -> Self {
        Self {
            number,
            bytes: Vec::new(),
        }
    }
}

impl From<Vec<u8>> for Answer {
    fn from(bytes: Vec<u8>) -> Self {
        Self { number: 0, bytes }
    }
}

/// Byte strings in a row, each after its length (32 bits, little-endian).
impl From<Vec<Vec<u8>>> for Answer {
    fn from(parts: Vec<Vec<u8>>) -> Self {
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&part);
        }
        bytes.into()
    }
}

impl<const N: usize> From<[Vec<u8>; N]> for Answer {
    fn from(parts: [Vec<u8>; N]) -> Self {
        Vec::from(parts).into()
    }
}

/// An object that JavaScript holds from now on, until it gives the address to [`release`].
pub fn hold<T>(object: T) -> Answer {
    (Box::into_raw(Box::new(object)) as u32).into()
}

/// Frees what [`hold`] gave out.
///
/// # Safety
/// `address` came from `hold` with an object of this type, and nobody uses it again.
pub unsafe fn release<T>(address: *mut T) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(address) });
}

thread_local! {
    static ANSWER: RefCell<Answer> = RefCell::default();
}

/// Leaves the result of a call for JavaScript to fetch and answers the call's status.
pub fn answer<T: Into<Answer>>(result: Result<T, Failure>) -> u32 {
    let (status, answer) = match result {
        Ok(value) => (0, value.into()),
        Err(failure) => (
            failure.code,
            failure.reason.into_owned().into_bytes().into(),
        ),
    };
    ANSWER.set(answer);
    status
}

/// The number in the last answer: the address of an object, a truth value.
#[unsafe(no_mangle)]
extern "C" fn answer_number() -> u32 {
    ANSWER.with_borrow(|answer| answer.number)
}

/// Where the bytes of the last answer are.
#[unsafe(no_mangle)]
extern "C" fn answer_address() -> *const u8 {
    ANSWER.with_borrow(|answer| answer.bytes.as_ptr())
}

/// How many bytes the last answer has.
#[unsafe(no_mangle)]
extern "C" fn answer_len() -> usize {
    ANSWER.with_borrow(|answer| answer.bytes.len())
}

/// Forgets the last answer, which may be a secret.
#[unsafe(no_mangle)]
extern "C" fn answer_clear() {
    ANSWER.with_borrow_mut(|answer| answer.bytes.fill(0));
    ANSWER.take();
}

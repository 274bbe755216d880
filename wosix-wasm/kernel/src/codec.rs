//! How structured arguments and answers are laid out in scratch blocks. Little-endian; strings end with NUL, which no
//! path, argument or variable contains.

use wosix_core::errno::{Errno, Result};

/// Reads arguments one after another.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(Errno::EFAULT)?;
        self.rest = rest;
        Ok(*head)
    }

    /// A 32-bit number.
    pub fn i32(&mut self) -> Result<i32> {
        Ok(i32::from_le_bytes(self.take()?))
    }

    /// A float.
    pub fn f64(&mut self) -> Result<f64> {
        Ok(f64::from_le_bytes(self.take()?))
    }

    /// A string without its NUL.
    pub fn string(&mut self) -> Result<&'a [u8]> {
        let end = self
            .rest
            .iter()
            .position(|&byte| byte == 0)
            .ok_or(Errno::EFAULT)?;
        let string = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        Ok(string)
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

/// Appends a string and its NUL.
pub fn put_string(out: &mut Vec<u8>, string: &[u8]) {
    out.extend_from_slice(string);
    out.push(0);
}

/// Appends a 32-bit number.
pub fn put_i32(out: &mut Vec<u8>, value: i32) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a float.
pub fn put_f64(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// A JavaScript number that is a size or offset.
///
/// # Errors
/// `EINVAL` when it is negative or not a number, `EFBIG` beyond 2^53.
pub fn size(value: f64) -> Result<u64> {
    if value >= 9_007_199_254_740_992.0 {
        Err(Errno::EFBIG)
    } else if value >= 0.0 {
        Ok(value as u64)
    } else {
        Err(Errno::EINVAL)
    }
}

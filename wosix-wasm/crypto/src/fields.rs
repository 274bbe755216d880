//! Several byte strings in one argument, in the form of an answer's parts: each after its length (32 bits, little-endian).

use wosix_memory::input;

/// The byte strings that are still to be read.
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// # Safety
    /// `len` bytes at `address` are initialised and stay unchanged for `'a`.
    pub unsafe fn new(address: *const u8, len: usize) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { input(address, len) })
    }

    /// The next byte string; empty when there are no more.
    pub fn take(&mut self) -> &'a [u8] {
        let Some((len, rest)) = self.0.split_first_chunk() else {
            return &[];
        };
        let len = (u32::from_le_bytes(*len) as usize).min(rest.len());
        let (field, rest) = rest.split_at(len);
        self.0 = rest;
        field
    }

    /// The next byte strings.
    pub fn take_all<const N: usize>(&mut self) -> [&'a [u8]; N] {
        core::array::from_fn(|_| self.take())
    }
}

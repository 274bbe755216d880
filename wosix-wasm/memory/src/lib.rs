//! Memory that the JavaScript side fills and reads, the same in every module of private memory.
//! `js-facade/src/guest/module-memory.ts` is its other half.

/// Answers the address of `len` fresh bytes, never 0.
#[unsafe(no_mangle)]
extern "C" fn memory_alloc(len: usize) -> *mut u8 {
    let mut bytes = Vec::<u8>::with_capacity(len);
    let address = bytes.as_mut_ptr();
    core::mem::forget(bytes);
    address
}

/// Takes back what [`memory_alloc`] gave, with the same `len`.
///
/// # Safety
/// `address` came from `memory_alloc(len)` and was not freed before.
#[unsafe(no_mangle)]
unsafe extern "C" fn memory_free(address: *mut u8, len: usize) {
    // SAFETY: the caller's promise; a `Vec` of this capacity was forgotten there.
    drop(unsafe { Vec::from_raw_parts(address, 0, len) });
}

/// The bytes at an address that the JavaScript side passed.
///
/// # Safety
/// `len` bytes at `address` are initialised and stay unchanged for `'a`.
pub unsafe fn input<'a>(address: *const u8, len: usize) -> &'a [u8] {
    if len == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts(address, len) }
}

/// The room at an address that the JavaScript side passed.
///
/// # Safety
/// `len` bytes at `address` are initialised and used by nobody else for `'a`.
pub unsafe fn output<'a>(address: *mut u8, len: usize) -> &'a mut [u8] {
    if len == 0 {
        return &mut [];
    }
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts_mut(address, len) }
}

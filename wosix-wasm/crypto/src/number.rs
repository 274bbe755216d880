//! Big numbers as digit strings, most significant byte first, and what finite-field schemes compute with them.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, NonZero, Odd, Resize};

use crate::asn1;

pub fn parse(digits: &[u8]) -> BoxedUint {
    BoxedUint::from_be_slice_vartime(asn1::trim(digits))
}

/// The digits without leading zeros.
pub fn digits(number: &BoxedUint) -> Vec<u8> {
    number.to_be_bytes_trimmed_vartime().into_vec()
}

/// `digits` with as many leading zeros as make `len`; `None` if they are more.
pub fn padded(digits: &[u8], len: usize) -> Option<Vec<u8>> {
    let digits = asn1::trim(digits);
    let mut out = vec![0; len.checked_sub(digits.len())?];
    out.extend_from_slice(digits);
    Some(out)
}

/// How many bits the number has.
pub fn bit_len(digits: &[u8]) -> usize {
    let digits = asn1::trim(digits);
    match digits.first() {
        None => 0,
        Some(first) => digits.len() * 8 - first.leading_zeros() as usize,
    }
}

/// `base ^ exponent mod modulus`, in a time that does not depend on the digits of base and exponent. `None` for an even modulus.
pub fn power(base: &BoxedUint, exponent: &BoxedUint, modulus: &BoxedUint) -> Option<BoxedUint> {
    let modulus = Odd::new(modulus.clone()).into_option()?;
    let precision = modulus.bits_precision();
    let base = base.rem_vartime(&modulus.as_nz_ref().clone());
    let params = BoxedMontyParams::new_vartime(modulus);
    let form = BoxedMontyForm::new(base.resize(precision), &params);
    Some(form.pow(exponent).retrieve())
}

/// `a * b mod modulus`
pub fn multiply(a: &BoxedUint, b: &BoxedUint, modulus: &NonZero<BoxedUint>) -> BoxedUint {
    let precision = modulus.bits_precision();
    let (a, b) = (reduce(a, modulus), reduce(b, modulus));
    a.resize(precision).mul_mod(&b.resize(precision), modulus)
}

/// `number mod modulus`
pub fn reduce(number: &BoxedUint, modulus: &NonZero<BoxedUint>) -> BoxedUint {
    number.rem_vartime(modulus)
}

/// The inverse of `number`, if it has one.
pub fn invert(number: &BoxedUint, modulus: &NonZero<BoxedUint>) -> Option<BoxedUint> {
    let precision = modulus.bits_precision();
    let number = reduce(number, modulus).resize(precision);
    number.invert_mod(modulus).into_option()
}

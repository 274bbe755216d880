//! Diffie-Hellman over the integers modulo a prime.

use crypto_bigint::{BoxedUint, Integer};

use crate::answer::{Failure, answer};
use crate::number;
use crate::prime::is_prime;
use wosix_memory::input;

/// What `DH_check` of OpenSSL finds fault with.
const P_NOT_PRIME: u32 = 0x01;
const P_NOT_SAFE_PRIME: u32 = 0x02;
const NOT_SUITABLE_GENERATOR: u32 = 0x08;
const MODULUS_TOO_SMALL: u32 = 0x80;
const MODULUS_TOO_LARGE: u32 = 0x100;

/// Lengths in bits between which OpenSSL works with a prime.
const MODULUS_BITS: std::ops::RangeInclusive<u32> = 512..=10_000;

fn check(prime: &BoxedUint, generator: &BoxedUint) -> u32 {
    let mut faults = 0;
    let one = BoxedUint::one();
    if !bool::from(prime.is_odd()) {
        faults |= P_NOT_PRIME;
    }
    if *generator <= one || generator.concatenating_add(&one) >= *prime {
        faults |= NOT_SUITABLE_GENERATOR;
    }
    if prime.bits_vartime() < *MODULUS_BITS.start() {
        faults |= MODULUS_TOO_SMALL;
    }
    if prime.bits_vartime() > *MODULUS_BITS.end() {
        faults |= MODULUS_TOO_LARGE;
    }
    if !is_prime(prime) {
        faults |= P_NOT_PRIME;
    } else if !is_prime(&prime.shr(1)) {
        faults |= P_NOT_SAFE_PRIME;
    }
    faults
}

/// What is wrong with parameters, in the bits of OpenSSL's `DH_CHECK_*`.
///
/// # Safety
/// All addresses point at as many bytes as the lengths say.
#[unsafe(no_mangle)]
unsafe extern "C" fn dh_check(
    prime: *const u8,
    prime_len: usize,
    generator: *const u8,
    generator_len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (prime, generator) = unsafe { (input(prime, prime_len), input(generator, generator_len)) };
    answer(Ok(check(&number::parse(prime), &number::parse(generator))))
}

/// `base ^ exponent mod modulus`: public keys and shared secrets. The answer is the digits, without zeros in front. Fails for a modulus that no
/// Diffie-Hellman works with.
///
/// # Safety
/// All addresses point at as many bytes as the lengths say.
#[unsafe(no_mangle)]
unsafe extern "C" fn dh_power(
    base: *const u8,
    base_len: usize,
    exponent: *const u8,
    exponent_len: usize,
    modulus: *const u8,
    modulus_len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (base, exponent, modulus) = unsafe {
        (
            input(base, base_len),
            input(exponent, exponent_len),
            input(modulus, modulus_len),
        )
    };
    answer(power(base, exponent, modulus).ok_or(Failure::unexplained()))
}

/// In a time that does not depend on the digits of base and exponent.
fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Option<Vec<u8>> {
    let [base, exponent, modulus] = [base, exponent, modulus].map(number::parse);
    if !MODULUS_BITS.contains(&modulus.bits_vartime()) {
        return None;
    }
    number::power(&base, &exponent, &modulus).map(|result| number::digits(&result))
}

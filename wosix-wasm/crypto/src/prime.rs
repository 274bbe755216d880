//! Prime numbers: testing numbers, and finding primes of a wanted form.

use crypto_bigint::{BoxedUint, NonZero, Odd, Resize};
use crypto_primes::Flavor;
use crypto_primes::hazmat::MillerRabin;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;

use crate::answer::answer;
use crate::number;
use crate::rng::seeded;
use wosix_memory::input;

/// The sieve strikes out multiples of primes below this.
const SIEVE_LIMIT: u32 = 1 << 16;
/// Candidates that are sieved at once.
const WINDOW: usize = 1 << 16;
/// Candidates with so few bits are quickly tested, and may be primes of the sieve.
const FEW_BITS: u32 = 40;

/// The form of a prime.
pub struct Wanted {
    pub bits: u32,
    /// Half of it, rounded down, is prime, too.
    pub safe: bool,
    /// The prime is `.1` more than a multiple of `.0`.
    pub progression: Option<(BoxedUint, BoxedUint)>,
}

pub fn is_prime(number: &BoxedUint) -> bool {
    crypto_primes::is_prime(Flavor::Any, number)
}

fn is_safe_prime(number: &BoxedUint) -> bool {
    crypto_primes::is_prime(Flavor::Safe, number)
}

/// Finds a random prime. Does not come back if there is none of the wanted form.
pub fn find(rng: &mut ChaCha20Rng, wanted: &Wanted) -> BoxedUint {
    // Room for the last candidates of a window that begins near the largest number.
    let precision = wanted.bits + WINDOW.ilog2() + wanted.step(64).bits() + 1;
    let step = wanted.step(precision);
    let primes = if wanted.bits > FEW_BITS {
        small_primes()
    } else {
        Vec::new()
    };
    loop {
        let first = wanted.first(rng, precision);
        if let Some(prime) = wanted.search(first, &step, &primes) {
            return prime;
        }
    }
}

impl Wanted {
    /// The distance from one candidate to the next.
    fn step(&self, precision: u32) -> BoxedUint {
        match &self.progression {
            Some((modulus, _)) => modulus.resize(precision.max(modulus.bits_precision())),
            None => small(if self.safe { 4 } else { 2 }, precision),
        }
    }

    /// A random candidate; as OpenSSL has it, the two highest bits are set unless the form is a progression.
    fn first(&self, rng: &mut ChaCha20Rng, precision: u32) -> BoxedUint {
        let mut bytes = vec![0; self.bits.div_ceil(8) as usize];
        rng.fill_bytes(&mut bytes);
        let surplus = bytes.len() as u32 * 8 - self.bits;
        bytes[0] &= 0xff >> surplus;
        let set = |bytes: &mut [u8], bit: u32| {
            let last = bytes.len() - 1;
            bytes[last - bit as usize / 8] |= 1 << (bit % 8);
        };
        set(&mut bytes, self.bits - 1);
        if let Some((modulus, remainder)) = &self.progression {
            let number = BoxedUint::from_be_slice_vartime(&bytes);
            let modulus = NonZero::new(modulus.clone()).expect("checked by the caller");
            let excess = number.rem_vartime(&modulus).resize(precision);
            let aligned = number.resize(precision).wrapping_sub(&excess);
            return aligned.wrapping_add(remainder.resize(precision));
        }
        if self.bits > 1 {
            set(&mut bytes, self.bits - 2);
        }
        let low = bytes.len() - 1;
        bytes[low] |= if self.safe { 3 } else { 1 };
        BoxedUint::from_be_slice_vartime(&bytes).resize(precision)
    }

    /// The first prime of the window that begins with `first`.
    fn search(&self, first: BoxedUint, step: &BoxedUint, primes: &[u32]) -> Option<BoxedUint> {
        let composite = self.sieve(&first, step, primes);
        let mut candidate = first;
        for composite in composite {
            if candidate.bits_vartime() > self.bits {
                return None;
            }
            if !composite && candidate.bits_vartime() == self.bits && self.matches(&candidate) {
                return Some(candidate);
            }
            candidate.wrapping_add_assign(step);
        }
        None
    }

    /// Which candidates of the window have a small factor, or half of them has.
    fn sieve(&self, first: &BoxedUint, step: &BoxedUint, primes: &[u32]) -> Vec<bool> {
        let mut composite = vec![false; WINDOW];
        let (first, step) = (first.to_be_bytes(), step.to_be_bytes());
        for &prime in primes {
            let (start, stride) = (remainder(&first, prime), remainder(&step, prime));
            let Some(inverse) = invert(stride, prime) else {
                continue;
            };
            // Multiples of the prime; for safe primes also those one more, as half of them is a multiple.
            for residue in 0..=u64::from(self.safe) {
                let distance = (residue + u64::from(prime) - u64::from(start)) % u64::from(prime);
                let at = distance * u64::from(inverse) % u64::from(prime);
                for place in composite[(at as usize).min(WINDOW)..]
                    .iter_mut()
                    .step_by(prime as usize)
                {
                    *place = true;
                }
            }
        }
        composite
    }

    fn matches(&self, candidate: &BoxedUint) -> bool {
        let exact = candidate.resize(self.bits);
        if !self.safe {
            return is_prime(&exact);
        }
        // Most numbers fail the quick test, so each half has it before either has the thorough one.
        let half = exact.shr(1);
        [half, exact.clone()].iter().all(passes_quickly) && is_safe_prime(&exact)
    }
}

fn passes_quickly(number: &BoxedUint) -> bool {
    match Odd::new(number.clone()).into_option() {
        Some(odd) if number.bits_vartime() > 2 => {
            !MillerRabin::new(odd).test_base_two().is_composite()
        }
        _ => is_prime(number),
    }
}

fn small(number: u32, precision: u32) -> BoxedUint {
    BoxedUint::from(number).resize(precision)
}

/// The odd primes below [`SIEVE_LIMIT`].
fn small_primes() -> Vec<u32> {
    let mut composite = vec![false; SIEVE_LIMIT as usize];
    let mut primes = Vec::new();
    for number in (3..SIEVE_LIMIT).step_by(2) {
        if composite[number as usize] {
            continue;
        }
        primes.push(number);
        for multiple in
            (u64::from(number).pow(2)..u64::from(SIEVE_LIMIT)).step_by(2 * number as usize)
        {
            composite[multiple as usize] = true;
        }
    }
    primes
}

fn remainder(digits: &[u8], prime: u32) -> u32 {
    digits
        .iter()
        .fold(0, |rest, &digit| (rest << 8 | u32::from(digit)) % prime)
}

/// The inverse of `number` modulo `prime`, if it has one.
fn invert(number: u32, prime: u32) -> Option<u32> {
    if number == 0 {
        return None;
    }
    // Fermat: the power with the exponent `prime - 2`.
    let modulus = u64::from(prime);
    let (mut result, mut base, mut exponent) = (1, u64::from(number), prime - 2);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % modulus;
        }
        base = base * base % modulus;
        exponent >>= 1;
    }
    Some(result as u32)
}

/// Whether a number is prime; the answer is a truth value.
///
/// # Safety
/// `digits` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn prime_check(digits: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let digits = unsafe { input(digits, len) };
    answer(Ok(is_prime(&number::parse(digits))))
}

/// Finds a prime; the answer is its digits. An empty `modulus` is for any remainder.
///
/// # Safety
/// All addresses point at as many bytes as the lengths say.
#[unsafe(no_mangle)]
unsafe extern "C" fn prime_find(
    bits: u32,
    safe: bool,
    modulus: *const u8,
    modulus_len: usize,
    remainder: *const u8,
    remainder_len: usize,
    seed: *const u8,
    seed_len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (modulus, remainder, seed) = unsafe {
        (
            input(modulus, modulus_len),
            input(remainder, remainder_len),
            input(seed, seed_len),
        )
    };
    let progression =
        (!modulus.is_empty()).then(|| (number::parse(modulus), number::parse(remainder)));
    let wanted = Wanted {
        bits,
        safe,
        progression,
    };
    let prime = find(&mut seeded(seed), &wanted);
    answer(Ok(number::digits(&prime)))
}

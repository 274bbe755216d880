//! Keys over finite fields: DSA (FIPS 186-4) and Diffie-Hellman (PKCS #3).

use core::num::NonZeroU32;

use crypto_bigint::{BoxedUint, Limb, NonZero, RandomMod, Resize};
use crypto_primes::Flavor;
use crypto_primes::hazmat::{SetBits, random_odd_integer};
use rand_chacha::ChaCha20Rng;

use crate::answer::{Failure, Library};
use crate::number::{self, digits, parse};

/// `DH_R_INVALID_PUBKEY` and its like: numbers that make no key.
const INVALID_PUBKEY: Failure = Failure::new(Library::Dh, 102, "invalid public key");
/// `DH_R_MODULUS_TOO_SMALL`
const MODULUS_TOO_SMALL: Failure = Failure::new(Library::Dh, 126, "modulus too small");
/// `PROV_R_MISMATCHING_DOMAIN_PARAMETERS`
pub const MISMATCHING_DOMAIN_PARAMETERS: Failure =
    Failure::new(Library::Provider, 203, "mismatching domain parameters");
/// `DSA_R_BAD_FFC_PARAMETERS`
const BAD_FFC_PARAMETERS: Failure = Failure::new(Library::Dsa, 114, "bad ffc parameters");
/// `DH_R_BAD_GENERATOR`
const BAD_GENERATOR: Failure = Failure::new(Library::Dh, 101, "bad generator");
/// `PROV_R_INVALID_KEY`
const INVALID_KEY: Failure = Failure::new(Library::Provider, 158, "invalid key");

/// A DSA key.
#[derive(Clone)]
pub struct DsaKey {
    pub p: Vec<u8>,
    pub q: Vec<u8>,
    pub g: Vec<u8>,
    pub public: Vec<u8>,
    pub private: Option<Vec<u8>>,
}

impl DsaKey {
    /// Generates parameters of these bits, and a key.
    pub fn generate(p_bits: u32, q_bits: u32, rng: &mut ChaCha20Rng) -> Result<Self, Failure> {
        // FIPS 186-4 has no smaller ones.
        if p_bits < 1024 || q_bits < 160 || q_bits >= p_bits {
            return Err(BAD_FFC_PARAMETERS);
        }
        let q: BoxedUint = crypto_primes::random_prime(rng, Flavor::Any, q_bits);
        let bits = NonZeroU32::new(p_bits).ok_or(INVALID_KEY)?;
        let q = q.resize(bits.get());
        let q_twice = NonZero::new(q.wrapping_add(&q))
            .into_option()
            .ok_or(INVALID_KEY)?;
        let small_primes = small_primes();
        // FIPS 186-4, A.1.1.2: the p near a random number that is 1 modulo 2q.
        let p = loop {
            let start = random_odd_integer::<BoxedUint, _>(rng, bits, SetBits::Msb);
            let start = start.map_err(|_| INVALID_KEY)?.get();
            let excess = number::reduce(&start, &q_twice).resize(start.bits_precision());
            let p = start.wrapping_sub(&excess).wrapping_add(BoxedUint::one());
            let candidate = p.bits() == p_bits && !has_small_factor(&p, &small_primes);
            if candidate && crypto_primes::is_prime(Flavor::Any, &p) {
                break p;
            }
        };
        let modulus = NonZero::new(q).into_option().ok_or(INVALID_KEY)?;
        let cofactor = p
            .wrapping_sub(BoxedUint::one())
            .wrapping_div_vartime(&modulus);
        let mut h = 2u64;
        let g = loop {
            let g = number::power(&BoxedUint::from(h), &cofactor, &p).ok_or(INVALID_KEY)?;
            if digits(&g) != [1] {
                break g;
            }
            h += 1;
        };
        let private = nonzero_below(&modulus, rng);
        let public = number::power(&g, &private, &p).ok_or(INVALID_KEY)?;
        Ok(Self {
            p: digits(&p),
            q: digits(modulus.as_ref()),
            g: digits(&g),
            public: digits(&public),
            private: Some(digits(&private)),
        })
    }

    /// Bytes of r and of s.
    pub fn signature_part(&self) -> usize {
        number::bit_len(&self.q).div_ceil(8)
    }

    /// The digest as a number: its leftmost bits, as many as q has.
    fn message(&self, digest: &[u8]) -> BoxedUint {
        let bits = number::bit_len(&self.q);
        let taken = &digest[..digest.len().min(bits.div_ceil(8))];
        let excess = (taken.len() * 8).saturating_sub(bits) as u32;
        parse(taken).wrapping_shr_vartime(excess)
    }

    /// r and s of a signature.
    pub fn sign(
        &self,
        digest: &[u8],
        rng: &mut ChaCha20Rng,
    ) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        let private = parse(self.private.as_deref().ok_or(INVALID_KEY)?);
        let (p, g) = (parse(&self.p), parse(&self.g));
        let q = NonZero::new(parse(&self.q))
            .into_option()
            .ok_or(INVALID_KEY)?;
        let z = self.message(digest);
        loop {
            let k = nonzero_below(&q, rng);
            let r = number::power(&g, &k, &p).ok_or(INVALID_KEY)?;
            let r = number::reduce(&r, &q);
            let Some(inverse) = number::invert(&k, &q) else {
                continue;
            };
            let product = number::multiply(&private, &r, &q);
            let sum = number::reduce(&z, &q)
                .resize(q.bits_precision())
                .add_mod(&product, &q);
            let s = number::multiply(&inverse, &sum, &q);
            if !bool::from(r.is_zero()) && !bool::from(s.is_zero()) {
                return Ok((digits(&r), digits(&s)));
            }
        }
    }

    /// Whether r and s sign a digest.
    pub fn verify(&self, digest: &[u8], r: &[u8], s: &[u8]) -> bool {
        self.expected(digest, r, s)
            .is_some_and(|v| digits(&v) == crate::asn1::trim(r))
    }

    /// The v of FIPS 186-4; `None` if r or s is out of range.
    fn expected(&self, digest: &[u8], r: &[u8], s: &[u8]) -> Option<BoxedUint> {
        let (p, g, y) = (parse(&self.p), parse(&self.g), parse(&self.public));
        let q = NonZero::new(parse(&self.q)).into_option()?;
        let (r, s) = (parse(r), parse(s));
        let in_range = |number: &BoxedUint| !bool::from(number.is_zero()) && number < q.as_ref();
        if !in_range(&r) || !in_range(&s) {
            return None;
        }
        let w = number::invert(&s, &q)?;
        let u1 = number::multiply(&self.message(digest), &w, &q);
        let u2 = number::multiply(&r, &w, &q);
        let modulus = NonZero::new(p.clone()).into_option()?;
        let left = number::power(&g, &u1, &p)?;
        let right = number::power(&y, &u2, &p)?;
        let v = number::multiply(&left, &right, &modulus);
        Some(number::reduce(&v, &q))
    }
}

/// Primes that are worth dividing by before a number is tested properly.
fn small_primes() -> Vec<NonZero<Limb>> {
    const LIMIT: usize = 10_000;
    let mut composite = vec![false; LIMIT];
    let mut primes = Vec::new();
    for number in 2..LIMIT {
        if composite[number] {
            continue;
        }
        primes.extend(NonZero::new(Limb::from(number as u32)).into_option());
        for multiple in (number * number..LIMIT).step_by(number) {
            composite[multiple] = true;
        }
    }
    primes
}

fn has_small_factor(number: &BoxedUint, primes: &[NonZero<Limb>]) -> bool {
    let divides = |prime: &NonZero<Limb>| number.rem_limb(*prime) == Limb::ZERO;
    primes.iter().any(divides)
}

/// A random number that is neither zero nor as large as `limit`.
fn nonzero_below(limit: &NonZero<BoxedUint>, rng: &mut ChaCha20Rng) -> BoxedUint {
    loop {
        let number = BoxedUint::random_mod_vartime(rng, limit);
        if !bool::from(number.is_zero()) {
            return number;
        }
    }
}

/// `DH_MIN_MODULUS_BITS`
const LEAST_MODULUS_BITS: u32 = 512;

/// A key for Diffie-Hellman.
#[derive(Clone)]
pub struct DhKey {
    pub p: Vec<u8>,
    pub g: Vec<u8>,
    pub public: Vec<u8>,
    pub private: Option<Vec<u8>>,
}

impl DhKey {
    /// Generates a key for the group of `p` and `g`.
    pub fn generate(p: &[u8], g: &[u8], rng: &mut ChaCha20Rng) -> Result<Self, Failure> {
        let bits = number::bit_len(p);
        if bits < LEAST_MODULUS_BITS as usize {
            return Err(MODULUS_TOO_SMALL);
        }
        let modulus = parse(p);
        let half = NonZero::new(modulus.wrapping_shr_vartime(1)).into_option();
        let private = nonzero_below(&half.ok_or(INVALID_KEY)?, rng);
        let public = number::power(&parse(g), &private, &modulus).ok_or(INVALID_KEY)?;
        Ok(Self {
            p: p.to_vec(),
            g: g.to_vec(),
            public: digits(&public),
            private: Some(digits(&private)),
        })
    }

    /// A prime for a new group: with half of it less one a prime too, and suited to the generator (OpenSSL's `DH_generate_parameters_ex`).
    pub fn generate_prime(
        bits: u32,
        generator: u32,
        rng: &mut ChaCha20Rng,
    ) -> Result<Vec<u8>, Failure> {
        if bits < LEAST_MODULUS_BITS {
            return Err(MODULUS_TOO_SMALL);
        }
        if generator < 2 {
            return Err(BAD_GENERATOR);
        }
        loop {
            let p: BoxedUint = crypto_primes::random_prime(rng, Flavor::Safe, bits);
            let residue = |modulus: u64| {
                let modulus = NonZero::new(BoxedUint::from(modulus)).expect("not zero");
                digits(&number::reduce(&p, &modulus))
            };
            let suits = match generator {
                2 => residue(24) == [23],
                5 => residue(10) == [9],
                _ => true,
            };
            if suits {
                return Ok(digits(&p));
            }
        }
    }

    /// The secret shared with the owner of `other`, as long as the prime.
    pub fn diffie_hellman(&self, other: &DhKey) -> Result<Vec<u8>, Failure> {
        if self.p != other.p || self.g != other.g {
            return Err(MISMATCHING_DOMAIN_PARAMETERS);
        }
        let private = parse(self.private.as_deref().ok_or(INVALID_KEY)?);
        let (p, public) = (parse(&self.p), parse(&other.public));
        let one = BoxedUint::one();
        if public <= one || public >= p.wrapping_sub(&one) {
            return Err(INVALID_PUBKEY);
        }
        let secret = number::power(&public, &private, &p).ok_or(INVALID_KEY)?;
        number::padded(&digits(&secret), self.p.len()).ok_or(INVALID_KEY)
    }
}

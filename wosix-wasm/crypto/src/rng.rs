//! Random numbers: this module draws none itself, each call that needs some is given a seed.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Bytes of a seed, from the browser's generator and used once.
pub const SEED: usize = 32;

/// A generator that nobody can foretell who does not know the seed.
///
/// # Panics
/// If the seed has another length: a key must never be made from less.
pub fn seeded(seed: &[u8]) -> ChaCha20Rng {
    let seed: [u8; SEED] = seed.try_into().expect("a seed of 32 bytes");
    ChaCha20Rng::from_seed(seed)
}

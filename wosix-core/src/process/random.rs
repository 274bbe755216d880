//! Random bytes from a seed the host gives at boot: ChaCha20 (RFC 8439) as a generator.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// The generator behind `/dev/urandom`.
#[derive(Debug)]
pub struct Random {
    generator: ChaCha20Rng,
}

impl Random {
    /// A generator with this seed, which must be unpredictable.
    pub fn new(seed: [u8; 32]) -> Random {
        Random {
            generator: ChaCha20Rng::from_seed(seed),
        }
    }

    /// Fills `out`.
    pub fn fill(&mut self, out: &mut [u8]) {
        self.generator.fill_bytes(out);
    }
}

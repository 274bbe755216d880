//! Keys on lattices: ML-DSA (FIPS 204) and ML-KEM (FIPS 203).

use ml_dsa::{MlDsa44, MlDsa65, MlDsa87, MlDsaParams};
#[expect(deprecated, reason = "keys exist in this form")]
use ml_kem::ExpandedKeyEncoding;
use ml_kem::kem::{Decapsulate, Encapsulate, KeyExport, TryKeyInit};
use ml_kem::{MlKem512, MlKem768, MlKem1024};
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;

use crate::answer::{Failure, Library};

/// `PROV_R_INVALID_KEY`
const INVALID_KEY: Failure = Failure::new(Library::Provider, 158, "invalid key");

/// A parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    MlDsa44,
    MlDsa65,
    MlDsa87,
    MlKem512,
    MlKem768,
    MlKem1024,
}

/// Every parameter set with Node's name for it, the name of JOSE, and the two last arcs of `2.16.840.1.101.3.4`.
pub const ALGORITHMS: [(Algorithm, &str, [u8; 2]); 6] = {
    use Algorithm::*;
    [
        (MlDsa44, "ml-dsa-44", [3, 17]),
        (MlDsa65, "ml-dsa-65", [3, 18]),
        (MlDsa87, "ml-dsa-87", [3, 19]),
        (MlKem512, "ml-kem-512", [4, 1]),
        (MlKem768, "ml-kem-768", [4, 2]),
        (MlKem1024, "ml-kem-1024", [4, 3]),
    ]
};

/// Runs `$body` with `$P` as the parameters of a signature scheme.
macro_rules! with_signatures {
    ($algorithm:expr, $P:ident => $body:expr, otherwise $otherwise:expr) => {
        match $algorithm {
            Algorithm::MlDsa44 => {
                type $P = MlDsa44;
                $body
            }
            Algorithm::MlDsa65 => {
                type $P = MlDsa65;
                $body
            }
            Algorithm::MlDsa87 => {
                type $P = MlDsa87;
                $body
            }
            _ => $otherwise,
        }
    };
}

/// Runs `$body` with `$P` as the parameters of a key encapsulation scheme.
macro_rules! with_encapsulation {
    ($algorithm:expr, $P:ident => $body:expr, otherwise $otherwise:expr) => {
        match $algorithm {
            Algorithm::MlKem512 => {
                type $P = MlKem512;
                $body
            }
            Algorithm::MlKem768 => {
                type $P = MlKem768;
                $body
            }
            Algorithm::MlKem1024 => {
                type $P = MlKem1024;
                $body
            }
            _ => $otherwise,
        }
    };
}

impl Algorithm {
    pub fn name(self) -> &'static str {
        ALGORITHMS[self as usize].1
    }

    /// The contents of the object identifier.
    pub fn oid(self) -> [u8; 9] {
        let [branch, number] = ALGORITHMS[self as usize].2;
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, branch, number]
    }

    pub fn with_oid(identifier: &[u8]) -> Option<Self> {
        let entry = ALGORITHMS
            .iter()
            .find(|(algorithm, ..)| algorithm.oid() == identifier);
        entry.map(|(algorithm, ..)| *algorithm)
    }

    pub fn named(name: &[u8]) -> Option<Self> {
        let entry = ALGORITHMS
            .iter()
            .find(|(_, other, _)| other.as_bytes() == name);
        entry.map(|(algorithm, ..)| *algorithm)
    }

    pub fn signs(self) -> bool {
        matches!(self, Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87)
    }

    fn seed_size(self) -> usize {
        if self.signs() { 32 } else { 64 }
    }
}

/// The private part of a key.
#[derive(Clone)]
pub struct Private {
    /// What the key was made from, unless only the result is known.
    pub seed: Option<Vec<u8>>,
    pub expanded: Vec<u8>,
}

/// A key of one of the parameter sets, as bytes.
#[derive(Clone)]
pub struct LatticeKey {
    pub algorithm: Algorithm,
    pub public: Vec<u8>,
    pub private: Option<Private>,
}

impl LatticeKey {
    pub fn generate(algorithm: Algorithm, rng: &mut ChaCha20Rng) -> Self {
        let mut seed = vec![0; algorithm.seed_size()];
        rng.fill_bytes(&mut seed);
        Self::from_seed(algorithm, &seed).expect("any bytes are a seed")
    }

    /// `None` if the length is wrong.
    #[expect(deprecated, reason = "OpenSSL writes the expanded form too")]
    pub fn from_seed(algorithm: Algorithm, seed: &[u8]) -> Option<Self> {
        let (public, expanded) = with_signatures!(algorithm, P => {
            let key = ml_dsa::ExpandedSigningKey::<P>::from_seed(seed.try_into().ok()?);
            (key.verifying_key().encode().to_vec(), key.to_expanded().to_vec())
        }, otherwise with_encapsulation!(algorithm, P => {
            let key = ml_kem::DecapsulationKey::<P>::from_seed(seed.try_into().ok()?);
            (key.encapsulation_key().to_bytes().to_vec(), key.to_expanded_bytes().to_vec())
        }, otherwise return None));
        let private = Private {
            seed: Some(seed.to_vec()),
            expanded,
        };
        Some(Self {
            algorithm,
            public,
            private: Some(private),
        })
    }

    /// `None` if the bytes make no key.
    #[expect(deprecated, reason = "keys exist in this form")]
    pub fn from_expanded(algorithm: Algorithm, expanded: &[u8]) -> Option<Self> {
        let public = with_signatures!(algorithm, P => {
            signing_key::<P>(algorithm, expanded)?.verifying_key().encode().to_vec()
        }, otherwise with_encapsulation!(algorithm, P => {
            let key = ml_kem::DecapsulationKey::<P>::from_expanded_bytes(expanded.try_into().ok()?);
            key.ok()?.encapsulation_key().to_bytes().to_vec()
        }, otherwise return None));
        let private = Private {
            seed: None,
            expanded: expanded.to_vec(),
        };
        Some(Self {
            algorithm,
            public,
            private: Some(private),
        })
    }

    /// `None` if the bytes make no key.
    pub fn from_public(algorithm: Algorithm, public: &[u8]) -> Option<Self> {
        with_signatures!(algorithm, P => {
            let _: ml_dsa::EncodedVerifyingKey<P> = public.try_into().ok()?;
        }, otherwise with_encapsulation!(algorithm, P => {
            let bytes = public.try_into().ok()?;
            <ml_kem::EncapsulationKey<P> as TryKeyInit>::new(bytes).ok()?;
        }, otherwise return None));
        Some(Self {
            algorithm,
            public: public.to_vec(),
            private: None,
        })
    }

    /// Signs a message.
    pub fn sign(
        &self,
        message: &[u8],
        context: &[u8],
        rng: &mut ChaCha20Rng,
    ) -> Result<Vec<u8>, Failure> {
        let private = self.private.as_ref().ok_or(INVALID_KEY)?;
        with_signatures!(self.algorithm, P => {
            let key = signing_key::<P>(self.algorithm, &private.expanded).ok_or(INVALID_KEY)?;
            let signature = key.sign_randomized(message, context, rng);
            Ok(signature.map_err(|_| INVALID_KEY)?.encode().to_vec())
        }, otherwise Err(INVALID_KEY))
    }

    /// Whether `signature` signs a message.
    pub fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> bool {
        with_signatures!(self.algorithm, P => {
            let Ok(public) = self.public.as_slice().try_into() else {
                return false;
            };
            let key = ml_dsa::VerifyingKey::<P>::decode(public);
            let signature = signature.try_into().ok().and_then(ml_dsa::Signature::<P>::decode);
            signature.is_some_and(|signature| key.verify_with_context(message, context, &signature))
        }, otherwise false)
    }

    /// A fresh secret, and what tells it to the owner of the private key.
    pub fn encapsulate(&self, rng: &mut ChaCha20Rng) -> Option<(Vec<u8>, Vec<u8>)> {
        with_encapsulation!(self.algorithm, P => {
            let bytes = self.public.as_slice().try_into().ok()?;
            let key = <ml_kem::EncapsulationKey<P> as TryKeyInit>::new(bytes).ok()?;
            let (ciphertext, secret) = key.encapsulate_with_rng(rng);
            Some((secret.to_vec(), ciphertext.to_vec()))
        }, otherwise None)
    }

    /// The secret in a ciphertext.
    #[expect(deprecated, reason = "keys exist in this form")]
    pub fn decapsulate(&self, ciphertext: &[u8]) -> Option<Vec<u8>> {
        let expanded = &self.private.as_ref()?.expanded;
        with_encapsulation!(self.algorithm, P => {
            let bytes = expanded.as_slice().try_into().ok()?;
            let key = ml_kem::DecapsulationKey::<P>::from_expanded_bytes(bytes).ok()?;
            Some(key.decapsulate(ciphertext.try_into().ok()?).to_vec())
        }, otherwise None)
    }
}

#[expect(deprecated, reason = "keys exist in this form")]
fn signing_key<P: MlDsaParams>(
    algorithm: Algorithm,
    expanded: &[u8],
) -> Option<ml_dsa::ExpandedSigningKey<P>> {
    let bytes = expanded.try_into().ok()?;
    // The secret vectors hold small numbers, and decoding others is not defined.
    let (bits, most, polynomials) = match algorithm {
        Algorithm::MlDsa44 => (3, 4, 4 + 4),
        Algorithm::MlDsa65 => (4, 8, 6 + 5),
        _ => (3, 4, 8 + 7),
    };
    const SECRETS_START: usize = 128;
    let secrets = expanded.get(SECRETS_START..SECRETS_START + polynomials * 32 * bits)?;
    let bit = |i: usize| secrets[i / 8] >> (i % 8) & 1;
    let coefficients = (0..secrets.len() * 8).step_by(bits);
    let in_range = |start: usize| {
        let value = (0..bits).fold(0, |value, i| value | bit(start + i) << i);
        value <= most
    };
    if !coefficients.into_iter().all(in_range) {
        return None;
    }
    Some(ml_dsa::ExpandedSigningKey::from_expanded(bytes))
}

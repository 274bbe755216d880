//! The curves of RFC 7748 and RFC 8032: Ed25519, Ed448, X25519, X448.

use ed448_goldilocks as ed448;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;

use crate::answer::{Failure, Library};

/// `PROV_R_FAILED_DURING_DERIVATION`
const FAILED_DURING_DERIVATION: Failure =
    Failure::new(Library::Provider, 164, "failed during derivation");
/// `PROV_R_INVALID_KEY`: a key that is no point.
const INVALID_KEY: Failure = Failure::new(Library::Provider, 158, "invalid key");
/// `PROV_R_INVALID_CONTEXT_STRING` stands for what RFC 8032 forbids: more than 255 bytes.
const INVALID_CONTEXT: Failure = Failure::new(Library::Provider, 106, "invalid data");

/// One of the four schemes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Ed25519,
    Ed448,
    X25519,
    X448,
}

/// Every scheme with Node's name for it and the last byte of its identifier `1.3.101.<number>`.
pub const SCHEMES: [(Scheme, &str, u8); 4] = [
    (Scheme::Ed25519, "ed25519", 112),
    (Scheme::Ed448, "ed448", 113),
    (Scheme::X25519, "x25519", 110),
    (Scheme::X448, "x448", 111),
];

impl Scheme {
    pub fn name(self) -> &'static str {
        SCHEMES[self as usize].1
    }

    /// The contents of the object identifier.
    pub fn oid(self) -> [u8; 3] {
        [0x2b, 0x65, SCHEMES[self as usize].2]
    }

    /// Bytes of a key, of both kinds.
    pub fn size(self) -> usize {
        match self {
            Scheme::Ed25519 | Scheme::X25519 => 32,
            Scheme::X448 => 56,
            Scheme::Ed448 => 57,
        }
    }

    /// Whether it signs; otherwise it agrees on secrets.
    pub fn signs(self) -> bool {
        matches!(self, Scheme::Ed25519 | Scheme::Ed448)
    }

    fn public(self, private: &[u8]) -> Option<Vec<u8>> {
        Some(match self {
            Scheme::Ed25519 => ed25519(private)?.verifying_key().to_bytes().to_vec(),
            Scheme::Ed448 => {
                let key = ed448::SigningKey::try_from(private).ok()?;
                key.verifying_key().to_bytes().to_vec()
            }
            Scheme::X25519 => {
                let private: [u8; 32] = private.try_into().ok()?;
                let private = x25519_dalek::StaticSecret::from(private);
                x25519_dalek::PublicKey::from(&private).to_bytes().to_vec()
            }
            Scheme::X448 => {
                let private: [u8; 56] = private.try_into().ok()?;
                let mut base = [0; 56];
                base[0] = 5;
                x448::x448_unchecked(private, base).to_vec()
            }
        })
    }
}

/// A key of one of the schemes, as bytes.
#[derive(Clone)]
pub struct CfrgKey {
    pub scheme: Scheme,
    pub public: Vec<u8>,
    pub private: Option<Vec<u8>>,
}

impl CfrgKey {
    pub fn generate(scheme: Scheme, rng: &mut ChaCha20Rng) -> Self {
        let mut private = vec![0; scheme.size()];
        rng.fill_bytes(&mut private);
        Self::from_private(scheme, &private).expect("any bytes are a key")
    }

    /// `None` if the length is wrong.
    pub fn from_private(scheme: Scheme, private: &[u8]) -> Option<Self> {
        if private.len() != scheme.size() {
            return None;
        }
        Some(Self {
            scheme,
            public: scheme.public(private)?,
            private: Some(private.to_vec()),
        })
    }

    /// `None` if the length is wrong.
    pub fn from_public(scheme: Scheme, public: &[u8]) -> Option<Self> {
        (public.len() == scheme.size()).then(|| Self {
            scheme,
            public: public.to_vec(),
            private: None,
        })
    }

    /// Signs a message; `context` is for Ed448.
    pub fn sign(&self, message: &[u8], context: &[u8]) -> Result<Vec<u8>, Failure> {
        let private = self.private.as_deref().ok_or(INVALID_KEY)?;
        if self.scheme == Scheme::Ed25519 {
            use ed25519_dalek::Signer;
            let key = ed25519(private).ok_or(INVALID_KEY)?;
            return Ok(key.sign(message).to_bytes().to_vec());
        }
        let key = ed448::SigningKey::try_from(private).map_err(|_| INVALID_KEY)?;
        let signature = key.sign_ctx(context, message);
        let signature = signature.map_err(|_| INVALID_CONTEXT)?;
        Ok(signature.to_bytes().to_vec())
    }

    /// Whether `signature` signs a message.
    pub fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> bool {
        if self.scheme == Scheme::Ed25519 {
            use ed25519_dalek::Verifier;
            let Ok(bytes) = self.public.as_slice().try_into() else {
                return false;
            };
            let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(bytes) else {
                return false;
            };
            let signature = ed25519_dalek::Signature::from_slice(signature);
            return signature.is_ok_and(|signature| key.verify(message, &signature).is_ok());
        }
        let Ok(bytes) = self.public.as_slice().try_into() else {
            return false;
        };
        let Ok(key) = ed448::VerifyingKey::from_bytes(bytes) else {
            return false;
        };
        let signature = ed448::Signature::try_from(signature);
        signature.is_ok_and(|signature| key.verify_ctx(&signature, context, message).is_ok())
    }

    /// The secret shared with the owner of `other`. A point of small order gives none.
    pub fn diffie_hellman(&self, other: &CfrgKey) -> Result<Vec<u8>, Failure> {
        let private = self.private.as_deref().ok_or(INVALID_KEY)?;
        let secret = match self.scheme {
            Scheme::X25519 => {
                let private: [u8; 32] = private.try_into().map_err(|_| INVALID_KEY)?;
                let public: [u8; 32] = other.public[..].try_into().map_err(|_| INVALID_KEY)?;
                x25519_dalek::x25519(private, public).to_vec()
            }
            Scheme::X448 => {
                let private: [u8; 56] = private.try_into().map_err(|_| INVALID_KEY)?;
                let public: [u8; 56] = other.public[..].try_into().map_err(|_| INVALID_KEY)?;
                x448::x448_unchecked(private, public).to_vec()
            }
            _ => return Err(INVALID_KEY),
        };
        if secret.iter().all(|&byte| byte == 0) {
            return Err(FAILED_DURING_DERIVATION);
        }
        Ok(secret)
    }
}

fn ed25519(private: &[u8]) -> Option<ed25519_dalek::SigningKey> {
    let private: &[u8; 32] = private.try_into().ok()?;
    Some(ed25519_dalek::SigningKey::from_bytes(private))
}

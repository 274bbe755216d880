//! Asymmetric keys: what `KeyObjectHandle` holds.

pub mod cfrg;
mod curve_parameters;
pub mod decode;
pub mod ec;
pub mod encapsulation;
pub mod encode;
mod exports;
pub mod finite_field;
pub mod oid;
mod padding;
pub mod post_quantum;
pub mod protect;
pub mod rsa;
pub mod signature;

use crate::answer::{Failure, Library};
use cfrg::CfrgKey;
use ec::EcKey;
use finite_field::{DhKey, DsaKey};
use post_quantum::LatticeKey;
use rsa::RsaKey;

/// `EVP_R_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE`
pub const OPERATION_NOT_SUPPORTED: Failure = Failure::new(
    Library::Evp,
    150,
    "operation not supported for this keytype",
);

/// A public or a private key; a private one has its public part with it.
#[derive(Clone)]
pub enum Key {
    Rsa(RsaKey),
    Dsa(DsaKey),
    Dh(DhKey),
    Ec(EcKey),
    Cfrg(CfrgKey),
    Lattice(LatticeKey),
}

impl Key {
    /// Node's `asymmetricKeyType`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Key::Rsa(key) => match key.variant {
                rsa::Variant::Rsa => "rsa",
                rsa::Variant::Pss(_) => "rsa-pss",
            },
            Key::Dsa(_) => "dsa",
            Key::Dh(_) => "dh",
            Key::Ec(_) => "ec",
            Key::Cfrg(key) => key.scheme.name(),
            Key::Lattice(key) => key.algorithm.name(),
        }
    }

    /// The public part of a key.
    pub fn public(&self) -> Key {
        match self {
            Key::Rsa(key) => Key::Rsa(key.public()),
            Key::Dsa(key) => Key::Dsa(DsaKey {
                private: None,
                ..key.clone()
            }),
            Key::Dh(key) => Key::Dh(DhKey {
                private: None,
                ..key.clone()
            }),
            Key::Ec(key) => Key::Ec(EcKey {
                private: None,
                ..key.clone()
            }),
            Key::Cfrg(key) => Key::Cfrg(CfrgKey {
                private: None,
                ..key.clone()
            }),
            Key::Lattice(key) => Key::Lattice(LatticeKey {
                private: None,
                ..key.clone()
            }),
        }
    }

    /// Whether two keys have the same public part, as `EVP_PKEY_eq` compares.
    pub fn equals(&self, other: &Key) -> bool {
        match (self, other) {
            (Key::Rsa(a), Key::Rsa(b)) => {
                let same_kind = self.type_name() == other.type_name();
                same_kind && a.n == b.n && a.e == b.e
            }
            (Key::Dsa(a), Key::Dsa(b)) => {
                (&a.p, &a.q, &a.g, &a.public) == (&b.p, &b.q, &b.g, &b.public)
            }
            (Key::Dh(a), Key::Dh(b)) => (&a.p, &a.g, &a.public) == (&b.p, &b.g, &b.public),
            (Key::Ec(a), Key::Ec(b)) => {
                let coordinates = (a.public.x(), a.public.y());
                a.curve == b.curve && coordinates == (b.public.x(), b.public.y())
            }
            (Key::Cfrg(a), Key::Cfrg(b)) => a.scheme == b.scheme && a.public == b.public,
            (Key::Lattice(a), Key::Lattice(b)) => {
                a.algorithm == b.algorithm && a.public == b.public
            }
            _ => false,
        }
    }

    /// The secret that the owners of two keys share.
    pub fn diffie_hellman(&self, other: &Key) -> Result<Vec<u8>, Failure> {
        match (self, other) {
            (Key::Dh(mine), Key::Dh(theirs)) => mine.diffie_hellman(theirs),
            (Key::Ec(mine), Key::Ec(theirs)) => {
                if mine.curve != theirs.curve {
                    return Err(finite_field::MISMATCHING_DOMAIN_PARAMETERS);
                }
                let private = mine.private.as_deref().ok_or(OPERATION_NOT_SUPPORTED)?;
                mine.curve.diffie_hellman(private, &theirs.public)
            }
            (Key::Cfrg(mine), Key::Cfrg(theirs)) if mine.scheme == theirs.scheme => {
                mine.diffie_hellman(theirs)
            }
            _ => Err(OPERATION_NOT_SUPPORTED),
        }
    }
}

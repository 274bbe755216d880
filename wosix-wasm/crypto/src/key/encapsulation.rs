//! Key encapsulation with any key that can: ML-KEM, RSASVE (NIST SP 800-56B), DHKEM (RFC 9180).

use hmac::{EagerHash, Hmac, KeyInit, Mac};
use rand_chacha::ChaCha20Rng;

use super::Key;
use super::cfrg::{CfrgKey, Scheme};
use super::ec::{Curve, EcKey, PointForm};
use super::rsa::Variant;
use crate::answer::{Failure, Library};

/// Node's words when encapsulation does not work, for whatever reason.
const ENCAPSULATION_FAILED: Failure =
    Failure::new(Library::Node, 7, "Failed to perform encapsulation");
/// Node's words when decapsulation does not work, for whatever reason.
const DECAPSULATION_FAILED: Failure =
    Failure::new(Library::Node, 7, "Failed to perform decapsulation");

/// A fresh secret for the owner of `key`, and the ciphertext that tells it.
pub fn encapsulate(key: &Key, rng: &mut ChaCha20Rng) -> Result<[Vec<u8>; 2], Failure> {
    let pair = match key {
        Key::Lattice(key) => key.encapsulate(rng),
        Key::Rsa(key) if key.variant == Variant::Rsa => key.encapsulate(rng),
        other => Dhkem::of(other).and_then(|kem| kem.encapsulate(other, rng)),
    };
    let (secret, ciphertext) = pair.ok_or(ENCAPSULATION_FAILED)?;
    Ok([secret, ciphertext])
}

/// The secret in a ciphertext.
pub fn decapsulate(
    key: &Key,
    ciphertext: &[u8],
    rng: &mut ChaCha20Rng,
) -> Result<Vec<u8>, Failure> {
    let secret = match key {
        Key::Lattice(key) => key.decapsulate(ciphertext),
        Key::Rsa(key) if key.variant == Variant::Rsa => key.decapsulate(ciphertext, rng),
        other => Dhkem::of(other).and_then(|kem| kem.decapsulate(other, ciphertext)),
    };
    secret.ok_or(DECAPSULATION_FAILED)
}

/// The hash function of a DHKEM.
enum KemHash {
    Sha256,
    Sha384,
    Sha512,
}

/// A KEM of RFC 9180, section 7.1.
struct Dhkem {
    id: u16,
    hash: KemHash,
    secret_len: u16,
}

impl Dhkem {
    /// The one for keys like this.
    fn of(key: &Key) -> Option<Self> {
        let (id, hash, secret_len) = match key {
            Key::Ec(key) => match key.curve {
                Curve::P256 => (0x10, KemHash::Sha256, 32),
                Curve::P384 => (0x11, KemHash::Sha384, 48),
                Curve::P521 => (0x12, KemHash::Sha512, 64),
                _ => return None,
            },
            Key::Cfrg(key) => match key.scheme {
                Scheme::X25519 => (0x20, KemHash::Sha256, 32),
                Scheme::X448 => (0x21, KemHash::Sha512, 64),
                _ => return None,
            },
            _ => return None,
        };
        Some(Self {
            id,
            hash,
            secret_len,
        })
    }

    fn encapsulate(&self, key: &Key, rng: &mut ChaCha20Rng) -> Option<(Vec<u8>, Vec<u8>)> {
        let ephemeral = match key {
            Key::Ec(key) => {
                let private = key.curve.generate(rng);
                Key::Ec(EcKey::from_private(key.curve, true, &private, None).ok()?)
            }
            Key::Cfrg(key) => Key::Cfrg(CfrgKey::generate(key.scheme, rng)),
            _ => return None,
        };
        let shared = ephemeral.diffie_hellman(key).ok()?;
        let ciphertext = serialize(&ephemeral)?;
        let context = [&*ciphertext, &*serialize(key)?].concat();
        Some((self.extract_and_expand(&shared, &context), ciphertext))
    }

    fn decapsulate(&self, key: &Key, ciphertext: &[u8]) -> Option<Vec<u8>> {
        let ephemeral = match key {
            Key::Ec(key) if ciphertext.first() == Some(&4) => {
                let point = key.curve.point(ciphertext).ok()?;
                Key::Ec(EcKey::from_public(key.curve, true, point))
            }
            Key::Cfrg(key) => Key::Cfrg(CfrgKey::from_public(key.scheme, ciphertext)?),
            _ => return None,
        };
        let shared = key.diffie_hellman(&ephemeral).ok()?;
        let context = [ciphertext, &serialize(key)?].concat();
        Some(self.extract_and_expand(&shared, &context))
    }

    fn extract_and_expand(&self, shared: &[u8], context: &[u8]) -> Vec<u8> {
        match self.hash {
            KemHash::Sha256 => self.extract_and_expand_with::<sha2::Sha256>(shared, context),
            KemHash::Sha384 => self.extract_and_expand_with::<sha2::Sha384>(shared, context),
            KemHash::Sha512 => self.extract_and_expand_with::<sha2::Sha512>(shared, context),
        }
    }

    /// `ExtractAndExpand` of section 4.1. The secret is never longer than one block of HKDF.
    fn extract_and_expand_with<D: EagerHash>(&self, shared: &[u8], context: &[u8]) -> Vec<u8>
    where
        Hmac<D>: KeyInit + Mac,
    {
        let suite = [&b"KEM"[..], &self.id.to_be_bytes()].concat();
        let prk = hmac::<D>(&[], &[b"HPKE-v1", &suite, b"eae_prk", shared]);
        let len = self.secret_len.to_be_bytes();
        let labeled: [&[u8]; 6] = [&len, b"HPKE-v1", &*suite, b"shared_secret", context, &[1]];
        let mut secret = hmac::<D>(&prk, &labeled);
        secret.truncate(usize::from(self.secret_len));
        secret
    }
}

fn hmac<D: EagerHash>(key: &[u8], parts: &[&[u8]]) -> Vec<u8>
where
    Hmac<D>: KeyInit + Mac,
{
    let mut mac = <Hmac<D> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        Mac::update(&mut mac, part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// `SerializePublicKey` of section 4.
fn serialize(key: &Key) -> Option<Vec<u8>> {
    match key {
        Key::Ec(key) => Some(key.public.encode(PointForm::Uncompressed)),
        Key::Cfrg(key) => Some(key.public.clone()),
        _ => None,
    }
}

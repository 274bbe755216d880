//! The encodings of RFC 8017 that surround a message before RSA is applied to it.

use digest::KeyInit;
use hmac::{Hmac, Mac};
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;
use sha2::Sha256;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeLess};

use crate::answer::{Failure, Library};
use crate::hash::Hash;

/// `RSA_R_OAEP_DECODING_ERROR`
const OAEP_DECODING_ERROR: Failure = Failure::new(Library::Rsa, 121, "oaep decoding error");

/// Bytes around the message that PKCS #1 1.5 needs at least.
const PKCS1_OVERHEAD: usize = 11;

/// EMSA-PKCS1-v1_5, without the hashing; `None` if `data` is too long.
pub fn pkcs1_signature(data: &[u8], size: usize) -> Option<Vec<u8>> {
    let fill = size.checked_sub(data.len() + 3)?;
    if data.len() + PKCS1_OVERHEAD > size {
        return None;
    }
    Some([&[0, 1], &*vec![0xff; fill], &[0], data].concat())
}

/// The message in a block of EMSA-PKCS1-v1_5.
pub fn pkcs1_signed(block: &[u8]) -> Option<Vec<u8>> {
    let rest = block.strip_prefix(&[0, 1])?;
    let end = rest.iter().position(|&byte| byte != 0xff)?;
    if end < 8 || rest[end] != 0 {
        return None;
    }
    Some(rest[end + 1..].to_vec())
}

/// RSAES-PKCS1-v1_5; `None` if `data` is too long.
pub fn pkcs1_encryption(data: &[u8], size: usize, rng: &mut ChaCha20Rng) -> Option<Vec<u8>> {
    if data.len() + PKCS1_OVERHEAD > size {
        return None;
    }
    let mut fill = vec![0; size - data.len() - 3];
    rng.fill_bytes(&mut fill);
    for byte in &mut fill {
        while *byte == 0 {
            rng.fill_bytes(core::slice::from_mut(byte));
        }
    }
    Some([&[0, 2], &*fill, &[0], data].concat())
}

/// The message in a block of RSAES-PKCS1-v1_5.
///
/// If the padding is wrong, the answer is a message that follows from the private exponent and the ciphertext alone: nobody learns from it that the padding
/// was wrong. This is what OpenSSL calls implicit rejection (draft-irtf-cfrg-rsa-guidance, section 7).
pub fn pkcs1_decrypted(block: &[u8], exponent: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    let size = block.len();
    let key = hmac(&Hash::Sha256.digest(&[exponent]), &[ciphertext]);
    let synthetic = expand(&key, b"message", size);
    // The length of the synthetic message: the last of 128 candidates that fits.
    let longest = (size - PKCS1_OVERHEAD) as u16;
    let mask = u16::MAX >> (longest + 1).leading_zeros();
    let mut synthetic_len = 0u16;
    for candidate in expand(&key, b"length", 256).chunks_exact(2) {
        let candidate = u16::from_be_bytes([candidate[0], candidate[1]]) & mask;
        let fits = candidate.ct_lt(&(longest + 1));
        synthetic_len.conditional_assign(&candidate, fits);
    }

    let mut found = Choice::from(0);
    let mut separator = 0u32;
    for (at, byte) in block.iter().enumerate().skip(2) {
        let ends = byte.ct_eq(&0) & !found;
        separator.conditional_assign(&(at as u32), ends);
        found |= ends;
    }
    let good = block[0].ct_eq(&0) & block[1].ct_eq(&2) & found & !separator.ct_lt(&10);

    let mut start = size as u32 - u32::from(synthetic_len);
    start.conditional_assign(&(separator + 1), good);
    let mut message = synthetic;
    for (byte, real) in message.iter_mut().zip(block) {
        byte.conditional_assign(real, good);
    }
    message.split_off(start as usize)
}

/// The pseudo-random function of implicit rejection.
fn expand(key: &[u8], label: &[u8], len: usize) -> Vec<u8> {
    let bits = ((len * 8) as u16).to_be_bytes();
    let mut out = Vec::new();
    let mut counter = 0u16;
    while out.len() < len {
        out.extend(hmac(key, &[&counter.to_be_bytes(), label, &bits]));
        counter += 1;
    }
    out.truncate(len);
    out
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// Xors MGF1 of `seed` into `block`.
fn mask(hash: Hash, seed: &[u8], block: &mut [u8]) {
    for (counter, chunk) in block.chunks_mut(hash.size()).enumerate() {
        let bytes = hash.digest(&[seed, &(counter as u32).to_be_bytes()]);
        for (byte, other) in chunk.iter_mut().zip(bytes) {
            *byte ^= other;
        }
    }
}

/// EME-OAEP, with `hash` for MGF1 too; `None` if `data` is too long.
pub fn oaep(
    hash: Hash,
    label: &[u8],
    data: &[u8],
    size: usize,
    rng: &mut ChaCha20Rng,
) -> Option<Vec<u8>> {
    let len = hash.size();
    let fill = size.checked_sub(data.len() + 2 * len + 2)?;
    let mut db = [&*hash.digest(&[label]), &*vec![0; fill], &[1], data].concat();
    let mut seed = vec![0; len];
    rng.fill_bytes(&mut seed);
    mask(hash, &seed, &mut db);
    mask(hash, &db, &mut seed);
    Some([&[0], &*seed, &*db].concat())
}

/// The message in a block of EME-OAEP. Every way to be wrong takes the same time.
pub fn oaep_decrypted(hash: Hash, label: &[u8], block: &[u8]) -> Result<Vec<u8>, Failure> {
    let len = hash.size();
    if block.len() < 2 * len + 2 {
        return Err(OAEP_DECODING_ERROR);
    }
    let mut seed = block[1..=len].to_vec();
    let mut db = block[len + 1..].to_vec();
    mask(hash, &db, &mut seed);
    mask(hash, &seed, &mut db);
    let (label_digest, rest) = db.split_at(len);
    let mut good = block[0].ct_eq(&0) & label_digest.ct_eq(&hash.digest(&[label]));
    let mut found = Choice::from(0);
    let mut start = 0u32;
    for (at, byte) in rest.iter().enumerate() {
        let one = byte.ct_eq(&1);
        start.conditional_assign(&(at as u32 + 1), one & !found);
        good &= found | one | byte.ct_eq(&0);
        found |= one;
    }
    if (good & found).into() {
        Ok(rest[start as usize..].to_vec())
    } else {
        Err(OAEP_DECODING_ERROR)
    }
}

/// EMSA-PSS of a digest, for a modulus of `bits` + 1.
pub fn pss(hash: Hash, mgf_hash: Hash, digest: &[u8], salt: &[u8], bits: usize) -> Vec<u8> {
    let size = bits.div_ceil(8);
    let h = hash.digest(&[&[0; 8], digest, salt]);
    let fill = size - h.len() - salt.len() - 2;
    let mut db = [&*vec![0; fill], &[1], salt].concat();
    mask(mgf_hash, &h, &mut db);
    db[0] &= 0xff >> (8 * size - bits);
    [&*db, &*h, &[0xbc]].concat()
}

/// Whether `block` is EMSA-PSS of `digest`; with a salt of `salt_len` bytes, or of any length.
pub fn is_pss(
    hash: Hash,
    mgf_hash: Hash,
    digest: &[u8],
    block: &[u8],
    bits: usize,
    salt_len: Option<usize>,
) -> bool {
    let size = bits.div_ceil(8);
    // With a modulus of 8n + 1 bits the block has a byte more than the encoding.
    let (ahead, encoded) = block.split_at(block.len() - size);
    let unused = 8 * size - bits;
    let Some(db_len) = size.checked_sub(hash.size() + 1) else {
        return false;
    };
    let (db, rest) = encoded.split_at(db_len);
    let (h, trailer) = rest.split_at(hash.size());
    if ahead.iter().any(|&byte| byte != 0) || trailer != [0xbc] {
        return false;
    }
    if db.is_empty() || u16::from(db[0]) >> (8 - unused) != 0 {
        return false;
    }
    let mut db = db.to_vec();
    mask(mgf_hash, h, &mut db);
    db[0] &= 0xff >> unused;
    let Some(one) = db.iter().position(|&byte| byte != 0) else {
        return false;
    };
    let salt = &db[one + 1..];
    if db[one] != 1 || salt_len.is_some_and(|len| len != salt.len()) {
        return false;
    }
    h == hash.digest(&[&[0; 8], digest, salt])
}

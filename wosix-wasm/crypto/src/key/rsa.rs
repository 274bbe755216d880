//! RSA keys and the schemes of RFC 8017.

use std::cell::OnceCell;

use crypto_bigint::{BoxedUint, NonZero, RandomMod, Resize};
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{RsaPrivateKey, RsaPublicKey};

use super::padding;
use crate::answer::{Failure, Library};
use crate::hash::Hash;
use crate::number;

/// `RSA_R_DATA_TOO_LARGE_FOR_KEY_SIZE`
pub const DATA_TOO_LARGE_FOR_KEY_SIZE: Failure =
    Failure::new(Library::Rsa, 110, "data too large for key size");
/// `RSA_R_DATA_TOO_SMALL_FOR_KEY_SIZE`
const DATA_TOO_SMALL_FOR_KEY_SIZE: Failure =
    Failure::new(Library::Rsa, 122, "data too small for key size");
/// `RSA_R_DATA_TOO_LARGE_FOR_MODULUS`
const DATA_TOO_LARGE_FOR_MODULUS: Failure =
    Failure::new(Library::Rsa, 132, "data too large for modulus");
/// `RSA_R_DATA_GREATER_THAN_MOD_LEN`
const DATA_GREATER_THAN_MOD_LEN: Failure =
    Failure::new(Library::Rsa, 108, "data greater than mod len");
/// `RSA_R_DIGEST_TOO_BIG_FOR_RSA_KEY`
const DIGEST_TOO_BIG_FOR_RSA_KEY: Failure =
    Failure::new(Library::Rsa, 112, "digest too big for rsa key");
/// `RSA_R_INVALID_PADDING`
const INVALID_PADDING: Failure = Failure::new(Library::Rsa, 138, "invalid padding");
/// `PROV_R_KEY_SIZE_TOO_SMALL`
const KEY_SIZE_TOO_SMALL: Failure = Failure::new(Library::Provider, 171, "key size too small");
/// `RSA_R_PUB_EXPONENT_OUT_OF_RANGE`
const PUB_EXPONENT_OUT_OF_RANGE: Failure =
    Failure::new(Library::Rsa, 178, "pub exponent out of range");
/// `RSA_R_VALUE_MISSING`: a key whose numbers do not belong together.
const VALUE_MISSING: Failure = Failure::new(Library::Rsa, 147, "value missing");
/// `PROV_R_ILLEGAL_OR_UNSUPPORTED_PADDING_MODE`
const ILLEGAL_OR_UNSUPPORTED_PADDING_MODE: Failure = Failure::new(
    Library::Provider,
    165,
    "illegal or unsupported padding mode",
);
/// `PROV_R_INVALID_PADDING_MODE`
const INVALID_PADDING_MODE: Failure = Failure::new(Library::Provider, 168, "invalid padding mode");
/// `PROV_R_DIGEST_NOT_ALLOWED`
const DIGEST_NOT_ALLOWED: Failure = Failure::new(Library::Provider, 174, "digest not allowed");
/// `PROV_R_PSS_SALTLEN_TOO_SMALL`
const PSS_SALTLEN_TOO_SMALL: Failure =
    Failure::new(Library::Provider, 172, "pss saltlen too small");

/// Padding schemes by their numbers in `crypto.constants` (`RSA_*_PADDING`).
pub mod scheme {
    pub const PKCS1: u32 = 1;
    pub const NONE: u32 = 3;
    pub const OAEP: u32 = 4;
    pub const PSS: u32 = 6;
}

/// `RSA_PSS_SALTLEN_*`: salt lengths that are none.
pub mod salt_length {
    pub const DIGEST: i32 = -1;
    pub const AUTO: i32 = -2;
    pub const MAX: i32 = -3;
    pub const AUTO_DIGEST_MAX: i32 = -4;
}

/// Parameters that a key for RSASSA-PSS demands of signatures.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PssParameters {
    pub hash: Hash,
    pub mgf_hash: Hash,
    pub salt_len: u32,
}

/// What the key is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    Rsa,
    /// RSASSA-PSS only, with these parameters if there are some.
    Pss(Option<PssParameters>),
}

/// The secret numbers of a key, as its encoding has them.
#[derive(Clone)]
pub struct Private {
    pub d: Vec<u8>,
    pub p: Vec<u8>,
    pub q: Vec<u8>,
    pub dp: Vec<u8>,
    pub dq: Vec<u8>,
    pub qi: Vec<u8>,
}

/// An RSA key.
#[derive(Clone)]
pub struct RsaKey {
    pub variant: Variant,
    pub n: Vec<u8>,
    pub e: Vec<u8>,
    pub private: Option<Private>,
    /// The key prepared for computing.
    prepared: OnceCell<RsaPrivateKey>,
}

impl RsaKey {
    pub fn new(variant: Variant, n: &[u8], e: &[u8], private: Option<Private>) -> Self {
        let (n, e) = (n.to_vec(), e.to_vec());
        Self {
            variant,
            n,
            e,
            private,
            prepared: OnceCell::new(),
        }
    }

    /// Generates a key with a modulus of `bits`.
    pub fn generate(
        variant: Variant,
        bits: usize,
        exponent: u32,
        rng: &mut ChaCha20Rng,
    ) -> Result<Self, Failure> {
        if bits < 512 {
            return Err(KEY_SIZE_TOO_SMALL);
        }
        if exponent < 3 || exponent.is_multiple_of(2) {
            return Err(PUB_EXPONENT_OUT_OF_RANGE);
        }
        let e = BoxedUint::from(u64::from(exponent));
        let mut key = RsaPrivateKey::new_with_exp_unchecked(rng, bits, e)
            .map_err(|_| PUB_EXPONENT_OUT_OF_RANGE)?;
        key.precompute().map_err(|_| VALUE_MISSING)?;
        let digits = number::digits;
        let prime = |i: usize| digits(key.primes()[i].as_ref());
        let dp = key.dp().map(digits).ok_or(VALUE_MISSING)?;
        let dq = key.dq().map(digits).ok_or(VALUE_MISSING)?;
        let qi = key.crt_coefficient().ok_or(VALUE_MISSING)?;
        let private = Private {
            d: digits(key.d()),
            p: prime(0),
            q: prime(1),
            dp,
            dq,
            qi: digits(&qi),
        };
        let (n, e) = (digits(key.n().as_ref()), digits(key.e()));
        Ok(Self::new(variant, &n, &e, Some(private)))
    }

    /// The public part.
    pub fn public(&self) -> Self {
        Self::new(self.variant, &self.n, &self.e, None)
    }

    /// Bits of the modulus.
    pub fn modulus_bits(&self) -> usize {
        number::bit_len(&self.n)
    }

    /// Bytes of the modulus.
    pub fn size(&self) -> usize {
        self.modulus_bits().div_ceil(8)
    }

    fn parse_below_modulus(&self, block: &[u8]) -> Result<BoxedUint, Failure> {
        let n = number::parse(&self.n);
        let block = number::parse(block);
        if block >= n {
            return Err(DATA_TOO_LARGE_FOR_MODULUS);
        }
        Ok(block.resize(n.bits_precision()))
    }

    /// The public operation on a block of the modulus's size.
    fn public_operation(&self, block: &[u8]) -> Result<Vec<u8>, Failure> {
        let block = self.parse_below_modulus(block)?;
        let n = number::parse(&self.n);
        if number::bit_len(&self.e) < 2 || n.as_odd_vartime().is_none() {
            return Err(VALUE_MISSING);
        }
        let key = RsaPublicKey::new_unchecked(n, number::parse(&self.e));
        let result = rsa::hazmat::rsa_encrypt(&key, &block).map_err(|_| VALUE_MISSING)?;
        number::padded(&number::digits(&result), self.size()).ok_or(VALUE_MISSING)
    }

    /// The private operation on a block of the modulus's size, blinded.
    fn private_operation(&self, block: &[u8], rng: &mut ChaCha20Rng) -> Result<Vec<u8>, Failure> {
        let block = self.parse_below_modulus(block)?;
        let key = self.prepared()?;
        let result = rsa::hazmat::rsa_decrypt_and_check(key, Some(rng), &block)
            .map_err(|_| VALUE_MISSING)?;
        number::padded(&number::digits(&result), self.size()).ok_or(VALUE_MISSING)
    }

    fn prepared(&self) -> Result<&RsaPrivateKey, Failure> {
        if let Some(key) = self.prepared.get() {
            return Ok(key);
        }
        let private = self.private.as_ref().ok_or(VALUE_MISSING)?;
        let primes = vec![number::parse(&private.p), number::parse(&private.q)];
        let (n, e, d) = (&self.n, &self.e, &private.d);
        let key = RsaPrivateKey::from_components_with_large_exponent(
            number::parse(n),
            number::parse(e),
            number::parse(d),
            primes,
        )
        .map_err(|_| VALUE_MISSING)?;
        Ok(self.prepared.get_or_init(|| key))
    }

    /// Signs a digest made by `hash`.
    pub fn sign(
        &self,
        hash: Hash,
        digest: &[u8],
        options: SignOptions,
        rng: &mut ChaCha20Rng,
    ) -> Result<Vec<u8>, Failure> {
        let block = match self.scheme(hash, options)? {
            Scheme::Pkcs1 => padding::pkcs1_signature(&digest_info(hash, digest), self.size())
                .ok_or(DIGEST_TOO_BIG_FOR_RSA_KEY)?,
            Scheme::Pss { mgf_hash, salt } => {
                let bits = self.modulus_bits() - 1;
                let room = bits
                    .div_ceil(8)
                    .checked_sub(hash.size() + 2)
                    .ok_or(DATA_TOO_LARGE_FOR_KEY_SIZE)?;
                let len = match salt {
                    Salt::Exactly(len) => len,
                    Salt::Digest => hash.size(),
                    Salt::Max | Salt::Auto => room,
                    Salt::AutoDigestMax => room.min(hash.size()),
                };
                if len > room {
                    return Err(DATA_TOO_LARGE_FOR_KEY_SIZE);
                }
                let mut salt = vec![0; len];
                rng.fill_bytes(&mut salt);
                let encoded = padding::pss(hash, mgf_hash, digest, &salt, bits);
                number::padded(&encoded, self.size()).ok_or(VALUE_MISSING)?
            }
        };
        self.private_operation(&block, rng)
    }

    /// Whether `signature` signs a digest made by `hash`.
    pub fn verify(
        &self,
        hash: Hash,
        digest: &[u8],
        signature: &[u8],
        options: SignOptions,
    ) -> Result<bool, Failure> {
        let scheme = self.scheme(hash, options)?;
        if signature.len() != self.size() {
            return Ok(false);
        }
        let Ok(block) = self.public_operation(signature) else {
            return Ok(false);
        };
        Ok(match scheme {
            Scheme::Pkcs1 => {
                let expected = padding::pkcs1_signature(&digest_info(hash, digest), self.size());
                expected.is_some_and(|expected| expected == block)
            }
            Scheme::Pss { mgf_hash, salt } => {
                let salt_len = match salt {
                    Salt::Exactly(len) => Some(len),
                    Salt::Digest => Some(hash.size()),
                    Salt::Max => self.size().checked_sub(hash.size() + 2),
                    Salt::Auto | Salt::AutoDigestMax => None,
                };
                let bits = self.modulus_bits() - 1;
                padding::is_pss(hash, mgf_hash, digest, &block, bits, salt_len)
            }
        })
    }

    fn scheme(&self, hash: Hash, options: SignOptions) -> Result<Scheme, Failure> {
        let demanded = match self.variant {
            Variant::Rsa => None,
            Variant::Pss(parameters) => {
                if options
                    .padding
                    .is_some_and(|padding| padding != scheme::PSS)
                {
                    return Err(ILLEGAL_OR_UNSUPPORTED_PADDING_MODE);
                }
                parameters
            }
        };
        match (self.variant, options.padding) {
            (Variant::Rsa, None | Some(scheme::PKCS1)) => return Ok(Scheme::Pkcs1),
            (_, None | Some(scheme::PSS)) => {}
            (_, Some(scheme::NONE)) => return Err(INVALID_PADDING_MODE),
            _ => return Err(ILLEGAL_OR_UNSUPPORTED_PADDING_MODE),
        }
        let salt = options.salt_len.map(|len| match len {
            salt_length::DIGEST => Salt::Digest,
            salt_length::AUTO => Salt::Auto,
            salt_length::MAX => Salt::Max,
            salt_length::AUTO_DIGEST_MAX => Salt::AutoDigestMax,
            len => Salt::Exactly(len.max(0) as usize),
        });
        let Some(demanded) = demanded else {
            let salt = salt.unwrap_or(Salt::Auto);
            let mgf_hash = hash;
            return Ok(Scheme::Pss { mgf_hash, salt });
        };
        if hash != demanded.hash {
            return Err(DIGEST_NOT_ALLOWED);
        }
        let least = demanded.salt_len as usize;
        if let Some(Salt::Exactly(len)) = salt
            && len < least
        {
            return Err(PSS_SALTLEN_TOO_SMALL);
        }
        let mgf_hash = demanded.mgf_hash;
        let salt = salt.unwrap_or(Salt::Exactly(least));
        Ok(Scheme::Pss { mgf_hash, salt })
    }

    /// Encrypts with the public key.
    pub fn encrypt(
        &self,
        data: &[u8],
        options: CipherOptions,
        rng: &mut ChaCha20Rng,
    ) -> Result<Vec<u8>, Failure> {
        let size = self.size();
        let block = match options.padding {
            scheme::PKCS1 => padding::pkcs1_encryption(data, size, rng),
            scheme::OAEP => padding::oaep(options.hash, options.label, data, size, rng),
            scheme::NONE => return self.public_operation(whole_block(data, size)?),
            _ => return Err(ILLEGAL_OR_UNSUPPORTED_PADDING_MODE),
        };
        self.public_operation(&block.ok_or(DATA_TOO_LARGE_FOR_KEY_SIZE)?)
    }

    /// Decrypts with the private key.
    pub fn decrypt(
        &self,
        data: &[u8],
        options: CipherOptions,
        rng: &mut ChaCha20Rng,
    ) -> Result<Vec<u8>, Failure> {
        if data.len() > self.size() {
            return Err(DATA_GREATER_THAN_MOD_LEN);
        }
        match options.padding {
            scheme::PKCS1 => {
                let data = number::padded(data, self.size()).ok_or(DATA_GREATER_THAN_MOD_LEN)?;
                let block = self.private_operation(&data, rng)?;
                let d = self.private.as_ref().map_or(&[][..], |private| &private.d);
                let d = number::padded(d, self.size()).ok_or(VALUE_MISSING)?;
                Ok(padding::pkcs1_decrypted(&block, &d, &data))
            }
            scheme::OAEP => {
                let block = self.private_operation(data, rng)?;
                padding::oaep_decrypted(options.hash, options.label, &block)
            }
            scheme::NONE => self.private_operation(whole_block(data, self.size())?, rng),
            _ => Err(ILLEGAL_OR_UNSUPPORTED_PADDING_MODE),
        }
    }

    /// A random number below the modulus, and its encryption without padding (RSASVE).
    pub fn encapsulate(&self, rng: &mut ChaCha20Rng) -> Option<(Vec<u8>, Vec<u8>)> {
        let n = NonZero::new(number::parse(&self.n)).into_option()?;
        let secret = BoxedUint::random_mod_vartime(rng, &n);
        let secret = number::padded(&number::digits(&secret), self.size())?;
        let ciphertext = self.public_operation(&secret).ok()?;
        Some((secret, ciphertext))
    }

    /// The number that [`encapsulate`](Self::encapsulate) encrypted.
    pub fn decapsulate(&self, ciphertext: &[u8], rng: &mut ChaCha20Rng) -> Option<Vec<u8>> {
        let block = whole_block(ciphertext, self.size()).ok()?;
        self.private_operation(block, rng).ok()
    }

    /// Encrypts with the private key: a signature without a digest.
    pub fn private_encrypt(
        &self,
        data: &[u8],
        padding: u32,
        rng: &mut ChaCha20Rng,
    ) -> Result<Vec<u8>, Failure> {
        let block = match padding {
            scheme::PKCS1 => {
                padding::pkcs1_signature(data, self.size()).ok_or(DATA_TOO_LARGE_FOR_KEY_SIZE)?
            }
            scheme::NONE => whole_block(data, self.size())?.to_vec(),
            _ => return Err(ILLEGAL_OR_UNSUPPORTED_PADDING_MODE),
        };
        self.private_operation(&block, rng)
    }

    /// Decrypts with the public key what [`private_encrypt`](Self::private_encrypt) made.
    pub fn public_decrypt(&self, data: &[u8], padding: u32) -> Result<Vec<u8>, Failure> {
        if data.len() > self.size() {
            return Err(DATA_GREATER_THAN_MOD_LEN);
        }
        let block = self.public_operation(data)?;
        match padding {
            scheme::PKCS1 => padding::pkcs1_signed(&block).ok_or(INVALID_PADDING),
            scheme::NONE => Ok(block),
            _ => Err(ILLEGAL_OR_UNSUPPORTED_PADDING_MODE),
        }
    }
}

/// What a caller may say about a signature's padding.
#[derive(Clone, Copy, Default)]
pub struct SignOptions {
    /// One of [`scheme`]; the key's own otherwise.
    pub padding: Option<u32>,
    /// Bytes, or one of [`salt_length`].
    pub salt_len: Option<i32>,
}

/// What a caller says about encryption.
#[derive(Clone, Copy)]
pub struct CipherOptions<'a> {
    /// One of [`scheme`].
    pub padding: u32,
    /// For OAEP.
    pub hash: Hash,
    /// For OAEP.
    pub label: &'a [u8],
}

enum Scheme {
    Pkcs1,
    Pss { mgf_hash: Hash, salt: Salt },
}

enum Salt {
    Exactly(usize),
    Digest,
    Max,
    Auto,
    AutoDigestMax,
}

fn whole_block(data: &[u8], size: usize) -> Result<&[u8], Failure> {
    match data.len() {
        len if len < size => Err(DATA_TOO_SMALL_FOR_KEY_SIZE),
        len if len > size => Err(DATA_TOO_LARGE_FOR_KEY_SIZE),
        _ => Ok(data),
    }
}

/// `DigestInfo` of RFC 8017, or the bare digest for the one hash that has no identifier.
fn digest_info(hash: Hash, digest: &[u8]) -> Vec<u8> {
    use crate::asn1::{element, octets, oid, sequence, tag};
    if hash == Hash::Md5Sha1 {
        return digest.to_vec();
    }
    let algorithm = sequence(&[&oid(hash.oid()), &element(tag::NULL, &[])]);
    sequence(&[&algorithm, &octets(digest)])
}

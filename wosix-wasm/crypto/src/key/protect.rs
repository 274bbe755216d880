//! Private keys under a passphrase: PBES2 of PKCS #5 around PKCS #8, and the older encryption inside PEM.

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use des::TdesEde3;
use hmac::{EagerHash, Hmac};
use rand_core::Rng;

use super::decode::{UNSUPPORTED, algorithm};
use super::encode::Protection;
use crate::answer::{Failure, Library};
use crate::asn1::{Reader, element, octets, oid, sequence, tag, unsigned};
use crate::block;
use crate::hash::Hash;
use crate::rng;

/// `PROV_R_BAD_DECRYPT`
const BAD_DECRYPT: Failure = Failure::new(Library::Provider, 100, "bad decrypt");
/// `PROV_R_MISSING_CIPHER` for ciphers that this build cannot encrypt keys with.
pub const UNKNOWN_CIPHER: Failure = Failure::new(Library::Node, 3, "Unknown cipher");

/// `id-PBES2`
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
/// `id-PBKDF2`
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12];
/// `id-scrypt`
const SCRYPT: &[u8] = &[0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 11];
/// `id-hmacWith*`, up to the last arc.
const HMAC_WITH: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2];

/// `PKCS5_DEFAULT_ITER`
const ITERATIONS: u32 = 2048;
/// `PKCS5_DEFAULT_PBE2_SALT_LEN`
const SALT: usize = 16;
/// Most iterations and most memory cost that are tried: more would stop the program for minutes.
const MOST_ITERATIONS: u32 = 100_000_000;

/// A block cipher in CBC mode, or in ECB mode, which only PBES2 takes.
#[derive(Clone, Copy)]
enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    Des3,
    Aes128Ecb,
    Aes192Ecb,
    Aes256Ecb,
}

/// Every cipher with OpenSSL's name for it, the name in PEM and the contents of its object identifier.
const CIPHERS: [(Cipher, &str, &str, &[u8]); 7] = [
    (Cipher::Aes128, "aes-128-cbc", "AES-128-CBC", &aes(2)),
    (Cipher::Aes192, "aes-192-cbc", "AES-192-CBC", &aes(22)),
    (Cipher::Aes256, "aes-256-cbc", "AES-256-CBC", &aes(42)),
    (
        Cipher::Des3,
        "des-ede3-cbc",
        "DES-EDE3-CBC",
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7],
    ),
    (Cipher::Aes128Ecb, "aes-128-ecb", "", &aes(1)),
    (Cipher::Aes192Ecb, "aes-192-ecb", "", &aes(21)),
    (Cipher::Aes256Ecb, "aes-256-ecb", "", &aes(41)),
];

/// `2.16.840.1.101.3.4.1.<number>`
const fn aes(number: u8) -> [u8; 9] {
    [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, number]
}

impl Cipher {
    fn named(name: &str) -> Option<Self> {
        let name = match name.to_ascii_lowercase().as_str() {
            "aes128" => "aes-128-cbc".to_owned(),
            "aes192" => "aes-192-cbc".to_owned(),
            "aes256" => "aes-256-cbc".to_owned(),
            "des3" => "des-ede3-cbc".to_owned(),
            other => other.to_owned(),
        };
        let entry = CIPHERS.iter().find(|(_, other, ..)| *other == name);
        entry.map(|(cipher, ..)| *cipher)
    }

    fn with_oid(identifier: &[u8]) -> Option<Self> {
        let entry = CIPHERS.iter().find(|(.., oid)| *oid == identifier);
        entry.map(|(cipher, ..)| *cipher)
    }

    fn pem_name(self) -> &'static str {
        CIPHERS[self as usize].2
    }

    fn oid(self) -> &'static [u8] {
        CIPHERS[self as usize].3
    }

    fn key_size(self) -> usize {
        match self {
            Cipher::Aes128 | Cipher::Aes128Ecb => 16,
            Cipher::Aes192 | Cipher::Des3 | Cipher::Aes192Ecb => 24,
            Cipher::Aes256 | Cipher::Aes256Ecb => 32,
        }
    }

    fn iv_size(self) -> usize {
        match self {
            Cipher::Des3 => 8,
            Cipher::Aes128 | Cipher::Aes192 | Cipher::Aes256 => 16,
            Cipher::Aes128Ecb | Cipher::Aes192Ecb | Cipher::Aes256Ecb => 0,
        }
    }

    fn encrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        fn run<C: KeyIvInit + BlockModeEncrypt>(
            key: &[u8],
            iv: &[u8],
            data: &[u8],
        ) -> Option<Vec<u8>> {
            let cipher = C::new_from_slices(key, iv).ok()?;
            Some(cipher.encrypt_padded_vec::<Pkcs7>(data))
        }
        match self {
            Cipher::Aes128 => run::<cbc::Encryptor<Aes128>>(key, iv, data),
            Cipher::Aes192 => run::<cbc::Encryptor<Aes192>>(key, iv, data),
            Cipher::Aes256 => run::<cbc::Encryptor<Aes256>>(key, iv, data),
            Cipher::Des3 => run::<cbc::Encryptor<TdesEde3>>(key, iv, data),
            Cipher::Aes128Ecb | Cipher::Aes192Ecb | Cipher::Aes256Ecb => encrypt_ecb(key, data),
        }
    }

    fn decrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        fn run<C: KeyIvInit + BlockModeDecrypt>(
            key: &[u8],
            iv: &[u8],
            data: &[u8],
        ) -> Option<Vec<u8>> {
            let cipher = C::new_from_slices(key, iv).ok()?;
            cipher.decrypt_padded_vec::<Pkcs7>(data).ok()
        }
        match self {
            Cipher::Aes128 => run::<cbc::Decryptor<Aes128>>(key, iv, data),
            Cipher::Aes192 => run::<cbc::Decryptor<Aes192>>(key, iv, data),
            Cipher::Aes256 => run::<cbc::Decryptor<Aes256>>(key, iv, data),
            Cipher::Des3 => run::<cbc::Decryptor<TdesEde3>>(key, iv, data),
            Cipher::Aes128Ecb | Cipher::Aes192Ecb | Cipher::Aes256Ecb => decrypt_ecb(key, data),
        }
    }
}

/// The number of AES in [`block::new`].
const AES: u32 = 0;
/// Bytes of a block of AES.
const AES_BLOCK: usize = 16;

fn encrypt_ecb(key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let fill = AES_BLOCK - data.len() % AES_BLOCK;
    let mut blocks = [data, &vec![fill as u8; fill]].concat();
    block::new(AES, key)?.encrypt(&mut blocks);
    Some(blocks)
}

fn decrypt_ecb(key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    if data.is_empty() || !data.len().is_multiple_of(AES_BLOCK) {
        return None;
    }
    let mut blocks = data.to_vec();
    block::new(AES, key)?.decrypt(&mut blocks);
    let fill = *blocks.last()?;
    let start = blocks.len().checked_sub(usize::from(fill))?;
    if fill == 0 || usize::from(fill) > AES_BLOCK || blocks[start..].iter().any(|&b| b != fill) {
        return None;
    }
    blocks.truncate(start);
    Some(blocks)
}

fn pbkdf2(hash: Hash, passphrase: &[u8], salt: &[u8], rounds: u32, out: &mut [u8]) -> Option<()> {
    fn run<D: EagerHash>(passphrase: &[u8], salt: &[u8], rounds: u32, out: &mut [u8]) -> Option<()>
    where
        Hmac<D>: Clone + digest::KeyInit + digest::Update + digest::FixedOutput + Sync,
    {
        pbkdf2::pbkdf2::<Hmac<D>>(passphrase, salt, rounds, out).ok()
    }
    match hash {
        Hash::Sha1 => run::<sha1::Sha1>(passphrase, salt, rounds, out),
        Hash::Sha224 => run::<sha2::Sha224>(passphrase, salt, rounds, out),
        Hash::Sha256 => run::<sha2::Sha256>(passphrase, salt, rounds, out),
        Hash::Sha384 => run::<sha2::Sha384>(passphrase, salt, rounds, out),
        Hash::Sha512 => run::<sha2::Sha512>(passphrase, salt, rounds, out),
        _ => None,
    }
}

/// Decrypts `EncryptedPrivateKeyInfo`.
pub fn decrypt_pkcs8(der: &[u8], passphrase: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut fields = Reader::new(der).sequence()?;
    let (identifier, parameters) = algorithm(&mut fields)?;
    let data = fields.expect(tag::OCTET_STRING)?;
    if identifier != PBES2 {
        return Err(UNSUPPORTED);
    }
    let mut parameters = Reader::new(parameters).sequence()?;
    let (derivation, derivation_parameters) = algorithm(&mut parameters)?;
    let (cipher, iv) = algorithm(&mut parameters)?;
    let cipher = Cipher::with_oid(cipher).ok_or(UNSUPPORTED)?;
    let iv = match cipher.iv_size() {
        0 => &[],
        _ => Reader::new(iv).expect(tag::OCTET_STRING)?,
    };

    let mut key = vec![0; cipher.key_size()];
    let mut fields = Reader::new(derivation_parameters).sequence()?;
    let salt = fields.expect(tag::OCTET_STRING)?;
    match derivation {
        PBKDF2 => {
            let rounds = small(fields.unsigned()?).filter(|&rounds| rounds <= MOST_ITERATIONS);
            fields.optional(tag::INTEGER)?;
            let hash = match fields.is_empty() {
                true => Hash::Sha1,
                false => hmac_hash(algorithm(&mut fields)?.0).ok_or(UNSUPPORTED)?,
            };
            let rounds = rounds.ok_or(UNSUPPORTED)?;
            pbkdf2(hash, passphrase, salt, rounds, &mut key).ok_or(UNSUPPORTED)?;
        }
        SCRYPT => {
            let mut number = || fields.unsigned().map(small);
            let (cost, block, parallel) = (number()?, number()?, number()?);
            let parameters = cost
                .filter(|cost| cost.is_power_of_two())
                .and_then(|cost| scrypt::Params::new(cost.ilog2() as u8, block?, parallel?).ok());
            let parameters = parameters.ok_or(UNSUPPORTED)?;
            scrypt::scrypt(passphrase, salt, &parameters, &mut key).map_err(|_| UNSUPPORTED)?;
        }
        _ => return Err(UNSUPPORTED),
    }
    cipher.decrypt(&key, iv, data).ok_or(BAD_DECRYPT)
}

fn small(digits: &[u8]) -> Option<u32> {
    (digits.len() <= 4).then(|| {
        digits
            .iter()
            .fold(0, |value, &digit| value << 8 | u32::from(digit))
    })
}

fn hmac_hash(identifier: &[u8]) -> Option<Hash> {
    match identifier.strip_prefix(HMAC_WITH)? {
        [7] => Some(Hash::Sha1),
        [8] => Some(Hash::Sha224),
        [9] => Some(Hash::Sha256),
        [10] => Some(Hash::Sha384),
        [11] => Some(Hash::Sha512),
        _ => None,
    }
}

/// Makes `EncryptedPrivateKeyInfo` as OpenSSL does by default.
pub fn encrypt_pkcs8(info: &[u8], protection: &Protection) -> Result<Vec<u8>, Failure> {
    let cipher = Cipher::named(protection.cipher).ok_or(UNKNOWN_CIPHER)?;
    let mut rng = rng::seeded(protection.seed);
    let mut salt = [0; SALT];
    let mut iv = vec![0; cipher.iv_size()];
    rng.fill_bytes(&mut salt);
    rng.fill_bytes(&mut iv);
    let mut key = vec![0; cipher.key_size()];
    let passphrase = protection.passphrase;
    pbkdf2(Hash::Sha256, passphrase, &salt, ITERATIONS, &mut key).ok_or(UNKNOWN_CIPHER)?;
    let data = cipher.encrypt(&key, &iv, info).ok_or(UNKNOWN_CIPHER)?;

    let hmac_with_sha256 = oid(&[HMAC_WITH, &[9]].concat());
    let function = sequence(&[&hmac_with_sha256, &element(tag::NULL, &[])]);
    let rounds = unsigned(&ITERATIONS.to_be_bytes());
    let derivation = sequence(&[&octets(&salt), &rounds, &function]);
    let derivation = sequence(&[&oid(PBKDF2), &derivation]);
    let cipher_parameters = match iv.is_empty() {
        true => element(tag::NULL, &[]),
        false => octets(&iv),
    };
    let scheme = sequence(&[&oid(cipher.oid()), &cipher_parameters]);
    let parameters = sequence(&[&derivation, &scheme]);
    let algorithm = sequence(&[&oid(PBES2), &parameters]);
    Ok(sequence(&[&algorithm, &octets(&data)]))
}

/// Decrypts a block of PEM with this `DEK-Info`.
pub fn decrypt_pem(info: &str, passphrase: &[u8], data: &[u8]) -> Result<Vec<u8>, Failure> {
    let (name, iv) = info.split_once(',').ok_or(UNSUPPORTED)?;
    let cipher = Cipher::named(name).filter(|cipher| cipher.iv_size() > 0);
    let cipher = cipher.ok_or(UNSUPPORTED)?;
    let iv = base16ct::mixed::decode_vec(iv.trim()).map_err(|_| UNSUPPORTED)?;
    if iv.len() != cipher.iv_size() {
        return Err(UNSUPPORTED);
    }
    let key = pem_key(cipher, passphrase, &iv);
    cipher.decrypt(&key, &iv, data).ok_or(BAD_DECRYPT)
}

/// Encrypts a block of PEM; the answer is its `DEK-Info` and its contents.
pub fn encrypt_pem(contents: &[u8], protection: &Protection) -> Result<(String, Vec<u8>), Failure> {
    let cipher = Cipher::named(protection.cipher).filter(|cipher| cipher.iv_size() > 0);
    let cipher = cipher.ok_or(UNKNOWN_CIPHER)?;
    let mut iv = vec![0; cipher.iv_size()];
    rng::seeded(protection.seed).fill_bytes(&mut iv);
    let key = pem_key(cipher, protection.passphrase, &iv);
    let data = cipher.encrypt(&key, &iv, contents).ok_or(UNKNOWN_CIPHER)?;
    let info = format!(
        "{},{}",
        cipher.pem_name(),
        base16ct::upper::encode_string(&iv)
    );
    Ok((info, data))
}

/// `EVP_BytesToKey` with MD5 and one round; the salt is the beginning of the initialisation vector.
fn pem_key(cipher: Cipher, passphrase: &[u8], iv: &[u8]) -> Vec<u8> {
    let mut key = Vec::new();
    let mut digest = Vec::new();
    while key.len() < cipher.key_size() {
        digest = Hash::Md5.digest(&[&digest, passphrase, &iv[..8]]);
        key.extend_from_slice(&digest);
    }
    key.truncate(cipher.key_size());
    key
}

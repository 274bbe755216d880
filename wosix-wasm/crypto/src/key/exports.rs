//! What JavaScript calls to read, make, write and use keys (`key.ts`).
//!
//! Every key is an address that an answer held; byte strings come as [`Fields`].

use super::cfrg::{CfrgKey, SCHEMES};
use super::ec::{CURVES, Curve, EcKey, PointForm};
use super::encode::Protection;
use super::finite_field::{DhKey, DsaKey};
use super::post_quantum::{Algorithm, LatticeKey};
use super::rsa::{CipherOptions, Private, PssParameters, RsaKey, SignOptions, Variant};
use super::signature::{Form, Subject};
use super::{Key, OPERATION_NOT_SUPPORTED, decode, encapsulation, encode};
use crate::answer::{Answer, Failure, Library, answer, hold, release};
use crate::fields::Fields;
use crate::hash::Hash;
use crate::number;
use crate::rng::seeded;

/// Node's `ERR_CRYPTO_INVALID_CURVE`
const INVALID_CURVE: Failure = Failure::new(Library::Node, 4, "Invalid EC curve name");
/// Numbers or bytes that make no key.
const INVALID_KEY_DATA: Failure = Failure::new(Library::Node, 5, "Invalid key data");

/// `PROV_R_INVALID_DIGEST`
const INVALID_DIGEST: Failure = Failure::new(Library::Provider, 122, "invalid digest");

/// Stands for a number that is not given.
const NOT_GIVEN: i32 = i32::MIN;

fn given(number: i32) -> Option<i32> {
    (number != NOT_GIVEN).then_some(number)
}

fn curve(name: &[u8]) -> Result<Curve, Failure> {
    Curve::named(name).ok_or(INVALID_CURVE)
}

/// Reads a private key: `[key, passphrase]`. `encoding` is for DER only.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_read_private(
    is_pem: bool,
    encoding: u32,
    has_passphrase: bool,
    fields: *const u8,
    len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let [key, passphrase] = unsafe { Fields::new(fields, len) }.take_all();
    let passphrase = has_passphrase.then_some(passphrase);
    let key = match is_pem {
        true => decode::private_pem(key, passphrase),
        false => decode::private_der(key, encoding, passphrase),
    };
    answer(key.map(hold))
}

/// Reads a public key: `[key, passphrase]`. `encoding` is for DER only.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_read_public(
    is_pem: bool,
    encoding: u32,
    has_passphrase: bool,
    fields: *const u8,
    len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let [key, passphrase] = unsafe { Fields::new(fields, len) }.take_all();
    let passphrase = has_passphrase.then_some(passphrase);
    let key = match is_pem {
        true => decode::public_pem(key, passphrase),
        false => decode::public_der(key, encoding, passphrase),
    };
    answer(key.map(hold))
}

/// An RSA key of its numbers: `[n, e]`, and `[d, p, q, dp, dq, qi]` of a private one.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_from_rsa(is_private: bool, fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let fields = unsafe { Fields::new(fields, len) }.take_all();
    let [n, e, d, p, q, dp, dq, qi] = fields.map(|digits| crate::asn1::trim(digits).to_vec());
    let private = Private {
        d,
        p,
        q,
        dp,
        dq,
        qi,
    };
    let private = is_private.then_some(private);
    answer(Ok(hold(Key::Rsa(RsaKey::new(
        Variant::Rsa,
        &n,
        &e,
        private,
    )))))
}

/// A key on a Weierstrass curve: `[curve, x, y]`, and `[d]` of a private one.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_from_ec(is_private: bool, fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let [name, x, y, d] = unsafe { Fields::new(fields, len) }.take_all();
    let make = || {
        let curve = curve(name)?;
        let point = curve.at_coordinates(x, y).map_err(|_| INVALID_KEY_DATA)?;
        let key = match is_private {
            false => EcKey::from_public(curve, true, point),
            true => {
                EcKey::from_private(curve, true, d, Some(point)).map_err(|_| INVALID_KEY_DATA)?
            }
        };
        Ok(hold(Key::Ec(key)))
    };
    answer(make())
}

/// A key of the bytes that are its contents: `[type, curve, bytes]`.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_from_raw(is_private: bool, fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let [kind, name, bytes] = unsafe { Fields::new(fields, len) }.take_all();
    let make = || {
        if kind == b"ec" {
            let curve = curve(name)?;
            let key = match is_private {
                true if bytes.len() != curve.size() => Err(INVALID_KEY_DATA),
                true => EcKey::from_private(curve, true, bytes, None),
                false => curve
                    .point(bytes)
                    .map(|point| EcKey::from_public(curve, true, point)),
            };
            return key.map(Key::Ec).map_err(|_| INVALID_KEY_DATA);
        }
        if let Some(algorithm) = Algorithm::named(kind) {
            let key = match is_private {
                true => LatticeKey::from_seed(algorithm, bytes),
                false => LatticeKey::from_public(algorithm, bytes),
            };
            return key.map(Key::Lattice).ok_or(INVALID_KEY_DATA);
        }
        let scheme = SCHEMES.iter().find(|(_, name, _)| name.as_bytes() == kind);
        let (scheme, ..) = scheme.ok_or(OPERATION_NOT_SUPPORTED)?;
        let key = match is_private {
            true => CfrgKey::from_private(*scheme, bytes),
            false => CfrgKey::from_public(*scheme, bytes),
        };
        key.map(Key::Cfrg).ok_or(INVALID_KEY_DATA)
    };
    answer(make().map(hold))
}

/// Frees a key.
///
/// # Safety
/// `key` is held and not used again.
#[unsafe(no_mangle)]
unsafe extern "C" fn key_free(key: *mut Key) {
    // SAFETY: the caller's promise.
    unsafe { release(key) };
}

/// The public part of a key, as a key of its own.
///
/// # Safety
/// `key` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn key_public(key: *const Key) -> u32 {
    // SAFETY: the caller's promise.
    let key = unsafe { &*key };
    answer(Ok(hold(key.public())))
}

/// Whether the public parts of two keys are the same.
///
/// # Safety
/// Both are held.
#[unsafe(no_mangle)]
unsafe extern "C" fn key_equals(a: *const Key, b: *const Key) -> u32 {
    // SAFETY: the caller's promise.
    let (a, b) = unsafe { (&*a, &*b) };
    answer(Ok(a.equals(b)))
}

/// What Node shows of a key: its type, and for
/// RSA the bits of the modulus, the public exponent, and the two hashes and the salt length that are demanded;
/// DSA the bits of p and of q; curves the name. Numbers have 32 bits, little-endian.
///
/// # Safety
/// `key` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn key_details(key: *const Key) -> u32 {
    // SAFETY: the caller's promise.
    let key = unsafe { &*key };
    let bits = |digits: &[u8]| (number::bit_len(digits) as u32).to_le_bytes().to_vec();
    let mut parts = vec![key.type_name().into()];
    match key {
        Key::Rsa(key) => {
            parts.extend([bits(&key.n), key.e.clone()]);
            if let Variant::Pss(Some(parameters)) = key.variant {
                let PssParameters {
                    hash,
                    mgf_hash,
                    salt_len,
                } = parameters;
                parts.extend([hash.name().into(), mgf_hash.name().into()]);
                parts.push(salt_len.to_le_bytes().to_vec());
            }
        }
        Key::Dsa(key) => parts.extend([bits(&key.p), bits(&key.q)]),
        Key::Ec(key) => parts.push(key.curve.name().into()),
        Key::Dh(_) | Key::Cfrg(_) | Key::Lattice(_) => {}
    }
    answer(Ok(parts))
}

/// The numbers of a key as a JWK has them: those of [`key_from_rsa`]; x, y and d of a curve; the public and the private bytes of others, or the seed.
///
/// # Safety
/// `key` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn key_numbers(key: *const Key) -> u32 {
    // SAFETY: the caller's promise.
    let key = unsafe { &*key };
    let parts = match key {
        Key::Rsa(key) => {
            let mut parts = vec![key.n.clone(), key.e.clone()];
            if let Some(private) = key.private.clone() {
                parts.extend([private.d, private.p, private.q]);
                parts.extend([private.dp, private.dq, private.qi]);
            }
            parts
        }
        Key::Ec(key) => {
            let mut parts = vec![key.public.x().to_vec(), key.public.y().to_vec()];
            parts.extend(key.private.clone());
            parts
        }
        Key::Cfrg(key) => {
            let mut parts = vec![key.public.clone()];
            parts.extend(key.private.clone());
            parts
        }
        Key::Lattice(key) => {
            let mut parts = vec![key.public.clone()];
            parts.extend(
                key.private
                    .as_ref()
                    .and_then(|private| private.seed.clone()),
            );
            parts
        }
        Key::Dsa(_) | Key::Dh(_) => Vec::new(),
    };
    answer(Ok(parts))
}

/// The public point of a key on a curve, in the form with this number.
///
/// # Safety
/// `key` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn key_point(key: *const Key, form: u32) -> u32 {
    // SAFETY: the caller's promise.
    let key = unsafe { &*key };
    answer(match key {
        Key::Ec(key) => Ok(key.public.encode(PointForm::numbered(form))),
        _ => Err(OPERATION_NOT_SUPPORTED),
    })
}

/// Whether the parts of a key on a curve belong together.
///
/// # Safety
/// `key` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn key_check(key: *const Key) -> u32 {
    // SAFETY: the caller's promise.
    let key = unsafe { &*key };
    answer(Ok(match key {
        Key::Ec(key) => key.is_consistent(),
        _ => true,
    }))
}

/// The encoding of a public key.
///
/// # Safety
/// `key` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn key_write_public(key: *const Key, is_pem: bool, encoding: u32) -> u32 {
    // SAFETY: the caller's promise.
    let key = unsafe { &*key };
    answer(match is_pem {
        true => encode::public_pem(key, encoding).map(String::into_bytes),
        false => encode::public_der(key, encoding),
    })
}

/// The encoding of a private key: `[cipher, passphrase, seed]`, with an empty cipher if it is not to be encrypted.
///
/// # Safety
/// `key` is held; as [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_write_private(
    key: *const Key,
    is_pem: bool,
    encoding: u32,
    fields: *const u8,
    len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (key, mut fields) = unsafe { (&*key, Fields::new(fields, len)) };
    let [cipher, passphrase, seed] = fields.take_all();
    let cipher = str::from_utf8(cipher).unwrap_or_default();
    let protection = Protection {
        cipher,
        passphrase,
        seed,
    };
    let protection = (!cipher.is_empty()).then_some(&protection);
    answer(match is_pem {
        true => encode::private_pem(key, encoding, protection).map(String::into_bytes),
        false => encode::private_der(key, encoding, protection),
    })
}

/// Generates an RSA key: `[seed, hash, mgf1 hash]`. `salt_len` and empty hashes are not given.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_generate_rsa(
    is_pss: bool,
    bits: u32,
    exponent: u32,
    salt_len: i32,
    fields: *const u8,
    len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let [seed, hash, mgf_hash] = unsafe { Fields::new(fields, len) }.take_all();
    let make = || {
        let variant = match is_pss {
            false => Variant::Rsa,
            true => Variant::Pss(pss_parameters(hash, mgf_hash, given(salt_len))?),
        };
        RsaKey::generate(variant, bits as usize, exponent, &mut seeded(seed))
    };
    answer(make().map(|key| hold(Key::Rsa(key))))
}

/// The parameters that Node asks for; what is not given follows from the hash.
fn pss_parameters(
    hash: &[u8],
    mgf_hash: &[u8],
    salt_len: Option<i32>,
) -> Result<Option<PssParameters>, Failure> {
    if hash.is_empty() && mgf_hash.is_empty() && salt_len.is_none() {
        return Ok(None);
    }
    let named = |name: &[u8], otherwise| match name {
        [] => Ok(otherwise),
        name => Hash::named(name),
    };
    let hash = named(hash, Hash::Sha1)?;
    Ok(Some(PssParameters {
        hash,
        mgf_hash: named(mgf_hash, hash)?,
        salt_len: salt_len.map_or(hash.size() as u32, |len| len as u32),
    }))
}

/// Generates a DSA key: `[seed]`.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_generate_dsa(p: u32, q: u32, fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let seed = unsafe { Fields::new(fields, len) }.take();
    answer(DsaKey::generate(p, q, &mut seeded(seed)).map(|key| hold(Key::Dsa(key))))
}

/// Generates a key for Diffie-Hellman: `[seed, prime, generator]`.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_generate_dh(fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let [seed, p, g] = unsafe { Fields::new(fields, len) }.take_all();
    answer(DhKey::generate(p, g, &mut seeded(seed)).map(|key| hold(Key::Dh(key))))
}

/// A prime for Diffie-Hellman with this generator: `[seed]`.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_dh_prime(bits: u32, generator: u32, fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let seed = unsafe { Fields::new(fields, len) }.take();
    answer(DhKey::generate_prime(bits, generator, &mut seeded(seed)))
}

/// Generates a key on a Weierstrass curve: `[seed, curve]`.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_generate_ec(named: bool, fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let [seed, name] = unsafe { Fields::new(fields, len) }.take_all();
    let make = || {
        let curve = curve(name)?;
        let private = curve.generate(&mut seeded(seed));
        EcKey::from_private(curve, named, &private, None)
    };
    answer(make().map(|key| hold(Key::Ec(key))))
}

/// Generates a key of a type that has no parameters: `[seed, type]`.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_generate(fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let [seed, kind] = unsafe { Fields::new(fields, len) }.take_all();
    if let Some(algorithm) = Algorithm::named(kind) {
        let key = LatticeKey::generate(algorithm, &mut seeded(seed));
        return answer(Ok(hold(Key::Lattice(key))));
    }
    let scheme = SCHEMES.iter().find(|(_, name, _)| name.as_bytes() == kind);
    let (scheme, ..) = match scheme {
        None => return answer::<Answer>(Err(OPERATION_NOT_SUPPORTED)),
        Some(entry) => entry,
    };
    answer(Ok(hold(Key::Cfrg(CfrgKey::generate(
        *scheme,
        &mut seeded(seed),
    )))))
}

/// Whether the key signs messages and not digests of them.
///
/// # Safety
/// `key` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn key_signs_messages(key: *const Key) -> u32 {
    // SAFETY: the caller's promise.
    let key = unsafe { &*key };
    answer(Ok(key.signs_messages()))
}

/// Bytes of r and of s of a signature; 0 for keys whose signatures are no such pair.
///
/// # Safety
/// `key` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn key_signature_part(key: *const Key) -> u32 {
    // SAFETY: the caller's promise.
    let key = unsafe { &*key };
    answer(Ok(key.signature_part().unwrap_or(0) as u32))
}

fn subject<'a>(hash: &[u8], data: &'a [u8], context: &'a [u8]) -> Result<Subject<'a>, Failure> {
    Ok(match hash {
        [] => Subject::Message {
            message: data,
            context,
        },
        hash => Subject::Digest(Hash::named(hash).map_err(|_| INVALID_DIGEST)?, data),
    })
}

fn form(padding: i32, salt_len: i32, p1363: bool) -> Form {
    let rsa = SignOptions {
        padding: given(padding).map(|padding| padding as u32),
        salt_len: given(salt_len),
    };
    Form { rsa, p1363 }
}

/// Signs: `[seed, hash, digest]`, or `[seed, "", message, context]`.
///
/// # Safety
/// `key` is held; as [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_sign(
    key: *const Key,
    padding: i32,
    salt_len: i32,
    p1363: bool,
    fields: *const u8,
    len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (key, mut fields) = unsafe { (&*key, Fields::new(fields, len)) };
    let [seed, hash, data, context] = fields.take_all();
    let form = form(padding, salt_len, p1363);
    let sign = || key.sign(subject(hash, data, context)?, form, &mut seeded(seed));
    answer(sign())
}

/// Verifies: `[signature, hash, digest]`, or `[signature, "", message, context]`.
///
/// # Safety
/// `key` is held; as [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_verify(
    key: *const Key,
    padding: i32,
    salt_len: i32,
    p1363: bool,
    fields: *const u8,
    len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (key, mut fields) = unsafe { (&*key, Fields::new(fields, len)) };
    let [signature, hash, data, context] = fields.take_all();
    let form = form(padding, salt_len, p1363);
    let verify = || key.verify(subject(hash, data, context)?, form, signature);
    answer(verify())
}

/// RSA as a cipher: `[seed, data, hash, label]`.
///
/// # Safety
/// `key` is held; as [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_rsa(
    key: *const Key,
    operation: u32,
    padding: u32,
    fields: *const u8,
    len: usize,
) -> u32 {
    const PUBLIC_ENCRYPT: u32 = 0;
    const PRIVATE_DECRYPT: u32 = 1;
    const PRIVATE_ENCRYPT: u32 = 2;
    // SAFETY: the caller's promise.
    let (key, mut fields) = unsafe { (&*key, Fields::new(fields, len)) };
    let [seed, data, hash, label] = fields.take_all();
    let run = || {
        let Key::Rsa(key) = key else {
            return Err(OPERATION_NOT_SUPPORTED);
        };
        if key.variant != Variant::Rsa {
            return Err(OPERATION_NOT_SUPPORTED);
        }
        let mut rng = seeded(seed);
        let options = CipherOptions {
            padding,
            hash: Hash::named(hash)?,
            label,
        };
        match operation {
            PUBLIC_ENCRYPT => key.encrypt(data, options, &mut rng),
            PRIVATE_DECRYPT => key.decrypt(data, options, &mut rng),
            PRIVATE_ENCRYPT => key.private_encrypt(data, padding, &mut rng),
            _ => key.public_decrypt(data, padding),
        }
    };
    answer(run())
}

/// The secret shared by the owner of a private key and that of another key.
///
/// # Safety
/// Both are held.
#[unsafe(no_mangle)]
unsafe extern "C" fn key_diffie_hellman(mine: *const Key, theirs: *const Key) -> u32 {
    // SAFETY: the caller's promise.
    let (mine, theirs) = unsafe { (&*mine, &*theirs) };
    answer(mine.diffie_hellman(theirs))
}

/// A secret for the owner of a key: `[seed]`; the answer is the secret and the ciphertext.
///
/// # Safety
/// `key` is held; as [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_encapsulate(key: *const Key, fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let (key, mut fields) = unsafe { (&*key, Fields::new(fields, len)) };
    let seed = fields.take();
    answer(encapsulation::encapsulate(key, &mut seeded(seed)))
}

/// The secret in a ciphertext: `[seed, ciphertext]`.
///
/// # Safety
/// `key` is held; as [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn key_decapsulate(key: *const Key, fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let (key, mut fields) = unsafe { (&*key, Fields::new(fields, len)) };
    let [seed, ciphertext] = fields.take_all();
    answer(encapsulation::decapsulate(
        key,
        ciphertext,
        &mut seeded(seed),
    ))
}

/// The names of the curves.
#[unsafe(no_mangle)]
extern "C" fn ec_curves() -> u32 {
    let names = CURVES.iter().map(|(_, name, _)| (*name).into());
    answer(Ok(names.collect::<Vec<Vec<u8>>>()))
}

/// A private number for a curve: `[curve, seed]`.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn ec_generate(fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let [name, seed] = unsafe { Fields::new(fields, len) }.take_all();
    answer(curve(name).map(|curve| curve.generate(&mut seeded(seed))))
}

/// Whether a number can be private: `[curve, number]`.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn ec_is_private(fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let [name, scalar] = unsafe { Fields::new(fields, len) }.take_all();
    answer(curve(name).map(|curve| curve.is_private(scalar)))
}

/// The point that belongs to a private number: `[curve, number]`.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn ec_public(fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let [name, scalar] = unsafe { Fields::new(fields, len) }.take_all();
    let make = || Ok(curve(name)?.public(scalar)?.encode(PointForm::Uncompressed));
    answer(make())
}

/// A point in another form: `[curve, point]`.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn ec_convert(form: u32, fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let [name, point] = unsafe { Fields::new(fields, len) }.take_all();
    let make = || Ok(curve(name)?.point(point)?.encode(PointForm::numbered(form)));
    answer(make())
}

/// The secret of a private number and a point: `[curve, number, point]`.
///
/// # Safety
/// As [`Fields::new`].
#[unsafe(no_mangle)]
unsafe extern "C" fn ec_diffie_hellman(fields: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let [name, scalar, point] = unsafe { Fields::new(fields, len) }.take_all();
    let compute = || {
        let curve = curve(name)?;
        curve.diffie_hellman(scalar, &curve.point(point)?)
    };
    answer(compute())
}

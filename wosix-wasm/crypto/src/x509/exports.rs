//! What JavaScript calls to read and check certificates (`x509.ts`).

use core::net::IpAddr;

use super::Certificate;
use super::name::Name;
use super::spkac::Spkac;
use super::time::Time;
use crate::answer::{Failure, Library, answer, hold, release};
use crate::asn1::Element;
use crate::key::Key;
use crate::key::decode::encoding;
use crate::key::encode;
use crate::pem;
use wosix_memory::input;

/// Node's `ERR_INVALID_ARG_VALUE` for names that cannot be in a certificate.
const INVALID_NAME: Failure = Failure::new(Library::Node, 5, "Invalid name");

/// Reads a certificate.
///
/// # Safety
/// `address` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_parse(address: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let bytes = unsafe { input(address, len) };
    answer(Certificate::parse(bytes).map(hold))
}

/// Frees a certificate.
///
/// # Safety
/// `certificate` is held and not used again.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_free(certificate: *mut Certificate) {
    // SAFETY: the caller's promise.
    unsafe { release(certificate) };
}

/// All that a certificate shows: DER, PEM, subject, issuer, beginning and end (each as text and as seconds in digits), serial number,
/// the signature algorithm's name and identifier.
///
/// # Safety
/// `certificate` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_fields(certificate: *const Certificate) -> u32 {
    // SAFETY: the caller's promise.
    let certificate = unsafe { &*certificate };
    let fields = || {
        let der = certificate.der().to_vec();
        let text = pem::encode("CERTIFICATE", &[], &der);
        let fields = certificate.fields()?;
        let (begins, begins_seconds) = time(&fields.not_before);
        let (ends, ends_seconds) = time(&fields.not_after);
        let (name, identifier) = certificate.signature_algorithm()?;
        let texts = [
            text,
            certificate.subject().multiline(),
            certificate.issuer().multiline(),
            begins,
            begins_seconds,
            ends,
            ends_seconds,
            certificate.serial_number()?,
            name,
            identifier,
        ];
        let mut parts = vec![der];
        parts.extend(texts.map(String::into_bytes));
        Ok(parts)
    };
    answer(fields())
}

fn time(element: &Element) -> (String, String) {
    match Time::parse(element) {
        Some(time) => (time.text(), time.seconds().to_string()),
        None => ("Bad time value".into(), "NaN".into()),
    }
}

fn optional(text: Option<String>) -> Vec<Vec<u8>> {
    text.into_iter().map(String::into_bytes).collect()
}

/// `SubjectAltName`, or no part.
///
/// # Safety
/// `certificate` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_alt_name(certificate: *const Certificate) -> u32 {
    // SAFETY: the caller's promise.
    answer(Ok(optional(unsafe { &*certificate }.alt_name_text())))
}

/// `AuthorityInfoAccess`, or no part.
///
/// # Safety
/// `certificate` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_info_access(certificate: *const Certificate) -> u32 {
    // SAFETY: the caller's promise.
    answer(Ok(optional(unsafe { &*certificate }.info_access())))
}

/// The identifiers of `ExtendedKeyUsage`, with a space between, or no part.
///
/// # Safety
/// `certificate` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_key_usage(certificate: *const Certificate) -> u32 {
    // SAFETY: the caller's promise.
    let usages = unsafe { &*certificate }.extended_key_usage();
    answer(Ok(optional(usages.map(|usages| usages.join(" ")))))
}

/// Keys and values of the attributes of the subject, or of the issuer.
///
/// # Safety
/// `certificate` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_name(certificate: *const Certificate, of_issuer: bool) -> u32 {
    // SAFETY: the caller's promise.
    let certificate = unsafe { &*certificate };
    let name: Name = match of_issuer {
        true => certificate.issuer(),
        false => certificate.subject(),
    };
    let pairs = name
        .attributes()
        .into_iter()
        .flat_map(|attribute| [attribute.key().into_bytes(), attribute.text().into_bytes()]);
    answer(Ok(pairs.collect::<Vec<_>>()))
}

/// The public key, as a key.
///
/// # Safety
/// `certificate` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_key(certificate: *const Certificate) -> u32 {
    // SAFETY: the caller's promise.
    answer(unsafe { &*certificate }.key().map(hold))
}

/// # Safety
/// `certificate` is held.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_is_authority(certificate: *const Certificate) -> u32 {
    // SAFETY: the caller's promise.
    answer(Ok(unsafe { &*certificate }.is_authority()))
}

/// # Safety
/// Both are held.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_is_issued_by(
    certificate: *const Certificate,
    issuer: *const Certificate,
) -> u32 {
    // SAFETY: the caller's promise.
    let (certificate, issuer) = unsafe { (&*certificate, &*issuer) };
    answer(Ok(certificate.is_issued_by(issuer)))
}

/// # Safety
/// Both are held.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_is_signed_by(certificate: *const Certificate, key: *const Key) -> u32 {
    // SAFETY: the caller's promise.
    let (certificate, key) = unsafe { (&*certificate, &*key) };
    answer(certificate.is_signed_by(key))
}

/// Whether the certificate is one for this key.
///
/// # Safety
/// Both are held.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_has_key(certificate: *const Certificate, key: *const Key) -> u32 {
    // SAFETY: the caller's promise.
    let (certificate, key) = unsafe { (&*certificate, &*key) };
    answer(Ok(certificate.key().is_ok_and(|own| own.equals(key))))
}

fn check_text(name: &[u8]) -> Result<(), Failure> {
    match name.contains(&0) {
        true => Err(INVALID_NAME),
        false => Ok(()),
    }
}

/// The name that is one for this host, or no part.
///
/// # Safety
/// `certificate` is held; `address` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_check_host(
    certificate: *const Certificate,
    flags: u32,
    address: *const u8,
    len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (certificate, host) = unsafe { (&*certificate, input(address, len)) };
    let found = check_text(host).map(|()| certificate.check_host(host, flags));
    answer(found.map(|name| name.into_iter().collect::<Vec<_>>()))
}

/// # Safety
/// `certificate` is held; `address` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_check_email(
    certificate: *const Certificate,
    flags: u32,
    address: *const u8,
    len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (certificate, email) = unsafe { (&*certificate, input(address, len)) };
    answer(check_text(email).map(|()| certificate.check_email(email, flags)))
}

/// # Safety
/// `certificate` is held; `address` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn x509_check_ip(
    certificate: *const Certificate,
    address: *const u8,
    len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (certificate, text) = unsafe { (&*certificate, input(address, len)) };
    let parsed = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    answer(match parsed {
        None => Err(INVALID_NAME),
        Some(IpAddr::V4(address)) => Ok(certificate.check_ip(&address.octets())),
        Some(IpAddr::V6(address)) => Ok(certificate.check_ip(&address.octets())),
    })
}

/// Whether a SPKAC is signed by its own key.
///
/// # Safety
/// `address` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn spkac_verify(address: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let text = unsafe { input(address, len) };
    answer(Spkac::parse(text).and_then(|spkac| spkac.is_valid()))
}

/// The key of a SPKAC in PEM.
///
/// # Safety
/// `address` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn spkac_key(address: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let text = unsafe { input(address, len) };
    let key = Spkac::parse(text).and_then(|spkac| spkac.key());
    let text = key.and_then(|key| encode::public_pem(&key, encoding::SPKI));
    answer(text.map(String::into_bytes))
}

/// The challenge of a SPKAC.
///
/// # Safety
/// `address` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn spkac_challenge(address: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let text = unsafe { input(address, len) };
    answer(Spkac::parse(text).and_then(|spkac| spkac.challenge()))
}

//! X.509 certificates (RFC 5280), shown and checked as OpenSSL and Node do it.

mod check;
mod exports;
mod name;
mod signature;
mod spkac;
mod time;

use crate::answer::{Failure, Library};
use crate::asn1::{self, NOT_ENOUGH_DATA, Reader, tag};
use crate::key::{Key, decode};
use crate::pem;
use name::{GeneralName, Name};

/// `PEM_R_NO_START_LINE`
const NO_START_LINE: Failure = Failure::new(Library::Pem, 108, "no start line");
/// `X509_R_*` and `EVP_R_DECODE_ERROR` for a key that cannot be read.
const DECODE_ERROR: Failure = Failure::new(Library::Evp, 114, "decode error");

/// Contents of the object identifiers of extensions: `2.5.29.<number>`, and `id-pe-authorityInfoAccess`.
mod extension {
    pub const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 14];
    pub const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
    pub const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 17];
    pub const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
    pub const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 35];
    pub const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];
    pub const AUTHORITY_INFO_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
}

/// Bit of `KeyUsage`: signing certificates.
const KEY_CERT_SIGN: u8 = 0x04;

/// What `BasicConstraints` says.
enum Constraints {
    Absent,
    Authority(bool),
    /// A path length below zero.
    Invalid,
}

/// A certificate; its fields are parts of its DER.
pub struct Certificate {
    der: Vec<u8>,
}

/// The fields of a certificate, complete elements where they are read elsewhere.
struct Fields<'a> {
    /// What is signed.
    body: &'a [u8],
    /// Digits, in two's complement.
    serial: &'a [u8],
    issuer: &'a [u8],
    not_before: asn1::Element<'a>,
    not_after: asn1::Element<'a>,
    subject: &'a [u8],
    key: &'a [u8],
    extensions: &'a [u8],
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
}

impl Certificate {
    /// Reads a certificate in PEM or, if it is none, in DER.
    pub fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        let labels = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];
        let blocks = pem::blocks(bytes);
        let block = blocks
            .iter()
            .find(|block| labels.contains(&block.label.as_str()));
        let certificate = match block {
            Some(block) => Self::from_der(&block.contents)?,
            None => Self::from_der(bytes).map_err(|_| NO_START_LINE)?,
        };
        Ok(certificate)
    }

    fn from_der(bytes: &[u8]) -> Result<Self, Failure> {
        let der = Reader::new(bytes).any()?.raw.to_vec();
        let certificate = Self { der };
        certificate.fields()?;
        Ok(certificate)
    }

    pub fn der(&self) -> &[u8] {
        &self.der
    }

    fn fields(&self) -> Result<Fields<'_>, Failure> {
        let mut outer = Reader::new(&self.der).sequence()?;
        let body = outer.any()?;
        let signature_algorithm = outer.any()?.raw;
        let signature = outer.bits()?;
        let mut fields = Reader::new(body.raw).sequence()?;
        fields.optional(tag::explicit(0))?;
        let serial = fields.expect(tag::INTEGER)?;
        let _algorithm = fields.sequence()?;
        let issuer = fields.any()?.raw;
        let mut validity = fields.sequence()?;
        let (not_before, not_after) = (validity.any()?, validity.any()?);
        let subject = fields.any()?.raw;
        let key = fields.any()?.raw;
        Reader::new(key).sequence()?;
        let extensions = fields
            .find(|field| field.tag == tag::explicit(3))
            .map_or(&[][..], |field| field.value);
        Ok(Fields {
            body: body.raw,
            serial,
            issuer,
            not_before,
            not_after,
            subject,
            key,
            extensions,
            signature_algorithm,
            signature,
        })
    }

    /// The contents of an extension.
    fn extension(&self, identifier: &[u8]) -> Option<&[u8]> {
        let fields = self.fields().ok()?;
        let mut extensions = Reader::new(fields.extensions).sequence().ok()?;
        extensions.find_map(|extension| {
            let mut fields = Reader::new(extension.value);
            if fields.expect(tag::OID).ok()? != identifier {
                return None;
            }
            fields.optional(tag::BOOLEAN).ok()?;
            fields.expect(tag::OCTET_STRING).ok()
        })
    }

    pub fn subject(&self) -> Name<'_> {
        Name::new(self.fields().map_or(&[][..], |fields| fields.subject))
    }

    pub fn issuer(&self) -> Name<'_> {
        Name::new(self.fields().map_or(&[][..], |fields| fields.issuer))
    }

    /// The public key, which may be nonsense.
    pub fn key(&self) -> Result<Key, Failure> {
        decode::spki(self.fields()?.key).map_err(|_| DECODE_ERROR)
    }

    /// The names of `SubjectAltName`; `None` without this extension.
    fn alt_names(&self) -> Option<Vec<GeneralName<'_>>> {
        let contents = self.extension(extension::SUBJECT_ALT_NAME)?;
        Some(Reader::new(contents).sequence().ok()?.collect())
    }

    /// `SubjectAltName` as Node shows it.
    pub fn alt_name_text(&self) -> Option<String> {
        let names = self.alt_names()?;
        let texts: Vec<_> = names.iter().map(name::general_name).collect();
        Some(texts.join(", "))
    }

    /// `AuthorityInfoAccess` as Node shows it, a line an entry.
    pub fn info_access(&self) -> Option<String> {
        let contents = self.extension(extension::AUTHORITY_INFO_ACCESS)?;
        let entries = Reader::new(contents).sequence().ok()?;
        let lines = entries.filter_map(|entry| {
            let mut fields = Reader::new(entry.value);
            let method = name::access_method(fields.expect(tag::OID).ok()?);
            let location = name::general_name(&fields.any().ok()?);
            Some(format!("{method} - {location}"))
        });
        Some(lines.collect::<Vec<_>>().join("\n"))
    }

    /// Object identifiers of `ExtendedKeyUsage`.
    pub fn extended_key_usage(&self) -> Option<Vec<String>> {
        let contents = self.extension(extension::EXTENDED_KEY_USAGE)?;
        let usages = Reader::new(contents).sequence().ok()?;
        Some(usages.map(|usage| asn1::dotted(usage.value)).collect())
    }

    fn constraints(&self) -> Constraints {
        let Some(contents) = self.extension(extension::BASIC_CONSTRAINTS) else {
            return Constraints::Absent;
        };
        let read = || {
            let mut fields = Reader::new(contents).sequence().ok()?;
            let authority = fields.optional(tag::BOOLEAN).ok()?;
            let is_authority = authority.is_some_and(|value| value.first() != Some(&0));
            let path_len = fields.optional(tag::INTEGER).ok()?;
            let negative = path_len.is_some_and(|digits| digits.first() >= Some(&0x80));
            Some(match negative {
                true => Constraints::Invalid,
                false => Constraints::Authority(is_authority),
            })
        };
        read().unwrap_or(Constraints::Invalid)
    }

    /// Whether the key may sign certificates, as far as `KeyUsage` says.
    fn may_sign_certificates(&self) -> bool {
        let Some(contents) = self.extension(extension::KEY_USAGE) else {
            return true;
        };
        let bits = Reader::new(contents).bits();
        bits.is_ok_and(|bits| bits.first().is_some_and(|bits| bits & KEY_CERT_SIGN != 0))
    }

    /// Whether the certificate says that it belongs to an authority (`X509_check_ca` answers 1).
    pub fn is_authority(&self) -> bool {
        self.may_sign_certificates() && matches!(self.constraints(), Constraints::Authority(true))
    }

    /// Whether `issuer` may have issued this one, by what both say (`X509_check_issued`). The signature is not looked at.
    pub fn is_issued_by(&self, issuer: &Certificate) -> bool {
        let invalid =
            |certificate: &Certificate| matches!(certificate.constraints(), Constraints::Invalid);
        if invalid(self) || invalid(issuer) || !issuer.subject().equals(&self.issuer()) {
            return false;
        }
        issuer.key().is_ok() && self.names_key_of(issuer) && issuer.may_sign_certificates()
    }

    /// Whether `AuthorityKeyIdentifier` fits `issuer`.
    fn names_key_of(&self, issuer: &Certificate) -> bool {
        let Some(contents) = self.extension(extension::AUTHORITY_KEY_ID) else {
            return true;
        };
        let Ok(fields) = Reader::new(contents).sequence() else {
            return false;
        };
        let key_id = issuer
            .extension(extension::SUBJECT_KEY_ID)
            .and_then(|contents| Reader::new(contents).expect(tag::OCTET_STRING).ok());
        let serial = issuer.fields().map(|fields| fields.serial);
        let issuer_name = issuer.issuer();
        let fits = |field: asn1::Element| match field.tag {
            field_tag if field_tag == tag::implicit(0) => {
                key_id.is_none_or(|key_id| key_id == field.value)
            }
            field_tag if field_tag == tag::implicit(2) => {
                serial.as_ref().is_ok_and(|serial| *serial == field.value)
            }
            field_tag if field_tag == tag::explicit(1) => {
                let mut names = Reader::new(field.value);
                let directory = names.find(|name| name.tag == tag::explicit(4));
                directory.is_none_or(|name| Name::new(name.value).equals(&issuer_name))
            }
            _ => true,
        };
        fields.into_iter().all(fits)
    }

    /// Whether the signature was made with this key.
    pub fn is_signed_by(&self, key: &Key) -> Result<bool, Failure> {
        let fields = self.fields()?;
        signature::verify(
            fields.signature_algorithm,
            fields.body,
            fields.signature,
            key,
        )
    }

    /// The name of the signature's algorithm, empty if it is not known, and its identifier.
    pub fn signature_algorithm(&self) -> Result<(String, String), Failure> {
        let (identifier, _) =
            decode::algorithm(&mut Reader::new(self.fields()?.signature_algorithm))?;
        let name = signature::name(identifier).unwrap_or_default();
        Ok((name.to_owned(), asn1::dotted(identifier)))
    }

    /// The serial number in hexadecimal digits.
    pub fn serial_number(&self) -> Result<String, Failure> {
        let digits = self.fields()?.serial;
        let Some(&first) = digits.first() else {
            return Err(NOT_ENOUGH_DATA);
        };
        if first < 0x80 {
            let digits = asn1::trim(digits);
            let text = base16ct::upper::encode_string(digits);
            return Ok(if text.is_empty() { "0".into() } else { text });
        }
        let mut magnitude: Vec<u8> = digits.iter().map(|digit| !digit).collect();
        for digit in magnitude.iter_mut().rev() {
            let carry;
            (*digit, carry) = digit.overflowing_add(1);
            if !carry {
                break;
            }
        }
        Ok(format!(
            "-{}",
            base16ct::upper::encode_string(asn1::trim(&magnitude))
        ))
    }
}

//! DER: reading by elements, writing by nesting.
//!
//! Keys and certificates come from anywhere, so reading is as lenient as OpenSSL's: the order and the kinds of elements are checked where they are
//! used, and what is wrong gives OpenSSL's error.

use crate::answer::{Failure, Library};

/// Tags of the universal class, as they stand in DER (with the bit of constructed types).
pub mod tag {
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const NULL: u8 = 0x05;
    pub const OID: u8 = 0x06;
    pub const UTF8_STRING: u8 = 0x0c;
    pub const IA5_STRING: u8 = 0x16;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const UNIVERSAL_STRING: u8 = 0x1c;
    pub const BMP_STRING: u8 = 0x1e;
    pub const SEQUENCE: u8 = 0x30;

    /// `[number]` as a constructed (explicit) tag.
    pub const fn explicit(number: u8) -> u8 {
        0xa0 | number
    }

    /// `[number]` as a primitive (implicit) tag.
    pub const fn implicit(number: u8) -> u8 {
        0x80 | number
    }
}

/// `ASN1_R_NOT_ENOUGH_DATA`
pub const NOT_ENOUGH_DATA: Failure = Failure::new(Library::Asn1, 142, "not enough data");
/// `ASN1_R_WRONG_TAG`
pub const WRONG_TAG: Failure = Failure::new(Library::Asn1, 168, "wrong tag");
/// `ASN1_R_HEADER_TOO_LONG`
const HEADER_TOO_LONG: Failure = Failure::new(Library::Asn1, 123, "header too long");

/// One element: its tag, what is in it, and all of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    pub tag: u8,
    pub value: &'a [u8],
    pub raw: &'a [u8],
}

/// Elements in a row.
#[derive(Clone)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element, whatever it is.
    pub fn any(&mut self) -> Result<Element<'a>, Failure> {
        let [tag, first, ..] = *self.0 else {
            return Err(NOT_ENOUGH_DATA);
        };
        let (header, len) = if first < 0x80 {
            (2, usize::from(first))
        } else {
            let count = usize::from(first & 0x7f);
            let digits = self.0.get(2..2 + count).ok_or(HEADER_TOO_LONG)?;
            if count == 0 || count > 4 {
                return Err(HEADER_TOO_LONG);
            }
            let len = digits
                .iter()
                .fold(0, |len, &digit| len << 8 | usize::from(digit));
            (2 + count, len)
        };
        let end = header.checked_add(len).ok_or(NOT_ENOUGH_DATA)?;
        let raw = self.0.get(..end).ok_or(NOT_ENOUGH_DATA)?;
        self.0 = &self.0[end..];
        Ok(Element {
            tag,
            value: &raw[header..],
            raw,
        })
    }

    /// The contents of the next element, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Result<&'a [u8], Failure> {
        let element = self.any()?;
        if element.tag == tag {
            Ok(element.value)
        } else {
            Err(WRONG_TAG)
        }
    }

    /// The contents of the next element if it has this tag; otherwise it stays.
    pub fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Failure> {
        if self.0.first() == Some(&tag) {
            self.expect(tag).map(Some)
        } else {
            Ok(None)
        }
    }

    pub fn sequence(&mut self) -> Result<Reader<'a>, Failure> {
        self.expect(tag::SEQUENCE).map(Reader)
    }

    /// The digits of an integer that is not negative, without leading zeros.
    pub fn unsigned(&mut self) -> Result<&'a [u8], Failure> {
        self.expect(tag::INTEGER).map(trim)
    }

    /// The whole bytes of a bit string.
    pub fn bits(&mut self) -> Result<&'a [u8], Failure> {
        match self.expect(tag::BIT_STRING)? {
            [_unused, bytes @ ..] => Ok(bytes),
            [] => Err(NOT_ENOUGH_DATA),
        }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Element<'a>;

    /// The next element; the end is also where the bytes make no sense.
    fn next(&mut self) -> Option<Element<'a>> {
        self.any().ok()
    }
}

/// A number's digits without leading zeros.
pub fn trim(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
    &digits[zeros..]
}

/// An element of these contents.
pub fn element(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let len = value.len();
    if len < 0x80 {
        out.push(len as u8);
    } else {
        let digits = (len as u32).to_be_bytes();
        let digits = trim(&digits);
        out.push(0x80 | digits.len() as u8);
        out.extend_from_slice(digits);
    }
    out.extend_from_slice(value);
    out
}

/// A sequence of complete elements.
pub fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    element(tag::SEQUENCE, &elements.concat())
}

/// An integer that is not negative.
pub fn unsigned(digits: &[u8]) -> Vec<u8> {
    let digits = trim(digits);
    if digits.first().is_none_or(|&digit| digit >= 0x80) {
        element(tag::INTEGER, &[&[0], digits].concat())
    } else {
        element(tag::INTEGER, digits)
    }
}

pub fn octets(bytes: &[u8]) -> Vec<u8> {
    element(tag::OCTET_STRING, bytes)
}

/// A bit string of whole bytes.
pub fn bits(bytes: &[u8]) -> Vec<u8> {
    element(tag::BIT_STRING, &[&[0], bytes].concat())
}

/// The object identifier with these contents.
pub fn oid(contents: &[u8]) -> Vec<u8> {
    element(tag::OID, contents)
}

/// The contents of an object identifier as numbers with dots.
pub fn dotted(oid: &[u8]) -> String {
    let mut arcs = Vec::new();
    let mut arc = 0u128;
    for &byte in oid {
        arc = arc << 7 | u128::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.push(first);
                arc -= first * 40;
            }
            arcs.push(arc);
            arc = 0;
        }
    }
    let arcs: Vec<String> = arcs.iter().map(u128::to_string).collect();
    arcs.join(".")
}

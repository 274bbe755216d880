//! Names in certificates, and how Node prints them.

use crate::asn1::{self, Element, Reader, tag};

/// Short names of attributes by the contents of their object identifiers.
const ATTRIBUTES: [(&[u8], &str); 28] = [
    (&[0x55, 4, 3], "CN"),
    (&[0x55, 4, 4], "SN"),
    (&[0x55, 4, 5], "serialNumber"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x55, 4, 9], "street"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x55, 4, 12], "title"),
    (&[0x55, 4, 13], "description"),
    (&[0x55, 4, 15], "businessCategory"),
    (&[0x55, 4, 16], "postalAddress"),
    (&[0x55, 4, 17], "postalCode"),
    (&[0x55, 4, 20], "telephoneNumber"),
    (&[0x55, 4, 41], "name"),
    (&[0x55, 4, 42], "GN"),
    (&[0x55, 4, 43], "initials"),
    (&[0x55, 4, 44], "generationQualifier"),
    (&[0x55, 4, 46], "dnQualifier"),
    (&[0x55, 4, 65], "pseudonym"),
    (&[0x55, 4, 97], "organizationIdentifier"),
    (EMAIL_ADDRESS, "emailAddress"),
    (
        &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1],
        "UID",
    ),
    (
        &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25],
        "DC",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 1],
        "jurisdictionL",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 2],
        "jurisdictionST",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 3],
        "jurisdictionC",
    ),
];

pub const COMMON_NAME: &[u8] = &[0x55, 4, 3];
pub const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];

/// Kinds of other names that Node prints: the contents of the identifier, the prefix, and the type of string that they must be.
const OTHER_NAMES: [(&[u8], &str, u8); 5] = [
    (&on(9), "SmtpUTF8Mailbox", tag::UTF8_STRING),
    (&on(5), "XmppAddr", tag::UTF8_STRING),
    (&on(7), "SRVName", tag::IA5_STRING),
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 20, 2, 3],
        "UPN",
        tag::UTF8_STRING,
    ),
    (&on(8), "NAIRealm", tag::UTF8_STRING),
];

/// `id-on <number>`
const fn on(number: u8) -> [u8; 8] {
    [0x2b, 6, 1, 5, 5, 7, 8, number]
}

/// A `GeneralName`: the tag tells the kind.
pub type GeneralName<'a> = Element<'a>;

/// Tags of the kinds of `GeneralName`.
pub mod kind {
    use crate::asn1::tag::{explicit, implicit};
    pub const OTHER: u8 = explicit(0);
    pub const EMAIL: u8 = implicit(1);
    pub const DNS: u8 = implicit(2);
    pub const X400: u8 = explicit(3);
    pub const DIRECTORY: u8 = explicit(4);
    pub const EDI_PARTY: u8 = explicit(5);
    pub const URI: u8 = implicit(6);
    pub const IP: u8 = implicit(7);
    pub const REGISTERED_ID: u8 = implicit(8);
}

/// A distinguished name.
pub struct Name<'a>(&'a [u8]);

/// One attribute: the contents of its identifier, and its value.
pub struct Attribute<'a> {
    identifier: &'a [u8],
    value: Element<'a>,
    /// Whether it belongs to the same RDN as the one before.
    joined: bool,
}

impl Attribute<'_> {
    /// The short name, or the identifier's numbers.
    pub fn key(&self) -> String {
        match short_name(self.identifier) {
            Some(name) => name.to_owned(),
            None => asn1::dotted(self.identifier),
        }
    }

    pub fn text(&self) -> String {
        text(&self.value)
    }
}

fn short_name(identifier: &[u8]) -> Option<&'static str> {
    let entry = ATTRIBUTES.iter().find(|(other, _)| *other == identifier);
    entry.map(|(_, name)| *name)
}

/// The characters of a string of any of ASN.1's types.
pub fn text(string: &Element) -> String {
    match string.tag {
        tag::UTF8_STRING => String::from_utf8_lossy(string.value).into_owned(),
        tag::BMP_STRING => {
            let units = string.value.chunks_exact(2);
            let units = units.map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
            char::decode_utf16(units)
                .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        tag::UNIVERSAL_STRING => {
            let points = string.value.chunks_exact(4);
            points
                .map(|point| u32::from_be_bytes([point[0], point[1], point[2], point[3]]))
                .map(|point| char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        _ => latin1(string.value),
    }
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

impl<'a> Name<'a> {
    /// `der` is the complete name.
    pub fn new(der: &'a [u8]) -> Self {
        Self(der)
    }

    pub fn attributes(&self) -> Vec<Attribute<'a>> {
        let Ok(sets) = Reader::new(self.0).sequence() else {
            return Vec::new();
        };
        let mut attributes = Vec::new();
        for set in sets {
            for (i, attribute) in Reader::new(set.value).enumerate() {
                let mut fields = Reader::new(attribute.value);
                if let (Ok(identifier), Ok(value)) = (fields.expect(tag::OID), fields.any()) {
                    let joined = i > 0;
                    attributes.push(Attribute {
                        identifier,
                        value,
                        joined,
                    });
                }
            }
        }
        attributes
    }

    /// The values of the attributes of a kind.
    pub fn values(&self, identifier: &[u8]) -> Vec<String> {
        let attributes = self.attributes().into_iter();
        let matching = attributes.filter(|attribute| attribute.identifier == identifier);
        matching.map(|attribute| attribute.text()).collect()
    }

    /// A line an RDN.
    pub fn multiline(&self) -> String {
        let mut out = String::new();
        for attribute in self.attributes() {
            if !out.is_empty() {
                out += if attribute.joined { " + " } else { "\n" };
            }
            out += &format!("{}={}", attribute.key(), escape(&attribute.text(), true));
        }
        out
    }

    /// As RFC 2253 writes it: the last RDN first. Control characters stay.
    fn rfc2253(&self) -> String {
        let mut groups: Vec<String> = Vec::new();
        for attribute in self.attributes() {
            // What an unknown attribute means is not known: all of its DER is shown.
            let value = match short_name(attribute.identifier) {
                Some(_) => escape(&attribute.text(), false),
                None => format!("#{}", base16ct::upper::encode_string(attribute.value.raw)),
            };
            let part = format!("{}={value}", attribute.key());
            match groups.last_mut() {
                Some(group) if attribute.joined => *group = format!("{part}+{group}"),
                _ => groups.push(part),
            }
        }
        groups.reverse();
        groups.join(",")
    }

    /// Whether two names are the same but for case and spaces, as RFC 5280 compares.
    pub fn equals(&self, other: &Name) -> bool {
        self.0 == other.0 || self.canonical() == other.canonical()
    }

    fn canonical(&self) -> Vec<(&'a [u8], bool, String)> {
        let attributes = self.attributes().into_iter();
        let canonical = attributes.map(|attribute| {
            let text = attribute.text().to_lowercase();
            let words: Vec<_> = text.split_whitespace().collect();
            (attribute.identifier, attribute.joined, words.join(" "))
        });
        canonical.collect()
    }
}

/// Escapes what RFC 2253 demands, and control characters if they are not dealt with later.
fn escape(text: &str, control: bool) -> String {
    let mut out = String::new();
    let last = text.chars().count().saturating_sub(1);
    for (i, char) in text.chars().enumerate() {
        let at_edge = (i == 0 && matches!(char, '#' | ' ')) || (i == last && char == ' ');
        if control && (char < ' ' || char == '\x7f') {
            out += &format!("\\{:02X}", u32::from(char));
            continue;
        }
        if at_edge || ",+\"\\<>;".contains(char) {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

/// The method of an entry of `AuthorityInfoAccess`.
pub fn access_method(identifier: &[u8]) -> String {
    match identifier.strip_prefix(&[0x2b, 6, 1, 5, 5, 7, 48]) {
        Some([1]) => "OCSP".into(),
        Some([2]) => "CA Issuers".into(),
        Some([3]) => "AD Time Stamping".into(),
        Some([4]) => "ad dvcs".into(),
        Some([5]) => "CA Repository".into(),
        _ => asn1::dotted(identifier),
    }
}

/// A name as Node prints it: what could be mistaken for more than one name is a JSON string.
pub fn general_name(name: &GeneralName) -> String {
    match name.tag {
        kind::DNS => format!("DNS:{}", quote(&latin1(name.value), "", false)),
        kind::EMAIL => format!("email:{}", quote(&latin1(name.value), "", false)),
        kind::URI => format!("URI:{}", quote(&latin1(name.value), "", false)),
        kind::DIRECTORY => {
            let directory = Name::new(name.value).rfc2253();
            format!("DirName:{}", quote(&directory, "", true))
        }
        kind::IP => format!("IP Address:{}", address(name.value)),
        kind::REGISTERED_ID => format!("Registered ID:{}", asn1::dotted(name.value)),
        kind::OTHER => format!("othername:{}", other_name(name.value)),
        kind::X400 => "X400Name:<unsupported>".into(),
        kind::EDI_PARTY => "EdiPartyName:<unsupported>".into(),
        _ => "<unsupported>".into(),
    }
}

fn other_name(contents: &[u8]) -> String {
    let read = || {
        let mut fields = Reader::new(contents);
        let identifier = fields.expect(tag::OID).ok()?;
        let value = Reader::new(fields.expect(tag::explicit(0)).ok()?)
            .any()
            .ok()?;
        let known = OTHER_NAMES.iter().find(|(other, ..)| *other == identifier);
        let (_, prefix, string) = known.filter(|(.., string)| *string == value.tag)?;
        let is_unicode = *string == tag::UTF8_STRING;
        Some(quote(&text(&value), prefix, is_unicode))
    };
    read().unwrap_or_else(|| "<unsupported>".into())
}

fn address(bytes: &[u8]) -> String {
    match bytes.len() {
        4 => bytes
            .iter()
            .map(u8::to_string)
            .collect::<Vec<_>>()
            .join("."),
        16 => {
            let groups = bytes.chunks_exact(2);
            let groups = groups.map(|group| u16::from_be_bytes([group[0], group[1]]));
            groups
                .map(|group| format!("{group:X}"))
                .collect::<Vec<_>>()
                .join(":")
        }
        len => format!("<invalid length={len}>"),
    }
}

/// `text` after `prefix`; as a JSON string without commas if it holds anything unusual.
fn quote(text: &str, prefix: &str, is_unicode: bool) -> String {
    let is_plain = |char: char| match char {
        '"' | '\\' | ',' | '\'' | '\x7f' => false,
        char if char < ' ' => false,
        char => is_unicode || char <= '~',
    };
    let colon = if prefix.is_empty() { "" } else { ":" };
    if text.chars().all(is_plain) {
        return format!("{prefix}{colon}{text}");
    }
    let mut out = format!("\"{prefix}{colon}");
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            ' '..='~' if char != ',' => out.push(char),
            char if is_unicode && char >= '\u{80}' => out.push(char),
            char => out += &format!("\\u{:04x}", u32::from(char)),
        }
    }
    out.push('"');
    out
}

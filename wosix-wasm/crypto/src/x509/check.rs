//! Whether a certificate is one for a host, an address of mail, or of IP (RFC 6125, as OpenSSL's `v3_utl.c` applies it).

use super::Certificate;
use super::name::{COMMON_NAME, EMAIL_ADDRESS, kind};

/// `X509_CHECK_FLAG_*`
mod flag {
    pub const ALWAYS_CHECK_SUBJECT: u32 = 1;
    pub const NO_WILDCARDS: u32 = 2;
    pub const NO_PARTIAL_WILDCARDS: u32 = 4;
    pub const MULTI_LABEL_WILDCARDS: u32 = 8;
    pub const SINGLE_LABEL_SUBDOMAINS: u32 = 16;
    pub const NEVER_CHECK_SUBJECT: u32 = 32;
}

impl Certificate {
    /// The name in the certificate that is one for `host`.
    pub fn check_host(&self, host: &[u8], flags: u32) -> Option<Vec<u8>> {
        let matches = |pattern: &[u8]| match flags & flag::NO_WILDCARDS {
            0 => equals_wildcard(pattern, host, flags),
            _ => equals_ignoring_case(pattern, host, flags),
        };
        self.find_name(kind::DNS, COMMON_NAME, flags, matches)
    }

    pub fn check_email(&self, email: &[u8], flags: u32) -> bool {
        let matches = |pattern: &[u8]| equals_email(pattern, email);
        let found = self.find_name(kind::EMAIL, EMAIL_ADDRESS, flags, matches);
        found.is_some()
    }

    /// `address` has 4 or 16 bytes.
    pub fn check_ip(&self, address: &[u8]) -> bool {
        let names = self.alt_names().unwrap_or_default();
        names
            .iter()
            .any(|name| name.tag == kind::IP && name.value == address)
    }

    /// The first alternative name of a kind that matches or, if there are none of the kind, the first such attribute of the subject.
    fn find_name(
        &self,
        kind: u8,
        attribute: &[u8],
        flags: u32,
        matches: impl Fn(&[u8]) -> bool,
    ) -> Option<Vec<u8>> {
        let names = self.alt_names().unwrap_or_default();
        let mut of_kind = names.iter().filter(|name| name.tag == kind).peekable();
        let has_some = of_kind.peek().is_some();
        if let Some(name) = of_kind.find(|name| matches(name.value)) {
            return Some(name.value.to_vec());
        }
        if (has_some && flags & flag::ALWAYS_CHECK_SUBJECT == 0)
            || flags & flag::NEVER_CHECK_SUBJECT != 0
        {
            return None;
        }
        let values = self.subject().values(attribute).into_iter();
        values.map(String::into_bytes).find(|value| matches(value))
    }
}

/// The pattern without what a subject that begins with a dot leaves open.
fn skip_prefix<'a>(mut pattern: &'a [u8], subject: &[u8], flags: u32) -> &'a [u8] {
    if subject.len() < 2 || subject[0] != b'.' {
        return pattern;
    }
    while let [first, rest @ ..] = pattern
        && pattern.len() > subject.len()
        && *first != 0
    {
        if flags & flag::SINGLE_LABEL_SUBDOMAINS != 0 && *first == b'.' {
            break;
        }
        pattern = rest;
    }
    pattern
}

fn equals_ignoring_case(pattern: &[u8], subject: &[u8], flags: u32) -> bool {
    let pattern = skip_prefix(pattern, subject, flags);
    !pattern.contains(&0) && pattern.eq_ignore_ascii_case(subject)
}

/// The part before the last `@` counts as it is, the host ignoring case.
fn equals_email(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let at = a.iter().rposition(|&byte| byte == b'@').unwrap_or(0);
    a[..at] == b[..at] && a[at..].eq_ignore_ascii_case(&b[at..])
}

fn equals_wildcard(pattern: &[u8], subject: &[u8], flags: u32) -> bool {
    let is_subdomain = subject.len() > 1 && subject[0] == b'.';
    match valid_star(pattern, flags).filter(|_| !is_subdomain) {
        None => equals_ignoring_case(pattern, subject, flags),
        Some(star) => matches_wildcard(&pattern[..star], &pattern[star + 1..], subject, flags),
    }
}

/// Where the star is, if the pattern is a host name with one in a place where it may be.
fn valid_star(pattern: &[u8], flags: u32) -> Option<usize> {
    let mut star = None;
    let mut dots = 0;
    let mut label_start = true;
    let mut after_hyphen = false;
    let mut is_idna = false;
    for (i, &byte) in pattern.iter().enumerate() {
        match byte {
            b'*' => {
                let at_end = pattern.get(i + 1).is_none_or(|&next| next == b'.');
                let is_whole = label_start && at_end;
                if star.is_some() || is_idna || dots > 0 {
                    return None;
                }
                if flags & flag::NO_PARTIAL_WILDCARDS != 0 && !is_whole {
                    return None;
                }
                if !label_start && !at_end {
                    return None;
                }
                star = Some(i);
                label_start = false;
            }
            b'.' => {
                if after_hyphen || label_start {
                    return None;
                }
                (label_start, after_hyphen, is_idna) = (true, false, false);
                dots += 1;
            }
            b'-' => {
                if label_start {
                    return None;
                }
                after_hyphen = true;
            }
            byte if byte.is_ascii_alphanumeric() => {
                if label_start && starts_idna(&pattern[i..]) {
                    is_idna = true;
                }
                (label_start, after_hyphen) = (false, false);
            }
            _ => return None,
        }
    }
    star.filter(|_| !label_start && !after_hyphen && dots >= 2)
}

fn starts_idna(label: &[u8]) -> bool {
    label.len() >= 4 && label[..4].eq_ignore_ascii_case(b"xn--")
}

fn matches_wildcard(prefix: &[u8], suffix: &[u8], subject: &[u8], flags: u32) -> bool {
    let Some(end) = subject.len().checked_sub(suffix.len()) else {
        return false;
    };
    if end < prefix.len() {
        return false;
    }
    let covered = &subject[prefix.len()..end];
    if !subject[..prefix.len()].eq_ignore_ascii_case(prefix)
        || !subject[end..].eq_ignore_ascii_case(suffix)
    {
        return false;
    }
    let is_label = prefix.is_empty() && suffix.first() == Some(&b'.');
    if is_label && covered.is_empty() {
        return false;
    }
    // A part of an encoded label means nothing.
    if !is_label && starts_idna(subject) {
        return false;
    }
    let many_labels = is_label && flags & flag::MULTI_LABEL_WILDCARDS != 0;
    let allowed =
        |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || (many_labels && *byte == b'.');
    covered == b"*" || covered.iter().all(allowed)
}

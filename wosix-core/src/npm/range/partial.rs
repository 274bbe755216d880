//! Versions of which parts may be missing, as ranges name them.

use semver::{BuildMetadata, Prerelease};

use super::{MAX_NUMBER, Version};

/// A version of which trailing parts may be missing or `x`.
#[derive(Debug)]
pub(super) struct Partial {
    pub(super) major: Option<u64>,
    pub(super) minor: Option<u64>,
    pub(super) patch: Option<u64>,
    pub(super) prerelease: Prerelease,
    /// Whether major and minor are written `0`; `00`, which loose mode allows, is not the same to a caret.
    pub(super) zeros: [bool; 2],
}

impl Partial {
    pub(super) fn parse(text: &str, loose: bool) -> Option<Partial> {
        Partial::parse_body(strip_prefix_characters(text), loose)
    }

    pub(super) fn parse_body(text: &str, loose: bool) -> Option<Partial> {
        let mut partial = Partial {
            major: None,
            minor: None,
            patch: None,
            prerelease: Prerelease::EMPTY,
            zeros: [false; 2],
        };
        let mut rest = text;
        for index in 0..3 {
            if index > 0 {
                match rest.strip_prefix('.') {
                    Some(after) => rest = after,
                    None if rest.is_empty() => return Some(partial),
                    None => return None,
                }
            }
            let start = rest;
            let number;
            (number, rest) = take_number(rest, loose)?;
            if index < 2 {
                partial.zeros[index] = &start[..start.len() - rest.len()] == "0";
            }
            match index {
                0 => partial.major = number,
                1 => partial.minor = number,
                _ => {
                    partial.patch = number;
                    // A prerelease needs no `-` in loose mode, and may take digits away from the number before it.
                    let digits = start.len() - rest.len();
                    let shortest = if loose && number.is_some() { 1 } else { digits };
                    for end in (shortest..=digits).rev() {
                        if let Some(prerelease) = parse_tail(&start[end..], loose) {
                            if end < digits {
                                partial.patch = take_number(&start[..end], loose)?.0;
                            }
                            partial.prerelease = prerelease;
                            return Some(partial);
                        }
                    }
                    return None;
                }
            }
        }
        Some(partial)
    }

    /// The version, if no part is missing.
    pub(super) fn full(&self) -> Option<Version> {
        Some(Version {
            major: self.major?,
            minor: self.minor?,
            patch: self.patch?,
            pre: self.prerelease.clone(),
            build: BuildMetadata::EMPTY,
        })
    }
}

pub(super) fn strip_prefix_characters(text: &str) -> &str {
    text.trim_start_matches(['v', '=', ' '])
}

/// A number, or `None` inside for `x`, `X` and `*`; and what follows.
fn take_number(text: &str, loose: bool) -> Option<(Option<u64>, &str)> {
    if let Some(rest) = text.strip_prefix(['x', 'X', '*']) {
        return Some((None, rest));
    }
    let end = text
        .bytes()
        .position(|c| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let digits = &text[..end];
    if digits.is_empty() || (!loose && digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    // One that is too large still is a number: it makes the whole range invalid.
    let number: u64 = digits.parse().unwrap_or(u64::MAX);
    Some((Some(number.min(MAX_NUMBER + 1)), &text[end..]))
}

/// What follows the numbers: a prerelease, build metadata, both or nothing.
fn parse_tail(text: &str, loose: bool) -> Option<Prerelease> {
    let prerelease = match text.split_once('+') {
        None => text,
        Some((_, build)) if build.is_empty() || BuildMetadata::new(build).is_err() => return None,
        Some((prerelease, _)) => prerelease,
    };
    if prerelease.is_empty() {
        return Some(Prerelease::EMPTY);
    }
    let found = prerelease
        .strip_prefix('-')
        .and_then(|identifiers| parse_prerelease(identifiers, loose));
    // The `-` may also be the prerelease itself.
    found.or_else(|| parse_prerelease(prerelease, loose).filter(|_| loose))
}

fn parse_prerelease(text: &str, loose: bool) -> Option<Prerelease> {
    if text.is_empty() {
        return None;
    }
    if !loose {
        return Prerelease::new(text).ok();
    }
    // Leading zeros of numeric identifiers do not count in loose mode.
    let identifiers: Vec<&str> = text
        .split('.')
        .map(|identifier| {
            let numeric = identifier.bytes().all(|c| c.is_ascii_digit());
            let trimmed = identifier.trim_start_matches('0');
            if !numeric || identifier.is_empty() {
                identifier
            } else if trimmed.is_empty() {
                "0"
            } else {
                trimmed
            }
        })
        .collect();
    Prerelease::new(&identifiers.join(".")).ok()
}

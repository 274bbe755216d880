//! Versions and version ranges exactly as npm's `semver` package reads them.
//!
//! Cargo's ranges differ in almost every corner (`1.2.3` is exact here, `2.3` means `2.3.x`, alternatives are joined by `||`),
//! so only the version type and its precedence come from the `semver` crate.

use core::cmp::Ordering;
use core::fmt;

pub use semver::Version;
use semver::{BuildMetadata, Prerelease};

/// Largest number npm accepts in a version (`Number.MAX_SAFE_INTEGER`).
const MAX_NUMBER: u64 = 9_007_199_254_740_991;

/// How lenient parsing is, and which prereleases match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Accepts `v1.2.3`, `=1.2.3`, `01.2.3` and `1.2.3beta`; drops comparators it cannot read.
    pub loose: bool,
    /// Lets a prerelease match a range that does not name one (used for `engines`).
    pub include_prerelease: bool,
}

/// The options npm resolves dependencies with.
pub const LOOSE: Options = Options {
    loose: true,
    include_prerelease: false,
};

/// Parses one version; `None` when npm's `semver.valid` would answer null.
pub fn parse_version(text: &str, loose: bool) -> Option<Version> {
    let text = text.trim();
    if text.len() > 256 {
        return None;
    }
    let body = if loose {
        strip_prefix_characters(text)
    } else {
        text.strip_prefix('v').unwrap_or(text)
    };
    let partial = Partial::parse_body(body, loose)?;
    partial.full()
}

/// Precedence as npm sorts it: build metadata does not count.
pub fn compare(a: &Version, b: &Version) -> Ordering {
    a.cmp_precedence(b)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// One condition; `version` `None` accepts anything.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Comparator {
    operator: Operator,
    version: Option<Version>,
}

impl Comparator {
    const ANY: Comparator = Comparator {
        operator: Operator::Equal,
        version: None,
    };

    fn new(operator: Operator, version: Version) -> Comparator {
        Comparator {
            operator,
            version: Some(version),
        }
    }

    /// `<0.0.0-0`, which no version satisfies.
    fn null() -> Comparator {
        Comparator::new(Operator::Less, lowest(0, 0, 0))
    }

    fn is_null(&self) -> bool {
        *self == Comparator::null()
    }

    /// Whether some version may fit both.
    fn intersects(&self, other: &Comparator) -> bool {
        let (Some(own), Some(bound)) = (&self.version, &other.version) else {
            return true;
        };
        if self.operator == Operator::Equal {
            return Range::of(other).accepts(own);
        }
        if other.operator == Operator::Equal {
            return Range::of(self).accepts(bound);
        }
        // Nothing is lower than the lowest version.
        let nothing = |one: &Comparator| {
            one.operator == Operator::Less
                && one.version.as_ref().is_some_and(|version| {
                    (version.major, version.minor, version.patch) == (0, 0, 0)
                })
        };
        if nothing(self) || nothing(other) {
            return false;
        }
        let up = |operator| matches!(operator, Operator::Greater | Operator::GreaterEqual);
        let inclusive = |operator| matches!(operator, Operator::LessEqual | Operator::GreaterEqual);
        match (up(self.operator), up(other.operator), compare(own, bound)) {
            (true, true, _) | (false, false, _) => true,
            (_, _, Ordering::Equal) => inclusive(self.operator) && inclusive(other.operator),
            (true, false, order) => order == Ordering::Less,
            (false, true, order) => order == Ordering::Greater,
        }
    }

    fn accepts(&self, version: &Version) -> bool {
        let Some(bound) = &self.version else {
            return true;
        };
        let order = compare(version, bound);
        match self.operator {
            Operator::Equal => order == Ordering::Equal,
            Operator::Less => order == Ordering::Less,
            Operator::LessEqual => order != Ordering::Greater,
            Operator::Greater => order == Ordering::Greater,
            Operator::GreaterEqual => order != Ordering::Less,
        }
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(version) = &self.version else {
            return Ok(());
        };
        let operator = match self.operator {
            Operator::Equal => "",
            Operator::Less => "<",
            Operator::LessEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterEqual => ">=",
        };
        write!(f, "{operator}{version}")
    }
}

/// A parsed range: alternatives, each a list of conditions that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    alternatives: Vec<Vec<Comparator>>,
    include_prerelease: bool,
}

impl Range {
    /// Parses `text`; `None` when npm's `semver.validRange` would answer null.
    pub fn parse(text: &str, options: Options) -> Option<Range> {
        let collapsed = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut alternatives = Vec::new();
        for part in collapsed.split("||") {
            let set = parse_alternative(part.trim(), options)?;
            if !set.is_empty() {
                alternatives.push(set);
            }
        }
        if alternatives.is_empty() {
            return None;
        }
        if alternatives.len() > 1 {
            // Alternatives that match nothing are dropped, and one that matches everything swallows the others
            // (which decides whether prereleases match).
            let first = alternatives[0].clone();
            alternatives.retain(|set| !set[0].is_null());
            if alternatives.is_empty() {
                alternatives.push(first);
            } else if let Some(any) = alternatives
                .iter()
                .find(|set| set.len() == 1 && set[0].version.is_none())
            {
                alternatives = vec![any.clone()];
            }
        }
        Some(Range {
            alternatives,
            include_prerelease: options.include_prerelease,
        })
    }

    /// Whether every version (but prereleases) is in the range, as `*` says.
    pub fn is_any(&self) -> bool {
        self.alternatives
            .iter()
            .any(|set| set.len() == 1 && set[0].version.is_none())
    }

    fn of(comparator: &Comparator) -> Range {
        Range {
            alternatives: vec![vec![comparator.clone()]],
            include_prerelease: false,
        }
    }

    /// npm's `semver.intersects`: whether some version may be in both ranges.
    pub fn intersects(&self, other: &Range) -> bool {
        let possible = |set: &[Comparator]| {
            let mut pairs = (0..set.len()).flat_map(|i| (0..i).map(move |k| (i, k)));
            pairs.all(|(i, k)| set[i].intersects(&set[k]))
        };
        self.alternatives.iter().any(|own| {
            possible(own)
                && other.alternatives.iter().any(|set| {
                    possible(set)
                        && own
                            .iter()
                            .all(|one| set.iter().all(|bound| one.intersects(bound)))
                })
        })
    }

    /// npm's `semver.satisfies`.
    pub fn accepts(&self, version: &Version) -> bool {
        self.alternatives
            .iter()
            .any(|set| self.set_accepts(set, version))
    }

    fn set_accepts(&self, set: &[Comparator], version: &Version) -> bool {
        if !set.iter().all(|comparator| comparator.accepts(version)) {
            return false;
        }
        if version.pre.is_empty() || self.include_prerelease {
            return true;
        }
        // A prerelease matches only if the range names a prerelease of the very same release.
        set.iter()
            .filter_map(|comparator| comparator.version.as_ref())
            .any(|bound| {
                !bound.pre.is_empty()
                    && (bound.major, bound.minor, bound.patch)
                        == (version.major, version.minor, version.patch)
            })
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, set) in self.alternatives.iter().enumerate() {
            if i > 0 {
                f.write_str("||")?;
            }
            for (k, comparator) in set.iter().enumerate() {
                if k > 0 {
                    f.write_str(" ")?;
                }
                write!(f, "{comparator}")?;
            }
        }
        Ok(())
    }
}

/// One alternative; `None` invalidates the whole range, an empty list only this alternative (loose mode).
fn parse_alternative(text: &str, options: Options) -> Option<Vec<Comparator>> {
    let text = strip_build_metadata(text);
    let mut comparators: Vec<Comparator> = Vec::new();
    if let Some(bounds) = parse_hyphen(&text, options) {
        comparators = bounds;
    } else {
        for token in join_operators(&text) {
            match parse_comparator(&token, options) {
                Some(list) => comparators.extend(list),
                None if options.loose => {}
                None => return None,
            }
        }
        if comparators.is_empty() {
            return options.loose.then(Vec::new);
        }
    }
    for comparator in &mut comparators {
        let everything = if options.include_prerelease {
            lowest(0, 0, 0)
        } else {
            Version::new(0, 0, 0)
        };
        if comparator.operator == Operator::GreaterEqual
            && comparator.version.as_ref() == Some(&everything)
        {
            *comparator = Comparator::ANY;
        }
    }
    // The upper bound of the largest number is no version, and so nothing is a range.
    let mut bounds = comparators
        .iter()
        .filter_map(|comparator| comparator.version.as_ref());
    if bounds.any(|bound| bound.major.max(bound.minor).max(bound.patch) > MAX_NUMBER) {
        return None;
    }
    if comparators.iter().any(Comparator::is_null) {
        return Some(vec![Comparator::null()]);
    }
    let mut unique: Vec<Comparator> = Vec::new();
    for comparator in comparators {
        if !unique.contains(&comparator) {
            unique.push(comparator);
        }
    }
    if unique.len() > 1 {
        unique.retain(|comparator| comparator.version.is_some());
    }
    Some(unique)
}

/// Removes `+build` wherever it stands.
fn strip_build_metadata(text: &str) -> String {
    let bytes = text.as_bytes();
    let identifier = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(plus) = rest.find('+') {
        let offset = bytes.len() - rest.len() + plus;
        let mut end = offset + 1;
        while end < bytes.len()
            && (identifier(bytes[end])
                || (bytes[end] == b'.'
                    && end > offset + 1
                    && bytes.get(end + 1).is_some_and(|&c| identifier(c))))
        {
            end += 1;
        }
        out.push_str(&rest[..plus]);
        if end == offset + 1 {
            out.push('+');
        }
        rest = &text[end..];
    }
    out.push_str(rest);
    out
}

/// Splits at spaces, but keeps `> 1.2.3` and `~> 1` together. A comparison joins only with what can be a version.
fn join_operators(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let operator = tokens
            .last()
            .filter(|last| !last.is_empty() && last.bytes().all(|c| b"<>=~^".contains(&c)));
        let joins = operator.is_some_and(|last| {
            let lenient = last.ends_with(['~', '^']) || last.ends_with("~>");
            lenient || word.starts_with(|c: char| c.is_ascii_digit() || "xX*v=".contains(c))
        });
        if let Some(last) = tokens
            .last_mut()
            .filter(|last| joins && last.ends_with("~>"))
        {
            last.pop();
        }
        match tokens.last_mut().filter(|_| joins) {
            Some(last) => last.push_str(word),
            None => tokens.push(word.to_owned()),
        }
    }
    tokens
}

/// `1.2 - 3.4.5`.
fn parse_hyphen(text: &str, options: Options) -> Option<Vec<Comparator>> {
    let (from, to) = text.split_once(" - ")?;
    let from = Partial::parse(from.trim(), options.loose)?;
    let to = Partial::parse(to.trim(), options.loose)?;
    let lower = match (from.major, from.minor, from.patch) {
        (None, _, _) => None,
        (Some(major), None, _) => Some(bound(major, 0, 0, options)),
        (Some(major), Some(minor), None) => Some(bound(major, minor, 0, options)),
        (Some(major), Some(minor), Some(patch)) if from.prerelease.is_empty() => {
            Some(bound(major, minor, patch, options))
        }
        _ => from.full(),
    };
    let upper = match (to.major, to.minor, to.patch) {
        (None, _, _) => None,
        (Some(major), None, _) => Some((Operator::Less, lowest(major + 1, 0, 0))),
        (Some(major), Some(minor), None) => Some((Operator::Less, lowest(major, minor + 1, 0))),
        (Some(major), Some(minor), Some(patch))
            if to.prerelease.is_empty() && options.include_prerelease =>
        {
            Some((Operator::Less, lowest(major, minor, patch + 1)))
        }
        _ => Some((Operator::LessEqual, to.full()?)),
    };
    let mut comparators = Vec::new();
    comparators.extend(lower.map(|version| Comparator::new(Operator::GreaterEqual, version)));
    comparators.extend(upper.map(|(operator, version)| Comparator::new(operator, version)));
    if comparators.is_empty() {
        comparators.push(Comparator::ANY);
    }
    Some(comparators)
}

/// One word: caret, tilde, x-range or plain comparison, as one or two comparators.
fn parse_comparator(token: &str, options: Options) -> Option<Vec<Comparator>> {
    let between = |from: Version, to: Version| {
        Some(vec![
            Comparator::new(Operator::GreaterEqual, from),
            Comparator::new(Operator::Less, to),
        ])
    };
    if token.is_empty() {
        return Some(vec![Comparator::ANY]);
    }
    if let Some(body) = token.strip_prefix('^') {
        let partial = Partial::parse(body, options.loose)?;
        let Some(major) = partial.major else {
            return Some(vec![Comparator::ANY]);
        };
        let Some(minor) = partial.minor else {
            return between(bound(major, 0, 0, options), lowest(major + 1, 0, 0));
        };
        let upper = |patch: Option<u64>| match (major, minor, patch) {
            (0, 0, Some(patch)) => lowest(0, 0, patch + 1),
            (0, minor, _) => lowest(0, minor + 1, 0),
            (major, _, _) => lowest(major + 1, 0, 0),
        };
        return match partial.patch {
            None => between(bound(major, minor, 0, options), upper(None)),
            Some(patch) => between(partial.full()?, upper(Some(patch))),
        };
    }
    if let Some(body) = token.strip_prefix('~') {
        let partial = Partial::parse(body.strip_prefix('>').unwrap_or(body), options.loose)?;
        let Some(major) = partial.major else {
            return Some(vec![Comparator::ANY]);
        };
        let Some(minor) = partial.minor else {
            return between(bound(major, 0, 0, options), lowest(major + 1, 0, 0));
        };
        return match partial.patch {
            None => between(bound(major, minor, 0, options), lowest(major, minor + 1, 0)),
            Some(_) => between(partial.full()?, lowest(major, minor + 1, 0)),
        };
    }
    parse_simple(token, options)
}

/// `>=1.2.3`, `1.x`, `<2`.
fn parse_simple(token: &str, options: Options) -> Option<Vec<Comparator>> {
    let (operator, body) = match token.as_bytes() {
        [b'<', b'=', ..] => (Some(Operator::LessEqual), &token[2..]),
        [b'>', b'=', ..] => (Some(Operator::GreaterEqual), &token[2..]),
        [b'<', ..] => (Some(Operator::Less), &token[1..]),
        [b'>', ..] => (Some(Operator::Greater), &token[1..]),
        [b'=', ..] => (None, &token[1..]),
        _ => (None, token),
    };
    let partial = Partial::parse(body, options.loose)?;
    let (Some(major), Some(minor), Some(patch)) = (partial.major, partial.minor, partial.patch)
    else {
        return parse_x_range(operator, &partial, options);
    };
    if !options.loose && !matches!(body.as_bytes(), [b'0'..=b'9', ..] | [b'v', b'0'..=b'9', ..]) {
        return None;
    }
    debug_assert!(major.max(minor).max(patch) <= MAX_NUMBER);
    Some(vec![Comparator::new(
        operator.unwrap_or(Operator::Equal),
        partial.full()?,
    )])
}

fn parse_x_range(
    operator: Option<Operator>,
    partial: &Partial,
    options: Options,
) -> Option<Vec<Comparator>> {
    // `x.1` and `1.x.5` say nothing sensible; npm rejects them.
    if (partial.major.is_none() && partial.minor.is_some())
        || (partial.minor.is_none() && partial.patch.is_some())
    {
        return None;
    }
    let Some(major) = partial.major else {
        return Some(vec![match operator {
            Some(Operator::Less | Operator::Greater) => Comparator::null(),
            _ => Comparator::ANY,
        }]);
    };
    let minor = partial.minor;
    let next = match minor {
        None => (major + 1, 0),
        Some(minor) => (major, minor + 1),
    };
    let floor = minor.unwrap_or(0);
    let one = |operator, version| Some(vec![Comparator::new(operator, version)]);
    match operator {
        None => Some(vec![
            Comparator::new(Operator::GreaterEqual, bound(major, floor, 0, options)),
            Comparator::new(Operator::Less, lowest(next.0, next.1, 0)),
        ]),
        Some(Operator::Greater) => one(Operator::GreaterEqual, bound(next.0, next.1, 0, options)),
        Some(Operator::LessEqual) => one(Operator::Less, lowest(next.0, next.1, 0)),
        Some(Operator::Less) => one(Operator::Less, lowest(major, floor, 0)),
        Some(operator) => one(operator, bound(major, floor, 0, options)),
    }
}

/// The lowest version of a release: `major.minor.patch-0`.
fn lowest(major: u64, minor: u64, patch: u64) -> Version {
    let mut version = Version::new(major, minor, patch);
    version.pre = zero();
    version
}

/// A lower bound: prereleases are below it unless they count.
fn bound(major: u64, minor: u64, patch: u64, options: Options) -> Version {
    if options.include_prerelease {
        lowest(major, minor, patch)
    } else {
        Version::new(major, minor, patch)
    }
}

fn zero() -> Prerelease {
    Prerelease::new("0").unwrap_or(Prerelease::EMPTY)
}

/// A version of which trailing parts may be missing or `x`.
#[derive(Debug)]
struct Partial {
    major: Option<u64>,
    minor: Option<u64>,
    patch: Option<u64>,
    prerelease: Prerelease,
}

impl Partial {
    fn parse(text: &str, loose: bool) -> Option<Partial> {
        Partial::parse_body(strip_prefix_characters(text), loose)
    }

    fn parse_body(text: &str, loose: bool) -> Option<Partial> {
        let mut partial = Partial {
            major: None,
            minor: None,
            patch: None,
            prerelease: Prerelease::EMPTY,
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
            let number;
            (number, rest) = take_number(rest, loose)?;
            match index {
                0 => partial.major = number,
                1 => partial.minor = number,
                _ => partial.patch = number,
            }
        }
        if let Some((before, build)) = rest.split_once('+') {
            if BuildMetadata::new(build).is_err() || build.is_empty() {
                return None;
            }
            rest = before;
        }
        if !rest.is_empty() {
            let identifiers = match rest.strip_prefix('-') {
                Some(identifiers) => identifiers,
                None if loose => rest,
                None => return None,
            };
            partial.prerelease = parse_prerelease(identifiers, loose)?;
        }
        Some(partial)
    }

    /// The version, if no part is missing.
    fn full(&self) -> Option<Version> {
        Some(Version {
            major: self.major?,
            minor: self.minor?,
            patch: self.patch?,
            pre: self.prerelease.clone(),
            build: BuildMetadata::EMPTY,
        })
    }
}

fn strip_prefix_characters(text: &str) -> &str {
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
    let number: u64 = digits.parse().ok().filter(|&n| n <= MAX_NUMBER)?;
    Some((Some(number), &text[end..]))
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

#[cfg(test)]
mod tests;

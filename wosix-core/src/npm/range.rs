//! Versions and version ranges exactly as npm's `semver` package reads them.
//!
//! Cargo's ranges differ in almost every corner (`1.2.3` is exact here, `2.3` means `2.3.x`, alternatives are joined by `||`),
//! so only the version type and its precedence come from the `semver` crate.

mod intersect;
mod partial;

use core::cmp::Ordering;
use core::fmt;

use partial::{Partial, strip_prefix_characters};
use semver::Prerelease;
pub use semver::Version;

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
    partial.full().filter(|version| !is_too_large(version))
}

fn is_too_large(version: &Version) -> bool {
    version.major.max(version.minor).max(version.patch) > MAX_NUMBER
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
    let text = replace_hyphen(&text, options).unwrap_or(text);
    let mut parsed: Vec<(String, Option<Vec<Comparator>>)> = Vec::new();
    for token in join_operators(&text) {
        let list = parse_comparator(&token, options);
        if list.is_none() && !options.loose {
            return None;
        }
        parsed.push((token, list));
    }
    // What accepts anything is an empty word to npm, which only counts at the beginning and at the end.
    let is_any = |list: &Option<Vec<Comparator>>| {
        list.as_ref()
            .is_some_and(|list| list.len() == 1 && list[0].version.is_none())
    };
    let first = parsed.iter().position(|(_, list)| !is_any(list));
    let last = parsed.iter().rposition(|(_, list)| !is_any(list));
    let everything = Comparator::new(Operator::GreaterEqual, bound(0, 0, 0, options));
    let mut comparators: Vec<Comparator> = Vec::new();
    for (index, (token, list)) in parsed.into_iter().enumerate() {
        let inside =
            first.is_some_and(|first| index > first) && last.is_some_and(|last| index < last);
        if inside && is_any(&list) {
            continue;
        }
        for comparator in list.into_iter().flatten() {
            if comparator == everything && says_everything(&token, options) {
                comparators.push(Comparator::ANY);
            } else {
                comparators.push(comparator);
            }
        }
    }
    if comparators.is_empty() {
        return options.loose.then(Vec::new);
    }
    // The upper bound of the largest number is no version, and so nothing is a range.
    let mut bounds = comparators
        .iter()
        .filter_map(|comparator| comparator.version.as_ref());
    if bounds.any(is_too_large) {
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
    let words: Vec<&str> = text.split(' ').collect();
    let mut tokens: Vec<String> = Vec::new();
    // Whether the last token is an operator that has found its version's first characters already.
    let mut complete = false;
    for (index, word) in words.iter().enumerate() {
        let compares = !complete
            && tokens.last().is_some_and(|last| ends_in_comparison(last))
            && starts_version(&words[index..]);
        let last = tokens
            .last_mut()
            .filter(|last| compares || last.ends_with(['~', '^']) || last.ends_with("~>"));
        complete = compares && word.bytes().all(|c| b"v=".contains(&c));
        match last {
            Some(last) => {
                if !compares && last.ends_with("~>") {
                    last.pop();
                }
                last.push_str(word);
            }
            None => tokens.push((*word).to_owned()),
        }
    }
    tokens
}

/// Whether a token ends in one of `<`, `>`, `<=`, `>=`, `=`. Further `=` and `v` before a space belong to the version that follows.
fn ends_in_comparison(token: &str) -> bool {
    let before = token.trim_end_matches(['v', '=']);
    let prefix = &token[before.len()..];
    let found = before.ends_with(['<', '>']);
    (found && prefix.is_empty()) || prefix == "="
}

/// Whether a version may start here, after any number of `v` and `=`.
fn starts_version(words: &[&str]) -> bool {
    let mut rest = words.iter().map(|word| word.trim_start_matches(['v', '=']));
    rest.find(|word| !word.is_empty())
        .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit() || "xX*".contains(c)))
}

/// Whether `>=0.0.0` in a token is as good as `*`: not so if it is written another way, with a `v` or `00`.
fn says_everything(token: &str, options: Options) -> bool {
    let body = token.trim_start_matches(['~', '^', '>', '=', 'v']);
    let doubled = |part: &str| part.len() > 1 && part.bytes().all(|c| c == b'0');
    let numbers = body.split('-').next().unwrap_or(body);
    if numbers.split('.').any(doubled) {
        return false;
    }
    let whole = Partial::parse(body, options.loose).and_then(|partial| partial.full());
    whole.is_none() || token.starts_with(['~', '^']) || token.strip_prefix(">=") == Some(body)
}

/// `1.2 - 3.4.5` in other words, which are read in turn; `None` if it is nothing of the kind.
fn replace_hyphen(text: &str, options: Options) -> Option<String> {
    let (from_text, to_text) = text.split_once(" - ")?;
    let (from_text, to_text) = (from_text.trim(), to_text.trim());
    let from = Partial::parse(from_text, options.loose)?;
    let to = Partial::parse(to_text, options.loose)?;
    let zero = if options.include_prerelease { "-0" } else { "" };
    let lower = match (from.major, from.minor, from.patch) {
        (None, _, _) => String::new(),
        (Some(major), None, _) => format!(">={major}.0.0{zero}"),
        (Some(major), Some(minor), None) => format!(">={major}.{minor}.0{zero}"),
        _ if from.prerelease.is_empty() => format!(">={from_text}{zero}"),
        _ => format!(">={from_text}"),
    };
    let upper = match (to.major, to.minor, to.patch) {
        (None, _, _) => String::new(),
        (Some(major), None, _) => format!("<{}.0.0-0", major + 1),
        (Some(major), Some(minor), None) => format!("<{major}.{}.0-0", minor + 1),
        (Some(major), Some(minor), Some(patch)) => match &to.prerelease {
            prerelease if !prerelease.is_empty() => {
                format!("<={major}.{minor}.{patch}-{prerelease}")
            }
            _ if options.include_prerelease => format!("<{major}.{minor}.{}-0", patch + 1),
            _ => format!("<={to_text}"),
        },
    };
    Some(format!("{lower} {upper}").trim().to_owned())
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
        let upper = |patch: Option<u64>| match (partial.zeros, patch) {
            ([true, true], Some(patch)) => lowest(major, minor, patch + 1),
            ([true, _], _) => lowest(major, minor + 1, 0),
            _ => lowest(major + 1, 0, 0),
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
    parse_simple(token, options).or_else(|| {
        let plain = without_star(token)?;
        if plain.is_empty() {
            return Some(vec![Comparator::ANY]);
        }
        // What is left must be a whole version.
        let version = plain.trim_start_matches(['<', '>', '=']);
        let whole = Partial::parse(version, options.loose).and_then(|partial| partial.full());
        whole.and_then(|_| parse_simple(&plain, options))
    })
}

/// npm takes the first star, with a comparison before it, out of what it could not read.
fn without_star(token: &str) -> Option<String> {
    let (before, after) = token.split_once('*')?;
    let before = before.trim_end_matches(' ');
    let before = before.strip_suffix('=').unwrap_or(before);
    let before = before.strip_suffix(['<', '>']).unwrap_or(before);
    Some(format!("{before}{after}"))
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
    if partial.major.is_none() || partial.minor.is_none() || partial.patch.is_none() {
        return parse_x_range(operator, &partial, options);
    }
    if !options.loose && !matches!(body.as_bytes(), [b'0'..=b'9', ..] | [b'v', b'0'..=b'9', ..]) {
        return None;
    }
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

#[cfg(test)]
mod tests;

//! Patterns: matching (`case`, trims) and pathname expansion.

use crate::system::{FileKind, System};

/// A character of an expanded word; quoted ones lose their special meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Char {
    /// The character.
    pub value: char,
    /// It was quoted.
    pub quoted: bool,
}

/// A pattern whose every character is unquoted.
pub fn unquoted(text: &str) -> Vec<Char> {
    let unquoted = |value| Char {
        value,
        quoted: false,
    };
    text.chars().map(unquoted).collect()
}

/// Whether the pattern has unquoted characters that match more than themselves.
pub fn is_pattern(pattern: &[Char]) -> bool {
    pattern
        .iter()
        .any(|c| !c.quoted && matches!(c.value, '*' | '?' | '['))
}

/// The characters without their quoting.
pub fn plain(pattern: &[Char]) -> String {
    pattern.iter().map(|c| c.value).collect()
}

/// Whether all of `text` matches. Iterative with one backtracking point, so that no pattern takes exponential time.
pub fn matches(pattern: &[Char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = pattern.get(p).map(|c| (c.value, c.quoted));
        match step {
            Some(('*', false)) => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            None if t == text.len() => return true,
            Some(_) if t < text.len() => {
                if let Some(next) = match_one(pattern, p, text[t]) {
                    p = next;
                    t += 1;
                    continue;
                }
            }
            _ => {}
        }
        let Some((star_p, star_t)) = star else {
            return false;
        };
        if star_t == text.len() {
            return false;
        }
        star = Some((star_p, star_t + 1));
        p = star_p + 1;
        t = star_t + 1;
    }
}

/// Matches the pattern element at `p` with `c`; answers where the next element begins.
fn match_one(pattern: &[Char], p: usize, c: char) -> Option<usize> {
    let element = pattern[p];
    if element.quoted {
        return (element.value == c).then_some(p + 1);
    }
    match element.value {
        '?' => Some(p + 1),
        // The parser has taken its own backslashes: this one comes out of an expansion, and quotes within the pattern.
        '\\' => match pattern.get(p + 1) {
            Some(next) => (next.value == c).then_some(p + 2),
            None => (c == '\\').then_some(p + 1),
        },
        '[' => match match_class(pattern, p + 1, c) {
            Some((matched, next)) => matched.then_some(next),
            // Without its `]` the bracket stands for itself.
            None => (c == '[').then_some(p + 1),
        },
        value => (value == c).then_some(p + 1),
    }
}

/// Matches the bracket expression whose inside begins at `start`; `None` if it has no end.
fn match_class(pattern: &[Char], start: usize, c: char) -> Option<(bool, usize)> {
    let mut at = start;
    let negated = pattern
        .get(at)
        .is_some_and(|first| !first.quoted && matches!(first.value, '!' | '^'));
    at += usize::from(negated);
    let mut found = false;
    let first = at;
    loop {
        let element = pattern.get(at)?;
        if element.value == ']' && !element.quoted && at > first {
            return Some((found != negated, at + 1));
        }
        if element.value == '[' && pattern.get(at + 1).is_some_and(|next| next.value == ':') {
            let rest: String = pattern[at + 2..].iter().map(|c| c.value).collect();
            if let Some((class, _)) = rest.split_once(":]") {
                found |= in_class(class, c);
                at += 4 + class.chars().count();
                continue;
            }
        }
        let range_end = pattern
            .get(at + 1)
            .filter(|dash| dash.value == '-' && !dash.quoted)
            .and_then(|_| pattern.get(at + 2))
            .filter(|end| end.value != ']' || end.quoted);
        if let Some(end) = range_end {
            found |= (element.value..=end.value).contains(&c);
            at += 3;
        } else {
            found |= element.value == c;
            at += 1;
        }
    }
}

/// Membership in a named class such as `alpha`.
pub fn in_class(class: &str, c: char) -> bool {
    match class {
        "alpha" => c.is_alphabetic(),
        "digit" => c.is_ascii_digit(),
        "alnum" => c.is_alphanumeric(),
        "upper" => c.is_uppercase(),
        "lower" => c.is_lowercase(),
        "space" => c.is_whitespace(),
        "blank" => c == ' ' || c == '\t',
        "punct" => c.is_ascii_punctuation(),
        "cntrl" => c.is_control(),
        "print" => !c.is_control(),
        "graph" => !c.is_control() && !c.is_whitespace(),
        "xdigit" => c.is_ascii_hexdigit(),
        _ => false,
    }
}

/// The existing paths that match, sorted; empty if there are none. `**` as a whole part matches any number of directories.
pub fn expand(system: &dyn System, pattern: &[Char]) -> Vec<String> {
    let mut parts = pattern.split(|c| c.value == '/').peekable();
    let mut found = vec![String::new()];
    if pattern.first().is_some_and(|c| c.value == '/') {
        found = vec!["/".into()];
        while parts.next_if(|part| part.is_empty()).is_some() {}
    }
    while let Some(part) = parts.next() {
        let mut trailing = false;
        while parts.next_if(|next| next.is_empty()).is_some() {
            trailing = true;
        }
        let is_last = parts.peek().is_none();
        let mut next = Vec::new();
        for base in &found {
            step(system, base, part, is_last && !trailing, &mut next);
        }
        if is_last && trailing {
            next.iter_mut().for_each(|path| path.push('/'));
        } else if !is_last {
            next.retain(|path| path.is_empty() || path.ends_with('/') || is_dir(system, path));
            for path in &mut next {
                if !path.is_empty() && !path.ends_with('/') {
                    path.push('/');
                }
            }
        }
        found = next;
    }
    found.retain(|path| !path.is_empty());
    found.sort();
    found.dedup();
    found
}

/// Adds what `part` matches in the directory `base` (empty or ending in a slash).
fn step(system: &dyn System, base: &str, part: &[Char], is_last: bool, found: &mut Vec<String>) {
    if !is_pattern(part) {
        let path = format!("{base}{}", unescaped(part));
        if system.stat(&path, false).is_ok() && (is_last || is_dir(system, &path)) {
            found.push(path);
        }
        return;
    }
    let directory = if base.is_empty() { "." } else { base };
    // A directory that cannot be read matches nothing.
    let Ok(entries) = system.readdir(directory) else {
        return;
    };
    if plain(part) == "**" && part.iter().all(|c| !c.quoted) {
        if !is_last {
            found.push(base.to_owned());
        }
        for entry in entries.iter().filter(|entry| !entry.name.starts_with('.')) {
            let path = format!("{base}{}", entry.name);
            let descend = entry.kind == FileKind::Directory;
            if is_last || descend {
                found.push(path.clone());
            }
            if descend {
                step(system, &format!("{path}/"), part, is_last, found);
            }
        }
        return;
    }
    let wants_hidden = part.first().is_some_and(|c| c.value == '.');
    for entry in entries {
        let name: Vec<char> = entry.name.chars().collect();
        if (wants_hidden || name.first() != Some(&'.')) && matches(part, &name) {
            let path = format!("{base}{}", entry.name);
            let passable = is_last
                || entry.kind == FileKind::Directory
                || entry.kind != FileKind::File && is_dir(system, &path);
            if passable {
                found.push(path);
            }
        }
    }
}

/// The name that a pattern without operators matches: backslashes out of expansions quote in it.
fn unescaped(part: &[Char]) -> String {
    let mut name = String::new();
    let mut chars = part.iter();
    while let Some(c) = chars.next() {
        match c.value {
            '\\' if !c.quoted => name.extend(chars.next().map(|next| next.value)),
            value => name.push(value),
        }
    }
    name
}

fn is_dir(system: &dyn System, path: &str) -> bool {
    system.stat(path, true).is_ok_and(|stat| stat.is_dir())
}

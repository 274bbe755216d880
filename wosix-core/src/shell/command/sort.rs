//! sort and uniq.

use core::cmp::Ordering;

use super::Context;
use super::context::{chomp, lines};

/// How one key is compared.
#[derive(Clone, Copy, Default)]
struct Order {
    numeric: bool,
    general: bool,
    human: bool,
    version: bool,
    fold: bool,
    reverse: bool,
    blanks: bool,
}

impl Order {
    fn set(&mut self, letter: char) -> bool {
        match letter {
            'n' => self.numeric = true,
            'g' => self.general = true,
            'h' => self.human = true,
            'V' => self.version = true,
            'f' => self.fold = true,
            'r' => self.reverse = true,
            'b' => self.blanks = true,
            'd' | 'i' | 's' | 'u' | 'm' => return false,
            _ => return false,
        }
        true
    }

    fn compare(self, a: &[u8], b: &[u8]) -> Ordering {
        let text = |bytes| String::from_utf8_lossy(bytes).trim_start().to_owned();
        let ordering = if self.numeric || self.general || self.human {
            number(&text(a), self.human).total_cmp(&number(&text(b), self.human))
        } else if self.version {
            versions(&text(a), &text(b))
        } else if self.fold {
            a.to_ascii_uppercase().cmp(&b.to_ascii_uppercase())
        } else {
            a.cmp(b)
        };
        if self.reverse {
            ordering.reverse()
        } else {
            ordering
        }
    }
}

fn number(text: &str, human: bool) -> f64 {
    let end = text
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_digit() || *c == '.' || *at == 0 && *c == '-'))
        .map_or(text.len(), |(at, _)| at);
    let value: f64 = text[..end].parse().unwrap_or(0.0);
    let unit = match text[end..].chars().next() {
        Some('K' | 'k') if human => 1e3,
        Some('M') if human => 1e6,
        Some('G') if human => 1e9,
        Some('T') if human => 1e12,
        _ => 1.0,
    };
    value * unit
}

/// Compares runs of digits as numbers.
fn versions(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (a_digits, b_digits) = (digits(a), digits(b));
        if a_digits > 0 && b_digits > 0 {
            let value = |text: &str, end: usize| text[..end].parse::<u64>().unwrap_or(u64::MAX);
            let ordering = value(a, a_digits).cmp(&value(b, b_digits));
            if ordering != Ordering::Equal {
                return ordering;
            }
            (a, b) = (&a[a_digits..], &b[b_digits..]);
            continue;
        }
        match (a.chars().next(), b.chars().next()) {
            (Some(x), Some(y)) if x == y => (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]),
            (x, y) => return x.cmp(&y),
        }
    }
}

/// `-k first[.char][,last][letters]`
struct Key {
    first: usize,
    first_char: usize,
    last: Option<usize>,
    order: Option<Order>,
}

fn parse_key(text: &str) -> Option<Key> {
    let mut order = Order::default();
    let mut own = false;
    let mut position = |part: &str| -> Option<(usize, usize)> {
        let digits = part.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        for letter in part[digits.len()..].chars() {
            own |= order.set(letter);
        }
        let (field, char) = digits.split_once('.').unwrap_or((digits, "1"));
        Some((
            field.parse().ok().filter(|field| *field > 0)?,
            char.parse().ok()?,
        ))
    };
    let (first, last) = match text.split_once(',') {
        Some((first, last)) => (position(first)?, Some(position(last)?.0)),
        None => (position(text)?, None),
    };
    Some(Key {
        first: first.0,
        first_char: first.1,
        last,
        order: own.then_some(order),
    })
}

/// The part of a line that a key looks at.
fn key_of<'l>(line: &'l [u8], key: &Key, separator: Option<u8>) -> &'l [u8] {
    let mut starts = vec![0];
    match separator {
        Some(separator) => {
            let found = line
                .iter()
                .enumerate()
                .filter(|(_, byte)| **byte == separator);
            starts.extend(found.map(|(at, _)| at + 1));
        }
        None => {
            // A field begins with the blanks before it.
            let blank = |at: usize| matches!(line[at], b' ' | b'\t');
            starts.extend((1..line.len()).filter(|at| blank(*at) && !blank(at - 1)));
        }
    }
    let start = starts.get(key.first - 1).copied().unwrap_or(line.len());
    let start = (start + key.first_char.saturating_sub(1)).min(line.len());
    let end = key.last.and_then(|last| starts.get(last)).copied();
    let end = end.map_or(line.len(), |end| end - usize::from(separator.is_some()));
    &line[start..end.max(start)]
}

/// sort: sorts lines.
pub fn sort(ctx: &mut Context) -> i32 {
    let long = [
        ("numeric-sort", 'n'),
        ("reverse", 'r'),
        ("unique", 'u'),
        ("ignore-case", 'f'),
        ("key", 'k'),
        ("field-separator", 't'),
        ("output", 'o'),
        ("stable", 's'),
        ("version-sort", 'V'),
        ("human-numeric-sort", 'h'),
        ("check", 'c'),
    ];
    let (options, paths) = match ctx.options("bdfghinrsuVmck:t:o:", &long, 2) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let mut order = Order::default();
    let mut keys = Vec::new();
    let (mut separator, mut output) = (None, None);
    for (letter, value) in &options {
        let value = value.as_deref().unwrap_or_default();
        match letter {
            'k' => match parse_key(value) {
                Some(key) => keys.push(key),
                None => {
                    ctx.error(format_args!(
                        "invalid number at field start: invalid count at start of '{value}'"
                    ));
                    return 2;
                }
            },
            't' => separator = value.replace("\\t", "\t").bytes().next(),
            'o' => output = Some(value),
            _ => drop(order.set(*letter)),
        }
    }
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let (contents, ok) = ctx.read_inputs(&paths);
    if !ok {
        return 2;
    }
    let compare = |a: &&[u8], b: &&[u8]| {
        for key in &keys {
            let order = key.order.unwrap_or(order);
            let part = |line| {
                let part = key_of(line, key, separator);
                if order.blanks {
                    part.trim_ascii_start()
                } else {
                    part
                }
            };
            let ordering = order.compare(part(a), part(b));
            if ordering != Ordering::Equal {
                return ordering;
            }
        }
        if keys.is_empty() {
            order.compare(a, b)
        } else {
            Ordering::Equal
        }
    };
    let mut all: Vec<&[u8]> = lines(&contents).map(chomp).collect();
    if has('c') {
        let disorder = all
            .windows(2)
            .position(|pair| compare(&pair[0], &pair[1]) == Ordering::Greater);
        if let Some(at) = disorder {
            let line = String::from_utf8_lossy(all[at + 1]).into_owned();
            let name = paths.first().map_or("-", String::as_str);
            ctx.error(format_args!("{name}:{}: disorder: {line}", at + 2));
        }
        return i32::from(disorder.is_some());
    }
    if has('s') || has('u') {
        all.sort_by(compare);
    } else {
        all.sort_by(|a, b| {
            let last_resort = if order.reverse { b.cmp(a) } else { a.cmp(b) };
            compare(a, b).then(last_resort)
        });
    }
    if has('u') {
        all.dedup_by(|a, b| compare(a, b) == Ordering::Equal);
    }
    let mut text = Vec::with_capacity(contents.len() + 1);
    for line in all {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    match output {
        None => ctx.write(text),
        Some(path) => {
            if let Err(error) = ctx.write_file(path, &text) {
                ctx.error(format_args!(
                    "open failed: {path}: {}",
                    crate::system::strerror(error)
                ));
                return 2;
            }
        }
    }
    0
}

/// uniq: joins neighbouring lines that are equal.
pub fn uniq(ctx: &mut Context) -> i32 {
    let long = [
        ("count", 'c'),
        ("repeated", 'd'),
        ("unique", 'u'),
        ("ignore-case", 'i'),
    ];
    let (options, paths) = match ctx.options("cduif:s:w:", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let number = |wanted| {
        let value = options.iter().find(|(letter, _)| *letter == wanted);
        value.and_then(|(_, value)| value.as_ref()?.parse::<usize>().ok())
    };
    let (skip_fields, skip_chars) = (number('f').unwrap_or(0), number('s').unwrap_or(0));
    let width = number('w').unwrap_or(usize::MAX);
    let input = paths.first().cloned().into_iter().collect::<Vec<_>>();
    let (contents, ok) = ctx.read_inputs(&input);
    if !ok {
        return 1;
    }
    let compared = |line: &[u8]| {
        let mut rest = line;
        for _ in 0..skip_fields {
            rest = rest.trim_ascii_start();
            let end = rest
                .iter()
                .position(u8::is_ascii_whitespace)
                .unwrap_or(rest.len());
            rest = &rest[end..];
        }
        let rest = &rest[skip_chars.min(rest.len())..];
        let rest = &rest[..width.min(rest.len())];
        if has('i') {
            rest.to_ascii_lowercase()
        } else {
            rest.to_vec()
        }
    };
    let mut groups: Vec<(&[u8], usize)> = Vec::new();
    for line in lines(&contents).map(chomp) {
        match groups.last_mut() {
            Some((first, count)) if compared(first) == compared(line) => *count += 1,
            _ => groups.push((line, 1)),
        }
    }
    let mut out = Vec::new();
    for (line, count) in groups {
        if has('d') && count < 2 || has('u') && count > 1 {
            continue;
        }
        if has('c') {
            out.extend_from_slice(format!("{count:7} ").as_bytes());
        }
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    match paths.get(1) {
        None => ctx.write(out),
        Some(path) => {
            if let Err(error) = ctx.write_file(path, &out) {
                ctx.path_error(path, error);
                return 1;
            }
        }
    }
    0
}

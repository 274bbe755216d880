//! Backslash escapes as echo, printf, tr and `$'...'` know them.

/// How octal escapes are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Octal {
    /// `\0nnn`, up to three digits after the zero (`echo -e`, `printf %b`).
    WithZero,
    /// `\nnn` (`printf` formats, `$'...'`, `tr`).
    Plain,
}

/// Expands the escapes of `text`; answers the bytes and whether `\c` ended the output.
pub fn expand(text: &str, octal: Octal) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        match one(rest, octal) {
            Escape::Bytes(bytes, used) => {
                out.extend_from_slice(&bytes);
                rest = &rest[used..];
            }
            Escape::Stop => return (out, true),
            Escape::Unknown => out.push(b'\\'),
        }
    }
    out.extend_from_slice(rest.as_bytes());
    (out, false)
}

/// What stands after a backslash.
pub enum Escape {
    /// These bytes, spelled with that many bytes of source.
    Bytes(Vec<u8>, usize),
    /// `\c`: no more output.
    Stop,
    /// Nothing special: the backslash stands for itself.
    Unknown,
}

/// The escape at the start of `rest`, which follows a backslash.
pub fn one(rest: &str, octal: Octal) -> Escape {
    let Some(letter) = rest.chars().next() else {
        return Escape::Unknown;
    };
    let byte = |value: u8| Escape::Bytes(vec![value], 1);
    match letter {
        'a' => byte(7),
        'b' => byte(8),
        'c' => Escape::Stop,
        'e' | 'E' => byte(27),
        'f' => byte(12),
        'n' => byte(b'\n'),
        'r' => byte(b'\r'),
        't' => byte(b'\t'),
        'v' => byte(11),
        '\\' => byte(b'\\'),
        '0'..='7' => {
            let (skip, most) = match octal {
                Octal::WithZero if letter == '0' => (1, 3),
                Octal::WithZero => return Escape::Unknown,
                Octal::Plain => (0, 3),
            };
            let (value, used) = digits(&rest[skip..], 8, most);
            // Three octal digits may exceed a byte; the C library keeps the low eight bits too.
            Escape::Bytes(vec![(value & 0xff) as u8], skip + used)
        }
        'x' => match digits(&rest[1..], 16, 2) {
            (_, 0) => Escape::Unknown,
            (value, used) => Escape::Bytes(vec![(value & 0xff) as u8], 1 + used),
        },
        'u' | 'U' => {
            let most = if letter == 'u' { 4 } else { 8 };
            match digits(&rest[1..], 16, most) {
                (_, 0) => Escape::Unknown,
                (value, used) => {
                    let symbol = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
                    Escape::Bytes(symbol.to_string().into_bytes(), 1 + used)
                }
            }
        }
        _ => Escape::Unknown,
    }
}

/// Up to `most` digits of `radix` at the start of `text`: their value and number.
fn digits(text: &str, radix: u32, most: usize) -> (u32, usize) {
    let (mut value, mut used) = (0u32, 0);
    for symbol in text.chars().take(most) {
        let Some(digit) = symbol.to_digit(radix) else {
            break;
        };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        used += 1;
    }
    (value, used)
}

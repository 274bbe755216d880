//! Character classes of RFC 9110 and RFC 9112 as llhttp draws them, one lookup a byte.

/// `tchar`: what names of headers, methods and chunk extensions are made of.
const TOKEN: u8 = 1;
/// Visible characters, space, tab and `obs-text`: what a header value is made of.
const VALUE: u8 = 2;
/// Characters of a path, query or fragment (delimiters `?` and `#` aside).
const URL: u8 = 4;
/// Characters of `userinfo`, host and port in an absolute or authority-form target.
const AUTHORITY: u8 = 8;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        if b.is_ascii_alphanumeric() {
            table[byte] |= TOKEN | URL | AUTHORITY;
        }
        if (b >= 0x20 && b != 0x7f) || b == b'\t' {
            table[byte] |= VALUE;
        }
        byte += 1;
    }
    mark(&mut table, b"!#$%&'*+-.^_`|~", TOKEN);
    mark(&mut table, b"!\"$%&'()*+,-./:;<=>@[\\]^_`{|}~", URL);
    mark(&mut table, b"-_.!~*'()%;:&=+$,", AUTHORITY);
    table
}

const fn mark(table: &mut [u8; 256], bytes: &[u8], class: u8) {
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] |= class;
        i += 1;
    }
}

pub(super) fn is_token(b: u8) -> bool {
    CLASSES[b as usize] & TOKEN != 0
}

pub(super) fn is_value(b: u8) -> bool {
    CLASSES[b as usize] & VALUE != 0
}

pub(super) fn is_url(b: u8) -> bool {
    CLASSES[b as usize] & URL != 0
}

pub(super) fn is_authority(b: u8) -> bool {
    CLASSES[b as usize] & AUTHORITY != 0
}

/// `qdtext` of a quoted string: a value character other than `"` and `\`.
pub(super) fn is_quoted_text(b: u8) -> bool {
    is_value(b) && b != b'"' && b != b'\\'
}

/// Index of the first byte at or after `from` that is not in `class`, or the length of `input`.
pub(super) fn skip_while(input: &[u8], from: usize, class: impl Fn(u8) -> bool) -> usize {
    input[from..]
        .iter()
        .position(|&b| !class(b))
        .map_or(input.len(), |n| from + n)
}

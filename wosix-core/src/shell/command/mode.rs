//! Permission bits as chmod writes and ls shows them.

use crate::system::FileKind;

/// Applies an octal or symbolic mode (`u+x,go-w`) to `bits`; `None` = not a mode.
pub fn apply(text: &str, bits: u32, is_dir: bool) -> Option<u32> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return u32::from_str_radix(text, 8)
            .ok()
            .filter(|mode| *mode <= 0o7777);
    }
    text.split(',')
        .try_fold(bits, |bits, clause| symbolic(clause, bits, is_dir))
}

fn symbolic(clause: &str, mut bits: u32, is_dir: bool) -> Option<u32> {
    let at = clause.find(['+', '-', '='])?;
    let mut who = 0;
    for letter in clause[..at].chars() {
        who |= match letter {
            'u' => 0o4700,
            'g' => 0o2070,
            'o' => 0o1007,
            'a' => 0o7777,
            _ => return None,
        };
    }
    if who == 0 {
        who = 0o7777;
    }
    let mut rest = &clause[at..];
    while let Some(operator) = rest.chars().next() {
        let end = rest[1..]
            .find(['+', '-', '='])
            .map_or(rest.len(), |end| end + 1);
        let mut wanted = 0;
        for letter in rest[1..end].chars() {
            wanted |= match letter {
                'r' => 0o444,
                'w' => 0o222,
                'x' => 0o111,
                'X' if is_dir || bits & 0o111 != 0 => 0o111,
                'X' => 0,
                's' => 0o6000,
                't' => 0o1000,
                'u' => (bits >> 6 & 7) * 0o111,
                'g' => (bits >> 3 & 7) * 0o111,
                'o' => (bits & 7) * 0o111,
                _ => return None,
            };
        }
        wanted &= who;
        bits = match operator {
            '+' => bits | wanted,
            '-' => bits & !wanted,
            '=' => bits & !(who & 0o777) | wanted,
            _ => return None,
        };
        rest = &rest[end..];
    }
    Some(bits)
}

/// `drwxr-xr-x`
pub fn text(mode: u32) -> String {
    let kind = match FileKind::from_mode(mode) {
        FileKind::Directory => 'd',
        FileKind::Symlink => 'l',
        FileKind::Fifo => 'p',
        FileKind::Socket => 's',
        FileKind::CharDevice => 'c',
        FileKind::BlockDevice => 'b',
        FileKind::File | FileKind::Unknown => '-',
    };
    let mut out = String::from(kind);
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        out.push(if bits & 4 != 0 { 'r' } else { '-' });
        out.push(if bits & 2 != 0 { 'w' } else { '-' });
        out.push(match (bits & 1 != 0, mode & special != 0) {
            (true, false) => 'x',
            (false, false) => '-',
            (true, true) => letter,
            (false, true) => letter.to_ascii_uppercase(),
        });
    }
    out
}

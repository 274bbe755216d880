//! POSIX's two syntaxes of regular expressions, as the one that our library reads.

use core::iter::Peekable;
use core::str::Chars;

/// The basic syntax has its operators escaped where the extended one has its literals escaped.
pub fn basic(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    let mut at_start = true;
    while let Some(c) = chars.next() {
        match c {
            '[' => class(&mut chars, &mut out),
            '\\' => match chars.next() {
                Some(next @ ('(' | ')' | '{' | '}' | '|' | '+' | '?')) => out.push(next),
                Some(next) => out.extend(['\\', next]),
                None => out.push_str("\\\\"),
            },
            '(' | ')' | '{' | '}' | '|' | '+' | '?' => out.extend(['\\', c]),
            '*' if at_start => out.push_str("\\*"),
            _ => out.push(c),
        }
        at_start = out.ends_with('(') && !out.ends_with("\\(") || out == "^";
    }
    out
}

/// The extended syntax differs within brackets only.
pub fn extended(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '[' => class(&mut chars, &mut out),
            '\\' => {
                out.push(c);
                out.extend(chars.next());
            }
            _ => out.push(c),
        }
    }
    out
}

/// A bracket expression behind its `[`. Within it POSIX knows no escapes (GNU reads `\n` and `\t` all the same), and what the library
/// takes for nesting or set operators is literal.
fn class(chars: &mut Peekable<Chars>, out: &mut String) {
    out.push('[');
    if chars.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    // A `]` right at the start is a member.
    if chars.next_if_eq(&']').is_some() {
        out.push_str("\\]");
    }
    while let Some(c) = chars.next() {
        match c {
            ']' => {
                out.push(c);
                return;
            }
            '[' if chars.peek() == Some(&':') => {
                // `[:alpha:]`
                out.push(c);
                for c in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '\\' => match chars.next_if(|next| matches!(next, 'n' | 't')) {
                Some(next) => out.extend(['\\', next]),
                None => out.push_str("\\\\"),
            },
            '[' | '&' | '~' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{basic, extended};

    #[test]
    fn operators_of_the_basic_syntax_are_escaped() {
        assert_eq!(basic(r"\(a+\)\{2\}|"), r"(a\+){2}\|");
        assert_eq!(basic("*a*"), r"\*a*");
    }

    #[test]
    fn brackets_hold_no_escapes() {
        assert_eq!(extended(r"[]\[&]\["), r"[\]\\\[\&]\[");
        assert_eq!(extended("[^[:alpha:]_]+"), "[^[:alpha:]_]+");
    }
}

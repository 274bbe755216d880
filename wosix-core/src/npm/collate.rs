//! The order in which npm sorts names: JavaScript's `localeCompare(.., 'en')` for the characters that names and paths are made of.

use core::cmp::Ordering;

/// ASCII punctuation in the order of the Unicode root collation; digits and letters follow.
const PUNCTUATION: &[u8] = b" _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

/// First-level weight: letters differ only by what letter they are.
fn primary(c: char) -> u32 {
    if c.is_ascii_alphabetic() {
        return 200 + (c.to_ascii_lowercase() as u32 - 'a' as u32);
    }
    if c.is_ascii_digit() {
        return 100 + (c as u32 - '0' as u32);
    }
    match u8::try_from(c)
        .ok()
        .and_then(|byte| PUNCTUATION.iter().position(|&p| p == byte))
    {
        Some(position) => position as u32,
        None => 1000 + c as u32,
    }
}

/// Compares as ICU's `en` collation: first by characters without case, then lower case before upper case.
pub fn locale_compare(a: &str, b: &str) -> Ordering {
    a.chars()
        .map(primary)
        .cmp(b.chars().map(primary))
        .then_with(|| {
            a.chars()
                .map(char::is_uppercase)
                .cmp(b.chars().map(char::is_uppercase))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sorted by Node: `names.sort((a, b) => a.localeCompare(b, 'en'))`.
    const SORTED: &[&str] = &[
        "_a",
        "-a",
        ".bin",
        "@babel/core",
        "@types/node",
        "a-b",
        "a.b",
        "a",
        "A",
        "a1",
        "ab",
        "aB",
        "Ab",
        "a_b",
        "b",
        "JSONStream",
        "jsonstream2",
        "node_modules/@a/b",
        "node_modules/a",
    ];

    #[test]
    fn sorts_as_node() {
        let mut names = SORTED.to_vec();
        names.reverse();
        names.sort_by(|a, b| locale_compare(a, b));
        let mut expected: Vec<&str> =
            serde_json::from_str(include_str!("fixtures/collation.json")).expect("fixture");
        assert_eq!(names, expected);
        expected.reverse();
        expected.sort_by(|a, b| locale_compare(a, b));
        assert_eq!(names, expected);
    }
}

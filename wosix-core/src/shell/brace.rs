//! Brace expansion, `{a,b}` and `{1..3}`, as in bash: not POSIX, but people type it.

use super::ast::{Part, Word};

/// The words that `word` stands for; itself if it has no braces to expand. Only unquoted text is looked at, and only
/// braces whose whole content is unquoted text expand.
pub fn expand(word: &Word) -> Vec<Word> {
    for (index, part) in word.parts.iter().enumerate() {
        let Part::Literal(text) = part else { continue };
        let Some((head, alternatives, tail)) = split(text) else {
            continue;
        };
        return alternatives
            .into_iter()
            .flat_map(|alternative| {
                let mut parts = word.parts[..index].to_vec();
                parts.push(Part::Literal(format!("{head}{alternative}{tail}")));
                parts.extend_from_slice(&word.parts[index + 1..]);
                expand(&Word {
                    parts,
                    is_assignment: false,
                })
            })
            .collect();
    }
    vec![word.clone()]
}

/// Text before the first expandable braces, what they hold, and the text after.
fn split(text: &str) -> Option<(&str, Vec<String>, &str)> {
    for (open, _) in text.match_indices('{') {
        let inside = &text[open + 1..];
        let (mut depth, mut start) = (0, 0);
        let mut items = Vec::new();
        for (at, c) in inside.char_indices() {
            match c {
                '{' => depth += 1,
                ',' if depth == 0 => {
                    items.push(inside[start..at].to_owned());
                    start = at + 1;
                }
                '}' if depth > 0 => depth -= 1,
                '}' => {
                    let items = if items.is_empty() {
                        sequence(&inside[..at])
                    } else {
                        items.push(inside[start..at].to_owned());
                        Some(items)
                    };
                    if let Some(items) = items {
                        return Some((&text[..open], items, &inside[at + 1..]));
                    }
                    break;
                }
                _ => {}
            }
        }
    }
    None
}

/// The numbers or letters of `first..last`.
fn sequence(text: &str) -> Option<Vec<String>> {
    /// More would be a mistake rather than a wish.
    const MOST: i64 = 100_000;
    let (first, last) = text.split_once("..")?;
    if let (Ok(first), Ok(last)) = (first.parse::<i64>(), last.parse::<i64>()) {
        if first.checked_sub(last)?.abs() > MOST {
            return None;
        }
        return Some(if first <= last {
            (first..=last).map(|n| n.to_string()).collect()
        } else {
            (last..=first).rev().map(|n| n.to_string()).collect()
        });
    }
    let (mut first_chars, mut last_chars) = (first.chars(), last.chars());
    let (from, to) = (first_chars.next()?, last_chars.next()?);
    if first_chars.next().is_some() || last_chars.next().is_some() || !from.is_ascii_alphabetic() {
        return None;
    }
    Some(if from <= to {
        (from..=to).map(String::from).collect()
    } else {
        (to..=from).rev().map(String::from).collect()
    })
}

//! Values as Node's `util.inspect` writes them, which is how `npm view` shows what is no text.

use serde_json::Value;

/// Entries that fit are written on one line of so many characters, as in Node.
const LINE: usize = 72;
/// Longer arrays are never on one line.
const SHORT_ARRAY: usize = 6;

/// The text for `value`.
pub(super) fn inspect(value: &Value) -> String {
    write(value, 0)
}

fn write(value: &Value, indent: usize) -> String {
    let (brackets, entries, long) = match value {
        Value::String(text) => return quote(text),
        Value::Array(items) => {
            let entries: Vec<String> = items.iter().map(|item| write(item, indent + 2)).collect();
            (('[', ']'), entries, items.len() > SHORT_ARRAY)
        }
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| format!("{}: {}", write_key(key), write(value, indent + 2)))
                .collect();
            (('{', '}'), entries, false)
        }
        other => return other.to_string(),
    };
    let (open, close) = brackets;
    if entries.is_empty() {
        return format!("{open}{close}");
    }
    let length: usize = entries.iter().map(|entry| entry.chars().count()).sum();
    if !long && length + entries.len() <= LINE && !entries.iter().any(|entry| entry.contains('\n'))
    {
        return format!("{open} {} {close}", entries.join(", "));
    }
    let margin = " ".repeat(indent + 2);
    let lines = entries.join(&format!(",\n{margin}"));
    format!("{open}\n{margin}{lines}\n{}{close}", " ".repeat(indent))
}

fn write_key(key: &str) -> String {
    let plain = key
        .starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '_' | '$'))
        && key
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '$'));
    if plain { key.to_owned() } else { quote(key) }
}

/// In single quotes, unless the text has some and no double quotes (or, at last, backticks).
fn quote(text: &str) -> String {
    let mark = ['\'', '"', '`']
        .into_iter()
        .find(|&mark| !text.contains(mark))
        .unwrap_or('\'');
    let mut quoted = String::from(mark);
    for character in text.chars() {
        match character {
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\\' => quoted.push_str("\\\\"),
            character if character == mark => quoted.extend(['\\', character]),
            character => quoted.push(character),
        }
    }
    quoted.push(mark);
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: &str) {
        assert_eq!(inspect(&serde_json::from_str(json).unwrap()), expected);
    }

    #[test]
    fn writes_as_node_does() {
        check(
            r#"{"a":"x","b-c":[1,true,null],"d":{}}"#,
            "{ a: 'x', 'b-c': [ 1, true, null ], d: {} }",
        );
        check(r#"["it's", "\"'", "a\nb"]"#, "[ \"it's\", `\"'`, 'a\\nb' ]");
        check(
            r#"{"first":"0123456789012345678901234567890123456789","second":{"third":"01234567890123456789"}}"#,
            "{\n  first: '0123456789012345678901234567890123456789',\n  second: { third: '01234567890123456789' }\n}",
        );
    }
}

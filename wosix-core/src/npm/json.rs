//! JSON files as npm reads and writes them: errors with a position, the file's own indentation kept, keys in npm's order.

use serde_json::{Map, Value};

use super::collate::locale_compare;
use super::error::NpmError;

/// How a JSON file is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// One level of indentation; empty puts everything on one line.
    pub indent: String,
    /// Line break, also the one at the end of the file.
    pub newline: String,
}

impl Default for Format {
    fn default() -> Self {
        Format {
            indent: "  ".into(),
            newline: "\n".into(),
        }
    }
}

impl Format {
    /// The layout of `text`: what follows its first brace.
    pub fn detect(text: &str) -> Format {
        let body = text.trim_start_matches('\u{feff}').trim_start();
        let Some(rest) = body.strip_prefix(['{', '[']) else {
            return Format {
                indent: String::new(),
                newline: String::new(),
            };
        };
        if matches!(rest.trim(), "}" | "]") {
            return Format::default();
        }
        let breaks = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        if breaks == 0 {
            return Format {
                indent: String::new(),
                newline: String::new(),
            };
        }
        let newline = &rest[..breaks];
        let after = &rest[breaks..];
        let indent = &after[..after.len() - after.trim_start_matches([' ', '\t']).len()];
        Format {
            indent: indent.into(),
            newline: newline.into(),
        }
    }
}

/// Parses the object in the file at `path`.
///
/// # Errors
/// `EJSONPARSE` with path, position, line and column.
pub fn parse_object(path: &str, text: &str) -> Result<Map<String, Value>, NpmError> {
    let body = text.trim_start_matches('\u{feff}');
    let error = match serde_json::from_str::<Value>(body) {
        Ok(Value::Object(map)) => return Ok(map),
        Ok(_) => {
            return Err(parse_error(
                path,
                "Expected an object in JSON at position 0 (line 1 column 1)",
                body,
                0,
            ));
        }
        Err(error) => error,
    };
    if body.is_empty() {
        return Err(parse_error(
            path,
            "Unexpected end of JSON input while parsing empty string",
            "",
            0,
        ));
    }
    let (line, column) = (error.line().max(1), error.column().max(1));
    let start: usize = body
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    let position = (start + column - 1).min(body.len());
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or(&text);
    let reason = match reason {
        "expected `,` or `}`" => "Expected ',' or '}' after property value".to_owned(),
        "expected `,` or `]`" => "Expected ',' or ']' after array element".to_owned(),
        "trailing comma" | "key must be a string" => {
            "Expected double-quoted property name".to_owned()
        }
        "expected `:`" => "Expected ':' after property name".to_owned(),
        "expected value" | "expected ident" => {
            match body[floor_boundary(body, position)..].chars().next() {
                Some(character) => format!(
                    "Unexpected token {:?} (0x{:02X})",
                    character.to_string(),
                    character as u32
                ),
                None => "Unexpected end".to_owned(),
            }
        }
        other if other.starts_with("EOF") => "Unexpected end".to_owned(),
        other => other.to_owned(),
    };
    Err(parse_error(
        path,
        &format!("{reason} in JSON at position {position} (line {line} column {column})"),
        body,
        position,
    ))
}

fn floor_boundary(text: &str, mut index: usize) -> usize {
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

fn parse_error(path: &str, reason: &str, text: &str, position: usize) -> NpmError {
    const CONTEXT: usize = 20;
    let start = floor_boundary(text, position.saturating_sub(CONTEXT));
    let end = floor_boundary(text, (position + CONTEXT).min(text.len()));
    let near = format!(
        "{}{}{}",
        if start > 0 { "..." } else { "" },
        &text[start..end],
        if end < text.len() { "..." } else { "" }
    );
    let reason = if text.is_empty() {
        reason.to_owned()
    } else {
        format!("{reason} while parsing near {}", quote(&near))
    };
    NpmError::new("EJSONPARSE", format!("path {path}"))
        .with_detail(format!("JSON.parse {reason}"))
        .with_detail("JSON.parse Failed to parse JSON data.")
        .with_detail("JSON.parse Note: package.json must be actual JSON, not just JavaScript.")
}

/// A string as JSON.
pub fn quote(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// `JSON.stringify(value, null, indent)`, with the file's line breaks and one at the end.
pub fn stringify(value: &Value, format: &Format) -> String {
    let mut out = String::new();
    write_value(value, format, 0, &mut out);
    out.push_str(&format.newline);
    out
}

fn write_value(value: &Value, format: &Format, depth: usize, out: &mut String) {
    let line = |depth: usize, out: &mut String| {
        if !format.indent.is_empty() {
            out.push_str(&format.newline);
            for _ in 0..depth {
                out.push_str(&format.indent);
            }
        }
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(depth + 1, out);
                write_value(item, format, depth + 1, out);
            }
            line(depth, out);
            out.push(']');
        }
        Value::Object(map) if !map.is_empty() => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(depth + 1, out);
                out.push_str(&quote(key));
                out.push(':');
                if !format.indent.is_empty() {
                    out.push(' ');
                }
                write_value(item, format, depth + 1, out);
            }
            line(depth, out);
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// Sorts the keys of every object as npm's lockfile has them (`json-stringify-nice`): what is not an object first, then `preferred`
/// keys in their order, then by name.
pub fn sort_keys(value: &mut Value, preferred: &[&str]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| sort_keys(item, preferred)),
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = core::mem::take(map).into_iter().collect();
            let rank = |key: &str| {
                preferred
                    .iter()
                    .position(|&name| name == key)
                    .unwrap_or(preferred.len())
            };
            entries.sort_by(|(a, left), (b, right)| {
                left.is_object()
                    .cmp(&right.is_object())
                    .then_with(|| rank(a).cmp(&rank(b)))
                    .then_with(|| locale_compare(a, b))
            });
            for (_, item) in &mut entries {
                sort_keys(item, preferred);
            }
            *map = entries.into_iter().collect();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_layout() {
        for text in [
            "{\n\t\"a\": [],\n\t\"b\": {\n\t\t\"c\": [\n\t\t\t1\n\t\t]\n\t}\n}\n",
            "{\"a\":1,\"b\":[1,2]}",
            "{\r\n  \"a\": {}\r\n}\r\n",
        ] {
            let value = Value::Object(parse_object("p", text).expect("valid"));
            assert_eq!(stringify(&value, &Format::detect(text)), text);
        }
    }

    #[test]
    fn says_where_it_is_broken() {
        let error = parse_object(
            "/p/package.json",
            "{\n  \"name\": \"x\"\n  \"version\": \"1\"\n}",
        )
        .expect_err("a comma is missing");
        assert_eq!(error.code, "EJSONPARSE");
        assert_eq!(error.summary, "path /p/package.json");
        assert!(
            error.detail[0].contains(
                "Expected ',' or '}' after property value in JSON at position 18 (line 3 column 3)"
            ),
            "{}",
            error.detail[0]
        );
        let error = parse_object("p", "{ name: 1 }").expect_err("a key without quotes");
        assert!(
            error.detail[0].contains("line 1 column 3"),
            "{}",
            error.detail[0]
        );
    }
}

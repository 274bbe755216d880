//! PEM, read as leniently as OpenSSL reads it: text around the blocks, any line length, header fields.

use base64ct::{Base64, Encoding};

/// A block between `-----BEGIN <label>-----` and its end.
pub struct Block {
    pub label: String,
    /// Fields before the contents, such as `DEK-Info`.
    pub fields: Vec<(String, String)>,
    pub contents: Vec<u8>,
}

impl Block {
    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(other, _)| other == name)?;
        Some(value)
    }
}

/// The blocks of `text` in order; what is no complete block is passed over.
pub fn blocks(text: &[u8]) -> Vec<Block> {
    let text = String::from_utf8_lossy(text);
    let mut blocks = Vec::new();
    let mut lines = text.lines().map(str::trim_end);
    while let Some(line) = lines.next() {
        let Some(label) = marker(line, "-----BEGIN ") else {
            continue;
        };
        let mut body = Vec::new();
        // A block without its end is none.
        let complete = lines.by_ref().any(|line| {
            let end = marker(line, "-----END ");
            if end.is_none() {
                body.push(line);
            }
            end == Some(label)
        });
        if complete && let Some(block) = block(label, &body) {
            blocks.push(block);
        }
    }
    blocks
}

fn marker<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.strip_prefix(start)?.strip_suffix("-----")
}

fn block(label: &str, lines: &[&str]) -> Option<Block> {
    let mut fields = Vec::new();
    let mut digits = String::new();
    for line in lines {
        match line.split_once(':') {
            Some((name, value)) => fields.push((name.trim().to_owned(), value.trim().to_owned())),
            None => digits.extend(line.chars().filter(|char| !char.is_whitespace())),
        }
    }
    Some(Block {
        label: label.to_owned(),
        fields,
        contents: Base64::decode_vec(&digits).ok()?,
    })
}

/// A block with these header fields and lines of 64 characters.
pub fn encode(label: &str, fields: &[(&str, &str)], contents: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for (name, value) in fields {
        text += &format!("{name}: {value}\n");
    }
    if !fields.is_empty() {
        text.push('\n');
    }
    let digits = Base64::encode_string(contents);
    for line in digits.as_bytes().chunks(64) {
        text.extend(line.iter().map(|&digit| char::from(digit)));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

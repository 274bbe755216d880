//! Completion of commands and files.

use std::collections::BTreeSet;

use super::super::builtin::BUILTINS;
use super::super::run::Shell;
use super::{Line, print};
use crate::system::FileKind;

/// Completes the word before the cursor, or lists what it could become.
pub fn complete(shell: &Shell, line: &mut Line, first_rows: &str) {
    let before: String = line.text[..line.cursor].iter().collect();
    let start = word_start(&before);
    let word = unescape(&before[start..]);
    let lead = before[..start].trim_end();
    let is_command = lead.is_empty() || lead.ends_with(['|', ';', '&', '(']);
    let found = if is_command && !word.contains('/') {
        commands(shell, &word)
    } else {
        files(shell, &word)
    };
    let Some(first) = found.first() else {
        return;
    };
    let common = found.iter().skip(1).fold(first.as_str(), |common, other| {
        let same = common
            .char_indices()
            .zip(other.chars())
            .find(|((_, a), b)| a != b);
        let end = same.map_or(common.len().min(other.len()), |((at, _), _)| at);
        &common[..end]
    });
    if found.len() > 1 && common.len() <= word.len() {
        list(line, &found, first_rows);
        return;
    }
    let mut inserted = escape(common);
    if found.len() == 1 && !common.ends_with('/') {
        inserted.push(' ');
    }
    let start = before[..start].chars().count();
    let inserted: Vec<char> = inserted.chars().collect();
    let end = line.cursor;
    line.cursor = start + inserted.len();
    line.text.splice(start..end, inserted);
}

/// Where the last word of `text` begins.
fn word_start(text: &str) -> usize {
    let mut start = 0;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if !escaped && (c.is_whitespace() || "|;&<>(=".contains(c)) {
            start = at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    start
}

fn unescape(word: &str) -> String {
    let mut out = String::new();
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            out.extend(chars.next())
        } else {
            out.push(c)
        }
    }
    out
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if " \t\"'\\$`&|;<>()*?[]#!{}".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn commands(shell: &Shell, prefix: &str) -> Vec<String> {
    let mut found: BTreeSet<String> = BUILTINS
        .iter()
        .map(|builtin| builtin.name.to_owned())
        .collect();
    found.extend(shell.functions.keys().cloned());
    found.extend(shell.aliases.keys().cloned());
    for directory in shell.get_var("PATH").unwrap_or_default().split(':') {
        // A directory of PATH that does not exist has no commands.
        let entries = shell.system.readdir(directory).unwrap_or_default();
        found.extend(entries.into_iter().map(|entry| entry.name));
    }
    found.retain(|name| name.starts_with(prefix));
    found.into_iter().collect()
}

fn files(shell: &Shell, word: &str) -> Vec<String> {
    let (folder, prefix) = match word.rfind('/') {
        Some(at) => word.split_at(at + 1),
        None => ("", word),
    };
    let home = shell.get_var("HOME").unwrap_or_default();
    let read = match folder.strip_prefix("~/") {
        Some(rest) => format!("{home}/{rest}"),
        None if folder.is_empty() => ".".into(),
        None => folder.to_owned(),
    };
    // What cannot be read offers nothing.
    let entries = shell.system.readdir(&read).unwrap_or_default();
    let hidden = prefix.starts_with('.');
    let matching = entries
        .into_iter()
        .filter(|entry| entry.name.starts_with(prefix) && (hidden || !entry.name.starts_with('.')));
    let mut found: Vec<String> = matching
        .map(|entry| {
            let is_dir = entry.kind == FileKind::Directory
                || entry.kind == FileKind::Symlink
                    && shell
                        .system
                        .stat(&format!("{read}/{}", entry.name), true)
                        .is_ok_and(|stat| stat.is_dir());
            format!("{folder}{}{}", entry.name, if is_dir { "/" } else { "" })
        })
        .collect();
    found.sort();
    found
}

/// Prints the candidates below the line, and the prompt again.
fn list(line: &mut Line, found: &[String], first_rows: &str) {
    let shown = |text: &String| {
        let trimmed = text.trim_end_matches('/');
        let name = trimmed.rsplit('/').next().unwrap_or(trimmed);
        format!("{name}{}", &text[trimmed.len()..])
    };
    let names: Vec<String> = found.iter().map(shown).collect();
    let text = super::super::command::columns(&names, line.columns);
    let cursor = core::mem::replace(&mut line.cursor, line.text.len());
    line.draw();
    line.cursor = cursor;
    let rows = if first_rows.is_empty() {
        String::new()
    } else {
        format!("{first_rows}\n")
    };
    print(line.system, &format!("\n{text}{rows}"));
    line.row = 0;
}

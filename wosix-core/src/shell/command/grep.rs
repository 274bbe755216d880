//! grep: lines that match.

use regex_lite::{Regex, RegexBuilder};

use super::Context;
use super::context::{chomp, join, lines};
use super::pattern;
use crate::system::{FileKind, strerror};

/// What is shown of the matches.
struct Style {
    inverted: bool,
    count: bool,
    only_names: bool,
    without_match: bool,
    only_matching: bool,
    quiet: bool,
    numbers: bool,
    names: bool,
    most: usize,
    before: usize,
    after: usize,
    colour: bool,
}

/// See the module.
pub fn main(ctx: &mut Context) -> i32 {
    let long = [
        ("recursive", 'r'),
        ("ignore-case", 'i'),
        ("line-number", 'n'),
        ("invert-match", 'v'),
        ("files-with-matches", 'l'),
        ("files-without-match", 'L'),
        ("count", 'c'),
        ("extended-regexp", 'E'),
        ("fixed-strings", 'F'),
        ("only-matching", 'o'),
        ("quiet", 'q'),
        ("word-regexp", 'w'),
        ("line-regexp", 'x'),
        ("no-filename", 'h'),
        ("with-filename", 'H'),
        ("no-messages", 's'),
        ("regexp", 'e'),
        ("max-count", 'm'),
        ("after-context", 'A'),
        ("before-context", 'B'),
        ("context", 'C'),
        ("include", 'I'),
        ("exclude-dir", 'X'),
        ("color", 'K'),
    ];
    let (options, mut operands) =
        match ctx.options("rRinvlLcEFGPoqwxhHse:m:A:B:C:I:X:Kf:a", &long, 2) {
            Ok(parsed) => parsed,
            Err(code) => return code,
        };
    let has = |letters: &str| options.iter().any(|(letter, _)| letters.contains(*letter));
    let values = |wanted| -> Vec<String> {
        let found = options.iter().filter(|(letter, _)| *letter == wanted);
        found.filter_map(|(_, value)| value.clone()).collect()
    };
    let number = |wanted| {
        values(wanted)
            .last()
            .and_then(|text| text.parse::<usize>().ok())
    };
    let mut patterns = values('e');
    if patterns.is_empty() {
        if operands.is_empty() {
            return ctx.usage_error("no pattern given", 2);
        }
        patterns.push(operands.remove(0));
    }
    let regex = match compile(
        &patterns.join("\n"),
        has("E"),
        has("P"),
        has("F"),
        has("i"),
        has("w"),
        has("x"),
    ) {
        Ok(regex) => regex,
        Err(message) => {
            ctx.error(message);
            return 2;
        }
    };
    let recursive = has("rR");
    if operands.is_empty() {
        operands.push(if recursive { "." } else { "-" }.into());
    }
    let colour = options
        .iter()
        .rev()
        .find(|(letter, _)| *letter == 'K')
        .is_some_and(|(_, when)| match when.as_deref() {
            Some("never") => false,
            Some("always") => true,
            _ => ctx.system.isatty(1),
        });
    let style = Style {
        inverted: has("v"),
        count: has("c"),
        only_names: has("l"),
        without_match: has("L"),
        only_matching: has("o"),
        quiet: has("q"),
        numbers: has("n"),
        names: has("H") || (recursive || operands.len() > 1) && !has("h"),
        most: number('m').unwrap_or(usize::MAX),
        before: number('B').or(number('C')).unwrap_or(0),
        after: number('A').or(number('C')).unwrap_or(0),
        colour,
    };
    let (included, excluded) = (values('I'), values('X'));
    let (mut found, mut failed) = (false, false);
    let mut pending: Vec<(String, bool)> = operands
        .into_iter()
        .rev()
        .map(|path| (path, true))
        .collect();
    while let Some((path, named)) = pending.pop() {
        let is_dir = path != "-"
            && ctx
                .system
                .stat(&path, named)
                .is_ok_and(|stat| stat.is_dir());
        if is_dir {
            if !recursive {
                ctx.error(format_args!("{path}: Is a directory"));
                continue;
            }
            match ctx.system.readdir(&path) {
                Ok(mut entries) => {
                    entries.sort_by(|a, b| b.name.cmp(&a.name));
                    let fits = |list: &[String], name: &str| {
                        list.iter().any(|pattern| glob_fits(pattern, name))
                    };
                    entries.retain(|entry| match entry.kind {
                        FileKind::Directory => !fits(&excluded, &entry.name),
                        FileKind::File => included.is_empty() || fits(&included, &entry.name),
                        _ => false,
                    });
                    let inner = entries.iter().map(|entry| match path.as_str() {
                        "." => entry.name.clone(),
                        _ => join(&path, &entry.name),
                    });
                    pending.extend(inner.map(|path| (path, false)));
                }
                Err(error) => {
                    ctx.path_error(&path, error);
                    failed = true;
                }
            }
            continue;
        }
        match ctx.read_input(&path) {
            Ok(contents) => {
                found |= search(ctx, &regex, &path, &contents, &style);
                if found && style.quiet {
                    return 0;
                }
            }
            Err(error) => {
                if !has("s") {
                    ctx.error(format_args!("{path}: {}", strerror(error)));
                }
                failed = true;
            }
        }
    }
    if failed { 2 } else { i32::from(!found) }
}

fn glob_fits(pattern: &str, name: &str) -> bool {
    crate::shell::matches(
        &crate::shell::unquoted(pattern),
        &name.chars().collect::<Vec<_>>(),
    )
}

/// A regular expression out of lines of patterns.
fn compile(
    patterns: &str,
    extended: bool,
    perl: bool,
    fixed: bool,
    fold: bool,
    word: bool,
    line: bool,
) -> Result<Regex, String> {
    let alternatives = patterns.split('\n').map(|pattern| match () {
        () if fixed => regex_lite::escape(pattern),
        () if perl => pattern.to_owned(),
        () if extended => pattern::extended(pattern),
        () => pattern::basic(pattern),
    });
    let mut source = alternatives.collect::<Vec<_>>().join("|");
    if word {
        source = format!(r"\b(?:{source})\b");
    }
    if line {
        source = format!("^(?:{source})$");
    }
    RegexBuilder::new(&source)
        .case_insensitive(fold)
        .build()
        .map_err(|error| error.to_string())
}

/// Searches one input; answers whether a line was selected.
fn search(ctx: &mut Context, regex: &Regex, path: &str, contents: &[u8], style: &Style) -> bool {
    let shown_path = if path == "-" {
        "(standard input)"
    } else {
        path
    };
    let prefix = |number: usize, separator: char| {
        let name = if style.names {
            format!("{shown_path}{separator}")
        } else {
            String::new()
        };
        if style.numbers {
            format!("{name}{number}{separator}")
        } else {
            name
        }
    };
    let quiet = style.quiet || style.count || style.only_names || style.without_match;
    let binary = contents.iter().take(32 * 1024).any(|byte| *byte == 0);
    let all: Vec<&[u8]> = lines(contents).map(chomp).collect();
    let (mut selected, mut shown_to) = (0, 0);
    let mut after = 0;
    for (index, line) in all.iter().enumerate() {
        if selected >= style.most {
            break;
        }
        let text = String::from_utf8_lossy(line);
        if regex.is_match(&text) == style.inverted {
            if after > 0 && !quiet {
                after -= 1;
                shown_to = index + 1;
                ctx.line(format!("{}{text}", prefix(index + 1, '-')));
            }
            continue;
        }
        selected += 1;
        if quiet {
            continue;
        }
        if binary {
            ctx.line(format!("Binary file {shown_path} matches"));
            break;
        }
        if style.only_matching {
            for found in regex.find_iter(&text).filter(|found| !found.is_empty()) {
                ctx.line(format!("{}{}", prefix(index + 1, ':'), found.as_str()));
            }
            continue;
        }
        let first = index.saturating_sub(style.before).max(shown_to);
        if (style.before > 0 || style.after > 0) && selected > 1 && first > shown_to {
            ctx.line("--");
        }
        for (before, line) in all.iter().enumerate().take(index).skip(first) {
            ctx.line(format!(
                "{}{}",
                prefix(before + 1, '-'),
                String::from_utf8_lossy(line)
            ));
        }
        let text = if style.colour {
            regex.replace_all(&text, "\x1b[31;1m$0\x1b[0m")
        } else {
            text
        };
        ctx.line(format!("{}{text}", prefix(index + 1, ':')));
        shown_to = index + 1;
        after = style.after;
    }
    if style.count && !style.quiet {
        let name = if style.names {
            format!("{shown_path}:")
        } else {
            String::new()
        };
        ctx.line(format!("{name}{selected}"));
    }
    if style.only_names && selected > 0 || style.without_match && selected == 0 {
        ctx.line(shown_path);
    }
    selected > 0
}

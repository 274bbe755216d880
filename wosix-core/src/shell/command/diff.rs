//! diff: how two files, or the files of two directories, differ.

use std::collections::BTreeSet;

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use super::Context;
use super::context::{base_name, chomp, join, lines};
use super::date;
use crate::errno::Errno;
use crate::system::strerror;

/// What is compared and how it is shown.
struct Style {
    /// Lines around a difference in the unified form; `None` = the normal form.
    context: Option<usize>,
    brief: bool,
    identical: bool,
    recursive: bool,
    new_file: bool,
    ignore_case: bool,
    ignore_blanks: bool,
    ignore_amount: bool,
    colour: bool,
}

const USUAL_CONTEXT: usize = 3;

/// See the module. Answers 0 for equal, 1 for different, 2 for trouble.
pub fn main(ctx: &mut Context) -> i32 {
    let long = [
        ("unified", 'u'),
        ("brief", 'q'),
        ("report-identical-files", 's'),
        ("recursive", 'r'),
        ("new-file", 'N'),
        ("ignore-case", 'i'),
        ("ignore-all-space", 'w'),
        ("ignore-space-change", 'b'),
        ("text", 'a'),
        ("color", 'K'),
    ];
    let (options, paths) = match ctx.options("uU:qsrNiwbaK", &long, 2) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let mut context = has('u').then_some(USUAL_CONTEXT);
    for (letter, value) in &options {
        if let ('u' | 'U', Some(value)) = (*letter, value) {
            let Ok(number) = value.parse() else {
                ctx.error(format_args!("invalid context length '{value}'"));
                return 2;
            };
            context = Some(number);
        }
    }
    let colour = options.iter().rev().find(|(letter, _)| *letter == 'K');
    let style = Style {
        context,
        brief: has('q'),
        identical: has('s'),
        recursive: has('r'),
        new_file: has('N'),
        ignore_case: has('i'),
        ignore_blanks: has('w'),
        ignore_amount: has('b'),
        colour: colour.is_some_and(|(_, when)| match when.as_deref() {
            Some("always") => true,
            Some("never") => false,
            _ => ctx.system.isatty(1),
        }),
    };
    let [old, new] = paths.as_slice() else {
        return match paths.get(2) {
            Some(extra) => ctx.usage_error(format_args!("extra operand '{extra}'"), 2),
            None => {
                let last = paths.last().map_or("diff", String::as_str).to_owned();
                ctx.usage_error(format_args!("missing operand after '{last}'"), 2)
            }
        };
    };
    let is_dir = |path: &str| path != "-" && ctx.system.stat(path, true).is_ok_and(|s| s.is_dir());
    match (is_dir(old), is_dir(new)) {
        (true, true) => directories(ctx, old, new, &style),
        (true, false) => files(ctx, &join(old, base_name(new)), new, &style, None),
        (false, true) => files(ctx, old, &join(new, base_name(old)), &style, None),
        (false, false) => files(ctx, old, new, &style, None),
    }
}

fn directories(ctx: &mut Context, old: &str, new: &str, style: &Style) -> i32 {
    let mut names = BTreeSet::new();
    for path in [old, new] {
        match ctx.system.readdir(path) {
            Ok(entries) => names.extend(entries.into_iter().map(|entry| entry.name)),
            Err(error) => {
                ctx.path_error(path, error);
                return 2;
            }
        }
    }
    let mut code = 0;
    for name in names {
        let (left, right) = (join(old, &name), join(new, &name));
        let left_kind = ctx.system.stat(&left, true).map(|stat| stat.is_dir());
        let right_kind = ctx.system.stat(&right, true).map(|stat| stat.is_dir());
        let only = |directory: &str| format!("Only in {}: {name}", directory.trim_end_matches('/'));
        code = code.max(match (left_kind, right_kind) {
            (Ok(true), Ok(true)) if style.recursive => directories(ctx, &left, &right, style),
            (Ok(true), Ok(true)) => {
                ctx.line(format!("Common subdirectories: {left} and {right}"));
                0
            }
            (Ok(_), Err(Errno::ENOENT)) if !style.new_file => {
                ctx.line(only(old));
                1
            }
            (Err(Errno::ENOENT), Ok(_)) if !style.new_file => {
                ctx.line(only(new));
                1
            }
            (Ok(a), Ok(b)) if a != b => {
                let kind = |is_dir| if is_dir { "directory" } else { "regular file" };
                ctx.line(format!(
                    "File {left} is a {} while file {right} is a {}",
                    kind(a),
                    kind(b)
                ));
                1
            }
            _ => {
                let title = format!("diff {}{left} {right}", flags(ctx));
                files(ctx, &left, &right, style, Some(&title))
            }
        });
    }
    code
}

/// The options again, for the line that heads each pair of files of two directories.
fn flags(ctx: &Context) -> String {
    let given = ctx
        .args
        .iter()
        .filter(|arg| arg.len() > 1 && arg.starts_with('-'));
    given.map(|arg| format!("{arg} ")).collect()
}

fn files(ctx: &mut Context, old: &str, new: &str, style: &Style, title: Option<&str>) -> i32 {
    let mut contents = Vec::new();
    for path in [old, new] {
        contents.push(match ctx.read_input(path) {
            Ok(bytes) => bytes,
            Err(Errno::ENOENT) if style.new_file => Vec::new(),
            Err(error) => {
                ctx.error(format_args!("{path}: {}", strerror(error)));
                return 2;
            }
        });
    }
    let (a, b) = (&contents[0], &contents[1]);
    let binary = [a, b]
        .iter()
        .any(|bytes| bytes.iter().take(8192).any(|byte| *byte == 0));
    let (a_lines, b_lines): (Vec<&[u8]>, Vec<&[u8]>) = (lines(a).collect(), lines(b).collect());
    let key = |line: &&[u8]| compared(line, style);
    let (a_keys, b_keys): (Vec<_>, Vec<_>) = (
        a_lines.iter().map(key).collect(),
        b_lines.iter().map(key).collect(),
    );
    if a == b || a_keys == b_keys {
        if style.identical {
            ctx.line(format!("Files {old} and {new} are identical"));
        }
        return 0;
    }
    if style.brief || binary {
        let kind = if style.brief { "Files" } else { "Binary files" };
        ctx.line(format!("{kind} {old} and {new} differ"));
        return 1;
    }
    if let Some(title) = title {
        ctx.line(title);
    }
    let ops = capture_diff_slices(Algorithm::Myers, &a_keys, &b_keys);
    let mut printer = Printer {
        ctx,
        old: &a_lines,
        new: &b_lines,
        colour: style.colour,
    };
    match style.context {
        None => printer.normal(&ops),
        Some(context) => {
            for (sign, path) in [("---", old), ("+++", new)] {
                let time = printer.modified(path);
                printer.coloured("1", &format!("{sign} {path}\t{time}"));
                printer.ctx.write("\n");
            }
            for hunk in group_diff_ops(ops, context) {
                printer.unified(&hunk);
            }
        }
    }
    1
}

/// What of a line counts for the comparison.
fn compared(line: &[u8], style: &Style) -> Vec<u8> {
    let mut line = line.to_vec();
    if style.ignore_blanks {
        line.retain(|byte| !byte.is_ascii_whitespace());
    } else if style.ignore_amount {
        let words = line.split(u8::is_ascii_whitespace);
        let mut words = words.filter(|word| !word.is_empty()).collect::<Vec<_>>();
        if line.first().is_some_and(u8::is_ascii_whitespace) {
            words.insert(0, b"");
        }
        line = words.join(&b' ');
    }
    if style.ignore_case {
        line.make_ascii_lowercase();
    }
    line
}

struct Printer<'a, 'b> {
    ctx: &'a mut Context<'b>,
    old: &'a [&'a [u8]],
    new: &'a [&'a [u8]],
    colour: bool,
}

impl Printer<'_, '_> {
    /// Time of a file in the head of the unified form.
    fn modified(&self, path: &str) -> String {
        let stat = match path {
            "-" => self.ctx.system.fstat(0),
            _ => self.ctx.system.stat(path, true),
        };
        // A file that is not there counts as of the beginning of time.
        date::format("%F %T.%N %z", stat.map_or(0.0, |stat| stat.mtime))
    }

    fn coloured(&mut self, code: &str, text: &str) {
        if self.colour {
            self.ctx.write(format!("\x1b[{code}m{text}\x1b[0m"));
        } else {
            self.ctx.write(text);
        }
    }

    fn line(&mut self, sign: &str, line: &[u8]) {
        let text = String::from_utf8_lossy(chomp(line)).into_owned();
        let code = match sign.trim() {
            "-" | "<" => "31",
            "+" | ">" => "32",
            _ => "",
        };
        if code.is_empty() || !self.colour {
            self.ctx.write(sign);
            // As they are: they need not be text.
            self.ctx.write(chomp(line));
        } else {
            self.coloured(code, &format!("{sign}{text}"));
        }
        self.ctx.write("\n");
        if !line.ends_with(b"\n") {
            self.ctx.line("\\ No newline at end of file");
        }
    }

    fn normal(&mut self, ops: &[DiffOp]) {
        for op in ops {
            let (tag, old, new) = op.as_tag_tuple();
            let letter = match tag {
                DiffTag::Equal => continue,
                DiffTag::Delete => 'd',
                DiffTag::Insert => 'a',
                DiffTag::Replace => 'c',
            };
            let range = |from: usize, to: usize| match to - from {
                // Where nothing is: the line before.
                0 => from.to_string(),
                1 => to.to_string(),
                _ => format!("{},{to}", from + 1),
            };
            let place = format!(
                "{}{letter}{}",
                range(old.start, old.end),
                range(new.start, new.end)
            );
            self.coloured("36", &place);
            self.ctx.write("\n");
            for index in old {
                self.line("< ", self.old[index]);
            }
            if tag == DiffTag::Replace {
                self.ctx.line("---");
            }
            for index in new {
                self.line("> ", self.new[index]);
            }
        }
    }

    fn unified(&mut self, hunk: &[DiffOp]) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
            return;
        };
        let range = |from: usize, to: usize| match to - from {
            0 => format!("{from},0"),
            1 => to.to_string(),
            count => format!("{},{count}", from + 1),
        };
        let old = range(first.old_range().start, last.old_range().end);
        let new = range(first.new_range().start, last.new_range().end);
        self.coloured("36", &format!("@@ -{old} +{new} @@"));
        self.ctx.write("\n");
        for op in hunk {
            let (tag, old, new) = op.as_tag_tuple();
            if tag == DiffTag::Equal {
                for index in old {
                    self.line(" ", self.old[index]);
                }
                continue;
            }
            for index in old {
                self.line("-", self.old[index]);
            }
            for index in new {
                self.line("+", self.new[index]);
            }
        }
    }
}

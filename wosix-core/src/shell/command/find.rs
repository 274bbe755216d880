//! find: walks trees.

use super::Context;
use super::context::{base_name, join};
use crate::shell::{matches, unquoted};
use crate::system::{FileKind, Stat, strerror};

/// One condition or action.
enum Test {
    Name(String, bool),
    Path(String),
    Kind(FileKind),
    Empty,
    /// In bytes: -1 less, 0 equal, 1 more.
    Size(i32, u64, u64),
    Newer(f64),
    Print(char),
    Prune,
    Delete,
    /// Command, and whether it takes many paths at once.
    Exec(Vec<String>, bool),
    Not(Box<Test>),
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Always,
}

struct Walk {
    test: Test,
    most: usize,
    least: usize,
    depth_first: bool,
    pruned: bool,
    gathered: Vec<(Vec<String>, Vec<String>)>,
    code: i32,
}

/// See the module.
pub fn main(ctx: &mut Context) -> i32 {
    let begins =
        |arg: &String| arg.starts_with('-') && arg.len() > 1 || matches!(arg.as_str(), "(" | "!");
    let count = ctx.args.iter().position(begins).unwrap_or(ctx.args.len());
    let (paths, words) = ctx.args.split_at(count);
    let mut parser = Parser {
        ctx: &*ctx,
        words,
        most: usize::MAX,
        least: 0,
        depth_first: false,
        acts: false,
    };
    let parsed = if words.is_empty() {
        Ok(Test::Always)
    } else {
        parser.or()
    };
    let parsed = match (parsed, parser.words.first()) {
        (Ok(_), Some(extra)) => Err(format!("paths must precede expression: '{extra}'")),
        (parsed, _) => parsed,
    };
    let (most, least, depth_first, acts) =
        (parser.most, parser.least, parser.depth_first, parser.acts);
    let mut test = match parsed {
        Ok(test) => test,
        Err(message) => {
            ctx.error(message);
            return 1;
        }
    };
    if !acts {
        test = Test::And(Box::new(test), Box::new(Test::Print('\n')));
    }
    let mut walk = Walk {
        test,
        most,
        least,
        depth_first,
        pruned: false,
        gathered: Vec::new(),
        code: 0,
    };
    let here = [String::from(".")];
    for path in if paths.is_empty() { &here } else { paths } {
        walk.visit(ctx, path, 0);
    }
    let env = ctx.env.to_vec();
    for (mut command, paths) in core::mem::take(&mut walk.gathered) {
        command.extend(paths);
        if super::process::run(ctx, &command, &env) != 0 {
            walk.code = 1;
        }
    }
    walk.code
}

struct Parser<'a, 'c> {
    ctx: &'a Context<'c>,
    words: &'a [String],
    most: usize,
    least: usize,
    depth_first: bool,
    acts: bool,
}

impl Parser<'_, '_> {
    fn next(&mut self) -> Option<String> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first.clone())
    }

    fn eat(&mut self, names: &[&str]) -> bool {
        let found = self
            .words
            .first()
            .is_some_and(|word| names.contains(&word.as_str()));
        if found {
            self.words = &self.words[1..];
        }
        found
    }

    fn or(&mut self) -> Result<Test, String> {
        let mut left = self.and()?;
        while self.eat(&["-o", "-or"]) {
            left = Test::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Test, String> {
        let mut left = self.not()?;
        loop {
            self.eat(&["-a", "-and"]);
            match self.words.first().map(String::as_str) {
                None | Some("-o" | "-or" | ")") => return Ok(left),
                Some(_) => left = Test::And(Box::new(left), Box::new(self.not()?)),
            }
        }
    }

    fn not(&mut self) -> Result<Test, String> {
        if self.eat(&["!", "-not"]) {
            return Ok(Test::Not(Box::new(self.not()?)));
        }
        if self.eat(&["("]) {
            let inner = self.or()?;
            return if self.eat(&[")"]) {
                Ok(inner)
            } else {
                Err("missing ')'".into())
            };
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<Test, String> {
        let Some(name) = self.next() else {
            return Err("expected an expression".into());
        };
        let simple = match name.as_str() {
            "-print" => Some(Test::Print('\n')),
            "-print0" => Some(Test::Print('\0')),
            "-delete" => {
                self.depth_first = true;
                Some(Test::Delete)
            }
            _ => None,
        };
        if let Some(action) = simple {
            self.acts = true;
            return Ok(action);
        }
        match name.as_str() {
            "-prune" => return Ok(Test::Prune),
            "-empty" => return Ok(Test::Empty),
            "-true" => return Ok(Test::Always),
            "-depth" => {
                self.depth_first = true;
                return Ok(Test::Always);
            }
            "-exec" => return self.exec(),
            _ => {}
        }
        let known = [
            "-name",
            "-iname",
            "-path",
            "-wholename",
            "-type",
            "-maxdepth",
            "-mindepth",
            "-size",
            "-newer",
            "-mmin",
            "-mtime",
        ];
        if !known.contains(&name.as_str()) {
            return Err(format!("unknown predicate '{name}'"));
        }
        let Some(value) = self.next() else {
            return Err(format!("missing argument to '{name}'"));
        };
        let bad = || format!("invalid argument '{value}' to '{name}'");
        Ok(match name.as_str() {
            "-name" => Test::Name(value, false),
            "-iname" => Test::Name(value.to_lowercase(), true),
            "-path" | "-wholename" => Test::Path(value),
            "-type" => Test::Kind(match value.as_str() {
                "f" => FileKind::File,
                "d" => FileKind::Directory,
                "l" => FileKind::Symlink,
                "p" => FileKind::Fifo,
                "s" => FileKind::Socket,
                "c" => FileKind::CharDevice,
                "b" => FileKind::BlockDevice,
                _ => return Err(format!("Unknown argument to -type: {value}")),
            }),
            "-maxdepth" => {
                self.most = value.parse().map_err(|_| bad())?;
                Test::Always
            }
            "-mindepth" => {
                self.least = value.parse().map_err(|_| bad())?;
                Test::Always
            }
            "-size" => {
                let (sign, digits) = signed(&value);
                let unit = match digits.chars().last() {
                    Some('c') => 1,
                    Some('k') => 1024,
                    Some('M') => 1024 * 1024,
                    Some('G') => 1024 * 1024 * 1024,
                    _ => 512,
                };
                let digits = digits.trim_end_matches(|c: char| c.is_ascii_alphabetic());
                Test::Size(sign, digits.parse().map_err(|_| bad())?, unit)
            }
            "-newer" => match self.ctx.system.stat(&value, true) {
                Ok(stat) => Test::Newer(stat.mtime),
                Err(error) => return Err(format!("'{value}': {}", strerror(error))),
            },
            _ => {
                let (sign, digits) = signed(&value);
                let unit = if name == "-mmin" { 60e3 } else { 86_400e3 };
                let age = digits.parse::<f64>().map_err(|_| bad())? * unit;
                let newer = Test::Newer(self.ctx.system.now() - age);
                if sign < 0 {
                    newer
                } else {
                    Test::Not(Box::new(newer))
                }
            }
        })
    }

    fn exec(&mut self) -> Result<Test, String> {
        self.acts = true;
        let mut command = Vec::new();
        loop {
            match self.next() {
                None => return Err("missing argument to '-exec'".into()),
                Some(word) if word == ";" => return Ok(Test::Exec(command, false)),
                Some(word) if word == "+" && command.last().is_some_and(|last| last == "{}") => {
                    command.pop();
                    return Ok(Test::Exec(command, true));
                }
                Some(word) => command.push(word),
            }
        }
    }
}

/// -1, 0 or 1 for `-n`, `n`, `+n`, and the rest.
fn signed(text: &str) -> (i32, &str) {
    match (text.strip_prefix('-'), text.strip_prefix('+')) {
        (Some(rest), _) => (-1, rest),
        (_, Some(rest)) => (1, rest),
        _ => (0, text),
    }
}

impl Walk {
    fn visit(&mut self, ctx: &mut Context, path: &str, depth: usize) {
        let stat = match ctx.system.stat(path, false) {
            Ok(stat) => stat,
            Err(error) => {
                ctx.error(format_args!("'{path}': {}", strerror(error)));
                self.code = 1;
                return;
            }
        };
        self.pruned = false;
        if !self.depth_first {
            self.check_at(ctx, path, &stat, depth);
        }
        if stat.is_dir() && depth < self.most && !self.pruned {
            match ctx.system.readdir(path) {
                Ok(mut entries) => {
                    entries.sort_by(|a, b| a.name.cmp(&b.name));
                    for entry in entries {
                        self.visit(ctx, &join(path, &entry.name), depth + 1);
                    }
                }
                Err(error) => {
                    ctx.error(format_args!("'{path}': {}", strerror(error)));
                    self.code = 1;
                }
            }
        }
        if self.depth_first {
            self.check_at(ctx, path, &stat, depth);
        }
        self.pruned = false;
    }

    fn check_at(&mut self, ctx: &mut Context, path: &str, stat: &Stat, depth: usize) {
        if depth < self.least || !ctx.output_ok() {
            return;
        }
        let test = core::mem::replace(&mut self.test, Test::Always);
        self.check(&test, ctx, path, stat);
        self.test = test;
    }

    fn check(&mut self, test: &Test, ctx: &mut Context, path: &str, stat: &Stat) -> bool {
        let fits = |pattern: &str, text: &str| {
            matches(&unquoted(pattern), &text.chars().collect::<Vec<_>>())
        };
        match test {
            Test::Always => true,
            Test::Name(pattern, false) => fits(pattern, base_name(path)),
            Test::Name(pattern, true) => fits(pattern, &base_name(path).to_lowercase()),
            Test::Path(pattern) => fits(pattern, path),
            Test::Kind(kind) => stat.kind() == *kind,
            Test::Empty if stat.is_dir() => ctx
                .system
                .readdir(path)
                .is_ok_and(|entries| entries.is_empty()),
            Test::Empty => stat.kind() == FileKind::File && stat.size == 0,
            Test::Size(sign, count, unit) => stat.size.div_ceil(*unit).cmp(count) as i32 == *sign,
            Test::Newer(time) => stat.mtime > *time,
            Test::Print(end) => {
                ctx.write(format!("{path}{end}"));
                true
            }
            Test::Prune => {
                self.pruned = true;
                true
            }
            Test::Delete => {
                let removed = if stat.is_dir() {
                    ctx.system.rmdir(path)
                } else {
                    ctx.system.unlink(path)
                };
                if let Err(error) = removed {
                    ctx.error(format_args!("cannot delete '{path}': {}", strerror(error)));
                    self.code = 1;
                }
                removed.is_ok()
            }
            Test::Exec(command, true) => {
                match self.gathered.iter_mut().find(|(known, _)| known == command) {
                    Some((_, paths)) => paths.push(path.to_owned()),
                    None => self.gathered.push((command.clone(), vec![path.to_owned()])),
                }
                true
            }
            Test::Exec(command, false) => {
                let command: Vec<String> = command
                    .iter()
                    .map(|word| word.replace("{}", path))
                    .collect();
                let env = ctx.env.to_vec();
                super::process::run(ctx, &command, &env) == 0
            }
            Test::Not(inner) => !self.check(inner, ctx, path, stat),
            Test::And(left, right) => {
                self.check(left, ctx, path, stat) && self.check(right, ctx, path, stat)
            }
            Test::Or(left, right) => {
                self.check(left, ctx, path, stat) || self.check(right, ctx, path, stat)
            }
        }
    }
}

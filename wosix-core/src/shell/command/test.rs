//! test and `[`: conditions.

use super::Context;
use crate::shell::parse_integer;
use crate::system::{FileKind, Stat};

/// `test expression`
pub fn main(ctx: &mut Context) -> i32 {
    let args: Vec<&str> = ctx.args.iter().map(String::as_str).collect();
    evaluate(ctx, &args)
}

/// `[ expression ]`
pub fn bracket(ctx: &mut Context) -> i32 {
    let args: Vec<&str> = ctx.args.iter().map(String::as_str).collect();
    match args.split_last() {
        Some((&"]", inner)) => evaluate(ctx, inner),
        _ => {
            ctx.error("missing ]");
            2
        }
    }
}

/// 0 true, 1 false, 2 mistake.
fn evaluate(ctx: &mut Context, args: &[&str]) -> i32 {
    let mut parser = Parser {
        ctx: &*ctx,
        rest: args,
    };
    let result = match parser.by_count() {
        Some(known) => known,
        None => parser.or().and_then(|value| match parser.rest.first() {
            None => Ok(value),
            Some(extra) => Err(format!("{extra}: unexpected operator")),
        }),
    };
    match result {
        Ok(value) => i32::from(!value),
        Err(message) => {
            ctx.error(message);
            2
        }
    }
}

struct Parser<'a, 'c> {
    ctx: &'a Context<'c>,
    rest: &'a [&'a str],
}

const BINARY: [&str; 15] = [
    "=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "=~",
];

impl Parser<'_, '_> {
    /// POSIX fixes the meaning of up to three arguments by their number, whatever they look like.
    fn by_count(&self) -> Option<Result<bool, String>> {
        match *self.rest {
            [] => Some(Ok(false)),
            [word] => Some(Ok(!word.is_empty())),
            ["!", word] => Some(Ok(word.is_empty())),
            [left, operator, right] if BINARY.contains(&operator) => {
                Some(self.binary(left, operator, right))
            }
            _ => None,
        }
    }

    fn or(&mut self) -> Result<bool, String> {
        let mut value = self.and()?;
        while self.eat("-o") {
            value |= self.and()?;
        }
        Ok(value)
    }

    fn and(&mut self) -> Result<bool, String> {
        let mut value = self.not()?;
        while self.eat("-a") {
            value &= self.not()?;
        }
        Ok(value)
    }

    fn not(&mut self) -> Result<bool, String> {
        let mut negated = false;
        while self.rest.len() > 1 && self.eat("!") {
            negated = !negated;
        }
        Ok(self.primary()? != negated)
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.rest.first() == Some(&word);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    fn primary(&mut self) -> Result<bool, String> {
        match *self.rest {
            [left, operator, right, ref after @ ..] if BINARY.contains(&operator) => {
                self.rest = after;
                self.binary(left, operator, right)
            }
            ["(", ref after @ ..] if !after.is_empty() => {
                self.rest = after;
                let value = self.or()?;
                if self.eat(")") {
                    Ok(value)
                } else {
                    Err("missing )".into())
                }
            }
            [operator, operand, ref after @ ..]
                if operator.len() == 2 && operator.starts_with('-') =>
            {
                self.rest = after;
                self.unary(operator, operand)
            }
            [word, ref after @ ..] => {
                self.rest = after;
                Ok(!word.is_empty())
            }
            [] => Err("argument expected".into()),
        }
    }

    fn stat(&self, path: &str) -> Option<Stat> {
        self.ctx.system.stat(path, true).ok()
    }

    fn unary(&self, operator: &str, operand: &str) -> Result<bool, String> {
        let kind = |wanted| Ok(self.stat(operand).is_some_and(|stat| stat.kind() == wanted));
        let access = |mode| Ok(self.ctx.system.access(operand, mode).is_ok());
        let mode = |bit| Ok(self.stat(operand).is_some_and(|stat| stat.mode & bit != 0));
        match operator {
            "-n" => Ok(!operand.is_empty()),
            "-z" => Ok(operand.is_empty()),
            "-e" | "-a" => Ok(self.stat(operand).is_some()),
            "-f" => kind(FileKind::File),
            "-d" => kind(FileKind::Directory),
            "-b" => kind(FileKind::BlockDevice),
            "-c" => kind(FileKind::CharDevice),
            "-p" => kind(FileKind::Fifo),
            "-S" => kind(FileKind::Socket),
            "-h" | "-L" => {
                let found = self.ctx.system.stat(operand, false);
                Ok(found.is_ok_and(|stat| stat.kind() == FileKind::Symlink))
            }
            "-s" => Ok(self.stat(operand).is_some_and(|stat| stat.size > 0)),
            "-r" => access(4),
            "-w" => access(2),
            "-x" => access(1),
            "-u" => mode(0o4000),
            "-g" => mode(0o2000),
            "-k" => mode(0o1000),
            "-O" => Ok(self
                .stat(operand)
                .is_some_and(|stat| stat.uid == self.ctx.system.uid())),
            "-G" => Ok(self
                .stat(operand)
                .is_some_and(|stat| stat.gid == self.ctx.system.gid())),
            "-t" => {
                let fd = integer(operand)?;
                Ok(i32::try_from(fd).is_ok_and(|fd| self.ctx.system.isatty(fd)))
            }
            "-v" => Ok(self.ctx.var(operand).is_some()),
            _ => Err(format!("{operator}: unexpected operator")),
        }
    }

    fn binary(&self, left: &str, operator: &str, right: &str) -> Result<bool, String> {
        let times = || {
            let time = |path| self.stat(path).map(|stat| stat.mtime);
            (time(left), time(right))
        };
        match operator {
            "=" | "==" => Ok(left == right),
            "!=" => Ok(left != right),
            "<" => Ok(left < right),
            ">" => Ok(left > right),
            "-nt" => Ok(matches!(times(), (Some(l), Some(r)) if l > r)
                || matches!(times(), (Some(_), None))),
            "-ot" => Ok(matches!(times(), (Some(l), Some(r)) if l < r)
                || matches!(times(), (None, Some(_)))),
            "-ef" => {
                let identity = |path| self.stat(path).map(|stat| (stat.dev, stat.ino));
                Ok(identity(left).is_some() && identity(left) == identity(right))
            }
            "=~" => Err("=~: unexpected operator".into()),
            _ => {
                let (left, right) = (integer(left)?, integer(right)?);
                Ok(compare_integers(left, operator, right))
            }
        }
    }
}

/// The result of `-eq`, `-ne`, `-lt`, `-le`, `-gt` or `-ge`.
pub(in crate::shell) fn compare_integers(left: i64, operator: &str, right: i64) -> bool {
    match operator {
        "-eq" => left == right,
        "-ne" => left != right,
        "-lt" => left < right,
        "-le" => left <= right,
        "-gt" => left > right,
        _ => left >= right,
    }
}

fn integer(text: &str) -> Result<i64, String> {
    let decimal = text.trim().parse().ok();
    decimal
        .or_else(|| parse_integer(text).filter(|_| !text.trim().starts_with('0')))
        .ok_or_else(|| format!("Illegal number: {text}"))
}

//! expr: arithmetic, comparisons and matches of its arguments.

use std::cmp::Ordering;

use regex_lite::Regex;

use super::{Context, pattern};

/// Deepest nesting of parentheses.
const MAX_DEPTH: u32 = 200;

/// expr: prints the value of the expression; 1 if that is empty or 0, 2 if it is none, 3 for other mistakes.
pub fn main(ctx: &mut Context) -> i32 {
    let args: Vec<&str> = ctx.args.iter().map(String::as_str).collect();
    let args = match args.split_first() {
        None => return ctx.missing_operand(),
        Some((&"--", rest)) => rest,
        Some(_) => &args[..],
    };
    let mut parser = Parser {
        rest: args,
        depth: 0,
    };
    let value = parser.binary(0).and_then(|value| match parser.rest {
        [] => Ok(value),
        [extra, ..] => Err(format!("syntax error: unexpected argument '{extra}'")),
    });
    match value {
        Ok(value) => {
            ctx.line(&value);
            i32::from(is_false(&value))
        }
        Err(message) => {
            ctx.error(message);
            2
        }
    }
}

struct Parser<'a> {
    rest: &'a [&'a str],
    depth: u32,
}

/// Binary operators by rising precedence.
const LEVELS: [&[&str]; 6] = [
    &["|"],
    &["&"],
    &["<", "<=", "=", "==", "!=", ">=", ">"],
    &["+", "-"],
    &["*", "/", "%"],
    &[":"],
];

type Value = Result<String, String>;

impl<'a> Parser<'a> {
    fn next(&mut self) -> Result<&'a str, String> {
        let (first, rest) = self
            .rest
            .split_first()
            .ok_or("syntax error: missing argument")?;
        self.rest = rest;
        Ok(first)
    }

    fn binary(&mut self, level: usize) -> Value {
        let Some(operators) = LEVELS.get(level) else {
            return self.primary();
        };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.rest.first().filter(|next| operators.contains(next)) {
            self.rest = &self.rest[1..];
            let right = self.binary(level + 1)?;
            left = apply(operator, &left, &right)?;
        }
        Ok(left)
    }

    fn primary(&mut self) -> Value {
        let first = self.next()?;
        match first {
            "(" => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err("too deeply nested".into());
                }
                let value = self.binary(0)?;
                self.depth -= 1;
                match self.next()? {
                    ")" => Ok(value),
                    _ => Err("syntax error: expecting ')'".into()),
                }
            }
            "+" if !self.rest.is_empty() => self.next().map(str::to_owned),
            "match" if self.rest.len() > 1 => {
                let text = self.primary()?;
                let expression = self.primary()?;
                matched(&text, &expression)
            }
            "length" if !self.rest.is_empty() => Ok(self.primary()?.chars().count().to_string()),
            "index" if self.rest.len() > 1 => {
                let text = self.primary()?;
                let wanted = self.primary()?;
                let found = text.chars().position(|c| wanted.contains(c));
                Ok(found.map_or(0, |at| at + 1).to_string())
            }
            "substr" if self.rest.len() > 2 => {
                let text = self.primary()?;
                let (begin, length) = (self.primary()?, self.primary()?);
                let count = |text: &str| text.parse::<usize>().unwrap_or(0);
                let skipped = match count(&begin) {
                    0 => return Ok(String::new()),
                    begin => begin - 1,
                };
                Ok(text.chars().skip(skipped).take(count(&length)).collect())
            }
            _ => Ok(first.to_owned()),
        }
    }
}

/// Whether a value counts as false: empty, or a number that is 0.
fn is_false(value: &str) -> bool {
    value.is_empty() || value.parse::<i64>() == Ok(0)
}

fn apply(operator: &str, left: &str, right: &str) -> Value {
    match operator {
        "|" if !is_false(left) => Ok(left.to_owned()),
        "|" if !is_false(right) => Ok(right.to_owned()),
        "|" => Ok("0".into()),
        "&" if is_false(left) || is_false(right) => Ok("0".into()),
        "&" => Ok(left.to_owned()),
        ":" => matched(left, right),
        "+" | "-" | "*" | "/" | "%" => {
            let number = |text: &str| {
                text.parse::<i64>()
                    .map_err(|_| "non-integer argument".to_owned())
            };
            let (left, right) = (number(left)?, number(right)?);
            let value = match operator {
                "+" => left.checked_add(right),
                "-" => left.checked_sub(right),
                "*" => left.checked_mul(right),
                _ if right == 0 => return Err("division by zero".into()),
                "/" => left.checked_div(right),
                _ => left.checked_rem(right),
            };
            value
                .map(|value| value.to_string())
                .ok_or_else(|| "Numerical result out of range".into())
        }
        _ => {
            let order = match (left.parse::<i64>(), right.parse::<i64>()) {
                (Ok(left), Ok(right)) => left.cmp(&right),
                _ => left.cmp(right),
            };
            let holds = match operator {
                "<" => order == Ordering::Less,
                "<=" => order != Ordering::Greater,
                "=" | "==" => order == Ordering::Equal,
                "!=" => order != Ordering::Equal,
                ">=" => order != Ordering::Less,
                _ => order == Ordering::Greater,
            };
            Ok(i32::from(holds).to_string())
        }
    }
}

/// `text : expression`, anchored at the start: the group if the expression has one, else how many characters match.
fn matched(text: &str, expression: &str) -> Value {
    let source = pattern::basic(expression);
    let source = source.strip_prefix('^').unwrap_or(&source);
    let regex = Regex::new(&format!("^(?:{source})"))
        .map_err(|_| format!("invalid regular expression: {expression}"))?;
    let grouped = regex.captures_len() > 1;
    Ok(match regex.captures(text) {
        Some(found) if grouped => found.get(1).map_or("", |group| group.as_str()).into(),
        Some(found) => found[0].chars().count().to_string(),
        None if grouped => String::new(),
        None => "0".into(),
    })
}

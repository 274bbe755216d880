//! What the fuzz targets need of the shell's inside.

use std::rc::Rc;

use super::ast::{
    Command, Compound, List, Operation, Part, Pipeline, Redirect, RedirectTarget, Test, Word,
};
use super::{arithmetic, glob, parse, unparse};

/// Parses `source`, writes it out and parses that: both trees, in a common form. `None` for what does not parse, and for programs
/// whose meaning hangs on a backslash that the tree does not keep: line continuations, and escapes in arithmetic (errors when run).
///
/// # Panics
/// When what was written out does not parse.
pub fn round_trip(source: &str) -> Option<(List, List)> {
    let mut program = parse::parse(source).ok()?;
    if source.contains("\\\n")
        || source.contains('\\') && (source.contains("((") || source.contains("${"))
    {
        return None;
    }
    let text = unparse::list(&program);
    let mut again = match parse::parse(&text) {
        Ok(again) => again,
        Err(error) => panic!("{source:?} became {text:?}: {error:?}"),
    };
    list(&mut program);
    list(&mut again);
    Some((program, again))
}

/// Evaluates an expression; all variables are 1.
pub fn evaluate(source: &str) {
    struct Ones;
    impl arithmetic::Variables for Ones {
        fn get(&mut self, _: &str) -> Result<String, String> {
            Ok("1".into())
        }
        fn set(&mut self, _: &str, _: i64) -> Result<(), String> {
            Ok(())
        }
    }
    // Errors are fine; panics are not.
    let _value = arithmetic::evaluate(source, &mut Ones);
    let _integer = arithmetic::parse_integer(source);
}

/// Matches a pattern in which nothing is quoted.
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<glob::Char> = pattern
        .chars()
        .map(|value| glob::Char {
            value,
            quoted: false,
        })
        .collect();
    glob::matches(&pattern, &text.chars().collect::<Vec<_>>())
}

fn list(list: &mut List) {
    for item in &mut list.0 {
        pipeline(&mut item.and_or.first);
        item.and_or
            .rest
            .iter_mut()
            .for_each(|(_, next)| pipeline(next));
    }
}

fn pipeline(pipeline: &mut Pipeline) {
    pipeline.commands.iter_mut().for_each(command);
}

fn command(next: &mut Command) {
    match next {
        Command::Simple(simple) => {
            simple.line = 0;
            simple
                .assignments
                .iter_mut()
                .for_each(|assignment| word(&mut assignment.value));
            simple.words.iter_mut().for_each(word);
            simple.redirects.iter_mut().for_each(redirect);
        }
        Command::Function(_, body) => command(Rc::make_mut(body)),
        Command::Compound(body, redirects) => {
            redirects.iter_mut().for_each(redirect);
            match body {
                Compound::Brace(body) | Compound::Subshell(body) => list(body),
                Compound::If(arms, otherwise) => {
                    for (condition, body) in arms {
                        list(condition);
                        list(body);
                    }
                    otherwise.iter_mut().for_each(list);
                }
                Compound::For(_, words, body) => {
                    words.iter_mut().flatten().for_each(word);
                    list(body);
                }
                Compound::While(_, condition, body) => {
                    list(condition);
                    list(body);
                }
                Compound::Case(subject, arms) => {
                    word(subject);
                    for arm in arms {
                        arm.patterns.iter_mut().for_each(word);
                        list(&mut arm.body);
                    }
                }
                Compound::Arithmetic(expression) => parts(expression, true),
                Compound::ArithmeticFor(expressions, body) => {
                    expressions.iter_mut().for_each(|next| parts(next, true));
                    list(body);
                }
                Compound::Conditional(next) => test(next),
            }
        }
    }
}

fn test(next: &mut Test) {
    match next {
        Test::Unary(_, operand) => word(operand),
        Test::Binary(left, _, right) => {
            word(left);
            word(right);
        }
        Test::Not(inner) => test(inner),
        Test::Both(_, left, right) => {
            test(left);
            test(right);
        }
    }
}

fn redirect(redirect: &mut Redirect) {
    match &mut redirect.target {
        RedirectTarget::Read(next)
        | RedirectTarget::Write(next, _)
        | RedirectTarget::Append(next)
        | RedirectTarget::ReadWrite(next)
        | RedirectTarget::Duplicate(next, _)
        | RedirectTarget::Both(next, _)
        | RedirectTarget::HereString(next) => word(next),
        // Written as a here-string, without its last newline; an empty one as /dev/null.
        RedirectTarget::HereDoc(body) => {
            let mut inner = body.get().cloned().unwrap_or_default().parts;
            parts(&mut inner, true);
            let literal = |text: &str| Word {
                parts: vec![Part::Literal(text.into())],
                is_assignment: false,
            };
            redirect.target = match inner.pop() {
                Some(Part::Quoted(text)) if !text.is_empty() => {
                    let text = text.strip_suffix('\n').unwrap_or(&text);
                    if !text.is_empty() {
                        inner.push(Part::Quoted(text.into()));
                    }
                    RedirectTarget::HereString(Word {
                        parts: vec![Part::Double(inner)],
                        is_assignment: false,
                    })
                }
                _ => RedirectTarget::Read(literal("/dev/null")),
            };
        }
    }
}

fn word(word: &mut Word) {
    parts(&mut word.parts, false);
}

/// Between quotes all text counts as quoted, outside what cannot be written otherwise; neighbours join.
fn parts(all: &mut Vec<Part>, quoted: bool) {
    let mut joined: Vec<Part> = Vec::new();
    for mut next in core::mem::take(all) {
        match &mut next {
            Part::Literal(text) => {
                for c in text.chars() {
                    let quotes = quoted || matches!(c, '$' | '\\');
                    push(
                        &mut joined,
                        if quotes {
                            Part::Quoted(c.into())
                        } else {
                            Part::Literal(c.into())
                        },
                    );
                }
                continue;
            }
            Part::Double(inner) | Part::Arithmetic(inner) => parts(inner, true),
            Part::Command(body) | Part::Process(body, _) => list(Rc::make_mut(body)),
            Part::Parameter(parameter) => match &mut parameter.operation {
                Operation::Value
                | Operation::Length
                | Operation::Indirect
                | Operation::Case { .. } => {}
                Operation::Conditional(_, _, next) => parts(&mut next.parts, quoted),
                Operation::Trim { pattern, .. } => word(pattern),
                Operation::Replace(pattern, replacement, _) => {
                    word(pattern);
                    word(replacement);
                }
                Operation::Substring(offset, length) => {
                    parts(offset, true);
                    length.iter_mut().for_each(|length| parts(length, true));
                }
            },
            Part::Quoted(_) | Part::Tilde(_) => {}
        }
        push(&mut joined, next);
    }
    *all = joined;
}

fn push(joined: &mut Vec<Part>, next: Part) {
    match (joined.last_mut(), &next) {
        (Some(Part::Quoted(before)), Part::Quoted(text))
        | (Some(Part::Literal(before)), Part::Literal(text)) => before.push_str(text),
        _ => joined.push(next),
    }
}

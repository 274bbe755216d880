//! Syntax tree back to source: how a shell hands part of its program, and its state, to another one; and the text of jobs.

use super::ast::{
    AndOr, ArmEnd, Command, Compound, Conditional, List, Operation, Parameter, Part, Pipeline,
    Redirect, RedirectTarget, Simple, Test, Word,
};
use super::parse::RESERVED;
use super::run::Shell;

/// A script that gives another shell the state of this one and then runs `source`. Exported variables travel in the environment,
/// positional parameters as arguments.
pub fn state(shell: &Shell, source: &str) -> String {
    let mut out = String::new();
    let mut options = shell.options;
    for name in [
        "allexport",
        "errexit",
        "noglob",
        "noclobber",
        "nounset",
        "pipefail",
    ] {
        if options.switch(name).is_some_and(|on| *on) && name != "errexit" {
            out.push_str(&format!("set -o {name}\n"));
        }
    }
    for (name, variable) in &shell.variables {
        if variable.exported {
            continue;
        }
        if let Some(value) = &variable.value {
            out.push_str(&format!("{name}={}\n", quote(value)));
        }
    }
    for (name, _) in shell
        .variables
        .iter()
        .filter(|(_, variable)| variable.readonly)
    {
        out.push_str(&format!("readonly {name}\n"));
    }
    for (number, _) in shell.traps.iter().filter(|(_, command)| command.is_empty()) {
        out.push_str(&format!("trap '' {number}\n"));
    }
    for (name, body) in &shell.functions {
        out.push_str(&format!("{name}() {}\n", command(body)));
    }
    for (name, text) in &shell.aliases {
        out.push_str(&format!("alias {name}={}\n", quote(text)));
    }
    if shell.status != 0 {
        out.push_str(&format!("(exit {})\n", shell.status));
    }
    // Last, so that nothing of the above is traced or ends the shell.
    if options.errexit && shell.conditions == 0 {
        out.push_str("set -e\n");
    }
    if options.xtrace {
        out.push_str("set -x\n");
    }
    out.push_str(source);
    out
}

/// `text` as one word of source, quoted only if it has to be.
pub fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-+./:,=@%^".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        quote_always(text)
    }
}

/// `text` between single quotes, with each of its own between double quotes, as dash writes it.
pub fn quote_always(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}

/// Source of a list.
pub fn list(list: &List) -> String {
    let items = list.0.iter().map(|item| {
        let end = if item.background { " &" } else { ";" };
        format!("{}{end}", and_or(&item.and_or))
    });
    items.collect::<Vec<_>>().join(" ")
}

/// Source of an and-or list.
pub fn and_or(and_or: &AndOr) -> String {
    let mut out = pipeline(&and_or.first);
    for (and, next) in &and_or.rest {
        out.push_str(if *and { " && " } else { " || " });
        out.push_str(&pipeline(next));
    }
    out
}

/// Source of a pipeline.
pub fn pipeline(pipeline: &Pipeline) -> String {
    let commands: Vec<String> = pipeline.commands.iter().map(command).collect();
    let negation = if pipeline.negated { "! " } else { "" };
    format!("{negation}{}", commands.join(" | "))
}

/// Source of a command.
pub fn command(command: &Command) -> String {
    match command {
        Command::Simple(command) => simple(command),
        Command::Function(name, body) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
            // Any other name is one only after the keyword.
            if name.chars().all(plain) && !begins_otherwise(name) {
                format!("{name}() {}", self::command(body))
            } else {
                format!("function {name} () {}", self::command(body))
            }
        }
        Command::Compound(body, redirects) => {
            let mut out = compound(body);
            for next in redirects {
                out.push(' ');
                out.push_str(&redirect(next));
            }
            out
        }
    }
}

fn simple(command: &Simple) -> String {
    let mut parts = Vec::new();
    for assignment in &command.assignments {
        let operator = if assignment.append { "+=" } else { "=" };
        let value = word(&assignment.value);
        parts.push(format!("{}{operator}{value}", assignment.name));
    }
    let mut redirects: Vec<String> = command.redirects.iter().map(redirect).collect();
    let first = command.words.first().and_then(Word::as_literal);
    if parts.is_empty() && first.is_some_and(begins_otherwise) {
        // Behind a redirection it is an ordinary word, which is how it came to be one.
        parts.append(&mut redirects);
    }
    parts.extend(command.words.iter().map(word));
    parts.append(&mut redirects);
    parts.join(" ")
}

/// Whether a command that begins with this word is not a simple one.
fn begins_otherwise(word: &str) -> bool {
    RESERVED.contains(&word) || word == "function"
}

fn compound(compound: &Compound) -> String {
    match compound {
        Compound::Brace(body) => format!("{{ {} }}", list(body)),
        Compound::Subshell(body) => format!("( {} )", list(body)),
        Compound::If(arms, otherwise) => {
            let arms = arms
                .iter()
                .map(|(condition, body)| format!("if {} then {} ", list(condition), list(body)));
            let mut out = arms.collect::<Vec<_>>().join("el");
            if let Some(body) = otherwise {
                out.push_str(&format!("else {} ", list(body)));
            }
            out.push_str("fi");
            out
        }
        Compound::For(name, words, body) => {
            let words = words.as_ref().map(|words| {
                let words: Vec<String> = words.iter().map(word).collect();
                format!(" in {}", words.join(" "))
            });
            let words = words.unwrap_or_default();
            format!("for {name}{words}; do {} done", list(body))
        }
        Compound::While(expected, condition, body) => {
            let keyword = if *expected { "while" } else { "until" };
            format!("{keyword} {} do {} done", list(condition), list(body))
        }
        Compound::Case(subject, arms) => {
            let mut out = format!("case {} in ", word(subject));
            for arm in arms {
                let patterns: Vec<String> = arm.patterns.iter().map(word).collect();
                let end = match arm.end {
                    ArmEnd::Leave => ";;",
                    ArmEnd::RunNext => ";&",
                    ArmEnd::TestNext => ";;&",
                };
                // The list's own `;` would run into the arm's.
                let body = list(&arm.body);
                let body = body.strip_suffix(';').unwrap_or(&body);
                out.push_str(&format!("({}) {body} {end} ", patterns.join(" | ")));
            }
            out.push_str("esac");
            out
        }
        Compound::Arithmetic(expression) => format!("(({}))", quoted(expression)),
        Compound::ArithmeticFor([first, condition, step], body) => format!(
            "for (({};{};{})) do {} done",
            quoted(first),
            quoted(condition),
            quoted(step),
            list(body)
        ),
        Compound::Conditional(inner) => format!("[[ {} ]]", test(inner)),
    }
}

fn test(next: &Test) -> String {
    match next {
        Test::Unary(operator, operand) => format!("{operator} {}", word(operand)),
        Test::Binary(left, operator, right) => {
            format!("{} {operator} {}", word(left), word(right))
        }
        Test::Not(inner) => format!("! {}", test(inner)),
        Test::Both(and, left, right) => {
            let operator = if *and { "&&" } else { "||" };
            format!("( {} {operator} {} )", test(left), test(right))
        }
    }
}

fn redirect(redirect: &Redirect) -> String {
    let fd = redirect.fd.map(|fd| fd.to_string()).unwrap_or_default();
    match &redirect.target {
        RedirectTarget::Read(file) => format!("{fd}< {}", word(file)),
        RedirectTarget::Write(file, false) => format!("{fd}> {}", word(file)),
        RedirectTarget::Write(file, true) => format!("{fd}>| {}", word(file)),
        RedirectTarget::Append(file) => format!("{fd}>> {}", word(file)),
        RedirectTarget::ReadWrite(file) => format!("{fd}<> {}", word(file)),
        RedirectTarget::Duplicate(source, false) => format!("{fd}<&{}", word(source)),
        RedirectTarget::Duplicate(source, true) => format!("{fd}>&{}", word(source)),
        RedirectTarget::Both(file, false) => format!("&> {}", word(file)),
        RedirectTarget::Both(file, true) => format!("&>> {}", word(file)),
        RedirectTarget::HereString(text) => format!("{fd}<<< {}", word(text)),
        RedirectTarget::HereDoc(body) => here_doc(&fd, body.get()),
    }
}

/// A here-document as a here-string, which needs no further lines: that adds one newline, so the last one of the body goes.
fn here_doc(fd: &str, body: Option<&Word>) -> String {
    let mut parts = body.map(|body| body.parts.clone()).unwrap_or_default();
    if parts.is_empty() {
        return format!("{fd}< /dev/null");
    }
    match parts.last_mut() {
        Some(Part::Literal(text) | Part::Quoted(text)) if text.ends_with('\n') => {
            text.pop();
            format!("{fd}<<< \"{}\"", quoted(&parts))
        }
        _ => format!("{fd}< /dev/null"),
    }
}

fn word(word: &Word) -> String {
    if word.parts.is_empty() {
        return String::new();
    }
    word.parts.iter().map(part).collect()
}

fn part(part: &Part) -> String {
    match part {
        // What follows must not make an expansion or an escape of them.
        Part::Literal(text) => text.replace('\\', "\\\\").replace('$', "\\$"),
        Part::Quoted(text) => format!("'{}'", text.replace('\'', "'\\''")),
        Part::Double(parts) => format!("\"{}\"", quoted(parts)),
        Part::Parameter(next) => parameter(next, false),
        // The blank keeps a subshell from looking like arithmetic.
        Part::Command(body) => format!("$( {} )", list(body)),
        Part::Arithmetic(parts) => format!("$(({}))", quoted(parts)),
        Part::Process(body, false) => format!("<( {} )", list(body)),
        Part::Process(body, true) => format!(">( {} )", list(body)),
        Part::Tilde(name) => format!("~{name}"),
    }
}

/// Parts as they are written between double quotes.
fn quoted(parts: &[Part]) -> String {
    escaped(parts, "$`\"\\")
}

/// Parts with a backslash before each of the `special` characters in their text.
fn escaped(parts: &[Part], special: &str) -> String {
    let mut out = String::new();
    for next in parts {
        match next {
            Part::Literal(text) | Part::Quoted(text) => {
                for c in text.chars() {
                    if special.contains(c) {
                        out.push('\\');
                    }
                    out.push(c);
                }
            }
            Part::Double(inner) => out.push_str(&escaped(inner, special)),
            Part::Parameter(next) => out.push_str(&parameter(next, true)),
            Part::Tilde(name) => out.push_str(&format!("~{name}")),
            Part::Command(_) | Part::Arithmetic(_) | Part::Process(..) => out.push_str(&part(next)),
        }
    }
    out
}

fn parameter(parameter: &Parameter, in_quotes: bool) -> String {
    let name = &parameter.name;
    let inner = |next: &Word| {
        if in_quotes {
            escaped(&next.parts, "$`\"\\}")
        } else {
            word(next)
        }
    };
    match &parameter.operation {
        Operation::Value => format!("${{{name}}}"),
        Operation::Length => format!("${{#{name}}}"),
        Operation::Indirect => format!("${{!{name}}}"),
        Operation::Case { upper, all } => {
            let sign = if *upper { "^" } else { "," };
            format!("${{{name}{}}}", sign.repeat(1 + usize::from(*all)))
        }
        Operation::Conditional(conditional, colon, next) => {
            let colon = if *colon { ":" } else { "" };
            let operator = match conditional {
                Conditional::Default => '-',
                Conditional::Assign => '=',
                Conditional::Error => '?',
                Conditional::Alternative => '+',
            };
            format!("${{{name}{colon}{operator}{}}}", inner(next))
        }
        Operation::Trim {
            suffix,
            longest,
            pattern,
        } => {
            let sign = if *suffix { "%" } else { "#" };
            let operator = if *longest {
                sign.repeat(2)
            } else {
                sign.into()
            };
            format!("${{{name}{operator}{}}}", word(pattern))
        }
        Operation::Replace(pattern, replacement, all) => {
            let operator = if *all { "//" } else { "/" };
            let replacement = match word(replacement) {
                empty if empty.is_empty() => empty,
                text => format!("/{text}"),
            };
            format!("${{{name}{operator}{}{replacement}}}", word(pattern))
        }
        Operation::Substring(offset, length) => {
            let length = length.as_ref().map(|length| format!(":{}", quoted(length)));
            format!(
                "${{{name}:{}{}}}",
                quoted(offset),
                length.unwrap_or_default()
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fuzzing::round_trip;
    use super::super::parse::parse;
    use super::list;

    #[test]
    fn programs_survive_being_written() {
        for source in [
            "echo \"${a-${b}}\" \"${a-x}y}\"",
            "echo $\\x $\\(",
            "echo \\",
            "echo $( (echo '))') )",
            ">f if; >f function x",
            "function a=b { c; }",
            "function if { c; }",
            "echo ${a/b} ${a/} ${a//} ${a: -1} ${a:1:2}",
            "cat <<E\n\"$a\" ${b-\"c\"}\nE",
            "[[ $a == b* && ( ! -f x || c < d ) || e =~ ^(a|b c)$ ]]",
            "((a += 1)) && for ((i = 0; i < (3); i++)); do echo $((i ** 2)); done",
            "cat <(echo a) x >(tee f) < <(b)",
            "case a in (a) b ;;& (c) d ;& (*) e ;; esac",
            "echo ${a^} ${a,,} ${!a} ${a////x} \"${a/b/'c d'}\"",
        ] {
            let (program, again) = round_trip(source).expect(source);
            assert_eq!(program, again, "{source}");
        }
    }

    #[test]
    fn source_written_back_means_the_same() {
        let fixture = include_str!("../../tests/fixtures/shell.txt");
        let scripts = fixture
            .split("---\n")
            .filter_map(|case| case.split_once(">>> "));
        for (script, _) in scripts.filter(|(script, _)| !script.contains("<<")) {
            // Scripts with syntax errors have nothing to write back.
            let Ok(parsed) = parse(script) else { continue };
            let written = list(&parsed);
            let again = parse(&written).unwrap_or_else(|error| panic!("{written}: {error:?}"));
            assert_eq!(list(&again), written, "{script}");
        }
    }
}

//! Word expansion: tildes, parameters, command substitution, arithmetic, splitting, pathnames, quote removal.

use super::arithmetic::{self, Variables};
use super::ast::{Conditional, Operation, Parameter, Part, Word};
use super::glob::{self, Char};
use super::run::{Flow, Run, Shell};
use crate::system::read_file;

/// How an unquoted expansion's result is treated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Splitting {
    /// Fields are split at `IFS`.
    Fields,
    /// One field, whatever it holds.
    None,
}

/// Gathers the fields of a word.
struct Fields {
    done: Vec<Vec<Char>>,
    current: Vec<Char>,
    /// The current field exists even if it is empty (`""`).
    exists: bool,
    /// The field before ended at `IFS` whitespace: a separator right after belongs to the same gap.
    after_blank: bool,
    splitting: Splitting,
    ifs: String,
}

impl Fields {
    fn push(&mut self, text: &str, quoted: bool) {
        self.exists |= quoted || !text.is_empty();
        self.after_blank = false;
        let chars = text.chars().map(|value| Char { value, quoted });
        self.current.extend(chars);
    }

    /// Adds the result of an expansion outside quotes.
    fn push_expanded(&mut self, text: &str) {
        if self.splitting == Splitting::None {
            return self.push(text, false);
        }
        for value in text.chars() {
            if !self.ifs.contains(value) {
                self.after_blank = false;
                self.exists = true;
                self.current.push(Char {
                    value,
                    quoted: false,
                });
            } else if matches!(value, ' ' | '\t' | '\n') {
                if self.exists {
                    self.end_field();
                    self.after_blank = true;
                }
            } else if self.after_blank {
                self.after_blank = false;
            } else {
                self.exists = true;
                self.end_field();
            }
        }
    }

    fn end_field(&mut self) {
        if self.exists {
            self.done.push(core::mem::take(&mut self.current));
        }
        self.exists = false;
        self.after_blank = false;
    }

    fn finish(mut self) -> Vec<Vec<Char>> {
        self.end_field();
        self.done
    }
}

impl Shell<'_> {
    /// All fields of `words`, with pathnames expanded.
    pub(super) fn expand_words(&mut self, words: &[Word]) -> Run<Vec<String>> {
        let mut all = Vec::new();
        for word in words {
            if word.is_assignment {
                all.push(self.expand_single(word)?);
                continue;
            }
            for alternative in super::brace::expand(word) {
                for field in self.fields(&alternative, Splitting::Fields)? {
                    let mut paths = Vec::new();
                    if !self.options.noglob && glob::is_pattern(&field) {
                        paths = glob::expand(self.system, &field);
                    }
                    if paths.is_empty() && !(self.options.nullglob && glob::is_pattern(&field)) {
                        paths.push(glob::plain(&field));
                    }
                    all.append(&mut paths);
                }
            }
        }
        Ok(all)
    }

    /// One field: no splitting, no pathnames (assignments, redirections, `case` subjects).
    pub(super) fn expand_single(&mut self, word: &Word) -> Run<String> {
        self.expand_pattern(word).map(|chars| glob::plain(&chars))
    }

    /// One field that keeps its quoting, to be matched as a pattern.
    pub(super) fn expand_pattern(&mut self, word: &Word) -> Run<Vec<Char>> {
        let fields = self.fields(word, Splitting::None)?;
        let space = Char {
            value: ' ',
            quoted: false,
        };
        Ok(fields.join(&space))
    }

    fn fields(&mut self, word: &Word, splitting: Splitting) -> Run<Vec<Vec<Char>>> {
        let mut fields = Fields {
            done: Vec::new(),
            current: Vec::new(),
            exists: false,
            after_blank: false,
            splitting,
            ifs: self.ifs(),
        };
        for part in &word.parts {
            self.expand_part(part, false, &mut fields)?;
        }
        Ok(fields.finish())
    }

    fn ifs(&self) -> String {
        self.get_var("IFS").unwrap_or(" \t\n").to_owned()
    }

    fn expand_part(&mut self, part: &Part, quoted: bool, fields: &mut Fields) -> Run<()> {
        match part {
            Part::Literal(text) => fields.push(text, quoted),
            Part::Quoted(text) => fields.push(text, true),
            Part::Tilde(name) => {
                let home = self.tilde(name);
                fields.push(&home, true);
            }
            Part::Double(parts) => {
                // `"$@"` without parameters is no field at all; any other quoted word is one.
                let only_parameters = matches!(parts.as_slice(),
                    [Part::Parameter(p)] if p.name == "@" && p.operation == Operation::Value);
                if !only_parameters {
                    fields.push("", true);
                }
                for part in parts {
                    self.expand_part(part, true, fields)?;
                }
            }
            Part::Command(list) => {
                let output = self.command_substitution(list)?;
                push_value(&output, quoted, fields);
            }
            Part::Arithmetic(parts) => {
                let value = self.arithmetic(parts)?.to_string();
                push_value(&value, quoted, fields);
            }
            Part::Parameter(parameter) => self.expand_parameter(parameter, quoted, fields)?,
            Part::Process(list, feeds) => {
                let path = self.start_process(list, *feeds)?;
                fields.push(&path, true);
            }
        }
        Ok(())
    }

    fn tilde(&self, name: &str) -> String {
        let found = match name {
            "+" => self.get_var("PWD"),
            "-" => self.get_var("OLDPWD"),
            "" => self.get_var("HOME"),
            _ if self.get_var("USER") == Some(name) => self.get_var("HOME"),
            _ => return self.home_of(name).unwrap_or_else(|| format!("~{name}")),
        };
        found.map_or_else(|| format!("~{name}"), str::to_owned)
    }

    /// Home directory of a user, from `/etc/passwd`.
    fn home_of(&self, name: &str) -> Option<String> {
        let users = read_file(self.system, "/etc/passwd").ok()?;
        let users = String::from_utf8_lossy(&users).into_owned();
        let mut entries = users
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>());
        let entry = entries.find(|fields| fields.first() == Some(&name))?;
        entry.get(5).map(|home| (*home).to_owned())
    }

    /// Value of the expression that `parts` expand to.
    pub(super) fn arithmetic(&mut self, parts: &[Part]) -> Run<i64> {
        let source = self.expand_quoted(parts)?;
        arithmetic::evaluate(&source, self).map_err(|message| self.expansion_error(&message))
    }

    /// Text of parts as between double quotes.
    fn expand_quoted(&mut self, parts: &[Part]) -> Run<String> {
        let word = Word {
            parts: vec![Part::Double(parts.to_vec())],
            is_assignment: false,
        };
        self.expand_single(&word)
    }

    /// Text of a here-document's body.
    pub(super) fn expand_here_doc(&mut self, body: &Word) -> Run<String> {
        self.expand_quoted(&body.parts)
    }

    fn expand_parameter(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        fields: &mut Fields,
    ) -> Run<()> {
        let Parameter { name, operation } = parameter;
        if let ("@" | "*", Operation::Value) = (name.as_str(), operation) {
            let args = self.args.clone();
            self.expand_all_args(name == "@", &args, quoted, fields);
            return Ok(());
        }
        if let ("@" | "*", Operation::Substring(offset, length)) = (name.as_str(), operation) {
            // Those from the offset on; `$0` has the number 0.
            let offset = self.arithmetic(offset)?;
            let length = match length {
                Some(length) => self.arithmetic(length)?,
                None => i64::MAX,
            };
            let all = core::iter::once(&self.name).chain(&self.args);
            let count = self.args.len() as i64 + 1;
            let begin = if offset < 0 {
                count.saturating_add(offset)
            } else {
                offset
            };
            let skipped = usize::try_from(begin).unwrap_or(usize::MAX);
            let most = if length < 0 { 0 } else { usize::MAX };
            let taken = usize::try_from(length).unwrap_or(most);
            let args: Vec<String> = all.skip(skipped).take(taken).cloned().collect();
            self.expand_all_args(name == "@", &args, quoted, fields);
            return Ok(());
        }
        let value = self.parameter(name);
        let text = match operation {
            Operation::Value => self.required(name, value)?,
            Operation::Indirect => {
                let target = self.required(name, value)?;
                let value = self.parameter(&target);
                self.required(&target, value)?
            }
            Operation::Case { upper, all } => {
                let text = self.required(name, value)?;
                change_case(&text, *upper, *all)
            }
            Operation::Length if matches!(name.as_str(), "@" | "*") => self.args.len().to_string(),
            Operation::Length => self.required(name, value)?.chars().count().to_string(),
            Operation::Conditional(conditional, colon, word) => {
                let set = value
                    .as_ref()
                    .is_some_and(|text| !colon || !text.is_empty());
                match (conditional, set) {
                    (Conditional::Alternative, false) => String::new(),
                    (Conditional::Alternative, true) | (Conditional::Default, false) => {
                        return self.expand_word_of_parameter(word, quoted, fields);
                    }
                    (Conditional::Assign, false) => {
                        if !super::builtin::is_name(name) {
                            let message = format!("{name}: bad variable name");
                            return Err(self.expansion_error(&message));
                        }
                        let text = self.expand_single(word)?;
                        self.assign(name, text.clone())?;
                        text
                    }
                    (Conditional::Error, false) => {
                        let mut text = self.expand_single(word)?;
                        if text.is_empty() {
                            text = "parameter not set".into();
                            if *colon {
                                text.push_str(" or null");
                            }
                        }
                        return Err(self.expansion_error(&format!("{name}: {text}")));
                    }
                    (_, true) if matches!(name.as_str(), "@" | "*") => {
                        let args = self.args.clone();
                        self.expand_all_args(name == "@", &args, quoted, fields);
                        return Ok(());
                    }
                    (_, true) => value.unwrap_or_default(),
                }
            }
            Operation::Trim {
                suffix,
                longest,
                pattern,
            } => {
                let text: Vec<char> = self.required(name, value)?.chars().collect();
                let pattern = self.expand_pattern(pattern)?;
                trim(&text, &pattern, *suffix, *longest)
            }
            Operation::Replace(..) if value.is_none() => self.required(name, value)?,
            Operation::Replace(pattern, replacement, all) => {
                let text: Vec<char> = self.required(name, value)?.chars().collect();
                let pattern = self.expand_pattern(pattern)?;
                let replacement = self.expand_single(replacement)?;
                replace(&text, &pattern, &replacement, *all)
            }
            Operation::Substring(offset, length) => {
                let text: Vec<char> = self.required(name, value)?.chars().collect();
                let offset = self.arithmetic(offset)?;
                let length = match length {
                    Some(length) => Some(self.arithmetic(length)?),
                    None => None,
                };
                substring(&text, offset, length)
            }
        };
        push_value(&text, quoted, fields);
        Ok(())
    }

    /// The word of `${x-word}` takes part in splitting and quoting as if it stood there itself.
    fn expand_word_of_parameter(
        &mut self,
        word: &Word,
        quoted: bool,
        fields: &mut Fields,
    ) -> Run<()> {
        for part in &word.parts {
            match part {
                Part::Literal(text) if !quoted => fields.push_expanded(text),
                _ => self.expand_part(part, quoted, fields)?,
            }
        }
        Ok(())
    }

    /// `$@` and `$*`.
    fn expand_all_args(&self, at: bool, args: &[String], quoted: bool, fields: &mut Fields) {
        if quoted && !at || fields.splitting == Splitting::None {
            let separator = match self.get_var("IFS") {
                Some(ifs) => ifs.chars().next().map(String::from).unwrap_or_default(),
                None => " ".into(),
            };
            return push_value(&args.join(&separator), quoted, fields);
        }
        for (index, arg) in args.iter().enumerate() {
            if index > 0 {
                fields.end_field();
            }
            push_value(arg, quoted, fields);
        }
    }

    /// The value, or an empty one unless `set -u` forbids it.
    fn required(&mut self, name: &str, value: Option<String>) -> Run<String> {
        match value {
            Some(value) => Ok(value),
            None if self.options.nounset && !matches!(name, "@" | "*") => {
                Err(self.expansion_error(&format!("{name}: parameter not set")))
            }
            None => Ok(String::new()),
        }
    }

    /// Value of a variable, positional or special parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        if let Ok(index) = name.parse::<usize>() {
            return match index {
                0 => Some(self.name.clone()),
                _ => self.args.get(index - 1).cloned(),
            };
        }
        match name {
            "?" => Some(self.status.to_string()),
            "$" => Some(self.pid.to_string()),
            "!" => self.last_background.map(|pid| pid.to_string()),
            "#" => Some(self.args.len().to_string()),
            "-" => Some(self.options.letters()),
            "@" | "*" => (!self.args.is_empty()).then(|| self.args.join(" ")),
            "LINENO" if !self.variables.contains_key("LINENO") => Some(self.line.to_string()),
            "PPID" => Some(self.system.ppid().to_string()),
            _ => self.get_var(name).map(str::to_owned),
        }
    }

    /// Reports an error that ends a script, or the current line of an interactive shell.
    pub(super) fn expansion_error(&mut self, message: &str) -> Flow {
        self.error(message);
        self.status = 2;
        self.failed = true;
        if self.interactive {
            Flow::Abort
        } else {
            Flow::Exit
        }
    }
}

fn push_value(text: &str, quoted: bool, fields: &mut Fields) {
    if quoted {
        fields.push(text, true);
    } else {
        fields.push_expanded(text);
    }
}

/// `${x^^}` and its like.
fn change_case(text: &str, upper: bool, all: bool) -> String {
    let end = match text.chars().next() {
        Some(first) if !all => first.len_utf8(),
        _ => text.len(),
    };
    let (changed, rest) = text.split_at(end);
    let changed = if upper {
        changed.to_uppercase()
    } else {
        changed.to_lowercase()
    };
    changed + rest
}

fn trim(text: &[char], pattern: &[Char], suffix: bool, longest: bool) -> String {
    let count = text.len();
    let cuts: Box<dyn Iterator<Item = usize>> = if suffix == longest {
        Box::new(0..=count)
    } else {
        Box::new((0..=count).rev())
    };
    for cut in cuts {
        let (head, tail) = text.split_at(cut);
        let (removed, kept) = if suffix { (tail, head) } else { (head, tail) };
        if glob::matches(pattern, removed) {
            return kept.iter().collect();
        }
    }
    text.iter().collect()
}

fn replace(text: &[char], pattern: &[Char], replacement: &str, all: bool) -> String {
    let anchor = pattern.first().filter(|c| !c.quoted).map(|c| c.value);
    let (pattern, at_start, at_end) = match anchor {
        Some('#') => (&pattern[1..], true, false),
        Some('%') => (&pattern[1..], false, true),
        _ => (pattern, false, false),
    };
    let mut out = String::new();
    let mut at = 0;
    while at <= text.len() {
        let longest = (at..=text.len())
            .rev()
            .find(|end| (!at_end || *end == text.len()) && glob::matches(pattern, &text[at..*end]));
        match longest {
            // An empty match counts only where there is nothing else to match.
            Some(end) if end > at || at_start || at_end || text.is_empty() => {
                out.push_str(replacement);
                at = end;
                if !all || at_start || at_end {
                    break;
                }
            }
            _ if at_start => break,
            _ => {
                out.extend(text.get(at));
                at += 1;
            }
        }
    }
    out.extend(text.iter().skip(at));
    out
}

/// `${x:offset:length}`; negative numbers count from the end.
fn substring(text: &[char], offset: i64, length: Option<i64>) -> String {
    let count = text.len() as i64;
    let from_end = |position: i64| {
        if position < 0 {
            count + position
        } else {
            position
        }
    };
    let start = from_end(offset);
    if start < 0 {
        return String::new();
    }
    let start = start.min(count);
    let end = match length {
        None => count,
        Some(length) if length < 0 => count + length,
        Some(length) => start.saturating_add(length),
    };
    let end = end.clamp(start, count);
    text[start as usize..end as usize].iter().collect()
}

impl Variables for Shell<'_> {
    fn get(&mut self, name: &str) -> Result<String, String> {
        match self.parameter(name) {
            None if self.options.nounset => Err(format!("{name}: parameter not set")),
            value => Ok(value.unwrap_or_default()),
        }
    }

    fn set(&mut self, name: &str, value: i64) -> Result<(), String> {
        self.set_var(name, value.to_string())
    }
}

//! Running a script over the lines of the inputs.

use std::rc::Rc;

use regex_lite::{Captures, Regex};

use super::lines::Lines;
use super::parse::{Address, Case, End, Piece, Script, Selection, Substitution};
use super::{Arguments, Command, Context};
use crate::shell::command::context::chomp;
use crate::system::strerror;

/// How a range stands.
#[derive(Clone, Copy, PartialEq)]
enum Range {
    Outside,
    /// Up to this line.
    Until(usize),
    /// Up to a match.
    Open,
}

/// What to do after a command.
enum Next {
    Step(usize),
    /// The cycle is over; whether the pattern space is printed.
    EndCycle(bool),
    /// As `EndCycle`, without reading a line.
    Restart,
    Quit(i32, bool),
}

/// What is printed at the end of a cycle, after the pattern space.
enum Appended {
    Text(String),
    File(String),
}

/// A run of a script.
pub struct Machine<'a, 'b> {
    ctx: &'a mut Context<'b>,
    script: &'a Script,
    arguments: &'a Arguments,
    lines: Lines,
    ranges: Vec<Range>,
    pattern: String,
    /// Whether the line read last ended in a newline, as the printed one does then.
    newline: bool,
    /// The line printed last lacks its newline, which whatever is printed next begins with.
    owed_newline: bool,
    hold: String,
    number: usize,
    substituted: bool,
    appended: Vec<Appended>,
    last_regex: Option<Rc<Regex>>,
    /// The edited file of `-i`.
    output: Option<Vec<u8>>,
    /// Files of `w`, made empty at their first use.
    written: Vec<(String, Vec<u8>)>,
}

impl<'a, 'b> Machine<'a, 'b> {
    pub fn new(ctx: &'a mut Context<'b>, script: &'a Script, arguments: &'a Arguments) -> Self {
        let mut written = Vec::new();
        for step in &script.steps {
            if let Command::WriteFile(path)
            | Command::Substitute(Substitution {
                file: Some(path), ..
            }) = &step.command
            {
                written.push((path.clone(), Vec::new()));
            }
        }
        Machine {
            ctx,
            script,
            arguments,
            lines: Lines::new(&[], 0),
            ranges: script.steps.iter().map(|_| Range::Outside).collect(),
            pattern: String::new(),
            newline: true,
            owed_newline: false,
            hold: String::new(),
            number: 0,
            substituted: false,
            appended: Vec::new(),
            last_regex: None,
            output: None,
            written,
        }
    }

    /// Edits the files; answers the exit code.
    pub fn run(mut self, paths: &[String]) -> i32 {
        let mut code = None;
        if self.arguments.separate {
            for path in paths {
                code = self.edit_file(path);
                if code.is_some() {
                    break;
                }
            }
        } else {
            self.lines = Lines::new(paths, 0);
            code = self.edit();
        }
        let mut failed = self.lines.code;
        for (path, contents) in core::mem::take(&mut self.written) {
            if path == "/dev/stdout" {
                continue;
            }
            if let Err(error) = self.ctx.write_file(&path, &contents) {
                self.ctx.error(format_args!(
                    "couldn't open file {path}: {}",
                    strerror(error)
                ));
                failed = 4;
            }
        }
        code.unwrap_or(failed)
    }

    /// One file of `-s` or `-i`. Answers the code of `q`.
    fn edit_file(&mut self, path: &str) -> Option<i32> {
        self.lines = Lines::new(&[path.to_owned()], self.lines.code);
        self.number = 0;
        if self.arguments.in_place.is_some() {
            self.owed_newline = false;
        }
        let Some(suffix) = &self.arguments.in_place else {
            return self.edit();
        };
        let before = self.lines.code;
        let original = self.ctx.read_input(path);
        self.output = Some(Vec::new());
        let code = self.edit();
        // After `q` the rest stays as it is.
        if code.is_some() {
            let mut rest = Vec::new();
            while let Some(line) = self.lines.next(self.ctx) {
                rest.extend(line);
            }
            self.put(&rest);
        }
        let edited = self.output.take().unwrap_or_default();
        // What could not be read was reported by the editing.
        let (Ok(original), true) = (original, self.lines.code == before) else {
            return code;
        };
        if !suffix.is_empty() {
            let copy = if suffix.contains('*') {
                suffix.replace('*', path)
            } else {
                format!("{path}{suffix}")
            };
            if let Err(error) = self.ctx.write_file(&copy, &original) {
                self.ctx
                    .error(format_args!("cannot rename {path}: {}", strerror(error)));
                return Some(4);
            }
        }
        if let Err(error) = self.ctx.write_file(path, &edited) {
            self.ctx.error(format_args!(
                "couldn't open file {path}: {}",
                strerror(error)
            ));
            return Some(4);
        }
        code
    }

    /// Runs the script for each line. Answers the code of `q`.
    fn edit(&mut self) -> Option<i32> {
        while self.read_line() {
            loop {
                self.substituted = false;
                match self.cycle() {
                    Next::Quit(code, prints) => {
                        self.end_cycle(prints && !self.arguments.quiet);
                        return Some(code);
                    }
                    Next::Restart => self.end_cycle(false),
                    Next::EndCycle(prints) => {
                        self.end_cycle(prints && !self.arguments.quiet);
                        break;
                    }
                    Next::Step(_) => {
                        self.end_cycle(!self.arguments.quiet);
                        break;
                    }
                }
            }
            if !self.ctx.output_ok() {
                break;
            }
        }
        None
    }

    /// The next line into the pattern space.
    fn read_line(&mut self) -> bool {
        let Some(line) = self.lines.next(self.ctx) else {
            return false;
        };
        self.newline = line.ends_with(b"\n");
        self.pattern = String::from_utf8_lossy(chomp(&line)).into_owned();
        self.number += 1;
        true
    }

    fn end_cycle(&mut self, prints: bool) {
        if prints {
            self.print_pattern();
        }
        for appended in core::mem::take(&mut self.appended) {
            match appended {
                Appended::Text(text) => self.put(text.as_bytes()),
                // One that cannot be read is left out, as POSIX has it.
                Appended::File(path) => {
                    if let Ok(contents) = self.ctx.read_input(&path) {
                        self.put(&contents);
                    }
                }
            }
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        if core::mem::take(&mut self.owed_newline) {
            self.put(b"\n");
        }
        match &mut self.output {
            Some(output) => output.extend_from_slice(bytes),
            None => self.ctx.write(bytes),
        }
    }

    fn print(&mut self, text: &str) {
        self.put(text.as_bytes());
        self.put(b"\n");
    }

    fn print_pattern(&mut self) {
        let text = core::mem::take(&mut self.pattern);
        self.put(text.as_bytes());
        // The last line of an input without a newline at its end is printed without one.
        if self.newline {
            self.put(b"\n");
        } else {
            self.owed_newline = true;
        }
        self.pattern = text;
    }

    fn write_to(&mut self, path: &str) {
        let line = format!("{}\n", self.pattern);
        if path == "/dev/stdout" {
            self.put(line.as_bytes());
        } else if let Some((_, contents)) = self.written.iter_mut().find(|(known, _)| known == path)
        {
            contents.extend_from_slice(line.as_bytes());
        }
    }

    fn cycle(&mut self) -> Next {
        let script = self.script;
        let mut at = 0;
        while let Some(step) = script.steps.get(at) {
            let selected = self.selects(at, &step.selection);
            if let Command::Block(end) = step.command {
                at = if selected { at + 1 } else { end };
                continue;
            }
            if !selected {
                at += 1;
                continue;
            }
            match self.execute(at, &step.selection, &step.command) {
                Next::Step(next) => at = next,
                other => return other,
            }
        }
        Next::EndCycle(true)
    }

    fn execute(&mut self, at: usize, selection: &Selection, command: &Command) -> Next {
        match command {
            Command::Block(_) => {}
            Command::Substitute(substitution) => self.substitute(substitution),
            Command::Transliterate(pairs) => {
                let map = |c| {
                    pairs
                        .iter()
                        .find(|(from, _)| *from == c)
                        .map_or(c, |(_, to)| *to)
                };
                self.pattern = self.pattern.chars().map(map).collect();
            }
            Command::Append(text) => self.appended.push(Appended::Text(text.clone())),
            Command::Insert(text) => self.put(text.as_bytes()),
            Command::Change(text) => {
                // Of a range only the last line is replaced, the others go.
                if selection.end.is_none() || selection.negated || self.ranges[at] == Range::Outside
                {
                    self.put(text.as_bytes());
                }
                return Next::EndCycle(false);
            }
            Command::Branch(to) => return Next::Step(*to),
            Command::BranchIf(wanted, to) => {
                if core::mem::take(&mut self.substituted) == *wanted {
                    return Next::Step(*to);
                }
            }
            Command::ReadFile(path) => self.appended.push(Appended::File(path.clone())),
            Command::WriteFile(path) => self.write_to(path),
            Command::Quit(code) => return Next::Quit(*code, true),
            Command::QuitSilently(code) => return Next::Quit(*code, false),
            Command::Plain(name) => return self.execute_plain(at, *name),
        }
        Next::Step(at + 1)
    }

    fn execute_plain(&mut self, at: usize, name: char) -> Next {
        match name {
            '=' => self.print(&self.number.to_string()),
            'd' => return Next::EndCycle(false),
            'D' => {
                let Some((_, rest)) = self.pattern.split_once('\n') else {
                    return Next::EndCycle(false);
                };
                self.pattern = rest.to_owned();
                return Next::Restart;
            }
            'g' => self.pattern.clone_from(&self.hold),
            'G' => {
                self.pattern.push('\n');
                self.pattern.push_str(&self.hold);
            }
            'h' => self.hold.clone_from(&self.pattern),
            'H' => {
                self.hold.push('\n');
                self.hold.push_str(&self.pattern);
            }
            'l' => {
                let shown: String = self.pattern.chars().flat_map(visible).collect();
                self.print(&format!("{shown}$"));
            }
            'n' => {
                if self.lines.at_end(self.ctx) {
                    return Next::EndCycle(true);
                }
                self.end_cycle(!self.arguments.quiet);
                self.read_line();
            }
            'N' => {
                if self.lines.at_end(self.ctx) {
                    return Next::EndCycle(true);
                }
                let before = core::mem::take(&mut self.pattern);
                self.read_line();
                self.pattern = format!("{before}\n{}", self.pattern);
            }
            'p' => self.print_pattern(),
            'P' => {
                let first = self
                    .pattern
                    .split('\n')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                self.print(&first);
            }
            'x' => core::mem::swap(&mut self.pattern, &mut self.hold),
            'z' => self.pattern.clear(),
            _ => {}
        }
        Next::Step(at + 1)
    }

    // --- addresses

    fn selects(&mut self, at: usize, selection: &Selection) -> bool {
        let selected = match (&selection.start, &selection.end) {
            (None, _) => true,
            (Some(start), None) => self.fits(start),
            (Some(start), Some(end)) => self.in_range(at, start, end),
        };
        selected != selection.negated
    }

    fn in_range(&mut self, at: usize, start: &Address, end: &End) -> bool {
        match self.ranges[at] {
            Range::Until(line) => {
                if self.number >= line {
                    self.ranges[at] = Range::Outside;
                }
                // A range whose end lies behind its start is one line, which was it.
                self.number <= line
            }
            Range::Open => {
                if let End::At(address) = end
                    && self.fits(address)
                {
                    self.ranges[at] = Range::Outside;
                }
                true
            }
            Range::Outside => {
                // `0,/re/` begins before the first line, so that the pattern may match there.
                let from_zero = matches!(start, Address::Line(0));
                if from_zero && self.number == 1 {
                    self.ranges[at] = Range::Open;
                    return self.in_range(at, start, end);
                }
                if from_zero || !self.fits(start) {
                    return false;
                }
                let line = match end {
                    End::At(Address::Line(line)) => *line,
                    End::After(count) => self.number + count,
                    End::Multiple(step) if *step > 0 => self.number.next_multiple_of(*step),
                    End::Multiple(_) => self.number,
                    End::At(_) => {
                        self.ranges[at] = Range::Open;
                        return true;
                    }
                };
                if line > self.number {
                    self.ranges[at] = Range::Until(line);
                }
                true
            }
        }
    }

    fn fits(&mut self, address: &Address) -> bool {
        match address {
            Address::Line(line) => self.number == *line,
            Address::Step(first, 0) => self.number == *first,
            Address::Step(first, step) => {
                self.number >= *first && (self.number - first).is_multiple_of(*step)
            }
            Address::Last => self.lines.at_end(self.ctx),
            Address::Pattern(regex) => {
                let regex = self.regex(regex.as_ref());
                regex.is_some_and(|regex| regex.is_match(&self.pattern))
            }
        }
    }

    /// The regular expression, or the one used last.
    fn regex(&mut self, regex: Option<&Rc<Regex>>) -> Option<Rc<Regex>> {
        if let Some(regex) = regex {
            self.last_regex = Some(Rc::clone(regex));
        }
        self.last_regex.clone()
    }

    // --- s

    fn substitute(&mut self, substitution: &Substitution) {
        let Some(regex) = self.regex(substitution.pattern.as_ref()) else {
            return;
        };
        let mut out = String::new();
        let mut copied = 0;
        let mut replaced = false;
        for (index, captures) in regex.captures_iter(&self.pattern).enumerate() {
            let Some(whole) = captures.get(0) else { break };
            if index + 1 < substitution.first {
                continue;
            }
            out.push_str(&self.pattern[copied..whole.start()]);
            expand(&substitution.replacement, &captures, &mut out);
            copied = whole.end();
            replaced = true;
            if !substitution.global {
                break;
            }
        }
        if !replaced {
            return;
        }
        out.push_str(&self.pattern[copied..]);
        self.pattern = out;
        self.substituted = true;
        if substitution.print {
            self.print_pattern();
        }
        if let Some(path) = &substitution.file {
            self.write_to(path);
        }
    }
}

fn expand(pieces: &[Piece], captures: &Captures, out: &mut String) {
    let (mut all, mut one) = (None, None);
    for piece in pieces {
        let text = match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Group(number) => captures.get(*number).map_or("", |group| group.as_str()),
            Piece::Case(case) => {
                match case {
                    Case::Upper | Case::Lower => all = Some(*case),
                    Case::UpperNext | Case::LowerNext => one = Some(*case),
                    Case::End => (all, one) = (None, None),
                }
                continue;
            }
        };
        for c in text.chars() {
            match one.take().or(all) {
                Some(Case::Upper | Case::UpperNext) => out.extend(c.to_uppercase()),
                Some(Case::Lower | Case::LowerNext) => out.extend(c.to_lowercase()),
                _ => out.push(c),
            }
        }
    }
}

/// A character as `l` shows it.
fn visible(c: char) -> Vec<char> {
    match c {
        '\\' => vec!['\\', '\\'],
        '\n' => vec!['\\', 'n'],
        '\t' => vec!['\\', 't'],
        '\r' => vec!['\\', 'r'],
        ' '..='~' => vec![c],
        _ => {
            let mut buffer = [0; 4];
            let bytes = c.encode_utf8(&mut buffer).bytes();
            bytes
                .flat_map(|byte| format!("\\{byte:03o}").chars().collect::<Vec<_>>())
                .collect()
        }
    }
}

//! The script: commands with addresses, in one flat list where blocks and branches are jumps.

use core::iter::Peekable;
use core::str::CharIndices;
use std::rc::Rc;

use regex_lite::{Regex, RegexBuilder};

use crate::shell::command::pattern;

/// Which line an address means.
#[derive(Debug)]
pub enum Address {
    Line(usize),
    /// `first~step`
    Step(usize, usize),
    Last,
    /// `None` = the last one that was used.
    Pattern(Option<Rc<Regex>>),
}

/// Where a range that an address began ends.
#[derive(Debug)]
pub enum End {
    At(Address),
    /// `+n`: so many lines further on.
    After(usize),
    /// `~n`: at the next multiple.
    Multiple(usize),
}

/// Lines that a command applies to.
#[derive(Debug, Default)]
pub struct Selection {
    pub start: Option<Address>,
    pub end: Option<End>,
    /// `!`
    pub negated: bool,
}

/// A piece of what `s` puts in.
#[derive(Debug, PartialEq)]
pub enum Piece {
    Text(String),
    /// `&` is group 0.
    Group(usize),
    Case(Case),
}

/// `\U`, `\L`, `\u`, `\l`, `\E`
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Case {
    Upper,
    Lower,
    UpperNext,
    LowerNext,
    End,
}

/// `s`
#[derive(Debug)]
pub struct Substitution {
    pub pattern: Option<Rc<Regex>>,
    pub replacement: Vec<Piece>,
    /// The first match that is replaced, counted from 1.
    pub first: usize,
    pub global: bool,
    pub print: bool,
    /// `w`
    pub file: Option<String>,
}

/// What is done.
#[derive(Debug)]
pub enum Command {
    /// `{`: goes on at the index if the lines are *not* selected.
    Block(usize),
    Substitute(Substitution),
    Transliterate(Vec<(char, char)>),
    Append(String),
    Insert(String),
    Change(String),
    /// `b`
    Branch(usize),
    /// `t`: if something was substituted; `T`: if not.
    BranchIf(bool, usize),
    ReadFile(String),
    WriteFile(String),
    Quit(i32),
    QuitSilently(i32),
    /// One of `=dDgGhHlnNpPxz`, which need nothing more.
    Plain(char),
}

/// A command and when it runs.
#[derive(Debug)]
pub struct Step {
    pub selection: Selection,
    pub command: Command,
}

/// A whole script.
#[derive(Debug)]
pub struct Script {
    pub steps: Vec<Step>,
    /// `#n` on the first line.
    pub quiet: bool,
}

/// What is wrong with a script.
#[derive(Debug)]
pub struct ScriptError {
    /// Characters read so far.
    pub at: usize,
    pub message: String,
}

struct Parser<'a> {
    chars: Peekable<CharIndices<'a>>,
    extended: bool,
    steps: Vec<Step>,
    /// Indices of blocks that are open.
    open: Vec<usize>,
    labels: Vec<(String, usize)>,
    /// Branches by index, to be resolved when all labels are known.
    branches: Vec<(usize, String)>,
}

impl Script {
    /// Parses a script; `extended` is the syntax of regular expressions (`-E`).
    pub fn parse(source: &str, extended: bool) -> Result<Script, ScriptError> {
        let mut parser = Parser {
            chars: source.char_indices().peekable(),
            extended,
            steps: Vec::new(),
            open: Vec::new(),
            labels: Vec::new(),
            branches: Vec::new(),
        };
        match parser.script() {
            Ok(()) => Ok(Script {
                steps: parser.steps,
                quiet: source.starts_with("#n\n") || source == "#n",
            }),
            Err(message) => {
                let read = parser.chars.peek().map_or(source.len(), |(at, _)| *at);
                let at = source[..read].chars().count();
                // GNU does not say where the block began, and neither does it count.
                let at = if message == UNMATCHED { 0 } else { at };
                Err(ScriptError { at, message })
            }
        }
    }
}

const UNMATCHED: &str = "unmatched `{'";

type Parse<T> = Result<T, String>;

impl Parser<'_> {
    fn next(&mut self) -> Option<char> {
        self.chars.next().map(|(_, c)| c)
    }

    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.chars.next_if(|(_, c)| *c == wanted).is_some()
    }

    fn skip(&mut self, belongs: impl Fn(char) -> bool) {
        while self.chars.next_if(|(_, c)| belongs(*c)).is_some() {}
    }

    fn number(&mut self) -> Option<usize> {
        let mut digits = String::new();
        while let Some((_, digit)) = self.chars.next_if(|(_, c)| c.is_ascii_digit()) {
            digits.push(digit);
        }
        digits.parse().ok()
    }

    fn script(&mut self) -> Parse<()> {
        loop {
            self.skip(|c| c.is_whitespace() || c == ';');
            if self.peek().is_none() {
                break;
            }
            self.command()?;
        }
        if !self.open.is_empty() {
            return Err(UNMATCHED.into());
        }
        for (index, label) in core::mem::take(&mut self.branches) {
            let target = if label.is_empty() {
                self.steps.len()
            } else {
                let found = self.labels.iter().find(|(name, _)| *name == label);
                found
                    .map(|(_, at)| *at)
                    .ok_or_else(|| format!("can't find label for jump to `{label}'"))?
            };
            match &mut self.steps[index].command {
                Command::Branch(to) | Command::BranchIf(_, to) => *to = target,
                _ => {}
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parse<()> {
        let selection = self.selection()?;
        self.skip(|c| c == ' ' || c == '\t');
        let addressed = selection.start.is_some();
        let Some(name) = self.next() else {
            return Err("missing command".into());
        };
        let command = match name {
            '#' if addressed => return Err("comments don't accept any addresses".into()),
            '#' => {
                self.skip(|c| c != '\n');
                return Ok(());
            }
            ':' => {
                if addressed {
                    return Err(": doesn't want any addresses".into());
                }
                let label = self.label();
                if label.is_empty() {
                    return Err("\":\" lacks a label".into());
                }
                self.labels.push((label, self.steps.len()));
                return Ok(());
            }
            '{' => {
                self.open.push(self.steps.len());
                self.steps.push(Step {
                    selection,
                    command: Command::Block(0),
                });
                return Ok(());
            }
            '}' => {
                if addressed {
                    return Err("} doesn't want any addresses".into());
                }
                let open = self.open.pop().ok_or("unexpected `}'")?;
                self.steps[open].command = Command::Block(self.steps.len());
                return self.end_of_command();
            }
            's' => self.substitution()?,
            'y' => self.transliteration()?,
            'a' => Command::Append(self.text()?),
            'i' => Command::Insert(self.text()?),
            'c' => Command::Change(self.text()?),
            'b' | 't' | 'T' => {
                let label = self.label();
                self.branches.push((self.steps.len(), label));
                match name {
                    'b' => Command::Branch(0),
                    _ => Command::BranchIf(name == 't', 0),
                }
            }
            'r' => Command::ReadFile(self.file_name()?),
            'w' => Command::WriteFile(self.file_name()?),
            'q' | 'Q' => {
                self.skip(|c| c == ' ');
                let code = self
                    .number()
                    .and_then(|code| i32::try_from(code).ok())
                    .unwrap_or(0);
                self.end_of_command()?;
                match name {
                    'q' => Command::Quit(code),
                    _ => Command::QuitSilently(code),
                }
            }
            '=' | 'd' | 'D' | 'g' | 'G' | 'h' | 'H' | 'l' | 'n' | 'N' | 'p' | 'P' | 'x' | 'z' => {
                self.end_of_command()?;
                Command::Plain(name)
            }
            other => return Err(format!("unknown command: `{other}'")),
        };
        self.steps.push(Step { selection, command });
        Ok(())
    }

    fn end_of_command(&mut self) -> Parse<()> {
        self.skip(|c| c == ' ' || c == '\t');
        match self.peek() {
            None | Some(';' | '\n' | '}' | '#') => Ok(()),
            Some(_) => {
                self.next();
                Err("extra characters after command".into())
            }
        }
    }

    fn label(&mut self) -> String {
        self.skip(|c| c == ' ');
        let mut label = String::new();
        while let Some((_, c)) = self.chars.next_if(|(_, c)| !matches!(c, ';' | '\n' | '}')) {
            label.push(c);
        }
        label.trim_end().to_owned()
    }

    fn file_name(&mut self) -> Parse<String> {
        self.skip(|c| c == ' ');
        let mut name = String::new();
        while let Some((_, c)) = self.chars.next_if(|(_, c)| *c != '\n') {
            name.push(c);
        }
        if name.is_empty() {
            return Err("missing filename in r/R/w/W commands".into());
        }
        Ok(name)
    }

    /// Text of `a`, `i`, `c`: `a text`, or `a\` and the text on the next lines.
    fn text(&mut self) -> Parse<String> {
        self.skip(|c| c == ' ' || c == '\t');
        if self.eat('\\') {
            self.skip(|c| c == ' ' || c == '\t');
            self.eat('\n');
        }
        if self.peek().is_none() {
            return Err("expected \\ after `a', `c' or `i'".into());
        }
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                '\n' => break,
                '\\' => text.extend(self.next().map(unescape)),
                _ => text.push(c),
            }
        }
        text.push('\n');
        Ok(text)
    }

    fn selection(&mut self) -> Parse<Selection> {
        let mut selection = Selection {
            start: self.address()?,
            ..Selection::default()
        };
        if selection.start.is_some() {
            self.skip(|c| c == ' ');
            if self.eat(',') {
                self.skip(|c| c == ' ');
                selection.end = Some(if self.eat('+') {
                    End::After(self.number().ok_or("expected number")?)
                } else if self.eat('~') {
                    End::Multiple(self.number().ok_or("expected number")?)
                } else {
                    End::At(self.address()?.ok_or("unexpected `,'")?)
                });
            } else if matches!(selection.start, Some(Address::Line(0))) {
                return Err("invalid usage of line address 0".into());
            }
        }
        self.skip(|c| c == ' ');
        while self.eat('!') {
            selection.negated = true;
            self.skip(|c| c == ' ');
        }
        Ok(selection)
    }

    fn address(&mut self) -> Parse<Option<Address>> {
        Ok(Some(match self.peek() {
            Some('0'..='9') => {
                let first = self.number().ok_or("number too large")?;
                if self.eat('~') {
                    Address::Step(first, self.number().unwrap_or(0))
                } else {
                    Address::Line(first)
                }
            }
            Some('$') => {
                self.next();
                Address::Last
            }
            Some('/') => {
                self.next();
                self.pattern_address('/')?
            }
            Some('\\') => {
                self.next();
                let delimiter = self.next().ok_or("unexpected end of script")?;
                self.pattern_address(delimiter)?
            }
            _ => return Ok(None),
        }))
    }

    fn pattern_address(&mut self, delimiter: char) -> Parse<Address> {
        let pattern = self
            .delimited(delimiter, true)
            .ok_or("unterminated address regex")?;
        let fold = self.eat('I');
        Ok(Address::Pattern(self.compile(&pattern, fold)?))
    }

    /// Text up to `delimiter`, which escaped is itself; within brackets of a pattern it has no meaning.
    fn delimited(&mut self, delimiter: char, is_pattern: bool) -> Option<String> {
        let mut text = String::new();
        let mut in_class = false;
        loop {
            let c = self.next()?;
            match c {
                '\\' => {
                    let next = self.next()?;
                    if next == delimiter && !in_class {
                        text.push(delimiter);
                    } else if next == '\n' && is_pattern {
                        text.push('\n');
                    } else {
                        text.extend(['\\', next]);
                    }
                    continue;
                }
                '[' if is_pattern && !in_class => {
                    in_class = true;
                    text.push(c);
                    // A `]` right at the start is a member.
                    for first in ['^', ']'] {
                        if self.eat(first) {
                            text.push(first);
                        }
                    }
                    continue;
                }
                ']' => in_class = false,
                _ if c == delimiter && !in_class => return Some(text),
                _ => {}
            }
            text.push(c);
        }
    }

    /// `None` for the empty pattern.
    fn compile(&self, pattern: &str, fold: bool) -> Parse<Option<Rc<Regex>>> {
        if pattern.is_empty() {
            return Ok(None);
        }
        let source = if self.extended {
            pattern::extended(pattern)
        } else {
            pattern::basic(pattern)
        };
        RegexBuilder::new(&source)
            .case_insensitive(fold)
            .build()
            .map(|regex| Some(Rc::new(regex)))
            .map_err(|error| error.to_string())
    }

    fn substitution(&mut self) -> Parse<Command> {
        const UNTERMINATED: &str = "unterminated `s' command";
        let delimiter = self.next().ok_or(UNTERMINATED)?;
        let pattern = self.delimited(delimiter, true).ok_or(UNTERMINATED)?;
        let replacement = self.delimited(delimiter, false).ok_or(UNTERMINATED)?;
        let (mut first, mut global, mut print, mut fold, mut file) = (1, false, false, false, None);
        loop {
            match self.peek() {
                Some('g') => global = true,
                Some('p') => print = true,
                Some('i' | 'I') => fold = true,
                Some('0'..='9') => {
                    first = self.number().unwrap_or(0);
                    if first == 0 {
                        return Err("number option to `s' command may not be zero".into());
                    }
                    continue;
                }
                Some('w') => {
                    self.next();
                    file = Some(self.file_name()?);
                    break;
                }
                None | Some(';' | '\n' | '}' | '#' | ' ' | '\t') => {
                    self.end_of_command()?;
                    break;
                }
                Some(_) => {
                    self.next();
                    return Err("unknown option to `s'".into());
                }
            }
            self.next();
        }
        let pattern = self.compile(&pattern, fold)?;
        let replacement = pieces(&replacement);
        if let Some(regex) = &pattern {
            let groups = regex.captures_len();
            for piece in &replacement {
                if let Piece::Group(number) = piece
                    && *number >= groups
                {
                    return Err(format!("invalid reference \\{number} on `s' command's RHS"));
                }
            }
        }
        Ok(Command::Substitute(Substitution {
            pattern,
            replacement,
            first,
            global,
            print,
            file,
        }))
    }

    fn transliteration(&mut self) -> Parse<Command> {
        const UNTERMINATED: &str = "unterminated `y' command";
        let delimiter = self.next().ok_or(UNTERMINATED)?;
        let from = self.delimited(delimiter, false).ok_or(UNTERMINATED)?;
        let to = self.delimited(delimiter, false).ok_or(UNTERMINATED)?;
        self.end_of_command()?;
        let plain = |text: &str| {
            let mut out = Vec::new();
            let mut chars = text.chars();
            while let Some(c) = chars.next() {
                out.push(if c == '\\' {
                    chars.next().map_or('\\', unescape)
                } else {
                    c
                });
            }
            out
        };
        let (from, to) = (plain(&from), plain(&to));
        if from.len() != to.len() {
            return Err("strings for `y' command are different lengths".into());
        }
        Ok(Command::Transliterate(from.into_iter().zip(to).collect()))
    }
}

/// The character that an escaped one stands for.
fn unescape(c: char) -> char {
    match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'f' => '\x0c',
        'v' => '\x0b',
        'a' => '\x07',
        other => other,
    }
}

fn pieces(replacement: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut chars = replacement.chars();
    while let Some(c) = chars.next() {
        let piece = match c {
            '&' => Piece::Group(0),
            '\\' => match chars.next() {
                Some(digit @ '0'..='9') => Piece::Group(digit.to_digit(10).unwrap_or(0) as usize),
                Some('U') => Piece::Case(Case::Upper),
                Some('L') => Piece::Case(Case::Lower),
                Some('u') => Piece::Case(Case::UpperNext),
                Some('l') => Piece::Case(Case::LowerNext),
                Some('E') => Piece::Case(Case::End),
                Some(other) => {
                    text.push(unescape(other));
                    continue;
                }
                None => {
                    text.push('\\');
                    continue;
                }
            },
            _ => {
                text.push(c);
                continue;
            }
        };
        if !text.is_empty() {
            pieces.push(Piece::Text(core::mem::take(&mut text)));
        }
        pieces.push(piece);
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

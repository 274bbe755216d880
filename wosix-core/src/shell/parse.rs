//! Parser: source text to [`ast`](super::ast), one complete command at a time, as a shell must run a line before it reads the next.

mod conditional;
mod redirect;
mod scan;
#[cfg(test)]
mod tests;
mod word;

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::ast::{
    AndOr, ArmEnd, CaseArm, Command, Compound, Item, List, Part, Pipeline, Redirect,
    RedirectTarget, Simple, Word,
};

/// Deepest nesting of commands and words; beyond it the parser would run out of stack.
const MAX_DEPTH: u32 = 200;

/// Words that are not commands where one begins.
pub const RESERVED: [&str; 16] = [
    "if", "then", "elif", "else", "fi", "for", "in", "do", "done", "while", "until", "case",
    "esac", "{", "}", "!",
];

/// A program the grammar does not allow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// What is wrong.
    pub message: String,
    /// Line of the source where it was noticed, from 1.
    pub line: u32,
    /// The text ended too early: more input may make it right.
    pub incomplete: bool,
}

type Parse<T> = Result<T, SyntaxError>;

/// Aliases by name.
pub type Aliases = BTreeMap<String, String>;

/// A here-document whose body has not been reached yet.
struct PendingHereDoc {
    delimiter: String,
    strip_tabs: bool,
    quoted: bool,
    body: Rc<OnceCell<Word>>,
}

/// Parser over one source text.
pub struct Parser {
    source: String,
    position: usize,
    /// Line of the source's begin.
    first_line: u32,
    /// A position and its line, from which to count on.
    counted: Cell<(usize, u32)>,
    here_docs: Vec<PendingHereDoc>,
    /// More may follow the source, so a here-document does not end with it.
    partial: bool,
    /// Where the word after an alias begins (from the end of the source) if it is to be looked up as an alias too.
    alias_follows: Option<usize>,
    /// Aliases whose text the position is in (it ends at the given place, counted from the end of the source): they do not expand again.
    expanding: Vec<(String, usize)>,
    /// Where `$((` turned out not to begin arithmetic: nested ones would be tried again and again, twice as often at each level.
    not_arithmetic: BTreeSet<usize>,
    depth: u32,
}

/// Parses a whole program.
#[cfg(any(test, fuzzing))]
pub fn parse(source: &str) -> Parse<List> {
    let mut parser = Parser::new(source);
    let mut all = List::default();
    while let Some(list) = parser.next_command(&Aliases::new())? {
        all.0.extend(list.0);
    }
    Ok(all)
}

impl Parser {
    /// A parser at the start of `source`.
    pub fn new(source: &str) -> Parser {
        Parser::new_at(source, 1)
    }

    /// A parser at the start of `source`, which begins in line `line` of something larger.
    pub fn new_at(source: &str, line: u32) -> Parser {
        Parser {
            partial: false,
            ..Parser::of_input(source, line)
        }
    }

    /// A parser for what has been read of an input, from its line `first_line` on.
    pub fn of_input(source: &str, first_line: u32) -> Parser {
        Parser {
            source: source.to_owned(),
            position: 0,
            first_line,
            counted: Cell::new((0, first_line)),
            here_docs: Vec::new(),
            partial: true,
            alias_follows: None,
            expanding: Vec::new(),
            not_arithmetic: BTreeSet::new(),
            depth: 0,
        }
    }

    /// The next complete command (a line, or as many lines as it needs); `None` at the end.
    pub fn next_command(&mut self, aliases: &Aliases) -> Parse<Option<List>> {
        self.expanding.clear();
        self.alias_follows = None;
        self.newlines()?;
        if self.at_end() {
            return Ok(None);
        }
        let mut items = Vec::new();
        loop {
            let and_or = self.and_or(aliases)?;
            self.blanks();
            let background = self.peek() == Some('&') && self.eat("&");
            let more = background || (!self.at(";;") && self.eat(";"));
            items.push(Item { and_or, background });
            self.blanks();
            if self.at_end() || self.peek() == Some('\n') {
                break;
            }
            if !more {
                return Err(self.unexpected());
            }
        }
        if !self.at_end() {
            self.newline()?;
        }
        if !self.here_docs.is_empty() {
            self.newline()?;
        }
        Ok(Some(List(items)))
    }

    /// The source from where the next command begins.
    pub fn rest(&self) -> &str {
        &self.source[self.position..]
    }

    /// The source up to where the next command begins.
    pub fn before_rest(&self) -> &str {
        &self.source[..self.position]
    }

    // --- lists and pipelines

    /// A list inside a compound command, up to a word or operator that cannot begin a command.
    fn compound_list(&mut self, aliases: &Aliases) -> Parse<List> {
        let mut items = Vec::new();
        self.newlines()?;
        loop {
            let and_or = self.and_or(aliases)?;
            self.blanks();
            let background = self.peek() == Some('&') && self.eat("&");
            let separated = background || (!self.at(";;") && !self.at(";&") && self.eat(";"));
            items.push(Item { and_or, background });
            self.blanks();
            let newline = self.peek() == Some('\n');
            self.newlines()?;
            if !(separated || newline) || self.at_list_end(aliases) {
                return Ok(List(items));
            }
        }
    }

    /// Whether what follows ends a list rather than beginning a command.
    fn at_list_end(&mut self, aliases: &Aliases) -> bool {
        self.blanks();
        while self.expand_alias(aliases) {
            self.blanks();
        }
        if self.at_end() || self.peek() == Some(')') || self.at(";;") || self.at(";&") {
            return true;
        }
        matches!(
            self.peek_reserved(),
            Some("then" | "elif" | "else" | "fi" | "do" | "done" | "esac" | "}")
        )
    }

    fn and_or(&mut self, aliases: &Aliases) -> Parse<AndOr> {
        let first = self.pipeline(aliases)?;
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let and = if self.eat("&&") {
                true
            } else if self.eat("||") {
                false
            } else {
                return Ok(AndOr { first, rest });
            };
            self.newlines()?;
            rest.push((and, self.pipeline(aliases)?));
        }
    }

    fn pipeline(&mut self, aliases: &Aliases) -> Parse<Pipeline> {
        let mut negated = false;
        while self.eat_reserved("!") {
            negated = !negated;
        }
        let mut commands = vec![self.command(aliases)?];
        loop {
            self.blanks();
            if self.at("||") {
                break;
            }
            if self.eat("|&") {
                let both = Redirect {
                    fd: Some(2),
                    target: RedirectTarget::Duplicate(literal("1"), true),
                };
                match commands.last_mut() {
                    Some(Command::Simple(simple)) => simple.redirects.push(both),
                    Some(Command::Compound(_, redirects)) => redirects.push(both),
                    Some(Command::Function(..)) | None => return Err(self.unexpected()),
                }
            } else if !self.eat("|") {
                break;
            }
            self.newlines()?;
            commands.push(self.command(aliases)?);
        }
        Ok(Pipeline { negated, commands })
    }

    // --- commands

    fn command(&mut self, aliases: &Aliases) -> Parse<Command> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("too deeply nested".into()));
        }
        let command = self.command_inner(aliases);
        self.depth -= 1;
        command
    }

    fn command_inner(&mut self, aliases: &Aliases) -> Parse<Command> {
        self.blanks();
        while self.expand_alias(aliases) {
            self.blanks();
        }
        let compound = if let Some(expression) = self.arithmetic_command()? {
            Compound::Arithmetic(expression)
        } else if self.at_word("[[") {
            self.conditional_command()?
        } else if self.eat("(") {
            let list = self.compound_list(aliases)?;
            self.expect(")")?;
            Compound::Subshell(list)
        } else {
            match self.peek_reserved() {
                Some("{") => {
                    self.eat_reserved("{");
                    let list = self.compound_list(aliases)?;
                    self.expect_reserved("}")?;
                    Compound::Brace(list)
                }
                Some("if") => self.if_command(aliases)?,
                Some("for") => self.for_command(aliases)?,
                Some(word @ ("while" | "until")) => {
                    self.eat_reserved(word);
                    let condition = self.compound_list(aliases)?;
                    let body = self.do_group(aliases)?;
                    Compound::While(word == "while", condition, body)
                }
                Some("case") => self.case_command(aliases)?,
                // `in` is an ordinary word except after `for` and `case`.
                Some("in") | None => return self.simple_or_function(aliases),
                Some(_) => return Err(self.unexpected()),
            }
        };
        let mut redirects = Vec::new();
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
        }
        Ok(Command::Compound(compound, redirects))
    }

    fn if_command(&mut self, aliases: &Aliases) -> Parse<Compound> {
        let mut arms = Vec::new();
        let mut otherwise = None;
        self.eat_reserved("if");
        loop {
            let condition = self.compound_list(aliases)?;
            self.expect_reserved("then")?;
            arms.push((condition, self.compound_list(aliases)?));
            if self.eat_reserved("elif") {
                continue;
            }
            if self.eat_reserved("else") {
                otherwise = Some(self.compound_list(aliases)?);
            }
            self.expect_reserved("fi")?;
            return Ok(Compound::If(arms, otherwise));
        }
    }

    fn for_command(&mut self, aliases: &Aliases) -> Parse<Compound> {
        self.eat_reserved("for");
        self.blanks();
        if self.at("((") {
            return self.arithmetic_for(aliases);
        }
        let name = self.name();
        if name.is_empty() {
            return Err(self.error("Bad for loop variable".into()));
        }
        self.newlines()?;
        let mut words = None;
        if self.eat_reserved("in") {
            let mut list = Vec::new();
            self.blanks();
            while let Some(word) = self.word()? {
                list.push(word);
                self.blanks();
            }
            words = Some(list);
            if !self.eat(";") && self.peek() != Some('\n') {
                return Err(self.unexpected());
            }
        } else {
            self.eat(";");
        }
        self.newlines()?;
        let body = self.do_group(aliases)?;
        Ok(Compound::For(name, words, body))
    }

    fn do_group(&mut self, aliases: &Aliases) -> Parse<List> {
        self.expect_reserved("do")?;
        let body = self.compound_list(aliases)?;
        self.expect_reserved("done")?;
        Ok(body)
    }

    fn case_command(&mut self, aliases: &Aliases) -> Parse<Compound> {
        self.eat_reserved("case");
        self.blanks();
        let Some(subject) = self.word()? else {
            return Err(self.unexpected());
        };
        self.newlines()?;
        self.expect_reserved("in")?;
        let mut arms = Vec::new();
        loop {
            self.newlines()?;
            if self.eat_reserved("esac") {
                return Ok(Compound::Case(subject, arms));
            }
            self.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                let Some(pattern) = self.word()? else {
                    return Err(self.unexpected());
                };
                patterns.push(pattern);
                self.blanks();
                if !self.eat("|") {
                    break;
                }
            }
            self.expect(")")?;
            self.newlines()?;
            let body = if self.at_list_end(aliases) {
                List::default()
            } else {
                self.compound_list(aliases)?
            };
            self.newlines()?;
            let ends = [
                (";;&", ArmEnd::TestNext),
                (";;", ArmEnd::Leave),
                (";&", ArmEnd::RunNext),
            ];
            let found = ends.into_iter().find(|(text, _)| self.eat(text));
            let ended = found.is_some();
            arms.push(CaseArm {
                patterns,
                body,
                end: found.map_or(ArmEnd::Leave, |(_, end)| end),
            });
            if !ended {
                self.newlines()?;
                self.expect_reserved("esac")?;
                return Ok(Compound::Case(subject, arms));
            }
        }
    }

    fn simple_or_function(&mut self, aliases: &Aliases) -> Parse<Command> {
        let mut simple = Simple {
            line: self.line(),
            ..Simple::default()
        };
        let mut declares = false;
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                simple.redirects.push(redirect);
                continue;
            }
            if simple.words.is_empty()
                && let Some(assignment) = self.assignment()?
            {
                simple.assignments.push(assignment);
                continue;
            }
            let rest = self.rest().len();
            let looked_up = self.alias_follows.is_some_and(|place| place >= rest);
            if looked_up {
                self.alias_follows = None;
            }
            if simple.words.is_empty() && !simple.assignments.is_empty() || looked_up {
                while self.expand_alias(aliases) {
                    self.blanks();
                }
            }
            let Some(word) = self.argument(declares)? else {
                break;
            };
            if simple.words.is_empty() {
                declares = matches!(
                    word.as_literal(),
                    Some("export" | "readonly" | "local" | "declare" | "typeset")
                );
            }
            simple.words.push(word);
            let bare = simple.assignments.is_empty() && simple.redirects.is_empty();
            if simple.words.len() == 1 && bare && self.function_parentheses() {
                return self.function(&simple.words[0], aliases);
            }
            if bare && simple.words.len() == 1 && simple.words[0].as_literal() == Some("function") {
                // bash's `function name { ... }`; a command of that name does not exist.
                self.blanks();
                if let Some(name) = self.word()? {
                    self.function_parentheses();
                    return self.function(&name, aliases);
                }
            }
        }
        if simple.is_empty() {
            return Err(self.unexpected());
        }
        Ok(Command::Simple(simple))
    }

    /// Consumes the `()` after a function's name.
    fn function_parentheses(&mut self) -> bool {
        let before = self.position;
        self.blanks();
        if self.eat("(") {
            self.blanks();
            if self.eat(")") {
                return true;
            }
        }
        self.position = before;
        false
    }

    fn function(&mut self, name: &Word, aliases: &Aliases) -> Parse<Command> {
        let Some(name) = name.as_literal() else {
            return Err(self.error("Bad function name".into()));
        };
        let name = name.to_owned();
        self.newlines()?;
        let body = self.command(aliases)?;
        Ok(Command::Function(name, Rc::new(body)))
    }
}

fn literal(text: &str) -> Word {
    Word {
        parts: vec![Part::Literal(text.to_owned())],
        is_assignment: false,
    }
}

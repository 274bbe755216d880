//! The parser's view of the text: characters, blanks, reserved words, aliases, and errors at the place reached.

use super::{Aliases, Parse, Parser, RESERVED, SyntaxError};

impl Parser {
    /// The character here. Line continuations before it are skipped, so it is not for text in which a backslash means something else.
    pub(super) fn peek(&mut self) -> Option<char> {
        while self.rest().starts_with("\\\n") {
            self.position += 2;
        }
        self.peek_raw()
    }

    /// The character here, of whatever text.
    pub(super) fn peek_raw(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Length of `text` here, with the line continuations in it.
    fn matching(&self, text: &str) -> Option<usize> {
        let rest = self.rest();
        let mut at = 0;
        for wanted in text.chars() {
            while wanted != '\\' && rest[at..].starts_with("\\\n") {
                at += 2;
            }
            if !rest[at..].starts_with(wanted) {
                return None;
            }
            at += wanted.len_utf8();
        }
        Some(at)
    }

    pub(super) fn at(&self, text: &str) -> bool {
        self.matching(text).is_some()
    }

    pub(super) fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        match self.matching(text) {
            Some(length) => {
                self.position += length;
                true
            }
            None => false,
        }
    }

    /// Consumes the characters here as long as they are `wanted`.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.peek().filter(|c| wanted(*c)) {
            taken.push(c);
            self.position += c.len_utf8();
        }
        taken
    }

    pub(super) fn expect(&mut self, text: &str) -> Parse<()> {
        self.newlines()?;
        if self.eat(text) {
            Ok(())
        } else {
            Err(self.unexpected_instead_of(Some(text)))
        }
    }

    /// Skips blanks, line continuations and a comment.
    pub(super) fn blanks(&mut self) {
        loop {
            if self.eat(" ") || self.eat("\t") {
                continue;
            }
            if self.peek() == Some('#') {
                let rest = self.rest();
                self.position += rest.find('\n').unwrap_or(rest.len());
            }
            return;
        }
    }

    /// Skips blanks, comments and newlines.
    pub(super) fn newlines(&mut self) -> Parse<()> {
        loop {
            self.blanks();
            if self.peek() != Some('\n') {
                return Ok(());
            }
            self.newline()?;
        }
    }

    /// The reserved word here, if there is one.
    pub(super) fn peek_reserved(&self) -> Option<&'static str> {
        RESERVED.into_iter().find(|word| self.at_word(word))
    }

    /// Whether the unquoted word here is `word`.
    pub(super) fn at_word(&self, word: &str) -> bool {
        let Some(length) = self.matching(word) else {
            return false;
        };
        let mut after = &self.rest()[length..];
        while let Some(next) = after.strip_prefix("\\\n") {
            after = next;
        }
        after.chars().next().is_none_or(ends_word)
    }

    pub(super) fn eat_reserved(&mut self, word: &'static str) -> bool {
        self.blanks();
        self.at_word(word) && self.eat(word)
    }

    pub(super) fn expect_reserved(&mut self, word: &'static str) -> Parse<()> {
        self.newlines()?;
        if self.eat_reserved(word) {
            Ok(())
        } else {
            Err(self.unexpected_instead_of(Some(word)))
        }
    }

    /// Replaces an alias at the position by its text; answers whether there was one.
    pub(super) fn expand_alias(&mut self, aliases: &Aliases) -> bool {
        if aliases.is_empty() {
            return false;
        }
        let rest = self.rest();
        let length = rest
            .find(|c| ends_word(c) || "'\"\\$`=".contains(c))
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        if after.chars().next().is_some_and(|c| !ends_word(c)) {
            return false;
        }
        let Some(text) = aliases.get(name) else {
            return false;
        };
        let (name, left, left_after) = (name.to_owned(), rest.len(), after.len());
        self.expanding.retain(|(_, end)| *end < left);
        if self.expanding.iter().any(|(active, _)| *active == name) {
            return false;
        }
        self.expanding.push((name, left_after));
        // POSIX 2.3.1: after an alias that ends in a blank the next word is one to look up.
        self.alias_follows = text.ends_with([' ', '\t']).then_some(left_after);
        let end = self.position + length;
        self.source.replace_range(self.position..end, text);
        self.not_arithmetic.clear();
        true
    }

    /// Line of the position.
    pub fn line(&self) -> u32 {
        let (from, line) = self.counted.get();
        let (from, line) = if from <= self.position {
            (from, line)
        } else {
            (0, self.first_line)
        };
        let passed = self.source.as_bytes()[from..self.position].iter();
        let line = line + passed.filter(|byte| **byte == b'\n').count() as u32;
        self.counted.set((self.position, line));
        line
    }

    pub(super) fn error(&self, message: String) -> SyntaxError {
        SyntaxError {
            message,
            line: self.line(),
            incomplete: false,
        }
    }

    pub(super) fn incomplete(&self, message: String) -> SyntaxError {
        SyntaxError {
            incomplete: true,
            ..self.error(message)
        }
    }

    /// What is here cannot be here.
    pub(super) fn unexpected(&mut self) -> SyntaxError {
        self.unexpected_instead_of(None)
    }

    /// What is here cannot be here, where only `wanted` could be.
    pub(super) fn unexpected_instead_of(&mut self, wanted: Option<&str>) -> SyntaxError {
        let expecting = wanted.map_or(String::new(), |word| format!(" (expecting \"{word}\")"));
        if self.at_end() {
            return self.incomplete(format!("end of file unexpected{expecting}"));
        }
        let rest = self.rest();
        let token = match rest.chars().next() {
            Some('\n') => "newline".into(),
            Some('<' | '>') => "redirection".into(),
            Some(c) if ends_word(c) => {
                let doubled = ["&&", "||", ";;"]
                    .into_iter()
                    .find(|operator| rest.starts_with(operator));
                format!("\"{}\"", doubled.unwrap_or(&rest[..c.len_utf8()]))
            }
            _ => match self.peek_reserved() {
                Some(word) => format!("\"{word}\""),
                None => "word".into(),
            },
        };
        self.error(format!("{token} unexpected{expecting}"))
    }
}

/// Whether an unquoted `c` ends a word.
pub(super) fn ends_word(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')'
    )
}

//! The parser's view of the text: characters, blanks, reserved words, aliases, and errors at the place reached.

use super::{Aliases, Parse, Parser, RESERVED, SyntaxError};

impl Parser {
    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn at(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    pub(super) fn at_end(&self) -> bool {
        self.position == self.source.len()
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.at(text);
        if found {
            self.position += text.len();
        }
        found
    }

    pub(super) fn expect(&mut self, text: &str) -> Parse<()> {
        self.newlines()?;
        if self.eat(text) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// Skips blanks, line continuations and a comment.
    pub(super) fn blanks(&mut self) {
        loop {
            if self.eat(" ") || self.eat("\t") || self.eat("\\\n") {
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
        let rest = self.rest();
        RESERVED.into_iter().find(|word| {
            rest.strip_prefix(word)
                .is_some_and(|after| after.chars().next().is_none_or(ends_word))
        })
    }

    pub(super) fn eat_reserved(&mut self, word: &'static str) -> bool {
        self.blanks();
        self.peek_reserved() == Some(word) && self.eat(word)
    }

    pub(super) fn expect_reserved(&mut self, word: &'static str) -> Parse<()> {
        self.newlines()?;
        if self.eat_reserved(word) {
            Ok(())
        } else {
            Err(self.unexpected())
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
        let end = self.position + length;
        self.source.replace_range(self.position..end, text);
        self.not_arithmetic.clear();
        true
    }

    pub(super) fn line(&self) -> usize {
        1 + self.source[..self.position].matches('\n').count()
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

    pub(super) fn unexpected(&self) -> SyntaxError {
        let rest = self.rest();
        if rest.is_empty() {
            return self.incomplete("unexpected end of file".into());
        }
        let token = match rest.chars().next() {
            Some('\n') => "newline",
            Some(c) if ends_word(c) => {
                let doubled = ["&&", "||", ";;", "<<", ">>"]
                    .into_iter()
                    .find(|operator| rest.starts_with(operator));
                doubled.unwrap_or(&rest[..c.len_utf8()])
            }
            _ => &rest[..rest.find(ends_word).unwrap_or(rest.len())],
        };
        self.error(format!("\"{token}\" unexpected"))
    }
}

/// Whether an unquoted `c` ends a word.
pub(super) fn ends_word(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')'
    )
}

//! bash's `[[ ... ]]`, `(( ... ))` and `for (( ... ))`.

use super::super::ast::{Compound, Part, Test};
use super::{Aliases, Parse, Parser};

/// Operators of `[[ ... ]]` with two operands.
const BINARY: [&str; 15] = [
    "==", "=~", "=", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef",
];

impl Parser {
    /// `(( expression ))`; `None` if this is no such thing, or two subshells.
    pub(super) fn arithmetic_command(&mut self) -> Parse<Option<Vec<Part>>> {
        if !self.at("((") || self.not_arithmetic.contains(&self.position) {
            return Ok(None);
        }
        let (before, here_docs) = (self.position, self.here_docs.len());
        self.eat("((");
        let expression = self.arithmetic_text(false)?;
        if self.eat("))") {
            return Ok(Some(expression));
        }
        if self.at_end() {
            return Err(self.incomplete("Missing '))'".into()));
        }
        self.position = before;
        self.here_docs.truncate(here_docs);
        self.not_arithmetic.insert(before);
        Ok(None)
    }

    /// After `for`: `((first; condition; step)) do list done`, or with braces around the list.
    pub(super) fn arithmetic_for(&mut self, aliases: &Aliases) -> Parse<Compound> {
        self.eat("((");
        let mut parts: [Vec<Part>; 3] = Default::default();
        for (index, part) in parts.iter_mut().enumerate() {
            *part = self.arithmetic_text(true)?;
            let end = if index < 2 { ";" } else { "))" };
            if !self.eat(end) {
                return Err(self.unexpected_instead_of(Some(end)));
            }
        }
        self.blanks();
        self.eat(";");
        self.newlines()?;
        let body = if self.eat_reserved("{") {
            let list = self.compound_list(aliases)?;
            self.expect_reserved("}")?;
            list
        } else {
            self.do_group(aliases)?
        };
        Ok(Compound::ArithmeticFor(parts, body))
    }

    /// `[[ expression ]]`
    pub(super) fn conditional_command(&mut self) -> Parse<Compound> {
        self.eat("[[");
        let test = self.either()?;
        self.newlines()?;
        if !(self.at_word("]]") && self.eat("]]")) {
            return Err(self.unexpected_instead_of(Some("]]")));
        }
        Ok(Compound::Conditional(test))
    }

    fn either(&mut self) -> Parse<Test> {
        let mut left = self.both()?;
        loop {
            self.newlines()?;
            if !self.eat("||") {
                return Ok(left);
            }
            left = Test::Both(false, Box::new(left), Box::new(self.both()?));
        }
    }

    fn both(&mut self) -> Parse<Test> {
        let mut left = self.negated()?;
        loop {
            self.newlines()?;
            if !self.eat("&&") {
                return Ok(left);
            }
            left = Test::Both(true, Box::new(left), Box::new(self.negated()?));
        }
    }

    fn negated(&mut self) -> Parse<Test> {
        self.depth += 1;
        if self.depth > super::MAX_DEPTH {
            return Err(self.error("too deeply nested".into()));
        }
        let test = self.primary();
        self.depth -= 1;
        test
    }

    fn primary(&mut self) -> Parse<Test> {
        self.newlines()?;
        if self.at_word("!") && self.eat("!") {
            return Ok(Test::Not(Box::new(self.negated()?)));
        }
        if self.eat("(") {
            let test = self.either()?;
            self.expect(")")?;
            return Ok(test);
        }
        if self.at_word("]]") {
            return Err(self.unexpected());
        }
        let Some(word) = self.word()? else {
            return Err(self.unexpected());
        };
        self.blanks();
        // A unary operator needs an operand: alone it is a word like others.
        let unary = word.as_literal().filter(|text| {
            let mut chars = text.chars();
            chars.next() == Some('-')
                && chars.next().is_some_and(|c| c.is_ascii_alphabetic())
                && chars.next().is_none()
        });
        if let Some(operator) = unary
            && !self.at_word("]]")
            && !self.at("&&")
            && !self.at("||")
        {
            let operator = operator.to_owned();
            if let Some(operand) = self.word()? {
                return Ok(Test::Unary(operator, operand));
            }
        }
        let found = BINARY.into_iter().find(|operator| match *operator {
            "<" | ">" => self.at(operator) && !self.at("<(") && !self.at(">("),
            _ => self.at_word(operator),
        });
        let Some(operator) = found else {
            return Ok(Test::Unary("-n".into(), word));
        };
        self.eat(operator);
        self.blanks();
        let right = if operator == "=~" {
            self.regex_word()?
        } else {
            self.word()?
        };
        match right {
            Some(right) => Ok(Test::Binary(word, operator.into(), right)),
            None => Err(self.unexpected()),
        }
    }
}

//! Words: quoting and the expansions written with `$`, backquotes and `~`.

use std::rc::Rc;

use super::super::ast::{Assignment, Conditional, List, Operation, Parameter, Part, Word};
use super::super::command::escape::{self, Octal};
use super::scan::ends_word;
use super::{Aliases, Parse, Parser};

/// Where a run of word parts ends, and so how characters in it are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Context {
    /// An ordinary word.
    Word,
    /// The value of an assignment: as a word, with tildes after `:` too.
    Assignment,
    /// Inside `"..."`.
    Double,
    /// A here-document's body: to the end of the text.
    HereDoc,
    /// The word of `${x-word}`, to the `}` or the given separator; with the quoting of what it stands in.
    Brace { quoted: bool, slash: bool },
    /// `$((...))`, to the `))`.
    Arithmetic,
    /// A part of `for ((...; ...; ...))`, to the `;` or `))`.
    ArithmeticFor,
    /// The regular expression after `=~`: blanks end it outside parentheses.
    Regex,
    /// Offset of `${x:offset:length}`, to the `:` or `}`.
    Offset,
}

impl Context {
    /// Whether characters are taken as between double quotes.
    fn quoted(self) -> bool {
        match self {
            Context::Word | Context::Assignment | Context::Regex => false,
            Context::Brace { quoted, .. } => quoted,
            Context::Double
            | Context::HereDoc
            | Context::Arithmetic
            | Context::ArithmeticFor
            | Context::Offset => true,
        }
    }
}

impl Parser {
    /// The word here, if one begins here.
    pub(super) fn word(&mut self) -> Parse<Option<Word>> {
        let begins = self.peek().is_some_and(|c| !ends_word(c)) || self.at_process();
        if !begins {
            return Ok(None);
        }
        let parts = self.parts(Context::Word)?;
        Ok(Some(Word {
            parts,
            is_assignment: false,
        }))
    }

    /// Whether a process substitution begins here.
    pub(super) fn at_process(&self) -> bool {
        self.at("<(") || self.at(">(")
    }

    /// The regular expression here, if a word begins here.
    pub(super) fn regex_word(&mut self) -> Parse<Option<Word>> {
        if self.peek().is_none_or(|c| matches!(c, ' ' | '\t' | '\n')) {
            return Ok(None);
        }
        let parts = self.parts(Context::Regex)?;
        Ok(Some(Word {
            parts,
            is_assignment: false,
        }))
    }

    /// The text of `((...))` up to its end, or in `for` to a `;`.
    pub(super) fn arithmetic_text(&mut self, in_for: bool) -> Parse<Vec<Part>> {
        self.parts(if in_for {
            Context::ArithmeticFor
        } else {
            Context::Arithmetic
        })
    }

    /// The word here, which after a declaration command may be an assignment.
    pub(super) fn argument(&mut self, declares: bool) -> Parse<Option<Word>> {
        if declares && let Some(assignment) = self.assignment()? {
            let operator = if assignment.append { "+=" } else { "=" };
            let mut parts = vec![Part::Literal(format!("{}{operator}", assignment.name))];
            parts.extend(assignment.value.parts);
            return Ok(Some(Word {
                parts,
                is_assignment: true,
            }));
        }
        self.word()
    }

    /// The assignment here, if there is one.
    pub(super) fn assignment(&mut self) -> Parse<Option<Assignment>> {
        let before = self.position;
        let name = self.name();
        let append = self.at("+=");
        if name.is_empty() || !(self.eat("+=") || self.eat("=")) {
            self.position = before;
            return Ok(None);
        }
        let parts = self.parts(Context::Assignment)?;
        let value = Word {
            parts,
            is_assignment: true,
        };
        Ok(Some(Assignment {
            name,
            append,
            value,
        }))
    }

    /// Consumes the variable name here; empty if there is none.
    pub(super) fn name(&mut self) -> String {
        if self.peek().is_some_and(|c| c.is_ascii_digit()) {
            return String::new();
        }
        self.take_while(|c| c.is_ascii_alphanumeric() || c == '_')
    }

    /// The whole source as the body of a here-document.
    pub(super) fn here_doc_body(mut self) -> Parse<Word> {
        let parts = self.parts(Context::HereDoc)?;
        Ok(Word {
            parts,
            is_assignment: false,
        })
    }

    /// Parts up to the end that `context` sets, which is not consumed.
    fn parts(&mut self, context: Context) -> Parse<Vec<Part>> {
        self.depth += 1;
        if self.depth > super::MAX_DEPTH {
            return Err(self.error("too deeply nested".into()));
        }
        let mut builder = Builder::default();
        let mut parentheses = 0u32;
        if !context.quoted() {
            self.tilde(context, &mut builder);
        }
        while let Some(c) = self.peek() {
            match context {
                Context::Word | Context::Assignment if self.at_process() => {
                    self.position += 2;
                    let list = self.substituted_list()?;
                    builder.push(Part::Process(Rc::new(list), c == '>'));
                    continue;
                }
                Context::Word | Context::Assignment if ends_word(c) => break,
                Context::Regex if c == '\n' => break,
                Context::Regex if matches!(c, ' ' | '\t') && parentheses == 0 => break,
                Context::ArithmeticFor if c == ';' => break,
                Context::Double if c == '"' => break,
                Context::Brace { slash, .. } if c == '}' || slash && c == '/' => break,
                Context::Offset if c == '}' || c == ':' => break,
                Context::Arithmetic | Context::ArithmeticFor | Context::Regex if c == '(' => {
                    parentheses += 1;
                }
                Context::Arithmetic | Context::ArithmeticFor | Context::Regex if c == ')' => {
                    if parentheses == 0 {
                        break;
                    }
                    parentheses -= 1;
                }
                _ => {}
            }
            match c {
                '\\' => self.backslash(context, &mut builder),
                '$' => self.dollar(context, &mut builder)?,
                '`' => {
                    let list = self.backquotes(context)?;
                    builder.push(Part::Command(Rc::new(list)));
                }
                '"' if matches!(context, Context::Brace { quoted: true, .. }) => {
                    // Quotes inside "${x-...}" pair up with each other, and change nothing.
                    self.eat("\"");
                }
                '"' if !context.quoted() => {
                    self.eat("\"");
                    let parts = self.parts(Context::Double)?;
                    if !self.eat("\"") {
                        return Err(self.incomplete("Unterminated quoted string".into()));
                    }
                    builder.push(Part::Double(parts));
                }
                '\'' if !context.quoted() => {
                    self.eat("'");
                    let Some(end) = self.rest().find('\'') else {
                        return Err(self.incomplete("Unterminated quoted string".into()));
                    };
                    let text = self.rest()[..end].to_owned();
                    self.position += end + 1;
                    builder.push(Part::Quoted(text));
                }
                _ => {
                    builder.literal(c);
                    self.position += c.len_utf8();
                    if c == ':' && context == Context::Assignment {
                        self.tilde(context, &mut builder);
                    }
                }
            }
        }
        self.depth -= 1;
        Ok(builder.finish())
    }

    /// `~` or `~name` at the start of a word, or after `=` or `:` in an assignment.
    fn tilde(&mut self, context: Context, builder: &mut Builder) {
        let Some(rest) = self.rest().strip_prefix('~') else {
            return;
        };
        let stops = |c: char| {
            c == '/' || ends_word(c) || c == '}' || c == ':' && context == Context::Assignment
        };
        let name = &rest[..rest.find(stops).unwrap_or(rest.len())];
        if name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-+.".contains(c))
        {
            let part = Part::Tilde(name.to_owned());
            self.position += 1 + name.len();
            builder.push(part);
        }
    }

    fn backslash(&mut self, context: Context, builder: &mut Builder) {
        self.position += 1;
        let Some(c) = self.peek_raw() else {
            // At the very end of the input the backslash stands for itself.
            builder.literal('\\');
            return;
        };
        let special = match context {
            _ if !context.quoted() => true,
            Context::HereDoc => matches!(c, '$' | '`' | '\\' | '\n'),
            Context::Brace { .. } => matches!(c, '$' | '`' | '"' | '\\' | '\n' | '}'),
            _ => matches!(c, '$' | '`' | '"' | '\\' | '\n'),
        };
        self.position += c.len_utf8();
        match c {
            '\n' if special => {}
            _ if special => builder.push(Part::Quoted(c.to_string())),
            _ => {
                builder.literal('\\');
                builder.literal(c);
            }
        }
    }

    /// The list of a substitution after the opening parenthesis, with the closing one.
    fn substituted_list(&mut self) -> Parse<List> {
        self.newlines()?;
        let list = if self.peek() == Some(')') {
            List::default()
        } else {
            self.compound_list(&Aliases::new())?
        };
        self.expect(")")?;
        Ok(list)
    }

    fn dollar(&mut self, context: Context, builder: &mut Builder) -> Parse<()> {
        self.eat("$");
        if self.at("((") && !self.not_arithmetic.contains(&self.position) {
            let (before, here_docs) = (self.position, self.here_docs.len());
            self.eat("((");
            let parts = self.parts(Context::Arithmetic)?;
            if self.eat("))") {
                builder.push(Part::Arithmetic(parts));
                return Ok(());
            }
            if self.at_end() {
                return Err(self.incomplete("Missing '))'".into()));
            }
            // `$((a) | b)`: a subshell in a command substitution.
            self.position = before;
            self.here_docs.truncate(here_docs);
            self.not_arithmetic.insert(before);
        }
        if self.eat("(") {
            let list = self.substituted_list()?;
            builder.push(Part::Command(Rc::new(list)));
            return Ok(());
        }
        if self.eat("{") {
            let parameter = self.braced_parameter(context.quoted())?;
            builder.push(Part::Parameter(parameter));
            return Ok(());
        }
        if !context.quoted() && self.eat("'") {
            return self.ansi_quoted(builder);
        }
        if !context.quoted() && self.at("\"") {
            // bash's `$"..."`, a string to translate: there are no translations.
            return Ok(());
        }
        let name = self.parameter_name(false);
        if name.is_empty() {
            builder.literal('$');
        } else {
            builder.push(Part::Parameter(Parameter {
                name,
                operation: Operation::Value,
            }));
        }
        Ok(())
    }

    /// Consumes the name of a parameter; empty if there is none. Without braces a positional parameter has one digit.
    fn parameter_name(&mut self, braced: bool) -> String {
        let name = self.name();
        if !name.is_empty() {
            return name;
        }
        match self.peek() {
            Some(c) if "@*#?-$!".contains(c) || c.is_ascii_digit() && !braced => {
                self.position += 1;
                c.to_string()
            }
            _ => self.take_while(|c| c.is_ascii_digit()),
        }
    }

    /// The inside of `${...}`, with the closing brace.
    fn braced_parameter(&mut self, quoted: bool) -> Parse<Parameter> {
        let begin = self.position;
        // `${#}` and `${#-...}` are about the number of parameters, `${#x}` about a length.
        if self.at("#") && !self.at("#}") {
            let before = self.position;
            self.eat("#");
            let name = self.parameter_name(true);
            if !name.is_empty() && self.eat("}") {
                let operation = Operation::Length;
                return Ok(Parameter { name, operation });
            }
            self.position = before;
        }
        if self.eat("!") {
            let name = self.name();
            if !name.is_empty() && self.eat("}") {
                let operation = Operation::Indirect;
                return Ok(Parameter { name, operation });
            }
            self.position = begin;
        }
        let name = self.parameter_name(true);
        if name.is_empty() {
            return Err(self.bad_substitution());
        }
        let operation = self.operation(quoted)?;
        if !self.eat("}") {
            return Err(self.bad_substitution());
        }
        Ok(Parameter { name, operation })
    }

    fn bad_substitution(&mut self) -> super::SyntaxError {
        if self.at_end() {
            self.incomplete("Missing '}'".into())
        } else {
            self.error("Bad substitution".into())
        }
    }

    fn operation(&mut self, quoted: bool) -> Parse<Operation> {
        let conditionals = [
            ('-', Conditional::Default),
            ('=', Conditional::Assign),
            ('?', Conditional::Error),
            ('+', Conditional::Alternative),
        ];
        let before = self.position;
        let colon = self.eat(":");
        let operator = self.peek();
        if let Some((_, conditional)) = conditionals.iter().find(|(c, _)| Some(*c) == operator) {
            self.position += 1;
            let word = self.brace_word(quoted, false)?;
            return Ok(Operation::Conditional(*conditional, colon, word));
        }
        self.position = before;
        if self.eat(":") {
            if self.at("}") {
                return Err(self.bad_substitution());
            }
            let offset = self.parts(Context::Offset)?;
            let length = if self.eat(":") {
                Some(self.parts(Context::Offset)?)
            } else {
                None
            };
            return Ok(Operation::Substring(offset, length));
        }
        if let Some(sign) = self.peek().filter(|c| matches!(c, '#' | '%')) {
            self.position += 1;
            let longest = self.peek() == Some(sign);
            self.position += usize::from(longest);
            // Patterns keep their own quoting even between double quotes.
            let pattern = self.brace_word(false, false)?;
            return Ok(Operation::Trim {
                suffix: sign == '%',
                longest,
                pattern,
            });
        }
        if let Some(sign) = self.peek().filter(|c| matches!(c, '^' | ',')) {
            self.position += 1;
            let all = self.peek() == Some(sign);
            self.position += usize::from(all);
            let upper = sign == '^';
            return Ok(Operation::Case { upper, all });
        }
        if self.eat("/") {
            let all = self.eat("/");
            let mut pattern = Word::default();
            if self.eat("/") {
                // The pattern begins with it: an empty one would be of no use.
                pattern.parts.push(Part::Literal("/".into()));
            }
            pattern.parts.extend(self.brace_word(false, true)?.parts);
            let replacement = if self.eat("/") {
                // Quotes mean in it what they mean outside, even between double quotes.
                self.brace_word(false, false)?
            } else {
                Word::default()
            };
            return Ok(Operation::Replace(pattern, replacement, all));
        }
        Ok(Operation::Value)
    }

    fn brace_word(&mut self, quoted: bool, slash: bool) -> Parse<Word> {
        let parts = self.parts(Context::Brace { quoted, slash })?;
        Ok(Word {
            parts,
            is_assignment: false,
        })
    }

    /// `$'...'` after the opening quote.
    fn ansi_quoted(&mut self, builder: &mut Builder) -> Parse<()> {
        let mut bytes = Vec::new();
        loop {
            let Some(c) = self.peek_raw() else {
                return Err(self.incomplete("Unterminated quoted string".into()));
            };
            self.position += c.len_utf8();
            match c {
                '\'' => break,
                '\\' => {
                    let quote = self
                        .peek_raw()
                        .filter(|next| matches!(next, '\'' | '"' | '?'));
                    if let Some(quote) = quote {
                        self.position += 1;
                        bytes.push(quote as u8);
                        continue;
                    }
                    match escape::one(self.rest(), Octal::Plain) {
                        escape::Escape::Bytes(expanded, used) => {
                            bytes.extend_from_slice(&expanded);
                            self.position += used;
                        }
                        escape::Escape::Stop | escape::Escape::Unknown => bytes.push(b'\\'),
                    }
                }
                _ => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
            // As in bash, whose strings end there.
            bytes.truncate(end);
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        builder.push(Part::Quoted(text));
        Ok(())
    }

    /// `` `...` ``: the text between is unescaped once, then parsed.
    fn backquotes(&mut self, context: Context) -> Parse<List> {
        self.eat("`");
        let line = self.line();
        let mut text = String::new();
        loop {
            let Some(c) = self.peek_raw() else {
                return Err(self.incomplete("EOF in backquote substitution".into()));
            };
            self.position += c.len_utf8();
            match c {
                '`' => break,
                '\\' => {
                    let unescaped = self.peek_raw().filter(|next| {
                        matches!(next, '$' | '`' | '\\')
                            || *next == '"' && context.quoted() && context != Context::HereDoc
                    });
                    match unescaped {
                        Some(next) => {
                            self.position += 1;
                            text.push(next);
                        }
                        None => text.push('\\'),
                    }
                }
                _ => text.push(c),
            }
        }
        let mut inner = Parser::new_at(&text, line);
        inner.depth = self.depth;
        let mut all = List::default();
        while let Some(list) = inner.next_command(&Aliases::new())? {
            all.0.extend(list.0);
        }
        Ok(all)
    }
}

/// The delimiter that `source`, the word after `<<`, stands for, and whether any of it was quoted. Nothing is expanded in it.
pub(super) fn here_doc_delimiter(source: &str) -> (String, bool) {
    let mut text = String::new();
    let (mut quoted, mut within) = (false, None);
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, within) {
            ('\'' | '"', None) => (within, quoted) = (Some(c), true),
            (_, Some(quote)) if c == quote => within = None,
            ('\\', None | Some('"')) => {
                let special =
                    within.is_none() || chars.peek().is_some_and(|c| "$`\"\\\n".contains(*c));
                let next = if special { chars.next() } else { None };
                if next == Some('\n') {
                    continue;
                }
                quoted |= special;
                text.push(next.unwrap_or('\\'));
            }
            _ => text.push(c),
        }
    }
    (text, quoted)
}

/// Gathers parts, joining neighbouring characters.
#[derive(Default)]
struct Builder {
    parts: Vec<Part>,
}

impl Builder {
    fn literal(&mut self, c: char) {
        if let Some(Part::Literal(text)) = self.parts.last_mut() {
            text.push(c);
        } else {
            self.parts.push(Part::Literal(c.to_string()));
        }
    }

    fn push(&mut self, part: Part) {
        if let (Some(Part::Quoted(before)), Part::Quoted(text)) = (self.parts.last_mut(), &part) {
            before.push_str(text);
        } else {
            self.parts.push(part);
        }
    }

    fn finish(self) -> Vec<Part> {
        self.parts
    }
}

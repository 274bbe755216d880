//! Redirections and here-documents.

use std::cell::OnceCell;
use std::rc::Rc;

use super::super::ast::{Part, Redirect, RedirectTarget, Word};
use super::{Parse, Parser, PendingHereDoc, word};

impl Parser {
    pub(super) fn redirect(&mut self) -> Parse<Option<Redirect>> {
        self.blanks();
        let start = self.position;
        let digits = self.take_while(|c| c.is_ascii_digit());
        let fd = digits.parse::<i32>().ok();
        let operators = [
            "<<<", "<<-", "<<", "<&", "<>", "<", "&>>", "&>", ">>", ">&", ">|", ">",
        ];
        let found = operators.into_iter().find(|operator| {
            self.at(operator)
                && !self.at_process()
                && (digits.is_empty() || !operator.starts_with('&'))
        });
        let Some(operator) = found else {
            self.position = start;
            return Ok(None);
        };
        self.eat(operator);
        self.blanks();
        if let "<<" | "<<-" = operator {
            return self.here_doc(fd, operator == "<<-").map(Some);
        }
        let Some(word) = self.word()? else {
            return Err(self.unexpected());
        };
        let target = match operator {
            "<<<" => RedirectTarget::HereString(word),
            "<" => RedirectTarget::Read(word),
            "<>" => RedirectTarget::ReadWrite(word),
            ">>" => RedirectTarget::Append(word),
            "<&" => RedirectTarget::Duplicate(word, false),
            // `>& file` is bash's older way to write `&> file`.
            ">&" if fd.is_none() && word.as_literal().is_some_and(|text| !is_fd_or_dash(text)) => {
                RedirectTarget::Both(word, false)
            }
            ">&" => RedirectTarget::Duplicate(word, true),
            "&>" | "&>>" => RedirectTarget::Both(word, operator == "&>>"),
            _ => RedirectTarget::Write(word, operator == ">|"),
        };
        Ok(Some(Redirect { fd, target }))
    }

    pub(super) fn here_doc(&mut self, fd: Option<i32>, strip_tabs: bool) -> Parse<Redirect> {
        let start = self.position;
        if self.word()?.is_none() {
            return Err(self.unexpected());
        }
        let (delimiter, quoted) = word::here_doc_delimiter(&self.source[start..self.position]);
        let body = Rc::new(OnceCell::new());
        self.here_docs.push(PendingHereDoc {
            delimiter,
            strip_tabs,
            quoted,
            body: Rc::clone(&body),
        });
        Ok(Redirect {
            fd,
            target: RedirectTarget::HereDoc(body),
        })
    }

    /// Consumes a line of a here-document, with those it is continued by.
    fn here_doc_line(&mut self, pending: &PendingHereDoc) -> String {
        let mut line = String::new();
        loop {
            let rest = self.rest();
            let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
            let mut next = &rest[..length];
            if pending.strip_tabs && line.is_empty() {
                next = next.trim_start_matches('\t');
            }
            line.push_str(next);
            self.position += length;
            let Some(continued) = line.strip_suffix("\\\n").filter(|_| !pending.quoted) else {
                return line;
            };
            let backslashes = continued.len() - continued.trim_end_matches('\\').len();
            if backslashes % 2 == 1 {
                return line;
            }
            line.truncate(continued.len());
        }
    }

    /// Consumes a newline and the bodies of the here-documents that were announced before it.
    pub(super) fn newline(&mut self) -> Parse<()> {
        self.eat("\n");
        for pending in core::mem::take(&mut self.here_docs) {
            let mut text = String::new();
            loop {
                if self.rest().is_empty() {
                    if !self.partial {
                        break;
                    }
                    let message = format!("here-document without its end `{}'", pending.delimiter);
                    return Err(self.incomplete(message));
                }
                let line = self.here_doc_line(&pending);
                if line.strip_suffix('\n').unwrap_or(&line) == pending.delimiter {
                    break;
                }
                text.push_str(&line);
            }
            let body = if pending.quoted {
                Word {
                    parts: vec![Part::Quoted(text)],
                    is_assignment: false,
                }
            } else {
                let mut inner = Parser::new(&text);
                inner.depth = self.depth;
                inner.here_doc_body()?
            };
            // The cell was made for this body alone, so it is still empty.
            let _first = pending.body.set(body);
        }
        Ok(())
    }
}

fn is_fd_or_dash(text: &str) -> bool {
    text == "-" || text.bytes().all(|byte| byte.is_ascii_digit())
}

//! What bash has besides POSIX: `[[ ... ]]`, `for (( ... ))` and process substitution.

use regex_lite::Regex;

use super::arithmetic;
use super::ast::{List, Part, Test, Word};
use super::command::{self, test::compare_integers};
use super::glob;
use super::redirect::FdMap;
use super::run::{Run, Shell};
use super::unparse;
use crate::system::{ProcessGroup, strerror};

impl Shell<'_> {
    /// `for ((first; condition; step))`; an empty condition holds.
    pub(super) fn run_arithmetic_for(
        &mut self,
        [first, condition, step]: &[Vec<Part>; 3],
        body: &List,
    ) -> Run<()> {
        self.arithmetic(first)?;
        self.status = 0;
        loop {
            if !condition.is_empty() && self.arithmetic(condition)? == 0 {
                return Ok(());
            }
            if !self.run_loop_body(body)? {
                return Ok(());
            }
            self.handle_signals()?;
            self.arithmetic(step)?;
        }
    }

    /// Value of `[[ ... ]]`.
    pub(super) fn test(&mut self, test: &Test) -> Run<bool> {
        match test {
            Test::Not(inner) => Ok(!self.test(inner)?),
            Test::Both(and, left, right) => {
                if self.test(left)? == *and {
                    self.test(right)
                } else {
                    Ok(!and)
                }
            }
            Test::Unary(operator, operand) => {
                let text = self.expand_single(operand)?;
                match operator.as_str() {
                    "-n" => Ok(!text.is_empty()),
                    "-z" => Ok(text.is_empty()),
                    "-v" => Ok(self.parameter(&text).is_some()),
                    "-o" => Ok(self.options.switch(&text).is_some_and(|on| *on)),
                    _ => self.test_files(&[operator, &text]),
                }
            }
            Test::Binary(left, operator, right) => self.compare(left, operator, right),
        }
    }

    fn compare(&mut self, left: &Word, operator: &str, right: &Word) -> Run<bool> {
        let text = self.expand_single(left)?;
        match operator {
            "=" | "==" | "!=" => {
                let pattern = self.expand_pattern(right)?;
                let chars: Vec<char> = text.chars().collect();
                Ok(glob::matches(&pattern, &chars) == (operator != "!="))
            }
            "=~" => self.match_regex(&text, right),
            _ => {
                let right = self.expand_single(right)?;
                match operator {
                    "<" => Ok(text < right),
                    ">" => Ok(text > right),
                    "-nt" | "-ot" | "-ef" => self.test_files(&[&text, operator, &right]),
                    _ => {
                        let left = self.integer(&text)?;
                        let right = self.integer(&right)?;
                        Ok(compare_integers(left, operator, right))
                    }
                }
            }
        }
    }

    /// Value of an arithmetic expression.
    pub(super) fn integer(&mut self, text: &str) -> Run<i64> {
        arithmetic::evaluate(text, self).map_err(|message| self.expansion_error(&message))
    }

    /// `text =~ expression`; what is quoted in the expression stands for itself. What matched goes to `BASH_REMATCH`.
    fn match_regex(&mut self, text: &str, expression: &Word) -> Run<bool> {
        let mut source = String::new();
        for c in self.expand_pattern(expression)? {
            if c.quoted && !c.value.is_alphanumeric() {
                source.push('\\');
            }
            source.push(c.value);
        }
        let regex = match Regex::new(&source) {
            Ok(regex) => regex,
            Err(error) => return Err(self.expansion_error(&format!("[[: {source}: {error}"))),
        };
        let found = regex.find(text).map(|found| found.as_str().to_owned());
        let matched = found.is_some();
        self.put_var("BASH_REMATCH", found.unwrap_or_default());
        Ok(matched)
    }

    /// What the command `test` says about files.
    fn test_files(&mut self, args: &[&str]) -> Run<bool> {
        let Some(program) = command::find("test") else {
            return Ok(false);
        };
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let env = self.environment();
        match command::run_with_env(self.system, program, &args, &env) {
            2 => {
                self.failed = true;
                self.status = 2;
                Err(super::run::Flow::Exit)
            }
            status => Ok(status == 0),
        }
    }

    /// Starts the list of `<(...)` or (`feeds`) `>(...)`; answers the path by which the command reaches it.
    pub(super) fn start_process(&mut self, list: &List, feeds: bool) -> Run<String> {
        let (read, write) = match self.private_pipe() {
            Ok(ends) => ends,
            Err(error) => {
                let message = format!("process substitution: {}", strerror(error));
                return Err(self.expansion_error(&message));
            }
        };
        let (given, kept) = if feeds { (read, write) } else { (write, read) };
        let mut map = FdMap::default();
        map.map.insert(i32::from(!feeds), given);
        map.temporary.push(given);
        if let Some(started) = self.spawn_shell(&unparse::list(list), map, ProcessGroup::New) {
            self.substituted.extend(started.pids);
        }
        // Commands inherit it, and find it by its number.
        self.open_fds.insert(kept);
        self.process_pipes.push(kept);
        Ok(format!("/dev/fd/{kept}"))
    }

    /// Closes the pipes of the process substitutions after the first `count`, as their command is over.
    pub(super) fn close_processes(&mut self, count: usize) {
        for fd in self
            .process_pipes
            .split_off(count.min(self.process_pipes.len()))
        {
            self.open_fds.remove(&fd);
            self.close_private(fd);
        }
    }
}

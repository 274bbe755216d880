//! Command substitution.

use super::ast::{Command, List, RedirectTarget};
use super::redirect::{FdMap, open_error};
use super::run::{Run, Shell};
use crate::system::{read_file, read_to_end, strerror};

impl Shell<'_> {
    /// Output of `list` without its trailing newlines.
    pub(super) fn command_substitution(&mut self, list: &List) -> Run<String> {
        let bytes = match read_only(list) {
            Some(word) => {
                let path = self.expand_single(word)?;
                match read_file(self.system, &path) {
                    Ok(bytes) => {
                        self.substitution_status = Some(0);
                        bytes
                    }
                    Err(error) => {
                        self.error(&format!("cannot open {path}: {}", open_error(error)));
                        self.substitution_status = Some(1);
                        Vec::new()
                    }
                }
            }
            None if list.0.is_empty() => Vec::new(),
            None => self.capture(list)?,
        };
        let mut text = String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        text.truncate(text.trim_end_matches('\n').len());
        // A variable cannot hold NUL, as it may have to go into an environment.
        text.retain(|c| c != '\0');
        Ok(text)
    }

    /// Runs `list` in a subshell and answers what it wrote. The output goes through a file, not a pipe: nobody could read the pipe while this
    /// process runs builtins or waits.
    fn capture(&mut self, list: &List) -> Run<Vec<u8>> {
        let before = self.status;
        let output = self.capture_output(|shell| {
            let result = shell.in_subshell(|shell| {
                // `$(trap)` is there to save traps.
                shell.listed_traps = shell.outer_traps.last().cloned();
                shell.run_list(list)
            });
            shell.substitution_status = Some(shell.status);
            result
        });
        if output.is_ok() {
            self.status = before;
        }
        output
    }

    /// What `run` writes to the standard output.
    pub(super) fn capture_output(
        &mut self,
        run: impl FnOnce(&mut Self) -> Run<()>,
    ) -> Run<Vec<u8>> {
        let file = self.temporary_file().and_then(|fd| self.make_private(fd));
        let file = match file {
            Ok(file) => file,
            Err(error) => {
                let message = format!("command substitution: {}", strerror(error));
                return Err(self.expansion_error(&message));
            }
        };
        let mut map = FdMap::default();
        map.map.insert(1, file);
        let saved = self.redirect(map);
        let result = run(self);
        self.restore(saved);
        let read = self
            .system
            .lseek(file, 0, 0)
            .and_then(|_| read_to_end(self.system, file));
        self.close_private(file);
        result?;
        read.map_err(|error| {
            self.expansion_error(&format!("command substitution: {}", strerror(error)))
        })
    }
}

/// The file of `$(< file)`.
fn read_only(list: &List) -> Option<&super::ast::Word> {
    let [item] = list.0.as_slice() else {
        return None;
    };
    let [Command::Simple(simple)] = item.and_or.first.commands.as_slice() else {
        return None;
    };
    let plain = simple.words.is_empty() && simple.assignments.is_empty();
    match simple.redirects.as_slice() {
        [redirect] if plain && item.and_or.rest.is_empty() && redirect.fd.is_none() => {
            match &redirect.target {
                RedirectTarget::Read(word) => Some(word),
                _ => None,
            }
        }
        _ => None,
    }
}

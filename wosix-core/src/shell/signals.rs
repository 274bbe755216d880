//! What the shell does about signals: its traps, and what it does without one.

use std::collections::BTreeMap;

use super::run::{Flow, Run, Shell};
use crate::system::{Disposition, signal, strerror};

impl Shell<'_> {
    /// Makes a script catch what ends it, so that the commands in its foreground can be told first.
    pub fn catch_endings(&self) {
        for number in [signal::SIGTERM, signal::SIGHUP] {
            self.set_disposition(number, Disposition::Catch);
        }
    }

    pub(super) fn set_disposition(&self, number: i32, disposition: Disposition) {
        if let Err(error) = self.system.sigaction(number, disposition) {
            self.error(&format!("trap: {number}: {}", strerror(error)));
        }
    }

    /// After a subshell: signals that only it trapped go back to what they were.
    pub(super) fn set_dispositions(&self, outer: &BTreeMap<i32, String>) {
        for number in self.traps.keys().filter(|number| **number > 0) {
            if !outer.contains_key(number) {
                self.set_disposition(*number, self.untrapped(*number));
            }
        }
        for (number, command) in outer.iter().filter(|(number, _)| **number > 0) {
            let disposition = if command.is_empty() {
                Disposition::Ignore
            } else {
                Disposition::Catch
            };
            if self.traps.contains_key(number) {
                self.set_disposition(*number, disposition);
            }
        }
    }

    /// What the shell does about a signal without a trap.
    pub(super) fn untrapped(&self, number: i32) -> Disposition {
        match number {
            signal::SIGTERM | signal::SIGHUP => Disposition::Catch,
            signal::SIGINT if self.interactive => Disposition::Catch,
            _ => Disposition::Default,
        }
    }

    /// Ends this process by the signal that ended the shell, so that its parent sees what happened. Comes back if there was none.
    pub(super) fn die(&self) {
        if let Some(number) = self.ended_by {
            self.set_disposition(number, Disposition::Default);
            // Should it fail, the status says the same.
            let _alive = self.system.kill(self.system.pid(), number);
        }
    }

    /// Runs the traps of signals that came; without a trap an ending signal ends the shell and an interrupt the line.
    pub(super) fn handle_signals(&mut self) -> Run<()> {
        while let Some(number) = self.system.next_signal() {
            if let Some(command) = self.traps.get(&number).cloned() {
                let status = self.status;
                self.run_source(&command)?;
                self.status = status;
                continue;
            }
            match number {
                signal::SIGINT if self.interactive => {
                    self.status = 128 + number;
                    return Err(Flow::Abort);
                }
                signal::SIGTERM if self.interactive => {}
                signal::SIGTERM | signal::SIGHUP => {
                    for pid in &self.foreground {
                        // It may be gone already.
                        let _gone = self.system.kill(*pid, number);
                    }
                    self.status = 128 + number;
                    self.ended_by = Some(number);
                    return Err(Flow::Exit);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

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

    /// After a subshell: signals about which it asked for something go back to what they were.
    pub(super) fn set_dispositions(&self, outer: &BTreeMap<i32, String>) {
        let changed = self.traps.keys().chain(outer.keys());
        for number in changed.filter(|number| **number > 0) {
            let before = outer.get(number);
            if before == self.traps.get(number) {
                continue;
            }
            let disposition = match before {
                None => self.untrapped(*number),
                Some(command) if command.is_empty() => Disposition::Ignore,
                Some(_) => Disposition::Catch,
            };
            self.set_disposition(*number, disposition);
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
        self.run_traps().map(drop)
    }

    /// As [`Shell::handle_signals`]; answers the last signal that had a trap.
    pub(super) fn run_traps(&mut self) -> Run<Option<i32>> {
        let mut trapped = None;
        while let Some(number) = self.system.next_signal() {
            if let Some(command) = self.traps.get(&number).cloned() {
                self.run_trap(&command)?;
                trapped = Some(number);
                continue;
            }
            if self
                .outer_traps
                .iter()
                .any(|traps| traps.contains_key(&number))
            {
                // A subshell is no process here: the signal is meant for the shell around it.
                self.deferred_signals.push(number);
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
        Ok(trapped)
    }

    /// Runs the traps of signals that came while a subshell ran.
    pub(super) fn run_deferred_traps(&mut self) -> Run<()> {
        for number in core::mem::take(&mut self.deferred_signals) {
            match self.traps.get(&number).cloned() {
                Some(command) => self.run_trap(&command)?,
                None => self.deferred_signals.push(number),
            }
        }
        Ok(())
    }

    /// Runs a trap. The status is the same afterwards, and `exit` in it leaves with that.
    pub(super) fn run_trap(&mut self, command: &str) -> Run<()> {
        let status = self.status;
        let outer = self.trap_status.replace(status);
        let outer_depth = core::mem::replace(&mut self.trap_depth, self.locals.len());
        let result = self.run_source(command);
        self.trap_status = outer;
        self.trap_depth = outer_depth;
        if !matches!(result, Err(Flow::Exit | Flow::Return)) {
            self.status = status;
        }
        result
    }
}

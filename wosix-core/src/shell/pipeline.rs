//! Pipelines and background lists: processes that run side by side, and the wait for them.

use super::ast::{AndOr, Command, Pipeline};
use super::job::Job;
use super::redirect::FdMap;
use super::run::{Flow, Run, Shell};
use super::simple::{Resolved, Started};
use super::unparse;
use crate::errno::Errno;
use crate::system::{ExitStatus, ProcessGroup, strerror, write_all};

impl Shell<'_> {
    /// Starts one stage of a pipeline or background list beside the shell.
    fn start_stage(
        &mut self,
        command: &Command,
        map: FdMap,
        group: ProcessGroup,
    ) -> Run<Option<Started>> {
        let processes = self.process_pipes.len();
        let started = self.start_stage_inner(command, map, group);
        self.close_processes(processes);
        started
    }

    fn start_stage_inner(
        &mut self,
        command: &Command,
        map: FdMap,
        group: ProcessGroup,
    ) -> Run<Option<Started>> {
        if let Command::Simple(simple) = command {
            if !self.line_is_fixed {
                self.line = simple.line;
            }
            // What the expansions change must not be seen by this shell.
            let variables = self.variables.clone();
            let expanded = self.expand_words(&simple.words);
            let argv = match expanded {
                Ok(argv) => argv,
                Err(flow) => {
                    self.variables = variables;
                    self.discard(map);
                    return if flow == Flow::Abort {
                        Err(flow)
                    } else {
                        Ok(None)
                    };
                }
            };
            let (own_path, simple) = match self.own_path(simple) {
                Ok(found) => found,
                Err(flow) => {
                    self.variables = variables;
                    self.discard(map);
                    return Err(flow);
                }
            };
            let own_path = own_path.as_deref();
            let file = argv
                .first()
                .map(|name| match self.resolve_on(own_path, name) {
                    Resolved::Program(_) => self.resolve_file_on(own_path, name),
                    // Only `printf -v` would need the shell, and its variable would be lost here.
                    Resolved::Builtin(found) if found.name == "printf" => {
                        self.resolve_file_on(own_path, name)
                    }
                    other => other,
                });
            if let Some(Resolved::External(path)) = file {
                let started = self.start_external(&simple, &argv, &path, map, group);
                self.variables = variables;
                return match started {
                    Err(Flow::Exit) => Ok(None),
                    other => other,
                };
            }
            self.variables = variables;
        }
        Ok(self.spawn_shell(&unparse::command(command), map, group))
    }

    /// Runs a pipeline of two stages or more.
    pub(super) fn run_stages(&mut self, pipeline: &Pipeline) -> Run<()> {
        self.substitution_status = None;
        let Some((last, inner)) = pipeline.commands.split_last() else {
            return Ok(());
        };
        let mut job = Started {
            pids: Vec::new(),
            group: ProcessGroup::New,
        };
        let mut input = None;
        for command in inner {
            let mut map = FdMap::default();
            if let Some(read) = input.take() {
                map.map.insert(0, read);
                map.temporary.push(read);
            }
            let (read, write) = match self.private_pipe() {
                Ok(ends) => ends,
                Err(error) => {
                    self.error(&format!("pipe: {}", strerror(error)));
                    self.discard(map);
                    self.status = 1;
                    return self.wait_foreground(job, &unparse::pipeline(pipeline));
                }
            };
            map.map.insert(1, write);
            map.temporary.push(write);
            input = Some(read);
            let started = self.start_stage(command, map, job.group)?;
            self.add_stage(&mut job, started);
        }
        let mut map = FdMap::default();
        if let Some(read) = input {
            map.map.insert(0, read);
            map.temporary.push(read);
        }
        let text = unparse::pipeline(pipeline);
        if self.is_external(last) {
            let started = self.start_stage(last, map, job.group)?;
            self.add_stage(&mut job, started);
            return self.wait_foreground(job, &text);
        }
        self.set_foreground(&job);
        let saved = self.redirect(map);
        let result = self.in_subshell(|shell| shell.run_command(last));
        self.restore(saved);
        let own = self.status;
        let pids_fail = self.wait_stages(job, &text)?;
        self.status = match pids_fail {
            Some(status) if self.options.pipefail && own == 0 => status,
            _ => own,
        };
        result
    }

    /// A pipe whose ends are out of the way of the user's descriptors.
    pub(super) fn private_pipe(&mut self) -> Result<(i32, i32), Errno> {
        let (read, write) = self.system.pipe()?;
        let read = self.make_private(read)?;
        let write = self.make_private(write)?;
        Ok((read, write))
    }

    fn add_stage(&self, job: &mut Started, started: Option<Started>) {
        match started {
            Some(started) => {
                job.pids.extend(started.pids);
                job.group = started.group;
            }
            // A stage that could not be started counts as one that failed: its status, negated, stands for it.
            None => job.pids.push(-self.status.max(1)),
        }
    }

    /// Whether a command is certain to be a process of its own. Looks at the literal name only: expanding twice could do things twice.
    fn is_external(&self, command: &Command) -> bool {
        let Command::Simple(simple) = command else {
            return false;
        };
        simple
            .words
            .first()
            .and_then(|word| word.as_literal())
            .is_some_and(|name| matches!(self.resolve(name), Resolved::External(_)))
    }

    /// Starts a list beside the shell.
    pub(super) fn run_background(&mut self, and_or: &AndOr) -> Run<()> {
        let mut map = FdMap::default();
        if self.terminal.is_none() {
            // Without job control it must not read what is meant for the shell.
            let null = self
                .system
                .open("/dev/null", crate::system::open_flags::O_RDONLY, 0);
            match null.and_then(|fd| self.make_private(fd)) {
                Ok(fd) => {
                    map.map.insert(0, fd);
                    map.temporary.push(fd);
                }
                Err(error) => self.error(&format!("/dev/null: {}", strerror(error))),
            }
        }
        let text = unparse::and_or(and_or);
        let started = match (and_or.first.commands.as_slice(), and_or.rest.is_empty()) {
            ([command], true) if !and_or.first.negated => {
                self.start_stage(command, map, ProcessGroup::New)?
            }
            _ => self.spawn_shell(&text, map, ProcessGroup::New),
        };
        if let Some(started) = started {
            let pid = started.pids.last().copied().unwrap_or_default();
            self.last_background = Some(pid);
            let id = self.add_job(started.pids, text);
            if self.interactive {
                self.tell(&format!("[{id}] {pid}\n"));
            }
            self.status = 0;
        }
        Ok(())
    }

    /// Waits for a started job in the foreground and sets the status.
    pub(super) fn wait_foreground(&mut self, job: Started, text: &str) -> Run<()> {
        self.set_foreground(&job);
        let last = job.pids.last().copied().unwrap_or_default();
        let failed = self.wait_stages(job, text)?;
        if last < 0 {
            self.status = -last;
        }
        if let Some(status) = failed
            && self.options.pipefail
        {
            self.status = status;
        }
        Ok(())
    }

    fn set_foreground(&self, job: &Started) {
        if let (Some((fd, _)), ProcessGroup::Join(group)) = (self.terminal, job.group)
            && let Err(error) = self.system.tcsetpgrp(fd, group)
            // The job may be over already.
            && !matches!(error, Errno::ESRCH | Errno::EPERM)
        {
            self.error(&format!("tcsetpgrp: {}", strerror(error)));
        }
    }

    /// Waits for all processes of a job; the status is the last one's. Answers the last failure, for `pipefail`.
    fn wait_stages(&mut self, job: Started, text: &str) -> Run<Option<i32>> {
        self.foreground.clone_from(&job.pids);
        let mut failed = None;
        let mut interrupted = None;
        for pid in job.pids {
            let status = if pid < 0 {
                Ok(ExitStatus {
                    pid,
                    code: -pid,
                    signal: 0,
                })
            } else {
                self.wait_for(pid)
            };
            match status {
                Ok(status) => {
                    self.status = status.shell_code();
                    if self.status != 0 {
                        failed = Some(self.status);
                    }
                    if status.signal != 0 {
                        interrupted = Some(status.signal);
                    }
                }
                Err(flow) => {
                    self.foreground.clear();
                    return Err(flow);
                }
            }
        }
        self.foreground.clear();
        self.take_terminal_back();
        match interrupted {
            Some(crate::system::signal::SIGINT) if self.interactive => {
                self.tell("\n");
                self.status = 128 + crate::system::signal::SIGINT;
                return Err(Flow::Abort);
            }
            Some(crate::system::signal::SIGINT | crate::system::signal::SIGPIPE) => {}
            Some(number) if self.interactive => {
                self.tell(&format!("{} {text}\n", super::job::signal_text(number)));
            }
            Some(number) => self.tell(&format!("{}\n", super::job::signal_text(number))),
            _ => {}
        }
        Ok(failed)
    }

    /// Waits for one child; traps run when it has ended.
    fn wait_for(&mut self, pid: i32) -> Run<ExitStatus> {
        loop {
            match self.system.wait(pid, false) {
                Ok(Some(status)) => return Ok(status),
                Ok(None) => {}
                Err(Errno::EINTR) => self.handle_signals()?,
                Err(_) => {
                    return Ok(ExitStatus {
                        pid,
                        code: 127,
                        signal: 0,
                    });
                }
            }
        }
    }

    /// Makes the shell's own group the foreground one again.
    pub(super) fn take_terminal_back(&self) {
        if let Some((fd, group)) = self.terminal
            && let Err(error) = self.system.tcsetpgrp(fd, group)
        {
            self.error(&format!("tcsetpgrp: {}", strerror(error)));
        }
    }

    /// Prints on the standard error of an interactive shell.
    pub(super) fn tell(&self, text: &str) {
        // Nobody is left to hear of an error on the standard error itself.
        let _unreportable = write_all(self.system, 2, text.as_bytes());
    }

    fn add_job(&mut self, pids: Vec<i32>, text: String) -> u32 {
        let id = self.jobs.iter().map(|job| job.id).max().unwrap_or(0) + 1;
        self.jobs.push(Job::new(id, pids, text));
        id
    }
}

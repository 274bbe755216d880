//! Simple commands, pipelines, background lists and command substitutions: everything that starts processes.

use std::rc::Rc;

use super::ast::{AndOr, Command, List, Pipeline, RedirectTarget, Simple};
use super::builtin::{self, Builtin};
use super::command;
use super::job::Job;
use super::redirect::FdMap;
use super::run::{Flow, Run, Shell, Variable};
use super::unparse;
use crate::errno::Errno;
use crate::system::{
    FileKind, ProcessGroup, SpawnRequest, read_file, read_to_end, strerror, write_all,
};

/// What a command name stands for.
pub(super) enum Resolved {
    Function(Rc<Command>),
    Builtin(&'static Builtin),
    /// A command of [`command::PROGRAMS`] that runs inside the shell.
    Program(&'static command::Program),
    /// A file.
    External(String),
    /// A file that may not be executed.
    Forbidden,
    NotFound,
}

/// A started pipeline or command.
struct Started {
    pids: Vec<i32>,
    group: ProcessGroup,
}

/// Programs that do no more than a builtin would, and are run inside the shell.
const INSIDE: [&str; 8] = [
    "[", "echo", "false", "kill", "printf", "pwd", "test", "true",
];

impl Shell<'_> {
    /// What `name` stands for as a command.
    pub(super) fn resolve(&self, name: &str) -> Resolved {
        if let Some(body) = self.functions.get(name) {
            return Resolved::Function(Rc::clone(body));
        }
        self.resolve_command(name)
    }

    /// As [`Shell::resolve`], leaving functions out.
    pub(super) fn resolve_command(&self, name: &str) -> Resolved {
        if let Some(found) = builtin::find(name) {
            return Resolved::Builtin(found);
        }
        if INSIDE.contains(&name)
            && let Some(program) = command::find(name)
        {
            return Resolved::Program(program);
        }
        self.resolve_file(name)
    }

    fn resolve_file(&self, name: &str) -> Resolved {
        if name.contains('/') {
            return match self.system.stat(name, true) {
                Err(_) => Resolved::NotFound,
                Ok(stat) if stat.is_dir() => Resolved::Forbidden,
                Ok(_) if self.system.access(name, 1).is_err() => Resolved::Forbidden,
                Ok(_) => Resolved::External(name.into()),
            };
        }
        let mut not_found = Resolved::NotFound;
        for directory in self.get_var("PATH").unwrap_or_default().split(':') {
            let directory = if directory.is_empty() { "." } else { directory };
            let path = command::join(directory, name);
            let is_file = self
                .system
                .stat(&path, true)
                .is_ok_and(|stat| stat.kind() == FileKind::File);
            if !is_file || name.is_empty() {
                continue;
            }
            if self.system.access(&path, 1).is_ok() {
                return Resolved::External(path);
            }
            not_found = Resolved::Forbidden;
        }
        not_found
    }

    // --- simple commands

    /// Runs a simple command and waits for it.
    pub(super) fn run_simple(&mut self, simple: &Simple) -> Run<()> {
        self.substitution_status = None;
        let argv = self.expand_words(&simple.words)?;
        let Some(name) = argv.first() else {
            return self.run_assignments(simple);
        };
        match self.resolve(name) {
            Resolved::External(path) => {
                let map = FdMap::default();
                let started = self.start_external(simple, &argv, &path, map, ProcessGroup::New)?;
                if let Some(started) = started {
                    self.wait_foreground(started, &argv.join(" "))?;
                }
                Ok(())
            }
            Resolved::NotFound | Resolved::Forbidden => {
                self.with_redirects(&simple.redirects, |shell| {
                    shell.trace(&argv);
                    shell.report_unresolved(&argv[0]);
                    Ok(())
                })
            }
            resolved => self.run_inside(simple, &argv, &resolved),
        }
    }

    /// Says why `name` cannot be run, and sets the status.
    pub(super) fn report_unresolved(&mut self, name: &str) {
        let exists = matches!(self.resolve_file(name), Resolved::Forbidden);
        if exists {
            self.error(&format!("permission denied: {name}"));
            self.status = 126;
        } else if name.contains('/') {
            self.error(&format!("no such file or directory: {name}"));
            self.status = 127;
        } else {
            self.error(&format!("command not found: {name}"));
            self.status = 127;
        }
    }

    /// A command without words: its redirections are tried out, its assignments stay.
    fn run_assignments(&mut self, simple: &Simple) -> Run<()> {
        let Some(map) = self.open_redirects(&simple.redirects)? else {
            self.status = 1;
            return Ok(());
        };
        self.discard(map);
        let assigned = self.expand_assignments(simple)?;
        let texts: Vec<String> = assigned.iter().map(|(n, v)| format!("{n}={v}")).collect();
        self.trace(&texts);
        for (name, value) in assigned {
            self.assign(&name, value)?;
        }
        self.status = self.substitution_status.unwrap_or(0);
        Ok(())
    }

    fn expand_assignments(&mut self, simple: &Simple) -> Run<Vec<(String, String)>> {
        let mut assigned: Vec<(String, String)> = Vec::new();
        for assignment in &simple.assignments {
            let mut value = self.expand_single(&assignment.value)?;
            if assignment.append {
                let before = self.get_var(&assignment.name).unwrap_or_default();
                value.insert_str(0, before);
            }
            if simple.words.is_empty() {
                // Later assignments see earlier ones: `a=1 b=$a`.
                self.assign(&assignment.name, value.clone())?;
            }
            assigned.push((assignment.name.clone(), value));
        }
        Ok(assigned)
    }

    /// `set -x`.
    fn trace(&self, words: &[String]) {
        if self.options.xtrace && !words.is_empty() {
            let prefix = self.get_var("PS4").unwrap_or("+ ");
            let quoted: Vec<_> = words.iter().map(|word| unparse::quote(word)).collect();
            let line = format!("{prefix}{}\n", quoted.join(" "));
            // Nobody is left to hear of an error on the standard error itself.
            let _unreportable = write_all(self.system, 2, line.as_bytes());
        }
    }

    /// Runs a function or builtin in this process.
    fn run_inside(&mut self, simple: &Simple, argv: &[String], resolved: &Resolved) -> Run<()> {
        let Some(map) = self.open_redirects(&simple.redirects)? else {
            self.status = 1;
            return Ok(());
        };
        let assigned = match self.expand_assignments(simple) {
            Ok(assigned) => assigned,
            Err(flow) => {
                self.discard(map);
                return Err(flow);
            }
        };
        self.trace(argv);
        let saved_fds = self.redirect(map);
        let special = matches!(resolved, Resolved::Builtin(found) if found.special);
        let mut hidden: Vec<(String, Option<Variable>)> = Vec::new();
        let mut result = Ok(());
        for (name, value) in assigned {
            if !special {
                hidden.push((name.clone(), self.variables.get(&name).cloned()));
            }
            result = self.assign(&name, value);
            if result.is_err() {
                break;
            }
            if !special && let Some(variable) = self.variables.get_mut(&name) {
                variable.exported = true;
            }
        }
        if result.is_ok() {
            result = match resolved {
                Resolved::Function(body) => self.call(body, argv),
                Resolved::Builtin(found) => (found.run)(self, argv),
                Resolved::Program(program) => {
                    let env = self.environment();
                    self.status = command::run_with_env(self.system, program, &argv[1..], &env);
                    Ok(())
                }
                Resolved::External(_) | Resolved::Forbidden | Resolved::NotFound => Ok(()),
            };
        }
        for (name, variable) in hidden.into_iter().rev() {
            match variable {
                Some(variable) => self.variables.insert(name, variable),
                None => self.variables.remove(&name),
            };
        }
        if argv[0] == "exec" && result.is_ok() {
            self.keep(saved_fds);
        } else {
            self.restore(saved_fds);
        }
        result
    }

    /// Calls a function.
    fn call(&mut self, body: &Rc<Command>, argv: &[String]) -> Run<()> {
        if self.calls >= super::run::MAX_CALLS {
            return Err(self.expansion_error("maximum function nesting exceeded"));
        }
        self.calls += 1;
        let args = core::mem::replace(&mut self.args, argv[1..].to_vec());
        let loops = core::mem::take(&mut self.loops);
        self.locals.push(Vec::new());
        let result = self.run_command(body);
        for (name, variable) in self.locals.pop().unwrap_or_default().into_iter().rev() {
            match variable {
                Some(variable) => self.variables.insert(name, variable),
                None => self.variables.remove(&name),
            };
        }
        self.loops = loops;
        self.args = args;
        self.calls -= 1;
        match result {
            Err(Flow::Return) => Ok(()),
            other => other,
        }
    }

    // --- processes

    /// Starts an external command. `None` = it could not be started; the status is set.
    fn start_external(
        &mut self,
        simple: &Simple,
        argv: &[String],
        path: &str,
        mut map: FdMap,
        group: ProcessGroup,
    ) -> Run<Option<Started>> {
        let prepared = match self.add_redirects(&simple.redirects, &mut map) {
            Ok(true) => self.expand_assignments(simple).map(Some),
            Ok(false) => Ok(None),
            Err(flow) => Err(flow),
        };
        let Ok(Some(assigned)) = prepared else {
            self.discard(map);
            self.status = 1;
            return prepared.map(|_| None);
        };
        self.trace(argv);
        let mut env = self.environment();
        for (name, value) in assigned {
            let prefix = format!("{name}=");
            env.retain(|entry| !entry.starts_with(&prefix));
            env.push(format!("{name}={value}"));
        }
        let started = self.spawn(path, argv, &env, &map, group);
        self.discard(map);
        Ok(started)
    }

    /// Spawns a program; on failure says why, sets the status and answers `None`.
    fn spawn(
        &mut self,
        path: &str,
        argv: &[String],
        env: &[String],
        map: &FdMap,
        group: ProcessGroup,
    ) -> Option<Started> {
        let fds = self.child_fds(map);
        let group = if self.terminal.is_some() {
            group
        } else {
            ProcessGroup::Inherit
        };
        let request = SpawnRequest {
            file: path,
            args: argv,
            env,
            fds: &fds,
            group,
        };
        let mut spawned = self.system.spawn(&request);
        if spawned == Err(Errno::ENOEXEC) {
            // A script without `#!` is the shell's own to run.
            let mut args = vec![self.name.clone(), path.to_owned()];
            args.extend_from_slice(&argv[1..]);
            let shell = self.system.exec_path();
            spawned = self.system.spawn(&SpawnRequest {
                file: &shell,
                args: &args,
                ..request
            });
        }
        let stderr = map.map.get(&2).copied().unwrap_or(2);
        match spawned {
            Ok(pid) => {
                let group = match group {
                    ProcessGroup::New => ProcessGroup::Join(pid),
                    other => other,
                };
                self.substitution_status = None;
                Some(Started {
                    pids: vec![pid],
                    group,
                })
            }
            Err(error) => {
                let name = argv.first().map_or(path, String::as_str);
                self.status = match error {
                    Errno::ENOENT => 127,
                    _ => 126,
                };
                let message = match error {
                    Errno::EACCES => format!("permission denied: {name}"),
                    // The file is there, so it is its interpreter that is missing.
                    Errno::ENOENT => format!("{name}: bad interpreter: {}", strerror(error)),
                    _ => format!("{name}: {}", strerror(error)),
                };
                self.error_to(stderr, &message);
                None
            }
        }
    }

    /// Starts a shell of its own for `source`, with the state of this one.
    fn spawn_shell(&mut self, source: &str, map: FdMap, group: ProcessGroup) -> Option<Started> {
        let script = unparse::state(self, source);
        let mut argv = vec![
            "jsh".to_owned(),
            format!("--subshell-of={}", self.pid),
            "-c".into(),
            script,
            self.name.clone(),
        ];
        argv.extend_from_slice(&self.args);
        let env = self.environment();
        let path = self.system.exec_path();
        let started = self.spawn(&path, &argv, &env, &map, group);
        self.discard(map);
        started
    }

    /// Starts one stage of a pipeline or background list beside the shell.
    fn start_stage(
        &mut self,
        command: &Command,
        map: FdMap,
        group: ProcessGroup,
    ) -> Run<Option<Started>> {
        if let Command::Simple(simple) = command {
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
            let file = argv.first().map(|name| match self.resolve(name) {
                Resolved::Program(_) => self.resolve_file(name),
                other => other,
            });
            if let Some(Resolved::External(path)) = file {
                let started = self.start_external(simple, &argv, &path, map, group);
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
    fn private_pipe(&mut self) -> Result<(i32, i32), Errno> {
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
    fn wait_foreground(&mut self, job: Started, text: &str) -> Run<()> {
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
                Ok(-pid)
            } else {
                self.wait_for(pid)
            };
            match status {
                Ok(status) => {
                    self.status = status;
                    if status != 0 {
                        failed = Some(status);
                    }
                    if self.interactive && status > 128 {
                        interrupted = Some(status - 128);
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
            Some(crate::system::signal::SIGINT) => {
                self.tell("\n");
                self.status = 128 + crate::system::signal::SIGINT;
                return Err(Flow::Abort);
            }
            Some(number) if number != crate::system::signal::SIGPIPE => {
                self.tell(&format!("{} {text}\n", super::job::signal_text(number)));
            }
            _ => {}
        }
        Ok(failed)
    }

    /// Waits for one child, handling signals meanwhile.
    pub(super) fn wait_for(&mut self, pid: i32) -> Run<i32> {
        loop {
            match self.system.wait(pid, false) {
                Ok(Some(status)) => return Ok(status.shell_code()),
                Ok(None) => {}
                Err(Errno::EINTR) => self.handle_signals()?,
                Err(_) => return Ok(127),
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

    /// Replaces the shell by a command: as there is no `exec` of the system, the shell waits and leaves with its status.
    pub(super) fn exec(&mut self, argv: &[String]) -> Run<()> {
        match self.resolve_file(&argv[0]) {
            Resolved::External(path) => {
                let env = self.environment();
                let map = FdMap::default();
                if let Some(started) = self.spawn(&path, argv, &env, &map, ProcessGroup::New) {
                    self.wait_foreground(started, &argv.join(" "))?;
                }
            }
            _ => self.report_unresolved(&argv[0]),
        }
        Err(Flow::Exit)
    }

    /// Runs a file in PATH order regardless of functions, as `command` does.
    pub(super) fn run_command_words(&mut self, argv: &[String]) -> Run<()> {
        match self.resolve_command(&argv[0]) {
            Resolved::External(path) => {
                let env = self.environment();
                let map = FdMap::default();
                match self.spawn(&path, argv, &env, &map, ProcessGroup::New) {
                    Some(started) => self.wait_foreground(started, &argv.join(" ")),
                    None => Ok(()),
                }
            }
            Resolved::NotFound | Resolved::Forbidden => {
                self.report_unresolved(&argv[0]);
                Ok(())
            }
            resolved => self.run_inside(&Simple::default(), argv, &resolved),
        }
    }

    // --- command substitution

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
                        self.error(&format!("{path}: {}", strerror(error)));
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
        let before = self.status;
        let result = self.in_subshell(|shell| shell.run_list(list));
        self.restore(saved);
        self.substitution_status = Some(self.status);
        self.status = before;
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

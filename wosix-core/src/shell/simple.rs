//! Simple commands: what a name stands for, and the start of a process.

use std::borrow::Cow;
use std::rc::Rc;

use super::ast::{Command, Part, Simple};
use super::builtin::{self, Builtin};
use super::command;
use super::parse::RESERVED;
use super::redirect::FdMap;
use super::run::{Flow, Run, Shell, Variable};
use super::unparse;
use crate::errno::Errno;
use crate::system::{FileKind, ProcessGroup, SpawnRequest, strerror, write_all};

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
pub(super) struct Started {
    pub pids: Vec<i32>,
    pub group: ProcessGroup,
}

/// Programs that do no more than a builtin would, and are run inside the shell.
const INSIDE: [&str; 8] = [
    "[", "echo", "false", "kill", "printf", "pwd", "test", "true",
];

impl Shell<'_> {
    /// What `name` stands for as a command.
    pub(super) fn resolve(&self, name: &str) -> Resolved {
        self.resolve_on(None, name)
    }

    /// As [`Shell::resolve`], with files looked for on `path` if there is one: `PATH=... name` (POSIX 2.9.1.1: the search uses the
    /// command's own assignment).
    pub(super) fn resolve_on(&self, path: Option<&str>, name: &str) -> Resolved {
        if let Some(body) = self.functions.get(name) {
            return Resolved::Function(Rc::clone(body));
        }
        self.resolve_command_on(path, name)
    }

    /// As [`Shell::resolve`], leaving functions out.
    pub(super) fn resolve_command(&self, name: &str) -> Resolved {
        self.resolve_command_on(None, name)
    }

    fn resolve_command_on(&self, path: Option<&str>, name: &str) -> Resolved {
        if let Some(found) = builtin::find(name) {
            return Resolved::Builtin(found);
        }
        if INSIDE.contains(&name)
            && let Some(program) = command::find(name)
        {
            return Resolved::Program(program);
        }
        self.resolve_file_on(path, name)
    }

    pub(super) fn resolve_file(&self, name: &str) -> Resolved {
        self.resolve_file_on(None, name)
    }

    pub(super) fn resolve_file_on(&self, path: Option<&str>, name: &str) -> Resolved {
        if name.contains('/') {
            return match self.system.stat(name, true) {
                Err(_) => Resolved::NotFound,
                Ok(stat) if stat.is_dir() => Resolved::Forbidden,
                Ok(_) if self.system.access(name, 1).is_err() => Resolved::Forbidden,
                Ok(_) => Resolved::External(name.into()),
            };
        }
        let mut not_found = Resolved::NotFound;
        let path = path.or_else(|| self.get_var("PATH")).unwrap_or_default();
        for directory in path.split(':') {
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

    /// The value of `PATH` that the command sets for itself, and the command with that value in the place of its expansion, which may
    /// happen only once.
    pub(super) fn own_path<'a>(
        &mut self,
        simple: &'a Simple,
    ) -> Run<(Option<String>, Cow<'a, Simple>)> {
        let Some(index) = simple.assignments.iter().rposition(|a| a.name == "PATH") else {
            return Ok((None, Cow::Borrowed(simple)));
        };
        let mut value = self.expand_single(&simple.assignments[index].value)?;
        if simple.assignments[index].append {
            value.insert_str(0, self.get_var("PATH").unwrap_or_default());
        }
        let mut simple = simple.clone();
        simple.assignments[index].append = false;
        simple.assignments[index].value.parts = vec![Part::Quoted(value.clone())];
        Ok((Some(value), Cow::Owned(simple)))
    }

    /// Runs a simple command and waits for it.
    pub(super) fn run_simple(&mut self, simple: &Simple) -> Run<()> {
        self.substitution_status = None;
        if !self.line_is_fixed {
            self.line = simple.line;
        }
        let argv = self.expand_words(&simple.words)?;
        let Some(name) = argv.first() else {
            return self.run_assignments(simple);
        };
        let (own_path, simple) = self.own_path(simple)?;
        let simple = simple.as_ref();
        match self.resolve_on(own_path.as_deref(), name) {
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
                    shell.report_unresolved_on(own_path.as_deref(), &argv[0]);
                    Ok(())
                })
            }
            resolved => self.run_inside(simple, &argv, &resolved),
        }
    }

    /// Says why `name` cannot be run, and sets the status.
    pub(super) fn report_unresolved(&mut self, name: &str) {
        self.report_unresolved_on(None, name);
    }

    fn report_unresolved_on(&mut self, path: Option<&str>, name: &str) {
        let exists = matches!(self.resolve_file_on(path, name), Resolved::Forbidden);
        if name.is_empty() && !self.is_jsh() {
            // What dash says, as it finds the folders of `PATH`.
            self.error(": Permission denied");
            self.status = 127;
            return;
        }
        let (status, as_jsh, as_dash) = if exists {
            (126, "permission denied", "Permission denied")
        } else if name.contains('/') {
            (127, "no such file or directory", "not found")
        } else {
            (127, "command not found", "not found")
        };
        let message = if self.is_jsh() {
            format!("{as_jsh}: {name}")
        } else {
            format!("{name}: {as_dash}")
        };
        self.error(&message);
        self.status = status;
    }

    /// A command without words: its redirections are tried out, its assignments stay.
    fn run_assignments(&mut self, simple: &Simple) -> Run<()> {
        let Some(map) = self.open_redirects(&simple.redirects)? else {
            self.status = 1;
            return Ok(());
        };
        self.discard(map);
        let assigned = self.expand_assignments(simple, true)?;
        for (name, value) in assigned {
            let text = format!("{name}={}", unparse::quote(&value));
            self.trace_line(&text);
        }
        self.status = self.substitution_status.unwrap_or(0);
        Ok(())
    }

    fn expand_assignments(&mut self, simple: &Simple, keep: bool) -> Run<Vec<(String, String)>> {
        let mut assigned: Vec<(String, String)> = Vec::new();
        let mut hidden: Vec<(&str, Option<Variable>)> = Vec::new();
        let mut result = Ok(());
        for assignment in &simple.assignments {
            let name = assignment.name.as_str();
            let mut value = match self.expand_single(&assignment.value) {
                Ok(value) => value,
                Err(flow) => {
                    result = Err(flow);
                    break;
                }
            };
            if assignment.append {
                value.insert_str(0, self.get_var(name).unwrap_or_default());
            }
            // Later assignments see earlier ones: `a=1 b=$a`. Those of a command are put in force again around it.
            hidden.push((name, self.variables.get(name).cloned()));
            result = self.assign(name, value.clone());
            if result.is_err() {
                break;
            }
            assigned.push((assignment.name.clone(), value));
        }
        if !keep || result.is_err() {
            self.uncover(hidden);
        }
        result.map(|()| assigned)
    }

    /// Puts variables back as they were.
    fn uncover<N: Into<String>>(&mut self, hidden: Vec<(N, Option<Variable>)>) {
        for (name, variable) in hidden.into_iter().rev() {
            match variable {
                Some(variable) => self.variables.insert(name.into(), variable),
                None => self.variables.remove(&name.into()),
            };
        }
    }

    /// `set -x`.
    fn trace(&self, words: &[String]) {
        if self.options.xtrace && !words.is_empty() {
            let quoted = words.iter().enumerate().map(|(index, word)| {
                let assigns = index == 0 && word.contains('=');
                if assigns || RESERVED.contains(&word.as_str()) {
                    unparse::quote_always(word)
                } else {
                    unparse::quote(word)
                }
            });
            self.trace_line(&quoted.collect::<Vec<_>>().join(" "));
        }
    }

    fn trace_line(&self, text: &str) {
        if self.options.xtrace {
            let line = format!("{}{text}\n", self.get_var("PS4").unwrap_or("+ "));
            // Nobody is left to hear of an error on the standard error itself.
            let _unreportable = write_all(self.system, 2, line.as_bytes());
        }
    }

    /// Runs a function or builtin in this process.
    fn run_inside(&mut self, simple: &Simple, argv: &[String], resolved: &Resolved) -> Run<()> {
        let special = matches!(resolved, Resolved::Builtin(found) if found.special);
        let Some(map) = self.open_redirects(&simple.redirects)? else {
            self.status = 1;
            // POSIX 2.8.1: a special builtin is nothing a script can do without.
            return if special && !self.interactive {
                self.failed = true;
                Err(Flow::Exit)
            } else {
                Ok(())
            };
        };
        let assigned = match self.expand_assignments(simple, false) {
            Ok(assigned) => assigned,
            Err(flow) => {
                self.discard(map);
                return Err(flow);
            }
        };
        self.trace(argv);
        let saved_fds = self.redirect(map);
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
        self.uncover(hidden);
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
        let locals = self.locals.pop().unwrap_or_default();
        self.uncover(locals);
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
    pub(super) fn start_external(
        &mut self,
        simple: &Simple,
        argv: &[String],
        path: &str,
        mut map: FdMap,
        group: ProcessGroup,
    ) -> Run<Option<Started>> {
        let prepared = match self.add_redirects(&simple.redirects, &mut map) {
            Ok(true) => self.expand_assignments(simple, false).map(Some),
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
    pub(super) fn spawn(
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
                    Errno::EACCES if self.is_jsh() => format!("permission denied: {name}"),
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
    pub(super) fn spawn_shell(
        &mut self,
        source: &str,
        map: FdMap,
        group: ProcessGroup,
    ) -> Option<Started> {
        let script = unparse::state(self, source);
        let mut argv = vec![
            "jsh".to_owned(),
            format!("--subshell-of={}:{}", self.pid, self.line),
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
            Resolved::Forbidden => {
                self.error(&format!("exec: {}: Permission denied", argv[0]));
                self.status = 126;
            }
            _ => {
                self.error(&format!("exec: {}: not found", argv[0]));
                self.status = 127;
            }
        }
        self.failed = true;
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
            resolved => {
                self.failed = false;
                let result = self.run_inside(&Simple::default(), argv, &resolved);
                // POSIX `command`: special builtins lose what is special about them, so their errors end nothing.
                match result {
                    Err(Flow::Exit) if core::mem::take(&mut self.failed) => Ok(()),
                    other => other,
                }
            }
        }
    }
}

//! The interpreter: state of a shell and execution of lists, pipelines and compound commands.
//!
//! There is no `fork`. An external command is spawned with its descriptors wired up; a subshell in the foreground runs inside this process over
//! a snapshot of the state, which is put back afterwards; what must run beside the shell (an inner stage of a pipeline, a background
//! list) goes to a new jsh that gets the state as a script (see [`super::unparse`]).

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::ast::{AndOr, ArmEnd, CaseArm, Command, Compound, List, Pipeline, Redirect};
use super::glob;
use super::job::Job;
use super::parse::{Aliases, Parser, SyntaxError};
use super::redirect::SavedFd;
use crate::system::{System, write_all};

/// Deepest nesting of function calls, `eval` and `source`.
pub(super) const MAX_CALLS: u32 = 128;

/// Why execution does not go on with the next command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// `break n`
    Break(u32),
    /// `continue n`
    Continue(u32),
    /// `return`
    Return,
    /// The shell (or subshell) is over; its status is set.
    Exit,
    /// An interactive shell gives the line up.
    Abort,
}

/// Outcome of running something.
pub type Run<T> = Result<T, Flow>;

/// A variable.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Variable {
    /// Its value; `None` for one that is only marked (`export x`).
    pub value: Option<String>,
    /// Part of the environment of commands.
    pub exported: bool,
    /// May not be changed.
    pub readonly: bool,
}

/// What `set` switches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "the names are POSIX's")]
pub struct Options {
    pub allexport: bool,
    pub errexit: bool,
    pub noglob: bool,
    pub noclobber: bool,
    pub nounset: bool,
    pub xtrace: bool,
    pub noexec: bool,
    /// bash's, by `shopt`: a pattern that matches nothing is nothing.
    pub nullglob: bool,
    pub pipefail: bool,
}

impl Options {
    /// The switch with this letter or long name.
    pub fn switch(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "a" | "allexport" => &mut self.allexport,
            "e" | "errexit" => &mut self.errexit,
            "f" | "noglob" => &mut self.noglob,
            "C" | "noclobber" => &mut self.noclobber,
            "u" | "nounset" => &mut self.nounset,
            "n" | "noexec" => &mut self.noexec,
            "x" | "xtrace" => &mut self.xtrace,
            "pipefail" => &mut self.pipefail,
            _ => return None,
        })
    }

    /// `$-`.
    pub fn letters(mut self) -> String {
        ["a", "e", "f", "n", "C", "u", "x"]
            .into_iter()
            .filter(|letter| self.switch(letter).is_some_and(|on| *on))
            .collect()
    }
}

/// A shell.
pub struct Shell<'a> {
    /// System calls.
    pub(super) system: &'a dyn System,
    /// `$0`.
    pub(super) name: String,
    /// Positional parameters.
    pub(super) args: Vec<String>,
    pub(super) variables: BTreeMap<String, Variable>,
    pub(super) functions: BTreeMap<String, Rc<Command>>,
    pub(super) aliases: Aliases,
    pub(super) options: Options,
    /// Commands by signal; 0 is `EXIT`.
    pub(super) traps: BTreeMap<i32, String>,
    /// Traps of the shells around the active subshells.
    pub(super) outer_traps: Vec<BTreeMap<i32, String>>,
    /// What `trap` lists in a subshell that has not set any: those of the shell around it.
    pub(super) listed_traps: Option<BTreeMap<i32, String>>,
    /// Signals that came in a subshell and have a trap around it.
    pub(super) deferred_signals: Vec<i32>,
    /// `$?` as it was before the active trap.
    pub(super) trap_status: Option<i32>,
    /// Number of active functions when the active trap began.
    pub(super) trap_depth: usize,
    /// Pipes to the process substitutions of the active commands.
    pub(super) process_pipes: Vec<i32>,
    /// Processes of process substitutions that have not been seen to end.
    pub(super) substituted: Vec<i32>,
    /// The shell ends because of an error rather than by `exit`.
    pub(super) failed: bool,
    /// `$?`
    pub(super) status: i32,
    /// `$$`: the pid of the shell that the user started.
    pub(super) pid: i32,
    pub(super) last_background: Option<i32>,
    pub(super) jobs: Vec<Job>,
    /// Commands come from a terminal: errors do not end the shell.
    pub(super) interactive: bool,
    /// Terminal whose foreground group follows the running job, and the shell's own group.
    pub(super) terminal: Option<(i32, i32)>,
    /// Values that `local` hid, a list for each active function.
    pub(super) locals: Vec<Vec<(String, Option<Variable>)>>,
    pub(super) loops: u32,
    pub(super) calls: u32,
    /// Number of enclosing conditions, in which `set -e` does not apply.
    pub(super) conditions: u32,
    /// Descriptors that commands inherit.
    pub(super) open_fds: BTreeSet<i32>,
    /// Descriptors that the shell uses for itself, out of the way of the user's.
    pub(super) private_fds: BTreeSet<i32>,
    /// What `exec` redirected in each active subshell.
    pub(super) exec_undo: Vec<Vec<SavedFd>>,
    /// Status of the last command substitution of the current command.
    pub(super) substitution_status: Option<i32>,
    /// Pids of the job in the foreground, to pass signals on.
    pub(super) foreground: Vec<i32>,
    /// The signal that ends the shell, if one does.
    pub(super) ended_by: Option<i32>,
    /// Line of the command that runs, for `LINENO` and messages.
    pub(super) line: u32,
    /// This shell runs a piece of another one's program: the line stays that of the piece.
    pub(super) line_is_fixed: bool,
    /// Number of the temporary file made last.
    pub(super) temporary: u32,
    /// What was entered at the prompt.
    pub(super) history: Vec<String>,
}

impl<'a> Shell<'a> {
    /// A shell with the environment and descriptors of the process.
    pub fn new(system: &'a dyn System, name: &str) -> Shell<'a> {
        let mut variables = BTreeMap::new();
        for entry in system.environ() {
            if let Some((name, value)) = entry.split_once('=') {
                let variable = Variable {
                    value: Some(value.to_owned()),
                    exported: true,
                    readonly: false,
                };
                variables.insert(name.to_owned(), variable);
            }
        }
        let mut shell = Shell {
            system,
            name: name.to_owned(),
            args: Vec::new(),
            variables,
            functions: BTreeMap::new(),
            aliases: Aliases::new(),
            options: Options::default(),
            traps: BTreeMap::new(),
            outer_traps: Vec::new(),
            listed_traps: None,
            deferred_signals: Vec::new(),
            trap_status: None,
            trap_depth: 0,
            process_pipes: Vec::new(),
            substituted: Vec::new(),
            failed: false,
            status: 0,
            pid: system.pid(),
            last_background: None,
            jobs: Vec::new(),
            interactive: false,
            terminal: None,
            locals: Vec::new(),
            loops: 0,
            calls: 0,
            conditions: 0,
            open_fds: (0..10).filter(|fd| system.fstat(*fd).is_ok()).collect(),
            private_fds: BTreeSet::new(),
            exec_undo: Vec::new(),
            substitution_status: None,
            foreground: Vec::new(),
            ended_by: None,
            line: 1,
            line_is_fixed: false,
            temporary: 0,
            history: Vec::new(),
        };
        // Inherited, they would confuse the first `read` or split of this shell: POSIX has every shell begin with the default.
        shell.variables.insert(
            "IFS".into(),
            Variable {
                value: Some(" \t\n".into()),
                ..Variable::default()
            },
        );
        if let Ok(cwd) = system.getcwd() {
            shell.put_var("PWD", cwd);
        }
        shell.variables.entry("OPTIND".into()).or_default().value = Some("1".into());
        shell
    }

    // --- variables

    /// Value of a variable.
    pub fn get_var(&self, name: &str) -> Option<&str> {
        self.variables.get(name)?.value.as_deref()
    }

    /// Assigns a variable; fails with a message if it is read-only.
    pub fn set_var(&mut self, name: &str, value: String) -> Result<(), String> {
        let export = self.options.allexport;
        let variable = self.variables.entry(name.to_owned()).or_default();
        if variable.readonly {
            return Err(format!("{name}: is read only"));
        }
        variable.value = Some(value);
        variable.exported |= export;
        Ok(())
    }

    /// Assigns a variable of the shell's own, which may be read-only for the user.
    pub(super) fn put_var(&mut self, name: &str, value: String) {
        self.variables.entry(name.to_owned()).or_default().value = Some(value);
    }

    /// Assigns a variable on behalf of the program; a read-only one ends a script.
    pub(super) fn assign(&mut self, name: &str, value: String) -> Run<()> {
        self.set_var(name, value)
            .map_err(|message| self.expansion_error(&message))
    }

    /// The environment of commands.
    pub(super) fn environment(&self) -> Vec<String> {
        self.variables
            .iter()
            .filter(|(_, variable)| variable.exported)
            .filter_map(|(name, variable)| Some(format!("{name}={}", variable.value.as_ref()?)))
            .collect()
    }

    // --- messages

    /// Whether this is `jsh`, which speaks as WebContainers' does; under any other name it speaks as dash.
    pub(super) fn is_jsh(&self) -> bool {
        self.name == "jsh"
    }

    /// Prints `name: line: message` on the standard error.
    pub fn error(&self, message: &str) {
        self.error_to(2, message);
    }

    /// Prints `name: line: message` on a descriptor.
    pub(super) fn error_to(&self, fd: i32, message: &str) {
        let text = if self.is_jsh() {
            format!("{}: {message}\n", self.name)
        } else {
            format!("{}: {}: {message}\n", self.name, self.line)
        };
        // Nobody is left to hear of an error on the standard error itself.
        let _unreportable = write_all(self.system, fd, text.as_bytes());
    }

    /// Reports that the program is not one; the status is 2.
    pub(super) fn syntax_error(&mut self, command: &str, error: &SyntaxError) -> Flow {
        if !self.line_is_fixed {
            self.line = error.line;
        }
        let kind = if error.message == "Bad substitution" {
            ""
        } else {
            "Syntax error: "
        };
        self.expansion_error(&format!("{command}{kind}{}", error.message))
    }

    // --- programs

    /// Runs all commands of `source`. Syntax errors set the status to 2.
    pub fn run_source(&mut self, source: &str) -> Run<()> {
        self.run_source_of("", source, 1)
    }

    /// As [`Shell::run_source`] for a source that begins in line `line` of another, on behalf of `command` (`eval: `).
    pub(super) fn run_source_of(&mut self, command: &str, source: &str, line: u32) -> Run<()> {
        self.calls += 1;
        if self.calls > MAX_CALLS {
            self.calls -= 1;
            return Err(self.expansion_error("maximum nesting exceeded"));
        }
        let result = self.run_source_inner(command, source, line);
        self.calls -= 1;
        result
    }

    fn run_source_inner(&mut self, command: &str, source: &str, line: u32) -> Run<()> {
        let mut parser = Parser::new_at(source, line);
        loop {
            match parser.next_command(&self.aliases) {
                Ok(Some(list)) => self.run_list(&list)?,
                Ok(None) => return Ok(()),
                Err(error) => return Err(self.syntax_error(command, &error)),
            }
        }
    }

    /// Runs a list; afterwards `status` is that of its last command.
    pub(super) fn run_list(&mut self, list: &List) -> Run<()> {
        for item in &list.0 {
            if item.background {
                self.run_background(&item.and_or)?;
            } else {
                self.run_and_or(&item.and_or)?;
            }
            self.handle_signals()?;
        }
        Ok(())
    }

    fn run_and_or(&mut self, and_or: &AndOr) -> Run<()> {
        if self.options.noexec && !self.interactive {
            return Ok(());
        }
        let mut pipelines = core::iter::once((None, &and_or.first))
            .chain(
                and_or
                    .rest
                    .iter()
                    .map(|(and, pipeline)| (Some(*and), pipeline)),
            )
            .peekable();
        while let Some((connector, pipeline)) = pipelines.next() {
            let runs = match connector {
                None => true,
                Some(and) => (self.status == 0) == and,
            };
            if !runs {
                continue;
            }
            if pipelines.peek().is_some() || pipeline.negated {
                self.run_condition(|shell| shell.run_pipeline(pipeline))?;
            } else {
                self.run_pipeline(pipeline)?;
                self.check_errexit(pipeline)?;
            }
            if pipeline.negated {
                self.status = i32::from(self.status == 0);
            }
        }
        Ok(())
    }

    /// Runs something whose failure is expected.
    fn run_condition(&mut self, run: impl FnOnce(&mut Self) -> Run<()>) -> Run<()> {
        self.conditions += 1;
        let result = run(self);
        self.conditions -= 1;
        result
    }

    /// Applies `set -e`. Compound commands in this shell have applied it to what is inside them already.
    fn check_errexit(&self, pipeline: &Pipeline) -> Run<()> {
        let applies = match pipeline.commands.as_slice() {
            [Command::Compound(compound, _)] => matches!(
                compound,
                Compound::Subshell(_) | Compound::Arithmetic(_) | Compound::Conditional(_)
            ),
            [Command::Simple(_)] => true,
            [_] => false,
            _ => true,
        };
        if applies && self.status != 0 && self.options.errexit && self.conditions == 0 {
            return Err(Flow::Exit);
        }
        Ok(())
    }

    fn run_pipeline(&mut self, pipeline: &Pipeline) -> Run<()> {
        match pipeline.commands.as_slice() {
            [command] => self.run_command(command),
            _ => self.run_stages(pipeline),
        }
    }

    /// Runs a command in this shell.
    pub(super) fn run_command(&mut self, command: &Command) -> Run<()> {
        let processes = self.process_pipes.len();
        let result = self.run_command_inner(command);
        self.close_processes(processes);
        result
    }

    fn run_command_inner(&mut self, command: &Command) -> Run<()> {
        match command {
            Command::Simple(simple) => self.run_simple(simple),
            Command::Function(name, body) => {
                self.functions.insert(name.clone(), Rc::clone(body));
                self.status = 0;
                Ok(())
            }
            Command::Compound(compound, redirects) => {
                self.with_redirects(redirects, |shell| shell.run_compound(compound))
            }
        }
    }

    /// Runs something with redirections in force; failing ones set the status instead.
    pub(super) fn with_redirects(
        &mut self,
        redirects: &[Redirect],
        run: impl FnOnce(&mut Self) -> Run<()>,
    ) -> Run<()> {
        if redirects.is_empty() {
            return run(self);
        }
        let Some(map) = self.open_redirects(redirects)? else {
            self.status = 1;
            return Ok(());
        };
        let saved = self.redirect(map);
        let result = run(self);
        self.restore(saved);
        result
    }

    fn run_compound(&mut self, compound: &Compound) -> Run<()> {
        match compound {
            Compound::Brace(list) => self.run_list(list),
            Compound::Subshell(list) => self.in_subshell(|shell| shell.run_list(list)),
            Compound::If(arms, otherwise) => {
                for (condition, body) in arms {
                    self.run_condition(|shell| shell.run_list(condition))?;
                    if self.status == 0 {
                        return self.run_list(body);
                    }
                }
                if let Some(list) = otherwise {
                    return self.run_list(list);
                }
                self.status = 0;
                Ok(())
            }
            Compound::For(name, words, body) => {
                let values = match words {
                    Some(words) => self.expand_words(words)?,
                    None => self.args.clone(),
                };
                if values.is_empty() {
                    self.status = 0;
                }
                for value in values {
                    self.assign(name, value)?;
                    if !self.run_loop_body(body)? {
                        break;
                    }
                }
                Ok(())
            }
            Compound::While(expected, condition, body) => {
                let mut status = 0;
                loop {
                    self.loops += 1;
                    let tested = self.run_condition(|shell| shell.run_list(condition));
                    self.loops -= 1;
                    if !leave_loop(tested)? || (self.status == 0) != *expected {
                        break;
                    }
                    let again = self.run_loop_body(body)?;
                    status = self.status;
                    if !again {
                        break;
                    }
                    self.handle_signals()?;
                }
                self.status = status;
                Ok(())
            }
            Compound::Case(subject, arms) => {
                let subject: Vec<char> = self.expand_single(subject)?.chars().collect();
                self.run_case(&subject, arms)
            }
            Compound::Arithmetic(expression) => {
                let value = self.arithmetic(expression)?;
                self.status = i32::from(value == 0);
                Ok(())
            }
            Compound::ArithmeticFor(expressions, body) => {
                self.run_arithmetic_for(expressions, body)
            }
            Compound::Conditional(test) => {
                let value = self.test(test)?;
                self.status = i32::from(!value);
                Ok(())
            }
        }
    }

    fn run_case(&mut self, subject: &[char], arms: &[CaseArm]) -> Run<()> {
        let (mut fell_through, mut ran) = (false, false);
        for arm in arms {
            let mut chosen = fell_through;
            for pattern in &arm.patterns {
                if chosen {
                    break;
                }
                let pattern = self.expand_pattern(pattern)?;
                chosen = glob::matches(&pattern, subject);
            }
            if chosen {
                if arm.body.0.is_empty() {
                    self.status = 0;
                }
                self.run_list(&arm.body)?;
                ran = true;
                fell_through = arm.end == ArmEnd::RunNext;
                if arm.end == ArmEnd::Leave {
                    return Ok(());
                }
            }
        }
        if !ran {
            self.status = 0;
        }
        Ok(())
    }

    /// Runs the body of a loop once; answers whether the loop goes on.
    pub(super) fn run_loop_body(&mut self, body: &List) -> Run<bool> {
        self.loops += 1;
        let result = self.run_list(body);
        self.loops -= 1;
        leave_loop(result)
    }

    /// Runs something over a copy of the state, which is dropped afterwards.
    pub(super) fn in_subshell(&mut self, run: impl FnOnce(&mut Self) -> Run<()>) -> Run<()> {
        let variables = self.variables.clone();
        let functions = self.functions.clone();
        let aliases = self.aliases.clone();
        let args = self.args.clone();
        // What is ignored stays so; other traps are not inherited.
        let ignored = self.traps.iter().filter(|(_, command)| command.is_empty());
        let ignored = ignored
            .map(|(number, command)| (*number, command.clone()))
            .collect();
        let traps = core::mem::replace(&mut self.traps, ignored);
        let trap_status = self.trap_status.take();
        let listed = self.listed_traps.take();
        self.outer_traps.push(traps.clone());
        let (options, last_background) = (self.options, self.last_background);
        let (loops, conditions) = (self.loops, self.conditions);
        let locals = self.locals.clone();
        let cwd = self.system.getcwd();
        let umask = self.system.umask(0);
        self.system.umask(umask);
        self.exec_undo.push(Vec::new());

        let mut result = run(self);
        if let Some(command) = self.traps.remove(&0) {
            result = self.run_trap(&command).and(result);
        }

        let undo = self.exec_undo.pop().unwrap_or_default();
        self.restore(undo);
        self.system.umask(umask);
        if let Ok(cwd) = cwd
            && self.system.chdir(&cwd).is_err()
        {
            self.error(&format!("{cwd}: the working directory has gone"));
        }
        self.set_dispositions(&traps);
        self.outer_traps.pop();
        self.listed_traps = listed;
        self.trap_status = trap_status;
        self.variables = variables;
        self.functions = functions;
        self.aliases = aliases;
        self.args = args;
        self.traps = traps;
        self.options = options;
        self.last_background = last_background;
        self.loops = loops;
        self.conditions = conditions;
        self.locals = locals;
        match result {
            Err(Flow::Abort) => Err(Flow::Abort),
            _ if self.ended_by.is_some() => Err(Flow::Exit),
            _ => self.run_deferred_traps(),
        }
    }

    /// Ends the shell: runs the `EXIT` trap and answers the exit code.
    pub fn finish(&mut self) -> i32 {
        if let Some(command) = self.traps.remove(&0) {
            // However it ends, the status says it.
            let _ended = self.run_trap(&command);
        }
        self.status & 0xff
    }
}

/// Whether a loop goes on after its condition or body ended with `result`.
fn leave_loop(result: Run<()>) -> Run<bool> {
    match result {
        Ok(()) | Err(Flow::Continue(1)) => Ok(true),
        Err(Flow::Break(1)) => Ok(false),
        Err(Flow::Break(levels)) => Err(Flow::Break(levels - 1)),
        Err(Flow::Continue(levels)) => Err(Flow::Continue(levels - 1)),
        Err(other) => Err(other),
    }
}

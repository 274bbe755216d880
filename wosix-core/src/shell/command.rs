//! The commands for files and text: one file a command or family, one table of all of them.
//!
//! Each behaves as its GNU namesake for the options it knows, down to the error texts, and refuses the others.

mod cat;
mod context;
mod echo;
pub(super) mod escape;

pub use context::{Context, join};

use crate::system::System;

/// Entry point of a program: answers the exit code.
pub type Main = fn(&mut Context) -> i32;

/// One program.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Name it is found by in `/bin`.
    pub name: &'static str,
    /// Entry point.
    pub main: Main,
    /// What follows the name in the usage line.
    pub usage: &'static str,
}

const fn program(name: &'static str, main: Main, usage: &'static str) -> Program {
    Program { name, main, usage }
}

const SHELL_USAGE: &str = "[-ceilsux] [--osc] [-o OPTION] [COMMAND | FILE] [ARGUMENT]...";

/// All programs, sorted by name.
pub const PROGRAMS: &[Program] = &[
    program("bash", super::main::main, SHELL_USAGE),
    program("cat", cat::main, "[-nbsETv] [FILE]..."),
    program("echo", echo::main, "[-neE] [STRING]..."),
    program("jsh", super::main::main, SHELL_USAGE),
    program("sh", super::main::main, SHELL_USAGE),
];

/// The program with this name.
pub fn find(name: &str) -> Option<&'static Program> {
    PROGRAMS
        .binary_search_by(|program| program.name.cmp(name))
        .ok()
        .map(|index| &PROGRAMS[index])
}

/// Runs `program` as a process of its own with the arguments after `argv[0]`; answers the exit code.
pub fn run(system: &dyn System, program: &Program, args: &[String]) -> i32 {
    let env = system.environ();
    run_with_env(system, program, args, &env)
}

/// Runs `program` inside the calling process with the environment `env` (`NAME=value` each), as a builtin does.
pub fn run_with_env(
    system: &dyn System,
    program: &Program,
    args: &[String],
    env: &[String],
) -> i32 {
    let mut context = Context::new(system, program, args, env);
    let code = (program.main)(&mut context);
    context.finish(code)
}

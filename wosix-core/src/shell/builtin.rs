//! Builtins: the commands that change the shell itself.

mod control;
mod jobs;
mod limits;
mod read;
mod variables;

use super::command;
use super::run::{Run, Shell};
pub(super) use variables::{is_name, set_options};

/// A builtin command. `argv[0]` is its name; it sets the shell's status.
type Main = fn(&mut Shell, &[String]) -> Run<()>;

/// One builtin.
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub run: Main,
    /// POSIX's "special" ones: assignments in front of them stay.
    pub special: bool,
}

const fn special(name: &'static str, run: Main) -> Builtin {
    Builtin {
        name,
        run,
        special: true,
    }
}

const fn regular(name: &'static str, run: Main) -> Builtin {
    Builtin {
        name,
        run,
        special: false,
    }
}

/// All builtins, sorted by name.
pub static BUILTINS: &[Builtin] = &[
    special(".", control::source),
    special(":", control::colon),
    regular("alias", variables::alias),
    special("break", control::break_),
    regular("cd", control::cd),
    regular("command", control::command),
    special("continue", control::continue_),
    regular("declare", variables::declare_),
    special("eval", control::eval),
    special("exec", control::exec),
    special("exit", control::exit),
    special("export", variables::export),
    regular("fg", jobs::fg),
    regular("getopts", read::getopts),
    regular("hash", control::hash),
    regular("history", jobs::history),
    regular("jobs", jobs::jobs),
    regular("kill", jobs::kill),
    regular("let", control::let_),
    regular("local", variables::local),
    regular("printf", control::printf),
    regular("read", read::read),
    special("readonly", variables::readonly),
    special("return", control::return_),
    special("set", variables::set),
    special("shift", control::shift),
    regular("shopt", variables::shopt),
    special("source", control::source),
    regular("times", limits::times),
    special("trap", control::trap),
    regular("type", control::type_),
    regular("typeset", variables::declare_),
    regular("ulimit", limits::ulimit),
    regular("umask", control::umask),
    regular("unalias", variables::unalias),
    special("unset", variables::unset),
    regular("wait", jobs::wait),
];

/// The builtin with this name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    BUILTINS
        .binary_search_by(|builtin| builtin.name.cmp(name))
        .ok()
        .map(|index| &BUILTINS[index])
}

impl Shell<'_> {
    /// Prints on the standard output; a failure is a status of 1, as with any command.
    fn print(&mut self, text: &str) {
        if let Err(error) = crate::system::write_all(self.system, 1, text.as_bytes()) {
            if error != crate::errno::Errno::EPIPE {
                self.error(&format!("write error: {}", crate::system::strerror(error)));
            }
            self.status = 1;
        }
    }

    /// Runs a program inside the shell.
    fn run_program(&mut self, program: &command::Program, args: &[String]) -> Run<()> {
        let env = self.environment();
        self.status = command::run_with_env(self.system, program, args, &env);
        Ok(())
    }

    /// Reports a mistake in the use of a builtin.
    fn fail(&mut self, message: &str, status: i32) -> Run<()> {
        self.error(message);
        self.status = status;
        Ok(())
    }
}

//! The program `jsh` (also `sh` and `bash`): its arguments, and where its commands come from.

use super::builtin;
use super::command::Context;
use super::interactive;
use super::parse::Parser;
use super::redirect::open_error;
use super::run::{Flow, Run, Shell};
use crate::errno::Errno;
use crate::system::{System, read_file, strerror};

/// What the command line asks for.
#[derive(Default)]
struct Arguments {
    /// `-c`: the program.
    command: Option<String>,
    /// `-i`
    interactive: bool,
    /// `-l`
    login: bool,
    /// `--osc`: marks for a program that reads the terminal.
    marks: bool,
    /// `-s`: commands from the standard input although there are operands.
    from_stdin: bool,
    /// Pid of the shell that this one is a subshell of, and the line of its program.
    subshell_of: Option<(i32, u32)>,
    /// Options for `set`.
    options: Vec<String>,
    operands: Vec<String>,
}

/// Entry point.
pub fn main(ctx: &mut Context) -> i32 {
    let mut shell = Shell::new(ctx.system, ctx.name());
    let arguments = match parse_arguments(ctx.args) {
        Ok(arguments) => arguments,
        Err(message) => {
            shell.error(&message);
            return 2;
        }
    };
    if let Err(message) = builtin::set_options(&mut shell, &arguments.options) {
        shell.error(&message);
        return 2;
    }
    if let Some((pid, line)) = arguments.subshell_of {
        shell.pid = pid;
        shell.line = line;
        shell.line_is_fixed = true;
    }
    let mut operands = arguments.operands.into_iter();
    let result = if let Some(command) = arguments.command {
        if let Some(name) = operands.next() {
            shell.name = name;
        }
        shell.args = operands.collect();
        shell.catch_endings();
        shell.run_source(&command)
    } else if !arguments.from_stdin
        && let Some(path) = operands.next()
    {
        shell.args = operands.collect();
        shell.catch_endings();
        run_file(&mut shell, path)
    } else {
        shell.args = operands.collect();
        let on_terminal = ctx.system.isatty(0) && ctx.system.isatty(2);
        if arguments.interactive || on_terminal {
            interactive::run(&mut shell, arguments.marks, arguments.login)
        } else {
            shell.catch_endings();
            run_stdin(&mut shell)
        }
    };
    // Whatever the reason for the end, the status says it.
    let status = match result {
        Ok(()) | Err(_) => shell.finish(),
    };
    shell.die();
    status
}

fn parse_arguments(args: &[String]) -> Result<Arguments, String> {
    let mut parsed = Arguments::default();
    let mut takes_command = false;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--osc" => parsed.marks = true,
            "--login" => parsed.login = true,
            // jsh has no rc file to leave out but `~/.jshrc`, which only interactive shells read.
            "--norc" | "--noprofile" | "--posix" | "--no-redirects" => {}
            "-" | "--" => {
                parsed.operands.extend(args.cloned());
                break;
            }
            "-o" | "+o" => {
                parsed.options.push(arg.clone());
                parsed.options.extend(args.next().cloned());
            }
            _ if arg.starts_with("--subshell-of=") => {
                let value = arg.split_once('=').map_or("", |(_, value)| value);
                parsed.subshell_of = value
                    .split_once(':')
                    .and_then(|(pid, line)| Some((pid.parse().ok()?, line.parse().ok()?)));
            }
            _ if arg.starts_with("--") => return Err(format!("{arg}: invalid option")),
            _ if arg.len() > 1 && (arg.starts_with('-') || arg.starts_with('+')) => {
                for letter in arg[1..].chars() {
                    match letter {
                        'c' => takes_command = true,
                        'i' => parsed.interactive = true,
                        'l' => parsed.login = true,
                        's' => parsed.from_stdin = true,
                        'o' => {
                            parsed.options.push(format!("{}o", &arg[..1]));
                            parsed.options.extend(args.next().cloned());
                        }
                        _ => parsed.options.push(format!("{}{letter}", &arg[..1])),
                    }
                }
            }
            _ => {
                parsed.operands.push(arg.clone());
                parsed.operands.extend(args.cloned());
                break;
            }
        }
    }
    if takes_command {
        if parsed.operands.is_empty() {
            return Err("-c requires an argument".into());
        }
        parsed.command = Some(parsed.operands.remove(0));
    }
    Ok(parsed)
}

fn run_file(shell: &mut Shell, path: String) -> Run<()> {
    match read_file(shell.system, &path) {
        Ok(bytes) => {
            shell.name = path;
            shell.run_source(&String::from_utf8_lossy(&bytes))
        }
        Err(error) => {
            shell.error(&format!("cannot open {path}: {}", open_error(error)));
            shell.status = if error == Errno::ENOENT { 127 } else { 126 };
            Err(Flow::Exit)
        }
    }
}

/// Runs commands as they come in: each as soon as it is complete.
fn run_stdin(shell: &mut Shell) -> Run<()> {
    let mut text = String::new();
    let mut ended = false;
    let mut line = 1;
    loop {
        let mut parser = if ended {
            Parser::new(&text)
        } else {
            Parser::of_input(&text, line)
        };
        match parser.next_command(&shell.aliases) {
            Ok(Some(list)) if ended || parser.before_rest().ends_with('\n') => {
                line = parser.line();
                text = parser.rest().to_owned();
                shell.run_list(&list)?;
            }
            Ok(None) if ended => return Ok(()),
            Err(error) if ended || !error.incomplete => {
                return Err(shell.syntax_error("", &error));
            }
            _ => ended = !read_line(shell.system, &mut text, shell)?,
        }
    }
}

/// Adds a line of the standard input; answers whether there was one. One byte at a time: the commands read the same input.
fn read_line(system: &dyn System, text: &mut String, shell: &Shell) -> Run<bool> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match system.read(0, &mut byte) {
            Ok(0) => break,
            Ok(_) => line.push(byte[0]),
            Err(Errno::EINTR) => continue,
            Err(error) => {
                shell.error(&format!("standard input: {}", strerror(error)));
                return Err(Flow::Exit);
            }
        }
        if byte[0] == b'\n' {
            break;
        }
    }
    text.push_str(&String::from_utf8_lossy(&line));
    Ok(!line.is_empty())
}

//! Builtins that steer execution or the process: `cd`, `eval`, `exec`, `exit`, `trap` and the like.

use super::super::command::{self, mode};
use super::super::parse::RESERVED;
use super::super::redirect::open_error;
use super::super::run::{Flow, Run, Shell};
use super::super::simple::Resolved;
use super::super::unparse::quote_always;
use super::is_name;
use crate::system::{Disposition, read_file, signal, strerror};

/// `:` and builtins that have nothing to do here.
pub fn colon(shell: &mut Shell, _argv: &[String]) -> Run<()> {
    shell.status = 0;
    Ok(())
}

/// `. file [argument...]`
pub fn source(shell: &mut Shell, argv: &[String]) -> Run<()> {
    let Some(name) = argv.get(1) else {
        return shell.fail(&format!("{}: filename argument required", argv[0]), 2);
    };
    let path = find_source(shell, name);
    let text = match read_file(shell.system, &path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            // POSIX: a script cannot do without the file it asked for.
            let reason = format!(".: cannot open {name}: {}", open_error(error));
            return Err(shell.expansion_error(&reason));
        }
    };
    let args = (argv.len() > 2).then(|| core::mem::replace(&mut shell.args, argv[2..].to_vec()));
    shell.status = 0;
    let result = shell.run_source(&text);
    if let Some(args) = args {
        shell.args = args;
    }
    match result {
        Err(Flow::Return) => Ok(()),
        other => other,
    }
}

/// A name without a slash is looked up in `PATH`, then in the working directory.
fn find_source(shell: &Shell, name: &str) -> String {
    if name.contains('/') {
        return name.to_owned();
    }
    let directories = shell.get_var("PATH").unwrap_or_default();
    directories
        .split(':')
        .map(|directory| command::join(directory, name))
        .find(|path| shell.system.access(path, 4).is_ok())
        .unwrap_or_else(|| name.to_owned())
}

/// `eval word...`
pub fn eval(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    shell.run_source_of("eval: ", &argv[1..].join(" "), shell.line)
}

/// `let expression...`: bash's arithmetic as a command.
pub fn let_(shell: &mut Shell, argv: &[String]) -> Run<()> {
    if argv.len() == 1 {
        return shell.fail("let: expression expected", 2);
    }
    let mut value = 0;
    for expression in &argv[1..] {
        value = shell.integer(expression)?;
    }
    shell.status = i32::from(value == 0);
    Ok(())
}

/// `hash [-r] [name...]`: nothing is remembered, so there is nothing to do but to look.
pub fn hash(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    for name in argv[1..].iter().filter(|arg| !arg.starts_with('-')) {
        if matches!(
            shell.resolve(name),
            Resolved::NotFound | Resolved::Forbidden
        ) {
            shell.fail(&format!("hash: {name}: not found"), 1)?;
        }
    }
    Ok(())
}

/// `printf [-v name] format [argument...]`: as the command, and into a variable.
pub fn printf(shell: &mut Shell, argv: &[String]) -> Run<()> {
    let Some(program) = command::find("printf") else {
        return shell.fail("printf: not available", 127);
    };
    let [_, option, name, rest @ ..] = argv else {
        return shell.run_program(program, &argv[1..]);
    };
    if option != "-v" {
        return shell.run_program(program, &argv[1..]);
    }
    if !is_name(name) {
        return shell.fail(&format!("printf: {name}: bad variable name"), 2);
    }
    let mut status = 0;
    let output = shell.capture_output(|shell| {
        let result = shell.run_program(program, rest);
        status = shell.status;
        result
    })?;
    shell.status = status;
    let text = String::from_utf8_lossy(&output).into_owned();
    shell.assign(name, text)
}

/// `exec [command [argument...]]`
pub fn exec(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    if argv.len() > 1 {
        shell.exec(&argv[1..])
    } else {
        Ok(())
    }
}

/// `exit [status]`
pub fn exit(shell: &mut Shell, argv: &[String]) -> Run<()> {
    if let Some(text) = argv.get(1) {
        match text.parse::<i32>() {
            Ok(status) => shell.status = status & 0xff,
            Err(_) => {
                shell.error(&format!("exit: Illegal number: {text}"));
                shell.status = 2;
            }
        }
    } else if let Some(status) = shell.trap_status {
        shell.status = status;
    }
    Err(Flow::Exit)
}

/// `return [status]`
pub fn return_(shell: &mut Shell, argv: &[String]) -> Run<()> {
    if let Some(text) = argv.get(1) {
        shell.status = text.parse::<i32>().map_or(2, |status| status & 0xff);
    } else if let Some(status) = shell.trap_status
        && shell.trap_depth == shell.locals.len()
    {
        shell.status = status;
    }
    Err(Flow::Return)
}

/// Number of loops to leave, at most those there are; `None` = not in a loop, or a bad number, which has been reported.
fn levels(shell: &mut Shell, argv: &[String]) -> Option<u32> {
    let text = argv.get(1).map_or("1", String::as_str);
    match text.parse::<u32>() {
        Ok(count) if count > 0 => {
            shell.status = 0;
            (shell.loops > 0).then(|| count.min(shell.loops))
        }
        _ => {
            shell.error(&format!("{}: Illegal number: {text}", argv[0]));
            shell.status = 2;
            None
        }
    }
}

/// `break [n]`
pub fn break_(shell: &mut Shell, argv: &[String]) -> Run<()> {
    levels(shell, argv).map_or(Ok(()), |levels| Err(Flow::Break(levels)))
}

/// `continue [n]`
pub fn continue_(shell: &mut Shell, argv: &[String]) -> Run<()> {
    levels(shell, argv).map_or(Ok(()), |levels| Err(Flow::Continue(levels)))
}

/// `shift [n]`
pub fn shift(shell: &mut Shell, argv: &[String]) -> Run<()> {
    let text = argv.get(1).map_or("1", String::as_str);
    match text.parse::<usize>() {
        Ok(count) if count <= shell.args.len() => {
            shell.args.drain(..count);
            shell.status = 0;
            Ok(())
        }
        Ok(_) => Err(shell.expansion_error("shift: can't shift that many")),
        Err(_) => Err(shell.expansion_error(&format!("shift: Illegal number: {text}"))),
    }
}

/// `cd [-LP] [directory | -]`
pub fn cd(shell: &mut Shell, argv: &[String]) -> Run<()> {
    let mut args = argv[1..]
        .iter()
        .skip_while(|arg| matches!(arg.as_str(), "-L" | "-P" | "--"));
    let given = args.next().map(String::as_str);
    let (target, shown) = match given {
        None => (shell.get_var("HOME").unwrap_or_default().to_owned(), false),
        Some("-") => match shell.get_var("OLDPWD") {
            Some(old) => (old.to_owned(), true),
            None => return shell.fail("cd: OLDPWD not set", 2),
        },
        Some(target) => match on_cdpath(shell, target) {
            Some(found) => (found, true),
            None => (target.to_owned(), false),
        },
    };
    let old = shell.get_var("PWD").unwrap_or_default().to_owned();
    let path = logical_path(&old, &target);
    if let Err(error) = shell.system.chdir(&path) {
        let message = if shell.is_jsh() {
            format!("cd: {target}: {}", strerror(error))
        } else {
            format!("cd: can't cd to {target}")
        };
        return shell.fail(&message, 2);
    }
    shell.put_var("OLDPWD", old);
    shell.status = 0;
    if shown {
        shell.print(&format!("{path}\n"));
    }
    shell.put_var("PWD", path);
    Ok(())
}

/// Where `CDPATH` leads for a name; `None`: to where it leads anyway.
fn on_cdpath(shell: &Shell, target: &str) -> Option<String> {
    let first = target.split('/').next().unwrap_or_default();
    if matches!(first, "" | "." | "..") {
        return None;
    }
    let is_dir = |path: &String| {
        let found = shell.system.stat(path, true);
        found.is_ok_and(|stat| stat.is_dir())
    };
    for directory in shell.get_var("CDPATH")?.split(':') {
        if directory.is_empty() {
            // An empty entry is the working directory.
            if is_dir(&target.to_owned()) {
                return None;
            }
            continue;
        }
        let path = command::join(directory, target);
        if is_dir(&path) {
            return Some(path);
        }
    }
    None
}

/// `target` seen from `from`, with `.` and `..` taken out by name: a `..` behind a symbolic link leads back to where one came from.
fn logical_path(from: &str, target: &str) -> String {
    let joined = if target.starts_with('/') {
        target.to_owned()
    } else {
        command::join(from, target)
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// `umask [-S] [mask]`
pub fn umask(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    let Some(text) = argv.get(1).filter(|arg| *arg != "-S") else {
        let mask = shell.system.umask(0);
        shell.system.umask(mask);
        if argv.len() > 1 {
            let class = |shift: u32| {
                let bits = !mask >> shift;
                let letters = [(4, 'r'), (2, 'w'), (1, 'x')];
                let letters = letters.iter().filter(|(bit, _)| bits & bit != 0);
                letters.map(|(_, letter)| *letter).collect::<String>()
            };
            let text = format!("u={},g={},o={}\n", class(6), class(3), class(0));
            shell.print(&text);
        } else {
            shell.print(&format!("{mask:04o}\n"));
        }
        return Ok(());
    };
    let parsed = if text.starts_with(|c: char| c.is_ascii_digit()) {
        u32::from_str_radix(text, 8).ok()
    } else {
        // What is allowed, in the symbols of chmod.
        let mask = shell.system.umask(0);
        shell.system.umask(mask);
        mode::apply(text, !mask & 0o777, false).map(|allowed| !allowed & 0o777)
    };
    let parsed = parsed.filter(|mask| *mask <= 0o777);
    match parsed {
        Some(mask) => {
            shell.system.umask(mask);
            Ok(())
        }
        None => shell.fail(&format!("umask: Illegal mode: {text}"), 2),
    }
}

/// `trap [command] [signal...]`
pub fn trap(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    let args: Vec<&String> = argv[1..].iter().filter(|arg| *arg != "--").collect();
    let Some((first, rest)) = args.split_first() else {
        let name = |number: i32| {
            let known = signal::NAMES.iter().find(|(_, known)| *known == number);
            known.map_or("EXIT", |(name, _)| name)
        };
        let listed = shell.listed_traps.as_ref().unwrap_or(&shell.traps);
        let lines = listed
            .iter()
            .map(|(number, text)| format!("trap -- {} {}\n", quote_always(text), name(*number)));
        let text: String = lines.collect();
        shell.print(&text);
        return Ok(());
    };
    shell.listed_traps = None;
    let resets = *first == "-" || rest.is_empty() || first.parse::<u32>().is_ok();
    let names = if *first == "-" || !resets {
        rest
    } else {
        &args[..]
    };
    for name in names {
        let number = if name.eq_ignore_ascii_case("EXIT") {
            Some(0)
        } else {
            signal::parse(name)
        };
        let Some(number) = number else {
            shell.fail(&format!("trap: {name}: bad trap"), 1)?;
            continue;
        };
        if resets {
            shell.traps.remove(&number);
        } else {
            shell.traps.insert(number, (*first).clone());
        }
        if number > 0 {
            let disposition = match () {
                () if resets => shell.untrapped(number),
                () if first.is_empty() => Disposition::Ignore,
                () => Disposition::Catch,
            };
            shell.set_disposition(number, disposition);
        }
    }
    Ok(())
}

/// `command [-v | -V] name [argument...]`
pub fn command(shell: &mut Shell, argv: &[String]) -> Run<()> {
    let mut args = &argv[1..];
    let mut describe = None;
    while let Some((first, rest)) = args.split_first() {
        match first.as_str() {
            "-v" => describe = Some(false),
            "-V" => describe = Some(true),
            "-p" | "--" => {}
            _ => break,
        }
        args = rest;
    }
    shell.status = 0;
    if args.is_empty() {
        return Ok(());
    }
    let Some(verbose) = describe else {
        return shell.run_command_words(args);
    };
    for name in args {
        let text = if verbose {
            Some(description(shell, name))
        } else {
            short(shell, name)
        };
        match text {
            Some(text) => shell.print(&format!("{text}\n")),
            None => shell.status = 127,
        }
    }
    Ok(())
}

/// What `command -v` prints.
fn short(shell: &Shell, name: &str) -> Option<String> {
    if RESERVED.contains(&name) {
        return Some(name.into());
    }
    if let Some(text) = shell.aliases.get(name) {
        return Some(format!("alias {name}={}", quote_always(text)));
    }
    match shell.resolve(name) {
        Resolved::Function(_) | Resolved::Builtin(_) | Resolved::Program(_) => Some(name.into()),
        Resolved::External(path) => Some(path),
        Resolved::Forbidden | Resolved::NotFound => None,
    }
}

/// What `type` prints; sets the status if there is no such command.
fn description(shell: &mut Shell, name: &str) -> String {
    if RESERVED.contains(&name) {
        return format!("{name} is a shell keyword");
    }
    if let Some(text) = shell.aliases.get(name) {
        return format!("{name} is an alias for {text}");
    }
    match shell.resolve(name) {
        Resolved::Function(_) => format!("{name} is a shell function"),
        Resolved::Builtin(found) if found.special => format!("{name} is a special shell builtin"),
        Resolved::Builtin(_) | Resolved::Program(_) => format!("{name} is a shell builtin"),
        Resolved::External(path) => format!("{name} is {path}"),
        Resolved::Forbidden | Resolved::NotFound => {
            shell.status = 127;
            format!("{name}: not found")
        }
    }
}

/// `type [-t] name...`
pub fn type_(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    if argv.get(1).is_some_and(|arg| arg == "-t") {
        for name in &argv[2..] {
            match kind(shell, name) {
                Some(kind) => shell.print(&format!("{kind}\n")),
                None => shell.status = 1,
            }
        }
        return Ok(());
    }
    for name in &argv[1..] {
        let text = description(shell, name);
        shell.print(&format!("{text}\n"));
    }
    Ok(())
}

/// What `type -t` prints.
fn kind(shell: &Shell, name: &str) -> Option<&'static str> {
    if shell.aliases.contains_key(name) {
        return Some("alias");
    }
    if RESERVED.contains(&name) {
        return Some("keyword");
    }
    match shell.resolve(name) {
        Resolved::Function(_) => Some("function"),
        Resolved::Builtin(_) | Resolved::Program(_) => Some("builtin"),
        Resolved::External(_) => Some("file"),
        Resolved::Forbidden | Resolved::NotFound => None,
    }
}

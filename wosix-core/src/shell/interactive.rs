//! The interactive shell: prompt, history, start-up file, and the marks that programs reading the terminal look for.

use super::line_editor::{Edited, Editor};
use super::parse::Parser;
use super::run::{Flow, Run, Shell};
use crate::system::{Disposition, read_file, signal, strerror, write_all};

/// A command that took at least this long shows its time in the next prompt, in ms.
const SHOWN_TIME: f64 = 2_000.0;

/// Aliases that people expect to be there.
const ALIASES: [(&str, &str); 2] = [("la", "ls -a"), ("ll", "ls -l")];

/// Reads commands from the terminal until its end. With `marks`, tells what happens by operating system commands (OSC 654).
pub fn run(shell: &mut Shell, marks: bool, login: bool) -> Run<()> {
    shell.interactive = true;
    take_terminal(shell);
    let home = shell.get_var("HOME").unwrap_or("/home").to_owned();
    if login {
        source(shell, "/etc/profile")?;
        source(shell, &format!("{home}/.profile"))?;
    }
    for (name, text) in ALIASES {
        shell.aliases.insert(name.into(), text.into());
    }
    source(shell, &format!("{home}/.jshrc"))?;
    if marks {
        show(shell, "\x1b]654;interactive\x07");
    }
    let mut editor = Editor::new();
    let mut elapsed = 0.0;
    let mut count = 0u32;
    loop {
        // Signals that came while nothing ran concern nobody.
        while shell.system.next_signal().is_some() {}
        shell.report_jobs();
        let prompt = prompt(shell, elapsed);
        if marks {
            show(shell, "\x1b]654;prompt\x07");
        }
        let Some(text) = read_command(shell, &mut editor, &prompt) else {
            return Err(Flow::Exit);
        };
        set_window_size(shell);
        let began = shell.system.now();
        let result = shell.run_source(&text);
        elapsed = shell.system.now() - began;
        if marks && !text.trim().is_empty() {
            count += 1;
            show(
                shell,
                &format!("\x1b]654;exit={count}:{}\x07", shell.status),
            );
        }
        if result == Err(Flow::Exit) {
            return result;
        }
    }
}

/// Sets `COLUMNS` and `LINES` to the terminal's size, if it knows it. Programs ask the terminal themselves: they are not exported.
fn set_window_size(shell: &mut Shell) {
    if let Ok((columns, rows)) = shell.system.window_size(0)
        && columns > 0
    {
        shell.put_var("COLUMNS", columns.to_string());
        shell.put_var("LINES", rows.to_string());
    }
}

/// Puts the shell into the foreground, and keeps the terminal's signals from ending it.
fn take_terminal(shell: &mut Shell) {
    for number in [
        signal::SIGINT,
        signal::SIGQUIT,
        signal::SIGTSTP,
        signal::SIGTERM,
    ] {
        shell.set_disposition(number, Disposition::Catch);
    }
    // The shell takes the terminal back from a job while it is in the background itself.
    shell.set_disposition(signal::SIGTTOU, Disposition::Ignore);
    let system = shell.system;
    let Ok(foreground) = system.tcgetpgrp(0) else {
        // Not our controlling terminal: no job control.
        return;
    };
    let group = match system.getpgid(0) {
        Ok(group) if group == foreground => Some(group),
        Ok(_) => system.setpgid(0, 0).and_then(|()| system.getpgid(0)).ok(),
        Err(_) => None,
    };
    if let Some(group) = group
        && system.tcsetpgrp(0, group).is_ok()
    {
        shell.terminal = Some((0, group));
    }
}

/// Runs a start-up file if there is one.
fn source(shell: &mut Shell, path: &str) -> Run<()> {
    match read_file(shell.system, path) {
        Ok(bytes) => match shell.run_source(&String::from_utf8_lossy(&bytes)) {
            Err(Flow::Exit) => Err(Flow::Exit),
            _ => Ok(()),
        },
        Err(crate::errno::Errno::ENOENT | crate::errno::Errno::ENOTDIR) => Ok(()),
        Err(error) => {
            shell.error(&format!("{path}: {}", strerror(error)));
            Ok(())
        }
    }
}

/// A command as the user types it, on as many lines as it needs; `None` at the end of the input.
fn read_command(shell: &mut Shell, editor: &mut Editor, prompt: &str) -> Option<String> {
    let mut text = String::new();
    let mut current = prompt.to_owned();
    loop {
        match editor.read_line(shell, &current) {
            Edited::Line(line) => {
                text.push_str(&line);
                text.push('\n');
            }
            Edited::Interrupted => {
                shell.status = 130;
                text.clear();
                current = self::prompt(shell, 0.0);
                continue;
            }
            Edited::End if text.is_empty() => {
                show(shell, "\n");
                return None;
            }
            Edited::End => break,
        }
        let mut parser = Parser::of_input(&text, 1);
        let incomplete = loop {
            match parser.next_command(&shell.aliases) {
                Ok(Some(_)) => {}
                Ok(None) => break false,
                Err(error) => break error.incomplete,
            }
        };
        if !incomplete && !text.ends_with("\\\n") {
            break;
        }
        current = "\x1b[2m·\x1b[22m ".into();
    }
    let entry = text.trim_end();
    if !entry.is_empty() && shell.history.last().is_none_or(|last| last != entry) {
        shell.history.push(entry.to_owned());
    }
    Some(text)
}

/// The working directory and how long the last command took, then the sign on a line of its own.
fn prompt(shell: &Shell, elapsed: f64) -> String {
    let cwd = shell.get_var("PWD").unwrap_or("?");
    let home = shell.get_var("HOME").unwrap_or_default();
    let shown = match cwd.strip_prefix(home) {
        Some(rest) if !home.is_empty() && (rest.is_empty() || rest.starts_with('/')) => {
            format!("~{rest}")
        }
        _ => cwd.to_owned(),
    };
    let time = if elapsed >= SHOWN_TIME {
        format!(" \x1b[33m{}\x1b[39m", duration(elapsed))
    } else {
        String::new()
    };
    let colour = if shell.status == 0 { 35 } else { 31 };
    format!("\x1b[36;1m{shown}\x1b[39;22m{time}\n\x1b[{colour}m❯\x1b[39m ")
}

fn duration(ms: f64) -> String {
    let seconds = (ms / 1e3) as u64;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m {}s", seconds % 60),
        _ => format!("{hours}h {minutes}m"),
    }
}

/// Writes to the terminal.
fn show(shell: &Shell, text: &str) {
    // A terminal that has gone shows at the next read.
    let _seen_by_read = write_all(shell.system, 1, text.as_bytes());
}

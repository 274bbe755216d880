//! Builtins about background jobs.

use super::super::command;
use super::super::job::Job;
use super::super::run::{Run, Shell};
use crate::errno::Errno;

/// `jobs [-p]`
pub fn jobs(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    shell.reap();
    let pids = argv.get(1).is_some_and(|arg| arg == "-p");
    let lines = shell.jobs.iter().map(|job| match pids {
        true => format!("{}\n", job.last),
        false => job.line(),
    });
    let text: String = lines.collect();
    shell.print(&text);
    shell.jobs.retain(|job| !job.is_done());
    Ok(())
}

/// `wait [pid | %job]...`
pub fn wait(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    if argv.len() == 1 {
        while let Some(job) = shell.jobs.first().cloned() {
            if !wait_job(shell, &job)? {
                return Ok(());
            }
        }
        shell.status = 0;
        return Ok(());
    }
    for spec in &argv[1..] {
        let index = match spec.parse::<i32>() {
            Ok(pid) => shell
                .jobs
                .iter()
                .position(|job| job.last == pid || job.running.contains(&pid)),
            Err(_) => shell.find_job(Some(spec)),
        };
        let Some(index) = index else {
            // POSIX: an unknown process counts as one that ended with 127.
            shell.status = 127;
            continue;
        };
        let job = shell.jobs[index].clone();
        if !wait_job(shell, &job)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Waits for a job and forgets it; the status is the job's. Answers whether it ended: else a trap ran, and the status tells the signal.
fn wait_job(shell: &mut Shell, job: &Job) -> Run<bool> {
    let mut status = job.status;
    for pid in &job.running {
        let ended = loop {
            match shell.system.wait(*pid, false) {
                Ok(Some(ended)) => break ended.shell_code(),
                Ok(None) => {}
                Err(Errno::EINTR) => {
                    if let Some(number) = shell.run_traps()? {
                        shell.status = 128 + number;
                        return Ok(false);
                    }
                }
                // Someone else has collected it; how it ended cannot be known any more.
                Err(_) => break 127,
            }
        };
        if *pid == job.last {
            status = Some(ended);
        }
        if let Some(known) = shell.jobs.iter_mut().find(|other| other.id == job.id) {
            known.ended(*pid, ended);
        }
    }
    shell.jobs.retain(|other| other.id != job.id);
    shell.status = status.unwrap_or(0);
    // It may have been the job's last act to send a signal.
    if let Some(number) = shell.run_traps()? {
        shell.status = 128 + number;
        return Ok(false);
    }
    Ok(true)
}

/// `fg [%job]`
pub fn fg(shell: &mut Shell, argv: &[String]) -> Run<()> {
    let Some(index) = shell.find_job(argv.get(1).map(String::as_str)) else {
        return shell.fail("fg: no such job", 1);
    };
    let job = shell.jobs.remove(index);
    shell.tell(&format!("{}\n", job.text));
    if let Some((fd, _)) = shell.terminal
        && let Some(first) = job.running.first()
        && let Ok(group) = shell.system.getpgid(*first)
        && let Err(error) = shell.system.tcsetpgrp(fd, group)
    {
        shell.error(&format!("fg: {}", crate::system::strerror(error)));
    }
    let result = wait_job(shell, &job);
    shell.take_terminal_back();
    result.map(drop)
}

/// `kill`: as the command, and with `%job` too.
pub fn kill(shell: &mut Shell, argv: &[String]) -> Run<()> {
    // Children that have ended are no processes to the user.
    shell.reap();
    let mut args = Vec::new();
    for arg in &argv[1..] {
        if !arg.starts_with('%') {
            args.push(arg.clone());
            continue;
        }
        let Some(index) = shell.find_job(Some(arg)) else {
            return shell.fail(&format!("kill: {arg}: no such job"), 1);
        };
        let pids = shell.jobs[index].running.iter();
        args.extend(pids.map(i32::to_string));
    }
    let Some(program) = command::find("kill") else {
        return shell.fail("kill: not available", 127);
    };
    let env = shell.environment();
    shell.status = command::run_with_env(shell.system, program, &args, &env);
    Ok(())
}

/// `history`
pub fn history(shell: &mut Shell, _argv: &[String]) -> Run<()> {
    shell.status = 0;
    let lines = shell.history.iter().enumerate();
    let text: String = lines
        .map(|(index, entry)| format!("{:5}  {entry}\n", index + 1))
        .collect();
    shell.print(&text);
    Ok(())
}

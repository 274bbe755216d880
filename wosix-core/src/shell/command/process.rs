//! env, kill, ps, sleep, xargs, true, false, which: commands about commands.

use super::Context;
use super::context::join;
use crate::errno::Errno;
use crate::system::{FileKind, ProcessGroup, SpawnRequest, signal, strerror};

/// true
pub fn true_(_ctx: &mut Context) -> i32 {
    0
}

/// false
pub fn false_(_ctx: &mut Context) -> i32 {
    1
}

/// Runs a command with this process's descriptors and waits for it; answers its status as a shell would.
pub fn run(ctx: &mut Context, args: &[String], env: &[String]) -> i32 {
    ctx.flush();
    let fds: Vec<i32> = (0..10)
        .map(|fd| if ctx.system.fstat(fd).is_ok() { fd } else { -1 })
        .collect();
    let request = SpawnRequest {
        file: &args[0],
        args,
        env,
        fds: &fds,
        group: ProcessGroup::Inherit,
    };
    match ctx.system.spawn(&request) {
        Ok(pid) => loop {
            match ctx.system.wait(pid, false) {
                Ok(Some(status)) => return status.shell_code(),
                Ok(None) | Err(Errno::EINTR) => {}
                Err(error) => {
                    ctx.path_error(&args[0], error);
                    return 125;
                }
            }
        },
        Err(error) => {
            ctx.error(format_args!("'{}': {}", args[0], strerror(error)));
            if error == Errno::ENOENT { 127 } else { 126 }
        }
    }
}

/// printenv: shows the environment, or the values of some of its variables.
pub fn printenv(ctx: &mut Context) -> i32 {
    let (_, names) = match ctx.options("", &[], 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    if names.is_empty() {
        for entry in ctx.env.iter().cloned() {
            ctx.line(entry);
        }
        return 0;
    }
    let mut code = 0;
    for name in names {
        match ctx.var(&name) {
            Some(value) => ctx.line(value),
            None => code = 1,
        }
    }
    code
}

/// env: shows or changes the environment of a command.
pub fn env(ctx: &mut Context) -> i32 {
    let long = [
        ("ignore-environment", 'i'),
        ("unset", 'u'),
        ("chdir", 'C'),
        ("split-string", 'S'),
        ("null", '0'),
    ];
    let (options, operands) = match ctx.options("+iu:C:S:0", &long, 125) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let mut env = ctx.env.to_vec();
    let mut words = Vec::new();
    let mut end = "\n";
    for (letter, value) in options {
        let value = value.unwrap_or_default();
        match letter {
            'i' => env.clear(),
            'u' => env.retain(|entry| entry.split_once('=').is_none_or(|(name, _)| name != value)),
            'S' => words.extend(value.split_whitespace().map(str::to_owned)),
            '0' => end = "\0",
            _ => {
                if let Err(error) = ctx.system.chdir(&value) {
                    ctx.error(format_args!(
                        "cannot change directory to '{value}': {}",
                        strerror(error)
                    ));
                    return 125;
                }
            }
        }
    }
    words.extend(operands);
    let assignments = words.iter().take_while(|word| word.contains('=')).count();
    for word in words.drain(..assignments) {
        let name = word
            .split_once('=')
            .map_or(word.as_str(), |(name, _)| name)
            .to_owned();
        env.retain(|entry| entry.split_once('=').is_none_or(|(other, _)| other != name));
        env.push(word);
    }
    if words.is_empty() {
        for entry in env {
            ctx.write(entry);
            ctx.write(end);
        }
        return 0;
    }
    run(ctx, &words, &env)
}

/// kill: sends signals.
pub fn kill(ctx: &mut Context) -> i32 {
    let mut args = ctx.args;
    let mut number = signal::SIGTERM;
    let first = args.first().map_or("", String::as_str);
    if matches!(first, "-l" | "-L") {
        for arg in &args[1..] {
            // The status of a process that a signal ended is its number and 128.
            let status = arg.parse::<i32>().ok().filter(|number| *number > 128);
            let known = match status {
                Some(status) => Some(status - 128),
                None => signal::parse(arg),
            };
            let name = known.and_then(|number| {
                signal::NAMES
                    .iter()
                    .find(|(_, known)| *known == number & 0x7f)
            });
            match (arg.parse::<i32>(), name, known) {
                (Ok(_), Some((name, _)), _) => ctx.line(name),
                (Err(_), _, Some(number)) => ctx.line(number.to_string()),
                _ => {
                    ctx.error(format_args!("{arg}: invalid signal"));
                    return 1;
                }
            }
        }
        if args.len() == 1 {
            let names: Vec<&str> = signal::NAMES.iter().map(|(name, _)| *name).collect();
            ctx.line(names.join(" "));
        }
        return 0;
    }
    let named = match first {
        "-s" | "-n" => {
            let name = args.get(1).cloned().unwrap_or_default();
            args = args.get(2..).unwrap_or_default();
            Some(name)
        }
        "--" => {
            args = &args[1..];
            None
        }
        _ => first.strip_prefix('-').map(|name| {
            args = &args[1..];
            name.to_owned()
        }),
    };
    if let Some(name) = named {
        match signal::parse(&name) {
            Some(parsed) => number = parsed,
            None => {
                ctx.error(format_args!("{name}: invalid signal specification"));
                return 1;
            }
        }
    }
    if args.first().is_some_and(|arg| arg == "--") {
        args = &args[1..];
    }
    if args.is_empty() {
        return ctx.usage_error("not enough arguments", 1);
    }
    let mut code = 0;
    for arg in args {
        let sent = arg.parse::<i32>().map(|pid| ctx.system.kill(pid, number));
        match sent {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => ctx.error(format_args!("({arg}) - {}", strerror(error))),
            Err(_) => ctx.error(format_args!("{arg}: arguments must be process or job IDs")),
        }
        code = 1;
    }
    code
}

/// ps: the processes.
pub fn ps(ctx: &mut Context) -> i32 {
    let mut rows = ctx.system.processes();
    rows.sort_by_key(|row| row.pid);
    ctx.line(format!(
        "{:>7} {:>7} {:>7} {:<4} CMD",
        "PID", "PPID", "PGID", "STAT"
    ));
    for row in rows {
        let state = row.state;
        ctx.line(format!(
            "{:>7} {:>7} {:>7} {state:<4} {}",
            row.pid, row.ppid, row.pgid, row.command
        ));
    }
    0
}

/// sleep: waits.
pub fn sleep(ctx: &mut Context) -> i32 {
    let (_, operands) = match ctx.options("", &[], 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    if operands.is_empty() {
        return ctx.missing_operand();
    }
    let mut total = 0.0;
    for operand in &operands {
        let (digits, unit) = match operand.chars().last() {
            Some('s') => (&operand[..operand.len() - 1], 1.0),
            Some('m') => (&operand[..operand.len() - 1], 60.0),
            Some('h') => (&operand[..operand.len() - 1], 3_600.0),
            Some('d') => (&operand[..operand.len() - 1], 86_400.0),
            _ => (operand.as_str(), 1.0),
        };
        match digits.parse::<f64>() {
            Ok(value) if value >= 0.0 => total += value * unit,
            _ => return ctx.usage_error(format_args!("invalid time interval '{operand}'"), 1),
        }
    }
    match ctx.system.sleep(total * 1e3) {
        Ok(()) | Err(Errno::EINTR) => 0,
        Err(error) => {
            ctx.path_error("cannot sleep", error);
            1
        }
    }
}

/// which: where commands are.
pub fn which(ctx: &mut Context) -> i32 {
    let (options, names) = match ctx.options("as", &[("all", 'a')], 2) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let path = ctx.var("PATH").unwrap_or_default();
    let mut code = 0;
    for name in &names {
        let candidates: Vec<String> = if name.contains('/') {
            vec![name.clone()]
        } else {
            path.split(':').map(|folder| join(folder, name)).collect()
        };
        let runnable = |path: &String| {
            let is_file = ctx
                .system
                .stat(path, true)
                .is_ok_and(|stat| stat.kind() == FileKind::File);
            is_file && ctx.system.access(path, 1).is_ok()
        };
        let found: Vec<String> = candidates.into_iter().filter(runnable).collect();
        if found.is_empty() {
            code = 1;
        }
        let most = if has('a') { usize::MAX } else { 1 };
        for path in found.into_iter().take(most).filter(|_| !has('s')) {
            ctx.line(path);
        }
    }
    code
}

/// xargs: runs a command with arguments from the input.
pub fn xargs(ctx: &mut Context) -> i32 {
    let long = [
        ("null", '0'),
        ("max-args", 'n'),
        ("replace", 'I'),
        ("no-run-if-empty", 'r'),
        ("delimiter", 'd'),
        ("verbose", 't'),
        ("max-lines", 'L'),
    ];
    let (options, mut command) = match ctx.options("+0n:I:rd:tL:P:", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let value = |wanted| {
        options
            .iter()
            .find(|(letter, _)| *letter == wanted)
            .and_then(|(_, value)| value.clone())
    };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    if command.is_empty() {
        command.push("echo".into());
    }
    let input = match ctx.read_input("-") {
        Ok(input) => String::from_utf8_lossy(&input).into_owned(),
        Err(error) => {
            ctx.path_error("-", error);
            return 1;
        }
    };
    let replaced = value('I');
    let by_line = replaced.is_some() || has('L');
    let split = |separator: &str| -> Vec<String> {
        let body = input.strip_suffix(separator).unwrap_or(&input);
        if body.is_empty() {
            Vec::new()
        } else {
            body.split(separator).map(str::to_owned).collect()
        }
    };
    let items = match value('d') {
        Some(delimiter) => split(
            &delimiter
                .replace("\\n", "\n")
                .replace("\\t", "\t")
                .replace("\\0", "\0"),
        ),
        None if has('0') => split("\0"),
        None if by_line => input
            .lines()
            .map(|line| line.trim_start().to_owned())
            .filter(|line| !line.is_empty())
            .collect(),
        None => match words(&input) {
            Some(words) => words,
            None => {
                ctx.error("unmatched quote; by default quotes are special to xargs unless you use the -0 option");
                return 1;
            }
        },
    };
    /// As many bytes of arguments as are sure to fit.
    const MOST_BYTES: usize = 96 * 1024;
    let most = value('n')
        .or(value('L'))
        .and_then(|text| text.parse::<usize>().ok())
        .unwrap_or(usize::MAX)
        .max(1);
    let mut batches: Vec<Vec<String>> = Vec::new();
    if let Some(mark) = &replaced {
        for item in &items {
            batches.push(
                command
                    .iter()
                    .map(|word| word.replace(mark, item))
                    .collect(),
            );
        }
    } else {
        let mut bytes = 0;
        for item in &items {
            let full = batches.last().is_none_or(|batch| {
                batch.len() - command.len() >= most || bytes + item.len() > MOST_BYTES
            });
            if full {
                batches.push(command.clone());
                bytes = 0;
            }
            bytes += item.len() + 1;
            if let Some(batch) = batches.last_mut() {
                batch.push(item.clone());
            }
        }
        if batches.is_empty() && !has('r') {
            batches.push(command.clone());
        }
    }
    let env = ctx.env.to_vec();
    let mut code = 0;
    for batch in batches {
        if has('t') {
            let text = batch.join(" ");
            ctx.error(text);
        }
        match run(ctx, &batch, &env) {
            0 => {}
            status @ (126 | 127) => return status,
            255 => {
                ctx.error(format_args!(
                    "{}: exited with status 255; aborting",
                    batch[0]
                ));
                return 124;
            }
            status if status > 128 => return 125,
            _ => code = 123,
        }
    }
    code
}

/// Words separated by blanks, with quotes and backslashes as xargs knows them; `None` = a quote without its end.
fn words(input: &str) -> Option<Vec<String>> {
    let mut all = Vec::new();
    let mut current: Option<String> = None;
    let mut chars = input.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let word = current.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some(next) if next == c => break,
                        Some('\n') | None => return None,
                        Some(next) => word.push(next),
                    }
                }
            }
            '\\' => current.get_or_insert_default().extend(chars.next()),
            c if c.is_whitespace() => all.extend(current.take()),
            c => current.get_or_insert_default().push(c),
        }
    }
    all.extend(current);
    Some(all)
}

//! head and tail.

use super::Context;
use super::context::lines;
use crate::errno::Errno;

/// Lines or bytes, how many, counted from where.
struct Amount {
    count: usize,
    bytes: bool,
    /// `head -n -5`: all but the last; `tail -n +5`: from the fifth on.
    inverted: bool,
}

/// `-5` is short for `-n 5`.
fn expand_digits(args: &[String]) -> Vec<String> {
    let is_count = |arg: &String| {
        arg.len() > 1 && arg.starts_with('-') && arg[1..].bytes().all(|byte| byte.is_ascii_digit())
    };
    args.iter()
        .map(|arg| {
            if is_count(arg) {
                format!("-n{}", &arg[1..])
            } else {
                arg.clone()
            }
        })
        .collect()
}

fn amount(text: &str, bytes: bool, inverting: char) -> Option<Amount> {
    let (inverted, digits) = match text.strip_prefix(inverting) {
        Some(rest) => (true, rest),
        None => (false, text.trim_start_matches(['-', '+'])),
    };
    let unit = match digits.chars().last()? {
        'k' | 'K' => 1024,
        'M' => 1024 * 1024,
        _ => 1,
    };
    let digits = digits.trim_end_matches(['k', 'K', 'M']);
    let count = digits.parse::<usize>().ok()?.checked_mul(unit)?;
    Some(Amount {
        count,
        bytes,
        inverted,
    })
}

fn title(ctx: &mut Context, path: &str, first: bool) {
    let gap = if first { "" } else { "\n" };
    let name = if path == "-" { "standard input" } else { path };
    ctx.line(format!("{gap}==> {name} <=="));
}

/// head: the first lines.
pub fn head(ctx: &mut Context) -> i32 {
    let args = expand_digits(ctx.args);
    let mut inner = ctx.with_args(&args);
    let code = head_inner(&mut inner);
    inner.finish(code)
}

fn head_inner(ctx: &mut Context) -> i32 {
    let long = [
        ("lines", 'n'),
        ("bytes", 'c'),
        ("quiet", 'q'),
        ("verbose", 'v'),
    ];
    let (options, mut paths) = match ctx.options("n:c:qv", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let mut wanted = Amount {
        count: 10,
        bytes: false,
        inverted: false,
    };
    for (letter, value) in &options {
        let Some(value) = value else { continue };
        match amount(value, *letter == 'c', '-') {
            Some(amount) => wanted = amount,
            None => {
                ctx.error(format_args!("invalid number of lines: '{value}'"));
                return 1;
            }
        }
    }
    let quiet = options.iter().any(|(letter, _)| *letter == 'q');
    let verbose = options.iter().any(|(letter, _)| *letter == 'v');
    if paths.is_empty() {
        paths.push("-".into());
    }
    let titled = verbose || paths.len() > 1 && !quiet;
    let (mut code, mut first) = (0, true);
    for path in &paths {
        let shown = if wanted.inverted {
            ctx.read_input(path)
        } else {
            first_part(ctx, path, &wanted)
        };
        match shown {
            Ok(contents) => {
                if titled {
                    title(ctx, path, first);
                }
                first = false;
                let end = match (wanted.inverted, wanted.bytes) {
                    (true, true) => contents.len().saturating_sub(wanted.count),
                    (true, false) => {
                        let total = lines(&contents).count();
                        lines(&contents)
                            .take(total.saturating_sub(wanted.count))
                            .map(<[u8]>::len)
                            .sum()
                    }
                    (false, true) => contents.len().min(wanted.count),
                    (false, false) => lines(&contents).take(wanted.count).map(<[u8]>::len).sum(),
                };
                ctx.write(&contents[..end]);
            }
            Err(error) => {
                ctx.error(format_args!(
                    "cannot open '{path}' for reading: {}",
                    crate::system::strerror(error)
                ));
                code = 1;
            }
        }
    }
    code
}

/// Reads no more than needed: the input may never end.
fn first_part(ctx: &Context, path: &str, wanted: &Amount) -> Result<Vec<u8>, Errno> {
    let input = ctx.open_input(path)?;
    let mut all = Vec::new();
    let mut newlines = 0;
    let mut chunk = vec![0; 16 * 1024];
    let enough = |all: &[u8], newlines| {
        if wanted.bytes {
            all.len() >= wanted.count
        } else {
            newlines >= wanted.count
        }
    };
    let mut result = Ok(());
    while !enough(&all, newlines) {
        match ctx.system.read(input.fd, &mut chunk) {
            Ok(0) => break,
            Ok(count) => {
                newlines += chunk[..count].iter().filter(|byte| **byte == b'\n').count();
                all.extend_from_slice(&chunk[..count]);
            }
            Err(Errno::EINTR) => {}
            Err(error) => {
                result = Err(error);
                break;
            }
        }
    }
    input.close(ctx.system)?;
    result.map(|()| all)
}

/// tail: the last lines.
pub fn tail(ctx: &mut Context) -> i32 {
    let args = expand_digits(ctx.args);
    let mut inner = ctx.with_args(&args);
    let code = tail_inner(&mut inner);
    inner.finish(code)
}

fn tail_inner(ctx: &mut Context) -> i32 {
    let long = [
        ("lines", 'n'),
        ("bytes", 'c'),
        ("quiet", 'q'),
        ("verbose", 'v'),
        ("follow", 'f'),
    ];
    let (options, mut paths) = match ctx.options("n:c:qvfF", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let mut wanted = Amount {
        count: 10,
        bytes: false,
        inverted: false,
    };
    for (letter, value) in &options {
        let Some(value) = value.as_ref().filter(|_| matches!(letter, 'n' | 'c')) else {
            continue;
        };
        match amount(value, *letter == 'c', '+') {
            Some(amount) => wanted = amount,
            None => {
                ctx.error(format_args!("invalid number of lines: '{value}'"));
                return 1;
            }
        }
    }
    let has = |letters: &str| options.iter().any(|(letter, _)| letters.contains(*letter));
    if paths.is_empty() {
        paths.push("-".into());
    }
    let titled = has("v") || paths.len() > 1 && !has("q");
    let mut code = 0;
    let mut followed = Vec::new();
    for (index, path) in paths.iter().enumerate() {
        match ctx.read_input(path) {
            Ok(contents) => {
                if titled {
                    title(ctx, path, index == 0);
                }
                ctx.write(&contents[tail_start(&contents, &wanted)..]);
                followed.push((path.clone(), contents.len() as u64));
            }
            Err(error) => {
                ctx.error(format_args!(
                    "cannot open '{path}' for reading: {}",
                    crate::system::strerror(error)
                ));
                code = 1;
            }
        }
    }
    if has("fF") {
        follow(ctx, followed)
    } else {
        code
    }
}

fn tail_start(contents: &[u8], wanted: &Amount) -> usize {
    let skipped_lines = |count| lines(contents).take(count).map(<[u8]>::len).sum();
    match (wanted.inverted, wanted.bytes) {
        (true, true) => wanted.count.saturating_sub(1).min(contents.len()),
        (true, false) => skipped_lines(wanted.count.saturating_sub(1)),
        (false, true) => contents.len().saturating_sub(wanted.count),
        (false, false) => {
            let total = lines(contents).count();
            skipped_lines(total.saturating_sub(wanted.count))
        }
    }
}

/// Shows what is added to the files, until the output or the process ends. Looks every so often, as there may be nothing to wait on.
fn follow(ctx: &mut Context, mut files: Vec<(String, u64)>) -> i32 {
    const INTERVAL: f64 = 200.0;
    files.retain(|(path, _)| path != "-");
    let mut last = files.len().saturating_sub(1);
    while !files.is_empty() && ctx.flush() {
        for (index, (path, seen)) in files.iter_mut().enumerate() {
            let size = match ctx.system.stat(path, true) {
                Ok(stat) => stat.size,
                // It may come back.
                Err(_) => continue,
            };
            if size < *seen {
                ctx.error(format_args!("{path}: file truncated"));
                *seen = 0;
            }
            if size > *seen {
                match ctx.read_input(path) {
                    Ok(contents) => {
                        if index != last {
                            title(ctx, path, false);
                            last = index;
                        }
                        ctx.write(&contents[(*seen as usize).min(contents.len())..]);
                        *seen = contents.len() as u64;
                    }
                    Err(error) => ctx.path_error(&*path, error),
                }
            }
        }
        ctx.flush();
        if ctx.system.sleep(INTERVAL) == Err(Errno::ENOSYS) {
            return 1;
        }
    }
    0
}

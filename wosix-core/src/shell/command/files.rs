//! mkdir, rmdir, rm, ln, touch, chmod, mktemp: making, removing and marking files.

use super::Context;
use super::context::join;
use crate::errno::{Errno, Result};
use crate::system::open_flags::{O_CLOEXEC, O_CREAT, O_EXCL, O_RDWR, O_WRONLY};
use crate::system::{FileKind, strerror};

/// mkdir: creates directories.
pub fn mkdir(ctx: &mut Context) -> i32 {
    let long = [("parents", 'p'), ("verbose", 'v'), ("mode", 'm')];
    let (options, paths) = match ctx.options("pvm:", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    if paths.is_empty() {
        return ctx.missing_operand();
    }
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let mut mode = None;
    if let Some((_, Some(text))) = options.iter().find(|(letter, _)| *letter == 'm') {
        mode = super::mode::apply(text, 0o777, true);
        if mode.is_none() {
            ctx.error(format_args!("invalid mode '{text}'"));
            return 1;
        }
    }
    let mut code = 0;
    for path in &paths {
        let made = if has('p') {
            make_all(ctx, path)
        } else {
            ctx.system.mkdir(path, 0o777)
        };
        let made = made.and_then(|()| match mode {
            Some(mode) => ctx.system.chmod(path, mode),
            None => Ok(()),
        });
        match made {
            Ok(()) if has('v') => ctx.line(format!("mkdir: created directory '{path}'")),
            Ok(()) => {}
            Err(error) => {
                let text = strerror(error);
                ctx.error(format_args!("cannot create directory '{path}': {text}"));
                code = 1;
            }
        }
    }
    code
}

/// Creates a directory and the missing ones above it.
fn make_all(ctx: &Context, path: &str) -> Result<()> {
    let ends = path
        .char_indices()
        .filter(|(at, c)| *c == '/' && *at > 0)
        .map(|(at, _)| at)
        .chain([path.len()]);
    for end in ends {
        match ctx.system.mkdir(&path[..end], 0o777) {
            Ok(()) => {}
            Err(Errno::EEXIST) if ctx.system.stat(&path[..end], true)?.is_dir() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// rmdir: removes empty directories.
pub fn rmdir(ctx: &mut Context) -> i32 {
    let (options, paths) = match ctx.options("pv", &[("parents", 'p'), ("verbose", 'v')], 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    if paths.is_empty() {
        return ctx.missing_operand();
    }
    let parents = options.iter().any(|(letter, _)| *letter == 'p');
    let mut code = 0;
    for path in &paths {
        let mut current = path.trim_end_matches('/');
        loop {
            if let Err(error) = ctx.system.rmdir(current) {
                ctx.error(format_args!(
                    "failed to remove '{current}': {}",
                    strerror(error)
                ));
                code = 1;
                break;
            }
            match current.rsplit_once('/') {
                Some((above, _)) if parents && !above.is_empty() => current = above,
                _ => break,
            }
        }
    }
    code
}

/// rm: removes files and trees.
pub fn rm(ctx: &mut Context) -> i32 {
    let long = [
        ("recursive", 'r'),
        ("force", 'f'),
        ("verbose", 'v'),
        ("dir", 'd'),
    ];
    let (options, paths) = match ctx.options("rRfvdiI", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |letters: &str| options.iter().any(|(letter, _)| letters.contains(*letter));
    if paths.is_empty() {
        return if has("f") { 0 } else { ctx.missing_operand() };
    }
    let mut code = 0;
    for path in &paths {
        let name = super::context::base_name(path);
        if matches!(name, "." | ".." | "/") {
            ctx.error(format_args!(
                "refusing to remove '.', '..' or '/': skipping '{path}'"
            ));
            code = 1;
            continue;
        }
        let removed = match ctx.system.stat(path, false) {
            Err(Errno::ENOENT | Errno::ENOTDIR) if has("f") => continue,
            Err(error) => Err((path.clone(), error)),
            Ok(stat) if stat.is_dir() && has("rR") => remove_tree(ctx, path, has("v")),
            Ok(stat) if stat.is_dir() && has("d") => ctx
                .system
                .rmdir(path)
                .map_err(|error| (path.clone(), error)),
            Ok(stat) if stat.is_dir() => Err((path.clone(), Errno::EISDIR)),
            Ok(_) => {
                if has("v") {
                    ctx.line(format!("removed '{path}'"));
                }
                ctx.system
                    .unlink(path)
                    .map_err(|error| (path.clone(), error))
            }
        };
        if let Err((path, error)) = removed {
            ctx.error(format_args!("cannot remove '{path}': {}", strerror(error)));
            code = 1;
        }
    }
    code
}

/// Removes a directory and everything in it; on failure says what could not be removed.
pub fn remove_tree(
    ctx: &mut Context,
    path: &str,
    verbose: bool,
) -> core::result::Result<(), (String, Errno)> {
    let here = |error| (path.to_owned(), error);
    for entry in ctx.system.readdir(path).map_err(here)? {
        let inner = join(path, &entry.name);
        if entry.kind == FileKind::Directory {
            remove_tree(ctx, &inner, verbose)?;
            continue;
        }
        ctx.system
            .unlink(&inner)
            .map_err(|error| (inner.clone(), error))?;
        if verbose {
            ctx.line(format!("removed '{inner}'"));
        }
    }
    ctx.system.rmdir(path).map_err(here)?;
    if verbose {
        ctx.line(format!("removed directory '{path}'"));
    }
    Ok(())
}

/// ln: makes links.
pub fn ln(ctx: &mut Context) -> i32 {
    let long = [
        ("symbolic", 's'),
        ("force", 'f'),
        ("no-dereference", 'n'),
        ("verbose", 'v'),
    ];
    let (options, paths) = match ctx.options("sfnvT", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let (targets, destination) = match paths.split_last() {
        None => return ctx.usage_error("missing file operand", 1),
        Some((only, [])) => (core::slice::from_ref(only), "."),
        Some((last, targets)) => (targets, last.as_str()),
    };
    let into = ctx
        .system
        .stat(destination, !has('n'))
        .is_ok_and(|stat| stat.is_dir())
        && !has('T');
    let mut code = 0;
    for target in targets {
        let path = if into {
            join(destination, super::context::base_name(target))
        } else {
            destination.to_owned()
        };
        if has('f') && ctx.system.stat(&path, false).is_ok() {
            // What cannot be removed shows in the error of the link.
            let _shown_below = ctx.system.unlink(&path);
        }
        let (made, what) = if has('s') {
            (ctx.system.symlink(target, &path), "symbolic")
        } else {
            (ctx.system.link(target, &path), "hard")
        };
        if let Err(error) = made {
            ctx.error(format_args!(
                "failed to create {what} link '{path}': {}",
                strerror(error)
            ));
            code = 1;
        }
    }
    code
}

/// touch: creates files, sets times.
pub fn touch(ctx: &mut Context) -> i32 {
    let long = [("no-create", 'c'), ("reference", 'r'), ("date", 'd')];
    let (options, paths) = match ctx.options("acmr:d:t:h", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    if paths.is_empty() {
        return ctx.usage_error("missing file operand", 1);
    }
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let value = |wanted| {
        options
            .iter()
            .find(|(letter, _)| *letter == wanted)
            .and_then(|(_, value)| value.clone())
    };
    let now = ctx.system.now();
    let (mut atime, mut mtime) = (now, now);
    if let Some(reference) = value('r') {
        match ctx.system.stat(&reference, true) {
            Ok(stat) => (atime, mtime) = (stat.atime, stat.mtime),
            Err(error) => {
                let text = strerror(error);
                ctx.error(format_args!(
                    "failed to get attributes of '{reference}': {text}"
                ));
                return 1;
            }
        }
    }
    if let Some(text) = value('d') {
        match super::date::parse(&text) {
            Some(time) => (atime, mtime) = (time, time),
            None => {
                ctx.error(format_args!("invalid date format '{text}'"));
                return 1;
            }
        }
    }
    let mut code = 0;
    for path in &paths {
        let found = ctx.system.stat(path, true);
        let touched = match found {
            Err(Errno::ENOENT) if has('c') => continue,
            Err(Errno::ENOENT) => ctx
                .system
                .open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
                .and_then(|fd| ctx.system.close(fd)),
            Err(error) => Err(error),
            Ok(_) => Ok(()),
        };
        let (old_atime, old_mtime) = found.map_or((now, now), |stat| (stat.atime, stat.mtime));
        let new_atime = if has('m') && !has('a') {
            old_atime
        } else {
            atime
        };
        let new_mtime = if has('a') && !has('m') {
            old_mtime
        } else {
            mtime
        };
        let touched = touched.and_then(|()| ctx.system.utimes(path, new_atime, new_mtime, true));
        if let Err(error) = touched {
            ctx.error(format_args!("cannot touch '{path}': {}", strerror(error)));
            code = 1;
        }
    }
    code
}

/// chmod: changes permission bits.
pub fn chmod(ctx: &mut Context) -> i32 {
    let mut recursive = false;
    let mut words = Vec::new();
    for arg in ctx.args {
        match arg.as_str() {
            // `-x` and the like are modes.
            "-R" | "--recursive" => recursive = true,
            "-v" | "-c" | "-f" | "--" if words.is_empty() => {}
            _ => words.push(arg.clone()),
        }
    }
    let Some((mode, paths)) = words.split_first() else {
        return ctx.missing_operand();
    };
    if paths.is_empty() {
        return ctx.usage_error(format_args!("missing operand after '{mode}'"), 1);
    }
    if super::mode::apply(mode, 0, false).is_none() {
        return ctx.usage_error(format_args!("invalid mode: '{mode}'"), 1);
    }
    let mut code = 0;
    let mut pending: Vec<String> = paths.iter().rev().cloned().collect();
    while let Some(path) = pending.pop() {
        let stat = match ctx.system.stat(&path, true) {
            Ok(stat) => stat,
            Err(error) => {
                ctx.error(format_args!("cannot access '{path}': {}", strerror(error)));
                code = 1;
                continue;
            }
        };
        let wanted = super::mode::apply(mode, stat.mode & 0o7777, stat.is_dir());
        let changed = ctx
            .system
            .chmod(&path, wanted.unwrap_or(stat.mode & 0o7777));
        if let Err(error) = changed {
            ctx.error(format_args!(
                "changing permissions of '{path}': {}",
                strerror(error)
            ));
            code = 1;
        }
        if recursive && stat.is_dir() {
            match ctx.system.readdir(&path) {
                Ok(entries) => {
                    let inner = entries
                        .iter()
                        .filter(|entry| entry.kind != FileKind::Symlink);
                    pending.extend(inner.map(|entry| join(&path, &entry.name)));
                }
                Err(error) => {
                    ctx.error(format_args!(
                        "cannot read directory '{path}': {}",
                        strerror(error)
                    ));
                    code = 1;
                }
            }
        }
    }
    code
}

/// mktemp: makes a file or directory with a name of its own.
pub fn mktemp(ctx: &mut Context) -> i32 {
    let long = [
        ("directory", 'd'),
        ("dry-run", 'u'),
        ("quiet", 'q'),
        ("tmpdir", 'p'),
    ];
    let (options, operands) = match ctx.options("duqtp:", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let folder = options
        .iter()
        .find(|(letter, _)| *letter == 'p')
        .and_then(|(_, folder)| folder.as_deref());
    let template = operands.first().map_or("tmp.XXXXXXXXXX", String::as_str);
    let folder = match folder {
        _ if operands.is_empty() || has('t') => {
            Some(folder.or(ctx.var("TMPDIR")).unwrap_or("/tmp"))
        }
        other => other,
    };
    let template = folder.map_or(template.to_owned(), |folder| join(folder, template));
    let marks = template.len() - template.trim_end_matches('X').len();
    if marks < 3 {
        ctx.error(format_args!("too few X's in template '{template}'"));
        return 1;
    }
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    for _attempt in 0..100 {
        let random = match random(ctx, marks) {
            Ok(random) => random,
            Err(error) => {
                ctx.path_error("/dev/urandom", error);
                return 1;
            }
        };
        let suffix = random
            .iter()
            .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]));
        let path = format!(
            "{}{}",
            &template[..template.len() - marks],
            suffix.collect::<String>()
        );
        let made = if has('u') {
            Ok(())
        } else if has('d') {
            ctx.system.mkdir(&path, 0o700)
        } else {
            ctx.system
                .open(&path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
                .and_then(|fd| ctx.system.close(fd))
        };
        match made {
            Ok(()) => {
                ctx.line(path);
                return 0;
            }
            Err(Errno::EEXIST) => {}
            Err(error) => {
                ctx.error(format_args!(
                    "failed to create via template '{template}': {}",
                    strerror(error)
                ));
                return 1;
            }
        }
    }
    ctx.error(format_args!(
        "failed to create via template '{template}': File exists"
    ));
    1
}

fn random(ctx: &Context, count: usize) -> Result<Vec<u8>> {
    let fd = ctx.system.open("/dev/urandom", O_CLOEXEC, 0)?;
    let mut bytes = vec![0; count];
    let read = ctx.system.read(fd, &mut bytes);
    ctx.system.close(fd)?;
    read.map(|_| bytes)
}

//! cp and mv.

use super::Context;
use super::context::{base_name, join};
use crate::errno::{Errno, Result};
use crate::system::open_flags::{O_CLOEXEC, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY};
use crate::system::{FileKind, Stat, strerror, write_all};

/// What copying keeps and does.
#[derive(Clone, Copy, Default)]
struct Style {
    recursive: bool,
    /// Symbolic links are copied as links.
    keep_links: bool,
    preserve: bool,
    force: bool,
    no_clobber: bool,
    update: bool,
    verbose: bool,
}

/// Sources, destination, and whether the destination is a directory to put them into; or the exit code.
fn operands(
    ctx: &mut Context,
    mut paths: Vec<String>,
    target: Option<String>,
    never_into: bool,
) -> core::result::Result<(Vec<String>, String, bool), i32> {
    if paths.is_empty() {
        return Err(ctx.usage_error("missing file operand", 1));
    }
    let destination = match target {
        Some(target) => target,
        None => paths.pop().unwrap_or_default(),
    };
    if paths.is_empty() {
        let message = format!("missing destination file operand after '{destination}'");
        return Err(ctx.usage_error(message, 1));
    }
    let into = !never_into
        && ctx
            .system
            .stat(&destination, true)
            .is_ok_and(|stat| stat.is_dir());
    if paths.len() > 1 && !into {
        ctx.error(format_args!("target '{destination}' is not a directory"));
        return Err(1);
    }
    Ok((paths, destination, into))
}

/// cp: copies files and trees.
pub fn cp(ctx: &mut Context) -> i32 {
    let long = [
        ("recursive", 'r'),
        ("archive", 'a'),
        ("force", 'f'),
        ("no-clobber", 'n'),
        ("preserve", 'p'),
        ("update", 'u'),
        ("verbose", 'v'),
        ("target-directory", 't'),
        ("no-dereference", 'P'),
        ("dereference", 'L'),
    ];
    let (options, paths) = match ctx.options("rRafnpuvdPLHTt:i", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |letters: &str| options.iter().any(|(letter, _)| letters.contains(*letter));
    let target = options
        .iter()
        .find(|(letter, _)| *letter == 't')
        .and_then(|(_, value)| value.clone());
    let (sources, destination, into) = match operands(ctx, paths, target, has("T")) {
        Ok(found) => found,
        Err(code) => return code,
    };
    let style = Style {
        recursive: has("rRa"),
        keep_links: has("adP") || has("rR") && !has("L"),
        preserve: has("ap"),
        force: has("f"),
        no_clobber: has("n"),
        update: has("u"),
        verbose: has("v"),
    };
    let mut code = 0;
    for source in &sources {
        let to = if into {
            join(&destination, base_name(source))
        } else {
            destination.clone()
        };
        if !copy(ctx, source, &to, style) {
            code = 1;
        }
    }
    code
}

/// Copies one thing; failures are reported. Answers whether all went well.
fn copy(ctx: &mut Context, from: &str, to: &str, style: Style) -> bool {
    let stat = match ctx.system.stat(from, !style.keep_links) {
        Ok(stat) => stat,
        Err(error) => {
            ctx.error(format_args!("cannot stat '{from}': {}", strerror(error)));
            return false;
        }
    };
    let existing = ctx.system.stat(to, true);
    if let Ok(existing) = existing {
        if (existing.dev, existing.ino) == (stat.dev, stat.ino) {
            ctx.error(format_args!("'{from}' and '{to}' are the same file"));
            return false;
        }
        let newer = style.update && existing.mtime >= stat.mtime;
        if (style.no_clobber || newer) && !stat.is_dir() {
            return true;
        }
    }
    if stat.is_dir() {
        return copy_directory(ctx, from, to, &stat, style);
    }
    if style.verbose {
        ctx.line(format!("'{from}' -> '{to}'"));
    }
    let copied = match stat.kind() {
        FileKind::Symlink => ctx.system.readlink(from).and_then(|target| {
            if ctx.system.stat(to, false).is_ok() {
                ctx.system.unlink(to)?;
            }
            ctx.system.symlink(&target, to)
        }),
        FileKind::Fifo if style.recursive => ctx.system.mkfifo(to, stat.mode & 0o7777),
        _ => copy_contents(ctx, from, to, &stat, style),
    };
    match copied {
        Ok(()) => true,
        Err(error) => {
            let text = strerror(error);
            ctx.error(format_args!("cannot copy '{from}' to '{to}': {text}"));
            false
        }
    }
}

fn copy_directory(ctx: &mut Context, from: &str, to: &str, stat: &Stat, style: Style) -> bool {
    if !style.recursive {
        ctx.error(format_args!(
            "-r not specified; omitting directory '{from}'"
        ));
        return false;
    }
    let inside = |ctx: &Context| -> Result<bool> {
        let from = ctx.system.realpath(from)?;
        let parent = to
            .trim_end_matches('/')
            .rsplit_once('/')
            .map_or(".", |(parent, _)| parent);
        let parent = ctx
            .system
            .realpath(if parent.is_empty() { "/" } else { parent })?;
        Ok(parent == from || parent.starts_with(&format!("{from}/")))
    };
    if inside(ctx) == Ok(true) {
        ctx.error(format_args!(
            "cannot copy a directory, '{from}', into itself, '{to}'"
        ));
        return false;
    }
    match ctx.system.mkdir(to, stat.mode & 0o777 | 0o700) {
        Ok(()) => {}
        Err(Errno::EEXIST) if ctx.system.stat(to, true).is_ok_and(|stat| stat.is_dir()) => {}
        Err(error) => {
            ctx.error(format_args!(
                "cannot create directory '{to}': {}",
                strerror(error)
            ));
            return false;
        }
    }
    let entries = match ctx.system.readdir(from) {
        Ok(entries) => entries,
        Err(error) => {
            ctx.error(format_args!("cannot access '{from}': {}", strerror(error)));
            return false;
        }
    };
    let mut ok = true;
    for entry in entries {
        ok &= copy(ctx, &join(from, &entry.name), &join(to, &entry.name), style);
    }
    if style.preserve
        && let Err(error) = ctx.system.utimes(to, stat.atime, stat.mtime, true)
    {
        ctx.error(format_args!(
            "preserving times for '{to}': {}",
            strerror(error)
        ));
        ok = false;
    }
    ok
}

fn copy_contents(ctx: &Context, from: &str, to: &str, stat: &Stat, style: Style) -> Result<()> {
    let system = ctx.system;
    let input = system.open(from, O_RDONLY | O_CLOEXEC, 0)?;
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    let mut output = system.open(to, flags, stat.mode & 0o777);
    if style.force && output.is_err() {
        output = system
            .unlink(to)
            .and_then(|()| system.open(to, flags, stat.mode & 0o777));
    }
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            system.close(input)?;
            return Err(error);
        }
    };
    let mut chunk = vec![0; 128 * 1024];
    let copied = loop {
        match system.read(input, &mut chunk) {
            Ok(0) => break Ok(()),
            Ok(count) => {
                if let Err(error) = write_all(system, output, &chunk[..count]) {
                    break Err(error);
                }
            }
            Err(Errno::EINTR) => {}
            Err(error) => break Err(error),
        }
    };
    system.close(input)?;
    system.close(output)?;
    copied?;
    if style.preserve {
        system.chmod(to, stat.mode & 0o7777)?;
        system.utimes(to, stat.atime, stat.mtime, true)?;
    }
    Ok(())
}

/// mv: renames, or copies and removes between file systems.
pub fn mv(ctx: &mut Context) -> i32 {
    let long = [
        ("force", 'f'),
        ("no-clobber", 'n'),
        ("update", 'u'),
        ("verbose", 'v'),
        ("target-directory", 't'),
        ("no-target-directory", 'T'),
    ];
    let (options, paths) = match ctx.options("fnuvTt:i", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let target = options
        .iter()
        .find(|(letter, _)| *letter == 't')
        .and_then(|(_, value)| value.clone());
    let (sources, destination, into) = match operands(ctx, paths, target, has('T')) {
        Ok(found) => found,
        Err(code) => return code,
    };
    let mut code = 0;
    for source in &sources {
        let to = if into {
            join(&destination, base_name(source))
        } else {
            destination.clone()
        };
        let stat = match ctx.system.stat(source, false) {
            Ok(stat) => stat,
            Err(error) => {
                ctx.error(format_args!("cannot stat '{source}': {}", strerror(error)));
                code = 1;
                continue;
            }
        };
        if let Ok(existing) = ctx.system.stat(&to, false) {
            if (existing.dev, existing.ino) == (stat.dev, stat.ino) && stat.nlink < 2 {
                ctx.error(format_args!("'{source}' and '{to}' are the same file"));
                code = 1;
                continue;
            }
            if has('n') || has('u') && existing.mtime >= stat.mtime {
                continue;
            }
        }
        let moved = match ctx.system.rename(source, &to) {
            Err(Errno::EXDEV) => {
                let style = Style {
                    recursive: true,
                    keep_links: true,
                    preserve: true,
                    ..Style::default()
                };
                if !copy(ctx, source, &to, style) {
                    code = 1;
                    continue;
                }
                if stat.is_dir() {
                    super::files::remove_tree(ctx, source, false).map_err(|(_, error)| error)
                } else {
                    ctx.system.unlink(source)
                }
            }
            other => other,
        };
        match moved {
            Ok(()) if has('v') => ctx.line(format!("renamed '{source}' -> '{to}'")),
            Ok(()) => {}
            Err(error) => {
                let text = strerror(error);
                ctx.error(format_args!("cannot move '{source}' to '{to}': {text}"));
                code = 1;
            }
        }
    }
    code
}

//! basename, dirname, realpath, readlink, pwd: names of files.

use super::Context;
use super::context::{base_name, join};

/// basename: the last part of a path.
pub fn basename(ctx: &mut Context) -> i32 {
    let (options, operands) = match ctx.options("as:z", &[("multiple", 'a'), ("suffix", 's')], 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    if operands.is_empty() {
        return ctx.missing_operand();
    }
    let given = options
        .iter()
        .find(|(letter, _)| *letter == 's')
        .and_then(|(_, value)| value.clone());
    let many = !options.is_empty();
    let suffix = given
        .or(if many { None } else { operands.get(1).cloned() })
        .unwrap_or_default();
    for path in operands.iter().take(if many { usize::MAX } else { 1 }) {
        let name = base_name(path);
        let stripped = name
            .strip_suffix(suffix.as_str())
            .filter(|rest| !rest.is_empty());
        ctx.line(stripped.unwrap_or(name));
    }
    0
}

/// dirname: a path without its last part.
pub fn dirname(ctx: &mut Context) -> i32 {
    let (_, operands) = match ctx.options("z", &[], 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    if operands.is_empty() {
        return ctx.missing_operand();
    }
    for path in &operands {
        let trimmed = path.trim_end_matches('/');
        let parent = match trimmed.rsplit_once('/') {
            _ if trimmed.is_empty() && path.starts_with('/') => "/",
            None => ".",
            Some((parent, _)) if parent.trim_end_matches('/').is_empty() => "/",
            Some((parent, _)) => parent.trim_end_matches('/'),
        };
        ctx.line(parent);
    }
    0
}

/// realpath: a path without links, `.` and `..`.
pub fn realpath(ctx: &mut Context) -> i32 {
    let (options, operands) = match ctx.options(
        "emqsz",
        &[
            ("canonicalize-existing", 'e'),
            ("canonicalize-missing", 'm'),
        ],
        1,
    ) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    if operands.is_empty() {
        return ctx.missing_operand();
    }
    let must_exist = options.iter().any(|(letter, _)| *letter == 'e');
    let mut code = 0;
    for path in &operands {
        match resolve(ctx, path, must_exist) {
            Ok(path) => ctx.line(path),
            Err(error) => {
                ctx.path_error(path, error);
                code = 1;
            }
        }
    }
    code
}

/// The real path; its last part need not exist.
fn resolve(ctx: &Context, path: &str, must_exist: bool) -> crate::errno::Result<String> {
    ctx.system.realpath(path).or_else(|error| {
        if must_exist || error != crate::errno::Errno::ENOENT {
            return Err(error);
        }
        let trimmed = path.trim_end_matches('/');
        let (parent, name) = trimmed.rsplit_once('/').unwrap_or((".", trimmed));
        let parent = ctx
            .system
            .realpath(if parent.is_empty() { "/" } else { parent })?;
        Ok(join(&parent, name))
    })
}

/// readlink: where a link points.
pub fn readlink(ctx: &mut Context) -> i32 {
    let (options, operands) = match ctx.options("femnqsvz", &[("canonicalize", 'f')], 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    if operands.is_empty() {
        return ctx.missing_operand();
    }
    let has = |letters: &str| options.iter().any(|(letter, _)| letters.contains(*letter));
    let mut code = 0;
    for path in &operands {
        let found = if has("fem") {
            resolve(ctx, path, has("e"))
        } else {
            ctx.system.readlink(path)
        };
        match found {
            Ok(target) if has("n") => ctx.write(target),
            Ok(target) => ctx.line(target),
            Err(_) => code = 1,
        }
    }
    code
}

/// pwd: the working directory.
pub fn pwd(ctx: &mut Context) -> i32 {
    let (options, _) = match ctx.options("LP", &[("logical", 'L'), ("physical", 'P')], 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let physical = options.last().is_some_and(|(letter, _)| *letter == 'P');
    let actual = match ctx.system.getcwd() {
        Ok(path) => path,
        Err(error) => {
            ctx.path_error("cannot find the working directory", error);
            return 1;
        }
    };
    // `PWD` may lead through links, but must lead to the same place.
    let logical = ctx
        .var("PWD")
        .filter(|path| path.starts_with('/') && !physical);
    let same = logical.filter(|path| ctx.system.realpath(path).as_deref() == Ok(&actual));
    ctx.line(same.unwrap_or(&actual));
    0
}

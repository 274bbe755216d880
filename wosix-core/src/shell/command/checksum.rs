//! md5sum, sha1sum, sha256sum, sha512sum: digests of files, and the check of such lists.

use md5::Md5;
use sha1::Sha1;
use sha1::digest::DynDigest;
use sha2::{Sha256, Sha512};

use super::Context;
use super::context::{chomp, lines};
use crate::errno::{Errno, Result};

/// md5sum
pub fn md5sum(ctx: &mut Context) -> i32 {
    main(ctx, &mut Md5::default())
}

/// sha1sum
pub fn sha1sum(ctx: &mut Context) -> i32 {
    main(ctx, &mut Sha1::default())
}

/// sha256sum
pub fn sha256sum(ctx: &mut Context) -> i32 {
    main(ctx, &mut Sha256::default())
}

/// sha512sum
pub fn sha512sum(ctx: &mut Context) -> i32 {
    main(ctx, &mut Sha512::default())
}

fn main(ctx: &mut Context, digest: &mut dyn DynDigest) -> i32 {
    let long = [
        ("check", 'c'),
        ("binary", 'b'),
        ("text", 't'),
        ("quiet", 'q'),
        ("status", 's'),
    ];
    let (options, mut paths) = match ctx.options("cbtqs", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    if paths.is_empty() {
        paths.push("-".into());
    }
    let mut code = 0;
    for path in &paths {
        if has('c') {
            code = code.max(check(ctx, digest, path, has('q'), has('s')));
            continue;
        }
        match sum(ctx, digest, path) {
            Ok(sum) => {
                let mark = if has('b') { '*' } else { ' ' };
                ctx.line(format!("{sum} {mark}{path}"));
            }
            Err(error) => {
                ctx.path_error(path, error);
                code = 1;
            }
        }
    }
    code
}

/// The digest of a file in hexadecimal.
fn sum(ctx: &Context, digest: &mut dyn DynDigest, path: &str) -> Result<String> {
    let input = ctx.open_input(path)?;
    digest.reset();
    let mut chunk = vec![0; 64 * 1024];
    let ended = loop {
        match ctx.system.read(input.fd, &mut chunk) {
            Ok(0) => break Ok(()),
            Ok(count) => digest.update(&chunk[..count]),
            Err(Errno::EINTR) => {}
            Err(error) => break Err(error),
        }
    };
    input.close(ctx.system)?;
    ended?;
    let mut bytes = vec![0; digest.output_size()];
    // The buffer has the digest's own size.
    digest
        .finalize_into_reset(&mut bytes)
        .map_err(|_| Errno::EINVAL)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// `-c`: reads a list of digests and names, and compares.
fn check(
    ctx: &mut Context,
    digest: &mut dyn DynDigest,
    list: &str,
    quiet: bool,
    silent: bool,
) -> i32 {
    let contents = match ctx.read_input(list) {
        Ok(contents) => contents,
        Err(error) => {
            ctx.path_error(list, error);
            return 1;
        }
    };
    let (mut wrong, mut unreadable, mut checked) = (0, 0, 0);
    for line in lines(&contents) {
        let line = String::from_utf8_lossy(chomp(line)).into_owned();
        let Some((wanted, name)) = line.split_once(' ') else {
            continue;
        };
        let Some(name) = name.strip_prefix([' ', '*']) else {
            continue;
        };
        checked += 1;
        let verdict = match sum(ctx, digest, name) {
            Ok(sum) if sum.eq_ignore_ascii_case(wanted) => "OK",
            Ok(_) => {
                wrong += 1;
                "FAILED"
            }
            Err(error) => {
                ctx.path_error(name, error);
                unreadable += 1;
                "FAILED open or read"
            }
        };
        let told = !quiet || verdict != "OK";
        if told && !silent {
            ctx.line(format!("{name}: {verdict}"));
        }
    }
    if checked == 0 {
        ctx.error(format_args!(
            "{list}: no properly formatted checksum lines found"
        ));
        return 1;
    }
    if !silent {
        if unreadable > 0 {
            let (noun, verb) = ("listed file", "could not be read");
            ctx.error(format_args!(
                "WARNING: {unreadable} {noun}{} {verb}",
                plural(unreadable)
            ));
        }
        if wrong > 0 {
            ctx.error(format_args!(
                "WARNING: {wrong} computed checksum{} did NOT match",
                plural(wrong)
            ));
        }
    }
    i32::from(wrong + unreadable > 0)
}

fn plural(count: u32) -> &'static str {
    if count == 1 { "" } else { "s" }
}

//! sed: edits lines by a script.
//!
//! Lines are text: bytes that are not UTF-8 come out as replacement characters.

mod lines;
mod parse;
mod run;

use super::Context;
use parse::{Command, Script};
use run::Machine;

/// What the command line asks for.
struct Arguments {
    /// `-n`: print only what the script says.
    quiet: bool,
    /// `-s`, or implied by `-i`: line numbers begin anew with each file.
    separate: bool,
    /// `-i`: write the result back; the text is appended to the name of a copy of the original.
    in_place: Option<String>,
}

/// See the module.
pub fn main(ctx: &mut Context) -> i32 {
    // `-i` takes its value only when attached, which no other option of ours does.
    let mut suffix = String::new();
    let mut args = ctx.args.to_vec();
    for arg in &mut args {
        if arg == "--" {
            break;
        }
        if let Some(rest) = arg.strip_prefix("-i").filter(|rest| !rest.is_empty()) {
            rest.clone_into(&mut suffix);
            *arg = "-i".into();
        }
    }
    let mut inner = ctx.with_args(&args);
    let code = main_inner(&mut inner, suffix);
    inner.finish(code)
}

fn main_inner(ctx: &mut Context, mut suffix: String) -> i32 {
    let long = [
        ("quiet", 'n'),
        ("silent", 'n'),
        ("expression", 'e'),
        ("file", 'f'),
        ("regexp-extended", 'E'),
        ("in-place", 'i'),
        ("separate", 's'),
        ("unbuffered", 'u'),
    ];
    let (options, mut paths) = match ctx.options("nEre:f:isu", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |letters: &str| options.iter().any(|(letter, _)| letters.contains(*letter));
    let mut source = Vec::new();
    for (letter, value) in &options {
        match (letter, value) {
            ('e', Some(text)) => source.push(text.clone()),
            ('f', Some(path)) => match ctx.read_input(path) {
                Ok(bytes) => source.push(
                    String::from_utf8_lossy(&bytes)
                        .trim_end_matches('\n')
                        .to_owned(),
                ),
                Err(error) => {
                    ctx.error(format_args!(
                        "couldn't open file {path}: {}",
                        crate::system::strerror(error)
                    ));
                    return 1;
                }
            },
            ('i', Some(text)) => suffix.clone_from(text),
            _ => {}
        }
    }
    if source.is_empty() {
        if paths.is_empty() {
            return ctx.usage_error("no script given", 1);
        }
        source.push(paths.remove(0));
    }
    let script = match Script::parse(&source.join("\n"), has("Er")) {
        Ok(script) => script,
        Err(error) => {
            ctx.error(format_args!(
                "-e expression #1, char {}: {}",
                error.at, error.message
            ));
            return 1;
        }
    };
    if paths.is_empty() {
        paths.push("-".into());
    }
    let arguments = Arguments {
        quiet: has("n") || script.quiet,
        separate: has("is"),
        in_place: has("i").then_some(suffix),
    };
    Machine::new(ctx, &script, &arguments).run(&paths)
}

//! The commands for files and text: one file a command or family, one table of all of them.
//!
//! Each behaves as its GNU namesake for the options it knows, down to the error texts, and refuses the others.

mod base64;
mod cat;
mod checksum;
mod context;
mod copy;
mod date;
mod diff;
mod disk;
mod echo;
pub(super) mod escape;
mod expr;
mod files;
mod find;
mod grep;
mod head;
mod info;
mod ls;
pub(super) mod mode;
mod pager;
mod path_names;
mod pattern;
mod printf;
mod process;
mod sed;
mod sort;
mod stat;
pub(super) mod test;
mod text;
mod tree;
mod xxd;

pub use context::{Context, join};

use crate::system::System;

/// Entry point of a program: answers the exit code.
pub type Main = fn(&mut Context) -> i32;

/// One program.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Name it is found by in `/bin`.
    pub name: &'static str,
    /// Entry point.
    pub main: Main,
    /// What follows the name in the usage line.
    pub usage: &'static str,
}

const fn program(name: &'static str, main: Main, usage: &'static str) -> Program {
    Program { name, main, usage }
}

const SHELL_USAGE: &str = "[-ceilsux] [--osc] [-o OPTION] [COMMAND | FILE] [ARGUMENT]...";

const CHECKSUM_USAGE: &str = "[-cbtqs] [FILE]...";

/// All programs, sorted by name.
pub const PROGRAMS: &[Program] = &[
    program("[", test::bracket, "EXPRESSION ]"),
    program("base64", base64::main, "[-di] [-w COLUMNS] [FILE]"),
    program(
        "basename",
        path_names::basename,
        "[-a] [-s SUFFIX] NAME... [SUFFIX]",
    ),
    program("bash", super::main::main, SHELL_USAGE),
    program("cat", cat::main, "[-nbsETvA] [FILE]..."),
    program("chmod", files::chmod, "[-R] MODE FILE..."),
    program("clear", info::clear, ""),
    program("cp", copy::cp, "[-rafnpuv] [-t DIRECTORY] SOURCE... DEST"),
    program(
        "cut",
        text::cut,
        "-f|-c|-b LIST [-d DELIMITER] [-s] [FILE]...",
    ),
    program("date", date::main, "[-uIR] [-d STRING] [-r FILE] [+FORMAT]"),
    program("df", disk::df, "[-h] [FILE]..."),
    program(
        "diff",
        diff::main,
        "[-uqsrNiwba] [-U LINES] [--color[=WHEN]] OLD NEW",
    ),
    program("dirname", path_names::dirname, "NAME..."),
    program("du", disk::du, "[-shacb] [-d DEPTH] [FILE]..."),
    program("echo", echo::main, "[-neE] [STRING]..."),
    program(
        "env",
        process::env,
        "[-i] [-u NAME] [-C DIR] [-S STRING] [NAME=VALUE]... [COMMAND [ARG]...]",
    ),
    program("expr", expr::main, "EXPRESSION"),
    program("false", process::false_, ""),
    program("find", find::main, "[PATH]... [EXPRESSION]"),
    program(
        "grep",
        grep::main,
        "[-rinvlLcEFowxhHq] [-e PATTERN] [-ABCm N] PATTERN [FILE]...",
    ),
    program("head", head::head, "[-n LINES] [-c BYTES] [-qv] [FILE]..."),
    program("hostname", info::hostname, ""),
    program("id", info::id, "[-ugGn]"),
    program("jsh", super::main::main, SHELL_USAGE),
    program("kill", process::kill, "[-s SIGNAL | -SIGNAL] PID... | -l"),
    program("less", pager::main, "[-FNRSX] [FILE]..."),
    program("ln", files::ln, "[-sfnvT] TARGET... LINK"),
    program(
        "ls",
        ls::main,
        "[-aAl1RhFpidrtSUC] [--color[=WHEN]] [FILE]...",
    ),
    program("md5sum", checksum::md5sum, CHECKSUM_USAGE),
    program("mkdir", files::mkdir, "[-pv] [-m MODE] DIRECTORY..."),
    program("mktemp", files::mktemp, "[-dut] [-p DIR] [TEMPLATE]"),
    program("more", pager::main, "[-FNRSX] [FILE]..."),
    program("mv", copy::mv, "[-fnuvT] [-t DIRECTORY] SOURCE... DEST"),
    program("printenv", process::printenv, "[NAME]..."),
    program("printf", printf::main, "FORMAT [ARGUMENT]..."),
    program("ps", process::ps, ""),
    program("pwd", path_names::pwd, "[-LP]"),
    program("readlink", path_names::readlink, "[-femn] FILE..."),
    program("realpath", path_names::realpath, "[-em] FILE..."),
    program("rm", files::rm, "[-rfdv] FILE..."),
    program("rmdir", files::rmdir, "[-p] DIRECTORY..."),
    program(
        "sed",
        sed::main,
        "[-nEs] [-i[SUFFIX]] [-e SCRIPT | -f FILE | SCRIPT] [FILE]...",
    ),
    program(
        "seq",
        text::seq,
        "[-w] [-s STRING] [FIRST [INCREMENT]] LAST",
    ),
    program("sh", super::main::main, SHELL_USAGE),
    program("sha1sum", checksum::sha1sum, CHECKSUM_USAGE),
    program("sha256sum", checksum::sha256sum, CHECKSUM_USAGE),
    program("sha512sum", checksum::sha512sum, CHECKSUM_USAGE),
    program("sleep", process::sleep, "NUMBER[smhd]..."),
    program(
        "sort",
        sort::sort,
        "[-bfghnrsuVc] [-k KEY] [-t SEP] [-o FILE] [FILE]...",
    ),
    program("stat", stat::main, "[-L] [-c FORMAT] FILE..."),
    program("tail", head::tail, "[-n LINES] [-c BYTES] [-fqv] [FILE]..."),
    program("tee", text::tee, "[-a] [FILE]..."),
    program("test", test::main, "EXPRESSION"),
    program(
        "touch",
        files::touch,
        "[-acm] [-r FILE] [-d STRING] FILE...",
    ),
    program("tr", text::tr, "[-cds] SET1 [SET2]"),
    program(
        "tree",
        tree::main,
        "[-ad] [-L DEPTH] [-I NAMES] [DIRECTORY]...",
    ),
    program("true", process::true_, ""),
    program("uname", info::uname, "[-asnrvmo]"),
    program(
        "uniq",
        sort::uniq,
        "[-cdui] [-f FIELDS] [-s CHARS] [INPUT [OUTPUT]]",
    ),
    program("uptime", info::uptime, ""),
    program("wc", text::wc, "[-lwcmL] [FILE]..."),
    program("which", process::which, "[-a] NAME..."),
    program("whoami", info::whoami, ""),
    program(
        "xargs",
        process::xargs,
        "[-0rt] [-n MAX] [-I REPLACE] [-d DELIM] [COMMAND [ARG]...]",
    ),
    program(
        "xxd",
        xxd::main,
        "[-rpiu] [-c COLUMNS] [-g BYTES] [-l LENGTH] [-s OFFSET] [INFILE [OUTFILE]]",
    ),
    program("yes", text::yes, "[STRING]..."),
];

/// The program with this name.
pub fn find(name: &str) -> Option<&'static Program> {
    PROGRAMS
        .binary_search_by(|program| program.name.cmp(name))
        .ok()
        .map(|index| &PROGRAMS[index])
}

/// Runs `program` as a process of its own with the arguments after `argv[0]`; answers the exit code.
pub fn run(system: &dyn System, program: &Program, args: &[String]) -> i32 {
    let env = system.environ();
    run_with_env(system, program, args, &env)
}

/// Runs `program` inside the calling process with the environment `env` (`NAME=value` each), as a builtin does.
pub fn run_with_env(
    system: &dyn System,
    program: &Program,
    args: &[String],
    env: &[String],
) -> i32 {
    let mut context = Context::new(system, program, args, env);
    let code = (program.main)(&mut context);
    context.finish(code)
}

/// Columns of the terminal that the standard output is, or of `COLUMNS`.
fn terminal_width(ctx: &Context) -> usize {
    let size = ctx
        .system
        .window_size(1)
        .map(|(columns, _)| columns as usize);
    let variable = || ctx.var("COLUMNS").and_then(|text| text.parse().ok());
    size.ok()
        .filter(|columns| *columns > 0)
        .or_else(variable)
        .unwrap_or(80)
}

/// `names` in as many columns of lines as fit into `width`, filled from top to bottom. Colour sequences take no room.
pub(super) fn columns(names: &[String], width: usize) -> String {
    if names.is_empty() {
        return String::new();
    }
    let shown: Vec<usize> = names
        .iter()
        .map(|name| super::visible_width(name))
        .collect();
    let mut layout = (names.len(), Vec::new());
    for rows in 1..=names.len() {
        let widths = shown
            .chunks(rows)
            .map(|column| column.iter().max().copied().unwrap_or(0));
        let widths: Vec<usize> = widths.collect();
        let total = widths.iter().sum::<usize>() + 2 * (widths.len() - 1);
        if total < width || rows == names.len() {
            layout = (rows, widths);
            break;
        }
    }
    let (rows, widths) = layout;
    let mut out = String::new();
    for row in 0..rows {
        let cells: Vec<usize> = (row..names.len()).step_by(rows).collect();
        for (column, &index) in cells.iter().enumerate() {
            out.push_str(&names[index]);
            if column + 1 < cells.len() {
                out.push_str(&" ".repeat(widths[column] + 2 - shown[index]));
            }
        }
        out.push('\n');
    }
    out
}

/// A size as `1.5K`, rounded up as GNU does.
fn human(bytes: u64) -> String {
    const UNITS: [char; 5] = ['K', 'M', 'G', 'T', 'P'];
    let mut value = bytes as f64;
    let mut unit = None;
    for next in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = Some(next);
    }
    match unit {
        None => bytes.to_string(),
        Some(unit) if value < 10.0 => format!("{:.1}{unit}", (value * 10.0).ceil() / 10.0),
        Some(unit) => format!("{:.0}{unit}", value.ceil()),
    }
}

#[cfg(test)]
mod tests;

//! `ulimit`. The kernel has limits of its own, which nobody can move: they are told, and what would change them is refused.

use super::super::run::{Run, Shell};
use crate::process::descriptor::DESCRIPTOR_LIMIT;

/// A limit: its option, what `-a` calls it, and its value (`None`: unlimited).
struct Limit(char, &'static str, Option<usize>);

const LIMITS: &[Limit] = &[
    Limit('t', "time(seconds)", None),
    Limit('f', "file(blocks)", None),
    Limit('d', "data(kbytes)", None),
    // No process leaves a core behind.
    Limit('c', "coredump(blocks)", Some(0)),
    Limit('m', "memory(kbytes)", None),
    Limit('n', "nofiles", Some(DESCRIPTOR_LIMIT)),
    Limit('v', "vmemory(kbytes)", None),
];

fn shown(value: Option<usize>) -> String {
    value.map_or("unlimited".into(), |value| value.to_string())
}

/// `ulimit [-HSa] [-cdfmntv] [limit]` (POSIX, and dash's letters)
pub fn ulimit(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    let mut letter = 'f';
    let mut all = false;
    let mut args = argv[1..].iter();
    let mut wanted = None;
    for arg in args.by_ref() {
        let Some(options) = arg.strip_prefix('-').filter(|options| !options.is_empty()) else {
            wanted = Some(arg.as_str());
            break;
        };
        for option in options.chars() {
            match option {
                'H' | 'S' => {}
                'a' => all = true,
                other if LIMITS.iter().any(|limit| limit.0 == other) => letter = other,
                other => return shell.fail(&format!("ulimit: illegal option -{other}"), 2),
            }
        }
    }
    if args.next().is_some() || (all && wanted.is_some()) {
        return shell.fail("ulimit: too many arguments", 2);
    }
    if all {
        let lines: Vec<String> = LIMITS
            .iter()
            .map(|Limit(_, name, value)| format!("{name:<20} {}\n", shown(*value)))
            .collect();
        shell.print(&lines.concat());
        return Ok(());
    }
    let limit = LIMITS.iter().find(|limit| limit.0 == letter);
    let value = limit.and_then(|limit| limit.2);
    match wanted {
        None => shell.print(&format!("{}\n", shown(value))),
        Some(wanted) if wanted == shown(value) => {}
        Some(wanted) if wanted != "unlimited" && wanted.parse::<usize>().is_err() => {
            return shell.fail("ulimit: bad number", 2);
        }
        Some(_) => {
            return shell.fail("ulimit: error setting limit (operation not permitted)", 2);
        }
    }
    Ok(())
}

/// `times`: the time that the shell and its commands computed. The system keeps no account of it, which reads as none.
pub fn times(shell: &mut Shell, _argv: &[String]) -> Run<()> {
    shell.status = 0;
    shell.print("0m0.000000s 0m0.000000s\n0m0.000000s 0m0.000000s\n");
    Ok(())
}

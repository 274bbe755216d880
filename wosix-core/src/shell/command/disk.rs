//! du and df: how much room files take, and how much there is.

use super::Context;
use super::context::join;
use crate::system::strerror;

/// du: how much trees take.
pub fn du(ctx: &mut Context) -> i32 {
    let long = [
        ("summarize", 's'),
        ("human-readable", 'h'),
        ("all", 'a'),
        ("max-depth", 'd'),
        ("total", 'c'),
        ("bytes", 'b'),
    ];
    let (options, mut paths) = match ctx.options("shackbd:x", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let depth = options
        .iter()
        .find(|(letter, _)| *letter == 'd')
        .and_then(|(_, value)| value.as_ref()?.parse().ok());
    let style = Usage {
        most: if has('s') {
            0
        } else {
            depth.unwrap_or(usize::MAX)
        },
        all: has('a'),
        human: has('h'),
        bytes: has('b'),
    };
    if paths.is_empty() {
        paths.push(".".into());
    }
    let (mut total, mut ok) = (0, true);
    for path in &paths {
        match style.walk(ctx, path, 0) {
            Some(size) => total += size,
            None => ok = false,
        }
    }
    if has('c') {
        let text = style.text(total);
        ctx.line(format!("{text}\ttotal"));
    }
    i32::from(!ok)
}

struct Usage {
    most: usize,
    all: bool,
    human: bool,
    bytes: bool,
}

impl Usage {
    fn text(&self, size: u64) -> String {
        match () {
            () if self.human => super::human(size),
            () if self.bytes => size.to_string(),
            () => size.div_ceil(1024).to_string(),
        }
    }

    fn walk(&self, ctx: &mut Context, path: &str, depth: usize) -> Option<u64> {
        let stat = match ctx.system.stat(path, false) {
            Ok(stat) => stat,
            Err(error) => {
                ctx.error(format_args!("cannot access '{path}': {}", strerror(error)));
                return None;
            }
        };
        let mut size = if self.bytes {
            stat.size
        } else {
            stat.blocks * 512
        };
        if stat.is_dir() {
            match ctx.system.readdir(path) {
                Ok(entries) => {
                    for entry in entries {
                        size += self
                            .walk(ctx, &join(path, &entry.name), depth + 1)
                            .unwrap_or(0);
                    }
                }
                Err(error) => ctx.error(format_args!(
                    "cannot read directory '{path}': {}",
                    strerror(error)
                )),
            }
        }
        if depth == 0 || depth <= self.most && (stat.is_dir() || self.all) {
            let text = self.text(size);
            ctx.line(format!("{text}\t{path}"));
        }
        Some(size)
    }
}

/// df: how full file systems are.
pub fn df(ctx: &mut Context) -> i32 {
    let (options, mut paths) = match ctx.options("hkPT", &[("human-readable", 'h')], 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let human = options.iter().any(|(letter, _)| *letter == 'h');
    if paths.is_empty() {
        paths.push("/".into());
    }
    let unit = if human { "Size" } else { "1K-blocks" };
    ctx.line(format!(
        "{:<14} {unit:>10} {:>10} {:>10} Use% Mounted on",
        "Filesystem", "Used", "Available"
    ));
    let mut code = 0;
    for path in &paths {
        let found = match ctx.system.statfs(path) {
            Ok(found) => found,
            Err(error) => {
                ctx.path_error(path, error);
                code = 1;
                continue;
            }
        };
        let text = |blocks: u64| {
            let bytes = blocks * found.block_size;
            if human {
                super::human(bytes)
            } else {
                (bytes / 1024).to_string()
            }
        };
        let used = found.blocks.saturating_sub(found.free);
        let share = (used * 100)
            .checked_div(used + found.available)
            .unwrap_or(0);
        ctx.line(format!(
            "{:<14} {:>10} {:>10} {:>10} {share:>3}% {path}",
            "wosix",
            text(found.blocks),
            text(used),
            text(found.available)
        ));
    }
    code
}

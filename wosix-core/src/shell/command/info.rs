//! basename, dirname, realpath, readlink, pwd, stat, du, df, id, whoami, uname, hostname, uptime, clear, tree: facts about paths and the system.

use super::Context;
use super::context::{base_name, join};
use crate::system::{FileKind, read_file, strerror};

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

/// stat: facts about files.
pub fn stat(ctx: &mut Context) -> i32 {
    let (options, paths) = match ctx.options(
        "Lc:f",
        &[("dereference", 'L'), ("format", 'c'), ("printf", 'c')],
        1,
    ) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    if paths.is_empty() {
        return ctx.missing_operand();
    }
    let follow = options.iter().any(|(letter, _)| *letter == 'L');
    let format = options
        .iter()
        .find(|(letter, _)| *letter == 'c')
        .and_then(|(_, value)| value.clone());
    let format = format.unwrap_or(
        "  File: %N\n  Size: %s\tBlocks: %b\tIO Block: 4096\t%F\nDevice: %d\tInode: %i\tLinks: %h\nAccess: (%a/%A)  Uid: %u  Gid: %g\nAccess: %x\nModify: %y\nChange: %z"
            .into(),
    );
    let mut code = 0;
    for path in &paths {
        let stat = match ctx.system.stat(path, follow) {
            Ok(stat) => stat,
            Err(error) => {
                ctx.error(format_args!("cannot statx '{path}': {}", strerror(error)));
                code = 1;
                continue;
            }
        };
        let time = |ms: f64| super::date::format("%Y-%m-%d %H:%M:%S.%N +0000", ms);
        let mut out = String::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let piece = match chars.next() {
                Some('n') => path.clone(),
                Some('N') => match ctx.system.readlink(path) {
                    Ok(target) if stat.kind() == FileKind::Symlink => {
                        format!("'{path}' -> '{target}'")
                    }
                    _ => format!("'{path}'"),
                },
                Some('s') => stat.size.to_string(),
                Some('b') => stat.blocks.to_string(),
                Some('B') => "512".into(),
                Some('F') => kind_name(stat.kind(), stat.size).into(),
                Some('d') => stat.dev.to_string(),
                Some('i') => stat.ino.to_string(),
                Some('h') => stat.nlink.to_string(),
                Some('a') => format!("{:o}", stat.mode & 0o7777),
                Some('A') => super::mode::text(stat.mode),
                Some('f') => format!("{:x}", stat.mode),
                Some('u') => stat.uid.to_string(),
                Some('g') => stat.gid.to_string(),
                Some('U') => name_of(ctx, stat.uid),
                Some('G') => name_of(ctx, stat.gid),
                Some('x') => time(stat.atime),
                Some('y') => time(stat.mtime),
                Some('z') => time(stat.ctime),
                Some('X') => ((stat.atime / 1e3) as i64).to_string(),
                Some('Y') => ((stat.mtime / 1e3) as i64).to_string(),
                Some('Z') => ((stat.ctime / 1e3) as i64).to_string(),
                Some('%') => "%".into(),
                Some(other) => format!("%{other}"),
                None => "%".into(),
            };
            out.push_str(&piece);
        }
        ctx.line(out);
    }
    code
}

fn kind_name(kind: FileKind, size: u64) -> &'static str {
    match kind {
        FileKind::File if size == 0 => "regular empty file",
        FileKind::File => "regular file",
        FileKind::Directory => "directory",
        FileKind::Symlink => "symbolic link",
        FileKind::Fifo => "fifo",
        FileKind::Socket => "socket",
        FileKind::CharDevice => "character special file",
        FileKind::BlockDevice => "block special file",
        FileKind::Unknown => "unknown",
    }
}

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

/// Name of a user or group, from /etc/passwd.
fn name_of(ctx: &Context, id: u32) -> String {
    let passwd = read_file(ctx.system, "/etc/passwd").unwrap_or_default();
    let passwd = String::from_utf8_lossy(&passwd).into_owned();
    let line = passwd
        .lines()
        .find(|line| line.split(':').nth(2) == Some(&id.to_string()));
    line.and_then(|line| line.split(':').next())
        .map_or(id.to_string(), str::to_owned)
}

/// id: who the user is.
pub fn id(ctx: &mut Context) -> i32 {
    let (options, _) =
        match ctx.options("ugGnr", &[("user", 'u'), ("group", 'g'), ("name", 'n')], 1) {
            Ok(parsed) => parsed,
            Err(code) => return code,
        };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let (uid, gid) = (ctx.system.uid(), ctx.system.gid());
    let text = match () {
        () if has('u') && has('n') => name_of(ctx, uid),
        () if has('u') => uid.to_string(),
        () if (has('g') || has('G')) && has('n') => name_of(ctx, gid),
        () if has('g') || has('G') => gid.to_string(),
        () => {
            let (user, group) = (name_of(ctx, uid), name_of(ctx, gid));
            format!("uid={uid}({user}) gid={gid}({group}) groups={gid}({group})")
        }
    };
    ctx.line(text);
    0
}

/// whoami
pub fn whoami(ctx: &mut Context) -> i32 {
    let name = name_of(ctx, ctx.system.uid());
    ctx.line(name);
    0
}

fn host_name(ctx: &Context) -> String {
    let name = read_file(ctx.system, "/etc/hostname").unwrap_or_default();
    let name = String::from_utf8_lossy(&name).trim().to_owned();
    if name.is_empty() {
        "localhost".into()
    } else {
        name
    }
}

/// hostname
pub fn hostname(ctx: &mut Context) -> i32 {
    let name = host_name(ctx);
    ctx.line(name);
    0
}

/// uname: what system this is.
pub fn uname(ctx: &mut Context) -> i32 {
    let long = [
        ("all", 'a'),
        ("kernel-name", 's'),
        ("nodename", 'n'),
        ("kernel-release", 'r'),
        ("machine", 'm'),
    ];
    let (options, _) = match ctx.options("asnrvmpio", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |wanted| {
        options
            .iter()
            .any(|(letter, _)| *letter == wanted || *letter == 'a')
    };
    // The same answers as Node's `os` module gives.
    let facts = [
        ('s', "Linux".to_owned()),
        ('n', host_name(ctx)),
        ('r', "5.0.0".into()),
        ('v', "#1 Wosix".into()),
        ('m', "x86_64".into()),
        ('o', "GNU/Linux".into()),
    ];
    let shown = facts
        .into_iter()
        .filter(|(letter, _)| has(*letter) || options.is_empty() && *letter == 's');
    let shown: Vec<String> = shown.map(|(_, text)| text).collect();
    ctx.line(shown.join(" "));
    0
}

/// uptime: how long the system runs.
pub fn uptime(ctx: &mut Context) -> i32 {
    let text = match read_file(ctx.system, "/proc/uptime") {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) => {
            ctx.path_error("/proc/uptime", error);
            return 1;
        }
    };
    let seconds = text
        .split_whitespace()
        .next()
        .and_then(|word| word.parse::<f64>().ok())
        .unwrap_or(0.0) as u64;
    let clock = super::date::format("%H:%M:%S", ctx.system.now());
    ctx.line(format!(
        " {clock} up {}:{:02}, 1 user",
        seconds / 3600,
        seconds / 60 % 60
    ));
    0
}

/// clear: empties the terminal.
pub fn clear(ctx: &mut Context) -> i32 {
    ctx.write("\x1b[H\x1b[2J\x1b[3J");
    0
}

/// tree: directories as a drawing.
pub fn tree(ctx: &mut Context) -> i32 {
    let (options, mut paths) = match ctx.options("adL:I:", &[], 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let value = |wanted| {
        options
            .iter()
            .find(|(letter, _)| *letter == wanted)
            .and_then(|(_, value)| value.clone())
    };
    let mut drawing = Drawing {
        hidden: has('a'),
        only_directories: has('d'),
        depth: value('L')
            .and_then(|text| text.parse().ok())
            .unwrap_or(usize::MAX),
        ignored: value('I')
            .map(|text| text.split('|').map(str::to_owned).collect())
            .unwrap_or_default(),
        directories: 0,
        files: 0,
    };
    if paths.is_empty() {
        paths.push(".".into());
    }
    let mut code = 0;
    for path in &paths {
        ctx.line(path);
        if !drawing.draw(ctx, path, "", 1) {
            code = 2;
        }
    }
    let plural = |count: usize, one: &str, many: &str| {
        format!("{count} {}", if count == 1 { one } else { many })
    };
    let directories = plural(drawing.directories, "directory", "directories");
    let files = plural(drawing.files, "file", "files");
    ctx.line(if has('d') {
        format!("\n{directories}")
    } else {
        format!("\n{directories}, {files}")
    });
    code
}

struct Drawing {
    hidden: bool,
    only_directories: bool,
    depth: usize,
    ignored: Vec<String>,
    directories: usize,
    files: usize,
}

impl Drawing {
    fn draw(&mut self, ctx: &mut Context, path: &str, indent: &str, depth: usize) -> bool {
        if depth > self.depth {
            return true;
        }
        let mut entries = match ctx.system.readdir(path) {
            Ok(entries) => entries,
            Err(error) => {
                ctx.path_error(path, error);
                return false;
            }
        };
        entries.retain(|entry| {
            (self.hidden || !entry.name.starts_with('.'))
                && (!self.only_directories || entry.kind == FileKind::Directory)
                && !self.ignored.contains(&entry.name)
        });
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        let count = entries.len();
        let mut ok = true;
        for (index, entry) in entries.into_iter().enumerate() {
            let last = index + 1 == count;
            let inner = join(path, &entry.name);
            let target = match ctx.system.readlink(&inner) {
                Ok(target) if entry.kind == FileKind::Symlink => format!(" -> {target}"),
                _ => String::new(),
            };
            let branch = if last { "└── " } else { "├── " };
            ctx.line(format!("{indent}{branch}{}{target}", entry.name));
            if entry.kind == FileKind::Directory {
                self.directories += 1;
                let indent = format!("{indent}{}", if last { "    " } else { "│   " });
                ok &= self.draw(ctx, &inner, &indent, depth + 1);
            } else {
                self.files += 1;
            }
        }
        ok
    }
}

//! ls: lists directories.

use super::Context;
use super::context::join;
use crate::errno::Result;
use crate::system::{FileKind, Stat, strerror};

/// What is listed and how.
struct Style {
    all: bool,
    almost_all: bool,
    long: bool,
    one: bool,
    recursive: bool,
    human: bool,
    classify: bool,
    slash: bool,
    inode: bool,
    directory: bool,
    reverse: bool,
    by_time: bool,
    by_size: bool,
    unsorted: bool,
    colour: bool,
    width: usize,
}

/// One line of a listing.
struct Row {
    name: String,
    stat: Stat,
    link: Option<String>,
}

/// See the module.
pub fn main(ctx: &mut Context) -> i32 {
    let long = [
        ("all", 'a'),
        ("almost-all", 'A'),
        ("recursive", 'R'),
        ("human-readable", 'h'),
        ("classify", 'F'),
        ("inode", 'i'),
        ("directory", 'd'),
        ("reverse", 'r'),
        ("color", 'K'),
    ];
    let (options, mut paths) = match ctx.options("aAl1RhFpidrtSUCnogK", &long, 2) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |letters: &str| options.iter().any(|(letter, _)| letters.contains(*letter));
    let on_terminal = ctx.system.isatty(1);
    let colour = match options.iter().rev().find(|(letter, _)| *letter == 'K') {
        Some((_, Some(when))) => when == "always" || when == "auto" && on_terminal,
        Some((_, None)) => true,
        None => on_terminal,
    };
    let style = Style {
        all: has("a"),
        almost_all: has("A"),
        long: has("lnog"),
        one: has("1") || !on_terminal && !has("C"),
        recursive: has("R"),
        human: has("h"),
        classify: has("F"),
        slash: has("p"),
        inode: has("i"),
        directory: has("d"),
        reverse: has("r"),
        by_time: has("t"),
        by_size: has("S"),
        unsorted: has("U"),
        colour,
        width: super::terminal_width(ctx),
    };
    if paths.is_empty() {
        paths.push(".".into());
    }
    let mut code = 0;
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    for path in &paths {
        // A link named on the command line is followed unless its own details are asked for.
        let follow = !style.long && !style.directory;
        let found = ctx
            .system
            .stat(path, follow)
            .or_else(|_| ctx.system.stat(path, false));
        match found {
            Ok(stat) if stat.is_dir() && !style.directory => directories.push(path.clone()),
            Ok(stat) => {
                let link = read_link(ctx, path, &stat);
                files.push(Row {
                    name: path.clone(),
                    stat,
                    link,
                });
            }
            Err(error) => {
                ctx.error(format_args!("cannot access '{path}': {}", strerror(error)));
                code = 2;
            }
        }
    }
    let titled = paths.len() > 1 || style.recursive;
    let mut first = files.is_empty();
    sort(&mut files, &style);
    print(ctx, &files, &style);
    directories.sort();
    let mut pending: Vec<String> = directories.into_iter().rev().collect();
    while let Some(path) = pending.pop() {
        if !first {
            ctx.line("");
        }
        first = false;
        if titled {
            ctx.line(format!("{path}:"));
        }
        match read(ctx, &path, &style) {
            Ok(rows) => {
                if style.long {
                    let blocks: u64 = rows.iter().map(|row| row.stat.blocks).sum();
                    let total = if style.human {
                        super::human(blocks * 512)
                    } else {
                        (blocks / 2).to_string()
                    };
                    ctx.line(format!("total {total}"));
                }
                print(ctx, &rows, &style);
                if style.recursive {
                    let inner = rows
                        .iter()
                        .rev()
                        .filter(|row| row.stat.is_dir() && row.name != "." && row.name != "..");
                    pending.extend(inner.map(|row| join(&path, &row.name)));
                }
            }
            Err(error) => {
                ctx.error(format_args!(
                    "cannot open directory '{path}': {}",
                    strerror(error)
                ));
                code = 2;
            }
        }
    }
    code
}

fn read_link(ctx: &Context, path: &str, stat: &Stat) -> Option<String> {
    let is_link = stat.kind() == FileKind::Symlink;
    is_link.then(|| ctx.system.readlink(path).ok()).flatten()
}

fn read(ctx: &mut Context, path: &str, style: &Style) -> Result<Vec<Row>> {
    let mut names: Vec<String> = ctx
        .system
        .readdir(path)?
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    if !style.all && !style.almost_all {
        names.retain(|name| !name.starts_with('.'));
    }
    if style.all {
        names.extend([".".into(), "..".into()]);
    }
    let mut rows = Vec::new();
    for name in names {
        let full = join(path, &name);
        match ctx.system.stat(&full, false) {
            Ok(stat) => {
                let link = read_link(ctx, &full, &stat);
                rows.push(Row { name, stat, link });
            }
            // Removed since the directory was read.
            Err(crate::errno::Errno::ENOENT) => {}
            Err(error) => ctx.error(format_args!("cannot access '{full}': {}", strerror(error))),
        }
    }
    sort(&mut rows, style);
    Ok(rows)
}

fn sort(rows: &mut [Row], style: &Style) {
    if !style.unsorted {
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        if style.by_time {
            rows.sort_by(|a, b| b.stat.mtime.total_cmp(&a.stat.mtime));
        } else if style.by_size {
            rows.sort_by_key(|row| core::cmp::Reverse(row.stat.size));
        }
    }
    if style.reverse {
        rows.reverse();
    }
}

fn print(ctx: &mut Context, rows: &[Row], style: &Style) {
    if style.long {
        return print_long(ctx, rows, style);
    }
    let names: Vec<String> = rows
        .iter()
        .map(|row| {
            let inode = if style.inode {
                format!("{} ", row.stat.ino)
            } else {
                String::new()
            };
            format!("{inode}{}", decorated(row, style))
        })
        .collect();
    if style.one {
        for name in names {
            ctx.line(name);
        }
    } else {
        let text = super::columns(&names, style.width);
        ctx.write(text);
    }
}

fn print_long(ctx: &mut Context, rows: &[Row], style: &Style) {
    let size = |row: &Row| {
        if style.human {
            super::human(row.stat.size)
        } else {
            row.stat.size.to_string()
        }
    };
    let widest = |width: fn(&str) -> usize, text: &dyn Fn(&Row) -> String| {
        rows.iter().map(|row| width(&text(row))).max().unwrap_or(0)
    };
    let links_width = widest(str::len, &|row| row.stat.nlink.to_string());
    let size_width = widest(str::len, &size);
    let now = ctx.system.now();
    let user = ctx.var("USER").unwrap_or("user").to_owned();
    let own = (ctx.system.uid(), ctx.system.gid());
    let owner = |id: u32, own: u32| match id {
        0 => "root".to_owned(),
        _ if id == own => user.clone(),
        _ => id.to_string(),
    };
    // Old and future files show their year instead of the time of day.
    const HALF_YEAR: f64 = 15_778_476_000.0;
    for row in rows {
        let recent = (now - HALF_YEAR..=now + 60_000.0).contains(&row.stat.mtime);
        let format = if recent { "%b %e %H:%M" } else { "%b %e  %Y" };
        let inode = if style.inode {
            format!("{} ", row.stat.ino)
        } else {
            String::new()
        };
        let target = row
            .link
            .as_ref()
            .map(|link| format!(" -> {link}"))
            .unwrap_or_default();
        ctx.line(format!(
            "{inode}{} {:>links_width$} {} {} {:>size_width$} {} {}{target}",
            super::mode::text(row.stat.mode),
            row.stat.nlink,
            owner(row.stat.uid, own.0),
            owner(row.stat.gid, own.1),
            size(row),
            super::date::format(format, row.stat.mtime),
            decorated(row, style),
        ));
    }
}

/// The name with its colour and sign.
fn decorated(row: &Row, style: &Style) -> String {
    let executable = row.stat.mode & 0o111 != 0;
    let (colour, sign) = match row.stat.kind() {
        FileKind::Directory => ("34;1", "/"),
        FileKind::Symlink => ("36;1", "@"),
        FileKind::Fifo => ("33", "|"),
        FileKind::Socket => ("35;1", "="),
        FileKind::CharDevice | FileKind::BlockDevice => ("33;1", ""),
        _ if executable => ("32;1", "*"),
        _ => ("", ""),
    };
    let sign = match () {
        () if style.classify && !(sign == "@" && style.long) => sign,
        () if style.slash && sign == "/" => sign,
        () => "",
    };
    if style.colour && !colour.is_empty() {
        format!("\x1b[{colour}m{}\x1b[0m{sign}", row.name)
    } else {
        format!("{}{sign}", row.name)
    }
}

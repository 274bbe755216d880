//! stat: what the file system knows about a file.

use super::Context;
use super::info::name_of;
use crate::system::{FileKind, strerror};

/// See the module.
pub fn main(ctx: &mut Context) -> i32 {
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

//! tree: directories as a drawing.

use super::Context;
use super::context::join;
use crate::system::FileKind;

/// See the module.
pub fn main(ctx: &mut Context) -> i32 {
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

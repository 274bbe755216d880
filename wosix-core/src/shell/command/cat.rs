//! cat: copies files to the standard output.

use super::Context;
use super::context::{chomp, lines};
use crate::errno::Errno;

/// See the module.
pub fn main(ctx: &mut Context) -> i32 {
    let long = [
        ("number", 'n'),
        ("number-nonblank", 'b'),
        ("squeeze-blank", 's'),
        ("show-ends", 'E'),
        ("show-tabs", 'T'),
        ("show-nonprinting", 'v'),
        ("show-all", 'A'),
    ];
    let (options, mut paths) = match ctx.options("nbsETvAeut", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |letters: &str| options.iter().any(|(letter, _)| letters.contains(*letter));
    let mut style = Style {
        number: has("n") && !has("b"),
        number_nonblank: has("b"),
        squeeze: has("s"),
        ends: has("EAe"),
        tabs: has("TAt"),
        nonprinting: has("vAet"),
        next: 1,
        blank_before: false,
        at_line_start: true,
    };
    let plain = !has("nbsETvAet");
    if paths.is_empty() {
        paths.push("-".into());
    }
    let mut code = 0;
    for path in &paths {
        let copied = if plain {
            copy(ctx, path)
        } else {
            ctx.read_input(path)
                .map(|contents| style.print(ctx, &contents))
        };
        if let Err(error) = copied {
            ctx.path_error(path, error);
            code = 1;
        }
    }
    code
}

/// Passes chunks on as they come.
fn copy(ctx: &mut Context, path: &str) -> Result<(), Errno> {
    let input = ctx.open_input(path)?;
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let count = match ctx.system.read(input.fd, &mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(Errno::EINTR) => continue,
            Err(error) => {
                input.close(ctx.system)?;
                return Err(error);
            }
        };
        ctx.write(&chunk[..count]);
        if !ctx.flush() {
            break;
        }
    }
    input.close(ctx.system)
}

/// How lines are shown, and where the numbering stands (it goes on from file to file).
struct Style {
    number: bool,
    number_nonblank: bool,
    squeeze: bool,
    ends: bool,
    tabs: bool,
    nonprinting: bool,
    next: u64,
    blank_before: bool,
    at_line_start: bool,
}

impl Style {
    fn print(&mut self, ctx: &mut Context, contents: &[u8]) {
        for line in lines(contents) {
            let text = chomp(line);
            let blank = text.is_empty();
            if self.squeeze && blank && self.blank_before {
                continue;
            }
            self.blank_before = blank;
            if self.at_line_start && (self.number || self.number_nonblank && !blank) {
                ctx.write(format!("{:6}\t", self.next));
                self.next += 1;
            }
            for &byte in text {
                match byte {
                    b'\t' if self.tabs => ctx.write("^I"),
                    b'\t' => ctx.write("\t"),
                    _ if self.nonprinting => ctx.write(visible(byte)),
                    _ => ctx.write([byte]),
                }
            }
            self.at_line_start = line.ends_with(b"\n");
            if self.at_line_start {
                ctx.write(if self.ends { "$\n" } else { "\n" });
            }
        }
    }
}

/// `^X` and `M-x` notation.
fn visible(byte: u8) -> String {
    let low = byte & 0x7f;
    let base = match low {
        0..0x20 => format!("^{}", char::from(low + 64)),
        0x7f => "^?".into(),
        _ => char::from(low).to_string(),
    };
    if byte >= 0x80 {
        format!("M-{base}")
    } else {
        base
    }
}

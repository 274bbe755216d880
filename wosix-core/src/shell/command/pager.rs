//! less and more: a text a screen at a time.

use super::Context;
use super::context::{chomp, lines};
use crate::shell::line_editor::{Key, Keys, set_raw, visible_width};
use crate::system::{open_flags, strerror, write_all};

/// Width of a tab.
const TAB: usize = 8;

struct Pager<'a, 'b> {
    ctx: &'a mut Context<'b>,
    /// Where keys come from.
    keyboard: i32,
    keys: Keys,
    /// Rows of the text: lines, folded to the width of the screen.
    rows: Vec<String>,
    columns: usize,
    height: usize,
    top: usize,
    searched: String,
    title: String,
    message: Option<String>,
}

/// See the module.
pub fn main(ctx: &mut Context) -> i32 {
    // What the letters ask for is what this pager does anyway, except `-F` and `-N`.
    let (options, paths) = match ctx.options("FNRrSXEeimMKnqsc", &[], 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    if paths.is_empty() && ctx.system.isatty(0) {
        let name = ctx.name();
        ctx.error(format_args!(
            "missing filename (\"{name} --help\" for help)"
        ));
        return 1;
    }
    let (contents, ok) = ctx.read_inputs(&paths);
    let code = i32::from(!ok);
    if !ok && contents.is_empty() {
        return code;
    }
    let size = ctx.system.window_size(1).ok();
    let size = size.filter(|(columns, rows)| *columns > 0 && *rows > 1);
    let keyboard = if ctx.system.isatty(0) {
        Ok(0)
    } else {
        ctx.system
            .open("/dev/tty", open_flags::O_RDONLY | open_flags::O_CLOEXEC, 0)
    };
    let (Some((columns, rows)), true) = (size, ctx.system.isatty(1)) else {
        ctx.write(contents);
        return code;
    };
    let keyboard = match keyboard {
        Ok(keyboard) => keyboard,
        Err(error) => {
            ctx.error(format_args!("/dev/tty: {}", strerror(error)));
            return 1;
        }
    };
    let columns = columns as usize;
    let shown = fold(&contents, columns, has('N'));
    let height = rows as usize - 1;
    if has('F') && shown.len() <= height {
        ctx.write(contents);
        return code;
    }
    let mut pager = Pager {
        ctx,
        keyboard,
        keys: Keys::of(keyboard),
        rows: shown,
        columns,
        height,
        top: 0,
        searched: String::new(),
        title: paths.join(" "),
        message: None,
    };
    pager.run();
    code
}

/// Lines as rows no wider than the screen.
fn fold(contents: &[u8], columns: usize, numbers: bool) -> Vec<String> {
    let mut rows = Vec::new();
    for (index, line) in lines(contents).enumerate() {
        let mut row = if numbers {
            format!("{:7} ", index + 1)
        } else {
            String::new()
        };
        let mut width = visible_width(&row);
        let mut in_sequence = false;
        for c in String::from_utf8_lossy(chomp(line)).chars() {
            // Colours take no room.
            if c == '\x1b' || in_sequence {
                in_sequence = c == '\x1b' || !c.is_ascii_alphabetic();
                row.push(c);
                continue;
            }
            let shown = match c {
                '\t' => " ".repeat(TAB - width % TAB),
                c if c.is_control() => format!(
                    "^{}",
                    char::from(u8::try_from(c).map_or(b'?', |byte| (byte & 0x1f) + 64))
                ),
                c => c.to_string(),
            };
            let shown_width = visible_width(&shown);
            if width + shown_width > columns {
                rows.push(core::mem::take(&mut row));
                width = 0;
            }
            row.push_str(&shown);
            width += shown_width;
        }
        rows.push(row);
    }
    rows
}

impl Pager<'_, '_> {
    fn run(&mut self) {
        let saved = self.ctx.system.tcgetattr(self.keyboard).ok();
        if let Some(termios) = &saved {
            set_raw(self.ctx.system, self.keyboard, termios);
        }
        // The other screen, so that the text does not stay behind.
        self.show("\x1b[?1049h");
        loop {
            self.draw();
            let Some(key) = self.keys.next(self.ctx.system) else {
                break;
            };
            if !self.handle(key) {
                break;
            }
        }
        self.show("\x1b[?1049l");
        if let Some(termios) = &saved
            && let Err(error) = self.ctx.system.tcsetattr(self.keyboard, termios)
        {
            self.ctx
                .error(format_args!("tcsetattr: {}", strerror(error)));
        }
    }

    /// Acts on a key; false to leave.
    fn handle(&mut self, key: Key) -> bool {
        let page = self.height.saturating_sub(1).max(1);
        match key {
            Key::Char('q' | 'Q') | Key::Ctrl('c') => return false,
            Key::Char(' ' | 'f') | Key::Ctrl('f' | 'v') | Key::PageDown => self.top += page,
            Key::Char('b') | Key::Ctrl('b') | Key::PageUp => {
                self.top = self.top.saturating_sub(page)
            }
            Key::Char('d') | Key::Ctrl('d') => self.top += page / 2,
            Key::Char('u') | Key::Ctrl('u') => self.top = self.top.saturating_sub(page / 2),
            Key::Char('j' | 'e') | Key::Enter | Key::Down | Key::Ctrl('n') => self.top += 1,
            Key::Char('k' | 'y') | Key::Up | Key::Ctrl('p') => {
                self.top = self.top.saturating_sub(1)
            }
            Key::Char('g' | '<') | Key::Home => self.top = 0,
            Key::Char('G' | '>') | Key::End => self.top = self.rows.len(),
            Key::Char('/') => {
                if let Some(text) = self.ask("/") {
                    if !text.is_empty() {
                        self.searched = text;
                    }
                    self.search(true);
                }
            }
            Key::Char('n') => self.search(true),
            Key::Char('N') => self.search(false),
            _ => {}
        }
        self.top = self.top.min(self.rows.len().saturating_sub(self.height));
        true
    }

    fn search(&mut self, forward: bool) {
        let searched = &self.searched;
        let fits = |row: &String| !searched.is_empty() && row.contains(searched.as_str());
        let found = if forward {
            let rest = self.rows.iter().enumerate().skip(self.top + 1);
            rest.filter(|(_, row)| fits(row)).map(|(at, _)| at).next()
        } else {
            self.rows[..self.top].iter().rposition(fits)
        };
        match found {
            Some(at) => self.top = at,
            None => self.message = Some("Pattern not found".into()),
        }
    }

    /// A line typed below the text; `None` = given up.
    fn ask(&mut self, sign: &str) -> Option<String> {
        let mut text = String::new();
        loop {
            self.show(&format!("\r\x1b[K{sign}{text}"));
            match self.keys.next(self.ctx.system)? {
                Key::Enter => return Some(text),
                Key::Char(c) => text.push(c),
                Key::Backspace if !text.is_empty() => drop(text.pop()),
                Key::Backspace | Key::Escape | Key::Ctrl('c') => return None,
                _ => {}
            }
        }
    }

    fn draw(&mut self) {
        let mut out = String::from("\x1b[H");
        let bottom = (self.top + self.height).min(self.rows.len());
        for at in self.top..self.top + self.height {
            match self.rows.get(at) {
                Some(row) if !self.searched.is_empty() => {
                    let marked = format!("\x1b[7m{}\x1b[27m", self.searched);
                    out.push_str(&row.replace(&self.searched, &marked));
                }
                Some(row) => out.push_str(row),
                None => out.push('~'),
            }
            out.push_str("\x1b[m\x1b[K\r\n");
        }
        let status = match self.message.take() {
            Some(message) => message,
            None if bottom == self.rows.len() => "(END)".into(),
            None => format!("{} {}%", self.title, bottom * 100 / self.rows.len()),
        };
        let status: String = status.trim_start().chars().take(self.columns - 1).collect();
        out.push_str(&format!("\x1b[7m{status}\x1b[27m\x1b[K"));
        self.show(&out);
    }

    fn show(&mut self, text: &str) {
        // A terminal that has gone shows at the next key.
        let _seen_by_read = write_all(self.ctx.system, 1, text.as_bytes());
    }
}

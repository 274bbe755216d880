//! Line editor over a raw terminal: emacs keys, history, search, completion, pasted text.

mod complete;
mod keys;

pub(super) use keys::{Key, Keys};

use super::run::Shell;
use crate::system::{System, Termios, write_all};

const ICRNL: u32 = 0o400;
const IXON: u32 = 0o2000;
const ISIG: u32 = 0o1;
const ICANON: u32 = 0o2;
const ECHO: u32 = 0o10;
const IEXTEN: u32 = 0o100_000;
const VTIME: usize = 5;
const VMIN: usize = 6;

/// What the user did with the line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edited {
    /// Entered it.
    Line(String),
    /// Gave it up with Ctrl-C.
    Interrupted,
    /// Ctrl-D on an empty line, or the terminal has gone.
    End,
}

/// The editor; keeps what was typed ahead and what was cut from line to line.
#[derive(Default)]
pub struct Editor {
    keys: Keys,
    cut: Vec<char>,
}

/// One line being edited.
struct Line<'a> {
    system: &'a dyn System,
    prompt: &'a str,
    columns: usize,
    text: Vec<char>,
    cursor: usize,
    /// Row of the cursor below the first row of the prompt's last line.
    row: usize,
}

impl Editor {
    /// An editor.
    pub fn new() -> Editor {
        Editor::default()
    }

    /// Shows `prompt` and reads a line, in raw mode if the input is a terminal.
    pub fn read_line(&mut self, shell: &mut Shell, prompt: &str) -> Edited {
        let saved = shell.system.tcgetattr(0).ok();
        if let Some(termios) = &saved {
            set_raw(shell.system, 0, termios);
        }
        let edited = self.edit(shell, prompt);
        if let Some(termios) = &saved
            && let Err(error) = shell.system.tcsetattr(0, termios)
        {
            shell.error(&format!("tcsetattr: {}", crate::system::strerror(error)));
        }
        edited
    }

    fn edit(&mut self, shell: &mut Shell, prompt: &str) -> Edited {
        let system = shell.system;
        let (first_rows, last_row) = prompt.rsplit_once('\n').unwrap_or(("", prompt));
        if prompt.contains('\n') {
            print(system, &format!("{first_rows}\n\x1b[?2004h"));
        }
        let mut line = Line {
            system,
            prompt: last_row,
            columns: columns(shell),
            text: Vec::new(),
            cursor: 0,
            row: 0,
        };
        line.draw();
        // Where in the history we are, and what was typed before we went there.
        let mut place = shell.history.len();
        let mut draft = Vec::new();
        loop {
            let Some(key) = self.keys.next(system) else {
                return Edited::End;
            };
            match key {
                Key::Enter => {
                    line.cursor = line.text.len();
                    line.draw();
                    print(system, "\x1b[?2004l\n");
                    return Edited::Line(line.text.iter().collect());
                }
                Key::Ctrl('c') => {
                    line.cursor = line.text.len();
                    line.draw();
                    print(system, "^C\x1b[?2004l\n");
                    return Edited::Interrupted;
                }
                Key::Ctrl('d') if line.text.is_empty() => {
                    print(system, "\x1b[?2004l");
                    return Edited::End;
                }
                Key::Up | Key::Ctrl('p') | Key::Down | Key::Ctrl('n') => {
                    let up = matches!(key, Key::Up | Key::Ctrl('p'));
                    let next = if up {
                        place.checked_sub(1)
                    } else {
                        Some(place + 1)
                    };
                    let Some(next) = next.filter(|next| *next <= shell.history.len()) else {
                        continue;
                    };
                    if place == shell.history.len() {
                        draft.clone_from(&line.text);
                    }
                    place = next;
                    let entry = shell.history.get(place);
                    line.set(entry.map_or(draft.clone(), |entry| entry.chars().collect()));
                }
                Key::Ctrl('r') => {
                    if let Some(found) = self.search(shell, &mut line) {
                        line.set(found.chars().collect());
                    }
                }
                Key::Ctrl('l') => {
                    print(system, &format!("\x1b[H\x1b[2J{first_rows}\n"));
                    line.row = 0;
                }
                Key::Tab => complete::complete(shell, &mut line, first_rows),
                key => self.edit_key(&mut line, key),
            }
            // What came in one piece is shown in one: drawing a long text again for each of its characters takes for ever.
            if !self.keys.pending() {
                line.columns = columns(shell);
                line.draw();
            }
        }
    }

    /// Keys that change the text or move in it.
    fn edit_key(&mut self, line: &mut Line, key: Key) {
        let (cursor, length) = (line.cursor, line.text.len());
        match key {
            Key::Char(c) => {
                line.text.insert(cursor, c);
                line.cursor += 1;
            }
            Key::Paste(text) => {
                let text = text.replace("\r\n", "\n").replace('\r', "\n");
                let chars: Vec<char> = text.trim_end_matches('\n').chars().collect();
                line.cursor += chars.len();
                line.text.splice(cursor..cursor, chars);
            }
            Key::Backspace if cursor > 0 => {
                line.cursor -= 1;
                line.text.remove(line.cursor);
            }
            Key::Delete | Key::Ctrl('d') if cursor < length => drop(line.text.remove(cursor)),
            Key::Left | Key::Ctrl('b') => line.cursor = cursor.saturating_sub(1),
            Key::Right | Key::Ctrl('f') => line.cursor = (cursor + 1).min(length),
            Key::Home | Key::Ctrl('a') => line.cursor = 0,
            Key::End | Key::Ctrl('e') => line.cursor = length,
            Key::WordLeft => line.cursor = line.word_start(),
            Key::WordRight => line.cursor = line.word_end(),
            Key::Ctrl('k') => self.cut = line.text.split_off(cursor),
            Key::Ctrl('u') => {
                self.cut = line.text.drain(..cursor).collect();
                line.cursor = 0;
            }
            Key::Ctrl('w') => {
                let start = line.blank_start();
                self.cut = line.text.drain(start..cursor).collect();
                line.cursor = start;
            }
            Key::WordBackspace => {
                let start = line.word_start();
                self.cut = line.text.drain(start..cursor).collect();
                line.cursor = start;
            }
            Key::WordDelete => {
                let end = line.word_end();
                self.cut = line.text.drain(cursor..end).collect();
            }
            Key::Ctrl('y') => {
                line.text.splice(cursor..cursor, self.cut.iter().copied());
                line.cursor += self.cut.len();
            }
            Key::Ctrl('t') if cursor > 0 && length > 1 => {
                let right = cursor.min(length - 1);
                line.text.swap(right - 1, right);
                line.cursor = right + 1;
            }
            _ => {}
        }
    }

    /// Ctrl-R: the newest entry that holds what is typed; `None` = given up.
    fn search(&mut self, shell: &Shell, line: &mut Line) -> Option<String> {
        let mut wanted = String::new();
        let mut skip = 0;
        loop {
            let found = shell.history.iter().rev();
            let mut found = found.filter(|entry| entry.contains(&wanted)).skip(skip);
            let shown = found.next().filter(|_| !wanted.is_empty()).cloned();
            let label = format!("(search) `{wanted}': ");
            let entry: Vec<char> = shown.clone().unwrap_or_default().chars().collect();
            line.draw_with(&label, &entry, entry.len());
            match self.keys.next(line.system)? {
                Key::Char(c) => {
                    wanted.push(c);
                    skip = 0;
                }
                Key::Backspace => drop(wanted.pop()),
                Key::Ctrl('r') => skip += usize::from(shown.is_some()),
                Key::Ctrl('c' | 'g') | Key::Escape => return None,
                _ => return shown,
            }
        }
    }
}

impl Line<'_> {
    fn set(&mut self, text: Vec<char>) {
        self.cursor = text.len();
        self.text = text;
    }

    /// Start of the word before the cursor, words being letters and digits.
    fn word_start(&self) -> usize {
        let before = &self.text[..self.cursor];
        let end = before
            .iter()
            .rposition(|c| c.is_alphanumeric())
            .map_or(0, |at| at + 1);
        before[..end]
            .iter()
            .rposition(|c| !c.is_alphanumeric())
            .map_or(0, |at| at + 1)
    }

    fn word_end(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let start = rest
            .iter()
            .position(|c| c.is_alphanumeric())
            .unwrap_or(rest.len());
        let length = rest[start..].iter().position(|c| !c.is_alphanumeric());
        self.cursor + length.map_or(rest.len(), |length| start + length)
    }

    /// Start of the word before the cursor, words being separated by blanks.
    fn blank_start(&self) -> usize {
        let before = &self.text[..self.cursor];
        let end = before
            .iter()
            .rposition(|c| !c.is_whitespace())
            .map_or(0, |at| at + 1);
        before[..end]
            .iter()
            .rposition(|c| c.is_whitespace())
            .map_or(0, |at| at + 1)
    }

    fn draw(&mut self) {
        let text = core::mem::take(&mut self.text);
        self.draw_with(self.prompt, &text, self.cursor);
        self.text = text;
    }

    /// Draws over what was drawn before, and puts the terminal's cursor before `text[cursor]`.
    fn draw_with(&mut self, prompt: &str, text: &[char], cursor: usize) {
        let mut out = String::from("\r");
        if self.row > 0 {
            out.push_str(&format!("\x1b[{}A", self.row));
        }
        out.push_str("\x1b[J");
        out.push_str(prompt);
        out.extend(text);
        let start = visible_width(prompt);
        let (end_row, end_column) = self.position(start, text);
        if end_column == 0 && end_row > 0 && text.last() != Some(&'\n') {
            // The terminal waits with the wrap until the next character.
            out.push('\n');
        }
        let (row, column) = self.position(start, &text[..cursor]);
        if end_row > row {
            out.push_str(&format!("\x1b[{}A", end_row - row));
        }
        out.push('\r');
        if column > 0 {
            out.push_str(&format!("\x1b[{column}C"));
        }
        self.row = row;
        print(self.system, &out);
    }

    /// Row and column after `text` that begins in column `start`.
    fn position(&self, start: usize, text: &[char]) -> (usize, usize) {
        let (mut row, mut column) = (start / self.columns, start % self.columns);
        for c in text {
            if *c == '\n' {
                row += 1;
                column = 0;
                continue;
            }
            let width = char_width(*c);
            if column + width > self.columns {
                row += 1;
                column = 0;
            }
            column += width;
            if column == self.columns {
                row += 1;
                column = 0;
            }
        }
        (row, column)
    }
}

/// Columns that a character takes: two for East Asian wide ones and emoji, none for combining marks.
fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Columns of a text with colour sequences.
pub(super) fn visible_width(text: &str) -> usize {
    let mut width = 0;
    let mut in_sequence = false;
    for c in text.chars() {
        match c {
            '\x1b' => in_sequence = true,
            _ if in_sequence => in_sequence = !c.is_ascii_alphabetic(),
            _ => width += char_width(c),
        }
    }
    width
}

fn columns(shell: &Shell) -> usize {
    let size = shell
        .system
        .window_size(1)
        .map(|(columns, _)| columns as usize);
    let variable = || shell.get_var("COLUMNS").and_then(|text| text.parse().ok());
    size.ok()
        .filter(|columns| *columns > 0)
        .or_else(variable)
        .unwrap_or(80)
}

/// Makes the terminal `fd`, whose attributes are `termios`, hand over each key as it comes.
pub(super) fn set_raw(system: &dyn System, fd: i32, termios: &Termios) {
    let mut raw = termios.clone();
    raw.iflag &= !(ICRNL | IXON);
    raw.lflag &= !(ISIG | ICANON | ECHO | IEXTEN);
    raw.cc[VMIN] = 1;
    raw.cc[VTIME] = 0;
    // In the mode as it was, lines come whole: still usable.
    let _usable_anyway = system.tcsetattr(fd, &raw);
}

/// Writes to the terminal.
fn print(system: &dyn System, text: &str) {
    // A terminal that has gone shows at the next read.
    let _seen_by_read = write_all(system, 1, text.as_bytes());
}

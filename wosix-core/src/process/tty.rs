//! The line discipline of a terminal: bytes from the keyboard become input of the program and echo,
//! bytes of the program become output for the screen. Pure; see termios(3).

use std::collections::VecDeque;

use super::signal::{SIGINT, SIGQUIT, SIGTSTP, Signal};
use super::termios::{Termios, cc, iflag, lflag, oflag};

/// Longest line in canonical mode; further bytes are dropped as on Linux (`N_TTY_BUF_SIZE`).
const LINE_MAX: usize = 4096;
/// Input that the program has not read yet: beyond it the master must wait.
const INPUT_LIMIT: usize = 64 * 1024;
/// Output that the master has not read yet: beyond it the program must wait.
const OUTPUT_LIMIT: usize = 64 * 1024;
/// Columns between tab stops.
const TAB: usize = 8;

/// What a program's read finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// So many bytes; 0 is an end of file typed by the user.
    Bytes(usize),
    /// No complete line (canonical) or not enough bytes (`VMIN`).
    WouldBlock,
}

/// State of one terminal's line discipline.
#[derive(Debug, Default)]
pub struct LineDiscipline {
    termios: Termios,
    /// The line being edited; canonical mode only.
    line: Vec<u8>,
    /// Column at which `line` began on the screen.
    line_column: usize,
    /// Finished lines, each with its terminator; an empty one is an end of file.
    lines: VecDeque<VecDeque<u8>>,
    /// Bytes in `lines`, and one for each of them.
    queued: usize,
    /// Bytes to read in raw mode.
    raw: VecDeque<u8>,
    /// Bytes for the master.
    output: VecDeque<u8>,
    /// Cursor column, as far as we know it.
    column: usize,
    /// The next byte is taken literally (`VLNEXT`).
    literal_next: bool,
}

impl LineDiscipline {
    /// The settings.
    pub fn termios(&self) -> &Termios {
        &self.termios
    }

    /// Changes the settings. Input that was typed before stays readable.
    pub fn set_termios(&mut self, termios: Termios) {
        let was_canonical = self.termios.local(lflag::ICANON);
        let is_canonical = termios.local(lflag::ICANON);
        self.termios = termios;
        if was_canonical && !is_canonical {
            for line in self.lines.drain(..) {
                self.raw.extend(line);
            }
            self.queued = 0;
            self.raw.extend(self.line.drain(..));
        } else if !was_canonical && is_canonical && !self.raw.is_empty() {
            let line = core::mem::take(&mut self.raw);
            self.push_line(line);
        }
    }

    /// Drops input that was not read yet (`TCIFLUSH`).
    pub fn flush_input(&mut self) {
        self.line.clear();
        self.lines.clear();
        self.queued = 0;
        self.raw.clear();
    }

    /// Whether a read would answer at once.
    pub fn readable(&self) -> bool {
        if self.termios.local(lflag::ICANON) {
            !self.lines.is_empty()
        } else {
            self.raw.len() >= usize::from(self.termios.cc[cc::VMIN])
        }
    }

    /// Reads for the program: at most one line in canonical mode.
    pub fn read(&mut self, out: &mut [u8]) -> Input {
        if out.is_empty() {
            return Input::Bytes(0);
        }
        if self.termios.local(lflag::ICANON) {
            let Some(line) = self.lines.front_mut() else {
                return Input::WouldBlock;
            };
            let count = take(line, out);
            self.queued -= count;
            if line.is_empty() {
                self.lines.pop_front();
                self.queued -= 1;
            }
            return Input::Bytes(count);
        }
        // VTIME is not kept: a read with VMIN 0 answers at once, any other waits without limit.
        let wanted = usize::from(self.termios.cc[cc::VMIN]).min(out.len());
        if self.raw.len() < wanted {
            return Input::WouldBlock;
        }
        Input::Bytes(take(&mut self.raw, out))
    }

    /// Whether a program may write now.
    pub fn writable(&self) -> bool {
        self.output.len() < OUTPUT_LIMIT
    }

    /// Writes of the program, post-processed. Answers how many bytes were taken; 0 = the master has to read first.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while taken < bytes.len() && self.writable() {
            self.put(bytes[taken]);
            taken += 1;
        }
        taken
    }

    /// Bytes for the master.
    pub fn take_output(&mut self, out: &mut [u8]) -> usize {
        take(&mut self.output, out)
    }

    /// Whether there are bytes for the master.
    pub fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    /// Whether the master may write now.
    pub fn accepts_input(&self) -> bool {
        self.pending_input() < INPUT_LIMIT
    }

    /// Bytes typed at the master. Answers how many were taken, and appends signals for the foreground group.
    pub fn type_bytes(&mut self, bytes: &[u8], signals: &mut Vec<Signal>) -> usize {
        let mut taken = 0;
        // Signal characters must get through to a program that does not read.
        while taken < bytes.len()
            && (self.accepts_input() || self.signal_of(bytes[taken]).is_some())
        {
            self.type_byte(bytes[taken], signals);
            taken += 1;
        }
        taken
    }

    fn pending_input(&self) -> usize {
        self.raw.len() + self.queued
    }

    fn signal_of(&self, byte: u8) -> Option<Signal> {
        if !self.termios.local(lflag::ISIG) {
            return None;
        }
        [
            (cc::VINTR, SIGINT),
            (cc::VQUIT, SIGQUIT),
            (cc::VSUSP, SIGTSTP),
        ]
        .into_iter()
        .find(|&(index, _)| self.termios.is_char(index, byte))
        .map(|(_, signal)| signal)
    }

    fn type_byte(&mut self, byte: u8, signals: &mut Vec<Signal>) {
        if core::mem::take(&mut self.literal_next) {
            self.accept(byte);
            return;
        }
        if let Some(signal) = self.signal_of(byte) {
            if !self.termios.local(lflag::NOFLSH) {
                self.flush_input();
                self.output.clear();
            }
            self.echo(byte);
            signals.push(signal);
            return;
        }
        let byte = match byte {
            b'\r' if self.termios.iflag & iflag::IGNCR != 0 => return,
            b'\r' if self.termios.iflag & iflag::ICRNL != 0 => b'\n',
            b'\n' if self.termios.iflag & iflag::INLCR != 0 => b'\r',
            other => other,
        };
        if !self.termios.local(lflag::ICANON) {
            self.echo(byte);
            self.raw.push_back(byte);
            return;
        }
        let extended = self.termios.local(lflag::IEXTEN);
        if self.termios.is_char(cc::VERASE, byte) {
            self.erase_char();
        } else if self.termios.is_char(cc::VKILL, byte) {
            self.kill_line();
        } else if extended && self.termios.is_char(cc::VWERASE, byte) {
            self.erase_word();
        } else if extended && self.termios.is_char(cc::VLNEXT, byte) {
            self.literal_next = true;
        } else if extended && self.termios.is_char(cc::VREPRINT, byte) {
            self.reprint();
        } else if self.termios.is_char(cc::VEOF, byte) {
            self.finish_line();
        } else if byte == b'\n'
            || self.termios.is_char(cc::VEOL, byte)
            || self.termios.is_char(cc::VEOL2, byte)
        {
            let shown = self.termios.local(lflag::ECHO)
                || (byte == b'\n' && self.termios.local(lflag::ECHONL));
            if shown && self.writable() {
                self.put(byte);
            }
            self.line.push(byte);
            self.finish_line();
        } else {
            self.accept(byte);
        }
    }

    /// Appends a byte without special meaning.
    fn accept(&mut self, byte: u8) {
        if !self.termios.local(lflag::ICANON) {
            self.echo(byte);
            self.raw.push_back(byte);
        } else if self.line.len() < LINE_MAX - 1 {
            if self.line.is_empty() {
                self.line_column = self.column;
            }
            self.echo(byte);
            self.line.push(byte);
        }
    }

    fn finish_line(&mut self) {
        let line = core::mem::take(&mut self.line);
        self.push_line(line.into());
    }

    fn push_line(&mut self, line: VecDeque<u8>) {
        self.queued += line.len() + 1;
        self.lines.push_back(line);
    }

    /// Shows a typed byte. Nobody waits for an echo: what finds the screen's buffer full is dropped, as on Linux.
    fn echo(&mut self, byte: u8) {
        if !self.termios.local(lflag::ECHO) || !self.writable() {
            return;
        }
        if is_control(byte) && !matches!(byte, b'\n' | b'\t') && self.termios.local(lflag::ECHOCTL)
        {
            self.put(b'^');
            self.put(byte ^ 0x40);
        } else {
            self.put(byte);
        }
    }

    /// Output post-processing of one byte.
    fn put(&mut self, byte: u8) {
        let post = self.termios.oflag & oflag::OPOST != 0;
        match byte {
            b'\n' if post && self.termios.oflag & oflag::ONLCR != 0 => {
                self.output.extend(b"\r\n");
                self.column = 0;
                return;
            }
            b'\r' if post && self.termios.oflag & oflag::OCRNL != 0 => {
                self.output.push_back(b'\n');
                return;
            }
            b'\r' => self.column = 0,
            b'\t' => self.column = next_tab(self.column),
            8 => self.column = self.column.saturating_sub(1),
            _ if !is_control(byte) && !is_continuation(byte) => self.column += 1,
            _ => {}
        }
        self.output.push_back(byte);
    }

    /// Removes the last character, all bytes of it.
    fn erase_char(&mut self) {
        let Some(start) = last_char(&self.line) else {
            return;
        };
        let before = self.column_at(self.line.len());
        self.line.truncate(start);
        if self.termios.local(lflag::ECHO) {
            if self.termios.local(lflag::ECHOE) {
                self.erase_columns(before - self.column_at(start));
            } else {
                let erase = self.termios.cc[cc::VERASE];
                self.echo(erase);
            }
        }
    }

    /// Removes the word before the cursor: blanks, then letters, digits and underscores up to another kind.
    fn erase_word(&mut self) {
        let mut seen_word = false;
        while let Some(start) = last_char(&self.line) {
            let word = self.line[start].is_ascii_alphanumeric()
                || self.line[start] == b'_'
                || self.line[start] >= 0x80;
            if seen_word && !word {
                break;
            }
            seen_word |= word;
            self.erase_char();
        }
    }

    fn kill_line(&mut self) {
        if self.termios.local(lflag::ECHO) {
            if self.termios.local(lflag::ECHOKE | lflag::ECHOE) {
                self.erase_columns(self.column_at(self.line.len()) - self.line_column);
            } else {
                let kill = self.termios.cc[cc::VKILL];
                self.echo(kill);
                if self.termios.local(lflag::ECHOK) && self.writable() {
                    self.put(b'\n');
                }
            }
        }
        self.line.clear();
    }

    fn reprint(&mut self) {
        let reprint = self.termios.cc[cc::VREPRINT];
        self.echo(reprint);
        if self.writable() {
            self.put(b'\n');
        }
        self.line_column = self.column;
        for byte in self.line.clone() {
            self.echo(byte);
        }
    }

    /// Screen column after the first `end` bytes of the line.
    fn column_at(&self, end: usize) -> usize {
        let mut column = self.line_column;
        for &byte in &self.line[..end] {
            match byte {
                b'\t' => column = next_tab(column),
                _ if is_control(byte) => {
                    column += if self.termios.local(lflag::ECHOCTL) {
                        2
                    } else {
                        0
                    }
                }
                _ if is_continuation(byte) => {}
                _ => column += 1,
            }
        }
        column
    }

    fn erase_columns(&mut self, count: usize) {
        for _ in 0..count {
            if self.writable() {
                self.output.extend(b"\x08 \x08");
            }
        }
        self.column = self.column.saturating_sub(count);
    }
}

fn take(from: &mut VecDeque<u8>, out: &mut [u8]) -> usize {
    let count = out.len().min(from.len());
    for (slot, byte) in out.iter_mut().zip(from.drain(..count)) {
        *slot = byte;
    }
    count
}

fn is_control(byte: u8) -> bool {
    byte < 0x20 || byte == 0x7f
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

fn next_tab(column: usize) -> usize {
    (column / TAB + 1) * TAB
}

/// Index at which the last character of a UTF-8 line begins.
fn last_char(line: &[u8]) -> Option<usize> {
    line.iter()
        .rposition(|&byte| !is_continuation(byte))
        .or(if line.is_empty() { None } else { Some(0) })
}

#[cfg(test)]
mod tests;

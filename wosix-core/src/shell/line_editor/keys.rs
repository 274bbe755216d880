//! Keys from the bytes that a terminal sends.

use std::collections::VecDeque;

use crate::errno::Errno;
use crate::system::System;

/// How long the rest of an escape sequence may take, in ms; after that it was the Escape key.
const ESCAPE_TIME: i32 = 30;

/// A key, or text pasted in one piece.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    Char(char),
    /// Ctrl and a lower-case letter.
    Ctrl(char),
    Enter,
    Tab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    WordLeft,
    WordRight,
    WordBackspace,
    WordDelete,
    Escape,
    Paste(String),
    /// Something without a meaning here.
    Other,
}

/// Bytes that were read and not yet understood.
#[derive(Default)]
pub struct Keys {
    /// Descriptor of the terminal.
    fd: i32,
    bytes: VecDeque<u8>,
}

impl Keys {
    /// Keys of the terminal `fd`.
    pub fn of(fd: i32) -> Keys {
        Keys {
            fd,
            ..Keys::default()
        }
    }

    /// The next key; `None` at the end of the input.
    pub fn next(&mut self, system: &dyn System) -> Option<Key> {
        let byte = self.byte(system)?;
        Some(match byte {
            b'\r' | b'\n' => Key::Enter,
            b'\t' => Key::Tab,
            8 | 127 => Key::Backspace,
            27 => return self.escape(system),
            0 => Key::Other,
            1..=26 => Key::Ctrl(char::from(byte + b'a' - 1)),
            28..=31 => Key::Other,
            _ => self.utf8(system, byte),
        })
    }

    /// Whether more was read already.
    pub fn pending(&self) -> bool {
        !self.bytes.is_empty()
    }

    fn byte(&mut self, system: &dyn System) -> Option<u8> {
        while self.bytes.is_empty() {
            let mut chunk = [0; 1024];
            match system.read(self.fd, &mut chunk) {
                Ok(0) => return None,
                Ok(count) => self.bytes.extend(&chunk[..count]),
                Err(Errno::EINTR) => {
                    // A caught signal (a resized window, a late interrupt) does not concern the line.
                    while system.next_signal().is_some() {}
                }
                Err(_) => return None,
            }
        }
        self.bytes.pop_front()
    }

    fn utf8(&mut self, system: &dyn System, first: u8) -> Key {
        let more = match first {
            0xc0..0xe0 => 1,
            0xe0..0xf0 => 2,
            0xf0.. => 3,
            _ => 0,
        };
        let mut bytes = vec![first];
        for _ in 0..more {
            bytes.extend(self.byte(system));
        }
        let symbol = core::str::from_utf8(&bytes)
            .ok()
            .and_then(|text| text.chars().next());
        symbol.map_or(Key::Other, Key::Char)
    }

    /// What follows an escape character.
    fn escape(&mut self, system: &dyn System) -> Option<Key> {
        if self.bytes.is_empty() && !matches!(system.poll_read(self.fd, ESCAPE_TIME), Ok(true)) {
            return Some(Key::Escape);
        }
        Some(match self.byte(system)? {
            b'[' => return self.control_sequence(system),
            b'O' => simple(self.byte(system)?),
            b'b' => Key::WordLeft,
            b'f' => Key::WordRight,
            b'd' => Key::WordDelete,
            8 | 127 => Key::WordBackspace,
            _ => Key::Other,
        })
    }

    fn control_sequence(&mut self, system: &dyn System) -> Option<Key> {
        let mut parameters = String::new();
        loop {
            let byte = self.byte(system)?;
            if !(0x40..0x7f).contains(&byte) {
                parameters.push(char::from(byte));
                continue;
            }
            let modified = parameters.contains(';');
            return Some(match (byte, parameters.as_str()) {
                (b'~', "200") => return self.paste(system),
                (b'~', "1" | "7") => Key::Home,
                (b'~', "4" | "8") => Key::End,
                (b'~', "3") => Key::Delete,
                (b'~', "5") => Key::PageUp,
                (b'~', "6") => Key::PageDown,
                (b'C', _) if modified => Key::WordRight,
                (b'D', _) if modified => Key::WordLeft,
                _ => simple(byte),
            });
        }
    }

    /// Bracketed paste: everything up to its end is text.
    fn paste(&mut self, system: &dyn System) -> Option<Key> {
        const END: &[u8] = b"\x1b[201~";
        let mut bytes = Vec::new();
        while !bytes.ends_with(END) {
            bytes.push(self.byte(system)?);
        }
        bytes.truncate(bytes.len() - END.len());
        Some(Key::Paste(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

fn simple(byte: u8) -> Key {
    match byte {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'H' => Key::Home,
        b'F' => Key::End,
        _ => Key::Other,
    }
}

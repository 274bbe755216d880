//! Terminal settings: the parts of `struct termios` that matter, with Linux's values.

/// Input flags.
pub mod iflag {
    #![allow(missing_docs, reason = "POSIX names")]
    pub const IGNCR: u32 = 0o200;
    pub const INLCR: u32 = 0o100;
    pub const ICRNL: u32 = 0o400;
    pub const IXON: u32 = 0o2000;
    pub const IUTF8: u32 = 0o40000;
}

/// Output flags.
pub mod oflag {
    #![allow(missing_docs, reason = "POSIX names")]
    pub const OPOST: u32 = 0o1;
    pub const ONLCR: u32 = 0o4;
    pub const OCRNL: u32 = 0o10;
}

/// Local flags.
pub mod lflag {
    #![allow(missing_docs, reason = "POSIX names")]
    pub const ISIG: u32 = 0o1;
    pub const ICANON: u32 = 0o2;
    pub const ECHO: u32 = 0o10;
    pub const ECHOE: u32 = 0o20;
    pub const ECHOK: u32 = 0o40;
    pub const ECHONL: u32 = 0o100;
    pub const NOFLSH: u32 = 0o200;
    pub const ECHOCTL: u32 = 0o1000;
    pub const ECHOKE: u32 = 0o4000;
    pub const IEXTEN: u32 = 0o100000;
}

/// Indices of control characters.
pub mod cc {
    #![allow(missing_docs, reason = "POSIX names")]
    pub const VINTR: usize = 0;
    pub const VQUIT: usize = 1;
    pub const VERASE: usize = 2;
    pub const VKILL: usize = 3;
    pub const VEOF: usize = 4;
    pub const VTIME: usize = 5;
    pub const VMIN: usize = 6;
    pub const VSTART: usize = 8;
    pub const VSTOP: usize = 9;
    pub const VSUSP: usize = 10;
    pub const VEOL: usize = 11;
    pub const VREPRINT: usize = 12;
    pub const VWERASE: usize = 14;
    pub const VLNEXT: usize = 15;
    pub const VEOL2: usize = 16;
    /// Number of control characters (`NCCS` of the kernel ABI).
    pub const COUNT: usize = 19;
}

/// `struct termios`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Termios {
    /// Input flags, [`iflag`].
    pub iflag: u32,
    /// Output flags, [`oflag`].
    pub oflag: u32,
    /// Control flags; kept but without effect (there is no line).
    pub cflag: u32,
    /// Local flags, [`lflag`].
    pub lflag: u32,
    /// Control characters, [`cc`]; 0 disables one.
    pub cc: [u8; cc::COUNT],
}

impl Default for Termios {
    /// What Linux gives a fresh pseudo-terminal, plus `IUTF8`.
    fn default() -> Termios {
        let mut chars = [0; cc::COUNT];
        chars[cc::VINTR] = 3;
        chars[cc::VQUIT] = 0o34;
        chars[cc::VERASE] = 0o177;
        chars[cc::VKILL] = 0o25;
        chars[cc::VEOF] = 4;
        chars[cc::VMIN] = 1;
        chars[cc::VSTART] = 0o21;
        chars[cc::VSTOP] = 0o23;
        chars[cc::VSUSP] = 0o32;
        chars[cc::VREPRINT] = 0o22;
        chars[cc::VWERASE] = 0o27;
        chars[cc::VLNEXT] = 0o26;
        Termios {
            iflag: iflag::ICRNL | iflag::IXON | iflag::IUTF8,
            oflag: oflag::OPOST | oflag::ONLCR,
            cflag: 0o277, // B38400 | CS8 | CREAD
            lflag: lflag::ISIG
                | lflag::ICANON
                | lflag::ECHO
                | lflag::ECHOE
                | lflag::ECHOK
                | lflag::ECHOCTL
                | lflag::ECHOKE
                | lflag::IEXTEN,
            cc: chars,
        }
    }
}

impl Termios {
    /// Whether all bits of `flag` are set in the local flags.
    pub fn local(&self, flag: u32) -> bool {
        self.lflag & flag == flag
    }

    /// Whether `byte` is the control character `index`.
    pub fn is_char(&self, index: usize, byte: u8) -> bool {
        byte != 0 && self.cc[index] == byte
    }
}

/// Size of a terminal in character cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WindowSize {
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

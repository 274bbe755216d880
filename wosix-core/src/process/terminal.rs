//! Pseudo-terminals: a line discipline between a master and a slave.

use crate::kernel::WaitQueue;

use super::Pid;
use super::termios::WindowSize;
use super::tty::LineDiscipline;

/// Index of a pseudo-terminal: the number in `/dev/pts/<number>`.
pub type TerminalId = usize;

/// One pseudo-terminal.
#[derive(Debug)]
pub struct Terminal {
    /// Editing, echo, signals, output processing.
    pub discipline: LineDiscipline,
    /// Size of the screen.
    pub size: WindowSize,
    /// Session whose controlling terminal it is.
    pub session: Option<Pid>,
    /// Foreground process group.
    pub foreground: Option<Pid>,
    /// Open file descriptions of the slave side.
    pub slaves: u32,
    /// Whether a slave was ever opened: the master reads EIO only after the last one closed.
    pub slave_seen: bool,
    /// Whether the master is open.
    pub master: bool,
    /// Woken when the program may have something to read, or a hang-up.
    pub slave_readers: WaitQueue,
    /// Woken when the program may write.
    pub slave_writers: WaitQueue,
    /// Woken when the master may have something to read, or a hang-up.
    pub master_readers: WaitQueue,
    /// Woken when the master may write.
    pub master_writers: WaitQueue,
}

impl Terminal {
    /// A terminal with an open master and no slave.
    pub fn new() -> Terminal {
        Terminal {
            discipline: LineDiscipline::default(),
            size: WindowSize { cols: 80, rows: 24 },
            session: None,
            foreground: None,
            slaves: 0,
            slave_seen: false,
            master: true,
            slave_readers: WaitQueue::default(),
            slave_writers: WaitQueue::default(),
            master_readers: WaitQueue::default(),
            master_writers: WaitQueue::default(),
        }
    }

    /// Whether all programs closed it.
    pub fn slaves_gone(&self) -> bool {
        self.slave_seen && self.slaves == 0
    }
}

impl Default for Terminal {
    fn default() -> Terminal {
        Terminal::new()
    }
}

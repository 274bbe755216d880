//! Processes: the table, what belongs to one process, and the parts that need no kernel around them.

pub mod descriptor;
pub mod exec;
pub mod passing;
pub mod pipe;
pub mod port;
pub mod procfs;
pub mod random;
pub mod signal;
pub mod terminal;
pub mod termios;
pub mod thread;
pub mod tty;

use std::collections::BTreeMap;

use slab::Slab;

use crate::errno::{Errno, Result};
use crate::kernel::{Tid, WaitQueue};
use crate::vfs::{Credentials, Timestamp, Vnode};

use descriptor::{DescriptorTable, OpenFile};
use exec::Image;
use signal::{Signal, SignalState};
use terminal::TerminalId;
use thread::Threads;

/// A process number, from 1.
pub type Pid = u32;

/// The host's worker: parent of what the page started, and of orphans.
pub const HOST: Pid = 1;

/// Processes that may exist at once; spawn answers `EAGAIN` beyond it.
pub const PROCESS_LIMIT: usize = 4096;

/// Largest pid; numbers wrap around after it. Every process must show in `/proc`, whose inode numbers hold no larger one.
const PID_MAX: Pid = crate::vfs::PID_MAX;

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// It called `exit` with the low 8 bits of a code.
    Exited(u8),
    /// A signal ended it.
    Signaled(Signal),
}

/// Where a process is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// No worker has taken it up yet.
    Loading,
    /// A worker runs it.
    Running,
    /// It ended and its parent has not asked for it.
    Zombie(Ending),
}

/// One process.
#[derive(Debug)]
pub struct Process {
    /// Its number.
    pub pid: Pid,
    /// Who gets its exit status.
    pub parent: Pid,
    /// It outlived its real parent: nobody will wait for it.
    pub orphan: bool,
    /// Process group.
    pub group: Pid,
    /// Session.
    pub session: Pid,
    /// User and groups.
    pub credentials: Credentials,
    /// Working directory; holds a reference until the process ends.
    pub cwd: Vnode,
    /// Mode bits that new files do not get.
    pub umask: u32,
    /// What it runs.
    pub image: Image,
    /// `NAME=value` strings it was started with.
    pub environment: Vec<Vec<u8>>,
    /// Open descriptors.
    pub descriptors: DescriptorTable,
    /// Dispositions and pending signals.
    pub signals: SignalState,
    /// Controlling terminal.
    pub terminal: Option<TerminalId>,
    /// Where it is in its life.
    pub state: State,
    /// Threads that run it.
    pub threads: Vec<Tid>,
    /// Its threads beside the first.
    pub made: Threads,
    /// Threads that wait for a child to end.
    pub child_queue: WaitQueue,
    /// When it was started.
    pub started: Timestamp,
}

impl Process {
    /// Whether it has not ended.
    pub fn alive(&self) -> bool {
        !matches!(self.state, State::Zombie(_))
    }

    /// Whether it leads its session.
    pub fn leads_session(&self) -> bool {
        self.session == self.pid
    }
}

/// All processes and all open file descriptions.
#[derive(Debug, Default)]
pub struct Table {
    processes: BTreeMap<Pid, Process>,
    last_pid: Pid,
    /// Open file descriptions, which processes share.
    pub files: Slab<OpenFile>,
}

impl Table {
    /// The process `pid`, dead or alive.
    ///
    /// # Errors
    /// `ESRCH`
    pub fn get(&self, pid: Pid) -> Result<&Process> {
        self.processes.get(&pid).ok_or(Errno::ESRCH)
    }

    /// The process `pid`, dead or alive.
    ///
    /// # Errors
    /// `ESRCH`
    pub fn get_mut(&mut self, pid: Pid) -> Result<&mut Process> {
        self.processes.get_mut(&pid).ok_or(Errno::ESRCH)
    }

    /// All processes by pid.
    pub fn iter(&self) -> impl Iterator<Item = &Process> {
        self.processes.values()
    }

    /// A number that no process, group or session has.
    ///
    /// # Errors
    /// `EAGAIN` when there are too many processes.
    pub fn free_pid(&mut self) -> Result<Pid> {
        if self.processes.len() >= PROCESS_LIMIT {
            return Err(Errno::EAGAIN);
        }
        loop {
            self.last_pid = if self.last_pid >= PID_MAX {
                HOST + 1
            } else {
                self.last_pid + 1
            };
            let pid = self.last_pid;
            let taken = self.processes.contains_key(&pid)
                || self
                    .processes
                    .values()
                    .any(|process| process.group == pid || process.session == pid);
            if !taken {
                return Ok(pid);
            }
        }
    }

    /// Adds a process under its pid.
    pub fn insert(&mut self, process: Process) {
        self.processes.insert(process.pid, process);
    }

    /// Removes a process whose end was reported.
    pub fn remove(&mut self, pid: Pid) -> Option<Process> {
        self.processes.remove(&pid)
    }

    /// The members of a process group that are alive.
    pub fn group_members(&self, group: Pid) -> Vec<Pid> {
        self.iter()
            .filter(|process| process.group == group && process.alive())
            .map(|process| process.pid)
            .collect()
    }

    /// The children of `parent`, dead or alive.
    pub fn children(&self, parent: Pid) -> Vec<Pid> {
        self.iter()
            .filter(|process| process.parent == parent)
            .map(|process| process.pid)
            .collect()
    }
}

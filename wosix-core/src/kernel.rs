//! The kernel: every system call as a method that answers or parks.
//!
//! A call never waits. When it cannot answer it registers the calling thread on a wait queue, changes nothing else, and
//! answers [`Halt::Park`]; the layer around the kernel waits until the thread is woken and makes the same call again.
//! What needs the outside world is queued as an [`Effect`].

mod boot;
mod datagrams;
mod descriptors;
mod effect;
mod executing;
mod host;
mod lifecycle;
mod opening;
mod packs;
mod paths;
mod polling;
mod processes;
mod reading;
mod signals;
mod sockets;
mod terminals;
mod threads;
mod wait;
mod watching;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use slab::Slab;

use crate::errno::{Errno, Result};
use crate::net::{Network, SocketId};
use crate::process::descriptor::{FileId, PipeId};
use crate::process::pipe::Pipe;
use crate::process::port::Ports;
use crate::process::random::Random;
use crate::process::terminal::Terminal;
use crate::process::thread::ThreadId;
use crate::process::{Pid, Process, Table};
use crate::vfs::{Caller, LazyToken, Loaded, Timestamp, Vfs, Vnode, WatchId};

pub use boot::{BootOptions, RegisteredProgram};
pub use datagrams::SocketOption;
pub use descriptors::HandleType;
pub use effect::{Effect, Runtime};
pub use executing::ExecRequest;
pub use polling::{MAILBOX, POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, PollEntry};
pub use processes::{ChildEnd, ProcessRow, SpawnRequest, WaitTarget};
pub use threads::News;
pub use wait::{WaitQueue, WakeSet};

/// A thread of some process: the index of its block in shared memory.
pub type Tid = u32;

/// The host's own thread. It runs process 1, and must never be parked: its layer answers `EAGAIN` instead.
pub const HOST_THREAD: Tid = 0;

/// Why a call has no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Halt {
    /// It failed.
    Error(Errno),
    /// Nothing was done: make the same call again once the thread is woken.
    Park,
}

impl From<Errno> for Halt {
    fn from(errno: Errno) -> Halt {
        Halt::Error(errno)
    }
}

/// What a call that may have to wait answers.
pub type Answer<T> = core::result::Result<T, Halt>;

/// Who makes a call, and when.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The calling thread.
    pub tid: Tid,
    /// Time of the call.
    pub now: Timestamp,
}

/// What the kernel knows of a thread.
#[derive(Debug, Default)]
struct Thread {
    process: Option<Pid>,
    /// Its number in the process.
    number: ThreadId,
    /// What it has to be told.
    news: Vec<News>,
    /// Its process was killed: it must never get out of the kernel again.
    dead: bool,
    /// A FIFO's description whose `open` waits for the other end.
    opening: Option<FileId>,
    /// A socket whose `connect` waits for room in a backlog.
    connecting: Option<SocketId>,
}

/// All state of one container.
pub struct Kernel {
    vfs: Vfs,
    table: Table,
    pipes: Slab<Pipe>,
    fifos: BTreeMap<Vnode, PipeId>,
    terminals: Slab<Terminal>,
    network: Network,
    message_ports: Ports,
    threads: Vec<Thread>,
    loads: BTreeMap<LazyToken, WaitQueue>,
    watchers: BTreeMap<WatchId, WaitQueue>,
    /// Who made the first `listen` on each TCP port.
    ports: BTreeMap<u16, Pid>,
    random: Random,
    wakes: WakeSet,
    effects: VecDeque<Effect>,
    deaths: Vec<Tid>,
}

impl Kernel {
    /// Threads to wake. To be asked for after every call, before anything else may enter.
    pub fn wakes(&mut self) -> &mut WakeSet {
        self.deliver_port_news();
        for watch in self.vfs.take_ready_watches() {
            if let Some(queue) = self.watchers.get_mut(&watch) {
                queue.wake(&mut self.wakes);
            }
        }
        &mut self.wakes
    }

    /// Takes the threads whose process was killed since the last time. To be asked for after every call, before anything else may enter.
    pub fn deaths(&mut self) -> impl Iterator<Item = Tid> + '_ {
        self.deaths.drain(..)
    }

    /// The oldest effect that was not performed yet.
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Whether the thread's process was killed.
    pub fn is_dead(&self, tid: Tid) -> bool {
        self.threads
            .get(tid as usize)
            .is_some_and(|thread| thread.dead)
    }

    /// The process that a thread runs.
    ///
    /// # Errors
    /// `ESRCH` when it runs none.
    pub fn process_of(&self, tid: Tid) -> Result<Pid> {
        self.threads
            .get(tid as usize)
            .and_then(|thread| thread.process)
            .ok_or(Errno::ESRCH)
    }

    fn effect(&mut self, effect: Effect) {
        self.effects.push_back(effect);
        self.wakes.add(HOST_THREAD);
    }

    fn process(&self, tid: Tid) -> Result<&Process> {
        self.table.get(self.process_of(tid)?)
    }

    fn process_mut(&mut self, tid: Tid) -> Result<&mut Process> {
        let pid = self.process_of(tid)?;
        self.table.get_mut(pid)
    }

    /// Calls the file system on behalf of a thread.
    fn with_vfs<T>(
        &mut self,
        call: Call,
        body: impl FnOnce(&mut Vfs, &Caller) -> Result<T>,
    ) -> Result<T> {
        let process = self.table.get(self.process_of(call.tid)?)?;
        body(&mut self.vfs, &caller(&self.table, process, call.now))
    }

    /// The same for calls that may need contents which are not there yet.
    fn with_contents<T>(
        &mut self,
        call: Call,
        body: impl FnOnce(&mut Vfs, &Caller) -> Result<Loaded<T>>,
    ) -> Answer<T> {
        match self.with_vfs(call, body)? {
            Loaded::Ready(value) => Ok(value),
            Loaded::NeedLoad(token) => {
                if let Some(queue) = self.loads.get_mut(&token) {
                    queue.add(call.tid);
                } else {
                    self.loads.entry(token).or_default().add(call.tid);
                    self.effect(Effect::Load {
                        token: u64::from(token.0),
                    });
                }
                // Signals do not interrupt it, as they do not interrupt reads of a disk: programs do not expect EINTR of files.
                Err(Halt::Park)
            }
        }
    }

    /// Gives up for now: `EINTR` if a caught signal arrived since the last time. The caller has registered the thread.
    fn park<T>(&mut self, tid: Tid) -> Answer<T> {
        if self.process_mut(tid)?.signals.take_interrupt() {
            return Err(Errno::EINTR.into());
        }
        Err(Halt::Park)
    }
}

/// The context of file system calls made by `process`.
fn caller<'a>(table: &'a Table, process: &'a Process, now: Timestamp) -> Caller<'a> {
    Caller {
        credentials: &process.credentials,
        cwd: process.cwd,
        pid: process.pid,
        now,
        processes: table,
    }
}

//! poll(2): what a descriptor is ready for, and who wants to know when that changes.

use super::{Answer, Call, Kernel, Tid};
use crate::net::{Phase, SocketId};
use crate::process::descriptor::Object;
use crate::vfs::{OpenFlags, Timestamp};

/// There is something to read, or the end of the stream.
pub const POLLIN: u16 = 1;
/// A write would not wait.
pub const POLLOUT: u16 = 4;
/// An error is pending, or nobody reads the other end.
pub const POLLERR: u16 = 8;
/// The other end is gone.
pub const POLLHUP: u16 = 16;
/// Not open.
pub const POLLNVAL: u16 = 32;

/// Stands in a poll for what [`super::News`] the thread has to be told.
pub const MAILBOX: i32 = -2;

/// One row of a poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PollEntry {
    /// Descriptor or [`MAILBOX`]; another negative one is skipped.
    pub fd: i32,
    /// What to wait for; errors and hang-ups are always told.
    pub events: u16,
    /// What is the case.
    pub revents: u16,
}

impl Kernel {
    /// poll(2): answers the number of entries with something to tell.
    ///
    /// Entries that are not ready arm the thread, also when the call does not wait. `deadline` is when to give up; `None` never.
    pub fn poll(
        &mut self,
        call: Call,
        entries: &mut [PollEntry],
        deadline: Option<Timestamp>,
    ) -> Answer<usize> {
        let mut ready = 0;
        for entry in entries.iter_mut() {
            entry.revents = 0;
            if entry.fd == MAILBOX && !self.threads[call.tid as usize].news.is_empty() {
                entry.revents = POLLIN;
                ready += 1;
            }
            if entry.fd < 0 {
                continue;
            }
            let Ok(file) = self.file(call, entry.fd) else {
                entry.revents = POLLNVAL;
                ready += 1;
                continue;
            };
            let file = &self.table.files[file];
            let (object, flags) = (file.object, file.flags);
            entry.revents = self.readiness(object, flags) & (entry.events | POLLERR | POLLHUP);
            if entry.revents != 0 {
                ready += 1;
            }
            // Also what is ready in one way may become so in the other.
            self.arm(
                call.tid,
                object,
                entry.events & POLLIN != 0,
                entry.events & POLLOUT != 0,
            );
        }
        if ready > 0 || deadline.is_some_and(|deadline| deadline <= call.now) {
            return Ok(ready);
        }
        self.park(call.tid)
    }

    fn readiness(&self, object: Object, flags: OpenFlags) -> u16 {
        let bit = |condition, bit| if condition { bit } else { 0 };
        match object {
            Object::File(_) | Object::Directory(_) | Object::Device(_) => POLLIN | POLLOUT,
            Object::Path(_) => POLLNVAL,
            Object::Pipe(id) => {
                let pipe = &self.pipes[id];
                let mut ready = 0;
                if flags.reads() {
                    ready |= bit(!pipe.is_empty(), POLLIN) | bit(pipe.writers == 0, POLLHUP);
                }
                if flags.writes() {
                    ready |= bit(pipe.writable(), POLLOUT) | bit(pipe.readers == 0, POLLERR);
                }
                ready
            }
            Object::Socket(id) => self.socket_readiness(id),
            Object::Terminal(id) => {
                let terminal = &self.terminals[id];
                if !terminal.master {
                    return POLLIN | POLLOUT | POLLERR | POLLHUP;
                }
                bit(terminal.discipline.readable(), POLLIN)
                    | bit(terminal.discipline.writable(), POLLOUT)
            }
            Object::Master(id) => {
                let terminal = &self.terminals[id];
                bit(terminal.discipline.has_output(), POLLIN)
                    | bit(terminal.discipline.accepts_input(), POLLOUT)
                    | bit(terminal.slaves_gone(), POLLHUP)
            }
            Object::Watch(id) => bit(self.vfs.watch_ready(id), POLLIN),
        }
    }

    fn socket_readiness(&self, id: SocketId) -> u16 {
        let bit = |condition, bit| if condition { bit } else { 0 };
        let socket = self.network.socket(id);
        let error = bit(socket.error.is_some(), POLLIN | POLLOUT | POLLERR | POLLHUP);
        match &socket.phase {
            Phase::Idle => error | POLLOUT | POLLHUP,
            Phase::Connecting { .. } => error,
            Phase::Datagram(inbox) => {
                let pending = bit(socket.error.is_some(), POLLIN | POLLERR);
                bit(!inbox.is_empty(), POLLIN) | pending | POLLOUT
            }
            Phase::Listening(_) => bit(self.network.acceptable(id), POLLIN),
            Phase::Connected {
                incoming,
                outgoing,
                read_closed,
                write_closed,
                ..
            } => {
                let incoming = self.network.stream(*incoming);
                let outgoing = self.network.stream(*outgoing);
                let ended = *read_closed || incoming.writers == 0;
                bit(ended || incoming.readable(), POLLIN)
                    | bit(incoming.reset, POLLERR | POLLHUP)
                    | bit(*write_closed || outgoing.writable(), POLLOUT)
                    | bit(ended && (*write_closed || outgoing.readers == 0), POLLHUP)
                    | error
            }
        }
    }

    /// Wakes the thread when the object may have become readable or writable, or was hung up.
    pub(super) fn arm(&mut self, tid: Tid, object: Object, read: bool, write: bool) {
        let (reading, writing) = match object {
            Object::File(_) | Object::Directory(_) | Object::Path(_) | Object::Device(_) => return,
            Object::Pipe(id) => {
                let pipe = &mut self.pipes[id];
                (&mut pipe.read_queue, &mut pipe.write_queue)
            }
            Object::Terminal(id) => {
                let terminal = &mut self.terminals[id];
                (&mut terminal.slave_readers, &mut terminal.slave_writers)
            }
            Object::Master(id) => {
                let terminal = &mut self.terminals[id];
                (&mut terminal.master_readers, &mut terminal.master_writers)
            }
            Object::Watch(id) => {
                self.watchers.entry(id).or_default().add(tid);
                return;
            }
            Object::Socket(id) => {
                let Phase::Connected {
                    incoming, outgoing, ..
                } = self.network.socket(id).phase
                else {
                    self.network.socket_mut(id).queue.add(tid);
                    return;
                };
                if read || !write {
                    self.network.stream_mut(incoming).read_queue.add(tid);
                }
                if write {
                    self.network.stream_mut(outgoing).write_queue.add(tid);
                }
                return;
            }
        };
        // Hang-ups wake both queues, so interest in nothing else needs one of them only.
        if write {
            writing.add(tid);
        }
        if read || !write {
            reading.add(tid);
        }
    }

    /// Waits until `deadline`, or until a caught signal.
    ///
    /// # Errors
    /// `EINTR`
    pub fn sleep(&mut self, call: Call, deadline: Timestamp) -> Answer<()> {
        if deadline <= call.now {
            return Ok(());
        }
        self.park(call.tid)
    }
}

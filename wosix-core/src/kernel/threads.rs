//! System calls on threads and message ports.
//!
//! A thread shares everything with its process but what the runtime keeps for itself. It ends alone, by `thread_exit` or because
//! the thread that made it says so, and takes along the threads it made, its ports, and the descriptors it opened.

use super::{Call, Effect, Kernel, Tid};
use crate::errno::{Errno, Result};
use crate::process::Pid;
use crate::process::port::{Message, PortId};
use crate::process::thread::{Life, MAIN_THREAD, ThreadId, Threads};

/// Code of a thread that did not end by itself.
const KILLED: i32 = 1;

/// Something that a thread is told of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum News {
    /// There may be a message on a port, or its other end was closed.
    Port(PortId),
    /// A thread that this one made has ended.
    ThreadEnded(ThreadId),
}

impl Kernel {
    /// Makes a thread that does not run yet; answers its number.
    pub fn thread_create(&mut self, call: Call) -> Result<ThreadId> {
        Ok(self.process_mut(call.tid)?.made.create(call.tid))
    }

    /// Starts a thread of the caller's. `port` becomes its own.
    ///
    /// # Errors
    /// `ESRCH` for a thread that is not the caller's, `EINVAL` for one that was started, `EBADF`
    pub fn thread_start(&mut self, call: Call, thread: ThreadId, port: PortId) -> Result<()> {
        let pid = self.process_of(call.tid)?;
        if self.own_thread(call, thread)? != Life::Created {
            return Err(Errno::EINVAL);
        }
        self.message_ports.disown(port, call.tid)?;
        let process = self.table.get_mut(pid)?;
        process.made.set_life(thread, Life::Starting(port))?;
        self.effect(Effect::Thread { pid, thread });
        Ok(())
    }

    /// Number of the calling thread in its process.
    pub fn thread_number(&self, call: Call) -> ThreadId {
        self.threads[call.tid as usize].number
    }

    /// Makes a descriptor the calling thread's: it is closed when that thread ends.
    ///
    /// # Errors
    /// `EBADF`
    pub fn adopt_descriptor(&mut self, call: Call, fd: i32) -> Result<()> {
        let thread = self.thread_number(call);
        let descriptors = &mut self.process_mut(call.tid)?.descriptors;
        descriptors.set_opener(fd, thread)
    }

    fn own_thread(&self, call: Call, thread: ThreadId) -> Result<Life> {
        let made = &self.process(call.tid)?.made;
        if made.creator(thread)? != call.tid {
            return Err(Errno::ESRCH);
        }
        made.life(thread)
    }

    /// Gives a worker's thread the thread of a process it is to run; answers the port that it gets.
    ///
    /// One that was ended meanwhile leaves the worker's thread dead: the host was told to terminate it.
    ///
    /// # Errors
    /// `EBUSY` when one of the two is taken.
    pub fn attach_thread(&mut self, tid: Tid, pid: Pid, thread: ThreadId) -> Result<PortId> {
        let index = tid as usize;
        if index >= self.threads.len() {
            self.threads.resize_with(index + 1, Default::default);
        }
        if self.threads[index].process.is_some() {
            return Err(Errno::EBUSY);
        }
        let life = match self.table.get(pid) {
            Ok(process) if process.alive() => process.made.life(thread),
            _ => Err(Errno::ESRCH),
        };
        match life {
            Ok(Life::Starting(port)) => {
                let process = self.table.get_mut(pid)?;
                process.made.set_life(thread, Life::Running(tid, port))?;
                process.threads.push(tid);
                let entry = &mut self.threads[index];
                entry.process = Some(pid);
                entry.number = thread;
                self.message_ports.adopt(port, tid);
                Ok(port)
            }
            Ok(Life::Running(..)) => Err(Errno::EBUSY),
            _ => {
                self.threads[index].dead = true;
                Ok(0)
            }
        }
    }

    /// Ends the calling thread, which is not its process's first.
    ///
    /// # Errors
    /// `EINVAL` for the first thread.
    pub fn thread_exit(&mut self, call: Call, code: i32) -> Result<()> {
        let pid = self.process_of(call.tid)?;
        let number = self.threads[call.tid as usize].number;
        if number == MAIN_THREAD {
            return Err(Errno::EINVAL);
        }
        self.detach(call.tid, pid);
        self.end_thread(pid, number, code);
        Ok(())
    }

    /// Ends a thread that the caller made. One that has ended is left alone.
    ///
    /// # Errors
    /// `ESRCH` for a thread that is not the caller's.
    pub fn thread_kill(&mut self, call: Call, thread: ThreadId) -> Result<()> {
        let pid = self.process_of(call.tid)?;
        self.own_thread(call, thread)?;
        self.end_thread(pid, thread, KILLED);
        Ok(())
    }

    /// The code of a thread that the caller made, once it has ended; after that it is forgotten.
    ///
    /// # Errors
    /// `ESRCH` for a thread that is not the caller's, `EAGAIN` when it has not ended.
    pub fn thread_join(&mut self, call: Call, thread: ThreadId) -> Result<i32> {
        let Life::Ended(code) = self.own_thread(call, thread)? else {
            return Err(Errno::EAGAIN);
        };
        self.process_mut(call.tid)?.made.remove(thread);
        Ok(code)
    }

    fn detach(&mut self, tid: Tid, pid: Pid) {
        self.threads[tid as usize].process = None;
        if let Ok(process) = self.table.get_mut(pid) {
            process.threads.retain(|&other| other != tid);
        }
    }

    /// Ends a thread, wherever it is in its life, and tells who made it. Its worker is to be terminated unless it has detached itself.
    pub(super) fn end_thread(&mut self, pid: Pid, thread: ThreadId, code: i32) {
        let Ok(process) = self.table.get_mut(pid) else {
            return;
        };
        let made = &mut process.made;
        let (Ok(life), Ok(creator)) = (made.life(thread), made.creator(thread)) else {
            return;
        };
        if matches!(life, Life::Ended(_)) || made.set_life(thread, Life::Ended(code)).is_err() {
            return;
        }
        match life {
            Life::Created | Life::Ended(_) => {}
            Life::Starting(port) => {
                let queued = self
                    .effects
                    .iter()
                    .position(|effect| *effect == Effect::Thread { pid, thread });
                if let Some(index) = queued {
                    self.effects.remove(index);
                } else {
                    self.effect(Effect::TerminateThread { pid, thread });
                }
                self.message_ports.close_all(vec![port]);
            }
            Life::Running(tid, _) => {
                if self.threads[tid as usize].process == Some(pid) {
                    self.detach(tid, pid);
                    self.threads[tid as usize].dead = true;
                    self.deaths.push(tid);
                    self.effect(Effect::TerminateThread { pid, thread });
                }
                self.release_thread(pid, tid, thread);
            }
        }
        if self.threads[creator as usize].process == Some(pid) {
            self.tell(creator, News::ThreadEnded(thread));
        }
    }

    /// Ends every thread of a process but its first, whose ports are closed too: another program takes over.
    pub(super) fn end_other_threads(&mut self, pid: Pid) {
        let Ok(process) = self.table.get(pid) else {
            return;
        };
        for thread in process.made.all() {
            self.end_thread(pid, thread, KILLED);
        }
        self.message_ports.close_of_process(pid);
        if let Ok(process) = self.table.get_mut(pid) {
            process.made = Threads::default();
        }
    }

    /// Gives back what belongs to a thread that runs no more.
    fn release_thread(&mut self, pid: Pid, tid: Tid, thread: ThreadId) {
        let entry = &mut self.threads[tid as usize];
        entry.news.clear();
        if let Some(file) = entry.opening.take() {
            self.release_file(file);
        }
        self.message_ports.close_of_thread(tid);
        let Ok(process) = self.table.get_mut(pid) else {
            return;
        };
        let files = process.descriptors.take_of_thread(thread);
        let children = process.made.made_by(tid);
        for file in files {
            self.release_file(file);
        }
        for child in children {
            self.end_thread(pid, child, KILLED);
            if let Ok(process) = self.table.get_mut(pid) {
                process.made.remove(child);
            }
        }
    }

    // --- ports -----------------------------------------------------------------------------------------

    /// Two ports that are each other's peer, both the caller's.
    pub fn port_pair(&mut self, call: Call) -> Result<(PortId, PortId)> {
        let pid = self.process_of(call.tid)?;
        Ok(self.message_ports.pair(pid, call.tid))
    }

    /// A port whose messages go to all others of this name in the process.
    pub fn port_channel(&mut self, call: Call, name: &[u8]) -> Result<PortId> {
        let pid = self.process_of(call.tid)?;
        Ok(self.message_ports.channel(pid, call.tid, name))
    }

    /// Sends a message; answers how many ports got it. Never waits: queues have no limit.
    ///
    /// # Errors
    /// `EBADF`; `ELOOP` when the port that would get it is in it: both ends are then closed.
    pub fn port_send(&mut self, call: Call, port: PortId, message: Message) -> Result<usize> {
        self.process_of(call.tid)?;
        self.message_ports.send(port, call.tid, message)
    }

    /// The oldest message of a port. Never waits.
    ///
    /// # Errors
    /// `EBADF`, `EAGAIN` (none), `EPIPE` (none, and the other end is closed)
    pub fn port_receive(&mut self, call: Call, port: PortId) -> Result<Message> {
        self.process_of(call.tid)?;
        self.message_ports.receive(port, call.tid)
    }

    /// Closes a port; what was sent from it can still be received.
    ///
    /// # Errors
    /// `EBADF`
    pub fn port_close(&mut self, call: Call, port: PortId) -> Result<()> {
        self.process_of(call.tid)?;
        self.message_ports.close(port, call.tid)
    }

    // --- news ------------------------------------------------------------------------------------------

    fn tell(&mut self, tid: Tid, news: News) {
        self.threads[tid as usize].news.push(news);
        self.wakes.add(tid);
    }

    /// Tells owners of ports what has happened to them. To be done at the end of every call.
    pub(super) fn deliver_port_news(&mut self) {
        for (tid, port) in self.message_ports.take_news() {
            if self.threads[tid as usize].process.is_some() {
                self.tell(tid, News::Port(port));
            }
        }
    }

    /// Takes what the calling thread has to be told, oldest first. [`super::MAILBOX`] polls as readable while there is some.
    pub fn take_news(&mut self, call: Call) -> Result<Vec<News>> {
        self.process_of(call.tid)?;
        let news = core::mem::take(&mut self.threads[call.tid as usize].news);
        for item in &news {
            if let News::Port(port) = item {
                self.message_ports.heard(*port);
            }
        }
        Ok(news)
    }

    /// Ends a thread whose worker vanished or broke.
    pub(super) fn lose_thread(&mut self, pid: Pid, tid: Tid, thread: ThreadId) {
        self.detach(tid, pid);
        self.end_thread(pid, thread, KILLED);
    }
}

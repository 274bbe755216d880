//! open(2) and the end of descriptions.

use super::{Answer, Call, Effect, Halt, Kernel};
use crate::errno::{Errno, Result};
use crate::net::{Name, SocketId};
use crate::process::HOST;
use crate::process::descriptor::{Device, FileId, Object, OpenFile, PipeId};
use crate::process::pipe::{PIPE_CAPACITY, Pipe};
use crate::process::signal::{SIGCONT, SIGHUP};
use crate::process::terminal::{Terminal, TerminalId};
use crate::vfs::{Caller, Credentials, FileKind, OpenFlags, Opened, Timestamp, Vnode};

const fn device(major: u64, minor: u64) -> u64 {
    major << 8 | minor
}

const DEV_NULL: u64 = device(1, 3);
const DEV_ZERO: u64 = device(1, 5);
const DEV_FULL: u64 = device(1, 7);
const DEV_RANDOM: u64 = device(1, 8);
const DEV_URANDOM: u64 = device(1, 9);
const DEV_TTY: u64 = device(5, 0);
const DEV_PTMX: u64 = device(5, 2);
const DEV_PTS: u64 = device(136, 0);
const DEV_PTS_LAST: u64 = device(143, 255);

impl Kernel {
    /// open(2). Opening one end of a FIFO waits for the other unless `O_NONBLOCK` is given.
    pub fn open(&mut self, call: Call, path: &[u8], flags: OpenFlags, mode: u32) -> Answer<i32> {
        if let Some(file) = self.threads[call.tid as usize].opening {
            return self.finish_fifo(call, file);
        }
        let process = self.process(call.tid)?;
        process.descriptors.check_room(1)?;
        let mode = mode & 0o7777 & !process.umask;
        let opened = self.with_vfs(call, |vfs, caller| vfs.open(caller, path, flags, mode))?;
        let Opened { vnode, kind, rdev } = opened;
        if flags.has(OpenFlags::PATH) {
            return Ok(self.describe(call, Object::Path(vnode), Some(vnode), flags)?);
        }
        let object = match kind {
            FileKind::Regular => Ok(Object::File(vnode)),
            FileKind::Directory => Ok(Object::Directory(vnode)),
            FileKind::Fifo => return self.open_fifo(call, vnode, flags),
            FileKind::CharDevice => self.open_device(call, rdev, flags),
            // A descriptor of /proc/<pid>/fd without a path, see `Opened::kind`.
            FileKind::Symlink => {
                let object = self.open_same(vnode);
                self.vfs.release(vnode);
                return Ok(object.and_then(|object| self.describe(call, object, None, flags))?);
            }
            FileKind::Socket | FileKind::BlockDevice => Err(Errno::ENXIO),
        };
        match object {
            Ok(object) => Ok(self.describe(call, object, Some(vnode), flags)?),
            Err(errno) => {
                self.vfs.release(vnode);
                Err(errno.into())
            }
        }
    }

    /// Makes a description and a descriptor for it. The reference to `vnode` is taken over.
    pub(super) fn describe(
        &mut self,
        call: Call,
        object: Object,
        vnode: Option<Vnode>,
        flags: OpenFlags,
    ) -> Result<i32> {
        let close_on_exec = flags.has(OpenFlags::CLOEXEC);
        let file = self.insert_file(object, vnode, flags);
        let opener = self.thread_number(call);
        let added = self
            .process_mut(call.tid)
            .and_then(|process| process.descriptors.add(file, close_on_exec, opener));
        if added.is_err() {
            self.release_file(file);
        }
        added
    }

    /// Makes a description with one reference, and counts it at what it is about.
    pub(super) fn insert_file(
        &mut self,
        object: Object,
        vnode: Option<Vnode>,
        flags: OpenFlags,
    ) -> FileId {
        match object {
            Object::Pipe(pipe) => {
                let pipe = &mut self.pipes[pipe];
                pipe.readers += u32::from(flags.reads());
                pipe.writers += u32::from(flags.writes());
            }
            Object::Terminal(id) => {
                let terminal = &mut self.terminals[id];
                terminal.slaves += 1;
                terminal.slave_seen = true;
            }
            _ => {}
        }
        // These say how to open, not how the description behaves.
        let transient = OpenFlags::CREAT
            | OpenFlags::EXCL
            | OpenFlags::NOCTTY
            | OpenFlags::TRUNC
            | OpenFlags::CLOEXEC;
        let flags = OpenFlags(flags.0 & !transient.0);
        self.table.files.insert(OpenFile {
            object,
            vnode,
            flags,
            offset: 0,
            references: 1,
        })
    }

    /// Gives back one reference to a description; the last one closes it.
    pub(super) fn release_file(&mut self, id: FileId) {
        self.release_one(id);
        // A socket may have held files that were sent to it, and so on.
        while let Some(file) = self.network.take_abandoned() {
            self.release_one(file);
        }
    }

    fn release_one(&mut self, id: FileId) {
        let file = &mut self.table.files[id];
        file.references -= 1;
        if file.references > 0 {
            return;
        }
        let file = self.table.files.remove(id);
        match file.object {
            Object::File(_) | Object::Directory(_) | Object::Path(_) | Object::Device(_) => {}
            Object::Pipe(id) => self.close_pipe(id, file.flags, file.vnode),
            Object::Terminal(id) => self.close_slave(id),
            Object::Master(id) => self.close_master(id),
            Object::Socket(id) => self.close_socket(id),
            Object::Watch(id) => {
                self.vfs.unwatch(id);
                self.watchers.remove(&id);
            }
        }
        if let Some(vnode) = file.vnode {
            self.vfs.release(vnode);
        }
    }

    fn open_device(&mut self, call: Call, rdev: u64, flags: OpenFlags) -> Result<Object> {
        Ok(match rdev {
            DEV_NULL => Object::Device(Device::Null),
            DEV_ZERO => Object::Device(Device::Zero),
            DEV_FULL => Object::Device(Device::Full),
            DEV_RANDOM | DEV_URANDOM => Object::Device(Device::Random),
            DEV_TTY => Object::Terminal(self.process(call.tid)?.terminal.ok_or(Errno::ENXIO)?),
            DEV_PTMX => Object::Master(self.make_terminal(call)?),
            DEV_PTS..=DEV_PTS_LAST => {
                let id = (rdev - DEV_PTS) as TerminalId;
                if !self
                    .terminals
                    .get(id)
                    .is_some_and(|terminal| terminal.master)
                {
                    return Err(Errno::EIO);
                }
                if !flags.has(OpenFlags::NOCTTY) {
                    self.adopt_terminal(call, id)?;
                }
                Object::Terminal(id)
            }
            _ => return Err(Errno::ENXIO),
        })
    }

    /// A session leader without a controlling terminal gets the first terminal that it opens and nobody has.
    fn adopt_terminal(&mut self, call: Call, id: TerminalId) -> Result<()> {
        let process = self.process_mut(call.tid)?;
        if process.leads_session() && process.terminal.is_none() {
            let (session, group) = (process.session, process.group);
            let terminal = &mut self.terminals[id];
            if terminal.session.is_none() {
                terminal.session = Some(session);
                terminal.foreground = Some(group);
                self.process_mut(call.tid)?.terminal = Some(id);
            }
        }
        Ok(())
    }

    /// A new pseudo-terminal with its name in `/dev/pts`.
    pub(super) fn make_terminal(&mut self, call: Call) -> Result<TerminalId> {
        let id = self.terminals.insert(Terminal::new());
        let made = self.with_vfs(call, |vfs, caller| vfs.add_terminal(caller, id as u32));
        if let Err(errno) = made {
            self.terminals.remove(id);
            return Err(errno);
        }
        Ok(id)
    }

    /// The open file behind a `/proc/<pid>/fd` entry.
    pub(super) fn same_file(&self, vnode: Vnode) -> Result<FileId> {
        let (pid, fd) = self.vfs.proc_descriptor(vnode).ok_or(Errno::ELOOP)?;
        let descriptors = &self.table.get(pid)?.descriptors;
        descriptors.get(fd as i32).map_err(|_| Errno::ENOENT)
    }

    /// What the descriptor behind a `/proc/<pid>/fd` entry is about.
    fn open_same(&self, vnode: Vnode) -> Result<Object> {
        match self.table.files[self.same_file(vnode)?].object {
            object @ (Object::Pipe(_) | Object::Terminal(_)) => Ok(object),
            _ => Err(Errno::ENXIO),
        }
    }

    fn open_fifo(&mut self, call: Call, vnode: Vnode, flags: OpenFlags) -> Answer<i32> {
        let pipe = match self.fifos.get(&vnode) {
            Some(&pipe) => pipe,
            None => {
                let pipe = self.pipes.insert(Pipe::new(PIPE_CAPACITY));
                self.fifos.insert(vnode, pipe);
                pipe
            }
        };
        if flags.writes()
            && !flags.reads()
            && flags.has(OpenFlags::NONBLOCK)
            && self.pipes[pipe].readers == 0
        {
            self.forget_unused_fifo(vnode, pipe);
            self.vfs.release(vnode);
            return Err(Errno::ENXIO.into());
        }
        let close_on_exec = flags.0 & OpenFlags::CLOEXEC.0;
        let file = self.insert_file(Object::Pipe(pipe), Some(vnode), flags);
        // Kept until the descriptor is made, which may be after a wait.
        self.table.files[file].flags.0 |= close_on_exec;
        let pipe = &mut self.pipes[pipe];
        pipe.read_queue.wake(&mut self.wakes);
        pipe.write_queue.wake(&mut self.wakes);
        self.finish_fifo(call, file)
    }

    /// The one call that keeps something while it waits: both ends have to see each other.
    fn finish_fifo(&mut self, call: Call, file: FileId) -> Answer<i32> {
        let OpenFile { object, flags, .. } = self.table.files[file];
        let Object::Pipe(id) = object else {
            unreachable!("only FIFOs wait to be opened")
        };
        let pipe = &mut self.pipes[id];
        let met = (flags.reads() || pipe.readers > 0)
            && (flags.writes() || pipe.writers > 0 || !pipe.is_empty());
        let thread = &mut self.threads[call.tid as usize];
        if !met && !flags.has(OpenFlags::NONBLOCK) {
            pipe.read_queue.add(call.tid);
            pipe.write_queue.add(call.tid);
            thread.opening = Some(file);
            let parked = self.park(call.tid);
            if parked != Err(Halt::Park) {
                self.threads[call.tid as usize].opening = None;
                self.release_file(file);
            }
            return parked;
        }
        thread.opening = None;
        self.table.files[file].flags.0 &= !OpenFlags::CLOEXEC.0;
        let close_on_exec = flags.has(OpenFlags::CLOEXEC);
        let opener = self.thread_number(call);
        let added = self
            .process_mut(call.tid)
            .and_then(|process| process.descriptors.add(file, close_on_exec, opener));
        if added.is_err() {
            self.release_file(file);
        }
        Ok(added?)
    }

    fn forget_unused_fifo(&mut self, vnode: Vnode, id: PipeId) {
        let pipe = &self.pipes[id];
        if pipe.readers == 0 && pipe.writers == 0 {
            self.pipes.remove(id);
            self.fifos.remove(&vnode);
        }
    }

    fn close_pipe(&mut self, id: PipeId, flags: OpenFlags, vnode: Option<Vnode>) {
        let pipe = &mut self.pipes[id];
        if flags.reads() {
            pipe.drop_reader(&mut self.wakes);
        }
        if flags.writes() {
            pipe.drop_writer(&mut self.wakes);
        }
        match vnode {
            Some(vnode) => self.forget_unused_fifo(vnode, id),
            None if pipe.readers == 0 && pipe.writers == 0 => {
                self.pipes.remove(id);
            }
            None => {}
        }
    }

    fn close_slave(&mut self, id: TerminalId) {
        let terminal = &mut self.terminals[id];
        terminal.slaves -= 1;
        if terminal.slaves == 0 {
            terminal.master_readers.wake(&mut self.wakes);
            terminal.master_writers.wake(&mut self.wakes);
            if !terminal.master {
                self.terminals.remove(id);
            }
        }
    }

    /// Hangs the terminal up: its session's leader and foreground group get `SIGHUP`.
    fn close_master(&mut self, id: TerminalId) {
        let terminal = &mut self.terminals[id];
        terminal.master = false;
        let (session, foreground) = (terminal.session.take(), terminal.foreground.take());
        for queue in [&mut terminal.slave_readers, &mut terminal.slave_writers] {
            queue.wake(&mut self.wakes);
        }
        let caller = Caller {
            credentials: &Credentials::ROOT,
            cwd: self.vfs.root(),
            pid: HOST,
            now: Timestamp::default(),
            processes: &self.table,
        };
        // The name may be gone already: someone may have removed it.
        let _ = self.vfs.remove_terminal(&caller, id as u32);
        if terminal.slaves == 0 {
            self.terminals.remove(id);
        }
        self.detach_terminal(id);
        let mut hung_up: Vec<_> = session.into_iter().collect();
        hung_up.extend(
            foreground
                .map(|group| self.table.group_members(group))
                .unwrap_or_default(),
        );
        hung_up.dedup();
        for pid in hung_up {
            self.deliver(pid, SIGHUP);
            self.deliver(pid, SIGCONT);
        }
    }

    /// No process has the terminal as its controlling one any more.
    pub(super) fn detach_terminal(&mut self, id: TerminalId) {
        let pids: Vec<_> = self
            .table
            .iter()
            .filter(|process| process.terminal == Some(id))
            .map(|p| p.pid)
            .collect();
        for pid in pids {
            if let Ok(process) = self.table.get_mut(pid) {
                process.terminal = None;
            }
        }
    }

    fn close_socket(&mut self, id: SocketId) {
        let name = self.network.socket(id).name.clone();
        if let Some(port) = self.network.close(id, &mut self.wakes) {
            let pid = self.ports.remove(&port).unwrap_or(HOST);
            self.effect(Effect::Port {
                open: false,
                port,
                pid,
            });
        }
        if let Some(Name::File(vnode)) = name {
            self.vfs.release(vnode);
        }
    }
}

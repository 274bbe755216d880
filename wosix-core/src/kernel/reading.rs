//! read(2) and write(2), and their versions with a position.

use super::{Answer, Call, Kernel};
use crate::errno::{Errno, Result};
use crate::process::descriptor::{Device, FileId, Object, PipeId};
use crate::process::pipe::Transfer;
use crate::process::signal::SIGPIPE;
use crate::process::terminal::TerminalId;
use crate::process::tty::Input;
use crate::vfs::OpenFlags;

impl Kernel {
    /// read(2), or pread(2) with a `position`. `nonblock` adds to `O_NONBLOCK` of the description.
    pub fn read(
        &mut self,
        call: Call,
        fd: i32,
        out: &mut [u8],
        position: Option<u64>,
        nonblock: bool,
    ) -> Answer<usize> {
        let id = self.process(call.tid)?.descriptors.get(fd)?;
        let file = &self.table.files[id];
        let (object, flags, offset) = (file.object, file.flags, file.offset);
        if !flags.reads() {
            return Err(Errno::EBADF.into());
        }
        let nonblock = nonblock || flags.has(OpenFlags::NONBLOCK);
        if position.is_some()
            && !matches!(
                object,
                Object::File(_) | Object::Directory(_) | Object::Device(_)
            )
        {
            return Err(Errno::ESPIPE.into());
        }
        match object {
            Object::File(vnode) => {
                let at = position.unwrap_or(offset);
                let read =
                    self.with_contents(call, |vfs, caller| vfs.read_at(caller, vnode, at, out));
                let count = read.map_err(|halt| no_wait(halt, nonblock))?;
                if position.is_none() {
                    self.table.files[id].offset = at + count as u64;
                }
                Ok(count)
            }
            Object::Directory(_) => Err(Errno::EISDIR.into()),
            Object::Path(_) => Err(Errno::EBADF.into()),
            Object::Device(device) => Ok(self.read_device(device, out)),
            Object::Pipe(pipe) => match self.pipes[pipe].read(out, &mut self.wakes)? {
                Transfer::Moved(count) => Ok(count),
                Transfer::WouldBlock => self.wait_readable(call, object, nonblock),
            },
            Object::Socket(socket) => match self.network.receive(socket, out, &mut self.wakes)? {
                Transfer::Moved(count) => Ok(count),
                Transfer::WouldBlock => self.wait_readable(call, object, nonblock),
            },
            Object::Terminal(terminal) => match self.read_terminal(call, terminal, out)? {
                Input::Bytes(count) => Ok(count),
                Input::WouldBlock => self.wait_readable(call, object, nonblock),
            },
            Object::Master(terminal) => match self.read_master(terminal, out)? {
                Transfer::Moved(count) => Ok(count),
                Transfer::WouldBlock => self.wait_readable(call, object, nonblock),
            },
            // Records are structured: `read_watch` takes them.
            Object::Watch(_) => Err(Errno::EINVAL.into()),
        }
    }

    /// write(2), or pwrite(2) with a `position`. Writes at least one byte before it answers, maybe not all.
    ///
    /// A pipe or socket without a reader raises `SIGPIPE` and answers `EPIPE`.
    pub fn write(
        &mut self,
        call: Call,
        fd: i32,
        bytes: &[u8],
        position: Option<u64>,
        nonblock: bool,
    ) -> Answer<usize> {
        let id = self.process(call.tid)?.descriptors.get(fd)?;
        let file = &self.table.files[id];
        let (object, flags) = (file.object, file.flags);
        if !flags.writes() {
            return Err(Errno::EBADF.into());
        }
        let nonblock = nonblock || flags.has(OpenFlags::NONBLOCK);
        if position.is_some() && !matches!(object, Object::File(_) | Object::Device(_)) {
            return Err(Errno::ESPIPE.into());
        }
        match object {
            Object::File(_) => self.write_file(call, id, bytes, position, nonblock),
            Object::Directory(_) | Object::Path(_) => Err(Errno::EBADF.into()),
            Object::Device(Device::Full) => Err(Errno::ENOSPC.into()),
            Object::Device(_) => Ok(bytes.len()),
            Object::Pipe(pipe) => self.write_pipe(call, pipe, bytes, nonblock),
            Object::Socket(socket) => {
                let sent = self.network.send(socket, bytes, &mut self.wakes);
                match self.broken_pipe(call, sent)? {
                    Transfer::Moved(count) => Ok(count),
                    Transfer::WouldBlock => self.wait_writable(call, object, nonblock),
                }
            }
            Object::Terminal(terminal) => match self.write_terminal(terminal, bytes)? {
                Transfer::Moved(count) => Ok(count),
                Transfer::WouldBlock => self.wait_writable(call, object, nonblock),
            },
            Object::Master(terminal) => match self.write_master(terminal, bytes)? {
                Transfer::Moved(count) => Ok(count),
                Transfer::WouldBlock => self.wait_writable(call, object, nonblock),
            },
            Object::Watch(_) => Err(Errno::EBADF.into()),
        }
    }

    fn write_file(
        &mut self,
        call: Call,
        id: FileId,
        bytes: &[u8],
        position: Option<u64>,
        nonblock: bool,
    ) -> Answer<usize> {
        let file = &self.table.files[id];
        let (Object::File(vnode), flags, offset) = (file.object, file.flags, file.offset) else {
            unreachable!("only called for regular files")
        };
        // As on Linux, O_APPEND wins over a position.
        let at = if flags.has(OpenFlags::APPEND) {
            self.with_vfs(call, |vfs, caller| vfs.size(caller, vnode))?
        } else {
            position.unwrap_or(offset)
        };
        let written =
            self.with_contents(call, |vfs, caller| vfs.write_at(caller, vnode, at, bytes));
        let count = written.map_err(|halt| no_wait(halt, nonblock))?;
        if position.is_none() {
            self.table.files[id].offset = at + count as u64;
        }
        Ok(count)
    }

    fn write_pipe(
        &mut self,
        call: Call,
        id: PipeId,
        bytes: &[u8],
        nonblock: bool,
    ) -> Answer<usize> {
        let written = self.pipes[id].write(bytes, &mut self.wakes);
        match self.broken_pipe(call, written)? {
            Transfer::Moved(count) => Ok(count),
            Transfer::WouldBlock => self.wait_writable(call, Object::Pipe(id), nonblock),
        }
    }

    pub(super) fn broken_pipe(
        &mut self,
        call: Call,
        written: Result<Transfer>,
    ) -> Result<Transfer> {
        if written == Err(Errno::EPIPE) {
            let pid = self.process_of(call.tid)?;
            self.deliver(pid, SIGPIPE);
        }
        written
    }

    fn read_device(&mut self, device: Device, out: &mut [u8]) -> usize {
        match device {
            Device::Null => 0,
            Device::Zero | Device::Full => {
                out.fill(0);
                out.len()
            }
            Device::Random => {
                self.random.fill(out);
                out.len()
            }
        }
    }

    fn read_terminal(&mut self, call: Call, id: TerminalId, out: &mut [u8]) -> Result<Input> {
        let process = self.process(call.tid)?;
        let terminal = &self.terminals[id];
        if !terminal.master {
            return Err(Errno::EIO);
        }
        // A background process would get SIGTTIN and stop. Nothing can be stopped here, so it gets what an
        // orphaned background process gets.
        if process.terminal == Some(id)
            && terminal
                .foreground
                .is_some_and(|group| group != process.group)
        {
            return Err(Errno::EIO);
        }
        let terminal = &mut self.terminals[id];
        let input = terminal.discipline.read(out);
        if terminal.discipline.accepts_input() {
            terminal.master_writers.wake(&mut self.wakes);
        }
        Ok(input)
    }

    fn write_terminal(&mut self, id: TerminalId, bytes: &[u8]) -> Result<Transfer> {
        let terminal = &mut self.terminals[id];
        if !terminal.master {
            return Err(Errno::EIO);
        }
        let count = terminal.discipline.write(bytes);
        if count == 0 && !bytes.is_empty() {
            return Ok(Transfer::WouldBlock);
        }
        terminal.master_readers.wake(&mut self.wakes);
        Ok(Transfer::Moved(count))
    }

    fn read_master(&mut self, id: TerminalId, out: &mut [u8]) -> Result<Transfer> {
        let terminal = &mut self.terminals[id];
        let count = terminal.discipline.take_output(out);
        if count > 0 || out.is_empty() {
            terminal.slave_writers.wake(&mut self.wakes);
            return Ok(Transfer::Moved(count));
        }
        if terminal.slaves_gone() {
            return Err(Errno::EIO);
        }
        Ok(Transfer::WouldBlock)
    }

    fn write_master(&mut self, id: TerminalId, bytes: &[u8]) -> Result<Transfer> {
        let terminal = &mut self.terminals[id];
        let mut signals = Vec::new();
        let count = terminal.discipline.type_bytes(bytes, &mut signals);
        if terminal.discipline.readable() {
            terminal.slave_readers.wake(&mut self.wakes);
        }
        if terminal.discipline.has_output() {
            terminal.master_readers.wake(&mut self.wakes);
        }
        let members = terminal
            .foreground
            .map(|group| self.table.group_members(group))
            .unwrap_or_default();
        for signal in signals {
            for &pid in &members {
                self.deliver(pid, signal);
            }
        }
        if count == 0 && !bytes.is_empty() {
            Ok(Transfer::WouldBlock)
        } else {
            Ok(Transfer::Moved(count))
        }
    }

    pub(super) fn wait_readable<T>(
        &mut self,
        call: Call,
        object: Object,
        nonblock: bool,
    ) -> Answer<T> {
        if nonblock {
            return Err(Errno::EAGAIN.into());
        }
        self.arm(call.tid, object, true, false);
        self.park(call.tid)
    }

    pub(super) fn wait_writable<T>(
        &mut self,
        call: Call,
        object: Object,
        nonblock: bool,
    ) -> Answer<T> {
        if nonblock {
            return Err(Errno::EAGAIN.into());
        }
        self.arm(call.tid, object, false, true);
        self.park(call.tid)
    }
}

/// A caller that must not wait is told so; it is woken all the same when contents have arrived.
fn no_wait(halt: super::Halt, nonblock: bool) -> super::Halt {
    match halt {
        super::Halt::Park if nonblock => Errno::EAGAIN.into(),
        other => other,
    }
}

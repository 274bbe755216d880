//! System calls on terminals.

use super::{Call, Kernel};
use crate::errno::{Errno, Result};
use crate::process::Pid;
use crate::process::descriptor::Object;
use crate::process::signal::SIGWINCH;
use crate::process::terminal::{Terminal, TerminalId};
use crate::process::termios::{Termios, WindowSize};
use crate::vfs::OpenFlags;

impl Kernel {
    /// Master and slave of a new pseudo-terminal. It becomes nobody's controlling terminal.
    pub fn open_pty(&mut self, call: Call) -> Result<(i32, i32)> {
        self.process(call.tid)?.descriptors.check_room(2)?;
        let id = self.make_terminal(call)?;
        let master = self.describe(call, Object::Master(id), None, OpenFlags::RDWR)?;
        let path = format!("/dev/pts/{id}").into_bytes();
        let vnode = self.with_vfs(call, |vfs, caller| {
            let vnode = vfs.resolve(caller, &path, true)?;
            vfs.acquire(vnode);
            Ok(vnode)
        });
        let slave = vnode.and_then(|vnode| {
            self.describe(call, Object::Terminal(id), Some(vnode), OpenFlags::RDWR)
        });
        if slave.is_err() {
            self.close(call, master)?;
        }
        Ok((master, slave?))
    }

    /// The terminal at either side of which `fd` is.
    fn terminal(&mut self, call: Call, fd: i32) -> Result<(TerminalId, &mut Terminal)> {
        match self.object(call, fd)? {
            Object::Terminal(id) | Object::Master(id) => Ok((id, &mut self.terminals[id])),
            Object::Path(_) => Err(Errno::EBADF),
            _ => Err(Errno::ENOTTY),
        }
    }

    /// tcgetattr(3)
    pub fn tcgetattr(&mut self, call: Call, fd: i32) -> Result<Termios> {
        Ok(*self.terminal(call, fd)?.1.discipline.termios())
    }

    /// tcsetattr(3), at once.
    pub fn tcsetattr(&mut self, call: Call, fd: i32, termios: Termios) -> Result<()> {
        let (id, terminal) = self.terminal(call, fd)?;
        terminal.discipline.set_termios(termios);
        // What was typed may have become readable.
        self.terminals[id].slave_readers.wake(&mut self.wakes);
        Ok(())
    }

    /// `TIOCGWINSZ`
    pub fn window_size(&mut self, call: Call, fd: i32) -> Result<WindowSize> {
        Ok(self.terminal(call, fd)?.1.size)
    }

    /// `TIOCSWINSZ`: a change raises `SIGWINCH` in the foreground group.
    pub fn set_window_size(&mut self, call: Call, fd: i32, size: WindowSize) -> Result<()> {
        let terminal = self.terminal(call, fd)?.1;
        let before = core::mem::replace(&mut terminal.size, size);
        if before != size
            && let Some(group) = terminal.foreground
        {
            for pid in self.table.group_members(group) {
                self.deliver(pid, SIGWINCH);
            }
        }
        Ok(())
    }

    /// tcgetpgrp(3)
    pub fn tcgetpgrp(&mut self, call: Call, fd: i32) -> Result<Pid> {
        let own = self.process(call.tid)?.terminal;
        let is_master = matches!(self.object(call, fd)?, Object::Master(_));
        let (id, terminal) = self.terminal(call, fd)?;
        let foreground = terminal.foreground;
        if !is_master && own != Some(id) {
            return Err(Errno::ENOTTY);
        }
        foreground.ok_or(Errno::ENOTTY)
    }

    /// tcsetpgrp(3)
    ///
    /// # Errors
    /// `ENOTTY` unless it is the caller's controlling terminal; `EPERM` for a group of another session.
    pub fn tcsetpgrp(&mut self, call: Call, fd: i32, group: Pid) -> Result<()> {
        let process = self.process(call.tid)?;
        let (own, session) = (process.terminal, process.session);
        let (id, terminal) = self.terminal(call, fd)?;
        if own != Some(id) || terminal.session != Some(session) {
            return Err(Errno::ENOTTY);
        }
        if !self
            .table
            .iter()
            .any(|member| member.group == group && member.session == session)
        {
            return Err(Errno::EPERM);
        }
        self.terminals[id].foreground = Some(group);
        Ok(())
    }
}

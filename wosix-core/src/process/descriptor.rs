//! Descriptors and the open file descriptions they refer to.

use crate::errno::{Errno, Result};
use crate::net::SocketId;
use crate::vfs::{OpenFlags, Vnode, WatchId};

use super::terminal::TerminalId;
use super::thread::ThreadId;

/// Descriptors a process may have open (`RLIMIT_NOFILE`).
pub const DESCRIPTOR_LIMIT: usize = 4096;

/// Index of an open file description.
pub type FileId = usize;

/// Index of a pipe.
pub type PipeId = usize;

/// Character devices that the kernel implements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Device {
    /// `/dev/null`
    Null,
    /// `/dev/zero`
    Zero,
    /// `/dev/full`
    Full,
    /// `/dev/random` and `/dev/urandom`
    Random,
}

/// What an open file description is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Object {
    /// A regular file.
    File(Vnode),
    /// A directory.
    Directory(Vnode),
    /// Opened with `O_PATH`: names a file, does no I/O.
    Path(Vnode),
    /// A character device.
    Device(Device),
    /// A pipe or FIFO; the access mode tells the end.
    Pipe(PipeId),
    /// The program's side of a terminal.
    Terminal(TerminalId),
    /// The other side of a terminal.
    Master(TerminalId),
    /// A socket.
    Socket(SocketId),
    /// Changes in the file system.
    Watch(WatchId),
}

/// An open file description: what `dup` and `spawn` share.
#[derive(Debug)]
pub struct OpenFile {
    /// What it is about.
    pub object: Object,
    /// Its inode, if it has one; holds a reference.
    pub vnode: Option<Vnode>,
    /// Access mode and status flags.
    pub flags: OpenFlags,
    /// Position of the next read or write of a regular file.
    pub offset: u64,
    /// Descriptors that refer to it.
    pub references: u32,
}

/// One descriptor.
#[derive(Clone, Copy, Debug)]
struct Descriptor {
    file: FileId,
    close_on_exec: bool,
    /// Thread that opened it, at whose end it is closed.
    opener: ThreadId,
}

/// The descriptors of one process.
#[derive(Debug, Default)]
pub struct DescriptorTable {
    slots: Vec<Option<Descriptor>>,
}

impl DescriptorTable {
    fn slot(&self, fd: i32) -> Result<&Descriptor> {
        usize::try_from(fd)
            .ok()
            .and_then(|index| self.slots.get(index)?.as_ref())
            .ok_or(Errno::EBADF)
    }

    /// What `fd` refers to.
    ///
    /// # Errors
    /// `EBADF`
    pub fn get(&self, fd: i32) -> Result<FileId> {
        self.slot(fd).map(|descriptor| descriptor.file)
    }

    /// Opens the lowest free descriptor.
    ///
    /// # Errors
    /// `EMFILE`
    pub fn add(&mut self, file: FileId, close_on_exec: bool, opener: ThreadId) -> Result<i32> {
        let index = self
            .slots
            .iter()
            .position(Option::is_none)
            .unwrap_or(self.slots.len());
        if index >= DESCRIPTOR_LIMIT {
            return Err(Errno::EMFILE);
        }
        self.set(index as i32, file, close_on_exec, opener)?;
        Ok(index as i32)
    }

    /// Checks that `count` more descriptors can be opened.
    ///
    /// # Errors
    /// `EMFILE`
    pub fn check_room(&self, count: usize) -> Result<()> {
        if self.slots.len() + count <= DESCRIPTOR_LIMIT {
            return Ok(());
        }
        let open = self.slots.iter().flatten().count();
        if open + count <= DESCRIPTOR_LIMIT {
            Ok(())
        } else {
            Err(Errno::EMFILE)
        }
    }

    /// Makes `fd` refer to `file` and answers what it referred to before.
    ///
    /// # Errors
    /// `EBADF` when `fd` is out of range.
    pub fn set(
        &mut self,
        fd: i32,
        file: FileId,
        close_on_exec: bool,
        opener: ThreadId,
    ) -> Result<Option<FileId>> {
        let index = usize::try_from(fd)
            .ok()
            .filter(|&index| index < DESCRIPTOR_LIMIT)
            .ok_or(Errno::EBADF)?;
        if index >= self.slots.len() {
            self.slots.resize(index + 1, None);
        }
        let before = self.slots[index].replace(Descriptor {
            file,
            close_on_exec,
            opener,
        });
        Ok(before.map(|descriptor| descriptor.file))
    }

    /// Removes `fd` and answers what it referred to.
    ///
    /// # Errors
    /// `EBADF`
    pub fn remove(&mut self, fd: i32) -> Result<FileId> {
        let file = self.get(fd)?;
        self.slots[fd as usize] = None;
        while let Some(None) = self.slots.last() {
            self.slots.pop();
        }
        Ok(file)
    }

    /// The flag `FD_CLOEXEC`.
    ///
    /// # Errors
    /// `EBADF`
    pub fn close_on_exec(&self, fd: i32) -> Result<bool> {
        self.slot(fd).map(|descriptor| descriptor.close_on_exec)
    }

    /// Sets the flag `FD_CLOEXEC`.
    ///
    /// # Errors
    /// `EBADF`
    pub fn set_close_on_exec(&mut self, fd: i32, on: bool) -> Result<()> {
        self.slot(fd)?;
        if let Some(descriptor) = &mut self.slots[fd as usize] {
            descriptor.close_on_exec = on;
        }
        Ok(())
    }

    /// Open descriptors with what they refer to, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (i32, FileId)> + '_ {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(fd, slot)| slot.map(|descriptor| (fd as i32, descriptor.file)))
    }

    /// Makes `thread` the opener of `fd`.
    ///
    /// # Errors
    /// `EBADF`
    pub fn set_opener(&mut self, fd: i32, thread: ThreadId) -> Result<()> {
        self.slot(fd)?;
        if let Some(descriptor) = &mut self.slots[fd as usize] {
            descriptor.opener = thread;
        }
        Ok(())
    }

    /// Removes the descriptors that a thread has opened.
    pub fn take_of_thread(&mut self, thread: ThreadId) -> Vec<FileId> {
        let mut files = Vec::new();
        for slot in &mut self.slots {
            if let Some(descriptor) = slot.take_if(|descriptor| descriptor.opener == thread) {
                files.push(descriptor.file);
            }
        }
        while let Some(None) = self.slots.last() {
            self.slots.pop();
        }
        files
    }

    /// Removes all descriptors.
    pub fn take_all(&mut self) -> Vec<FileId> {
        core::mem::take(&mut self.slots)
            .into_iter()
            .flatten()
            .map(|descriptor| descriptor.file)
            .collect()
    }
}

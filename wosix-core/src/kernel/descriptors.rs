//! System calls on descriptors, apart from reading and writing.

use super::paths::owner;
use super::{Answer, Call, Kernel, caller};
use crate::errno::{Errno, Result};
use crate::net::Domain;
use crate::process::descriptor::{DESCRIPTOR_LIMIT, Device, FileId, Object};
use crate::process::pipe::{PIPE_CAPACITY, Pipe};
use crate::vfs::{FileKind, OpenFlags, SetTime, Stat, StatFs, Vnode};

/// Device number that `fstat` shows for what is in no file system.
const ANONYMOUS_DEVICE: u64 = 0xd;

/// What libuv's `uv_guess_handle` tells of a descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum HandleType {
    /// Regular files and character devices.
    File = 0,
    /// Pipes and Unix sockets.
    Pipe = 1,
    /// TCP sockets.
    Tcp = 2,
    /// Terminals.
    Tty = 3,
    /// Anything else.
    Unknown = 4,
    /// Not open.
    Invalid = 5,
    /// UDP sockets.
    Udp = 6,
}

impl Kernel {
    pub(super) fn file(&self, call: Call, fd: i32) -> Result<FileId> {
        self.process(call.tid)?.descriptors.get(fd)
    }

    pub(super) fn object(&self, call: Call, fd: i32) -> Result<Object> {
        Ok(self.table.files[self.file(call, fd)?].object)
    }

    fn vnode(&self, call: Call, fd: i32) -> Result<Option<Vnode>> {
        let file = &self.table.files[self.file(call, fd)?];
        if matches!(file.object, Object::Path(_)) {
            Err(Errno::EBADF)
        } else {
            Ok(file.vnode)
        }
    }

    /// close(2)
    pub fn close(&mut self, call: Call, fd: i32) -> Result<()> {
        let file = self.process_mut(call.tid)?.descriptors.remove(fd)?;
        self.release_file(file);
        Ok(())
    }

    /// dup(2)
    pub fn dup(&mut self, call: Call, fd: i32) -> Result<i32> {
        let file = self.file(call, fd)?;
        let opener = self.thread_number(call);
        let copy = self
            .process_mut(call.tid)?
            .descriptors
            .add(file, false, opener)?;
        self.table.files[file].references += 1;
        Ok(copy)
    }

    /// dup2(2)
    pub fn dup2(&mut self, call: Call, fd: i32, new: i32) -> Result<i32> {
        let file = self.file(call, fd)?;
        if new < 0 || new as usize >= DESCRIPTOR_LIMIT {
            return Err(Errno::EBADF);
        }
        if fd == new {
            return Ok(new);
        }
        self.table.files[file].references += 1;
        let opener = self.thread_number(call);
        if let Some(before) = self
            .process_mut(call.tid)?
            .descriptors
            .set(new, file, false, opener)?
        {
            self.release_file(before);
        }
        Ok(new)
    }

    /// `FD_CLOEXEC`: sets it if `on` is given; answers what it was.
    pub fn close_on_exec(&mut self, call: Call, fd: i32, on: Option<bool>) -> Result<bool> {
        let descriptors = &mut self.process_mut(call.tid)?.descriptors;
        let before = descriptors.close_on_exec(fd)?;
        if let Some(on) = on {
            descriptors.set_close_on_exec(fd, on)?;
        }
        Ok(before)
    }

    /// `F_SETFL` if `flags` are given (only `O_APPEND` and `O_NONBLOCK` change), then `F_GETFL`.
    pub fn status_flags(&mut self, call: Call, fd: i32, flags: Option<u32>) -> Result<u32> {
        let file = self.file(call, fd)?;
        let current = &mut self.table.files[file].flags;
        if let Some(flags) = flags {
            let settable = OpenFlags::APPEND.0 | OpenFlags::NONBLOCK.0;
            current.0 = current.0 & !settable | flags & settable;
        }
        Ok(current.0)
    }

    /// pipe(2): reading end first.
    pub fn pipe(&mut self, call: Call) -> Result<(i32, i32)> {
        self.process(call.tid)?.descriptors.check_room(2)?;
        let pipe = self.pipes.insert(Pipe::new(PIPE_CAPACITY));
        let reader = self.describe(call, Object::Pipe(pipe), None, OpenFlags::RDONLY)?;
        let writer = self.describe(call, Object::Pipe(pipe), None, OpenFlags::WRONLY)?;
        Ok((reader, writer))
    }

    /// lseek(2); `whence` 0, 1, 2.
    pub fn lseek(&mut self, call: Call, fd: i32, offset: i64, whence: u32) -> Result<u64> {
        let id = self.file(call, fd)?;
        let base = match (self.table.files[id].object, whence) {
            (
                Object::Pipe(_)
                | Object::Socket(_)
                | Object::Terminal(_)
                | Object::Master(_)
                | Object::Watch(_),
                _,
            ) => {
                return Err(Errno::ESPIPE);
            }
            (Object::Path(_), _) => return Err(Errno::EBADF),
            (Object::Device(_), 0..=2) => return Ok(0),
            (_, 0) => 0,
            (_, 1) => self.table.files[id].offset,
            (Object::File(vnode), 2) => {
                self.with_vfs(call, |vfs, caller| vfs.size(caller, vnode))?
            }
            (_, 2) => 0,
            _ => return Err(Errno::EINVAL),
        };
        let position = i64::try_from(base)
            .ok()
            .and_then(|base| base.checked_add(offset))
            .ok_or(Errno::EOVERFLOW)?;
        let position = u64::try_from(position).map_err(|_| Errno::EINVAL)?;
        self.table.files[id].offset = position;
        Ok(position)
    }

    /// fstat(2)
    pub fn fstat(&mut self, call: Call, fd: i32) -> Result<Stat> {
        self.stat_file(call, self.file(call, fd)?)
    }

    pub(super) fn stat_file(&mut self, call: Call, file: FileId) -> Result<Stat> {
        let file = &self.table.files[file];
        if let Some(vnode) = file.vnode {
            return self.with_vfs(call, |vfs, caller| vfs.fstat(caller, vnode));
        }
        let (kind, mode, index, rdev) = match file.object {
            Object::Pipe(id) => (FileKind::Fifo, 0o600, id, 0),
            Object::Socket(id) => (FileKind::Socket, 0o777, id, 0),
            Object::Terminal(id) => (FileKind::CharDevice, 0o620, id, 136 << 8 | id as u64),
            Object::Master(id) => (FileKind::CharDevice, 0o666, id, 5 << 8 | 2),
            _ => (FileKind::Regular, 0o600, 0, 0),
        };
        let credentials = &self.process(call.tid)?.credentials;
        Ok(Stat {
            dev: ANONYMOUS_DEVICE,
            ino: index as u64 + 1,
            kind,
            mode,
            nlink: 1,
            uid: credentials.uid,
            gid: credentials.gid,
            rdev,
            size: 0,
            blksize: 4096,
            blocks: 0,
            atime: call.now,
            mtime: call.now,
            ctime: call.now,
            btime: call.now,
        })
    }

    /// fstatfs(2); `ENOSYS` for what is in no file system.
    pub fn fstatfs(&mut self, call: Call, fd: i32) -> Result<StatFs> {
        let vnode = self.vnode(call, fd)?.ok_or(Errno::ENOSYS)?;
        self.vfs.fstatfs(vnode)
    }

    /// ftruncate(2)
    pub fn ftruncate(&mut self, call: Call, fd: i32, length: u64) -> Answer<()> {
        let file = &self.table.files[self.file(call, fd)?];
        match file.object {
            Object::File(vnode) if file.flags.writes() => {
                self.with_contents(call, |vfs, caller| vfs.set_len(caller, vnode, length))
            }
            Object::Path(_) => Err(Errno::EBADF.into()),
            _ => Err(Errno::EINVAL.into()),
        }
    }

    /// fsync(2): memory is all there is.
    pub fn fsync(&mut self, call: Call, fd: i32) -> Result<()> {
        match self.object(call, fd)? {
            Object::File(_) | Object::Directory(_) => Ok(()),
            Object::Path(_) => Err(Errno::EBADF),
            _ => Err(Errno::EINVAL),
        }
    }

    /// fchmod(2)
    pub fn fchmod(&mut self, call: Call, fd: i32, mode: u32) -> Result<()> {
        match self.vnode(call, fd)? {
            Some(vnode) => {
                self.with_vfs(call, |vfs, caller| vfs.fchmod(caller, vnode, mode & 0o7777))
            }
            // Pipes and sockets have a mode that nobody looks at.
            None => Ok(()),
        }
    }

    /// fchown(2)
    pub fn fchown(&mut self, call: Call, fd: i32, uid: i32, gid: i32) -> Result<()> {
        match self.vnode(call, fd)? {
            Some(vnode) => self.with_vfs(call, |vfs, caller| {
                vfs.fchown(caller, vnode, owner(uid), owner(gid))
            }),
            None => Ok(()),
        }
    }

    /// futimens(3)
    pub fn futimes(&mut self, call: Call, fd: i32, atime: SetTime, mtime: SetTime) -> Result<()> {
        match self.vnode(call, fd)? {
            Some(vnode) => {
                self.with_vfs(call, |vfs, caller| vfs.futimes(caller, vnode, atime, mtime))
            }
            None => Ok(()),
        }
    }

    /// The entries of an open directory.
    pub fn freaddir(&mut self, call: Call, fd: i32) -> Result<Vec<crate::vfs::DirEntry>> {
        match self.object(call, fd)? {
            Object::Directory(vnode) => {
                let process = self.table.get(self.process_of(call.tid)?)?;
                self.vfs
                    .freaddir(&caller(&self.table, process, call.now), vnode)
            }
            _ => Err(Errno::ENOTDIR),
        }
    }

    /// libuv's type of a descriptor.
    pub fn handle_type(&self, call: Call, fd: i32) -> HandleType {
        match self.object(call, fd) {
            Err(_) => HandleType::Invalid,
            Ok(Object::File(_)) => HandleType::File,
            Ok(Object::Device(Device::Null | Device::Zero | Device::Full | Device::Random)) => {
                HandleType::File
            }
            Ok(Object::Pipe(_)) => HandleType::Pipe,
            Ok(Object::Terminal(_) | Object::Master(_)) => HandleType::Tty,
            Ok(Object::Socket(id)) => match self.network.socket(id).domain {
                Domain::Unix => HandleType::Pipe,
                Domain::Tcp4 | Domain::Tcp6 => HandleType::Tcp,
                Domain::Udp4 | Domain::Udp6 => HandleType::Udp,
            },
            Ok(Object::Directory(_) | Object::Path(_) | Object::Watch(_)) => HandleType::Unknown,
        }
    }
}

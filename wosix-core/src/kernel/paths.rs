//! System calls on paths.

use super::{Answer, Call, Kernel};
use crate::errno::{Errno, Result};
use crate::vfs::{Access, DirEntry, FileKind, SetTime, Stat, StatFs};

impl Kernel {
    /// stat(2), lstat(2).
    pub fn stat(&mut self, call: Call, path: &[u8], follow: bool) -> Result<Stat> {
        let stat = self.with_vfs(call, |vfs, caller| vfs.stat(caller, path, follow))?;
        if !follow || stat.kind != FileKind::Symlink {
            return Ok(stat);
        }
        // A descriptor without a path (`/proc/self/fd/0` of a pipe): what it is about.
        let vnode = self.with_vfs(call, |vfs, caller| vfs.resolve(caller, path, true))?;
        self.stat_file(call, self.same_file(vnode)?)
    }

    /// access(2); `EINVAL` for other bits than the three.
    pub fn access(&mut self, call: Call, path: &[u8], mode: u32) -> Result<()> {
        if mode & !7 != 0 {
            return Err(Errno::EINVAL);
        }
        self.with_vfs(call, |vfs, caller| vfs.access(caller, path, Access(mode)))
    }

    /// mkdir(2)
    pub fn mkdir(&mut self, call: Call, path: &[u8], mode: u32) -> Result<()> {
        let mode = mode & 0o1777 & !self.process(call.tid)?.umask;
        self.with_vfs(call, |vfs, caller| vfs.mkdir(caller, path, mode))
            .map(drop)
    }

    /// mkfifo(3)
    pub fn mkfifo(&mut self, call: Call, path: &[u8], mode: u32) -> Result<()> {
        let mode = mode & 0o7777 & !self.process(call.tid)?.umask;
        self.with_vfs(call, |vfs, caller| {
            vfs.mknod(caller, path, FileKind::Fifo, mode, 0)
        })
        .map(drop)
    }

    /// rmdir(2)
    pub fn rmdir(&mut self, call: Call, path: &[u8]) -> Result<()> {
        self.with_vfs(call, |vfs, caller| vfs.rmdir(caller, path))
    }

    /// unlink(2)
    pub fn unlink(&mut self, call: Call, path: &[u8]) -> Result<()> {
        self.with_vfs(call, |vfs, caller| vfs.unlink(caller, path))
    }

    /// rename(2)
    pub fn rename(&mut self, call: Call, from: &[u8], to: &[u8]) -> Result<()> {
        self.with_vfs(call, |vfs, caller| vfs.rename(caller, from, to))
    }

    /// link(2)
    pub fn link(&mut self, call: Call, from: &[u8], to: &[u8]) -> Result<()> {
        self.with_vfs(call, |vfs, caller| vfs.link(caller, from, to))
    }

    /// symlink(2)
    pub fn symlink(&mut self, call: Call, target: &[u8], path: &[u8]) -> Result<()> {
        self.with_vfs(call, |vfs, caller| vfs.symlink(caller, target, path))
    }

    /// readlink(2)
    pub fn readlink(&mut self, call: Call, path: &[u8]) -> Result<Vec<u8>> {
        self.with_vfs(call, |vfs, caller| vfs.readlink(caller, path))
    }

    /// realpath(3)
    pub fn realpath(&mut self, call: Call, path: &[u8]) -> Result<Vec<u8>> {
        self.with_vfs(call, |vfs, caller| vfs.real_path(caller, path))
    }

    /// chmod(2)
    pub fn chmod(&mut self, call: Call, path: &[u8], mode: u32, follow: bool) -> Result<()> {
        self.with_vfs(call, |vfs, caller| {
            vfs.chmod(caller, path, mode & 0o7777, follow)
        })
    }

    /// chown(2); -1 leaves an id as it is.
    pub fn chown(
        &mut self,
        call: Call,
        path: &[u8],
        uid: i32,
        gid: i32,
        follow: bool,
    ) -> Result<()> {
        self.with_vfs(call, |vfs, caller| {
            vfs.chown(caller, path, owner(uid), owner(gid), follow)
        })
    }

    /// utimensat(2)
    pub fn utimes(
        &mut self,
        call: Call,
        path: &[u8],
        atime: SetTime,
        mtime: SetTime,
        follow: bool,
    ) -> Result<()> {
        self.with_vfs(call, |vfs, caller| {
            vfs.utimes(caller, path, atime, mtime, follow)
        })
    }

    /// truncate(2)
    pub fn truncate(&mut self, call: Call, path: &[u8], length: u64) -> Answer<()> {
        self.with_contents(call, |vfs, caller| vfs.truncate(caller, path, length))
    }

    /// The entries of a directory, without `.` and `..`.
    pub fn readdir(&mut self, call: Call, path: &[u8]) -> Result<Vec<DirEntry>> {
        self.with_vfs(call, |vfs, caller| vfs.readdir(caller, path))
    }

    /// statfs(2)
    pub fn statfs(&mut self, call: Call, path: &[u8]) -> Result<StatFs> {
        self.with_vfs(call, |vfs, caller| vfs.statfs(caller, path))
    }

    /// getcwd(3); `ENOENT` when the directory was removed.
    pub fn getcwd(&mut self, call: Call) -> Result<Vec<u8>> {
        self.with_vfs(call, |vfs, caller| vfs.path_of(caller.cwd))
    }

    /// chdir(2)
    pub fn chdir(&mut self, call: Call, path: &[u8]) -> Result<()> {
        let directory = self.with_vfs(call, |vfs, caller| vfs.resolve_directory(caller, path))?;
        self.vfs.acquire(directory);
        let before = core::mem::replace(&mut self.process_mut(call.tid)?.cwd, directory);
        self.vfs.release(before);
        Ok(())
    }
}

/// -1 of chown(2) means "leave it".
pub(super) fn owner(id: i32) -> Option<u32> {
    if id == -1 { None } else { Some(id as u32) }
}

//! Attributes of inodes: stat, access, modes, owners, times.

use super::memory::{Body, Meta, Times};
use super::permission::{SETGID, SETUID};
use super::proc::ProcTarget;
use super::watch::WatchKind;
use super::{Access, Caller, FileKind, FileSystem, SetTime, Stat, StatFs, Vfs, Vnode};
use crate::errno::{Errno, Result};

/// Size of a block and preferred size of I/O, in bytes.
const BLOCK: u32 = 4096;
/// What tmpfs counts as the size of an entry.
const ENTRY_SIZE: u64 = 20;
const TMPFS_MAGIC: u64 = 0x0102_1994;
const PROC_MAGIC: u64 = 0x9fa0;
/// First device number (major 0, as for all file systems without a device).
const FIRST_DEV: u64 = 24;

impl Vfs {
    /// stat(2) and, without `follow_last`, lstat(2). Errors: those of [`Vfs::resolve`].
    pub fn stat(&self, caller: &Caller, path: &[u8], follow_last: bool) -> Result<Stat> {
        let v = self.resolve(caller, path, follow_last)?;
        self.fstat(caller, v)
    }

    /// fstat(2).
    pub fn fstat(&self, caller: &Caller, v: Vnode) -> Result<Stat> {
        let dev = FIRST_DEV + u64::from(v.mount.0);
        let ino = u64::from(v.ino);
        match &self.mount(v.mount)?.fs {
            FileSystem::Memory(fs) => {
                let inode = fs.get(v.ino)?;
                let Meta {
                    kind,
                    mode,
                    uid,
                    gid,
                } = inode.meta;
                let Times {
                    atime,
                    mtime,
                    ctime,
                    btime,
                } = inode.times;
                let (size, stored) = match &inode.body {
                    Body::File(contents) => (contents.size(), contents.stored()),
                    Body::Directory(children) => ((2 + u64::from(children.count)) * ENTRY_SIZE, 0),
                    Body::Symlink(target) => (target.len() as u64, 0),
                    Body::Special => (0, 0),
                };
                let blocks = stored.div_ceil(BLOCK.into()) * u64::from(BLOCK / 512);
                let (mode, nlink, rdev) = (u32::from(mode), inode.nlink, inode.rdev.into());
                let blksize = BLOCK;
                Ok(Stat {
                    dev,
                    ino,
                    kind,
                    mode,
                    nlink,
                    uid,
                    gid,
                    rdev,
                    size,
                    blksize,
                    blocks,
                    atime,
                    mtime,
                    ctime,
                    btime,
                })
            }
            FileSystem::Proc(fs) => {
                let Meta {
                    kind,
                    mode,
                    uid,
                    gid,
                } = fs.meta(caller, v.ino)?;
                let (atime, mtime, ctime, btime) = (caller.now, caller.now, caller.now, caller.now);
                let nlink = if kind == FileKind::Directory { 2 } else { 1 };
                let (mode, rdev, size, blksize, blocks) = (u32::from(mode), 0, 0, 1024, 0);
                Ok(Stat {
                    dev,
                    ino,
                    kind,
                    mode,
                    nlink,
                    uid,
                    gid,
                    rdev,
                    size,
                    blksize,
                    blocks,
                    atime,
                    mtime,
                    ctime,
                    btime,
                })
            }
        }
    }

    /// Type of an inode; `Regular` for a handle that outlived its inode (whose use answers ENOENT).
    #[inline]
    pub fn kind(&self, v: Vnode) -> FileKind {
        match self.mount(v.mount).map(|mount| &mount.fs) {
            Ok(FileSystem::Memory(fs)) => fs
                .get(v.ino)
                .map_or(FileKind::Regular, |inode| inode.meta.kind),
            Ok(FileSystem::Proc(_)) => super::proc::ProcFs::kind(v.ino),
            Err(_) => FileKind::Regular,
        }
    }

    /// access(2), links followed. EACCES, EROFS, and the errors of [`Vfs::resolve`].
    pub fn access(&self, caller: &Caller, path: &[u8], access: Access) -> Result<()> {
        let v = self.resolve(caller, path, true)?;
        self.faccess(caller, v, access)
    }

    /// The same for an inode (`Access::EXECUTE` on a program is what exec asks).
    pub fn faccess(&self, caller: &Caller, v: Vnode, access: Access) -> Result<()> {
        self.meta(caller, v)?.check(caller.credentials, access)?;
        let read_only = matches!(self.mount(v.mount)?.fs, FileSystem::Proc(_));
        if read_only && access.0 & Access::WRITE.0 != 0 {
            return Err(Errno::EROFS);
        }
        Ok(())
    }

    /// chmod(2). Only the owner may (EPERM); a link itself has no mode to change (EOPNOTSUPP).
    pub fn chmod(
        &mut self,
        caller: &Caller,
        path: &[u8],
        mode: u32,
        follow_last: bool,
    ) -> Result<()> {
        let v = self.resolve(caller, path, follow_last)?;
        self.fchmod(caller, v, mode)
    }

    /// fchmod(2).
    pub fn fchmod(&mut self, caller: &Caller, v: Vnode, mode: u32) -> Result<()> {
        let credentials = caller.credentials;
        self.change_attributes(caller, v, |meta, _| {
            if meta.kind == FileKind::Symlink {
                return Err(Errno::EOPNOTSUPP);
            }
            meta.check_owner(credentials)?;
            meta.mode = mode as u16 & 0o7777;
            if credentials.uid != 0 && !credentials.in_group(meta.gid) {
                meta.mode &= !SETGID;
            }
            Ok(())
        })
    }

    /// chown(2), lchown(2). `None` leaves the id. The owner may only give the file to a group of theirs (EPERM). Takes
    /// set-uid and set-gid bits off, even for root, as Linux does.
    pub fn chown(
        &mut self,
        caller: &Caller,
        path: &[u8],
        uid: Option<u32>,
        gid: Option<u32>,
        follow_last: bool,
    ) -> Result<()> {
        let v = self.resolve(caller, path, follow_last)?;
        self.fchown(caller, v, uid, gid)
    }

    /// fchown(2).
    pub fn fchown(
        &mut self,
        caller: &Caller,
        v: Vnode,
        uid: Option<u32>,
        gid: Option<u32>,
    ) -> Result<()> {
        let credentials = caller.credentials;
        self.change_attributes(caller, v, |meta, _| {
            let privileged = credentials.uid == 0;
            let owns = credentials.uid == meta.uid;
            if let Some(uid) = uid
                && !(privileged || owns && uid == meta.uid)
            {
                return Err(Errno::EPERM);
            }
            if let Some(gid) = gid
                && !(privileged || owns && (gid == meta.gid || credentials.in_group(gid)))
            {
                return Err(Errno::EPERM);
            }
            if meta.kind != FileKind::Directory && meta.mode & (SETUID | SETGID) != 0 {
                meta.check_owner(credentials)?;
                meta.drop_privileges();
            }
            meta.uid = uid.unwrap_or(meta.uid);
            meta.gid = gid.unwrap_or(meta.gid);
            Ok(())
        })
    }

    /// utimensat(2). Explicit times are for the owner (EPERM); two `Now` need write permission only (EACCES).
    pub fn utimes(
        &mut self,
        caller: &Caller,
        path: &[u8],
        atime: SetTime,
        mtime: SetTime,
        follow_last: bool,
    ) -> Result<()> {
        let v = self.resolve(caller, path, follow_last)?;
        self.futimes(caller, v, atime, mtime)
    }

    /// futimens(3).
    pub fn futimes(
        &mut self,
        caller: &Caller,
        v: Vnode,
        atime: SetTime,
        mtime: SetTime,
    ) -> Result<()> {
        if (atime, mtime) == (SetTime::Omit, SetTime::Omit) {
            return self.meta(caller, v).map(drop);
        }
        self.change_attributes(caller, v, |meta, times| {
            if meta.check_owner(caller.credentials).is_err() {
                if (atime, mtime) != (SetTime::Now, SetTime::Now) {
                    return Err(Errno::EPERM);
                }
                meta.check(caller.credentials, Access::WRITE)?;
            }
            times.atime = atime.apply(times.atime, caller.now);
            times.mtime = mtime.apply(times.mtime, caller.now);
            Ok(())
        })
    }

    /// Text of a symbolic link. EINVAL for anything else, and the errors of [`Vfs::resolve`].
    pub fn readlink(&self, caller: &Caller, path: &[u8]) -> Result<Vec<u8>> {
        let v = self.resolve(caller, path, false)?;
        match self.link_target(caller, v)? {
            ProcTarget::Path(text) | ProcTarget::Text(text) => Ok(text),
            ProcTarget::Vnode(v) => match self.path_of(v) {
                Err(Errno::ENOENT) => Ok(b"(deleted)".to_vec()),
                path => path,
            },
        }
    }

    /// statfs(2).
    pub fn statfs(&self, caller: &Caller, path: &[u8]) -> Result<StatFs> {
        let v = self.resolve(caller, path, true)?;
        self.fstatfs(v)
    }

    /// fstatfs(2). All memory file systems share one budget and report it.
    pub fn fstatfs(&self, v: Vnode) -> Result<StatFs> {
        let bsize = u64::from(BLOCK);
        match &self.mount(v.mount)?.fs {
            FileSystem::Memory(fs) => {
                let blocks = self.budget.limit / bsize;
                let bfree = (self.budget.limit - self.budget.used) / bsize;
                let ffree = u64::from(u32::MAX) - fs.inode_count() as u64;
                Ok(StatFs {
                    kind: TMPFS_MAGIC,
                    bsize,
                    blocks,
                    bfree,
                    bavail: bfree,
                    files: u32::MAX.into(),
                    ffree,
                })
            }
            FileSystem::Proc(_) => Ok(StatFs {
                kind: PROC_MAGIC,
                bsize,
                blocks: 0,
                bfree: 0,
                bavail: 0,
                files: 0,
                ffree: 0,
            }),
        }
    }

    /// Where a link leads, one step. EINVAL for anything else.
    pub(super) fn link_target(&self, caller: &Caller, v: Vnode) -> Result<ProcTarget> {
        match &self.mount(v.mount)?.fs {
            FileSystem::Memory(fs) => match &fs.get(v.ino)?.body {
                Body::Symlink(target) => Ok(ProcTarget::Path(target.to_vec())),
                _ => Err(Errno::EINVAL),
            },
            FileSystem::Proc(fs) => fs.target(caller, v.ino),
        }
    }

    /// Runs a change of attributes, which also sets the ctime and tells watchers.
    fn change_attributes(
        &mut self,
        caller: &Caller,
        v: Vnode,
        change: impl FnOnce(&mut Meta, &mut Times) -> Result<()>,
    ) -> Result<()> {
        let inode = self.mount_mut(v.mount)?.memory_mut()?.get_mut(v.ino)?;
        change(&mut inode.meta, &mut inode.times)?;
        inode.times.ctime = caller.now;
        self.notify_inode(v, WatchKind::Change);
        Ok(())
    }
}

impl SetTime {
    fn apply(self, old: super::Timestamp, now: super::Timestamp) -> super::Timestamp {
        match self {
            SetTime::Omit => old,
            SetTime::Now => now,
            SetTime::At(time) => time,
        }
    }
}

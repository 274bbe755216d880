//! Opening, reading, writing and truncating.

use std::borrow::Cow;

use super::memory::{Body, Inode, Meta};
use super::permission::SETGID;
use super::proc::{ProcContents, ProcTarget};
use super::walk::{LINKS_MAX, Last};
use super::watch::WatchKind;
use super::{Access, Caller, FileKind, FileSystem, Loaded, OpenFlags, Timestamp, Vfs, Vnode};
use crate::errno::{Errno, Result};

/// What [`Vfs::open`] answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opened {
    /// The inode, with one reference that the caller owns: give it back by [`Vfs::release`].
    pub vnode: Vnode,
    /// Its type: anything but a regular file or a directory is the kernel's to implement.
    /// `Symlink` means a descriptor of `/proc/<pid>/fd` without a path (see [`Vfs::proc_descriptor`]), or a link opened
    /// by `O_PATH | O_NOFOLLOW`.
    pub kind: FileKind,
    /// Device number of a device node (see [`super::dev`]), else 0.
    pub rdev: u64,
}

impl Vfs {
    /// open(2). `mode` is that of a new file, after the umask. Of the flags only those about names, permissions and truncation
    /// matter here; offsets, `O_APPEND` and `O_NONBLOCK` belong to the descriptor.
    ///
    /// Errors: those of [`Vfs::resolve`]; EEXIST (`O_EXCL`), EISDIR, ENOTDIR (`O_DIRECTORY`), ELOOP (`O_NOFOLLOW`), EACCES, EPERM (`O_NOATIME`),
    /// EROFS, ENXIO (a socket or block device), EINVAL (`O_CREAT | O_DIRECTORY`), EOPNOTSUPP (`O_TMPFILE`).
    pub fn open(
        &mut self,
        caller: &Caller,
        path: &[u8],
        flags: OpenFlags,
        mode: u32,
    ) -> Result<Opened> {
        if flags.has(OpenFlags::PATH) {
            let v = self.resolve(caller, path, !flags.has(OpenFlags::NOFOLLOW))?;
            if flags.has(OpenFlags::DIRECTORY) && self.kind(v) != FileKind::Directory {
                return Err(Errno::ENOTDIR);
            }
            return self.hand_out(v);
        }
        if flags.has(OpenFlags::TMPFILE) {
            return Err(Errno::EOPNOTSUPP);
        }
        let v = if flags.has(OpenFlags::CREAT) {
            if flags.has(OpenFlags::DIRECTORY) {
                return Err(Errno::EINVAL);
            }
            match self.locate_or_create(caller, path, flags, mode)? {
                Located::Created(v) => return self.hand_out(v),
                Located::Existing(v) => v,
            }
        } else {
            self.resolve(caller, path, !flags.has(OpenFlags::NOFOLLOW))?
        };
        self.open_existing(caller, v, flags)
    }

    /// Opens an inode that is known already, as following a link of `/proc/self/fd` does. Errors: as [`Vfs::open`].
    pub fn open_existing(&mut self, caller: &Caller, v: Vnode, flags: OpenFlags) -> Result<Opened> {
        let meta = self.meta(caller, v)?;
        let writes = flags.writes() || flags.has(OpenFlags::TRUNC);
        if flags.has(OpenFlags::DIRECTORY) && meta.kind != FileKind::Directory {
            return Err(Errno::ENOTDIR);
        }
        match meta.kind {
            FileKind::Symlink
                if self.proc_descriptor(v).is_none() || flags.has(OpenFlags::NOFOLLOW) =>
            {
                return Err(Errno::ELOOP);
            }
            FileKind::Directory if writes || flags.has(OpenFlags::CREAT) => {
                return Err(Errno::EISDIR);
            }
            FileKind::Socket | FileKind::BlockDevice => return Err(Errno::ENXIO),
            _ => {}
        }
        let mut access = Access::EXISTS;
        if flags.reads() || flags.0 & 3 == 3 {
            access = access | Access::READ;
        }
        if writes || flags.0 & 3 == 3 {
            access = access | Access::WRITE;
        }
        meta.check(caller.credentials, access)?;
        if writes
            && meta.kind == FileKind::Regular
            && matches!(self.mount(v.mount)?.fs, FileSystem::Proc(_))
        {
            return Err(Errno::EROFS);
        }
        if flags.has(OpenFlags::NOATIME) {
            meta.check_owner(caller.credentials)?;
        }
        if meta.kind == FileKind::Regular {
            if flags.has(OpenFlags::TRUNC) {
                // Truncation to nothing never needs a load.
                let (Loaded::Ready(()) | Loaded::NeedLoad(_)) = self.set_len(caller, v, 0)?;
            } else if let FileSystem::Memory(fs) = &mut self.mount_mut(v.mount)?.fs {
                fs.contents_mut(v.ino)?.0.retry();
            }
        }
        self.hand_out(v)
    }

    /// Looks up, and makes a regular file if there is none, following links at the end of the path unless told not to.
    fn locate_or_create(
        &mut self,
        caller: &Caller,
        path: &[u8],
        flags: OpenFlags,
        mode: u32,
    ) -> Result<Located> {
        let mut base = caller.cwd;
        let mut path = Cow::Borrowed(path);
        let mut links = 0;
        loop {
            let parent = self.walk_parent(caller, base, &path, &mut links)?;
            let found = self.last_inode(caller, &parent)?;
            let Last::Name(name) = parent.last else {
                return Err(Errno::EISDIR);
            };
            if parent.slash {
                return Err(Errno::EISDIR);
            }
            let Some(v) = found else {
                let meta = self.new_meta(caller, parent.directory, FileKind::Regular, mode)?;
                let body = Body::File(super::contents::Contents::EMPTY);
                let inode = Inode::new(meta, body, caller.now);
                return self
                    .create(caller, parent.directory, name, inode)
                    .map(Located::Created);
            };
            if flags.has(OpenFlags::EXCL) {
                return Err(Errno::EEXIST);
            }
            if self.kind(v) != FileKind::Symlink || flags.has(OpenFlags::NOFOLLOW) {
                return Ok(Located::Existing(v));
            }
            links += 1;
            if links > LINKS_MAX {
                return Err(Errno::ELOOP);
            }
            base = parent.directory;
            path = match self.link_target(caller, v)? {
                ProcTarget::Vnode(v) => return Ok(Located::Existing(v)),
                ProcTarget::Text(_) => return Ok(Located::Existing(v)),
                ProcTarget::Path(target) => Cow::Owned(target),
            };
        }
    }

    fn hand_out(&mut self, v: Vnode) -> Result<Opened> {
        self.acquire(v);
        let rdev = match &self.mount(v.mount)?.fs {
            FileSystem::Memory(fs) => fs.get(v.ino)?.rdev.into(),
            FileSystem::Proc(_) => 0,
        };
        Ok(Opened {
            vnode: v,
            kind: self.kind(v),
            rdev,
        })
    }

    /// Reads at `offset`; answers 0 at the end. Permission was checked by [`Vfs::open`]. Errors: EISDIR, EINVAL (not a regular file),
    /// and what [`Vfs::fail_lazy`] was told.
    pub fn read_at(
        &mut self,
        caller: &Caller,
        v: Vnode,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<Loaded<usize>> {
        match &mut self.mount_mut(v.mount)?.fs {
            FileSystem::Memory(fs) => {
                let (contents, _, times) = fs.contents_mut(v.ino)?;
                let answer = contents.read(offset, buffer)?;
                if let Loaded::Ready(_) = answer {
                    times.accessed(caller.now);
                }
                Ok(answer)
            }
            FileSystem::Proc(fs) => {
                let contents = match fs.contents(caller, v.ino)? {
                    ProcContents::Bytes(bytes) => bytes,
                    ProcContents::Mounts => self.mount_list()?,
                };
                let start = usize::try_from(offset)
                    .map_or(contents.len(), |start| start.min(contents.len()));
                let count = buffer.len().min(contents.len() - start);
                buffer[..count].copy_from_slice(&contents[start..start + count]);
                Ok(Loaded::Ready(count))
            }
        }
    }

    /// Writes all of `bytes` at `offset`, or nothing; a gap before it reads as zeros. Takes set-uid and set-gid bits off unless root
    /// writes. Errors: EISDIR, EINVAL (not a regular file), EFBIG, ENOSPC, EROFS.
    pub fn write_at(
        &mut self,
        caller: &Caller,
        v: Vnode,
        offset: u64,
        bytes: &[u8],
    ) -> Result<Loaded<usize>> {
        self.change_contents(caller, v, |contents, budget| {
            contents.write(offset, bytes, budget)
        })
    }

    /// ftruncate(2): sets the length; what is added reads as zeros. Errors: as [`Vfs::write_at`].
    pub fn set_len(&mut self, caller: &Caller, v: Vnode, length: u64) -> Result<Loaded<()>> {
        let token = self.lazy_token(v);
        let answer = self.change_contents(caller, v, |contents, budget| {
            contents.set_len(length, budget)
        })?;
        if let (Some(token), Loaded::Ready(())) = (token, answer) {
            self.lazy.remove(&token);
        }
        Ok(answer)
    }

    /// truncate(2). Errors: those of [`Vfs::resolve`] and [`Vfs::set_len`], EACCES.
    pub fn truncate(&mut self, caller: &Caller, path: &[u8], length: u64) -> Result<Loaded<()>> {
        let v = self.resolve(caller, path, true)?;
        let meta = self.meta(caller, v)?;
        match meta.kind {
            FileKind::Regular => {}
            FileKind::Directory => return Err(Errno::EISDIR),
            _ => return Err(Errno::EINVAL),
        }
        meta.check(caller.credentials, Access::WRITE)?;
        self.set_len(caller, v, length)
    }

    /// Length of the contents (`O_APPEND`, `SEEK_END`).
    pub fn size(&self, caller: &Caller, v: Vnode) -> Result<u64> {
        match &self.mount(v.mount)?.fs {
            FileSystem::Memory(fs) => match &fs.get(v.ino)?.body {
                Body::File(contents) => Ok(contents.size()),
                _ => Ok(0),
            },
            FileSystem::Proc(_) => self.fstat(caller, v).map(|stat| stat.size),
        }
    }

    /// Runs a change of contents with all that comes with it: times, privilege bits, watches.
    fn change_contents<T>(
        &mut self,
        caller: &Caller,
        v: Vnode,
        change: impl FnOnce(
            &mut super::contents::Contents,
            &mut super::contents::Budget,
        ) -> Result<Loaded<T>>,
    ) -> Result<Loaded<T>> {
        let Vfs { mounts, budget, .. } = self;
        let mount = mounts
            .get_mut(usize::from(v.mount.0))
            .ok_or(Errno::ENOENT)?;
        let (contents, meta, times) = mount.memory_mut()?.contents_mut(v.ino)?;
        let answer = change(contents, budget)?;
        if let Loaded::Ready(_) = answer {
            times.mtime = caller.now;
            times.ctime = caller.now;
            if caller.credentials.uid != 0 {
                meta.drop_privileges();
            }
            self.notify_inode(v, WatchKind::Change);
        }
        Ok(answer)
    }

    /// Owner and mode of a new inode: in a set-gid directory the group is the directory's, and subdirectories inherit the bit.
    pub(super) fn new_meta(
        &self,
        caller: &Caller,
        directory: Vnode,
        kind: FileKind,
        mode: u32,
    ) -> Result<Meta> {
        let parent = self.meta(caller, directory)?;
        let mut mode = mode as u16 & 0o7777;
        let mut gid = caller.credentials.gid;
        if parent.mode & SETGID != 0 {
            gid = parent.gid;
            if kind == FileKind::Directory {
                mode |= SETGID;
            }
        }
        Ok(Meta {
            kind,
            mode,
            uid: caller.credentials.uid,
            gid,
        })
    }
}

enum Located {
    Created(Vnode),
    Existing(Vnode),
}

impl super::memory::Times {
    /// Linux's `relatime`: once after each change, and once a day.
    pub fn accessed(&mut self, now: Timestamp) {
        const DAY: i64 = 86_400_000_000_000;
        if self.atime <= self.mtime
            || self.atime <= self.ctime
            || now.0.saturating_sub(self.atime.0) >= DAY
        {
            self.atime = now;
        }
    }
}

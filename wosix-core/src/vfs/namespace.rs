//! Making, removing and moving names, with the order of errors that Linux has.

use super::memory::{Body, Children, Inode};
use super::names::EntryId;
use super::walk::{Last, Parent};
use super::watch::WatchKind;
use super::{Access, Caller, DirEntry, FileKind, FileSystem, Vfs, Vnode};
use crate::errno::{Errno, Result};

/// Most names of a file, and most subdirectories of a directory plus two; ext4's limit.
const LINK_MAX: u32 = 65_000;

impl Vfs {
    /// mkdir(2). `mode` is after the umask. EEXIST (also for a dangling link), EMLINK, EACCES, EROFS and the errors of [`Vfs::resolve`].
    pub fn mkdir(&mut self, caller: &Caller, path: &[u8], mode: u32) -> Result<Vnode> {
        let (parent, name) = self.locate_new(caller, path, true)?;
        let meta = self.new_meta(caller, parent.directory, FileKind::Directory, mode & 0o1777)?;
        let inode = Inode::new(meta, Body::EMPTY_DIRECTORY, caller.now);
        self.create(caller, parent.directory, name, inode)
    }

    /// mknod(2): a fifo, a socket's name, an empty regular file, or (root only: EPERM) a device. `rdev` counts for devices.
    /// Errors: as [`Vfs::mkdir`], EPERM for a directory, EINVAL for a link.
    pub fn mknod(
        &mut self,
        caller: &Caller,
        path: &[u8],
        kind: FileKind,
        mode: u32,
        rdev: u64,
    ) -> Result<Vnode> {
        let (parent, name) = self.locate_new(caller, path, false)?;
        let body = match kind {
            FileKind::Regular => Body::File(super::contents::Contents::EMPTY),
            FileKind::Fifo | FileKind::Socket => Body::Special,
            FileKind::CharDevice | FileKind::BlockDevice if caller.credentials.uid == 0 => {
                Body::Special
            }
            FileKind::CharDevice | FileKind::BlockDevice | FileKind::Directory => {
                return Err(Errno::EPERM);
            }
            FileKind::Symlink => return Err(Errno::EINVAL),
        };
        let meta = self.new_meta(caller, parent.directory, kind, mode)?;
        let mut inode = Inode::new(meta, body, caller.now);
        if matches!(kind, FileKind::CharDevice | FileKind::BlockDevice) {
            inode.rdev = u32::try_from(rdev).map_err(|_| Errno::EINVAL)?;
        }
        self.create(caller, parent.directory, name, inode)
    }

    /// symlink(2). ENOENT for an empty target, ENAMETOOLONG for one over 4095 bytes, and the errors of [`Vfs::mkdir`].
    pub fn symlink(&mut self, caller: &Caller, target: &[u8], path: &[u8]) -> Result<()> {
        if target.is_empty() {
            return Err(Errno::ENOENT);
        }
        if target.len() >= super::walk::PATH_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        let (parent, name) = self.locate_new(caller, path, false)?;
        let meta = self.new_meta(caller, parent.directory, FileKind::Symlink, 0o777)?;
        let inode = Inode::new(meta, Body::Symlink(target.into()), caller.now);
        self.create(caller, parent.directory, name, inode).map(drop)
    }

    /// link(2); does not follow a link at the end of `from`. EXDEV, EPERM (a directory), EMLINK, and the errors of [`Vfs::mkdir`].
    pub fn link(&mut self, caller: &Caller, from: &[u8], to: &[u8]) -> Result<()> {
        let v = self.resolve(caller, from, false)?;
        self.flink(caller, v, to)
    }

    /// The same for an inode (`AT_EMPTY_PATH` of linkat(2)). ENOENT once it has no name.
    pub fn flink(&mut self, caller: &Caller, v: Vnode, to: &[u8]) -> Result<()> {
        let (parent, name) = self.locate_new(caller, to, false)?;
        if v.mount != parent.directory.mount {
            return Err(Errno::EXDEV);
        }
        self.check_modify(caller, parent.directory)?;
        if self.kind(v) == FileKind::Directory {
            return Err(Errno::EPERM);
        }
        let fs = self.mount_mut(v.mount)?.memory_mut()?;
        match fs.get(v.ino)?.nlink {
            0 => return Err(Errno::ENOENT),
            LINK_MAX.. => return Err(Errno::EMLINK),
            _ => {}
        }
        check_alive(fs.get(parent.directory.ino)?)?;
        fs.link(parent.directory.ino, name, v.ino)?;
        fs.get_mut(v.ino)?.times.ctime = caller.now;
        fs.get_mut(parent.directory.ino)?.touch(caller.now);
        self.notify_entry(parent.directory, name, WatchKind::Rename);
        Ok(())
    }

    /// unlink(2). EISDIR, EPERM (sticky directory), EACCES, EROFS and the errors of [`Vfs::resolve`].
    pub fn unlink(&mut self, caller: &Caller, path: &[u8]) -> Result<()> {
        let parent = self.walk_parent(caller, caller.cwd, path, &mut 0)?;
        let found = self.last_inode(caller, &parent)?;
        let Last::Name(name) = parent.last else {
            return Err(Errno::EISDIR);
        };
        let v = found.ok_or(Errno::ENOENT)?;
        let is_directory = self.kind(v) == FileKind::Directory;
        if parent.slash {
            return Err(if is_directory {
                Errno::EISDIR
            } else {
                Errno::ENOTDIR
            });
        }
        self.check_delete(caller, parent.directory, v)?;
        if is_directory {
            return Err(Errno::EISDIR);
        }
        self.remove(caller, parent.directory, name)
    }

    /// rmdir(2). ENOTDIR, ENOTEMPTY, EBUSY (a mount point), EINVAL (`.`), EPERM (sticky directory), EACCES, EROFS and the errors of [`Vfs::resolve`].
    pub fn rmdir(&mut self, caller: &Caller, path: &[u8]) -> Result<()> {
        let parent = self.walk_parent(caller, caller.cwd, path, &mut 0)?;
        let found = self.last_inode(caller, &parent)?;
        let name = match parent.last {
            Last::Name(name) => name,
            Last::Dot => return Err(Errno::EINVAL),
            Last::DotDot => return Err(Errno::ENOTEMPTY),
            Last::Root => return Err(Errno::EBUSY),
        };
        let v = found.ok_or(Errno::ENOENT)?;
        self.check_delete(caller, parent.directory, v)?;
        if self.kind(v) != FileKind::Directory {
            return Err(Errno::ENOTDIR);
        }
        if self.is_mount_root(v) {
            return Err(Errno::EBUSY);
        }
        if !self.is_empty_directory(v)? {
            return Err(Errno::ENOTEMPTY);
        }
        self.remove(caller, parent.directory, name)
    }

    /// rename(2). Names of one inode: nothing happens. Errors: EXDEV, EBUSY (mount points, `.`, `..`), EINVAL (into itself), ENOTEMPTY, EISDIR, ENOTDIR, EMLINK,
    /// EPERM (sticky directories), EACCES, EROFS and those of [`Vfs::resolve`].
    pub fn rename(&mut self, caller: &Caller, from: &[u8], to: &[u8]) -> Result<()> {
        self.rename_at(caller, from, caller.cwd, to)
    }

    /// renameat(2): a relative `to` begins at the directory `base`, a relative `from` at the caller's.
    pub fn rename_at(
        &mut self,
        caller: &Caller,
        from: &[u8],
        base: Vnode,
        to: &[u8],
    ) -> Result<()> {
        let old = self.walk_parent(caller, caller.cwd, from, &mut 0)?;
        let new = self.walk_parent(caller, base, to, &mut 0)?;
        if old.directory.mount != new.directory.mount {
            return Err(Errno::EXDEV);
        }
        let (Last::Name(old_name), Last::Name(new_name)) = (old.last, new.last) else {
            return Err(Errno::EBUSY);
        };
        let source = self.last_inode(caller, &old)?.ok_or(Errno::ENOENT)?;
        let target = self.last_inode(caller, &new)?;
        let is_directory = self.kind(source) == FileKind::Directory;
        if !is_directory && (old.slash || new.slash) {
            return Err(Errno::ENOTDIR);
        }
        if is_directory && self.is_within(new.directory, source) {
            return Err(Errno::EINVAL);
        }
        if let Some(target) = target
            && self.is_within(old.directory, target)
        {
            return Err(Errno::ENOTEMPTY);
        }
        if target == Some(source) {
            return Ok(());
        }
        self.check_rename(caller, &old, &new, source, target)?;

        let fs = self.mount_mut(old.directory.mount)?.memory_mut()?;
        let replaced: Option<EntryId> = fs.find(new.directory.ino, new_name);
        let entry = fs.find(old.directory.ino, old_name).ok_or(Errno::ENOENT)?;
        check_alive(fs.get(new.directory.ino)?)?;
        let removed = replaced.map(|id| fs.unlink(id)).transpose()?;
        if let Some(ino) = removed {
            fs.get_mut(ino)?.times.ctime = caller.now;
        }
        fs.rename(entry, new.directory.ino, new_name)?;
        fs.get_mut(source.ino)?.times.ctime = caller.now;
        fs.get_mut(old.directory.ino)?.touch(caller.now);
        fs.get_mut(new.directory.ino)?.touch(caller.now);

        self.notify_entry(old.directory, old_name, WatchKind::Rename);
        self.notify_entry(new.directory, new_name, WatchKind::Rename);
        self.notify_self(source, WatchKind::Rename);
        if let Some(ino) = removed {
            self.removed(Vnode {
                ino,
                ..old.directory
            });
        }
        Ok(())
    }

    /// The part of rename(2) that says no without changing anything.
    fn check_rename(
        &self,
        caller: &Caller,
        old: &Parent,
        new: &Parent,
        source: Vnode,
        target: Option<Vnode>,
    ) -> Result<()> {
        let is_directory = self.kind(source) == FileKind::Directory;
        self.check_delete(caller, old.directory, source)?;
        match target {
            None => self.check_modify(caller, new.directory)?,
            Some(target) => {
                self.check_delete(caller, new.directory, target)?;
                match (is_directory, self.kind(target) == FileKind::Directory) {
                    (true, false) => return Err(Errno::ENOTDIR),
                    (false, true) => return Err(Errno::EISDIR),
                    _ => {}
                }
            }
        }
        if is_directory && old.directory != new.directory {
            // Its `..` is written.
            self.meta(caller, source)?
                .check(caller.credentials, Access::WRITE)?;
        }
        if self.is_mount_root(source) || target.is_some_and(|target| self.is_mount_root(target)) {
            return Err(Errno::EBUSY);
        }
        let fs = self.mount(new.directory.mount)?.memory()?;
        if is_directory
            && old.directory != new.directory
            && target.is_none()
            && fs.get(new.directory.ino)?.nlink >= LINK_MAX
        {
            return Err(Errno::EMLINK);
        }
        match target {
            Some(target) if is_directory && !self.is_empty_directory(target)? => {
                Err(Errno::ENOTEMPTY)
            }
            _ => Ok(()),
        }
    }

    /// Entries in the order they were made, without `.` and `..`. EACCES, ENOTDIR and the errors of [`Vfs::resolve`].
    pub fn readdir(&mut self, caller: &Caller, path: &[u8]) -> Result<Vec<DirEntry>> {
        let v = self.resolve(caller, path, true)?;
        let meta = self.meta(caller, v)?;
        if meta.kind != FileKind::Directory {
            return Err(Errno::ENOTDIR);
        }
        meta.check(caller.credentials, Access::READ)?;
        self.freaddir(caller, v)
    }

    /// The same for an open directory, whose permission was checked by `open`.
    pub fn freaddir(&mut self, caller: &Caller, v: Vnode) -> Result<Vec<DirEntry>> {
        match &mut self.mount_mut(v.mount)?.fs {
            FileSystem::Memory(fs) => {
                let list = fs.list(v.ino)?;
                fs.get_mut(v.ino)?.times.accessed(caller.now);
                Ok(list)
            }
            FileSystem::Proc(fs) => fs.list(caller, v.ino),
        }
    }

    /// The place for a new name. EEXIST; ENOENT for a file's name with a slash after it.
    fn locate_new<'p>(
        &self,
        caller: &Caller,
        path: &'p [u8],
        directory: bool,
    ) -> Result<(Parent<'p>, &'p [u8])> {
        let parent = self.walk_parent(caller, caller.cwd, path, &mut 0)?;
        let found = self.last_inode(caller, &parent)?;
        let Last::Name(name) = parent.last else {
            return Err(Errno::EEXIST);
        };
        match found {
            Some(_) => Err(Errno::EEXIST),
            None if parent.slash && !directory => Err(Errno::ENOENT),
            None => Ok((parent, name)),
        }
    }

    /// Puts a new inode under a name that does not exist, after the checks of the directory.
    pub(super) fn create(
        &mut self,
        caller: &Caller,
        directory: Vnode,
        name: &[u8],
        inode: Inode,
    ) -> Result<Vnode> {
        self.check_modify(caller, directory)?;
        let fs = self.mount_mut(directory.mount)?.memory_mut()?;
        let parent = fs.get_mut(directory.ino)?;
        check_alive(parent)?;
        if inode.meta.kind == FileKind::Directory && parent.nlink >= LINK_MAX {
            return Err(Errno::EMLINK);
        }
        parent.touch(caller.now);
        let ino = fs.add(inode);
        fs.link(directory.ino, name, ino)?;
        self.notify_entry(directory, name, WatchKind::Rename);
        Ok(Vnode { ino, ..directory })
    }

    /// Takes a name away, after all checks.
    fn remove(&mut self, caller: &Caller, directory: Vnode, name: &[u8]) -> Result<()> {
        let fs = self.mount_mut(directory.mount)?.memory_mut()?;
        let entry = fs.find(directory.ino, name).ok_or(Errno::ENOENT)?;
        let ino = fs.unlink(entry)?;
        fs.get_mut(ino)?.times.ctime = caller.now;
        fs.get_mut(directory.ino)?.touch(caller.now);
        self.notify_entry(directory, name, WatchKind::Rename);
        self.removed(Vnode { ino, ..directory });
        Ok(())
    }

    /// A name of `v` was taken away: tells its watchers, and frees it if that was the last.
    pub(super) fn removed(&mut self, v: Vnode) {
        let gone = self
            .mount(v.mount)
            .and_then(|mount| mount.memory()?.get(v.ino))
            .is_ok_and(|inode| inode.nlink == 0);
        self.notify_self(
            v,
            if gone {
                WatchKind::Rename
            } else {
                WatchKind::Change
            },
        );
        self.reap(v);
    }

    /// Whether `v` is `directory` or below it, in one mount.
    fn is_within(&self, v: Vnode, directory: Vnode) -> bool {
        let mut v = v;
        while v != directory {
            if self.is_mount_root(v) {
                return false;
            }
            match self.parent_directory(v) {
                Ok(parent) => v = parent,
                Err(_) => return false,
            }
        }
        true
    }

    fn is_empty_directory(&self, v: Vnode) -> Result<bool> {
        let Children { count, .. } = *self.mount(v.mount)?.memory()?.children(v.ino)?;
        Ok(count == 0)
    }
}

/// ENOENT for a removed directory: nothing can be made in it any more.
pub(super) fn check_alive(directory: &Inode) -> Result<()> {
    if directory.nlink == 0 {
        Err(Errno::ENOENT)
    } else {
        Ok(())
    }
}

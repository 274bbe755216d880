//! Making many files at once, all or nothing: what packs and host trees have in common.

use super::contents::{Contents, PackBytes};
use super::memory::{Body, Inode, Meta};
use super::names::EntryId;
use super::namespace::check_alive;
use super::walk::{NAME_MAX, PATH_MAX};
use super::watch::WatchKind;
use super::{
    Access, Caller, FileKind, MountId, PackEntry, Timestamp, TreeEntry, TreeNode, Vfs, Vnode,
};
use crate::errno::{Errno, Result};

/// Mode of directories that a path implies.
const IMPLIED_MODE: u32 = 0o755;

/// Creates the files of a pack.
pub(super) fn pack(
    vfs: &mut Vfs,
    caller: &Caller,
    bytes: &PackBytes,
    path: &[u8],
    entries: &[PackEntry],
) -> Result<()> {
    let bounds = bytes.len() as u64;
    if entries.iter().any(|entry| {
        entry
            .offset
            .checked_add(entry.length)
            .is_none_or(|end| end > bounds)
    }) {
        return Err(Errno::EINVAL);
    }
    Installer::run(vfs, caller, path, entries.len(), |installer| {
        for entry in entries {
            let contents =
                Contents::in_pack(bytes.clone(), entry.offset as usize, entry.length as usize);
            installer.put(
                &entry.path,
                FileKind::Regular,
                entry.mode,
                Body::File(contents),
                caller.now,
            )?;
        }
        Ok(())
    })
}

/// Creates the entries of a host tree.
pub(super) fn tree(
    vfs: &mut Vfs,
    caller: &Caller,
    path: &[u8],
    entries: &[TreeEntry],
) -> Result<()> {
    let mut tokens: Vec<_> = entries.iter().filter_map(TreeEntry::token).collect();
    tokens.sort_unstable();
    if tokens.windows(2).any(|pair| pair[0] == pair[1])
        || tokens.iter().any(|token| vfs.lazy.contains_key(token))
    {
        return Err(Errno::EEXIST);
    }
    Installer::run(vfs, caller, path, entries.len(), |installer| {
        for TreeEntry { path, mtime, node } in entries {
            match node {
                TreeNode::Directory { mode } => installer.make_directory(path, *mode, *mtime)?,
                TreeNode::Symlink { target } => {
                    if target.is_empty() || target.len() >= PATH_MAX {
                        return Err(Errno::EINVAL);
                    }
                    let body = Body::Symlink(target.as_slice().into());
                    installer.put(path, FileKind::Symlink, 0o777, body, *mtime)?;
                }
                TreeNode::Lazy { mode, size, token } => {
                    let body = Body::File(Contents::lazy(*token, *size));
                    let v = installer.put(path, FileKind::Regular, *mode, body, *mtime)?;
                    installer.vfs.lazy.insert(*token, v);
                }
            }
        }
        Ok(())
    })
}

struct Installer<'v, 'c> {
    vfs: &'v mut Vfs,
    caller: &'c Caller<'c>,
    base: Vnode,
    /// The directory of the previous entry: archives list directory by directory.
    recent: Option<(Box<[u8]>, Vnode)>,
    /// All that was done, oldest first.
    done: Vec<Step>,
    /// Mode and time of new directories, set at the end: a read-only one has to be filled first.
    directories: Vec<(Vnode, u32, Timestamp)>,
}

enum Step {
    Created {
        mount: MountId,
        entry: EntryId,
    },
    /// The entry named `old` before, which is kept until the end.
    Replaced {
        mount: MountId,
        entry: EntryId,
        old: u32,
    },
}

impl<'v, 'c> Installer<'v, 'c> {
    fn run(
        vfs: &'v mut Vfs,
        caller: &'c Caller<'c>,
        path: &[u8],
        count: usize,
        work: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let base = vfs.root();
        let done = Vec::with_capacity(count);
        let mut installer = Installer {
            vfs,
            caller,
            base,
            recent: None,
            done,
            directories: Vec::new(),
        };
        let result = installer
            .open_base(path, count)
            .and_then(|()| work(&mut installer));
        match result {
            Ok(()) => installer.commit(),
            Err(error) => {
                installer.undo();
                Err(error)
            }
        }
    }

    /// Finds the directory to install in, or makes it and its parents.
    fn open_base(&mut self, path: &[u8], count: usize) -> Result<()> {
        self.base = match self.vfs.resolve(self.caller, path, true) {
            Err(Errno::ENOENT) if !path.is_empty() => self.make_base(path)?,
            base => base?,
        };
        let meta = self.vfs.meta(self.caller, self.base)?;
        meta.check_search(self.caller.credentials)?;
        let fs = self.vfs.mount_mut(self.base.mount)?.memory_mut()?;
        check_alive(fs.get(self.base.ino)?)?;
        fs.reserve(count);
        Ok(())
    }

    fn make_base(&mut self, path: &[u8]) -> Result<Vnode> {
        let mut v = self.caller.cwd;
        let ends = (1..=path.len())
            .filter(|&end| path[end - 1] != b'/' && path.get(end).is_none_or(|&next| next == b'/'));
        for prefix in ends.map(|end| &path[..end]) {
            v = match self.vfs.resolve(self.caller, prefix, true) {
                Err(Errno::ENOENT) => {
                    let v = self.vfs.mkdir(self.caller, prefix, IMPLIED_MODE)?;
                    let entry = self.vfs.mount(v.mount)?.memory()?.get(v.ino)?.alias;
                    self.done.push(Step::Created {
                        mount: v.mount,
                        entry,
                    });
                    v
                }
                v => v?,
            };
        }
        Ok(v)
    }

    /// Makes a file or link, in place of one that exists.
    fn put(
        &mut self,
        path: &[u8],
        kind: FileKind,
        mode: u32,
        body: Body,
        mtime: Timestamp,
    ) -> Result<Vnode> {
        let (directory, name) = match path.iter().rposition(|&byte| byte == b'/') {
            Some(0) => return Err(Errno::EINVAL),
            Some(slash) => (self.directory(&path[..slash])?, &path[slash + 1..]),
            None => (self.directory(b"")?, path),
        };
        check_name(name)?;
        let existing = self.vfs.child(self.caller, directory, name)?;
        if let Some(existing) = existing {
            if self.vfs.kind(existing) == FileKind::Directory {
                return Err(Errno::EISDIR);
            }
            self.vfs.check_delete(self.caller, directory, existing)?;
        }
        let (v, entry) = self.add(directory, name, existing.is_some(), kind, mode, body, mtime)?;
        self.done.push(entry);
        Ok(v)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one inode and its place"
    )]
    fn add(
        &mut self,
        directory: Vnode,
        name: &[u8],
        exists: bool,
        kind: FileKind,
        mode: u32,
        body: Body,
        mtime: Timestamp,
    ) -> Result<(Vnode, Step)> {
        let Caller {
            credentials, now, ..
        } = *self.caller;
        let mount = directory.mount;
        let fs = self.vfs.mount_mut(mount)?.memory_mut()?;
        let meta = Meta {
            kind,
            mode: mode as u16 & 0o7777,
            uid: credentials.uid,
            gid: credentials.gid,
        };
        let mut inode = Inode::new(meta, body, now);
        inode.times.mtime = mtime;
        let ino = fs.add(inode);
        let step = match fs.find(directory.ino, name).filter(|_| exists) {
            Some(entry) => Step::Replaced {
                mount,
                entry,
                old: fs.retarget(entry, ino)?,
            },
            None => Step::Created {
                mount,
                entry: fs.link(directory.ino, name, ino)?,
            },
        };
        fs.get_mut(directory.ino)?.touch(now);
        Ok((Vnode { mount, ino }, step))
    }

    fn make_directory(&mut self, path: &[u8], mode: u32, mtime: Timestamp) -> Result<()> {
        let made = self.directories.len();
        let v = self.directory(path)?;
        // The last that was made for this path is the directory itself, if it was made at all.
        if let Some(last) = self.directories[made..]
            .last_mut()
            .filter(|last| last.0 == v)
        {
            *last = (v, mode, mtime);
        }
        Ok(())
    }

    /// The directory `path` below the base, made if missing; the caller may make entries in it.
    fn directory(&mut self, path: &[u8]) -> Result<Vnode> {
        if let Some((recent, v)) = &self.recent
            && **recent == *path
        {
            return Ok(*v);
        }
        let mut v = self.base;
        for name in path
            .split(|&byte| byte == b'/')
            .filter(|_| !path.is_empty())
        {
            check_name(name)?;
            v = match self.vfs.child(self.caller, v, name)? {
                Some(child) => {
                    self.vfs
                        .meta(self.caller, child)?
                        .check_search(self.caller.credentials)?;
                    child
                }
                None => {
                    self.vfs.check_modify(self.caller, v)?;
                    let now = self.caller.now;
                    let (child, step) = self.add(
                        v,
                        name,
                        false,
                        FileKind::Directory,
                        IMPLIED_MODE,
                        Body::EMPTY_DIRECTORY,
                        now,
                    )?;
                    self.done.push(step);
                    self.directories.push((child, IMPLIED_MODE, now));
                    child
                }
            };
        }
        self.vfs
            .meta(self.caller, v)?
            .check(self.caller.credentials, Access::WRITE | Access::EXECUTE)?;
        self.recent = Some((path.into(), v));
        Ok(v)
    }

    fn commit(self) -> Result<()> {
        let Installer {
            vfs,
            done,
            directories,
            ..
        } = self;
        for (v, mode, mtime) in directories {
            let inode = vfs.mount_mut(v.mount)?.memory_mut()?.get_mut(v.ino)?;
            inode.meta.mode = mode as u16 & 0o7777;
            inode.times.mtime = mtime;
        }
        for step in done {
            let (Step::Created { mount, entry } | Step::Replaced { mount, entry, .. }) = step;
            if vfs.is_watched() {
                let entry = vfs.mount(mount)?.memory()?.entry(entry);
                let (directory, name) = (
                    Vnode {
                        mount,
                        ino: entry.parent,
                    },
                    entry.name.clone(),
                );
                vfs.notify_entry(directory, &name, WatchKind::Rename);
            }
            if let Step::Replaced { old, .. } = step {
                vfs.removed(Vnode { mount, ino: old });
            }
        }
        Ok(())
    }

    fn undo(self) {
        for step in self.done.into_iter().rev() {
            let (Step::Created { mount, .. } | Step::Replaced { mount, .. }) = step;
            let Ok(fs) = self
                .vfs
                .mount_mut(mount)
                .and_then(|mount| mount.memory_mut())
            else {
                continue;
            };
            let made = match step {
                Step::Created { entry, .. } => fs.unlink(entry),
                Step::Replaced { entry, old, .. } => fs.retarget(entry, old),
            };
            if let Ok(ino) = made {
                self.vfs.reap(Vnode { mount, ino });
            }
        }
    }
}

/// EINVAL for a component that a relative path of an archive must not have, ENAMETOOLONG.
fn check_name(name: &[u8]) -> Result<()> {
    match name {
        b"" | b"." | b".." => Err(Errno::EINVAL),
        _ if name.len() > NAME_MAX => Err(Errno::ENAMETOOLONG),
        _ if name.contains(&0) => Err(Errno::EINVAL),
        _ => Ok(()),
    }
}

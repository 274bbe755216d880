//! The path walk: from bytes to an inode, through links, `..` and mount points.

use super::memory::{Body, Meta, ROOT};
use super::proc::{ProcFs, ProcTarget};
use super::{Caller, FileKind, FileSystem, Vfs, Vnode};
use crate::errno::{Errno, Result};

/// Most symbolic links in one walk, as on Linux.
pub(super) const LINKS_MAX: u32 = 40;
/// Longest name in bytes.
pub(super) const NAME_MAX: usize = 255;
/// Longest path in bytes, with the NUL that C puts after it.
pub(super) const PATH_MAX: usize = 4096;

/// All of a path but its last component.
#[derive(Clone, Copy)]
pub(super) struct Parent<'p> {
    /// Where the last component is to be looked up. Search permission on it is not checked yet.
    pub directory: Vnode,
    pub last: Last<'p>,
    /// The path ends in a slash: the last component has to be a directory.
    pub slash: bool,
}

/// The last component of a path.
#[derive(Clone, Copy)]
pub(super) enum Last<'p> {
    Name(&'p [u8]),
    Dot,
    DotDot,
    /// There is none: the path is `/`.
    Root,
}

impl Vfs {
    /// The inode that `path` names. A link at its end is followed with `follow_last` or when a slash follows it.
    ///
    /// A descriptor without a path (`/proc/<pid>/fd/0` of a pipe) is answered as its link even when followed:
    /// see [`Vfs::proc_descriptor`].
    ///
    /// Errors: ENOENT, ENOTDIR, EACCES, ELOOP (more than 40 links), ENAMETOOLONG (a name over 255 bytes, a path over 4095).
    pub fn resolve(&self, caller: &Caller, path: &[u8], follow_last: bool) -> Result<Vnode> {
        let mut links = 0;
        self.resolve_from(caller, caller.cwd, path, follow_last, &mut links)
    }

    /// The directory that `path` names, if the caller may enter it (chdir). Errors: as [`Vfs::resolve`], ENOTDIR, EACCES.
    pub fn resolve_directory(&self, caller: &Caller, path: &[u8]) -> Result<Vnode> {
        let v = self.resolve(caller, path, true)?;
        self.meta(caller, v)?.check_search(caller.credentials)?;
        Ok(v)
    }

    /// Absolute path of what `path` names, links resolved.
    pub fn real_path(&self, caller: &Caller, path: &[u8]) -> Result<Vec<u8>> {
        let parent = self.walk_parent(caller, caller.cwd, path, &mut 0)?;
        let v = self.resolve(caller, path, true)?;
        // A file may have several names: prefer the one that was asked for to its latest.
        if let Last::Name(name) = parent.last
            && self.child(caller, parent.directory, name)? == Some(v)
            && self.kind(v) != FileKind::Directory
        {
            let mut path = self.path_of(parent.directory)?;
            if path.len() > 1 {
                path.push(b'/');
            }
            path.extend_from_slice(name);
            return Ok(path);
        }
        self.path_of(v)
    }

    /// Current absolute path of an inode (of a file with several names: the latest). It follows renames.
    /// ENOENT once it has no name.
    pub fn path_of(&self, v: Vnode) -> Result<Vec<u8>> {
        let mut names: Vec<&[u8]> = Vec::new();
        let mut v = v;
        while v != self.root() {
            match &self.mount(v.mount)?.fs {
                _ if self.is_mount_root(v) => v = self.mount(v.mount)?.at.ok_or(Errno::ENOENT)?,
                FileSystem::Memory(fs) => {
                    let entry = fs.aliases(v.ino).next().ok_or(Errno::ENOENT)?;
                    names.push(&entry.name);
                    v.ino = entry.parent;
                }
                FileSystem::Proc(fs) => {
                    let mut path = self.path_of(Vnode { ino: ROOT, ..v })?;
                    path.extend_from_slice(fs.path(v.ino)?.as_bytes());
                    return Ok(path);
                }
            }
        }
        let mut path = Vec::with_capacity(
            names
                .iter()
                .map(|name| name.len() + 1)
                .sum::<usize>()
                .max(1),
        );
        for name in names.iter().rev() {
            path.push(b'/');
            path.extend_from_slice(name);
        }
        if path.is_empty() {
            path.push(b'/');
        }
        Ok(path)
    }

    pub(super) fn resolve_from(
        &self,
        caller: &Caller,
        base: Vnode,
        path: &[u8],
        follow_last: bool,
        links: &mut u32,
    ) -> Result<Vnode> {
        let parent = self.walk_parent(caller, base, path, links)?;
        let mut v = self.last_inode(caller, &parent)?.ok_or(Errno::ENOENT)?;
        if (follow_last || parent.slash) && self.kind(v) == FileKind::Symlink {
            v = self.follow(caller, parent.directory, v, links)?;
        }
        if parent.slash && self.kind(v) != FileKind::Directory {
            return Err(Errno::ENOTDIR);
        }
        Ok(v)
    }

    /// Walks all components but the last. `links` counts the links followed so far.
    pub(super) fn walk_parent<'p>(
        &self,
        caller: &Caller,
        base: Vnode,
        path: &'p [u8],
        links: &mut u32,
    ) -> Result<Parent<'p>> {
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        if path.len() >= PATH_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        let mut directory = if path[0] == b'/' { self.root() } else { base };
        let mut rest = skip_slashes(path);
        if rest.is_empty() {
            return Ok(Parent {
                directory,
                last: Last::Root,
                slash: true,
            });
        }
        loop {
            let end = rest
                .iter()
                .position(|&byte| byte == b'/')
                .unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let next = skip_slashes(after);
            if next.is_empty() {
                let last = match name {
                    b"." => Last::Dot,
                    b".." => Last::DotDot,
                    _ => Last::Name(name),
                };
                return Ok(Parent {
                    directory,
                    last,
                    slash: !after.is_empty(),
                });
            }
            directory = self.enter(caller, directory, name, links)?;
            rest = next;
        }
    }

    /// The inode of the last component, a link not followed; `None` when the name does not exist.
    pub(super) fn last_inode(&self, caller: &Caller, parent: &Parent) -> Result<Option<Vnode>> {
        if let Last::Root = parent.last {
            return Ok(Some(parent.directory));
        }
        self.meta(caller, parent.directory)?
            .check_search(caller.credentials)?;
        match parent.last {
            Last::Name(name) => self.child(caller, parent.directory, name),
            Last::Dot | Last::Root => Ok(Some(parent.directory)),
            Last::DotDot => self.parent_directory(parent.directory).map(Some),
        }
    }

    /// Where a link leads. `directory` is the one it was found in.
    pub(super) fn follow(
        &self,
        caller: &Caller,
        directory: Vnode,
        link: Vnode,
        links: &mut u32,
    ) -> Result<Vnode> {
        *links += 1;
        if *links > LINKS_MAX {
            return Err(Errno::ELOOP);
        }
        match &self.mount(link.mount)?.fs {
            FileSystem::Memory(fs) => match &fs.get(link.ino)?.body {
                Body::Symlink(target) => self.resolve_from(caller, directory, target, true, links),
                _ => Err(Errno::EINVAL),
            },
            FileSystem::Proc(fs) => match fs.target(caller, link.ino)? {
                ProcTarget::Vnode(v) => Ok(v),
                ProcTarget::Path(path) => self.resolve_from(caller, directory, &path, true, links),
                ProcTarget::Text(_) => Ok(link),
            },
        }
    }

    /// The entry `name` (not `.` or `..`) of a directory, with what is mounted on it; search permission is not checked. ENAMETOOLONG.
    #[inline]
    pub(super) fn child(
        &self,
        caller: &Caller,
        directory: Vnode,
        name: &[u8],
    ) -> Result<Option<Vnode>> {
        if name.len() > NAME_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        let mount = directory.mount;
        match &self.mount(mount)?.fs {
            FileSystem::Memory(fs) => match fs.lookup(directory.ino, name) {
                None => Ok(None),
                Some(ino) if fs.get(ino)?.covered => {
                    Ok(Some(self.mounted_at(Vnode { mount, ino })))
                }
                Some(ino) => Ok(Some(Vnode { mount, ino })),
            },
            FileSystem::Proc(fs) => Ok(fs
                .lookup(caller, directory.ino, name)
                .map(|ino| Vnode { mount, ino })),
        }
    }

    /// Goes into an intermediate component.
    #[inline]
    fn enter(
        &self,
        caller: &Caller,
        directory: Vnode,
        name: &[u8],
        links: &mut u32,
    ) -> Result<Vnode> {
        self.meta(caller, directory)?
            .check_search(caller.credentials)?;
        match name {
            b"." => return Ok(directory),
            b".." => return self.parent_directory(directory),
            _ => {}
        }
        let v = self.child(caller, directory, name)?.ok_or(Errno::ENOENT)?;
        match self.kind(v) {
            FileKind::Directory => Ok(v),
            FileKind::Symlink => {
                let v = self.follow(caller, directory, v, links)?;
                if self.kind(v) == FileKind::Directory {
                    Ok(v)
                } else {
                    Err(Errno::ENOTDIR)
                }
            }
            _ => Err(Errno::ENOTDIR),
        }
    }

    /// `..`: out of the mount at its root; the root is its own parent. ENOENT in a removed directory.
    pub(super) fn parent_directory(&self, directory: Vnode) -> Result<Vnode> {
        let mut v = directory;
        while self.is_mount_root(v) {
            match self.mount(v.mount)?.at {
                Some(at) => v = at,
                None => return Ok(v),
            }
        }
        let ino = match &self.mount(v.mount)?.fs {
            FileSystem::Memory(fs) => fs.parent(v.ino)?,
            FileSystem::Proc(_) => ProcFs::parent(v.ino)?,
        };
        Ok(self.mounted_at(Vnode { ino, ..v }))
    }

    /// What permission checks need to know of an inode.
    #[inline]
    pub(super) fn meta(&self, caller: &Caller, v: Vnode) -> Result<Meta> {
        match &self.mount(v.mount)?.fs {
            FileSystem::Memory(fs) => Ok(fs.get(v.ino)?.meta),
            FileSystem::Proc(fs) => fs.meta(caller, v.ino),
        }
    }
}

#[inline]
fn skip_slashes(path: &[u8]) -> &[u8] {
    let start = path
        .iter()
        .position(|&byte| byte != b'/')
        .unwrap_or(path.len());
    &path[start..]
}

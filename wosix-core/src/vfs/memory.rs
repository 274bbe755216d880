//! The file system in memory: a slab of inodes and their [`Names`]. Pure structure: permissions, path rules and
//! times are decided above.

use slab::Slab;

use super::contents::Contents;
use super::names::{Entry, EntryId, NONE, Names};
use super::{DirEntry, FileKind, Timestamp};
use crate::errno::{Errno, Result};

/// Number of the root directory.
pub(super) const ROOT: u32 = 1;

/// What permission checks look at.
#[derive(Clone, Copy)]
pub(super) struct Meta {
    pub kind: FileKind,
    /// Permission bits, `0o7777`.
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
}

/// The four times of an inode.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub atime: Timestamp,
    pub mtime: Timestamp,
    pub ctime: Timestamp,
    pub btime: Timestamp,
}

pub(super) struct Inode {
    pub meta: Meta,
    /// Another file system is mounted here.
    pub covered: bool,
    pub nlink: u32,
    /// References from outside the tree: descriptors, working directories, watches.
    pub references: u32,
    /// First of its names.
    pub alias: EntryId,
    pub rdev: u32,
    pub times: Times,
    pub body: Body,
}

pub(super) enum Body {
    Directory(Children),
    File(Contents),
    Symlink(Box<[u8]>),
    /// Fifo, socket or device.
    Special,
}

/// The entries of a directory.
#[derive(Clone, Copy)]
pub(super) struct Children {
    first: EntryId,
    last: EntryId,
    pub count: u32,
}

impl Inode {
    pub fn new(meta: Meta, body: Body, now: Timestamp) -> Inode {
        let times = Times {
            atime: now,
            mtime: now,
            ctime: now,
            btime: now,
        };
        Inode {
            meta,
            covered: false,
            nlink: 0,
            references: 0,
            alias: NONE,
            rdev: 0,
            times,
            body,
        }
    }

    /// Contents or entries changed.
    pub fn touch(&mut self, now: Timestamp) {
        self.times.mtime = now;
        self.times.ctime = now;
    }
}

impl Body {
    pub const EMPTY_DIRECTORY: Body = Body::Directory(Children {
        first: NONE,
        last: NONE,
        count: 0,
    });
}

pub(super) struct MemoryFs {
    inodes: Slab<Inode>,
    names: Names,
}

impl MemoryFs {
    /// An empty root directory.
    pub fn new(mode: u32, uid: u32, gid: u32, now: Timestamp) -> MemoryFs {
        let meta = Meta {
            kind: FileKind::Directory,
            mode: mode as u16 & 0o7777,
            uid,
            gid,
        };
        let mut root = Inode::new(meta, Body::EMPTY_DIRECTORY, now);
        root.nlink = 2;
        let mut inodes = Slab::new();
        inodes.insert(root);
        MemoryFs {
            inodes,
            names: Names::new(),
        }
    }

    pub fn reserve(&mut self, additional: usize) {
        self.inodes.reserve(additional);
        self.names.reserve(additional);
    }

    pub fn inode_count(&self) -> usize {
        self.inodes.len()
    }

    /// ENOENT for a handle that outlived its inode.
    #[inline]
    pub fn get(&self, ino: u32) -> Result<&Inode> {
        self.inodes.get(ino as usize - 1).ok_or(Errno::ENOENT)
    }

    #[inline]
    pub fn get_mut(&mut self, ino: u32) -> Result<&mut Inode> {
        self.inodes.get_mut(ino as usize - 1).ok_or(Errno::ENOENT)
    }

    /// Contents of a regular file; EISDIR of a directory, EINVAL of anything else.
    pub fn contents_mut(&mut self, ino: u32) -> Result<(&mut Contents, &mut Meta, &mut Times)> {
        let Inode {
            body, meta, times, ..
        } = self.get_mut(ino)?;
        match body {
            Body::File(contents) => Ok((contents, meta, times)),
            Body::Directory(_) => Err(Errno::EISDIR),
            Body::Symlink(_) | Body::Special => Err(Errno::EINVAL),
        }
    }

    #[inline]
    pub fn lookup(&self, directory: u32, name: &[u8]) -> Option<u32> {
        self.names
            .find(directory, name)
            .map(|id| self.names.get(id).ino)
    }

    pub fn find(&self, directory: u32, name: &[u8]) -> Option<EntryId> {
        self.names.find(directory, name)
    }

    pub fn entry(&self, id: EntryId) -> &Entry {
        self.names.get(id)
    }

    /// The (only) parent of a directory; the root is its own. ENOENT when it was removed.
    #[inline]
    pub fn parent(&self, directory: u32) -> Result<u32> {
        match self.get(directory)?.alias {
            NONE if directory == ROOT => Ok(ROOT),
            NONE => Err(Errno::ENOENT),
            id => Ok(self.names.get(id).parent),
        }
    }

    /// Names of an inode, the latest first.
    pub fn aliases(&self, ino: u32) -> impl Iterator<Item = &Entry> {
        let first = self.get(ino).map_or(NONE, |inode| inode.alias);
        core::iter::successors(self.entry_or_end(first), |entry| {
            self.entry_or_end(entry.next_alias)
        })
    }

    /// Entries of a directory in the order they were made. ENOTDIR.
    pub fn entries(&self, directory: u32) -> Result<impl Iterator<Item = &Entry>> {
        let first = self.children(directory)?.first;
        Ok(core::iter::successors(self.entry_or_end(first), |entry| {
            self.entry_or_end(entry.next)
        }))
    }

    pub fn list(&self, directory: u32) -> Result<Vec<DirEntry>> {
        let mut list = Vec::with_capacity(self.children(directory)?.count as usize);
        for entry in self.entries(directory)? {
            let kind = self.get(entry.ino)?.meta.kind;
            list.push(DirEntry {
                name: entry.name.clone(),
                ino: entry.ino.into(),
                kind,
            });
        }
        Ok(list)
    }

    pub fn children(&self, directory: u32) -> Result<&Children> {
        match &self.get(directory)?.body {
            Body::Directory(children) => Ok(children),
            _ => Err(Errno::ENOTDIR),
        }
    }

    /// Adds an inode without a name; give it one by [`MemoryFs::link`] or reap it.
    pub fn add(&mut self, inode: Inode) -> u32 {
        self.inodes.insert(inode) as u32 + 1
    }

    /// Gives `ino` a name that does not exist yet in `directory`.
    pub fn link(&mut self, directory: u32, name: &[u8], ino: u32) -> Result<EntryId> {
        self.children(directory)?;
        let inode = self.get_mut(ino)?;
        let is_directory = inode.meta.kind == FileKind::Directory;
        inode.nlink += if is_directory { 2 } else { 1 };
        let id = self.names.insert(directory, name, ino);
        self.join_aliases(id);
        self.join_directory(id, is_directory);
        Ok(id)
    }

    /// Takes a name away; answers the inode it named. Directories must be empty.
    pub fn unlink(&mut self, id: EntryId) -> Result<u32> {
        let ino = self.names.get(id).ino;
        let inode = self.get_mut(ino)?;
        let is_directory = inode.meta.kind == FileKind::Directory;
        inode.nlink -= if is_directory { 2 } else { 1 };
        self.leave_directory(id, is_directory);
        self.leave_aliases(id);
        self.names.remove(id);
        Ok(ino)
    }

    /// Moves an entry to a name that does not exist.
    pub fn rename(&mut self, id: EntryId, directory: u32, name: &[u8]) -> Result<()> {
        self.children(directory)?;
        let is_directory = self.get(self.names.get(id).ino)?.meta.kind == FileKind::Directory;
        self.leave_directory(id, is_directory);
        self.names.move_to(id, directory, name);
        self.join_directory(id, is_directory);
        Ok(())
    }

    /// Makes an entry name another inode; neither may be a directory. Answers the inode it named.
    pub fn retarget(&mut self, id: EntryId, ino: u32) -> Result<u32> {
        self.get_mut(ino)?.nlink += 1;
        let old = self.names.get(id).ino;
        self.get_mut(old)?.nlink -= 1;
        self.leave_aliases(id);
        self.names.get_mut(id).ino = ino;
        self.join_aliases(id);
        Ok(old)
    }

    /// Removes an inode without names and references and answers it.
    pub fn reap(&mut self, ino: u32) -> Option<Inode> {
        let inode = self.inodes.get(ino as usize - 1)?;
        (inode.nlink == 0 && inode.references == 0).then(|| self.inodes.remove(ino as usize - 1))
    }

    fn entry_or_end(&self, id: EntryId) -> Option<&Entry> {
        (id != NONE).then(|| self.names.get(id))
    }

    fn join_aliases(&mut self, id: EntryId) {
        let ino = self.names.get(id).ino;
        let head = core::mem::replace(&mut self.inodes[ino as usize - 1].alias, id);
        self.names.get_mut(id).next_alias = head;
    }

    fn leave_aliases(&mut self, id: EntryId) {
        let Entry {
            ino, next_alias, ..
        } = *self.names.get(id);
        let inode = &mut self.inodes[ino as usize - 1];
        if inode.alias == id {
            inode.alias = next_alias;
            return;
        }
        let mut other = inode.alias;
        while self.names.get(other).next_alias != id {
            other = self.names.get(other).next_alias;
        }
        self.names.get_mut(other).next_alias = next_alias;
    }

    fn join_directory(&mut self, id: EntryId, is_directory: bool) {
        let parent = self.names.get(id).parent;
        let Inode {
            body: Body::Directory(children),
            nlink,
            ..
        } = &mut self.inodes[parent as usize - 1]
        else {
            return;
        };
        children.count += 1;
        *nlink += u32::from(is_directory);
        let last = core::mem::replace(&mut children.last, id);
        if last == NONE {
            children.first = id;
        } else {
            self.names.get_mut(last).next = id;
        }
        let entry = self.names.get_mut(id);
        entry.previous = last;
        entry.next = NONE;
    }

    fn leave_directory(&mut self, id: EntryId, is_directory: bool) {
        let Entry {
            parent,
            previous,
            next,
            ..
        } = *self.names.get(id);
        let Inode {
            body: Body::Directory(children),
            nlink,
            ..
        } = &mut self.inodes[parent as usize - 1]
        else {
            return;
        };
        children.count -= 1;
        *nlink -= u32::from(is_directory);
        if previous == NONE {
            children.first = next;
        }
        if next == NONE {
            children.last = previous;
        }
        if previous != NONE {
            self.names.get_mut(previous).next = next;
        }
        if next != NONE {
            self.names.get_mut(next).previous = previous;
        }
    }
}

//! The virtual file system: inodes, a mount table and the path walk, with Linux's semantics to the errno.
//!
//! Every call takes the time from its [`Caller`]; nothing here blocks. Where contents are not in memory yet
//! a call answers [`Loaded::NeedLoad`] **before it changed anything**: the kernel parks its caller, asks the host to load,
//! and retries. Apart from bulk installs a failed call changed nothing either; those undo what they did.
//!
//! Calls by path come with a twin by [`Vnode`], named as POSIX names those for descriptors (`stat`, `fstat`).

mod attributes;
mod caller;
mod contents;
pub mod dev;
mod file;
mod flags;
mod install;
mod memory;
mod mount;
mod names;
mod namespace;
mod pack;
mod permission;
mod proc;
mod sparse;
mod stat;
mod tree;
mod walk;
mod watch;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use slab::Slab;

use contents::Budget;
use memory::{Body, MemoryFs, ROOT};
use mount::{FileSystem, Mount};

pub use caller::{Caller, Credentials};
pub use file::Opened;
pub use flags::{Access, OpenFlags};
pub use pack::{PackEntry, PackId};
pub use proc::{NoProcesses, PID_MAX, ProcFile, ProcLink, ProcSource, SystemFile};
pub use stat::{DirEntry, FileKind, SetTime, Stat, StatFs, Timestamp};
pub use tree::{TreeEntry, TreeNode};
pub use watch::{WatchId, WatchKind, WatchRecord};

/// Index of a mounted file system.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MountId(pub u16);

/// Handle of an inode. It stays valid while the inode has a name or a reference by [`Vfs::acquire`]; a stale one is answered with ENOENT, or
/// names another inode.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Vnode {
    /// The file system it is in.
    pub mount: MountId,
    /// Its inode number there, never 0.
    pub ino: u32,
}

/// Name by which the host knows contents that are not loaded yet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LazyToken(pub u32);

/// Answer of a call that needs contents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loaded<T> {
    /// Done.
    Ready(T),
    /// Nothing was done: load the contents of this token, then retry.
    NeedLoad(LazyToken),
}

/// All file systems of a container.
pub struct Vfs {
    /// By [`MountId`]; the root first.
    mounts: Vec<Mount>,
    budget: Budget,
    packs: Slab<pack::Pack>,
    /// Files that wait for their contents.
    lazy: BTreeMap<LazyToken, Vnode>,
    watches: watch::Watches,
    /// `/dev/pts`, once there is one.
    terminals: Option<Vnode>,
}

impl Vfs {
    /// A root directory in memory, empty, mode 0755, owned by root; contents may take all the memory there is.
    pub fn new(now: Timestamp) -> Vfs {
        let root = Mount {
            at: None,
            fs: FileSystem::Memory(MemoryFs::new(0o755, 0, 0, now)),
        };
        Vfs {
            mounts: vec![root],
            budget: Budget {
                limit: u64::from(u32::MAX),
                used: 0,
            },
            packs: Slab::new(),
            lazy: BTreeMap::new(),
            watches: watch::Watches::new(),
            terminals: None,
        }
    }

    /// Limits the bytes that contents may take in memory, over all file systems; what is there already stays.
    pub fn set_budget(&mut self, bytes: u64) {
        self.budget.limit = bytes.max(self.budget.used);
    }

    /// Bytes that contents take in memory.
    pub fn bytes_used(&self) -> u64 {
        self.budget.used
    }

    /// The root directory.
    pub fn root(&self) -> Vnode {
        Vnode {
            mount: MountId(0),
            ino: ROOT,
        }
    }

    /// Keeps the inode alive though its last name may go (descriptors, working directories). A stale handle is ignored.
    pub fn acquire(&mut self, v: Vnode) {
        if let Ok(FileSystem::Memory(fs)) = self.mount_mut(v.mount).map(|mount| &mut mount.fs)
            && let Ok(inode) = fs.get_mut(v.ino)
        {
            inode.references += 1;
        }
    }

    /// Gives back one reference of [`Vfs::acquire`] or [`Vfs::open`]; an inode without names goes with the last.
    pub fn release(&mut self, v: Vnode) {
        if let Ok(FileSystem::Memory(fs)) = self.mount_mut(v.mount).map(|mount| &mut mount.fs)
            && let Ok(inode) = fs.get_mut(v.ino)
        {
            debug_assert!(
                inode.references > 0,
                "released more often than acquired: {v:?}"
            );
            inode.references = inode.references.saturating_sub(1);
            if inode.references == 0 && inode.nlink == 0 {
                self.reap(v);
            }
        }
    }

    /// Frees an inode that nothing refers to any more.
    fn reap(&mut self, v: Vnode) {
        let Ok(FileSystem::Memory(fs)) = self.mount_mut(v.mount).map(|mount| &mut mount.fs) else {
            return;
        };
        if let Some(inode) = fs.reap(v.ino)
            && let Body::File(contents) = inode.body
        {
            if let Some(token) = contents.token() {
                self.lazy.remove(&token);
            }
            contents.discard(&mut self.budget);
        }
    }
}

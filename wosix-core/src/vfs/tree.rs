//! Trees of the host (`mount` of the public API) whose files are loaded when first read.

use super::{Caller, LazyToken, Timestamp, Vfs, Vnode, install};
use crate::errno::{Errno, Result};

/// One entry of a tree for [`Vfs::mount_tree`]. Directories come before what they hold (those not named are made with mode 0755).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TreeEntry {
    /// Path relative to the tree's root, without `.` or `..`.
    pub path: Vec<u8>,
    /// Last change.
    pub mtime: Timestamp,
    /// What to make.
    pub node: TreeNode,
}

/// What a [`TreeEntry`] makes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TreeNode {
    /// A directory; merges into one that exists.
    Directory {
        /// Permission bits.
        mode: u32,
    },
    /// A symbolic link.
    Symlink {
        /// Its text.
        target: Vec<u8>,
    },
    /// A file whose contents the host hands over when someone reads them.
    Lazy {
        /// Permission bits.
        mode: u32,
        /// Length in bytes.
        size: u64,
        /// Names the contents to the host; unique among all trees.
        token: LazyToken,
    },
}

impl TreeEntry {
    pub(super) fn token(&self) -> Option<LazyToken> {
        match self.node {
            TreeNode::Lazy { token, .. } => Some(token),
            TreeNode::Directory { .. } | TreeNode::Symlink { .. } => None,
        }
    }
}

impl Vfs {
    /// Merges a tree into the directory `path` (made if missing, parents too). Directories that exist stay as they are,
    /// files and links of the same name are replaced. All or nothing. Everything belongs to the caller. Errors: those of [`Vfs::pack_install`], EEXIST (a token in use).
    pub fn mount_tree(
        &mut self,
        caller: &Caller,
        path: &[u8],
        entries: &[TreeEntry],
    ) -> Result<()> {
        install::tree(self, caller, path, entries)
    }

    /// Contents of a lazy file, in any number of chunks, the last with `last`; the file is then as long as what arrived.
    /// ENOENT when nobody needs them any more, EFBIG, ENOSPC.
    pub fn fill_lazy(
        &mut self,
        token: LazyToken,
        offset: u64,
        bytes: &[u8],
        last: bool,
    ) -> Result<()> {
        let v = *self.lazy.get(&token).ok_or(Errno::ENOENT)?;
        let Vfs { mounts, budget, .. } = self;
        let mount = mounts
            .get_mut(usize::from(v.mount.0))
            .ok_or(Errno::ENOENT)?;
        mount
            .memory_mut()?
            .contents_mut(v.ino)?
            .0
            .fill(offset, bytes, last, budget)?;
        if last {
            self.lazy.remove(&token);
        }
        Ok(())
    }

    /// Loading failed: uses of the contents answer `errno` until the file is opened anew. ENOENT as [`Vfs::fill_lazy`].
    pub fn fail_lazy(&mut self, token: LazyToken, errno: Errno) -> Result<()> {
        let v = *self.lazy.get(&token).ok_or(Errno::ENOENT)?;
        let Vfs { mounts, budget, .. } = self;
        let mount = mounts
            .get_mut(usize::from(v.mount.0))
            .ok_or(Errno::ENOENT)?;
        mount
            .memory_mut()?
            .contents_mut(v.ino)?
            .0
            .fail(errno, budget);
        Ok(())
    }

    /// The token of contents that are not loaded.
    pub(super) fn lazy_token(&self, v: Vnode) -> Option<LazyToken> {
        if self.lazy.is_empty() {
            return None;
        }
        match &self
            .mount(v.mount)
            .ok()?
            .memory()
            .ok()?
            .get(v.ino)
            .ok()?
            .body
        {
            super::memory::Body::File(contents) => contents.token(),
            _ => None,
        }
    }
}

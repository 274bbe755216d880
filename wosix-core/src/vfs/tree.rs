//! Trees of the host (`mount` of the public API) whose files are loaded when first read.

use super::{LazyToken, Timestamp};

/// One entry of a tree for [`super::Vfs::mount_tree`]. Directories come before what they hold.
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

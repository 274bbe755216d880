//! Watching for changes, like inotify but with paths below a recursive watch.

/// A watch made by [`super::Vfs::watch`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WatchId(pub u32);

/// What happened, in the two words Node has for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WatchKind {
    /// A name appeared or disappeared.
    Rename,
    /// Contents or attributes changed.
    Change,
    /// Records were dropped because nobody drained them; the name is empty.
    Overflow,
}

/// One change, as seen by one watch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatchRecord {
    /// What happened.
    pub kind: WatchKind,
    /// Path relative to the watched directory; empty for the watched inode itself.
    pub name: Vec<u8>,
}

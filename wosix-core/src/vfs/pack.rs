//! Packs: one allocation for the contents of many files (a package's inflated tarball).

/// A pack made by [`super::Vfs::pack_create`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PackId(pub u32);

/// One file of a pack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackEntry {
    /// Path relative to the directory it is installed in, without `.` or `..`.
    pub path: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
    /// First byte within the pack.
    pub offset: u64,
    /// Length in bytes.
    pub length: u64,
}

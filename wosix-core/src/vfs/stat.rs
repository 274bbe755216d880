//! What `stat` tells of an inode: kinds, mode bits, times.

/// A point in time: nanoseconds since the Unix epoch (covers the years 1677 to 2262).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    const NANOS_PER_SECOND: i64 = 1_000_000_000;

    /// From seconds and nanoseconds, saturating at the ends of the range.
    pub const fn new(seconds: i64, nanos: u32) -> Timestamp {
        Timestamp(
            seconds
                .saturating_mul(Self::NANOS_PER_SECOND)
                .saturating_add(nanos as i64),
        )
    }

    /// `tv_sec`: whole seconds, rounded towards the past.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(Self::NANOS_PER_SECOND)
    }

    /// `tv_nsec`: 0 to 999,999,999.
    pub const fn nanoseconds(self) -> u32 {
        self.0.rem_euclid(Self::NANOS_PER_SECOND) as u32
    }
}

/// Type of an inode.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FileKind {
    /// A file with contents.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A named pipe. Its I/O is the kernel's.
    Fifo,
    /// A Unix socket's name. Its I/O is the kernel's.
    Socket,
    /// A character device, told apart by `rdev`. Its I/O is the kernel's.
    CharDevice,
    /// A block device. Nothing implements one; a node can exist all the same.
    BlockDevice,
}

impl FileKind {
    /// The `S_IFMT` part of `st_mode`.
    pub const fn mode_bits(self) -> u32 {
        match self {
            FileKind::Fifo => 0o010000,
            FileKind::CharDevice => 0o020000,
            FileKind::Directory => 0o040000,
            FileKind::BlockDevice => 0o060000,
            FileKind::Regular => 0o100000,
            FileKind::Symlink => 0o120000,
            FileKind::Socket => 0o140000,
        }
    }

    /// The kind in the `S_IFMT` part of a mode, if it is one.
    pub const fn from_mode(mode: u32) -> Option<FileKind> {
        Some(match mode & 0o170000 {
            0o010000 => FileKind::Fifo,
            0o020000 => FileKind::CharDevice,
            0o040000 => FileKind::Directory,
            0o060000 => FileKind::BlockDevice,
            0o100000 => FileKind::Regular,
            0o120000 => FileKind::Symlink,
            0o140000 => FileKind::Socket,
            _ => return None,
        })
    }
}

/// All that `stat` answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stat {
    /// Device number of the file system; distinct per mount.
    pub dev: u64,
    /// Inode number, never 0.
    pub ino: u64,
    /// Type of the inode.
    pub kind: FileKind,
    /// Permission bits with set-uid, set-gid and sticky (`0o7777`), without the type.
    pub mode: u32,
    /// Number of names; of a directory 2 plus its subdirectories.
    pub nlink: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Device number of a device node, else 0.
    pub rdev: u64,
    /// Length in bytes.
    pub size: u64,
    /// Preferred size of I/O in bytes.
    pub blksize: u32,
    /// Storage in use, in units of 512 bytes.
    pub blocks: u64,
    /// Last access (updated as by Linux's `relatime`).
    pub atime: Timestamp,
    /// Last change of the contents.
    pub mtime: Timestamp,
    /// Last change of contents or attributes.
    pub ctime: Timestamp,
    /// Creation.
    pub btime: Timestamp,
}

impl Stat {
    /// `st_mode`: type and permission bits.
    pub const fn st_mode(&self) -> u32 {
        self.kind.mode_bits() | self.mode
    }
}

/// What `statfs` answers. Blocks are of `bsize` bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatFs {
    /// Magic number of the file system's type, Linux's values.
    pub kind: u64,
    /// Size of a block in bytes.
    pub bsize: u64,
    /// Blocks in all.
    pub blocks: u64,
    /// Blocks not in use.
    pub bfree: u64,
    /// Blocks not in use that unprivileged users may have.
    pub bavail: u64,
    /// Inodes in all.
    pub files: u64,
    /// Inodes not in use.
    pub ffree: u64,
}

/// One entry of a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirEntry {
    /// The name, without a slash.
    pub name: Box<[u8]>,
    /// Inode number.
    pub ino: u64,
    /// Type of the inode.
    pub kind: FileKind,
}

/// What to do with one of the times in [`super::Vfs::utimes`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetTime {
    /// Leave it (`UTIME_OMIT`).
    Omit,
    /// Set it to the caller's `now` (`UTIME_NOW`): write permission is enough when both are `Now`.
    Now,
    /// Set it to this; only for the owner.
    At(Timestamp),
}

//! Flags of `open` and `access`, with x86-64 Linux's values.

/// The `O_*` flags of open(2). Unknown bits are kept and ignored, as Linux does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OpenFlags(pub u32);

#[allow(missing_docs, reason = "open(2) documents them")]
impl OpenFlags {
    pub const RDONLY: OpenFlags = OpenFlags(0);
    pub const WRONLY: OpenFlags = OpenFlags(0o1);
    pub const RDWR: OpenFlags = OpenFlags(0o2);
    pub const CREAT: OpenFlags = OpenFlags(0o100);
    pub const EXCL: OpenFlags = OpenFlags(0o200);
    pub const NOCTTY: OpenFlags = OpenFlags(0o400);
    pub const TRUNC: OpenFlags = OpenFlags(0o1000);
    pub const APPEND: OpenFlags = OpenFlags(0o2000);
    pub const NONBLOCK: OpenFlags = OpenFlags(0o4000);
    pub const DIRECTORY: OpenFlags = OpenFlags(0o200000);
    pub const NOFOLLOW: OpenFlags = OpenFlags(0o400000);
    pub const NOATIME: OpenFlags = OpenFlags(0o1000000);
    pub const CLOEXEC: OpenFlags = OpenFlags(0o2000000);
    pub const PATH: OpenFlags = OpenFlags(0o10000000);
    /// `O_TMPFILE` without its `O_DIRECTORY` bit.
    pub const TMPFILE: OpenFlags = OpenFlags(0o20000000);
}

impl OpenFlags {
    /// Whether all bits of `flags` are set.
    pub const fn has(self, flags: OpenFlags) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Whether the access mode allows reading.
    pub const fn reads(self) -> bool {
        matches!(self.0 & 3, 0 | 2)
    }

    /// Whether the access mode allows writing.
    pub const fn writes(self) -> bool {
        matches!(self.0 & 3, 1 | 2)
    }
}

impl core::ops::BitOr for OpenFlags {
    type Output = OpenFlags;
    fn bitor(self, other: OpenFlags) -> OpenFlags {
        OpenFlags(self.0 | other.0)
    }
}

/// Permissions asked for, as by access(2): any of [`Access::READ`], `WRITE`, `EXECUTE`; none = existence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Access(pub u32);

#[allow(missing_docs, reason = "access(2) documents them")]
impl Access {
    pub const EXISTS: Access = Access(0);
    pub const EXECUTE: Access = Access(1);
    pub const WRITE: Access = Access(2);
    pub const READ: Access = Access(4);
}

impl core::ops::BitOr for Access {
    type Output = Access;
    fn bitor(self, other: Access) -> Access {
        Access(self.0 | other.0)
    }
}

//! On whose behalf a call is made: credentials, working directory, clock.

use super::{ProcSource, Timestamp, Vnode};

/// Identity of a process for permission checks. uid 0 passes all of them (but needs an `x` bit to execute).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials {
    /// Effective user.
    pub uid: u32,
    /// Effective group.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
}

impl Credentials {
    /// The superuser.
    pub const ROOT: Credentials = Credentials {
        uid: 0,
        gid: 0,
        groups: Vec::new(),
    };

    /// A user with no supplementary groups.
    pub const fn user(uid: u32, gid: u32) -> Credentials {
        Credentials {
            uid,
            gid,
            groups: Vec::new(),
        }
    }

    /// Whether the user is in `gid`.
    pub fn in_group(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }
}

/// Context of every call that takes a path or touches an inode.
///
/// It borrows from the process table and not from the [`super::Vfs`], so a kernel that holds both as fields can build
/// one and call with `&mut vfs`.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// For permission checks and for the owner of new inodes.
    pub credentials: &'a Credentials,
    /// Where relative paths begin; a directory. (An `*at` call puts the directory of its descriptor here.)
    pub cwd: Vnode,
    /// What `/proc/self` points to.
    pub pid: u32,
    /// Time of the call.
    pub now: Timestamp,
    /// What `/proc` shows.
    pub processes: &'a dyn ProcSource,
}

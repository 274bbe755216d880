//! Who may do what: the owner, group and other bits, the sticky bit, and what only the owner may.

use super::memory::Meta;
use super::{Access, Caller, Credentials, FileKind, Vfs, Vnode};
use crate::errno::{Errno, Result};

pub(super) const SETUID: u16 = 0o4000;
pub(super) const SETGID: u16 = 0o2000;
pub(super) const STICKY: u16 = 0o1000;
const GROUP_EXECUTE: u16 = 0o010;

impl Meta {
    /// Whether all of `access` is granted. One class of bits decides: the owner's, else the group's, else the others'.
    #[inline]
    pub fn allows(&self, credentials: &Credentials, access: Access) -> bool {
        if credentials.uid == 0 {
            // The superuser may do all but execute what nobody may execute.
            return access.0 & 1 == 0 || self.kind == FileKind::Directory || self.mode & 0o111 != 0;
        }
        let shift = if credentials.uid == self.uid {
            6
        } else if credentials.in_group(self.gid) {
            3
        } else {
            0
        };
        u32::from(self.mode >> shift) & 7 & access.0 == access.0
    }

    /// EACCES unless all of `access` is granted.
    #[inline]
    pub fn check(&self, credentials: &Credentials, access: Access) -> Result<()> {
        if self.allows(credentials, access) {
            Ok(())
        } else {
            Err(Errno::EACCES)
        }
    }

    /// ENOTDIR, or EACCES when names in it may not be looked up.
    #[inline]
    pub fn check_search(&self, credentials: &Credentials) -> Result<()> {
        if self.kind != FileKind::Directory {
            return Err(Errno::ENOTDIR);
        }
        self.check(credentials, Access::EXECUTE)
    }

    /// EPERM unless the caller owns the inode.
    pub fn check_owner(&self, credentials: &Credentials) -> Result<()> {
        if credentials.uid == 0 || credentials.uid == self.uid {
            Ok(())
        } else {
            Err(Errno::EPERM)
        }
    }

    /// Takes the set-uid bit, and the set-gid bit where it is not a mandatory-locking mark, off a program whose
    /// contents or owner change.
    pub fn drop_privileges(&mut self) {
        self.mode &= !SETUID;
        if self.mode & GROUP_EXECUTE != 0 {
            self.mode &= !SETGID;
        }
    }
}

impl Vfs {
    /// EACCES unless entries may be made in or removed from this directory.
    pub(super) fn check_modify(&self, caller: &Caller, directory: Vnode) -> Result<()> {
        self.meta(caller, directory)?
            .check(caller.credentials, Access::WRITE | Access::EXECUTE)
    }

    /// Whether `victim` may be removed from `directory`: EACCES, or EPERM by the sticky bit, which
    /// keeps names for the owners of the file and of the directory.
    pub(super) fn check_delete(
        &self,
        caller: &Caller,
        directory: Vnode,
        victim: Vnode,
    ) -> Result<()> {
        let meta = self.meta(caller, directory)?;
        meta.check(caller.credentials, Access::WRITE | Access::EXECUTE)?;
        let uid = caller.credentials.uid;
        if meta.mode & STICKY != 0
            && uid != 0
            && uid != meta.uid
            && uid != self.meta(caller, victim)?.uid
        {
            return Err(Errno::EPERM);
        }
        Ok(())
    }
}

//! Packs: one allocation for the contents of many files (a package's inflated tarball).

use std::sync::Arc;

use super::contents::{PackBytes, release_pack, reserve};
use super::{Caller, Vfs, install};
use crate::errno::{Errno, Result};

/// A pack made by [`Vfs::pack_create`].
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

/// A pack while its maker holds it.
pub(super) enum Pack {
    Writable(Vec<u8>),
    /// Installed at least once: files share the bytes.
    Sealed(PackBytes),
}

impl Vfs {
    /// A pack of `size` zero bytes, held by the caller until [`Vfs::pack_release`]. ENOSPC.
    pub fn pack_create(&mut self, size: u64) -> Result<PackId> {
        let length = usize::try_from(size).map_err(|_| Errno::ENOSPC)?;
        self.budget.charge(size)?;
        let mut bytes = Vec::new();
        if let Err(error) = reserve(&mut bytes, length) {
            self.budget.credit(size);
            return Err(error);
        }
        bytes.resize(length, 0);
        Ok(PackId(self.packs.insert(Pack::Writable(bytes)) as u32))
    }

    /// Writes into a pack that was not installed yet. EBADF (no such pack), EINVAL (outside its bounds), EBUSY (installed).
    pub fn pack_write(&mut self, pack: PackId, offset: u64, bytes: &[u8]) -> Result<()> {
        let Pack::Writable(buffer) = self.packs.get_mut(pack.0 as usize).ok_or(Errno::EBADF)?
        else {
            return Err(Errno::EBUSY);
        };
        let start = usize::try_from(offset).map_err(|_| Errno::EINVAL)?;
        let end = start.checked_add(bytes.len()).ok_or(Errno::EINVAL)?;
        buffer
            .get_mut(start..end)
            .ok_or(Errno::EINVAL)?
            .copy_from_slice(bytes);
        Ok(())
    }

    /// Creates every entry under the directory `path` (made if missing, parents too) with contents that refer to the pack. Files and links of
    /// the same name are replaced. All or nothing. From now on the pack is read-only.
    ///
    /// Errors: EBADF (no such pack), EINVAL (an entry outside the pack, a path with an empty, `.` or `..` component), EISDIR (a directory where a file
    /// is to be), ENOTDIR (the reverse; links are not followed below `path`), EACCES, and those of [`Vfs::mkdir`].
    pub fn pack_install(
        &mut self,
        caller: &Caller,
        pack: PackId,
        path: &[u8],
        entries: &[PackEntry],
    ) -> Result<()> {
        let holder = self.packs.get_mut(pack.0 as usize).ok_or(Errno::EBADF)?;
        if let Pack::Writable(bytes) = holder {
            *holder = Pack::Sealed(Arc::new(core::mem::take(bytes)));
        }
        let Pack::Sealed(bytes) = holder else {
            return Err(Errno::EBADF);
        };
        let bytes = bytes.clone();
        let result = install::pack(self, caller, &bytes, path, entries);
        // The last holder credits the budget; it could only be this one if the pack had been released meanwhile.
        release_pack(bytes, &mut self.budget);
        result
    }

    /// Drops the maker's hold; the bytes live on while a file refers to them. EBADF.
    pub fn pack_release(&mut self, pack: PackId) -> Result<()> {
        match self.packs.try_remove(pack.0 as usize).ok_or(Errno::EBADF)? {
            Pack::Writable(bytes) => self.budget.credit(bytes.len() as u64),
            Pack::Sealed(bytes) => release_pack(bytes, &mut self.budget),
        }
        Ok(())
    }
}

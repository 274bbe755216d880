//! System calls for many files at once.

use super::{Call, Kernel};
use crate::errno::Result;
use crate::vfs::{PackEntry, PackId};

impl Kernel {
    /// A store of `size` bytes; see [`crate::vfs::Vfs::pack_create`].
    pub fn pack_create(&mut self, size: u64) -> Result<PackId> {
        self.vfs.pack_create(size)
    }

    /// Fills a part of a store.
    pub fn pack_write(&mut self, pack: PackId, offset: u64, bytes: &[u8]) -> Result<()> {
        self.vfs.pack_write(pack, offset, bytes)
    }

    /// Makes files whose contents are in a store.
    pub fn pack_install(
        &mut self,
        call: Call,
        pack: PackId,
        path: &[u8],
        entries: &[PackEntry],
    ) -> Result<()> {
        self.with_vfs(call, |vfs, caller| {
            vfs.pack_install(caller, pack, path, entries)
        })
    }

    /// Drops the hold on a store.
    pub fn pack_release(&mut self, pack: PackId) -> Result<()> {
        self.vfs.pack_release(pack)
    }
}

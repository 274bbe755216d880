//! What only the host may ask for.

use super::{Call, Kernel};
use crate::errno::{Errno, Result};
use crate::vfs::{LazyToken, TreeEntry};

impl Kernel {
    /// Merges a tree of the host into the directory `path`.
    pub fn mount_tree(&mut self, call: Call, path: &[u8], entries: &[TreeEntry]) -> Result<()> {
        self.with_vfs(call, |vfs, caller| vfs.mount_tree(caller, path, entries))
    }

    /// Contents of a lazy file; the last chunk wakes who waits for them.
    ///
    /// # Errors
    /// `ENOENT` when nobody needs them any more.
    pub fn fill_lazy(&mut self, token: LazyToken, offset: u64, bytes: &[u8], last: bool) -> Result<()> {
        let filled = self.vfs.fill_lazy(token, offset, bytes, last);
        if last || filled.is_err() {
            self.wake_loads(token);
        }
        filled
    }

    /// The contents cannot be had: who waits for them gets `errno`.
    ///
    /// # Errors
    /// `ENOENT` when nobody needs them any more.
    pub fn fail_lazy(&mut self, token: LazyToken, errno: Errno) -> Result<()> {
        let failed = self.vfs.fail_lazy(token, errno);
        self.wake_loads(token);
        failed
    }

    fn wake_loads(&mut self, token: LazyToken) {
        if let Some(mut queue) = self.loads.remove(&token) {
            queue.wake(&mut self.wakes);
        }
    }
}

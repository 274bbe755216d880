//! What only the host may ask for.

use super::{Call, Kernel};
use crate::errno::{Errno, Result};
use crate::vfs::{Caller, Credentials, LazyToken, TreeEntry, Vfs};

impl Kernel {
    /// Merges a tree of the host into the directory `path`. If it is missing it is made, wherever it is, and belongs to the user as all
    /// that is mounted does.
    pub fn mount_tree(&mut self, call: Call, path: &[u8], entries: &[TreeEntry]) -> Result<()> {
        self.with_vfs(call, |vfs, caller| {
            make_mount_point(vfs, caller, path)?;
            vfs.mount_tree(caller, path, entries)
        })
    }

    /// Contents of a lazy file; the last chunk wakes who waits for them.
    ///
    /// # Errors
    /// `ENOENT` when nobody needs them any more.
    pub fn fill_lazy(
        &mut self,
        token: LazyToken,
        offset: u64,
        bytes: &[u8],
        last: bool,
    ) -> Result<()> {
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

/// Makes what is missing of `path`; its parents may be directories that the user cannot write to.
fn make_mount_point(vfs: &mut Vfs, caller: &Caller, path: &[u8]) -> Result<()> {
    let root = Caller {
        credentials: &Credentials::ROOT,
        ..*caller
    };
    let ends = (1..path.len())
        .filter(|&end| path[end] == b'/')
        .chain([path.len()]);
    for part in ends.map(|end| &path[..end]) {
        match vfs.mkdir(&root, part, 0o755) {
            Ok(_) => vfs.chown(
                &root,
                part,
                Some(caller.credentials.uid),
                Some(caller.credentials.gid),
                false,
            )?,
            Err(Errno::EEXIST) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

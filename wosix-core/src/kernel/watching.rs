//! System calls that watch for changes.

use super::{Call, Kernel};
use crate::errno::{Errno, Result};
use crate::process::descriptor::Object;
use crate::vfs::{OpenFlags, WatchRecord};

impl Kernel {
    /// A descriptor that becomes readable when something at or under `path` changes.
    pub fn watch(&mut self, call: Call, path: &[u8], recursive: bool) -> Result<i32> {
        self.process(call.tid)?.descriptors.check_room(1)?;
        let watch = self.with_vfs(call, |vfs, caller| vfs.watch(caller, path, recursive))?;
        self.describe(call, Object::Watch(watch), None, OpenFlags::RDONLY)
    }

    /// The changes since the last time, maybe none. `EINVAL` for other descriptors.
    pub fn read_watch(&mut self, call: Call, fd: i32) -> Result<Vec<WatchRecord>> {
        match self.object(call, fd)? {
            Object::Watch(watch) => Ok(self.vfs.take_watch_records(watch)),
            _ => Err(Errno::EINVAL),
        }
    }
}

//! The virtual file system: inodes, a mount table and the path walk, with Linux's semantics to the errno.
//!
//! Every mutating call takes the time from its [`Caller`]; nothing here blocks. Where contents are not in memory yet
//! a call answers [`Loaded::NeedLoad`] **before it changed anything**: the kernel parks its caller, asks the host to load,
//! and retries.

mod caller;
mod flags;
mod pack;
mod proc;
mod stat;
mod tree;
mod watch;

pub use caller::{Caller, Credentials};
pub use flags::{Access, OpenFlags};
pub use pack::{PackEntry, PackId};
pub use proc::{NoProcesses, ProcFile, ProcLink, ProcSource, SystemFile};
pub use stat::{DirEntry, FileKind, SetTime, Stat, StatFs, Timestamp};
pub use tree::{TreeEntry, TreeNode};
pub use watch::{WatchId, WatchKind, WatchRecord};

use crate::errno::{Errno, Result};

/// Index of a mounted file system.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MountId(pub u16);

/// Handle of an inode. It stays valid while the inode has a name or a reference by [`Vfs::acquire`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Vnode {
    /// The file system it is in.
    pub mount: MountId,
    /// Its inode number there, never 0.
    pub ino: u32,
}

/// Name by which the host knows contents that are not loaded yet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LazyToken(pub u32);

/// Answer of a call that needs contents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loaded<T> {
    /// Done.
    Ready(T),
    /// Nothing was done: load the contents of this token, then retry.
    NeedLoad(LazyToken),
}

/// What [`Vfs::open`] answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opened {
    /// The inode, with one reference that the caller owns: give it back by [`Vfs::release`].
    pub vnode: Vnode,
    /// Its type: anything but a regular file or a directory is the kernel's to implement.
    /// `Symlink` means a descriptor of `/proc/<pid>/fd` without a path: see [`Vfs::proc_descriptor`]
    /// (or a link opened by `O_PATH | O_NOFOLLOW`).
    pub kind: FileKind,
    /// Device number of a device node, else 0.
    pub rdev: u64,
}

/// All file systems of a container.
pub struct Vfs {}

#[allow(unused_variables, missing_docs, reason = "skeleton")]
impl Vfs {
    /// An empty root directory in memory, mode 0755, owned by root.
    pub fn new(now: Timestamp) -> Vfs { todo!() }
    /// The root directory.
    pub fn root(&self) -> Vnode { todo!() }

    // --- references
    /// Keeps the inode alive though its last name may go (descriptors, working directories).
    pub fn acquire(&mut self, v: Vnode) { todo!() }
    /// Gives back one reference of [`Vfs::acquire`] or [`Vfs::open`].
    pub fn release(&mut self, v: Vnode) { todo!() }

    // --- paths
    pub fn resolve(&self, caller: &Caller, path: &[u8], follow_last: bool) -> Result<Vnode> { todo!() }
    /// Absolute path of what `path` names, links resolved.
    pub fn real_path(&self, caller: &Caller, path: &[u8]) -> Result<Vec<u8>> { todo!() }
    /// Current absolute path of an inode (a directory's only one; a file's latest). ENOENT after its removal.
    pub fn path_of(&self, v: Vnode) -> Result<Vec<u8>> { todo!() }
    /// Checks that `path` is a directory one may enter and answers it (chdir).
    pub fn resolve_directory(&self, caller: &Caller, path: &[u8]) -> Result<Vnode> { todo!() }

    // --- files
    /// open(2). `mode` is after the umask.
    pub fn open(&mut self, caller: &Caller, path: &[u8], flags: OpenFlags, mode: u32) -> Result<Opened> { todo!() }
    /// Reads at `offset`; 0 at the end. EISDIR, EINVAL (not a regular file). No permission check: that is `open`'s.
    pub fn read_at(&mut self, caller: &Caller, v: Vnode, offset: u64, buffer: &mut [u8]) -> Result<Loaded<usize>> { todo!() }
    /// Writes all of `bytes` at `offset`. EFBIG, ENOSPC.
    pub fn write_at(&mut self, caller: &Caller, v: Vnode, offset: u64, bytes: &[u8]) -> Result<Loaded<usize>> { todo!() }
    /// Length of the contents (for O_APPEND and SEEK_END).
    pub fn size(&self, caller: &Caller, v: Vnode) -> Result<u64> { todo!() }
    /// ftruncate(2).
    pub fn set_len(&mut self, caller: &Caller, v: Vnode, length: u64) -> Result<Loaded<()>> { todo!() }
    pub fn truncate(&mut self, caller: &Caller, path: &[u8], length: u64) -> Result<Loaded<()>> { todo!() }

    // --- attributes
    pub fn stat(&self, caller: &Caller, path: &[u8], follow_last: bool) -> Result<Stat> { todo!() }
    pub fn fstat(&self, caller: &Caller, v: Vnode) -> Result<Stat> { todo!() }
    pub fn kind(&self, v: Vnode) -> FileKind { todo!() }
    pub fn access(&self, caller: &Caller, path: &[u8], access: Access) -> Result<()> { todo!() }
    /// The same for an inode (exec checks EXECUTE).
    pub fn faccess(&self, caller: &Caller, v: Vnode, access: Access) -> Result<()> { todo!() }
    pub fn chmod(&mut self, caller: &Caller, path: &[u8], mode: u32, follow_last: bool) -> Result<()> { todo!() }
    pub fn fchmod(&mut self, caller: &Caller, v: Vnode, mode: u32) -> Result<()> { todo!() }
    /// `None` leaves the id as it is (-1 of chown(2)).
    pub fn chown(&mut self, caller: &Caller, path: &[u8], uid: Option<u32>, gid: Option<u32>, follow_last: bool) -> Result<()> { todo!() }
    pub fn fchown(&mut self, caller: &Caller, v: Vnode, uid: Option<u32>, gid: Option<u32>) -> Result<()> { todo!() }
    pub fn utimes(&mut self, caller: &Caller, path: &[u8], atime: SetTime, mtime: SetTime, follow_last: bool) -> Result<()> { todo!() }
    pub fn futimes(&mut self, caller: &Caller, v: Vnode, atime: SetTime, mtime: SetTime) -> Result<()> { todo!() }
    pub fn statfs(&self, caller: &Caller, path: &[u8]) -> Result<StatFs> { todo!() }
    pub fn fstatfs(&self, v: Vnode) -> Result<StatFs> { todo!() }

    // --- names
    pub fn mkdir(&mut self, caller: &Caller, path: &[u8], mode: u32) -> Result<Vnode> { todo!() }
    /// mknod(2): a fifo, a socket's name, a device (root only) or an empty regular file.
    pub fn mknod(&mut self, caller: &Caller, path: &[u8], kind: FileKind, mode: u32, rdev: u64) -> Result<Vnode> { todo!() }
    pub fn rmdir(&mut self, caller: &Caller, path: &[u8]) -> Result<()> { todo!() }
    pub fn unlink(&mut self, caller: &Caller, path: &[u8]) -> Result<()> { todo!() }
    pub fn rename(&mut self, caller: &Caller, from: &[u8], to: &[u8]) -> Result<()> { todo!() }
    /// Does not follow a link at the end of `from`, as Linux's.
    pub fn link(&mut self, caller: &Caller, from: &[u8], to: &[u8]) -> Result<()> { todo!() }
    pub fn symlink(&mut self, caller: &Caller, target: &[u8], path: &[u8]) -> Result<()> { todo!() }
    pub fn readlink(&self, caller: &Caller, path: &[u8]) -> Result<Vec<u8>> { todo!() }
    /// Entries in the order they were made, without `.` and `..`. Checks read permission.
    pub fn readdir(&mut self, caller: &Caller, path: &[u8]) -> Result<Vec<DirEntry>> { todo!() }
    /// The same for an open directory.
    pub fn freaddir(&mut self, caller: &Caller, v: Vnode) -> Result<Vec<DirEntry>> { todo!() }

    // --- mounts and special files
    /// An empty file system in memory at the directory `path`. Root only.
    pub fn mount_memory(&mut self, caller: &Caller, path: &[u8], mode: u32) -> Result<MountId> { todo!() }
    /// `/proc` at the directory `path`. Root only.
    pub fn mount_proc(&mut self, caller: &Caller, path: &[u8]) -> Result<MountId> { todo!() }
    /// The device file system at the directory `path`, with all its nodes. Root only.
    pub fn mount_dev(&mut self, caller: &Caller, path: &[u8]) -> Result<MountId> { todo!() }
    /// Makes `/dev/pts/<number>`, mode 0620, owned by the caller.
    pub fn add_terminal(&mut self, caller: &Caller, number: u32) -> Result<Vnode> { todo!() }
    /// Removes `/dev/pts/<number>`.
    pub fn remove_terminal(&mut self, caller: &Caller, number: u32) -> Result<()> { todo!() }
    /// Which descriptor `(pid, fd)` a vnode of `/proc/<pid>/fd/` stands for.
    pub fn proc_descriptor(&self, v: Vnode) -> Option<(u32, u32)> { todo!() }

    // --- bulk
    /// A pack of `size` zero bytes, held by the caller until [`Vfs::pack_release`]. ENOSPC.
    pub fn pack_create(&mut self, size: u64) -> Result<PackId> { todo!() }
    /// Writes into a pack not installed yet. EINVAL outside its bounds, EBADF (no such pack), EBUSY (installed).
    pub fn pack_write(&mut self, pack: PackId, offset: u64, bytes: &[u8]) -> Result<()> { todo!() }
    /// Creates every entry under `path` (made if missing, parents too). All or nothing.
    pub fn pack_install(&mut self, caller: &Caller, pack: PackId, path: &[u8], entries: &[PackEntry]) -> Result<()> { todo!() }
    pub fn pack_release(&mut self, pack: PackId) -> Result<()> { todo!() }
    /// Merges a host tree into the directory `path` (made if missing, parents too).
    pub fn mount_tree(&mut self, caller: &Caller, path: &[u8], entries: &[TreeEntry]) -> Result<()> { todo!() }
    /// Contents of a lazy file, in any number of chunks; the last has `last`. ENOENT when nobody needs them any more.
    pub fn fill_lazy(&mut self, token: LazyToken, offset: u64, bytes: &[u8], last: bool) -> Result<()> { todo!() }
    /// Readers get `errno` until the file is opened anew.
    pub fn fail_lazy(&mut self, token: LazyToken, errno: Errno) -> Result<()> { todo!() }

    // --- watching
    pub fn watch(&mut self, caller: &Caller, path: &[u8], recursive: bool) -> Result<WatchId> { todo!() }
    pub fn unwatch(&mut self, watch: WatchId) { todo!() }
    /// Takes the records of one watch, oldest first.
    pub fn take_watch_records(&mut self, watch: WatchId) -> Vec<WatchRecord> { todo!() }
    /// Whether the watch has records (poll).
    pub fn watch_ready(&self, watch: WatchId) -> bool { todo!() }
    /// Watches that got their first record since the last call: their readers are to be woken. Cheap when there are none.
    pub fn take_ready_watches(&mut self) -> Vec<WatchId> { todo!() }
}

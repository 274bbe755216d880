//! `/proc`: a synthetic, read-only file system over the kernel's process table.

use crate::errno::Result;

use super::Vnode;

/// Where a link of `/proc/<pid>/` leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProcLink {
    /// To an inode of the file system: followed straight to it, and read as its current path.
    Vnode(Vnode),
    /// To something without a path. `readlink` answers the text (`pipe:[12]`); who opens it gets the `/proc` vnode
    /// itself and asks [`super::Vfs::proc_descriptor`] which descriptor is meant.
    Descriptor(Vec<u8>),
}

/// Text files under `/proc/<pid>/`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProcFile {
    /// `cmdline`: arguments, each ended by NUL.
    Cmdline,
    /// `environ`: `NAME=value` strings, each ended by NUL.
    Environ,
    /// `comm`: name of the program and a newline.
    Comm,
    /// `stat`: one line of numbers, see proc(5).
    Stat,
    /// `status`: the same for humans.
    Status,
}

/// Text files right under `/proc`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SystemFile {
    /// `cpuinfo`
    CpuInfo,
    /// `meminfo`
    MemInfo,
    /// `version`
    Version,
    /// `uptime`
    Uptime,
    /// `loadavg`
    LoadAvg,
    /// `stat`
    Stat,
}

/// What the kernel knows and `/proc` shows. (`/proc/mounts` is made by the VFS itself.)
pub trait ProcSource {
    /// The pids that exist, ascending.
    fn pids(&self) -> Vec<u32>;
    /// User and group of `pid`, `None` if there is no such process.
    fn owner(&self, pid: u32) -> Option<(u32, u32)>;
    /// Contents of `/proc/<pid>/<file>`. ESRCH when the process is gone.
    fn process_file(&self, pid: u32, file: ProcFile) -> Result<Vec<u8>>;
    /// Contents of `/proc/<file>`.
    fn system_file(&self, file: SystemFile) -> Result<Vec<u8>>;
    /// Working directory of `pid`. ESRCH when the process is gone.
    fn cwd(&self, pid: u32) -> Result<Vnode>;
    /// Path of the executed file. ENOENT when there is none.
    fn exe(&self, pid: u32) -> Result<Vec<u8>>;
    /// Open descriptors of `pid`, ascending.
    fn descriptors(&self, pid: u32) -> Vec<u32>;
    /// Where descriptor `fd` of `pid` leads. ENOENT when it is not open.
    fn descriptor(&self, pid: u32, fd: u32) -> Result<ProcLink>;
}

/// No process at all; for file systems without a kernel above them.
pub struct NoProcesses;

impl ProcSource for NoProcesses {
    fn pids(&self) -> Vec<u32> {
        Vec::new()
    }
    fn owner(&self, _pid: u32) -> Option<(u32, u32)> {
        None
    }
    fn process_file(&self, _pid: u32, _file: ProcFile) -> Result<Vec<u8>> {
        Err(crate::errno::Errno::ESRCH)
    }
    fn system_file(&self, _file: SystemFile) -> Result<Vec<u8>> {
        Err(crate::errno::Errno::ENOENT)
    }
    fn cwd(&self, _pid: u32) -> Result<Vnode> {
        Err(crate::errno::Errno::ESRCH)
    }
    fn exe(&self, _pid: u32) -> Result<Vec<u8>> {
        Err(crate::errno::Errno::ENOENT)
    }
    fn descriptors(&self, _pid: u32) -> Vec<u32> {
        Vec::new()
    }
    fn descriptor(&self, _pid: u32, _fd: u32) -> Result<ProcLink> {
        Err(crate::errno::Errno::ENOENT)
    }
}

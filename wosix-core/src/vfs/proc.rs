//! `/proc`: a synthetic, read-only file system over the kernel's process table.
//!
//! It keeps nothing: an inode number *is* the description of a file ([`Node`]), contents are made when they are read.

use super::memory::{Meta, ROOT};
use super::{Caller, DirEntry, FileKind, Vnode};
use crate::errno::{Errno, Result};

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

/// Text files of `/proc` that are about no process.
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
    /// `sys/kernel/hostname`
    HostName,
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
        Err(Errno::ESRCH)
    }
    fn system_file(&self, _file: SystemFile) -> Result<Vec<u8>> {
        Err(Errno::ENOENT)
    }
    fn cwd(&self, _pid: u32) -> Result<Vnode> {
        Err(Errno::ESRCH)
    }
    fn exe(&self, _pid: u32) -> Result<Vec<u8>> {
        Err(Errno::ENOENT)
    }
    fn descriptors(&self, _pid: u32) -> Vec<u32> {
        Vec::new()
    }
    fn descriptor(&self, _pid: u32, _fd: u32) -> Result<ProcLink> {
        Err(Errno::ENOENT)
    }
}

/// Largest pid that fits into an inode number.
pub const PID_MAX: u32 = (1 << 19) - 1;
/// Largest descriptor that fits into an inode number.
const FD_MAX: u32 = (1 << 12) - 1;

/// Paths below the root.
const SYSTEM_FILES: [(SystemFile, &str); 7] = [
    (SystemFile::CpuInfo, "cpuinfo"),
    (SystemFile::MemInfo, "meminfo"),
    (SystemFile::Version, "version"),
    (SystemFile::Uptime, "uptime"),
    (SystemFile::LoadAvg, "loadavg"),
    (SystemFile::Stat, "stat"),
    (SystemFile::HostName, "sys/kernel/hostname"),
];

/// The directories that [`SYSTEM_FILES`] needs.
const SYSTEM_DIRECTORIES: [&str; 2] = ["sys", "sys/kernel"];

const PROCESS_ENTRIES: [(ProcessEntry, &str); 9] = [
    (ProcessEntry::File(ProcFile::Cmdline), "cmdline"),
    (ProcessEntry::File(ProcFile::Environ), "environ"),
    (ProcessEntry::File(ProcFile::Comm), "comm"),
    (ProcessEntry::File(ProcFile::Stat), "stat"),
    (ProcessEntry::File(ProcFile::Status), "status"),
    (ProcessEntry::Cwd, "cwd"),
    (ProcessEntry::Exe, "exe"),
    (ProcessEntry::Root, "root"),
    (ProcessEntry::Descriptors, "fd"),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum ProcessEntry {
    File(ProcFile),
    Cwd,
    Exe,
    Root,
    Descriptors,
}

/// What an inode number stands for. Bit 31: a descriptor (19 bits of pid, 12 of fd); bit 30: a process' directory or
/// an entry of it (pid, 5 bits of entry); else one of the fixed files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Node {
    Root,
    SelfLink,
    Mounts,
    /// Index into `SYSTEM_FILES`.
    System(u32),
    /// Index into `SYSTEM_DIRECTORIES`.
    Directory(u32),
    Process(u32),
    /// Pid and index into `PROCESS_ENTRIES`.
    Entry(u32, u32),
    /// Pid and descriptor.
    Descriptor(u32, u32),
}

const FIRST_SYSTEM_FILE: u32 = 4;
const FIRST_DIRECTORY: u32 = FIRST_SYSTEM_FILE + SYSTEM_FILES.len() as u32;
const DESCRIPTOR: u32 = 1 << 31;
const PROCESS: u32 = 1 << 30;

impl Node {
    fn encode(self) -> u32 {
        match self {
            Node::Root => ROOT,
            Node::SelfLink => 2,
            Node::Mounts => 3,
            Node::System(index) => FIRST_SYSTEM_FILE + index,
            Node::Directory(index) => FIRST_DIRECTORY + index,
            Node::Process(pid) => PROCESS | pid << 5,
            Node::Entry(pid, index) => PROCESS | pid << 5 | (index + 1),
            Node::Descriptor(pid, fd) => DESCRIPTOR | pid << 12 | fd,
        }
    }

    /// ENOENT for numbers that [`Node::encode`] never makes.
    fn decode(ino: u32) -> Result<Node> {
        if ino & DESCRIPTOR != 0 {
            return Ok(Node::Descriptor((ino >> 12) & PID_MAX, ino & FD_MAX));
        }
        if ino & PROCESS != 0 {
            let pid = (ino >> 5) & PID_MAX;
            return match ino & 31 {
                0 => Ok(Node::Process(pid)),
                index if index as usize <= PROCESS_ENTRIES.len() => Ok(Node::Entry(pid, index - 1)),
                _ => Err(Errno::ENOENT),
            };
        }
        match ino {
            ROOT => Ok(Node::Root),
            2 => Ok(Node::SelfLink),
            3 => Ok(Node::Mounts),
            FIRST_SYSTEM_FILE..FIRST_DIRECTORY => Ok(Node::System(ino - FIRST_SYSTEM_FILE)),
            FIRST_DIRECTORY.. if ((ino - FIRST_DIRECTORY) as usize) < SYSTEM_DIRECTORIES.len() => {
                Ok(Node::Directory(ino - FIRST_DIRECTORY))
            }
            _ => Err(Errno::ENOENT),
        }
    }

    fn kind(self) -> FileKind {
        match self {
            Node::Root | Node::Directory(_) | Node::Process(_) => FileKind::Directory,
            Node::SelfLink | Node::Descriptor(..) => FileKind::Symlink,
            Node::Mounts | Node::System(_) => FileKind::Regular,
            Node::Entry(_, index) => match PROCESS_ENTRIES[index as usize].0 {
                ProcessEntry::File(_) => FileKind::Regular,
                ProcessEntry::Cwd | ProcessEntry::Exe | ProcessEntry::Root => FileKind::Symlink,
                ProcessEntry::Descriptors => FileKind::Directory,
            },
        }
    }
}

/// Where a link of `/proc` leads.
pub(super) enum ProcTarget {
    Vnode(Vnode),
    /// To be walked from the directory of the link.
    Path(Vec<u8>),
    /// Nowhere in the file system.
    Text(Vec<u8>),
}

/// Contents of a file of `/proc`.
pub(super) enum ProcContents {
    Bytes(Vec<u8>),
    /// The mount table, which the [`super::Vfs`] itself knows.
    Mounts,
}

pub(super) struct ProcFs {
    /// What `/proc/<pid>/root` links to.
    pub root: Vnode,
}

impl ProcFs {
    pub fn kind(ino: u32) -> FileKind {
        Node::decode(ino).map_or(FileKind::Regular, Node::kind)
    }

    pub fn descriptor(ino: u32) -> Option<(u32, u32)> {
        match Node::decode(ino) {
            Ok(Node::Descriptor(pid, fd)) => Some((pid, fd)),
            _ => None,
        }
    }

    /// ENOENT when the process is gone.
    pub fn meta(&self, caller: &Caller, ino: u32) -> Result<Meta> {
        let node = Node::decode(ino)?;
        let mode = match node {
            Node::Root | Node::Directory(_) | Node::Process(_) => 0o555,
            Node::SelfLink => 0o777,
            Node::Mounts | Node::System(_) => 0o444,
            Node::Descriptor(..) => 0o700,
            Node::Entry(_, index) => match PROCESS_ENTRIES[index as usize].0 {
                ProcessEntry::File(ProcFile::Environ) => 0o400,
                ProcessEntry::File(_) => 0o444,
                ProcessEntry::Cwd | ProcessEntry::Exe | ProcessEntry::Root => 0o777,
                ProcessEntry::Descriptors => 0o500,
            },
        };
        let (uid, gid) = match node {
            Node::Process(pid) | Node::Entry(pid, _) | Node::Descriptor(pid, _) => {
                caller.processes.owner(pid).ok_or(Errno::ENOENT)?
            }
            _ => (0, 0),
        };
        Ok(Meta {
            kind: node.kind(),
            mode,
            uid,
            gid,
        })
    }

    pub fn lookup(&self, caller: &Caller, directory: u32, name: &[u8]) -> Option<u32> {
        let node = match Node::decode(directory).ok()? {
            Node::Root => match name {
                b"self" => Node::SelfLink,
                b"mounts" => Node::Mounts,
                _ => match number(name) {
                    Some(pid) => {
                        caller.processes.owner(pid).filter(|_| pid <= PID_MAX)?;
                        Node::Process(pid)
                    }
                    None => system_node(core::str::from_utf8(name).ok()?)?,
                },
            },
            Node::Directory(index) => {
                let name = core::str::from_utf8(name).ok()?;
                system_node(&format!("{}/{name}", SYSTEM_DIRECTORIES[index as usize]))?
            }
            Node::Process(pid) => {
                let index = PROCESS_ENTRIES
                    .iter()
                    .position(|(_, entry)| entry.as_bytes() == name)?;
                Node::Entry(pid, index as u32)
            }
            Node::Entry(pid, index)
                if PROCESS_ENTRIES[index as usize].0 == ProcessEntry::Descriptors =>
            {
                let fd = number(name).filter(|&fd| fd <= FD_MAX)?;
                caller.processes.descriptor(pid, fd).ok()?;
                Node::Descriptor(pid, fd)
            }
            _ => return None,
        };
        Some(node.encode())
    }

    /// Parent of a directory.
    pub fn parent(ino: u32) -> Result<u32> {
        Ok(match Node::decode(ino)? {
            Node::Entry(pid, _) => Node::Process(pid).encode(),
            Node::Descriptor(pid, _) => Node::Process(pid).encode(),
            Node::Directory(index) => directory_of(SYSTEM_DIRECTORIES[index as usize]).encode(),
            Node::System(index) => directory_of(SYSTEM_FILES[index as usize].1).encode(),
            _ => ROOT,
        })
    }

    /// Path below the mount point, with a leading slash; empty for the root.
    pub fn path(&self, ino: u32) -> Result<String> {
        Ok(match Node::decode(ino)? {
            Node::Root => String::new(),
            Node::SelfLink => "/self".into(),
            Node::Mounts => "/mounts".into(),
            Node::System(index) => format!("/{}", SYSTEM_FILES[index as usize].1),
            Node::Directory(index) => format!("/{}", SYSTEM_DIRECTORIES[index as usize]),
            Node::Process(pid) => format!("/{pid}"),
            Node::Entry(pid, index) => format!("/{pid}/{}", PROCESS_ENTRIES[index as usize].1),
            Node::Descriptor(pid, fd) => format!("/{pid}/fd/{fd}"),
        })
    }

    /// Target of a link. EINVAL for what is none.
    pub fn target(&self, caller: &Caller, ino: u32) -> Result<ProcTarget> {
        match Node::decode(ino)? {
            Node::SelfLink => Ok(ProcTarget::Path(caller.pid.to_string().into_bytes())),
            Node::Descriptor(pid, fd) => Ok(match caller.processes.descriptor(pid, fd)? {
                ProcLink::Vnode(v) => ProcTarget::Vnode(v),
                ProcLink::Descriptor(text) => ProcTarget::Text(text),
            }),
            Node::Entry(pid, index) => match PROCESS_ENTRIES[index as usize].0 {
                ProcessEntry::Cwd => caller.processes.cwd(pid).map(ProcTarget::Vnode),
                ProcessEntry::Exe => caller.processes.exe(pid).map(ProcTarget::Path),
                ProcessEntry::Root => Ok(ProcTarget::Vnode(self.root)),
                ProcessEntry::File(_) | ProcessEntry::Descriptors => Err(Errno::EINVAL),
            },
            _ => Err(Errno::EINVAL),
        }
    }

    /// EISDIR, EINVAL (a link), ESRCH (the process is gone).
    pub fn contents(&self, caller: &Caller, ino: u32) -> Result<ProcContents> {
        match Node::decode(ino)? {
            Node::Mounts => Ok(ProcContents::Mounts),
            Node::System(index) => caller
                .processes
                .system_file(SYSTEM_FILES[index as usize].0)
                .map(ProcContents::Bytes),
            Node::Entry(pid, index) => match PROCESS_ENTRIES[index as usize].0 {
                ProcessEntry::File(file) => caller
                    .processes
                    .process_file(pid, file)
                    .map(ProcContents::Bytes),
                ProcessEntry::Descriptors => Err(Errno::EISDIR),
                ProcessEntry::Cwd | ProcessEntry::Exe | ProcessEntry::Root => Err(Errno::EINVAL),
            },
            Node::Root | Node::Directory(_) | Node::Process(_) => Err(Errno::EISDIR),
            Node::SelfLink | Node::Descriptor(..) => Err(Errno::EINVAL),
        }
    }

    /// ENOTDIR.
    pub fn list(&self, caller: &Caller, ino: u32) -> Result<Vec<DirEntry>> {
        let entry = |name: &str, node: Node| DirEntry {
            name: name.as_bytes().into(),
            ino: node.encode().into(),
            kind: node.kind(),
        };
        match Node::decode(ino)? {
            Node::Root => {
                let mut list = vec![entry("self", Node::SelfLink), entry("mounts", Node::Mounts)];
                list.extend(system_entries(Node::Root).map(|(name, node)| entry(name, node)));
                let pids = caller
                    .processes
                    .pids()
                    .into_iter()
                    .filter(|&pid| pid <= PID_MAX);
                list.extend(pids.map(|pid| entry(&pid.to_string(), Node::Process(pid))));
                Ok(list)
            }
            node @ Node::Directory(_) => Ok(system_entries(node)
                .map(|(name, node)| entry(name, node))
                .collect()),
            Node::Process(pid) => {
                let entries = (0..).zip(&PROCESS_ENTRIES);
                Ok(entries
                    .map(|(index, (_, name))| entry(name, Node::Entry(pid, index)))
                    .collect())
            }
            Node::Entry(pid, index)
                if PROCESS_ENTRIES[index as usize].0 == ProcessEntry::Descriptors =>
            {
                let fds = caller
                    .processes
                    .descriptors(pid)
                    .into_iter()
                    .filter(|&fd| fd <= FD_MAX);
                Ok(fds
                    .map(|fd| entry(&fd.to_string(), Node::Descriptor(pid, fd)))
                    .collect())
            }
            _ => Err(Errno::ENOTDIR),
        }
    }
}

/// What is at a path below the root that is about no process.
fn system_node(path: &str) -> Option<Node> {
    let file = SYSTEM_FILES.iter().position(|&(_, file)| file == path);
    let directory = || SYSTEM_DIRECTORIES.iter().position(|&name| name == path);
    file.map(|index| Node::System(index as u32))
        .or_else(|| directory().map(|index| Node::Directory(index as u32)))
}

/// The directory that holds what is at `path`.
fn directory_of(path: &str) -> Node {
    path.rsplit_once('/')
        .and_then(|(parent, _)| system_node(parent))
        .unwrap_or(Node::Root)
}

/// Names and nodes of what is about no process in `directory`.
fn system_entries(directory: Node) -> impl Iterator<Item = (&'static str, Node)> {
    let files = SYSTEM_FILES.iter().map(|&(_, path)| path);
    files
        .chain(SYSTEM_DIRECTORIES)
        .filter(move |path| directory_of(path) == directory)
        .filter_map(|path| Some((path.rsplit('/').next()?, system_node(path)?)))
}

/// A decimal number as `/proc` writes it: no sign, no leading zero.
fn number(name: &[u8]) -> Option<u32> {
    if name.len() > 1 && name[0] == b'0' || !name.iter().all(u8::is_ascii_digit) {
        return None;
    }
    core::str::from_utf8(name).ok()?.parse().ok()
}

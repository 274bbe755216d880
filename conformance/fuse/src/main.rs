//! Mounts the core's file system on Linux, so that suites made for real file systems run on it:
//!
//! ```sh
//! cargo run -p wosix-fuse -- /mnt/wosix &
//! pjdfstest -c conformance/fuse/pjdfstest.toml -p /mnt/wosix
//! ```
//!
//! The kernel caches neither names nor attributes and checks no permissions (no `default_permissions`): every decision is the core's.
//! Needs root and `/dev/fuse`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{
    AccessFlags, BsdFileFlags, Config, FileAttr, FileHandle, FileType, Filesystem, FopenFlags,
    Generation, INodeNo, LockOwner, MountOption, RenameFlags, ReplyAttr, ReplyCreate, ReplyData,
    ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request,
    SessionACL, TimeOrNow, WriteFlags,
};
use wosix_core::errno::{Errno, Result};
use wosix_core::vfs::{
    Access, Caller, Credentials, FileKind, Loaded, NoProcesses, OpenFlags, SetTime, Stat,
    Timestamp, Vfs, Vnode,
};

const NO_CACHE: Duration = Duration::ZERO;

fn main() -> std::io::Result<()> {
    let Some(at) = std::env::args_os().nth(1) else {
        eprintln!("usage: wosix-fuse MOUNTPOINT");
        std::process::exit(2);
    };
    let mut config = Config::default();
    config.mount_options = vec![
        MountOption::FSName("wosix".into()),
        MountOption::Suid,
        MountOption::Dev,
    ];
    config.acl = SessionACL::All;
    fuser::mount(Bridge(Mutex::new(Vfs::new(now()))), at, &config)
}

struct Bridge(Mutex<Vfs>);

impl Bridge {
    /// Runs `call` as who made the request, in the directory `cwd`.
    fn run<T>(
        &self,
        request: &Request,
        cwd: INodeNo,
        call: impl FnOnce(&mut Vfs, &Caller) -> Result<T>,
    ) -> Answer<T> {
        let credentials = Credentials {
            uid: request.uid(),
            gid: request.gid(),
            groups: groups(request.pid()),
        };
        let mut vfs = self.lock();
        let cwd = vnode(&vfs, cwd);
        let caller = Caller {
            credentials: &credentials,
            cwd,
            pid: request.pid(),
            now: now(),
            processes: &NoProcesses,
        };
        call(&mut vfs, &caller).map_err(|errno| fuser::Errno::from_i32(errno as i32))
    }

    /// Runs `make` and answers the inode, on which the kernel then holds a reference.
    fn make(
        &self,
        request: &Request,
        parent: INodeNo,
        make: impl FnOnce(&mut Vfs, &Caller) -> Result<Vnode>,
    ) -> Answer<FileAttr> {
        self.run(request, parent, |vfs, caller| {
            let v = make(vfs, caller)?;
            let stat = vfs.fstat(caller, v)?;
            vfs.acquire(v);
            Ok(attributes(&stat))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Vfs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Answer<T> = core::result::Result<T, fuser::Errno>;

fn vnode(vfs: &Vfs, ino: INodeNo) -> Vnode {
    // There is one mount only.
    Vnode {
        ino: u64::from(ino) as u32,
        ..vfs.root()
    }
}

fn now() -> Timestamp {
    timestamp(SystemTime::now())
}

fn timestamp(time: SystemTime) -> Timestamp {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => Timestamp(after.as_nanos() as i64),
        Err(before) => Timestamp(-(before.duration().as_nanos() as i64)),
    }
}

fn system_time(time: Timestamp) -> SystemTime {
    let distance = Duration::from_nanos(time.0.unsigned_abs());
    if time.0 < 0 {
        UNIX_EPOCH - distance
    } else {
        UNIX_EPOCH + distance
    }
}

/// Supplementary groups, which requests do not carry; none when the process is gone already.
fn groups(pid: u32) -> Vec<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Groups:"))
        .unwrap_or_default();
    line.split_whitespace()
        .filter_map(|group| group.parse().ok())
        .collect()
}

fn file_type(kind: FileKind) -> FileType {
    match kind {
        FileKind::Regular => FileType::RegularFile,
        FileKind::Directory => FileType::Directory,
        FileKind::Symlink => FileType::Symlink,
        FileKind::Fifo => FileType::NamedPipe,
        FileKind::Socket => FileType::Socket,
        FileKind::CharDevice => FileType::CharDevice,
        FileKind::BlockDevice => FileType::BlockDevice,
    }
}

fn attributes(stat: &Stat) -> FileAttr {
    FileAttr {
        ino: INodeNo(stat.ino),
        size: stat.size,
        blocks: stat.blocks,
        atime: system_time(stat.atime),
        mtime: system_time(stat.mtime),
        ctime: system_time(stat.ctime),
        crtime: system_time(stat.btime),
        kind: file_type(stat.kind),
        perm: stat.mode as u16,
        nlink: stat.nlink,
        uid: stat.uid,
        gid: stat.gid,
        rdev: stat.rdev as u32,
        blksize: stat.blksize,
        flags: 0,
    }
}

fn set_time(time: Option<TimeOrNow>) -> SetTime {
    match time {
        None => SetTime::Omit,
        Some(TimeOrNow::Now) => SetTime::Now,
        Some(TimeOrNow::SpecificTime(time)) => SetTime::At(timestamp(time)),
    }
}

/// Nothing here is lazy.
fn loaded<T>(answer: Loaded<T>) -> Result<T> {
    match answer {
        Loaded::Ready(value) => Ok(value),
        Loaded::NeedLoad(_) => Err(Errno::EIO),
    }
}

fn reply_entry(answer: Answer<FileAttr>, reply: ReplyEntry) {
    match answer {
        Ok(attributes) => reply.entry(&NO_CACHE, &attributes, Generation(0)),
        Err(errno) => reply.error(errno),
    }
}

fn reply_empty(answer: Answer<()>, reply: ReplyEmpty) {
    match answer {
        Ok(()) => reply.ok(),
        Err(errno) => reply.error(errno),
    }
}

impl Filesystem for Bridge {
    fn lookup(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let answer = self.make(request, parent, |vfs, caller| {
            vfs.resolve(caller, name.as_bytes(), false)
        });
        reply_entry(answer, reply);
    }

    fn forget(&self, _request: &Request, ino: INodeNo, count: u64) {
        let mut vfs = self.lock();
        let v = vnode(&vfs, ino);
        if v != vfs.root() {
            (0..count).for_each(|_| vfs.release(v));
        }
    }

    fn getattr(&self, request: &Request, ino: INodeNo, _fh: Option<FileHandle>, reply: ReplyAttr) {
        match self.run(request, ino, |vfs, caller| vfs.fstat(caller, caller.cwd)) {
            Ok(stat) => reply.attr(&NO_CACHE, &attributes(&stat)),
            Err(errno) => reply.error(errno),
        }
    }

    fn setattr(
        &self,
        request: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        atime: Option<TimeOrNow>,
        mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let answer = self.run(request, ino, |vfs, caller| {
            let v = caller.cwd;
            if let Some(size) = size {
                if fh.is_none() {
                    vfs.faccess(caller, v, Access::WRITE)?;
                }
                loaded(vfs.set_len(caller, v, size)?)?;
            }
            if uid.is_some() || gid.is_some() {
                vfs.fchown(caller, v, uid, gid)?;
            } else if let Some(mode) = mode {
                vfs.fchmod(caller, v, mode)?;
            }
            if size.is_none() {
                vfs.futimes(caller, v, set_time(atime), set_time(mtime))?;
            }
            vfs.fstat(caller, v)
        });
        match answer {
            Ok(stat) => reply.attr(&NO_CACHE, &attributes(&stat)),
            Err(errno) => reply.error(errno),
        }
    }

    fn readlink(&self, request: &Request, ino: INodeNo, reply: ReplyData) {
        let answer = self.run(request, ino, |vfs, caller| {
            let path = vfs.path_of(caller.cwd)?;
            vfs.readlink(
                &Caller {
                    credentials: &Credentials::ROOT,
                    ..*caller
                },
                &path,
            )
        });
        match answer {
            Ok(target) => reply.data(&target),
            Err(errno) => reply.error(errno),
        }
    }

    fn mknod(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        rdev: u32,
        reply: ReplyEntry,
    ) {
        let answer = self.make(request, parent, |vfs, caller| {
            let kind = FileKind::from_mode(mode).unwrap_or(FileKind::Regular);
            vfs.mknod(
                caller,
                name.as_bytes(),
                kind,
                mode & 0o7777 & !umask,
                rdev.into(),
            )
        });
        reply_entry(answer, reply);
    }

    fn mkdir(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        reply: ReplyEntry,
    ) {
        let answer = self.make(request, parent, |vfs, caller| {
            vfs.mkdir(caller, name.as_bytes(), mode & 0o7777 & !umask)
        });
        reply_entry(answer, reply);
    }

    fn unlink(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        reply_empty(
            self.run(request, parent, |vfs, caller| {
                vfs.unlink(caller, name.as_bytes())
            }),
            reply,
        );
    }

    fn rmdir(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        reply_empty(
            self.run(request, parent, |vfs, caller| {
                vfs.rmdir(caller, name.as_bytes())
            }),
            reply,
        );
    }

    fn symlink(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        target: &Path,
        reply: ReplyEntry,
    ) {
        let answer = self.make(request, parent, |vfs, caller| {
            vfs.symlink(caller, target.as_os_str().as_bytes(), name.as_bytes())?;
            vfs.resolve(caller, name.as_bytes(), false)
        });
        reply_entry(answer, reply);
    }

    fn rename(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let answer = self.run(request, parent, |vfs, caller| {
            if !flags.is_empty() {
                return Err(Errno::EINVAL);
            }
            let to = vnode(vfs, new_parent);
            vfs.rename_at(caller, name.as_bytes(), to, new_name.as_bytes())
        });
        reply_empty(answer, reply);
    }

    fn link(
        &self,
        request: &Request,
        ino: INodeNo,
        parent: INodeNo,
        name: &OsStr,
        reply: ReplyEntry,
    ) {
        let answer = self.make(request, parent, |vfs, caller| {
            let v = vnode(vfs, ino);
            vfs.flink(caller, v, name.as_bytes())?;
            Ok(v)
        });
        reply_entry(answer, reply);
    }

    fn open(&self, request: &Request, ino: INodeNo, flags: fuser::OpenFlags, reply: ReplyOpen) {
        let flags = OpenFlags(flags.0 as u32 & !OpenFlags::CREAT.0);
        match self.run(request, ino, |vfs, caller| {
            vfs.open_existing(caller, caller.cwd, flags)
        }) {
            Ok(_) => reply.opened(FileHandle(0), FopenFlags::FOPEN_DIRECT_IO),
            Err(errno) => reply.error(errno),
        }
    }

    fn read(
        &self,
        request: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        size: u32,
        _flags: fuser::OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let mut buffer = vec![0; size as usize];
        let answer = self.run(request, ino, |vfs, caller| {
            loaded(vfs.read_at(caller, caller.cwd, offset, &mut buffer)?)
        });
        match answer {
            Ok(count) => reply.data(&buffer[..count]),
            Err(errno) => reply.error(errno),
        }
    }

    fn write(
        &self,
        request: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        data: &[u8],
        _write_flags: WriteFlags,
        _flags: fuser::OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let answer = self.run(request, ino, |vfs, caller| {
            loaded(vfs.write_at(caller, caller.cwd, offset, data)?)
        });
        match answer {
            Ok(count) => reply.written(count as u32),
            Err(errno) => reply.error(errno),
        }
    }

    fn flush(
        &self,
        _request: &Request,
        _ino: INodeNo,
        _fh: FileHandle,
        _owner: LockOwner,
        reply: ReplyEmpty,
    ) {
        reply.ok();
    }

    fn release(
        &self,
        _request: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        _flags: fuser::OpenFlags,
        _lock_owner: Option<LockOwner>,
        _flush: bool,
        reply: ReplyEmpty,
    ) {
        let mut vfs = self.lock();
        let v = vnode(&vfs, ino);
        vfs.release(v);
        reply.ok();
    }

    fn fsync(
        &self,
        _request: &Request,
        _ino: INodeNo,
        _fh: FileHandle,
        _data_only: bool,
        reply: ReplyEmpty,
    ) {
        reply.ok();
    }

    fn opendir(&self, request: &Request, ino: INodeNo, flags: fuser::OpenFlags, reply: ReplyOpen) {
        let flags = OpenFlags(flags.0 as u32) | OpenFlags::DIRECTORY;
        match self.run(request, ino, |vfs, caller| {
            vfs.open_existing(caller, caller.cwd, flags)
        }) {
            Ok(_) => reply.opened(FileHandle(0), FopenFlags::empty()),
            Err(errno) => reply.error(errno),
        }
    }

    fn readdir(
        &self,
        request: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        match self.run(request, ino, |vfs, caller| vfs.freaddir(caller, caller.cwd)) {
            Ok(list) => {
                for (index, entry) in list.iter().enumerate().skip(offset as usize) {
                    let name = OsStr::from_bytes(&entry.name);
                    if reply.add(
                        INodeNo(entry.ino),
                        index as u64 + 1,
                        file_type(entry.kind),
                        name,
                    ) {
                        break;
                    }
                }
                reply.ok();
            }
            Err(errno) => reply.error(errno),
        }
    }

    fn releasedir(
        &self,
        _request: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        _flags: fuser::OpenFlags,
        reply: ReplyEmpty,
    ) {
        let mut vfs = self.lock();
        let v = vnode(&vfs, ino);
        vfs.release(v);
        reply.ok();
    }

    fn statfs(&self, request: &Request, ino: INodeNo, reply: ReplyStatfs) {
        match self.run(request, ino, |vfs, caller| vfs.fstatfs(caller.cwd)) {
            Ok(fs) => {
                let bsize = fs.bsize as u32;
                reply.statfs(
                    fs.blocks, fs.bfree, fs.bavail, fs.files, fs.ffree, bsize, 255, bsize,
                );
            }
            Err(errno) => reply.error(errno),
        }
    }

    fn access(&self, request: &Request, ino: INodeNo, mask: AccessFlags, reply: ReplyEmpty) {
        let access = Access(mask.bits() as u32);
        reply_empty(
            self.run(request, ino, |vfs, caller| {
                vfs.faccess(caller, caller.cwd, access)
            }),
            reply,
        );
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        flags: i32,
        reply: ReplyCreate,
    ) {
        let answer = self.make(request, parent, |vfs, caller| {
            let flags = OpenFlags(flags as u32) | OpenFlags::CREAT;
            vfs.open(caller, name.as_bytes(), flags, mode & 0o7777 & !umask)
                .map(|opened| opened.vnode)
        });
        match answer {
            Ok(attributes) => {
                let direct = FopenFlags::FOPEN_DIRECT_IO;
                reply.created(&NO_CACHE, &attributes, Generation(0), FileHandle(0), direct);
            }
            Err(errno) => reply.error(errno),
        }
    }
}

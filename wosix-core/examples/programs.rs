//! The native programs over the POSIX of this machine: `programs jsh -c 'echo hi'`, or through links named as the programs;
//! `programs --list` names them.
//! Tests run it beside dash; see `tests/shell.rs`.
#![allow(
    clippy::disallowed_methods,
    reason = "this is a host of the core, which does what the core may not"
)]

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use command_fds::{CommandFdExt, FdMapping};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::Signal;
use nix::sys::stat::{FileStat, Mode};
use nix::sys::termios;
use nix::unistd;

use wosix_core::errno::{Errno, Result};
use wosix_core::shell::command;
use wosix_core::system::{
    DirEntry, Disposition, ExitStatus, FileKind, FsStat, ProcessGroup, ProcessRow, SpawnRequest,
    Stat, System, Termios,
};

fn main() {
    let mut args: Vec<String> = std::env::args().collect();
    let called = args[0].rsplit('/').next().unwrap_or_default().to_owned();
    if called == "programs" {
        args.remove(0);
    }
    let name = args
        .first()
        .map(|first| first.rsplit('/').next().unwrap_or_default().to_owned())
        .unwrap_or_default();
    let name = if command::find(&called).is_some() {
        called
    } else {
        name
    };
    if name == "--list" {
        for program in command::PROGRAMS {
            println!("{}", program.name);
        }
        return;
    }
    let Some(program) = command::find(&name) else {
        eprintln!("{name}: no such program");
        std::process::exit(127);
    };
    // The library keeps SIGPIPE ignored for Rust programs; children inherit that, and pipelines would not end.
    std::process::exit(command::run(&Posix, program, &args[1..]));
}

struct Posix;

/// What has been asked for about one signal. Handlers stay once they are there, as taking them away would need unsafe code; `default` tells
/// them to do what would happen without.
#[derive(Clone, Default)]
struct Handler {
    came: Arc<AtomicBool>,
    default: Arc<AtomicBool>,
    ignored: bool,
}

static HANDLERS: Mutex<BTreeMap<i32, Handler>> = Mutex::new(BTreeMap::new());

fn handlers() -> MutexGuard<'static, BTreeMap<i32, Handler>> {
    HANDLERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a signal has come that the program wants to hear of. Calls that block ask now and then: the handlers restart them.
fn interrupted() -> bool {
    handlers()
        .values()
        .any(|handler| !handler.ignored && handler.came.load(Ordering::SeqCst))
}

/// How long a call that blocks does so at a time.
const SLICE_MS: i32 = 5;

fn errno(error: nix::Error) -> Errno {
    Errno::from_value(error as i32).unwrap_or(Errno::EIO)
}

fn check<T>(result: nix::Result<T>) -> Result<T> {
    result.map_err(errno)
}

fn io<T>(result: std::io::Result<T>) -> Result<T> {
    result.map_err(|error| {
        error
            .raw_os_error()
            .and_then(Errno::from_value)
            .unwrap_or(Errno::EIO)
    })
}

fn text(path: impl AsRef<std::ffi::OsStr>) -> String {
    path.as_ref().to_string_lossy().into_owned()
}

fn pid(number: i32) -> unistd::Pid {
    unistd::Pid::from_raw(number)
}

fn stat(stat: FileStat) -> Stat {
    let ms = |seconds: i64, nanos: i64| seconds as f64 * 1e3 + nanos as f64 / 1e6;
    Stat {
        dev: stat.st_dev,
        mode: stat.st_mode,
        nlink: stat.st_nlink,
        uid: stat.st_uid,
        gid: stat.st_gid,
        rdev: stat.st_rdev,
        ino: stat.st_ino,
        size: stat.st_size as u64,
        blocks: stat.st_blocks as u64,
        atime: ms(stat.st_atime, stat.st_atime_nsec),
        mtime: ms(stat.st_mtime, stat.st_mtime_nsec),
        ctime: ms(stat.st_ctime, stat.st_ctime_nsec),
    }
}

impl System for Posix {
    fn pid(&self) -> i32 {
        unistd::getpid().as_raw()
    }
    fn ppid(&self) -> i32 {
        unistd::getppid().as_raw()
    }
    fn getpgid(&self, number: i32) -> Result<i32> {
        check(unistd::getpgid(Some(pid(number)))).map(unistd::Pid::as_raw)
    }
    fn setpgid(&self, number: i32, group: i32) -> Result<()> {
        check(unistd::setpgid(pid(number), pid(group)))
    }
    fn uid(&self) -> u32 {
        unistd::getuid().as_raw()
    }
    fn gid(&self) -> u32 {
        unistd::getgid().as_raw()
    }
    fn environ(&self) -> Vec<String> {
        std::env::vars_os()
            .map(|(name, value)| format!("{}={}", text(name), text(value)))
            .collect()
    }
    fn exec_path(&self) -> String {
        // The link that names the program lies beside the binary in the tests' folder.
        std::env::var("JSH").unwrap_or_default()
    }
    fn getcwd(&self) -> Result<String> {
        io(std::env::current_dir()).map(text)
    }
    fn chdir(&self, path: &str) -> Result<()> {
        io(std::env::set_current_dir(path))
    }
    fn umask(&self, mask: u32) -> u32 {
        nix::sys::stat::umask(Mode::from_bits_truncate(mask)).bits()
    }
    fn spawn(&self, request: &SpawnRequest) -> Result<i32> {
        let mut child = Command::new(request.file);
        child.args(&request.args[1..]).arg0(&request.args[0]);
        child.env_clear();
        for entry in request.env {
            if let Some((name, value)) = entry.split_once('=') {
                child.env(name, value);
            }
        }
        let mappings = request.fds.iter().enumerate().filter(|(_, fd)| **fd >= 0);
        let mappings = mappings.map(|(index, fd)| FdMapping {
            parent_fd: *fd,
            child_fd: index as i32,
        });
        child
            .fd_mappings(mappings.collect())
            .map_err(|_| Errno::EINVAL)?;
        match request.group {
            ProcessGroup::Inherit => {}
            ProcessGroup::New => drop(child.process_group(0)),
            ProcessGroup::Join(group) => drop(child.process_group(group)),
        }
        io(child.spawn()).map(|child| child.id() as i32)
    }
    fn wait(&self, number: i32, nonblock: bool) -> Result<Option<ExitStatus>> {
        use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
        let flags = Some(WaitPidFlag::WNOHANG);
        let status = |pid: unistd::Pid, code, signal| {
            Some(ExitStatus {
                pid: pid.as_raw(),
                code,
                signal,
            })
        };
        let found = loop {
            match check(waitpid(pid(number), flags))? {
                WaitStatus::StillAlive if !nonblock => {}
                found => break found,
            }
            if interrupted() {
                return Err(Errno::EINTR);
            }
            self.sleep(1.0)?;
        };
        match found {
            WaitStatus::Exited(pid, code) => Ok(status(pid, code, 0)),
            WaitStatus::Signaled(pid, signal, _) => Ok(status(pid, 0, signal as i32)),
            _ => Ok(None),
        }
    }
    fn kill(&self, number: i32, signal: i32) -> Result<()> {
        let signal = match signal {
            0 => None,
            _ => Some(check(Signal::try_from(signal))?),
        };
        check(nix::sys::signal::kill(pid(number), signal))
    }
    fn sigaction(&self, number: i32, disposition: Disposition) -> Result<()> {
        let mut handlers = handlers();
        if let Entry::Vacant(entry) = handlers.entry(number) {
            if disposition == Disposition::Default {
                return Ok(());
            }
            let handler = Handler::default();
            let (came, default) = (Arc::clone(&handler.came), Arc::clone(&handler.default));
            io(signal_hook::flag::register_conditional_default(
                number, default,
            ))?;
            io(signal_hook::flag::register(number, came))?;
            entry.insert(handler);
        }
        if let Some(handler) = handlers.get_mut(&number) {
            let default = disposition == Disposition::Default;
            handler.default.store(default, Ordering::SeqCst);
            handler.ignored = disposition == Disposition::Ignore;
        }
        Ok(())
    }
    fn next_signal(&self) -> Option<i32> {
        let handlers = handlers();
        let mut came = handlers
            .iter()
            .filter(|(_, handler)| handler.came.swap(false, Ordering::SeqCst) && !handler.ignored);
        came.next().map(|(number, _)| *number)
    }
    fn sleep(&self, ms: f64) -> Result<()> {
        std::thread::sleep(std::time::Duration::from_secs_f64(ms / 1e3));
        Ok(())
    }
    fn now(&self) -> f64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |elapsed| elapsed.as_secs_f64() * 1e3)
    }
    fn processes(&self) -> Vec<ProcessRow> {
        vec![ProcessRow {
            pid: self.pid(),
            ppid: self.ppid(),
            pgid: self.getpgid(0).unwrap_or_default(),
            state: "R".into(),
            command: "programs".into(),
        }]
    }
    fn open(&self, path: &str, flags: i32, mode: u32) -> Result<i32> {
        let flags = OFlag::from_bits_truncate(flags) | OFlag::O_CLOEXEC;
        check(nix::fcntl::open(
            path,
            flags,
            Mode::from_bits_truncate(mode),
        ))
    }
    fn stat(&self, path: &str, follow: bool) -> Result<Stat> {
        let found = if follow {
            nix::sys::stat::stat(path)
        } else {
            nix::sys::stat::lstat(path)
        };
        check(found).map(stat)
    }
    fn access(&self, path: &str, mode: i32) -> Result<()> {
        check(unistd::access(
            path,
            unistd::AccessFlags::from_bits_truncate(mode),
        ))
    }
    fn mkdir(&self, path: &str, mode: u32) -> Result<()> {
        check(unistd::mkdir(path, Mode::from_bits_truncate(mode)))
    }
    fn rmdir(&self, path: &str) -> Result<()> {
        io(std::fs::remove_dir(path))
    }
    fn unlink(&self, path: &str) -> Result<()> {
        check(unistd::unlink(path))
    }
    fn rename(&self, from: &str, to: &str) -> Result<()> {
        io(std::fs::rename(from, to))
    }
    fn link(&self, from: &str, to: &str) -> Result<()> {
        io(std::fs::hard_link(from, to))
    }
    fn symlink(&self, target: &str, path: &str) -> Result<()> {
        io(std::os::unix::fs::symlink(target, path))
    }
    fn readlink(&self, path: &str) -> Result<String> {
        io(std::fs::read_link(path)).map(text)
    }
    fn realpath(&self, path: &str) -> Result<String> {
        io(std::fs::canonicalize(path)).map(text)
    }
    fn chmod(&self, path: &str, mode: u32) -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        io(std::fs::set_permissions(
            path,
            std::fs::Permissions::from_mode(mode),
        ))
    }
    fn utimes(&self, path: &str, atime: f64, mtime: f64, follow: bool) -> Result<()> {
        use nix::sys::stat::{UtimensatFlags, utimensat};
        use nix::sys::time::{TimeSpec, TimeValLike};
        let spec = |ms: f64| TimeSpec::nanoseconds((ms * 1e6) as i64);
        let flags = if follow {
            UtimensatFlags::FollowSymlink
        } else {
            UtimensatFlags::NoFollowSymlink
        };
        check(utimensat(None, path, &spec(atime), &spec(mtime), flags))
    }
    fn truncate(&self, path: &str, length: u64) -> Result<()> {
        check(unistd::truncate(path, length as i64))
    }
    fn readdir(&self, path: &str) -> Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in io(std::fs::read_dir(path))? {
            let entry = io(entry)?;
            let metadata = io(std::fs::symlink_metadata(entry.path()))?;
            use std::os::unix::fs::MetadataExt;
            entries.push(DirEntry {
                name: text(entry.file_name()),
                kind: FileKind::from_mode(metadata.mode()),
            });
        }
        Ok(entries)
    }
    fn statfs(&self, path: &str) -> Result<FsStat> {
        let found = check(nix::sys::statvfs::statvfs(Path::new(path)))?;
        Ok(FsStat {
            block_size: found.fragment_size(),
            blocks: found.blocks(),
            free: found.blocks_free(),
            available: found.blocks_available(),
        })
    }
    fn mkfifo(&self, path: &str, mode: u32) -> Result<()> {
        check(unistd::mkfifo(path, Mode::from_bits_truncate(mode)))
    }
    fn close(&self, fd: i32) -> Result<()> {
        check(unistd::close(fd))
    }
    fn read(&self, fd: i32, buffer: &mut [u8]) -> Result<usize> {
        while !self.poll_read(fd, SLICE_MS)? {
            if interrupted() {
                return Err(Errno::EINTR);
            }
        }
        check(unistd::read(fd, buffer))
    }
    fn write(&self, fd: i32, bytes: &[u8]) -> Result<usize> {
        check(unistd::write(fd, bytes))
    }
    fn lseek(&self, fd: i32, offset: i64, whence: i32) -> Result<u64> {
        use unistd::Whence;
        let whence = match whence {
            0 => Whence::SeekSet,
            1 => Whence::SeekCur,
            _ => Whence::SeekEnd,
        };
        check(unistd::lseek(fd, offset, whence)).map(|position| position as u64)
    }
    fn fstat(&self, fd: i32) -> Result<Stat> {
        check(nix::sys::stat::fstat(fd)).map(stat)
    }
    fn dup(&self, fd: i32) -> Result<i32> {
        check(unistd::dup(fd))
    }
    fn dup2(&self, fd: i32, to: i32) -> Result<()> {
        check(unistd::dup2(fd, to)).map(drop)
    }
    fn set_cloexec(&self, fd: i32, on: bool) -> Result<()> {
        use nix::fcntl::{FcntlArg, FdFlag, fcntl};
        let flag = if on {
            FdFlag::FD_CLOEXEC
        } else {
            FdFlag::empty()
        };
        check(fcntl(fd, FcntlArg::F_SETFD(flag))).map(drop)
    }
    fn pipe(&self) -> Result<(i32, i32)> {
        check(unistd::pipe2(OFlag::O_CLOEXEC))
    }
    fn poll_read(&self, fd: i32, timeout: i32) -> Result<bool> {
        let mut entries = [PollFd::new(fd, PollFlags::POLLIN)];
        check(poll(&mut entries, timeout)).map(|ready| ready > 0)
    }
    fn isatty(&self, fd: i32) -> bool {
        unistd::isatty(fd).unwrap_or(false)
    }
    fn tcgetattr(&self, fd: i32) -> Result<Termios> {
        let found = check(termios::tcgetattr(fd))?;
        let mut cc = [0; 32];
        cc.copy_from_slice(&found.control_chars);
        Ok(Termios {
            iflag: found.input_flags.bits(),
            oflag: found.output_flags.bits(),
            cflag: found.control_flags.bits(),
            lflag: found.local_flags.bits(),
            cc,
        })
    }
    fn tcsetattr(&self, fd: i32, wanted: &Termios) -> Result<()> {
        let mut attributes = check(termios::tcgetattr(fd))?;
        attributes.input_flags = termios::InputFlags::from_bits_truncate(wanted.iflag);
        attributes.output_flags = termios::OutputFlags::from_bits_truncate(wanted.oflag);
        attributes.local_flags = termios::LocalFlags::from_bits_truncate(wanted.lflag);
        attributes.control_chars = wanted.cc;
        check(termios::tcsetattr(
            fd,
            termios::SetArg::TCSADRAIN,
            &attributes,
        ))
    }
    fn window_size(&self, _fd: i32) -> Result<(u32, u32)> {
        // The call needs unsafe code; a test that cares sets COLUMNS.
        Err(Errno::ENOTTY)
    }
    fn tcgetpgrp(&self, fd: i32) -> Result<i32> {
        check(unistd::tcgetpgrp(fd)).map(unistd::Pid::as_raw)
    }
    fn tcsetpgrp(&self, fd: i32, group: i32) -> Result<()> {
        check(unistd::tcsetpgrp(fd, pid(group)))
    }
}

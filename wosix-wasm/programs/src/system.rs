//! [`System`] over the module's imports.

use wosix_core::errno::{Errno, Result};
use wosix_core::system::{
    DirEntry, Disposition, ExitStatus, FileKind, FsStat, ProcessGroup, ProcessRow, SpawnRequest,
    Stat, System, Termios,
};

use crate::imports;

/// The process of this instance.
#[derive(Clone, Copy, Debug)]
pub struct WasmSystem;

/// Name that the registered program of this process was registered under.
pub fn program_name() -> String {
    // SAFETY: no arguments; the answer is staged for `staged`.
    staged(unsafe { imports::program_name() }).unwrap_or_default()
}

/// `argv`, `argv[0]` included.
pub fn argv() -> Vec<String> {
    // SAFETY: no arguments; the answer is staged for `staged_list`.
    staged_list(unsafe { imports::argv() }).unwrap_or_default()
}

/// Ends the process.
pub fn exit(code: i32) -> ! {
    // SAFETY: no addresses are passed.
    unsafe { imports::exit(code) }
}

/// Turns an answer into a result.
pub fn check(answer: i32) -> Result<i32> {
    if answer >= 0 {
        Ok(answer)
    } else {
        Err(Errno::from_value(-answer).unwrap_or(Errno::EIO))
    }
}

/// Fetches staged bytes after a call that answered `answer`.
fn staged_bytes(answer: i32) -> Result<Vec<u8>> {
    let length = check(answer)?.unsigned_abs() as usize;
    let mut bytes = vec![0; length];
    // SAFETY: the JavaScript side writes exactly the `length` bytes that it just announced, and `bytes` has that size.
    unsafe { imports::take(bytes.as_mut_ptr()) };
    Ok(bytes)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn staged(answer: i32) -> Result<String> {
    staged_bytes(answer).map(|bytes| text(&bytes))
}

/// Fetches a staged list of texts after a call that answered `answer`.
pub fn staged_list(answer: i32) -> Result<Vec<String>> {
    let bytes = staged_bytes(answer)?;
    Ok(split_list(&bytes).map(text).collect())
}

/// The NUL-terminated parts of a staged list.
fn split_list(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split_inclusive(|byte| *byte == 0)
        .map(|part| part.strip_suffix(&[0]).unwrap_or(part))
}

impl System for WasmSystem {
    fn pid(&self) -> i32 {
        // SAFETY: no addresses are passed.
        unsafe { imports::getpid() }
    }

    fn ppid(&self) -> i32 {
        // SAFETY: no addresses are passed.
        unsafe { imports::getppid() }
    }

    fn getpgid(&self, pid: i32) -> Result<i32> {
        // SAFETY: no addresses are passed.
        check(unsafe { imports::getpgid(pid) })
    }

    fn setpgid(&self, pid: i32, pgid: i32) -> Result<()> {
        // SAFETY: no addresses are passed.
        check(unsafe { imports::setpgid(pid, pgid) }).map(drop)
    }

    fn uid(&self) -> u32 {
        // SAFETY: no addresses are passed.
        unsafe { imports::getuid() }.unsigned_abs()
    }

    fn gid(&self) -> u32 {
        // SAFETY: no addresses are passed.
        unsafe { imports::getgid() }.unsigned_abs()
    }

    fn environ(&self) -> Vec<String> {
        // SAFETY: no arguments; the answer is staged for `staged_list`.
        staged_list(unsafe { imports::environ() }).unwrap_or_default()
    }

    fn exec_path(&self) -> String {
        // SAFETY: no arguments; the answer is staged for `staged`.
        staged(unsafe { imports::exec_path() }).unwrap_or_default()
    }

    fn getcwd(&self) -> Result<String> {
        // SAFETY: no arguments; the answer is staged for `staged`.
        staged(unsafe { imports::getcwd() })
    }

    fn chdir(&self, path: &str) -> Result<()> {
        // SAFETY: address and length are those of `path`, which outlives the call.
        check(unsafe { imports::chdir(path.as_ptr(), path.len()) }).map(drop)
    }

    fn umask(&self, mask: u32) -> u32 {
        // SAFETY: no addresses are passed.
        unsafe { imports::umask(mask) }.unsigned_abs()
    }

    fn spawn(&self, request: &SpawnRequest) -> Result<i32> {
        let mut texts = Vec::new();
        let parts = std::iter::once(request.file)
            .chain(request.args.iter().map(String::as_str))
            .chain(request.env.iter().map(String::as_str));
        for part in parts {
            if part.contains('\0') {
                return Err(Errno::EINVAL);
            }
            texts.extend_from_slice(part.as_bytes());
            texts.push(0);
        }
        let group = match request.group {
            ProcessGroup::Inherit => -1,
            ProcessGroup::New => 0,
            ProcessGroup::Join(pgid) => pgid,
        };
        // SAFETY: addresses and lengths are those of `texts` and `request.fds`, which outlive the call.
        check(unsafe {
            imports::spawn(
                texts.as_ptr(),
                texts.len(),
                request.args.len(),
                request.fds.as_ptr(),
                request.fds.len(),
                group,
            )
        })
    }

    fn wait(&self, pid: i32, nonblock: bool) -> Result<Option<ExitStatus>> {
        let mut status = [0; 3];
        // SAFETY: three numbers are written to `status`, which has room for them.
        let found = check(unsafe { imports::wait(pid, i32::from(nonblock), status.as_mut_ptr()) })?;
        let [pid, code, signal] = status;
        Ok((found != 0).then_some(ExitStatus { pid, code, signal }))
    }

    fn kill(&self, pid: i32, signal: i32) -> Result<()> {
        // SAFETY: no addresses are passed.
        check(unsafe { imports::kill(pid, signal) }).map(drop)
    }

    fn sigaction(&self, signal: i32, disposition: Disposition) -> Result<()> {
        let number = match disposition {
            Disposition::Default => 0,
            Disposition::Ignore => 1,
            Disposition::Catch => 2,
        };
        // SAFETY: no addresses are passed.
        check(unsafe { imports::sigaction(signal, number) }).map(drop)
    }

    fn next_signal(&self) -> Option<i32> {
        // SAFETY: no addresses are passed.
        let signal = unsafe { imports::next_signal() };
        (signal > 0).then_some(signal)
    }

    fn sleep(&self, ms: f64) -> Result<()> {
        // SAFETY: no addresses are passed.
        check(unsafe { imports::sleep(ms) }).map(drop)
    }

    fn now(&self) -> f64 {
        // SAFETY: no addresses are passed.
        unsafe { imports::now() }
    }

    fn processes(&self) -> Vec<ProcessRow> {
        // SAFETY: no arguments; the answer is staged for `staged_list`.
        let fields = staged_list(unsafe { imports::processes() }).unwrap_or_default();
        fields
            .chunks_exact(5)
            .map(|row| ProcessRow {
                pid: row[0].parse().unwrap_or(0),
                ppid: row[1].parse().unwrap_or(0),
                pgid: row[2].parse().unwrap_or(0),
                state: row[3].clone(),
                command: row[4].clone(),
            })
            .collect()
    }

    fn open(&self, path: &str, flags: i32, mode: u32) -> Result<i32> {
        // SAFETY: address and length are those of `path`, which outlives the call.
        check(unsafe { imports::open(path.as_ptr(), path.len(), flags, mode) })
    }

    fn stat(&self, path: &str, follow: bool) -> Result<Stat> {
        let mut fields = [0.0; 18];
        // SAFETY: address and length are those of `path`; 18 doubles are written to `fields`, which has room for them.
        check(unsafe {
            imports::stat(
                path.as_ptr(),
                path.len(),
                i32::from(follow),
                fields.as_mut_ptr(),
            )
        })?;
        Ok(Stat::from_fields(&fields))
    }

    fn access(&self, path: &str, mode: i32) -> Result<()> {
        // SAFETY: address and length are those of `path`, which outlives the call.
        check(unsafe { imports::access(path.as_ptr(), path.len(), mode) }).map(drop)
    }

    fn mkdir(&self, path: &str, mode: u32) -> Result<()> {
        // SAFETY: address and length are those of `path`, which outlives the call.
        check(unsafe { imports::mkdir(path.as_ptr(), path.len(), mode) }).map(drop)
    }

    fn rmdir(&self, path: &str) -> Result<()> {
        // SAFETY: address and length are those of `path`, which outlives the call.
        check(unsafe { imports::rmdir(path.as_ptr(), path.len()) }).map(drop)
    }

    fn unlink(&self, path: &str) -> Result<()> {
        // SAFETY: address and length are those of `path`, which outlives the call.
        check(unsafe { imports::unlink(path.as_ptr(), path.len()) }).map(drop)
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        // SAFETY: addresses and lengths are those of both paths, which outlive the call.
        check(unsafe { imports::rename(from.as_ptr(), from.len(), to.as_ptr(), to.len()) })
            .map(drop)
    }

    fn link(&self, from: &str, to: &str) -> Result<()> {
        // SAFETY: addresses and lengths are those of both paths, which outlive the call.
        check(unsafe { imports::link(from.as_ptr(), from.len(), to.as_ptr(), to.len()) }).map(drop)
    }

    fn symlink(&self, target: &str, path: &str) -> Result<()> {
        // SAFETY: addresses and lengths are those of both texts, which outlive the call.
        check(unsafe { imports::symlink(target.as_ptr(), target.len(), path.as_ptr(), path.len()) })
            .map(drop)
    }

    fn readlink(&self, path: &str) -> Result<String> {
        // SAFETY: address and length are those of `path`; the answer is staged for `staged`.
        staged(unsafe { imports::readlink(path.as_ptr(), path.len()) })
    }

    fn realpath(&self, path: &str) -> Result<String> {
        // SAFETY: address and length are those of `path`; the answer is staged for `staged`.
        staged(unsafe { imports::realpath(path.as_ptr(), path.len()) })
    }

    fn chmod(&self, path: &str, mode: u32) -> Result<()> {
        // SAFETY: address and length are those of `path`, which outlives the call.
        check(unsafe { imports::chmod(path.as_ptr(), path.len(), mode) }).map(drop)
    }

    fn utimes(&self, path: &str, atime: f64, mtime: f64, follow: bool) -> Result<()> {
        // SAFETY: address and length are those of `path`, which outlives the call.
        check(unsafe {
            imports::utimes(
                path.as_ptr(),
                path.len(),
                atime / 1e3,
                mtime / 1e3,
                i32::from(follow),
            )
        })
        .map(drop)
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "file sizes stay below 2^53, the largest the kernel allows"
    )]
    fn truncate(&self, path: &str, length: u64) -> Result<()> {
        // SAFETY: address and length are those of `path`, which outlives the call.
        check(unsafe { imports::truncate(path.as_ptr(), path.len(), length as f64) }).map(drop)
    }

    fn readdir(&self, path: &str) -> Result<Vec<DirEntry>> {
        // SAFETY: address and length are those of `path`; the answer is staged for `staged_bytes`.
        let bytes = staged_bytes(unsafe { imports::readdir(path.as_ptr(), path.len()) })?;
        // The kind is written as a digit, so that no entry holds a NUL but its own end.
        Ok(split_list(&bytes)
            .filter_map(|entry| entry.split_first())
            .map(|(kind, name)| DirEntry {
                kind: FileKind::from_dirent(kind.wrapping_sub(b'0')),
                name: text(name),
            })
            .collect())
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the fields are integers that the kernel wrote as doubles"
    )]
    fn statfs(&self, path: &str) -> Result<FsStat> {
        let mut fields = [0.0; 7];
        // SAFETY: address and length are those of `path`; 7 doubles are written to `fields`, which has room for them.
        check(unsafe { imports::statfs(path.as_ptr(), path.len(), fields.as_mut_ptr()) })?;
        Ok(FsStat {
            block_size: fields[1] as u64,
            blocks: fields[2] as u64,
            free: fields[3] as u64,
            available: fields[4] as u64,
        })
    }

    fn mkfifo(&self, path: &str, mode: u32) -> Result<()> {
        // SAFETY: address and length are those of `path`, which outlives the call.
        check(unsafe { imports::mkfifo(path.as_ptr(), path.len(), mode) }).map(drop)
    }

    fn close(&self, fd: i32) -> Result<()> {
        // SAFETY: no addresses are passed.
        check(unsafe { imports::close(fd) }).map(drop)
    }

    fn read(&self, fd: i32, buffer: &mut [u8]) -> Result<usize> {
        // SAFETY: at most `buffer.len()` bytes are written to `buffer`.
        check(unsafe { imports::read(fd, buffer.as_mut_ptr(), buffer.len()) })
            .map(|count| count.unsigned_abs() as usize)
    }

    fn write(&self, fd: i32, bytes: &[u8]) -> Result<usize> {
        // SAFETY: address and length are those of `bytes`, which outlives the call.
        check(unsafe { imports::write(fd, bytes.as_ptr(), bytes.len()) })
            .map(|count| count.unsigned_abs() as usize)
    }

    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "offsets stay below 2^53, the largest the kernel allows"
    )]
    fn lseek(&self, fd: i32, offset: i64, whence: i32) -> Result<u64> {
        // SAFETY: no addresses are passed.
        let answer = unsafe { imports::lseek(fd, offset as f64, whence) };
        if answer < 0.0 {
            check(answer as i32)?;
        }
        Ok(answer as u64)
    }

    fn fstat(&self, fd: i32) -> Result<Stat> {
        let mut fields = [0.0; 18];
        // SAFETY: 18 doubles are written to `fields`, which has room for them.
        check(unsafe { imports::fstat(fd, fields.as_mut_ptr()) })?;
        Ok(Stat::from_fields(&fields))
    }

    fn dup(&self, fd: i32) -> Result<i32> {
        // SAFETY: no addresses are passed.
        check(unsafe { imports::dup(fd) })
    }

    fn dup2(&self, fd: i32, to: i32) -> Result<()> {
        // SAFETY: no addresses are passed.
        check(unsafe { imports::dup2(fd, to) }).map(drop)
    }

    fn set_cloexec(&self, fd: i32, on: bool) -> Result<()> {
        // SAFETY: no addresses are passed.
        check(unsafe { imports::set_cloexec(fd, i32::from(on)) }).map(drop)
    }

    fn pipe(&self) -> Result<(i32, i32)> {
        let mut ends = [0; 2];
        // SAFETY: two numbers are written to `ends`, which has room for them.
        check(unsafe { imports::pipe(ends.as_mut_ptr()) })?;
        Ok((ends[0], ends[1]))
    }

    fn poll_read(&self, fd: i32, timeout: i32) -> Result<bool> {
        // SAFETY: no addresses are passed.
        check(unsafe { imports::poll_read(fd, timeout) }).map(|ready| ready != 0)
    }

    fn isatty(&self, fd: i32) -> bool {
        // SAFETY: no addresses are passed.
        unsafe { imports::isatty(fd) == 1 }
    }

    fn tcgetattr(&self, fd: i32) -> Result<Termios> {
        let mut flags = [0; 4];
        let mut cc = [0; 32];
        // SAFETY: four numbers and 32 bytes are written, which both arrays have room for.
        check(unsafe { imports::tcgetattr(fd, flags.as_mut_ptr(), cc.as_mut_ptr()) })?;
        let [iflag, oflag, cflag, lflag] = flags;
        Ok(Termios {
            iflag,
            oflag,
            cflag,
            lflag,
            cc,
        })
    }

    fn tcsetattr(&self, fd: i32, termios: &Termios) -> Result<()> {
        let flags = [termios.iflag, termios.oflag, termios.cflag, termios.lflag];
        // SAFETY: four numbers and 32 bytes are read from arrays of these sizes.
        check(unsafe { imports::tcsetattr(fd, flags.as_ptr(), termios.cc.as_ptr()) }).map(drop)
    }

    fn window_size(&self, fd: i32) -> Result<(u32, u32)> {
        let mut size = [0; 2];
        // SAFETY: two numbers are written to `size`, which has room for them.
        check(unsafe { imports::window_size(fd, size.as_mut_ptr()) })?;
        Ok((size[0], size[1]))
    }

    fn tcgetpgrp(&self, fd: i32) -> Result<i32> {
        // SAFETY: no addresses are passed.
        check(unsafe { imports::tcgetpgrp(fd) })
    }

    fn tcsetpgrp(&self, fd: i32, pgid: i32) -> Result<()> {
        // SAFETY: no addresses are passed.
        check(unsafe { imports::tcsetpgrp(fd, pgid) }).map(drop)
    }
}

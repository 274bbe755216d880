//! The system calls as a native program (jsh, npm, the commands) sees them.
//!
//! The trait mirrors `js-facade/src/guest/syscalls.ts`; every call is synchronous and may block. Programs are written
//! against it, so that the same code runs in the browser (over wasm imports) and natively in tests (over POSIX).
//!
//! Paths and arguments are UTF-8 strings: a name that is not valid UTF-8 shows with replacement characters and
//! cannot be addressed. File contents are bytes.

use crate::errno::{Errno, Result};

/// `O_*` flags, with x86-64 Linux's values.
pub mod open_flags {
    #![allow(missing_docs, reason = "the names are POSIX's")]
    pub const O_RDONLY: i32 = 0;
    pub const O_WRONLY: i32 = 1;
    pub const O_RDWR: i32 = 2;
    pub const O_CREAT: i32 = 0o100;
    pub const O_EXCL: i32 = 0o200;
    pub const O_TRUNC: i32 = 0o1000;
    pub const O_APPEND: i32 = 0o2000;
    pub const O_NONBLOCK: i32 = 0o4000;
    pub const O_DIRECTORY: i32 = 0o200_000;
    pub const O_CLOEXEC: i32 = 0o2_000_000;
}

/// Signal numbers, with x86-64 Linux's values.
pub mod signal {
    #![allow(missing_docs, reason = "the names are POSIX's")]
    pub const SIGHUP: i32 = 1;
    pub const SIGINT: i32 = 2;
    pub const SIGQUIT: i32 = 3;
    pub const SIGABRT: i32 = 6;
    pub const SIGKILL: i32 = 9;
    pub const SIGPIPE: i32 = 13;
    pub const SIGTERM: i32 = 15;
    pub const SIGTSTP: i32 = 20;
    pub const SIGTTIN: i32 = 21;
    pub const SIGTTOU: i32 = 22;
    pub const SIGWINCH: i32 = 28;

    /// Names without `SIG`, by number, as `kill -l` lists them.
    pub const NAMES: [(&str, i32); 31] = [
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("ILL", 4),
        ("TRAP", 5),
        ("ABRT", 6),
        ("BUS", 7),
        ("FPE", 8),
        ("KILL", 9),
        ("USR1", 10),
        ("SEGV", 11),
        ("USR2", 12),
        ("PIPE", 13),
        ("ALRM", 14),
        ("TERM", 15),
        ("STKFLT", 16),
        ("CHLD", 17),
        ("CONT", 18),
        ("STOP", 19),
        ("TSTP", 20),
        ("TTIN", 21),
        ("TTOU", 22),
        ("URG", 23),
        ("XCPU", 24),
        ("XFSZ", 25),
        ("VTALRM", 26),
        ("PROF", 27),
        ("WINCH", 28),
        ("IO", 29),
        ("PWR", 30),
        ("SYS", 31),
    ];

    /// Signal of a number or a name, with or without `SIG`, in any case. 0 is allowed (`kill -0`).
    pub fn parse(text: &str) -> Option<i32> {
        if let Ok(number) = text.parse::<i32>() {
            return (0..=64).contains(&number).then_some(number);
        }
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, number)| *number)
    }
}

/// Kind of a directory entry, from its `d_type`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are POSIX's")]
pub enum FileKind {
    Unknown,
    File,
    Directory,
    Symlink,
    Fifo,
    Socket,
    CharDevice,
    BlockDevice,
}

impl FileKind {
    /// From a `UV_DIRENT_*` number, as [`System::readdir`]'s wire form carries it.
    pub fn from_dirent(kind: u8) -> FileKind {
        match kind {
            1 => FileKind::File,
            2 => FileKind::Directory,
            3 => FileKind::Symlink,
            4 => FileKind::Fifo,
            5 => FileKind::Socket,
            6 => FileKind::CharDevice,
            7 => FileKind::BlockDevice,
            _ => FileKind::Unknown,
        }
    }

    /// From the type bits of a `st_mode`.
    pub fn from_mode(mode: u32) -> FileKind {
        match mode & 0o170_000 {
            0o100_000 => FileKind::File,
            0o040_000 => FileKind::Directory,
            0o120_000 => FileKind::Symlink,
            0o010_000 => FileKind::Fifo,
            0o140_000 => FileKind::Socket,
            0o020_000 => FileKind::CharDevice,
            0o060_000 => FileKind::BlockDevice,
            _ => FileKind::Unknown,
        }
    }
}

/// What `stat` tells. Times are milliseconds since the epoch, with fractions.
#[derive(Clone, Copy, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are POSIX's")]
pub struct Stat {
    pub dev: u64,
    pub mode: u32,
    pub nlink: u64,
    pub uid: u32,
    pub gid: u32,
    pub rdev: u64,
    pub ino: u64,
    pub size: u64,
    /// In units of 512 bytes.
    pub blocks: u64,
    pub atime: f64,
    pub mtime: f64,
    pub ctime: f64,
}

impl Stat {
    /// Type of the file.
    pub fn kind(&self) -> FileKind {
        FileKind::from_mode(self.mode)
    }

    /// Whether it is a directory.
    pub fn is_dir(&self) -> bool {
        self.kind() == FileKind::Directory
    }

    /// From Node's 18 fields: dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, then seconds and nanoseconds
    /// of atime, mtime, ctime, birthtime.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the fields are integers that the kernel wrote as doubles"
    )]
    pub fn from_fields(f: &[f64; 18]) -> Stat {
        let ms = |i: usize| f[i] * 1e3 + f[i + 1] / 1e6;
        Stat {
            dev: f[0] as u64,
            mode: f[1] as u32,
            nlink: f[2] as u64,
            uid: f[3] as u32,
            gid: f[4] as u32,
            rdev: f[5] as u64,
            ino: f[7] as u64,
            size: f[8] as u64,
            blocks: f[9] as u64,
            atime: ms(10),
            mtime: ms(12),
            ctime: ms(14),
        }
    }
}

/// Figures of a mounted file system; sizes in blocks of `block_size` bytes.
#[derive(Clone, Copy, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are POSIX's")]
pub struct FsStat {
    pub block_size: u64,
    pub blocks: u64,
    pub free: u64,
    pub available: u64,
}

/// One entry of a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub struct DirEntry {
    pub name: String,
    pub kind: FileKind,
}

/// How a child ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExitStatus {
    /// The child.
    pub pid: i32,
    /// Its exit code; meaningful if `signal` is 0.
    pub code: i32,
    /// The signal that ended it, or 0.
    pub signal: i32,
}

impl ExitStatus {
    /// `$?` of a shell: the code, or 128 + signal.
    pub fn shell_code(self) -> i32 {
        if self.signal != 0 {
            128 + self.signal
        } else {
            self.code
        }
    }
}

/// Which process group a child gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProcessGroup {
    /// The caller's.
    Inherit,
    /// A new one, led by the child.
    New,
    /// An existing one.
    Join(i32),
}

/// What [`System::spawn`] starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpawnRequest<'a> {
    /// Program; searched in `PATH` of `env` if it has no slash.
    pub file: &'a str,
    /// Arguments, `argv[0]` included.
    pub args: &'a [String],
    /// `NAME=value` strings.
    pub env: &'a [String],
    /// Child descriptor `i` is the caller's `fds[i]`; -1 leaves it closed.
    pub fds: &'a [i32],
    /// Process group of the child.
    pub group: ProcessGroup,
}

/// What a process does about a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposition {
    /// The signal's own default.
    Default,
    /// Nothing.
    Ignore,
    /// Queued for [`System::next_signal`]; blocking calls answer `EINTR`.
    Catch,
}

/// Terminal attributes; bits have Linux's values.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are POSIX's")]
pub struct Termios {
    pub iflag: u32,
    pub oflag: u32,
    pub cflag: u32,
    pub lflag: u32,
    pub cc: [u8; 32],
}

/// One row of the process table.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are POSIX's")]
pub struct ProcessRow {
    pub pid: i32,
    pub ppid: i32,
    pub pgid: i32,
    pub state: String,
    pub command: String,
}

/// System calls. Errors are the POSIX ones of the call with the same name unless said otherwise.
#[allow(missing_docs, reason = "named and behaving as the POSIX calls")]
pub trait System {
    // --- process
    fn pid(&self) -> i32;
    fn ppid(&self) -> i32;
    fn getpgid(&self, pid: i32) -> Result<i32>;
    fn setpgid(&self, pid: i32, pgid: i32) -> Result<()>;
    fn uid(&self) -> u32;
    fn gid(&self) -> u32;
    fn environ(&self) -> Vec<String>;
    /// Absolute path of the running program.
    fn exec_path(&self) -> String;
    fn getcwd(&self) -> Result<String>;
    fn chdir(&self, path: &str) -> Result<()>;
    fn umask(&self, mask: u32) -> u32;
    /// Also `ENOEXEC` for a file of unknown format and `EACCES` for one that may not be executed.
    fn spawn(&self, request: &SpawnRequest) -> Result<i32>;
    /// `None` = `nonblock` and no child has ended yet.
    fn wait(&self, pid: i32, nonblock: bool) -> Result<Option<ExitStatus>>;
    fn kill(&self, pid: i32, signal: i32) -> Result<()>;
    fn sigaction(&self, signal: i32, disposition: Disposition) -> Result<()>;
    /// Next caught signal that is pending.
    fn next_signal(&self) -> Option<i32>;
    /// `EINTR` when a caught signal came.
    fn sleep(&self, ms: f64) -> Result<()>;
    /// Milliseconds since the epoch.
    fn now(&self) -> f64;
    fn processes(&self) -> Vec<ProcessRow>;

    // --- files by path
    fn open(&self, path: &str, flags: i32, mode: u32) -> Result<i32>;
    fn stat(&self, path: &str, follow: bool) -> Result<Stat>;
    /// `mode`: 4 read, 2 write, 1 execute.
    fn access(&self, path: &str, mode: i32) -> Result<()>;
    fn mkdir(&self, path: &str, mode: u32) -> Result<()>;
    fn rmdir(&self, path: &str) -> Result<()>;
    fn unlink(&self, path: &str) -> Result<()>;
    fn rename(&self, from: &str, to: &str) -> Result<()>;
    fn link(&self, from: &str, to: &str) -> Result<()>;
    fn symlink(&self, target: &str, path: &str) -> Result<()>;
    fn readlink(&self, path: &str) -> Result<String>;
    fn realpath(&self, path: &str) -> Result<String>;
    fn chmod(&self, path: &str, mode: u32) -> Result<()>;
    /// Times in milliseconds since the epoch.
    fn utimes(&self, path: &str, atime: f64, mtime: f64, follow: bool) -> Result<()>;
    fn truncate(&self, path: &str, length: u64) -> Result<()>;
    /// Without `.` and `..`, in no particular order.
    fn readdir(&self, path: &str) -> Result<Vec<DirEntry>>;
    fn statfs(&self, path: &str) -> Result<FsStat>;
    fn mkfifo(&self, path: &str, mode: u32) -> Result<()>;

    // --- descriptors
    fn close(&self, fd: i32) -> Result<()>;
    fn read(&self, fd: i32, buffer: &mut [u8]) -> Result<usize>;
    /// May write less than all; see [`write_all`].
    fn write(&self, fd: i32, bytes: &[u8]) -> Result<usize>;
    /// `whence`: 0 start, 1 current, 2 end.
    fn lseek(&self, fd: i32, offset: i64, whence: i32) -> Result<u64>;
    fn fstat(&self, fd: i32) -> Result<Stat>;
    fn dup(&self, fd: i32) -> Result<i32>;
    fn dup2(&self, fd: i32, to: i32) -> Result<()>;
    fn set_cloexec(&self, fd: i32, on: bool) -> Result<()>;
    /// Read end first.
    fn pipe(&self) -> Result<(i32, i32)>;
    /// Whether `fd` can be read without waiting within `timeout` ms (-1 = for ever).
    fn poll_read(&self, fd: i32, timeout: i32) -> Result<bool>;

    // --- terminals
    fn isatty(&self, fd: i32) -> bool;
    fn tcgetattr(&self, fd: i32) -> Result<Termios>;
    fn tcsetattr(&self, fd: i32, termios: &Termios) -> Result<()>;
    /// Columns and rows.
    fn window_size(&self, fd: i32) -> Result<(u32, u32)>;
    fn tcgetpgrp(&self, fd: i32) -> Result<i32>;
    fn tcsetpgrp(&self, fd: i32, pgid: i32) -> Result<()>;
}

/// Writes all of `bytes`, going on after partial writes and interruptions.
pub fn write_all(system: &dyn System, fd: i32, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match system.write(fd, bytes) {
            Ok(0) => return Err(Errno::EIO),
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads `fd` to its end.
pub fn read_to_end(system: &dyn System, fd: i32) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match system.read(fd, &mut chunk) {
            Ok(0) => return Ok(all),
            Ok(count) => all.extend_from_slice(&chunk[..count]),
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Contents of a whole file.
pub fn read_file(system: &dyn System, path: &str) -> Result<Vec<u8>> {
    let fd = system.open(path, open_flags::O_RDONLY | open_flags::O_CLOEXEC, 0)?;
    let contents = read_to_end(system, fd);
    system.close(fd)?;
    contents
}

/// The C library's text of an error, as commands print it (`No such file or directory`).
pub const fn strerror(error: Errno) -> &'static str {
    match error {
        Errno::EPERM => "Operation not permitted",
        Errno::ENOENT => "No such file or directory",
        Errno::ESRCH => "No such process",
        Errno::EINTR => "Interrupted system call",
        Errno::EIO => "Input/output error",
        Errno::E2BIG => "Argument list too long",
        Errno::ENOEXEC => "Exec format error",
        Errno::EBADF => "Bad file descriptor",
        Errno::ECHILD => "No child processes",
        Errno::EAGAIN => "Resource temporarily unavailable",
        Errno::ENOMEM => "Cannot allocate memory",
        Errno::EACCES => "Permission denied",
        Errno::EBUSY => "Device or resource busy",
        Errno::EEXIST => "File exists",
        Errno::EXDEV => "Invalid cross-device link",
        Errno::ENODEV => "No such device",
        Errno::ENOTDIR => "Not a directory",
        Errno::EISDIR => "Is a directory",
        Errno::EINVAL => "Invalid argument",
        Errno::EMFILE => "Too many open files",
        Errno::ENOTTY => "Inappropriate ioctl for device",
        Errno::EFBIG => "File too large",
        Errno::ENOSPC => "No space left on device",
        Errno::ESPIPE => "Illegal seek",
        Errno::EROFS => "Read-only file system",
        Errno::EMLINK => "Too many links",
        Errno::EPIPE => "Broken pipe",
        Errno::ENAMETOOLONG => "File name too long",
        Errno::ENOSYS => "Function not implemented",
        Errno::ENOTEMPTY => "Directory not empty",
        Errno::ELOOP => "Too many levels of symbolic links",
        Errno::EILSEQ => "Invalid or incomplete multibyte or wide character",
        other => other.message(),
    }
}

//! Imports of the module: the system calls over numbers and addresses.
//!
//! Texts are passed as address and length of UTF-8. Answers are `>= 0` or a negated errno. A call whose answer is of variable size
//! ("staged" below) answers its length and leaves the bytes with the JavaScript side until [`take`] copies them; lists of
//! texts are staged with a NUL after each text. Offsets and times are doubles.

#[link(wasm_import_module = "wosix")]
unsafe extern "C" {
    /// Copies the staged bytes to `to`, which must have room for all of them.
    pub fn take(to: *mut u8);

    // --- process
    /// Ends the process; does not return.
    pub fn exit(code: i32) -> !;
    /// Staged.
    pub fn program_name() -> i32;
    /// Staged list.
    pub fn argv() -> i32;
    /// Staged list.
    pub fn environ() -> i32;
    /// Staged.
    pub fn exec_path() -> i32;
    pub fn getpid() -> i32;
    pub fn getppid() -> i32;
    pub fn getpgid(pid: i32) -> i32;
    pub fn setpgid(pid: i32, pgid: i32) -> i32;
    pub fn getuid() -> i32;
    pub fn getgid() -> i32;
    /// Staged.
    pub fn getcwd() -> i32;
    pub fn chdir(path: *const u8, length: usize) -> i32;
    pub fn umask(mask: u32) -> i32;
    /// `texts`: the file, `args` arguments and the environment, each followed by NUL. `group`: -1 inherit, 0 new, else joined.
    pub fn spawn(
        texts: *const u8,
        length: usize,
        args: usize,
        fds: *const i32,
        fd_count: usize,
        group: i32,
    ) -> i32;
    /// Writes pid, code and signal to `status`; answers 1, or 0 if `nonblock` and there is nothing yet.
    pub fn wait(pid: i32, nonblock: i32, status: *mut i32) -> i32;
    pub fn kill(pid: i32, signal: i32) -> i32;
    /// `disposition`: 0 default, 1 ignore, 2 catch.
    pub fn sigaction(signal: i32, disposition: i32) -> i32;
    pub fn next_signal() -> i32;
    pub fn sleep(ms: f64) -> i32;
    pub fn now() -> f64;
    /// Staged list: pid, ppid, pgid, state and command of each process.
    pub fn processes() -> i32;

    // --- files by path
    pub fn open(path: *const u8, length: usize, flags: i32, mode: u32) -> i32;
    /// Writes 18 doubles.
    pub fn stat(path: *const u8, length: usize, follow: i32, out: *mut f64) -> i32;
    pub fn access(path: *const u8, length: usize, mode: i32) -> i32;
    pub fn mkdir(path: *const u8, length: usize, mode: u32) -> i32;
    pub fn rmdir(path: *const u8, length: usize) -> i32;
    pub fn unlink(path: *const u8, length: usize) -> i32;
    pub fn rename(from: *const u8, from_length: usize, to: *const u8, to_length: usize) -> i32;
    pub fn link(from: *const u8, from_length: usize, to: *const u8, to_length: usize) -> i32;
    pub fn symlink(target: *const u8, target_length: usize, path: *const u8, length: usize) -> i32;
    /// Staged.
    pub fn readlink(path: *const u8, length: usize) -> i32;
    /// Staged.
    pub fn realpath(path: *const u8, length: usize) -> i32;
    pub fn chmod(path: *const u8, length: usize, mode: u32) -> i32;
    /// Times in seconds.
    pub fn utimes(path: *const u8, length: usize, atime: f64, mtime: f64, follow: i32) -> i32;
    pub fn truncate(path: *const u8, length: usize, size: f64) -> i32;
    /// Staged: for each entry a digit with its kind (`UV_DIRENT_*`), the name, NUL.
    pub fn readdir(path: *const u8, length: usize) -> i32;
    /// Writes 7 doubles.
    pub fn statfs(path: *const u8, length: usize, out: *mut f64) -> i32;
    pub fn mkfifo(path: *const u8, length: usize, mode: u32) -> i32;

    // --- descriptors
    pub fn close(fd: i32) -> i32;
    pub fn read(fd: i32, to: *mut u8, length: usize) -> i32;
    pub fn write(fd: i32, from: *const u8, length: usize) -> i32;
    pub fn lseek(fd: i32, offset: f64, whence: i32) -> f64;
    pub fn fstat(fd: i32, out: *mut f64) -> i32;
    pub fn dup(fd: i32) -> i32;
    pub fn dup2(fd: i32, to: i32) -> i32;
    pub fn set_cloexec(fd: i32, on: i32) -> i32;
    /// Writes both descriptors, read end first.
    pub fn pipe(out: *mut i32) -> i32;
    /// Answers 1 if `fd` is readable or at its end, 0 on time-out.
    pub fn poll_read(fd: i32, timeout: i32) -> i32;

    // --- terminals
    pub fn isatty(fd: i32) -> i32;
    /// Writes iflag, oflag, cflag, lflag and 32 control characters.
    pub fn tcgetattr(fd: i32, flags: *mut u32, cc: *mut u8) -> i32;
    pub fn tcsetattr(fd: i32, flags: *const u32, cc: *const u8) -> i32;
    /// Writes columns and rows.
    pub fn window_size(fd: i32, out: *mut u32) -> i32;
    pub fn tcgetpgrp(fd: i32) -> i32;
    pub fn tcsetpgrp(fd: i32, pgid: i32) -> i32;
}

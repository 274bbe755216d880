//! Redirections: which descriptor becomes which, for a spawned command or for this process.

use std::collections::BTreeMap;

use super::ast::{Redirect, RedirectTarget};
use super::run::{Run, Shell};
use crate::errno::{Errno, Result};
use crate::system::open_flags::{
    O_APPEND, O_CLOEXEC, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY,
};
use crate::system::{FileKind, strerror, write_all};

/// The shell's own descriptors begin here, so that `exec 3>file` and the like stay free.
const FIRST_PRIVATE: i32 = 64;

/// Most bytes that a pipe surely takes without a reader.
const PIPE_CAPACITY: usize = 32 * 1024;

/// Where descriptors of a command come from.
#[derive(Debug, Default)]
pub struct FdMap {
    /// Descriptor of the command -> descriptor of the shell, -1 = closed.
    pub map: BTreeMap<i32, i32>,
    /// Descriptors of the shell to close when the map is done with.
    pub temporary: Vec<i32>,
}

/// A descriptor to put back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SavedFd {
    fd: i32,
    /// Where it was kept meanwhile; `None` if it was closed before.
    copy: Option<i32>,
}

/// The descriptor that a path stands for.
fn descriptor_of(path: &str) -> Option<&str> {
    let number = match path {
        "/dev/stdin" => "0",
        "/dev/stdout" => "1",
        "/dev/stderr" => "2",
        _ => path
            .strip_prefix("/dev/fd/")
            .or_else(|| path.strip_prefix("/proc/self/fd/"))?,
    };
    number
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(number)
}

/// Why a file could not be opened for reading, in dash's words.
pub(super) fn open_error(error: Errno) -> &'static str {
    match error {
        Errno::ENOENT => "No such file",
        other => strerror(other),
    }
}

impl Shell<'_> {
    /// Opens what `redirects` name. `None` = one failed, and was reported.
    pub(super) fn open_redirects(&mut self, redirects: &[Redirect]) -> Run<Option<FdMap>> {
        let mut map = FdMap::default();
        if self.add_redirects(redirects, &mut map)? {
            return Ok(Some(map));
        }
        self.discard(map);
        Ok(None)
    }

    /// Adds `redirects` to a map, which may hold the ends of pipes already; answers whether all could be opened.
    pub(super) fn add_redirects(&mut self, redirects: &[Redirect], map: &mut FdMap) -> Run<bool> {
        for redirect in redirects {
            let complaint = match &redirect.target {
                RedirectTarget::HereDoc(body) => {
                    let text = match body.get() {
                        Some(word) => self.expand_here_doc(word)?,
                        None => String::new(),
                    };
                    self.add_text(redirect.fd.unwrap_or(0), text, map)
                }
                RedirectTarget::HereString(word) => {
                    let mut text = self.expand_single(word)?;
                    text.push('\n');
                    self.add_text(redirect.fd.unwrap_or(0), text, map)
                }
                RedirectTarget::Duplicate(word, output) => {
                    let word = self.expand_single(word)?;
                    let fd = redirect.fd.unwrap_or(i32::from(*output));
                    self.add_duplicate(fd, &word, map)
                }
                RedirectTarget::Read(word) => {
                    let path = self.expand_single(word)?;
                    self.add_file(redirect.fd.unwrap_or(0), &path, O_RDONLY, map)
                }
                RedirectTarget::ReadWrite(word) => {
                    let path = self.expand_single(word)?;
                    self.add_file(redirect.fd.unwrap_or(0), &path, O_RDWR | O_CREAT, map)
                }
                RedirectTarget::Append(word) => {
                    let path = self.expand_single(word)?;
                    let flags = O_WRONLY | O_CREAT | O_APPEND;
                    self.add_file(redirect.fd.unwrap_or(1), &path, flags, map)
                }
                RedirectTarget::Write(word, clobber) => {
                    let path = self.expand_single(word)?;
                    let flags = O_WRONLY | O_CREAT | self.truncation(&path, *clobber);
                    self.add_file(redirect.fd.unwrap_or(1), &path, flags, map)
                }
                RedirectTarget::Both(word, append) => {
                    let path = self.expand_single(word)?;
                    let how = if *append {
                        O_APPEND
                    } else {
                        self.truncation(&path, false)
                    };
                    let added = self.add_file(1, &path, O_WRONLY | O_CREAT | how, map);
                    if let Some(&source) = map.map.get(&1) {
                        map.map.insert(2, source);
                    }
                    added
                }
            };
            if let Err(message) = complaint {
                let stderr = map.map.get(&2).copied().unwrap_or(2);
                self.error_to(stderr, &message);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How `>` opens: under `set -C` an existing regular file is not overwritten.
    fn truncation(&self, path: &str, clobber: bool) -> i32 {
        let protects = self.options.noclobber && !clobber;
        let regular = || {
            self.system
                .stat(path, true)
                .is_ok_and(|stat| stat.kind() == FileKind::File)
        };
        if protects && regular() {
            O_EXCL
        } else {
            O_TRUNC
        }
    }

    fn add_file(
        &mut self,
        fd: i32,
        path: &str,
        flags: i32,
        map: &mut FdMap,
    ) -> core::result::Result<(), String> {
        if let Some(source) = descriptor_of(path) {
            // Opened here it would be this shell's descriptor, not the one that the command gets.
            return self.add_duplicate(fd, source, map);
        }
        let opened = self
            .system
            .open(path, flags | O_CLOEXEC, 0o666)
            .and_then(|opened| self.make_private(opened));
        match opened {
            Ok(opened) => {
                map.temporary.push(opened);
                map.map.insert(fd, opened);
                Ok(())
            }
            Err(error) if flags & O_CREAT != 0 => {
                let reason = match error {
                    Errno::ENOENT => "Directory nonexistent",
                    other => strerror(other),
                };
                Err(format!("cannot create {path}: {reason}"))
            }
            Err(error) => Err(format!("cannot open {path}: {}", open_error(error))),
        }
    }

    fn add_duplicate(
        &self,
        fd: i32,
        word: &str,
        map: &mut FdMap,
    ) -> core::result::Result<(), String> {
        if word == "-" {
            map.map.insert(fd, -1);
            return Ok(());
        }
        let Ok(source) = word.parse::<i32>() else {
            return Err(format!("Syntax error: Bad fd number: {word}"));
        };
        let actual = match map.map.get(&source) {
            Some(actual) => *actual,
            None if self.open_fds.contains(&source) => source,
            None => -1,
        };
        if actual < 0 {
            return Err(format!("{source}: {}", strerror(Errno::EBADF)));
        }
        map.map.insert(fd, actual);
        Ok(())
    }

    /// Text as an input: through a pipe if it surely fits, else through a file.
    fn add_text(
        &mut self,
        fd: i32,
        text: String,
        map: &mut FdMap,
    ) -> core::result::Result<(), String> {
        let source = if text.len() <= PIPE_CAPACITY {
            self.text_pipe(&text)
        } else {
            self.text_file(&text)
        };
        let source = source
            .and_then(|source| self.make_private(source))
            .map_err(|error| format!("here-document: {}", strerror(error)))?;
        map.temporary.push(source);
        map.map.insert(fd, source);
        Ok(())
    }

    fn text_pipe(&self, text: &str) -> Result<i32> {
        let (read, write) = self.system.pipe()?;
        let written = write_all(self.system, write, text.as_bytes());
        self.system.close(write)?;
        written.map(|()| read)
    }

    fn text_file(&mut self, text: &str) -> Result<i32> {
        let fd = self.temporary_file()?;
        write_all(self.system, fd, text.as_bytes())?;
        self.system.lseek(fd, 0, 0)?;
        Ok(fd)
    }

    /// A file without a name, open for reading and writing.
    pub(super) fn temporary_file(&mut self) -> Result<i32> {
        loop {
            self.temporary += 1;
            let path = format!("/tmp/.jsh-{}-{}", self.system.pid(), self.temporary);
            match self
                .system
                .open(&path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            {
                Ok(fd) => {
                    self.system.unlink(&path)?;
                    return Ok(fd);
                }
                Err(Errno::EEXIST) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Moves a descriptor out of the way of the user's.
    pub(super) fn make_private(&mut self, fd: i32) -> Result<i32> {
        let private = self.copy_private(fd);
        self.system.close(fd)?;
        private
    }

    fn copy_private(&mut self, fd: i32) -> Result<i32> {
        let free = (FIRST_PRIVATE..)
            .find(|number| !self.private_fds.contains(number))
            .unwrap_or(FIRST_PRIVATE);
        self.system.dup2(fd, free)?;
        self.system.set_cloexec(free, true)?;
        self.private_fds.insert(free);
        Ok(free)
    }

    /// Closes a descriptor of the shell's own.
    pub(super) fn close_private(&mut self, fd: i32) {
        self.private_fds.remove(&fd);
        self.close_own(fd);
    }

    /// Closes a descriptor that is known to be open.
    pub(super) fn close_own(&self, fd: i32) {
        if let Err(error) = self.system.close(fd) {
            self.error(&format!("close: {fd}: {}", strerror(error)));
        }
    }

    /// Closes what was opened for a map.
    pub(super) fn discard(&mut self, map: FdMap) {
        for fd in map.temporary {
            self.close_private(fd);
        }
    }

    /// Puts a map in force in this process; answers what undoes it.
    pub(super) fn redirect(&mut self, map: FdMap) -> Vec<SavedFd> {
        let mut saved = Vec::new();
        for &fd in map.map.keys() {
            let copy = if self.open_fds.contains(&fd) {
                self.copy_private(fd).ok()
            } else {
                None
            };
            saved.push(SavedFd { fd, copy });
        }
        for (&fd, &source) in &map.map {
            // A source that is itself replaced is meant as it was before.
            let kept = saved.iter().find(|other| other.fd == source);
            let source = kept.and_then(|other| other.copy).unwrap_or(source);
            self.set_fd(fd, source);
        }
        self.discard(map);
        saved
    }

    /// Puts descriptors back.
    pub(super) fn restore(&mut self, saved: Vec<SavedFd>) {
        for SavedFd { fd, copy } in saved.into_iter().rev() {
            self.set_fd(fd, copy.unwrap_or(-1));
            if let Some(copy) = copy {
                self.close_private(copy);
            }
        }
    }

    /// Keeps what [`Shell::redirect`] did (`exec`): until the end of the subshell if there is one.
    pub(super) fn keep(&mut self, saved: Vec<SavedFd>) {
        if let Some(undo) = self.exec_undo.last_mut() {
            undo.extend(saved);
            return;
        }
        for copy in saved.into_iter().filter_map(|saved| saved.copy) {
            self.close_private(copy);
        }
    }

    /// Makes `fd` what `source` is; -1 closes it.
    fn set_fd(&mut self, fd: i32, source: i32) {
        if source < 0 {
            if self.open_fds.remove(&fd) {
                self.close_own(fd);
            }
            return;
        }
        match self.system.dup2(source, fd) {
            Ok(()) => {
                self.open_fds.insert(fd);
            }
            Err(error) => self.error(&format!("{fd}: {}", strerror(error))),
        }
    }

    /// The descriptor table of a spawned command.
    pub(super) fn child_fds(&self, map: &FdMap) -> Vec<i32> {
        let highest = self.open_fds.iter().chain(map.map.keys()).max();
        (0..=highest.copied().unwrap_or(2).max(2))
            .map(|fd| match map.map.get(&fd) {
                Some(source) => *source,
                None if self.open_fds.contains(&fd) => fd,
                None => -1,
            })
            .collect()
    }
}

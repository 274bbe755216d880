//! The language of the scripts.

use std::collections::BTreeMap;

use crate::errno::{Errno, Result};
use crate::vfs::*;

/// Runs a script on an empty file system. One command a line, `#` begins a comment:
///
/// ```text
/// as 1000:1000,50    who calls from here on (default 0:0)
/// time 7             what the clock says (default 1)
/// unlink a/b => EACCES
/// stat a => mode=644 nlink=1
/// ```
///
/// A command without `=>` has to succeed; an error's name expects that error. Of `stat` only the fields named are compared,
/// of other answers all of it. Numbers of modes are octal.
#[track_caller]
pub fn check(script: &str) {
    check_on(Vfs::new(Timestamp(0)), script);
}

/// The same on a file system that exists already.
#[track_caller]
pub fn check_on(vfs: Vfs, script: &str) -> Vfs {
    let mut session = Session::new(vfs);
    for (index, line) in script.lines().enumerate() {
        let line = line.split(" #").next().unwrap_or(line).trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (command, expected) = match line.split_once("=>") {
            Some((command, expected)) => (command.trim(), expected.trim()),
            None => (line, "ok"),
        };
        let actual = match session.run(command) {
            Ok(answer) if answer.is_empty() => "ok".to_string(),
            Ok(answer) => answer,
            Err(errno) => errno.name().to_string(),
        };
        let is_stat = actual.contains("mode=");
        let met = match is_stat {
            true => expected
                .split(' ')
                .all(|field| actual.split(' ').any(|word| word == field)),
            false => actual == expected,
        };
        let met = met || is_stat && expected == "ok";
        assert!(met, "line {}: `{line}` answered `{actual}`", index + 1);
    }
    session.vfs
}

struct Session {
    vfs: Vfs,
    credentials: Credentials,
    cwd: Vnode,
    now: Timestamp,
    /// Files held open by name.
    held: BTreeMap<String, Vnode>,
}

/// A caller of the session, borrowing its credentials only.
macro_rules! caller {
    ($session:expr) => {
        &Caller {
            credentials: &$session.credentials,
            cwd: $session.cwd,
            pid: 1,
            now: $session.now,
            processes: &NoProcesses,
        }
    };
}

impl Session {
    fn new(vfs: Vfs) -> Session {
        let cwd = vfs.root();
        let credentials = Credentials::ROOT;
        Session {
            vfs,
            credentials,
            cwd,
            now: Timestamp(1),
            held: BTreeMap::new(),
        }
    }

    fn run(&mut self, command: &str) -> Result<String> {
        let words: Vec<String> = command.split(' ').map(expand).collect();
        let word = |index: usize| words.get(index).map_or("", String::as_str);
        let path = |index: usize| word(index).as_bytes();
        let number = |index: usize| word(index).parse::<u64>().expect("a number");
        let mode = |index: usize| u32::from_str_radix(word(index), 8).expect("an octal number");
        let vfs = &mut self.vfs;
        let caller = caller!(self);
        let done = |()| String::new();
        match word(0) {
            "as" => {
                self.credentials = credentials(word(1));
                Ok(String::new())
            }
            "time" => {
                self.now = Timestamp(number(1) as i64);
                Ok(String::new())
            }
            "cd" => {
                self.cwd = vfs.resolve_directory(caller, path(1))?;
                vfs.acquire(self.cwd);
                Ok(String::new())
            }
            "pwd" => vfs.path_of(self.cwd).map(text),
            "mkdir" => vfs.mkdir(caller, path(1), mode(2)).map(|_| String::new()),
            "create" => {
                let flags = OpenFlags::CREAT | OpenFlags::EXCL | OpenFlags::WRONLY;
                let opened = vfs.open(caller, path(1), flags, mode(2))?;
                vfs.release(opened.vnode);
                Ok(String::new())
            }
            "open" => {
                let opened = vfs.open(caller, path(1), open_flags(word(2)), 0o644)?;
                vfs.release(opened.vnode);
                Ok(String::new())
            }
            "hold" => {
                let opened = vfs.open(caller, path(2), open_flags(word(3)), 0o644)?;
                self.held.insert(word(1).into(), opened.vnode);
                Ok(String::new())
            }
            "drop" => {
                vfs.release(self.held.remove(word(1)).expect("held"));
                Ok(String::new())
            }
            "fstat" => vfs.fstat(caller, self.held[word(1)]).map(stat),
            "fread" => read(vfs, caller, self.held[word(1)], number(2), number(3)),
            "fwrite" => write(vfs, caller, self.held[word(1)], number(2), path(3)),
            "ftruncate" => ready(vfs.set_len(caller, self.held[word(1)], number(2))?),
            "fpath" => vfs.path_of(self.held[word(1)]).map(text),
            "mkfifo" => vfs
                .mknod(caller, path(1), FileKind::Fifo, mode(2), 0)
                .map(|_| String::new()),
            "mksocket" => vfs
                .mknod(caller, path(1), FileKind::Socket, mode(2), 0)
                .map(|_| String::new()),
            "mkdev" => vfs
                .mknod(caller, path(1), FileKind::CharDevice, mode(2), number(3))
                .map(|_| String::new()),
            "rmdir" => vfs.rmdir(caller, path(1)).map(done),
            "unlink" => vfs.unlink(caller, path(1)).map(done),
            "rename" => vfs.rename(caller, path(1), path(2)).map(done),
            "link" => vfs.link(caller, path(1), path(2)).map(done),
            "symlink" => vfs.symlink(caller, path(1), path(2)).map(done),
            "readlink" => vfs.readlink(caller, path(1)).map(text),
            "real" => vfs.real_path(caller, path(1)).map(text),
            "chmod" => vfs.chmod(caller, path(1), mode(2), true).map(done),
            "lchmod" => vfs.chmod(caller, path(1), mode(2), false).map(done),
            "chown" | "lchown" => {
                let (uid, gid) = word(2).split_once(':').expect("uid:gid");
                let (uid, gid) = (uid.parse().ok(), gid.parse().ok());
                vfs.chown(caller, path(1), uid, gid, word(0) == "chown")
                    .map(done)
            }
            "utimes" => vfs
                .utimes(caller, path(1), time(word(2)), time(word(3)), true)
                .map(done),
            "truncate" => ready(vfs.truncate(caller, path(1), number(2))?),
            "access" => {
                let bit = |letter, bit| {
                    if word(2).contains(letter) {
                        bit
                    } else {
                        Access::EXISTS
                    }
                };
                let wanted =
                    bit('r', Access::READ) | bit('w', Access::WRITE) | bit('x', Access::EXECUTE);
                vfs.access(caller, path(1), wanted).map(done)
            }
            "stat" => vfs.stat(caller, path(1), true).map(stat),
            "lstat" => vfs.stat(caller, path(1), false).map(stat),
            "ls" => {
                let names = vfs.readdir(caller, path(1))?;
                let names: Vec<String> = names
                    .into_iter()
                    .map(|entry| text(entry.name.into()))
                    .collect();
                Ok(names.join(" "))
            }
            "read" => {
                let opened = vfs.open(caller, path(1), OpenFlags::RDONLY, 0)?;
                let answer = read(vfs, caller, opened.vnode, number(2), number(3));
                vfs.release(opened.vnode);
                answer
            }
            "write" => {
                let opened = vfs.open(caller, path(1), OpenFlags::WRONLY, 0)?;
                let answer = write(vfs, caller, opened.vnode, number(2), path(3));
                vfs.release(opened.vnode);
                answer
            }
            "mount" => vfs
                .mount_memory(caller, path(1), mode(2))
                .map(|_| String::new()),
            "budget" => {
                vfs.set_budget(number(1));
                Ok(String::new())
            }
            "used" => Ok(format!("{} bytes", vfs.bytes_used())),
            other => panic!("no such command: {other}"),
        }
    }
}

/// `x*255/y` stands for 255 times `x` and `/y`; `''` for nothing.
fn expand(word: &str) -> String {
    if word == "''" {
        return String::new();
    }
    let Some((text, count)) = word.split_once('*') else {
        return word.into();
    };
    let digits = count
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(count.len());
    let (count, rest) = count.split_at(digits);
    text.repeat(count.parse().expect("a count")) + rest
}

fn text(bytes: Vec<u8>) -> String {
    bytes.escape_ascii().to_string()
}

fn read(vfs: &mut Vfs, caller: &Caller, v: Vnode, offset: u64, count: u64) -> Result<String> {
    let mut buffer = vec![b'?'; count as usize];
    match vfs.read_at(caller, v, offset, &mut buffer)? {
        Loaded::Ready(count) => Ok(format!("\"{}\"", text(buffer[..count].to_vec()))),
        Loaded::NeedLoad(token) => Ok(format!("load {}", token.0)),
    }
}

fn write(vfs: &mut Vfs, caller: &Caller, v: Vnode, offset: u64, bytes: &[u8]) -> Result<String> {
    match vfs.write_at(caller, v, offset, bytes)? {
        Loaded::Ready(count) => {
            assert_eq!(count, bytes.len());
            Ok(String::new())
        }
        Loaded::NeedLoad(token) => Ok(format!("load {}", token.0)),
    }
}

fn ready(answer: Loaded<()>) -> Result<String> {
    match answer {
        Loaded::Ready(()) => Ok(String::new()),
        Loaded::NeedLoad(token) => Ok(format!("load {}", token.0)),
    }
}

fn stat(stat: Stat) -> String {
    let kind = match stat.kind {
        FileKind::Regular => "file",
        FileKind::Directory => "directory",
        FileKind::Symlink => "symlink",
        FileKind::Fifo => "fifo",
        FileKind::Socket => "socket",
        FileKind::CharDevice => "char",
        FileKind::BlockDevice => "block",
    };
    format!(
        "{kind} mode={:o} nlink={} owner={}:{} size={} blocks={} rdev={} atime={} mtime={} ctime={} btime={} dev={}",
        stat.mode,
        stat.nlink,
        stat.uid,
        stat.gid,
        stat.size,
        stat.blocks,
        stat.rdev,
        stat.atime.0,
        stat.mtime.0,
        stat.ctime.0,
        stat.btime.0,
        stat.dev,
    )
}

fn time(word: &str) -> SetTime {
    match word {
        "now" => SetTime::Now,
        "omit" => SetTime::Omit,
        _ => SetTime::At(Timestamp(word.parse().expect("a time"))),
    }
}

fn credentials(word: &str) -> Credentials {
    let (uid, groups) = word.split_once(':').unwrap_or((word, word));
    let mut groups = groups
        .split(',')
        .map(|group| group.parse().expect("a group"));
    let gid = groups.next().expect("a group");
    Credentials {
        uid: uid.parse().expect("a user"),
        gid,
        groups: groups.collect(),
    }
}

fn open_flags(word: &str) -> OpenFlags {
    word.split(',').fold(OpenFlags::RDONLY, |flags, name| {
        flags
            | match name {
                "r" | "" => OpenFlags::RDONLY,
                "w" => OpenFlags::WRONLY,
                "rw" => OpenFlags::RDWR,
                "creat" => OpenFlags::CREAT,
                "excl" => OpenFlags::EXCL,
                "trunc" => OpenFlags::TRUNC,
                "dir" => OpenFlags::DIRECTORY,
                "nofollow" => OpenFlags::NOFOLLOW,
                "path" => OpenFlags::PATH,
                "tmpfile" => OpenFlags::TMPFILE,
                "noatime" => OpenFlags::NOATIME,
                other => panic!("no such flag: {other}"),
            }
    })
}

/// For tests that go on in Rust.
pub fn root_caller(vfs: &Vfs) -> Caller<'static> {
    static ROOT: Credentials = Credentials::ROOT;
    Caller {
        credentials: &ROOT,
        cwd: vfs.root(),
        pid: 1,
        now: Timestamp(1),
        processes: &NoProcesses,
    }
}

/// Contents of a file, which has to be loaded.
#[track_caller]
pub fn contents(vfs: &mut Vfs, path: &str) -> core::result::Result<Vec<u8>, Errno> {
    let caller = root_caller(vfs);
    let opened = vfs.open(&caller, path.as_bytes(), OpenFlags::RDONLY, 0)?;
    let mut buffer = vec![0; vfs.size(&caller, opened.vnode)? as usize + 1];
    let answer = vfs.read_at(&caller, opened.vnode, 0, &mut buffer);
    vfs.release(opened.vnode);
    match answer? {
        Loaded::Ready(count) => buffer.truncate(count),
        Loaded::NeedLoad(token) => panic!("{path} needs {token:?}"),
    }
    Ok(buffer)
}

//! What `/proc` shows of the process table.

use crate::errno::{Errno, Result};
use crate::vfs::{ProcFile, ProcLink, ProcSource, SystemFile, Vnode};

use super::descriptor::Object;
use super::{Process, State, Table};

/// The machine's name as a line, in `/etc/hostname` and `/proc/sys/kernel/hostname`.
pub const HOST_NAME: &str = "wosix\n";

impl Process {
    /// Name of the program, as `comm` has it: at most 15 bytes.
    pub fn command(&self) -> &[u8] {
        let path = if self.image.program.is_empty() {
            &self.image.path
        } else {
            &self.image.program
        };
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
        &name[..name.len().min(15)]
    }

    /// State letter of proc(5): a process with a worker counts as running.
    pub fn state_letter(&self) -> char {
        match self.state {
            State::Loading | State::Running => 'R',
            State::Zombie(_) => 'Z',
        }
    }
}

fn joined(strings: &[Vec<u8>]) -> Vec<u8> {
    strings
        .iter()
        .flat_map(|string| string.iter().copied().chain([0]))
        .collect()
}

impl ProcSource for Table {
    fn pids(&self) -> Vec<u32> {
        self.iter().map(|process| process.pid).collect()
    }

    fn owner(&self, pid: u32) -> Option<(u32, u32)> {
        let process = self.get(pid).ok()?;
        Some((process.credentials.uid, process.credentials.gid))
    }

    fn process_file(&self, pid: u32, file: ProcFile) -> Result<Vec<u8>> {
        let process = self.get(pid)?;
        let name = String::from_utf8_lossy(process.command());
        let letter = process.state_letter();
        Ok(match file {
            ProcFile::Cmdline => joined(&process.image.args),
            ProcFile::Environ => joined(&process.environment),
            ProcFile::Comm => format!("{name}\n").into_bytes(),
            ProcFile::Stat => {
                let Process {
                    parent,
                    group,
                    session,
                    ..
                } = process;
                let terminal = process.terminal.map_or(0, |number| 136 << 8 | number);
                // Fields 8 to 52; start time (22) in clock ticks is not kept.
                format!(
                    "{pid} ({name}) {letter} {parent} {group} {session} {terminal} {}\n",
                    ["0"; 45].join(" ")
                )
                .into_bytes()
            }
            ProcFile::Status => {
                let (uid, gid) = (process.credentials.uid, process.credentials.gid);
                format!(
                    "Name:\t{name}\nUmask:\t{:04o}\nState:\t{letter}\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t{}\n\
                     Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{gid}\t{gid}\t{gid}\t{gid}\nThreads:\t{}\n",
                    process.umask,
                    process.parent,
                    process.threads.len().max(1),
                )
                .into_bytes()
            }
        })
    }

    fn system_file(&self, file: SystemFile) -> Result<Vec<u8>> {
        let text = match file {
            SystemFile::CpuInfo => "processor\t: 0\nmodel name\t: WebAssembly\n\n",
            SystemFile::MemInfo => {
                "MemTotal:        4194304 kB\nMemFree:         2097152 kB\nMemAvailable:    2097152 kB\n"
            }
            SystemFile::Version => "Linux version 6.0.0-wosix\n",
            // The core has no clock of its own, and these have no other source.
            SystemFile::Uptime => "0.00 0.00\n",
            SystemFile::LoadAvg => "0.00 0.00 0.00 1/1 1\n",
            SystemFile::HostName => HOST_NAME,
            SystemFile::Stat => "cpu  0 0 0 0 0 0 0 0 0 0\n",
        };
        Ok(text.as_bytes().to_vec())
    }

    fn cwd(&self, pid: u32) -> Result<Vnode> {
        let process = self.get(pid)?;
        if process.alive() {
            Ok(process.cwd)
        } else {
            Err(Errno::ESRCH)
        }
    }

    fn exe(&self, pid: u32) -> Result<Vec<u8>> {
        let path = &self.get(pid)?.image.path;
        if path.is_empty() {
            Err(Errno::ENOENT)
        } else {
            Ok(path.clone())
        }
    }

    fn descriptors(&self, pid: u32) -> Vec<u32> {
        self.get(pid)
            .map(|process| {
                process
                    .descriptors
                    .iter()
                    .map(|(fd, _)| fd as u32)
                    .collect()
            })
            .unwrap_or_default()
    }

    fn descriptor(&self, pid: u32, fd: u32) -> Result<ProcLink> {
        let id = self
            .get(pid)?
            .descriptors
            .get(fd as i32)
            .map_err(|_| Errno::ENOENT)?;
        let file = &self.files[id];
        if let Some(vnode) = file.vnode {
            return Ok(ProcLink::Vnode(vnode));
        }
        Ok(ProcLink::Descriptor(match file.object {
            Object::Pipe(pipe) => format!("pipe:[{}]", pipe + 1).into_bytes(),
            Object::Socket(socket) => format!("socket:[{}]", socket + 1).into_bytes(),
            Object::Master(_) => b"/dev/ptmx".to_vec(),
            Object::Terminal(number) => format!("/dev/pts/{number}").into_bytes(),
            Object::Watch(_) => b"anon_inode:inotify".to_vec(),
            Object::File(_) | Object::Directory(_) | Object::Path(_) | Object::Device(_) => {
                b"anon_inode:[file]".to_vec()
            }
        }))
    }
}

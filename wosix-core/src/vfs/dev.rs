//! `/dev`: nodes with Linux's numbers. What reading and writing them does is the kernel's.

use super::{Caller, Credentials, FileKind, MountId, Vfs, Vnode};
use crate::errno::{Errno, Result};

/// Device number of `major` and `minor` (below 256), as in `st_rdev`.
pub const fn device(major: u64, minor: u64) -> u64 {
    major << 8 | minor
}

/// `/dev/null`
pub const NULL: u64 = device(1, 3);
/// `/dev/zero`
pub const ZERO: u64 = device(1, 5);
/// `/dev/full`
pub const FULL: u64 = device(1, 7);
/// `/dev/random`
pub const RANDOM: u64 = device(1, 8);
/// `/dev/urandom`
pub const URANDOM: u64 = device(1, 9);
/// `/dev/tty`: the controlling terminal of whoever opens it.
pub const TTY: u64 = device(5, 0);
/// `/dev/ptmx`: opening it makes a pseudo-terminal.
pub const PTMX: u64 = device(5, 2);

/// Major number of the first 256 pseudo-terminals; later ones have the numbers above.
const PTS_MAJOR: u64 = 136;

/// Device number of `/dev/pts/<number>`.
pub const fn pts(number: u32) -> u64 {
    device(PTS_MAJOR + number as u64 / 256, number as u64 % 256)
}

/// The number in `/dev/pts/<number>`, if this is such a device.
pub const fn pts_number(rdev: u64) -> Option<u32> {
    // Linux reserves the majors 136 to 143.
    match rdev >> 8 {
        major @ 136..=143 => Some(((major - PTS_MAJOR) * 256 + (rdev & 0xff)) as u32),
        _ => None,
    }
}

const NODES: [(&[u8], u64); 7] = [
    (b"null", NULL),
    (b"zero", ZERO),
    (b"full", FULL),
    (b"random", RANDOM),
    (b"urandom", URANDOM),
    (b"tty", TTY),
    (b"ptmx", PTMX),
];

const LINKS: [(&[u8], &[u8]); 4] = [
    (b"fd", b"/proc/self/fd"),
    (b"stdin", b"/proc/self/fd/0"),
    (b"stdout", b"/proc/self/fd/1"),
    (b"stderr", b"/proc/self/fd/2"),
];

impl Vfs {
    /// The device file system over the directory `path`, with all its nodes. Once a container (EBUSY). Root only (EPERM).
    pub fn mount_dev(&mut self, caller: &Caller, path: &[u8]) -> Result<MountId> {
        if self.terminals.is_some() {
            return Err(Errno::EBUSY);
        }
        let mount = self.mount_memory(caller, path, 0o755)?;
        let root = Vnode {
            mount,
            ino: super::memory::ROOT,
        };
        let caller = Caller {
            cwd: root,
            ..*caller
        };
        for (name, rdev) in NODES {
            self.mknod(&caller, name, FileKind::CharDevice, 0o666, rdev)?;
        }
        for (name, target) in LINKS {
            self.symlink(&caller, target, name)?;
        }
        self.mkdir(&caller, b"shm", 0o1777)?;
        self.terminals = Some(self.mkdir(&caller, b"pts", 0o755)?);
        Ok(mount)
    }

    /// Makes `/dev/pts/<number>`, mode 0620, owned by the caller. ENODEV without `/dev`, EEXIST, ENOSPC (number over 2047).
    pub fn add_terminal(&mut self, caller: &Caller, number: u32) -> Result<Vnode> {
        let directory = self.terminals.ok_or(Errno::ENODEV)?;
        if pts_number(pts(number)) != Some(number) {
            return Err(Errno::ENOSPC);
        }
        // Only root may make devices; the user who opened `ptmx` owns this one.
        let root = Caller {
            credentials: &Credentials::ROOT,
            cwd: directory,
            ..*caller
        };
        let v = self.mknod(
            &root,
            number.to_string().as_bytes(),
            FileKind::CharDevice,
            0o620,
            pts(number),
        )?;
        self.fchown(
            &root,
            v,
            Some(caller.credentials.uid),
            Some(caller.credentials.gid),
        )?;
        Ok(v)
    }

    /// Removes `/dev/pts/<number>`. ENODEV without `/dev`, ENOENT.
    pub fn remove_terminal(&mut self, caller: &Caller, number: u32) -> Result<()> {
        let directory = self.terminals.ok_or(Errno::ENODEV)?;
        let root = Caller {
            credentials: &Credentials::ROOT,
            cwd: directory,
            ..*caller
        };
        self.unlink(&root, number.to_string().as_bytes())
    }
}

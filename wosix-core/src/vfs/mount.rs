//! The mount table.

use super::memory::{MemoryFs, ROOT};
use super::proc::ProcFs;
use super::{Caller, FileKind, MountId, Vfs, Vnode};
use crate::errno::{Errno, Result};

/// A file system in its place.
pub(super) struct Mount {
    /// The directory it hides; `None` for the root.
    pub at: Option<Vnode>,
    pub fs: FileSystem,
}

/// The kinds of file systems. An enum and not a trait object: the walk asks it once a component.
pub(super) enum FileSystem {
    Memory(MemoryFs),
    Proc(ProcFs),
}

impl Mount {
    /// EROFS for what cannot be changed.
    pub fn memory_mut(&mut self) -> Result<&mut MemoryFs> {
        match &mut self.fs {
            FileSystem::Memory(fs) => Ok(fs),
            FileSystem::Proc(_) => Err(Errno::EROFS),
        }
    }

    /// EROFS as [`Mount::memory_mut`].
    pub fn memory(&self) -> Result<&MemoryFs> {
        match &self.fs {
            FileSystem::Memory(fs) => Ok(fs),
            FileSystem::Proc(_) => Err(Errno::EROFS),
        }
    }
}

impl Vfs {
    /// An empty file system in memory over the directory `path`; its root gets `mode` and the caller as owner. Root only (EPERM).
    /// Errors: ENOTDIR, EINVAL (within `/proc`), ENOSPC (65,536 mounts), and those of [`Vfs::resolve`].
    pub fn mount_memory(&mut self, caller: &Caller, path: &[u8], mode: u32) -> Result<MountId> {
        let fs = MemoryFs::new(
            mode,
            caller.credentials.uid,
            caller.credentials.gid,
            caller.now,
        );
        self.attach(caller, path, FileSystem::Memory(fs))
    }

    /// `/proc` over the directory `path`. Errors: as [`Vfs::mount_memory`].
    pub fn mount_proc(&mut self, caller: &Caller, path: &[u8]) -> Result<MountId> {
        let fs = ProcFs { root: self.root() };
        self.attach(caller, path, FileSystem::Proc(fs))
    }

    /// Which descriptor `(pid, fd)` a vnode of `/proc/<pid>/fd/` stands for.
    pub fn proc_descriptor(&self, v: Vnode) -> Option<(u32, u32)> {
        match self.mount(v.mount).ok()?.fs {
            FileSystem::Proc(_) => ProcFs::descriptor(v.ino),
            FileSystem::Memory(_) => None,
        }
    }

    fn attach(&mut self, caller: &Caller, path: &[u8], fs: FileSystem) -> Result<MountId> {
        if caller.credentials.uid != 0 {
            return Err(Errno::EPERM);
        }
        let at = self.resolve(caller, path, true)?;
        if self.kind(at) != FileKind::Directory {
            return Err(Errno::ENOTDIR);
        }
        let id = u16::try_from(self.mounts.len())
            .map(MountId)
            .map_err(|_| Errno::ENOSPC)?;
        let point = self
            .mount_mut(at.mount)?
            .memory_mut()
            .map_err(|_| Errno::EINVAL)?
            .get_mut(at.ino)?;
        point.covered = true;
        point.references += 1;
        self.mounts.push(Mount { at: Some(at), fs });
        Ok(id)
    }

    #[inline]
    pub(super) fn mount(&self, id: MountId) -> Result<&Mount> {
        self.mounts.get(usize::from(id.0)).ok_or(Errno::ENOENT)
    }

    #[inline]
    pub(super) fn mount_mut(&mut self, id: MountId) -> Result<&mut Mount> {
        self.mounts.get_mut(usize::from(id.0)).ok_or(Errno::ENOENT)
    }

    #[inline]
    pub(super) fn is_mount_root(&self, v: Vnode) -> bool {
        v.ino == ROOT
    }

    /// The root of what is mounted on `v`, over and over; `v` itself when nothing is.
    pub(super) fn mounted_at(&self, v: Vnode) -> Vnode {
        let mut v = v;
        while let Some(index) = self.mounts.iter().position(|mount| mount.at == Some(v)) {
            v = Vnode {
                mount: MountId(index as u16),
                ino: ROOT,
            };
        }
        v
    }

    /// `/proc/mounts`: device, mount point, type, options, two zeros.
    pub(super) fn mount_list(&self) -> Result<Vec<u8>> {
        let mut list = Vec::new();
        for mount in &self.mounts {
            let path = match mount.at {
                Some(at) => self.path_of(at)?,
                None => b"/".to_vec(),
            };
            let (kind, options) = match mount.fs {
                FileSystem::Memory(_) => ("tmpfs", "rw,relatime"),
                FileSystem::Proc(_) => ("proc", "ro,relatime"),
            };
            list.extend_from_slice(kind.as_bytes());
            list.push(b' ');
            for byte in path {
                match byte {
                    b' ' | b'\t' | b'\n' | b'\\' => {
                        list.extend_from_slice(format!("\\{byte:03o}").as_bytes())
                    }
                    _ => list.push(byte),
                }
            }
            list.extend_from_slice(format!(" {kind} {options} 0 0\n").as_bytes());
        }
        Ok(list)
    }
}

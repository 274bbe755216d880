//! Watching for changes, like inotify but with paths below a recursive watch.

use std::collections::{BTreeMap, VecDeque};

use slab::Slab;

use super::{Caller, FileSystem, Vfs, Vnode};
use crate::errno::Result;

/// Most records that wait in one watch, inotify's default.
const QUEUE_MAX: usize = 16_384;

/// A watch made by [`Vfs::watch`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WatchId(pub u32);

/// What happened, in the two words Node has for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WatchKind {
    /// A name appeared or disappeared.
    Rename,
    /// Contents or attributes changed.
    Change,
    /// Records were dropped because nobody drained them; the name is empty.
    Overflow,
}

/// One change, as seen by one watch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatchRecord {
    /// What happened.
    pub kind: WatchKind,
    /// Path relative to the watched directory; empty for the watched inode itself.
    pub name: Vec<u8>,
}

struct Watch {
    v: Vnode,
    recursive: bool,
    records: VecDeque<WatchRecord>,
}

/// All watches of a container.
pub(super) struct Watches {
    list: Slab<Watch>,
    by_inode: BTreeMap<Vnode, Vec<WatchId>>,
    /// Number of recursive ones: without any, a change looks at its own directory only.
    recursive: usize,
    /// Those that got their first record.
    ready: Vec<WatchId>,
}

impl Watches {
    pub fn new() -> Watches {
        Watches {
            list: Slab::new(),
            by_inode: BTreeMap::new(),
            recursive: 0,
            ready: Vec::new(),
        }
    }

    /// Records a change for the watches of `v`; with `deep` only for recursive ones.
    fn record(&mut self, v: Vnode, deep: bool, kind: WatchKind, name: &[u8]) {
        let Some(ids) = self.by_inode.get(&v) else {
            return;
        };
        for &id in ids {
            let watch = &mut self.list[id.0 as usize];
            if deep && !watch.recursive {
                continue;
            }
            if watch.records.is_empty() {
                self.ready.push(id);
            }
            match watch.records.back() {
                // The same again tells a reader nothing new.
                Some(last) if last.kind == kind && last.name == name => {}
                Some(last) if last.kind == WatchKind::Overflow => {}
                _ if watch.records.len() == QUEUE_MAX => {
                    watch.records.push_back(WatchRecord {
                        kind: WatchKind::Overflow,
                        name: Vec::new(),
                    });
                }
                _ => watch.records.push_back(WatchRecord {
                    kind,
                    name: name.to_vec(),
                }),
            }
        }
    }
}

impl Vfs {
    /// Watches what `path` names: a file, a directory and its entries, or with `recursive` all below it. The inode stays alive until
    /// [`Vfs::unwatch`]. Errors: those of [`Vfs::resolve`].
    pub fn watch(&mut self, caller: &Caller, path: &[u8], recursive: bool) -> Result<WatchId> {
        let v = self.resolve(caller, path, true)?;
        self.acquire(v);
        let id = WatchId(self.watches.list.insert(Watch {
            v,
            recursive,
            records: VecDeque::new(),
        }) as u32);
        self.watches.by_inode.entry(v).or_default().push(id);
        self.watches.recursive += usize::from(recursive);
        Ok(id)
    }

    /// Ends a watch; one that does not exist is ignored.
    pub fn unwatch(&mut self, watch: WatchId) {
        let watches = &mut self.watches;
        let Some(Watch { v, recursive, .. }) = watches.list.try_remove(watch.0 as usize) else {
            return;
        };
        watches.recursive -= usize::from(recursive);
        watches.ready.retain(|&ready| ready != watch);
        if let Some(ids) = watches.by_inode.get_mut(&v) {
            ids.retain(|&id| id != watch);
            if ids.is_empty() {
                watches.by_inode.remove(&v);
            }
        }
        self.release(v);
    }

    /// Takes the records of one watch, oldest first.
    pub fn take_watch_records(&mut self, watch: WatchId) -> Vec<WatchRecord> {
        let watch = self.watches.list.get_mut(watch.0 as usize);
        watch.map_or_else(Vec::new, |watch| core::mem::take(&mut watch.records).into())
    }

    /// Whether the watch has records (poll).
    pub fn watch_ready(&self, watch: WatchId) -> bool {
        self.watches
            .list
            .get(watch.0 as usize)
            .is_some_and(|watch| !watch.records.is_empty())
    }

    /// Watches that got a record while they had none, since the last call: their readers are to be woken. Nearly free when there are none.
    #[inline]
    pub fn take_ready_watches(&mut self) -> Vec<WatchId> {
        core::mem::take(&mut self.watches.ready)
    }

    #[inline]
    pub(super) fn is_watched(&self) -> bool {
        !self.watches.list.is_empty()
    }

    /// Something happened to the entry `name` of a directory.
    #[inline]
    pub(super) fn notify_entry(&mut self, directory: Vnode, name: &[u8], kind: WatchKind) {
        if self.is_watched() {
            self.record_entry(directory, name, kind);
        }
    }

    /// Something happened to an inode: tells its own watches and those of the directories it has names in.
    #[inline]
    pub(super) fn notify_inode(&mut self, v: Vnode, kind: WatchKind) {
        if self.is_watched() {
            self.watches.record(v, false, kind, b"");
            let Ok(FileSystem::Memory(fs)) = self.mount(v.mount).map(|mount| &mount.fs) else {
                return;
            };
            let names: Vec<_> = fs
                .aliases(v.ino)
                .map(|entry| (entry.parent, entry.name.clone()))
                .collect();
            for (ino, name) in names {
                self.record_entry(Vnode { ino, ..v }, &name, kind);
            }
        }
    }

    /// Something happened to an inode that concerns only who watches the inode itself.
    #[inline]
    pub(super) fn notify_self(&mut self, v: Vnode, kind: WatchKind) {
        if self.is_watched() {
            self.watches.record(v, false, kind, b"");
        }
    }

    #[cold]
    fn record_entry(&mut self, directory: Vnode, name: &[u8], kind: WatchKind) {
        self.watches.record(directory, false, kind, name);
        if self.watches.recursive == 0 {
            return;
        }
        let mut path = name.to_vec();
        let mut v = directory;
        while v != self.root() {
            if self.is_mount_root(v) {
                match self.mount(v.mount).map(|mount| mount.at) {
                    Ok(Some(at)) => v = at,
                    _ => return,
                }
                continue;
            }
            let Ok(FileSystem::Memory(fs)) = self.mount(v.mount).map(|mount| &mount.fs) else {
                return;
            };
            // A removed directory has no parents to tell.
            let Some(entry) = fs.aliases(v.ino).next() else {
                return;
            };
            let mut longer = entry.name.to_vec();
            longer.push(b'/');
            longer.append(&mut path);
            path = longer;
            v = self.mounted_at(Vnode {
                ino: entry.parent,
                ..v
            });
            self.watches.record(v, true, kind, &path);
        }
    }
}

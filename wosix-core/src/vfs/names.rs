//! The names of one file system: a single hash table of (directory, name) instead of a map in every directory.
//!
//! A lookup is one hash and one probe whatever the size of the directory, directories cost nothing, and a rename
//! of a directory moves one entry. Entries of a directory are a doubly linked list in the order they were made;
//! names of one inode are a list too (hard links), which is what leads from an inode back to its paths.

use core::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use slab::Slab;

/// Index of an [`Entry`].
pub(super) type EntryId = u32;

/// End of a list.
pub(super) const NONE: EntryId = EntryId::MAX;

/// One name of one inode.
pub(super) struct Entry {
    /// Inode of the directory it is in.
    pub parent: u32,
    /// The inode it names.
    pub ino: u32,
    /// Its neighbours in the directory.
    pub previous: EntryId,
    pub next: EntryId,
    /// Another name of the same inode.
    pub next_alias: EntryId,
    hash: u32,
    pub name: Box<[u8]>,
}

/// All entries of a file system. Keeps the table; the lists are [`super::memory::MemoryFs`]'s to link.
pub(super) struct Names {
    entries: Slab<Entry>,
    /// Hash and index; the hash is here so that growing the table does not touch the entries.
    table: HashTable<(u32, EntryId)>,
}

impl Names {
    pub fn new() -> Names {
        Names {
            entries: Slab::new(),
            table: HashTable::new(),
        }
    }

    pub fn reserve(&mut self, additional: usize) {
        self.entries.reserve(additional);
        self.table.reserve(additional, |&(hash, _)| spread(hash));
    }

    /// The entry `name` of the directory `parent`.
    #[inline]
    pub fn find(&self, parent: u32, name: &[u8]) -> Option<EntryId> {
        let hash = hash(parent, name);
        let found = self.table.find(spread(hash), |&(candidate, id)| {
            candidate == hash && {
                let entry = &self.entries[id as usize];
                entry.parent == parent && *entry.name == *name
            }
        });
        found.map(|&(_, id)| id)
    }

    #[inline]
    pub fn get(&self, id: EntryId) -> &Entry {
        &self.entries[id as usize]
    }

    #[inline]
    pub fn get_mut(&mut self, id: EntryId) -> &mut Entry {
        &mut self.entries[id as usize]
    }

    /// Adds an entry that is in no list yet. The name must not exist.
    pub fn insert(&mut self, parent: u32, name: &[u8], ino: u32) -> EntryId {
        let hash = hash(parent, name);
        let entry = Entry {
            parent,
            ino,
            previous: NONE,
            next: NONE,
            next_alias: NONE,
            hash,
            name: name.into(),
        };
        let id = self.entries.insert(entry) as EntryId;
        self.table
            .insert_unique(spread(hash), (hash, id), |&(hash, _)| spread(hash));
        id
    }

    /// Removes an entry that is in no list any more.
    pub fn remove(&mut self, id: EntryId) -> Entry {
        let entry = self.entries.remove(id as usize);
        self.forget(entry.hash, id);
        entry
    }

    /// Gives an entry another directory and name. The lists are the caller's.
    pub fn move_to(&mut self, id: EntryId, parent: u32, name: &[u8]) {
        let hash = hash(parent, name);
        let entry = &mut self.entries[id as usize];
        let old = core::mem::replace(&mut entry.hash, hash);
        entry.parent = parent;
        if *entry.name != *name {
            entry.name = name.into();
        }
        self.forget(old, id);
        self.table
            .insert_unique(spread(hash), (hash, id), |&(hash, _)| spread(hash));
    }

    fn forget(&mut self, hash: u32, id: EntryId) {
        if let Ok(slot) = self
            .table
            .find_entry(spread(hash), |&(_, candidate)| candidate == id)
        {
            slot.remove();
        }
    }
}

#[inline]
fn hash(parent: u32, name: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(name);
    hasher.write_u32(parent);
    let hash = hasher.finish();
    (hash ^ (hash >> 32)) as u32
}

/// hashbrown takes bucket and tag from opposite ends of a word, whose width is the target's.
#[inline]
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

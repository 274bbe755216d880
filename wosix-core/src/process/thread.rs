//! The threads of one process beside its first.

use std::collections::BTreeMap;

use super::port::PortId;
use crate::errno::{Errno, Result};
use crate::kernel::Tid;

/// Number of a thread within its process.
pub type ThreadId = u32;

/// The thread that a process begins with: its end is the process's.
pub const MAIN_THREAD: ThreadId = 0;

/// Where a thread is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Life {
    /// It has a number; the host knows nothing of it yet.
    Created,
    /// The host looks for a worker. The port is to be the thread's.
    Starting(PortId),
    /// A worker runs it.
    Running(Tid, PortId),
    /// It ended, with this code, and its creator has not asked.
    Ended(i32),
}

/// One thread.
#[derive(Clone, Copy, Debug)]
struct Entry {
    creator: Tid,
    life: Life,
}

/// The threads of a process.
#[derive(Debug, Default)]
pub struct Threads {
    last: ThreadId,
    entries: BTreeMap<ThreadId, Entry>,
}

impl Threads {
    /// A number for a thread of `creator`; none is given twice.
    pub fn create(&mut self, creator: Tid) -> ThreadId {
        self.last += 1;
        let life = Life::Created;
        self.entries.insert(self.last, Entry { creator, life });
        self.last
    }

    /// Where the thread is in its life.
    ///
    /// # Errors
    /// `ESRCH` when there is none of this number, or its creator has asked for its end.
    pub fn life(&self, thread: ThreadId) -> Result<Life> {
        let entry = self.entries.get(&thread).ok_or(Errno::ESRCH)?;
        Ok(entry.life)
    }

    /// Moves the thread on in its life.
    ///
    /// # Errors
    /// `ESRCH`
    pub fn set_life(&mut self, thread: ThreadId, life: Life) -> Result<()> {
        self.entries.get_mut(&thread).ok_or(Errno::ESRCH)?.life = life;
        Ok(())
    }

    /// Who made the thread.
    ///
    /// # Errors
    /// `ESRCH`
    pub fn creator(&self, thread: ThreadId) -> Result<Tid> {
        let entry = self.entries.get(&thread).ok_or(Errno::ESRCH)?;
        Ok(entry.creator)
    }

    /// Forgets a thread.
    pub fn remove(&mut self, thread: ThreadId) {
        self.entries.remove(&thread);
    }

    /// The threads that `creator` made and has not asked for.
    pub fn made_by(&self, creator: Tid) -> Vec<ThreadId> {
        self.entries
            .iter()
            .filter(|(_, entry)| entry.creator == creator)
            .map(|(&thread, _)| thread)
            .collect()
    }

    /// All threads that were not asked for.
    pub fn all(&self) -> Vec<ThreadId> {
        self.entries.keys().copied().collect()
    }

    /// Whether a worker runs one of them, or the host looks for one.
    pub fn any_started(&self) -> bool {
        self.entries
            .values()
            .any(|entry| matches!(entry.life, Life::Starting(_) | Life::Running(..)))
    }
}

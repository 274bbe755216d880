//! Wait queues: who has to look again when something changed.

use super::Tid;

/// Threads whose wake word has to be bumped once the current call is over.
///
/// The embedding layer drains it after every entry, still under the kernel lock.
#[derive(Default, Debug)]
pub struct WakeSet {
    woken: Vec<Tid>,
}

impl WakeSet {
    /// Asks for `tid` to be woken.
    pub fn add(&mut self, tid: Tid) {
        if !self.woken.contains(&tid) {
            self.woken.push(tid);
        }
    }

    /// Takes all threads to wake, leaving none.
    pub fn drain(&mut self) -> impl Iterator<Item = Tid> + '_ {
        self.woken.drain(..)
    }

    /// Whether nobody has to be woken.
    pub fn is_empty(&self) -> bool {
        self.woken.is_empty()
    }
}

/// Threads that want to be told when one particular condition may have changed.
///
/// Waking empties the queue: a woken call is retried from the start and registers again if it must.
/// An entry left by a call that found its answer elsewhere only causes a spurious wake-up.
#[derive(Default, Debug)]
pub struct WaitQueue {
    waiting: Vec<Tid>,
}

impl WaitQueue {
    /// Registers `tid`; doing so twice is the same as once.
    pub fn add(&mut self, tid: Tid) {
        if !self.waiting.contains(&tid) {
            self.waiting.push(tid);
        }
    }

    /// Moves everybody to `wakes`.
    pub fn wake(&mut self, wakes: &mut WakeSet) {
        for tid in self.waiting.drain(..) {
            wakes.add(tid);
        }
    }
}

//! Open files on their way through a stream (`SCM_RIGHTS`).

use std::collections::VecDeque;

use super::descriptor::FileId;

/// The open files that travel with the bytes of one stream. Each holds a reference, and is attached to a byte: it arrives when that byte is read.
///
/// Nobody looks for cycles: a socket that is only referred to by its own queue stays until the container ends.
#[derive(Debug, Default)]
pub struct Passing {
    /// Number of unread bytes in front of the one it belongs to, and the file; ascending.
    under_way: VecDeque<(usize, FileId)>,
    arrived: VecDeque<FileId>,
}

impl Passing {
    /// Attaches `file` to the next byte that is written behind `unread` others.
    pub fn attach(&mut self, unread: usize, file: FileId) {
        self.under_way.push_back((unread, file));
    }

    /// How many of `wanted` bytes one read may take: never those of two files, and none in front of a file together with its own.
    pub fn limit(&self, wanted: usize) -> usize {
        let next = self.under_way.iter().find(|&&(ahead, _)| ahead > 0);
        next.map_or(wanted, |&(ahead, _)| wanted.min(ahead))
    }

    /// `count` bytes were read.
    pub fn advance(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        while let Some(&(ahead, file)) = self.under_way.front()
            && ahead < count
        {
            self.under_way.pop_front();
            self.arrived.push_back(file);
        }
        for (ahead, _) in &mut self.under_way {
            *ahead -= count;
        }
    }

    /// The oldest file that has arrived.
    pub fn take(&mut self) -> Option<FileId> {
        self.arrived.pop_front()
    }

    /// All files, because nobody will ever take them.
    pub fn abandon(&mut self) -> impl Iterator<Item = FileId> + '_ {
        let under_way = self.under_way.drain(..).map(|(_, file)| file);
        self.arrived.drain(..).chain(under_way)
    }
}

//! Message ports: queues of messages between the threads of a process, without limit, in pairs or under a name.

use std::collections::{BTreeMap, VecDeque};

use super::Pid;
use crate::errno::{Errno, Result};
use crate::kernel::Tid;

/// A port's number; none is given twice.
pub type PortId = u32;

/// What is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The sender's own encoding.
    pub bytes: Vec<u8>,
    /// Ports that travel along: nobody's while they do.
    pub ports: Vec<PortId>,
}

/// Where a port's messages go.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Link {
    /// To this port.
    Peer(PortId),
    /// To every other port of this name in the process.
    Channel(Vec<u8>),
    /// The other end is gone.
    Closed,
}

#[derive(Debug)]
struct Port {
    process: Pid,
    owner: Option<Tid>,
    link: Link,
    queue: VecDeque<Message>,
    /// Its owner was told since it last asked.
    told: bool,
}

/// All ports of a container.
#[derive(Debug, Default)]
pub struct Ports {
    last: PortId,
    ports: BTreeMap<PortId, Port>,
    channels: BTreeMap<(Pid, Vec<u8>), Vec<PortId>>,
    /// Owners that have to be told of a port.
    news: Vec<(Tid, PortId)>,
}

impl Ports {
    /// Two ports, each the other's peer.
    pub fn pair(&mut self, process: Pid, owner: Tid) -> (PortId, PortId) {
        let (first, second) = (self.last + 1, self.last + 2);
        self.last = second;
        self.insert(first, process, owner, Link::Peer(second));
        self.insert(second, process, owner, Link::Peer(first));
        (first, second)
    }

    /// A port whose messages go to all others of this name in the process.
    pub fn channel(&mut self, process: Pid, owner: Tid, name: &[u8]) -> PortId {
        self.last += 1;
        self.insert(self.last, process, owner, Link::Channel(name.to_vec()));
        let key = (process, name.to_vec());
        self.channels.entry(key).or_default().push(self.last);
        self.last
    }

    fn insert(&mut self, id: PortId, process: Pid, owner: Tid, link: Link) {
        let port = Port {
            process,
            owner: Some(owner),
            link,
            queue: VecDeque::new(),
            told: false,
        };
        self.ports.insert(id, port);
    }

    fn owned(&self, id: PortId, owner: Tid) -> Result<&Port> {
        self.ports
            .get(&id)
            .filter(|port| port.owner == Some(owner))
            .ok_or(Errno::EBADF)
    }

    /// Sends a message, and the ports in it. Answers how many ports got it: 0 when the other end is gone.
    ///
    /// # Errors
    /// `EBADF` for a port that is not the caller's; `ELOOP` when the port that would get the message is sent in it: both ends
    /// are then closed.
    pub fn send(&mut self, id: PortId, owner: Tid, message: Message) -> Result<usize> {
        let link = self.owned(id, owner)?.link.clone();
        for &sent in &message.ports {
            self.owned(sent, owner)?;
        }
        for sent in &message.ports {
            if let Some(port) = self.ports.get_mut(sent) {
                port.owner = None;
            }
        }
        match link {
            Link::Closed => {
                self.close_all(message.ports);
                Ok(0)
            }
            Link::Peer(peer) if message.ports.contains(&peer) => {
                self.close_all(message.ports);
                Err(Errno::ELOOP)
            }
            Link::Peer(peer) => {
                self.push(peer, message);
                Ok(1)
            }
            Link::Channel(name) => {
                let process = self.owned(id, owner)?.process;
                let others: Vec<PortId> = self.channels[&(process, name)]
                    .iter()
                    .copied()
                    .filter(|&other| other != id)
                    .collect();
                for &other in &others {
                    self.push(other, message.clone());
                }
                Ok(others.len())
            }
        }
    }

    fn push(&mut self, id: PortId, message: Message) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.queue.push_back(message);
            self.tell(id);
        }
    }

    fn tell(&mut self, id: PortId) {
        if let Some(port) = self.ports.get_mut(&id)
            && let Some(owner) = port.owner
            && !port.told
        {
            port.told = true;
            self.news.push((owner, id));
        }
    }

    /// The oldest message of a port; ports in it become the caller's.
    ///
    /// # Errors
    /// `EBADF` for a port that is not the caller's, `EAGAIN` when there is none, `EPIPE` when there will be none any more.
    pub fn receive(&mut self, id: PortId, owner: Tid) -> Result<Message> {
        self.owned(id, owner)?;
        let port = self.ports.get_mut(&id).ok_or(Errno::EBADF)?;
        match port.queue.pop_front() {
            Some(message) => {
                for &sent in &message.ports {
                    self.adopt(sent, owner);
                }
                Ok(message)
            }
            None if port.link == Link::Closed => Err(Errno::EPIPE),
            None => Err(Errno::EAGAIN),
        }
    }

    /// Gives a port that nobody owns to a thread, which is told of what waits there.
    pub fn adopt(&mut self, id: PortId, owner: Tid) {
        let Some(port) = self.ports.get_mut(&id) else {
            return;
        };
        port.owner = Some(owner);
        port.told = false;
        if !port.queue.is_empty() || port.link == Link::Closed {
            self.tell(id);
        }
    }

    /// Takes a port from its owner: it will be another thread's.
    ///
    /// # Errors
    /// `EBADF`
    pub fn disown(&mut self, id: PortId, owner: Tid) -> Result<()> {
        self.owned(id, owner)?;
        if let Some(port) = self.ports.get_mut(&id) {
            port.owner = None;
        }
        Ok(())
    }

    /// Closes a port of the caller's.
    ///
    /// # Errors
    /// `EBADF`
    pub fn close(&mut self, id: PortId, owner: Tid) -> Result<()> {
        self.owned(id, owner)?;
        self.close_all(vec![id]);
        Ok(())
    }

    /// Closes ports, and those in messages that nobody will read.
    pub fn close_all(&mut self, mut ids: Vec<PortId>) {
        while let Some(id) = ids.pop() {
            let Some(port) = self.ports.remove(&id) else {
                continue;
            };
            for message in port.queue {
                ids.extend(message.ports);
            }
            match port.link {
                Link::Closed => {}
                Link::Peer(peer) => {
                    if let Some(other) = self.ports.get_mut(&peer) {
                        other.link = Link::Closed;
                        self.tell(peer);
                    }
                }
                Link::Channel(name) => {
                    let key = (port.process, name);
                    if let Some(members) = self.channels.get_mut(&key) {
                        members.retain(|&member| member != id);
                        if members.is_empty() {
                            self.channels.remove(&key);
                        }
                    }
                }
            }
        }
    }

    /// Closes all ports of a thread.
    pub fn close_of_thread(&mut self, owner: Tid) {
        self.close_all(self.select(|port| port.owner == Some(owner)));
    }

    /// Closes all ports of a process.
    pub fn close_of_process(&mut self, process: Pid) {
        self.close_all(self.select(|port| port.process == process));
    }

    fn select(&self, wanted: impl Fn(&Port) -> bool) -> Vec<PortId> {
        self.ports
            .iter()
            .filter(|(_, port)| wanted(port))
            .map(|(&id, _)| id)
            .collect()
    }

    /// Notes that the owner of a port has been told, and will be told again.
    pub fn heard(&mut self, id: PortId) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.told = false;
        }
    }

    /// Takes who has to be told of which port.
    pub fn take_news(&mut self) -> Vec<(Tid, PortId)> {
        core::mem::take(&mut self.news)
    }
}

//! One socket.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::VecDeque;

use crate::errno::Errno;
use crate::kernel::WaitQueue;
use crate::vfs::Vnode;

use super::SocketId;
use super::datagram::Inbox;

/// Index of one direction of a connection.
pub type StreamId = usize;

/// Address family and kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Domain {
    /// Streams over IPv4
    Tcp4,
    /// Streams over IPv6, which also takes IPv4 peers when bound to `::`
    Tcp6,
    /// Streams between paths
    Unix,
    /// Datagrams over IPv4
    Udp4,
    /// Datagrams over IPv6, which also takes IPv4 peers when bound to `::`
    Udp6,
}

impl Domain {
    /// Whether its sockets exchange datagrams.
    pub fn is_datagram(self) -> bool {
        matches!(self, Domain::Udp4 | Domain::Udp6)
    }

    /// Whether addresses like `ip` are its own.
    pub fn takes(self, ip: IpAddr) -> bool {
        match self {
            Domain::Tcp4 | Domain::Udp4 => ip.is_ipv4(),
            Domain::Tcp6 | Domain::Udp6 => ip.is_ipv6(),
            Domain::Unix => false,
        }
    }
}

/// What setsockopt(2) switches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// `SO_REUSEADDR`
    pub reuse_address: bool,
    /// `SO_REUSEPORT`: sockets that all have it may own the same port.
    pub reuse_port: bool,
    /// `IPV6_V6ONLY`
    pub v6_only: bool,
    /// `SO_BROADCAST`
    pub broadcast: bool,
    /// `IP_MULTICAST_LOOP`: what is sent to a group is heard by members on this machine.
    pub multicast_loop: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            reuse_address: false,
            reuse_port: false,
            v6_only: false,
            broadcast: false,
            multicast_loop: true,
        }
    }
}

/// Address of an end, as `getsockname` shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// IP address and port.
    Inet(IpAddr, u16),
    /// Path as given to `bind`; empty for an unnamed socket; a leading NUL for the abstract name space.
    Unix(Vec<u8>),
}

impl Address {
    /// The address of a socket that was not bound.
    pub fn unspecified(domain: Domain) -> Address {
        match domain {
            Domain::Tcp4 | Domain::Udp4 => Address::Inet(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
            Domain::Tcp6 | Domain::Udp6 => Address::Inet(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
            Domain::Unix => Address::Unix(Vec::new()),
        }
    }
}

/// What a bound Unix socket is found by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Name {
    /// Its inode.
    File(Vnode),
    /// Its abstract name.
    Abstract(Vec<u8>),
}

/// A socket that accepts connections.
#[derive(Debug, Default)]
pub struct Listener {
    /// Connections that may wait for `accept`.
    pub backlog: usize,
    /// Server ends of established connections.
    pub ready: VecDeque<SocketId>,
    /// Clients that wait for room in the backlog.
    pub knocking: VecDeque<SocketId>,
}

/// Where a socket is in its life.
#[derive(Debug)]
pub enum Phase {
    /// Neither listening nor connected.
    Idle,
    /// `listen` was called.
    Listening(Listener),
    /// `connect` was called, the listener has no room yet.
    Connecting {
        /// Whose backlog is full.
        listener: SocketId,
    },
    /// Established.
    Connected {
        /// The socket at the other end; `None` once it was closed.
        other: Option<SocketId>,
        /// What the peer sends.
        incoming: StreamId,
        /// What we send.
        outgoing: StreamId,
        /// `shutdown` of the reading side.
        read_closed: bool,
        /// `shutdown` of the writing side.
        write_closed: bool,
    },
    /// A socket for datagrams, with or without a peer.
    Datagram(Inbox),
}

/// One socket.
#[derive(Debug)]
pub struct Socket {
    /// Address family.
    pub domain: Domain,
    /// Where it is in its life.
    pub phase: Phase,
    /// What is switched on.
    pub options: Options,
    /// Own address.
    pub local: Option<Address>,
    /// The other end's address.
    pub peer: Option<Address>,
    /// Entry in the table of Unix names.
    pub name: Option<Name>,
    /// Pending error (`SO_ERROR`).
    pub error: Option<Errno>,
    /// Why the other end gave the connection up, in words, if it said so.
    pub failure: String,
    /// Woken when a connection can be accepted, the connection was established or refused, or a datagram arrived.
    pub queue: WaitQueue,
}

impl Socket {
    /// A fresh socket.
    pub fn new(domain: Domain) -> Socket {
        Socket {
            domain,
            phase: if domain.is_datagram() {
                Phase::Datagram(Inbox::default())
            } else {
                Phase::Idle
            },
            options: Options::default(),
            local: None,
            peer: None,
            name: None,
            error: None,
            failure: String::new(),
            queue: WaitQueue::default(),
        }
    }
}

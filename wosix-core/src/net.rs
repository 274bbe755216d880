//! Networking: sockets inside the container and the protocols that the host and Node's library speak over them.

mod datagram;
mod loopback;
mod outside;
mod ports;
mod socket;

pub mod http;

pub use datagram::{Datagram, Inbox, Membership};
pub use loopback::{Connection, Network};
pub use outside::OutsideNames;
pub use socket::{Address, Domain, Listener, Name, Options, Phase, Socket, StreamId};

/// Index of a socket.
pub type SocketId = usize;

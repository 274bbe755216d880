//! Networking: sockets inside the container and the protocols that the host and Node's library speak over them.

pub mod http;

//! Which sockets own the ports of one protocol.

use core::net::IpAddr;
use std::collections::BTreeMap;

use super::SocketId;
use super::socket::{Address, Options, Socket};

/// Ports that `bind` and `connect` choose from (`net.ipv4.ip_local_port_range`).
const EPHEMERAL: core::ops::RangeInclusive<u16> = 32768..=60999;

/// The owners of each port, in the order in which they were bound.
#[derive(Debug, Default)]
pub struct Ports {
    owners: BTreeMap<u16, Vec<SocketId>>,
    last: u16,
}

impl Ports {
    /// The sockets that own `port`.
    pub fn owners(&self, port: u16) -> &[SocketId] {
        self.owners.get(&port).map_or(&[], Vec::as_slice)
    }

    /// Whether `id` owns `port`.
    pub fn owns(&self, port: u16, id: SocketId) -> bool {
        self.owners(port).contains(&id)
    }

    /// Makes `id` an owner of `port`.
    pub fn claim(&mut self, port: u16, id: SocketId) {
        self.owners.entry(port).or_default().push(id);
    }

    /// Takes `port` from `id`, if it has it.
    pub fn release(&mut self, port: u16, id: SocketId) {
        if let Some(owners) = self.owners.get_mut(&port) {
            owners.retain(|&owner| owner != id);
            if owners.is_empty() {
                self.owners.remove(&port);
            }
        }
    }

    /// The next port of the range that `is_free`; `None` when none is.
    pub fn ephemeral(&mut self, is_free: impl Fn(&Ports, u16) -> bool) -> Option<u16> {
        for _ in EPHEMERAL {
            let next = self.last.wrapping_add(1);
            self.last = if EPHEMERAL.contains(&next) {
                next
            } else {
                *EPHEMERAL.start()
            };
            if is_free(self, self.last) {
                return Some(self.last);
            }
        }
        None
    }
}

/// Whether an owner of a port keeps another socket from being bound to `ip` there: the same address, or a wildcard that covers it.
/// `::` covers IPv4 too unless its socket is for IPv6 only.
pub fn excludes(owner: &Socket, ip: IpAddr, options: &Options) -> bool {
    let Some(Address::Inet(other, _)) = owner.local else {
        return false;
    };
    let covers = |a: IpAddr, only: bool, b: IpAddr| match a {
        IpAddr::V4(v4) => v4.is_unspecified() && b.is_ipv4(),
        IpAddr::V6(v6) => v6.is_unspecified() && (b.is_ipv6() || !only),
    };
    let overlap = other == ip
        || covers(other, owner.options.v6_only, ip)
        || covers(ip, options.v6_only, other);
    let shared = options.reuse_port && owner.options.reuse_port
        // Linux minds it for listeners only in how they are closed; for datagrams it shares the port.
        || owner.domain.is_datagram() && options.reuse_address && owner.options.reuse_address;
    overlap && !shared
}

//! Datagram sockets (UDP) inside the container. Nothing leads outside: a browser has no datagrams.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::VecDeque;

use crate::errno::{Errno, Result};
use crate::kernel::WakeSet;
use crate::process::pipe::Transfer;

use super::SocketId;
use super::loopback::{Network, in_family, is_local};
use super::socket::{Address, Domain, Phase};

/// Default and largest size of the buffers of a socket (`net.core.rmem_default`, `rmem_max`).
const BUFFER: usize = 212_992;
/// Smallest sizes that setsockopt(2) leaves (`SOCK_MIN_RCVBUF`, `SOCK_MIN_SNDBUF`).
const RECEIVE_BUFFER_MIN: usize = 2304;
const SEND_BUFFER_MIN: usize = 4608;
/// What a datagram takes of the receive buffer besides its bytes; Linux counts the whole of its `sk_buff`.
const OVERHEAD: usize = 256;
/// Longest payload of a datagram: what an IP packet carries less the header of UDP, and of IPv4 its own (RFC 768).
const PAYLOAD_MAX_IPV4: usize = 65_507;
const PAYLOAD_MAX_IPV6: usize = 65_527;

/// A datagram that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// Address of its sender.
    pub from: Address,
    /// Its payload.
    pub bytes: Vec<u8>,
}

/// A multicast group that a socket has joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The group's address.
    pub group: IpAddr,
    /// The only sender to hear; `None` for all.
    pub source: Option<IpAddr>,
}

/// What a datagram socket has besides what all sockets have.
#[derive(Debug)]
pub struct Inbox {
    messages: VecDeque<Datagram>,
    /// Bytes of the receive buffer that are in use.
    used: usize,
    receive_buffer: usize,
    send_buffer: usize,
    groups: Vec<Membership>,
    /// Whether `connect` chose the local address, which `disconnect` gives back.
    address_chosen: bool,
}

impl Default for Inbox {
    fn default() -> Inbox {
        Inbox {
            messages: VecDeque::new(),
            used: 0,
            receive_buffer: BUFFER,
            send_buffer: BUFFER,
            groups: Vec::new(),
            address_chosen: false,
        }
    }
}

impl Inbox {
    /// Whether nothing waits to be received.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// `SO_RCVBUF`
    pub fn receive_buffer(&self) -> usize {
        self.receive_buffer
    }

    /// `SO_SNDBUF`
    pub fn send_buffer(&self) -> usize {
        self.send_buffer
    }

    /// Sets `SO_RCVBUF`: as Linux does, the double of what is asked for, within limits.
    pub fn set_receive_buffer(&mut self, size: usize) {
        self.receive_buffer = (size.min(BUFFER) * 2).max(RECEIVE_BUFFER_MIN);
    }

    /// Sets `SO_SNDBUF` likewise. Datagrams never wait to be sent, so it limits nothing.
    pub fn set_send_buffer(&mut self, size: usize) {
        self.send_buffer = (size.min(BUFFER) * 2).max(SEND_BUFFER_MIN);
    }

    /// Keeps a datagram; one that finds the buffer full is lost.
    fn push(&mut self, from: Address, bytes: &[u8]) -> bool {
        if self.used > self.receive_buffer {
            return false;
        }
        self.used += bytes.len() + OVERHEAD;
        self.messages.push_back(Datagram {
            from,
            bytes: bytes.to_vec(),
        });
        true
    }

    fn pop(&mut self) -> Option<Datagram> {
        let message = self.messages.pop_front()?;
        self.used -= message.bytes.len() + OVERHEAD;
        Some(message)
    }

    fn hears(&self, group: IpAddr, source: IpAddr) -> bool {
        self.groups.iter().any(|membership| {
            membership.group == group && membership.source.is_none_or(|only| only == source)
        })
    }
}

impl Network {
    /// Gives a datagram socket its peer: it sends there, and hears nobody else.
    ///
    /// # Errors
    /// `EAFNOSUPPORT`, `ENETUNREACH`, `EADDRINUSE`.
    pub fn connect_datagrams(&mut self, id: SocketId, ip: IpAddr, port: u16) -> Result<()> {
        let to = self.destination(id, ip)?;
        self.bind_datagrams(id)?;
        let socket = self.socket_mut(id);
        socket.peer = Some(Address::Inet(in_family(to, socket.domain), port));
        let own = in_family(source(to), socket.domain);
        if let (Some(Address::Inet(local, _)), Phase::Datagram(inbox)) =
            (&mut socket.local, &mut socket.phase)
            && local.is_unspecified()
        {
            *local = own;
            inbox.address_chosen = true;
        }
        Ok(())
    }

    /// Takes a datagram socket's peer away.
    ///
    /// # Errors
    /// `ENOTCONN`, `EOPNOTSUPP` for other sockets.
    pub fn disconnect_datagrams(&mut self, id: SocketId) -> Result<()> {
        let socket = self.socket_mut(id);
        let Phase::Datagram(inbox) = &mut socket.phase else {
            return Err(Errno::EOPNOTSUPP);
        };
        socket.peer.take().ok_or(Errno::ENOTCONN)?;
        if core::mem::take(&mut inbox.address_chosen)
            && let Some(Address::Inet(local, _)) = &mut socket.local
        {
            *local = unspecified(socket.domain);
        }
        Ok(())
    }

    /// Sends one datagram, to the peer if `to` is `None`. One that nobody receives is lost.
    ///
    /// # Errors
    /// `EDESTADDRREQ`, `EMSGSIZE`, `ENETUNREACH`, `EACCES` (broadcast), `EINVAL` (port 0), `EAFNOSUPPORT`, `EADDRINUSE`, or the pending
    /// error: `ECONNREFUSED` when the peer did not exist at an earlier send.
    pub fn send_datagram(
        &mut self,
        id: SocketId,
        bytes: &[u8],
        to: Option<(IpAddr, u16)>,
        wakes: &mut WakeSet,
    ) -> Result<usize> {
        if let Some(errno) = self.socket_mut(id).error.take() {
            return Err(errno);
        }
        let (ip, port) = match (to, &self.socket(id).peer) {
            (Some(to), _) => to,
            (None, Some(Address::Inet(ip, port))) => (*ip, *port),
            (None, _) => return Err(Errno::EDESTADDRREQ),
        };
        if port == 0 {
            return Err(Errno::EINVAL);
        }
        let to = self.destination(id, ip)?;
        let limit = if to.is_ipv4() {
            PAYLOAD_MAX_IPV4
        } else {
            PAYLOAD_MAX_IPV6
        };
        if bytes.len() > limit {
            return Err(Errno::EMSGSIZE);
        }
        self.bind_datagrams(id)?;
        let Some(Address::Inet(local, own_port)) = self.socket(id).local else {
            unreachable!("was bound")
        };
        let from = match local.to_canonical() {
            any if any.is_unspecified() => source(to),
            own => own,
        };
        let receivers = if to.is_multicast() {
            self.members(id, to, port, from)
        } else {
            self.receiver(to, port, from, own_port)
                .into_iter()
                .collect()
        };
        if receivers.is_empty() && !to.is_multicast() && self.socket(id).peer.is_some() {
            // What an ICMP "port unreachable" does to a connected socket.
            let socket = self.socket_mut(id);
            socket.error = Some(Errno::ECONNREFUSED);
            socket.queue.wake(wakes);
        }
        for receiver in receivers {
            let socket = self.socket_mut(receiver);
            let from = Address::Inet(in_family(from, socket.domain), own_port);
            if let Phase::Datagram(inbox) = &mut socket.phase
                && inbox.push(from, bytes)
            {
                socket.queue.wake(wakes);
            }
        }
        Ok(bytes.len())
    }

    /// Takes the next datagram; `None` when there is none.
    ///
    /// # Errors
    /// The pending error, `EOPNOTSUPP` for other sockets.
    pub fn receive_datagram(&mut self, id: SocketId) -> Result<Option<Datagram>> {
        let socket = self.socket_mut(id);
        let Phase::Datagram(inbox) = &mut socket.phase else {
            return Err(Errno::EOPNOTSUPP);
        };
        match socket.error.take() {
            Some(errno) => Err(errno),
            None => Ok(inbox.pop()),
        }
    }

    /// read(2) of a datagram socket: what does not fit `out` is lost.
    pub(super) fn read_datagram(&mut self, id: SocketId, out: &mut [u8]) -> Result<Transfer> {
        Ok(match self.receive_datagram(id)? {
            None => Transfer::WouldBlock,
            Some(Datagram { bytes, .. }) => {
                let count = bytes.len().min(out.len());
                out[..count].copy_from_slice(&bytes[..count]);
                Transfer::Moved(count)
            }
        })
    }

    /// Joins a multicast group.
    ///
    /// # Errors
    /// `EINVAL` (no group's address), `EADDRINUSE` (joined already), `EOPNOTSUPP` for other sockets.
    pub fn join_group(&mut self, id: SocketId, membership: Membership) -> Result<()> {
        let groups = self.groups(id, &membership)?;
        if groups.contains(&membership) {
            return Err(Errno::EADDRINUSE);
        }
        groups.push(membership);
        Ok(())
    }

    /// Leaves a multicast group.
    ///
    /// # Errors
    /// `EINVAL` (no group's address), `EADDRNOTAVAIL` (not joined), `EOPNOTSUPP` for other sockets.
    pub fn leave_group(&mut self, id: SocketId, membership: &Membership) -> Result<()> {
        let groups = self.groups(id, membership)?;
        let index = groups.iter().position(|joined| joined == membership);
        groups.remove(index.ok_or(Errno::EADDRNOTAVAIL)?);
        Ok(())
    }

    fn groups(&mut self, id: SocketId, membership: &Membership) -> Result<&mut Vec<Membership>> {
        let socket = self.socket_mut(id);
        let Phase::Datagram(inbox) = &mut socket.phase else {
            return Err(Errno::EOPNOTSUPP);
        };
        if !membership.group.is_multicast() || !socket.domain.takes(membership.group) {
            return Err(Errno::EINVAL);
        }
        Ok(&mut inbox.groups)
    }

    /// Where a datagram to `ip` goes: IPv4 also of a mapped address, and "any" is this machine.
    fn destination(&self, id: SocketId, ip: IpAddr) -> Result<IpAddr> {
        let socket = self.socket(id);
        if !socket.domain.takes(ip) {
            return Err(Errno::EAFNOSUPPORT);
        }
        let to = ip.to_canonical();
        if to.is_ipv4() && socket.options.v6_only {
            return Err(Errno::ENETUNREACH);
        }
        match to {
            IpAddr::V4(v4) if v4.is_broadcast() && !socket.options.broadcast => Err(Errno::EACCES),
            any if any.is_unspecified() => Ok(source(any)),
            to if is_local(to) || to.is_multicast() => Ok(to),
            _ => Err(Errno::ENETUNREACH),
        }
    }

    /// Gives a datagram socket a port unless it has one.
    fn bind_datagrams(&mut self, id: SocketId) -> Result<()> {
        let socket = self.socket(id);
        if socket.local.is_some() {
            return Ok(());
        }
        let any = unspecified(socket.domain);
        self.bind(id, any, 0)
    }

    /// Who receives what is sent to one address: the socket that names it most exactly, among equals the last one bound.
    fn receiver(&self, to: IpAddr, port: u16, from: IpAddr, from_port: u16) -> Option<SocketId> {
        self.datagram_ports
            .owners(port)
            .iter()
            .copied()
            .filter_map(|id| Some((self.exactness(id, to, from, from_port)?, id)))
            .max_by_key(|&(exactness, _)| exactness)
            .map(|(_, id)| id)
    }

    /// How exactly a socket's addresses fit a datagram's; `None` when they do not.
    fn exactness(&self, id: SocketId, to: IpAddr, from: IpAddr, from_port: u16) -> Option<u32> {
        let socket = self.socket(id);
        let Some(Address::Inet(local, _)) = socket.local else {
            return None;
        };
        let covers = match local {
            IpAddr::V4(_) => to.is_ipv4(),
            IpAddr::V6(_) => to.is_ipv6() || !socket.options.v6_only,
        };
        let mut exactness = match local.to_canonical() {
            any if any.is_unspecified() && covers => 0,
            own if own == to => 1,
            _ => return None,
        };
        if let Some(Address::Inet(peer, port)) = socket.peer {
            if peer.to_canonical() != from || port != from_port {
                return None;
            }
            exactness += 2;
        }
        Some(exactness)
    }

    /// The sockets that hear what is sent to a group. All are on this machine, so there are none when the sender wants no copies here.
    fn members(&self, sender: SocketId, group: IpAddr, port: u16, from: IpAddr) -> Vec<SocketId> {
        if !self.socket(sender).options.multicast_loop {
            return Vec::new();
        }
        let hears = |id: &SocketId| {
            let socket = self.socket(*id);
            matches!(&socket.phase, Phase::Datagram(inbox) if inbox.hears(group, from))
                && matches!(socket.local, Some(Address::Inet(local, _)) if local.is_unspecified() || local == group)
        };
        let owners = self.datagram_ports.owners(port).iter();
        owners.copied().filter(hears).collect()
    }
}

/// The container's own address in the family of `to`.
fn source(to: IpAddr) -> IpAddr {
    match to {
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    }
}

fn unspecified(domain: Domain) -> IpAddr {
    match domain {
        Domain::Tcp6 | Domain::Udp6 => Ipv6Addr::UNSPECIFIED.into(),
        Domain::Tcp4 | Domain::Udp4 | Domain::Unix => Ipv4Addr::UNSPECIFIED.into(),
    }
}

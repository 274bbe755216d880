//! The table of sockets, ports and connections inside the container.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeMap;

use slab::Slab;

use crate::errno::{Errno, Result};
use crate::kernel::WakeSet;
use crate::process::descriptor::FileId;
use crate::process::pipe::{Pipe, Transfer};

use super::SocketId;
use super::outside::{OWN_IPV4, OWN_IPV6, OutsideNames};
use super::ports::{Ports, excludes};
use super::socket::{Address, Domain, Listener, Name, Options, Phase, Socket, StreamId};

/// Bytes that one direction of a connection holds.
const STREAM_CAPACITY: usize = 256 * 1024;
/// Upper bound of a backlog (`net.core.somaxconn`).
const BACKLOG_MAX: usize = 4096;

/// What `connect` found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connection {
    /// The connection is there.
    Established,
    /// The listener's backlog is full.
    Pending,
    /// The address is outside. The connection is there, and this is its other end: the caller's, to give to whoever leads it on.
    Outside(SocketId),
}

/// All sockets.
#[derive(Debug, Default)]
pub struct Network {
    sockets: Slab<Socket>,
    streams: Slab<Pipe>,
    /// TCP sockets that own a local address.
    stream_ports: Ports,
    /// UDP sockets that own one.
    pub(super) datagram_ports: Ports,
    names: BTreeMap<Name, SocketId>,
    /// Hosts that are not in the container.
    pub outside: OutsideNames,
    /// Files that were under way to a socket which is closed now; the kernel gives their references back.
    abandoned: Vec<FileId>,
    /// Counts the connections that listeners of one port were chosen for.
    turns: usize,
}

impl Network {
    /// A fresh socket.
    pub fn open(&mut self, domain: Domain) -> SocketId {
        self.sockets.insert(Socket::new(domain))
    }

    /// The socket `id`, which must exist: descriptors own sockets.
    pub fn socket(&self, id: SocketId) -> &Socket {
        &self.sockets[id]
    }

    /// The socket `id`.
    pub fn socket_mut(&mut self, id: SocketId) -> &mut Socket {
        &mut self.sockets[id]
    }

    /// The stream `id`.
    pub fn stream(&self, id: StreamId) -> &Pipe {
        &self.streams[id]
    }

    /// The stream `id`.
    pub fn stream_mut(&mut self, id: StreamId) -> &mut Pipe {
        &mut self.streams[id]
    }

    /// Two connected Unix sockets.
    pub fn pair(&mut self) -> (SocketId, SocketId) {
        let (a, b) = (self.open(Domain::Unix), self.open(Domain::Unix));
        for id in [a, b] {
            self.sockets[id].local = Some(Address::Unix(Vec::new()));
            self.sockets[id].peer = Some(Address::Unix(Vec::new()));
        }
        self.join(a, b);
        (a, b)
    }

    /// Gives a TCP or UDP socket a local address; port 0 chooses one.
    ///
    /// # Errors
    /// `EINVAL` (already bound), `EADDRINUSE`, `EADDRNOTAVAIL`, `EAFNOSUPPORT`.
    pub fn bind(&mut self, id: SocketId, ip: IpAddr, port: u16) -> Result<()> {
        let socket = &self.sockets[id];
        if !socket.domain.takes(ip) {
            return Err(Errno::EAFNOSUPPORT);
        }
        if socket.local.is_some() || !matches!(socket.phase, Phase::Idle | Phase::Datagram(_)) {
            return Err(Errno::EINVAL);
        }
        // A group's address narrows a datagram socket to what is sent to the group.
        if !(is_local(ip) || socket.domain.is_datagram() && ip.is_multicast()) {
            return Err(Errno::EADDRNOTAVAIL);
        }
        let port = if port == 0 {
            self.ephemeral_port(id, ip)?
        } else if self.conflicts(id, ip, port) {
            return Err(Errno::EADDRINUSE);
        } else {
            port
        };
        self.own(id, ip, port);
        Ok(())
    }

    /// Gives a Unix socket the name of an inode, or an abstract one.
    ///
    /// # Errors
    /// `EADDRINUSE`
    pub fn bind_name(&mut self, id: SocketId, name: Name, path: Vec<u8>) -> Result<()> {
        if self.names.contains_key(&name) {
            return Err(Errno::EADDRINUSE);
        }
        self.names.insert(name.clone(), id);
        let socket = &mut self.sockets[id];
        socket.name = Some(name);
        socket.local = Some(Address::Unix(path));
        Ok(())
    }

    /// Makes a socket accept connections. Answers the TCP port that was not listened on before, if any.
    ///
    /// # Errors
    /// `EINVAL` (connected), `EDESTADDRREQ` (a Unix socket without a name), `EADDRINUSE`.
    pub fn listen(&mut self, id: SocketId, backlog: usize) -> Result<Option<u16>> {
        let backlog = backlog.clamp(1, BACKLOG_MAX);
        if let Phase::Listening(listener) = &mut self.sockets[id].phase {
            listener.backlog = backlog;
            return Ok(None);
        }
        match self.sockets[id].phase {
            Phase::Idle => {}
            Phase::Datagram(_) => return Err(Errno::EOPNOTSUPP),
            _ => return Err(Errno::EINVAL),
        }
        if self.sockets[id].local.is_none() {
            match self.sockets[id].domain {
                Domain::Unix => return Err(Errno::EDESTADDRREQ),
                Domain::Tcp4 => self.bind(id, Ipv4Addr::UNSPECIFIED.into(), 0)?,
                Domain::Tcp6 => self.bind(id, Ipv6Addr::UNSPECIFIED.into(), 0)?,
                Domain::Udp4 | Domain::Udp6 => unreachable!("are never idle"),
            }
        }
        let opened = self.port_of(id).filter(|&port| !self.port_listens(port));
        self.sockets[id].phase = Phase::Listening(Listener {
            backlog,
            ..Listener::default()
        });
        Ok(opened)
    }

    /// Whether some socket listens on the TCP port.
    pub fn port_listens(&self, port: u16) -> bool {
        self.listeners(port).next().is_some()
    }

    /// The TCP port a socket owns.
    pub fn port_of(&self, id: SocketId) -> Option<u16> {
        match self.sockets[id].local {
            Some(Address::Inet(_, port)) if self.stream_ports.owns(port, id) => Some(port),
            _ => None,
        }
    }

    /// Connects to a TCP address. `any_loopback`: if nobody listens there, any listener on that port will do, so that a server is found
    /// whichever address of `localhost` it chose.
    ///
    /// # Errors
    /// `ECONNREFUSED`, `ENETUNREACH`, `EISCONN`, `EALREADY`, `EINVAL`, `EAFNOSUPPORT`.
    pub fn connect(
        &mut self,
        id: SocketId,
        ip: IpAddr,
        port: u16,
        any_loopback: bool,
        wakes: &mut WakeSet,
    ) -> Result<Connection> {
        if !self.sockets[id].domain.takes(ip) {
            return Err(Errno::EAFNOSUPPORT);
        }
        self.check_connectable(id)?;
        if !is_local(ip) {
            return self.connect_outside(id, ip, port);
        }
        // Connecting to "any" means this machine.
        let peer = match ip {
            IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            other => other,
        };
        let listener = self
            .listener_for(peer, port, any_loopback)
            .ok_or(Errno::ECONNREFUSED)?;
        self.bind_to_connect(id, peer)?;
        self.sockets[id].peer = Some(Address::Inet(peer, port));
        Ok(self.knock(id, listener, wakes))
    }

    /// Connects to an address that is not the container's: to a fresh socket, whose own address is the one asked for.
    fn connect_outside(&mut self, id: SocketId, ip: IpAddr, port: u16) -> Result<Connection> {
        self.outside.host(ip)?;
        let own = match ip {
            IpAddr::V4(_) => OWN_IPV4.into(),
            IpAddr::V6(_) => OWN_IPV6.into(),
        };
        if matches!(self.sockets[id].local, Some(Address::Inet(local, _)) if local.is_loopback()) {
            return Err(Errno::EINVAL);
        }
        self.bind_to_connect(id, own)?;
        let gateway = self.open(self.sockets[id].domain);
        self.sockets[gateway].local = Some(Address::Inet(ip, port));
        self.sockets[gateway].peer = self.sockets[id].local.clone();
        self.sockets[id].peer = Some(Address::Inet(ip, port));
        self.join(id, gateway);
        Ok(Connection::Outside(gateway))
    }

    /// Gives a socket that is about to be connected the address `own`, unless it was bound to one.
    fn bind_to_connect(&mut self, id: SocketId, own: IpAddr) -> Result<()> {
        match self.sockets[id].local.clone() {
            None => {
                let port = self.ephemeral_port(id, own)?;
                self.own(id, own, port);
            }
            Some(Address::Inet(local, port)) if local.is_unspecified() => {
                self.sockets[id].local = Some(Address::Inet(own, port));
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Connects to a bound Unix socket.
    ///
    /// # Errors
    /// `ECONNREFUSED`, `EISCONN`, `EALREADY`, `EINVAL`.
    pub fn connect_name(
        &mut self,
        id: SocketId,
        name: &Name,
        path: Vec<u8>,
        wakes: &mut WakeSet,
    ) -> Result<Connection> {
        self.check_connectable(id)?;
        let listener = *self.names.get(name).ok_or(Errno::ECONNREFUSED)?;
        if !matches!(self.sockets[listener].phase, Phase::Listening(_)) {
            return Err(Errno::ECONNREFUSED);
        }
        self.sockets[id].peer = Some(Address::Unix(path));
        Ok(self.knock(id, listener, wakes))
    }

    /// Takes the next established connection of a listener; `None` when there is none yet.
    ///
    /// # Errors
    /// `EINVAL` when the socket does not listen.
    pub fn accept(&mut self, id: SocketId, wakes: &mut WakeSet) -> Result<Option<SocketId>> {
        let Phase::Listening(listener) = &mut self.sockets[id].phase else {
            return Err(Errno::EINVAL);
        };
        let accepted = listener.ready.pop_front();
        while let Phase::Listening(listener) = &mut self.sockets[id].phase
            && listener.ready.len() < listener.backlog
            && let Some(client) = listener.knocking.pop_front()
        {
            self.establish(client, id, wakes);
        }
        Ok(accepted)
    }

    /// Whether `accept` would answer at once.
    pub fn acceptable(&self, id: SocketId) -> bool {
        matches!(&self.sockets[id].phase, Phase::Listening(listener) if !listener.ready.is_empty())
    }

    /// Receives.
    ///
    /// # Errors
    /// `ENOTCONN`, `ECONNRESET`, or the pending error.
    pub fn receive(
        &mut self,
        id: SocketId,
        out: &mut [u8],
        wakes: &mut WakeSet,
    ) -> Result<Transfer> {
        let socket = &mut self.sockets[id];
        if let Phase::Datagram(_) = socket.phase {
            return self.read_datagram(id, out);
        }
        let Phase::Connected {
            incoming,
            read_closed,
            ..
        } = socket.phase
        else {
            return Err(socket.error.take().unwrap_or(Errno::ENOTCONN));
        };
        let stream = &mut self.streams[incoming];
        match stream.read(out, wakes)? {
            Transfer::WouldBlock if read_closed => Ok(Transfer::Moved(0)),
            other => Ok(other),
        }
    }

    /// Sends. What TCP sends to an end that was closed is lost, and tells this end so: only what is sent after that fails.
    ///
    /// # Errors
    /// `ENOTCONN`, `EPIPE` (the caller raises `SIGPIPE`), `ECONNRESET`.
    pub fn send(&mut self, id: SocketId, bytes: &[u8], wakes: &mut WakeSet) -> Result<Transfer> {
        let socket = &mut self.sockets[id];
        if let Phase::Datagram(_) = socket.phase {
            return self
                .send_datagram(id, bytes, None, wakes)
                .map(Transfer::Moved);
        }
        let Phase::Connected {
            incoming,
            outgoing,
            write_closed,
            ..
        } = &mut socket.phase
        else {
            return Err(socket.error.take().unwrap_or(Errno::ENOTCONN));
        };
        if core::mem::take(&mut self.streams[*incoming].reset) {
            return Err(Errno::ECONNRESET);
        }
        if *write_closed {
            return Err(Errno::EPIPE);
        }
        let stream = &mut self.streams[*outgoing];
        if stream.readers == 0 && socket.domain != Domain::Unix && !bytes.is_empty() {
            *write_closed = true;
            stream.drop_writer(wakes);
            stream.write_queue.wake(wakes);
            return Ok(Transfer::Moved(bytes.len()));
        }
        stream.write(bytes, wakes)
    }

    /// Sends with an open file attached to the first byte. The reference is taken over when something was moved.
    ///
    /// # Errors
    /// Those of [`Network::send`], and `EINVAL` when the socket is no Unix socket or there are no bytes.
    pub fn send_file(
        &mut self,
        id: SocketId,
        bytes: &[u8],
        file: FileId,
        wakes: &mut WakeSet,
    ) -> Result<Transfer> {
        if self.sockets[id].domain != Domain::Unix || bytes.is_empty() {
            return Err(Errno::EINVAL);
        }
        let Phase::Connected { outgoing, .. } = self.sockets[id].phase else {
            return Err(Errno::ENOTCONN);
        };
        let unread = self.streams[outgoing].len();
        let sent = self.send(id, bytes, wakes)?;
        if let Transfer::Moved(_) = sent {
            self.streams[outgoing].passing.attach(unread, file);
        }
        Ok(sent)
    }

    /// The oldest file that came with the bytes read so far. Its reference is given over.
    pub fn receive_file(&mut self, id: SocketId) -> Option<FileId> {
        match self.sockets[id].phase {
            Phase::Connected { incoming, .. } => self.streams[incoming].passing.take(),
            _ => None,
        }
    }

    /// A file that nobody can receive any more. Its reference is given over.
    pub fn take_abandoned(&mut self) -> Option<FileId> {
        self.abandoned.pop()
    }

    /// shutdown(2) of the reading or writing side or both.
    ///
    /// # Errors
    /// `ENOTCONN`
    pub fn shutdown(
        &mut self,
        id: SocketId,
        read: bool,
        write: bool,
        wakes: &mut WakeSet,
    ) -> Result<()> {
        let Phase::Connected {
            incoming,
            outgoing,
            read_closed,
            write_closed,
            ..
        } = &mut self.sockets[id].phase
        else {
            return Err(Errno::ENOTCONN);
        };
        let (incoming, outgoing) = (*incoming, *outgoing);
        let finish = write && !*write_closed;
        *write_closed |= write;
        *read_closed |= read;
        if finish {
            self.streams[outgoing].drop_writer(wakes);
            self.streams[outgoing].write_queue.wake(wakes);
        }
        if read {
            self.streams[incoming].read_queue.wake(wakes);
        }
        Ok(())
    }

    /// Makes the coming close of a connected socket a reset, and tells the other end why.
    pub fn fail(&mut self, id: SocketId, reason: String) {
        if let Phase::Connected {
            other: Some(other),
            outgoing,
            ..
        } = self.sockets[id].phase
        {
            self.streams[outgoing].reset = true;
            self.sockets[other].failure = reason;
        }
    }

    /// Closes a socket. Answers the TCP port that nobody listens on any more, if it was the last listener.
    pub fn close(&mut self, id: SocketId, wakes: &mut WakeSet) -> Option<u16> {
        let port = self.port_of(id);
        let mut socket = self.sockets.remove(id);
        if let Some(Address::Inet(_, port)) = socket.local {
            self.ports_mut(socket.domain).release(port, id);
        }
        if let Some(name) = &socket.name {
            self.names.remove(name);
        }
        socket.queue.wake(wakes);
        match socket.phase {
            Phase::Idle | Phase::Datagram(_) => None,
            Phase::Connecting { listener } => {
                if let Phase::Listening(listener) = &mut self.sockets[listener].phase {
                    listener.knocking.retain(|&client| client != id);
                }
                None
            }
            Phase::Connected {
                other,
                incoming,
                outgoing,
                write_closed,
                ..
            } => {
                self.disconnect(other, incoming, outgoing, write_closed, wakes);
                None
            }
            Phase::Listening(listener) => {
                for client in listener.knocking {
                    let client = &mut self.sockets[client];
                    client.phase = Phase::Idle;
                    client.error = Some(Errno::ECONNREFUSED);
                    client.queue.wake(wakes);
                }
                for server in listener.ready {
                    // Nobody accepted it: the client sees a reset.
                    if let Phase::Connected { outgoing, .. } = self.sockets[server].phase {
                        self.streams[outgoing].reset = true;
                    }
                    self.close(server, wakes);
                }
                port.filter(|&port| !self.port_listens(port))
            }
        }
    }

    /// The sockets that listen on a TCP port, with their addresses.
    fn listeners(&self, port: u16) -> impl Iterator<Item = (IpAddr, SocketId)> + '_ {
        self.stream_ports.owners(port).iter().filter_map(|&id| {
            let socket = &self.sockets[id];
            match (&socket.phase, &socket.local) {
                (Phase::Listening(_), Some(Address::Inet(ip, _))) => Some((*ip, id)),
                _ => None,
            }
        })
    }

    fn ports_mut(&mut self, domain: Domain) -> &mut Ports {
        if domain.is_datagram() {
            &mut self.datagram_ports
        } else {
            &mut self.stream_ports
        }
    }

    /// Makes a socket the owner of a local address.
    fn own(&mut self, id: SocketId, ip: IpAddr, port: u16) {
        let socket = &mut self.sockets[id];
        socket.local = Some(Address::Inet(ip, port));
        let domain = socket.domain;
        self.ports_mut(domain).claim(port, id);
    }

    /// Whether `bind` must refuse.
    fn conflicts(&self, id: SocketId, ip: IpAddr, port: u16) -> bool {
        let socket = &self.sockets[id];
        let ports = if socket.domain.is_datagram() {
            &self.datagram_ports
        } else {
            &self.stream_ports
        };
        // Accepted connections share their listener's port without owning it, so every owner counts.
        ports
            .owners(port)
            .iter()
            .any(|&owner| excludes(&self.sockets[owner], ip, &socket.options))
    }

    fn ephemeral_port(&mut self, id: SocketId, ip: IpAddr) -> Result<u16> {
        let Network {
            sockets,
            stream_ports,
            datagram_ports,
            ..
        } = self;
        let ports = if sockets[id].domain.is_datagram() {
            datagram_ports
        } else {
            stream_ports
        };
        // Nobody asks for a port that is shared without naming it.
        let alone = Options {
            reuse_address: false,
            reuse_port: false,
            ..sockets[id].options
        };
        let is_free = |ports: &Ports, port| {
            !ports
                .owners(port)
                .iter()
                .any(|&owner| excludes(&sockets[owner], ip, &alone))
        };
        ports.ephemeral(is_free).ok_or(Errno::EADDRINUSE)
    }

    /// The listener that answers at an address: the exact one, then a wildcard, then with `any` whatever is on that port. Among equals
    /// they take turns.
    fn listener_for(&mut self, ip: IpAddr, port: u16, any: bool) -> Option<SocketId> {
        let ip = ip.to_canonical();
        let rank = |(bound, id): (IpAddr, SocketId)| {
            let covers = bound.is_ipv4() == ip.is_ipv4()
                || bound.is_ipv6() && !self.sockets[id].options.v6_only;
            match bound.to_canonical() {
                own if own == ip => Some(0),
                wildcard if wildcard.is_unspecified() && covers => Some(1),
                _ => any.then_some(2),
            }
        };
        let best = self.listeners(port).filter_map(rank).min()?;
        let equals: Vec<SocketId> = self
            .listeners(port)
            .filter(|&listener| rank(listener) == Some(best))
            .map(|(_, id)| id)
            .collect();
        self.turns = self.turns.wrapping_add(1);
        Some(equals[self.turns % equals.len()])
    }

    fn check_connectable(&self, id: SocketId) -> Result<()> {
        match self.sockets[id].phase {
            Phase::Idle | Phase::Datagram(_) => Ok(()),
            Phase::Listening(_) => Err(Errno::EINVAL),
            Phase::Connecting { .. } => Err(Errno::EALREADY),
            Phase::Connected { .. } => Err(Errno::EISCONN),
        }
    }

    fn knock(&mut self, client: SocketId, listener: SocketId, wakes: &mut WakeSet) -> Connection {
        let Phase::Listening(queue) = &mut self.sockets[listener].phase else {
            unreachable!("found as a listener")
        };
        if queue.ready.len() < queue.backlog {
            self.establish(client, listener, wakes);
            Connection::Established
        } else {
            queue.knocking.push_back(client);
            self.sockets[client].phase = Phase::Connecting { listener };
            Connection::Pending
        }
    }

    /// Makes the server end of a connection and puts it into the backlog.
    fn establish(&mut self, client: SocketId, listener: SocketId, wakes: &mut WakeSet) {
        let domain = self.sockets[listener].domain;
        let server = self.open(domain);
        let local = match &self.sockets[client].peer {
            // The listener's own family: an IPv4 client of a dual-stack server is shown as a mapped address.
            Some(Address::Inet(ip, port)) => Some(Address::Inet(in_family(*ip, domain), *port)),
            other => other.clone(),
        };
        let peer = match &self.sockets[client].local {
            Some(Address::Inet(ip, port)) => Some(Address::Inet(in_family(*ip, domain), *port)),
            Some(other) => Some(other.clone()),
            None => Some(Address::Unix(Vec::new())),
        };
        self.sockets[server].local = local;
        self.sockets[server].peer = peer;
        self.join(client, server);
        self.sockets[client].queue.wake(wakes);
        let socket = &mut self.sockets[listener];
        socket.queue.wake(wakes);
        if let Phase::Listening(queue) = &mut socket.phase {
            queue.ready.push_back(server);
        }
    }

    fn join(&mut self, a: SocketId, b: SocketId) {
        let [to_a, to_b] = [(); 2].map(|()| {
            let mut stream = Pipe::new(STREAM_CAPACITY);
            stream.readers = 1;
            stream.writers = 1;
            self.streams.insert(stream)
        });
        let connected = |other, incoming, outgoing| Phase::Connected {
            other: Some(other),
            incoming,
            outgoing,
            read_closed: false,
            write_closed: false,
        };
        self.sockets[a].phase = connected(b, to_a, to_b);
        self.sockets[b].phase = connected(a, to_b, to_a);
    }

    /// Both directions of a closed end. Unread data turns the end of the stream into a reset (RFC 2525 2.17), which ends both.
    fn disconnect(
        &mut self,
        other: Option<SocketId>,
        incoming: StreamId,
        outgoing: StreamId,
        write_closed: bool,
        wakes: &mut WakeSet,
    ) {
        if !self.streams[incoming].is_empty() || self.streams[outgoing].reset {
            self.streams[outgoing].reset = true;
            self.streams[outgoing].read_queue.wake(wakes);
            if let Some(id) = other
                && let Phase::Connected { write_closed, .. } = &mut self.sockets[id].phase
                && !core::mem::replace(write_closed, true)
            {
                self.streams[incoming].drop_writer(wakes);
            }
        }
        self.abandoned
            .extend(self.streams[incoming].passing.abandon());
        self.streams[incoming].drop_reader(wakes);
        if !write_closed {
            self.streams[outgoing].drop_writer(wakes);
        }
        // A socket refers to both streams until it is closed, whatever was shut down before.
        if let Some(id) = other
            && let Phase::Connected { other, .. } = &mut self.sockets[id].phase
        {
            *other = None;
        }
        for id in [incoming, outgoing] {
            if other.is_none() {
                self.streams.remove(id);
            } else {
                // POLLHUP of the other end.
                self.streams[id].read_queue.wake(wakes);
                self.streams[id].write_queue.wake(wakes);
            }
        }
    }
}

/// Whether an address is this container's.
pub(super) fn is_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_unspecified(),
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6
                    .to_ipv4_mapped()
                    .is_some_and(|v4| v4.is_loopback() || v4.is_unspecified())
        }
    }
}

/// An address as a socket of `domain` shows it.
pub(super) fn in_family(ip: IpAddr, domain: Domain) -> IpAddr {
    match (domain, ip) {
        (Domain::Tcp6 | Domain::Udp6, IpAddr::V4(v4)) => v4.to_ipv6_mapped().into(),
        (Domain::Tcp4 | Domain::Udp4, IpAddr::V6(v6)) => {
            v6.to_ipv4().unwrap_or(Ipv4Addr::LOCALHOST).into()
        }
        (_, other) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_outlives_its_shutdown_and_its_peer() {
        let mut network = Network::default();
        let mut wakes = WakeSet::default();
        let (a, b) = network.pair();
        network.shutdown(a, false, true, &mut wakes).unwrap();
        network.close(b, &mut wakes);
        let mut out = [0; 1];
        assert!(matches!(
            network.receive(a, &mut out, &mut wakes),
            Ok(Transfer::Moved(0))
        ));
        assert_eq!(network.send(a, b"x", &mut wakes).err(), Some(Errno::EPIPE));
        network.close(a, &mut wakes);
        assert!(network.streams.is_empty());
    }
}

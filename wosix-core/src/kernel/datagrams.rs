//! System calls on datagram sockets, and the options of all sockets.

use core::net::IpAddr;

use super::{Answer, Call, Kernel};
use crate::errno::{Errno, Result};
use crate::net::{Datagram, Membership, Phase};
use crate::process::descriptor::Object;

/// What `set_option` changes. Switches are 0 or 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SocketOption {
    /// `SO_REUSEADDR`
    ReuseAddress,
    /// `SO_REUSEPORT`
    ReusePort,
    /// `IPV6_V6ONLY`
    V6Only,
    /// `SO_BROADCAST`
    Broadcast,
    /// `IP_MULTICAST_LOOP`
    MulticastLoop,
    /// `SO_RCVBUF` of a datagram socket, in bytes.
    ReceiveBuffer,
    /// `SO_SNDBUF` of a datagram socket, in bytes.
    SendBuffer,
}

impl Kernel {
    /// sendto(2): one datagram, to the peer if `to` is `None`. It never waits.
    ///
    /// # Errors
    /// See [`crate::net::Network::send_datagram`]; `EOPNOTSUPP` for other sockets.
    pub fn send_to(
        &mut self,
        call: Call,
        fd: i32,
        bytes: &[u8],
        to: Option<(IpAddr, u16)>,
    ) -> Result<usize> {
        let id = self.socket_of(call, fd)?;
        if !self.network.socket(id).domain.is_datagram() {
            return Err(Errno::EOPNOTSUPP);
        }
        self.network.send_datagram(id, bytes, to, &mut self.wakes)
    }

    /// recvfrom(2): one whole datagram.
    pub fn receive_from(&mut self, call: Call, fd: i32, nonblock: bool) -> Answer<Datagram> {
        let id = self.socket_of(call, fd)?;
        let nonblock = nonblock || self.nonblocking(call, fd)?;
        match self.network.receive_datagram(id)? {
            Some(datagram) => Ok(datagram),
            None => self.wait_readable(call, Object::Socket(id), nonblock),
        }
    }

    /// connect(2) with `AF_UNSPEC`: takes the peer away.
    pub fn disconnect(&mut self, call: Call, fd: i32) -> Result<()> {
        let id = self.socket_of(call, fd)?;
        self.network.disconnect_datagrams(id)
    }

    /// Joins (`IP_ADD_MEMBERSHIP`, `IP_ADD_SOURCE_MEMBERSHIP`) or leaves a multicast group.
    pub fn set_membership(
        &mut self,
        call: Call,
        fd: i32,
        membership: Membership,
        joined: bool,
    ) -> Result<()> {
        let id = self.socket_of(call, fd)?;
        if joined {
            self.network.join_group(id, membership)
        } else {
            self.network.leave_group(id, &membership)
        }
    }

    /// setsockopt(2)
    pub fn set_option(
        &mut self,
        call: Call,
        fd: i32,
        option: SocketOption,
        value: u32,
    ) -> Result<()> {
        let id = self.socket_of(call, fd)?;
        let socket = self.network.socket_mut(id);
        let on = value != 0;
        match (option, &mut socket.phase) {
            (SocketOption::ReuseAddress, _) => socket.options.reuse_address = on,
            (SocketOption::ReusePort, _) => socket.options.reuse_port = on,
            (SocketOption::V6Only, _) if socket.local.is_some() => return Err(Errno::EINVAL),
            (SocketOption::V6Only, _) => socket.options.v6_only = on,
            (SocketOption::Broadcast, _) => socket.options.broadcast = on,
            (SocketOption::MulticastLoop, _) => socket.options.multicast_loop = on,
            (SocketOption::ReceiveBuffer, Phase::Datagram(inbox)) => {
                inbox.set_receive_buffer(value as usize);
            }
            (SocketOption::SendBuffer, Phase::Datagram(inbox)) => {
                inbox.set_send_buffer(value as usize);
            }
            (SocketOption::ReceiveBuffer | SocketOption::SendBuffer, _) => {
                return Err(Errno::ENOPROTOOPT);
            }
        }
        Ok(())
    }

    /// getsockopt(2)
    pub fn option(&self, call: Call, fd: i32, option: SocketOption) -> Result<u32> {
        let socket = self.network.socket(self.socket_of(call, fd)?);
        Ok(match (option, &socket.phase) {
            (SocketOption::ReuseAddress, _) => u32::from(socket.options.reuse_address),
            (SocketOption::ReusePort, _) => u32::from(socket.options.reuse_port),
            (SocketOption::V6Only, _) => u32::from(socket.options.v6_only),
            (SocketOption::Broadcast, _) => u32::from(socket.options.broadcast),
            (SocketOption::MulticastLoop, _) => u32::from(socket.options.multicast_loop),
            (SocketOption::ReceiveBuffer, Phase::Datagram(inbox)) => inbox.receive_buffer() as u32,
            (SocketOption::SendBuffer, Phase::Datagram(inbox)) => inbox.send_buffer() as u32,
            (SocketOption::ReceiveBuffer | SocketOption::SendBuffer, _) => {
                return Err(Errno::ENOPROTOOPT);
            }
        })
    }
}

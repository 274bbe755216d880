//! System calls on sockets.

use core::net::{IpAddr, Ipv4Addr};

use super::{Answer, Call, Effect, HOST_THREAD, Kernel};
use crate::errno::{Errno, Result};
use crate::net::{Address, Connection, Domain, Name, Phase, SocketId};
use crate::process::HOST;
use crate::process::descriptor::Object;
use crate::process::pipe::Transfer;
use crate::process::thread::MAIN_THREAD;
use crate::vfs::{Access, FileKind, OpenFlags};

/// Longest path of a Unix socket (`sun_path` with its NUL).
const UNIX_PATH_MAX: usize = 107;

impl Kernel {
    /// A socket.
    pub fn socket(&mut self, call: Call, domain: Domain) -> Result<i32> {
        self.process(call.tid)?.descriptors.check_room(1)?;
        let socket = self.network.open(domain);
        self.describe(call, Object::Socket(socket), None, OpenFlags::RDWR)
    }

    /// socketpair(2) of Unix sockets.
    pub fn socketpair(&mut self, call: Call) -> Result<(i32, i32)> {
        self.process(call.tid)?.descriptors.check_room(2)?;
        let (a, b) = self.network.pair();
        let first = self.describe(call, Object::Socket(a), None, OpenFlags::RDWR)?;
        let second = self.describe(call, Object::Socket(b), None, OpenFlags::RDWR)?;
        Ok((first, second))
    }

    pub(super) fn socket_of(&self, call: Call, fd: i32) -> Result<SocketId> {
        match self.object(call, fd)? {
            Object::Socket(id) => Ok(id),
            Object::Path(_) => Err(Errno::EBADF),
            _ => Err(Errno::ENOTSOCK),
        }
    }

    /// bind(2). A Unix path makes a socket inode.
    pub fn bind(&mut self, call: Call, fd: i32, address: &Address) -> Result<()> {
        let id = self.socket_of(call, fd)?;
        match (address, self.network.socket(id).domain) {
            (Address::Unix(path), Domain::Unix) => self.bind_unix(call, id, path),
            (Address::Unix(_), _) | (_, Domain::Unix) => Err(Errno::EAFNOSUPPORT),
            (Address::Inet(ip, port), _) => self.network.bind(id, *ip, *port),
        }
    }

    fn bind_unix(&mut self, call: Call, id: SocketId, path: &[u8]) -> Result<()> {
        if self.network.socket(id).local.is_some() || path.is_empty() || path.len() > UNIX_PATH_MAX
        {
            return Err(Errno::EINVAL);
        }
        if let Some(name) = path.strip_prefix(b"\0") {
            return self
                .network
                .bind_name(id, Name::Abstract(name.to_vec()), path.to_vec());
        }
        let mode = 0o777 & !self.process(call.tid)?.umask;
        let vnode = self
            .with_vfs(call, |vfs, caller| {
                vfs.mknod(caller, path, FileKind::Socket, mode, 0)
            })
            .map_err(|errno| {
                if errno == Errno::EEXIST {
                    Errno::EADDRINUSE
                } else {
                    errno
                }
            })?;
        // The inode must not be reused for another file while the socket goes by it.
        self.vfs.acquire(vnode);
        self.network.bind_name(id, Name::File(vnode), path.to_vec())
    }

    /// listen(2): the host is told when a TCP port opens.
    pub fn listen(&mut self, call: Call, fd: i32, backlog: i32) -> Result<()> {
        let id = self.socket_of(call, fd)?;
        let opened = self.network.listen(id, backlog.max(0) as usize)?;
        if let Some(port) = opened {
            let pid = self.process_of(call.tid)?;
            self.ports.insert(port, pid);
            self.effect(Effect::Port {
                open: true,
                port,
                pid,
            });
        }
        Ok(())
    }

    /// accept(2)
    pub fn accept(&mut self, call: Call, fd: i32, nonblock: bool) -> Answer<i32> {
        let id = self.socket_of(call, fd)?;
        let nonblock = nonblock || self.nonblocking(call, fd)?;
        self.process(call.tid)?.descriptors.check_room(1)?;
        match self.network.accept(id, &mut self.wakes)? {
            Some(accepted) => {
                Ok(self.describe(call, Object::Socket(accepted), None, OpenFlags::RDWR)?)
            }
            None => self.wait_readable(call, Object::Socket(id), nonblock),
        }
    }

    /// connect(2). `EINPROGRESS` when it would wait and must not.
    pub fn connect(
        &mut self,
        call: Call,
        fd: i32,
        address: &Address,
        nonblock: bool,
    ) -> Answer<()> {
        let id = self.socket_of(call, fd)?;
        let nonblock = nonblock || self.nonblocking(call, fd)?;
        if !nonblock {
            // A retry after the wait for room in the backlog finds what became of it.
            match &self.network.socket(id).phase {
                Phase::Connecting { .. } => {
                    return self.wait_writable(call, Object::Socket(id), false);
                }
                Phase::Connected { .. }
                    if self.threads[call.tid as usize].connecting.take() == Some(id) =>
                {
                    return Ok(());
                }
                Phase::Idle if self.threads[call.tid as usize].connecting.take() == Some(id) => {
                    let error = self.network.socket_mut(id).error.take();
                    return Err(error.unwrap_or(Errno::ECONNREFUSED).into());
                }
                _ => {}
            }
        }
        let connection = match (address, self.network.socket(id).domain) {
            (Address::Inet(ip, port), Domain::Tcp4 | Domain::Tcp6) => {
                // What a page shows of a port is the server there, whichever address it chose.
                let any_loopback = call.tid == HOST_THREAD;
                let connection =
                    self.network
                        .connect(id, *ip, *port, any_loopback, &mut self.wakes)?;
                if let Connection::Outside(gateway) = connection {
                    self.lead_outside(gateway, *ip, *port)?;
                }
                connection
            }
            (Address::Inet(ip, port), Domain::Udp4 | Domain::Udp6) => {
                self.network.connect_datagrams(id, *ip, *port)?;
                Connection::Established
            }
            (Address::Unix(path), Domain::Unix) => self.connect_unix(call, id, path)?,
            (Address::Unix(_), _) | (_, Domain::Unix) => return Err(Errno::EAFNOSUPPORT.into()),
        };
        match connection {
            Connection::Established | Connection::Outside(_) => Ok(()),
            Connection::Pending if nonblock => Err(Errno::EINPROGRESS.into()),
            Connection::Pending => {
                self.threads[call.tid as usize].connecting = Some(id);
                self.wait_writable(call, Object::Socket(id), false)
            }
        }
    }

    /// Gives the far end of a connection to the host. Without room for its descriptor it is closed, and the caller's end with it.
    fn lead_outside(&mut self, gateway: SocketId, ip: IpAddr, port: u16) -> Result<()> {
        let file = self.insert_file(Object::Socket(gateway), None, OpenFlags::RDWR);
        let added = self
            .table
            .get_mut(HOST)
            .and_then(|host| host.descriptors.add(file, true, MAIN_THREAD));
        match added {
            Ok(fd) => {
                self.effect(Effect::Connect { fd, ip, port });
                Ok(())
            }
            Err(errno) => {
                self.release_file(file);
                Err(errno)
            }
        }
    }

    /// The address that stands for a host outside; connecting to it leads to the host's gateway.
    ///
    /// # Errors
    /// `ENOENT` for what names no host, `ENOSPC` when no more names can be told apart.
    pub fn lookup(&mut self, call: Call, name: &[u8]) -> Result<Ipv4Addr> {
        self.process(call.tid)?;
        self.network.outside.address(name)
    }

    /// The host at an address outside, as it is written in a URL.
    ///
    /// # Errors
    /// `ENETUNREACH`
    pub fn outside_host(&self, ip: IpAddr) -> Result<String> {
        self.network.outside.host(ip)
    }

    fn connect_unix(&mut self, call: Call, id: SocketId, path: &[u8]) -> Result<Connection> {
        if path.is_empty() || path.len() > UNIX_PATH_MAX {
            return Err(Errno::EINVAL);
        }
        let name = if let Some(name) = path.strip_prefix(b"\0") {
            Name::Abstract(name.to_vec())
        } else {
            let vnode = self.with_vfs(call, |vfs, caller| {
                let vnode = vfs.resolve(caller, path, true)?;
                vfs.faccess(caller, vnode, Access::WRITE)?;
                Ok(vnode)
            })?;
            if self.vfs.kind(vnode) != FileKind::Socket {
                return Err(Errno::ECONNREFUSED);
            }
            Name::File(vnode)
        };
        self.network
            .connect_name(id, &name, path.to_vec(), &mut self.wakes)
    }

    /// shutdown(2); `how` 0 reading, 1 writing, 2 both.
    pub fn shutdown(&mut self, call: Call, fd: i32, how: u32) -> Result<()> {
        let id = self.socket_of(call, fd)?;
        let (read, write) = match how {
            0 => (true, false),
            1 => (false, true),
            2 => (true, true),
            _ => return Err(Errno::EINVAL),
        };
        self.network.shutdown(id, read, write, &mut self.wakes)
    }

    /// sendmsg(2) with one descriptor (`SCM_RIGHTS`): the open file behind `passed` travels with the first of `bytes`.
    pub fn send_descriptor(
        &mut self,
        call: Call,
        fd: i32,
        passed: i32,
        bytes: &[u8],
        nonblock: bool,
    ) -> Answer<usize> {
        let id = self.socket_of(call, fd)?;
        let nonblock = nonblock || self.nonblocking(call, fd)?;
        let file = self.file(call, passed)?;
        let sent = self.network.send_file(id, bytes, file, &mut self.wakes);
        match self.broken_pipe(call, sent)? {
            Transfer::Moved(count) => {
                self.table.files[file].references += 1;
                Ok(count)
            }
            Transfer::WouldBlock => self.wait_writable(call, Object::Socket(id), nonblock),
        }
    }

    /// A descriptor, closed on exec, for the oldest open file that came with what was read so far; `EAGAIN` if there is none.
    pub fn receive_descriptor(&mut self, call: Call, fd: i32) -> Result<i32> {
        let id = self.socket_of(call, fd)?;
        self.process(call.tid)?.descriptors.check_room(1)?;
        let file = self.network.receive_file(id).ok_or(Errno::EAGAIN)?;
        let opener = self.thread_number(call);
        let added = self
            .process_mut(call.tid)?
            .descriptors
            .add(file, true, opener);
        if added.is_err() {
            self.release_file(file);
        }
        added
    }

    /// getsockname(2)
    pub fn sockname(&self, call: Call, fd: i32) -> Result<Address> {
        let socket = self.network.socket(self.socket_of(call, fd)?);
        Ok(socket
            .local
            .clone()
            .unwrap_or_else(|| Address::unspecified(socket.domain)))
    }

    /// getpeername(2); `ENOTCONN`
    pub fn peername(&self, call: Call, fd: i32) -> Result<Address> {
        let socket = self.network.socket(self.socket_of(call, fd)?);
        match socket.phase {
            Phase::Connected { .. } | Phase::Datagram(_) => {
                socket.peer.clone().ok_or(Errno::ENOTCONN)
            }
            _ => Err(Errno::ENOTCONN),
        }
    }

    /// `SO_ERROR`: the pending error, which is cleared.
    pub fn socket_error(&mut self, call: Call, fd: i32) -> Result<Option<Errno>> {
        let id = self.socket_of(call, fd)?;
        Ok(self.network.socket_mut(id).error.take())
    }

    /// Closes a connection with a reset; `failure` answers `reason` at the other end.
    pub fn abort(&mut self, call: Call, fd: i32, reason: String) -> Result<()> {
        let id = self.socket_of(call, fd)?;
        self.network.fail(id, reason);
        self.close(call, fd)
    }

    /// Why the other end gave the connection up, in words; empty if it did not say.
    pub fn failure(&self, call: Call, fd: i32) -> Result<&str> {
        Ok(&self.network.socket(self.socket_of(call, fd)?).failure)
    }

    pub(super) fn nonblocking(&self, call: Call, fd: i32) -> Result<bool> {
        Ok(self.table.files[self.file(call, fd)?]
            .flags
            .has(OpenFlags::NONBLOCK))
    }
}

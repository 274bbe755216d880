//! Sockets and watches.

use core::net::IpAddr;
use core::str::FromStr;

use wosix_core::errno::{Errno, Result};
use wosix_core::kernel::Tid;
use wosix_core::net::{Address, Domain};
use wosix_core::vfs::WatchKind;

use crate::codec::{Reader, put_i32, put_string};
use crate::entry::{Patience, call, wait};

/// An IP address as text.
pub(super) fn ip_address(text: &[u8]) -> Result<IpAddr> {
    let text = core::str::from_utf8(text).map_err(|_| Errno::EINVAL)?;
    // A zone (`fe80::1%lo`) names an interface, and there is one.
    let text = text.split('%').next().unwrap_or(text);
    IpAddr::from_str(text).map_err(|_| Errno::EINVAL)
}

/// Layout: family (4, 6, or 1 for Unix), port, then the address or path.
fn address(bytes: &[u8]) -> Result<Address> {
    let mut reader = Reader::new(bytes);
    let (family, port) = (reader.i32()?, reader.i32()?);
    let text = reader.rest();
    if family == 1 {
        return Ok(Address::Unix(text.to_vec()));
    }
    let ip = ip_address(text)?;
    let port = u16::try_from(port).map_err(|_| Errno::EINVAL)?;
    if ip.is_ipv4() != (family == 4) {
        return Err(Errno::EAFNOSUPPORT);
    }
    Ok(Address::Inet(ip, port))
}

fn encoded(address: &Address) -> Vec<u8> {
    let mut out = Vec::new();
    match address {
        Address::Inet(ip, port) => {
            put_i32(&mut out, if ip.is_ipv4() { 4 } else { 6 });
            put_i32(&mut out, i32::from(*port));
            out.extend_from_slice(ip.to_string().as_bytes());
        }
        Address::Unix(path) => {
            put_i32(&mut out, 1);
            put_i32(&mut out, 0);
            out.extend_from_slice(path);
        }
    }
    out
}

/// `family`: 4, 6, or 1 for Unix; 16 more for datagrams.
#[unsafe(no_mangle)]
extern "C" fn sys_socket(tid: Tid, family: u32) -> i32 {
    call(tid, |kernel, call, _| {
        let domain = match family {
            4 => Domain::Tcp4,
            6 => Domain::Tcp6,
            1 => Domain::Unix,
            20 => Domain::Udp4,
            22 => Domain::Udp6,
            _ => return Err(Errno::EAFNOSUPPORT),
        };
        kernel.socket(call, domain)
    })
}

/// The two descriptors go to the scratch block.
#[unsafe(no_mangle)]
extern "C" fn sys_socketpair(tid: Tid) -> i32 {
    call(tid, |kernel, call, frame| {
        let (first, second) = kernel.socketpair(call)?;
        frame.put_i32(0, &[first, second]);
        Ok(())
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_bind(tid: Tid, fd: i32, length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        kernel.bind(call, fd, &address(frame.bytes(0, length))?)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_listen(tid: Tid, fd: i32, backlog: i32) -> i32 {
    call(tid, |kernel, call, _| kernel.listen(call, fd, backlog))
}

#[unsafe(no_mangle)]
extern "C" fn sys_accept(tid: Tid, fd: i32, nonblock: u32) -> i32 {
    wait(tid, Patience::Endless, |kernel, call, _| {
        kernel.accept(call, fd, nonblock != 0)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_connect(tid: Tid, fd: i32, length: u32, nonblock: u32) -> i32 {
    wait(tid, Patience::Endless, |kernel, call, frame| {
        kernel.connect(call, fd, &address(frame.bytes(0, length))?, nonblock != 0)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_shutdown(tid: Tid, fd: i32, how: u32) -> i32 {
    call(tid, |kernel, call, _| kernel.shutdown(call, fd, how))
}

/// Sends up to `length` bytes from the start of the scratch block, and `passed` with the first of them.
#[unsafe(no_mangle)]
extern "C" fn sys_send_descriptor(
    tid: Tid,
    fd: i32,
    passed: i32,
    length: u32,
    nonblock: u32,
) -> i32 {
    wait(tid, Patience::Endless, |kernel, call, frame| {
        kernel.send_descriptor(call, fd, passed, frame.bytes(0, length), nonblock != 0)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_receive_descriptor(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, _| kernel.receive_descriptor(call, fd))
}

#[unsafe(no_mangle)]
extern "C" fn sys_sockname(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, frame| {
        Ok(frame.reply(encoded(&kernel.sockname(call, fd)?)))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_peername(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, frame| {
        Ok(frame.reply(encoded(&kernel.peername(call, fd)?)))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_socket_error(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, _| {
        Ok(kernel
            .socket_error(call, fd)?
            .map_or(0, |errno| errno as i32))
    })
}

/// The reason is `length` bytes of the scratch block.
#[unsafe(no_mangle)]
extern "C" fn sys_abort(tid: Tid, fd: i32, length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let reason = String::from_utf8_lossy(frame.bytes(0, length)).into_owned();
        kernel.abort(call, fd, reason)
    })
}

/// Answers the reason as text.
#[unsafe(no_mangle)]
extern "C" fn sys_failure(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, frame| {
        let reason = kernel.failure(call, fd)?.as_bytes().to_vec();
        Ok(frame.reply(reason))
    })
}

/// Answers the address that stands for the name, as text.
#[unsafe(no_mangle)]
extern "C" fn sys_lookup(tid: Tid, length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let ip = kernel.lookup(call, frame.bytes(0, length))?;
        Ok(frame.reply(ip.to_string().into_bytes()))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_watch(tid: Tid, path: u32, length: u32, recursive: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        kernel.watch(call, frame.bytes(path, length), recursive != 0)
    })
}

/// Rows of a kind (0 rename, 1 change) and a string. Lost records are shown as a change of the watched file itself.
#[unsafe(no_mangle)]
extern "C" fn sys_read_watch(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, frame| {
        let mut out = Vec::new();
        for record in kernel.read_watch(call, fd)? {
            put_i32(&mut out, i32::from(record.kind != WatchKind::Rename));
            put_string(&mut out, &record.name);
        }
        Ok(frame.reply(out))
    })
}

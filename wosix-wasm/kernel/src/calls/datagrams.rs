//! Datagrams, and the options of sockets.

use wosix_core::errno::{Errno, Result};
use wosix_core::kernel::{SocketOption, Tid};
use wosix_core::net::{Address, Membership};

use super::sockets::ip_address;
use crate::codec::{Reader, put_i32, put_string};
use crate::entry::{Patience, call, wait};

/// In the order of `SOCKET_OPTIONS` in `js-facade/src/guest/kernel/thread.ts`.
const OPTIONS: [SocketOption; 7] = [
    SocketOption::ReuseAddress,
    SocketOption::ReusePort,
    SocketOption::V6Only,
    SocketOption::Broadcast,
    SocketOption::MulticastLoop,
    SocketOption::ReceiveBuffer,
    SocketOption::SendBuffer,
];

fn option(number: u32) -> Result<SocketOption> {
    let option = OPTIONS.get(number as usize);
    option.copied().ok_or(Errno::ENOPROTOOPT)
}

#[unsafe(no_mangle)]
extern "C" fn sys_set_option(tid: Tid, fd: i32, number: u32, value: u32) -> i32 {
    call(tid, |kernel, call, _| {
        kernel.set_option(call, fd, option(number)?, value)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_option(tid: Tid, fd: i32, number: u32) -> i32 {
    call(tid, |kernel, call, _| {
        kernel.option(call, fd, option(number)?)
    })
}

/// Input: the port (-1 for the peer), the address with its NUL, the bytes.
#[unsafe(no_mangle)]
extern "C" fn sys_send_to(tid: Tid, fd: i32, length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let input = frame.input(length);
        let mut reader = Reader::new(&input);
        let (port, text) = (reader.i32()?, reader.string()?);
        let to = match u16::try_from(port) {
            Ok(port) => Some((ip_address(text)?, port)),
            Err(_) => None,
        };
        kernel.send_to(call, fd, reader.rest(), to)
    })
}

/// Answers the family, the port, the address with its NUL, the bytes.
#[unsafe(no_mangle)]
extern "C" fn sys_receive_from(tid: Tid, fd: i32, nonblock: u32) -> i32 {
    wait(tid, Patience::Endless, |kernel, call, frame| {
        let datagram = kernel.receive_from(call, fd, nonblock != 0)?;
        let Address::Inet(ip, port) = datagram.from else {
            return Err(Errno::EAFNOSUPPORT.into());
        };
        let mut out = Vec::with_capacity(datagram.bytes.len() + 64);
        put_i32(&mut out, if ip.is_ipv4() { 4 } else { 6 });
        put_i32(&mut out, i32::from(port));
        put_string(&mut out, ip.to_string().as_bytes());
        out.extend_from_slice(&datagram.bytes);
        Ok(frame.reply(out))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_disconnect(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, _| kernel.disconnect(call, fd))
}

/// Input: the group and the source, each with its NUL; an empty source is any.
#[unsafe(no_mangle)]
extern "C" fn sys_membership(tid: Tid, fd: i32, joined: u32, length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let mut reader = Reader::new(frame.bytes(0, length));
        let (group, source) = (reader.string()?, reader.string()?);
        let membership = Membership {
            group: ip_address(group)?,
            source: (!source.is_empty())
                .then(|| ip_address(source))
                .transpose()?,
        };
        kernel.set_membership(call, fd, membership, joined != 0)
    })
}

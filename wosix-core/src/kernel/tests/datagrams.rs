use core::net::IpAddr;

use super::super::{POLLERR, POLLIN, POLLOUT, PollEntry, SocketOption};
use super::*;
use crate::net::{Address, Datagram, Domain, Membership};

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn open(m: &mut Machine, domain: Domain) -> i32 {
    m.call(HOST, |k, c| k.socket(c, domain)).expect("makes")
}

fn bind(m: &mut Machine, fd: i32, address: &str, port: u16) -> Result<()> {
    m.call(HOST, |k, c| {
        k.bind(c, fd, &Address::Inet(ip(address), port))
    })
}

/// A socket at an address.
fn bound(m: &mut Machine, address: &str, port: u16) -> i32 {
    let v4 = ip(address).is_ipv4();
    let fd = open(m, if v4 { Domain::Udp4 } else { Domain::Udp6 });
    bind(m, fd, address, port).expect("binds");
    fd
}

fn send(m: &mut Machine, fd: i32, bytes: &[u8], to: &str, port: u16) -> Result<usize> {
    let sent = m.call(HOST, |k, c| k.send_to(c, fd, bytes, Some((ip(to), port))));
    m.settle();
    sent
}

/// The next datagram as its sender's address and its text.
fn receive(m: &mut Machine, fd: i32) -> Result<(String, String)> {
    m.done(HOST, move |k, c| k.receive_from(c, fd, true))
        .map(|Datagram { from, bytes }| {
            let Address::Inet(ip, _) = from else {
                panic!("is of the internet")
            };
            (ip.to_string(), String::from_utf8(bytes).expect("is text"))
        })
}

fn heard(from: &str, text: &str) -> Result<(String, String)> {
    Ok((from.into(), text.into()))
}

fn set(m: &mut Machine, fd: i32, option: SocketOption, value: u32) {
    m.call(HOST, |k, c| k.set_option(c, fd, option, value))
        .expect("sets");
}

#[test]
fn datagrams_keep_their_bounds_and_their_sender() {
    let mut m = Machine::new();
    let a = bound(&mut m, "127.0.0.1", 5000);
    let b = open(&mut m, Domain::Udp4);
    assert_eq!(receive(&mut m, a), Err(Errno::EAGAIN));
    assert_eq!(send(&mut m, b, b"one", "127.0.0.1", 5000), Ok(3));
    assert_eq!(send(&mut m, b, b"", "0.0.0.0", 5000), Ok(0));
    let Ok(Address::Inet(_, port)) = m.call(HOST, |k, c| k.sockname(c, b)) else {
        panic!("was bound by sending")
    };
    let first = m.done(HOST, move |k, c| k.receive_from(c, a, true));
    let from = Address::Inet(ip("127.0.0.1"), port);
    let bytes = b"one".to_vec();
    assert_eq!(first, Ok(Datagram { from, bytes }));
    assert_eq!(receive(&mut m, a), heard("127.0.0.1", ""));
    assert_eq!(
        send(&mut m, b, &[0; 65_508], "127.0.0.1", 5000),
        Err(Errno::EMSGSIZE)
    );
}

#[test]
fn a_reader_is_woken() {
    let mut m = Machine::new();
    let reader = m.process();
    let fd = m
        .call(reader, |k, c| k.socket(c, Domain::Udp4))
        .expect("makes");
    m.call(reader, |k, c| {
        k.bind(c, fd, &Address::Inet(ip("127.0.0.1"), 5000))
    })
    .expect("binds");
    let reading = m.read(reader, fd, 3);
    let sender = open(&mut m, Domain::Udp4);
    send(&mut m, sender, b"cut off", "127.0.0.1", 5000).expect("sends");
    assert_eq!(reading.get(), Some(Ok(b"cut".to_vec())));
}

#[test]
fn the_most_exact_address_receives() {
    let mut m = Machine::new();
    let sender = bound(&mut m, "127.0.0.1", 4000);
    let exact = bound(&mut m, "127.0.0.2", 5000);
    let other = bound(&mut m, "127.0.0.3", 5000);
    send(&mut m, sender, b"x", "127.0.0.2", 5000).expect("sends");
    assert_eq!(receive(&mut m, other), Err(Errno::EAGAIN));
    assert_eq!(receive(&mut m, exact), heard("127.0.0.1", "x"));

    let dual = bound(&mut m, "::", 6000);
    send(&mut m, sender, b"y", "127.0.0.1", 6000).expect("sends");
    assert_eq!(receive(&mut m, dual), heard("::ffff:127.0.0.1", "y"));
    send(&mut m, dual, b"z", "::ffff:127.0.0.1", 4000).expect("sends");
    assert_eq!(receive(&mut m, sender), heard("127.0.0.1", "z"));

    let only = open(&mut m, Domain::Udp6);
    set(&mut m, only, SocketOption::V6Only, 1);
    bind(&mut m, only, "::", 7000).expect("binds");
    bound(&mut m, "0.0.0.0", 7000);
    send(&mut m, only, b"v", "::1", 7000).expect("sends");
    assert_eq!(receive(&mut m, only), heard("::1", "v"));
    assert_eq!(
        send(&mut m, only, b"v", "::ffff:127.0.0.1", 7000),
        Err(Errno::ENETUNREACH)
    );
}

#[test]
fn ports_are_shared_on_request() {
    let mut m = Machine::new();
    let first = open(&mut m, Domain::Udp4);
    let second = open(&mut m, Domain::Udp4);
    set(&mut m, first, SocketOption::ReuseAddress, 1);
    bind(&mut m, first, "0.0.0.0", 5000).expect("binds");
    assert_eq!(
        bind(&mut m, second, "127.0.0.1", 5000),
        Err(Errno::EADDRINUSE)
    );
    set(&mut m, second, SocketOption::ReuseAddress, 1);
    assert_eq!(bind(&mut m, second, "0.0.0.0", 5000), Ok(()));
    let sender = open(&mut m, Domain::Udp4);
    send(&mut m, sender, b"x", "127.0.0.1", 5000).expect("sends");
    assert_eq!(
        receive(&mut m, second),
        heard("127.0.0.1", "x"),
        "the last one"
    );
    m.close(HOST, second);
    send(&mut m, sender, b"y", "127.0.0.1", 5000).expect("sends");
    assert_eq!(receive(&mut m, first), heard("127.0.0.1", "y"));
}

#[test]
fn a_connected_socket_hears_its_peer_only() {
    let mut m = Machine::new();
    let (a, b) = (
        bound(&mut m, "0.0.0.0", 5000),
        bound(&mut m, "127.0.0.1", 5001),
    );
    let peer = Address::Inet(ip("127.0.0.1"), 5001);
    let connected = {
        let peer = peer.clone();
        m.done(HOST, move |k, c| k.connect(c, a, &peer, false))
    };
    assert_eq!(connected, Ok(()));
    assert_eq!(m.call(HOST, |k, c| k.peername(c, a)), Ok(peer));
    let name = |m: &mut Machine| m.call(HOST, |k, c| k.sockname(c, a));
    assert_eq!(name(&mut m), Ok(Address::Inet(ip("127.0.0.1"), 5000)));
    m.write(HOST, a, b"hello");
    assert_eq!(receive(&mut m, b), heard("127.0.0.1", "hello"));
    let stranger = open(&mut m, Domain::Udp4);
    send(&mut m, stranger, b"x", "127.0.0.1", 5000).expect("is lost");
    assert_eq!(receive(&mut m, a), Err(Errno::EAGAIN));

    m.close(HOST, b);
    assert_eq!(m.write(HOST, a, b"x").get(), Some(Ok(1)));
    let mut entries = [PollEntry {
        fd: a,
        events: POLLIN | POLLOUT,
        revents: 0,
    }];
    let call = m.call_of(HOST);
    m.kernel
        .poll(call, &mut entries, Some(call.now))
        .expect("does not wait");
    assert_eq!(entries[0].revents, POLLIN | POLLOUT | POLLERR);
    assert_eq!(receive(&mut m, a), Err(Errno::ECONNREFUSED));
    assert_eq!(receive(&mut m, a), Err(Errno::EAGAIN), "told once");

    assert_eq!(m.call(HOST, |k, c| k.disconnect(c, a)), Ok(()));
    assert_eq!(
        m.call(HOST, |k, c| k.disconnect(c, a)),
        Err(Errno::ENOTCONN)
    );
    assert_eq!(name(&mut m), Ok(Address::Inet(ip("0.0.0.0"), 5000)));
    assert_eq!(
        m.call(HOST, |k, c| k.send_to(c, a, b"x", None)),
        Err(Errno::EDESTADDRREQ)
    );
}

#[test]
fn what_overflows_the_buffer_is_lost() {
    let mut m = Machine::new();
    let receiver = bound(&mut m, "127.0.0.1", 5000);
    set(&mut m, receiver, SocketOption::ReceiveBuffer, 5000);
    let size = m.call(HOST, |k, c| {
        k.option(c, receiver, SocketOption::ReceiveBuffer)
    });
    assert_eq!(size, Ok(10_000), "doubled, as on Linux");
    let sender = open(&mut m, Domain::Udp4);
    for _ in 0..10 {
        assert_eq!(
            send(&mut m, sender, &[b'x'; 3000], "127.0.0.1", 5000),
            Ok(3000)
        );
    }
    let mut count = 0;
    while receive(&mut m, receiver).is_ok() {
        count += 1;
    }
    assert_eq!(count, 4);
}

#[test]
fn groups() {
    let mut m = Machine::new();
    let all = Membership {
        group: ip("224.0.0.251"),
        source: None,
    };
    let membership = |m: &mut Machine, fd, joined| {
        let all = all.clone();
        m.call(HOST, |k, c| k.set_membership(c, fd, all, joined))
    };
    let member = bound(&mut m, "0.0.0.0", 5353);
    assert_eq!(membership(&mut m, member, false), Err(Errno::EADDRNOTAVAIL));
    assert_eq!(membership(&mut m, member, true), Ok(()));
    assert_eq!(membership(&mut m, member, true), Err(Errno::EADDRINUSE));
    let sender = open(&mut m, Domain::Udp4);
    send(&mut m, sender, b"who", "224.0.0.251", 5353).expect("sends");
    assert_eq!(receive(&mut m, member), heard("127.0.0.1", "who"));
    set(&mut m, sender, SocketOption::MulticastLoop, 0);
    send(&mut m, sender, b"who", "224.0.0.251", 5353).expect("sends");
    assert_eq!(receive(&mut m, member), Err(Errno::EAGAIN));
    let wrong = Membership {
        group: ip("127.0.0.1"),
        source: None,
    };
    assert_eq!(
        m.call(HOST, |k, c| k.set_membership(c, member, wrong, true)),
        Err(Errno::EINVAL)
    );
}

#[test]
fn refusals() {
    let mut m = Machine::new();
    let fd = open(&mut m, Domain::Udp4);
    assert_eq!(
        send(&mut m, fd, b"x", "192.0.2.1", 9),
        Err(Errno::ENETUNREACH)
    );
    assert_eq!(
        send(&mut m, fd, b"x", "255.255.255.255", 9),
        Err(Errno::EACCES)
    );
    assert_eq!(send(&mut m, fd, b"x", "::1", 9), Err(Errno::EAFNOSUPPORT));
    assert_eq!(send(&mut m, fd, b"x", "127.0.0.1", 0), Err(Errno::EINVAL));
    assert_eq!(
        send(&mut m, fd, b"x", "127.0.0.1", 9),
        Ok(1),
        "nobody is told of what is lost"
    );
    assert_eq!(
        m.call(HOST, |k, c| k.listen(c, fd, 1)),
        Err(Errno::EOPNOTSUPP)
    );
    let stream = open(&mut m, Domain::Tcp4);
    assert_eq!(
        send(&mut m, stream, b"x", "127.0.0.1", 9),
        Err(Errno::EOPNOTSUPP)
    );
}

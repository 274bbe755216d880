use core::net::IpAddr;

use super::super::{POLLERR, POLLHUP, POLLIN, POLLOUT, PollEntry, SocketOption};
use super::*;
use crate::net::{Address, Domain};
use crate::process::signal::Disposition;

fn inet(text: &str) -> Address {
    let (ip, port) = text.rsplit_once(' ').expect("address and port");
    Address::Inet(
        ip.parse::<IpAddr>().expect("an address"),
        port.parse().expect("a port"),
    )
}

fn domain(address: &Address) -> Domain {
    match address {
        Address::Inet(ip, _) if ip.is_ipv4() => Domain::Tcp4,
        Address::Inet(..) => Domain::Tcp6,
        Address::Unix(_) => Domain::Unix,
    }
}

fn listen(m: &mut Machine, who: Running, address: &Address, backlog: i32) -> Result<i32> {
    let fd = m.call(who, |k, c| k.socket(c, domain(address)))?;
    m.call(who, |k, c| k.bind(c, fd, address))?;
    m.call(who, |k, c| k.listen(c, fd, backlog))?;
    Ok(fd)
}

fn connect(m: &mut Machine, who: Running, address: &Address) -> (i32, Pending<()>) {
    let fd = m
        .call(who, |k, c| k.socket(c, domain(address)))
        .expect("makes a socket");
    let address = address.clone();
    (
        fd,
        m.start(who, move |k, c| k.connect(c, fd, &address, false)),
    )
}

fn accept(m: &mut Machine, who: Running, fd: i32) -> Pending<i32> {
    m.start(who, move |k, c| k.accept(c, fd, false))
}

/// A connection between a server and a client process.
fn connection(m: &mut Machine) -> ((Running, i32), (Running, i32)) {
    let (server, client) = (m.process(), m.process());
    for who in [server, client] {
        m.call(who, |k, c| k.sigaction(c, 13, Disposition::Ignored))
            .expect("may");
    }
    let address = inet("127.0.0.1 80");
    let listener = listen(m, server, &address, 5).expect("listens");
    let accepting = accept(m, server, listener);
    let (fd, connected) = connect(m, client, &address);
    assert_eq!(connected.get(), Some(Ok(())));
    let accepted = accepting.get().expect("woken").expect("accepts");
    ((server, accepted), (client, fd))
}

fn readiness(m: &mut Machine, who: Running, fd: i32) -> u16 {
    let mut entries = [PollEntry {
        fd,
        events: POLLIN | POLLOUT,
        revents: 0,
    }];
    let call = m.call_of(who);
    m.kernel
        .poll(call, &mut entries, Some(call.now))
        .expect("does not wait");
    entries[0].revents
}

#[test]
fn a_conversation() {
    let mut m = Machine::new();
    let ((server, a), (client, b)) = connection(&mut m);
    let reading = m.read(server, a, 99);
    m.write(client, b, b"ping");
    assert_eq!(reading.get(), Some(Ok(b"ping".to_vec())));
    let (local, peer) = (
        m.call(client, |k, c| k.sockname(c, b)),
        m.call(server, |k, c| k.peername(c, a)),
    );
    assert_eq!(local, peer);
    assert_eq!(
        m.call(client, |k, c| k.peername(c, b)),
        Ok(inet("127.0.0.1 80"))
    );
    assert_eq!(readiness(&mut m, client, b), POLLOUT);
    assert_eq!(
        m.done(client, move |k, c| k.connect(
            c,
            b,
            &inet("127.0.0.1 80"),
            false
        )),
        Err(Errno::EISCONN)
    );
}

#[test]
fn half_close() {
    let mut m = Machine::new();
    let ((server, a), (client, b)) = connection(&mut m);
    m.write(client, b, b"request");
    m.call(client, |k, c| k.shutdown(c, b, 1))
        .expect("is connected");
    assert_eq!(m.write(client, b, b"x").get(), Some(Err(Errno::EPIPE)));
    assert_eq!(m.read(server, a, 99).get(), Some(Ok(b"request".to_vec())));
    assert_eq!(m.read(server, a, 99).get(), Some(Ok(Vec::new())));
    m.write(server, a, b"answer");
    m.close(server, a);
    assert_eq!(m.read(client, b, 99).get(), Some(Ok(b"answer".to_vec())));
    assert_eq!(m.read(client, b, 99).get(), Some(Ok(Vec::new())));
    assert_eq!(readiness(&mut m, client, b), POLLIN | POLLOUT | POLLHUP);
}

#[test]
fn closing_with_unread_data_resets() {
    let mut m = Machine::new();
    let ((server, a), (client, b)) = connection(&mut m);
    m.write(client, b, b"never read");
    let reading = m.read(client, b, 9);
    m.close(server, a);
    assert_eq!(reading.get(), Some(Err(Errno::ECONNRESET)));
    assert_eq!(
        m.read(client, b, 9).get(),
        Some(Ok(Vec::new())),
        "told once"
    );
    assert_eq!(m.write(client, b, b"x").get(), Some(Err(Errno::EPIPE)));
    assert_eq!(readiness(&mut m, client, b) & POLLERR, 0);
}

#[test]
fn a_killed_client_is_seen_by_the_server() {
    let mut m = Machine::new();
    let ((server, a), (client, _)) = connection(&mut m);
    let reading = m.read(server, a, 9);
    m.kill(HOST, client.pid as i32, 9).expect("may");
    assert_eq!(reading.get(), Some(Ok(Vec::new())));
}

#[test]
fn ports() {
    let mut m = Machine::new();
    let server = m.process();
    m.effects();
    let first = listen(&mut m, server, &inet("0.0.0.0 3000"), 5).expect("free");
    assert_eq!(
        m.effects(),
        [Effect::Port {
            open: true,
            port: 3000,
            pid: server.pid
        }]
    );
    for taken in ["0.0.0.0 3000", "127.0.0.1 3000", ":: 3000"] {
        assert_eq!(
            listen(&mut m, HOST, &inet(taken), 5),
            Err(Errno::EADDRINUSE),
            "{taken}"
        );
    }
    let other = listen(&mut m, server, &inet("::1 3000"), 5).expect("another family");
    assert_eq!(m.effects(), [], "the port is open already");
    m.close(server, first);
    assert_eq!(m.effects(), []);
    m.close(server, other);
    assert_eq!(
        m.effects(),
        [Effect::Port {
            open: false,
            port: 3000,
            pid: server.pid
        }]
    );
    let again = listen(&mut m, server, &inet("127.0.0.1 3000"), 5).expect("free again");
    m.effects();
    m.kill(HOST, server.pid as i32, 9).expect("may");
    assert!(m.effects().contains(&Effect::Port {
        open: false,
        port: 3000,
        pid: server.pid
    }));
    assert_eq!(again, 0);

    let fd = listen(&mut m, HOST, &inet("0.0.0.0 0"), 5).expect("some port");
    let Ok(Address::Inet(_, port)) = m.call(HOST, |k, c| k.sockname(c, fd)) else {
        panic!("has an address")
    };
    assert!(port >= 32768);
    assert_eq!(
        listen(&mut m, HOST, &inet("8.8.8.8 80"), 5),
        Err(Errno::EADDRNOTAVAIL)
    );
}

#[test]
fn the_host_finds_a_server_at_any_loopback_address() {
    for (bound, dialed) in [
        ("0.0.0.0 80", "127.0.0.1 80"),
        ("127.0.0.1 80", "0.0.0.0 80"),
        ("127.0.0.1 80", "::1 80"),
        ("::1 80", "127.0.0.1 80"),
        (":: 80", "127.0.0.1 80"),
        (":: 80", "::1 80"),
    ] {
        let mut m = Machine::new();
        let listener = listen(&mut m, HOST, &inet(bound), 5).expect("listens");
        let (fd, connected) = connect(&mut m, HOST, &inet(dialed));
        assert_eq!(connected.get(), Some(Ok(())), "{bound} {dialed}");
        let accepted = accept(&mut m, HOST, listener)
            .get()
            .expect("answers")
            .expect("accepts");
        m.write(HOST, fd, b"x");
        assert_eq!(m.read(HOST, accepted, 9).get(), Some(Ok(b"x".to_vec())));
    }
}

#[test]
fn a_process_finds_a_server_where_it_listens() {
    let connected = Some(Ok(()));
    let refused = Some(Err(Errno::ECONNREFUSED));
    for (bound, dialed, expected) in [
        ("127.0.0.1 80", "127.0.0.1 80", connected),
        ("127.0.0.1 80", "0.0.0.0 80", connected),
        ("127.0.0.1 80", "127.0.0.2 80", refused),
        ("127.0.0.1 80", "::1 80", refused),
        ("127.0.0.1 80", "::ffff:127.0.0.1 80", connected),
        ("0.0.0.0 80", "127.0.0.2 80", connected),
        ("0.0.0.0 80", "::1 80", refused),
        ("::1 80", "127.0.0.1 80", refused),
        (":: 80", "127.0.0.1 80", connected),
        (":: 80", "::1 80", connected),
    ] {
        let mut m = Machine::new();
        let client = m.process();
        listen(&mut m, HOST, &inet(bound), 5).expect("listens");
        let outcome = connect(&mut m, client, &inet(dialed)).1.get();
        assert_eq!(outcome, expected, "{bound} {dialed}");
    }
}

#[test]
fn listeners_share_a_port_on_request() {
    let mut m = Machine::new();
    let address = inet("127.0.0.1 80");
    let mut listeners = [0; 2];
    for listener in &mut listeners {
        let fd = m
            .call(HOST, |k, c| k.socket(c, Domain::Tcp4))
            .expect("makes");
        m.call(HOST, |k, c| k.set_option(c, fd, SocketOption::ReusePort, 1))
            .expect("sets");
        m.call(HOST, |k, c| k.bind(c, fd, &address)).expect("binds");
        m.call(HOST, |k, c| k.listen(c, fd, 5)).expect("listens");
        *listener = fd;
    }
    assert_eq!(listen(&mut m, HOST, &address, 5), Err(Errno::EADDRINUSE));
    for _ in 0..2 {
        assert_eq!(connect(&mut m, HOST, &address).1.get(), Some(Ok(())));
    }
    for listener in listeners {
        let accepted = accept(&mut m, HOST, listener).get().expect("answers");
        assert!(accepted.is_ok(), "each gets one");
    }
}

#[test]
fn the_first_write_to_a_closed_end_is_lost() {
    let mut m = Machine::new();
    let ((server, a), (client, b)) = connection(&mut m);
    m.close(server, a);
    assert_eq!(m.write(client, b, b"x").get(), Some(Ok(1)));
    assert_eq!(m.write(client, b, b"x").get(), Some(Err(Errno::EPIPE)));
    assert_eq!(m.read(client, b, 9).get(), Some(Ok(Vec::new())));
}

#[test]
fn what_was_sent_before_a_reset_arrives() {
    let mut m = Machine::new();
    let ((server, a), (client, b)) = connection(&mut m);
    m.write(client, b, b"never read");
    m.write(server, a, b"goodbye");
    m.close(server, a);
    assert_eq!(m.read(client, b, 4).get(), Some(Ok(b"good".to_vec())));
    assert_eq!(m.read(client, b, 9).get(), Some(Ok(b"bye".to_vec())));
    assert_eq!(m.read(client, b, 9).get(), Some(Err(Errno::ECONNRESET)));
    assert_eq!(m.read(client, b, 9).get(), Some(Ok(Vec::new())));
}

#[test]
fn a_write_tells_of_a_reset_too() {
    let mut m = Machine::new();
    let ((server, a), (client, b)) = connection(&mut m);
    m.write(client, b, b"never read");
    m.close(server, a);
    assert_eq!(m.write(client, b, b"x").get(), Some(Err(Errno::ECONNRESET)));
    assert_eq!(m.write(client, b, b"x").get(), Some(Err(Errno::EPIPE)));
}

#[test]
fn refusals() {
    let mut m = Machine::new();
    let mut refused = |text: &str| connect(&mut m, HOST, &inet(text)).1.get();
    assert_eq!(refused("127.0.0.1 81"), Some(Err(Errno::ECONNREFUSED)));
    assert_eq!(refused("198.18.0.2 80"), Some(Err(Errno::ENETUNREACH)));
    assert_eq!(refused("2001:db8::1 80"), Some(Err(Errno::ENETUNREACH)));
    let fd = m
        .call(HOST, |k, c| k.socket(c, Domain::Tcp4))
        .expect("makes");
    assert_eq!(m.read(HOST, fd, 1).get(), Some(Err(Errno::ENOTCONN)));
    assert_eq!(m.call(HOST, |k, c| k.peername(c, fd)), Err(Errno::ENOTCONN));
    assert_eq!(
        m.call(HOST, |k, c| k.shutdown(c, fd, 2)),
        Err(Errno::ENOTCONN)
    );
    assert_eq!(
        m.done(HOST, move |k, c| k.accept(c, fd, true)),
        Err(Errno::EINVAL)
    );
    let (read, _) = m.pipe(HOST);
    assert_eq!(
        m.call(HOST, |k, c| k.listen(c, read, 1)),
        Err(Errno::ENOTSOCK)
    );
    assert_eq!(
        m.done(HOST, move |k, c| k.connect(c, fd, &inet("::1 80"), false)),
        Err(Errno::EAFNOSUPPORT)
    );
}

#[test]
fn a_full_backlog_makes_clients_wait() {
    let mut m = Machine::new();
    let address = inet("127.0.0.1 80");
    let listener = listen(&mut m, HOST, &address, 1).expect("listens");
    let (one, two, three) = (m.process(), m.process(), m.process());
    assert_eq!(connect(&mut m, one, &address).1.get(), Some(Ok(())));
    let (_, waiting) = connect(&mut m, two, &address);
    assert_eq!(waiting.get(), None);
    let fd = m
        .call(three, |k, c| k.socket(c, Domain::Tcp4))
        .expect("makes");
    let again = address.clone();
    assert_eq!(
        m.done(three, move |k, c| k.connect(c, fd, &again, true)),
        Err(Errno::EINPROGRESS)
    );
    assert_eq!(readiness(&mut m, three, fd), 0);
    accept(&mut m, HOST, listener)
        .get()
        .expect("answers")
        .expect("accepts");
    assert_eq!(waiting.get(), Some(Ok(())));
    m.close(HOST, listener);
    assert_eq!(readiness(&mut m, three, fd) & POLLERR, POLLERR);
    assert_eq!(
        m.call(three, |k, c| k.socket_error(c, fd)),
        Ok(Some(Errno::ECONNREFUSED))
    );
    assert_eq!(m.call(three, |k, c| k.socket_error(c, fd)), Ok(None));
}

#[test]
fn closing_a_listener_resets_who_was_not_accepted() {
    let mut m = Machine::new();
    let address = inet("127.0.0.1 80");
    let listener = listen(&mut m, HOST, &address, 5).expect("listens");
    let client = m.process();
    let (fd, _) = connect(&mut m, client, &address);
    let reading = m.read(client, fd, 1);
    m.close(HOST, listener);
    assert_eq!(reading.get(), Some(Err(Errno::ECONNRESET)));
}

#[test]
fn unix_sockets() {
    let mut m = Machine::new();
    let (server, client) = (m.process(), m.process());
    for path in [b"/tmp/s".to_vec(), b"\0abstract".to_vec()] {
        let address = Address::Unix(path);
        let listener = listen(&mut m, server, &address, 5).expect("listens");
        assert_eq!(listen(&mut m, HOST, &address, 5), Err(Errno::EADDRINUSE));
        let (fd, connected) = connect(&mut m, client, &address);
        assert_eq!(connected.get(), Some(Ok(())));
        let accepted = accept(&mut m, server, listener)
            .get()
            .expect("answers")
            .expect("accepts");
        m.write(client, fd, b"hi");
        assert_eq!(m.read(server, accepted, 9).get(), Some(Ok(b"hi".to_vec())));
        assert_eq!(
            m.call(client, |k, c| k.peername(c, fd)),
            Ok(address.clone())
        );
        m.close(server, listener);
        assert_eq!(
            connect(&mut m, client, &address).1.get(),
            Some(Err(Errno::ECONNREFUSED))
        );
    }
    assert_eq!(
        listen(&mut m, HOST, &Address::Unix(b"/tmp/s".to_vec()), 5),
        Err(Errno::EADDRINUSE),
        "the name is left"
    );
    assert_eq!(
        connect(&mut m, client, &Address::Unix(b"/tmp/none".to_vec()))
            .1
            .get(),
        Some(Err(Errno::ENOENT))
    );
    assert_eq!(
        connect(&mut m, client, &Address::Unix(b"/etc/passwd".to_vec()))
            .1
            .get(),
        Some(Err(Errno::EACCES))
    );
    assert_eq!(m.open(client, "/tmp/s", OpenFlags::RDWR), Err(Errno::ENXIO));
}

#[test]
fn pairs() {
    let mut m = Machine::new();
    let (a, b) = m.call(HOST, |k, c| k.socketpair(c)).expect("makes");
    m.write(HOST, a, b"x");
    assert_eq!(m.read(HOST, b, 9).get(), Some(Ok(b"x".to_vec())));
    m.close(HOST, a);
    assert_eq!(m.read(HOST, b, 9).get(), Some(Ok(Vec::new())));
}

#[test]
fn descriptors_travel_with_their_bytes() {
    let mut m = Machine::new();
    let (a, b) = m.call(HOST, |k, c| k.socketpair(c)).expect("makes");
    let (out, input) = m.call(HOST, |k, c| k.pipe(c)).expect("makes");
    let send = |m: &mut Machine, bytes: &'static [u8]| {
        m.done(HOST, move |k, c| {
            k.send_descriptor(c, a, input, bytes, true)
        })
    };
    let receive = |m: &mut Machine| m.call(HOST, |k, c| k.receive_descriptor(c, b));
    m.write(HOST, a, b"one");
    assert_eq!(send(&mut m, b"two"), Ok(3));
    assert_eq!(send(&mut m, b"three"), Ok(5));
    assert_eq!(send(&mut m, b""), Err(Errno::EINVAL));
    m.close(HOST, input);

    assert_eq!(m.read(HOST, b, 99).get(), Some(Ok(b"one".to_vec())));
    assert_eq!(receive(&mut m), Err(Errno::EAGAIN));
    assert_eq!(m.read(HOST, b, 2).get(), Some(Ok(b"tw".to_vec())));
    let received = receive(&mut m).expect("came");
    assert_eq!(receive(&mut m), Err(Errno::EAGAIN));
    assert_eq!(m.read(HOST, b, 99).get(), Some(Ok(b"o".to_vec())));
    assert_eq!(m.read(HOST, b, 99).get(), Some(Ok(b"three".to_vec())));

    m.write(HOST, received, b"through");
    assert_eq!(m.read(HOST, out, 99).get(), Some(Ok(b"through".to_vec())));
    m.close(HOST, received);
    // The one that nobody took still holds the pipe open.
    let reading = m.read(HOST, out, 99);
    assert_eq!(reading.get(), None);
    m.close(HOST, b);
    assert_eq!(reading.get(), Some(Ok(Vec::new())));
}

#[test]
fn only_unix_sockets_pass_descriptors() {
    let mut m = Machine::new();
    let ((server, a), _) = connection(&mut m);
    assert_eq!(
        m.done(server, move |k, c| k.send_descriptor(c, a, a, b"x", true)),
        Err(Errno::EINVAL)
    );
}

#[test]
fn the_host_gets_the_far_end_of_a_connection_outside() {
    let mut m = Machine::new();
    let client = m.process();
    m.effects();
    let ip = m
        .call(client, |k, c| k.lookup(c, b"example.com"))
        .expect("resolves");
    let (near, connected) = connect(&mut m, client, &Address::Inet(ip.into(), 443));
    assert_eq!(connected.get(), Some(Ok(())));
    let [
        Effect::Connect {
            fd: far,
            ip: asked,
            port: 443,
        },
    ] = m.effects()[..]
    else {
        panic!("the host is told");
    };
    assert_eq!(m.kernel.outside_host(asked).as_deref(), Ok("example.com"));
    let peer = m.call(client, |k, c| k.peername(c, near));
    assert_eq!(peer, Ok(Address::Inet(ip.into(), 443)));
    m.write(client, near, b"ping");
    assert_eq!(m.read(HOST, far, 9).get(), Some(Ok(b"ping".to_vec())));
    m.write(client, near, b"lost");
    m.close(HOST, far);
    assert_eq!(
        m.read(client, near, 9).get(),
        Some(Err(Errno::ECONNRESET)),
        "unread data makes the end a reset"
    );
    m.close(client, near);
}

#[test]
fn a_socket_of_the_loopback_does_not_get_outside() {
    let mut m = Machine::new();
    let fd = m
        .call(HOST, |k, c| k.socket(c, Domain::Tcp4))
        .expect("makes");
    m.call(HOST, |k, c| k.bind(c, fd, &inet("127.0.0.1 0")))
        .expect("binds");
    let outcome = m.done(HOST, move |k, c| {
        k.connect(c, fd, &inet("1.1.1.1 80"), true)
    });
    assert_eq!(outcome, Err(Errno::EINVAL));
}

#[test]
fn an_aborted_connection_says_why() {
    let mut m = Machine::new();
    let ((server, a), (client, b)) = connection(&mut m);
    let reading = m.read(client, b, 9);
    m.call(server, |k, c| k.abort(c, a, "no such host".into()))
        .expect("aborts");
    m.settle();
    assert_eq!(reading.get(), Some(Err(Errno::ECONNRESET)));
    let reason = m.call(client, |k, c| k.failure(c, b).map(str::to_owned));
    assert_eq!(reason.as_deref(), Ok("no such host"));
}

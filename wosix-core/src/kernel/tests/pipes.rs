use super::super::{POLLERR, POLLHUP, POLLIN, POLLOUT, PollEntry};
use super::*;
use crate::process::pipe::{PIPE_BUF, PIPE_CAPACITY};
use crate::process::signal::{Disposition, SIGPIPE, SIGTERM};

fn ignore_sigpipe(machine: &mut Machine, who: Running) {
    machine
        .call(who, |kernel, call| {
            kernel.sigaction(call, SIGPIPE.into(), Disposition::Ignored)
        })
        .expect("can be ignored");
}

#[test]
fn a_reader_waits_for_bytes_and_for_the_end() {
    let mut m = Machine::new();
    let (read, write) = m.pipe(HOST);
    let child = m.spawn(HOST, Machine::request(&[read]));
    let first = m.read(child, 0, 10);
    assert_eq!(first.get(), None);
    m.write(HOST, write, b"abc");
    assert_eq!(first.get(), Some(Ok(b"abc".to_vec())));
    let second = m.read(child, 0, 10);
    assert_eq!(second.get(), None);
    m.close(HOST, write);
    assert_eq!(second.get(), Some(Ok(Vec::new())));
}

#[test]
fn a_writer_waits_for_room() {
    let mut m = Machine::new();
    let (read, write) = m.pipe(HOST);
    let child = m.spawn(HOST, Machine::request(&[-1, write]));
    assert_eq!(
        m.write(child, 1, &vec![1; PIPE_CAPACITY + 100]).get(),
        Some(Ok(PIPE_CAPACITY))
    );
    let blocked = m.write(child, 1, &[2; PIPE_BUF]);
    assert_eq!(blocked.get(), None);
    assert_eq!(
        m.read(HOST, read, PIPE_BUF - 1).get(),
        Some(Ok(vec![1; PIPE_BUF - 1]))
    );
    assert_eq!(blocked.get(), None, "writes up to PIPE_BUF go in whole");
    m.read(HOST, read, 1);
    assert_eq!(blocked.get(), Some(Ok(PIPE_BUF)));
}

#[test]
fn nonblocking_ends_answer_eagain() {
    let mut m = Machine::new();
    let (read, write) = m.pipe(HOST);
    let answer = m.done(HOST, move |kernel, call| {
        kernel.read(call, read, &mut [0], None, true)
    });
    assert_eq!(answer, Err(Errno::EAGAIN));
    m.call(HOST, |kernel, call| {
        kernel.status_flags(call, write, Some(OpenFlags::NONBLOCK.0))
    })
    .expect("sets");
    m.write(HOST, write, &vec![0; PIPE_CAPACITY]);
    assert_eq!(m.write(HOST, write, b"x").get(), Some(Err(Errno::EAGAIN)));
    assert_eq!(m.write(HOST, read, b"x").get(), Some(Err(Errno::EBADF)));
    assert_eq!(
        m.done(HOST, move |kernel, call| kernel.read(
            call,
            read,
            &mut [0],
            Some(0),
            true
        )),
        Err(Errno::ESPIPE)
    );
}

#[test]
fn writing_without_a_reader() {
    let mut m = Machine::new();
    let (read, write) = m.pipe(HOST);
    let polite = m.spawn(HOST, Machine::request(&[-1, write]));
    let rude = m.spawn(HOST, Machine::request(&[-1, write]));
    let blocked = m.spawn(HOST, Machine::request(&[-1, write]));
    for process in [polite, blocked] {
        ignore_sigpipe(&mut m, process);
    }
    m.write(blocked, 1, &vec![0; PIPE_CAPACITY]);
    let waiting = m.write(blocked, 1, b"x");
    m.close(HOST, read);
    assert_eq!(waiting.get(), Some(Err(Errno::EPIPE)));
    assert_eq!(m.write(polite, 1, b"x").get(), Some(Err(Errno::EPIPE)));
    m.write(rude, 1, b"x");
    assert!(m.kernel.is_dead(rude.tid));
}

fn poll(m: &mut Machine, who: Running, fd: i32, events: u16, timeout: Option<i64>) -> Pending<u16> {
    let deadline = timeout.map(|nanoseconds| Timestamp(m.now + nanoseconds));
    m.start(who, move |kernel, call| {
        let mut entries = [PollEntry {
            fd,
            events,
            revents: 0,
        }];
        kernel.poll(call, &mut entries, deadline)?;
        Ok(entries[0].revents)
    })
}

#[test]
fn poll_tells_and_arms() {
    let mut m = Machine::new();
    let (read, write) = m.pipe(HOST);
    let child = m.spawn(HOST, Machine::request(&[read, write]));
    let reader = m.spawn(HOST, Machine::request(&[read]));
    m.close(HOST, read);
    m.close(HOST, write);
    let waiting = poll(&mut m, reader, 0, POLLIN, None);
    assert_eq!(waiting.get(), None);
    assert_eq!(
        poll(&mut m, child, 1, POLLOUT, None).get(),
        Some(Ok(POLLOUT))
    );
    m.write(child, 1, b"x");
    assert_eq!(waiting.get(), Some(Ok(POLLIN)));
    m.read(reader, 0, 1);

    // A poll that does not wait arms the thread.
    assert_eq!(poll(&mut m, reader, 0, POLLIN, Some(0)).get(), Some(Ok(0)));
    let (tid, before) = (reader.tid, m.woken.len());
    let call = m.call_of(child);
    m.kernel.write(call, 1, b"y", None, false).expect("fits");
    m.collect_wakes();
    assert!(m.woken[before..].contains(&tid));
    m.settle();
    m.read(reader, 0, 1);

    m.exit(child, 0);
    assert_eq!(
        poll(&mut m, reader, 0, POLLIN, None).get(),
        Some(Ok(POLLHUP))
    );
}

#[test]
fn poll_of_a_writer_without_readers_is_an_error() {
    let mut m = Machine::new();
    let (read, write) = m.pipe(HOST);
    m.close(HOST, read);
    assert_eq!(
        poll(&mut m, HOST, write, POLLOUT, None).get(),
        Some(Ok(POLLOUT | POLLERR))
    );
    assert_eq!(
        poll(&mut m, HOST, 99, POLLOUT, None).get(),
        Some(Ok(super::super::POLLNVAL))
    );
}

#[test]
fn killing_a_blocked_process_frees_its_ends() {
    for reads in [true, false] {
        let mut m = Machine::new();
        let (read, write) = m.pipe(HOST);
        let child = m.spawn(HOST, Machine::request(&[read, write]));
        let blocked = if reads {
            m.read(child, 0, 1).get().map(drop)
        } else {
            m.write(child, 1, &vec![0; PIPE_CAPACITY]);
            m.write(child, 1, b"x").get().map(drop)
        };
        assert_eq!(blocked, None);
        m.close(HOST, write);
        m.effects();
        m.kill(HOST, child.pid as i32, SIGTERM).expect("may");
        assert_eq!(m.effects(), [Effect::Terminate { pid: child.pid }]);
        let rest = if reads { 0 } else { PIPE_CAPACITY };
        assert_eq!(
            m.read(HOST, read, PIPE_CAPACITY).get(),
            Some(Ok(vec![0; rest]))
        );
        assert_eq!(
            m.read(HOST, read, 1).get(),
            Some(Ok(Vec::new())),
            "nobody writes any more"
        );
    }
}

#[test]
fn fifos_meet() {
    let mut m = Machine::new();
    m.call(HOST, |kernel, call| kernel.mkfifo(call, b"fifo", 0o644))
        .expect("makes");
    let (a, b) = (m.process(), m.process());
    let nonblocking = OpenFlags::WRONLY | OpenFlags::NONBLOCK;
    assert_eq!(m.open(a, "fifo", nonblocking), Err(Errno::ENXIO));
    let reader = m.start(a, |kernel, call| {
        kernel.open(call, b"fifo", OpenFlags::RDONLY, 0)
    });
    assert_eq!(reader.get(), None);
    let writer = m
        .open(b, "fifo", OpenFlags::WRONLY)
        .expect("meets the reader");
    let reader = reader.get().expect("met").expect("opens");
    m.write(b, writer, b"hi");
    assert_eq!(m.read(a, reader, 9).get(), Some(Ok(b"hi".to_vec())));
    m.exit(b, 0);
    assert_eq!(m.read(a, reader, 9).get(), Some(Ok(Vec::new())));
    m.exit(a, 0);
    assert!(m.kernel.fifos.is_empty() && m.kernel.pipes.is_empty());
}

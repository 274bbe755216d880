use super::*;
use crate::process::signal::{SIGINT, SIGWINCH};
use crate::process::termios::WindowSize;
use crate::process::{Ending, signal::Disposition};

/// A shell that leads a session on a new terminal: the host's master, and the shell, whose descriptors 0 to 2 are the slave.
fn shell(m: &mut Machine) -> (i32, Running) {
    let (master, slave) = m.call(HOST, |k, c| k.open_pty(c)).expect("opens");
    let request = SpawnRequest {
        new_session: true,
        controlling_terminal: true,
        ..Machine::request(&[slave, slave, slave])
    };
    let shell = m.spawn(HOST, request);
    m.close(HOST, slave);
    (master, shell)
}

#[test]
fn a_line_reaches_the_program_and_its_echo_the_screen() {
    let mut m = Machine::new();
    let (master, shell) = shell(&mut m);
    let line = m.read(shell, 0, 99);
    m.write(HOST, master, b"ls");
    assert_eq!(line.get(), None);
    m.write(HOST, master, b"\r");
    assert_eq!(line.get(), Some(Ok(b"ls\n".to_vec())));
    assert_eq!(m.read(HOST, master, 99).get(), Some(Ok(b"ls\r\n".to_vec())));
    m.write(shell, 1, b"file\n");
    assert_eq!(
        m.read(HOST, master, 99).get(),
        Some(Ok(b"file\r\n".to_vec()))
    );
    let end = m.read(shell, 0, 99);
    m.write(HOST, master, b"\x04");
    assert_eq!(end.get(), Some(Ok(Vec::new())));
}

#[test]
fn interrupts_go_to_the_foreground_group() {
    let mut m = Machine::new();
    let (master, shell) = shell(&mut m);
    let job = m.spawn(
        shell,
        SpawnRequest {
            group: Some(0),
            ..Machine::request(&[0, 1, 2])
        },
    );
    let background = m.spawn(
        shell,
        SpawnRequest {
            group: Some(0),
            ..Machine::request(&[0, 1, 2])
        },
    );
    assert_eq!(m.call(shell, |k, c| k.tcgetpgrp(c, 0)), Ok(shell.pid));
    m.call(shell, |k, c| k.tcsetpgrp(c, 0, job.pid))
        .expect("may");
    assert_eq!(m.call(HOST, |k, c| k.tcgetpgrp(c, master)), Ok(job.pid));
    assert_eq!(
        m.read(background, 0, 1).get(),
        Some(Err(Errno::EIO)),
        "not in the foreground"
    );
    m.write(HOST, master, b"\x03");
    assert!(m.kernel.is_dead(job.tid));
    assert!(!m.kernel.is_dead(shell.tid) && !m.kernel.is_dead(background.tid));
    assert_eq!(m.read(HOST, master, 9).get(), Some(Ok(b"^C".to_vec())));
    assert_eq!(
        m.call(shell, |k, c| k.tcsetpgrp(c, 0, 999)),
        Err(Errno::EPERM)
    );
    let stranger = m.process();
    assert_eq!(
        m.call(stranger, |k, c| k.tcgetattr(c, 0)),
        Err(Errno::EBADF)
    );
}

#[test]
fn a_resize_raises_sigwinch_once() {
    let mut m = Machine::new();
    let (master, shell) = shell(&mut m);
    m.call(shell, |k, c| {
        k.sigaction(c, SIGWINCH.into(), Disposition::Caught)
    })
    .expect("may");
    let size = WindowSize {
        cols: 100,
        rows: 30,
    };
    for expected in [Some(SIGWINCH), None] {
        m.call(HOST, |k, c| k.set_window_size(c, master, size))
            .expect("sets");
        assert_eq!(m.call(shell, |k, c| k.next_signal(c)), Ok(expected));
    }
    assert_eq!(m.call(shell, |k, c| k.window_size(c, 1)), Ok(size));
}

#[test]
fn closing_the_master_hangs_up() {
    let mut m = Machine::new();
    let (master, shell) = shell(&mut m);
    let job = m.spawn(
        shell,
        SpawnRequest {
            group: Some(0),
            ..Machine::request(&[0])
        },
    );
    m.call(job, |k, c| k.sigaction(c, 1, Disposition::Ignored))
        .expect("may");
    let reading = m.read(shell, 0, 1);
    m.close(HOST, master);
    assert!(m.kernel.is_dead(shell.tid));
    assert_eq!(reading.get(), None);
    assert_eq!(m.read(job, 0, 1).get(), Some(Err(Errno::EIO)));
    assert_eq!(m.open(job, "/dev/tty", OpenFlags::RDWR), Err(Errno::ENXIO));
    m.exit(job, 0);
    assert!(m.kernel.terminals.is_empty());
}

#[test]
fn the_master_sees_the_last_slave_close() {
    let mut m = Machine::new();
    let (master, shell) = shell(&mut m);
    m.write(shell, 1, b"bye");
    let child = m.spawn(shell, Machine::request(&[0]));
    m.exit(shell, 0);
    assert!(
        m.kernel.is_dead(child.tid),
        "the foreground group is hung up with its session"
    );
    assert_eq!(m.read(HOST, master, 9).get(), Some(Ok(b"bye".to_vec())));
    assert_eq!(m.read(HOST, master, 9).get(), Some(Err(Errno::EIO)));
}

#[test]
fn terminals_have_names() {
    let mut m = Machine::new();
    let (_, shell) = shell(&mut m);
    let by_name = m
        .open(shell, "/dev/tty", OpenFlags::RDWR)
        .expect("has a terminal");
    assert_eq!(m.call(shell, |k, c| k.tcgetpgrp(c, by_name)), Ok(shell.pid));
    let by_number = m
        .open(shell, "/dev/pts/0", OpenFlags::RDWR)
        .expect("exists");
    m.write(shell, by_number, b"x");
    let master = m
        .open(HOST, "/dev/ptmx", OpenFlags::RDWR)
        .expect("makes another");
    assert!(m.call(HOST, |k, c| k.stat(c, b"/dev/pts/1", true)).is_ok());
    m.close(HOST, master);
    assert_eq!(
        m.call(HOST, |k, c| k.stat(c, b"/dev/pts/1", true))
            .map(drop),
        Err(Errno::ENOENT)
    );
    assert_eq!(
        m.open(HOST, "/dev/pts/7", OpenFlags::RDWR),
        Err(Errno::ENOENT)
    );
}

#[test]
fn interrupted_reads_can_be_retried() {
    let mut m = Machine::new();
    let (master, shell) = shell(&mut m);
    m.call(shell, |k, c| {
        k.sigaction(c, SIGINT.into(), Disposition::Caught)
    })
    .expect("may");
    let reading = m.read(shell, 0, 9);
    m.write(HOST, master, b"ab\x03");
    assert_eq!(reading.get(), Some(Err(Errno::EINTR)));
    m.write(HOST, master, b"cd\r");
    assert_eq!(
        m.read(shell, 0, 9).get(),
        Some(Ok(b"cd\n".to_vec())),
        "the interrupt flushed the line"
    );
    m.exit(shell, 7);
    let ended = m
        .done(HOST, |k, c| k.wait(c, super::super::WaitTarget::Any, true))
        .expect("has a child");
    assert_eq!(ended.map(|end| end.ending), Some(Ending::Exited(7)));
}

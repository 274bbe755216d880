use super::super::{POLLIN, PollEntry};
use super::*;
use crate::process::signal::{Disposition, SIGTERM};
use crate::vfs::{FileKind, LazyToken, TreeEntry, TreeNode, WatchKind};

const CREATE: OpenFlags = OpenFlags(0o102);

#[test]
fn duplicates_share_their_offset() {
    let mut m = Machine::new();
    let fd = m.open(HOST, "file", CREATE).expect("creates");
    let copy = m.call(HOST, |k, c| k.dup(c, fd)).expect("duplicates");
    m.write(HOST, fd, b"ab");
    m.write(HOST, copy, b"cd");
    assert_eq!(m.call(HOST, |k, c| k.lseek(c, fd, 0, 1)), Ok(4));
    assert_eq!(m.call(HOST, |k, c| k.lseek(c, fd, -3, 2)), Ok(1));
    assert_eq!(m.read(HOST, copy, 9).get(), Some(Ok(b"bcd".to_vec())));
    assert_eq!(
        m.call(HOST, |k, c| k.lseek(c, fd, -1, 0)),
        Err(Errno::EINVAL)
    );
    assert_eq!(
        m.call(HOST, |k, c| k.lseek(c, fd, 0, 9)),
        Err(Errno::EINVAL)
    );
    let child = m.spawn(HOST, Machine::request(&[copy]));
    m.call(child, |k, c| k.lseek(c, 0, 2, 0)).expect("seeks");
    assert_eq!(m.read(HOST, fd, 9).get(), Some(Ok(b"cd".to_vec())));
}

#[test]
fn descriptors_are_the_lowest_free_ones() {
    let mut m = Machine::new();
    let fds: Vec<i32> = (0..3)
        .map(|_| m.open(HOST, "/dev/null", CREATE).expect("opens"))
        .collect();
    assert_eq!(fds, [0, 1, 2]);
    m.close(HOST, 1);
    assert_eq!(m.call(HOST, |k, c| k.dup(c, 2)), Ok(1));
    assert_eq!(m.call(HOST, |k, c| k.dup2(c, 2, 9)), Ok(9));
    assert_eq!(m.call(HOST, |k, c| k.dup2(c, 2, 2)), Ok(2));
    assert_eq!(m.call(HOST, |k, c| k.dup2(c, 2, 4096)), Err(Errno::EBADF));
    assert_eq!(m.call(HOST, |k, c| k.close(c, 7)), Err(Errno::EBADF));
    while let Ok(fd) = m.call(HOST, |k, c| k.dup(c, 2)) {
        assert!(fd < 4096);
    }
    assert_eq!(m.open(HOST, "/dev/null", CREATE), Err(Errno::EMFILE));
}

#[test]
fn append_goes_to_the_end() {
    let mut m = Machine::new();
    m.write_file("log", b"one\n");
    let fd = m
        .open(HOST, "log", OpenFlags::WRONLY | OpenFlags::APPEND)
        .expect("opens");
    m.write_file("log", b"one two\n");
    m.write(HOST, fd, b"three\n");
    let fd = m.open(HOST, "log", OpenFlags::RDONLY).expect("opens");
    assert_eq!(
        m.read(HOST, fd, 99).get(),
        Some(Ok(b"one two\nthree\n".to_vec()))
    );
}

#[test]
fn access_modes() {
    let mut m = Machine::new();
    m.write_file("file", b"abc");
    let reader = m.open(HOST, "file", OpenFlags::RDONLY).expect("opens");
    let writer = m.open(HOST, "file", OpenFlags::WRONLY).expect("opens");
    assert_eq!(m.write(HOST, reader, b"x").get(), Some(Err(Errno::EBADF)));
    assert_eq!(m.read(HOST, writer, 1).get(), Some(Err(Errno::EBADF)));
    assert_eq!(
        m.done(HOST, move |k, c| k.ftruncate(c, reader, 0)),
        Err(Errno::EINVAL)
    );
    assert_eq!(m.done(HOST, move |k, c| k.ftruncate(c, writer, 1)), Ok(()));
    let directory = m.open(HOST, "/tmp", OpenFlags::RDONLY).expect("opens");
    assert_eq!(m.read(HOST, directory, 1).get(), Some(Err(Errno::EISDIR)));
    assert_eq!(m.open(HOST, "/tmp", OpenFlags::WRONLY), Err(Errno::EISDIR));
    let path = m.open(HOST, "file", OpenFlags::PATH).expect("opens");
    assert_eq!(m.read(HOST, path, 1).get(), Some(Err(Errno::EBADF)));
}

#[test]
fn devices() {
    let mut m = Machine::new();
    let open = |m: &mut Machine, name: &str| m.open(HOST, name, OpenFlags::RDWR).expect("opens");
    let [null, zero, full, random] =
        ["null", "zero", "full", "urandom"].map(|name| open(&mut m, &format!("/dev/{name}")));
    assert_eq!(m.read(HOST, null, 5).get(), Some(Ok(Vec::new())));
    assert_eq!(m.read(HOST, zero, 3).get(), Some(Ok(vec![0; 3])));
    assert_eq!(m.write(HOST, null, b"abc").get(), Some(Ok(3)));
    assert_eq!(m.write(HOST, full, b"abc").get(), Some(Err(Errno::ENOSPC)));
    let first = m
        .read(HOST, random, 32)
        .get()
        .expect("answers")
        .expect("reads");
    assert_ne!(Some(Ok(first)), m.read(HOST, random, 32).get());
    assert_eq!(m.open(HOST, "/dev/tty", OpenFlags::RDWR), Err(Errno::ENXIO));
}

#[test]
fn standard_input_by_name() {
    let mut m = Machine::new();
    let (read, write) = m.pipe(HOST);
    let child = m.spawn(HOST, Machine::request(&[read]));
    let again = m
        .open(child, "/dev/stdin", OpenFlags::RDONLY)
        .expect("opens");
    m.write(HOST, write, b"x");
    assert_eq!(m.read(child, again, 9).get(), Some(Ok(b"x".to_vec())));
}

#[test]
fn lazy_files_are_loaded_once_for_all_who_wait() {
    let mut m = Machine::new();
    let entry = TreeEntry {
        path: b"lazy".to_vec(),
        mtime: Timestamp(0),
        node: TreeNode::Lazy {
            mode: 0o644,
            size: 5,
            token: LazyToken(42),
        },
    };
    m.call(HOST, |k, c| k.mount_tree(c, b"/home/app", &[entry]))
        .expect("mounts");
    let (a, b) = (m.process(), m.process());
    m.effects();
    let mut pending = Vec::new();
    for process in [a, b] {
        let fd = m
            .open(process, "lazy", OpenFlags::RDONLY)
            .expect("opens without loading");
        pending.push(m.read(process, fd, 9));
    }
    assert_eq!(m.effects(), [Effect::Load { token: 42 }]);
    m.call(HOST, |k, _| k.fill_lazy(LazyToken(42), 0, b"he", false))
        .expect("fills");
    m.settle();
    assert!(pending[0].get().is_none());
    m.call(HOST, |k, _| k.fill_lazy(LazyToken(42), 2, b"llo", true))
        .expect("fills");
    m.settle();
    for read in pending {
        assert_eq!(read.get(), Some(Ok(b"hello".to_vec())));
    }
}

#[test]
fn signals_do_not_interrupt_loading() {
    let mut m = Machine::new();
    let entry = TreeEntry {
        path: b"lazy".to_vec(),
        mtime: Timestamp(0),
        node: TreeNode::Lazy {
            mode: 0o644,
            size: 2,
            token: LazyToken(7),
        },
    };
    m.call(HOST, |k, c| k.mount_tree(c, b"/home/app", &[entry]))
        .expect("mounts");
    let process = m.process();
    m.call(process, |k, c| {
        k.sigaction(c, i32::from(SIGTERM), Disposition::Caught)
    })
    .expect("may");
    let fd = m
        .open(process, "lazy", OpenFlags::RDONLY)
        .expect("opens without loading");
    let reading = m.read(process, fd, 9);
    m.kill(HOST, process.pid as i32, SIGTERM).expect("may");
    assert_eq!(reading.get(), None);
    m.call(HOST, |k, _| k.fill_lazy(LazyToken(7), 0, b"ok", true))
        .expect("fills");
    m.settle();
    assert_eq!(reading.get(), Some(Ok(b"ok".to_vec())));
}

#[test]
fn watches_wake_their_readers() {
    let mut m = Machine::new();
    let child = m.process();
    let watch = m
        .call(child, |k, c| k.watch(c, b".", false))
        .expect("watches");
    let polled = m.start(child, move |k, c| {
        k.poll(
            c,
            &mut [PollEntry {
                fd: watch,
                events: POLLIN,
                revents: 0,
            }],
            None,
        )
    });
    assert_eq!(polled.get(), None);
    m.write_file("new", b"");
    assert_eq!(polled.get(), Some(Ok(1)));
    let records = m.call(child, |k, c| k.read_watch(c, watch)).expect("reads");
    assert_eq!(records[0].kind, WatchKind::Rename);
    assert_eq!(records[0].name, b"new");
    m.close(child, watch);
}

#[test]
fn the_tree_at_boot() {
    let mut m = Machine::new();
    let child = m.process();
    for (path, mode) in [
        ("/tmp", 0o1777),
        ("/home/app", 0o755),
        ("/bin/jsh", 0o755),
        ("/usr/bin/node", 0o755),
        ("/etc/hosts", 0o644),
    ] {
        assert_eq!(
            m.call(child, |k, c| k.stat(c, path.as_bytes(), true))
                .map(|stat| stat.mode),
            Ok(mode),
            "{path}"
        );
    }
    assert_eq!(m.call(child, |k, c| k.getcwd(c)), Ok(b"/home/app".to_vec()));
    assert_eq!(
        m.open(child, "/etc/hosts", OpenFlags::WRONLY),
        Err(Errno::EACCES)
    );
    assert_eq!(
        m.call(child, |k, c| k.readlink(c, b"/proc/self/exe")),
        Ok(b"/bin/jsh".to_vec())
    );
    assert_eq!(
        m.call(child, |k, c| k.mkdir(c, b"/home/mine", 0o777)),
        Ok(())
    );
    assert_eq!(
        m.call(child, |k, c| k.stat(c, b"/home/mine", true))
            .map(|stat| stat.mode),
        Ok(0o755),
        "the umask applies"
    );
}

#[test]
fn a_descriptor_without_a_path_shows_what_it_is() {
    let mut m = Machine::new();
    let program = m.process();
    let (reader, _) = m.call(program, |k, c| k.pipe(c)).expect("makes");
    let path = format!("/proc/self/fd/{reader}");
    let kind = |m: &mut Machine, follow| {
        m.call(program, |k, c| k.stat(c, path.as_bytes(), follow))
            .map(|stat| stat.kind)
    };
    assert_eq!(kind(&mut m, true), Ok(FileKind::Fifo));
    assert_eq!(kind(&mut m, false), Ok(FileKind::Symlink));
}

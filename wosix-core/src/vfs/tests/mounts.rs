//! Mounts, `/dev` and `/proc`.

use super::script::{check, check_on, contents, root_caller};
use crate::errno::{Errno, Result};
use crate::vfs::*;

#[test]
fn walks_cross_mounts_both_ways() {
    check(
        "
        mkdir a 755
        mkdir a/m 700
        create a/m/hidden 644
        mount a/m 1777
        stat a/m => mode=1777 dev=25 nlink=2
        stat a/m/hidden => ENOENT
        create a/m/f 644
        stat a/m/.. => dev=24 mode=755
        cd a/m
        pwd => /a/m
        stat ../m/f => dev=25
        stat ../../a/m/./f
        real ../m/f => /a/m/f
        ls /a => m
        create /x 644
        rename /x /a/m/x => EXDEV
        link /x /a/m/x => EXDEV
        rmdir /a/m => EBUSY
        rename /a/m /b => EBUSY
        rename /a /b
        pwd => /b/m
        stat /b/m/f
        mkdir /b/m/n 755
        mount /b/m/n 755
        stat /b/m/n/../.. => dev=24
        real /b/m/n/../n => /b/m/n
        mount /x 755 => ENOTDIR
        ",
    );
}

#[test]
fn devices_have_the_numbers_of_linux() {
    let mut vfs = Vfs::new(Timestamp(0));
    let root = root_caller(&vfs);
    vfs.mkdir(&root, b"/dev", 0o755).unwrap();
    vfs.mount_dev(&root, b"/dev").unwrap();
    assert_eq!(vfs.mount_dev(&root, b"/dev"), Err(Errno::EBUSY));
    let user = Credentials::user(1000, 1000);
    vfs.add_terminal(
        &Caller {
            credentials: &user,
            ..root
        },
        3,
    )
    .unwrap();
    assert_eq!(vfs.add_terminal(&root, 2048), Err(Errno::ENOSPC));
    let mut vfs = check_on(
        vfs,
        "
        stat /dev/null => char mode=666 rdev=259
        stat /dev/urandom => rdev=265
        stat /dev/ptmx => rdev=1282
        stat /dev/pts/3 => char mode=620 rdev=34819 owner=1000:1000
        readlink /dev/stdin => /proc/self/fd/0
        as 1000:1000
        open /dev/null rw
        create /dev/x 644 => EACCES
        open /dev/pts/3 rw
        ",
    );
    vfs.remove_terminal(&root, 3).unwrap();
    assert_eq!(vfs.stat(&root, b"/dev/pts/3", true), Err(Errno::ENOENT));
    assert_eq!(dev::pts_number(dev::pts(1300)), Some(1300));
    assert_eq!(dev::pts_number(dev::TTY), None);
}

/// Process 7 of user 1000: works in `cwd`, descriptor 0 is a pipe, 3 a file.
struct OneProcess {
    cwd: Vnode,
    file: Vnode,
}

impl ProcSource for OneProcess {
    fn pids(&self) -> Vec<u32> {
        vec![7]
    }
    fn owner(&self, pid: u32) -> Option<(u32, u32)> {
        (pid == 7).then_some((1000, 1000))
    }
    fn process_file(&self, _pid: u32, file: ProcFile) -> Result<Vec<u8>> {
        Ok(format!("{file:?}").into_bytes())
    }
    fn system_file(&self, file: SystemFile) -> Result<Vec<u8>> {
        Ok(format!("{file:?}").into_bytes())
    }
    fn cwd(&self, _pid: u32) -> Result<Vnode> {
        Ok(self.cwd)
    }
    fn exe(&self, _pid: u32) -> Result<Vec<u8>> {
        Ok(b"/d/f".to_vec())
    }
    fn descriptors(&self, _pid: u32) -> Vec<u32> {
        vec![0, 3]
    }
    fn descriptor(&self, _pid: u32, fd: u32) -> Result<ProcLink> {
        match fd {
            0 => Ok(ProcLink::Descriptor(b"pipe:[9]".to_vec())),
            3 => Ok(ProcLink::Vnode(self.file)),
            _ => Err(Errno::ENOENT),
        }
    }
}

#[test]
fn proc_shows_the_process_table() {
    let vfs = Vfs::new(Timestamp(0));
    let mut vfs = check_on(
        vfs,
        "mkdir proc 555\nmkdir d 755\ncreate d/f 644\nwrite d/f 0 hello",
    );
    let root = root_caller(&vfs);
    vfs.mount_proc(&root, b"/proc").unwrap();
    let cwd = vfs.resolve(&root, b"/d", true).unwrap();
    let file = vfs.resolve(&root, b"/d/f", true).unwrap();
    let processes = OneProcess { cwd, file };
    let caller = Caller {
        pid: 7,
        processes: &processes,
        ..root
    };
    let read = |vfs: &mut Vfs, path: &str| -> Result<String> {
        let v = vfs
            .open(&caller, path.as_bytes(), OpenFlags::RDONLY, 0)?
            .vnode;
        let mut buffer = [0; 100];
        match vfs.read_at(&caller, v, 0, &mut buffer)? {
            Loaded::Ready(count) => Ok(String::from_utf8_lossy(&buffer[..count]).into()),
            Loaded::NeedLoad(_) => Err(Errno::EIO),
        }
    };
    assert_eq!(
        read(&mut vfs, "/proc/self/cmdline").as_deref(),
        Ok("Cmdline")
    );
    assert_eq!(
        read(&mut vfs, "/proc/7/fd/../status").as_deref(),
        Ok("Status")
    );
    assert_eq!(read(&mut vfs, "/proc/meminfo").as_deref(), Ok("MemInfo"));
    assert_eq!(read(&mut vfs, "/proc/self/fd/3").as_deref(), Ok("hello"));
    assert_eq!(read(&mut vfs, "/proc/self/cwd/f").as_deref(), Ok("hello"));
    assert_eq!(read(&mut vfs, "/proc/7/exe").as_deref(), Ok("hello"));
    assert_eq!(read(&mut vfs, "/proc/8/status"), Err(Errno::ENOENT));
    for root in ["/proc/self/root", "/proc/7/root"] {
        assert_eq!(
            read(&mut vfs, &format!("{root}/d/f")).as_deref(),
            Ok("hello")
        );
    }
    let mounts = "tmpfs / tmpfs rw,relatime 0 0\nproc /proc proc ro,relatime 0 0\n";
    assert_eq!(read(&mut vfs, "/proc/mounts").as_deref(), Ok(mounts));

    let readlink = |vfs: &Vfs, path: &str| vfs.readlink(&caller, path.as_bytes());
    assert_eq!(readlink(&vfs, "/proc/self"), Ok(b"7".to_vec()));
    assert_eq!(readlink(&vfs, "/proc/7/fd/0"), Ok(b"pipe:[9]".to_vec()));
    assert_eq!(readlink(&vfs, "/proc/7/fd/3"), Ok(b"/d/f".to_vec()));
    assert_eq!(readlink(&vfs, "/proc/7/cwd"), Ok(b"/d".to_vec()));
    assert_eq!(
        vfs.real_path(&caller, b"/proc/self/fd"),
        Ok(b"/proc/7/fd".to_vec())
    );
    assert_eq!(
        vfs.real_path(&caller, b"/proc/self/cwd/f"),
        Ok(b"/d/f".to_vec())
    );

    let pipe = vfs
        .open(&caller, b"/proc/self/fd/0", OpenFlags::RDONLY, 0)
        .unwrap();
    assert_eq!(pipe.kind, FileKind::Symlink);
    assert_eq!(vfs.proc_descriptor(pipe.vnode), Some((7, 0)));

    let names = |vfs: &mut Vfs, path: &str| -> Vec<String> {
        let list = vfs.readdir(&caller, path.as_bytes()).unwrap();
        list.iter()
            .map(|entry| String::from_utf8_lossy(&entry.name).into())
            .collect()
    };
    assert!(names(&mut vfs, "/proc").contains(&"7".to_string()));
    assert_eq!(names(&mut vfs, "/proc/7/fd"), ["0", "3"]);
    assert_eq!(names(&mut vfs, "/proc/sys"), ["kernel"]);
    assert_eq!(names(&mut vfs, "/proc/sys/kernel"), ["hostname"]);
    assert_eq!(
        vfs.real_path(&caller, b"/proc/sys/kernel/../kernel/hostname"),
        Ok(b"/proc/sys/kernel/hostname".to_vec())
    );
    for entry in vfs.readdir(&caller, b"/proc/7").unwrap() {
        let path = [b"/proc/7/", &*entry.name].concat();
        let stat = vfs.stat(&caller, &path, false).unwrap();
        assert_eq!((stat.ino, stat.kind), (entry.ino, entry.kind));
    }

    let mkdir = vfs.mkdir(&caller, b"/proc/x", 0o755);
    assert_eq!(mkdir, Err(Errno::EROFS));
    let open = vfs.open(&caller, b"/proc/version", OpenFlags::WRONLY, 0);
    assert_eq!(open, Err(Errno::EROFS));
    assert_eq!(vfs.unlink(&caller, b"/proc/self"), Err(Errno::EROFS));
    let stranger = Credentials::user(5, 5);
    let stranger = Caller {
        credentials: &stranger,
        ..caller
    };
    assert_eq!(vfs.readdir(&stranger, b"/proc/7/fd"), Err(Errno::EACCES));
    assert_eq!(contents(&mut vfs, "/d/f"), Ok(b"hello".to_vec()));
}

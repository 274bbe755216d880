//! The file system against Linux's rules.

use super::*;

static ROOT_USER: Credentials = Credentials::ROOT;

fn root_caller(vfs: &Vfs) -> Caller<'static> {
    Caller {
        credentials: &ROOT_USER,
        cwd: vfs.root(),
        pid: 1,
        now: Timestamp(1),
        processes: &NoProcesses,
    }
}

#[test]
fn a_file_can_be_written_and_read() {
    let mut vfs = Vfs::new(Timestamp(0));
    let caller = root_caller(&vfs);
    let opened = vfs
        .open(&caller, b"/a", OpenFlags::RDWR | OpenFlags::CREAT, 0o644)
        .unwrap();
    assert_eq!(
        vfs.write_at(&caller, opened.vnode, 3, b"abc"),
        Ok(Loaded::Ready(3))
    );
    let mut buffer = [1; 10];
    assert_eq!(
        vfs.read_at(&caller, opened.vnode, 1, &mut buffer),
        Ok(Loaded::Ready(5))
    );
    assert_eq!(&buffer[..5], b"\0\0abc");
    vfs.release(opened.vnode);
}

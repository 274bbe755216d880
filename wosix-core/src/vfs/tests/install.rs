//! Packs and host trees.

use super::script::{check_on, contents, root_caller};
use crate::errno::Errno;
use crate::vfs::*;

fn entry(path: &str, offset: u64, length: u64) -> PackEntry {
    PackEntry {
        path: path.into(),
        mode: 0o644,
        offset,
        length,
    }
}

fn pack(vfs: &mut Vfs, bytes: &[u8]) -> PackId {
    let pack = vfs.pack_create(bytes.len() as u64).unwrap();
    vfs.pack_write(pack, 0, bytes).unwrap();
    pack
}

#[test]
fn a_pack_makes_files_that_share_its_bytes() {
    let mut vfs = Vfs::new(Timestamp(0));
    let id = pack(&mut vfs, b"onetwothree");
    let caller = root_caller(&vfs);
    let entries = [
        entry("a", 0, 3),
        entry("lib/b", 3, 3),
        entry("lib/deep/c", 6, 5),
    ];
    vfs.pack_install(&caller, id, b"/x/y", &entries).unwrap();
    assert_eq!(vfs.pack_write(id, 0, b"z"), Err(Errno::EBUSY));
    vfs.pack_install(&caller, id, b"/x/z/", &entries[..1])
        .unwrap();
    vfs.pack_release(id).unwrap();
    assert_eq!(vfs.pack_release(id), Err(Errno::EBADF));
    let vfs = check_on(
        vfs,
        "
        read x/y/a 0 9 => \"one\"
        read x/y/lib/deep/c 2 9 => \"ree\"
        stat x/y/lib/b => file mode=644 size=3
        stat x/y/lib => directory mode=755 nlink=3
        used => 11 bytes
        write x/y/a 1 NNN # copies
        read x/y/a 0 9 => \"oNNN\"
        read x/z/a 0 9 => \"one\"
        truncate x/y/lib/b 1
        truncate x/y/lib/b 3
        read x/y/lib/b 0 9 => \"t\\x00\\x00\"
        used => 15 bytes
        unlink x/y/a
        unlink x/y/lib/b
        unlink x/y/lib/deep/c
        used => 11 bytes
        unlink x/z/a
        used => 0 bytes
        ",
    );
    assert_eq!(vfs.bytes_used(), 0);
}

#[test]
fn an_install_replaces_files_and_nothing_else() {
    let vfs = Vfs::new(Timestamp(0));
    let script = "mkdir d 755\ncreate d/f 644\nwrite d/f 0 old\nsymlink /d l\nmkdir e 755";
    let mut vfs = check_on(vfs, script);
    let caller = root_caller(&vfs);
    let held = vfs
        .open(&caller, b"/d/f", OpenFlags::RDONLY, 0)
        .unwrap()
        .vnode;
    let id = pack(&mut vfs, b"new");
    let install = |vfs: &mut Vfs, paths: &[&str]| {
        let entries: Vec<_> = paths.iter().map(|path| entry(path, 0, 3)).collect();
        vfs.pack_install(&caller, id, b"/", &entries)
    };
    // Every failing list begins with entries that could be made.
    let before = vfs.readdir(&caller, b"/d").unwrap();
    assert_eq!(install(&mut vfs, &["d/f", "n/a", "e"]), Err(Errno::EISDIR));
    assert_eq!(
        install(&mut vfs, &["d/f", "n/a", "n/a/b"]),
        Err(Errno::ENOTDIR)
    );
    assert_eq!(install(&mut vfs, &["d/g", "l/f"]), Err(Errno::ENOTDIR));
    for bad in ["", "/a", "a/", "a//b", "../a", "a/./b", "a/..", "nul\0"] {
        assert_eq!(
            install(&mut vfs, &["d/f", "d/g", bad]),
            Err(Errno::EINVAL),
            "{bad:?}"
        );
    }
    assert_eq!(
        vfs.pack_install(&caller, id, b"/", &[entry("a", 2, 2)]),
        Err(Errno::EINVAL)
    );
    assert_eq!(
        vfs.pack_install(&caller, id, b"/", &[entry("a", u64::MAX, 2)]),
        Err(Errno::EINVAL)
    );
    assert_eq!(vfs.readdir(&caller, b"/d").unwrap(), before);
    assert_eq!(vfs.readdir(&caller, b"/").unwrap().len(), 3);
    assert_eq!(contents(&mut vfs, "/d/f"), Ok(b"old".to_vec()));

    install(&mut vfs, &["d/f", "d/f", "l"]).unwrap();
    assert_eq!(contents(&mut vfs, "/d/f"), Ok(b"new".to_vec()));
    assert_eq!(contents(&mut vfs, "/l"), Ok(b"new".to_vec()));
    assert_eq!(vfs.fstat(&caller, held).unwrap().nlink, 0);
    assert_eq!(vfs.bytes_used(), 6);
    vfs.release(held);
    assert_eq!(vfs.bytes_used(), 3);
}

#[test]
fn an_install_needs_permission() {
    let mut vfs = check_on(
        Vfs::new(Timestamp(0)),
        "mkdir d 755\nmkdir w 777\nmkdir w/d 755",
    );
    let id = pack(&mut vfs, b"new");
    let user = Credentials::user(1000, 1000);
    let caller = Caller {
        credentials: &user,
        ..root_caller(&vfs)
    };
    let install =
        |vfs: &mut Vfs, path: &str| vfs.pack_install(&caller, id, b"/w", &[entry(path, 0, 3)]);
    assert_eq!(
        vfs.pack_install(&caller, id, b"/d", &[entry("a", 0, 3)]),
        Err(Errno::EACCES)
    );
    assert_eq!(
        vfs.pack_install(&caller, id, b"/d/e", &[entry("a", 0, 3)]),
        Err(Errno::EACCES)
    );
    assert_eq!(install(&mut vfs, "d/a"), Err(Errno::EACCES));
    assert_eq!(install(&mut vfs, "e/a"), Ok(()));
    assert_eq!(vfs.stat(&caller, b"/w/e/a", true).unwrap().uid, 1000);
}

#[test]
fn packs_count_against_the_budget() {
    let mut vfs = Vfs::new(Timestamp(0));
    vfs.set_budget(100);
    assert_eq!(vfs.pack_create(101), Err(Errno::ENOSPC));
    let id = vfs.pack_create(100).unwrap();
    assert_eq!(vfs.pack_write(id, 99, b"ab"), Err(Errno::EINVAL));
    assert_eq!(vfs.pack_write(id, u64::MAX, b"ab"), Err(Errno::EINVAL));
    vfs.pack_release(id).unwrap();
    assert_eq!(vfs.bytes_used(), 0);
}

fn tree_entry(path: &str, node: TreeNode) -> TreeEntry {
    TreeEntry {
        path: path.into(),
        mtime: Timestamp(5),
        node,
    }
}

fn lazy(token: u32) -> TreeNode {
    TreeNode::Lazy {
        mode: 0o644,
        size: 5,
        token: LazyToken(token),
    }
}

fn with_tree(entries: &[TreeEntry]) -> Vfs {
    let mut vfs = Vfs::new(Timestamp(0));
    let caller = root_caller(&vfs);
    vfs.mount_tree(&caller, b"/home/project", entries).unwrap();
    vfs
}

#[test]
fn a_tree_is_loaded_when_it_is_read() {
    let mut vfs = with_tree(&[
        tree_entry("ro", TreeNode::Directory { mode: 0o555 }),
        tree_entry("ro/f", lazy(1)),
        tree_entry(
            "l",
            TreeNode::Symlink {
                target: b"ro/f".to_vec(),
            },
        ),
        tree_entry("implied/g", lazy(2)),
        tree_entry("h", lazy(3)),
    ]);
    let caller = root_caller(&vfs);
    vfs = check_on(
        vfs,
        "
        cd home/project
        stat ro => directory mode=555 mtime=5
        stat implied => mode=755
        stat ro/f => file size=5 mtime=5
        used => 0 bytes
        read l 0 9 => load 1
        write l 0 x => load 1
        truncate l 3 => load 1
        ",
    );
    vfs.fill_lazy(LazyToken(1), 3, b"lo", false).unwrap();
    vfs = check_on(vfs, "read home/project/l 0 9 => load 1");
    vfs.fill_lazy(LazyToken(1), 0, b"hel", true).unwrap();
    assert_eq!(
        vfs.fill_lazy(LazyToken(1), 0, b"x", true),
        Err(Errno::ENOENT)
    );
    assert_eq!(contents(&mut vfs, "/home/project/l"), Ok(b"hello".to_vec()));

    vfs.fail_lazy(LazyToken(2), Errno::EIO).unwrap();
    let v = vfs
        .resolve(&caller, b"/home/project/implied/g", true)
        .unwrap();
    assert_eq!(vfs.read_at(&caller, v, 0, &mut [0]), Err(Errno::EIO));
    vfs = check_on(vfs, "read home/project/implied/g 0 9 => load 2"); // opened anew

    vfs = check_on(
        vfs,
        "
        open home/project/h w,trunc # needs no load
        read home/project/h 0 9 => \"\"
        unlink home/project/implied/g
        ",
    );
    assert_eq!(
        vfs.fill_lazy(LazyToken(3), 0, b"x", true),
        Err(Errno::ENOENT)
    );
    assert_eq!(
        vfs.fill_lazy(LazyToken(2), 0, b"x", true),
        Err(Errno::ENOENT)
    );
}

#[test]
fn contents_may_be_shorter_or_longer_than_announced() {
    let mut vfs = with_tree(&[tree_entry("a", lazy(1)), tree_entry("b", lazy(2))]);
    vfs.fill_lazy(LazyToken(1), 0, b"", true).unwrap();
    vfs.fill_lazy(LazyToken(2), 0, b"long enough", true)
        .unwrap();
    assert_eq!(contents(&mut vfs, "/home/project/a"), Ok(b"".to_vec()));
    assert_eq!(
        contents(&mut vfs, "/home/project/b"),
        Ok(b"long enough".to_vec())
    );
    assert_eq!(vfs.bytes_used(), 11);
}

#[test]
fn a_tree_merges_and_undoes_what_it_did_when_it_fails() {
    let mut vfs = with_tree(&[tree_entry("d/old", lazy(1)), tree_entry("d/both", lazy(2))]);
    let caller = root_caller(&vfs);
    let mut mount = |entries: &[TreeEntry]| vfs.mount_tree(&caller, b"/home/project", entries);
    assert_eq!(mount(&[tree_entry("x", lazy(2))]), Err(Errno::EEXIST));
    assert_eq!(
        mount(&[tree_entry("x", lazy(3)), tree_entry("y", lazy(3))]),
        Err(Errno::EEXIST)
    );
    let failing = [
        tree_entry("d/both", lazy(3)),
        tree_entry("x", lazy(4)),
        tree_entry("d", lazy(5)),
    ];
    assert_eq!(mount(&failing), Err(Errno::EISDIR));
    assert_eq!(
        mount(&[tree_entry("d/both", lazy(3)), tree_entry("x", lazy(4))]),
        Ok(())
    );
    check_on(
        vfs,
        "
        read home/project/d/old 0 9 => load 1
        read home/project/d/both 0 9 => load 3
        read home/project/x 0 9 => load 4
        ",
    );
}

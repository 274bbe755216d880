//! An installed pack or tree is wholly there or not at all, and nothing outside its folder changes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wosix_core::vfs::{
    Caller, Credentials, FileKind, LazyToken, NoProcesses, OpenFlags, PackEntry, Timestamp,
    TreeEntry, TreeNode, Vfs,
};

fuzz_target!(|input: (bool, Vec<(&[u8], u8, u8)>)| {
    let (is_pack, entries) = input;
    let mut vfs = Vfs::new(Timestamp(0));
    let root = Caller {
        credentials: &Credentials::ROOT,
        cwd: vfs.root(),
        pid: 1,
        now: Timestamp(0),
        processes: &NoProcesses,
    };
    for path in ["/base", "/base/d", "/out"] {
        vfs.mkdir(&root, path.as_bytes(), 0o755)
            .expect("an empty file system");
    }
    for path in ["/base/f", "/out/f"] {
        let opened = vfs
            .open(
                &root,
                path.as_bytes(),
                OpenFlags::CREAT | OpenFlags::WRONLY,
                0o644,
            )
            .expect("a new file");
        vfs.release(opened.vnode);
    }
    vfs.symlink(&root, b"/out", b"/base/l").expect("a new link");
    let (inside, outside) = (
        list(&mut vfs, &root, b"/base"),
        list(&mut vfs, &root, b"/out"),
    );
    let paths: Vec<Vec<u8>> = entries
        .iter()
        .map(|(path, ..)| path.iter().map(|&byte| letter(byte)).collect())
        .collect();
    let result = if is_pack {
        let pack = vfs.pack_create(200).expect("memory");
        let entries: Vec<_> = entries
            .iter()
            .zip(&paths)
            .map(|(&(_, offset, length), path)| PackEntry {
                path: path.clone(),
                mode: 0o644,
                offset: offset.into(),
                length: length.into(),
            })
            .collect();
        let result = vfs.pack_install(&root, pack, b"/base", &entries);
        vfs.pack_release(pack).expect("held");
        result
    } else {
        let node = |kind: u8, number: u8| match kind % 3 {
            0 => TreeNode::Directory { mode: 0o755 },
            1 => TreeNode::Symlink {
                target: vec![b'.'; usize::from(number)],
            },
            _ => TreeNode::Lazy {
                mode: 0o644,
                size: 1,
                token: LazyToken(number.into()),
            },
        };
        let entries: Vec<_> = entries
            .iter()
            .zip(&paths)
            .map(|(&(_, kind, number), path)| TreeEntry {
                path: path.clone(),
                mtime: Timestamp(1),
                node: node(kind, number),
            })
            .collect();
        vfs.mount_tree(&root, b"/base", &entries)
    };
    assert_eq!(list(&mut vfs, &root, b"/out"), outside);
    assert_eq!(vfs.readdir(&root, b"/").expect("the root").len(), 2);
    match result {
        Ok(()) => {
            for path in &paths {
                let whole = [b"/base/", &path[..]].concat();
                vfs.stat(&root, &whole, false).expect("an installed entry");
            }
        }
        Err(_) => {
            assert_eq!(list(&mut vfs, &root, b"/base"), inside);
            assert_eq!(vfs.bytes_used(), 0);
        }
    }
});

/// Mostly what paths and the tree above are made of.
fn letter(byte: u8) -> u8 {
    *b"a./dfl\0".get(usize::from(byte) % 8).unwrap_or(&byte)
}

/// Everything below a directory.
fn list(vfs: &mut Vfs, root: &Caller, path: &[u8]) -> Vec<(Vec<u8>, FileKind)> {
    let mut found = Vec::new();
    for entry in vfs.readdir(root, path).expect("a directory") {
        let child = [path, b"/", &entry.name[..]].concat();
        if matches!(&entry.name[..], b"." | b"..") {
            continue;
        }
        found.push((child.clone(), entry.kind));
        if entry.kind == FileKind::Directory {
            found.extend(list(vfs, root, &child));
        }
    }
    found
}

//! Whatever the tree looks like, a path and its real path name the same inode, and the real path has no `.`, `..` or link in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wosix_core::vfs::{Caller, Credentials, NoProcesses, OpenFlags, Timestamp, Vfs};

fuzz_target!(|steps: Vec<(u8, &[u8], &[u8])>| {
    let mut vfs = Vfs::new(Timestamp(0));
    let root = Caller {
        credentials: &Credentials::ROOT,
        cwd: vfs.root(),
        pid: 1,
        now: Timestamp(0),
        processes: &NoProcesses,
    };
    let mut mounts = 0;
    for (step, a, b) in steps {
        let path = |bytes: &[u8]| -> Vec<u8> {
            bytes
                .iter()
                .map(|&byte| *b"ab./c\0/".get(usize::from(byte) % 8).unwrap_or(&byte))
                .collect()
        };
        let (a, b) = (path(a), path(b));
        // Most of these fail, as they should.
        let _result = match step % 9 {
            0 => vfs.mkdir(&root, &a, 0o755).map(drop),
            1 => vfs.symlink(&root, &a, &b).map(drop),
            2 => vfs.link(&root, &a, &b).map(drop),
            3 => vfs.rename(&root, &a, &b).map(drop),
            4 => vfs.unlink(&root, &a),
            5 => vfs.rmdir(&root, &a),
            6 => vfs
                .open(&root, &a, OpenFlags::CREAT | OpenFlags::RDWR, 0o644)
                .map(|opened| vfs.release(opened.vnode)),
            7 if mounts < 4 => vfs.mount_memory(&root, &a, 0o755).map(|_| mounts += 1),
            _ => vfs.mkdir(&root, &b, 0o755).map(drop),
        };
        for path in [&a, &b] {
            let Ok(real) = vfs.real_path(&root, path) else {
                continue;
            };
            assert_eq!(
                vfs.resolve(&root, &real, false),
                vfs.resolve(&root, path, true),
                "{}",
                real.escape_ascii()
            );
            let parts = real.split(|&byte| byte == b'/').skip(1);
            assert!(
                real == b"/"
                    || parts
                        .into_iter()
                        .all(|part| !matches!(part, b"" | b"." | b"..")),
                "{}",
                real.escape_ascii()
            );
        }
    }
});

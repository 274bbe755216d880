//! Times of the file system's hot calls, in nanoseconds an operation: `cargo bench -p wosix-core --bench vfs`.

#![allow(
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock; the core does not"
)]

use std::hint::black_box;
use std::time::Instant;

use wosix_core::vfs::{
    Caller, Credentials, Loaded, NoProcesses, OpenFlags, PackEntry, Timestamp, Vfs,
};

/// 55 bytes, as deep as a module in a package is.
const FILE: &[u8] = b"/home/project/node_modules/express/lib/router/index2.js";
const MISSING: &[u8] = b"/home/project/node_modules/express/lib/router/absent.js";

static USER: Credentials = Credentials::user(1000, 1000);

fn main() {
    let mut vfs = Vfs::new(Timestamp(0));
    let root = vfs.root();
    let superuser = Credentials::ROOT;
    let caller = Caller {
        credentials: &superuser,
        cwd: root,
        pid: 1,
        now: Timestamp(1),
        processes: &NoProcesses,
    };
    vfs.mkdir(&caller, b"/home", 0o777).expect("an empty root");
    let caller = Caller {
        credentials: &USER,
        ..caller
    };
    let entries = tree(600, 20);
    install(&mut vfs, &caller, &entries);
    let read_write = OpenFlags::RDWR | OpenFlags::CREAT;
    let file = vfs
        .open(&caller, FILE, read_write, 0o644)
        .expect("its directory exists")
        .vnode;
    let mut block = vec![7; 4096];
    assert_eq!(
        vfs.write_at(&caller, file, 0, &block),
        Ok(Loaded::Ready(4096))
    );

    measure("stat", 2_000_000, |_| {
        vfs.stat(&caller, black_box(FILE), true)
    });
    measure("stat, ENOENT", 2_000_000, |_| {
        vfs.stat(&caller, black_box(MISSING), true)
    });
    measure("open + close", 2_000_000, |_| {
        if let Ok(opened) = vfs.open(&caller, black_box(FILE), OpenFlags::RDONLY, 0) {
            vfs.release(opened.vnode);
        }
    });
    measure("read 4 KiB", 2_000_000, |_| {
        vfs.read_at(&caller, file, 0, &mut block)
    });
    measure("write 4 KiB", 2_000_000, |_| {
        vfs.write_at(&caller, file, 0, &block)
    });
    measure("create + unlink", 500_000, |_| {
        if let Ok(opened) = vfs.open(&caller, MISSING, read_write, 0o644) {
            vfs.release(opened.vnode);
        }
        vfs.unlink(&caller, MISSING)
    });
    measure("rename there and back", 500_000, |_| {
        (
            vfs.rename(&caller, FILE, MISSING),
            vfs.rename(&caller, MISSING, FILE),
        )
    });
    let directory = parent(&entries[0].path);
    let directory = [b"/home/project/", directory].concat();
    measure("readdir, 20 entries", 200_000, |_| {
        vfs.readdir(&caller, &directory)
    });
    let paths: Vec<_> = entries
        .iter()
        .map(|entry| [b"/home/project/", &*entry.path].concat())
        .collect();
    measure("stat, 12,000 files in turn", 1_200_000, |index| {
        vfs.stat(&caller, &paths[index * 7919 % paths.len()], true)
    });
    let mut fresh = Vfs::new(Timestamp(0));
    let caller = Caller {
        credentials: &superuser,
        cwd: fresh.root(),
        ..caller
    };
    let start = Instant::now();
    install(&mut fresh, &caller, &entries);
    println!(
        "{:>10.2} ms  install {} files of a pack",
        start.elapsed().as_secs_f64() * 1e3,
        entries.len()
    );
}

/// Names of `packages` packages of `files` files, with the hot file's directory among them.
fn tree(packages: usize, files: usize) -> Vec<PackEntry> {
    let entry = |path: String| PackEntry {
        path: path.into_bytes(),
        mode: 0o644,
        offset: 0,
        length: 100,
    };
    let paths = (0..packages).flat_map(|package| {
        (0..files).map(move |file| format!("node_modules/package-{package}/lib/module-{file}.js"))
    });
    let hot = entry("node_modules/express/lib/router/index.js".into());
    paths.map(entry).chain([hot]).collect()
}

fn install(vfs: &mut Vfs, caller: &Caller, entries: &[PackEntry]) {
    let pack = vfs.pack_create(100).expect("100 bytes");
    vfs.pack_install(caller, pack, b"/home/project", entries)
        .expect("an empty directory");
    vfs.pack_release(pack).expect("it was created");
}

fn parent(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
    &path[..slash]
}

fn measure<R>(name: &str, count: usize, mut operation: impl FnMut(usize) -> R) {
    for index in 0..count / 10 {
        black_box(operation(index));
    }
    let start = Instant::now();
    for index in 0..count {
        black_box(operation(index));
    }
    let nanoseconds = start.elapsed().as_secs_f64() * 1e9 / count as f64;
    println!("{nanoseconds:>10.1} ns  {name}");
}

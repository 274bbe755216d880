//! Watches.

use super::script::root_caller;
use crate::vfs::*;

/// Makes `/d/e` and `/d/f`, watches `path`, runs `change`, answers the records as text.
fn records(path: &str, recursive: bool, change: impl FnOnce(&mut Vfs, &Caller)) -> String {
    let mut vfs = Vfs::new(Timestamp(0));
    let caller = root_caller(&vfs);
    vfs.mkdir(&caller, b"/d", 0o755).unwrap();
    vfs.mkdir(&caller, b"/d/e", 0o755).unwrap();
    write(&mut vfs, &caller, "/d/f", "");
    let watch = vfs.watch(&caller, path.as_bytes(), recursive).unwrap();
    assert!(!vfs.watch_ready(watch) && vfs.take_ready_watches().is_empty());
    change(&mut vfs, &caller);
    let records = vfs.take_watch_records(watch);
    let expected = if records.is_empty() {
        vec![]
    } else {
        vec![watch]
    };
    assert_eq!(vfs.take_ready_watches(), expected);
    vfs.unwatch(watch);
    assert!(vfs.take_watch_records(watch).is_empty());
    let texts = records.iter().map(|record| {
        let kind = match record.kind {
            WatchKind::Rename => "rename",
            WatchKind::Change => "change",
            WatchKind::Overflow => "overflow",
        };
        format!("{kind} {}", String::from_utf8_lossy(&record.name))
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn write(vfs: &mut Vfs, caller: &Caller, path: &str, text: &str) {
    let flags = OpenFlags::CREAT | OpenFlags::WRONLY;
    let opened = vfs.open(caller, path.as_bytes(), flags, 0o644).unwrap();
    if !text.is_empty() {
        vfs.write_at(caller, opened.vnode, 0, text.as_bytes())
            .unwrap();
    }
    vfs.release(opened.vnode);
}

#[test]
fn a_directory_tells_of_its_entries() {
    let told = records("/d", false, |vfs, caller| {
        write(vfs, caller, "/d/new", "x");
        write(vfs, caller, "/d/new", "y");
        vfs.chmod(caller, b"/d/f", 0o600, true).unwrap();
        vfs.rename(caller, b"/d/f", b"/d/g").unwrap();
        vfs.unlink(caller, b"/d/g").unwrap();
        write(vfs, caller, "/d/e/deep", "x");
        write(vfs, caller, "/other", "x");
    });
    assert_eq!(told, "rename new, change new, change f, rename f, rename g");
}

#[test]
fn a_file_tells_of_itself_under_every_name() {
    let told = records("/d/f", false, |vfs, caller| {
        write(vfs, caller, "/d/f", "x");
        vfs.link(caller, b"/d/f", b"/g").unwrap();
        vfs.rename(caller, b"/d/f", b"/h").unwrap();
        write(vfs, caller, "/g", "y");
        vfs.unlink(caller, b"/g").unwrap();
        vfs.unlink(caller, b"/h").unwrap();
    });
    assert_eq!(told, "change , rename , change , rename ");
}

#[test]
fn a_recursive_watch_tells_paths() {
    let told = records("/d", true, |vfs, caller| {
        write(vfs, caller, "/d/e/deep", "x");
        vfs.mkdir(caller, b"/d/e/sub", 0o755).unwrap();
        vfs.mkdir(caller, b"/d/e/sub/m", 0o755).unwrap();
        vfs.mount_memory(caller, b"/d/e/sub/m", 0o755).unwrap();
        write(vfs, caller, "/d/e/sub/m/x", "");
        write(vfs, caller, "/d/top", "");
        vfs.rename(caller, b"/d/e/sub", b"/out").unwrap();
        write(vfs, caller, "/out/later", "");
    });
    let expected = "rename e/deep, change e/deep, rename e/sub, rename e/sub/m, rename e/sub/m/x, \
                    rename top, rename e/sub";
    assert_eq!(told, expected);
}

#[test]
fn an_install_is_told() {
    let told = records("/", true, |vfs, caller| {
        let pack = vfs.pack_create(1).unwrap();
        let entry = PackEntry {
            path: b"e/x".to_vec(),
            mode: 0o644,
            offset: 0,
            length: 1,
        };
        vfs.pack_install(caller, pack, b"/d", &[entry]).unwrap();
    });
    assert_eq!(told, "rename d/e/x");
}

#[test]
fn a_full_queue_says_so_once() {
    let told = records("/d", false, |vfs, caller| {
        for _ in 0..20_000 {
            vfs.rename(caller, b"/d/f", b"/d/g").unwrap();
            vfs.rename(caller, b"/d/g", b"/d/f").unwrap();
        }
    });
    assert_eq!(told.split(", ").count(), 16_385);
    assert!(told.ends_with("overflow "));
}

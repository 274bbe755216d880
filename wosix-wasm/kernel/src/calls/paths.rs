//! Files by path. Paths are ranges of the scratch block.

use wosix_core::kernel::Tid;
use wosix_core::vfs::{DirEntry, FileKind, OpenFlags, SetTime, Stat, StatFs, Timestamp};

use crate::codec::{put_f64, size};
use crate::entry::{Patience, call, wait};

/// Node's 18 fields.
pub fn stat_fields(stat: &Stat) -> [f64; 18] {
    let seconds = |time: Timestamp| time.seconds() as f64;
    let nanos = |time: Timestamp| f64::from(time.nanoseconds());
    [
        stat.dev as f64,
        f64::from(stat.st_mode()),
        f64::from(stat.nlink),
        f64::from(stat.uid),
        f64::from(stat.gid),
        stat.rdev as f64,
        f64::from(stat.blksize),
        stat.ino as f64,
        stat.size as f64,
        stat.blocks as f64,
        seconds(stat.atime),
        nanos(stat.atime),
        seconds(stat.mtime),
        nanos(stat.mtime),
        seconds(stat.ctime),
        nanos(stat.ctime),
        seconds(stat.btime),
        nanos(stat.btime),
    ]
}

/// Node's 7 fields.
pub fn statfs_fields(stat: &StatFs) -> [f64; 7] {
    [
        stat.kind,
        stat.bsize,
        stat.blocks,
        stat.bfree,
        stat.bavail,
        stat.files,
        stat.ffree,
    ]
    .map(|field| field as f64)
}

/// Seconds as a time to set: NaN leaves it, infinity means now.
pub fn set_time(seconds: f64) -> SetTime {
    if seconds.is_nan() {
        SetTime::Omit
    } else if seconds == f64::INFINITY {
        SetTime::Now
    } else {
        // Apart, so that milliseconds survive: a double does not hold nanoseconds since the epoch.
        let whole = seconds.floor();
        let nanos = ((seconds - whole) * 1e9).round() as u32;
        SetTime::At(Timestamp::new(whole as i64, nanos))
    }
}

/// Rows of inode number, kind, name length and name.
pub fn directory(entries: &[DirEntry]) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        put_f64(&mut out, entry.ino as f64);
        out.push(match entry.kind {
            FileKind::Regular => 1,
            FileKind::Directory => 2,
            FileKind::Symlink => 3,
            FileKind::Fifo => 4,
            FileKind::Socket => 5,
            FileKind::CharDevice => 6,
            FileKind::BlockDevice => 7,
        });
        // A name has at most 255 bytes.
        out.push(entry.name.len() as u8);
        out.extend_from_slice(&entry.name);
    }
    out
}

#[unsafe(no_mangle)]
extern "C" fn sys_open(tid: Tid, path: u32, length: u32, flags: u32, mode: u32) -> i32 {
    wait(tid, Patience::Endless, |kernel, call, frame| {
        kernel.open(call, frame.bytes(path, length), OpenFlags(flags), mode)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_stat(tid: Tid, path: u32, length: u32, follow: u32, out: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let stat = kernel.stat(call, frame.bytes(path, length), follow != 0)?;
        frame.put_f64(out, &stat_fields(&stat));
        Ok(())
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_access(tid: Tid, path: u32, length: u32, mode: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        kernel.access(call, frame.bytes(path, length), mode)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_mkdir(tid: Tid, path: u32, length: u32, mode: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        kernel.mkdir(call, frame.bytes(path, length), mode)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_mkfifo(tid: Tid, path: u32, length: u32, mode: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        kernel.mkfifo(call, frame.bytes(path, length), mode)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_rmdir(tid: Tid, path: u32, length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        kernel.rmdir(call, frame.bytes(path, length))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_unlink(tid: Tid, path: u32, length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        kernel.unlink(call, frame.bytes(path, length))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_rename(tid: Tid, from: u32, from_length: u32, to: u32, to_length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        kernel.rename(
            call,
            frame.bytes(from, from_length),
            frame.bytes(to, to_length),
        )
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_link(tid: Tid, from: u32, from_length: u32, to: u32, to_length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        kernel.link(
            call,
            frame.bytes(from, from_length),
            frame.bytes(to, to_length),
        )
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_symlink(
    tid: Tid,
    target: u32,
    target_length: u32,
    path: u32,
    length: u32,
) -> i32 {
    call(tid, |kernel, call, frame| {
        kernel.symlink(
            call,
            frame.bytes(target, target_length),
            frame.bytes(path, length),
        )
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_readlink(tid: Tid, path: u32, length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let target = kernel.readlink(call, frame.bytes(path, length))?;
        Ok(frame.reply(target))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_realpath(tid: Tid, path: u32, length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let real = kernel.realpath(call, frame.bytes(path, length))?;
        Ok(frame.reply(real))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_chmod(tid: Tid, path: u32, length: u32, mode: u32, follow: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        kernel.chmod(call, frame.bytes(path, length), mode, follow != 0)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_chown(tid: Tid, path: u32, length: u32, uid: i32, gid: i32, follow: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        kernel.chown(call, frame.bytes(path, length), uid, gid, follow != 0)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_utimes(
    tid: Tid,
    path: u32,
    length: u32,
    atime: f64,
    mtime: f64,
    follow: u32,
) -> i32 {
    call(tid, |kernel, call, frame| {
        kernel.utimes(
            call,
            frame.bytes(path, length),
            set_time(atime),
            set_time(mtime),
            follow != 0,
        )
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_truncate(tid: Tid, path: u32, length: u32, new_length: f64) -> i32 {
    wait(tid, Patience::Endless, |kernel, call, frame| {
        kernel.truncate(call, frame.bytes(path, length), size(new_length)?)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_readdir(tid: Tid, path: u32, length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let entries = kernel.readdir(call, frame.bytes(path, length))?;
        Ok(frame.reply(directory(&entries)))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_statfs(tid: Tid, path: u32, length: u32, out: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let stat = kernel.statfs(call, frame.bytes(path, length))?;
        frame.put_f64(out, &statfs_fields(&stat));
        Ok(())
    })
}

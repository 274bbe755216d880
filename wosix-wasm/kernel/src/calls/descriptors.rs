//! Descriptors.

use wosix_core::kernel::{PollEntry, Tid};

use super::paths::{set_time, stat_fields};
use crate::codec::size;
use crate::entry::{Patience, call, call_wide, timestamp, wait};
use crate::stack::clock;

/// A position for pread and pwrite; a negative one stands for the descriptor's own.
fn position(position: f64) -> Result<Option<u64>, wosix_core::errno::Errno> {
    if position < 0.0 {
        Ok(None)
    } else {
        size(position).map(Some)
    }
}

#[unsafe(no_mangle)]
extern "C" fn sys_close(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, _| kernel.close(call, fd))
}

/// Reads up to `length` bytes to the start of the scratch block.
#[unsafe(no_mangle)]
extern "C" fn sys_read(tid: Tid, fd: i32, length: u32, at: f64, nonblock: u32) -> i32 {
    wait(tid, Patience::Endless, |kernel, call, frame| {
        kernel.read(
            call,
            fd,
            frame.bytes_mut(0, length),
            position(at)?,
            nonblock != 0,
        )
    })
}

/// Writes up to `length` bytes from the start of the scratch block.
#[unsafe(no_mangle)]
extern "C" fn sys_write(tid: Tid, fd: i32, length: u32, at: f64, nonblock: u32) -> i32 {
    wait(tid, Patience::Endless, |kernel, call, frame| {
        kernel.write(
            call,
            fd,
            frame.bytes(0, length),
            position(at)?,
            nonblock != 0,
        )
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_lseek(tid: Tid, fd: i32, offset: f64, whence: u32) -> f64 {
    call_wide(tid, |kernel, call, _| {
        kernel.lseek(call, fd, offset as i64, whence)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_fstat(tid: Tid, fd: i32, out: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let stat = kernel.fstat(call, fd)?;
        frame.put_f64(out, &stat_fields(&stat));
        Ok(())
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_ftruncate(tid: Tid, fd: i32, length: f64) -> i32 {
    wait(tid, Patience::Endless, |kernel, call, _| {
        kernel.ftruncate(call, fd, size(length)?)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_fsync(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, _| kernel.fsync(call, fd))
}

#[unsafe(no_mangle)]
extern "C" fn sys_fchmod(tid: Tid, fd: i32, mode: u32) -> i32 {
    call(tid, |kernel, call, _| kernel.fchmod(call, fd, mode))
}

#[unsafe(no_mangle)]
extern "C" fn sys_fchown(tid: Tid, fd: i32, uid: i32, gid: i32) -> i32 {
    call(tid, |kernel, call, _| kernel.fchown(call, fd, uid, gid))
}

#[unsafe(no_mangle)]
extern "C" fn sys_futimes(tid: Tid, fd: i32, atime: f64, mtime: f64) -> i32 {
    call(tid, |kernel, call, _| {
        kernel.futimes(call, fd, set_time(atime), set_time(mtime))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_dup(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, _| kernel.dup(call, fd))
}

#[unsafe(no_mangle)]
extern "C" fn sys_dup2(tid: Tid, fd: i32, new: i32) -> i32 {
    call(tid, |kernel, call, _| kernel.dup2(call, fd, new))
}

/// `on` -1 leaves the flag.
#[unsafe(no_mangle)]
extern "C" fn sys_cloexec(tid: Tid, fd: i32, on: i32) -> i32 {
    call(tid, |kernel, call, _| {
        kernel.close_on_exec(call, fd, (on >= 0).then_some(on > 0))
    })
}

/// `flags` -1 leaves them.
#[unsafe(no_mangle)]
extern "C" fn sys_status_flags(tid: Tid, fd: i32, flags: i32) -> i32 {
    call(tid, |kernel, call, _| {
        kernel.status_flags(call, fd, (flags >= 0).then_some(flags as u32))
    })
}

/// The two descriptors go to the scratch block.
#[unsafe(no_mangle)]
extern "C" fn sys_pipe(tid: Tid) -> i32 {
    call(tid, |kernel, call, frame| {
        let (reader, writer) = kernel.pipe(call)?;
        frame.put_i32(0, &[reader, writer]);
        Ok(())
    })
}

/// `count` rows in the scratch block: descriptor, then events, then revents (two 16-bit halves). `timeout` in milliseconds, -1 for ever.
#[unsafe(no_mangle)]
extern "C" fn sys_poll(tid: Tid, count: u32, timeout: f64) -> i32 {
    let deadline = if timeout < 0.0 {
        None
    } else {
        Some(clock() + timeout)
    };
    let patience = deadline.map_or(Patience::Endless, Patience::Until);
    wait(tid, patience, |kernel, call, frame| {
        let rows = frame.bytes_mut(0, count * 8);
        let half = |row: &[u8], at| u16::from_le_bytes([row[at], row[at + 1]]);
        let word = |row: &[u8]| i32::from_le_bytes([row[0], row[1], row[2], row[3]]);
        let mut entries: Vec<PollEntry> = rows
            .chunks_exact(8)
            .map(|row| PollEntry {
                fd: word(row),
                events: half(row, 4),
                revents: 0,
            })
            .collect();
        // Deciding before the look would miss what happened between the two.
        let deadline = if timeout == 0.0 {
            Some(call.now)
        } else {
            deadline.map(timestamp)
        };
        let ready = kernel.poll(call, &mut entries, deadline)?;
        for (row, entry) in rows.chunks_exact_mut(8).zip(&entries) {
            row[6..].copy_from_slice(&entry.revents.to_le_bytes());
        }
        Ok(ready)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_handle_type(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, _| {
        Ok(kernel.handle_type(call, fd) as i32)
    })
}

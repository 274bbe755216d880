//! Terminals.

use wosix_core::errno::Errno;
use wosix_core::kernel::Tid;
use wosix_core::process::termios::{Termios, WindowSize, cc};

use crate::codec::Reader;
use crate::entry::call;

/// Master and slave go to the scratch block.
#[unsafe(no_mangle)]
extern "C" fn sys_open_pty(tid: Tid) -> i32 {
    call(tid, |kernel, call, frame| {
        let (master, slave) = kernel.open_pty(call)?;
        frame.put_i32(0, &[master, slave]);
        Ok(())
    })
}

/// Four flag words and the control characters go to the scratch block; answers the number of characters.
#[unsafe(no_mangle)]
extern "C" fn sys_tcgetattr(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, frame| {
        let termios = kernel.tcgetattr(call, fd)?;
        frame.put_i32(
            0,
            &[termios.iflag, termios.oflag, termios.cflag, termios.lflag].map(|flags| flags as i32),
        );
        frame
            .bytes_mut(16, cc::COUNT as u32)
            .copy_from_slice(&termios.cc);
        Ok(cc::COUNT)
    })
}

/// The same layout, `count` control characters.
#[unsafe(no_mangle)]
extern "C" fn sys_tcsetattr(tid: Tid, fd: i32, count: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let mut reader = Reader::new(frame.bytes(0, 16 + count));
        let [iflag, oflag, cflag, lflag] =
            [reader.i32()?, reader.i32()?, reader.i32()?, reader.i32()?];
        let mut termios = Termios {
            iflag: iflag as u32,
            oflag: oflag as u32,
            cflag: cflag as u32,
            lflag: lflag as u32,
            ..kernel.tcgetattr(call, fd)?
        };
        let given = reader.rest();
        let count = given.len().min(cc::COUNT);
        termios.cc[..count].copy_from_slice(&given[..count]);
        kernel.tcsetattr(call, fd, termios)
    })
}

/// Columns and rows go to the scratch block.
#[unsafe(no_mangle)]
extern "C" fn sys_window_size(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, frame| {
        let size = kernel.window_size(call, fd)?;
        frame.put_i32(0, &[i32::from(size.cols), i32::from(size.rows)]);
        Ok(())
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_set_window_size(tid: Tid, fd: i32, cols: u32, rows: u32) -> i32 {
    call(tid, |kernel, call, _| {
        let cells = |count: u32| u16::try_from(count).map_err(|_| Errno::EINVAL);
        kernel.set_window_size(
            call,
            fd,
            WindowSize {
                cols: cells(cols)?,
                rows: cells(rows)?,
            },
        )
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_tcgetpgrp(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, _| kernel.tcgetpgrp(call, fd))
}

#[unsafe(no_mangle)]
extern "C" fn sys_tcsetpgrp(tid: Tid, fd: i32, group: u32) -> i32 {
    call(tid, |kernel, call, _| kernel.tcsetpgrp(call, fd, group))
}

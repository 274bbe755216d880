//! Threads of a process, and the message ports between them.

use wosix_core::kernel::{News, Tid};
use wosix_core::process::port::Message;

use crate::codec::{Reader, put_i32};
use crate::entry::call;
use crate::lock;

#[unsafe(no_mangle)]
extern "C" fn sys_thread_create(tid: Tid) -> i32 {
    call(tid, |kernel, call, _| kernel.thread_create(call))
}

#[unsafe(no_mangle)]
extern "C" fn sys_thread_start(tid: Tid, thread: u32, port: u32) -> i32 {
    call(tid, |kernel, call, _| {
        kernel.thread_start(call, thread, port)
    })
}

/// Answers the thread's port.
#[unsafe(no_mangle)]
extern "C" fn sys_attach_thread(tid: Tid, pid: u32, thread: u32) -> i32 {
    lock::unmark_exited(tid);
    call(tid, |kernel, call, _| {
        kernel.attach_thread(call.tid, pid, thread)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_thread_exit(tid: Tid, code: i32) -> i32 {
    let result = call(tid, |kernel, call, _| kernel.thread_exit(call, code));
    // As after the end of a process.
    lock::mark_exited(tid);
    result
}

#[unsafe(no_mangle)]
extern "C" fn sys_thread_kill(tid: Tid, thread: u32) -> i32 {
    call(tid, |kernel, call, _| kernel.thread_kill(call, thread))
}

/// The code goes to the scratch block.
#[unsafe(no_mangle)]
extern "C" fn sys_thread_join(tid: Tid, thread: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let code = kernel.thread_join(call, thread)?;
        frame.put_i32(0, &[code]);
        Ok(())
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_adopt_descriptor(tid: Tid, fd: i32) -> i32 {
    call(tid, |kernel, call, _| kernel.adopt_descriptor(call, fd))
}

/// The two numbers go to the scratch block.
#[unsafe(no_mangle)]
extern "C" fn sys_port_pair(tid: Tid) -> i32 {
    call(tid, |kernel, call, frame| {
        let (first, second) = kernel.port_pair(call)?;
        frame.put_i32(0, &[first as i32, second as i32]);
        Ok(())
    })
}

/// Input: the name.
#[unsafe(no_mangle)]
extern "C" fn sys_port_channel(tid: Tid, length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let name = frame.input(length);
        kernel.port_channel(call, &name)
    })
}

/// Input: the numbers of `count` ports, then the message.
#[unsafe(no_mangle)]
extern "C" fn sys_port_send(tid: Tid, port: u32, count: u32, length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let mut bytes = frame.input(length);
        let mut reader = Reader::new(&bytes);
        let mut ports = Vec::new();
        for _ in 0..count {
            ports.push(reader.i32()? as u32);
        }
        bytes.drain(..ports.len() * 4);
        kernel.port_send(call, port, Message { bytes, ports })
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_port_receive(tid: Tid, port: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let message = kernel.port_receive(call, port)?;
        Ok(frame.reply(message.bytes))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_port_close(tid: Tid, port: u32) -> i32 {
    call(tid, |kernel, call, _| kernel.port_close(call, port))
}

/// Answers rows of kind and number.
#[unsafe(no_mangle)]
extern "C" fn sys_take_news(tid: Tid) -> i32 {
    call(tid, |kernel, call, frame| {
        let mut out = Vec::new();
        for item in kernel.take_news(call)? {
            let (kind, number) = match item {
                News::Port(port) => (0, port),
                News::ThreadEnded(thread) => (1, thread),
            };
            put_i32(&mut out, kind);
            put_i32(&mut out, number as i32);
        }
        Ok(frame.reply(out))
    })
}

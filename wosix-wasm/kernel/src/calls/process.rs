//! Processes, signals, waiting.

use wosix_core::errno::Errno;
use wosix_core::kernel::{ExecRequest, Kernel, SpawnRequest, Tid, WaitTarget};
use wosix_core::process::Ending;
use wosix_core::process::signal::Disposition;

use crate::codec::{Reader, put_i32, put_string};
use crate::entry::{Patience, call, timestamp, wait};
use crate::lock;
use crate::stack::clock;
use crate::threads;

#[unsafe(no_mangle)]
extern "C" fn sys_attach(tid: Tid, pid: u32) -> i32 {
    lock::unmark_exited(tid);
    call(tid, |kernel, call, _| kernel.attach(call.tid, pid))
}

#[unsafe(no_mangle)]
extern "C" fn sys_getppid(tid: Tid) -> i32 {
    call(tid, |kernel, call, _| kernel.getppid(call))
}

#[unsafe(no_mangle)]
extern "C" fn sys_getpgid(tid: Tid, pid: u32) -> i32 {
    call(tid, |kernel, call, _| kernel.getpgid(call, pid))
}

#[unsafe(no_mangle)]
extern "C" fn sys_setpgid(tid: Tid, pid: u32, group: u32) -> i32 {
    call(tid, |kernel, call, _| kernel.setpgid(call, pid, group))
}

#[unsafe(no_mangle)]
extern "C" fn sys_getsid(tid: Tid, pid: u32) -> i32 {
    call(tid, |kernel, call, _| kernel.getsid(call, pid))
}

#[unsafe(no_mangle)]
extern "C" fn sys_setsid(tid: Tid) -> i32 {
    call(tid, |kernel, call, _| kernel.setsid(call))
}

#[unsafe(no_mangle)]
extern "C" fn sys_getuid(tid: Tid) -> i32 {
    call(tid, |kernel, call, _| Ok(kernel.identity(call)?.0))
}

#[unsafe(no_mangle)]
extern "C" fn sys_getgid(tid: Tid) -> i32 {
    call(tid, |kernel, call, _| Ok(kernel.identity(call)?.1))
}

fn strings(strings: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for string in strings {
        put_string(&mut out, string);
    }
    out
}

#[unsafe(no_mangle)]
extern "C" fn sys_argv(tid: Tid) -> i32 {
    call(tid, |kernel, call, frame| {
        Ok(frame.reply(strings(kernel.arguments(call)?)))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_environ(tid: Tid) -> i32 {
    call(tid, |kernel, call, frame| {
        Ok(frame.reply(strings(kernel.environment(call)?)))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_exec_path(tid: Tid) -> i32 {
    call(tid, |kernel, call, frame| {
        Ok(frame.reply(kernel.exec_path(call)?.to_vec()))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_program_name(tid: Tid) -> i32 {
    call(tid, |kernel, call, frame| {
        Ok(frame.reply(kernel.program_name(call)?.to_vec()))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_getcwd(tid: Tid) -> i32 {
    call(tid, |kernel, call, frame| {
        Ok(frame.reply(kernel.getcwd(call)?))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_chdir(tid: Tid, path: u32, length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        kernel.chdir(call, frame.bytes(path, length))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_umask(tid: Tid, mask: u32) -> i32 {
    call(tid, |kernel, call, _| kernel.umask(call, mask))
}

const NEW_SESSION: i32 = 1;
const CONTROLLING_TERMINAL: i32 = 2;
const HAS_CWD: i32 = 4;
const HAS_GROUP: i32 = 8;

/// Layout: flags, group, number of descriptors, of arguments, of variables; the descriptors; file, working directory,
/// arguments, variables.
fn spawn_request(bytes: &[u8]) -> Result<SpawnRequest, Errno> {
    let mut reader = Reader::new(bytes);
    let (flags, group) = (reader.i32()?, reader.i32()?);
    let [fds, args, env] = [reader.i32()?, reader.i32()?, reader.i32()?];
    let fds = (0..fds).map(|_| reader.i32()).collect::<Result<_, _>>()?;
    let file = reader.string()?.to_vec();
    let cwd = reader.string()?.to_vec();
    let args = vectors(&mut reader, args)?;
    let env = vectors(&mut reader, env)?;
    Ok(SpawnRequest {
        file,
        args,
        env,
        cwd: (flags & HAS_CWD != 0).then_some(cwd),
        fds,
        group: (flags & HAS_GROUP != 0).then_some(group as u32),
        new_session: flags & NEW_SESSION != 0,
        controlling_terminal: flags & CONTROLLING_TERMINAL != 0,
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_spawn(tid: Tid, length: u32) -> i32 {
    let mut request = None;
    wait(tid, Patience::Endless, |kernel, call, frame| {
        let request = match &request {
            Some(request) => request,
            None => request.insert(spawn_request(&frame.input(length))?),
        };
        kernel.spawn(call, request)
    })
}

fn vectors(reader: &mut Reader, count: i32) -> Result<Vec<Vec<u8>>, Errno> {
    (0..count).map(|_| Ok(reader.string()?.to_vec())).collect()
}

/// Layout: number of arguments, number of variables, the file, then both.
#[unsafe(no_mangle)]
extern "C" fn sys_exec(tid: Tid, length: u32) -> i32 {
    let mut request = None;
    let result = wait(tid, Patience::Endless, |kernel, call, frame| {
        let request = match &request {
            Some(request) => request,
            None => request.insert(exec_request(&frame.input(length))?),
        };
        kernel.exec(call, request)
    });
    if result >= 0 {
        // As after `sys_exit`.
        lock::mark_exited(tid);
    }
    result
}

fn exec_request(bytes: &[u8]) -> Result<ExecRequest, Errno> {
    let mut reader = Reader::new(bytes);
    let (args, env) = (reader.i32()?, reader.i32()?);
    Ok(ExecRequest {
        file: reader.string()?.to_vec(),
        args: vectors(&mut reader, args)?,
        env: vectors(&mut reader, env)?,
    })
}

fn target(kernel: &Kernel, tid: Tid, pid: i32) -> Result<WaitTarget, Errno> {
    Ok(match pid {
        -1 => WaitTarget::Any,
        0 => WaitTarget::Group(kernel.own_group(tid)?),
        1.. => WaitTarget::Child(pid as u32),
        _ => WaitTarget::Group(pid.unsigned_abs()),
    })
}

/// Answers the pid, or 0 when nothing ended; code and signal go to the scratch block.
#[unsafe(no_mangle)]
extern "C" fn sys_wait(tid: Tid, pid: i32, nonblock: u32) -> i32 {
    wait(tid, Patience::Endless, |kernel, call, frame| {
        let target = target(kernel, tid, pid)?;
        let Some(end) = kernel.wait(call, target, nonblock != 0)? else {
            return Ok(0);
        };
        match end.ending {
            Ending::Exited(code) => frame.put_i32(0, &[i32::from(code), 0]),
            Ending::Signaled(signal) => frame.put_i32(0, &[0, i32::from(signal)]),
        }
        Ok(end.pid)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_exit(tid: Tid, code: i32) -> i32 {
    let result = call(tid, |kernel, call, _| kernel.exit(call, code as u8));
    // The worker is terminated from now on, or given another process: guest code that runs on must not come in.
    lock::mark_exited(tid);
    result
}

#[unsafe(no_mangle)]
extern "C" fn sys_kill(tid: Tid, pid: i32, signal: i32) -> i32 {
    call(tid, |kernel, call, _| kernel.kill(call, pid, signal))
}

#[unsafe(no_mangle)]
extern "C" fn sys_sigaction(tid: Tid, signal: i32, disposition: u32) -> i32 {
    call(tid, |kernel, call, _| {
        let disposition = match disposition {
            0 => Disposition::Default,
            1 => Disposition::Ignored,
            2 => Disposition::Caught,
            _ => return Err(Errno::EINVAL),
        };
        Ok(kernel.sigaction(call, signal, disposition)? as i32)
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_next_signal(tid: Tid) -> i32 {
    call(tid, |kernel, call, _| {
        Ok(kernel.next_signal(call)?.unwrap_or(0))
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_sleep(tid: Tid, milliseconds: f64) -> i32 {
    let deadline = clock() + milliseconds.max(0.0);
    wait(tid, Patience::Until(deadline), |kernel, call, _| {
        kernel.sleep(call, timestamp(deadline))
    })
}

/// Rows of four numbers and a string.
#[unsafe(no_mangle)]
extern "C" fn sys_processes(tid: Tid) -> i32 {
    call(tid, |kernel, _, frame| {
        let mut out = Vec::new();
        for row in kernel.processes() {
            for value in [row.pid, row.parent, row.group, u32::from(row.state)] {
                put_i32(&mut out, value as i32);
            }
            put_string(&mut out, &row.command);
        }
        Ok(frame.reply(out))
    })
}

/// Hands over `length` bytes of the input of the next call.
#[unsafe(no_mangle)]
extern "C" fn sys_stage(tid: Tid, length: u32) -> i32 {
    call(tid, |_, _, frame| {
        let bytes = frame.bytes(0, length);
        frame.block.staged.extend_from_slice(bytes);
        Ok(())
    })
}

/// Drops staged input: the call it was for is not made.
#[unsafe(no_mangle)]
extern "C" fn sys_unstage(tid: Tid) -> i32 {
    call(tid, |_, _, frame| {
        frame.block.staged = Vec::new();
        Ok(())
    })
}

/// Puts the part of the last answer that begins at `offset` into the scratch block; answers its length.
#[unsafe(no_mangle)]
extern "C" fn sys_reply(tid: Tid, offset: u32) -> i32 {
    call(tid, |_, _, frame| {
        let rest = frame.block.reply.get(offset as usize..).unwrap_or_default();
        let length = rest.len().min(threads::SCRATCH);
        let part = rest[..length].to_vec();
        if length == rest.len() {
            frame.block.reply = Vec::new();
        }
        frame.bytes_mut(0, length as u32).copy_from_slice(&part);
        Ok(length)
    })
}

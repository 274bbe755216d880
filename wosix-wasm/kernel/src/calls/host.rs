//! What only the kernel's worker may call.

use core::arch::wasm32;

use wosix_core::errno::{Errno, Result};
use wosix_core::kernel::{
    BootOptions, Effect, HOST_THREAD, Kernel, RegisteredProgram, Runtime, Tid,
};
use wosix_core::vfs::{LazyToken, TreeEntry, TreeNode};

use crate::codec::{Reader, size};
use crate::entry::{STATE, call, timestamp};
use crate::stack::clock;
use crate::{allocator, lock, panic};

const PAGE: f64 = 65536.0;
/// Where the text of an effect is in the scratch block, behind its numbers.
const EFFECT_TEXT: u32 = 16;

/// Boots the kernel. Input in the host's scratch block: 32 bytes of seed, the working directory's name, then rows of path, runtime
/// and name.
#[unsafe(no_mangle)]
extern "C" fn kernel_boot(input: *const u8, length: usize) -> i32 {
    panic::install_hook();
    // SAFETY: the caller's own scratch block.
    let input = unsafe { core::slice::from_raw_parts(input, length) };
    match boot(input) {
        Ok(()) => 0,
        Err(errno) => -(errno as i32),
    }
}

fn boot(input: &[u8]) -> Result<()> {
    let Ok(mut guard) = lock::acquire(HOST_THREAD) else {
        return Err(Errno::EIO);
    };
    let (seed, rest) = input.split_first_chunk::<32>().ok_or(Errno::EFAULT)?;
    let mut reader = Reader::new(rest);
    let workdir_name = reader.string()?.to_vec();
    let mut programs = Vec::new();
    while !reader.is_empty() {
        programs.push(RegisteredProgram {
            path: reader.string()?.to_vec(),
            runtime: Runtime::from_name(reader.string()?).ok_or(Errno::EINVAL)?,
            name: reader.string()?.to_vec(),
        });
    }
    let state = STATE.get(&mut guard);
    if state.kernel.is_some() {
        return Err(Errno::EBUSY);
    }
    let options = BootOptions {
        workdir_name,
        programs,
        seed: *seed,
        now: timestamp(clock()),
    };
    state.kernel = Some(Kernel::boot(&options)?);
    Ok(())
}

fn runtime_number(runtime: Runtime) -> i32 {
    match runtime {
        Runtime::Native => 0,
        Runtime::Node => 1,
        Runtime::Wasi => 2,
    }
}

/// Puts the next effect into the scratch block: kind, up to three numbers, and for a connection the host it goes to.
/// Answers 1, or 0 when there is none.
#[unsafe(no_mangle)]
extern "C" fn host_next_effect() -> i32 {
    call(HOST_THREAD, |kernel, _, frame| {
        let Some(effect) = kernel.next_effect() else {
            return Ok(false);
        };
        let row = match effect {
            Effect::Exec {
                pid,
                maker,
                runtime,
            } => [0, pid as i32, runtime_number(runtime), maker as i32],
            Effect::Terminate { pid } => [1, pid as i32, 0, 0],
            Effect::Port { open, port, pid } => [2, pid as i32, i32::from(port), i32::from(open)],
            Effect::Load { token } => [3, token as i32, 0, 0],
            Effect::Connect { fd, ip, port } => {
                let host = kernel.outside_host(ip)?;
                frame
                    .bytes_mut(EFFECT_TEXT, host.len() as u32)
                    .copy_from_slice(host.as_bytes());
                [4, fd, i32::from(port), host.len() as i32]
            }
            Effect::Thread { pid, thread } => [5, pid as i32, thread as i32, 0],
            Effect::TerminateThread { pid, thread } => [6, pid as i32, thread as i32, 0],
        };
        frame.put_i32(0, &row);
        Ok(true)
    })
}

/// Gives a thread slot back; its worker must be proven dead.
#[unsafe(no_mangle)]
extern "C" fn host_free_thread(slot: Tid) -> i32 {
    let freed = call(HOST_THREAD, |kernel, _, _| {
        kernel.forget_thread(slot);
        Ok(())
    });
    if freed == 0
        && let Ok(mut guard) = lock::acquire(HOST_THREAD)
        && let Some(block) = STATE.get(&mut guard).blocks.get_mut(slot as usize)
    {
        block.release();
        lock::unmark(slot);
    }
    freed
}

/// The message is `length` bytes of the scratch block.
#[unsafe(no_mangle)]
extern "C" fn host_fail_process(pid: u32, length: u32, signal: u32) -> i32 {
    call(HOST_THREAD, |kernel, call, frame| {
        kernel.fail_process(call, pid, frame.bytes(0, length), signal as u8)
    })
}

/// Input: the directory, then rows of kind (0 directory, 1 symlink, 2 lazy), mode, modification time in milliseconds,
/// size, token, path and target.
#[unsafe(no_mangle)]
extern "C" fn host_mount_tree(length: u32) -> i32 {
    call(HOST_THREAD, |kernel, call, frame| {
        let input = frame.input(length);
        let mut reader = Reader::new(&input);
        let path = reader.string()?;
        let mut entries = Vec::new();
        while !reader.is_empty() {
            entries.push(tree_entry(&mut reader)?);
        }
        kernel.mount_tree(call, path, &entries)
    })
}

fn tree_entry(reader: &mut Reader) -> Result<TreeEntry> {
    let (kind, mode) = (reader.i32()?, reader.i32()? as u32);
    let mtime = timestamp(reader.f64()?);
    let (size, token) = (size(reader.f64()?)?, reader.i32()? as u32);
    let path = reader.string()?.to_vec();
    let target = reader.string()?.to_vec();
    let node = match kind {
        0 => TreeNode::Directory { mode },
        1 => TreeNode::Symlink { target },
        2 => TreeNode::Lazy {
            mode,
            size,
            token: LazyToken(token),
        },
        _ => return Err(Errno::EINVAL),
    };
    Ok(TreeEntry { path, mtime, node })
}

#[unsafe(no_mangle)]
extern "C" fn host_fill_lazy(token: u32, offset: f64, length: u32, last: u32) -> i32 {
    call(HOST_THREAD, |kernel, _, frame| {
        kernel.fill_lazy(
            LazyToken(token),
            size(offset)?,
            frame.bytes(0, length),
            last != 0,
        )
    })
}

#[unsafe(no_mangle)]
extern "C" fn host_fail_lazy(token: u32, errno: i32) -> i32 {
    call(HOST_THREAD, |kernel, _, _| {
        let errno = Errno::from_value(errno.abs()).unwrap_or(Errno::EIO);
        kernel.fail_lazy(LazyToken(token), errno)
    })
}

/// Bytes that the allocator has given out.
#[unsafe(no_mangle)]
extern "C" fn memory_used() -> f64 {
    allocator::used() as f64
}

/// Bytes of shared memory.
#[unsafe(no_mangle)]
extern "C" fn memory_total() -> f64 {
    wasm32::memory_size(0) as f64 * PAGE
}

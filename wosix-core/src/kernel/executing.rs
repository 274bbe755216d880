//! execve(2): a process goes on as another program.

use super::processes::{ARGUMENTS_MAX, arguments_size};
use super::{Answer, Call, Effect, Kernel};
use crate::errno::Errno;
use crate::process::{HOST, State, exec};

/// What a process becomes.
#[derive(Clone, Debug)]
pub struct ExecRequest {
    /// The program; searched nowhere.
    pub file: Vec<u8>,
    /// Arguments, the name first.
    pub args: Vec<Vec<u8>>,
    /// `NAME=value` strings.
    pub env: Vec<Vec<u8>>,
}

impl Kernel {
    /// The calling process keeps its number, its relatives, its folder and its descriptors but those that are closed on exec. Its threads run nothing any
    /// more; the host gives the process another worker.
    ///
    /// # Errors
    /// `EPERM` for the host, `E2BIG`, and what finding a program answers (`ENOENT`, `EACCES`, `ENOEXEC`, ...).
    pub fn exec(&mut self, call: Call, request: &ExecRequest) -> Answer<()> {
        let pid = self.process_of(call.tid)?;
        if pid == HOST {
            return Err(Errno::EPERM.into());
        }
        if arguments_size(&request.args, &request.env) > ARGUMENTS_MAX {
            return Err(Errno::E2BIG.into());
        }
        let file = if request.file.contains(&b'/') {
            request.file.clone()
        } else {
            [b"./", request.file.as_slice()].concat()
        };
        let image = self.with_contents(call, |vfs, caller| {
            exec::resolve(vfs, caller, &file, request.args.clone(), None)
        })?;

        self.end_other_threads(pid);
        let runtime = image.runtime;
        let process = self.table.get_mut(pid)?;
        process.image = image;
        process.environment.clone_from(&request.env);
        process.signals = process.signals.inherited();
        process.state = State::Loading;
        let closing: Vec<i32> = process
            .descriptors
            .iter()
            .map(|(fd, _)| fd)
            .filter(|&fd| process.descriptors.close_on_exec(fd) == Ok(true))
            .collect();
        let files: Vec<_> = closing
            .into_iter()
            .filter_map(|fd| process.descriptors.remove(fd).ok())
            .collect();
        for tid in core::mem::take(&mut process.threads) {
            let thread = &mut self.threads[tid as usize];
            thread.process = None;
            if tid != call.tid {
                thread.dead = true;
                self.deaths.push(tid);
            }
        }
        for file in files {
            self.release_file(file);
        }
        self.effect(Effect::Exec {
            pid,
            maker: pid,
            runtime,
        });
        Ok(())
    }
}

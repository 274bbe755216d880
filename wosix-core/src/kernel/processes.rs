//! System calls on processes.

use super::{Answer, Call, Effect, HOST_THREAD, Kernel, Tid, WaitQueue};
use crate::errno::{Errno, Result};
use crate::process::descriptor::{DescriptorTable, FileId, Object};
use crate::process::signal::SIGKILL;
use crate::process::thread::{MAIN_THREAD, Threads};
use crate::process::{Ending, HOST, Pid, Process, State, exec};
use crate::vfs::Caller;

/// Bytes of arguments and environment that a process may be given (`ARG_MAX`).
pub(super) const ARGUMENTS_MAX: usize = 2 * 1024 * 1024;

/// What to start, and how; see `SpawnRequest` in `guest/syscalls.ts`.
#[derive(Clone, Debug, Default)]
pub struct SpawnRequest {
    /// Program, searched in the `PATH` of `env` when it has no slash.
    pub file: Vec<u8>,
    /// Arguments with `argv[0]`.
    pub args: Vec<Vec<u8>>,
    /// `NAME=value` strings.
    pub env: Vec<Vec<u8>>,
    /// Working directory, the caller's if `None`.
    pub cwd: Option<Vec<u8>>,
    /// Child descriptor `i` is the caller's `fds[i]`; -1 leaves it closed.
    pub fds: Vec<i32>,
    /// Process group: `None` the caller's, 0 a new one, else that one.
    pub group: Option<Pid>,
    /// Start a new session.
    pub new_session: bool,
    /// Make descriptor 0 the controlling terminal of the new session.
    pub controlling_terminal: bool,
}

/// Whose end to wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitTarget {
    /// This child.
    Child(Pid),
    /// Any child.
    Any,
    /// Any child in this process group.
    Group(Pid),
}

/// What `wait` tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChildEnd {
    /// Which child.
    pub pid: Pid,
    /// How it ended.
    pub ending: Ending,
}

/// One row of the process table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProcessRow {
    /// Process.
    pub pid: Pid,
    /// Its parent.
    pub parent: Pid,
    /// Its group.
    pub group: Pid,
    /// State letter of ps(1).
    pub state: char,
    /// Arguments, separated by blanks.
    pub command: Vec<u8>,
}

impl Kernel {
    /// Starts a child; answers its pid.
    ///
    /// # Errors
    /// Those of the path walk, `ENOEXEC`, `E2BIG`, `EAGAIN` (too many processes), `EBADF`, `EPERM` (the group is of another
    /// session), `ENOTTY` (no terminal to control).
    pub fn spawn(&mut self, call: Call, request: &SpawnRequest) -> Answer<Pid> {
        let parent_pid = self.process_of(call.tid)?;
        if arguments_size(&request.args, &request.env) > ARGUMENTS_MAX {
            return Err(Errno::E2BIG.into());
        }
        let cwd = match &request.cwd {
            Some(path) => self.with_vfs(call, |vfs, caller| vfs.resolve_directory(caller, path))?,
            None => self.process(call.tid)?.cwd,
        };
        let image = self.with_contents(call, |vfs, caller| {
            let caller = Caller { cwd, ..*caller };
            exec::resolve(
                vfs,
                &caller,
                &request.file,
                request.args.clone(),
                variable(&request.env, b"PATH"),
            )
        })?;

        let parent = self.table.get(parent_pid)?;
        let mut descriptors = DescriptorTable::default();
        let mut files = Vec::with_capacity(request.fds.len());
        for (child_fd, &fd) in request.fds.iter().enumerate() {
            if fd >= 0 {
                let file = parent.descriptors.get(fd)?;
                descriptors.set(child_fd as i32, file, false, MAIN_THREAD)?;
                files.push(file);
            }
        }
        let (parent_group, session) = (parent.group, parent.session);
        let mut process = Process {
            pid: 0,
            parent: parent_pid,
            orphan: false,
            group: parent_group,
            session,
            credentials: parent.credentials.clone(),
            cwd,
            umask: parent.umask,
            image,
            environment: request.env.clone(),
            descriptors,
            signals: parent.signals.inherited(),
            terminal: parent.terminal,
            state: State::Loading,
            threads: Vec::new(),
            made: Threads::default(),
            child_queue: WaitQueue::default(),
            started: call.now,
        };
        if let Some(group) = request
            .group
            .filter(|&group| group != 0 && !request.new_session)
            && !self
                .table
                .iter()
                .any(|member| member.group == group && member.session == session)
        {
            return Err(Errno::EPERM.into());
        }
        let terminal = match process.descriptors.get(0) {
            Ok(file) if request.controlling_terminal => match self.table.files[file].object {
                Object::Terminal(id) => Some(id),
                _ => return Err(Errno::ENOTTY.into()),
            },
            Err(_) if request.controlling_terminal => return Err(Errno::ENOTTY.into()),
            _ => None,
        };
        if let Some(id) = terminal
            && self.terminals[id].session.is_some()
        {
            return Err(Errno::EPERM.into());
        }

        let pid = self.table.free_pid()?;
        process.pid = pid;
        if request.new_session {
            (process.group, process.session, process.terminal) = (pid, pid, None);
        } else {
            process.group = match request.group {
                None => parent_group,
                Some(0) => pid,
                Some(group) => group,
            };
        }
        if let Some(id) = terminal {
            process.terminal = Some(id);
            self.terminals[id].session = Some(process.session);
            self.terminals[id].foreground = Some(process.group);
        }
        for file in files {
            self.table.files[file].references += 1;
        }
        self.vfs.acquire(cwd);
        let runtime = process.image.runtime;
        self.table.insert(process);
        self.effect(Effect::Exec {
            pid,
            maker: parent_pid,
            runtime,
        });
        Ok(pid)
    }

    /// waitpid(2). `None` when nothing has ended yet and `nonblock` is given; the thread is woken when a child ends.
    ///
    /// # Errors
    /// `ECHILD`, `EINTR`
    pub fn wait(
        &mut self,
        call: Call,
        target: WaitTarget,
        nonblock: bool,
    ) -> Answer<Option<ChildEnd>> {
        let parent = self.process_of(call.tid)?;
        let mut any = false;
        let mut ended = None;
        for child in self
            .table
            .iter()
            .filter(|process| process.parent == parent && !process.orphan)
        {
            let matches = match target {
                WaitTarget::Any => true,
                WaitTarget::Child(pid) => child.pid == pid,
                WaitTarget::Group(group) => child.group == group,
            };
            any |= matches;
            if matches && let State::Zombie(ending) = child.state {
                ended = Some(ChildEnd {
                    pid: child.pid,
                    ending,
                });
                break;
            }
        }
        if let Some(end) = ended {
            self.table.remove(end.pid);
            return Ok(Some(end));
        }
        if !any {
            return Err(Errno::ECHILD.into());
        }
        self.process_mut(call.tid)?.child_queue.add(call.tid);
        if nonblock {
            Ok(None)
        } else {
            self.park(call.tid)
        }
    }

    /// The group of "process 0" in a [`WaitTarget`]: the caller's.
    pub fn own_group(&self, tid: Tid) -> Result<Pid> {
        Ok(self.process(tid)?.group)
    }

    /// getppid(2)
    pub fn getppid(&self, call: Call) -> Result<Pid> {
        Ok(self.process(call.tid)?.parent)
    }

    /// getpgid(2); 0 is the caller.
    pub fn getpgid(&self, call: Call, pid: Pid) -> Result<Pid> {
        Ok(self.named(call, pid)?.group)
    }

    /// getsid(2); 0 is the caller.
    pub fn getsid(&self, call: Call, pid: Pid) -> Result<Pid> {
        Ok(self.named(call, pid)?.session)
    }

    fn named(&self, call: Call, pid: Pid) -> Result<&Process> {
        if pid == 0 {
            self.process(call.tid)
        } else {
            self.table.get(pid)
        }
    }

    /// setpgid(2)
    ///
    /// # Errors
    /// `ESRCH`, `EPERM`, and `EACCES` for a child whose program already runs.
    pub fn setpgid(&mut self, call: Call, pid: Pid, group: Pid) -> Result<()> {
        let own = self.process(call.tid)?;
        let (own_pid, session) = (own.pid, own.session);
        let target = self.named(call, pid)?;
        if target.pid != own_pid {
            if target.parent != own_pid {
                return Err(Errno::ESRCH);
            }
            if target.session != session {
                return Err(Errno::EPERM);
            }
            if target.state != State::Loading {
                return Err(Errno::EACCES);
            }
        }
        if target.leads_session() {
            return Err(Errno::EPERM);
        }
        let target = target.pid;
        let group = if group == 0 { target } else { group };
        let exists = self
            .table
            .iter()
            .any(|member| member.group == group && member.session == session);
        if group != target && !exists {
            return Err(Errno::EPERM);
        }
        self.table.get_mut(target)?.group = group;
        Ok(())
    }

    /// setsid(2); `EPERM` for the leader of a group.
    pub fn setsid(&mut self, call: Call) -> Result<Pid> {
        let pid = self.process_of(call.tid)?;
        if self.table.iter().any(|member| member.group == pid) {
            return Err(Errno::EPERM);
        }
        let process = self.process_mut(call.tid)?;
        (process.group, process.session, process.terminal) = (pid, pid, None);
        Ok(pid)
    }

    /// umask(2): answers the mask before.
    pub fn umask(&mut self, call: Call, mask: u32) -> Result<u32> {
        Ok(core::mem::replace(
            &mut self.process_mut(call.tid)?.umask,
            mask & 0o777,
        ))
    }

    /// User and group of the caller.
    pub fn identity(&self, call: Call) -> Result<(u32, u32)> {
        let credentials = &self.process(call.tid)?.credentials;
        Ok((credentials.uid, credentials.gid))
    }

    /// Arguments of the caller.
    pub fn arguments(&self, call: Call) -> Result<&[Vec<u8>]> {
        Ok(&self.process(call.tid)?.image.args)
    }

    /// Environment the caller was started with.
    pub fn environment(&self, call: Call) -> Result<&[Vec<u8>]> {
        Ok(&self.process(call.tid)?.environment)
    }

    /// Path of the executed file.
    pub fn exec_path(&self, call: Call) -> Result<&[u8]> {
        Ok(&self.process(call.tid)?.image.path)
    }

    /// Name in the registered program's file: what a multi-call module runs.
    pub fn program_name(&self, call: Call) -> Result<&[u8]> {
        Ok(&self.process(call.tid)?.image.program)
    }

    /// Ends the calling process.
    pub fn exit(&mut self, call: Call, code: u8) -> Result<()> {
        let pid = self.process_of(call.tid)?;
        self.threads[call.tid as usize].process = None;
        self.table
            .get_mut(pid)?
            .threads
            .retain(|&tid| tid != call.tid);
        self.end_process(pid, Ending::Exited(code));
        Ok(())
    }

    /// All processes but the host's.
    pub fn processes(&self) -> Vec<ProcessRow> {
        let row = |process: &Process| ProcessRow {
            pid: process.pid,
            parent: process.parent,
            group: process.group,
            state: process.state_letter(),
            command: process.image.args.join(&b' '),
        };
        self.table
            .iter()
            .filter(|process| process.pid != HOST)
            .map(row)
            .collect()
    }

    /// Ends a process whose worker broke, with a message on its standard error.
    ///
    /// # Errors
    /// `ESRCH`
    pub fn fail_process(&mut self, call: Call, pid: Pid, message: &[u8], signal: u8) -> Result<()> {
        let process = self.table.get(pid)?;
        if !process.alive() {
            return Ok(());
        }
        if let Ok(file) = process.descriptors.get(2) {
            self.complain(call, file, message);
        }
        self.end_process(
            pid,
            Ending::Signaled(if signal == 0 { SIGKILL } else { signal }),
        );
        Ok(())
    }

    /// Writes what fits of a message that nobody waits for.
    fn complain(&mut self, call: Call, file: FileId, message: &[u8]) {
        let Ok(host) = self.table.get_mut(HOST) else {
            return;
        };
        let Ok(fd) = host.descriptors.add(file, true, MAIN_THREAD) else {
            return;
        };
        self.table.files[file].references += 1;
        let host_call = Call {
            tid: HOST_THREAD,
            now: call.now,
        };
        // Its reader may be gone or slow: the message is then lost, the process ends all the same.
        let _ = self.write(host_call, fd, message, None, true);
        let _ = self.close(host_call, fd);
    }

    /// Gives a thread the process it is to run.
    ///
    /// A process that was killed meanwhile leaves the thread dead: the host was told to terminate it.
    ///
    /// # Errors
    /// `EBUSY` when the thread or the process is taken.
    pub fn attach(&mut self, tid: Tid, pid: Pid) -> Result<()> {
        let index = tid as usize;
        if index >= self.threads.len() {
            self.threads.resize_with(index + 1, Default::default);
        }
        if self.threads[index].process.is_some() {
            return Err(Errno::EBUSY);
        }
        match self.table.get_mut(pid) {
            Ok(process) if process.state == State::Loading => {
                process.state = State::Running;
                process.threads.push(tid);
                self.threads[index].process = Some(pid);
                self.threads[index].number = MAIN_THREAD;
                Ok(())
            }
            Ok(process) if process.alive() => Err(Errno::EBUSY),
            _ => {
                self.threads[index].dead = true;
                Ok(())
            }
        }
    }

    /// Forgets a thread whose worker is proven dead.
    pub fn forget_thread(&mut self, tid: Tid) {
        let Some(thread) = self.threads.get_mut(tid as usize) else {
            return;
        };
        let thread = core::mem::take(thread);
        if let Some(file) = thread.opening {
            self.release_file(file);
        }
        // A worker that vanished by itself takes its process along, or only its thread.
        let Some(pid) = thread.process else {
            return;
        };
        if thread.number != MAIN_THREAD {
            self.lose_thread(pid, tid, thread.number);
        } else if let Ok(process) = self.table.get_mut(pid) {
            process.threads.retain(|&other| other != tid);
            if process.alive() {
                self.end_process(pid, Ending::Signaled(SIGKILL));
            }
        }
    }
}

/// Bytes that arguments and environment take, with the NUL of each string.
pub(super) fn arguments_size(args: &[Vec<u8>], env: &[Vec<u8>]) -> usize {
    args.iter().chain(env).map(|string| string.len() + 1).sum()
}

/// The value of an environment variable.
fn variable<'a>(env: &'a [Vec<u8>], name: &[u8]) -> Option<&'a [u8]> {
    env.iter()
        .find_map(|entry| entry.strip_prefix(name)?.strip_prefix(b"="))
}

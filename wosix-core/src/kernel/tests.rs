//! The kernel under a test host: threads are closures that are retried when, and only when, they were woken.

mod datagrams;
mod exec;
mod files;
mod pipes;
mod processes;
mod simulation;
mod sockets;
mod terminals;
mod threads;

use std::cell::RefCell;
use std::rc::Rc;

use super::{
    Answer, BootOptions, Call, Effect, Halt, Kernel, RegisteredProgram, Runtime, SpawnRequest, Tid,
};
use crate::errno::{Errno, Result};
use crate::process::Pid;
use crate::vfs::{OpenFlags, Timestamp};

/// A process with its one thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Running {
    pid: Pid,
    tid: Tid,
}

const HOST: Running = Running {
    pid: crate::process::HOST,
    tid: super::HOST_THREAD,
};

/// Tries a parked call again; `true` when it is over.
type Retry = Box<dyn FnMut(&mut Kernel, Call) -> bool>;

/// The answer of a call that may come later.
struct Pending<T>(Rc<RefCell<Option<Result<T>>>>);

impl<T: Clone> Pending<T> {
    /// The answer, if it is there.
    fn get(&self) -> Option<Result<T>> {
        self.0.borrow().clone()
    }
}

/// A container and its host.
struct Machine {
    kernel: Kernel,
    now: i64,
    parked: Vec<(Tid, Retry)>,
    woken: Vec<Tid>,
    next_tid: Tid,
    seed: u64,
}

impl Machine {
    fn new() -> Machine {
        Machine::with_seed(1)
    }

    /// `seed` decides in which order woken threads run.
    fn with_seed(seed: u64) -> Machine {
        let program = |path: &str, runtime, name: &str| RegisteredProgram {
            path: path.as_bytes().to_vec(),
            runtime,
            name: name.as_bytes().to_vec(),
        };
        let options = BootOptions {
            workdir_name: b"app".to_vec(),
            programs: vec![
                program("/bin/jsh", Runtime::Native, "jsh"),
                program("/bin/sh", Runtime::Native, "jsh"),
                program("/bin/env", Runtime::Native, "env"),
            ],
            seed: [3; 32],
            now: Timestamp(1_000_000_000),
        };
        let kernel = Kernel::boot(&options).expect("the tree can be made");
        Machine {
            kernel,
            now: 2_000_000_000,
            parked: Vec::new(),
            woken: Vec::new(),
            next_tid: 1,
            seed,
        }
    }

    /// xorshift64
    fn random(&mut self, below: usize) -> usize {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed % below as u64) as usize
    }

    fn call_of(&mut self, who: Running) -> Call {
        self.now += 1_000;
        Call {
            tid: who.tid,
            now: Timestamp(self.now),
        }
    }

    fn collect_wakes(&mut self) {
        self.woken.extend(self.kernel.wakes().drain());
    }

    /// Makes a call that cannot wait.
    fn call<T>(
        &mut self,
        who: Running,
        body: impl FnOnce(&mut Kernel, Call) -> Result<T>,
    ) -> Result<T> {
        let call = self.call_of(who);
        let answer = body(&mut self.kernel, call);
        self.collect_wakes();
        answer
    }

    /// Makes a call that may wait, and lets everybody run as long as somebody can.
    fn start<T: 'static>(
        &mut self,
        who: Running,
        mut body: impl FnMut(&mut Kernel, Call) -> Answer<T> + 'static,
    ) -> Pending<T> {
        let slot = Rc::new(RefCell::new(None));
        let result = Rc::clone(&slot);
        let mut retry: Retry = Box::new(move |kernel, call| match body(kernel, call) {
            Ok(value) => {
                *slot.borrow_mut() = Some(Ok(value));
                true
            }
            Err(Halt::Error(errno)) => {
                *slot.borrow_mut() = Some(Err(errno));
                true
            }
            Err(Halt::Park) => false,
        });
        let call = self.call_of(who);
        if !retry(&mut self.kernel, call) {
            self.parked.push((who.tid, retry));
        }
        self.collect_wakes();
        self.settle();
        Pending(result)
    }

    /// The same for a call that is expected to answer at once.
    fn done<T: Clone + 'static>(
        &mut self,
        who: Running,
        body: impl FnMut(&mut Kernel, Call) -> Answer<T> + 'static,
    ) -> Result<T> {
        self.start(who, body).get().expect("the call must not wait")
    }

    /// Lets woken threads try again, in an order the seed decides, until nobody was woken.
    fn settle(&mut self) {
        while !self.woken.is_empty() {
            let index = self.random(self.woken.len());
            let tid = self.woken.swap_remove(index);
            let Some(index) = self.parked.iter().position(|(parked, _)| *parked == tid) else {
                continue;
            };
            let (_, mut retry) = self.parked.swap_remove(index);
            if self.kernel.is_dead(tid) {
                continue;
            }
            let call = self.call_of(Running { pid: 0, tid });
            if !retry(&mut self.kernel, call) {
                self.parked.push((tid, retry));
            }
            self.collect_wakes();
        }
    }

    fn request(fds: &[i32]) -> SpawnRequest {
        SpawnRequest {
            file: b"/bin/jsh".to_vec(),
            args: vec![b"jsh".to_vec()],
            fds: fds.to_vec(),
            ..SpawnRequest::default()
        }
    }

    /// A child of `parent` that a worker runs.
    fn spawn(&mut self, parent: Running, request: SpawnRequest) -> Running {
        let pid = self
            .done(parent, move |kernel, call| kernel.spawn(call, &request))
            .expect("spawns");
        self.load(pid)
    }

    /// Does what the host does for an `exec` effect.
    fn load(&mut self, pid: Pid) -> Running {
        let runtime = self.kernel.table.get(pid).expect("exists").image.runtime;
        let ours = |effect: &Effect| matches!(effect, Effect::Exec { pid: of, runtime: kind, .. } if (*of, *kind) == (pid, runtime));
        assert!(self.effects().iter().any(ours));
        let tid = self.next_tid;
        self.next_tid += 1;
        self.kernel.attach(tid, pid).expect("attaches");
        Running { pid, tid }
    }

    /// A child of the host without descriptors.
    fn process(&mut self) -> Running {
        self.spawn(HOST, Machine::request(&[]))
    }

    fn effects(&mut self) -> Vec<Effect> {
        std::iter::from_fn(|| self.kernel.next_effect()).collect()
    }

    fn pipe(&mut self, who: Running) -> (i32, i32) {
        self.call(who, |kernel, call| kernel.pipe(call))
            .expect("makes a pipe")
    }

    fn close(&mut self, who: Running, fd: i32) {
        self.call(who, |kernel, call| kernel.close(call, fd))
            .expect("closes");
        self.settle();
    }

    fn read(&mut self, who: Running, fd: i32, count: usize) -> Pending<Vec<u8>> {
        self.start(who, move |kernel, call| {
            let mut buffer = vec![0; count];
            let count = kernel.read(call, fd, &mut buffer, None, false)?;
            buffer.truncate(count);
            Ok(buffer)
        })
    }

    fn write(&mut self, who: Running, fd: i32, bytes: &[u8]) -> Pending<usize> {
        let bytes = bytes.to_vec();
        self.start(who, move |kernel, call| {
            kernel.write(call, fd, &bytes, None, false)
        })
    }

    fn kill(&mut self, who: Running, pid: i32, signal: u8) -> Result<()> {
        let answer = self.call(who, |kernel, call| kernel.kill(call, pid, signal.into()));
        self.settle();
        answer
    }

    fn exit(&mut self, who: Running, code: u8) {
        self.call(who, |kernel, call| kernel.exit(call, code))
            .expect("exits");
        self.settle();
    }

    fn open(&mut self, who: Running, path: &str, flags: OpenFlags) -> Result<i32> {
        let path = path.as_bytes().to_vec();
        self.done(who, move |kernel, call| {
            kernel.open(call, &path, flags, 0o755)
        })
    }

    fn write_file(&mut self, path: &str, content: &[u8]) {
        let fd = self
            .open(
                HOST,
                path,
                OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::TRUNC,
            )
            .expect("creates");
        assert_eq!(self.write(HOST, fd, content).get(), Some(Ok(content.len())));
        self.close(HOST, fd);
    }
}

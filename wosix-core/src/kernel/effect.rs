//! What the kernel wants done outside: only the host performs effects.

use core::net::IpAddr;

use crate::process::Pid;
use crate::process::thread::ThreadId;

/// Kind of worker that runs a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Runtime {
    /// A program of the `programs` module.
    Native,
    /// Node's library on our bindings.
    Node,
    /// A WebAssembly module with WASI imports.
    Wasi,
}

impl Runtime {
    /// The runtime with this name in a registered program's file.
    pub fn from_name(name: &[u8]) -> Option<Runtime> {
        match name {
            b"native" => Some(Runtime::Native),
            b"node" => Some(Runtime::Node),
            b"wasi" => Some(Runtime::Wasi),
            _ => None,
        }
    }

    /// Name in a registered program's file.
    pub fn name(self) -> &'static str {
        match self {
            Runtime::Native => "native",
            Runtime::Node => "node",
            Runtime::Wasi => "wasi",
        }
    }
}

/// A request to the host. Effects are performed in the order in which they were queued.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Start the image of `pid` in a worker for `runtime`.
    Exec {
        /// The new process.
        pid: Pid,
        /// Who made it: its parent, or itself when it became another program.
        maker: Pid,
        /// Kind of worker.
        runtime: Runtime,
    },
    /// `pid` is dead but its worker does not know: terminate it.
    Terminate {
        /// The dead process.
        pid: Pid,
    },
    /// Start a thread of `pid` in a worker for threads of Node.
    Thread {
        /// The process.
        pid: Pid,
        /// The thread's number in it.
        thread: ThreadId,
    },
    /// A thread was ended by another: terminate its worker.
    TerminateThread {
        /// The process.
        pid: Pid,
        /// The thread's number in it.
        thread: ThreadId,
    },
    /// A TCP port was opened by `listen` or lost its last listener.
    Port {
        /// Whether it listens now.
        open: bool,
        /// Port number.
        port: u16,
        /// Process that made the call.
        pid: Pid,
    },
    /// A process has connected to an address outside: the other end is a descriptor of the host's process, and the host's to close.
    Connect {
        /// The descriptor.
        fd: i32,
        /// The address that was asked for; `Kernel::outside_host` tells whose it is.
        ip: IpAddr,
        /// The port that was asked for.
        port: u16,
    },
    /// Somebody waits for the contents of a lazy file.
    Load {
        /// Name that the host gave to the contents.
        token: u64,
    },
}

//! The first moments: the root file system and the host's process.

use std::collections::{BTreeMap, VecDeque};

use slab::Slab;

use super::{HOST_THREAD, Kernel, Runtime, Thread, WaitQueue, WakeSet};
use crate::errno::Result;
use crate::net::Network;
use crate::process::descriptor::DescriptorTable;
use crate::process::exec::{Image, registered_program};
use crate::process::port::Ports;
use crate::process::procfs::HOST_NAME;
use crate::process::random::Random;
use crate::process::signal::SignalState;
use crate::process::thread::Threads;
use crate::process::{HOST, Process, State, Table};
use crate::vfs::{
    Access, Caller, Credentials, Loaded, NoProcesses, OpenFlags, Timestamp, Vfs, Vnode,
};

/// User and group of everything that runs.
const USER: u32 = 1000;

/// A program that is a file with a runtime's name in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisteredProgram {
    /// Absolute path.
    pub path: Vec<u8>,
    /// Kind of worker.
    pub runtime: Runtime,
    /// What the runtime runs.
    pub name: Vec<u8>,
}

/// What the host decides at boot.
#[derive(Clone, Debug)]
pub struct BootOptions {
    /// Name of the working directory below `/home`.
    pub workdir_name: Vec<u8>,
    /// Programs to register.
    pub programs: Vec<RegisteredProgram>,
    /// Unpredictable bytes.
    pub seed: [u8; 32],
    /// Time of boot.
    pub now: Timestamp,
}

/// Programs of `/bin` that scripts name by `/usr/bin` in their first line.
const LINKED: [&[u8]; 3] = [b"env", b"sh", b"bash"];

const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/jsh\nwosix:x:1000:1000::/home:/bin/jsh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n";
const GROUP: &[u8] = b"root:x:0:\ntty:x:5:\nwosix:x:1000:\nnogroup:x:65534:\n";
const HOSTS: &[u8] = b"127.0.0.1\tlocalhost wosix\n::1\tlocalhost\n";
const OS_RELEASE: &[u8] = b"NAME=Wosix\nID=wosix\nPRETTY_NAME=\"Wosix\"\n";

impl Kernel {
    /// A container with the root file system of `ARCHITECTURE.md` and the host's process, which thread 0 runs in the
    /// working directory.
    ///
    /// # Errors
    /// Those of making the files: a bad `workdir_name` or program path.
    pub fn boot(options: &BootOptions) -> Result<Kernel> {
        let mut vfs = Vfs::new(options.now);
        let cwd = build_root(&mut vfs, options)?;
        vfs.acquire(cwd);
        let mut kernel = Kernel {
            vfs,
            table: Table::default(),
            pipes: Slab::new(),
            fifos: BTreeMap::new(),
            terminals: Slab::new(),
            network: Network::default(),
            message_ports: Ports::default(),
            threads: vec![Thread {
                process: Some(HOST),
                ..Thread::default()
            }],
            loads: BTreeMap::new(),
            watchers: BTreeMap::new(),
            ports: BTreeMap::new(),
            random: Random::new(options.seed),
            wakes: WakeSet::default(),
            effects: VecDeque::new(),
            deaths: Vec::new(),
        };
        let pid = kernel.table.free_pid()?;
        debug_assert_eq!(pid, HOST);
        kernel.table.insert(Process {
            pid,
            parent: 0,
            orphan: false,
            group: pid,
            session: pid,
            credentials: Credentials::user(USER, USER),
            cwd,
            umask: 0o022,
            image: Image {
                runtime: Runtime::Native,
                program: b"host".to_vec(),
                path: Vec::new(),
                args: vec![b"host".to_vec()],
            },
            environment: Vec::new(),
            descriptors: DescriptorTable::default(),
            signals: SignalState::default(),
            terminal: None,
            state: State::Running,
            threads: vec![HOST_THREAD],
            made: Threads::default(),
            child_queue: WaitQueue::default(),
            started: options.now,
        });
        Ok(kernel)
    }
}

/// Makes the tree; answers the working directory.
fn build_root(vfs: &mut Vfs, options: &BootOptions) -> Result<Vnode> {
    let root = Caller {
        credentials: &Credentials::ROOT,
        cwd: vfs.root(),
        pid: HOST,
        now: options.now,
        processes: &NoProcesses,
    };
    for path in [
        "/bin",
        "/usr",
        "/usr/bin",
        "/usr/local",
        "/usr/local/bin",
        "/usr/local/lib",
        "/etc",
        "/home",
        "/root",
        "/var",
    ] {
        vfs.mkdir(&root, path.as_bytes(), 0o755)?;
    }
    for path in ["/dev", "/proc", "/tmp"] {
        vfs.mkdir(&root, path.as_bytes(), 0o755)?;
    }
    vfs.mount_dev(&root, b"/dev")?;
    vfs.mount_proc(&root, b"/proc")?;
    for path in ["/tmp", "/var/tmp"] {
        if vfs.access(&root, path.as_bytes(), Access::EXISTS).is_err() {
            vfs.mkdir(&root, path.as_bytes(), 0o755)?;
        }
        vfs.chmod(&root, path.as_bytes(), 0o1777, true)?;
    }
    for (path, content) in [
        ("/etc/passwd", PASSWD),
        ("/etc/group", GROUP),
        ("/etc/hosts", HOSTS),
        ("/etc/hostname", HOST_NAME.as_bytes()),
        ("/etc/os-release", OS_RELEASE),
        ("/etc/shells", b"/bin/jsh\n/bin/sh\n"),
    ] {
        write_file(vfs, &root, path.as_bytes(), content, 0o644)?;
    }
    for program in &options.programs {
        write_file(
            vfs,
            &root,
            &program.path,
            &registered_program(program.runtime, &program.name),
            0o755,
        )?;
    }
    write_file(
        vfs,
        &root,
        b"/usr/local/bin/node",
        &registered_program(Runtime::Node, b"node"),
        0o755,
    )?;
    vfs.symlink(&root, b"../local/bin/node", b"/usr/bin/node")?;
    for name in LINKED {
        let (target, path) = ([b"/bin/", name].concat(), [b"/usr/bin/", name].concat());
        if vfs.access(&root, &target, Access::EXISTS).is_ok() {
            vfs.symlink(&root, &[b"../../bin/", name].concat(), &path)?;
        }
    }
    vfs.chown(&root, b"/home", Some(USER), Some(USER), true)?;
    vfs.chown(&root, b"/tmp", Some(USER), Some(USER), true)?;
    let workdir = [b"/home/", &options.workdir_name[..]].concat();
    let user = Credentials::user(USER, USER);
    let user = Caller {
        credentials: &user,
        ..root
    };
    vfs.mkdir(&user, &workdir, 0o755)
}

/// Creates a file with its missing parents.
fn write_file(
    vfs: &mut Vfs,
    caller: &Caller,
    path: &[u8],
    content: &[u8],
    mode: u32,
) -> Result<()> {
    for (index, _) in path
        .iter()
        .enumerate()
        .skip(1)
        .filter(|&(_, &byte)| byte == b'/')
    {
        let parent = &path[..index];
        if vfs.access(caller, parent, Access::EXISTS).is_err() {
            vfs.mkdir(caller, parent, 0o755)?;
        }
    }
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::TRUNC;
    let opened = vfs.open(caller, path, flags, mode)?;
    let written = vfs.write_at(caller, opened.vnode, 0, content);
    vfs.release(opened.vnode);
    match written? {
        Loaded::Ready(_) => Ok(()),
        Loaded::NeedLoad(_) => unreachable!("a file made just now is in memory"),
    }
}

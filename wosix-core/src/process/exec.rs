//! What `spawn` starts: PATH lookup, permission bits, `#!` chains, registered programs.

use crate::errno::{Errno, Result};
use crate::kernel::Runtime;
use crate::vfs::{Access, Caller, FileKind, Loaded, Vfs, Vnode};

/// Nested `#!` interpreters allowed before `ELOOP`.
const CHAIN_LIMIT: usize = 8;
/// Bytes of a file that decide how it runs (`BINPRM_BUF_SIZE`).
const HEAD: usize = 256;
/// Where programs are looked for when the environment has no `PATH`.
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin:/usr/local/bin";
/// First bytes of a registered program: `\x7fWSX <runtime> <name>\n`.
pub const REGISTERED_MAGIC: &[u8] = b"\x7fWSX ";

/// A program ready to run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    /// Kind of worker.
    pub runtime: Runtime,
    /// What a multi-call module runs; for `wasi` the file's path.
    pub program: Vec<u8>,
    /// Absolute path of the executed file, links resolved.
    pub path: Vec<u8>,
    /// Arguments, `argv[0]` included.
    pub args: Vec<Vec<u8>>,
}

/// What the head of a file asks for.
#[derive(PartialEq, Eq, Debug)]
enum Format<'a> {
    Registered {
        runtime: Runtime,
        name: &'a [u8],
    },
    Script {
        interpreter: &'a [u8],
        argument: Option<&'a [u8]>,
    },
    Wasm,
}

/// Content of a registered program's file.
pub fn registered_program(runtime: Runtime, name: &[u8]) -> Vec<u8> {
    [
        REGISTERED_MAGIC,
        runtime.name().as_bytes(),
        b" ",
        name,
        b"\n",
    ]
    .concat()
}

/// Finds what `file` with `args` runs, under the environment's `path_variable`.
///
/// `env NAME ARGS...` is resolved here to what it would execute, since a worker cannot replace its own image:
/// nearly every script of a package begins with `#!/usr/bin/env node`.
///
/// # Errors
/// `ENOENT`, `EACCES`, `ENOEXEC`, `ENOTDIR`, `ELOOP` and what else the path walk answers.
pub fn resolve(
    vfs: &mut Vfs,
    caller: &Caller,
    file: &[u8],
    mut args: Vec<Vec<u8>>,
    path_variable: Option<&[u8]>,
) -> Result<Loaded<Image>> {
    let mut file = file.to_vec();
    let mut search = true;
    for _ in 0..=CHAIN_LIMIT {
        let (path, vnode) = if search {
            lookup(vfs, caller, &file, path_variable)?
        } else {
            plain(vfs, caller, &file)?
        };
        let mut head = [0; HEAD];
        let length = match vfs.read_at(caller, vnode, 0, &mut head)? {
            Loaded::Ready(length) => length,
            Loaded::NeedLoad(token) => return Ok(Loaded::NeedLoad(token)),
        };
        match parse(&head[..length])? {
            Format::Registered {
                runtime: Runtime::Native,
                name: b"env",
            } if runs_directly(&args) => {
                args.remove(0);
                file = args[0].clone();
                search = true;
            }
            Format::Registered { runtime, name } => {
                let path = vfs.path_of(vnode)?;
                return Ok(Loaded::Ready(Image {
                    runtime,
                    program: name.to_vec(),
                    path,
                    args,
                }));
            }
            Format::Wasm => {
                let path = vfs.path_of(vnode)?;
                return Ok(Loaded::Ready(Image {
                    runtime: Runtime::Wasi,
                    program: path.clone(),
                    path,
                    args,
                }));
            }
            Format::Script {
                interpreter,
                argument,
            } => {
                let mut full = vec![interpreter.to_vec()];
                full.extend(argument.map(<[u8]>::to_vec));
                full.push(path);
                full.extend(args.drain(..).skip(1));
                args = full;
                file = interpreter.to_vec();
                search = false;
            }
        }
    }
    Err(Errno::ELOOP)
}

/// Whether `env` with these arguments does nothing but execute its first operand.
fn runs_directly(args: &[Vec<u8>]) -> bool {
    args.get(1)
        .is_some_and(|name| !name.is_empty() && name[0] != b'-' && !name.contains(&b'='))
}

/// execvp's search: the first executable file, or `EACCES` if there was only one that may not be executed.
fn lookup(
    vfs: &Vfs,
    caller: &Caller,
    file: &[u8],
    path_variable: Option<&[u8]>,
) -> Result<(Vec<u8>, Vnode)> {
    if file.contains(&b'/') {
        return plain(vfs, caller, file);
    }
    if file.is_empty() {
        return Err(Errno::ENOENT);
    }
    let mut denied = false;
    for directory in path_variable
        .unwrap_or(DEFAULT_PATH)
        .split(|&byte| byte == b':')
    {
        let path = if directory.is_empty() {
            file.to_vec()
        } else {
            [directory, b"/", file].concat()
        };
        match plain(vfs, caller, &path) {
            Ok(found) => return Ok(found),
            Err(Errno::EACCES) => denied = true,
            Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::ENAMETOOLONG) => {}
            Err(other) => return Err(other),
        }
    }
    Err(if denied { Errno::EACCES } else { Errno::ENOENT })
}

/// A file that may be executed.
fn plain(vfs: &Vfs, caller: &Caller, path: &[u8]) -> Result<(Vec<u8>, Vnode)> {
    let vnode = vfs.resolve(caller, path, true)?;
    if vfs.kind(vnode) != FileKind::Regular {
        return Err(Errno::EACCES);
    }
    vfs.faccess(caller, vnode, Access::EXECUTE)?;
    Ok((path.to_vec(), vnode))
}

fn parse(head: &[u8]) -> Result<Format<'_>> {
    if let Some(rest) = head.strip_prefix(REGISTERED_MAGIC) {
        let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let mut words = line.splitn(2, |&byte| byte == b' ');
        let runtime = words
            .next()
            .and_then(Runtime::from_name)
            .ok_or(Errno::ENOEXEC)?;
        let name = words
            .next()
            .filter(|name| !name.is_empty())
            .ok_or(Errno::ENOEXEC)?;
        return Ok(Format::Registered { runtime, name });
    }
    if head.starts_with(b"\0asm") {
        return Ok(Format::Wasm);
    }
    let Some(rest) = head.strip_prefix(b"#!") else {
        return Err(Errno::ENOEXEC);
    };
    // An interpreter whose path does not end within the head would be cut off: Linux refuses it too.
    let end = rest.iter().position(|&byte| byte == b'\n');
    if end.is_none() && head.len() == HEAD {
        return Err(Errno::ENOEXEC);
    }
    let line = trim(&rest[..end.unwrap_or(rest.len())]);
    let split = line
        .iter()
        .position(|&byte| is_blank(byte))
        .unwrap_or(line.len());
    let (interpreter, argument) = line.split_at(split);
    if interpreter.is_empty() {
        return Err(Errno::ENOEXEC);
    }
    let argument = Some(trim(argument)).filter(|argument| !argument.is_empty());
    Ok(Format::Script {
        interpreter,
        argument,
    })
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Without blanks at the ends; a carriage return at the end belongs to the name, as on Linux.
fn trim(mut text: &[u8]) -> &[u8] {
    while let Some((&first, rest)) = text.split_first()
        && is_blank(first)
    {
        text = rest;
    }
    while let Some((&last, rest)) = text.split_last()
        && is_blank(last)
    {
        text = rest;
    }
    text
}

//! The system calls as exports, grouped as in `guest/syscalls.ts`.

mod bulk;
mod datagrams;
mod descriptors;
mod host;
mod paths;
mod process;
mod sockets;
mod terminals;
mod threads;

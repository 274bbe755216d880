//! The native programs (jsh, npm and the commands) as one wasm module with private memory.
//!
//! A process is a fresh instance of the module. [`wosix_run`] looks its program up by name, runs it and answers the exit code; system calls
//! are imports (see `imports.rs` and `js-facade/src/guest/native/imports.ts`).

mod imports;
mod npm;
mod system;

use wosix_core::shell::command;
use wosix_core::system::{System, write_all};

use crate::system::WasmSystem;

/// Exit code of a process whose program panicked: that of an abort in a POSIX shell (128 + `SIGABRT`).
const PANIC_CODE: i32 = 134;

/// Runs the process that this instance was made for; answers its exit code.
#[unsafe(no_mangle)]
pub extern "C" fn wosix_run() -> i32 {
    install_panic_hook();
    let system = WasmSystem;
    let name = system::program_name();
    let args = system::argv();
    match command::find(&name) {
        Some(program) => command::run(&system, program, args.get(1..).unwrap_or_default()),
        None => {
            report(&format!("{name}: no such native program\n"));
            127
        }
    }
}

/// A panic aborts by a trap, which carries no text: write it to the standard error first, and leave with the right code.
fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        report(&format!("{}: {info}\n", system::program_name()));
        system::exit(PANIC_CODE);
    }));
}

/// Writes to the standard error; a process that cannot do even that has nobody left to tell.
fn report(text: &str) {
    let _unreportable = write_all(&WasmSystem as &dyn System, 2, text.as_bytes());
}

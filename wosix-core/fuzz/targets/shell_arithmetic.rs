//! Any text is an expression or an error, and ends.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| wosix_core::shell::fuzzing::evaluate(source));

//! Any text is a program or a syntax error; a program written out again is the same program.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wosix_core::shell::fuzzing::round_trip;

fuzz_target!(|source: &str| {
    if let Some((program, again)) = round_trip(source) {
        assert_eq!(program, again);
    }
});

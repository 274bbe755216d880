//! Any pattern matches any text, or not, in bounded time. First line: the pattern; the rest: the text.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let (pattern, text) = input.split_once('\n').unwrap_or((input, input));
    wosix_core::shell::fuzzing::matches(pattern, text);
});

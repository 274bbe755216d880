//! Any text is an integrity string; what bytes hash to verifies them, beside anything weaker.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wosix_core::npm::integrity::{from_shasum, sha512, verify};

fuzz_target!(|text: &str| {
    let good = sha512(text.as_bytes());
    assert_eq!(verify(&good, text.as_bytes()), Ok(()));
    assert_eq!(verify(&format!("{text} {good}"), text.as_bytes()), Ok(()));
    if let Err(actual) = verify(text, b"x") {
        assert_eq!(verify(&actual, b"x"), Ok(()));
    }
    if let Some(integrity) = from_shasum(text) {
        assert_eq!(integrity.len(), "sha1-".len() + 28);
    }
});

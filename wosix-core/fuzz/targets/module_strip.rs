//! Type stripping only turns characters into blanks, or one into a `;`: everything stays where it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wosix_core::module::strip::strip_types;

fuzz_target!(|source: &str| {
    if let Ok(code) = strip_types(source) {
        assert_eq!(code.chars().count(), source.chars().count(), "{code}");
        for (new, old) in code.chars().zip(source.chars()) {
            let blanked =
                matches!(new, ' ' | ';') && !matches!(old, '\n' | '\r' | '\u{2028}' | '\u{2029}');
            assert!(new == old || blanked, "{old:?} became {new:?} in {code:?}");
        }
    }
});

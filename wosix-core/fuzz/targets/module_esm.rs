//! What an ES module is rewritten to parses as a script, and has its lines where they were.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wosix_core::module::esm::rewrite;
use wosix_core::module::script::{contains_module_syntax, rewrite_dynamic_imports};

fuzz_target!(|source: &str| {
    contains_module_syntax(source);
    if let Ok(module) = rewrite(source) {
        assert_eq!(
            rewrite_dynamic_imports(&module.code, "f").err(),
            None,
            "{}",
            module.code
        );
        assert_eq!(
            terminators(&module.code),
            terminators(source) + 1,
            "{}",
            module.code
        );
    }
    if let Ok(code) = rewrite_dynamic_imports(source, "f") {
        assert_eq!(terminators(&code), terminators(source));
    }
});

/// Number of ECMAScript's line terminators.
fn terminators(text: &str) -> usize {
    text.matches(['\n', '\r', '\u{2028}', '\u{2029}']).count()
}

//! Any text is a spec and an argument of `npm install`; a name that is allowed stays in one path component (or two with a scope).
#![no_main]

use libfuzzer_sys::fuzz_target;
use wosix_core::npm::spec::{Request, Spec, name_problem};

fuzz_target!(|text: &str| {
    Spec::parse(text).registry_name("x");
    let request = Request::parse(text);
    assert_eq!(request.raw, text);
    if name_problem(text).is_none() {
        let components = text.strip_prefix('@').map_or(1, |_| 2);
        assert_eq!(text.split('/').count(), components);
        assert!(
            text.split('/').all(|part| !matches!(part, "" | "." | "..")),
            "{text}"
        );
    }
});

//! A range survives being written and read again, and accepts the same. First line: the range; second: a version.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wosix_core::npm::range::{Options, Range, parse_version};

fuzz_target!(|text: &str| {
    let (range, version) = text.split_once('\n').unwrap_or((text, "1.2.3"));
    let version = parse_version(version, true);
    if let Some(version) = &version {
        assert_eq!(
            parse_version(&version.to_string(), false).as_ref(),
            Some(version)
        );
    }
    for (loose, include_prerelease) in [(false, false), (false, true), (true, false), (true, true)]
    {
        let options = Options {
            loose,
            include_prerelease,
        };
        let Some(parsed) = Range::parse(range, options) else {
            continue;
        };
        let again = Range::parse(&parsed.to_string(), options).expect("a range as it is written");
        if let Some(version) = &version {
            assert_eq!(parsed.accepts(version), again.accepts(version), "{parsed}");
        }
        assert_eq!(parsed.to_string(), again.to_string());
    }
});

//! A package.json is an error that says where, or a manifest whose commands stay inside; and it survives being written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wosix_core::npm::json::{Format, parse_object, sort_keys, stringify};
use wosix_core::npm::manifest::{Host, Manifest};

fuzz_target!(|text: &str| {
    let map = match parse_object("/p/package.json", text) {
        Ok(map) => map,
        Err(error) => {
            assert_eq!(
                (error.code, error.summary.as_str()),
                ("EJSONPARSE", "path /p/package.json")
            );
            let empty = text.trim_start_matches('\u{feff}').is_empty();
            assert!(
                empty || error.detail[0].contains(" column "),
                "{}",
                error.detail[0]
            );
            return;
        }
    };
    let mut value = map.clone().into();
    let written = stringify(&value, &Format::detect(text));
    let again = parse_object("p", &written).expect("what was written");
    assert_eq!(stringify(&again.into(), &Format::detect(text)), written);
    sort_keys(&mut value, &["name", "version"]);
    let manifest = Manifest::from_fields(map);
    manifest.engine_ok(&Host::default());
    manifest.platform_ok(&Host::default());
    for (name, path) in &manifest.bin {
        assert!(
            !name.contains('/') && path.split('/').all(|part| !matches!(part, "" | "." | "..")),
            "{name} {path}"
        );
    }
});

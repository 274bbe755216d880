//! A packument is refused or answers every kind of spec; what it picks is one of its versions.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wosix_core::npm::packument::{Packument, PickOptions};
use wosix_core::npm::spec::Spec;

fuzz_target!(|data: &[u8]| {
    let Ok(packument) = Packument::parse("x", data) else {
        return;
    };
    for before in [None, Some("2021-01-01T00:00:00.000Z".to_owned())] {
        let options = PickOptions {
            before,
            ..PickOptions::default()
        };
        for wanted in [
            "*",
            "latest",
            "next",
            "^1.0.0",
            "1.0.0",
            "npm:y@>=0.0.0-0",
            "./x",
        ] {
            let picked = packument.pick(&Spec::parse(wanted), wanted, &options);
            assert!(picked.is_err() || packument.versions().count() > 0);
        }
    }
});

//! Any text is an `.npmrc`, any words are a command line or a usage error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wosix_core::npm::config::Config;

fuzz_target!(|text: &str| {
    let words: Vec<String> = text.split([' ', '\n']).map(str::to_owned).collect();
    for stop_early in [false, true] {
        let mut config = Config::parse(&words, stop_early).unwrap_or_default();
        config.add_environment(&words);
        config.add_file(text, &words);
        assert!(config.registry("@s/a").ends_with('/'));
        config.omits("dev");
    }
});

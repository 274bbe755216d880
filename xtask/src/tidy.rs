//! The few rules of the code base that a machine can check.

use crate::root;
use anyhow::{Result, bail};
use std::process::Command;

/// Lines after which a source file is looked at again: does it hold two concepts?
const LONG_FILE: usize = 800;

/// Reports every breach; an error if there is one.
pub fn tidy() -> Result<()> {
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output()?;
    let mut breaches = Vec::new();
    for path in String::from_utf8(listed.stdout)?.split_terminator('\0') {
        if !path.ends_with(".rs") && !path.ends_with(".ts") && !path.ends_with(".mjs") {
            continue;
        }
        // A file deleted but not yet committed is still listed.
        let Ok(text) = std::fs::read_to_string(root().join(path)) else {
            continue;
        };
        let lines = text.lines().count();
        if lines > LONG_FILE && !path.contains("/tests") {
            breaches.push(format!("{path}: {lines} lines; split it by concept"));
        }
        for (number, line) in text.lines().enumerate() {
            for word in ["TODO", "FIXME", "XXX"] {
                if line.contains(&format!("{word}:")) {
                    breaches.push(format!("{path}:{}: {word} without an issue", number + 1));
                }
            }
        }
        let may_be_unsafe = path.starts_with("wosix-wasm/") || path.starts_with("xtask/");
        if path.ends_with(".rs") && text.contains("unsafe {") && !may_be_unsafe {
            breaches.push(format!("{path}: `unsafe` outside wosix-wasm"));
        }
    }
    if breaches.is_empty() {
        return Ok(());
    }
    bail!("{}", breaches.join("\n"));
}

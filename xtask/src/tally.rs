//! Counting what test runners say they passed and failed.

use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// Tests passed and failed so far.
#[derive(Default, Clone, Copy)]
pub struct Tally {
    pub passed: u32,
    pub failed: u32,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Runs a test program, showing its output, and reads the counts off the lines `parse` understands. A run that fails without
/// having counted a failure (a crash, a compile error) counts as one.
pub fn run(command: &mut Command, parse: fn(&str) -> Option<Tally>) -> Result<Tally> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let output = child.stdout.take().expect("stdout is piped");
    let mut tally = Tally::default();
    for line in BufReader::new(output).lines() {
        let line = line?;
        if let Some(part) = parse(&line) {
            tally.add(part);
        }
        println!("{line}");
    }
    if !child.wait()?.success() && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok(tally)
}

/// `test result: ok. 12 passed; 0 failed; ...` of the Rust test harness.
pub fn rust(line: &str) -> Option<Tally> {
    let counts = line.strip_prefix("test result: ")?;
    Some(Tally {
        passed: number_before(counts, " passed")?,
        failed: number_before(counts, " failed")?,
    })
}

/// `# pass 12` and `# fail 0` (tap) or `ℹ pass 12` and `ℹ fail 0` (spec) of Node's test runner. What it cancelled (a test that never
/// ended, or whose set-up failed) has failed.
pub fn node(line: &str) -> Option<Tally> {
    let line = line
        .strip_prefix("# ")
        .or_else(|| line.strip_prefix("ℹ "))?;
    let mut tally = Tally::default();
    if let Some(count) = line.strip_prefix("pass ") {
        tally.passed = count.trim().parse().ok()?;
    } else if let Some(count) = line
        .strip_prefix("fail ")
        .or_else(|| line.strip_prefix("cancelled "))
    {
        tally.failed = count.trim().parse().ok()?;
    } else {
        return None;
    }
    Some(tally)
}

fn number_before(text: &str, word: &str) -> Option<u32> {
    let end = text.find(word)?;
    text[..end].rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_runners() {
        let rust = rust("test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured").unwrap();
        assert_eq!((rust.passed, rust.failed), (12, 3));
        let node_pass = node("ℹ pass 7").unwrap();
        assert_eq!((node_pass.passed, node_pass.failed), (7, 0));
        let node_fail = node("# fail 2").unwrap();
        assert_eq!((node_fail.passed, node_fail.failed), (0, 2));
        assert_eq!(node("ℹ cancelled 3").unwrap().failed, 3);
        assert!(node("ℹ tests 9").is_none());
    }
}

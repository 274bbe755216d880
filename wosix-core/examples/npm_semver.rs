//! Answers questions on standard input, one a line; the other side of `conformance/npm/semver.mjs`.

#[path = "support/semver_answers.rs"]
mod semver_answers;

use std::io::{BufRead, Write};

fn main() -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        writeln!(out, "{}", semver_answers::answer(&line?))?;
    }
    out.flush()
}

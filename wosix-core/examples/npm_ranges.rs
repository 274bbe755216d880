//! Answers lines of `range<TAB>version` with `true`, `false` or `invalid`; the other side of `conformance/npm/ranges.mjs`.

use std::io::{BufRead, Write};

use wosix_core::npm::range::{LOOSE, Range, parse_version};

fn main() -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (range, version) = line.split_once('\t').unwrap_or((&line, ""));
        let answer = match (Range::parse(range, LOOSE), parse_version(version, true)) {
            (None, _) => "invalid",
            (Some(range), Some(version)) if range.accepts(&version) => "true",
            _ => "false",
        };
        writeln!(out, "{answer}")?;
    }
    out.flush()
}

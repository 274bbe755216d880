//! `cargo xtask test`: everything, closed by `N passed, N failed`.

use crate::tally::{self, Tally};
use crate::{browsers, build, root};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const SUITES: [&str; 4] = ["rust", "types", "node", "browser"];

/// Runs the named suites, or all.
pub fn test(only: &[String]) -> Result<()> {
    if let Some(unknown) = only.iter().find(|suite| !SUITES.contains(&suite.as_str())) {
        bail!(
            "unknown suite `{unknown}`; suites are {}",
            SUITES.join(", ")
        );
    }
    let wanted = |suite: &str| only.is_empty() || only.iter().any(|name| name == suite);
    let mut total = Tally::default();
    let mut suite = |name: &str, run: &dyn Fn() -> Result<Tally>| -> Result<()> {
        if wanted(name) {
            let begin = Instant::now();
            println!("\n== {name}");
            let tally = run()?;
            println!(
                "== {name}: {} passed, {} failed in {} s",
                tally.passed,
                tally.failed,
                begin.elapsed().as_secs()
            );
            total.add(tally);
        }
        Ok(())
    };
    suite("rust", &rust)?;
    if wanted("types") || wanted("node") || wanted("browser") {
        build::build(&[])?;
    }
    suite("types", &types)?;
    suite("node", &|| node_tests("tests/node"))?;
    if wanted("browser") {
        browsers::ensure()?;
    }
    suite("browser", &|| node_tests("tests/browser"))?;
    println!("\n{} passed, {} failed", total.passed, total.failed);
    if total.failed > 0 {
        std::process::exit(1);
    }
    Ok(())
}

/// Unit and conformance tests of the Rust crates, natively.
fn rust() -> Result<Tally> {
    tally::run(
        Command::new("cargo")
            .args(["test", "--workspace", "--quiet"])
            .current_dir(root()),
        tally::rust,
    )
}

/// TypeScript's strict check of the facade (it holds the type tests against `@webcontainer/api`), and of the IDE against the facade's
/// published types; each counts as one test.
fn types() -> Result<Tally> {
    let mut tally = Tally::default();
    for folder in [root().join("js-facade"), root().join("examples/ide")] {
        let passed = Command::new("node")
            .arg(folder.join("node_modules/typescript/bin/tsc"))
            .args(["-p", "tsconfig.json", "--noEmit"])
            .current_dir(folder)
            .status()?
            .success();
        tally.add(Tally {
            passed: passed.into(),
            failed: (!passed).into(),
        });
    }
    Ok(tally)
}

/// The `*.test.mjs` files of a folder by Node's own runner, one after another: two browsers on two cores are enough.
fn node_tests(folder: &str) -> Result<Tally> {
    let facade = root().join("js-facade");
    let files = test_files(&facade.join(folder))?;
    if files.is_empty() {
        bail!("no tests in {folder}");
    }
    tally::run(
        Command::new("node")
            .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
            .args(files)
            .current_dir(facade),
        tally::node,
    )
}

fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().ends_with(".test.mjs"))
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

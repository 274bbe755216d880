//! `cargo xtask`: the one entry point for building, serving, testing and measuring Wosix.

mod browsers;
mod build;
mod command;
mod tally;
mod test;
mod tidy;

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

const HELP: &str = "\
cargo xtask build [--only PART]...   build everything into js-facade/dist (parts: kernel, programs, codecs, crypto,
                                     transpile, brotli, zstd, bundle, node-lib, ide); what is up to date is left alone
cargo xtask serve [DIR] [--port N]   build, then serve the web IDE (over DIR if given)
cargo xtask test [--only SUITE]...   install a browser if none is found, build, run all tests
                                     (suites: rust, types, node, browser)
cargo xtask bench [--browser B] [NAME]...
                                     measure beside what a user would pick instead
cargo xtask node-tests DIR ...       run Node's own tests (its `test` folder lies in DIR) in a browser and compare
                                     with conformance/node/expected; --help tells the options
cargo xtask shell-tests [ASH_TEST] ...
                                     run conformance/shell/table beside dash and bash, or busybox's `shell/ash_test`,
                                     natively or in a browser; --help tells the options
cargo xtask npm-trees ARGS...        our lockfiles against npm's, for the projects of conformance/npm
cargo xtask npm-semver ARGS...       our versions and ranges against npm's own package
cargo xtask exec ARGS...             `wosix exec ARGS...` on what is built
cargo xtask tidy                     the few rules a machine can check
cargo xtask ready                    format check, lints, tidy, test: what CI runs and more
";

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let Some(task) = args.next() else {
        print!("{HELP}");
        return Ok(());
    };
    let rest: Vec<String> = args.collect();
    match task.as_str() {
        "build" => build::build(&only(&rest)?),
        "serve" => {
            build::build(&[])?;
            wosix("serve", &rest)
        }
        "exec" => wosix("exec", &rest),
        "test" => test::test(&only(&rest)?),
        "bench" => {
            browsers::ensure()?;
            build::build(&[])?;
            command::node(&root().join("js-facade"), "bench/main.mjs", &rest)
        }
        "node-tests" => {
            browsers::ensure()?;
            build::build(&[])?;
            // A path is meant from where the user stands; Node's folder is given by hand.
            command::node(
                &std::env::current_dir()?,
                &root().join("conformance/node/run.mjs").to_string_lossy(),
                &rest,
            )
        }
        "shell-tests" => {
            if rest.iter().any(|arg| arg == "--browser") {
                browsers::ensure()?;
                build::build(&[])?;
            } else {
                command::cargo(&[
                    "build",
                    "--quiet",
                    "-p",
                    "wosix-core",
                    "--example",
                    "programs",
                ])?;
            }
            command::node(
                &std::env::current_dir()?,
                &root().join("conformance/shell/run.mjs").to_string_lossy(),
                &rest,
            )
        }
        "npm-trees" => oracle("npm_resolve", "conformance/npm/trees.mjs", &rest),
        "npm-semver" => oracle("npm_semver", "conformance/npm/semver.mjs", &rest),
        "tidy" => tidy::tidy(),
        "ready" => {
            command::cargo(&["fmt", "--all", "--check"])?;
            command::cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ])?;
            build::lint()?;
            tidy::tidy()?;
            test::test(&[])
        }
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("unknown task `{other}`\n{HELP}"),
    }
}

/// Builds an example of the core, natively, and runs the script that holds its answers against the real program's.
fn oracle(example: &str, script: &str, args: &[String]) -> Result<()> {
    let build = [
        "build",
        "--release",
        "-p",
        "wosix-core",
        "--example",
        example,
    ];
    command::cargo(&build)?;
    command::node(&root(), script, args)
}

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the repository")
        .to_path_buf()
}

/// Values of every `--only X` (or `--only=X`).
fn only(args: &[String]) -> Result<Vec<String>> {
    let mut parts = Vec::new();
    let mut iter = args.iter();
    while let Some(arg) = iter.next() {
        match arg.as_str() {
            "--only" => match iter.next() {
                Some(part) => parts.push(part.clone()),
                None => bail!("--only needs a value"),
            },
            other => match other.strip_prefix("--only=") {
                Some(part) => parts.push(part.to_owned()),
                None => bail!("unknown argument `{other}`"),
            },
        }
    }
    Ok(parts)
}

fn wosix(verb: &str, args: &[String]) -> Result<()> {
    let mut all = vec![verb.to_owned()];
    all.extend_from_slice(args);
    command::node(&root(), "js-facade/bin/wosix.js", &all)
}

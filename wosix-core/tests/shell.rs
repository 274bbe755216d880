//! The shell beside dash and bash, and the commands beside the GNU ones: every script of `fixtures/*.txt` and of
//! `conformance/shell/table` with the output and exit code that its oracle gave on a machine with those programs.
//!
//! The programs run natively over POSIX (`examples/programs.rs`). `UPDATE_EXPECT=1 cargo test -p wosix-core --test shell` asks dash anew.
#![allow(
    clippy::disallowed_methods,
    reason = "this drives real processes of the machine"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use wosix_core::shell::command::PROGRAMS;

/// A script and what dash makes of it. Fixture form: the script, `>>> code`, the output, `---`.
struct Case {
    script: String,
    code: i32,
    output: String,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn cases(text: &str) -> Vec<Case> {
    let blocks = text.split("---\n").filter(|block| !block.is_empty());
    let cases = blocks.map(|block| {
        let (script, rest) = block.split_once(">>> ").expect("a block has an exit code");
        let (code, output) = rest.split_once('\n').expect("the exit code ends its line");
        Case {
            script: script.to_owned(),
            code: code.parse().expect("the exit code is a number"),
            output: output.to_owned(),
        }
    });
    cases.collect()
}

/// A folder with a link for each program to the test host's binary; `cargo test -p wosix-core` builds examples first; with `--test shell` alone, build them before.
fn programs() -> &'static Path {
    // Made once: the tests of this file run side by side.
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(link_programs)
}

fn link_programs() -> PathBuf {
    let test = std::env::current_exe().expect("the test has a path");
    let target = test
        .ancestors()
        .nth(2)
        .expect("tests lie in deps of the profile's folder");
    let binary = target.join("examples/programs");
    assert!(binary.exists(), "{} was not built", binary.display());
    let folder = target.join("shell-test-programs");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    for program in PROGRAMS {
        let link = folder.join(program.name);
        // The target folder may come from a build elsewhere.
        if std::fs::read_link(&link).is_ok_and(|target| target != binary) {
            std::fs::remove_file(&link).expect("links can be removed");
        }
        if std::fs::symlink_metadata(&link).is_err() {
            std::os::unix::fs::symlink(&binary, &link).expect("links can be made");
        }
    }
    folder
}

fn run(shell: &Path, script: &str, path: &str, folder: &Path) -> (i32, String) {
    std::fs::create_dir_all(folder).expect("the target folder can be written");
    let output = Command::new(shell)
        .args(["-c", script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("JSH", shell)
        .env("HOME", "/home")
        .output()
        .expect("the shell starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap_or(-1), text)
}

#[test]
fn scripts_do_what_they_do_in_dash() {
    check("shell.txt", "shell-test-work");
}

#[test]
fn commands_do_what_the_gnu_ones_do() {
    check("commands.txt", "shell-test-commands");
}

/// `conformance/shell/run.mjs` holds the same table against the shells of the machine, and in a browser.
#[test]
fn the_table_of_constructs_does_what_its_oracles_do() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/shell/table");
    let files = std::fs::read_dir(table).expect("the table is there");
    let mut failures = String::new();
    for file in files {
        let path = file.expect("the folder can be read").path();
        let topic = path.file_stem().unwrap_or_default().to_string_lossy();
        let oracle = if topic.starts_with("bash") {
            "bash"
        } else {
            "dash"
        };
        let work = format!("shell-test-table/{topic}");
        failures.push_str(&differences(&path, "sh", Path::new(oracle), &work));
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// Runs the scripts of a fixture in the folder `work`.
fn check(name: &str, work: &str) {
    let failures = differences(&fixture(name), "jsh", Path::new("/usr/bin/dash"), work);
    assert!(failures.is_empty(), "\n{failures}");
}

/// Runs the scripts of a file in the folder `work` in the shell called `name`, which calls itself as `oracle` does; answers what differs.
fn differences(file: &Path, name: &str, oracle: &Path, work: &str) -> String {
    let text = std::fs::read_to_string(file).expect("the fixture can be read");
    let folder = programs();
    let work = folder.with_file_name(work);
    // What an earlier run left there would be found by patterns.
    let _nothing_there = std::fs::remove_dir_all(&work);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let mut updated = String::new();
        for case in cases(&text) {
            let (code, output) = run(oracle, &case.script, "/usr/bin:/bin", &work);
            write!(updated, "{}>>> {code}\n{output}---\n", case.script).expect("strings grow");
        }
        std::fs::write(file, updated).expect("the fixture can be written");
        return String::new();
    }
    let path = folder.to_string_lossy();
    let mut failures = String::new();
    for case in cases(&text) {
        let (code, output) = run(&folder.join(name), &case.script, &path, &work);
        // `$0` is the name the shell was called by.
        let oracle = oracle.to_string_lossy();
        let output = output.replace(&format!("{path}/{name}"), &oracle);
        let lines = output.split_inclusive('\n').map(|line| {
            let named = line.strip_suffix('\n') == Some(name);
            if named {
                format!("{oracle}\n")
            } else {
                line.to_owned()
            }
        });
        let output: String = lines.collect();
        if (code, &output) != (case.code, &case.output) {
            write!(
                failures,
                "{}expected {} {:?}\n     got {code} {output:?}\n\n",
                case.script, case.code, case.output
            )
            .expect("strings grow");
        }
    }
    failures
}

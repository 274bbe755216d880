//! Running other programs: they inherit our terminal, and a failure names the command.

use crate::root;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// Runs `command` to its end; a non-zero exit is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if !status.success() {
        bail!(
            "`{} {}` failed: {status}",
            command.get_program().display(),
            command
                .get_args()
                .map(|arg| arg.to_string_lossy().into_owned())
                .collect::<Vec<_>>()
                .join(" ")
        );
    }
    Ok(())
}

/// `cargo ARGS` in the workspace.
pub fn cargo(args: &[&str]) -> Result<()> {
    run(Command::new("cargo").args(args).current_dir(root()))
}

/// `node SCRIPT ARGS` in `folder`. A non-zero exit of the script becomes ours, without a message of its own.
pub fn node(folder: &Path, script: &str, args: &[String]) -> Result<()> {
    let status = Command::new("node")
        .arg(script)
        .args(args)
        .current_dir(folder)
        .status()
        .context("cannot start node: Node.js 20 or newer must be installed")?;
    if !status.success() {
        std::process::exit(status.code().unwrap_or(1));
    }
    Ok(())
}

/// `npm ARGS` in `folder`.
pub fn npm(folder: &Path, args: &[&str]) -> Result<()> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run(Command::new(program).args(args).current_dir(folder))
}

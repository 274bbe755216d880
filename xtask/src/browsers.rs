//! The browsers that tests run in: found on the machine, or installed by its package manager.

use crate::command;
use anyhow::{Result, bail};
use std::env;
use std::path::PathBuf;
use std::process::Command;

/// Names a browser may have in `PATH`, as `wosix exec` looks for them.
const CHROMIUM: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
const FIREFOX: [&str; 2] = ["firefox", "firefox-esr"];

/// Makes sure that Chromium and Firefox are there; installs what is missing where we know how (Debian and its kin, as root).
pub fn ensure() -> Result<()> {
    let mut missing = Vec::new();
    if env::var_os("CHROME_PATH").is_none() && !on_path(&CHROMIUM) && !application("Google Chrome")
    {
        missing.push("chromium");
    }
    if env::var_os("FIREFOX_PATH").is_none() && !on_path(&FIREFOX) && !application("Firefox") {
        missing.push("firefox-esr");
    }
    if missing.is_empty() {
        return Ok(());
    }
    if !on_path(&["apt-get"]) {
        bail!(
            "no {} found: install it, or set CHROME_PATH / FIREFOX_PATH",
            missing.join(" and no ")
        );
    }
    let apt = |args: &[&str]| {
        // sudo where we are not root already; apt itself says so when neither helps.
        let mut apt = if on_path(&["sudo"]) {
            let mut sudo = Command::new("sudo");
            sudo.arg("apt-get");
            sudo
        } else {
            Command::new("apt-get")
        };
        command::run(apt.args(args).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "-qq"])?;
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(missing);
    apt(&install)
}

fn on_path(names: &[&str]) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| names.iter().any(|name| folder.join(name).is_file()))
}

/// Whether macOS has the application installed.
fn application(name: &str) -> bool {
    PathBuf::from(format!("/Applications/{name}.app")).is_dir()
}

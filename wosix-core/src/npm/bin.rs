//! The links in `node_modules/.bin`.

use serde_json::{Map, Value};

use crate::system::{System, read_file};

use super::error::NpmError;
use super::files;
use super::lockfile::split_location;
use super::manifest::Manifest;
use super::path;

fn folder(root: &str, location: &str) -> Option<String> {
    let (parent, _) = split_location(location)?;
    Some(if parent.is_empty() {
        format!("{root}/node_modules/.bin")
    } else {
        format!("{root}/{parent}/node_modules/.bin")
    })
}

/// Links the commands of the package at `location`. Their files become executable and lose a carriage return after `#!`.
///
/// # Errors
/// The system call that failed.
pub fn link_commands(
    system: &dyn System,
    root: &str,
    location: &str,
    manifest: &Manifest,
) -> Result<(), NpmError> {
    let Some(folder) = folder(root, location) else {
        return Ok(());
    };
    for (name, file) in &manifest.bin {
        let target = format!("{root}/{location}/{file}");
        // A command whose file was not published gets no link, as in npm.
        let Ok(stat) = system.stat(&target, true) else {
            continue;
        };
        let link = format!("{folder}/{name}");
        let relative = path::relative(&folder, &target);
        if stat.mode & 0o111 != 0o111 {
            system
                .chmod(&target, stat.mode & 0o7777 | 0o755)
                .map_err(|error| files::failed(error, "chmod", &target))?;
        }
        if system
            .readlink(&link)
            .is_ok_and(|current| current == relative)
        {
            continue;
        }
        fix_interpreter_line(system, &target)?;
        files::make_folder(system, &folder)?;
        files::remove(system, &link)?;
        system
            .symlink(&relative, &link)
            .map_err(|error| files::failed(error, "symlink", &link))?;
    }
    Ok(())
}

/// Removes the links to the commands of a package that goes.
///
/// # Errors
/// The system call that failed.
pub fn unlink_commands(
    system: &dyn System,
    root: &str,
    location: &str,
    entry: Option<&Map<String, Value>>,
) -> Result<(), NpmError> {
    let Some(folder) = folder(root, location) else {
        return Ok(());
    };
    let commands = entry
        .and_then(|entry| entry.get("bin"))
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    for (name, file) in commands {
        let link = format!("{folder}/{name}");
        let own = path::relative(
            &folder,
            &format!("{root}/{location}/{}", file.as_str().unwrap_or_default()),
        );
        if system.readlink(&link).is_ok_and(|current| current == own) {
            files::remove(system, &link)?;
        }
    }
    Ok(())
}

/// `#!/usr/bin/env node\r` names a program that does not exist.
fn fix_interpreter_line(system: &dyn System, file: &str) -> Result<(), NpmError> {
    let bytes = read_file(system, file).map_err(|error| files::failed(error, "open", file))?;
    let Some(end) = bytes.iter().take(2048).position(|&byte| byte == b'\n') else {
        return Ok(());
    };
    if bytes.starts_with(b"#!") && end > 0 && bytes[end - 1] == b'\r' {
        let mut fixed = bytes[..end - 1].to_vec();
        fixed.extend_from_slice(&bytes[end..]);
        files::write_bytes(system, file, &fixed)?;
    }
    Ok(())
}

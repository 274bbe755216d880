//! Where the project is, and its `package.json`.

use serde_json::{Map, Value};

use crate::npm::config::Config;
use crate::npm::error::NpmError;
use crate::npm::manifest::Manifest;
use crate::npm::{files, json, path};
use crate::system::System;

/// `path` and the folders above it.
pub(super) fn ancestors(path: &str) -> Vec<String> {
    let mut all = vec![path.to_owned()];
    let mut at = path;
    while !matches!(at, "/" | "") {
        at = path::parent(at);
        all.push(at.to_owned());
    }
    all
}

/// The project: the nearest folder with a `package.json` or `node_modules`, else the working directory.
pub(super) fn prefix(system: &dyn System, config: &Config) -> Result<String, NpmError> {
    let cwd = system
        .getcwd()
        .map_err(|error| files::failed(error, "getcwd", "."))?;
    if let Some(prefix) = config.get("prefix") {
        return Ok(path::normalize(&path::join(&cwd, prefix)));
    }
    let marked = |at: &String| {
        ["package.json", "node_modules"].iter().any(|name| {
            system
                .access(&format!("{}/{name}", at.trim_end_matches('/')), 0)
                .is_ok()
        })
    };
    let inside = cwd
        .split("/node_modules")
        .next()
        .filter(|_| cwd.contains("/node_modules/") || cwd.ends_with("/node_modules"));
    if let Some(outside) =
        inside.filter(|_| system.access(&format!("{cwd}/package.json"), 0).is_err())
    {
        return Ok(outside.to_owned());
    }
    Ok(ancestors(&cwd)
        .into_iter()
        .filter(|at| at != "/")
        .find(marked)
        .unwrap_or(cwd))
}

pub(super) fn read_package(
    system: &dyn System,
    root: &str,
) -> Result<(Manifest, Map<String, Value>), NpmError> {
    let file = format!("{root}/package.json");
    let Some(text) = files::read_text(system, &file)? else {
        return Err(NpmError::new("ENOENT", "syscall open")
            .with_detail(format!("path {file}"))
            .with_detail("errno -2")
            .with_detail(format!("enoent Could not read package.json: Error: ENOENT: no such file or directory, open '{file}'"))
            .with_detail("enoent This is related to npm not being able to find a file.")
            .with_detail("enoent"));
    };
    let fields = json::parse_object(&file, &text)?;
    Ok((Manifest::from_fields(fields.clone()), fields))
}

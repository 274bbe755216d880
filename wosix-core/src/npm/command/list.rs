//! `npm ls`: the direct dependencies.

use super::State;
use super::output::{complain, say};
use super::project::read_package;
use crate::npm::collate::locale_compare;
use crate::npm::error::NpmError;
use crate::system::System;

pub(super) fn list(system: &dyn System, root: &str) -> Result<State, NpmError> {
    let (manifest, _) = read_package(system, root)?;
    let title = if manifest.name.is_empty() {
        root.to_owned()
    } else {
        format!("{}@{} {root}", manifest.name, manifest.version)
    };
    let mut rows = Vec::new();
    let mut missing = 0;
    let mut wanted: Vec<(String, String)> = [
        &manifest.dependencies,
        &manifest.optional_dependencies,
        &manifest.dev_dependencies,
    ]
    .into_iter()
    .flatten()
    .cloned()
    .collect();
    wanted.sort_by(|(a, _), (b, _)| locale_compare(a, b));
    for (name, spec) in &wanted {
        match read_package(system, &format!("{root}/node_modules/{name}")) {
            Ok((manifest, _)) => rows.push(format!("{name}@{}", manifest.version)),
            Err(_) => {
                missing += 1;
                rows.push(format!("UNMET DEPENDENCY {name}@{spec}"));
            }
        }
    }
    if rows.is_empty() {
        rows.push("(empty)".into());
    }
    let last = rows.len() - 1;
    let lines: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| format!("{} {row}", if i == last { "└──" } else { "├──" }))
        .collect();
    say(system, &format!("{title}\n{}\n", lines.join("\n")));
    if missing > 0 {
        complain(system, "npm error code ELSPROBLEMS");
    }
    Ok(State::Done(i32::from(missing > 0)))
}

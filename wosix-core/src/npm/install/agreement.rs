//! `npm ci` installs what the lockfile says, or nothing.

use std::collections::BTreeMap;

use crate::npm::error::NpmError;
use crate::npm::tree::Tree;

/// Location and version of every package.
pub(super) fn versions(tree: &Tree) -> BTreeMap<String, String> {
    tree.inventory()
        .into_iter()
        .map(|node| (tree.location(node), tree[node].manifest.version.clone()))
        .collect()
}

/// Compares the tree that fits `package.json` with what the lockfile had.
///
/// # Errors
/// `EUSAGE` that names every difference.
pub(super) fn check(tree: &Tree, locked: &BTreeMap<String, String>) -> Result<(), NpmError> {
    let mut nodes = tree.inventory();
    // In the order in which they came into the tree.
    nodes.sort();
    let problems = nodes.into_iter().filter_map(|node| {
        let (name, version) = (&tree[node].name, &tree[node].manifest.version);
        match locked.get(&tree.location(node)) {
            None => Some(format!("Missing: {name}@{version} from lock file")),
            Some(had) if had == version => None,
            Some(had) => Some(format!(
                "Invalid: lock file's {name}@{had} does not satisfy {name}@{version}"
            )),
        }
    });
    let problems: Vec<String> = problems.collect();
    if problems.is_empty() {
        return Ok(());
    }
    let error = NpmError::new(
        "EUSAGE",
        "`npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. Please update your lock file with `npm install` before continuing.",
    );
    Err(problems
        .into_iter()
        .fold(error.with_detail(""), NpmError::with_detail))
}

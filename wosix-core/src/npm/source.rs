//! What the registry and the project's folders told us so far.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::error::NpmError;
use super::manifest::Manifest;
use super::packument::{Packument, PickOptions};
use super::spec::Spec;
use super::tree::{NodeId, Tree};

/// Something that must be fetched or read before the build can go on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// All versions of a package.
    Packument(String),
    /// The manifest in a folder, relative to the project.
    Folder(String),
    /// The manifest in a tarball: a URL, or a path relative to the project after `file:`.
    Archive(String),
    /// The manifests of packages inside a package's tarball: its URL, as [`Need::Archive`].
    Bundle(String),
}

/// Packages inside a package's tarball: location below it (`node_modules/name`, outer ones first) and manifest.
pub type Bundle = Vec<(String, Rc<Manifest>)>;

/// Answers so far; a failure is remembered like an answer.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Default)]
pub struct Sources {
    pub packuments: BTreeMap<String, Result<Rc<Packument>, NpmError>>,
    pub folders: BTreeMap<String, Result<Rc<Manifest>, NpmError>>,
    pub archives: BTreeMap<String, Result<Rc<Manifest>, NpmError>>,
    pub bundles: BTreeMap<String, Result<Bundle, NpmError>>,
}

impl Sources {
    /// The manifest `name@text` stands for when asked for by `from`; `Err` says what is needed to know.
    pub fn manifest(
        &self,
        name: &str,
        text: &str,
        spec: &Spec,
        tree: &Tree,
        from: NodeId,
        options: &PickOptions,
    ) -> Result<Result<Rc<Manifest>, NpmError>, Need> {
        if let Some(package) = spec.registry_name(name) {
            let Some(packument) = self.packuments.get(package) else {
                return Err(Need::Packument(package.to_owned()));
            };
            let wanted = match spec {
                Spec::Alias { .. } => super::spec::split_name(&text[4..]).1,
                _ => text,
            };
            return Ok(packument
                .as_ref()
                .map_err(|error| about(error, package, wanted))
                .and_then(|packument| packument.pick(spec, wanted, options)));
        }
        let known = match spec {
            Spec::Directory(path) => {
                let path = tree.resolve_path(from, path);
                self.folders.get(&path).ok_or(Need::Folder(path))
            }
            Spec::File(path) => {
                let path = format!("file:{}", tree.resolve_path(from, path));
                self.archives.get(&path).ok_or(Need::Archive(path))
            }
            Spec::Remote(url) => self
                .archives
                .get(url)
                .ok_or_else(|| Need::Archive(url.clone())),
            Spec::Git(url) => {
                return Ok(Err(NpmError::new(
                    "EUNSUPPORTEDPROTOCOL",
                    format!("git dependencies cannot be fetched in the browser: {name}@{url}"),
                )));
            }
            _ => {
                return Ok(Err(NpmError::new(
                    "EINVALIDTAGNAME",
                    format!(
                        "Invalid tag name \"{text}\" of package \"{name}@{text}\": Tags may not have any characters that encodeURIComponent encodes."
                    ),
                )));
            }
        };
        known.cloned()
    }
}

/// npm names the whole request in `E404`.
fn about(error: &NpmError, name: &str, wanted: &str) -> NpmError {
    let mut error = error.clone();
    if error.code == "E404" {
        let shown = if wanted.is_empty() { "*" } else { wanted };
        for line in &mut error.detail {
            *line = line.replace(&format!("'{name}'"), &format!("'{name}@{shown}'"));
        }
    }
    error
}

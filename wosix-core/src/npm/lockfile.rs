//! `package-lock.json` (version 3), and the hidden one in `node_modules` that says what is installed.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::error::NpmError;
use super::json::{self, Format};
use super::manifest::Manifest;
use super::path;
use super::tree::{NewNode, NodeId, Tree};

/// Keys that come first at every level.
const KEY_ORDER: &[&str] = &[
    "name",
    "version",
    "lockfileVersion",
    "resolved",
    "integrity",
    "requires",
    "packages",
    "dependencies",
];

/// What an entry copies from a manifest.
const MANIFEST_KEYS: &[&str] = &[
    "version",
    "dependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "optionalDependencies",
    "bundleDependencies",
    "acceptDependencies",
    "funding",
    "engines",
    "os",
    "cpu",
    "libc",
    "license",
    "bin",
    "deprecated",
    "workspaces",
];

/// A lockfile as read.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Clone, Debug)]
pub struct Lockfile {
    /// Entries by location, in the file's order; the root's is under the empty name.
    pub packages: Map<String, Value>,
    pub format: Format,
}

/// Settings of writing.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// Leave out where registry packages come from (npm's `omit-lockfile-registry-resolved`).
    pub omit_resolved: bool,
    /// Write the hidden lockfile: without the root and without what is not installed.
    pub hidden: bool,
}

impl Lockfile {
    /// Parses a lockfile. `None` for versions before 2, which hold no manifests: the tree is then resolved anew.
    ///
    /// # Errors
    /// `EJSONPARSE`.
    pub fn parse(path: &str, text: &str) -> Result<Option<Lockfile>, NpmError> {
        let mut document = json::parse_object(path, text)?;
        let format = Format::detect(text);
        Ok(match document.shift_remove("packages") {
            Some(Value::Object(packages)) => Some(Lockfile { packages, format }),
            _ => None,
        })
    }

    /// The entry at `location`.
    pub fn entry(&self, location: &str) -> Option<&Map<String, Value>> {
        self.packages.get(location).and_then(Value::as_object)
    }

    /// Adds the packages of the lockfile to a tree that has only its root.
    ///
    /// # Errors
    /// `EMISSINGTARGET` for a link to a folder that has no entry.
    pub fn load_into(
        &self,
        tree: &mut Tree,
        folder: &mut dyn FnMut(&str) -> Option<Rc<Manifest>>,
    ) -> Result<(), NpmError> {
        let root = tree.main();
        let mut nodes: BTreeMap<String, NodeId> = BTreeMap::from([(String::new(), root)]);
        let mut entries: Vec<(&String, &Map<String, Value>)> = self
            .packages
            .iter()
            .filter(|(location, _)| !location.is_empty())
            .filter_map(|(location, entry)| Some((location, entry.as_object()?)))
            .collect();
        // Folders outside node_modules first: links and nested packages refer to them. Then from the outside in.
        entries.sort_by_key(|(location, _)| location.matches("node_modules/").count());
        for (location, entry) in entries {
            let is_link = entry.get("link").and_then(Value::as_bool).unwrap_or(false);
            let Some((parent, name)) = split_location(location) else {
                // The folder's own package.json is newer than the lockfile.
                let manifest =
                    folder(location).unwrap_or_else(|| Rc::new(self.manifest(location, entry)));
                let name = if manifest.name.is_empty() {
                    path::base_name(location).to_owned()
                } else {
                    manifest.name.clone()
                };
                let new = NewNode {
                    top_path: Rc::from(location.as_str()),
                    resolved: None,
                    integrity: None,
                    ..NewNode::package(Rc::from(name), manifest)
                };
                let node = tree.add(new, None);
                if !location.starts_with("..") {
                    tree.attach_folder(node);
                }
                nodes.insert(location.clone(), node);
                continue;
            };
            let Some(&parent) = nodes.get(parent) else {
                continue;
            };
            let new = if is_link {
                let target = entry
                    .get("resolved")
                    .and_then(Value::as_str)
                    .map(path::normalize)
                    .unwrap_or_default();
                let Some(&target_node) = nodes.get(&target) else {
                    return Err(NpmError::new("EMISSINGTARGET", format!("Missing target in lock file: \"{target}\" is referenced by \"{location}\" but does not exist."))
                        .with_detail("To fix:")
                        .with_detail("1. rm package-lock.json")
                        .with_detail("2. npm install"));
                };
                NewNode {
                    link: Some(target_node),
                    ..NewNode::package(Rc::from(name), Rc::clone(&tree[target_node].manifest))
                }
            } else {
                NewNode::package(Rc::from(name), Rc::new(self.manifest(location, entry)))
            };
            let node = tree.add(new, Some(parent));
            nodes.insert(location.clone(), node);
        }
        Ok(())
    }

    fn manifest(&self, location: &str, entry: &Map<String, Value>) -> Manifest {
        let mut fields = entry.clone();
        if !fields.contains_key("name") {
            let name = split_location(location).map_or(path::base_name(location), |(_, name)| name);
            fields.insert("name".into(), Value::String(name.to_owned()));
        }
        Manifest::from_fields(fields)
    }
}

/// A location as the location of the parent and the name in its `node_modules`; `None` outside `node_modules`.
pub fn split_location(location: &str) -> Option<(&str, &str)> {
    const FOLDER: &str = "node_modules/";
    let at = location.rfind(FOLDER)?;
    Some((
        location[..at].trim_end_matches('/'),
        &location[at + FOLDER.len()..],
    ))
}

/// The text of the lockfile for `tree`.
pub fn stringify(tree: &Tree, format: &Format, options: &WriteOptions) -> String {
    let root = tree.main();
    let mut packages = Map::new();
    for node in tree.inventory() {
        if node == root && options.hidden {
            continue;
        }
        if tree[node].inert && (options.hidden || tree[node].manifest.version.is_empty()) {
            continue;
        }
        packages.insert(
            tree.location(node),
            Value::Object(entry(tree, node, options)),
        );
    }
    // Targets of links that are outside the project are in no folder of the tree.
    for node in tree.inventory() {
        if let Some(target) = tree[node].link {
            let location = tree[target].top_path.to_string();
            packages
                .entry(location)
                .or_insert_with(|| Value::Object(entry(tree, target, options)));
        }
    }
    let manifest = &tree[root].manifest;
    let mut document = Map::new();
    let name = if manifest.name.is_empty() {
        tree[root].name.to_string()
    } else {
        manifest.name.clone()
    };
    document.insert("name".into(), Value::String(name));
    if !manifest.version.is_empty() {
        document.insert("version".into(), Value::String(manifest.version.clone()));
    }
    document.insert("lockfileVersion".into(), Value::from(3));
    document.insert("requires".into(), Value::Bool(true));
    document.insert("packages".into(), Value::Object(packages));
    let mut document = Value::Object(document);
    json::sort_keys(&mut document, KEY_ORDER);
    // A lockfile is never on one line, even beside a package.json that is.
    let default = Format::default();
    let or_default = |text: &String, default: &String| {
        if text.is_empty() {
            default.clone()
        } else {
            text.clone()
        }
    };
    json::stringify(
        &document,
        &Format {
            indent: or_default(&format.indent, &default.indent),
            newline: or_default(&format.newline, &default.newline),
        },
    )
}

fn entry(tree: &Tree, node: NodeId, options: &WriteOptions) -> Map<String, Value> {
    let mut entry = Map::new();
    let flag = |entry: &mut Map<String, Value>, key: &str, on: bool| {
        if on {
            entry.insert(key.into(), Value::Bool(true));
        }
    };
    if let Some(target) = tree[node].link {
        entry.insert(
            "resolved".into(),
            Value::String(tree[target].top_path.to_string()),
        );
        flag(&mut entry, "link", true);
        return entry;
    }
    let node_ = &tree[node];
    let manifest = &node_.manifest;
    for &key in MANIFEST_KEYS {
        if let Some(value) = manifest
            .fields
            .get(key)
            .and_then(|value| meaningful(key, value))
        {
            entry.insert(key.into(), value);
        }
    }
    let folder_name = if tree.is_top(node) {
        path::base_name(&node_.top_path)
    } else {
        &node_.name
    };
    if !manifest.name.is_empty()
        && (tree.is_root(node) || *manifest.name != *node_.name || manifest.name != folder_name)
    {
        entry.insert("name".into(), Value::String(manifest.name.clone()));
    }
    if tree.is_top(node)
        && let Some(dependencies) = manifest.fields.get("devDependencies")
    {
        entry.insert("devDependencies".into(), dependencies.clone());
    }
    flag(&mut entry, "inBundle", tree.bundler(node).is_some());
    flag(&mut entry, "hasShrinkwrap", manifest.has_shrinkwrap);
    flag(&mut entry, "hasInstallScript", manifest.has_install_script);
    if !tree.is_top(node) {
        if let Some(integrity) = &node_.integrity {
            entry.insert("integrity".into(), Value::String(integrity.to_string()));
        }
        if let Some(resolved) = &node_.resolved
            && !(options.omit_resolved && is_registry_dependency(tree, node))
        {
            entry.insert("resolved".into(), Value::String(resolved.to_string()));
        }
    }
    let flags = node_.flags;
    if flags.extraneous {
        flag(&mut entry, "extraneous", true);
    } else {
        flag(&mut entry, "peer", flags.peer);
        flag(&mut entry, "dev", flags.dev);
        flag(&mut entry, "optional", flags.optional);
        flag(
            &mut entry,
            "devOptional",
            flags.dev_optional && !flags.dev && !flags.optional,
        );
    }
    entry
}

fn is_registry_dependency(tree: &Tree, node: NodeId) -> bool {
    let edges = &tree[node].edges_in;
    !edges.is_empty()
        && edges
            .iter()
            .all(|&edge| tree.wanted_spec(edge).registry_name("").is_some())
}

/// Empty values say nothing; of a licence object only the type does.
fn meaningful(key: &str, value: &Value) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::String(text) if text.is_empty() => None,
        Value::Object(map) if map.is_empty() => None,
        Value::Array(items) if items.is_empty() => None,
        Value::Object(map) if key == "license" => Some(
            map.get("type")
                .filter(|kind| kind.is_string())
                .unwrap_or(value)
                .clone(),
        ),
        other => Some(other.clone()),
    }
}

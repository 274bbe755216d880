//! A package's manifest (`package.json`, a version in a packument, or an entry of a lockfile), normalised as npm normalises it.

use serde_json::{Map, Value};

use super::config::Config;
use super::range::{self, Options, Range, Version};

/// Dependencies in the order they are written: name and spec.
pub type Dependencies = Vec<(String, String)>;

/// What of a package decides where it goes and what it needs.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// Name the package calls itself; empty if it does not.
    pub name: String,
    /// Version as written; empty if there is none.
    pub version: String,
    /// `version`, parsed.
    pub semver: Option<Version>,
    pub dependencies: Dependencies,
    pub dev_dependencies: Dependencies,
    pub optional_dependencies: Dependencies,
    pub peer_dependencies: Dependencies,
    /// Names in `peerDependencies` that may be missing.
    pub optional_peers: Vec<String>,
    /// Names of dependencies that are in the package's own tarball.
    pub bundled: Vec<String>,
    /// Commands: name and path inside the package.
    pub bin: Dependencies,
    /// Scripts by event.
    pub scripts: Dependencies,
    /// Where the tarball is.
    pub resolved: Option<String>,
    /// Subresource-integrity string of the tarball.
    pub integrity: Option<String>,
    /// Whether npm would run something after unpacking.
    pub has_install_script: bool,
    /// The package brings its own `npm-shrinkwrap.json`.
    pub has_shrinkwrap: bool,
    /// All fields, normalised, for what is copied to the lockfile.
    pub fields: Map<String, Value>,
}

impl Manifest {
    /// Normalises the fields of a manifest.
    pub fn from_fields(mut fields: Map<String, Value>) -> Manifest {
        normalize_bin(&mut fields);
        normalize_bundled(&mut fields);
        remove_optional_duplicates(&mut fields);
        if let Some(Value::String(url)) = fields.get("funding") {
            let url = url.clone();
            if url.is_empty() {
                fields.remove("funding");
            } else {
                fields.insert(
                    "funding".into(),
                    Value::Object(Map::from_iter([("url".to_owned(), Value::String(url))])),
                );
            }
        }
        let text = |fields: &Map<String, Value>, key: &str| {
            fields
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let dist = fields.get("dist").and_then(Value::as_object);
        let resolved = dist
            .and_then(|dist| dist.get("tarball"))
            .or_else(|| fields.get("resolved"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        let integrity = match dist {
            Some(dist) => dist
                .get("integrity")
                .and_then(Value::as_str)
                .map(str::to_owned)
                .or_else(|| {
                    dist.get("shasum")
                        .and_then(Value::as_str)
                        .and_then(super::integrity::from_shasum)
                }),
            None => fields
                .get("integrity")
                .and_then(Value::as_str)
                .map(str::to_owned),
        };
        let scripts = dependencies(&fields, "scripts");
        let runs = |event: &str| {
            scripts
                .iter()
                .any(|(name, body)| name == event && !body.is_empty())
        };
        let flag = |key: &str| fields.get(key).and_then(Value::as_bool).unwrap_or(false);
        let has_install_script = flag("hasInstallScript")
            || runs("preinstall")
            || runs("install")
            || runs("postinstall");
        let version = text(&fields, "version");
        Manifest {
            name: text(&fields, "name"),
            semver: range::parse_version(&version, true),
            version,
            dependencies: dependencies(&fields, "dependencies"),
            dev_dependencies: dependencies(&fields, "devDependencies"),
            optional_dependencies: dependencies(&fields, "optionalDependencies"),
            peer_dependencies: dependencies(&fields, "peerDependencies"),
            optional_peers: optional_peers(&fields),
            bundled: fields
                .get("bundleDependencies")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            bin: dependencies(&fields, "bin"),
            resolved,
            integrity,
            has_install_script,
            has_shrinkwrap: flag("_hasShrinkwrap") || flag("hasShrinkwrap"),
            scripts,
            fields,
        }
    }

    /// A field that is text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.fields.get(key).and_then(Value::as_str)
    }

    /// The text of a script, if it is there and not empty.
    pub fn script(&self, event: &str) -> Option<&str> {
        self.scripts
            .iter()
            .find(|(name, body)| name == event && !body.is_empty())
            .map(|(_, body)| body.as_str())
    }

    /// Whether the publisher discourages this version.
    pub fn deprecated(&self) -> Option<&str> {
        self.text("deprecated").filter(|text| !text.is_empty())
    }

    /// Whether `engines` allows `host` (npm's `checkEngine`).
    pub fn engine_ok(&self, host: &Host) -> bool {
        let Some(engines) = self.fields.get("engines").and_then(Value::as_object) else {
            return true;
        };
        let allows = |name: &str, version: &Version| match engines.get(name).and_then(Value::as_str)
        {
            None | Some("") => true,
            Some(text) => Range::parse(
                text,
                Options {
                    loose: false,
                    include_prerelease: true,
                },
            )
            .is_some_and(|range| range.accepts(version)),
        };
        allows("node", &host.node) && allows("npm", &host.npm)
    }

    /// Whether `os`, `cpu` and `libc` allow `host` (npm's `checkPlatform`).
    pub fn platform_ok(&self, host: &Host) -> bool {
        let allows = |key: &str, value: &str| match self.fields.get(key) {
            None | Some(Value::Null) => true,
            Some(list) => platform_list_allows(list, value),
        };
        allows("os", host.os) && allows("cpu", host.cpu) && allows("libc", host.libc)
    }
}

/// What packages are chosen for.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Clone, Debug)]
pub struct Host {
    pub node: Version,
    pub npm: Version,
    pub os: &'static str,
    pub cpu: &'static str,
    pub libc: &'static str,
}

impl Host {
    /// With the version of Node that `config` names.
    pub fn of(config: &Config) -> Host {
        let default = Host::default();
        let version = config
            .get("node-version")
            .and_then(|text| range::parse_version(text, true));
        Host {
            node: version.unwrap_or(default.node),
            ..default
        }
    }
}

impl Default for Host {
    fn default() -> Self {
        Host {
            node: Version::new(24, 21, 0),
            npm: Version::new(11, 19, 1),
            os: "linux",
            cpu: "x64",
            libc: "glibc",
        }
    }
}

fn platform_list_allows(list: &Value, value: &str) -> bool {
    let entries: Vec<&str> = match list {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => return true,
    };
    if entries == ["any"] {
        return true;
    }
    let mut negated = 0;
    let mut matched = false;
    for entry in &entries {
        match entry.strip_prefix('!') {
            Some(excluded) if excluded == value => return false,
            Some(_) => negated += 1,
            None => matched |= *entry == value,
        }
    }
    matched || negated == entries.len()
}

/// The string entries of an object field.
pub fn dependencies(fields: &Map<String, Value>, key: &str) -> Dependencies {
    let entries = fields
        .get(key)
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    entries
        .filter_map(|(name, spec)| Some((name.clone(), spec.as_str()?.to_owned())))
        .collect()
}

fn optional_peers(fields: &Map<String, Value>) -> Vec<String> {
    let meta = fields
        .get("peerDependenciesMeta")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    meta.filter(|(_, meta)| {
        meta.get("optional")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    })
    .map(|(name, _)| name.clone())
    .collect()
}

/// `bin` becomes an object of clean names and paths that stay inside the package.
fn normalize_bin(fields: &mut Map<String, Value>) {
    let entries: Vec<(String, String)> = match fields.get("bin") {
        Some(Value::String(path)) => match fields.get("name").and_then(Value::as_str) {
            Some(name) => vec![(name.to_owned(), path.clone())],
            None => Vec::new(),
        },
        Some(Value::Array(paths)) => paths
            .iter()
            .filter_map(Value::as_str)
            .map(|path| (base_name(path).to_owned(), path.to_owned()))
            .collect(),
        Some(Value::Object(map)) => map
            .iter()
            .filter_map(|(name, path)| Some((name.clone(), path.as_str()?.to_owned())))
            .collect(),
        Some(_) => Vec::new(),
        None => return,
    };
    let mut bin = Map::new();
    for (name, path) in entries {
        let name = contained_path(&name);
        let name = base_name(&name);
        let path = contained_path(&path);
        if !name.is_empty() && !path.is_empty() {
            bin.insert(name.to_owned(), Value::String(path));
        }
    }
    if bin.is_empty() {
        fields.remove("bin");
    } else {
        fields.insert("bin".into(), Value::Object(bin));
    }
}

fn base_name(path: &str) -> &str {
    path.trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(path)
}

/// `path` with `\`, `:` and `..` resolved so that it cannot leave the folder it is relative to.
pub fn contained_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let unix = path.replace(['\\', ':'], "/");
    for part in unix.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn normalize_bundled(fields: &mut Map<String, Value>) {
    let misspelt = fields.shift_remove("bundledDependencies");
    if !fields.contains_key("bundleDependencies")
        && let Some(value) = misspelt
    {
        fields.insert("bundleDependencies".into(), value);
    }
    let names =
        |map: &Map<String, Value>| Value::Array(map.keys().cloned().map(Value::String).collect());
    let replacement = match fields.get("bundleDependencies") {
        None | Some(Value::Array(_)) => return,
        Some(Value::Bool(true)) => fields
            .get("dependencies")
            .and_then(Value::as_object)
            .map(names),
        Some(Value::Bool(false)) => Some(Value::Array(Vec::new())),
        Some(Value::Object(map)) => Some(names(map)),
        Some(_) => None,
    };
    match replacement {
        Some(value) => fields.insert("bundleDependencies".into(), value),
        None => fields.shift_remove("bundleDependencies"),
    };
}

/// Optional dependencies are often listed twice, for the sake of very old clients.
fn remove_optional_duplicates(fields: &mut Map<String, Value>) {
    let Some(names) = fields
        .get("optionalDependencies")
        .and_then(Value::as_object)
        .map(|map| map.keys().cloned().collect::<Vec<_>>())
    else {
        return;
    };
    let Some(dependencies) = fields
        .get_mut("dependencies")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    for name in names {
        dependencies.shift_remove(&name);
    }
    if dependencies.is_empty() {
        fields.shift_remove("dependencies");
    }
}

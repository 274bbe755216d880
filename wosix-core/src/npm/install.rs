//! One `npm install`, `npm ci` or `npm uninstall`: resolve, fetch everything, and only then touch `node_modules`.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::bin;
use super::config::Config;
use super::error::NpmError;
use super::files;
use super::ideal::{BuildOptions, IdealBuilder};
use super::integrity;
use super::json::{self, Format};
use super::lockfile::{self, Lockfile, WriteOptions};
use super::manifest::Manifest;
use super::packument::{Packument, PickOptions};
use super::place::Policy;
use super::platform::{CacheUse, Platform, Request, RequestKind, Response};
use super::run_script::{self, Lifecycle};
use super::save;
use super::source::{Need, Sources};
use super::spec;
use super::tarball::{self, PackFile};
use super::tree::{NodeId, Tree};

/// Tarballs asked for at a time; the platform has its own limit too.
const MAX_REQUESTS: usize = 16;

/// What to do.
#[derive(Clone, Debug, Default)]
pub struct Job {
    /// Absolute path of the project.
    pub root: String,
    /// Packages to add, as on the command line.
    pub add: Vec<spec::Request>,
    /// Names to remove.
    pub remove: Vec<String>,
    /// `npm ci`: the lockfile must exist and agree, `node_modules` is made anew.
    pub clean: bool,
    /// The project's own lifecycle scripts run too.
    pub own_scripts: bool,
}

/// What was done.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub added: usize,
    pub removed: usize,
    pub changed: usize,
    /// Packages that ask for money.
    pub funding: usize,
}

/// An archive on its way: where it goes, and what came of it.
struct Archive {
    url: String,
    integrity: Option<String>,
    name: String,
    nodes: Vec<NodeId>,
    retried: bool,
    unpacked: Option<(i32, Vec<PackFile>)>,
    optional: bool,
}

enum Awaited {
    Packument(String),
    Manifest(String),
    Archive(usize),
}

/// An installation under way.
pub struct Install {
    job: Job,
    config: Config,
    fields: Map<String, Value>,
    format: Format,
    had_package_json: bool,
    builder: IdealBuilder,
    lock_format: Format,
    before_lock: Option<String>,
    sources: Sources,
    awaited: BTreeMap<u32, Awaited>,
    requested: BTreeSet<Need>,
    next_id: u32,
    archives: Vec<Archive>,
    next_archive: usize,
    fetching: bool,
    installed: Option<Lockfile>,
    report: Report,
    outgoing: Vec<Request>,
}

impl Install {
    /// Reads the project and starts.
    ///
    /// # Errors
    /// A broken `package.json` or lockfile; `EUSAGE` for `npm ci` without a lockfile.
    pub fn start(platform: &dyn Platform, job: Job, config: Config) -> Result<Install, NpmError> {
        let system = platform.system();
        let at = |name: &str| format!("{}/{name}", job.root.trim_end_matches('/'));
        let text = files::read_text(system, &at("package.json"))?;
        let format = text.as_deref().map(Format::detect).unwrap_or_default();
        let mut fields = match &text {
            Some(text) => json::parse_object(&at("package.json"), text)?,
            None => Map::new(),
        };
        let save = save::target_kind(&config);
        save::add(&mut fields, &job.add, save);
        save::remove(&mut fields, &job.remove);
        let name = super::path::base_name(&job.root).to_owned();
        let manifest = Rc::new(Manifest::from_fields(fields.clone()));
        let (mut tree, _) = Tree::new(
            &name,
            Rc::clone(&manifest),
            config.flag("legacy-peer-deps", false),
        );
        let mut lock_format = format.clone();
        let hidden = files::read_text(system, &at("node_modules/.package-lock.json"))?;
        // A hidden lockfile that cannot be read only means that everything is installed again.
        let installed = hidden.and_then(|text| {
            Lockfile::parse("node_modules/.package-lock.json", &text)
                .ok()
                .flatten()
        });
        let lock_path = if system.access(&at("npm-shrinkwrap.json"), 0).is_ok() {
            at("npm-shrinkwrap.json")
        } else {
            at("package-lock.json")
        };
        let before_lock = files::read_text(system, &lock_path)?;
        let lock = match &before_lock {
            Some(text) if job.clean || config.flag("package-lock", true) => {
                Lockfile::parse(&lock_path, text)?
            }
            _ => None,
        };
        if job.clean && lock.is_none() {
            return Err(NpmError::new(
                "EUSAGE",
                "The `npm ci` command can only install with an existing package-lock.json or",
            )
            .with_detail(
                "npm-shrinkwrap.json with lockfileVersion >= 1. Run an install with npm@5 or",
            )
            .with_detail("later to generate a package-lock.json file, then try again."));
        }
        let mut folder = |path: &str| read_manifest(platform, &format!("{}/{path}", job.root)).ok();
        let mut from_disk = false;
        if let Some(lock) = &lock {
            lock.load_into(&mut tree, &mut folder)?;
            lock_format = lock.format.clone();
            from_disk = true;
        } else if let Some(installed) = &installed {
            installed.load_into(&mut tree, &mut folder)?;
            from_disk = true;
        }
        if job.clean {
            check_agreement(&mut tree)?;
        }
        let options = BuildOptions {
            pick: PickOptions {
                before: config.get("before").map(full_date),
                default_tag: config.get("tag").map(str::to_owned),
                ..PickOptions::default()
            },
            policy: Policy {
                force: config.flag("force", false),
                strict_peers: config.flag("strict-peer-deps", false),
                prefer_dedupe: config.flag("prefer-dedupe", false),
            },
            save: !job.clean && config.flag("save", true),
            mutating: !job.add.is_empty() || !job.remove.is_empty(),
            from_disk,
        };
        let explicit: Vec<String> = job
            .add
            .iter()
            .filter_map(|request| request.name.clone())
            .collect();
        let builder = IdealBuilder::new(tree, options, &explicit);
        let mut install = Install {
            job,
            config,
            fields,
            format,
            had_package_json: text.is_some(),
            builder,
            lock_format,
            before_lock,
            sources: Sources::default(),
            awaited: BTreeMap::new(),
            requested: BTreeSet::new(),
            next_id: 1,
            archives: Vec::new(),
            next_archive: 0,
            fetching: false,
            installed,
            report: Report::default(),
            outgoing: Vec::new(),
        };
        install.advance(platform)?;
        Ok(install)
    }

    /// Requests made since the last call.
    pub fn take_requests(&mut self) -> Vec<Request> {
        core::mem::take(&mut self.outgoing)
    }

    /// Whether everything needed has arrived.
    pub fn is_ready(&self) -> bool {
        self.fetching && self.awaited.is_empty()
    }

    /// Warnings so far, each of one or more lines.
    pub fn warnings(&mut self) -> Vec<String> {
        core::mem::take(&mut self.builder.warnings)
    }

    /// Takes a response in.
    ///
    /// # Errors
    /// What makes the whole installation fail; nothing was written then.
    pub fn deliver(
        &mut self,
        platform: &dyn Platform,
        id: u32,
        response: Response,
    ) -> Result<(), NpmError> {
        match self.awaited.remove(&id) {
            Some(Awaited::Packument(name)) => {
                let url = self.packument_url(&name);
                let packument = body(response, &url, &name).and_then(|bytes| {
                    Packument::parse(&name, &bytes)
                        .map(Rc::new)
                        .map_err(|error| {
                            NpmError::new(
                                "EJSONPARSE",
                                format!(
                                    "Invalid response body while trying to fetch {url}: {error}"
                                ),
                            )
                        })
                });
                // Only "there is no such package" may be the fate of an optional dependency; a broken network ends everything.
                if let Err(error) = &packument
                    && error.code != "E404"
                {
                    return Err(error.clone());
                }
                if let Ok(packument) = &packument {
                    self.prefetch(packument);
                }
                self.sources.packuments.insert(name, packument);
                if self.awaited.is_empty() || self.awaited.len() < MAX_REQUESTS / 2 {
                    self.advance(platform)?;
                }
            }
            Some(Awaited::Manifest(url)) => {
                let manifest =
                    body(response, &url, &url).and_then(|bytes| manifest_of_archive(&bytes));
                self.sources.archives.insert(url, manifest);
                self.advance(platform)?;
            }
            Some(Awaited::Archive(index)) => {
                self.receive_archive(platform, index, response)?;
                self.request_archives();
            }
            None => {}
        }
        self.report_progress(platform);
        Ok(())
    }

    fn report_progress(&self, platform: &dyn Platform) {
        let (phase, done, total) = if self.fetching {
            let done = self
                .archives
                .iter()
                .filter(|archive| archive.unpacked.is_some())
                .count();
            ("fetch", done, self.archives.len())
        } else {
            (
                "resolve",
                self.sources.packuments.len(),
                self.sources.packuments.len() + self.awaited.len(),
            )
        };
        progress(platform, phase, done, total);
    }

    fn request(
        &mut self,
        awaited: Awaited,
        kind: RequestKind,
        url: String,
        integrity: Option<String>,
        cache: CacheUse,
    ) {
        let id = self.next_id;
        self.next_id += 1;
        self.awaited.insert(id, awaited);
        self.outgoing.push(Request {
            id,
            kind,
            url,
            integrity,
            cache,
        });
    }

    fn packument_url(&self, name: &str) -> String {
        format!("{}{}", self.config.registry(name), name.replace('/', "%2f"))
    }

    fn request_packument(&mut self, name: &str) {
        if self.requested.insert(Need::Packument(name.to_owned())) {
            let url = self.packument_url(name);
            self.request(
                Awaited::Packument(name.to_owned()),
                RequestKind::Packument,
                url,
                None,
                self.config.cache_use(),
            );
        }
    }

    /// What is likely to be needed next: the dependencies of the version that will probably be chosen.
    fn prefetch(&mut self, packument: &Packument) {
        let pick = &self.builder.options.pick;
        let any = spec::Spec::parse("");
        let Ok(manifest) = packument.pick(&any, "*", pick) else {
            return;
        };
        let names: Vec<String> = manifest
            .dependencies
            .iter()
            .filter_map(|(name, text)| {
                spec::Spec::parse(text)
                    .registry_name(name)
                    .map(str::to_owned)
            })
            .collect();
        if self.job.clean || self.builder.options.from_disk {
            return;
        }
        for name in names {
            self.request_packument(&name);
        }
    }

    fn advance(&mut self, platform: &dyn Platform) -> Result<(), NpmError> {
        if self.fetching {
            return Ok(());
        }
        loop {
            let needs = self.builder.advance(&self.sources)?;
            if needs.is_empty() {
                break;
            }
            let mut local = false;
            for need in needs {
                match &need {
                    Need::Packument(name) => self.request_packument(name),
                    Need::Folder(path) => {
                        local = true;
                        let manifest =
                            read_manifest(platform, &super::path::join(&self.job.root, path));
                        self.sources.folders.insert(path.clone(), manifest);
                    }
                    Need::Archive(url) => {
                        if let Some(path) = url.strip_prefix("file:") {
                            local = true;
                            let file = super::path::join(&self.job.root, path);
                            let manifest = crate::system::read_file(platform.system(), &file)
                                .map_err(|error| files::failed(error, "open", &file))
                                .and_then(|bytes| manifest_of_archive(&bytes));
                            self.sources.archives.insert(url.clone(), manifest);
                        } else if self.requested.insert(need.clone()) {
                            self.request(
                                Awaited::Manifest(url.clone()),
                                RequestKind::Tarball,
                                url.clone(),
                                None,
                                self.config.cache_use(),
                            );
                        }
                    }
                }
            }
            if !local {
                return Ok(());
            }
        }
        // Packuments that were fetched on suspicion may still be on their way; nobody waits for them.
        self.awaited.clear();
        self.fetching = true;
        if self.config.flag("package-lock-only", false) {
            return Ok(());
        }
        self.plan_archives(platform);
        self.request_archives();
        self.read_local_archives(platform)
    }

    fn is_omitted(&self, node: NodeId) -> bool {
        let flags = self.builder.tree[node].flags;
        let (dev, optional, peer) = (
            self.config.omits("dev"),
            self.config.omits("optional"),
            self.config.omits("peer"),
        );
        (flags.peer && peer)
            || (flags.dev && dev)
            || (flags.optional && optional)
            || (flags.dev_optional && dev && optional)
    }

    /// Whether `node` is to be in `node_modules` at the end.
    fn is_wanted(&self, node: NodeId) -> bool {
        let tree = &self.builder.tree;
        !tree.is_top(node) && !tree[node].inert && !self.is_omitted(node)
    }

    fn plan_archives(&mut self, platform: &dyn Platform) {
        let system = platform.system();
        let tree = &self.builder.tree;
        let mut by_url: BTreeMap<String, usize> = BTreeMap::new();
        for node in tree.inventory() {
            if !self.is_wanted(node) || tree[node].link.is_some() || tree.in_dependency_bundle(node)
            {
                continue;
            }
            let location = tree.location(node);
            if !self.job.clean
                && let Some(entry) = self
                    .installed
                    .as_ref()
                    .and_then(|installed| installed.entry(&location))
            {
                let same_version = entry.get("version").and_then(Value::as_str)
                    == Some(&tree[node].manifest.version);
                let integrity = entry.get("integrity").and_then(Value::as_str);
                let same_bytes = integrity.is_none()
                    || tree[node].integrity.is_none()
                    || integrity == tree[node].integrity.as_deref();
                let present = system
                    .access(&format!("{}/{location}/package.json", self.job.root), 0)
                    .is_ok();
                if same_version && same_bytes && present {
                    continue;
                }
                self.report.changed += usize::from(present);
                self.report.added += usize::from(!present);
            } else {
                self.report.added += 1;
            }
            let url = self.archive_url(node);
            let index = *by_url.entry(url.clone()).or_insert_with(|| {
                self.archives.push(Archive {
                    url,
                    integrity: tree[node].integrity.as_deref().map(str::to_owned),
                    name: format!("{}@{}", tree[node].name, tree[node].manifest.version),
                    nodes: Vec::new(),
                    retried: false,
                    unpacked: None,
                    optional: true,
                });
                self.archives.len() - 1
            });
            self.archives[index].nodes.push(node);
            self.archives[index].optional &= tree[node].flags.optional;
        }
    }

    /// Where the tarball is, with npm's default registry replaced by the configured one.
    fn archive_url(&self, node: NodeId) -> String {
        let tree = &self.builder.tree;
        let manifest = &tree[node].manifest;
        let registry = self.config.registry(&manifest.name);
        match tree[node].resolved.as_deref() {
            Some(url) => {
                let default = self.config.get("default-registry").unwrap_or_default();
                let host = |url: &str| {
                    url.split_once("://")
                        .map(|(_, rest)| rest.split('/').next().unwrap_or(rest).to_owned())
                };
                let replace = self.config.get("replace-registry-host").unwrap_or("npmjs");
                let is_default = !default.is_empty() && host(url) == host(default);
                if replace == "always" || (replace == "npmjs" && is_default) {
                    let path = url
                        .split_once("://")
                        .and_then(|(_, rest)| rest.split_once('/'))
                        .map_or("", |(_, path)| path);
                    format!("{registry}{path}")
                } else {
                    url.to_owned()
                }
            }
            None => {
                let base = manifest.name.rsplit('/').next().unwrap_or(&manifest.name);
                format!(
                    "{registry}{}/-/{base}-{}.tgz",
                    manifest.name, manifest.version
                )
            }
        }
    }

    fn request_archives(&mut self) {
        while self.awaited.len() < MAX_REQUESTS && self.next_archive < self.archives.len() {
            let index = self.next_archive;
            self.next_archive += 1;
            let archive = &self.archives[index];
            if archive.unpacked.is_none() && !archive.url.starts_with("file:") {
                let (url, integrity) = (archive.url.clone(), archive.integrity.clone());
                self.request(
                    Awaited::Archive(index),
                    RequestKind::Tarball,
                    url,
                    integrity,
                    self.config.cache_use(),
                );
            }
        }
    }

    fn read_local_archives(&mut self, platform: &dyn Platform) -> Result<(), NpmError> {
        for index in 0..self.archives.len() {
            if let Some(path) = self.archives[index].url.strip_prefix("file:") {
                let file = super::path::join(&self.job.root, path);
                let body = crate::system::read_file(platform.system(), &file)
                    .map_err(|error| files::failed(error, "open", &file))?;
                self.archives[index].retried = true;
                self.receive_archive(platform, index, Response::Http { status: 200, body })?;
            }
        }
        Ok(())
    }

    fn receive_archive(
        &mut self,
        platform: &dyn Platform,
        index: usize,
        response: Response,
    ) -> Result<(), NpmError> {
        let archive = &self.archives[index];
        let result = body(response, &archive.url, &archive.name).and_then(|bytes| {
            if let Some(expected) = &archive.integrity
                && let Err(actual) = integrity::verify(expected, &bytes)
            {
                let algorithm = actual.split('-').next().unwrap_or_default().to_owned();
                return Err(NpmError::new("EINTEGRITY", format!("{expected} integrity checksum failed when using {algorithm}: wanted {expected} but got {actual}. ({} bytes)", bytes.len())));
            }
            tarball::unpack(&bytes).map_err(|mut error| {
                error.summary = format!("{} while unpacking {} from {}", error.summary, archive.name, archive.url);
                error
            })
        });
        match result {
            Ok(unpacked) => {
                let pack = platform
                    .pack(&unpacked.bytes)
                    .map_err(|error| files::failed(error, "write", &archive.name))?;
                self.archives[index].unpacked = Some((pack, unpacked.files));
                Ok(())
            }
            // Damage on the way is mended by fetching once more, past the cache.
            Err(error)
                if matches!(error.code, "EINTEGRITY" | "TAR_BAD_ARCHIVE")
                    && !self.archives[index].retried =>
            {
                self.archives[index].retried = true;
                let (url, integrity) = (
                    self.archives[index].url.clone(),
                    self.archives[index].integrity.clone(),
                );
                let cache = match self.config.cache_use() {
                    CacheUse::Only => CacheUse::Only,
                    _ => CacheUse::Reload,
                };
                self.request(
                    Awaited::Archive(index),
                    RequestKind::Tarball,
                    url,
                    integrity,
                    cache,
                );
                Ok(())
            }
            Err(error) if self.archives[index].optional && error.code == "E404" => {
                for node in self.archives[index].nodes.clone() {
                    super::flags::mark_inert(&mut self.builder.tree, node);
                }
                Ok(())
            }
            Err(error) => {
                self.release_packs(platform);
                Err(error)
            }
        }
    }

    fn release_packs(&mut self, platform: &dyn Platform) {
        for archive in &mut self.archives {
            if let Some((pack, _)) = archive.unpacked.take() {
                // An id of ours can always be released; the kernel frees it with the process anyway.
                let _released = platform.pack_release(pack);
            }
        }
    }

    /// Writes everything: packages, links, commands, scripts, lockfiles, `package.json`.
    ///
    /// # Errors
    /// The system call or script that failed.
    pub fn finish(&mut self, platform: &dyn Platform) -> Result<Report, NpmError> {
        let system = platform.system();
        let root = self.job.root.clone();
        if !self.config.flag("package-lock-only", false) {
            self.remove_old(platform)?;
            let changed = self.unpack(platform)?;
            self.link(platform)?;
            if !self.config.flag("ignore-scripts", false) {
                self.run_scripts(platform, &changed)?;
            }
            let hidden = WriteOptions {
                omit_resolved: false,
                hidden: true,
            };
            if self.builder.tree.inventory().len() > 1 {
                files::make_folder(system, &format!("{root}/node_modules"))?;
                let text = lockfile::stringify(&self.builder.tree, &Format::default(), &hidden);
                files::write_text(
                    system,
                    &format!("{root}/node_modules/.package-lock.json"),
                    &text,
                )?;
            }
        }
        self.save(platform)?;
        let own = self.job.own_scripts
            && !self.config.flag("ignore-scripts", false)
            && !self.config.flag("package-lock-only", false);
        if own {
            for event in [
                "preinstall",
                "install",
                "postinstall",
                "prepublish",
                "preprepare",
                "prepare",
                "postprepare",
            ] {
                run_script::run_event(
                    platform,
                    &self.config,
                    &root,
                    event,
                    &[],
                    Lifecycle::Foreground,
                )?;
            }
        }
        let tree = &self.builder.tree;
        self.report.funding = tree
            .inventory()
            .into_iter()
            .filter(|&node| {
                self.is_wanted(node) && tree[node].manifest.fields.contains_key("funding")
            })
            .count();
        progress(platform, "done", 1, 1);
        Ok(self.report.clone())
    }

    fn remove_old(&mut self, platform: &dyn Platform) -> Result<(), NpmError> {
        let system = platform.system();
        let root = &self.job.root;
        if self.job.clean {
            return files::remove(system, &format!("{root}/node_modules"));
        }
        let wanted: BTreeSet<String> = self
            .builder
            .tree
            .inventory()
            .into_iter()
            .filter(|&node| self.is_wanted(node))
            .map(|node| self.builder.tree.location(node))
            .collect();
        let Some(installed) = &self.installed else {
            return Ok(());
        };
        for location in installed
            .packages
            .keys()
            .filter(|location| location.starts_with("node_modules/") && !wanted.contains(*location))
        {
            let target = format!("{root}/{location}");
            if system.stat(&target, false).is_ok() {
                bin::unlink_commands(system, root, location, installed.entry(location))?;
                files::remove(system, &target)?;
                self.report.removed += 1;
            }
        }
        Ok(())
    }

    /// Creates the files of what was fetched; answers the nodes that are new.
    fn unpack(&mut self, platform: &dyn Platform) -> Result<Vec<NodeId>, NpmError> {
        let system = platform.system();
        let tree = &self.builder.tree;
        let mut work: Vec<(usize, NodeId, usize)> = Vec::new();
        for (index, archive) in self.archives.iter().enumerate() {
            work.extend(
                archive
                    .nodes
                    .iter()
                    .map(|&node| (tree.depth(node), node, index)),
            );
        }
        work.sort();
        let mut changed = Vec::new();
        let total = work.len();
        for (done, (_, node, index)) in work.into_iter().enumerate() {
            progress(platform, "install", done, total);
            let Some((pack, list)) = &self.archives[index].unpacked else {
                continue;
            };
            if tree[node].inert {
                continue;
            }
            let location = tree.location(node);
            let target = format!("{}/{location}", self.job.root);
            // What is nested inside stays if it is still right; everything else of an older version goes.
            if let Ok(entries) = system.readdir(&target) {
                for entry in entries.iter().filter(|entry| entry.name != "node_modules") {
                    files::remove(system, &format!("{target}/{}", entry.name))?;
                }
            } else {
                files::remove(system, &target)?;
            }
            platform
                .pack_install(*pack, &target, list)
                .map_err(|error| files::failed(error, "open", &target))?;
            changed.push(node);
        }
        self.release_packs(platform);
        Ok(changed)
    }

    fn link(&mut self, platform: &dyn Platform) -> Result<(), NpmError> {
        let system = platform.system();
        let tree = &self.builder.tree;
        for node in tree.inventory() {
            if !self.is_wanted(node) {
                continue;
            }
            let location = tree.location(node);
            if let Some(target) = tree[node].link {
                let path = format!("{}/{location}", self.job.root);
                let relative =
                    super::path::relative(super::path::parent(&location), &tree[target].top_path);
                if system
                    .readlink(&path)
                    .is_ok_and(|current| current == relative)
                {
                    continue;
                }
                files::remove(system, &path)?;
                files::make_folder(system, super::path::parent(&path))?;
                system
                    .symlink(&relative, &path)
                    .map_err(|error| files::failed(error, "symlink", &path))?;
                self.report.added += 1;
            }
            if self.config.flag("bin-links", true) {
                bin::link_commands(system, &self.job.root, &location, &tree[node].manifest)?;
            }
        }
        Ok(())
    }

    fn run_scripts(&mut self, platform: &dyn Platform, changed: &[NodeId]) -> Result<(), NpmError> {
        let mut nodes: Vec<NodeId> = changed
            .iter()
            .copied()
            .filter(|&node| self.builder.tree[node].manifest.has_install_script)
            .collect();
        nodes.sort_by_key(|&node| {
            (
                self.builder.tree.depth(node),
                self.builder.tree.location(node),
            )
        });
        for event in ["preinstall", "install", "postinstall"] {
            for &node in &nodes {
                let folder = format!("{}/{}", self.job.root, self.builder.tree.location(node));
                if self.is_denied(node) {
                    continue;
                }
                let result = run_script::run_event(
                    platform,
                    &self.config,
                    &folder,
                    event,
                    &[],
                    Lifecycle::Background,
                );
                if let Err(error) = result {
                    if self.has_native_builds(node) && error.code == super::error::SCRIPT {
                        let manifest = &self.builder.tree[node].manifest;
                        let id = format!("{}@{}", manifest.name, manifest.version);
                        self.builder.warnings.push(format!("{event} script of {id} failed (exit code {}): its native program cannot run in a browser", error.exit_code));
                        continue;
                    }
                    // An optional dependency that cannot be built is dropped.
                    if !self.builder.tree[node].flags.optional {
                        return Err(error);
                    }
                    files::remove(platform.system(), &folder)?;
                    super::flags::mark_inert(&mut self.builder.tree, node);
                }
            }
        }
        Ok(())
    }

    /// Whether the package brings a machine program as an optional dependency for each platform (as esbuild does). Its script checks that
    /// the program runs, which none does here; that must not keep everything else from being installed.
    fn has_native_builds(&self, node: NodeId) -> bool {
        let tree = &self.builder.tree;
        tree.edges_out(node).into_iter().any(|edge| {
            let target = tree[edge].to.filter(|_| tree[edge].is_optional());
            target.is_some_and(|to| tree[to].manifest.fields.contains_key("cpu"))
        })
    }

    /// `allowScripts` in the project's package.json can forbid a package's scripts: `{"name": false}`.
    fn is_denied(&self, node: NodeId) -> bool {
        let manifest = &self.builder.tree[node].manifest;
        let policy = self
            .fields
            .get("allowScripts")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        policy
            .filter(|(_, allowed)| **allowed == Value::Bool(false))
            .any(|(key, _)| {
                let (name, wanted) = spec::split_name(key);
                name == manifest.name
                    && (wanted.is_empty()
                        || wanted
                            .split("||")
                            .any(|version| version.trim() == manifest.version))
            })
    }

    fn save(&mut self, platform: &dyn Platform) -> Result<(), NpmError> {
        let system = platform.system();
        if self.job.clean || !self.config.flag("save", true) {
            return Ok(());
        }
        if !self.job.add.is_empty() || !self.job.remove.is_empty() {
            let tree = &self.builder.tree;
            let main = tree.main();
            let version = |name: &str| {
                tree.child(main, name)
                    .map(|node| tree[node].manifest.version.clone())
            };
            save::settle(&mut self.fields, &self.job.add, &self.config, &version);
            if !self.job.add.is_empty() || self.had_package_json {
                let text = json::stringify(&Value::Object(self.fields.clone()), &self.format);
                files::write_text(system, &format!("{}/package.json", self.job.root), &text)?;
            }
            self.builder
                .tree
                .set_root_fields(Rc::new(Manifest::from_fields(self.fields.clone())));
        }
        if self.config.flag("package-lock", true) {
            let options = WriteOptions {
                omit_resolved: self.config.flag("omit-lockfile-registry-resolved", false),
                hidden: false,
            };
            let text = lockfile::stringify(&self.builder.tree, &self.lock_format, &options);
            if self.before_lock.as_deref() != Some(&text) {
                files::write_text(
                    system,
                    &format!("{}/package-lock.json", self.job.root),
                    &text,
                )?;
            }
        }
        Ok(())
    }
}

fn progress(platform: &dyn Platform, phase: &str, done: usize, total: usize) {
    platform.progress(&format!(
        "{{\"program\":\"npm\",\"phase\":\"{phase}\",\"done\":{done},\"total\":{total}}}"
    ));
}

/// The body of a good answer, or npm's error for a bad one.
fn body(response: Response, url: &str, package: &str) -> Result<Vec<u8>, NpmError> {
    match response {
        Response::Http {
            status: 200..=299,
            body,
        } => Ok(body),
        Response::Http { status: 404, .. } => Err(NpmError::not_found(url, package)),
        Response::Http { status, .. } => {
            let code = match status {
                401 => "E401",
                403 => "E403",
                429 => "E429",
                500 => "E500",
                502 => "E502",
                503 => "E503",
                504 => "E504",
                _ => "EHTTP",
            };
            Err(NpmError::new(code, format!("{status} - GET {url}")))
        }
        Response::NotCached => Err(NpmError::new(
            "ENOTCACHED",
            format!(
                "request to {url} failed: cache mode is 'only-if-cached' but no cached response is available."
            ),
        )),
        Response::Failed(reason) => Err(NpmError::new(
            "ENETWORK",
            format!("request to {url} failed, reason: {reason}"),
        )
        .with_detail("network This is a problem related to network connectivity.")
        .with_detail("network In most cases you are behind a proxy or have bad network settings.")),
    }
}

fn manifest_of_archive(bytes: &[u8]) -> Result<Rc<Manifest>, NpmError> {
    let unpacked = tarball::unpack(bytes)?;
    let file = unpacked
        .files
        .iter()
        .find(|file| file.path == "package.json");
    let Some(file) = file else {
        return Err(NpmError::new(
            "ENOPACKAGEJSON",
            "the tarball has no package.json",
        ));
    };
    let text = String::from_utf8_lossy(&unpacked.bytes[file.offset..file.offset + file.length])
        .into_owned();
    let mut fields = json::parse_object("package.json", &text)?;
    fields.insert("integrity".into(), Value::String(integrity::sha512(bytes)));
    Ok(Rc::new(Manifest::from_fields(fields)))
}

fn read_manifest(platform: &dyn Platform, folder: &str) -> Result<Rc<Manifest>, NpmError> {
    let file = format!("{folder}/package.json");
    match files::read_text(platform.system(), &file)? {
        Some(text) => Ok(Rc::new(Manifest::from_fields(json::parse_object(
            &file, &text,
        )?))),
        None => Err(NpmError::new(
            "ENOENT",
            format!(
                "Could not read package.json: Error: ENOENT: no such file or directory, open '{file}'"
            ),
        )),
    }
}

/// `npm ci`: every dependency of the project must be what the lockfile has.
fn check_agreement(tree: &mut Tree) -> Result<(), NpmError> {
    let mut problems = Vec::new();
    for node in tree.inventory() {
        for edge in tree.edges_out(node) {
            if tree.edge_error(edge).is_none()
                || tree[edge].kind == super::tree::EdgeKind::PeerOptional
            {
                continue;
            }
            let wanted = format!("{}@{}", tree[edge].name, tree[edge].spec_text);
            problems.push(match tree[edge].to {
                None => format!("Missing: {wanted} from lock file"),
                Some(to) => format!(
                    "Invalid: lock file's {}@{} does not satisfy {wanted}",
                    tree[to].name, tree[to].manifest.version
                ),
            });
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    let mut error = NpmError::new(
        "EUSAGE",
        "`npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. Please update your lock file with `npm install` before continuing.",
    )
    .with_detail("");
    for problem in problems {
        error = error.with_detail(problem);
    }
    Err(error)
}

/// A date as packuments write it, so that they compare as text.
fn full_date(date: &str) -> String {
    match date.len() {
        10 => format!("{date}T00:00:00.000Z"),
        20 if date.ends_with('Z') => format!("{}.000Z", &date[..19]),
        _ => date.to_owned(),
    }
}

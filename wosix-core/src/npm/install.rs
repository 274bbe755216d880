//! One `npm install`, `npm ci` or `npm uninstall`: resolve, fetch everything, and only then touch `node_modules`.

mod agreement;
mod archives;
mod write;

use archives::{Archive, manifest_of_archive};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::config::Config;
use super::error::NpmError;
use super::files;
use super::ideal::{BuildOptions, IdealBuilder};
use super::json::{self, Format};
use super::lockfile::Lockfile;
use super::manifest::{Host, Manifest};
use super::packument::{Packument, PickOptions};
use super::place::Policy;
use super::platform::{CacheUse, Platform, Request, RequestKind, Response};
use super::save;
use super::source::{Need, Sources};
use super::spec;
use super::tarball;
use super::tree::{NodeId, Tree};
use super::workspaces::{self, Folders};

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
    /// `npm dedupe`: packages of which there are several become fewer, if they can.
    pub dedupe: bool,
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

enum Awaited {
    Packument(String),
    Manifest(String),
    Archive(usize),
    Bundle(String),
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
    /// What the tree was before anything was resolved: location and version.
    locked: BTreeMap<String, String>,
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
        let mut project = Project {
            platform,
            root: &job.root,
        };
        let workspaces = workspaces::find(&fields, &mut project)?;
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
            tree.set_workspaces(workspaces);
            lock.load_into(&mut tree, &mut folder)?;
            lock_format = lock.format.clone();
            from_disk = true;
        } else if let Some(installed) = &installed {
            tree.set_workspaces(workspaces);
            installed.load_into(&mut tree, &mut folder)?;
            from_disk = true;
        } else {
            tree.add_workspaces(workspaces, &mut folder);
        }
        let locked = agreement::versions(&tree);
        let options = BuildOptions {
            pick: PickOptions {
                before: config.get("before").map(full_date),
                default_tag: config.get("tag").map(str::to_owned),
                host: Host::of(&config),
            },
            policy: Policy {
                force: config.flag("force", false),
                strict_peers: config.flag("strict-peer-deps", false),
                prefer_dedupe: job.dedupe || config.flag("prefer-dedupe", false),
            },
            save: !job.clean && !job.dedupe && config.flag("save", true),
            mutating: !job.add.is_empty() || !job.remove.is_empty() || job.dedupe,
            dedupe: job.dedupe,
            complete: config.flag("package-lock-only", false),
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
            locked,
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
            Some(Awaited::Bundle(url)) => {
                let bundle = body(response, &url, &url)
                    .and_then(|bytes| tarball::unpack(&bytes))
                    .and_then(|unpacked| unpacked.bundle());
                self.sources.bundles.insert(url, bundle);
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
            let cache = self.config.cache_use();
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
                                cache,
                            );
                        }
                    }
                    Need::Bundle(url) => {
                        if let Some(path) = url.strip_prefix("file:") {
                            local = true;
                            let bundle = self.read_archive(platform, path);
                            let bundle = bundle.and_then(|unpacked| unpacked.bundle());
                            self.sources.bundles.insert(url.clone(), bundle);
                        } else if self.requested.insert(need.clone()) {
                            let awaited = Awaited::Bundle(url.clone());
                            let address = self.address(url);
                            self.request(awaited, RequestKind::Tarball, address, None, cache);
                        }
                    }
                }
            }
            if !local {
                return Ok(());
            }
        }
        if self.job.clean {
            agreement::check(&self.builder.tree, &self.locked)?;
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
}

/// The project's folder, for its workspaces.
struct Project<'a> {
    platform: &'a dyn Platform,
    root: &'a str,
}

impl Folders for Project<'_> {
    fn list(&mut self, folder: &str) -> Vec<String> {
        let system = self.platform.system();
        let path = super::path::join(self.root, folder);
        // A folder that cannot be read has no workspaces in it.
        let entries = system.readdir(&path).unwrap_or_default();
        let is_folder = |name: &str| {
            let stat = system.stat(&format!("{path}/{name}"), false);
            stat.is_ok_and(|stat| stat.is_dir())
        };
        entries
            .into_iter()
            .map(|entry| entry.name)
            .filter(|name| !matches!(name.as_str(), "." | "..") && is_folder(name))
            .collect()
    }

    fn manifest(&mut self, folder: &str) -> Result<Option<Rc<Manifest>>, NpmError> {
        match read_manifest(self.platform, &super::path::join(self.root, folder)) {
            Ok(manifest) => Ok(Some(manifest)),
            Err(error) if error.code == "ENOENT" => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn progress(platform: &dyn Platform, phase: &str, done: usize, total: usize) {
    platform.progress(&format!(
        "{{\"program\":\"npm\",\"phase\":\"{phase}\",\"done\":{done},\"total\":{total}}}"
    ));
}

/// The body of a good answer, or npm's error for a bad one.
pub(super) fn body(response: Response, url: &str, package: &str) -> Result<Vec<u8>, NpmError> {
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
        .with_detail("network In most cases you are behind a proxy or have bad network settings.")
        .with_detail("network From a web page, only servers that allow it (CORS) can be asked.")),
    }
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

/// A date as packuments write it, so that they compare as text.
fn full_date(date: &str) -> String {
    match date.len() {
        10 => format!("{date}T00:00:00.000Z"),
        20 if date.ends_with('Z') => format!("{}.000Z", &date[..19]),
        _ => date.to_owned(),
    }
}

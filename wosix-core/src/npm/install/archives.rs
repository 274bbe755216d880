//! Tarballs of an installation: which ones, from where, and what is in them.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use super::{Awaited, Install, MAX_REQUESTS, body};
use crate::npm::error::NpmError;
use crate::npm::manifest::Manifest;
use crate::npm::platform::{CacheUse, Platform, RequestKind, Response};
use crate::npm::source::Bundle;
use crate::npm::tarball::{self, PackFile, Unpacked};
use crate::npm::tree::NodeId;
use crate::npm::{files, flags, integrity, json, path};

/// An archive on its way: where it goes, and what came of it.
pub(super) struct Archive {
    pub(super) url: String,
    pub(super) integrity: Option<String>,
    pub(super) name: String,
    pub(super) nodes: Vec<NodeId>,
    pub(super) retried: bool,
    pub(super) unpacked: Option<(i32, Vec<PackFile>)>,
    /// Packages inside it, if it has some.
    pub(super) bundle: Bundle,
    pub(super) optional: bool,
}

impl Install {
    pub(super) fn plan_archives(&mut self, platform: &dyn Platform) {
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
                    bundle: Vec::new(),
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
                let is_http = url.starts_with("http:") || url.starts_with("https:");
                if is_http && (replace == "always" || (replace == "npmjs" && is_default)) {
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

    /// Where a tarball is that some package of the tree is in.
    pub(super) fn address(&self, url: &str) -> String {
        let tree = &self.builder.tree;
        tree.inventory()
            .into_iter()
            .find(|&node| tree[node].resolved.as_deref() == Some(url))
            .map_or(url.to_owned(), |node| self.archive_url(node))
    }

    /// A tarball of the project's own, by its path.
    pub(super) fn read_archive(
        &self,
        platform: &dyn Platform,
        path: &str,
    ) -> Result<Unpacked, NpmError> {
        let file = path::join(&self.job.root, path);
        let bytes = crate::system::read_file(platform.system(), &file)
            .map_err(|error| files::failed(error, "open", &file))?;
        tarball::unpack(&bytes)
    }

    /// Adds to the tree what the tarballs turned out to bring.
    pub(super) fn open_bundles(&mut self) {
        for archive in &mut self.archives {
            let bundle = core::mem::take(&mut archive.bundle);
            if bundle.is_empty() {
                continue;
            }
            for &node in &archive.nodes {
                if !self.builder.tree[node].inert {
                    self.builder.open(node, &bundle);
                }
            }
        }
        flags::calculate(&mut self.builder.tree);
    }

    pub(super) fn request_archives(&mut self) {
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

    pub(super) fn read_local_archives(&mut self, platform: &dyn Platform) -> Result<(), NpmError> {
        for index in 0..self.archives.len() {
            if let Some(path) = self.archives[index].url.strip_prefix("file:") {
                let file = path::join(&self.job.root, path);
                let body = crate::system::read_file(platform.system(), &file)
                    .map_err(|error| files::failed(error, "open", &file))?;
                self.archives[index].retried = true;
                self.receive_archive(platform, index, Response::Http { status: 200, body })?;
            }
        }
        Ok(())
    }

    pub(super) fn receive_archive(
        &mut self,
        platform: &dyn Platform,
        index: usize,
        response: Response,
    ) -> Result<(), NpmError> {
        let archive = &self.archives[index];
        let tree = &self.builder.tree;
        let brings = |&node: &NodeId| !tree[node].manifest.bundled.is_empty();
        let has_bundle = archive.nodes.iter().any(brings);
        let result = body(response, &archive.url, &archive.name).and_then(|bytes| {
            if let Some(expected) = &archive.integrity
                && let Err(actual) = integrity::verify(expected, &bytes)
            {
                let algorithm = actual.split('-').next().unwrap_or_default().to_owned();
                return Err(NpmError::new("EINTEGRITY", format!("{expected} integrity checksum failed when using {algorithm}: wanted {expected} but got {actual}. ({} bytes)", bytes.len())));
            }
            let unpacked = tarball::unpack(&bytes).map_err(|mut error| {
                error.summary = format!("{} while unpacking {} from {}", error.summary, archive.name, archive.url);
                error
            })?;
            let bundle = if has_bundle { unpacked.bundle()? } else { Vec::new() };
            Ok((unpacked, bundle))
        });
        match result {
            Ok((unpacked, bundle)) => {
                let pack = platform
                    .pack(&unpacked.bytes)
                    .map_err(|error| files::failed(error, "write", &archive.name))?;
                self.archives[index].unpacked = Some((pack, unpacked.files));
                self.archives[index].bundle = bundle;
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
                    flags::mark_inert(&mut self.builder.tree, node);
                }
                Ok(())
            }
            Err(error) => {
                self.release_packs(platform);
                Err(error)
            }
        }
    }

    pub(super) fn release_packs(&mut self, platform: &dyn Platform) {
        for archive in &mut self.archives {
            if let Some((pack, _)) = archive.unpacked.take() {
                // An id of ours can always be released; the kernel frees it with the process anyway.
                let _released = platform.pack_release(pack);
            }
        }
    }
}

pub(super) fn manifest_of_archive(bytes: &[u8]) -> Result<Rc<Manifest>, NpmError> {
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

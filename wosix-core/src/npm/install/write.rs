//! The end of an installation: `node_modules`, the lockfiles and `package.json` are written.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::Value;

use super::{Install, Report, progress};
use crate::npm::error::{NpmError, SCRIPT};
use crate::npm::json::{self, Format};
use crate::npm::lockfile::{self, WriteOptions};
use crate::npm::manifest::Manifest;
use crate::npm::platform::Platform;
use crate::npm::run_script::{self, Lifecycle};
use crate::npm::tree::NodeId;
use crate::npm::{bin, files, flags, path, save, spec};

impl Install {
    /// Writes everything: packages, links, commands, scripts, lockfiles, `package.json`.
    ///
    /// # Errors
    /// The system call or script that failed.
    pub fn finish(&mut self, platform: &dyn Platform) -> Result<Report, NpmError> {
        let system = platform.system();
        let root = self.job.root.clone();
        if !self.config.flag("package-lock-only", false) {
            self.open_bundles();
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
            for folder in self.builder.tree.workspaces().values() {
                files::remove(system, &format!("{root}/{folder}/node_modules"))?;
            }
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
        // What is inside another package goes with it, but counts too.
        let removed: Vec<&String> = installed
            .packages
            .keys()
            .filter(|location| {
                lockfile::split_location(location).is_some() && !wanted.contains(*location)
            })
            .filter(|location| system.stat(&format!("{root}/{location}"), false).is_ok())
            .collect();
        self.report.removed = removed.len();
        for location in removed {
            bin::unlink_commands(system, root, location, installed.entry(location))?;
            files::remove(system, &format!("{root}/{location}"))?;
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
                let relative = path::relative(path::parent(&location), &tree[target].top_path);
                if system
                    .readlink(&path)
                    .is_ok_and(|current| current == relative)
                {
                    continue;
                }
                files::remove(system, &path)?;
                files::make_folder(system, path::parent(&path))?;
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
                    if self.has_native_builds(node) && error.code == SCRIPT {
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
                    flags::mark_inert(&mut self.builder.tree, node);
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

//! Builds the ideal tree: starting from what the lockfile gives, adds what is missing until every dependency is met.
//!
//! Works in the order of npm's Arborist (shallow packages first, then by path; dependencies by name), because the order decides who
//! gets the top place. A package's dependencies are resolved only when all packuments they can touch are here, so that a step either
//! happens wholly or says what it needs and changed nothing.

mod peers;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::can_place::Placement;
use super::collate::locale_compare;
use super::error::NpmError;
use super::flags;
use super::lockfile;
use super::manifest::Manifest;
use super::packument::PickOptions;
use super::place::{Placer, Policy};
use super::source::{Need, Sources};
use super::tree::{EdgeId, EdgeKind, NewNode, NodeId, Tree};

/// Settings of a build.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    pub pick: PickOptions,
    pub policy: Policy,
    /// Whether the lockfile will be written; `false` (`npm ci`, `--no-save`) leaves optional peers alone.
    pub save: bool,
    /// The user asked to add, remove or update something.
    pub mutating: bool,
    /// Looks anew at everything that is in the tree more than once (`npm dedupe`).
    pub dedupe: bool,
    /// Tarballs are looked into for the packages they bundle, as for a lockfile that is all there will be.
    pub complete: bool,
    /// The tree came from a lockfile, so that packages nothing needs are pruned.
    pub from_disk: bool,
}

/// A build under way.
#[allow(missing_docs, reason = "the names say it")]
pub struct IdealBuilder {
    pub tree: Tree,
    pub options: BuildOptions,
    /// Accepted conflicts and engines that do not fit.
    pub warnings: Vec<String>,
    root: NodeId,
    queue: Vec<NodeId>,
    seen: BTreeSet<NodeId>,
    /// Dependencies the user named on the command line.
    explicit: BTreeSet<EdgeId>,
    load_failures: BTreeSet<NodeId>,
    /// What each set of peers was brought in for.
    peer_source: BTreeMap<NodeId, NodeId>,
    virtual_roots: BTreeMap<NodeId, NodeId>,
    folders: BTreeMap<String, NodeId>,
    /// Links whose folders are looked at when everything else is done.
    links: BTreeSet<NodeId>,
    /// Packages whose tarball was looked into for what is bundled.
    opened: BTreeSet<NodeId>,
    /// Names of packages that are looked at anew.
    updates: BTreeSet<Rc<str>>,
}

impl IdealBuilder {
    /// Starts from `tree`. `explicit` are names of root dependencies the user asked for.
    pub fn new(tree: Tree, options: BuildOptions, explicit: &[String]) -> IdealBuilder {
        let root = tree.main();
        let explicit = explicit
            .iter()
            .filter_map(|name| tree.edge(root, name))
            .collect();
        let mut builder = IdealBuilder {
            tree,
            options,
            warnings: Vec::new(),
            root,
            queue: vec![root],
            seen: BTreeSet::new(),
            explicit,
            load_failures: BTreeSet::new(),
            peer_source: BTreeMap::new(),
            virtual_roots: BTreeMap::new(),
            folders: BTreeMap::new(),
            links: BTreeSet::new(),
            opened: BTreeSet::new(),
            updates: BTreeSet::new(),
        };
        if builder.options.dedupe {
            builder.queue_duplicates();
        }
        for node in builder.tree.inventory() {
            let folder = builder.tree[node].link.unwrap_or(node);
            if folder != root && builder.tree.is_top(folder) {
                builder
                    .folders
                    .insert(builder.tree[folder].top_path.to_string(), folder);
            }
        }
        for node in builder.reachable() {
            let broken = builder.tree.edges_out(node).into_iter().any(|edge| {
                let skip = builder.tree[edge].kind == EdgeKind::PeerOptional
                    && !builder.options.save
                    && !builder.options.mutating;
                // An optional dependency that is missing is not wrong, but may have come into reach.
                !skip && (builder.tree[edge].to.is_none() || !builder.tree.is_valid(edge))
            });
            if broken {
                builder.enqueue(node);
            }
        }
        builder
    }

    /// Works until the tree is complete (`Ok(empty)`) or something is needed.
    ///
    /// # Errors
    /// `ERESOLVE`, `EOVERRIDE`, or the error of a required package that could not be loaded.
    pub fn advance(&mut self, sources: &Sources) -> Result<Vec<Need>, NpmError> {
        if self.seen.is_empty() {
            self.tree.check_overrides()?;
        }
        while let Some(node) = self.next().or_else(|| self.next_folder()) {
            if self.seen.contains(&node) || self.tree[node].root != self.root {
                continue;
            }
            if let Some(url) = self.unopened(node) {
                match sources.bundles.get(&url) {
                    None => {
                        self.queue.push(node);
                        return Ok(vec![Need::Bundle(url)]);
                    }
                    Some(Err(error)) => return Err(error.clone()),
                    Some(Ok(bundle)) => self.open(node, bundle),
                }
            }
            let needs = self.missing_sources(node, sources);
            if !needs.is_empty() {
                self.queue.push(node);
                return Ok(needs);
            }
            self.seen.insert(node);
            self.build_dependencies(node, sources)?;
        }
        self.finish()?;
        Ok(Vec::new())
    }

    fn enqueue(&mut self, node: NodeId) {
        if !self.queue.contains(&node) {
            self.queue.push(node);
        }
    }

    /// Whoever depends on a package of which there are several is looked at again.
    fn queue_duplicates(&mut self) {
        let mut count: BTreeMap<Rc<str>, usize> = BTreeMap::new();
        let nodes = self.tree.inventory();
        for &node in &nodes {
            *count.entry(Rc::clone(&self.tree[node].name)).or_default() += 1;
        }
        self.updates = count
            .into_iter()
            .filter(|(_, count)| *count > 1)
            .map(|(name, _)| name)
            .collect();
        for node in nodes {
            if self.updates.contains(&self.tree[node].name)
                && !self.tree.is_top(node)
                && !self.tree.in_dependency_bundle(node)
            {
                for edge in self.tree.edges_in(node) {
                    let from = self.tree[edge].from;
                    self.enqueue(from);
                }
            }
        }
    }

    /// What the project's dependencies lead to, directly or not; not what is in folders behind links.
    fn reachable(&self) -> Vec<NodeId> {
        let mut seen = indexmap::IndexSet::from([self.root]);
        let mut next = 0;
        while let Some(&node) = seen.get_index(next) {
            next += 1;
            for edge in self.tree.edges_out(node) {
                seen.extend(self.tree[edge].to);
            }
        }
        seen.into_iter().collect()
    }

    /// When nothing else is left, a folder inside the project that a link leads to; the others wait in the queue.
    fn next_folder(&mut self) -> Option<NodeId> {
        for link in core::mem::take(&mut self.links) {
            let Some(target) = self.tree[link].link else {
                continue;
            };
            let inside = self.tree.resolve_parent(target).is_some();
            if self.tree[link].root == self.root && inside && !self.seen.contains(&target) {
                self.tree.pass_rules_to_folder(link, target);
                self.enqueue(target);
            }
        }
        self.next()
    }

    /// The tarball of a package that brings dependencies of its own and was not looked into yet.
    fn unopened(&self, node: NodeId) -> Option<String> {
        let node_ = &self.tree[node];
        let opens = self.options.complete
            && node != self.root
            && node_.link.is_none()
            && !node_.manifest.bundled.is_empty()
            && !node_.inert
            && !self.opened.contains(&node);
        node_
            .resolved
            .as_deref()
            .filter(|_| opens)
            .map(str::to_owned)
    }

    /// Puts what a package's tarball brings below it.
    pub fn open(&mut self, node: NodeId, bundle: &[(String, Rc<Manifest>)]) {
        self.opened.insert(node);
        let mut nodes = BTreeMap::from([(String::new(), node)]);
        for (location, manifest) in bundle {
            let Some((parent, name)) = lockfile::split_location(location) else {
                continue;
            };
            let Some(&parent) = nodes.get(parent) else {
                continue;
            };
            // Very old clients left notes about where a package came from in its manifest.
            let noted = |key: &str| manifest.text(key).map(Rc::from);
            let new = NewNode {
                resolved: noted("_resolved"),
                integrity: noted("_integrity"),
                ..NewNode::package(Rc::from(name), Rc::clone(manifest))
            };
            nodes.insert(location.clone(), self.tree.add(new, Some(parent)));
        }
    }

    /// Shallowest first, then by path.
    fn next(&mut self) -> Option<NodeId> {
        let tree = &self.tree;
        let key = |&node: &NodeId| (tree.depth(node), tree.location(node));
        let keys: Vec<(usize, String)> = self.queue.iter().map(key).collect();
        let best = (0..keys.len()).min_by(|&a, &b| {
            keys[a]
                .0
                .cmp(&keys[b].0)
                .then_with(|| locale_compare(&keys[a].1, &keys[b].1))
        })?;
        Some(self.queue.remove(best))
    }

    /// Dependencies of `node` that must be resolved (again).
    fn problem_edges(&mut self, node: NodeId) -> Vec<EdgeId> {
        let bundled: Vec<String> = if self.tree.is_own(node) {
            Vec::new()
        } else {
            self.tree[node].manifest.bundled.clone()
        };
        let mut problems = Vec::new();
        for edge in self.tree.edges_out(node) {
            let (kind, to) = (self.tree[edge].kind, self.tree[edge].to);
            if bundled.iter().any(|name| **name == *self.tree[edge].name)
                || to.is_some_and(|to| self.load_failures.contains(&to))
            {
                continue;
            }
            let explicit = self.explicit.contains(&edge);
            let problem = match to {
                None => kind != EdgeKind::PeerOptional || explicit,
                Some(_) if !self.tree.is_valid(edge) => {
                    kind != EdgeKind::PeerOptional || self.options.save || self.options.mutating
                }
                Some(to) => {
                    let again = explicit || self.updates.contains(&self.tree[edge].name);
                    again && !self.tree.is_workspace(to)
                }
            };
            if problem {
                problems.push(edge);
            }
        }
        problems
    }

    /// Everything resolving `node`'s dependencies may look at and that is not here yet: the packages themselves, their peers, and the
    /// peers of those.
    fn missing_sources(&mut self, node: NodeId, sources: &Sources) -> Vec<Need> {
        let mut needs = Vec::new();
        let mut seen = BTreeSet::new();
        let mut work: Vec<(Rc<str>, Rc<str>, NodeId)> = Vec::new();
        let peer_source = self.peer_source.get(&node).copied().unwrap_or(node);
        for edge in self.problem_edges(node) {
            if !self.tree[edge].peer_conflicted {
                work.push((
                    Rc::clone(&self.tree[edge].name),
                    self.tree.wanted(edge),
                    node,
                ));
            }
        }
        while let Some((name, text, from)) = work.pop() {
            if !seen.insert((Rc::clone(&name), Rc::clone(&text))) {
                continue;
            }
            let spec = self.tree.spec(&text);
            match sources.manifest(&name, &text, &spec, &self.tree, from, &self.options.pick) {
                Err(need) => needs.push(need),
                Ok(Err(_)) => {}
                Ok(Ok(manifest)) => {
                    for (peer, text) in &manifest.peer_dependencies {
                        let peer: Rc<str> = Rc::from(peer.as_str());
                        work.push((Rc::clone(&peer), Rc::from(text.as_str()), from));
                        for source in [node, peer_source] {
                            if let Some(edge) = self.tree.edge(source, &peer) {
                                work.push((Rc::clone(&peer), self.tree.wanted(edge), source));
                            }
                        }
                    }
                }
            }
        }
        needs.sort();
        needs.dedup();
        needs
    }

    fn build_dependencies(&mut self, node: NodeId, sources: &Sources) -> Result<(), NpmError> {
        let mut tasks: Vec<(EdgeId, NodeId)> = Vec::new();
        let peer_source = self.peer_source.get(&node).copied().unwrap_or(node);
        for edge in self.problem_edges(node) {
            if self.tree[edge].peer_conflicted {
                continue;
            }
            let is_peer = self.tree[edge].is_peer();
            let virtual_root = self.virtual_root(if is_peer { peer_source } else { node }, true);
            let name = Rc::clone(&self.tree[edge].name);
            let mut dep = None;
            if let Some(virtual_edge) = self.tree.edge(virtual_root, &name)
                && let Some(to) = self.tree[virtual_edge].to
                && self.tree.is_valid(virtual_edge)
                && self.tree.satisfies(to, edge)
            {
                dep = Some(to);
            }
            if dep.is_none()
                && self.tree[edge].kind == EdgeKind::PeerOptional
                && !self.explicit.contains(&edge)
                && !self.updates.contains(&name)
            {
                let from = self.tree[edge].from;
                dep = self.find_hoistable(self.tree.resolve_parent(from).unwrap_or(from), edge);
            }
            let dep = match dep {
                Some(dep) => dep,
                None => {
                    let mut required = BTreeSet::from([self.tree[edge].from]);
                    self.node_from_edge(
                        edge,
                        is_peer.then_some(virtual_root),
                        None,
                        &mut required,
                        sources,
                    )?
                }
            };
            tasks.push((edge, dep));
        }
        tasks.sort_by(|a, b| locale_compare(&self.tree[a.0].name, &self.tree[b.0].name));
        for (edge, dep) in tasks {
            self.place(edge, dep)?;
        }
        for edge in self.tree.edges_out(node) {
            if let Some(to) = self.tree[edge].to
                && self.tree[to].link.is_some()
            {
                self.links.insert(to);
            }
        }
        Ok(())
    }

    fn place(&mut self, edge: EdgeId, dep: NodeId) -> Result<(), NpmError> {
        let explicit = self.explicit.contains(&edge);
        let mut placer = Placer {
            tree: &mut self.tree,
            updates: &self.updates,
            policy: &self.options.policy,
            placed: Vec::new(),
            warnings: Vec::new(),
        };
        placer.place(edge, dep, explicit)?;
        let (placed, warnings) = (placer.placed, placer.warnings);
        self.warnings.extend(warnings);
        for placed in placed {
            let node = placed.node;
            if self.tree[node].error.is_some() {
                self.load_failures.insert(node);
            }
            for incoming in self.tree.edges_in(node) {
                if incoming == placed.edge
                    || self.tree[incoming].peer_conflicted
                    || self.tree.is_valid(incoming)
                {
                    continue;
                }
                let from = self.tree[incoming].from;
                let again = placed.placement == Placement::Replace
                    || self.options.save
                    || self.options.mutating;
                if again {
                    self.seen.remove(&from);
                }
                if !self.seen.contains(&from) {
                    self.enqueue(from);
                }
            }
            self.enqueue(node);
            for other in placed.need_evaluation {
                self.seen.remove(&other);
                self.enqueue(other);
            }
        }
        Ok(())
    }

    /// Something already in the tree below `root` that satisfies the edge, nearest first.
    fn find_hoistable(&self, root: NodeId, edge: EdgeId) -> Option<NodeId> {
        let mut queue: Vec<NodeId> = self.tree[root].children.values().copied().collect();
        let mut next = 0;
        while let Some(&node) = queue.get(next) {
            if self.tree[node].name == self.tree[edge].name
                && !self.tree.in_dependency_bundle(node)
                && self.tree.satisfies(node, edge)
            {
                return Some(node);
            }
            queue.extend(self.tree[node].children.values().copied());
            next += 1;
        }
        None
    }

    /// Flags, pruning, and what cannot be installed here.
    fn finish(&mut self) -> Result<(), NpmError> {
        flags::calculate(&mut self.tree);
        if self.options.from_disk {
            for node in self.tree.inventory() {
                if self.tree[node].flags.extraneous
                    && self.tree[node].parent.is_some()
                    && self.tree[node].root == self.root
                {
                    self.tree.detach(node);
                }
            }
        }
        for node in core::mem::take(&mut self.load_failures) {
            if self.tree[node].root != self.root {
                continue;
            }
            if !self.tree[node].flags.optional {
                let error = self.tree[node].error.as_deref().cloned();
                return Err(error.unwrap_or_else(|| {
                    NpmError::new("EINTERNAL", "a package failed to load without an error")
                }));
            }
            flags::mark_inert(&mut self.tree, node);
        }
        self.check_platforms()
    }

    fn check_platforms(&mut self) -> Result<(), NpmError> {
        let host = self.options.pick.host.clone();
        for node in self.tree.inventory() {
            if node == self.root || self.tree[node].link.is_some() {
                continue;
            }
            let manifest = Rc::clone(&self.tree[node].manifest);
            let (engine, platform) = (manifest.engine_ok(&host), manifest.platform_ok(&host));
            let suitable = engine && platform;
            if self.tree[node].flags.optional {
                if !self.tree[node].inert && !suitable {
                    flags::mark_inert(&mut self.tree, node);
                }
                continue;
            }
            if !engine {
                let required = manifest
                    .fields
                    .get("engines")
                    .map(ToString::to_string)
                    .unwrap_or_default();
                self.warnings.push(format!(
                    "EBADENGINE Unsupported engine {{\nEBADENGINE   package: '{}@{}',\nEBADENGINE   required: {required},\nEBADENGINE   current: {{ node: 'v{}', npm: '{}' }}\nEBADENGINE }}",
                    manifest.name, manifest.version, host.node, host.npm
                ));
            }
            if !platform && !self.options.policy.force {
                let list = |key: &str| {
                    manifest
                        .fields
                        .get(key)
                        .map_or("any".to_owned(), ToString::to_string)
                };
                return Err(NpmError::new(
                    "EBADPLATFORM",
                    format!(
                        "Unsupported platform for {}@{}",
                        manifest.name, manifest.version
                    ),
                )
                .with_detail(format!(
                    "Valid os: {}, cpu: {}, libc: {}",
                    list("os"),
                    list("cpu"),
                    list("libc")
                ))
                .with_detail(format!(
                    "Actual os: {}, cpu: {}, libc: {}",
                    host.os, host.cpu, host.libc
                )));
            }
        }
        Ok(())
    }
}

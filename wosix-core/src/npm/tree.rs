//! The dependency graph laid over a folder tree: nodes are packages in `node_modules` folders, edges are dependencies, and an edge
//! leads to whatever Node's resolution finds by walking up from the dependent. This is the data structure of npm's Arborist.
//!
//! Nodes and edges live in an arena and are named by number. A node that is taken out of a tree becomes a root of its own; ids stay valid.
//! Several trees share one arena: the ideal tree, and small virtual ones in which peer sets are tried out.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use indexmap::IndexMap;

use super::error::NpmError;
use super::manifest::Manifest;
use super::range;
use super::spec::Spec;

/// A package somewhere in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// A dependency of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeId(u32);

/// Kind of a dependency.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeKind {
    Prod,
    Dev,
    Optional,
    Peer,
    PeerOptional,
}

/// Why an edge is not satisfied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeError {
    /// Nothing of that name is reachable.
    Missing,
    /// A peer that sits inside its dependent.
    PeerLocal,
    /// The wrong version.
    Invalid,
}

/// A dependency: who wants what, and what Node would find.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Debug)]
pub struct Edge {
    pub from: NodeId,
    pub name: Rc<str>,
    /// What is asked for, after overrides.
    pub spec_text: Rc<str>,
    pub spec: Rc<Spec>,
    pub kind: EdgeKind,
    pub to: Option<NodeId>,
    /// A peer conflict that was accepted with a warning; nobody tries to repair it again.
    pub peer_conflicted: bool,
    /// Cached result of validation; emptied when what the edge leads to changes.
    state: Option<Option<EdgeError>>,
    detached: bool,
}

impl Edge {
    /// A peer dependency, optional or not.
    pub fn is_peer(&self) -> bool {
        matches!(self.kind, EdgeKind::Peer | EdgeKind::PeerOptional)
    }

    /// May be missing.
    pub fn is_optional(&self) -> bool {
        matches!(self.kind, EdgeKind::Optional | EdgeKind::PeerOptional)
    }
}

/// By what kind of dependency a package is reachable; see [`super::flags`].
#[allow(missing_docs, reason = "the names say it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags {
    pub extraneous: bool,
    pub dev: bool,
    pub optional: bool,
    pub dev_optional: bool,
    pub peer: bool,
}

impl Flags {
    /// Before the graph was walked.
    pub const UNKNOWN: Flags = Flags {
        extraneous: true,
        dev: true,
        optional: true,
        dev_optional: true,
        peer: true,
    };
    /// The project itself.
    pub const ROOT: Flags = Flags {
        extraneous: false,
        dev: false,
        optional: false,
        dev_optional: false,
        peer: false,
    };
}

/// A package in a tree.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Debug)]
pub struct Node {
    /// Name of its folder in `node_modules` (an alias differs from the package's own name).
    pub name: Rc<str>,
    pub manifest: Rc<Manifest>,
    pub parent: Option<NodeId>,
    /// For a folder in the project that is not in a `node_modules`: the folder it is found in.
    pub fs_parent: Option<NodeId>,
    pub root: NodeId,
    pub children: IndexMap<Rc<str>, NodeId>,
    pub fs_children: Vec<NodeId>,
    pub edges_out: IndexMap<Rc<str>, EdgeId>,
    pub edges_in: BTreeSet<EdgeId>,
    /// Path relative to the project for a node without parent.
    pub top_path: Rc<str>,
    pub resolved: Option<Rc<str>>,
    pub integrity: Option<Rc<str>>,
    /// For the root of a virtual tree: the node it stands for.
    pub source: Option<NodeId>,
    /// It could not be loaded.
    pub error: Option<Rc<NpmError>>,
    /// Set for a symbolic link: the node of the folder it leads to.
    pub link: Option<NodeId>,
    pub flags: Flags,
    /// In the lockfile, but not installed: an optional dependency that failed or is for another platform.
    pub inert: bool,
}

/// What a new node is made of.
#[allow(missing_docs, reason = "the names say it")]
pub struct NewNode {
    pub name: Rc<str>,
    pub manifest: Rc<Manifest>,
    pub resolved: Option<Rc<str>>,
    pub integrity: Option<Rc<str>>,
    pub error: Option<Rc<NpmError>>,
    pub source: Option<NodeId>,
    pub link: Option<NodeId>,
    pub top_path: Rc<str>,
}

impl NewNode {
    /// A package from the registry.
    pub fn package(name: Rc<str>, manifest: Rc<Manifest>) -> NewNode {
        NewNode {
            resolved: manifest.resolved.as_deref().map(Rc::from),
            integrity: manifest.integrity.as_deref().map(Rc::from),
            name,
            manifest,
            error: None,
            source: None,
            link: None,
            top_path: Rc::from(""),
        }
    }
}

/// The arena.
#[derive(Default)]
pub struct Tree {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// Nodes of the main tree by name, oldest first.
    by_name: BTreeMap<Rc<str>, Vec<NodeId>>,
    main: Option<NodeId>,
    specs: BTreeMap<Rc<str>, Rc<Spec>>,
    /// npm's `legacy-peer-deps`: peer dependencies count for nothing.
    ignore_peers: bool,
    /// Specs the root's `overrides` put in place of others, by package name.
    overrides: BTreeMap<String, String>,
}

impl core::ops::Index<NodeId> for Tree {
    type Output = Node;
    fn index(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }
}

impl core::ops::IndexMut<NodeId> for Tree {
    fn index_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }
}

impl core::ops::Index<EdgeId> for Tree {
    type Output = Edge;
    fn index(&self, id: EdgeId) -> &Edge {
        &self.edges[id.0 as usize]
    }
}

impl core::ops::IndexMut<EdgeId> for Tree {
    fn index_mut(&mut self, id: EdgeId) -> &mut Edge {
        &mut self.edges[id.0 as usize]
    }
}

impl Tree {
    /// A tree with only the project's own node.
    pub fn new(name: &str, manifest: Rc<Manifest>, ignore_peers: bool) -> (Tree, NodeId) {
        let mut tree = Tree {
            ignore_peers,
            overrides: super::manifest::dependencies(&manifest.fields, "overrides")
                .into_iter()
                .collect(),
            ..Tree::default()
        };
        let root = tree.add(NewNode::package(Rc::from(name), manifest), None);
        tree.main = Some(root);
        tree.index_add(root);
        tree[root].flags = Flags::ROOT;
        (tree, root)
    }

    /// The root of the main tree.
    pub fn main(&self) -> NodeId {
        self.main.expect("set by `new`")
    }

    /// Adds a node, under `parent` if given, and its edges.
    pub fn add(&mut self, new: NewNode, parent: Option<NodeId>) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).expect("fewer than 2^32 packages"));
        self.nodes.push(Node {
            name: new.name,
            manifest: new.manifest,
            parent: None,
            fs_parent: None,
            root: id,
            children: IndexMap::new(),
            fs_children: Vec::new(),
            edges_out: IndexMap::new(),
            edges_in: BTreeSet::new(),
            top_path: new.top_path,
            resolved: new.resolved,
            integrity: new.integrity,
            source: new.source,
            error: new.error,
            link: new.link,
            flags: Flags::UNKNOWN,
            inert: false,
        });
        if let Some(parent) = parent {
            self.attach(id, parent);
        }
        self.load_edges(id);
        id
    }

    /// Replaces a node's manifest and makes its edges anew.
    pub fn set_manifest(&mut self, node: NodeId, manifest: Rc<Manifest>) {
        for edge in self.edges_out(node) {
            self.detach_edge(edge);
        }
        self[node].manifest = manifest;
        self.load_edges(node);
        for edge in self.edges_in(node) {
            self.reload(edge, true);
        }
    }

    /// Replaces what the root's manifest says without resolving anything again: the specs were only rewritten.
    pub fn set_root_fields(&mut self, manifest: Rc<Manifest>) {
        let main = self.main();
        self[main].manifest = manifest;
    }

    fn load_edges(&mut self, node: NodeId) {
        if self[node].link.is_some() {
            return;
        }
        let manifest = Rc::clone(&self[node].manifest);
        // The order matters: a later kind replaces an earlier one of the same name.
        let optional = |name: &String| manifest.optional_peers.contains(name);
        let peers = if self.ignore_peers {
            &[]
        } else {
            &manifest.peer_dependencies[..]
        };
        for (name, spec) in peers.iter().filter(|(name, _)| !optional(name)) {
            self.add_edge(node, name, spec, EdgeKind::Peer);
        }
        for (name, spec) in peers.iter().filter(|(name, _)| optional(name)) {
            self.add_edge(node, name, spec, EdgeKind::PeerOptional);
        }
        for (name, spec) in &manifest.dependencies {
            self.add_edge(node, name, spec, EdgeKind::Prod);
        }
        for (name, spec) in &manifest.optional_dependencies {
            self.add_edge(node, name, spec, EdgeKind::Optional);
        }
        // Development dependencies count only for the project and for folders in it that links lead to.
        let is_folder = |id: NodeId| {
            self[id].parent.is_none()
                && (self.main.is_none_or(|main| main == id) || !self[id].top_path.is_empty())
        };
        if is_folder(self[node].source.unwrap_or(node)) {
            for (name, spec) in &manifest.dev_dependencies {
                self.add_edge(node, name, spec, EdgeKind::Dev);
            }
        }
    }

    fn add_edge(&mut self, from: NodeId, name: &str, spec: &str, kind: EdgeKind) {
        if let Some(&old) = self[from].edges_out.get(name) {
            self.detach_edge(old);
        }
        let is_root = self[from].parent.is_none()
            && self[from].fs_parent.is_none()
            && self[from]
                .source
                .is_none_or(|source| self[source].parent.is_none());
        let spec_text: Rc<str> = match self.overrides.get(name) {
            Some(replacement) if !is_root => Rc::from(self.referenced_override(replacement)),
            _ => Rc::from(spec),
        };
        let spec = self.spec(&spec_text);
        let id = EdgeId(u32::try_from(self.edges.len()).expect("fewer than 2^32 dependencies"));
        let name: Rc<str> = Rc::from(name);
        self.edges.push(Edge {
            from,
            name: Rc::clone(&name),
            spec_text,
            spec,
            kind,
            to: None,
            peer_conflicted: false,
            state: None,
            detached: false,
        });
        self[from].edges_out.insert(name, id);
        self.reload(id, true);
    }

    /// `$name` in `overrides` means what the root itself asks for.
    fn referenced_override(&self, replacement: &str) -> String {
        let Some((name, main)) = replacement.strip_prefix('$').zip(self.main) else {
            return replacement.to_owned();
        };
        let manifest = &self[main].manifest;
        [
            &manifest.dev_dependencies,
            &manifest.optional_dependencies,
            &manifest.dependencies,
            &manifest.peer_dependencies,
        ]
        .iter()
        .flat_map(|list| list.iter())
        .find(|(key, _)| key == name)
        .map_or_else(|| replacement.to_owned(), |(_, spec)| spec.clone())
    }

    /// A parsed spec, shared.
    pub fn spec(&mut self, text: &Rc<str>) -> Rc<Spec> {
        Rc::clone(
            self.specs
                .entry(Rc::clone(text))
                .or_insert_with(|| Rc::new(Spec::parse(text))),
        )
    }

    fn detach_edge(&mut self, id: EdgeId) {
        let (from, to, name) = (self[id].from, self[id].to, Rc::clone(&self[id].name));
        if let Some(to) = to {
            self[to].edges_in.remove(&id);
        }
        self[from].edges_out.shift_remove(&name);
        let edge = &mut self[id];
        edge.to = None;
        edge.detached = true;
    }

    /// Edges out of a node, in order.
    pub fn edges_out(&self, node: NodeId) -> Vec<EdgeId> {
        self[node].edges_out.values().copied().collect()
    }

    /// Edges into a node, oldest first.
    pub fn edges_in(&self, node: NodeId) -> Vec<EdgeId> {
        self[node].edges_in.iter().copied().collect()
    }

    /// The dependency called `name` of `node`.
    pub fn edge(&self, node: NodeId, name: &str) -> Option<EdgeId> {
        self[node].edges_out.get(name).copied()
    }

    /// The package called `name` in `node`'s own `node_modules`.
    pub fn child(&self, node: NodeId, name: &str) -> Option<NodeId> {
        self[node].children.get(name).copied()
    }

    /// Where resolution goes on above `node`.
    pub fn resolve_parent(&self, node: NodeId) -> Option<NodeId> {
        self[node].parent.or(self[node].fs_parent)
    }

    /// `node` and what is above it.
    pub fn ancestry(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        core::iter::successors(Some(node), |&node| self.resolve_parent(node))
    }

    /// What `require(name)` finds from inside `node`.
    pub fn resolve(&self, node: NodeId, name: &str) -> Option<NodeId> {
        self.ancestry(node).find_map(|node| self.child(node, name))
    }

    /// Not in any `node_modules`.
    pub fn is_top(&self, node: NodeId) -> bool {
        self[node].parent.is_none()
    }

    /// The root of its tree.
    pub fn is_root(&self, node: NodeId) -> bool {
        self[node].root == node
    }

    /// Whether resolution from `node` passes `of`; a node is its own descendant.
    pub fn is_descendant(&self, node: NodeId, of: NodeId) -> bool {
        self.ancestry(node).any(|ancestor| ancestor == of)
    }

    /// Number of `node_modules` folders around the node.
    pub fn depth(&self, node: NodeId) -> usize {
        core::iter::successors(self[node].parent, |&node| self[node].parent).count()
    }

    /// Path relative to the project, as the lockfile names it; empty for the root.
    pub fn location(&self, node: NodeId) -> String {
        let Some(parent) = self[node].parent else {
            return self[node].top_path.to_string();
        };
        let mut location = self.location(parent);
        if !location.is_empty() {
            location.push('/');
        }
        location.push_str("node_modules/");
        location.push_str(&self[node].name);
        location
    }

    /// All nodes of the main tree, parents before children.
    pub fn inventory(&self) -> Vec<NodeId> {
        let mut all = vec![self.main()];
        let mut next = 0;
        while let Some(&node) = all.get(next) {
            all.extend(self[node].children.values().copied());
            all.extend(self[node].fs_children.iter().copied());
            next += 1;
        }
        all
    }

    /// Nodes of the main tree with that name.
    pub fn named(&self, name: &str) -> Vec<NodeId> {
        self.by_name.get(name).cloned().unwrap_or_default()
    }

    fn index_add(&mut self, node: NodeId) {
        if Some(self[node].root) == self.main {
            let name = Rc::clone(&self[node].name);
            self.by_name.entry(name).or_default().push(node);
        }
    }

    fn index_remove(&mut self, node: NodeId) {
        if Some(self[node].root) == self.main
            && let Some(list) = self.by_name.get_mut(&self.nodes[node.0 as usize].name)
        {
            list.retain(|&other| other != node);
        }
    }

    /// Puts `node` into `parent`'s `node_modules`, in place of whatever has that name there.
    pub fn attach(&mut self, node: NodeId, parent: NodeId) {
        let parent = self[parent].link.unwrap_or(parent);
        if self[node].parent == Some(parent) {
            return;
        }
        let name = Rc::clone(&self[node].name);
        if let Some(current) = self.child(parent, &name)
            && current != node
        {
            self.detach(current);
        }
        if let Some(old) = self[node].parent.take() {
            self[old].children.shift_remove(&name);
        }
        self[node].parent = Some(parent);
        self[parent].children.insert(Rc::clone(&name), node);
        let root = self[parent].root;
        self.move_to_root(node, root);
    }

    /// Registers the folder `node` as one inside the main tree's project, outside `node_modules`.
    pub fn attach_folder(&mut self, node: NodeId, parent: NodeId) {
        self[node].fs_parent = Some(parent);
        self[parent].fs_children.push(node);
        let root = self[parent].root;
        self.move_to_root(node, root);
    }

    fn move_to_root(&mut self, node: NodeId, root: NodeId) {
        self.index_remove(node);
        self[node].root = root;
        self.index_add(node);
        if let Some(parent) = self[node].parent {
            let name = Rc::clone(&self[node].name);
            self.reload_named(parent, &name, Some(node));
        }
        self.reload_across_roots(node);
        for child in self.family(node) {
            self.move_to_root(child, root);
        }
    }

    /// Takes `node`, with what is inside it, out of its tree.
    pub fn detach(&mut self, node: NodeId) {
        let name = Rc::clone(&self[node].name);
        self.index_remove(node);
        self[node].root = node;
        if let Some(parent) = self[node].parent.take() {
            self[parent].children.shift_remove(&name);
        }
        if let Some(parent) = self[node].fs_parent.take() {
            self[parent].fs_children.retain(|&other| other != node);
        }
        self.reload_across_roots(node);
        for child in self.family(node) {
            self.move_to_root(child, node);
        }
    }

    fn family(&self, node: NodeId) -> Vec<NodeId> {
        self[node]
            .children
            .values()
            .chain(&self[node].fs_children)
            .copied()
            .collect()
    }

    /// Re-resolves edges that lead from one tree into another.
    fn reload_across_roots(&mut self, node: NodeId) {
        let root = self[node].root;
        for edge in self.edges_in(node) {
            if self[self[edge].from].root != root {
                self.reload(edge, false);
            }
        }
        for edge in self.edges_out(node) {
            if self[edge].to.is_none_or(|to| self[to].root != root) {
                self.reload(edge, false);
            }
        }
    }

    /// `placed` is new in `start`'s `node_modules`: re-resolves the edges of that name in the whole branch.
    fn reload_named(&mut self, start: NodeId, name: &str, placed: Option<NodeId>) {
        let mut stack = vec![start];
        while let Some(node) = stack.pop() {
            if let Some(edge) = self.edge(node, name) {
                let to = self[edge].to;
                if (to.is_some() && to == placed) || self.resolve(node, name) != to {
                    self.reload(edge, true);
                }
            }
            stack.extend(self[node].children.values().rev().copied());
            stack.extend(self[node].fs_children.iter().copied());
        }
    }

    fn reload(&mut self, id: EdgeId, hard: bool) {
        if self[id].detached {
            return;
        }
        let (from, name, old) = (self[id].from, Rc::clone(&self[id].name), self[id].to);
        let new = self.resolve(from, &name);
        if new != old {
            if let Some(old) = old {
                self[old].edges_in.remove(&id);
            }
            self[id].to = new;
            self[id].state = None;
            if let Some(new) = new {
                self[new].edges_in.insert(id);
            }
        } else if hard {
            self[id].state = None;
        }
    }

    /// What is wrong with an edge; `None` if nothing is.
    pub fn edge_error(&mut self, id: EdgeId) -> Option<EdgeError> {
        if let Some(state) = self[id].state {
            return state;
        }
        let edge = &self[id];
        let state = match edge.to {
            None => (!edge.is_optional()).then_some(EdgeError::Missing),
            Some(to)
                if edge.is_peer()
                    && self[to].parent == Some(edge.from)
                    && !self.is_top(edge.from) =>
            {
                Some(EdgeError::PeerLocal)
            }
            Some(to) => (!self.satisfies(to, id)).then_some(EdgeError::Invalid),
        };
        self[id].state = Some(state);
        state
    }

    /// Whether nothing is wrong with an edge.
    pub fn is_valid(&mut self, edge: EdgeId) -> bool {
        self.edge_error(edge).is_none()
    }

    /// Whether `node` is what `edge` asks for.
    pub fn satisfies(&self, node: NodeId, edge: EdgeId) -> bool {
        self[node].name == self[edge].name
            && self.spec_accepts(&self[edge].spec, node, self[edge].from)
    }

    fn spec_accepts(&self, spec: &Spec, node: NodeId, from: NodeId) -> bool {
        let node_ = &self[node];
        match spec {
            Spec::Range { any: true, .. } => true,
            Spec::Range { range, .. } => node_
                .manifest
                .semver
                .as_ref()
                .is_some_and(|version| range.accepts(version)),
            Spec::Version(wanted) => node_
                .manifest
                .semver
                .as_ref()
                .is_some_and(|version| range::compare(version, wanted).is_eq()),
            Spec::Alias { spec, .. } => self.spec_accepts(spec, node, from),
            Spec::Tag(_) => {
                node_.link.is_none()
                    && (node_
                        .resolved
                        .as_deref()
                        .is_some_and(|url| url.starts_with("http"))
                        || node_.integrity.is_some())
            }
            Spec::Remote(url) => node_.resolved.as_deref() == Some(url),
            Spec::Directory(path) => node_
                .link
                .is_some_and(|target| *self[target].top_path == *self.resolve_path(from, path)),
            Spec::File(path) => {
                node_
                    .resolved
                    .as_deref()
                    .and_then(|url| url.strip_prefix("file:"))
                    == Some(&self.resolve_path(from, path))
            }
            Spec::Git(url) => node_.resolved.as_deref() == Some(url),
            Spec::Invalid(_) => false,
        }
    }

    /// A path written in `from`'s manifest, relative to the project.
    pub fn resolve_path(&self, from: NodeId, path: &str) -> String {
        let from = self[from].source.unwrap_or(from);
        super::path::normalize(&super::path::join(&self.location(from), path))
    }

    /// Whether two nodes are the same package.
    pub fn matches(&self, a: NodeId, b: NodeId) -> bool {
        if a == b {
            return true;
        }
        let (left, right) = (&self[a], &self[b]);
        if left.name != right.name {
            return false;
        }
        if left.link.is_some() || right.link.is_some() {
            return left
                .link
                .zip(right.link)
                .is_some_and(|(a, b)| a == b || self[a].top_path == self[b].top_path);
        }
        if let (Some(a), Some(b)) = (&left.integrity, &right.integrity) {
            return a == b;
        }
        if let (Some(a), Some(b)) = (&left.resolved, &right.resolved) {
            return a == b;
        }
        let (left, right) = (&left.manifest, &right.manifest);
        !left.name.is_empty()
            && left.name == right.name
            && !left.version.is_empty()
            && left.version == right.version
    }

    /// The set of packages needed only by `start`, as far as `counts` lets edges count.
    pub fn gather_dependencies(
        &mut self,
        start: &[NodeId],
        counts: &mut dyn FnMut(&mut Tree, EdgeId) -> bool,
    ) -> Vec<NodeId> {
        let mut set: indexmap::IndexSet<NodeId> = start.iter().copied().collect();
        let mut next = 0;
        while let Some(&node) = set.get_index(next) {
            for edge in self.edges_out(node) {
                if let Some(to) = self[edge].to
                    && counts(self, edge)
                {
                    set.insert(to);
                }
            }
            next += 1;
        }
        loop {
            let mut removed = false;
            let mut index = 0;
            while let Some(&node) = set.get_index(index) {
                let mut outside = false;
                for edge in self.edges_in(node) {
                    if !set.contains(&self[edge].from) && counts(self, edge) {
                        outside = true;
                        break;
                    }
                }
                if outside {
                    set.shift_remove_index(index);
                    removed = true;
                } else {
                    index += 1;
                }
            }
            if !removed || set.is_empty() {
                return set.into_iter().collect();
            }
        }
    }

    /// Whether everyone who depends on `old` would be content with `new` in its place.
    pub fn can_replace(&mut self, new: NodeId, old: NodeId, ignored_peers: &[Rc<str>]) -> bool {
        if self[new].name != self[old].name || self[new].manifest.name != self[old].manifest.name {
            return false;
        }
        let own = self.gather_dependencies(&[old], &mut |tree, edge| {
            tree[edge].to != Some(old) && tree.is_valid(edge)
        });
        let top = self.is_top(old);
        for edge in self.edges_in(old) {
            let from = self[edge].from;
            // When a whole set of peers is replaced, their wishes about each other do not count.
            if !top
                && self[from].parent == self[old].parent
                && self[edge].is_peer()
                && ignored_peers.contains(&self[from].name)
            {
                continue;
            }
            if !own.contains(&from) && !self.satisfies(new, edge) {
                return false;
            }
        }
        true
    }

    /// Whether `node` may go because its dependents would find something as good further up.
    pub fn can_dedupe(&mut self, node: NodeId, prefer_dedupe: bool, explicit: bool) -> bool {
        if self.in_dependency_bundle(node) {
            return false;
        }
        let Some(above) = self
            .resolve_parent(node)
            .and_then(|parent| self.resolve_parent(parent))
        else {
            return false;
        };
        if self[node].edges_in.is_empty() {
            return true;
        }
        let name = Rc::clone(&self[node].name);
        let Some(other) = self.resolve(above, &name) else {
            return false;
        };
        if self.matches(other, node) {
            return true;
        }
        if !self.can_replace(other, node, &[]) {
            return false;
        }
        if prefer_dedupe || explicit {
            return true;
        }
        match (&self[other].manifest.semver, &self[node].manifest.semver) {
            (Some(other), Some(own)) => range::compare(other, own).is_ge(),
            _ => false,
        }
    }

    /// The package whose tarball contains `node`, if any.
    pub fn bundler(&self, node: NodeId) -> Option<NodeId> {
        self.bundler_walk(node, &mut Vec::new())
    }

    fn bundler_walk(&self, node: NodeId, path: &mut Vec<NodeId>) -> Option<NodeId> {
        if path.contains(&node) {
            return None;
        }
        path.push(node);
        let parent = self[node].parent?;
        if let Some(bundler) = self.bundler_walk(parent, path) {
            return Some(bundler);
        }
        let bundled = &self[parent].manifest.bundled;
        if bundled.iter().any(|name| **name == *self[node].name) {
            return Some(parent);
        }
        if bundled.is_empty() {
            return None;
        }
        // Dependencies of bundled packages that ended up beside them are bundled too.
        self[node].edges_in.iter().find_map(|&edge| {
            self.bundler_walk(self[edge].from, path)
                .filter(|&bundler| bundler == parent)
        })
    }

    /// Comes inside a dependency's tarball (the root's own `bundleDependencies` are installed as usual).
    pub fn in_dependency_bundle(&self, node: NodeId) -> bool {
        self.bundler(node)
            .is_some_and(|bundler| bundler != self[node].root)
    }

    /// Puts `new` where `old` is, keeping what is inside `old`.
    pub fn replace(&mut self, new: NodeId, old: NodeId) {
        for child in self.family(old) {
            self.attach(child, new);
        }
        if let Some(parent) = self[old].parent {
            self.attach(new, parent);
        }
    }
}

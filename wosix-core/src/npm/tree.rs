//! The dependency graph laid over a folder tree: nodes are packages in `node_modules` folders, edges are dependencies, and an edge
//! leads to whatever Node's resolution finds by walking up from the dependent. This is the data structure of npm's Arborist.
//!
//! Nodes and edges live in an arena and are named by number. A node that is taken out of a tree becomes a root of its own; ids stay valid.
//! Several trees share one arena: the ideal tree, and small virtual ones in which peer sets are tried out.

mod bundle;
mod overrides;
mod replace;
mod resolve;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use indexmap::{IndexMap, IndexSet};

use super::error::NpmError;
use super::manifest::Manifest;
use super::overrides::{Overrides, RuleId};
use super::spec::Spec;
use super::workspaces::Workspaces;

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
    Workspace,
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
    /// What the manifest asks for; see [`Tree::wanted`] for what holds.
    pub raw_text: Rc<str>,
    raw_spec: Rc<Spec>,
    /// The set of overriding rules that holds for what it leads to.
    overrides: Option<RuleId>,
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
    pub edges_in: IndexSet<EdgeId>,
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
    /// The set of overriding rules that holds for its dependencies.
    pub overrides: Option<RuleId>,
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
    /// Overriding rules, where they do not come from who depends on it.
    pub overrides: Option<RuleId>,
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
            overrides: None,
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
    specs: RefCell<BTreeMap<Rc<str>, Rc<Spec>>>,
    /// npm's `legacy-peer-deps`: peer dependencies count for nothing.
    ignore_peers: bool,
    /// The project's workspaces.
    workspaces: Workspaces,
    /// The project's `overrides`, if it has some.
    overrides: Option<Overrides>,
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
            overrides: Overrides::parse(&manifest.fields),
            ..Tree::default()
        };
        let project = NewNode {
            overrides: tree.overrides.as_ref().map(|_| Overrides::ROOT),
            ..NewNode::package(Rc::from(name), manifest)
        };
        let root = tree.add(project, None);
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
            edges_in: IndexSet::new(),
            top_path: new.top_path,
            resolved: new.resolved,
            integrity: new.integrity,
            source: new.source,
            error: new.error,
            link: new.link,
            flags: Flags::UNKNOWN,
            overrides: new.overrides,
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

    /// Makes the project depend on its workspaces.
    pub fn set_workspaces(&mut self, workspaces: Workspaces) {
        self.workspaces = workspaces;
        let main = self.main();
        for edge in self.edges_out(main) {
            self.detach_edge(edge);
        }
        self.load_edges(main);
    }

    /// [`Tree::set_workspaces`], and their folders too, for a tree that nothing was loaded into.
    pub fn add_workspaces(
        &mut self,
        workspaces: Workspaces,
        manifest: &mut dyn FnMut(&str) -> Option<Rc<Manifest>>,
    ) {
        self.set_workspaces(workspaces.clone());
        for (name, path) in workspaces {
            let manifest = manifest(&path).unwrap_or_default();
            let rule = self
                .overrides
                .as_ref()
                .map(|all| all.for_package(Overrides::ROOT, &name, &manifest));
            let folder = NewNode {
                top_path: Rc::from(path),
                resolved: None,
                integrity: None,
                overrides: rule,
                ..NewNode::package(Rc::from(name), manifest)
            };
            let node = self.add(folder, None);
            self.attach_folder(node);
        }
    }

    /// The project's workspaces.
    pub fn workspaces(&self) -> &Workspaces {
        &self.workspaces
    }

    /// Whether `node` is a workspace's folder or the link to it.
    pub fn is_workspace(&self, node: NodeId) -> bool {
        let root = self[node].root;
        let name: &str = match &self[node].manifest.name {
            name if name.is_empty() => &self[node].name,
            name => name,
        };
        !self.workspaces.is_empty()
            && self.edge(root, name).is_some_and(|edge| {
                let to = self[edge].to;
                self[edge].kind == EdgeKind::Workspace
                    && to.is_some_and(|to| to == node || self[to].link == Some(node))
            })
    }

    /// The project itself or a workspace: what the user is answerable for.
    pub fn is_own(&self, node: NodeId) -> bool {
        self.is_root(node) || self.is_workspace(node)
    }

    fn load_edges(&mut self, node: NodeId) {
        if self[node].link.is_some() {
            return;
        }
        if Some(node) == self.main {
            for (name, path) in self.workspaces.clone() {
                self.add_edge(node, &name, &format!("file:{path}"), EdgeKind::Workspace);
            }
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
            if self[old].kind == EdgeKind::Workspace {
                return;
            }
            self.detach_edge(old);
        }
        let raw_text: Rc<str> = Rc::from(spec);
        let raw_spec = self.spec(&raw_text);
        let id = EdgeId(u32::try_from(self.edges.len()).expect("fewer than 2^32 dependencies"));
        let name: Rc<str> = Rc::from(name);
        let overrides = self.rule_for(from, &name, &raw_text);
        self.edges.push(Edge {
            from,
            name: Rc::clone(&name),
            raw_text,
            raw_spec,
            overrides,
            kind,
            to: None,
            peer_conflicted: false,
            state: None,
            detached: false,
        });
        self[from].edges_out.insert(name, id);
        self.reload(id, true);
    }

    /// A parsed spec, shared.
    pub fn spec(&self, text: &Rc<str>) -> Rc<Spec> {
        Rc::clone(
            self.specs
                .borrow_mut()
                .entry(Rc::clone(text))
                .or_insert_with(|| Rc::new(Spec::parse(text))),
        )
    }

    fn detach_edge(&mut self, id: EdgeId) {
        let (from, to, name) = (self[id].from, self[id].to, Rc::clone(&self[id].name));
        if let Some(to) = to {
            self.remove_edge_in(to, id);
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
}

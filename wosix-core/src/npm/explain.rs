//! Texts of `ERESOLVE`: what was found, what wants something else, and why each is there.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::can_place::{Check, Placement};
use super::error::NpmError;
use super::path;
use super::tree::{EdgeId, EdgeKind, NodeId, Tree};

/// How far chains of dependents are followed.
const DEPTH: usize = 4;
/// Length of the list of dependents that are only named.
const MAX_NAMES: usize = 50;

/// The error for a conflict that may not be accepted. `check` is the place that would do but for its peers, if there is one.
pub fn peer_conflict(tree: &Tree, edge: EdgeId, dep: NodeId, check: Option<&Check>) -> NpmError {
    let lines = conflict(tree, edge, dep, check);
    with_advice(NpmError::new("ERESOLVE", "could not resolve"), lines)
}

/// The error for a set of peers that contradicts the project's own dependencies.
pub fn unresolvable(tree: &Tree, edge: EdgeId) -> NpmError {
    let mut explainer = Explainer::new(tree);
    let current = tree.resolve(tree[edge].from, &tree[edge].name);
    let current = current.map(|node| explainer.node(node, None, &[]));
    let explained = explainer.edge(edge, &[]);
    let lines = report(None, current.as_deref(), &explained, None);
    with_advice(
        NpmError::new("ERESOLVE", "unable to resolve dependency tree"),
        lines,
    )
}

/// The warning for a conflict that was accepted.
pub fn overridden_peer(tree: &Tree, edge: EdgeId, dep: NodeId, check: Option<&Check>) -> String {
    let mut lines = vec!["ERESOLVE overriding peer dependency".to_owned()];
    lines.extend(conflict(tree, edge, dep, check));
    lines.join("\n")
}

fn with_advice(error: NpmError, lines: Vec<String>) -> NpmError {
    lines
        .into_iter()
        .fold(error.with_detail(""), NpmError::with_detail)
        .with_detail("")
        .with_detail("Fix the upstream dependency conflict, or retry this command with --force or --legacy-peer-deps to accept an incorrect (and potentially broken) dependency resolution.")
}

fn conflict(tree: &Tree, edge: EdgeId, dep: NodeId, check: Option<&Check>) -> Vec<String> {
    let mut explainer = Explainer::new(tree);
    let explained = explainer.edge(edge, &[]);
    let placed = explainer.node(dep, Some(edge), &[]);
    let current = tree.resolve(tree[edge].from, &tree[edge].name);
    let current = current.map(|node| explainer.node(node, None, &[]));
    let mut peer_current = None;
    let peer = match check.filter(|check| check.own_placement != Placement::Conflict) {
        // A peer, or a peer of a peer, found something it does not like.
        Some(check) => first_conflict(check).map(|(child, there)| {
            peer_current = Some(explainer.node(there, None, &[]));
            explainer.node(child.dep, Some(child.edge), &[])
        }),
        None => Some(Rc::clone(&placed)),
    };
    let found = current.or(peer_current);
    report(Some(&placed), found.as_deref(), &explained, peer.as_deref())
}

fn first_conflict(check: &Check) -> Option<(&Check, NodeId)> {
    let mut checks: Vec<&Check> = check.children.iter().collect();
    let mut next = 0;
    while let Some(&check) = checks.get(next) {
        if check.placement == Placement::Conflict
            && let Some(current) = check.current
        {
            return Some((check, current));
        }
        checks.extend(&check.children);
        next += 1;
    }
    None
}

/// Why a package is there.
struct Node {
    /// Empty for the project itself.
    title: String,
    /// Name by which it is listed only.
    name: String,
    location: Option<String>,
    dependents: Vec<Rc<Edge>>,
    links: Vec<Rc<Node>>,
    /// What was being resolved when it came into play.
    resolving: Option<String>,
}

/// Why a dependency is there.
struct Edge {
    /// Up to `from`.
    text: String,
    from: Rc<Node>,
}

/// Explanations made so far: each is made once, in the context in which it was asked for first, as in npm.
struct Explainer<'a> {
    tree: &'a Tree,
    nodes: BTreeMap<NodeId, Rc<Node>>,
    edges: BTreeMap<EdgeId, Rc<Edge>>,
}

impl<'a> Explainer<'a> {
    fn new(tree: &'a Tree) -> Explainer<'a> {
        Explainer {
            tree,
            nodes: BTreeMap::new(),
            edges: BTreeMap::new(),
        }
    }

    /// `reason` is the only dependency of interest. Nodes in `seen` are not explained again.
    fn node(&mut self, id: NodeId, reason: Option<EdgeId>, seen: &[NodeId]) -> Rc<Node> {
        if let Some(known) = self.nodes.get(&id) {
            return Rc::clone(known);
        }
        let explained = Rc::new(self.explain(id, reason, seen));
        self.nodes.insert(id, Rc::clone(&explained));
        explained
    }

    fn explain(&mut self, id: NodeId, reason: Option<EdgeId>, seen: &[NodeId]) -> Node {
        let tree = self.tree;
        let node = &tree[id];
        let mut why = Node {
            title: String::new(),
            name: "the root project".to_owned(),
            location: None,
            dependents: Vec::new(),
            links: Vec::new(),
            resolving: None,
        };
        if let Some(source) = node.source {
            let of = self.node(source, reason, seen);
            return Node {
                title: of.title.clone(),
                name: of.name.clone(),
                location: of.location.clone(),
                dependents: of.dependents.clone(),
                links: of.links.clone(),
                resolving: of.resolving.clone(),
            };
        }
        if tree.is_root(id) {
            return why;
        }
        let or_undefined = |text: &str| match text {
            "" => "undefined".to_owned(),
            text => text.to_owned(),
        };
        why.name = if tree.is_top(id) {
            or_undefined(&node.manifest.name)
        } else {
            node.name.to_string()
        };
        why.title = format!("{}@{}", why.name, or_undefined(&node.manifest.version));
        if let Some(source) = tree[node.root].source {
            let manifest = &tree[source].manifest;
            why.resolving = Some(format!(
                "{}@{}",
                or_undefined(&manifest.name),
                or_undefined(&manifest.version)
            ));
        }
        if seen.contains(&id) {
            return why;
        }
        // In a virtual tree, the location is seen from what the tree was made for.
        let (location, root) = (tree.location(id), &tree[node.root]);
        let inside = root.source.and_then(|_| {
            let rest = location.strip_prefix(&*root.top_path)?;
            Some(rest.trim_start_matches('/').to_owned())
        });
        why.location = Some(inside.unwrap_or(location));
        let seen: Vec<NodeId> = seen.iter().copied().chain([id]).collect();
        why.dependents = match reason {
            Some(edge) => vec![self.edge(edge, &seen)],
            None => {
                // A dependency that it does not satisfy is no reason for its being there, unless it is the project's own.
                let keeps =
                    |edge: &EdgeId| tree.satisfies(id, *edge) || tree.is_root(tree[*edge].from);
                let edges: Vec<EdgeId> = tree.edges_in(id).into_iter().filter(keeps).collect();
                edges
                    .into_iter()
                    .map(|edge| self.edge(edge, &seen))
                    .collect()
            }
        };
        if tree.is_top(id) {
            for link in tree.inventory() {
                if tree[link].link == Some(id) {
                    let link = self.explain(link, reason, &seen);
                    why.links.push(Rc::new(link));
                }
            }
        }
        why
    }

    fn edge(&mut self, id: EdgeId, seen: &[NodeId]) -> Rc<Edge> {
        if let Some(known) = self.edges.get(&id) {
            return Rc::clone(known);
        }
        let tree = self.tree;
        let edge = &tree[id];
        let (wanted, raw) = (tree.wanted(id), &edge.raw_text);
        let mut text = match edge.kind {
            EdgeKind::Prod => "",
            EdgeKind::Dev => "dev ",
            EdgeKind::Optional => "optional ",
            EdgeKind::Peer => "peer ",
            EdgeKind::PeerOptional => "peerOptional ",
            EdgeKind::Workspace => "workspace ",
        }
        .to_owned();
        let bundled = &tree[edge.from].manifest.bundled;
        if bundled.iter().any(|name| **name == *edge.name) {
            text.push_str("bundled ");
        }
        if edge.kind == EdgeKind::Workspace {
            text.push_str(&path::normalize(raw.strip_prefix("file:").unwrap_or(raw)));
        } else if wanted == *raw {
            text.push_str(&format!("{}@\"{wanted}\"", edge.name));
        } else {
            text.push_str(&format!(
                "overridden {}@\"{wanted}\" (was \"{raw}\")",
                edge.name
            ));
        }
        let from = self.node(edge.from, None, seen);
        let explained = Rc::new(Edge { text, from });
        self.edges.insert(id, Rc::clone(&explained));
        explained
    }
}

fn report(
    dep: Option<&Node>,
    current: Option<&Node>,
    edge: &Edge,
    peer: Option<&Node>,
) -> Vec<String> {
    let mut lines = Vec::new();
    let resolving = [dep, current, Some(&*edge.from)]
        .into_iter()
        .flatten()
        .find_map(|node| node.resolving.as_ref());
    if let Some(title) = resolving {
        lines.push(format!("While resolving: {title}"));
    }
    let mut headed = |heading: &str, text: String| {
        lines.extend(format!("{heading}{text}").split('\n').map(str::to_owned));
    };
    match current {
        Some(node) => headed("Found: ", print_node(node, DEPTH)),
        None => headed("Found: ", print_edge(edge, DEPTH)),
    }
    headed("\nCould not resolve dependency:\n", print_edge(edge, DEPTH));
    if let Some(peer) = peer {
        headed("\nConflicting peer dependency: ", print_node(peer, DEPTH));
    }
    lines
}

fn print_node(node: &Node, depth: usize) -> String {
    let mut text = node.title.clone();
    if let Some(location) = node.location.as_ref().filter(|at| !at.is_empty()) {
        text.push('\n');
        text.push_str(location);
    }
    text + &print_reasons(node, depth)
}

fn print_reasons(node: &Node, depth: usize) -> String {
    if depth == 0 {
        return String::new();
    }
    let indented = |texts: Vec<String>| format!("\n{}", texts.join("\n")).replace('\n', "\n  ");
    let mut text = String::new();
    if !node.dependents.is_empty() {
        let (shown, rest) = node
            .dependents
            .split_at(depth.div_ceil(2).min(node.dependents.len()));
        let mut texts: Vec<String> = shown.iter().map(|edge| print_edge(edge, depth)).collect();
        if !rest.is_empty() {
            let (mut names, mut length) = (Vec::new(), 0);
            for (index, edge) in rest.iter().enumerate() {
                length += edge.from.name.len();
                if length >= MAX_NAMES && index + 1 < rest.len() {
                    names.push("...");
                    break;
                }
                names.push(&edge.from.name);
            }
            texts.push(format!("{} more ({})", rest.len(), names.join(", ")));
        }
        text.push_str(&indented(texts));
    }
    if !node.links.is_empty() {
        let texts = node.links.iter().map(|link| print_node(link, depth - 1));
        text.push_str(&indented(texts.collect()));
    }
    text
}

fn print_edge(edge: &Edge, depth: usize) -> String {
    let from = if edge.from.title.is_empty() {
        "the root project".to_owned()
    } else {
        print_node(&edge.from, depth - 1)
    };
    format!("{} from {from}", edge.text)
}

//! Texts of `ERESOLVE`: what was found, what wants something else, and why each is there.

use super::can_place::{Check, Placement};
use super::error::NpmError;
use super::tree::{EdgeId, EdgeKind, NodeId, Tree};

/// How far chains of dependents are followed.
const MAX_DEPTH: usize = 4;

/// The error for a conflict that may not be accepted.
pub fn peer_conflict(tree: &Tree, edge: EdgeId, dep: NodeId, check: Option<&Check>) -> NpmError {
    let from = tree[edge].from;
    let mut error = NpmError::new("ERESOLVE", "could not resolve");
    error = error
        .with_detail("")
        .with_detail(format!("While resolving: {}", identity(tree, from)));
    let current = tree.resolve(from, &tree[edge].name);
    if let Some(current) = current {
        error = found(tree, error, current);
    }
    error = error
        .with_detail("")
        .with_detail("Could not resolve dependency:");
    error = describe_edge(tree, error, edge, 0);
    let conflict = check.and_then(|check| {
        if check.own_placement == Placement::Conflict {
            return check.current.map(|current| (current, check.edge));
        }
        let conflicts = check
            .children
            .iter()
            .filter(|child| child.placement == Placement::Conflict);
        conflicts
            .filter_map(|child| Some((child.current?, child.edge)))
            .next()
    });
    if let Some((current, peer)) = conflict {
        error = error.with_detail("").with_detail(format!(
            "Conflicting peer dependency: {}",
            identity(tree, tree[peer].to.unwrap_or(dep))
        ));
        if Some(current) != tree.resolve(from, &tree[edge].name) {
            error = found(tree, error, current);
        }
        error = describe_edge(tree, error, peer, 0);
    }
    advice(error)
}

/// The error for a set of peers that contradicts the project's own dependencies.
pub fn unresolvable(tree: &Tree, edge: EdgeId) -> NpmError {
    let from = tree[edge].from;
    let mut error = NpmError::new("ERESOLVE", "unable to resolve dependency tree");
    let root = tree[from].root;
    error = error.with_detail("").with_detail(format!(
        "While resolving: {}",
        identity(tree, tree[root].source.unwrap_or(root))
    ));
    if let Some(current) = tree.resolve(from, &tree[edge].name) {
        error = found(tree, error, current);
    }
    error = error
        .with_detail("")
        .with_detail("Could not resolve dependency:");
    error = describe_edge(tree, error, edge, 0);
    advice(error)
}

/// The warning for a conflict that was accepted.
pub fn overridden_peer(tree: &Tree, edge: EdgeId, _dep: NodeId) -> String {
    let mut error = NpmError::new("ERESOLVE", "overriding peer dependency");
    error = error.with_detail(format!(
        "While resolving: {}",
        identity(tree, tree[edge].from)
    ));
    if let Some(current) = tree.resolve(tree[edge].from, &tree[edge].name) {
        error = found(tree, error, current);
    }
    error = error
        .with_detail("")
        .with_detail("Could not resolve dependency:");
    error = describe_edge(tree, error, edge, 0);
    let mut lines = vec![format!("ERESOLVE {}", error.summary)];
    lines.extend(error.detail);
    lines.join("\n")
}

fn advice(error: NpmError) -> NpmError {
    error
        .with_detail("")
        .with_detail("Fix the upstream dependency conflict, or retry this command with --force or --legacy-peer-deps to accept an incorrect (and potentially broken) dependency resolution.")
}

fn identity(tree: &Tree, node: NodeId) -> String {
    let node = tree[node].source.unwrap_or(node);
    let manifest = &tree[node].manifest;
    let name = if tree.is_top(node) && !manifest.name.is_empty() {
        &*manifest.name
    } else {
        &*tree[node].name
    };
    if manifest.version.is_empty() {
        name.to_owned()
    } else {
        format!("{name}@{}", manifest.version)
    }
}

fn found(tree: &Tree, mut error: NpmError, node: NodeId) -> NpmError {
    error = error.with_detail(format!("Found: {}", identity(tree, node)));
    describe_node(tree, error, node, 0)
}

fn describe_node(tree: &Tree, mut error: NpmError, node: NodeId, depth: usize) -> NpmError {
    if tree.is_top(node) {
        return error;
    }
    let indent = "  ".repeat(depth);
    error = error.with_detail(format!("{indent}{}", tree.location(node)));
    // A dependency that it does not satisfy is no reason for its being there, unless it is the project's own.
    let keeps = |edge: &EdgeId| tree.satisfies(node, *edge) || tree.is_root(tree[*edge].from);
    let reasons: Vec<EdgeId> = tree[node].edges_in.iter().copied().filter(keeps).collect();
    for &edge in reasons.iter().take(3) {
        error = describe_edge(tree, error, edge, depth + 1);
    }
    let more = reasons.len().saturating_sub(3);
    if more > 0 {
        error = error.with_detail(format!("{indent}  {more} more"));
    }
    error
}

fn describe_edge(tree: &Tree, mut error: NpmError, edge: EdgeId, depth: usize) -> NpmError {
    let Some(from) = Some(tree[edge].from).map(|from| tree[from].source.unwrap_or(from)) else {
        return error;
    };
    let kind = match tree[edge].kind {
        EdgeKind::Prod => "",
        EdgeKind::Dev => "dev ",
        EdgeKind::Optional => "optional ",
        EdgeKind::Peer => "peer ",
        EdgeKind::PeerOptional => "peerOptional ",
        EdgeKind::Workspace => "workspace ",
    };
    let dependent = if tree.is_root(from) {
        "the root project".to_owned()
    } else {
        identity(tree, from)
    };
    error = error.with_detail(format!(
        "{}{kind}{}@\"{}\" from {dependent}",
        "  ".repeat(depth),
        tree[edge].name,
        tree.wanted(edge)
    ));
    if depth < MAX_DEPTH {
        describe_node(tree, error, from, depth)
    } else {
        error
    }
}

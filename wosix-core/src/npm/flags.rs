//! Which packages are reachable only by development, optional or peer dependencies: what the lockfile says of each, and what
//! `--omit` leaves out.

use super::tree::{Flags, NodeId, Tree};

/// Computes the flags of the whole tree: all are assumed and taken back along the edges from the root.
pub fn calculate(tree: &mut Tree) {
    let root = tree.main();
    let nodes = tree.inventory();
    for &node in &nodes {
        tree[node].flags = Flags::UNKNOWN;
    }
    tree[root].flags = Flags::ROOT;
    let mut seen = std::collections::BTreeSet::new();
    let mut queue = vec![root];
    while let Some(node) = queue.pop() {
        seen.insert(node);
        let from = tree[node].flags;
        // What holds a needed package is needed.
        if !from.extraneous {
            let mut above = tree.resolve_parent(node);
            while let Some(parent) = above.filter(|&parent| tree[parent].flags.extraneous) {
                tree[parent].flags.extraneous = false;
                above = tree.resolve_parent(parent);
            }
        }
        if let Some(target) = tree[node].link {
            let own = tree[target].flags;
            let merged = Flags {
                extraneous: own.extraneous && from.extraneous,
                dev: own.dev && from.dev,
                optional: own.optional && from.optional,
                dev_optional: own.dev_optional && from.dev_optional,
                peer: own.peer && from.peer,
            };
            tree[target].flags = merged;
            if merged != own || !seen.contains(&target) {
                queue.push(target);
            }
            continue;
        }
        for edge in tree.edges_out(node) {
            let Some(to) = tree[edge].to else { continue };
            let (peer, optional, dev) = (
                tree[edge].is_peer(),
                tree[edge].is_optional(),
                tree[edge].kind == super::tree::EdgeKind::Dev,
            );
            let own = tree[to].flags;
            let mut flags = own;
            let optional_peer = peer && optional;
            if !from.extraneous && !optional_peer {
                flags.extraneous = false;
            }
            if !from.dev && !dev {
                flags.dev = false;
            }
            if !from.optional && !optional {
                flags.optional = false;
            }
            // Reachable both by development and by optional dependencies, but not without either.
            if !from.dev_optional && !from.dev && !from.optional && !dev && !optional {
                flags.dev_optional = false;
            }
            if !from.peer && !peer {
                flags.peer = false;
            }
            if flags != own {
                tree[to].flags = flags;
                queue.push(to);
            }
        }
    }
    for &node in &nodes {
        let flags = &mut tree[node].flags;
        if flags.dev || flags.optional {
            flags.dev_optional = false;
        }
    }
}

/// `node` cannot be installed: neither are the optional dependency it is part of and what only that needs.
pub fn mark_inert(tree: &mut Tree, node: NodeId) {
    let mut set: indexmap::IndexSet<NodeId> = [node].into_iter().collect();
    let mut next = 0;
    while let Some(&member) = set.get_index(next) {
        for edge in tree.edges_in(member) {
            if !tree[edge].is_optional() {
                set.insert(tree[edge].from);
            }
        }
        next += 1;
    }
    let members: Vec<NodeId> = set.iter().copied().collect();
    let all = tree.gather_dependencies(&members, &mut |tree, edge| {
        tree[edge].to.is_none_or(|to| !set.contains(&to)) && !tree[tree[edge].from].inert
    });
    for node in all {
        tree[node].inert = true;
    }
}

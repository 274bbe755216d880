//! May this package go into that `node_modules`? Reads the tree and never changes it (but for cached edge states).

use std::collections::BTreeSet;
use std::rc::Rc;

use super::range;
use super::tree::{EdgeId, NodeId, Tree};

/// Answer to the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// The place is free.
    Ok,
    /// What is there already will do.
    Keep,
    /// What is there may be replaced.
    Replace,
    /// It cannot go there.
    Conflict,
}

/// The chain of checks a check is part of: a peer is checked on behalf of the package that brings it.
#[derive(Debug)]
pub struct Context {
    edge: EdgeId,
    parent: Option<Rc<Context>>,
}

impl Context {
    fn top_edge(&self) -> EdgeId {
        self.parent
            .as_ref()
            .map_or(self.edge, |parent| parent.top_edge())
    }

    /// The deepest folder this package could go to at all.
    fn deepest_target(&self, tree: &Tree) -> NodeId {
        let start = match &self.parent {
            Some(parent) => parent.deepest_target(tree),
            None => tree[self.edge].from,
        };
        deepest_nesting_target(tree, start, &tree[self.edge].name)
    }
}

/// A finished check.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Debug)]
pub struct Check {
    pub context: Rc<Context>,
    pub target: NodeId,
    pub dep: NodeId,
    pub edge: EdgeId,
    /// What is at the target now.
    pub current: Option<NodeId>,
    /// The answer, peers included.
    pub placement: Placement,
    /// The answer for the package alone.
    pub own_placement: Placement,
    /// Checks of its peers.
    pub children: Vec<Check>,
}

/// The question.
#[allow(missing_docs, reason = "the names say it")]
pub struct Question<'a> {
    /// The package, in a virtual tree together with its peers.
    pub dep: NodeId,
    pub target: NodeId,
    pub edge: EdgeId,
    pub prefer_dedupe: bool,
    pub explicit: bool,
    pub parent: Option<Rc<Context>>,
    /// Packages on whose behalf this one is checked, against cycles.
    pub peer_path: &'a [NodeId],
}

/// From `start` upwards, the first folder that does not have `name` as a peer.
pub fn deepest_nesting_target(tree: &Tree, start: NodeId, name: &str) -> NodeId {
    let mut last = start;
    for target in tree.ancestry(start) {
        last = target;
        if tree.is_root(target) || tree.resolve_parent(target).is_none() {
            return target;
        }
        if tree
            .edge(target, name)
            .is_none_or(|edge| !tree[edge].is_peer())
        {
            return target;
        }
    }
    last
}

/// For a package in sets of peers: the edges through which each set came in, with the set.
pub fn peer_entry_sets(tree: &mut Tree, node: NodeId) -> Vec<(EdgeId, Vec<NodeId>)> {
    let mut union: indexmap::IndexSet<NodeId> = [node].into_iter().collect();
    let mut next = 0;
    while let Some(&peer) = union.get_index(next) {
        for edge in tree.edges_out(peer) {
            if tree[edge].is_peer() && tree.is_valid(edge) {
                union.extend(tree[edge].to);
            }
        }
        for edge in tree.edges_in(peer) {
            if tree[edge].is_peer() && tree.is_valid(edge) {
                union.insert(tree[edge].from);
            }
        }
        next += 1;
    }
    let mut sets = Vec::new();
    for &peer in &union {
        for edge in tree.edges_in(peer) {
            if !tree.is_valid(edge) || (tree[edge].is_peer() && !tree.is_top(tree[edge].from)) {
                continue;
            }
            let mut set: indexmap::IndexSet<NodeId> = [peer].into_iter().collect();
            let mut next = 0;
            while let Some(&member) = set.get_index(next) {
                for edge in tree.edges_out(member) {
                    if tree[edge].is_peer() && tree.is_valid(edge) {
                        set.extend(tree[edge].to);
                    }
                }
                next += 1;
            }
            if set.contains(&node) {
                sets.push((edge, set.into_iter().collect()));
            }
        }
    }
    sets
}

/// Answers the question.
pub fn check(tree: &mut Tree, question: Question<'_>) -> Check {
    let name = Rc::clone(&tree[question.edge].name);
    let context = Rc::new(Context {
        edge: question.edge,
        parent: question.parent.clone(),
    });
    let mut checker = Checker {
        // Peers try harder to be the only one.
        prefer_dedupe: question.prefer_dedupe || tree[question.edge].is_peer(),
        // The dependency may have been overridden while the peer set was built.
        edge_override: !tree.satisfies(question.dep, question.edge),
        current: tree.child(question.target, &name),
        target_edge: tree.edge(question.target, &name),
        own_placement: None,
        children: Vec::new(),
        peers: None,
        context,
        question,
        name,
    };
    let placement = checker.check(tree);
    Check {
        context: checker.context,
        target: checker.question.target,
        dep: checker.question.dep,
        edge: checker.question.edge,
        current: checker.current,
        placement,
        own_placement: checker.own_placement.unwrap_or(placement),
        children: checker.children,
    }
}

struct Checker<'a> {
    question: Question<'a>,
    name: Rc<str>,
    context: Rc<Context>,
    prefer_dedupe: bool,
    edge_override: bool,
    current: Option<NodeId>,
    target_edge: Option<EdgeId>,
    own_placement: Option<Placement>,
    children: Vec<Check>,
    peers: Option<Placement>,
}

impl Checker<'_> {
    fn check(&mut self, tree: &mut Tree) -> Placement {
        let Question {
            dep, target, edge, ..
        } = self.question;
        // A package that failed to load ends the build or is pruned: anywhere will do.
        if tree[dep].error.is_some() {
            return if self.current.is_some() {
                Placement::Replace
            } else {
                Placement::Ok
            };
        }
        if let Some(target_edge) = self.target_edge {
            // Peers do not go inside their dependents, except at the top.
            if tree[target_edge].is_peer() && !tree.is_top(target) {
                return Placement::Conflict;
            }
            if self.current.is_none() && target_edge != edge && !tree.satisfies(dep, target_edge) {
                return Placement::Conflict;
            }
        }
        match self.current {
            Some(current) => self.check_current(tree, current),
            None => self.check_free(tree),
        }
    }

    fn check_free(&mut self, tree: &mut Tree) -> Placement {
        let Question { dep, target, .. } = self.question;
        let entry_from = tree[self.context.top_edge()].from;
        // Would this shadow something that a package below the target relies on?
        if target != entry_from
            && let Some(shadowed) = tree.resolve(target, &self.name)
        {
            for edge in tree.edges_in(shadowed) {
                if tree.is_descendant(tree[edge].from, target)
                    && tree.is_valid(edge)
                    && !tree.satisfies(dep, edge)
                {
                    return Placement::Conflict;
                }
            }
        }
        self.check_peers(tree, Placement::Ok)
    }

    fn check_current(&mut self, tree: &mut Tree, current: NodeId) -> Placement {
        let Question {
            dep,
            target,
            edge,
            explicit,
            ..
        } = self.question;
        let satisfied = tree.satisfies(current, edge);
        if tree.matches(dep, current) && (satisfied || self.edge_override) {
            return if explicit {
                Placement::Replace
            } else {
                Placement::Keep
            };
        }
        let newer = match (&tree[dep].manifest.semver, &tree[current].manifest.semver) {
            (Some(new), Some(old)) => range::compare(new, old).is_ge(),
            _ => false,
        };
        if newer && tree.can_replace(dep, current, &[]) {
            let placement = self.check_peers(tree, Placement::Replace);
            if placement != Placement::Conflict {
                return placement;
            }
        }
        if satisfied && (!explicit || self.prefer_dedupe) {
            return Placement::Keep;
        }
        if self.prefer_dedupe && !newer && tree.can_replace(dep, current, &[]) {
            let placement = self.check_peers(tree, Placement::Replace);
            if placement != Placement::Conflict {
                return placement;
            }
        }
        // It could go deeper: leave alone what is here.
        if target != self.context.deepest_target(tree) {
            return Placement::Conflict;
        }
        // The dependent itself wants it here.
        if !tree[edge].is_peer() && target == tree[edge].from {
            return self.check_peers(tree, Placement::Replace);
        }
        if self.question.parent.is_none() && !tree[edge].is_peer() {
            return Placement::Conflict;
        }
        if self.can_displace(tree, current) {
            return self.check_peers(tree, Placement::Replace);
        }
        Placement::Conflict
    }

    /// Whether each set of peers `current` belongs to can be replaced by ours or moved deeper.
    fn can_displace(&mut self, tree: &mut Tree, current: NodeId) -> bool {
        let Question {
            dep, target, edge, ..
        } = self.question;
        let entry = self.context.top_edge();
        let Some(virtual_root) = tree[dep].parent else {
            return false;
        };
        let members: Vec<Rc<str>> = tree[virtual_root].children.keys().cloned().collect();
        let mut can_replace = true;
        for (entry_edge, peers) in peer_entry_sets(tree, current) {
            if entry_edge == edge || entry_edge == entry {
                continue;
            }
            let Some(entry_node) = tree[entry_edge].to else {
                continue;
            };
            let entry_name = Rc::clone(&tree[entry_node].name);
            match tree.child(virtual_root, &entry_name) {
                Some(replacement) if tree.can_replace(replacement, entry_node, &members) => {
                    continue;
                }
                Some(_) => {}
                None if self.can_clobber(tree, entry_node, virtual_root) => continue,
                None => {}
            }
            let from = tree[entry_edge].from;
            for peer in peers {
                let name = Rc::clone(&tree[peer].name);
                let deepest = deepest_nesting_target(tree, from, &name);
                if deepest == target || tree.is_descendant(target, deepest) {
                    can_replace = false;
                    break;
                }
            }
        }
        can_replace
    }

    /// Whether all peers reachable from `entry` would be content with the members of our set.
    fn can_clobber(&self, tree: &mut Tree, entry: NodeId, virtual_root: NodeId) -> bool {
        let mut walk = vec![entry];
        let mut seen: BTreeSet<NodeId> = walk.iter().copied().collect();
        while let Some(peer) = walk.pop() {
            for edge in tree.edges_out(peer) {
                if !tree[edge].is_peer() || !tree.is_valid(edge) {
                    continue;
                }
                let name = Rc::clone(&tree[edge].name);
                match tree.child(virtual_root, &name) {
                    Some(replacement) if !tree.satisfies(replacement, edge) => return false,
                    Some(_) => {}
                    None => {
                        if let Some(to) = tree[edge].to
                            && seen.insert(to)
                        {
                            walk.push(to);
                        }
                    }
                }
            }
        }
        true
    }

    fn check_peers(&mut self, tree: &mut Tree, state: Placement) -> Placement {
        self.own_placement = Some(state);
        if let Some(known) = self.peers {
            return known;
        }
        let mut peer_path = self.question.peer_path.to_vec();
        peer_path.push(self.question.dep);
        let mut conflict = false;
        for edge in tree.edges_out(self.question.dep) {
            let Some(peer) = tree[edge].to.filter(|_| tree[edge].is_peer()) else {
                continue;
            };
            if peer_path.contains(&peer) {
                continue;
            }
            let name = Rc::clone(&tree[peer].name);
            // The package itself may be nested while the target has a peer dependency on this peer.
            let target = deepest_nesting_target(tree, self.question.target, &name);
            let child = check(
                tree,
                Question {
                    dep: peer,
                    target,
                    edge,
                    prefer_dedupe: true,
                    explicit: false,
                    parent: Some(Rc::clone(&self.context)),
                    peer_path: &peer_path,
                },
            );
            conflict |= child.placement == Placement::Conflict;
            self.children.push(child);
        }
        let result = if conflict { Placement::Conflict } else { state };
        self.peers = Some(result);
        result
    }
}

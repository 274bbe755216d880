//! Puts a package and its set of peers into the tree: as high as it can go without a conflict, replacing or keeping what is there.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::can_place::{
    self, Check, Context, Placement, Question, deepest_nesting_target, peer_entry_sets,
};
use super::collate::locale_compare;
use super::error::NpmError;
use super::explain;
use super::tree::{EdgeId, NewNode, NodeId, Tree};

/// What holds for a whole build.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Accept every conflict.
    pub force: bool,
    /// Refuse conflicts of dependencies' peers too, not only of the project's own.
    pub strict_peers: bool,
    pub prefer_dedupe: bool,
}

/// One package that was put somewhere.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Debug)]
pub struct Placed {
    pub node: NodeId,
    pub edge: EdgeId,
    /// Whether the place was free or something was replaced.
    pub placement: Placement,
    /// Nodes whose dependencies were pruned and must be looked at again.
    pub need_evaluation: BTreeSet<NodeId>,
}

/// Placing of one dependency and its peers.
#[allow(missing_docs, reason = "the names say it")]
pub struct Placer<'a> {
    pub tree: &'a mut Tree,
    pub policy: &'a Policy,
    /// Names of packages that are placed again though they are there.
    pub updates: &'a BTreeSet<Rc<str>>,
    /// What was placed, dependents before their peers.
    pub placed: Vec<Placed>,
    /// Accepted peer conflicts, as texts.
    pub warnings: Vec<String>,
}

/// The dependency a set of peers is placed for.
struct Parent<'a> {
    edge: EdgeId,
    context: Option<Rc<Context>>,
    parent: Option<&'a Parent<'a>>,
}

impl Placer<'_> {
    /// Places `dep` (a node of a virtual tree) for `edge`.
    ///
    /// # Errors
    /// `ERESOLVE` when the project's own peer dependencies conflict.
    pub fn place(&mut self, edge: EdgeId, dep: NodeId, explicit: bool) -> Result<(), NpmError> {
        self.place_for(edge, dep, explicit, None)
    }

    fn start_node(&self, edge: EdgeId, parent: Option<&Parent<'_>>) -> NodeId {
        let from = match parent {
            Some(parent) => self.start_node(parent.edge, parent.parent),
            None => self.tree[edge].from,
        };
        deepest_nesting_target(self.tree, from, &self.tree[edge].name)
    }

    fn place_for(
        &mut self,
        edge: EdgeId,
        dep: NodeId,
        explicit: bool,
        parent: Option<&Parent<'_>>,
    ) -> Result<(), NpmError> {
        if self.tree.is_valid(edge)
            && self.tree[edge].to.is_some()
            && !explicit
            && !self.updates.contains(&self.tree[edge].name)
        {
            return Ok(());
        }
        let mut chosen: Option<Check> = None;
        let mut own: Option<Check> = None;
        let start = self.start_node(edge, parent);
        let name = Rc::clone(&self.tree[edge].name);
        for target in self.tree.ancestry(start).collect::<Vec<_>>() {
            let is_peer_here = self
                .tree
                .edge(target, &name)
                .is_some_and(|edge| self.tree[edge].is_peer());
            if is_peer_here && !self.tree.is_top(target) {
                continue;
            }
            let question = Question {
                dep,
                target,
                edge,
                prefer_dedupe: self.policy.prefer_dedupe,
                explicit,
                parent: parent.and_then(|parent| parent.context.clone()),
                peer_path: &[],
            };
            let check = can_place::check(self.tree, question);
            let placement = check.placement;
            if placement != Placement::Conflict {
                chosen = Some(check);
                own = None;
            } else {
                // A conflict among the peers only: this place will do if the conflict is acceptable.
                if check.own_placement != Placement::Conflict {
                    own = Some(check);
                }
                break;
            }
            if self.tree[dep].error.is_some() {
                break;
            }
        }
        let check = match (chosen, own) {
            (Some(check), _) => check,
            (None, own) => {
                let top = top_edge(edge, parent);
                if !self.policy.force && (self.policy.strict_peers || self.is_mine(top)) {
                    return Err(explain::peer_conflict(self.tree, top, dep, own.as_ref()));
                }
                let Some(check) = own else {
                    self.accept_conflict(edge, dep, None);
                    return Ok(());
                };
                check
            }
        };
        let target = check.target;
        let placement = if check.placement == Placement::Conflict {
            check.own_placement
        } else {
            check.placement
        };
        if placement == Placement::Keep {
            if self.tree[edge].is_peer() && !self.tree.is_valid(edge) {
                self.accept_conflict(edge, dep, Some(&check));
            }
            self.prune_dedupable(target, true, explicit);
            return Ok(());
        }
        self.put(edge, dep, explicit, parent, &check)
    }

    fn put(
        &mut self,
        edge: EdgeId,
        dep: NodeId,
        explicit: bool,
        parent: Option<&Parent<'_>>,
        check: &Check,
    ) -> Result<(), NpmError> {
        let target = check.target;
        let virtual_root = self.tree[dep].parent;
        let source = &self.tree[dep];
        let new = NewNode {
            name: Rc::clone(&source.name),
            manifest: Rc::clone(&source.manifest),
            resolved: source.resolved.clone(),
            integrity: source.integrity.clone(),
            error: source.error.clone(),
            source: None,
            link: source.link,
            top_path: Rc::from(""),
            overrides: source.overrides,
        };
        let name = Rc::clone(&new.name);
        let placed = self.tree.add(new, None);
        let record = self.placed.len();
        self.placed.push(Placed {
            node: placed,
            edge,
            placement: check.own_placement,
            need_evaluation: BTreeSet::new(),
        });
        match self.tree.child(target, &name) {
            Some(old) => {
                let again = self.replace_old(placed, old, dep, check);
                self.placed[record].need_evaluation = again;
            }
            None => self.tree.attach(placed, target),
        }
        if self.tree[edge].is_peer() && !self.tree.satisfies(placed, edge) {
            self.accept_conflict(edge, dep, Some(check));
        }
        if let Some(to) = self.tree[edge].to
            && to != placed
            && self.tree.is_valid(edge)
        {
            self.prune_dedupable(to, false, explicit);
        }
        // What is deeper may have become superfluous.
        for node in self.tree.named(&name) {
            let root = self.tree[target].root;
            if self.tree[node].root != root
                || self.tree.is_top(node)
                || !self.tree.is_descendant(node, target)
            {
                continue;
            }
            self.prune_dedupable(node, false, explicit);
            if self.tree[node].root == root {
                for child in self.tree[node]
                    .children
                    .values()
                    .copied()
                    .collect::<Vec<_>>()
                {
                    self.prune_dedupable(child, false, explicit);
                }
            }
        }
        for peer_edge in self.tree.edges_out(placed) {
            if !self.tree[peer_edge].is_peer()
                || self.tree[peer_edge].peer_conflicted
                || self.tree.is_valid(peer_edge)
            {
                continue;
            }
            let peer_name = Rc::clone(&self.tree[peer_edge].name);
            // A missing optional peer has no node in the virtual tree.
            let Some(peer) = virtual_root.and_then(|root| self.tree.child(root, &peer_name)) else {
                continue;
            };
            if !self.tree.satisfies(peer, peer_edge) {
                continue;
            }
            let this = Parent {
                edge,
                context: Some(Rc::clone(&check.context)),
                parent,
            };
            self.place_for(peer_edge, peer, explicit, Some(&this))?;
        }
        Ok(())
    }

    /// Replaces `old` by `placed`; answers the nodes that lost a dependency by it.
    fn replace_old(
        &mut self,
        placed: NodeId,
        old: NodeId,
        dep: NodeId,
        check: &Check,
    ) -> BTreeSet<NodeId> {
        let target = self.tree[old].parent;
        let mut orphans = Vec::new();
        for edge in self.tree.edges_out(old) {
            let name = Rc::clone(&self.tree[edge].name);
            if let Some(to) = self.tree[edge].to
                && self.tree.edge(placed, &name).is_none()
            {
                orphans.extend(
                    self.tree
                        .gather_dependencies(&[to], &mut |tree, edge| tree[edge].to != Some(to)),
                );
            }
        }
        // Sets of peers at this level that the new package does not fit: pruned and placed again if they can go deeper.
        let mut displaced: Vec<NodeId> = Vec::new();
        for edge in self.tree.edges_in(old) {
            let from = self.tree[edge].from;
            if self.tree.satisfies(placed, edge)
                || !self.tree[edge].is_peer()
                || self.tree[from].parent != target
                || self.tree[edge].peer_conflicted
            {
                continue;
            }
            for (entry, _) in peer_entry_sets(self.tree, from) {
                let Some(node) = self.tree[entry].to else {
                    continue;
                };
                let entry_from = self.tree[entry].from;
                let deepest = deepest_nesting_target(self.tree, node, "");
                if Some(deepest) != target && !self.tree.is_own(entry_from) {
                    displaced.extend(self.tree.gather_dependencies(&[node], &mut |tree, edge| {
                        tree[edge].to != Some(node) && !tree[edge].peer_conflicted
                    }));
                } else {
                    self.accept_conflict(edge, dep, Some(check));
                }
            }
        }
        self.tree.replace(placed, old);
        self.prune_for_replacement(placed, &orphans);
        let mut again = BTreeSet::new();
        for node in displaced {
            for edge in self.tree.edges_in(node) {
                again.insert(self.tree[edge].from);
            }
            self.tree.detach(node);
        }
        again
    }

    /// Removes what only the replaced package needed.
    fn prune_for_replacement(&mut self, node: NodeId, orphans: &[NodeId]) {
        let mut invalid: Vec<NodeId> = Vec::new();
        for edge in self.tree.edges_out(node) {
            if let Some(to) = self.tree[edge].to
                && !self.tree.is_valid(edge)
            {
                invalid.push(to);
            }
        }
        for &orphan in orphans {
            invalid.extend(self.tree.gather_dependencies(&[orphan], &mut |tree, edge| {
                tree[edge].to != Some(orphan) && tree.is_valid(edge)
            }));
        }
        let set = self.tree.gather_dependencies(&invalid, &mut |tree, edge| {
            tree[edge].from != node && tree[edge].to != Some(node) && tree.is_valid(edge)
        });
        for node in set {
            self.tree.detach(node);
        }
    }

    /// Removes `node` if something higher up serves as well; with `descend`, looks at everything inside it.
    fn prune_dedupable(&mut self, node: NodeId, descend: bool, explicit: bool) {
        if self
            .tree
            .can_dedupe(node, self.policy.prefer_dedupe, explicit)
        {
            let set = self.tree.gather_dependencies(&[node], &mut |tree, edge| {
                tree[edge].to != Some(node) && tree.is_valid(edge)
            });
            for node in set {
                self.tree.detach(node);
            }
            return;
        }
        if descend {
            let mut children: Vec<NodeId> = self.tree[node].children.values().copied().collect();
            children.sort_by(|&a, &b| locale_compare(&self.tree[a].name, &self.tree[b].name));
            for child in children {
                self.prune_dedupable(child, true, explicit);
            }
        }
    }

    /// Whether the project itself asked for this, so that a conflict is an error.
    fn is_mine(&mut self, edge: EdgeId) -> bool {
        let from = self.tree[edge].from;
        if self.tree.is_own(from) {
            return true;
        }
        if !self.tree[edge].is_peer() {
            return false;
        }
        let mut peers = false;
        for edge in self.tree.edges_in(from) {
            if self.tree[edge].is_peer() {
                peers = true;
            } else if self.tree.is_own(self.tree[edge].from) {
                return true;
            }
        }
        peers
            && peer_entry_sets(self.tree, from)
                .iter()
                .any(|(edge, _)| self.tree.is_own(self.tree[*edge].from))
    }

    fn accept_conflict(&mut self, edge: EdgeId, dep: NodeId, check: Option<&Check>) {
        self.tree[edge].peer_conflicted = true;
        let text = explain::overridden_peer(self.tree, edge, dep, check);
        if !self.warnings.contains(&text) {
            self.warnings.push(text);
        }
    }
}

fn top_edge(edge: EdgeId, parent: Option<&Parent<'_>>) -> EdgeId {
    parent.map_or(edge, |parent| top_edge(parent.edge, parent.parent))
}

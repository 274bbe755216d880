//! When one package may take the place of another, or go because another one serves.

use core::cmp::Ordering;
use std::rc::Rc;

use super::{EdgeId, NodeId, Tree};
use crate::npm::range;

impl Tree {
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
        // Other rules for its dependencies make it another package.
        if !self[old].edges_out.is_empty() && self[new].overrides != self[old].overrides {
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
            (Some(other), Some(own)) => match range::compare(other, own) {
                Ordering::Equal => true,
                Ordering::Greater => !self.is_overridden(node),
                Ordering::Less => false,
            },
            _ => false,
        }
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

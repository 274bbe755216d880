//! Where edges lead: moving a node re-resolves what it may be found by, and says whether that is what was asked for.

use std::rc::Rc;

use super::{EdgeError, EdgeId, NodeId, Tree};
use crate::npm::path;
use crate::npm::range;
use crate::npm::spec::Spec;

impl Tree {
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

    /// Registers the folder `node` as one inside the main tree's project, outside `node_modules`: below the nearest folder around it,
    /// above those inside it.
    pub fn attach_folder(&mut self, node: NodeId) {
        let path = Rc::clone(&self[node].top_path);
        let contains = |outer: &str, inner: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        let mut parent = self.main();
        while let Some(&inner) = self[parent]
            .fs_children
            .iter()
            .find(|&&other| contains(&self[other].top_path, &path))
        {
            parent = inner;
        }
        let inside: Vec<NodeId> = self[parent]
            .fs_children
            .iter()
            .copied()
            .filter(|&other| contains(&path, &self[other].top_path))
            .collect();
        for other in inside {
            self[parent].fs_children.retain(|&child| child != other);
            self[other].fs_parent = Some(node);
            self[node].fs_children.push(other);
        }
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

    pub(super) fn family(&self, node: NodeId) -> Vec<NodeId> {
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

    pub(super) fn reload(&mut self, id: EdgeId, hard: bool) {
        if self[id].detached {
            return;
        }
        let (from, name, old) = (self[id].from, Rc::clone(&self[id].name), self[id].to);
        let before = self.renew_rule(id);
        let new = self.resolve(from, &name);
        if new != old {
            if let Some(old) = old {
                self.remove_edge_in(old, id);
            }
            self[id].to = new;
            self[id].state = None;
            if let Some(new) = new {
                self.add_edge_in(new, id);
            }
        } else if hard {
            self[id].state = None;
        } else if let (Some(before), Some(to)) = (before, new) {
            let rule = self[id].overrides;
            self.rule_left(to, before);
            self.rule_entered(to, rule);
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
            Some(to) if !self.satisfies(to, id) || self.rules_contradict(id, to) => {
                Some(EdgeError::Invalid)
            }
            Some(_) => None,
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
        if self[node].name != self[edge].name {
            return false;
        }
        let from = self[edge].from;
        let raw = || self.spec_accepts(&self[edge].raw_spec, node, from);
        let Some(key) = self.override_key(edge) else {
            return raw();
        };
        // What came in a tarball cannot be overridden.
        if self.bundler(node).is_some() {
            return raw();
        }
        // What suits the dependency as written will do too, unless it is what the rule is for.
        self.spec_accepts(&self.wanted_spec(edge), node, from)
            || (raw() && !self.spec_accepts(&self.spec(&key), node, from))
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
        path::normalize(&path::join(&self.location(from), path))
    }
}

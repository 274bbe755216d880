//! Packages that come inside the tarball of another one.

use super::{NodeId, Tree};

impl Tree {
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
}

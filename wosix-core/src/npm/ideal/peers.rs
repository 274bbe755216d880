//! What an edge asks for, with its peers: assembled in a virtual tree before all of it is placed together.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::IdealBuilder;
use crate::npm::collate::locale_compare;
use crate::npm::error::NpmError;
use crate::npm::explain;
use crate::npm::manifest::Manifest;
use crate::npm::path;
use crate::npm::source::Sources;
use crate::npm::spec::Spec;
use crate::npm::tree::{EdgeId, EdgeKind, NewNode, NodeId};

impl IdealBuilder {
    /// A tree of its own with `node`'s dependencies at its root, in which a set of peers is assembled.
    pub(super) fn virtual_root(&mut self, node: NodeId, reuse: bool) -> NodeId {
        if reuse && let Some(&root) = self.virtual_roots.get(&node) {
            return root;
        }
        let new = NewNode {
            source: Some(node),
            top_path: Rc::from(self.tree.location(node)),
            overrides: self.tree[node].overrides,
            ..NewNode::package(
                Rc::clone(&self.tree[node].name),
                Rc::clone(&self.tree[node].manifest),
            )
        };
        let root = self.tree.add(new, None);
        self.virtual_roots.insert(node, root);
        root
    }

    /// Loads what `edge` asks for, with its peers, into a virtual tree.
    pub(super) fn node_from_edge(
        &mut self,
        edge: EdgeId,
        parent: Option<NodeId>,
        second: Option<EdgeId>,
        required: &mut BTreeSet<NodeId>,
        sources: &Sources,
    ) -> Result<NodeId, NpmError> {
        let from = self.tree[edge].from;
        let parent = match parent {
            Some(parent) => parent,
            None => self.virtual_root(from, false),
        };
        let name = Rc::clone(&self.tree[edge].name);
        let first = self.node_from_spec(&name, edge, parent, sources)?;
        // The parent may ask for `*` where a peer asks for `1`: then what the peer wants serves both.
        let mut node = first;
        if let Some(second) = second
            && !self.tree.is_valid(second)
        {
            let candidate = self.node_from_spec(&name, second, parent, sources)?;
            if self.tree.is_valid(edge) {
                node = candidate;
            }
        }
        self.tree.attach(node, parent);
        let demands = |builder: &IdealBuilder, edge: EdgeId, required: &BTreeSet<NodeId>| {
            required.contains(&builder.tree[edge].from)
                && builder.tree[edge].kind != EdgeKind::PeerOptional
        };
        if demands(self, edge, required)
            || second.is_some_and(|second| demands(self, second, required))
        {
            required.insert(node);
        }
        let source = self.tree[parent].source.unwrap_or(parent);
        self.peer_source.insert(node, source);
        self.load_peer_set(node, required, sources)?;
        Ok(node)
    }

    fn node_from_spec(
        &mut self,
        name: &Rc<str>,
        edge: EdgeId,
        parent: NodeId,
        sources: &Sources,
    ) -> Result<NodeId, NpmError> {
        let (spec, text) = (self.tree.wanted_spec(edge), self.tree.wanted(edge));
        let from = self.tree[edge].from;
        // A workspace that will do comes before the registry.
        if self.tree.workspaces().contains_key(&**name)
            && !matches!(*spec, Spec::Directory(_))
            && let Some(own) = self.tree.edge(self.root, name)
            && let Some(link) = self.tree[own].to
            && self.tree.is_workspace(link)
            && self.tree.satisfies(link, edge)
        {
            let new = NewNode {
                link: self.tree[link].link,
                ..NewNode::package(Rc::clone(name), Rc::clone(&self.tree[link].manifest))
            };
            return Ok(self.tree.add(new, Some(parent)));
        }
        let result =
            match sources.manifest(name, &text, &spec, &self.tree, from, &self.options.pick) {
                Ok(result) => result,
                Err(need) => {
                    return Err(NpmError::new(
                        "EINTERNAL",
                        format!("{need:?} was not fetched before it was needed"),
                    ));
                }
            };
        let incomplete = |manifest: &Rc<Manifest>| {
            manifest.version.is_empty() && spec.registry_name(name).is_some()
        };
        let result = match result {
            Ok(manifest) if incomplete(&manifest) => Err(NpmError::new(
                "EINCOMPLETEMANIFEST",
                format!("incomplete manifest for {name}, missing version"),
            )),
            other => other,
        };
        match result {
            Ok(manifest) => {
                let mut new = NewNode::package(Rc::clone(name), manifest);
                match &*spec {
                    Spec::Directory(path) => {
                        new.link =
                            Some(self.folder(&self.tree.resolve_path(from, path), &new.manifest))
                    }
                    Spec::File(path) => {
                        new.resolved = Some(Rc::from(format!(
                            "file:{}",
                            self.tree.resolve_path(from, path)
                        )))
                    }
                    Spec::Remote(url) => new.resolved = Some(Rc::from(url.as_str())),
                    _ => {}
                }
                let is_link = new.link.is_some();
                let node = self.tree.add(new, Some(parent));
                if is_link {
                    self.links.insert(node);
                }
                Ok(node)
            }
            Err(error) => {
                let new = NewNode {
                    error: Some(Rc::new(error)),
                    ..NewNode::package(Rc::clone(name), Rc::new(Manifest::default()))
                };
                let node = self.tree.add(new, Some(parent));
                self.load_failures.insert(node);
                Ok(node)
            }
        }
    }

    /// The node of a folder that links lead to; one inside the project has its dependencies installed too.
    fn folder(&mut self, path: &str, manifest: &Rc<Manifest>) -> NodeId {
        if let Some(&node) = self.folders.get(path) {
            return node;
        }
        let name = if manifest.name.is_empty() {
            path::base_name(path)
        } else {
            &manifest.name
        };
        let new = NewNode {
            top_path: Rc::from(path),
            resolved: None,
            integrity: None,
            ..NewNode::package(Rc::from(name), Rc::clone(manifest))
        };
        let node = self.tree.add(new, None);
        if !path.starts_with("..") && !path.starts_with('/') {
            self.tree.attach_folder(node);
        }
        self.folders.insert(path.to_owned(), node);
        node
    }

    /// Loads the peers of `node` beside it in its virtual tree, and theirs.
    fn load_peer_set(
        &mut self,
        node: NodeId,
        required: &mut BTreeSet<NodeId>,
        sources: &Sources,
    ) -> Result<(), NpmError> {
        let mut peers = Vec::new();
        for edge in self.tree.edges_out(node) {
            if self.tree[edge].is_peer()
                && !(self.tree[edge].to.is_some() && self.tree.is_valid(edge))
            {
                peers.push(edge);
            }
        }
        peers.sort_by(|&a, &b| locale_compare(&self.tree[a].name, &self.tree[b].name));
        for edge in peers {
            // A compatible peer may have replaced `node` meanwhile.
            let Some(parent) = self.tree[node].parent else {
                break;
            };
            if self.tree[edge].to.is_some() && self.tree.is_valid(edge) {
                continue;
            }
            let name = Rc::clone(&self.tree[edge].name);
            let parent_edge = self.tree.edge(parent, &name);
            let source = self.tree[parent].source.unwrap_or(parent);
            let conflict_ok = self.options.policy.force
                || !(self.tree.is_own(source) || self.options.policy.strict_peers);
            let Some(current) = self.tree[edge].to else {
                let Some(parent_edge) = parent_edge else {
                    self.node_from_edge(edge, Some(parent), None, required, sources)?;
                    continue;
                };
                let dep =
                    self.node_from_edge(parent_edge, Some(parent), Some(edge), required, sources)?;
                if self.tree.is_valid(edge) {
                    continue;
                }
                if conflict_ok || !required.contains(&dep) {
                    self.tree[edge].peer_conflicted = true;
                    continue;
                }
                if self.tree[node].parent.is_none() {
                    break;
                }
                return Err(explain::unresolvable(&self.tree, edge));
            };
            // Something is there that does not fit: would what fits also suit the others?
            let dep = self.node_from_edge(edge, None, None, required, sources)?;
            if self.tree.can_replace(dep, current, &[]) {
                self.node_from_edge(edge, Some(parent), None, required, sources)?;
                continue;
            }
            if conflict_ok || !required.contains(&self.tree[edge].from) {
                continue;
            }
            return Err(explain::unresolvable(&self.tree, edge));
        }
        Ok(())
    }
}

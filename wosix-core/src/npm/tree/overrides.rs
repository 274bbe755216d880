//! Which overriding rules hold where: they travel from the project along the edges to what the edges lead to.

use std::rc::Rc;

use super::{EdgeId, NodeId, Tree};
use crate::npm::error::NpmError;
use crate::npm::overrides::RuleId;
use crate::npm::spec::Spec;

impl Tree {
    /// The rules for a dependency of `from`.
    pub(super) fn rule_for(&self, from: NodeId, name: &str, text: &str) -> Option<RuleId> {
        let (all, set) = (self.overrides.as_ref()?, self[from].overrides?);
        Some(all.for_dependency(set, name, text))
    }

    /// What `edge` asks for, rules considered.
    pub fn wanted(&self, edge: EdgeId) -> Rc<str> {
        let edge_ = &self[edge];
        let replaced = edge_
            .overrides
            .and_then(|set| self.overrides.as_ref()?.replacement(set, &edge_.name));
        match replaced {
            None => Rc::clone(&edge_.raw_text),
            Some(text) => match text.strip_prefix('$') {
                None => Rc::clone(text),
                Some(name) => self.referenced(edge_.from, name).unwrap_or(Rc::clone(text)),
            },
        }
    }

    /// [`Tree::wanted`], parsed.
    pub fn wanted_spec(&self, edge: EdgeId) -> Rc<Spec> {
        if self[edge].overrides.is_none() {
            return Rc::clone(&self[edge].raw_spec);
        }
        self.spec(&self.wanted(edge))
    }

    /// `$name` as a value means what the project asks for (or, failing that, the dependent's own manifest).
    fn referenced(&self, from: NodeId, name: &str) -> Option<Rc<str>> {
        let project = self[self[from].source.unwrap_or(from)].root;
        [Some(project), Some(from), self.main]
            .into_iter()
            .flatten()
            .find_map(|node| {
                let manifest = &self[node].manifest;
                let lists = [
                    &manifest.dev_dependencies,
                    &manifest.optional_dependencies,
                    &manifest.dependencies,
                    &manifest.peer_dependencies,
                ];
                let mut all = lists.into_iter().flatten();
                all.find(|(key, spec)| key == name && !spec.is_empty())
                    .map(|(_, spec)| Rc::from(spec.as_str()))
            })
    }

    /// The range that the rule for `edge` is for, if some rule was entered on the way to it.
    pub(super) fn override_key(&self, edge: EdgeId) -> Option<Rc<str>> {
        let set = self[edge].overrides?;
        self.overrides.as_ref()?.key_spec(set).cloned()
    }

    /// Looks up the rules for `edge` again. Answers those before, if they are others now.
    pub(super) fn renew_rule(&mut self, edge: EdgeId) -> Option<Option<RuleId>> {
        let (from, before) = (self[edge].from, self[edge].overrides);
        let rule = self.rule_for(from, &self[edge].name, &self[edge].raw_text);
        self[edge].overrides = rule;
        (rule.is_some() && rule != before).then_some(before)
    }

    pub(super) fn add_edge_in(&mut self, node: NodeId, edge: EdgeId) {
        let rule = self[edge].overrides;
        self.rule_entered(node, rule);
        self[node].edges_in.insert(edge);
    }

    pub(super) fn remove_edge_in(&mut self, node: NodeId, edge: EdgeId) {
        self[node].edges_in.shift_remove(&edge);
        let rule = self[edge].overrides;
        self.rule_left(node, rule);
    }

    /// An edge with these rules leads to `node` now. The rules of the more specific edge hold for its dependencies.
    pub(super) fn rule_entered(&mut self, node: NodeId, rule: Option<RuleId>) {
        let (Some(all), Some(rule)) = (&self.overrides, rule) else {
            return;
        };
        let own = self[node].overrides;
        let merged = match own {
            None => Some(rule),
            Some(own) => all.more_specific(own, rule),
        };
        if merged.is_some() && merged != own {
            self[node].overrides = merged;
            self.pass_rules_on(node);
        }
    }

    /// An edge with these rules leads to `node` no more.
    pub(super) fn rule_left(&mut self, node: NodeId, rule: Option<RuleId>) {
        let Some(all) = &self.overrides else {
            return;
        };
        if rule.is_none() || self[node].overrides != rule {
            return;
        }
        let mut merged: Option<RuleId> = None;
        for &edge in &self[node].edges_in {
            merged = match (self[edge].overrides, merged) {
                (Some(one), Some(other)) => all.more_specific(one, other),
                (one, _) => one,
            };
        }
        if merged == rule {
            return;
        }
        self[node].overrides = merged;
        // Without any rules it will get some from its next dependent.
        if merged.is_some() {
            self.pass_rules_on(node);
        }
    }

    /// The folder behind a link is about to be resolved: the link's rules hold there.
    pub fn pass_rules_to_folder(&mut self, link: NodeId, target: NodeId) {
        let rule = self[link].overrides;
        self.rule_entered(target, rule);
    }

    fn pass_rules_on(&mut self, node: NodeId) {
        if let Some(target) = self[node].link {
            if self.rules_reach(node, target) {
                let rule = self[node].overrides;
                self.rule_entered(target, rule);
            }
            return;
        }
        for edge in self.edges_out(node) {
            self.reload(edge, true);
            if let Some(to) = self[edge].to {
                let rule = self[edge].overrides;
                self.rule_entered(to, rule);
            }
        }
    }

    /// Whether a rule of the link's is for something that the folder behind it needs, directly or not.
    fn rules_reach(&self, link: NodeId, target: NodeId) -> bool {
        let (Some(all), Some(set)) = (&self.overrides, self[link].overrides) else {
            return false;
        };
        let mut seen = vec![target];
        let mut next = 0;
        while let Some(&node) = seen.get(next) {
            next += 1;
            for edge in self.edges_out(node) {
                let edge = &self[edge];
                let rule = all.for_dependency(set, &edge.name, &edge.raw_text);
                if all.is_for(rule, &edge.name) {
                    return true;
                }
                if let Some(to) = edge.to.map(|to| self[to].link.unwrap_or(to))
                    && !seen.contains(&to)
                {
                    seen.push(to);
                }
            }
        }
        false
    }

    /// Whether `to` has dependencies for which other rules hold than `edge` brings.
    pub(super) fn rules_contradict(&self, edge: EdgeId, to: NodeId) -> bool {
        let (Some(all), Some(one), Some(other)) =
            (&self.overrides, self[edge].overrides, self[to].overrides)
        else {
            return false;
        };
        !self[to].edges_out.is_empty() && all.more_specific(one, other).is_none()
    }

    /// Whether `node` is what a rule put in place of something else.
    pub(super) fn is_overridden(&self, node: NodeId) -> bool {
        let Some(all) = &self.overrides else {
            return false;
        };
        let node_ = &self[node];
        let named = |set: RuleId| all.is_for(set, &node_.name);
        node_.overrides.is_some_and(named)
            && node_.edges_in.iter().any(|&edge| {
                let rule = self[edge].overrides;
                rule.is_some_and(|rule| {
                    named(rule)
                        && all
                            .replacement(rule, &node_.name)
                            .is_some_and(|value| **value == *node_.manifest.version)
                }) && rule != self[self[edge].from].overrides
            })
    }

    /// Refuses rules that contradict what the project itself asks for.
    ///
    /// # Errors
    /// `EOVERRIDE`.
    pub fn check_overrides(&self) -> Result<(), NpmError> {
        for edge in self.edges_out(self.main()) {
            let (wanted, raw) = (self.wanted(edge), &self[edge].raw_text);
            if wanted != *raw && !wanted.starts_with('$') {
                return Err(NpmError::new(
                    "EOVERRIDE",
                    format!(
                        "Override for {}@{raw} conflicts with direct dependency",
                        self[edge].name
                    ),
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::NewNode;
    use super::*;
    use crate::npm::manifest::Manifest;

    fn manifest(text: &str) -> Rc<Manifest> {
        Rc::new(Manifest::from_fields(
            serde_json::from_str(text).expect("an object"),
        ))
    }

    #[test]
    fn rules_follow_the_edges() {
        let project = r#"{ "dependencies": { "vite": "*", "rollup": "4.1.0" },
            "overrides": { "vite": { "rollup": "npm:other@1.0.0", "esbuild": "$rollup" } } }"#;
        let (mut tree, root) = Tree::new("project", manifest(project), false);
        let vite = manifest(
            r#"{ "name": "vite", "dependencies": { "rollup": "^4.0.0", "esbuild": "^0.25.0", "postcss": "^8.0.0" } }"#,
        );
        let vite = tree.add(NewNode::package(Rc::from("vite"), vite), Some(root));
        let postcss = manifest(r#"{ "name": "postcss", "dependencies": { "esbuild": "1" } }"#);
        let postcss = tree.add(NewNode::package(Rc::from("postcss"), postcss), Some(root));
        let asked = |tree: &Tree, node: NodeId, name: &str| {
            let edge = tree.edge(node, name).expect("a dependency");
            tree.wanted(edge).to_string()
        };
        assert_eq!(asked(&tree, vite, "rollup"), "npm:other@1.0.0");
        assert_eq!(asked(&tree, vite, "esbuild"), "4.1.0");
        assert_eq!(asked(&tree, vite, "postcss"), "^8.0.0");
        assert_eq!(asked(&tree, root, "rollup"), "4.1.0");
        assert_eq!(asked(&tree, postcss, "esbuild"), "4.1.0");
        assert!(tree.check_overrides().is_ok());
    }

    #[test]
    fn the_project_itself_is_not_overridden() {
        let project = r#"{ "dependencies": { "ms": "2.0.0" }, "overrides": { "ms": "2.1.3" } }"#;
        let (tree, _) = Tree::new("project", manifest(project), false);
        let error = tree.check_overrides().expect_err("a contradiction");
        assert_eq!(error.code, "EOVERRIDE");
    }
}

//! `overrides` of the project's `package.json`: a tree of rules, each of which replaces what certain dependencies ask for, below the
//! packages its ancestors name. Arborist's `OverrideSet`.
//!
//! A set of rules in force is named by the rule that was entered last: its own children hold, then those of its ancestors.

use std::rc::Rc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::manifest::Manifest;
use super::range::{Options, Range};
use super::spec::{self, Spec};

/// How npm's `semver` reads ranges here: strictly.
const STRICT: Options = Options {
    loose: false,
    include_prerelease: false,
};

/// A rule, and the set of rules that holds below what it matched. The first is the root, which matches nothing itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleId(u32);

/// One rule.
#[derive(Debug)]
struct Rule {
    parent: Option<RuleId>,
    /// The key as written; every rule has another path of keys.
    key: String,
    /// Name of the dependencies it is for; empty for the root.
    name: String,
    /// Range of what they ask for that it is for.
    key_spec: Rc<str>,
    /// What they ask for instead.
    value: Rc<str>,
    children: IndexMap<String, RuleId>,
}

/// All rules of a project.
#[derive(Debug)]
pub struct Overrides {
    rules: Vec<Rule>,
}

impl Overrides {
    /// The set that holds at the project itself.
    pub const ROOT: RuleId = RuleId(0);

    /// Reads the field; `None` if there are no rules.
    pub fn parse(fields: &Map<String, Value>) -> Option<Overrides> {
        let written = fields.get("overrides").and_then(Value::as_object)?;
        if written.is_empty() {
            return None;
        }
        let mut all = Overrides {
            rules: vec![Rule {
                parent: None,
                key: String::new(),
                name: String::new(),
                key_spec: Rc::from(""),
                value: Rc::from(""),
                children: IndexMap::new(),
            }],
        };
        all.add_children(Overrides::ROOT, written);
        Some(all)
    }

    fn add_children(&mut self, parent: RuleId, written: &Map<String, Value>) {
        for (key, value) in written.iter().filter(|(key, _)| *key != ".") {
            let (name, key_spec) = spec::split_name(key);
            let key_spec = match key_spec.trim() {
                "" => "*",
                text => text,
            };
            let own = match value {
                Value::String(text) => Some(text.as_str()),
                Value::Object(map) => map.get(".").and_then(Value::as_str),
                _ => None,
            };
            let value_text = match own {
                Some("") => "*",
                Some(text) => text,
                None => key_spec,
            };
            let id = RuleId(u32::try_from(self.rules.len()).expect("fewer than 2^32 rules"));
            self.rules.push(Rule {
                parent: Some(parent),
                key: key.clone(),
                name: name.to_owned(),
                key_spec: Rc::from(key_spec),
                value: Rc::from(value_text),
                children: IndexMap::new(),
            });
            self.rule_mut(parent).children.insert(key.clone(), id);
            if let Value::Object(map) = value {
                self.add_children(id, map);
            }
        }
    }

    fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.0 as usize]
    }

    fn rule_mut(&mut self, id: RuleId) -> &mut Rule {
        &mut self.rules[id.0 as usize]
    }

    fn ancestry(&self, id: RuleId) -> impl Iterator<Item = RuleId> {
        core::iter::successors(Some(id), |&id| self.rule(id).parent)
    }

    /// The rules in force, nearest first; of two with the same key the nearer one.
    fn ruleset(&self, id: RuleId) -> IndexMap<&str, RuleId> {
        let mut set = IndexMap::new();
        for ancestor in self.ancestry(id) {
            let rule = self.rule(ancestor);
            for (key, &child) in &rule.children {
                set.entry(key.as_str()).or_insert(child);
            }
            if rule.parent.is_some() {
                set.entry(rule.key.as_str()).or_insert(ancestor);
            }
        }
        set
    }

    /// The set for a dependency on `name` that asks for `text`: a rule that matches it, or `set` itself.
    pub fn for_dependency(&self, set: RuleId, name: &str, text: &str) -> RuleId {
        let matches = |rule: &Rule| {
            if rule.name != name {
                return false;
            }
            if &*rule.key_spec == "*" {
                return true;
            }
            let asked = Spec::parse(text);
            match asked.target() {
                Spec::Version(_) | Spec::Range { .. } => {
                    let wanted = match &asked {
                        Spec::Alias { .. } => spec::split_name(&text[4..]).1,
                        _ => text,
                    };
                    intersect(wanted, &rule.key_spec)
                }
                Spec::Git(url) => url
                    .split_once("#semver:")
                    .is_some_and(|(_, range)| intersect(range, &rule.key_spec)),
                // Nothing can be compared, so the rule holds.
                _ => true,
            }
        };
        self.ruleset(set)
            .values()
            .copied()
            .find(|&id| matches(self.rule(id)))
            .unwrap_or(set)
    }

    /// The set for a package that no dependency leads to: a rule its version fits, or `set` itself.
    pub fn for_package(&self, set: RuleId, name: &str, manifest: &Manifest) -> RuleId {
        let fits = |text: &str| {
            let range = Range::parse(text, STRICT);
            let version = manifest.semver.as_ref();
            range
                .zip(version)
                .is_some_and(|(range, version)| range.accepts(version))
        };
        let matches =
            |rule: &Rule| rule.name == name && (fits(&rule.key_spec) || fits(&rule.value));
        self.ruleset(set)
            .values()
            .copied()
            .find(|&id| matches(self.rule(id)))
            .unwrap_or(set)
    }

    /// Whether `set` was entered through a rule for `name`.
    pub fn is_for(&self, set: RuleId, name: &str) -> bool {
        self.rule(set).name == name
    }

    /// What a dependency called `name` with this set asks for instead; `None` if nothing else.
    pub fn replacement(&self, set: RuleId, name: &str) -> Option<&Rc<str>> {
        let rule = self.rule(set);
        (rule.name == name && &*rule.value != "*" && !rule.value.is_empty()).then_some(&rule.value)
    }

    /// The range a rule is for; `None` for the root.
    pub fn key_spec(&self, set: RuleId) -> Option<&Rc<str>> {
        let rule = self.rule(set);
        rule.parent.map(|_| &rule.key_spec)
    }

    /// Of two sets the one that is inside the other. For others whatever both are in, or `None` if they contradict each other.
    pub fn more_specific(&self, first: RuleId, second: RuleId) -> Option<RuleId> {
        if self.ancestry(second).any(|id| id == first) {
            return Some(second);
        }
        if self.ancestry(first).any(|id| id == second) {
            return Some(first);
        }
        if self.contradict(first, second) {
            return None;
        }
        self.ancestry(second)
            .find(|&id| self.ancestry(first).any(|other| other == id))
    }

    /// Whether two sets want ranges of the same package that have nothing in common.
    fn contradict(&self, first: RuleId, second: RuleId) -> bool {
        let others = self.ruleset(second);
        self.ruleset(first).iter().any(|(key, &one)| {
            let Some(&other) = others.get(key).filter(|&&other| other != one) else {
                return false;
            };
            let (one, other) = (&self.rule(one).value, &self.rule(other).value);
            if one.starts_with('$') || other.starts_with('$') {
                return false;
            }
            let comparable =
                |text: &str| matches!(Spec::parse(text), Spec::Version(_) | Spec::Range { .. });
            comparable(one) && comparable(other) && !intersect(one, other)
        })
    }
}

fn intersect(one: &str, other: &str) -> bool {
    let (one, other) = (Range::parse(one, STRICT), Range::parse(other, STRICT));
    one.zip(other)
        .is_some_and(|(one, other)| one.intersects(&other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overrides(text: &str) -> Overrides {
        let fields = serde_json::from_str(&format!("{{\"overrides\":{text}}}")).expect("valid");
        Overrides::parse(&fields).expect("rules")
    }

    fn asked(all: &Overrides, set: RuleId, name: &str, text: &str) -> String {
        let found = all.for_dependency(set, name, text);
        all.replacement(found, name)
            .map_or(text.to_owned(), |text| text.to_string())
    }

    #[test]
    fn a_nearer_rule_holds() {
        let all = overrides(r#"{ "a": "1", "b": { ".": "2", "a": "3", "c": { "a": "4" } } }"#);
        let b = all.for_dependency(Overrides::ROOT, "b", "^1");
        let c = all.for_dependency(b, "c", "*");
        assert_eq!(asked(&all, Overrides::ROOT, "a", "^9"), "1");
        assert_eq!(asked(&all, Overrides::ROOT, "b", "^9"), "2");
        assert_eq!(asked(&all, b, "a", "^9"), "3");
        assert_eq!(asked(&all, c, "a", "^9"), "4");
        assert_eq!(asked(&all, c, "b", "^9"), "2");
        assert_eq!(asked(&all, c, "d", "^9"), "^9");
    }

    #[test]
    fn a_range_in_the_key_must_overlap() {
        let all = overrides(r#"{ "a@^2": "2.0.5", "b@1": { "a": "npm:c@1" } }"#);
        let root = Overrides::ROOT;
        assert_eq!(asked(&all, root, "a", "^2.3.0"), "2.0.5");
        assert_eq!(asked(&all, root, "a", "1 || 2"), "2.0.5");
        assert_eq!(asked(&all, root, "a", "^3"), "^3");
        assert_eq!(asked(&all, root, "a", "latest"), "2.0.5");
        assert_eq!(asked(&all, root, "a", "npm:x@^1"), "npm:x@^1");
        assert_eq!(all.for_dependency(root, "b", "2"), root);
        let b = all.for_dependency(root, "b", "^1.2");
        assert_eq!(asked(&all, b, "a", "^3"), "npm:c@1");
    }

    #[test]
    fn sets_beside_each_other() {
        let all = overrides(
            r#"{ "a": { "x": "^1" }, "b": { "x": "^2" }, "c": { "x": "1.5" }, "d": { "y": "1" } }"#,
        );
        let root = Overrides::ROOT;
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| all.for_dependency(root, name, "*"));
        assert_eq!(all.more_specific(root, a), Some(a));
        assert_eq!(all.more_specific(a, root), Some(a));
        assert_eq!(all.more_specific(a, b), None);
        assert_eq!(all.more_specific(a, c), Some(root));
        assert_eq!(all.more_specific(a, d), Some(root));
    }
}

//! `workspaces` of the project's `package.json`: which folders its patterns name, as npm's `map-workspaces` answers.

use indexmap::IndexMap;
use serde_json::{Map, Value};
use std::rc::Rc;

use super::collate::locale_compare;
use super::error::NpmError;
use super::manifest::Manifest;
use super::path;

/// Name of each workspace and its folder, relative to the project.
pub type Workspaces = IndexMap<String, String>;

/// What the patterns are held against; paths are relative to the project, which itself is the empty path.
pub trait Folders {
    /// Names of the folders (not links to folders) in a folder; none if there is no such folder.
    fn list(&mut self, folder: &str) -> Vec<String>;
    /// The manifest in a folder, if there is one.
    ///
    /// # Errors
    /// `EJSONPARSE`.
    fn manifest(&mut self, folder: &str) -> Result<Option<Rc<Manifest>>, NpmError>;
}

/// Finds the workspaces of a project with these fields.
///
/// # Errors
/// `EWORKSPACESCONFIG` if the field is no list; `EDUPLICATEWORKSPACE`; what is wrong with a workspace's manifest.
pub fn find(
    fields: &Map<String, Value>,
    folders: &mut dyn Folders,
) -> Result<Workspaces, NpmError> {
    let Some(field) = fields.get("workspaces") else {
        return Ok(Workspaces::new());
    };
    let listed = match field {
        Value::Object(map) => map.get("packages"),
        other => Some(other),
    };
    let Some(Value::Array(listed)) = listed else {
        return Err(NpmError::new(
            "EWORKSPACESCONFIG",
            "workspaces config expects an Array",
        ));
    };
    let (patterns, excluded) = sort_patterns(listed.iter().filter_map(Value::as_str));
    let mut matches: Vec<String> = Vec::new();
    for pattern in &patterns {
        for pattern in braces(pattern) {
            let segments: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
            walk(String::new(), &segments, folders, &mut matches);
        }
    }
    matches.retain(|folder| !excluded.iter().any(|pattern| path_matches(pattern, folder)));
    matches.sort_by(|a, b| locale_compare(a, b));
    matches.dedup();
    let mut found: IndexMap<String, Vec<String>> = IndexMap::new();
    for pattern in &patterns {
        for folder in matches.iter().filter(|at| path_matches(pattern, at)) {
            let Some(manifest) = folders.manifest(folder)? else {
                continue;
            };
            let name = if manifest.name.is_empty() {
                path::base_name(folder)
            } else {
                &manifest.name
            };
            let paths = found.entry(name.to_owned()).or_default();
            if !paths.contains(folder) {
                paths.push(folder.clone());
            }
        }
    }
    let mut duplicates = NpmError::new(
        "EDUPLICATEWORKSPACE",
        "must not have multiple workspaces with the same name",
    );
    for (name, paths) in found.iter().filter(|(_, paths)| paths.len() > 1) {
        duplicates = duplicates.with_detail(format!(
            "package '{name}' has conflicts in the following paths:"
        ));
        for folder in paths {
            duplicates = duplicates.with_detail(format!("    {folder}"));
        }
    }
    if !duplicates.detail.is_empty() {
        return Err(duplicates);
    }
    Ok(found
        .into_iter()
        .filter_map(|(name, paths)| Some((name, paths.into_iter().next()?)))
        .collect())
}

/// Patterns that name folders, and those after a `!`. A later pattern takes back an exclusion that covers it.
fn sort_patterns<'a>(listed: impl Iterator<Item = &'a str>) -> (Vec<String>, Vec<String>) {
    let (mut patterns, mut excluded): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for written in listed {
        let bare = written.trim_start_matches('!');
        let negated = (written.len() - bare.len()) % 2 == 1;
        let bare = bare
            .strip_prefix('.')
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or(bare);
        let pattern = bare.trim_matches('/').to_owned();
        if negated {
            excluded.push(pattern);
        } else {
            excluded.retain(|exclusion| !path_matches(exclusion, &pattern));
            patterns.push(pattern);
        }
    }
    patterns.retain(|pattern| !excluded.iter().any(|other| path_matches(other, pattern)));
    (patterns, excluded)
}

fn walk(at: String, segments: &[&str], folders: &mut dyn Folders, found: &mut Vec<String>) {
    let Some((segment, rest)) = segments.split_first() else {
        found.push(at);
        return;
    };
    let inside = |name: &str| {
        if at.is_empty() {
            name.to_owned()
        } else {
            format!("{at}/{name}")
        }
    };
    if *segment == "." {
        return walk(at, rest, folders, found);
    }
    if *segment == "**" {
        walk(at.clone(), rest, folders, found);
    }
    for name in folders.list(&at) {
        if name == "node_modules" {
            continue;
        }
        if *segment == "**" {
            if !name.starts_with('.') {
                walk(inside(&name), segments, folders, found);
            }
        } else if segment_matches(segment, &name) {
            walk(inside(&name), rest, folders, found);
        }
    }
}

/// Whether a pattern describes a whole path.
fn path_matches(pattern: &str, path: &str) -> bool {
    fn parts(text: &str) -> Vec<&str> {
        text.split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .collect()
    }
    fn matches(pattern: &[&str], path: &[&str]) -> bool {
        match (pattern.split_first(), path.split_first()) {
            (None, None) => true,
            (Some((&"**", rest)), _) => {
                matches(rest, path)
                    || path.split_first().is_some_and(|(first, after)| {
                        !first.starts_with('.') && matches(pattern, after)
                    })
            }
            (Some((segment, rest)), Some((name, after))) => {
                segment_matches(segment, name) && matches(rest, after)
            }
            _ => false,
        }
    }
    braces(pattern)
        .iter()
        .any(|pattern| matches(&parts(pattern), &parts(path)))
}

/// `a{b,c}` as `ab` and `ac`.
fn braces(pattern: &str) -> Vec<String> {
    let Some(open) = pattern.find('{') else {
        return vec![pattern.to_owned()];
    };
    let (mut depth, mut starts, mut close) = (0, vec![open + 1], None);
    for (at, character) in pattern[open..].char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 1 => {
                close = Some(open + at);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 1 => starts.push(open + at + 1),
            _ => {}
        }
    }
    let Some(close) = close.filter(|_| starts.len() > 1) else {
        return vec![pattern.to_owned()];
    };
    let mut ends: Vec<usize> = starts[1..].iter().map(|start| start - 1).collect();
    ends.push(close);
    let (before, after) = (&pattern[..open], &pattern[close + 1..]);
    starts
        .into_iter()
        .zip(ends)
        .flat_map(|(start, end)| braces(&format!("{before}{}{after}", &pattern[start..end])))
        .collect()
}

/// One name against `*`, `?` and `[...]`; a leading dot must be written.
fn segment_matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    characters_match(&pattern, &name)
}

fn characters_match(pattern: &[char], name: &[char]) -> bool {
    let Some((&first, rest)) = pattern.split_first() else {
        return name.is_empty();
    };
    match first {
        '*' => (0..=name.len()).any(|skip| characters_match(rest, &name[skip..])),
        '?' => !name.is_empty() && characters_match(rest, &name[1..]),
        '[' if rest.len() > 1 && rest[1..].contains(&']') => {
            let end = 1 + rest[1..].iter().position(|&c| c == ']').unwrap_or(0);
            let (set, negated) = match rest[0] {
                '!' | '^' => (&rest[1..end], true),
                _ => (&rest[..end], false),
            };
            let Some((&own, after)) = name.split_first() else {
                return false;
            };
            let mut inside = set.contains(&own);
            inside |= set
                .windows(3)
                .any(|range| range[1] == '-' && (range[0]..=range[2]).contains(&own));
            inside != negated && characters_match(&rest[end + 1..], after)
        }
        plain => name.first() == Some(&plain) && characters_match(rest, &name[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Folders that each have a manifest, named by themselves or by what follows a colon.
    struct Fixture(&'static [&'static str]);

    impl Folders for Fixture {
        fn list(&mut self, folder: &str) -> Vec<String> {
            let mut names: Vec<String> = Vec::new();
            for path in self.0 {
                let path = path.split(':').next().unwrap_or(path);
                let inside = if folder.is_empty() {
                    Some(path)
                } else {
                    path.strip_prefix(folder)
                        .and_then(|rest| rest.strip_prefix('/'))
                };
                let name = inside.and_then(|rest| rest.split('/').next());
                if let Some(name) = name.filter(|name| !names.iter().any(|other| other == name)) {
                    names.push(name.to_owned());
                }
            }
            names
        }

        fn manifest(&mut self, folder: &str) -> Result<Option<Rc<Manifest>>, NpmError> {
            Ok(self.0.iter().find_map(|path| {
                let (path, name) = path.split_once(':').unwrap_or((path, ""));
                let name = name.to_owned();
                (path == folder).then(|| {
                    Rc::new(Manifest {
                        name,
                        ..Manifest::default()
                    })
                })
            }))
        }
    }

    fn found(patterns: &str, folders: &'static [&'static str]) -> Result<String, NpmError> {
        let fields =
            serde_json::from_str(&format!("{{\"workspaces\":{patterns}}}")).expect("an object");
        let found = find(&fields, &mut Fixture(folders))?;
        let list: Vec<String> = found
            .iter()
            .map(|(name, folder)| format!("{name}={folder}"))
            .collect();
        Ok(list.join(" "))
    }

    #[test]
    fn patterns() {
        let all: &[&str] = &[
            "packages/b",
            "packages/a:@x/a",
            "packages/.hidden",
            "packages/a/node_modules/c",
            "apps/web",
            "apps/deep/er",
        ];
        for (patterns, expected) in [
            (r#"["packages/*"]"#, "@x/a=packages/a b=packages/b"),
            (
                r#"["./packages/b/", "apps/web"]"#,
                "b=packages/b web=apps/web",
            ),
            (
                r#"{"packages":["{apps,packages}/?[b-e]*"]}"#,
                "web=apps/web",
            ),
            (r#"["**", "!packages/**"]"#, "er=apps/deep/er web=apps/web"),
            (
                r#"["packages/*", "!packages/b", "packages/b"]"#,
                "@x/a=packages/a b=packages/b",
            ),
            (r#"["nowhere/*"]"#, ""),
        ] {
            assert_eq!(found(patterns, all).as_deref(), Ok(expected), "{patterns}");
        }
    }

    #[test]
    fn refusals() {
        let code = |patterns, folders| found(patterns, folders).expect_err("wrong").code;
        assert_eq!(code("3", &[]), "EWORKSPACESCONFIG");
        assert_eq!(code(r#"["*"]"#, &["a:x", "b:x"]), "EDUPLICATEWORKSPACE");
    }
}

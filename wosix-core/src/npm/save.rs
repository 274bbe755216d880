//! What `npm install <package>` and `npm uninstall` do to `package.json`.

use serde_json::{Map, Value};

use super::collate::locale_compare;
use super::config::Config;
use super::range;
use super::spec::{Request, Spec};

/// Fields that list dependencies, in the order npm looks a package up in.
const FIELDS: [&str; 4] = [
    "devDependencies",
    "optionalDependencies",
    "dependencies",
    "peerDependencies",
];

/// The field the command line names; `None` leaves a package where it is.
pub fn target_kind(config: &Config) -> Option<&'static str> {
    let asked = |key: &str| config.flag(key, false);
    if asked("save-dev") {
        Some("devDependencies")
    } else if asked("save-optional") {
        Some("optionalDependencies")
    } else if asked("save-peer") {
        Some("peerDependencies")
    } else if asked("save-prod") {
        Some("dependencies")
    } else {
        None
    }
}

fn has(fields: &Map<String, Value>, field: &str, name: &str) -> bool {
    fields
        .get(field)
        .and_then(Value::as_object)
        .is_some_and(|map| map.contains_key(name))
}

fn delete(fields: &mut Map<String, Value>, field: &str, name: &str) {
    if let Some(map) = fields.get_mut(field).and_then(Value::as_object_mut)
        && map.shift_remove(name).is_some()
        && map.is_empty()
    {
        fields.shift_remove(field);
    }
}

/// Adds what the user named, with the specs as typed; see [`settle`] for what is saved in the end.
pub fn add(fields: &mut Map<String, Value>, requests: &[Request], target: Option<&'static str>) {
    for request in requests {
        let Some(name) = &request.name else { continue };
        let field = target.unwrap_or_else(|| {
            FIELDS
                .into_iter()
                .find(|field| has(fields, field, name))
                .unwrap_or("dependencies")
        });
        let rivals: &[&str] = match field {
            "dependencies" => &[
                "devDependencies",
                "peerDependencies",
                "optionalDependencies",
            ],
            "devDependencies" => &["dependencies"],
            "optionalDependencies" => &["peerDependencies", "dependencies"],
            _ => &["dependencies", "optionalDependencies"],
        };
        for rival in rivals {
            delete(fields, rival, name);
        }
        let known = has(fields, field, name);
        let list = fields
            .entry(field)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Some(list) = list.as_object_mut()
            && (request.spec != "*" || !known)
        {
            list.insert(name.clone(), Value::String(request.spec.clone()));
        }
    }
}

/// Removes packages from every list.
pub fn remove(fields: &mut Map<String, Value>, names: &[String]) {
    for name in names {
        for field in FIELDS {
            delete(fields, field, name);
        }
    }
}

/// Replaces the specs of what was added by what npm saves: `^` and the installed version, unless a narrower range was asked for; sorts
/// the lists.
pub fn settle(
    fields: &mut Map<String, Value>,
    requests: &[Request],
    config: &Config,
    version: &dyn Fn(&str) -> Option<String>,
) {
    let prefix = if config.flag("save-exact", false) {
        ""
    } else {
        config.get("save-prefix").unwrap_or("^")
    };
    for request in requests {
        let Some(name) = &request.name else { continue };
        let Some(version) = version(name) else {
            continue;
        };
        for field in FIELDS {
            let Some(list) = fields.get_mut(field).and_then(Value::as_object_mut) else {
                continue;
            };
            let Some(current) = list.get(name).and_then(Value::as_str) else {
                continue;
            };
            let saved = match Spec::parse(current) {
                Spec::Version(_) | Spec::Tag(_) | Spec::Range { any: true, .. } => {
                    format!("{prefix}{version}")
                }
                Spec::Range { range, .. } if covers(&range, prefix, &version) => {
                    format!("{prefix}{version}")
                }
                Spec::Alias { name, spec } => match &*spec {
                    Spec::Range { range, any: false } if !covers(range, prefix, &version) => {
                        current.to_owned()
                    }
                    _ => format!("npm:{name}@{prefix}{version}"),
                },
                Spec::Directory(path) | Spec::File(path) => {
                    format!("file:{}", super::path::normalize(&path))
                }
                _ => current.to_owned(),
            };
            list.insert(name.clone(), Value::String(saved));
        }
    }
    for field in FIELDS {
        if let Some(list) = fields.get_mut(field).and_then(Value::as_object_mut) {
            let mut entries: Vec<(String, Value)> = core::mem::take(list).into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| locale_compare(a, b));
            *list = entries.into_iter().collect();
        }
    }
}

/// Whether all of `<prefix><version>` is inside `range`: its lowest and its highest version are.
fn covers(range: &range::Range, prefix: &str, version: &str) -> bool {
    const HIGH: u64 = 999_999;
    let Some(lowest) = range::parse_version(version, true) else {
        return false;
    };
    let mut highest = lowest.clone();
    highest.pre = semver::Prerelease::EMPTY;
    match prefix {
        "^" if lowest.major > 0 => (highest.minor, highest.patch) = (HIGH, HIGH),
        "^" | "~" if lowest.minor > 0 || prefix == "~" => highest.patch = HIGH,
        _ => {}
    }
    range.accepts(&lowest) && range.accepts(&highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(spec: &str, version: &str) -> String {
        let mut fields = Map::new();
        let requests = [Request::parse(&format!("a@{spec}"))];
        add(&mut fields, &requests, None);
        settle(&mut fields, &requests, &Config::default(), &|_| {
            Some(version.to_owned())
        });
        fields["dependencies"]["a"]
            .as_str()
            .expect("text")
            .to_owned()
    }

    #[test]
    fn saves_as_npm() {
        assert_eq!(saved("*", "1.2.3"), "^1.2.3");
        assert_eq!(saved("latest", "1.2.3"), "^1.2.3");
        assert_eq!(saved("1.2.3", "1.2.3"), "^1.2.3");
        assert_eq!(saved("^1.0.0", "1.2.3"), "^1.2.3");
        assert_eq!(saved("~1.2.0", "1.2.3"), "~1.2.0");
        assert_eq!(saved("npm:b@^1", "1.2.3"), "npm:b@^1.2.3");
    }

    #[test]
    fn moves_between_lists() {
        let mut fields: Map<String, Value> =
            serde_json::from_str(r#"{"dependencies":{"a":"1"}}"#).expect("valid");
        add(&mut fields, &[Request::parse("a")], Some("devDependencies"));
        assert_eq!(
            serde_json::to_string(&fields).expect("text"),
            r#"{"devDependencies":{"a":"*"}}"#
        );
        remove(&mut fields, &["a".into()]);
        assert!(fields.is_empty());
    }
}

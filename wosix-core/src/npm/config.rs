//! npm's configuration: command line, `npm_config_*`, `.npmrc` of the project and the user, in this order.

use std::collections::BTreeMap;

use super::error::NpmError;
use super::platform::CacheUse;

/// Settings in force.
#[derive(Clone, Debug, Default)]
pub struct Config {
    values: BTreeMap<String, String>,
    /// What is not an option: the command and its arguments.
    pub arguments: Vec<String>,
    /// Arguments after `--`.
    pub rest: Vec<String>,
}

/// Options that take no value.
const SWITCHES: &[&str] = &[
    "save",
    "save-dev",
    "save-optional",
    "save-peer",
    "save-exact",
    "save-prod",
    "ignore-scripts",
    "package-lock",
    "package-lock-only",
    "legacy-peer-deps",
    "force",
    "strict-peer-deps",
    "prefer-dedupe",
    "audit",
    "fund",
    "yes",
    "silent",
    "quiet",
    "verbose",
    "global",
    "json",
    "long",
    "all",
    "production",
    "version",
    "help",
    "if-present",
    "progress",
    "color",
    "omit-lockfile-registry-resolved",
    "dry-run",
    "prefer-offline",
    "offline",
    "foreground-scripts",
    "bin-links",
    "workspaces",
    "install-links",
    "update-notifier",
    "parseable",
];

/// One-letter options and what they stand for.
const SHORT: &[(&str, &str, &str)] = &[
    ("-D", "save-dev", "true"),
    ("-O", "save-optional", "true"),
    ("-E", "save-exact", "true"),
    ("-S", "save", "true"),
    ("-P", "save-prod", "true"),
    ("-y", "yes", "true"),
    ("-f", "force", "true"),
    ("-g", "global", "true"),
    ("-s", "loglevel", "silent"),
    ("-v", "version", "true"),
    ("-h", "help", "true"),
    ("-a", "all", "true"),
    ("-l", "long", "true"),
];

/// Options with a value that have a letter.
const SHORT_VALUES: &[(&str, &str)] = &[
    ("-p", "package"),
    ("-c", "call"),
    ("-C", "prefix"),
    ("-w", "workspace"),
];

impl Config {
    /// Reads the command line. With `stop_early` (npx) everything after the first word belongs to that word.
    ///
    /// # Errors
    /// `EUSAGE` for an option without its value.
    pub fn parse(args: &[String], stop_early: bool) -> Result<Config, NpmError> {
        let mut config = Config::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if arg == "--" {
                config.rest = args.cloned().collect();
                break;
            }
            if let Some((_, key, value)) = SHORT.iter().find(|(short, ..)| short == arg) {
                config.set(key, value);
            } else if let Some((_, key)) = SHORT_VALUES.iter().find(|(short, _)| short == arg) {
                let value = args.next().ok_or_else(|| {
                    NpmError::new("EUSAGE", format!("option {arg} needs a value"))
                })?;
                config.set(key, value);
            } else if let Some(option) = arg.strip_prefix("--") {
                let (key, value) = option
                    .split_once('=')
                    .map_or((option, None), |(key, value)| (key, Some(value)));
                match (value, key.strip_prefix("no-")) {
                    (Some(value), _) => config.set(key, value),
                    (None, Some(key)) => config.set(key, "false"),
                    (None, None) if SWITCHES.contains(&key) => config.set(key, "true"),
                    (None, None) => {
                        let value = args.next().ok_or_else(|| {
                            NpmError::new("EUSAGE", format!("option {arg} needs a value"))
                        })?;
                        config.set(key, value);
                    }
                }
            } else if arg.len() > 1 && arg.starts_with('-') {
                return Err(NpmError::new("EUSAGE", format!("Unknown option: {arg}")));
            } else {
                config.arguments.push(arg.clone());
                if stop_early {
                    config.rest = args.cloned().collect();
                    break;
                }
            }
        }
        Ok(config)
    }

    /// How requests may use the cache.
    pub fn cache_use(&self) -> CacheUse {
        if self.flag("offline", false) {
            CacheUse::Only
        } else if self.flag("prefer-offline", false) {
            CacheUse::Prefer
        } else {
            CacheUse::Revalidate
        }
    }

    /// Sets a value, replacing one of less precedence.
    pub fn set(&mut self, key: &str, value: &str) {
        self.values.insert(key.to_owned(), value.to_owned());
    }

    /// Adds values that are in force unless already set: `npm_config_*` variables.
    pub fn add_environment(&mut self, environment: &[String]) {
        for entry in environment {
            let Some((name, value)) = entry.split_once('=') else {
                continue;
            };
            if let Some(key) = name
                .to_ascii_lowercase()
                .strip_prefix("npm_config_")
                .filter(|_| !value.is_empty())
            {
                let key = key.replace('_', "-");
                self.values.entry(key).or_insert_with(|| value.to_owned());
            }
        }
    }

    /// Adds the lines of an `.npmrc` where nothing is set yet; `${NAME}` is replaced from the environment.
    pub fn add_file(&mut self, text: &str, environment: &[String]) {
        let mut own: BTreeMap<String, String> = BTreeMap::new();
        for line in text.lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';', '[']) {
                continue;
            }
            let (key, value) = line
                .split_once('=')
                .map_or((line, "true"), |(key, value)| (key.trim(), value.trim()));
            let value = value.trim_matches('"');
            own.insert(key.to_owned(), expand(value, environment));
        }
        for (key, value) in own {
            self.values.entry(key).or_insert(value);
        }
    }

    /// A value.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// A switch; `default` if nobody set it.
    pub fn flag(&self, key: &str, default: bool) -> bool {
        self.get(key).map_or(default, |value| {
            value != "false" && value != "0" && value != "null"
        })
    }

    /// The registry for a package, with a slash at the end.
    pub fn registry(&self, package: &str) -> String {
        let scoped = package
            .split_once('/')
            .filter(|_| package.starts_with('@'))
            .and_then(|(scope, _)| self.get(&format!("{scope}:registry")));
        let url = scoped.or_else(|| self.get("registry")).unwrap_or_default();
        if url.ends_with('/') {
            url.to_owned()
        } else {
            format!("{url}/")
        }
    }

    /// Whether packages of this kind are left out.
    pub fn omits(&self, kind: &str) -> bool {
        let listed = self
            .get("omit")
            .is_some_and(|list| list.split([',', ' ']).any(|name| name == kind));
        let production = kind == "dev" && self.flag("production", false);
        (listed || production)
            && !self
                .get("include")
                .is_some_and(|list| list.split([',', ' ']).any(|name| name == kind))
    }
}

fn expand(value: &str, environment: &[String]) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some(start) = rest.find("${") {
        let Some(end) = rest[start..].find('}') else {
            break;
        };
        let name = &rest[start + 2..start + end];
        let found = environment
            .iter()
            .find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='));
        out.push_str(&rest[..start]);
        // An unknown variable stays as it is written.
        out.push_str(found.unwrap_or(&rest[start..=start + end]));
        rest = &rest[start + end + 1..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precedence() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let mut config = Config::parse(
            &words("install -D x --registry http://a/ --no-save --omit=dev -- y"),
            false,
        )
        .expect("valid");
        config.add_environment(&[
            "npm_config_registry=http://b/".into(),
            "npm_config_save_exact=true".into(),
        ]);
        config.add_file(
            "registry=http://c/\n@s:registry = http://s\n; comment\nignore-scripts\ntoken=${T}",
            &["T=1".into()],
        );
        assert_eq!(config.arguments, ["install", "x"]);
        assert_eq!(config.rest, ["y"]);
        assert_eq!(config.registry("a"), "http://a/");
        assert_eq!(config.registry("@s/a"), "http://s/");
        assert!(
            config.flag("save-dev", false)
                && config.flag("save-exact", false)
                && config.flag("ignore-scripts", false)
                && !config.flag("save", true)
        );
        assert!(config.omits("dev"));
        assert_eq!(config.get("token"), Some("1"));
        let npx = Config::parse(&words("-y cowsay --version"), true).expect("valid");
        assert_eq!(
            (npx.arguments, npx.rest),
            (words("cowsay"), words("--version"))
        );
    }
}

//! What a dependency asks for: the part after the `@` of `name@spec`, classified as npm's `npm-package-arg` does.

use super::range::{self, Range, Version};

/// A classified dependency specification.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    /// Exactly one version.
    Version(Version),
    /// A range; `any` says that the text was `*` (or empty), which even a prerelease satisfies.
    Range { range: Range, any: bool },
    /// A distribution tag such as `latest`.
    Tag(String),
    /// `npm:name@spec`: another package under this name.
    Alias { name: String, spec: Box<Spec> },
    /// A folder, as written (without `file:`).
    Directory(String),
    /// A tarball on disk, as written (without `file:`).
    File(String),
    /// A tarball by URL.
    Remote(String),
    /// A git repository, which this client does not fetch.
    Git(String),
    /// Text that is none of these.
    Invalid(String),
}

impl Spec {
    /// Classifies `text`. Never fails: what npm would refuse is [`Spec::Invalid`].
    pub fn parse(text: &str) -> Spec {
        let lower = text.to_ascii_lowercase();
        if lower.starts_with("file:") {
            return from_path(&text[5..]);
        }
        if text.starts_with("./")
            || text.starts_with("../")
            || text.starts_with('/')
            || text.starts_with("~/")
            || matches!(text, "." | "..")
        {
            return from_path(text);
        }
        if lower.starts_with("npm:") {
            let (name, spec) = split_name(&text[4..]);
            return match Spec::parse(spec) {
                spec @ (Spec::Version(_) | Spec::Range { .. } | Spec::Tag(_)) => Spec::Alias {
                    name: name.to_owned(),
                    spec: Box::new(spec),
                },
                _ => Spec::Invalid(text.to_owned()),
            };
        }
        if is_git(text, &lower) {
            return Spec::Git(text.to_owned());
        }
        if lower.starts_with("http://") || lower.starts_with("https://") {
            return if lower
                .split('#')
                .next()
                .is_some_and(|url| url.ends_with(".git"))
            {
                Spec::Git(text.to_owned())
            } else {
                Spec::Remote(text.to_owned())
            };
        }
        let trimmed = text.trim();
        if let Some(version) = range::parse_version(trimmed, true) {
            return Spec::Version(version);
        }
        if let Some(range) = Range::parse(trimmed, range::LOOSE) {
            return Spec::Range {
                range,
                any: trimmed.is_empty() || trimmed == "*",
            };
        }
        if trimmed.contains('/')
            || lower.ends_with(".tgz")
            || lower.ends_with(".tar.gz")
            || lower.ends_with(".tar")
        {
            return from_path(text);
        }
        if trimmed
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&c))
        {
            return Spec::Tag(trimmed.to_owned());
        }
        Spec::Invalid(text.to_owned())
    }

    /// The package whose packument answers this spec of a dependency called `name`, if a registry does.
    pub fn registry_name<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        match self {
            Spec::Version(_) | Spec::Range { .. } | Spec::Tag(_) => Some(name),
            Spec::Alias { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The spec without an alias around it.
    pub fn target(&self) -> &Spec {
        match self {
            Spec::Alias { spec, .. } => spec,
            other => other,
        }
    }
}

fn from_path(text: &str) -> Spec {
    let path = match text.strip_prefix("//") {
        Some(rest) if !rest.starts_with('/') => rest,
        Some(rest) => rest,
        None => text,
    };
    let lower = path.to_ascii_lowercase();
    if lower.ends_with(".tgz") || lower.ends_with(".tar.gz") || lower.ends_with(".tar") {
        Spec::File(path.to_owned())
    } else {
        Spec::Directory(path.to_owned())
    }
}

fn is_git(text: &str, lower: &str) -> bool {
    if lower.starts_with("git+")
        || lower.starts_with("git:")
        || lower.starts_with("git@")
        || lower.starts_with("ssh://")
    {
        return true;
    }
    if ["github:", "gitlab:", "bitbucket:", "gist:"]
        .iter()
        .any(|host| lower.starts_with(host))
    {
        return true;
    }
    // `owner/repository`, GitHub's shorthand.
    let body = text.split('#').next().unwrap_or(text);
    let mut parts = body.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(owner), Some(repository), None) => {
            let word = |part: &str| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c))
            };
            word(owner) && word(repository) && !owner.starts_with('.') && !owner.starts_with('-')
        }
        _ => false,
    }
}

/// Splits `name@spec` (or `name`); the spec is empty when there is none.
pub fn split_name(text: &str) -> (&str, &str) {
    match text.get(1..).and_then(|rest| rest.find('@')) {
        Some(at) => (&text[..at + 1], &text[at + 2..]),
        None => (text, ""),
    }
}

/// What a user names on the command line: `name`, `name@spec`, or a spec without a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Absent when it is known only from the package itself (folders, tarballs).
    pub name: Option<String>,
    /// The text of the spec; `*` when only a name was given.
    pub spec: String,
    /// The argument itself.
    pub raw: String,
}

impl Request {
    /// Reads one argument of `npm install`.
    pub fn parse(raw: &str) -> Request {
        let (name, spec) = split_name(raw);
        let nameless = !raw.starts_with('@') && (name.contains('/') || name.contains(':'))
            || raw.starts_with('.')
            || raw.starts_with('/')
            || {
                let lower = name.to_ascii_lowercase();
                lower.ends_with(".tgz") || lower.ends_with(".tar.gz") || lower.ends_with(".tar")
            };
        if nameless {
            return Request {
                name: None,
                spec: raw.to_owned(),
                raw: raw.to_owned(),
            };
        }
        let spec = if spec.is_empty() { "*" } else { spec };
        Request {
            name: Some(name.to_owned()),
            spec: spec.to_owned(),
            raw: raw.to_owned(),
        }
    }
}

/// Why a name cannot be a package's, in `validate-npm-package-name`'s words; `None` when it can.
pub fn name_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("name length must be greater than zero");
    }
    if name.starts_with('.') {
        return Some("name cannot start with a period");
    }
    if name.starts_with('_') {
        return Some("name cannot start with an underscore");
    }
    if name.trim() != name {
        return Some("name cannot contain leading or trailing spaces");
    }
    if matches!(
        name.to_ascii_lowercase().as_str(),
        "node_modules" | "favicon.ico"
    ) {
        return Some("is not a valid package name");
    }
    let friendly = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&c))
    };
    let valid = match name.strip_prefix('@').and_then(|rest| rest.split_once('/')) {
        Some((scope, rest)) => friendly(scope) && friendly(rest) && !rest.starts_with('.'),
        None => friendly(name),
    };
    if valid {
        None
    } else {
        Some("name can only contain URL-friendly characters")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> &'static str {
        match Spec::parse(text) {
            Spec::Version(_) => "version",
            Spec::Range { any: true, .. } => "any",
            Spec::Range { .. } => "range",
            Spec::Tag(_) => "tag",
            Spec::Alias { .. } => "alias",
            Spec::Directory(_) => "directory",
            Spec::File(_) => "file",
            Spec::Remote(_) => "remote",
            Spec::Git(_) => "git",
            Spec::Invalid(_) => "invalid",
        }
    }

    #[test]
    fn classifies_as_npm_package_arg() {
        for (text, expected) in [
            ("", "any"),
            ("*", "any"),
            ("1.2.3", "version"),
            ("=1.2.3", "version"),
            ("^1", "range"),
            ("1 || 2", "range"),
            ("latest", "tag"),
            ("npm:other@^1", "alias"),
            ("npm:@s/other", "alias"),
            ("file:../x", "directory"),
            ("./x", "directory"),
            ("file:x.tgz", "file"),
            ("https://example.com/x.tgz", "remote"),
            ("git+https://example.com/x.git", "git"),
            ("owner/name", "git"),
            ("owner/name#semver:^1", "git"),
            ("github:a/b", "git"),
            ("a b c", "invalid"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn splits_arguments() {
        let request = |raw| {
            let r = Request::parse(raw);
            (r.name, r.spec)
        };
        assert_eq!(request("a"), (Some("a".into()), "*".into()));
        assert_eq!(request("@s/a@^1"), (Some("@s/a".into()), "^1".into()));
        assert_eq!(request("./a"), (None, "./a".into()));
        assert_eq!(request("a@npm:b@1"), (Some("a".into()), "npm:b@1".into()));
    }
}

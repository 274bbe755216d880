//! Lexical path arithmetic (the core knows no file system, and `std::path` is wrong on WebAssembly).

/// `base/path`, or `path` if it is absolute.
pub fn join(base: &str, path: &str) -> String {
    if path.starts_with('/') || base.is_empty() {
        path.to_owned()
    } else {
        format!("{}/{path}", base.trim_end_matches('/'))
    }
}

/// Resolves `.` and `..`; leading `..` of a relative path stay.
pub fn normalize(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|&last| last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if absolute {
        format!("/{joined}")
    } else {
        joined
    }
}

/// `to` as seen from the folder `from`; both absolute, or both relative to the same folder.
pub fn relative(from: &str, to: &str) -> String {
    let (from, to) = (normalize(from), normalize(to));
    let split = |path: &str| {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (from, to) = (split(&from), split(&to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut parts = vec![".."; from.len() - common];
    parts.extend(to[common..].iter().map(String::as_str));
    parts.join("/")
}

/// The folder a path is in; `/` for a name at the top, empty for a relative name.
pub fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) => "/",
        Some(end) => &path[..end],
        None => "",
    }
}

/// The last name of a path.
pub fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic() {
        assert_eq!(normalize("a/./b/../c"), "a/c");
        assert_eq!(normalize("../a/../.."), "../..");
        assert_eq!(normalize("/../a//b/"), "/a/b");
        assert_eq!(relative("/a/b", "/a/c/d"), "../c/d");
        assert_eq!(
            relative("node_modules/.bin", "node_modules/x/cli.js"),
            "../x/cli.js"
        );
        assert_eq!(join("/a/", "b"), "/a/b");
        assert_eq!(parent("/a"), "/");
        assert_eq!(base_name("a/b"), "b");
    }
}

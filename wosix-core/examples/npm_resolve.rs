//! Resolves a project as `npm install --package-lock-only` does, from packuments in a folder:
//! `npm_resolve PROJECT CACHE OUT [--before DATE] [--node VERSION] [--omit-resolved] [--lock] [--dedupe] [--install]`; with
//! `--install` as an installation that opens no tarball resolves.
//!
//! What is missing is printed as `need packuments NAME...`; the caller puts `NAME.json` (`/` written as `%2f`) for each into CACHE/packuments,
//! empty if there is no such package, and answers with a line. Likewise `need tarballs URL...`, each under the SHA-256 of its address in
//! CACHE/tarballs. `conformance/npm/trees.mjs` is that caller.

use std::fs;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sha2::{Digest, Sha256};
use wosix_core::npm::error::NpmError;
use wosix_core::npm::ideal::{BuildOptions, IdealBuilder};
use wosix_core::npm::json::{self, Format};
use wosix_core::npm::lockfile::{self, Lockfile, WriteOptions};
use wosix_core::npm::manifest::{Host, Manifest};
use wosix_core::npm::packument::{Packument, PickOptions};
use wosix_core::npm::place::Policy;
use wosix_core::npm::range::parse_version;
use wosix_core::npm::source::{Need, Sources};
use wosix_core::npm::tarball;
use wosix_core::npm::tree::Tree;
use wosix_core::npm::workspaces::{self, Folders};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        args.iter()
            .position(|arg| arg == name)
            .and_then(|at| args.get(at + 1))
            .cloned()
    };
    let flag = |name: &str| args.iter().any(|arg| arg == name);
    let (project, cache, out) = (
        Path::new(&args[0]),
        Path::new(&args[1]),
        Path::new(&args[2]),
    );
    let mut host = Host::default();
    if let Some(version) = value("--node").and_then(|text| parse_version(&text, true)) {
        host.node = version;
    }
    let before = value("--before").map(|date| {
        if date.contains('T') {
            date
        } else {
            format!("{date}T00:00:00.000Z")
        }
    });
    let pick = PickOptions {
        before,
        host,
        default_tag: None,
    };
    let write = WriteOptions {
        omit_resolved: flag("--omit-resolved"),
        hidden: false,
    };
    let options = BuildOptions {
        pick,
        save: !flag("--dedupe"),
        complete: !flag("--install"),
        mutating: flag("--dedupe"),
        dedupe: flag("--dedupe"),
        policy: Policy {
            prefer_dedupe: flag("--dedupe"),
            ..Policy::default()
        },
        ..BuildOptions::default()
    };
    match resolve(project, cache, options, &write, flag("--lock")) {
        Ok((text, warnings)) => {
            for warning in warnings {
                eprintln!("npm warn {}", warning.replace('\n', "\nnpm warn "));
            }
            fs::write(out, text).expect("the output can be written");
        }
        Err(error) => {
            eprintln!("{}", error.lines().join("\n"));
            std::process::exit(1);
        }
    }
}

fn resolve(
    project: &Path,
    cache: &Path,
    mut options: BuildOptions,
    write: &WriteOptions,
    use_lock: bool,
) -> Result<(String, Vec<String>), NpmError> {
    let text = fs::read_to_string(project.join("package.json")).expect("a package.json");
    let fields = json::parse_object("package.json", &text)?;
    let name = project
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let workspaces = workspaces::find(&fields, &mut Disk(project))?;
    let (mut tree, _) = Tree::new(&name, Rc::new(Manifest::from_fields(fields)), false);
    let mut format = Format::detect(&text);
    let mut from_disk = false;
    if use_lock
        && let Ok(text) = fs::read_to_string(project.join("package-lock.json"))
        && let Some(lock) = Lockfile::parse("package-lock.json", &text)?
    {
        tree.set_workspaces(workspaces);
        lock.load_into(&mut tree, &mut |_| None)?;
        format = lock.format;
        from_disk = true;
    } else {
        tree.add_workspaces(workspaces, &mut |path| {
            Disk(project).manifest(path).ok().flatten()
        });
    }
    options.from_disk = from_disk;
    let mut builder = IdealBuilder::new(tree, options, &[]);
    let mut sources = Sources::default();
    loop {
        let needs = builder.advance(&sources)?;
        if needs.is_empty() {
            return Ok((
                lockfile::stringify(&builder.tree, &format, write),
                builder.warnings,
            ));
        }
        fetch(cache, &needs);
        for need in needs {
            match need {
                Need::Packument(name) => {
                    let packument = load(cache, &name);
                    sources.packuments.insert(name, packument);
                }
                Need::Folder(path) => {
                    let manifest = Disk(project).manifest(&path);
                    sources
                        .folders
                        .insert(path, manifest.map(Option::unwrap_or_default));
                }
                Need::Archive(url) => {
                    sources.archives.insert(
                        url.clone(),
                        Err(NpmError::new("ENOTSUP", format!("tarball {url} in a test"))),
                    );
                }
                Need::Bundle(url) => {
                    let bytes = fs::read(tarball_path(cache, &url)).unwrap_or_default();
                    let bundle = tarball::unpack(&bytes).and_then(|unpacked| unpacked.bundle());
                    sources.bundles.insert(url, bundle);
                }
            }
        }
    }
}

/// The project's folder.
struct Disk<'a>(&'a Path);

impl Folders for Disk<'_> {
    fn list(&mut self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.join(folder)).into_iter().flatten();
        entries
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()
    }

    fn manifest(&mut self, folder: &str) -> Result<Option<Rc<Manifest>>, NpmError> {
        let file = self.0.join(folder).join("package.json");
        let Ok(text) = fs::read_to_string(&file) else {
            return Ok(None);
        };
        let fields = json::parse_object(&file.to_string_lossy(), &text)?;
        Ok(Some(Rc::new(Manifest::from_fields(fields))))
    }
}

fn tarball_path(cache: &Path, url: &str) -> PathBuf {
    let digest: String = Sha256::digest(url)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    cache.join("tarballs").join(digest)
}

fn packument_path(cache: &Path, name: &str) -> PathBuf {
    cache
        .join("packuments")
        .join(format!("{}.json", name.replace('/', "%2f")))
}

/// Has the caller fetch what is not there yet.
fn fetch(cache: &Path, needs: &[Need]) {
    let packuments = needs.iter().filter_map(|need| match need {
        Need::Packument(name) if !packument_path(cache, name).exists() => Some(name.as_str()),
        _ => None,
    });
    let tarballs = needs.iter().filter_map(|need| match need {
        Need::Bundle(url) if !tarball_path(cache, url).exists() => Some(url.as_str()),
        _ => None,
    });
    ask("packuments", packuments.collect());
    ask("tarballs", tarballs.collect());
}

fn ask(kind: &str, missing: Vec<&str>) {
    if missing.is_empty() {
        return;
    }
    println!("need {kind} {}", missing.join(" "));
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .expect("an answer");
}

fn load(cache: &Path, name: &str) -> Result<Rc<Packument>, NpmError> {
    let bytes = fs::read(packument_path(cache, name)).unwrap_or_default();
    if bytes.is_empty() {
        return Err(NpmError::not_found(name, name));
    }
    Packument::parse(name, &bytes)
        .map(Rc::new)
        .map_err(|error| NpmError::new("EJSONPARSE", format!("{name}: {error}")))
}

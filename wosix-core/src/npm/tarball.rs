//! A package's tarball as one block of bytes and an index of the files in it.

use std::io::Read;
use std::rc::Rc;

use super::collate::locale_compare;
use super::error::NpmError;
use super::json;
use super::manifest::{Manifest, contained_path};

/// One file of an unpacked package.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFile {
    /// Relative to the package's folder.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// Where its contents begin in [`Unpacked::bytes`].
    pub offset: usize,
    pub length: usize,
}

/// An unpacked package.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Debug, Default)]
pub struct Unpacked {
    pub bytes: Vec<u8>,
    pub files: Vec<PackFile>,
}

impl Unpacked {
    /// The packages this package brings in its own `node_modules`, outer ones first.
    ///
    /// # Errors
    /// `EJSONPARSE` of a manifest.
    pub fn bundle(&self) -> Result<Vec<(String, Rc<Manifest>)>, NpmError> {
        let mut bundle = Vec::new();
        for file in &self.files {
            let Some(location) = file.path.strip_suffix("/package.json") else {
                continue;
            };
            let is_package = |location: &str| {
                let mut names = location.split("node_modules/");
                names.next() == Some("")
                    && names.all(|name| {
                        let slashes = name.trim_end_matches('/').matches('/').count();
                        !name.is_empty() && slashes == usize::from(name.starts_with('@'))
                    })
            };
            if !is_package(location) {
                continue;
            }
            let text = String::from_utf8_lossy(&self.bytes[file.offset..file.offset + file.length]);
            let fields = json::parse_object(&file.path, &text)?;
            bundle.push((location.to_owned(), Rc::new(Manifest::from_fields(fields))));
        }
        bundle.sort_by(|(a, _), (b, _)| {
            let depth = |at: &str| at.matches("node_modules/").count();
            depth(a).cmp(&depth(b)).then_with(|| locale_compare(a, b))
        });
        Ok(bundle)
    }
}

/// npm's umask: what of an entry's mode survives.
const UMASK: u32 = 0o022;

/// Unpacks a gzipped (or plain) tarball as npm does: the first folder of each path is dropped, links and everything that is no file are
/// left out, nothing can leave the package's folder.
///
/// # Errors
/// `TAR_BAD_ARCHIVE` for a damaged or truncated one.
pub fn unpack(bytes: &[u8]) -> Result<Unpacked, NpmError> {
    let bad = |reason: &dyn core::fmt::Display| {
        NpmError::new("TAR_BAD_ARCHIVE", format!("TAR_BAD_ARCHIVE: {reason}"))
    };
    let inflated;
    let archive = if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut data = Vec::with_capacity(bytes.len() * 4);
        flate2::read::MultiGzDecoder::new(bytes)
            .read_to_end(&mut data)
            .map_err(|error| {
                bad(&format!(
                    "Unexpected end of compressed data or damage ({error})"
                ))
            })?;
        inflated = data;
        &inflated[..]
    } else {
        bytes
    };
    if archive.len() < 512 {
        return Err(bad(&"Unrecognized archive format"));
    }
    let mut unpacked = Unpacked::default();
    let mut index: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for entry in tar::Archive::new(archive)
        .entries()
        .map_err(|error| bad(&error))?
    {
        let mut entry = entry.map_err(|error| bad(&error))?;
        let kind = entry.header().entry_type();
        if !matches!(kind, tar::EntryType::Regular | tar::EntryType::Continuous) {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(path) = strip_first(&path) else {
            continue;
        };
        let mode = entry.header().mode().unwrap_or(0);
        let offset = unpacked.bytes.len();
        entry
            .read_to_end(&mut unpacked.bytes)
            .map_err(|error| bad(&error))?;
        let length = unpacked.bytes.len() - offset;
        // The library ends a file quietly where the archive does. `size` knows PAX's sizes too, unlike the header.
        if entry.size() != length as u64 {
            return Err(bad(&"Truncated input"));
        }
        // Files are at least readable and writable (npm's fmode), whatever the publisher's umask was.
        let file = PackFile {
            path: path.clone(),
            mode: (mode & 0o777 | 0o666) & !UMASK,
            offset,
            length,
        };
        match index.get(&path) {
            // A later entry of the same name replaces an earlier one.
            Some(&at) => unpacked.files[at] = file,
            None => {
                index.insert(path, unpacked.files.len());
                unpacked.files.push(file);
            }
        }
    }
    Ok(unpacked)
}

/// Drops the first folder; `None` for paths that npm refuses to unpack.
fn strip_first(path: &str) -> Option<String> {
    if path.split(['/', '\\']).any(|part| part == "..") {
        return None;
    }
    let (_, rest) = path.trim_start_matches('/').split_once('/')?;
    let clean = contained_path_keeping_colons(rest);
    (!clean.is_empty()).then_some(clean)
}

fn contained_path_keeping_colons(path: &str) -> String {
    if path.contains([':', '\\']) {
        return path
            .split('/')
            .filter(|part| !matches!(*part, "" | "." | ".."))
            .collect::<Vec<_>>()
            .join("/");
    }
    contained_path(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(entries: &[(&str, u32, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, mode, contents) in entries {
            let mut header = tar::Header::new_gnu();
            // `set_path` refuses `..`, which is what a hostile archive has.
            header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
            header.set_mode(*mode);
            header.set_size(contents.len() as u64);
            header.set_entry_type(tar::EntryType::Regular);
            header.set_cksum();
            builder.append(&header, *contents).expect("memory");
        }
        builder.into_inner().expect("memory")
    }

    #[test]
    fn strips_the_first_folder_and_keeps_inside() {
        let unpacked = unpack(&archive(&[
            ("package/a.js", 0o644, b"abc"),
            ("package/bin/x", 0o755, b"#!"),
            ("package/../../evil", 0o644, b"no"),
            ("/etc/passwd", 0o600, b"x"),
        ]))
        .expect("an archive");
        let files: Vec<(&str, u32)> = unpacked
            .files
            .iter()
            .map(|file| (file.path.as_str(), file.mode))
            .collect();
        assert_eq!(
            files,
            [("a.js", 0o644), ("bin/x", 0o755), ("passwd", 0o644)]
        );
        let file = &unpacked.files[0];
        assert_eq!(
            &unpacked.bytes[file.offset..file.offset + file.length],
            b"abc"
        );
    }

    #[test]
    fn truncated_archives_are_errors() {
        let whole = archive(&[("package/a.js", 0o644, &[7; 4000])]);
        assert_eq!(
            unpack(&whole[..1500]).expect_err("half a file").code,
            "TAR_BAD_ARCHIVE"
        );
        assert_eq!(unpack(b"").expect_err("nothing").code, "TAR_BAD_ARCHIVE");
        assert_eq!(
            unpack(&[0x1f, 0x8b, 8, 0, 0])
                .expect_err("half a header")
                .code,
            "TAR_BAD_ARCHIVE"
        );
    }
}

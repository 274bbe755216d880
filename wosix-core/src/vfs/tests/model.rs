//! Random operations, compared with a model that is a plain map from paths to files.

use std::collections::BTreeMap;

use super::script::{contents, root_caller};
use crate::errno::{Errno, Result};
use crate::vfs::*;

/// The file system as a map: no inodes, no links between directories. Paths have no trailing slash; the root is `""`.
#[derive(Default)]
struct Model {
    nodes: BTreeMap<String, Node>,
    /// Contents by number; hard links share one.
    files: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Node {
    Directory,
    File(usize),
}

impl Model {
    /// What is at `path`, once all above it are directories.
    fn find(&self, path: &str) -> Result<Option<Node>> {
        if let Some((parent, _)) = path.rsplit_once('/') {
            match self.find(parent)? {
                Some(Node::Directory) => {}
                Some(Node::File(_)) => return Err(Errno::ENOTDIR),
                None => return Err(Errno::ENOENT),
            }
        }
        Ok(if path.is_empty() {
            Some(Node::Directory)
        } else {
            self.nodes.get(path).copied()
        })
    }

    fn below(&self, path: &str) -> Vec<String> {
        let prefix = format!("{path}/");
        self.nodes
            .keys()
            .filter(|name| name.starts_with(&prefix))
            .cloned()
            .collect()
    }

    fn add(&mut self, path: &str, node: impl FnOnce(&mut Model) -> Node) -> Result<()> {
        if self.find(path)?.is_some() {
            return Err(Errno::EEXIST);
        }
        let node = node(self);
        self.nodes.insert(path.into(), node);
        Ok(())
    }

    fn file(&mut self, path: &str) -> Result<&mut Vec<u8>> {
        match self.find(path)?.ok_or(Errno::ENOENT)? {
            Node::Directory => Err(Errno::EISDIR),
            Node::File(index) => Ok(&mut self.files[index]),
        }
    }

    fn apply(&mut self, operation: &Operation) -> Result<()> {
        match operation {
            Operation::Mkdir(path) => self.add(path, |_| Node::Directory),
            Operation::Create(path) => self.add(path, |model| {
                model.files.push(Vec::new());
                Node::File(model.files.len() - 1)
            }),
            Operation::Link(from, to) => {
                let node = self.find(from)?.ok_or(Errno::ENOENT)?;
                if self.find(to)?.is_some() {
                    return Err(Errno::EEXIST);
                }
                if node == Node::Directory {
                    return Err(Errno::EPERM);
                }
                self.add(to, |_| node)
            }
            Operation::Unlink(path) => {
                self.file(path)?;
                self.nodes.remove(path);
                Ok(())
            }
            Operation::Rmdir(path) => match self.find(path)?.ok_or(Errno::ENOENT)? {
                Node::File(_) => Err(Errno::ENOTDIR),
                Node::Directory if !self.below(path).is_empty() => Err(Errno::ENOTEMPTY),
                Node::Directory => {
                    self.nodes.remove(path);
                    Ok(())
                }
            },
            Operation::Rename(from, to) => self.rename(from, to),
            Operation::Write(path, offset, bytes) => {
                let file = self.file(path)?;
                file.resize(file.len().max(offset + bytes.len()), 0);
                file[*offset..offset + bytes.len()].copy_from_slice(bytes);
                Ok(())
            }
            Operation::Truncate(path, length) => {
                self.file(path)?.resize(*length, 0);
                Ok(())
            }
        }
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<()> {
        // Both walks come before either name is looked up.
        for path in [from, to] {
            self.find(path.rsplit_once('/').map_or("", |(parent, _)| parent))
                .and_then(|parent| match parent {
                    Some(Node::Directory) => Ok(()),
                    Some(Node::File(_)) => Err(Errno::ENOTDIR),
                    None => Err(Errno::ENOENT),
                })?;
        }
        let source = self.find(from)?.ok_or(Errno::ENOENT)?;
        let target = self.find(to)?;
        if to.starts_with(&format!("{from}/")) && source == Node::Directory {
            return Err(Errno::EINVAL);
        }
        if from.starts_with(&format!("{to}/")) {
            return Err(Errno::ENOTEMPTY);
        }
        if from == to {
            return Ok(());
        }
        match (source, target) {
            (Node::Directory, Some(Node::File(_))) => return Err(Errno::ENOTDIR),
            (Node::File(_), Some(Node::Directory)) => return Err(Errno::EISDIR),
            (Node::File(a), Some(Node::File(b))) if a == b => return Ok(()),
            (Node::Directory, Some(Node::Directory)) if !self.below(to).is_empty() => {
                return Err(Errno::ENOTEMPTY);
            }
            _ => {}
        }
        for path in self.below(from).into_iter().chain([from.to_string()]) {
            if let Some(node) = self.nodes.remove(&path) {
                self.nodes
                    .insert(format!("{to}{}", &path[from.len()..]), node);
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
enum Operation {
    Mkdir(String),
    Create(String),
    Link(String, String),
    Unlink(String),
    Rmdir(String),
    Rename(String, String),
    Write(String, usize, Vec<u8>),
    Truncate(String, usize),
}

fn apply(vfs: &mut Vfs, operation: &Operation) -> Result<()> {
    let caller = &root_caller(vfs);
    match operation {
        Operation::Mkdir(path) => vfs.mkdir(caller, path.as_bytes(), 0o755).map(drop),
        Operation::Create(path) => {
            let flags = OpenFlags::CREAT | OpenFlags::EXCL;
            let opened = vfs.open(caller, path.as_bytes(), flags, 0o644)?;
            vfs.release(opened.vnode);
            Ok(())
        }
        Operation::Link(from, to) => vfs.link(caller, from.as_bytes(), to.as_bytes()),
        Operation::Unlink(path) => vfs.unlink(caller, path.as_bytes()),
        Operation::Rmdir(path) => vfs.rmdir(caller, path.as_bytes()),
        Operation::Rename(from, to) => vfs.rename(caller, from.as_bytes(), to.as_bytes()),
        Operation::Write(path, offset, bytes) => {
            let opened = vfs.open(caller, path.as_bytes(), OpenFlags::WRONLY, 0)?;
            let written = vfs.write_at(caller, opened.vnode, *offset as u64, bytes)?;
            assert_eq!(written, Loaded::Ready(bytes.len()));
            vfs.release(opened.vnode);
            Ok(())
        }
        Operation::Truncate(path, length) => vfs
            .truncate(caller, path.as_bytes(), *length as u64)
            .map(drop),
    }
}

/// A generator that only has to be cheap and repeatable (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    /// Few names, so that operations meet.
    fn path(&mut self) -> String {
        let depth = 1 + self.below(3);
        (0..depth)
            .map(|_| ["/a", "/b", "/c"][self.below(3)])
            .collect()
    }

    fn operation(&mut self) -> Operation {
        match self.below(9) {
            0 | 1 => Operation::Mkdir(self.path()),
            2 => Operation::Create(self.path()),
            3 => Operation::Link(self.path(), self.path()),
            4 => Operation::Unlink(self.path()),
            5 => Operation::Rmdir(self.path()),
            6 => Operation::Rename(self.path(), self.path()),
            7 => {
                let bytes = vec![b'0' + self.below(10) as u8; 1 + self.below(20)];
                Operation::Write(self.path(), self.below(30), bytes)
            }
            _ => Operation::Truncate(self.path(), self.below(30)),
        }
    }
}

/// The whole tree is as in the model: names, kinds, contents, numbers of links, and memory in use.
fn compare(vfs: &mut Vfs, model: &Model) {
    let caller = root_caller(vfs);
    let mut found = 0;
    let mut directories = vec![String::new()];
    while let Some(directory) = directories.pop() {
        let path = if directory.is_empty() {
            "/"
        } else {
            &directory
        };
        let mut subdirectories = 0;
        for entry in vfs.readdir(&caller, path.as_bytes()).unwrap() {
            found += 1;
            let path = format!("{directory}/{}", String::from_utf8_lossy(&entry.name));
            let stat = vfs.stat(&caller, path.as_bytes(), false).unwrap();
            match model.nodes[&path] {
                Node::Directory => {
                    subdirectories += 1;
                    assert_eq!(stat.kind, FileKind::Directory);
                    directories.push(path);
                }
                Node::File(index) => {
                    assert_eq!(contents(vfs, &path).as_ref(), Ok(&model.files[index]));
                    let names = model
                        .nodes
                        .values()
                        .filter(|&&node| node == Node::File(index));
                    assert_eq!(stat.nlink as usize, names.count());
                }
            }
        }
        let stat = vfs.stat(&caller, path.as_bytes(), true).unwrap();
        assert_eq!(stat.nlink, 2 + subdirectories);
    }
    assert_eq!(found, model.nodes.len());
}

#[test]
fn random_operations_agree_with_the_model() {
    for seed in 0..100 {
        let mut random = Random(seed);
        let mut vfs = Vfs::new(Timestamp(0));
        let mut model = Model::default();
        for step in 0..400 {
            let operation = random.operation();
            let (actual, expected) = (apply(&mut vfs, &operation), model.apply(&operation));
            assert_eq!(actual, expected, "seed {seed}, step {step}: {operation:?}");
        }
        compare(&mut vfs, &model);
        // Nothing is left over once all is removed.
        let paths: Vec<String> = model.nodes.keys().rev().cloned().collect();
        let caller = root_caller(&vfs);
        for path in paths {
            if vfs.unlink(&caller, path.as_bytes()) == Err(Errno::EISDIR) {
                vfs.rmdir(&caller, path.as_bytes()).unwrap();
            }
        }
        assert_eq!(vfs.bytes_used(), 0);
        assert_eq!(vfs.mounts[0].memory().unwrap().inode_count(), 1);
    }
}

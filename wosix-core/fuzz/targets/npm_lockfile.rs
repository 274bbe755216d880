//! A lockfile is refused or makes a tree.
#![no_main]

use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use wosix_core::npm::lockfile::Lockfile;
use wosix_core::npm::manifest::Manifest;
use wosix_core::npm::tree::Tree;

fuzz_target!(|text: &str| {
    let Ok(Some(lockfile)) = Lockfile::parse("package-lock.json", text) else {
        return;
    };
    let (mut tree, _) = Tree::new("root", Rc::new(Manifest::default()), false);
    if lockfile.load_into(&mut tree, &mut |_| None).is_ok() {
        for node in tree.inventory() {
            tree.location(node);
            for edge in tree.edges_out(node) {
                tree.edge_error(edge);
            }
        }
    }
});

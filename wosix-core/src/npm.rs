//! The npm client as step machines: it says which packuments and tarballs it needs and what is to be written, and npm's own
//! behaviour (its ranges, choice of versions, placement, lockfile and texts) is the rule for all of it.
//!
//! From the outside in: [`ideal`] builds the tree out of [`tree`], [`place`] and [`can_place`]; [`lockfile`] reads and writes it.

pub mod bin;
pub mod can_place;
pub mod collate;
pub mod command;
pub mod config;
pub mod error;
pub mod explain;
pub mod files;
pub mod flags;
pub mod ideal;
pub mod install;
pub mod integrity;
pub mod json;
pub mod lockfile;
pub mod manifest;
pub mod overrides;
pub mod packument;
pub mod path;
pub mod place;
pub mod platform;
pub mod range;
pub mod run_script;
pub mod save;
pub mod source;
pub mod spec;
pub mod tarball;
pub mod tree;
pub mod workspaces;

/// Version of npm whose behaviour this is.
pub const NPM_VERSION: &str = "11.19.1";

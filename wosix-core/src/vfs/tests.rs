//! The file system against Linux's rules, as scripts: see [`script::check`] for their language.

mod contents;
mod install;
mod links;
mod mounts;
mod names;
mod permissions;
mod rename;
mod script;
mod watch;

mod model;

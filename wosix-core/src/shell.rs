//! jsh, the shell, and the commands for files and text, over [`crate::system::System`].
//!
//! The grammar is POSIX's (dash is the oracle of the tests) with a few things people expect from bash. There is no `fork` here: see [`run`] for
//! how subshells and pipelines work without it.

mod arithmetic;
mod ast;
mod brace;
mod builtin;
pub mod command;
mod conditional;
mod expand;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod glob;
mod interactive;
mod job;
mod line_editor;
mod main;
mod parse;
mod pipeline;
mod redirect;
mod run;
mod signals;
mod simple;
mod substitution;
mod unparse;

use arithmetic::parse_integer;
use glob::{in_class, matches, unquoted};
use line_editor::visible_width;
use unparse::quote;

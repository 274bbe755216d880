//! JavaScript module semantics that an engine without a module loader of its own needs: ES modules rewritten to functions.

mod awaits;
mod edit;
pub mod esm;
pub mod sandbox;
pub mod script;
pub mod strip;
#[cfg(feature = "transform")]
pub mod transform;

pub use edit::Stretch;

/// A source text that does not parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The parser's message, without position.
    pub message: String,
    /// Byte offset of the offending token in the source.
    pub offset: usize,
}

impl core::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.offset)
    }
}

impl core::error::Error for SyntaxError {}

//! HTTP/1.x on the wire: an incremental, pure message parser.
//!
//! [`Parser`] accepts and rejects what llhttp (the parser of Node's `http`) accepts and rejects, with the same error names and
//! reasons, because programs match on them. It is a pull parser: [`Parser::step`] takes bytes and answers one [`Event`], so the
//! caller can decide between events (skip a body, pause) without callbacks. How the input is cut into pieces never
//! changes the events, except that a body may come in more pieces.

mod chars;
mod error;
mod head;
mod method;
mod parser;

pub use error::{Error, ErrorCode};
pub use head::{Field, Head, Span};
pub use method::Method;
pub use parser::{BodyPolicy, Event, Kind, Lenient, Parser, Step};

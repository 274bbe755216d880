//! Codecs in a module of private memory: zlib streams, digests and key derivation, HTTP/1.1 parsing.
//!
//! Every export takes numbers and addresses only; `js-facade/src/guest/codecs.ts` wraps them. Objects are addresses that a `_new` export
//! answers and a `_free` export takes back. Nothing is imported: random numbers and clocks stay outside.

mod digest;
mod http;
mod zlib;

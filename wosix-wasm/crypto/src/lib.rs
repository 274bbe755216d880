//! What Node's `crypto` needs beyond hashes, in a module of private memory that is loaded when first used: ciphers, numbers, keys.
//!
//! Exports take numbers and addresses only; `js-facade/src/guest/node/bindings/crypto/module.ts` wraps them. One that can fail answers as
//! [`answer`] says. Objects are addresses that an answer holds and a `_free` export takes back. Nothing is imported: random numbers
//! are arguments.

mod answer;
mod argon2;
mod asn1;
mod block;
mod cipher;
mod dh;
mod fields;
mod hash;
mod keccak;
mod key;
mod number;
mod pem;
mod prime;
mod rng;
mod x509;

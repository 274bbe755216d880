//! What the client needs of its surroundings besides [`System`]: the network, bulk installation of files, a place to report progress.

use crate::errno::Result;
use crate::system::System;

use super::tarball::PackFile;

/// Kind of thing a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// Revalidated by its entity tag.
    Packument,
    /// Kept by its integrity for ever.
    Tarball,
}

/// How a request may use what earlier ones left in the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheUse {
    /// Tarballs as they are, packuments after asking whether they changed.
    #[default]
    Revalidate,
    /// Not at all: what is there was damaged.
    Reload,
    /// Whatever is there, without asking (`--prefer-offline`).
    Prefer,
    /// Nothing but what is there (`--offline`).
    Only,
}

/// One thing to fetch.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Given back with the response.
    pub id: u32,
    pub kind: RequestKind,
    pub url: String,
    /// Key of the cache; absent when unknown.
    pub integrity: Option<String>,
    pub cache: CacheUse,
}

/// What came of a request. Retries are the platform's business.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Debug)]
pub enum Response {
    /// The server answered.
    Http { status: u16, body: Vec<u8> },
    /// No answer, with the reason.
    Failed(String),
    /// Only the cache was to be asked, and it has none.
    NotCached,
}

/// The surroundings.
pub trait Platform {
    /// System calls.
    fn system(&self) -> &dyn System;
    /// Keeps bytes for files to refer to. See `packCreate` and its neighbours in `syscalls.ts`.
    fn pack(&self, bytes: &[u8]) -> Result<i32>;
    /// Creates files that refer to a pack, under the folder `path`.
    fn pack_install(&self, pack: i32, path: &str, files: &[PackFile]) -> Result<()>;
    /// Drops the hold on a pack.
    fn pack_release(&self, pack: i32) -> Result<()>;
    /// Reports progress to whoever watches, as the JSON of `Progress` in `js-facade/src/guest/worker.ts`.
    fn progress(&self, json: &str);
}

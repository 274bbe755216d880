//! `npm` and `npx`: the one program that waits for the network, so it runs in steps. `npm_start` begins it, `npm_deliver` gives it what
//! the network answered; both say whether it is over. The JavaScript side is `js-facade/src/guest/native/npm.ts`.

use std::cell::RefCell;

use wosix_core::errno::Result;
use wosix_core::npm::command::{Defaults, Session};
use wosix_core::npm::platform::{CacheUse, Platform, RequestKind, Response};
use wosix_core::npm::tarball::PackFile;
use wosix_core::system::System;

use crate::system::{self, WasmSystem};

/// Answer of a step that waits for responses.
const PENDING: i32 = -1;

thread_local! {
    static SESSION: RefCell<Option<Session>> = const { RefCell::new(None) };
    /// Where the JavaScript side puts the body of a response.
    static BODY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

#[link(wasm_import_module = "wosix")]
unsafe extern "C" {
    /// Staged list: the registry, npm's default registry, and the version of Node.
    fn npm_settings() -> i32;
    /// Asks for a URL. `kind`: 0 packument, 1 tarball. `cache`: 0 revalidate, 1 reload, 2 prefer, 3 only. An empty integrity is none.
    fn npm_request(
        id: u32,
        kind: i32,
        cache: i32,
        url: *const u8,
        url_length: usize,
        integrity: *const u8,
        integrity_length: usize,
    );
    /// Reports progress as JSON.
    fn npm_progress(json: *const u8, length: usize);
    /// Answers the id of a pack with these bytes.
    fn pack(bytes: *const u8, length: usize) -> i32;
    /// `index`: for each file mode, offset and length in decimal and the path, each followed by NUL.
    fn pack_install(
        pack: i32,
        path: *const u8,
        path_length: usize,
        index: *const u8,
        index_length: usize,
    ) -> i32;
    fn pack_release(pack: i32) -> i32;
}

struct WasmPlatform;

impl Platform for WasmPlatform {
    fn system(&self) -> &dyn System {
        &WasmSystem
    }

    fn pack(&self, bytes: &[u8]) -> Result<i32> {
        // SAFETY: address and length are those of `bytes`, which outlives the call.
        system::check(unsafe { pack(bytes.as_ptr(), bytes.len()) })
    }

    fn pack_install(&self, pack: i32, path: &str, files: &[PackFile]) -> Result<()> {
        let mut index = String::new();
        for file in files {
            index.push_str(&format!(
                "{}\0{}\0{}\0{}\0",
                file.mode, file.offset, file.length, file.path
            ));
        }
        // SAFETY: addresses and lengths are those of `path` and `index`, which outlive the call.
        system::check(unsafe {
            pack_install(pack, path.as_ptr(), path.len(), index.as_ptr(), index.len())
        })
        .map(drop)
    }

    fn pack_release(&self, pack: i32) -> Result<()> {
        // SAFETY: no addresses are passed.
        system::check(unsafe { pack_release(pack) }).map(drop)
    }

    fn progress(&self, json: &str) {
        // SAFETY: address and length are those of `json`, which outlives the call.
        unsafe { npm_progress(json.as_ptr(), json.len()) }
    }
}

/// Begins the process; answers its exit code, or -1 if it waits for responses.
#[unsafe(no_mangle)]
pub extern "C" fn npm_start() -> i32 {
    crate::install_panic_hook();
    let args = system::argv();
    // SAFETY: no arguments; the answer is staged for `staged_list`.
    let mut settings = system::staged_list(unsafe { npm_settings() })
        .unwrap_or_default()
        .into_iter();
    let defaults = Defaults {
        registry: settings.next().unwrap_or_default(),
        default_registry: settings.next().unwrap_or_default(),
        node_version: settings.next().unwrap_or_default(),
    };
    let session = Session::start(
        &WasmPlatform,
        &system::program_name(),
        args.get(1..).unwrap_or_default(),
        &defaults,
    );
    SESSION.with_borrow_mut(|slot| step(slot.insert(session)))
}

/// Makes room for the body of a response; answers where to put it.
#[unsafe(no_mangle)]
pub extern "C" fn npm_buffer(length: usize) -> *mut u8 {
    BODY.with_borrow_mut(|body| {
        body.clear();
        body.resize(length, 0);
        body.as_mut_ptr()
    })
}

/// Takes in the response to request `id`; its body was put where [`npm_buffer`] said. `status` 0 means that there was no answer, and the
/// body is the reason; 1 that only the cache was to be asked and has none. Answers as [`npm_start`].
#[unsafe(no_mangle)]
pub extern "C" fn npm_deliver(id: u32, status: u32) -> i32 {
    let body = BODY.take();
    let response = match u16::try_from(status) {
        Ok(0) | Err(_) => Response::Failed(String::from_utf8_lossy(&body).into_owned()),
        Ok(1) => Response::NotCached,
        Ok(status) => Response::Http { status, body },
    };
    SESSION.with_borrow_mut(|slot| {
        let Some(session) = slot else { return 1 };
        session.deliver(&WasmPlatform, id, response);
        step(session)
    })
}

/// Hands out what the session asks for.
fn step(session: &mut Session) -> i32 {
    if let Some(code) = session.exit_code() {
        return code;
    }
    for request in session.take_requests() {
        let kind = match request.kind {
            RequestKind::Packument => 0,
            RequestKind::Tarball => 1,
        };
        let cache = match request.cache {
            CacheUse::Revalidate => 0,
            CacheUse::Reload => 1,
            CacheUse::Prefer => 2,
            CacheUse::Only => 3,
        };
        let integrity = request.integrity.unwrap_or_default();
        // SAFETY: addresses and lengths are those of two strings that outlive the call.
        unsafe {
            npm_request(
                request.id,
                kind,
                cache,
                request.url.as_ptr(),
                request.url.len(),
                integrity.as_ptr(),
                integrity.len(),
            )
        };
    }
    PENDING
}

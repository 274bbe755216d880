//! `transform.wasm`: TypeScript that is more than types. It answers as `transpile.wasm` does, and is a module of its own because it is
//! twice the size and few programs ask for it (`--experimental-transform-types`).

use std::path::Path;
use wosix_core::module::{esm::push_json_string, transform};
use wosix_transpile::{Answer, answer_types, take};

/// The JavaScript of a TypeScript source, with enums, namespaces and parameter properties made. The JSON: `{map}`, the source map as text,
/// which names `name` as the source, or null without a name. Answers 2, not 1, for syntax that parses but has no JavaScript.
///
/// # Safety
/// `source` and `name` must come from `alloc` with the same lengths, and all of them be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn transform_types(
    source: *mut u8,
    len: usize,
    name: *mut u8,
    name_len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (source, name) = unsafe { (take(source, len), take(name, name_len)) };
    let path = (!name.is_empty()).then(|| Path::new(&name));
    let result = transform::transform_types(&source, path);
    answer_types(
        &source,
        result.map(|transformed| {
            let mut meta = String::from("{\"map\":");
            match &transformed.map {
                Some(map) => push_json_string(&mut meta, map),
                None => meta.push_str("null"),
            }
            meta.push('}');
            Answer {
                code: transformed.code,
                meta,
                ..Answer::default()
            }
        }),
    )
}

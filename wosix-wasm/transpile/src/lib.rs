//! `transpile.wasm`: JavaScript sources in, sources that run without a module loader out. Private memory, raw exports.
//!
//! A call leaves its results in this module's memory until the next call: the code ([`code_ptr`], [`code_len`]), a JSON description
//! ([`meta_ptr`], [`meta_len`]) and where edited lines come from ([`stretches_ptr`], [`stretches_count`]). It answers 0, or 1 for a syntax error described by the JSON as
//! `{"message", "line", "column"}` (line from 1, column from 0 in UTF-16 units).

use std::cell::RefCell;
use std::fmt::Write as _;
use wosix_core::module::esm::{self, push_json_string};
use wosix_core::module::strip::{self, StripError};
use wosix_core::module::{Stretch, SyntaxError, sandbox, script};

/// What a call leaves for the reader.
#[derive(Default)]
pub struct Answer {
    /// Source text.
    pub code: String,
    /// JSON.
    pub meta: String,
    /// Where edited lines come from.
    pub stretches: Vec<Stretch>,
}

thread_local! {
    static ANSWER: RefCell<Answer> = RefCell::default();
}

/// Room for `len` bytes of source text; given back to the call that reads it.
#[unsafe(no_mangle)]
pub extern "C" fn alloc(len: usize) -> *mut u8 {
    let mut bytes = Vec::<u8>::with_capacity(len);
    let address = bytes.as_mut_ptr();
    std::mem::forget(bytes);
    address
}

/// Rewrites an ES module. The JSON: `{requests, imports, locals, indirect, stars, async}`.
///
/// # Safety
/// `source` must come from [`alloc`] with the same `len`, and all of it be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn module(source: *mut u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let source = unsafe { take(source, len) };
    let result = esm::rewrite(&source);
    answer(
        &source,
        result.map(|module| Answer {
            meta: describe(&module),
            code: module.code,
            stretches: module.stretches,
        }),
    )
}

/// Rewrites a script or CommonJS body: `import(…)` becomes `ºimport(…)`, and the continuation frame is carried over `await`. The JSON:
/// `{imports}`, whether there was any `import(…)`.
///
/// # Safety
/// As [`module`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn script(source: *mut u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let source = unsafe { take(source, len) };
    let result = script::rewrite(&source, "ºimport");
    answer(
        &source,
        result.map(|script| Answer {
            meta: format!("{{\"imports\":{}}}", script.imports),
            code: script.code,
            stretches: script.stretches,
        }),
    )
}

/// Rewrites a script for an object as its global (`global` 0) or for the engine's own global scope (1); `interruptible` is 0 or 1.
/// The JSON: `{declares}`, whether the script begins with a call of `ºdeclare`.
///
/// # Safety
/// As [`module`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sandbox(
    source: *mut u8,
    len: usize,
    global: u32,
    interruptible: u32,
) -> u32 {
    // SAFETY: the caller's promise.
    let source = unsafe { take(source, len) };
    let options = sandbox::Options {
        global: if global == 0 {
            sandbox::Global::Object
        } else {
            sandbox::Global::Engine
        },
        interruptible: interruptible != 0,
    };
    let result = sandbox::rewrite(&source, options);
    answer(
        &source,
        result.map(|script| Answer {
            meta: format!("{{\"declares\":{}}}", script.declares),
            code: script.code,
            stretches: script.stretches,
        }),
    )
}

/// The JavaScript in a TypeScript source. Answers 2, not 1, for syntax that parses but cannot be stripped.
///
/// # Safety
/// As [`module`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strip_types(source: *mut u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let source = unsafe { take(source, len) };
    let result = strip::strip_types(&source);
    answer_types(
        &source,
        result.map(|code| Answer {
            code,
            meta: String::from("{}"),
            ..Answer::default()
        }),
    )
}

/// 1 if a source that may be a script or a module is a module.
///
/// # Safety
/// As [`module`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn contains_module_syntax(source: *mut u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let source = unsafe { take(source, len) };
    script::contains_module_syntax(&source).into()
}

/// Address of the last call's code.
#[unsafe(no_mangle)]
pub extern "C" fn code_ptr() -> *const u8 {
    ANSWER.with_borrow(|answer| answer.code.as_ptr())
}

/// Bytes of the last call's code.
#[unsafe(no_mangle)]
pub extern "C" fn code_len() -> usize {
    ANSWER.with_borrow(|answer| answer.code.len())
}

/// Address of the last call's JSON.
#[unsafe(no_mangle)]
pub extern "C" fn meta_ptr() -> *const u8 {
    ANSWER.with_borrow(|answer| answer.meta.as_ptr())
}

/// Bytes of the last call's JSON.
#[unsafe(no_mangle)]
pub extern "C" fn meta_len() -> usize {
    ANSWER.with_borrow(|answer| answer.meta.len())
}

/// Address of the last call's stretches: five `u32` each, the fields of [`Stretch`] in their order.
#[unsafe(no_mangle)]
pub extern "C" fn stretches_ptr() -> *const Stretch {
    ANSWER.with_borrow(|answer| answer.stretches.as_ptr())
}

/// Number of the last call's stretches.
#[unsafe(no_mangle)]
pub extern "C" fn stretches_count() -> usize {
    ANSWER.with_borrow(|answer| answer.stretches.len())
}

/// The text at an address, given back by the reader.
///
/// # Safety
/// `address` must come from [`alloc`] with the same `len`, and all of it be written.
pub unsafe fn take(address: *mut u8, len: usize) -> String {
    // SAFETY: `alloc` made a vector of this capacity and forgot it.
    let bytes = unsafe { Vec::from_raw_parts(address, len, len) };
    // TextEncoder writes valid UTF-8; anything else is read as a decoder would.
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Leaves the outcome of a call on TypeScript. Answers its status.
pub fn answer_types(source: &str, result: Result<Answer, StripError>) -> u32 {
    match result {
        Ok(found) => answer(source, Ok(found)),
        Err(StripError::Invalid(error)) => answer(source, Err(error)),
        Err(StripError::Unsupported(error)) => answer(source, Err(error)) + 1,
    }
}

fn answer(source: &str, result: Result<Answer, SyntaxError>) -> u32 {
    let (status, answer) = match result {
        Ok(answer) => (0, answer),
        Err(error) => {
            let before = &source[..source.floor_char_boundary(error.offset.min(source.len()))];
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            let mut meta = String::from("{\"message\":");
            push_json_string(&mut meta, &error.message);
            let line = before.matches('\n').count() + 1;
            let column = before[line_start..].encode_utf16().count();
            // Writing to a string cannot fail.
            let _ = write!(meta, ",\"line\":{line},\"column\":{column}}}");
            (
                1,
                Answer {
                    meta,
                    ..Answer::default()
                },
            )
        }
    };
    ANSWER.set(answer);
    status
}

fn describe(module: &esm::Module) -> String {
    let mut json = String::from("{\"requests\":");
    list(&mut json, &module.requests, |json, request| {
        json.push_str("{\"specifier\":");
        push_json_string(json, &request.specifier);
        json.push_str(",\"attributes\":{");
        for (index, (key, value)) in request.attributes.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            push_json_string(json, key);
            json.push(':');
            push_json_string(json, value);
        }
        json.push_str(if request.source_phase {
            "},\"source\":true"
        } else {
            "},\"source\":false"
        });
        number(json, ",\"offset\":", request.offset);
        json.push('}');
    });
    json.push_str(",\"imports\":");
    list(&mut json, &module.imports, |json, import| {
        number(json, "{\"request\":", import.request);
        name(json, import.name.as_deref());
        json.push_str(",\"local\":");
        push_json_string(json, &import.local);
        number(json, ",\"offset\":", import.offset);
        json.push('}');
    });
    json.push_str(",\"locals\":");
    list(&mut json, &module.locals, |json, local| {
        push_json_string(json, local)
    });
    json.push_str(",\"indirect\":");
    list(&mut json, &module.indirect, |json, indirect| {
        json.push_str("{\"exported\":");
        push_json_string(json, &indirect.exported);
        number(json, ",\"request\":", indirect.request);
        name(json, indirect.name.as_deref());
        number(json, ",\"offset\":", indirect.offset);
        json.push('}');
    });
    json.push_str(",\"stars\":");
    list(&mut json, &module.stars, |json, star| {
        number(json, "", *star)
    });
    json.push_str(if module.has_top_level_await {
        ",\"async\":true}"
    } else {
        ",\"async\":false}"
    });
    json
}

fn list<T>(json: &mut String, items: &[T], mut item: impl FnMut(&mut String, &T)) {
    json.push('[');
    for (index, value) in items.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        item(json, value);
    }
    json.push(']');
}

fn number(json: &mut String, prefix: &str, value: usize) {
    // Writing to a string cannot fail.
    let _ = write!(json, "{prefix}{value}");
}

/// `"name":"x"`, or `null` for the namespace object.
fn name(json: &mut String, name: Option<&str>) {
    json.push_str(",\"name\":");
    match name {
        Some(name) => push_json_string(json, name),
        None => json.push_str("null"),
    }
}

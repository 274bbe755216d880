//! The HTTP/1.1 parser of the core for JavaScript.

use wosix_core::net::http::{BodyPolicy, Error, Event, Kind, Lenient, Parser, Span};

use wosix_memory::input;

/// A parser behind words that the JavaScript side reads after every call (`codecs.ts` has their order).
#[repr(C)]
pub struct HttpParser {
    consumed: u32,
    /// Bytes of the body at the end of the consumed ones.
    body_len: u32,
    text: *const u8,
    text_len: usize,
    fields: *const u8,
    field_count: usize,
    target: Span,
    reason: Span,
    method: u32,
    status: u32,
    major: u32,
    minor: u32,
    upgrade: u32,
    keep_alive: u32,
    /// Whether the text is ASCII only, so that it can be decoded at once.
    ascii: u32,
    error_code: *const u8,
    error_code_len: usize,
    error_reason: *const u8,
    error_reason_len: usize,
    parser: Parser,
}

/// Numbers of events for JavaScript.
const NEED_INPUT: u32 = 0;
const MESSAGE_BEGIN: u32 = 1;
const HEADERS_COMPLETE: u32 = 2;
const BODY: u32 = 3;
const MESSAGE_COMPLETE: u32 = 4;
const UPGRADE: u32 = 5;
const FAILED: u32 = 6;

impl HttpParser {
    fn show_head(&mut self) {
        let head = self.parser.head();
        self.text = head.text().as_ptr();
        self.text_len = head.text().len();
        self.fields = head.fields().as_ptr().cast();
        self.field_count = head.fields().len();
        self.target = head.target_span();
        self.reason = head.reason_span();
        self.method = u32::from(self.parser.method().number());
        self.status = u32::from(self.parser.status());
        let (major, minor) = self.parser.version();
        self.major = u32::from(major);
        self.minor = u32::from(minor);
        self.upgrade = u32::from(self.parser.upgrade());
        self.keep_alive = u32::from(self.parser.should_keep_alive());
        self.ascii = u32::from(head.text().is_ascii());
    }

    fn show_error(&mut self, error: Error) {
        let code = error.code.name();
        self.error_code = code.as_ptr();
        self.error_code_len = code.len();
        self.error_reason = error.reason.as_ptr();
        self.error_reason_len = error.reason.len();
        self.upgrade = u32::from(self.parser.upgrade());
    }
}

/// Makes a parser: `kind` 1 for requests, 2 for responses (Node's numbers).
#[unsafe(no_mangle)]
extern "C" fn http_new(kind: u32, max_header_bytes: f64, lenient: u32) -> *mut HttpParser {
    let kind = if kind == 2 {
        Kind::Response
    } else {
        Kind::Request
    };
    Box::into_raw(Box::new(HttpParser {
        consumed: 0,
        body_len: 0,
        text: core::ptr::null(),
        text_len: 0,
        fields: core::ptr::null(),
        field_count: 0,
        target: Span::default(),
        reason: Span::default(),
        method: 0,
        status: 0,
        major: 0,
        minor: 0,
        upgrade: 0,
        keep_alive: 0,
        ascii: 1,
        error_code: core::ptr::null(),
        error_code_len: 0,
        error_reason: core::ptr::null(),
        error_reason_len: 0,
        parser: Parser::new(kind, max_header_bytes as u64, Lenient(lenient)),
    }))
}

/// Goes on to the next event and answers its number.
///
/// # Safety
/// `http` came from [`http_new`] and was not freed; `address` points at `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn http_step(http: *mut HttpParser, address: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    let http = unsafe { &mut *http };
    // SAFETY: the caller's promise.
    let step = http.parser.step(unsafe { input(address, len) });
    http.consumed = step.consumed as u32;
    match step.event {
        Event::NeedInput => NEED_INPUT,
        Event::MessageBegin => MESSAGE_BEGIN,
        Event::HeadersComplete => {
            http.show_head();
            HEADERS_COMPLETE
        }
        Event::Body(taken) => {
            http.body_len = taken as u32;
            BODY
        }
        Event::MessageComplete => {
            http.show_head();
            MESSAGE_COMPLETE
        }
        Event::Upgrade => UPGRADE,
        Event::Failed(error) => {
            http.show_error(error);
            FAILED
        }
    }
}

/// Answers `HeadersComplete`: 1 = there is no body, 2 = and another protocol follows.
///
/// # Safety
/// `http` came from [`http_new`] and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn http_set_body_policy(http: *mut HttpParser, policy: u32) {
    // SAFETY: the caller's promise.
    unsafe { &mut *http }.parser.set_body_policy(match policy {
        1 => BodyPolicy::Skip,
        2 => BodyPolicy::SkipAndUpgrade,
        _ => BodyPolicy::Framed,
    });
}

/// Bytes of body that follow for sure, infinity if all that comes is body. They need not go through [`http_step`].
///
/// # Safety
/// `http` came from [`http_new`] and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn http_body_run(http: *const HttpParser) -> f64 {
    // SAFETY: the caller's promise.
    unsafe { &*http }
        .parser
        .body_run()
        .map_or(f64::INFINITY, |run| run as f64)
}

/// Accounts for `n` bytes of a body run that the caller has taken.
///
/// # Safety
/// `http` came from [`http_new`] and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn http_skip_body(http: *mut HttpParser, n: f64) {
    // SAFETY: the caller's promise.
    unsafe { &mut *http }.parser.skip_body(n as u64);
}

/// The connection has ended: 4 completes a message, 6 is an error, 0 neither.
///
/// # Safety
/// `http` came from [`http_new`] and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn http_finish(http: *mut HttpParser) -> u32 {
    // SAFETY: the caller's promise.
    let http = unsafe { &mut *http };
    match http.parser.finish() {
        Ok(false) => NEED_INPUT,
        Ok(true) => {
            http.show_head();
            MESSAGE_COMPLETE
        }
        Err(error) => {
            http.show_error(error);
            FAILED
        }
    }
}

/// Frees a parser.
///
/// # Safety
/// `http` came from [`http_new`] and was not freed before.
#[unsafe(no_mangle)]
unsafe extern "C" fn http_free(http: *mut HttpParser) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(http) });
}

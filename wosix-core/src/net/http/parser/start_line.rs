//! Request line and status line.

use super::super::chars::{is_authority, is_url, skip_while};
use super::super::{Error, ErrorCode, Method};
use super::{HeaderState, Kind, Lenient, Parser, State};

/// Where in a start line the parser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineState {
    Method,
    SpaceAfterMethod,
    SpacesBeforeTarget,
    Target(TargetState),
    SpacesBeforeProtocol,
    Protocol,
    Slash,
    Major,
    Dot,
    Minor,
    /// After the version of a request.
    RequestEnd,
    /// After the CR of a request line; the flag tells HTTP/0.9, which has no version.
    RequestLf {
        old: bool,
    },
    /// The rest of HTTP/2's preface; counts matched bytes.
    Preface(u8),
    SpaceBeforeStatus,
    /// Counts digits.
    Status(u8),
    AfterStatus,
    Reason,
    StatusLf,
}

/// Where in a request target the parser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetState {
    Start,
    Scheme,
    /// Counts slashes after the scheme.
    SchemeSlashes(u8),
    Authority {
        after_at: bool,
    },
    Path,
    Query,
    Fragment,
}

/// What follows `PRI * HTTP/2.0`.
const PREFACE: &[u8] = b"\r\n\r\nSM\r\n\r\n";

fn fail<T>(code: ErrorCode, reason: &'static str) -> Result<T, Error> {
    Err(Error::new(code, reason))
}

impl Parser {
    pub(super) fn start_line(
        &mut self,
        state: LineState,
        input: &[u8],
        at: &mut usize,
    ) -> Result<(), Error> {
        use LineState as L;
        let byte = input[*at];
        let next = match state {
            L::Method => return self.request_method(byte, at),
            L::SpaceAfterMethod => {
                if byte != b' ' {
                    return fail(ErrorCode::InvalidMethod, "Expected space after method");
                }
                *at += 1;
                L::SpacesBeforeTarget
            }
            L::SpacesBeforeTarget if byte == b' ' => {
                *at += 1;
                state
            }
            L::SpacesBeforeTarget if self.method == Method::CONNECT => {
                L::Target(TargetState::Authority { after_at: false })
            }
            L::SpacesBeforeTarget => L::Target(TargetState::Start),
            L::Target(target) => return self.target(target, input, at),
            L::SpacesBeforeProtocol if byte == b' ' => {
                *at += 1;
                state
            }
            L::SpacesBeforeProtocol => {
                self.word_len = 0;
                L::Protocol
            }
            L::Protocol => return self.protocol(byte, at),
            L::Slash => {
                if byte != b'/' {
                    return fail(ErrorCode::InvalidConstant, "Expected HTTP/, RTSP/ or ICE/");
                }
                *at += 1;
                L::Major
            }
            L::Major => {
                self.version.0 = digit(byte, "Invalid major version")?;
                *at += 1;
                L::Dot
            }
            L::Dot => {
                if byte != b'.' {
                    return fail(ErrorCode::InvalidVersion, "Expected dot");
                }
                *at += 1;
                L::Minor
            }
            L::Minor => {
                self.version.1 = digit(byte, "Invalid minor version")?;
                *at += 1;
                let known = matches!(self.version, (0, 9) | (1, 0 | 1) | (2, 0));
                if !known && !self.lenient.has(Lenient::VERSION) {
                    return fail(ErrorCode::InvalidVersion, "Invalid HTTP version");
                }
                match self.kind {
                    Kind::Response => L::SpaceBeforeStatus,
                    Kind::Request if self.method == Method::PRI => L::Preface(0),
                    Kind::Request => L::RequestEnd,
                }
            }
            L::RequestEnd => {
                *at += 1;
                match byte {
                    b'\r' => L::RequestLf { old: false },
                    b'\n' if self.bare_lf_allowed() => L::RequestLf { old: false },
                    _ => return fail(ErrorCode::InvalidVersion, "Expected CRLF after version"),
                }
            }
            L::RequestLf { old } => {
                if old {
                    if byte != b'\n' {
                        return fail(ErrorCode::InvalidUrl, "Expected CRLF");
                    }
                    *at += 1;
                } else {
                    self.line_feed(input, at, ErrorCode::Strict, "Expected CRLF after version")?;
                }
                return self.begin_headers();
            }
            L::Preface(matched) => {
                if byte != PREFACE[matched as usize] {
                    return fail(
                        ErrorCode::InvalidVersion,
                        "Expected HTTP/2 Connection Preface",
                    );
                }
                *at += 1;
                if matched as usize + 1 == PREFACE.len() {
                    return fail(ErrorCode::PausedH2Upgrade, "Pause on PRI/Upgrade");
                }
                L::Preface(matched + 1)
            }
            L::SpaceBeforeStatus => {
                if byte != b' ' {
                    return fail(ErrorCode::InvalidVersion, "Expected space after version");
                }
                *at += 1;
                self.status = 0;
                L::Status(0)
            }
            L::Status(digits) => {
                if !byte.is_ascii_digit() {
                    return fail(ErrorCode::InvalidStatus, "Invalid status code");
                }
                *at += 1;
                self.status = self.status * 10 + u16::from(byte - b'0');
                if digits == 2 {
                    L::AfterStatus
                } else {
                    L::Status(digits + 1)
                }
            }
            L::AfterStatus => {
                *at += 1;
                match byte {
                    b' ' => L::Reason,
                    b'\r' => L::StatusLf,
                    b'\n' if self.bare_lf_allowed() => return self.begin_headers(),
                    _ => return fail(ErrorCode::InvalidStatus, "Invalid response status"),
                }
            }
            L::Reason => return self.reason_phrase(input, at),
            L::StatusLf => {
                self.line_feed(input, at, ErrorCode::Strict, "Expected LF after CR")?;
                return self.begin_headers();
            }
        };
        self.state = State::Line(next);
        Ok(())
    }

    fn begin_headers(&mut self) -> Result<(), Error> {
        self.state = State::Header(HeaderState::FirstLine);
        Ok(())
    }

    /// Methods are told apart byte by byte, so that nonsense is refused at its first byte.
    fn request_method(&mut self, byte: u8, at: &mut usize) -> Result<(), Error> {
        let longer = self.word_len < self.word.len() && {
            self.word[self.word_len] = byte;
            Method::is_prefix(&self.word[..=self.word_len])
        };
        if longer {
            self.word_len += 1;
            *at += 1;
            return Ok(());
        }
        let Some(method) = Method::from_name(&self.word[..self.word_len]) else {
            return fail(ErrorCode::InvalidMethod, "Invalid method encountered");
        };
        self.method = method;
        self.state = State::Line(LineState::SpaceAfterMethod);
        Ok(())
    }

    fn protocol(&mut self, byte: u8, at: &mut usize) -> Result<(), Error> {
        const PROTOCOLS: [&[u8]; 3] = [b"HTTP", b"RTSP", b"ICE"];
        self.word[self.word_len] = byte;
        let word = &self.word[..=self.word_len];
        let Some(protocol) = PROTOCOLS.iter().find(|known| known.starts_with(word)) else {
            return fail(ErrorCode::InvalidConstant, "Expected HTTP/, RTSP/ or ICE/");
        };
        self.word_len += 1;
        *at += 1;
        if protocol.len() > self.word_len {
            return Ok(());
        }
        if self.kind == Kind::Request {
            let (allowed, reason) = match protocol[0] {
                b'H' => (self.method.is_http(), "Invalid method for HTTP/x.x request"),
                b'R' => (self.method.is_rtsp(), "Invalid method for RTSP/x.x request"),
                _ => (
                    self.method == Method::SOURCE,
                    "Expected SOURCE method for ICE/x.x request",
                ),
            };
            if !allowed {
                return fail(ErrorCode::InvalidConstant, reason);
            }
        }
        self.state = State::Line(LineState::Slash);
        Ok(())
    }

    fn target(&mut self, state: TargetState, input: &[u8], at: &mut usize) -> Result<(), Error> {
        use TargetState as T;
        let start = *at;
        let end = match state {
            T::Path | T::Query => skip_while(input, start, is_url),
            T::Fragment => skip_while(input, start, |b| is_url(b) || matches!(b, b'?' | b'#')),
            _ => start,
        };
        if end > start {
            self.head.push_target(&input[start..end]);
            *at = end;
            return self.track_header(end - start);
        }
        let byte = input[start];
        let next = match (state, byte) {
            (_, b'\t' | 0x0c) => return fail(ErrorCode::InvalidUrl, "Invalid characters in url"),
            (T::Start | T::Scheme | T::SchemeSlashes(_), b' ' | b'\r' | b'\n') => {
                return fail(ErrorCode::InvalidUrl, "Invalid characters in url");
            }
            (_, b' ' | b'\r' | b'\n') => return self.end_target(byte, at),
            (T::Start, b'/' | b'*') => T::Path,
            (T::Start | T::Scheme, _) if byte.is_ascii_alphabetic() => T::Scheme,
            (T::Start, _) => return fail(ErrorCode::InvalidUrl, "Unexpected start char in url"),
            (T::Scheme, b':') => T::SchemeSlashes(0),
            (T::SchemeSlashes(0), b'/') => T::SchemeSlashes(1),
            (T::SchemeSlashes(_), b'/') => T::Authority { after_at: false },
            (T::Scheme | T::SchemeSlashes(_), _) => {
                return fail(ErrorCode::InvalidUrl, "Unexpected char in url schema");
            }
            (T::Authority { .. }, b'/') => T::Path,
            (T::Authority { .. }, b'?') => T::Query,
            (T::Authority { after_at: true }, b'@') => {
                return fail(ErrorCode::InvalidUrl, "Double @ in url");
            }
            (T::Authority { .. }, b'@') => T::Authority { after_at: true },
            (T::Authority { .. }, _) if is_authority(byte) || matches!(byte, b'[' | b']') => {
                T::Authority { after_at: false }
            }
            (T::Authority { .. }, _) => {
                return fail(ErrorCode::InvalidUrl, "Unexpected char in url server");
            }
            (T::Path, b'?') | (T::Query, b'?') => T::Query,
            (T::Path | T::Query, b'#') => T::Fragment,
            (T::Path, _) => return fail(ErrorCode::InvalidUrl, "Invalid char in url path"),
            (T::Query, _) => return fail(ErrorCode::InvalidUrl, "Invalid char in url query"),
            (T::Fragment, _) => {
                return fail(ErrorCode::InvalidUrl, "Invalid char in url fragment start");
            }
        };
        self.head.push_target(&[byte]);
        *at += 1;
        self.state = State::Line(LineState::Target(next));
        self.track_header(1)
    }

    fn end_target(&mut self, byte: u8, at: &mut usize) -> Result<(), Error> {
        *at += 1;
        if byte == b' ' {
            self.state = State::Line(LineState::SpacesBeforeProtocol);
            return Ok(());
        }
        // A request line without a version is HTTP/0.9.
        self.version = (0, 9);
        if byte == b'\r' {
            self.state = State::Line(LineState::RequestLf { old: true });
            return Ok(());
        }
        self.begin_headers()
    }

    fn reason_phrase(&mut self, input: &[u8], at: &mut usize) -> Result<(), Error> {
        let start = *at;
        let end = skip_while(input, start, |b| !matches!(b, b'\r' | b'\n'));
        self.head.push_reason(&input[start..end]);
        *at = end;
        self.track_header(end - start)?;
        let Some(&byte) = input.get(end) else {
            return Ok(());
        };
        *at += 1;
        if byte == b'\r' {
            self.state = State::Line(LineState::StatusLf);
            return Ok(());
        }
        if !self.bare_lf_allowed() {
            return fail(
                ErrorCode::CrExpected,
                "Missing expected CR after response line",
            );
        }
        self.begin_headers()
    }
}

fn digit(byte: u8, reason: &'static str) -> Result<u8, Error> {
    if !byte.is_ascii_digit() {
        return fail(ErrorCode::InvalidVersion, reason);
    }
    Ok(byte - b'0')
}

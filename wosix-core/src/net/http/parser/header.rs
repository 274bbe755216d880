//! Header and trailer fields, and the meaning of those that frame a message.

use super::super::chars::{is_token, is_value, skip_while};
use super::super::{Error, ErrorCode};
use super::{Kind, Lenient, Parser, State};

/// Where in the fields the parser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderState {
    /// Right after the start line, where no white space may be.
    FirstLine,
    Start,
    Name,
    /// Spaces between name and colon, which only a lenient parser accepts.
    SpacesBeforeColon,
    BeforeValue(Special),
    /// CR before any byte of a value.
    EmptyValueLf(Special),
    /// After the end of an empty line of a value: a space would continue it.
    EmptyValueEnd(Special),
    ValueStart(Special),
    Value(Special),
    /// After a byte that only a lenient parser accepts: everything up to the line's end, which means nothing to the parser.
    AnyValue,
    /// Digits of `Content-Length`; the flag tells that they are over.
    Length {
        digits_over: bool,
    },
    ValueLf(Special),
    /// After the end of a value's line: a space would continue it.
    ValueEnd(Special),
    BlockLf,
}

/// Fields that the parser itself acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    None,
    Connection,
    ContentLength,
    TransferEncoding,
    Upgrade,
}

fn fail<T>(code: ErrorCode, reason: &'static str) -> Result<T, Error> {
    Err(Error::new(code, reason))
}

const INVALID_VALUE: &str = "Invalid header value char";
const INVALID_TOKEN: &str = "Invalid header token";

impl Parser {
    pub(super) fn header(
        &mut self,
        state: HeaderState,
        input: &[u8],
        at: &mut usize,
    ) -> Result<(), Error> {
        use HeaderState as H;
        let byte = input[*at];
        let next = match state {
            H::FirstLine if byte == b' ' => {
                *at += 1;
                if !self.lenient.has(Lenient::HEADERS) {
                    return fail(
                        ErrorCode::UnexpectedSpace,
                        "Unexpected space after start line",
                    );
                }
                H::Start
            }
            H::FirstLine | H::Start => return self.field_start(byte, at),
            H::Name => return self.field_name(input, at),
            H::SpacesBeforeColon if byte == b' ' => {
                *at += 1;
                state
            }
            H::SpacesBeforeColon if byte == b':' => return self.colon(at),
            // The name goes on after the spaces: they become part of it.
            H::SpacesBeforeColon => {
                self.head.push_name(b" ");
                H::Name
            }
            H::BeforeValue(special) => match byte {
                b' ' | b'\t' => {
                    *at += 1;
                    state
                }
                b'\r' => {
                    *at += 1;
                    H::EmptyValueLf(special)
                }
                b'\n' => {
                    *at += 1;
                    if !self.bare_lf_allowed() {
                        return fail(ErrorCode::InvalidHeaderToken, INVALID_VALUE);
                    }
                    H::EmptyValueEnd(special)
                }
                _ => H::ValueStart(special),
            },
            H::EmptyValueLf(special) => {
                if byte == b'\n' {
                    *at += 1;
                } else if !self.lenient.has(Lenient::HEADERS) {
                    return fail(ErrorCode::Strict, "Expected LF after CR");
                }
                H::EmptyValueEnd(special)
            }
            H::EmptyValueEnd(special) => {
                if matches!(byte, b' ' | b'\t') {
                    *at += 1;
                    if !self.lenient.has(Lenient::HEADERS) {
                        return fail(ErrorCode::InvalidHeaderToken, INVALID_VALUE);
                    }
                    H::BeforeValue(special)
                } else {
                    match special {
                        Special::ContentLength => {
                            return fail(ErrorCode::InvalidContentLength, "Empty Content-Length");
                        }
                        Special::TransferEncoding => {
                            return fail(
                                ErrorCode::InvalidTransferEncoding,
                                "Empty Transfer-Encoding",
                            );
                        }
                        _ => H::Start,
                    }
                }
            }
            H::ValueStart(special) => self.value_start(special)?,
            H::Value(special) => return self.field_value(special, input, at),
            H::AnyValue => return self.any_value(input, at),
            H::Length { digits_over } => return self.content_length(digits_over, input, at),
            H::ValueLf(special) => {
                if byte != b'\n' {
                    return fail(
                        ErrorCode::LfExpected,
                        "Missing expected LF after header value",
                    );
                }
                *at += 1;
                H::ValueEnd(special)
            }
            H::ValueEnd(special) => {
                if matches!(byte, b' ' | b'\t') {
                    if !self.lenient.has(Lenient::HEADERS) {
                        return fail(
                            ErrorCode::InvalidHeaderToken,
                            "Unexpected whitespace after header value",
                        );
                    }
                    // An obsolete line folding: the value goes on, and no longer means anything to the parser.
                    H::Value(Special::None)
                } else {
                    self.apply(special)?;
                    self.head.trim_value();
                    H::Start
                }
            }
            H::BlockLf => {
                self.line_feed(input, at, ErrorCode::Strict, "Expected LF after headers")?;
                return self.end_of_fields();
            }
        };
        self.state = State::Header(next);
        Ok(())
    }

    fn field_start(&mut self, byte: u8, at: &mut usize) -> Result<(), Error> {
        let next = match byte {
            b'\r' => {
                *at += 1;
                HeaderState::BlockLf
            }
            b'\n' => {
                *at += 1;
                if !self.bare_lf_allowed() {
                    return fail(ErrorCode::InvalidHeaderToken, "Invalid header field char");
                }
                return self.end_of_fields();
            }
            b':' => return fail(ErrorCode::InvalidHeaderToken, INVALID_TOKEN),
            _ => {
                self.head.begin_field();
                HeaderState::Name
            }
        };
        self.state = State::Header(next);
        Ok(())
    }

    fn end_of_fields(&mut self) -> Result<(), Error> {
        self.state = if self.flags.trailing {
            State::MessageComplete
        } else {
            State::HeadersComplete
        };
        Ok(())
    }

    fn field_name(&mut self, input: &[u8], at: &mut usize) -> Result<(), Error> {
        let start = *at;
        let end = skip_while(input, start, is_token);
        self.head.push_name(&input[start..end]);
        *at = end;
        self.track_header(end - start)?;
        match input.get(end) {
            None => Ok(()),
            Some(b':') => self.colon(at),
            // llhttp only looks for the space after the names that it acts on.
            Some(b' ') if self.special_field() != Special::None => {
                if !self.lenient.has(Lenient::HEADERS) {
                    *at += 1;
                    return fail(ErrorCode::InvalidHeaderToken, "Invalid header field char");
                }
                self.state = State::Header(HeaderState::SpacesBeforeColon);
                Ok(())
            }
            Some(_) => fail(ErrorCode::InvalidHeaderToken, INVALID_TOKEN),
        }
    }

    fn colon(&mut self, at: &mut usize) -> Result<(), Error> {
        *at += 1;
        let special = self.special_field();
        let both_allowed = self.lenient.has(Lenient::CHUNKED_LENGTH);
        match special {
            Special::TransferEncoding if self.flags.content_length && !both_allowed => fail(
                ErrorCode::InvalidTransferEncoding,
                "Transfer-Encoding can't be present with Content-Length",
            ),
            Special::ContentLength if self.flags.transfer_encoding && !both_allowed => fail(
                ErrorCode::InvalidContentLength,
                "Content-Length can't be present with Transfer-Encoding",
            ),
            _ => {
                self.state = State::Header(HeaderState::BeforeValue(special));
                Ok(())
            }
        }
    }

    fn special_field(&self) -> Special {
        let name = self.head.last_name();
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        match name.len() {
            7 if is("upgrade") => Special::Upgrade,
            10 if is("connection") => Special::Connection,
            14 if is("content-length") => Special::ContentLength,
            16 if is("proxy-connection") => Special::Connection,
            17 if is("transfer-encoding") => Special::TransferEncoding,
            _ => Special::None,
        }
    }

    fn value_start(&mut self, special: Special) -> Result<HeaderState, Error> {
        match special {
            Special::Upgrade => self.flags.upgrade_header = true,
            Special::TransferEncoding => {
                if self.flags.chunked {
                    self.forbid_after_chunked()?;
                }
                self.flags.transfer_encoding = true;
                self.flags.chunked = false;
            }
            Special::ContentLength => {
                if self.flags.content_length {
                    return fail(
                        ErrorCode::UnexpectedContentLength,
                        "Duplicate Content-Length",
                    );
                }
                return Ok(HeaderState::Length { digits_over: false });
            }
            Special::Connection | Special::None => {}
        }
        Ok(HeaderState::Value(special))
    }

    fn field_value(&mut self, special: Special, input: &[u8], at: &mut usize) -> Result<(), Error> {
        let end = if self.lenient.has(Lenient::HEADER_VALUE_RELAXED) {
            // What the Fetch standard allows in a value.
            skip_while(input, *at, |b| !matches!(b, 0 | b'\r' | b'\n'))
        } else {
            skip_while(input, *at, is_value)
        };
        match self.take_value(input, at, end)? {
            None => Ok(()),
            Some(b'\n') if !self.bare_lf_allowed() => fail(
                ErrorCode::CrExpected,
                "Missing expected CR after header value",
            ),
            Some(byte @ (b'\r' | b'\n')) => {
                self.end_value_line(special, byte, at);
                Ok(())
            }
            Some(_) if self.lenient.has(Lenient::HEADERS) => {
                self.state = State::Header(HeaderState::AnyValue);
                Ok(())
            }
            Some(_) => fail(ErrorCode::InvalidHeaderToken, INVALID_VALUE),
        }
    }

    fn any_value(&mut self, input: &[u8], at: &mut usize) -> Result<(), Error> {
        let end = skip_while(input, *at, |b| !matches!(b, b'\r' | b'\n'));
        if let Some(byte) = self.take_value(input, at, end)? {
            self.end_value_line(Special::None, byte, at);
        }
        Ok(())
    }

    /// Makes the bytes up to `end` part of the value; answers the byte that follows them.
    fn take_value(
        &mut self,
        input: &[u8],
        at: &mut usize,
        end: usize,
    ) -> Result<Option<u8>, Error> {
        let start = *at;
        self.head.push_value(&input[start..end]);
        *at = end;
        self.track_header(end - start)?;
        Ok(input.get(end).copied())
    }

    /// At the CR of a value's line, or at its LF if that is allowed to stand alone.
    fn end_value_line(&mut self, special: Special, byte: u8, at: &mut usize) {
        if byte == b'\r' {
            *at += 1;
        }
        self.state = State::Header(HeaderState::ValueLf(special));
    }

    fn content_length(
        &mut self,
        mut digits_over: bool,
        input: &[u8],
        at: &mut usize,
    ) -> Result<(), Error> {
        let start = *at;
        while let Some(&byte) = input.get(*at) {
            match byte {
                b'0'..=b'9' if !digits_over => {
                    let digit = u64::from(byte - b'0');
                    let Some(length) = self
                        .length
                        .checked_mul(10)
                        .and_then(|n| n.checked_add(digit))
                    else {
                        return fail(ErrorCode::InvalidContentLength, "Content-Length overflow");
                    };
                    self.length = length;
                }
                b' ' | b'\t' => digits_over = true,
                _ => break,
            }
            *at += 1;
        }
        let end = core::mem::replace(at, start);
        match self.take_value(input, at, end)? {
            None => {
                self.state = State::Header(HeaderState::Length { digits_over });
                Ok(())
            }
            Some(b'\n') if !self.bare_lf_allowed() => fail(
                ErrorCode::CrExpected,
                "Missing expected CR after header value",
            ),
            Some(byte @ (b'\r' | b'\n')) => {
                self.flags.content_length = true;
                self.end_value_line(Special::ContentLength, byte, at);
                Ok(())
            }
            Some(_) => fail(
                ErrorCode::InvalidContentLength,
                "Invalid character in Content-Length",
            ),
        }
    }

    /// Acts on a complete value.
    fn apply(&mut self, special: Special) -> Result<(), Error> {
        match special {
            Special::Connection => {
                for token in self.head.last_value().split(|&b| b == b',') {
                    let token = trim_ows(token);
                    let is = |known: &str| token.eq_ignore_ascii_case(known.as_bytes());
                    self.flags.keep_alive |= is("keep-alive");
                    self.flags.close |= is("close");
                    self.flags.connection_upgrade |= is("upgrade");
                }
            }
            Special::TransferEncoding => {
                self.flags.chunked = false;
                let value = self.head.last_value();
                let mut codings = value.split(|&b| b == b',').peekable();
                while let Some(coding) = codings.next() {
                    // Only spaces may follow the name; anything else makes it another coding.
                    let name = trim_ows(coding).len() + count_ows(coding);
                    let spaces_only = coding[name..].iter().all(|&b| b == b' ');
                    let chunked = spaces_only && trim_ows(coding).eq_ignore_ascii_case(b"chunked");
                    if chunked && codings.peek().is_some() {
                        self.forbid_after_chunked()?;
                    }
                    self.flags.chunked = chunked;
                }
            }
            Special::None | Special::ContentLength | Special::Upgrade => {}
        }
        Ok(())
    }

    /// In a request `chunked` is the last coding, or the end of the message cannot be told (RFC 9112 section 6.1).
    fn forbid_after_chunked(&self) -> Result<(), Error> {
        if self.kind == Kind::Request && !self.lenient.has(Lenient::TRANSFER_ENCODING) {
            return fail(
                ErrorCode::InvalidTransferEncoding,
                "Invalid `Transfer-Encoding` header value",
            );
        }
        Ok(())
    }
}

/// Number of spaces and tabs at the start.
fn count_ows(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count()
}

/// Without the spaces and tabs around.
fn trim_ows(bytes: &[u8]) -> &[u8] {
    let start = &bytes[count_ows(bytes)..];
    let end = start
        .iter()
        .rev()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    &start[..start.len() - end]
}

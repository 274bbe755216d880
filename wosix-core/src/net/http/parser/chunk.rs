//! The chunked transfer coding: RFC 9112 section 7.1.

use super::super::chars::{is_quoted_text, is_token, is_value};
use super::super::{Error, ErrorCode};
use super::{HeaderState, Lenient, MAX_CHUNK_EXTENSION_BYTES, Parser, State};

/// Where in a chunk the parser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChunkState {
    SizeStart,
    SizeDigit,
    Size,
    AfterSize,
    ExtensionStart,
    ExtensionName,
    ExtensionValue,
    ExtensionQuoted,
    ExtensionEscape,
    ExtensionQuotedEnd,
    HeaderLf,
    /// The header's line is over; needs no byte.
    HeaderDone,
    Data,
    DataEnd,
    DataLf,
}

fn fail<T>(code: ErrorCode, reason: &'static str) -> Result<T, Error> {
    Err(Error::new(code, reason))
}

const INVALID_SIZE: &str = "Invalid character in chunk size";

impl Parser {
    pub(super) fn chunk(
        &mut self,
        state: ChunkState,
        input: &[u8],
        at: &mut usize,
    ) -> Result<(), Error> {
        use ChunkState as C;
        let byte = input[*at];
        let next = match state {
            C::SizeStart => {
                self.length = 0;
                C::SizeDigit
            }
            C::SizeDigit | C::Size => match (byte as char).to_digit(16) {
                Some(digit) => {
                    let Some(length) = self
                        .length
                        .checked_mul(16)
                        .and_then(|n| n.checked_add(u64::from(digit)))
                    else {
                        return fail(ErrorCode::InvalidChunkSize, "Chunk size overflow");
                    };
                    self.length = length;
                    *at += 1;
                    C::Size
                }
                None if state == C::SizeDigit => {
                    return fail(ErrorCode::InvalidChunkSize, INVALID_SIZE);
                }
                None => C::AfterSize,
            },
            C::AfterSize => {
                *at += 1;
                match byte {
                    b' ' | b'\t' if self.lenient.has(Lenient::SPACES_AFTER_CHUNK_SIZE) => {
                        C::AfterSize
                    }
                    b'\r' => C::HeaderLf,
                    b'\n' if self.bare_lf_allowed() => C::HeaderLf,
                    b'\n' => {
                        return fail(
                            ErrorCode::CrExpected,
                            "Missing expected CR after chunk size",
                        );
                    }
                    b';' => C::ExtensionStart,
                    _ => return fail(ErrorCode::InvalidChunkSize, INVALID_SIZE),
                }
            }
            C::ExtensionStart => {
                if matches!(byte, b' ' | b'\r') {
                    return fail(ErrorCode::Strict, "Invalid character in chunk extensions");
                }
                C::ExtensionName
            }
            C::ExtensionName => match byte {
                _ if is_token(byte) => self.extension_byte(at, state)?,
                b'=' => {
                    *at += 1;
                    C::ExtensionValue
                }
                _ => self.extension_end(
                    byte,
                    at,
                    "Missing expected CR after chunk extension name",
                    "Invalid character in chunk extensions name",
                )?,
            },
            C::ExtensionValue => match byte {
                b'"' => self.extension_byte(at, C::ExtensionQuoted)?,
                _ if is_token(byte) => self.extension_byte(at, state)?,
                _ => self.extension_end(
                    byte,
                    at,
                    "Missing expected CR after chunk extension value",
                    "Invalid character in chunk extensions value",
                )?,
            },
            C::ExtensionQuoted => match byte {
                b'"' => self.extension_byte(at, C::ExtensionQuotedEnd)?,
                b'\\' => self.extension_byte(at, C::ExtensionEscape)?,
                _ if is_quoted_text(byte) => self.extension_byte(at, state)?,
                _ => {
                    return fail(
                        ErrorCode::Strict,
                        "Invalid character in chunk extensions quoted value",
                    );
                }
            },
            C::ExtensionEscape => {
                if !is_value(byte) {
                    return fail(
                        ErrorCode::Strict,
                        "Invalid quoted-pair in chunk extensions quoted value",
                    );
                }
                self.extension_byte(at, C::ExtensionQuoted)?
            }
            C::ExtensionQuotedEnd => self.extension_end(
                byte,
                at,
                "Missing expected CR after chunk extension value",
                "Invalid character in chunk extensions quote value",
            )?,
            C::HeaderLf => {
                self.line_feed(input, at, ErrorCode::Strict, "Expected LF after chunk size")?;
                C::HeaderDone
            }
            C::DataEnd => match byte {
                b'\r' => {
                    *at += 1;
                    C::DataLf
                }
                b'\n' => {
                    *at += 1;
                    if !self.bare_lf_allowed() {
                        return fail(
                            ErrorCode::CrExpected,
                            "Missing expected CR after chunk data",
                        );
                    }
                    C::SizeStart
                }
                _ if self.lenient.has(Lenient::OPTIONAL_CRLF_AFTER_CHUNK) => C::SizeStart,
                _ => return fail(ErrorCode::Strict, "Expected LF after chunk data"),
            },
            C::DataLf => {
                if byte == b'\n' {
                    *at += 1;
                } else if !self.lenient.has(Lenient::OPTIONAL_CRLF_AFTER_CHUNK) {
                    return fail(ErrorCode::Strict, "Expected LF after chunk data");
                }
                C::SizeStart
            }
            // `Parser::advance` deals with these, they need no byte or take many.
            C::HeaderDone | C::Data => state,
        };
        self.state = State::Chunk(next);
        Ok(())
    }

    pub(super) fn chunk_header_done(&mut self) {
        self.header_bytes = 0;
        self.chunk_extension_bytes = 0;
        self.state = if self.length == 0 {
            self.flags.trailing = true;
            State::Header(HeaderState::Start)
        } else {
            State::Chunk(ChunkState::Data)
        };
    }

    fn extension_byte(&mut self, at: &mut usize, next: ChunkState) -> Result<ChunkState, Error> {
        *at += 1;
        self.chunk_extension_bytes += 1;
        if self.chunk_extension_bytes > MAX_CHUNK_EXTENSION_BYTES {
            return fail(
                ErrorCode::ChunkExtensionsOverflow,
                "Chunk extensions overflow",
            );
        }
        Ok(next)
    }

    fn extension_end(
        &mut self,
        byte: u8,
        at: &mut usize,
        bare_lf: &'static str,
        otherwise: &'static str,
    ) -> Result<ChunkState, Error> {
        *at += 1;
        match byte {
            b';' => Ok(ChunkState::ExtensionStart),
            b'\r' => Ok(ChunkState::HeaderLf),
            b'\n' if self.bare_lf_allowed() => {
                *at -= 1;
                Ok(ChunkState::HeaderLf)
            }
            b'\n' => fail(ErrorCode::CrExpected, bare_lf),
            _ => fail(ErrorCode::Strict, otherwise),
        }
    }
}

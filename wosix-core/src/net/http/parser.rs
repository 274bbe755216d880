//! The message parser: framing and flow. What is inside a start line, a header and a chunk header is in the child modules.

mod chunk;
mod header;
mod start_line;
#[cfg(test)]
mod tests;

use super::{Error, ErrorCode, Head, Method};
use chunk::ChunkState;
use header::HeaderState;
use start_line::LineState;

/// Which side of the conversation is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Messages of a client.
    Request,
    /// Messages of a server.
    Response,
}

/// Tolerances, with the bit values of Node's `HTTPParser.kLenient*`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lenient(pub u32);

impl Lenient {
    /// Any byte in header values, and white space around names.
    pub const HEADERS: u32 = 1;
    /// `Content-Length` beside `Transfer-Encoding`.
    pub const CHUNKED_LENGTH: u32 = 1 << 1;
    /// Messages after `Connection: close`.
    pub const KEEP_ALIVE: u32 = 1 << 2;
    /// Other codings after `chunked`.
    pub const TRANSFER_ENCODING: u32 = 1 << 3;
    /// Any digits as version.
    pub const VERSION: u32 = 1 << 4;
    /// Ignores what follows the last message.
    pub const DATA_AFTER_CLOSE: u32 = 1 << 5;
    /// CR alone ends a line.
    pub const OPTIONAL_LF_AFTER_CR: u32 = 1 << 6;
    /// Nothing needs to follow chunk data.
    pub const OPTIONAL_CRLF_AFTER_CHUNK: u32 = 1 << 7;
    /// LF alone ends a line.
    pub const OPTIONAL_CR_BEFORE_LF: u32 = 1 << 8;
    /// Spaces after a chunk size.
    pub const SPACES_AFTER_CHUNK_SIZE: u32 = 1 << 9;
    /// Control characters in header values.
    pub const HEADER_VALUE_RELAXED: u32 = 1 << 10;

    fn has(self, bit: u32) -> bool {
        self.0 & bit != 0
    }
}

/// What [`Parser::step`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// All input is consumed; come back with more.
    NeedInput,
    /// The first byte of a message was seen.
    MessageBegin,
    /// [`Parser::head`] is complete. The caller may change the framing by [`Parser::set_body_policy`] before the next step.
    HeadersComplete,
    /// The last bytes that the step consumed, this many, are body.
    Body(usize),
    /// The message is over; [`Parser::head`] has the trailers, if any.
    MessageComplete,
    /// The rest of the connection is another protocol (CONNECT, Upgrade); input after the consumed bytes is untouched.
    Upgrade,
    /// The message is refused, at the first byte that the step did not consume. Every further step answers the same.
    Failed(Error),
}

/// Result of one [`Parser::step`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Bytes of the input that are dealt with.
    pub consumed: usize,
    /// What happened.
    pub event: Event,
}

/// How the body of a message is treated, chosen at [`Event::HeadersComplete`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyPolicy {
    /// As the headers say.
    Framed,
    /// There is none whatever the headers say (response to HEAD).
    Skip,
    /// There is none, and another protocol follows (response to CONNECT).
    SkipAndUpgrade,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before a message: skips line breaks.
    Start,
    Line(LineState),
    Header(HeaderState),
    HeadersComplete,
    AfterHeaders,
    Body,
    BodyUntilEof,
    Chunk(ChunkState),
    MessageComplete,
    /// Between `MessageComplete` and `Upgrade`.
    UpgradePause,
    AfterMessage,
    Closed,
}

/// What the headers said, and where in a message the parser is.
#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    keep_alive: bool,
    close: bool,
    connection_upgrade: bool,
    upgrade_header: bool,
    chunked: bool,
    transfer_encoding: bool,
    content_length: bool,
    skip_body: bool,
    trailing: bool,
}

/// What the end of the connection means now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Eof {
    Clean,
    CompletesMessage,
    Truncates,
}

/// Chunk extensions of one chunk may have this many bytes (Node's limit).
const MAX_CHUNK_EXTENSION_BYTES: usize = 16 * 1024;

/// Incremental parser of one direction of a connection. See the [module documentation](super).
#[derive(Debug)]
pub struct Parser {
    kind: Kind,
    lenient: Lenient,
    max_header_bytes: u64,
    state: State,
    flags: Flags,
    eof: Eof,
    error: Option<Error>,
    head: Head,
    /// Bytes of start line and headers, of trailers, so far.
    header_bytes: u64,
    chunk_extension_bytes: usize,
    /// `Content-Length`, later what is left of it; size of the current chunk, later what is left of it.
    length: u64,
    method: Method,
    version: (u8, u8),
    status: u16,
    upgrade: bool,
    /// A short word that is being read (method, protocol name).
    word: [u8; super::method::MAX_LENGTH],
    word_len: usize,
}

impl Parser {
    /// `max_header_bytes` bounds the text of target, reason phrase and fields of one message (Node's `--max-http-header-size`).
    pub fn new(kind: Kind, max_header_bytes: u64, lenient: Lenient) -> Self {
        Self {
            kind,
            lenient,
            max_header_bytes,
            state: State::Start,
            flags: Flags::default(),
            eof: Eof::Clean,
            error: None,
            head: Head::default(),
            header_bytes: 0,
            chunk_extension_bytes: 0,
            length: 0,
            method: Method::DELETE,
            version: (0, 0),
            status: 0,
            upgrade: false,
            word: [0; super::method::MAX_LENGTH],
            word_len: 0,
        }
    }

    /// Goes on in `input` up to the next event. Call again with what was not consumed, even if that is nothing, until
    /// [`Event::NeedInput`], [`Event::Upgrade`] or [`Event::Failed`]: the end of a message is an event that needs no input.
    pub fn step(&mut self, input: &[u8]) -> Step {
        if let Some(error) = self.error {
            return Step {
                consumed: 0,
                event: Event::Failed(error),
            };
        }
        let mut at = 0;
        match self.advance(input, &mut at) {
            Ok(event) => Step {
                consumed: at,
                event,
            },
            Err(error) => {
                self.error = Some(error);
                Step {
                    consumed: at,
                    event: Event::Failed(error),
                }
            }
        }
    }

    /// Tells that the connection has ended. `true` means that this completes the message whose body ends with the connection.
    ///
    /// # Errors
    /// `HPE_INVALID_EOF_STATE` inside a message. A parser that has failed stays silent, as llhttp does.
    pub fn finish(&mut self) -> Result<bool, Error> {
        if self.error.is_some() {
            return Ok(false);
        }
        match self.eof {
            Eof::Clean => Ok(false),
            Eof::CompletesMessage => Ok(true),
            Eof::Truncates => Err(Error::new(ErrorCode::InvalidEofState, "Invalid EOF state")),
        }
    }

    /// Start line and fields, or trailers.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Method of the current request.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Status of the current response.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Major and minor version.
    pub fn version(&self) -> (u8, u8) {
        self.version
    }

    /// Whether another protocol follows the current message.
    pub fn upgrade(&self) -> bool {
        self.upgrade
    }

    /// Whether the connection can carry another message after this one (RFC 9112 section 9.3).
    pub fn should_keep_alive(&self) -> bool {
        let wanted = if self.version.0 > 0 && self.version.1 > 0 {
            !self.flags.close
        } else {
            self.flags.keep_alive
        };
        wanted && !self.needs_eof()
    }

    /// Bytes of body that may be taken from the input without looking at them: the caller can hand them on and tell so by
    /// [`Parser::skip_body`]. `None` for "until the connection ends".
    pub fn body_run(&self) -> Option<u64> {
        match self.state {
            State::Body | State::Chunk(ChunkState::Data) => Some(self.length),
            State::BodyUntilEof => None,
            _ => Some(0),
        }
    }

    /// Accounts for `n` bytes of body, at most [`Parser::body_run`], that the caller took from the input itself.
    pub fn skip_body(&mut self, n: u64) {
        if self.state != State::BodyUntilEof {
            self.length -= n;
        }
    }

    /// Answers [`Event::HeadersComplete`].
    pub fn set_body_policy(&mut self, policy: BodyPolicy) {
        match policy {
            BodyPolicy::Framed => {}
            BodyPolicy::Skip => self.flags.skip_body = true,
            BodyPolicy::SkipAndUpgrade => {
                self.flags.skip_body = true;
                self.upgrade = true;
            }
        }
    }

    fn advance(&mut self, input: &[u8], at: &mut usize) -> Result<Event, Error> {
        loop {
            let event = match self.state {
                State::HeadersComplete => Some(self.headers_complete()),
                State::AfterHeaders => {
                    self.head.clear();
                    self.frame_body()?;
                    None
                }
                State::MessageComplete => {
                    self.state = if self.switches_protocol() {
                        State::UpgradePause
                    } else {
                        State::AfterMessage
                    };
                    Some(Event::MessageComplete)
                }
                State::UpgradePause => {
                    self.state = State::AfterMessage;
                    Some(Event::Upgrade)
                }
                State::AfterMessage => {
                    self.after_message();
                    None
                }
                State::Chunk(ChunkState::HeaderDone) => {
                    self.chunk_header_done();
                    None
                }
                State::Body if self.length == 0 => {
                    self.state = State::MessageComplete;
                    None
                }
                State::Chunk(ChunkState::Data) if self.length == 0 => {
                    self.state = State::Chunk(ChunkState::DataEnd);
                    None
                }
                _ if *at == input.len() => return Ok(Event::NeedInput),
                State::Start => self.start(input, at),
                State::Line(line) => {
                    self.start_line(line, input, at)?;
                    None
                }
                State::Header(header) => {
                    self.header(header, input, at)?;
                    None
                }
                State::Body | State::BodyUntilEof | State::Chunk(ChunkState::Data) => {
                    Some(self.body(input, at))
                }
                State::Chunk(chunk) => {
                    self.chunk(chunk, input, at)?;
                    None
                }
                State::Closed => {
                    self.closed(input, at)?;
                    None
                }
            };
            if let Some(event) = event {
                return Ok(event);
            }
        }
    }

    fn start(&mut self, input: &[u8], at: &mut usize) -> Option<Event> {
        if matches!(input[*at], b'\r' | b'\n') {
            *at += 1;
            return None;
        }
        self.flags = Flags::default();
        self.head.clear();
        self.header_bytes = 0;
        self.chunk_extension_bytes = 0;
        self.length = 0;
        self.word_len = 0;
        self.eof = Eof::Truncates;
        self.state = State::Line(match self.kind {
            Kind::Request => LineState::Method,
            Kind::Response => LineState::Protocol,
        });
        Some(Event::MessageBegin)
    }

    fn headers_complete(&mut self) -> Event {
        self.upgrade = if self.flags.upgrade_header && self.flags.connection_upgrade {
            // In a response the pair only announces support, unless it switches protocols.
            self.kind == Kind::Request || self.status == 101
        } else {
            self.kind == Kind::Request && self.method == Method::CONNECT
        };
        self.header_bytes = 0;
        self.state = State::AfterHeaders;
        Event::HeadersComplete
    }

    /// Decides what follows the headers: RFC 9112 section 6.3.
    fn frame_body(&mut self) -> Result<(), Error> {
        let has_body = self.flags.chunked || self.length > 0;
        let connect = self.kind == Kind::Request && self.method == Method::CONNECT;
        let response_to_upgrade = self.kind == Kind::Response && self.status == 101;
        let interim = self.kind == Kind::Response && self.status == 100;
        self.state = if self.upgrade && (connect || self.flags.skip_body || !has_body)
            || self.flags.skip_body
            || interim
            || response_to_upgrade
        {
            State::MessageComplete
        } else if self.flags.chunked {
            State::Chunk(ChunkState::SizeStart)
        } else if self.flags.transfer_encoding {
            // The length cannot be known: a server may close to end its body, a client cannot.
            let tolerated = Lenient::CHUNKED_LENGTH | Lenient::TRANSFER_ENCODING;
            if self.kind == Kind::Request && !self.lenient.has(tolerated) {
                return Err(Error::new(
                    ErrorCode::InvalidTransferEncoding,
                    "Request has invalid `Transfer-Encoding`",
                ));
            }
            State::BodyUntilEof
        } else if self.flags.content_length {
            State::Body
        } else if self.needs_eof() {
            State::BodyUntilEof
        } else {
            State::MessageComplete
        };
        if self.state == State::BodyUntilEof {
            self.eof = Eof::CompletesMessage;
        }
        Ok(())
    }

    /// A 101 always ends HTTP, even without the headers that say so.
    fn switches_protocol(&self) -> bool {
        self.upgrade || (self.kind == Kind::Response && self.status == 101)
    }

    fn needs_eof(&self) -> bool {
        if self.kind == Kind::Request
            || self.status / 100 == 1
            || matches!(self.status, 204 | 304)
            || self.flags.skip_body
        {
            return false;
        }
        if self.flags.transfer_encoding && !self.flags.chunked {
            return true;
        }
        !(self.flags.chunked || self.flags.content_length)
    }

    fn body(&mut self, input: &[u8], at: &mut usize) -> Event {
        let available = input.len() - *at;
        let taken = match self.body_run() {
            Some(run) => usize::try_from(run).map_or(available, |run| run.min(available)),
            None => available,
        };
        self.skip_body(taken as u64);
        *at += taken;
        Event::Body(taken)
    }

    fn after_message(&mut self) {
        let reusable = self.should_keep_alive() || self.lenient.has(Lenient::KEEP_ALIVE);
        self.eof = Eof::Clean;
        self.head.clear();
        self.state = if reusable {
            State::Start
        } else {
            State::Closed
        };
    }

    fn closed(&mut self, input: &[u8], at: &mut usize) -> Result<(), Error> {
        let line_break = matches!(input[*at], b'\r' | b'\n');
        *at += 1;
        if line_break || self.lenient.has(Lenient::DATA_AFTER_CLOSE) {
            return Ok(());
        }
        Err(Error::new(
            ErrorCode::ClosedConnection,
            "Data after `Connection: close`",
        ))
    }

    /// Counts `n` bytes of start line, headers or trailers.
    fn track_header(&mut self, n: usize) -> Result<(), Error> {
        self.header_bytes += n as u64;
        if self.header_bytes >= self.max_header_bytes {
            return Err(Error::new(ErrorCode::HeaderOverflow, "Header overflow"));
        }
        Ok(())
    }

    /// Whether a line may end in a bare LF.
    fn bare_lf_allowed(&self) -> bool {
        self.lenient.has(Lenient::OPTIONAL_CR_BEFORE_LF)
    }

    /// Expects the LF of a line end; `otherwise` is the complaint unless a bare CR is tolerated (then the byte belongs to what follows).
    fn line_feed(
        &self,
        input: &[u8],
        at: &mut usize,
        code: ErrorCode,
        reason: &'static str,
    ) -> Result<(), Error> {
        if input[*at] == b'\n' {
            *at += 1;
        } else if !self.lenient.has(Lenient::OPTIONAL_LF_AFTER_CR) {
            return Err(Error::new(code, reason));
        }
        Ok(())
    }
}

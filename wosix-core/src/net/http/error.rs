//! Why a message was refused.

use core::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal,)*) => {
        /// Kinds of parse errors; [`ErrorCode::name`] is the `code` property of Node's error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum ErrorCode { $($(#[$doc])* $code,)* }

        impl ErrorCode {
            /// llhttp's name, such as `HPE_INVALID_METHOD`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)* }
            }
        }
    };
}

codes! {
    /// A line break or a chunk extension is malformed.
    Strict = "HPE_STRICT",
    /// CR without LF.
    LfExpected = "HPE_LF_EXPECTED",
    /// LF without CR.
    CrExpected = "HPE_CR_EXPECTED",
    /// A second `Content-Length`.
    UnexpectedContentLength = "HPE_UNEXPECTED_CONTENT_LENGTH",
    /// A header line that starts with white space.
    UnexpectedSpace = "HPE_UNEXPECTED_SPACE",
    /// Bytes after a message that ended the connection.
    ClosedConnection = "HPE_CLOSED_CONNECTION",
    /// Not a known method.
    InvalidMethod = "HPE_INVALID_METHOD",
    /// A character that a request target cannot have.
    InvalidUrl = "HPE_INVALID_URL",
    /// Not the protocol name.
    InvalidConstant = "HPE_INVALID_CONSTANT",
    /// A version other than 0.9, 1.0, 1.1 and 2.0, or a malformed one.
    InvalidVersion = "HPE_INVALID_VERSION",
    /// A bad character in a header's name or value.
    InvalidHeaderToken = "HPE_INVALID_HEADER_TOKEN",
    /// A length that is no number, too large or contradicts `Transfer-Encoding`.
    InvalidContentLength = "HPE_INVALID_CONTENT_LENGTH",
    /// A chunk size that is no hexadecimal number or too large.
    InvalidChunkSize = "HPE_INVALID_CHUNK_SIZE",
    /// A status that is not three digits.
    InvalidStatus = "HPE_INVALID_STATUS",
    /// The connection ended inside a message.
    InvalidEofState = "HPE_INVALID_EOF_STATE",
    /// A `Transfer-Encoding` that does not end in `chunked`, or contradicts `Content-Length`.
    InvalidTransferEncoding = "HPE_INVALID_TRANSFER_ENCODING",
    /// The preface of HTTP/2.
    PausedH2Upgrade = "HPE_PAUSED_H2_UPGRADE",
    /// Start line and headers exceed the limit (answered with 431).
    HeaderOverflow = "HPE_HEADER_OVERFLOW",
    /// Chunk extensions exceed the limit (answered with 413).
    ChunkExtensionsOverflow = "HPE_CHUNK_EXTENSIONS_OVERFLOW",
}

/// A parse error; it is final for its parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// What kind of error.
    pub code: ErrorCode,
    /// llhttp's sentence for it (the `reason` property of Node's error).
    pub reason: &'static str,
}

impl Error {
    pub(super) fn new(code: ErrorCode, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parse Error: {}", self.reason)
    }
}

impl core::error::Error for Error {}

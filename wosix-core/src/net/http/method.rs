//! Request methods, numbered as llhttp numbers them (Node's `allMethods` is indexed by these numbers).

/// A method by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method(u8);

const NAMES: [&str; 47] = [
    "DELETE",
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "COPY",
    "LOCK",
    "MKCOL",
    "MOVE",
    "PROPFIND",
    "PROPPATCH",
    "SEARCH",
    "UNLOCK",
    "BIND",
    "REBIND",
    "UNBIND",
    "ACL",
    "REPORT",
    "MKACTIVITY",
    "CHECKOUT",
    "MERGE",
    "M-SEARCH",
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "PATCH",
    "PURGE",
    "MKCALENDAR",
    "LINK",
    "UNLINK",
    "SOURCE",
    "PRI",
    "DESCRIBE",
    "ANNOUNCE",
    "SETUP",
    "PLAY",
    "PAUSE",
    "TEARDOWN",
    "GET_PARAMETER",
    "SET_PARAMETER",
    "REDIRECT",
    "RECORD",
    "FLUSH",
    "QUERY",
];

/// Length of the longest method name.
pub(super) const MAX_LENGTH: usize = 13;

impl Method {
    /// DELETE, the first number.
    pub const DELETE: Self = Self(0);
    /// GET.
    pub const GET: Self = Self(1);
    /// HEAD.
    pub const HEAD: Self = Self(2);
    /// POST.
    pub const POST: Self = Self(3);
    /// CONNECT.
    pub const CONNECT: Self = Self(5);
    /// OPTIONS.
    pub const OPTIONS: Self = Self(6);
    /// SOURCE of Icecast.
    pub const SOURCE: Self = Self(33);
    /// PRI, with which HTTP/2 begins.
    pub const PRI: Self = Self(34);
    /// QUERY, the youngest one.
    pub const QUERY: Self = Self(46);

    /// llhttp's number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Name in capitals.
    pub fn name(self) -> &'static str {
        NAMES[self.0 as usize]
    }

    /// The method with exactly this name.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        NAMES
            .iter()
            .position(|known| known.as_bytes() == name)
            .map(|number| Self(number as u8))
    }

    /// Whether some method begins with `prefix`.
    pub(super) fn is_prefix(prefix: &[u8]) -> bool {
        NAMES
            .iter()
            .any(|known| known.as_bytes().starts_with(prefix))
    }

    /// Whether `HTTP/` may follow (Icecast's SOURCE is tolerated, RTSP's own methods are not).
    pub(super) fn is_http(self) -> bool {
        self.0 <= Self::PRI.0 || self == Self::QUERY
    }

    /// Whether `RTSP/` may follow; AirPlay uses GET and POST.
    pub(super) fn is_rtsp(self) -> bool {
        (self.0 > Self::PRI.0 && self != Self::QUERY)
            || matches!(self, Self::OPTIONS | Self::GET | Self::POST)
    }
}

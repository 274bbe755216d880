//! Messages and the events they make. The expectations are what Node 24's parser answers to the same bytes.

use super::*;

/// Feeds `pieces` and writes one line an event; bodies are joined.
fn events(kind: Kind, lenient: u32, policy: BodyPolicy, pieces: &[&[u8]]) -> String {
    let mut parser = Parser::new(kind, 200, Lenient(lenient));
    let mut log: Vec<String> = Vec::new();
    for piece in pieces {
        let mut at = 0;
        loop {
            let step = parser.step(&piece[at..]);
            at += step.consumed;
            let text = |span| String::from_utf8_lossy(parser.head().slice(span)).into_owned();
            let fields = || -> String {
                let field =
                    |f: &super::super::Field| format!(" {}={}", text(f.name), text(f.value));
                parser.head().fields().iter().map(field).collect()
            };
            match step.event {
                Event::NeedInput => break,
                Event::MessageBegin => {}
                Event::HeadersComplete => {
                    let first = match kind {
                        Kind::Request => {
                            format!(
                                "{} {}",
                                parser.method().name(),
                                text(parser.head().target_span())
                            )
                        }
                        Kind::Response => {
                            format!("{} {}", parser.status(), text(parser.head().reason_span()))
                        }
                    };
                    let close = if parser.should_keep_alive() {
                        ""
                    } else {
                        " (close)"
                    };
                    log.push(format!("{first}{}{close}", fields()));
                    parser.set_body_policy(policy);
                }
                Event::Body(taken) => {
                    let body = String::from_utf8_lossy(&piece[at - taken..at]);
                    match log.last_mut() {
                        Some(last) if last.starts_with("body ") => last.push_str(&body),
                        _ => log.push(format!("body {body}")),
                    }
                }
                Event::MessageComplete => log.push(format!("done{}", fields())),
                Event::Upgrade => {
                    log.push("upgrade".into());
                    return log.join("\n");
                }
                Event::Failed(error) => {
                    log.push(format!("{}: {}", error.code.name(), error.reason));
                    return log.join("\n");
                }
            }
        }
    }
    match parser.finish() {
        Ok(false) => {}
        Ok(true) => log.push("done at end".into()),
        Err(error) => log.push(format!("{} at end", error.code.name())),
    }
    log.join("\n")
}

/// Checks `input` as a whole, byte by byte and cut in two at every place.
#[track_caller]
fn check_with(kind: Kind, lenient: u32, policy: BodyPolicy, input: &str, expected: &str) {
    let bytes = input.as_bytes();
    assert_eq!(events(kind, lenient, policy, &[bytes]), expected, "whole");
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(
        events(kind, lenient, policy, &single),
        expected,
        "byte by byte"
    );
    for cut in 1..bytes.len() {
        let (left, right) = bytes.split_at(cut);
        assert_eq!(
            events(kind, lenient, policy, &[left, right]),
            expected,
            "cut at {cut}"
        );
    }
}

#[track_caller]
fn request(input: &str, expected: &str) {
    check_with(Kind::Request, 0, BodyPolicy::Framed, input, expected);
}

#[track_caller]
fn response(input: &str, expected: &str) {
    check_with(Kind::Response, 0, BodyPolicy::Framed, input, expected);
}

#[test]
fn pipelined_requests() {
    request(
        "\r\nGET / HTTP/1.1\r\nHost: a\r\nEmpty:\r\nSpaced: \t b c \t\r\n\r\nPOST /x?y#z HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc",
        "GET / Host=a Empty= Spaced=b c\ndone\nPOST /x?y#z Content-Length=3 (close)\nbody abc\ndone",
    );
}

#[test]
fn chunked_with_extensions_and_trailers() {
    request(
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n5;a=b;c=\"d\\\"e\"\r\nhello\r\nA\r\n0123456789",
        "POST / Transfer-Encoding=gzip, Chunked\nbody hello0123456789\nHPE_INVALID_EOF_STATE at end",
    );
    request(
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-T: v\r\n\r\n",
        "POST / Transfer-Encoding=chunked\nbody a\ndone X-T=v",
    );
}

#[test]
fn targets() {
    request(
        "GET http://u:p@[::1]:8/p?q HTTP/1.1\r\n\r\n",
        "GET http://u:p@[::1]:8/p?q\ndone",
    );
    request("OPTIONS * HTTP/1.1\r\n\r\n", "OPTIONS *\ndone");
    request(
        "GET a@b HTTP/1.1\r\n\r\n",
        "HPE_INVALID_URL: Unexpected char in url schema",
    );
    request(
        "GET http://a@@c/ HTTP/1.1\r\n\r\n",
        "HPE_INVALID_URL: Double @ in url",
    );
    request(
        "GET /\u{e9} HTTP/1.1\r\n\r\n",
        "HPE_INVALID_URL: Invalid char in url path",
    );
}

#[test]
fn request_lines_that_are_refused() {
    request(
        "BREW / HTTP/1.1\r\n",
        "HPE_INVALID_METHOD: Invalid method encountered",
    );
    request(
        "GET/ HTTP/1.1\r\n",
        "HPE_INVALID_METHOD: Expected space after method",
    );
    request(
        "GET / HTTQ/1.1\r\n",
        "HPE_INVALID_CONSTANT: Expected HTTP/, RTSP/ or ICE/",
    );
    request(
        "PLAY / HTTP/1.1\r\n",
        "HPE_INVALID_CONSTANT: Invalid method for HTTP/x.x request",
    );
    request(
        "GET / HTTP/1.2\r\n",
        "HPE_INVALID_VERSION: Invalid HTTP version",
    );
    request(
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "HPE_PAUSED_H2_UPGRADE: Pause on PRI/Upgrade",
    );
}

#[test]
fn headers_that_are_refused() {
    let refused = |headers: &str, expected: &str| {
        request(&format!("GET / HTTP/1.1\r\n{headers}\r\n\r\n"), expected)
    };
    refused(
        " A: b",
        "HPE_UNEXPECTED_SPACE: Unexpected space after start line",
    );
    refused("A b: c", "HPE_INVALID_HEADER_TOKEN: Invalid header token");
    refused(
        "Connection : c",
        "HPE_INVALID_HEADER_TOKEN: Invalid header field char",
    );
    refused(
        "A: b\0",
        "HPE_INVALID_HEADER_TOKEN: Invalid header value char",
    );
    refused(
        "A: b\nC: d",
        "HPE_CR_EXPECTED: Missing expected CR after header value",
    );
    refused(
        "A: b\rC: d",
        "HPE_LF_EXPECTED: Missing expected LF after header value",
    );
    refused(
        "A: b\r\n c",
        "HPE_INVALID_HEADER_TOKEN: Unexpected whitespace after header value",
    );
    refused(
        "Content-Length: 1x",
        "HPE_INVALID_CONTENT_LENGTH: Invalid character in Content-Length",
    );
    refused(
        "Content-Length:",
        "HPE_INVALID_CONTENT_LENGTH: Empty Content-Length",
    );
    refused(
        "Content-Length: 99999999999999999999",
        "HPE_INVALID_CONTENT_LENGTH: Content-Length overflow",
    );
    refused(
        &format!("A: {}", "b".repeat(200)),
        "HPE_HEADER_OVERFLOW: Header overflow",
    );
}

/// Ambiguous framing is how requests are smuggled.
#[test]
fn ambiguous_framing_is_refused() {
    let refused = |headers: &str, expected: &str| {
        request(&format!("POST / HTTP/1.1\r\n{headers}\r\n\r\n"), expected)
    };
    refused(
        "Content-Length: 1\r\nContent-Length: 1",
        "HPE_UNEXPECTED_CONTENT_LENGTH: Duplicate Content-Length",
    );
    refused(
        "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "HPE_INVALID_TRANSFER_ENCODING: Transfer-Encoding can't be present with Content-Length",
    );
    refused(
        "Transfer-Encoding: chunked\r\nContent-Length: 1",
        "HPE_INVALID_CONTENT_LENGTH: Content-Length can't be present with Transfer-Encoding",
    );
    refused(
        "Transfer-Encoding: chunked, gzip",
        "HPE_INVALID_TRANSFER_ENCODING: Invalid `Transfer-Encoding` header value",
    );
    refused(
        "Transfer-Encoding: xchunked",
        "POST / Transfer-Encoding=xchunked\nHPE_INVALID_TRANSFER_ENCODING: Request has invalid `Transfer-Encoding`",
    );
}

#[test]
fn chunks_that_are_refused() {
    let refused = |body: &str, expected: &str| {
        request(
            &format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{body}"),
            &format!("POST / Transfer-Encoding=chunked\n{expected}"),
        );
    };
    refused(
        "x\r\n",
        "HPE_INVALID_CHUNK_SIZE: Invalid character in chunk size",
    );
    refused(
        "5 \r\n",
        "HPE_INVALID_CHUNK_SIZE: Invalid character in chunk size",
    );
    refused(
        "fffffffffffffffff\r\n",
        "HPE_INVALID_CHUNK_SIZE: Chunk size overflow",
    );
    refused(
        "1\na",
        "HPE_CR_EXPECTED: Missing expected CR after chunk size",
    );
    refused(
        "1; a\r\n",
        "HPE_STRICT: Invalid character in chunk extensions",
    );
    refused(
        "1\r\nab",
        "body a\nHPE_STRICT: Expected LF after chunk data",
    );
}

#[test]
fn connection_ends() {
    request(
        "GET / HTTP/1.1\r\nConnection: foo, close\r\n\r\n\r\nGET",
        "GET / Connection=foo, close (close)\ndone\nHPE_CLOSED_CONNECTION: Data after `Connection: close`",
    );
    request(
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET",
        "GET / Connection=keep-alive\ndone\nHPE_INVALID_EOF_STATE at end",
    );
}

#[test]
fn other_protocols_follow() {
    request(
        "CONNECT a:1 HTTP/1.1\r\n\r\nraw",
        "CONNECT a:1\ndone\nupgrade",
    );
    request(
        "GET / HTTP/1.1\r\nUpgrade: x\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nabraw",
        "GET / Upgrade=x Connection=Upgrade Content-Length=2\nbody ab\ndone\nupgrade",
    );
    request(
        "GET / HTTP/1.1\r\nUpgrade: x\r\n\r\n",
        "GET / Upgrade=x\ndone",
    );
    response("HTTP/1.1 101 S\r\n\r\nraw", "101 S\ndone\nupgrade");
    response(
        "HTTP/1.1 200 K\r\nUpgrade: x\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n",
        "200 K Upgrade=x Connection=upgrade Content-Length=0\ndone",
    );
}

#[test]
fn bodies_of_responses() {
    response(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204\r\n\r\nHTTP/1.1 304 N M\r\nContent-Length: 0\r\n\r\n",
        "100 Continue\ndone\n204 \ndone\n304 N M Content-Length=0\ndone",
    );
    response(
        "HTTP/1.1 200 OK\r\n\r\nto the end",
        "200 OK (close)\nbody to the end\ndone at end",
    );
    response(
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        "200 OK Content-Length=3\nbody ab\nHPE_INVALID_EOF_STATE at end",
    );
    response(
        "HTTP/1.1 20 OK\r\n",
        "HPE_INVALID_STATUS: Invalid status code",
    );
    check_with(
        Kind::Response,
        0,
        BodyPolicy::Skip,
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "200 OK Content-Length=3\ndone\n200 OK (close)\ndone",
    );
}

#[test]
fn tolerances() {
    let lenient = |bits: u32, input: &str, expected: &str| {
        check_with(Kind::Request, bits, BodyPolicy::Framed, input, expected);
    };
    lenient(
        Lenient::HEADERS,
        "GET / HTTP/1.1\r\nA: b\0\r\n c\r\n\r\n",
        "GET / A=b\0 c\ndone",
    );
    lenient(
        Lenient::OPTIONAL_CR_BEFORE_LF | Lenient::OPTIONAL_LF_AFTER_CR,
        "GET / HTTP/1.1\nA: b\n\n",
        "GET / A=b\ndone",
    );
    lenient(
        Lenient::HEADER_VALUE_RELAXED,
        "GET / HTTP/1.1\r\nA: \x01\r\n\r\n",
        "GET / A=\x01\ndone",
    );
    lenient(
        Lenient::KEEP_ALIVE,
        "GET / HTTP/1.1\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        "GET / Connection=close (close)\ndone\nGET /\ndone",
    );
}

#[test]
fn taking_a_body_run_is_the_same_as_stepping_through_it() {
    let mut parser = Parser::new(Kind::Response, 200, Lenient::default());
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
    assert_eq!(parser.step(head).event, Event::MessageBegin);
    let step = parser.step(head);
    assert_eq!(
        step,
        Step {
            consumed: head.len(),
            event: Event::HeadersComplete
        }
    );
    assert_eq!(parser.step(b"").event, Event::NeedInput);
    assert_eq!(parser.body_run(), Some(10));
    parser.skip_body(4);
    assert_eq!(parser.step(b"567890").event, Event::Body(6));
    assert_eq!(parser.step(b"").event, Event::MessageComplete);
}

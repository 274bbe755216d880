//! A message makes the same events however it is cut. The first three bytes choose the side, the body policy and the tolerances.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wosix_core::net::http::{BodyPolicy, ErrorCode, Event, Kind, Lenient, Parser};

fuzz_target!(|data: &[u8]| {
    let [side, low, high, message @ ..] = data else {
        return;
    };
    // A space stands for 0, so that seeds are readable.
    let lenient = u32::from(low ^ b' ') | u32::from(high ^ b' ') << 7;
    let whole = events(*side, lenient, &[message]);
    assert_eq!(
        whole,
        events(*side, lenient, &message.chunks(1).collect::<Vec<_>>())
    );
    for cut in 1..message.len().min(100) {
        let (left, right) = message.split_at(cut);
        assert_eq!(
            whole,
            events(*side, lenient, &[left, right]),
            "cut at {cut}"
        );
    }
});

fn events(side: u8, lenient: u32, pieces: &[&[u8]]) -> Vec<String> {
    let kind = if side & 1 == 0 {
        Kind::Request
    } else {
        Kind::Response
    };
    let mut parser = Parser::new(kind, 300, Lenient(lenient));
    let mut log: Vec<String> = Vec::new();
    let mut offset = 0;
    for piece in pieces {
        let mut at = 0;
        loop {
            let step = parser.step(&piece[at..]);
            at += step.consumed;
            match step.event {
                Event::NeedInput => {
                    assert_eq!(at, piece.len());
                    break;
                }
                Event::Body(taken) => {
                    match log.last_mut().filter(|last| last.starts_with("body")) {
                        Some(last) => last.push_str(&format!("{:?}", &piece[at - taken..at])),
                        None => log.push(format!("body{:?}", &piece[at - taken..at])),
                    }
                }
                Event::Failed(error) if error.code == ErrorCode::HeaderOverflow => {
                    // Noticed at the end of a run of text, which a cut may end.
                    log.push(format!("{error:?}"));
                    return join(log);
                }
                event => {
                    let head = parser.head();
                    let slices = head
                        .fields()
                        .iter()
                        .flat_map(|field| [field.name, field.value]);
                    let slices = slices.chain([head.target_span(), head.reason_span()]);
                    let text: Vec<_> = slices
                        .map(|span| head.slice(span).escape_ascii().to_string())
                        .collect();
                    log.push(format!(
                        "{event:?} at {} keep={} {text:?}",
                        offset + at,
                        parser.should_keep_alive()
                    ));
                    if event == Event::HeadersComplete {
                        parser.set_body_policy(match side >> 1 & 3 {
                            1 => BodyPolicy::Skip,
                            2 => BodyPolicy::SkipAndUpgrade,
                            _ => BodyPolicy::Framed,
                        });
                    }
                    if matches!(event, Event::Upgrade | Event::Failed(_)) {
                        return join(log);
                    }
                }
            }
        }
        offset += piece.len();
    }
    log.push(format!("{:?}", parser.finish()));
    join(log)
}

/// Pieces of one body become one.
fn join(log: Vec<String>) -> Vec<String> {
    log.into_iter()
        .map(|line| {
            if line.starts_with("body") {
                line.replace("][", ", ")
            } else {
                line
            }
        })
        .collect()
}

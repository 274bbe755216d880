//! Questions to npm's `semver` package, answered by ours: one JSON array a line, `[question, options, argument...]`, as
//! `conformance/npm/semver.mjs` writes them.

use wosix_core::npm::range::{Options, Range, compare, parse_version};

/// The answer to one line as text; `null` where npm's functions answer null or throw.
pub fn answer(line: &str) -> String {
    let words: Vec<String> = serde_json::from_str(line).expect("an array of texts");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let options = Options {
        loose: words[1].contains('l'),
        include_prerelease: words[1].contains('p'),
    };
    let version = |text: &str| parse_version(text, options.loose);
    let range = |text: &str| Range::parse(text, options);
    let found = match (words[0], &words[2..]) {
        ("valid", [text]) => version(text).map(|version| version.to_string()),
        ("compare", [a, b]) => version(a)
            .zip(version(b))
            .map(|(a, b)| (compare(&a, &b) as i8).to_string()),
        ("validRange", [text]) => range(text).map(|range| match range.to_string() {
            any if any.is_empty() => "*".to_owned(),
            text => text,
        }),
        ("satisfies", [wanted, text]) => {
            let accepted = range(wanted)
                .zip(version(text))
                .is_some_and(|(range, version)| range.accepts(&version));
            Some(accepted.to_string())
        }
        ("maxSatisfying", [wanted, texts @ ..]) => range(wanted).and_then(|range| {
            let mut best: Option<(&str, _)> = None;
            for text in texts {
                let Some(version) = version(text).filter(|version| range.accepts(version)) else {
                    continue;
                };
                if best
                    .as_ref()
                    .is_none_or(|(_, found)| compare(found, &version).is_lt())
                {
                    best = Some((text, version));
                }
            }
            best.map(|(text, _)| text.to_owned())
        }),
        ("intersects", [a, b]) => range(a)
            .zip(range(b))
            .map(|(a, b)| a.intersects(&b).to_string()),
        (question, _) => panic!("unknown question {question}"),
    };
    found.unwrap_or_else(|| "null".to_owned())
}

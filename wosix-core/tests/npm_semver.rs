//! Versions and ranges against what npm's own `semver` package answered (`conformance/npm/semver.mjs --sample`).

#[path = "../examples/support/semver_answers.rs"]
mod semver_answers;

/// Lines of a question, a tab, and the answer.
const SAMPLE: &str = include_str!("fixtures/npm-semver.tsv");

#[test]
fn agrees_with_npm() {
    let mut wrong = Vec::new();
    for line in SAMPLE.lines() {
        let (question, expected) = line.split_once('\t').expect("a question and its answer");
        let answer = semver_answers::answer(question);
        if answer != expected {
            wrong.push(format!("{question}: {answer}, npm says {expected}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

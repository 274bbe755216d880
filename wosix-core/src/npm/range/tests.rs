use super::*;

#[test]
fn engines_count_prereleases() {
    let options = Options {
        loose: false,
        include_prerelease: true,
    };
    let accepts = |range: &str, version: &str| {
        Range::parse(range, options)
            .is_some_and(|range| range.accepts(&Version::parse(version).expect("a version")))
    };
    assert!(accepts(">=18", "20.0.0-rc.1"));
    assert!(accepts("^24", "24.0.0-0"));
    assert!(!accepts("<24", "24.0.0-0"));
}

#[test]
fn formats_like_npm() {
    for (range, expected) in [
        ("^1.2.3", ">=1.2.3 <2.0.0-0"),
        (
            "1.x || >=2.5.0 || 5.0.0 - 7.2.3",
            ">=1.0.0 <2.0.0-0||>=2.5.0||>=5.0.0 <=7.2.3",
        ),
        ("*", ""),
        ("~1.2", ">=1.2.0 <1.3.0-0"),
    ] {
        assert_eq!(
            Range::parse(range, LOOSE).expect("valid").to_string(),
            expected
        );
    }
}

#[test]
fn a_bound_beyond_the_largest_number_is_refused() {
    for range in ["^9007199254740991.0.0", "<1 || 1.9007199254740991"] {
        assert_eq!(Range::parse(range, LOOSE), None, "{range}");
    }
    assert!(Range::parse("<=1.2.9007199254740991", LOOSE).is_some());
}

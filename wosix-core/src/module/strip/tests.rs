use super::*;

/// Every case of `cases.txt`, whose expected side Node wrote. Statements that vanish leave a `;` with us, which Node leaves out.
#[test]
fn strips_as_node_does() {
    let mut lines = include_str!("cases.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut failed = String::new();
    while let (Some(source), Some(expected)) = (lines.next(), lines.next()) {
        let actual = match strip_types(source) {
            Ok(code) => format!("= {code}"),
            Err(StripError::Unsupported(_)) => "! ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX".to_owned(),
            Err(StripError::Invalid(error)) => format!("! invalid: {error}"),
        };
        let bare = |text: &str| text.replace(';', " ").trim_end().to_owned();
        if bare(&actual) != bare(expected) {
            failed += &format!("{source}\nnode {expected}\nours {actual}\n\n");
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

#[test]
fn lines_and_columns_stay() {
    let source = "interface A {\n  b: string\n}\nconst x: A = y";
    let code = strip_types(source).unwrap();
    assert_eq!(code, ";            \n           \n \nconst x    = y");
}

#[test]
fn errors_tell_the_two_kinds_apart() {
    assert!(matches!(
        strip_types("let a: = 1"),
        Err(StripError::Invalid(_))
    ));
    assert!(matches!(
        strip_types("enum A {}"),
        Err(StripError::Unsupported(_))
    ));
}

use super::*;

#[test]
fn nested_substitutions_that_look_like_arithmetic_take_no_exponential_time() {
    let source = format!("echo {}x{}", "$((".repeat(60), ") )".repeat(60));
    assert!(parse(&source).is_ok());
}

#[test]
fn a_here_document_in_what_looks_like_arithmetic_is_read_once() {
    assert!(parse("echo $(( echo $(cat <<E) ) )\nbody\nE\n").is_ok());
}

#[test]
fn here_documents_in_here_documents_have_a_depth() {
    let opening: String = (0..300)
        .map(|level| format!("$(cat <<E{level}\n"))
        .collect();
    let closing: String = (0..300)
        .rev()
        .map(|level| format!("E{level}\n)\n"))
        .collect();
    let error = parse(&format!("echo {opening}x\n{closing}")).unwrap_err();
    assert_eq!(error.message, "too deeply nested");
}

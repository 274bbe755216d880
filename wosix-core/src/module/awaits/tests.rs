use crate::module::{esm, script};

/// A function body inside `async function f() {`…`}`, before and after.
#[track_caller]
fn check(body: &str, expected: &str) {
    check_in("async function f() {", body, expected);
}

#[track_caller]
fn check_in(head: &str, body: &str, expected: &str) {
    let rewritten = script::rewrite(&format!("{head}{body}}}"), "ºimport").unwrap();
    assert_eq!(rewritten.code, format!("{head}{expected}}}"));
}

#[test]
fn an_await_becomes_two_calls() {
    check("return await g(1)", "return ºs( g(1))(await ºt())");
    check("await await x", "ºs( ºs( x)(await ºt()))(await ºt())");
    check(
        "(await x).y(await(z))",
        "(ºs( x)(await ºt())).y(ºs((z))(await ºt()))",
    );
}

#[test]
fn a_handler_restores_what_a_rejection_interrupted() {
    check(
        "try { await x } catch { y } finally { z }",
        "var ºf;try { ºb(ºf=ºs( x),await ºt(),ºf=0) } catch {ºf=ºf&&ºf(); y } finally {ºf=ºf&&ºf(); z }",
    );
    // Nothing to restore: the awaits are elsewhere.
    check(
        "try { x } catch { y } await z",
        "try { x } catch { y } ºs( z)(await ºt())",
    );
    check(
        "try { async () => await x } catch {}",
        "try { async () => ºs( x)(await ºt()) } catch {}",
    );
}

#[test]
fn the_variable_comes_behind_directives() {
    check(
        "'use strict'\ntry { await x } finally {}",
        "'use strict';var ºf;\ntry { ºb(ºf=ºs( x),await ºt(),ºf=0) } finally {ºf=ºf&&ºf();}",
    );
}

#[test]
fn loops_restore_for_each_value_and_behind() {
    check(
        "for await (const a of b) { c }",
        "{/*º*/var ºf;for await (const a of ºj(b,ºv=>ºf=ºv)) {ºf=ºf&&ºf(); c }ºf=ºf&&ºf();/*º*/}",
    );
    check(
        "p: q: for await (const a of await b) c\nd",
        "{/*º*/var ºf;p: q: for await (const a of ºj(ºs( b)(await ºt()),ºv=>ºf=ºv)) {/*º*/ºf=ºf&&ºf();c/*º*/}ºf=ºf&&ºf();/*º*/}\nd",
    );
}

#[test]
fn async_generators_restore_after_delegating() {
    check_in(
        "async function* f() {",
        "yield 1; x = yield* y",
        "var ºf;yield 1; x = ºk(yield* ºj(y,ºv=>ºf=ºv),ºf=ºf&&ºf())",
    );
    check_in(
        "async function* f() {",
        "try { return a, b } finally {}",
        "var ºf;try { return ºr(ºf=ºs((a, b)),ºt()) } finally {ºf=ºf&&ºf();}",
    );
    check_in("function* f() {", "yield* y", "yield* y");
}

#[test]
fn a_keyword_that_touches_its_expression_stays_a_keyword() {
    check("return(0,g)(x)", "return/*º.*/ºa(((0,g)(x)),ºa)");
    check("return{then(){}}", "return/*º.*/ºa(({then(){}}),ºa)");
    check(
        "for await(a of[b])c",
        "{/*º*/var ºf;for await(a of/*º.*/ºj([b],ºv=>ºf=ºv)){/*º*/ºf=ºf&&ºf();c/*º*/}ºf=ºf&&ºf();/*º*/}",
    );
    check_in(
        "async function* f() {",
        "try{return(a)}finally{}",
        "var ºf;try{return/*º.*/ºr(ºf=ºs(((a))),ºt())}finally{ºf=ºf&&ºf();}",
    );
}

#[test]
fn what_resolves_a_promise_keeps_its_frame() {
    check("return x, y", "return ºa((x, y),ºa)");
    check("return async () => g()", "return async () => ºa((g()),ºa)");
    check("return () => { return x }", "return () => { return x }");
    check("return `a` + 1", "return `a` + 1");
}

#[test]
fn disposal_is_an_await_at_the_end_of_a_block() {
    check(
        "{ await using a = b } c",
        "{/*º*/var ºf;{ await using a = b ;ºf=ºs();}ºf=ºf&&ºf();/*º*/} c",
    );
}

#[test]
fn evaluated_text_is_rewritten_when_it_runs() {
    check("eval(a, await b)", "eval(ºe(a,ºe), ºs( b)(await ºt()))");
}

#[test]
fn modules_wait_at_their_top_level() {
    let module =
        esm::rewrite("import {a} from 'a'; try { await a } catch {}\nexport default await a")
            .unwrap();
    assert!(module.has_top_level_await);
    assert!(
        module.code.ends_with(
            "(await ºm.start)();var ºf;;                    try { ºb(ºf=ºs( ºm.w[27]=ºi.a),await ºt(),ºf=0) } catch {ºf=ºf&&ºf();}\nconst ºd=(ºs( ºm.w[61]=ºi.a)(await ºt()));\n})"
        ),
        "{}",
        module.code
    );
}

#[test]
fn stretches_lead_back() {
    let source = "async () => {\n await\n  x; y }";
    let rewritten = script::rewrite(source, "ºimport").unwrap();
    assert_eq!(rewritten.code, "async () => {\n ºs(\n  x)(await ºt()); y }");
    let stretches: Vec<_> = rewritten
        .stretches
        .iter()
        .map(|it| {
            (
                it.line,
                it.column,
                it.source_line,
                it.source_column,
                it.runs,
            )
        })
        .collect();
    assert_eq!(
        stretches,
        [
            (1, 1, 1, 1, 0),
            (1, 4, 1, 6, 1),
            (2, 3, 1, 1, 0),
            (2, 16, 2, 3, 1)
        ]
    );
}

#[test]
fn what_is_iterated_does_not_go_by_the_name_of_the_imports() {
    let module = esm::rewrite("import {a} from 'a'; for await (const x of a) x;").unwrap();
    assert!(
        module.code.contains("of ºj(ºm.w[21]=ºi.a,"),
        "{}",
        module.code
    );
}

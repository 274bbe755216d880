use super::*;

#[track_caller]
fn check(source: &str, expected: &str) {
    let options = Options {
        global: Global::Object,
        interruptible: false,
    };
    assert_eq!(rewrite(source, options).unwrap().code, expected);
}

#[track_caller]
fn check_interruptible(source: &str, expected: &str) {
    let options = Options {
        global: Global::Engine,
        interruptible: true,
    };
    assert_eq!(rewrite(source, options).unwrap().code, expected);
}

#[test]
fn variables_become_assignments() {
    check(
        "var a = 1, b; function f() { var c = a }",
        "ºdeclare([\"a\",\"b\",],[[\"f\",f],],[]);var º=(a = 1), º; function f() { var c = a }",
    );
    check(
        "for (var x of y) { var {z} = x }",
        "ºdeclare([\"x\",\"z\",],[],[]);for (    x of y) { var º=({z} = x) }",
    );
}

#[test]
fn lexicals_are_handed_out() {
    check(
        "'use strict'; let a = 1; const [b] = c; class D {}",
        "\"use strict\";ºdeclare([],[],[[\"a\",()=>a,ºv=>a=ºv],[\"b\",()=>b],[\"D\",()=>D,ºv=>D=ºv],]);'use strict'; let a = 1; const [b] = c; class D {}",
    );
}

#[test]
fn free_names_are_told_from_bound_ones() {
    check(
        "typeof x; (y => typeof y)()",
        "typeof ºglobal.x; (y => typeof y)()",
    );
    check("f(g => g())", "(0,/*º*/f)(g => g())");
    check("a = b\nf()", "a = b\n;(0,/*º*/f)()");
    check(
        "eval('1'); var e = eval",
        "ºdeclare([\"e\",],[],[]);eval(ºe('1',ºe)); var º=(e = ºeval)",
    );
    check(
        "'use strict'; a = 1; let b; b = 2",
        "\"use strict\";ºdeclare([],[],[[\"b\",()=>b,ºv=>b=ºv],]);'use strict'; a = ºassign(\"a\",1); let b; b = 2",
    );
    check("with (o) { f(typeof x) }", "with (o) { f(typeof x) }");
}

#[test]
fn this_of_a_sloppy_function_is_asked_for() {
    check(
        "this.a; () => this; (function () { return this }); (function () { 'use strict'; return this })",
        "this.a; () => this; (function () { return ºthis(this) }); (function () { 'use strict'; return this })",
    );
}

#[test]
fn a_function_in_a_block_is_a_variable() {
    check(
        "if (1) { function f() {} }",
        "ºdeclare([\"f\",],[],[]);if (1) { function f() {}var º=ºglobal.f=f; }",
    );
}

#[test]
fn loops_and_functions_tick() {
    check_interruptible("while (1);", "while (1){/*º*/const º0=ºtick();;/*º*/}");
    check_interruptible("for (;;) { a }", "for (;;) {const º0=ºtick(); a }");
    check_interruptible(
        "(function () { 'use strict'; a })",
        "(function () { 'use strict';;ºtick(); a })",
    );
}

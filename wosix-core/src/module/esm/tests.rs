use super::*;

/// The rewritten body alone, without the wrapper.
fn body(source: &str) -> String {
    let module = rewrite(source).unwrap();
    let start = ["yield;", "(await ºm.start)();"]
        .iter()
        .filter_map(|marker| Some(module.code.find(marker)? + marker.len()))
        .min()
        .unwrap();
    module.code[start..module.code.len() - 3].to_owned()
}

#[track_caller]
fn check(source: &str, expected: &str) {
    assert_eq!(body(source), expected);
}

#[test]
fn references_go_through_the_import_object() {
    check(
        "import {a} from 'x';\nlet b = a + a.b;",
        ";                   \nlet b = ºi.a + ºi.a.b;",
    );
    check(
        "import a from 'x';\n({a, b: a})",
        ";                 \n({a:ºi.a, b: ºi.a})",
    );
    check(
        "import * as n from 'x';\nn.f(n)",
        ";                      \nºi.n.f(ºi.n)",
    );
}

#[test]
fn a_shadowed_name_is_left_alone() {
    check(
        "import {a} from 'x';\nfunction f(a) { return a } f(a)",
        ";                   \nfunction f(a) { return a } f(ºi.a)",
    );
}

#[test]
fn calls_have_no_receiver() {
    check(
        "import {a} from 'x';\na(1)",
        ";                   \n;(0,ºi.a)(1)",
    );
    check(
        "import {a} from 'x';\nlet y = z\na``",
        ";                   \nlet y = z\n;(0,ºi.a)``",
    );
    check(
        "import {a} from 'x';\nif (1) a?.()",
        ";                   \nif (1) (0,ºi.a)?.()",
    );
    check(
        "import {a} from 'x';\na().b.c()",
        ";                   \n;(0,ºi.a)().b.c()",
    );
}

#[test]
fn exports_are_getters_over_the_variables() {
    let module = rewrite("export let a = 1, {b: [c]} = d; export function f() {} export {a as 'x y', e} from 'm'; export * from 'n'; export * as ns from 'm'").unwrap();
    assert_eq!(module.locals, ["a", "c", "f"]);
    assert!(module.code.starts_with(
        "(function*(ºm,ºi){\"use strict\";ºm.e({\"a\":()=>a,\"c\":()=>c,\"f\":()=>f,});yield;;      let a = 1"
    ));
    let indirect: Vec<_> = module
        .indirect
        .iter()
        .map(|i| (i.exported.as_str(), i.request, i.name.as_deref()))
        .collect();
    assert_eq!(
        indirect,
        [("x y", 0, Some("a")), ("e", 0, Some("e")), ("ns", 0, None)]
    );
    assert_eq!(module.stars, [1]);
}

#[test]
fn an_import_exported_again_is_indirect() {
    let module = rewrite("export {a as b}; import {a} from 'x'").unwrap();
    assert!(module.locals.is_empty());
    assert_eq!(module.indirect[0].exported, "b");
    assert_eq!(module.indirect[0].name.as_deref(), Some("a"));
}

#[test]
fn default_exports() {
    check("export default 1 + 1", "const ºd=(1 + 1);");
    check(
        "export default () => 1",
        "const ºd={default:(() => 1)}.default;",
    );
    check(
        "export default class {}",
        "const ºd={default:class {}}.default;",
    );
    check("export default class A {}", ";              class A {}");
    check(
        "export default function () {}",
        ";              function  ºd() {}",
    );
    check(
        "export default async function* () {}",
        ";              async function*  ºd() {}",
    );
    assert!(
        rewrite("export default function () {}")
            .unwrap()
            .code
            .contains("ºm.n(ºd);")
    );
}

#[test]
fn meta_dynamic_import_and_hashbang() {
    check(
        "#!/usr/bin/env node\nimport.meta.url; import('x')",
        "                   \nºm.meta.url; ºm.import('x')",
    );
}

#[test]
fn top_level_await_makes_an_async_function() {
    assert!(rewrite("await 1").unwrap().has_top_level_await);
    assert!(
        rewrite("for await (const a of b);")
            .unwrap()
            .has_top_level_await
    );
    assert!(
        !rewrite("async () => { await 1 }")
            .unwrap()
            .has_top_level_await
    );
    assert!(
        rewrite("await 1")
            .unwrap()
            .code
            .starts_with("(async function(ºm,ºi)")
    );
}

#[test]
fn requests_are_in_order_without_repetition() {
    let module = rewrite(
        "import 'a'; import b from 'b'; export * from 'a'; import j from 'b' with {type: 'json'}",
    )
    .unwrap();
    let requests: Vec<_> = module
        .requests
        .iter()
        .map(|r| (r.specifier.as_str(), r.attributes.len()))
        .collect();
    assert_eq!(requests, [("a", 0), ("b", 0), ("b", 1)]);
}

#[test]
fn lines_stay() {
    let source = "import {\n  a,\n  b\n} from 'x'\nexport {\n  c\n}\nlet c = a\n// end";
    let module = rewrite(source).unwrap();
    assert_eq!(module.code.lines().count(), source.lines().count() + 1);
    assert_eq!(module.code.lines().nth(7), Some("let c = ºi.a"));
}

#[test]
fn lines_stay_in_what_is_replaced() {
    check(
        "export default\n /* a\n b */ c",
        "const ºd=(\n     \n      c);",
    );
    check(
        "export default\nclass {}",
        "const ºd={default:\nclass {}}.default;",
    );
    check("import\n.meta.url", "ºm.meta\n     .url");
    // The one in the source itself.
    let module = rewrite("let a; export {a as '\u{2028}'}").unwrap();
    assert_eq!(module.code.matches('\u{2028}').count(), 1);
}

#[test]
fn what_is_a_comment_only_in_scripts_stays_apart() {
    check("let a = 1, b = 2\na<!--b", "let a = 1, b = 2\na< !--b");
    check("a<<!--b<!c", "a<< !--b<!c");
    check(
        "import {b} from 'x'; a<!--b.c",
        ";                    a< !--ºi.b.c",
    );
}

#[test]
fn errors_have_a_place() {
    let error = rewrite("let a = ;").unwrap_err();
    assert_eq!(error.offset, 8);
    assert!(rewrite("let a; let a;").is_err());
    assert!(rewrite("export {missing}").is_err());
}

//! TypeScript with syntax that needs code to be made: enums, namespaces with values, parameter properties, `import =`.
//!
//! As Node's `--experimental-transform-types` does it: imports stay unless they say `type`, and nothing is made older.

use super::SyntaxError;
use super::esm::first_error;
use super::strip::{self, StripError, refuse_module_keyword};
use oxc_allocator::Allocator;
use oxc_ast::ast::{Program, Statement, TSNamespaceDeclaration};
use oxc_ast_visit::Visit;
use oxc_codegen::{Codegen, CodegenOptions, IndentChar};
use oxc_semantic::SemanticBuilder;
use oxc_transformer::{TransformOptions, Transformer, TypeScriptOptions};
use std::path::Path;

/// JavaScript made from TypeScript.
#[derive(Debug, PartialEq, Eq)]
pub struct Transformed {
    /// The source text.
    pub code: String,
    /// Its source map, JSON.
    pub map: Option<String>,
}

/// The JavaScript of a TypeScript source; with a source map that names `name` as the source, if it is given.
///
/// # Errors
/// See [`StripError`].
pub fn transform_types(source: &str, name: Option<&Path>) -> Result<Transformed, StripError> {
    let allocator = Allocator::default();
    let mut program = strip::parse(&allocator, source)?;
    if let Some(error) = module_keyword(&program) {
        return Err(StripError::Unsupported(error));
    }
    let semantic = SemanticBuilder::new().with_enum_eval(true).build(&program);
    if let Some(error) = first_error(&semantic.diagnostics) {
        return Err(StripError::Invalid(error));
    }
    let options = TransformOptions {
        typescript: TypeScriptOptions {
            only_remove_type_imports: true,
            ..TypeScriptOptions::default()
        },
        ..TransformOptions::default()
    };
    let path = name.unwrap_or(Path::new("source.ts"));
    let done = Transformer::new(&allocator, path, &options)
        .build_with_scoping(semantic.semantic.into_scoping(), &mut program);
    if let Some(error) = first_error(&done.diagnostics) {
        return Err(StripError::Unsupported(error));
    }
    // The transformer keeps a module that has lost all its imports a module; Node decides anew.
    if let Some(Statement::ExportNamedDeclaration(export)) = program.body.last()
        && export.specifiers.is_empty()
        && export.span.is_unspanned()
    {
        program.body.pop();
    }
    let printed = Codegen::new()
        .with_options(CodegenOptions {
            source_map_path: name.map(Path::to_path_buf),
            indent_char: IndentChar::Space,
            indent_width: 4,
            ..CodegenOptions::default()
        })
        .with_source_text(source)
        .build(&program);
    Ok(Transformed {
        code: printed.code,
        map: printed.map.map(|map| map.to_json_string()),
    })
}

/// The first `module X {}` of a program, as a refusal.
fn module_keyword(program: &Program<'_>) -> Option<SyntaxError> {
    struct Finder<'s> {
        source: &'s str,
        error: Option<SyntaxError>,
    }
    impl<'a> Visit<'a> for Finder<'_> {
        fn visit_ts_namespace_declaration(&mut self, declaration: &TSNamespaceDeclaration<'a>) {
            if let Some(error) = refuse_module_keyword(self.source, declaration) {
                self.error.get_or_insert(error);
            }
        }
    }
    let mut finder = Finder {
        source: program.source_text,
        error: None,
    };
    finder.visit_program(program);
    finder.error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(source: &str) -> String {
        transform_types(source, None).expect("is TypeScript").code
    }

    // The expectations are what Node 24 prints, but for how a constructor's parentheses and a purity comment are written, and `const x = A.b`.
    #[test]
    fn makes_what_stripping_refuses() {
        assert_eq!(
            code("enum Color { Red, Green = 'g' }"),
            "var Color = /* @__PURE__ */ function(Color) {\n    Color[Color[\"Red\"] = 0] = \"Red\";\n    Color[\"Green\"] = \"g\";\n    return Color;\n}(Color || {});\n"
        );
        assert_eq!(
            code("class A { constructor(private x: number) {} }"),
            "class A {\n    x;\n    constructor(x) {\n        this.x = x;\n    }\n}\n"
        );
        assert_eq!(code("export = 5;"), "module.exports = 5;\n");
        assert_eq!(code("import x = A.b; x;"), "var x = A.b;\nx;\n");
        assert_eq!(code("const x = <string>y;"), "const x = y;\n");
        assert_eq!(code("@dec class A {}"), "@dec class A {}\n");
    }

    #[test]
    fn keeps_imports_that_do_not_say_type() {
        assert_eq!(
            code("import { a, type B } from './b.ts';\nimport type C from './c.ts';\ntype D = a;"),
            "import { a } from \"./b.ts\";\n"
        );
        assert_eq!(code("import type C from './c.ts';"), "");
    }

    #[test]
    fn maps_lines() {
        let made = transform_types(
            "enum A { B }\nthrow new Error();",
            Some(Path::new("/a/b.ts")),
        );
        let map = made.expect("is TypeScript").map.expect("was asked for");
        assert!(map.contains("\"sources\":[\"/a/b.ts\"]"), "{map}");
        assert!(map.contains("\"mappings\":\"AAAA"), "{map}");
    }

    #[test]
    fn refuses() {
        let refused = |source| transform_types(source, None).expect_err("is refused");
        assert!(matches!(refused("enum A { B"), StripError::Invalid(_)));
        assert_eq!(
            refused("declare  module A { export const x = 1 }"),
            StripError::Unsupported(SyntaxError {
                message: "`module` keyword is not supported. Use `namespace` instead.".to_owned(),
                offset: 9
            })
        );
    }
}

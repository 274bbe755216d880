//! What a CommonJS module or a script needs of us: dynamic `import()` calls and `await` found, and module syntax told from script syntax.

use super::edit::{Edits, Stretch};
use super::esm::first_error;
use super::{SyntaxError, awaits};
use oxc_allocator::Allocator;
use oxc_ast::ast::{AwaitExpression, ImportExpression, ImportMeta};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;

/// A script that runs without help of the engine's, and where its edited lines come from.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The source with edits.
    pub code: String,
    /// Lines that were edited.
    pub stretches: Vec<Stretch>,
    /// Whether the code calls the function for `import()`.
    pub imports: bool,
}

/// Replaces `import` in every `import(…)` by the name of a function, `callee`, and carries the continuation frame over `await`
/// ([`awaits`]). The source may be a script, or the body of a CommonJS module (top-level `return` allowed).
pub fn rewrite(source: &str, callee: &'static str) -> Result<Script, SyntaxError> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, SourceType::cjs())
        .with_options(ParseOptions {
            parse_regular_expression: false,
            allow_return_outside_function: true,
            ..ParseOptions::default()
        })
        .parse();
    if let Some(error) = first_error(&parsed.diagnostics) {
        return Err(error);
    }
    let mut finder = ImportFinder {
        callee,
        edits: Edits::default(),
    };
    finder.visit_program(&parsed.program);
    let mut edits = finder.edits;
    let imports = !edits.is_empty();
    awaits::rewrite(&parsed.program, &mut edits);
    let mut code = String::with_capacity(source.len() + source.len() / 16);
    let stretches = edits.apply(source, &mut code);
    Ok(Script {
        code,
        stretches,
        imports,
    })
}

struct ImportFinder {
    callee: &'static str,
    edits: Edits,
}

impl<'a> Visit<'a> for ImportFinder {
    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        self.edits
            .replace_static(import.span.start, import.span.start + 6, self.callee);
        walk::walk_import_expression(self, import);
    }
}

/// Whether a source that may be either is an ES module: it parses as one, and holds `import`/`export` declarations,
/// `import.meta` or a top-level `await` (Node's `--experimental-detect-module`).
pub fn contains_module_syntax(source: &str) -> bool {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, SourceType::mjs())
        .with_options(ParseOptions {
            parse_regular_expression: false,
            ..ParseOptions::default()
        })
        .parse();
    if parsed.diagnostics.has_errors() {
        return false;
    }
    if parsed.module_record.has_module_syntax {
        return true;
    }
    let mut finder = ModuleSyntaxFinder::default();
    finder.visit_program(&parsed.program);
    finder.found
}

#[derive(Default)]
struct ModuleSyntaxFinder {
    function_depth: u32,
    found: bool,
}

impl<'a> Visit<'a> for ModuleSyntaxFinder {
    fn visit_import_meta(&mut self, _: &ImportMeta) {
        self.found = true;
    }

    fn visit_await_expression(&mut self, expression: &AwaitExpression<'a>) {
        self.found |= self.function_depth == 0;
        walk::walk_await_expression(self, expression);
    }

    fn visit_for_of_statement(&mut self, statement: &oxc_ast::ast::ForOfStatement<'a>) {
        self.found |= statement.r#await && self.function_depth == 0;
        walk::walk_for_of_statement(self, statement);
    }

    fn visit_function(
        &mut self,
        function: &oxc_ast::ast::Function<'a>,
        flags: oxc_syntax::scope::ScopeFlags,
    ) {
        self.function_depth += 1;
        walk::walk_function(self, function, flags);
        self.function_depth -= 1;
    }

    fn visit_arrow_function_expression(
        &mut self,
        function: &oxc_ast::ast::ArrowFunctionExpression<'a>,
    ) {
        self.function_depth += 1;
        walk::walk_arrow_function_expression(self, function);
        self.function_depth -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dynamic_imports_are_renamed_and_nothing_else() {
        let source =
            "const s = 'import(1)'; // import(2)\nreturn import ( 'x' ).then(import('y'));";
        assert_eq!(
            rewrite(source, "ºimport").unwrap().code,
            "const s = 'import(1)'; // import(2)\nreturn ºimport ( 'x' ).then(ºimport('y'));"
        );
    }

    #[test]
    fn module_syntax_is_told_from_script_syntax() {
        for (source, expected) in [
            ("require('x')", false),
            ("import 'x'", true),
            ("export {}", true),
            ("import('x')", false),
            ("import.meta.url", true),
            ("await 1", true),
            ("async () => { await 1 }", false),
            ("for await (const x of y);", true),
            ("with (a) {}", false),
            ("import {", false),
        ] {
            assert_eq!(contains_module_syntax(source), expected, "{source}");
        }
    }
}

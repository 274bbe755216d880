//! ES modules as functions with live bindings.
//!
//! A module becomes the source of one function of two parameters, made by edits in the original text so that lines stay:
//!
//! ```text
//! import { a } from 'x'; export let b = a();     →     ;  …                      ; let b = (0,ºi.a)();
//! ```
//!
//! - `ºi` holds an accessor for each imported binding, named as the module names it; every reference goes through it. It reads the
//!   exporting module's variable itself, so bindings are live and the temporal dead zone is the engine's own.
//! - `ºm` is the module: `ºm.e({name: () => variable, …})` is called first and hands out one getter an export, when
//!   function declarations are already hoisted; `ºm.meta` is `import.meta`; `ºm.import(…)` is `import(…)`; `ºm.n(f)` names an
//!   anonymous default function; `ºm.w[12]=x` says that the top-level `await` at byte 12 begins to wait for `x`.
//! - The names begin with `º`, which no source in the wild uses and which is Latin-1: engines keep such a text in one byte a character.
//! - A module without top-level `await` is a generator function: the first `next()` instantiates it (exports known, functions
//!   hoisted), the second evaluates it, synchronously. One with top-level `await` is an async function that awaits `ºm.start` in between,
//!   and calls what that gives.
//! - What [`awaits`] does for the code in functions it does for the module, too.

use super::edit::{Edits, Stretch};
use super::{SyntaxError, awaits};
use oxc_allocator::Allocator;
use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_ecmascript::BoundNames;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::{Scoping, SemanticBuilder};
use oxc_span::{GetSpan, SourceType, Span};
use oxc_syntax::scope::ScopeFlags;
use oxc_syntax::symbol::SymbolId;
use std::collections::BTreeMap;

/// A module, ready to be compiled and linked.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// A parenthesised function expression of the parameters `ºm` and `ºi`.
    pub code: String,
    /// What the module requests, in source order, without repetitions (ECMA-262 `[[RequestedModules]]`).
    pub requests: Vec<Request>,
    /// Bindings to be defined on `ºi`.
    pub imports: Vec<Import>,
    /// Names exported from this module's own variables.
    pub locals: Vec<String>,
    /// Names passed on from other modules.
    pub indirect: Vec<Indirect>,
    /// Requests whose names are all exported (`export * from`).
    pub stars: Vec<usize>,
    /// Whether evaluation is asynchronous in itself.
    pub has_top_level_await: bool,
    /// Where the edited lines of the code come from.
    pub stretches: Vec<Stretch>,
}

/// One requested module.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// As written in the source.
    pub specifier: String,
    /// Import attributes, by key.
    pub attributes: BTreeMap<String, String>,
    /// `import source`: what the module was compiled from is asked for, not the module.
    pub source_phase: bool,
    /// Byte offset of the statement.
    pub offset: usize,
}

/// One imported binding.
#[derive(Debug, PartialEq, Eq)]
pub struct Import {
    /// Index into the requests.
    pub request: usize,
    /// The exported name; `None` is the namespace object, or the source of a request in the source phase.
    pub name: Option<String>,
    /// The name in this module.
    pub local: String,
    /// Byte offset of the specifier.
    pub offset: usize,
}

/// One re-exported binding.
#[derive(Debug, PartialEq, Eq)]
pub struct Indirect {
    /// Exported as.
    pub exported: String,
    /// Index into the requests.
    pub request: usize,
    /// The name there; `None` is the namespace object.
    pub name: Option<String>,
    /// Byte offset of the specifier.
    pub offset: usize,
}

/// Rewrites the source text of an ES module.
pub fn rewrite(source: &str) -> Result<Module, SyntaxError> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, SourceType::mjs())
        .with_options(ParseOptions {
            parse_regular_expression: false,
            ..ParseOptions::default()
        })
        .parse();
    if let Some(error) = first_error(&parsed.diagnostics) {
        return Err(error);
    }
    let program = allocator.alloc(parsed.program);
    let built = SemanticBuilder::new()
        .with_check_syntax_error(true)
        .build(program);
    if let Some(error) = first_error(&built.diagnostics) {
        return Err(error);
    }
    if let Some(error) = legacy_attributes(program) {
        return Err(error);
    }
    let mut edits = Edits::default();
    // First: what it closes at an offset ends before what is closed below.
    let declares_flight = awaits::rewrite(program, &mut edits);
    let mut rewriter = Rewriter {
        source,
        scoping: built.semantic.scoping(),
        edits,
        module: Module::default(),
        imported: BTreeMap::new(),
        getters: String::new(),
        after_getters: String::new(),
        function_depth: 0,
        arguments_depth: 0,
    };
    rewriter.declare_imports(program);
    rewriter.visit_program(program);
    Ok(rewriter.finish(declares_flight))
}

/// First error among the parser's diagnostics, warnings left out.
pub(super) fn first_error(diagnostics: &oxc_diagnostics::Diagnostics) -> Option<SyntaxError> {
    let error = diagnostics
        .iter()
        .find(|diagnostic| diagnostic.severity == oxc_diagnostics::Severity::Error)?;
    Some(SyntaxError {
        message: error.message.to_string(),
        offset: error
            .labels
            .first()
            .map_or(0, |label| label.offset() as usize),
    })
}

/// `import … assert {…}`, which the parser still takes, is wrong syntax in today's engines.
fn legacy_attributes(program: &Program<'_>) -> Option<SyntaxError> {
    let clause = program.body.iter().find_map(|statement| {
        let clause = match statement {
            Statement::ImportDeclaration(import) => import.with_clause.as_deref(),
            Statement::ExportAllDeclaration(export) => export.with_clause.as_deref(),
            Statement::ExportFromDeclaration(export) => export.with_clause.as_deref(),
            _ => None,
        };
        clause.filter(|clause| clause.keyword == WithClauseKeyword::Assert)
    })?;
    Some(SyntaxError {
        message: "Unexpected identifier 'assert'".to_owned(),
        offset: clause.span.start as usize,
    })
}

struct Rewriter<'s> {
    source: &'s str,
    scoping: &'s Scoping,
    edits: Edits,
    module: Module,
    /// Symbols of imported bindings, with their index into the module's imports.
    imported: BTreeMap<SymbolId, usize>,
    /// `name:()=>variable,` for every local export.
    getters: String,
    /// Statements between the getters and the body.
    after_getters: String,
    /// How many functions (or class bodies' initialisers) we are inside of.
    function_depth: u32,
    /// How many of them have `arguments`.
    arguments_depth: u32,
}

impl<'s> Rewriter<'s> {
    /// Imports first: they may be used, or exported again, before they are written.
    fn declare_imports(&mut self, program: &Program<'_>) {
        for statement in &program.body {
            let Statement::ImportDeclaration(import) = statement else {
                continue;
            };
            let source_phase = import.phase == Some(ImportPhase::Source);
            let request = self.request(
                &import.source,
                import.with_clause.as_deref(),
                source_phase,
                import.span,
            );
            for specifier in import.specifiers.iter().flatten() {
                let (name, local) = match specifier {
                    ImportDeclarationSpecifier::ImportSpecifier(named) => {
                        (Some(named.imported.name().to_string()), &named.local)
                    }
                    ImportDeclarationSpecifier::ImportDefaultSpecifier(default) => (
                        (!source_phase).then(|| "default".to_owned()),
                        &default.local,
                    ),
                    ImportDeclarationSpecifier::ImportNamespaceSpecifier(namespace) => {
                        (None, &namespace.local)
                    }
                };
                self.imported
                    .insert(local.symbol_id(), self.module.imports.len());
                self.module.imports.push(Import {
                    request,
                    name,
                    local: local.name.to_string(),
                    offset: specifier.span().start as usize,
                });
            }
        }
    }

    /// Index of a request; the same specifier with the same attributes, in the same phase, is one request.
    fn request(
        &mut self,
        specifier: &StringLiteral<'_>,
        with: Option<&WithClause<'_>>,
        source_phase: bool,
        span: Span,
    ) -> usize {
        let attributes: BTreeMap<String, String> = with
            .iter()
            .flat_map(|clause| &clause.with_entries)
            .map(|entry| {
                let key = match &entry.key {
                    ImportAttributeKey::Identifier(name) => name.name.as_str(),
                    ImportAttributeKey::StringLiteral(text) => text.value.as_str(),
                };
                (key.to_owned(), entry.value.value.to_string())
            })
            .collect();
        let specifier = specifier.value.as_str();
        let known = self.module.requests.iter().position(|request| {
            request.specifier == specifier
                && request.attributes == attributes
                && request.source_phase == source_phase
        });
        known.unwrap_or_else(|| {
            self.module.requests.push(Request {
                specifier: specifier.to_owned(),
                attributes,
                source_phase,
                offset: span.start as usize,
            });
            self.module.requests.len() - 1
        })
    }

    /// `exported` is the value of the variable `local` of this module, or of what `local` was imported from.
    fn export_variable(
        &mut self,
        exported: &str,
        local: &str,
        symbol: Option<SymbolId>,
        span: Span,
    ) {
        if let Some(import) = symbol.and_then(|symbol| self.imported.get(&symbol)) {
            let import = &self.module.imports[*import];
            self.module.indirect.push(Indirect {
                exported: exported.to_owned(),
                request: import.request,
                name: import.name.clone(),
                offset: span.start as usize,
            });
            return;
        }
        push_json_string(&mut self.getters, exported);
        self.getters.push_str(":()=>");
        self.getters.push_str(local);
        self.getters.push(',');
        self.module.locals.push(exported.to_owned());
    }

    /// Index of the imported binding a reference resolves to.
    fn imported_reference(&self, identifier: &IdentifierReference<'_>) -> Option<usize> {
        let reference = identifier.reference_id.get()?;
        let symbol = self.scoping.get_reference(reference).symbol_id()?;
        self.imported.get(&symbol).copied()
    }

    /// `(0,ºi.name)` for an imported callee, so that `this` is undefined as it is for a plain call.
    fn replace_callee(&mut self, callee: &Expression<'_>) -> bool {
        let Expression::Identifier(identifier) = callee else {
            return false;
        };
        let Some(import) = self.imported_reference(identifier) else {
            return false;
        };
        let text = format!("(0,ºi.{})", self.module.imports[import].local);
        self.edits
            .replace(identifier.span.start, identifier.span.end, text);
        true
    }

    fn inside_function(&mut self, visit: impl FnOnce(&mut Self)) {
        self.function_depth += 1;
        visit(self);
        self.function_depth -= 1;
    }

    /// `awaited` begins what is waited for; the place of the `await` is noted, for the case that it never ends.
    fn top_level_await(&mut self, start: u32, awaited: Option<u32>) {
        if self.function_depth > 0 {
            return;
        }
        self.module.has_top_level_await = true;
        if let Some(awaited) = awaited {
            self.edits
                .replace(awaited, awaited, format!("ºm.w[{start}]="));
        }
    }

    fn finish(mut self, declares_flight: bool) -> Module {
        let mut code = String::with_capacity(self.source.len() + self.getters.len() + 128);
        code.push_str(if self.module.has_top_level_await {
            "(async function(ºm,ºi){\"use strict\";ºm.e({"
        } else {
            "(function*(ºm,ºi){\"use strict\";ºm.e({"
        });
        code.push_str(&self.getters);
        code.push_str("});");
        code.push_str(&self.after_getters);
        code.push_str(if self.module.has_top_level_await {
            "(await ºm.start)();"
        } else {
            "yield;"
        });
        if declares_flight {
            code.push_str(awaits::DECLARATION);
        }
        self.module.stretches = self.edits.apply(self.source, &mut code);
        // A line of its own: the source may end in a comment.
        code.push_str("\n})");
        self.module.code = code;
        self.module
    }
}

impl<'a> Visit<'a> for Rewriter<'_> {
    fn visit_program(&mut self, program: &Program<'a>) {
        if let Some(hashbang) = &program.hashbang {
            self.edits.blank(hashbang.span.start, hashbang.span.end);
        }
        walk::walk_program(self, program);
    }

    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        self.edits
            .blank_statement(import.span.start, import.span.end);
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        let request = self.request(
            &export.source,
            export.with_clause.as_deref(),
            false,
            export.span,
        );
        match &export.exported {
            Some(exported) => self.module.indirect.push(Indirect {
                exported: exported.name().to_string(),
                request,
                name: None,
                offset: export.span.start as usize,
            }),
            None => self.module.stars.push(request),
        }
        self.edits
            .blank_statement(export.span.start, export.span.end);
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        let request = self.request(
            &export.source,
            export.with_clause.as_deref(),
            false,
            export.span,
        );
        for specifier in &export.specifiers {
            self.module.indirect.push(Indirect {
                exported: specifier.exported.name().to_string(),
                request,
                name: Some(specifier.local.name().to_string()),
                offset: specifier.span.start as usize,
            });
        }
        self.edits
            .blank_statement(export.span.start, export.span.end);
    }

    fn visit_export_named_declaration(&mut self, export: &ExportNamedDeclaration<'a>) {
        for specifier in &export.specifiers {
            let symbol = match &specifier.local {
                ModuleExportName::IdentifierReference(identifier) => identifier
                    .reference_id
                    .get()
                    .and_then(|reference| self.scoping.get_reference(reference).symbol_id()),
                _ => None,
            };
            self.export_variable(
                &specifier.exported.name(),
                &specifier.local.name(),
                symbol,
                specifier.span,
            );
        }
        self.edits
            .blank_statement(export.span.start, export.span.end);
    }

    fn visit_export_declaration(&mut self, export: &ExportDeclaration<'a>) {
        let mut names = Vec::new();
        export
            .declaration
            .bound_names(&mut |identifier: &BindingIdentifier<'_>| {
                names.push((identifier.name.to_string(), identifier.span));
            });
        for (name, span) in names {
            self.export_variable(&name, &name, None, span);
        }
        self.edits
            .blank_statement(export.span.start, export.declaration.span().start);
        walk::walk_export_declaration(self, export);
    }

    fn visit_export_default_declaration(&mut self, export: &ExportDefaultDeclaration<'a>) {
        let start = export.span.start;
        let span = export.span;
        match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                self.edits.blank_statement(start, function.span.start);
                match &function.id {
                    Some(id) => self.export_variable("default", &id.name, None, span),
                    None => {
                        self.edits.insert(function.params.span.start, " ºd");
                        self.after_getters.push_str("ºm.n(ºd);");
                        self.export_variable("default", "ºd", None, span);
                    }
                }
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) => match &class.id {
                Some(id) => {
                    self.edits.blank_statement(start, class.span.start);
                    self.export_variable("default", &id.name, None, span);
                }
                None => {
                    // A property named `default` gives the class its name.
                    self.edits
                        .replace_static(start, class.span.start, "const ºd={default:");
                    self.edits.insert(class.span.end, "}.default;");
                    self.export_variable("default", "ºd", None, span);
                }
            },
            declaration => {
                let expression = declaration.span();
                let anonymous = declaration
                    .as_expression()
                    .is_some_and(is_anonymous_function_definition);
                if anonymous {
                    self.edits
                        .replace_static(start, expression.start, "const ºd={default:(");
                    self.edits.insert(expression.end, ")}.default;");
                } else {
                    self.edits
                        .replace_static(start, expression.start, "const ºd=(");
                    self.edits.insert(expression.end, ");");
                }
                self.export_variable("default", "ºd", None, span);
            }
        }
        walk::walk_export_default_declaration(self, export);
    }

    fn visit_identifier_reference(&mut self, identifier: &IdentifierReference<'a>) {
        // Those of the function around are none of the module's.
        if identifier.name == "arguments" && self.arguments_depth == 0 {
            self.edits.insert(identifier.span.start, "º");
            return;
        }
        if let Some(import) = self.imported_reference(identifier) {
            let text = format!("ºi.{}", self.module.imports[import].local);
            self.edits
                .replace(identifier.span.start, identifier.span.end, text);
        }
    }

    fn visit_object_property(&mut self, property: &ObjectProperty<'a>) {
        if property.shorthand
            && let Expression::Identifier(identifier) = &property.value
            && let Some(import) = self.imported_reference(identifier)
        {
            let local = &self.module.imports[import].local;
            let text = format!("{local}:ºi.{local}");
            self.edits
                .replace(identifier.span.start, identifier.span.end, text);
            return;
        }
        walk::walk_object_property(self, property);
    }

    fn visit_assignment_target_property_identifier(
        &mut self,
        property: &AssignmentTargetPropertyIdentifier<'a>,
    ) {
        // `({x} = y)` with an imported `x` throws when it is run, as any assignment to it.
        if let Some(import) = self.imported_reference(&property.binding) {
            let local = &self.module.imports[import].local;
            let text = format!("{local}:ºi.{local}");
            self.edits
                .replace(property.binding.span.start, property.binding.span.end, text);
            if let Some(init) = &property.init {
                self.visit_expression(init);
            }
            return;
        }
        walk::walk_assignment_target_property_identifier(self, property);
    }

    fn visit_binary_expression(&mut self, binary: &BinaryExpression<'a>) {
        // In a script, `<!--` begins a comment.
        let right = binary.right.span().start;
        let (before, after) = self.source.split_at(right as usize);
        if before.ends_with('<') && after.starts_with("!--") {
            self.edits.insert(right, " ");
        }
        walk::walk_binary_expression(self, binary);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if self.replace_callee(&call.callee) {
            self.visit_arguments(&call.arguments);
        } else {
            walk::walk_call_expression(self, call);
        }
    }

    fn visit_tagged_template_expression(&mut self, tagged: &TaggedTemplateExpression<'a>) {
        if self.replace_callee(&tagged.tag) {
            self.visit_template_literal(&tagged.quasi);
        } else {
            walk::walk_tagged_template_expression(self, tagged);
        }
    }

    fn visit_statements(&mut self, statements: &oxc_allocator::Vec<'a, Statement<'a>>) {
        for statement in statements {
            // `a = b` ⏎ `imported()` must not become `a = b(0,ºi.imported)()`.
            if let Statement::ExpressionStatement(expression) = statement
                && let Some(identifier) = leftmost_callee(&expression.expression)
                && self.imported_reference(identifier).is_some()
            {
                self.edits.insert(expression.span.start, ";");
            }
            self.visit_statement(statement);
        }
    }

    fn visit_import_meta(&mut self, meta: &ImportMeta) {
        self.edits
            .replace_static(meta.span.start, meta.span.end, "ºm.meta");
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        // `import` alone: what follows is the argument list already.
        self.edits
            .replace_static(import.span.start, import.span.start + 6, "ºm.import");
        walk::walk_import_expression(self, import);
    }

    fn visit_await_expression(&mut self, expression: &AwaitExpression<'a>) {
        self.top_level_await(
            expression.span.start,
            Some(expression.argument.span().start),
        );
        walk::walk_await_expression(self, expression);
    }

    fn visit_for_of_statement(&mut self, statement: &ForOfStatement<'a>) {
        if statement.r#await {
            self.top_level_await(statement.span.start, Some(statement.right.span().start));
        }
        walk::walk_for_of_statement(self, statement);
    }

    fn visit_variable_declaration(&mut self, declaration: &VariableDeclaration<'a>) {
        if declaration.kind == VariableDeclarationKind::AwaitUsing {
            self.top_level_await(declaration.span.start, None);
        }
        walk::walk_variable_declaration(self, declaration);
    }

    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.arguments_depth += 1;
        self.inside_function(|this| walk::walk_function(this, function, flags));
        self.arguments_depth -= 1;
    }

    fn visit_arrow_function_expression(&mut self, function: &ArrowFunctionExpression<'a>) {
        self.inside_function(|this| walk::walk_arrow_function_expression(this, function));
    }
}

/// The identifier that an expression begins with, if it is called (or used as a template tag) there.
pub(super) fn leftmost_callee<'e, 'a>(
    expression: &'e Expression<'a>,
) -> Option<&'e IdentifierReference<'a>> {
    let mut callee = None;
    let mut current = expression;
    loop {
        current = match current {
            Expression::CallExpression(call) => {
                callee = Some(&call.callee);
                &call.callee
            }
            Expression::TaggedTemplateExpression(tagged) => {
                callee = Some(&tagged.tag);
                &tagged.tag
            }
            Expression::StaticMemberExpression(member) => &member.object,
            Expression::ComputedMemberExpression(member) => &member.object,
            Expression::PrivateFieldExpression(member) => &member.object,
            Expression::BinaryExpression(binary) => &binary.left,
            Expression::LogicalExpression(logical) => &logical.left,
            Expression::ConditionalExpression(conditional) => &conditional.test,
            Expression::SequenceExpression(sequence) => sequence.expressions.first()?,
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => {
                    callee = Some(&call.callee);
                    &call.callee
                }
                element => element.as_member_expression()?.object(),
            },
            Expression::Identifier(identifier) => {
                // Called right here, not just part of what is called.
                return match callee {
                    Some(Expression::Identifier(called)) if called.span == identifier.span => {
                        Some(identifier)
                    }
                    _ => None,
                };
            }
            _ => return None,
        };
    }
}

/// ECMA-262 IsAnonymousFunctionDefinition, parentheses looked through.
pub(super) fn is_anonymous_function_definition(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::ArrowFunctionExpression(_) => true,
        Expression::FunctionExpression(function) => function.id.is_none(),
        Expression::ClassExpression(class) => class.id.is_none(),
        Expression::ParenthesizedExpression(inner) => {
            is_anonymous_function_definition(&inner.expression)
        }
        _ => false,
    }
}

/// A JSON string literal, which is a JavaScript one too.
pub fn push_json_string(output: &mut String, text: &str) {
    output.push('"');
    for c in text.chars() {
        match c {
            '"' => output.push_str("\\\""),
            '\\' => output.push_str("\\\\"),
            // The last two would end a line of the source around.
            c if u32::from(c) < 0x20 || matches!(c, '\u{2028}' | '\u{2029}') => {
                output.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => output.push(c),
        }
    }
    output.push('"');
}

#[cfg(test)]
mod tests;

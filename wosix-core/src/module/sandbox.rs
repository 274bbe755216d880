//! Scripts over an object as their global (`vm.runInContext`), for an engine that has no second realm to give.
//!
//! The result is run by a direct `eval` inside `with (scope)`, where `scope` is a proxy that claims every name but those that begin
//! with `º`. So free names are looked up in, and assigned to, the object. What a `with` cannot do is done by edits in the text:
//!
//! | source | becomes | because |
//! |---|---|---|
//! | `var x = 1` | `var º=(x = 1)` | the variable is the object's property, in strict code too |
//! | `let y`, `class C {}`, `function f() {}` | unchanged, declared by a call in front | later scripts see them |
//! | `typeof x` | `typeof ºglobal.x` | a name that nobody declared does not throw here |
//! | `f()` | `(0,/*º*/f)()` | `this` is not the `with` object |
//! | `this` in a sloppy function | `ºthis(this)` | it is the context's global, not the worker's |
//! | `x = 1` in strict code | `x = ºassign("x",1)` | a name that nobody declared throws |
//! | `eval` as a value | `ºeval` | indirect `eval` is the context's |
//! | `import(…)` | `ºimport(…)` | the browser would fetch a URL |
//!
//! The call in front, `ºdeclare(variables, functions, lexicals);`, hands out the names of variables, functions by name, and for each
//! `let`, `const` and `class` its reader and (unless it is constant) its writer. A script for the real global scope needs only the
//! lexicals: an indirect `eval` keeps them to itself. [`awaits`] does its part here, too.

use super::edit::{Edits, Stretch};
use super::esm::{
    first_error, is_anonymous_function_definition, leftmost_callee, push_json_string,
};
use super::{SyntaxError, awaits};
use oxc_allocator::Allocator;
use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_ecmascript::BoundNames;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::{Scoping, SemanticBuilder};
use oxc_span::{GetSpan, SourceType, Span};
use oxc_syntax::scope::{ScopeFlags, ScopeId};
use std::cell::Cell;
use std::collections::BTreeSet;

/// What the script's free names refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Global {
    /// An object, by way of a `with`.
    Object,
    /// The engine's own global scope.
    Engine,
}

/// How a script is to be rewritten.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What the script's free names refer to.
    pub global: Global,
    /// Whether loops and functions call `ºtick()`, which may throw to end the script.
    pub interruptible: bool,
}

/// A script, ready to be given to `eval`.
#[derive(Debug, PartialEq, Eq)]
pub struct Sandboxed {
    /// The source text.
    pub code: String,
    /// Whether it begins with a call of `ºdeclare`.
    pub declares: bool,
    /// Where its edited lines come from.
    pub stretches: Vec<Stretch>,
}

/// Rewrites a script. Fails when it does not parse.
pub fn rewrite(source: &str, options: Options) -> Result<Sandboxed, SyntaxError> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, SourceType::script())
        .with_options(ParseOptions {
            parse_regular_expression: false,
            ..ParseOptions::default()
        })
        .parse();
    if let Some(error) = first_error(&parsed.diagnostics) {
        return Err(error);
    }
    let program = allocator.alloc(parsed.program);
    let built = SemanticBuilder::new().build(program);
    let scoping = built.semantic.scoping();
    let mut edits = Edits::default();
    // First: what it closes at an offset ends before what is closed below.
    let declares_flight = awaits::rewrite(program, &mut edits);
    let mut rewriter = Rewriter {
        source,
        options,
        scoping,
        edits,
        strict: Vec::new(),
        own_this: 0,
        function_depth: 0,
        with_depth: 0,
        variables: BTreeSet::new(),
        functions: BTreeSet::new(),
        lexicals: String::new(),
    };
    rewriter.declare(&program.body);
    rewriter.visit_program(program);
    let strict = program.has_use_strict_directive();
    Ok(rewriter.finish(strict, declares_flight))
}

struct Rewriter<'s> {
    source: &'s str,
    options: Options,
    scoping: &'s Scoping,
    edits: Edits,
    /// Whether each scope that we are inside of is strict.
    strict: Vec<bool>,
    /// How many functions with a `this` of their own we are inside of.
    own_this: u32,
    /// How many functions of any kind (or class initialisers) we are inside of.
    function_depth: u32,
    /// How many `with` statements of the script we are inside of: there a name may be a property.
    with_depth: u32,
    variables: BTreeSet<String>,
    functions: BTreeSet<String>,
    /// `x:[()=>x,ºv=>x=ºv],` for each top-level lexical declaration.
    lexicals: String,
}

impl Rewriter<'_> {
    /// The script's top-level functions and lexical declarations.
    fn declare(&mut self, statements: &[Statement<'_>]) {
        for statement in statements {
            match statement {
                Statement::FunctionDeclaration(function) => {
                    if let Some(id) = &function.id {
                        self.functions.insert(id.name.to_string());
                    }
                }
                Statement::ClassDeclaration(class) => {
                    if let Some(id) = &class.id {
                        self.declare_lexical(&id.name, true);
                    }
                }
                Statement::VariableDeclaration(declaration) if declaration.kind.is_lexical() => {
                    let mutable = declaration.kind == VariableDeclarationKind::Let;
                    let mut names = Vec::new();
                    declaration.bound_names(&mut |identifier: &BindingIdentifier<'_>| {
                        names.push(identifier.name.to_string());
                    });
                    for name in names {
                        self.declare_lexical(&name, mutable);
                    }
                }
                _ => {}
            }
        }
    }

    fn declare_lexical(&mut self, name: &str, mutable: bool) {
        let writer = if mutable {
            format!(",ºv=>{name}=ºv")
        } else {
            String::new()
        };
        self.lexicals
            .push_str(&format!("[\"{name}\",()=>{name}{writer}],"));
    }

    fn over_object(&self) -> bool {
        self.options.global == Global::Object
    }

    fn is_strict(&self) -> bool {
        self.strict.last().copied().unwrap_or(false)
    }

    /// Whether a name is looked up in the global object: nothing in the script shadows it.
    fn is_free(&self, identifier: &IdentifierReference<'_>) -> bool {
        if self.with_depth > 0 || (identifier.name == "arguments" && self.own_this > 0) {
            return false;
        }
        let Some(reference) = identifier.reference_id.get() else {
            return false;
        };
        match self.scoping.get_reference(reference).symbol_id() {
            None => true,
            Some(symbol) => {
                let flags = self.scoping.symbol_flags(symbol);
                self.scoping.symbol_scope_id(symbol) == self.scoping.root_scope_id()
                    && !flags.is_block_scoped()
                    && !flags.is_class()
            }
        }
    }

    fn is_free_callee(&self, identifier: &IdentifierReference<'_>) -> bool {
        self.over_object() && identifier.name != "eval" && self.is_free(identifier)
    }

    /// `(0,f)` for a free callee. Answers whether it was one; a direct `eval` stays what it is.
    fn replace_callee(&mut self, callee: &Expression<'_>) -> bool {
        let Expression::Identifier(identifier) = callee else {
            return false;
        };
        if self.is_free_callee(identifier) {
            self.edits.insert(identifier.span.start, "(0,/*º*/");
            self.edits.insert(identifier.span.end, ")");
            return true;
        }
        identifier.name == "eval"
    }

    fn is_global_variable(&self, declaration: &VariableDeclaration<'_>) -> bool {
        self.over_object()
            && self.function_depth == 0
            && declaration.kind == VariableDeclarationKind::Var
    }

    fn note_variables(&mut self, declaration: &VariableDeclaration<'_>) {
        let variables = &mut self.variables;
        declaration.bound_names(&mut |identifier: &BindingIdentifier<'_>| {
            variables.insert(identifier.name.to_string());
        });
    }

    fn loop_body(&mut self, body: &Statement<'_>) {
        if !self.options.interruptible {
            return;
        }
        // A declaration: the loop's completion value stays.
        if let Statement::BlockStatement(block) = body {
            self.edits.insert(block.span.start + 1, "const º0=ºtick();");
        } else {
            self.edits
                .insert(body.span().start, "{/*º*/const º0=ºtick();");
        }
    }

    fn loop_end(&mut self, body: &Statement<'_>) {
        if self.options.interruptible && !matches!(body, Statement::BlockStatement(_)) {
            self.edits.insert(body.span().end, "/*º*/}");
        }
    }

    fn finish(self, strict: bool, declares_flight: bool) -> Sandboxed {
        let mut code = String::with_capacity(self.source.len() + 128);
        let declares =
            !self.variables.is_empty() || !self.functions.is_empty() || !self.lexicals.is_empty();
        if declares {
            if strict {
                code.push_str("\"use strict\";");
            }
            code.push_str("ºdeclare([");
            for name in &self.variables {
                push_json_string(&mut code, name);
                code.push(',');
            }
            code.push_str("],[");
            if self.over_object() {
                for name in &self.functions {
                    code.push_str(&format!("[\"{name}\",{name}],"));
                }
            }
            code.push_str("],[");
            code.push_str(&self.lexicals);
            code.push_str("]);");
        }
        if declares_flight {
            code.push_str(awaits::DECLARATION);
        }
        let stretches = self.edits.apply(self.source, &mut code);
        Sandboxed {
            code,
            declares,
            stretches,
        }
    }
}

impl<'a> Visit<'a> for Rewriter<'_> {
    fn enter_scope(&mut self, _: ScopeFlags, scope: &Cell<Option<ScopeId>>) {
        let strict = scope
            .get()
            .is_some_and(|scope| self.scoping.scope_flags(scope).is_strict_mode());
        self.strict.push(strict);
    }

    fn leave_scope(&mut self) {
        self.strict.pop();
    }

    fn visit_statements(&mut self, statements: &oxc_allocator::Vec<'a, Statement<'a>>) {
        for statement in statements {
            // `a = b` ⏎ `f()` must not become `a = b(0,f)()`.
            if let Statement::ExpressionStatement(expression) = statement
                && let Some(identifier) = leftmost_callee(&expression.expression)
                && self.is_free_callee(identifier)
                && !ends_statement(&self.source[..expression.span.start as usize])
            {
                self.edits.insert(expression.span.start, ";");
            }
            self.visit_statement(statement);
        }
    }

    fn visit_variable_declaration(&mut self, declaration: &VariableDeclaration<'a>) {
        if !self.is_global_variable(declaration) {
            walk::walk_variable_declaration(self, declaration);
            return;
        }
        self.note_variables(declaration);
        for declarator in &declaration.declarations {
            let Span { start, end, .. } = declarator.span;
            if declarator.init.is_some() {
                self.edits.insert(start, "º=(");
                self.visit_variable_declarator(declarator);
                self.edits.insert(end, ")");
            } else {
                self.edits.replace_static(start, end, "º");
            }
        }
    }

    fn visit_for_statement_left(&mut self, left: &ForStatementLeft<'a>) {
        let ForStatementLeft::VariableDeclaration(declaration) = left else {
            walk::walk_for_statement_left(self, left);
            return;
        };
        if self.is_global_variable(declaration) {
            self.note_variables(declaration);
            let target = declaration.declarations[0].id.span().start;
            self.edits.blank(declaration.span.start, target);
        }
        for declarator in &declaration.declarations {
            self.visit_variable_declarator(declarator);
        }
    }

    fn visit_unary_expression(&mut self, unary: &UnaryExpression<'a>) {
        if unary.operator == UnaryOperator::Typeof
            && self.over_object()
            && let Expression::Identifier(identifier) = unary.argument.without_parentheses()
            && self.is_free(identifier)
        {
            self.edits.insert(identifier.span.start, "ºglobal.");
            return;
        }
        walk::walk_unary_expression(self, unary);
    }

    fn visit_this_expression(&mut self, this: &ThisExpression) {
        if self.over_object() && self.own_this > 0 && !self.is_strict() {
            self.edits.insert(this.span.start, "ºthis(");
            self.edits.insert(this.span.end, ")");
        }
    }

    fn visit_identifier_reference(&mut self, identifier: &IdentifierReference<'a>) {
        if identifier.name == "eval" && self.over_object() && self.is_free(identifier) {
            self.edits
                .replace_static(identifier.span.start, identifier.span.end, "ºeval");
        }
    }

    fn visit_object_property(&mut self, property: &ObjectProperty<'a>) {
        // A shorthand's name is its key too.
        if property.shorthand {
            return;
        }
        walk::walk_object_property(self, property);
    }

    fn visit_assignment_expression(&mut self, assignment: &AssignmentExpression<'a>) {
        let AssignmentTarget::AssignmentTargetIdentifier(target) = &assignment.left else {
            walk::walk_assignment_expression(self, assignment);
            return;
        };
        let checked = self.over_object()
            && self.is_strict()
            && self.is_free(target)
            // Checked, it would lose its name.
            && !is_anonymous_function_definition(&assignment.right);
        if checked {
            let text = format!("ºassign(\"{}\",", target.name);
            let start = assignment.right.span().start;
            self.edits.replace(start, start, text);
        }
        self.visit_expression(&assignment.right);
        if checked {
            self.edits.insert(assignment.right.span().end, ")");
        }
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

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        self.edits
            .replace_static(import.span.start, import.span.start + 6, "ºimport");
        walk::walk_import_expression(self, import);
    }

    fn visit_with_statement(&mut self, with: &WithStatement<'a>) {
        self.visit_expression(&with.object);
        self.with_depth += 1;
        self.visit_statement(&with.body);
        self.with_depth -= 1;
    }

    fn visit_while_statement(&mut self, statement: &WhileStatement<'a>) {
        self.visit_expression(&statement.test);
        self.loop_body(&statement.body);
        self.visit_statement(&statement.body);
        self.loop_end(&statement.body);
    }

    fn visit_do_while_statement(&mut self, statement: &DoWhileStatement<'a>) {
        self.loop_body(&statement.body);
        self.visit_statement(&statement.body);
        self.loop_end(&statement.body);
        self.visit_expression(&statement.test);
    }

    fn visit_for_statement(&mut self, statement: &ForStatement<'a>) {
        self.enter_scope(ScopeFlags::empty(), &statement.scope_id);
        if let Some(init) = &statement.init {
            self.visit_for_statement_init(init);
        }
        for expression in [&statement.test, &statement.update].into_iter().flatten() {
            self.visit_expression(expression);
        }
        self.loop_body(&statement.body);
        self.visit_statement(&statement.body);
        self.loop_end(&statement.body);
        self.leave_scope();
    }

    fn visit_function_body(&mut self, body: &FunctionBody<'a>) {
        if self.options.interruptible {
            // Directives stay in front.
            let (at, call) = match body.directives.last() {
                Some(directive) => (directive.span.end, ";ºtick();"),
                None => (body.span.start + 1, "ºtick();"),
            };
            self.edits.insert(at, call);
        }
        walk::walk_function_body(self, body);
    }

    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        // In sloppy code a function in a block is a variable of the script as well.
        if self.over_object()
            && self.function_depth == 0
            && self.strict.len() > 1
            && !self.is_strict()
            && function.is_declaration()
            && !function.r#async
            && !function.generator
            && let Some(id) = &function.id
        {
            self.variables.insert(id.name.to_string());
            let text = format!("var º=ºglobal.{0}={0};", id.name);
            self.edits
                .replace(function.span.end, function.span.end, text);
        }
        self.function_depth += 1;
        self.own_this += 1;
        walk::walk_function(self, function, flags);
        self.own_this -= 1;
        self.function_depth -= 1;
    }

    fn visit_arrow_function_expression(&mut self, function: &ArrowFunctionExpression<'a>) {
        self.function_depth += 1;
        walk::walk_arrow_function_expression(self, function);
        self.function_depth -= 1;
    }

    fn visit_static_block(&mut self, block: &StaticBlock<'a>) {
        self.function_depth += 1;
        self.own_this += 1;
        walk::walk_static_block(self, block);
        self.own_this -= 1;
        self.function_depth -= 1;
    }
}

/// Whether nothing that follows `before` can belong to its last statement.
fn ends_statement(before: &str) -> bool {
    matches!(
        before.trim_end().chars().next_back(),
        None | Some(';' | '{')
    )
}

#[cfg(test)]
mod tests;

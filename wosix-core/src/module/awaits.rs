//! The *continuation frame* (`AsyncLocalStorage`'s stores) carried over `await`.
//!
//! V8 keeps a value for its embedder that a continuation finds as it was when its function stopped at an `await`. No browser
//! offers it to a page, so sources say it themselves, by edits that add no turn of the microtask queue:
//!
//! ```text
//! await x                          →   ºs( x)(await ºt())
//! await x      (inside `try`)      →   ºb(ºf=ºs( x),await ºt(),ºf=0)
//! catch (e) {                      →   catch (e) {ºf=ºf&&ºf();
//! for await (a of b) c             →   {for await (a of ºj(b,ºv=>ºf=ºv)) {ºf=ºf&&ºf();c}ºf=ºf&&ºf();}   (its braces marked by /*º*/)
//! yield* x     (async generator)   →   ºk(yield* ºj(x,ºv=>ºf=ºv),ºf=ºf&&ºf())
//! return x     (the same, in try)  →   return ºr(ºf=ºs((x)),ºt())
//! return x     (other async ones)  →   return ºa((x),ºa)
//! ```
//!
//! - `ºs(x)` keeps the value for `ºt()`, which hands it to the engine's own `await` right away, and answers a function that puts the
//!   frame back: called with what the `await` gave, it answers that. The two calls of one `await` meet on the engine's stack, so
//!   no variable is needed.
//! - An `await` that throws ends the function, or goes to a `catch` or `finally` of it. Functions with those have a variable `ºf`: the
//!   restoring function while an `await` is under way, which the handler calls.
//! - `ºj(x, set)` is the iterable with each call of its iterator preceded by the same bookkeeping; `ºb`, `ºk` and `ºr` put expressions
//!   in order.
//! - `ºa(x)` is `x`, with the frame for its `then` if it has one of its own: a promise that is resolved with it calls that in a later job.
//! - A block with `await using` takes the frame at its end, and whatever is behind the block puts it back.
//! - `yield` itself is left alone: whoever calls `next` decides in which frame a generator goes on.
//! - `eval(x)` becomes `eval(ºe(x,ºe))`, which does all this to the text.
//!
//! Where `return` or `of` touches what follows it, as in minified sources, `/*º.*/` keeps the inserted name apart from it.
//!
//! Each inserted text occurs for one purpose only, so that `Function.prototype.toString` can take them out again
//! (`js-facade/src/guest/node/rewritten-text.ts`).

use super::edit::Edits;
use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;

/// Declaration of the variable that [`rewrite`] needs where it answers `true`.
pub const DECLARATION: &str = "var ºf;";

/// Between a keyword and an inserted name.
const APART: &str = "/*º.*/";
const RESTORE: &str = "ºf=ºf&&ºf();";
/// For the `await` at the end of a block that disposes.
const NOTE: &str = ";ºf=ºs();";
const NOTE_EACH: &str = ",ºv=>ºf=ºv)";

/// Adds the edits for `program`. Answers whether its top level needs [`DECLARATION`].
pub fn rewrite(program: &Program<'_>, edits: &mut Edits) -> bool {
    let mut rewriter = AwaitRewriter {
        source: program.source_text.as_bytes(),
        edits,
        function: Activation::default(),
        label: None,
    };
    rewriter.visit_program(program);
    rewriter.function.uses_flight
}

/// What is known of the function that is visited.
#[derive(Default)]
struct Activation {
    is_async: bool,
    is_async_generator: bool,
    /// How many `try` statements are around.
    try_depth: u32,
    /// How many edits so far set `ºf`.
    flights: u32,
    /// Whether `ºf` has to be declared.
    uses_flight: bool,
}

struct AwaitRewriter<'e> {
    source: &'e [u8],
    edits: &'e mut Edits,
    function: Activation,
    /// Start of the labels directly before the statement that comes next.
    label: Option<u32>,
}

impl AwaitRewriter<'_> {
    fn inside_function(
        &mut self,
        is_async: bool,
        is_generator: bool,
        visit: impl FnOnce(&mut Self),
    ) {
        let outer = std::mem::take(&mut self.function);
        self.function.is_async = is_async;
        self.function.is_async_generator = is_async && is_generator;
        visit(self);
        self.function = outer;
    }

    /// Inserts `text`, which begins with a name, in front of an expression that may follow a keyword without a space.
    fn insert_before(&mut self, at: u32, text: &'static str) {
        let before = (at as usize).checked_sub(1).map(|it| self.source[it]);
        if before.is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            self.edits.insert(at, APART);
        }
        self.edits.insert(at, text);
    }

    fn flight(&mut self) {
        self.function.flights += 1;
        self.function.uses_flight = true;
    }

    /// Declares `ºf` at the start of a function body, behind its directives.
    fn declare(&mut self, body: &FunctionBody<'_>) {
        if !self.function.uses_flight {
            return;
        }
        match body.directives.last() {
            None => self.edits.insert(body.span.start + 1, DECLARATION),
            // It may have no semicolon of its own.
            Some(directive) => self.edits.insert(directive.span.end, ";var ºf;"),
        }
    }

    /// Whether the function's promise is resolved with a value that may have a `then` of its own.
    fn may_return_thenable(&self, result: &Expression<'_>) -> bool {
        self.function.is_async
            && !result.is_literal()
            && !matches!(
                result,
                Expression::AwaitExpression(_)
                    | Expression::TemplateLiteral(_)
                    | Expression::BinaryExpression(_)
                    | Expression::UnaryExpression(_)
                    | Expression::UpdateExpression(_)
                    | Expression::ArrayExpression(_)
                    | Expression::ArrowFunctionExpression(_)
                    | Expression::FunctionExpression(_)
            )
    }

    fn begin_result(&mut self, result: &Expression<'_>) {
        if self.may_return_thenable(result) {
            self.insert_before(result.span().start, "ºa((");
        }
    }

    fn end_result(&mut self, result: &Expression<'_>) {
        if self.may_return_thenable(result) {
            let span = result.span();
            self.edits.insert_for(span.end, "),ºa)", span.start);
        }
    }

    fn restore_at_start(&mut self, block: Span) {
        self.edits.insert(block.start + 1, RESTORE);
    }
}

impl<'a> Visit<'a> for AwaitRewriter<'_> {
    fn visit_await_expression(&mut self, expression: &AwaitExpression<'a>) {
        let Span { start, end, .. } = expression.span;
        let keyword_end = start + 5;
        if self.function.try_depth > 0 {
            self.flight();
            self.edits.replace_static(start, keyword_end, "ºb(ºf=ºs(");
            self.visit_expression(&expression.argument);
            self.edits.insert_for(end, "),await ºt(),ºf=0)", start);
        } else {
            self.edits.replace_static(start, keyword_end, "ºs(");
            self.visit_expression(&expression.argument);
            self.edits.insert_for(end, ")(await ºt())", start);
        }
    }

    fn visit_try_statement(&mut self, statement: &TryStatement<'a>) {
        let before = self.function.flights;
        self.function.try_depth += 1;
        self.visit_block_statement(&statement.block);
        if let Some(handler) = &statement.handler {
            if self.function.flights > before {
                self.restore_at_start(handler.body.span);
            }
            self.visit_catch_clause(handler);
        }
        self.function.try_depth -= 1;
        if let Some(finalizer) = &statement.finalizer {
            if self.function.flights > before {
                self.restore_at_start(finalizer.span);
            }
            self.visit_block_statement(finalizer);
        }
    }

    fn visit_for_of_statement(&mut self, statement: &ForOfStatement<'a>) {
        let label = self.label.take();
        if !statement.r#await {
            return walk::walk_for_of_statement(self, statement);
        }
        self.flight();
        // Before the labels: `continue` needs them directly in front of the loop.
        self.edits
            .insert(label.unwrap_or(statement.span.start), "{/*º*/");
        self.visit_for_statement_left(&statement.left);
        let iterable = statement.right.span();
        self.insert_before(iterable.start, "ºj(");
        self.visit_expression(&statement.right);
        self.edits
            .insert_for(iterable.end, NOTE_EACH, iterable.start);
        let body = statement.body.span();
        if let Statement::BlockStatement(block) = &statement.body {
            self.restore_at_start(block.span);
            self.visit_statement(&statement.body);
            self.edits.insert(body.end, "ºf=ºf&&ºf();/*º*/}");
        } else {
            self.edits.insert(body.start, "{/*º*/ºf=ºf&&ºf();");
            self.visit_statement(&statement.body);
            self.edits.insert(body.end, "/*º*/}ºf=ºf&&ºf();/*º*/}");
        }
    }

    fn visit_labeled_statement(&mut self, statement: &LabeledStatement<'a>) {
        let start = self.label.take().unwrap_or(statement.span.start);
        if matches!(
            statement.body,
            Statement::LabeledStatement(_) | Statement::ForOfStatement(_)
        ) {
            self.label = Some(start);
        }
        walk::walk_labeled_statement(self, statement);
    }

    fn visit_yield_expression(&mut self, expression: &YieldExpression<'a>) {
        let (true, true, Some(argument)) = (
            expression.delegate,
            self.function.is_async_generator,
            &expression.argument,
        ) else {
            return walk::walk_yield_expression(self, expression);
        };
        self.flight();
        self.edits.insert(expression.span.start, "ºk(");
        self.edits.insert(argument.span().start, "ºj(");
        self.visit_expression(argument);
        let start = expression.span.start;
        self.edits
            .insert_for(argument.span().end, ",ºv=>ºf=ºv),ºf=ºf&&ºf())", start);
    }

    fn visit_return_statement(&mut self, statement: &ReturnStatement<'a>) {
        // An async generator awaits what it returns.
        let awaits = self.function.is_async_generator && self.function.try_depth > 0;
        let Some(argument) = &statement.argument else {
            return;
        };
        if !awaits {
            self.begin_result(argument);
            self.visit_expression(argument);
            self.end_result(argument);
            return;
        }
        self.flight();
        self.insert_before(argument.span().start, "ºr(ºf=ºs((");
        self.visit_expression(argument);
        self.edits
            .insert_for(argument.span().end, ")),ºt())", statement.span.start);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        let argument = match (&call.callee, call.arguments.first()) {
            (Expression::Identifier(callee), Some(argument)) if callee.name == "eval" => {
                argument.as_expression()
            }
            _ => None,
        };
        let Some(argument) = argument else {
            return walk::walk_call_expression(self, call);
        };
        self.edits.insert(argument.span().start, "ºe(");
        self.visit_arguments(&call.arguments);
        self.edits
            .insert_for(argument.span().end, ",ºe)", argument.span().start);
    }

    fn visit_statement(&mut self, statement: &Statement<'a>) {
        // What follows the disposal of an `await using` goes on after an `await`.
        let disposes = match statement {
            Statement::BlockStatement(block) => awaits_disposal(&block.body),
            Statement::TryStatement(statement) => {
                awaits_disposal(&statement.block.body)
                    || (statement.handler.iter()).any(|it| awaits_disposal(&it.body.body))
                    || (statement.finalizer.iter()).any(|it| awaits_disposal(&it.body))
            }
            _ => false,
        };
        if !disposes {
            return walk::walk_statement(self, statement);
        }
        self.edits.insert(statement.span().start, "{/*º*/");
        walk::walk_statement(self, statement);
        self.edits
            .insert(statement.span().end, "ºf=ºf&&ºf();/*º*/}");
    }

    fn visit_block_statement(&mut self, block: &BlockStatement<'a>) {
        walk::walk_block_statement(self, block);
        if awaits_disposal(&block.body) {
            self.edits.insert(block.span.end - 1, NOTE);
        }
    }

    fn visit_variable_declaration(&mut self, declaration: &VariableDeclaration<'a>) {
        walk::walk_variable_declaration(self, declaration);
        if declaration.kind == VariableDeclarationKind::AwaitUsing {
            self.flight();
        }
    }

    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.inside_function(function.r#async, function.generator, |this| {
            walk::walk_function(this, function, flags);
            if let Some(body) = &function.body {
                this.declare(body);
            }
        });
    }

    fn visit_arrow_function_expression(&mut self, function: &ArrowFunctionExpression<'a>) {
        self.inside_function(function.r#async, false, |this| {
            let result = function.body.as_expression();
            if let Some(result) = result {
                this.begin_result(result);
            }
            walk::walk_arrow_function_expression(this, function);
            if let Some(result) = result {
                this.end_result(result);
            }
            if let ArrowFunctionBody::FunctionBody(body) = &function.body {
                this.declare(body);
            }
        });
    }
}

fn awaits_disposal(statements: &[Statement<'_>]) -> bool {
    statements.iter().any(|statement| {
        matches!(statement, Statement::VariableDeclaration(declaration)
            if declaration.kind == VariableDeclarationKind::AwaitUsing)
    })
}

#[cfg(test)]
mod tests;

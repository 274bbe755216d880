//! TypeScript by type stripping: types become white space, so lines and columns stay, as Node's `stripTypeScriptTypes` does it.
//!
//! Syntax that needs code to be made (enums, namespaces with values, parameter properties, `import =`, `export =`, `<T>x`) is refused.

use super::SyntaxError;
use super::edit::Edits;
use super::esm::first_error;
use oxc_allocator::Allocator;
use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_parser::{ParseOptions, Parser};
use oxc_span::{GetSpan, SourceType, Span};
use oxc_syntax::scope::ScopeFlags;

/// Why a source was not stripped.
#[derive(Debug, PartialEq, Eq)]
pub enum StripError {
    /// It does not parse (Node: `ERR_INVALID_TYPESCRIPT_SYNTAX`).
    Invalid(SyntaxError),
    /// It holds syntax that has no meaning once types are gone (Node: `ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX`).
    Unsupported(SyntaxError),
}

/// The JavaScript in a TypeScript source.
///
/// # Errors
/// See [`StripError`].
pub fn strip_types(source: &str) -> Result<String, StripError> {
    let allocator = Allocator::default();
    let program = parse(&allocator, source)?;
    let mut stripper = Stripper {
        source,
        edits: Edits::default(),
        unsupported: None,
    };
    stripper.visit_program(&program);
    if let Some(error) = stripper.unsupported {
        return Err(StripError::Unsupported(error));
    }
    let mut code = String::with_capacity(source.len());
    stripper.edits.apply(source, &mut code);
    Ok(code)
}

/// The tree of a `.ts` source: a script or a module, which it is if it says so. Top-level `return` is for CommonJS.
pub(super) fn parse<'a>(
    allocator: &'a Allocator,
    source: &'a str,
) -> Result<Program<'a>, StripError> {
    let parsed = Parser::new(allocator, source, SourceType::ts().with_unambiguous(true))
        .with_options(ParseOptions {
            parse_regular_expression: false,
            allow_return_outside_function: true,
            ..ParseOptions::default()
        })
        .parse();
    match first_error(&parsed.diagnostics) {
        Some(error) => Err(StripError::Invalid(error)),
        None => Ok(parsed.program),
    }
}

struct Stripper<'s> {
    source: &'s str,
    edits: Edits,
    unsupported: Option<SyntaxError>,
}

impl Stripper<'_> {
    fn blank(&mut self, span: Span) {
        self.edits.blank(span.start, span.end);
    }

    /// A whole statement. The `;` keeps the statements around it apart.
    fn blank_statement(&mut self, span: Span) {
        self.edits.blank_statement(span.start, span.end);
    }

    fn refuse(&mut self, span: Span, what: &str) {
        if self.unsupported.is_none() {
            self.unsupported = Some(SyntaxError {
                message: format!("{what} is not supported in strip-only mode"),
                offset: span.start as usize,
            });
        }
    }

    /// Offset of the first `token` in `start..end` outside comments.
    fn find(&self, token: char, start: u32, end: u32) -> Option<u32> {
        let text = &self.source[start as usize..end as usize];
        let mut rest = text;
        while !rest.is_empty() {
            let at = (text.len() - rest.len()) as u32 + start;
            if let Some(comment) = rest.strip_prefix("//") {
                rest = comment.find('\n').map_or("", |line| &comment[line..]);
            } else if let Some(comment) = rest.strip_prefix("/*") {
                rest = comment.find("*/").map_or("", |close| &comment[close + 2..]);
            } else if rest.starts_with(token) {
                return Some(at);
            } else {
                let mut chars = rest.chars();
                chars.next();
                rest = chars.as_str();
            }
        }
        None
    }

    /// Blanks `?` or `!` behind a name.
    fn blank_mark(&mut self, token: char, start: u32, end: u32) {
        if let Some(at) = self.find(token, start, end) {
            self.edits.blank(at, at + 1);
        }
    }

    /// Blanks words of TypeScript's among the modifiers in front of a class member's name.
    fn blank_modifiers(&mut self, start: u32, end: u32) {
        const WORDS: [&str; 7] = [
            "public",
            "private",
            "protected",
            "readonly",
            "override",
            "abstract",
            "declare",
        ];
        let mut at = start as usize;
        let end = end as usize;
        while at < end {
            let rest = &self.source[at..end];
            let word = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$')
                .unwrap_or(rest.len());
            if word > 0 {
                if WORDS.contains(&&rest[..word]) {
                    self.edits.blank(at as u32, (at + word) as u32);
                }
                at += word;
            } else if let Some(comment) = rest.strip_prefix("//") {
                at += comment.find('\n').map_or(rest.len(), |line| line + 2);
            } else if let Some(comment) = rest.strip_prefix("/*") {
                at += comment.find("*/").map_or(rest.len(), |close| close + 4);
            } else {
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
    }

    /// End of a list item including the comma behind it, if one follows before `limit`.
    fn with_comma(&self, span: Span, limit: u32) -> Span {
        let end = self.find(',', span.end, limit).filter(|&comma| {
            self.source[span.end as usize..comma as usize]
                .trim()
                .is_empty()
        });
        Span::new(span.start, end.map_or(span.end, |comma| comma + 1))
    }

    /// Start of a class member's name, behind decorators.
    fn members_start(decorators: &[Decorator<'_>], span: Span) -> u32 {
        decorators
            .last()
            .map_or(span.start, |decorator| decorator.span.end)
    }

    /// Start of the key; of a computed one, its bracket.
    fn key_start(&self, key: Span, computed: bool, from: u32) -> u32 {
        if computed {
            self.find('[', from, key.start).unwrap_or(key.start)
        } else {
            key.start
        }
    }
}

impl<'a> Visit<'a> for Stripper<'_> {
    fn visit_statement(&mut self, statement: &Statement<'a>) {
        match statement {
            Statement::TSTypeAliasDeclaration(_) | Statement::TSInterfaceDeclaration(_) => {
                self.blank_statement(statement.span());
            }
            Statement::VariableDeclaration(declaration) if declaration.declare => {
                self.blank_statement(declaration.span);
            }
            // `declare function`, and the signatures of an overloaded one.
            Statement::FunctionDeclaration(function) if function.body.is_none() => {
                self.blank_statement(function.span);
            }
            Statement::ClassDeclaration(class) if class.declare => self.blank_statement(class.span),
            Statement::TSEnumDeclaration(declaration) if declaration.declare => {
                self.blank_statement(declaration.span);
            }
            Statement::TSEnumDeclaration(declaration) => {
                self.refuse(declaration.span, "TypeScript enum");
            }
            Statement::TSExternalModuleDeclaration(declaration) => {
                self.blank_statement(declaration.span);
            }
            Statement::TSGlobalDeclaration(declaration) => self.blank_statement(declaration.span),
            Statement::TSNamespaceDeclaration(declaration) => {
                if let Some(error) = refuse_module_keyword(self.source, declaration) {
                    self.unsupported.get_or_insert(error);
                } else if declaration.declare || !has_values(&declaration.body) {
                    self.blank_statement(declaration.span);
                } else {
                    self.refuse(declaration.span, "TypeScript namespace declaration");
                }
            }
            Statement::TSImportEqualsDeclaration(declaration) => {
                if declaration.import_kind.is_type() {
                    self.blank_statement(declaration.span);
                } else {
                    self.refuse(declaration.span, "TypeScript import equals declaration");
                }
            }
            Statement::TSExportAssignment(assignment) => {
                self.refuse(assignment.span, "TypeScript export assignment");
            }
            Statement::TSNamespaceExportDeclaration(declaration) => {
                self.blank_statement(declaration.span);
            }
            _ => walk::walk_statement(self, statement),
        }
    }

    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        if import.import_kind.is_type() {
            self.blank_statement(import.span);
            return;
        }
        for specifier in import.specifiers.iter().flatten() {
            if let ImportDeclarationSpecifier::ImportSpecifier(named) = specifier
                && named.import_kind.is_type()
            {
                let span = self.with_comma(named.span, import.source.span.start);
                self.blank(span);
            }
        }
    }

    fn visit_export_declaration(&mut self, export: &ExportDeclaration<'a>) {
        match &export.declaration {
            Declaration::TSTypeAliasDeclaration(_) | Declaration::TSInterfaceDeclaration(_) => {
                self.blank_statement(export.span);
            }
            Declaration::VariableDeclaration(declaration) if declaration.declare => {
                self.blank_statement(export.span);
            }
            Declaration::FunctionDeclaration(function) if function.body.is_none() => {
                self.blank_statement(export.span);
            }
            Declaration::ClassDeclaration(class) if class.declare => {
                self.blank_statement(export.span);
            }
            Declaration::TSEnumDeclaration(declaration) if declaration.declare => {
                self.blank_statement(export.span);
            }
            Declaration::TSEnumDeclaration(declaration) => {
                self.refuse(declaration.span, "TypeScript enum");
            }
            Declaration::TSNamespaceDeclaration(declaration) => {
                if let Some(error) = refuse_module_keyword(self.source, declaration) {
                    self.unsupported.get_or_insert(error);
                } else if declaration.declare || !has_values(&declaration.body) {
                    self.blank_statement(export.span);
                } else {
                    self.refuse(declaration.span, "TypeScript namespace declaration");
                }
            }
            Declaration::TSImportEqualsDeclaration(declaration) => {
                self.refuse(declaration.span, "TypeScript import equals declaration");
            }
            _ => walk::walk_export_declaration(self, export),
        }
    }

    fn visit_export_named_declaration(&mut self, export: &ExportNamedDeclaration<'a>) {
        self.strip_export_specifiers(export.span, export.export_kind, &export.specifiers);
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        self.strip_export_specifiers(export.span, export.export_kind, &export.specifiers);
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        if export.export_kind.is_type() {
            self.blank_statement(export.span);
        }
    }

    fn visit_export_default_declaration(&mut self, export: &ExportDefaultDeclaration<'a>) {
        let types_only = match &export.declaration {
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => true,
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => function.body.is_none(),
            _ => false,
        };
        if types_only {
            self.blank_statement(export.span);
        } else {
            walk::walk_export_default_declaration(self, export);
        }
    }

    fn visit_ts_type_annotation(&mut self, annotation: &TSTypeAnnotation<'a>) {
        // The colon belongs to it, and is not in the span of a type predicate's or a return type's annotation everywhere.
        let start = annotation.span.start;
        if self.source[start as usize..].starts_with(':') {
            self.blank(annotation.span);
        } else {
            let colon = self.source[..start as usize]
                .rfind(':')
                .map_or(start, |at| at as u32);
            self.edits.blank(colon, annotation.span.end);
        }
    }

    fn visit_ts_type_parameter_declaration(&mut self, parameters: &TSTypeParameterDeclaration<'a>) {
        self.blank(parameters.span);
    }

    fn visit_ts_type_parameter_instantiation(
        &mut self,
        arguments: &TSTypeParameterInstantiation<'a>,
    ) {
        self.blank(arguments.span);
    }

    fn visit_ts_as_expression(&mut self, expression: &TSAsExpression<'a>) {
        self.visit_expression(&expression.expression);
        self.edits
            .blank(expression.expression.span().end, expression.span.end);
    }

    fn visit_ts_satisfies_expression(&mut self, expression: &TSSatisfiesExpression<'a>) {
        self.visit_expression(&expression.expression);
        self.edits
            .blank(expression.expression.span().end, expression.span.end);
    }

    fn visit_ts_non_null_expression(&mut self, expression: &TSNonNullExpression<'a>) {
        self.visit_expression(&expression.expression);
        self.edits
            .blank(expression.expression.span().end, expression.span.end);
    }

    fn visit_ts_type_assertion(&mut self, assertion: &TSTypeAssertion<'a>) {
        self.refuse(
            assertion.span,
            "The angle-bracket syntax for type assertions, `<T>expr`,",
        );
    }

    fn visit_ts_this_parameter(&mut self, this: &TSThisParameter<'a>) {
        let span = self.with_comma(this.span, self.source.len() as u32);
        self.blank(span);
    }

    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        walk::walk_function(self, function, flags);
    }

    fn visit_formal_parameter(&mut self, parameter: &FormalParameter<'a>) {
        if parameter.accessibility.is_some() || parameter.readonly || parameter.r#override {
            self.refuse(parameter.span, "TypeScript parameter property");
        }
        if parameter.optional {
            let end = parameter
                .type_annotation
                .as_ref()
                .map_or(parameter.span.end, |annotation| annotation.span.start);
            self.blank_mark('?', parameter.pattern.span().end, end);
        }
        walk::walk_formal_parameter(self, parameter);
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        if declarator.definite {
            let end = declarator
                .type_annotation
                .as_ref()
                .map_or(declarator.span.end, |annotation| annotation.span.start);
            self.blank_mark('!', declarator.id.span().end, end);
        }
        walk::walk_variable_declarator(self, declarator);
    }

    fn visit_class(&mut self, class: &Class<'a>) {
        if class.r#abstract {
            let start = Self::members_start(&class.decorators, class.span);
            let end = class
                .id
                .as_ref()
                .map_or(class.body.span.start, |id| id.span.start);
            self.blank_modifiers(start, end);
        }
        if let (Some(first), Some(last)) = (class.implements.first(), class.implements.last()) {
            let keyword = self.source[..first.span.start as usize]
                .rfind("implements")
                .map_or(first.span.start, |at| at as u32);
            self.edits.blank(keyword, last.span.end);
        }
        self.visit_decorators(&class.decorators);
        if let Some(parameters) = &class.type_parameters {
            self.visit_ts_type_parameter_declaration(parameters);
        }
        if let Some(heritage) = &class.heritage {
            self.visit_class_heritage(heritage);
        }
        self.visit_class_body(&class.body);
    }

    fn visit_class_element(&mut self, element: &ClassElement<'a>) {
        match element {
            ClassElement::TSIndexSignature(signature) => self.blank(signature.span),
            ClassElement::MethodDefinition(method) if method.value.body.is_none() => {
                self.blank(method.span);
            }
            ClassElement::PropertyDefinition(property)
                if property.declare
                    || property.r#type == PropertyDefinitionType::TSAbstractPropertyDefinition =>
            {
                self.blank(property.span);
            }
            ClassElement::AccessorProperty(property)
                if property.r#type == AccessorPropertyType::TSAbstractAccessorProperty =>
            {
                self.blank(property.span);
            }
            _ => walk::walk_class_element(self, element),
        }
    }

    fn visit_method_definition(&mut self, method: &MethodDefinition<'a>) {
        let start = Self::members_start(&method.decorators, method.span);
        let key = self.key_start(method.key.span(), method.computed, start);
        self.blank_modifiers(start, key);
        if method.optional {
            self.blank_mark('?', method.key.span().end, method.value.params.span.start);
        }
        walk::walk_method_definition(self, method);
    }

    fn visit_property_definition(&mut self, property: &PropertyDefinition<'a>) {
        let start = Self::members_start(&property.decorators, property.span);
        let key = self.key_start(property.key.span(), property.computed, start);
        self.blank_modifiers(start, key);
        let end = property
            .type_annotation
            .as_ref()
            .map_or(property.span.end, |annotation| annotation.span.start);
        if property.optional {
            self.blank_mark('?', property.key.span().end, end);
        }
        if property.definite {
            self.blank_mark('!', property.key.span().end, end);
        }
        walk::walk_property_definition(self, property);
    }

    fn visit_accessor_property(&mut self, property: &AccessorProperty<'a>) {
        let start = Self::members_start(&property.decorators, property.span);
        let key = self.key_start(property.key.span(), property.computed, start);
        self.blank_modifiers(start, key);
        if property.definite {
            let end = property
                .type_annotation
                .as_ref()
                .map_or(property.span.end, |annotation| annotation.span.start);
            self.blank_mark('!', property.key.span().end, end);
        }
        walk::walk_accessor_property(self, property);
    }
}

impl Stripper<'_> {
    fn strip_export_specifiers(
        &mut self,
        span: Span,
        kind: ImportOrExportKind,
        specifiers: &[ExportSpecifier<'_>],
    ) {
        if kind.is_type() {
            self.blank_statement(span);
            return;
        }
        for specifier in specifiers {
            if specifier.export_kind.is_type() {
                let span = self.with_comma(specifier.span, span.end);
                self.blank(span);
            }
        }
    }
}

/// Why `module X {}` is refused: the keyword was one for namespaces once, and shall be another's.
pub(super) fn refuse_module_keyword(
    source: &str,
    declaration: &TSNamespaceDeclaration<'_>,
) -> Option<SyntaxError> {
    if declaration.kind != TSNamespaceDeclarationKind::Module {
        return None;
    }
    let start = declaration.span.start as usize;
    let before_name = &source[start..declaration.id.span.start as usize];
    Some(SyntaxError {
        message: "`module` keyword is not supported. Use `namespace` instead.".to_owned(),
        offset: start + before_name.rfind("module").unwrap_or(0),
    })
}

/// Whether a namespace holds anything that is there at run time.
fn has_values(body: &TSNamespaceDeclarationBody<'_>) -> bool {
    match body {
        TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => has_values(&inner.body),
        TSNamespaceDeclarationBody::TSModuleBlock(block) => {
            block.body.iter().any(|statement| match statement {
                Statement::TSTypeAliasDeclaration(_) | Statement::TSInterfaceDeclaration(_) => {
                    false
                }
                Statement::TSNamespaceDeclaration(inner) => has_values(&inner.body),
                Statement::ExportDeclaration(export) => !matches!(
                    export.declaration,
                    Declaration::TSTypeAliasDeclaration(_) | Declaration::TSInterfaceDeclaration(_)
                ),
                _ => true,
            })
        }
    }
}

#[cfg(test)]
mod tests;

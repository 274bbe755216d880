//! Syntax tree of a shell program.

use std::cell::OnceCell;
use std::rc::Rc;

/// Commands one after another.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct List(pub Vec<Item>);

/// One and-or list and how it ends.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    /// The commands.
    pub and_or: AndOr,
    /// Ended by `&`.
    pub background: bool,
}

/// Pipelines joined by `&&` and `||`, which bind equally and from the left.
#[derive(Clone, PartialEq, Debug)]
pub struct AndOr {
    /// The first pipeline.
    pub first: Pipeline,
    /// The others; `true` stands for `&&`.
    pub rest: Vec<(bool, Pipeline)>,
}

/// Commands joined by `|`.
#[derive(Clone, PartialEq, Debug)]
pub struct Pipeline {
    /// Begins with `!`.
    pub negated: bool,
    /// At least one command.
    pub commands: Vec<Command>,
}

/// One stage of a pipeline.
#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    /// Assignments, words, redirections.
    Simple(Simple),
    /// A compound command and its redirections.
    Compound(Compound, Vec<Redirect>),
    /// `name() body`.
    Function(String, Rc<Command>),
}

/// A simple command.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Simple {
    /// `name=value` (or `name+=value`) before the first word.
    pub assignments: Vec<Assignment>,
    /// Command name and arguments.
    pub words: Vec<Word>,
    /// In source order.
    pub redirects: Vec<Redirect>,
    /// Line of the source it begins in.
    pub line: u32,
}

impl Simple {
    /// Whether it has nothing in it.
    pub fn is_empty(&self) -> bool {
        self.assignments.is_empty() && self.words.is_empty() && self.redirects.is_empty()
    }
}

/// `name=value`.
#[derive(Clone, PartialEq, Debug)]
pub struct Assignment {
    /// Variable.
    pub name: String,
    /// `+=`.
    pub append: bool,
    /// New value.
    pub value: Word,
}

/// A command with commands inside.
#[derive(Clone, PartialEq, Debug)]
pub enum Compound {
    /// `{ list; }`
    Brace(List),
    /// `( list )`
    Subshell(List),
    /// `if`/`elif` conditions with their lists, and the `else` list.
    If(Vec<(List, List)>, Option<List>),
    /// Variable, words (none: the positional parameters) and body.
    For(String, Option<Vec<Word>>, List),
    /// Condition and body; the loop runs while the condition's success equals the flag (`true`: `while`, `false`: `until`).
    While(bool, List, List),
    /// Subject and arms.
    Case(Word, Vec<CaseArm>),
    /// `(( expression ))`
    Arithmetic(Vec<Part>),
    /// `for ((first; condition; step))` and body.
    ArithmeticFor([Vec<Part>; 3], List),
    /// `[[ expression ]]`
    Conditional(Test),
}

/// The expression of `[[ ... ]]`.
#[derive(Clone, PartialEq, Debug)]
pub enum Test {
    /// Operator (`-n` for a bare word) and operand.
    Unary(String, Word),
    /// Left operand, operator, right operand.
    Binary(Word, String, Word),
    /// `! expression`
    Not(Box<Test>),
    /// `a && b` (`true`) or `a || b`.
    Both(bool, Box<Test>, Box<Test>),
}

/// One arm of a `case`.
#[derive(Clone, PartialEq, Debug)]
pub struct CaseArm {
    /// Patterns, one of which must match.
    pub patterns: Vec<Word>,
    /// What to run then.
    pub body: List,
    /// What ends it.
    pub end: ArmEnd,
}

/// What comes after the body of a `case` arm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArmEnd {
    /// `;;`: the end of the `case`.
    Leave,
    /// `;&`: the next body.
    RunNext,
    /// `;;&`: the other patterns.
    TestNext,
}

/// One redirection.
#[derive(Clone, PartialEq, Debug)]
pub struct Redirect {
    /// Descriptor in front of the operator.
    pub fd: Option<i32>,
    /// What it does.
    pub target: RedirectTarget,
}

/// Operator and operand of a redirection.
#[derive(Clone, PartialEq, Debug)]
pub enum RedirectTarget {
    /// `< file`
    Read(Word),
    /// `> file`; `true` for `>|`
    Write(Word, bool),
    /// `>> file`
    Append(Word),
    /// `<> file`
    ReadWrite(Word),
    /// `<& word` or `>& word`: a descriptor number or `-`; `true` for output
    Duplicate(Word, bool),
    /// `&> file`, or `&>> file` with `true`: standard output and error
    Both(Word, bool),
    /// `<< delimiter`; the body is set when the parser gets to it
    HereDoc(Rc<OnceCell<Word>>),
    /// `<<< word`
    HereString(Word),
}

/// A word before expansion.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Word {
    /// Its pieces.
    pub parts: Vec<Part>,
    /// `name=value` after a declaration command (`export`): expanded as an assignment, that is without splitting.
    pub is_assignment: bool,
}

/// A piece of a word.
#[derive(Clone, PartialEq, Debug)]
pub enum Part {
    /// Unquoted text: may hold pattern characters.
    Literal(String),
    /// Text quoted by `\`, `'...'` or `$'...'`.
    Quoted(String),
    /// `"..."`
    Double(Vec<Part>),
    /// `$name`, `${...}`
    Parameter(Parameter),
    /// `$(...)` or backquotes
    Command(Rc<List>),
    /// `$((...))`
    Arithmetic(Vec<Part>),
    /// `<(...)`, or `>(...)` with `true`
    Process(Rc<List>, bool),
    /// `~` or `~name`
    Tilde(String),
}

/// A parameter expansion.
#[derive(Clone, PartialEq, Debug)]
pub struct Parameter {
    /// Variable, positional parameter (digits) or special parameter (one character).
    pub name: String,
    /// What to do with its value.
    pub operation: Operation,
}

/// What a parameter expansion does with the value.
#[derive(Clone, PartialEq, Debug)]
pub enum Operation {
    /// Nothing.
    Value,
    /// `${#x}`
    Length,
    /// `${x-word}`, `=`, `?`, `+`; the flag tells whether there was a `:`, so that an empty value counts as unset
    Conditional(Conditional, bool, Word),
    /// `${x#pattern}` etc.
    Trim {
        /// `%` rather than `#`.
        suffix: bool,
        /// Doubled operator.
        longest: bool,
        /// What to remove.
        pattern: Word,
    },
    /// `${x/pattern/replacement}`; the flag is for `//`
    Replace(Word, Word, bool),
    /// `${x^}`, `${x^^}`, `${x,}`, `${x,,}`
    Case {
        /// To capitals.
        upper: bool,
        /// All characters, not only the first.
        all: bool,
    },
    /// `${!x}`: the value of the variable that the value names
    Indirect,
    /// `${x:offset:length}`
    Substring(Vec<Part>, Option<Vec<Part>>),
}

/// Operators of [`Operation::Conditional`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Conditional {
    /// `-`: use the word instead.
    Default,
    /// `=`: assign the word.
    Assign,
    /// `?`: fail with the word as the message.
    Error,
    /// `+`: use the word if set.
    Alternative,
}

impl Word {
    /// The text of a word that consists of unquoted text only.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

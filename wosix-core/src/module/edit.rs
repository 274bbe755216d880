//! Edits in an original text: what is not edited keeps its line, and mostly its column.

/// A set of replacements and insertions, applied in one pass.
#[derive(Default)]
pub struct Edits {
    list: Vec<Edit>,
}

struct Edit {
    start: u32,
    end: u32,
    text: EditText,
}

enum EditText {
    Static(&'static str),
    Owned(String),
    /// As many spaces as the text had characters; line ends stay.
    Blank,
    /// The same, after a `;` that keeps the statement before from running into the one behind.
    BlankStatement,
}

impl Edits {
    pub fn replace(&mut self, start: u32, end: u32, text: String) {
        self.push(start, end, EditText::Owned(text));
    }

    pub fn replace_static(&mut self, start: u32, end: u32, text: &'static str) {
        self.push(start, end, EditText::Static(text));
    }

    pub fn insert(&mut self, at: u32, text: &'static str) {
        self.push(at, at, EditText::Static(text));
    }

    pub fn blank(&mut self, start: u32, end: u32) {
        self.push(start, end, EditText::Blank);
    }

    pub fn blank_statement(&mut self, start: u32, end: u32) {
        self.push(start, end, EditText::BlankStatement);
    }

    fn push(&mut self, start: u32, end: u32, text: EditText) {
        self.list.push(Edit { start, end, text });
    }

    /// Appends `source` with the edits to `output`. Edits must not overlap; those at one offset apply in the order they were made.
    pub fn apply(mut self, source: &str, output: &mut String) {
        self.list.sort_by_key(|edit| (edit.start, edit.end));
        let mut at = 0;
        for edit in &self.list {
            let (start, end) = (edit.start as usize, edit.end as usize);
            debug_assert!(start >= at, "edits overlap at byte {start}");
            output.push_str(&source[at..start]);
            let old = &source[start..end];
            match &edit.text {
                EditText::Static(text) => {
                    output.push_str(text);
                    // Lines stay, and columns where a line begins anew.
                    if let Some(line_end) = old.find(is_line_terminator) {
                        output.extend(old[line_end..].chars().map(blank));
                    }
                }
                EditText::Owned(text) => output.push_str(text),
                EditText::Blank => output.extend(old.chars().map(blank)),
                EditText::BlankStatement => {
                    output.push(';');
                    output.extend(old.chars().skip(1).map(blank));
                }
            }
            at = end;
        }
        output.push_str(&source[at..]);
    }
}

fn blank(c: char) -> char {
    if is_line_terminator(c) { c } else { ' ' }
}

/// The four line terminators of ECMAScript.
fn is_line_terminator(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

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
    /// Byte offset in the source that positions in the new text stand for.
    place: u32,
}

/// Where a stretch of generated text comes from. Lines count from 0, columns from 0 in UTF-16 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Stretch {
    /// Line on which it begins in the generated text; it ends with the line or at the next stretch.
    pub line: u32,
    /// Column at which it begins there.
    pub column: u32,
    /// Line of the source that it stands for.
    pub source_line: u32,
    /// Column of the source.
    pub source_column: u32,
    /// 1 = text of the source, which goes on column by column; 0 = text of ours, all of it for that one place.
    pub runs: u32,
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

    /// An insertion at `at` whose own positions stand for `place`.
    pub fn insert_for(&mut self, at: u32, text: &'static str, place: u32) {
        self.list.push(Edit {
            start: at,
            end: at,
            text: EditText::Static(text),
            place,
        });
    }

    fn push(&mut self, start: u32, end: u32, text: EditText) {
        self.list.push(Edit {
            start,
            end,
            text,
            place: start,
        });
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Appends `source` with the edits to `output`. Edits must not overlap; those at one offset apply in the order they were made.
    /// Answers the lines that were edited, in stretches; the first line of `source` is taken to begin where `output` ends, on line 0.
    pub fn apply(mut self, source: &str, output: &mut String) -> Vec<Stretch> {
        self.list.sort_by_key(|edit| (edit.start, edit.end));
        let mut stretches = Stretches::new(source, &self.list, output);
        let mut at = 0;
        for edit in &self.list {
            let (start, end) = (edit.start as usize, edit.end as usize);
            debug_assert!(start >= at, "edits overlap at byte {start}");
            output.push_str(&source[at..start]);
            let generated_start = output.len();
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
            stretches.edited(edit, &output[generated_start..]);
            at = end;
        }
        output.push_str(&source[at..]);
        stretches.list
    }
}

/// Follows positions through the edits. Every edit leaves the number of lines as it was, so only columns move.
struct Stretches {
    list: Vec<Stretch>,
    /// Byte offset, line and column in the source of everything that edits name, ascending.
    positions: Vec<(u32, u32, u32)>,
    /// How far columns of line `line` have moved where the last edit ended.
    line: u32,
    shift: i64,
}

impl Stretches {
    /// `edits` are sorted; `output` is what stands before the text.
    fn new(source: &str, edits: &[Edit], output: &str) -> Self {
        let mut offsets: Vec<u32> = edits
            .iter()
            .flat_map(|edit| [edit.place, edit.start, edit.end])
            .collect();
        offsets.sort_unstable();
        offsets.dedup();
        let mut positions = Vec::with_capacity(offsets.len());
        let (mut at, mut line, mut column) = (0, 0, 0);
        for offset in offsets {
            advance(&source[at..offset as usize], &mut line, &mut column);
            at = offset as usize;
            positions.push((offset, line, column));
        }
        let (mut before_line, mut before) = (0, 0);
        advance(output, &mut before_line, &mut before);
        let mut list = Vec::new();
        if before > 0 {
            list.push(Stretch {
                line: 0,
                column: before,
                source_line: 0,
                source_column: 0,
                runs: 1,
            });
        }
        Self {
            list,
            positions,
            line: 0,
            shift: before.into(),
        }
    }

    fn position(&self, offset: u32) -> (u32, u32) {
        let index = self.positions.partition_point(|entry| entry.0 < offset);
        let (_, line, column) = self.positions[index];
        (line, column)
    }

    /// `text` has taken the place of what `edit` names.
    fn edited(&mut self, edit: &Edit, text: &str) {
        let (start_line, start_column) = self.position(edit.start);
        let (end_line, end_column) = self.position(edit.end);
        let (source_line, source_column) = self.position(edit.place);
        if start_line != self.line {
            self.shift = 0;
        }
        let generated = (i64::from(start_column) + self.shift) as u32;
        let (mut line, mut column) = (start_line, generated);
        advance(text, &mut line, &mut column);
        let shift = i64::from(column) - i64::from(end_column);
        if shift == 0 && self.shift == 0 {
            self.line = end_line;
            return; // Blanks.
        }
        self.list.push(Stretch {
            line: start_line,
            column: generated,
            source_line,
            source_column,
            runs: 0,
        });
        self.list.push(Stretch {
            line: end_line,
            column,
            source_line: end_line,
            source_column: end_column,
            runs: 1,
        });
        self.line = end_line;
        self.shift = shift;
    }
}

/// Moves a position, in lines and UTF-16 units, to the end of `text`.
fn advance(text: &str, line: &mut u32, column: &mut u32) {
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if c == '\r' && characters.peek() == Some(&'\n') {
            continue;
        }
        if is_line_terminator(c) {
            *line += 1;
            *column = 0;
        } else {
            *column += c.len_utf16() as u32;
        }
    }
}

fn blank(c: char) -> char {
    if is_line_terminator(c) { c } else { ' ' }
}

/// The four line terminators of ECMAScript.
fn is_line_terminator(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

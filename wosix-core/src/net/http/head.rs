//! The text of a start line and of headers or trailers, collected in one buffer.

/// A range of [`Head::text`]. Laid out as two 32-bit words so that the wasm layer can hand out arrays of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Number of bytes.
    pub len: u32,
}

/// One header or trailer field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Field {
    /// Name as it was sent.
    pub name: Span,
    /// Value without surrounding white space.
    pub value: Span,
}

/// What precedes a body (or follows a chunked one): valid until the parser goes on to the next part of the message.
#[derive(Clone, Debug, Default)]
pub struct Head {
    text: Vec<u8>,
    target: Span,
    reason: Span,
    fields: Vec<Field>,
}

impl Head {
    /// All collected bytes.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Where the request target is in [`Head::text`].
    pub fn target_span(&self) -> Span {
        self.target
    }

    /// Where the reason phrase is in [`Head::text`].
    pub fn reason_span(&self) -> Span {
        self.reason
    }

    /// Fields in the order of their appearance.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The bytes of `span`.
    pub fn slice(&self, span: Span) -> &[u8] {
        &self.text[span.start as usize..][..span.len as usize]
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.fields.clear();
        self.target = Span::default();
        self.reason = Span::default();
    }

    pub(super) fn push_target(&mut self, bytes: &[u8]) {
        append(&mut self.text, &mut self.target, bytes);
    }

    pub(super) fn push_reason(&mut self, bytes: &[u8]) {
        append(&mut self.text, &mut self.reason, bytes);
    }

    pub(super) fn begin_field(&mut self) {
        self.fields.push(Field::default());
    }

    pub(super) fn push_name(&mut self, bytes: &[u8]) {
        if let Some(field) = self.fields.last_mut() {
            append(&mut self.text, &mut field.name, bytes);
        }
    }

    pub(super) fn push_value(&mut self, bytes: &[u8]) {
        if let Some(field) = self.fields.last_mut() {
            append(&mut self.text, &mut field.value, bytes);
        }
    }

    /// Drops white space at the end of the last value.
    pub(super) fn trim_value(&mut self) {
        if let Some(field) = self.fields.last_mut() {
            let value = &self.text[field.value.start as usize..][..field.value.len as usize];
            field.value.len = value.trim_ascii_end_ows().len() as u32;
        }
    }

    pub(super) fn last_name(&self) -> &[u8] {
        self.fields
            .last()
            .map_or(&[], |field| self.slice(field.name))
    }

    pub(super) fn last_value(&self) -> &[u8] {
        self.fields
            .last()
            .map_or(&[], |field| self.slice(field.value))
    }
}

/// A span is filled in one go before the next one begins, so its bytes are contiguous.
fn append(text: &mut Vec<u8>, span: &mut Span, bytes: &[u8]) {
    if span.len == 0 {
        span.start = text.len() as u32;
    }
    text.extend_from_slice(bytes);
    span.len += bytes.len() as u32;
}

trait TrimOptionalWhitespace {
    fn trim_ascii_end_ows(&self) -> &Self;
}

impl TrimOptionalWhitespace for [u8] {
    /// `OWS` of RFC 9110 is space and tab only.
    fn trim_ascii_end_ows(&self) -> &[u8] {
        let end = self
            .iter()
            .rposition(|b| !matches!(b, b' ' | b'\t'))
            .map_or(0, |last| last + 1);
        &self[..end]
    }
}

//! xxd: bytes in hexadecimal, and back.

use super::Context;
use super::context::{chomp, lines};

/// Bytes a line: of a dump, and with `-p` and `-i`.
const COLUMNS: usize = 16;
const PLAIN_COLUMNS: usize = 30;
const INCLUDE_COLUMNS: usize = 12;

/// See the module.
pub fn main(ctx: &mut Context) -> i32 {
    let (options, paths) = match ctx.options("prudic:g:l:s:", &[], 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let mut numbers = [('c', None), ('g', None), ('l', None), ('s', None)];
    for (letter, value) in &options {
        let Some(slot) = numbers.iter_mut().find(|(known, _)| known == letter) else {
            continue;
        };
        let text = value.as_deref().unwrap_or_default();
        slot.1 = match text.strip_prefix("0x") {
            Some(digits) => usize::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        };
        if slot.1.is_none() {
            return ctx.usage_error(format_args!("invalid number '{text}'"), 1);
        }
    }
    let [(_, columns), (_, group), (_, length), (_, skip)] = numbers;
    let (contents, ok) = ctx.read_inputs(paths.get(..1).unwrap_or_default());
    if !ok {
        return 2;
    }
    if has('r') {
        let bytes = if has('p') {
            undump_plain(&contents)
        } else {
            undump(&contents)
        };
        write_result(ctx, paths.get(1), &bytes)
    } else {
        let start = skip.unwrap_or(0).min(contents.len());
        let end = length.map_or(contents.len(), |length| {
            start.saturating_add(length).min(contents.len())
        });
        let bytes = &contents[start..end];
        let upper = has('u');
        let text = if has('p') {
            plain(bytes, columns.unwrap_or(PLAIN_COLUMNS), upper)
        } else if has('i') {
            include(bytes, paths.first(), columns.unwrap_or(INCLUDE_COLUMNS))
        } else {
            let columns = columns.filter(|columns| *columns > 0).unwrap_or(COLUMNS);
            dump(bytes, start, columns, group.unwrap_or(2), upper)
        };
        write_result(ctx, paths.get(1), text.as_bytes())
    }
}

/// Writes to the second operand, or the standard output.
fn write_result(ctx: &mut Context, path: Option<&String>, bytes: &[u8]) -> i32 {
    match path {
        None => ctx.write(bytes),
        Some(path) => {
            if let Err(error) = ctx.write_file(path, bytes) {
                ctx.path_error(path, error);
                return 3;
            }
        }
    }
    0
}

fn hex(byte: u8, upper: bool) -> String {
    if upper {
        format!("{byte:02X}")
    } else {
        format!("{byte:02x}")
    }
}

fn dump(bytes: &[u8], start: usize, columns: usize, group: usize, upper: bool) -> String {
    let group = if group == 0 { columns } else { group };
    let width = columns * 2 + columns.div_ceil(group);
    let mut out = String::new();
    for (row, line) in bytes.chunks(columns).enumerate() {
        let mut digits = String::new();
        for part in line.chunks(group) {
            digits.extend(part.iter().map(|byte| hex(*byte, upper)));
            digits.push(' ');
        }
        let text: String = line
            .iter()
            .map(|byte| match byte {
                b' '..=b'~' => char::from(*byte),
                _ => '.',
            })
            .collect();
        let offset = start + row * columns;
        out.push_str(&format!("{offset:08x}: {digits:width$} {text}\n"));
    }
    out
}

fn plain(bytes: &[u8], columns: usize, upper: bool) -> String {
    let columns = if columns == 0 { usize::MAX } else { columns };
    let mut out = String::new();
    for line in bytes.chunks(columns) {
        out.extend(line.iter().map(|byte| hex(*byte, upper)));
        out.push('\n');
    }
    out
}

/// `-i`: as an array in C.
fn include(bytes: &[u8], path: Option<&String>, columns: usize) -> String {
    let rows: Vec<String> = bytes
        .chunks(columns.max(1))
        .map(|row| {
            let cells: Vec<String> = row.iter().map(|byte| format!("0x{byte:02x}")).collect();
            format!("  {}", cells.join(", "))
        })
        .collect();
    let body = rows.join(",\n");
    let Some(path) = path.filter(|path| *path != "-") else {
        return if body.is_empty() {
            body
        } else {
            format!("{body}\n")
        };
    };
    let mut name: String = path
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert_str(0, "__");
    }
    let length = bytes.len();
    format!("unsigned char {name}[] = {{\n{body}\n}};\nunsigned int {name}_len = {length};\n")
}

/// Bytes out of a dump: offset, colon, digits up to two blanks.
fn undump(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines(text) {
        let line = String::from_utf8_lossy(chomp(line)).into_owned();
        let Some((offset, rest)) = line.split_once(':') else {
            continue;
        };
        let Ok(offset) = usize::from_str_radix(offset.trim(), 16) else {
            continue;
        };
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let digits = rest.split("  ").next().unwrap_or(rest);
        // An offset further on leaves a gap of zeros.
        if offset > bytes.len() && offset < MOST_UNDUMPED {
            bytes.resize(offset, 0);
        }
        bytes.extend(pairs(digits.as_bytes()));
    }
    bytes
}

/// Offsets in a dump beyond this are taken for damage.
const MOST_UNDUMPED: usize = 1 << 30;

fn undump_plain(text: &[u8]) -> Vec<u8> {
    pairs(text)
}

/// Bytes of pairs of hexadecimal digits, up to what is none.
fn pairs(text: &[u8]) -> Vec<u8> {
    let digits = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    let digits = digits.map_while(|byte| char::from(*byte).to_digit(16));
    let digits: Vec<u8> = digits
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

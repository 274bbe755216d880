//! base64: encodes and decodes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Context;

/// For what is left of a damaged text.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// See the module.
pub fn main(ctx: &mut Context) -> i32 {
    let long = [("decode", 'd'), ("ignore-garbage", 'i'), ("wrap", 'w')];
    let (options, paths) = match ctx.options("dDiw:", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |letters: &str| options.iter().any(|(letter, _)| letters.contains(*letter));
    let mut width = 76;
    for value in options.iter().filter_map(|(_, value)| value.as_ref()) {
        match value.parse::<usize>() {
            Ok(columns) => width = columns,
            Err(_) => {
                ctx.error(format_args!("invalid wrap size: '{value}'"));
                return 1;
            }
        }
    }
    if let Some(extra) = paths.get(1) {
        return ctx.usage_error(format_args!("extra operand '{extra}'"), 1);
    }
    let (contents, ok) = ctx.read_inputs(&paths);
    if !ok {
        return 1;
    }
    if has("dD") {
        decode(ctx, contents, has("i"))
    } else {
        let text = STANDARD.encode(contents);
        if width == 0 {
            ctx.write(text);
        } else {
            for line in text.as_bytes().chunks(width) {
                ctx.line(line);
            }
        }
        0
    }
}

/// Writes what can be decoded, as GNU does, and complains about the rest.
fn decode(ctx: &mut Context, mut text: Vec<u8>, ignore_garbage: bool) -> i32 {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    text.retain(|byte| *byte != b'\n' && (!ignore_garbage || belongs(byte)));
    for quad in text.chunks(4) {
        match STANDARD.decode(quad) {
            Ok(bytes) => ctx.write(bytes),
            Err(_) => {
                let digits = quad
                    .iter()
                    .take_while(|byte| belongs(byte) && **byte != b'=');
                let digits: Vec<u8> = digits.copied().collect();
                // A single digit is not even one byte.
                if let Ok(bytes) = LENIENT.decode(digits) {
                    ctx.write(bytes);
                }
                ctx.error("invalid input");
                return 1;
            }
        }
    }
    0
}

//! printf: formatted output.

use super::Context;
use super::escape::{self, Escape, Octal};
use crate::shell::{parse_integer, quote};

/// See the module.
pub fn main(ctx: &mut Context) -> i32 {
    let mut args = ctx.args;
    if args.first().is_some_and(|arg| arg == "--") {
        args = &args[1..];
    }
    let Some((format, values)) = args.split_first() else {
        return ctx.missing_operand();
    };
    let mut printer = Printer {
        values,
        used: 0,
        out: Vec::new(),
        complaints: Vec::new(),
    };
    // The format is used again as long as it uses up arguments.
    let finished = loop {
        let before = printer.used;
        let stopped = printer.pass(format);
        if stopped || printer.used >= values.len() || printer.used == before {
            break printer;
        }
    };
    ctx.write(&finished.out);
    for complaint in &finished.complaints {
        ctx.error(complaint);
    }
    i32::from(!finished.complaints.is_empty())
}

struct Printer<'a> {
    values: &'a [String],
    used: usize,
    out: Vec<u8>,
    complaints: Vec<String>,
}

/// What stands between `%` and the conversion letter.
#[derive(Default)]
struct Spec {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

impl Printer<'_> {
    fn next(&mut self) -> &str {
        let value = self.values.get(self.used).map_or("", String::as_str);
        self.used += 1;
        value
    }

    fn integer(&mut self) -> i64 {
        let text = self.next().to_owned();
        if let Some(quoted) = text.strip_prefix(['\'', '"']) {
            return quoted.chars().next().map_or(0, |c| i64::from(u32::from(c)));
        }
        if text.is_empty() {
            return 0;
        }
        parse_integer(&text).unwrap_or_else(|| {
            self.complaints
                .push(format!("{text}: expected a numeric value"));
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            text[..digits].parse().unwrap_or(0)
        })
    }

    fn float(&mut self) -> f64 {
        let text = self.next().trim().to_owned();
        if text.is_empty() {
            return 0.0;
        }
        text.parse().unwrap_or_else(|_| {
            self.complaints
                .push(format!("{text}: expected a numeric value"));
            0.0
        })
    }

    /// Prints the format once; answers whether `\c` ended everything.
    fn pass(&mut self, format: &str) -> bool {
        let mut rest = format;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '\\' => match escape::one(rest, Octal::Plain) {
                    Escape::Bytes(bytes, used) => {
                        self.out.extend_from_slice(&bytes);
                        rest = &rest[used..];
                    }
                    Escape::Stop => return true,
                    Escape::Unknown if rest.starts_with('"') => {}
                    Escape::Unknown => self.out.push(b'\\'),
                },
                '%' => match self.conversion(rest) {
                    Some((after, false)) => rest = after,
                    Some((_, true)) => return true,
                    None => {
                        self.complaints
                            .push(format!("%{rest}: invalid conversion specification"));
                        return true;
                    }
                },
                _ => self
                    .out
                    .extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        false
    }

    /// Prints one conversion, which begins after the `%`; answers the format after it and whether output ends.
    fn conversion<'f>(&mut self, format: &'f str) -> Option<(&'f str, bool)> {
        let mut spec = Spec::default();
        let mut rest = format;
        loop {
            match rest.chars().next()? {
                '-' => spec.left = true,
                '0' => spec.zero = true,
                '+' => spec.plus = true,
                ' ' => spec.space = true,
                '#' => spec.alternate = true,
                _ => break,
            }
            rest = &rest[1..];
        }
        let (width, after) = self.number(rest);
        if width < 0 {
            spec.left = true;
        }
        spec.width = width.unsigned_abs() as usize;
        rest = after;
        if let Some(after) = rest.strip_prefix('.') {
            let (precision, after) = self.number(after);
            spec.precision = usize::try_from(precision).ok();
            rest = after;
        }
        rest = rest.trim_start_matches(['l', 'h', 'q', 'j', 'z', 't']);
        let letter = rest.chars().next()?;
        let mut stop = false;
        match letter {
            '%' => self.out.push(b'%'),
            's' => {
                let text = self.next().to_owned();
                self.pad_text(&spec, text.as_bytes());
            }
            'q' => {
                let text = quote(self.next());
                self.pad_text(&spec, text.as_bytes());
            }
            'b' => {
                let (bytes, stopped) = escape::expand(self.next(), Octal::WithZero);
                stop = stopped;
                self.pad_text(&spec, &bytes);
            }
            'c' => {
                let text: String = self.next().chars().take(1).collect();
                self.pad_text(&spec, text.as_bytes());
            }
            'd' | 'i' => {
                let value = self.integer();
                self.pad_number(&spec, value < 0, &value.unsigned_abs().to_string(), "");
            }
            'u' => {
                let digits = (self.integer() as u64).to_string();
                self.pad_number(
                    &Spec {
                        plus: false,
                        space: false,
                        ..spec
                    },
                    false,
                    &digits,
                    "",
                );
            }
            'x' | 'X' | 'o' => {
                let value = self.integer();
                let (digits, prefix) = match letter {
                    'x' => (format!("{value:x}"), "0x"),
                    'X' => (format!("{value:X}"), "0X"),
                    _ => (format!("{value:o}"), "0"),
                };
                let prefix = if spec.alternate && value != 0 {
                    prefix
                } else {
                    ""
                };
                self.pad_number(
                    &Spec {
                        plus: false,
                        space: false,
                        ..spec
                    },
                    false,
                    &digits,
                    prefix,
                );
            }
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
                let value = self.float();
                let digits = float_digits(value.abs(), letter, spec.precision.unwrap_or(6));
                let spec = Spec {
                    precision: None,
                    ..spec
                };
                self.pad_number(&spec, value.is_sign_negative(), &digits, "");
            }
            _ => return None,
        }
        Some((&rest[letter.len_utf8()..], stop))
    }

    /// A width or precision: digits, or `*` for an argument.
    fn number<'f>(&mut self, format: &'f str) -> (i64, &'f str) {
        if let Some(after) = format.strip_prefix('*') {
            return (self.integer(), after);
        }
        let digits = format.bytes().take_while(u8::is_ascii_digit).count();
        (format[..digits].parse().unwrap_or(0), &format[digits..])
    }

    fn pad_text(&mut self, spec: &Spec, text: &[u8]) {
        let shown = &text[..text.len().min(spec.precision.unwrap_or(usize::MAX))];
        let padding = vec![b' '; spec.width.saturating_sub(shown.len())];
        if spec.left {
            self.out.extend_from_slice(shown);
            self.out.extend_from_slice(&padding);
        } else {
            self.out.extend_from_slice(&padding);
            self.out.extend_from_slice(shown);
        }
    }

    fn pad_number(&mut self, spec: &Spec, negative: bool, digits: &str, prefix: &str) {
        let sign = match () {
            () if negative => "-",
            () if spec.plus => "+",
            () if spec.space => " ",
            () => "",
        };
        let zeros = spec.precision.unwrap_or(0).saturating_sub(digits.len());
        let mut body = format!("{}{digits}", "0".repeat(zeros));
        let used = sign.len() + prefix.len() + body.len();
        if spec.zero && !spec.left && spec.precision.is_none() {
            body.insert_str(0, &"0".repeat(spec.width.saturating_sub(used)));
        }
        let text = format!("{sign}{prefix}{body}");
        let plain = Spec {
            precision: None,
            ..Spec::default()
        };
        self.pad_text(
            &Spec {
                left: spec.left,
                width: spec.width,
                ..plain
            },
            text.as_bytes(),
        );
    }
}

/// The digits of C's `%f`, `%e` and `%g`.
fn float_digits(value: f64, letter: char, precision: usize) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "nan".into()
        } else {
            "inf".into()
        };
    }
    let exponential = |precision: usize| {
        let text = format!("{value:.precision$e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let sign = if exponent < 0 { '-' } else { '+' };
        (format!("{mantissa}e{sign}{:02}", exponent.abs()), exponent)
    };
    let text = match letter.to_ascii_lowercase() {
        'f' => format!("{value:.precision$}"),
        'e' => exponential(precision).0,
        _ => {
            let precision = precision.max(1);
            let (text, exponent) = exponential(precision - 1);
            let trim = |digits: &str| match digits.contains('.') {
                true => digits
                    .trim_end_matches('0')
                    .trim_end_matches('.')
                    .to_owned(),
                false => digits.to_owned(),
            };
            if exponent < -4 || exponent >= precision as i32 {
                let (mantissa, power) = text.split_once('e').unwrap_or((&text, "+00"));
                format!("{}e{power}", trim(mantissa))
            } else {
                let decimals = (precision as i32 - 1 - exponent).max(0) as usize;
                trim(&format!("{value:.decimals$}"))
            }
        }
    };
    if letter.is_ascii_uppercase() {
        text.to_ascii_uppercase()
    } else {
        text
    }
}

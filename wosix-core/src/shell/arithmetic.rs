//! `$((...))`: C's integer expressions over 64 bits, wrapping.

/// Deepest nesting of parentheses and unary operators.
const MAX_DEPTH: u32 = 200;

/// Where variables are kept.
pub trait Variables {
    /// Value of a variable; unset ones are empty. Fails under `set -u`.
    fn get(&mut self, name: &str) -> Result<String, String>;
    /// Assigns a variable. Fails if it is read-only.
    fn set(&mut self, name: &str, value: i64) -> Result<(), String>;
}

/// Value of `source`, or what is wrong with it.
pub fn evaluate(source: &str, variables: &mut dyn Variables) -> Result<i64, String> {
    evaluate_within(source, variables, 0)
}

fn evaluate_within(source: &str, variables: &mut dyn Variables, depth: u32) -> Result<i64, String> {
    let mut parser = Parser {
        rest: source,
        variables,
        depth,
        skipping: false,
    };
    parser.blanks();
    if parser.rest.is_empty() {
        return Ok(0);
    }
    let value = parser.comma()?;
    if parser.rest.is_empty() {
        Ok(value)
    } else {
        Err(format!("arithmetic expression: syntax error: \"{source}\""))
    }
}

/// An integer constant: decimal, `0x` hexadecimal, `0` octal.
pub fn parse_integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, radix) = if let Some(hex) = digits.strip_prefix("0x").or(digits.strip_prefix("0X"))
    {
        (hex, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (digits, 8)
    } else {
        (digits, 10)
    };
    // The conversion would take a second sign.
    let value = digits
        .starts_with(|c: char| c.is_ascii_hexdigit())
        .then(|| i64::from_str_radix(digits, radix))?;
    value
        .ok()
        .map(|value| if negative { -value } else { value })
}

/// `base#digits` with a base of 2 to 64.
fn parse_based(text: &str) -> Option<i64> {
    let (base, digits) = text.split_once('#')?;
    let base: i64 = base.parse().ok().filter(|base| (2..=64).contains(base))?;
    let mut value = 0i64;
    for c in digits.chars() {
        let digit = match c {
            '0'..='9' => c as i64 - '0' as i64,
            'a'..='z' => c as i64 - 'a' as i64 + 10,
            // Up to base 36 capitals are the same digits.
            'A'..='Z' if base <= 36 => c as i64 - 'A' as i64 + 10,
            'A'..='Z' => c as i64 - 'A' as i64 + 36,
            '@' => 62,
            '_' => 63,
            _ => return None,
        };
        if digit >= base {
            return None;
        }
        value = value.wrapping_mul(base).wrapping_add(digit);
    }
    Some(value)
}

struct Parser<'a> {
    rest: &'a str,
    variables: &'a mut dyn Variables,
    depth: u32,
    /// In an operand that is not evaluated (`0 && x`): nothing is assigned and divisions by zero pass.
    skipping: bool,
}

/// Binary operators by rising precedence.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl Parser<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                self.blanks();
                true
            }
            None => false,
        }
    }

    fn error<T>(&self, what: &str) -> Result<T, String> {
        Err(format!("arithmetic expression: {what}: \"{}\"", self.rest))
    }

    fn comma(&mut self) -> Result<i64, String> {
        let mut value = self.assignment()?;
        while self.eat(",") {
            value = self.assignment()?;
        }
        Ok(value)
    }

    fn name(&self) -> &str {
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return "";
        }
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(self.rest.len());
        &self.rest[..end]
    }

    fn assignment(&mut self) -> Result<i64, String> {
        let before = self.rest;
        let name = self.name().to_owned();
        if !name.is_empty() {
            self.eat(&name.clone());
            let operators = ["*=", "/=", "%=", "+=", "-=", "<<=", ">>=", "&=", "^=", "|="];
            if let Some(operator) = operators.into_iter().find(|operator| self.eat(operator)) {
                let right = self.assignment()?;
                let left = self.variable(&name)?;
                let value = self.apply(&operator[..operator.len() - 1], left, right)?;
                return self.assign(&name, value);
            }
            if !self.rest.starts_with("==") && self.eat("=") {
                let value = self.assignment()?;
                return self.assign(&name, value);
            }
            self.rest = before;
        }
        self.conditional()
    }

    fn assign(&mut self, name: &str, value: i64) -> Result<i64, String> {
        if !self.skipping {
            self.variables.set(name, value)?;
        }
        Ok(value)
    }

    fn variable(&mut self, name: &str) -> Result<i64, String> {
        let text = self.variables.get(name)?;
        if text.trim().is_empty() {
            return Ok(0);
        }
        if let Some(value) = parse_integer(&text) {
            return Ok(value);
        }
        // As in bash and busybox the value of a variable is an expression.
        if self.depth >= MAX_DEPTH {
            return self.error("too deeply nested");
        }
        evaluate_within(&text, self.variables, self.depth + 1)
            .map_err(|_| format!("Illegal number: {text}"))
    }

    fn conditional(&mut self) -> Result<i64, String> {
        let condition = self.binary(0)?;
        if !self.eat("?") {
            return Ok(condition);
        }
        let then = self.skip_unless(condition != 0, Self::comma)?;
        if !self.eat(":") {
            return self.error("expecting ':'");
        }
        let otherwise = self.skip_unless(condition == 0, Self::conditional)?;
        Ok(if condition != 0 { then } else { otherwise })
    }

    fn skip_unless(
        &mut self,
        evaluated: bool,
        parse: fn(&mut Self) -> Result<i64, String>,
    ) -> Result<i64, String> {
        let before = self.skipping;
        self.skipping |= !evaluated;
        let value = parse(self);
        self.skipping = before;
        value
    }

    fn binary(&mut self, level: usize) -> Result<i64, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.power();
        };
        let mut left = self.binary(level + 1)?;
        loop {
            let found = operators.iter().find(|operator| {
                self.rest.strip_prefix(**operator).is_some_and(|after| {
                    // Not the first half of a longer operator.
                    let longer: &[char] = match **operator {
                        "|" => &['|', '='],
                        "&" => &['&', '='],
                        "<" => &['<'],
                        ">" => &['>'],
                        "*" => &['*', '='],
                        "||" | "&&" | "==" | "!=" | "<=" | ">=" => &[],
                        _ => &['='],
                    };
                    !after.starts_with(longer)
                })
            });
            let Some(operator) = found else {
                return Ok(left);
            };
            self.eat(operator);
            left = match *operator {
                "||" => {
                    let before = self.skipping;
                    self.skipping |= left != 0;
                    let right = self.binary(level + 1);
                    self.skipping = before;
                    i64::from(left != 0 || right? != 0)
                }
                "&&" => {
                    let before = self.skipping;
                    self.skipping |= left == 0;
                    let right = self.binary(level + 1);
                    self.skipping = before;
                    let right = right?;
                    i64::from(left != 0 && right != 0)
                }
                _ => {
                    let right = self.binary(level + 1)?;
                    self.apply(operator, left, right)?
                }
            };
        }
    }

    fn apply(&mut self, operator: &str, left: i64, right: i64) -> Result<i64, String> {
        if matches!(operator, "/" | "%") && right == 0 {
            return if self.skipping {
                Ok(0)
            } else {
                Err("arithmetic expression: division by zero".into())
            };
        }
        // Only the low six bits of a shift count matter, as on the hardware.
        let shift = (right & 63) as u32;
        Ok(match operator {
            "*" => left.wrapping_mul(right),
            "/" => left.wrapping_div(right),
            "%" => left.wrapping_rem(right),
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "<<" => left.wrapping_shl(shift),
            ">>" => left.wrapping_shr(shift),
            "&" => left & right,
            "^" => left ^ right,
            "|" => left | right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<" => i64::from(left < right),
            _ => i64::from(left > right),
        })
    }

    /// `a ** b`, from the right.
    fn power(&mut self) -> Result<i64, String> {
        let base = self.unary()?;
        if self.rest.starts_with("**=") || !self.eat("**") {
            return Ok(base);
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.error("too deeply nested");
        }
        let exponent = self.power()?;
        self.depth -= 1;
        match u32::try_from(exponent) {
            Ok(exponent) => Ok(base.wrapping_pow(exponent)),
            Err(_) if self.skipping => Ok(0),
            Err(_) => self.error("exponent out of range"),
        }
    }

    fn unary(&mut self) -> Result<i64, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.error("too deeply nested");
        }
        let value = self.unary_inner();
        self.depth -= 1;
        value
    }

    fn unary_inner(&mut self) -> Result<i64, String> {
        for (operator, delta) in [("++", 1), ("--", -1)] {
            let before = self.rest;
            if self.eat(operator) {
                let name = self.name().to_owned();
                if name.is_empty() {
                    // Two signs.
                    self.rest = before;
                    break;
                }
                self.eat(&name);
                let value = self.variable(&name)?.wrapping_add(delta);
                return self.assign(&name, value);
            }
        }
        if self.eat("!") {
            return Ok(i64::from(self.unary()? == 0));
        }
        if self.eat("~") {
            return Ok(!self.unary()?);
        }
        if self.eat("-") {
            return Ok(self.unary()?.wrapping_neg());
        }
        if self.eat("+") {
            return self.unary();
        }
        if self.eat("(") {
            let value = self.comma()?;
            return if self.eat(")") {
                Ok(value)
            } else {
                self.error("expecting ')'")
            };
        }
        let name = self.name().to_owned();
        if !name.is_empty() {
            self.eat(&name);
            let value = self.variable(&name)?;
            for (operator, delta) in [("++", 1), ("--", -1)] {
                if self.eat(operator) {
                    self.assign(&name, value.wrapping_add(delta))?;
                }
            }
            return Ok(value);
        }
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '#' | '@' | '_'))
            .unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        match parse_integer(digits).or_else(|| parse_based(digits)) {
            Some(value) => {
                self.rest = rest;
                self.blanks();
                Ok(value)
            }
            None => self.error("expecting primary"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse_integer;

    #[test]
    fn an_integer_has_one_sign() {
        for text in ["--9223372036854775808", "-+1", "+-1", "0x-1", "-0x+1"] {
            assert_eq!(parse_integer(text), None, "{text}");
        }
        assert_eq!(parse_integer(" -0x10 "), Some(-16));
    }
}

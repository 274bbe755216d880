//! echo: prints its arguments. Escapes are interpreted with `-e` only, as in bash (dash does it always, which breaks common scripts).

use super::Context;

/// See the module.
pub fn main(ctx: &mut Context) -> i32 {
    let (mut newline, mut escapes) = (true, false);
    let mut args = ctx.args;
    while let Some((first, rest)) = args.split_first() {
        let letters = first.strip_prefix('-').unwrap_or_default();
        if letters.is_empty() || !letters.chars().all(|letter| "neE".contains(letter)) {
            break;
        }
        for letter in letters.chars() {
            match letter {
                'n' => newline = false,
                'e' => escapes = true,
                _ => escapes = false,
            }
        }
        args = rest;
    }
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            ctx.write(" ");
        }
        if escapes {
            let (bytes, stop) = super::escape::expand(arg, super::escape::Octal::WithZero);
            ctx.write(bytes);
            if stop {
                return 0;
            }
        } else {
            ctx.write(arg);
        }
    }
    if newline {
        ctx.write("\n");
    }
    0
}

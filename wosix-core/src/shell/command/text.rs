//! wc, cut, tr, tee, seq, yes: small filters and sources of text.

use super::Context;
use super::context::{chomp, lines};
use super::escape::{self, Octal};
use crate::errno::Errno;
use crate::system::open_flags::{O_APPEND, O_CLOEXEC, O_CREAT, O_TRUNC, O_WRONLY};
use crate::system::write_all;

/// wc: counts lines, words and bytes.
pub fn wc(ctx: &mut Context) -> i32 {
    let long = [
        ("lines", 'l'),
        ("words", 'w'),
        ("bytes", 'c'),
        ("chars", 'm'),
        ("max-line-length", 'L'),
    ];
    let (options, mut paths) = match ctx.options("lwcmL", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let shown: Vec<char> = if options.is_empty() {
        vec!['l', 'w', 'c']
    } else {
        ['l', 'w', 'm', 'c', 'L']
            .into_iter()
            .filter(|letter| has(*letter))
            .collect()
    };
    let unnamed = paths.is_empty();
    if unnamed {
        paths.push("-".into());
    }
    let mut rows: Vec<(Vec<usize>, String)> = Vec::new();
    let mut totals = vec![0; shown.len()];
    let mut code = 0;
    for path in &paths {
        let contents = match ctx.read_input(path) {
            Ok(contents) => contents,
            Err(error) => {
                ctx.path_error(path, error);
                code = 1;
                continue;
            }
        };
        let counts: Vec<usize> = shown
            .iter()
            .map(|letter| count(&contents, *letter))
            .collect();
        for (total, count) in totals.iter_mut().zip(&counts) {
            *total += count;
        }
        let name = if unnamed {
            String::new()
        } else {
            format!(" {path}")
        };
        rows.push((counts, name));
    }
    if paths.len() > 1 {
        rows.push((totals, " total".into()));
    }
    let alone = shown.len() == 1 && paths.len() == 1;
    let widest = rows
        .iter()
        .flat_map(|(counts, _)| counts)
        .max()
        .map_or(1, |count| count.to_string().len());
    let width = match () {
        () if alone => 1,
        () if paths.iter().any(|path| path == "-") => widest.max(7),
        () => widest,
    };
    for (counts, name) in rows {
        let numbers: Vec<String> = counts
            .iter()
            .map(|count| format!("{count:width$}"))
            .collect();
        ctx.line(format!("{}{name}", numbers.join(" ")));
    }
    code
}

fn count(contents: &[u8], letter: char) -> usize {
    match letter {
        'l' => contents.iter().filter(|byte| **byte == b'\n').count(),
        'w' => contents
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
            .count(),
        'm' => String::from_utf8_lossy(contents).chars().count(),
        'L' => lines(contents)
            .map(|line| String::from_utf8_lossy(chomp(line)).chars().count())
            .max()
            .unwrap_or(0),
        _ => contents.len(),
    }
}

/// Ranges of `-f 1,3-5,7-`, from 1, ends included.
fn ranges(text: &str) -> Option<Vec<(usize, usize)>> {
    text.split(',')
        .map(|part| {
            let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0);
            match part.split_once('-') {
                None => number(part).map(|number| (number, number)),
                Some(("", last)) => Some((1, number(last)?)),
                Some((first, "")) => Some((number(first)?, usize::MAX)),
                Some((first, last)) => Some((number(first)?, number(last)?)),
            }
        })
        .collect()
}

/// cut: parts of lines.
pub fn cut(ctx: &mut Context) -> i32 {
    let long = [
        ("fields", 'f'),
        ("characters", 'c'),
        ("bytes", 'b'),
        ("delimiter", 'd'),
        ("only-delimited", 's'),
        ("complement", 'C'),
        ("output-delimiter", 'o'),
    ];
    let (options, paths) = match ctx.options("f:c:b:d:so:C", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let value = |wanted| {
        options
            .iter()
            .find(|(letter, _)| *letter == wanted)
            .and_then(|(_, value)| value.clone())
    };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let list = value('f').or(value('c')).or(value('b'));
    let Some(list) = list else {
        return ctx.usage_error("you must specify a list of bytes, characters, or fields", 1);
    };
    let Some(ranges) = ranges(&list) else {
        ctx.error(format_args!("invalid field value '{list}'"));
        return 1;
    };
    let delimiter = value('d').unwrap_or("\t".into());
    let joiner = value('o').unwrap_or(if has('f') {
        delimiter.clone()
    } else {
        String::new()
    });
    let chosen = |index: usize| {
        let inside = ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&index));
        inside != has('C')
    };
    let (contents, ok) = ctx.read_inputs(&paths);
    for line in lines(&contents) {
        let text = String::from_utf8_lossy(chomp(line)).into_owned();
        let parts: Vec<String> = if has('f') {
            if !text.contains(&delimiter) {
                if !has('s') {
                    ctx.line(text);
                }
                continue;
            }
            text.split(&delimiter).map(str::to_owned).collect()
        } else {
            text.chars().map(String::from).collect()
        };
        let kept = parts
            .into_iter()
            .enumerate()
            .filter(|(index, _)| chosen(index + 1));
        let kept: Vec<String> = kept.map(|(_, part)| part).collect();
        ctx.line(kept.join(&joiner));
    }
    i32::from(!ok)
}

/// The characters that an operand of tr stands for.
fn character_set(text: &str) -> Vec<char> {
    let mut symbols: Vec<char> = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((class, after)) = rest
            .strip_prefix("[:")
            .and_then(|inner| inner.split_once(":]"))
        {
            let members = (0..128u8).map(char::from);
            symbols.extend(members.filter(|c| crate::shell::in_class(class, *c)));
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        let mut symbol = c;
        if c == '\\'
            && let escape::Escape::Bytes(bytes, used) = escape::one(rest, Octal::Plain)
        {
            symbol = bytes.first().map_or('\\', |byte| char::from(*byte));
            rest = &rest[used..];
        }
        let range_end = rest
            .strip_prefix('-')
            .and_then(|after| after.chars().next());
        match range_end {
            Some(end) if end >= symbol => {
                symbols.extend(symbol..=end);
                rest = &rest[1 + end.len_utf8()..];
            }
            _ => symbols.push(symbol),
        }
    }
    symbols
}

/// tr: translates, deletes or squeezes characters.
pub fn tr(ctx: &mut Context) -> i32 {
    let long = [
        ("delete", 'd'),
        ("squeeze-repeats", 's'),
        ("complement", 'c'),
        ("truncate-set1", 't'),
    ];
    let (options, sets) = match ctx.options("+dscCt", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |letters: &str| options.iter().any(|(letter, _)| letters.contains(*letter));
    let (delete, squeeze, complement) = (has("d"), has("s"), has("cC"));
    let Some(first) = sets.first() else {
        return ctx.missing_operand();
    };
    if sets.len() < 2 && !delete && !squeeze {
        return ctx.usage_error(format_args!("missing operand after '{first}'"), 1);
    }
    let from = character_set(first);
    let to = sets.get(1).map(|text| character_set(text));
    let in_first = |c: char| from.contains(&c) != complement;
    let squeezed = match &to {
        Some(to) if squeeze => to.clone(),
        _ => Vec::new(),
    };
    let contents = match ctx.read_input("-") {
        Ok(contents) => contents,
        Err(error) => {
            ctx.path_error("standard input", error);
            return 1;
        }
    };
    let mut out = String::new();
    let mut before = None;
    for c in String::from_utf8_lossy(&contents).chars() {
        if delete && in_first(c) {
            continue;
        }
        let translated = match &to {
            Some(to) if !delete && in_first(c) => {
                let at = if complement {
                    usize::MAX
                } else {
                    from.iter().rposition(|other| *other == c).unwrap_or(0)
                };
                to.get(at).or(to.last()).copied().unwrap_or(c)
            }
            _ => c,
        };
        let squeezes = squeeze
            && if to.is_some() {
                squeezed.contains(&translated)
            } else {
                in_first(c)
            };
        if squeezes && before == Some(translated) {
            continue;
        }
        before = Some(translated);
        out.push(translated);
    }
    ctx.write(out);
    0
}

/// tee: copies the input to files and on.
pub fn tee(ctx: &mut Context) -> i32 {
    let (options, paths) = match ctx.options("ai", &[("append", 'a')], 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let append = options.iter().any(|(letter, _)| *letter == 'a');
    let flags = O_WRONLY | O_CREAT | O_CLOEXEC | if append { O_APPEND } else { O_TRUNC };
    let mut code = 0;
    let mut outputs = Vec::new();
    for path in &paths {
        match ctx.system.open(path, flags, 0o666) {
            Ok(fd) => outputs.push((fd, path)),
            Err(error) => {
                ctx.path_error(path, error);
                code = 1;
            }
        }
    }
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let count = match ctx.system.read(0, &mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(Errno::EINTR) => continue,
            Err(error) => {
                ctx.path_error("read error", error);
                return 1;
            }
        };
        ctx.write(&chunk[..count]);
        ctx.flush();
        for (fd, path) in &outputs {
            if let Err(error) = write_all(ctx.system, *fd, &chunk[..count]) {
                ctx.path_error(path, error);
                code = 1;
            }
        }
    }
    code
}

/// seq: a sequence of numbers.
pub fn seq(ctx: &mut Context) -> i32 {
    let mut separator = String::from("\n");
    let mut equal_width = false;
    let mut numbers = Vec::new();
    let mut args = ctx.args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-w" => equal_width = true,
            "-s" => separator = args.next().cloned().unwrap_or_default(),
            _ => numbers.push(arg.clone()),
        }
    }
    let mut values = Vec::new();
    for text in &numbers {
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => values.push(value),
            _ => {
                return ctx
                    .usage_error(format_args!("invalid floating point argument: '{text}'"), 1);
            }
        }
    }
    let (first, step, last) = match values[..] {
        [last] => (1.0, 1.0, last),
        [first, last] => (first, 1.0, last),
        [first, step, last] => (first, step, last),
        _ => return ctx.missing_operand(),
    };
    if step == 0.0 {
        return ctx.usage_error("invalid Zero increment value: '0'", 1);
    }
    let decimals = numbers
        .iter()
        .take(2)
        .filter_map(|text| Some(text.split_once('.')?.1.len()))
        .max()
        .unwrap_or(0);
    let text = |value: f64| format!("{value:.decimals$}");
    let width = if equal_width {
        text(first).len().max(text(last).len())
    } else {
        0
    };
    let mut index = 0.0;
    loop {
        let value = first + index * step;
        // Half a step of the last digit makes up for rounding.
        let slack = 0.5 * 10f64.powi(-(decimals as i32 + 6));
        let past = if step > 0.0 {
            value > last + slack
        } else {
            value < last - slack
        };
        if past || !ctx.output_ok() {
            break;
        }
        if index > 0.0 {
            ctx.write(&separator);
        }
        ctx.write(format!("{:0>width$}", text(value)));
        index += 1.0;
    }
    if index > 0.0 {
        ctx.write("\n");
    }
    0
}

/// yes: a line for ever.
pub fn yes(ctx: &mut Context) -> i32 {
    let text = if ctx.args.is_empty() {
        "y".into()
    } else {
        ctx.args.join(" ")
    };
    let block = format!("{text}\n").repeat(1 + 8192 / (text.len() + 1));
    while ctx.output_ok() {
        ctx.write(&block);
    }
    1
}

//! `read` and `getopts`.

use super::super::run::{Run, Shell};
use crate::errno::Errno;
use crate::system::strerror;

/// What the options of `read` ask for.
struct Input {
    /// `-r`: backslashes are ordinary.
    raw: bool,
    /// `-n`
    most: usize,
    /// `-d`
    end: char,
    /// When `-t` gives up, in milliseconds since the epoch.
    deadline: Option<f64>,
}

/// How a line was read.
enum Read {
    /// Up to its end, or as much as was asked for.
    Whole,
    /// The input ended before.
    Ended,
    /// The time was up before.
    TimedOut,
}

/// `read [-r] [-p prompt] [-n count] [-d delimiter] [-t seconds] [name...]`
pub fn read(shell: &mut Shell, argv: &[String]) -> Run<()> {
    let mut input = Input {
        raw: false,
        most: usize::MAX,
        end: '\n',
        deadline: None,
    };
    let mut peeks = false;
    let mut args = argv[1..].iter();
    let mut names: Vec<&String> = Vec::new();
    while let Some(arg) = args.next() {
        if !arg.starts_with('-') || arg.len() < 2 {
            names.push(arg);
            names.extend(args);
            break;
        }
        for (at, letter) in arg.char_indices().skip(1) {
            if letter == 'r' || letter == 's' {
                input.raw |= letter == 'r';
                continue;
            }
            let attached = &arg[at + 1..];
            let value = if attached.is_empty() {
                args.next().map_or("", String::as_str)
            } else {
                attached
            };
            match letter {
                'p' if shell.system.isatty(0) => shell.tell(value),
                'p' => {}
                'n' => input.most = value.parse().unwrap_or(usize::MAX),
                'd' => input.end = value.chars().next().unwrap_or('\0'),
                't' => match value.parse::<f64>() {
                    Ok(seconds) => {
                        peeks = seconds == 0.0;
                        input.deadline = Some(shell.system.now() + seconds * 1e3);
                    }
                    Err(_) => {
                        return shell.fail(&format!("read: invalid timeout: {value}"), 2);
                    }
                },
                _ => return shell.fail(&format!("read: Illegal option -{letter}"), 2),
            }
            break;
        }
    }
    if peeks {
        // Whether there is something to read, without reading it.
        let ready = matches!(shell.system.poll_read(0, 0), Ok(true));
        for name in &names {
            shell.assign(name, String::new())?;
        }
        shell.status = i32::from(!ready);
        return Ok(());
    }
    let (line, how) = match line(shell, &input) {
        Ok(found) => found,
        Err(Errno::EINTR) => {
            shell.status = 130;
            return shell.handle_signals();
        }
        Err(error) => return shell.fail(&format!("read: {}", strerror(error)), 1),
    };
    let status = match how {
        Read::Whole => 0,
        Read::Ended => 1,
        Read::TimedOut => 142,
    };
    let line = if status == 142 { Vec::new() } else { line };
    if names.is_empty() {
        // `REPLY` is the line as it came.
        let text = line.iter().map(|(c, _)| *c).collect();
        shell.assign("REPLY", text)?;
        shell.status = status;
        return Ok(());
    }
    let values = split(shell, &line, names.len());
    for (index, name) in names.iter().enumerate() {
        let value = values.get(index).cloned().unwrap_or_default();
        shell.assign(name, value)?;
    }
    shell.status = status;
    Ok(())
}

/// A line as characters with a mark on those that a backslash protects, and how it was read.
fn line(shell: &Shell, input: &Input) -> Result<(Vec<(char, bool)>, Read), Errno> {
    let mut chars = Vec::new();
    let mut pending: Vec<u8> = Vec::new();
    let mut escaped = false;
    // One byte at a time: what follows the line belongs to the next reader.
    let mut byte = [0];
    loop {
        if chars.len() >= input.most {
            return Ok((chars, Read::Whole));
        }
        if let Some(deadline) = input.deadline {
            let left = (deadline - shell.system.now()).max(0.0) as i32;
            if !shell.system.poll_read(0, left)? {
                return Ok((chars, Read::TimedOut));
            }
        }
        if shell.system.read(0, &mut byte)? == 0 {
            return Ok((chars, Read::Ended));
        }
        pending.push(byte[0]);
        let symbol = match core::str::from_utf8(&pending) {
            Ok(text) => text.chars().next(),
            // A sequence that has not come to its end.
            Err(error) if error.error_len().is_none() => continue,
            Err(_) => Some(char::REPLACEMENT_CHARACTER),
        };
        pending.clear();
        match symbol {
            Some(end) if end == input.end && !escaped => return Ok((chars, Read::Whole)),
            Some('\n') if escaped => escaped = false,
            Some('\\') if !input.raw && !escaped => escaped = true,
            Some('\0') | None => {}
            Some(symbol) => {
                chars.push((symbol, escaped));
                escaped = false;
            }
        }
    }
}

/// Splits a line at `IFS` into at most `count` fields, the last of which takes the rest.
fn split(shell: &Shell, line: &[(char, bool)], count: usize) -> Vec<String> {
    let ifs = shell.get_var("IFS").unwrap_or(" \t\n");
    let separates = |&(c, escaped): &(char, bool)| !escaped && ifs.contains(c);
    let blank = |c: &(char, bool)| separates(c) && matches!(c.0, ' ' | '\t' | '\n');
    let text = |part: &[(char, bool)]| part.iter().map(|(c, _)| *c).collect::<String>();
    let trim_end = |mut part: &[(char, bool)]| -> Vec<(char, bool)> {
        while let Some((last, rest)) = part.split_last() {
            if !blank(last) {
                break;
            }
            part = rest;
        }
        part.to_vec()
    };
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        while let Some((first, after)) = rest.split_first() {
            if !blank(first) {
                break;
            }
            rest = after;
        }
        if rest.is_empty() {
            return fields;
        }
        if fields.len() + 1 == count {
            let mut last = trim_end(rest);
            // A separator at the end closes the last field rather than being part of it, if it is one field.
            if let Some((_, before)) = last.split_last().filter(|(end, _)| separates(end)) {
                let before = trim_end(before);
                if !before.iter().any(separates) {
                    last = before;
                }
            }
            fields.push(text(&last));
            return fields;
        }
        let end = rest.iter().position(separates).unwrap_or(rest.len());
        fields.push(text(&rest[..end]));
        rest = &rest[end..];
        while rest.first().is_some_and(blank) {
            rest = &rest[1..];
        }
        if rest.first().is_some_and(separates) {
            rest = &rest[1..];
        }
    }
}

/// `getopts letters name [argument...]`
pub fn getopts(shell: &mut Shell, argv: &[String]) -> Run<()> {
    let [_, letters, name, given @ ..] = argv else {
        return shell.fail("Usage: getopts optstring var [arg]", 2);
    };
    let args = if given.is_empty() {
        shell.args.clone()
    } else {
        given.to_vec()
    };
    // `OPTIND` is the next argument; where in a cluster of letters we are is kept behind the dot of a private variable.
    let index: usize = shell
        .get_var("OPTIND")
        .and_then(|text| text.parse().ok())
        .filter(|index| *index > 0)
        .unwrap_or(1);
    let place = shell.get_var("_OPTPLACE").unwrap_or_default().to_owned();
    let offset = match place.split_once('.') {
        Some((at, offset)) if at == index.to_string() => offset.parse().unwrap_or(1),
        _ => 1,
    };
    let silent = letters.starts_with(':');
    let quiet = shell.get_var("OPTERR") == Some("0");
    let arg = args.get(index.saturating_sub(1)).map_or("", String::as_str);
    if !arg.starts_with('-') || arg == "-" || arg == "--" {
        let next = index + usize::from(arg == "--");
        shell.put_var("OPTIND", next.to_string());
        shell.assign(name, "?".into())?;
        shell.status = 1;
        return Ok(());
    }
    let letter = arg[offset..].chars().next().unwrap_or('?');
    let after = &arg[offset + letter.len_utf8()..];
    let known = (letter != ':').then(|| letters.find(letter)).flatten();
    let takes_value = known.is_some_and(|at| letters[at + letter.len_utf8()..].starts_with(':'));
    let mut next = if after.is_empty() || takes_value {
        index + 1
    } else {
        index
    };
    let mut value = None;
    let mut answer = letter.to_string();
    if known.is_none() {
        answer = "?".into();
        if silent {
            value = Some(letter.to_string());
        } else if !quiet {
            shell.tell(&format!("Illegal option -{letter}\n"));
        }
    } else if takes_value {
        if !after.is_empty() {
            value = Some(after.to_owned());
        } else if let Some(argument) = args.get(index) {
            value = Some(argument.clone());
            next += 1;
        } else if silent {
            answer = ":".into();
            value = Some(letter.to_string());
        } else {
            if !quiet {
                shell.tell(&format!("No arg for -{letter} option\n"));
            }
            answer = "?".into();
        }
    }
    let place = if next == index {
        offset + letter.len_utf8()
    } else {
        1
    };
    shell.put_var("_OPTPLACE", format!("{next}.{place}"));
    shell.put_var("OPTIND", next.to_string());
    match value {
        Some(value) => shell.put_var("OPTARG", value),
        None => drop(shell.variables.remove("OPTARG")),
    }
    shell.assign(name, answer)?;
    shell.status = 0;
    Ok(())
}

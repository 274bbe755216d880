//! Builtins about variables, options and aliases.

use super::super::run::{Run, Shell};
use super::super::unparse::quote_always as quote;

/// Whether a variable can be called so.
pub(in super::super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `name=value` or `name`; `None` = not a name, which has been reported.
fn declaration<'a>(
    shell: &mut Shell,
    command: &str,
    arg: &'a str,
) -> Option<(&'a str, Option<&'a str>)> {
    let (name, value) = match arg.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (arg, None),
    };
    if is_name(name) {
        return Some((name, value));
    }
    shell.error(&format!("{command}: {name}: bad variable name"));
    shell.status = 2;
    None
}

/// Assigns on behalf of a declaration command.
fn declare(shell: &mut Shell, command: &str, name: &str, value: &str) -> Run<()> {
    shell
        .set_var(name, value.to_owned())
        .map_err(|message| shell.expansion_error(&format!("{command}: {message}")))
}

/// `export [-n] [-p] name[=value]...`
pub fn export(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    let unexport = argv.get(1).is_some_and(|arg| arg == "-n");
    let args: Vec<&String> = argv[1..]
        .iter()
        .filter(|arg| !matches!(arg.as_str(), "-p" | "-n" | "--"))
        .collect();
    if args.is_empty() {
        return list(shell, "export", |variable| variable.exported);
    }
    for arg in args {
        let Some((name, value)) = declaration(shell, &argv[0], arg) else {
            continue;
        };
        if let Some(value) = value {
            declare(shell, &argv[0], name, value)?;
        }
        shell.variables.entry(name.to_owned()).or_default().exported = !unexport;
    }
    Ok(())
}

/// `readonly [-p] name[=value]...`
pub fn readonly(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    let args: Vec<&String> = argv[1..]
        .iter()
        .filter(|arg| !matches!(arg.as_str(), "-p" | "--"))
        .collect();
    if args.is_empty() {
        return list(shell, "readonly", |variable| variable.readonly);
    }
    for arg in args {
        let Some((name, value)) = declaration(shell, &argv[0], arg) else {
            continue;
        };
        if let Some(value) = value {
            declare(shell, &argv[0], name, value)?;
        }
        shell.variables.entry(name.to_owned()).or_default().readonly = true;
    }
    Ok(())
}

fn list(
    shell: &mut Shell,
    command: &str,
    listed: fn(&super::super::run::Variable) -> bool,
) -> Run<()> {
    let lines = shell
        .variables
        .iter()
        .filter(|(_, variable)| listed(variable));
    let lines = lines.map(|(name, variable)| match &variable.value {
        Some(value) => format!("{command} {name}={}\n", quote(value)),
        None => format!("{command} {name}\n"),
    });
    let text: String = lines.collect();
    shell.print(&text);
    Ok(())
}

/// `local name[=value]...`
pub fn local(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    if shell.locals.is_empty() {
        return shell.fail("local: not in a function", 2);
    }
    if argv
        .get(1)
        .is_some_and(|arg| arg.len() > 1 && arg.starts_with('-'))
    {
        return declare_(shell, argv);
    }
    for arg in &argv[1..] {
        let Some((name, value)) = declaration(shell, &argv[0], arg) else {
            continue;
        };
        shell.hide(name);
        if let Some(value) = value {
            declare(shell, &argv[0], name, value)?;
        }
    }
    Ok(())
}

/// `declare [-grx] name[=value]...`: bash's; in a function the variable is local unless `-g` says otherwise.
pub fn declare_(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    let (mut global, mut exported, mut readonly) = (false, false, false);
    let mut args = &argv[1..];
    while let Some((first, rest)) = args.split_first() {
        let Some(letters) = first.strip_prefix('-') else {
            break;
        };
        args = rest;
        for letter in letters.chars() {
            match letter {
                'g' => global = true,
                'r' => readonly = true,
                'x' => exported = true,
                _ => return shell.fail(&format!("{}: Illegal option -{letter}", argv[0]), 2),
            }
        }
    }
    for arg in args {
        let Some((name, value)) = declaration(shell, &argv[0], arg) else {
            continue;
        };
        if !global && !shell.locals.is_empty() {
            shell.hide(name);
            if value.is_none() {
                shell.variables.remove(name);
            }
        }
        if let Some(value) = value {
            declare(shell, &argv[0], name, value)?;
        }
        let variable = shell.variables.entry(name.to_owned()).or_default();
        variable.exported |= exported;
        variable.readonly |= readonly;
    }
    Ok(())
}

/// `shopt [-su] name...`: bash's switches, of which there are two here.
pub fn shopt(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    let mut wanted = None;
    for arg in &argv[1..] {
        match (arg.as_str(), wanted) {
            ("-s", _) => wanted = Some(true),
            ("-u", _) => wanted = Some(false),
            ("-q", _) => {}
            ("nullglob", Some(on)) => shell.options.nullglob = on,
            ("nullglob", None) => shell.status = i32::from(!shell.options.nullglob),
            // Aliases are always expanded.
            ("expand_aliases", Some(true) | None) => {}
            _ => shell.fail(&format!("shopt: {arg}: invalid shell option name"), 1)?,
        }
    }
    Ok(())
}

/// `unset [-v | -f] name...`
pub fn unset(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    let (mut functions, mut variables) = (false, false);
    let mut names = &argv[1..];
    while let Some((first, rest)) = names.split_first() {
        let Some(letters) = first.strip_prefix('-').filter(|text| !text.is_empty()) else {
            break;
        };
        names = rest;
        if letters == "-" {
            break;
        }
        for letter in letters.chars() {
            match letter {
                'f' => functions = true,
                'v' => variables = true,
                _ => {
                    let message = format!("unset: Illegal option -{letter}");
                    return Err(shell.expansion_error(&message));
                }
            }
        }
    }
    for name in names {
        if functions {
            shell.functions.remove(name);
            continue;
        }
        if !is_name(name) {
            let message = format!("unset: {name}: bad variable name");
            return Err(shell.expansion_error(&message));
        }
        if shell
            .variables
            .get(name)
            .is_some_and(|variable| variable.readonly)
        {
            return Err(shell.expansion_error(&format!("unset: {name}: is read only")));
        }
        if shell.variables.remove(name).is_none() && !variables {
            shell.functions.remove(name);
        }
    }
    Ok(())
}

/// `set [-abc] [+abc] [-o name] [+o name] [--] [argument...]`
pub fn set(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    if argv.len() == 1 {
        let lines = shell.variables.iter().filter_map(|(name, variable)| {
            Some(format!("{name}={}\n", quote(variable.value.as_ref()?)))
        });
        let text: String = lines.collect();
        shell.print(&text);
        return Ok(());
    }
    match set_options(shell, &argv[1..]) {
        Ok(Some(args)) => shell.args = args.to_vec(),
        Ok(None) => {}
        Err(message) => return Err(shell.expansion_error(&format!("set: {message}"))),
    }
    Ok(())
}

/// Applies option arguments; answers the positional parameters that follow, if any were given.
pub(in super::super) fn set_options<'a>(
    shell: &mut Shell,
    mut args: &'a [String],
) -> Result<Option<&'a [String]>, String> {
    while let Some((first, rest)) = args.split_first() {
        let (on, letters) = match (first.strip_prefix('-'), first.strip_prefix('+')) {
            (Some("-"), _) => return Ok(Some(rest)),
            (Some(""), _) => return Ok((!rest.is_empty()).then_some(rest)),
            (Some(letters), _) => (true, letters),
            (None, Some(letters)) if !letters.is_empty() => (false, letters),
            _ => return Ok(Some(args)),
        };
        args = rest;
        for letter in letters.chars() {
            let name = if letter == 'o' {
                let Some((name, rest)) = args.split_first() else {
                    return Ok(None);
                };
                args = rest;
                name.clone()
            } else {
                letter.to_string()
            };
            match (shell.options.switch(&name), name.as_str()) {
                (Some(switch), _) => *switch = on,
                // Known to other shells, and without meaning here.
                (
                    None,
                    "b" | "h" | "m" | "v" | "i" | "l" | "s" | "notify" | "monitor" | "emacs" | "vi"
                    | "posix",
                ) => {}
                (None, _) => return Err(format!("Illegal option -{name}")),
            }
        }
    }
    Ok(None)
}

/// `alias [name[=text]...]`
pub fn alias(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    if argv.len() == 1 {
        let lines = shell.aliases.iter();
        let text: String = lines
            .map(|(name, text)| format!("{name}={}\n", quote(text)))
            .collect();
        shell.print(&text);
        return Ok(());
    }
    for arg in &argv[1..] {
        if let Some((name, text)) = arg.split_once('=') {
            shell.aliases.insert(name.to_owned(), text.to_owned());
        } else if let Some(text) = shell.aliases.get(arg) {
            let line = format!("{arg}={}\n", quote(text));
            shell.print(&line);
        } else {
            shell.fail(&format!("alias: {arg} not found"), 1)?;
        }
    }
    Ok(())
}

/// `unalias [-a] name...`
pub fn unalias(shell: &mut Shell, argv: &[String]) -> Run<()> {
    shell.status = 0;
    for name in &argv[1..] {
        if name == "-a" {
            shell.aliases.clear();
        } else if shell.aliases.remove(name).is_none() {
            shell.fail(&format!("unalias: {name} not found"), 1)?;
        }
    }
    Ok(())
}

impl Shell<'_> {
    /// Keeps the variable of the caller until the function is over.
    fn hide(&mut self, name: &str) {
        let before = self.variables.get(name).cloned();
        if let Some(scope) = self.locals.last_mut()
            && !scope.iter().any(|(known, _)| known == name)
        {
            scope.push((name.to_owned(), before));
        }
    }
}

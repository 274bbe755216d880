//! id, whoami, uname, hostname, uptime, clear: who and where one is.

use super::Context;
use crate::system::read_file;

/// Name of a user or group, from /etc/passwd.
pub(super) fn name_of(ctx: &Context, id: u32) -> String {
    let passwd = read_file(ctx.system, "/etc/passwd").unwrap_or_default();
    let passwd = String::from_utf8_lossy(&passwd).into_owned();
    let line = passwd
        .lines()
        .find(|line| line.split(':').nth(2) == Some(&id.to_string()));
    line.and_then(|line| line.split(':').next())
        .map_or(id.to_string(), str::to_owned)
}

/// id: who the user is.
pub fn id(ctx: &mut Context) -> i32 {
    let (options, _) =
        match ctx.options("ugGnr", &[("user", 'u'), ("group", 'g'), ("name", 'n')], 1) {
            Ok(parsed) => parsed,
            Err(code) => return code,
        };
    let has = |wanted| options.iter().any(|(letter, _)| *letter == wanted);
    let (uid, gid) = (ctx.system.uid(), ctx.system.gid());
    let text = match () {
        () if has('u') && has('n') => name_of(ctx, uid),
        () if has('u') => uid.to_string(),
        () if (has('g') || has('G')) && has('n') => name_of(ctx, gid),
        () if has('g') || has('G') => gid.to_string(),
        () => {
            let (user, group) = (name_of(ctx, uid), name_of(ctx, gid));
            format!("uid={uid}({user}) gid={gid}({group}) groups={gid}({group})")
        }
    };
    ctx.line(text);
    0
}

/// whoami
pub fn whoami(ctx: &mut Context) -> i32 {
    let name = name_of(ctx, ctx.system.uid());
    ctx.line(name);
    0
}

fn host_name(ctx: &Context) -> String {
    let name = read_file(ctx.system, "/etc/hostname").unwrap_or_default();
    let name = String::from_utf8_lossy(&name).trim().to_owned();
    if name.is_empty() {
        "localhost".into()
    } else {
        name
    }
}

/// hostname
pub fn hostname(ctx: &mut Context) -> i32 {
    let name = host_name(ctx);
    ctx.line(name);
    0
}

/// uname: what system this is.
pub fn uname(ctx: &mut Context) -> i32 {
    let long = [
        ("all", 'a'),
        ("kernel-name", 's'),
        ("nodename", 'n'),
        ("kernel-release", 'r'),
        ("machine", 'm'),
    ];
    let (options, _) = match ctx.options("asnrvmpio", &long, 1) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let has = |wanted| {
        options
            .iter()
            .any(|(letter, _)| *letter == wanted || *letter == 'a')
    };
    // The same answers as Node's `os` module gives.
    let facts = [
        ('s', "Linux".to_owned()),
        ('n', host_name(ctx)),
        ('r', "5.0.0".into()),
        ('v', "#1 Wosix".into()),
        ('m', "x86_64".into()),
        ('o', "GNU/Linux".into()),
    ];
    let shown = facts
        .into_iter()
        .filter(|(letter, _)| has(*letter) || options.is_empty() && *letter == 's');
    let shown: Vec<String> = shown.map(|(_, text)| text).collect();
    ctx.line(shown.join(" "));
    0
}

/// uptime: how long the system runs.
pub fn uptime(ctx: &mut Context) -> i32 {
    let text = match read_file(ctx.system, "/proc/uptime") {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) => {
            ctx.path_error("/proc/uptime", error);
            return 1;
        }
    };
    let seconds = text
        .split_whitespace()
        .next()
        .and_then(|word| word.parse::<f64>().ok())
        .unwrap_or(0.0) as u64;
    let clock = super::date::format("%H:%M:%S", ctx.system.now());
    ctx.line(format!(
        " {clock} up {}:{:02}, 1 user",
        seconds / 3600,
        seconds / 60 % 60
    ));
    0
}

/// clear: empties the terminal.
pub fn clear(ctx: &mut Context) -> i32 {
    ctx.write("\x1b[H\x1b[2J\x1b[3J");
    0
}

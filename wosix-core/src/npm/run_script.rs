//! Scripts of `package.json`, run by the shell in npm's environment.

use crate::errno::Errno;
use crate::system::{ProcessGroup, SpawnRequest, System, open_flags, write_all};

use super::config::Config;
use super::error::NpmError;
use super::files;
use super::json;
use super::manifest::{Host, Manifest};
use super::platform::Platform;

/// Where a script's output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// To the user, after a banner.
    Foreground,
    /// Nowhere: scripts of dependencies.
    Background,
}

/// Runs the script for `event` of the package in `folder`, if it has one. `args` are appended, quoted.
///
/// # Errors
/// The script's exit code, see [`NpmError::script`]; `EJSONPARSE` of the package.
pub fn run_event(
    platform: &dyn Platform,
    config: &Config,
    folder: &str,
    event: &str,
    args: &[String],
    output: Lifecycle,
) -> Result<(), NpmError> {
    let system = platform.system();
    let file = format!("{folder}/package.json");
    let Some(text) = files::read_text(system, &file)? else {
        return Ok(());
    };
    let manifest = Manifest::from_fields(json::parse_object(&file, &text)?);
    let Some(script) = manifest.script(event) else {
        return Ok(());
    };
    let mut command = script.to_owned();
    for arg in args {
        command.push(' ');
        command.push_str(&quote(arg));
    }
    if output == Lifecycle::Foreground
        && config.get("loglevel") != Some("silent")
        && !config.flag("silent", false)
    {
        let id = if manifest.name.is_empty() {
            String::new()
        } else {
            format!(" {}@{}", manifest.name, manifest.version)
        };
        let id = id.trim_end_matches('@').to_owned();
        let banner = format!("\n>{id} {event}\n> {}\n\n", command.replace('\n', "\n> "));
        // Nobody reads the banner if standard output is gone; the script will find out itself.
        let _unreadable = write_all(system, 1, banner.as_bytes());
    }
    let environment = environment(system, config, folder, &manifest, event, script);
    let code = run_shell(system, folder, &command, &environment, output)
        .map_err(|error| files::failed(error, "spawn", "sh"))?;
    if code == 0 {
        Ok(())
    } else {
        Err(NpmError::script(code, folder, &command))
    }
}

/// Runs `command` by the shell in `folder`; answers its exit code.
///
/// # Errors
/// The system call that failed.
pub fn run_shell(
    system: &dyn System,
    folder: &str,
    command: &str,
    environment: &[String],
    output: Lifecycle,
) -> Result<i32, Errno> {
    let args = ["sh".to_owned(), "-c".to_owned(), command.to_owned()];
    spawn(system, folder, "sh", &args, environment, output)
}

/// Runs a program in `folder` to its end; answers its exit code.
///
/// # Errors
/// The system call that failed.
pub fn spawn(
    system: &dyn System,
    folder: &str,
    file: &str,
    args: &[String],
    environment: &[String],
    output: Lifecycle,
) -> Result<i32, Errno> {
    let before = system.getcwd()?;
    system.chdir(folder)?;
    let null = match output {
        Lifecycle::Background => {
            Some(system.open("/dev/null", open_flags::O_RDWR | open_flags::O_CLOEXEC, 0)?)
        }
        Lifecycle::Foreground => None,
    };
    let fds = null.map_or([0, 1, 2], |null| [null, null, null]);
    let child = system.spawn(&SpawnRequest {
        file,
        args,
        env: environment,
        fds: &fds,
        group: ProcessGroup::Inherit,
    });
    let restored = system.chdir(&before);
    if let Some(null) = null {
        system.close(null)?;
    }
    let child = child?;
    restored?;
    loop {
        match system.wait(child, false) {
            Ok(Some(status)) => return Ok(status.shell_code()),
            Ok(None) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
}

/// The environment of a script.
pub fn environment(
    system: &dyn System,
    config: &Config,
    folder: &str,
    manifest: &Manifest,
    event: &str,
    script: &str,
) -> Vec<String> {
    let inherited = system.environ();
    let value = |name: &str| {
        inherited
            .iter()
            .find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='))
            .unwrap_or_default()
            .to_owned()
    };
    let cwd = match value("INIT_CWD") {
        cwd if cwd.is_empty() => system.getcwd().unwrap_or_else(|_| folder.to_owned()),
        cwd => cwd,
    };
    let mut set: Vec<(String, String)> = vec![
        ("PATH".into(), search_path(folder, &value("PATH"))),
        ("INIT_CWD".into(), cwd),
        ("NODE".into(), "/usr/local/bin/node".into()),
        ("npm_node_execpath".into(), "/usr/local/bin/node".into()),
        ("npm_execpath".into(), system.exec_path()),
        ("npm_command".into(), command_name(config)),
        ("npm_lifecycle_event".into(), event.into()),
        ("npm_lifecycle_script".into(), script.into()),
        ("npm_package_json".into(), format!("{folder}/package.json")),
        ("npm_package_name".into(), manifest.name.clone()),
        ("npm_package_version".into(), manifest.version.clone()),
        ("npm_config_local_prefix".into(), folder.into()),
        (
            "npm_config_user_agent".into(),
            format!(
                "npm/{} node/v{} linux x64 workspaces/false",
                super::NPM_VERSION,
                Host::of(config).node
            ),
        ),
        ("npm_config_npm_version".into(), super::NPM_VERSION.into()),
        ("npm_config_registry".into(), config.registry("")),
        ("npm_config_cache".into(), format!("{}/.npm", value("HOME"))),
        (
            "npm_config_userconfig".into(),
            format!("{}/.npmrc", value("HOME")),
        ),
        ("EDITOR".into(), "vi".into()),
    ];
    for (name, path) in &manifest.bin {
        set.push((
            format!("npm_package_bin_{}", name.replace(['-', '.'], "_")),
            path.clone(),
        ));
    }
    let replaced = |entry: &String| {
        set.iter().any(|(name, _)| {
            entry
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.starts_with('='))
        })
    };
    let mut environment: Vec<String> = inherited
        .into_iter()
        .filter(|entry| !replaced(entry))
        .collect();
    environment.extend(
        set.into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={value}")),
    );
    environment
}

fn command_name(config: &Config) -> String {
    match config.arguments.first().map(String::as_str) {
        Some("run" | "run-script" | "rum" | "urn") => "run".into(),
        Some("i" | "add" | "in") => "install".into(),
        Some(other) => other.into(),
        None => String::new(),
    }
}

/// `node_modules/.bin` of the folder and of those above it, before what is there.
pub fn search_path(folder: &str, path: &str) -> String {
    let mut parts = Vec::new();
    let mut at = folder;
    loop {
        if super::path::base_name(at) != "node_modules" {
            parts.push(format!("{}/node_modules/.bin", at.trim_end_matches('/')));
        }
        if matches!(at, "/" | "") {
            break;
        }
        at = super::path::parent(at);
    }
    parts.push(path.to_owned());
    parts.join(":")
}

/// An argument as one word of the shell.
pub fn quote(arg: &str) -> String {
    let plain = !arg.is_empty()
        && arg
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&c));
    if plain {
        arg.to_owned()
    } else {
        format!("'{}'", arg.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_path_walks_up() {
        assert_eq!(
            search_path("/a/node_modules/b", "/bin"),
            "/a/node_modules/b/node_modules/.bin:/a/node_modules/.bin:/node_modules/.bin:/bin"
        );
    }

    #[test]
    fn quotes_for_the_shell() {
        assert_eq!(quote("a b'c"), r"'a b'\''c'");
        assert_eq!(quote("--x=1"), "--x=1");
    }
}

//! `npm exec` and `npx`: a command of the project, or of a package installed for it in a folder of its own.

use super::output::say_raw;
use super::project::{ancestors, read_package};
use super::{Session, State, Then};
use crate::npm::error::NpmError;
use crate::npm::install::Job;
use crate::npm::manifest::Manifest;
use crate::npm::platform::Platform;
use crate::npm::run_script::{self, Lifecycle};
use crate::npm::{files, integrity, path, spec};
use crate::system::System;

impl Session {
    pub(super) fn exec(
        &mut self,
        platform: &dyn Platform,
        args: &[String],
    ) -> Result<State, NpmError> {
        let system = platform.system();
        let cwd = system
            .getcwd()
            .map_err(|error| files::failed(error, "getcwd", "."))?;
        if self.config.rest.is_empty() && args.len() > 1 {
            self.config.rest = args[1..].to_vec();
        }
        let wanted = self
            .config
            .get("package")
            .map(str::to_owned)
            .or_else(|| args.first().cloned())
            .or_else(|| self.config.rest.first().cloned());
        let Some(wanted) = wanted else {
            return Err(NpmError::new(
                "EUSAGE",
                "npx <package> [args...]: the package to run is missing",
            ));
        };
        let command = match (self.config.get("package").is_some(), args.first()) {
            (true, Some(command)) => Some(command.clone()),
            (true, None) => {
                let first = self.config.rest.first().cloned();
                self.config.rest = self.config.rest.split_off(1.min(self.config.rest.len()));
                first
            }
            _ => None,
        };
        let request = spec::Request::parse(&wanted);
        let name = request.name.clone().unwrap_or_else(|| wanted.clone());
        // A command of the project comes first, unless a version was asked for.
        if request.spec == "*" {
            let local = command
                .clone()
                .unwrap_or_else(|| path::base_name(&name).to_owned());
            for at in ancestors(&cwd) {
                if system
                    .access(
                        &format!("{}/node_modules/.bin/{local}", at.trim_end_matches('/')),
                        1,
                    )
                    .is_ok()
                {
                    let code = self.execute(system, &cwd, &at, &local)?;
                    return Ok(State::Done(code));
                }
            }
        }
        let home = system
            .environ()
            .iter()
            .find_map(|entry| entry.strip_prefix("HOME=").map(str::to_owned))
            .unwrap_or_else(|| "/home".into());
        let key = format!("{name}@{}", request.spec);
        let folder = format!("{home}/.npm/_npx/{}", cache_key(&key));
        if !self.config.flag("yes", false)
            && system.isatty(0)
            && system
                .access(&format!("{folder}/node_modules/{name}/package.json"), 0)
                .is_err()
        {
            let shown = if request.spec == "*" {
                name.clone()
            } else {
                wanted.clone()
            };
            say_raw(
                system,
                &format!("Need to install the following packages:\n{shown}\nOk to proceed? (y) "),
            );
            let mut answer = [0; 64];
            let count = system
                .read(0, &mut answer)
                .map_err(|error| files::failed(error, "read", "stdin"))?;
            let answer = String::from_utf8_lossy(&answer[..count])
                .trim()
                .to_ascii_lowercase();
            if !matches!(answer.as_str(), "" | "y" | "yes") {
                return Err(NpmError::new("ECANCELED", "canceled"));
            }
        }
        files::make_folder(system, &folder)?;
        let job = Job {
            root: folder.clone(),
            add: self.requests(system, &[wanted])?,
            ..Job::default()
        };
        self.install(
            platform,
            job,
            Then::Execute {
                folder,
                package: name,
                command,
            },
        )
    }

    /// Runs a command of `folder`'s packages in `cwd`.
    pub(super) fn execute(
        &self,
        system: &dyn System,
        cwd: &str,
        folder: &str,
        command: &str,
    ) -> Result<i32, NpmError> {
        let manifest = Manifest::default();
        let mut environment =
            run_script::environment(system, &self.config, cwd, &manifest, "npx", command);
        let path = environment
            .iter()
            .find_map(|entry| entry.strip_prefix("PATH=").map(str::to_owned))
            .unwrap_or_default();
        environment.retain(|entry| !entry.starts_with("PATH="));
        environment.push(format!(
            "PATH={}/node_modules/.bin:{path}",
            folder.trim_end_matches('/')
        ));
        let mut args = vec![command.to_owned()];
        args.extend(self.config.rest.iter().cloned());
        run_script::spawn(
            system,
            cwd,
            command,
            &args,
            &environment,
            Lifecycle::Foreground,
        )
        .map_err(|error| files::failed(error, "spawn", command))
    }
}

fn cache_key(text: &str) -> String {
    let digest = integrity::sha512(text.as_bytes());
    digest
        .bytes()
        .skip("sha512-".len())
        .take(12)
        .map(|byte| format!("{:x}", byte & 15))
        .collect::<String>()
        + &format!("{:04x}", text.len() & 0xffff)
}

/// The command `npx` runs of a package: the one named, the only one, or the one called like the package.
pub(super) fn find_command(
    system: &dyn System,
    folder: &str,
    package: &str,
    command: Option<String>,
) -> Result<String, NpmError> {
    if let Some(command) = command {
        return Ok(command);
    }
    let (manifest, _) = read_package(system, &format!("{folder}/node_modules/{package}"))?;
    let base = path::base_name(&manifest.name);
    match &manifest.bin[..] {
        [(only, _)] => Ok(only.clone()),
        bin => match bin.iter().find(|(name, _)| name == base) {
            Some((name, _)) => Ok(name.clone()),
            None => Err(NpmError::new(
                "ENOEXEC",
                "could not determine executable to run",
            )),
        },
    }
}

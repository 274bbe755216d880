//! `npm run`: scripts of the project.

use super::output::{complain, say};
use super::project::read_package;
use super::{Session, State};
use crate::npm::error::{NpmError, SCRIPT};
use crate::npm::files;
use crate::npm::manifest::Manifest;
use crate::npm::platform::Platform;
use crate::npm::run_script::{self, Lifecycle};
use crate::system::System;

impl Session {
    pub(super) fn run(
        &mut self,
        platform: &dyn Platform,
        root: &str,
        args: &[String],
    ) -> Result<State, NpmError> {
        let system = platform.system();
        let (manifest, _) = read_package(system, root)?;
        let Some((event, args)) = args.split_first() else {
            list_scripts(system, &manifest);
            return Ok(State::Done(0));
        };
        let mut args = args.to_vec();
        args.extend(self.config.rest.iter().cloned());
        let default_start = event == "start"
            && manifest.script("start").is_none()
            && system.access(&format!("{root}/server.js"), 4).is_ok();
        if manifest.script(event).is_none() && !default_start && event != "env" {
            if self.config.flag("if-present", false) {
                return Ok(State::Done(0));
            }
            let mut error =
                NpmError::new("", format!("Missing script: \"{event}\"")).with_detail("");
            for similar in similar_names(event, &manifest) {
                error = error.with_detail(format!("Did you mean this?\n  npm run {similar}"));
            }
            let mut lines: Vec<String> = error.lines();
            lines.remove(0);
            lines.extend([
                "npm error To see a list of scripts, run:".to_owned(),
                "npm error   npm run".to_owned(),
            ]);
            complain(
                system,
                &lines
                    .join("\n")
                    .replace("\n  npm run", "\nnpm error   npm run"),
            );
            return Ok(State::Done(1));
        }
        if event == "env" && manifest.script("env").is_none() {
            let environment =
                run_script::environment(system, &self.config, root, &manifest, "env", "env");
            say(system, &environment.join("\n"));
            return Ok(State::Done(0));
        }
        let ignore = self.config.flag("ignore-scripts", false);
        let steps = [
            (format!("pre{event}"), Vec::new()),
            (event.clone(), args),
            (format!("post{event}"), Vec::new()),
        ];
        for (step, args) in steps {
            if step != *event && ignore {
                continue;
            }
            let result = if default_start && step == "start" {
                let environment = run_script::environment(
                    system,
                    &self.config,
                    root,
                    &manifest,
                    "start",
                    "node server.js",
                );
                run_script::run_shell(
                    system,
                    root,
                    "node server.js",
                    &environment,
                    Lifecycle::Foreground,
                )
                .map_err(|error| files::failed(error, "spawn", "sh"))
                .and_then(|code| {
                    if code == 0 {
                        Ok(())
                    } else {
                        Err(NpmError::script(code, root, "node server.js"))
                    }
                })
            } else {
                run_script::run_event(
                    platform,
                    &self.config,
                    root,
                    &step,
                    &args,
                    Lifecycle::Foreground,
                )
            };
            match result {
                // The script has said what is wrong; npm adds nothing.
                Err(error) if error.code == SCRIPT => return Ok(State::Done(error.exit_code)),
                other => other?,
            }
        }
        Ok(State::Done(0))
    }
}

fn list_scripts(system: &dyn System, manifest: &Manifest) {
    const LIFECYCLE: [&str; 4] = ["test", "start", "stop", "restart"];
    let id = format!("{}@{}", manifest.name, manifest.version);
    let is_lifecycle = |name: &String| {
        LIFECYCLE.contains(&name.as_str())
            || matches!(
                name.as_str(),
                "preinstall" | "install" | "postinstall" | "prepare"
            )
    };
    let (lifecycle, others): (Vec<_>, Vec<_>) = manifest
        .scripts
        .iter()
        .partition(|(name, _)| is_lifecycle(name));
    let show = |title: &str, scripts: &[&(String, String)]| {
        let mut text = title.to_owned();
        for (name, body) in scripts {
            text.push_str(&format!("\n  {name}\n    {body}"));
        }
        text
    };
    if !lifecycle.is_empty() {
        say(
            system,
            &show(&format!("Lifecycle scripts included in {id}:"), &lifecycle),
        );
    }
    if !others.is_empty() {
        let gap = if lifecycle.is_empty() { "" } else { "\n" };
        say(
            system,
            &show(&format!("{gap}available via `npm run`:"), &others),
        );
    }
}

/// Scripts whose names differ from `name` by little.
fn similar_names(name: &str, manifest: &Manifest) -> Vec<String> {
    let close = |other: &&(String, String)| {
        other.0.len().abs_diff(name.len()) <= 2
            && (other.0.starts_with(name) || name.starts_with(other.0.as_str()))
    };
    manifest
        .scripts
        .iter()
        .filter(close)
        .take(1)
        .map(|(name, _)| name.clone())
        .collect()
}

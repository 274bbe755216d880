//! What `npm` prints, apart from what the scripts it runs print.

use super::{Session, State};
use crate::npm::NPM_VERSION;
use crate::npm::error::NpmError;
use crate::npm::install::Report;
use crate::system::{System, write_all};

impl Session {
    pub(super) fn summarize(&self, system: &dyn System, report: &Report) {
        if self.silent() {
            return;
        }
        let count = |count: usize| {
            if count == 1 {
                "1 package".to_owned()
            } else {
                format!("{count} packages")
            }
        };
        let mut parts = Vec::new();
        for (verb, number) in [
            ("added", report.added),
            ("removed", report.removed),
            ("changed", report.changed),
        ] {
            if number > 0 {
                parts.push(format!("{verb} {}", count(number)));
            }
        }
        let elapsed = system.now() - self.started;
        let elapsed = if elapsed < 1000.0 {
            format!("{elapsed:.0}ms")
        } else if elapsed < 60_000.0 {
            format!("{:.0}s", elapsed / 1000.0)
        } else {
            format!("{:.0}m", elapsed / 60_000.0)
        };
        let what = match parts.split_last() {
            None => "up to date".to_owned(),
            Some((last, [])) => last.clone(),
            Some((last, rest)) => format!("{}, and {last}", rest.join(", ")),
        };
        let mut text = format!("\n{what} in {elapsed}");
        if report.funding > 0 && self.config.flag("fund", true) {
            let verb = if report.funding == 1 { "is" } else { "are" };
            text.push_str(&format!(
                "\n\n{} {verb} looking for funding\n  run `npm fund` for details",
                count(report.funding)
            ));
        }
        say(system, &text);
    }

    pub(super) fn silent(&self) -> bool {
        self.config.get("loglevel") == Some("silent") || self.config.flag("silent", false)
    }

    pub(super) fn fail(&mut self, system: &dyn System, error: &NpmError) {
        self.stop_spinner(system);
        complain(system, &error.lines().join("\n"));
        self.state = State::Done(error.exit_code);
    }

    pub(super) fn spin(&mut self, system: &dyn System) {
        const FRAMES: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
        if matches!(self.state, State::Done(_))
            || self.silent()
            || !self.config.flag("progress", true)
            || !system.isatty(2)
        {
            return;
        }
        self.spinner = (self.spinner + 1) % FRAMES.len();
        self.spinning = true;
        // A spinner that cannot be drawn is no reason to stop.
        let _undrawn = write_all(system, 2, format!("\r{}", FRAMES[self.spinner]).as_bytes());
    }

    pub(super) fn stop_spinner(&mut self, system: &dyn System) {
        if core::mem::take(&mut self.spinning) {
            let _undrawn = write_all(system, 2, b"\r\x1b[K");
        }
    }
}

const COMMANDS: &str = "add, bin, ci, config, dedupe, exec, get, help, init, install, list, ls, prefix, prune, restart, root, run, start, stop, test, uninstall, version, view";

pub(super) fn say(system: &dyn System, text: &str) {
    say_raw(system, &format!("{text}\n"));
}

pub(super) fn say_raw(system: &dyn System, text: &str) {
    // Without a standard output there is nobody to say it to.
    let _unreadable = write_all(system, 1, text.as_bytes());
}

pub(super) fn complain(system: &dyn System, text: &str) {
    let _unreadable = write_all(system, 2, format!("{text}\n").as_bytes());
}

pub(super) fn help() -> String {
    format!(
        "npm <command>\n\nUsage:\n\nnpm install        install all the dependencies in your project\nnpm install <foo>  add the <foo> dependency to your project\nnpm test           run this project's tests\nnpm run <foo>      run the script named <foo>\n\nAll commands:\n\n    {COMMANDS}\n\nnpm@{NPM_VERSION}"
    )
}

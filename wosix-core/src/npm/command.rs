//! The command line of `npm` and `npx`: a process that now and then waits for the network.

use serde_json::{Map, Value};

use crate::system::{System, write_all};

use super::NPM_VERSION;
use super::config::Config;
use super::error::{NpmError, SCRIPT};
use super::files;
use super::install::{Install, Job, Report};
use super::json::{self, Format};
use super::manifest::Manifest;
use super::packument::{Packument, PickOptions};
use super::path;
use super::platform::{Platform, Request, RequestKind, Response};
use super::run_script::{self, Lifecycle};
use super::spec::{self, Spec};

/// Defaults the container gives.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// Registry in use unless configured otherwise.
    pub registry: String,
    /// npm's own default, which tarball URLs may name.
    pub default_registry: String,
}

enum State {
    Done(i32),
    Installing {
        install: Box<Install>,
        then: Then,
    },
    /// Waiting for the packument `npm view` shows.
    Viewing {
        spec: spec::Request,
        field: Option<String>,
        request: Option<Request>,
    },
}

enum Then {
    Summarize,
    /// `npx`: run this command of the packages installed in the folder.
    Execute {
        folder: String,
        package: String,
        command: Option<String>,
    },
}

/// A running `npm` or `npx`.
pub struct Session {
    state: State,
    config: Config,
    started: f64,
    spinner: usize,
    spinning: bool,
}

const COMMANDS: &str = "access, add, bin, ci, config, exec, explain, get, help, init, install, link, list, ls, prefix, root, run, set, start, stop, test, uninstall, version, view";

impl Session {
    /// Starts `npm` (or `npx`, by `program`).
    pub fn start(
        platform: &dyn Platform,
        program: &str,
        args: &[String],
        defaults: &Defaults,
    ) -> Session {
        let system = platform.system();
        let mut session = Session {
            state: State::Done(0),
            config: Config::default(),
            started: system.now(),
            spinner: 0,
            spinning: false,
        };
        let result = session
            .configure(system, program, args, defaults)
            .and_then(|()| session.dispatch(platform, program));
        match result {
            Ok(state) => session.state = state,
            Err(error) => session.fail(system, &error),
        }
        session.settle(platform);
        session
    }

    /// The exit code once it is over.
    pub fn exit_code(&self) -> Option<i32> {
        match self.state {
            State::Done(code) => Some(code),
            _ => None,
        }
    }

    /// What to fetch, since the last call.
    pub fn take_requests(&mut self) -> Vec<Request> {
        match &mut self.state {
            State::Installing { install, .. } => install.take_requests(),
            State::Viewing { request, .. } => request.take().into_iter().collect(),
            State::Done(_) => Vec::new(),
        }
    }

    /// Takes in what came of a request.
    pub fn deliver(&mut self, platform: &dyn Platform, id: u32, response: Response) {
        let result = match &mut self.state {
            State::Done(_) => return,
            State::Installing { install, .. } => install.deliver(platform, id, response),
            State::Viewing { spec, field, .. } => {
                let result = view(platform.system(), spec, field.as_deref(), response);
                match result {
                    Ok(()) => {
                        self.state = State::Done(0);
                        Ok(())
                    }
                    Err(error) => Err(error),
                }
            }
        };
        if let Err(error) = result {
            self.fail(platform.system(), &error);
        }
        self.spin(platform.system());
        self.settle(platform);
    }

    fn configure(
        &mut self,
        system: &dyn System,
        program: &str,
        args: &[String],
        defaults: &Defaults,
    ) -> Result<(), NpmError> {
        let environment = system.environ();
        let mut config = Config::parse(args, program == "npx")?;
        if program == "npx" {
            config.arguments.insert(0, "exec".into());
        }
        config.add_environment(&environment);
        let prefix = prefix(system, &config)?;
        let home = environment
            .iter()
            .find_map(|entry| entry.strip_prefix("HOME="))
            .unwrap_or("/home");
        for file in [
            format!("{prefix}/.npmrc"),
            format!("{home}/.npmrc"),
            "/etc/npmrc".to_owned(),
        ] {
            if let Some(text) = files::read_text(system, &file)? {
                config.add_file(&text, &environment);
            }
        }
        for (key, value) in [
            ("registry", &defaults.registry),
            ("default-registry", &defaults.default_registry),
        ] {
            if config.get(key).is_none() {
                config.set(key, value);
            }
        }
        self.config = config;
        Ok(())
    }

    fn dispatch(&mut self, platform: &dyn Platform, program: &str) -> Result<State, NpmError> {
        let system = platform.system();
        if self.config.flag("version", false) && program == "npm" {
            say(system, NPM_VERSION);
            return Ok(State::Done(0));
        }
        let arguments = self.config.arguments.clone();
        let Some((command, args)) = arguments.split_first() else {
            say(system, &help());
            return Ok(State::Done(i32::from(!self.config.flag("help", false))));
        };
        if self.config.flag("global", false) {
            return Err(NpmError::new(
                "EUNSUPPORTED",
                "Global installs are not supported; install into the project or use npx.",
            ));
        }
        let root = prefix(system, &self.config)?;
        match command.as_str() {
            "install" | "i" | "add" | "in" | "ins" | "inst" | "isntall" => {
                let add = self.requests(system, args)?;
                let own_scripts = add.is_empty();
                self.install(
                    platform,
                    Job {
                        root,
                        add,
                        own_scripts,
                        ..Job::default()
                    },
                    Then::Summarize,
                )
            }
            "ci" | "clean-install" | "ic" => self.install(
                platform,
                Job {
                    root,
                    clean: true,
                    own_scripts: true,
                    ..Job::default()
                },
                Then::Summarize,
            ),
            "uninstall" | "un" | "remove" | "rm" | "r" | "unlink" => {
                if args.is_empty() {
                    return Err(NpmError::new(
                        "EUSAGE",
                        "Must provide a package name to remove",
                    ));
                }
                self.install(
                    platform,
                    Job {
                        root,
                        remove: args.to_vec(),
                        ..Job::default()
                    },
                    Then::Summarize,
                )
            }
            "run" | "run-script" | "rum" | "urn" => self.run(platform, &root, args),
            "start" | "test" | "t" | "tst" | "stop" | "restart" => {
                let event = if matches!(command.as_str(), "t" | "tst") {
                    "test"
                } else {
                    command
                };
                let mut words = vec![event.to_owned()];
                words.extend_from_slice(args);
                self.run(platform, &root, &words)
            }
            "exec" | "x" => self.exec(platform, args),
            "init" | "create" => init(system, &root, &self.config),
            "ls" | "list" | "ll" | "la" => list(system, &root),
            "view" | "info" | "show" | "v" => self.view(args),
            "config" | "c" | "get" => {
                let key = match (command.as_str(), args) {
                    ("get", [key, ..]) => key,
                    (_, [verb, key, ..]) if verb == "get" => key,
                    _ => return Err(NpmError::new("EUSAGE", "Usage: npm config get <key>")),
                };
                say(system, self.config.get(key).unwrap_or("undefined"));
                Ok(State::Done(0))
            }
            "root" => {
                say(system, &format!("{root}/node_modules"));
                Ok(State::Done(0))
            }
            "prefix" => {
                say(system, &root);
                Ok(State::Done(0))
            }
            "bin" => {
                say(system, &format!("{root}/node_modules/.bin"));
                Ok(State::Done(0))
            }
            "version" => {
                say(
                    system,
                    &format!("{{ npm: '{NPM_VERSION}', node: '24.21.0' }}"),
                );
                Ok(State::Done(0))
            }
            "help" => {
                say(system, &help());
                Ok(State::Done(0))
            }
            unknown => {
                complain(
                    system,
                    &format!(
                        "Unknown command: \"{unknown}\"\n\n\nTo see a list of supported npm commands, run:\n  npm help"
                    ),
                );
                Ok(State::Done(1))
            }
        }
    }

    /// Requests of the command line, with the names of folders and tarballs looked up.
    fn requests(
        &self,
        system: &dyn System,
        args: &[String],
    ) -> Result<Vec<spec::Request>, NpmError> {
        args.iter()
            .map(|arg| {
                let mut request = spec::Request::parse(arg);
                match &request.name {
                    Some(name) => match spec::name_problem(name) {
                        Some(problem) => Err(NpmError::new(
                            "EINVALIDPACKAGENAME",
                            format!(
                                "Invalid package name \"{name}\" of package \"{arg}\": {problem}."
                            ),
                        )),
                        None => Ok(request),
                    },
                    None => {
                        let Spec::Directory(folder) = Spec::parse(arg) else {
                            return Err(NpmError::new(
                                "EUNSUPPORTEDPROTOCOL",
                                format!("name the package too: npm install <name>@{arg}"),
                            ));
                        };
                        let cwd = system
                            .getcwd()
                            .map_err(|error| files::failed(error, "getcwd", "."))?;
                        let file = format!(
                            "{}/package.json",
                            path::normalize(&path::join(&cwd, &folder))
                        );
                        let text = files::read_text(system, &file)?.ok_or_else(|| {
                            files::failed(crate::errno::Errno::ENOENT, "open", &file)
                        })?;
                        let manifest = Manifest::from_fields(json::parse_object(&file, &text)?);
                        request.name = Some(if manifest.name.is_empty() {
                            path::base_name(&path::normalize(&folder)).to_owned()
                        } else {
                            manifest.name
                        });
                        request.spec = format!("file:{}", path::normalize(&folder));
                        Ok(request)
                    }
                }
            })
            .collect()
    }

    fn install(
        &mut self,
        platform: &dyn Platform,
        job: Job,
        then: Then,
    ) -> Result<State, NpmError> {
        let install = Install::start(platform, job, self.config.clone())?;
        Ok(State::Installing {
            install: Box::new(install),
            then,
        })
    }

    /// Ends what has all it needs.
    fn settle(&mut self, platform: &dyn Platform) {
        let system = platform.system();
        let State::Installing { install, .. } = &mut self.state else {
            return;
        };
        let warnings = install.warnings();
        if !warnings.is_empty() {
            self.stop_spinner(system);
            for warning in warnings {
                complain(
                    system,
                    &format!("npm warn {}", warning.replace('\n', "\nnpm warn ")),
                );
            }
        }
        let State::Installing { install, then } = &mut self.state else {
            return;
        };
        if !install.is_ready() {
            return;
        }
        let result = install.finish(platform);
        let warnings = install.warnings();
        let then = core::mem::replace(then, Then::Summarize);
        self.stop_spinner(system);
        for warning in warnings {
            complain(
                system,
                &format!("npm warn {}", warning.replace('\n', "\nnpm warn ")),
            );
        }
        self.state = match (result, then) {
            (Err(error), _) => {
                self.fail(system, &error);
                return;
            }
            (Ok(report), Then::Summarize) => {
                self.summarize(system, &report);
                State::Done(0)
            }
            (
                Ok(_),
                Then::Execute {
                    folder,
                    package,
                    command,
                },
            ) => {
                let cwd = system.getcwd().unwrap_or_else(|_| "/".into());
                match find_command(system, &folder, &package, command)
                    .and_then(|command| self.execute(system, &cwd, &folder, &command))
                {
                    Ok(code) => State::Done(code),
                    Err(error) => {
                        self.fail(system, &error);
                        return;
                    }
                }
            }
        };
    }

    fn summarize(&self, system: &dyn System, report: &Report) {
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

    fn silent(&self) -> bool {
        self.config.get("loglevel") == Some("silent") || self.config.flag("silent", false)
    }

    fn fail(&mut self, system: &dyn System, error: &NpmError) {
        self.stop_spinner(system);
        complain(system, &error.lines().join("\n"));
        self.state = State::Done(error.exit_code);
    }

    fn spin(&mut self, system: &dyn System) {
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

    fn stop_spinner(&mut self, system: &dyn System) {
        if core::mem::take(&mut self.spinning) {
            let _undrawn = write_all(system, 2, b"\r\x1b[K");
        }
    }

    fn run(
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

    fn exec(&mut self, platform: &dyn Platform, args: &[String]) -> Result<State, NpmError> {
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
    fn execute(
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

    fn view(&mut self, args: &[String]) -> Result<State, NpmError> {
        let Some(first) = args.first() else {
            return Err(NpmError::new("EUSAGE", "Usage: npm view <package> [field]"));
        };
        let spec = spec::Request::parse(first);
        let Some(name) = spec.name.clone() else {
            return Err(NpmError::new(
                "EUSAGE",
                "npm view needs the name of a package",
            ));
        };
        let url = format!(
            "{}{}",
            self.config.registry(&name),
            name.replace('/', "%2f")
        );
        let request = Request {
            id: 1,
            kind: RequestKind::Packument,
            url,
            integrity: None,
            cache: self.config.cache_use(),
        };
        Ok(State::Viewing {
            spec,
            field: args.get(1).cloned(),
            request: Some(request),
        })
    }
}

fn say(system: &dyn System, text: &str) {
    say_raw(system, &format!("{text}\n"));
}

fn say_raw(system: &dyn System, text: &str) {
    // Without a standard output there is nobody to say it to.
    let _unreadable = write_all(system, 1, text.as_bytes());
}

fn complain(system: &dyn System, text: &str) {
    let _unreadable = write_all(system, 2, format!("{text}\n").as_bytes());
}

fn help() -> String {
    format!(
        "npm <command>\n\nUsage:\n\nnpm install        install all the dependencies in your project\nnpm install <foo>  add the <foo> dependency to your project\nnpm test           run this project's tests\nnpm run <foo>      run the script named <foo>\n\nAll commands:\n\n    {COMMANDS}\n\nnpm@{NPM_VERSION}"
    )
}

/// `path` and the folders above it.
fn ancestors(path: &str) -> Vec<String> {
    let mut all = vec![path.to_owned()];
    let mut at = path;
    while !matches!(at, "/" | "") {
        at = path::parent(at);
        all.push(at.to_owned());
    }
    all
}

/// The project: the nearest folder with a `package.json` or `node_modules`, else the working directory.
fn prefix(system: &dyn System, config: &Config) -> Result<String, NpmError> {
    let cwd = system
        .getcwd()
        .map_err(|error| files::failed(error, "getcwd", "."))?;
    if let Some(prefix) = config.get("prefix") {
        return Ok(path::normalize(&path::join(&cwd, prefix)));
    }
    let marked = |at: &String| {
        ["package.json", "node_modules"].iter().any(|name| {
            system
                .access(&format!("{}/{name}", at.trim_end_matches('/')), 0)
                .is_ok()
        })
    };
    let inside = cwd
        .split("/node_modules")
        .next()
        .filter(|_| cwd.contains("/node_modules/") || cwd.ends_with("/node_modules"));
    if let Some(outside) =
        inside.filter(|_| system.access(&format!("{cwd}/package.json"), 0).is_err())
    {
        return Ok(outside.to_owned());
    }
    Ok(ancestors(&cwd)
        .into_iter()
        .filter(|at| at != "/")
        .find(marked)
        .unwrap_or(cwd))
}

fn read_package(
    system: &dyn System,
    root: &str,
) -> Result<(Manifest, Map<String, Value>), NpmError> {
    let file = format!("{root}/package.json");
    let Some(text) = files::read_text(system, &file)? else {
        return Err(NpmError::new("ENOENT", "syscall open")
            .with_detail(format!("path {file}"))
            .with_detail("errno -2")
            .with_detail(format!("enoent Could not read package.json: Error: ENOENT: no such file or directory, open '{file}'"))
            .with_detail("enoent This is related to npm not being able to find a file.")
            .with_detail("enoent"));
    };
    let fields = json::parse_object(&file, &text)?;
    Ok((Manifest::from_fields(fields.clone()), fields))
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

fn cache_key(text: &str) -> String {
    let digest = super::integrity::sha512(text.as_bytes());
    digest
        .bytes()
        .skip("sha512-".len())
        .take(12)
        .map(|byte| format!("{:x}", byte & 15))
        .collect::<String>()
        + &format!("{:04x}", text.len() & 0xffff)
}

/// The command `npx` runs of a package: the one named, the only one, or the one called like the package.
fn find_command(
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

fn init(system: &dyn System, root: &str, config: &Config) -> Result<State, NpmError> {
    let cwd = system
        .getcwd()
        .map_err(|error| files::failed(error, "getcwd", root))?;
    let file = format!("{cwd}/package.json");
    if !config.flag("yes", false) && !config.flag("force", false) {
        return Err(NpmError::new(
            "EUSAGE",
            "npm init asks no questions here: use npm init -y",
        ));
    }
    let mut fields = match files::read_text(system, &file)? {
        Some(text) => json::parse_object(&file, &text)?,
        None => Map::new(),
    };
    let name = path::base_name(&cwd).to_ascii_lowercase().replace(' ', "-");
    let mut scripts = Map::new();
    scripts.insert(
        "test".into(),
        "echo \"Error: no test specified\" && exit 1".into(),
    );
    let main = if system.access(&format!("{cwd}/server.js"), 0).is_ok() {
        "server.js"
    } else {
        "index.js"
    };
    let defaults: [(&str, Value); 9] = [
        ("name", name.into()),
        ("version", "1.0.0".into()),
        ("description", "".into()),
        ("main", main.into()),
        ("scripts", Value::Object(scripts)),
        ("keywords", Value::Array(Vec::new())),
        ("author", "".into()),
        ("license", "ISC".into()),
        ("type", "commonjs".into()),
    ];
    for (key, value) in defaults {
        fields.entry(key).or_insert(value);
    }
    let text = json::stringify(&Value::Object(fields), &Format::default());
    files::write_text(system, &file, &text)?;
    say(system, &format!("Wrote to {file}:\n\n{text}\n"));
    Ok(State::Done(0))
}

fn list(system: &dyn System, root: &str) -> Result<State, NpmError> {
    let (manifest, _) = read_package(system, root)?;
    let title = if manifest.name.is_empty() {
        root.to_owned()
    } else {
        format!("{}@{} {root}", manifest.name, manifest.version)
    };
    let mut rows = Vec::new();
    let mut missing = 0;
    let mut wanted: Vec<(String, String)> = [
        &manifest.dependencies,
        &manifest.optional_dependencies,
        &manifest.dev_dependencies,
    ]
    .into_iter()
    .flatten()
    .cloned()
    .collect();
    wanted.sort_by(|(a, _), (b, _)| super::collate::locale_compare(a, b));
    for (name, spec) in &wanted {
        match read_package(system, &format!("{root}/node_modules/{name}")) {
            Ok((manifest, _)) => rows.push(format!("{name}@{}", manifest.version)),
            Err(_) => {
                missing += 1;
                rows.push(format!("UNMET DEPENDENCY {name}@{spec}"));
            }
        }
    }
    if rows.is_empty() {
        rows.push("(empty)".into());
    }
    let last = rows.len() - 1;
    let lines: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| format!("{} {row}", if i == last { "└──" } else { "├──" }))
        .collect();
    say(system, &format!("{title}\n{}\n", lines.join("\n")));
    if missing > 0 {
        complain(system, "npm error code ELSPROBLEMS");
    }
    Ok(State::Done(i32::from(missing > 0)))
}

fn view(
    system: &dyn System,
    request: &spec::Request,
    field: Option<&str>,
    response: Response,
) -> Result<(), NpmError> {
    let name = request.name.clone().unwrap_or_default();
    let bytes = match response {
        Response::Http {
            status: 200..=299,
            body,
        } => body,
        Response::Http { status: 404, .. } => {
            return Err(NpmError::not_found(
                &name,
                &format!("{name}@{}", request.spec),
            ));
        }
        Response::Http { status, .. } => {
            return Err(NpmError::new("EHTTP", format!("{status} - GET {name}")));
        }
        Response::NotCached => return Err(NpmError::new("ENOTCACHED", name)),
        Response::Failed(reason) => return Err(NpmError::new("ENETWORK", reason)),
    };
    let packument = Packument::parse(&name, &bytes)
        .map_err(|error| NpmError::new("EJSONPARSE", error.to_string()))?;
    let manifest = packument.pick(
        &Spec::parse(&request.spec),
        &request.spec,
        &PickOptions::default(),
    )?;
    match field {
        Some("versions") => {
            let mut versions: Vec<&str> = packument.versions().collect();
            versions.reverse();
            say(system, &versions.join("\n"));
        }
        Some("dist-tags") => packument
            .tags()
            .for_each(|(tag, version)| say(system, &format!("{tag}: {version}"))),
        Some(field) => match manifest.fields.get(field) {
            Some(Value::String(text)) => say(system, text),
            Some(value) => say_raw(system, &json::stringify(value, &Format::default())),
            None => {}
        },
        None => {
            let license = manifest.text("license").unwrap_or("Proprietary");
            let description = manifest.text("description").unwrap_or_default();
            say(
                system,
                &format!(
                    "\n{name}@{} | {license} | deps: {} | versions: {}\n{description}",
                    manifest.version,
                    manifest.dependencies.len(),
                    packument.versions().count()
                ),
            );
            if let Some(url) = &manifest.resolved {
                say(system, &format!("\ndist\n.tarball: {url}"));
            }
            say(system, "\ndist-tags:");
            packument
                .tags()
                .for_each(|(tag, version)| say(system, &format!("{tag}: {version}")));
        }
    }
    Ok(())
}

//! The command line of `npm` and `npx`: a process that now and then waits for the network.

mod exec;
mod init;
mod inspect;
mod list;
mod output;
mod project;
mod run;
mod view;

use crate::system::System;
use init::init;
use list::list;
use output::{complain, help, say};
use project::prefix;

use super::NPM_VERSION;
use super::config::Config;
use super::error::NpmError;
use super::files;
use super::install::{Install, Job};
use super::json;
use super::manifest::{Host, Manifest};
use super::path;
use super::platform::{Platform, Request, Response};
use super::spec::{self, Spec};

/// Defaults the container gives.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// Registry in use unless configured otherwise.
    pub registry: String,
    /// npm's own default, which tarball URLs may name.
    pub default_registry: String,
    /// Version of the Node that programs of this process would run in.
    pub node_version: String,
}

enum State {
    Done(i32),
    Installing {
        install: Box<Install>,
        then: Then,
    },
    /// Waiting for the packument `npm view` shows.
    Viewing(Box<view::View>),
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
            State::Viewing(view) => view.take_request().into_iter().collect(),
            State::Done(_) => Vec::new(),
        }
    }

    /// Takes in what came of a request.
    pub fn deliver(&mut self, platform: &dyn Platform, id: u32, response: Response) {
        let result = match &mut self.state {
            State::Done(_) => return,
            State::Installing { install, .. } => install.deliver(platform, id, response),
            State::Viewing(view) => match view.show(platform.system(), response) {
                Ok(()) => {
                    self.state = State::Done(0);
                    Ok(())
                }
                Err(error) => Err(error),
            },
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
            ("node-version", &defaults.node_version),
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
        if self.config.get("workspace").is_some() || self.config.flag("workspaces", false) {
            return Err(NpmError::new(
                "EUNSUPPORTED",
                "Workspaces are not supported; run npm in the workspace's own folder.",
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
            "dedupe" | "ddp" | "prune" => self.install(
                platform,
                Job {
                    root,
                    dedupe: command != "prune",
                    ..Job::default()
                },
                Then::Summarize,
            ),
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
                    &format!(
                        "{{ npm: '{NPM_VERSION}', node: '{}' }}",
                        Host::of(&self.config).node
                    ),
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
                match exec::find_command(system, &folder, &package, command)
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
}

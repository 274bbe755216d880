//! What a command gets to work with: arguments, environment, buffered output, error texts, option parsing.

use core::fmt::Display;

use super::Program;
use crate::errno::{Errno, Result};
use crate::system::{System, open_flags, read_to_end, strerror, write_all};

/// Output is written out when this many bytes have gathered.
const OUTPUT_BUFFER: usize = 32 * 1024;

/// The process of a running command.
pub struct Context<'a> {
    /// System calls.
    pub system: &'a dyn System,
    /// Arguments after `argv[0]`.
    pub args: &'a [String],
    /// `NAME=value` strings.
    pub env: &'a [String],
    program: &'a Program,
    output: Vec<u8>,
    output_error: Option<Errno>,
}

/// One option that was given, and its value if it takes one.
pub type OptionValue = (char, Option<String>);

impl<'a> Context<'a> {
    /// A context for one run of `program`.
    pub fn new(
        system: &'a dyn System,
        program: &'a Program,
        args: &'a [String],
        env: &'a [String],
    ) -> Context<'a> {
        Context {
            system,
            args,
            env,
            program,
            output: Vec::new(),
            output_error: None,
        }
    }

    /// The same process with other arguments. Output buffered so far must have been flushed.
    pub fn with_args<'b>(&'b self, args: &'b [String]) -> Context<'b> {
        Context::new(self.system, self.program, args, self.env)
    }

    /// Name of the program.
    pub fn name(&self) -> &'static str {
        self.program.name
    }

    /// Value of an environment variable.
    pub fn var(&self, name: &str) -> Option<&'a str> {
        self.env.iter().find_map(|entry| {
            let (key, value) = entry.split_once('=')?;
            (key == name).then_some(value)
        })
    }

    /// Buffers bytes for the standard output.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.output.extend_from_slice(bytes.as_ref());
        if self.output.len() >= OUTPUT_BUFFER {
            self.flush();
        }
    }

    /// Buffers a line for the standard output.
    pub fn line(&mut self, line: impl AsRef<[u8]>) {
        self.write(line);
        self.write("\n");
    }

    /// Writes the buffered output out. Fails for good once the output cannot be written: a loop that goes on for ever must end then.
    pub fn flush(&mut self) -> bool {
        if self.output_error.is_none()
            && let Err(error) = write_all(self.system, 1, &self.output)
        {
            self.output_error = Some(error);
        }
        self.output.clear();
        self.output_error.is_none()
    }

    /// Whether the standard output still takes bytes.
    pub fn output_ok(&self) -> bool {
        self.output_error.is_none()
    }

    /// Writes the rest out; answers the exit code, which a failed write turns into 1.
    pub fn finish(mut self, code: i32) -> i32 {
        self.flush();
        match self.output_error {
            // The reader has gone, and whoever ignores SIGPIPE knows: no message, as with a signal.
            Some(Errno::EPIPE) => code.max(1),
            Some(error) => {
                self.error(format_args!("write error: {}", strerror(error)));
                code.max(1)
            }
            None => code,
        }
    }

    /// Prints `name: message` on the standard error, after everything printed so far.
    pub fn error(&mut self, message: impl Display) {
        self.flush();
        let text = format!("{}: {message}\n", self.program.name);
        // Nobody is left to hear of an error on the standard error itself.
        let _unreportable = write_all(self.system, 2, text.as_bytes());
    }

    /// Prints `name: path: error text`.
    pub fn path_error(&mut self, path: impl Display, error: Errno) {
        self.error(format_args!("{path}: {}", strerror(error)));
    }

    /// Prints `name: message`, then the pointer to `--help`; answers `code`.
    pub fn usage_error(&mut self, message: impl Display, code: i32) -> i32 {
        let name = self.program.name;
        self.error(format_args!(
            "{message}\nTry '{name} --help' for more information."
        ));
        code
    }

    /// Prints the complaint about an operand that is missing; answers 1.
    pub fn missing_operand(&mut self) -> i32 {
        self.usage_error("missing operand", 1)
    }

    /// Parses options as GNU's `getopt_long`. `short` lists letters, with `:` after those that take a value; a leading `+` stops at the first
    /// operand. `long` maps long names to letters. Answers options and operands, or the exit code (`--help` was given, or a mistake, with `failure`).
    pub fn options(
        &mut self,
        short: &str,
        long: &[(&str, char)],
        failure: i32,
    ) -> core::result::Result<(Vec<OptionValue>, Vec<String>), i32> {
        let in_order = short.starts_with('+');
        let takes_value = |letter: char| {
            short
                .find(letter)
                .is_some_and(|at| short[at + letter.len_utf8()..].starts_with(':'))
        };
        let mut options = Vec::new();
        let mut operands = Vec::new();
        let mut args = self.args.iter();
        while let Some(arg) = args.next() {
            if arg == "--" {
                operands.extend(args.cloned());
                break;
            }
            if let Some(word) = arg.strip_prefix("--") {
                let (name, given) = match word.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (word, None),
                };
                if name == "help" {
                    let usage = format!("Usage: {} {}", self.program.name, self.program.usage);
                    self.line(usage);
                    return Err(0);
                }
                let Some(&(_, letter)) = long.iter().find(|(known, _)| *known == name) else {
                    return Err(
                        self.usage_error(format_args!("unrecognized option '--{name}'"), failure)
                    );
                };
                let value = match (takes_value(letter), given) {
                    (true, None) => match args.next() {
                        Some(value) => Some(value.clone()),
                        None => {
                            return Err(self.usage_error(
                                format_args!("option '--{name}' requires an argument"),
                                failure,
                            ));
                        }
                    },
                    (_, given) => given,
                };
                options.push((letter, value));
            } else if let Some(letters) = arg.strip_prefix('-').filter(|rest| !rest.is_empty()) {
                let mut rest = letters.chars();
                while let Some(letter) = rest.next() {
                    if letter == ':' || letter == '+' || !short.contains(letter) {
                        return Err(
                            self.usage_error(format_args!("invalid option -- '{letter}'"), failure)
                        );
                    }
                    if !takes_value(letter) {
                        options.push((letter, None));
                        continue;
                    }
                    let attached = rest.as_str();
                    let value = if attached.is_empty() {
                        args.next().cloned()
                    } else {
                        Some(attached.to_owned())
                    };
                    let Some(value) = value else {
                        return Err(self.usage_error(
                            format_args!("option requires an argument -- '{letter}'"),
                            failure,
                        ));
                    };
                    options.push((letter, Some(value)));
                    break;
                }
            } else {
                operands.push(arg.clone());
                if in_order {
                    operands.extend(args.cloned());
                    break;
                }
            }
        }
        Ok((options, operands))
    }

    /// Opens an input: the standard input for `-`.
    pub fn open_input(&self, path: &str) -> Result<Input> {
        if path == "-" {
            return Ok(Input {
                fd: 0,
                owned: false,
            });
        }
        let flags = open_flags::O_RDONLY | open_flags::O_CLOEXEC;
        let fd = self.system.open(path, flags, 0)?;
        if self.system.fstat(fd)?.is_dir() {
            self.system.close(fd)?;
            return Err(Errno::EISDIR);
        }
        Ok(Input { fd, owned: true })
    }

    /// Whole contents of an input: the standard input for `-`.
    pub fn read_input(&self, path: &str) -> Result<Vec<u8>> {
        let input = self.open_input(path)?;
        let contents = read_to_end(self.system, input.fd);
        input.close(self.system)?;
        contents
    }

    /// Contents of all `paths` one after another, the standard input if there are none. Those that cannot be read are reported, and
    /// make the second answer false.
    pub fn read_inputs(&mut self, paths: &[String]) -> (Vec<u8>, bool) {
        let stdin = [String::from("-")];
        let paths = if paths.is_empty() { &stdin } else { paths };
        let (mut all, mut ok) = (Vec::new(), true);
        for path in paths {
            match self.read_input(path) {
                Ok(mut contents) if all.is_empty() => core::mem::swap(&mut all, &mut contents),
                Ok(contents) => all.extend_from_slice(&contents),
                Err(error) => {
                    self.path_error(path, error);
                    ok = false;
                }
            }
        }
        (all, ok)
    }

    /// Creates or truncates a file and writes `contents`.
    pub fn write_file(&self, path: &str, contents: &[u8]) -> Result<()> {
        use open_flags::{O_CLOEXEC, O_CREAT, O_TRUNC, O_WRONLY};
        let fd = self
            .system
            .open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)?;
        let written = write_all(self.system, fd, contents);
        self.system.close(fd)?;
        written
    }
}

/// An open input.
#[derive(Debug)]
pub struct Input {
    /// Descriptor to read.
    pub fd: i32,
    owned: bool,
}

impl Input {
    /// Closes the descriptor unless it is the standard input.
    pub fn close(self, system: &dyn System) -> Result<()> {
        if self.owned {
            system.close(self.fd)
        } else {
            Ok(())
        }
    }
}

/// The lines of `bytes` with their newlines; the last may lack one.
pub fn lines(bytes: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

/// A line without its newline.
pub fn chomp(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

/// `directory/name` without doubling the slash.
pub fn join(directory: &str, name: &str) -> String {
    if directory.ends_with('/') {
        format!("{directory}{name}")
    } else {
        format!("{directory}/{name}")
    }
}

/// Last part of a path, as basename(1) sees it.
pub fn base_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return if path.is_empty() { "" } else { "/" };
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

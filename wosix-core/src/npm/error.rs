//! What can go wrong, in npm's codes and words.

use core::fmt;

/// An error of the npm client. Printed as npm prints it: `npm error code <code>`, then every line with `npm error` before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NpmError {
    /// npm's code, e.g. `E404`.
    pub code: &'static str,
    /// First line.
    pub summary: String,
    /// Further lines.
    pub detail: Vec<String>,
    /// Exit code of the process.
    pub exit_code: i32,
}

/// Code of [`NpmError::script`].
pub const SCRIPT: &str = "ESCRIPT";

impl NpmError {
    /// An error without further lines.
    pub fn new(code: &'static str, summary: impl Into<String>) -> NpmError {
        NpmError {
            code,
            summary: summary.into(),
            detail: Vec::new(),
            exit_code: 1,
        }
    }

    /// A lifecycle script failed; npm shows its exit code as the error's code.
    pub fn script(exit_code: i32, path: &str, command: &str) -> NpmError {
        let mut error = NpmError::new(SCRIPT, format!("path {path}"))
            .with_detail("command failed")
            .with_detail(format!("command sh -c {command}"));
        error.exit_code = exit_code;
        error
    }

    /// Adds a line.
    #[must_use]
    pub fn with_detail(mut self, line: impl Into<String>) -> NpmError {
        self.detail.push(line.into());
        self
    }

    /// `E404`, with the advice npm gives.
    pub fn not_found(url: &str, package: &str) -> NpmError {
        NpmError::new("E404", format!("404 Not Found - GET {url} - Not found"))
            .with_detail("")
            .with_detail(format!(" The requested resource '{package}' could not be found or you do not have permission to access it."))
            .with_detail("")
            .with_detail("Note that you can also install from a")
            .with_detail("tarball, folder, http url, or git folder.")
    }

    /// The lines npm prints, each without a line break.
    pub fn lines(&self) -> Vec<String> {
        let prefix = |text: &str| {
            if text.is_empty() {
                "npm error".to_owned()
            } else {
                format!("npm error {text}")
            }
        };
        let mut lines = vec![match self.code {
            SCRIPT => format!("npm error code {}", self.exit_code),
            code => format!("npm error code {code}"),
        }];
        // npm puts the code before the summary of these, too.
        let coded = matches!(self.code, "E404" | "ERESOLVE");
        if coded && self.code == "E404" {
            lines.push(format!("npm error {}", self.summary));
        } else if coded {
            lines.push(format!("npm error {} {}", self.code, self.summary));
        } else {
            lines.extend(self.summary.lines().map(|line| match self.code {
                "ETARGET" => format!("npm error notarget {line}"),
                _ => prefix(line),
            }));
        }
        for line in &self.detail {
            lines.push(match self.code {
                "E404" if line.is_empty() => "npm error 404".to_owned(),
                "E404" => format!("npm error 404 {line}"),
                "ETARGET" => format!("npm error notarget {line}"),
                _ => prefix(line),
            });
        }
        lines
    }
}

impl fmt::Display for NpmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.summary)
    }
}

impl core::error::Error for NpmError {}

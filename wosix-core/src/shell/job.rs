//! Background jobs: bookkeeping for `jobs`, `wait`, `kill %n` and `fg`.

use super::run::Shell;

/// A background list or pipeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// Number, as in `%1`.
    pub id: u32,
    /// Processes that have not ended yet.
    pub running: Vec<i32>,
    /// The last process, whose status is the job's.
    pub last: i32,
    /// Status of the last process once it has ended.
    pub status: Option<i32>,
    /// Source text.
    pub text: String,
}

impl Job {
    /// A job that has just been started; failed stages (negative) are left out.
    pub fn new(id: u32, pids: Vec<i32>, text: String) -> Job {
        let last = pids.last().copied().unwrap_or_default();
        Job {
            id,
            running: pids.into_iter().filter(|pid| *pid > 0).collect(),
            last,
            status: None,
            text,
        }
    }

    /// Notes the end of one process.
    pub fn ended(&mut self, pid: i32, status: i32) {
        self.running.retain(|other| *other != pid);
        if pid == self.last {
            self.status = Some(status);
        }
    }

    /// All of its processes have ended.
    pub fn is_done(&self) -> bool {
        self.running.is_empty()
    }

    fn state(&self) -> String {
        match self.status {
            _ if !self.is_done() => "Running".into(),
            None | Some(0) => "Done".into(),
            Some(status) if status > 128 => signal_text(status - 128),
            Some(status) => format!("Done({status})"),
        }
    }

    /// The line that `jobs` prints.
    pub fn line(&self) -> String {
        format!("[{}] {:<20} {}\n", self.id, self.state(), self.text)
    }
}

impl Shell<'_> {
    /// Collects children that have ended.
    pub(super) fn reap(&mut self) {
        let system = self.system;
        self.substituted
            .retain(|pid| matches!(system.wait(*pid, true), Ok(None)));
        for job in &mut self.jobs {
            for pid in job.running.clone() {
                match self.system.wait(pid, true) {
                    Ok(Some(status)) => job.ended(pid, status.shell_code()),
                    Ok(None) => {}
                    // Someone else has collected it; how it ended cannot be known any more.
                    Err(_) => job.ended(pid, 127),
                }
            }
        }
    }

    /// Tells an interactive user about jobs that are done, and forgets them.
    pub(super) fn report_jobs(&mut self) {
        self.reap();
        let done: Vec<String> = self
            .jobs
            .iter()
            .filter(|job| job.is_done())
            .map(Job::line)
            .collect();
        self.jobs.retain(|job| !job.is_done());
        for line in done {
            self.tell(&line);
        }
    }

    /// Index of the job that `%1`, `%%`, `%+`, `%name` or nothing means.
    pub(super) fn find_job(&self, spec: Option<&str>) -> Option<usize> {
        let spec = spec.map_or("%", |spec| spec.strip_prefix('%').unwrap_or(spec));
        match spec {
            "" | "%" | "+" => self.jobs.len().checked_sub(1),
            "-" => self.jobs.len().checked_sub(2),
            _ => match spec.parse::<u32>() {
                Ok(id) => self.jobs.iter().position(|job| job.id == id),
                Err(_) => self.jobs.iter().position(|job| job.text.starts_with(spec)),
            },
        }
    }
}

/// What a shell says about a job that a signal ended.
pub fn signal_text(number: i32) -> String {
    const TEXTS: [&str; 31] = [
        "Hangup",
        "Interrupt",
        "Quit",
        "Illegal instruction",
        "Trace/breakpoint trap",
        "Aborted",
        "Bus error",
        "Floating point exception",
        "Killed",
        "User defined signal 1",
        "Segmentation fault",
        "User defined signal 2",
        "Broken pipe",
        "Alarm clock",
        "Terminated",
        "Stack fault",
        "Child exited",
        "Continued",
        "Stopped (signal)",
        "Stopped",
        "Stopped (tty input)",
        "Stopped (tty output)",
        "Urgent I/O condition",
        "CPU time limit exceeded",
        "File size limit exceeded",
        "Virtual timer expired",
        "Profiling timer expired",
        "Window changed",
        "I/O possible",
        "Power failure",
        "Bad system call",
    ];
    let index = usize::try_from(number - 1).ok();
    let text = index.and_then(|index| TEXTS.get(index));
    text.map_or_else(|| format!("Signal {number}"), |text| (*text).to_owned())
}

//! Signals: numbers, default actions, and what a process made of them.

/// A signal number with its Linux value.
pub type Signal = u8;

macro_rules! signals {
    ($($name:ident = $value:literal;)*) => {
        $(#[doc = concat!("`", stringify!($name), "`")] pub const $name: Signal = $value;)*
    };
}

signals! {
    SIGHUP = 1; SIGINT = 2; SIGQUIT = 3; SIGILL = 4; SIGTRAP = 5; SIGABRT = 6; SIGBUS = 7; SIGFPE = 8;
    SIGKILL = 9; SIGUSR1 = 10; SIGSEGV = 11; SIGUSR2 = 12; SIGPIPE = 13; SIGALRM = 14; SIGTERM = 15;
    SIGSTKFLT = 16; SIGCHLD = 17; SIGCONT = 18; SIGSTOP = 19; SIGTSTP = 20; SIGTTIN = 21; SIGTTOU = 22;
    SIGURG = 23; SIGXCPU = 24; SIGXFSZ = 25; SIGVTALRM = 26; SIGPROF = 27; SIGWINCH = 28; SIGIO = 29;
    SIGPWR = 30; SIGSYS = 31;
}

/// Highest signal number (`SIGRTMAX`).
pub const SIGNAL_MAX: Signal = 64;

/// What an unhandled signal does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DefaultAction {
    /// Ends the process.
    Terminate,
    /// Nothing.
    Ignore,
    /// Would stop the process. Job control by stopping does not exist here (a worker cannot be suspended).
    Stop,
}

/// The action of a signal with default disposition; signal(7).
pub fn default_action(signal: Signal) -> DefaultAction {
    match signal {
        SIGCHLD | SIGCONT | SIGURG | SIGWINCH => DefaultAction::Ignore,
        SIGSTOP | SIGTSTP | SIGTTIN | SIGTTOU => DefaultAction::Stop,
        _ => DefaultAction::Terminate,
    }
}

/// What a process asked to be done with a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Disposition {
    /// [`default_action`].
    #[default]
    Default,
    /// Dropped.
    Ignored,
    /// Queued until the program asks for it.
    Caught,
}

/// Signal state of one process.
#[derive(Clone, Debug, Default)]
pub struct SignalState {
    ignored: u64,
    caught: u64,
    pending: u64,
    /// A caught signal arrived since the last blocking call looked: that call answers `EINTR`, once.
    interrupted: bool,
}

const fn bit(signal: Signal) -> u64 {
    1 << (signal - 1)
}

impl SignalState {
    /// The disposition of `signal` (1 to [`SIGNAL_MAX`]).
    pub fn disposition(&self, signal: Signal) -> Disposition {
        if self.ignored & bit(signal) != 0 {
            Disposition::Ignored
        } else if self.caught & bit(signal) != 0 {
            Disposition::Caught
        } else {
            Disposition::Default
        }
    }

    /// Sets the disposition of `signal`; an ignored signal is no longer pending.
    pub fn set_disposition(&mut self, signal: Signal, disposition: Disposition) {
        self.ignored &= !bit(signal);
        self.caught &= !bit(signal);
        match disposition {
            Disposition::Default => {}
            Disposition::Ignored => self.ignored |= bit(signal),
            Disposition::Caught => self.caught |= bit(signal),
        }
        if disposition != Disposition::Caught {
            self.pending &= !bit(signal);
        }
    }

    /// What a child starts with: ignored signals stay ignored, caught ones go back to default (execve(2)).
    pub fn inherited(&self) -> SignalState {
        SignalState {
            ignored: self.ignored,
            ..SignalState::default()
        }
    }

    /// Marks a caught signal as pending.
    pub fn post(&mut self, signal: Signal) {
        self.pending |= bit(signal);
        self.interrupted = true;
    }

    /// Takes the lowest pending signal.
    pub fn take_next(&mut self) -> Option<Signal> {
        self.interrupted = false;
        if self.pending == 0 {
            return None;
        }
        let signal = self.pending.trailing_zeros() as Signal + 1;
        self.pending &= !bit(signal);
        Some(signal)
    }

    /// Whether the blocking call at hand has to answer `EINTR`; asked once a signal.
    pub fn take_interrupt(&mut self) -> bool {
        core::mem::take(&mut self.interrupted)
    }
}

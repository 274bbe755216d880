//! System calls on signals, and their delivery.

use super::{Call, Kernel};
use crate::errno::{Errno, Result};
use crate::process::signal::{
    DefaultAction, Disposition, SIGKILL, SIGNAL_MAX, SIGSTOP, Signal, default_action,
};
use crate::process::{Ending, HOST, Pid};

impl Kernel {
    /// kill(2): `pid` > 0 a process, 0 the caller's group, -1 everybody else, < -1 a group. Signal 0 only checks.
    ///
    /// # Errors
    /// `EINVAL`, `ESRCH`, `EPERM` (the host's process), `ENOSYS` (`SIGSTOP`: a worker cannot be suspended).
    pub fn kill(&mut self, call: Call, pid: i32, signal: i32) -> Result<()> {
        let signal = Signal::try_from(signal)
            .ok()
            .filter(|&signal| signal <= SIGNAL_MAX)
            .ok_or(Errno::EINVAL)?;
        let own = self.process_of(call.tid)?;
        let targets: Vec<Pid> = match pid {
            1.. => vec![self.table.get(pid as Pid)?.pid],
            0 => self.table.group_members(self.process(call.tid)?.group),
            -1 => self
                .table
                .iter()
                .filter(|p| p.alive() && p.pid != own && p.pid != HOST)
                .map(|p| p.pid)
                .collect(),
            _ => self.table.group_members(pid.unsigned_abs()),
        };
        if targets.is_empty() {
            return Err(Errno::ESRCH);
        }
        if own != HOST && targets == [HOST] {
            return Err(Errno::EPERM);
        }
        if signal == SIGSTOP {
            return Err(Errno::ENOSYS);
        }
        if signal != 0 {
            for target in targets {
                self.deliver(target, signal);
            }
        }
        Ok(())
    }

    /// sigaction(2): answers the disposition before.
    ///
    /// # Errors
    /// `EINVAL` for an unknown signal, and for a change of `SIGKILL` or `SIGSTOP`.
    pub fn sigaction(
        &mut self,
        call: Call,
        signal: i32,
        disposition: Disposition,
    ) -> Result<Disposition> {
        let signal = Signal::try_from(signal)
            .ok()
            .filter(|&signal| (1..=SIGNAL_MAX).contains(&signal))
            .ok_or(Errno::EINVAL)?;
        if matches!(signal, SIGKILL | SIGSTOP) && disposition != Disposition::Default {
            return Err(Errno::EINVAL);
        }
        let signals = &mut self.process_mut(call.tid)?.signals;
        let before = signals.disposition(signal);
        signals.set_disposition(signal, disposition);
        Ok(before)
    }

    /// The next pending caught signal.
    pub fn next_signal(&mut self, call: Call) -> Result<Option<Signal>> {
        Ok(self.process_mut(call.tid)?.signals.take_next())
    }

    /// Does to a process what a signal does. The dead and the host (unless it catches the signal) are left alone.
    pub(super) fn deliver(&mut self, pid: Pid, signal: Signal) {
        let Ok(process) = self.table.get_mut(pid) else {
            return;
        };
        if !process.alive() {
            return;
        }
        match process.signals.disposition(signal) {
            Disposition::Ignored => {}
            Disposition::Caught => {
                process.signals.post(signal);
                for &tid in &process.threads {
                    self.wakes.add(tid);
                }
            }
            Disposition::Default => match default_action(signal) {
                DefaultAction::Ignore | DefaultAction::Stop => {}
                DefaultAction::Terminate => self.end_process(pid, Ending::Signaled(signal)),
            },
        }
    }
}

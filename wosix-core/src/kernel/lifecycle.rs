//! The end of a process.

use super::{Effect, Kernel};
use crate::process::signal::{Disposition, SIGCHLD, SIGHUP};
use crate::process::{Ending, HOST, Pid, State};

impl Kernel {
    /// Ends a process: closes its descriptors at once, hands its children to the host, and tells its parent.
    ///
    /// Threads that still run it are marked dead; the host is asked to terminate their worker.
    pub(super) fn end_process(&mut self, pid: Pid, ending: Ending) {
        let Ok(process) = self.table.get_mut(pid) else {
            return;
        };
        if !process.alive() || pid == HOST {
            return;
        }
        let started = process.state == State::Running;
        process.state = State::Zombie(ending);
        let threads = core::mem::take(&mut process.threads);
        let starting = process.made.any_started();
        let files = process.descriptors.take_all();
        let (cwd, parent, terminal) = (process.cwd, process.parent, process.terminal);
        let leads_session = process.leads_session();

        let queued = self.effects.iter().position(
            |effect| matches!(effect, Effect::Exec { pid: queued, .. } if *queued == pid),
        );
        if let Some(index) = queued {
            self.effects.remove(index);
        } else if !threads.is_empty() || starting || !started {
            self.effect(Effect::Terminate { pid });
        }
        self.effects.retain(
            |effect| !matches!(effect, Effect::Thread { pid: queued, .. } if *queued == pid),
        );
        self.message_ports.close_of_process(pid);
        for tid in threads {
            let thread = &mut self.threads[tid as usize];
            thread.dead = true;
            thread.process = None;
            thread.news.clear();
            self.deaths.push(tid);
            if let Some(file) = thread.opening.take() {
                self.release_file(file);
            }
        }
        for file in files {
            self.release_file(file);
        }
        self.vfs.release(cwd);
        if leads_session && let Some(id) = terminal {
            let group = self.terminals.get_mut(id).and_then(|terminal| {
                terminal.session = None;
                terminal.foreground.take()
            });
            self.detach_terminal(id);
            for member in group
                .map(|group| self.table.group_members(group))
                .unwrap_or_default()
            {
                self.deliver(member, SIGHUP);
            }
        }
        self.disown_children(pid);
        self.report_end(pid, parent);
    }

    /// Orphans go to the host, which never asks for them: they vanish when they end.
    fn disown_children(&mut self, pid: Pid) {
        for child in self.table.children(pid) {
            let Ok(process) = self.table.get_mut(child) else {
                continue;
            };
            if process.alive() {
                process.parent = HOST;
                process.orphan = true;
            } else {
                self.table.remove(child);
            }
        }
    }

    fn report_end(&mut self, pid: Pid, parent: Pid) {
        let orphan = self.table.get(pid).is_ok_and(|process| process.orphan);
        let Ok(process) = self.table.get_mut(parent) else {
            self.table.remove(pid);
            return;
        };
        process.child_queue.wake(&mut self.wakes);
        if !orphan {
            // An event loop learns of it without waiting.
            for &tid in &process.threads {
                self.wakes.add(tid);
            }
        }
        if orphan || process.signals.disposition(SIGCHLD) == Disposition::Ignored {
            self.table.remove(pid);
        }
        self.deliver(parent, SIGCHLD);
    }
}

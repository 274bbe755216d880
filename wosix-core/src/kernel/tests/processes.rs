use super::super::{ChildEnd, WaitTarget};
use super::*;
use crate::process::Ending;
use crate::process::signal::{Disposition, SIGCHLD, SIGINT, SIGKILL, SIGTERM, SIGUSR1, SIGWINCH};

fn wait(
    m: &mut Machine,
    who: Running,
    target: WaitTarget,
    nonblock: bool,
) -> Pending<Option<ChildEnd>> {
    m.start(who, move |kernel, call| kernel.wait(call, target, nonblock))
}

fn end(child: Running, ending: Ending) -> Option<Result<Option<ChildEnd>>> {
    Some(Ok(Some(ChildEnd {
        pid: child.pid,
        ending,
    })))
}

fn disposition(m: &mut Machine, who: Running, signal: u8, disposition: Disposition) {
    m.call(who, |kernel, call| {
        kernel.sigaction(call, signal.into(), disposition)
    })
    .expect("may be set");
}

#[test]
fn wait_answers_each_end_once() {
    let mut m = Machine::new();
    let parent = m.process();
    assert_eq!(
        wait(&mut m, parent, WaitTarget::Any, false).get(),
        Some(Err(Errno::ECHILD))
    );
    let (a, b) = (
        m.spawn(parent, Machine::request(&[])),
        m.spawn(parent, Machine::request(&[])),
    );
    assert_eq!(
        wait(&mut m, parent, WaitTarget::Any, true).get(),
        Some(Ok(None))
    );
    let waiting = wait(&mut m, parent, WaitTarget::Child(b.pid), false);
    m.exit(a, 4);
    assert_eq!(waiting.get(), None);
    m.kill(HOST, b.pid as i32, SIGKILL).expect("may");
    assert_eq!(waiting.get(), end(b, Ending::Signaled(SIGKILL)));
    assert_eq!(
        wait(&mut m, parent, WaitTarget::Any, true).get(),
        end(a, Ending::Exited(4))
    );
    assert_eq!(
        wait(&mut m, parent, WaitTarget::Any, true).get(),
        Some(Err(Errno::ECHILD))
    );
    assert_eq!(
        wait(&mut m, HOST, WaitTarget::Child(a.pid), true).get(),
        Some(Err(Errno::ECHILD))
    );
}

#[test]
fn wait_by_group() {
    let mut m = Machine::new();
    let child = m.spawn(
        HOST,
        SpawnRequest {
            group: Some(0),
            ..Machine::request(&[])
        },
    );
    let mate = m.spawn(
        HOST,
        SpawnRequest {
            group: Some(child.pid),
            ..Machine::request(&[])
        },
    );
    m.exit(child, 0);
    m.exit(mate, 0);
    for _ in 0..2 {
        let ended = wait(&mut m, HOST, WaitTarget::Group(child.pid), true)
            .get()
            .expect("answers")
            .expect("has children");
        assert!(ended.is_some(), "the group outlives its leader");
    }
    assert_eq!(
        wait(&mut m, HOST, WaitTarget::Group(child.pid), true).get(),
        Some(Err(Errno::ECHILD))
    );
    let lost = Machine::request(&[]);
    let answer = m.done(HOST, move |kernel, call| {
        kernel.spawn(
            call,
            &SpawnRequest {
                group: Some(999),
                ..lost.clone()
            },
        )
    });
    assert_eq!(answer, Err(Errno::EPERM));
}

#[test]
fn orphans_vanish_when_they_end() {
    let mut m = Machine::new();
    let parent = m.process();
    let (child, zombie) = (
        m.spawn(parent, Machine::request(&[])),
        m.spawn(parent, Machine::request(&[])),
    );
    m.exit(zombie, 0);
    m.exit(parent, 0);
    assert!(m.kernel.table.get(zombie.pid).is_err());
    assert_eq!(m.call(child, |kernel, call| kernel.getppid(call)), Ok(1));
    m.exit(child, 0);
    assert!(m.kernel.table.get(child.pid).is_err());
    assert_eq!(
        wait(&mut m, HOST, WaitTarget::Any, true).get(),
        end(parent, Ending::Exited(0))
    );
    assert_eq!(
        wait(&mut m, HOST, WaitTarget::Any, true).get(),
        Some(Err(Errno::ECHILD))
    );
}

#[test]
fn ignoring_sigchld_reaps() {
    let mut m = Machine::new();
    let parent = m.process();
    disposition(&mut m, parent, SIGCHLD, Disposition::Ignored);
    let child = m.spawn(parent, Machine::request(&[]));
    let waiting = wait(&mut m, parent, WaitTarget::Any, false);
    m.exit(child, 0);
    assert_eq!(waiting.get(), Some(Err(Errno::ECHILD)));
}

#[test]
fn caught_signals_interrupt_once() {
    let mut m = Machine::new();
    let child = m.process();
    disposition(&mut m, child, SIGUSR1, Disposition::Caught);
    disposition(&mut m, child, SIGTERM, Disposition::Caught);
    let far = Timestamp(i64::MAX);
    let sleep = move |kernel: &mut Kernel, call| kernel.sleep(call, far);
    let first = m.start(child, sleep);
    assert_eq!(first.get(), None);
    m.kill(HOST, child.pid as i32, SIGTERM).expect("may");
    assert_eq!(first.get(), Some(Err(Errno::EINTR)));
    assert_eq!(
        m.start(child, sleep).get(),
        None,
        "one signal interrupts one call"
    );
    m.kill(HOST, child.pid as i32, SIGUSR1).expect("may");
    for expected in [Some(SIGUSR1), Some(SIGTERM), None] {
        assert_eq!(
            m.call(child, |kernel, call| kernel.next_signal(call)),
            Ok(expected)
        );
    }
}

#[test]
fn dispositions() {
    let mut m = Machine::new();
    let child = m.process();
    m.kill(HOST, child.pid as i32, SIGWINCH)
        .expect("ignored by default");
    disposition(&mut m, child, SIGINT, Disposition::Ignored);
    disposition(&mut m, child, SIGTERM, Disposition::Caught);
    m.kill(HOST, child.pid as i32, SIGINT).expect("ignored");
    let grandchild = m.spawn(child, Machine::request(&[]));
    m.kill(HOST, grandchild.pid as i32, SIGINT)
        .expect("still ignored in the child");
    assert!(!m.kernel.is_dead(grandchild.tid));
    m.kill(HOST, grandchild.pid as i32, SIGTERM)
        .expect("caught no longer in the child");
    assert!(m.kernel.is_dead(grandchild.tid));
    let set = |m: &mut Machine, signal| {
        m.call(child, |kernel, call| {
            kernel.sigaction(call, signal, Disposition::Ignored)
        })
    };
    assert_eq!(set(&mut m, i32::from(SIGKILL)), Err(Errno::EINVAL));
    assert_eq!(set(&mut m, 0), Err(Errno::EINVAL));
    assert_eq!(set(&mut m, 65), Err(Errno::EINVAL));
}

#[test]
fn kill_errors_and_targets() {
    let mut m = Machine::new();
    let leader = m.spawn(
        HOST,
        SpawnRequest {
            group: Some(0),
            ..Machine::request(&[])
        },
    );
    let member = m.spawn(leader, Machine::request(&[]));
    let other = m.process();
    assert_eq!(m.kill(other, 4000, 0), Err(Errno::ESRCH));
    assert_eq!(m.kill(other, 1, SIGTERM), Err(Errno::EPERM));
    assert_eq!(m.kill(other, other.pid as i32, 65), Err(Errno::EINVAL));
    assert_eq!(m.kill(other, other.pid as i32, 19), Err(Errno::ENOSYS));
    assert_eq!(m.kill(HOST, -(leader.pid as i32), SIGTERM), Ok(()));
    assert!(
        m.kernel.is_dead(leader.tid)
            && m.kernel.is_dead(member.tid)
            && !m.kernel.is_dead(other.tid)
    );
    assert_eq!(
        m.kill(other, leader.pid as i32, SIGTERM),
        Ok(()),
        "a zombie can be signalled"
    );
}

#[test]
fn killing_before_the_worker_has_started() {
    let mut m = Machine::new();
    let request = Machine::request(&[]);
    let pid = m
        .done(HOST, {
            let request = request.clone();
            move |k, c| k.spawn(c, &request)
        })
        .expect("spawns");
    m.kill(HOST, pid as i32, SIGKILL).expect("may");
    assert_eq!(m.effects(), [], "neither started nor terminated");

    let pid = m
        .done(HOST, move |k, c| k.spawn(c, &request))
        .expect("spawns");
    assert_eq!(m.effects().len(), 1);
    m.kill(HOST, pid as i32, SIGKILL).expect("may");
    assert_eq!(
        m.effects(),
        [Effect::Terminate { pid }],
        "its worker may be on the way"
    );
    m.kernel.attach(9, pid).expect("is told nothing");
    assert!(m.kernel.is_dead(9));
    m.kernel.forget_thread(9);
    assert!(!m.kernel.is_dead(9));
}

#[test]
fn a_vanished_worker_takes_its_process_along() {
    let mut m = Machine::new();
    let child = m.process();
    m.kernel.forget_thread(child.tid);
    assert_eq!(
        wait(&mut m, HOST, WaitTarget::Any, true).get(),
        end(child, Ending::Signaled(SIGKILL))
    );
}

#[test]
fn a_broken_runtime_is_reported_on_standard_error() {
    let mut m = Machine::new();
    let (read, write) = m.pipe(HOST);
    let child = m.spawn(HOST, Machine::request(&[-1, -1, write]));
    m.close(HOST, write);
    m.call(HOST, |kernel, call| {
        kernel.fail_process(call, child.pid, b"oops\n", 6)
    })
    .expect("exists");
    assert_eq!(m.read(HOST, read, 99).get(), Some(Ok(b"oops\n".to_vec())));
    assert_eq!(m.read(HOST, read, 99).get(), Some(Ok(Vec::new())));
    assert_eq!(
        wait(&mut m, HOST, WaitTarget::Any, true).get(),
        end(child, Ending::Signaled(6))
    );
}

#[test]
fn groups_and_sessions() {
    let mut m = Machine::new();
    let shell = m.spawn(
        HOST,
        SpawnRequest {
            new_session: true,
            ..Machine::request(&[])
        },
    );
    assert_eq!(m.call(shell, |k, c| k.getsid(c, 0)), Ok(shell.pid));
    assert_eq!(m.call(shell, |k, c| k.setsid(c)), Err(Errno::EPERM));
    assert_eq!(
        m.call(shell, |k, c| k.setpgid(c, 0, 0)),
        Err(Errno::EPERM),
        "a session's leader stays"
    );
    let job = m.spawn(shell, Machine::request(&[]));
    assert_eq!(m.call(job, |k, c| k.getpgid(c, 0)), Ok(shell.pid));
    assert_eq!(
        m.call(shell, |k, c| k.setpgid(c, job.pid, job.pid)),
        Err(Errno::EACCES),
        "it runs already"
    );
    assert_eq!(m.call(job, |k, c| k.setpgid(c, 0, 0)), Ok(()));
    assert_eq!(m.call(job, |k, c| k.setpgid(c, 0, 999)), Err(Errno::EPERM));
    assert_eq!(
        m.call(HOST, |k, c| k.setpgid(c, job.pid, 0)),
        Err(Errno::ESRCH),
        "not the host's child"
    );
    assert_eq!(
        m.call(job, |k, c| k.setsid(c)),
        Err(Errno::EPERM),
        "it leads a group"
    );
}

#[test]
fn many_processes_come_and_go() {
    let mut m = Machine::new();
    for _ in 0..1000 {
        let child = m.process();
        m.exit(child, 0);
        assert_eq!(
            wait(&mut m, HOST, WaitTarget::Any, true).get(),
            end(child, Ending::Exited(0))
        );
        m.kernel.forget_thread(child.tid);
    }
    assert_eq!(m.kernel.table.iter().count(), 1);
    assert!(m.kernel.table.files.is_empty());
    let children: Vec<Running> = (0..50).map(|_| m.process()).collect();
    for &child in &children {
        m.exit(child, 1);
    }
    for &child in &children {
        assert_eq!(
            wait(&mut m, HOST, WaitTarget::Child(child.pid), true).get(),
            end(child, Ending::Exited(1))
        );
    }
}

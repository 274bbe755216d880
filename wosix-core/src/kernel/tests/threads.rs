use super::*;
use crate::kernel::{Effect, MAILBOX, News, POLLIN, PollEntry};
use crate::process::port::{Message, PortId};
use crate::process::thread::ThreadId;

impl Machine {
    fn pair(&mut self, who: Running) -> (PortId, PortId) {
        self.call(who, |kernel, call| kernel.port_pair(call))
            .expect("makes ports")
    }

    fn send(&mut self, who: Running, port: PortId, text: &str, ports: &[PortId]) -> Result<usize> {
        let message = Message {
            bytes: text.as_bytes().to_vec(),
            ports: ports.to_vec(),
        };
        let sent = self.call(who, |kernel, call| kernel.port_send(call, port, message));
        self.settle();
        sent
    }

    fn receive(&mut self, who: Running, port: PortId) -> Result<String> {
        let message = self.call(who, |kernel, call| kernel.port_receive(call, port))?;
        Ok(String::from_utf8(message.bytes).expect("text"))
    }

    fn news(&mut self, who: Running) -> Vec<News> {
        self.call(who, |kernel, call| kernel.take_news(call))
            .expect("runs")
    }

    /// A thread of `parent` that a worker runs, and the two ends of its port, the parent's first.
    fn thread(&mut self, parent: Running) -> (ThreadId, Running, PortId, PortId) {
        let (own, other) = self.pair(parent);
        let thread = self
            .call(parent, |kernel, call| kernel.thread_create(call))
            .expect("creates");
        self.call(parent, |kernel, call| {
            kernel.thread_start(call, thread, other)
        })
        .expect("starts");
        let pid = parent.pid;
        assert!(self.effects().contains(&Effect::Thread { pid, thread }));
        let tid = self.next_tid;
        self.next_tid += 1;
        let port = self.kernel.attach_thread(tid, pid, thread);
        assert_eq!(port, Ok(other));
        (thread, Running { pid, tid }, own, other)
    }

    fn join(&mut self, who: Running, thread: ThreadId) -> Result<i32> {
        self.call(who, |kernel, call| kernel.thread_join(call, thread))
    }
}

fn alive(machine: &Machine, who: Running) -> bool {
    machine.kernel.process_of(who.tid) == Ok(who.pid)
}

#[test]
fn messages_arrive_in_order_and_before_the_close() {
    let mut machine = Machine::new();
    let main = machine.process();
    let (_, child, own, other) = machine.thread(main);
    assert_eq!(machine.send(main, own, "one", &[]), Ok(1));
    assert_eq!(machine.send(main, own, "two", &[]), Ok(1));
    machine
        .call(main, |kernel, call| kernel.port_close(call, own))
        .expect("closes");
    assert_eq!(machine.news(child), [News::Port(other)]);
    assert_eq!(machine.receive(child, other), Ok("one".into()));
    assert_eq!(machine.receive(child, other), Ok("two".into()));
    assert_eq!(machine.receive(child, other), Err(Errno::EPIPE));
    assert_eq!(machine.send(child, other, "late", &[]), Ok(0));
    assert_eq!(machine.send(main, other, "foreign", &[]), Err(Errno::EBADF));
}

#[test]
fn a_message_ends_a_poll_of_the_mailbox() {
    let mut machine = Machine::new();
    let main = machine.process();
    let (_, child, own, _) = machine.thread(main);
    let polled = machine.start(child, |kernel, call| {
        let mut entries = [PollEntry {
            fd: MAILBOX,
            events: POLLIN,
            revents: 0,
        }];
        kernel.poll(call, &mut entries, None)
    });
    assert_eq!(polled.get(), None);
    machine.send(main, own, "hello", &[]).expect("sends");
    assert_eq!(polled.get(), Some(Ok(1)));
}

#[test]
fn a_port_travels_with_what_waits_in_it() {
    let mut machine = Machine::new();
    let main = machine.process();
    let (_, child, own, other) = machine.thread(main);
    let (near, far) = machine.pair(main);
    machine.send(main, near, "early", &[]).expect("sends");
    machine.send(main, own, "take this", &[far]).expect("sends");
    assert_eq!(machine.receive(main, far), Err(Errno::EBADF));
    machine.news(child);
    assert_eq!(machine.receive(child, other), Ok("take this".into()));
    assert_eq!(machine.news(child), [News::Port(far)]);
    assert_eq!(machine.receive(child, far), Ok("early".into()));
    assert_eq!(machine.receive(child, far), Err(Errno::EAGAIN));
}

#[test]
fn a_port_cannot_be_sent_to_itself() {
    let mut machine = Machine::new();
    let main = machine.process();
    let (near, far) = machine.pair(main);
    assert_eq!(machine.send(main, near, "", &[far]), Err(Errno::ELOOP));
    assert_eq!(machine.receive(main, near), Err(Errno::EPIPE));
}

#[test]
fn a_channel_reaches_everybody_else() {
    let mut machine = Machine::new();
    let main = machine.process();
    let (_, child, ..) = machine.thread(main);
    let open = |machine: &mut Machine, who| {
        machine
            .call(who, |kernel, call| kernel.port_channel(call, b"news"))
            .expect("opens")
    };
    let (first, second) = (open(&mut machine, main), open(&mut machine, child));
    let third = open(&mut machine, child);
    assert_eq!(machine.send(main, first, "all", &[]), Ok(2));
    assert_eq!(machine.receive(child, second), Ok("all".into()));
    assert_eq!(machine.receive(child, third), Ok("all".into()));
    assert_eq!(machine.receive(main, first), Err(Errno::EAGAIN));
}

#[test]
fn a_thread_ends_alone_and_takes_what_is_its_own() {
    let mut machine = Machine::new();
    let main = machine.process();
    machine.write_file("/tmp/file", b"text");
    let (thread, child, own, _) = machine.thread(main);
    let (_, grandchild, ..) = machine.thread(child);
    let kept = machine.open(main, "/tmp/file", OpenFlags::RDONLY);
    let lost = machine.open(child, "/tmp/file", OpenFlags::RDONLY);
    machine
        .call(child, |kernel, call| kernel.thread_exit(call, 300))
        .expect("exits");
    assert!(alive(&machine, main));
    assert!(!alive(&machine, child) && !alive(&machine, grandchild));
    assert!(machine.kernel.is_dead(grandchild.tid) && !machine.kernel.is_dead(child.tid));
    let news = machine.news(main);
    assert!(news.contains(&News::ThreadEnded(thread)) && news.contains(&News::Port(own)));
    assert_eq!(machine.join(main, thread), Ok(300));
    assert_eq!(machine.join(main, thread), Err(Errno::ESRCH));
    let (kept, lost) = (kept.expect("opens"), lost.expect("opens"));
    assert!(
        machine
            .call(main, |kernel, call| kernel.fstat(call, kept))
            .is_ok()
    );
    assert!(
        machine
            .call(main, |kernel, call| kernel.fstat(call, lost))
            .is_err()
    );
}

#[test]
fn who_made_a_thread_may_end_it() {
    let mut machine = Machine::new();
    let main = machine.process();
    let (thread, child, ..) = machine.thread(main);
    let pid = main.pid;
    let kill = |machine: &mut Machine, who| {
        machine.call(who, |kernel, call| kernel.thread_kill(call, thread))
    };
    assert_eq!(kill(&mut machine, child), Err(Errno::ESRCH));
    assert_eq!(machine.join(main, thread), Err(Errno::EAGAIN));
    assert_eq!(kill(&mut machine, main), Ok(()));
    assert_eq!(kill(&mut machine, main), Ok(()));
    assert!(machine.kernel.is_dead(child.tid));
    assert_eq!(machine.effects(), [Effect::TerminateThread { pid, thread }]);
    assert_eq!(machine.join(main, thread), Ok(1));
}

#[test]
fn the_end_of_a_process_ends_its_threads() {
    let mut machine = Machine::new();
    let main = machine.process();
    let (_, child, ..) = machine.thread(main);
    machine.exit(main, 0);
    assert!(machine.kernel.is_dead(child.tid));
    let pid = main.pid;
    assert!(machine.effects().contains(&Effect::Terminate { pid }));
}

#[test]
fn a_thread_that_nobody_took_up_is_never_started() {
    let mut machine = Machine::new();
    let main = machine.process();
    let pid = main.pid;
    let start = |machine: &mut Machine| {
        let (_, other) = machine.pair(main);
        machine
            .call(main, |kernel, call| {
                let thread = kernel.thread_create(call)?;
                kernel.thread_start(call, thread, other)?;
                Ok(thread)
            })
            .expect("starts")
    };
    let thread = start(&mut machine);
    machine
        .call(main, |kernel, call| kernel.thread_kill(call, thread))
        .expect("ends");
    assert_eq!(machine.effects(), []);
    // The host has heard of this one: it must be told, and the worker stays in the kernel.
    let thread = start(&mut machine);
    assert_eq!(machine.effects(), [Effect::Thread { pid, thread }]);
    machine.exit(main, 0);
    assert!(machine.effects().contains(&Effect::Terminate { pid }));
    let tid = machine.next_tid;
    assert_eq!(machine.kernel.attach_thread(tid, pid, thread), Ok(0));
    assert!(machine.kernel.is_dead(tid));
}

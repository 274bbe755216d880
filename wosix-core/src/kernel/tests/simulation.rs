use super::super::{ChildEnd, WaitTarget};
use super::*;
use crate::process::Ending;

/// Copies from descriptor 0 to descriptor 1 until the end or an error, one call a step.
#[derive(Default)]
struct Copier {
    buffer: Vec<u8>,
    ended: bool,
}

impl Copier {
    /// Exits when nothing is left to copy.
    fn step(&mut self, kernel: &mut Kernel, call: Call) -> Answer<()> {
        loop {
            while !self.buffer.is_empty() {
                let count = kernel.write(call, 1, &self.buffer, None, false)?;
                self.buffer.drain(..count);
            }
            if self.ended {
                return Ok(kernel.exit(call, 0)?);
            }
            let mut buffer = [0; 3000];
            let count = kernel.read(call, 0, &mut buffer, None, false)?;
            self.buffer = buffer[..count].to_vec();
            self.ended = count == 0;
        }
    }
}

/// A pipeline of copiers between the test and itself, in whatever order the seed wakes them; with `killed`, one stage dies.
fn pipeline(seed: u64, stages: usize, killed: Option<usize>) {
    let mut m = Machine::with_seed(seed);
    let (first_read, feed) = m.pipe(HOST);
    let mut input = first_read;
    let mut processes = Vec::new();
    for _ in 0..stages {
        let (read, write) = m.pipe(HOST);
        let process = m.spawn(HOST, Machine::request(&[input, write]));
        m.close(HOST, input);
        m.close(HOST, write);
        input = read;
        let mut copier = Copier::default();
        m.start(process, move |kernel, call| copier.step(kernel, call));
        processes.push(process);
    }
    m.call(HOST, |k, c| {
        k.sigaction(c, 13, crate::process::signal::Disposition::Ignored)
    })
    .expect("may");

    // The producer is nobody's thread of its own here: what does not fit is tried again after the consumer has read.
    let total = 1_000_000;
    let (mut sent, mut received) = (0, 0_usize);
    loop {
        if sent < total {
            let chunk: Vec<u8> = (sent..total.min(sent + 50_000))
                .map(|i| (i % 251) as u8)
                .collect();
            match m.done(HOST, move |k, c| k.write(c, feed, &chunk, None, true)) {
                Ok(count) => sent += count,
                Err(Errno::EAGAIN) => {}
                // The first stage is gone.
                Err(Errno::EPIPE) => sent = total,
                Err(other) => panic!("write answered {other}"),
            }
            if sent >= total {
                m.close(HOST, feed);
            }
        }
        if let Some(victim) = killed.filter(|_| received > total / 3) {
            m.kill(HOST, processes[victim].pid as i32, 9).expect("may");
        }
        let mut bytes = vec![0; 20_000];
        let answer = m.done(HOST, move |k, c| {
            let count = k.read(c, input, &mut bytes, None, true)?;
            Ok(bytes[..count].to_vec())
        });
        match answer {
            Ok(bytes) if bytes.is_empty() => break,
            Ok(bytes) => {
                assert!(
                    bytes
                        .iter()
                        .enumerate()
                        .all(|(i, &byte)| byte == ((received + i) % 251) as u8)
                );
                received += bytes.len();
            }
            Err(Errno::EAGAIN) => assert!(sent < total, "seed {seed}: a wake-up was lost"),
            Err(other) => panic!("read answered {other}"),
        }
    }
    assert!(killed.is_some() || received == total);
    // Stages before a killed one learn of it when they write, or find the end of their input.
    if sent < total {
        m.close(HOST, feed);
    }
    for process in processes {
        let end = m
            .done(HOST, move |k, c| {
                k.wait(c, WaitTarget::Child(process.pid), true)
            })
            .expect("is a child");
        assert!(
            matches!(
                end,
                Some(ChildEnd {
                    ending: Ending::Exited(0) | Ending::Signaled(9 | 13),
                    ..
                })
            ),
            "{end:?}"
        );
    }
    m.close(HOST, input);
    assert!(
        m.kernel.pipes.is_empty() && m.kernel.table.files.is_empty(),
        "nothing is left"
    );
}

#[test]
fn pipelines_lose_nothing() {
    for seed in 1..20 {
        pipeline(seed, 1 + seed as usize % 5, None);
    }
}

#[test]
fn pipelines_end_when_a_stage_is_killed() {
    for seed in 1..20 {
        pipeline(seed, 4, Some(seed as usize % 4));
    }
}

use super::*;
use crate::process::signal::Disposition;

/// What `file` with the arguments `a b` runs: runtime, program and arguments; or the error.
fn check(m: &mut Machine, file: &str, path: &str, expected: core::result::Result<&str, Errno>) {
    let request = SpawnRequest {
        file: file.as_bytes().to_vec(),
        args: [file, "a", "b"].map(|arg| arg.as_bytes().to_vec()).to_vec(),
        env: vec![[b"PATH=", path.as_bytes()].concat()],
        ..SpawnRequest::default()
    };
    let spawned = m.done(HOST, move |kernel, call| kernel.spawn(call, &request));
    let shown = spawned.map(|pid| {
        let image = &m.kernel.table.get(pid).expect("exists").image;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!(
            "{} {} {}: {}",
            image.runtime.name(),
            text(&image.program),
            text(&image.path),
            text(&image.args.join(&b' '))
        )
    });
    assert_eq!(shown, expected.map(str::to_owned), "{file}");
}

#[test]
fn lookup() {
    let mut m = Machine::new();
    check(&mut m, "jsh", "/bin", Ok("native jsh /bin/jsh: jsh a b"));
    check(
        &mut m,
        "jsh",
        "/nowhere:/etc/passwd:/usr/bin:/bin",
        Ok("native jsh /bin/jsh: jsh a b"),
    );
    check(&mut m, "jsh", "/tmp", Err(Errno::ENOENT));
    check(&mut m, "", "/bin", Err(Errno::ENOENT));
    check(
        &mut m,
        "/bin/jsh",
        "",
        Ok("native jsh /bin/jsh: /bin/jsh a b"),
    );
    check(
        &mut m,
        "node",
        "/usr/bin",
        Ok("node node /usr/local/bin/node: node a b"),
    );
    check(
        &mut m,
        "/usr/bin/sh",
        "",
        Ok("native jsh /bin/sh: /usr/bin/sh a b"),
    );
    check(
        &mut m,
        "../../bin/jsh",
        "",
        Ok("native jsh /bin/jsh: ../../bin/jsh a b"),
    );
    m.write_file("/home/app/here", b"#!/bin/jsh\n");
    check(&mut m, "here", "/bin", Err(Errno::ENOENT));
    check(
        &mut m,
        "here",
        "/bin:",
        Ok("native jsh /bin/jsh: /bin/jsh here a b"),
    );
}

#[test]
fn permissions_and_kinds() {
    let mut m = Machine::new();
    check(&mut m, "/etc", "", Err(Errno::EACCES));
    check(&mut m, "/etc/passwd", "", Err(Errno::EACCES));
    check(&mut m, "/etc/passwd/x", "", Err(Errno::ENOTDIR));
    check(&mut m, "passwd", "/etc", Err(Errno::EACCES));
    check(&mut m, "passwd", "/etc:/tmp", Err(Errno::EACCES));
    m.write_file("/tmp/text", b"hello\n");
    check(&mut m, "/tmp/text", "", Err(Errno::ENOEXEC));
    m.write_file("/tmp/empty", b"");
    check(&mut m, "/tmp/empty", "", Err(Errno::ENOEXEC));
    m.write_file("/tmp/alien", b"\x7fWSX perl x\n");
    check(&mut m, "/tmp/alien", "", Err(Errno::ENOEXEC));
    m.write_file("/tmp/app.wasm", b"\0asm\x01\0\0\0");
    check(
        &mut m,
        "/tmp/app.wasm",
        "",
        Ok("wasi /tmp/app.wasm /tmp/app.wasm: /tmp/app.wasm a b"),
    );
}

#[test]
fn scripts() {
    let mut m = Machine::new();
    for (line, expected) in [
        (
            "#!/bin/jsh\n",
            Ok("native jsh /bin/jsh: /bin/jsh /tmp/s a b"),
        ),
        (
            "#! /bin/jsh  -e x \t\nrest",
            Ok("native jsh /bin/jsh: /bin/jsh -e x /tmp/s a b"),
        ),
        ("#!/bin/jsh", Ok("native jsh /bin/jsh: /bin/jsh /tmp/s a b")),
        (
            "#!/usr/bin/env node\n",
            Ok("node node /usr/local/bin/node: node /tmp/s a b"),
        ),
        (
            "#!/usr/bin/env -S node\n",
            Ok("native env /bin/env: /usr/bin/env -S node /tmp/s a b"),
        ),
        (
            "#!/usr/bin/env A=1 node\n",
            Ok("native env /bin/env: /usr/bin/env A=1 node /tmp/s a b"),
        ),
        ("#!/usr/bin/env nothing\n", Err(Errno::ENOENT)),
        ("#!/nowhere\n", Err(Errno::ENOENT)),
        ("#!/bin/jsh\r\n", Err(Errno::ENOENT)),
        ("#!\n", Err(Errno::ENOEXEC)),
        ("#!/etc/passwd\n", Err(Errno::EACCES)),
        ("#!/tmp/s\n", Err(Errno::ELOOP)),
    ] {
        m.write_file("/tmp/s", line.as_bytes());
        check(&mut m, "/tmp/s", "/bin:/usr/bin", expected);
    }
}

#[test]
fn chains_end() {
    let mut m = Machine::new();
    m.write_file("/tmp/0", b"#!/bin/jsh\n");
    for depth in 1..=8 {
        m.write_file(
            &format!("/tmp/{depth}"),
            format!("#!/tmp/{}\n", depth - 1).as_bytes(),
        );
    }
    check(
        &mut m,
        "/tmp/7",
        "",
        Ok(
            "native jsh /bin/jsh: /bin/jsh /tmp/0 /tmp/1 /tmp/2 /tmp/3 /tmp/4 /tmp/5 /tmp/6 /tmp/7 a b",
        ),
    );
    check(&mut m, "/tmp/8", "", Err(Errno::ELOOP));
}

#[test]
fn spawn_checks_its_descriptors_and_directory() {
    let mut m = Machine::new();
    let spawn = |m: &mut Machine, request: SpawnRequest| {
        m.done(HOST, move |kernel, call| kernel.spawn(call, &request))
    };
    assert_eq!(spawn(&mut m, Machine::request(&[7])), Err(Errno::EBADF));
    let cwd = |path: &str| SpawnRequest {
        cwd: Some(path.into()),
        ..Machine::request(&[])
    };
    assert_eq!(spawn(&mut m, cwd("/nowhere")), Err(Errno::ENOENT));
    assert_eq!(spawn(&mut m, cwd("/etc/passwd")), Err(Errno::ENOTDIR));
    assert_eq!(
        spawn(
            &mut m,
            SpawnRequest {
                args: vec![vec![b'x'; 3 << 20]],
                ..Machine::request(&[])
            }
        ),
        Err(Errno::E2BIG)
    );
    let child = m.spawn(HOST, cwd("/tmp"));
    assert_eq!(
        m.call(child, |kernel, call| kernel.getcwd(call)),
        Ok(b"/tmp".to_vec())
    );
    assert_eq!(
        m.call(child, |kernel, call| kernel
            .program_name(call)
            .map(<[u8]>::to_vec)),
        Ok(b"jsh".to_vec())
    );
}

#[test]
fn a_process_becomes_another_program() {
    let mut m = Machine::new();
    let program = m.process();
    let (kept, closed) = m.call(program, |k, c| k.pipe(c)).expect("makes");
    m.call(program, |k, c| k.close_on_exec(c, closed, Some(true)))
        .expect("is open");
    m.call(program, |k, c| k.sigaction(c, 15, Disposition::Caught))
        .expect("may");
    m.effects();
    let request = |file: &str| crate::kernel::ExecRequest {
        file: file.into(),
        args: vec![b"renamed".to_vec(), b"argument".to_vec()],
        env: vec![b"A=1".to_vec()],
    };
    let missing = request("/bin/none");
    let failed = m.done(program, move |k, c| k.exec(c, &missing));
    assert_eq!(failed, Err(Errno::ENOENT));
    let jsh = request("/bin/jsh");
    assert_eq!(m.done(program, move |k, c| k.exec(c, &jsh)), Ok(()));
    let runtime = Runtime::Native;
    let pid = program.pid;
    let maker = pid;
    assert_eq!(
        m.effects(),
        [Effect::Exec {
            pid,
            maker,
            runtime
        }]
    );
    assert_eq!(
        m.call(program, |k, c| k.dup(c, kept)),
        Err(Errno::ESRCH),
        "the old thread is out"
    );
    let process = m.kernel.table.get(pid).expect("lives");
    assert_eq!(process.image.args.join(&b' '), b"renamed argument");
    assert_eq!(process.environment, [b"A=1".to_vec()]);
    assert!(process.descriptors.get(kept).is_ok());
    assert_eq!(process.descriptors.get(closed), Err(Errno::EBADF));
    assert_eq!(process.signals.disposition(15), Disposition::Default);
}

use super::*;

/// Types `keys`, then checks what a program reads (each read on its own) and what the screen shows.
fn check(keys: &[u8], reads: &[&[u8]], screen: &[u8]) {
    let mut tty = LineDiscipline::default();
    check_on(&mut tty, keys, reads, screen);
}

fn check_on(tty: &mut LineDiscipline, keys: &[u8], reads: &[&[u8]], screen: &[u8]) {
    assert_eq!(tty.type_bytes(keys, &mut Vec::new()), keys.len());
    let mut buffer = [0; 256];
    for &expected in reads {
        assert_eq!(tty.read(&mut buffer), Input::Bytes(expected.len()));
        assert_eq!(&buffer[..expected.len()], expected);
    }
    assert_eq!(tty.read(&mut buffer), Input::WouldBlock);
    let count = tty.take_output(&mut buffer);
    assert_eq!(
        buffer[..count].escape_ascii().to_string(),
        screen.escape_ascii().to_string()
    );
}

fn raw() -> LineDiscipline {
    let mut tty = LineDiscipline::default();
    let mut termios = Termios::default();
    termios.lflag &= !(lflag::ICANON | lflag::ECHO | lflag::ISIG);
    tty.set_termios(termios);
    tty
}

#[test]
fn canonical_lines() {
    check(b"ab\rcd\n", &[b"ab\n", b"cd\n"], b"ab\r\ncd\r\n");
    check(b"ab", &[], b"ab");
}

#[test]
fn editing() {
    check(b"ab\x7fc\r", &[b"ac\n"], b"ab\x08 \x08c\r\n");
    check(b"\x7fa\r", &[b"a\n"], b"a\r\n");
    check(
        b"one two \x17x\r",
        &[b"one x\n"],
        b"one two \x08 \x08\x08 \x08\x08 \x08\x08 \x08x\r\n",
    );
    check(
        b"abc\x15d\r",
        &[b"d\n"],
        b"abc\x08 \x08\x08 \x08\x08 \x08d\r\n",
    );
    check(
        b"a\t\x7fb\r",
        &[b"ab\n"],
        b"a\t\x08 \x08\x08 \x08\x08 \x08\x08 \x08\x08 \x08\x08 \x08\x08 \x08b\r\n",
    );
    check(b"\x01\x7fb\r", &[b"b\n"], b"^A\x08 \x08\x08 \x08b\r\n");
    check(b"\x16\x03\r", &[b"\x03\n"], b"^C\r\n");
}

#[test]
fn erase_takes_a_whole_utf8_character() {
    check(
        "é\x7fa\r".as_bytes(),
        &[b"a\n"],
        "é\x08 \x08a\r\n".as_bytes(),
    );
    check(
        "日\x7f\r".as_bytes(),
        &[b"\n"],
        "日\x08 \x08\r\n".as_bytes(),
    );
}

#[test]
fn end_of_file() {
    check(b"\x04", &[b""], b"");
    check(b"ab\x04", &[b"ab"], b"ab");
    check(b"ab\r\x04", &[b"ab\n", b""], b"ab\r\n");
}

#[test]
fn long_line_is_read_in_pieces() {
    let mut tty = LineDiscipline::default();
    tty.type_bytes(b"abc\r", &mut Vec::new());
    let mut two = [0; 2];
    assert_eq!(tty.read(&mut two), Input::Bytes(2));
    assert_eq!(tty.read(&mut two), Input::Bytes(2));
    assert_eq!(&two, b"c\n");
    assert_eq!(tty.read(&mut two), Input::WouldBlock);
}

#[test]
fn signals_flush() {
    let mut tty = LineDiscipline::default();
    let mut signals = Vec::new();
    tty.type_bytes(b"abc\x03\x1c\x1a", &mut signals);
    assert_eq!(signals, [SIGINT, SIGQUIT, SIGTSTP]);
    check_on(&mut tty, b"d\r", &[b"d\n"], b"^Zd\r\n");
}

#[test]
fn raw_mode_passes_everything() {
    check_on(&mut raw(), b"a\x03\x7f", &[b"a\x03\x7f"], b"");
    let mut tty = LineDiscipline::default();
    tty.type_bytes(b"left", &mut Vec::new());
    let mut termios = *tty.termios();
    termios.lflag &= !lflag::ICANON;
    tty.set_termios(termios);
    check_on(&mut tty, b"", &[b"left"], b"left");
}

#[test]
fn output_is_processed_and_bounded() {
    let mut tty = LineDiscipline::default();
    assert_eq!(tty.write(b"a\nb"), 3);
    check_on(&mut tty, b"", &[], b"a\r\nb");
    let big = vec![b'x'; OUTPUT_LIMIT * 2];
    assert_eq!(tty.write(&big), OUTPUT_LIMIT);
    assert_eq!(tty.write(b"x"), 0);
}

#[test]
fn input_is_bounded_but_interrupts_get_through() {
    let mut tty = LineDiscipline::default();
    let lines = vec![b'\n'; INPUT_LIMIT];
    let taken = tty.type_bytes(&lines, &mut Vec::new());
    assert!(taken < INPUT_LIMIT);
    assert_eq!(tty.type_bytes(b"x", &mut Vec::new()), 0);
    let mut signals = Vec::new();
    assert_eq!(tty.type_bytes(b"\x03", &mut signals), 1);
    assert_eq!(signals, [SIGINT]);
}

#[test]
fn echo_is_bounded() {
    let mut tty = LineDiscipline::default();
    tty.type_bytes(&[b'x'; LINE_MAX], &mut Vec::new());
    // Reprints, and a line that is typed and erased again and again, take no input.
    tty.type_bytes(&[0o22; 100], &mut Vec::new());
    tty.type_bytes(&b"abc\x15".repeat(OUTPUT_LIMIT), &mut Vec::new());
    tty.type_bytes(b"\n", &mut Vec::new());
    let mut buffer = vec![0; OUTPUT_LIMIT * 2];
    assert!((OUTPUT_LIMIT..OUTPUT_LIMIT + 4).contains(&tty.take_output(&mut buffer)));
    assert_eq!(tty.read(&mut buffer), Input::Bytes(1));
}

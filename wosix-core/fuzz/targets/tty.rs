//! Whatever is typed and written, the buffers of a terminal stay bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wosix_core::process::tty::LineDiscipline;

fuzz_target!(|steps: Vec<(u8, &[u8])>| {
    let mut tty = LineDiscipline::default();
    for (step, bytes) in steps {
        let many = bytes.repeat(1 + usize::from(step >> 3) * 16);
        match step & 7 {
            0 | 1 => {
                let taken = tty.type_bytes(&many, &mut Vec::new());
                assert!(taken == many.len() || !tty.accepts_input());
            }
            2 => {
                let taken = tty.write(&many);
                assert!(taken == many.len() || !tty.writable());
            }
            3 => {
                tty.read(&mut vec![0; bytes.len()]);
            }
            4 => {
                tty.take_output(&mut vec![0; bytes.len()]);
            }
            5 => tty.flush_input(),
            _ => {
                let mut termios = *tty.termios();
                for (index, &byte) in bytes.iter().enumerate().take(25) {
                    match index {
                        0..4 => termios.lflag ^= u32::from(byte) << (4 * index),
                        4 => termios.iflag ^= u32::from(byte),
                        5 => termios.oflag ^= u32::from(byte),
                        _ => termios.cc[index - 6] = byte,
                    }
                }
                tty.set_termios(termios);
            }
        }
    }
    let mut buffer = [0; 70_000];
    assert!(
        tty.take_output(&mut buffer) <= 65 * 1024,
        "the screen's buffer has no bound"
    );
});

//! The inputs of sed as one stream of lines.

use super::Context;
use crate::errno::{Errno, Result};
use crate::shell::command::context::Input;
use crate::system::strerror;

/// The inputs as one stream of lines, read no further than needed.
pub struct Lines {
    paths: Vec<String>,
    next_path: usize,
    input: Option<Input>,
    buffer: Vec<u8>,
    /// Exit code that what could not be read asks for.
    pub code: i32,
}

impl Lines {
    /// The lines of the files at `paths`, `-` being the standard input.
    pub fn new(paths: &[String], code: i32) -> Lines {
        Lines {
            paths: paths.to_vec(),
            next_path: 0,
            input: None,
            buffer: Vec::new(),
            code,
        }
    }

    /// The next line with its newline.
    pub fn next(&mut self, ctx: &mut Context) -> Option<Vec<u8>> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.buffer[searched..]
                .iter()
                .position(|byte| *byte == b'\n')
            {
                let rest = self.buffer.split_off(searched + at + 1);
                return Some(core::mem::replace(&mut self.buffer, rest));
            }
            searched = self.buffer.len();
            if !self.fill(ctx) {
                break;
            }
        }
        (!self.buffer.is_empty()).then(|| core::mem::take(&mut self.buffer))
    }

    /// Whether no further line follows.
    pub fn at_end(&mut self, ctx: &mut Context) -> bool {
        self.buffer.is_empty() && !self.fill(ctx)
    }

    /// Reads more; false at the end of the last input.
    fn fill(&mut self, ctx: &mut Context) -> bool {
        let mut chunk = [0; 16 * 1024];
        loop {
            let Some(input) = &self.input else {
                let Some(path) = self.paths.get(self.next_path) else {
                    return false;
                };
                self.next_path += 1;
                match ctx.open_input(path) {
                    Ok(input) => self.input = Some(input),
                    Err(error) => self.unreadable(ctx, error),
                }
                continue;
            };
            // Whoever writes slowly is answered at once.
            ctx.flush();
            match ctx.system.read(input.fd, &mut chunk) {
                Ok(0) => self.close(ctx),
                Ok(count) => {
                    self.buffer.extend_from_slice(&chunk[..count]);
                    return true;
                }
                Err(Errno::EINTR) => {}
                Err(error) => {
                    self.unreadable(ctx, error);
                    self.close(ctx);
                }
            }
            // A file without a newline at its end is ended by the beginning of the next.
            if self.input.is_none()
                && self.buffer.last().is_some_and(|byte| *byte != b'\n')
                && self.next_path < self.paths.len()
            {
                self.buffer.push(b'\n');
                return true;
            }
        }
    }

    fn close(&mut self, ctx: &mut Context) {
        if let Some(input) = self.input.take() {
            let closed: Result<()> = input.close(ctx.system);
            if let Err(error) = closed {
                self.unreadable(ctx, error);
            }
        }
    }

    fn unreadable(&mut self, ctx: &mut Context, error: Errno) {
        let path = &self.paths[self.next_path - 1];
        match error {
            Errno::EISDIR => ctx.error(format_args!("couldn't edit {path}: not a regular file")),
            Errno::ENOENT => ctx.error(format_args!("can't read {path}: {}", strerror(error))),
            _ => ctx.error(format_args!("read error on {path}: {}", strerror(error))),
        }
        self.code = 2;
    }
}

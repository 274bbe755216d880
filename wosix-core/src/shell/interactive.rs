//! The interactive shell.

use super::run::{Run, Shell};

/// Reads commands from the terminal until its end.
pub fn run(shell: &mut Shell, marks: bool, login: bool) -> Run<()> {
    let _ = (marks, login);
    shell.interactive = true;
    Ok(())
}

//! File operations over [`System`], with npm's error texts.

use crate::errno::Errno;
use crate::system::{System, open_flags, read_file, write_all};

use super::error::NpmError;
use super::path;

/// Contents of a text file; `None` if there is none.
///
/// # Errors
/// Everything but `ENOENT` and `ENOTDIR`.
pub fn read_text(system: &dyn System, file: &str) -> Result<Option<String>, NpmError> {
    match read_file(system, file) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(Errno::ENOENT | Errno::ENOTDIR) => Ok(None),
        Err(error) => Err(failed(error, "open", file)),
    }
}

/// Writes a file whole.
///
/// # Errors
/// The system call that failed.
pub fn write_text(system: &dyn System, file: &str, text: &str) -> Result<(), NpmError> {
    write_bytes(system, file, text.as_bytes())
}

/// Writes a file whole.
///
/// # Errors
/// The system call that failed.
pub fn write_bytes(system: &dyn System, file: &str, bytes: &[u8]) -> Result<(), NpmError> {
    let fd = system
        .open(
            file,
            open_flags::O_WRONLY
                | open_flags::O_CREAT
                | open_flags::O_TRUNC
                | open_flags::O_CLOEXEC,
            0o666,
        )
        .map_err(|error| failed(error, "open", file))?;
    let written = write_all(system, fd, bytes);
    let closed = system.close(fd);
    written
        .and(closed)
        .map_err(|error| failed(error, "write", file))
}

/// Makes a folder and those above it.
///
/// # Errors
/// The system call that failed.
pub fn make_folder(system: &dyn System, folder: &str) -> Result<(), NpmError> {
    match system.mkdir(folder, 0o777) {
        Ok(()) | Err(Errno::EEXIST) => Ok(()),
        Err(Errno::ENOENT) if !matches!(path::parent(folder), "" | "/") => {
            make_folder(system, path::parent(folder))?;
            match system.mkdir(folder, 0o777) {
                Ok(()) | Err(Errno::EEXIST) => Ok(()),
                Err(error) => Err(failed(error, "mkdir", folder)),
            }
        }
        Err(error) => Err(failed(error, "mkdir", folder)),
    }
}

/// Removes a file, or a folder with all that is in it; nothing there is fine.
///
/// # Errors
/// The system call that failed.
pub fn remove(system: &dyn System, target: &str) -> Result<(), NpmError> {
    let result = match system.stat(target, false) {
        Err(Errno::ENOENT | Errno::ENOTDIR) => return Ok(()),
        Err(error) => Err(error),
        Ok(stat) if !stat.is_dir() => system.unlink(target),
        Ok(_) => {
            let entries = system
                .readdir(target)
                .map_err(|error| failed(error, "scandir", target))?;
            for entry in entries {
                remove(system, &format!("{target}/{}", entry.name))?;
            }
            system.rmdir(target)
        }
    };
    result.map_err(|error| failed(error, "rm", target))
}

/// An error of a system call as npm reports it.
pub fn failed(error: Errno, call: &str, target: &str) -> NpmError {
    NpmError::new(error.name(), format!("syscall {call}"))
        .with_detail(format!("path {target}"))
        .with_detail(format!("errno -{}", error as i32))
        .with_detail(format!(
            "{}: {}, {call} '{target}'",
            error.name(),
            error.message()
        ))
}

//! A file that is written as a whole or not at all.

use std::fs;
use std::io;
use std::path::Path;

use super::disk;

/// Writes a file in place of one that may be there: beside it first, so that a full disk leaves the old one.
///
/// # Errors
/// The system says no.
pub fn replace_file(path: &Path, bytes: &[u8], private: bool) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    in_place_of(path, |staging| disk::write_file(staging, bytes, private))
}

/// Has a file written beside a path and moves it there.
fn in_place_of(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}", std::process::id()));
    let staging = path.with_file_name(name);
    let written = write(&staging)
        .and_then(|()| disk::sync_file(&staging))
        .and_then(|()| fs::rename(&staging, path));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&staging);
        return written;
    }
    disk::sync_names(disk::parent_of(path))
}

/// Writes a file anew as [`replace_file`] does, with the permissions that it has; where it is a link, the file behind it.
///
/// # Errors
/// The system says no; the file is then as it was.
pub fn rewrite_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let permissions = fs::metadata(&path)?.permissions();
    in_place_of(&path, |staging| {
        disk::write_file(staging, bytes, true)?;
        fs::set_permissions(staging, permissions)
    })
}

//! What systems do differently: permissions, putting data on the disk, changing two folders at once.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// The folder that a path is in.
pub(super) fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes a new file, for its owner only where it is private.
///
/// # Errors
/// The system says no, or the file is there already.
pub(super) fn write_file(path: &Path, bytes: &[u8], private: bool) -> io::Result<()> {
    create_new(path, private)?.write_all(bytes)
}

#[cfg(unix)]
fn create_new(path: &Path, private: bool) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let mode = if private { 0o600 } else { 0o644 };
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
}

#[cfg(not(unix))]
fn create_new(path: &Path, _: bool) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Waits until a file is on the disk.
pub(super) fn sync_file(path: &Path) -> io::Result<()> {
    OpenOptions::new().append(true).open(path)?.sync_all()
}

/// Waits until everything below folders of one file system is on the disk.
///
/// A thousand small files one by one would take seconds, the whole file system at once some milliseconds.
#[cfg(target_os = "linux")]
pub(super) fn sync_below<'p>(mut folders: impl Iterator<Item = &'p Path>) -> io::Result<()> {
    match folders.next() {
        Some(folder) => rustix::fs::syncfs(File::open(folder)?).map_err(io::Error::from),
        None => Ok(()),
    }
}

/// Waits until everything below folders of one file system is on the disk.
#[cfg(not(target_os = "linux"))]
pub(super) fn sync_below<'p>(mut folders: impl Iterator<Item = &'p Path>) -> io::Result<()> {
    fn sync_files(folder: &Path) -> io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                sync_files(&entry.path())?;
            } else {
                sync_file(&entry.path())?;
            }
        }
        Ok(())
    }
    folders.try_for_each(sync_files)
}

/// Waits until the names in a folder are on the disk.
#[cfg(unix)]
pub(super) fn sync_names(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some network file systems keep no names to wait for.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}

/// Waits until the names in a folder are on the disk, which the system does by itself.
#[cfg(not(unix))]
pub(super) fn sync_names(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Lets two folders change places in one step; false where the file system cannot.
#[cfg(target_os = "linux")]
pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Lets two folders change places in one step, which only Linux can.
#[cfg(not(target_os = "linux"))]
pub(super) fn exchange(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}

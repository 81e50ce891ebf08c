//! Finds and reads files. Everything that reads files goes through [`Disk`]: within limits, regular files only, and never
//! outside the folder that was named.

use std::ffi::OsString;
use std::fmt::Debug;
use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::Diagnostic;

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A link to wherever.
    Link,
    /// A pipe, a socket, a device.
    Other,
}

impl From<FileType> for Entry {
    fn from(kind: FileType) -> Self {
        if kind.is_symlink() {
            Entry::Link
        } else if kind.is_dir() {
            Entry::Folder
        } else if kind.is_file() {
            Entry::File
        } else {
            Entry::Other
        }
    }
}

/// The files that may be read.
pub trait Disk: Debug + Send + Sync {
    /// The kind of a path. A link that is followed counts as its target.
    ///
    /// # Errors
    /// Nothing is there, or the system does not say.
    fn entry(&self, path: &Path, follow: bool) -> io::Result<Entry>;

    /// What is in a folder, in any order; links are not followed.
    ///
    /// # Errors
    /// The folder cannot be read.
    fn list(&self, folder: &Path) -> io::Result<Vec<(OsString, Entry)>>;

    /// The path without any link in it.
    ///
    /// # Errors
    /// Nothing is there, or the system does not say.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf>;

    /// The text of a file, unchanged; [`read_text`] helps.
    ///
    /// # Errors
    /// It cannot be read, is not a file, is larger than so many bytes, or is not text.
    fn read(&self, path: &Path, largest: u64) -> io::Result<Text>;
}

/// The text of a file.
#[derive(Debug)]
pub struct Text {
    /// All of it.
    pub text: String,
    /// Whether the file has restricted permissions, which its output must then have too.
    pub private: bool,
}

/// Reads a text that may be hostile: no more than `largest` bytes, and UTF-8.
///
/// # Errors
/// The reader's own, `FileTooLarge`, or `InvalidData` for what is not text.
pub fn read_text(from: impl Read, largest: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        let message = format!("it is larger than the limit of {} MiB", largest >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is not UTF-8 text, starting at byte {at}"),
        )
    })
}

/// The files of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Local;

/// The files of this machine, to be shared.
pub fn local() -> Arc<dyn Disk> {
    Arc::new(Local)
}

impl Disk for Local {
    fn entry(&self, path: &Path, follow: bool) -> io::Result<Entry> {
        let metadata = if follow {
            fs::metadata(path)
        } else {
            fs::symlink_metadata(path)
        };
        metadata.map(|metadata| metadata.file_type().into())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(OsString, Entry)>> {
        fs::read_dir(folder)?
            .map(|found| {
                let found = found?;
                Ok((found.file_name(), found.file_type()?.into()))
            })
            .collect()
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn read(&self, path: &Path, largest: u64) -> io::Result<Text> {
        let (file, private) = open_file(path)?;
        Ok(Text {
            private,
            text: read_text(file, largest)?,
        })
    }
}

/// Opens a regular file, or a pipe of the shell, and says whether it is private.
///
/// # Errors
/// It is something else, or cannot be opened.
pub fn open_file(path: &Path) -> io::Result<(File, bool)> {
    let no_file = || {
        let error = io::ErrorKind::InvalidInput;
        io::Error::new(error, "it is a pipe, a socket or a device, not a file")
    };
    let is_other = |metadata: &Metadata| Entry::from(metadata.file_type()) == Entry::Other;
    if is_other(&fs::metadata(path)?) && !is_of_the_shell(path) {
        return Err(no_file());
    }
    let file = open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        let error = io::ErrorKind::IsADirectory;
        return Err(io::Error::new(error, "it is a folder"));
    }
    // It may be another by now.
    if is_other(&metadata) && !is_of_the_shell(path) {
        return Err(no_file());
    }
    Ok((file, is_private(&metadata)))
}

/// Whether a path is one that the shell made, as for `<(command)`: its writer runs already.
fn is_of_the_shell(path: &Path) -> bool {
    ["/dev/fd", "/dev/stdin", "/proc/self/fd"]
        .iter()
        .any(|folder| path.starts_with(folder))
}

/// Opens a file without waiting for a writer if it is a pipe.
#[cfg(target_os = "linux")]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, fcntl_setfl, open};
    let file = open(
        path,
        OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK,
        Mode::empty(),
    )?;
    // What is read after all may be waited for.
    fcntl_setfl(&file, OFlags::empty())?;
    Ok(file.into())
}

/// Opens a file.
#[cfg(not(target_os = "linux"))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Whether not all users may read it. A pipe is readable by its owner only.
#[cfg(unix)]
pub fn is_private(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o004 == 0
}

/// Whether not all users may read it, which this system does not say.
#[cfg(not(unix))]
pub fn is_private(_: &Metadata) -> bool {
    false
}

/// Whether a path that was found in a folder, and not named, is a file that may be read.
///
/// # Errors
/// It is a link that leads out of `root` or nowhere, or no file: a pipe would be waited for without end.
pub(crate) fn may_be_read(
    disk: &dyn Disk,
    root: &Path,
    path: &Path,
    entry: Entry,
) -> Result<(), Diagnostic> {
    let shown = path.display();
    let mut entry = entry;
    if entry == Entry::Link {
        let real = |path: &Path| {
            disk.resolve(path)
                .map_err(|error| Diagnostic::unreadable(path.display(), &error))
        };
        if !real(path)?.starts_with(real(root)?) {
            return Err(Diagnostic::error(format!(
                "`{shown}` is a link that leads out of the folder, and is not followed"
            ))
            .help("put the file itself there, or name it separately"));
        }
        entry = disk
            .entry(path, true)
            .map_err(|error| Diagnostic::unreadable(path.display(), &error))?;
    }
    let is = match entry {
        Entry::File => return Ok(()),
        Entry::Folder => "a folder, not a file",
        Entry::Link | Entry::Other => "a pipe, a socket or a device, not a file",
    };
    Err(Diagnostic::error(format!("`{shown}` is {is}"))
        .help("remove it, or name the files one by one"))
}

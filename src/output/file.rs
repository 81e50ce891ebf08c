//! A file that is written as a whole or not at all.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::folder::unused_name;
use super::staging::Passing;
use super::{disk, failed};
use crate::diagnostic::Diagnostic;

/// Writes a file, in place of one that may be there. It keeps the mode, the owner and the attributes of the old one. A
/// device, or a pipe that is read, is written to.
///
/// With `private` only its owner may read the file.
///
/// # Errors
/// The system refuses, the pipe has no reader, or the old file has several names. The file is then unchanged.
pub fn replace_file(path: &Path, bytes: &[u8], private: bool) -> Result<(), Diagnostic> {
    StagedFile::new(path, bytes, private)?.settle()
}

/// Whether a file is there whose place another one would take.
pub fn is_replaced(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|old| !old.is_dir() && !is_stream(path, &old))
}

/// Whether bytes go into what is there: a device, a pipe, or what a process has open, such as `/dev/stdout`.
fn is_stream(path: &Path, old: &Metadata) -> bool {
    !old.is_file() || path.starts_with("/dev") || path.starts_with("/proc")
}

/// Keeps a copy of a file beside it, under a name that nothing else has, and says where.
///
/// # Errors
/// The system says no.
pub fn keep_copy(path: &Path) -> Result<PathBuf, Diagnostic> {
    let copy = unused_name(path, "edited");
    match fs::copy(path, &copy) {
        Ok(_) => Ok(copy),
        Err(error) => Err(failed(&copy, &error)),
    }
}

/// A file that is beside its place. Unless it is settled, it goes again.
#[derive(Debug)]
pub struct StagedFile {
    path: PathBuf,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// A file for a path that does not exist yet.
    New(Passing<NamedTempFile>),
    /// A file that replaces another.
    Replacement(Passing<NamedTempFile>),
    /// What goes into a device or a pipe.
    Stream(File, Vec<u8>),
}

impl StagedFile {
    /// Does everything except the last step, which is the least likely to fail.
    ///
    /// # Errors
    /// As [`replace_file`].
    pub fn new(path: &Path, bytes: &[u8], private: bool) -> Result<Self, Diagnostic> {
        match stage(path, bytes, private) {
            Ok((path, content)) => Ok(StagedFile { path, content }),
            Err(error) => Err(failed(path, &error)),
        }
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// The system says no, or a file has appeared where none was.
    pub fn settle(self) -> Result<(), Diagnostic> {
        let path = self.path.as_path();
        let settled = match self.content {
            Content::New(file) => {
                file.settle(|file, _| file.persist_noclobber(path).map_err(|error| error.error))
            }
            Content::Replacement(file) => {
                file.settle(|file, _| file.persist(path).map_err(|error| error.error))
            }
            Content::Stream(mut stream, bytes) => {
                return stream
                    .write_all(&bytes)
                    .map_err(|error| failed(path, &error));
            }
        };
        settled
            .and_then(|_| disk::sync_names(disk::parent_of(path)))
            .map_err(|error| failed(path, &error))
    }
}

fn stage(path: &Path, bytes: &[u8], private: bool) -> io::Result<(PathBuf, Content)> {
    let old = match fs::metadata(path) {
        Ok(old) => old,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if fs::symlink_metadata(path).is_ok() {
                return Err(io::Error::other("it is a link that leads nowhere"));
            }
            fs::create_dir_all(disk::parent_of(path))?;
            let file = beside(path, bytes, disk::new_file(private))?;
            return Ok((path.to_path_buf(), Content::New(file)));
        }
        Err(error) => return Err(error),
    };
    if old.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a folder",
        ));
    }
    if is_stream(path, &old) {
        let stream = disk::open_stream(path)?;
        return Ok((path.to_path_buf(), Content::Stream(stream, bytes.to_vec())));
    }
    let path = fs::canonicalize(path)?;
    disk::only_name(&old)?;
    let staged = beside(&path, bytes, disk::new_file(true))?;
    let file = staged.get().as_file();
    disk::give_to_owner_of(file, &old)?;
    disk::give_attributes_of(file, &path)?;
    file.set_permissions(permissions(&old, private))?;
    Ok((path, Content::Replacement(staged)))
}

/// A file beside a path, on the disk, under a name that nothing else has.
fn beside(
    path: &Path,
    bytes: &[u8],
    permissions: Option<Permissions>,
) -> io::Result<Passing<NamedTempFile>> {
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".");
    let mut builder = Builder::new();
    builder.prefix(&prefix);
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    let staged = Passing::made(|| {
        let made = builder.tempfile_in(disk::parent_of(path));
        made.map_err(disk::without_name)
    })?;
    let mut file = staged.get().as_file();
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(staged)
}

/// The permissions of the old file, and nothing for others where the new one is private.
fn permissions(old: &Metadata, private: bool) -> Permissions {
    if private {
        disk::owner_only(old.permissions())
    } else {
        old.permissions()
    }
}

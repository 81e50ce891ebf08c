//! Differences between systems: permissions, syncing to disk, swapping two folders.

use std::fs::{File, Metadata, OpenOptions, Permissions};
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

/// The error of the system, without the random file name, so that messages are reproducible.
pub(super) fn without_name(error: io::Error) -> io::Error {
    let said = error.to_string();
    match said.split_once(" at path ") {
        Some((said, _)) => io::Error::new(error.kind(), said),
        None => error,
    }
}

/// The permissions of a new file, less what the process's umask takes away.
#[cfg(unix)]
pub(super) fn new_file(private: bool) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(Permissions::from_mode(if private { 0o600 } else { 0o644 }))
}

/// The permissions of a new file, which are the system's.
#[cfg(not(unix))]
pub(super) fn new_file(_: bool) -> Option<Permissions> {
    None
}

/// The permissions of a new folder, less what the process's umask takes away.
#[cfg(unix)]
pub(super) fn new_folder(private: bool) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(Permissions::from_mode(if private { 0o700 } else { 0o777 }))
}

/// The permissions of a new folder, which are the system's.
#[cfg(not(unix))]
pub(super) fn new_folder(_: bool) -> Option<Permissions> {
    None
}

/// Permissions of the owner only.
#[cfg(unix)]
pub(super) fn owner_only(permissions: Permissions) -> Permissions {
    use std::os::unix::fs::PermissionsExt;
    Permissions::from_mode(permissions.mode() & 0o700)
}

/// Permissions of the owner only, if the system has permissions.
#[cfg(not(unix))]
pub(super) fn owner_only(permissions: Permissions) -> Permissions {
    permissions
}

/// Refuses a file that has other names (hard links): these would keep the old text.
#[cfg(unix)]
pub(super) fn only_name(file: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    match file.nlink() {
        0 | 1 => Ok(()),
        names => Err(io::Error::other(format!(
            "it is a file with {names} names (hard links), and the others would keep the old text; remove it first"
        ))),
    }
}

/// Refuses a file that has other names, where a system can tell.
#[cfg(not(unix))]
pub(super) fn only_name(_: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Gives a new file to the owner and group of the one that it replaces.
#[cfg(unix)]
pub(super) fn give_to_owner_of(new: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let made = new.metadata()?;
    if (made.uid(), made.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    fchown(new, Some(old.uid()), Some(old.gid())).map_err(|error| {
        let said = match made.uid() == old.uid() {
            true => "it belongs to a group that this user is not in, and would change its group",
            false => "it belongs to another user, and only its owner may replace it",
        };
        io::Error::new(error.kind(), said)
    })
}

/// Gives a new file to the owner of the one that it replaces, which other systems do by themselves.
#[cfg(not(unix))]
pub(super) fn give_to_owner_of(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Gives a new file the attributes of the one that it replaces, access control lists among them.
#[cfg(target_os = "linux")]
pub(super) fn give_attributes_of(new: &File, old: &Path) -> io::Result<()> {
    use rustix::fs::{XattrFlags, fsetxattr, getxattr, listxattr};
    use rustix::io::Errno;
    const LONGEST: usize = 64 << 10;
    let mut names = vec![0_u8; LONGEST];
    let length = match listxattr(old, &mut names[..]) {
        Ok(length) => length,
        Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut value = vec![0_u8; LONGEST];
    for name in names[..length].split(|byte| *byte == 0) {
        // The system labels new files itself.
        if name.is_empty() || name == b"security.selinux" {
            continue;
        }
        let length = getxattr(old, name, &mut value[..])?;
        fsetxattr(new, name, &value[..length], XattrFlags::empty()).map_err(|error| {
            let name = String::from_utf8_lossy(name);
            let said = format!(
                "it has the attribute `{name}`, which cannot be set on a new file: {error}"
            );
            io::Error::new(io::Error::from(error).kind(), said)
        })?;
    }
    Ok(())
}

/// Gives a new file the attributes of the one that it replaces, which is for other systems to do.
#[cfg(not(target_os = "linux"))]
pub(super) fn give_attributes_of(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Opens a device, or a pipe that has a reader.
///
/// # Errors
/// The system refuses, or the pipe has no reader, so that writing would block.
#[cfg(target_os = "linux")]
pub(super) fn open_stream(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, fcntl_setfl, open};
    use rustix::io::Errno;
    use std::os::unix::fs::FileTypeExt;
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CLOEXEC;
    let stream = open(path, flags | OFlags::NONBLOCK, Mode::empty()).map_err(|error| {
        let is_pipe = || std::fs::metadata(path).is_ok_and(|file| file.file_type().is_fifo());
        match error {
            Errno::NXIO if is_pipe() => {
                io::Error::other("it is a pipe without a reader; start the reader first")
            }
            error => error.into(),
        }
    })?;
    // A slow reader is waited for.
    fcntl_setfl(&stream, OFlags::APPEND)?;
    Ok(stream.into())
}

/// Opens a device or a pipe.
#[cfg(not(target_os = "linux"))]
pub(super) fn open_stream(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).open(path)
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
                OpenOptions::new()
                    .append(true)
                    .open(entry.path())?
                    .sync_all()?;
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

/// Tells a folder from another that has taken its name.
pub(super) type Identity = (u64, u64);

/// The device and the number of a folder.
#[cfg(unix)]
pub(super) fn identity(folder: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (folder.dev(), folder.ino())
}

/// Folders have no number everywhere.
#[cfg(not(unix))]
pub(super) fn identity(_: &Metadata) -> Identity {
    (0, 0)
}

/// Whether another file system begins at a folder.
#[cfg(unix)]
pub(super) fn is_mount_point(folder: &Path, metadata: &Metadata) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(std::fs::metadata(parent_of(folder))?.dev() != metadata.dev())
}

/// Whether another file system begins at a folder, which only Unix tells.
#[cfg(not(unix))]
pub(super) fn is_mount_point(_: &Path, _: &Metadata) -> io::Result<bool> {
    Ok(false)
}

/// Gives a folder a name that nothing has; false where something has it.
#[cfg(target_os = "linux")]
pub(super) fn rename_to_new(folder: &Path, name: &Path) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, folder, CWD, name, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => rename_unless_there(folder, name),
        Err(error) => Err(error.into()),
    }
}

/// Gives a folder a name that nothing has; false where something has it.
#[cfg(not(target_os = "linux"))]
pub(super) fn rename_to_new(folder: &Path, name: &Path) -> io::Result<bool> {
    rename_unless_there(folder, name)
}

/// As [`rename_to_new`], with a moment in which something else may take the name.
fn rename_unless_there(folder: &Path, name: &Path) -> io::Result<bool> {
    if std::fs::symlink_metadata(name).is_ok() {
        return Ok(false);
    }
    std::fs::rename(folder, name).map(|()| true)
}

/// Removes a folder and all in it, also from folders that cannot be written to.
pub(super) fn remove_folder(folder: &Path) -> io::Result<()> {
    if std::fs::remove_dir_all(folder).is_ok() {
        return Ok(());
    }
    make_writable(folder)?;
    std::fs::remove_dir_all(folder)
}

#[cfg(unix)]
fn make_writable(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_writable(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_writable(_: &Path) -> io::Result<()> {
    Ok(())
}

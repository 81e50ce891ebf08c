//! Finds pack folders below the folders a user names.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Source};
use crate::disk::{Disk, Entry, may_be_read};
use crate::limits;
use crate::secret;

/// How many folders are looked at below one that a user names.
const MOST_FOLDERS: usize = 100_000;

/// All folders with a pack.json at or below `root`, at any depth, in the order of their paths; and what is to be said of
/// links that were not followed.
///
/// A folder that is reached through several links within `root` counts once.
///
/// # Errors
/// A folder that cannot be read.
pub(super) fn pack_folders(
    disk: &dyn Disk,
    root: &Path,
) -> Result<(Vec<PathBuf>, Vec<Diagnostic>), Diagnostic> {
    let unreadable = |folder: &Path, error| {
        Diagnostic::unreadable(folder.display(), &error)
            .help("name a folder that holds packs, each with its pack.json and values.yaml")
    };
    if disk
        .entry(root, true)
        .is_ok_and(|entry| entry != Entry::Folder)
    {
        return Err(
            Diagnostic::error(format!("`{}` is not a folder", root.display()))
                .code(Code::WrongKind)
                .help("name a folder that holds packs, each with its pack.json and values.yaml"),
        );
    }
    let (mut packs, mut remarks) = (Vec::new(), Vec::new());
    let within = disk
        .resolve(root)
        .map_err(|error| unreadable(root, error))?;
    let mut seen = HashSet::new();
    // A stack, since a tree may be deeper than a thread's own.
    let mut open = vec![(root.to_path_buf(), false)];
    while let Some((folder, through_link)) = open.pop() {
        let real = disk
            .resolve(&folder)
            .map_err(|error| unreadable(&folder, error))?;
        let shown = folder.display();
        if through_link && !real.starts_with(&within) {
            remarks.push(
                Diagnostic::warning(format!(
                    "`{shown}` is a link that leads out of the folder, and is not followed"
                ))
                .help("name it on its own too, with `--packs`"),
            );
            continue;
        }
        // Two links to one folder are one place.
        if !seen.insert(real) {
            continue;
        }
        if seen.len() > MOST_FOLDERS {
            let root = root.display();
            return Err(Diagnostic::error(format!(
                "`{root}` holds more than {MOST_FOLDERS} folders"
            ))
            .code(Code::Limit)
            .help("name a folder that holds packs"));
        }
        let entries = disk
            .list(&folder)
            .map_err(|error| unreadable(&folder, error))?;
        // A pack has no packs in its own folders of charts and manifests.
        if entries.iter().any(|(name, _)| name == "pack.json") {
            packs.push(folder);
            continue;
        }
        let mut below: Vec<_> = entries
            .into_iter()
            .filter(|(name, _)| name != OsStr::new(".git"))
            .filter_map(|(name, entry)| {
                let path = folder.join(name);
                let is_folder = entry == Entry::Folder
                    || (entry == Entry::Link
                        && matches!(disk.entry(&path, true), Ok(Entry::Folder)));
                is_folder.then_some((path, entry == Entry::Link))
            })
            .collect();
        below.sort_by(|one, two| two.cmp(one));
        open.extend(below);
    }
    packs.sort();
    Ok((packs, remarks))
}

/// The text of a pack's file, or none if it has no such file.
///
/// # Errors
/// It cannot be read, is too large, is not UTF-8, is not a file, or a link that leads out of `root`.
pub(super) fn read(
    disk: &dyn Disk,
    root: &Path,
    path: &Path,
) -> Result<Option<Source>, Diagnostic> {
    let entry = match disk.entry(path, false) {
        Ok(entry) => entry,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Diagnostic::unreadable(path.display(), &error)),
    };
    may_be_read(disk, root, path, entry)?;
    match disk.read(path, limits::PACK_FILE) {
        Ok(read) => Ok(Some(secret::source(path.display().to_string(), read.text))),
        Err(error) => {
            let problem = Diagnostic::unreadable(path.display(), &error);
            Err(match error.kind() {
                io::ErrorKind::FileTooLarge => {
                    problem.help("a pack's files are small; remove what is not configuration")
                }
                _ => problem,
            })
        }
    }
}

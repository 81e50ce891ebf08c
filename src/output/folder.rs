//! A folder that appears as a whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{CHECKSUMS, Tree, disk, tree};
use crate::diagnostic::{Diagnostic, Source};
use crate::visible::visible;

/// Why a folder was not written, or not looked at.
#[derive(Debug)]
pub enum OutputError {
    /// The folder is not one that may be written to.
    Refused(Diagnostic),
    /// The disk or the system said no.
    Failed(Diagnostic),
}

/// What is known of the files that a folder holds before it is written.
#[derive(Debug, Default)]
pub struct Known {
    /// Those that an earlier run wrote, which go.
    pub written: BTreeSet<String>,
    /// Those that are somebody else's and stay as they are.
    pub kept: BTreeSet<String>,
}

/// Writes a tree to a folder. The files are first written beside it, then take its place in one step.
///
/// A folder that holds files is only replaced with `force`, and only if its checksums name all of them.
///
/// # Errors
/// The folder may not be replaced, or cannot be written; it is then as it was.
pub fn write(tree: &Tree, folder: &Path, force: bool) -> Result<(), OutputError> {
    stage(tree, folder, force)?.settle()
}

/// As [`write()`], but for the last step: [`Staged::settle_all`] does it for many folders at once.
///
/// # Errors
/// As [`write()`].
pub fn stage(tree: &Tree, folder: &Path, force: bool) -> Result<Staged, OutputError> {
    let old = Existing::look(folder, force)?;
    let written = match fs::read_to_string(folder.join(CHECKSUMS)) {
        // A list that somebody changed names nothing for sure.
        Ok(text) => tree::checksums(&Source::new(CHECKSUMS, text)).unwrap_or_default(),
        Err(_) => BTreeMap::new(),
    };
    let written = written.into_keys().chain([CHECKSUMS.to_owned()]).collect();
    let kept = BTreeSet::new();
    old.stage(tree, &Known { written, kept })
}

fn failed(what: &Path, error: &io::Error) -> OutputError {
    OutputError::Failed(Diagnostic::error(format!(
        "cannot write `{}`: {error}",
        what.display()
    )))
}

/// A folder before it is written, whether it is there or not.
#[derive(Debug)]
pub struct Existing {
    folder: PathBuf,
    /// Whether something is there that has to make way.
    is_there: bool,
    files: BTreeSet<String>,
}

impl Existing {
    /// Looks at a folder that is about to be written.
    ///
    /// # Errors
    /// It is a link or no folder, or it holds files and is not to be replaced; it cannot be read.
    pub fn look(folder: &Path, force: bool) -> Result<Self, OutputError> {
        // With a slash at its end the name of a link would stand for the folder behind it.
        let folder: PathBuf = folder.components().collect();
        let shown = folder.display();
        let unreadable = |error: io::Error| {
            OutputError::Failed(Diagnostic::error(format!("cannot read `{shown}`: {error}")))
        };
        let mut existing = Existing {
            folder: folder.clone(),
            is_there: false,
            files: BTreeSet::new(),
        };
        let metadata = match fs::symlink_metadata(&folder) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(existing),
            Err(error) => return Err(unreadable(error)),
        };
        if metadata.is_symlink() {
            return Err(OutputError::Refused(
                Diagnostic::error(format!("`{shown}` is a link, which is not followed"))
                    .help("name the folder itself"),
            ));
        }
        if !metadata.is_dir() {
            return Err(OutputError::Refused(
                Diagnostic::error(format!("`{shown}` is not a folder"))
                    .help("choose another one with `--out DIR`"),
            ));
        }
        existing.is_there = true;
        existing.files = files(&folder).map_err(unreadable)?;
        if !existing.files.is_empty() && !force {
            return Err(OutputError::Refused(
                Diagnostic::error(format!("`{shown}` is not empty"))
                    .help("choose another folder with `--out DIR`, or replace what an earlier run wrote with `--force`"),
            ));
        }
        Ok(existing)
    }

    /// The files that are there, by their path below the folder.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    /// Puts a tree in its place: all of it or nothing. Files that are kept are carried over, byte for byte, also over
    /// those of the tree.
    ///
    /// # Errors
    /// Files are there that nothing is known of, or a link that would be kept; it cannot be written. The folder is then
    /// as it was.
    pub fn replace(self, tree: &Tree, known: &Known) -> Result<(), OutputError> {
        self.stage(tree, known)?.settle()
    }

    fn stage(self, tree: &Tree, known: &Known) -> Result<Staged, OutputError> {
        self.nothing_foreign(known)?;
        let folder = self.folder.as_path();
        let parent = disk::parent_of(folder);
        fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
        let staging = Staging::beside(folder, parent).map_err(|error| failed(folder, &error))?;
        let kept: Vec<&str> = self
            .files()
            .filter(|path| known.kept.contains(*path))
            .collect();
        let mut within = staging.path.clone();
        let mut folder_of = |target: &Path| {
            // The files of a folder follow each other.
            if target.parent() == Some(&within) {
                return Ok(());
            }
            within = target.parent().map_or_else(PathBuf::new, Path::to_path_buf);
            fs::create_dir_all(&within)
        };
        for (path, bytes) in tree.files().filter(|(path, _)| !kept.contains(path)) {
            let target = staging.path.join(path);
            folder_of(&target)
                .and_then(|()| disk::write_file(&target, bytes, tree.is_private()))
                .map_err(|error| failed(&folder.join(path), &error))?;
        }
        for path in kept {
            let (old, target) = (folder.join(path), staging.path.join(path));
            folder_of(&target)
                .and_then(|()| fs::copy(&old, &target))
                .map_err(|error| failed(&old, &error))?;
        }
        Ok(Staged {
            staging,
            is_there: self.is_there,
            folder: self.folder,
        })
    }

    /// Refuses to replace what no earlier run wrote.
    fn nothing_foreign(&self, known: &Known) -> Result<(), OutputError> {
        let shown = self.folder.display();
        for path in self.files().filter(|path| known.kept.contains(*path)) {
            let is_file = fs::symlink_metadata(self.folder.join(path))
                .is_ok_and(|metadata| metadata.is_file());
            if !is_file {
                return Err(OutputError::Refused(
                    Diagnostic::error(format!(
                        "`{path}` in `{shown}` is a link or no file, and cannot be carried over"
                    ))
                    .help("move it away, or choose another folder with `--out DIR`"),
                ));
            }
        }
        let foreign: Vec<String> = self
            .files()
            .filter(|path| !known.written.contains(*path) && !known.kept.contains(*path))
            .map(|path| format!("`{}`", visible(path)))
            .collect();
        if foreign.is_empty() {
            return Ok(());
        }
        let shown_files = foreign[..foreign.len().min(5)].join(", ");
        let more = match foreign.len() {
            0..=5 => String::new(),
            n => format!(" and {} more", n - 5),
        };
        Err(OutputError::Refused(
            Diagnostic::error(format!(
                "`{shown}` holds files that no earlier run wrote: {shown_files}{more}"
            ))
            .help("move them away, or choose another folder with `--out DIR`"),
        ))
    }
}

/// A folder whose files stand beside it. Unless it is settled, they go again.
#[derive(Debug)]
pub struct Staged {
    staging: Staging,
    folder: PathBuf,
    is_there: bool,
}

impl Staged {
    /// Waits until it is on the disk and puts it in its place.
    fn settle(self) -> Result<(), OutputError> {
        Self::settle_all(vec![self]).into_iter().collect()
    }

    /// Settles folders that have one parent: the disk is waited for once.
    ///
    /// # Errors
    /// For each that is not in its place, why; its folder is then as it was.
    pub fn settle_all(staged: Vec<Staged>) -> Vec<Result<(), OutputError>> {
        let folders: Vec<PathBuf> = staged.iter().map(|one| one.folder.clone()).collect();
        let Some(parent) = folders.first().map(|folder| disk::parent_of(folder)) else {
            return Vec::new();
        };
        let all_failed = |error: io::Error| {
            let results = folders.iter().map(|folder| Err(failed(folder, &error)));
            results.collect()
        };
        if let Err(error) = disk::sync_below(staged.iter().map(|one| one.staging.path.as_path())) {
            return all_failed(error);
        }
        let results = staged.into_iter().map(Staged::take_the_place).collect();
        match disk::sync_names(parent) {
            Ok(()) => results,
            Err(error) => all_failed(error),
        }
    }

    /// Puts the new folder where the old one is: at once where the system can, else over a moment without either.
    fn take_the_place(self) -> Result<(), OutputError> {
        let (staging, folder) = (self.staging, self.folder.as_path());
        let failed = |error: io::Error| failed(folder, &error);
        if !self.is_there {
            fs::rename(&staging.path, folder).map_err(failed)?;
            staging.keep();
            return Ok(());
        }
        // Who may enter the folder is its owner's choice.
        fs::metadata(folder)
            .and_then(|metadata| fs::set_permissions(&staging.path, metadata.permissions()))
            .map_err(failed)?;
        if disk::exchange(&staging.path, folder).map_err(failed)? {
            // The old folder is in the new one's place now, and goes with it.
            return Ok(());
        }
        let mut old = staging.path.clone().into_os_string();
        old.push(".old");
        let old = PathBuf::from(old);
        fs::rename(folder, &old).map_err(failed)?;
        if let Err(error) = fs::rename(&staging.path, folder) {
            // Put the old folder back; if even that fails, the message names where it is.
            return Err(match fs::rename(&old, folder) {
                Ok(()) => failed(error),
                Err(_) => OutputError::Failed(
                    Diagnostic::error(format!("cannot write `{}`: {error}", folder.display()))
                        .help(format!("what was there before is in `{}`", old.display())),
                ),
            });
        }
        staging.keep();
        // The new folder is in place; a rest of the old one that cannot go is no failure of this run.
        let _ = fs::remove_dir_all(&old);
        Ok(())
    }
}

/// All files below a folder as paths with `/`; links are files, and not followed.
pub(super) fn files(folder: &Path) -> io::Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    list(folder, folder, &mut found)?;
    Ok(found)
}

fn list(root: &Path, folder: &Path, found: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            list(root, &path, found)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
            found.insert(parts.join("/"));
        }
    }
    Ok(())
}

/// A folder that goes again unless it is kept.
#[derive(Debug)]
struct Staging {
    path: PathBuf,
    kept: bool,
}

impl Staging {
    fn beside(folder: &Path, parent: &Path) -> io::Result<Self> {
        let name = folder
            .file_name()
            .map_or("out".into(), |name| name.to_string_lossy());
        for attempt in 0..1000 {
            let path = parent.join(format!(".{name}.{}-{attempt}", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Staging { path, kept: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "no free name beside it",
        ))
    }

    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing can be done about a rest that does not go.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

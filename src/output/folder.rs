//! A folder that appears as a whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::TempDir;

use super::disk::{self, Identity};
use super::staging::Passing;
use super::verify::digest;
use super::{CHECKSUMS, SPLIT_CHECKSUMS, Tree, failed, tree};
use crate::diagnostic::{Code, Diagnostic};

/// The size of a file, and when it was last changed.
type Stamp = (u64, Option<SystemTime>);

/// What is known of the files that a folder holds before it is written.
#[derive(Debug, Default)]
pub struct Known {
    /// Those that an earlier run wrote, which go.
    pub written: BTreeSet<String>,
    /// The SHA-256 that they had then, where it is known.
    pub sums: BTreeMap<String, String>,
    /// Files of others, which stay as they are.
    pub kept: BTreeSet<String>,
}

/// A folder of an earlier run that was edited by hand, and so is kept beside the new one.
#[derive(Debug)]
pub struct KeptCopy {
    /// Where it is now.
    pub folder: PathBuf,
    /// The files that were changed or removed.
    pub edited: Vec<String>,
}

impl KeptCopy {
    /// The warning that names it.
    pub fn warning(&self) -> Diagnostic {
        Diagnostic::warning(format!(
            "files were edited since they were written: {}",
            shortened(&self.edited)
        ))
        .help(format!(
            "the old folder is kept as `{}`",
            self.folder.display()
        ))
    }
}

/// Writes a tree to a folder. The files are first written beside it, then take its place in one step.
///
/// A folder that holds files is only replaced with `force`, and only if its checksums name all of them. Where one of them
/// was edited, the old folder is kept.
///
/// # Errors
/// The folder may not be replaced, or cannot be written; it is then as it was.
pub fn write<'t>(
    tree: &Tree,
    target: impl Into<Target<'t>>,
    force: bool,
) -> Result<Option<KeptCopy>, Diagnostic> {
    stage(tree, target, force)?.settle()
}

/// As [`write()`], but for the last step: [`Staged::settle_all`] does it for many folders at once.
///
/// # Errors
/// As [`write()`].
pub fn stage<'t>(
    tree: &Tree,
    target: impl Into<Target<'t>>,
    force: bool,
) -> Result<Staged, Diagnostic> {
    let old = Existing::look(target, force)?;
    let mut known = Known::default();
    // A list that was edited is not reliable.
    let sums = old.sums(CHECKSUMS);
    if !sums.is_empty() && sums.keys().all(|path| tree::is_written_by_a_run(path)) {
        known.written = sums.keys().cloned().collect();
        known.written.insert(CHECKSUMS.to_owned());
        known.sums = sums;
    }
    old.stage(tree, &known)
}

/// The first few of some paths, in words.
fn shortened(paths: &[String]) -> String {
    let quoted = paths.iter().take(5).map(|path| format!("`{path}`"));
    let first = quoted.collect::<Vec<_>>().join(", ");
    match paths.len() {
        0..=5 => first,
        n => format!("{first} and {} more", n - 5),
    }
}

/// A folder that is to be written, and the option that names it.
#[derive(Clone, Copy, Debug)]
pub struct Target<'t> {
    /// The folder.
    pub folder: &'t Path,
    /// The option, such as `--out`.
    pub option: &'static str,
}

impl<'t, P: AsRef<Path> + ?Sized> From<&'t P> for Target<'t> {
    fn from(folder: &'t P) -> Self {
        Target {
            folder: folder.as_ref(),
            option: "--out",
        }
    }
}

/// A folder before it is written, whether it is there or not.
#[derive(Debug)]
pub struct Existing {
    folder: PathBuf,
    /// The option that names it.
    option: &'static str,
    /// What is there and has to make way, as it was when it was looked at.
    old: Option<Identity>,
    files: BTreeMap<String, Stamp>,
}

impl Existing {
    /// Looks at a folder that is about to be written.
    ///
    /// # Errors
    /// It is a link or no folder, or it holds files and is not to be replaced; it cannot be read.
    pub fn look<'t>(target: impl Into<Target<'t>>, force: bool) -> Result<Self, Diagnostic> {
        let Target { folder, option } = target.into();
        // With a slash at its end the name of a link would stand for the folder behind it.
        let folder: PathBuf = folder.components().collect();
        let shown = folder.display();
        let unreadable = |error: io::Error| Diagnostic::unreadable(folder.display(), &error);
        let mut existing = Existing {
            folder: folder.clone(),
            option,
            old: None,
            files: BTreeMap::new(),
        };
        if folder.file_name().is_none() {
            return Err(
                Diagnostic::error(format!("`{shown}` cannot be replaced by a new folder"))
                    .code(Code::NotReplaced)
                    .help(format!(
                        "name a folder by its own name, such as `{option} out`"
                    )),
            );
        }
        let metadata = match fs::symlink_metadata(&folder) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(existing),
            Err(error) => return Err(unreadable(error)),
        };
        if metadata.is_symlink() {
            return Err(
                Diagnostic::error(format!("`{shown}` is a link, which is not followed"))
                    .code(Code::NotFollowed)
                    .help("name the folder itself"),
            );
        }
        if !metadata.is_dir() {
            return Err(Diagnostic::error(format!("`{shown}` is not a folder"))
                .code(Code::NotReplaced)
                .help(format!("choose another one with `{option} DIR`")));
        }
        if disk::is_mount_point(&folder, &metadata).map_err(unreadable)? {
            return Err(Diagnostic::error(format!(
                "`{shown}` is a mount point, which cannot be replaced by a new folder"
            ))
            .code(Code::NotReplaced)
            .help(format!("name a folder below it with `{option} DIR`")));
        }
        existing.old = Some(disk::identity(&metadata));
        if force {
            existing.files = files(&folder).map_err(unreadable)?;
        } else if fs::read_dir(&folder).map_err(unreadable)?.next().is_some() {
            return Err(Diagnostic::error(format!("`{shown}` is not empty")).code(Code::NotReplaced)
                    .help(format!("choose another folder with `{option} DIR`, or replace what an earlier run wrote with `--force`")));
        }
        Ok(existing)
    }

    /// The files that are there, by their path below the folder.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The checksums in one of its files, or none if that is not there, or holds anything else.
    pub fn sums(&self, file: &str) -> BTreeMap<String, String> {
        if self.files.contains_key(file) {
            tree::checksums_of(&self.folder, file).unwrap_or_default()
        } else {
            BTreeMap::new()
        }
    }

    /// The files that would be lost with the folder: they are neither as they were written, nor as the tree has them.
    fn edited(&self, tree: &Tree, known: &Known) -> Vec<String> {
        let is_edited = |path: &&String| match digest(&self.folder.join(path)) {
            // They are about the others.
            _ if [CHECKSUMS, SPLIT_CHECKSUMS].contains(&path.as_str()) => false,
            // What a link leads to is not lost, but the link is.
            Ok(_) if self.folder.join(path).is_symlink() => true,
            Ok(found) => known.sums.get(*path) != Some(&found) && !tree.holds(path, &found),
            Err(_) => known.sums.contains_key(*path),
        };
        let goes = known.written.difference(&known.kept);
        goes.filter(is_edited).cloned().collect()
    }

    /// Puts a tree in its place: all of it or nothing. Files that are kept are carried over, byte for byte, also over
    /// those of the tree. Where files that go were edited, the old folder is kept.
    ///
    /// # Errors
    /// Files are there that nothing is known of, or a link that would be kept; it cannot be written. The folder is then
    /// as it was.
    pub fn replace(self, tree: &Tree, known: &Known) -> Result<Option<KeptCopy>, Diagnostic> {
        self.stage(tree, known)?.settle()
    }

    /// As [`Existing::replace`], but for the last step: [`Staged::settle_all`] does it for many folders at once.
    ///
    /// # Errors
    /// As [`Existing::replace`].
    pub fn stage(self, tree: &Tree, known: &Known) -> Result<Staged, Diagnostic> {
        self.nothing_foreign(known)?;
        let edited = self.edited(tree, known);
        let folder = self.folder.as_path();
        let parent = disk::parent_of(folder);
        fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
        let staging =
            beside(folder, parent, tree.is_private()).map_err(|error| match error.kind() {
                io::ErrorKind::PermissionDenied => Diagnostic::error(format!(
                    "cannot write `{}`: a new folder cannot be made beside it: {error}",
                    folder.display()
                ))
                .code(Code::Unwritable)
                .help(format!(
                    "name a folder with `{} DIR` in a folder that you may write to",
                    self.option
                )),
                _ => failed(folder, &error),
            })?;
        let kept: Vec<&str> = self
            .files()
            .filter(|path| known.kept.contains(*path))
            .collect();
        let mut within = PathBuf::new();
        let mut folder_of = |path: &str| {
            let parent = Path::new(path).parent().unwrap_or(Path::new(""));
            // The files of a folder follow each other.
            if within == parent {
                return Ok(());
            }
            within = parent.to_path_buf();
            // Not the staging folder itself: where it has been taken away, it is not to come back.
            let mut made = staging.path().to_path_buf();
            parent.iter().try_for_each(|name| {
                made.push(name);
                match fs::create_dir(&made) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                    result => result,
                }
            })
        };
        for (path, bytes) in tree.files().filter(|(path, _)| !kept.contains(path)) {
            let target = staging.path().join(path);
            folder_of(path)
                .and_then(|()| disk::write_file(&target, bytes, tree.is_private()))
                .map_err(|error| failed(&folder.join(path), &error))?;
        }
        for path in kept {
            let (old, target) = (folder.join(path), staging.path().join(path));
            folder_of(path)
                .and_then(|()| fs::copy(&old, &target))
                .map_err(|error| failed(&old, &error))?;
        }
        Ok(Staged {
            staging,
            old: self.old.map(|identity| (identity, self.files)),
            private: tree.is_private(),
            edited,
            folder: self.folder,
        })
    }

    /// Refuses to replace what no earlier run wrote.
    fn nothing_foreign(&self, known: &Known) -> Result<(), Diagnostic> {
        let shown = self.folder.display();
        for path in self.files().filter(|path| known.kept.contains(*path)) {
            let is_file = fs::symlink_metadata(self.folder.join(path))
                .is_ok_and(|metadata| metadata.is_file());
            if !is_file {
                return Err(Diagnostic::error(format!(
                    "`{path}` in `{shown}` is a link, or not a file, and cannot be carried over"
                ))
                .code(Code::NotFollowed)
                .help("move it away, or choose another folder with `--out DIR`"));
            }
        }
        let foreign: Vec<String> = self
            .files()
            .filter(|path| !known.written.contains(*path) && !known.kept.contains(*path))
            .filter(|path| {
                let below = known.written.range(below(path)..).next();
                !is_left_empty(&self.folder, path, below)
            })
            .map(str::to_owned)
            .collect();
        if foreign.is_empty() {
            return Ok(());
        }
        let foreign = shortened(&foreign);
        Err(Diagnostic::error(format!(
            "`{shown}` holds files that no earlier run wrote: {foreign}"
        ))
        .code(Code::NotReplaced)
        .help("move them away, or choose another folder with `--out DIR`"))
    }
}

/// A folder whose files are beside it. Unless it is settled, they go again.
#[derive(Debug)]
pub struct Staged {
    staging: Passing<TempDir>,
    folder: PathBuf,
    /// What has to make way.
    old: Option<(Identity, BTreeMap<String, Stamp>)>,
    private: bool,
    /// Files of the old folder that were changed by hand.
    edited: Vec<String>,
}

impl Staged {
    /// Waits until it is on the disk and puts it in its place.
    fn settle(self) -> Result<Option<KeptCopy>, Diagnostic> {
        Self::settle_all(vec![self]).pop().unwrap_or(Ok(None))
    }

    /// Settles folders that have one parent: the disk is waited for once.
    ///
    /// # Errors
    /// For each that is not in its place, why; its folder is then as it was.
    pub fn settle_all(staged: Vec<Staged>) -> Vec<Result<Option<KeptCopy>, Diagnostic>> {
        let folders: Vec<PathBuf> = staged.iter().map(|one| one.folder.clone()).collect();
        let Some(parent) = folders.first().map(|folder| disk::parent_of(folder)) else {
            return Vec::new();
        };
        let all_failed = |error: io::Error| {
            let results = folders.iter().map(|folder| Err(failed(folder, &error)));
            results.collect()
        };
        if let Err(error) = disk::sync_below(staged.iter().map(|one| one.staging.path())) {
            return all_failed(error);
        }
        let results = staged.into_iter().map(Staged::take_the_place).collect();
        match disk::sync_names(parent) {
            Ok(()) => results,
            Err(error) => all_failed(error),
        }
    }

    /// Puts the new folder where the old one is, and takes the old one away.
    fn take_the_place(self) -> Result<Option<KeptCopy>, Diagnostic> {
        let Staged {
            staging,
            folder,
            old,
            private,
            edited,
        } = self;
        let folder = folder.as_path();
        let leftover = |old: &Path, error: io::Error| {
            Diagnostic::error(format!(
                "`{}` is written, but the folder that it replaces stays as `{}`: {error}",
                folder.display(),
                old.display()
            ))
            .code(Code::Unwritable)
        };
        let replaced = staging.settle(|staging, held| {
            let Some((identity, files)) = &old else {
                if !disk::rename_to_new(staging.path(), folder)
                    .map_err(|error| failed(folder, &error))?
                {
                    return Err(changed(folder));
                }
                let _ = staging.keep();
                return Ok(None);
            };
            let old = change_places(staging, folder, private, identity, files)?;
            Ok(Some(if edited.is_empty() {
                Ok(held.passing(old))
            } else {
                Err(old)
            }))
        })?;
        match replaced {
            None => Ok(None),
            Some(Ok(old)) => {
                let removed = disk::remove_folder(old.path());
                removed.map_err(|error| leftover(old.path(), error))?;
                Ok(None)
            }
            Some(Err(old)) => {
                for _ in 0..100 {
                    let copy = unused_name(folder, "edited");
                    let named = disk::rename_to_new(&old, &copy);
                    if named.map_err(|error| leftover(&old, error))? {
                        let folder = copy;
                        return Ok(Some(KeptCopy { folder, edited }));
                    }
                }
                let folder = old;
                Ok(Some(KeptCopy { folder, edited }))
            }
        }
    }
}

/// Puts a new folder where an old one is, at once where the system can, else over a moment without either. Tells where the
/// old one is now.
fn change_places(
    staging: TempDir,
    folder: &Path,
    private: bool,
    identity: &Identity,
    files: &BTreeMap<String, Stamp>,
) -> Result<PathBuf, Diagnostic> {
    let failed = |error: io::Error| failed(folder, &error);
    // Who may enter the folder is its owner's choice.
    let permissions = fs::metadata(folder).map_err(failed)?.permissions();
    let permissions = if private {
        disk::owner_only(permissions)
    } else {
        permissions
    };
    fs::set_permissions(staging.path(), permissions).map_err(failed)?;
    if disk::exchange(staging.path(), folder).map_err(failed)? {
        let is_as_seen = is_as_seen(staging.path(), identity, files);
        if !is_as_seen && disk::exchange(staging.path(), folder).map_err(failed)? {
            return Err(changed(folder));
        }
        // This run removes the old folder only if it is the one that was examined.
        let old = staging.keep();
        return if is_as_seen {
            Ok(old)
        } else {
            Err(changed(folder))
        };
    }
    let old = unused_name(folder, "old");
    if !is_as_seen(folder, identity, files) {
        return Err(changed(folder));
    }
    fs::rename(folder, &old).map_err(failed)?;
    if let Err(error) = fs::rename(staging.path(), folder) {
        // Put the old folder back; if even that fails, the message names where it is.
        return Err(match fs::rename(&old, folder) {
            Ok(()) => failed(error),
            Err(_) => {
                failed(error).help(format!("what was there before is in `{}`", old.display()))
            }
        });
    }
    let _ = staging.keep();
    Ok(old)
}

fn changed(folder: &Path) -> Diagnostic {
    Diagnostic::error(format!(
        "`{}` was changed by another program while this ran",
        folder.display()
    ))
    .help("it was left as it is; run the command again")
}

/// A name beside a folder or file that nothing has: `out.old`, `out.old-2`.
pub(super) fn unused_name(folder: &Path, word: &str) -> PathBuf {
    let named = |number: usize| {
        let mut name = folder.as_os_str().to_owned();
        name.push(match number {
            1 => format!(".{word}"),
            number => format!(".{word}-{number}"),
        });
        PathBuf::from(name)
    };
    let is_unused = |path: &PathBuf| fs::symlink_metadata(path).is_err();
    (1..).map(named).find(is_unused).unwrap_or_else(|| named(1))
}

/// Whether a folder still is what was looked at.
fn is_as_seen(folder: &Path, identity: &Identity, seen: &BTreeMap<String, Stamp>) -> bool {
    let is_same =
        fs::symlink_metadata(folder).is_ok_and(|metadata| disk::identity(&metadata) == *identity);
    is_same && files(folder).is_ok_and(|found| found == *seen)
}

/// The most files and folders that a folder of ours can hold.
const MOST_ENTRIES: usize = 200_000;

/// All files below a folder as paths with `/`, and all empty folders. Links are files, and not followed.
pub(super) fn files(folder: &Path) -> io::Result<BTreeMap<String, Stamp>> {
    let mut found = BTreeMap::new();
    list(folder, folder, &mut 0, &mut found)?;
    Ok(found)
}

fn list(
    root: &Path,
    folder: &Path,
    entries: &mut usize,
    found: &mut BTreeMap<String, Stamp>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        *entries += 1;
        if *entries > MOST_ENTRIES {
            return Err(io::Error::other(format!(
                "it holds more than {MOST_ENTRIES} files and folders, more than vmo-ra writes"
            )));
        }
        let path = entry.path();
        let metadata = entry.metadata()?;
        let before = *entries;
        if metadata.is_dir() {
            list(root, &path, entries, found)?;
        }
        if *entries == before
            && let Ok(relative) = path.strip_prefix(root)
        {
            let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
            let stamp = (metadata.len(), metadata.modified().ok());
            found.insert(parts.join("/"), stamp);
        }
    }
    Ok(())
}

/// What the paths of all files below a folder begin with.
pub(super) fn below(path: &str) -> String {
    format!("{path}/")
}

/// Whether a path is a folder that a run made for its files, of which this is the first, and that stands empty since they
/// are gone.
pub(super) fn is_left_empty(folder: &Path, path: &str, first: Option<&String>) -> bool {
    first.is_some_and(|first| first.starts_with(&below(path)))
        && fs::symlink_metadata(folder.join(path)).is_ok_and(|metadata| metadata.is_dir())
}

/// A folder beside another, under a name that nothing else has.
fn beside(folder: &Path, parent: &Path, private: bool) -> io::Result<Passing<TempDir>> {
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(folder.file_name().unwrap_or_default());
    prefix.push(".");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    if let Some(permissions) = disk::new_folder(private) {
        builder.permissions(permissions);
    }
    Passing::made(|| builder.tempdir_in(parent).map_err(disk::without_name))
}

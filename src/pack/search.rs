//! Finds pack folders below the folders a user names.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Source};
use crate::secret;

/// How many folders are looked at below one that a user names.
const MOST_FOLDERS: usize = 100_000;
/// The largest file of a pack that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// All folders with a pack.json at or below `root`, at any depth, in the order of their paths.
///
/// Links to folders are followed once: a tree of links that comes back to itself is an error.
///
/// # Errors
/// A folder that cannot be read, or a link that leads to a folder it lies in.
pub(super) fn pack_folders(root: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    let mut packs = Vec::new();
    let mut seen = HashSet::new();
    // A stack, since a tree may be deeper than a thread's own.
    let mut open = vec![(root.to_path_buf(), false)];
    while let Some((folder, through_link)) = open.pop() {
        let real = fs::canonicalize(&folder).map_err(|error| unreadable(&folder, &error))?;
        if through_link && is_within(&folder, &real) {
            return Err(Diagnostic::error(format!(
                "`{}` is a link to a folder that it lies in",
                folder.display()
            ))
            .help("take the link away, or name the folders of the packs themselves with `--packs DIR`"));
        }
        // Two links to one folder are one place.
        if !seen.insert(real) {
            continue;
        }
        if seen.len() > MOST_FOLDERS {
            return Err(Diagnostic::error(format!(
                "`{}` holds more than {MOST_FOLDERS} folders",
                root.display()
            ))
            .help("name a folder that holds packs"));
        }
        let below = subfolders(&folder).map_err(|error| unreadable(&folder, &error))?;
        if below.is_pack {
            packs.push(folder);
        }
        open.extend(below.folders);
    }
    packs.sort();
    Ok(packs)
}

struct Below {
    is_pack: bool,
    /// With whether each is a link.
    folders: Vec<(PathBuf, bool)>,
}

fn subfolders(folder: &Path) -> io::Result<Below> {
    let mut below = Below {
        is_pack: false,
        folders: Vec::new(),
    };
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if entry.file_name() == "pack.json" {
            below.is_pack = true;
        } else if kind.is_dir() && entry.file_name() != ".git" {
            below.folders.push((entry.path(), false));
        } else if kind.is_symlink() && entry.path().is_dir() {
            below.folders.push((entry.path(), true));
        }
    }
    // A pack has no packs in its own folders of charts and manifests.
    if below.is_pack {
        below.folders.clear();
    }
    below.folders.sort_by(|one, two| two.cmp(one));
    Ok(below)
}

/// Whether the folder that a link stands in is, or lies in, what the link leads to.
fn is_within(link: &Path, target: &Path) -> bool {
    link.parent()
        .and_then(|parent| fs::canonicalize(parent).ok())
        .is_some_and(|parent| parent.starts_with(target))
}

fn unreadable(folder: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(format!("cannot read `{}`: {error}", folder.display()))
        .help("name a folder that holds packs, each with its pack.json and values.yaml")
}

/// The text of a pack's file.
///
/// # Errors
/// It cannot be read, is too large, or is not UTF-8.
pub(super) fn read(path: &Path) -> Result<Source, Diagnostic> {
    let problem =
        |reason: String| Diagnostic::error(format!("cannot read `{}`: {reason}", path.display()));
    let metadata = fs::metadata(path).map_err(|error| problem(error.to_string()))?;
    if !metadata.is_file() {
        return Err(problem("it is not a file".to_owned()));
    }
    if metadata.len() > LARGEST {
        return Err(problem(format!(
            "it has {} bytes, more than the {LARGEST} that are read",
            metadata.len()
        ))
        .help("a pack's files are some KiB; take out what is no configuration"));
    }
    // Some files have no length, such as those of /proc, and some grow.
    let mut text = String::new();
    fs::File::open(path)
        .and_then(|file| file.take(LARGEST).read_to_string(&mut text))
        .map_err(|error| problem(error.to_string()))?;
    Ok(secret::source(path.display().to_string(), text))
}

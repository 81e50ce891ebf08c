//! Reads a folder that `vmo-ra split` wrote. No link in it is followed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;
use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::profile::folder::{Entry, PROFILE, is_aside, join, yaml_problem};

use super::{Failure, inputs};

/// The most files and folders that are looked at; it is not a split profile that holds more.
const MOST_ENTRIES: usize = 100_000;
/// How deep folders may lie in each other; `split` makes one level.
const DEEPEST: usize = 32;

/// A profile that was put together from a folder.
pub(super) struct Read {
    /// Its `profile.yaml`.
    pub(super) source: Source,
    /// All of it, the texts in their places.
    pub(super) profile: Value,
    /// What is to be said of its texts.
    pub(super) warnings: Vec<Diagnostic>,
    /// Whether only its owner may read one of its files.
    pub(super) private: bool,
}

/// Whether a folder holds a split profile.
pub(super) fn is_split(folder: &Path) -> bool {
    fs::symlink_metadata(folder.join(PROFILE)).is_ok()
}

/// The `profile.yaml` of a folder, and whether only its owner may read it; none where there is none.
pub(super) fn profile_file(folder: &Path) -> Result<Option<(Source, bool)>, Failure> {
    let path = folder.join(PROFILE);
    let name = path.display().to_string();
    match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_file() => {
            let (text, private) = inputs::part(&path, inputs::LARGEST_PROFILE)?;
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            Ok(Some((Source::new(name, text), private)))
        }
        Ok(_) => Err(Diagnostic::error(format!("`{name}` is a link or no file"))
            .help("put the file itself there")
            .into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(&path, &error)),
    }
}

/// Puts the profile of a folder together.
pub(super) fn read(folder: &Path) -> Result<Read, Failure> {
    let metadata = fs::metadata(folder).map_err(|error| unreadable(folder, &error))?;
    if !metadata.is_dir() {
        return Err(
            Diagnostic::error(format!("`{}` is not a folder", folder.display()))
                .help("name a folder that `vmo-ra split` wrote")
                .into(),
        );
    }
    let Some((source, mut private)) = profile_file(folder)? else {
        return Err(
            Diagnostic::error(format!("`{}` holds no `{PROFILE}`", folder.display()))
                .help("name a folder that `vmo-ra split` wrote")
                .into(),
        );
    };
    let mut entries = BTreeMap::new();
    list(folder, "", 0, &mut entries)?;
    let mut warnings = Vec::new();
    let mut failed = None;
    let mut left = inputs::LARGEST_PROFILE;
    let joined = join(&source, &entries, |path| {
        let file = folder.join(path);
        match inputs::part(&file, left) {
            Ok((text, is_private)) => {
                left -= text.len() as u64;
                private |= is_private;
                warnings.extend(yaml_problem(&file.display().to_string(), &text));
                Ok(text)
            }
            Err(Failure::Input(mut problems)) if !problems.is_empty() => {
                Err(problems.swap_remove(0))
            }
            Err(failure) => {
                failed.get_or_insert(failure);
                Err(Diagnostic::error("a file could not be read"))
            }
        }
    });
    if let Some(failure) = failed {
        return Err(failure);
    }
    Ok(Read {
        profile: joined?,
        source,
        warnings,
        private,
    })
}

/// Everything below a folder but what is hidden, with `/` between the parts of a path.
fn list(
    folder: &Path,
    within: &str,
    depth: usize,
    entries: &mut BTreeMap<String, Entry>,
) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        if depth > DEEPEST || entries.len() >= MOST_ENTRIES {
            return Err(Diagnostic::error(format!(
                "`{}` holds more files, or deeper folders, than a split profile",
                folder.display()
            ))
            .help("name a folder that `vmo-ra split` wrote")
            .into());
        }
        let name = entry.file_name();
        let path = format!("{within}{}", name.to_string_lossy());
        if is_aside(&path) {
            continue;
        }
        let kind = entry
            .file_type()
            .map_err(|error| unreadable(&entry.path(), &error))?;
        let found = if kind.is_symlink() {
            Entry::Link
        } else if kind.is_dir() {
            list(&entry.path(), &format!("{path}/"), depth + 1, entries)?;
            Entry::Folder
        } else if kind.is_file() {
            Entry::File
        } else {
            Entry::Other
        };
        entries.insert(path, found);
    }
    Ok(())
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::System(Diagnostic::error(format!(
        "cannot read `{}`: {error}",
        path.display()
    )))
}

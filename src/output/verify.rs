//! Whether a folder is as it was written.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{CHECKSUMS, folder, tree};
use crate::diagnostic::Diagnostic;

/// How a file differs from what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Difference {
    /// It has other bytes.
    Changed,
    /// It is gone.
    Missing,
    /// It is a link or a folder in the file's place.
    Replaced,
    /// It was not written by the run.
    Added,
}

/// What became of a folder.
#[derive(Debug, Serialize)]
pub struct Verified {
    /// How many files are as they were written.
    pub unchanged: usize,
    /// The others by their path, in order.
    pub differences: BTreeMap<String, Difference>,
}

/// Compares every file of a folder with the checksums in it.
///
/// # Errors
/// There are no checksums, they cannot be read, or a file cannot be.
pub fn verify(folder: &Path) -> Result<Verified, Diagnostic> {
    let unreadable = |path: &Path, error| Diagnostic::unreadable(path.display(), &error);
    let real = |path: &Path| fs::canonicalize(path).map_err(|error| unreadable(path, error));
    let sums = tree::checksums_of(folder, CHECKSUMS)?;
    let within = real(folder)?;
    let mut verified = Verified {
        unchanged: 0,
        differences: BTreeMap::new(),
    };
    for (path, sum) in &sums {
        let file = folder.join(path);
        let difference = match fs::symlink_metadata(&file) {
            Ok(metadata) if !metadata.is_file() => Some(Difference::Replaced),
            // A folder of it may be a link.
            Ok(_) if !real(&file)?.starts_with(&within) => Some(Difference::Replaced),
            Ok(_) => (digest(&file).map_err(|error| unreadable(&file, error))? != *sum)
                .then_some(Difference::Changed),
            // A file where a folder was hides all that the folder held.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Some(Difference::Missing)
            }
            Err(error) => return Err(unreadable(&file, error)),
        };
        match difference {
            None => verified.unchanged += 1,
            Some(difference) => {
                verified.differences.insert(path.clone(), difference);
            }
        }
    }
    for path in folder::files(folder)
        .map_err(|error| unreadable(folder, error))?
        .into_keys()
    {
        let first = sums.range(folder::below(&path)..).next();
        let is_left_empty = folder::is_left_empty(folder, &path, first.map(|(path, _)| path));
        if path != CHECKSUMS && !sums.contains_key(&path) && !is_left_empty {
            verified.differences.insert(path, Difference::Added);
        }
    }
    Ok(verified)
}

/// The SHA-256 of a file.
pub(super) fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut part = [0; 1 << 16];
    loop {
        match file.read(&mut part)? {
            0 => return Ok(tree::hex(&hash.finalize())),
            length => hash.update(&part[..length]),
        }
    }
}

//! What a run leaves on disk: a folder or a file that appears as a whole or not at all.

mod disk;
mod file;
mod folder;
mod tree;
mod verify;

use std::io;
use std::path::Path;

use crate::diagnostic::Diagnostic;
use crate::visible::visible;

pub use file::{StagedFile, replace_file};
pub use folder::{Existing, KeptCopy, Known, OutputError, Staged, stage, write};
pub use tree::Tree;
pub use verify::{Difference, Verified, verify};

/// The file that names every other file of a folder with its SHA-256.
pub const CHECKSUMS: &str = "SHA256SUMS";

fn failed(what: &Path, error: &io::Error) -> OutputError {
    OutputError::Failed(Diagnostic::error(format!(
        "cannot write `{}`: {error}",
        visible(&what.to_string_lossy())
    )))
}

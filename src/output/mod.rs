//! Writes the results of a run: a folder or a file appears as a whole or not at all.
//!
//! ```
//! use vmo_ra::output::{Tree, verify, write};
//!
//! let folder = std::env::temp_dir().join(format!("vmo-ra-example-{}", std::process::id()));
//! let tree = Tree::of_files([("nad.yaml".to_owned(), b"kind: x\n".to_vec())]).expect("its names differ");
//! write(&tree, &folder, false).expect("it can be written");
//! assert_eq!(verify(&folder).expect("it has checksums").unchanged, 1);
//! # std::fs::remove_dir_all(&folder).expect("it is ours");
//! ```

mod disk;
mod file;
mod folder;
mod staging;
mod tree;
mod verify;

use std::io;
use std::path::Path;

use crate::diagnostic::Diagnostic;

pub use file::{StagedFile, is_replaced, keep_copy, replace_file};
pub use folder::{Existing, KeptCopy, Known, Staged, Target, stage, write};
pub use staging::{abandon, before_staging};
pub use tree::Tree;
pub(crate) use tree::digest_of;
pub use verify::{Difference, Verified, verify};

/// The folder below a rendered one with the profiles that a cluster goes through before.
pub const STEPS: &str = "steps";
/// The file that names every other file of a folder with its SHA-256.
pub const CHECKSUMS: &str = "SHA256SUMS";
/// The same for a folder that people edit. It is hidden, since they do not edit it.
pub const SPLIT_CHECKSUMS: &str = ".vmo-ra.sha256";

fn failed(what: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::unwritable(what.display(), error)
}

//! What a run leaves on disk: a folder or a file that appears as a whole or not at all.

mod disk;
mod file;
mod folder;
mod tree;
mod verify;

pub use file::{replace_file, rewrite_file};
pub use folder::{Existing, Known, OutputError, Staged, stage, write};
pub use tree::Tree;
pub use verify::{Difference, Verified, verify};

/// The file that names every other file of a folder with its SHA-256.
pub const CHECKSUMS: &str = "SHA256SUMS";

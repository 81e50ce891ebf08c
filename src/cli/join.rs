//! `vmo-ra join`

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::load;
use vmo_ra::profile::to_palette_json;

use super::inputs::Files;
use super::out_file::OutFile;
use super::{Failure, terminal};

/// Join a folder that `vmo-ra split` wrote into a profile, as JSON that Palette imports
#[derive(Debug, Args)]
pub(super) struct Join {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    out: OutFile,
}

impl Join {
    pub(super) fn run(self) -> Result<(), Failure> {
        if !self.out.is_printed() && self.is_in_folder() {
            return Err(Diagnostic::error(format!(
                "`{}` is inside the folder to join, and would become an extra file in it",
                self.out.path().display()
            ))
            .help("write it elsewhere")
            .into());
        }
        let read = load::split_profile(&Files, &self.folder)?;
        let json = to_palette_json(&read.profile)
            .map_err(|error| Diagnostic::error(format!("the profile has no JSON form: {error}")))?;
        terminal::explain(&read.warnings);
        if self.out.is_printed() {
            return terminal::write(&json);
        }
        let private = if read.private {
            ", readable only by you, like its files"
        } else {
            ""
        };
        self.out.write(&json, read.private, private)
    }

    /// Whether the file would be written into the folder.
    fn is_in_folder(&self) -> bool {
        let parent = match self.out.path().parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        match (fs::canonicalize(parent), fs::canonicalize(&self.folder)) {
            (Ok(parent), Ok(folder)) => parent.starts_with(folder),
            // A folder that does not exist yet is not inside an existing one.
            _ => false,
        }
    }
}

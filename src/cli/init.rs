//! `vmo-ra init`

use std::fs;
use std::path::PathBuf;

use clap::Args;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::output;

use super::{Failure, terminal};

/// The RA's example as a site file, with a remark on every setting.
const STARTER: &str = include_str!("../../templates/starter/site.yaml");

/// Write a commented site file to start from: the RA's own example
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where to write it
    #[arg(default_value = "site.yaml")]
    file: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

impl Init {
    pub(super) fn run(self) -> Result<(), Failure> {
        let shown = self.file.display();
        let exists = fs::symlink_metadata(&self.file).is_ok();
        if exists && !self.force {
            return Err(Diagnostic::error(format!("`{shown}` is there already"))
                .help("choose another name, or replace it with `--force`")
                .into());
        }
        output::replace_file(&self.file, STARTER.as_bytes(), false)?;
        terminal::print(
            format!("wrote {shown}; change it and run `vmo-ra render --site {shown}`\n").as_bytes(),
        )
    }
}

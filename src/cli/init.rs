//! `vmo-ra init`

use std::fs;
use std::io;
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
        self.write().map_err(|error| {
            Failure::System(Diagnostic::error(format!(
                "cannot write `{shown}`: {error}"
            )))
        })?;
        terminal::print(
            format!("wrote {shown}; change it and run `vmo-ra render --site {shown}`\n").as_bytes(),
        )
    }

    /// Writes beside the file first, so that a full disk leaves the old one.
    fn write(&self) -> io::Result<()> {
        let mut name = self.file.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}", std::process::id()));
        let staging = self.file.with_file_name(name);
        let written = output::write_file(&staging, STARTER.as_bytes(), false)
            .and_then(|()| fs::rename(&staging, &self.file));
        if written.is_err() {
            // The first error is the one to tell.
            let _ = fs::remove_file(&staging);
        }
        written
    }
}

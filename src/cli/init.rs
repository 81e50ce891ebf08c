//! `vmo-ra init`

use std::fs;
use std::path::PathBuf;

use clap::Args;
use vmo_ra::command;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::{output, site};

use super::lines::Lines;
use super::{Failure, inputs, terminal};

/// The schema's file beside the site. It is hidden, so that a folder of sites holds nothing but sites.
const SCHEMA: &str = ".vmo-ra.schema.json";

/// Write a commented site file to start from: the RA's own example, with its schema beside it for editors
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where to write it, or `-` for standard output
    #[arg(default_value = "site.yaml")]
    file: PathBuf,
    /// Replace files that are there; one that was edited is kept beside the new one
    #[arg(long)]
    force: bool,
}

impl Init {
    pub(super) fn run(self) -> Result<(), Failure> {
        let starter = site::starter();
        if self.file.as_os_str() == "-" {
            return terminal::write(starter.as_bytes());
        }
        let mut files = Vec::new();
        // Nothing stands beside a device.
        if fs::metadata(&self.file).map_or(true, |there| there.is_file()) {
            files.push((self.file.with_file_name(SCHEMA), site::json_schema()));
        }
        let modeline = match files.as_slice() {
            [] => String::new(),
            _ => format!("# yaml-language-server: $schema={SCHEMA}\n"),
        };
        files.push((self.file.clone(), modeline.clone() + &starter));
        for (file, text) in &files {
            let Ok(there) = fs::symlink_metadata(file) else {
                continue;
            };
            let is_schema = file != &self.file && there.is_file();
            let same = is_schema && fs::read(file).is_ok_and(|old| old == text.as_bytes());
            if !same {
                inputs::nothing_there(file, self.force)?;
            }
        }
        // The old file may have been edited, so a copy is kept.
        let is_file = fs::metadata(&self.file).is_ok_and(|there| there.is_file());
        let is_other = |old: Vec<u8>| old != (modeline + &starter).as_bytes();
        if is_file && fs::read(&self.file).is_ok_and(is_other) {
            let copy = output::keep_copy(&self.file)?;
            terminal::explain(&[Diagnostic::warning(format!(
                "`{}` was edited since it was written",
                self.file.display()
            ))
            .help(format!("the old file is kept as `{}`", copy.display()))]);
        }
        for (file, text) in &files {
            output::replace_file(file, text.as_bytes(), false)?;
        }
        terminal::done(&Lines::one(&format!(
            "wrote {}; change it and run {}",
            self.file.display(),
            command::on("vmo-ra render --site", &self.file)
        )))
    }
}

//! `vmo-ra init`

use std::fs;
use std::path::PathBuf;

use clap::Args;
use vmo_ra::command;
use vmo_ra::output::StagedFile;
use vmo_ra::site;

use super::lines::Lines;
use super::out_file::{holds, keep_edited, may_be_written};
use super::{Failure, terminal};

/// The schema's file beside the site. It is hidden, so that a folder of sites holds nothing but sites.
const SCHEMA: &str = ".vmo-ra.schema.json";

/// Write a commented site file to start from: the RA's own example, with its schema beside it for editors
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where to write it, or `-` for standard output
    #[arg(default_value = "site.yaml", conflicts_with = "out")]
    file: PathBuf,
    /// The same as FILE
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace files that are there; one that holds anything else is kept beside the new one
    #[arg(long)]
    force: bool,
}

impl Init {
    pub(super) fn run(self) -> Result<(), Failure> {
        let starter = site::starter();
        let file = self.out.unwrap_or(self.file);
        if file.as_os_str() == "-" {
            return terminal::write(starter.as_bytes());
        }
        let mut files = Vec::new();
        let mut text = starter;
        // Nothing is beside a device.
        if fs::metadata(&file).map_or(true, |there| there.is_file()) {
            files.push((file.with_file_name(SCHEMA), site::json_schema()));
            text.insert_str(0, &format!("# yaml-language-server: $schema={SCHEMA}\n"));
        }
        may_be_written(&file, self.force)?;
        for (schema, text) in &files {
            may_be_written(schema, self.force || holds(schema, text.as_bytes()))?;
        }
        keep_edited(&file, text.as_bytes())?;
        files.push((file.clone(), text));
        let staged = files.iter();
        let staged = staged.map(|(file, text)| StagedFile::new(file, text.as_bytes(), false));
        for one in staged.collect::<Result<Vec<_>, _>>()? {
            one.settle()?;
        }
        terminal::done(&Lines::one(&format!(
            "wrote {}; change it and run {}",
            file.display(),
            command::on("vmo-ra render --site", &file)
        )))
    }
}

//! `vmo-ra verify`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use vmo_ra::output::{Difference, Verified, verify};

use super::Failure;
use super::format::FormatOption;
use super::lines::Lines;

/// List the files of a rendered folder that were changed since, by its SHA256SUMS
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all files are as they were written, 1 some are not, 2 the folder has no valid list, 3 could not read."
)]
pub(super) struct Verify {
    /// A folder that `render` or `nad` wrote
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    format: FormatOption,
}

impl Verify {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let verified = verify(&self.folder)?;
        self.format.tell(&verified, || lines(&verified))?;
        Ok(ExitCode::from(u8::from(!verified.differences.is_empty())))
    }
}

fn lines(verified: &Verified) -> Lines {
    let rows: Vec<Vec<String>> = verified
        .differences
        .iter()
        .map(|(path, difference)| vec![word(*difference).to_owned(), path.clone()])
        .collect();
    let gone = [
        Difference::Changed,
        Difference::Missing,
        Difference::Replaced,
    ];
    let of_the_run = verified.differences.values();
    let written = verified.unchanged + of_the_run.filter(|one| gone.contains(one)).count();
    let mut lines = Lines::default();
    lines.add_table(&rows, 0);
    lines.add(&format!(
        "{} of {written} files are as they were written",
        verified.unchanged
    ));
    lines
}

fn word(difference: Difference) -> &'static str {
    match difference {
        Difference::Changed => "changed",
        Difference::Missing => "missing",
        Difference::Replaced => "no file",
        Difference::Added => "added",
    }
}

//! `vmo-ra schema`

use clap::{Args, ValueEnum};
use vmo_ra::diff::format;

use super::{Failure, terminal};

/// Print the JSON Schema of an output
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Which output
    #[arg(value_enum)]
    of: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Output {
    /// `vmo-ra diff --format json`
    Diff,
}

impl Schema {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.of {
            Output::Diff => terminal::print(format::json_schema().as_bytes()),
        }
    }
}

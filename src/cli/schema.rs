//! `vmo-ra schema`

use clap::{Args, ValueEnum};
use vmo_ra::{check, diff};

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
    /// `vmo-ra check --format json`
    Check,
}

impl Schema {
    pub(super) fn run(self) -> Result<(), Failure> {
        terminal::print(match self.of {
            Output::Diff => diff::format::json_schema().as_bytes(),
            Output::Check => check::format::json_schema().as_bytes(),
        })
    }
}

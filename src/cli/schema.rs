//! `vmo-ra schema`

use clap::{Args, ValueEnum};
use vmo_ra::{check, diff, palette, site, upgrade};

use super::{Failure, terminal};

/// Print the JSON Schema of an output, or of a site
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Of what
    #[arg(value_enum)]
    of: Of,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    /// `vmo-ra diff --format json`
    Diff,
    /// `vmo-ra check --format json`
    Check,
    /// `vmo-ra upgrade --format json`
    Upgrade,
    /// `vmo-ra palette list`, `packs`, `status` or `selftest` with `--format json`
    Palette,
    /// A site file, for editors and other programs
    Site,
}

impl Schema {
    pub(super) fn run(self) -> Result<(), Failure> {
        let site;
        terminal::print(match self.of {
            Of::Diff => diff::format::json_schema(),
            Of::Check => check::format::json_schema(),
            Of::Upgrade => upgrade::format::json_schema(),
            Of::Palette => palette::json_schema(),
            Of::Site => {
                site = site::json_schema();
                &site
            }
        })
    }
}

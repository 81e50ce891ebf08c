//! `vmo-ra palette diff`

use std::process::ExitCode;

use clap::Args;
use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::palette::{Client, export, find, list};
use vmo_ra::profile::read;

use super::super::{Failure, diff};

/// Compare a profile of the tenant with a file or a revision, as `vmo-ra diff` does
#[derive(Debug, Args)]
#[command(
    after_help = "OLD is a profile of the tenant, such as `VMO-RA-Core@1.9.0`, or its name alone for its newest version; NEW is a \
                  revision, a profile, a folder or a site file. Of a revision, the profile with the same name is compared.\n\nExit \
                  codes: 0 no difference, 1 differences, 2 the input or command line is wrong, 3 Palette cannot be reached, or a \
                  file cannot be read or written."
)]
pub(super) struct TenantDiff {
    #[command(flatten)]
    diff: diff::Diff,
}

impl TenantDiff {
    pub(super) fn run(self, client: &Client<'_>) -> Result<ExitCode, Failure> {
        let (old, new) = self.diff.names()?;
        let there = list(client).map_err(Diagnostic::from)?;
        let found = find(&there, old)?;
        let shown = format!("{} {} in Palette", found.name, found.version);
        let text = export(client, &found.uid).map_err(Diagnostic::from)?;
        let profile = read(&Source::new(shown.clone(), text))?;
        self.diff.with_tenant(shown, profile, new)
    }
}

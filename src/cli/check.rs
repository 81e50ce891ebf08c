//! `vmo-ra check`

use std::fs;
use std::io;
use std::mem;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use vmo_ra::check::{Input, Item, Report, against, check, format};
use vmo_ra::diagnostic::Severity;
use vmo_ra::load::{STANDARD_INPUT, load};
use vmo_ra::revision::{Revision, Role};
use vmo_ra::site::Site;

use super::inputs::{self, Files};
use super::{Failure, terminal};

/// Check sites, profiles and manifests against the rules of the reference architecture
#[derive(Debug, Args)]
#[command(
    after_help = "A secret that cannot be read is a note, since only `render` needs it.\n\n\
                  Exit codes: 0 no errors, 1 errors (or warnings with `--deny warnings`), 2 the input or command line \
                  is wrong, 3 could not read."
)]
pub(super) struct Check {
    /// Sites, profile exports, folders that `render` or `split` wrote, manifests, or `-`; the RA's example without them
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// A site, as other commands name it; the same as FILE
    #[arg(long, value_name = "FILE")]
    site: Vec<String>,
    /// The RA revision whose rules count for sites
    #[arg(long, value_name = "REVISION", default_value = Revision::newest())]
    revision: String,
    /// A profile to render of sites: infra, core or templates; all three without it
    #[arg(long, value_name = "PROFILE", value_delimiter = ',')]
    profile: Vec<Role>,
    /// A folder with packs in Palette's own layout, searched before the built-in ones
    #[arg(long, value_name = "DIR")]
    packs: Vec<PathBuf>,
    /// Say how many claims of a revision the profiles hold, and what differs
    #[arg(long, value_name = "REVISION")]
    against: Option<String>,
    /// The form of the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// End with exit code 1 for warnings too
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs; see `vmo-ra schema check`
    Json,
    /// SARIF 2.1.0, for code hosts
    Sarif,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Deny {
    /// Warnings, and claims that do not hold
    Warnings,
}

impl Check {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let revision = Revision::load(&self.revision)?;
        let mut input = Input {
            profiles: self.profile.clone(),
            ..Input::default()
        };
        let mut errors = Vec::new();
        let mut remarks = Vec::new();
        let mut seen = Vec::new();
        for file in self.files.iter().chain(&self.site) {
            // `check site.yaml --site site.yaml` names one file.
            let place = fs::canonicalize(file).unwrap_or_else(|_| file.into());
            if file != STANDARD_INPUT && seen.contains(&place) {
                continue;
            }
            seen.push(place);
            match load(&Files, file) {
                Ok(mut loaded) => {
                    remarks.append(&mut loaded.remarks);
                    input.add(loaded);
                }
                Err(problems) => errors.extend(problems),
            }
        }
        if !errors.is_empty() {
            // Programs read the report, and people read standard error.
            if !matches!(self.format, Format::Text) {
                self.tell(&Report::of_problems(&errors))?;
            }
            return Err(errors.into());
        }
        terminal::explain(&remarks);
        if self.files.is_empty() && self.site.is_empty() {
            input.sites.push((Site::example(), Vec::new()));
        }
        let mut report = inputs::with_packs(&self.packs, |library| {
            Ok(check(&input, &revision, library)?)
        })?;
        if let Some(name) = &self.against {
            let profiles = input
                .cluster
                .cluster()
                .profiles
                .iter()
                .map(|checked| (checked.file.as_str(), &checked.profile));
            report.against = Some(against(profiles, &Revision::load(name)?)?);
        }
        self.tell(&report)?;
        // The process ends here; freeing a large export value by value would take as long as some rules.
        mem::forget(input);
        let is_unread =
            |item: &Item| item.severity == Severity::Error && item.diagnostic.is_of_the_system();
        Ok(ExitCode::from(
            match report.findings.iter().any(is_unread) {
                true => 3,
                false => u8::from(self.is_denied(&report)),
            },
        ))
    }

    fn is_denied(&self, report: &Report) -> bool {
        let differs = report
            .against
            .as_ref()
            .is_some_and(|against| !against.differences.is_empty());
        report.count(Severity::Error) > 0
            || (self.deny.is_some() && (report.count(Severity::Warning) > 0 || differs))
    }

    fn tell(&self, report: &Report) -> Result<(), Failure> {
        match self.format {
            Format::Json => terminal::print(&format::json(report)),
            Format::Sarif => terminal::print(&format::sarif(report)),
            Format::Text => {
                terminal::report(&format::text(report, &terminal::renderer(&io::stdout())))
            }
        }
    }
}

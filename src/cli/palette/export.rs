//! `vmo-ra palette export`

use std::path::PathBuf;

use clap::Args;
use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::output::{Tree, write};
use vmo_ra::palette::{Client, TenantProfile, export, exported_bytes, find, list};
use vmo_ra::profile::folder::distinct_names;

use super::super::lines::Lines;
use super::super::{Failure, terminal};

/// Write profiles of the tenant as Palette exports them
#[derive(Debug, Args)]
pub(super) struct Export {
    /// A profile, such as `VMO-RA-Core@1.9.0`, or its name alone for its newest version
    #[arg(value_name = "NAME[@VERSION]", required_unless_present = "all")]
    profiles: Vec<String>,
    /// All versions of all profiles
    #[arg(long, conflicts_with = "profiles")]
    all: bool,
    /// The folder to write; only you can read it, since values may hold secrets
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace a folder that an earlier run wrote
    #[arg(long)]
    force: bool,
}

impl Export {
    pub(super) fn run(self, client: &Client<'_>) -> Result<(), Failure> {
        let there = list(client).map_err(Diagnostic::from)?;
        let chosen = self.chosen(&there)?;
        let titles: Vec<String> = chosen
            .iter()
            .map(|one| format!("{}-{}", one.name, one.version))
            .collect();
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        let names = distinct_names(&titles, "profile");
        let mut files = Vec::new();
        let mut problems = Vec::new();
        for (profile, name) in chosen.iter().zip(names) {
            let text = export(client, &profile.uid).map_err(Diagnostic::from)?;
            let shown = format!("Palette's export of {} {}", profile.name, profile.version);
            match exported_bytes(&Source::new(shown, text)) {
                Ok(bytes) => files.push((format!("{name}.json"), bytes)),
                Err(broken) => problems.extend(broken),
            }
        }
        if !problems.is_empty() {
            return Err(problems.into());
        }
        let count = files.len();
        let tree = Tree::of_private_files(files)?;
        let kept = write(&tree, &self.out, self.force)?;
        terminal::explain(&kept.iter().map(|kept| kept.warning()).collect::<Vec<_>>());
        let (shown, profiles) = (
            self.out.display(),
            if count == 1 { "profile" } else { "profiles" },
        );
        terminal::tell(&Lines::one(&format!(
            "wrote {count} {profiles} to {shown}, readable by you only"
        )))
    }

    fn chosen<'p>(&self, there: &'p [TenantProfile]) -> Result<Vec<&'p TenantProfile>, Failure> {
        if self.all {
            return Ok(there.iter().collect());
        }
        let mut chosen: Vec<&TenantProfile> = Vec::new();
        let mut problems = Vec::new();
        for wanted in &self.profiles {
            match find(there, wanted) {
                Ok(found) if chosen.iter().any(|one| one.uid == found.uid) => {}
                Ok(found) => chosen.push(found),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(chosen)
        } else {
            Err(problems.into())
        }
    }
}

//! `vmo-ra palette export`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::output::{Staged, Tree, write};
use vmo_ra::palette::{Client, TenantProfile, export, find, list};
use vmo_ra::profile::Document;
use vmo_ra::profile::folder::{distinct_names, split};

use super::super::lines::Lines;
use super::super::split::before;
use super::super::{Failure, folders, terminal};
use super::files::palette_json;
use super::progress::Progress;

/// Write profiles of the tenant as Palette exports them
#[derive(Debug, Args)]
pub(super) struct Export {
    /// A profile, such as `VMO-RA-Core@1.9.0`, or its name alone for its newest version
    #[arg(value_name = "NAME[@VERSION]", required_unless_present = "all")]
    profiles: Vec<String>,
    /// All versions of all profiles
    #[arg(long, conflicts_with = "profiles")]
    all: bool,
    /// The folder to write; only you can read what is in it, since values may hold secrets
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write a folder for each profile below it, as `vmo-ra split` does
    #[arg(long)]
    split: bool,
    /// Replace what an earlier run wrote
    #[arg(long)]
    force: bool,
}

impl Export {
    pub(super) fn run(self, client: &Client<'_>, progress: &Progress) -> Result<ExitCode, Failure> {
        folders::named(&self.out, "--out")?;
        let there = list(client).map_err(Diagnostic::from)?;
        let chosen = self.chosen(&there)?;
        let titles: Vec<String> = chosen
            .iter()
            .map(|one| format!("{}-{}", one.name, one.version))
            .collect();
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        let names = distinct_names(&titles, "profile");
        let mut exports = Vec::new();
        let mut problems = Vec::new();
        for (profile, name) in progress.over(&chosen).zip(names) {
            let text = export(client, &profile.uid).map_err(Diagnostic::from)?;
            let shown = format!("Palette's export of {} {}", profile.name, profile.version);
            match Document::read(&Source::new(shown, text)) {
                Ok(document) => exports.push((name, document)),
                Err(broken) => problems.extend(broken),
            }
        }
        if !problems.is_empty() {
            return Err(problems.into());
        }
        let profiles = match exports.len() {
            1 => "1 profile".to_owned(),
            count => format!("{count} profiles"),
        };
        if self.split {
            folders::settle(exports.into_iter().map(|export| self.folder(export)))?;
        } else {
            self.files(exports)?;
        }
        terminal::done(&Lines::one(&format!(
            "wrote {profiles} to {}, readable only by you",
            self.out.display()
        )))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Writes all of them to one folder.
    fn files(&self, exports: Vec<(String, Document)>) -> Result<(), Failure> {
        let mut files = Vec::new();
        for (name, document) in exports {
            files.push((format!("{name}.json"), palette_json(document.value())?));
        }
        let tree = Tree::of_private_files(files)?;
        let kept = write(&tree, &self.out, self.force)?;
        terminal::mention_files(&self.out, &tree);
        terminal::explain(&kept.iter().map(|kept| kept.warning()).collect::<Vec<_>>());
        Ok(())
    }

    /// Lays one of them out as a folder, which is not in its place yet.
    fn folder(&self, (name, document): (String, Document)) -> Result<Staged, Failure> {
        let (existing, known) = before(&self.out.join(name), self.force)?;
        let tree = Tree::of_split(split(document)?.files, true)?;
        Ok(existing.stage(&tree, &known)?)
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

//! `vmo-ra palette validate`

use std::process::ExitCode;

use clap::Args;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::palette::{Catalog, Client, Import, Registries};

use super::super::lines::Lines;
use super::super::{Failure, terminal};
use super::files::imports;

/// Ask Palette whether it would accept profiles, and look for their packs; nothing is imported
#[derive(Debug, Args)]
pub(super) struct Validate {
    /// A profile, a folder that `render` or `split` wrote, or a folder with such folders
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
}

impl Validate {
    pub(super) fn run(self, client: &Client<'_>) -> Result<ExitCode, Failure> {
        let mut imports = imports(&self.files)?;
        let mut problems = resolve(client, &mut imports)?;
        if problems.is_empty() {
            problems = refused(client, &imports)?;
        }
        if !problems.is_empty() {
            terminal::explain(&problems);
            terminal::count_errors(&problems, false);
            return Ok(ExitCode::from(1));
        }
        let mut lines = Lines::default();
        for import in &imports {
            lines.add(&format!("{}: Palette accepts it", import.title()));
        }
        terminal::tell(&lines)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Has the profiles name the tenant's own registries.
pub(super) fn resolve(
    client: &Client<'_>,
    imports: &mut [Import],
) -> Result<Vec<Diagnostic>, Failure> {
    let registries = Registries::of(client).map_err(Diagnostic::from)?;
    let resolved = imports.iter_mut().map(|import| import.resolve(&registries));
    Ok(resolved.filter_map(Result::err).flatten().collect())
}

/// Why the tenant would not take profiles: packs that it lacks, or what Palette says.
pub(super) fn refused<'i>(
    client: &Client<'_>,
    imports: impl IntoIterator<Item = &'i Import>,
) -> Result<Vec<Diagnostic>, Failure> {
    let catalog = Catalog::of(client).map_err(Diagnostic::from)?;
    let mut problems = Vec::new();
    for import in imports {
        let missing = import.missing(&catalog).map_err(Diagnostic::from)?;
        if !missing.is_empty() {
            problems.extend(missing);
            continue;
        }
        match import.validate(client).map_err(Diagnostic::from) {
            Ok(()) => {}
            Err(problem) if problem.is_of_the_system() => return Err(problem.into()),
            Err(problem) => problems.push(import.is_about(problem)),
        }
    }
    Ok(problems)
}

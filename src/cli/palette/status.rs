//! `vmo-ra palette status`

use std::process::ExitCode;

use clap::Args;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::palette::{Client, TenantProfile, Verdict, list};

use super::super::lines::Lines;
use super::super::{Failure, terminal};
use super::files::imports;
use super::list::used_by;
use super::validate::resolve;

/// Compare the profiles of files or folders with those of the tenant, and say which clusters use them
#[derive(Debug, Args)]
pub(super) struct Status {
    /// A profile, or a folder that `render` or `split` wrote
    #[arg(value_name = "DIR", required = true)]
    files: Vec<String>,
}

impl Status {
    pub(super) fn run(self, client: &Client<'_>) -> Result<ExitCode, Failure> {
        let mut imports = imports(&self.files)?;
        // Registries that the tenant lacks are a matter of `import`.
        resolve(client, &mut imports)?;
        let there = list(client).map_err(Diagnostic::from)?;
        let mut rows = vec![
            ["profile", "version", "in Palette", "used by"]
                .map(str::to_owned)
                .to_vec(),
        ];
        let mut differs = false;
        for import in &imports {
            let (name, version) = (&import.profile.metadata.name, &import.profile.spec.version);
            let versions: Vec<&TenantProfile> =
                there.iter().filter(|one| one.name == *name).collect();
            let state = match import.verdict(client, &there)? {
                Verdict::Same(_) => "equal".to_owned(),
                Verdict::New => {
                    let others: Vec<&str> =
                        versions.iter().map(|one| one.version.as_str()).collect();
                    match others.as_slice() {
                        [] => "missing".to_owned(),
                        others => format!("missing; there is {}", others.join(", ")),
                    }
                }
                Verdict::Other { report, .. } => match report.changes.len() {
                    1 => "different in 1 place".to_owned(),
                    n => format!("different in {n} places"),
                },
            };
            differs |= state != "equal";
            rows.push(vec![
                name.clone(),
                version.clone(),
                state,
                uses(client, &versions)?,
            ]);
        }
        let mut lines = Lines::default();
        lines.add_table(&rows, 0);
        terminal::tell(&lines)?;
        Ok(if differs {
            ExitCode::from(1)
        } else {
            ExitCode::SUCCESS
        })
    }
}

/// Which clusters use which version.
fn uses(client: &Client<'_>, versions: &[&TenantProfile]) -> Result<String, Failure> {
    let mut uses = Vec::new();
    for profile in versions {
        let profile = profile.described(client).map_err(Diagnostic::from)?;
        let clusters = used_by(&profile);
        if !clusters.is_empty() {
            uses.push(format!("{}: {clusters}", profile.version));
        }
    }
    Ok(uses.join("; "))
}

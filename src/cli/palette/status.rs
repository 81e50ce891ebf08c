//! `vmo-ra palette status`

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::palette::{Client, Cluster, Verdict, list};

use super::super::Failure;
use super::super::format::FormatOption;
use super::super::lines::Lines;
use super::files::imports;
use super::list::names;
use super::progress::Progress;
use super::validate::resolve;

/// Compare the profiles of files or folders with those of the tenant, and say which clusters use them
#[derive(Debug, Args)]
pub(super) struct Status {
    /// A profile, a folder that `render` or `split` wrote, or a folder with such folders
    #[arg(value_name = "DIR", required = true)]
    files: Vec<String>,
    #[command(flatten)]
    format: FormatOption,
}

/// What the tenant has of each profile.
#[derive(Serialize)]
struct Compared {
    profiles: Vec<State>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct State {
    name: String,
    version: String,
    #[serde(flatten)]
    there: There,
    /// Versions of it that are in the tenant.
    versions: Vec<Used>,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
enum There {
    Equal,
    Different { differences: usize },
    Missing,
}

#[derive(Serialize)]
struct Used {
    version: String,
    clusters: Vec<Cluster>,
}

impl Status {
    pub(super) fn run(self, client: &Client<'_>, progress: &Progress) -> Result<ExitCode, Failure> {
        let mut imports = imports(&self.files)?;
        // Registries that the tenant lacks are a matter of `import`.
        resolve(client, &mut imports)?;
        let there = list(client).map_err(Diagnostic::from)?;
        let mut profiles = Vec::new();
        for import in progress.over(&imports) {
            let (name, version) = (&import.profile.metadata.name, &import.profile.spec.version);
            let mut versions = Vec::new();
            for one in there.iter().filter(|one| one.name == *name) {
                let described = one.described(client).map_err(Diagnostic::from)?;
                versions.push(Used {
                    version: one.version.clone(),
                    clusters: described.clusters.unwrap_or_default(),
                });
            }
            profiles.push(State {
                name: name.clone(),
                version: version.clone(),
                there: match import.verdict(client, &there)? {
                    Verdict::Same(_) => There::Equal,
                    Verdict::New => There::Missing,
                    Verdict::Other { report, .. } => There::Different {
                        differences: report.changes.len(),
                    },
                },
                versions,
            });
        }
        let compared = Compared { profiles };
        self.format.tell(&compared, || lines(&compared.profiles))?;
        let is_equal = |state: &State| matches!(state.there, There::Equal);
        Ok(ExitCode::from(u8::from(
            !compared.profiles.iter().all(is_equal),
        )))
    }
}

fn lines(profiles: &[State]) -> Lines {
    let titles = ["profile", "version", "in Palette", "used by"];
    let mut rows = vec![titles.map(str::to_owned).to_vec()];
    rows.extend(profiles.iter().map(|state| {
        vec![
            state.name.clone(),
            state.version.clone(),
            state.in_words(),
            state.used_by(),
        ]
    }));
    let mut lines = Lines::default();
    lines.add_table(&rows, 0);
    lines
}

impl State {
    fn in_words(&self) -> String {
        let versions = self.versions.iter().map(|one| one.version.as_str());
        let versions: Vec<&str> = versions.collect();
        match (&self.there, versions.as_slice()) {
            (There::Equal, _) => "equal".to_owned(),
            (There::Different { differences: 1 }, _) => "different in 1 place".to_owned(),
            (There::Different { differences }, _) => format!("different in {differences} places"),
            (There::Missing, []) => "missing".to_owned(),
            (There::Missing, others) => format!("missing; there is {}", others.join(", ")),
        }
    }

    /// Which clusters use which version.
    fn used_by(&self) -> String {
        let used = self.versions.iter().filter(|one| !one.clusters.is_empty());
        let used = used.map(|one| format!("{}: {}", one.version, names(one.clusters.iter())));
        used.collect::<Vec<_>>().join("; ")
    }
}

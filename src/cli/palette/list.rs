//! `vmo-ra palette list`

use clap::Args;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::palette::{Client, TenantProfile, list};

use super::super::lines::Lines;
use super::super::{Failure, terminal};

/// List the profiles that the key sees, each version with the clusters that use it
#[derive(Debug, Args)]
pub(super) struct List {}

impl List {
    pub(super) fn run(self, client: &Client<'_>) -> Result<(), Failure> {
        let profiles = list(client).map_err(Diagnostic::from)?;
        if profiles.is_empty() {
            return terminal::tell(&Lines::one("no profiles"));
        }
        let mut rows = vec![
            ["profile", "version", "type", "used by", "uid"]
                .map(str::to_owned)
                .to_vec(),
        ];
        for profile in &profiles {
            let profile = profile.described(client).map_err(Diagnostic::from)?;
            rows.push(row(&profile));
        }
        let mut lines = Lines::default();
        lines.add_table(&rows, 0);
        terminal::tell(&lines)
    }
}

fn row(profile: &TenantProfile) -> Vec<String> {
    let kind = profile.kind.clone().unwrap_or_default();
    vec![
        profile.name.clone(),
        profile.version.clone(),
        if profile.draft == Some(true) {
            format!("{kind}, a draft")
        } else {
            kind
        },
        used_by(profile),
        profile.uid.clone(),
    ]
}

/// The clusters that use a profile, in words.
pub(super) fn used_by(profile: &TenantProfile) -> String {
    let clusters = profile.clusters.as_deref().unwrap_or_default();
    let names: Vec<&str> = clusters
        .iter()
        .map(|cluster| cluster.name.as_str())
        .collect();
    names.join(", ")
}

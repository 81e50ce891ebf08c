//! `vmo-ra palette list`

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::palette::{Client, Cluster, TenantProfile, list};

use super::super::Failure;
use super::super::format::FormatOption;
use super::super::lines::Lines;
use super::progress::Progress;

/// List the profiles that the key sees, each version with the clusters that use it
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    format: FormatOption,
}

#[derive(Serialize)]
struct Listed {
    profiles: Vec<TenantProfile>,
}

impl List {
    pub(super) fn run(self, client: &Client<'_>, progress: &Progress) -> Result<ExitCode, Failure> {
        let there = list(client).map_err(Diagnostic::from)?;
        let mut profiles = Vec::new();
        for profile in progress.over(&there) {
            profiles.push(profile.described(client).map_err(Diagnostic::from)?);
        }
        let listed = Listed { profiles };
        self.format.tell(&listed, || lines(&listed.profiles))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn lines(profiles: &[TenantProfile]) -> Lines {
    if profiles.is_empty() {
        return Lines::one("no profiles");
    }
    let titles = ["profile", "version", "type", "used by", "uid"];
    let mut rows = vec![titles.map(str::to_owned).to_vec()];
    rows.extend(profiles.iter().map(row));
    let mut lines = Lines::default();
    lines.add_table(&rows, 0);
    lines
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
        names(profile.clusters.iter().flatten()),
        profile.uid.clone(),
    ]
}

/// The names of clusters, in words.
pub(super) fn names<'c>(clusters: impl Iterator<Item = &'c Cluster>) -> String {
    let names: Vec<&str> = clusters.map(|cluster| cluster.name.as_str()).collect();
    names.join(", ")
}

//! The profiles of a tenant.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::IgnoredAny;

use super::answers::{Named, ProfileSummary};
use super::client::{Client, parsed};
use super::transport::Request;
use super::trouble::Trouble;
use crate::diagnostic::{Code, Diagnostic};
use crate::version::Version;

/// A version of a profile in a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TenantProfile {
    /// The profile's name.
    pub name: String,
    /// The version.
    pub version: String,
    /// Its uid, by which the API knows it.
    pub uid: String,
    /// `infra`, `add-on`, ..., or none if the list does not say it of this version.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whether it is a draft, which no cluster can use.
    pub draft: Option<bool>,
    /// The clusters that use it, or none if the list does not say it of this version.
    pub clusters: Option<Vec<Cluster>>,
}

/// A cluster that uses a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

impl From<Named> for Cluster {
    fn from(named: Named) -> Self {
        Cluster {
            name: named.name,
            uid: named.uid,
        }
    }
}

/// All versions of all profiles that the key sees, by name and version.
///
/// # Errors
/// They could not be asked for.
pub fn list(client: &Client<'_>) -> Result<Vec<TenantProfile>, Trouble> {
    let request = Request::search(["dashboard", "clusterprofiles"], &serde_json::json!({}));
    let summaries: Vec<ProfileSummary> = client.pages(&request)?;
    let mut profiles: Vec<TenantProfile> = Vec::new();
    let own: BTreeSet<String> = summaries
        .iter()
        .map(|one| one.metadata.uid.clone())
        .collect();
    let mut told = BTreeSet::new();
    for summary in summaries {
        // The list names a profile once, with all its versions, and describes one of them.
        for other in &summary.spec_summary.versions {
            if !own.contains(&other.uid) && told.insert(other.uid.clone()) {
                profiles.push(TenantProfile {
                    name: summary.metadata.name.clone(),
                    version: other.version.clone(),
                    uid: other.uid.clone(),
                    kind: None,
                    draft: None,
                    clusters: None,
                });
            }
        }
        profiles.push(described(summary));
    }
    profiles.sort_by(|a, b| {
        let versions = Version::parse(&a.version).cmp(&Version::parse(&b.version));
        a.name
            .cmp(&b.name)
            .then(versions)
            .then_with(|| (&a.version, &a.uid).cmp(&(&b.version, &b.uid)))
    });
    Ok(profiles)
}

fn described(summary: ProfileSummary) -> TenantProfile {
    let spec = summary.spec_summary;
    let kind = spec.published.or(spec.draft).map(|template| template.kind);
    TenantProfile {
        name: summary.metadata.name,
        version: spec.version,
        uid: summary.metadata.uid,
        kind: kind.filter(|kind| !kind.is_empty()),
        draft: Some(!summary.status.is_published),
        clusters: Some(
            summary
                .status
                .in_use_clusters
                .into_iter()
                .map(Cluster::from)
                .collect(),
        ),
    }
}

impl TenantProfile {
    /// The same, with what the list does not say of it.
    ///
    /// # Errors
    /// It could not be asked for.
    pub fn described(&self, client: &Client<'_>) -> Result<TenantProfile, Trouble> {
        if self.clusters.is_some() {
            return Ok(self.clone());
        }
        let request = Request::get(["dashboard", "clusterprofiles", &self.uid]);
        Ok(described(client.read(&request)?))
    }
}

/// The text that Palette exports a version as.
///
/// # Errors
/// It could not be asked for.
pub fn export(client: &Client<'_>, uid: &str) -> Result<String, Trouble> {
    let request = Request::get(["clusterprofiles", uid, "export"]).with("format", "json");
    let text = client.ask(&request)?;
    parsed::<IgnoredAny>(&request, &text)?;
    Ok(text)
}

/// Finds a version among profiles by `NAME` or `NAME@VERSION`; a name alone is its newest version.
///
/// # Errors
/// There is no such profile, or several have the name and version, as in a project and in its tenant.
pub fn find<'p>(
    profiles: &'p [TenantProfile],
    wanted: &str,
) -> Result<&'p TenantProfile, Diagnostic> {
    let (name, version) = match wanted.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (wanted, None),
    };
    let named: Vec<&TenantProfile> = profiles.iter().filter(|one| one.name == name).collect();
    let Some(newest) = named.last() else {
        return Err(Diagnostic::error(format!("Palette has no profile `{name}` here"))
            .code(Code::UnknownName)
            .did_you_mean(name, profiles.iter().map(|one| one.name.as_str()))
            .help("`vmo-ra palette list` lists those of a project, or of the tenant without `--project`"));
    };
    let version = version.unwrap_or(&newest.version);
    let mut found = named.iter().filter(|one| one.version == version);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Diagnostic::error(format!(
            "Palette has `{name}` {version} more than once, in a project and in the tenant"
        ))
        .code(Code::UnknownName)
        .help("choose one with `--project`")),
        (None, _) => {
            let versions: Vec<&str> = named.iter().map(|one| one.version.as_str()).collect();
            Err(
                Diagnostic::error(format!("Palette has no version {version} of `{name}`"))
                    .code(Code::UnknownName)
                    .did_you_mean(version, versions.iter().copied())
                    .help(format!("it has {}", versions.join(", "))),
            )
        }
    }
}

/// The first version of a profile that is free: the wanted one with its last number counted up.
pub(super) fn next_free(profiles: &[TenantProfile], name: &str, version: &str) -> Option<String> {
    let (core, suffix) = match version.split_once('-') {
        Some((core, suffix)) => (core, format!("-{suffix}")),
        None => (version, String::new()),
    };
    let (front, last) = core.rsplit_once('.')?;
    let last: u64 = last.parse().ok()?;
    let is_taken = |version: &str| {
        profiles
            .iter()
            .any(|one| one.name == name && one.version == version)
    };
    (1..)
        .map(|more| format!("{front}.{}{suffix}", last.saturating_add(more)))
        .find(|version| !is_taken(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_free_version_counts_up() {
        let profile = |version: &str| TenantProfile {
            name: "core".to_owned(),
            version: version.to_owned(),
            uid: version.to_owned(),
            kind: None,
            draft: None,
            clusters: None,
        };
        let there = ["1.9.0", "1.9.1", "1.9.0-pwx"].map(profile);
        let next = |version| next_free(&there, "core", version);
        assert_eq!(next("1.9.0").as_deref(), Some("1.9.2"));
        assert_eq!(next("1.9.0-pwx").as_deref(), Some("1.9.1-pwx"));
        assert_eq!(next("newest"), None);
    }
}

//! What packs ask of each other and of their own values: their pack.json and schema.yaml.

use serde_json::Value;

use crate::expression::Effort;
use crate::pack::{Breach, Dependency, Pack, Violation};
use crate::profile::Layer;
use crate::rules::{Finding, rule};
use crate::site::Site;

/// A layer that was made from a pack.
#[derive(Debug)]
pub struct UsedPack<'u> {
    /// The pack.
    pub pack: &'u Pack,
    /// The layer as it stands in the profile.
    pub layer: &'u Layer,
    /// Its values as Kubernetes reads them.
    pub values: &'u Value,
}

impl UsedPack<'_> {
    /// Whether the pack is of the version that the profile names, so that its constraints are those that will count.
    fn is_of_its_version(&self) -> bool {
        self.pack.description.version == self.layer.version
    }
}

/// A pack of the cluster, in whichever profile.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its layer.
    pub layer: String,
    /// Its version.
    pub version: String,
}

/// What packs object to: in the other packs of the cluster, and in their own values.
///
/// # Errors
/// The pack's own values are no YAML; only needed, and read, where a rule forbids to change them.
pub fn check(
    site: &Site,
    used: &[UsedPack<'_>],
    cluster: &[Member],
) -> Result<Vec<Finding>, Vec<crate::diagnostic::Diagnostic>> {
    let mut findings = Vec::new();
    for layer in used {
        if layer.is_of_its_version() {
            for dependency in layer.pack.description.dependencies() {
                findings.extend(broken_dependency(site, layer, dependency, cluster));
            }
        }
        values(layer, &mut findings)?;
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Ok(findings)
}

fn broken_dependency(
    site: &Site,
    used: &UsedPack<'_>,
    dependency: &Dependency,
    cluster: &[Member],
) -> Option<Finding> {
    let other = cluster.iter().find(|member| {
        member.name == dependency.pack_name
            && (dependency.layer.is_empty() || dependency.layer == member.layer)
    });
    let breach = dependency.breach(other.map(|member| member.version.as_str()))?;
    let Layer { name, version, .. } = used.layer;
    let wanted = &dependency.pack_name;
    let range = dependency.range();
    let message = match (breach, other) {
        (Breach::NotSupported, _) => {
            format!("`{name}` {version} does not work with `{wanted}` ({range})")
        }
        (Breach::Version, Some(other)) => format!(
            "`{name}` {version} works with `{wanted}` {range}, and the cluster has {}",
            other.version
        ),
        (Breach::Missing | Breach::Version, _) => {
            format!("`{name}` {version} needs `{wanted}` ({range}), and no profile has it")
        }
    };
    let path = [wanted, name]
        .map(|pack| format!("packVersions.{pack}"))
        .into_iter()
        .find(|path| site.places.given(path))
        .unwrap_or_default();
    Some(
        rule::PACK_CONSTRAINT.error(path, format!("pack.json of {}: {message}", used.pack.origin))
            .help(match breach {
                Breach::Missing => format!(
                    "no profile of the RA has `{wanted}`: name a version of `{name}` that does without it under `packVersions` in the site"
                ),
                Breach::Version | Breach::NotSupported => {
                    "name versions that fit under `packVersions` in the site".to_owned()
                }
            }),
    )
}

fn values(
    used: &UsedPack<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(), Vec<crate::diagnostic::Diagnostic>> {
    let pack = used.pack;
    let name = &used.layer.name;
    let base = if pack.schema.iter().any(|rule| rule.readonly) {
        pack.values_as_read()?
    } else {
        Value::Null
    };
    let effort = Effort::new();
    for rule in &pack.schema {
        for unread in &rule.unread {
            findings.push(rule::PACK_SCHEMA_UNREAD.note(
                "",
                format!(
                    "the rule of `{name}` for `{}` is not checked: {unread} cannot be read in schema.yaml of {}",
                    rule.path, pack.origin
                ),
            ));
        }
        let Some(violation) = rule.violation_with(used.values, &base, &effort) else {
            continue;
        };
        let mut finding = rule::PACK_SCHEMA.error(
            "",
            format!(
                "schema.yaml of {}: `{}` of `{name}` {violation}",
                pack.origin, rule.path
            ),
        );
        finding = match (violation, rule.hints.as_slice()) {
            (Violation::Changed, _) => finding.help("leave it to the pack"),
            (_, []) => finding.help("the pack's schema.yaml and README say what it takes"),
            (_, hints) => finding.help(hints.join("; ")),
        };
        findings.push(finding);
    }
    Ok(())
}

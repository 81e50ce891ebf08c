//! Requirements of packs on each other and on their own values: their pack.json and schema.yaml.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::expression::Effort;
use crate::pack::{Breach, Dependency, DependencyKind, Description, Origin, Pack, Part, Violation};
use crate::profile::{CORE_LAYERS, Layer};
use crate::rules::text::vendor::in_values;
use crate::rules::{Finding, rule};
use crate::site::Site;

/// Reports layers whose packs were not given, so that built-in values are used.
pub fn built_in(site: &Site, packs: &[&Description]) -> Option<Finding> {
    let names: Vec<&str> = packs.iter().map(|pack| pack.name.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    let message = format!(
        "built-in values replace the packs' own: {}",
        names.join(", ")
    );
    let rule = rule::BUILT_IN_VALUES;
    let finding = if site.registries.accept_built_in_values {
        rule.note("registries.acceptBuiltInValues", message)
    } else {
        rule.warning("registries.acceptBuiltInValues", message)
    };
    let known = packs.iter().filter(|pack| !pack.differs.is_empty());
    let said = known.map(|pack| {
        let Description { name, version, .. } = pack;
        format!("{name} {version}: {}", pack.differs.join("; "))
    });
    Some(finding.notes(said.collect()))
}

/// A layer that was made from a pack.
#[derive(Debug)]
pub struct UsedPack<'u> {
    /// The pack.
    pub pack: &'u Pack,
    /// The layer of the profile.
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
    not_told(used, &mut findings);
    for layer in used {
        if layer.is_of_its_version() {
            let dependencies = layer.pack.description.dependencies();
            for dependency in dependencies {
                let alternatives = alternatives(dependency, dependencies);
                let of_cluster = |other: &&&Dependency| member(other, cluster).is_some();
                match alternatives.iter().find(of_cluster) {
                    // What the cluster has is looked at; what it could have in its place is not missed.
                    Some(_) if member(dependency, cluster).is_none() => {}
                    // Of several that could be there, the first speaks for all.
                    None if alternatives
                        .first()
                        .is_some_and(|first| *first != dependency) => {}
                    _ => findings.extend(broken_dependency(
                        site,
                        layer,
                        &alternatives,
                        dependency,
                        cluster,
                    )),
                }
            }
        }
        values(layer, &mut findings)?;
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Ok(findings)
}

/// What the sources of imported packs did not tell cannot be checked: one finding for all packs that lack the same.
fn not_told(used: &[UsedPack<'_>], findings: &mut Vec<Finding>) {
    let mut lacking: BTreeMap<(String, bool), Vec<String>> = BTreeMap::new();
    for layer in used {
        let unknown = layer.pack.description.unknown();
        if !unknown.is_empty() {
            let Description { name, version, .. } = &layer.pack.description;
            let is_edited = !layer.pack.description.has_vendors_values();
            let unchecked = unknown.iter().filter(|part| **part != Part::Values);
            let parts: Vec<String> = unchecked.map(|part| part.as_str().to_owned()).collect();
            let packs = lacking.entry((listed(&parts), is_edited));
            packs.or_default().push(format!("`{name}` {version}"));
        }
    }
    findings.extend(lacking.into_iter().map(|((unknown, is_edited), packs)| {
        let (were, their) = match packs.len() {
            1 => ("was", "its"),
            _ => ("were", "their"),
        };
        let packs = listed(&packs);
        let message = if unknown.is_empty() {
            format!("{packs} {were} imported")
        } else {
            format!("{packs} {were} imported without {their} {unknown}, so these are not checked")
        };
        let finding = rule::PACK_IMPORTED.note("", message);
        match is_edited {
            true => finding.notes(vec![format!(
                "{their} values are those of a profile, with the edits of its authors"
            )]),
            false => finding,
        }
    }));
}

/// A list as a sentence has it.
fn listed(items: &[String]) -> String {
    match items.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Those that a pack asks for of one layer, where a cluster has one pack of it: any of them will do.
fn alternatives<'d>(dependency: &'d Dependency, all: &'d [Dependency]) -> Vec<&'d Dependency> {
    let is_core = CORE_LAYERS.contains(&dependency.layer.as_str());
    if !is_core || dependency.kind != DependencyKind::Required {
        return vec![dependency];
    }
    let is_of_layer = |other: &&Dependency| {
        other.kind == DependencyKind::Required && other.layer == dependency.layer
    };
    all.iter().filter(is_of_layer).collect()
}

/// The pack of the cluster that is asked for.
fn member<'m>(dependency: &Dependency, cluster: &'m [Member]) -> Option<&'m Member> {
    cluster.iter().find(|member| {
        member.name == dependency.pack_name
            && (dependency.layer.is_empty() || dependency.layer == member.layer)
    })
}

fn broken_dependency(
    site: &Site,
    used: &UsedPack<'_>,
    alternatives: &[&Dependency],
    dependency: &Dependency,
    cluster: &[Member],
) -> Option<Finding> {
    let other = member(dependency, cluster);
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
            let asked = |one: &&Dependency| format!("`{}` ({})", one.pack_name, one.range());
            let asked: Vec<String> = alternatives.iter().map(asked).collect();
            format!(
                "`{name}` {version} needs {}, and no profile has it",
                asked.join(" or ")
            )
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
                    "no profile of the RA has `{wanted}`: name a version of `{name}` that does not need it under `packVersions` in the site"
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
    if pack.origin != Origin::BuiltIn {
        let found = in_values(used.values).into_iter();
        findings.extend(found.map(|finding| finding.in_file(format!("values of {name}"))));
    }
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
            (_, []) => finding.help("see the pack's schema.yaml and README for valid values"),
            (_, hints) => finding.help(hints.join("; ")),
        };
        findings.push(finding);
    }
    Ok(())
}

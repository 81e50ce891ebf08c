//! Names that may be given once only.

use std::collections::{BTreeMap, BTreeSet};

use crate::revision::{Each, Revision};
use crate::rules::{Finding, RevisionRule, rule};
use crate::site::Site;

pub(super) const RULES: &[RevisionRule] = &[manifests, namespaces];

/// Palette tells the manifests of a layer apart by their names.
fn manifests(site: &Site, revision: &Revision, findings: &mut Vec<Finding>) {
    for layer in revision.profiles.iter().flat_map(|profile| &profile.layers) {
        let mut seen: BTreeMap<&str, String> = BTreeMap::new();
        // What the RA itself brings is not to be renamed.
        let (fixed, made): (Vec<_>, Vec<_>) =
            layer.manifests.iter().partition(|one| one.each.is_none());
        let fixed = fixed.iter().filter_map(|one| one.name.as_deref());
        seen.extend(fixed.map(|name| (name, "the RA's own".to_owned())));
        for each in made.iter().filter_map(|one| one.each) {
            let (list, names) = names(site, each);
            for (index, name) in names.into_iter().enumerate() {
                let path = format!("{list}[{index}]");
                let Some(first) = seen.insert(name, format!("that of `{path}`")) else {
                    continue;
                };
                findings.push(rule::MANIFEST_TWICE.error(
                    path.as_str(),
                    format!(
                        "the manifest of `{path}` would have the name `{name}`, as {first} in `{}` has",
                        layer.pack
                    ),
                ));
            }
        }
    }
}

/// The list that manifests are made from, and their names.
fn names(site: &Site, each: Each) -> (&'static str, Vec<&str>) {
    let vmo = &site.vmo;
    match each {
        Each::Nads => (
            "nads",
            site.nads
                .list
                .iter()
                .map(|one| one.manifest.as_str())
                .collect(),
        ),
        Each::GoldenImages => (
            "vmo.goldenImages",
            vmo.golden_images
                .iter()
                .map(|one| one.manifest.as_str())
                .collect(),
        ),
        Each::Preferences => (
            "vmo.preferences",
            vmo.preferences
                .iter()
                .map(|one| one.manifest.as_str())
                .collect(),
        ),
        Each::Templates => (
            "vmo.templates",
            vmo.templates
                .iter()
                .map(|one| one.manifest.as_str())
                .collect(),
        ),
    }
}

fn namespaces(site: &Site, _: &Revision, findings: &mut Vec<Finding>) {
    let mut seen = BTreeSet::new();
    for namespace in &site.vmo.namespaces {
        if !seen.insert(namespace) {
            findings.push(rule::NAME_TWICE.error(
                "vmo.namespaces",
                format!("the namespace `{namespace}` is named twice"),
            ));
        }
    }
    if seen.is_empty() {
        findings
            .push(rule::NO_NAMESPACE.error("vmo.namespaces", "VMs need at least one namespace"));
    }
}

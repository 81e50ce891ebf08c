//! What we render breaks no rule, but for what a site asks for, and what the RA prints.

use std::collections::{BTreeMap, BTreeSet};

use vmo_ra::diagnostic::Severity;
use vmo_ra::rules::{Finding, Inspected, check_cluster};
use vmo_ra::site::StorageProvider;

use crate::common::matrix::{Case, cases};

fn findings(case: &Case) -> Vec<Finding> {
    let mut cluster = Inspected::default();
    for rendered in &case.rendered.profiles {
        let profile = rendered.profile.clone();
        let file = profile.metadata.name.clone();
        let names: Vec<String> = profile
            .spec
            .template
            .packs
            .iter()
            .map(|layer| layer.name.clone())
            .collect();
        cluster.add_profile(file, profile, |layer, _| names[layer].clone());
    }
    let mut found = check_cluster(&cluster, &super::LIBRARY);
    found.retain(|finding| finding.severity > Severity::Note);
    found
}

/// The ids of errors and warnings, by site.
fn found(published: bool) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut by_site: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for case in cases().iter().filter(|case| case.published == published) {
        for finding in findings(case) {
            by_site
                .entry(case.site)
                .or_default()
                .insert(finding.rule.id);
        }
    }
    by_site
}

fn expected(
    sites: &[(&'static str, &[&'static str])],
) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    sites
        .iter()
        .map(|(site, ids)| (*site, ids.iter().copied().collect()))
        .collect()
}

#[test]
fn our_defaults_break_no_rule() {
    let expected = expected(&[
        // Its own preference takes the place of the two that templates name by default; the site's rule says so too.
        ("everything-else", &["unknown-preference"]),
        // It takes both defaults away, and keeps VM state on the class of VM disks.
        ("one-bond", &["default-class-missing", "vm-state-class"]),
        // Its secrets stand in the profiles, since it gives them.
        (
            "secrets",
            &["plain-secret", "secret-manifest", "vm-password"],
        ),
        // It gives the array's token.
        ("portworx-csi", &["secret-manifest"]),
        // It asks for the variable.
        ("storage-nodes-open", &["storage-nodes-variable"]),
    ]);
    assert_eq!(found(false), expected);
}

#[test]
fn what_the_ra_prints_breaks_what_it_has_errata_for() {
    // The RA's Secret is in kube-system, its number of storage nodes a variable, its one class Portworx's block class,
    // the disk of its Windows template 80G of 80Gi, its Windows preference uses the old fields, and its passwords and its
    // licence are printed.
    let printed = [
        "clone-too-small",
        "demo-password",
        "plain-secret",
        "preference-deprecated",
        "pure-secret-namespace",
        "storage-nodes-variable",
        "vm-state-class",
    ];
    // Other storage has no such Secret, number and licence.
    let of_portworx = [
        "plain-secret",
        "pure-secret-namespace",
        "storage-nodes-variable",
        "vm-state-class",
    ];
    let with =
        |extra: &'static str| -> Vec<&'static str> { printed.into_iter().chain([extra]).collect() };
    let without = |left: &str| -> Vec<&'static str> {
        printed.into_iter().filter(|id| *id != left).collect()
    };
    let mut sites: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for case in cases() {
        let own_storage = case.input.storage.provider == StorageProvider::Portworx;
        let ids = printed
            .iter()
            .copied()
            .filter(|id| own_storage || !of_portworx.contains(id));
        sites.insert(case.site, ids.collect());
    }
    // Its array's Secret and the class of VM state are as printed, and its token is given.
    let mut driver = without("storage-nodes-variable");
    driver.retain(|id| *id != "plain-secret");
    driver.push("secret-manifest");
    sites.insert("portworx-csi", driver);
    // A preference of its own, without Windows.
    let mut own = without("preference-deprecated");
    own.push("unknown-preference");
    sites.insert("everything-else", own);
    sites.insert("one-bond", with("default-class-missing"));
    // Its licence is a key that Palette asks for.
    sites.insert("saas", without("plain-secret"));
    let mut secrets = with("secret-manifest");
    secrets.push("vm-password");
    sites.insert("secrets", secrets);
    // Its StorageCluster is in kube-system, too.
    sites.insert("two-arrays", without("pure-secret-namespace"));
    let sites: Vec<(&str, &[&str])> = sites
        .iter()
        .map(|(site, ids)| (*site, ids.as_slice()))
        .collect();
    assert_eq!(found(true), expected(&sites));
}

#[test]
fn a_real_export_is_known_for_its_faults() {
    let Some(shared) = crate::common::Shared::find() else {
        return;
    };
    let path = "exports/VMO-RA-Templates-1.9.6-longhorn.json";
    let source = vmo_ra::diagnostic::Source::new(path, shared.text(path));
    let profile = vmo_ra::profile::read(&source).expect("a profile");
    let mut cluster = Inspected::default();
    cluster.add_profile(path, profile, |layer, manifest| {
        format!("{layer} {manifest:?}")
    });
    let found: BTreeSet<(&str, String)> = check_cluster(&cluster, &super::LIBRARY)
        .into_iter()
        .filter(|finding| finding.severity > Severity::Note)
        .map(|finding| (finding.rule.id, finding.message))
        .collect();
    let expected: BTreeSet<(&str, String)> = [
        ("clone-too-small", "the disk of the template `win-2022-eval` (80G) is smaller than its golden image `template-windows-2022` (80Gi)"),
        ("demo-password", "this is a password that the RA prints, and everybody knows"),
        ("preference-deprecated", "`preferredUseEfi` is deprecated"),
        ("preference-deprecated", "`preferredUseSecureBoot` is deprecated"),
    ]
    .map(|(id, message)| (id, message.to_owned()))
    .into();
    assert_eq!(found, expected);
}

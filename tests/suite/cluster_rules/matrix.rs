//! What we render breaks no rule, but for what a site asks for, and what the RA prints; what is found in what vendors publish.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::json;
use vmo_ra::diagnostic::{Severity, Source};
use vmo_ra::profile;
use vmo_ra::rules::{Finding, Inspected, check_cluster};
use vmo_ra::site::StorageProvider;

use crate::common::matrix::{Case, cases};
use crate::common::{Shared, add_profile, built_in, nothing_wrong};

/// What is found in every rendering.
static FOUND: LazyLock<Vec<(&Case, Vec<Finding>)>> = LazyLock::new(|| {
    let found = |case: &'static Case| (case, check_cluster(&case.inspected(), built_in::library()));
    cases().iter().map(found).collect()
});

/// The ids of errors and warnings, by site.
fn found(published: bool) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut by_site: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (case, findings) in FOUND.iter().filter(|(case, _)| case.published == published) {
        for finding in findings
            .iter()
            .filter(|found| found.severity > Severity::Note)
            // All of them are made without packs.
            .filter(|found| found.rule.id != "built-in-values")
        {
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
        // The pack shows the address of an array.
        ("hitachi-hspc", &["placeholder"]),
    ]);
    assert_eq!(found(false), expected);
}

#[test]
fn what_the_ra_prints_breaks_what_it_has_errata_for() {
    // The RA's Secret is in kube-system, its number of storage nodes a variable, its one class Portworx's block class,
    // the disk of its Windows template 80G of 80Gi, its Windows preference uses the old fields, and its passwords, its
    // licence and the token of its array are printed.
    let printed = [
        "clone-too-small",
        "demo-password",
        "example-token",
        "plain-secret",
        "preference-deprecated",
        "pure-secret-namespace",
        "storage-nodes-variable",
        "vm-state-class",
    ];
    // Other storage has no such Secret, number and licence.
    let of_portworx = [
        "example-token",
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
    driver.retain(|id| !["plain-secret", "example-token"].contains(id));
    driver.push("secret-manifest");
    sites.insert("portworx-csi", driver);
    // A preference of its own, without Windows.
    let mut own = without("preference-deprecated");
    own.push("unknown-preference");
    sites.insert("everything-else", own);
    sites.insert("one-bond", with("default-class-missing"));
    // Its licence is a key that Palette asks for.
    sites.insert("saas", without("plain-secret"));
    let mut secrets = without("example-token");
    secrets.push("secret-manifest");
    secrets.push("vm-password");
    sites.insert("secrets", secrets);
    let mut shown: Vec<&'static str> = sites["hitachi-hspc"].clone();
    shown.push("placeholder");
    sites.insert("hitachi-hspc", shown);
    // Its StorageCluster is in kube-system, too.
    sites.insert("two-arrays", without("pure-secret-namespace"));
    let sites: Vec<(&str, &[&str])> = sites
        .iter()
        .map(|(site, ids)| (*site, ids.as_slice()))
        .collect();
    assert_eq!(found(true), expected(&sites));
}

/// Sites whose storage is not Portworx Enterprise.
const OTHER_STORAGE: [&str; 10] = [
    "portworx-csi",
    "piraeus",
    "rook-ceph",
    "longhorn",
    "longhorn-files",
    "trident",
    "powerflex",
    "powermax",
    "powerstore",
    "hitachi-hspc",
];

/// What is known to be found in a rendering, and why.
fn is_known(case: &Case, id: &str) -> bool {
    match id {
        // The RA's Windows image has no version; only the site can name another.
        "unpinned-image" => case.site != "everything-else",
        // The site says that its nodes have containerd 2.
        "containerd-settings" => case.site == "everything-else",
        // The site gives its secrets, and they are written where they are needed.
        "vm-password" => case.site == "secrets",
        // One of them is an array's token.
        "secret-manifest" => matches!(case.site, "secrets" | "portworx-csi"),
        // As published there is a dummy in place of the key of Portworx Enterprise.
        "plain-secret" => {
            case.site == "secrets"
                || (case.published && case.site != "saas" && !OTHER_STORAGE.contains(&case.site))
        }
        // As published, the passwords are those that are published with the RA.
        "demo-password" => case.published,
        _ => false,
    }
}

/// Everything that [`is_known`].
const IDS: [&str; 6] = [
    "unpinned-image",
    "containerd-settings",
    "secret-manifest",
    "vm-password",
    "plain-secret",
    "demo-password",
];

#[test]
fn secrets_and_images_are_found_where_they_are() {
    let mut problems = Vec::new();
    for (case, findings) in FOUND.iter() {
        let found = |id: &str| findings.iter().find(|finding| finding.rule.id == id);
        for id in IDS {
            match (found(id), is_known(case, id)) {
                (Some(finding), false) => problems.push(format!("{case}: {finding:?}")),
                (None, true) => problems.push(format!("{case}: {id} is known and not found")),
                _ => {}
            }
        }
    }
    nothing_wrong(&problems);
}

/// What is found in one profile, in the order of the alphabet.
fn messages(json: &str) -> Vec<String> {
    let profile = profile::read(&Source::new("p.json", json)).expect("it is a profile");
    let mut cluster = Inspected::default();
    add_profile(&mut cluster, "p.json", profile);
    let found = check_cluster(&cluster, built_in::library());
    let mut messages: Vec<String> = found
        .iter()
        .map(|item| format!("{} {}: {}", item.severity, item.rule.id, item.message))
        .collect();
    messages.sort();
    messages
}

#[test]
fn real_packs_break_no_rule_but_those_of_vms() {
    let Some(shared) = Shared::find() else {
        return;
    };
    for (name, version, layer, folder) in [
        ("cni-cilium-oss", "1.17.4", "cni", "cilium_oss_1.17.4"),
        (
            "csi-portworx-generic",
            "3.3.1",
            "csi",
            "portworx-generic-v3.3.1",
        ),
    ] {
        let values = shared.text(&format!("packs/{folder}/values.yaml"));
        let core = |name: &str, layer: &str| json!({"name": name, "type": "oci", "layer": layer, "values": "a: 1"});
        let mut layers = vec![core("u", "os"), core("k", "k8s")];
        if layer == "csi" {
            layers.push(core("c", "cni"));
        }
        layers.push(json!({"name": name, "type": "oci", "layer": layer, "version": version, "values": values}));
        let json = json!({"metadata": {"name": "p"}, "spec": {"version": "1.0.0", "template": {"type": "infra", "cloudType": "maas", "packs": layers}}});
        // As they come, neither knows of VMs.
        let expected: &[&str] = match layer {
            "cni" => &[
                "error cilium-exclusive: Cilium disables other CNI configurations of the node, so Multus gives VMs no network",
            ],
            _ => &[
                "note broken-image: `docker.io/portworx/px-enterprise:3.3.1\"` is not a valid image, and neither are 29 more",
                "warning default-class-missing: no StorageClass is the default for VMs",
            ],
        };
        assert_eq!(messages(&json.to_string()), expected, "{name}");
    }
}

#[test]
fn a_real_export_is_known_for_its_faults() {
    let Some(shared) = Shared::find() else {
        return;
    };
    let mut found = messages(&shared.text("exports/VMO-RA-Templates-1.9.6-longhorn.json"));
    found.retain(|message| !message.starts_with("note ") || message.contains("unpinned-image"));
    let demo = "error demo-password: this password is public: it is published with the RA";
    assert_eq!(
        found,
        [
            "error clone-too-small: the disk of the template `win-2022-eval` (80G) is smaller than its golden image `template-windows-2022` (80Gi)",
            demo,
            demo,
            demo,
            demo,
            "note unpinned-image: the image `docker.io/kreeuwijk/w2k22_eval:latest` can change under its name",
            "warning preference-deprecated: `preferredUseEfi` is deprecated",
            "warning preference-deprecated: `preferredUseSecureBoot` is deprecated",
        ]
    );
}

//! Secrets, images and node files of what is rendered, and of what vendors publish. That nothing else is found in what is
//! rendered, tests/suite/cluster_rules/matrix.rs holds.

use std::collections::BTreeSet;

use crate::common::matrix::{self, Case};
use crate::common::{Shared, nothing_wrong};
use serde_json::json;
use vmo_ra::check::{Input, Item, check};
use vmo_ra::diagnostic::Source;
use vmo_ra::pack::Library;
use vmo_ra::profile::read;
use vmo_ra::revision::Revision;
use vmo_ra::rules::Inspected;

/// What is found in the profiles of one rendering.
fn found(case: &Case, library: &Library) -> Vec<Item> {
    let mut cluster = Inspected::default();
    for profile in &case.rendered.profiles {
        let names: Vec<(String, Vec<String>)> = profile
            .profile
            .spec
            .template
            .packs
            .iter()
            .map(|layer| {
                let manifests = layer.manifests.iter().map(|m| m.name.clone()).collect();
                (layer.name.clone(), manifests)
            })
            .collect();
        cluster.add_profile(
            profile.role.to_string(),
            profile.profile.clone(),
            |layer, manifest| match manifest {
                None => names[layer].0.clone(),
                Some(index) => format!("{}/{}", names[layer].0, names[layer].1[index]),
            },
        );
    }
    let input = Input {
        sites: Vec::new(),
        cluster,
    };
    let revision = Revision::load(case.revision).expect("the revision is there");
    check(&input, &revision, library).findings
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
        // As published, the passwords are those that the RA prints.
        "demo-password" => case.published,
        _ => false,
    }
}

fn shown(case: &Case, item: &Item) -> String {
    format!(
        "{case}: {:?} {} {}:{} {}: {}",
        item.severity,
        item.id,
        item.file.as_deref().unwrap_or("-"),
        item.line.unwrap_or(0),
        item.path,
        item.message
    )
}

#[test]
fn secrets_and_images_are_found_where_they_are() {
    let library = Library::built_in().expect("the built-in packs are whole");
    let mut problems = Vec::new();
    for case in matrix::cases() {
        let items = found(case, &library);
        for item in &items {
            if IDS.contains(&item.id.as_str()) && !is_known(case, &item.id) {
                problems.push(shown(case, item));
            }
        }
        let ids: BTreeSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
        for id in IDS {
            if is_known(case, id) && !ids.contains(id) {
                problems.push(format!("{case}: {id} is known and not found"));
            }
        }
    }
    nothing_wrong(&problems);
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
fn real_packs_break_no_rule_but_those_of_vms() {
    let Some(shared) = Shared::find() else {
        return;
    };
    let library = Library::built_in().expect("the built-in packs are whole");
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
                "Error cilium-exclusive: Cilium keeps the node's CNI configuration to itself, so Multus gives VMs no network",
            ],
            _ => &["Warning default-class-missing: no StorageClass is the default for VMs"],
        };
        assert_eq!(messages(&json.to_string(), &library), expected, "{name}");
    }
}

#[test]
fn a_real_export_has_the_secrets_that_the_ra_prints() {
    let Some(shared) = Shared::find() else {
        return;
    };
    let library = Library::built_in().expect("the built-in packs are whole");
    let mut found = messages(
        &shared.text("exports/VMO-RA-Templates-1.9.6-longhorn.json"),
        &library,
    );
    found.retain(|message| message.contains("unpinned-image") || message.contains("demo-password"));
    let demo = "Error demo-password: this is a password that the RA prints, and everybody knows";
    assert_eq!(
        found,
        [
            "Note unpinned-image: the image `docker.io/kreeuwijk/w2k22_eval:latest` can change under its name",
            demo,
            demo,
            demo,
            demo,
        ]
    );
}

/// What is found in one profile.
fn messages(json: &str, library: &Library) -> Vec<String> {
    let profile = read(&Source::new("p.json", json)).expect("it is a profile");
    let mut cluster = Inspected::default();
    cluster.add_profile("p.json", profile, |layer, manifest| {
        format!("{layer} {manifest:?}")
    });
    let input = Input {
        sites: Vec::new(),
        cluster,
    };
    let revision = Revision::load("1.9.0").expect("the revision is there");
    check(&input, &revision, library)
        .findings
        .iter()
        .map(|item| format!("{:?} {}: {}", item.severity, item.id, item.message))
        .collect()
}

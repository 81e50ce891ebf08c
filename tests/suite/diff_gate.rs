//! `diff --fail-on` lets pass what is milder, for each impact, and every form of the report says the same of it.

use crate::common::harness::{Run, Scratch, write};
use serde_json::{Value, json};
use vmo_ra::diff::Impact;

/// A change for each impact: the layer's kind and pack, and its values before and after.
const CHANGES: [(Impact, [&str; 4]); 7] = [
    (
        Impact::Breaks,
        [
            "cni",
            "cni-cilium-oss",
            "charts: {cilium: {ipam: {mode: kubernetes}}}",
            "charts: {cilium: {ipam: {mode: cluster-pool}}}",
        ],
    ),
    (
        Impact::Repave,
        [
            "k8s",
            "kubernetes",
            "kubeadmconfig: {kubeletExtraArgs: {v: '1'}}",
            "kubeadmconfig: {kubeletExtraArgs: {v: '2'}}",
        ],
    ),
    (
        Impact::RepaveControlPlanes,
        [
            "k8s",
            "kubernetes",
            "kubeadmconfig: {apiServer: {extraArgs: {v: '1'}}}",
            "kubeadmconfig: {apiServer: {extraArgs: {v: '2'}}}",
        ],
    ),
    (
        Impact::Restart,
        ["addon", "nginx", "charts: {x: 1}", "charts: {x: 2}"],
    ),
    (
        Impact::Live,
        [
            "addon",
            "lb-metallb-helm",
            "charts: {metallb-full: {configuration: {x: 1}}}",
            "charts: {metallb-full: {configuration: {x: 2}}}",
        ],
    ),
    (
        Impact::NewObjects,
        [
            "csi",
            "csi-portworx-generic",
            "storageClasses: [{name: a, isDefaultStorageClass: true}]",
            "storageClasses: [{name: a, isDefaultStorageClass: false}]",
        ],
    ),
    (
        Impact::Review,
        [
            "addon",
            "kyverno",
            "pack: {spectrocloud.com/install-priority: '1'}",
            "pack: {spectrocloud.com/install-priority: '2'}",
        ],
    ),
];

/// Writes two profiles that differ in these changes.
fn sides(folder: &Scratch, changes: &[[&str; 4]]) {
    for (name, values) in [("old.json", 2), ("new.json", 3)] {
        let layers: Vec<Value> = changes
            .iter()
            .map(|change| {
                json!({
                    "name": change[1], "type": "oci", "layer": change[0], "version": "1.0.0", "tag": "1.0.0",
                    "values": change[values], "registry": {"metadata": {}},
                })
            })
            .collect();
        let profile = json!({
            "metadata": {"name": "p", "description": "", "labels": {}},
            "spec": {"version": "1.0.0", "template": {"type": "cluster", "cloudType": "maas", "packs": layers}},
        });
        write(folder, name, profile.to_string());
    }
}

fn run(folder: &Scratch, options: &str) -> Run {
    folder.run(&format!("diff old.json new.json {options}"))
}

/// The impacts that a form tells, the worst first, with the number of changes of each.
type Told = Vec<(Impact, usize)>;

fn told_by_json(folder: &Scratch) -> Told {
    let report = run(folder, "--format json").json();
    let impact = |word: &Value| {
        Impact::ALL
            .into_iter()
            .find(|impact| *word == impact.as_str())
            .expect("an impact")
    };
    let counts = report["summary"]["impacts"].as_array().expect("a list");
    let told: Told = counts
        .iter()
        .map(|count| {
            let changes = count["changes"].as_u64().expect("a number");
            (impact(&count["impact"]), changes as usize)
        })
        .collect();
    assert_eq!(impact(&report["summary"]["worst"]), told[0].0);
    told
}

/// What stands in a text of the lines that a form has for an impact.
fn told_by(form: &str, line: impl Fn(Impact, usize) -> String) -> Told {
    let counts = Impact::ALL
        .into_iter()
        .flat_map(|impact| [1, 2].map(|count| (impact, count)));
    let mut told: Vec<(usize, (Impact, usize))> = counts
        .filter_map(|(impact, count)| Some((form.find(&line(impact, count))?, (impact, count))))
        .collect();
    told.sort();
    told.into_iter().map(|(_, told)| told).collect()
}

fn every_form_says(folder: &Scratch, expected: &Told) {
    assert_eq!(&told_by_json(folder), expected, "JSON");
    let text = run(folder, "");
    let section = |impact: Impact, count| {
        let plural = if count == 1 { "" } else { "s" };
        let meaning = impact.meaning(count);
        format!("\n{}: {count} change{plural} {meaning}\n", impact.as_str())
    };
    assert_eq!(&told_by(&text.told(), section), expected, "text");
    let first = text.told().lines().next().unwrap_or_default().to_owned();
    let words = |impact: Impact, count| format!("{count} {}", impact.meaning(count));
    assert_eq!(&told_by(&first, words), expected, "headline");
    let markdown = run(folder, "--format markdown");
    let row = |impact: Impact, count| {
        format!(
            "| {} | {count} {} |\n",
            impact.as_str(),
            impact.meaning(count)
        )
    };
    assert_eq!(&told_by(&markdown.told(), row), expected, "markdown");
    let page = run(folder, "--format html");
    let item = |impact: Impact, count| {
        let (word, meaning) = (impact.as_str(), impact.meaning(count));
        let shown = word.replace('-', " ");
        format!(
            "<strong class=\"number\">{count}</strong> <span class=\"badge {word}\">{shown}</span> \
             <span class=\"meaning\">{meaning}</span>"
        )
    };
    assert_eq!(&told_by(&page.told(), item), expected, "HTML");
    let (worst, count) = expected[0];
    let plural = if count == 1 { "" } else { "s" };
    let headline = format!(
        "<p class=\"headline\">{count} change{plural} {}.</p>",
        worst.meaning(count)
    );
    assert!(page.told().contains(&headline), "{headline}");
}

fn exit_codes_are_for(folder: &Scratch, worst: Impact) {
    for gate in Impact::ALL {
        let bad = if worst >= gate { 1 } else { 0 };
        for format in ["text", "json", "markdown", "html"] {
            let options = format!("--fail-on {} --format {format}", gate.as_str());
            run(folder, &options).ends(bad);
        }
    }
}

#[test]
fn each_impact_stops_at_its_own_gate_and_at_milder_ones() {
    let folder = Scratch::new();
    for (impact, change) in CHANGES {
        sides(&folder, &[change]);
        every_form_says(&folder, &vec![(impact, 1)]);
        exit_codes_are_for(&folder, impact);
    }
}

#[test]
fn the_worst_of_all_decides() {
    let folder = Scratch::new();
    assert_eq!(CHANGES.map(|(impact, _)| impact), Impact::ALL);
    for from in 0..CHANGES.len() {
        let rest: Vec<[&str; 4]> = CHANGES[from..].iter().map(|(_, change)| *change).collect();
        // The changes of the Kubernetes layer are in one layer.
        let layers: Vec<[&str; 4]> = match from {
            0 | 1 => {
                let mut layers = rest.clone();
                layers.retain(|layer| layer[0] != "k8s");
                layers.push([
                    "k8s",
                    "kubernetes",
                    "kubeadmconfig: {kubeletExtraArgs: {v: '1'}, apiServer: {extraArgs: {v: '1'}}}",
                    "kubeadmconfig: {kubeletExtraArgs: {v: '2'}, apiServer: {extraArgs: {v: '2'}}}",
                ]);
                layers
            }
            _ => rest,
        };
        sides(&folder, &layers);
        let expected: Told = Impact::ALL[from..]
            .iter()
            .map(|impact| (*impact, 1))
            .collect();
        every_form_says(&folder, &expected);
        exit_codes_are_for(&folder, Impact::ALL[from]);
    }
}

#[test]
fn what_ends_a_cluster_is_no_restart() {
    let folder = Scratch::new();
    let same = "charts: {x: 1}";
    for (layer, pack, old, new, impact) in [
        // What is not YAML is refused, and mending it is not.
        (
            "addon",
            "nginx",
            "charts: {x: 1}",
            "charts: {x: [}",
            "breaks",
        ),
        (
            "addon",
            "nginx",
            "charts: {x: [}",
            "charts: {x: 1}",
            "restart",
        ),
        (
            "k8s",
            "kubernetes",
            "pack: {podCIDR: 10.0.0.0/16}",
            "pack: {podCIDR: 10.1.0.0/16}",
            "breaks",
        ),
        (
            "k8s",
            "kubernetes-eks",
            "managedControlPlane: {logging: {audit: true}}",
            "managedControlPlane: {logging: {audit: false}}",
            "live",
        ),
        (
            "k8s",
            "edge-k3s",
            "cluster: {config: \"cluster-cidr: 10.0.0.0/16\\nx: 1\\n\"}",
            "cluster: {config: \"cluster-cidr: 10.1.0.0/16\\nx: 1\\n\"}",
            "breaks",
        ),
        (
            "k8s",
            "edge-rke2",
            "stages: {initramfs: [{name: a}]}",
            "stages: {initramfs: [{name: b}]}",
            "repave",
        ),
        (
            "k8s",
            "edge-k3s",
            "stages: {initramfs: [{name: a}]}",
            "stages: {initramfs: [{name: b}]}",
            "restart",
        ),
        (
            "os",
            "edge-native-byoi",
            "options: {system.uri: a}",
            "options: {system.uri: b}",
            "repave",
        ),
        (
            "os",
            "edge-native-byoi",
            "options: {system.customTag: a}",
            "options: {system.customTag: b}",
            "repave",
        ),
        (
            "os",
            "edge-native-byoi",
            "providerCredentials: {user: a}",
            "providerCredentials: {user: b}",
            "review",
        ),
        (
            "csi",
            "csi-portworx-generic",
            "charts: {portworx-generic: {storageCluster: {spec: {updateStrategy: {type: OnDelete}}}}}",
            "charts: {portworx-generic: {storageCluster: {spec: {updateStrategy: {type: RollingUpdate}}}}}",
            "live",
        ),
        (
            "cni",
            "cni-cilium-oss",
            "charts: {cilium: {ipam: {operator: {clusterPoolIPv4PodCIDRList: [a]}}}}",
            "charts: {cilium: {ipam: {operator: {clusterPoolIPv4PodCIDRList: [a, b]}}}}",
            "restart",
        ),
        (
            "cni",
            "cni-cilium-oss",
            "charts: {cilium: {ipam: {operator: {clusterPoolIPv4PodCIDRList: [a, b]}}}}",
            "charts: {cilium: {ipam: {operator: {clusterPoolIPv4PodCIDRList: [b, c]}}}}",
            "breaks",
        ),
        (
            "csi",
            "csi-rook-ceph-helm",
            "charts: {rook-ceph-cluster: {cephBlockPools: [{name: p, storageClass: {parameters: {fs: ext4}}}]}}",
            "charts: {rook-ceph-cluster: {cephBlockPools: [{name: p, storageClass: {parameters: {fs: xfs}}}]}}",
            "breaks",
        ),
        (
            "csi",
            "csi-rook-ceph-helm",
            "charts: {rook-ceph-cluster: {cephBlockPools: [{name: p, storageClass: {isDefault: true}}]}}",
            "charts: {rook-ceph-cluster: {cephBlockPools: [{name: p, storageClass: {isDefault: false}}]}}",
            "new-objects",
        ),
        (
            "csi",
            "any",
            "charts: {x: {storageClasses: [{name: a, mountOptions: [x], reclaimPolicy: Delete}]}}",
            "charts: {x: {storageClasses: [{name: a, mountOptions: [y], reclaimPolicy: Delete}]}}",
            "new-objects",
        ),
        (
            "csi",
            "any",
            "charts: {x: {storageClasses: [{name: a, reclaimPolicy: Delete}]}}",
            "charts: {x: {storageClasses: [{name: a, reclaimPolicy: Retain}]}}",
            "breaks",
        ),
        (
            "csi",
            "csi-longhorn",
            "charts: {longhorn: {persistence: {reclaimPolicy: Delete}}}",
            "charts: {longhorn: {persistence: {reclaimPolicy: Retain}}}",
            "new-objects",
        ),
        (
            "addon",
            "any",
            "pack: {namespaceAnnotations: {a: b}}",
            "pack: {namespaceAnnotations: {a: c}}",
            "live",
        ),
    ] {
        sides(&folder, &[[layer, pack, old, new]]);
        let report = run(&folder, "--format json").json();
        assert_eq!(report["summary"]["worst"], impact, "{pack}: {old} -> {new}");
    }
    // A cloud, and versions.
    sides(&folder, &[["k8s", "kubernetes", same, same]]);
    let profile: Value =
        serde_json::from_str(&crate::common::harness::read(&folder, "old.json")).expect("JSON");
    let mut other = profile.clone();
    other["spec"]["template"]["cloudType"] = json!("vsphere");
    write(&folder, "new.json", other.to_string());
    run(&folder, "--fail-on breaks").ends(1);
    for (old, new, worst) in [
        ("1.34.5", "1.33.9", "breaks"),
        ("1.32.4", "1.34.5", "breaks"),
        ("1.33.4", "1.34.5", "repave"),
    ] {
        let of = |version: &str| {
            let mut profile = profile.clone();
            profile["spec"]["template"]["packs"][0]["version"] = json!(version);
            profile["spec"]["template"]["packs"][0]["tag"] = json!(version);
            profile.to_string()
        };
        write(&folder, "old.json", of(old));
        write(&folder, "new.json", of(new));
        let report = run(&folder, "--format json").json();
        assert_eq!(report["summary"]["worst"], worst, "{old} -> {new}");
    }
}

/// A field that an object of the API may not change, or may.
#[test]
fn what_the_api_refuses_is_said_to_break() {
    let folder = Scratch::new();
    for (old, new, impact) in [
        (
            "{kind: StorageClass, metadata: {name: a}, parameters: {x: '1'}}",
            "{kind: StorageClass, metadata: {name: a}, parameters: {x: '2'}}",
            "breaks",
        ),
        (
            "{kind: StorageClass, metadata: {name: a}, mountOptions: [x]}",
            "{kind: StorageClass, metadata: {name: a}, mountOptions: [y]}",
            "new-objects",
        ),
        (
            "{kind: CustomResourceDefinition, metadata: {name: a}, spec: {names: {plural: x}}}",
            "{kind: CustomResourceDefinition, metadata: {name: a}, spec: {names: {plural: y}}}",
            "breaks",
        ),
        (
            "{kind: CustomResourceDefinition, metadata: {name: a}, spec: {names: {singular: x}}}",
            "{kind: CustomResourceDefinition, metadata: {name: a}, spec: {names: {singular: y}}}",
            "review",
        ),
        (
            "{kind: DataVolume, metadata: {name: a}, spec: {x: 1}}",
            "{kind: DataVolume, metadata: {name: a}, spec: {x: 2}}",
            "breaks",
        ),
        (
            "{kind: Job, metadata: {name: a}, spec: {template: {x: 1}}}",
            "{kind: Job, metadata: {name: a}, spec: {template: {x: 2}}}",
            "breaks",
        ),
        (
            "{kind: Job, metadata: {name: a}, spec: {suspend: true}}",
            "{kind: Job, metadata: {name: a}, spec: {suspend: false}}",
            "live",
        ),
        (
            "{kind: RoleBinding, metadata: {name: a}, roleRef: {name: x}}",
            "{kind: RoleBinding, metadata: {name: a}, roleRef: {name: y}}",
            "breaks",
        ),
        (
            "{kind: Deployment, metadata: {name: a}, spec: {selector: {x: 1}}}",
            "{kind: Deployment, metadata: {name: a}, spec: {selector: {x: 2}}}",
            "breaks",
        ),
        (
            "{kind: Deployment, metadata: {name: a}, spec: {template: {x: 1}}}",
            "{kind: Deployment, metadata: {name: a}, spec: {template: {x: 2}}}",
            "restart",
        ),
        (
            "{kind: StatefulSet, metadata: {name: a}, spec: {serviceName: x}}",
            "{kind: StatefulSet, metadata: {name: a}, spec: {serviceName: y}}",
            "breaks",
        ),
        (
            "{kind: Pod, metadata: {name: a}, spec: {containers: [{name: x, image: 'x:1'}]}}",
            "{kind: Pod, metadata: {name: a}, spec: {containers: [{name: x, image: 'x:2'}]}}",
            "restart",
        ),
        (
            "{kind: Pod, metadata: {name: a}, spec: {containers: [{name: x, command: [a]}]}}",
            "{kind: Pod, metadata: {name: a}, spec: {containers: [{name: x, command: [b]}]}}",
            "breaks",
        ),
        (
            "{kind: PersistentVolumeClaim, metadata: {name: a}, spec: {volumeAttributesClassName: x}}",
            "{kind: PersistentVolumeClaim, metadata: {name: a}, spec: {volumeAttributesClassName: y}}",
            "live",
        ),
        (
            "{kind: PersistentVolumeClaim, metadata: {name: a}, spec: {storageClassName: x}}",
            "{kind: PersistentVolumeClaim, metadata: {name: a}, spec: {storageClassName: y}}",
            "breaks",
        ),
        (
            "{kind: VirtualMachine, metadata: {name: a}, spec: {runStrategy: Always}}",
            "{kind: VirtualMachine, metadata: {name: a}, spec: {runStrategy: Halted}}",
            "restart",
        ),
        (
            "{kind: ConfigMap, metadata: {name: a}, immutable: true}",
            "{kind: ConfigMap, metadata: {name: a}}",
            "breaks",
        ),
        (
            "{kind: Secret, metadata: {name: a}, type: Opaque}",
            "{kind: Secret, metadata: {name: a}, type: tls}",
            "breaks",
        ),
        (
            "{kind: VmTemplate, metadata: {name: a}, spec: {x: 1}}",
            "{kind: VmTemplate, metadata: {name: a}, spec: {x: 2}}",
            "new-objects",
        ),
        (
            "{kind: ClusterRole, metadata: {name: a}, rules: [{verbs: [get]}]}",
            "{kind: ClusterRole, metadata: {name: a}, rules: [{verbs: ['*']}]}",
            "live",
        ),
    ] {
        for (name, content) in [("old.json", old), ("new.json", new)] {
            let profile = json!({
                "metadata": {"name": "p", "description": "", "labels": {}},
                "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": [
                    {"name": "own", "type": "manifest", "layer": "addon", "version": "1.0.0", "tag": "1.0.0", "values": "",
                     "registry": {"metadata": {}}, "manifests": [{"name": "m", "content": content}]}
                ]}},
            });
            write(&folder, name, profile.to_string());
        }
        let report = run(&folder, "--format json").json();
        assert_eq!(report["summary"]["worst"], impact, "{old} -> {new}");
    }
}

#[test]
fn an_order_counts_where_the_reader_of_a_list_has_one() {
    let folder = Scratch::new();
    let files = |first: &str, second: &str| {
        format!(
            "kubeadmconfig: {{files: [{{targetPath: {first}, content: x}}, {{targetPath: {second}, content: x}}]}}"
        )
    };
    let (files_before, files_after) = (files("/a", "/b"), files("/b", "/a"));
    let user_data = |first: &str, second: &str| {
        format!(
            "kubeadmconfig:\n  files:\n  - targetPath: /a\n    content: |\n      runcmd:\n      - {first}\n      - {second}\n      x: 1\n"
        )
    };
    let (cloud_init_before, cloud_init_after) = (user_data("a", "b"), user_data("b", "a"));
    for (layer, pack, old, new, impact) in [
        (
            "k8s",
            "kubernetes",
            files_before.as_str(),
            files_after.as_str(),
            Some("repave"),
        ),
        (
            "os",
            "ubuntu-maas",
            &files_before,
            &files_after,
            Some("repave"),
        ),
        (
            "os",
            "ubuntu-maas",
            &cloud_init_before,
            &cloud_init_after,
            Some("repave"),
        ),
        (
            "k8s",
            "kubernetes",
            "kubeadmconfig: {apiServer: {extraVolumes: [{name: a}, {name: b}]}}",
            "kubeadmconfig: {apiServer: {extraVolumes: [{name: b}, {name: a}]}}",
            Some("repave-control-planes"),
        ),
        (
            "os",
            "ubuntu-maas",
            "kubeadmconfig: {preKubeadmCommands: [a, b]}",
            "kubeadmconfig: {preKubeadmCommands: [b, a]}",
            Some("repave"),
        ),
        (
            "addon",
            "any",
            "charts: {x: {args: [a, b]}}",
            "charts: {x: {args: [b, a]}}",
            Some("restart"),
        ),
        (
            "addon",
            "any",
            "charts: {x: {env: [{name: a}, {name: b}]}}",
            "charts: {x: {env: [{name: b}, {name: a}]}}",
            Some("restart"),
        ),
        (
            "addon",
            "any",
            "charts: {x: {unknown: [a, b]}}",
            "charts: {x: {unknown: [b, a]}}",
            Some("review"),
        ),
        (
            "addon",
            "any",
            "charts: {x: {tolerations: [{key: a}, {key: b}]}}",
            "charts: {x: {tolerations: [{key: b}, {key: a}]}}",
            None,
        ),
        (
            "cni",
            "any",
            "pack: {content: {images: [{image: a}, {image: b}]}}",
            "pack: {content: {images: [{image: b}, {image: a}]}}",
            None,
        ),
        (
            "csi",
            "any",
            "charts: {x: {storageClasses: [{name: a}, {name: b}]}}",
            "charts: {x: {storageClasses: [{name: b}, {name: a}]}}",
            None,
        ),
    ] {
        sides(&folder, &[[layer, pack, old, new]]);
        let report = run(&folder, "--format json").json();
        let expected = impact.map_or(Value::Null, |impact| json!(impact));
        assert_eq!(
            report["summary"]["worst"], expected,
            "{pack}: {old} -> {new}"
        );
        let moved = |change: &Value| change["kind"] == "moved" || !change["lines"][0].is_null();
        let changes = report["changes"].as_array().expect("a list");
        assert!(
            changes.iter().all(moved),
            "{pack}: {old} -> {new}: {report}"
        );
        // What Palette's review would show stays to be seen.
        let text = run(&folder, "--text --format json").json();
        assert!(
            text["summary"]["changes"].as_u64() > Some(changes.len() as u64),
            "{old} -> {new}"
        );
    }
}

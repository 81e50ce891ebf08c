//! A report with everything in it that a report can have, and much that it should not.

use serde_json::{Value, json};
use vmo_ra::diff::{
    Change, ChangeKind, FORMAT, Hunk, Impact, ImpactCount, LayerPair, Line, PackVersion, Part,
    ProfileName, ProfilePair, Report, Shown, Side, Summary, VersionStep,
};

/// What must never stand in a page as it stands here.
pub const MARKUP: &str = "<img src=x onerror=\"document.title='broken into'\">";
/// Ends a script, an attribute, a comment and a template's tags, and turns the direction round.
pub const NASTY: &str = "</script></style>--> \"quoted\" 'single' &amp; <% if %> {{ x }} \u{202e}gnp.exe\u{202c} \u{0}\r";

/// The report.
pub fn rich() -> Report {
    let changes = changes();
    let impacts: Vec<ImpactCount> = Impact::ALL
        .iter()
        .map(|&impact| ImpactCount {
            impact,
            changes: changes
                .iter()
                .filter(|change| change.impact == impact)
                .count(),
        })
        .filter(|count| count.changes > 0)
        .collect();
    let count = |profile: &str, layer: &str| {
        changes
            .iter()
            .filter(|change| change.profile == profile && change.layer.as_deref() == Some(layer))
            .count()
    };
    let layer = |profile: &str, name: &str, kind: &str, old: &str, new: &str, step| LayerPair {
        name: name.to_owned(),
        kind: kind.to_owned(),
        old: pack(name, old),
        new: pack(name, new),
        step,
        changes: count(profile, name),
    };
    let infra = "VMO-RA-Infra-MaaS-PureFlashArray";
    let core = "VMO-RA-Core-PXKE";
    let mut replaced = layer(core, "traefik", "addon", "1.15.4", "40.2.0", None);
    replaced.old = pack("nginx", "1.15.4");
    Report {
        format: FORMAT,
        old: "1.7.0".to_owned(),
        new: format!("exports/{MARKUP}.json"),
        summary: Summary {
            changes: changes.len(),
            worst: impacts.first().map(|count| count.impact),
            impacts,
            notable: Vec::new(),
        },
        profiles: vec![
            ProfilePair {
                name: infra.to_owned(),
                old: profile(infra, "1.7.0"),
                new: profile(infra, "1.9.0"),
                layers: vec![
                    layer(infra, "ubuntu-maas", "os", "22.04", "22.04", None),
                    layer(
                        infra,
                        "kubernetes",
                        "k8s",
                        "1.32.4",
                        "1.34.5",
                        Some(VersionStep::Minor),
                    ),
                    layer(
                        infra,
                        "cni-cilium-oss",
                        "cni",
                        "1.17.1",
                        "1.17.4",
                        Some(VersionStep::Patch),
                    ),
                    layer(
                        infra,
                        "csi-portworx-generic",
                        "csi",
                        "3.6.0",
                        "3.3.1",
                        Some(VersionStep::Downgrade),
                    ),
                ],
            },
            ProfilePair {
                name: core.to_owned(),
                old: profile("VMO-RA-Core", "1.7.0"),
                new: profile(core, "1.9.0"),
                layers: vec![
                    replaced,
                    layer(
                        core,
                        "prometheus-operator",
                        "addon",
                        "70.2.1",
                        "83.5.1",
                        Some(VersionStep::Major),
                    ),
                    layer(core, "vm-migration", "addon", "", "4.9.0", None),
                    layer(core, MARKUP, "addon", "4.7.0", "", None),
                ],
            },
            ProfilePair {
                name: "VMO-RA-Templates".to_owned(),
                old: None,
                new: profile("VMO-RA-Templates", "1.9.0"),
                layers: vec![layer("", "vmo-storage", "addon", "", "1.0.0", None)],
            },
        ],
        changes,
        notes: vec![
            "the values of layer `prometheus-operator` are not YAML on the old side: compared as text"
                .to_owned(),
            format!("a note with {MARKUP} and {NASTY}"),
        ],
        ignored: Vec::new(),
    }
}

fn pack(name: &str, version: &str) -> Option<PackVersion> {
    (!version.is_empty()).then(|| PackVersion {
        pack: name.to_owned(),
        version: version.to_owned(),
    })
}

fn profile(name: &str, version: &str) -> Option<ProfileName> {
    Some(ProfileName {
        name: name.to_owned(),
        version: version.to_owned(),
    })
}

fn value(value: Value) -> Option<Shown> {
    Some(Shown::Value { value })
}

fn secret(hash: &str) -> Option<Shown> {
    Some(Shown::Secret {
        secret: hash.to_owned(),
    })
}

/// The lines of a hunk from a text whose lines start with a blank, `-` or `+`.
fn hunk(old_start: usize, new_start: usize, text: &str) -> Hunk {
    Hunk {
        old_start,
        new_start,
        lines: text
            .lines()
            .filter_map(|line| {
                let (side, text) = line.split_at_checked(1)?;
                let side = match side {
                    "-" => Side::Old,
                    "+" => Side::New,
                    _ => Side::Both,
                };
                Some(Line {
                    side,
                    text: text.to_owned(),
                })
            })
            .collect(),
    }
}

fn changes() -> Vec<Change> {
    let blank = Change {
        id: String::new(),
        profile: "VMO-RA-Infra-MaaS-PureFlashArray".to_owned(),
        layer: None,
        part: Part::Profile,
        path: String::new(),
        kind: ChangeKind::Changed,
        old: None,
        new: None,
        lines: Vec::new(),
        content: Vec::new(),
        preset: None,
        impact: Impact::Review,
        because: "".into(),
        section: None,
        remarks: Vec::new(),
    };
    let in_layer = |name: &str| Change {
        layer: Some(name.to_owned()),
        ..blank.clone()
    };
    let in_core = |name: &str| Change {
        profile: "VMO-RA-Core-PXKE".to_owned(),
        ..in_layer(name)
    };
    let mut changes = vec![
        Change {
            path: "version".to_owned(),
            old: value(json!("1.7.0")),
            new: value(json!("1.9.0")),
            because: "a profile's version is a name for its content".into(),
            ..blank.clone()
        },
        Change {
            part: Part::Variable("CONTROL_PLANE_VIP".to_owned()),
            path: "defaultValue".to_owned(),
            kind: ChangeKind::Removed,
            old: value(json!("10.20.30.10")),
            impact: Impact::NewObjects,
            because: "an immutable variable keeps the value a cluster was made with".into(),
            ..blank.clone()
        },
        Change {
            part: Part::Variable("PORTAL_PASSWORD".to_owned()),
            path: "defaultValue".to_owned(),
            old: secret("a41f09c2"),
            new: secret("77d0e6b1"),
            impact: Impact::Restart,
            because: "workloads read the variable when they start".into(),
            ..blank.clone()
        },
        Change {
            part: Part::Variable(MARKUP.to_owned()),
            kind: ChangeKind::Added,
            new: value(json!({"name": NASTY, "format": "string", "required": true, "options": [], "regex": "^[a-z]+$"})),
            because: NASTY.into(),
            remarks: vec![MARKUP.to_owned()],
            ..blank.clone()
        },
        Change {
            part: Part::File("/etc/multipath.conf".to_owned()),
            lines: vec![
                hunk(
                    1,
                    1,
                    " defaults {\n-    user_friendly_names yes\n-    find_multipaths     yes\n+    user_friendly_names no\n     polling_interval 10\n }",
                ),
                hunk(
                    21,
                    20,
                    "     device {\n         vendor               \"PURE\"\n         product              \"FlashArray\"\n-        path_selector        \"queue-length 0\"\n+        path_selector        \"service-time 0\"\n+        path_grouping_policy group_by_prio\n+        prio                 alua\n         fast_io_fail_tmo     10\n     }",
                ),
            ],
            impact: Impact::Repave,
            because: "a node's files are written when it is installed".into(),
            section: Some("4.2.1 Multipath".to_owned()),
            ..in_layer("ubuntu-maas")
        },
        Change {
            part: Part::Commands("preKubeadmCommands".to_owned()),
            lines: vec![hunk(
                3,
                3,
                " systemctl enable --now multipathd\n-echo '</script><script>alert(1)</script>' > /tmp/x\n+echo \"<b>bold</b>\" && true\n \n-modprobe \u{202e}br_netfilter\n+modprobe br_netfilter",
            )],
            impact: Impact::Repave,
            because: "commands run when a node joins".into(),
            ..in_layer("ubuntu-maas")
        },
        Change {
            part: Part::File("/etc/systemd/system/vmo-tuning.service".to_owned()),
            kind: ChangeKind::Added,
            new: value(json!("[Unit]\nDescription=Worker tuning\n\n[Service]\nType=oneshot\nExecStart=/usr/local/bin/vmo-tuning\n")),
            impact: Impact::Repave,
            because: "a node's files are written when it is installed".into(),
            ..in_layer("ubuntu-maas")
        },
        Change {
            part: Part::Layer,
            path: "version".to_owned(),
            old: value(json!("1.32.4")),
            new: value(json!("1.34.5")),
            impact: Impact::Repave,
            because: "a Kubernetes version is part of a node's image".into(),
            section: Some("2.1 Versions".to_owned()),
            remarks: vec!["minor step".to_owned(), "skips Kubernetes 1.33".to_owned()],
            ..in_layer("kubernetes")
        },
        Change {
            part: Part::Values,
            path: "kubeadmconfig.apiServer.extraArgs.max-requests-inflight".to_owned(),
            kind: ChangeKind::Retyped,
            old: value(json!("800")),
            new: value(json!(800)),
            impact: Impact::Repave,
            because: "the API server's arguments are part of its static pod".into(),
            remarks: vec!["was a text, is a number".to_owned()],
            ..in_layer("kubernetes")
        },
        Change {
            part: Part::Preset("Kube-proxy replacement".to_owned()),
            old: value(json!("ebpf-kubeproxy")),
            new: value(json!("ebpf-kubeproxy-free")),
            impact: Impact::Restart,
            because: "Cilium's agents start anew".into(),
            section: Some("3.3 Cilium".to_owned()),
            ..in_layer("cni-cilium-oss")
        },
        Change {
            part: Part::Values,
            path: "charts.cilium.kubeProxyReplacement".to_owned(),
            old: value(json!("false")),
            new: value(json!(true)),
            preset: Some(
                "Kube-proxy replacement: ebpf-kubeproxy -> ebpf-kubeproxy-free".to_owned(),
            ),
            impact: Impact::Restart,
            because: "Cilium's agents start anew".into(),
            ..in_layer("cni-cilium-oss")
        },
        Change {
            part: Part::Values,
            path: "charts.cilium.ipam.operator.clusterPoolIPv4PodCIDRList".to_owned(),
            old: value(json!(["192.168.0.0/18"])),
            new: value(json!(["100.64.0.0/18", "100.64.64.0/18"])),
            impact: Impact::NewObjects,
            because: "pods keep the addresses of the range a cluster was made with".into(),
            ..in_layer("cni-cilium-oss")
        },
        Change {
            part: Part::Values,
            path: "charts.cilium.extraEnv[name=A]".to_owned(),
            kind: ChangeKind::Moved,
            old: value(json!(2)),
            new: value(json!(0)),
            impact: Impact::Live,
            because: "the order of environment variables has no effect".into(),
            ..in_layer("cni-cilium-oss")
        },
        Change {
            part: Part::Values,
            path: "charts.portworx.clusterToken".to_owned(),
            kind: ChangeKind::Added,
            new: secret("5e11aa07"),
            impact: Impact::Restart,
            because: "the storage pods read it when they start".into(),
            ..in_layer("csi-portworx-generic")
        },
        Change {
            part: Part::Values,
            kind: ChangeKind::Text,
            lines: vec![hunk(1, 1, "-# old comment\n+# new comment\n storage: 1")],
            because: "only the notation changed".into(),
            ..in_layer("csi-portworx-generic")
        },
        Change {
            part: Part::Layer,
            old: value(json!("nginx 1.15.4")),
            new: value(json!("traefik 40.2.0")),
            impact: Impact::Restart,
            because: "the ingress controller is replaced".into(),
            section: Some("5.1 Ingress".to_owned()),
            ..in_core("traefik")
        },
        Change {
            part: Part::Values,
            path: "charts.kube-prometheus-stack.prometheus.prometheusSpec.additionalScrapeConfigs[job_name=a-very-long-job-name-that-goes-on-and-on].relabel_configs[3].source_labels".to_owned(),
            old: value(json!("x".repeat(400))),
            new: value(json!(format!("image: registry.example.org/{}:1.2.3", "very-long-part/".repeat(20)))),
            impact: Impact::Live,
            because: "Prometheus reads it again".into(),
            ..in_core("prometheus-operator")
        },
        Change {
            part: Part::Values,
            path: "image.repository".to_owned(),
            old: value(json!("quay.io/prometheus/prometheus:v2.53.1")),
            new: value(json!("quay.io/prometheus/prometheus:v3.1.0")),
            impact: Impact::Restart,
            because: "a pod with another image starts anew".into(),
            ..in_core("prometheus-operator")
        },
        Change {
            part: Part::Manifest("grafana-issuer".to_owned()),
            path: "ClusterIssuer/grafana.spec".to_owned(),
            kind: ChangeKind::Added,
            new: value(json!({"selfSigned": {}, "ca": {"secretName": "grafana-ca", "urls": ["https://ca.example.org/crl", "http://ca.example.org/ocsp"]}})),
            impact: Impact::Live,
            because: "manifests are applied to the running cluster".into(),
            ..in_core("prometheus-operator")
        },
        Change {
            part: Part::Layer,
            kind: ChangeKind::Added,
            impact: Impact::Live,
            because: "a new layer is installed beside the others".into(),
            ..in_core("vm-migration")
        },
        Change {
            part: Part::Manifest(NASTY.to_owned()),
            path: MARKUP.to_owned(),
            kind: ChangeKind::Removed,
            old: value(json!(NASTY)),
            new: value(json!(MARKUP)),
            preset: Some(MARKUP.to_owned()),
            section: Some(MARKUP.to_owned()),
            because: MARKUP.into(),
            lines: vec![hunk(1, 1, &format!("-{MARKUP}\n+{NASTY}"))],
            ..in_core(MARKUP)
        },
    ];
    for (number, change) in changes.iter_mut().enumerate() {
        // The last two have one name, as starts of hashes may.
        change.id = format!("{:08x}", 0x1234_5678 + 0x0101_0101 * number.min(19));
    }
    changes
}

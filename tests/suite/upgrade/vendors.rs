//! The vendors' texts, what they moved, and the versions that they want a cluster to go through.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{json_of, layer, packs, rendered, upgrade};
use crate::common::Shared;
use crate::common::harness::{Scratch, read, root, write};

/// Infra profiles made from the vendors' packs that the tests have, with one edit of what the RA sets and one of what it
/// does not.
fn on_real_packs(folder: &Scratch, packs: &Path) -> Value {
    let packs = packs.display();
    let rendered = format!("render --revision 1.7.0 --profile infra --packs {packs} --out old");
    folder.run(rendered.as_str()).ends(0);
    let name = "old/VMO-RA-Infra-MaaS-PureFlashArray.json";
    let mut profile: Value = serde_json::from_str(&read(folder, name)).expect("it is JSON");
    for (find, put) in [
        (
            "forceDeviceDetection: true",
            "forceDeviceDetection: false # checked by us",
        ),
        ("rollOutCiliumPods: false", "rollOutCiliumPods: true"),
    ] {
        let values = &mut layer(&mut profile, "cni-cilium-oss")["values"];
        let text = values.as_str().expect("it is a text");
        assert!(text.contains(find), "{find}");
        *values = json!(text.replacen(find, put, 1));
    }
    write(folder, "yours/infra.json", profile.to_string());
    profile
}

#[test]
fn without_the_vendor_only_what_the_ra_sets_is_merged() {
    let Some(shared) = Shared::find() else { return };
    let folder = Scratch::new();
    let mut yours = on_real_packs(&folder, &shared.path("packs"));
    let packs = shared.path("packs");
    let more = format!("--packs {} --out new --format json", packs.display());
    let run = upgrade(&folder, &more);
    run.ends(0);
    let report = run.json();
    let limited = report["limited"].as_array().expect("a list").iter();
    let limited: Vec<&Value> = limited.map(|one| &one["layer"]).collect();
    assert_eq!(
        limited,
        ["cni-cilium-oss", "csi-portworx-generic"],
        "{report}"
    );
    assert_eq!(
        report["limited"][0]["why"],
        "only the RA's own settings are merged, and the rest stays yours: the vendor's values of `cni-cilium-oss` 1.19.2 are missing"
    );
    let name = "new/VMO-RA-Infra-MaaS-PureFlashArray.json";
    let mut new: Value = serde_json::from_str(&read(&folder, name)).expect("it is JSON");
    let [was, is] = [&mut yours, &mut new].map(|profile| {
        let values = &layer(profile, "cni-cilium-oss")["values"];
        values.as_str().expect("a text").to_owned()
    });
    // Nothing of the vendor's text is pinned to ours or lost.
    let differ = similar::TextDiff::from_lines(&was, &is);
    let changed: Vec<String> = differ
        .iter_all_changes()
        .filter(|change| change.tag() != similar::ChangeTag::Equal)
        .map(|change| change.to_string())
        .collect();
    assert!(changed.len() < 10, "{changed:#?}");
    assert!(
        is.contains("forceDeviceDetection: false # checked by us")
            && is.contains("rollOutCiliumPods: true")
    );
    // The report names no edit of yours that the vendor wrote.
    let items = report["items"].as_array().expect("a list").iter();
    let kept: Vec<String> = items
        .filter(|item| item["layer"] == "cni-cilium-oss" && item["what"] == "kept")
        .map(|item| item["path"].to_string())
        .collect();
    assert!(kept.len() < 10, "{kept:#?}");
}

#[test]
fn with_the_vendor_of_both_versions_the_text_is_the_vendors() {
    let Some(shared) = Shared::find() else { return };
    let folder = Scratch::new();
    // The chart's own values of both versions, as packs.
    for version in ["1.17.4", "1.19.2"] {
        let chart = shared.text(&format!("charts/cilium-{version}/values.yaml"));
        let inside: String = chart
            .lines()
            .map(|line| match line {
                "" => "\n".to_owned(),
                line => format!("    {line}\n"),
            })
            .collect();
        let values = format!("pack:\n  namespace: kube-system\n\ncharts:\n  cilium:\n{inside}");
        write(
            &folder,
            &format!("packs/cilium-{version}/values.yaml"),
            values,
        );
        let presets = fs::read(root(&format!(
            "profiles/packs/cni-cilium-oss/{version}/presets.yaml"
        )))
        .or_else(|_| fs::read(root("profiles/packs/cni-cilium-oss/1.17.4/presets.yaml")));
        write(
            &folder,
            &format!("packs/cilium-{version}/presets.yaml"),
            presets.expect("the presets are there"),
        );
        let description = json!({
            "name": "cni-cilium-oss", "displayName": "Cilium", "version": version, "layer": "cni",
            "cloudTypes": ["all"],
        });
        write(
            &folder,
            &format!("packs/cilium-{version}/pack.json"),
            description.to_string(),
        );
    }
    on_real_packs(&folder, &folder.join("packs"));
    let run = upgrade(&folder, "--packs packs --out new --format json");
    run.ends(0);
    let report = run.json();
    let limited = report["limited"].as_array().expect("a list").iter();
    let limited: Vec<&Value> = limited.map(|one| &one["layer"]).collect();
    assert!(
        !limited.iter().any(|layer| **layer == "cni-cilium-oss"),
        "{limited:?}"
    );
    // What comes out is what the new revision makes of the vendor's new text, with the two edits and nothing else.
    let rendered = "render --revision 1.9.0 --profile infra --packs packs --out want";
    folder.run(rendered).ends(0);
    let values = |folder_name: &str| {
        let name = format!("{folder_name}/values/infra/03-cni-cilium-oss.yaml");
        read(&folder, &name)
    };
    let expected = values("want")
        .replacen(
            "forceDeviceDetection: true",
            "forceDeviceDetection: false # checked by us",
            1,
        )
        .replacen("rollOutCiliumPods: false", "rollOutCiliumPods: true", 1);
    assert_eq!(values("new"), expected);
}

/// A folder of a pack with another version's values, as a vendor's.
fn pack(folder: &Path, name: &str, from: &str, version: &str, change: impl Fn(String) -> String) {
    let built_in = |file: &str| {
        let at = format!("profiles/packs/{name}/{from}/{file}");
        fs::read_to_string(root(&at)).unwrap_or_default()
    };
    let values = change(built_in("values.yaml").replace(from, version));
    write(
        folder,
        &format!("packs/{name}-{version}/values.yaml"),
        values,
    );
    let presets = built_in("presets.yaml");
    if !presets.is_empty() {
        write(
            folder,
            &format!("packs/{name}-{version}/presets.yaml"),
            presets,
        );
    }
    let description: Value = serde_json::from_str(&built_in("pack.json")).expect("it is JSON");
    let description = json!({
        "name": name, "displayName": name, "version": version, "layer": description["layer"], "cloudTypes": ["all"],
    });
    write(
        folder,
        &format!("packs/{name}-{version}/pack.json"),
        description.to_string(),
    );
}

const INFRA: &str = "VMO-RA-Infra-MaaS-PureFlashArray.json";

/// Kubernetes and Cilium go up one minor version at a time, so a version of the profile lies between.
#[test]
fn steps_on_the_way_are_versions_of_the_profile() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    for version in ["1.32.4", "1.33.5", "1.34.5"] {
        pack(&folder, "kubernetes", "1.32.4", version, |text| {
            // The vendor says something else in each.
            text + &format!("vendor:\n  says: \"{version}\"\n  also: \"{version}\"\n")
        });
    }
    for version in ["1.17.4", "1.18.6", "1.19.2"] {
        pack(&folder, "cni-cilium-oss", "1.17.4", version, |text| text);
    }
    let rendered =
        "render --revision 1.7.0 --site site.yaml --profile infra --packs packs --out old";
    folder.run(rendered).ends(0);
    let mut profile = json_of(&folder, &format!("old/{INFRA}"));
    let values = &mut layer(&mut profile, "kubernetes")["values"];
    let text = values.as_str().expect("a text").to_owned() + "\nours: 1 # Ours.\n";
    *values = json!(text);
    write(&folder, "yours/infra.json", profile.to_string());
    let with = "--site site.yaml --packs packs";
    let report = upgrade(&folder, &format!("{with} --format json")).json();
    let told = json!([{
        "step": 1, "profile": "VMO-RA-Infra-MaaS-PureFlashArray", "version": "1.7.1",
        "layers": ["kubernetes 1.33.5", "cni-cilium-oss 1.18.6"], "missing": [],
    }]);
    assert_eq!(report["onTheWay"], told);
    let run = upgrade(&folder, &format!("{with} --out new"));
    run.ends(0);
    assert!(run.told().contains("\n  step 1: VMO-RA-Infra-MaaS-PureFlashArray 1.7.1 with kubernetes 1.33.5, cni-cilium-oss 1.18.6\n"));
    let mut step = json_of(&folder, &format!("new/steps/1/{INFRA}"));
    let mut new = json_of(&folder, &format!("new/{INFRA}"));
    assert_eq!(
        (&step["spec"]["version"], &new["spec"]["version"]),
        (&json!("1.7.1"), &json!("1.9.0"))
    );
    for (made, version) in [(&mut step, "1.33.5"), (&mut new, "1.34.5")] {
        let kubernetes = layer(made, "kubernetes");
        assert_eq!(
            (&kubernetes["version"], &kubernetes["tag"]),
            (&json!(version), &json!(version))
        );
        let values = kubernetes["values"].as_str().expect("a text");
        assert!(values.contains(&format!("says: \"{version}\"")), "{values}");
        assert!(values.contains("ours: 1 # Ours."), "{values}");
    }
    // Everything else waits for the result.
    for name in ["ubuntu-maas", "csi-portworx-generic"] {
        assert_eq!(layer(&mut step, name), layer(&mut profile, name));
    }
    assert_eq!(step["spec"]["variables"], profile["spec"]["variables"]);
    folder.run("verify new").ends(0);
    upgrade(&folder, &format!("{with} --out new --force")).ends(0);
    // The folder of the result is that of one profile, and that of the step another.
    for (from, is) in [("new", "1.9.0"), ("new/steps/1", "1.7.1")] {
        let run = folder.run(format!("diff {from} {from} --format json").as_str());
        assert_eq!(run.ends(0).json()["profiles"][0]["new"]["version"], is);
        assert_eq!(run.json()["profiles"].as_array().map(Vec::len), Some(1));
    }
    // An edit that a vendor's step makes impossible is no guess, and neither is a pack that is not there.
    let edited = profile
        .to_string()
        .replace("  says: \\\"1.32.4\\\"", "  says: \\\"ours\\\"");
    assert_ne!(edited, profile.to_string());
    write(&folder, "yours/infra.json", edited);
    let report = upgrade(
        &folder,
        &format!("{with} --format json --resolve other.yaml"),
    );
    let missing =
        json!(["you and the vendor both changed `vendor.says` up to `kubernetes` 1.33.5"]);
    assert_eq!(report.ends(1).json()["onTheWay"][0]["missing"], missing);
    write(&folder, "yours/infra.json", profile.to_string());
    fs::remove_dir_all(folder.join("packs/kubernetes-1.33.5")).expect("it is there");
    let run = upgrade(&folder, &format!("{with} --out without"));
    run.ends(0);
    assert!(
        run.told()
            .contains(" is not made: the vendor's values of `kubernetes` 1.33.x are missing\n"),
        "{}",
        run.told()
    );
    assert!(!folder.join("without/steps").exists());
}

/// VMO 4.9.9 lies before 4.10; within 4.9 the values stay as they are.
#[test]
fn a_step_within_a_minor_version_carries_the_values() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    let name = "VMO-RA-Core-PXKE.json";
    folder
        .run("render --revision 1.9.0 --profile core --out yours")
        .ends(0);
    pack(
        &folder,
        "virtual-machine-orchestrator",
        "4.7.0",
        "4.10.0",
        |text| text,
    );
    write(
        &folder,
        "site.yaml",
        "packVersions: {virtual-machine-orchestrator: 4.10.0}\n",
    );
    let run = folder
        .run("upgrade yours --from 1.9.0 --to 1.9.0 --site site.yaml --packs packs --out new");
    run.ends(0);
    assert!(
        run.told()
            .contains("virtual-machine-orchestrator: 4.9.0 -> 4.9.9 -> 4.10.0\n"),
        "{}",
        run.told()
    );
    assert!(
        run.told().contains(
            "\n  step 1: VMO-RA-Core-PXKE 1.9.1 with virtual-machine-orchestrator 4.9.9\n"
        ),
        "{}",
        run.told()
    );
    let [mut was, mut step, mut new] =
        ["yours", "new/steps/1", "new"].map(|at| json_of(&folder, &format!("{at}/{name}")));
    let versions = [&was, &step, &new].map(|profile| profile["spec"]["version"].clone());
    assert_eq!(versions, ["1.9.0", "1.9.1", "1.9.2"]);
    let [was, step, new] = [&mut was, &mut step, &mut new]
        .map(|profile| layer(profile, "virtual-machine-orchestrator").clone());
    assert_eq!(
        (&step["version"], &new["version"]),
        (&json!("4.9.9"), &json!("4.10.0"))
    );
    assert_eq!(step["values"], was["values"]);
    assert_ne!(new["values"], was["values"]);
}

/// Traefik takes the place of nginx: what both know is carried over, and the rest is asked about.
#[test]
fn a_replaced_pack_carries_over_what_has_a_counterpart() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    let edits = [
        ("      replicaCount: 1\n", "      replicaCount: 3\n"),
        (
            "        annotations: {}\n",
            "        annotations: {metallb.io/loadBalancerIPs: 10.20.30.150}\n        loadBalancerIP: 10.20.30.150\n",
        ),
        (
            "        kubernetes.io/os: linux\n",
            "        kubernetes.io/os: linux\n        zone: edge\n",
        ),
        (
            "      tolerations: []\n",
            "      tolerations:\n        - {key: edge, operator: Exists}\n",
        ),
        (
            "        enable-ssl-passthrough: true\n",
            "        enable-ssl-passthrough: true\n        default-ssl-certificate: nginx/wildcard\n",
        ),
    ];
    let profiles = rendered(&folder, "1.7.0");
    let with = |edits: &[(&str, &str)]| {
        for (role, mut profile) in profiles.clone() {
            if role == "core" {
                let values = &mut layer(&mut profile, "nginx")["values"];
                let mut text = values.as_str().expect("a text").to_owned();
                for (find, put) in edits {
                    assert_eq!(text.matches(find).count(), 1, "{find}");
                    text = text.replacen(find, put, 1);
                }
                *values = json!(text);
            }
            write(&folder, &format!("yours/{role}.json"), profile.to_string());
        }
    };
    with(&edits);
    write(&folder, "site.yaml", "ingress: {controller: traefik}\n");
    let run = upgrade(&folder, "--site site.yaml --resolve answers.yaml");
    run.ends(1);
    let told = run.told();
    for line in [
        "VMO-RA-Core-PXKE / traefik: charts.ingress-nginx.controller.tolerations of nginx is charts.traefik.tolerations now (",
        "charts.traefik.tlsStore.default.defaultCertificate.secretName now; write it as the name of a Secret in the namespace of Traefik (",
        "values charts.traefik.tolerations[",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    // The RA says something about the replicas of both.
    let asked = read(&folder, "answers.yaml");
    let conflict = "# both sides changed this value\n# base    1\n# yours   3\n# theirs  2\n- profile: VMO-RA-Core-PXKE\n  layer: traefik\n  part: values\n  path: charts.traefik.deployment.replicas\n";
    assert!(asked.contains(conflict), "{asked}");
    assert_eq!(asked.matches("  answer:\n").count(), 1, "{asked}");
    write(
        &folder,
        "answers.yaml",
        asked.replace("  answer:\n", "  answer: yours\n"),
    );
    upgrade(&folder, "--site site.yaml --resolve answers.yaml --out new").ends(0);
    let mut core = json_of(&folder, "new/VMO-RA-Core-PXKE.json");
    assert!(
        packs(&mut core)
            .iter()
            .all(|layer| layer["name"] != "nginx")
    );
    let values = layer(&mut core, "traefik")["values"]
        .as_str()
        .expect("a text")
        .to_owned();
    let source = vmo_ra::diagnostic::Source::new("values", values);
    let values = vmo_ra::yaml::to_json(&source, vmo_ra::yaml::Limits::VALUES).expect("YAML");
    let traefik = &values["charts"]["traefik"];
    assert_eq!(traefik["deployment"]["replicas"], 3);
    assert_eq!(traefik["nodeSelector"], json!({"zone": "edge"}));
    assert_eq!(
        traefik["tolerations"],
        json!([{"key": "edge", "operator": "Exists"}])
    );
    assert_eq!(
        traefik["service"]["spec"],
        json!({"type": "LoadBalancer", "loadBalancerIP": "10.20.30.150"})
    );
    assert_eq!(
        traefik["service"]["annotations"],
        json!({"metallb.io/loadBalancerIPs": "10.20.30.150"})
    );
    // What Traefik has no place for is asked about.
    with(&[
        edits[1],
        ("      config: {}\n", "      config: {use-gzip: \"true\"}\n"),
    ]);
    let run = upgrade(&folder, "--site site.yaml");
    run.ends(1);
    let left = "decide about your changes in `nginx` that have no known place in `traefik`: `charts.ingress-nginx.controller.config.use-gzip`";
    assert!(run.told().contains(left), "{}", run.told());
    assert!(
        run.told().contains(
            "VMO-RA-Core-PXKE / nginx / layer: you changed this, but it no longer exists"
        ),
        "{}",
        run.told()
    );
    // With both, they stand in each other's way.
    let asked = read(&folder, "resolutions.yaml");
    let answers = asked.replace("  answer:\n", "  answer: yours\n");
    write(&folder, "resolutions.yaml", answers);
    let told = upgrade(&folder, "--site site.yaml --out both")
        .ends(0)
        .told();
    assert!(
        told.contains("\n  keep `traefik` and `nginx` apart: "),
        "{told}"
    );
    let address = "error: `traefik` asks for the address 10.20.30.150, which `nginx` asks for too";
    let found = "error: VMO-RA-Core-PXKE / traefik: values: charts.traefik.service.spec.loadBalancerIP: `traefik` asks for";
    assert!(told.contains(found), "{told}");
    let checked = folder.run("check both").ends(1).told();
    assert!(checked.contains(address), "{checked}");
}

/// A setting of Cilium that has another name now goes with its edit.
#[test]
fn renamed_settings_take_their_edits_along() {
    let Some(shared) = Shared::find() else { return };
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    for version in ["1.17.4", "1.19.2"] {
        let chart = shared.text(&format!("charts/cilium-{version}/values.yaml"));
        let inside = chart
            .lines()
            .map(|line| format!("    {line}").trim_end().to_owned() + "\n");
        let values = format!("charts:\n  cilium:\n{}", inside.collect::<String>());
        pack(&folder, "cni-cilium-oss", "1.17.4", version, |_| {
            values.clone()
        });
    }
    let rendered =
        "render --revision 1.7.0 --site site.yaml --profile infra --packs packs --out old";
    folder.run(rendered).ends(0);
    let mut profile = json_of(&folder, &format!("old/{INFRA}"));
    let values = &mut layer(&mut profile, "cni-cilium-oss")["values"];
    let mut text = values.as_str().expect("a text").to_owned();
    for (find, put) in [
        (
            "    enableCiliumEndpointSlice: false\n",
            "    enableCiliumEndpointSlice: true\n",
        ),
        ("        fileMaxSizeMb: 10\n", "        fileMaxSizeMb: 50\n"),
        (
            "      refreshPeriod: \"30s\"\n",
            "      refreshPeriod: \"60s\"\n",
        ),
    ] {
        assert_eq!(text.matches(find).count(), 1, "{find}");
        text = text.replacen(find, put, 1);
    }
    *values = json!(text);
    write(&folder, "yours/infra.json", profile.to_string());
    let run = upgrade(
        &folder,
        "--site site.yaml --packs packs --resolve answers.yaml --format json",
    );
    let report = run.ends(1).json();
    let moved: Vec<(&str, &str)> = report["moved"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|moved| {
            (
                moved["from"].as_str().expect("a text"),
                moved["to"].as_str().expect("a text"),
            )
        })
        .collect();
    assert_eq!(
        moved,
        [
            (
                "charts.cilium.enableCiliumEndpointSlice",
                "charts.cilium.ciliumEndpointSlice.enabled"
            ),
            (
                "charts.cilium.hubble.export.fileMaxSizeMb",
                "charts.cilium.hubble.export.static.fileMaxSizeMb"
            ),
        ]
    );
    let by_hand = report["byHand"].to_string();
    assert!(by_hand.contains("`charts.cilium.l2NeighDiscovery.refreshPeriod`, which you changed in `cni-cilium-oss`, was removed in 1.18.0: remove it"), "{by_hand}");
    let asked = read(&folder, "answers.yaml");
    assert_eq!(asked.matches("  answer:\n").count(), 1, "{asked}");
    write(
        &folder,
        "answers.yaml",
        asked.replace("  answer:\n", "  answer: drop\n"),
    );
    upgrade(
        &folder,
        "--site site.yaml --packs packs --resolve answers.yaml --out new",
    )
    .ends(0);
    let mut new = json_of(&folder, &format!("new/{INFRA}"));
    let values = layer(&mut new, "cni-cilium-oss")["values"]
        .as_str()
        .expect("a text")
        .to_owned();
    let source = vmo_ra::diagnostic::Source::new("values", values);
    let values = vmo_ra::yaml::to_json(&source, vmo_ra::yaml::Limits::VALUES).expect("YAML");
    let cilium = &values["charts"]["cilium"];
    assert_eq!(cilium["ciliumEndpointSlice"]["enabled"], true);
    assert_eq!(cilium["hubble"]["export"]["static"]["fileMaxSizeMb"], 50);
    assert_eq!(cilium["hubble"]["export"]["static"]["fileMaxBackups"], 5);
    assert!(cilium.get("enableCiliumEndpointSlice").is_none());
}

/// A pack that is there and cannot be used is no pack that is not at hand.
#[test]
fn a_pack_without_values_is_said_to_be_one() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    pack(&folder, "kubernetes", "1.32.4", "1.34.5", |text| text);
    let mut profiles = rendered(&folder, "1.7.0");
    let (role, profile) = &mut profiles[0];
    // An export of the vendor's values, with an edit.
    profile["metadata"]["description"] = json!("");
    let kubernetes = layer(profile, "kubernetes");
    kubernetes["version"] = json!("1.32.9");
    let values = kubernetes["values"].as_str().expect("a text").to_owned();
    kubernetes["values"] = json!(values + "\nours: 1\n");
    write(&folder, &format!("yours/{role}.json"), profile.to_string());
    // As this program has it: what differs from an older version, and no text of the vendor.
    let built_in = fs::read(root("profiles/packs/kubernetes/1.34.5/pack.json"));
    let built_in = String::from_utf8(built_in.expect("it is there")).expect("it is a text");
    let named = built_in.replacen('{', "{\"name\": \"kubernetes\", \"layer\": \"k8s\", ", 1);
    write(
        &folder,
        "packs/own/pack.json",
        named.replace("1.34.5", "1.32.9"),
    );
    let report = upgrade(&folder, "--site site.yaml --packs packs --format json").json();
    let limited = report["limited"].as_array().expect("a list").iter();
    let why: Vec<&str> = limited
        .filter(|one| one["layer"] == "kubernetes")
        .filter_map(|one| one["why"].as_str())
        .collect();
    assert_eq!(
        why,
        [
            "only the RA's own settings are merged, and the rest stays yours: the pack `kubernetes` in `packs/own` has no values.yaml"
        ]
    );
}

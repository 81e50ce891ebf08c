//! Edited profiles go from one revision to the next, and no edit is lost or invented.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::common::Shared;
use crate::common::harness::{
    Run, Scratch, all_golden, differs, files, is_golden, read, root, write,
};
use crate::three_way::{Numbers, edited};

/// A text of a profile that is changed.
#[derive(Deserialize)]
struct Edit {
    what: String,
    profile: String,
    layer: String,
    #[serde(default)]
    manifest: Option<String>,
    find: String,
    put: String,
}

#[derive(Deserialize)]
struct Edits {
    edits: Vec<Edit>,
}

fn edits() -> Vec<Edit> {
    let text = fs::read_to_string(root("tests/upgrade/edits.yaml")).expect("the edits are there");
    let edits: Edits = serde_saphyr::from_str(&text).expect("the edits are YAML");
    edits.edits
}

/// The profiles of a revision, by role.
fn rendered(folder: &Path, revision: &str) -> Vec<(String, Value)> {
    let out = folder.join(revision);
    let run = crate::common::harness::vmo_ra(&[
        "render",
        "--revision",
        revision,
        "--out",
        &out.display().to_string(),
    ] as &[&str]);
    run.run().ends(0);
    let mut profiles: Vec<(String, Value)> = files(&out)
        .into_iter()
        .filter(|(name, _)| name.ends_with(".json") && !name.starts_with('.'))
        .map(|(_, bytes)| {
            let value: Value = serde_json::from_slice(&bytes).expect("it is JSON");
            let name = value["metadata"]["name"].as_str().unwrap_or_default();
            let role = ["Infra", "Core", "Templates"]
                .into_iter()
                .find(|role| name.contains(role));
            (role.unwrap_or_default().to_lowercase(), value)
        })
        .collect();
    profiles.sort_by_key(|(role, _)| {
        ["infra", "core", "templates"]
            .iter()
            .position(|one| one == role)
    });
    profiles
}

fn packs(profile: &mut Value) -> &mut Vec<Value> {
    profile["spec"]["template"]["packs"]
        .as_array_mut()
        .expect("a profile has layers")
}

fn layer<'p>(profile: &'p mut Value, name: &str) -> &'p mut Value {
    let mut layers = packs(profile).iter_mut();
    layers
        .find(|layer| layer["name"] == name)
        .unwrap_or_else(|| panic!("there is no layer {name}"))
}

fn apply(edit: &Edit, profile: &mut Value) {
    let layer = layer(profile, &edit.layer);
    let text = match &edit.manifest {
        None => &mut layer["values"],
        Some(name) => {
            let mut manifests = layer["manifests"]
                .as_array_mut()
                .expect("it has some")
                .iter_mut();
            let found = manifests.find(|manifest| manifest["name"] == name.as_str());
            &mut found.expect("the manifest is there")["content"]
        }
    };
    let was = text.as_str().expect("it is a text").to_owned();
    if edit.find.is_empty() {
        *text = json!(was + &edit.put);
        return;
    }
    assert_eq!(was.matches(&edit.find).count(), 1, "{}", edit.what);
    *text = json!(was.replacen(&edit.find, &edit.put, 1));
}

/// What is more than a change of a text.
fn rebuilt(role: &str, profile: &mut Value) {
    match role {
        "infra" => {
            let storage = packs(profile).last_mut().expect("there are layers");
            storage["name"] = json!("csi-longhorn");
            storage["version"] = json!("1.8.1");
            storage["tag"] = json!("1.8.1");
            storage["values"] =
                json!("charts:\n  longhorn:\n    persistence:\n      defaultClass: true");
        }
        "core" => {
            let layers = packs(profile);
            layers.retain(|layer| layer["name"] != "nginx");
            let mut kyverno = layers[0].clone();
            kyverno["name"] = json!("kyverno");
            kyverno["version"] = json!("3.3.4");
            kyverno["tag"] = json!("3.3.4");
            kyverno["values"] = json!("charts:\n  kyverno:\n    # Ours.\n    replicas: 3");
            layers.insert(1, kyverno);
            layer(profile, "lb-metallb-helm")["version"] = json!("0.15.9");
            layer(profile, "lb-metallb-helm")["tag"] = json!("0.15.9");
            let variables = profile["spec"]["variables"]
                .as_array_mut()
                .expect("it has some");
            variables[0]["defaultValue"] = json!("10.20.30.50-10.20.30.99");
            let mut region = variables[0].clone();
            region["name"] = json!("AcmeRegion");
            region["displayName"] = json!("Region");
            region["defaultValue"] = json!("eu");
            variables.push(region);
            profile["metadata"]["labels"]["team"] = json!("platform");
            profile["spec"]["version"] = json!("1.7.0-acme.2");
        }
        _ => {}
    }
}

/// Profiles of 1.7.0 with all the edits, in `yours`.
fn customised(folder: &Path) {
    let edits = edits();
    for (role, mut profile) in rendered(folder, "1.7.0") {
        let of_role = edits.iter().filter(|edit| edit.profile == role);
        of_role.for_each(|edit| apply(edit, &mut profile));
        rebuilt(&role, &mut profile);
        write(folder, &format!("yours/{role}.json"), profile.to_string());
    }
}

fn upgrade(folder: &Scratch, more: &str) -> Run {
    folder.run(format!("upgrade yours --from 1.7.0 --to 1.9.0 {more}").as_str())
}

#[test]
fn twenty_edits_are_carried_over() {
    let folder = Scratch::new();
    customised(&folder);
    let first = upgrade(&folder, "--full --out new");
    first.ends(1);
    assert!(!folder.join("new").exists(), "conflicts are open");
    let asked = read(&folder, "resolutions.yaml");
    let mut golden: Vec<Option<String>> = vec![
        differs("golden/upgrade/report.txt", first.told()),
        differs("golden/upgrade/resolutions.yaml", &asked),
    ];
    // The team keeps what it set and lets go what lost its place.
    let mut answers = Vec::new();
    for entry in asked.split_inclusive("answer:\n") {
        let answer = if entry.contains("it is gone") {
            "drop"
        } else {
            "yours"
        };
        answers.push(entry.replace("  answer:\n", &format!("  answer: {answer}\n")));
    }
    write(&folder, "resolutions.yaml", answers.concat());
    let second = upgrade(
        &folder,
        "--resolve resolutions.yaml --out new --format markdown",
    );
    golden.push(differs("golden/upgrade/report.md", second.well()));
    for (name, bytes) in files(&folder.join("new")) {
        if !name.ends_with(".json") {
            golden.push(differs(&format!("golden/upgrade/new/{name}"), bytes));
        }
    }
    all_golden(golden.into_iter().flatten());
    // The same answers give the same bytes.
    upgrade(&folder, "--resolve resolutions.yaml --out again").ends(0);
    assert_eq!(files(&folder.join("new")), files(&folder.join("again")));
    // What comes out is a profile that `check` reads, and nothing is left to do.
    folder.run("check new").ends(1);
}

#[test]
fn without_an_edit_the_new_revision_comes_out() {
    let folder = Scratch::new();
    for (role, profile) in rendered(&folder, "1.7.0") {
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    rendered(&folder, "1.9.0");
    upgrade(&folder, "--out new").ends(0);
    assert_eq!(files(&folder.join("new")), files(&folder.join("1.9.0")));
}

#[test]
fn to_the_same_revision_everything_stays() {
    let folder = Scratch::new();
    customised(&folder);
    folder.run("init site.yaml").ends(0);
    folder
        .run("upgrade yours --from 1.7.0 --to 1.7.0 --site site.yaml --out new")
        .ends(0);
    let profiles = |folder: &Path| -> Vec<Value> {
        let all = files(folder).into_iter();
        let mut profiles: Vec<Value> = all
            .filter(|(name, _)| name.ends_with(".json") && !name.starts_with('.'))
            .map(|(_, bytes)| serde_json::from_slice(&bytes).expect("it is JSON"))
            .collect();
        profiles.sort_by_key(|profile| profile["metadata"]["name"].to_string());
        profiles
    };
    assert_eq!(
        profiles(&folder.join("new")),
        profiles(&folder.join("yours"))
    );
}

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
        "only what the RA itself sets is merged, and the rest stays yours: the vendor's values of `cni-cilium-oss` 1.19.2 are not at hand"
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

#[test]
fn answers_that_do_not_fit_are_refused() {
    let folder = Scratch::new();
    customised(&folder);
    folder.run("init site.yaml").ends(0);
    let site = "--site site.yaml";
    upgrade(&folder, site).ends(1);
    let asked = read(&folder, "resolutions.yaml");
    // A second run does not write over answers.
    upgrade(&folder, site).says(
        2,
        "error: `resolutions.yaml` is there already
  = help: answer it and give it with `--resolve resolutions.yaml`, or name another file

",
    );
    let resolve = format!("{site} --resolve resolutions.yaml");
    let open = "warning: 4 conflicts wait for an answer, so nothing was written
  = help: answer them in `resolutions.yaml`, and run this again with `--resolve resolutions.yaml`

";
    upgrade(&folder, &resolve).says(1, open);
    assert_eq!(read(&folder, "resolutions.yaml"), asked);
    for (find, put, told) in [
        (
            "  answer:\n",
            "  answer: mine\n",
            "error: this is no answer\n",
        ),
        (
            "  answer:\n",
            "  answer: {value: 1, more: 2}\n",
            "error: this is no answer\n",
        ),
        (
            "  base: \"02c66ea91503834f\"",
            "  base: \"0000000000000000\"",
            "error: the answer to `VMO-RA-Infra-MaaS-PureFlashArray/kubernetes/values/kubeadmconfig.kubeletExtraArgs.tls-cipher-suites` is out of date: one of the three sides is another than when this was answered\n",
        ),
        (
            "  path: charts.cilium.nodePort",
            "  path: charts.cilium.other",
            "error: the answer to `VMO-RA-Infra-MaaS-PureFlashArray/cni-cilium-oss/values/charts.cilium.other` is out of date: there is no such conflict\n",
        ),
        (
            "format: vmo-ra/resolutions/1",
            "format: x",
            "error: `resolutions.yaml` holds no answers of `vmo-ra upgrade`: its `format` is not `vmo-ra/resolutions/1`\n",
        ),
        (
            "  part: values\n",
            "",
            "error: this entry is not as `upgrade` writes it: missing field `part`\n",
        ),
    ] {
        assert!(asked.contains(find), "{find}");
        write(&folder, "resolutions.yaml", asked.replacen(find, put, 1));
        upgrade(&folder, &resolve)
            .ends(2)
            .begins(told)
            .mentions(" --> resolutions.yaml")
            .mentions("= help: ");
    }
}

#[test]
fn profiles_of_nobodys_are_refused() {
    let folder = Scratch::new();
    let profile = |name: &str, layer: &str| json!({"metadata": {"name": name}, "spec": {"version": "1.0.0", "template": {"type": "add-on", "packs": [{"name": layer, "type": "oci", "layer": "addon", "version": "1.0.0", "values": "a: 1"}]}}});
    write(
        &folder,
        "other.json",
        profile("other", "wordpress").to_string(),
    );
    write(
        &folder,
        "a.json",
        profile("a", "lb-metallb-helm").to_string(),
    );
    write(
        &folder,
        "b.json",
        profile("b", "lb-metallb-helm").to_string(),
    );
    folder
        .run("upgrade other.json --from 1.7.0")
        .ends(2)
        .mentions("wordpress");
    folder
        .run("upgrade a.json b.json --from 1.7.0")
        .ends(2)
        .mentions("`a`")
        .mentions("`b`");
    folder.run("upgrade missing.json --from 1.7.0").ends(3);
    // Half of a profile is one whose layers were taken out.
    let half = folder.run("upgrade a.json --from 1.7.0 --site -");
    half.ends(2);
}

/// Values that no reader takes stay as they are, and nobody reads a secret in any output.
#[test]
fn unreadable_values_stay_and_secrets_are_hidden() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        if role == "core" {
            layer(&mut profile, "lb-metallb-helm")["values"] = json!("a: [1\nb: 2");
            let grafana = &mut layer(&mut profile, "prometheus-operator")["values"];
            let text = grafana.as_str().expect("a text").to_owned();
            let with = "adminPassword: hunter2-planted";
            let text = text.replacen(
                "adminPassword: \"{{ .spectro.var.grafanaAdminPassword }}\"",
                with,
                1,
            );
            assert!(text.contains(with), "{text}");
            *grafana = json!(text);
        }
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    for format in ["text", "json", "markdown", "html"] {
        let run = upgrade(
            &folder,
            &format!("--site site.yaml --full --format {format}"),
        );
        run.ends(0);
        let all = format!("{:?}", run.all());
        assert!(!all.contains("hunter2-planted"), "{format}");
        assert!(
            all.contains("cannot be read as YAML, and stay as they are"),
            "{all}"
        );
    }
    upgrade(&folder, "--site site.yaml --out new --diff3 sides").ends(0);
    let values = read(&folder, "new/values/core/01-lb-metallb-helm.yaml");
    assert_eq!(values, "a: [1\nb: 2\n");
    let metallb = |side: &str| format!("sides/{side}/VMO-RA-Core-PXKE/lb-metallb-helm/values.yaml");
    assert_eq!(read(&folder, &metallb("yours")), "a: [1\nb: 2");
    assert_eq!(
        read(&folder, &metallb("base")),
        read(&folder, &metallb("base"))
    );
    let joined = folder.run("join sides/result/VMO-RA-Templates");
    joined.ends(0);
    assert_eq!(joined.told(), read(&folder, "new/VMO-RA-Templates.json"));
}

/// What has one name twice stays twice, and a macro in a comment stays a comment.
#[test]
fn what_stands_twice_stays_twice() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    let object = "kind: ConfigMap\nmetadata: {name: a}\n---\n";
    let macros =
        "\nours: {{ .spectro.var.K8sPodCIDR }}\n#{{ .spectro.var.Off }}\n{{ .spectro.var.On }}\n";
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        match role.as_str() {
            "infra" => {
                let values = &mut layer(&mut profile, "kubernetes")["values"];
                *values = json!(values.as_str().expect("a text").to_owned() + macros);
            }
            "core" => {
                let variables = profile["spec"]["variables"].as_array_mut();
                let variables = variables.expect("it has some");
                let mut again = variables[0].clone();
                again["displayName"] = json!("Again");
                variables.push(again);
            }
            _ => {
                let content =
                    &mut layer(&mut profile, "vmo-goldenimages")["manifests"][0]["content"];
                *content = json!(object.repeat(2) + content.as_str().expect("a text"));
            }
        }
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    upgrade(&folder, "--site site.yaml --out new").ends(0);
    let new = |name: &str| -> Value {
        serde_json::from_str(&read(&folder, &format!("new/{name}.json"))).expect("it is JSON")
    };
    let mut infra = new("VMO-RA-Infra-MaaS-PureFlashArray");
    let values = layer(&mut infra, "kubernetes")["values"].to_string();
    assert!(
        values.ends_with(&json!(macros).to_string()[1..]),
        "{values}"
    );
    let core = new("VMO-RA-Core-PXKE");
    let variables = core["spec"]["variables"].as_array().expect("it has some");
    let last = &variables[variables.len() - 1];
    assert_eq!(
        (&last["name"], &last["displayName"]),
        (&variables[0]["name"], &json!("Again"))
    );
    let mut templates = new("VMO-RA-Templates");
    let content = &layer(&mut templates, "vmo-goldenimages")["manifests"][0]["content"];
    let content = content.as_str().expect("a text");
    assert!(content.starts_with(&object.repeat(2)), "{content}");
    assert!(content.contains("kind: DataVolume"), "{content}");
}

/// A version that was answered has its own tag, and no answer leaves a layer without one.
#[test]
fn an_answered_version_is_one() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        if role == "core" {
            layer(&mut profile, "lb-metallb-helm")["version"] = json!("0.15.9");
            layer(&mut profile, "lb-metallb-helm")["tag"] = json!("0.15.9");
        }
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    upgrade(&folder, "--site site.yaml --out new").ends(1);
    let asked = read(&folder, "resolutions.yaml");
    let answered = |answer: &str| {
        let text = asked.replace("answer:", &format!("answer: {answer}"));
        assert_ne!(text, asked);
        write(&folder, "answers.yaml", text);
        upgrade(
            &folder,
            "--site site.yaml --resolve answers.yaml --out new --force",
        )
    };
    for (answer, version) in [
        ("base", "0.15.2"),
        ("theirs", "0.15.3"),
        ("{value: 0.15.7}", "0.15.7"),
        ("yours", "0.15.9"),
    ] {
        answered(answer).ends(0);
        let text = read(&folder, "new/VMO-RA-Core-PXKE.json");
        let mut core: Value = serde_json::from_str(&text).expect("it is JSON");
        let made = layer(&mut core, "lb-metallb-helm");
        assert_eq!(
            (&made["version"], &made["tag"]),
            (&json!(version), &json!(version))
        );
    }
    for answer in ["drop", "{value: null}", "{value: [1]}"] {
        answered(answer)
            .ends(2)
            .begins("error: the answer to `VMO-RA-Core-PXKE/lb-metallb-helm/layer/version` leaves nothing there that a profile can have\n --> answers.yaml:")
            .mentions("= help: write `yours`, `theirs`, `base`, or `{value: ...}` with a text");
    }
}

/// Names in an export are of others: none of them leads out of the folder.
#[test]
fn names_lead_out_of_no_folder() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        if role == "templates" {
            profile["metadata"]["name"] = json!("../../outside/prod");
            let images = layer(&mut profile, "vmo-goldenimages");
            images["name"] = json!("../../layer");
            images["manifests"][0]["name"] = json!("../../../manifest");
        }
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    let run = folder.run(
        "upgrade yours --from 1.7.0 --to 1.9.0 --site site.yaml --out a/b/new --diff3 a/b/sides",
    );
    run.ends(0);
    let known = ["a", "site.yaml", ".vmo-ra.schema.json", "yours"];
    let strange = |name: &String| {
        let first = name.split('/').next().unwrap_or_default();
        !known.contains(&first) && !first.starts_with("1.")
    };
    let all: Vec<String> = files(&folder).into_keys().collect();
    assert!(
        all.contains(&"a/b/new/outside-prod.json".to_owned()),
        "{all:?}"
    );
    assert!(
        all.contains(&"a/b/new/manifests/layer/manifest.yaml".to_owned()),
        "{all:?}"
    );
    assert!(
        all.contains(&"a/b/sides/yours/outside-prod/profile.yaml".to_owned()),
        "{all:?}"
    );
    let below = |name: &String| {
        !name.starts_with("a/") || name.starts_with("a/b/new/") || name.starts_with("a/b/sides/")
    };
    assert!(all.iter().all(below), "{all:?}");
    let strange: Vec<&String> = all.iter().filter(|name| strange(name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    folder.run("verify a/b/new").ends(0);
}

#[test]
fn the_json_form_is_as_its_schema_says() {
    let schema: Value = serde_json::from_str(vmo_ra::upgrade::format::json_schema()).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("it is a schema");
    let folder = Scratch::new();
    customised(&folder);
    folder.run("init site.yaml").ends(0);
    let report = upgrade(&folder, "--site site.yaml --format json").json();
    let wrong: Vec<String> = schema
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(wrong, [""; 0]);
    let mut more = report;
    more["items"][0]["surprise"] = json!(1);
    assert!(!schema.is_valid(&more));
}

#[test]
fn unknown_keys_of_a_file_stay() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        profile["spec"]["someday"] = json!({"a": [1]});
        packs(&mut profile)[0]["also"] = json!("ours");
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    upgrade(&folder, "--site site.yaml --out new").ends(0);
    for (name, bytes) in files(&folder.join("new")) {
        if name.ends_with(".json") && !name.starts_with('.') {
            let profile: Value = serde_json::from_slice(&bytes).expect("it is JSON");
            assert_eq!(profile["spec"]["someday"], json!({"a": [1]}), "{name}");
            assert_eq!(
                profile["spec"]["template"]["packs"][0]["also"], "ours",
                "{name}"
            );
            assert_eq!(profile["spec"]["version"], "1.9.0", "{name}");
        }
    }
}

#[test]
fn a_lock_that_does_not_fit_is_said_to_be_so() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    folder
        .run("render --revision 1.7.0 --site site.yaml --out yours")
        .ends(0);
    let well = folder.run("upgrade yours --to 1.9.0 --site site.yaml");
    assert!(!well.ends(0).told().contains("note:"), "{}", well.told());
    assert!(
        well.told()
            .starts_with("Upgrade from RA 1.7.0 to RA 1.9.0\n")
    );
    let lock = read(&folder, "yours/.vmo-ra.lock");
    let other = lock.replacen("\"site\": \"", "\"site\": \"0", 1);
    let other = other.replacen("\"version\": \"0.15.2\"", "\"version\": \"0.15.1\"", 1);
    let other = other.replacen("\"program\": \"", "\"program\": \"0", 1);
    write(&folder, "yours/.vmo-ra.lock", other);
    let told = folder
        .run("upgrade yours --to 1.9.0 --site site.yaml")
        .well();
    assert!(
        told.contains(&format!("\n  note: the profiles were rendered with another site\n  note: vmo-ra 0{0} rendered the profiles, and this is {0}, whose built-in values may be others\n  note: the profiles were made from `lb-metallb-helm` 0.15.1, and 0.15.2 is at hand\n", env!("CARGO_PKG_VERSION"))),
        "{told}"
    );
    write(&folder, "yours/.vmo-ra.lock", "{}");
    folder
        .run("upgrade yours --to 1.9.0")
        .ends(2)
        .begins("error: `yours/.vmo-ra.lock` is no lock of `vmo-ra`: ");
}

#[test]
fn a_folder_with_a_lock_can_be_written_again() {
    let folder = Scratch::new();
    for _ in 0..2 {
        folder
            .run("render --revision 1.7.0 --out out --force")
            .ends(0);
    }
    assert!(folder.join("out/.vmo-ra.lock").is_file());
    folder.run("init site.yaml").ends(0);
    for _ in 0..2 {
        folder
            .run("upgrade out --to 1.9.0 --site site.yaml --out new --diff3 sides --force")
            .ends(0);
    }
    folder.run("verify new").ends(0);
}

/// The publisher's own export, which no site says whole.
#[test]
fn the_edits_of_the_publisher_are_named_and_kept() {
    let Some(shared) = Shared::find() else { return };
    let folder = Scratch::new();
    let export = shared.text("exports/VMO-RA-Templates-1.9.6-longhorn.json");
    write(&folder, "export.json", &export);
    let run = folder.run("upgrade export.json --to 1.9.0 --full --out new");
    run.ends(0)
        .begins("note: RA 1.9.0 is the nearest revision (version steps away: 1)\n");
    is_golden("golden/upgrade/publisher.txt", run.told());
    let was: Value = serde_json::from_str(&export).expect("JSON");
    let is: Value =
        serde_json::from_str(&read(&folder, "new/VMO-RA-Templates.json")).expect("JSON");
    // Nothing of it changes but what this program writes of any profile.
    folder
        .run("diff export.json new/VMO-RA-Templates.json")
        .ends(0);
    let layers = |profile: &Value| profile["spec"]["template"]["packs"].clone();
    assert_eq!(layers(&was), layers(&is));
}

/// What `diff` finds between yours and the result is what the report says was taken, layer by layer.
#[test]
fn the_report_and_a_diff_say_the_same() {
    let folder = Scratch::new();
    customised(&folder);
    folder.run("init site.yaml").ends(0);
    upgrade(&folder, "--site site.yaml").ends(1);
    let asked = read(&folder, "resolutions.yaml");
    write(
        &folder,
        "resolutions.yaml",
        asked.replace("  answer:\n", "  answer: yours\n"),
    );
    let more = "--site site.yaml --resolve resolutions.yaml --out new --format json";
    let report = upgrade(&folder, more).json();
    let places = |list: &Value, wanted: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
        let items = list.as_array().expect("a list").iter();
        let layers = items.filter(|item| wanted(item));
        layers
            .map(|item| format!("{} {}", item["profile"], item["layer"]))
            .collect()
    };
    let taken = places(&report["items"], &|item| item["what"] == "taken");
    let diff = folder.run("diff yours new --format json");
    let changed = places(&diff.ends(1).json()["changes"], &|change| {
        // The profile itself has another version, which is no decision.
        !change["layer"].is_null()
    });
    assert_eq!(taken, changed);
}

/// The file is written again where conflicts are left, and holds the answers as they were given.
#[test]
fn answers_stay_while_others_are_missing() {
    let folder = Scratch::new();
    customised(&folder);
    folder.run("init site.yaml").ends(0);
    upgrade(&folder, "--site site.yaml").ends(1);
    let asked = read(&folder, "resolutions.yaml");
    let value = "  answer: {value: {\"password\":\"hunter2-planted\",\"text\":\"a\\nb: {\"}}\n";
    let answered = asked.replacen("  answer:\n", value, 1);
    let answered = answered.replacen("  answer:\n", "  answer: drop\n", 1);
    write(&folder, "resolutions.yaml", &answered);
    let run = upgrade(&folder, "--site site.yaml --resolve resolutions.yaml");
    run.ends(1);
    assert_eq!(read(&folder, "resolutions.yaml"), answered);
    assert!(!format!("{:?}", run.all()).contains("hunter2-planted"));
}

/// The same pack twice is two layers, each with conflicts, sides and files of its own.
#[test]
fn the_same_pack_twice_is_two_layers() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        if role == "templates" {
            let mut again = layer(&mut profile, "vmo-networking").clone();
            again["manifests"][0]["content"] = json!("kind: Other\nmetadata: {name: ours}\n");
            let manifests = again["manifests"].as_array_mut().expect("it has some");
            manifests.push(manifests[0].clone());
            packs(&mut profile).push(again);
        }
        if role == "core" {
            let mut again = layer(&mut profile, "nginx").clone();
            again["values"] = json!("charts: {ours: 1}\n");
            packs(&mut profile).push(again);
            for (at, version) in [(0, "0.15.8"), (1, "0.15.9")] {
                let metallb = layer(&mut profile, "lb-metallb-helm").clone();
                if at == 1 {
                    packs(&mut profile).insert(1, metallb);
                }
                packs(&mut profile)[at]["version"] = json!(version);
            }
        }
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    let run = upgrade(&folder, "--site site.yaml --out new --diff3 sides");
    run.ends(1);
    let asked = read(&folder, "resolutions.yaml");
    assert!(asked.contains("  layer: lb-metallb-helm\n"), "{asked}");
    write(
        &folder,
        "answers.yaml",
        asked.replace("  answer:\n", "  answer: yours\n"),
    );
    upgrade(&folder, "--site site.yaml --resolve answers.yaml --out new").ends(0);
    let text = read(&folder, "new/VMO-RA-Core-PXKE.json");
    let core: Value = serde_json::from_str(&text).expect("it is JSON");
    let layers = core["spec"]["template"]["packs"]
        .as_array()
        .expect("a list");
    let of = |name: &str, key: &str| -> Vec<Value> {
        let layers = layers.iter().filter(|layer| layer["name"] == name);
        layers.map(|layer| layer[key].clone()).collect()
    };
    assert_eq!(of("lb-metallb-helm", "version"), ["0.15.8", "0.15.9"]);
    assert_eq!(of("nginx", "values")[1], "charts: {ours: 1}\n");
    for (file, text) in [
        (
            "manifests/vmo-networking/nad-vlan-30.yaml",
            "NetworkAttachmentDefinition",
        ),
        ("manifests/vmo-networking/nad-vlan-30-2.yaml", "kind: Other"),
        ("manifests/vmo-networking/nad-vlan-30-3.yaml", "kind: Other"),
    ] {
        let content = read(&folder, &format!("new/{file}"));
        assert!(content.contains(text), "{file}: {content}");
    }
    let joined = folder.run("join sides/result/VMO-RA-Templates");
    assert_eq!(joined.well(), read(&folder, "new/VMO-RA-Templates.json"));
}

#[test]
fn a_folder_is_not_written_to_standard_output() {
    let folder = Scratch::new();
    for option in ["--out", "--diff3"] {
        folder
            .run(format!("upgrade yours {option} -").as_str())
            .ends(2)
            .mentions(&format!("= help: name a folder with `{option} DIR`"));
    }
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

fn json_of(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&read(folder, name)).expect("it is JSON")
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
            .contains(" is not made: the vendor's values of `kubernetes` 1.33.x are not at hand\n"),
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
    let left = "decide about what you changed in `nginx` and has no known place in `traefik`: `charts.ingress-nginx.controller.config.use-gzip`";
    assert!(run.told().contains(left), "{}", run.told());
    assert!(
        run.told()
            .contains("VMO-RA-Core-PXKE / nginx / layer: you changed this, and it is gone"),
        "{}",
        run.told()
    );
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
    assert!(by_hand.contains("`charts.cilium.l2NeighDiscovery.refreshPeriod`, which you changed in `cni-cilium-oss`, is gone from 1.18.0 on: take it out"), "{by_hand}");
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

/// To the same revision, yours comes back byte for byte, whatever was edited.
#[test]
fn generated_edits_stay_byte_for_byte() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    let profiles = rendered(&folder, "1.9.0");
    for seed in 0..3 {
        for (role, profile) in &profiles {
            let mut profile = profile.clone();
            for (at, layer) in packs(&mut profile).iter_mut().enumerate() {
                let text = layer["values"].as_str().expect("a text").to_owned();
                if text.lines().count() < 5 {
                    continue;
                }
                let mut numbers = Numbers(seed * 100 + at as u64);
                let (edited, ..) = edited(&text, &mut numbers);
                layer["values"] = json!(edited);
                if layer["name"] == "cni-cilium-oss" {
                    // A setting of an older version is no matter as long as that stays.
                    layer["version"] = json!("1.17.4");
                    let old = "\ncharts: {cilium: {enableCiliumEndpointSlice: true}}\n";
                    layer["values"] = json!(old);
                }
                for manifest in layer["manifests"].as_array_mut().into_iter().flatten() {
                    let content = manifest["content"].as_str().expect("a text");
                    let old = "instancetype.kubevirt.io/v1alpha2";
                    let content = content.replace("instancetype.kubevirt.io/v1beta1", old);
                    manifest["content"] = json!(content);
                }
            }
            write(&folder, &format!("yours/{role}.json"), profile.to_string());
        }
        let run = "upgrade yours --from 1.9.0 --to 1.9.0 --site site.yaml --out new --force";
        folder.run(run).ends(0);
        for (role, _) in &profiles {
            let yours = json_of(&folder, &format!("yours/{role}.json"));
            let name = yours["metadata"]["name"].as_str().expect("a name");
            assert_eq!(
                json_of(&folder, &format!("new/{name}.json")),
                yours,
                "{seed} {role}"
            );
        }
    }
}

/// What the export lets everybody read, everybody may read of the result; no report shows it. So does `split`.
#[test]
fn a_sensitive_default_is_as_readable_as_the_export() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        let variables = profile["spec"]["variables"].as_array_mut().expect("a list");
        for variable in variables
            .iter_mut()
            .filter(|one| one["isSensitive"] == true)
        {
            variable["defaultValue"] = json!("hunter2-planted");
        }
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    for (mode, is_open) in [(0o644, true), (0o600, false)] {
        for name in ["infra", "core", "templates"] {
            let file = folder.join(format!("yours/{name}.json"));
            fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("it is ours");
        }
        for site in ["--site site.yaml", ""] {
            let run = upgrade(&folder, &format!("{site} --full --out new --force"));
            run.ends(0);
            assert!(!format!("{:?}", run.all()).contains("hunter2-planted"));
            folder
                .run("split yours/templates.json --out parts --force")
                .ends(0);
            for file in ["new/VMO-RA-Templates.json", "parts/profile.yaml"] {
                assert!(read(&folder, file).contains("hunter2-planted"), "{file}");
                let found = fs::metadata(folder.join(file))
                    .expect("it is there")
                    .permissions()
                    .mode();
                assert_eq!(found & 0o044 != 0, is_open, "{site} {file} {found:o}");
            }
        }
    }
}

/// A manifest of an API version that is served no longer gets the one that is, and nothing else of it changes.
#[test]
fn api_versions_that_are_gone_are_raised() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    let object = "# Ours.\napiVersion: instancetype.kubevirt.io/v1alpha2\nkind: VirtualMachineClusterPreference\nmetadata: {name: ours}\n";
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        if role == "templates" {
            let preferences = layer(&mut profile, "vmo-vmpreferences");
            let manifests = preferences["manifests"].as_array_mut().expect("a list");
            manifests.push(json!({"name": "vmcp-ours", "content": object}));
        }
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    let run = upgrade(&folder, "--site site.yaml --out new");
    run.ends(0);
    for line in [
        "  VMO-RA-Templates / vmo-vmpreferences: the apiVersion instancetype.kubevirt.io/v1alpha2 of the manifest vmcp-ours is instancetype.kubevirt.io/v1beta1 now (KubeVirt, ",
        "  compare the fields of the manifest `vmcp-ours` in `vmo-vmpreferences` with those of instancetype.kubevirt.io/v1beta1\n",
    ] {
        assert!(run.told().contains(line), "{line}\n{}", run.told());
    }
    let made = read(&folder, "new/manifests/vmo-vmpreferences/vmcp-ours.yaml");
    assert_eq!(made, object.replace("v1alpha2", "v1beta1"));
}

/// The version is what runs, and the tag is what was asked for.
#[test]
fn a_tag_that_was_edited_alone_is_told() {
    let folder = Scratch::new();
    let (_, mut profile) = rendered(&folder, "1.7.0").swap_remove(1);
    layer(&mut profile, "nginx")["tag"] = json!("1.12.x");
    write(&folder, "yours/core.json", profile.to_string());
    let report = upgrade(&folder, "--format json").ends(0).json();
    let told = "look at the tag of `nginx`: yours asks for `1.12.x`, the result for `1.15.4`";
    assert!(report["byHand"].to_string().contains(told), "{report:#}");
}

/// The values of one version under another would be nobody's.
#[test]
fn values_that_are_no_yaml_keep_their_version() {
    let folder = Scratch::new();
    let (_, mut profile) = rendered(&folder, "1.7.0").swap_remove(1);
    let nginx = layer(&mut profile, "nginx");
    let broken = nginx["values"].as_str().expect("a text").to_owned() + "bad: [\n";
    nginx["values"] = json!(broken);
    write(&folder, "yours/core.json", profile.to_string());
    let report = upgrade(&folder, "--format json --out new").ends(0).json();
    let told =
        "mend the values of `nginx`, which are no YAML; until then the layer stays at 1.12.2";
    assert!(report["byHand"].to_string().contains(told), "{report:#}");
    let mut new = json_of(&folder, "new/VMO-RA-Core-PXKE.json");
    let nginx = layer(&mut new, "nginx");
    assert_eq!(nginx["version"], "1.12.2");
    assert_eq!(nginx["tag"], "1.12.2");
    assert_eq!(nginx["values"], broken);
}

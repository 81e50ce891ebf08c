//! Edited profiles go from one revision to the next, and no edit is lost or invented.

mod answers;
mod folders;
mod report;
mod vendors;

use std::fs;
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
        let answer = if entry.contains("it no longer exists") {
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
    upgrade(&folder, "--site site.yaml --diff3 sides")
        .ends(2)
        .mentions("= help: choose another folder with `--diff3 DIR`, or ");
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

/// What a tenant says of a registry or a variable is no edit.
#[test]
fn what_a_tenant_writes_is_no_edit() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    let metadata = |layer: &mut Value| layer["registry"]["metadata"].clone();
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        for layer in packs(&mut profile) {
            layer["registry"]["metadata"]["uid"] = json!("64eaff453040297344bcad5d");
            layer["registry"]["metadata"]["isPrivate"] = json!(true);
        }
        for variable in profile["spec"]["variables"].as_array_mut().expect("a list") {
            let variable = variable.as_object_mut().expect("a map");
            variable.entry("inputType").or_insert(json!("text"));
            variable.entry("options").or_insert(json!([]));
        }
        if role == "core" {
            let nginx = layer(&mut profile, "nginx");
            nginx["registry"]["metadata"]["name"] = json!("Ours");
        }
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    let run = upgrade(&folder, "--site site.yaml --out new --format json");
    let report = run.ends(0).json();
    let items = report["items"].as_array().expect("a list").iter();
    let kept: Vec<String> = items
        .filter(|item| item["what"] != "taken")
        .map(|item| {
            format!(
                "{} {} {} -> {}",
                item["layer"], item["path"], item["base"]["value"], item["yours"]["value"]
            )
        })
        .collect();
    assert_eq!(kept, [r#""nginx" "registry" "Public Repo" -> "Ours""#]);
    for name in ["VMO-RA-Core-PXKE", "VMO-RA-Templates"] {
        let mut new = json_of(&folder, &format!("new/{name}.json"));
        for layer in packs(&mut new) {
            let registry = metadata(layer);
            assert_eq!(registry["uid"], "64eaff453040297344bcad5d", "{registry}");
            assert_eq!(registry["isPrivate"], true, "{registry}");
        }
    }
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

fn json_of(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&read(folder, name)).expect("it is JSON")
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
    let told = "check the tag of `nginx`: yours asks for `1.12.x`, the result for `1.15.4`";
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
    let told = "correct the values of `nginx`, which cannot be read as YAML; until then the layer stays at 1.12.2";
    assert!(report["byHand"].to_string().contains(told), "{report:#}");
    let mut new = json_of(&folder, "new/VMO-RA-Core-PXKE.json");
    let nginx = layer(&mut new, "nginx");
    assert_eq!(nginx["version"], "1.12.2");
    assert_eq!(nginx["tag"], "1.12.2");
    assert_eq!(nginx["values"], broken);
}

//! Edited profiles go from one revision to the next, and no edit is lost or invented.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::common::harness::{Run, Scratch, all_golden, differs, files, read, root, write};

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
        .filter(|(name, _)| name.ends_with(".json"))
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
    folder
        .run("upgrade yours --from 1.7.0 --to 1.7.0 --out new")
        .ends(0);
    let profiles = |folder: &Path| -> Vec<Value> {
        let all = files(folder).into_iter();
        let mut profiles: Vec<Value> = all
            .filter(|(name, _)| name.ends_with(".json"))
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

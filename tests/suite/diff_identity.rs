//! `diff` knows layers, manifests and objects again, wherever they stand, and gives each change an id of its own.

use std::collections::HashSet;

use crate::common::harness::{Scratch, write};
use serde_json::{Value, json};

fn sides(folder: &Scratch, old: &Value, new: &Value) {
    for (name, layers) in [("old.json", old), ("new.json", new)] {
        let profile = json!({
            "metadata": {"name": "p", "description": "", "labels": {}},
            "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": layers}},
        });
        write(folder, name, profile.to_string());
    }
}

fn layer(name: &str, values: &str) -> Value {
    json!({
        "name": name, "type": "oci", "layer": "addon", "version": "1.0.0", "tag": "1.0.0", "values": values,
        "registry": {"metadata": {}},
    })
}

/// One layer with these manifests.
fn own(manifests: &[(&str, &str)]) -> Value {
    let manifests: Vec<Value> = manifests
        .iter()
        .map(|(name, content)| json!({"name": name, "content": content}))
        .collect();
    let mut layer = layer("own", "");
    layer["manifests"] = json!(manifests);
    json!([layer])
}

/// The changes, one line each, after it was seen that their ids differ.
fn changes(folder: &Scratch) -> Vec<String> {
    let report = folder.run("diff old.json new.json --format json").json();
    let changes = report["changes"].as_array().expect("a list").clone();
    let ids: HashSet<&str> = changes
        .iter()
        .filter_map(|change| change["id"].as_str())
        .collect();
    assert_eq!(ids.len(), changes.len(), "{changes:#?}");
    let text = |value: &Value| value.get("value").unwrap_or(value).to_string();
    changes
        .iter()
        .map(|change| {
            let word = |key: &str| change[key].as_str().unwrap_or_default().to_owned();
            let part = change["part"]["name"].as_str().unwrap_or_default();
            let line = format!(
                "{} {} {part} {} {} -> {}",
                word("kind"),
                word("layer"),
                word("path"),
                text(&change["old"]),
                text(&change["new"])
            );
            line.split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect()
}

#[test]
fn the_same_pack_twice_is_known_by_its_display_name_then_by_its_content() {
    let folder = Scratch::new();
    let named = |name: &str, x: u8| {
        layer(
            "nginx",
            &format!("pack:\n  spectrocloud.com/display-name: {name}\nx: {x}\ny: 1\n"),
        )
    };
    sides(
        &folder,
        &json!([named("inner", 1), named("outer", 2)]),
        &json!([named("outer", 2), named("inner", 3)]),
    );
    assert_eq!(
        changes(&folder),
        [
            "moved nginx[outer] order null -> null",
            "changed nginx[inner] x 1 -> 3"
        ]
    );
    folder
        .run("diff old.json new.json --only nginx[inner]/values")
        .ends(1);
    let plain = |x: u8| layer("nginx", &format!("x: {x}\na: {x}\nb: {x}\nsame: 1\n"));
    sides(
        &folder,
        &json!([plain(1), plain(2)]),
        &json!([plain(2), plain(1)]),
    );
    assert_eq!(changes(&folder), ["moved nginx order null -> null"]);
    let mut changed = plain(1);
    changed["values"] = json!("x: 9\na: 1\nb: 1\nsame: 1\n");
    sides(
        &folder,
        &json!([plain(1), plain(2)]),
        &json!([plain(3), changed]),
    );
    let found = changes(&folder);
    assert!(
        found.contains(&"changed nginx[2] x 1 -> 9".to_owned()),
        "{found:#?}"
    );
}

const A: &str = "kind: ConfigMap\nmetadata: {name: a}\ndata: {x: '1'}\n";
const B: &str = "kind: ConfigMap\nmetadata: {name: b}\ndata: {x: '1'}\n";
const C: &str = "kind: ConfigMap\nmetadata: {name: c}\ndata: {x: '1'}\n";

#[test]
fn an_object_in_another_manifest_is_moved() {
    let folder = Scratch::new();
    let (ab, bc) = (
        format!("{A}---\n{B}"),
        format!("{B}---\n{C}").replacen("'1'", "'2'", 1),
    );
    sides(
        &folder,
        &own(&[("one", &ab), ("two", C)]),
        &own(&[("one", A), ("two", &bc)]),
    );
    assert_eq!(
        changes(&folder),
        [
            "moved own two [object=ConfigMap b] \"one\" -> \"two\"",
            "changed own two [object=ConfigMap b].data.x \"1\" -> \"2\"",
        ]
    );
    let text = folder.run("diff old.json new.json").told();
    assert!(
        text.contains("moved from `one` to `two`") && !text.contains("delete it"),
        "{text}"
    );
}

#[test]
fn a_renamed_manifest_is_said_to_be_one() {
    let folder = Scratch::new();
    sides(
        &folder,
        &own(&[("one", A), ("x", B)]),
        &own(&[("two", &A.replace("'1'", "'3'")), ("x", B)]),
    );
    assert_eq!(
        changes(&folder),
        [
            "changed own two name \"one\" -> \"two\"",
            "changed own two data.x \"1\" -> \"3\""
        ]
    );
}

#[test]
fn another_kind_is_another_object() {
    let folder = Scratch::new();
    let binding = "kind: ClusterRoleBinding\nmetadata: {name: a}\nroleRef: {name: cluster-admin}\nsubjects: [{name: x}]\n";
    sides(&folder, &own(&[("one", A)]), &own(&[("one", binding)]));
    let run = folder.run("diff old.json new.json --fail-on breaks");
    run.ends(1);
    let text = run.told();
    assert!(
        text.contains("another object replaces it: `ClusterRoleBinding a`, formerly `ConfigMap a`"),
        "{text}"
    );
    assert!(text.contains("grants `cluster-admin` to `x`"), "{text}");
}

#[test]
fn what_belongs_together_is_one_change() {
    let folder = Scratch::new();
    let versions = |version: &str, tag: &str, uid: &str, registry: &str| {
        let mut layer = layer("nginx", "");
        layer["version"] = json!(version);
        layer["tag"] = json!(tag);
        layer["registry"] = json!({"metadata": {"uid": uid, "name": registry, "kind": "oci"}});
        json!([layer])
    };
    sides(
        &folder,
        &versions("1.0.0", "1.0.0", "1", "A"),
        &versions("1.1.0", "1.1.x", "2", "B"),
    );
    assert_eq!(
        changes(&folder),
        [
            "changed nginx version \"1.0.0\" -> \"1.1.0\"",
            "changed nginx registry \"A\" -> \"B\""
        ]
    );
    let text = folder.run("diff old.json new.json").told();
    assert!(text.contains("asked for as `1.1.x`"), "{text}");
    sides(
        &folder,
        &versions("1.0.0", "1.0.0", "1", "A"),
        &versions("1.0.0", "1.0.x", "1", "A"),
    );
    assert_eq!(
        changes(&folder),
        ["changed nginx tag \"1.0.0\" -> \"1.0.x\""]
    );
}

#[test]
fn ids_are_stable_and_none_is_given_twice() {
    let folder = Scratch::new();
    let two = |x: &str, y: &str| {
        format!(
            "kind: A\nmetadata: {{name: a}}\nspec: {{v: {x}}}\n---\nkind: A\nmetadata: {{name: b}}\nspec: {{v: {y}}}\n"
        )
    };
    sides(
        &folder,
        &own(&[("m", &two("1", "1"))]),
        &own(&[("m", &two("2", "2"))]),
    );
    assert_eq!(changes(&folder).len(), 2);
    let id_of_b = |folder: &Scratch| {
        let report = folder.run("diff old.json new.json --format json").json();
        let changes = report["changes"].as_array().expect("a list").clone();
        let is_b = |change: &&Value| {
            change["path"]
                .as_str()
                .is_some_and(|path| path.contains(" b]"))
        };
        changes.iter().find(is_b).expect("it changes")["id"].clone()
    };
    let id = id_of_b(&folder);
    sides(
        &folder,
        &own(&[("m", &two("1", "1"))]),
        &own(&[("m", &two("1", "9"))]),
    );
    assert_eq!(id_of_b(&folder), id);
}

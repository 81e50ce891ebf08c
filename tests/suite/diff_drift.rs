//! A profile that a tenant imported and exported again is no change, and what is left out is told.

use crate::common::harness::{Scratch, write};
use serde_json::{Value, json};

/// A profile as it may be written by hand, with a sensitive variable, a pack and a layer of manifests.
fn profile() -> Value {
    json!({
        "metadata": {"name": "p", "description": "", "labels": {}},
        "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": [
            {"name": "nginx", "type": "oci", "layer": "addon", "version": "1.0.0", "tag": "1.0.0", "values": "a: 1\nb: 2\nc: |\n  x\n",
             "registry": {"metadata": {"uid": "1111", "name": "Public Repo", "kind": "oci"}}},
            {"name": "own", "type": "manifest", "layer": "addon", "version": "1.0.0", "tag": "", "values": "pack: {}\n",
             "registry": {"metadata": {}},
             "manifests": [{"name": "m", "content": "kind: ConfigMap\nmetadata: {name: m}\ndata:\n  a: |\n    x\n"}, {"name": "t", "content": "{{ x }}: {{ y }}: z\n"}]}
        ]}, "variables": [
            {"name": "password", "displayName": "password", "description": "", "format": "string", "required": true, "immutable": false, "hidden": false, "isSensitive": true, "defaultValue": "hunter2hunter2"},
            {"name": "host", "displayName": "host", "description": "", "format": "string", "required": true, "immutable": false, "hidden": false, "isSensitive": false},
        ]}
    })
}

/// The same as another tenant exports it.
fn exported() -> Value {
    let mut other = profile();
    let spec = &mut other["spec"];
    let packs = &mut spec["template"]["packs"];
    packs[0]["registry"]["metadata"] = json!({
        "uid": "2222", "name": "Public Repo", "kind": "oci", "isPrivate": true, "providerType": "pack", "isSyncSupported": true,
    });
    // Palette's editor takes line ends away; keys may come in any order.
    packs[0]["values"] = json!("b: 2\na: 1\nc: |\n  x");
    packs[1]["tag"] = json!("1.0.0");
    packs[1]["manifests"][0]["content"] =
        json!("kind: ConfigMap\nmetadata: {name: m}\ndata:\n  a: |\n    x");
    packs[1]["manifests"][1]["content"] = json!("{{ x }}: {{ y }}: z");
    for (at, variable) in spec["variables"]
        .as_array_mut()
        .expect("a list")
        .iter_mut()
        .enumerate()
    {
        variable["inputType"] = json!("text");
        variable["order"] = json!(format!("178638317233148604199{at}"));
        variable["options"] = json!([]);
    }
    let variables = &mut spec["variables"];
    variables[0]["defaultValue"] = json!("********");
    other
}

fn sides(old: &Value, new: &Value) -> Scratch {
    let folder = Scratch::new();
    write(&folder, "old.json", old.to_string());
    write(&folder, "new.json", new.to_string());
    folder
}

#[test]
fn what_a_tenant_makes_of_a_profile_is_no_change() {
    for (old, new) in [(profile(), exported()), (exported(), profile())] {
        let folder = sides(&old, &new);
        let run = folder.run("diff old.json new.json");
        run.ends(0);
        let told = run.told();
        for words in [
            "no differences",
            "input-type (2)",
            "registry-uid (1)",
            "masked-default (1)",
            "--explain-ignored",
        ] {
            assert!(told.contains(words), "{words}:\n{told}");
        }
        assert!(!told.contains("hunter2"));
        for format in ["markdown", "html"] {
            let told = folder
                .run(&format!("diff old.json new.json --format {format}"))
                .told();
            assert!(told.contains("registry-uid"), "{told}");
        }
        // All of it can be seen.
        let run = folder.run("diff old.json new.json --ignore-nothing --format json");
        run.ends(1);
        let report = run.json();
        assert_eq!(report["ignored"], json!([]));
        assert!(report["summary"]["changes"].as_u64() > Some(8), "{report}");
    }
}

#[test]
fn what_only_looks_like_it_is_a_change() {
    for (pointer, value) in [
        ("/spec/variables/1/inputType", json!("multiline")),
        ("/spec/variables/1/defaultValue", json!("x")),
        (
            "/spec/template/packs/0/registry/metadata/name",
            json!("Other Repo"),
        ),
        (
            "/spec/template/packs/0/registry/metadata/kind",
            json!("helm"),
        ),
        ("/spec/template/packs/0/tag", json!("1.0.x")),
        (
            "/spec/template/packs/0/values",
            json!("b: 2\na: 2\nc: |\n  x"),
        ),
        (
            "/spec/template/packs/1/manifests/1/content",
            json!("{{ x }}: {{ y }}: q"),
        ),
        ("/spec/variables/0/required", json!(false)),
    ] {
        let mut other = exported();
        match other.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => other["spec"]["variables"][1]["defaultValue"] = value,
        }
        let folder = sides(&profile(), &other);
        let run = folder.run("diff old.json new.json --format json");
        run.ends(1);
        assert_eq!(run.json()["summary"]["changes"], 1, "{pointer}");
    }
    // A secret that both sides show.
    let mut other = exported();
    other["spec"]["variables"][0]["defaultValue"] = json!("another secret");
    sides(&profile(), &other)
        .run("diff old.json new.json")
        .ends(1);
}

#[test]
fn what_is_left_out_is_explained() {
    let folder = Scratch::new();
    let told = folder.run("diff --explain-ignored").well();
    for words in ["registry-uid\n", "masked-default\n", "  source: "] {
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn modes_are_octal_and_terraforms_numbers_are_texts() {
    let flat = |mode: &str, version: &str| {
        format!(
            "name: p\ntype: add-on\nversion: 1.0\npacks:\n- name: a\n  type: spectro\n  layer: addon\n  version: {version}\n  tag: {version}\n  values: |\n    defaultMode: {mode}\n    keep: 1\n"
        )
    };
    let folder = Scratch::new();
    write(&folder, "old.yaml", flat("0600", "20.04"));
    write(&folder, "new.yaml", flat("0644", "20.10"));
    let run = folder.run("diff old.yaml new.yaml");
    run.ends(1);
    let told = run.told();
    assert!(told.contains("defaultMode: 0600 -> 0644"), "{told}");
    assert!(
        told.contains("layer version: \"20.04\" -> \"20.1\"") || told.contains("20.04 -> 20.1"),
        "{told}"
    );
    let page = folder.run("diff old.yaml new.yaml --format html").told();
    assert!(page.contains("0644") && !page.contains("420"), "{page}");
}

//! `vmo-ra split` and `vmo-ra join` as programs: the same bytes again, what a person edits, and all they say to bad input.
//!
//! tests/split_join/NAME.stderr holds all of standard error. After a wanted change:
//! `VMO_RA_ACCEPT=1 cargo test --test suite split_join::`.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::Shared;
use crate::common::harness::{Scratch, all_golden, differs, files, root, vmo_ra, write};
use serde_json::{Value, json};
use vmo_ra::profile::to_palette_json;

fn read(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn names(folder: &Path) -> Vec<String> {
    files(folder).into_keys().collect()
}

/// Two layers, the second with two manifests.
fn profile() -> Value {
    json!({
        "metadata": {"name": "p", "description": "about\nit\n", "labels": {}},
        "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": [
            {"name": "first", "type": "spectro", "layer": "addon", "version": "1.0.0", "tag": "1.0.0",
             "values": "replicas: 1\n",
             "registry": {"metadata": {"uid": "u", "name": "Public Repo"}}},
            {"name": "second", "type": "manifest", "layer": "addon", "version": "1.0.0", "tag": "1.0.0", "values": "",
             "registry": {"metadata": {"uid": "", "name": ""}},
             "manifests": [
                {"name": "one", "content": "kind: ConfigMap\nmetadata: {name: one}\n"},
                {"name": "values", "content": "kind: ConfigMap\nmetadata: {name: two}"}]}
        ]}, "variables": []}
    })
}

fn palette(value: &Value) -> Vec<u8> {
    to_palette_json(value).expect("it has a JSON form")
}

/// A folder with `p.json` and what it is split to in `d`.
fn split() -> Scratch {
    let folder = Scratch::new();
    write(&folder, "p.json", palette(&profile()));
    folder.run("split p.json --out d").says(0, "");
    folder
}

/// Splits and joins, which must say nothing and give the same bytes.
#[track_caller]
fn comes_back(name: &str, export: &[u8]) {
    let folder = Scratch::new();
    write(&folder, "export.json", export);
    assert_eq!(
        folder.run("split export.json --out d").ends(0).said(),
        "",
        "{name}"
    );
    let joined = folder.run("join d");
    joined.ends(0);
    // Control characters are no YAML, and come through.
    let warned = joined.said().starts_with("warning: this is not YAML");
    assert_eq!(warned, name == "to-come", "{name}: {}", joined.said());
    assert!(warned || joined.stderr.is_empty(), "{}", joined.said());
    assert!(
        joined.stdout == export,
        "{name} comes back with other bytes"
    );
    assert_eq!(
        folder.run("join d --out again.json").ends(0).told(),
        "wrote again.json\n"
    );
    assert!(
        read(&folder, "again.json") == export,
        "{name}: the file differs"
    );
    folder.run("fmt --palette --check export.json").ends(0);
}

#[test]
fn a_real_export_comes_back() {
    let Some(shared) = Shared::find() else { return };
    let export = fs::read(shared.path("exports/VMO-RA-Templates-1.9.6-longhorn.json"))
        .expect("the export can be read");
    comes_back("real", &export);
}

#[test]
fn every_rendered_profile_comes_back() {
    let mut count = 0;
    for revision in ["1.7.0", "1.9.0"] {
        for (path, bytes) in files(&root("golden").join(revision)) {
            if path.ends_with(".json") {
                comes_back(&format!("{revision}-{path}"), &bytes);
                count += 1;
            }
        }
    }
    assert_eq!(count, 6);
}

/// As Palette wrote them in 2022 and 2023, with fewer keys; and with keys of a Palette to come.
#[test]
fn exports_of_other_years_come_back() {
    for (name, export) in [
        (
            "2022",
            r##"{"metadata":{"name":"old","description":"","labels":{"a":"spectro__tag"}},"spec":{"version":"1.0.0","template":{"type":"cluster","cloudType":"vsphere","packs":[{"name":"ubuntu-vsphere","type":"spectro","layer":"os","version":"20.4","tag":"20.4.x","values":"# \u003cOS\u003e \u0026 more\npack:\n  x: 1","registry":{"metadata":{"uid":"u","name":"Public Repo","kind":"pack","isPrivate":false}}},{"name":"m","type":"manifest","layer":"addon","version":"1.0.0","values":"","registry":{"metadata":{"uid":"","name":"","kind":"","isPrivate":false}},"manifests":[]}]}}}"##.to_owned(),
        ),
        (
            "nothing",
            r#"{"metadata":{"name":""},"spec":{"template":{"type":"","packs":[]}}}"#.to_owned(),
        ),
        (
            "null",
            r#"{"metadata":{"name":"n","labels":null},"spec":{"version":"1","template":{"type":"add-on","packs":[{"name":"p","type":"oci","values":null,"manifests":null},{"name":"q","type":"oci","manifests":[{"name":"m","content":null},{"name":"n"}]}]},"variables":null}}"#.to_owned(),
        ),
        (
            "to-come",
            r#"{"apiVersion":"v2","metadata":{"name":"n","uid":7,"annotations":{"yes":"no","~":null,"\u003c\u003c":{"a":1},"":[]},"labels":{}},"spec":{"z":[1,-1,1.5,1e+21,1e-7,100000000000000000000,18446744073709551615,-9223372036854775808,-0,0.1],"version":"1.0.0","template":{"type":"add-on","new":{"deep":[[],[[{}]],{"k":[true,false,null]}]},"packs":[{"server":"s","name":"p","type":"oci","values":"a\u2028b\u2029\u0000\u0001\t\"\\\r\nx ","manifests":[{"kind":"k","name":"m","content":"0644","more":[1]}],"registry":{"x":1}}],"sorted":false},"variables":[{"name":"v","order":"1786383172331486041992","description":"a\n\n b\n\n\n","options":[{"value":"1"}]}]},"tail":"é\u007f😀"}"#.replace("\\u007f", "\u{7f}"),
        ),
    ] {
        comes_back(name, export.as_bytes());
    }
}

/// As deep as anything is read: the folder must not be deeper than what it was made from.
#[test]
fn the_deepest_export_comes_back() {
    let small = r#"{"metadata":{"name":"n"},"spec":{"template":{"type":"","packs":[]}},"x":"#;
    for (name, open, close) in [("lists", "[", "]"), ("maps", "{\"k\":", "}")] {
        let nested = format!("{}1{}", open.repeat(99), close.repeat(99));
        comes_back(
            &format!("deep-{name}"),
            format!("{small}{nested}}}").as_bytes(),
        );
    }
}

#[test]
fn every_text_has_its_own_file_and_numbers_are_for_names_that_collide() {
    let folder = split();
    let layout = files(&folder.join("d"));
    let listed: Vec<&str> = layout.keys().map(String::as_str).collect();
    assert_eq!(
        listed,
        [
            ".gitattributes",
            ".vmo-ra.sha256",
            "first/values.yaml",
            "profile.yaml",
            "second/one.yaml",
            "second/values-2.yaml",
        ]
    );
    assert_eq!(layout[".gitattributes"], b"* -text\n");
    assert_eq!(
        layout["second/values-2.yaml"],
        b"kind: ConfigMap\nmetadata: {name: two}"
    );
    assert_eq!(
        String::from_utf8_lossy(&layout["profile.yaml"]),
        "\
metadata:
  name: p
  description: |
    about
    it
  labels: {}
spec:
  version: 1.0.0
  template:
    type: add-on
    cloudType: all
    packs:
    - name: first
      type: spectro
      layer: addon
      version: 1.0.0
      tag: 1.0.0
      values: first/values.yaml
      registry:
        metadata:
          uid: u
          name: Public Repo
    - name: second
      type: manifest
      layer: addon
      version: 1.0.0
      tag: 1.0.0
      values: \"\"
      registry:
        metadata:
          uid: \"\"
          name: \"\"
      manifests:
      - name: one
        content: second/one.yaml
      - name: values
        content: second/values-2.yaml
  variables: []
"
    );
}

/// Whatever a profile is called, and whatever its layers and manifests are.
#[test]
fn hostile_names_stay_in_the_folder() {
    let folder = Scratch::new();
    let mut value = profile();
    let layers = [
        "../../escape",
        "/etc/passwd",
        "..",
        ".git",
        "CON",
        "profile.yaml",
        "README.md",
        "a:b",
        "A:B",
        "\u{202e}x\n",
        "-rf",
        "",
    ];
    let manifests: Vec<Value> = ["../x", "VALUES", "nul", &"n".repeat(400), &"N".repeat(401)]
        .iter()
        .map(|name| json!({"name": name, "content": "a: 1"}))
        .collect();
    value["spec"]["template"]["packs"] = layers
        .iter()
        .map(|name| json!({"name": name, "type": "oci", "values": "a: 1", "manifests": manifests}))
        .collect();
    write(&folder, "in/p.json", palette(&value));
    vmo_ra("split p.json --out d")
        .within(&folder.join("in"))
        .run()
        .ends(0);
    let cut = "n".repeat(100);
    let cut_too = format!("{}-2", "N".repeat(100));
    let mut wanted = vec![
        "d/.gitattributes".to_owned(),
        "d/.vmo-ra.sha256".to_owned(),
        "d/profile.yaml".to_owned(),
        "p.json".to_owned(),
    ];
    for layer in [
        "escape",
        "etc-passwd",
        "layer",
        "git",
        "_CON",
        "profile.yaml-2",
        "README.md-2",
        "a-b",
        "A-B-2",
        "x",
        "rf",
        "layer-2",
    ] {
        for file in ["values", "x", "VALUES-2", "_nul", &cut, &cut_too] {
            wanted.push(format!("d/{layer}/{file}.yaml"));
        }
    }
    wanted.sort();
    assert_eq!(names(&folder.join("in")), wanted);
    assert_eq!(names(&folder).len(), wanted.len());
    assert!(vmo_ra("join d").within(&folder.join("in")).run().stdout == palette(&value));
}

/// Its order is in `profile.yaml`; git sees what changed and nothing else.
#[test]
fn a_new_layer_renames_nothing() {
    let folder = split();
    let mut value = profile();
    let packs = value["spec"]["template"]["packs"]
        .as_array_mut()
        .expect("a list");
    packs.insert(0, json!({"name": "new", "type": "oci", "values": "x: 1"}));
    write(&folder, "p.json", palette(&value));
    let before = files(&folder.join("d"));
    folder.run("split p.json --out d --force").ends(0);
    let after = files(&folder.join("d"));
    let changed: Vec<&String> = after
        .keys()
        .filter(|name| before.get(*name) != after.get(*name))
        .collect();
    assert_eq!(
        changed,
        [".vmo-ra.sha256", "new/values.yaml", "profile.yaml"]
    );
    assert_eq!(
        before
            .keys()
            .filter(|name| !after.contains_key(*name))
            .count(),
        0
    );
}

#[test]
fn edits_come_through_as_they_are() {
    let folder = split();
    let d = folder.join("d");
    // What editors do to line ends, byte order marks and blanks is the person's own affair.
    let odd = "\u{feff}replicas: 2  \r\n# no line break at the end\r\nx:\t";
    write(&d, "first/values.yaml", odd);
    write(&d, "second/one.yaml", "");
    write(&d, "third/deep/folder/m 1.yaml", "a: 1\n");
    let text = String::from_utf8(read(&d, "profile.yaml")).expect("text");
    let text = text.replace("version: 1.0.0\n  template", "version: 1.1.0\n  template").replace(
        "  variables: []\n",
        "    - {name: third, type: manifest, manifests: [{name: m, content: third/deep/folder/m 1.yaml}]}\n  variables:\n  - name: v # a remark\n",
    );
    write(&d, "profile.yaml", text.replace('\n', "\r\n"));
    write(&d, "README.md", "about");
    write(&d, "first/README.md", "about");
    write(&d, ".hidden/x", "");
    write(&d, "second/.swp", "");
    let joined = folder.run("join d");
    joined.ends(0);
    let mut wanted = profile();
    wanted["spec"]["version"] = json!("1.1.0");
    let packs = &mut wanted["spec"]["template"]["packs"];
    packs[0]["values"] = json!(odd);
    packs[1]["manifests"][0]["content"] = json!("");
    packs.as_array_mut().expect("a list").push(
        json!({"name": "third", "type": "manifest", "manifests": [{"name": "m", "content": "a: 1\n"}]}),
    );
    wanted["spec"]["variables"] = json!([{"name": "v"}]);
    assert_eq!(
        joined.told(),
        String::from_utf8(palette(&wanted)).expect("text")
    );
}

#[test]
fn what_is_not_in_palettes_bytes_is_said_to_become_so() {
    let folder = Scratch::new();
    let pretty = serde_json::to_string_pretty(&profile()).expect("it has a JSON form");
    write(&folder, "pretty.json", pretty + "\n");
    let output = folder.run("split pretty.json --out d");
    output.says(0, "note: `pretty.json` is not formatted like Palette's export; `vmo-ra join` writes that format\n\n");
    assert_eq!(output.told(), "wrote 5 files to d\n");
    assert!(folder.run("join d --out -").stdout == palette(&profile()));

    let yaml = vmo_ra::yaml::from_json(&profile());
    vmo_ra("split - --out y")
        .within(&folder)
        .fed(yaml.as_bytes())
        .run().says(0, "note: `<standard input>` is YAML; `vmo-ra join` writes JSON, as Palette exports it\n\n");
    assert!(folder.run("join y").stdout == palette(&profile()));
    assert_eq!(files(&folder.join("d")), files(&folder.join("y")));
}

#[test]
fn what_cannot_be_split_is_explained_and_nothing_is_written() {
    let good = String::from_utf8(palette(&profile())).expect("text");
    let secret = "password: hunter2";
    let cases: &[(&str, String)] = &[
        ("duplicate", good.replace("\"tag\":\"1.0.0\",\"values\":\"replicas: 1\\n\"", &format!("\"values\":\"é: {secret}\",\"tag\":\"1.0.0\",\"values\":\"x\""))),
        ("duplicates", "{\n  \"metadata\": {\"name\": \"a\", \"name\": \"b\"},\n  \"spec\": {},\n  \"spec\": {\"x\": 1, \"\\u0078\": 2}\n}\n".to_owned()),
        ("number", good.replace("\"variables\":[]", "\"variables\":[],\"n\":[18446744073709551616,-9223372036854775809]")),
        ("cut", good[..300].to_owned()),
        ("quote", good.replace("replicas: 1\\n", &format!("a: \"x\"\\n{secret}"))),
        ("types", good.replace("\"1.0.0\",\"template\"", "1,\"template\"").replace("\"name\":\"first\"", "\"nam\":\"first\"").replace("\"values\":\"replicas: 1\\n\"", "\"values\":[\"hunter2\"]").replace("\"variables\":[]", "\"variables\":{}")),
        ("flat", "name: a\ntype: add-on\npacks:\n- name: p\n  tag: 1.0.0\n".to_owned()),
        ("no_profile", "{\"kind\": \"ConfigMap\"}".to_owned()),
        ("site", "cluster: {name: a}\n".to_owned()),
        ("empty", String::new()),
        ("list", "[]".to_owned()),
        ("yaml", format!("metadata:\n  name: a\n  {secret}: [\nspec: {{}}\n")),
        ("yaml_duplicate", format!("metadata: {{name: a}}\nspec:\n  template: {{type: add-on, packs: []}}\n  {secret}\n  {secret}\n")),
        ("deep", format!("{{\"metadata\":{{\"name\":\"a\"}},\"spec\":{{\"template\":{{\"type\":\"\",\"packs\":[]}}}},\"x\":{}{}}}", "[".repeat(101), "]".repeat(101))),
        ("deeper", format!("{{\"spec\":{}{}}}", "[".repeat(5000), "]".repeat(5000))),
    ];
    let folder = Scratch::new();
    let mut wrong = Vec::new();
    for (name, text) in cases {
        assert_ne!(*text, good, "{name}");
        write(&folder, "p.json", text);
        let output = folder.run("split p.json --out d");
        output.ends(2);
        assert!(
            !output.said().contains("hunter2"),
            "{name}: {}",
            output.said()
        );
        assert_eq!(names(&folder), ["p.json"], "{name} leaves something behind");
        assert_eq!(output.told(), "", "{name}");
        wrong.extend(differs(
            &format!("tests/split_join/split_{name}.stderr"),
            &output.stderr,
        ));
    }
    all_golden(wrong);
}

#[test]
fn what_cannot_be_joined_is_explained_all_at_once() {
    type Edit = fn(&Path);
    fn replace(d: &Path, from: &str, to: &str) {
        let text = String::from_utf8(read(d, "profile.yaml")).expect("text");
        let replaced = text.replacen(from, to, 1);
        assert_ne!(text, replaced, "{from}");
        write(d, "profile.yaml", replaced);
    }
    let cases: &[(&str, Edit)] = &[
        ("missing", |d| {
            fs::remove_file(d.join("second/one.yaml")).expect("it goes")
        }),
        ("renamed", |d| {
            fs::rename(d.join("second/one.yaml"), d.join("second/on.yaml")).expect("it moves")
        }),
        ("extra", |d| {
            write(d, "first/old.yaml", "");
            write(d, "values.yaml", "");
            write(d, "bad\u{1b}[31m", "");
        }),
        ("extras", |d| {
            (10..30).for_each(|number| write(d, &format!("x/{number}"), ""))
        }),
        ("paths", |d| {
            replace(d, "values: first/values.yaml", "values: ../p.json");
            replace(d, "content: second/one.yaml", "content: /etc/passwd");
            replace(d, "values: \"\"", "values: 'C:\\x.yaml'");
            replace(
                d,
                "content: second/values-2.yaml",
                "content: second//values-2.yaml",
            );
        }),
        ("more_paths", |d| {
            replace(d, "values: first/values.yaml", "values: first");
            replace(
                d,
                "content: second/one.yaml",
                "content: first/values.yaml/one.yaml",
            );
            replace(d, "values: \"\"", "values: profile.yaml");
            replace(
                d,
                "content: second/values-2.yaml",
                "content: .gitattributes",
            );
        }),
        ("text", |d| {
            replace(
                d,
                "values: first/values.yaml",
                "values: |\n        replicas: 1\n        x: 2",
            )
        }),
        ("aside", |d| {
            write(d, "README.md", "");
            replace(d, "content: second/one.yaml", "content: README.md");
        }),
        ("number", |d| {
            replace(
                d,
                "variables: []",
                "variables: []\n  n: 18446744073709551617",
            )
        }),
        ("texts", |d| {
            replace(
                d,
                "values: first/values.yaml",
                "values: 'password: hunter2'",
            );
            replace(
                d,
                "content: second/one.yaml",
                "content: 'a'\n        password: hunter2",
            );
        }),
        ("types", |d| {
            replace(d, "version: 1.0.0", "version: 1.10");
            replace(d, "- name: first", "- nam: first");
            replace(
                d,
                "values: first/values.yaml",
                "values: [first/values.yaml]",
            );
            replace(d, "variables: []", "variables: {}");
        }),
        ("yaml", |d| replace(d, "labels: {}", "labels: {")),
        ("conflict", |d| {
            replace(
                d,
                "spec:\n",
                "<<<<<<< HEAD\nspec:\n=======\n>>>>>>> other\n",
            )
        }),
        ("duplicate", |d| {
            replace(
                d,
                "type: spectro",
                "type: spectro\n      values: first/values.yaml",
            )
        }),
        ("mistyped", |d| {
            replace(d, "values: first/values.yaml", "values: first/value.yml");
            replace(d, "content: second/one.yaml", "content: ./second/one.yaml");
        }),
        ("two_documents", |d| replace(d, "spec:\n", "---\nspec:\n")),
        ("no_profile", |d| write(d, "profile.yaml", "a: 1\n")),
        ("empty", |d| write(d, "profile.yaml", "")),
        ("without", |d| {
            fs::remove_file(d.join("profile.yaml")).expect("it goes")
        }),
        ("not_text", |d| write(d, "first/values.yaml", b"a: \xff")),
        ("not_text_either", |d| write(d, "profile.yaml", b"a: \xff")),
    ];
    let mut wrong = Vec::new();
    for (name, edit) in cases {
        let folder = split();
        edit(&folder.join("d"));
        write(&folder, "out.json", "old");
        let output = folder.run("join d --out out.json --force");
        output.ends(2);
        assert_eq!(read(&folder, "out.json"), b"old");
        assert!(!output.said().contains("hunter2"), "{}", output.said());
        assert_eq!(output.told(), "", "{name}");
        wrong.extend(differs(
            &format!("tests/split_join/join_{name}.stderr"),
            &output.stderr,
        ));
    }
    all_golden(wrong);
}

#[test]
fn what_is_no_folder_of_a_profile_is_refused() {
    let folder = split();
    for (arguments, code, message) in [
        (
            "join p.json",
            2,
            "error: `p.json` is not a folder\n  = help: name a folder that `vmo-ra split` wrote\n\n",
        ),
        (
            "join nowhere",
            3,
            "error: cannot read `nowhere`: No such file or directory (os error 2)\n  = help: check that it exists and that you may read it\n\n",
        ),
        (
            "join d --out d/out.json",
            2,
            "error: `d/out.json` is inside the folder to join, and would become an extra file in it\n  = help: write it elsewhere\n\n",
        ),
        (
            "split p.json --out -",
            2,
            "error: a folder cannot be written to standard output\n  = help: name a folder with `--out DIR`\n\n",
        ),
        (
            "split nowhere.json --out x",
            3,
            "error: cannot read `nowhere.json`: No such file or directory (os error 2)\n  = help: check that it exists and that you may read it\n\n",
        ),
        (
            "split p.json --out p.json/x",
            3,
            "error: cannot read `p.json/x`: Not a directory (os error 20)\n  = help: check that it exists and that you may read it\n\n",
        ),
    ] {
        let output = folder.run(arguments);
        output.ends(code);
        assert_eq!(output.said(), message, "{arguments:?}");
    }
    assert!(!folder.join("x").exists());
}

#[test]
fn a_text_that_is_not_yaml_comes_through_with_a_warning() {
    let folder = split();
    let d = folder.join("d");
    write(
        &d,
        "first/values.yaml",
        "a: {{ .spectro.var.x }}\nb: [1\npassword: hunter2\n",
    );
    write(
        &d,
        "second/one.yaml",
        "kind: Secret\nstringData:\n  a: hunter2\n  a: hunter2\n",
    );
    write(
        &d,
        "second/values-2.yaml",
        "a: {{.spectro.var.x}}:{{ .spectro.system.cluster.uid }}\n{{ .spectro.var.more }}\nb: 1\n",
    );
    let output = folder.run("join d --out out.json");
    output.ends(0);
    assert!(!output.said().contains("hunter2"), "{}", output.said());
    assert_eq!(output.told(), "wrote out.json\n");
    let mut wrong = Vec::new();
    wrong.extend(differs(
        "tests/split_join/join_warnings.stderr",
        &output.stderr,
    ));
    all_golden(wrong);
    let joined: Value = serde_json::from_slice(&read(&folder, "out.json")).expect("JSON");
    let packs = &joined["spec"]["template"]["packs"];
    assert_eq!(
        packs[0]["values"],
        "a: {{ .spectro.var.x }}\nb: [1\npassword: hunter2\n"
    );
    assert_eq!(
        packs[1]["manifests"][0]["content"],
        "kind: Secret\nstringData:\n  a: hunter2\n  a: hunter2\n"
    );
}

#[test]
fn force_replaces_what_the_folder_itself_names() {
    let folder = split();
    let d = folder.join("d");
    folder.run("split p.json --out d").says(2, "error: `d` is not empty\n  = help: choose another folder with `--out DIR`, or replace what an earlier run wrote with `--force`\n\n");
    // A person's own files stay, byte for byte; a file of a layer that is gone goes.
    write(&d, "README.md", "mine\r\n");
    write(&d, ".gitattributes", "* -text\n*.yaml diff\n");
    write(&d, "first/.notes/n", b"\xff\x00");
    let mut value = profile();
    value["spec"]["template"]["packs"]
        .as_array_mut()
        .expect("a list")
        .remove(0);
    write(&folder, "p.json", palette(&value));
    folder.run("split p.json --out d --force").ends(0);
    assert_eq!(
        names(&d),
        [
            ".gitattributes",
            ".vmo-ra.sha256",
            "README.md",
            "first/.notes/n",
            "profile.yaml",
            "second/one.yaml",
            "second/values-2.yaml"
        ]
    );
    assert_eq!(read(&d, "README.md"), b"mine\r\n");
    assert_eq!(read(&d, ".gitattributes"), b"* -text\n*.yaml diff\n");
    assert_eq!(read(&d, "first/.notes/n"), b"\xff\x00");
    assert!(folder.run("join d").stdout == palette(&value));
    assert_eq!(
        fs::read_dir(&folder).expect("it is there").count(),
        2,
        "something was left behind"
    );

    // A file that nobody names is somebody's.
    write(&d, "second/mine.yaml", "a: 1\n");
    let before = files(&d);
    folder.run("split p.json --out d --force").says(2, "error: `d` holds files that no earlier run wrote: `second/mine.yaml`\n  = help: move them away, or choose another folder with `--out DIR`\n\n");
    assert_eq!(files(&d), before);

    // So is a folder of anything else, and one whose own list cannot be read.
    write(&folder, "other/notes.txt", "mine");
    let refused = folder.run("split p.json --out other --force");
    refused
        .ends(2)
        .mentions("no earlier run wrote: `notes.txt`");
    write(&d, "profile.yaml", "a: [\n");
    folder
        .run("split p.json --out d --force")
        .ends(2)
        .mentions("d/profile.yaml:");

    // One that holds a remark only may be filled.
    write(&folder, "new/README.md", "about");
    write(&folder, "new/.gitignore", "x");
    folder.run("split p.json --out new").ends(2);
    folder.run("split p.json --out new --force").ends(0);
    assert_eq!(read(&folder, "new/README.md"), b"about");
    fs::create_dir_all(folder.join("empty")).expect("the folder can be made");
    folder.run("split p.json --out empty").ends(0);
}

#[test]
fn a_repository_is_not_moved_aside() {
    let folder = split();
    write(&folder, "d/.git/HEAD", "ref: refs/heads/main\n");
    for more in [&["--force"][..], &[]] {
        vmo_ra(&[&["split", "p.json", "--out", "d"], more].concat())
            .within(&folder)
            .run().says(2, "error: `d` is a git repository\n  = help: split into a folder below it, such as `--out d/profile`\n\n");
    }
    folder.run("split p.json --out d/profile").ends(0);
}

/// With git's own help: what it takes out is what went in, whatever it is set to.
#[test]
fn git_leaves_the_bytes_alone() {
    let folder = Scratch::new();
    let mut value = profile();
    value["spec"]["template"]["packs"][0]["values"] = json!("a: 1\r\nb: 2\nc: 3\r");
    write(&folder, "p.json", palette(&value));
    folder.run("split p.json --out repo/p").ends(0);
    let git = |arguments: &[&str]| {
        Command::new("git")
            .args([
                "-c",
                "core.autocrlf=true",
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@t",
            ])
            .args(arguments)
            .current_dir(folder.join("repo"))
            .output()
    };
    let Ok(made) = git(&["init", "--quiet"]) else {
        assert!(
            env::var("CI").as_deref() != Ok("true"),
            "git is required in CI"
        );
        eprintln!("skipped: git cannot be started");
        return;
    };
    assert!(made.status.success());
    for arguments in [
        &["add", "--all"][..],
        &["commit", "--quiet", "--message", "x"],
        &["rm", "-r", "--quiet", "--force", "p"],
        &["checkout", "--quiet", "HEAD", "--", "p"],
    ] {
        assert!(git(arguments).expect("git starts").status.success());
    }
    assert!(folder.run("join repo/p").stdout == palette(&value));
}

#[cfg(unix)]
mod permissions {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the mode can be set");
    }

    #[test]
    fn a_private_profile_stays_private() {
        let folder = Scratch::new();
        write(&folder, "p.json", palette(&profile()));
        set_mode(&folder.join("p.json"), 0o600);
        let output = folder.run("split p.json --out d");
        assert_eq!(
            output.told(),
            "wrote 5 files to d, readable only by you, like the profile\n"
        );
        for name in names(&folder.join("d")) {
            assert_eq!(mode(&folder.join("d").join(&name)), 0o600, "{name}");
        }
        let output = folder.run("join d --out j.json");
        assert_eq!(
            output.told(),
            "wrote j.json, readable only by you, like its files\n"
        );
        assert_eq!(mode(&folder.join("j.json")), 0o600);
        // One private file is enough.
        for name in names(&folder.join("d")) {
            set_mode(&folder.join("d").join(&name), 0o644);
        }
        folder.run("join d --out k.json").ends(0);
        assert_eq!(mode(&folder.join("k.json")) & 0o044, 0o044);
        set_mode(&folder.join("d/second/one.yaml"), 0o400);
        folder.run("join d --out l.json").ends(0);
        assert_eq!(mode(&folder.join("l.json")), 0o600);
        // A file that is read as standard input is the same file.
        let input = fs::File::open(folder.join("p.json")).expect("it can be read");
        vmo_ra("split - --out e")
            .within(&folder)
            .reading(input)
            .run()
            .ends(0);
        assert_eq!(mode(&folder.join("e/profile.yaml")), 0o600);
        set_mode(&folder.join("p.json"), 0o644);
        folder.run("split p.json --out f").ends(0);
        assert_eq!(mode(&folder.join("f/profile.yaml")) & 0o044, 0o044);
    }

    #[test]
    fn a_folder_and_the_files_that_stay_keep_their_modes() {
        let folder = split();
        write(&folder, "d/.run", "#!/bin/sh\n");
        set_mode(&folder.join("d/.run"), 0o750);
        set_mode(&folder.join("d"), 0o711);
        folder.run("split p.json --out d --force").ends(0);
        assert_eq!(mode(&folder.join("d/.run")), 0o750);
        assert_eq!(mode(&folder.join("d")), 0o711);
    }

    #[test]
    fn links_are_not_followed() {
        let folder = split();
        let d = folder.join("d");
        fs::rename(d.join("second"), folder.join("elsewhere")).expect("it moves");
        symlink("../elsewhere", d.join("second")).expect("the link can be made");
        fs::remove_file(d.join("first/values.yaml")).expect("it goes");
        symlink("/etc/hostname", d.join("first/values.yaml")).expect("the link can be made");
        let mut wrong = Vec::new();
        let output = folder.run("join d");
        output.ends(2);
        wrong.extend(differs(
            "tests/split_join/join_links.stderr",
            &output.stderr,
        ));
        all_golden(wrong);
        // Nor written through, nor taken for our own.
        let before = files(&folder.join("elsewhere"));
        let output = folder.run("split p.json --out d --force");
        output.ends(2).mentions("no earlier run wrote: `second`");
        assert_eq!(files(&folder.join("elsewhere")), before);
        symlink("d", folder.join("l")).expect("the link can be made");
        for out in ["l", "l/", "./l//"] {
            folder
                .run(&format!("split p.json --out {out} --force"))
                .ends(2)
                .mentions("l` is a link, which is not followed");
        }
        // A hidden link cannot be carried over.
        let folder = split();
        symlink("/etc", folder.join("d/.etc")).expect("the link can be made");
        folder.run("split p.json --out d --force").says(2, "error: `.etc` in `d` is a link, or not a file, and cannot be carried over\n  = help: move it away, or choose another folder with `--out DIR`\n\n");
        fs::remove_file(folder.join("d/profile.yaml")).expect("it goes");
        symlink("../p.json", folder.join("d/profile.yaml")).expect("the link can be made");
        folder.run("join d").says(
            2,
            "error: `d/profile.yaml` is a link, or not a file\n  = help: put the file itself there\n\n",
        );
    }

    /// Root writes anywhere, so this looks at a place where nobody can.
    #[test]
    fn a_failure_leaves_nothing_behind() {
        let folder = split();
        let before = files(&folder);
        let output = folder.run("split p.json --out /proc/no/such");
        output.ends(3);
        folder.run("join d --out /proc/no.json").ends(3);
        assert_eq!(files(&folder), before);
    }
}

#[test]
fn a_folder_is_a_side_of_a_comparison() {
    let folder = split();
    assert_eq!(
        folder.run("diff p.json d").ends(0).told(),
        "p.json -> d: no differences\n"
    );
    write(&folder, "d/first/values.yaml", "replicas: 2\n");
    let other = folder.run("diff d p.json --stat");
    other.ends(1);
    assert!(
        other.told().starts_with("d -> p.json: 1 change"),
        "{}",
        other.told()
    );
    write(&folder, "d/first/more.yaml", "");
    let wrong = folder.run("diff d p.json");
    wrong.ends(2);
    assert!(
        wrong
            .said()
            .contains("nothing in `profile.yaml` names `d/first/more.yaml`"),
        "{}",
        wrong.said()
    );
}

#[test]
fn sizes_have_limits() {
    let folder = split();
    for (name, grown) in [
        ("p.json", "p.json"),
        ("d", "d/first/values.yaml"),
        ("d", "d/profile.yaml"),
    ] {
        let file = fs::File::options()
            .append(true)
            .open(folder.join(grown))
            .expect("the file is there");
        let size = file.metadata().expect("it has a size").len();
        file.set_len(200 << 20).expect("the file can grow");
        let output = match name {
            "d" => folder.run("join d"),
            file => folder.run(&format!("split {file} --out x")),
        };
        output.ends(2);
        let said = output.said();
        let limit = format!(
            "error: cannot read `{grown}`: it is larger than the limit of 128 MiB\n  = help: split it, or remove what is not configuration\n\n"
        );
        assert_eq!(said, limit);
        file.set_len(size).expect("the file can shrink");
    }
}

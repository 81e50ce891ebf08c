//! `vmo-ra diff` as a program: what it takes, how it ends, and all it says to bad input.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::common::harness::{Scratch, read, vmo_ra, write};
use crate::common::schema::{compile, complaints};
use crate::common::{nothing_wrong, of_revisions};
use serde_json::{Value, json};

/// A profile whose only layer has these values.
fn profile(values: &str) -> Value {
    json!({
        "metadata": {"name": "p", "description": "about", "labels": {}},
        "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": [
            {"name": "pack", "type": "spectro", "layer": "addon", "version": "1.0.0", "tag": "1.0.0", "values": values,
             "registry": {"metadata": {"uid": "u", "name": "Public Repo"}},
             "manifests": [{"name": "m", "content": "kind: ConfigMap\nmetadata: {name: m}\n"}]}
        ]}, "variables": []}
    })
}

/// A folder with `a.json`, `same.json` with the same in another order, and `b.json` that differs in one value.
fn three_profiles() -> Scratch {
    let folder = Scratch::new();
    for (name, values) in [
        ("a.json", "replicas: 1\nkeep: x\n"),
        ("same.json", "keep: x\nreplicas: 1\n"),
        ("b.json", "replicas: 2\nkeep: x\n"),
    ] {
        write(&folder, name, profile(values).to_string());
    }
    folder
}

#[test]
fn the_exit_code_tells_whether_there_are_differences() {
    let folder = three_profiles();
    let same = folder.run("diff a.json same.json");
    same.ends(0);
    assert_eq!(same.told(), "a.json -> same.json: no differences\n");
    assert_eq!(same.said(), "");
    let different = folder.run("diff a.json b.json");
    different.ends(1);
    assert!(different.told().contains("replicas"));
    assert_eq!(different.said(), "");
    folder.run("diff --text a.json same.json").ends(1);
    folder.run("diff a.json").ends(2);
    folder.run("diff a.json missing.json").ends(3);
}

#[test]
fn fail_on_lets_milder_changes_pass() {
    let folder = three_profiles();
    for (sides, impact, code) in [
        (["a.json", "same.json"], "review", 0),
        (["a.json", "b.json"], "review", 1),
        (["a.json", "b.json"], "repave", 0),
        (["1.7.0", "1.9.0"], "review", 1),
        (["1.7.0", "1.9.0"], "live", 1),
        (["1.7.0", "1.9.0"], "breaks", 1),
        (["1.7.0", "1.9.0"], "restart", 1),
        (["1.7.0", "1.9.0"], "repave", 1),
    ] {
        let arguments = ["diff", sides[0], sides[1], "--fail-on", impact];
        let output = folder.run(&arguments);
        assert_eq!(output.code, Some(code), "{arguments:?}");
        assert_eq!(output.said(), "", "{arguments:?}");
        assert!(!output.stdout.is_empty(), "{arguments:?} says nothing");
    }
    // Ignored changes do not count.
    let arguments = [
        "diff",
        "1.7.0",
        "1.9.0",
        "--fail-on",
        "repave",
        "--profile",
        "templates",
    ];
    folder.run(&arguments).ends(0);
}

#[test]
fn stat_counts_and_shows_no_value() {
    let folder = Scratch::new();
    let output = folder.run("diff --stat 1.7.0 1.9.0");
    output.ends(1);
    let text = output.told();
    assert!(text.starts_with("1.7.0 -> 1.9.0: "), "{text}");
    for layer in ["kubernetes", "cni-cilium-oss", "csi-portworx-generic"] {
        assert!(text.contains(layer), "{text}");
    }
    assert!(!text.contains("pause:3.10"), "{text}");
    let whole = folder.run("diff 1.7.0 1.9.0").told();
    assert!(whole.lines().count() > text.lines().count());
    assert!(!whole.contains('\u{1b}'), "colours without a terminal");
}

fn json_form(arguments: &[&str], folder: &Path) -> Value {
    let output = vmo_ra(&[&["diff", "--format", "json"], arguments].concat())
        .within(folder)
        .run();
    let text = output.told();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{}", output.said()))
}

fn layers(report: &Value) -> Vec<&str> {
    let changes = report["changes"].as_array().expect("a list").iter();
    let mut layers: Vec<&str> = changes
        .map(|change| change["layer"].as_str().unwrap_or("(profile)"))
        .collect();
    layers.dedup();
    layers
}

#[test]
fn only_and_ignore_choose_what_is_told() {
    let folder = Scratch::new();
    let report = |more: &[&str]| json_form(&[&["1.7.0", "1.9.0"], more].concat(), &folder);
    let count = |report: &Value| report["summary"]["changes"].as_u64().expect("a number");
    let only = report(&["--only", "nginx"]);
    assert_eq!(layers(&only), ["nginx"]);
    let two = report(&["--only", "nginx/layer", "--only", "ubuntu-maas/file*"]);
    assert_eq!(layers(&two), ["ubuntu-maas", "nginx"]);
    let rest = report(&["--ignore", "nginx"]);
    assert!(!layers(&rest).contains(&"nginx"));
    assert_eq!(count(&report(&[])), count(&only) + count(&rest));
    let version = report(&["--only", "nginx", "--ignore", "nginx/values"]);
    assert_eq!(count(&version), 1, "{version}");
    let none = [
        "diff", "1.7.0", "1.9.0", "--only", "nginx", "--ignore", "nginx",
    ];
    vmo_ra(&none).within(&folder).run().ends(0);
}

#[test]
fn the_json_form_is_as_its_schema_says() {
    let folder = three_profiles();
    let schema = folder.run("schema diff");
    schema.ends(0);
    let schema = schema.json();
    let validator = compile("diff", schema);
    let mut wrong = Vec::new();
    for sides in [
        ["1.7.0", "1.9.0"],
        ["1.9.0", "1.7.0"],
        ["1.9.0", "1.9.0"],
        ["a.json", "b.json"],
        ["a.json", "1.9.0"],
    ] {
        for more in [&[][..], &["--show-secrets"], &["--text"]] {
            let report = json_form(&[&sides[..], more].concat(), &folder);
            wrong.extend(complaints(&sides.join(".."), &validator, &report));
        }
    }
    nothing_wrong(&wrong);
}

#[test]
fn out_takes_what_standard_output_would() {
    let folder = Scratch::new();
    for format in ["text", "json", "markdown", "html"] {
        let arguments = ["diff", "1.7.0", "1.9.0", "--format", format];
        let printed = folder.run(&arguments);
        printed.ends(1);
        let file = format!("report.{format}");
        let written = vmo_ra(&[&arguments[..], &["--out", &file]].concat())
            .within(&folder)
            .run();
        let said = format!("wrote {file}\n");
        assert_eq!(written.all(), (Some(1), said, String::new()));
        let report = fs::read(folder.join(&file)).expect("it was written");
        assert!(!report.is_empty(), "{format}");
        assert!(report == printed.stdout, "{format}: the file is another");
    }
    let left = fs::read_dir(&folder).expect("it is there").count();
    assert_eq!(left, 4, "something was left behind");
    let refused = ["diff", "1.9.0", "1.9.0", "--out", "report.text/below"];
    let refused = vmo_ra(&refused).within(&folder).run();
    refused.ends(3);
    assert_eq!(refused.told(), "");
    assert!(
        refused
            .said()
            .starts_with("error: cannot write `report.text/below`: "),
        "{}",
        refused.said()
    );
}

/// A report with secrets is for its owner's eyes only.
#[cfg(unix)]
#[test]
fn a_report_that_shows_secrets_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Scratch::new();
    for name in ["old", "new"] {
        let values = format!("adminPassword: hunter2-{name}\n");
        write(&folder, name, profile(&values).to_string());
    }
    let report = |more: &[&str]| {
        let arguments = [&["diff", "old", "new", "--out", "report"], more].concat();
        folder.run(&arguments).ends(1);
        read(&folder, "report")
    };
    let hidden = report(&[]);
    assert!(!hidden.contains("hunter2"), "{hidden}");
    let shown = report(&["--show-secrets", "--force"]);
    assert!(shown.contains("hunter2-old") && shown.contains("hunter2-new"));
    let data = fs::metadata(folder.join("report")).expect("it is there");
    let mode = data.permissions().mode();
    assert_eq!(mode & 0o077, 0, "others may read it: {mode:o}");
}

/// Wherever Kubernetes and its users put a password, none of the forms shows it.
#[test]
fn a_secret_that_stays_is_no_change_beside_what_is_no_yaml() {
    let folder = Scratch::new();
    let with = |end: &str| {
        let text = format!("password: hunter2\nlicense:\n  saas:\n    key: hunter2\nb: {end}\n");
        let mut tree = profile(&text);
        let packs = tree["spec"]["template"]["packs"].as_array_mut();
        packs.expect("a list")[0]["manifests"] = json!([{"name": "m", "content": text}]);
        tree.to_string()
    };
    write(&folder, "old.json", with("1"));
    write(&folder, "new.json", with("[1"));
    let report = json_form(&["old.json", "new.json"], &folder);
    assert_eq!(report["summary"]["changes"], 2, "{report:#}");
    for change in report["changes"].as_array().expect("a list") {
        let lines = change["lines"][0]["lines"].as_array().expect("lines");
        let changed = lines.iter().filter(|line| line["side"] != "both").count();
        assert_eq!(changed, 2, "{change:#}");
    }
    assert!(!report.to_string().contains("hunter2"), "{report:#}");
}

#[test]
fn no_form_shows_a_secret() {
    let folder = Scratch::new();
    let values = |secret: &str| {
        format!(
            "\
adminPassword: {secret}
env:
- name: DB_PASSWORD
  value: {secret}
- name: OTHER
  value: password={secret}
args:
- --password={secret}
- --verbose
description: 'the first password: {secret}'
url: https://admin:{secret}@registry.internal/x
script: |
  set -e
  export DB_PASSWORD={secret}
settings: '{{\"apiToken\": \"{secret}\"}}'
"
        )
    };
    let variable = |secret: &str| json!({"name": "v", "displayName": "v", "format": "string", "isSensitive": true, "defaultValue": secret});
    for secret in ["hunter2-old", "hunter2-new"] {
        let mut tree = profile(&values(secret));
        tree["spec"]["variables"] = json!([variable(secret)]);
        write(&folder, &format!("{secret}.json"), tree.to_string());
    }
    let empty = profile("a: 1\n").to_string();
    write(&folder, "empty.json", &empty);
    let mut shown = Vec::new();
    for sides in [
        ["hunter2-old.json", "hunter2-new.json"],
        ["empty.json", "hunter2-new.json"],
        ["hunter2-old.json", "empty.json"],
    ] {
        for format in ["text", "json", "markdown", "html"] {
            let arguments = ["diff", sides[0], sides[1], "--format", format, "--text"];
            let output = folder.run(&arguments);
            output.ends(1);
            let text = output
                .told()
                .replace("hunter2-old.json", "")
                .replace("hunter2-new.json", "");
            let lines = text.lines().filter(|line| line.contains("hunter2"));
            shown.extend(lines.map(|line| format!("{format}: {}", line.trim())));
        }
    }
    nothing_wrong(&shown);
}

#[test]
fn standard_input_is_a_side() {
    let folder = three_profiles();
    let same = fs::read(folder.join("same.json")).expect("it is there");
    assert_eq!(
        vmo_ra("diff a.json -")
            .within(&folder)
            .fed(&same)
            .run()
            .ends(0)
            .told(),
        "a.json -> standard input: no differences\n"
    );
    vmo_ra("diff - a.json")
        .within(&folder)
        .fed(&same)
        .run()
        .ends(0);
    vmo_ra("diff - b.json")
        .within(&folder)
        .fed(&same)
        .run()
        .ends(1);
    vmo_ra("diff a.json -")
        .within(&folder)
        .fed(b"{\"metadata\":")
        .run()
        .says(
            2,
            "\
error: this is not JSON
 --> <standard input>:1:12
  |
1 | {\"metadata\":
  |            ^ it ends here unexpectedly
  |
  = help: the file is cut off: export the profile again

",
        );
}

#[test]
fn what_render_writes_is_its_revision() {
    let folder = Scratch::new();
    for revision in ["1.7.0", "1.9.0"] {
        let out = format!("out-{revision}");
        folder
            .run(&format!("render --revision {revision} --out {out}"))
            .ends(0);
        folder.run(&format!("diff {revision} {out}")).ends(0);
        folder.run(&format!("diff {out} {revision}")).ends(0);
    }
    folder.run("diff 1.7.0 out-1.9.0").ends(1);
    // Two folders differ as the two revisions do, and in what our own packs write down. Of revisions alone it is known what
    // their text announces.
    let changes = |arguments: &[&str]| -> Vec<Value> {
        let mut report = json_form(arguments, &folder);
        let changes = report["changes"].as_array_mut().expect("a list");
        for change in changes.iter_mut() {
            change["section"].take();
        }
        changes.clone()
    };
    let of_folders = changes(&["out-1.7.0", "out-1.9.0"]);
    for change in changes(&["1.7.0", "1.9.0"]) {
        assert!(of_folders.contains(&change), "{change:#}");
    }
    let file = "out-1.9.0/VMO-RA-Core-PXKE.json";
    folder
        .run(&format!("diff 1.9.0 {file} --profile core"))
        .ends(0);
    // A site is what is rendered from it.
    write(&folder, "site.yaml", "network: {clusterOnBridge: true}\n");
    folder.run("render --site site.yaml --out out-site").ends(0);
    folder.run("diff site.yaml out-site").ends(0);
    let newest = of_revisions("diff NEWEST out-site");
    folder.run(&newest).ends(1);
    folder.run(&(newest + " --site site.yaml")).ends(0);
}

#[test]
fn yaml_json_and_terraforms_form_are_one() {
    let folder = Scratch::new();
    let render = ["render", "--profile", "core", "--out", "out"];
    vmo_ra(&render).within(&folder).run().ends(0);
    let text = read(&folder, "out/VMO-RA-Core-PXKE.json");
    let tree: Value = serde_json::from_str(&text).expect("JSON");
    let yaml = |tree: &Value| serde_saphyr::to_string(tree).expect("YAML");
    write(&folder, "p.json", &text);
    write(&folder, "p.yaml", yaml(&tree));
    write(
        &folder,
        "indented.json",
        serde_json::to_string_pretty(&tree).expect("JSON"),
    );
    let tree = profile("a: 1\n");
    let pack = &tree["spec"]["template"]["packs"][0];
    let flat = json!({
        "name": "p", "description": "about", "version": "1.0.0", "type": "add-on", "cloud": "all",
        "packs": [{
            "name": "pack", "type": "spectro", "layer": "addon", "tag": "1.0.0", "values": pack["values"],
            "registry_uid": "u", "registry": "Public Repo", "manifest": pack["manifests"],
        }],
    });
    write(&folder, "export.json", tree.to_string());
    write(&folder, "flat.json", flat.to_string());
    write(&folder, "flat.yaml", yaml(&flat));
    for (one, other) in [
        ("p.json", "p.yaml"),
        ("p.json", "indented.json"),
        ("export.json", "flat.json"),
        ("export.json", "flat.yaml"),
    ] {
        assert_eq!(
            folder
                .run(&format!("diff --text {one} {other}"))
                .ends(0)
                .told(),
            format!("{one} -> {other}: no differences\n")
        );
    }
}

#[test]
fn bad_input_is_explained_in_full() {
    let folder = three_profiles();
    write(&folder, "cut.json", "{\"metadata\": {\"name\": \"a");
    write(
        &folder,
        "comma.json",
        "{\"metadata\": {},\n \"spec\": {},\n}",
    );
    write(&folder, "binary.json", b"{\"metadata\": \"\xff\"}");
    write(&folder, "list.json", "[1, 2]\n");
    write(&folder, "other.json", "{\"kind\": \"Pod\"}");
    write(&folder, "text.txt", "hello world\n");
    for name in ["empty", "broken"] {
        fs::create_dir(folder.join(name)).expect("the folder can be made");
    }
    write(&folder, "broken/a.json", "{");
    let list = "error: `list.json` is not a site, a profile or manifests: it is a list\n  = help: put each item into a separate file, if they are sites, profiles or manifests\n\n";
    let other = "error: `other.json` is not a site, a profile or manifests: it has a `kind` but no `apiVersion`, which Kubernetes requires\n  = help: add the `apiVersion` if it is a manifest; else give a site, or a profile as Palette exports it\n\n";
    let both = format!(
        "{list}error: cannot read `binary.json`: it is not UTF-8 text, starting at byte 14\n  = help: give a site, a profile as Palette exports it, or the input that the command needs\n\n2 errors\n"
    );
    for (arguments, code, message) in [
        (
            "cut.json a.json",
            2,
            "\
error: this is not JSON
 --> cut.json:1:24
  |
1 | {\"metadata\": {\"name\": \"a
  |                        ^ it ends here unexpectedly
  |
  = help: the file is cut off: export the profile again

",
        ),
        (
            "a.json comma.json",
            2,
            "error: this is not JSON\n --> comma.json:3:1\n  |\n3 | }\n  | ^ trailing comma\n  |\n  = help: export it again, or correct the place that is shown\n\n",
        ),
        (
            "a.json binary.json",
            2,
            "error: cannot read `binary.json`: it is not UTF-8 text, starting at byte 14\n  = help: give a site, a profile as Palette exports it, or the input that the command needs\n\n",
        ),
        ("list.json a.json", 2, list),
        ("other.json a.json", 2, other),
        ("list.json binary.json", 2, &both),
        (
            "text.txt a.json",
            2,
            "\
error: `text.txt` is not a site, a profile or manifests: it has no top-level keys
  = help: give a site, a profile as Palette exports it, a folder that `vmo-ra render` or `vmo-ra split` wrote, or Kubernetes manifests

",
        ),
        (
            "empty a.json",
            2,
            "\
error: `empty` holds no site, no profile and no manifests
  = help: name a site, a profile, a folder that `vmo-ra render` or `vmo-ra split` wrote, or one with manifests

",
        ),
        (
            "broken a.json",
            2,
            "\
error: this is not JSON
 --> broken/a.json:1:1
  |
1 | {
  | ^ it ends here unexpectedly
  |
  = help: the file is cut off: export the profile again

",
        ),
        ("- -", 2, "error: standard input can be read only once\n\n"),
        (
            "docs-2024 1.9.0",
            2,
            "\
error: `docs-2024` has only tables and no layers to render
  = help: render NEWEST, or look at it with `vmo-ra revisions docs-2024`

",
        ),
        (
            "1.9.0 1.9.0 --fail-on bad",
            2,
            "\
error: invalid value 'bad' for '--fail-on <IMPACT>'
  [possible values: review, new-objects, live, restart, repave-control-planes, repave, breaks]

For more information, try '--help'.
",
        ),
        (
            "1.9.0 1.9.0 --format xml",
            2,
            "\
error: invalid value 'xml' for '--format <FORMAT>'
  [possible values: text, json, markdown, html]

  tip: a similar value exists: 'html'

For more information, try '--help'.
",
        ),
        (
            "1.9.0 1.9.0 --profile x",
            2,
            "\
error: invalid value 'x' for '--profile <PROFILE>': `x` is not a profile: use `infra`, `core` or `templates`

For more information, try '--help'.
",
        ),
        (
            "missing.json a.json",
            3,
            "error: cannot read `missing.json`: No such file or directory (os error 2)\n  = help: check that it exists and that you may read it\n\n",
        ),
        (
            "1.9.0 a.json --site none.yaml",
            3,
            "\
error: cannot read `none.yaml`: No such file or directory (os error 2)
  = help: write one to start from with `vmo-ra init`

",
        ),
    ] {
        let output = folder.run(&format!("diff {arguments}"));
        output.says(code, of_revisions(message));
        assert_eq!(output.told(), "", "{arguments:?}");
    }
}

/// An export that failed leaves an empty file, and that it does not differ would be the wrong thing to say.
#[test]
fn nothing_is_no_profile() {
    let folder = three_profiles();
    for text in ["", "\n", " \t\n", "---\n", "# nothing\n"] {
        write(&folder, "empty.json", text);
        let output = folder.run("diff empty.json 1.9.0");
        let said = output.told();
        assert_eq!(output.code, Some(2), "{text:?}: {said}");
        output.begins("error: ");
        vmo_ra("diff - 1.9.0")
            .within(&folder)
            .fed(text.as_bytes())
            .run()
            .ends(2);
    }
}

/// As programs on Windows write it.
#[test]
fn a_byte_order_mark_is_no_difference() {
    let folder = three_profiles();
    let text = read(&folder, "a.json");
    write(&folder, "mark.json", format!("\u{feff}{text}"));
    folder.run("diff mark.json a.json").ends(0);
}

#[test]
fn two_layers_or_variables_of_one_name_are_a_note() {
    let folder = Scratch::new();
    let mut tree = profile("a: 1\n");
    let packs = tree["spec"]["template"]["packs"].as_array_mut();
    let packs = packs.expect("a list");
    packs.push(packs[0].clone());
    let variable =
        json!({"name": "v", "displayName": "v", "format": "string", "defaultValue": "x"});
    tree["spec"]["variables"] = json!([variable, variable]);
    write(&folder, "a.json", tree.to_string());
    tree["spec"]["template"]["packs"][1]["values"] = json!("a: 2\n");
    tree["spec"]["variables"][1]["defaultValue"] = json!("y");
    write(&folder, "b.json", tree.to_string());
    folder.run("diff a.json a.json").ends(0);
    let report = json_form(&["a.json", "b.json"], &folder);
    assert_eq!(report["summary"]["changes"], 2, "{report:#}");
    let notes = report["notes"].to_string();
    assert!(notes.contains("two layers `pack`"), "{notes}");
    assert!(notes.contains("two variables `v`"), "{notes}");
}

#[test]
fn of_a_key_that_stands_twice_the_last_counts() {
    let folder = Scratch::new();
    let values = |last: &str| format!("a:\n  x: 1\nb: 1\na:\n  x: {last}\n");
    write(&folder, "old.json", profile(&values("2")).to_string());
    write(&folder, "new.json", profile(&values("3")).to_string());
    let report = json_form(&["old.json", "new.json"], &folder);
    assert_eq!(report["summary"]["changes"], 1, "{report:#}");
    let change = &report["changes"][0];
    assert_eq!(change["path"], "a.x");
    assert_eq!(
        [&change["old"]["value"], &change["new"]["value"]],
        [&json!(2), &json!(3)]
    );
    assert_eq!(
        report["notes"],
        json!([
            "the old values of `pack` have the key `a` on line 1 and again on line 4; the last counts, as for Helm",
            "the new values of `pack` have the key `a` on line 1 and again on line 4; the last counts, as for Helm"
        ])
    );
}

/// Our own packs of two versions write down different things, which is nothing that the RA changes.
#[test]
fn between_revisions_only_what_the_ra_changes_is_told() {
    let folder = Scratch::new();
    let report = json_form(&["1.7.0", "1.9.0"], &folder);
    let changes = report["changes"].as_array().expect("a list");
    for change in changes {
        let path = change["path"].as_str().expect("a path");
        let is_ours = [
            "pack.content",
            "charts.cilium.nodePort",
            "tls-cipher-suites",
        ]
        .iter()
        .any(|ours| path.contains(ours));
        // What the text says of an image it announces.
        assert!(!is_ours || !change["section"].is_null(), "{change:#}");
    }
    let versions = changes.iter().filter(|change| change["path"] == "version");
    assert!(versions.count() >= 8, "{report:#}");
    let notes = report["notes"].to_string();
    assert!(
        notes.contains("`cni-cilium-oss` 1.17.4 and 1.19.2") && notes.contains("--packs DIR"),
        "{notes}"
    );
    // An export with the same is compared in full.
    folder.run("render --revision 1.7.0 --out old").ends(0);
    folder.run("render --revision 1.9.0 --out new").ends(0);
    let in_full = json_form(&["old", "new"], &folder);
    let count = |report: &Value| report["summary"]["changes"].as_u64();
    assert!(count(&in_full) > count(&report), "{in_full:#}");
}

/// The vendor's texts tell what a new version changes; one of them beside ours of the other version would tell what is
/// neither's.
#[test]
fn what_a_vendor_changed_is_told_with_both_versions_at_hand() {
    let folder = Scratch::new();
    let pack = |version: &str, seconds: u64| {
        let description = json!({"name": "nginx", "version": version, "layer": "addon", "displayName": "Nginx", "cloudTypes": ["all"]});
        write(
            &folder,
            &format!("{version}/nginx/pack.json"),
            description.to_string(),
        );
        let values = json!({
            "pack": {"namespace": "nginx"},
            "charts": {"ingress-nginx": {"controller": {
                "kind": "Deployment",
                "minReadySeconds": seconds,
                "service": {"type": "LoadBalancer"},
                "ofTheVendor": true,
            }}},
        });
        write(
            &folder,
            &format!("{version}/nginx/values.yaml"),
            values.to_string(),
        );
    };
    pack("1.12.2", 5);
    pack("1.15.4", 10);
    let told = |packs: &[&str]| {
        let packs = packs.iter().flat_map(|version| ["--packs", version]);
        let arguments: Vec<&str> = ["1.7.0", "1.9.0", "--only", "nginx"]
            .into_iter()
            .chain(packs)
            .collect();
        let report = json_form(&arguments, &folder);
        let changes = report["changes"].as_array().expect("a list").iter();
        let paths = changes.map(|change| change["path"].as_str().expect("a path").to_owned());
        let notes = report["notes"].to_string();
        let paths: Vec<String> = paths.collect();
        (paths, notes.contains("`nginx` 1.12.2 and 1.15.4"))
    };
    let of_both = "charts.ingress-nginx.controller.minReadySeconds";
    assert_eq!(
        told(&["1.12.2", "1.15.4"]),
        (vec!["version".to_owned(), of_both.to_owned()], false)
    );
    for at_hand in [&[][..], &["1.12.2"], &["1.15.4"]] {
        assert_eq!(
            told(at_hand),
            (vec!["version".to_owned()], true),
            "{at_hand:?}"
        );
    }
}

#[test]
fn what_a_revision_lacks_of_a_site_is_said() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", "ingress: {controller: traefik}\n");
    let report = json_form(&["1.7.0", "1.9.0", "--site", "site.yaml"], &folder);
    assert_eq!(
        report["notes"][0],
        "RA 1.7.0 has no traefik layer, which the site chooses; it stands here with `nginx`"
    );
    let layers = report["profiles"][1]["layers"].as_array().expect("a list");
    let ingress = layers.iter().find(|layer| layer["name"] == "traefik");
    assert_eq!(ingress.expect("it is there")["old"]["pack"], "nginx");
}

#[test]
fn hostile_values_are_compared_as_text_with_a_note() {
    let folder = Scratch::new();
    let levels = (1..12).map(|level| {
        let alias = format!("*a{}", level - 1);
        format!("a{level}: &a{level} [{}]\n", vec![alias; 9].join(", "))
    });
    let bomb: String = std::iter::once("a0: &a0 [x, x, x]\n".to_owned())
        .chain(levels)
        .collect();
    let deep = format!("a: {}{}\n", "[".repeat(20_000), "]".repeat(20_000));
    for (name, values) in [
        ("bomb", bomb.as_str()),
        ("cycle", "a: &a [*a]\n"),
        ("deep", deep.as_str()),
        ("brackets", "a: [1\nb: }{\n"),
        ("a template", "{{ if x }}\na: 1\n{{ end }}\n"),
    ] {
        let longer = format!("{values}last: 1\n");
        write(&folder, "old.json", profile(values).to_string());
        write(&folder, "new.json", profile(&longer).to_string());
        let report = json_form(&["old.json", "new.json"], &folder);
        assert_eq!(report["summary"]["changes"], 1, "{name}: {report:#}");
        let why = match name {
            "deep" => "exceed a limit of YAML texts (nested deeper than 100 levels)",
            _ => "are not YAML",
        };
        assert_eq!(
            report["notes"],
            json!([format!(
                "the values of `pack` {why}; they are compared as text"
            )]),
            "{name}"
        );
        let lines = report["changes"][0]["lines"][0]["lines"].to_string();
        assert!(lines.contains("last: 1"), "{name}: {lines}");
    }
}

#[test]
fn twenty_megabytes_are_compared() {
    let folder = Scratch::new();
    let mut long = String::from("text: |\n");
    while long.len() < 2 << 20 {
        let number = long.len().to_string();
        long.push_str("  a line of a long text, of which there are many in these values: ");
        long.push_str(&number);
        long.push('\n');
    }
    for (name, last) in [("old.json", "1"), ("new.json", "2")] {
        let mut tree = profile(&format!("{long}last: {last}\n"));
        let packs = tree["spec"]["template"]["packs"].as_array_mut();
        let packs = packs.expect("a list");
        for number in 1..10 {
            let mut pack = packs[0].clone();
            pack["name"] = json!(format!("pack-{number}"));
            packs.push(pack);
        }
        let text = tree.to_string();
        assert!(text.len() > 20 << 20);
        write(&folder, name, text);
    }
    let start = Instant::now();
    let output = folder.run("diff --stat old.json new.json");
    let taken = start.elapsed();
    output.ends(1);
    let text = output.told();
    assert!(
        text.starts_with("old.json -> new.json: 10 changes"),
        "{text}"
    );
    assert_eq!(output.said(), "");
    // A release takes about a second; this is a debug build beside other tests.
    assert!(taken < Duration::from_secs(120), "it took {taken:?}");
    // More than 128 MiB are not even read.
    let file = fs::File::create(folder.join("larger.json")).expect("the file can be made");
    file.set_len(200 << 20).expect("the file can grow");
    folder.run("diff larger.json 1.9.0").says(
        2,
        "error: cannot read `larger.json`: it is larger than the limit of 128 MiB\n  = help: split it, or remove what is not configuration\n\n",
    );
    let _ = fs::remove_dir_all(&folder);
}

/// A gate whose place is mistyped would let everything pass.
#[test]
fn a_place_that_is_nowhere_and_a_revision_that_is_none_are_refused() {
    let folder = Scratch::new();
    folder
        .run("diff 1.7.0 1.9.0 --only kubernets/values --only */values")
        .says(
            2,
            "\
error: `--only kubernets/values`: neither side has a layer `kubernets`
  = note: did you mean `kubernetes`?
  = help: a place is LAYER/PART/PATH, or begins with `profile` or `variable`

",
        );
    folder
        .run("diff 1.7.0 1.9.0 --only kubernetes/valuess --ignore nginx/files/etc")
        .says(
            2,
            "\
error: `--only kubernetes/valuess`: a layer has no part `valuess`
  = note: did you mean `values`?
  = help: parts: layer, preset, values, file, commands, manifest

error: `--ignore nginx/files/etc`: a layer has no part `files`
  = note: did you mean `file`?
  = help: parts: layer, preset, values, file, commands, manifest

2 errors
",
        );
    for place in [
        "profile/version",
        "variable/any",
        "kubernetes/",
        "kubernetes/val*",
        "nginx[a/b]/values/x",
        "traefik/values",
    ] {
        folder
            .run(&format!("diff 1.7.0 1.9.0 --stat --ignore {place}"))
            .ends(1);
    }
    folder
        .run("diff 1.7.0 1.9.0 --only nginx[a/b]/valuess --only nginx/valuess*")
        .ends(2);
    let output = folder.run("diff 1.9 1.9.0");
    output.ends(2);
    assert!(
        output
            .said()
            .starts_with("error: there is no revision `1.9`"),
        "{}",
        output.said()
    );
}

/// No profile holds the cards of the machines.
#[test]
fn another_host_network_is_a_note() {
    let folder = Scratch::new();
    let site = "cluster: {name: a}\nnetwork: {nics: {management: [eno1, eno2]}}\n";
    write(&folder, "old.yaml", site);
    write(&folder, "new.yaml", site.replace("eno1", "ens1"));
    write(
        &folder,
        "larger.yaml",
        site.replace("name: a", "name: a, workers: 9"),
    );
    let note = "the host networks differ; they are not part of a profile";
    for (new, is_told) in [("new.yaml", true), ("larger.yaml", false), ("1.9.0", false)] {
        let run = folder.run(&["diff", "old.yaml", new, "--profile", "core"]);
        assert_eq!(run.told().contains(note), is_told, "{new}: {}", run.told());
    }
}

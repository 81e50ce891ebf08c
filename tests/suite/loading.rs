//! Every command has the same answer to what a file, a folder or standard input is.

use std::fs;

use crate::common::harness::{Run, Scratch, vmo_ra, write};
use serde_json::{Value, json};

/// A kind of input: its name, the ending of its file, its text, and how it is called where it is refused: as something to
/// check, to compare, to split, to format, and as a site. None where it is taken.
type Case = (
    &'static str,
    &'static str,
    String,
    [Option<&'static str>; 5],
);

fn export() -> Value {
    json!({
        "metadata": {"name": "p", "description": "", "labels": {}},
        "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": [
            {"name": "pack", "type": "oci", "layer": "addon", "version": "1.0.0", "tag": "1.0.0", "values": "replicas: 1\n",
             "registry": {"metadata": {"uid": "u", "name": "Public Repo", "kind": "oci"}},
             "manifests": [{"name": "m", "content": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: m}\n"}]}
        ]}, "variables": []}
    })
}

/// The same as Palette's API answers it (v1ClusterProfile).
fn answer() -> Value {
    json!({
        "apiVersion": "v1", "kind": "ClusterProfile",
        "metadata": {"name": "p", "uid": "x", "labels": {}, "annotations": {"ownerUid": "y"}},
        "spec": {"version": "1.0.0", "versions": [{"uid": "x", "version": "1.0.0"}], "published": {
            "name": "p", "uid": "z", "type": "add-on", "cloudType": "all", "profileVersion": "1.0.0", "packs": [
                {"name": "pack", "type": "oci", "layer": "addon", "version": "1.0.0", "tag": "1.0.0", "values": "replicas: 1\n",
                 "registryUid": "u", "packUid": "v", "annotations": {}, "presets": [],
                 "manifests": [{"kind": "manifest", "name": "m", "uid": "w"}]}
            ]}},
        "status": {"isPublished": true}
    })
}

fn cases() -> Vec<Case> {
    let none = |is| [Some(is), Some(is), Some(is), Some(is)];
    let nothing = |is, as_site| {
        let [check, diff, split, fmt] = none(is);
        [check, diff, split, fmt, Some(as_site)]
    };
    let profile = |is| [None, None, is, is, Some("is a profile, not a site")];
    vec![
        ("site", "yaml", "cluster: {name: a}\n".to_owned(), {
            let is = Some("is a site, not a profile");
            [None, None, is, is, None]
        }),
        ("export", "json", export().to_string(), profile(None)),
        (
            "twice",
            "json",
            export().to_string().replacen('{', "{\"x\":1,\"x\":2,", 1),
            {
                let [check, diff, split, fmt] = none("the key `x` is used here twice");
                [check, diff, split, fmt, Some("is a profile, not a site")]
            },
        ),
        (
            "windows",
            "json",
            format!("\u{feff}{:#}", export()).replace('\n', "\r\n"),
            profile(None),
        ),
        (
            "yaml",
            "yaml",
            serde_saphyr::to_string(&export()).expect("YAML"),
            {
                [
                    None,
                    None,
                    None,
                    Some("is YAML, but `fmt` writes JSON"),
                    Some("is a profile, not a site"),
                ]
            },
        ),
        (
            "flat",
            "yaml",
            "name: p\ntype: add-on\npacks:\n- {name: pack, type: oci, tag: 1.0.0}\n".to_owned(),
            profile(Some("this is the flat form of Palette's Terraform export")),
        ),
        (
            "answer",
            "json",
            answer().to_string(),
            profile(Some("this is an answer of Palette's API")),
        ),
        (
            "manifests",
            "yaml",
            "kind: ConfigMap\napiVersion: v1\nmetadata: {name: m, namespace: x}\n".to_owned(),
            [
                None,
                Some("Kubernetes manifests, not a profile"),
                Some("Kubernetes manifests, not a profile"),
                Some("Kubernetes manifests, not a profile"),
                Some("Kubernetes manifests, not a site"),
            ],
        ),
        (
            "list",
            "json",
            "[{\"metadata\": {}}]".to_owned(),
            nothing("it is a list", "not a list"),
        ),
        (
            "empty",
            "yaml",
            "\n".to_owned(),
            nothing("it is empty", "is empty"),
        ),
        ("comments", "yaml", "# about\n".to_owned(), {
            let [check, diff, split, fmt] = none("it has only comments");
            [check, diff, split, fmt, None]
        }),
        (
            "chart",
            "yaml",
            "apiVersion: v2\nname: c\nversion: 1.0.0\n".to_owned(),
            nothing(
                "it looks like the Chart.yaml of a Helm chart",
                "unknown key `apiVersion`",
            ),
        ),
        (
            "object",
            "yaml",
            "apiVersion: v1\nkind: Site\nspec: {cluster: {name: a}}\n".to_owned(),
            nothing(
                "it looks like a site in the form of a Kubernetes object",
                "in the form of a Kubernetes object",
            ),
        ),
        (
            "words",
            "yaml",
            "hello world\n".to_owned(),
            nothing("it has no top-level keys", "not a single value"),
        ),
    ]
}

/// Whether a command took its input, or refused it with these words.
fn judged(name: &str, arguments: &[&str], output: &Run, refused: Option<&str>) -> Option<String> {
    let (said, code) = (output.said(), output.code);
    let is_right = match refused {
        None => matches!(code, Some(0 | 1)) && !said.contains("error: "),
        Some(words) => {
            code == Some(2)
                && said.starts_with("error: ")
                && said.contains(words)
                && output.stdout.is_empty()
        }
    };
    (!is_right)
        .then(|| format!("{name}: {arguments:?} ends with {code:?}, not with {refused:?}:\n{said}"))
}

#[test]
fn every_command_says_the_same_of_every_kind() {
    let folder = Scratch::new();
    write(&folder, "other.json", export().to_string());
    let mut wrong = Vec::new();
    for (name, ending, text, [check, diff, split, fmt, site]) in cases() {
        let (file, within) = (format!("{name}.{ending}"), format!("in-{name}"));
        write(&folder, &file, &text);
        fs::create_dir(folder.join(&within)).expect("the folder can be made");
        fs::write(folder.join(&within).join(&file), &text).expect("the file can be written");
        let a_folder = |refused: Option<&'static str>| refused.or(Some("is a folder"));
        for (input, named, [split, fmt, site]) in [
            ("", file.as_str(), [split, fmt, site]),
            (text.as_str(), "-", [split, fmt, site]),
            (
                "",
                within.as_str(),
                [a_folder(None), a_folder(None), a_folder(None)],
            ),
        ] {
            let out = format!("split-{name}-{named}");
            for (arguments, refused) in [
                (&["check", named][..], check),
                (&["diff", named, "other.json"], diff),
                (&["split", named, "--out", &out], split),
                (&["fmt", "--check", named], fmt),
                (&["nad", "--site", named], site),
            ] {
                let output = vmo_ra(arguments).within(&folder).fed(input).run();
                wrong.extend(judged(name, arguments, &output, refused));
            }
            if named != "-" {
                let output = vmo_ra(&["join", named]).within(&folder).fed(input).run();
                let is_folder = named == within;
                let words = if is_folder {
                    "holds no `profile.yaml`"
                } else {
                    "is not a folder"
                };
                wrong.extend(judged(name, &["join", named], &output, Some(words)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_there_cannot_be_read() {
    let folder = Scratch::new();
    for arguments in [
        "check none",
        "diff none 1.9.0",
        "diff 1.9.0 1.9.0 --site none",
        "split none --out d",
        "join none",
        "fmt none",
        "nad --site none",
        "render --sites none",
        "check --packs none",
        "packs list --packs none",
    ] {
        let output = folder.run(arguments);
        let said = output.said();
        assert_eq!(output.code, Some(3), "{arguments:?}: {said}");
        assert!(
            said.starts_with("error: cannot read `none`: "),
            "{arguments:?}: {said}"
        );
    }
    // What is wrong beside it is told in the same run.
    write(&folder, "empty.yaml", "");
    for command in ["check", "fmt", "diff"] {
        let output = folder.run(&format!("{command} none empty.yaml"));
        let said = output.said();
        assert_eq!(output.code, Some(3), "{said}");
        assert!(
            said.contains("`none`") && said.contains("it is empty"),
            "{said}"
        );
    }
}

/// The site's mistakes were not seen while there was a profile beside it.
#[test]
fn a_folder_with_a_site_and_profiles_is_checked_as_a_whole() {
    let folder = Scratch::new();
    let files = folder.join("d");
    fs::create_dir(&files).expect("the folder can be made");
    write(&files, "site.yaml", "network: {vmVlans: 10-20}\n");
    write(&files, "core.json", export().to_string());
    write(&files, ".core.json", "{");
    let output = folder.run("check d");
    let told = output.told();
    assert_eq!(output.code, Some(1), "{told}");
    assert!(
        told.contains("[captured-vlan]\n --> d/site.yaml:1:"),
        "{told}"
    );
    // The profiles are compared, and it is said that the site is not.
    let output = folder.run("diff d d/core.json");
    assert_eq!(output.code, Some(0), "{}", output.said());
    output.begins("note: only the profiles of `d` are compared, not its site or manifests\n");
    fs::create_dir(files.join("more")).expect("the folder can be made");
    write(&files, "more/core.json", export().to_string());
    let output = folder.run("diff d d/core.json");
    assert_eq!(output.code, Some(2));
    output.begins("error: `d` holds profiles in several folders, such as `d` and `d/more`\n");
}

/// Who has learnt `check FILE` writes `plan FILE`, and the other way round.
#[test]
fn a_site_is_named_with_and_without_its_option() {
    let folder = Scratch::new();
    write(
        &folder,
        "s.yaml",
        "cluster: {name: a, workers: 3}\nnetwork: {bridge: br1}\n",
    );
    for command in ["plan", "network --format netplan", "check"] {
        let named = |more: &str| folder.run(&format!("{command}{more}"));
        let (with, without) = (named(" --site s.yaml"), named(" s.yaml"));
        with.ends(0);
        assert!(
            !with.stdout.is_empty() && with.stdout == without.stdout,
            "{command:?}"
        );
        assert_ne!(
            with.stdout,
            named("").stdout,
            "{command:?} does not look at it"
        );
    }
    for arguments in ["plan s.yaml --site s.yaml", "render s.yaml --sites ."] {
        folder.run(arguments).ends(2);
    }
}

#[test]
fn a_check_without_findings_says_what_it_looked_at() {
    let folder = Scratch::new();
    let manifest = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: m, namespace: x}\n";
    write(&folder, "m.yaml", format!("{manifest}---\n{manifest}"));
    let output = folder.run("check m.yaml");
    assert_eq!(output.told(), "nothing to report on 2 manifests\n");
}

/// What Palette's API answers lacks variables, texts of manifests and the names of registries; what is left is compared.
#[test]
fn an_answer_is_compared_as_far_as_it_goes() {
    let folder = Scratch::new();
    let mut profile = export();
    profile["spec"]["variables"] = json!([{"name": "v", "displayName": "v", "format": "string"}]);
    write(&folder, "export.json", profile.to_string());
    write(&folder, "answer.json", answer().to_string());
    for arguments in [
        ["diff", "export.json", "answer.json"],
        ["diff", "answer.json", "export.json"],
    ] {
        let output = folder.run(&arguments);
        let told = output.told();
        assert_eq!(output.code, Some(0), "{told}");
        assert!(
            output
                .said()
                .contains("without variables and the texts of manifests"),
            "{}",
            output.said()
        );
    }
    let changed = answer().to_string().replace("replicas: 1", "replicas: 2");
    write(&folder, "answer.json", changed);
    let output = folder.run("diff export.json answer.json");
    let told = output.told();
    assert!(
        told.starts_with("export.json -> answer.json: 1 change"),
        "{told}"
    );
}

/// What others may not read is not written for them, and a pipe is nobody else's.
#[cfg(unix)]
#[test]
fn an_output_is_no_wider_than_its_input() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Scratch::new();
    let mode = |path: &str| {
        let metadata = fs::metadata(folder.join(path)).expect("it was written");
        metadata.permissions().mode() & 0o777
    };
    let file = folder.join("p.json");
    fs::write(&file, export().to_string()).expect("the file can be written");
    for (input, wanted) in [(0o640, 0o600), (0o604, 0o644), (0o644, 0o644)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(input)).expect("the mode can be set");
        let out = format!("d-{input:o}");
        folder.run(&format!("split p.json --out {out}")).ends(0);
        assert_eq!(mode(&format!("{out}/profile.yaml")), wanted, "{input:o}");
        let joined = format!("{out}.json");
        folder.run(&format!("join {out} --out {joined}")).ends(0);
        assert_eq!(mode(&joined), wanted, "{input:o}");
    }
    vmo_ra("split - --out piped")
        .within(&folder)
        .fed(export().to_string())
        .run()
        .ends(0);
    assert_eq!(mode("piped/profile.yaml"), 0o600);
    // What is said of a file is as private as the file, on either side.
    write(&folder, "q.json", export().to_string());
    for (input, wanted) in [(0o600, 0o600), (0o644, 0o644)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(input)).expect("the mode can be set");
        for (old, new) in [("p.json", "q.json"), ("q.json", "p.json")] {
            let out = format!("{old}-{input:o}.md");
            folder.run(&format!("diff {old} {new} --out {out}")).ends(0);
            assert_eq!(mode(&out), wanted, "{input:o}");
        }
    }
    let site = folder.join("site.yaml");
    fs::write(&site, "cluster: {name: a}\n").expect("the file can be written");
    fs::set_permissions(&site, fs::Permissions::from_mode(0o600)).expect("the mode can be set");
    let arguments = [
        "diff",
        "1.9.0",
        "1.9.0",
        "--site",
        "site.yaml",
        "--out",
        "d.md",
    ];
    folder.run(&arguments).ends(0);
    assert_eq!(mode("d.md"), 0o600);
}

/// A slip in a name is likelier than a file that is not there at all.
#[test]
fn a_name_beside_that_is_nearly_the_same_is_asked_for() {
    let folder = Scratch::new();
    write(&folder, "sites/berlin.yaml", "cluster: {name: berlin}\n");
    for arguments in [
        "plan sites/berlin.yml",
        "check sites/berlni.yaml",
        "diff 1.9.0 sites/berlin.yam",
    ] {
        let run = folder.run(arguments);
        run.ends(3).mentions("did you mean `sites/berlin.yaml`?");
    }
    let far = folder.run("plan sites/munich.yaml");
    assert!(!far.ends(3).said().contains("did you mean"));
    let run = folder.run("packs show cilium");
    run.ends(2).mentions("did you mean `cni-cilium-oss`?");
}

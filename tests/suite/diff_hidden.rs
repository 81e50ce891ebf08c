//! Nothing that comes or goes as a whole is hidden by `diff`: its texts can be read, and what grants rights is named.

use crate::common::harness::{Scratch, write};
use serde_json::{Value, json};

/// A layer of values and manifests.
fn layer(name: &str, values: &str, manifests: &[(&str, &str)]) -> Value {
    let manifests: Vec<Value> = manifests
        .iter()
        .map(|(name, content)| json!({"name": name, "content": content}))
        .collect();
    json!({
        "name": name, "type": "oci", "layer": "addon", "version": "1.0.0", "tag": "1.0.0", "values": values,
        "registry": {"metadata": {}}, "manifests": manifests,
    })
}

fn sides(folder: &Scratch, old: &[Value], new: &[Value]) {
    for (name, layers) in [("old.json", old), ("new.json", new)] {
        let profile = json!({
            "metadata": {"name": "p", "description": "", "labels": {}},
            "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": layers}},
        });
        write(folder, name, profile.to_string());
    }
}

const RIGHTS: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: everything}
roleRef: {kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: robot, namespace: default}]
---
apiVersion: v1
kind: Secret
metadata: {name: key, namespace: default}
stringData: {password: hunter2hunter2}
";
const PRIVILEGED: &str = "\
kind: DaemonSet
metadata: {name: agent, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - {name: a, securityContext: {privileged: true}}
";

#[test]
fn an_added_layer_shows_what_it_holds() {
    let folder = Scratch::new();
    let kept = layer("kept", "a: 1\n", &[]);
    let values = "replicas: 3\nsysctl: vm.swappiness\n";
    let added = layer(
        "added",
        values,
        &[("rights", RIGHTS), ("agent", PRIVILEGED)],
    );
    sides(&folder, std::slice::from_ref(&kept), &[kept.clone(), added]);
    let notable = [
        "`ClusterRoleBinding everything` grants `cluster-admin` to `robot`",
        "`Secret default/key` holds a secret",
        "`DaemonSet kube-system/agent` runs privileged",
    ];

    let report = folder.run("diff old.json new.json --format json").json();
    let named: Vec<&str> = report["summary"]["notable"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["what"].as_str().expect("a text"))
        .collect();
    assert_eq!(named, notable);
    let content = &report["changes"][0]["content"];
    assert_eq!(content[0]["text"], values);
    assert_eq!(content[2]["text"], PRIVILEGED);

    let text = folder.run("diff old.json new.json").told();
    assert!(
        text.contains("values (2 lines), manifest rights (10 lines), manifest agent (7 lines)"),
        "{text}"
    );
    let full = folder.run("diff old.json new.json --full").told();
    assert!(
        full.contains("sysctl: vm.swappiness") && full.contains("privileged: true"),
        "{full}"
    );
    assert!(!text.contains("sysctl"), "{text}");
    let markdown = folder
        .run("diff old.json new.json --format markdown")
        .told();
    let page = folder.run("diff old.json new.json --format html").told();
    assert!(
        page.contains("<details class=\"content\">") && page.contains("vm.swappiness"),
        "{page}"
    );
    for (form, text) in [
        ("text", &text),
        ("full", &full),
        ("markdown", &markdown),
        ("html", &page),
    ] {
        for words in [
            "cluster-admin",
            "DaemonSet kube-system/agent",
            "Secret default/key",
        ] {
            assert!(
                text.contains(words),
                "{form} does not name {words}:\n{text}"
            );
        }
        assert!(!text.contains("hunter2"), "{form} shows a secret");
    }
    assert!(!report.to_string().contains("hunter2"));

    // The other way it goes, and nothing comes.
    let back = folder.run("diff new.json old.json --format json").json();
    assert_eq!(back["summary"]["notable"], json!([]));
    assert_eq!(back["changes"][0]["content"][0]["side"], "old");
    assert_eq!(back["summary"]["worst"], "breaks");
}

#[test]
fn a_manifest_that_comes_is_named_and_shown() {
    let folder = Scratch::new();
    let of = |manifests: &[(&str, &str)]| layer("own", "", manifests);
    sides(&folder, &[of(&[])], &[of(&[("rights", RIGHTS)])]);
    let text = folder.run("diff old.json new.json").told();
    assert!(text.contains("grants `cluster-admin` to `robot`"), "{text}");
    // So is an object that comes within one, what becomes privileged, and a text with macros.
    let macros = "kind: ClusterRoleBinding\nmetadata: {name: {{ .spectro.var.x }}-y}\n";
    let plain = PRIVILEGED.replace("true", "false");
    for (old, new, words) in [
        (
            "kind: ConfigMap\nmetadata: {name: a}\n",
            &*format!("kind: ConfigMap\nmetadata: {{name: a}}\n---\n{RIGHTS}"),
            "cluster-admin",
        ),
        (&*plain, PRIVILEGED, "runs privileged"),
        ("x: {{ y }}-z\n", macros, "grants rights"),
    ] {
        sides(&folder, &[of(&[("m", old)])], &[of(&[("m", new)])]);
        let text = folder.run("diff old.json new.json").told();
        let named = text.split("Look at this").nth(1).unwrap_or_default();
        assert!(named.contains(words), "{text}");
        sides(&folder, &[of(&[("m", new)])], &[of(&[("m", new)])]);
        assert!(
            !folder
                .run("diff old.json new.json")
                .told()
                .contains("Look at this")
        );
    }
}

#[test]
fn a_pack_under_another_name_is_compared() {
    let folder = Scratch::new();
    let values = |chart: &str, sysctl: u8| {
        format!(
            "pack: {{namespace: a}}\ncharts:\n  {chart}:\n    sysctl: {sysctl}\n    image: x\n    more: {{a: 1, b: 2}}\n"
        )
    };
    let (old, new) = (values("portworx", 1), values("portworx-generic", 2));
    sides(
        &folder,
        &[layer("px", &old, &[])],
        &[layer("px-renamed", &new, &[])],
    );
    let report = folder.run("diff old.json new.json --format json").json();
    let changes = report["changes"].as_array().expect("a list");
    let paths: Vec<&str> = changes
        .iter()
        .filter_map(|change| change["path"].as_str())
        .collect();
    assert_eq!(paths, ["", "charts.portworx-generic.sysctl"]);
    assert_eq!(changes[0]["content"], json!([]));

    // Of packs that have little in common, only that is compared, and their texts are shown.
    let other = "pack: {namespace: b}\ncharts: {nginx: {x: 1, y: 2, z: 3, image: y}}\n";
    sides(
        &folder,
        &[layer("px", &old, &[])],
        &[layer("nginx", other, &[])],
    );
    let report = folder.run("diff old.json new.json --format json").json();
    let changes = report["changes"].as_array().expect("a list");
    let paths: Vec<&str> = changes
        .iter()
        .filter_map(|change| change["path"].as_str())
        .collect();
    assert_eq!(paths, ["", "charts.nginx.image"]);
    let texts: Vec<&Value> = (0..2)
        .map(|at| &changes[0]["content"][at]["text"])
        .collect();
    assert_eq!(texts, [&json!(old), &json!(other)]);
}

#[test]
fn a_profile_that_comes_shows_its_layers() {
    let folder = Scratch::new();
    let profile = |name: &str, layers: &[Value]| {
        json!({
            "metadata": {"name": name, "description": "", "labels": {}},
            "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": layers}},
        })
        .to_string()
    };
    let first = profile("first", &[layer("a", "x: 1\n", &[])]);
    write(&folder, "old/first.json", &first);
    write(&folder, "new/first.json", &first);
    write(
        &folder,
        "new/second.json",
        profile("second", &[layer("b", "y: 1\n", &[("rights", RIGHTS)])]),
    );
    let run = folder.run("diff old new --full");
    run.ends(1);
    let text = run.told();
    assert!(
        text.contains("y: 1") && text.contains("grants `cluster-admin` to `robot`"),
        "{text}"
    );
}

#[test]
fn alike_changes_are_one_line_with_a_count() {
    let folder = Scratch::new();
    let images = |version: &str| {
        let images = (0..23).map(|number| format!("  - image: quay.io/x/i{number}:{version}\n"));
        format!(
            "pack:\n content:\n  images:\n{}",
            images.collect::<String>()
        )
    };
    sides(
        &folder,
        &[layer("many", &images("v1.17.4"), &[])],
        &[layer("many", &images("v1.19.2"), &[])],
    );
    let text = folder.run("diff old.json new.json").told();
    let line = "~ pack.content.images[*].image: 23 items: v1.17.4 -> v1.19.2 (23)";
    assert!(text.contains(line), "{text}");
    assert_eq!(text.matches("v1.19.2").count(), 1, "{text}");
    let full = folder.run("diff old.json new.json --full").told();
    assert_eq!(full.matches("v1.19.2").count(), 23, "{full}");
    let markdown = folder
        .run("diff old.json new.json --format markdown")
        .told();
    assert!(
        markdown.contains("23 items: v1.17.4 -> v1.19.2 (23)"),
        "{markdown}"
    );
}

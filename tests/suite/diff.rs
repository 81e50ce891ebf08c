//! A comparison tells what changed in meaning, where, and nothing else.

use crate::common::built_in;
use serde_json::{Value, json};
use vmo_ra::diagnostic::Source;
use vmo_ra::diff::{ChangeKind, Impact, Input, Options, Part, Report, compare};
use vmo_ra::profile::{Profile, read};
use vmo_ra::render::{Request, render};
use vmo_ra::revision::Role;

fn input(name: &str, profiles: Vec<Profile>) -> Input {
    Input {
        name: name.to_owned(),
        profiles,
        revision: None,
    }
}

/// A profile of one add-on layer with these values and manifests.
fn profile(values: &str, manifests: &[(&str, &str)]) -> Profile {
    let manifests: Vec<Value> = manifests
        .iter()
        .map(|(name, content)| json!({"name": name, "content": content}))
        .collect();
    let text = json!({
        "metadata": {"name": "p", "description": "", "labels": {}},
        "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": [
            {"name": "pack", "type": "oci", "layer": "addon", "version": "1.0.0", "tag": "1.0.0", "values": values,
             "registry": {"metadata": {}}, "manifests": manifests}
        ]}, "variables": []}
    });
    read(&Source::new("p.json", text.to_string())).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn report_of(old: Vec<Profile>, new: Vec<Profile>, options: &Options) -> Report {
    compare(
        &input("old", old),
        &input("new", new),
        built_in::library(),
        options,
    )
    .unwrap_or_else(|problem| panic!("{problem}"))
}

/// The changes between two values texts, one line each: `kind path old new`.
fn changes(old: &str, new: &str) -> Vec<String> {
    lines(&report_of(
        vec![profile(old, &[])],
        vec![profile(new, &[])],
        &Options::default(),
    ))
}

fn lines(report: &Report) -> Vec<String> {
    report
        .changes
        .iter()
        .map(|change| {
            let value = |shown: &Option<vmo_ra::diff::Shown>| match serde_json::to_value(shown)
                .expect("JSON")
            {
                Value::Null => "-".to_owned(),
                other => other.get("value").unwrap_or(&other).to_string(),
            };
            let mut line = format!(
                "{:?} {} {} {}",
                change.kind,
                change.path,
                value(&change.old),
                value(&change.new)
            );
            for hunk in &change.lines {
                for text in &hunk.lines {
                    line.push_str(&format!(" |{:?} {}", text.side, text.text));
                }
            }
            for remark in &change.remarks {
                line.push_str(&format!(" ({remark})"));
            }
            line
        })
        .collect()
}

fn rendered(revision: &str, site: &str) -> Input {
    let site = crate::common::site(site);
    let revision = built_in::revision(revision);
    let rendered = render(&Request {
        site: &site,
        revision,
        library: built_in::library(),
        profiles: &Role::ALL,
        published: false,
    });
    Input {
        name: revision.name.clone(),
        profiles: rendered
            .unwrap_or_else(|problems| panic!("{problems:?}"))
            .profiles
            .into_iter()
            .map(|profile| profile.profile)
            .collect(),
        revision: Some(revision.clone()),
    }
}

#[test]
fn the_same_is_no_difference() {
    for revision in ["1.7.0", "1.9.0"] {
        let (old, new) = (rendered(revision, ""), rendered(revision, ""));
        for text in [false, true] {
            let options = Options {
                text,
                ..Options::default()
            };
            let report = compare(&old, &new, built_in::library(), &options).expect("a report");
            assert_eq!(lines(&report), Vec::<String>::new());
            assert_eq!(report.summary.worst, None);
        }
    }
}

#[test]
fn notation_is_no_change() {
    let old = "# head\na: 1\nb:\n  c: 'x' # why\n  d: [1, 2]\ne: |-\n  t\n";
    let new = "e: \"t\"\nb: {d: [1, 2], c: x}\n\n\na:    1\n";
    assert_eq!(changes(old, new), Vec::<String>::new());
    let options = Options {
        text: true,
        ..Options::default()
    };
    let report = report_of(vec![profile(old, &[])], vec![profile(new, &[])], &options);
    assert_eq!(report.changes.len(), 1);
    assert_eq!(report.changes[0].kind, ChangeKind::Text);
    assert_eq!(report.changes[0].impact, Impact::Review);
    let new = "b: {d: [1, 2], c: y}\na:    1\ne: t\n";
    let report = report_of(vec![profile(old, &[])], vec![profile(new, &[])], &options);
    let kinds: Vec<ChangeKind> = report.changes.iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Changed, ChangeKind::Text]);
}

#[test]
fn yaml_is_read_as_palettes_go_reads_it() {
    assert_eq!(
        changes(
            "a: yes\nb: 0644\nc: 1_000\nd: ~\n",
            "a: true\nb: 420\nc: 1000\nd:\n"
        ),
        Vec::<String>::new()
    );
    assert_eq!(changes("a: 12:30\n", "a: '12:30'\n"), Vec::<String>::new());
    assert_eq!(
        changes("a: '5'\n", "a: 5\n"),
        ["Retyped a \"5\" 5 (a text becomes a number)"]
    );
    assert_eq!(
        changes("a: 'true'\n", "a: true\n"),
        ["Retyped a \"true\" true (a text becomes a boolean)"]
    );
    assert_eq!(changes("a: 1.0\n", "a: 1\n"), Vec::<String>::new());
}

#[test]
fn items_of_lists_are_known_by_what_they_are() {
    assert_eq!(
        changes(
            "env:\n- {name: A, value: x}\n- {name: B, value: b}\n- {name: C, value: z}\n",
            "env:\n- {name: C, value: z}\n- {name: A, value: changed}\n- {name: D, value: new}\n",
        ),
        [
            "Moved env[name=C] 3 1 (a later variable may contain an earlier one, the last of two wins, and pods are replaced)",
            "Changed env[name=A].value \"x\" \"changed\"",
            "Removed env[name=B] {\"name\":\"B\",\"value\":\"b\"} -",
            "Added env[name=D] - {\"name\":\"D\",\"value\":\"new\"} (item 3 of 3)",
        ]
    );
    assert_eq!(
        changes(
            "images:\n- image: a/b:v1\n- image: a/c:v1\n",
            "images:\n- image: a/c:v1\n- image: a/b:v2\n"
        )
        .len(),
        2
    );
    assert_eq!(
        changes(
            "images:\n- image: r.io:5000/a/b:v1\n",
            "images:\n- image: r.io:5000/a/b:v2\n"
        ),
        ["Changed images[image=r.io:5000/a/b].image \"r.io:5000/a/b:v1\" \"r.io:5000/a/b:v2\""]
    );
    assert_eq!(
        changes("d: [size=150]\n", "d: [size=1024]\n"),
        ["Changed d[0] \"size=150\" \"size=1024\""]
    );
    assert_eq!(
        changes("d: [a, b, c]\n", "d: [c, a, x]\n"),
        [
            "Moved d[=c] 3 1",
            "Removed d[=b] \"b\" -",
            "Added d[=x] - \"x\" (item 3 of 3)"
        ]
    );
    assert_eq!(
        changes(
            "t:\n- {key: a, operator: Exists, effect: NoSchedule}\n",
            "t:\n- {operator: Exists, key: b, effect: NoSchedule}\n- {key: a, operator: Exists, effect: NoSchedule}\n"
        ),
        [
            "Added t[toleration=b:Exists:NoSchedule] - {\"operator\":\"Exists\",\"key\":\"b\",\"effect\":\"NoSchedule\"} (item 1 of 2)"
        ]
    );
    assert_eq!(
        changes(
            "l:\n- {a: {x: 1}}\n- {b: 1}\n",
            "l:\n- {b: 1}\n- {a: {x: 2}}\n"
        )
        .len(),
        2,
        "items without a name"
    );
}

#[test]
fn texts_are_compared_by_line_and_trees_inside_texts_as_trees() {
    assert_eq!(
        changes(
            "s: |\n  #!/bin/sh\n  echo a\n  exit\n",
            "s: |\n  #!/bin/sh\n  echo b\n  exit\n"
        ),
        ["Changed s - - |Both #!/bin/sh |Old echo a |New echo b |Both exit |Both "]
    );
    assert_eq!(
        changes(
            "c: '{\"a\": 1, \"b\": [1]}'\n",
            "c: '{\"b\":[1],\"a\":2}'\n"
        ),
        ["Changed c(json).a 1 2"]
    );
    assert_eq!(
        changes(
            "c: |\n  # why\n  kind: X\n  max: 1\n",
            "c: |\n  max: 2\n  kind: X\n"
        ),
        ["Changed c(yaml).max 1 2"]
    );
}

#[test]
fn files_and_commands_of_nodes_are_what_they_are() {
    let values = |max: u32, command: &str, toml: &str| {
        format!(
            "kubeadmconfig:\n  preKubeadmCommands:\n  - echo a\n  - {command}\n  files:\n  - targetPath: /etc/k.conf\n    targetPermissions: '0644'\n    content: |\n      # kubelet\n      maxPods: {max}\n  - targetPath: /etc/c/config.toml\n    content: |\n      {toml}\n"
        )
    };
    let report = report_of(
        vec![profile(&values(110, "echo b", "version = 2"), &[])],
        vec![profile(&values(250, "echo c", "version   = 3 # x"), &[])],
        &Options::default(),
    );
    let found: Vec<(Part, String)> = report
        .changes
        .iter()
        .map(|change| (change.part.clone(), change.path.clone()))
        .collect();
    assert_eq!(
        found,
        [
            (
                Part::File("/etc/k.conf".to_owned()),
                "(yaml).maxPods".to_owned()
            ),
            (
                Part::File("/etc/c/config.toml".to_owned()),
                "(toml).version".to_owned()
            ),
            (
                Part::Commands("preKubeadmCommands".to_owned()),
                String::new()
            ),
        ],
        "{:#?}",
        lines(&report)
    );
}

const NAD: &str = "apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {name: a, namespace: default}\nspec:\n  config: |-\n    {\"vlan\": 30}\n";

#[test]
fn manifests_are_compared_as_objects() {
    let report = |old: &[(&str, &str)], new: &[(&str, &str)]| {
        lines(&report_of(
            vec![profile("", old)],
            vec![profile("", new)],
            &Options::default(),
        ))
    };
    assert_eq!(
        report(&[("nad", NAD)], &[("nad", &NAD.replace("30", "31"))]),
        ["Changed spec.config(json).vlan 30 31"]
    );
    let map = |name: &str, value: &str| {
        format!("kind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{k: {value}}}\n")
    };
    let two = |a: &str, b: &str| format!("{}---\n{}", map("a", a), map("b", b));
    let swapped = format!("{}---\n{}", map("b", "2"), map("a", "9"));
    assert_eq!(
        report(&[("m", &two("1", "2"))], &[("m", &swapped)]),
        ["Changed [object=ConfigMap a].data.k 1 9"]
    );
    assert_eq!(
        report(&[("a", NAD), ("b", NAD)], &[("b", NAD), ("a", NAD)]),
        ["Moved  2 1"]
    );
}

#[test]
fn secrets_show_that_they_changed_and_nothing_else() {
    let secret = |token: &str, key: &str| {
        let data =
            json!({"FlashArrays": [{"MgmtEndPoint": "10.0.0.9", "APIToken": token}]}).to_string();
        let encoded: String = base64(data.as_bytes());
        format!("kind: Secret\nmetadata: {{name: s}}\n{key}: {{pure.json: {encoded}}}\n")
    };
    let (old, new) = (secret("hunter2-old", "data"), secret("hunter2-new", "data"));
    let values = |password: &str| {
        format!(
            "grafana: {{adminPassword: {password}}}\nscript: |\n  set -e\n  export password={password}\n"
        )
    };
    let sides = |options: &Options| {
        report_of(
            vec![profile(
                &values("hunter2-old"),
                &[("s", &old), ("gone", &old)],
            )],
            vec![profile(&values("hunter2-new"), &[("s", &new)])],
            options,
        )
    };
    let hidden = serde_json::to_string(&sides(&Options::default())).expect("JSON");
    assert!(!hidden.contains("hunter2"), "{hidden}");
    assert!(!hidden.contains(&base64(b"hunter2")[..8]), "{hidden}");
    let report = sides(&Options::default());
    assert_eq!(report.changes.len(), 4, "{:#?}", lines(&report));
    assert!(
        report
            .changes
            .iter()
            .any(|change| change.path == "data.pure\\.json(base64)(json).FlashArrays[0].APIToken"),
        "{:#?}",
        lines(&report)
    );
    let shown = serde_json::to_string(&sides(&Options {
        show_secrets: true,
        ..Options::default()
    }))
    .expect("JSON");
    assert!(shown.contains("hunter2-old") && shown.contains("hunter2-new"));
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn a_replaced_pack_is_one_change() {
    let old = rendered("1.9.0", "");
    let new = rendered("1.9.0", "ingress: {controller: traefik}");
    let report = compare(&old, &new, built_in::library(), &Options::default()).expect("a report");
    let of_layer: Vec<&vmo_ra::diff::Change> = report
        .changes
        .iter()
        .filter(|change| change.layer.as_deref() == Some("traefik"))
        .collect();
    assert_eq!(of_layer.len(), 1, "{:#?}", lines(&report));
    assert_eq!(of_layer[0].kind, ChangeKind::Changed);
    assert!(
        report
            .changes
            .iter()
            .all(|change| change.layer.as_deref() != Some("nginx"))
    );
}

#[test]
fn a_switched_preset_explains_its_values() {
    let report = compare(
        &rendered("1.9.0", ""),
        &rendered("1.9.0", "network: {clusterOnBridge: true}"),
        built_in::library(),
        &Options::default(),
    )
    .expect("a report");
    let cilium: Vec<_> = report
        .changes
        .iter()
        .filter(|change| change.layer.as_deref() == Some("cni-cilium-oss"))
        .map(|change| (change.path.as_str(), change.preset.as_deref()))
        .collect();
    let title = Some("VMO - Bridge interface: vmo-auto -> vmo-br0");
    assert_eq!(
        cilium,
        [
            ("", None),
            ("charts.cilium.bpf.hostLegacyRouting", title),
            ("charts.cilium.devices", title),
        ]
    );
}

#[test]
fn versions_tell_their_step_and_what_they_skip() {
    let report = compare(
        &rendered("1.7.0", ""),
        &rendered("1.9.0", ""),
        built_in::library(),
        &Options::default(),
    )
    .expect("a report");
    let kubernetes = report
        .changes
        .iter()
        .find(|change| change.layer.as_deref() == Some("kubernetes") && change.path == "version")
        .expect("it changes");
    assert_eq!(
        kubernetes.remarks,
        [
            "a minor version",
            "skips 1.33: Kubernetes is upgraded one minor version at a time"
        ]
    );
    assert_eq!(kubernetes.impact, Impact::Breaks);
    assert_eq!(kubernetes.section.as_deref(), Some("Kubernetes layer"));
    assert_eq!(report.summary.worst, Some(Impact::Breaks));
}

#[test]
fn what_is_no_yaml_is_compared_as_text_with_a_note() {
    let report = report_of(
        vec![profile("a: [1\n", &[])],
        vec![profile("a: [2\n", &[])],
        &Options::default(),
    );
    assert_eq!(
        report.notes,
        ["the values of `pack` are not YAML; they are compared as text"]
    );
    assert_eq!(report.changes.len(), 1);
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g]\n";
    let report = report_of(
        vec![profile(bomb, &[])],
        vec![profile("a: 1\n", &[])],
        &Options::default(),
    );
    assert_eq!(report.notes.len(), 1, "{:?}", report.notes);
}

#[test]
fn two_of_one_name_are_noted() {
    let mut twice = profile("a: 1\n", &[]);
    let layer = twice.spec.template.packs[0].clone();
    twice.spec.template.packs.push(layer);
    let report = report_of(vec![twice.clone()], vec![twice], &Options::default());
    assert_eq!(report.changes, []);
    assert_eq!(report.notes, ["the profile `p` has two layers `pack`"]);
}

#[test]
fn only_and_ignore_choose_places() {
    let sides = |only: &[&str], ignore: &[&str]| {
        let options = Options {
            only: only.iter().map(|place| (*place).to_owned()).collect(),
            ignore: ignore.iter().map(|place| (*place).to_owned()).collect(),
            ..Options::default()
        };
        report_of(
            vec![profile("a: {b: 1}\nc: 1\n", &[])],
            vec![profile("a: {b: 2}\nc: 2\n", &[])],
            &options,
        )
        .changes
        .len()
    };
    assert_eq!(sides(&[], &[]), 2);
    assert_eq!(sides(&["pack/values/a"], &[]), 1);
    assert_eq!(sides(&[], &["pack/values/c"]), 1);
    assert_eq!(sides(&["pack"], &["*.b"]), 1);
}

/// What differs in notation alone is none, and what a reader takes in another way is one.
#[test]
fn values_mean_what_their_reader_takes_them_for() {
    let cases: [(&str, &str, &[&str]); 27] = [
        ("a: ~\nb: 1\n", "b: 1\n", &["Removed a null -"]),
        ("a: ~\n", "a: ''\n", &["Changed a null \"\""]),
        ("a: null\n", "a:\n", &[]),
        ("a: {}\n", "a:\n", &["Changed a {} null"]),
        ("x: &x {a: 1}\ny: *x\n", "x: {a: 1}\ny: {a: 1}\n", &[]),
        (
            "x: &x {a: 1}\ny: *x\n",
            "x: &x {a: 2}\ny: *x\n",
            &["Changed x.a 1 2", "Changed y.a 1 2"],
        ),
        (
            "b: &b {a: 1, c: 2}\ny:\n  <<: *b\n  c: 3\n",
            "b: &b {a: 1, c: 2}\ny: {a: 1, c: 3}\n",
            &[],
        ),
        (
            "a: 9007199254740993\n",
            "a: 9007199254740992\n",
            &["Changed a 9007199254740993 9007199254740992"],
        ),
        ("a: 1\nb: 1e3\n", "a: 1.0\nb: 1000\n", &[]),
        ("mode: 0644\n", "mode: 420\n", &[]),
        (
            "a: yes\nb: on\n",
            "a: true\nb: 'on'\n",
            &["Changed b true \"on\" (a boolean becomes a text)"],
        ),
        ("a: 1\na: 2\n", "a: 2\n", &[]),
        ("a: 1\r\nb: |\r\n  x\r\n", "a: 1\nb: |\n  x\n", &[]),
        (
            "a: {x: 1,\nb: y}\n",
            "a: {x: 1,\nb: z}\n",
            &["Changed a.b true \"z\" (a boolean becomes a text)"],
        ),
        (
            "a: [x,\nb: y]\nc: 1\n",
            "a: [x,\nb: z]\nc: 1\n",
            &["Changed a[1].b true \"z\" (a boolean becomes a text)"],
        ),
        (
            "a: [[1, 2], [3]]\n",
            "a: [[1, 2], [4]]\n",
            &["Changed a[1][0] 3 4"],
        ),
        ("a: x\n", "a: [x]\n", &["Changed a \"x\" [\"x\"]"]),
        (
            "a: \u{e9}\n",
            "a: e\u{301}\n",
            &["Changed a \"\u{e9}\" \"e\u{301}\""],
        ),
        ("a: 1\n", "a: 1\n\n\n", &[]),
        ("a: 1 # x\n", "a: 1 # y\n", &[]),
        (
            "a.b: 1\na: {b: 2}\n",
            "a.b: 2\na: {b: 1}\n",
            &["Changed a\\.b 1 2", "Changed a.b 2 1"],
        ),
        ("", "a: 1\n", &["Added a - 1"]),
        (
            "a: {{.spectro.var.x}}\nb: 1\n",
            "a: '{{.spectro.var.x}}'\nb: 1\n",
            &[],
        ),
        (
            "a: {{.x}}\nb: {{.y}}-z\n",
            "a: {{.x}}\nb: {{.y}}-w\n",
            &["Changed b \"{{.y}}-z\" \"{{.y}}-w\""],
        ),
        (
            "l:\n- {{.x}}\n- b\n",
            "l:\n- {{.x}}\n- c\n",
            &["Removed l[=b] \"b\" -", "Added l[=c] - \"c\" (item 2 of 2)"],
        ),
        (
            "a: &q 1\nb: {{.x}}\n",
            "a: &q 2\nb: {{.x}}\n",
            &["Changed a 1 2"],
        ),
        (
            "l:\n- {name: a}\n- {name: b}\n",
            "l:\n- {name: b}\n- {name: a}\n",
            &["Moved l[name=b] 2 1"],
        ),
    ];
    let mut wrong = Vec::new();
    for (old, new, expected) in cases {
        let found = changes(old, new);
        if found != expected {
            wrong.push(format!("{old:?} {new:?}: {found:?}"));
        }
    }
    crate::common::nothing_wrong(&wrong);
}

/// Objects are known by what they are, wherever they stand.
#[test]
fn objects_are_followed_through_documents_and_manifests() {
    let map = |name: &str, value: u8| {
        format!(
            "kind: ConfigMap\nmetadata: {{name: {name}, namespace: d}}\ndata: {{a: '{value}'}}\n"
        )
    };
    let both = |one: String, other: String| format!("{one}---\n{other}");
    let found = |old: &[(&str, String)], new: &[(&str, String)]| {
        let profile = |manifests: &[(&str, String)]| {
            let texts: Vec<(&str, &str)> = manifests
                .iter()
                .map(|(name, text)| (*name, text.as_str()))
                .collect();
            profile("", &texts)
        };
        lines(&report_of(
            vec![profile(old)],
            vec![profile(new)],
            &Options::default(),
        ))
    };
    let (one, other) = (map("one", 1), map("other", 1));
    // In another order, with a mark more or a licence above, it is the same.
    for text in [
        both(other.clone(), one.clone()),
        format!("---\n{}\n---\n", both(one.clone(), other.clone())),
        format!("# A licence.\n---\n{}", both(one.clone(), other.clone())),
    ] {
        let old = [("m", both(one.clone(), other.clone()))];
        assert_eq!(found(&old, &[("m", text)]), [""; 0]);
    }
    let changed = "Changed [object=ConfigMap d/one].data.a \"1\" \"2\"";
    assert_eq!(
        found(
            &[("m", both(one.clone(), other.clone()))],
            &[("m", both(other.clone(), map("one", 2)))]
        ),
        [changed]
    );
    // A document that is broken on both sides does not hide the others.
    assert_eq!(
        found(
            &[(
                "m",
                both("a: [\n".to_owned(), both(one.clone(), other.clone()))
            )],
            &[(
                "m",
                both("a: [\n".to_owned(), both(map("one", 2), other.clone()))
            )]
        ),
        [changed]
    );
    assert_eq!(
        found(
            &[("m", format!("# a\n---\n{one}"))],
            &[("m", format!("# b\n---\n{}", map("one", 2)))]
        ),
        ["Changed data.a \"1\" \"2\""]
    );
    assert_eq!(
        found(
            &[("m", both(one.clone(), other.clone())), ("n", map("z", 1))],
            &[
                ("m", other.clone()),
                ("n", both(map("z", 1), map("one", 2)))
            ]
        ),
        ["Moved [object=ConfigMap d/one] \"m\" \"n\"", changed]
    );
    assert_eq!(
        found(
            &[("m", one.replace("{a: '1'}", "\n  a: {{.x}}"))],
            &[("m", one.replace("{a: '1'}", "\n  a: {{.y}}"))]
        ),
        ["Changed data.a \"{{.x}}\" \"{{.y}}\""]
    );
    assert_eq!(
        found(
            &[("m", both(one.clone(), one.clone()))],
            &[("m", both(one.clone(), map("one", 2)))]
        ),
        ["Changed [object=ConfigMap d/one].data.a \"1\" \"2\""]
    );
}

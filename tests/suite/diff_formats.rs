//! The forms of a diff: what is written is what lies in tests/diff_formats/, and nothing in a profile can break out of it.
//!
//! After a wanted change: `VMO_RA_ACCEPT=1 cargo test --test suite diff_formats::`, then read the difference with git before it
//! is committed.

use crate::common::harness::is_golden;

use crate::common::nothing_wrong;
use crate::common::schema::{compile, complaints};
use serde_json::{Value, json};
use vmo_ra::diff::format::{TextOptions, json, json_schema, markdown, text};
use vmo_ra::diff::{
    Change, ChangeKind, FORMAT, Hunk, Impact, ImpactCount, LayerPair, Line, PackVersion, Part,
    ProfileName, ProfilePair, Report, Shown, Side, Summary, VersionStep,
};

/// The limit of a comment that `vmo-ra diff` uses.
const COMMENT: usize = 65_000;

fn value(value: Value) -> Option<Shown> {
    Some(Shown::Value { value })
}

fn secret(hash: &str) -> Option<Shown> {
    Some(Shown::Secret {
        secret: hash.to_owned(),
    })
}

fn line(side: Side, text: &str) -> Line {
    Line {
        side,
        text: text.to_owned(),
    }
}

fn change(profile: &str, layer: &str, part: Part, path: &str, kind: ChangeKind) -> Change {
    Change {
        id: "0123456789ab".to_owned(),
        profile: profile.to_owned(),
        layer: (!layer.is_empty()).then(|| layer.to_owned()),
        part,
        path: path.to_owned(),
        kind,
        old: None,
        new: None,
        lines: Vec::new(),
        content: Vec::new(),
        preset: None,
        impact: Impact::Review,
        because: "".into(),
        section: None,
        remarks: Vec::new(),
    }
}

/// Changes of a cluster's operating system and Kubernetes.
fn infra() -> Vec<Change> {
    let repave = |layer: &str, part, path: &str, kind| Change {
        impact: Impact::Repave,
        because: "A change of the operating system or Kubernetes layer makes new nodes.".into(),
        ..change("vmo-infra", layer, part, path, kind)
    };
    let free = "Kube-proxy replacement: ebpf-kubeproxy -> ebpf-kubeproxy-free";
    vec![
        Change {
            old: value(json!("1.32.3")),
            new: value(json!("1.34.2")),
            section: Some("Software versions".to_owned()),
            remarks: vec!["minor".to_owned(), "skips 1.33".to_owned()],
            ..repave("kubernetes", Part::Layer, "version", ChangeKind::Changed)
        },
        Change {
            old: value(json!("ebpf-kubeproxy")),
            new: value(json!("ebpf-kubeproxy-free")),
            ..repave(
                "kubernetes",
                Part::Preset("Kube-proxy replacement".to_owned()),
                "",
                ChangeKind::Changed,
            )
        },
        Change {
            new: value(json!(["addon/kube-proxy"])),
            preset: Some(free.to_owned()),
            ..repave(
                "kubernetes",
                Part::Values,
                "kubeadmconfig.skipPhases",
                ChangeKind::Added,
            )
        },
        Change {
            old: value(json!(110)),
            new: value(json!("110")),
            remarks: vec!["a number becomes a text".to_owned()],
            ..repave(
                "kubernetes",
                Part::Values,
                "kubeadmconfig.apiServer.extraArgs[name=max-pods].value",
                ChangeKind::Retyped,
            )
        },
        Change {
            new: value(json!(
                "[Unit]\nDescription=VLANs\n[Service]\nType=oneshot\nExecStart=/usr/bin/vlans\n[Install]\nWantedBy=multi-user.target\n"
            )),
            because: "A node's files are written when it is made.".into(),
            ..repave(
                "ubuntu",
                Part::File("/etc/systemd/system/vlans.service".to_owned()),
                "",
                ChangeKind::Added,
            )
        },
        Change {
            lines: vec![
                Hunk {
                    old_start: 8,
                    new_start: 8,
                    lines: vec![
                        line(Side::Both, "defaults {"),
                        line(Side::Old, "\tfind_multipaths no"),
                        line(Side::New, "\tfind_multipaths yes "),
                        line(Side::Both, ""),
                        line(Side::Both, "}"),
                    ],
                },
                Hunk {
                    old_start: 120,
                    new_start: 120,
                    lines: vec![
                        line(
                            Side::New,
                            "# a very long line of a comment that needs more than one line of any terminal, since it goes on and on, and then on again",
                        ),
                        line(Side::Both, "blacklist {"),
                    ],
                },
            ],
            because: "A node's files are written when it is made.".into(),
            ..repave(
                "ubuntu",
                Part::File("/etc/multipath.conf".to_owned()),
                "",
                ChangeKind::Changed,
            )
        },
        Change {
            lines: vec![Hunk {
                old_start: 1,
                new_start: 1,
                lines: vec![
                    line(Side::Old, "- sysctl --system"),
                    line(Side::New, "- echo '```' && sysctl --system"),
                ],
            }],
            ..repave(
                "ubuntu",
                Part::Commands("preKubeadmCommands".to_owned()),
                "",
                ChangeKind::Changed,
            )
        },
    ]
}

/// Changes of add-ons, of every kind.
fn core() -> Vec<Change> {
    let live = |layer: &str, part, path: &str, kind| Change {
        impact: Impact::Live,
        ..change("vmo-core", layer, part, path, kind)
    };
    vec![
        Change {
            old: value(json!("1.7.0")),
            new: value(json!("1.9.0")),
            ..change(
                "vmo-core",
                "",
                Part::Profile,
                "version",
                ChangeKind::Changed,
            )
        },
        Change {
            old: secret("3f9a1c"),
            new: secret("b07d44"),
            impact: Impact::NewObjects,
            because: "A variable that is immutable is set when a cluster is made.".into(),
            ..change(
                "vmo-core",
                "",
                Part::Variable("portworx_token".to_owned()),
                "default",
                ChangeKind::Changed,
            )
        },
        Change {
            impact: Impact::NewObjects,
            old: value(json!({"repl": "2", "io_profile": "db_remote"})),
            because: "The parameters of a StorageClass cannot be changed.".into(),
            ..change(
                "vmo-core",
                "portworx",
                Part::Manifest("storage-classes".to_owned()),
                "StorageClass/px-vm.parameters",
                ChangeKind::Removed,
            )
        },
        Change {
            impact: Impact::Restart,
            because: "A changed pod template makes new pods.".into(),
            old: value(json!("10.20.0.0/16")),
            ..change(
                "vmo-core",
                "portworx",
                Part::Values,
                "charts.portworx.env[name=NETWORK].value",
                ChangeKind::Changed,
            )
        },
        Change {
            impact: Impact::Restart,
            because: "A changed pod template makes new pods.".into(),
            new: value(json!({
                "limits": {"cpu": "2", "memory": "4Gi", "hugepages-2Mi": "512Mi"},
                "requests": {"cpu": "500m", "memory": "1Gi"},
                "claims": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]
            })),
            ..change(
                "vmo-core",
                "portworx",
                Part::Values,
                "charts.portworx.resources",
                ChangeKind::Added,
            )
        },
        Change {
            old: value(json!(3)),
            new: value(json!(1)),
            ..live(
                "metallb",
                Part::Values,
                "charts.metallb.peers[name=tor-a]",
                ChangeKind::Moved,
            )
        },
        live("metallb", Part::Layer, "", ChangeKind::Added),
        Change {
            new: value(json!("frr-k8s")),
            because: "Nothing explains itself by this preset.".into(),
            ..live(
                "metallb",
                Part::Preset("BGP".to_owned()),
                "",
                ChangeKind::Added,
            )
        },
        Change {
            old: value(json!("a: 1")),
            new: value(json!("a: 2")),
            preset: Some("BGP: none -> frr-k8s".to_owned()),
            because: "A preset of another reason.".into(),
            ..live(
                "metallb",
                Part::Values,
                "charts.metallb.bgp",
                ChangeKind::Changed,
            )
        },
        Change {
            impact: Impact::Review,
            lines: vec![Hunk {
                old_start: 3,
                new_start: 3,
                lines: vec![
                    line(Side::Old, "speaker: {frr: {enabled: true}}"),
                    line(Side::New, "speaker:"),
                    line(Side::New, "  frr:"),
                    line(Side::New, "    enabled: true"),
                ],
            }],
            ..live("metallb", Part::Values, "", ChangeKind::Text)
        },
    ]
}

/// Names and values that try to be something else.
fn nasty() -> Vec<Change> {
    let odd = |path: &str, old: Value, new: Value| Change {
        old: value(old),
        new: value(new),
        ..change(
            "vm`o|templates",
            "<b>layer</b>",
            Part::Values,
            path,
            ChangeKind::Changed,
        )
    };
    let long = "x".repeat(300);
    vec![
        odd("a`b``c", json!("`"), json!("``` ` ```")),
        odd("pipe|path", json!("a|b"), json!("a\\|b")),
        odd(
            "<script>alert(1)</script>",
            json!("<img src=x>"),
            json!("</details>"),
        ),
        odd(
            "@admin",
            json!("@spectrocloud/all"),
            json!("[x](https://example.com)"),
        ),
        odd(
            "colour\u{1b}[31m",
            json!("\u{1b}]0;title\u{7}"),
            json!("\u{9b}2J\u{202e}txt.exe\r"),
        ),
        odd("long", json!(format!("{long}a")), json!(format!("{long}b"))),
        odd("漢字.寬", json!("広い文字"), json!("絵文字 🎉")),
        odd(
            "texts",
            json!("one\n```\n</details>\n"),
            json!("\u{1b}[2J\ntwo\n@admin\n~~~\n5\n6\n7\n"),
        ),
        odd("none", Value::Null, json!("")),
        odd(
            "macro",
            json!("{{.spectro.var.A}}"),
            json!(["{{.spectro.var.A}}", "on", 1.5, true]),
        ),
        Change {
            remarks: vec!["see #12 and @admin, <b>now</b>".to_owned()],
            section: Some("A | B `C`".to_owned()),
            preset: Some("Group|`x`: <a> -> @b".to_owned()),
            because: "It says *so* at https://example.com/a_b_c.".into(),
            ..odd("told", json!(false), json!(true))
        },
    ]
}

fn pack(pack: &str, version: &str) -> Option<PackVersion> {
    Some(PackVersion {
        pack: pack.to_owned(),
        version: version.to_owned(),
    })
}

fn layer(
    name: &str,
    kind: &str,
    old: Option<PackVersion>,
    new: Option<PackVersion>,
    step: Option<VersionStep>,
) -> LayerPair {
    LayerPair {
        name: name.to_owned(),
        kind: kind.to_owned(),
        old,
        new,
        step,
        changes: 0,
    }
}

fn profile(name: &str, versions: [Option<&str>; 2], layers: Vec<LayerPair>) -> ProfilePair {
    let [old, new] = versions.map(|version| {
        version.map(|version| ProfileName {
            name: name.to_owned(),
            version: version.to_owned(),
        })
    });
    ProfilePair {
        name: name.to_owned(),
        old,
        new,
        layers,
    }
}

fn profiles() -> Vec<ProfilePair> {
    let infra = vec![
        layer(
            "ubuntu",
            "os",
            pack("ubuntu", "22.04"),
            pack("ubuntu", "22.04"),
            None,
        ),
        layer(
            "kubernetes",
            "k8s",
            pack("kubernetes", "1.32.3"),
            pack("kubernetes", "1.34.2"),
            Some(VersionStep::Minor),
        ),
        layer(
            "cilium",
            "cni",
            pack("cilium", "1.17.1"),
            pack("cilium", "1.17.1"),
            None,
        ),
    ];
    let core = vec![
        layer(
            "portworx",
            "csi",
            pack("portworx-operator-with-a-long-name", "3.1.0"),
            pack("portworx", "3.4.1"),
            Some(VersionStep::Minor),
        ),
        layer("metallb", "addon", None, pack("metallb", "0.15.2"), None),
    ];
    let templates = vec![layer(
        "<b>layer</b>",
        "addon",
        pack("a", "1|2"),
        pack("a", "1.0.0"),
        None,
    )];
    vec![
        profile("vmo-infra", [Some("1.7.0"), Some("1.9.0")], infra),
        profile("vmo-core", [Some("1.7.0"), Some("1.9.0")], core),
        profile("vm`o|templates", [Some("1"), Some("1")], templates),
        profile("vmo-same", [Some("1.9.0"), Some("1.9.0")], Vec::new()),
        profile("vmo-gone", [Some("1.7.0"), None], Vec::new()),
    ]
}

/// A report of these changes whose counts are right.
fn report(mut profiles: Vec<ProfilePair>, changes: Vec<Change>, notes: &[&str]) -> Report {
    for profile in &mut profiles {
        for layer in &mut profile.layers {
            let in_layer = |change: &&Change| change.layer.as_ref() == Some(&layer.name);
            layer.changes = changes.iter().filter(in_layer).count();
        }
    }
    let impacts: Vec<ImpactCount> = Impact::ALL
        .into_iter()
        .map(|impact| ImpactCount {
            impact,
            changes: changes
                .iter()
                .filter(|change| change.impact == impact)
                .count(),
        })
        .filter(|count| count.changes > 0)
        .collect();
    Report {
        format: FORMAT,
        old: "1.7.0".to_owned(),
        new: "1.9.0".to_owned(),
        summary: Summary {
            changes: changes.len(),
            worst: impacts.first().map(|worst| worst.impact),
            impacts,
            notable: Vec::new(),
        },
        profiles,
        changes,
        notes: notes.iter().map(|note| (*note).to_owned()).collect(),
        ignored: Vec::new(),
    }
}

fn rich() -> Report {
    let changes = [infra(), core(), nasty()].concat();
    let notes = [
        "values of vmo-core/portworx are not YAML and are compared as text",
        "@admin: <b>\u{1b}[31mread\u{1b}[0m</b> [this](https://example.com)",
    ];
    report(profiles(), changes, &notes)
}

fn empty() -> Report {
    report(profiles(), Vec::new(), &[])
}

/// More changes than any comment holds.
fn many() -> Report {
    let changes = (0..4000).map(|number| Change {
        impact: Impact::ALL[number % 7],
        old: value(json!(number)),
        preset: (number % 7 == 0).then(|| "Group: a -> b".to_owned()),
        because: format!("Reason {}.", number % 3).into(),
        ..change(
            "vmo-core",
            ["portworx", "metallb"][number % 2],
            Part::Values,
            &format!("some.path[{number}]"),
            ChangeKind::Removed,
        )
    });
    report(
        profiles(),
        changes.collect(),
        &["a note that is not short"; 50],
    )
}

const PLAIN: TextOptions = TextOptions {
    width: 100,
    colour: false,
    stat: false,
    full: false,
};

#[test]
fn text_is_golden() {
    is_golden("tests/diff_formats/text-100.txt", text(&rich(), &PLAIN));
    is_golden(
        "tests/diff_formats/text-60.txt",
        text(&rich(), &TextOptions { width: 60, ..PLAIN }),
    );
    is_golden(
        "tests/diff_formats/text-unfolded.txt",
        text(&rich(), &TextOptions { width: 0, ..PLAIN }),
    );
}

#[test]
fn stat_is_golden() {
    is_golden(
        "tests/diff_formats/stat.txt",
        text(
            &rich(),
            &TextOptions {
                stat: true,
                ..PLAIN
            },
        ),
    );
}

#[test]
fn markdown_is_golden() {
    is_golden("tests/diff_formats/comment.md", markdown(&rich(), COMMENT));
    is_golden(
        "tests/diff_formats/comment-3000.md",
        markdown(&rich(), 3000),
    );
}

#[test]
fn json_is_golden() {
    is_golden("tests/diff_formats/report.json", json(&rich()));
}

#[test]
fn without_changes_every_form_says_so() {
    for stat in [false, true] {
        let options = TextOptions { stat, ..PLAIN };
        assert_eq!(text(&empty(), &options), "1.7.0 -> 1.9.0: no differences\n");
    }
    assert_eq!(
        markdown(&empty(), COMMENT),
        "### `1.7.0` -> `1.9.0`: no differences\n"
    );
    let form: Value = serde_json::from_str(&json(&empty())).expect("it is JSON");
    assert_eq!(
        form["summary"],
        json!({"changes": 0, "worst": null, "impacts": [], "notable": []})
    );
}

#[test]
fn json_has_the_shape_of_its_schema() {
    let schema: Value = serde_json::from_str(json_schema()).expect("the schema is JSON");
    assert_eq!(schema["properties"]["format"]["const"], FORMAT);
    let impacts = Impact::ALL.map(|impact| json!(impact.as_str()));
    assert_eq!(schema["$defs"]["impact"]["enum"], json!(impacts));
    assert!(jsonschema::meta::is_valid(&schema), "the schema is none");
    let validator = compile("diff", schema);
    let mut problems = Vec::new();
    for (name, report) in [("rich", rich()), ("empty", empty()), ("many", many())] {
        let form: Value = serde_json::from_str(&json(&report)).expect("it is JSON");
        problems.extend(complaints(name, &validator, &form));
    }
    nothing_wrong(&problems);
}

/// The schema names every key: another one at any level is refused.
#[test]
fn the_schema_is_closed() {
    let schema: Value = serde_json::from_str(json_schema()).expect("the schema is JSON");
    let validator = compile("diff", schema);
    let form: Value = serde_json::from_str(&json(&rich())).expect("it is JSON");
    for pointer in [
        "",
        "/summary",
        "/summary/impacts/0",
        "/profiles/0",
        "/profiles/0/new",
        "/profiles/0/layers/0",
        "/profiles/0/layers/0/new",
        "/changes/0",
        "/changes/0/part",
        "/changes/1/part",
        "/changes/0/old",
        "/changes/8/old",
        "/changes/5/lines/0",
        "/changes/5/lines/0/lines/0",
    ] {
        let mut form = form.clone();
        let place = form.pointer_mut(pointer).expect("there is such a place");
        place["besides"] = json!(1);
        assert!(!validator.is_valid(&form), "{pointer} is open");
    }
}

#[test]
fn json_is_read_back_unchanged() {
    let report = rich();
    let written = json(&report);
    assert!(written.ends_with("}\n") && !written.ends_with("\n\n"));
    let read: Value = serde_json::from_str(&written).expect("it is JSON");
    assert_eq!(
        read,
        serde_json::to_value(&report).expect("it has a JSON form")
    );
}

/// Whether a terminal would do something else than print this.
fn is_obeyed(c: char) -> bool {
    c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c)
}

#[test]
fn a_terminal_obeys_nothing_from_a_profile() {
    for (name, form) in [
        ("text", text(&rich(), &PLAIN)),
        ("markdown", markdown(&rich(), COMMENT).replace('\t', " ")),
        ("json", json(&rich())),
    ] {
        let found: Vec<char> = form.chars().filter(|c| is_obeyed(*c)).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

/// Takes out the codes that switch colours.
fn without_colours(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split('\u{1b}').enumerate() {
        let shown = match (index, part.split_once('m')) {
            (0, _) => part,
            (_, Some((code, shown))) => {
                let digits = code
                    .strip_prefix('[')
                    .expect("a code starts with a bracket");
                assert!(
                    digits.chars().all(|c| c.is_ascii_digit() || c == ';'),
                    "{code:?} is no colour"
                );
                shown
            }
            (_, None) => panic!("{part:?} is a broken code"),
        };
        out.push_str(shown);
    }
    out
}

#[test]
fn colours_change_nothing_else() {
    for width in [0, 40, 60, 77, 100, 200] {
        let plain = TextOptions { width, ..PLAIN };
        let coloured = text(
            &rich(),
            &TextOptions {
                colour: true,
                ..plain
            },
        );
        assert!(coloured.contains("\u{1b}[1;31m"));
        assert_eq!(without_colours(&coloured), text(&rich(), &plain));
        for line in coloured.lines() {
            let codes = line.matches('\u{1b}').count();
            assert_eq!(codes, 2 * line.matches("\u{1b}[0m").count(), "{line:?}");
        }
    }
}

#[test]
fn lines_keep_to_the_width() {
    for width in 50..=130 {
        for stat in [false, true] {
            let options = TextOptions {
                width,
                stat,
                ..PLAIN
            };
            let form = text(&rich(), &options);
            let too_long: Vec<&str> = form
                .lines()
                .filter(|line| line.chars().count() > width)
                .collect();
            assert!(too_long.is_empty(), "{width}: {too_long:#?}");
        }
    }
}

#[test]
fn no_line_ends_with_blanks() {
    for width in [0, 60, 100] {
        let form = text(&rich(), &TextOptions { width, ..PLAIN });
        let bad: Vec<&str> = form.lines().filter(|line| line.ends_with(' ')).collect();
        assert!(bad.is_empty(), "{bad:?}");
    }
}

/// The lines of a markdown text outside of fences, or why its fences or details are not closed.
fn outside_of_fences(form: &str) -> Result<Vec<&str>, String> {
    let mut open: Option<&str> = None;
    let mut outside = Vec::new();
    let mut details = 0;
    for line in form.lines() {
        let text = line.trim_start();
        let ticks = &text[..text.len() - text.trim_start_matches('`').len()];
        match open {
            Some(fence) if ticks.len() >= fence.len() && text == ticks => open = None,
            Some(_) => {}
            None if ticks.len() >= 3 && !text[ticks.len()..].contains('`') => open = Some(ticks),
            None => {
                details += i32::from(line.starts_with("<details"));
                details -= i32::from(line == "</details>");
                if !(0..=1).contains(&details) {
                    return Err(format!("details are not balanced at {line:?}"));
                }
                outside.push(line);
            }
        }
    }
    match (open, details) {
        (None, 0) => Ok(outside),
        (Some(_), _) => Err("a fence stays open".to_owned()),
        _ => Err("details stay open".to_owned()),
    }
}

/// A line without its inline code, as CommonMark finds it.
fn without_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let run = rest[start..].chars().take_while(|c| *c == '`').count();
        let inside = &rest[start + run..];
        let ticks = "`".repeat(run);
        let end = inside.match_indices('`').find(|(at, _)| {
            inside[*at..].starts_with(&ticks)
                && !inside[at + run..].starts_with('`')
                && !inside[..*at].ends_with('`')
        });
        out.push_str(&rest[..start]);
        let Some((end, _)) = end else {
            out.push_str("UNCLOSED`");
            return out;
        };
        rest = &inside[end + run..];
    }
    out + rest
}

#[test]
fn nothing_from_a_profile_is_markup() {
    let form = markdown(&rich(), COMMENT);
    let outside = outside_of_fences(&form).expect("it is balanced");
    let own = [
        "<details open>",
        "<details>",
        "</details>",
        "<summary><b>",
        "</b>",
        "</summary>",
    ];
    let mut problems = Vec::new();
    for line in outside {
        let mut text = without_code(line).replace("->", "");
        if line.starts_with('<') {
            for tag in own {
                text = text.replacen(tag, "", 1);
            }
        }
        if line.ends_with(" `  `") {
            problems.push(format!("{line:?} has code without text"));
        }
        let marks = |c: char| "`<>@[]*_&!#".contains(c);
        let text = text.strip_prefix("### ").unwrap_or(&text);
        if text.contains(marks) || text.contains("://") {
            problems.push(format!("{line:?} has markup: {text:?}"));
        }
        if line.starts_with('|') {
            // What separates cells as GitHub sees it: a backslash takes the next sign with it.
            let mut signs = line.chars();
            let mut cells = 0;
            while let Some(sign) = signs.next() {
                cells += usize::from(sign == '|');
                if sign == '\\' {
                    signs.next();
                }
            }
            if ![3, 8].contains(&cells) {
                problems.push(format!("{line:?} has {cells} separators"));
            }
        }
    }
    nothing_wrong(&problems);
}

#[test]
fn markdown_keeps_to_its_limit() {
    let mut long_names = rich();
    long_names.old = "`\u{1b}🎉".repeat(1000);
    long_names.new = "../".repeat(1000);
    let reports = [rich(), many(), empty(), long_names];
    for report in &reports {
        for limit in (1000..4000)
            .step_by(37)
            .chain([1500, 3000, 20_000, COMMENT])
        {
            let form = markdown(report, limit);
            assert!(form.len() <= limit, "{} > {limit}", form.len());
            if let Err(problem) = outside_of_fences(&form) {
                panic!("{limit}: {problem}\n{form}");
            }
        }
    }
}

#[test]
fn text_shows_every_change() {
    for width in [0, 100] {
        let full = TextOptions {
            width,
            full: true,
            ..PLAIN
        };
        let form = text(&many(), &full);
        assert_eq!(form.matches("- some.path[").count(), 4000);
        // Else alike ones are counted.
        let form = text(&many(), &TextOptions { width, ..PLAIN });
        let counts = form.split(" items: ").filter_map(|before| {
            let number = before.rsplit([' ', '\n']).next()?;
            number.parse::<usize>().ok()
        });
        let counted: usize = counts.sum();
        assert_eq!(
            form.matches("- some.path[").count(),
            form.matches(" items: ").count()
        );
        assert_eq!(counted, 4000);
    }
    let form = text(&rich(), &PLAIN);
    let starts = |line: &&str| {
        let change = line.trim_start();
        let indent = line.len() - change.len();
        [4, 6].contains(&indent)
            && ["+ ", "- ", "~ ", "= "].contains(&change.get(..2).unwrap_or(""))
    };
    let changes = form.lines().filter(starts).count();
    assert_eq!(changes, rich().changes.len());
}

/// Every change is shown or counted.
#[test]
fn markdown_counts_what_it_leaves_out() {
    let report = many();
    for limit in [1000, 1500, 3000, 10_000, COMMENT, 10_000_000] {
        let form = markdown(&report, limit);
        let items = form.lines().filter_map(|line| {
            let (_, rest) = line.split_once("removed `some.path[*]`: `")?;
            rest.split_once(" items: ")?.0.parse::<usize>().ok()
        });
        let shown: usize = items.sum();
        let left: usize = form
            .lines()
            .filter_map(|line| line.split_once(": ")?.1.strip_suffix(" more changes"))
            .map(|number| number.parse::<usize>().expect("it is a number"))
            .sum();
        assert_eq!(shown + left, 4000, "{limit}");
        // Alike changes are one line, so that a few lines tell them all.
        match limit {
            1000 | 1500 => assert!(left > 0, "{limit}"),
            10_000_000 => assert_eq!(left, 0),
            _ => {}
        }
    }
}

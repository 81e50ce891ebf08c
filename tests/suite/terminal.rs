//! Whatever others put into names and texts, nothing comes out that a terminal would obey or would not show, and no line
//! begins where they want it to.
//!
//! A text with one character of each kind is planted in every string and key of every kind of input, in names of files, in
//! the environment and in arguments. Every byte of both streams is read, of every command and format.

use std::env;
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;

use regex::Regex;
use serde_json::{Map, Value, json};

use crate::common::harness::{Run, Scratch, read, root, vmo_ra, write};
use crate::common::{nothing_wrong, yaml};
use crate::golden::{commands, help};
use crate::site_schema::whole_starter;

/// One of each kind, by what it does.
const HIDDEN: [(&str, char); 31] = [
    ("ends texts of C", '\0'),
    ("rings", '\u{7}'),
    ("goes back", '\u{8}'),
    ("tabulates", '\t'),
    ("goes to the margin", '\r'),
    ("begins a sequence", '\u{1b}'),
    ("deletes", '\u{7f}'),
    ("begins a line, as C1", '\u{85}'),
    ("begins a sequence, as C1", '\u{9b}'),
    ("may be a hyphen", '\u{ad}'),
    ("joins graphemes", '\u{34f}'),
    ("marks a direction, Arabic", '\u{61c}'),
    ("fills, Hangul", '\u{115f}'),
    ("is a vowel nobody sees, Khmer", '\u{17b4}'),
    ("selects a variant, Mongolian", '\u{180b}'),
    ("has no width", '\u{200b}'),
    ("keeps letters apart", '\u{200c}'),
    ("joins letters", '\u{200d}'),
    ("marks a direction", '\u{200f}'),
    ("begins a line, as Unicode", '\u{2028}'),
    ("reverses", '\u{202e}'),
    ("joins words", '\u{2060}'),
    ("isolates", '\u{2066}'),
    ("fills, as a letter", '\u{3164}'),
    ("selects a variant", '\u{fe0f}'),
    ("marks the order of bytes", '\u{feff}'),
    ("begins an annotation", '\u{fff9}'),
    ("is no character", '\u{fffe}'),
    ("begins a beam", '\u{1d173}'),
    ("tags", '\u{e0041}'),
    ("selects one more variant", '\u{e0100}'),
];

/// What begins a line of its own, if the line break in front of it comes out.
const FORGED: &str = "forged: a line";

/// A text with all hidden characters that are kept, and a line break.
fn planted(kept: impl Fn(char) -> bool) -> String {
    let hidden: String = (HIDDEN.iter().map(|(_, c)| *c))
        .filter(|&c| kept(c))
        .collect();
    let forged = if kept('\n') { "\n" } else { "" };
    format!("Q{hidden}Z{forged}{FORGED}")
}

/// What a run has shown of a planted text, so that a test is not green since nothing is shown at all.
static SHOWN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\\(u202e|u3164|x1b|x9b|u001b|u009b)|Q%").expect("an expression")
});

/// Unicode's own lists.
static OBEYED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[\p{Cc}\p{Zl}\p{Zp}\p{DI}\p{NChar}\p{Bidi_C}\u{FFF9}-\u{FFFB}--\n]")
        .expect("an expression")
});

/// Files and environment, and the commands that are run with them.
#[derive(Clone, Default)]
struct Case {
    what: String,
    files: Vec<(String, String)>,
    env: Vec<(String, String)>,
    commands: Vec<Vec<String>>,
}

impl Case {
    fn new(what: impl Into<String>) -> Self {
        Case {
            what: what.into(),
            ..Case::default()
        }
    }

    fn file(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.push((name.into(), text.into()));
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Commands in words between blanks.
    fn runs(mut self, commands: &[&str]) -> Self {
        let commands = commands.iter().flat_map(|command| command.split("; "));
        let words = |command: &str| command.split(' ').map(str::to_owned).collect();
        self.commands.extend(commands.map(words));
        self
    }

    /// The first of some commands, and a sixth of the others: for each place another one, and all of them where more is asked
    /// for than the normal run tries.
    fn runs_in_turn(self, place: usize, commands: &[&str]) -> Self {
        let all = env::var_os("PROPTEST_CASES").is_some();
        let is_due = |at: usize| all || at == 0 || at % 6 == place % 6;
        let due = (commands.iter().enumerate()).filter(|(at, _)| is_due(*at));
        let due: Vec<&str> = due.map(|(_, command)| *command).collect();
        self.runs(&due)
    }

    fn run(mut self, command: &[&str]) -> Self {
        let words = command.iter().map(|&word| word.to_owned());
        self.commands.push(words.collect());
        self
    }

    /// Runs the commands up to the first that refuses its input, since the others say the same, and tells whether none does.
    fn goes_well(&self, found: &Found) -> bool {
        let folder = Scratch::new();
        for (name, text) in &self.files {
            write(&folder, name, text);
        }
        self.commands.iter().all(|command| {
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            let program = vmo_ra(&words).within(&folder);
            let env = self.env.iter();
            let program = env.fold(program, |program, (name, value)| program.env(name, value));
            let mut run = program.run();
            // A report in a file is read like one in a pipe.
            if let ["diff" | "plan", .., "--out", file] = words.as_slice() {
                run.stdout
                    .extend(fs::read(folder.join(file)).unwrap_or_default());
            }
            found.look(self, command, &run);
            run.code.is_some_and(|code| code <= 1)
        })
    }
}

#[derive(Default)]
struct Found {
    runs: AtomicUsize,
    shown: AtomicUsize,
    went_well: AtomicUsize,
    wrong: Mutex<Vec<String>>,
}

impl Found {
    fn look(&self, case: &Case, command: &[String], run: &Run) {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let ended = run.code.is_some_and(|code| code <= 1);
        self.went_well
            .fetch_add(usize::from(ended), Ordering::Relaxed);
        let mut wrong = Vec::new();
        if run.code.is_none_or(|code| code > 3) {
            wrong.push(format!("ends with {:?}", run.code));
        }
        let is_page = command
            .iter()
            .any(|word| word == "html" || word == "markdown");
        for (stream, bytes) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
            let text = match std::str::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => {
                    wrong.push(format!("{stream} is no text: {error}"));
                    continue;
                }
            };
            if SHOWN.is_match(text) {
                self.shown.fetch_add(1, Ordering::Relaxed);
            }
            // Fences and pages show tabs as they are.
            let obeyed = OBEYED
                .find_iter(text)
                .find(|found| !(is_page && found.as_str() == "\t"));
            if let Some(obeyed) = obeyed {
                let line = text[..obeyed.start()]
                    .rsplit('\n')
                    .next()
                    .unwrap_or_default();
                wrong.push(format!(
                    "{stream} has {:?} behind {line:?}",
                    obeyed.as_str()
                ));
            }
            let html = command.iter().any(|word| word == "html");
            if !html && text.lines().any(|line| line.starts_with(FORGED)) {
                wrong.push(format!("{stream} has a forged line: {text}"));
            }
        }
        let told = wrong
            .into_iter()
            .map(|wrong| format!("{}: {command:?}: {wrong}", case.what));
        self.wrong.lock().expect("nobody panics").extend(told);
    }
}

/// Tries all cases on all cores, of each until one goes well. So many runs must show what was planted, and so many must end
/// well, or the test looks at nothing.
#[track_caller]
fn nothing_raw(cases: Vec<Vec<Case>>, shown: usize, went_well: usize) {
    let found = Found::default();
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(cases) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    cases.iter().any(|case| case.goes_well(&found));
                }
            });
        }
    });
    let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
    let figures = [&found.runs, &found.shown, &found.went_well].map(count);
    println!("{} cases; runs, shown, went well: {figures:?}", cases.len());
    nothing_wrong(&found.wrong.into_inner().expect("nobody panics"));
    assert!(
        figures[1] >= shown && figures[2] >= went_well,
        "{figures:?}"
    );
}

/// A step to a string in a tree.
#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Item(usize),
    /// Into the YAML that a text is.
    Text,
}

/// The ways to every value that is no map or list, and to every key.
fn places(value: &Value) -> Vec<(Vec<Step>, bool)> {
    fn walk(value: &Value, way: &[Step], found: &mut Vec<(Vec<Step>, bool)>) {
        let with = |step| [way, &[step]].concat();
        match value {
            Value::Object(map) => {
                for (key, below) in map {
                    let way = with(Step::Key(key.clone()));
                    found.push((way.clone(), true));
                    walk(below, &way, found);
                }
            }
            Value::Array(items) => {
                for (index, below) in items.iter().enumerate() {
                    walk(below, &with(Step::Item(index)), found);
                }
            }
            _ => {
                found.push((way.to_vec(), false));
                if let Some(inner) = inner(value) {
                    walk(&inner, &with(Step::Text), found);
                }
            }
        }
    }
    let mut found = Vec::new();
    walk(value, &[], &mut found);
    found
}

/// The tree that a text is, where it is one.
fn inner(value: &Value) -> Option<Value> {
    let text = value.as_str().filter(|text| text.starts_with('{'))?;
    serde_json::from_str(text).ok()
}

/// A tree with a text in the place of a value or a key.
fn with(value: &Value, way: &[Step], as_key: bool, text: &str) -> Value {
    match (way, value) {
        ([], _) => json!(text),
        ([Step::Key(key), rest @ ..], Value::Object(map)) => {
            let changed = map.iter().map(|(name, below)| match name == key {
                true if rest.is_empty() && as_key => (text.to_owned(), below.clone()),
                true => (name.clone(), with(below, rest, as_key, text)),
                false => (name.clone(), below.clone()),
            });
            Value::Object(changed.collect::<Map<_, _>>())
        }
        ([Step::Item(at), rest @ ..], Value::Array(items)) => {
            let mut items = items.clone();
            items[*at] = with(&items[*at], rest, as_key, text);
            Value::Array(items)
        }
        ([Step::Text, rest @ ..], _) => {
            let inner = inner(value).expect("it was found");
            json!(escaped(&with(&inner, rest, as_key, text)))
        }
        _ => panic!("{way:?} leads nowhere in {value}"),
    }
}

/// A tree as JSON that YAML readers take too: all that is hidden stands in escapes of both.
fn escaped(tree: &Value) -> String {
    let mut out = String::new();
    for c in tree.to_string().chars() {
        match c {
            ' '..='~' => out.push(c),
            c if (c as u32) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", c as u32)),
            // Two escapes would be two characters in YAML.
            c => out.push(c),
        }
    }
    out
}

fn named(way: &[Step], as_key: bool) -> String {
    let steps = way.iter().map(|step| match step {
        Step::Key(key) => format!(".{key}"),
        Step::Item(at) => format!("[{at}]"),
        Step::Text => "|".to_owned(),
    });
    let key = if as_key { "key " } else { "" };
    format!("{key}{}", steps.collect::<String>())
}

/// Cases for each place of a tree, one with each text. `case` is given the number of the place and its name.
fn everywhere(
    tree: &Value,
    texts: &[String],
    case: impl Fn(usize, String, &Value) -> Case,
) -> Vec<Vec<Case>> {
    let places = places(tree).into_iter().enumerate();
    let at = |(place, (way, as_key)): (usize, (Vec<Step>, bool))| {
        let tree = |text: &String| with(tree, &way, as_key, text);
        let texts = texts.iter().map(tree);
        texts
            .map(|tree| case(place, named(&way, as_key), &tree))
            .collect()
    };
    places.map(at).collect()
}

/// All that is hidden, and what goes through more doors.
fn texts() -> [String; 2] {
    [planted(|_| true), planted(|c| !c.is_control())]
}

const SITE: &str = include_str!("../terminal/site.yaml");

const SITE_COMMANDS: [&str; 18] = [
    "check site.yaml",
    "check site.yaml --format json",
    "check site.yaml --format sarif",
    "render site.yaml",
    "render --sites sites --out fleet",
    "packs list --site site.yaml",
    "nad --site site.yaml",
    "plan site.yaml",
    "plan site.yaml --format json",
    "plan site.yaml --format markdown",
    "plan site.yaml --format html",
    "plan site.yaml --out plan.txt",
    "network site.yaml --format netplan",
    "network site.yaml --format maas-cli",
    "network site.yaml --format terraform",
    "diff 1.9.0 site.yaml",
    "diff 1.9.0 site.yaml --format markdown",
    "diff 1.9.0 site.yaml --format html",
];

fn site_case(what: String, site: &str) -> Case {
    Case::new(format!("site: {what}"))
        .file("site.yaml", site)
        .file("sites/a/site.yaml", site)
        .file(
            "corporate-root.pem",
            read(&root(""), "tests/data/corporate-root.pem"),
        )
        .env("TOKEN", "12345678-90ab-cdef-1234-567890abcdef")
        .env("SECRET", "x")
}

#[test]
fn sites_come_out_visible() {
    let texts = texts();
    let mut cases = everywhere(&yaml("site.yaml", SITE), &texts, |place, what, site| {
        site_case(what, &escaped(site)).runs_in_turn(place, &SITE_COMMANDS)
    });
    let starter = yaml("site.yaml", &whole_starter());
    cases.extend(everywhere(&starter, &texts[..1], |_, what, site| {
        site_case(what, &escaped(site)).runs(&["check site.yaml"])
    }));
    nothing_raw(cases, 800, 700);
}

/// An export with a string of every kind. Its texts are JSON, which is YAML, so that there are places in them too.
fn export() -> Value {
    let kubernetes = json!({
        "pack": {"k8sHardening": "True", "podCIDR": "100.64.0.0/18"},
        "kubeadmconfig": {
            "apiServer": {"extraArgs": {"feature-gates": "A=true"}},
            "kubeletExtraArgs": {"config-dir": "/etc/kubernetes/kubelet.conf.d", "cpu-manager-policy": "Static"},
            "files": [{"targetPath": "/etc/a.conf", "targetOwner": "root:root", "targetPermissions": "0644", "content": "a = b\nc = d\n"}],
            "preKubeadmCommands": ["sysctl --system", "for x in a b; do echo $x; done"],
        },
    });
    let vmo = json!({"charts": {"virtual-machine-orchestrator": {
        "kubevirt": {"kubevirtResource": {"additionalFeatureGates": ["NUMA"]}},
        "vlanFiltering": {"env": {"allowedVlans": "21-24", "bridgeIF": "br0"}},
        "unknown": "{{ .spectro.var.Missing }}",
    }}});
    let network = json!({
        "apiVersion": "k8s.cni.cncf.io/v1", "kind": "NetworkAttachmentDefinition",
        "metadata": {"name": "vlan-21", "namespace": "default", "annotations": {"a": "b"}},
        "spec": {"config": "{\"cniVersion\": \"0.3.1\", \"type\": \"bridge\", \"bridge\": \"br1\", \"vlan\": 21}"},
    });
    let machine = json!({
        "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": {"name": "vm", "namespace": "team"},
        "spec": {"runStrategy": "Always", "template": {"spec": {
            "domain": {"devices": {"disks": [{"name": "a", "disk": {"bus": "virtio"}}], "interfaces": [{"name": "n", "bridge": {}}]}, "firmware": {"bootloader": {"efi": {}}}},
            "networks": [{"name": "n", "multus": {"networkName": "vlan-99"}}],
            "volumes": [{"name": "a", "cloudInitNoCloud": {"userData": "#cloud-config\npackages: [a]\n"}}],
        }}},
    });
    let layer = |name: &str, kind: &str, version: &str, values: &Value| {
        json!({
            "name": name, "type": "oci", "layer": kind, "version": version, "tag": version, "values": values.to_string(),
            "registry": {"metadata": {"uid": "u", "name": "Registry", "kind": "pack", "isPrivate": false, "providerType": ""}},
        })
    };
    let mut manifests = layer("vmo-networking", "addon", "1.0.0", &json!({}));
    manifests["type"] = json!("manifest");
    manifests["manifests"] = json!([
        {"name": "network", "content": network.to_string()},
        {"name": "machine", "content": machine.to_string()},
    ]);
    json!({
        "metadata": {"name": "Infra", "description": "all", "labels": {"team": "a"}, "annotations": {"b": "c"}},
        "spec": {
            "version": "1.0.0",
            "template": {"type": "cluster", "cloudType": "maas", "packs": [
                layer("kubernetes", "k8s", "1.34.5", &kubernetes),
                layer("virtual-machine-orchestrator", "addon", "4.9.0", &vmo),
                manifests,
            ]},
            "variables": [{
                "name": "Name", "displayName": "A name", "description": "one", "format": "string", "defaultValue": "v",
                "regex": "^v$", "required": true, "immutable": false, "isSensitive": false, "hidden": false,
            }],
        },
    })
}

const EXPORT_COMMANDS: [&str; 17] = [
    "check new.json",
    "check new.json --against 1.9.0",
    "check new.json --against 1.9.0 --format json",
    "check new.json --against 1.9.0 --format sarif",
    "diff old.json new.json",
    "diff new.json old.json",
    "diff old.json new.json --text",
    "diff old.json new.json --stat",
    "diff old.json new.json --format json",
    "diff old.json new.json --format markdown",
    "diff old.json new.json --format html",
    "diff old.json new.json --text --format html",
    "diff old.json new.json --show-secrets --out report.txt",
    "diff old.json new.json --format markdown --out report.md",
    "fmt --check new.json",
    "fmt new.json",
    "split new.json --out split; check split; join split --out joined.json",
];

fn export_case(what: String, export: &str) -> Case {
    Case::new(format!("export: {what}"))
        .file("new.json", export)
        .file("old.json", crate::terminal::export().to_string())
}

/// Texts that are no JSON, with `@` where something is planted: comments, plain scalars, scripts, and what is not YAML.
const RAW: [&str; 8] = [
    "# @\na: 1\n",
    "# spectrocloud.com/enabled-presets: @,Group:@\na: 1\n",
    "a: @\n@: b\n",
    "a: |\n  @\n  b\n",
    "a: [b\n@: c: d\n",
    "a: &@ 1\nb: *@\n",
    "kubeadmconfig:\n  files:\n  - targetPath: /etc/a.sh\n    content: |\n      #!/bin/sh\n      echo '@' @\n",
    "a: '{{ .spectro.var.@ }}'\n",
];

#[test]
fn exports_come_out_visible() {
    let texts = texts();
    let mut cases = everywhere(&export(), &texts, |place, what, export| {
        export_case(what, &escaped(export)).runs_in_turn(place, &EXPORT_COMMANDS)
    });
    for raw in RAW {
        let with_text = |text: &String| {
            let mut export = export();
            export["spec"]["template"]["packs"][0]["values"] = json!(raw.replace('@', text));
            export["spec"]["template"]["packs"][2]["manifests"][0]["content"] =
                json!(raw.replace('@', text));
            export_case(format!("{raw:?}"), &escaped(&export)).runs(&EXPORT_COMMANDS)
        };
        cases.extend(texts.iter().map(|text| vec![with_text(text)]));
    }
    nothing_raw(cases, 300, 700);
}

#[test]
fn manifests_come_out_visible() {
    let texts = texts();
    let export = export();
    let manifests = export["spec"]["template"]["packs"][2]["manifests"]
        .as_array()
        .expect("a list");
    let commands = [
        "check m.yaml",
        "check m.yaml --format json",
        "check m.yaml --format sarif",
        "check .",
    ];
    let case = |place, what: String, text: &str| {
        Case::new(format!("manifest: {what}"))
            .file("m.yaml", text)
            .runs_in_turn(place, &commands)
    };
    let mut cases = Vec::new();
    for manifest in manifests {
        let tree = inner(&manifest["content"]).expect("it is JSON");
        cases.extend(everywhere(&tree, &texts[..1], |place, what, tree| {
            case(place, what, &escaped(tree))
        }));
    }
    for (place, raw) in RAW.into_iter().enumerate() {
        let head = "apiVersion: v1\nkind: ConfigMap\n";
        cases.extend(texts.iter().map(|text| {
            vec![case(
                place,
                format!("{raw:?}"),
                &format!("{head}{}", raw.replace('@', text)),
            )]
        }));
    }
    nothing_raw(cases, 25, 100);
}

#[test]
fn packs_come_out_visible() {
    let texts = texts();
    let files = json!({
        "pack.json": {
            "name": "csi-portworx-generic", "displayName": "Portworx", "version": "3.6.0", "layer": "csi", "cloudTypes": ["all"],
            "annotations": {"a": "b"}, "eol": "x", "group": "g", "kubeManifests": ["m"],
            "constraints": {"dependencies": [{"packName": "kubernetes", "layer": "k8s", "minVersion": "1.30.0", "maxVersion": "1.40.0", "type": "required"}]},
        },
        "presets.yaml": {"presets": [
            {"name": "px-enterprise", "displayName": "PX", "group": "License Models", "remove": ["charts.x"], "add": "charts: {}\n"},
            {"name": "px-deploy-worker-only", "group": "Node selection"},
            {"name": "px-normal-mode", "group": "Palette Mode"},
            {"name": "px-spec-flasharray", "group": "Storagecluster Specs"},
            {"name": "px-internal-kvdb", "group": "Kvdb and Etcd"},
        ]},
        "schema.yaml": {"charts.portworx-generic.license.type": {"schema": "{{ required | format \"${string}\" }}"}},
        "values.yaml": {"pack": {"namespace": "portworx"}, "charts": {"portworx-generic": {"license": {"type": "essentials", "secret": "s"}, "storageCluster": {"spec": {"version": "3"}}}}},
    });
    let case = |place, what: String, files: &Value, values: &str| {
        let texts = files.as_object().expect("a map").iter();
        let case = texts.fold(Case::new(format!("pack: {what}")), |case, (name, tree)| {
            case.file(
                format!("packs/a/{}", name.replace(['\0', '/'], "_")),
                escaped(tree),
            )
        });
        let case = match values {
            "" => case,
            values => case.file("packs/a/values.yaml", values),
        };
        let commands = [
            "packs show csi-portworx-generic --packs packs",
            "packs list --packs packs",
            "render --packs packs",
            "render --packs packs --profile infra --out other",
            "diff 1.9.0 old.json --packs packs",
            "check old.json --packs packs",
        ];
        case.file("old.json", export().to_string())
            .runs_in_turn(place, &commands)
    };
    let mut cases = everywhere(&files, &texts, |place, what, files| {
        case(place, what, files, "")
    });
    for (place, raw) in RAW.into_iter().enumerate() {
        let values = texts.iter().map(|text| raw.replace('@', text));
        let cases_of_it =
            values.map(|values| vec![case(place, format!("{raw:?}"), &files, &values)]);
        cases.extend(cases_of_it);
    }
    nothing_raw(cases, 38, 90);
}

#[test]
fn names_come_out_visible() {
    let name = planted(|c| c != '\0');
    let name = name.as_str();
    let case = || {
        let export = export().to_string();
        Case::new("names")
            .file(format!("{name}.yaml"), SITE)
            .file(format!("{name}.json"), &*export)
            .file(format!("bad/{name}.yaml"), "cluster: {nam: a}\n")
            .file(format!("bad/{name}.json"), "{")
            .file(format!("sites/{name}/site.yaml"), "cluster: {nam: a}\n")
            .file(format!("packs/{name}/pack.json"), "{\"name\": ")
            .file(format!("{name}/{name}/a.json"), &*export)
            .file(format!("{name}/b.json"), &*export)
            .file(
                "corporate-root.pem",
                read(&root(""), "tests/data/corporate-root.pem"),
            )
            .env("TOKEN", "12345678-90ab-cdef-1234-567890abcdef")
            .env("SECRET", "x")
    };
    let [site, profile, folder, missing] = [
        format!("{name}.yaml"),
        format!("{name}.json"),
        name.to_owned(),
        format!("{name}.none"),
    ];
    let mut cases = Vec::new();
    for file in [&site, &profile, &folder, &missing] {
        let file = file.as_str();
        let words: [&[&str]; 20] = [
            &["check", file],
            &["check", file, "--format", "json"],
            &["check", file, "--format", "sarif"],
            &["render", file, "--out", "a"],
            &["render", "--site", file, "--out", file],
            &["render", "--sites", file, "--out", "b"],
            &["render", "--packs", file, "--out", "c"],
            &["plan", file],
            &["plan", file, "--out", file],
            &["network", file, "--format", "netplan"],
            &["network", file, "--format", "netplan", "--out", file],
            &["nad", "--site", file],
            &["nad", "--vlans", "5", "--out", file],
            &["packs", "list", "--packs", file],
            &["diff", file, "1.9.0"],
            &["diff", file, "1.9.0", "--format", "markdown"],
            &["split", file, "--out", file],
            &["join", file, "--out", file],
            &["fmt", "--check", file],
            &["verify", file],
        ];
        cases.extend(words.iter().map(|words| vec![case().run(words)]));
    }
    for file in [&site, &missing] {
        cases.push(vec![case().run(&["init", file])]);
        cases.push(vec![case().run(&["init", file, "--force"])]);
    }
    for command in [
        "check bad",
        "render --sites sites",
        "packs list --packs packs",
        "join sites",
        "diff bad 1.9.0",
    ] {
        cases.push(vec![case().runs(&[command])]);
    }
    let in_turn = case()
        .run(&["render", "--site", &site, "--out", &missing])
        .run(&["verify", &missing])
        .run(&["render", "--site", &site, "--out", &missing, "--force"])
        .run(&["split", &profile, "--out", "x"])
        .run(&["split", &profile, "--out", "x", "--force"])
        .run(&["fmt", &profile])
        .run(&["join", "x", "--out", &profile]);
    cases.push(vec![in_turn]);
    nothing_raw(cases, 80, 25);
}

#[test]
fn the_environment_comes_out_visible() {
    // What may be a secret that was put there by mistake is not shown at all; letters that nobody sees are a name.
    let hidden = planted(|c| c != '\0').replace('=', "");
    let names = [&*hidden, "A\u{115f}_\u{3164}B", "A_B C"];
    let cases = names.iter().flat_map(|name| {
        let site = json!({"monitoring": {"grafanaAdminPassword": {"env": name}}});
        ["", "x"].map(|value| {
            let case = Case::new(format!("environment: {name}"))
                .file("site.yaml", escaped(&site))
                .runs(&["check site.yaml", "render site.yaml"]);
            vec![if value.is_empty() {
                case
            } else {
                case.env(name, value)
            }]
        })
    });
    nothing_raw(cases.collect(), 2, 6);
}

/// What stands between backticks behind `start` in what a run says.
fn offered(run: &Run, start: &str) -> String {
    let all = run.told() + &run.said();
    let (_, rest) = all
        .split_once(&format!("`{start}"))
        .unwrap_or_else(|| panic!("no `{start}` in {all}"));
    // A path may hold backticks; no sentence here does behind the command.
    let (command, _) = rest
        .split_once("` ")
        .or_else(|| rest.split_once("`\n"))
        .expect("it ends");
    command.to_owned()
}

/// The words that a shell makes of a text.
fn words(text: &str) -> Vec<String> {
    let script = format!("printf '%s\\0' {text}");
    let output = Command::new("sh")
        .args(["-c", &script])
        .output()
        .expect("there is a shell");
    assert!(output.stderr.is_empty(), "{text}: {output:?}");
    let words = String::from_utf8(output.stdout).expect("text");
    words.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn commands_that_are_offered_are_what_a_shell_takes_them_for() {
    let folder = Scratch::new();
    let run = |words: &[&str]| vmo_ra(words).within(&folder).run();
    for name in [
        "a b",
        "it's",
        "$(touch x)",
        "a;touch x #",
        "*",
        "~",
        "a\"`x`",
        "\u{e9}\u{6f22}",
    ] {
        let name = &*format!("{name}.d");
        write(
            &folder,
            &format!("{name}/site.yaml"),
            "cluster: {workers: 5}\n",
        );
        write(
            &folder,
            &format!("{name}/sites/a/site.yaml"),
            "cluster: {workers: 5}\n",
        );
        write(
            &folder,
            &format!("{name}/m.yaml"),
            "apiVersion: v1\nkind: ConfigMap\n",
        );
        write(&folder, &format!("{name}/split/profile.yaml"), "a: b\n");
        write(&folder, &format!("{name}/repository/.git/HEAD"), "");
        write(&folder, "export.json", export().to_string());
        let below = |file: &str| format!("{name}/{file}");
        let (site, manifest) = (below("site.yaml"), below("m.yaml"));
        let (split, repository) = (below("split"), below("repository"));
        let (new, sites) = (below("new.yaml"), below("sites"));
        let told: [(Run, &str, String); 7] = [
            (run(&["fmt", &site]), "vmo-ra render --site ", site),
            (run(&["fmt", &manifest]), "vmo-ra check ", manifest.clone()),
            (run(&["fmt", &split]), "vmo-ra join ", split),
            (
                run(&["diff", &manifest, "1.9.0"]),
                "kubectl diff -f ",
                manifest,
            ),
            (run(&["init", &new]), "vmo-ra render --site ", new),
            (
                run(&["render", "--sites", &sites, "--out", "out", "--force"]),
                "vmo-ra check ",
                format!("{sites}/NAME/site.yaml"),
            ),
            (
                run(&["split", "export.json", "--out", &repository]),
                "--out ",
                format!("{repository}/profile"),
            ),
        ];
        for (run, start, path) in told {
            let offered = offered(&run, start);
            assert_eq!(words(&offered), [path], "{start}{offered}");
        }
    }
    assert!(!folder.join("x").exists());
    // No command stands where its words cannot.
    write(&folder, "a\nb/m.yaml", "apiVersion: v1\nkind: ConfigMap\n");
    let said = run(&["fmt", "a\nb/m.yaml"]).said();
    assert!(
        said.contains("= help: `vmo-ra check` with its name checks them"),
        "{said}"
    );
    write(
        &folder,
        "env.yaml",
        "monitoring: {grafanaAdminPassword: {env: A_B C}}\n",
    );
    let said = run(&["render", "env.yaml"]).said();
    assert!(
        said.contains("`A_B C` is not set") && !said.contains("export"),
        "{said}"
    );
}

/// The words that a command does not run without.
fn needed(command: &str) -> &'static [&'static str] {
    match command {
        "split" => &["--out", "x", "export.json"],
        "join" | "verify" | "explain" => &["folder"],
        "fmt" => &["export.json"],
        "network" => &["--format", "netplan"],
        "nad" => &["--vlans", "5"],
        "diff" => &["1.7.0", "1.9.0"],
        "packs show" | "packs apply" => &["kubernetes"],
        "packs import" => &["--out", "x", "export.json"],
        "schema" => &["site"],
        "init" => &["-"],
        _ => &[],
    }
}

#[test]
fn arguments_come_out_visible() {
    let hidden = planted(|c| c != '\0');
    let hidden = hidden.as_str();
    let mut cases = Vec::new();
    let mut case = |words: &[&str]| {
        let case = Case::new("arguments")
            .file("export.json", export().to_string())
            .run(words);
        cases.push(vec![case]);
    };
    let mut options = 0;
    for command in commands(&[]) {
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let needed = needed(&command.join(" "));
        let bare = command.as_slice();
        let whole = [bare, needed].concat();
        case(&[&whole, &[hidden][..]].concat());
        case(&[bare, &[hidden]].concat());
        case(&[&whole, &[&*format!("--{hidden}")][..]].concat());
        case(&[&whole, &[&*format!("-{hidden}")][..]].concat());
        for line in help(&command).lines() {
            let mut words = line
                .split_whitespace()
                .skip_while(|word| !word.starts_with("--"));
            let (Some(option), Some(value)) = (words.next(), words.next()) else {
                continue;
            };
            if !value.starts_with('<') {
                continue;
            }
            options += 1;
            case(&[&whole, &[option, hidden][..]].concat());
            case(&[bare, &[option, hidden]].concat());
            case(&[&whole, &[&*format!("{option}={hidden}")][..]].concat());
        }
    }
    case(&[hidden]);
    assert!(options > 30, "only {options}");
    nothing_raw(cases, 120, 10);
}

//! Sites that are made from what a site may say, and the sites of the matrix with some of their settings changed.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use regex::Regex;
use serde_json::{Value, json};
use vmo_ra::disk::local;
use vmo_ra::pack::Library;
use vmo_ra::site::{Form, Kind, Setting, Site};

use super::{built_in, matrix, yaml};

/// Values that more than one setting takes, and some that few take.
const VALUES: &[&str] = &[
    "",
    "a",
    "vms",
    "default",
    "longhorn",
    "other-class",
    "br0",
    "bond_data",
    "bond_mgmt.10",
    "enp9s0",
    "1",
    "2",
    "4",
    "5",
    "20",
    "30",
    "63",
    "64",
    "200",
    "1000",
    "4095",
    "5.0",
    "native",
    "untagged",
    "30-31",
    "1,20",
    "0-7",
    "0-3,32-35",
    "7-0",
    "22.04",
    "1.34.x",
    "1.36.1",
    "1.34.9",
    "4.10.0",
    "4.9.46",
    "4.9.x",
    "3.5.0",
    "25.4.0",
    "10.20.0.9",
    "172.16.0.1",
    "172.16.0.9",
    "192.168.0.9",
    "10.20.0.0/16",
    "10.0.0.0/8",
    "100.64.0.0/16",
    "100.65.0.0/18",
    "192.168.0.0/30",
    "10.20.30.100-10.20.30.120",
    "10.20.30.110-10.20.30.130",
    "10.20.30.1/32",
    "100.64.0.0/24",
    "100.64.127.255",
    "8Gi",
    "300Gi",
    "10",
    "512Mi",
    "64G",
    "docker://registry.example.com/a:1",
    "https://images.example.com/a.qcow2",
    "a.b",
    "default/vlan-30",
    "dv-ubuntu-2204",
    "template-ubuntu-2204",
    "yes: \"no\"",
    "{{ a }}",
    "true",
    "false",
    "nginx",
    "kubernetes",
    "csi-longhorn",
    "csi-portworx-generic",
    "52:54:00:00:00:01",
    "ReadWriteMany",
    "#x",
    "ä",
];

/// Macros of Palette, right ones and wrong ones, and names of what the RA brings itself.
const WORDS: &[&str] = &[
    "{{ .spectro.system.cluster.name }}",
    "{{ .spectro.var.Unknown }}",
    "{{ .spectro.system.cluster.nope }}",
    "{{ .spectro.system.cluster.name",
    "a {{ b {{ .spectro.system.cluster.name }} }}",
    "{{ spectro.var.X }}",
    "{{ .spectro.var.VMVlans | quote }}",
    "cm-unattend-xml",
    "px-pure-secret",
    "vlan-30",
    "spectro-storage-class",
    "generic-linux",
];

/// What stands in the place of `*` in a path.
const KEYS: &[&str] = &[
    "kubernetes",
    "nginx",
    "csi-longhorn",
    "cilium",
    "vm.swappiness",
    "kernel.panic",
    "enp1s0",
    "a",
];

/// Settings that take one value, with values that their form lets through and some that it does not.
pub static LEAVES: LazyLock<Vec<(Setting, Vec<Value>)>> = LazyLock::new(|| {
    let settings = Site::settings().iter();
    settings
        .filter_map(|setting| Some((setting.clone(), values(setting)?)))
        .collect()
});

/// The maps of a site whose settings are tried together, such as `network.metallb.`
static SECTIONS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let paths = LEAVES.iter().map(|(setting, _)| setting.path.as_str());
    let sections = paths.filter_map(|path| Some(&path[..=path.rfind('.')?]));
    sections.collect()
});

fn values(setting: &Setting) -> Option<Vec<Value>> {
    let kind = match &setting.form {
        Form::Value(kind) | Form::ValueOrMap(kind) => kind,
        Form::Secret => {
            let given = [
                json!({"env": "TOKEN"}),
                json!({"env": "AWKWARD"}),
                json!({"file": "token"}),
                json!({"env": "NONE"}),
            ];
            return Some(given.to_vec());
        }
        Form::List => return Some(vec![json!([]), json!(["a"]), json!([{}])]),
        Form::Map | Form::Named(_) => return None,
    };
    Some(of_kind(kind, setting.example()))
}

fn of_kind(kind: &Kind, example: Option<&str>) -> Vec<Value> {
    let pattern = kind.pattern.as_ref().and_then(|text| Regex::new(text).ok());
    let fits = |text: &&&str| {
        pattern
            .as_ref()
            .is_none_or(|pattern| pattern.is_match(text))
    };
    let mut texts: Vec<String> = kind
        .words
        .iter()
        .map(|(word, _)| (*word).to_owned())
        .collect();
    texts.extend(example.map(str::to_owned));
    if let Some(range) = &kind.range {
        let (start, end) = (*range.start(), *range.end());
        let near = [
            start,
            start + 1,
            start + 2,
            start.midpoint(end),
            end,
            end.saturating_add(1),
        ];
        texts.extend(near.map(|number| number.to_string()));
    }
    if kind.words.is_empty() {
        texts.extend(VALUES.iter().filter(fits).map(|text| (*text).to_owned()));
    }
    let misfits = VALUES.iter().filter(|text| !fits(text)).step_by(17);
    texts.extend(misfits.map(|text| (*text).to_owned()));
    texts.iter().map(|text| yaml_value(text)).collect()
}

/// A text, or the number or boolean that stands there without quotes.
fn yaml_value(text: &str) -> Value {
    match text.parse::<u64>() {
        Ok(number) => json!(number),
        Err(_) if text == "true" || text == "false" => json!(text == "true"),
        Err(_) => json!(text),
    }
}

/// Which item of a list a value is put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The last, or a first one where there is none.
    Last,
    /// A new one behind the last.
    Next,
}

/// Puts a value where a path says; items are filled with what they need.
pub fn put(tree: &mut Value, path: &str, key: &str, item: Item, value: &Value) {
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    let name = step.trim_end_matches("[]");
    let name = if name == "*" { key } else { name };
    if !tree.is_object() {
        *tree = json!({});
    }
    let below = &mut tree[name];
    let below = if step.ends_with("[]") {
        if !below.is_array() {
            *below = json!([]);
        }
        let items = below.as_array_mut().expect("a list");
        if items.is_empty() || item == Item::Next {
            items.push(Value::Null);
        }
        items.last_mut().expect("an item")
    } else {
        below
    };
    if rest.is_empty() {
        *below = value.clone();
    } else {
        put(below, rest, key, item, value);
    }
}

/// Fills in what items of lists must have.
pub fn fill(tree: &mut Value, path: &str) {
    match tree {
        Value::Object(map) => {
            for (setting, values) in LEAVES.iter().filter(|(setting, _)| {
                setting.is_below(path) && matches!(setting.default, vmo_ra::site::Preset::Required)
            }) {
                let example = setting
                    .example()
                    .map(yaml_value)
                    .or_else(|| values.first().cloned());
                map.entry(setting.key())
                    .or_insert(example.unwrap_or_default());
            }
            for (key, below) in map {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                fill(below, &path);
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| fill(item, &format!("{path}[]"))),
        _ => {}
    }
}

/// One site to try: where it begins, what is set, and what is around it.
#[derive(Clone, Debug)]
pub struct Tried {
    pub text: String,
    pub revision: &'static str,
    pub with_packs: bool,
}

pub fn tried() -> impl Strategy<Value = Tried> {
    let base = prop_oneof![
        2 => Just(json!({})),
        3 => prop::sample::select(&matrix::SITES[..]).prop_map(|(name, _, text)| {
            let tree = yaml(name, text);
            if tree.is_null() { json!({}) } else { tree }
        }),
    ];
    let item = prop_oneof![3 => Just(Item::Last), 2 => Just(Item::Next)];
    let pick = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop::sample::select(KEYS),
        item,
    );
    // Mistakes are often between settings of one section, and between the items of one list.
    let of_a_section = (
        any::<prop::sample::Index>(),
        prop_oneof![
            2 => Just(Vec::new()),
            1 => prop::collection::vec(pick.clone(), 1..5),
        ],
    );
    (
        base,
        prop::collection::vec(pick, 0..4),
        of_a_section,
        prop::sample::select(vec!["1.7.0", "1.9.0"]),
        any::<bool>(),
    )
        .prop_map(|(mut tree, picks, (section, near), revision, with_packs)| {
            let all: Vec<_> = LEAVES.iter().collect();
            let section = SECTIONS
                .iter()
                .nth(section.index(SECTIONS.len()))
                .expect("a section");
            let of_section = |(setting, _): &&(Setting, _)| setting.path.starts_with(section);
            let below: Vec<_> = LEAVES.iter().filter(of_section).collect();
            let picks = picks.into_iter().map(|pick| (pick, &all));
            let near = near.into_iter().map(|pick| (pick, &below));
            for ((setting, value, key, item), among) in picks.chain(near) {
                let (setting, values) = setting.get(among);
                put(&mut tree, &setting.path, key, item, value.get(values));
            }
            fill(&mut tree, "");
            Tried {
                text: tree.to_string(),
                revision,
                with_packs,
            }
        })
}

/// What stands at the path of a setting, in the last item of each list.
fn at<'t>(tree: &'t Value, path: &str) -> Option<&'t Value> {
    path.split('.').try_fold(tree, |below, step| {
        let is_list = step.ends_with("[]");
        let below = below.get(step.trim_end_matches("[]"))?;
        match is_list {
            true => below.as_array()?.last(),
            false => Some(below),
        }
    })
}

/// The sites of the matrix, each with one of its networks and addresses in the place of another, or with an item of a list
/// once more: what stands in the way of something else.
pub fn in_the_way() -> Vec<Tried> {
    let networks = ["10.20.30.0/24", "10.20.30.9"];
    let is_network = |setting: &Setting| match &setting.form {
        Form::Value(kind) => kind
            .pattern
            .as_ref()
            .and_then(|text| Regex::new(text).ok())
            .is_some_and(|pattern| {
                networks.iter().any(|one| pattern.is_match(one)) && !pattern.is_match("a")
            }),
        _ => false,
    };
    let mut all = Vec::new();
    for (name, _, text) in matrix::SITES {
        let tree = yaml(name, text);
        for (setting, values) in LEAVES.iter() {
            let Some(own) = at(&tree, &setting.path) else {
                continue;
            };
            let mut add = |item, value: &Value| {
                let mut tree = tree.clone();
                put(&mut tree, &setting.path, "a", item, value);
                fill(&mut tree, "");
                all.push(Tried {
                    text: tree.to_string(),
                    revision: "1.9.0",
                    with_packs: true,
                });
            };
            if is_network(setting) {
                values.iter().for_each(|value| add(Item::Last, value));
            }
            if setting.path.ends_with("[]") {
                add(Item::Next, own);
            }
        }
    }
    all
}

/// The example with a text in each place that takes any, or any name: a macro or the name of something else.
pub fn in_other_words() -> Vec<Tried> {
    let mut texts = WORDS.iter().cycle();
    let takes = |setting: &Setting, text: &str| match &setting.form {
        Form::Value(kind) => {
            let pattern = kind.pattern.as_ref().and_then(|text| Regex::new(text).ok());
            kind.words.is_empty()
                && kind.range.is_none()
                && pattern.is_none_or(|pattern| pattern.is_match(text))
        }
        _ => false,
    };
    let mut all = Vec::new();
    for (setting, _) in LEAVES.iter() {
        let fitting = texts.by_ref().take(WORDS.len());
        for text in fitting.filter(|text| takes(setting, text)).take(2) {
            let mut tree = json!({});
            put(&mut tree, &setting.path, "a", Item::Last, &json!(text));
            fill(&mut tree, "");
            all.push(Tried {
                text: tree.to_string(),
                revision: "1.9.0",
                with_packs: false,
            });
        }
        texts.next();
    }
    all
}

/// The built-in packs, or those of storage providers too.
pub fn library(with_packs: bool) -> &'static Library {
    static WITH: LazyLock<Library> = LazyLock::new(|| {
        Library::with_folders(&local(), &[matrix::storage_packs()]).expect("they can be read")
    });
    if with_packs {
        &WITH
    } else {
        built_in::library()
    }
}

//! What holds for every comparison: a profile does not differ from itself, notation means nothing, the way back mirrors
//! the way there, and the JSON form holds all it takes to make the new profile from the old one.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::built_in;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};
use vmo_ra::diagnostic::Source;
use vmo_ra::diff::{Input, Options, compare, format};
use vmo_ra::profile::{Profile, read};
use vmo_ra::yaml::{Limits, to_json};

/// A profile of one layer with these values and one manifest.
pub(crate) fn profile(values: &str, manifest: &str) -> Profile {
    let text = json!({
        "metadata": {"name": "p", "description": "", "labels": {}},
        "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": [
            {"name": "pack", "type": "oci", "layer": "addon", "version": "1.0.0", "tag": "1.0.0", "values": values,
             "registry": {"metadata": {}}, "manifests": [{"name": "m", "content": manifest}]}
        ]}, "variables": []}
    });
    read(&Source::new("p.json", text.to_string())).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The JSON form of a comparison of two profiles.
pub(crate) fn report(old: &Profile, new: &Profile) -> Value {
    let input = |name: &str, profile: &Profile| Input {
        name: name.to_owned(),
        profiles: vec![profile.clone()],
        revision: None,
    };
    let options = Options {
        show_secrets: true,
        ..Options::default()
    };
    let report = compare(
        &input("old", old),
        &input("new", new),
        built_in::library(),
        &options,
    )
    .unwrap_or_else(|problem| panic!("{problem}"));
    let text = format::json(&report);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The JSON form of a comparison of two trees, each as values and inside of a manifest.
fn report_of(old: &Value, new: &Value) -> Value {
    let profile_of = |tree: &Value| profile(&tree.to_string(), &manifest_of(tree).to_string());
    report(&profile_of(old), &profile_of(new))
}

fn manifest_of(tree: &Value) -> Value {
    json!({"kind": "ConfigMap", "metadata": {"name": "m"}, "spec": tree})
}

pub(crate) fn changes(report: &Value) -> &Vec<Value> {
    report["changes"].as_array().expect("a list of changes")
}

// Generators.

const KEYS: [&str; 15] = [
    "a",
    "b",
    "c",
    "d",
    "name",
    "env",
    "data",
    "portworx.io/misc-args",
    "a[0]",
    "p(q)",
    "e=f",
    r"back\slash",
    "with space",
    "line\nbreak",
    "é",
];

const TEXTS: [&str; 26] = [
    "",
    "x",
    "y",
    // As the second `x` of a list is called.
    "x#2",
    "x#3",
    "yes",
    "off",
    "null",
    "~",
    "0644",
    "420",
    "12:30",
    "1e3",
    "1_000",
    "2001-01-01",
    "true",
    "{{ .spectro.var.x }}",
    "- x",
    "a: b",
    "# c",
    "it's \"q\"",
    r"C:\dir]",
    "[1",
    "{}",
    "ü ☃ 𝄞",
    " blank ",
];

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(&KEYS[..]).prop_map(str::to_owned)
}

fn short() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(&TEXTS[..]).prop_map(str::to_owned),
        1 => "[ -~]{0,9}",
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => short().prop_map(Value::String),
        3 => (-3_i64..9).prop_map(Value::from),
        1 => any::<i32>().prop_map(Value::from),
        1 => (-8_i32..8).prop_map(|quarters| Value::from(f64::from(quarters) / 4.0)),
        // Beyond what a float can tell apart.
        1 => (0..4_u64).prop_map(|more| Value::from((1_u64 << 53) + more)),
        2 => any::<bool>().prop_map(Value::Bool),
        2 => Just(Value::Null),
    ]
}

/// A text of several lines, that may or may not end in a line break.
fn lines() -> impl Strategy<Value = Value> {
    let line = prop::sample::select(vec![
        "#!/bin/sh",
        "set -e",
        "echo a",
        "echo b",
        "  indented",
        "\tx",
        "",
        "}",
        "blanks  ",
        "key = value",
        "exit 0",
    ]);
    (prop::collection::vec(line, 2..24), any::<bool>())
        .prop_map(|(lines, ends)| Value::String(lines.join("\n") + if ends { "\n" } else { "" }))
}

/// A list whose items have names, in any order.
fn named(inner: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec!["A", "B", "C.D", "E]", "F=1", "7", "true"]);
    let item = (inner, prop::sample::select(vec!["value", "valueFrom"]));
    prop::collection::btree_map(name, item, 0..6)
        .prop_map(|items| {
            let items = items.into_iter();
            items
                .map(|(name, (value, key))| json!({"name": name, key: value}))
                .collect::<Vec<Value>>()
        })
        .prop_shuffle()
        .prop_map(Value::Array)
}

fn images() -> impl Strategy<Value = Value> {
    let repositories = vec!["quay.io/a/b", "registry:5000/c", "docker.io/d", "e/f"];
    let image = (
        prop::sample::select(repositories),
        prop::sample::select(vec!["", ":v1", ":v2@sha256:00"]),
    );
    let image = image.prop_map(|(repository, tag)| json!({"image": format!("{repository}{tag}")}));
    prop::collection::vec(image, 0..6).prop_map(Value::Array)
}

fn tolerations() -> impl Strategy<Value = Value> {
    prop::sample::subsequence(vec!["a", "b", "c"], 0..=3)
        .prop_shuffle()
        .prop_map(|keys| {
            keys.into_iter()
                .map(|key| json!({"key": key, "operator": "Exists", "effect": "NoSchedule"}))
                .collect()
        })
}

fn map(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::vec((key(), inner), 0..6)
        .prop_map(|entries| Value::Object(entries.into_iter().collect()))
}

fn node() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![6 => scalar(), 2 => lines()];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            5 => map(inner.clone()),
            2 => prop::collection::vec(scalar(), 0..7).prop_map(Value::Array),
            2 => named(inner.clone()),
            1 => images(),
            1 => tolerations(),
            2 => prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            // Trees in texts.
            1 => map(inner.clone()).prop_map(|tree| Value::String(tree.to_string())),
            1 => map(inner).prop_map(|tree| Value::String(format!("# head\n{}", blocks(&tree)))),
        ]
    })
}

/// Values of a layer, some of them with files and commands for nodes.
fn values() -> impl Strategy<Value = Value> {
    let content = prop_oneof![
        2 => lines(),
        1 => map(scalar()).prop_map(|tree| Value::String(blocks(&tree))),
        1 => map(scalar()).prop_map(|tree| Value::String(tree.to_string())),
    ];
    let path = prop::sample::select(vec!["/etc/a.conf", "/etc/b.yaml", "/opt/c.sh"]);
    let files = prop::collection::btree_map(path, (content, short()), 0..3).prop_map(|files| {
        let files = files.into_iter();
        files
            .map(|(path, (content, mode))| {
                json!({"targetPath": path, "targetPermissions": mode, "content": content})
            })
            .collect::<Vec<Value>>()
    });
    let command = prop::sample::select(vec!["echo a", "echo b", "sysctl --system", "exit 0"]);
    let commands = prop::collection::vec(command, 0..6);
    let nodes = (files, commands.clone(), commands).prop_map(|(files, before, after)| {
        json!({"files": files, "preKubeadmCommands": before, "postKubeadmCommands": after})
    });
    (map(node()), prop::option::weighted(0.3, nodes)).prop_map(|(mut tree, nodes)| {
        if let (Value::Object(map), Some(nodes)) = (&mut tree, nodes) {
            map.insert("kubeadmconfig".to_owned(), nodes);
        }
        tree
    })
}

/// Two trees: unrelated ones of the same few words, or one and what became of it.
fn two() -> impl Strategy<Value = (Value, Value)> {
    prop_oneof![
        1 => (values(), values()),
        4 => (values(), any::<u64>()).prop_map(|(old, seed)| {
            let new = mutated(&old, &mut Random(seed));
            (old, new)
        }),
    ]
}

/// SplitMix64: mutations are many small choices, and a strategy for each would be slow.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        usize::try_from(bits % end.max(1) as u64).expect("it is below a usize")
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

fn fresh(random: &mut Random) -> Value {
    match random.below(5) {
        0 => json!(random.below(9)),
        1 => json!({"name": "new", "value": random.below(9)}),
        2 => json!("one\ntwo\nthree\n"),
        _ => json!(TEXTS[random.below(TEXTS.len())]),
    }
}

/// What differs from a tree in a few places, or nowhere.
fn mutated(tree: &Value, random: &mut Random) -> Value {
    match tree {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = Vec::new();
            for (key, value) in map {
                let is_fixed = ["kubeadmconfig", "files", "targetPath"].contains(&key.as_str())
                    || key.ends_with("Commands");
                let may_change = key != "targetPath" && *value != json!([]);
                match random.below(12) {
                    0 if !is_fixed => {}
                    0..4 if may_change => entries.push((key.clone(), mutated(value, random))),
                    _ => entries.push((key.clone(), value.clone())),
                }
            }
            let is_of_nodes = map.contains_key("files") || map.contains_key("targetPath");
            if random.below(6) == 0 && !is_of_nodes {
                entries.push((KEYS[random.below(KEYS.len())].to_owned(), fresh(random)));
            }
            random.shuffle(&mut entries);
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => {
            let mut items = items.clone();
            let are_texts = items.iter().all(Value::is_string);
            let are_files = items.iter().any(|item| item.get("targetPath").is_some());
            for _ in 0..=random.below(3) {
                let at = random.below(items.len());
                match random.below(6) {
                    0 if !items.is_empty() => {
                        items.remove(at);
                    }
                    1 if !are_files => {
                        let item = match items.get(random.below(items.len())) {
                            Some(item) if random.below(2) == 0 => item.clone(),
                            _ if are_texts => json!("fresh"),
                            _ => fresh(random),
                        };
                        items.insert(at, item);
                    }
                    2 if !items.is_empty() => {
                        let item = items.remove(at);
                        items.insert(random.below(items.len() + 1), item);
                    }
                    3 if !items.is_empty() && !are_texts => items[at] = mutated(&items[at], random),
                    4 => random.shuffle(&mut items),
                    _ => {}
                }
            }
            Value::Array(items)
        }
        Value::String(text) if text.contains('\n') => {
            let mut lines: Vec<&str> = text.split('\n').collect();
            for _ in 0..=random.below(3) {
                let at = random.below(lines.len());
                match random.below(4) {
                    0 if lines.len() > 1 => {
                        lines.remove(at);
                    }
                    1 => lines.insert(at, "inserted"),
                    2 => lines[at] = "changed",
                    _ => {}
                }
            }
            Value::String(lines.join("\n"))
        }
        Value::String(text) if text.starts_with('{') && random.below(2) == 0 => {
            match serde_json::from_str(text) {
                Ok(tree) => Value::String(mutated(&tree, random).to_string()),
                Err(_) => fresh(random),
            }
        }
        // The same text with another type.
        Value::Number(number) if random.below(2) == 0 => Value::String(number.to_string()),
        _ => fresh(random),
    }
}

/// YAML in blocks, with as few quotes as serde-saphyr thinks right; JSON is the other way to write a tree.
fn blocks(tree: &Value) -> String {
    serde_saphyr::to_string(tree).expect("it can be written as YAML")
}

/// The same tree with the keys of its maps in another order.
fn shuffled(tree: &Value, random: &mut Random) -> Value {
    match tree {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map
                .iter()
                .map(|(key, value)| (key.clone(), shuffled(value, random)))
                .collect();
            random.shuffle(&mut entries);
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(|item| shuffled(item, random)).collect(),
        other => other.clone(),
    }
}

/// The text with a comment before every line that begins a key.
fn commented(text: &str) -> String {
    let mut commented = String::from("# head\n");
    for line in text.lines() {
        if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
            commented.push_str("# about: this\n");
        }
        commented.push_str(line);
        commented.push('\n');
    }
    commented
}

// A reader of the JSON form, by what the documentation of paths and changes says.

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Key(String),
    /// Key and value; without a key for an item that is a scalar.
    Item(String, String),
    Index(usize),
    Inside(String),
}

fn steps(path: &str) -> Vec<Step> {
    let mut chars = path.chars().peekable();
    let mut steps = Vec::new();
    let until = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>, ends: &[char]| {
        let mut text = String::new();
        while let Some(c) = chars.next_if(|c| !ends.contains(c)) {
            text.push(match c {
                '\\' => match chars.next() {
                    Some('n') => '\n',
                    Some(c) => c,
                    None => panic!("a path ends in `\\`: {path}"),
                },
                c => c,
            });
        }
        text
    };
    while let Some(&c) = chars.peek() {
        match c {
            '[' => {
                chars.next();
                let key = until(&mut chars, &['=', ']']);
                if chars.next() == Some('=') {
                    let value = until(&mut chars, &[']']);
                    chars.next();
                    steps.push(Step::Item(key, value));
                } else {
                    let number = key.parse();
                    steps.push(Step::Index(number.unwrap_or_else(|_| panic!("{path}"))));
                }
            }
            '(' => {
                chars.next();
                steps.push(Step::Inside(until(&mut chars, &[')'])));
                chars.next();
            }
            _ => {
                if !steps.is_empty() {
                    assert_eq!(chars.next(), Some('.'), "{path}: a key without its dot");
                }
                steps.push(Step::Key(until(&mut chars, &['.', '[', '('])));
            }
        }
    }
    steps
}

/// A change, and the steps that are left to it.
#[derive(Clone)]
pub(crate) struct Edit<'r> {
    pub(crate) steps: Vec<Step>,
    pub(crate) change: &'r Value,
}

impl Edit<'_> {
    fn is(&self, kind: &str) -> bool {
        self.steps.is_empty() && self.change["kind"] == kind
    }

    fn new_value(&self) -> Value {
        self.change["new"]["value"].clone()
    }

    /// Where an added item stands, from its remark `item 2 of 5`.
    fn place(&self) -> usize {
        let remark = self.change["remarks"][0].as_str().unwrap_or_default();
        let number = remark
            .strip_prefix("item ")
            .and_then(|remark| remark.split_once(" of "))
            .and_then(|(number, _)| number.parse::<usize>().ok());
        number.unwrap_or_else(|| panic!("no place: {}", self.change)) - 1
    }

    fn moved(&self) -> (usize, usize) {
        let number = |side: &str| {
            let value = self.change[side]["value"].as_u64().expect("a number");
            usize::try_from(value).expect("a small number") - 1
        };
        (number("old"), number("new"))
    }
}

fn by_step<'r>(edits: &[Edit<'r>]) -> BTreeMap<Step, Vec<Edit<'r>>> {
    let mut groups: BTreeMap<Step, Vec<Edit<'r>>> = BTreeMap::new();
    for edit in edits {
        let (first, rest) = edit
            .steps
            .split_first()
            .unwrap_or_else(|| panic!("a change of the whole among others: {}", edit.change));
        groups.entry(first.clone()).or_default().push(Edit {
            steps: rest.to_vec(),
            change: edit.change,
        });
    }
    groups
}

/// The old tree with the edits made.
pub(crate) fn applied(old: &Value, edits: &[Edit<'_>]) -> Value {
    let Some(first) = edits.first() else {
        return old.clone();
    };
    if first.steps.is_empty() {
        assert_eq!(edits.len(), 1, "two changes of one place: {}", first.change);
        let hunks = first.change["lines"].as_array().expect("a list");
        if !hunks.is_empty() {
            return Value::String(patched(old.as_str().expect("a text"), hunks));
        }
        assert_eq!(&first.change["old"]["value"], old, "{}", first.change);
        return first.new_value();
    }
    match first.steps[0].clone() {
        Step::Key(_) => {
            let mut map = old.as_object().expect("a map").clone();
            for (step, edits) in by_step(edits) {
                let Step::Key(key) = step else {
                    panic!("a key and an item: {}", edits[0].change);
                };
                if edits[0].is("removed") {
                    let gone = map.shift_remove(&key);
                    assert_eq!(gone.as_ref(), Some(&edits[0].change["old"]["value"]));
                } else if edits[0].is("added") {
                    assert!(map.insert(key, edits[0].new_value()).is_none());
                } else {
                    let value = applied(&map[&key], &edits);
                    map.insert(key, value);
                }
            }
            Value::Object(map)
        }
        Step::Inside(language) => {
            let text = old.as_str().expect("a text");
            let groups = by_step(edits);
            assert_eq!(groups.len(), 1, "two languages in one text");
            let inside: Vec<Edit<'_>> = groups.into_values().flatten().collect();
            Value::String(if language == "json" {
                applied(&serde_json::from_str(text).expect("JSON"), &inside).to_string()
            } else {
                blocks(&applied(&yaml(text).expect("YAML"), &inside))
            })
        }
        Step::Index(_) => by_number(old.as_array().expect("a list"), edits),
        Step::Item(key, _) => by_identity(old.as_array().expect("a list"), &key, edits),
    }
}

fn scalar_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What an item is called in a path.
fn identity(item: &Value, key: &str) -> String {
    match key {
        "" => scalar_text(item),
        "image" => {
            let image = item["image"].as_str().expect("an image");
            let image = image.split('@').next().expect("a part");
            match image.rfind(':') {
                Some(colon) if !image[colon..].contains('/') => image[..colon].to_owned(),
                _ => image.to_owned(),
            }
        }
        "toleration" => {
            let keys = ["key", "operator", "value", "effect"].iter();
            let parts = keys.filter_map(|key| item.get(*key)).map(scalar_text);
            parts.collect::<Vec<String>>().join(":")
        }
        key => scalar_text(&item[key]),
    }
}

fn by_identity(old: &[Value], key: &str, edits: &[Edit<'_>]) -> Value {
    let given: Vec<String> = old.iter().map(|item| identity(item, key)).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut left: Vec<(String, Value)> = Vec::new();
    for (name, item) in given.iter().zip(old) {
        let count = counts.entry(name).or_default();
        *count += 1;
        let mut unique = name.clone();
        while *count > 1 {
            // The next number that is not the end of another's name.
            unique = format!("{name}#{count}");
            if !given.contains(&unique) {
                break;
            }
            *count += 1;
        }
        left.push((unique, item.clone()));
    }
    let mut placed: BTreeMap<usize, Value> = BTreeMap::new();
    for (step, mut edits) in by_step(edits) {
        let Step::Item(step_key, name) = step else {
            panic!("two kinds of items: {}", edits[0].change);
        };
        assert_eq!(step_key, key);
        let at = left.iter().position(|(found, _)| *found == name);
        if edits[0].is("added") {
            assert!(at.is_none(), "it is there: {}", edits[0].change);
            placed.insert(edits[0].place(), edits[0].new_value());
            continue;
        }
        let at = at.unwrap_or_else(|| panic!("there is no `{name}`: {}", edits[0].change));
        if edits[0].is("removed") {
            assert_eq!(left.remove(at).1, edits[0].change["old"]["value"]);
            continue;
        }
        let moves: Vec<Edit<'_>> = edits.extract_if(.., |edit| edit.is("moved")).collect();
        let item = applied(&left[at].1, &edits);
        match moves.as_slice() {
            [] => left[at].1 = item,
            [moved] => {
                let (from, to) = moved.moved();
                assert!(name.starts_with(&given[from]), "{}", moved.change);
                left.remove(at);
                assert!(placed.insert(to, item).is_none());
            }
            _ => panic!("moved twice: {}", moves[0].change),
        }
    }
    Value::Array(filled(placed, left.into_iter().map(|(_, item)| item)))
}

/// What has a place goes there, the rest between it in its old order.
fn filled(
    mut placed: BTreeMap<usize, Value>,
    mut left: impl ExactSizeIterator<Item = Value>,
) -> Vec<Value> {
    let count = placed.len() + left.len();
    (0..count)
        .map(|at| placed.remove(&at).or_else(|| left.next()))
        .map(|item| item.expect("a place beyond the end"))
        .collect()
}

/// Items without an identity: a number is that of the old list where an item goes, else that of the new one.
fn by_number(old: &[Value], edits: &[Edit<'_>]) -> Value {
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    let mut placed: BTreeMap<usize, Value> = BTreeMap::new();
    let mut inside: Vec<(usize, Vec<Edit<'_>>)> = Vec::new();
    for (step, mut edits) in by_step(edits) {
        let Step::Index(number) = step else {
            panic!("two kinds of items: {}", edits[0].change);
        };
        for edit in edits.extract_if(.., |edit| edit.is("removed")) {
            assert_eq!(old[number], edit.change["old"]["value"]);
            gone.insert(number);
        }
        for edit in edits.extract_if(.., |edit| edit.is("moved")) {
            let (from, to) = edit.moved();
            assert_eq!(to, number);
            gone.insert(from);
            placed.insert(to, old[from].clone());
        }
        for edit in edits.extract_if(.., |edit| edit.is("added")) {
            assert_eq!(edit.place(), number);
            placed.insert(number, edit.new_value());
        }
        if !edits.is_empty() {
            inside.push((number, edits));
        }
    }
    let left: Vec<Value> = (0..old.len())
        .filter(|at| !gone.contains(at))
        .map(|at| old[at].clone())
        .collect();
    let mut items = filled(placed, left.into_iter());
    for (number, edits) in inside {
        items[number] = applied(&items[number], &edits);
    }
    Value::Array(items)
}

/// The text with the hunks applied, every line of theirs checked.
fn patched(old: &str, hunks: &[Value]) -> String {
    let old: Vec<&str> = old.split('\n').collect();
    let mut made: Vec<&str> = Vec::new();
    let mut at = 0;
    for hunk in hunks {
        let number = |key: &str| {
            let number = hunk[key].as_u64().expect("a number");
            usize::try_from(number).expect("a small number") - 1
        };
        made.extend(&old[at..number("oldStart")]);
        at = number("oldStart");
        assert_eq!(made.len(), number("newStart"), "{hunk}");
        for line in hunk["lines"].as_array().expect("a list") {
            let text = line["text"].as_str().expect("a text");
            if line["side"] != "new" {
                assert_eq!(old[at], text, "{hunk}");
                at += 1;
            }
            if line["side"] != "old" {
                made.push(text);
            }
        }
    }
    made.extend(&old[at..]);
    made.join("\n")
}

fn yaml(text: &str) -> Option<Value> {
    to_json(&Source::new("text", text), Limits::VALUES).ok()
}

/// Whether two trees mean the same: texts that hold trees are compared as these, and `1.0` is 1.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let pairs_of = |key: &String, a: &Value| b.get(key).is_some_and(|b| same(a, b));
            a.len() == b.len() && a.iter().all(|(key, a)| pairs_of(key, a))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64()
        }
        (Value::String(a), Value::String(b)) if a != b => {
            let is_tree = |value: &Value| value.is_object() || value.is_array();
            let both = |a: Option<Value>, b: Option<Value>| match (a, b) {
                (Some(a), Some(b)) => is_tree(&a) && is_tree(&b) && same(&a, &b),
                _ => false,
            };
            both(serde_json::from_str(a).ok(), serde_json::from_str(b).ok())
                || both(yaml(a), yaml(b))
        }
        _ => a == b,
    }
}

pub(crate) fn edits<'r>(report: &'r Value, part: &str, name: Option<&str>) -> Vec<Edit<'r>> {
    changes(report)
        .iter()
        .filter(|change| change["part"]["of"] == part && change["part"]["name"].as_str() == name)
        .map(|change| Edit {
            steps: steps(change["path"].as_str().expect("a path")),
            change,
        })
        .collect()
}

const COMMANDS: [&str; 2] = ["preKubeadmCommands", "postKubeadmCommands"];

/// Values as a comparison takes them apart.
#[derive(Debug)]
struct Parts {
    values: Value,
    files: BTreeMap<String, Value>,
    commands: [String; 2],
}

impl Parts {
    fn of(tree: &Value) -> Parts {
        let mut values = tree.clone();
        let mut files = BTreeMap::new();
        let mut commands = [String::new(), String::new()];
        let config = values.get_mut("kubeadmconfig");
        if let Some(config) = config.and_then(Value::as_object_mut) {
            let list = config.shift_remove("files").unwrap_or_default();
            for file in list.as_array().into_iter().flatten() {
                let path = file["targetPath"].as_str().expect("a path");
                files.insert(path.to_owned(), file.clone());
            }
            for (key, text) in COMMANDS.iter().zip(&mut commands) {
                let list = config.shift_remove(*key).unwrap_or_default();
                for line in list.as_array().into_iter().flatten() {
                    text.push_str(line.as_str().expect("a text").trim_end());
                    text.push('\n');
                }
            }
        }
        Parts {
            values,
            files,
            commands,
        }
    }

    /// What the report makes of these.
    fn edited(mut self, report: &Value) -> Parts {
        // Files are taken apart by their paths, whatever their order.
        let mut of_values = edits(report, "values", None);
        of_values.retain(|edit| {
            let path = edit.change["path"].as_str().expect("a path");
            !path.starts_with("kubeadmconfig.files[")
        });
        self.values = applied(&self.values, &of_values);
        let mut names: BTreeSet<String> = self.files.keys().cloned().collect();
        let of_files = changes(report)
            .iter()
            .filter(|change| change["part"]["of"] == "file");
        names.extend(of_files.map(|change| scalar_text(&change["part"]["name"])));
        for name in names {
            let mut edits = edits(report, "file", Some(&name));
            if edits.iter().any(|edit| edit.is("added")) {
                self.files.insert(name, edits[0].new_value());
                continue;
            }
            if edits.iter().any(|edit| edit.is("removed")) {
                self.files.remove(&name);
                continue;
            }
            let file = self.files.get_mut(&name).expect("it was there");
            // What has no key is about the content.
            let content: Vec<Edit<'_>> = edits
                .extract_if(.., |edit| {
                    matches!(edit.steps.first(), None | Some(Step::Inside(_)))
                })
                .collect();
            if !content.is_empty() {
                file["content"] = applied(&file["content"], &content);
            }
            *file = applied(file, &edits);
        }
        for (key, text) in COMMANDS.iter().zip(&mut self.commands) {
            if let [edit] = edits(report, "commands", Some(key)).as_slice() {
                *text = patched(text, edit.change["lines"].as_array().expect("a list"));
            }
        }
        self
    }

    fn is_like(&self, other: &Parts) -> bool {
        // Neither files nor commands are as good as none of them at all.
        let values = |parts: &Parts| {
            let mut values = parts.values.clone();
            if values.get("kubeadmconfig") == Some(&json!({}))
                && let Some(map) = values.as_object_mut()
            {
                map.shift_remove("kubeadmconfig");
            }
            values
        };
        let files = |parts: &Parts| json!(parts.files);
        same(&values(self), &values(other))
            && same(&files(self), &files(other))
            && self.commands == other.commands
    }
}

fn check(holds: bool, why: impl FnOnce() -> String) -> Result<(), TestCaseError> {
    if holds {
        Ok(())
    } else {
        Err(TestCaseError::fail(why()))
    }
}

/// What is to be seen of the way there, and of the way back as the way there would show it.
fn seen(report: &Value, is_back: bool) -> BTreeSet<String> {
    let mut moves: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for change in changes(report) {
        let kind = match change["kind"].as_str().expect("a kind") {
            "added" if is_back => "removed",
            "removed" if is_back => "added",
            kind => kind,
        };
        let (old, new) = if is_back {
            ("new", "old")
        } else {
            ("old", "new")
        };
        let part = &change["part"];
        let steps = steps(change["path"].as_str().expect("a path"));
        // Where there are two ways to tell which items moved, either direction chooses one, and anonymous items are
        // compared with what is left between those that stay.
        let anonymous = steps.iter().position(|step| matches!(step, Step::Index(_)));
        if let Some(at) = anonymous {
            seen.insert(format!("{part} {:?} differs", &steps[..at]));
        } else if kind == "moved" {
            let (_, list) = steps
                .split_last()
                .map_or((None, &[][..]), |(last, list)| (Some(last), list));
            *moves.entry(format!("{part} {list:?}")).or_default() += 1;
        } else {
            let lines = |side: &str| {
                let hunks = change["lines"].as_array().expect("a list").iter();
                hunks
                    .flat_map(|hunk| hunk["lines"].as_array().expect("a list"))
                    .filter(|line| line["side"] == side)
                    .count()
            };
            seen.insert(format!(
                "{part} {steps:?} {kind} {} {} -{} +{}",
                change[old],
                change[new],
                lines(old),
                lines(new)
            ));
        }
    }
    seen.extend(
        moves
            .into_iter()
            .map(|(list, count)| format!("{list}: {count} moved")),
    );
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_differs_from_itself(tree in values()) {
        let report = report_of(&tree, &tree);
        prop_assert_eq!(changes(&report), &Vec::<Value>::new());
        prop_assert_eq!(&report["notes"], &json!([]));
    }

    #[test]
    fn notation_is_no_difference(tree in values(), seed in any::<u64>()) {
        let random = &mut Random(seed);
        let mut written = |write: &dyn Fn(&Value) -> String| {
            let manifest = manifest_of(&tree);
            profile(&write(&shuffled(&tree, random)), &write(&shuffled(&manifest, random)))
        };
        let forms = [
            profile(&tree.to_string(), &manifest_of(&tree).to_string()),
            written(&|tree| tree.to_string()),
            written(&|tree| serde_json::to_string_pretty(tree).expect("JSON")),
            written(&|tree| blocks(tree)),
            written(&|tree| commented(&blocks(tree))),
        ];
        for new in &forms[1..] {
            for (old, new) in [(&forms[0], new), (new, &forms[0])] {
                let report = report(old, new);
                check(changes(&report).is_empty() && report["notes"] == json!([]), || {
                    let values = |profile: &Profile| profile.spec.template.packs[0].values.clone();
                    format!("{}\n---\n{}\n---\n{report:#}", values(old), values(new))
                })?;
            }
        }
    }

    #[test]
    fn the_way_back_mirrors_the_way_there((old, new) in two()) {
        let (there, back) = (report_of(&old, &new), report_of(&new, &old));
        prop_assert_eq!(seen(&there, false), seen(&back, true));
    }

    #[test]
    fn the_json_form_makes_the_new_from_the_old((old, new) in two()) {
        let report = report_of(&old, &new);
        let (made, wanted) = (Parts::of(&old).edited(&report), Parts::of(&new));
        check(made.is_like(&wanted), || {
            format!("old  {old}\nmade {made:?}\nnew  {wanted:?}\n{report:#}")
        })?;
        let (old, new) = (manifest_of(&old), manifest_of(&new));
        let made = applied(&old, &edits(&report, "manifest", Some("m")));
        check(same(&made, &new), || format!("old  {old}\nmade {made}\nnew  {new}\n{report:#}"))?;
    }

    #[test]
    fn two_runs_say_the_same((old, new) in two()) {
        prop_assert_eq!(report_of(&old, &new).to_string(), report_of(&old, &new).to_string());
    }
}

/// An order alone is a difference, of items without a name too.
#[test]
fn an_order_is_a_difference() {
    for (old, new) in [
        (json!([[1], [2]]), json!([[2], [1]])),
        (
            json!([{"a": 1}, {"b": 1}, {"c": 1}]),
            json!([{"c": 1}, {"a": 1}, {"b": 1}]),
        ),
        (json!([[1], [2], [3], [4]]), json!([[4], [5], [2], [1]])),
        (json!(["a", "b"]), json!(["b", "a"])),
        (json!(["x", "x", "x#2"]), json!(["x", "x#2", "y"])),
        (json!(["x", "x", "x#2"]), json!(["x", "x#2"])),
    ] {
        let (old, new) = (json!({"l": old}), json!({"l": new}));
        let report = report_of(&old, &new);
        assert!(!changes(&report).is_empty(), "{old} {new}");
        let made = applied(&old, &edits(&report, "values", None));
        assert_eq!(made, new, "{report:#}");
    }
}

#[test]
fn large_numbers_are_told_apart() {
    let (old, new) = (
        json!({"bytes": 9_007_199_254_740_992_u64}),
        json!({"bytes": 9_007_199_254_740_993_u64}),
    );
    assert_eq!(edits(&report_of(&old, &new), "values", None).len(), 1);
}

#[test]
fn a_files_content_may_come_and_go() {
    let values = |file: Value| json!({"kubeadmconfig": {"files": [file]}});
    let with = values(json!({"targetPath": "/etc/a", "content": "x"}));
    let without = values(json!({"targetPath": "/etc/a"}));
    for (old, new) in [(&with, &without), (&without, &with)] {
        let report = report_of(old, new);
        let found = edits(&report, "file", Some("/etc/a"));
        assert_eq!(found.len(), 1, "{report:#}");
        assert!(Parts::of(old).edited(&report).is_like(&Parts::of(new)));
    }
}

#[test]
fn paths_are_taken_apart() {
    for (path, wanted) in [
        (
            r"env[name=A.B].portworx\.io/misc-args(json).x[=size=64][2]",
            vec![
                Step::Key("env".to_owned()),
                Step::Item("name".to_owned(), "A.B".to_owned()),
                Step::Key("portworx.io/misc-args".to_owned()),
                Step::Inside("json".to_owned()),
                Step::Key("x".to_owned()),
                Step::Item(String::new(), "size=64".to_owned()),
                Step::Index(2),
            ],
        ),
        ("", vec![]),
        (r"a\nb\[0\]", vec![Step::Key("a\nb[0]".to_owned())]),
    ] {
        assert_eq!(steps(path), wanted, "{path}");
    }
}

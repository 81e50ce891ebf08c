//! Whatever a profile holds: it is written so that it reads back, its folder stays a folder, and joining gives its bytes.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Number, Value, json};
use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::disk::Entry;
use vmo_ra::profile::folder::{Split, join, named_files, split, yaml_problem};
use vmo_ra::profile::{Document, to_palette_json, to_readable_json};
use vmo_ra::yaml::from_json;
use vmo_ra::yaml::scalar::go_float;

use crate::properties::{check, messages, ours, saphyr, text};

/// Names that do harm as names of files, or meet on a disk that ignores case.
const NAMES: &[&str] = &[
    "a",
    "A",
    "a-2",
    "a/b",
    "a-b",
    "A B",
    "values",
    "VALUES",
    "values-2",
    "profile.yaml",
    "Profile.YAML",
    "README.md",
    "..",
    ".",
    "...",
    "../..",
    "/etc/passwd",
    "\\\\server\\x",
    "C:\\x",
    "a:b",
    "-rf",
    ".git",
    ".gitattributes",
    "con",
    "NUL.txt",
    "COM1",
    "lpt9.yaml",
    "x.",
    "x ",
    "é",
    "e\u{301}",
    "É",
    "ﬁ",
    "\u{202e}",
    "\0",
    "a\nb",
    "a\u{85}",
    "",
    " ",
];

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(NAMES).prop_map(str::to_owned),
        1 => "[aA]{0,3}",
        1 => text(),
        1 => (select(NAMES), 90..300usize).prop_map(|(name, times)| name.repeat(times)),
    ]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        (-20i64..20).prop_map(Number::from),
        any::<f64>().prop_filter_map("a number", Number::from_f64),
        (-1e6..1e6f64).prop_filter_map("a number", Number::from_f64),
        select(vec![
            0.0,
            -0.0,
            1e20,
            1e21,
            -1e21,
            1e-6,
            1e-7,
            5e-324,
            f64::MAX,
            9.007_199_254_740_993e15
        ])
        .prop_filter_map("a number", Number::from_f64),
    ]
}

/// Any tree, its texts and keys as nasty as they come.
fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => text().prop_map(Value::String),
        2 => number().prop_map(Value::Number),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((key(), inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => text(),
        2 => "[a-z]{1,8}",
        // Longer than what readers look through for a colon.
        1 => (900..1100usize).prop_map(|length| "k".repeat(length)),
    ]
}

/// A map with some of its own keys, keys that nobody knows between them, and perhaps not all of them.
fn with_unknown(
    must: Vec<(&'static str, Value)>,
    may: Vec<(&'static str, Value)>,
    unknown: Vec<(String, Value)>,
    keep: u32,
) -> Value {
    let known: HashSet<&str> = must.iter().chain(&may).map(|(key, _)| *key).collect();
    let mut unknown = unknown
        .into_iter()
        .filter(|(key, _)| !known.contains(key.as_str()))
        .collect::<Vec<_>>()
        .into_iter();
    let mut map = Map::new();
    for (key, value) in must {
        map.extend(unknown.next());
        map.insert(key.to_owned(), value);
    }
    for ((key, value), at) in may.into_iter().zip(0..) {
        if keep >> at & 1 == 0 {
            map.insert(key.to_owned(), value);
        }
        map.extend(unknown.next());
    }
    Value::Object(map)
}

fn unknown() -> impl Strategy<Value = Vec<(String, Value)>> {
    prop::collection::vec((key(), tree()), 0..3)
}

fn manifest() -> impl Strategy<Value = Value> {
    let content = prop_oneof![4 => text().prop_map(Value::String), 1 => Just(Value::Null)];
    (name(), content, unknown(), any::<u32>()).prop_map(|(name, content, unknown, keep)| {
        with_unknown(
            vec![("name", json!(name))],
            vec![("content", content)],
            unknown,
            keep & keep >> 1,
        )
    })
}

fn layer(most: usize) -> impl Strategy<Value = Value> {
    let manifests = prop::collection::vec(manifest(), 0..=most);
    (name(), text(), text(), manifests, unknown(), any::<u32>()).prop_map(
        |(name, values, tag, manifests, unknown, keep)| {
            with_unknown(
                vec![("name", json!(name)), ("type", json!("manifest"))],
                vec![
                    ("tag", json!(tag)),
                    ("values", json!(values)),
                    (
                        "registry",
                        json!({"metadata": {"uid": tag, "isPrivate": false}}),
                    ),
                    ("manifests", Value::Array(manifests)),
                ],
                unknown,
                keep & keep >> 4,
            )
        },
    )
}

/// A profile with so many layers at the most, each with so many manifests.
fn profile(most: usize) -> impl Strategy<Value = Value> {
    let layers = prop::collection::vec(layer(most), 0..=most);
    (name(), text(), layers, unknown(), unknown(), any::<u32>()).prop_map(
        |(name, description, layers, at_top, in_template, keep)| {
            let template = with_unknown(
                vec![("type", json!("add-on")), ("packs", Value::Array(layers))],
                vec![("cloudType", json!("all"))],
                in_template,
                keep >> 8,
            );
            let spec = with_unknown(
                vec![("template", template)],
                vec![
                    ("version", json!("1.0.0")),
                    (
                        "variables",
                        json!([{"name": name, "defaultValue": description, "order": 1}]),
                    ),
                ],
                Vec::new(),
                keep >> 4,
            );
            with_unknown(
                vec![
                    (
                        "metadata",
                        json!({"name": name, "description": description}),
                    ),
                    ("spec", spec),
                ],
                Vec::new(),
                at_top,
                keep,
            )
        },
    )
}

fn palette(value: &Value) -> String {
    String::from_utf8(to_palette_json(value).expect("it has a JSON form")).expect("text")
}

fn document(json: &str) -> Document {
    Document::read(&Source::new("p.json", json))
        .unwrap_or_else(|problems| panic!("{json}\n{}", messages(&problems)))
}

/// Written as YAML and read by two parsers, a tree is the same in Palette's bytes; and so is the order of its keys.
#[test]
fn trees_read_back_from_yaml() {
    check(3000, tree(), |tree| {
        let yaml = from_json(&tree);
        let wanted = palette(&tree);
        let found = ours(&yaml).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&palette(&found), &wanted, "{}", yaml);
        let found =
            saphyr(&yaml).map_err(|error| TestCaseError::fail(format!("{error}\n{yaml}")))?;
        prop_assert_eq!(
            found.as_object().map(Map::len),
            tree.as_object().map(Map::len)
        );
        Ok(())
    });
}

#[test]
fn floats_are_short_and_exact() {
    check(20_000, any::<f64>(), |float| {
        if !float.is_finite() {
            return Ok(());
        }
        let written = go_float(float);
        prop_assert_eq!(
            written.parse::<f64>().expect("a number").to_bits(),
            float.to_bits()
        );
        let size = float.abs();
        prop_assert_eq!(
            written.contains('e'),
            size != 0.0 && !(1e-6..1e21).contains(&size)
        );
        prop_assert!(!written.contains("e0") && !written.contains("e-0"));
        Ok(())
    });
}

/// What a disk, git or a shell would stumble over.
fn is_safe(part: &str) -> bool {
    let stem = part
        .split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let device = matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || (stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.ends_with(|c: char| c.is_ascii_digit()));
    !part.is_empty()
        && part.len() <= 120
        && part
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        && !part.starts_with(['.', '-'])
        && !part.ends_with('.')
        && !device
}

fn joined(split: &Split) -> Result<Value, Vec<Diagnostic>> {
    let text = |path: &str| String::from_utf8(split.files[path].clone()).expect("text");
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    for path in split.files.keys() {
        if let Some((folder, _)) = path.split_once('/') {
            entries.insert(folder.to_owned(), Entry::Folder);
        }
        entries.insert(path.clone(), Entry::File);
    }
    join(
        &Source::new("d/profile.yaml", text("profile.yaml")),
        &entries,
        |path| Ok(text(path)),
    )
}

#[test]
fn any_profile_comes_back_from_a_folder_that_every_disk_takes() {
    let (files, renamed) = (Cell::new(0), Cell::new(0));
    check(2000, profile(3), |profile| {
        let json = palette(&profile);
        let read = document(&json);
        prop_assert_eq!(palette(read.value()), json.as_str());
        let split = split(read).map_err(|problem| TestCaseError::fail(problem.to_string()))?;
        prop_assert_eq!(String::from_utf8_lossy(&split.palette), json.as_str());
        let mut seen = HashSet::new();
        for path in split.files.keys() {
            files.set(files.get() + 1);
            renamed.set(renamed.get() + usize::from(path.contains("-2")));
            prop_assert!(seen.insert(path.to_lowercase()), "{} is there twice", path);
            if path == ".gitattributes" {
                continue;
            }
            let parts: Vec<&str> = path.split('/').collect();
            prop_assert!(
                parts.len() <= 2 && parts.iter().all(|part| is_safe(part)),
                "{}",
                path
            );
            // No file lies where another's folder is.
            prop_assert!(parts.len() == 2 || path == "profile.yaml");
        }
        let folders: HashSet<String> = split
            .files
            .keys()
            .filter_map(|path| Some(path.split_once('/')?.0.to_lowercase()))
            .collect();
        prop_assert!(!folders.contains("profile.yaml") && !folders.contains("readme.md"));
        let profile_yaml = Source::new("p", String::from_utf8_lossy(&split.files["profile.yaml"]));
        let named = named_files(&profile_yaml)
            .map_err(|problems| TestCaseError::fail(messages(&problems)))?;
        let written: Vec<&String> = split
            .files
            .keys()
            .filter(|path| *path != ".gitattributes")
            .collect();
        prop_assert_eq!(named.iter().collect::<Vec<_>>(), written);
        let joined = joined(&split).map_err(|problems| TestCaseError::fail(messages(&problems)))?;
        prop_assert_eq!(palette(&joined), json);
        Ok(())
    });
    assert!(
        files.get() > 5000 && renamed.get() > 500,
        "{files:?} {renamed:?}"
    );
}

#[test]
fn the_readable_form_is_the_same_profile() {
    check(1000, profile(3), |profile| {
        let readable = to_readable_json(&profile).expect("it has a JSON form");
        let readable = String::from_utf8(readable).expect("text");
        let read = document(&readable);
        prop_assert_eq!(palette(read.value()), palette(&profile));
        let again = to_readable_json(read.value()).expect("it has a JSON form");
        prop_assert_eq!(String::from_utf8(again).expect("text"), readable);
        Ok(())
    });
}

/// A profile with a piece taken out or put in.
fn broken() -> impl Strategy<Value = (String, String)> {
    // Where it is broken counts, not how much of it there is.
    (profile(1), any::<prop::sample::Index>(), 0..4usize, text()).prop_map(
        |(profile, at, cut, piece)| {
            let break_it = |text: String| {
                let start = text.floor_char_boundary(at.index(text.len()));
                let end = text.ceil_char_boundary((start + cut).min(text.len()));
                format!("{}{piece}{}", &text[..start], &text[end..])
            };
            (break_it(palette(&profile)), break_it(from_json(&profile)))
        },
    )
}

/// Broken texts are explained or read, and end in no panic.
#[test]
fn whatever_is_given_is_read_or_explained() {
    let refused = Cell::new(0);
    check(600, broken(), |(json, yaml)| {
        let entries = BTreeMap::from([("a/values.yaml".to_owned(), Entry::File)]);
        for text in [&json, &yaml] {
            let source = Source::new("p", text.as_str());
            let outcomes = [
                Document::read(&source).map(|_| ()),
                join(&source, &entries, |_| Ok(String::new())).map(|_| ()),
                named_files(&source).map(|_| ()),
            ];
            for problems in outcomes.into_iter().filter_map(Result::err) {
                refused.set(refused.get() + 1);
                prop_assert!(!messages(&problems).is_empty());
            }
            if let Ok(document) = Document::read(&source) {
                split(document)
                    .map_err(|problem| TestCaseError::fail(format!("{problem}\n{text}")))?;
            }
            let _ = yaml_problem("v", text).map(|problem| problem.to_string());
        }
        Ok(())
    });
    assert!(refused.get() > 500, "{refused:?}");
}

/// A profile whose texts all hold one word.
fn secretive() -> impl Strategy<Value = Value> {
    profile(2).prop_map(|mut profile| {
        let layers = profile["spec"]["template"]["packs"].as_array_mut();
        for layer in layers.into_iter().flatten() {
            layer["values"] = json!("a: hunter2\nb: \"hunter2\"\n");
            let manifests = layer.get_mut("manifests").and_then(Value::as_array_mut);
            for manifest in manifests.into_iter().flatten() {
                manifest["content"] = json!("{\"hunter2\": \"hunter2\"}\n");
            }
        }
        profile
    })
}

/// Wherever an export is broken, what is shown of its one line holds none of its texts.
#[test]
fn no_message_about_json_shows_a_text() {
    let refused = Cell::new(0);
    let cases = (secretive(), any::<prop::sample::Index>(), 0..4usize, text());
    check(1500, cases, |(profile, at, cut, piece)| {
        let json = palette(&profile);
        let start = json.floor_char_boundary(at.index(json.len()));
        let end = json.ceil_char_boundary((start + cut).min(json.len()));
        let broken = format!("{}{piece}{}", &json[..start], &json[end..]);
        if let Err(problems) = Document::read(&Source::new("p.json", broken.as_str()))
            && broken.starts_with('{')
        {
            refused.set(refused.get() + 1);
            let said = messages(&problems);
            prop_assert!(!said.contains("hunter2"), "{}", said);
        }
        Ok(())
    });
    assert!(refused.get() > 500, "{refused:?}");
}

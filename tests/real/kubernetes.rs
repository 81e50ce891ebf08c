//! What Kubernetes reads in every text we write is what we meant.

use std::io;
use std::path::Path;

use serde_json::{Value, json};
use vmo_ra::diagnostic::Source;
use vmo_ra::pack::Library;
use vmo_ra::profile::Variable;
use vmo_ra::render::{Rendered, Request, render};
use vmo_ra::revision::{Revision, Role};
use vmo_ra::site::{Inputs, Site, StorageProvider};

use crate::common::harness::vmo_ra;
use crate::common::matrix::{cases, storage_packs};
use crate::common::programs::program;
use crate::common::{built_in, documents, nothing_wrong};
use crate::kubectl::{Texts, default_of, differences, with_label};
use crate::words::{FREE, NAMES, Place, SITE, TYPED};

/// What `vmo-ra nad` prints.
fn networks(arguments: &[&str]) -> String {
    vmo_ra(&[&["nad"], arguments].concat()).run().well()
}

#[test]
fn kubernetes_reads_what_we_read() {
    let Some(kubectl) = program("kubectl") else {
        return;
    };
    let mut texts = Texts::default();
    for case in cases() {
        add_all(&mut texts, &case.to_string(), case.revision, &case.rendered);
    }
    let rendered = texts.list.len();
    assert!(rendered > 200, "only {rendered} texts");
    for arguments in [
        &["--vlans", "1-4094,untagged"][..],
        &[
            "--vlans",
            "10",
            "--prefix",
            "1e",
            "--namespace",
            "on",
            "--bridge",
            "0777",
        ],
        &[
            "--vlans",
            "5,untagged",
            "--prefix",
            "0x",
            "--namespace",
            "2024-01-01",
        ],
    ] {
        texts.add(&format!("nad {arguments:?}"), networks(arguments));
    }
    let read = texts.read(&kubectl);
    let mut problems = Vec::new();
    for ((place, text), theirs) in texts.list.iter().zip(&read) {
        let ours: Vec<Value> = documents(place, text)
            .into_iter()
            .filter(|document| !document.is_null())
            .map(with_label)
            .collect();
        differences(place, &json!(ours), &json!(theirs), &mut problems);
    }
    nothing_wrong(&problems);
    let objects: usize = read[..rendered].iter().map(Vec::len).sum();
    assert_eq!(read[rendered].len(), 4095, "a network for each VLAN");
    assert!(objects > 250, "only {objects} objects");
}

/// An environment in which every variable's value is the word that its name stands for.
struct Env(Vec<(Place, String)>);

impl Inputs for Env {
    fn env(&self, name: &str) -> Option<String> {
        let found = self.0.iter().find(|(place, _)| place.token == name);
        found.map(|(_, word)| word.clone())
    }

    fn file(&self, _: &Path) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// A site with these words.
fn site(words: Vec<(Place, String)>) -> Site {
    let mut text = SITE.to_owned();
    for (place, word) in &words {
        let quoted = json!(word).to_string();
        text = text.replace(&format!("@{}", place.token), quoted.trim_matches('"'));
    }
    let source = Source::new("words.yaml", text);
    Site::parse(&source, &Env(words)).unwrap_or_else(|problems| {
        panic!(
            "{}",
            problems.iter().map(ToString::to_string).collect::<String>()
        )
    })
}

fn library() -> Library {
    Library::with_folders(&vmo_ra::disk::local(), &[storage_packs()])
        .unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn rendered(site: &Site, revision: &Revision, library: &Library, published: bool) -> Rendered {
    let request = Request {
        site,
        revision,
        library,
        profiles: &Role::ALL,
        published,
    };
    render(&request).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// All that a rendering gives Kubernetes to read, as numbers of texts.
fn add_all(texts: &mut Texts, place: &str, revision: &str, rendered: &Rendered) -> Vec<usize> {
    let mut numbers = Vec::new();
    for profile in &rendered.profiles {
        let profile = &profile.profile;
        let fill = |inside: &str| default_of(profile, revision, inside);
        numbers.extend(texts.add_profile(place, profile, &fill));
    }
    numbers
}

/// Two readings of one template, and which words stand in the second where the first has marks.
struct Pair {
    place: String,
    marked: Vec<usize>,
    worded: Vec<usize>,
    words: Vec<(String, String)>,
    /// Whether every word has a place; the published form leaves some out.
    everywhere: bool,
}

/// A value with the words in the places of their marks, in its keys too.
fn with_words(value: &Value, words: &[(String, String)]) -> Value {
    let text = |text: &str| {
        let marked = text.contains("mark");
        let words = words.iter().filter(|_| marked);
        words.fold(text.to_owned(), |text, (mark, word)| {
            text.replace(mark, word)
        })
    };
    match value {
        Value::String(value) => text(value).into(),
        Value::Array(items) => items.iter().map(|item| with_words(item, words)).collect(),
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| (text(key), with_words(value, words)));
            Value::Object(entries.collect())
        }
        other => other.clone(),
    }
}

/// Takes the texts out of a value that are YAML of their own.
fn take_inner(value: &mut Value, inner: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with("#cloud-config\n") => {
            inner.push(std::mem::take(text))
        }
        Value::Array(items) => items.iter_mut().for_each(|item| take_inner(item, inner)),
        Value::Object(map) => map.values_mut().for_each(|value| take_inner(value, inner)),
        _ => {}
    }
}

/// Fails where a word is not the same text wherever its mark is, or where anything else changes with it.
fn words_stay_words(kubectl: &Path, texts: &Texts, pairs: &[Pair]) {
    let mut read = texts.read(kubectl);
    let mut inner_texts = Texts::default();
    let mut inner: Vec<Vec<usize>> = Vec::new();
    for (objects, (place, _)) in read.iter_mut().zip(&texts.list) {
        let mut found = Vec::new();
        objects
            .iter_mut()
            .for_each(|object| take_inner(object, &mut found));
        inner.push(
            found
                .iter()
                .map(|text| inner_texts.add_values(place, text))
                .collect(),
        );
    }
    let read_inner = inner_texts.read(kubectl);
    let whole = |number: usize| {
        let inner: Vec<&Vec<Value>> = inner[number]
            .iter()
            .map(|inner| &read_inner[*inner])
            .collect();
        json!([read[number], inner])
    };
    let mut problems = Vec::new();
    for pair in pairs {
        assert_eq!(pair.marked.len(), pair.worded.len(), "{}", pair.place);
        let mut seen = String::new();
        for (marked, worded) in pair.marked.iter().zip(&pair.worded) {
            let (before, after) = (whole(*marked), whole(*worded));
            if marked != worded {
                seen.push_str(&before.to_string());
            }
            let place = format!("{}: {}", pair.place, texts.list[*worded].0);
            differences(
                &place,
                &with_words(&before, &pair.words),
                &after,
                &mut problems,
            );
        }
        let needed = pair.words.iter().filter(|_| pair.everywhere);
        let lost = needed.filter(|(mark, _)| !seen.contains(mark));
        problems.extend(
            lost.map(|(mark, word)| format!("{}: {mark}, {word:?} is nowhere", pair.place)),
        );
    }
    nothing_wrong(&problems);
}

#[test]
fn a_word_of_a_site_is_that_word_to_kubernetes() {
    let Some(kubectl) = program("kubectl") else {
        return;
    };
    let library = library();
    let places = Place::all();
    assert!(places.len() > 30, "only {} places", places.len());
    let mut texts = Texts::default();
    let mut pairs = Vec::new();
    for name in ["1.7.0", "1.9.0"] {
        let revision = built_in::revision(name);
        for published in [false, true] {
            let place = format!("RA {name}, published {published}");
            let mut read = |words: Vec<(Place, String)>| {
                let rendered = rendered(&site(words), revision, &library, published);
                add_all(&mut texts, &place, name, &rendered)
            };
            let marked = read(places.iter().map(|place| (*place, place.mark())).collect());
            for round in 0..FREE.len() {
                let words = places
                    .iter()
                    .map(|place| (*place, place.word(round).to_owned()));
                pairs.push(Pair {
                    place: place.clone(),
                    everywhere: !published,
                    marked: marked.clone(),
                    worded: read(words.collect()),
                    words: places
                        .iter()
                        .map(|place| (place.mark(), place.word(round).to_owned()))
                        .collect(),
                });
            }
        }
    }
    words_stay_words(&kubectl, &texts, &pairs);
}

#[test]
fn a_class_of_any_provider_keeps_its_name() {
    let Some(kubectl) = program("kubectl") else {
        return;
    };
    let library = library();
    let revision = built_in::newest();
    let mut texts = Texts::default();
    let mut pairs = Vec::new();
    for case in cases()
        .iter()
        .filter(|case| case.revision == Revision::newest() && !case.published)
    {
        let provider = case.input.storage.provider;
        if pairs
            .iter()
            .any(|pair: &Pair| pair.place == provider.as_str())
        {
            continue;
        }
        let mut read = |words: [&str; 3]| {
            let [class, state, snapshots] = words;
            let mut site = json!({"storage": {
                "provider": provider.as_str(), "storageClass": {"name": class},
                "vmStateStorageClass": state, "snapshotClass": snapshots,
            }});
            match provider {
                StorageProvider::HitachiHspc => {
                    site["storage"]["snapshotParameters"] = json!({"poolID": "1"})
                }
                StorageProvider::PowerMax => {
                    site["storage"]["storageClass"]["parameters"] = json!({"SRP": "1e3"})
                }
                _ => {}
            }
            let site = Site::parse(
                &Source::new("site.json", site.to_string()),
                &Env(Vec::new()),
            )
            .unwrap_or_else(|problems| panic!("{problems:?}"));
            let rendered = rendered(&site, revision, &library, false);
            add_all(&mut texts, provider.as_str(), Revision::newest(), &rendered)
        };
        let marks = ["marka", "markb", "markc"];
        let marked = read(marks);
        for names in NAMES.chunks_exact(3) {
            pairs.push(Pair {
                place: provider.as_str().to_owned(),
                everywhere: true,
                marked: marked.clone(),
                worded: read([names[0], names[1], names[2]]),
                words: marks
                    .iter()
                    .zip(names)
                    .map(|(mark, name)| ((*mark).to_owned(), (*name).to_owned()))
                    .collect(),
            });
        }
    }
    words_stay_words(&kubectl, &texts, &pairs);
}

#[test]
fn what_is_typed_for_a_text_variable_stays_a_text() {
    let Some(kubectl) = program("kubectl") else {
        return;
    };
    let mut texts = Texts::default();
    let mut pairs = Vec::new();
    for case in cases() {
        for profile in case
            .rendered
            .profiles
            .iter()
            .map(|rendered| &rendered.profile)
        {
            let variables = &profile.spec.variables;
            let mut read = |typed: &dyn Fn(usize) -> String| {
                let fill = |inside: &str| {
                    let name = inside.strip_prefix(".spectro.var.").unwrap_or_default();
                    let is_text = |one: &Variable| one.name == name && one.format == "string";
                    match variables.iter().position(is_text) {
                        Some(number) => typed(number),
                        None => default_of(profile, case.revision, inside),
                    }
                };
                texts.add_profile(&case.to_string(), profile, &fill)
            };
            let mark = |number: usize| format!("mark{number}x");
            let marked = read(&mark);
            for round in 0..TYPED.len() {
                let word = |number: usize| TYPED[(number + round) % TYPED.len()].to_owned();
                pairs.push(Pair {
                    place: format!("round {round}"),
                    everywhere: false,
                    marked: marked.clone(),
                    worded: read(&word),
                    words: (0..variables.len())
                        .map(|number| (mark(number), word(number)))
                        .collect(),
                });
            }
        }
    }
    words_stay_words(&kubectl, &texts, &pairs);
}

//! Errata come in three kinds, and those that quote quote what stands in the texts.
//!
//! `tests/errata/quotes.txt` says where each quote was found. It is written where the texts are at hand, in `../shared`; a
//! checkout without them still finds every quote there, so none gets in unseen.

use std::fs;
use std::path::Path;

use crate::common::harness::is_golden;
use crate::common::{Shared, built_in};
use vmo_ra::revision::{Origin, Revision};

const QUOTES: &str = "tests/errata/quotes.txt";
const EXPORT: &str = "exports/VMO-RA-Templates-1.9.6-longhorn.json";

/// Every quote, with its revision and its erratum.
fn quotes() -> Vec<(&'static str, String, Origin, String)> {
    let mut quotes = Vec::new();
    for name in Revision::names() {
        let errata = built_in::revision(name)
            .errata()
            .expect("they are built in");
        for erratum in errata {
            if let Origin::Erratum(words) | Origin::Export(words) = &erratum.origin {
                for quote in words.clone() {
                    let origin = erratum.origin.clone();
                    quotes.push((name, erratum.id.clone(), origin, quote));
                }
            }
        }
    }
    quotes
}

/// A text as one line of words, without marks for bold letters, code and links, and the line of each word.
struct Text {
    name: String,
    words: String,
    lines: Vec<(usize, usize)>,
}

impl Text {
    fn new(name: &str, text: &str, is_markdown: bool) -> Self {
        let mut words = String::new();
        let mut lines = Vec::new();
        for (line, number) in text.lines().zip(1..) {
            let line = if is_markdown {
                plain(line)
            } else {
                line.to_owned()
            };
            for word in line.split_whitespace() {
                lines.push((words.len(), number));
                words.push_str(word);
                words.push(' ');
            }
        }
        let name = name.to_owned();
        Text { name, words, lines }
    }

    fn find(&self, quote: &str) -> Option<String> {
        let at = self.words.find(quote)?;
        let known = self.lines.iter().rev().find(|(from, _)| *from <= at);
        Some(format!(
            "{}:{}",
            self.name,
            known.map_or(1, |(_, line)| *line)
        ))
    }
}

fn plain(line: &str) -> String {
    let mut line = line.replace("**", "").replace(['`', '\\'], "");
    for tag in ["b", "u", "i", "sup"] {
        line = line
            .replace(&format!("<{tag}>"), "")
            .replace(&format!("</{tag}>"), "");
    }
    line
}

#[test]
fn every_quote_stands_in_the_text_that_it_is_from() {
    let quoted =
        |name: &str, id: &str, kind: &str, quote: &str| format!("{name} {kind} {id}: {quote}");
    let Some(shared) = Shared::find() else {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(QUOTES);
        let known = fs::read_to_string(path).expect("it is committed");
        let known: Vec<&str> = known
            .lines()
            .filter_map(|line| Some(line.rsplit_once(" @ ")?.0))
            .collect();
        let quotes = quotes();
        let now: Vec<String> = quotes
            .iter()
            .map(|(name, id, origin, quote)| quoted(name, id, origin.as_str(), quote))
            .collect();
        assert_eq!(
            now, known,
            "run this test beside the texts, with VMO_RA_ACCEPT=1"
        );
        return;
    };
    let export = shared.json(EXPORT);
    let packs = export["spec"]["template"]["packs"]
        .as_array()
        .expect("layers");
    let manifests = packs.iter().filter_map(|pack| pack["manifests"].as_array());
    let manifests: Vec<Text> = manifests
        .flatten()
        .map(|manifest| {
            let part = |key: &str| manifest[key].as_str().expect("a text");
            Text::new(part("name"), part("content"), false)
        })
        .collect();
    let mut missing = Vec::new();
    let mut found = String::new();
    for (name, id, origin, quote) in quotes() {
        let place = match origin {
            Origin::Export(_) => manifests.iter().find_map(|text| text.find(&quote)),
            _ => {
                let seed = format!("ra-{name}.md");
                let text = shared.text(&format!("seeds/{seed}"));
                Text::new(&seed, &text, true).find(&quote)
            }
        };
        match place {
            Some(place) => {
                let quote = quoted(name, &id, origin.as_str(), &quote);
                found += &format!("{quote} @ {place}\n");
            }
            None => missing.push(format!("{name} {id}: {quote}")),
        }
    }
    assert!(missing.is_empty(), "not there:\n{}", missing.join("\n"));
    is_golden(QUOTES, &found);
}

#[test]
fn each_revision_has_all_three_kinds_and_each_entry_one() {
    for name in Revision::names() {
        let revision = built_in::revision(name);
        if !revision.is_rendered() {
            continue;
        }
        let errata = revision.errata().expect("they are built in");
        for kind in ["erratum", "choice", "export"] {
            let of_kind = errata
                .iter()
                .filter(|erratum| erratum.origin.as_str() == kind);
            assert!(of_kind.count() > 9, "{name}: {kind}");
        }
        let mut ids: Vec<&str> = errata.iter().map(|erratum| erratum.id.as_str()).collect();
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all, "{name}: two entries of one name");
    }
}

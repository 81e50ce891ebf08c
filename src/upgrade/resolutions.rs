//! Answers to conflicts, which a person writes into a file and the next run reads.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::report::{Report, What};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::diff::Part;
use crate::sequence::canonical;
use crate::yaml::{self, Answer, Limits, Node, scalar};

/// The version of the file.
const FORMAT: &str = "vmo-ra/resolutions/1";

/// Where a conflict is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) profile: String,
    pub(super) layer: String,
    pub(super) part: String,
    pub(super) path: String,
}

/// The answers of a file.
#[derive(Debug, Default)]
pub struct Resolutions {
    entries: BTreeMap<Place, Entry>,
    source: Option<Source>,
    /// The answer for every conflict.
    all: Option<Answer>,
    used: RefCell<BTreeSet<Place>>,
    /// Layers, by profile, of which another version is wanted than the one that was asked about.
    aside: RefCell<BTreeSet<(String, String)>>,
    stale: RefCell<BTreeSet<Place>>,
    unfit: RefCell<BTreeSet<Place>>,
}

#[derive(Debug)]
struct Entry {
    sides: [String; 3],
    answer: Option<Answer>,
    /// Where it is in the file.
    at: usize,
}

/// An entry as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    profile: String,
    #[serde(default)]
    layer: String,
    part: String,
    #[serde(default)]
    path: String,
    base: String,
    yours: String,
    theirs: String,
    #[serde(default)]
    answer: Value,
}

impl Resolutions {
    /// Reads a file of answers.
    ///
    /// # Errors
    /// The file holds no answers, or an entry is not an answer. All such entries are reported.
    pub fn read(source: &Source) -> Result<Self, Vec<Diagnostic>> {
        let root = yaml::parse(source, Limits::INPUT)?;
        let not_one = |reason: &str| {
            Diagnostic::error(format!(
                "`{}` holds no answers of `vmo-ra upgrade`: {reason}",
                source.name()
            ))
            .code(Code::WrongKind)
            .help("use the file that `vmo-ra upgrade` writes")
        };
        let Some(root) = root else {
            return Err(not_one("it is empty").into());
        };
        let place = |node: Option<&Node>| node.unwrap_or(&root).span();
        let format = root.get("format");
        if format.and_then(Node::text) != Some(FORMAT) {
            let problem = not_one(&format!("its `format` is not `{FORMAT}`"));
            return Err(problem.at(source, place(format)).into());
        }
        let Some(items) = root.get("conflicts").and_then(Node::items) else {
            let problem = not_one("there is no list `conflicts`");
            return Err(problem.at(source, place(root.get("conflicts"))).into());
        };
        let mut resolutions = Resolutions {
            source: Some(source.clone()),
            ..Resolutions::default()
        };
        let mut problems = Vec::new();
        for item in items {
            let value = yaml::node_to_json(source, item)?;
            let place =
                |problem: Diagnostic| problem.at(source, item.span().start..item.span().start);
            let written: Written = match serde_json::from_value(value) {
                Ok(written) => written,
                Err(error) => {
                    problems.push(place(
                        Diagnostic::error(format!(
                            "this entry is not as `upgrade` writes it: {error}"
                        ))
                        .code(Code::WrongShape)
                        .help("change nothing but `answer`"),
                    ));
                    continue;
                }
            };
            let answer = match answer(&written.answer) {
                Ok(answer) => answer,
                Err(()) => {
                    let node = item.get("answer").unwrap_or(item);
                    problems.push(
                        Diagnostic::error("this is no answer")
                            .code(Code::WrongValue)
                            .at(source, node.span())
                            .help("write `yours`, `theirs`, `base`, `drop`, or `{value: ...}`"),
                    );
                    continue;
                }
            };
            let at = Place {
                profile: written.profile,
                layer: written.layer,
                part: written.part,
                path: written.path,
            };
            let entry = Entry {
                sides: [written.base, written.yours, written.theirs],
                answer,
                at: item.span().start,
            };
            if resolutions.entries.insert(at, entry).is_some() {
                problems.push(place(
                    Diagnostic::error("this conflict is answered twice")
                        .code(Code::WrongValue)
                        .help("keep one of the two entries"),
                ));
            }
        }
        if problems.is_empty() {
            Ok(resolutions)
        } else {
            Err(problems)
        }
    }

    /// Whether they were read from a file.
    pub fn are_of_a_file(&self) -> bool {
        self.source.is_some()
    }

    /// One answer to all conflicts.
    pub(super) fn all(answer: Answer) -> Self {
        Resolutions {
            all: Some(answer),
            ..Resolutions::default()
        }
    }

    /// Accepts answers about the values of a layer that nobody asks for.
    pub(super) fn set_aside(&self, profile: &str, layer: &str) {
        let mut aside = self.aside.borrow_mut();
        aside.insert((profile.to_owned(), layer.to_owned()));
    }

    fn is_aside(&self, place: &Place) -> bool {
        let layer = (place.profile.clone(), place.layer.clone());
        let is_of_values = ["values", "presets"].contains(&place.part.as_str());
        is_of_values && self.aside.borrow().contains(&layer)
    }

    /// The answer to a conflict, if there is one.
    pub(super) fn answer(&self, place: &Place, sides: [Option<&Value>; 3]) -> Option<Answer> {
        if self.all.is_some() {
            return self.all.clone();
        }
        let entry = self.entries.get(place)?;
        self.used.borrow_mut().insert(place.clone());
        if entry.sides != sides.map(hash) {
            self.stale.borrow_mut().insert(place.clone());
            return None;
        }
        entry.answer.clone()
    }

    /// As [`Resolutions::refuse`], of every answer about the part of a place.
    pub(super) fn refuse_within(&self, part: &Place) {
        let is_within = |place: &&Place| {
            place.profile == part.profile && place.layer == part.layer && place.part == part.part
        };
        let used = self.used.borrow();
        self.unfit
            .borrow_mut()
            .extend(used.iter().filter(is_within).cloned());
    }

    /// Remembers that an answer leaves no text where one belongs.
    pub(super) fn refuse(&self, place: Place) {
        self.unfit.borrow_mut().insert(place);
    }

    /// What is wrong with the answers, after all conflicts were asked about.
    pub(super) fn problems(&self) -> Vec<Diagnostic> {
        let Some(source) = &self.source else {
            return Vec::new();
        };
        let (used, stale) = (self.used.borrow(), self.stale.borrow());
        let mut problems = Vec::new();
        for (place, entry) in &self.entries {
            if self.unfit.borrow().contains(place) {
                problems.push(
                    Diagnostic::error(format!(
                        "the answer to {place} leaves nothing there that a profile can have"
                    ))
                    .code(Code::WrongValue)
                    .at(source, entry.at..entry.at)
                    .help("write `yours`, `theirs`, `base`, or `{value: ...}` with a text"),
                );
                continue;
            }
            let words = match (stale.contains(place), used.contains(place)) {
                // Nothing was answered, and what is a conflict now is asked about.
                _ if entry.answer.is_none() => continue,
                (true, _) => "one of the three sides has changed since this was answered",
                (false, false) if self.is_aside(place) => continue,
                (false, false) => "there is no such conflict",
                (false, true) => continue,
            };
            problems.push(
                Diagnostic::error(format!("the answer to {place} is out of date: {words}"))
                    .code(Code::WrongValue)
                    .at(source, entry.at..entry.at)
                    .help("remove the entry, run `vmo-ra upgrade` again, and answer what it asks"),
            );
        }
        problems
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [&self.profile, &self.layer, &self.part, &self.path];
        let parts: Vec<&str> = parts
            .into_iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        write!(f, "`{}`", parts.join("/"))
    }
}

fn answer(value: &Value) -> Result<Option<Answer>, ()> {
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::String(word) => match word.as_str() {
            "yours" => Answer::Yours,
            "theirs" => Answer::Theirs,
            "base" => Answer::Base,
            "drop" => Answer::Drop,
            _ => return Err(()),
        },
        Value::Object(map) if map.len() == 1 => match map.get("value") {
            Some(value) => Answer::Value(value.clone()),
            None => return Err(()),
        },
        _ => return Err(()),
    }))
}

/// An answer as the file has it, on one line.
pub(super) fn written(answer: &Answer) -> String {
    let word = match answer {
        Answer::Yours => "yours",
        Answer::Theirs => "theirs",
        Answer::Base => "base",
        Answer::Drop => "drop",
        // JSON is YAML.
        Answer::Value(value) => return format!("{{value: {value}}}"),
    };
    word.to_owned()
}

/// What tells whether a side is still what it was.
pub(super) fn hash(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "none".to_owned();
    };
    let digest = Sha256::digest(canonical(value));
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The file that asks about the conflicts of a report, with the answers that were given. Values are in comments, secrets
/// as hashes.
pub(super) fn questions(report: &Report, given: &Resolutions) -> String {
    let (from, to) = (&report.from, &report.to);
    let mut text = format!(
        "# Conflicts of an upgrade from RA {from} to {to}. Answer each with `yours`, `theirs`, `base`, `drop`, or `{{value: ...}}`,\n\
         # and run the same command again. The hashes tell whether an answer still fits; leave them as they are.\n\
         format: {FORMAT}\nconflicts:\n"
    );
    for item in &report.items {
        let What::Conflict { clash, .. } = &item.what else {
            continue;
        };
        text.push_str(&format!("# {}\n", clash.words()));
        let sides = item.sides().into_iter();
        for (name, value) in sides.chain(item.why_it_matters()) {
            let shown = value.lines().collect::<Vec<_>>().join("\n#           ");
            text.push_str(&format!("# {name:<8}{shown}\n"));
        }
        text.push_str(&entry(&item.place(), &item.hashes, &item.answer));
    }
    let used = given.used.borrow();
    for (place, left) in &given.entries {
        let answer = left.answer.as_ref().map(written).unwrap_or_default();
        if !used.contains(place) && given.is_aside(place) && !answer.is_empty() {
            text.push_str("# asked where the layer has the version of theirs\n");
            text.push_str(&entry(place, &left.sides, &answer));
        }
    }
    text
}

fn entry(place: &Place, sides: &[String; 3], answer: &str) -> String {
    let pairs = [
        ("profile", &place.profile),
        ("layer", &place.layer),
        ("part", &place.part),
        ("path", &place.path),
        ("base", &sides[0]),
        ("yours", &sides[1]),
        ("theirs", &sides[2]),
    ];
    let mut text = String::new();
    let mut start = "-";
    for (key, value) in pairs {
        text.push_str(&format!("{start} {key}: {}\n", scalar::write(value)));
        start = " ";
    }
    text.push_str(format!("  answer: {answer}").trim_end());
    text + "\n"
}

/// A part of a layer in words, as the file names it.
pub(super) fn part_words(part: &Part) -> String {
    match part {
        Part::Profile => "profile".to_owned(),
        Part::Variable(name) => format!("variable {name}"),
        Part::Layer => "layer".to_owned(),
        Part::Preset(_) => "presets".to_owned(),
        Part::Values => "values".to_owned(),
        Part::File(name) => format!("file {name}"),
        Part::Commands(name) => format!("commands {name}"),
        Part::Manifest(name) => format!("manifest {name}"),
    }
}

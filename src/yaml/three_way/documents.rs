//! Texts of several documents, such as manifests. Documents that hold the same object are merged.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::children::children;
use super::decision::{Answers, Judge, Outcome, Three};
use super::{Merged, Text, merge_document};
use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::path::Step;

/// A text cut into its documents.
pub(super) struct Stream {
    documents: Vec<Source>,
}

impl Stream {
    pub(super) fn new(source: &Source) -> Self {
        let mut documents = Vec::new();
        let mut current = String::new();
        let mut has_content = false;
        for line in source.text().split_inclusive('\n') {
            // Lines of a value are indented, so that this begins a document wherever it is.
            if is_marker(line) && has_content {
                documents.push(Source::new(source.name(), std::mem::take(&mut current)));
                has_content = false;
            }
            has_content |= !is_marker(line) && holds_something(line, has_content);
            current.push_str(line);
        }
        if has_content || documents.is_empty() {
            documents.push(Source::new(source.name(), current));
        } else if let Some(last) = documents.pop() {
            documents.push(Source::new(
                source.name(),
                last.text().to_owned() + &current,
            ));
        }
        Stream { documents }
    }
}

/// Whether a line is more than a comment, a directive or the end of a document.
fn holds_something(line: &str, has_content: bool) -> bool {
    let text = line.trim();
    let is_directive = line.starts_with('%') && !has_content;
    !text.is_empty() && !text.starts_with('#') && !is_directive && text != "..."
}

fn is_marker(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| {
        rest.trim_end_matches(['\r', '\n']).trim().is_empty() || rest.starts_with(' ')
    })
}

/// Merges three texts document by document.
pub(super) fn merge(
    streams: Three<Stream>,
    answers: Answers<'_>,
) -> Result<Merged, Vec<Diagnostic>> {
    let texts = |stream: Option<Stream>| -> Result<Vec<Text>, Vec<Diagnostic>> {
        let documents = stream.map_or_else(Vec::new, |stream| stream.documents);
        documents.iter().map(Text::new).collect()
    };
    let base = texts(streams.base)?;
    let yours = texts(streams.yours)?;
    let theirs = texts(streams.theirs)?;
    if let ([base], [yours], [theirs]) = (base.as_slice(), yours.as_slice(), theirs.as_slice()) {
        let texts = Three {
            base: Some(base),
            yours: Some(yours),
            theirs: Some(theirs),
        };
        return merge_document(texts, &[], answers);
    }
    let names = |texts: &[Text]| -> Value {
        let mut names = Map::new();
        let mut times: HashMap<String, usize> = HashMap::new();
        for (number, text) in texts.iter().enumerate() {
            let own = name(&text.value, number);
            let time = times.entry(own.clone()).or_insert(1);
            let mut unique = own.clone();
            // A second object of one name goes with the second of the others.
            while names.contains_key(&unique) {
                *time += 1;
                unique = format!("{own} ({time})");
            }
            names.insert(unique, Value::Null);
        }
        Value::Object(names)
    };
    let trees = [names(&base), names(&yours), names(&theirs)];
    let mut merged = Merged {
        text: String::new(),
        decisions: Vec::new(),
    };
    for child in children(Three {
        base: Some(&trees[0]),
        yours: Some(&trees[1]),
        theirs: Some(&trees[2]),
    }) {
        let Step::Key(name) = child.step else {
            continue;
        };
        let above = [Step::Item("object".to_owned(), name)];
        let of = Three {
            base: child.at.base.and_then(|at| base.get(at)),
            yours: child.at.yours.and_then(|at| yours.get(at)),
            theirs: child.at.theirs.and_then(|at| theirs.get(at)),
        };
        if let (Some(_), Some(_), Some(_)) = (of.base, of.yours, of.theirs) {
            let document = merge_document(of, &above, answers)?;
            merged.decisions.extend(document.decisions);
            append(&mut merged.text, &document.text);
            continue;
        }
        let mut judge = Judge::new(answers);
        let values = of.and_then(|text| Some(&text.value));
        let text = match judge.decide(&above, values) {
            Outcome::Of(side) => of.of(side).map(|text| text.text().to_owned()),
            Outcome::New(value) => Some(crate::yaml::write::from_json(&value)),
            // Both added it.
            Outcome::Inside => {
                let mut merger = super::Merger::new(&above, answers);
                let value = merger.inside(values);
                judge.decisions.append(&mut merger.judge.decisions);
                Some(crate::yaml::write::from_json(&value))
            }
            Outcome::Nothing => None,
        };
        merged.decisions.extend(judge.decisions);
        if let Some(text) = text {
            append(&mut merged.text, &text);
        }
    }
    Ok(merged)
}

/// Puts a document after others, with a marker between.
fn append(text: &mut String, document: &str) {
    if !text.is_empty() {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        if !document.lines().any(is_marker) {
            text.push_str("---\n");
        }
    }
    text.push_str(document);
}

/// What a document holds: kind, namespace and name of its object, or its number.
fn name(value: &Value, number: usize) -> String {
    let metadata = value.get("metadata");
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let of_metadata = |key: &str| text(metadata.and_then(|metadata| metadata.get(key)));
    match (text(value.get("kind")), of_metadata("name")) {
        (Some(kind), Some(name)) => match of_metadata("namespace") {
            Some(namespace) => format!("{kind} {namespace}/{name}"),
            None => format!("{kind} {name}"),
        },
        _ => format!("document {}", number + 1),
    }
}

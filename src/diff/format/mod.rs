//! The forms a [`Report`](super::Report) is written in, and the words that they share.

mod alike;
mod glance;
mod html;
mod json;
mod markdown;
mod order;
mod text;
mod values;

pub use html::html;
pub use json::{json, json_schema};
pub use markdown::markdown;
pub use text::{TextOptions, text};

use std::borrow::Cow;

use serde_json::Value;

use super::{Change, ChangeKind, Content, Part, Shown, Side};
use crate::diagnostic::counted as count;
use crate::visible::visible;

/// The parts of a sentence: its words, and what is between backticks, which is code.
fn sentence(text: &str) -> Vec<(bool, &str)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('`') {
        let Some((code, behind)) = behind.split_once('`') else {
            break;
        };
        parts.push((false, before));
        parts.push((true, code));
        rest = behind;
    }
    parts.push((false, rest));
    parts.retain(|(_, part)| !part.is_empty());
    parts
}

/// What is changed: the part, where it is not the values, and the path inside.
fn label(change: &Change) -> String {
    let (kind, name) = match (&change.part, change.part.words()) {
        (Part::Profile | Part::Values, _) if !change.path.is_empty() => ("", ""),
        (Part::Commands(_), (_, name)) => ("", name),
        (_, words) => words,
    };
    let words: Vec<&str> = [kind, name, &change.path]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect();
    visible(&words.join(" ")).into_owned()
}

/// Remarks beside a change.
fn remarks(change: &Change) -> Vec<Cow<'_, str>> {
    let mut remarks: Vec<Cow<'_, str>> = change.remarks.iter().map(Cow::from).collect();
    match change.kind {
        ChangeKind::Retyped if remarks.is_empty() => remarks.push("another type".into()),
        ChangeKind::Text => remarks.push("only the notation".into()),
        _ => {}
    }
    if let Some(section) = &change.section {
        remarks.push(format!("RA: {section}").into());
    }
    remarks
}

/// Where a moved item was and is, where the values tell: its number, or the manifest that an object is in.
fn move_words(change: &Change) -> String {
    let place = |shown: &Option<Shown>| match shown {
        Some(Shown::Value {
            value: Value::String(manifest),
        }) => Some(format!("`{}`", visible(manifest))),
        Some(Shown::Value { value }) => value.as_u64().map(|at| at.to_string()),
        _ => None,
    };
    match (place(&change.old), place(&change.new)) {
        (Some(old), Some(new)) => format!("moved from {old} to {new}"),
        _ => "moved".to_owned(),
    }
}

/// The name of a text of a layer: `values`, `manifest rbac`, with the layer where the change is one of a profile.
fn content_name(content: &Content) -> String {
    let (kind, name) = content.part.words();
    let words = [content.layer.as_deref().unwrap_or_default(), kind, name];
    let words = words.into_iter().filter(|word| !word.is_empty());
    visible(&words.collect::<Vec<_>>().join(" ")).into_owned()
}

/// The texts that a change holds, counted: `values (120 lines), manifest rbac (30 lines)`.
fn content_counts(change: &Change) -> Option<String> {
    if change.content.is_empty() {
        return None;
    }
    let both = change.content.iter().any(|one| one.side == Side::Old)
        && change.content.iter().any(|one| one.side == Side::New);
    let counts: Vec<String> = change
        .content
        .iter()
        .map(|content| {
            let side = match content.side {
                Side::Old if both => "old ",
                Side::New if both => "new ",
                _ => "",
            };
            let lines = count(content.text.lines().count(), "line");
            format!("{side}{} ({lines})", content_name(content))
        })
        .collect();
    Some(counts.join(", "))
}

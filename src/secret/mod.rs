//! Finds secrets by name, form and place, and says what to show instead. All output goes through this module.

mod json;
mod names;
mod reference;
mod scan;
mod tree;
mod value;
mod words;

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

pub(crate) use names::{name_within, names_a_secret};
pub(crate) use reference::{is_macro, is_name, is_reference, is_variable_name};
pub(crate) use scan::{PRINTED, decoded};
pub(crate) use tree::{Beside, Way, arguments, hidden};
pub(crate) use value::Withheld;
pub use value::{Secret, SecretSource};

use crate::diagnostic::{Guard, Source};

/// What keeps the secrets of a source out of messages.
static GUARD: Guard = guard(masked);

/// A text of the user, whose secrets messages hide.
pub fn source(name: impl Into<String>, text: impl Into<String>) -> Source {
    Source::guarded(name, text, &GUARD)
}

/// As [`source`], where more than its own secrets is hidden: the text as it may be shown.
pub(crate) fn source_shown(
    name: impl Into<String>,
    text: impl Into<String>,
    shown: String,
) -> Source {
    Source::guarded(name, text, &GUARD).with_shown(shown)
}

/// A text whose secrets depend on more than is known here: `text` is how it is shown.
pub(crate) const fn guard(text: fn(&str) -> String) -> Guard {
    Guard { text, message }
}

/// As [`masked`], without some more of it.
pub(crate) fn masked_with(text: &str, more: Vec<Range<usize>>) -> String {
    mask(&masked(text), &settled(text, more))
}

/// Where the secrets of a text stand, in order.
pub(crate) fn spans(text: &str) -> Vec<Range<usize>> {
    find(text, 0)
}

/// A text with its secrets written by `hide`.
pub(crate) fn replaced<'t>(text: &'t str, hide: &dyn Fn(&str) -> String) -> Cow<'t, str> {
    replaced_at(text, spans(text), hide)
}

/// As [`replaced`], of a text that is known to be too much to be read as YAML: what its lines say.
pub(crate) fn replaced_in_lines<'t>(text: &'t str, hide: &dyn Fn(&str) -> String) -> Cow<'t, str> {
    let mut found = Vec::new();
    broken(text, 0, 0, &mut found);
    replaced_at(text, settled(text, found), hide)
}

fn replaced_at<'t>(
    text: &'t str,
    spans: Vec<Range<usize>>,
    hide: &dyn Fn(&str) -> String,
) -> Cow<'t, str> {
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut end = 0;
    for span in spans {
        let secret = text[span.clone()].trim_end();
        shown.push_str(&text[end..span.start]);
        shown.push_str(&hide(secret));
        end = span.start + secret.len();
    }
    shown.push_str(&text[end..]);
    Cow::Owned(shown)
}

/// A text as messages may show it, of the same length: other characters stand for its secrets.
pub fn masked(text: &str) -> String {
    if is_json(text) {
        let shown = json::masked(text);
        return if says_secret(text) {
            mask(&shown, &find(text, 0))
        } else {
            shown
        };
    }
    // A text without any structure may be a secret's own file, named by mistake.
    let bare = text.trim();
    if !bare.contains([':', '{', '[', '<', '\n', ' ']) {
        let start = text.len() - text.trim_start().len();
        let whole = start..start + bare.len();
        return mask(text, std::slice::from_ref(&whole));
    }
    mask(text, &find(text, 0))
}

/// A profile as messages may show it: as [`masked`], and without what may be a variable's secret or a whole text.
pub fn masked_profile(text: &str) -> String {
    if is_json(text) {
        return masked(text);
    }
    let mut spans = find(text, 0);
    values(text, 0, &mut spans, |key, value| match key {
        "value" | "defaultValue" | "default_value" => true,
        // The path of a file needs no quotes.
        "values" | "content" => {
            value.starts_with(['"', '\'']) && !is_name(value.trim_matches(['"', '\'']))
        }
        _ => false,
    });
    mask(text, &settled(text, spans))
}

/// A message without what has the form of a secret.
fn message(text: &str) -> String {
    let spans = settled(text, scan::forms(text, 0));
    let mut shown = String::with_capacity(text.len());
    let mut end = 0;
    for span in spans {
        shown.push_str(&text[end..span.start]);
        shown.push_str("***");
        end = span.end;
    }
    shown.push_str(&text[end..]);
    shown
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// Other characters in place of some, each as long as what it stands for. Ends of lines stay, so that places do.
fn mask(text: &str, spans: &[Range<usize>]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut end = 0;
    for span in spans {
        shown.push_str(&text[end..span.start]);
        shown.extend(text[span.clone()].chars().map(stand_in));
        end = span.end;
    }
    shown.push_str(&text[end..]);
    shown
}

fn stand_in(c: char) -> char {
    match c.len_utf8() {
        1 if c == '\n' || c == '\r' => c,
        1 => '*',
        2 => '·',
        3 => '•',
        _ => '\u{1d7ce}',
    }
}

/// Where the secrets of a text stand that is `depth` texts within another.
fn find(text: &str, depth: usize) -> Vec<Range<usize>> {
    if depth > scan::DEEPEST {
        return std::iter::once(0..text.len()).collect();
    }
    let mut found = Vec::new();
    let is_tree = text.contains(':') && text.contains(['\n', '{', '[']);
    if !is_tree {
        found = scan::scan(text, depth, false);
        let is_wrapped = text.trim().contains('\n') && text.len() < 8 << 20;
        if is_wrapped {
            let joined: String = text.split_whitespace().collect();
            if scan::decoded(&joined).is_some_and(|inner| !find(&inner, depth + 1).is_empty()) {
                found.push(0..text.len());
            }
        }
        return settled(text, found);
    }
    let mut start = 0;
    for part in documents(text) {
        let end = start + part.len();
        match tree::spans(part, depth) {
            Some(spans) => found.extend(
                spans
                    .into_iter()
                    .map(|span| start + span.start..start + span.end),
            ),
            None => broken(part, start, depth, &mut found),
        }
        start = end;
    }
    settled(text, found)
}

/// A text that is not a tree: its lines show what is secret. If it may be a Secret, all of them are.
fn broken(text: &str, start: usize, depth: usize, found: &mut Vec<Range<usize>>) {
    let spans = scan::scan(text, depth, true);
    anchored(text, start, &spans, found);
    found.extend(
        spans
            .into_iter()
            .map(|span| start + span.start..start + span.end),
    );
    let holds_secret = says_secret(text);
    values(text, start, found, |key, _| {
        holds_secret || matches!(key, "value" | "defaultValue" | "default_value")
    });
}

/// Adds the values of anchors that stand for secrets elsewhere: `password: *x`.
fn anchored(text: &str, start: usize, spans: &[Range<usize>], found: &mut Vec<Range<usize>>) {
    let names: HashSet<&str> = spans
        .iter()
        .filter_map(|span| text[span.clone()].strip_prefix('*'))
        .collect();
    if names.is_empty() {
        return;
    }
    const LONGEST: usize = 64;
    for (at, _) in text.match_indices('&') {
        let near = &text[at + 1
            ..text
                .floor_char_boundary((at + LONGEST).min(text.len()))
                .max(at + 1)];
        let name = near.split_whitespace().next().unwrap_or_default();
        if names.contains(name) {
            let behind = at + 1 + name.len();
            let end = text[behind..]
                .find('\n')
                .map_or(text.len(), |end| behind + end);
            found.push(start + behind..start + end);
        }
    }
}

/// Adds the values of lines, and all of those without a key, where `is_secret` says so.
fn values(
    text: &str,
    start: usize,
    found: &mut Vec<Range<usize>>,
    is_secret: impl Fn(&str, &str) -> bool,
) {
    let mut at = start;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        let key_start = content.len() - content.trim_start_matches([' ', '\t', '-', '{']).len();
        let key_end = content[key_start..]
            .find(':')
            .map_or(key_start, |colon| key_start + colon + 1);
        let key = content[key_start..key_end].trim_matches(['"', '\'', ':']);
        let value = content[key_end..].trim();
        let from = at + content.len() - value.len();
        let is_plain = matches!(key, "kind" | "apiVersion") && !value.contains([',', '{', '[']);
        if !is_plain && !is_macro(value) && is_secret(key, value) {
            found.push(from..from + value.len());
            // A key without a value may be the secret.
            if value.is_empty() && !is_name(key) {
                found.push(at + key_start..at + key_end);
            }
        }
        at += line.len();
    }
}

/// Whether a text says that it is a Kubernetes Secret.
fn says_secret(text: &str) -> bool {
    let blanks = [' ', '\t', '"', '\'', '\\'];
    text.match_indices("kind").any(|(at, kind)| {
        let behind = text[at + kind.len()..].trim_start_matches(['"', '\'', '\\', ' ']);
        let value = behind
            .strip_prefix(':')
            .map(|value| value.trim_start_matches(blanks));
        value.is_some_and(|value| {
            value.strip_prefix("Secret").is_some_and(|behind| {
                let behind = behind.strip_prefix("List").unwrap_or(behind);
                !behind.starts_with(char::is_alphanumeric)
            })
        })
    })
}

/// The documents of a text, each with the line that begins it.
fn documents(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.find("\n---").map_or(rest.len(), |at| at + 1);
        let (document, behind) = rest.split_at(end);
        rest = behind;
        Some(document)
    })
}

/// Places in order, each byte once.
fn settled(text: &str, mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.retain(|span| span.start < span.end && text.get(span.clone()).is_some());
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut settled: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match settled.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => settled.push(span),
        }
    }
    settled
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn secrets_in_the_wrong_place_are_hidden() {
        for text in [
            "windows: {adminPassword: #hunter2\n",
            "windows: {adminPassword: #hunter2\n  }\n",
            "windows:\n  adminPassword: #hunter2\n  owner: a\n",
            "windows:\n  \"adminPassword\": # hunter2\n",
            "windows: {adminPassword: {hunter2}}\n",
            "windows: {adminPassword: {hunter2}\n",
            "windows: {adminPassword: {? hunter2}}\n",
            "adminPassword:\n  hunter2:\n",
        ] {
            assert!(!masked(text).contains("hunter2"), "{text}");
        }
        for text in [
            "adminPassword: # set it by hand\n",
            "a: {b}\n",
            "windows: {adminPassword: {env: X}} # as ever\n",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn two_numbers_are_a_user_and_a_group() {
        for text in [
            "run: curl -u admin:12345 host\n",
            "run: curl -u 12345:hunter2 host\n",
        ] {
            let shown = masked(text);
            assert!(
                !shown.contains(":12345") && !shown.contains("hunter2"),
                "{shown}"
            );
        }
        let text = "run: docker run -u 1000:1000 image\n";
        assert_eq!(masked(text), text);
    }

    #[test]
    fn what_stands_between_values_is_looked_at() {
        let token = format!("ghp_{}", "aB3".repeat(12));
        for text in [
            "a: 1 # TOKEN\n",
            "a: &TOKEN x\nb: 1\n",
            "a: !TOKEN x\nb: 1\n",
        ] {
            let text = text.replace("TOKEN", &token);
            assert!(!masked(&text).contains(&token), "{}", masked(&text));
        }
    }
}

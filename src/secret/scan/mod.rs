//! Finds secrets in a text of any language: by the names beside them, by the commands that they are passed to, and by their
//! own form. The time is linear in the text, whatever its shape.

mod addresses;
mod commands;
mod dialogs;
mod elements;
mod encoded;
mod hashes;
mod keys;
mod lines;
mod pairs;
mod records;
mod tokens;

use std::ops::Range;

pub(crate) use encoded::decoded;
use lines::Lines;
pub(super) use pairs::is_remark;

/// A password that is published with the RA: no word, and meant wherever it is.
pub(crate) const PRINTED: &str = "P@ssw0rd!";

/// How texts within texts are followed; what is deeper is hidden.
pub(super) const DEEPEST: usize = 4;

/// The longest name that is looked at.
const LONGEST_NAME: usize = 80;

/// Where secrets are in a text, by everything that is known of texts; in no order.
pub(super) fn scan(text: &str, depth: usize, is_broken: bool) -> Vec<Range<usize>> {
    let mut found = forms(text, depth);
    elements::find(text, &mut found);
    let mut lines = Lines::new(text, found, is_broken);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.line(line.trim_end(), start);
        start += line.len();
    }
    lines.found
}

/// Where secrets stand that are known by their form, wherever they are.
pub(super) fn forms(text: &str, depth: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if text.len() < 8 {
        return found;
    }
    found.extend(
        text.match_indices(PRINTED)
            .map(|(at, word)| at..at + word.len()),
    );
    keys::find(text, &mut found);
    addresses::find(text, &mut found);
    hashes::find(text, &mut found);
    tokens::find(text, &mut found);
    encoded::find(text, depth, &mut found);
    found
}

/// The longest stretches of some letters.
fn runs(text: &str, is_letter: impl Fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += text[at..].find(&is_letter)?;
        let start = at;
        at += text[at..]
            .find(|c| !is_letter(c))
            .unwrap_or(text.len() - at);
        Some(start..at)
    })
}

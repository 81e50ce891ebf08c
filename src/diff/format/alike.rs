//! Groups similar changes of the items of one list.

use std::collections::HashMap;

use super::values::{short_text, short_values};
use super::{count, move_words};
use crate::diff::{Change, ChangeKind, Part, Shown};
use crate::sequence::repository;

/// A change, or several that differ in the item of a list and in nothing else of their place.
pub(super) enum Entry<'r> {
    One(&'r Change),
    Alike(Alike<'r>),
}

/// Changes of the items of one list.
pub(super) struct Alike<'r> {
    /// The place with `*` for the item.
    pub(super) place: String,
    pub(super) changes: Vec<&'r Change>,
}

/// From this number on, alike changes are shown as one.
pub(super) const ALIKE: usize = 4;

/// Puts alike changes together, where the first of them stands.
pub(super) fn folded<'r>(changes: &[&'r Change]) -> Vec<Entry<'r>> {
    let keys: Vec<Option<(&Part, ChangeKind, String)>> = changes
        .iter()
        .map(|change| {
            let tells_lines = !change.lines.is_empty() || !change.content.is_empty();
            let place = alike_place(&change.path).filter(|_| !tells_lines)?;
            Some((&change.part, change.kind, place))
        })
        .collect();
    let mut positions: HashMap<(&'static str, &str, &'static str, &str), usize> = HashMap::new();
    let mut found: Vec<(String, Vec<&'r Change>)> = Vec::new();
    for (change, key) in changes.iter().zip(&keys) {
        let Some((part, kind, place)) = key else {
            found.push((String::new(), vec![change]));
            continue;
        };
        let (word, name) = part.words();
        let at = *positions
            .entry((word, name, sign_of(*kind), place))
            .or_insert(found.len());
        match found.get_mut(at) {
            Some((_, changes)) => changes.push(change),
            None => found.push((place.clone(), vec![change])),
        }
    }
    let mut entries = Vec::new();
    for (place, changes) in found {
        if changes.len() < ALIKE {
            entries.extend(changes.into_iter().map(Entry::One));
        } else {
            entries.push(Entry::Alike(Alike { place, changes }));
        }
    }
    entries
}

pub(super) fn sign_of(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Changed => "changed",
        ChangeKind::Retyped => "retyped",
        ChangeKind::Moved => "moved",
        ChangeKind::Text => "text",
    }
}

/// A path with `*` for what is in its brackets; none without any.
pub(super) fn alike_place(path: &str) -> Option<String> {
    let mut place = String::with_capacity(path.len());
    let mut chars = path.chars();
    let mut has_item = false;
    while let Some(c) = chars.next() {
        place.push(c);
        match c {
            '\\' => place.extend(chars.next()),
            '[' => {
                has_item = true;
                place.push_str("*]");
                while let Some(inner) = chars.next() {
                    match inner {
                        '\\' => {
                            chars.next();
                        }
                        ']' => break,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    has_item.then_some(place)
}

/// The most different steps of alike changes that are shown.
pub(super) const MOST_STEPS: usize = 3;

impl Alike<'_> {
    /// What happened to them: `8 items: v1.17.4 -> v1.19.2 (5), hubble-ui v0.2.1 -> v0.4.1 and 2 others`.
    pub(super) fn words(&self, room: usize) -> String {
        let mut steps: Vec<(String, usize, &str)> = Vec::new();
        let mut numbers: HashMap<String, usize> = HashMap::new();
        for change in &self.changes {
            let step = step_words(change, room / MOST_STEPS);
            let at = *numbers.entry(step.clone()).or_insert(steps.len());
            match steps.get_mut(at) {
                Some((_, times, _)) => *times += 1,
                None => steps.push((step, 1, image(change).unwrap_or_default())),
            }
        }
        steps.sort_by_key(|(_, times, _)| std::cmp::Reverse(*times));
        let others: usize = steps
            .iter()
            .skip(MOST_STEPS)
            .map(|(_, times, _)| times)
            .sum();
        let told: Vec<String> = steps
            .iter()
            .take(MOST_STEPS)
            .map(|(step, times, image)| match (times, image) {
                (1, &"") => step.clone(),
                (1, image) => format!("{} {step}", short_text(image, room / MOST_STEPS)),
                (times, _) => format!("{step} ({times})"),
            })
            .collect();
        let others = match others {
            0 => String::new(),
            others => format!(" and {}", count(others, "other")),
        };
        let items = count(self.changes.len(), "item");
        format!("{items}: {}{others}", told.join(", "))
    }
}

/// The name of the image whose tag changed, without the way to it.
fn image(change: &Change) -> Option<&str> {
    let (old, new) = (change.old.as_ref()?.text()?, change.new.as_ref()?.text()?);
    let name = repository(new);
    let is_tag = name == repository(old) && name.len() < old.len().min(new.len());
    let is_image = is_tag && name.contains('/');
    is_image.then(|| name.rsplit('/').next().unwrap_or(name))
}

/// What happened to one of several: of images their tags, of others their values.
pub(super) fn step_words(change: &Change, room: usize) -> String {
    if change.kind == ChangeKind::Moved {
        return move_words(change);
    }
    let text = |shown: &Option<Shown>| shown.as_ref()?.text().map(str::to_owned);
    if let (Some(old), Some(new)) = (text(&change.old), text(&change.new)) {
        let tag = |image: &'_ str| -> Option<String> {
            let tag = image.strip_prefix(repository(image))?;
            (!tag.is_empty()).then(|| tag.trim_start_matches([':', '@']).to_owned())
        };
        if repository(&old) == repository(&new)
            && let (Some(old), Some(new)) = (tag(&old), tag(&new))
        {
            let [old, new] = [old, new].map(|tag| short_text(&tag, room / 2));
            return format!("{old} -> {new}");
        }
    }
    match short_values(change, room / 2) {
        (None, None) => "a text".to_owned(),
        (Some(one), None) | (None, Some(one)) => one,
        (Some(old), Some(new)) => format!("{old} -> {new}"),
    }
}

//! The forms a [`Report`] is written in, and what they share: order, counts and short values.

mod html;
mod json;
mod markdown;
mod text;

pub use html::html;
pub use json::{json, json_schema};
pub use markdown::markdown;
pub use text::{TextOptions, text};

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;

use serde_json::Value;

use super::{
    Change, ChangeKind, Content, Impact, LayerPair, Notable, Part, ProfilePair, Report, Shown, Side,
};
use crate::sequence::repository;
use crate::visible::visible;
use crate::yaml::scalar;

/// Characters kept before the first difference of two long texts.
const LEAD: usize = 20;

/// So many characters are not worth leaving out.
const SLACK: usize = 24;

/// All changes of one impact.
struct Section<'r> {
    impact: Impact,
    changes: usize,
    places: Vec<LayerChanges<'r>>,
}

/// Changes of one impact in one layer, or in a profile itself.
struct LayerChanges<'r> {
    profile: &'r str,
    layer: Option<&'r str>,
    groups: Vec<Group<'r>>,
}

/// Changes that one preset explains, or none, for one reason.
struct Group<'r> {
    preset: Option<&'r str>,
    /// The switch of the preset itself, where it has the same impact for the same reason.
    switch: Option<&'r Change>,
    because: &'r str,
    changes: Vec<&'r Change>,
}

impl LayerChanges<'_> {
    /// The reason that all its changes share, to be said once.
    fn because(&self) -> Option<&str> {
        let (first, rest) = self.groups.split_first()?;
        let shared = rest.iter().all(|group| group.because == first.because);
        (shared && !first.because.is_empty()).then_some(first.because)
    }
}

/// The changes, worst impact first, then by layer, then by preset; what no preset explains comes last.
fn sections(report: &Report) -> Vec<Section<'_>> {
    let mut sections = Vec::new();
    for impact in Impact::ALL {
        let changes: Vec<&Change> = report
            .changes
            .iter()
            .filter(|change| change.impact == impact)
            .collect();
        if changes.is_empty() {
            continue;
        }
        sections.push(Section {
            impact,
            changes: changes.len(),
            places: places(changes),
        });
    }
    sections
}

fn places(changes: Vec<&Change>) -> Vec<LayerChanges<'_>> {
    gather(changes, |change| {
        (change.profile.as_str(), change.layer.as_deref())
    })
    .into_iter()
    .map(|((profile, layer), changes)| LayerChanges {
        profile,
        layer,
        groups: groups(changes),
    })
    .collect()
}

fn groups(changes: Vec<&Change>) -> Vec<Group<'_>> {
    let is_switch = |change: &Change| matches!(change.part, Part::Preset(_));
    let (mut switches, others): (Vec<&Change>, Vec<&Change>) =
        changes.iter().partition(|change| is_switch(change));
    let explained = others
        .into_iter()
        .filter(|change| change.preset.is_some())
        .collect();
    let mut groups = Vec::new();
    for (preset, changes) in gather(explained, |change| change.preset.as_deref()) {
        groups.extend(explained_groups(preset, changes, &mut switches));
    }
    let is_left = |change: &Change| switches.iter().any(|left| std::ptr::eq(*left, change));
    let loose = changes
        .into_iter()
        .filter(|change| match is_switch(change) {
            true => is_left(change),
            false => change.preset.is_none(),
        })
        .collect();
    groups.extend(by_reason(None, loose));
    groups
}

/// The groups of one preset; takes its switch, and what has the same reason as the switch comes first.
fn explained_groups<'r>(
    preset: Option<&'r str>,
    changes: Vec<&'r Change>,
    switches: &mut Vec<&'r Change>,
) -> Vec<Group<'r>> {
    let mut groups = by_reason(preset, changes);
    let found = switches.iter().enumerate().find_map(|(at, switch)| {
        let reason = |group: &Group<'_>| group.because == switch.because;
        let group = groups.iter().position(reason)?;
        // What has no reason must not come behind one.
        let may_lead = group == 0 || !groups[0].because.is_empty();
        (may_lead && names_switch(preset?, switch)).then_some((at, group))
    });
    if let Some((at, group)) = found {
        groups[..=group].rotate_right(1);
        groups[0].switch = Some(switches.remove(at));
    }
    groups
}

/// Whether `GROUP: OLD -> NEW` speaks of this switch.
fn names_switch(title: &str, switch: &Change) -> bool {
    let Part::Preset(group) = &switch.part else {
        return false;
    };
    title
        .strip_prefix(group.as_str())
        .is_some_and(|rest| rest.starts_with(": "))
}

/// Groups by their reason; what has none comes first, lest it seem to have the reason above it.
fn by_reason<'r>(preset: Option<&'r str>, changes: Vec<&'r Change>) -> Vec<Group<'r>> {
    let mut reasons = gather(changes, |change| &*change.because);
    reasons.sort_by_key(|(because, _)| !because.is_empty());
    reasons
        .into_iter()
        .map(|(because, changes)| Group {
            preset,
            switch: None,
            because,
            changes,
        })
        .collect()
}

/// Puts together what has the same key, in the order in which the keys come up.
fn gather<'r, K: Copy + Eq + Hash>(
    changes: Vec<&'r Change>,
    key: impl Fn(&'r Change) -> K,
) -> Vec<(K, Vec<&'r Change>)> {
    let mut positions = HashMap::new();
    let mut found: Vec<(K, Vec<&Change>)> = Vec::new();
    for change in changes {
        let key = key(change);
        let position = *positions.entry(key).or_insert_with(|| {
            found.push((key, Vec::new()));
            found.len() - 1
        });
        found[position].1.push(change);
    }
    found
}

/// A change, or several that differ in the item of a list and in nothing else of their place.
enum Entry<'r> {
    One(&'r Change),
    Alike(Alike<'r>),
}

/// Changes of the items of one list.
struct Alike<'r> {
    /// The place with `*` for the item.
    place: String,
    changes: Vec<&'r Change>,
}

/// So many alike changes are told as one.
const ALIKE: usize = 4;

/// Puts alike changes together, where the first of them stands.
fn folded<'r>(changes: &[&'r Change]) -> Vec<Entry<'r>> {
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

fn sign_of(kind: ChangeKind) -> &'static str {
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
fn alike_place(path: &str) -> Option<String> {
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

/// So many different steps of alike changes are told.
const MOST_STEPS: usize = 3;

impl Alike<'_> {
    /// What happened to them: `8 items: v1.17.4 -> v1.19.2 (5), v0.2.1 -> v0.4.1 and 2 others`.
    fn words(&self, room: usize) -> String {
        let mut steps: Vec<(String, usize)> = Vec::new();
        let mut numbers: HashMap<String, usize> = HashMap::new();
        for change in &self.changes {
            let step = step_words(change, room / MOST_STEPS);
            let at = *numbers.entry(step.clone()).or_insert(steps.len());
            match steps.get_mut(at) {
                Some((_, times)) => *times += 1,
                None => steps.push((step, 1)),
            }
        }
        steps.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        let others: usize = steps.iter().skip(MOST_STEPS).map(|(_, times)| times).sum();
        let told: Vec<String> = steps
            .iter()
            .take(MOST_STEPS)
            .map(|(step, times)| match times {
                1 => step.clone(),
                times => format!("{step} ({times})"),
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

/// What happened to one of several: of images their tags, of others their values.
fn step_words(change: &Change, room: usize) -> String {
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

/// A layer, or a profile's own fields and variables, as a row of a table.
struct LayerRow<'r> {
    name: &'r str,
    kind: &'r str,
    old: Cow<'r, str>,
    new: Cow<'r, str>,
    step: &'r str,
    changes: usize,
}

impl<'r> LayerRow<'r> {
    fn of(layer: &'r LayerPair) -> Self {
        let replaced = match (&layer.old, &layer.new) {
            (Some(old), Some(new)) => old.pack != new.pack,
            _ => false,
        };
        let old = layer.old.as_ref().map(|old| {
            if replaced {
                Cow::Owned(format!("{} {}", old.pack, old.version))
            } else {
                Cow::Borrowed(old.version.as_str())
            }
        });
        let new = layer.new.as_ref().map(|new| new.version.as_str());
        let step = match (&old, new, layer.step) {
            (None, _, _) => "added",
            (_, None, _) => "removed",
            _ if replaced => "replaced",
            (_, _, step) => step.map_or("", |step| step.as_str()),
        };
        LayerRow {
            name: &layer.name,
            kind: &layer.kind,
            old: old.unwrap_or_default(),
            new: Cow::Borrowed(new.unwrap_or_default()),
            step,
            changes: layer.changes,
        }
    }
}

/// The rows of a profile that have changes, the profile itself first.
fn layer_rows<'r>(report: &Report, profile: &'r ProfilePair) -> Vec<LayerRow<'r>> {
    let own = report
        .changes
        .iter()
        .filter(|change| change.layer.is_none() && change.profile == profile.name)
        .count();
    let itself = LayerRow {
        name: "(profile)",
        kind: "",
        old: Cow::Borrowed(profile.old.as_ref().map_or("", |old| &old.version)),
        new: Cow::Borrowed(profile.new.as_ref().map_or("", |new| &new.version)),
        step: "",
        changes: own,
    };
    [itself]
        .into_iter()
        .chain(profile.layers.iter().map(LayerRow::of))
        .filter(|row| row.changes > 0)
        .collect()
}

/// `1 change`, `2 changes`.
fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
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

/// What is to be said beside a change.
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

/// Where a moved item was and is, where the values tell: its number, or the manifest that an object stands in.
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

/// What a text of a layer is: `values`, `manifest rbac`, with the layer where the change is one of a profile.
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

/// Where something stands that deserves a look: `p / layer, manifest rbac`.
fn notable_place(notable: &Notable) -> String {
    let (kind, name) = notable.part.words();
    let part = [kind, name].join(" ");
    let place = format!(
        "{} / {}, {}",
        notable.profile,
        notable.layer,
        part.trim_end()
    );
    visible(&place).into_owned()
}

/// What was left out, in words; none where nothing was.
fn ignored_words(report: &Report) -> Option<String> {
    let all: usize = report.ignored.iter().map(|one| one.differences).sum();
    if all == 0 {
        return None;
    }
    let kinds: Vec<String> = report
        .ignored
        .iter()
        .map(|one| format!("{} ({})", visible(&one.id), one.differences))
        .collect();
    Some(format!(
        "left out as what a tenant makes of any profile: {}; `--explain-ignored` tells more, `--ignore-nothing` shows all",
        kinds.join(", ")
    ))
}

/// The layers with changes of an impact, and how many each has; those of a profile itself under its name.
fn layers_of(report: &Report, impact: Impact) -> Vec<(&str, usize)> {
    let changes = report.changes.iter().filter(|one| one.impact == impact);
    gather(changes.collect(), |change| {
        change.layer.as_deref().unwrap_or(&change.profile)
    })
    .into_iter()
    .map(|(layer, changes)| (layer, changes.len()))
    .collect()
}

/// How many layers there are, and how many of them have a change.
fn layer_counts(report: &Report) -> (usize, usize) {
    let layers = || report.profiles.iter().flat_map(|profile| &profile.layers);
    let changed = layers().filter(|layer| layer.changes > 0).count();
    (changed, layers().count())
}

/// What to do first, where the worst change has this impact.
fn first_step(worst: Impact) -> &'static str {
    match worst {
        Impact::Breaks => "settle what breaks, before a cluster takes this profile",
        Impact::Repave => {
            "choose a time when every node may be replaced, and see that VMs can move"
        }
        Impact::RepaveControlPlanes => {
            "choose a time when the nodes of the control plane may be replaced"
        }
        Impact::Restart => "choose a time when the pods that are named may restart",
        Impact::Live => "choose the time, since clusters take the changes over at once",
        Impact::NewObjects => "nothing for what exists; what is made later has the changes",
        Impact::Review => "read the changes; no cluster does anything by itself",
    }
}

/// A stretch of text with the number of each line: of a hunk, or the start of a value.
struct Lines<'r> {
    lines: Vec<(Side, usize, &'r str)>,
    /// Lines that are not shown.
    more: usize,
}

/// The lines that tell a change: its hunks, or the first `most` lines of its values; none where values fit on one line.
fn line_blocks(change: &Change, most: usize) -> Vec<Lines<'_>> {
    if !change.lines.is_empty() {
        return change.lines.iter().map(numbered).collect();
    }
    let old = change.old.as_ref();
    let new = change.new.as_ref();
    if ![old, new].into_iter().flatten().any(has_lines) {
        return Vec::new();
    }
    [(Side::Old, old), (Side::New, new)]
        .into_iter()
        .filter_map(|(side, shown)| first_lines(side, shown?, most))
        .collect()
}

fn numbered(hunk: &super::Hunk) -> Lines<'_> {
    let (mut old, mut new) = (hunk.old_start, hunk.new_start);
    let mut lines = Vec::with_capacity(hunk.lines.len());
    for line in &hunk.lines {
        let number = if line.side == Side::Old { old } else { new };
        old += usize::from(line.side != Side::New);
        new += usize::from(line.side != Side::Old);
        lines.push((line.side, number, line.text.as_str()));
    }
    Lines { lines, more: 0 }
}

/// Whether a value is a text that needs more than one line; a line break at its end needs none.
fn has_lines(shown: &Shown) -> bool {
    shown
        .text()
        .is_some_and(|text| text.strip_suffix('\n').unwrap_or(text).contains('\n'))
}

fn first_lines(side: Side, shown: &Shown, most: usize) -> Option<Lines<'_>> {
    let text = shown.text()?;
    let lines: Vec<_> = (1..)
        .zip(text.lines().take(most))
        .map(|(number, line)| (side, number, line))
        .collect();
    let more = text.lines().count() - lines.len();
    Some(Lines { lines, more })
}

/// The mode of a file as people write it, `0600`; none where a key does not name a mode.
fn mode(key: &str, value: &Value) -> Option<String> {
    let names_a_mode = key.ends_with("mode") || key.ends_with("Mode") || key == "permissions";
    let bits = value.as_u64().filter(|bits| *bits <= 0o7777)?;
    names_a_mode.then(|| format!("0{bits:o}"))
}

/// The mode of a file that a change is about.
fn mode_of(change: &Change, shown: &Shown) -> Option<String> {
    let Shown::Value { value } = shown else {
        return None;
    };
    let key = change.path.rsplit(['.', ')', ']']).next();
    mode(key.unwrap_or_default(), value)
}

/// The value before and after, each on one line of about `room` characters.
fn short_values(change: &Change, room: usize) -> (Option<String>, Option<String>) {
    if let (Some(old), Some(new)) = (&change.old, &change.new)
        && let (Some(old), Some(new)) = (old.text(), new.text())
        && chars(old).max(chars(new)) > room
    {
        let start = shared_start(old, new);
        let lead = if start > 0 { "…" } else { "" };
        let from_there = |text: &str| short_text(&format!("{lead}{}", &text[start..]), room);
        return (Some(from_there(old)), Some(from_there(new)));
    }
    let short = |shown: &Option<Shown>| {
        let shown = shown.as_ref()?;
        Some(mode_of(change, shown).unwrap_or_else(|| short_value(shown, room)))
    };
    (short(&change.old), short(&change.new))
}

/// Up to where two texts need not be shown because both have it.
fn shared_start(old: &str, new: &str) -> usize {
    let mut pairs = old.char_indices().zip(new.chars());
    let differs = pairs
        .find(|((_, old), new)| old != new)
        .map_or(old.len().min(new.len()), |((at, _), _)| at);
    let mut back = old[..differs].char_indices().rev();
    back.nth(LEAD).map_or(0, |(at, _)| at)
}

fn short_value(shown: &Shown, room: usize) -> String {
    match shown {
        Shown::Secret { secret } => format!("(secret {})", visible(secret)),
        Shown::Value {
            value: Value::String(text),
        } => short_text(text, room),
        Shown::Value { value } => flow(value, room),
    }
}

/// A text as a scalar on one line, with a count of what is left out.
fn short_text(text: &str, room: usize) -> String {
    // To say that something is left out takes room, too.
    let shown = match text.char_indices().nth(room + SLACK) {
        Some(_) => cut(text, room),
        None => Cow::Borrowed(text),
    };
    let written = scalar::write(&shown);
    let written = visible(&written);
    if let Cow::Borrowed(_) = shown {
        return written.into_owned();
    }
    let left = chars(text) + 1 - chars(&shown);
    format!("{written} ({})", count(left, "more character"))
}

/// A text between brackets: its first line, as far as there is room.
fn flow_text(text: &str, room: usize) -> String {
    let whole = text.strip_suffix('\n').unwrap_or(text);
    let written = match whole.split_once('\n') {
        Some((first, _)) => {
            let first = cut(first, room.saturating_sub(1));
            scalar::write_in_flow(&format!("{}…", first.trim_end_matches('…')))
        }
        None => scalar::write_in_flow(&cut(text, room)),
    };
    visible(&written).into_owned()
}

/// A value as YAML on one line of at most about `room` characters: `{a: 1, …, 12 more}`.
fn flow(value: &Value, room: usize) -> String {
    if let Some(text) = whole(value, room) {
        return text;
    }
    match (value, Entries::of(value)) {
        (_, Some(entries)) => as_far_as_fits(entries, room),
        (Value::String(text), None) => flow_text(text, room),
        (other, None) => other.to_string(),
    }
}

/// What stands between brackets.
struct Entries<'v> {
    open: char,
    close: char,
    list: Box<dyn ExactSizeIterator<Item = (Option<&'v str>, &'v Value)> + 'v>,
}

impl<'v> Entries<'v> {
    fn of(value: &'v Value) -> Option<Self> {
        match value {
            Value::Object(map) => Some(Entries {
                open: '{',
                close: '}',
                list: Box::new(map.iter().map(|(key, value)| (Some(key.as_str()), value))),
            }),
            Value::Array(items) => Some(Entries {
                open: '[',
                close: ']',
                list: Box::new(items.iter().map(|value| (None, value))),
            }),
            _ => None,
        }
    }
}

/// What stands before a value: a separator, and the key in a map.
fn prefix(index: usize, key: Option<&str>, room: usize) -> String {
    let separator = if index == 0 { "" } else { ", " };
    match key {
        Some(key) => format!("{separator}{}: ", flow_text(key, room)),
        None => separator.to_owned(),
    }
}

/// All of a value, if there is room for it; looks no further than the room.
fn whole(value: &Value, room: usize) -> Option<String> {
    let Some(entries) = Entries::of(value) else {
        let text = match value {
            Value::String(text) => {
                let first = text.split('\n').next().unwrap_or_default();
                let fits = first.char_indices().nth(room).is_none();
                fits.then(|| flow_text(text, room))?
            }
            other => other.to_string(),
        };
        return (chars(&text) <= room).then_some(text);
    };
    let mut text = String::from(entries.open);
    let mut left = room.checked_sub(2)?;
    for (index, (key, value)) in entries.list.enumerate() {
        let mut entry = prefix(index, key, room);
        let written = match mode(key.unwrap_or_default(), value) {
            Some(mode) => mode,
            None => whole(value, left.checked_sub(chars(&entry))?)?,
        };
        entry.push_str(&written);
        left = left.checked_sub(chars(&entry))?;
        text.push_str(&entry);
    }
    text.push(entries.close);
    Some(text)
}

/// The first entries, and how many there are besides.
fn as_far_as_fits(entries: Entries<'_>, room: usize) -> String {
    let all = entries.list.len();
    let more = |left: usize| format!("…, {left} more{}", entries.close);
    let mut text = String::from(entries.open);
    let mut length = 1;
    for (index, (key, value)) in entries.list.enumerate() {
        let left = all - index - 1;
        let kept_free = match left {
            0 => 1,
            _ => ", ".len() + chars(&more(left)),
        };
        let mut entry = prefix(index, key, room);
        let taken = length + chars(&entry) + kept_free;
        let written = mode(key.unwrap_or_default(), value);
        entry.push_str(&written.unwrap_or_else(|| flow(value, room.saturating_sub(taken))));
        length += chars(&entry);
        if length + kept_free > room {
            let separator = prefix(index, None, 0);
            return format!("{text}{separator}{}", more(left + 1));
        }
        text.push_str(&entry);
    }
    text.push(entries.close);
    text
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// The start of a text that is longer than `room`, with `…` for the rest.
fn cut(text: &str, room: usize) -> Cow<'_, str> {
    if text.char_indices().nth(room).is_none() {
        return Cow::Borrowed(text);
    }
    let kept = text.char_indices().nth(room.saturating_sub(1));
    let end = kept.map_or(text.len(), |(at, _)| at);
    Cow::Owned(format!("{}…", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn long_values_tell_how_much_is_left_out() {
        let value = json!({"a": 1, "b": [1, 2, 3], "c": "on", "d": {"e": null}});
        assert_eq!(
            flow(&value, 80),
            r#"{a: 1, b: [1, 2, 3], c: "on", d: {e: null}}"#
        );
        assert_eq!(flow(&value, 35), "{a: 1, b: [1, 2, 3], …, 2 more}");
        assert_eq!(flow(&value, 20), "{a: 1, …, 3 more}");
        assert_eq!(flow(&value, 3), "{…, 4 more}");
        assert_eq!(flow(&json!([]), 3), "[]");
        assert_eq!(flow(&json!(["a\nb\nc\n"]), 40), "[a…]");
    }

    #[test]
    fn modes_are_octal() {
        let file = json!({"mode": 384, "items": [{"defaultMode": 420}], "size": 384});
        assert_eq!(
            flow(&file, 80),
            "{mode: 0600, items: [{defaultMode: 0644}], size: 384}"
        );
        assert_eq!(mode("mode", &json!("0600")), None);
        assert_eq!(mode("mode", &json!(0o10000)), None);
    }

    #[test]
    fn values_keep_to_their_room() {
        let value = json!({"list": (0..50).collect::<Vec<_>>(), "map": {"text": "x".repeat(90)}});
        for room in 20..200 {
            let text = flow(&value, room);
            assert!(chars(&text) <= room, "{room}: {text}");
        }
    }

    #[test]
    fn a_cut_text_has_its_room() {
        assert_eq!(cut("ééééé", 5), "ééééé");
        assert_eq!(cut("éééééé", 5), "éééé…");
        assert_eq!(cut("a", 0), "…");
    }
}

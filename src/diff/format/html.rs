//! The report as one page for a browser, with nothing to load: `page/` has its HTML, style and script.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use tera::Context;

use super::alike::{Entry, folded};
use super::glance::{first_step, ignored_words, notable_place};
use super::order::{gather, names_switch};
use super::values::{mode, mode_of};
use super::{content_name, sentence};
use crate::diff::report::{
    Change, ChangeKind, Content, Hunk, Impact, LayerPair, Line, PackVersion, Part, ProfilePair,
    Report, Shown, Side,
};
use crate::template;
use crate::yaml;

const PAGE: &str = include_str!("page/page.html");
/// The most changes on a page. No browser copes with a hundred thousand.
const MOST: usize = 5_000;

/// And so many lines of texts in them.
const MOST_LINES: usize = 20_000;

/// Characters of the line above alike changes.
const SUMMARY: usize = 240;

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/filter.js");

/// Writes a report as one self-contained HTML page.
///
/// The page loads nothing and its policy lets nothing be loaded; the only style and script it runs are its own, named by
/// their hash.
pub fn html(report: &Report) -> String {
    render(&Page::new(report)).unwrap_or_else(|error| {
        // Only a mistake in the template gets here. The tests would find it, so it is shown rather than hidden.
        debug_assert!(false, "the page cannot be rendered: {error}");
        format!("the page cannot be rendered: {error}\n")
    })
}

fn render(page: &Page<'_>) -> tera::TeraResult<String> {
    template::page(
        PAGE,
        &[
            ("style", "style_hash", STYLE),
            ("script", "script_hash", SCRIPT),
        ],
        Context::from_serialize(page)?,
    )
}

/// What the template sees.
#[derive(Serialize)]
struct Page<'r> {
    old: &'r str,
    new: &'r str,
    worst: Option<ImpactCount>,
    impacts: Vec<ImpactCount>,
    total: usize,
    /// How many layers have a change.
    changed_layers: usize,
    layers: usize,
    /// What to do first.
    first: &'static str,
    notes: Vec<Sentence>,
    notable: Vec<NotableView>,
    profiles: Vec<Profile<'r>>,
}

#[derive(Serialize)]
struct NotableView {
    place: String,
    what: Sentence,
}

/// A sentence in parts, of which some are code.
type Sentence = Vec<Words>;

#[derive(Serialize)]
struct Words {
    code: bool,
    text: String,
}

fn parts(text: &str) -> Sentence {
    let words = |(code, text): (bool, &str)| Words {
        code,
        text: text.to_owned(),
    };
    sentence(text).into_iter().map(words).collect()
}

/// A text of what came or went.
#[derive(Serialize)]
struct ContentView<'r> {
    side: &'static str,
    name: String,
    lines: usize,
    text: Cow<'r, str>,
}

#[derive(Clone, Serialize)]
struct ImpactCount {
    impact: Impact,
    count: usize,
    meaning: &'static str,
}

#[derive(Serialize)]
struct Profile<'r> {
    anchor: String,
    name: &'r str,
    versions: String,
    count: usize,
    layers: Vec<Layer<'r>>,
}

/// A layer, or the profile itself with its variables.
#[derive(Default, Serialize)]
struct Layer<'r> {
    /// Whether the table of layers has it; the profile itself is not a layer.
    listed: bool,
    /// Where its changes stand, if it has any.
    anchor: Option<String>,
    name: &'r str,
    kind: &'r str,
    old: Option<String>,
    new: Option<String>,
    versions: Option<String>,
    step: Option<&'static str>,
    worst: Option<Impact>,
    count: usize,
    groups: Vec<Group<'r>>,
}

/// The changes of a layer that one preset explains, or that none does.
#[derive(Serialize)]
struct Group<'r> {
    /// None where no preset explains them.
    anchor: Option<String>,
    preset: Option<&'r str>,
    /// The level of the changes' headings.
    level: u8,
    runs: Vec<Run<'r>>,
    #[serde(skip)]
    members: Vec<&'r Change>,
}

/// Changes that are folded under a line, where there is one.
#[derive(Serialize)]
struct Run<'r> {
    summary: Option<String>,
    changes: Vec<ChangeView<'r>>,
}

#[derive(Serialize)]
struct ChangeView<'r> {
    anchor: String,
    id: &'r str,
    part: &'r Part,
    path: &'r str,
    kind: ChangeKind,
    impact: Impact,
    sides: Vec<SideView<'r>>,
    hunks: Vec<Vec<Row<'r>>>,
    content: Vec<ContentView<'r>>,
    because: Sentence,
    section: Option<&'r str>,
    remarks: Vec<Sentence>,
}

/// One of the two values of a change; only one of the last three is there.
#[derive(Serialize)]
struct SideView<'r> {
    class: &'static str,
    label: &'static str,
    secret: Option<&'r str>,
    /// A value of several lines.
    block: Option<String>,
    value: Option<Marked<String>>,
}

/// A row of a side-by-side text.
#[derive(Serialize)]
struct Row<'r> {
    same: bool,
    old: Option<Cell<'r>>,
    new: Option<Cell<'r>>,
}

#[derive(Serialize)]
struct Cell<'r> {
    /// The number of the line.
    at: usize,
    text: Marked<&'r str>,
}

/// A text with the part in which it differs from its counterpart.
#[derive(Serialize)]
struct Marked<T> {
    before: T,
    marked: T,
    after: T,
}

impl<'t> Marked<&'t str> {
    fn plain(text: &'t str) -> Self {
        Marked {
            before: text,
            marked: "",
            after: "",
        }
    }

    fn owned(&self) -> Marked<String> {
        Marked {
            before: self.before.to_owned(),
            marked: self.marked.to_owned(),
            after: self.after.to_owned(),
        }
    }
}

impl<'r> Page<'r> {
    fn new(report: &'r Report) -> Self {
        let impacts: Vec<ImpactCount> = report
            .summary
            .impacts
            .iter()
            .map(|count| ImpactCount {
                impact: count.impact,
                count: count.changes,
                meaning: count.impact.meaning(count.changes),
            })
            .collect();
        let profiles = profiles(report);
        let more = report.summary.changes.saturating_sub(MOST);
        let more = (more > 0).then(|| {
            Cow::from(format!(
                "{more} more changes are not on this page: `--only PLACE` chooses, and `--format json` has more"
            ))
        });
        let ignored = ignored_words(report).map(Cow::from);
        let notes = report
            .notes
            .iter()
            .map(Cow::from)
            .chain(ignored)
            .chain(more);
        let layers = || profiles.iter().flat_map(|profile| &profile.layers);
        Page {
            old: &report.old,
            new: &report.new,
            worst: impacts.first().cloned(),
            impacts,
            total: report.summary.changes,
            changed_layers: layers()
                .filter(|layer| layer.listed && layer.count > 0)
                .count(),
            layers: layers().filter(|layer| layer.listed).count(),
            first: report.summary.worst.map_or("", first_step),
            notes: notes.map(|note| parts(&note)).collect(),
            notable: report
                .summary
                .notable
                .iter()
                .map(|one| NotableView {
                    place: notable_place(one),
                    what: parts(&one.what),
                })
                .collect(),
            profiles,
        }
    }
}

/// The profiles with their layers, and with the changes of each.
fn profiles(report: &Report) -> Vec<Profile<'_>> {
    let mut profiles: Vec<Profile<'_>> = Vec::new();
    for pair in &report.profiles {
        let number = profiles.len() + 1;
        let mut profile = Profile::new(number, &pair.name, versions_of_profile(pair));
        profile.layers.extend(pair.layers.iter().map(Layer::new));
        profiles.push(profile);
    }
    let mut filled = Filled::default();
    for ((profile, layer), changes) in gather(report.changes.iter().collect(), place_of) {
        // What changed must not get lost where the report does not list its profile or layer.
        let at = profiles.iter().position(|known| known.name == profile);
        let at = at.unwrap_or_else(|| {
            let number = profiles.len() + 1;
            profiles.push(Profile::new(number, profile, String::new()));
            profiles.len() - 1
        });
        profiles[at].add(layer, &changes, &mut filled);
    }
    profiles
}

/// The profile and layer of a change, by their names.
fn place_of(change: &Change) -> (&str, Option<&str>) {
    (&change.profile, change.layer.as_deref())
}

impl<'r> Profile<'r> {
    /// A profile whose first layer is itself.
    fn new(number: usize, name: &'r str, versions: String) -> Self {
        let own = Layer {
            name: "Profile and variables",
            ..Layer::default()
        };
        Profile {
            anchor: format!("profile-{number}"),
            name,
            versions,
            count: 0,
            layers: vec![own],
        }
    }

    /// Adds the changes of a layer, or of the profile itself. Of two layers with one name the first has them, since they
    /// know only the name.
    fn add(&mut self, layer: Option<&'r str>, changes: &[&'r Change], filled: &mut Filled) {
        let is_meant = |known: &Layer<'_>| match layer {
            Some(name) => known.listed && known.name == name,
            None => !known.listed,
        };
        let at = self.layers.iter().position(is_meant);
        let at = at.unwrap_or_else(|| {
            self.layers.push(Layer::unknown(layer.unwrap_or_default()));
            self.layers.len() - 1
        });
        let explained = changes.iter().filter(|change| change.preset.is_some());
        let presets: Vec<&str> = gather(explained.copied().collect(), |change| {
            change.preset.as_deref().unwrap_or_default()
        })
        .into_iter()
        .map(|(preset, _)| preset)
        .collect();
        let anchor = format!("{}-{at}", self.anchor);
        let at = &mut self.layers[at];
        for change in changes {
            at.count += 1;
            at.worst = at.worst.max(Some(change.impact));
            filled.changes += 1;
            if filled.changes > MOST {
                continue;
            }
            // The switch of a preset stands with what it explains.
            let explains = |preset: &&&str| names_switch(preset, change);
            let is_switch = matches!(change.part, Part::Preset(_));
            let switched = || presets.iter().filter(|_| is_switch).find(explains).copied();
            let preset = change.preset.as_deref().or_else(switched);
            at.push(change, preset, anchor.clone());
        }
        for group in &mut at.groups {
            group.fold(filled);
        }
        self.count += changes.len();
    }
}

/// What is on the page so far.
#[derive(Default)]
struct Filled {
    anchors: HashMap<String, usize>,
    changes: usize,
    /// Lines of texts that changed.
    lines: usize,
}

/// An anchor that no other change has, though names are only the start of a hash.
fn anchor_of(change: &Change, anchors: &mut HashMap<String, usize>) -> String {
    // No id has a dot, so that no number meets another.
    let id = change.id.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let number = anchors.entry(id.clone()).or_default();
    *number += 1;
    match number {
        1 => format!("change-{id}"),
        number => format!("change-{id}.{number}"),
    }
}

fn versions_of_profile(pair: &ProfilePair) -> String {
    match (&pair.old, &pair.new) {
        (Some(old), Some(new)) if old.name == new.name => moved(&old.version, &new.version),
        (Some(old), Some(new)) => format!(
            "{} {} → {} {}",
            old.name, old.version, new.name, new.version
        ),
        (Some(old), None) => format!("{}, only in the old", old.version),
        (None, Some(new)) => format!("{}, only in the new", new.version),
        (None, None) => String::new(),
    }
}

fn moved(old: &str, new: &str) -> String {
    if old == new {
        old.to_owned()
    } else {
        format!("{old} → {new}")
    }
}

impl<'r> Layer<'r> {
    fn new(pair: &'r LayerPair) -> Self {
        let replaced =
            matches!((&pair.old, &pair.new), (Some(old), Some(new)) if old.pack != new.pack);
        let shown = |pack: &Option<PackVersion>| {
            let pack = pack.as_ref()?;
            Some(if replaced || pack.pack != pair.name {
                format!("{} {}", pack.pack, pack.version)
            } else {
                pack.version.clone()
            })
        };
        let (old, new) = (shown(&pair.old), shown(&pair.new));
        let step = match (&old, &new) {
            (None, Some(_)) => Some("added"),
            (Some(_), None) => Some("removed"),
            _ if replaced => Some("replaced"),
            (Some(old), Some(new)) if old != new => {
                Some(pair.step.map_or("changed", |step| step.as_str()))
            }
            _ => None,
        };
        Layer {
            kind: &pair.kind,
            versions: match (&old, &new) {
                (Some(old), Some(new)) => Some(moved(old, new)),
                (Some(version), None) | (None, Some(version)) => Some(version.clone()),
                (None, None) => None,
            },
            old,
            new,
            step,
            ..Layer::unknown(&pair.name)
        }
    }

    fn unknown(name: &'r str) -> Self {
        Layer {
            listed: true,
            name,
            ..Layer::default()
        }
    }

    fn push(&mut self, change: &'r Change, preset: Option<&'r str>, anchor: String) {
        let group = match self.groups.iter().position(|group| group.preset == preset) {
            Some(at) => at,
            None => {
                // What no preset explains is first, directly under the layer's heading.
                let at = preset.map_or(0, |_| self.groups.len());
                let group = Group {
                    anchor: preset.map(|_| format!("{anchor}-preset-{at}")),
                    preset,
                    level: if preset.is_some() { 6 } else { 5 },
                    runs: Vec::new(),
                    members: Vec::new(),
                };
                self.groups.insert(at, group);
                at
            }
        };
        self.groups[group].members.push(change);
        self.anchor = Some(anchor);
    }
}

impl<'r> Group<'r> {
    /// Makes the views of its changes; alike ones are under one line.
    fn fold(&mut self, filled: &mut Filled) {
        let runs = folded(&self.members).into_iter().map(|entry| match entry {
            Entry::One(change) => Run {
                summary: None,
                changes: vec![ChangeView::new(change, filled)],
            },
            Entry::Alike(alike) => Run {
                summary: Some(format!("{}: {}", alike.place, alike.words(SUMMARY))),
                changes: (alike.changes.iter())
                    .map(|change| ChangeView::new(change, filled))
                    .collect(),
            },
        });
        self.runs = runs.collect();
    }
}

impl<'r> ChangeView<'r> {
    fn new(change: &'r Change, filled: &mut Filled) -> Self {
        let mut left = MOST_LINES.saturating_sub(filled.lines);
        let lines: usize = change.lines.iter().map(|hunk| hunk.lines.len()).sum();
        let untold = lines.saturating_sub(left);
        let hunks = change.lines.iter().map(|hunk| {
            let shown = left.min(hunk.lines.len());
            left -= shown;
            rows(hunk, &hunk.lines[..shown])
        });
        let hunks = hunks.filter(|rows| !rows.is_empty()).collect();
        let untold =
            (untold > 0).then(|| Cow::from(format!("{untold} more lines are not on this page")));
        filled.lines += lines;
        let content = change
            .content
            .iter()
            .map(|content| ContentView::new(content, filled))
            .collect();
        let remarks = change.remarks.iter().map(Cow::from).chain(untold);
        ChangeView {
            anchor: anchor_of(change, &mut filled.anchors),
            id: &change.id,
            part: &change.part,
            path: &change.path,
            kind: change.kind,
            impact: change.impact,
            sides: sides(change),
            hunks,
            content,
            because: parts(&change.because),
            section: change.section.as_deref(),
            remarks: remarks.map(|remark| parts(&remark)).collect(),
        }
    }
}

impl<'r> ContentView<'r> {
    /// The text, as far as there is room for its lines on the page.
    fn new(content: &'r Content, filled: &mut Filled) -> Self {
        let lines = content.text.lines().count();
        let left = MOST_LINES.saturating_sub(filled.lines);
        filled.lines += lines;
        let text = match content.text.split_inclusive('\n').nth(left) {
            None => Cow::from(content.text.as_str()),
            Some(_) => {
                let shown: String = content.text.split_inclusive('\n').take(left).collect();
                let more = lines.saturating_sub(left);
                Cow::from(format!("{shown}… {more} more lines are not on this page\n"))
            }
        };
        ContentView {
            side: match content.side {
                Side::Old => "old",
                _ => "new",
            },
            name: content_name(content),
            lines,
            text,
        }
    }
}

fn sides(change: &Change) -> Vec<SideView<'_>> {
    let (old, new) = (change.old.as_ref(), change.new.as_ref());
    let mut sides: Vec<SideView<'_>> = [("old", "Old", old), ("new", "New", new)]
        .into_iter()
        .filter_map(|(class, label, shown)| {
            let shown = shown?;
            Some(SideView::new(class, label, shown, mode_of(change, shown)))
        })
        .collect();
    if let [old, new] = sides.as_mut_slice()
        && let (Some(old), Some(new)) = (&mut old.value, &mut new.value)
    {
        let (marked_old, marked_new) = marked(&old.before, &new.before);
        (*old, *new) = (marked_old.owned(), marked_new.owned());
    }
    sides
}

impl<'r> SideView<'r> {
    fn new(
        class: &'static str,
        label: &'static str,
        shown: &'r Shown,
        mode: Option<String>,
    ) -> Self {
        let (secret, text) = match shown {
            Shown::Secret { secret } => (Some(secret.as_str()), None),
            Shown::Value { value } => (None, Some(mode.unwrap_or_else(|| notation(value)))),
        };
        let (block, value) = match text {
            Some(text) if text.contains('\n') => (Some(text), None),
            text => (None, text.map(|text| Marked::plain(&text).owned())),
        };
        SideView {
            class,
            label,
            secret,
            block,
            value,
        }
    }
}

/// A value as it would be in YAML; a text of several lines as it is.
fn notation(value: &Value) -> String {
    match value {
        Value::String(text) if text.contains('\n') => text.clone(),
        value => {
            let text = yaml::with_deeper_lists(value);
            let lines: Vec<Cow<'_, str>> = text
                .trim_end_matches('\n')
                .split('\n')
                .map(with_mode)
                .collect();
            lines.join("\n")
        }
    }
}

/// A line of YAML; the mode of a file as people write it.
fn with_mode(line: &str) -> Cow<'_, str> {
    let written = line.split_once(": ").and_then(|(start, value)| {
        let key = start.rsplit([' ', '"']).next()?;
        let mode = mode(key, &Value::from(value.parse::<u64>().ok()?))?;
        Some(format!("{start}: {mode}"))
    });
    written.map_or(Cow::Borrowed(line), Cow::Owned)
}

/// A hunk as rows of two sides: lines that went are beside those that came in their place.
fn rows<'r>(hunk: &Hunk, lines: &'r [Line]) -> Vec<Row<'r>> {
    let mut rows = Vec::with_capacity(lines.len());
    let (mut old_at, mut new_at) = (hunk.old_start, hunk.new_start);
    for stretch in lines.chunk_by(|a, b| (a.side == Side::Both) == (b.side == Side::Both)) {
        let on = |side: Side| {
            stretch
                .iter()
                .filter(move |line| line.side == side || line.side == Side::Both)
                .map(|line| line.text.as_str())
        };
        let (mut olds, mut news) = (on(Side::Old), on(Side::New));
        let same = stretch.first().is_some_and(|line| line.side == Side::Both);
        loop {
            let (old, new) = match (olds.next(), news.next()) {
                (None, None) => break,
                (Some(old), Some(new)) => {
                    let (old, new) = marked(old, new);
                    (Some(old), Some(new))
                }
                (old, new) => (old.map(Marked::plain), new.map(Marked::plain)),
            };
            rows.push(Row {
                same,
                old: old.map(|text| Cell::next(&mut old_at, text)),
                new: new.map(|text| Cell::next(&mut new_at, text)),
            });
        }
    }
    rows
}

impl<'r> Cell<'r> {
    fn next(at: &mut usize, text: Marked<&'r str>) -> Self {
        *at += 1;
        Cell { at: *at - 1, text }
    }
}

/// Marks the words in which two texts differ, unless they have too little in common for that to help.
fn marked<'t>(old: &'t str, new: &'t str) -> (Marked<&'t str>, Marked<&'t str>) {
    let plain = (Marked::plain(old), Marked::plain(new));
    if old == new {
        return plain;
    }
    let length = |chars: &mut dyn Iterator<Item = (char, char)>| -> usize {
        chars
            .take_while(|(old, new)| old == new)
            .map(|(c, _)| c.len_utf8())
            .sum()
    };
    let start = length(&mut old.chars().zip(new.chars()));
    let end = length(&mut old[start..].chars().rev().zip(new[start..].chars().rev()));
    // Whole words are easier to read than the letters that changed in them.
    let start = old[..start].trim_end_matches(char::is_alphanumeric).len();
    let tail = &old[old.len() - end..];
    let end = tail.trim_start_matches(char::is_alphanumeric).len();
    let common = old[..start].trim().len() + old[old.len() - end..].trim().len();
    if common * 4 < old.len().max(new.len()) {
        return plain;
    }
    let cut = |text: &'t str| Marked {
        before: &text[..start],
        marked: &text[start..text.len() - end],
        after: &text[text.len() - end..],
    };
    (cut(old), cut(new))
}

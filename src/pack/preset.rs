//! Presets: named sets of paths to remove and values to add, one active in each group.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Pack, Part};
use crate::diagnostic::{Code, Diagnostic, Source, nearest, unless};
use crate::yaml::{self, Limits, Path};

/// A preset of a pack.
#[derive(Clone, Debug)]
pub struct Preset {
    /// Its id, unique in the pack.
    pub name: String,
    /// What the UI calls it.
    pub display_name: String,
    /// Its group.
    pub group: String,
    /// Paths that go first.
    pub remove: Vec<Path>,
    /// Values that are merged then.
    pub add: Source,
    /// What these say, where that is known.
    pub added: Option<Value>,
}

impl Preset {
    /// Its name with that of its group.
    pub(super) fn full_name(&self) -> PresetName {
        PresetName {
            group: self.group.clone(),
            name: self.name.clone(),
        }
    }

    /// What it does to values, by the keys from the root: what it removes, then what it sets.
    pub(crate) fn effects(&self) -> BTreeMap<Vec<String>, Option<Value>> {
        let removed = self.remove.iter().map(|path| (path.steps(), path.keys()));
        let mut effects: BTreeMap<_, _> = removed
            // Items of lists cannot be removed.
            .filter(|(steps, keys)| steps.len() == keys.len())
            .map(|(_, keys)| (keys, None))
            .collect();
        if let Ok(added) = self.added() {
            leaves(added.into_owned(), Vec::new(), &mut effects);
        }
        effects
    }

    /// What its additions say, as Kubernetes reads them.
    ///
    /// # Errors
    /// They are not YAML.
    pub fn added(&self) -> Result<Cow<'_, Value>, Vec<Diagnostic>> {
        match &self.added {
            Some(added) => Ok(Cow::Borrowed(added)),
            None => yaml::to_json(&self.add, Limits::VALUES).map(Cow::Owned),
        }
    }

    /// Whether a name means this preset; the RA and the packs spell groups with other capitals.
    pub fn is_named(&self, name: &PresetName) -> bool {
        self.full_name().is_of(name)
    }
}

fn leaves(value: Value, path: Vec<String>, effects: &mut BTreeMap<Vec<String>, Option<Value>>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                leaves(value, [&path[..], &[key]].concat(), effects);
            }
        }
        _ if path.is_empty() => {}
        value => {
            effects.insert(path, Some(value));
        }
    }
}

/// `Group:name`, as the line of enabled presets and the revisions write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetName {
    /// The group's text.
    pub group: String,
    /// The preset's id.
    pub name: String,
}

impl PresetName {
    /// Whether another name means the same preset; groups are spelt with other capitals here and there.
    pub(super) fn is_of(&self, other: &PresetName) -> bool {
        self.name == other.name && self.group.eq_ignore_ascii_case(&other.group)
    }

    /// Whether the line of enabled presets, where commas are between them, gives it back as it is.
    fn fits_a_line(&self) -> bool {
        let written = self.to_string();
        !written
            .contains(|c: char| c == ',' || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
            && written.parse().as_ref() == Ok(self)
    }
}

impl FromStr for PresetName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.rsplit_once(':') {
            Some((group, name)) if !group.trim().is_empty() && !name.trim().is_empty() => {
                Ok(PresetName {
                    group: group.trim().to_owned(),
                    name: name.trim().to_owned(),
                })
            }
            _ => Err(format!(
                "`{text}` is not a preset: write it as `Group:name`"
            )),
        }
    }
}

impl fmt::Display for PresetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.group, self.name)
    }
}

#[derive(Deserialize)]
struct File {
    presets: Vec<WrittenPreset>,
}

/// A file as `build.rs` writes it: with what the additions of each say.
#[derive(Deserialize)]
struct Compiled {
    compiled: Vec<(WrittenPreset, Option<Value>)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenPreset {
    name: String,
    #[serde(default)]
    display_name: String,
    group: String,
    remove: Option<Vec<String>>,
    add: Option<String>,
    /// Keys that are skipped, as in pack.json, unless one of the others was meant.
    #[serde(flatten)]
    other: Map<String, Value>,
}

/// The keys of a preset.
const KEYS: [&str; 5] = ["name", "displayName", "group", "remove", "add"];

/// Reads a presets.yaml.
pub(super) fn parse(source: &Source) -> Result<Vec<Preset>, Vec<Diagnostic>> {
    // Some packs bring an empty file.
    if source.text().trim().is_empty() {
        return Ok(Vec::new());
    }
    let read = read(source).map_err(|error| {
        let place = error
            .location()
            .and_then(|location| location.span().byte_offset());
        let problem = Diagnostic::error("these presets cannot be read")
            .code(Code::BrokenPack)
            .help(without_place(&error.without_snippet().to_string()));
        vec![match place {
            Some(at) => {
                let at = usize::try_from(at).unwrap_or_default();
                problem.at(source, at..at)
            }
            None => problem.label(source.name()),
        }]
    })?;
    let mut problems = Vec::new();
    let mut presets: Vec<Preset> = Vec::new();
    let mut names = HashSet::new();
    for (entry, added) in read {
        if !names.insert(entry.name.clone()) {
            problems.push(
                Diagnostic::error(format!("two presets have the name `{}`", entry.name)).code(Code::BrokenPack)
                    .label(source.name())
                    .help("give each a name of its own: the line of enabled presets tells them apart by it"),
            );
        }
        let written = PresetName {
            group: entry.group.clone(),
            name: entry.name.clone(),
        };
        if !written.fits_a_line() {
            problems.push(
                Diagnostic::error(format!(
                    "the preset `{}` of the group `{}` cannot be named in a line of presets",
                    entry.name.escape_debug(),
                    entry.group.escape_debug()
                )).code(Code::BrokenPack)
                .label(source.name())
                .help("write both on one line, without commas and blanks around; the name without a colon"),
            );
        }
        for key in entry.other.keys() {
            if let Some(meant) = nearest(key, KEYS) {
                let problem =
                    Diagnostic::error(format!("the preset `{}` has the key `{key}`", entry.name))
                        .code(Code::BrokenPack)
                        .label(format!("did you mean `{meant}`?"));
                // JSON has other ways to write a key.
                problems.push(match source.text().find(key.as_str()) {
                    Some(at) => problem.at(source, at..at + key.len()),
                    None => problem,
                });
            }
        }
        let mut remove = Vec::new();
        for path in entry.remove.unwrap_or_default() {
            match path.parse::<Path>() {
                Ok(path) => remove.push(path),
                Err(error) => problems.push(
                    Diagnostic::error(format!(
                        "the preset `{}` removes no path: {error}",
                        entry.name
                    ))
                    .code(Code::BrokenPack)
                    .label(source.name()),
                ),
            }
        }
        let add = Source::new(
            format!("{}, preset {}", source.name(), entry.name),
            entry.add.unwrap_or_default(),
        );
        presets.push(Preset {
            name: entry.name,
            display_name: entry.display_name,
            group: entry.group,
            remove,
            add,
            added,
        });
    }
    unless(problems, presets)
}

fn read(source: &Source) -> Result<Vec<(WrittenPreset, Option<Value>)>, serde_saphyr::Error> {
    if let Ok(Compiled { compiled }) = serde_json::from_str(source.text()) {
        return Ok(compiled);
    }
    // Our own reader is the quicker one by far; what it does not take is for the one that says which types are wrong.
    let quick = yaml::to_json(source, Limits::INPUT)
        .ok()
        .and_then(|value| serde_json::from_value(value).ok());
    let File { presets } = quick.map_or_else(|| serde_saphyr::from_str(source.text()), Ok)?;
    Ok(presets.into_iter().map(|preset| (preset, None)).collect())
}

/// A parser's message without the place at its end, which is shown as the line itself.
fn without_place(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}

/// The presets of a pack that have these names, in their order. Where a pack was imported without its presets, those that
/// its text was made with are left out: there is nothing to apply.
pub(super) fn select<'p>(
    pack: &'p Pack,
    wanted: &[PresetName],
) -> Result<Vec<&'p Preset>, Vec<Diagnostic>> {
    let presets = &pack.presets;
    let are_unknown = pack.description.unknown().contains(&Part::Presets);
    let applied = pack.enabled_presets();
    let pack = pack.description.name.as_str();
    let mut selected: Vec<&Preset> = Vec::new();
    let mut problems = Vec::new();
    for wanted in wanted {
        let found = presets.iter().find(|preset| preset.is_named(wanted));
        match found {
            None if are_unknown && applied.iter().any(|name| name.is_of(wanted)) => {}
            None if are_unknown => problems.push(not_imported(pack, wanted)),
            None => problems.push(unknown(pack, presets, wanted)),
            Some(preset) => match selected.iter().find(|other| other.group == preset.group) {
                Some(other) => problems.push(
                    Diagnostic::error(format!(
                        "the presets `{}` and `{}` of `{pack}` are in the same group",
                        other.name, preset.name
                    ))
                    .code(Code::WrongValue)
                    .help(format!("choose one preset of `{}`", preset.group)),
                ),
                None => selected.push(preset),
            },
        }
    }
    unless(problems, selected)
}

fn not_imported(pack: &str, wanted: &PresetName) -> Diagnostic {
    Diagnostic::error(format!(
        "`{pack}` was imported without its presets, and its values were not made with `{wanted}`"
    ))
    .code(Code::PackMissing)
    .help("import the pack from its archive, or from an answer of Palette's API: these have the presets")
    .help("or choose the preset in Palette, export the profile again, and import that")
}

fn unknown(pack: &str, presets: &[Preset], wanted: &PresetName) -> Diagnostic {
    let known: Vec<String> = presets
        .iter()
        .map(|preset| preset.full_name().to_string())
        .collect();
    let help = match known.as_slice() {
        [] => "it has no presets at all: is its presets.yaml missing?".to_owned(),
        known => format!("its presets: {}", known.join(", ")),
    };
    Diagnostic::error(format!("`{pack}` has no preset `{wanted}`"))
        .code(Code::UnknownName)
        .did_you_mean(&wanted.to_string(), known.iter().map(String::as_str))
        .help(help)
}

//! Composes a layer's values: the pack's text, its presets, then the RA's own changes.

use serde_json::{Map, Value};

use super::Pack;
use super::preset::{Preset, PresetName, select};
use super::shapes::{Unplaced, fit};
use super::unknown::unknown_settings;
use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::{self, Addition, Limits, Merge, Move, Path, Step};

/// The start of the line that records the presets of a values text.
pub(crate) const PRESETS_LINE: &str = "# spectrocloud.com/enabled-presets:";

/// The finished values of a layer.
#[derive(Clone, Debug)]
pub struct Values {
    /// The text; Palette replaces a layer's values by it as a whole.
    pub text: String,
    /// What it says.
    pub value: Value,
    /// Paths that the presets remove, and that neither the pack has nor any of its presets adds.
    pub stale: Vec<Path>,
    /// Parts of the overlay that went elsewhere, since the pack keeps them there, with how many items of a list found no
    /// place.
    pub moved: Vec<(Move, usize)>,
    /// Charts of the overlay that the pack does not have.
    pub unplaced: Vec<Unplaced>,
    /// Settings of the overlay that the pack names nowhere.
    pub unknown: Vec<Path>,
}

/// Makes the values of a layer: of its overlays the last wins.
///
/// The first line names the presets; a pack without presets gets no such line. The text has no final line break, as
/// Palette's own editor writes it.
///
/// # Errors
/// Unknown presets, two of one group, a text that is not YAML.
pub fn compose(
    pack: &Pack,
    presets: &[PresetName],
    overlays: impl IntoIterator<Item = Source>,
) -> Result<Values, Vec<Diagnostic>> {
    let selected = select(pack, presets)?;
    let marker = marker_line(pack, &selected);
    let mut merge = Merge::new(pack.values.clone())?;
    // What the text says that it has, it has; its owner may have changed it since.
    let applied = pack.enabled_presets();
    let is_new = |preset: &&Preset| !applied.iter().any(|name| preset.is_named(name));
    for preset in selected.into_iter().filter(is_new) {
        for path in &preset.remove {
            merge.remove(path.clone());
        }
        merge.add(preset.add.clone())?;
    }
    let (mut moved, mut unplaced, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for overlay in overlays {
        let source = overlay;
        let Some(mut overlay) = Addition::new(source.clone())? else {
            continue;
        };
        let fit = fit(pack, &merge, overlay.root())?;
        let place = |unplaced: &Unplaced| unplaced.0.parse::<Path>().ok();
        let moves = fit.moves.iter().chain(&fit.relocated);
        let elsewhere = moves.map(|change| change.from.clone());
        let elsewhere = elsewhere
            .chain(fit.unplaced.iter().filter_map(place))
            .collect();
        unknown.extend(unknown_settings(pack, &merge, overlay.root(), elsewhere));
        let relocated = relocated(&source, &fit.relocated)?;
        for change in &fit.relocated {
            overlay.take_out(&change.from);
        }
        let left = merge.overlay_moved(overlay, &fit.moves);
        for addition in relocated {
            merge.overlay(addition)?;
        }
        moved.extend(fit.relocated.into_iter().map(|change| (change, 0)));
        moved.extend(fit.moves.into_iter().zip(left));
        unplaced.extend(fit.unplaced);
    }
    let (text, value) = merge.finish()?;
    let mut text = with_marker(&text, marker.as_deref());
    text.truncate(text.trim_end_matches(['\n', '\r']).len());
    // libyaml and go-yaml read a block that ends with the text without its last line break.
    if last_text(&value).is_some_and(|last| last.ends_with('\n')) {
        text.push('\n');
    }
    Ok(Values {
        text,
        value,
        stale: stale(pack, merge.missing()),
        moved,
        unplaced,
        unknown,
    })
}

/// What an overlay sets at some paths, as overlays that set it elsewhere.
fn relocated(overlay: &Source, moves: &[Move]) -> Result<Vec<Source>, Vec<Diagnostic>> {
    if moves.is_empty() {
        return Ok(Vec::new());
    }
    let value = yaml::to_json(overlay, Limits::VALUES)?;
    let at = |change: &Move| {
        let value = change.from.find(&value)?.clone();
        let keys = change.to.keys().into_iter().rev();
        let tree = keys.fold(value, |tree, key| {
            Value::Object(Map::from_iter([(key, tree)]))
        });
        Some(Source::new(overlay.name(), yaml::from_json(&tree)))
    };
    Ok(moves.iter().filter_map(at).collect())
}

/// Those of the paths that no preset of the pack adds: a preset cleans up after the others of its group.
fn stale(pack: &Pack, missing: &[Path]) -> Vec<Path> {
    let mut stale: Vec<Path> = Vec::new();
    for path in missing {
        if !stale.contains(path) {
            stale.push(path.clone());
        }
    }
    for preset in &pack.presets {
        if stale.is_empty() {
            break;
        }
        // Most add no key of such a name, and need not be read.
        if !stale.iter().any(|path| may_hold(&preset.add, path)) {
            continue;
        }
        // Mistakes in a preset that is not chosen do not matter.
        let Ok(added) = preset.added() else {
            continue;
        };
        stale.retain(|path| path.find(&added).is_none());
    }
    stale
}

/// Whether a text may have a value at a path: whether its last key is there, or may in other letters.
fn may_hold(text: &Source, path: &Path) -> bool {
    let text = text.text();
    match path.steps().last() {
        Some(Step::Key(key)) if !key.contains('\'') => text.contains(key) || text.contains('\\'),
        _ => true,
    }
}

/// The text that a value ends in.
fn last_text(value: &Value) -> Option<&str> {
    match value {
        Value::Object(map) => last_text(map.values().next_back()?),
        Value::Array(items) => last_text(items.last()?),
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The presets of a values text, from its first line.
pub(crate) fn enabled_presets(text: &str) -> Vec<PresetName> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines()
        .next()
        .and_then(|line| line.strip_prefix(PRESETS_LINE))
        .map(|list| {
            list.split(',')
                .filter_map(|name| name.parse().ok())
                .collect()
        })
        .unwrap_or_default()
}

/// The line that records the presets: the pack's own, with the selected ones in place of those of their groups.
fn marker_line(pack: &Pack, selected: &[&Preset]) -> Option<String> {
    let text = pack.values.text();
    let mut names = enabled_presets(text);
    for preset in selected {
        let name = preset.full_name();
        match names
            .iter_mut()
            .find(|known| known.group.eq_ignore_ascii_case(&name.group))
        {
            Some(known) => *known = name,
            None => names.push(name),
        }
    }
    if names.is_empty() {
        return has_marker(text).then(|| PRESETS_LINE.to_owned());
    }
    let names: Vec<String> = names.iter().map(PresetName::to_string).collect();
    Some(format!("{PRESETS_LINE} {}", names.join(",")))
}

fn has_marker(text: &str) -> bool {
    text.strip_prefix('\u{feff}')
        .unwrap_or(text)
        .starts_with(PRESETS_LINE)
}

/// The text with another line of presets, or without one.
fn with_marker(text: &str, marker: Option<&str>) -> String {
    // A byte order mark is one only where a text begins.
    let text = match marker {
        Some(_) => text.strip_prefix('\u{feff}').unwrap_or(text),
        None => text,
    };
    let rest = match text.strip_prefix(PRESETS_LINE) {
        Some(rest) => rest.split_once('\n').map_or("", |(_, rest)| rest),
        None => text,
    };
    match marker {
        Some(marker) => format!("{marker}\n{rest}"),
        None => rest.to_owned(),
    }
}

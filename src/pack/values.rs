//! How a layer's values are put together: the pack's text, its presets, then the RA's own changes.

use serde_json::Value;

use super::Pack;
use super::preset::{Preset, PresetName, select};
use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::{Merge, Path};

/// The start of the line that records the presets of a values text.
const MARKER: &str = "# spectrocloud.com/enabled-presets:";

/// The finished values of a layer.
#[derive(Clone, Debug)]
pub struct Values {
    /// The text; Palette replaces a layer's values by it as a whole.
    pub text: String,
    /// What it says.
    pub value: Value,
    /// Paths that presets remove and the pack does not have.
    pub missing: Vec<Path>,
}

/// Makes the values of a layer.
///
/// The first line names the presets; a pack without presets gets no such line. The text has no final line break, as
/// Palette's own editor writes it.
///
/// # Errors
/// Unknown presets, two of one group, a text that is not YAML.
pub fn compose(
    pack: &Pack,
    presets: &[PresetName],
    overlay: Source,
) -> Result<Values, Vec<Diagnostic>> {
    let selected = select(&pack.description.name, &pack.presets, presets)?;
    let marker = marker_line(pack, &selected);
    let base = Source::new(
        pack.values.name(),
        with_marker(pack.values.text(), marker.as_deref()),
    );
    let mut merge = Merge::new(base).map_err(|error| error.0)?;
    for preset in selected {
        for path in &preset.remove {
            merge.remove(path.clone());
        }
        merge.add(preset.add.clone()).map_err(|error| error.0)?;
    }
    merge.overlay(overlay).map_err(|error| error.0)?;
    let (mut text, value) = merge.finish().map_err(|error| error.0)?;
    text.truncate(text.trim_end_matches(['\n', '\r']).len());
    // libyaml and go-yaml read a block that ends with the text without its last line break.
    if last_text(&value).is_some_and(|last| last.ends_with('\n')) {
        text.push('\n');
    }
    Ok(Values {
        text,
        value,
        missing: merge.missing().to_vec(),
    })
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
    text.lines()
        .next()
        .and_then(|line| line.strip_prefix(MARKER))
        .map(|list| {
            list.split(',')
                .filter_map(|name| name.parse().ok())
                .collect()
        })
        .unwrap_or_default()
}

fn marker_line(pack: &Pack, selected: &[&Preset]) -> Option<String> {
    if selected.is_empty() {
        return pack
            .values
            .text()
            .starts_with(MARKER)
            .then(|| MARKER.to_owned());
    }
    let names: Vec<String> = selected
        .iter()
        .map(|preset| format!("{}:{}", preset.group, preset.name))
        .collect();
    Some(format!("{MARKER} {}", names.join(",")))
}

/// The text with another line of presets, or without one.
fn with_marker(text: &str, marker: Option<&str>) -> String {
    // A byte order mark is one only where a text begins.
    let text = match marker {
        Some(_) => text.strip_prefix('\u{feff}').unwrap_or(text),
        None => text,
    };
    let rest = match text.strip_prefix(MARKER) {
        Some(rest) => rest.split_once('\n').map_or("", |(_, rest)| rest),
        None => text,
    };
    match marker {
        Some(marker) => format!("{marker}\n{rest}"),
        None => rest.to_owned(),
    }
}

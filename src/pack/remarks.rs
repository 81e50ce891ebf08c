//! Findings about values that were made from a pack.

use super::{Description, Pack, Part, PresetName, Values, layouts};
use crate::diagnostic::Diagnostic;
use crate::yaml::{Move, Path};

/// Reports presets and changes of the RA that do not fit the pack.
pub fn remarks(pack: &Pack, values: &Values) -> Vec<Diagnostic> {
    let mut remarks: Vec<Diagnostic> = of_no_values(pack).into_iter().collect();
    remarks.extend(of_stale_removals(pack, values));
    remarks.extend(of_shape(pack, values));
    remarks.extend(of_layouts(pack));
    remarks
}

/// Reports presets that a pack's values already contain, so that they are not applied again, and edits of their settings.
pub fn kept(pack: &Pack, presets: &[PresetName]) -> Vec<Diagnostic> {
    let applied = pack.enabled_presets();
    let values = pack.values_as_read().unwrap_or_default();
    let mut remarks: Vec<Diagnostic> = of_undefined(pack, &applied).into_iter().collect();
    for preset in &pack.presets {
        let is_it = |name: &&PresetName| preset.is_named(name);
        if !presets.iter().any(|name| is_it(&name)) || !applied.iter().any(|name| is_it(&name)) {
            continue;
        }
        let edited: Vec<String> = preset
            .effects()
            .into_iter()
            .map(|(keys, value)| (Path::of_keys(keys.iter().map(String::as_str)), value))
            .filter(|(path, value)| path.find(&values) != value.as_ref())
            .map(|(path, _)| format!("`{path}`"))
            .collect();
        let name = preset.full_name();
        let remark = Diagnostic::note(match edited.as_slice() {
            [] => format!("the values already contain `{name}`"),
            edited => format!(
                "the values already contain `{name}`, and edits since then stay: {}",
                edited.join(", ")
            ),
        })
        .because(format!("the first line of values.yaml of {}", pack.origin));
        remarks.push(match edited.as_slice() {
            [] => remark,
            _ => remark.help("remove the preset from that line to apply it again"),
        });
    }
    remarks
}

/// Reports the oldest version from which a cluster can be upgraded to a new layout.
fn of_layouts(pack: &Pack) -> Vec<Diagnostic> {
    let Description { name, version, .. } = &pack.description;
    // Broken data is an error where the layouts are used.
    let layouts = layouts().unwrap_or_default().iter();
    let has = layouts.filter(|layout| layout.pack == *name && layout.has(version));
    has.filter_map(|layout| {
        let first = layout.upgrades_from.as_ref()?;
        Some(Diagnostic::note(format!(
            "a cluster with `{name}` before {first} must be upgraded to that version before {version}"
        ))
        .because(layout.source.as_str()))
    })
    .collect()
}

/// Says which presets a pack's values were made with that it does not define, where its source should have told of them.
fn of_undefined(pack: &Pack, applied: &[PresetName]) -> Option<Diagnostic> {
    let is_defined = |name: &&PresetName| pack.presets.iter().any(|preset| preset.is_named(name));
    let missing: Vec<String> = applied
        .iter()
        .filter(|name| !is_defined(name))
        .map(|name| format!("`{name}`"))
        .collect();
    if missing.is_empty() || pack.description.unknown().contains(&Part::Presets) {
        return None;
    }
    Some(
        Diagnostic::note(format!(
            "the values were made with presets that the pack does not have: {}",
            missing.join(", ")
        ))
        .because(format!("the first line of values.yaml of {}", pack.origin)),
    )
}

/// Says that a pack has no values, so that the layer would have only what is set here.
fn of_no_values(pack: &Pack) -> Option<Diagnostic> {
    let is_empty = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let text = pack.values.text().trim_start_matches('\u{feff}');
    text.lines().all(is_empty).then(|| {
        Diagnostic::warning(format!(
            "the values.yaml of `{}` {} is empty",
            pack.description.name, pack.description.version
        ))
        .because(format!("values.yaml of {}", pack.origin))
        .help("copy it from the pack's registry: Palette uses only complete values")
    })
}

/// Reports presets that remove settings unknown to the pack and its presets: they were written for another version.
fn of_stale_removals(pack: &Pack, values: &Values) -> Option<Diagnostic> {
    if values.stale.is_empty() {
        return None;
    }
    let paths: Vec<String> = values
        .stale
        .iter()
        .map(|path| format!("`{path}`"))
        .collect();
    Some(
        Diagnostic::note(format!(
            "presets of `{}` {} remove settings that it does not have: {}",
            pack.description.name,
            pack.description.version,
            paths.join(", ")
        ))
        .because(format!("presets.yaml of {}", pack.origin)),
    )
}

/// Reports settings that the pack keeps in another place than the RA says.
fn of_shape(pack: &Pack, values: &Values) -> Vec<Diagnostic> {
    let name = format!("`{}` {}", pack.description.name, pack.description.version);
    let source = format!("values.yaml of {}", pack.origin);
    let mut remarks = Vec::new();
    for (change, left) in &values.moved {
        let Move { from, to, .. } = change;
        remarks.push(
            Diagnostic::note(format!(
                "{name} has `{to}` in place of `{from}`; the RA's settings go there"
            ))
            .because(source.as_str()),
        );
        if *left > 0 {
            remarks.push(
                Diagnostic::warning(format!(
                    "`{to}` of {name} takes only one item, and {left} more of `{from}` have no place"
                ))
                .because(source.as_str())
                .help("use a newer version of the pack, or create the rest with a manifest of your own"),
            );
        }
    }
    if !values.unknown.is_empty() {
        let paths: Vec<String> = values
            .unknown
            .iter()
            .map(|path| format!("`{path}`"))
            .collect();
        remarks.push(
            Diagnostic::note(format!(
                "{name} does not mention settings of the RA: {}",
                paths.join(", ")
            ))
            .because(source.as_str())
            .help("they may have no effect: look for them in the pack's README, or use a version of the pack that has them"),
        );
    }
    for chart in &values.unplaced {
        remarks.push(
            Diagnostic::warning(format!(
                "{name} has no `{}`, so the RA's settings there may have no effect",
                chart.0
            ))
            .because(source.as_str())
            .help("look for the setting in the pack's values, and use a version of the pack that has it"),
        );
    }
    remarks
}

//! Findings about values that were made from a pack.

use super::{Description, Pack, Values, layouts};
use crate::diagnostic::Diagnostic;
use crate::yaml::Move;

/// Says where presets and the RA's changes do not fit the pack.
pub fn remarks(pack: &Pack, values: &Values) -> Vec<Diagnostic> {
    let mut remarks: Vec<Diagnostic> = of_stale_removals(pack, values).into_iter().collect();
    remarks.extend(of_shape(pack, values));
    remarks.extend(of_layouts(pack));
    remarks
}

/// Says from which version a cluster goes to one with a new layout.
fn of_layouts(pack: &Pack) -> Vec<Diagnostic> {
    let Description { name, version, .. } = &pack.description;
    // Broken data is an error where the layouts are used.
    let layouts = layouts().unwrap_or_default().iter();
    let has = layouts.filter(|layout| layout.pack == *name && layout.has(version));
    has.filter_map(|layout| {
        let first = layout.upgrades_from.as_ref()?;
        Some(Diagnostic::note(format!(
            "a cluster with `{name}` before {first} is upgraded to that version before it goes to {version}"
        ))
        .because(layout.source.as_str()))
    })
    .collect()
}

/// Says where presets remove what neither the pack nor any preset of it has: they were written for another version.
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
            "presets of `{}` {} remove what it does not have: {}",
            pack.description.name,
            pack.description.version,
            paths.join(", ")
        ))
        .because(format!("presets.yaml of {}", pack.origin)),
    )
}

/// Says where the pack keeps what the RA sets elsewhere than the RA says.
fn of_shape(pack: &Pack, values: &Values) -> Vec<Diagnostic> {
    let name = format!("`{}` {}", pack.description.name, pack.description.version);
    let source = format!("values.yaml of {}", pack.origin);
    let mut remarks = Vec::new();
    for (change, left) in &values.moved {
        let Move { from, to, .. } = change;
        remarks.push(
            Diagnostic::note(format!(
                "{name} has `{to}` in place of `{from}`; what the RA sets is set there"
            ))
            .because(source.as_str()),
        );
        if *left > 0 {
            remarks.push(
                Diagnostic::warning(format!(
                    "`{to}` of {name} takes one item, and {left} more of `{from}` find no place"
                ))
                .because(source.as_str())
                .help("take a newer version of the pack, or make what is missing by a manifest of your own"),
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
                "{name} names nowhere what the RA sets: {}",
                paths.join(", ")
            ))
            .because(source.as_str())
            .help("it may do nothing there: look for the settings in the pack's README, or take a version of the pack that has them"),
        );
    }
    for chart in &values.unplaced {
        remarks.push(
            Diagnostic::warning(format!(
                "{name} has no `{}`, so what the RA sets there may do nothing",
                chart.0
            ))
            .because(source.as_str())
            .help("look for the setting in the pack's values, and take a version of the pack that has it"),
        );
    }
    remarks
}

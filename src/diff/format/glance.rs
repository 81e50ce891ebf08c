//! The summary of a report: which layers changed how far, what deserves a look, what was left out, what to do first.

use std::borrow::Cow;

use super::order::gather;
use crate::diff::{Impact, LayerPair, Notable, ProfilePair, Report};
use crate::visible::visible;

/// A layer, or a profile's own fields and variables, as a row of a table.
pub(super) struct LayerRow<'r> {
    pub(super) name: &'r str,
    pub(super) kind: &'r str,
    pub(super) old: Cow<'r, str>,
    pub(super) new: Cow<'r, str>,
    pub(super) step: &'r str,
    pub(super) changes: usize,
}

impl<'r> LayerRow<'r> {
    pub(super) fn of(layer: &'r LayerPair) -> Self {
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
pub(super) fn layer_rows<'r>(report: &Report, profile: &'r ProfilePair) -> Vec<LayerRow<'r>> {
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

/// Where something stands that deserves a look: `p / layer, manifest rbac`.
pub(super) fn notable_place(notable: &Notable) -> String {
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

/// What was left out, in words, or none if nothing was.
pub(super) fn ignored_words(report: &Report) -> Option<String> {
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
        "left out, since a tenant changes it in any profile: {}; `--explain-ignored` explains it, `--ignore-nothing` shows it",
        kinds.join(", ")
    ))
}

/// The layers with changes of an impact, and how many each has; those of a profile itself under its name.
pub(super) fn layers_of(report: &Report, impact: Impact) -> Vec<(&str, usize)> {
    let changes = report.changes.iter().filter(|one| one.impact == impact);
    gather(changes.collect(), |change| {
        change.layer.as_deref().unwrap_or(&change.profile)
    })
    .into_iter()
    .map(|(layer, changes)| (layer, changes.len()))
    .collect()
}

/// How many layers there are, and how many of them have a change.
pub(super) fn layer_counts(report: &Report) -> (usize, usize) {
    let layers = || report.profiles.iter().flat_map(|profile| &profile.layers);
    let changed = layers().filter(|layer| layer.changes > 0).count();
    (changed, layers().count())
}

/// What to do first, where the worst change has this impact.
pub(super) fn first_step(worst: Impact) -> &'static str {
    match worst {
        Impact::Breaks => "settle the breaking changes before a cluster uses this profile",
        Impact::Repave => {
            "choose a time when every node may be replaced, and make sure that VMs can migrate"
        }
        Impact::RepaveControlPlanes => {
            "choose a time when the nodes of the control plane may be replaced"
        }
        Impact::Restart => "choose a time when the named pods may restart",
        Impact::Live => "choose the time, since clusters apply the changes at once",
        Impact::NewObjects => "nothing; only new objects get the changes",
        Impact::Review => "review the changes; no cluster does anything by itself",
    }
}

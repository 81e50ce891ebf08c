//! The order of changes: by impact, place, preset and reason.

use std::collections::HashMap;
use std::hash::Hash;

use crate::diff::{Change, Impact, Part, Report};

/// The changes of one impact.
pub(super) struct Section<'r> {
    pub(super) impact: Impact,
    pub(super) changes: usize,
    pub(super) places: Vec<LayerChanges<'r>>,
}

/// Changes of one impact in one layer, or in a profile itself.
pub(super) struct LayerChanges<'r> {
    pub(super) profile: &'r str,
    pub(super) layer: Option<&'r str>,
    pub(super) groups: Vec<Group<'r>>,
}

/// Changes that one preset explains, or none, for one reason.
pub(super) struct Group<'r> {
    pub(super) preset: Option<&'r str>,
    /// The switch of the preset itself, where it has the same impact for the same reason.
    pub(super) switch: Option<&'r Change>,
    pub(super) because: &'r str,
    pub(super) changes: Vec<&'r Change>,
}

impl LayerChanges<'_> {
    /// The reason that all its changes share, to be said once.
    pub(super) fn because(&self) -> Option<&str> {
        let (first, rest) = self.groups.split_first()?;
        let shared = rest.iter().all(|group| group.because == first.because);
        (shared && !first.because.is_empty()).then_some(first.because)
    }
}

/// The changes, worst impact first, then by layer, then by preset; what no preset explains comes last.
pub(super) fn sections(report: &Report) -> Vec<Section<'_>> {
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
        // Not all of them may be told.
        let counts = report.summary.impacts.iter();
        let all = counts.filter(|count| count.impact == impact);
        sections.push(Section {
            impact,
            changes: all.map(|count| count.changes).sum(),
            places: places(changes),
        });
    }
    sections
}

pub(super) fn places(changes: Vec<&Change>) -> Vec<LayerChanges<'_>> {
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

pub(super) fn groups(changes: Vec<&Change>) -> Vec<Group<'_>> {
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
pub(super) fn explained_groups<'r>(
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
pub(super) fn names_switch(title: &str, switch: &Change) -> bool {
    let Part::Preset(group) = &switch.part else {
        return false;
    };
    title
        .strip_prefix(group.as_str())
        .is_some_and(|rest| rest.starts_with(": "))
}

/// Groups by their reason. Changes without a reason come first, so that they do not seem to belong to the reason above.
pub(super) fn by_reason<'r>(preset: Option<&'r str>, changes: Vec<&'r Change>) -> Vec<Group<'r>> {
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
pub(super) fn gather<'r, K: Copy + Eq + Hash>(
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

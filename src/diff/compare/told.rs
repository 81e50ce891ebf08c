//! Which changes a report tells one by one, and how many there are.

use std::collections::HashMap;

use crate::diff::report::{Change, Impact, ImpactCount, ProfilePair, Summary};
use crate::limits;

/// The changes that are shown, with the counts of all.
#[derive(Default)]
pub(super) struct Told {
    pub(super) changes: Vec<Change>,
    impacts: HashMap<Impact, usize>,
    /// By profile and layer.
    layers: HashMap<String, HashMap<Option<String>, usize>>,
}

impl Told {
    pub(super) fn push(&mut self, change: Change) {
        let of_impact = self.impacts.entry(change.impact).or_default();
        *of_impact += 1;
        let is_told = *of_impact <= limits::CHANGES;
        // Names are copied once, not for each change.
        if !self.layers.contains_key(&change.profile) {
            self.layers.insert(change.profile.clone(), HashMap::new());
        }
        if let Some(layers) = self.layers.get_mut(&change.profile) {
            match layers.get_mut(&change.layer) {
                Some(count) => *count += 1,
                None => {
                    layers.insert(change.layer.clone(), 1);
                }
            }
        }
        if is_told {
            self.changes.push(change);
        }
    }

    /// The counts of all, also written to the layers, and a note if not all are shown.
    pub(super) fn counted(&self, profiles: &mut [ProfilePair]) -> (Summary, Vec<String>) {
        for profile in profiles {
            let counts = self.layers.get(&profile.name);
            for layer in &mut profile.layers {
                let count = counts.and_then(|counts| counts.get(&Some(layer.name.clone())));
                layer.changes = count.copied().unwrap_or_default();
            }
        }
        let counts = Impact::ALL.into_iter().filter_map(|impact| {
            let changes = *self.impacts.get(&impact)?;
            Some(ImpactCount { impact, changes })
        });
        let impacts: Vec<ImpactCount> = counts.collect();
        let more = impacts.iter().filter(|one| one.changes > limits::CHANGES);
        let notes = more.map(|ImpactCount { impact, changes }| {
            format!(
                "{changes} changes {}; the first {} of them are shown, and `--only PLACE` chooses others",
                impact.meaning(*changes),
                limits::CHANGES
            )
        });
        let notes = notes.collect();
        let summary = Summary {
            changes: impacts.iter().map(|one| one.changes).sum(),
            worst: impacts.first().map(|one| one.impact),
            impacts,
            notable: Vec::new(),
        };
        (summary, notes)
    }
}

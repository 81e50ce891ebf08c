//! Leaves out differences between two revisions that come only from our built-in packs.

use std::collections::HashSet;

use super::Comparison;
use crate::diff::report::Change;
use crate::pack::{Origin, Pack};
use crate::profile::Layer;

impl Comparison<'_> {
    /// Both layers with the values of their packs, if the differences of the packs are not the RA's: between two revisions,
    /// unless both packs are the vendor's.
    pub(super) fn packs_own(&self, old: &Layer, new: &Layer) -> Option<[Layer; 2]> {
        if !self.between_revisions {
            return None;
        }
        let [pack_old, pack_new] =
            [old, new].map(|layer| self.library.find(&layer.name, &layer.version).ok());
        let (pack_old, pack_new) = (pack_old?, pack_new?);
        if pack_old.origin != Origin::BuiltIn && pack_new.origin != Origin::BuiltIn {
            return None;
        }
        let base = |layer: &Layer, pack: &Pack| Layer {
            values: pack.values.text().to_owned(),
            ..layer.clone()
        };
        Some([base(old, &pack_old), base(new, &pack_new)])
    }

    /// Compares the values of two layers, without differences of the packs that no section announces.
    pub(super) fn values_but_own(&mut self, [old, new]: [&Layer; 2], own: [&Layer; 2]) {
        if old.version != new.version {
            let (name, old, new) = (&new.name, &old.version, &new.version);
            self.unknown.push(format!("`{name}` {old} and {new}"));
        }
        let before = std::mem::take(&mut self.told);
        self.all_values(old, new);
        let found = std::mem::take(&mut self.told);
        let (notes, notable) = (self.notes.len(), self.notable.len());
        self.all_values(own[0], own[1]);
        self.notes.truncate(notes);
        self.notable.truncate(notable);
        let own = std::mem::replace(&mut self.told, before).changes;
        let own: HashSet<String> = own.iter().map(key).collect();
        for change in found.changes {
            if change.section.is_some() || !own.contains(&key(&change)) {
                self.told.push(change);
            }
        }
    }

    /// Names the packs whose differences are unknown.
    pub(super) fn note_unknown(&mut self) {
        if !self.unknown.is_empty() {
            self.notes.push(format!(
                "give both versions of a pack with `--packs DIR` to compare its vendor's changes, which are unknown here: {}",
                self.unknown.join(", ")
            ));
        }
    }
}

/// Everything that a change says of its place and values.
fn key(change: &Change) -> String {
    format!(
        "{:?} {} {:?} {:?} {:?} {:?}",
        change.part, change.path, change.kind, change.old, change.new, change.lines
    )
}

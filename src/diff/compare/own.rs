//! Leaves out what differs between two revisions only because our own packs of the two versions differ.

use std::collections::HashSet;

use super::Comparison;
use crate::diff::report::Change;
use crate::pack::{Origin, Pack};
use crate::profile::Layer;

impl Comparison<'_> {
    /// Takes out of the changes from `first` on what the packs of both layers differ in, and no section announces, unless
    /// both are the vendor's.
    pub(super) fn leave_out_packs_own(&mut self, first: usize, old: &Layer, new: &Layer) {
        let pack = |layer: &Layer| self.library.find(&layer.name, &layer.version).ok();
        let (Some(pack_old), Some(pack_new)) = (pack(old), pack(new)) else {
            return;
        };
        if pack_old.origin != Origin::BuiltIn && pack_new.origin != Origin::BuiltIn {
            return;
        }
        let base = |layer: &Layer, pack: &Pack| Layer {
            values: pack.values.text().to_owned(),
            ..layer.clone()
        };
        let (base_old, base_new) = (base(old, &pack_old), base(new, &pack_new));
        if old.version != new.version {
            let (name, old, new) = (&new.name, &old.version, &new.version);
            self.unknown.push(format!("`{name}` {old} and {new}"));
        }
        let found = self.changes.split_off(first);
        let (notes, notable) = (self.notes.len(), self.notable.len());
        self.all_values(&base_old, &base_new);
        self.notes.truncate(notes);
        self.notable.truncate(notable);
        let own: HashSet<String> = self.changes.drain(first..).map(|one| key(&one)).collect();
        let is_the_revisions =
            |change: &Change| change.section.is_some() || !own.contains(&key(change));
        self.changes
            .extend(found.into_iter().filter(is_the_revisions));
    }

    /// Says of which packs it is not known how they differ.
    pub(super) fn note_unknown(&mut self) {
        if !self.unknown.is_empty() {
            self.notes.push(format!(
                "`--packs DIR` with both versions of a pack compares what its vendor changed, which is not known here: {}",
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

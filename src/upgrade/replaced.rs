//! A pack that replaces another: changes of shared settings are carried over.

use std::collections::HashSet;

use serde_json::Value;

use super::ground::{Made, known, leaves_of, old_pack, paths_set, put};
use super::merging::Merging;
use super::report::Moved;
use super::values::tree;
use crate::diagnostic::Source;
use crate::diff::Part;
use crate::pack::{Counterpart, MovedSetting, compose, enabled_presets};
use crate::profile::Layer;
use crate::yaml::{Merge, Path, merge_values};

/// The result of carrying your changes into a replacement pack.
pub(super) struct Replaced {
    counterpart: &'static Counterpart,
    carried: Vec<Carried>,
    /// Changes with another form there.
    reworded: Vec<&'static MovedSetting>,
    /// Changes without a place there.
    left: Vec<Path>,
}

/// A changed setting that both packs have.
struct Carried {
    from: Path,
    to: Path,
    value: Value,
    /// What the RA had where it says something in the new pack too; its word and yours are then two changes of that.
    of_ra: Option<Value>,
}

impl Replaced {
    /// Whether nothing is left of your changes.
    pub(super) fn is_whole(&self) -> bool {
        self.left.is_empty()
    }
}

impl Merging<'_> {
    /// None where nothing is known of the two packs, or of what was changed.
    pub(super) fn replaced(
        &self,
        base: Made<'_>,
        yours: &Layer,
        theirs: Made<'_>,
        is_built_in: bool,
    ) -> Option<Replaced> {
        let counterpart = Counterpart::of(&yours.name, &theirs.layer.name).ok()??;
        let was = match base.layer.values == yours.values {
            true => yours.values.clone(),
            false => {
                let pack = old_pack(self.request.library, yours, is_built_in, base).ok()?;
                let presets = known(&pack, enabled_presets(&yours.values));
                let overlays = base.from.overlays.iter().cloned();
                compose(&pack, &presets, overlays).ok()?.text
            }
        };
        let (was, is) = (tree(&was), tree(&yours.values));
        if !is.is_object() {
            return None;
        }
        let (_, edits) = merge_values([Some(&was), Some(&is), Some(&was)], &|_, _| None);
        let edits = edits.iter();
        let leaves = edits.flat_map(|edit| leaves_of(&edit.path, edit.yours.as_ref()));
        let of_ra = paths_set(theirs);
        let meets = |to: &Path| {
            let to = to.steps();
            (of_ra.iter()).any(|set| set.steps().starts_with(to) || to.starts_with(set.steps()))
        };
        let (mut carried, mut reworded, mut left) = (Vec::new(), Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        for leaf in leaves {
            if !seen.insert(leaf.clone()) {
                continue;
            }
            let mut settings = counterpart.settings.iter();
            let setting = settings.find(|one| leaf.steps().starts_with(one.from.steps()));
            let (Some(setting), Some(value)) = (setting, leaf.find(&is)) else {
                left.push(leaf);
                continue;
            };
            let below = leaf.steps().get(setting.from.steps().len()..);
            let to = Path::from(
                [setting.to.steps(), below.unwrap_or_default()]
                    .concat()
                    .as_slice(),
            );
            match &setting.form {
                Some(_) => reworded.push(setting),
                None => carried.push(Carried {
                    of_ra: leaf.find(&was).filter(|_| meets(&to)).cloned(),
                    value: value.clone(),
                    from: leaf,
                    to,
                }),
            }
        }
        // It must be possible to change the new pack's values.
        Merge::new(source_of(theirs.layer)).ok()?;
        Some(Replaced {
            counterpart,
            carried,
            reworded,
            left,
        })
    }

    /// Puts what was carried into the layer that took the place, and says so.
    pub(super) fn carry(&mut self, layer: &mut Layer, replaced: &Replaced) {
        let source = &replaced.counterpart.source;
        let (was, now) = (&replaced.counterpart.pack, &replaced.counterpart.becomes);
        if !replaced.left.is_empty() {
            let left: Vec<String> = replaced
                .left
                .iter()
                .map(|path| format!("`{path}`"))
                .collect();
            self.by_hand.push(format!(
                "decide about your changes in `{was}` that have no known place in `{now}`: {}",
                left.join(", ")
            ));
        }
        let theirs = tree(&layer.values);
        let (mut base, mut yours) = (theirs.clone(), theirs.clone());
        let mut moved = Vec::new();
        for carried in &replaced.carried {
            if let Some(value) = &carried.of_ra {
                put(&mut base, carried.to.steps(), value);
            }
            put(&mut yours, carried.to.steps(), &carried.value);
            moved.push((&carried.from, &carried.to, None));
        }
        for setting in &replaced.reworded {
            moved.push((&setting.from, &setting.to, setting.form.clone()));
        }
        for (from, to, form) in moved {
            self.moved.push(Moved {
                profile: self.profile.clone(),
                layer: self.layer.clone().unwrap_or_default(),
                to: to.to_string(),
                from_pack: was.clone(),
                from: from.to_string(),
                source: source.clone(),
                form,
            });
        }
        let merged = self.merged(&Part::Values, [base, yours, theirs]);
        let Ok(merge) = Merge::new(source_of(layer)) else {
            return;
        };
        let reached = merge.reach(&merged, &source_of(layer));
        if let Ok(values) = reached {
            layer.values = values;
        }
    }
}

fn source_of(layer: &Layer) -> Source {
    Source::new(format!("values of {}", layer.name), layer.values.as_str())
}

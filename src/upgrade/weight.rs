//! The impact of an upgrade's changes on a running cluster, as `diff` rates it.

use std::collections::{BTreeMap, HashMap};

use super::Request;
use super::report::{Item, Report, What};
use crate::diagnostic::Diagnostic;
use crate::diff::{self, Change, Input, Options, Part};
use crate::profile::Profile;
use crate::render::RenderedProfile;

/// Adds what the changes do to a running cluster, as `diff` says it. `theirs` is the result where theirs is the answer to
/// each conflict, if there are any.
pub(super) fn weigh(
    request: &Request<'_>,
    profiles: &[RenderedProfile],
    theirs: Option<Vec<Profile>>,
    report: &mut Report,
) -> Result<(), Vec<Diagnostic>> {
    let input = |name: &str, profiles: Vec<Profile>| Input {
        name: name.to_owned(),
        profiles,
        revision: None,
    };
    let old = input("yours", request.yours.to_vec());
    let compared = |profiles: Vec<Profile>| {
        let new = input("merged", profiles);
        diff::compare(&old, &new, request.library, &Options::default())
            .map_err(|problem| vec![problem])
    };
    let found = compared(profiles.iter().map(|one| one.profile.clone()).collect())?;
    let changes = Changes::new(&found.changes);
    let of_theirs = theirs.map(compared).transpose()?;
    let of_theirs = of_theirs.as_ref().map(|found| Changes::new(&found.changes));
    for item in &mut report.items {
        let change = match &item.what {
            // A value that stays has no impact.
            What::Kept | What::Same => None,
            What::Taken | What::Combined => changes.of(item),
            What::Conflict { .. } => {
                let of_theirs = of_theirs.as_ref().and_then(|changes| changes.of(item));
                changes.of(item).or(of_theirs)
            }
        };
        let because = change.map(|change| change.because.to_string());
        item.impact = change.map(|change| change.impact);
        item.because = because.filter(|because| !because.is_empty());
    }
    report.impacts = found.summary.impacts;
    Ok(())
}

/// The first change of each place, found by it.
#[derive(Default)]
struct Changes<'c> {
    of_layer: HashMap<(&'c str, Option<&'c str>), OfLayer<'c>>,
}

#[derive(Default)]
struct OfLayer<'c> {
    exact: BTreeMap<(&'c Part, &'c str), &'c Change>,
    /// By the keys in front of the first item of a list: those items have other names here and there.
    by_keys: BTreeMap<(&'c Part, &'c str), &'c Change>,
    /// By their groups, each of which is a part for a comparison.
    presets: HashMap<&'c str, &'c Change>,
    /// A comparison tells files and commands of nodes as parts of their own.
    files: HashMap<&'c str, &'c Change>,
    commands: HashMap<&'c str, &'c Change>,
}

impl<'c> Changes<'c> {
    fn new(all: &'c [Change]) -> Self {
        let mut changes = Changes::default();
        for change in all {
            let layer = (change.profile.as_str(), change.layer.as_deref());
            let of = changes.of_layer.entry(layer).or_default();
            match &change.part {
                Part::File(file) => {
                    of.files.entry(file).or_insert(change);
                }
                Part::Commands(name) => {
                    of.commands.entry(name).or_insert(change);
                }
                Part::Preset(group) => {
                    of.presets.entry(group).or_insert(change);
                }
                part => {
                    let path = change.path.as_str();
                    of.exact.entry((part, path)).or_insert(change);
                    of.by_keys.entry((part, keys(path))).or_insert(change);
                }
            }
        }
        changes
    }

    /// The change that was decided.
    fn of(&self, item: &Item) -> Option<&'c Change> {
        let layer = (item.profile.as_str(), item.layer.as_deref());
        let of = self.of_layer.get(&layer)?;
        let path = item.path.as_str();
        let file = || {
            let (_, file) = path.split_once("[targetPath=")?;
            of.files.get(file.split(']').next()?)
        };
        let command = || {
            let mut keys = path.split(['.', '[', ']']);
            keys.find_map(|key| of.commands.get(key))
        };
        if let Part::Preset(_) = &item.part {
            return of.presets.get(path).copied();
        }
        let found = (of.exact.get(&(&item.part, path)))
            .or_else(|| of.by_keys.get(&(&item.part, keys(path))))
            .or_else(file)
            .or_else(command);
        found.copied()
    }
}

/// The start of a path, up to the first item of a list.
fn keys(path: &str) -> &str {
    path.split('[').next().unwrap_or_default()
}

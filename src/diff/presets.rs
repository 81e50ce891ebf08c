//! Which changes of values a changed preset explains.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use super::path::{Place, shared_way};
use crate::pack::{Library, Preset, enabled_presets};
use crate::profile::Layer;

/// A group whose preset was switched.
pub(super) struct Switched {
    /// The group.
    pub(super) group: String,
    /// What was chosen.
    pub(super) old: Option<String>,
    /// What is chosen.
    pub(super) new: Option<String>,
    /// What either of them removes or sets, as keys from the root.
    paths: Vec<Vec<String>>,
}

impl Switched {
    /// A line that names the switch: `Group: old -> new`.
    pub(super) fn title(&self) -> String {
        let name = |preset: &Option<String>| preset.clone().unwrap_or_else(|| "none".to_owned());
        format!("{}: {} -> {}", self.group, name(&self.old), name(&self.new))
    }

    /// Whether one of its presets touches the place.
    pub(super) fn explains(&self, place: &Place) -> bool {
        let keys = place.keys_from_root();
        self.paths
            .iter()
            .any(|path| shared_way(path, &keys).is_some_and(|shared| shared > 0))
    }
}

/// The groups whose preset differs between two layers.
pub(super) fn switched(old: &Layer, new: &Layer, library: &Library) -> Vec<Switched> {
    let chosen = |layer: &Layer| -> BTreeMap<String, (String, String)> {
        enabled_presets(&layer.values)
            .into_iter()
            .map(|preset| (preset.group.to_lowercase(), (preset.group, preset.name)))
            .collect()
    };
    let (before, after) = (chosen(old), chosen(new));
    let definitions = LazyCell::new(|| [presets(old, library), presets(new, library)].concat());
    let mut groups: Vec<&String> = before.keys().chain(after.keys()).collect();
    groups.sort();
    groups.dedup();
    groups
        .into_iter()
        .filter_map(|key| {
            let (old, new) = (before.get(key), after.get(key));
            let name = |chosen: Option<&(String, String)>| chosen.map(|(_, name)| name.clone());
            if name(old) == name(new) {
                return None;
            }
            let group = new.or(old).map(|(group, _)| group.clone())?;
            let names = [name(old), name(new)];
            let paths = definitions
                .iter()
                .filter(|preset| {
                    preset.group.to_lowercase() == *key
                        && names.iter().flatten().any(|name| *name == preset.name)
                })
                .flat_map(|preset| preset.effects().into_keys())
                .collect();
            let [old, new] = names;
            Some(Switched {
                group,
                old,
                new,
                paths,
            })
        })
        .collect()
}

fn presets(layer: &Layer, library: &Library) -> Vec<Preset> {
    library
        .find(&layer.name, &layer.version)
        .map(|pack| pack.presets)
        .unwrap_or_default()
}

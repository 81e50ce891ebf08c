//! The storage provider: the pack of the storage layer names it, whether that pack is available or not.

use crate::pack::{PresetName, enabled_presets};
use crate::profile::{Layer, Profile};
use crate::revision::Role;
use crate::site::{ProviderFacts, StorageProvider};

/// The setting.
pub(super) const SETTING: &str = "storage.provider";

/// Which providers profiles may come from.
#[derive(Debug, PartialEq)]
pub(super) enum Providers {
    /// One of these, whose pack they have.
    Named(Vec<StorageProvider>),
    /// Their storage layer is gone, or of a pack that no provider has, so it says nothing.
    Foreign,
    /// The profile with that layer is not among them.
    Unseen,
}

impl Providers {
    pub(super) fn of<'p>(profiles: impl Iterator<Item = (Role, &'p Profile)>) -> Self {
        let mut found = Providers::Unseen;
        for (role, profile) in profiles {
            let layers = profile.spec.template.packs.iter();
            let named: Vec<StorageProvider> = layers.flat_map(of_layer).collect();
            match named.is_empty() {
                false => return Providers::Named(named),
                true if role == Role::Infra => found = Providers::Foreign,
                true => {}
            }
        }
        found
    }

    /// The one to begin with, where the pack names some.
    pub(super) fn first(&self) -> Option<StorageProvider> {
        match self {
            Providers::Named(named) => named.first().copied(),
            _ => None,
        }
    }

    /// Whether it may be one.
    pub(super) fn may_be(&self, word: &str) -> bool {
        match self {
            Providers::Named(named) => named.iter().any(|one| one.as_str() == word),
            _ => true,
        }
    }

    /// Whether a layer that a site renders is not to be compared.
    pub(super) fn passes_over(&self, layer: &Layer) -> bool {
        *self == Providers::Foreign && facts().any(|facts| facts.pack.name == layer.name)
    }
}

fn facts() -> impl Iterator<Item = &'static ProviderFacts> {
    StorageProvider::ALL.iter().map(|one| one.facts())
}

/// The providers that a layer may be of. Of several with one pack it is the one whose presets its values name.
fn of_layer(layer: &Layer) -> Vec<StorageProvider> {
    let of_pack: Vec<_> = facts()
        .filter(|facts| facts.pack.name == layer.name)
        .collect();
    let presets = enabled_presets(&layer.values);
    let has = |wanted: &String| presets.iter().any(|preset| is_named(preset, wanted));
    let is_told = |facts: &&&ProviderFacts| {
        let wanted = &facts.pack.presets;
        !wanted.is_empty() && wanted.iter().all(has)
    };
    let told: Vec<_> = of_pack.iter().filter(is_told).copied().collect();
    let likely = if told.is_empty() { of_pack } else { told };
    likely.iter().map(|facts| facts.provider).collect()
}

/// Whether a preset is `Group:name`, or begins as `Group:start*` says.
fn is_named(preset: &PresetName, wanted: &str) -> bool {
    let own = format!("{}:{}", preset.group, preset.name).to_lowercase();
    let wanted = wanted.to_lowercase();
    match wanted.strip_suffix('*') {
        Some(start) => own.starts_with(start),
        None => own == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::PRESETS_LINE;

    #[test]
    fn the_pack_and_its_presets_name_the_provider() {
        for provider in StorageProvider::ALL {
            let pack = &provider.facts().pack;
            let presets: Vec<String> = (pack.presets.iter())
                .map(|preset| preset.replace('*', "1.2"))
                .collect();
            let mut layer = Layer {
                name: pack.name.clone(),
                values: format!("{PRESETS_LINE} {}\na: 1\n", presets.join(", ")),
                ..Layer::default()
            };
            let likely = of_layer(&layer);
            assert!(likely.contains(provider), "{provider}: {likely:?}");
            assert!(pack.presets.is_empty() || likely.len() == 1, "{likely:?}");
            layer.values = "a: 1\n".to_owned();
            assert!(of_layer(&layer).contains(provider), "{provider}");
        }
    }
}

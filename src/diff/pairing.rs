//! Matches profiles and layers of the two sides.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::profile::{Layer, Profile};

/// One of both sides, or one without a counterpart.
pub(crate) type Pair<'p, T> = (Option<&'p T>, Option<&'p T>);

/// Pairs profiles: by name first, then by role, which their type and layers tell. The order is that of the new side.
pub(super) fn profiles<'p>(old: &'p [Profile], new: &'p [Profile]) -> Vec<Pair<'p, Profile>> {
    if let ([old], [new]) = (old, new) {
        return vec![(Some(old), Some(new))];
    }
    let mut left: Vec<&Profile> = old.iter().collect();
    let mut partners: Vec<Option<&Profile>> = vec![None; new.len()];
    for rule in [same_name, same_role] {
        for (new, partner) in new.iter().zip(&mut partners) {
            if partner.is_none()
                && let Some(at) = left.iter().position(|old| rule(old, new))
            {
                *partner = Some(left.remove(at));
            }
        }
    }
    let both = new.iter().zip(partners).map(|(new, old)| (old, Some(new)));
    both.chain(left.into_iter().map(|old| (Some(old), None)))
        .collect()
}

fn same_name(old: &Profile, new: &Profile) -> bool {
    old.metadata.name == new.metadata.name
}

/// Whether two profiles are for the same: of one type, with at least half of the layers in both.
fn same_role(old: &Profile, new: &Profile) -> bool {
    let layers = new.spec.template.packs.len().max(1);
    old.spec.template.kind == new.spec.template.kind && shared_layers(old, new) * 2 >= layers
}

fn shared_layers(old: &Profile, new: &Profile) -> usize {
    let names = |profile: &'_ Profile| -> Vec<String> {
        profile
            .spec
            .template
            .packs
            .iter()
            .map(|layer| layer.name.clone())
            .collect()
    };
    let old = names(old);
    names(new).iter().filter(|name| old.contains(name)).count()
}

/// Pairs layers: by name and kind, then what is left by kind, so that a pack that took another's place is one
/// replacement. The order is that of the new side.
pub(crate) fn layers<'p>(old: &'p [Layer], new: &'p [Layer]) -> Vec<Pair<'p, Layer>> {
    let mut pairing = Pairing::new(old, new);
    // A profile may have the same pack twice, so certain pairs are made first.
    pairing.by(|pairing, old, new| {
        pairing.old_names[old].is_some() && pairing.old_names[old] == pairing.new_names[new]
    });
    pairing.by(|pairing, old, new| same_content(&pairing.old[old], &pairing.new[new]));
    pairing.by_likeness();
    pairing.by(|_, _, _| true);
    // Below add-ons there is one layer of each kind; a removed and an added add-on are one replacement.
    for kind in ["os", "k8s", "cni", "csi", "addon"] {
        let come: Vec<usize> = (0..new.len())
            .filter(|at| pairing.partners[*at].is_none() && new[*at].layer == kind)
            .collect();
        let gone: Vec<usize> = (0..old.len())
            .filter(|at| !pairing.taken[*at] && old[*at].layer == kind)
            .collect();
        if let ([come], [gone]) = (come.as_slice(), gone.as_slice()) {
            pairing.pair(*gone, *come);
        }
    }
    let partners = pairing.partners.iter();
    let both = new
        .iter()
        .zip(partners)
        .map(|(new, at)| (at.map(|at| &old[at]), Some(new)));
    let left = old.iter().zip(&pairing.taken).filter(|(_, taken)| !**taken);
    both.chain(left.map(|(old, _)| (Some(old), None))).collect()
}

/// The layers of two sides, of which some have found their partners.
struct Pairing<'p> {
    old: &'p [Layer],
    new: &'p [Layer],
    old_names: Vec<Option<&'p str>>,
    new_names: Vec<Option<&'p str>>,
    /// The old layers of each pack, by their numbers.
    of_pack: HashMap<&'p str, Vec<usize>>,
    /// The number of the old layer that each new one goes with.
    partners: Vec<Option<usize>>,
    /// Which old layers have a partner.
    taken: Vec<bool>,
}

/// How many pairs of texts are compared to find the most alike.
const MOST_COMPARED: usize = 100;

impl<'p> Pairing<'p> {
    fn new(old: &'p [Layer], new: &'p [Layer]) -> Self {
        let mut of_pack: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, layer) in old.iter().enumerate() {
            of_pack.entry(layer.name.as_str()).or_default().push(at);
        }
        Pairing {
            old,
            new,
            old_names: old.iter().map(display_name).collect(),
            new_names: new.iter().map(display_name).collect(),
            of_pack,
            partners: vec![None; new.len()],
            taken: vec![false; old.len()],
        }
    }

    fn pair(&mut self, old: usize, new: usize) {
        self.partners[new] = Some(old);
        self.taken[old] = true;
    }

    /// The old layers without a partner that have the pack of a new one.
    fn candidates(&self, new: usize) -> impl Iterator<Item = usize> {
        let layer = &self.new[new];
        let same_pack = self.of_pack.get(layer.name.as_str());
        same_pack.into_iter().flatten().copied().filter(|at| {
            let kind = &self.old[*at].layer;
            !self.taken[*at] && (*kind == layer.layer || kind.is_empty() || layer.layer.is_empty())
        })
    }

    /// Pairs each new layer that has no partner with the first of its pack that fits.
    fn by(&mut self, fits: impl Fn(&Self, usize, usize) -> bool) {
        for new in 0..self.new.len() {
            if self.partners[new].is_some() {
                continue;
            }
            let found = self.candidates(new).find(|old| fits(self, *old, new));
            if let Some(old) = found {
                self.pair(old, new);
            }
        }
    }

    /// Pairs layers of one pack by the lines that they share, the most alike first, where there is a choice.
    fn by_likeness(&mut self) {
        let mut candidates: Vec<(usize, usize)> = Vec::new();
        for new in (0..self.new.len()).filter(|new| self.partners[*new].is_none()) {
            candidates.extend(self.candidates(new).map(|old| (old, new)));
        }
        let (mut of_old, mut of_new) = (vec![0; self.old.len()], vec![0; self.new.len()]);
        for (old, new) in &candidates {
            of_old[*old] += 1;
            of_new[*new] += 1;
        }
        candidates.retain(|(old, new)| of_old[*old] > 1 || of_new[*new] > 1);
        if candidates.len() > MOST_COMPARED {
            return;
        }
        let mut scored: Vec<(usize, usize, usize)> = candidates
            .into_iter()
            .map(|(old, new)| (shared_lines(&self.old[old], &self.new[new]), old, new))
            .collect();
        scored.sort_by_key(|(shared, ..)| Reverse(*shared));
        for (_, old, new) in scored {
            if self.partners[new].is_none() && !self.taken[old] {
                self.pair(old, new);
            }
        }
    }
}

fn same_content(old: &Layer, new: &Layer) -> bool {
    old.values == new.values && old.manifests == new.manifests
}

/// The name by which Palette tells two layers of one pack apart.
fn display_name(layer: &Layer) -> Option<&str> {
    let values = layer.values.as_str();
    let is_key = |(at, _): &(usize, &str)| {
        let before = values[..*at].trim_end_matches(['"', '\'']);
        before.trim_end_matches([' ', '\t']).ends_with('\n') || before.trim_start().is_empty()
    };
    let mut found = values.match_indices("spectrocloud.com/display-name");
    let (at, key) = found.find(is_key)?;
    let name = values[at + key.len()..].lines().next()?;
    let name = name.trim_start_matches(['"', '\'']).strip_prefix(':')?;
    let name = name.split(" #").next()?.trim().trim_matches(['"', '\'']);
    (!name.is_empty()).then_some(name)
}

/// What changes name the layers by: the pack, and where it stands more than once its display name or a number.
pub(crate) fn unique_names(layers: &[&Layer]) -> Vec<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for layer in layers {
        *counts.entry(layer.name.as_str()).or_default() += 1;
    }
    let name = |layer: &&Layer| match display_name(layer) {
        Some(display) if counts[layer.name.as_str()] > 1 => format!("{}[{display}]", layer.name),
        _ => layer.name.clone(),
    };
    let mut seen = HashSet::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut unique = |name: String| {
        let number = numbers.entry(name.clone()).or_insert(1);
        let mut unique = name.clone();
        while !seen.insert(unique.clone()) {
            *number += 1;
            unique = format!("{name}[{number}]");
        }
        unique
    };
    layers.iter().map(name).map(&mut unique).collect()
}

fn shared_lines(old: &Layer, new: &Layer) -> usize {
    let mut lines: HashMap<&str, usize> = HashMap::new();
    for line in lines_of(old) {
        *lines.entry(line).or_default() += 1;
    }
    let mut shared = 0;
    for line in lines_of(new) {
        if let Some(count) = lines.get_mut(line).filter(|count| **count > 0) {
            *count -= 1;
            shared += 1;
        }
    }
    shared
}

fn lines_of(layer: &Layer) -> impl Iterator<Item = &str> {
    let manifests = layer.manifests.iter().map(|one| one.content.as_str());
    std::iter::once(layer.values.as_str())
        .chain(manifests)
        .flat_map(str::lines)
}

//! Which profile goes with which, and which layer.

use std::collections::HashMap;

use crate::profile::{Layer, Profile};

/// One of both sides, or one without a counterpart.
pub(super) type Pair<'p, T> = (Option<&'p T>, Option<&'p T>);

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
pub(super) fn layers<'p>(old: &'p [Layer], new: &'p [Layer]) -> Vec<Pair<'p, Layer>> {
    let mut left: Vec<&Layer> = old.iter().collect();
    let mut partners: Vec<Option<&Layer>> = vec![None; new.len()];
    // The same pack may stand in a profile twice, so what is surely the same is paired first.
    for rule in [same_display_name, same_content] {
        pair_by(new, &mut partners, &mut left, |old, new| {
            is_same_pack(old, new) && rule(old, new)
        });
    }
    pair_by_likeness(new, &mut partners, &mut left);
    pair_by(new, &mut partners, &mut left, is_same_pack);
    // Below add-ons there is one layer of each kind; add-ons take each other's place where one goes and one comes.
    for kind in ["os", "k8s", "cni", "csi", "addon"] {
        let come: Vec<usize> = (0..new.len())
            .filter(|at| partners[*at].is_none() && new[*at].layer == kind)
            .collect();
        let gone: Vec<usize> = (0..left.len())
            .filter(|at| left[*at].layer == kind)
            .collect();
        if let ([come], [gone]) = (come.as_slice(), gone.as_slice()) {
            partners[*come] = Some(left.remove(*gone));
        }
    }
    let both = new.iter().zip(partners).map(|(new, old)| (old, Some(new)));
    both.chain(left.into_iter().map(|old| (Some(old), None)))
        .collect()
}

fn is_same_pack(old: &Layer, new: &Layer) -> bool {
    old.name == new.name && (old.layer == new.layer || old.layer.is_empty() || new.layer.is_empty())
}

fn same_display_name(old: &Layer, new: &Layer) -> bool {
    display_name(old).is_some_and(|name| display_name(new) == Some(name))
}

fn same_content(old: &Layer, new: &Layer) -> bool {
    old.values == new.values && old.manifests == new.manifests
}

/// The name by which Palette tells two layers of one pack apart.
pub(super) fn display_name(layer: &Layer) -> Option<&str> {
    let lines = layer.values.lines();
    let name = lines
        .filter_map(|line| {
            let line = line.trim().trim_start_matches(['"', '\'']);
            line.strip_prefix("spectrocloud.com/display-name")
        })
        .next()?;
    let name = name.trim_start_matches(['"', '\'']).strip_prefix(':')?;
    let name = name.split(" #").next()?.trim().trim_matches(['"', '\'']);
    (!name.is_empty()).then_some(name)
}

/// Pairs each new layer that has no partner with the first of the old ones that fits.
fn pair_by<'p>(
    new: &'p [Layer],
    partners: &mut [Option<&'p Layer>],
    left: &mut Vec<&'p Layer>,
    fits: impl Fn(&Layer, &Layer) -> bool,
) {
    for (new, partner) in new.iter().zip(partners) {
        if partner.is_none()
            && let Some(at) = left.iter().position(|old| fits(old, new))
        {
            *partner = Some(left.remove(at));
        }
    }
}

/// So many pairs of texts are compared to find the most alike.
const MOST_COMPARED: usize = 100;

/// Pairs layers of one pack by the lines that they share, the most alike first.
fn pair_by_likeness<'p>(
    new: &'p [Layer],
    partners: &mut [Option<&'p Layer>],
    left: &mut Vec<&'p Layer>,
) {
    let mut candidates: Vec<(usize, &Layer)> = Vec::new();
    for (at, new) in new.iter().enumerate() {
        if partners[at].is_none() {
            let same = left.iter().filter(|old| is_same_pack(old, new));
            candidates.extend(same.map(|old| (at, *old)));
        }
    }
    let all = candidates.clone();
    candidates.retain(|(at, old)| {
        let has_choice =
            |(other_at, other): &(usize, &Layer)| (other_at == at) != std::ptr::eq(*other, *old);
        all.len() <= MOST_COMPARED && all.iter().any(has_choice)
    });
    let mut scored: Vec<(usize, usize, &Layer)> = candidates
        .into_iter()
        .map(|(at, old)| (shared_lines(old, &new[at]), at, old))
        .collect();
    scored.sort_by_key(|(shared, ..)| std::cmp::Reverse(*shared));
    for (_, at, old) in scored {
        if partners[at].is_none()
            && let Some(index) = left.iter().position(|left| std::ptr::eq(*left, old))
        {
            partners[at] = Some(left.remove(index));
        }
    }
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

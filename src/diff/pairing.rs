//! Which profile goes with which, and which layer.

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
    let same_kind = |old: &Layer, new: &Layer| {
        old.layer == new.layer || old.layer.is_empty() || new.layer.is_empty()
    };
    for (new, partner) in new.iter().zip(&mut partners) {
        let found = left
            .iter()
            .position(|old| old.name == new.name && same_kind(old, new));
        *partner = found.map(|at| left.remove(at));
    }
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

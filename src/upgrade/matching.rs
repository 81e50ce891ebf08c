//! Which layers, variables and manifests of base, yours and theirs go together, and their order in the result.

use std::collections::{HashMap, HashSet};

use crate::diff::pair_layers;
use crate::profile::Layer;
use crate::sequence::{Pair, merged_order, pair};
use crate::yaml::Verdict;

/// The order of the result, of what is in three lists.
fn order(ids: &[Vec<usize>; 3]) -> Vec<usize> {
    let [base, yours, theirs] = ids;
    let mut order = merged_order(base, yours, theirs);
    let present: HashSet<usize> = order.iter().copied().collect();
    order.extend(base.iter().filter(|id| !present.contains(id)));
    order
}

/// Where items are in three lists and in the result, each by its number.
pub(super) struct Orders {
    /// On each side by item: what is in front of it, if anything does.
    in_front: [HashMap<usize, Option<usize>>; 3],
    result: Vec<usize>,
    /// Those that you moved.
    kept: HashSet<usize>,
    /// Those that have another place than with you.
    taken: HashSet<usize>,
}

impl Orders {
    pub(super) fn new(ids: [Vec<usize>; 3]) -> Self {
        let result = order(&ids);
        let taken = moved(&ids[1], &result);
        let mut kept = moved(&ids[0], &ids[1]);
        kept.retain(|id| !taken.contains(id));
        let in_front = ids.map(|ids| {
            let in_front = std::iter::once(None).chain(ids.iter().copied().map(Some));
            ids.iter().copied().zip(in_front).collect()
        });
        Orders {
            in_front,
            result,
            kept,
            taken,
        }
    }

    pub(super) fn result(&self) -> &[usize] {
        &self.result
    }

    /// What became of the place of an item, if it is another one on a side.
    pub(super) fn verdict(&self, id: usize) -> Option<Verdict> {
        let of = |set: &HashSet<usize>, verdict| set.contains(&id).then_some(verdict);
        of(&self.taken, Verdict::Taken).or_else(|| of(&self.kept, Verdict::Kept))
    }

    /// What is in front of an item on each side that has it.
    pub(super) fn in_front(&self, id: usize) -> [Option<Option<usize>>; 3] {
        self.in_front.each_ref().map(|side| side.get(&id).copied())
    }
}

/// Which items of a list are elsewhere among those that another list has too.
fn moved(before: &[usize], after: &[usize]) -> HashSet<usize> {
    let is_moved = |found: Pair| match found {
        Pair::Both {
            new, moved: true, ..
        } => after.get(new).copied(),
        _ => None,
    };
    pair(before, after)
        .into_iter()
        .filter_map(is_moved)
        .collect()
}

/// What is in three lists by a name: of several of one name the first of each go together, then the second.
pub(super) struct Matched<'t, T> {
    found: Vec<(&'t str, [Option<&'t T>; 3])>,
    pub(super) orders: Orders,
}

impl<'t, T> Matched<'t, T> {
    pub(super) fn new(lists: [&'t [T]; 3], name: impl Fn(&'t T) -> &'t str) -> Self {
        let mut found: Vec<(&str, [Option<&T>; 3])> = Vec::new();
        let mut of_name: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut ids = [Vec::new(), Vec::new(), Vec::new()];
        for (side, list) in lists.into_iter().enumerate() {
            let mut times: HashMap<&str, usize> = HashMap::new();
            for item in list {
                let known = of_name.entry(name(item)).or_default();
                let time = times.entry(name(item)).or_default();
                if *time == known.len() {
                    known.push(found.len());
                    found.push((name(item), [None; 3]));
                }
                let id = known[*time];
                *time += 1;
                found[id].1[side] = Some(item);
                ids[side].push(id);
            }
        }
        Matched {
            found,
            orders: Orders::new(ids),
        }
    }

    pub(super) fn order(&self) -> impl Iterator<Item = usize> {
        self.orders.result.iter().copied()
    }

    pub(super) fn name(&self, id: usize) -> &'t str {
        self.found[id].0
    }

    pub(super) fn sides(&self, id: usize) -> [Option<&'t T>; 3] {
        self.found[id].1
    }
}

/// A layer in each of the three, by its number.
#[derive(Clone, Copy, Default)]
pub(super) struct Triple {
    pub(super) base: Option<usize>,
    pub(super) yours: Option<usize>,
    pub(super) theirs: Option<usize>,
}

/// Which layers go together. A pack that took another's place is another layer.
pub(super) fn triples(base: &[Layer], yours: &[Layer], theirs: &[Layer]) -> Vec<Triple> {
    let partners = |side: &[Layer]| -> Vec<(Option<usize>, Option<usize>)> {
        let layers = base.iter().zip(0..).chain(side.iter().zip(0..));
        let numbers: HashMap<*const Layer, usize> = layers
            .map(|(layer, number)| (std::ptr::from_ref(layer), number))
            .collect();
        let number = |one: Option<&Layer>| numbers.get(&std::ptr::from_ref(one?)).copied();
        let mut found = Vec::new();
        for (old, new) in pair_layers(base, side) {
            let pair = (number(old), number(new));
            match (old, new) {
                (Some(old), Some(new)) if old.name != new.name => {
                    found.extend([(pair.0, None), (None, pair.1)]);
                }
                _ => found.push(pair),
            }
        }
        found
    };
    let mut triples: Vec<Triple> = (0..base.len())
        .map(|at| Triple {
            base: Some(at),
            ..Triple::default()
        })
        .collect();
    for (old, new) in partners(yours) {
        match (old, new) {
            (Some(old), new) => triples[old].yours = new,
            (None, new) => triples.push(Triple {
                yours: new,
                ..Triple::default()
            }),
        }
    }
    for (old, new) in partners(theirs) {
        let Some(at) = new else { continue };
        if let Some(old) = old {
            triples[old].theirs = Some(at);
            continue;
        }
        let is_same = |triple: &&mut Triple| {
            let of_yours = triple.yours.and_then(|yours_at| yours.get(yours_at));
            let is_new = triple.base.is_none() && triple.theirs.is_none();
            is_new && of_yours.is_some_and(|layer| layer.name == theirs[at].name)
        };
        match triples.iter_mut().find(is_same) {
            Some(triple) => triple.theirs = Some(at),
            None => triples.push(Triple {
                theirs: Some(at),
                ..Triple::default()
            }),
        }
    }
    triples
}

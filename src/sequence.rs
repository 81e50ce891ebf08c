//! Matches two lists by the keys of their items, in linear time, and derives keys for items without a name.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::num::NonZeroU32;

use serde_json::Value;
use similar::algorithms::{Capture, DiffHook, Replace};
use similar::{Algorithm, DiffOp, capture_diff};

/// Up to so many pairs of lines the shortest difference is looked for; beyond, lines are matched in linear time.
const SHORTEST: usize = 4_000_000;

/// An item of the old list and the item of the new list that is the same, or one without a counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    /// Only in the old list, by its number.
    Old(usize),
    /// Only in the new list.
    New(usize),
    /// In both. `moved` if it is elsewhere among the items of both.
    Both {
        /// Its number in the old list.
        old: usize,
        /// Its number in the new list.
        new: usize,
        /// Whether its place among the common items changed.
        moved: bool,
    },
}

impl Pair {
    /// The paired items of two lists.
    pub(crate) fn items<'t, T>(self, old: &'t [T], new: &'t [T]) -> (Option<&'t T>, Option<&'t T>) {
        match self {
            Pair::Old(at) => (Some(&old[at]), None),
            Pair::New(at) => (None, Some(&new[at])),
            Pair::Both {
                old: from, new: to, ..
            } => (Some(&old[from]), Some(&new[to])),
        }
    }

    /// The item of the new list, or of the old one where the new list has none.
    pub(crate) fn newest<'t, T>(self, old: &'t [T], new: &'t [T]) -> &'t T {
        match self {
            Pair::Old(at) => &old[at],
            Pair::New(at) | Pair::Both { new: at, .. } => &new[at],
        }
    }
}

/// Pairs the items of two lists by their keys; the n-th item of a key goes with the n-th. The result follows the new
/// list, with what went from the old one in its place.
pub(crate) fn pair<K: Eq + Hash>(old: &[K], new: &[K]) -> Vec<Pair> {
    let partners = partners(old, new);
    let common: Vec<usize> = partners.iter().flatten().map(|at| at.get()).collect();
    let stays = increasing(&common);
    let mut taken = vec![false; old.len()];
    for partner in &common {
        taken[*partner] = true;
    }
    let mut pairs = Vec::with_capacity(old.len() + new.len() - common.len());
    drop(common);
    let mut next_old = 0;
    let mut number = 0;
    for (new, partner) in partners.into_iter().enumerate() {
        match partner {
            None => {
                // A removed item comes before the one that replaces it.
                while next_old < old.len() && !taken[next_old] {
                    pairs.push(Pair::Old(next_old));
                    next_old += 1;
                }
                pairs.push(Pair::New(new));
            }
            Some(old) => {
                let old = old.get();
                let moved = !stays[number];
                number += 1;
                if !moved {
                    pairs.extend((next_old..old).filter(|old| !taken[*old]).map(Pair::Old));
                    next_old = old + 1;
                }
                pairs.push(Pair::Both { old, new, moved });
            }
        }
    }
    pairs.extend(
        (next_old..old.len())
            .filter(|old| !taken[*old])
            .map(Pair::Old),
    );
    pairs
}

/// For each item of the new list the old one that goes with it.
fn partners<K: Eq + Hash>(old: &[K], new: &[K]) -> Vec<Option<Number>> {
    // The first item of a key that is left, and for each item the next of its key: a list for each key would weigh more.
    let mut first: HashMap<&K, Option<Number>> = HashMap::with_capacity(old.len());
    let mut next = vec![None; old.len()];
    for (index, key) in old.iter().enumerate().rev() {
        next[index] = first.insert(key, Number::of(index)).flatten();
    }
    let take = |key: &K| {
        let left = first.get_mut(key)?;
        let index = (*left)?;
        *left = next[index.get()];
        Some(index)
    };
    new.iter().map(take).collect()
}

/// The number of an item, in a quarter of the room that an `Option<usize>` takes: there may be a million of them.
#[derive(Clone, Copy)]
struct Number(NonZeroU32);

impl Number {
    /// None for what no list that is read is long enough for.
    fn of(at: usize) -> Option<Self> {
        let above = u32::try_from(at).ok()?.checked_add(1)?;
        NonZeroU32::new(above).map(Number)
    }

    fn get(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// What turns the lines of one text into those of another.
pub(crate) fn line_changes(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let same = |(old, new): &(&&str, &&str)| old == new;
    let start = old.iter().zip(new).take_while(same).count();
    let rest = old[start..].iter().rev().zip(new[start..].iter().rev());
    let len = rest.take_while(same).count();
    let (old_end, new_end) = (old.len() - len, new.len() - len);
    let pairs = (old_end - start).saturating_mul(new_end - start);
    let equal = |old_index, new_index, len| DiffOp::Equal {
        old_index,
        new_index,
        len,
    };
    let mut ops = vec![equal(0, 0, start)];
    if pairs <= SHORTEST {
        let (old_range, new_range) = (start..old_end, start..new_end);
        ops.extend(capture_diff(
            Algorithm::Myers,
            old,
            old_range,
            new,
            new_range,
        ));
    } else {
        ops.extend(in_linear_time(old, new, start, (old_end, new_end)));
    }
    ops.push(equal(old_end, new_end, len));
    ops.retain(|op| !op.old_range().is_empty() || !op.new_range().is_empty());
    ops
}

/// What differs between `start` and the two ends. A moved line is taken out in one place and put in in another.
fn in_linear_time(old: &[&str], new: &[&str], start: usize, ends: (usize, usize)) -> Vec<DiffOp> {
    let mut ops = Replace::new(Capture::new());
    let (mut next_old, mut next_new) = (start, start);
    let mut until = |old: usize, new: usize, len: usize| {
        let Ok(()) = ops.delete(next_old, old - next_old, next_new);
        let Ok(()) = ops.insert(old, next_new, new - next_new);
        let Ok(()) = ops.equal(old, new, len);
        (next_old, next_new) = (old + len, new + len);
    };
    for found in pair(&old[start..ends.0], &new[start..ends.1]) {
        if let Pair::Both {
            old,
            new,
            moved: false,
        } = found
        {
            until(start + old, start + new, 1);
        }
    }
    until(ends.0, ends.1, 0);
    let Ok(()) = ops.finish();
    ops.into_inner().into_ops()
}

/// Merges the orders of two changed lists of numbered items: theirs, unless yours changed the order. Items that only the
/// other side has follow their predecessor there.
pub(crate) fn merged_order(base: &[usize], yours: &[usize], theirs: &[usize]) -> Vec<usize> {
    let in_base: HashSet<usize> = base.iter().copied().collect();
    let in_yours: HashSet<usize> = yours.iter().copied().collect();
    let of_yours = yours.iter().filter(|id| in_base.contains(id));
    let of_base = base.iter().filter(|id| in_yours.contains(id));
    let (main, other) = match of_yours.eq(of_base) {
        true => (theirs, yours),
        false => (yours, theirs),
    };
    let in_main: HashSet<usize> = main.iter().copied().collect();
    let mut followers: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    let mut above = None;
    for id in other {
        if in_main.contains(id) {
            above = Some(*id);
        } else {
            followers.entry(above).or_default().push(*id);
        }
    }
    let mut order = followers.remove(&None).unwrap_or_default();
    for id in main {
        order.push(*id);
        order.extend(followers.remove(&Some(*id)).unwrap_or_default());
    }
    order
}

/// For each number whether it belongs to one longest increasing subsequence.
pub(crate) fn increasing(numbers: &[usize]) -> Vec<bool> {
    // `tails[l]` is the index of the smallest number that ends a subsequence of length l + 1.
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<Number>> = vec![None; numbers.len()];
    for (index, number) in numbers.iter().enumerate() {
        let length = tails.partition_point(|tail| numbers[*tail] < *number);
        let shorter = length.checked_sub(1);
        before[index] = shorter.and_then(|shorter| Number::of(tails[shorter]));
        if length == tails.len() {
            tails.push(index);
        } else {
            tails[length] = index;
        }
    }
    let mut belongs = vec![false; numbers.len()];
    let mut at = tails.last().copied();
    while let Some(index) = at {
        belongs[index] = true;
        at = before[index].map(Number::get);
    }
    belongs
}

/// Keys that say what an item of a list is about, the most telling first.
pub(crate) const IDENTITIES: [&str; 9] = [
    "name",
    "targetPath",
    "mountPath",
    "key",
    "id",
    "path",
    "containerPort",
    "host",
    "secretName",
];

/// A value as a text that is the same for keys in any order.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries: Vec<String> = entries
                .into_iter()
                .map(|(key, value)| format!("{key:?}:{}", canonical(value)))
                .collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

/// An image without its tag and digest: `quay.io:5000/a/b:1@sha256:x` is `quay.io:5000/a/b`.
pub(crate) fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let name_start = image.rfind('/').map_or(0, |slash| slash + 1);
    match image[name_start..].find(':') {
        Some(colon) => &image[..name_start + colon],
        None => image,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_matched_by_key_and_moves_are_told() {
        assert_eq!(
            pair(&["a", "b", "c"], &["a", "x", "c"]),
            [
                Pair::Both {
                    old: 0,
                    new: 0,
                    moved: false
                },
                Pair::Old(1),
                Pair::New(1),
                Pair::Both {
                    old: 2,
                    new: 2,
                    moved: false
                },
            ]
        );
        assert_eq!(
            pair(&["a", "b", "c"], &["c", "a", "b"]),
            [
                Pair::Both {
                    old: 2,
                    new: 0,
                    moved: true
                },
                Pair::Both {
                    old: 0,
                    new: 1,
                    moved: false
                },
                Pair::Both {
                    old: 1,
                    new: 2,
                    moved: false
                },
            ]
        );
        assert_eq!(
            pair(&["a", "a"], &["a"]),
            [
                Pair::Both {
                    old: 0,
                    new: 0,
                    moved: false
                },
                Pair::Old(1)
            ]
        );
    }
}

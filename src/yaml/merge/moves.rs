//! Moves part of an addition to another path, for a base that keeps it elsewhere.

use crate::yaml::node::{Entry, Kind, Node};
use crate::yaml::path::{Path, Step};

/// Where part of an addition goes.
#[derive(Clone, Debug)]
pub struct Move {
    /// Where it is in the addition.
    pub from: Path,
    /// Where it goes; all but the last step are there in the addition.
    pub to: Path,
    /// Whether only the first item of a list goes, in the list's stead.
    pub first: bool,
}

/// Moves it, and says how many items of a list were left behind, or none if there is nothing to move.
pub(super) fn apply(root: &mut Node, change: &Move) -> Option<usize> {
    let mut entry = take(root, change.from.steps())?;
    let mut left = 0;
    if change.first
        && let Kind::Sequence { items, .. } = &mut entry.value.kind
    {
        left = items.len().saturating_sub(1);
        entry.value = match items.is_empty() {
            true => return None,
            false => items.swap_remove(0),
        };
    }
    let (Step::Key(name), within) = change.to.steps().split_last()? else {
        return None;
    };
    if let Kind::Scalar(key) = &mut entry.key.kind {
        key.text = name.as_str().into();
    }
    put(find(root, within)?, entry);
    Some(left)
}

fn find<'n>(node: &'n mut Node, steps: &[Step]) -> Option<&'n mut Node> {
    let Some((step, rest)) = steps.split_first() else {
        return Some(node);
    };
    let Step::Key(key) = step else { return None };
    let child = entries(node)?
        .iter_mut()
        .find(|entry| entry.name() == key)?;
    find(&mut child.value, rest)
}

fn take(root: &mut Node, steps: &[Step]) -> Option<Entry> {
    let (Step::Key(name), within) = steps.split_last()? else {
        return None;
    };
    let entries = entries(find(root, within)?)?;
    let at = entries.iter().position(|entry| entry.name() == name)?;
    Some(entries.remove(at))
}

/// Takes a value out, and the maps around it that are empty then.
pub(super) fn take_out(root: &mut Node, steps: &[Step]) {
    let Some((_, within)) = steps.split_last() else {
        return;
    };
    let is_empty = take(root, steps).is_some()
        && find(root, within)
            .and_then(entries)
            .is_some_and(|rest| rest.is_empty());
    if is_empty && !within.is_empty() {
        take_out(root, within);
    }
}

/// Adds an entry to a map, into one of the same name where both are maps.
fn put(map: &mut Node, mut entry: Entry) {
    let Some(own) = entries(map) else { return };
    let Some(at) = own.iter().position(|known| known.name() == entry.name()) else {
        own.push(entry);
        return;
    };
    match (entries(&mut own[at].value), entries(&mut entry.value)) {
        (Some(_), Some(more)) => {
            let more = std::mem::take(more);
            for entry in more {
                put(&mut own[at].value, entry);
            }
        }
        _ => own[at].value = entry.value,
    }
}

fn entries(node: &mut Node) -> Option<&mut Vec<Entry>> {
    match &mut node.kind {
        Kind::Mapping { entries, .. } => Some(entries),
        _ => None,
    }
}

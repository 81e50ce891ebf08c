//! Matches the entries of three maps or the items of three lists, and orders them for the result.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::decision::Three;
use crate::sequence::{IDENTITIES, merged_order};
use crate::yaml::align::align;
use crate::yaml::path::Step;

/// An entry that at least one of the three has.
pub(super) struct Child {
    /// The step to it.
    pub(super) step: Step,
    /// Its number in each.
    pub(super) at: Three<usize>,
}

/// The entries of three maps or three lists, in the order of the result; those that only the base has come last.
pub(super) fn children(values: Three<&Value>) -> Vec<Child> {
    let ids = match values.yours.or(values.theirs).or(values.base) {
        Some(Value::Array(_)) => of_lists(values),
        _ => of_maps(values),
    };
    let names = [values.yours, values.theirs, values.base].map(Names::of);
    let place = |ids: &[usize]| -> HashMap<usize, usize> { ids.iter().copied().zip(0..).collect() };
    let places = [&ids.base, &ids.yours, &ids.theirs].map(|ids| place(ids));
    let order = merged_order(&ids.base, &ids.yours, &ids.theirs);
    let known: HashSet<usize> = order.iter().copied().collect();
    let base_only = ids.base.iter().filter(|id| !known.contains(id));
    let all = order.iter().chain(base_only);
    all.map(|id| {
        let at = Three {
            base: places[0].get(id).copied(),
            yours: places[1].get(id).copied(),
            theirs: places[2].get(id).copied(),
        };
        Child {
            step: [at.yours, at.theirs, at.base]
                .into_iter()
                .zip(&names)
                .find_map(|(at, names)| Some(names.step(at?)))
                .unwrap_or(Step::Index(0)),
            at,
        }
    })
    .collect()
}

/// For each entry of each side a number that is the same for entries that go together.
struct Ids {
    base: Vec<usize>,
    yours: Vec<usize>,
    theirs: Vec<usize>,
}

fn of_maps(values: Three<&Value>) -> Ids {
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut numbers = |value: Option<&Value>| -> Vec<usize> {
        let keys = value.and_then(Value::as_object).into_iter().flatten();
        keys.map(|(key, _)| {
            let next = known.len();
            *known.entry(key.clone()).or_insert(next)
        })
        .collect()
    };
    Ids {
        base: numbers(values.base),
        yours: numbers(values.yours),
        theirs: numbers(values.theirs),
    }
}

fn of_lists(values: Three<&Value>) -> Ids {
    let items = |value: Option<&'_ Value>| -> Vec<Value> {
        value.and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let [base, yours, theirs] = [values.base, values.yours, values.theirs].map(items);
    let base_ids: Vec<usize> = (0..base.len()).collect();
    let mut next = base.len();
    let yours_ids: Vec<usize> = partners(&base, &yours)
        .into_iter()
        .map(|partner| partner.unwrap_or_else(|| new_id(&mut next)))
        .collect();
    let new_of_yours: Vec<usize> = (0..yours.len())
        .filter(|at| yours_ids[*at] >= base.len())
        .collect();
    let mut theirs_ids = partners(&base, &theirs);
    let new_of_theirs: Vec<usize> = (0..theirs.len())
        .filter(|at| theirs_ids[*at].is_none())
        .collect();
    // What both added may be the same thing.
    let picked = |items: &[Value], at: &[usize]| -> Vec<Value> {
        at.iter().map(|at| items[*at].clone()).collect()
    };
    let partners = align(
        &picked(&yours, &new_of_yours),
        &picked(&theirs, &new_of_theirs),
    );
    for (at, partner) in new_of_theirs.into_iter().zip(partners) {
        theirs_ids[at] = partner.map(|partner| yours_ids[new_of_yours[partner]]);
    }
    Ids {
        base: base_ids,
        yours: yours_ids,
        theirs: theirs_ids
            .into_iter()
            .map(|id| id.unwrap_or_else(|| new_id(&mut next)))
            .collect(),
    }
}

/// For each item of a side the item of the base that it was made from. A single value that stands where another one went
/// replaces it.
fn partners(base: &[Value], side: &[Value]) -> Vec<Option<usize>> {
    let mut partners = align(base, side);
    let is_single = |item: &Value| !item.is_object() && !item.is_array();
    let (mut next, mut start) = (0, 0);
    for at in 0..=side.len() {
        let partner = match partners.get(at) {
            Some(None) => continue,
            Some(Some(partner)) => *partner,
            None => base.len(),
        };
        for (from, to) in (next..partner).zip(start..at) {
            if is_single(&base[from]) && is_single(&side[to]) {
                partners[to] = Some(from);
            }
        }
        (next, start) = (partner + 1, at + 1);
    }
    partners
}

fn new_id(next: &mut usize) -> usize {
    *next += 1;
    *next - 1
}

/// How the children of a map or list are called.
enum Names<'v> {
    Keys(Vec<&'v str>),
    /// With how often each name is in the list.
    Items(&'v [Value], HashMap<(&'static str, &'v str), usize>),
}

impl<'v> Names<'v> {
    fn of(value: Option<&'v Value>) -> Self {
        match value {
            Some(Value::Object(map)) => Names::Keys(map.keys().map(String::as_str).collect()),
            Some(Value::Array(items)) => {
                let mut counts = HashMap::new();
                for name in items.iter().flat_map(names) {
                    *counts.entry(name).or_default() += 1;
                }
                Names::Items(items, counts)
            }
            _ => Names::Keys(Vec::new()),
        }
    }

    /// The step to a child: its key, or what the item is about where no other item of the list is, or its number.
    fn step(&self, at: usize) -> Step {
        match self {
            Names::Keys(keys) => Step::Key(keys.get(at).copied().unwrap_or_default().to_owned()),
            Names::Items(items, counts) => {
                let mut of_item = items.get(at).into_iter().flat_map(names);
                let own = of_item.find(|name| counts.get(name) == Some(&1));
                own.map_or(Step::Index(at), |(key, name)| {
                    Step::Item(key.to_owned(), name.to_owned())
                })
            }
        }
    }
}

/// What an item may be about, the most telling first.
fn names(item: &Value) -> impl Iterator<Item = (&'static str, &str)> {
    let keys = IDENTITIES.iter();
    keys.filter_map(|key| Some((*key, item.get(*key)?.as_str()?)))
}

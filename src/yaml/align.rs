//! Matches the items of two lists.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value;

use crate::sequence::{IDENTITIES, canonical, increasing, repository};

/// For each item of the new list the item of the old one that it is made from, by its number; these numbers increase.
///
/// Equal items go together, then those that are about the same thing, then those that are in the same place and have
/// much in common. What would change its place has no partner.
pub(in crate::yaml) fn align(old: &[Value], new: &[Value]) -> Vec<Option<usize>> {
    let mut partners = equal(old, new);
    pair(old, new, &mut partners, |item| {
        Some(identity(item.as_object()?)?.to_string())
    });
    keep_order(&mut partners);
    let mut before = (0, 0);
    for at in 0..=new.len() {
        let partner = match partners.get(at) {
            Some(None) => continue,
            Some(Some(partner)) => *partner,
            None => old.len(),
        };
        pair_alike(old, new, before.0..partner, before.1..at, &mut partners);
        before = (partner + 1, at + 1);
    }
    partners
}

fn equal(old: &[Value], new: &[Value]) -> Vec<Option<usize>> {
    let same = |(old, new): &(&Value, &Value)| old == new;
    let head = old.iter().zip(new).take_while(same).count();
    let tail = old[head..]
        .iter()
        .rev()
        .zip(new[head..].iter().rev())
        .take_while(same)
        .count();
    let mut partners: Vec<Option<usize>> = (0..new.len())
        .map(|at| {
            if at < head {
                Some(at)
            } else {
                (at + tail >= new.len()).then(|| at + old.len() - new.len())
            }
        })
        .collect();
    pair(old, new, &mut partners, |item| Some(canonical(item)));
    partners
}

/// Pairs items without a partner that have the same text: the first with the first, the second with the second.
fn pair(
    old: &[Value],
    new: &[Value],
    partners: &mut [Option<usize>],
    text: impl Fn(&Value) -> Option<String>,
) {
    let mut is_free = vec![true; old.len()];
    for partner in partners.iter().flatten() {
        is_free[*partner] = false;
    }
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, item) in old.iter().enumerate().rev() {
        if is_free[at]
            && let Some(text) = text(item)
        {
            places.entry(text).or_default().push(at);
        }
    }
    for (partner, item) in partners.iter_mut().zip(new) {
        if partner.is_none()
            && let Some(text) = text(item)
        {
            *partner = places.get_mut(&text).and_then(Vec::pop);
        }
    }
}

/// What an item is about: its most telling key, with the value.
fn identity(item: &serde_json::Map<String, Value>) -> Option<Value> {
    // The similarity of items decides if they have no identity.
    let mut keys = IDENTITIES.iter().chain(&["image", "url", "type"]);
    keys.find_map(|key| match item.get(*key)? {
        Value::Object(_) | Value::Array(_) | Value::Null => None,
        Value::String(image) if *key == "image" => Some(Value::from(vec![*key, repository(image)])),
        value => Some(Value::from(vec![Value::from(*key), value.clone()])),
    })
}

/// Parts those pairs that do not belong to a longest row of pairs in order.
fn keep_order(partners: &mut [Option<usize>]) {
    let common: Vec<usize> = partners.iter().flatten().copied().collect();
    let stays = increasing(&common);
    for (partner, stays) in partners
        .iter_mut()
        .filter(|partner| partner.is_some())
        .zip(stays)
    {
        if !stays {
            *partner = None;
        }
    }
}

/// Pairs, in order, items between two pairs that have no name and much in common.
fn pair_alike(
    old: &[Value],
    new: &[Value],
    old_gap: Range<usize>,
    new_gap: Range<usize>,
    partners: &mut [Option<usize>],
) {
    for (from, to) in old_gap.zip(new_gap) {
        if are_alike(&old[from], &new[to]) {
            partners[to] = Some(from);
        }
    }
}

fn are_alike(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let same = new
                .iter()
                .filter(|(key, value)| old.get(*key) == Some(value))
                .count();
            same > 0
                && same * 2 >= new.len()
                && (identity(old).is_none() || identity(new).is_none())
        }
        (Value::Array(old), Value::Array(new)) => old.iter().zip(new).any(|(old, new)| old == new),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn half_of_a_map_makes_it_alike() {
        let all = json!({"a": 1, "b": 2, "c": 3});
        for (old, new, alike) in [
            (json!({"a": 1, "b": 3}), json!({"a": 1, "b": 2}), true),
            (json!({"a": 1}), all.clone(), false),
            (json!({"a": 1, "b": 2}), all, true),
            (json!({"a": 1}), json!({}), false),
            (json!({}), json!({"a": 1}), false),
        ] {
            assert_eq!(are_alike(&old, &new), alike, "{old} {new}");
        }
    }

    fn aligned(old: Value, new: Value) -> Vec<Option<usize>> {
        match (old, new) {
            (Value::Array(old), Value::Array(new)) => align(&old, &new),
            _ => panic!("two lists are needed"),
        }
    }

    #[test]
    fn equal_items_go_together() {
        assert_eq!(
            aligned(json!(["a", "b", "a"]), json!(["b", "a"])),
            [Some(1), Some(2)]
        );
        assert_eq!(
            aligned(json!([1, 2, 3]), json!([1, 9, 3])),
            [Some(0), None, Some(2)]
        );
        assert_eq!(
            aligned(json!([{"a": 1, "b": 2}]), json!([0, {"b": 2, "a": 1}])),
            [None, Some(0)]
        );
    }

    #[test]
    fn items_about_the_same_thing_go_together() {
        assert_eq!(
            aligned(
                json!([{"name": "x", "v": 1}, {"name": "y"}]),
                json!([{"name": "z"}, {"name": "x", "v": 2}])
            ),
            [None, Some(0)]
        );
        assert_eq!(
            aligned(
                json!([{"image": "h:5000/a/b:1"}]),
                json!([{"image": "h:5000/a/c:1"}, {"image": "h:5000/a/b@sha256:2"}])
            ),
            [None, Some(0)]
        );
    }

    #[test]
    fn what_changes_its_place_has_no_partner() {
        assert_eq!(
            aligned(json!(["a", "b", "c"]), json!(["c", "a", "b"])),
            [None, Some(0), Some(1)]
        );
    }

    #[test]
    fn items_without_a_name_go_together_if_they_have_much_in_common() {
        assert_eq!(
            aligned(json!([{"a": 1, "b": 1}, 5]), json!([{"a": 1, "b": 2}, 5])),
            [Some(0), Some(1)]
        );
        assert_eq!(
            aligned(json!([{"a": 1, "b": 1}]), json!([{"a": 2, "b": 2}])),
            [None]
        );
        assert_eq!(aligned(json!([[1, 2]]), json!([[1, 3]])), [Some(0)]);
    }
}

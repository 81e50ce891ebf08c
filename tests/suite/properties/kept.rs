//! Which lines of a text a merge has no reason to touch.

use std::collections::HashSet;

use serde_json::Value;

use super::document::{Place, Written};

/// The first line that belongs to an entry or item with the same value before and after, and that is not in the merged
/// text, in order.
pub fn lost_line(base: &Written, old: &Value, new: &Value, merged: &str) -> Option<String> {
    let mut kept = vec![false; base.plain.len()];
    for piece in &base.pieces {
        if stays(old, new, &piece.path) {
            kept[piece.bytes.clone()].fill(true);
        }
    }
    let merged = merged.replace("\r\n", "\n");
    let mut rest = merged.split('\n').map(own);
    let mut start = 0;
    for line in base.plain.split_inclusive('\n') {
        let content = line.len() - line.trim_start().len();
        let must_stay = kept.get(start + content).is_some_and(|kept| *kept);
        start += line.len();
        let line = own(line.strip_suffix('\n').unwrap_or(line));
        if must_stay && !line.trim().is_empty() && !rest.any(|other| other == line) {
            return Some(line.to_owned());
        }
    }
    None
}

/// A line without indentation and dash: what stands below a key that goes can come to stand behind its dash.
fn own(line: &str) -> &str {
    line.trim_start_matches('\u{feff}')
        .trim_start_matches([' ', '-'])
        .trim_end_matches('\r')
}

/// Whether what stands at a place has the same value, and each list on the way is one whose items stay apart.
fn stays(old: &Value, new: &Value, path: &[Place]) -> bool {
    let Some((place, rest)) = path.split_first() else {
        return old == new;
    };
    let next = match (place, old, new) {
        (Place::Key(key), Value::Object(old), Value::Object(new)) => {
            old.get(*key).zip(new.get(*key))
        }
        (Place::Item(at), Value::Array(old), Value::Array(new)) => {
            counterpart(old, new, *at).map(|other| (&old[*at], &new[other]))
        }
        _ => None,
    };
    next.is_some_and(|(old, new)| stays(old, new, rest))
}

/// The item of the new list that one of the old list is, where that is beyond doubt: at the beginning or the end of both,
/// or by names that each stand once and in the same order.
fn counterpart(old: &[Value], new: &[Value], at: usize) -> Option<usize> {
    let head = old.iter().zip(new).take_while(|(old, new)| old == new);
    let head = head.count();
    if at < head {
        return Some(at);
    }
    // What begins on the line of another dash is written anew if its first item goes.
    let from_end = old.len() - at;
    if head > 0 && head + from_end <= new.len() && old[at..] == new[new.len() - from_end..] {
        return Some(new.len() - from_end);
    }
    let (old_names, new_names) = (names(old)?, names(new)?);
    let in_both = |names: &[&str], others: &[&str]| -> Vec<String> {
        let others: HashSet<&str> = others.iter().copied().collect();
        let common = names.iter().filter(|name| others.contains(**name));
        common.map(ToString::to_string).collect()
    };
    if in_both(&old_names, &new_names) != in_both(&new_names, &old_names)
        || old_names.first() != new_names.first()
    {
        return None;
    }
    new_names.iter().position(|name| *name == old_names[at])
}

fn names(items: &[Value]) -> Option<Vec<&str>> {
    let names: Vec<&str> = items
        .iter()
        .map(|item| item.get("name")?.as_str())
        .collect::<Option<_>>()?;
    let distinct: HashSet<&str> = names.iter().copied().collect();
    (distinct.len() == names.len()).then_some(names)
}

//! Pairs of versions of real packs and charts: the report makes the new values from the old ones, and an oracle that only
//! flattens both finds no change that is missed and none that is invented.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::common::{Shared, nothing_wrong};
use crate::diff_properties::{Step, applied, changes, edits, profile, report, same};
use crate::properties::ours;

/// What stands below keys alone: lists are not looked into.
fn flattened(tree: &Value, path: &mut Vec<String>, leaves: &mut BTreeMap<Vec<String>, Value>) {
    match tree.as_object() {
        Some(map) if !map.is_empty() => {
            for (key, value) in map {
                path.push(key.clone());
                flattened(value, path, leaves);
                path.pop();
            }
        }
        _ => {
            leaves.insert(path.clone(), tree.clone());
        }
    }
}

/// The paths at which the leaves of two trees differ. An empty map that is filled differs by what is in it.
fn differing(old: &Value, new: &Value) -> BTreeSet<Vec<String>> {
    let are_maps = |path: &[String]| {
        [old, new]
            .map(|tree| at(tree, path))
            .iter()
            .all(|one| one.is_some_and(Value::is_object))
    };
    let [old, new] = [old, new].map(|tree| {
        let mut leaves = BTreeMap::new();
        flattened(tree, &mut Vec::new(), &mut leaves);
        leaves
    });
    let paths = old.keys().chain(new.keys());
    let differs = |path: &&Vec<String>| match (old.get(*path), new.get(*path)) {
        (Some(old), Some(new)) => !same(old, new),
        _ => !are_maps(path),
    };
    paths.filter(differs).cloned().collect()
}

fn at<'t>(tree: &'t Value, path: &[String]) -> Option<&'t Value> {
    path.iter().try_fold(tree, |tree, key| tree.get(key))
}

/// A tree with its lists of images, whose order means nothing to anybody, in one order.
fn without_order_of_images(mut tree: Value) -> Value {
    match &mut tree {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                *value = without_order_of_images(value.take());
                if let (true, Some(images)) = (key == "images", value.as_array_mut()) {
                    images.sort_by_key(Value::to_string);
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| *item = without_order_of_images(item.take())),
        _ => {}
    }
    tree
}

/// What is wrong with a report about two values texts, and how many changes it tells.
fn faults(old_text: &str, new_text: &str) -> (Vec<String>, usize) {
    let (Ok(old), Ok(new)) = (ours(old_text), ours(new_text)) else {
        return (Vec::new(), 0);
    };
    let report = report(&profile(old_text, ""), &profile(new_text, ""));
    let edits = edits(&report, "values", None);
    let mut faults = Vec::new();
    let expected = differing(&old, &new);
    let mut told = Vec::new();
    for edit in &edits {
        let keys: Vec<String> = edit
            .steps
            .iter()
            .map_while(|step| match step {
                Step::Key(key) => Some(key.clone()),
                _ => None,
            })
            .collect();
        let (was, is) = (at(&old, &keys), at(&new, &keys));
        if was == is || !expected.iter().any(|path| path.starts_with(&keys)) {
            faults.push(format!("invented: {}", edit.change));
        }
        let shown = |side: &str| edit.change[side].get("value");
        let is_whole =
            keys.len() == edit.steps.len() && edit.change["lines"] == Value::Array(vec![]);
        if is_whole && (shown("old") != was || shown("new") != is) {
            faults.push(format!("{was:?} and {is:?} are told as {}", edit.change));
        }
        told.push(keys);
    }
    let is_told = |path: &Vec<String>| told.iter().any(|keys| path.starts_with(keys));
    let missed = expected.iter().filter(|path| !is_told(path));
    faults.extend(missed.map(|path| format!("missed: {path:?}")));
    let [made, wanted] = [applied(&old, &edits), new].map(without_order_of_images);
    if faults.is_empty() && !same(&made, &wanted) {
        faults.push("the report does not make the new values".to_owned());
    }
    (faults, changes(&report).len())
}

/// `VMO_RA_CHART_PAIRS` names a folder with a folder `NAME-VERSION` for each version of many.
#[test]
fn changes_of_real_packs_are_neither_missed_nor_invented() {
    let folder: PathBuf = match env::var_os("VMO_RA_CHART_PAIRS") {
        Some(folder) => folder.into(),
        None => match Shared::find() {
            Some(shared) => shared.path("charts"),
            None => return,
        },
    };
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("the packs are there")
        .map(|entry| entry.expect("it can be read").file_name())
        .map(|name| name.into_string().expect("a name"))
        .collect();
    names.sort();
    let name_of = |name: &str| name.rsplit_once('-').map(|(name, _)| name.to_owned());
    let (mut pairs, mut told) = (0, 0);
    let mut wrong = Vec::new();
    for two in names
        .windows(2)
        .filter(|two| name_of(&two[0]) == name_of(&two[1]))
    {
        let text = |name: &String| {
            let file = folder.join(name).join("values.yaml");
            fs::read_to_string(file).expect("the values are there")
        };
        let [old, new] = [text(&two[0]), text(&two[1])];
        for (old, new) in [(&old, &new), (&new, &old)] {
            let (faults, count) = faults(old, new);
            wrong.extend(faults.into_iter().map(|fault| format!("{two:?}: {fault}")));
            pairs += 1;
            told += count;
        }
    }
    println!(
        "{pairs} comparisons of {} versions, {told} changes",
        names.len()
    );
    assert!(pairs >= 8 && told > 100, "{pairs} {told}");
    nothing_wrong(&wrong);
}

//! The effective values of a layer: nothing below a switch that is off, and no duplicate items.

use std::borrow::Cow;

use serde_json::Value;

use crate::yaml::{Path, Step};

/// Keys that switch off their section, with the value that does it.
const SWITCHES: [(&str, &str); 7] = [
    ("enabled", "false"),
    ("create", "false"),
    ("install", "false"),
    ("disabled", "true"),
    ("suspend", "true"),
    ("replicas", "0"),
    ("replicaCount", "0"),
];

/// The value at a path.
///
/// # Errors
/// A list has several items of the name that the path gives.
pub(super) fn find<'v>(root: &'v Value, path: &Path) -> Result<Option<&'v Value>, String> {
    let steps = path.steps();
    for (number, step) in steps.iter().enumerate() {
        let above = Path::from(&steps[..number]);
        if let (Step::Item(key, wanted), Some(Value::Array(items))) = (step, above.find(root)) {
            let has = |item: &&Value| item.get(key).and_then(text_of).as_deref() == Some(wanted);
            let count = items.iter().filter(has).count();
            if count > 1 {
                return Err(format!("{count} items with `{key}: {wanted}` in `{above}`"));
            }
        }
    }
    Ok(path.find(root))
}

/// The switch that turns off the value at a path: in a section around it, or in the section itself.
pub(super) fn off(root: &Value, path: &Path) -> Option<String> {
    let steps = path.steps();
    (0..=steps.len()).find_map(|length| {
        let section = Path::from(&steps[..length]);
        let found = section.find(root)?;
        let (key, word) = SWITCHES.iter().find(|(key, word)| {
            let is_asked_for = matches!(steps.get(length), Some(Step::Key(next)) if next == key);
            !is_asked_for && found.get(key).and_then(text_of).as_deref() == Some(*word)
        })?;
        let section = section.to_string();
        let dot = if section.is_empty() { "" } else { "." };
        Some(format!("`{section}{dot}{key}: {word}`"))
    })
}

/// What overrides a setting: the value at a path, a flag in the list at the path if a flag follows the path, or after
/// `image` the versions of an image.
pub(super) fn over<'v>(root: &'v Value, place: &str) -> Result<Vec<Cow<'v, Value>>, String> {
    if let Some(repository) = place.strip_prefix("image ") {
        let [mut named, listed] = versions(root, repository);
        // The list may hold more than what runs.
        let is_listed = match named.as_slice() {
            [] => listed.len() != 1,
            named => listed.iter().any(|version| named.contains(version)),
        };
        named.extend(listed.into_iter().filter(|_| !is_listed));
        return Ok(named.into_iter().map(Cow::Owned).collect());
    }
    let (path, flag) = place.split_once(' ').unwrap_or((place, ""));
    let path: Path = path.parse()?;
    let Ok(found) = path.find_all(root, |_| Ok::<(), ()>(())) else {
        return Ok(Vec::new());
    };
    if flag.is_empty() {
        let is_set = |value: &&Value| !value.is_null() && value.as_str() != Some("");
        return Ok(found
            .into_iter()
            .filter(is_set)
            .map(Cow::Borrowed)
            .collect());
    }
    let words = found.into_iter().filter_map(Value::as_array).flatten();
    let values = words.filter_map(|word| {
        let rest = word.as_str()?.strip_prefix(flag)?;
        let value = rest
            .strip_prefix('=')
            .or(rest.is_empty().then_some("true"))?;
        Some(Cow::Owned(value.into()))
    });
    Ok(values.collect())
}

/// The versions of an image, by the end of its repository: those that the charts name, and those in the list of images.
pub(super) fn versions(values: &Value, repository: &str) -> [Vec<Value>; 2] {
    let of_name = |name: &str, version: &str| {
        let rest = name.strip_suffix(repository)?;
        let is_it = !version.is_empty() && (rest.is_empty() || rest.ends_with('/'));
        is_it.then(|| Value::from(version))
    };
    ["/charts", "/pack/content/images"].map(|root| {
        let mut found = Vec::new();
        let mut open: Vec<&Value> = values.pointer(root).into_iter().collect();
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => {
                    let text = text.split('@').next().unwrap_or_default();
                    let (name, version) = text.rsplit_once(':').unwrap_or_default();
                    found.extend(of_name(name, version.trim_end_matches('"')));
                }
                Value::Object(map) => {
                    open.extend(map.values());
                    let text = |key| map.get(key).and_then(Value::as_str).unwrap_or_default();
                    found.extend(of_name(text("repository"), text("tag")));
                }
                Value::Array(items) => open.extend(items),
                _ => {}
            }
        }
        found
    })
}

/// A scalar as it is written.
pub(super) fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Bool(_) | Value::Number(_) | Value::Null => Some(value.to_string().into()),
        _ => None,
    }
}

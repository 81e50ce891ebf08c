//! Settings of the RA in an imported pack that a site does not make.
//!
//! A pack that was imported from a profile has that profile's values. A setting of the RA that is switched off in the site,
//! such as a BGP peer, would come back from there.

use serde_json::{Map, Value};

use crate::template::outline;

/// Changes that put values back to what the vendor has wherever the RA's template could have set them and the site's
/// overlay does not, or none if there is nothing to put back. The paths are of what is changed.
pub(super) fn put_back(
    template: &str,
    overlay: &Value,
    values: &Value,
    vendors: &Value,
) -> Option<(Value, Vec<String>)> {
    let mut wanted = values.clone();
    for setting in outline(template) {
        let keys: Vec<&str> = setting.keys.iter().map(String::as_str).collect();
        let theirs = at(vendors, &keys);
        match set_by(overlay, &keys) {
            Set::Above => {}
            Set::Here(ours) => {
                if setting.is_open
                    && let Some(Value::Object(map)) = at_mut(&mut wanted, &keys)
                {
                    let is_in = |map: Option<&Value>, key: &str| {
                        map.is_some_and(|map| map.get(key).is_some())
                    };
                    map.retain(|key, _| is_in(Some(ours), key) || is_in(theirs, key));
                }
            }
            Set::Nowhere => match theirs {
                Some(theirs) => put(&mut wanted, &keys, theirs),
                None => remove(&mut wanted, &keys, vendors),
            },
        }
    }
    let mut paths = Vec::new();
    let changes = changes(values, &wanted, &mut Vec::new(), &mut paths)?;
    Some((changes, paths))
}

/// Whether an overlay sets something.
enum Set<'v> {
    /// It does.
    Here(&'v Value),
    /// It sets what holds it.
    Above,
    Nowhere,
}

fn set_by<'v>(overlay: &'v Value, keys: &[&str]) -> Set<'v> {
    let mut value = overlay;
    for key in keys {
        match value {
            Value::Object(map) => match map.get(*key) {
                Some(below) => value = below,
                None => return Set::Nowhere,
            },
            _ => return Set::Above,
        }
    }
    Set::Here(value)
}

fn at<'v>(root: &'v Value, keys: &[&str]) -> Option<&'v Value> {
    keys.iter().try_fold(root, |value, key| value.get(key))
}

fn at_mut<'v>(root: &'v mut Value, keys: &[&str]) -> Option<&'v mut Value> {
    keys.iter().try_fold(root, |value, key| value.get_mut(key))
}

fn put(root: &mut Value, keys: &[&str], value: &Value) {
    let Some((last, above)) = keys.split_last() else {
        return;
    };
    let mut map = root;
    for key in above {
        let Value::Object(entries) = map else { return };
        map = entries
            .entry(*key)
            .or_insert_with(|| Value::Object(Map::new()));
    }
    if let Value::Object(map) = map {
        map.insert((*last).to_owned(), value.clone());
    }
}

/// Removes a value, and the maps that are empty without it, where the vendor has none of their names.
fn remove(root: &mut Value, keys: &[&str], vendors: &Value) {
    let Some((last, above)) = keys.split_last() else {
        return;
    };
    let Some(Value::Object(map)) = at_mut(root, above) else {
        return;
    };
    let is_gone = map.shift_remove(*last).is_some();
    if is_gone && map.is_empty() && at(vendors, above).is_none() {
        remove(root, above, vendors);
    }
}

/// What makes one tree of another, as an overlay: null removes.
fn changes(
    from: &Value,
    to: &Value,
    way: &mut Vec<String>,
    paths: &mut Vec<String>,
) -> Option<Value> {
    if from == to {
        return None;
    }
    let (Value::Object(old), Value::Object(new)) = (from, to) else {
        paths.push(way.join("."));
        return Some(to.clone());
    };
    let mut map = Map::new();
    for (key, value) in old {
        way.push(key.replace('.', "\\."));
        match new.get(key) {
            Some(other) => {
                if let Some(changes) = changes(value, other, way, paths) {
                    map.insert(key.clone(), changes);
                }
            }
            None => {
                paths.push(way.join("."));
                map.insert(key.clone(), Value::Null);
            }
        }
        way.pop();
    }
    for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        way.push(key.replace('.', "\\."));
        paths.push(way.join("."));
        way.pop();
        map.insert(key.clone(), value.clone());
    }
    Some(Value::Object(map))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEMPLATE: &str = "\
charts:
  a:
<%- if on %>
    peers:
      router:
        asn: <{ x }>
    mode: on
<%- endif %>
    name: <{ x }>
    params:
<%- for name, value in x %>
      <{ name }>: <{ value }>
<%- endfor %>
";

    #[test]
    fn what_the_site_does_not_set_is_the_vendors_again() {
        let values = json!({"charts": {"a": {
            "peers": {"router": {"asn": 1}}, "mode": "on", "name": "n", "params": {"old": "1", "theirs": "2"}, "edit": 1,
        }}});
        let vendors = json!({"charts": {"a": {"mode": "off", "params": {"theirs": "0"}}}});
        let overlay = json!({"charts": {"a": {"name": "m", "params": {"new": "3"}}}});
        let (changes, paths) = put_back(TEMPLATE, &overlay, &values, &vendors).expect("changes");
        assert_eq!(
            changes,
            json!({"charts": {"a": {"peers": null, "mode": "off", "params": {"old": null}}}})
        );
        assert_eq!(
            paths,
            ["charts.a.peers", "charts.a.mode", "charts.a.params.old"]
        );
        // A map that holds more stays, and so does one that the vendor has.
        let values =
            json!({"charts": {"a": {"peers": {"router": {"asn": 1, "edit": 2}}, "mode": "off"}}});
        let (changes, _) = put_back(TEMPLATE, &overlay, &values, &vendors).expect("changes");
        assert_eq!(
            changes["charts"]["a"]["peers"],
            json!({"router": {"asn": null}})
        );
        assert_eq!(put_back(TEMPLATE, &overlay, &vendors, &vendors), None);
    }

    #[test]
    fn what_the_overlay_removes_is_left_to_it() {
        let overlay = json!({"charts": {"a": {"peers": null, "mode": "x"}}});
        let values = json!({"charts": {"a": {"peers": {"router": {"asn": 1}}}}});
        assert_eq!(put_back(TEMPLATE, &overlay, &values, &json!({})), None);
    }
}

//! The configuration of containerd.

use serde_json::{Map, Value};

use super::udev::fits;

/// The name of containerd's plugin that holds everything in files of version 2.
pub(crate) const CRI_2: &str = "io.containerd.grpc.v1.cri";
/// What the names of its successors in version 3 begin with.
pub(crate) const CRI_3: &str = "io.containerd.cri.v1.";

/// The tables of a TOML text, with those of the files that it imports; below `cri`, what containerd takes for its CRI plugin
/// from a file of this version.
///
/// # Errors
/// A text is no TOML, or the plugin is disabled.
pub(crate) fn tree(text: &str, others: &[(&str, &str)]) -> Result<Value, String> {
    let mut tree = toml(text)?;
    let imports = tree.get("imports").and_then(Value::as_array).cloned();
    let imports = imports.unwrap_or_default();
    let imported = |path: &str| {
        let mut patterns = imports.iter().filter_map(Value::as_str);
        patterns.any(|pattern| fits(pattern, path, false))
    };
    for (path, text) in others.iter().filter(|(path, _)| imported(path)) {
        add(
            &mut tree,
            toml(text).map_err(|error| format!("{path}: {error}"))?,
        );
    }
    let is_cri = |name: &str| name == "cri" || name == CRI_2 || name.starts_with(CRI_3);
    let disabled = tree.get("disabled_plugins").and_then(Value::as_array);
    let mut disabled = disabled.into_iter().flatten().filter_map(Value::as_str);
    if let Some(name) = disabled.find(|name| is_cri(name)) {
        return Err(format!("`{name}` in `disabled_plugins`"));
    }
    let plugins = tree.get("plugins").and_then(Value::as_object);
    let version = tree.get("version").and_then(Value::as_u64);
    let counts = |name: &str| match version {
        Some(3) => name.starts_with(CRI_3),
        _ => name == CRI_2 && version == Some(2),
    };
    let plugins = plugins.into_iter().flatten();
    let cri: Map<String, Value> = plugins
        .filter(|(name, _)| counts(name))
        .filter_map(|(_, plugin)| plugin.as_object())
        .flat_map(Map::clone)
        .collect();
    if !cri.is_empty() {
        tree.insert("cri".to_owned(), Value::Object(cri));
    }
    Ok(Value::Object(tree))
}

fn toml(text: &str) -> Result<Map<String, Value>, String> {
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| error.message().to_owned())?;
    match serde_json::to_value(table).map_err(|error| error.to_string())? {
        Value::Object(tree) => Ok(tree),
        _ => Ok(Map::new()),
    }
}

/// Lists grow, and the section of a plugin replaces the one before, whole, as containerd 1.7 does it.
fn add(tree: &mut Map<String, Value>, import: Map<String, Value>) {
    for (key, value) in import {
        match (tree.get_mut(&key), value) {
            (Some(Value::Object(plugins)), Value::Object(more)) => {
                for (name, plugin) in more {
                    // A section of version 3 is not merged with one of version 2.
                    plugins.retain(|known, _| !(known == CRI_2 && name.starts_with(CRI_3)));
                    plugins.insert(name, plugin);
                }
            }
            (Some(Value::Array(items)), Value::Array(more)) => items.extend(more),
            (Some(_), Value::Number(_)) if key == "version" => {}
            (_, value) => {
                tree.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: &str = "version = 2\nimports = [\"/etc/containerd/conf.d/*.toml\"]\n\
        [plugins.\"io.containerd.grpc.v1.cri\"]\ndevice_ownership_from_security_context = true\n";

    #[test]
    fn imports_take_the_place_of_a_plugins_section() {
        let owner = |path: &str, text: &str| {
            tree(MAIN, &[(path, text)])
                .map(|tree| tree["cri"]["device_ownership_from_security_context"].as_bool())
        };
        let inside = "/etc/containerd/conf.d/x.toml";
        for (path, text, found) in [
            (inside, "version = 2\n", Some(true)),
            (
                inside,
                "[plugins.\"io.containerd.grpc.v1.cri\".registry]\nconfig_path = \"/x\"\n",
                None,
            ),
            (
                "/etc/containerd/x.toml",
                "[plugins.\"io.containerd.grpc.v1.cri\"]\n",
                Some(true),
            ),
            (
                inside,
                "[plugins.\"io.containerd.cri.v1.runtime\"]\nx = 1\n",
                None,
            ),
            (inside, "[plugins.\"nri\"]\nx = 1\n", Some(true)),
        ] {
            assert_eq!(owner(path, text), Ok(found), "{text}");
        }
        for text in ["disabled_plugins = [\"cri\"]\n", "x = \n"] {
            owner(inside, text).unwrap_err();
        }
    }
}

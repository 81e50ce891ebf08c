//! A pack's values as rules read them: scalars as texts, with Palette's macros filled in from the profile's defaults.

use serde_json::Value;

use super::{CheckedLayer, CheckedProfile, Cluster, Document};
use crate::diagnostic::suggestion;
use crate::profile::Layer;
use crate::site::Quantity;

/// What is before a profile variable's name in a macro.
const VARIABLE: &str = ".spectro.var.";

/// The values of a layer below a root such as `charts.cilium`.
pub(crate) struct Values<'c> {
    profile: &'c CheckedProfile,
    /// The layer's texts.
    pub checked: &'c CheckedLayer,
    /// The layer as the profile names it.
    pub layer: &'c Layer,
    root: &'static str,
}

impl<'c> Values<'c> {
    /// The values of a pack, or none if no profile has it.
    pub fn of(cluster: &'c Cluster, pack: &str, root: &'static str) -> Option<Self> {
        let (profile, checked, layer) = cluster.layer(pack)?;
        Some(Values {
            profile,
            checked,
            layer,
            root,
        })
    }

    /// The whole path of a value below the root.
    pub fn at(&self, path: &str) -> String {
        if self.root.is_empty() {
            path.to_owned()
        } else if path.is_empty() {
            self.root.to_owned()
        } else {
            format!("{}.{path}", self.root)
        }
    }

    /// The value at a path below the root.
    pub fn find(&self, path: &str) -> Option<&'c Value> {
        self.checked.values.find(&self.at(path))
    }

    /// The single value at a path as a text, macros filled in, or none if that cannot be known.
    pub fn text(&self, path: &str) -> Option<String> {
        self.scalar(self.find(path)?)
    }

    /// A single value as a text, macros filled in.
    pub fn scalar(&self, value: &Value) -> Option<String> {
        match value {
            Value::String(text) => filled_in(self.profile, text),
            Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
            _ => None,
        }
    }

    /// Whether a switch is on, or none if it is not there or cannot be known.
    pub fn flag(&self, path: &str) -> Option<bool> {
        match self.text(path)?.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The entries of a map, with the path of each; none have a value of null.
    pub fn entries(&self, path: &str) -> Vec<(&'c str, String, &'c Value)> {
        let Some(Value::Object(map)) = self.find(path) else {
            return Vec::new();
        };
        map.iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.as_str(), format!("{path}.{}", escaped(key)), value))
            .collect()
    }
}

/// A key as a step of a dotted path.
pub(crate) fn escaped(key: &str) -> String {
    key.replace('\\', "\\\\")
        .replace('.', "\\.")
        .replace('[', "\\[")
}

/// A text with every macro in it replaced by its variable's default, or none if one has no default or does more than
/// naming a variable.
pub(crate) fn filled_in(profile: &CheckedProfile, text: &str) -> Option<String> {
    let trimmed = text.trim();
    // A macro without quotes has lost a brace on either side when it was read.
    let doubled;
    let text = if trimmed.starts_with('{') && !trimmed.starts_with("{{") && trimmed.ends_with('}') {
        doubled = format!("{{{trimmed}}}");
        doubled.as_str()
    } else {
        text
    };
    let mut filled = String::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let length = rest[open..].find("}}")?;
        let name = rest[open + 2..open + length]
            .trim()
            .strip_prefix(VARIABLE)?;
        let variable = profile
            .profile
            .spec
            .variables
            .iter()
            .find(|variable| variable.name == name)?;
        filled.push_str(&rest[..open]);
        filled.push_str(variable.default_value.as_deref()?);
        rest = &rest[open + length + 2..];
    }
    filled.push_str(rest);
    Some(filled)
}

/// A text with every macro replaced by a word, so that what stands around them can be read.
pub(crate) fn without_macros(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(length) = rest[open..].find("}}") else {
            break;
        };
        plain.push_str(&rest[..open]);
        plain.push_str("macro");
        rest = &rest[open + length + 2..];
    }
    plain.push_str(rest);
    plain
}

/// An amount of bytes, as a text or a plain number.
pub(crate) fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => Quantity::of_kubernetes(text).ok(),
        Value::Number(number) => Quantity::of_kubernetes(&number.to_string()).ok(),
        _ => None,
    }
}

/// Looks for the names that were meant, but only for the first few mistakes, to save time.
pub(crate) struct Suggestions {
    /// How many names are still compared.
    left: usize,
}

impl Suggestions {
    pub fn new() -> Self {
        Suggestions { left: 4000 }
    }

    /// "did you mean", or the other way out where nothing is near.
    pub fn help<'n>(
        &mut self,
        given: &str,
        names: impl Iterator<Item = &'n str>,
        other: &str,
    ) -> String {
        let names: Vec<&str> = if self.left > 0 {
            names.collect()
        } else {
            Vec::new()
        };
        self.left = self.left.saturating_sub(names.len());
        match suggestion(given, names) {
            Some(meant) => meant,
            None => other.to_owned(),
        }
    }
}

/// Whether an optional feature is present and on: KubeVirt's `{}` and `{enabled: true}`.
pub(crate) fn is_on(feature: Option<&Value>) -> bool {
    match feature {
        Some(Value::Object(feature)) => feature.get("enabled") != Some(&Value::Bool(false)),
        _ => false,
    }
}

/// The names of the objects of a kind, with their namespaces, in order, for quick look-ups.
pub(crate) fn names_of<'c>(
    cluster: &'c Cluster,
    kind: &'c str,
) -> std::collections::BTreeMap<(&'c str, &'c str), &'c Document> {
    cluster
        .of_kind(kind)
        .map(|document| ((namespace_of(document), document.name()), document))
        .collect()
}

/// The namespace of an object, `default` where it names none.
pub(crate) fn namespace_of(document: &Document) -> &str {
    match document.namespace() {
        "" => "default",
        namespace => namespace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::profile::read;

    #[test]
    fn macros_are_filled_in_from_defaults_only() {
        let json = serde_json::json!({
            "metadata": {"name": "x"},
            "spec": {"template": {"type": "add-on", "packs": []}, "variables": [
                {"name": "a", "format": "string", "defaultValue": "21-100"},
                {"name": "b", "format": "string"}
            ]}
        });
        let profile = read(&Source::new("x.json", json.to_string())).unwrap();
        let mut cluster = Cluster::default();
        cluster.add_profile("x.json", profile, |_, _| String::new(), |_| ());
        let profile = &cluster.profiles[0];
        for (text, filled) in [
            ("1,{{ .spectro.var.a }}", Some("1,21-100")),
            ("{ .spectro.var.a }", Some("21-100")),
            (
                "{{.spectro.var.a}},{{ .spectro.var.a }}",
                Some("21-100,21-100"),
            ),
            ("plain", Some("plain")),
            ("{{ .spectro.var.b }}", None),
            ("{{ .spectro.var.c }}", None),
            ("{{ .spectro.var.a | substr 0 2 }}", None),
            ("{{ .spectro.system.cluster.uid }}", None),
            ("{{ open", None),
        ] {
            assert_eq!(filled_in(profile, text).as_deref(), filled, "{text}");
        }
        assert_eq!(
            without_macros("a: {{ .x }} b {{y}} {{"),
            "a: macro b macro {{"
        );
    }
}

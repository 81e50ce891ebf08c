//! Placeholders that vendors leave in their values, and images that no registry has.

use std::sync::LazyLock;

use regex_lite::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::cluster::{Document, Role};
use crate::profile::has_macro;
use crate::revision::data;
use crate::rules::{DocumentRule, Finding, rule};
use crate::site::ImageReference;
use crate::yaml::Path;

pub(super) const DOCUMENT_RULES: &[DocumentRule] = &[values];

/// A text that stands for one to be filled in: an entry of `profiles/placeholders.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Placeholders {
    /// Expressions that match a value as a whole, in any letters.
    texts: Vec<String>,
    /// Paths where one may stay, and why.
    unused: Vec<Unused>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unused {
    path: Path,
    #[serde(rename = "why")]
    _why: String,
}

/// All of it, compiled once. The data is ours, and a test reads it.
static PLACEHOLDERS: LazyLock<Option<(Regex, Vec<Path>)>> = LazyLock::new(|| {
    let known: Placeholders = data("placeholders.yaml").ok()?;
    let expression = format!("(?i)^(?:{})$", known.texts.join("|"));
    let unused = known.unused.into_iter().map(|unused| unused.path);
    Some((Regex::new(&expression).ok()?, unused.collect()))
});

fn values(document: &Document, findings: &mut Vec<Finding>) {
    if document.role() == Role::Values {
        let found = in_values(&document.value);
        findings.extend(found.into_iter().map(|finding| document.mark(finding)));
    }
}

/// What there is to say of the values of a layer.
pub(in crate::rules) fn in_values(values: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some((expression, unused)) = PLACEHOLDERS.as_ref() {
        let unused: Vec<String> = unused.iter().map(Path::to_string).collect();
        each_text(values, &mut String::new(), &mut |path, text| {
            if expression.is_match(text.trim()) && !unused.iter().any(|known| known == path) {
                let message = "this is a placeholder of the vendor";
                findings.push(rule::PLACEHOLDER.warning(path, message));
            }
        });
    }
    findings.extend(broken_images(values));
    findings
}

/// Calls a function with each text and the way to it.
fn each_text(value: &Value, path: &mut String, look: &mut impl FnMut(&str, &str)) {
    let length = path.len();
    match value {
        Value::String(text) => look(path, text),
        Value::Object(map) => {
            for (key, value) in map {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&Path::of_keys([key.as_str()]).to_string());
                each_text(value, path, look);
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            for (item, number) in items.iter().zip(0..) {
                path.push_str(&format!("[{number}]"));
                each_text(item, path, look);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// The images of a bundle for clusters without access to the internet: all that are broken are said at once, since vendors
/// make such a mistake in all of them.
fn broken_images(values: &Value) -> Option<Finding> {
    let images = values.pointer("/pack/content/images")?.as_array()?;
    let named = images
        .iter()
        .zip(0..)
        .filter_map(|(item, number)| Some((item.get("image")?.as_str()?, number)));
    let is_broken =
        |(image, _): &(&str, usize)| !has_macro(image) && image.parse::<ImageReference>().is_err();
    let broken: Vec<(&str, usize)> = named.filter(is_broken).collect();
    let (first, number) = *broken.first()?;
    let message = match broken.len() {
        1 => format!("`{first}` is not a valid image"),
        2 => format!("`{first}` is not a valid image, and neither is one more"),
        count => format!(
            "`{first}` is not a valid image, and neither are {} more",
            count - 1
        ),
    };
    Some(rule::BROKEN_IMAGE.note(format!("pack.content.images[{number}].image"), message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_can_be_used() {
        let (expression, unused) = PLACEHOLDERS.as_ref().unwrap();
        for (text, is_one) in [
            ("Password123", true),
            ("<Activation ID>", true),
            ("<REPLACE ME>", true),
            ("changeme", true),
            ("CHANGE_ME", true),
            ("your-domain.example.com", true),
            ("https://203.0.113.10", true),
            ("192.0.2.7", true),
            ("192.0.2.7-192.0.2.20", true),
            ("192.0.2.0/24", true),
            ("1192.0.2.7", false),
            ("10.0.0.1", false),
            ("a < b > c", false),
            ("change", false),
            ("{{ .spectro.var.password }}", false),
        ] {
            assert_eq!(expression.is_match(text), is_one, "{text}");
        }
        assert!(!unused.is_empty());
    }
}

//! What people may fill in for a masked variable leaves YAML and XML whole, and stands in them as it was given.

use regex::Regex;
use serde_json::Value;
use vmo_ra::diagnostic::Source;
use vmo_ra::profile::Variable;
use vmo_ra::yaml::{Limits, to_json_all};

use crate::common::matrix::cases;
use crate::common::nothing_wrong;

fn macro_of(name: &str) -> String {
    format!("{{{{ .spectro.var.{name} }}}}")
}

/// Whether a text with a value in place of its macro says the same, but for the value; texts within it are read too.
fn stays_whole(text: &str, name: &str, value: &str) -> bool {
    let filled = text.replace(&macro_of(name), value);
    if text.trim_start().starts_with("<?xml") {
        let read = |text: &str| -> Option<Vec<String>> {
            let document = roxmltree::Document::parse(text).ok()?;
            let texts = document.descendants().filter_map(|node| node.text());
            Some(texts.map(str::to_owned).collect())
        };
        let (before, after) = (read(text).expect("it is XML"), read(&filled));
        let expected: Vec<String> = before
            .iter()
            .map(|one| one.replace(&macro_of(name), value))
            .collect();
        return after == Some(expected);
    }
    let read = |text: &str| to_json_all(&Source::new("text", text), Limits::VALUES).ok();
    let before = Value::from(read(text).expect("it is YAML"));
    read(&filled).is_some_and(|after| is_filled(&before, &after.into(), name, value))
}

fn is_filled(before: &Value, after: &Value, name: &str, value: &str) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            before.len() == after.len()
                && before.iter().all(|(key, one)| {
                    after
                        .get(key)
                        .is_some_and(|other| is_filled(one, other, name, value))
                })
        }
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len()
                && before
                    .iter()
                    .zip(after)
                    .all(|(one, other)| is_filled(one, other, name, value))
        }
        (Value::String(before), Value::String(after)) if before.contains(&macro_of(name)) => {
            *after == before.replace(&macro_of(name), value)
                && (!before.contains('\n') || stays_whole(before, name, value))
        }
        _ => before == after,
    }
}

#[test]
fn every_character_that_passes_leaves_the_text_whole() {
    let mut tried = 0;
    let mut wrong = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for case in cases().iter().filter(|case| !case.published) {
        for rendered in &case.rendered.profiles {
            let spec = &rendered.profile.spec;
            let masked = |variable: &&Variable| variable.is_sensitive;
            for variable in spec.variables.iter().filter(masked) {
                let name = variable.name.as_str();
                let regex = variable.regex.as_deref();
                let regex = regex.unwrap_or_else(|| panic!("{case}: {name} has no expression"));
                let regex = Regex::new(regex).expect("an expression");
                let texts: Vec<&str> = spec
                    .template
                    .packs
                    .iter()
                    .flat_map(|layer| {
                        let manifests = layer.manifests.iter().map(|one| one.content.as_str());
                        manifests.chain([layer.values.as_str()])
                    })
                    .filter(|text| text.contains(&macro_of(name)))
                    .collect();
                if !seen.contains(&name) {
                    seen.push(name);
                } else if case.site != "example" {
                    continue;
                }
                let printable = (' '..='~').chain(['ä', 'Ω', '\u{a0}', '😀', '\t', '\n']);
                for character in printable {
                    for value in [
                        format!("a{character}b"),
                        format!("{character}b"),
                        format!("a{character}"),
                        character.to_string(),
                        format!("{character}{character}"),
                    ] {
                        if !regex.is_match(&value) {
                            continue;
                        }
                        tried += 1;
                        if !texts.iter().all(|text| stays_whole(text, name, &value)) {
                            wrong.push(format!("{case}: {name}: {value:?}"));
                        }
                    }
                }
                // It is no use if nothing passes.
                if variable.format == "string" && name.contains("assword") {
                    assert!(regex.is_match("Correct-Horse 7'$%!"), "{name}");
                }
            }
        }
    }
    nothing_wrong(&wrong);
    assert!(seen.len() >= 6 && tried > 1000, "{seen:?}: {tried} tried");
}

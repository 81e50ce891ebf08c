//! Kubernetes' own decoder: `kubectl label --local` reads texts and prints what it read, without a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::harness::Scratch;
use serde_json::{Value, json};
use vmo_ra::profile::Profile;

/// Makes one object of a text of values; its own bytes stand behind it as they are.
const HEADER: &str = "apiVersion: test.example.com/v1\nkind: Values\nmetadata: {name: values}\n";
/// What kubectl puts on every object, since it has nothing else to do.
const LABEL: (&str, &str) = ("read-by", "kubectl");

/// Texts as kubectl gets them, with where each was found first.
#[derive(Default)]
pub struct Texts {
    pub list: Vec<(String, String)>,
    numbers: BTreeMap<String, usize>,
}

impl Texts {
    /// The number of a text, which each text has once.
    pub fn add(&mut self, place: &str, text: String) -> usize {
        *self.numbers.entry(text).or_insert_with_key(|text| {
            self.list.push((place.to_owned(), text.clone()));
            self.list.len() - 1
        })
    }

    /// The number of a text that is a map and no Kubernetes object.
    pub fn add_values(&mut self, place: &str, values: &str) -> usize {
        self.add(place, format!("{HEADER}{values}"))
    }

    pub fn add_profile(
        &mut self,
        place: &str,
        profile: &Profile,
        fill: &dyn Fn(&str) -> String,
    ) -> Vec<usize> {
        let mut numbers = Vec::new();
        for layer in &profile.spec.template.packs {
            let place = format!("{place} / {}", layer.name);
            let values = filled(&layer.values, fill);
            numbers.push(self.add_values(&place, &values));
            for manifest in &layer.manifests {
                let place = format!("{place} / {}", manifest.name);
                numbers.push(self.add(&place, filled(&manifest.content, fill)));
            }
        }
        numbers
    }

    /// The objects that kubectl reads in each text.
    pub fn read(&self, kubectl: &Path) -> Vec<Vec<Value>> {
        let folder = Scratch::new();
        for (number, (_, text)) in self.list.iter().enumerate() {
            // The objects come in the order of the files; one of our own ends each text's.
            let end = format!(
                "apiVersion: test.example.com/v1\nkind: End\nmetadata: {{name: end-{number}}}\n"
            );
            for (part, text) in [("a", text), ("b", &end)] {
                let file = folder.join(format!("{number:05}-{part}.yaml"));
                fs::write(file, text).expect("the file can be written");
            }
        }
        let output = Command::new(kubectl)
            .args(["label", "--local", "--output=json", "--filename"])
            .arg(folder.as_os_str())
            .arg(format!("{}={}", LABEL.0, LABEL.1))
            // Nobody's own cluster or defaults.
            .env("HOME", folder.as_os_str())
            .env("KUBECONFIG", "/dev/null")
            .output()
            .expect("kubectl starts");
        let complaints = String::from_utf8_lossy(&output.stderr);
        let (code, folder) = (output.status, folder.display());
        assert!(code.success(), "{code}, files in {folder}: {complaints}");
        let mut read = vec![Vec::new()];
        for object in serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>() {
            let object = object.expect("kubectl writes JSON");
            if object["kind"] == "End" {
                let wanted = format!("end-{}", read.len() - 1);
                assert_eq!(object["metadata"]["name"], wanted, "the order of files");
                read.push(Vec::new());
            } else if let Some(objects) = read.last_mut() {
                objects.push(object);
            }
        }
        assert_eq!(read.pop(), Some(Vec::new()), "nothing behind the last text");
        assert_eq!(read.len(), self.list.len(), "every text was read");
        read
    }
}

/// A text with its macros filled in, before anything reads it, as Palette does.
pub fn filled(text: &str, fill: &dyn Fn(&str) -> String) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, macro_on)) = rest.split_once("{{") {
        let (inside, behind) = macro_on.split_once("}}").expect("macros end");
        whole.push_str(before);
        if inside.contains(".spectro.") {
            whole.push_str(&fill(inside.trim()));
        } else {
            whole.push_str(&format!("{{{{{inside}}}}}"));
        }
        rest = behind;
    }
    whole + rest
}

/// What Palette puts in for a macro where nobody changes a default.
pub fn default_of(profile: &Profile, revision: &str, inside: &str) -> String {
    if let Some(name) = inside.strip_prefix(".spectro.var.") {
        let variables = &profile.spec.variables;
        let variable = variables.iter().find(|variable| variable.name == name);
        let variable = variable.unwrap_or_else(|| panic!("`{name}` is declared"));
        return variable
            .default_value
            .clone()
            .unwrap_or_else(|| format!("typed-{name}"));
    }
    match inside {
        ".spectro.system.cluster.uid" => "6512345678901234567890ab".to_owned(),
        ".spectro.system.cluster.name" => "vmo".to_owned(),
        ".spectro.system.kubernetes.version | substr 0 4" => match revision {
            "1.7.0" => "1.32".to_owned(),
            _ => "1.34".to_owned(),
        },
        other => panic!("`{other}` is a macro that this test does not know"),
    }
}

/// How two readings differ, by path; numbers are equal if they have the same value.
pub fn differences(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
            for key in keys {
                let path = format!("{path}.{key}");
                match (ours.get(key), theirs.get(key)) {
                    (Some(ours), Some(theirs)) => differences(&path, ours, theirs, found),
                    (ours, theirs) => {
                        found.push(format!("{path}: meant {ours:?}, read {theirs:?}"))
                    }
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                differences(&format!("{path}[{index}]"), ours, theirs, found);
            }
        }
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => {}
        _ if ours == theirs => {}
        _ => found.push(format!("{path}: meant {ours}, read {theirs}")),
    }
}

pub fn with_label(mut object: Value) -> Value {
    object["metadata"]["labels"][LABEL.0] = json!(LABEL.1);
    object
}

//! Claims: what the RA says about its layers, each as something that can be looked up and compared.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::data::entries;
use super::{ProfileDefinition, Role};

/// One statement of the RA.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// Its id.
    pub id: String,
    /// The RA's section.
    pub section: String,
    /// What is said there, in our words.
    pub says: String,
    /// The profile it is about: that of the layer.
    pub profile: Role,
    /// The layer it is about, that of the section where it names no other; none for the profile itself.
    #[serde(default)]
    pub layer: Option<String>,
    #[serde(default)]
    values: Option<String>,
    #[serde(default)]
    manifest: Option<String>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    document: Option<usize>,
    #[serde(default)]
    pack: Option<String>,
    #[serde(default)]
    preset: Option<String>,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    command: Option<String>,
    #[serde(default)]
    variable: Option<String>,
    #[serde(default)]
    field: Option<String>,
    #[serde(default)]
    profile_field: Option<String>,
    #[serde(flatten)]
    test: Test,
    /// The erratum that lets the default output differ.
    #[serde(default)]
    pub erratum: Option<String>,
    #[serde(default)]
    instead: Option<Test>,
    /// Whether `--as-published` gives the printed form.
    #[serde(default = "yes")]
    pub published: bool,
}

/// What is expected, as a claim writes it.
#[derive(Clone, Debug, Deserialize)]
struct Test {
    #[serde(default)]
    equals: Option<Value>,
    #[serde(default)]
    contains: Option<String>,
    #[serde(default)]
    matches: Option<String>,
    #[serde(default)]
    present: Option<bool>,
    #[serde(default)]
    absent: Option<bool>,
    #[serde(default)]
    count: Option<usize>,
    /// Misspelt keys, of which there must be none.
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

fn yes() -> bool {
    true
}

/// Where a claim looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target<'c> {
    /// A path in the layer's values.
    Values(&'c str),
    /// A path in a document of a manifest.
    Manifest {
        /// The manifest's name.
        name: &'c str,
        /// The document's number, from 0.
        document: usize,
        /// The path; empty for the whole document.
        path: &'c str,
    },
    /// A field of the layer: `version`, `type`, `layer`, `name`, `registry`.
    Pack(&'c str),
    /// `Group:name` in the line of enabled presets.
    Preset(&'c str),
    /// The content of a file the layer puts on nodes.
    File(&'c str),
    /// The commands before (`pre`) or after (`post`) kubeadm, joined.
    Command(&'c str),
    /// A field of a variable.
    Variable {
        /// The variable's name.
        name: &'c str,
        /// The field in Palette's spelling.
        field: &'c str,
    },
    /// A field of the profile: `name`, `type`, `cloudType`, `version`, `layers`.
    Profile(&'c str),
}

/// What a claim expects there.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation<'c> {
    /// This value, with its type.
    Equals(&'c Value),
    /// This text inside a text, or this item in a list.
    Contains(&'c str),
    /// A text that this regular expression finds something in.
    Matches(&'c str),
    /// Anything.
    Present,
    /// Nothing.
    Absent,
    /// So many items.
    Count(usize),
}

impl fmt::Display for Expectation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expectation::Equals(value) => value.fmt(f),
            Expectation::Contains(text) => write!(f, "something with `{text}`"),
            Expectation::Matches(pattern) => write!(f, "something like `{pattern}`"),
            Expectation::Present => f.write_str("anything"),
            Expectation::Absent => f.write_str("nothing"),
            Expectation::Count(1) => f.write_str("1 item"),
            Expectation::Count(count) => write!(f, "{count} items"),
        }
    }
}

impl Claim {
    /// The claims of each section, as a file has them: about the layer of the section and the profile of the layer, where
    /// they name no others.
    pub(super) fn of_sections(
        sections: Map<String, Value>,
        profiles: &[ProfileDefinition],
    ) -> Result<Vec<Self>, String> {
        let mut claims = Vec::new();
        for (section, value) in sections {
            let Value::Object(mut of_section) = value else {
                return Err(format!("`{section}` is no map of claims"));
            };
            let mut layers = profiles.iter().flat_map(|profile| &profile.layers);
            let own = layers.find(|layer| layer.section == section);
            for claim in of_section.values_mut().filter_map(Value::as_object_mut) {
                claim.insert("section".to_owned(), section.as_str().into());
                if let Some(layer) = own {
                    let layer = || layer.pack.as_str().into();
                    claim.entry("layer").or_insert_with(layer);
                }
                let Some(named) = claim.get("layer") else {
                    continue;
                };
                let has = |profile: &&ProfileDefinition| {
                    profile.layers.iter().any(|layer| layer.pack == *named)
                };
                if let Some(profile) = profiles.iter().find(has) {
                    claim.insert("profile".to_owned(), profile.role.as_str().into());
                }
            }
            claims.extend(entries::<Self>(of_section)?);
        }
        Ok(claims)
    }

    /// Where it looks.
    ///
    /// # Errors
    /// The claim names no place, or more than one.
    pub fn target(&self) -> Result<Target<'_>, String> {
        let mut targets = Vec::new();
        targets.extend(self.values.as_deref().map(Target::Values));
        targets.extend(self.manifest.as_deref().map(|name| Target::Manifest {
            name,
            document: self.document.unwrap_or(0),
            path: self.path.as_deref().unwrap_or_default(),
        }));
        targets.extend(self.pack.as_deref().map(Target::Pack));
        targets.extend(self.preset.as_deref().map(Target::Preset));
        targets.extend(self.file.as_deref().map(Target::File));
        targets.extend(self.command.as_deref().map(Target::Command));
        targets.extend(self.variable.as_deref().map(|name| Target::Variable {
            name,
            field: self.field.as_deref().unwrap_or("name"),
        }));
        targets.extend(self.profile_field.as_deref().map(Target::Profile));
        match targets.len() {
            1 => Ok(targets.remove(0)),
            n => Err(format!(
                "the claim `{}` has {n} targets instead of one",
                self.id
            )),
        }
    }

    /// What the RA prints.
    ///
    /// # Errors
    /// The claim tests nothing, or more than one thing.
    pub fn printed(&self) -> Result<Expectation<'_>, String> {
        self.test.expectation(&self.id)
    }

    /// What our default output holds: what is printed, unless an erratum says otherwise.
    ///
    /// # Errors
    /// The claim tests nothing, or more than one thing.
    pub fn expected(&self) -> Result<Expectation<'_>, String> {
        self.instead
            .as_ref()
            .unwrap_or(&self.test)
            .expectation(&self.id)
    }
}

impl Test {
    fn expectation(&self, id: &str) -> Result<Expectation<'_>, String> {
        if let Some(unknown) = self.unknown.keys().next() {
            return Err(format!("the claim `{id}` has an unknown key `{unknown}`"));
        }
        let mut tests = Vec::new();
        tests.extend(self.equals.as_ref().map(Expectation::Equals));
        tests.extend(self.contains.as_deref().map(Expectation::Contains));
        tests.extend(self.matches.as_deref().map(Expectation::Matches));
        tests.extend(self.present.map(|_| Expectation::Present));
        tests.extend(self.absent.map(|_| Expectation::Absent));
        tests.extend(self.count.map(Expectation::Count));
        match tests.len() {
            1 => Ok(tests.remove(0)),
            n => Err(format!("the claim `{id}` has {n} tests instead of one")),
        }
    }
}

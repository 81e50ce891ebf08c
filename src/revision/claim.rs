//! Claims: what the RA says about its layers, each as something that can be looked up and compared.

use serde::Deserialize;
use serde_json::Value;

use super::Role;

/// One statement of the RA.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Claim {
    /// Its id.
    pub id: String,
    /// The RA's section.
    pub section: String,
    /// What is said there, in our words.
    pub says: String,
    /// The profile it is about.
    pub profile: Role,
    /// The layer it is about; none for the profile itself.
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
    /// The erratum that lets the default output differ.
    #[serde(default)]
    pub erratum: Option<String>,
    #[serde(default)]
    instead: Option<Instead>,
    /// Whether `--as-published` gives the printed form.
    #[serde(default = "yes")]
    pub published: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Instead {
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

impl Claim {
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
        expectation(
            &self.id,
            self.equals.as_ref(),
            self.contains.as_deref(),
            self.matches.as_deref(),
            self.present,
            self.absent,
            self.count,
        )
    }

    /// What our default output holds: what is printed, unless an erratum says otherwise.
    ///
    /// # Errors
    /// The claim tests nothing, or more than one thing.
    pub fn expected(&self) -> Result<Expectation<'_>, String> {
        match &self.instead {
            None => self.printed(),
            Some(instead) => expectation(
                &self.id,
                instead.equals.as_ref(),
                instead.contains.as_deref(),
                instead.matches.as_deref(),
                instead.present,
                instead.absent,
                instead.count,
            ),
        }
    }
}

fn expectation<'c>(
    id: &str,
    equals: Option<&'c Value>,
    contains: Option<&'c str>,
    matches: Option<&'c str>,
    present: Option<bool>,
    absent: Option<bool>,
    count: Option<usize>,
) -> Result<Expectation<'c>, String> {
    let mut tests = Vec::new();
    tests.extend(equals.map(Expectation::Equals));
    tests.extend(contains.map(Expectation::Contains));
    tests.extend(matches.map(Expectation::Matches));
    tests.extend(present.map(|_| Expectation::Present));
    tests.extend(absent.map(|_| Expectation::Absent));
    tests.extend(count.map(Expectation::Count));
    match tests.len() {
        1 => Ok(tests.remove(0)),
        n => Err(format!("the claim `{id}` has {n} tests instead of one")),
    }
}

//! Claims: the RA's statements about its layers, each as something that can be looked up and compared.

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
    /// The erratum that gives a second form beside the printed one.
    #[serde(default)]
    pub erratum: Option<String>,
    #[serde(default)]
    instead: Option<Fields>,
    #[serde(default)]
    given: Option<Fields>,
    #[serde(default)]
    unless: Option<Fields>,
    /// Other places in the layer's values that count instead of the claim's own, where they say something. A flag behind
    /// the path is one in the list that is there; `image NAME` is the version of an image that the values name.
    #[serde(default)]
    pub overridden_by: Vec<String>,
    /// Whether the setting counts even where a switch beside it is off.
    #[serde(default)]
    pub even_if_off: bool,
    /// Whether the setting may be missing, since the default has the same effect.
    #[serde(default)]
    pub optional: bool,
    /// Whether `--as-published` gives the printed form.
    #[serde(default = "yes")]
    pub published: bool,
    #[serde(flatten)]
    fields: Fields,
}

/// A place and a test, as a claim writes them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
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
    image: Option<String>,
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
    #[serde(default, rename = "as")]
    language: Option<Language>,
    #[serde(default)]
    at: Option<String>,
    #[serde(default)]
    equals: Option<Value>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    contains: Option<String>,
    #[serde(default)]
    lacks: Option<String>,
    #[serde(default)]
    matches: Option<String>,
    #[serde(default)]
    runs: Option<String>,
    #[serde(default)]
    when: Option<Vec<String>>,
    #[serde(default)]
    under: Option<Vec<String>>,
    #[serde(default)]
    then: Option<String>,
    #[serde(default)]
    reaches: Option<String>,
    #[serde(default)]
    present: Option<bool>,
    #[serde(default)]
    some: Option<bool>,
    #[serde(default)]
    absent: Option<bool>,
    #[serde(default)]
    count: Option<usize>,
    /// Misspelt keys; must be empty.
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

fn yes() -> bool {
    true
}

/// What a text inside a value is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// JSON.
    Json,
    /// YAML, cloud-init's user data among it.
    Yaml,
    /// XML.
    Xml,
}

/// A place, and what is expected there.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement<'c> {
    /// The place.
    pub target: Target<'c>,
    /// The language of the text that is there, where the claim is about something in it; a file of a node has the
    /// language that its path says.
    pub language: Option<Language>,
    /// The path in that text; empty for all of it.
    pub at: &'c str,
    /// What is expected.
    pub expectation: Expectation<'c>,
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
    /// The version of an image that the values name, by the end of its repository.
    Image(&'c str),
    /// What a file that the layer puts on nodes says.
    File(&'c str),
    /// What the commands before (`pre`) or after (`post`) kubeadm do.
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
    /// A scalar that is written like this, whatever its type.
    Text(&'c str),
    /// A list with this item.
    Contains(&'c str),
    /// A list without this item.
    Lacks(&'c str),
    /// A scalar whose text this regular expression matches as a whole.
    Matches(&'c str),
    /// A command.
    Runs {
        /// What its words match as a whole, with one blank between them.
        command: &'c str,
        /// The conditions that it is under, from the outermost.
        when: &'c [String],
        /// Whether any of them may be missing.
        may_lack: bool,
        /// What another command matches that comes behind it.
        before: Option<&'c str>,
        /// The disk that it has udev look at again: `path` or `map`.
        reaches: Option<&'c str>,
    },
    /// Anything.
    Present,
    /// A list, map or text that is not empty.
    Some,
    /// Nothing.
    Absent,
    /// The number of items.
    Count(usize),
}

impl fmt::Display for Expectation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expectation::Equals(value) => value.fmt(f),
            Expectation::Text(text) => f.write_str(text),
            Expectation::Contains(item) => write!(f, "a list with `{item}`"),
            Expectation::Lacks(item) => write!(f, "a list without `{item}`"),
            Expectation::Matches(pattern) => write!(f, "something like `{pattern}`"),
            Expectation::Runs {
                command,
                when,
                before,
                reaches,
                ..
            } => {
                write!(f, "a command like `{command}`")?;
                if !when.is_empty() {
                    write!(f, " where `{}`", when.join("`, `"))?;
                }
                if let Some(before) = before {
                    write!(f, " before one like `{before}`")?;
                }
                match reaches {
                    Some(disk) => write!(f, " that reaches each {disk} of the array"),
                    None => Ok(()),
                }
            }
            Expectation::Present => f.write_str("any value"),
            Expectation::Some => f.write_str("at least one item"),
            Expectation::Absent => f.write_str("nothing"),
            Expectation::Count(1) => f.write_str("1 item"),
            Expectation::Count(count) => write!(f, "{count} items"),
        }
    }
}

impl Claim {
    /// The claims of each section, as a file has them: about the layer of the section and the profile of the layer, where
    /// they name no others. `printed: KEY` stands for what the revision prints under that key.
    pub(super) fn of_sections<'r>(
        sections: Map<String, Value>,
        profiles: &[ProfileDefinition],
        printed: impl Fn(&str) -> Option<&'r str>,
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
                if let Some(key) = claim.shift_remove("printed") {
                    let text = key.as_str().and_then(&printed);
                    let text = text.ok_or_else(|| format!("nothing is printed under {key}"))?;
                    claim.insert("equals".to_owned(), text.into());
                }
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

    /// What the RA prints.
    ///
    /// # Errors
    /// The claim names no place and test, or more than one.
    pub fn printed(&self) -> Result<Statement<'_>, String> {
        self.named(self.fields.statement(&self.fields))
    }

    /// What its erratum puts in place of that; none without one.
    ///
    /// # Errors
    /// The claim names no place and test, or more than one.
    pub fn corrected(&self) -> Result<Option<Statement<'_>>, String> {
        let corrected = self.instead.as_ref();
        corrected
            .map(|instead| self.named(instead.statement(&self.fields)))
            .transpose()
    }

    /// What our default output holds: what is printed, unless an erratum says otherwise.
    ///
    /// # Errors
    /// The claim names no place and test, or more than one.
    pub fn expected(&self) -> Result<Statement<'_>, String> {
        self.corrected()?.map_or_else(|| self.printed(), Ok)
    }

    /// The condition for the claim to apply to a profile.
    ///
    /// # Errors
    /// The claim names no place and test, or more than one.
    pub fn given(&self) -> Result<Option<Statement<'_>>, String> {
        self.condition(self.given.as_ref())
    }

    /// The other choice that makes the claim void, if the RA leaves a choice open.
    ///
    /// # Errors
    /// The claim names no place and test, or more than one.
    pub fn unless(&self) -> Result<Option<Statement<'_>>, String> {
        self.condition(self.unless.as_ref())
    }

    fn condition<'c>(&self, fields: Option<&'c Fields>) -> Result<Option<Statement<'c>>, String> {
        fields
            .map(|fields| self.named(fields.statement(fields)))
            .transpose()
    }

    fn named<T>(&self, result: Result<T, String>) -> Result<T, String> {
        result.map_err(|reason| format!("the claim `{}` has {reason}", self.id))
    }
}

impl Fields {
    /// Its place, or that of `other` where it names none.
    fn statement<'c>(&'c self, other: &'c Self) -> Result<Statement<'c>, String> {
        if let Some(unknown) = self.unknown.keys().next() {
            return Err(format!("an unknown key `{unknown}`"));
        }
        let mut place = self;
        let mut targets = self.targets();
        if targets.is_empty() {
            place = other;
            targets = other.targets();
        }
        let mut tests = self.tests();
        match (targets.len(), tests.len()) {
            (1, 1) => Ok(Statement {
                target: targets.remove(0),
                language: place.language,
                at: place.at.as_deref().unwrap_or_default(),
                expectation: tests.remove(0),
            }),
            (1, n) => Err(format!("{n} tests instead of one")),
            (n, _) => Err(format!("{n} places instead of one")),
        }
    }

    fn targets(&self) -> Vec<Target<'_>> {
        let mut targets = Vec::new();
        targets.extend(self.values.as_deref().map(Target::Values));
        targets.extend(self.manifest.as_deref().map(|name| Target::Manifest {
            name,
            document: self.document.unwrap_or(0),
            path: self.path.as_deref().unwrap_or_default(),
        }));
        targets.extend(self.pack.as_deref().map(Target::Pack));
        targets.extend(self.preset.as_deref().map(Target::Preset));
        targets.extend(self.image.as_deref().map(Target::Image));
        targets.extend(self.file.as_deref().map(Target::File));
        targets.extend(self.command.as_deref().map(Target::Command));
        targets.extend(self.variable.as_deref().map(|name| Target::Variable {
            name,
            field: self.field.as_deref().unwrap_or("name"),
        }));
        targets.extend(self.profile_field.as_deref().map(Target::Profile));
        targets
    }

    fn tests(&self) -> Vec<Expectation<'_>> {
        let mut tests = Vec::new();
        tests.extend(self.equals.as_ref().map(Expectation::Equals));
        tests.extend(self.text.as_deref().map(Expectation::Text));
        tests.extend(self.contains.as_deref().map(Expectation::Contains));
        tests.extend(self.lacks.as_deref().map(Expectation::Lacks));
        tests.extend(self.matches.as_deref().map(Expectation::Matches));
        tests.extend(self.runs.as_deref().map(|command| {
            Expectation::Runs {
                command,
                when: self
                    .when
                    .as_ref()
                    .or(self.under.as_ref())
                    .map_or(&[], Vec::as_slice),
                may_lack: self.when.is_none(),
                before: self.then.as_deref(),
                reaches: self.reaches.as_deref(),
            }
        }));
        tests.extend(self.present.map(|_| Expectation::Present));
        tests.extend(self.some.map(|_| Expectation::Some));
        tests.extend(self.absent.map(|_| Expectation::Absent));
        tests.extend(self.count.map(Expectation::Count));
        tests
    }
}

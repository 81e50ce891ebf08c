//! Packs in Palette's own layout: pack.json, values.yaml, presets.yaml and schema.yaml in a folder.

mod dependency;
mod description;
mod library;
mod preset;
mod schema;
mod search;
mod shapes;
mod values;

use std::fmt;
use std::path::PathBuf;

pub use dependency::{Breach, Dependency, DependencyKind, Limit};
pub use description::Description;
pub use library::{Found, Library, Rival};
pub use preset::{Preset, PresetName};
pub use schema::{Format, Rule, Violation};
pub use shapes::Unplaced;
pub(crate) use values::{PRESETS_LINE, enabled_presets};
pub use values::{Values, compose};

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::{self, Limits};

/// Where a pack was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In this program.
    BuiltIn,
    /// In a folder the user named.
    Folder(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::BuiltIn => f.write_str("built-in"),
            Origin::Folder(folder) => folder.display().fmt(f),
        }
    }
}

/// A pack, ready to make values from.
#[derive(Clone, Debug)]
pub struct Pack {
    /// What pack.json says of it.
    pub description: Description,
    /// The whole values.yaml.
    pub values: Source,
    /// Its presets, in the order of the file.
    pub presets: Vec<Preset>,
    /// What it says of its values.
    pub schema: Vec<Rule>,
    /// Where it was found.
    pub origin: Origin,
}

impl Pack {
    /// The presets that its values were made with, from their first line.
    pub fn enabled_presets(&self) -> Vec<PresetName> {
        enabled_presets(self.values.text())
    }

    /// Its values as Kubernetes reads them.
    ///
    /// # Errors
    /// They are not YAML.
    pub fn values_as_read(&self) -> Result<Value, Vec<Diagnostic>> {
        yaml::to_json(&self.values, Limits::VALUES)
    }
}

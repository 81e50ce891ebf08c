//! Packs in Palette's own layout: pack.json, values.yaml, presets.yaml and schema.yaml in a folder.
//!
//! ```
//! use vmo_ra::pack::Library;
//! use vmo_ra::version::Wanted;
//!
//! let library = Library::built_in()?;
//! let found = library.choose("cni-cilium-oss", &Wanted::Newest)?;
//! assert_eq!(found.description.name, "cni-cilium-oss");
//! # Ok::<(), vmo_ra::diagnostic::Diagnostic>(())
//! ```

mod built_in;
mod counterpart;
mod dependency;
mod description;
pub mod import;
mod layout;
mod library;
mod preset;
mod remarks;
mod schema;
mod search;
mod shapes;
mod unknown;
mod values;

use std::fmt;
use std::path::PathBuf;

pub use counterpart::Counterpart;
pub use dependency::{Breach, Dependency, DependencyKind, Limit};
pub use description::{Description, Part};
pub use layout::{Layout, MovedSetting, layouts};
pub use library::{Found, Library, Rival};
pub use preset::{Preset, PresetName};
pub use remarks::{kept, remarks};
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

/// The texts of a pack's folder beside its pack.json.
#[derive(Clone, Debug)]
pub struct Texts {
    /// Its values.yaml.
    pub values: Source,
    /// Its presets.yaml, where it has one.
    pub presets: Option<Source>,
    /// Its schema.yaml, where it has one.
    pub schema: Option<Source>,
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
    /// Puts a pack together from the texts of its folder.
    ///
    /// # Errors
    /// Presets or a schema that cannot be read; all that is wrong with them.
    pub fn of_texts(
        description: Description,
        texts: Texts,
        origin: Origin,
    ) -> Result<Self, Vec<Diagnostic>> {
        let presets = texts.presets.as_ref().map_or(Ok(Vec::new()), preset::parse);
        let schema = texts.schema.as_ref().map_or(Ok(Vec::new()), schema::parse);
        match (presets, schema) {
            (Ok(presets), Ok(schema)) => Ok(Pack {
                description,
                values: texts.values,
                presets,
                schema,
                origin,
            }),
            (presets, schema) => {
                let problems = presets.err().into_iter().chain(schema.err());
                Err(problems.flatten().collect())
            }
        }
    }

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

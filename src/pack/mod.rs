//! Packs in Palette's own layout: pack.json, values.yaml and presets.yaml in a folder.

mod library;
mod preset;
mod values;

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

pub use library::Library;
pub use preset::{Preset, PresetName};
pub(crate) use values::enabled_presets;
pub use values::{Values, compose};

use crate::diagnostic::Source;

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
    /// Where it was found.
    pub origin: Origin,
}

/// The fields of pack.json that are needed here; the file may hold more.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// The pack's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its layer: `os`, `k8s`, `cni`, `csi` or `addon`.
    pub layer: String,
    /// What Palette calls it.
    #[serde(default)]
    pub display_name: String,
    /// The group in front of its version in tags, such as `LTS`.
    #[serde(default)]
    pub group: Option<String>,
}

//! Makes folders of packs from an archive of a registry, an answer of Palette's API, or a profile.
//!
//! Parts that a source lacks are marked in the pack's annotations, which Palette ignores: [`Part`].

mod answer;
mod archive;
mod profile;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::description::{Description, Part, UNKNOWN};
use crate::diagnostic::{Code, Diagnostic, Source};

/// A pack that was made from a source, as the files of its folder.
#[derive(Debug)]
pub struct ImportedPack {
    /// What its pack.json says.
    pub description: Description,
    /// Its files by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// What a source held.
#[derive(Debug, Default)]
pub struct Imported {
    /// Its packs.
    pub packs: Vec<ImportedPack>,
    /// What is to be said of it.
    pub remarks: Vec<Diagnostic>,
}

pub use profile::of_profile;

/// The packs of an archive or of an answer; none where the bytes are neither, so that they may be a profile.
///
/// # Errors
/// Everything that is wrong with the archive or the answer.
pub fn of_bytes(name: &str, bytes: &[u8]) -> Result<Option<Imported>, Vec<Diagnostic>> {
    if archive::is_archive(bytes) {
        return archive::packs(name, bytes).map(Some);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(Diagnostic::error(format!(
            "`{name}` is neither an archive (tar, or tar.gz) nor a text"
        ))
        .code(Code::WrongKind)
        .help(SOURCES)
        .into());
    };
    answer::packs(&Source::new(name, text))
}

/// What a pack can be imported from.
const SOURCES: &str = "give a pack's archive as `oras pull` leaves it, what `GET /v1/packs/UID` of Palette's API answers, or a profile \
                       as Palette exports it";

impl ImportedPack {
    /// A pack of these files.
    ///
    /// # Errors
    /// Its pack.json is wrong, or says a name or a version that no folder can have.
    fn new(source: &Source, files: BTreeMap<String, Vec<u8>>) -> Result<Self, Diagnostic> {
        let description = Description::parse(source)?;
        for text in [&description.name, &description.version] {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
            if !text.chars().all(is_plain) || text.starts_with('.') {
                return Err(Diagnostic::error(format!(
                    "a pack's folder cannot be named after `{text}`"
                ))
                .code(Code::BrokenPack)
                .because(format!("in {}", source.name()))
                .help("names and versions hold letters, digits, dots, dashes, underscores and plus signs"));
            }
        }
        Ok(ImportedPack { description, files })
    }

    /// A pack of which no pack.json is at hand; `known` is what it would say.
    fn made(
        name: &str,
        mut known: Map<String, Value>,
        unknown: &[Part],
        texts: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Self, Diagnostic> {
        let unknown: Vec<&str> = unknown.iter().map(|part| part.as_str()).collect();
        let annotations = known.entry("annotations").or_insert_with(|| json!({}));
        if let Value::Object(annotations) = annotations {
            annotations.insert(UNKNOWN.to_owned(), unknown.join(", ").into());
        }
        known.sort_keys();
        // A tree of texts always has a JSON form.
        let text = serde_json::to_string_pretty(&known).unwrap_or_default() + "\n";
        let mut files: BTreeMap<String, Vec<u8>> = texts
            .into_iter()
            .map(|(file, text)| (file.to_owned(), text.into_bytes()))
            .collect();
        files.insert(
            super::built_in::DESCRIPTION.to_owned(),
            text.clone().into_bytes(),
        );
        Self::new(&Source::new(name, text), files)
    }

    /// What its folder is called.
    pub fn folder(&self) -> String {
        format!("{}-{}", self.description.name, self.description.version)
    }
}

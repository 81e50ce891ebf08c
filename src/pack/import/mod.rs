//! Makes folders of packs from an archive of a registry, an answer of Palette's API, or a profile.
//!
//! Parts that a source lacks are marked in the pack's annotations, which Palette ignores: [`Part`].

mod answer;
mod archive;
mod profile;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::description::{Description, Part, UNKNOWN};
use super::{Origin, Pack, Texts};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::secret;
use crate::yaml::{self, Limits};

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

/// The packs of an archive or of an answer, or none if the bytes are neither, so that they may be a profile.
///
/// # Errors
/// Everything that is wrong with the archive or the answer.
pub fn of_bytes(name: &str, bytes: &[u8]) -> Result<Option<Imported>, Vec<Diagnostic>> {
    let imported = if archive::is_archive(bytes) {
        Some(archive::packs(name, bytes)?)
    } else if let Some(what) = archive::other_archive(bytes) {
        return Err(Diagnostic::error(format!("`{name}` is {what}"))
            .code(Code::WrongKind)
            .help("unpack it: a folder with a pack.json is named with `--packs DIR`, and a tar is imported")
            .into());
    } else if let Ok(text) = std::str::from_utf8(bytes) {
        answer::packs(&Source::new(name, text.trim_start_matches('\u{feff}')))?
    } else {
        return Err(Diagnostic::error(format!(
            "`{name}` is neither an archive (tar, or tar.gz) nor a text"
        ))
        .code(Code::WrongKind)
        .help(SOURCES)
        .into());
    };
    Ok(imported.map(|imported| imported.with_remarks(name)))
}

/// What a pack can be imported from.
pub const SOURCES: &str = "give a pack's archive as `oras pull` leaves it, what `GET /v1/packs/UID` of Palette's API answers, or a profile \
                       as Palette exports it";

impl Imported {
    /// The same, with what is wrong with the texts of its packs.
    fn with_remarks(mut self, source: &str) -> Self {
        let remarks: Vec<Diagnostic> = self
            .packs
            .iter()
            .flat_map(|pack| pack.mistakes(source))
            .collect();
        self.remarks.extend(remarks);
        self
    }
}

impl ImportedPack {
    /// Problems that make its texts unusable; they are kept, since the source has them.
    fn mistakes(&self, source: &str) -> Vec<Diagnostic> {
        let Description { name, version, .. } = &self.description;
        let text = |file: &str| {
            let text = String::from_utf8_lossy(self.files.get(file)?);
            Some(secret::source(format!("{source}: {file} of {name}"), text))
        };
        let Some(values) = text("values.yaml") else {
            return Vec::new();
        };
        let of_values = yaml::to_json(&values, Limits::VALUES).err();
        let texts = Texts {
            values,
            presets: text("presets.yaml"),
            schema: text("schema.yaml"),
        };
        let of_texts = Pack::of_texts(self.description.clone(), texts, Origin::BuiltIn).err();
        let mistakes = of_values.into_iter().chain(of_texts).flatten();
        let told = |mistake: Diagnostic| {
            mistake
                .because(format!(
                    "`{name}` {version} is imported as it is, but no layer can use it"
                ))
                .into_warning()
        };
        mistakes.map(told).collect()
    }

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
                .help("names and versions may have letters, digits, dots, dashes, underscores and plus signs"));
            }
        }
        Ok(ImportedPack { description, files })
    }

    /// A pack of which no pack.json is available; `known` is what it would say.
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
        // The text was generated, so its lines mean nothing.
        Self::new(&Source::new(name, text), files).map_err(|problem| {
            let told = Diagnostic::error(problem.message())
                .code(problem.kind())
                .because(format!("in {name}"));
            problem.ways_out().into_iter().fold(told, Diagnostic::help)
        })
    }

    /// What its folder is called.
    pub fn folder(&self) -> String {
        format!("{}-{}", self.description.name, self.description.version)
    }
}

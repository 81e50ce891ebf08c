//! Takes a profile apart into the files of a folder.

use std::collections::BTreeMap;
use std::mem;

use serde_json::Value;

use super::join::join;
use super::names::distinct;
use super::{ATTRIBUTES, PROFILE, each_text};
use crate::diagnostic::{Diagnostic, Source};
use crate::disk::Entry;
use crate::profile::{Document, to_palette_json};
use crate::yaml;
use crate::yaml::Step;

/// A profile as files.
#[derive(Debug)]
pub struct Split {
    /// The files by their path below the folder, with `/` between parts.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The profile in Palette's bytes, which joining the files gives.
    pub palette: Vec<u8>,
}

/// Takes a profile apart.
///
/// # Errors
/// Joining the files would not give the same profile again, which is a mistake of this program.
pub fn split(document: Document) -> Result<Split, Diagnostic> {
    let broken = |reason: String| {
        Diagnostic::error("this profile cannot be split and joined without a change")
            .because(reason)
            .help("this is a bug in vmo-ra; please report it")
    };
    let mut profile = document.into_value();
    let palette = to_palette_json(&profile).map_err(|error| broken(error.to_string()))?;
    let paths = paths(&profile);
    let mut files = BTreeMap::new();
    each_text(&mut profile, |at, text| {
        if let Some(path) = paths.path(at) {
            let text = mem::replace(text, path.clone());
            files.insert(path, text.into_bytes());
        }
    });
    files.insert(PROFILE.to_owned(), yaml::from_json(&profile).into_bytes());
    files.insert(ATTRIBUTES.0.to_owned(), ATTRIBUTES.1.into());
    drop(profile);
    let joined = joined(&files).map_err(broken)?;
    if joined == palette {
        Ok(Split { files, palette })
    } else {
        Err(broken("the bytes differ".to_owned()))
    }
}

/// What joining these files gives, in Palette's bytes.
fn joined(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, String> {
    let text = |path: &str| {
        let bytes = files.get(path).map(Vec::as_slice).unwrap_or_default();
        String::from_utf8(bytes.to_vec()).map_err(|error| Diagnostic::error(error.to_string()))
    };
    let said = |problem: &Diagnostic| problem.message().to_owned();
    let profile = Source::new(PROFILE, text(PROFILE).map_err(|problem| said(&problem))?);
    let entries = files
        .keys()
        .map(|path| (path.clone(), Entry::File))
        .collect();
    let value = join(&profile, &entries, text)
        .map_err(|problems| problems.iter().map(said).collect::<Vec<_>>().join("; "))?;
    to_palette_json(&value).map_err(|error| error.to_string())
}

/// The folder of each layer, and the files of its manifests.
struct Paths(Vec<(String, Vec<String>)>);

/// Chooses the paths of all texts, also of those that are empty now: filling one in renames no other.
fn paths(profile: &Value) -> Paths {
    fn names(list: Option<&Value>) -> Vec<&str> {
        let items = list.and_then(Value::as_array).into_iter().flatten();
        items
            .map(|item| item.get("name").and_then(Value::as_str).unwrap_or_default())
            .collect()
    }
    let packs = profile.pointer("/spec/template/packs");
    let folders = distinct(&names(packs), &[PROFILE, "readme.md"], "layer");
    let packs = packs.and_then(Value::as_array).into_iter().flatten();
    let paths = folders.into_iter().zip(packs).map(|(folder, layer)| {
        let manifests = names(layer.get("manifests"));
        (folder, distinct(&manifests, &["values"], "manifest"))
    });
    Paths(paths.collect())
}

impl Paths {
    /// The path of the file for the text at this place in the tree.
    fn path(&self, at: &[Step]) -> Option<String> {
        let numbers: Vec<usize> = at
            .iter()
            .filter_map(|step| match step {
                Step::Index(index) => Some(*index),
                _ => None,
            })
            .collect();
        let (folder, manifests) = self.0.get(*numbers.first()?)?;
        let file = match numbers.get(1) {
            None => "values",
            Some(manifest) => manifests.get(*manifest)?,
        };
        Some(format!("{folder}/{file}.yaml"))
    }
}

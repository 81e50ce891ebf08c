//! A profile as a folder for people and git: `profile.yaml`, and a file for each text of values and each manifest.
//!
//! In `profile.yaml` a layer's `values` and a manifest's `content` hold the path of a file in place of the text. Its
//! layers keep their order, so no file's name has to say it. Nothing here touches a disk.
//!
//! ```
//! use vmo_ra::diagnostic::Source;
//! use vmo_ra::profile::Document;
//! use vmo_ra::profile::folder::split;
//!
//! # fn main() -> Result<(), Vec<vmo_ra::diagnostic::Diagnostic>> {
//! let export = r#"{"metadata":{"name":"core"},"spec":{"version":"1.0.0","template":{"type":"add-on","packs":[{"name":"metallb","type":"oci","values":"a: 1\n"}]}}}"#;
//! let parts = split(Document::read(&Source::new("core.json", export))?)?;
//! assert_eq!(parts.files["metallb/values.yaml"], b"a: 1\n");
//! # Ok(())
//! # }
//! ```

mod check;
mod join;
mod names;
mod split;

use std::collections::BTreeSet;

use serde_json::Value;

pub use check::yaml_problem;
pub use join::join;
pub use names::file_name;
pub use split::{Split, split};

use super::document;
use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::Step;

/// File names for names of others: one for each, no two the same on a disk that ignores case; `nameless` for one without a
/// usable character.
pub fn distinct_names(names: &[&str], nameless: &str) -> Vec<String> {
    names::distinct(names, &[], nameless)
}

/// The file that holds all of a profile but its texts.
pub const PROFILE: &str = "profile.yaml";

/// What keeps git from changing line ends.
const ATTRIBUTES: (&str, &str) = (".gitattributes", "* -text\n");

/// Whether a file of a split folder is ignored: hidden files, files in hidden folders, and READMEs.
pub fn is_aside(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.'))
        || path.rsplit('/').next() == Some("README.md")
}

/// The files that a folder's `profile.yaml` names, itself among them.
///
/// # Errors
/// It is not YAML.
pub fn named_files(profile: &Source) -> Result<BTreeSet<String>, Vec<Diagnostic>> {
    let mut value = document::read_yaml(profile)?.value;
    let mut named = BTreeSet::from([PROFILE.to_owned()]);
    each_text(&mut value, |_, text| {
        if join::check_path(text).is_ok() {
            named.insert(std::mem::take(text));
        }
    });
    Ok(named)
}

/// Goes over the texts of a profile that have files of their own, with the path to each in the tree: values and contents
/// that are texts and not empty.
fn each_text(profile: &mut Value, mut text: impl FnMut(&[Step], &mut String)) {
    let layers = profile
        .pointer_mut("/spec/template/packs")
        .and_then(Value::as_array_mut);
    for (layer, index) in layers.into_iter().flatten().zip(0..) {
        let key = |key: &str| Step::Key(key.to_owned());
        let mut path = vec![
            key("spec"),
            key("template"),
            key("packs"),
            Step::Index(index),
        ];
        if let Some(Value::String(values)) = layer.get_mut("values")
            && !values.is_empty()
        {
            path.push(key("values"));
            text(&path, values);
            path.pop();
        }
        let manifests = layer.get_mut("manifests").and_then(Value::as_array_mut);
        for (manifest, index) in manifests.into_iter().flatten().zip(0..) {
            if let Some(Value::String(content)) = manifest.get_mut("content")
                && !content.is_empty()
            {
                let within = [key("manifests"), Step::Index(index), key("content")];
                let whole: Vec<Step> = path.iter().cloned().chain(within).collect();
                text(&whole, content);
            }
        }
    }
}

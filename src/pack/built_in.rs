//! The packs of this program, of which one may be an older one with a few words replaced.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::diagnostic::Diagnostic;
use crate::revision::{Revisions, broken, lay_over};
use crate::version::Version;

pub(super) const DESCRIPTION: &str = "pack.json";

/// What a pack.json of ours says beside Palette's own keys.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inheritance {
    /// The older version whose files stand for those that the folder lacks.
    based_on: Option<String>,
    /// Words of those files, and what stands there instead.
    #[serde(default)]
    replace: Map<String, Value>,
    /// Palette's own keys.
    #[serde(flatten)]
    own: Map<String, Value>,
}

/// The folders of all packs, below `profiles/`.
pub(super) fn folders(revisions: &Revisions) -> impl Iterator<Item = &str> {
    revisions
        .below("packs/")
        .filter_map(|path| path.strip_suffix(DESCRIPTION)?.strip_suffix('/'))
}

/// The text of a file in the folder of a pack, or in that of the pack it is based on.
///
/// # Errors
/// The data is broken: a mistake in this crate.
pub(super) fn text<'r>(
    revisions: &'r Revisions,
    folder: &str,
    name: &str,
) -> Result<Option<Cow<'r, str>>, Diagnostic> {
    let own = revisions.text(&format!("{folder}/{name}"));
    if own.is_some() && name != DESCRIPTION {
        return Ok(own.map(Cow::Borrowed));
    }
    let broken = |reason: String| broken(&format!("{folder}/{DESCRIPTION}"), &reason);
    let description = revisions
        .text(&format!("{folder}/{DESCRIPTION}"))
        .unwrap_or_default();
    let Inheritance {
        based_on,
        replace,
        own: changes,
    } = serde_json::from_str(description).map_err(|error| broken(error.to_string()))?;
    let Some(base) = based_on else {
        return Ok(own.map(Cow::Borrowed));
    };
    // What a pack is based on is older, and so none is based on itself.
    let base_folder = folder
        .rsplit_once('/')
        .filter(|(_, version)| Version::parse(&base) < Version::parse(version))
        .map(|(packs, _)| format!("{packs}/{base}"))
        .ok_or_else(|| {
            broken(format!(
                "it is based on `{base}`, which is no older version"
            ))
        })?;
    let Some(inherited) = text(revisions, &base_folder, name)? else {
        return Ok(None);
    };
    let mut inherited = inherited.into_owned();
    for (word, other) in &replace {
        inherited = inherited.replace(word, other.as_str().unwrap_or_default());
    }
    if name == DESCRIPTION {
        let mut tree =
            serde_json::from_str(&inherited).map_err(|error| broken(error.to_string()))?;
        lay_over(&mut tree, changes).map_err(broken)?;
        inherited = Value::Object(tree).to_string();
    }
    Ok(Some(Cow::Owned(inherited)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_an_older_one_with_words_replaced() {
        let files = [
            (
                "1.2.0/pack.json",
                r#"{"name":"p","version":"1.2.0","layer":"cni"}"#,
            ),
            ("1.2.0/values.yaml", "image: p:1.2.0 # our own\n"),
            ("1.2.0/presets.yaml", "presets: []\n"),
            (
                "1.10.0/pack.json",
                r#"{"basedOn":"1.2.0","version":"1.10.0","replace":{"1.2.0":"1.10.0"}}"#,
            ),
            (
                "1.11.0/pack.json",
                r#"{"basedOn":"1.10.0","version":"1.11.0","replace":{"p:1.10.0":"q:1.11.0"}}"#,
            ),
            ("1.11.0/presets.yaml", "# none\n"),
            (
                "1.12.0/pack.json",
                r#"{"basedOn":"1.13.0","version":"1.12.0"}"#,
            ),
            (
                "1.13.0/pack.json",
                r#"{"basedOn":"1.12.0","version":"1.13.0"}"#,
            ),
        ];
        let revisions = Revisions::built_in()
            .with(files.map(|(path, text)| (format!("packs/p/{path}"), text.to_owned())));
        let text = |version: &str, name: &str| {
            let text = text(&revisions, &format!("packs/p/{version}"), name).unwrap();
            text.map(Cow::into_owned)
        };
        for (version, name, wanted) in [
            ("1.10.0", "values.yaml", Some("image: p:1.10.0 # our own\n")),
            ("1.11.0", "values.yaml", Some("image: q:1.11.0 # our own\n")),
            ("1.11.0", "presets.yaml", Some("# none\n")),
            ("1.11.0", "schema.yaml", None),
            (
                "1.11.0",
                "pack.json",
                Some(r#"{"name":"p","version":"1.11.0","layer":"cni"}"#),
            ),
        ] {
            assert_eq!(text(version, name).as_deref(), wanted, "{version} {name}");
        }
        super::text(&revisions, "packs/p/1.12.0", "values.yaml").expect_err("a newer base");
    }

    #[test]
    fn every_word_that_is_replaced_is_there() {
        let revisions = Revisions::built_in();
        for folder in folders(revisions) {
            let description = revisions.text(&format!("{folder}/{DESCRIPTION}")).unwrap();
            let Inheritance {
                based_on, replace, ..
            } = serde_json::from_str(description).unwrap();
            let Some(base) = based_on else { continue };
            let packs = folder.rsplit_once('/').unwrap().0;
            let inherited: Vec<_> = [DESCRIPTION, "values.yaml", "presets.yaml"]
                .into_iter()
                .filter(|name| {
                    *name == DESCRIPTION || revisions.text(&format!("{folder}/{name}")).is_none()
                })
                .filter_map(|name| text(revisions, &format!("{packs}/{base}"), name).unwrap())
                .collect();
            for word in replace.keys() {
                assert!(
                    inherited.iter().any(|text| text.contains(word)),
                    "{folder}: {word}"
                );
            }
        }
    }
}

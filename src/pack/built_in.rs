//! The packs of this program. One may be an older one with a few words replaced.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::diagnostic::Diagnostic;
use crate::revision::{Revisions, broken, lay_over};
use crate::version::Version;

pub(super) const DESCRIPTION: &str = "pack.json";

/// A pack that comes with revisions.
#[derive(Clone, Debug)]
pub(super) struct BuiltIn {
    revisions: Revisions,
    /// Its folder, below `profiles/`.
    folder: String,
    base: Option<Base>,
}

/// The older version whose files stand for those that a folder lacks.
#[derive(Clone, Debug)]
struct Base {
    pack: Box<BuiltIn>,
    /// Words of its files, and their replacements.
    replace: Map<String, Value>,
}

/// The folders of all packs, below `profiles/`.
pub(super) fn folders(revisions: &Revisions) -> impl Iterator<Item = &str> {
    revisions
        .below("packs/")
        .filter_map(|path| path.strip_suffix(DESCRIPTION)?.strip_suffix('/'))
}

impl BuiltIn {
    /// The pack of a folder, with what its pack.json says and inherits.
    ///
    /// # Errors
    /// The data is broken: a mistake in this crate.
    pub(super) fn read(
        revisions: &Revisions,
        folder: &str,
    ) -> Result<(Self, Map<String, Value>), Diagnostic> {
        let path = format!("{folder}/{DESCRIPTION}");
        let broken = |reason: String| broken(&path, &reason);
        let mut description: Map<String, Value> = revisions.data(&path)?;
        let version = description.shift_remove("basedOn");
        let replace = description.shift_remove("replace");
        let base = match version {
            None => None,
            Some(version) => {
                let base = older(folder, &version).ok_or_else(|| {
                    broken(format!(
                        "it is based on {version}, which is not an older version"
                    ))
                })?;
                let (pack, mut inherited) = Self::read(revisions, &base)?;
                // Facts about one version do not hold for another.
                inherited.shift_remove("differsFromVendor");
                let base = Base {
                    pack: Box::new(pack),
                    replace: match replace {
                        Some(Value::Object(words)) => words,
                        _ => Map::new(),
                    },
                };
                let inherited = base.replaced(&Value::Object(inherited).to_string());
                let mut tree =
                    serde_json::from_str(&inherited).map_err(|error| broken(error.to_string()))?;
                lay_over(&mut tree, description).map_err(broken)?;
                description = tree;
                Some(base)
            }
        };
        let pack = BuiltIn {
            revisions: revisions.clone(),
            folder: folder.to_owned(),
            base,
        };
        Ok((pack, description))
    }

    /// Its folder, below `profiles/`.
    pub(super) fn folder(&self) -> &str {
        &self.folder
    }

    /// The text of a file beside its pack.json, or of that of the pack it is based on.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        match (
            self.revisions.text(&format!("{}/{name}", self.folder)),
            &self.base,
        ) {
            (None, Some(base)) => Some(Cow::Owned(base.replaced(&base.pack.text(name)?))),
            (own, _) => own.map(Cow::Borrowed),
        }
    }
}

impl Base {
    fn replaced(&self, text: &str) -> String {
        self.replace
            .iter()
            .fold(text.to_owned(), |text, (word, other)| {
                text.replace(word, other.as_str().unwrap_or_default())
            })
    }
}

/// The folder of another version, or none if it is not older, so that no pack is based on itself.
fn older(folder: &str, version: &Value) -> Option<String> {
    let (packs, own) = folder.rsplit_once('/')?;
    let version = version.as_str()?;
    (Version::parse(version) < Version::parse(own)).then(|| format!("{packs}/{version}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::pack::preset::parse;

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
        let read = |version: &str| BuiltIn::read(&revisions, &format!("packs/p/{version}"));
        let text = |version: &str, name: &str| {
            let (pack, description) = read(version).unwrap();
            match name {
                DESCRIPTION => Some(Value::Object(description).to_string()),
                _ => pack.text(name).map(Cow::into_owned),
            }
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
        read("1.12.0").expect_err("a newer base");
    }

    #[test]
    fn every_word_that_is_replaced_is_there() {
        let revisions = &Revisions::as_written();
        for folder in folders(revisions) {
            let (pack, _) = BuiltIn::read(revisions, folder).unwrap();
            let Some(base) = &pack.base else { continue };
            let (_, description) = BuiltIn::read(revisions, base.pack.folder()).unwrap();
            let mut inherited = vec![Cow::Owned(Value::Object(description).to_string())];
            for name in ["values.yaml", "presets.yaml"] {
                if revisions.text(&format!("{folder}/{name}")).is_none() {
                    inherited.extend(base.pack.text(name));
                }
            }
            for word in base.replace.keys() {
                assert!(
                    inherited.iter().any(|text| text.contains(word)),
                    "{folder}: {word}"
                );
            }
        }
    }

    #[test]
    fn presets_that_were_compiled_in_are_what_would_be_read_now() {
        let presets = |revisions: &Revisions, folder: &str| {
            let (pack, _) = BuiltIn::read(revisions, folder).unwrap();
            pack.text("presets.yaml")
                .map(|text| parse(&Source::new("", text)).unwrap())
        };
        let mut count = 0;
        for folder in folders(Revisions::built_in()) {
            let now = presets(&Revisions::as_written(), folder);
            let mut compiled = presets(Revisions::built_in(), folder);
            for preset in compiled.iter_mut().flatten() {
                let added = preset.added.take().unwrap_or_default();
                assert_eq!(added.to_string(), preset.added().unwrap().to_string());
                count += usize::from(!added.is_null());
            }
            assert_eq!(format!("{compiled:?}"), format!("{now:?}"), "{folder}");
        }
        assert!(count > 50, "{count}");
    }
}

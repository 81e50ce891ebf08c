//! The files of `profiles/`, as `build.rs` compiles them in, and how a revision is combined from its base and its own
//! changes.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, LazyLock};
#[cfg(test)]
use std::{fs, path::Path};

use include_dir::{Dir, include_dir};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::Revision;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::version::Version;
use crate::yaml::{self, Limits};

static PROFILES: Dir<'_> = include_dir!("$OUT_DIR/profiles");

/// The revision's own file, without which a folder is not a revision.
const FILE: &str = "revision.yaml";
/// The key that names the base of a revision.
const BASE: &str = "basedOn";
/// The key of an entry that names the entry after it.
const BEFORE: &str = "before";

/// A file of a revision.
type Tree = Map<String, Value>;

/// All revisions, with the packs and tables they use: the files of `profiles/`.
#[derive(Clone, Debug)]
pub struct Revisions {
    /// By their paths below `profiles/`.
    files: Arc<BTreeMap<String, Cow<'static, str>>>,
}

impl Revisions {
    /// Those of this program.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Revisions> = LazyLock::new(|| {
            let mut files = BTreeMap::new();
            collect(&PROFILES, &mut files);
            Revisions {
                files: Arc::new(files),
            }
        });
        &BUILT_IN
    }

    /// These with other files, which are named by their paths below `profiles/`, in place of theirs or beside them: a
    /// revision that is tried out. Built-in presets are JSON by then, in which a pack can replace words of one line.
    #[must_use]
    pub fn with(&self, files: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all = BTreeMap::clone(&self.files);
        all.extend(
            files
                .into_iter()
                .map(|(path, text)| (path, Cow::Owned(text))),
        );
        Revisions {
            files: Arc::new(all),
        }
    }

    /// The names of all revisions, oldest first; pages that have a name of their own are older than all versions.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .files
            .keys()
            .filter_map(|path| path.strip_suffix(FILE)?.strip_suffix('/'))
            .filter(|name| !name.contains('/'))
            .collect();
        names.sort_by_key(|name| Version::parse(name));
        names
    }

    /// The revision that is rendered where none is named.
    pub fn newest(&self) -> &str {
        self.names().pop().unwrap_or_default()
    }

    /// Reads a revision.
    ///
    /// # Errors
    /// There is no revision of that name.
    pub fn load(&self, name: &str) -> Result<Revision, Diagnostic> {
        let names = self.names();
        if !names.contains(&name) {
            let listed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let mut problem = Diagnostic::error(format!("there is no revision `{name}`"))
                .code(Code::UnknownName)
                .help(format!("revisions: {}", listed.join(", ")));
            problem = problem.did_you_mean(name, names);
            return Err(problem);
        }
        let lineage = self.lineage(name)?;
        let mut tree = Map::from_iter([("revision".to_owned(), Value::from(name))]);
        for (name, changes) in &lineage {
            lay_over(&mut tree, changes.clone())
                .map_err(|reason| broken(&format!("{name}/{FILE}"), &reason))?;
        }
        let lineage = lineage.into_iter().map(|(name, _)| name).collect();
        Revision::new(self.clone(), lineage, tree)
            .map_err(|reason| broken(&format!("{name}/{FILE}"), &reason))
    }

    /// What a revision says itself, and what those say that it is based on; the first of them in front.
    fn lineage(&self, name: &str) -> Result<VecDeque<(String, Tree)>, Diagnostic> {
        let mut lineage = VecDeque::new();
        let mut next = Some(name.to_owned());
        while let Some(name) = next {
            let path = format!("{name}/{FILE}");
            let mut changes: Tree = self.data(&path)?;
            next = match changes.shift_remove(BASE) {
                None => None,
                // So that no revision is based on itself.
                Some(base) => {
                    let names = self.names();
                    let mut older = names.iter().take_while(|other| **other != name);
                    let found = older.find(|other| Some(**other) == base.as_str());
                    let reason =
                        || format!("it is based on {base}, which is not an older revision");
                    Some((*found.ok_or_else(|| broken(&path, &reason()))?).to_owned())
                }
            };
            lineage.push_front((name, changes));
        }
        Ok(lineage)
    }

    /// One of the files of a revision, with what it inherits, or empty if none of its lineage has it.
    pub(super) fn resolved(&self, lineage: &[String], file: &str) -> Result<Tree, Diagnostic> {
        let mut tree = Map::new();
        for name in lineage {
            let path = format!("{name}/{file}.yaml");
            if self.files.contains_key(&path) {
                let mut changes: Tree = self.data(&path)?;
                changes.shift_remove(BASE);
                lay_over(&mut tree, changes).map_err(|reason| broken(&path, &reason))?;
            }
        }
        Ok(tree)
    }

    /// Reads one of the files.
    ///
    /// # Errors
    /// It is missing or broken: a mistake in this crate.
    pub(crate) fn data<T: DeserializeOwned>(&self, path: &str) -> Result<T, Diagnostic> {
        let text = self
            .text(path)
            .ok_or_else(|| broken(path, "it is missing"))?;
        // What is built in is JSON by now; what is tried out is still YAML.
        if let Ok(data) = serde_json::from_str(text) {
            return Ok(data);
        }
        let value = yaml::to_json(&Source::new(path, text), Limits::INPUT).map_err(|problems| {
            let problems: Vec<String> = problems.iter().map(Diagnostic::to_string).collect();
            broken(path, &problems.join(" "))
        })?;
        serde_json::from_value(value).map_err(|error| broken(path, &error.to_string()))
    }

    /// The text of one of the files.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(Cow::as_ref)
    }

    /// The paths of the files in a folder and below it, in order.
    pub(crate) fn below(&self, folder: &str) -> impl Iterator<Item = &str> {
        self.files
            .keys()
            .map(String::as_str)
            .filter(move |path| path.starts_with(folder))
    }
}

fn collect(dir: &Dir<'static>, files: &mut BTreeMap<String, Cow<'static, str>>) {
    for file in dir.files() {
        if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
            files.insert(path.replace('\\', "/"), Cow::Borrowed(text));
        }
    }
    for dir in dir.dirs() {
        collect(dir, files);
    }
}

pub(crate) fn broken(path: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(format!(
        "the built-in file `profiles/{path}` is broken: {reason}"
    ))
    .code(Code::Internal)
}

/// Reads one of this program's own files, by its path below `profiles/`.
///
/// # Errors
/// The data is broken: a mistake in this crate.
pub(crate) fn data<T: DeserializeOwned>(path: &str) -> Result<T, Diagnostic> {
    Revisions::built_in().data(path)
}

/// Merges a revision into its base: maps merge, everything else replaces, null removes. An entry keeps its place, and a new
/// one comes last, unless its `before` names the entry that follows it.
pub(crate) fn lay_over(base: &mut Tree, changes: Tree) -> Result<(), String> {
    for (key, mut value) in changes {
        let before = value
            .as_object_mut()
            .and_then(|map| map.shift_remove(BEFORE));
        match value {
            Value::Null => {
                if base.shift_remove(&key).is_none() {
                    return Err(format!("`{key}` is taken away, and is not there"));
                }
            }
            Value::Object(changes) => {
                let slot = base
                    .entry(key.as_str())
                    .or_insert_with(|| Value::Object(Map::new()));
                match slot {
                    Value::Object(map) => {
                        lay_over(map, changes).map_err(|reason| format!("in `{key}`: {reason}"))?
                    }
                    _ => return Err(format!("`{key}` is no map")),
                }
            }
            value => {
                base.insert(key.clone(), value);
            }
        }
        if let Some(before) = before {
            let value = base.shift_remove(&key).unwrap_or_default();
            let at = base
                .keys()
                .position(|other| Some(other.as_str()) == before.as_str())
                .ok_or_else(|| format!("`{key}` stands before {before}, which is not there"))?;
            base.shift_insert(at, key, value);
        }
    }
    Ok(())
}

/// What is an entry of a map in a file, and knows its key.
pub(super) trait Keyed: DeserializeOwned {
    /// The field that takes the key.
    const KEY: &'static str;
}

/// The entries of a map, in order.
pub(super) fn entries<T: Keyed>(map: Tree) -> Result<Vec<T>, String> {
    map.into_iter()
        .map(|(key, mut value)| {
            let reason = |reason: String| format!("in `{key}`: {reason}");
            let fields = value
                .as_object_mut()
                .ok_or_else(|| reason("it is not a map".to_owned()))?;
            fields.insert(T::KEY.to_owned(), Value::String(key.clone()));
            serde_json::from_value(value).map_err(|error| reason(error.to_string()))
        })
        .collect()
}

/// [`entries`] for serde.
pub(super) fn keyed<'de, D: Deserializer<'de>, T: Keyed>(from: D) -> Result<Vec<T>, D::Error> {
    entries(Map::deserialize(from)?).map_err(D::Error::custom)
}

#[cfg(test)]
impl Revisions {
    /// Those of the files as they are written, which are read as what is tried out is.
    pub(crate) fn as_written() -> Self {
        fn collect(folder: &Path, below: &str, files: &mut Vec<(String, String)>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = format!("{below}{}", path.file_name().unwrap().display());
                match path.is_dir() {
                    true => collect(&path, &format!("{name}/"), files),
                    false => files.push((name, fs::read_to_string(path).unwrap())),
                }
            }
        }
        let mut files = Vec::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles");
        collect(&folder, "", &mut files);
        assert!(files.len() > 30, "{files:?}");
        let none = Revisions {
            files: Arc::default(),
        };
        none.with(files)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Tree {
        match value {
            Value::Object(map) => map,
            other => panic!("{other} is no map"),
        }
    }

    fn laid(base: Value, changes: Value) -> Result<String, String> {
        let mut base = map(base);
        lay_over(&mut base, map(changes))?;
        Ok(Value::Object(base).to_string())
    }

    #[test]
    fn maps_merge_lists_replace_and_null_takes_away() {
        let base = json!({"a": {"x": 1, "y": [1, 2]}, "b": {"x": 2}, "c": {"x": 3}});
        for (changes, result) in [
            (json!({}), base.to_string()),
            (
                json!({"a": {"y": [3], "z": 4}, "b": null}),
                r#"{"a":{"x":1,"y":[3],"z":4},"c":{"x":3}}"#.to_owned(),
            ),
            (
                json!({"d": {"before": "b", "x": 4}, "e": {"before": "b"}, "c": {"before": "a"}}),
                r#"{"c":{"x":3},"a":{"x":1,"y":[1,2]},"d":{"x":4},"e":{},"b":{"x":2}}"#.to_owned(),
            ),
        ] {
            assert_eq!(laid(base.clone(), changes).unwrap(), result);
        }
        for wrong in [
            json!({"d": null}),
            json!({"a": {"z": null}}),
            json!({"a": {"x": {}}}),
            json!({"d": {"before": "f"}}),
            json!({"a": {"before": "a"}}),
        ] {
            laid(base.clone(), wrong.clone()).expect_err(&wrong.to_string());
        }
    }

    #[test]
    fn what_was_compiled_in_is_what_would_be_read_now() {
        let built_in = Revisions::built_in();
        for (path, written) in Revisions::as_written().files.iter() {
            let now = match path.rsplit('/').next() {
                Some("values.yaml") => written.to_string(),
                // Constants, and what a test of packs looks at.
                Some("rules.yaml" | "presets.yaml") => continue,
                _ => {
                    let source = Source::new(path, written.as_ref());
                    let value = yaml::to_json(&source, Limits::INPUT).expect(path);
                    value.to_string()
                }
            };
            assert_eq!(built_in.text(path), Some(now.as_str()), "{path}");
        }
    }

    #[test]
    fn a_revision_is_based_on_an_older_one() {
        let with = |texts: &[(&str, &str)]| {
            let files = texts
                .iter()
                .map(|(name, text)| (format!("{name}/{FILE}"), (*text).to_owned()));
            Revisions::built_in().with(files)
        };
        let small = "date: d\nsummary: s\n";
        let revisions = with(&[("1.10.0", small), ("1.100.0", small), ("1.9.9", small)]);
        assert_eq!(
            revisions.names(),
            ["docs-2024", "1.7.0", "1.9.0", "1.9.9", "1.10.0", "1.100.0"]
        );
        assert_eq!(revisions.newest(), "1.100.0");
        for base in ["2.0.0", "2.1.0", "3.0.0"] {
            let text = format!("basedOn: {base}\n{small}");
            let problem = with(&[("2.0.0", &text), ("2.1.0", small)])
                .load("2.0.0")
                .expect_err(base);
            assert!(
                problem.message().contains("not an older revision"),
                "{base}"
            );
        }
    }
}

//! What must hold for whatever text comes in: the bodies of the fuzz targets, which `tests/suite/fuzz_regressions.rs` runs over
//! the committed inputs.
//!
//! A target that takes several texts gets them in one input: each stands behind a line `=== NAME`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use vmo_ra::check::{Input as CheckInput, against, check as run_checks, format as check_format};
use vmo_ra::diagnostic::{Diagnostic, Severity, Source};
use vmo_ra::diff::{self, compare};
use vmo_ra::disk::Entry;
use vmo_ra::load;
use vmo_ra::network::{self, Nodes};
use vmo_ra::pack::import::of_bytes;
use vmo_ra::pack::{Description, Library, Origin, Pack, PresetName, Texts, compose};
use vmo_ra::profile::folder::{join, named_files, split, yaml_problem};
use vmo_ra::profile::{Document, Profile, read, to_palette_json, to_readable_json};
use vmo_ra::revision::Revision;
use vmo_ra::rules;
use vmo_ra::rules::Inspected;
use vmo_ra::secret;
use vmo_ra::site::{Inputs, NodeRole, Site};
use vmo_ra::template::Engine;
use vmo_ra::yaml::{self, Kind, Limits, Merge, Node, Path};

/// How far an input came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was refused, with messages that are well placed.
    Refused,
    /// It was taken, and all that must hold then does.
    Held,
}

/// What a target does with an input.
pub type Target = fn(&[u8]) -> End;

/// Every target, by the name of its folders below `fuzz/corpus` and `fuzz/regressions`.
pub const TARGETS: &[(&str, Target)] = &[
    ("check", check),
    ("diff", diff_of_two),
    ("import", import),
    ("merge", merge),
    ("pack", pack),
    ("pack_json", pack_json),
    ("presets", presets),
    ("profile", profile),
    ("site", site),
    ("split_folder", split_folder),
    ("values", values),
];

static LIBRARY: LazyLock<Library> =
    LazyLock::new(|| Library::built_in().expect("the built-in packs are whole"));

static REVISION: LazyLock<Revision> =
    LazyLock::new(|| Revision::load(Revision::newest()).expect("the newest revision is there"));

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    Engine::new(&Revision::load(Revision::newest()).expect("the newest revision is there"))
});

// Texts that come in, and what is said of them.

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The texts of an input, each with the name in the line above it.
fn parts(data: &[u8]) -> Vec<(&str, &str)> {
    let text = text(data).unwrap_or_default();
    let text = text.strip_prefix("=== ").unwrap_or(text);
    let part = |part: &'_ str| -> (usize, usize) {
        let name = part.find('\n').unwrap_or(part.len());
        (name, (name + 1).min(part.len()))
    };
    text.split("\n=== ")
        .map(|one| {
            let (name, body) = part(one);
            (&one[..name], &one[body..])
        })
        .collect()
}

/// The text behind the first line with this name.
fn part<'t>(parts: &[(&str, &'t str)], name: &str) -> Option<&'t str> {
    let found = parts.iter().find(|(other, _)| *other == name);
    found.map(|(_, text)| *text)
}

/// A message can be shown, and its place is in its text, between two characters.
fn is_well_placed(problem: &Diagnostic) {
    assert!(!problem.message().is_empty(), "a message without words");
    assert!(
        problem
            .to_string()
            .starts_with(&problem.severity().to_string()),
        "{problem}"
    );
    let (Some(source), Some(span)) = (problem.source(), problem.span()) else {
        return;
    };
    let text = source.text();
    assert!(
        span.start <= span.end && span.end <= text.len(),
        "{span:?} is not in a text of {} bytes: {problem}",
        text.len()
    );
    assert!(
        text.is_char_boundary(span.start) && text.is_char_boundary(span.end),
        "{span:?} cuts a character: {problem}"
    );
    let (line, column) = source.position(span.start);
    assert!(line >= 1 && line <= text.matches('\n').count() + 1 && column >= 1);
}

fn are_well_placed(problems: &[Diagnostic]) {
    assert!(!problems.is_empty(), "refused without a word");
    problems.iter().for_each(is_well_placed);
}

fn refused(problems: &[Diagnostic]) -> End {
    are_well_placed(problems);
    End::Refused
}

fn said(problems: &[Diagnostic]) -> String {
    problems.iter().map(ToString::to_string).collect()
}

// Sites.

/// Files and variables that a site may name.
struct Given;

impl Inputs for Given {
    fn env(&self, name: &str) -> Option<String> {
        (!name.contains('-')).then(|| format!("secret of {name}"))
    }

    fn file(&self, path: &FilePath) -> std::io::Result<String> {
        match path.extension() {
            Some(ending) if ending == "pem" => {
                Ok(include_str!("../data/corporate-root.pem").to_owned())
            }
            Some(_) => Ok("secret".to_owned()),
            None => Err(std::io::ErrorKind::NotFound.into()),
        }
    }
}

/// A site is read or explained; what is read bears every command that looks at it.
pub fn site(data: &[u8]) -> End {
    let Some(text) = text(data) else {
        return End::Refused;
    };
    let source = Source::new("site.yaml", text);
    let (site, problems) = match Site::read(&source, &Given) {
        Ok(read) => read,
        Err(problems) => return refused(&problems),
    };
    problems.iter().for_each(is_well_placed);
    let findings = rules::check(&site, &REVISION);
    for finding in &findings {
        is_well_placed(&finding.diagnostic(Some(&site)));
    }
    assert_eq!(Site::parse(&source, &Given).is_ok(), problems.is_empty());
    // What is refused is replaced by the example's value, so that all the rest can still be looked at.
    if let Err(problems) = vmo_ra::plan::plan(&site, &REVISION, None) {
        are_well_placed(&problems);
    }
    if problems.is_empty() {
        if findings
            .iter()
            .all(|finding| finding.severity != Severity::Error)
        {
            network_of(&site);
        }
        // The same settings without comments and layout are the same site.
        let again = unadorned(&source);
        if let Some(again) = again {
            let again = Source::new("again.yaml", again);
            match Site::read(&again, &Given) {
                Ok((other, problems)) => {
                    assert!(problems.is_empty(), "{text}\n{}", said(&problems));
                    let shape =
                        |site: &Site| serde_json::to_string(site).expect("a site has a JSON form");
                    assert_eq!(shape(&other), shape(&site), "{text}");
                }
                Err(problems) => panic!("{text}\n{}\n{}", again.text(), said(&problems)),
            }
        }
    }
    End::Held
}

/// What `network` writes for a site that the rules let through.
fn network_of(site: &Site) {
    for format in [
        network::Format::Netplan,
        network::Format::MaasCli,
        network::Format::Terraform,
    ] {
        for role in [NodeRole::Worker, NodeRole::ControlPlane] {
            if let Err(problem) = network::write(&ENGINE, site, Nodes::Role(role), format) {
                is_well_placed(&problem);
            }
        }
    }
}

/// The same YAML with nothing but its values, in the words that stand in the text; none where there are aliases.
fn unadorned(source: &Source) -> Option<String> {
    let root = yaml::parse(source, Limits::INPUT).ok()??;
    let mut written = String::new();
    unadorned_node(&root, &mut written).then_some(written)
}

fn unadorned_node(node: &Node, to: &mut String) -> bool {
    if node.anchor() != 0 || !node.properties().is_empty() {
        return false;
    }
    match &node.kind {
        Kind::Alias(_) => false,
        Kind::Scalar(scalar) => {
            if scalar.text.is_empty() && scalar.plain {
                return false;
            }
            if scalar.plain && !scalar.text.contains(['\n', ',', '[', ']', '{', '}', '#']) {
                to.push_str(&scalar.text);
            } else if scalar.plain {
                return false;
            } else {
                to.push_str(&serde_json::to_string(scalar.text.as_str()).unwrap_or_default());
            }
            to.push(' ');
            true
        }
        Kind::Sequence { items, .. } => {
            to.push('[');
            let fits = items.iter().all(|item| {
                let fits = unadorned_node(item, to);
                to.push_str(", ");
                fits
            });
            to.push(']');
            fits
        }
        Kind::Mapping { entries, .. } => {
            to.push('{');
            let fits = entries.iter().all(|entry| {
                let key = !entry.is_merge() && unadorned_node(&entry.key, to);
                to.push_str(": ");
                let value = key && unadorned_node(&entry.value, to);
                to.push_str(", ");
                value
            });
            to.push('}');
            fits
        }
    }
}

// Values.

/// YAML is read or explained; its places lie in each other, a merge of nothing keeps its bytes, and what is hidden in it
/// keeps its places.
pub fn values(data: &[u8]) -> End {
    let Some(text) = text(data) else {
        return End::Refused;
    };
    let source = Source::new("values.yaml", text);
    for masked in [secret::masked(text), secret::masked_profile(text)] {
        assert_eq!(
            masked.len(),
            text.len(),
            "a hidden text moves what stands behind it"
        );
        assert_eq!(masked.matches('\n').count(), text.matches('\n').count());
    }
    if let Some(problem) = yaml_problem("values.yaml", text) {
        is_well_placed(&problem);
    }
    let root = match yaml::parse(&source, Limits::VALUES) {
        Ok(root) => root,
        Err(problems) => return refused(&problems),
    };
    if let Some(root) = &root {
        lies_within(root, 0..text.len(), text);
    }
    let tree = match yaml::to_json(&source, Limits::VALUES) {
        Ok(tree) => tree,
        Err(problems) => return refused(&problems),
    };
    // Written anew it is the same tree, in the bytes that Go makes of it: there 0.0 is 0.
    let written = yaml::from_json(&tree);
    let again = yaml::to_json(&Source::new("again.yaml", written.as_str()), Limits::VALUES)
        .unwrap_or_else(|problems| panic!("{text}\n{written}\n{}", said(&problems)));
    assert_eq!(palette(&again), palette(&tree), "{text}\n{written}");
    let Ok(mut merge) = Merge::new(source.clone()) else {
        return End::Refused;
    };
    merge.add(source.clone()).expect("it was read as a base");
    match merge.finish() {
        Ok((same, value)) => {
            assert_eq!(same, text, "a merge of a text with itself changes it");
            assert_eq!(value, as_map(tree));
        }
        Err(error) => {
            let error = said(&error);
            assert!(may_give_up(&error), "{text}\n{error}");
            assert!(text.contains(['&', '*']), "{text}\n{error}");
        }
    }
    End::Held
}

/// Whether every value lies in the one around it.
fn lies_within(node: &Node, around: std::ops::Range<usize>, text: &str) {
    for span in [&node.span(), &node.properties()] {
        assert!(
            around.start <= span.start && span.start <= span.end && span.end <= around.end,
            "{span:?} of {} is not in {around:?}: {text}",
            node.describe()
        );
        assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end));
    }
    let inside = node.span();
    match &node.kind {
        Kind::Sequence { items, .. } => {
            for item in items {
                lies_within(item, inside.clone(), text);
            }
        }
        Kind::Mapping { entries, .. } => {
            for entry in entries {
                lies_within(&entry.key, inside.clone(), text);
                lies_within(&entry.value, inside.clone(), text);
            }
        }
        Kind::Scalar(_) | Kind::Alias(_) => {}
    }
}

// Merges.

/// Whether a merge may end like this.
fn may_give_up(error: &str) -> bool {
    error.contains("a change below an alias would change its anchor's other uses")
        || error.contains("cannot be changed line by line")
        || error.contains("alias")
        || error.contains("a merge key needs a map")
        || error.contains("a key must be a single value")
}

/// A text without content is an empty map.
fn as_map(value: Value) -> Value {
    match value {
        Value::Null => json!({}),
        value => value,
    }
}

/// Maps merge, all else replaces; in an overlay null takes its key out.
fn merged(old: Value, new: Value, null_removes: bool) -> Value {
    let Value::Object(new) = new else { return new };
    let mut map = match old {
        Value::Object(old) => old,
        _ => Map::new(),
    };
    for (key, value) in new {
        if null_removes && value.is_null() {
            map.shift_remove(&key);
        } else {
            let old = map.get(&key).cloned().unwrap_or_default();
            map.insert(key, merged(old, value, null_removes));
        }
    }
    Value::Object(map)
}

fn removed(value: &mut Value, path: &Path) {
    let mut keys: Vec<&str> = Vec::new();
    for step in path.steps() {
        match step {
            yaml::Step::Key(key) => keys.push(key),
            _ => return,
        }
    }
    let Some((last, above)) = keys.split_last() else {
        return;
    };
    let found = above
        .iter()
        .try_fold(value, |value, key| value.as_object_mut()?.get_mut(*key));
    if let Some(Value::Object(map)) = found {
        map.shift_remove(*last);
    }
}

/// One change to a text.
enum Step {
    Remove(Path),
    Add(Source),
    Overlay(Source),
}

fn applied(base: &Source, steps: &[Step]) -> Result<(String, Value), String> {
    let mut merge = Merge::new(base.clone()).map_err(|problems| said(&problems))?;
    for step in steps {
        match step {
            Step::Remove(path) => merge.remove(path.clone()),
            Step::Add(text) => merge
                .add(text.clone())
                .map_err(|problems| said(&problems))?,
            Step::Overlay(text) => merge
                .overlay(text.clone())
                .map_err(|problems| said(&problems))?,
        }
    }
    merge.finish().map_err(|problems| {
        are_well_placed(&problems);
        said(&problems)
    })
}

/// A merge makes the merge of the trees, or says that it cannot; and has nothing left to do a second time.
pub fn merge(data: &[u8]) -> End {
    let parts = parts(data);
    let base = Source::new("base", part(&parts, "base").unwrap_or_default());
    let Ok(tree) = yaml::to_json(&base, Limits::VALUES) else {
        return End::Refused;
    };
    let mut expected = as_map(tree);
    let mut steps = Vec::new();
    for (name, text) in &parts {
        let source = Source::new(*name, *text);
        let tree = yaml::to_json(&source, Limits::VALUES).map(as_map);
        match (*name, tree) {
            ("add", Ok(tree)) if tree.is_object() => {
                expected = merged(expected, tree, false);
                steps.push(Step::Add(source));
            }
            ("overlay", Ok(tree)) if tree.is_object() => {
                expected = merged(expected, tree, true);
                steps.push(Step::Overlay(source));
            }
            ("remove", _) => {
                let Ok(path) = text.trim_end().parse::<Path>() else {
                    continue;
                };
                removed(&mut expected, &path);
                steps.push(Step::Remove(path));
            }
            _ => {}
        }
    }
    let (text, value) = match applied(&base, &steps) {
        Ok(done) => done,
        Err(error) => {
            assert!(
                may_give_up(&error) || error.contains("must be a map"),
                "{error}"
            );
            return End::Refused;
        }
    };
    assert_eq!(value, expected, "{text}");
    let read = yaml::to_json(&Source::new("merged", text.as_str()), Limits::VALUES)
        .unwrap_or_else(|problems| panic!("{text}\n{}", said(&problems)));
    assert_eq!(as_map(read), expected, "{text}");
    // Each change a second time is no change.
    let twice: Vec<Step> = steps
        .iter()
        .flat_map(|step| match step {
            Step::Remove(path) => [Step::Remove(path.clone()), Step::Remove(path.clone())],
            Step::Add(text) => [Step::Add(text.clone()), Step::Add(text.clone())],
            Step::Overlay(text) => [Step::Overlay(text.clone()), Step::Overlay(text.clone())],
        })
        .collect();
    match applied(&base, &twice) {
        Ok((again, _)) => assert_eq!(again, text, "each change twice gives another text"),
        Err(error) => panic!("{error}"),
    }
    End::Held
}

// Packs.

/// A pack.json is read or explained, and its versions and constraints bear every version.
/// What is imported is a pack whose own files say the same of it.
pub fn import(data: &[u8]) -> End {
    let imported = match of_bytes("source", data) {
        Ok(Some(imported)) => imported,
        Ok(None) => return End::Refused,
        Err(problems) => return refused(&problems),
    };
    for pack in &imported.packs {
        let folder = pack.folder();
        assert!(
            !folder.contains(['/', '\\']) && !folder.starts_with('.'),
            "{folder}"
        );
        let file = |name: &str| {
            let bytes = pack.files.get(name)?.clone();
            let text = String::from_utf8(bytes).expect("files are texts");
            Some(Source::new(name, text))
        };
        let written = file("pack.json").expect("it describes itself");
        let written = Description::parse(&written).expect("it was read");
        assert_eq!(written.name, pack.description.name);
        assert_eq!(written.unknown(), pack.description.unknown());
        let texts = Texts {
            values: file("values.yaml").expect("it has values"),
            presets: file("presets.yaml"),
            schema: file("schema.yaml"),
        };
        if let Err(problems) = Pack::of_texts(written, texts, Origin::BuiltIn) {
            are_well_placed(&problems);
        }
    }
    End::Held
}

pub fn pack_json(data: &[u8]) -> End {
    let Some(text) = text(data) else {
        return End::Refused;
    };
    let source = Source::new("pack.json", text);
    let description = match Description::parse(&source) {
        Ok(description) => description,
        Err(problem) => return refused(&[problem]),
    };
    assert!(!description.name.trim().is_empty() && !description.version.trim().is_empty());
    for dependency in description.dependencies() {
        assert!(!dependency.range().is_empty());
        for version in [None, Some("1.2.3"), Some(description.version.as_str())] {
            let _ = dependency.breach(version);
        }
    }
    let version = description.version.as_str();
    let wanted = vmo_ra::version::Wanted::of_tag(version);
    // What asks for a group of versions is no version.
    let is_group = version.contains("__") || version.ends_with(".x");
    assert!(
        is_group || wanted.fits(version),
        "{wanted} does not fit itself"
    );
    End::Held
}

/// Presets are read or explained; values that are made with one mean what the pack's, changed by it, mean.
pub fn presets(data: &[u8]) -> End {
    let parts = parts(data);
    let source = |name: &str| part(&parts, name).map(|text| Source::new(name, text));
    let description = Description::parse(&Source::new(
        "pack.json",
        r#"{"name": "p", "version": "1.0.0", "layer": "addon"}"#,
    ))
    .expect("a pack.json");
    let texts = Texts {
        values: source("values.yaml").unwrap_or_else(|| Source::new("values.yaml", "")),
        presets: source("presets.yaml"),
        schema: None,
    };
    let pack = match Pack::of_texts(description, texts, Origin::BuiltIn) {
        Ok(pack) => pack,
        Err(problems) => return refused(&problems),
    };
    composed(&pack);
    End::Held
}

/// What holds for values made from a pack.
fn composed(pack: &Pack) {
    let Ok(base) = pack.values_as_read() else {
        return;
    };
    for preset in &pack.presets {
        let name = PresetName {
            group: preset.group.clone(),
            name: preset.name.clone(),
        };
        let made = match compose(pack, &[name], [Source::new("overlay", "")]) {
            Ok(made) => made,
            Err(problems) => {
                are_well_placed(&problems);
                continue;
            }
        };
        let mut expected = as_map(base.clone());
        for path in &preset.remove {
            removed(&mut expected, path);
        }
        let added = yaml::to_json(&preset.add, Limits::VALUES).expect("it was merged");
        expected = merged(expected, as_map(added), false);
        assert_eq!(made.value, expected, "{}", made.text);
        let read = yaml::to_json(&Source::new("made", made.text.as_str()), Limits::VALUES)
            .unwrap_or_else(|problems| panic!("{}\n{}", made.text, said(&problems)));
        assert_eq!(as_map(read), expected, "{}", made.text);
    }
}

/// All metadata of a pack's folder is read or explained, and its rules bear its own values.
pub fn pack(data: &[u8]) -> End {
    let parts = parts(data);
    let source = |name: &str| part(&parts, name).map(|text| Source::new(name, text));
    let description = match source("pack.json").as_ref().map(Description::parse) {
        Some(Ok(description)) => description,
        Some(Err(problem)) => return refused(&[problem]),
        None => return End::Refused,
    };
    let texts = Texts {
        values: source("values.yaml").unwrap_or_else(|| Source::new("values.yaml", "")),
        presets: source("presets.yaml"),
        schema: source("schema.yaml"),
    };
    let pack = match Pack::of_texts(description, texts, Origin::BuiltIn) {
        Ok(pack) => pack,
        Err(problems) => return refused(&problems),
    };
    let _ = pack.enabled_presets();
    let values = match pack.values_as_read() {
        Ok(values) => values,
        Err(problems) => return refused(&problems),
    };
    for rule in &pack.schema {
        // The pack's own values are never a change of them.
        assert_ne!(
            rule.violation(&values, &values),
            Some(vmo_ra::pack::Violation::Changed)
        );
    }
    composed(&pack);
    End::Held
}

// Profiles.

fn palette(value: &Value) -> String {
    String::from_utf8(to_palette_json(value).expect("a JSON form")).expect("text")
}

/// A profile is read or explained; what is read is written so that it reads back, in each of its forms, and splits and
/// joins to the same bytes.
pub fn profile(data: &[u8]) -> End {
    let Some(text) = text(data) else {
        return End::Refused;
    };
    let source = Source::new("profile.json", text);
    // What it is can be said of any text, whether it can be read or not, and a byte order mark changes nothing.
    let kind = |text: &str| load::Kind::of(text, FilePath::new("profile.json"));
    assert_eq!(kind(text), kind(&format!("\u{feff}{text}")));
    let typed = read(&source);
    if let Err(problems) = &typed {
        are_well_placed(problems);
    }
    let document = match Document::read(&source) {
        Ok(document) => document,
        Err(problems) => return refused(&problems),
    };
    let value = document.value().clone();
    let written = palette(&value);
    let readable = to_readable_json(&value).expect("a JSON form");
    let readable = String::from_utf8(readable).expect("text");
    for form in [&written, &readable] {
        let again = Document::read(&Source::new("again.json", form.as_str()))
            .unwrap_or_else(|problems| panic!("{form}\n{}", said(&problems)));
        assert_eq!(palette(again.value()), written);
    }
    if let Ok(typed) = typed {
        let again = read(&Source::new("again.json", written.as_str()))
            .unwrap_or_else(|problems| panic!("{written}\n{}", said(&problems)));
        assert_eq!(again, typed, "{written}");
    }
    let parts = split(document).unwrap_or_else(|problem| panic!("{text}\n{problem}"));
    assert_eq!(String::from_utf8_lossy(&parts.palette), written);
    End::Held
}

/// A folder is joined or explained; what is joined can be split, and joins to the same bytes.
pub fn split_folder(data: &[u8]) -> End {
    let parts = parts(data);
    let mut files: BTreeMap<&str, &str> = parts.iter().copied().collect();
    let Some(profile) = files.remove("profile.yaml") else {
        return End::Refused;
    };
    let profile = Source::new("d/profile.yaml", profile);
    let mut entries = BTreeMap::from([("profile.yaml".to_owned(), Entry::File)]);
    for path in files.keys() {
        for (end, _) in path.match_indices('/') {
            entries.insert(path[..end].to_owned(), Entry::Folder);
        }
        let kind = match path.rsplit('.').next() {
            Some("link") => Entry::Link,
            Some("pipe") => Entry::Other,
            _ => Entry::File,
        };
        entries.insert((*path).to_owned(), kind);
    }
    let mut asked = BTreeSet::new();
    let joined = join(&profile, &entries, |path| {
        assert_eq!(
            entries.get(path),
            Some(&Entry::File),
            "{path} is not a file"
        );
        asked.insert(path.to_owned());
        Ok(files.get(path).copied().unwrap_or_default().to_owned())
    });
    let joined = match joined {
        Ok(joined) => joined,
        Err(problems) => return refused(&problems),
    };
    let named = named_files(&profile).expect("it was joined");
    assert!(asked.iter().all(|path| named.contains(path)));
    let json = palette(&joined);
    let document = Document::read(&Source::new("joined.json", json.as_str()))
        .unwrap_or_else(|problems| panic!("{json}\n{}", said(&problems)));
    let again = split(document).unwrap_or_else(|problem| panic!("{json}\n{problem}"));
    assert_eq!(String::from_utf8_lossy(&again.palette), json);
    End::Held
}

// Differences.

/// A side of a comparison: a whole profile, or values that also stand in a manifest.
fn side(text: &str) -> Option<Profile> {
    if text.trim_start().starts_with("{\"") || text.starts_with("metadata:") {
        return read(&Source::new("side", text)).ok();
    }
    let profile = json!({
        "metadata": {"name": "p"},
        "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": [
            {"name": "pack", "type": "oci", "layer": "addon", "version": "1.0.0", "tag": "1.0.0", "values": text,
             "manifests": [{"name": "m", "content": text}]},
        ]}}
    });
    read(&Source::new("side", profile.to_string())).ok()
}

/// Nothing differs from itself, the way back has as many changes as the way there, and every format can show them.
pub fn diff_of_two(data: &[u8]) -> End {
    let parts = parts(data);
    let profile = |name: &str| side(part(&parts, name).unwrap_or_default());
    let (Some(old), Some(new)) = (profile("old"), profile("new")) else {
        return End::Refused;
    };
    let input = |name: &str, profile: &Profile| diff::Input {
        name: name.to_owned(),
        profiles: vec![profile.clone()],
        revision: None,
    };
    let differs = |old: &Profile, new: &Profile, text: bool| {
        let options = diff::Options {
            text,
            ..diff::Options::default()
        };
        compare(&input("old", old), &input("new", new), &LIBRARY, &options)
            .unwrap_or_else(|problem| panic!("{problem}"))
    };
    for profile in [&old, &new] {
        let same = differs(profile, profile, true);
        assert_eq!(same.changes.len(), 0, "{}", diff::format::json(&same));
    }
    let there = differs(&old, &new, false);
    let back = differs(&new, &old, false);
    assert_eq!(
        there.changes.len(),
        back.changes.len(),
        "{}\n{}",
        diff::format::json(&there),
        diff::format::json(&back)
    );
    let json = diff::format::json(&there);
    assert!(serde_json::from_str::<Value>(&json).is_ok(), "{json}");
    for width in [0, 60] {
        let options = diff::format::TextOptions {
            width,
            ..diff::format::TextOptions::default()
        };
        let text = diff::format::text(&there, &options);
        let is_control = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(is_control), "{text:?}");
    }
    assert!(!diff::format::html(&there).is_empty());
    for limit in [400, 65_536] {
        let markdown = diff::format::markdown(&there, limit);
        assert!(markdown.chars().count() <= limit, "{markdown}");
    }
    End::Held
}

// Checks.

/// Rules bear any export and any manifests, and point into them.
pub fn check(data: &[u8]) -> End {
    let mut cluster = Inspected::default();
    let mut packs = Vec::new();
    for (name, text) in parts(data) {
        match name.split_once(' ').unwrap_or((name, "")) {
            ("export", _) => match read(&Source::new("export.json", text)) {
                Ok(profile) => add(&mut cluster, profile),
                Err(problems) => are_well_placed(&problems),
            },
            ("values", pack) => packs.push(json!({
                "name": pack, "type": "oci", "values": text,
                "layer": match pack {
                    "ubuntu-maas" => "os",
                    "kubernetes" => "k8s",
                    "cni-cilium-oss" => "cni",
                    "csi-portworx-generic" => "csi",
                    _ => "addon",
                },
            })),
            _ => cluster.add_manifests(&Source::new(name, text)),
        }
    }
    if !packs.is_empty() {
        let profile = json!({"metadata": {"name": "p"}, "spec": {"version": "1.0.0",
            "template": {"type": "infra", "cloudType": "maas", "packs": packs}}});
        let profile = read(&Source::new("p.json", profile.to_string())).expect("a profile");
        add(&mut cluster, profile);
    }
    let input = CheckInput {
        cluster,
        ..CheckInput::default()
    };
    let mut report = run_checks(&input, &REVISION, &LIBRARY).expect("it has layers");
    let profiles = input.cluster.cluster().profiles.iter();
    let profiles = profiles.map(|checked| (checked.file.as_str(), &checked.profile));
    // What it is compared with is the RA, which need not be there at all.
    report.against = against(profiles, &REVISION).ok();
    for item in &report.findings {
        is_well_placed(&item.diagnostic);
    }
    let json = check_format::json(&report);
    assert!(serde_json::from_str::<Value>(&json).is_ok(), "{json}");
    let sarif = check_format::sarif(&report);
    assert!(serde_json::from_str::<Value>(&sarif).is_ok(), "{sarif}");
    End::Held
}

fn add(cluster: &mut Inspected, profile: Profile) {
    cluster.add_profile("p.json", profile, |layer, manifest| {
        format!("layer {layer}, manifest {manifest:?}")
    });
}

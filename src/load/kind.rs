//! What a text is, by its top-level keys. Broken texts are recognised too, so that the right reader explains what is wrong.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::LazyLock;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::diagnostic::{Source, nearest};
use crate::profile::Form;
use crate::site::Site;
use crate::yaml::{self, Limits};

/// The keys at the top of a site, as it describes itself.
static SITE: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let settings = Site::settings().iter();
    let top = settings.filter(|setting| setting.is_below(""));
    top.map(|setting| setting.path.as_str()).collect()
});

/// The keys of the settings in its sections, and the names that other tools have for any.
static FURTHER_DOWN: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let mut names = HashSet::new();
    for setting in Site::settings() {
        names.extend(setting.elsewhere().map(str::to_owned));
        if setting.path.contains('.') && !setting.path.contains(['[', '*']) {
            names.insert(setting.key().to_owned());
        }
    }
    names
});

/// Whether a key belongs at the top level of a site.
fn is_of_site(key: &str) -> bool {
    SITE.contains(&key)
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A site.
    Site,
    /// A profile.
    Profile(Form),
    /// Manifests of Kubernetes.
    Manifests,
    /// Anything else.
    Other(Guess),
}

/// A guess about a text that is not one of our inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guess {
    /// Completes "it ...".
    pub is: &'static str,
    /// The way out.
    pub help: &'static str,
}

/// The way out where nothing nearer is known.
const ANYTHING: &str = "give a site, a profile as Palette exports it, a folder that `vmo-ra render` or `vmo-ra split` wrote, or \
                        Kubernetes manifests";
/// The way out for parts of packs.
const PACKS: &str =
    "name the folder of its pack with `--packs DIR`; the values of a layer are part of a profile";

/// Other files that people give: the keys at the top that identify each.
const GUESSES: &[(&[&str], Guess)] = &[
    (
        &["apiVersion", "name", "version"],
        guess("looks like the Chart.yaml of a Helm chart", ANYTHING),
    ),
    (
        &["name", "version", "layer"],
        guess("looks like the pack.json of a pack", PACKS),
    ),
    (
        &["presets"],
        guess("looks like the presets of a pack", PACKS),
    ),
    (&["pack"], guess("looks like the values of a pack", PACKS)),
    (&["charts"], guess("looks like the values of a pack", PACKS)),
    (
        &["findings"],
        guess("looks like a report of `vmo-ra check`", ANYTHING),
    ),
    (
        &["changes", "summary"],
        guess("looks like a report of `vmo-ra diff`", ANYTHING),
    ),
    (&["code", "message"], API_ERROR),
    (
        &["items"],
        guess(
            "looks like a list from an API",
            "put the one you mean into a separate file",
        ),
    ),
    (
        &["kind"],
        guess(
            "has a `kind` but no `apiVersion`, which Kubernetes requires",
            "add the `apiVersion` if it is a manifest; else give a site, or a profile as Palette exports it",
        ),
    ),
    (
        &["apiVersion"],
        guess(
            "has an `apiVersion` but no `kind`, which Kubernetes requires",
            "add the `kind` if it is a manifest; else give a site, or a profile as Palette exports it",
        ),
    ),
];

const EMPTY: Guess = guess(
    "is empty",
    "write it anew: the program that made it probably failed",
);
const API_ERROR: Guess = guess(
    "looks like an error that an API answered",
    "ask again, and look at the answer before it is used",
);
const REMARKS: Guess = guess(
    "has only comments",
    "name a site without settings `site.yaml`, or leave it out: it is the RA's example",
);
const LIST: Guess = guess(
    "is a list",
    "put each item into a separate file, if they are sites, profiles or manifests",
);
const WORDS: Guess = guess("has no top-level keys", ANYTHING);
const MARKUP: Guess = guess("is a page of HTML or XML", ANYTHING);
const UNKNOWN: Guess = guess(
    "has no top-level key of a site, a profile or a manifest",
    ANYTHING,
);
const NO_SITE: Guess = guess(
    "has top-level keys of a site, and unknown ones",
    "if it is a site, name it `site.yaml`, and each unknown key is listed",
);
const NO_SECTIONS: Guess = guess(
    "has settings of a site at its top level, outside their sections",
    "write them in their sections, such as `cluster: {name: berlin, workers: 6}`; `vmo-ra init` writes a site with all of them",
);
const SITE_AS_OBJECT: Guess = guess(
    "looks like a site in the form of a Kubernetes object",
    "a site has no `apiVersion`, `kind`, `metadata` or `spec`: `cluster`, `network` and so on are at its top level, as `vmo-ra init` writes them",
);

impl Guess {
    /// Whether a JSON file with such a text was to hold one of our inputs: it is empty, an error in its place, no JSON, or
    /// lacks a key of a profile.
    pub(super) fn is_damaged(self, text: &str) -> bool {
        let is_profile =
            |value: &Value| value.get("metadata").is_some() || value.get("packs").is_some();
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Array(items)) => items.iter().any(is_profile),
            Ok(value) => {
                value.is_null() || self == API_ERROR || (self == UNKNOWN && is_profile(&value))
            }
            Err(_) => true,
        }
    }

    /// Whether its keys are settings of a site, of which the site's reader says where they belong.
    pub(super) fn is_site_without_sections(self) -> bool {
        self == NO_SECTIONS
    }

    /// Whether nothing is known of its keys, so that it may be anything, even broken.
    pub(super) fn is_unknown(self) -> bool {
        self == UNKNOWN
    }

    /// Whether it is a site in the form of an object.
    pub(super) fn is_site_as_object(self) -> bool {
        self == SITE_AS_OBJECT
    }
}

const fn guess(is: &'static str, help: &'static str) -> Guess {
    Guess { is, help }
}

impl Kind {
    /// What a text is; its file's name helps where its keys say nothing.
    pub fn of(text: &str, file: &Path) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Kind::Other(EMPTY);
        }
        if text.trim_start().starts_with('<') {
            return Kind::Other(MARKUP);
        }
        let kind = match tops(text) {
            // The reader of profiles says what is wrong with the JSON.
            None => Kind::Profile(Form::Export),
            Some(tops) => Self::of_documents(&tops),
        };
        let stem = file.file_stem().and_then(|stem| stem.to_str());
        match kind {
            Kind::Other(guess) if stem == Some("site") && guess != SITE_AS_OBJECT => Kind::Site,
            kind => kind,
        }
    }

    fn of_documents(tops: &[Top]) -> Self {
        let mut kinds = tops.iter().map(Top::kind);
        let first = kinds.next().unwrap_or(Kind::Other(REMARKS));
        match first {
            Kind::Manifests => first,
            // A file of manifests may begin with anything, such as another document that lacks its kind.
            _ => kinds.find(|kind| *kind == Kind::Manifests).unwrap_or(first),
        }
    }
}

/// What is at the top of a document.
#[derive(Debug, Default)]
struct Top {
    /// Its keys, and those of `spec` with that before them.
    keys: Vec<String>,
    kind: String,
    api_version: String,
    is_list: bool,
}

impl Top {
    fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known == key)
    }

    fn kind(&self) -> Kind {
        if self.is_list {
            return Kind::Other(LIST);
        }
        if self.keys.is_empty() {
            return Kind::Other(WORDS);
        }
        // Objects of Kubernetes with this name have a group.
        if self.kind == "ClusterProfile" && !self.api_version.contains('/') {
            return Kind::Profile(Form::Answer);
        }
        let is_further_down = |key: &str| FURTHER_DOWN.contains(key);
        let is_near = |key: &str| nearest(key, SITE.iter().copied()).is_some();
        let (top, of_spec): (Vec<&String>, Vec<&String>) =
            self.keys.iter().partition(|key| !key.starts_with("spec."));
        let near = top.iter().filter(|key| is_near(key)).count();
        if self.has("kind") || self.has("apiVersion") {
            let mut settings = top.iter().chain(&of_spec);
            let has_ours = settings.any(|key| is_of_site(key.trim_start_matches("spec.")));
            let named = self.kind.to_lowercase().contains("site");
            if named && (has_ours || !self.api_version.contains('.')) {
                return Kind::Other(SITE_AS_OBJECT);
            }
            if self.has("kind") && self.has("apiVersion") {
                return Kind::Manifests;
            }
        }
        let is_wrapped = || {
            of_spec
                .iter()
                .any(|key| is_of_site(key.trim_start_matches("spec.")))
        };
        if !self.has("metadata") && !self.has("spec.template") && is_wrapped() {
            return Kind::Other(SITE_AS_OBJECT);
        }
        // One of the two keys alone may be a Palette to come.
        let has_metadata = self.has("metadata") || !(self.has("kind") || self.has("apiVersion"));
        if has_metadata && let Some(form) = Form::of(|key| self.has(key)) {
            return Kind::Profile(form);
        }
        let is_exact = top.iter().any(|key| is_of_site(key));
        let guess = GUESSES
            .iter()
            .find(|(keys, _)| keys.iter().all(|key| self.has(key)));
        let further_down = || top.iter().filter(|key| is_further_down(key)).count();
        match guess {
            Some((_, guess)) if !is_exact => Kind::Other(*guess),
            // Values of charts also have some keys of a site, among many others.
            _ if near * 3 >= top.len() => Kind::Site,
            _ if is_exact && (near + further_down()) * 3 >= top.len() => Kind::Site,
            _ if is_exact => Kind::Other(NO_SITE),
            _ if top.iter().all(|key| is_further_down(key)) => Kind::Other(NO_SECTIONS),
            _ => Kind::Other(UNKNOWN),
        }
    }

    fn of_value(value: &Value) -> Self {
        let text = |key: &str| {
            let text = value.get(key).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let keys = |value: Option<&Value>, before: &str| -> Vec<String> {
            let map = value.and_then(Value::as_object).into_iter().flatten();
            map.map(|(key, _)| format!("{before}{key}")).collect()
        };
        let mut all = keys(Some(value), "");
        all.extend(keys(value.get("spec"), "spec."));
        Top {
            keys: all,
            kind: text("kind"),
            api_version: text("apiVersion"),
            is_list: value.is_array(),
        }
    }

    fn add(&mut self, key: &str, value: &str) {
        match key {
            "kind" => value.clone_into(&mut self.kind),
            "apiVersion" => value.clone_into(&mut self.api_version),
            _ => {}
        }
        self.push(key.to_owned());
    }

    fn push(&mut self, key: String) {
        // A text with many keys is not one of ours, or its first keys say what it is.
        const MOST: usize = 1_000;
        if self.keys.len() < MOST {
            self.keys.push(key);
        }
    }
}

/// The tops of a text's documents; none for JSON that is broken.
fn tops(text: &str) -> Option<Vec<Top>> {
    let start = text.trim_start();
    if start.starts_with("{{") || !start.starts_with('{') {
        return Some(of_lines(text));
    }
    if let Ok(top) = serde_json::from_str::<Top>(text) {
        return Some(vec![top]);
    }
    // A flow map of YAML, as people write it: a few lines.
    let source = Source::new("text", text);
    let values = yaml::to_json_all(&source, Limits::INPUT).ok()?;
    Some(values.iter().map(Top::of_value).collect())
}

/// The tops of YAML documents, read line by line: what is broken further down does not matter here.
fn of_lines(text: &str) -> Vec<Top> {
    let mut tops = Vec::new();
    let mut top = Top::default();
    // The indentation of the top-level keys, and of those of `spec`.
    let (mut margin, mut margin_of_spec) = (None, None);
    let mut is_in_spec = false;
    for line in text.lines() {
        let mut content = line.trim_start();
        let mut indent = line.len() - content.len();
        if let Some(rest) = line.strip_prefix("---")
            && (rest.is_empty() || rest.starts_with(char::is_whitespace))
        {
            if margin.is_some() {
                tops.push(std::mem::take(&mut top));
                if tops.last().map(Top::kind) == Some(Kind::Manifests) {
                    return tops;
                }
            }
            (margin, margin_of_spec, is_in_spec) = (None, None, false);
            (content, indent) = (rest.trim_start(), 0);
        }
        // Remarks, directives, ends, and lines that a template takes out.
        if content.is_empty()
            || line.trim_end() == "..."
            || content.starts_with(['#', '%'])
            || content.starts_with("{{")
        {
            continue;
        }
        let margin = *margin.get_or_insert(indent);
        if indent > margin {
            if is_in_spec
                && indent == *margin_of_spec.get_or_insert(indent)
                && let Some((key, _)) = entry(content)
            {
                top.push(format!("spec.{key}"));
            }
            continue;
        }
        is_in_spec = false;
        if top.keys.is_empty() && (content.starts_with('[') || is_item(content)) {
            top.is_list = true;
        } else if content.starts_with('{') {
            let values = yaml::to_json_all(&Source::new("line", content), Limits::INPUT);
            top = values
                .ok()
                .and_then(|values| values.first().map(Top::of_value))
                .unwrap_or_default();
        } else if let Some((key, value)) = entry(content) {
            top.add(key, value);
            is_in_spec = key == "spec";
        }
    }
    if margin.is_some() {
        tops.push(top);
    }
    tops
}

fn is_item(content: &str) -> bool {
    content == "-" || content.starts_with("- ")
}

/// The key of a line, and the value beside it.
fn entry(content: &str) -> Option<(&str, &str)> {
    let (key, rest) = match content.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        Some(quote) => content[1..].split_once(quote)?,
        None => {
            let end = content.match_indices(':').map(|(at, _)| at).find(|at| {
                content[at + 1..].is_empty() || content[at + 1..].starts_with([' ', '\t'])
            })?;
            (content[..end].trim_end(), &content[end..])
        }
    };
    let value = rest.trim_start().strip_prefix(':')?;
    let value = value.split(" #").next().unwrap_or_default().trim();
    Some((key, value.trim_matches(['"', '\''])))
}

impl<'de> Deserialize<'de> for Top {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TopVisitor)
    }
}

/// Reads the top of a JSON text and skips all the rest, which may be long.
struct TopVisitor;

impl<'de> Visitor<'de> for TopVisitor {
    type Value = Top;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top, A::Error> {
        let mut top = Top::default();
        while let Some(key) = map.next_key::<String>()? {
            if matches!(key.as_str(), "kind" | "apiVersion" | "spec") {
                match map.next_value::<Shallow>()? {
                    Shallow::Text(text) => top.add(&key, &text),
                    Shallow::Keys(keys) => {
                        for below in keys {
                            top.push(format!("{key}.{below}"));
                        }
                        top.push(key);
                    }
                    Shallow::Other => top.push(key),
                }
            } else {
                map.next_value::<IgnoredAny>()?;
                top.push(key);
            }
        }
        Ok(top)
    }
}

/// A value, as far as it says what a text is.
enum Shallow {
    Text(String),
    Keys(Vec<String>),
    Other,
}

impl<'de> Deserialize<'de> for Shallow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShallowVisitor)
    }
}

struct ShallowVisitor;

impl<'de> Visitor<'de> for ShallowVisitor {
    type Value = Shallow;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Shallow, E> {
        Ok(Shallow::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shallow, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = map.next_entry()? {
            keys.push(key);
        }
        Ok(Shallow::Keys(keys))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Shallow, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Shallow::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shallow, E> {
        Ok(Shallow::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shallow, E> {
        Ok(Shallow::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shallow, E> {
        Ok(Shallow::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shallow, E> {
        Ok(Shallow::Other)
    }

    fn visit_unit<E>(self) -> Result<Shallow, E> {
        Ok(Shallow::Other)
    }
}

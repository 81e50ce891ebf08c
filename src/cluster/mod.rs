//! Profiles and manifests for the rules. A tree takes many times the memory of its text, so each is dropped as soon as the
//! rules for single documents have seen it, and is made again for the few that are needed later.

pub(crate) mod commands;
pub(crate) mod machines;
pub(crate) mod node_text;
pub(crate) mod nodes;
pub(crate) mod places;
pub(crate) mod secrets;
pub(crate) mod shell;
pub(crate) mod undone;
pub(crate) mod values;
pub(crate) mod walk;

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::thread;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Source};
use crate::profile::{Layer, Profile, without_macros};
use crate::secret;
use crate::yaml::{self, Limits, Node, Path};

/// Texts of more bytes than this are parsed on all cores.
const WORTH_A_THREAD: usize = 256 << 10;

/// The known part of a cluster: profiles and separate manifests.
#[derive(Debug, Default)]
pub struct Cluster {
    /// The profiles.
    pub profiles: Vec<CheckedProfile>,
    /// Manifests that are in no profile.
    pub manifests: Vec<Document>,
}

/// A profile.
#[derive(Debug)]
pub struct CheckedProfile {
    /// The file it came from.
    pub file: String,
    /// What it says.
    pub profile: Profile,
    /// Its layers, in their order.
    pub layers: Vec<CheckedLayer>,
}

/// The texts of a layer.
#[derive(Debug)]
pub struct CheckedLayer {
    /// The pack's name.
    pub name: String,
    /// Its values; nothing where they are no YAML.
    pub values: Document,
    /// Its manifests, each document on its own.
    pub manifests: Vec<Document>,
}

/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Values, which a chart may still change.
    Values,
    /// Objects that Kubernetes takes as they are.
    Manifest,
}

/// One YAML document.
pub struct Document {
    text: Arc<Text>,
    /// Which of its text's documents it is.
    number: usize,
    /// What it says, as Kubernetes reads it; null for an empty one.
    pub value: Value,
}

/// A text with its documents, which share what is costly to make of it.
struct Text {
    source: Source,
    role: Role,
    /// The trees of its documents, made when they are needed.
    roots: OnceLock<Vec<Node>>,
}

/// A text that is still to be parsed.
struct Unparsed {
    source: Source,
    role: Role,
}

/// A text while its documents have their trees.
pub(crate) enum Read<'t> {
    /// It is YAML.
    Documents(&'t [Document]),
    /// It is not YAML, for these reasons.
    NotYaml(&'t Source, &'t [Diagnostic]),
}

impl Cluster {
    /// Adds a profile. `name` gives each of its texts the name it is shown by: the number of the layer, and the
    /// manifest's number where it is one. `look` sees each text while it has its trees, on any core; what it makes of
    /// them comes back in the order of the texts.
    pub(crate) fn add_profile<T: Send>(
        &mut self,
        file: impl Into<String>,
        profile: Profile,
        name: impl Fn(usize, Option<usize>) -> String,
        look: impl Fn(Read<'_>) -> T + Sync,
    ) -> Vec<T> {
        let packs = &profile.spec.template.packs;
        let mut texts = Vec::new();
        for (layer, number) in packs.iter().zip(0..) {
            texts.push(Unparsed {
                source: secret::source(name(number, None), layer.values.as_str()),
                role: Role::Values,
            });
            for (manifest, index) in layer.manifests.iter().zip(0..) {
                texts.push(Unparsed {
                    source: secret::source(name(number, Some(index)), manifest.content.as_str()),
                    role: Role::Manifest,
                });
            }
        }
        let (parsed, seen): (Vec<_>, Vec<T>) = parse_all(&texts, &look).into_iter().unzip();
        let mut names = packs.iter().map(|layer| layer.name.clone());
        let mut layers: Vec<CheckedLayer> = Vec::new();
        for (text, documents) in texts.into_iter().zip(parsed) {
            match (text.role, layers.last_mut()) {
                (Role::Manifest, Some(layer)) => layer.manifests.extend(documents),
                _ => layers.push(CheckedLayer {
                    name: names.next().unwrap_or_default(),
                    values: documents
                        .into_iter()
                        .next()
                        .unwrap_or_else(|| Document::empty(text.source)),
                    manifests: Vec::new(),
                }),
            }
        }
        self.profiles.push(CheckedProfile {
            file: file.into(),
            profile,
            layers,
        });
        seen
    }

    /// Adds a file of manifests, at which `look` looks as in [`Cluster::add_profile`].
    pub(crate) fn add_manifests<T>(&mut self, source: &Source, look: impl Fn(Read<'_>) -> T) -> T {
        let text = Unparsed {
            source: secret::source(source.name(), source.text()),
            role: Role::Manifest,
        };
        let (documents, seen) = parse(&text, &look);
        self.manifests.extend(documents);
        seen
    }

    /// Every manifest, those of profiles first.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.profiles
            .iter()
            .flat_map(|profile| &profile.layers)
            .flat_map(|layer| &layer.manifests)
            .chain(&self.manifests)
    }

    /// Every manifest of a kind.
    pub fn of_kind<'c>(&'c self, kind: &'c str) -> impl Iterator<Item = &'c Document> {
        self.documents()
            .filter(move |document| document.kind() == kind)
    }

    /// Every layer, with its profile.
    pub fn layers(&self) -> impl Iterator<Item = (&CheckedProfile, &CheckedLayer, &Layer)> {
        self.profiles.iter().flat_map(|profile| {
            profile
                .layers
                .iter()
                .zip(&profile.profile.spec.template.packs)
                .map(move |(checked, layer)| (profile, checked, layer))
        })
    }

    /// The layer of a pack.
    pub fn layer(&self, pack: &str) -> Option<(&CheckedProfile, &CheckedLayer, &Layer)> {
        self.layers().find(|(_, layer, _)| layer.name == pack)
    }
}

impl Text {
    /// The trees of its documents. It has been read before, so it can be read.
    fn roots(&self) -> &[Node] {
        self.roots.get_or_init(|| {
            read(&self.source, self.role).map_or_else(|_| Vec::new(), |(roots, _)| roots)
        })
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("text", &self.text.source)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl Document {
    fn empty(source: Source) -> Self {
        Document {
            text: Arc::new(Text {
                source,
                role: Role::Values,
                roots: OnceLock::from(Vec::new()),
            }),
            number: 0,
            value: Value::Null,
        }
    }

    /// The name of its text.
    pub fn name_of_text(&self) -> &str {
        self.text.source.name()
    }

    /// What it is for.
    pub fn role(&self) -> Role {
        self.text.role
    }

    /// Its text with the name that it is shown by, for messages.
    pub fn source(&self) -> &Source {
        &self.text.source
    }

    /// The whole text that it is in.
    pub fn text(&self) -> &str {
        self.text.source.text()
    }

    /// Whether it is the first of its text, for rules that look at texts as a whole.
    pub fn is_first(&self) -> bool {
        self.number == 0
    }

    /// Its tree; none for an empty one.
    pub fn root(&self) -> Option<&Node> {
        self.text.roots().get(self.number)
    }

    /// The text at a dotted path, if there is one.
    pub fn text_at(&self, path: &str) -> Option<&str> {
        self.find(path)?.as_str()
    }

    /// The value at a dotted path.
    pub fn find(&self, path: &str) -> Option<&Value> {
        path.parse::<Path>().ok()?.find(&self.value)
    }

    /// `kind`, or empty.
    pub fn kind(&self) -> &str {
        self.field("/kind")
    }

    /// `metadata.name`, or empty.
    pub fn name(&self) -> &str {
        self.field("/metadata/name")
    }

    /// `metadata.namespace`, or empty.
    pub fn namespace(&self) -> &str {
        self.field("/metadata/namespace")
    }

    fn field(&self, pointer: &str) -> &str {
        self.value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The bytes of the value at a dotted path, or of the nearest value around it.
    pub fn span(&self, path: &str) -> Range<usize> {
        let Some(mut node) = self.root() else {
            return 0..0;
        };
        let Ok(path) = path.parse::<Path>() else {
            return node.span();
        };
        for step in path.steps() {
            match node.within(step) {
                Some(next) => node = next,
                None => break,
            }
        }
        node.span()
    }
}

/// Parses texts, on all cores where they are large, and keeps their order.
fn parse_all<T: Send>(
    texts: &[Unparsed],
    look: &(impl Fn(Read<'_>) -> T + Sync),
) -> Vec<(Vec<Document>, T)> {
    let parse = |text| parse(text, look);
    let bytes: usize = texts.iter().map(|text| text.source.text().len()).sum();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    if bytes < WORTH_A_THREAD || threads == 1 {
        return texts.iter().map(parse).collect();
    }
    // Even shares of bytes, since texts differ in size.
    let share = bytes / threads + 1;
    let mut parts: Vec<&[Unparsed]> = Vec::new();
    let (mut start, mut size) = (0, 0);
    for (index, text) in texts.iter().enumerate() {
        size += text.source.text().len();
        if size >= share {
            parts.push(&texts[start..=index]);
            (start, size) = (index + 1, 0);
        }
    }
    parts.push(&texts[start..]);
    thread::scope(|scope| {
        let running: Vec<_> = parts
            .iter()
            .map(|part| scope.spawn(move || part.iter().map(parse).collect::<Vec<_>>()))
            .collect();
        running
            .into_iter()
            .flat_map(|part| match part.join() {
                Ok(parsed) => parsed,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

/// The documents of a text, without their trees, and what `look` made of them with these, or none if it is not YAML.
fn parse<T>(text: &Unparsed, look: &impl Fn(Read<'_>) -> T) -> (Vec<Document>, T) {
    let source = &text.source;
    let (roots, values) = match read(source, text.role) {
        Ok(read) => read,
        Err(problems) => return (Vec::new(), look(Read::NotYaml(source, &problems))),
    };
    let text_of = |roots| {
        Arc::new(Text {
            source: source.clone(),
            role: text.role,
            roots,
        })
    };
    let with_trees = text_of(OnceLock::from(roots));
    let mut documents: Vec<Document> = values
        .into_iter()
        .zip(0..)
        .map(|(value, number)| Document {
            text: Arc::clone(&with_trees),
            number,
            value,
        })
        .collect();
    let seen = look(Read::Documents(&documents));
    let without_trees = text_of(OnceLock::new());
    for document in &mut documents {
        document.text = Arc::clone(&without_trees);
    }
    (documents, seen)
}

/// The trees and values of the documents of a text.
fn read(source: &Source, role: Role) -> Result<(Vec<Node>, Vec<Value>), Vec<Diagnostic>> {
    let documents = |readable: &Source| {
        let roots: Vec<Node> = match role {
            Role::Values => yaml::parse(readable, Limits::VALUES)?.into_iter().collect(),
            Role::Manifest => yaml::parse_all(readable, Limits::VALUES)?,
        };
        let values = roots
            .iter()
            .map(|root| yaml::node_to_json(readable, root))
            .collect::<Result<Vec<_>, _>>()?;
        Ok((roots, values))
    };
    // Other texts with the same places.
    let again = |other: String| documents(&Source::new(source.name(), other)).ok();
    // A macro without quotes is not YAML before Palette has filled it in.
    documents(source).or_else(|problems| {
        quote_bare_macros(source.text())
            .and_then(again)
            .or_else(|| again(without_macros(source.text())))
            .ok_or(problems)
    })
}

/// The text with macros that stand alone after a key or a dash turned into quoted texts of the same length; none where
/// there is no such macro.
fn quote_bare_macros(text: &str) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let mut changed = false;
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(open) = line.find("{{")
            && line[..open].trim_end().ends_with([':', '-'])
            && let Some(close) = line.rfind("}}").filter(|close| *close >= open + 2)
            && (line[close + 2..].trim().is_empty()
                || line[close + 2..].trim_start().starts_with('#'))
            && !line[open..close].contains('\'')
        {
            let (open, close) = (line_start + open, line_start + close);
            bytes[open] = b'\'';
            bytes[close + 1] = b'\'';
            changed = true;
        }
        line_start += line.len();
    }
    changed.then(|| String::from_utf8(bytes).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::read;

    fn is_yaml(text: Read<'_>) -> bool {
        matches!(text, Read::Documents(_))
    }

    #[test]
    fn a_macro_without_quotes_is_read_as_a_text() {
        let text = "a: {{ .spectro.var.x }}\nb:\n- {{.spectro.var.y}} # why\nc: \"{{ .z }}\"\n";
        let mut cluster = Cluster::default();
        assert!(cluster.add_manifests(&Source::new("m", text), is_yaml));
        let document = &cluster.manifests[0];
        assert_eq!(document.text_at("a"), Some("{ .spectro.var.x }"));
        assert_eq!(document.text_at("b[0]"), Some("{.spectro.var.y}"));
        assert_eq!(document.text_at("c"), Some("{{ .z }}"));
        assert_eq!(document.span("a"), 3..23);
        assert_eq!(document.text(), text);
        assert_eq!(document.span("c.missing"), document.span("c"));
    }

    #[test]
    fn braces_the_wrong_way_round_are_no_macro() {
        let mut cluster = Cluster::default();
        assert!(!cluster.add_manifests(&Source::new("m", "[ }}# -{{kind: \n"), is_yaml));
    }

    #[test]
    fn secrets_are_not_shown_and_lines_keep_their_numbers() {
        let text = "\
kind: Secret
stringData:
  pure: |
    hunter2
    hunter2
---
env:
- {name: DB_PASSWORD, value: hunter2}
- why: seen
";
        let mut cluster = Cluster::default();
        assert!(cluster.add_manifests(&Source::new("m", text), is_yaml));
        let document = &cluster.manifests[1];
        assert!(!document.is_first() && cluster.manifests[0].is_first());
        let shown = |path: &str| {
            let wrong = Diagnostic::error("wrong");
            wrong.at(document.source(), document.span(path)).to_string()
        };
        assert!(shown("env[0].value").contains("value: ***}"));
        let other = shown("env[1].why");
        assert!(
            other.contains("m:9:8") && other.contains("9 | - why: seen"),
            "{other}"
        );
    }

    #[test]
    fn many_large_texts_keep_their_order() {
        let filler = "# a comment\n".repeat(20_000);
        let packs: Vec<Value> = (0..7)
            .map(|number| {
                serde_json::json!({
                    "name": format!("p{number}"), "type": "oci", "values": format!("{filler}a: {number}\n"),
                    "manifests": [{"name": "m", "content": format!("kind: K{number}\n---\nkind: L{number}\n")}]
                })
            })
            .collect();
        let json = serde_json::json!({"metadata": {"name": "x"}, "spec": {"template": {"type": "add-on", "packs": packs}}});
        let profile = read(&Source::new("x.json", json.to_string())).unwrap();
        let mut cluster = Cluster::default();
        let name = |layer, manifest| format!("{layer} {manifest:?}");
        let names = cluster.add_profile("x.json", profile, name, |text| match text {
            Read::Documents(documents) => documents[0].name_of_text().to_owned(),
            Read::NotYaml(..) => String::new(),
        });
        let expected: Vec<String> = (0..7)
            .flat_map(|layer| [name(layer, None), name(layer, Some(0))])
            .collect();
        assert_eq!(names, expected);
        for (number, (_, layer, _)) in cluster.layers().enumerate() {
            assert_eq!(layer.values.find("a"), Some(&serde_json::json!(number)));
            let kinds: Vec<&str> = layer.manifests.iter().map(Document::kind).collect();
            assert_eq!(kinds, [format!("K{number}"), format!("L{number}")]);
        }
        assert_eq!(cluster.of_kind("K3").count(), 1);
    }
}

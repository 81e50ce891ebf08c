//! Reads a site's YAML into types, and goes on after a mistake so that one run tells all of them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::Ipv4Addr;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::secret::{Secret, SecretSource};
use super::{Inputs, Places};
use crate::diagnostic::{Diagnostic, Problems, Source, nearest};
use crate::yaml::{Entry, Kind, Node};

/// A map of the site, or the absence of one; every field is asked for by name and what is left over is unknown.
pub(super) struct Fields<'n> {
    path: String,
    entries: &'n [Entry],
    known: Vec<&'static str>,
}

impl Fields<'_> {
    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

/// The reading of one site.
pub(super) struct Reader<'s> {
    source: &'s Source,
    inputs: &'s dyn Inputs,
    problems: Problems,
    spans: BTreeMap<String, Range<usize>>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s Source, inputs: &'s dyn Inputs) -> Self {
        Reader {
            source,
            inputs,
            problems: Problems::default(),
            spans: BTreeMap::new(),
        }
    }

    /// The places of all values that were read, and every problem, in the order of the file.
    pub(super) fn finish(self) -> (Places, Vec<Diagnostic>) {
        let problems = self.problems.into_vec(self.source);
        (Places::new(self.source.clone(), self.spans), problems)
    }

    pub(super) fn root<'n>(&mut self, node: Option<&'n Node>) -> Fields<'n> {
        self.fields(node, String::new())
    }

    fn fields<'n>(&mut self, node: Option<&'n Node>, path: String) -> Fields<'n> {
        let entries = match node {
            None => &[],
            Some(node) if node.is_null() => &[],
            Some(node) => match node.entries() {
                Some(entries) => entries,
                None => {
                    self.expected("a map of settings", node);
                    &[]
                }
            },
        };
        Fields {
            path,
            entries,
            known: Vec::new(),
        }
    }

    /// Reports every key of the map that nobody asked for.
    pub(super) fn close(&mut self, fields: Fields<'_>) {
        for entry in fields.entries {
            let name = entry.name();
            if fields.known.contains(&name) {
                continue;
            }
            self.problems.push(|| {
                let place = match fields.path.as_str() {
                    "" => "at the top of a site".to_owned(),
                    path => format!("in `{path}`"),
                };
                let mut problem = Diagnostic::error(format!("unknown key `{name}` {place}"))
                    .at(self.source, entry.key.span.clone());
                if let Some(nearest) = nearest(name, fields.known.iter().copied()) {
                    problem = problem.label(format!("did you mean `{nearest}`?"));
                }
                let known: Vec<String> =
                    fields.known.iter().map(|key| format!("`{key}`")).collect();
                problem.help(format!("known keys here: {}", known.join(", ")))
            });
        }
    }

    /// The value under a key; none where it is absent or left empty.
    pub(super) fn node<'n>(
        &mut self,
        fields: &mut Fields<'n>,
        key: &'static str,
    ) -> Option<&'n Node> {
        fields.known.push(key);
        let entry = fields.entries.iter().find(|entry| entry.name() == key)?;
        let span = if entry.value.span.is_empty() {
            entry.key.span.clone()
        } else {
            entry.value.span.clone()
        };
        self.spans.insert(fields.path_of(key), span);
        (!entry.value.is_null()).then_some(&entry.value)
    }

    /// The map under a key; an empty one where it is absent.
    pub(super) fn section<'n>(&mut self, fields: &mut Fields<'n>, key: &'static str) -> Fields<'n> {
        let path = fields.path_of(key);
        let node = self.node(fields, key);
        self.fields(node, path)
    }

    /// A value of a type that explains what is wrong with a text.
    pub(super) fn optional<T>(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let node = self.node(fields, key)?;
        self.parse(node)
    }

    /// As [`Reader::optional`], with a default.
    pub(super) fn value<T>(&mut self, fields: &mut Fields<'_>, key: &'static str, default: T) -> T
    where
        T: FromStr,
        T::Err: Display,
    {
        self.optional(fields, key).unwrap_or(default)
    }

    /// As [`Reader::value`], with a default that is written as in a site.
    pub(super) fn or<T>(&mut self, fields: &mut Fields<'_>, key: &'static str, default: &str) -> T
    where
        T: FromStr,
        T::Err: Display,
    {
        match self.optional(fields, key) {
            Some(value) => value,
            None => fixed(default),
        }
    }

    pub(super) fn parse<T>(&mut self, node: &Node) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text = self.text(node)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let problem =
                    Diagnostic::error(error.to_string()).at(self.source, node.span.clone());
                self.problems.push(|| problem);
                None
            }
        }
    }

    fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        if let Some(text) = node.text() {
            return Some(text);
        }
        self.expected("a single value", node);
        None
    }

    pub(super) fn expected(&mut self, what: &str, node: &Node) {
        let mut problem = Diagnostic::error(format!("expected {what}, found {}", node.describe()))
            .at(self.source, node.span.clone());
        if matches!(node.kind, Kind::Alias(_)) {
            problem = problem.help("a site takes no YAML aliases; write the value out");
        }
        self.problems.push(|| problem);
    }

    /// A problem with the value of a field, by its whole path.
    pub(super) fn problem_at(&mut self, node: &Node, problem: Diagnostic) {
        self.problems
            .push(|| problem.at(self.source, node.span.clone()));
    }

    pub(super) fn flag(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        default: bool,
    ) -> bool {
        let Some(node) = self.node(fields, key) else {
            return default;
        };
        match self.text(node) {
            Some("true") => true,
            Some("false") => false,
            Some(other) => {
                let problem = Diagnostic::error(format!("`{other}` is neither `true` nor `false`"));
                self.problem_at(node, problem);
                default
            }
            None => default,
        }
    }

    /// An IPv4 address.
    pub(super) fn address(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
    ) -> Option<Ipv4Addr> {
        let node = self.node(fields, key)?;
        let text = self.text(node)?;
        let address = text.parse().ok();
        if address.is_none() {
            let problem = Diagnostic::error(format!("`{text}` is not an IPv4 address"));
            self.problem_at(node, problem);
        }
        address
    }

    pub(super) fn number(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> u32 {
        match self.node(fields, key) {
            Some(node) => self.whole_number(node, range).unwrap_or(default),
            None => default,
        }
    }

    pub(super) fn whole_number(&mut self, node: &Node, range: RangeInclusive<u32>) -> Option<u32> {
        let text = self.text(node)?;
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let number = text
            .parse()
            .ok()
            .filter(|number| digits && range.contains(number));
        if number.is_none() {
            let problem = Diagnostic::error(format!(
                "`{text}` is not a whole number from {} to {}",
                range.start(),
                range.end()
            ));
            self.problem_at(node, problem);
        }
        number
    }

    /// Free text: whatever stands there, whatever YAML would take it for.
    pub(super) fn free_text(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        default: &str,
    ) -> String {
        self.optional(fields, key)
            .unwrap_or_else(|| default.to_owned())
    }

    /// A list, each item read by `item`; none where the key is absent.
    pub(super) fn list<T>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        mut item: impl FnMut(&mut Self, &Node, String) -> Option<T>,
    ) -> Option<Vec<T>> {
        let path = fields.path_of(key);
        let node = self.node(fields, key)?;
        let Some(items) = node.items() else {
            self.expected("a list", node);
            return None;
        };
        let mut list = Vec::with_capacity(items.len());
        for (index, node) in items.iter().enumerate() {
            let path = format!("{path}[{index}]");
            self.spans.insert(path.clone(), node.span.clone());
            list.extend(item(self, node, path));
        }
        Some(list)
    }

    /// A list of values that parse on their own.
    pub(super) fn values<T>(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Option<Vec<T>>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.list(fields, key, |reader, node, _| reader.parse(node))
    }

    /// The fields of a list's item.
    pub(super) fn item<'n>(&mut self, node: &'n Node, path: String) -> Fields<'n> {
        self.fields(Some(node), path)
    }

    /// A map of free keys, each value read by `item`, in the order of the site.
    pub(super) fn by_name<T, M: FromIterator<(String, T)>>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        mut item: impl FnMut(&mut Self, &Node, String) -> Option<T>,
    ) -> M {
        let path = fields.path_of(key);
        let node = self.node(fields, key);
        let entries = node.and_then(Node::entries).unwrap_or_default();
        if let Some(node) = node
            && node.entries().is_none()
        {
            self.expected("a map", node);
        }
        entries
            .iter()
            .filter_map(|entry| {
                let path = format!("{path}.{}", entry.name());
                self.spans.insert(path.clone(), entry.value.span.clone());
                Some((entry.name().to_owned(), item(self, &entry.value, path)?))
            })
            .collect()
    }

    /// A map of free keys to values that parse on their own.
    pub(super) fn values_by_name<T, M>(&mut self, fields: &mut Fields<'_>, key: &'static str) -> M
    where
        T: FromStr,
        T::Err: Display,
        M: FromIterator<(String, T)>,
    {
        self.by_name(fields, key, |reader, node, _| reader.parse(node))
    }

    /// Whether the map has a value under a key.
    pub(super) fn given(&self, fields: &Fields<'_>, key: &str) -> bool {
        let mut entries = fields.entries.iter();
        entries.any(|entry| entry.name() == key && !entry.value.is_null())
    }

    /// A required field of a list's item.
    pub(super) fn required<T>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        around: &Node,
    ) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        if !self.given(fields, key) {
            fields.known.push(key);
            let problem = Diagnostic::error(format!("`{}` needs a `{key}`", fields.path));
            self.problem_at(around, problem);
            return None;
        }
        self.optional(fields, key)
    }

    /// A secret, from where the site says.
    pub(super) fn secret(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Option<Secret> {
        let node = self.node(fields, key)?;
        let Some(source) = secret_source(node) else {
            let problem = Diagnostic::error("a secret does not stand in the site itself")
                .help("write `{ env: NAME }` for an environment variable, or `{ file: PATH }` for a file beside the site")
                .help(format!(
                    "or leave `{key}` out: it then stays a Palette variable, filled in at deployment"
                ));
            self.problem_at(node, problem);
            return None;
        };
        match self.resolve(&source) {
            Ok(secret) => Some(secret),
            Err(problem) => {
                self.problem_at(node, problem);
                None
            }
        }
    }

    fn resolve(&self, source: &SecretSource) -> Result<Secret, Diagnostic> {
        match source {
            SecretSource::Env(name) => {
                let value = self.inputs.env(name).ok_or_else(|| {
                    Diagnostic::error(format!("the environment variable `{name}` is not set")).help(
                        format!("set it for this run, such as `read -rs {name} && export {name}`"),
                    )
                })?;
                Secret::new(value).ok_or_else(|| {
                    Diagnostic::error(format!("the environment variable `{name}` is empty"))
                })
            }
            SecretSource::File(path) => {
                let text = self.inputs.file(path).map_err(|error| {
                    Diagnostic::error(format!("cannot read `{}`: {error}", path.display()))
                })?;
                let text = text.strip_suffix('\n').unwrap_or(&text);
                let text = text.strip_suffix('\r').unwrap_or(text);
                Secret::new(text.to_owned()).ok_or_else(|| {
                    Diagnostic::error(format!("the file `{}` is empty", path.display()))
                })
            }
        }
    }

    /// The text of a file that the site names.
    pub(super) fn file(&mut self, node: &Node, path: &Path) -> Option<String> {
        match self.inputs.file(path) {
            Ok(text) => Some(text),
            Err(error) => {
                let problem =
                    Diagnostic::error(format!("cannot read `{}`: {error}", path.display()));
                self.problem_at(node, problem);
                None
            }
        }
    }
}

/// A default, written in the source; a wrong one is a mistake in this crate.
pub(super) fn fixed<T>(text: &str) -> T
where
    T: FromStr,
    T::Err: Display,
{
    match text.parse() {
        Ok(value) => value,
        Err(error) => panic!("a built-in default is wrong: {error}"),
    }
}

fn secret_source(node: &Node) -> Option<SecretSource> {
    let [entry] = node.entries()? else {
        return None;
    };
    let text = entry.value.text().filter(|text| !text.is_empty())?;
    match entry.name() {
        "env" => Some(SecretSource::Env(text.to_owned())),
        "file" => Some(SecretSource::File(PathBuf::from(text))),
        _ => None,
    }
}

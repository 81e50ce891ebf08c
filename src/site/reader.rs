//! Reads a site's YAML into types, and continues after a mistake, so that one run reports all of them.

mod inputs;
mod lists;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::Ipv4Addr;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use serde_json::Map;

use super::cidr::Address;
use super::mend::{self, Wanted};
use super::setting::{About, Described, Form, Kind, Preset, Scalar, Section, Setting, parent};
use super::{Inputs, Places};
use crate::diagnostic::{Code, Diagnostic, Problems, Source, nearest};
use crate::yaml::{self, Entry, Node, Style, scalar};

/// A map of the site, or a missing one. Every field is read by name, and the remaining keys are unknown.
pub(super) struct Fields<'n> {
    path: String,
    entries: &'n [Entry],
    known: Vec<&'static str>,
    about: &'static About,
    /// Whether something else is there, which has been told.
    is_wrong: bool,
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
    /// What was asked for, where that is what is wanted.
    settings: Option<Vec<Setting>>,
    /// The path of the value that was asked for last.
    asked: String,
    /// Whether a secret was read.
    holds_secrets: bool,
    /// Why other secrets could not be read.
    unread: Problems,
}

/// Stands for any item of a list or map while settings are recorded: nothing is in it, and all is asked for.
const ANY: Node = Node::new(
    0..0,
    yaml::Kind::Mapping {
        entries: Vec::new(),
        style: Style::Flow,
    },
);

/// The one entry of any map, likewise.
static ANY_ENTRY: [Entry; 1] = [Entry {
    key: ANY,
    value: ANY,
}];

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s Source, inputs: &'s dyn Inputs) -> Self {
        Reader {
            source,
            inputs,
            problems: Problems::default(),
            spans: BTreeMap::new(),
            settings: None,
            asked: String::new(),
            holds_secrets: false,
            unread: Problems::default(),
        }
    }

    /// Whether a secret was read, which makes what is rendered private.
    pub(super) fn holds_secrets(&self) -> bool {
        self.holds_secrets
    }

    /// A reader that records what it is asked for.
    pub(super) fn recording(source: &'s Source, inputs: &'s dyn Inputs) -> Self {
        Reader {
            settings: Some(Vec::new()),
            ..Reader::new(source, inputs)
        }
    }

    /// What was asked for, in that order.
    pub(super) fn into_settings(self) -> Vec<Setting> {
        self.settings.unwrap_or_default()
    }

    /// Notes a key that is asked for, while settings are recorded; tells whether they are.
    fn record(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        asked: impl FnOnce() -> (Form, Preset),
    ) -> bool {
        self.record_at(fields.path_of(key), fields.about.of(key), asked)
    }

    fn record_at(
        &mut self,
        path: String,
        (about, section): (&'static str, &'static str),
        asked: impl FnOnce() -> (Form, Preset),
    ) -> bool {
        let Some(settings) = &mut self.settings else {
            return false;
        };
        let around = settings
            .iter_mut()
            .find(|around| around.path == parent(&path));
        let section = match around {
            Some(around) if section.is_empty() => around.section,
            // A list at the top is of its items' section.
            Some(around) if around.section.is_empty() => {
                around.section = section;
                section
            }
            _ => section,
        };
        let (form, default) = asked();
        settings.push(Setting::new(path, about, section, form, default));
        true
    }

    /// The places of all values that were read, every problem, in the order of the file, and why secrets could not be read.
    pub(super) fn finish(self) -> (Places, Vec<Diagnostic>, Vec<Diagnostic>) {
        let problems = self.problems.into_vec(self.source);
        let unread = self.unread.into_vec(self.source);
        (
            Places::new(self.source.clone(), self.spans),
            problems,
            unread,
        )
    }

    pub(super) fn root<'n, T: Described>(&mut self, node: Option<&'n Node>) -> Fields<'n> {
        self.fields::<T>(node, String::new())
    }

    fn fields<'n, T: Described>(&mut self, node: Option<&'n Node>, path: String) -> Fields<'n> {
        let mut is_wrong = false;
        let entries = match node {
            None => &[],
            Some(node) if node.is_null() => &[],
            Some(node) => match node.entries() {
                Some(entries) => entries,
                None => {
                    self.asked.clone_from(&path);
                    self.expected(Wanted::Map, node);
                    is_wrong = true;
                    &[]
                }
            },
        };
        Fields {
            is_wrong,
            path,
            entries,
            known: Vec::new(),
            about: &T::ABOUT,
        }
    }

    /// Reports every key of the map that was not asked for.
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
                    .code(Code::UnknownKey)
                    .at(self.source, entry.key.span());
                if let Some(help) = mend::elsewhere(name, &fields.path) {
                    return problem.help(help);
                }
                problem = problem.did_you_mean(name, fields.known.iter().copied());
                let known: Vec<String> =
                    fields.known.iter().map(|key| format!("`{key}`")).collect();
                problem.help(format!("known keys here: {}", known.join(", ")))
            });
        }
    }

    /// The value under a key, or none if it is absent or left empty.
    fn node<'n>(&mut self, fields: &mut Fields<'n>, key: &'static str) -> Option<&'n Node> {
        fields.known.push(key);
        let entry = fields.entries.iter().find(|entry| entry.name() == key)?;
        let span = if entry.value.span().is_empty() {
            entry.key.span()
        } else {
            entry.value.span()
        };
        self.asked = fields.path_of(key);
        self.spans.insert(self.asked.clone(), span);
        (!entry.value.is_null()).then_some(&entry.value)
    }

    /// The map under a key; an empty one where it is absent.
    pub(super) fn section<'n, T: Described>(
        &mut self,
        fields: &mut Fields<'n>,
        key: &'static str,
    ) -> Fields<'n> {
        self.record_map::<T>(fields, key, || Preset::Fixed(Map::new().into()));
        let path = fields.path_of(key);
        let node = self.node(fields, key);
        self.fields::<T>(node, path)
    }

    fn record_map<T: Described>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        default: impl FnOnce() -> Preset,
    ) -> bool {
        let (about, _) = fields.about.of(key);
        let said = (about, T::ABOUT.section);
        self.record_at(fields.path_of(key), said, || (Form::Map, default()))
    }

    /// A map that is read by its own type.
    pub(super) fn map<T: Section>(&mut self, fields: &mut Fields<'_>, key: &'static str) -> T {
        T::read(self, fields, key)
    }

    /// A map that says something by being there, read by `item`.
    pub(super) fn optional_map<T: Described, R>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        item: impl FnOnce(&mut Self, &Node, Fields<'_>) -> R,
    ) -> Option<R> {
        let path = fields.path_of(key);
        if self.record_map::<T>(fields, key, || Preset::None) {
            let fields = self.fields::<T>(None, path);
            item(self, &ANY, fields);
            return None;
        }
        let node = self.node(fields, key)?;
        let fields = self.fields::<T>(Some(node), path);
        Some(item(self, node, fields))
    }

    /// One value, or a map in its place.
    pub(super) fn scalar_or_map<'n, T: Scalar, M: Described>(
        &mut self,
        fields: &mut Fields<'n>,
        key: &'static str,
        default: &T,
    ) -> Result<Option<T>, Fields<'n>> {
        self.record(fields, key, || {
            let Preset::Fixed(value) = Preset::fixed_text(default) else {
                return (Form::Map, Preset::None);
            };
            (Form::ValueOrMap(Kind::of::<T>()), Preset::Fixed(value))
        });
        let path = fields.path_of(key);
        match self.node(fields, key) {
            Some(node) if node.text().is_some() => Ok(self.parse(node)),
            node => Err(self.fields::<M>(node, path)),
        }
    }

    fn parsed<T: Scalar>(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Option<T> {
        let node = self.node(fields, key)?;
        self.parse(node)
    }

    /// A value of a type that explains what is wrong with a text.
    pub(super) fn optional<T: Scalar>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
    ) -> Option<T> {
        self.record(fields, key, || (Form::Value(Kind::of::<T>()), Preset::None));
        self.parsed(fields, key)
    }

    /// As [`Reader::optional`], with a default.
    pub(super) fn value<T: Scalar>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        default: T,
    ) -> T {
        self.record(fields, key, || {
            (Form::Value(Kind::of::<T>()), Preset::fixed_text(&default))
        });
        self.parsed(fields, key).unwrap_or(default)
    }

    /// As [`Reader::value`], or none if what is there is wrong.
    pub(super) fn value_or_wrong<T: Scalar>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        default: T,
    ) -> Option<T> {
        self.record(fields, key, || {
            (Form::Value(Kind::of::<T>()), Preset::fixed_text(&default))
        });
        match self.node(fields, key) {
            Some(node) => self.parse(node),
            None => Some(default),
        }
    }

    /// As [`Reader::value`], with a default that other settings decide.
    pub(super) fn follow<T: Scalar>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        default: impl FnOnce() -> T,
    ) -> T {
        let given = self.parsed(fields, key);
        let value = given.unwrap_or_else(default);
        self.record(fields, key, || {
            (Form::Value(Kind::of::<T>()), Preset::follows_text(&value))
        });
        value
    }

    /// As [`Reader::follow`], of a setting that others may forbid, or none if they do.
    pub(super) fn unless<T: Scalar>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        forbidden: Option<Diagnostic>,
        default: Option<T>,
    ) -> Option<T> {
        self.record(fields, key, || {
            let preset = default.as_ref().map(Preset::follows_text);
            (Form::Value(Kind::of::<T>()), preset.unwrap_or(Preset::None))
        });
        match (forbidden, self.node(fields, key)) {
            (None, Some(node)) => self.parse(node).or(default),
            (None, None) => default,
            (Some(problem), node) => {
                if let Some(node) = node {
                    self.problem_at(node, problem);
                }
                None
            }
        }
    }

    /// As [`Reader::value`], with a default that is written as in a site.
    pub(super) fn or<T: Scalar>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        default: &str,
    ) -> T {
        self.record(fields, key, || {
            (
                Form::Value(Kind::of::<T>()),
                Preset::fixed_text(&fixed::<T>(default)),
            )
        });
        self.parsed(fields, key).unwrap_or_else(|| fixed(default))
    }

    pub(super) fn parse<T: Scalar>(&mut self, node: &Node) -> Option<T> {
        let kind = Kind::of::<T>();
        let text = match node.items() {
            Some(items @ [_, ..]) if kind.joins => {
                let texts: Option<Vec<&str>> = items.iter().map(|item| self.text(item)).collect();
                Cow::Owned(texts?.join(","))
            }
            _ => Cow::Borrowed(self.text(node)?),
        };
        let error = match text.parse::<T>() {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        // A number such as 5.0 is a whole one to YAML, and to the schema.
        let number = plain_number(&text).filter(|_| kind.range.is_some());
        if let Some(value) = number.and_then(|number| number.to_string().parse().ok()) {
            return Some(value);
        }
        let problem = Diagnostic::of_wrong(&error.to_string());
        let problem = match problem.has_help() {
            true => problem,
            false => self.with_example(problem, &text),
        };
        self.problem_at(node, problem);
        None
    }

    /// With a value that is right at the place that was asked for last.
    fn with_example(&self, problem: Diagnostic, text: &str) -> Diagnostic {
        if self.settings.is_some() {
            return problem;
        }
        let meant = mend::in_unit(&self.asked, text).or_else(|| mend::switch(&self.asked, text));
        match meant.or_else(|| mend::example(&self.asked)) {
            Some(example) => problem.help(example),
            None => problem,
        }
    }

    fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        if let Some(text) = node.text() {
            return Some(text);
        }
        self.expected(Wanted::Value, node);
        None
    }

    /// Reports a value that has not the form of the setting that was asked for last.
    fn expected(&mut self, wanted: Wanted, node: &Node) {
        if self.settings.is_some() {
            return;
        }
        let path = self.asked.as_str();
        let what = match path {
            "" => "a site".to_owned(),
            path => format!("`{path}`"),
        };
        self.problems.push(|| {
            let (wants, found) = (wanted.in_words(), node.describe());
            let problem = Diagnostic::error(format!("{what} takes {wants}, not {found}"))
                .code(Code::WrongShape)
                .at(self.source, node.span());
            if matches!(node.kind, yaml::Kind::Alias(_)) {
                return problem.help("a site cannot have YAML aliases; write the value out");
            }
            let help = mend::form(path, wanted, node, self.source.text());
            match help.or_else(|| mend::example(path)) {
                Some(help) => problem.help(help),
                None => problem.help(mend::keys(path)),
            }
        });
    }

    /// A problem with the value of a field, by its whole path.
    pub(super) fn problem_at(&mut self, node: &Node, problem: Diagnostic) {
        self.problems.push(|| {
            problem
                .or_code(Code::WrongValue)
                .at(self.source, node.span())
        });
    }

    pub(super) fn flag(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        default: bool,
    ) -> bool {
        self.value(fields, key, Flag(default)).0
    }

    /// An IPv4 address.
    pub(super) fn address(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
    ) -> Option<Ipv4Addr> {
        self.optional(fields, key).map(Address::get)
    }

    pub(super) fn number(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> u32 {
        self.record(fields, key, || {
            (
                Form::Value(Kind::whole(range.clone())),
                Preset::fixed(&default),
            )
        });
        match self.node(fields, key) {
            Some(node) => self.whole_number(node, range).unwrap_or(default),
            None => default,
        }
    }

    /// As [`Reader::number`], without a default.
    pub(super) fn optional_number(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        self.record(fields, key, || {
            (Form::Value(Kind::whole(range.clone())), Preset::None)
        });
        let node = self.node(fields, key)?;
        self.whole_number(node, range)
    }

    fn whole_number(&mut self, node: &Node, range: RangeInclusive<u32>) -> Option<u32> {
        let text = self.text(node)?;
        let number = whole(text, &range)
            .or_else(|| plain_number(text).filter(|number| range.contains(number)));
        if number.is_none() {
            let problem = Diagnostic::error(format!(
                "`{text}` is not a whole number from {} to {}",
                range.start(),
                range.end()
            ));
            let problem = self.with_example(problem, text);
            self.problem_at(node, problem);
        }
        number
    }

    /// Free text: the text as written, whatever type YAML gives it.
    pub(super) fn free_text(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        default: &str,
    ) -> String {
        self.value(fields, key, default.to_owned())
    }

    /// A required field of a list's item.
    pub(super) fn required<T: Scalar>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        around: &Node,
    ) -> Option<T> {
        let node = self.needed(fields, key, around, Kind::of::<T>, |path| {
            lacks_key(path, key)
        })?;
        self.parse(node)
    }

    /// As [`Reader::required`], of a whole number.
    pub(super) fn required_number(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        around: &Node,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let node = self.needed(
            fields,
            key,
            around,
            || Kind::whole(range.clone()),
            |path| lacks_key(path, key),
        )?;
        self.whole_number(node, range)
    }

    /// The value under a key that has to be there.
    pub(super) fn needed<'n>(
        &mut self,
        fields: &mut Fields<'n>,
        key: &'static str,
        around: &Node,
        kind: impl FnOnce() -> Kind,
        lacks: impl FnOnce(&str) -> Diagnostic,
    ) -> Option<&'n Node> {
        self.record(fields, key, || (Form::Value(kind()), Preset::Required));
        let node = self.node(fields, key);
        // While settings are recorded nothing is there, and nothing is missing.
        let is_missing = node.is_none() && !fields.is_wrong && self.settings.is_none();
        if is_missing && !has_misnamed(fields, key) {
            let problem = lacks(&fields.path);
            let problem = match problem.has_help() {
                true => problem,
                false => match mend::example(&fields.path_of(key)) {
                    Some(example) => problem.help(example),
                    None => problem,
                },
            };
            self.problem_at(around, problem);
        }
        node
    }
}

/// A boolean, written as YAML 1.2 has it.
pub(super) struct Flag(pub(super) bool);

impl FromStr for Flag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let flag = text.parse().map(Flag);
        flag.map_err(|_| format!("`{text}` is neither `true` nor `false`"))
    }
}

impl Display for Flag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A whole number in the range, in digits alone.
pub(super) fn whole(text: &str, range: &RangeInclusive<u32>) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok()?;
    (digits && range.contains(&number)).then_some(number)
}

/// The whole number that YAML makes of a text that is not written as one, such as `5.0`.
fn plain_number(text: &str) -> Option<u32> {
    let number = scalar::resolve(text).as_f64()?;
    let whole = number as u32;
    (f64::from(whole) == number).then_some(whole)
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

fn lacks_key(path: &str, key: &str) -> Diagnostic {
    let article = match key.starts_with(['a', 'e', 'i', 'o', 'u']) {
        true => "an",
        false => "a",
    };
    Diagnostic::error(format!("`{path}` needs {article} `{key}`")).code(Code::MissingKey)
}

/// Whether a map has a wrong key that means this one. That key is reported, so the missing one is not.
fn has_misnamed(fields: &Fields<'_>, key: &str) -> bool {
    fields.entries.iter().any(|entry| {
        let meant = mend::meant(entry.name(), &fields.path);
        let is_near = || nearest(entry.name(), [key]).is_some();
        !mend::is_known(entry.name(), &fields.path)
            && (meant.is_some_and(|meant| meant.key() == key) || is_near())
    })
}

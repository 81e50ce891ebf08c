//! Secrets in trees: by the keys on the way to a value, by what is beside it, and within its text.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use super::names::{self, Named, name_within, named};
use super::reference::{is_macro, is_name, is_reference, is_variable_name};
use super::scan;
use crate::diagnostic::Source;
use crate::yaml::{self, Kind, Limits, Node};

/// What a Secret has beside its data.
const OF_AN_OBJECT: [&str; 9] = [
    "apiVersion",
    "kind",
    "metadata",
    "type",
    "immutable",
    "name",
    "namespace",
    "synchronize",
    "clone",
];

/// Files that hold nothing but secrets.
const FILES: [&str; 19] = [
    ".pgpass",
    "htpasswd",
    ".htpasswd",
    "ipsec.secrets",
    "chap-secrets",
    "pap-secrets",
    "keyring",
    ".vault-token",
    "shadow",
    "shadow-",
    "gshadow",
    "gshadow-",
    "passwd-s3fs",
    ".passwd-s3fs",
    "sasl_passwd",
    ".git-credentials",
    "ntp.keys",
    "chrony.keys",
    "authkey",
];

/// What the names of others end in.
const ENDINGS: [&str; 6] = [".keyring", ".keytab", ".kdbx", ".jks", ".p12", ".pfx"];

/// What is known on the way from the root of a tree to a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Way<'k> {
    /// The name of what is here.
    name: Cow<'k, str>,
    /// Whether this is part of a Kubernetes Secret.
    in_object: bool,
    hides: Hides,
}

/// What is hidden of a value and of what lies below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Hides {
    /// What its text holds.
    #[default]
    Texts,
    /// Single values.
    Scalars,
    /// Everything.
    All,
    /// What is not a name: a token may have been put where its name belongs.
    Tokens,
    /// The same where a variable of the environment is named.
    Variables,
    /// Everything that is not a macro: the data of a Secret.
    Data,
    /// An expression that spells out what it takes.
    Expressions,
}

/// What says in a map of what kind its values are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Beside<'k> {
    is_object: bool,
    /// Whether its items are Secrets, which need not say so themselves.
    is_list: bool,
    is_sensitive: bool,
    /// What may name a value beside it.
    names: [&'k str; 3],
    path: &'k str,
}

impl<'k> Beside<'k> {
    fn of(entries: impl Iterator<Item = (&'k str, Option<&'k str>)>) -> Self {
        let mut beside = Beside::default();
        let mut names = 0;
        for (key, text) in entries {
            let Some(text) = text else { continue };
            match key {
                "kind" => {
                    beside.is_object |= text.trim().eq_ignore_ascii_case("secret");
                    beside.is_list |= text.trim().eq_ignore_ascii_case("secretlist");
                }
                "isSensitive" | "is_sensitive" | "sensitive" => {
                    beside.is_sensitive |= text == "true"
                }
                "path" | "targetPath" | "filename" => beside.path = text,
                "name" | "key" | "id" if names < beside.names.len() => {
                    beside.names[names] = text;
                    names += 1;
                }
                _ => {}
            }
        }
        beside
    }

    /// What names a value beside it: the last that names a secret, or else the first. This takes time, and few maps have
    /// such a value.
    fn name(&self) -> &'k str {
        let names_secret = |name: &&&str| named(name) != Named::Nothing;
        let secret = self.names.iter().rev().find(names_secret);
        let name = secret.or_else(|| self.names.iter().find(|name| !name.is_empty()));
        name.copied().unwrap_or_default()
    }

    pub(crate) fn of_map(map: &'k serde_json::Map<String, Value>) -> Self {
        Self::of(map.iter().map(|(key, value)| {
            let text = match value {
                Value::Bool(true) => Some("true"),
                value => value.as_str(),
            };
            (key.as_str(), text)
        }))
    }

    fn of_node(node: &'k Node) -> Self {
        Self::of(
            node.entries()
                .unwrap_or_default()
                .iter()
                .map(|entry| (entry.name(), entry.value.text())),
        )
    }
}

impl<'k> Way<'k> {
    /// The root of what a name stands for.
    pub(crate) fn named(name: &'k str) -> Self {
        let hides = match named(name) {
            Named::All => Hides::All,
            Named::Scalar => Hides::Scalars,
            Named::Nothing => Hides::Texts,
        };
        Way {
            name: Cow::Borrowed(name),
            in_object: false,
            hides,
        }
    }

    /// The content of a file.
    pub(crate) fn of_file(path: &str) -> Self {
        Way::default().in_secret(is_secret_file(path))
    }

    /// The same as part of a Kubernetes Secret.
    pub(crate) fn in_object(mut self, is: bool) -> Self {
        self.in_object |= is;
        self
    }

    /// The same where everything is secret.
    pub(crate) fn in_secret(mut self, is: bool) -> Self {
        if is {
            self.hides = Hides::All;
        }
        self
    }

    /// On to the value of a key.
    pub(crate) fn key(&self, beside: &Beside<'k>, key: &'k str) -> Way<'k> {
        let in_object = self.in_object || beside.is_object || beside.is_list;
        let hides = match self.hides {
            Hides::Data => Hides::Data,
            Hides::All | Hides::Tokens | Hides::Variables if is_reference_key(key) => Hides::Texts,
            Hides::All if key == "env" => Hides::Variables,
            Hides::All if key == "file" || names::is_about(key) => Hides::Tokens,
            Hides::All => Hides::All,
            Hides::Tokens | Hides::Variables => Hides::Tokens,
            Hides::Texts | Hides::Scalars | Hides::Expressions => {
                let is_data = in_object && matches!(key, "data" | "stringData");
                if is_data || (beside.is_object && !OF_AN_OBJECT.contains(&key)) {
                    return Way {
                        name: Cow::Borrowed(key),
                        in_object,
                        hides: Hides::Data,
                    };
                }
                let is_value = names::is_value(key);
                let is_content = matches!(key, "content" | "contents" | "inline");
                // The name of a map says what its value is: `password: {value: x}`.
                let beside_it = if is_value { beside.name() } else { "" };
                let name = if beside_it.is_empty() { key } else { beside_it };
                let within = name_within(&self.name, name);
                let way = Way::named(within).in_object(in_object);
                let is_secret = (is_value && beside.is_sensitive)
                    || (is_content && is_secret_file(beside.path));
                let mut way = way.in_secret(is_secret);
                if key == "regex" && beside.is_sensitive {
                    way.hides = Hides::Expressions;
                }
                return way;
            }
        };
        Way {
            name: Cow::Borrowed(key),
            in_object,
            hides,
        }
    }

    /// On to the value of a key of a map of which no more is known. A name that is known stays where keys say nothing.
    pub(crate) fn below(&self, key: &'k str) -> Way<'k> {
        match key {
            "value" if self.hides != Hides::Texts => self.clone(),
            _ => self.key(&Beside::default(), key),
        }
    }

    /// The same, hiding as much as another where that is more.
    pub(crate) fn or(mut self, other: &Way<'_>) -> Self {
        if self.hides == Hides::Texts {
            self.hides = other.hides;
        }
        self.in_object |= other.in_object;
        self
    }

    /// On to an item of a list.
    pub(crate) fn item(&self) -> Way<'k> {
        self.clone()
    }

    /// Whether a single value is hidden whole.
    pub(crate) fn hides(&self, text: &str) -> bool {
        match self.hides {
            Hides::Texts => false,
            Hides::Data => !text.trim().is_empty() && !is_macro(text),
            Hides::Tokens => !is_reference(text) && !is_name(text),
            Hides::Variables => !is_reference(text) && !is_variable_name(text),
            Hides::Scalars | Hides::All => !is_reference(text),
            Hides::Expressions => spells_out(text),
        }
    }

    /// Whether a key is hidden: below a secret's name, one that is not a name may be the secret, and so may one without a value.
    pub(crate) fn hides_key(&self, key: &str, has_value: bool) -> bool {
        match self.hides {
            Hides::All => !is_reference(key) && !is_name(key),
            _ => !has_value && self.hides(key),
        }
    }

    /// Whether this is the data of a Kubernetes Secret.
    pub(crate) fn is_data(&self) -> bool {
        self.hides == Hides::Data
    }

    /// The same for as long as anybody likes.
    pub(crate) fn into_owned(self) -> Way<'static> {
        Way {
            name: Cow::Owned(self.name.into_owned()),
            in_object: self.in_object,
            hides: self.hides,
        }
    }
}

/// Whether an expression has a word in it, and not only what any value may be made of.
fn spells_out(expression: &str) -> bool {
    const SHORTEST: usize = 4;
    let (mut run, mut is_class, mut is_escaped) = (0, false, false);
    expression.chars().any(|c| {
        let is_letter = c.is_alphanumeric() && !is_class && !is_escaped;
        run = if is_letter { run + 1 } else { 0 };
        is_class = !is_escaped && (matches!(c, '[' | '{') || (is_class && !matches!(c, ']' | '}')));
        is_escaped = c == '\\' && !is_escaped;
        run >= SHORTEST
    })
}

/// Whether what lies below a key only says where a secret is: `valueFrom`, `secretKeyRef`.
fn is_reference_key(key: &str) -> bool {
    key.ends_with("Ref")
        || key.ends_with("From")
        || key.ends_with("Refs")
        || key == "from"
        || key == "ref"
}

/// Whether a file holds nothing but a secret, by its name.
fn is_secret_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    FILES.contains(&name)
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        || (!name.contains('.') && named(name) != Named::Nothing)
        || named(name) == Named::All
}

/// Which items of a list of texts are secrets as arguments of a command: `[--password, x]`.
fn arguments_of(items: &[Option<&str>]) -> Vec<bool> {
    const LONGEST: usize = 16 << 10;
    let is_option = |item: &Option<&str>| {
        item.is_some_and(|text| text.starts_with('-') && !text.contains(char::is_whitespace))
    };
    let mut hidden = vec![false; items.len()];
    let length: usize = items.iter().flatten().map(|text| text.len()).sum();
    if !items.iter().any(is_option) || length > LONGEST {
        return hidden;
    }
    let (mut line, mut ends) = (String::new(), Vec::new());
    for item in items {
        let text = item.unwrap_or_default();
        line.push_str(&text.replace('\n', " "));
        ends.push(line.len());
        line.push(' ');
    }
    for span in scan::scan(&line, scan::DEEPEST, false) {
        let item = ends.partition_point(|end| *end <= span.start);
        if let Some(hidden) = hidden.get_mut(item) {
            *hidden = true;
        }
    }
    hidden
}

/// Which items of a list are secrets as arguments of a command: `[--password, x]`.
pub(crate) fn arguments(items: &[Value]) -> Vec<bool> {
    let texts: Vec<Option<&str>> = items.iter().map(Value::as_str).collect();
    arguments_of(&texts)
}

/// A value with the secrets in it written by `hide`.
pub(crate) fn hidden(value: &Value, way: &Way<'_>, hide: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::Object(map) => {
            let beside = Beside::of_map(map);
            let entry = |(key, value): (&String, &Value)| {
                let has_value = !value.is_null();
                let value = hidden(value, &way.key(&beside, key), hide);
                let key = match way.hides_key(key, has_value) {
                    true => hide(key),
                    false => super::replaced(key, hide).into_owned(),
                };
                (key, value)
            };
            map.iter().map(entry).collect()
        }
        Value::Array(items) => {
            let items = items
                .iter()
                .zip(arguments(items))
                .map(|(item, is_argument)| match item.as_str() {
                    Some(text) if is_argument && !is_reference(text) => Value::String(hide(text)),
                    _ => hidden(item, &way.item(), hide),
                });
            items.collect()
        }
        Value::String(text) if way.hides(text) => Value::String(hide(text)),
        Value::String(text) => Value::String(super::replaced(text, hide).into_owned()),
        Value::Number(number) if way.hides(&number.to_string()) => {
            Value::String(hide(&number.to_string()))
        }
        Value::Bool(flag) if way.hides(&flag.to_string()) => Value::String(hide(&flag.to_string())),
        other => other.clone(),
    }
}

/// Where the secrets of a YAML document stand, or none if it is not YAML, or one text.
pub(super) fn spans(text: &str, depth: usize) -> Option<Vec<Range<usize>>> {
    let parse = |text: String| yaml::parse_all(&Source::new("", text), Limits::VALUES).ok();
    let roots = parse(text.to_owned()).or_else(|| parse(with_words(text)?))?;
    let is_text = |root: &Node| matches!(root.kind, Kind::Scalar(_) | Kind::Alias(_));
    if roots.is_empty() || roots.iter().any(is_text) {
        return None;
    }
    let mut finder = Finder {
        text,
        depth,
        found: Vec::new(),
        end: 0,
        aliases: Vec::new(),
    };
    for root in &roots {
        finder.node(root, &Way::default());
    }
    finder.gap(text.len());
    if !finder.aliases.is_empty() {
        for root in &roots {
            finder.anchored(root);
        }
    }
    Some(finder.found)
}

/// The text with words in place of macros, of the same length; none without macros.
fn with_words(text: &str) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let mut from = 0;
    let mut changed = false;
    while let Some(open) = text[from..].find("{{").map(|at| from + at) {
        let Some(close) = text[open..].find(['}', '\n']).map(|at| open + at) else {
            break;
        };
        from = close;
        if !text[close..].starts_with("}}") {
            continue;
        }
        from = close + 2;
        changed = true;
        let before = text[..open].trim_end_matches([' ', '\t']);
        let behind = text[from..].trim_start_matches([' ', '\t']);
        let is_alone = (before.is_empty() || before.ends_with('\n'))
            && (behind.is_empty() || behind.starts_with('\n'));
        bytes[open..from].fill(if is_alone { b' ' } else { b'x' });
    }
    changed.then(|| String::from_utf8(bytes).ok()).flatten()
}

struct Finder<'t> {
    text: &'t str,
    depth: usize,
    found: Vec<Range<usize>>,
    /// Up to where the text was looked at.
    end: usize,
    /// Anchors whose values are secrets elsewhere.
    aliases: Vec<usize>,
}

impl<'n> Finder<'_> {
    /// Looks at what is between values: comments, anchors, tags.
    fn gap(&mut self, to: usize) {
        if let Some(between) = self.text.get(self.end..to)
            && between.contains(['#', '&', '!'])
        {
            let found = scan::scan(between, self.depth, false);
            self.found.extend(
                found
                    .into_iter()
                    .map(|span| self.end + span.start..self.end + span.end),
            );
        }
        self.end = self.end.max(to);
    }

    fn node(&mut self, node: &'n Node, way: &Way<'n>) {
        match &node.kind {
            Kind::Mapping { entries, .. } => {
                let beside = Beside::of_node(node);
                for entry in entries {
                    let below = way.key(&beside, entry.name());
                    let is_empty = is_empty(&entry.value);
                    // A key without a value may be the secret: `password: {x}`.
                    let texts = Way::default();
                    let is_way = is_empty || way.hides_key(entry.name(), true);
                    self.scalar(&entry.key, if is_way { way } else { &texts });
                    if is_empty && below.hides("x1y") {
                        self.comment(entry.key.span().end);
                    }
                    self.node(&entry.value, &below);
                }
            }
            Kind::Sequence { items, .. } => {
                let texts: Vec<Option<&str>> = items.iter().map(Node::text).collect();
                let arguments = arguments_of(&texts);
                for (item, is_argument) in items.iter().zip(arguments) {
                    self.node(item, &way.item().in_secret(is_argument));
                }
            }
            Kind::Scalar(_) => self.scalar(node, way),
            Kind::Alias(anchor) => {
                if way.hides("x1y") {
                    self.aliases.push(*anchor);
                }
                self.gap(node.span().start);
                self.end = self.end.max(node.span().end);
            }
        }
    }

    /// Hides a comment right after a key whose secret is missing: `password: #x`.
    fn comment(&mut self, key_end: usize) {
        let behind = self.text.get(key_end..).unwrap_or_default();
        let comment = behind.trim_start_matches([' ', ':', '\t']);
        if !comment.starts_with('#') {
            return;
        }
        let start = key_end + behind.len() - comment.len();
        let comment = comment.lines().next().unwrap_or_default();
        if !scan::is_remark(comment) {
            self.found.push(start..start + comment.len());
        }
    }

    fn scalar(&mut self, node: &Node, way: &Way<'_>) {
        let Kind::Scalar(scalar) = &node.kind else {
            return;
        };
        self.gap(node.span().start);
        self.end = self.end.max(node.span().end);
        // Macros were read as words.
        let written = self.text.get(node.span()).unwrap_or_default();
        if way.hides(if scalar.block { &scalar.text } else { written }) {
            self.found.push(node.span());
            return;
        }
        if written.contains("{{") {
            // Macros were read as words of their length.
            let inner = super::find(written, self.depth + 1);
            let shift = node.span().start;
            self.found.extend(
                inner
                    .into_iter()
                    .map(|span| shift + span.start..shift + span.end),
            );
        }
        let text = if scalar.plain && scalar.text.len() == written.len() {
            written
        } else {
            &scalar.text
        };
        let inner = super::find(text, self.depth + 1);
        if inner.is_empty() {
            return;
        }
        match places(text, written, scalar.block) {
            Some(places) => {
                for span in &inner {
                    self.place(node.span().start, &places, span);
                }
            }
            None => self.found.push(node.span()),
        }
    }

    /// Hides bytes of a scalar's text where they are written, line by line.
    fn place(&mut self, start: usize, lines: &[(usize, Range<usize>)], span: &Range<usize>) {
        let first = lines
            .partition_point(|(begin, _)| *begin <= span.start)
            .saturating_sub(1);
        for (begin, written) in lines[first..]
            .iter()
            .take_while(|(begin, _)| *begin < span.end)
        {
            let from = written.start + span.start.saturating_sub(*begin);
            let to = (written.start + (span.end - begin)).min(written.end);
            if from < to {
                self.found.push(start + from..start + to);
            }
        }
    }

    /// Hides what other places repeat as a secret.
    fn anchored(&mut self, node: &Node) {
        if node.anchor() > 0 && self.aliases.contains(&node.anchor()) {
            self.found.push(node.span());
            return;
        }
        for entry in node.entries().unwrap_or_default() {
            self.anchored(&entry.value);
        }
        for item in node.items().unwrap_or_default() {
            self.anchored(item);
        }
    }
}

/// Whether nothing is written for a value.
fn is_empty(value: &Node) -> bool {
    value.is_null() && value.span().is_empty()
}

/// For each line of a scalar's text where it begins there, and where it is written, or none if the two differ.
fn places(text: &str, written: &str, is_block: bool) -> Option<Vec<(usize, Range<usize>)>> {
    if !is_block {
        let shift = usize::from(text.len() + 2 == written.len());
        let is_same = written.get(shift..shift + text.len()) == Some(text);
        return is_same.then(|| vec![(0, shift..shift + text.len())]);
    }
    let mut lines = Vec::new();
    let mut at = written.find('\n')? + 1;
    let mut begin = 0;
    for line in text.split('\n') {
        let end = written
            .get(at..)?
            .find('\n')
            .map_or(written.len(), |end| at + end);
        let content = written[at..end]
            .strip_suffix('\r')
            .unwrap_or(&written[at..end]);
        let line_end = at + content.len();
        if !content.ends_with(line) {
            return None;
        }
        lines.push((begin, line_end - line.len()..line_end));
        begin += line.len() + 1;
        if end == written.len() {
            // What follows are line breaks that the header keeps.
            return text[begin.min(text.len())..]
                .trim()
                .is_empty()
                .then_some(lines);
        }
        at = end + 1;
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stays_one_on_the_way_down() {
        let once = Way::default().in_object(true);
        assert_ne!(once, Way::default());
        assert_eq!(once.clone().in_object(true), once);
        assert_eq!(once.clone().in_object(false), once);
    }

    #[test]
    fn an_expression_may_spell_a_secret_out() {
        for expression in [
            "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
            r"^\d+\.\d+$",
            "^[^\"]{8,64}$",
            "",
        ] {
            assert!(!spells_out(expression), "{expression}");
        }
        for expression in [
            "^hunter2$",
            "^(a|hunter2)$",
            "[a-z]hunter[0-9]",
            r"\dhunter",
        ] {
            assert!(spells_out(expression), "{expression}");
        }
    }

    #[test]
    fn macros_become_words_or_blanks_of_their_length() {
        for (text, words) in [
            ("a: {b: {{ .x }}, c: 1}\n", Some("a: {b: xxxxxxxx, c: 1}\n")),
            ("a: {{}}{{b}}", Some("a: xxxxxxxxx")),
            (" {{ if }} \na: 1\n", Some("          \na: 1\n")),
            ("a: {b: {{ .x }\n}}\n", None),
            ("a: {b: 1}\n", None),
        ] {
            assert_eq!(with_words(text).as_deref(), words, "{text}");
        }
    }
}

//! Changes to a YAML text that leave every untouched byte as it stands.
//!
//! Removals and additions are first folded into one target tree; only where the target differs from the text are
//! lines replaced, added or taken out. So a path that is removed and added again with the same value is no change.

use std::fmt;
use std::ops::Range;

use serde_json::{Map, Value};

use super::json;
use super::node::{Entry, Kind, Limits, Node, Style, parse};
use super::path::{Path, Step};
use super::scalar;
use crate::diagnostic::{Diagnostic, Source};

/// Why a text could not be changed.
#[derive(Debug)]
pub struct MergeError(pub Vec<Diagnostic>);

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|problem| problem.fmt(f))
    }
}

impl std::error::Error for MergeError {}

impl From<Vec<Diagnostic>> for MergeError {
    fn from(problems: Vec<Diagnostic>) -> Self {
        MergeError(problems)
    }
}

/// What an explicit null in an addition means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Null {
    /// The value null, as Palette's presets use it.
    Keep,
    /// The key is taken out, as in our overlays.
    Remove,
}

/// One step of a merge, in the order given.
enum Change {
    Remove(Path),
    Add {
        source: Source,
        root: Node,
        null: Null,
    },
}

/// Changes to come, over a base text.
pub struct Merge {
    base: Source,
    root: Option<Node>,
    changes: Vec<Change>,
    missing: Vec<Path>,
}

impl Merge {
    /// Starts from a text.
    ///
    /// # Errors
    /// The text is not YAML, or not a map.
    pub fn new(base: Source) -> Result<Self, MergeError> {
        let root = parse(&base, Limits::VALUES)?;
        if let Some(root) = &root
            && root.entries().is_none()
        {
            return Err(MergeError(vec![
                Diagnostic::error("values must be a map")
                    .at(&base, root.span.clone())
                    .label(format!("this is {}", root.describe())),
            ]));
        }
        Ok(Merge {
            base,
            root,
            changes: Vec::new(),
            missing: Vec::new(),
        })
    }

    /// Takes a path out; one that is not there is remembered in [`Merge::missing`].
    pub fn remove(&mut self, path: Path) {
        self.changes.push(Change::Remove(path));
    }

    /// Merges a preset's additions: maps merge, scalars and lists replace, null is a value.
    ///
    /// # Errors
    /// The addition is not YAML, or not a map.
    pub fn add(&mut self, addition: Source) -> Result<(), MergeError> {
        self.push(addition, Null::Keep)
    }

    /// Merges an overlay: as [`Merge::add`], but an explicit null takes its key out.
    ///
    /// # Errors
    /// The overlay is not YAML, or not a map.
    pub fn overlay(&mut self, overlay: Source) -> Result<(), MergeError> {
        self.push(overlay, Null::Remove)
    }

    fn push(&mut self, source: Source, null: Null) -> Result<(), MergeError> {
        let Some(root) = parse(&source, Limits::VALUES)? else {
            return Ok(());
        };
        if root.entries().is_none() {
            return Err(MergeError(vec![
                Diagnostic::error("what is merged into values must be a map")
                    .at(&source, root.span.clone())
                    .label(format!("this is {}", root.describe())),
            ]));
        }
        self.changes.push(Change::Add { source, root, null });
        Ok(())
    }

    /// The paths that were to be removed and were not there, after [`Merge::finish`].
    pub fn missing(&self) -> &[Path] {
        &self.missing
    }

    /// Makes the text, and its value as Kubernetes reads it.
    ///
    /// # Errors
    /// A change goes through an alias, or the result would not mean what the changes say.
    pub fn finish(&mut self) -> Result<(String, Value), MergeError> {
        let mut expected = match &self.root {
            Some(root) => root.to_value(&self.base)?,
            None => Value::Object(Map::new()),
        };
        let mut target = match &self.root {
            Some(root) => Target::Base(root),
            None => Target::Map {
                base: None,
                entries: Vec::new(),
            },
        };
        let mut missing = Vec::new();
        for change in &self.changes {
            match change {
                Change::Remove(path) => {
                    if !target.remove(&self.base, path.steps())? {
                        missing.push(path.clone());
                    }
                    remove_value(&mut expected, path.steps());
                }
                Change::Add { source, root, null } => {
                    let addition = root.to_value(source)?;
                    target.add(&self.base, source, root, *null)?;
                    merge_value(&mut expected, &addition, *null);
                }
            }
        }
        let mut edits = Edits {
            base: &self.base,
            list: Vec::new(),
        };
        edits.root(&target)?;
        let text = edits.apply();
        self.missing = missing;
        let result = Source::new(self.base.name(), text);
        let value = match json::to_json(&result, Limits::VALUES)? {
            Value::Null => Value::Object(Map::new()),
            value => value,
        };
        if value != expected {
            return Err(MergeError(vec![
                Diagnostic::error(format!(
                    "`{}` cannot be changed line by line without changing its meaning",
                    self.base.name()
                ))
                .help("write the values without anchors, tabs or flow collections around the changed keys"),
            ]));
        }
        Ok((result.text().to_owned(), value))
    }
}

fn remove_value(value: &mut Value, steps: &[Step]) {
    let (Some(Step::Key(key)), Value::Object(map)) = (steps.first(), value) else {
        return;
    };
    if steps.len() == 1 {
        map.shift_remove(key);
    } else if let Some(child) = map.get_mut(key) {
        remove_value(child, &steps[1..]);
    }
}

fn merge_value(value: &mut Value, addition: &Value, null: Null) {
    match (value, addition) {
        (Value::Object(map), Value::Object(addition)) => {
            for (key, new) in addition {
                if new.is_null() && null == Null::Remove {
                    map.shift_remove(key);
                } else if let Some(old) = map.get_mut(key) {
                    merge_value(old, new, null);
                } else {
                    let mut fresh = Value::Null;
                    merge_value(&mut fresh, new, null);
                    map.insert(key.clone(), fresh);
                }
            }
        }
        (value, Value::Object(addition)) => {
            let mut fresh = Value::Object(Map::new());
            merge_value(&mut fresh, &Value::Object(addition.clone()), null);
            *value = fresh;
        }
        (value, new) => *value = new.clone(),
    }
}

/// What a value shall become.
#[derive(Clone)]
enum Target<'a> {
    /// As it stands in the base.
    Base(&'a Node),
    /// Taken from an addition.
    New { source: &'a Source, node: &'a Node },
    /// A map of both.
    Map {
        base: Option<&'a Node>,
        entries: Vec<TargetEntry<'a>>,
    },
}

#[derive(Clone)]
struct TargetEntry<'a> {
    entry: &'a Entry,
    /// The addition the entry comes from; `None` for the base.
    source: Option<&'a Source>,
    value: Target<'a>,
}

impl<'a> Target<'a> {
    /// The entries, where this will be a map.
    fn entries(&self) -> Option<Vec<TargetEntry<'a>>> {
        let mut opened = match self {
            Target::Base(node) => Target::Base(node),
            Target::New { source, node } => Target::New { source, node },
            Target::Map { entries, .. } => return Some(entries.clone()),
        };
        opened.open().cloned()
    }

    /// Turns a map that was taken whole into one whose entries can change; `None` for anything else.
    fn open(&mut self) -> Option<&mut Vec<TargetEntry<'a>>> {
        let opened = match self {
            Target::Base(node) => Target::Map {
                base: Some(node),
                entries: node
                    .entries()?
                    .iter()
                    .map(|entry| TargetEntry {
                        entry,
                        source: None,
                        value: Target::Base(&entry.value),
                    })
                    .collect(),
            },
            Target::New { source, node } => {
                let source: &'a Source = source;
                Target::Map {
                    base: None,
                    entries: node
                        .entries()?
                        .iter()
                        .map(|entry| TargetEntry {
                            entry,
                            source: Some(source),
                            value: Target::New {
                                source,
                                node: &entry.value,
                            },
                        })
                        .collect(),
                }
            }
            Target::Map { entries, .. } => return Some(entries),
        };
        *self = opened;
        match self {
            Target::Map { entries, .. } => Some(entries),
            _ => None,
        }
    }

    /// Whether the path was there.
    fn remove(&mut self, base: &Source, steps: &[Step]) -> Result<bool, MergeError> {
        let Some(Step::Key(key)) = steps.first() else {
            return Ok(false);
        };
        self.refuse_alias(base)?;
        let Some(entries) = self.open() else {
            return Ok(false);
        };
        let Some(index) = entries.iter().position(|entry| entry.entry.name() == key) else {
            return Ok(false);
        };
        if steps.len() == 1 {
            entries.remove(index);
            return Ok(true);
        }
        entries[index].value.remove(base, &steps[1..])
    }

    fn add(
        &mut self,
        base: &Source,
        source: &'a Source,
        node: &'a Node,
        null: Null,
    ) -> Result<(), MergeError> {
        let Some(additions) = node.entries() else {
            *self = Target::New { source, node };
            return Ok(());
        };
        self.refuse_alias(base)?;
        if self.open().is_none() {
            // A scalar or list gives way to a map; only its place in the base is kept, by the entry around it.
            *self = Target::Map {
                base: None,
                entries: Vec::new(),
            };
        }
        let Some(entries) = self.open() else {
            return Ok(());
        };
        for addition in additions {
            let found = entries
                .iter()
                .position(|entry| entry.entry.name() == addition.name());
            match found {
                Some(index) if addition.value.is_null() && null == Null::Remove => {
                    entries.remove(index);
                }
                Some(index) => entries[index]
                    .value
                    .add(base, source, &addition.value, null)?,
                None if addition.value.is_null() && null == Null::Remove => {}
                None => {
                    let mut value = Target::New {
                        source,
                        node: &addition.value,
                    };
                    if null == Null::Remove && has_null(&addition.value) {
                        value = Target::Map {
                            base: None,
                            entries: Vec::new(),
                        };
                        value.add(base, source, &addition.value, null)?;
                    }
                    entries.push(TargetEntry {
                        entry: addition,
                        source: Some(source),
                        value,
                    });
                }
            }
        }
        Ok(())
    }

    fn refuse_alias(&self, base: &Source) -> Result<(), MergeError> {
        match self {
            Target::Base(node) if matches!(node.kind, Kind::Alias(_)) => Err(MergeError(vec![
                Diagnostic::error("a change below an alias would change its anchor's other uses")
                    .at(base, node.span.clone())
                    .help("write the map out in place of the alias"),
            ])),
            _ => Ok(()),
        }
    }
}

/// Whether a map has a null directly or in a map below.
fn has_null(node: &Node) -> bool {
    node.entries().is_some_and(|entries| {
        entries
            .iter()
            .any(|entry| entry.value.is_null() || has_null(&entry.value))
    })
}

/// Replacements of byte ranges, to be applied together.
struct Edits<'a> {
    base: &'a Source,
    list: Vec<(Range<usize>, String)>,
}

impl<'a> Edits<'a> {
    fn root(&mut self, target: &Target<'a>) -> Result<(), MergeError> {
        let Target::Map { base, entries } = target else {
            return Ok(());
        };
        match base {
            Some(node) => self.map(node, entries),
            None => {
                let mut lines = Vec::new();
                for entry in entries {
                    lines.extend(new_entry(entry, 0)?);
                }
                self.insert_lines(self.base.text().len(), &lines);
                Ok(())
            }
        }
    }

    fn map(&mut self, node: &'a Node, wanted: &[TargetEntry<'a>]) -> Result<(), MergeError> {
        let Kind::Mapping { entries, style } = &node.kind else {
            return Ok(());
        };
        if *style == Style::Flow {
            return self.flow_map(node, wanted);
        }
        let Some(first) = entries.first() else {
            return Ok(());
        };
        let indent = self.column(first.key.whole().start);
        for entry in entries {
            // By name: what was taken out and added again keeps its place.
            match wanted
                .iter()
                .find(|wanted| wanted.entry.name() == entry.name())
            {
                None => self.delete(entry),
                Some(wanted) => self.value(entry, &wanted.value, indent)?,
            }
        }
        let mut lines = Vec::new();
        for new in wanted {
            if node.get(new.entry.name()).is_none() {
                lines.extend(new_entry(new, indent)?);
            }
        }
        if !lines.is_empty() {
            let after = self.end_of_map(node.span.end, indent);
            self.insert_lines(after, &lines);
        }
        Ok(())
    }

    /// The end of a block map: behind the comments below its last value that are not less indented than its keys.
    fn end_of_map(&self, value_end: usize, indent: usize) -> usize {
        let text = self.base.text();
        let mut end = self.next_line(value_end);
        let mut at = end;
        while at < text.len() {
            let next = self.next_line(at);
            let line = &text[at..next];
            at = next;
            match comment_indent(line) {
                Some(column) if column >= indent => end = next,
                None if line.trim().is_empty() => {}
                _ => break,
            }
        }
        end
    }

    /// A flow map is rewritten as one flow map where anything in it changes.
    fn flow_map(&mut self, node: &'a Node, wanted: &[TargetEntry<'a>]) -> Result<(), MergeError> {
        let value = map_value(self.base, wanted)?;
        if value != node.to_value(self.base)? {
            self.list.push((node.span.clone(), flow(&value)));
        }
        Ok(())
    }

    fn value(
        &mut self,
        entry: &'a Entry,
        target: &Target<'a>,
        indent: usize,
    ) -> Result<(), MergeError> {
        let old = &entry.value;
        if matches!(target, Target::Base(_)) {
            return Ok(());
        }
        let is_alias = matches!(old.kind, Kind::Alias(_));
        if !is_alias && target_value(self.base, target)? == old.to_value(self.base)? {
            return Ok(());
        }
        if old.entries().is_some_and(|old| !old.is_empty())
            && let Some(wanted) = target.entries()
            && !wanted.is_empty()
        {
            return self.map(old, &wanted);
        }
        let text = new_value(target, indent)?;
        self.replace(entry, text);
        Ok(())
    }

    /// Puts a new value behind a key of the base.
    fn replace(&mut self, entry: &Entry, new: NewValue) {
        let text = self.base.text();
        let old = entry.value.whole();
        let colon = text[entry.key.span.end..]
            .find(':')
            .map_or(entry.key.span.end, |at| entry.key.span.end + at + 1);
        let key_line_end = line_end(text, colon);
        let old_is_inline = old.start <= key_line_end && !starts_block(&entry.value);
        if old_is_inline {
            match new {
                NewValue::Inline(new) if old.is_empty() => {
                    self.list.push((colon..colon, format!(" {new}")));
                }
                NewValue::Inline(new) => self.list.push((old, new)),
                NewValue::Lines { head, lines } => {
                    let gap_start = colon.min(old.start);
                    let head = if head.is_empty() {
                        head
                    } else {
                        format!(" {head}")
                    };
                    self.list.push((gap_start..old.end, head));
                    let after = self.next_line(old.end);
                    self.insert_lines(after, &lines);
                }
            }
            return;
        }
        // The comment on the key's own line stays with the key; a block scalar's header line goes.
        let on_key_line = &text[colon..key_line_end];
        let comment = match on_key_line.find('#') {
            Some(at)
                if on_key_line[..at].trim().is_empty()
                    || matches!(&entry.value.kind, Kind::Scalar(_)) =>
            {
                format!(" {}", on_key_line[at..].trim_end())
            }
            _ => String::new(),
        };
        let text = match new {
            NewValue::Inline(new) => format!(" {new}{comment}"),
            NewValue::Lines { head, lines } => {
                let head = if head.is_empty() {
                    head
                } else {
                    format!(" {head}")
                };
                format!(
                    "{head}{comment}{newline}{}",
                    lines.join(self.newline()),
                    newline = self.newline()
                )
            }
        };
        self.list.push((colon..old.end, text));
    }

    /// Takes an entry out, with the comment block directly above it and the deeper comments directly below.
    fn delete(&mut self, entry: &Entry) {
        let text = self.base.text();
        let key_start = entry.key.whole().start;
        let indent = self.column(key_start);
        let mut start = line_start(text, key_start);
        while start > 0 {
            let above = line_start(text, start - 1);
            let line = &text[above..start];
            if comment_indent(line) != Some(indent) || is_presets_line(line) {
                break;
            }
            start = above;
        }
        let mut end = self.next_line(entry.value.whole().end.max(entry.key.span.end));
        while end < text.len() {
            let next = self.next_line(end);
            if comment_indent(&text[end..next]).is_none_or(|column| column <= indent) {
                break;
            }
            end = next;
        }
        self.list.push((start..end, String::new()));
    }

    fn insert_lines(&mut self, at: usize, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        let newline = self.newline();
        let joined = lines.join(newline);
        let text = self.base.text();
        let at_line_start = at == 0 || text[..at].ends_with('\n');
        let new = if at_line_start {
            format!("{joined}{newline}")
        } else {
            format!("{newline}{joined}")
        };
        self.list.push((at..at, new));
    }

    fn column(&self, byte: usize) -> usize {
        byte - line_start(self.base.text(), byte)
    }

    /// The start of the line behind the one that `byte` stands on, or the end of the text.
    fn next_line(&self, byte: usize) -> usize {
        let text = self.base.text();
        text[byte..]
            .find('\n')
            .map_or(text.len(), |at| byte + at + 1)
    }

    fn newline(&self) -> &'static str {
        match self.base.text().find('\n') {
            Some(at) if self.base.text()[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    fn apply(mut self) -> String {
        // Stable: what a child adds at a place comes before what its parent adds there.
        self.list.sort_by_key(|(range, _)| range.start);
        let text = self.base.text();
        let mut out = String::with_capacity(
            text.len() + self.list.iter().map(|(_, new)| new.len()).sum::<usize>(),
        );
        let mut at = 0;
        for (range, new) in &self.list {
            out.push_str(&text[at..range.start.max(at)]);
            out.push_str(new);
            at = at.max(range.end);
        }
        out.push_str(&text[at..]);
        out
    }
}

/// The text of a value that goes behind a key.
enum NewValue {
    /// On the key's line.
    Inline(String),
    /// On lines of its own, with what stands on the key's line (`|`) first.
    Lines { head: String, lines: Vec<String> },
}

/// The lines of a new entry, with its comment.
fn new_entry(entry: &TargetEntry<'_>, indent: usize) -> Result<Vec<String>, MergeError> {
    let margin = " ".repeat(indent);
    let mut lines = Vec::new();
    let key = match entry.source {
        Some(source) => {
            for comment in comments_above(source, entry.entry.key.whole().start) {
                lines.push(format!("{margin}{comment}"));
            }
            source.text()[entry.entry.key.whole()].to_owned()
        }
        None => scalar::write(entry.entry.name()),
    };
    match new_value(&entry.value, indent)? {
        NewValue::Inline(value) if value.is_empty() => lines.push(format!("{margin}{key}:")),
        NewValue::Inline(value) => lines.push(format!("{margin}{key}: {value}")),
        NewValue::Lines { head, lines: more } => {
            let head = if head.is_empty() {
                head
            } else {
                format!(" {head}")
            };
            lines.push(format!("{margin}{key}:{head}"));
            lines.extend(more);
        }
    }
    Ok(lines)
}

/// The text of a value behind a key that is indented by `indent`.
fn new_value(target: &Target<'_>, indent: usize) -> Result<NewValue, MergeError> {
    match target {
        Target::New { source, node } => Ok(match copied(source, node, indent) {
            Some(copied) => copied,
            None => generated(&node.to_value(source)?, indent),
        }),
        Target::Map { entries, .. } if entries.is_empty() => Ok(NewValue::Inline("{}".to_owned())),
        Target::Map { entries, .. } => {
            let mut lines = Vec::new();
            for entry in entries {
                lines.extend(new_entry(entry, indent + 2)?);
            }
            Ok(NewValue::Lines {
                head: String::new(),
                lines,
            })
        }
        Target::Base(_) => Ok(NewValue::Inline(String::new())),
    }
}

/// An addition's own text, moved to the new indentation; `None` where the text cannot be moved as it is.
fn copied(source: &Source, node: &Node, indent: usize) -> Option<NewValue> {
    if has_alias(node) {
        return None;
    }
    let text = source.text();
    let written = &text[node.whole()];
    if !starts_block(node) {
        return (!written.contains('\n')).then(|| NewValue::Inline(written.to_owned()));
    }
    // The key's column in the addition is what the lines are moved from.
    let own_line = line_start(text, node.whole().start);
    let (head, body_start, from) = if matches!(node.kind, Kind::Scalar(_)) {
        let head_end = line_end(text, node.span.start);
        let key_column = leading_blanks(&text[own_line..]);
        (
            text[node.whole().start..head_end].trim_end().to_owned(),
            head_end + 1,
            key_column,
        )
    } else {
        if !text[own_line..node.whole().start].trim().is_empty() {
            return None;
        }
        let start = first_comment_line(source, own_line);
        (String::new(), start, parent_column(source, node))
    };
    let body = text.get(body_start..node.span.end)?;
    let mut lines = Vec::new();
    for line in body.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.trim().is_empty() {
            lines.push(String::new());
        } else {
            let blanks = leading_blanks(line);
            if blanks < from {
                return None;
            }
            lines.push(format!(
                "{}{}",
                " ".repeat(indent + blanks - from),
                &line[blanks..]
            ));
        }
    }
    Some(NewValue::Lines { head, lines })
}

/// The column of the key that a block collection hangs under: the nearest line above that is not deeper.
fn parent_column(source: &Source, node: &Node) -> usize {
    let text = source.text();
    let is_list = matches!(node.kind, Kind::Sequence { .. });
    let start = node.whole().start;
    let column = start - line_start(text, start);
    let mut at = line_start(text, start);
    while at > 0 {
        let above = line_start(text, at - 1);
        let line = &text[above..at - 1];
        let blanks = leading_blanks(line);
        let content = line.trim();
        if !content.is_empty()
            && !content.starts_with('#')
            && (blanks < column || (is_list && blanks == column))
        {
            return blanks;
        }
        at = above;
    }
    0
}

/// The start of the comment lines directly above a line, or of that line.
fn first_comment_line(source: &Source, line: usize) -> usize {
    let text = source.text();
    let column = leading_blanks(&text[line..]);
    let mut start = line;
    while start > 0 {
        let above = line_start(text, start - 1);
        if comment_indent(&text[above..start]) != Some(column) {
            break;
        }
        start = above;
    }
    start
}

/// The comment lines directly above a key of an addition, without their indentation.
fn comments_above(source: &Source, key: usize) -> Vec<String> {
    let text = source.text();
    let line = line_start(text, key);
    let start = first_comment_line(source, line);
    text[start..line]
        .lines()
        .map(|line| line.trim().to_owned())
        .collect()
}

/// A value written anew, for what cannot be copied.
fn generated(value: &Value, indent: usize) -> NewValue {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let mut lines = Vec::new();
            for (key, value) in map {
                generated_entry(key, value, indent + 2, &mut lines);
            }
            NewValue::Lines {
                head: String::new(),
                lines,
            }
        }
        Value::Array(items) if !items.is_empty() => NewValue::Lines {
            head: String::new(),
            lines: items
                .iter()
                .map(|item| format!("{}- {}", " ".repeat(indent), flow(item)))
                .collect(),
        },
        other => NewValue::Inline(flow(other)),
    }
}

fn generated_entry(key: &str, value: &Value, indent: usize, lines: &mut Vec<String>) {
    let key = format!("{}{}:", " ".repeat(indent), scalar::write(key));
    match generated(value, indent) {
        NewValue::Inline(text) => lines.push(format!("{key} {text}")),
        NewValue::Lines { lines: more, .. } => {
            lines.push(key);
            lines.extend(more);
        }
    }
}

/// A value on one line; JSON is YAML.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar::write_in_flow(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", scalar::write_in_flow(key), flow(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

fn map_value(base: &Source, entries: &[TargetEntry<'_>]) -> Result<Value, MergeError> {
    let mut map = Map::new();
    for entry in entries {
        map.insert(
            entry.entry.name().to_owned(),
            target_value(base, &entry.value)?,
        );
    }
    Ok(Value::Object(map))
}

fn target_value(base: &Source, target: &Target<'_>) -> Result<Value, MergeError> {
    match target {
        Target::Base(node) => Ok(node.to_value(base)?),
        Target::New { source, node } => Ok(node.to_value(source)?),
        Target::Map { entries, .. } => map_value(base, entries),
    }
}

/// Whether a value goes on behind its first line by indentation.
fn starts_block(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.block,
        Kind::Sequence { style, items } => *style == Style::Block && !items.is_empty(),
        Kind::Mapping { style, entries } => *style == Style::Block && !entries.is_empty(),
        Kind::Alias(_) => false,
    }
}

fn has_alias(node: &Node) -> bool {
    node.anchor != 0
        || match &node.kind {
            Kind::Alias(_) => true,
            Kind::Scalar(_) => false,
            Kind::Sequence { items, .. } => items.iter().any(has_alias),
            Kind::Mapping { entries, .. } => entries
                .iter()
                .any(|entry| has_alias(&entry.key) || has_alias(&entry.value)),
        }
}

fn line_start(text: &str, byte: usize) -> usize {
    text[..byte].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The end of the line that `byte` stands on, before its line break.
fn line_end(text: &str, byte: usize) -> usize {
    text[byte..].find('\n').map_or(text.len(), |at| byte + at)
}

fn leading_blanks(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The column of a line's comment, where it holds nothing else.
fn comment_indent(line: &str) -> Option<usize> {
    let blanks = leading_blanks(line);
    line[blanks..].starts_with('#').then_some(blanks)
}

fn is_presets_line(line: &str) -> bool {
    line.starts_with("# spectrocloud.com/enabled-presets:")
}

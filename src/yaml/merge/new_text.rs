//! The text of new entries: an addition's own text, moved to its new indentation, or a generated one.

use serde_json::Value;

use super::text::Text;
use super::wanted::{Said, Wanted};
use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::lines::{comments_start, leading_blanks, line_above, line_end, line_start};
use crate::yaml::node::{Kind, Node, Style, dash_before, is_open};
use crate::yaml::scalar;

/// The text of a value that goes after a key.
pub(super) struct NewValue {
    /// What is on the key's line: all of it, or the `|` of a block.
    pub(super) head: String,
    /// Its lines below.
    pub(super) lines: Vec<String>,
}

impl NewValue {
    fn inline(head: impl Into<String>) -> Self {
        NewValue {
            head: head.into(),
            lines: Vec::new(),
        }
    }

    fn below(lines: Vec<String>) -> Self {
        NewValue {
            head: String::new(),
            lines,
        }
    }

    /// What is on the key's line, after the colon.
    pub(super) fn behind_colon(&self) -> String {
        match self.head.as_str() {
            "" => String::new(),
            head => format!(" {head}"),
        }
    }
}

/// The lines of a new entry, with its comment.
pub(super) fn new_entry(
    name: &str,
    wanted: &Wanted<'_>,
    indent: usize,
) -> Result<Vec<String>, Vec<Diagnostic>> {
    let margin = " ".repeat(indent);
    let mut lines = Vec::new();
    let first = wanted.said.first();
    let key = match first.and_then(|said| Some((said.from.source, said.key?))) {
        Some((source, key)) => {
            for comment in comments_above(source, key.whole().start) {
                lines.push(format!("{margin}{comment}"));
            }
            source.text()[key.whole()].to_owned()
        }
        None => scalar::write(name),
    };
    let value = new_value(wanted, indent)?;
    lines.push(format!("{margin}{key}:{}", value.behind_colon()));
    lines.extend(value.lines);
    if let Some(said) = first
        && can_be_copied(said.from.source, said.node)
        && said.is_all_of(wanted.value)?
        && let Some(last) = lines.last_mut()
    {
        let end = said.node.whole().end;
        let text = said.from.source.text();
        last.push_str(&text[end..behind_comment(text, end)]);
    }
    Ok(lines)
}

/// The text of a value behind a key that is indented by `indent`.
pub(super) fn new_value(wanted: &Wanted<'_>, indent: usize) -> Result<NewValue, Vec<Diagnostic>> {
    if let Some(Said { from, node, .. }) = wanted.source()? {
        let copied = copied(from.source, from.resolve(node), indent);
        return Ok(copied.unwrap_or_else(|| generated(wanted.value, indent)));
    }
    new_map(wanted, indent)
}

/// The text of a map that comes entry by entry, each with its comments.
pub(super) fn new_map(wanted: &Wanted<'_>, indent: usize) -> Result<NewValue, Vec<Diagnostic>> {
    let entries = wanted.entries();
    if entries.is_empty() {
        return Ok(generated(wanted.value, indent));
    }
    let mut lines = Vec::new();
    for (name, entry) in entries {
        lines.extend(new_entry(name, &entry, indent + 2)?);
    }
    Ok(NewValue::below(lines))
}

/// An addition's own text, moved to the new indentation; `None` where the text cannot be moved as it is.
pub(super) fn copied(source: &Source, node: &Node, indent: usize) -> Option<NewValue> {
    if !can_be_copied(source, node) {
        return None;
    }
    let text = source.text();
    let written = &text[node.whole()];
    if !starts_block(node) {
        return (!written.contains('\n')).then(|| NewValue::inline(written));
    }
    // The key's column in the addition is what the lines are moved from.
    let own_line = line_start(text, node.whole().start);
    let (head, body_start, from) = if matches!(node.kind, Kind::Scalar(_)) {
        let head_end = line_end(text, node.span().start);
        let key_column = behind_dashes(&text[own_line..node.whole().start], usize::MAX);
        (
            text[node.whole().start..head_end].trim_end().to_owned(),
            head_end + 1,
            key_column,
        )
    } else {
        if !text[own_line..node.whole().start].trim().is_empty() {
            return None;
        }
        let start = comments_start(text, own_line);
        (String::new(), start, parent_column(source, node))
    };
    let body = text.get(body_start..node.span().end)?;
    let lines = body
        .split('\n')
        .map(|line| moved(line, from, indent))
        .collect::<Option<Vec<String>>>()?;
    Some(NewValue { head, lines })
}

fn can_be_copied(source: &Source, node: &Node) -> bool {
    if has_alias(node) {
        return false;
    }
    // Blank lines that follow in the base would become text of a `|+` block, and a last line gets a line break.
    let last = last_block_scalar(node);
    last.is_none_or(|node| match &node.kind {
        Kind::Scalar(scalar) => {
            let (text, span) = (source.text(), node.span());
            !scalar.keeps_trailing_lines(&text[span.clone()]) && !is_open(text, &span)
        }
        _ => true,
    })
}

/// A line moved from one column to another; `None` where it begins before the first.
fn moved(line: &str, from: usize, to: usize) -> Option<String> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let blanks = leading_blanks(line);
    if blanks == line.len() {
        // Blanks beyond the indentation belong to a block scalar's text.
        let blanks = if blanks > from { to + blanks - from } else { 0 };
        return Some(" ".repeat(blanks));
    }
    let margin = to + blanks.checked_sub(from)?;
    Some(format!("{}{}", " ".repeat(margin), &line[blanks..]))
}

/// The lines of a new item of a list whose dashes are at `column`, with its comments.
pub(super) fn new_item(
    from: &Text<'_>,
    list: &Node,
    item: &Node,
    column: usize,
) -> Result<Vec<String>, Vec<Diagnostic>> {
    if let Some(lines) = copied_item(from.source, list, item, column) {
        return Ok(lines);
    }
    let value = flow(&from.value(item)?);
    Ok(vec![format!("{}- {value}", " ".repeat(column))])
}

/// The item's own text, moved to the new column; `None` where it cannot be moved as it is.
fn copied_item(source: &Source, list: &Node, item: &Node, column: usize) -> Option<Vec<String>> {
    if !starts_block(list) || !can_be_copied(source, item) {
        return None;
    }
    let text = source.text();
    let dash = dash_before(text, item.whole().start);
    let line = line_start(text, dash);
    let margin = " ".repeat(column);
    let mut lines: Vec<String> = comments_above(source, dash)
        .into_iter()
        .map(|comment| format!("{margin}{comment}"))
        .collect();
    let mut rest = text
        .get(dash..behind_comment(text, item.whole().end))?
        .split('\n');
    let first = rest.next()?;
    lines.push(format!(
        "{margin}{}",
        first.strip_suffix('\r').unwrap_or(first)
    ));
    for next in rest {
        lines.push(moved(next, dash - line, column)?);
    }
    Some(lines)
}

/// The end of the comment that is after a value on its last line, or of the value.
fn behind_comment(text: &str, end: usize) -> usize {
    let rest = &text[end..line_end(text, end)];
    let is_comment = rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#');
    if is_comment {
        end + rest.trim_end_matches('\r').len()
    } else {
        end
    }
}

/// The column of the key that a block collection hangs under: the nearest line above that is not deeper.
pub(super) fn parent_column(source: &Source, node: &Node) -> usize {
    let text = source.text();
    let is_list = matches!(node.kind, Kind::Sequence { .. });
    let start = node.whole().start;
    let column = start - line_start(text, start);
    let mut at = line_start(text, start);
    while let Some(above) = line_above(text, at) {
        let line = &text[above..at - 1];
        let blanks = leading_blanks(line);
        let content = line.trim();
        if !content.is_empty()
            && !content.starts_with('#')
            && (blanks < column || (is_list && blanks == column))
        {
            return behind_dashes(line, column + usize::from(is_list));
        }
        at = above;
    }
    0
}

/// The column before `end` at which a line's own text begins, after the dashes of lists.
fn behind_dashes(line: &str, end: usize) -> usize {
    let mut column = leading_blanks(line);
    while line[column..].starts_with("- ") {
        let next = column + 1 + leading_blanks(&line[column + 1..]);
        if next >= end {
            break;
        }
        column = next;
    }
    column
}

/// The comment lines directly above a key of an addition, without their indentation.
pub(super) fn comments_above(source: &Source, key: usize) -> Vec<String> {
    let text = source.text();
    let line = line_start(text, key);
    if !text[line..key].trim().is_empty() {
        // A key inside `{ }`: the comment is that of the line's first key.
        return Vec::new();
    }
    let start = comments_start(text, line);
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
                let value = generated(value, indent + 2);
                let (margin, key) = (" ".repeat(indent + 2), scalar::write(key));
                lines.push(format!("{margin}{key}:{}", value.behind_colon()));
                lines.extend(value.lines);
            }
            NewValue::below(lines)
        }
        Value::Array(items) if !items.is_empty() => {
            let margin = " ".repeat(indent);
            let items = items.iter().map(|item| format!("{margin}- {}", flow(item)));
            NewValue::below(items.collect())
        }
        other => NewValue::inline(flow(other)),
    }
}

/// A value on one line; JSON is YAML.
pub(super) fn flow(value: &Value) -> String {
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

/// Whether the text of a value ends in a `|` or `>` block, which takes in deeper lines behind it.
pub(super) fn ends_in_block_scalar(wanted: &Wanted<'_>) -> Result<bool, Vec<Diagnostic>> {
    match (wanted.source()?, wanted.entries().last()) {
        (Some(said), _) => Ok(last_block_scalar(said.node).is_some()),
        (None, Some((_, last))) => ends_in_block_scalar(last),
        (None, None) => Ok(false),
    }
}

/// The block scalar that a node ends in.
pub(super) fn last_block_scalar(node: &Node) -> Option<&Node> {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.block.then_some(node),
        Kind::Sequence { items, .. } => last_block_scalar(items.last()?),
        Kind::Mapping { entries, .. } => last_block_scalar(&entries.last()?.value),
        Kind::Alias(_) => None,
    }
}

/// Whether a value goes on after its first line by indentation.
pub(super) fn starts_block(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.block,
        Kind::Sequence { style, items } => *style == Style::Block && !items.is_empty(),
        Kind::Mapping { style, entries } => *style == Style::Block && !entries.is_empty(),
        Kind::Alias(_) => false,
    }
}

pub(super) fn has_alias(node: &Node) -> bool {
    node.anchor() != 0
        || match &node.kind {
            Kind::Alias(_) => true,
            Kind::Scalar(_) => false,
            Kind::Sequence { items, .. } => items.iter().any(has_alias),
            Kind::Mapping { entries, .. } => entries
                .iter()
                .any(|entry| has_alias(&entry.key) || has_alias(&entry.value)),
        }
}

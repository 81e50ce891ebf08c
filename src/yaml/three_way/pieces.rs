//! Cuts a text into pieces that fit into another one: each entry with the comments above it.

use serde_json::Value;

use crate::yaml::lines::{comment_indent, comments_start, leading_blanks, line_end, line_start};
use crate::yaml::node::{Kind, Node, Style, dash_before};

/// A map or list with one entry a line.
pub(super) struct Block<'a> {
    /// What it holds.
    pub(super) value: &'a Value,
    /// Where its keys or dashes stand.
    pub(super) column: usize,
    pub(super) entries: Vec<Entry<'a>>,
    /// Lines after its last entry that belong to none.
    pub(super) tail: &'a str,
}

/// An entry of a map or an item of a list.
pub(super) struct Entry<'a> {
    pub(super) value: &'a Value,
    /// Where its key or dash stands.
    pub(super) column: usize,
    /// Whole lines above it: its comments, and blank lines.
    pub(super) lead: &'a str,
    /// From its key or dash to the end of its last line, comments below it included.
    pub(super) whole: &'a str,
    /// Its key with its value; the key or dash alone in front of a block.
    pub(super) head: &'a str,
    /// What is after that on its line, with the line break.
    pub(super) comment: &'a str,
    /// Comments below it that are deeper.
    pub(super) rest: &'a str,
    /// Its value, where that is a block.
    pub(super) block: Option<Block<'a>>,
    /// Whether the block begins on the line of the dash.
    pub(super) is_inline: bool,
    /// Whether the value is a text of lines, after which no comment can stand.
    pub(super) is_text_block: bool,
}

/// A whole document.
pub(super) struct Document<'a> {
    /// Lines above the first entry and its own comments.
    pub(super) head: &'a str,
    pub(super) block: Block<'a>,
}

impl<'a> Document<'a> {
    /// Takes a document apart, of which `text` ends with a line break. None where it is not a map or list with one entry a
    /// line, or has aliases.
    pub(super) fn new(text: &'a str, root: &'a Node, value: &'a Value) -> Option<Self> {
        let cutter = Cutter { text };
        let start = comments_start(text, line_start(text, root.whole().start));
        Some(Document {
            head: &text[..start],
            block: cutter.block(root, value, start, text.len(), false)?,
        })
    }
}

struct Cutter<'a> {
    text: &'a str,
}

/// Where an entry of a block stands.
struct Place<'a> {
    start: usize,
    node: &'a Node,
    value: &'a Value,
    /// Behind its key and colon, or after its dash.
    opening: usize,
}

impl<'a> Cutter<'a> {
    /// A block whose lines begin at `from`, with what comes before `end`.
    fn block(
        &self,
        node: &'a Node,
        value: &'a Value,
        from: usize,
        end: usize,
        is_inline: bool,
    ) -> Option<Block<'a>> {
        let places = self.places(node, value)?;
        let first = places.first()?;
        let column = first.start - line_start(self.text, first.start);
        let mut entries = Vec::with_capacity(places.len());
        let mut above = from;
        for (number, place) in places.iter().enumerate() {
            let on_dash = is_inline && number == 0;
            let line = line_start(self.text, place.start);
            let is_clean = on_dash || self.text[line..place.start].bytes().all(|b| b == b' ');
            if !is_clean || place.start - line != column {
                return None;
            }
            let own_end = self.next_line(place.node.whole().end.max(place.opening));
            let next = places
                .get(number + 1)
                .map_or(end, |next| line_start(self.text, next.start));
            let stop = self.behind_deeper_comments(own_end, next, column);
            let lead = if on_dash {
                ""
            } else {
                self.text.get(above..line)?
            };
            entries.push(self.entry(place, column, lead, stop)?);
            above = stop;
        }
        Some(Block {
            value,
            column,
            entries,
            tail: self.text.get(above..end)?,
        })
    }

    fn entry(
        &self,
        place: &Place<'a>,
        column: usize,
        lead: &'a str,
        end: usize,
    ) -> Option<Entry<'a>> {
        let (node, value) = (place.node, place.value);
        let opens_block = match &node.kind {
            Kind::Alias(_) => return None,
            Kind::Mapping { entries, style } => *style == Style::Block && !entries.is_empty(),
            Kind::Sequence { items, style } => *style == Style::Block && !items.is_empty(),
            Kind::Scalar(_) => false,
        };
        if node.anchor() != 0 || (opens_block && !node.properties().is_empty()) {
            return None;
        }
        let whole = self.text.get(place.start..end)?;
        let entry = |head_end: usize, below: usize| {
            Some(Entry {
                value,
                column,
                lead,
                whole,
                head: self.text.get(place.start..head_end)?,
                comment: self.text.get(head_end..below)?,
                rest: "",
                block: None,
                is_inline: false,
                is_text_block: matches!(&node.kind, Kind::Scalar(scalar) if scalar.block),
            })
        };
        if !opens_block {
            let value_end = node.whole().end.max(place.opening);
            let below = self.next_line(value_end);
            let entry = entry(value_end, below)?;
            let rest = self.text.get(below..end)?;
            return Some(Entry { rest, ..entry });
        }
        let start = match &node.kind {
            Kind::Sequence { items, .. } => dash_before(self.text, items.first()?.whole().start),
            _ => node.span().start,
        };
        let is_inline = start <= line_end(self.text, place.opening);
        let (head_end, below) = match is_inline {
            true => (start, start),
            false => (place.opening, self.next_line(place.opening)),
        };
        let entry = entry(head_end, below)?;
        let block = Some(self.block(node, value, below, end, is_inline)?);
        Some(Entry {
            block,
            is_inline,
            ..entry
        })
    }

    fn places(&self, node: &'a Node, value: &'a Value) -> Option<Vec<Place<'a>>> {
        match (&node.kind, value) {
            (Kind::Mapping { entries, .. }, Value::Object(map)) => {
                let place = |entry: &'a crate::yaml::node::Entry| {
                    if entry.is_merge() || entry.key.anchor() != 0 {
                        return None;
                    }
                    let behind = entry.key.whole().end;
                    let colon = self.text[behind..line_end(self.text, behind)].find(':')?;
                    Some(Place {
                        start: entry.key.whole().start,
                        node: &entry.value,
                        value: map.get(entry.key.text()?)?,
                        opening: behind + colon + 1,
                    })
                };
                entries.iter().map(place).collect()
            }
            (Kind::Sequence { items, .. }, Value::Array(values)) => {
                let place = |(item, value): (&'a Node, &'a Value)| {
                    let start = dash_before(self.text, item.whole().start);
                    Place {
                        start,
                        node: item,
                        value,
                        opening: start + 1,
                    }
                };
                Some(items.iter().zip(values).map(place).collect())
            }
            _ => None,
        }
    }

    /// Behind the last comment before `end` that is deeper than `column`: it belongs to what is above.
    fn behind_deeper_comments(&self, start: usize, end: usize, column: usize) -> usize {
        let (mut at, mut behind) = (start, start);
        while at < end {
            let next = self.next_line(at);
            if comment_indent(&self.text[at..next]).is_some_and(|own| own > column) {
                behind = next;
            }
            at = next;
        }
        behind
    }

    fn next_line(&self, byte: usize) -> usize {
        let end = line_end(self.text, byte);
        (end + 1).min(self.text.len())
    }
}

/// Lines moved from one column to another; the first line has no indentation of its own if it is `open`.
pub(super) fn moved(text: &str, from: usize, to: usize, open: bool) -> String {
    if from == to {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if (open && number == 0) || line.trim().is_empty() {
            out.push_str(line);
            continue;
        }
        let blanks = leading_blanks(line);
        out.push_str(&" ".repeat((blanks + to).saturating_sub(from)));
        out.push_str(&line[blanks..]);
    }
    out
}

/// Whether two texts are the same but for the column they are at.
pub(super) fn same(one: (&str, usize), other: (&str, usize), open: bool) -> bool {
    if one.1 == other.1 {
        return one.0 == other.0;
    }
    moved(one.0, one.1, other.1, open) == other.0
}

//! The places of a base text that change, as byte ranges with what comes in their stead.

use std::ops::Range;

use serde_json::Value;

use super::MergeError;
use super::lines::{
    comment_indent, is_presets_line, leading_blanks, line_above, line_end, line_start,
};
use super::new_text::{NewValue, ends_in_block_scalar, flow, new_entry, new_value, starts_block};
use super::target::{Target, TargetEntry, map_value, target_value};
use super::text::Text;
use crate::diagnostic::Source;
use crate::yaml::node::{Entry, Kind, Node, Style};

/// Replacements of byte ranges, to be applied together.
pub(super) struct Edits<'a> {
    base: &'a Source,
    text: &'a Text<'a>,
    list: Vec<(Range<usize>, New)>,
}

/// What comes in place of a range.
enum New {
    Text(String),
    /// Whole lines, joined, where the range is empty and at the start of a line or at the end of the text.
    Lines(String),
}

impl<'a> Edits<'a> {
    pub(super) fn new(text: &'a Text<'a>) -> Self {
        Edits {
            base: text.source,
            text,
            list: Vec::new(),
        }
    }

    pub(super) fn root(&mut self, target: &Target<'a>) -> Result<(), MergeError> {
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
                let text = self.base.text();
                // Nothing may stand behind the end of a document.
                let end = match text.find("\n...") {
                    Some(newline) => newline + 1,
                    None if text.starts_with("...") => 0,
                    None => text.len(),
                };
                self.insert_lines(end, &lines);
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
        let inherited = if entries.iter().any(Entry::is_merge) {
            self.text.value(node)?
        } else {
            Value::Null
        };
        let mut lines = Vec::new();
        for new in wanted {
            let name = new.entry.name();
            let is_there = node.get(name).is_some()
                || match inherited.get(name) {
                    Some(value) => *value == target_value(self.text, &new.value)?,
                    None => false,
                };
            if !is_there {
                lines.extend(new_entry(new, indent)?);
            }
        }
        if !lines.is_empty() {
            let after = self.behind_comments(self.next_line(node.span.end), indent);
            self.insert_lines(after, &lines);
        }
        Ok(())
    }

    /// The place behind the comments, and blanks, from `line` on that stand at `column` or deeper.
    fn behind_comments(&self, line: usize, column: usize) -> usize {
        let text = self.base.text();
        let (mut end, mut at) = (line, line);
        while at < text.len() {
            let next = self.next_line(at);
            let line = &text[at..next];
            at = next;
            match comment_indent(line) {
                Some(own) if own >= column => end = next,
                None if line.trim().is_empty() => {
                    if leading_blanks(line) > column {
                        end = next;
                    }
                }
                _ => break,
            }
        }
        end
    }

    /// A flow map is rewritten as one flow map where anything in it changes.
    fn flow_map(&mut self, node: &'a Node, wanted: &[TargetEntry<'a>]) -> Result<(), MergeError> {
        let value = map_value(self.text, wanted)?;
        if value != self.text.value(node)? {
            self.replace_range(node.span.clone(), flow(&value));
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
        if target_value(self.text, target)? == self.text.value(old)? {
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
        if ends_in_block_scalar(target) {
            // They would become its text.
            self.delete_deeper_comments(entry, indent);
        }
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
                    self.replace_range(colon..colon, format!(" {new}"));
                }
                NewValue::Inline(new) => self.replace_range(old, new),
                NewValue::Lines { head, lines } => {
                    let gap_start = colon.min(old.start);
                    let head = if head.is_empty() {
                        head
                    } else {
                        format!(" {head}")
                    };
                    self.replace_range(gap_start..old.end, head);
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
        // A comment on the old value's last line is about what stood there.
        let is_lines = matches!(new, NewValue::Lines { .. });
        let end = if is_lines || !matches!(entry.value.kind, Kind::Scalar(_)) {
            let rest = &text[old.end..line_end(text, old.end)];
            old.end + rest.strip_suffix('\r').unwrap_or(rest).len()
        } else {
            old.end
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
        self.replace_range(colon..end, text);
    }

    /// Takes an entry out, with the comment block directly above it and the deeper comments directly below.
    fn delete(&mut self, entry: &Entry) {
        let text = self.base.text();
        let key_start = entry.key.whole().start;
        let indent = self.column(key_start);
        let mut start = line_start(text, key_start);
        while let Some(above) = line_above(text, start) {
            let line = &text[above..start];
            if comment_indent(line) != Some(indent) || is_presets_line(line) {
                break;
            }
            start = above;
        }
        let end = self.next_line(entry.value.whole().end.max(entry.key.span.end));
        self.replace_range(start..end, String::new());
        self.delete_deeper_comments(entry, indent);
    }

    /// Takes out the comments below an entry that are indented deeper than it, and the blanks of blank lines.
    fn delete_deeper_comments(&mut self, entry: &Entry, indent: usize) {
        let text = self.base.text();
        let start = self.next_line(entry.value.whole().end.max(entry.key.span.end));
        let end = self.behind_comments(start, indent + 1);
        let blank_lines = text[start..end]
            .split_inclusive('\n')
            .filter(|line| line.trim().is_empty())
            .map(|line| line.trim_start_matches(' '))
            .collect();
        self.replace_range(start..end, blank_lines);
    }

    fn replace_range(&mut self, range: Range<usize>, new: String) {
        self.list.push((range, New::Text(new)));
    }

    fn insert_lines(&mut self, at: usize, lines: &[String]) {
        if !lines.is_empty() {
            let lines = lines.join(self.newline());
            self.list.push((at..at, New::Lines(lines)));
        }
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

    pub(super) fn apply(mut self) -> String {
        // Stable: what a child adds at a place comes before what its parent adds there.
        self.list.sort_by_key(|(range, _)| range.start);
        let text = self.base.text();
        let newline = self.newline();
        let mut out = String::with_capacity(text.len() + text.len() / 4);
        let mut at = 0;
        for (range, new) in &self.list {
            out.push_str(&text[at..range.start.max(at)]);
            match new {
                New::Text(new) => out.push_str(new),
                New::Lines(lines) => {
                    // A text without a final line break gets none.
                    let is_open =
                        range.start == text.len() && !text.ends_with('\n') && !text.is_empty();
                    if is_open && !out.is_empty() && !out.ends_with('\n') {
                        out.push_str(newline);
                    }
                    out.push_str(lines);
                    if !is_open {
                        out.push_str(newline);
                    }
                }
            }
            at = at.max(range.end);
        }
        out.push_str(&text[at..]);
        out
    }
}

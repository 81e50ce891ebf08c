//! The places of a base text that change, as byte ranges with what comes in their stead.

use std::ops::Range;

use super::MergeError;
use super::lines::{comment_indent, is_presets_line, line_end, line_start};
use super::new_text::{NewValue, flow, new_entry, new_value, starts_block};
use super::target::{Target, TargetEntry, map_value, target_value};
use crate::diagnostic::Source;
use crate::yaml::node::{Entry, Kind, Node, Style};

/// Replacements of byte ranges, to be applied together.
pub(super) struct Edits<'a> {
    base: &'a Source,
    list: Vec<(Range<usize>, String)>,
}

impl<'a> Edits<'a> {
    pub(super) fn new(base: &'a Source) -> Self {
        Edits {
            base,
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

    pub(super) fn apply(mut self) -> String {
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

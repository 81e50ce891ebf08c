//! The places of a base text that change, as byte ranges with their new text.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::ops::Range;

use serde_json::Value;

use super::new_text::{
    NewValue, ends_in_block_scalar, flow, last_block_scalar, new_entry, new_map, new_value,
    starts_block,
};
use super::wanted::{Said, Wanted, in_order_of};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::yaml::lines::{comment_indent, comments_start, leading_blanks, line_end, line_start};
use crate::yaml::node::{Entry, Kind, Node, Style, is_open};

/// Replacements of byte ranges, to be applied together.
pub(super) struct Edits<'a> {
    pub(super) base: &'a Source,
    pub(super) lists: Lists,
    list: Vec<(Range<usize>, New)>,
}

/// How a list whose value changes is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lists {
    /// Item by item, where that can be done.
    ByItem,
    /// Written anew.
    Whole,
}

/// What comes in place of a range.
enum New {
    Text(String),
    /// Whole lines, joined, where the range is empty and at the start of a line or at the end of the text.
    Lines(String),
}

impl<'a> Edits<'a> {
    pub(super) fn new(base: &'a Source, lists: Lists) -> Self {
        Edits {
            base,
            lists,
            list: Vec::new(),
        }
    }

    pub(super) fn root(
        &mut self,
        root: Option<&'a Node>,
        was: &'a Value,
        wanted: &Wanted<'a>,
    ) -> Result<(), Vec<Diagnostic>> {
        if let Some(root) = root {
            return self.map(root, was, wanted);
        }
        let mut lines = Vec::new();
        for (name, entry) in wanted.entries() {
            lines.extend(new_entry(name, &entry, 0)?);
        }
        let text = self.base.text();
        // Nothing may be after the end of a document.
        let end = match text.find("\n...") {
            Some(newline) => newline + 1,
            None if text.starts_with("...") => 0,
            None => text.len(),
        };
        self.insert_lines(end, &lines);
        Ok(())
    }

    pub(super) fn map(
        &mut self,
        node: &'a Node,
        was: &'a Value,
        wanted: &Wanted<'a>,
    ) -> Result<(), Vec<Diagnostic>> {
        let Kind::Mapping { entries, style } = &node.kind else {
            return Ok(());
        };
        if *style == Style::Flow {
            if was != wanted.value && !self.flow_values(entries, was, wanted.value) {
                let value = in_order_of(was, wanted.value);
                self.replace_range(node.span(), flow(&value));
            }
            return Ok(());
        }
        let Some(first) = entries.first() else {
            return Ok(());
        };
        let indent = self.column(first.key.whole().start);
        let stays = |entry: &Entry| entry.is_merge() || wanted.value.get(entry.name()).is_some();
        let first_kept = entries.iter().position(stays);
        let mut gone_already = 0;
        if let Some(count) = first_kept
            && count > 0
            && !self.is_first_on_its_line(first.key.whole().start)
        {
            gone_already = self.delete_behind_dash(entries, count, indent);
        }
        let mut said = wanted.entries();
        let places: HashMap<&str, usize> = said.iter().map(|(name, _)| *name).zip(0..).collect();
        for entry in &entries[gone_already..] {
            let name = entry.name();
            if !stays(entry) {
                self.delete(entry);
            } else if !entry.is_merge()
                && let (Some(was), Some(value)) = (was.get(name), wanted.value.get(name))
                && was != value
            {
                let said = places
                    .get(name)
                    .map(|place| mem::take(&mut said[*place].1.said));
                let said = said.unwrap_or_default();
                self.value(entry, was, &Wanted { value, said }, indent)?;
            }
        }
        let own: HashSet<&str> = entries.iter().map(Entry::name).collect();
        let mut lines = Vec::new();
        for (name, new) in &said {
            // A merge key may have brought it in.
            if !own.contains(name) && was.get(name) != Some(new.value) {
                lines.extend(new_entry(name, new, indent)?);
            }
        }
        if !lines.is_empty() {
            let after = self.behind_comments(self.next_line(node.span().end), indent);
            self.insert_lines(after, &lines);
        }
        Ok(())
    }

    /// Changes the values of a map in brackets one by one, so that its lines and comments stay. Where keys come or go it
    /// changes nothing and says so: the map is written anew then.
    fn flow_values(&mut self, entries: &'a [Entry], was: &Value, wanted: &Value) -> bool {
        let (Some(was), Some(wanted)) = (was.as_object(), wanted.as_object()) else {
            return false;
        };
        let is_same = entries.len() == was.len() && was.len() == wanted.len();
        let can_stay = |entry: &Entry| {
            !entry.is_merge()
                && !entry.value.whole().is_empty()
                && wanted.contains_key(entry.name())
        };
        if !is_same || !entries.iter().all(can_stay) {
            return false;
        }
        for entry in entries {
            let (old, new) = (&was[entry.name()], &wanted[entry.name()]);
            if old == new {
                continue;
            }
            let within = entry.value.entries();
            if !within.is_some_and(|within| self.flow_values(within, old, new)) {
                self.replace_range(entry.value.whole(), flow(new));
            }
        }
        true
    }

    /// The place after the comments, and blanks, from `line` on that are at `column` or deeper.
    pub(super) fn behind_comments(&self, line: usize, column: usize) -> usize {
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

    fn value(
        &mut self,
        entry: &'a Entry,
        was: &'a Value,
        wanted: &Wanted<'a>,
        indent: usize,
    ) -> Result<(), Vec<Diagnostic>> {
        let old = &entry.value;
        if matches!(old.kind, Kind::Alias(_)) && was.is_object() && wanted.value.is_object() {
            return Err(Diagnostic::error(
                "a change below an alias would change its anchor's other uses",
            )
            .code(Code::CannotMerge)
            .at(self.base, old.span())
            .help("write the map out in place of the alias")
            .into());
        }
        let becomes_a_map = matches!(wanted.value, Value::Object(map) if !map.is_empty());
        if becomes_a_map && old.entries().is_some_and(|old| !old.is_empty()) {
            return self.map(old, was, wanted);
        }
        if self.lists == Lists::ByItem
            && wanted.value.is_array()
            && let Some(Said { from, node, .. }) = wanted.source()?
            && self.list(old, was, from, from.resolve(node), wanted.value)?
        {
            return Ok(());
        }
        let text = match becomes_a_map {
            true => new_map(wanted, indent)?,
            false => new_value(wanted, indent)?,
        };
        self.replace(entry, text);
        let behind = self.next_line(entry_end(entry));
        if ends_in_block_scalar(wanted)? {
            // They would become its text.
            self.delete_comments(behind, indent + 1);
        } else if matches!(&old.kind, Kind::Sequence { .. }) && starts_block(old) {
            // Those of its last item go with it.
            self.delete_comments(behind, self.column(old.span().start) + 1);
        }
        Ok(())
    }

    /// Puts a new value behind a key of the base.
    fn replace(&mut self, entry: &Entry, new: NewValue) {
        let text = self.base.text();
        let old = entry.value.whole();
        let colon = text[entry.key.span().end..]
            .find(':')
            .map_or(entry.key.span().end, |at| entry.key.span().end + at + 1);
        let key_line_end = line_end(text, colon);
        let old_is_inline = old.start <= key_line_end && !starts_block(&entry.value);
        if old_is_inline {
            if new.lines.is_empty() && !old.is_empty() {
                return self.replace_range(old, new.head);
            }
            let gap_start = colon.min(old.start);
            self.replace_range(gap_start..old.end, new.behind_colon());
            self.insert_lines(self.next_line(old.end), &new.lines);
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
        // A comment on the old value's last line is about what was there.
        let end = if !new.lines.is_empty() || !matches!(entry.value.kind, Kind::Scalar(_)) {
            let rest = &text[old.end..line_end(text, old.end)];
            old.end + rest.strip_suffix('\r').unwrap_or(rest).len()
        } else {
            old.end
        };
        let mut text = new.behind_colon() + &comment;
        for line in &new.lines {
            text.push_str(self.newline());
            text.push_str(line);
        }
        self.replace_range(colon..end, text);
    }

    fn delete(&mut self, entry: &Entry) {
        self.delete_lines(&(entry.key.whole().start..entry_end(entry)));
    }

    /// Takes out an entry or item that begins on a line of its own, with the comment block directly above it and the
    /// deeper comments directly below.
    pub(super) fn delete_lines(&mut self, bytes: &Range<usize>) {
        let text = self.base.text();
        let start = comments_start(text, line_start(text, bytes.start));
        let end = self.next_line(bytes.end);
        self.replace_range(start..end, String::new());
        self.delete_comments(end, self.column(bytes.start) + 1);
    }

    /// Takes the first `count` entries out of a map whose first key is after a dash, so that what comes next stands
    /// there. How many are gone; the others of them have comments of nobody's in front.
    fn delete_behind_dash(&mut self, entries: &[Entry], count: usize, indent: usize) -> usize {
        let text = self.base.text();
        let start = entries[0].key.whole().start;
        let (mut end, mut gone) = (start, 0);
        while gone < count {
            let behind = self.next_line(entry_end(&entries[gone]));
            end = self.behind_comments(behind, indent + 1);
            while end < text.len() && text[end..line_end(text, end)].trim().is_empty() {
                end = self.next_line(end);
            }
            gone += 1;
            let next = line_start(text, entries[gone].key.whole().start);
            if end < comments_start(text, next) {
                break;
            }
        }
        let blanks = leading_blanks(&text[end..]);
        self.replace_range(start..end + blanks, String::new());
        gone
    }

    /// Takes out the comments from `start` on that are indented by `column` or deeper, and the blanks of blank lines.
    fn delete_comments(&mut self, start: usize, column: usize) {
        let text = self.base.text();
        let end = self.behind_comments(start, column);
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

    pub(super) fn insert_lines(&mut self, at: usize, lines: &[String]) {
        if !lines.is_empty() {
            let lines = lines.join(self.newline());
            self.list.push((at..at, New::Lines(lines)));
        }
    }

    pub(super) fn is_first_on_its_line(&self, byte: usize) -> bool {
        let text = self.base.text();
        text[line_start(text, byte)..byte].trim().is_empty()
    }

    pub(super) fn column(&self, byte: usize) -> usize {
        byte - line_start(self.base.text(), byte)
    }

    /// The start of the line after the one that `byte` is on, or the end of the text.
    pub(super) fn next_line(&self, byte: usize) -> usize {
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

    /// A block scalar that ends the text without a line break must not get one by what comes after it: `|` becomes `|-`.
    fn keep_last_block(&mut self, root: &Node) {
        let text = self.base.text();
        let Some(block) = last_block_scalar(root).filter(|block| is_open(text, &block.span()))
        else {
            return;
        };
        let start = block.span().start;
        let indicators = |c: char| c == '+' || c.is_ascii_digit();
        let behind = text[start + 1..].trim_start_matches(indicators);
        let header = start..text.len() - behind.len();
        let comes_behind = |(range, new): &(Range<usize>, New)| {
            range.start == text.len() && matches!(new, New::Lines(_))
        };
        let is_replaced =
            |(range, _): &(Range<usize>, New)| range.start < header.end && header.start < range.end;
        if behind.starts_with('-')
            || !self.list.iter().any(comes_behind)
            || self.list.iter().any(is_replaced)
        {
            return;
        }
        let kept = text[header.clone()].replace('+', "");
        self.replace_range(header, format!("{kept}-"));
    }

    /// The changed text of the tree; `ends` is whether it ends in a line break where the base does not.
    pub(super) fn apply(mut self, root: Option<&Node>, ends: bool) -> String {
        if let Some(root) = root {
            self.keep_last_block(root);
        }
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
                    // A text without a final line break gets none, if it can go without.
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
        if ends && !out.ends_with('\n') {
            out.push_str(newline);
        }
        out
    }
}

/// Where an entry ends; an empty value is after its colon.
fn entry_end(entry: &Entry) -> usize {
    entry.value.whole().end.max(entry.key.span().end)
}

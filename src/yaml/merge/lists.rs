//! Lists that change item by item.

use std::ops::Range;

use serde_json::Value;

use super::edits::Edits;
use super::new_text::{new_item, starts_block};
use super::text::Text;
use super::wanted::{Said, Wanted};
use crate::diagnostic::Diagnostic;
use crate::yaml::align::align;
use crate::yaml::lines::{comments_start, line_start};
use crate::yaml::node::{Node, dash_before};

impl<'a> Edits<'a> {
    /// Makes a list of the base one of an addition by changing what differs; `false` where that cannot be done, or where
    /// nothing of it stays.
    pub(super) fn list(
        &mut self,
        old: &'a Node,
        was: &'a Value,
        from: &'a Text<'a>,
        new: &'a Node,
        now: &'a Value,
    ) -> Result<bool, Vec<Diagnostic>> {
        let (Some(old_items), Some(new_items)) = (old.items(), new.items()) else {
            return Ok(false);
        };
        let (Value::Array(old_values), Value::Array(new_values)) = (was, now) else {
            return Ok(false);
        };
        if !starts_block(old) || new_items.is_empty() {
            return Ok(false);
        }
        let partners = align(old_values, new_values);
        let Some(first_kept) = partners.iter().flatten().next().copied() else {
            return Ok(false);
        };
        let text = self.base.text();
        // From its dash to its end.
        let bytes: Vec<Range<usize>> = old_items
            .iter()
            .map(|item| dash_before(text, item.whole().start)..item.whole().end)
            .collect();
        let start = bytes[0].start;
        let is_inline = !self.is_first_on_its_line(start);
        if is_inline && (first_kept > 0 || partners[0].is_none()) {
            return Ok(false);
        }
        let column = self.column(start);
        let mut place = comments_start(text, line_start(text, start));
        let mut next_old = 0;
        for (number, partner) in partners.iter().enumerate() {
            let mut is_kept = false;
            if let Some(at) = *partner {
                for gone in &bytes[next_old..at] {
                    self.delete_lines(gone);
                }
                next_old = at + 1;
                let (was, now) = (&old_values[at], &new_values[number]);
                is_kept =
                    was == now || self.item(&old_items[at], was, from, &new_items[number], now)?;
                if is_kept {
                    let behind = self.next_line(bytes[at].end);
                    place = self.behind_comments(behind, column + 1);
                } else if is_inline && at == 0 {
                    return Ok(false);
                } else {
                    self.delete_lines(&bytes[at]);
                }
            }
            if !is_kept {
                let lines = new_item(from, new, &new_items[number], column)?;
                self.insert_lines(place, &lines);
            }
        }
        for gone in &bytes[next_old..] {
            self.delete_lines(gone);
        }
        Ok(true)
    }

    /// Changes an item; `false`, and nothing done, where it must be written anew.
    fn item(
        &mut self,
        old: &'a Node,
        was: &'a Value,
        from: &'a Text<'a>,
        new: &'a Node,
        now: &'a Value,
    ) -> Result<bool, Vec<Diagnostic>> {
        let node = from.resolve(new);
        if node.items().is_some() {
            return self.list(old, was, from, node, now);
        }
        let (Some(entries), Value::Object(map)) = (old.entries(), now) else {
            return Ok(false);
        };
        // What a merge key brings in cannot be taken out.
        let is_the_same = entries.iter().all(|entry| !entry.is_merge())
            && entries.iter().any(|entry| map.contains_key(entry.name()));
        if is_the_same {
            let key = None;
            let said = vec![Said { from, key, node }];
            self.map(old, was, &Wanted { value: now, said })?;
        }
        Ok(is_the_same)
    }
}

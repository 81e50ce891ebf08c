//! Lists of values, and maps of names to values.

use serde_json::json;

use super::hole::{Hole, PairHole};
use super::marks;
use super::picture::Leaf;
use super::search::Search;
use super::values::{GUESSES, holes, is_open_secret};
use crate::site::Kind;

impl Search<'_> {
    /// Reads a list of values.
    pub(super) fn scalars(&mut self, path: &str, kind: &Kind) {
        if !self.is_of_use(path) {
            return;
        }
        for marks in marks::rows(kind, 3) {
            let [first, rest @ ..] = marks.as_slice() else {
                return;
            };
            let Some(picture) = self.look(&self.draft.with(path, json!(marks)), &self.given) else {
                continue;
            };
            self.note_reach(path, &picture);
            let beside = picture.beside(&self.current);
            let all: Vec<(String, Hole)> = holes(&beside, first);
            let mut lists: Vec<Vec<String>> = Vec::new();
            for (part, hole) in holes(&beside, &rest[0]) {
                let is_mark = |text: &&str| marks.iter().any(|mark| mark == text);
                // What is in the same place whatever the list holds.
                let mut usual: Vec<&str> = (picture.leaves(&part))
                    .filter_map(|leaf| hole.read(leaf))
                    .filter(|text| !is_mark(text))
                    .collect();
                let mut list = Vec::new();
                for text in self.target.leaves(&part).filter_map(|leaf| hole.read(leaf)) {
                    match usual.iter().position(|one| *one == text) {
                        Some(at) => {
                            usual.swap_remove(at);
                        }
                        None => list.push(text.to_owned()),
                    }
                }
                if !all.iter().any(|one| *one == (part.clone(), hole.clone())) {
                    // The first has a place of its own.
                    let first = all.iter().find_map(|(part, hole)| {
                        self.target.leaves(part).find_map(|leaf| hole.read(leaf))
                    });
                    list.splice(..0, first.map(str::to_owned));
                }
                if lists.len() < GUESSES && !lists.contains(&list) {
                    lists.push(list);
                }
            }
            for list in lists {
                self.accept(self.draft.with(path, json!(list)), self.given.clone());
            }
            return;
        }
    }

    /// Reads a map of names to values.
    pub(super) fn pairs(&mut self, path: &str, kind: &Kind) {
        if !self.is_of_use(path) {
            return;
        }
        for (name, value) in marks::pairs(kind) {
            let Some(picture) =
                self.look(&self.draft.with(path, json!({&name: &value})), &self.given)
            else {
                continue;
            };
            self.note_reach(path, &picture);
            let mut found: Vec<(String, PairHole)> = Vec::new();
            for (part, leaf) in picture.beside(&self.current) {
                let hole = PairHole::of(leaf, &name, &value).map(|hole| (part.to_owned(), hole));
                found.extend(hole.filter(|hole| !found.contains(hole)));
            }
            let missing: Vec<(String, Leaf)> = self
                .target
                .beside(&self.current)
                .into_iter()
                .map(|(part, leaf)| (part.to_owned(), leaf.clone()))
                .collect();
            for (part, hole) in found {
                let there = missing.iter().filter(|(of, _)| *of == part);
                let pairs: Vec<(String, String)> = there
                    .filter_map(|(_, leaf)| hole.read(leaf))
                    .filter(|(name, value)| !is_open_secret(name, &json!(value)))
                    .collect();
                if pairs.is_empty() {
                    continue;
                }
                let mut map = self.draft.get(path).cloned().unwrap_or_else(|| json!({}));
                for (name, value) in &pairs {
                    map[name] = json!(value);
                }
                if self.accept(self.draft.with(path, map), self.given.clone()) {
                    continue;
                }
                // One of them may be no site's to say.
                for (name, value) in pairs {
                    let mut map = self.draft.get(path).cloned().unwrap_or_else(|| json!({}));
                    map[&name] = json!(value);
                    self.accept(self.draft.with(path, map), self.given.clone());
                }
            }
            return;
        }
    }
}

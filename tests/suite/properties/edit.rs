//! A text that differs from another here and there, as what is merged into values does.

use super::document::{Document, Entry, Item, KEYS, Shape};

impl Document {
    /// This document with some of its parts changed, taken out, doubled or in another order, as `choices` say.
    pub fn edited(&self, choices: &[u8]) -> Document {
        let mut edited = self.clone();
        let mut editor = Editor { choices, next: 0 };
        editor.entries(&mut edited.entries);
        edited
    }
}

struct Editor<'c> {
    choices: &'c [u8],
    next: usize,
}

impl Editor<'_> {
    fn choice(&mut self) -> u8 {
        let choice = self.choices.get(self.next % self.choices.len().max(1));
        self.next += 1;
        choice.copied().unwrap_or_default()
    }

    fn entries(&mut self, entries: &mut Vec<Entry>) {
        let mut at = 0;
        while at < entries.len() {
            match self.choice() {
                0..=25 => {
                    entries.remove(at);
                    continue;
                }
                26..=35 => entries[at].key = (entries[at].key + 1) % KEYS.len(),
                36..=45 => entries.swap(0, at),
                46..=60 => entries[at].value = self.scalar(),
                _ => self.shape(&mut entries[at].value),
            }
            at += 1;
        }
    }

    fn items(&mut self, items: &mut Vec<Item>) {
        let mut at = 0;
        while at < items.len() {
            match self.choice() {
                0..=25 if items.len() > 1 => {
                    items.remove(at);
                    continue;
                }
                26..=45 => {
                    let copy = items[at].clone();
                    items.insert(at, copy);
                    items[at].value = self.scalar();
                    at += 1;
                }
                46..=60 => items.swap(0, at),
                61..=75 => items[at].value = self.scalar(),
                _ => self.shape(&mut items[at].value),
            }
            at += 1;
        }
    }

    fn scalar(&mut self) -> Shape {
        let texts = ["new", "x", "1", "\"a: b\"", "[]", "{c: new}"];
        let number = usize::from(self.choice()) % texts.len();
        Shape::Scalar(" ", texts[number], "")
    }

    fn shape(&mut self, shape: &mut Shape) {
        match shape {
            Shape::Map(entries, _) => {
                self.entries(entries);
                if entries.is_empty() {
                    *shape = Shape::Empty;
                }
            }
            Shape::List(items, step) => {
                self.items(items);
                *step = usize::from(self.choice() % 3);
            }
            Shape::Anchored(inner) => self.shape(inner),
            _ => {}
        }
    }
}

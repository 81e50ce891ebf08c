//! Lists of a site with one manifest of a layer for each item.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::draft::{self, Draft};
use super::hole::{Hole, meanings};
use super::marks;
use super::picture::{Leaf, Leaves, Picture};
use super::search::Search;
use super::structure::together;
use super::values::is_open_secret;
use crate::site::{Form, Preset, Setting};

/// A manifest made from an item of marks.
struct Mould {
    /// The item.
    item: Map<String, Value>,
    /// The part that the manifest is in.
    part: String,
    /// Where each key's mark comes out.
    holes: Vec<(String, Vec<Hole>)>,
    /// What is there whatever the item says.
    plain: Vec<(u32, usize)>,
}

/// What stands for something of its own where no mark comes out.
const WORDS: [&str; 2] = ["untagged", "native"];

impl Search<'_> {
    /// Reads a list of maps.
    pub(super) fn items(&mut self, path: &str) {
        match path {
            "storage.flashArrays" => return self.flash_arrays(path),
            "nodes.caCertificates" => return self.certificates(path),
            _ => {}
        }
        if !self.is_of_use(path) {
            return;
        }
        let keys = self.keys(path);
        let Some(without) = self.look(&self.draft.with(path, json!([])), &self.given) else {
            return;
        };
        self.note_reach(path, &without);
        if !self.is_of_use(path) {
            return;
        }
        let moulds = self.moulds(path, &keys, &without);
        let Some(part) = moulds.first().map(|mould| mould.part.clone()) else {
            return;
        };
        let mut items = Vec::new();
        for manifest in self.target.texts(&part) {
            let likely = moulds.iter().map(|mould| (mould.likeness(manifest), mould));
            let Some((likeness, mould)) = likely.max_by_key(|(likeness, _)| *likeness) else {
                continue;
            };
            // A manifest that is not an item shares less with one than it differs in.
            if likeness <= 0 {
                continue;
            }
            items.extend(self.item(path, &keys, mould, manifest));
        }
        if path == "nads" {
            items = together(items);
        }
        self.accept(self.draft.with(path, json!(items)), self.given.clone());
    }

    fn keys(&self, path: &str) -> Vec<Setting> {
        let item = format!("{path}[]");
        let below = self
            .settings
            .iter()
            .filter(|setting| setting.is_below(&item));
        below
            .filter(|setting| matches!(setting.form, Form::Value(_)))
            .cloned()
            .collect()
    }

    /// Whether a list of one item can be read.
    fn takes(&self, path: &str, item: &Map<String, Value>) -> bool {
        self.draft
            .with(path, json!([item]))
            .site(&self.given)
            .is_some()
    }

    /// Manifests of all kinds that items make: for each choice of words, and of marks that are written to different places.
    fn moulds(&self, path: &str, keys: &[Setting], without: &Picture) -> Vec<Mould> {
        let mut items = vec![Map::new()];
        for setting in keys {
            let (Form::Value(kind), Preset::Required) = (&setting.form, &setting.default) else {
                continue;
            };
            let example = kind.value(setting.example().unwrap_or_default());
            items[0].insert(setting.key().to_owned(), example);
        }
        if !self.takes(path, &items[0]) {
            return Vec::new();
        }
        let mut marked: Vec<(String, Vec<String>)> = Vec::new();
        for (number, setting) in keys.iter().enumerate() {
            let Form::Value(kind) = &setting.form else {
                continue;
            };
            let key = setting.key();
            let with = |item: &Map<String, Value>, value: Value| {
                let mut item = item.clone();
                item.insert(key.to_owned(), value);
                item
            };
            let words: Vec<Value> = match kind.types == ["boolean"] {
                true => vec![json!(true), json!(false)],
                false => kind.words.iter().map(|(word, _)| json!(word)).collect(),
            };
            let values = match words.is_empty() {
                false => words,
                true => {
                    let marks: Vec<String> = marks::for_kind(kind, number)
                        .filter(|mark| self.takes(path, &with(&items[0], kind.value(mark))))
                        .collect();
                    // A source may be of several kinds; of others one mark is enough.
                    let of_a_kind = |mark: &&String| mark.contains("://");
                    let chosen: Vec<String> = match marks.first() {
                        Some(first) if of_a_kind(&first) => {
                            marks.iter().filter(of_a_kind).cloned().collect()
                        }
                        first => first.into_iter().cloned().collect(),
                    };
                    marked.push((key.to_owned(), chosen.clone()));
                    chosen.iter().map(|mark| kind.value(mark)).collect()
                }
            };
            if !values.is_empty() {
                items = items
                    .iter()
                    .flat_map(|item| values.iter().map(|value| with(item, value.clone())))
                    .collect();
            }
        }
        let moulds = items.into_iter().filter_map(|item| {
            let picture = self.look(&self.draft.with(path, json!([&item])), &self.given)?;
            let marks: Vec<(String, String)> = (marked.iter())
                .flat_map(|(key, marks)| marks.iter().map(move |mark| (key.clone(), mark.clone())))
                .filter(|(key, mark)| {
                    item[key]
                        .as_str()
                        .map_or_else(|| item[key].to_string(), str::to_owned)
                        == *mark
                })
                .collect();
            let (_, first) = marks.first()?;
            let beside = picture.beside(without);
            let shown = |part: &&str| part.contains(" manifests ");
            let part = (beside.iter())
                .filter(|(part, leaf)| shown(part) && leaf.value.contains(first.as_str()))
                .map(|(part, _)| *part)
                .next()?;
            let mut manifests = picture.texts(part).iter();
            let known = without.texts(part);
            let manifest =
                manifests.find(|one| !known.iter().any(|known| Rc::ptr_eq(known, one)))?;
            Some(Mould::new(item, part, manifest, marks))
        });
        moulds.collect()
    }

    /// The item that makes a manifest, with no key that says what holds anyway.
    fn item(
        &self,
        path: &str,
        keys: &[Setting],
        mould: &Mould,
        manifest: &Leaves,
    ) -> Option<Map<String, Value>> {
        let mut item = mould.item.clone();
        item.retain(|key, _| !mould.holes.iter().any(|(marked, _)| marked == key));
        for (key, holes) in &mould.holes {
            let setting = keys.iter().find(|setting| setting.key() == key)?;
            let Form::Value(kind) = &setting.form else {
                continue;
            };
            let texts = holes
                .iter()
                .filter_map(|hole| manifest.leaves.iter().find_map(|leaf| hole.read(leaf)));
            let mut given: Vec<Value> = texts
                .flat_map(|text| {
                    meanings(text)
                        .into_iter()
                        .map(|one| kind.value(&one))
                        .collect::<Vec<_>>()
                })
                .collect();
            let is_needed = matches!(setting.default, Preset::Required);
            // Without a number, and where one may stand.
            if given.is_empty() && kind.range.is_some() {
                given.extend(WORDS.iter().map(|word| json!(word)));
            }
            given.retain(|value| !is_open_secret(setting.key(), value));
            let taken = given.into_iter().find(|value| {
                let mut likely = mould.item.clone();
                likely.insert(key.clone(), value.clone());
                self.takes(path, &likely)
            });
            match taken {
                Some(value) => {
                    item.insert(key.clone(), value);
                }
                None if is_needed => return None,
                None => {}
            }
        }
        let of = |item: &Map<String, Value>| {
            Draft::default().with(path, json!([item])).site(&self.given)
        };
        let whole = of(&item)?;
        let essence = draft::essence(&whole);
        for setting in keys {
            let mut less = item.clone();
            if less.shift_remove(setting.key()).is_some()
                && of(&less).is_some_and(|site| draft::essence(&site) == essence)
            {
                item = less;
            }
        }
        Some(item)
    }
}

impl Mould {
    fn new(
        item: Map<String, Value>,
        part: &str,
        manifest: &Leaves,
        marks: Vec<(String, String)>,
    ) -> Mould {
        let holes = marks.iter().map(|(key, mark)| {
            let holes = manifest
                .leaves
                .iter()
                .filter_map(|leaf| Hole::of(leaf, mark));
            (key.clone(), holes.collect())
        });
        let is_marked = |leaf: &Leaf| {
            let mut marks = marks.iter();
            marks.any(|(_, mark)| leaf.value.contains(mark.as_str()))
        };
        Mould {
            holes: holes.collect(),
            plain: manifest.numbers(|leaf| !is_marked(leaf)),
            part: part.to_owned(),
            item,
        }
    }

    /// How much more a manifest has of a mould than it lacks.
    fn likeness(&self, manifest: &Leaves) -> isize {
        let plain = manifest.count_of(&self.plain);
        let is_read = |hole: &Hole| manifest.leaves.iter().any(|leaf| hole.read(leaf).is_some());
        let read = (self.holes.iter())
            .filter(|(_, holes)| holes.iter().any(is_read))
            .count();
        let lacks = self.plain.len() - plain + self.holes.len() - read;
        (plain + read) as isize - lacks as isize
    }
}

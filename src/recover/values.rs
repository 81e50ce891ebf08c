//! Settings that are one value: a mark shows where each is kept, and the profiles are read there.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::draft::Draft;
use super::hole::{Hole, meanings};
use super::marks;
use super::picture::Leaf;
use super::search::{Search, plain};
use crate::secret;
use crate::site::{Form, Kind, Setting, variable};

/// How many candidates for a setting's text are tried.
pub(super) const GUESSES: usize = 4;

/// A mark in the place of a setting's value.
struct Mark {
    setting: &'static Setting,
    kind: &'static Kind,
    text: String,
}

impl Search<'_> {
    /// Reads all settings that are one value.
    pub(super) fn at_once(&mut self) {
        let found = self.all_holes();
        for (path, holes) in &found {
            self.traced.insert((*path).to_owned());
            let parts = holes.iter().map(|(part, _)| part.clone());
            self.reach.insert((*path).to_owned(), parts.collect());
        }
        for (setting, kind) in scalars() {
            if let Some(holes) = found.get(setting.path.as_str()) {
                self.fill(setting, kind, holes);
            }
        }
    }

    /// Where settings that are one value show, with a mark in each. Where one mark hides another, the second shows when those
    /// that were seen are gone.
    fn all_holes(&self) -> HashMap<&'static str, Vec<(String, Hole)>> {
        let mut found: HashMap<&str, Vec<(String, Hole)>> = HashMap::new();
        loop {
            let left = scalars().filter(|(one, _)| !found.contains_key(one.path.as_str()));
            let marks = marks_in(left);
            let (draft, put) = self.together(self.draft.clone(), &marks);
            let Some(picture) = self.look(&draft, &self.given) else {
                return found;
            };
            let beside = picture.beside(&self.current);
            let before = found.len();
            for mark in put {
                let holes = holes(&beside, &mark.text);
                if !holes.is_empty() {
                    found.insert(mark.setting.path.as_str(), holes);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    /// A draft with marks, as far as they can be beside each other, and those that do.
    fn together<'m>(&self, draft: Draft, marks: &'m [Mark]) -> (Draft, Vec<&'m Mark>) {
        let with_all = marks.iter().fold(draft.clone(), |draft, mark| {
            draft.with(&mark.setting.path, mark.kind.value(&mark.text))
        });
        if with_all.site(&self.given).is_some() {
            return (with_all, marks.iter().collect());
        }
        if marks.len() < 2 {
            return (draft, Vec::new());
        }
        let (some, others) = marks.split_at(marks.len() / 2);
        let (draft, mut put) = self.together(draft, some);
        let (draft, more) = self.together(draft, others);
        put.extend(more);
        (draft, put)
    }

    /// Reads settings that are one value, each by itself. Those without a trace are skipped in groups.
    pub(super) fn one_by_one(&mut self) {
        let (unseen, others): (Vec<_>, Vec<_>) = scalars().partition(|(setting, kind)| {
            !self.reach.contains_key(&setting.path) && marks::form_of(setting, kind).is_some()
        });
        for (setting, kind) in others {
            self.alone(setting, kind);
        }
        self.in_groups(&marks_in(unseen.into_iter()));
    }

    fn in_groups(&mut self, marks: &[Mark]) {
        if let [mark] = marks {
            self.alone(mark.setting, mark.kind);
            return;
        }
        if marks.is_empty() || self.distance == 0 {
            return;
        }
        let (draft, put) = self.together(self.draft.clone(), marks);
        if put.len() == marks.len()
            && let Some(picture) = self.look(&draft, &self.given)
            && picture.parts_beside(&self.current).next().is_none()
        {
            return;
        }
        let (some, others) = marks.split_at(marks.len() / 2);
        self.in_groups(some);
        self.in_groups(others);
    }

    fn alone(&mut self, setting: &Setting, kind: &Kind) {
        if self.distance == 0 || !self.is_of_use(&setting.path) {
            return;
        }
        for mark in marks::for_kind(kind, 0) {
            let draft = self.draft.with(&setting.path, kind.value(&mark));
            let Some(picture) = self.look(&draft, &self.given) else {
                continue;
            };
            self.note_reach(&setting.path, &picture);
            let holes = holes(&picture.beside(&self.current), &mark);
            self.fill(setting, kind, &holes);
            break;
        }
    }

    /// Sets what the profiles have in the places of a setting.
    fn fill(&mut self, setting: &Setting, kind: &Kind, holes: &[(String, Hole)]) {
        if self.distance == 0 {
            return;
        }
        for guess in self.guesses(holes) {
            let value = kind.value(&guess);
            if !is_open_secret(setting.key(), &value) {
                let draft = self.draft.with(&setting.path, value);
                self.accept(draft, self.given.clone());
            }
        }
    }

    /// Reads a secret. A macro in its place is what the site gives without it.
    pub(super) fn secret(&mut self, path: &str) {
        if !self.is_of_use(path) {
            return;
        }
        let name = variable(path);
        let draft = self.draft.with(path, json!({"env": name}));
        let mark = marks::word(0);
        let Some(picture) = self.look(&draft, &self.given.with_secret(&name, &mark)) else {
            return;
        };
        self.note_reach(path, &picture);
        let holes = holes(&picture.beside(&self.current), &mark);
        for guess in self.guesses(&holes) {
            let given = self.given.with_secret(&name, &guess);
            self.accept(draft.clone(), given);
        }
    }

    /// What the profiles have in places, and the draft does not give.
    fn guesses(&self, holes: &[(String, Hole)]) -> Vec<String> {
        let missing = self.target.beside(&self.current);
        let mut guesses: Vec<String> = Vec::new();
        for (part, hole) in holes {
            let there = missing.iter().filter(|(of, _)| of == part);
            for text in there.filter_map(|(_, leaf)| hole.read(leaf)) {
                for meaning in meanings(text) {
                    if guesses.len() < GUESSES && !guesses.iter().any(|one| *one == meaning) {
                        guesses.push(meaning.into_owned());
                    }
                }
            }
        }
        guesses
    }
}

/// A mark for each setting that takes one.
fn marks_in(settings: impl Iterator<Item = (&'static Setting, &'static Kind)>) -> Vec<Mark> {
    let marks = settings
        .enumerate()
        .filter_map(|(number, (setting, kind))| {
            let form = marks::form_of(setting, kind)?;
            let text = marks::all(number).into_iter().nth(form)?;
            Some(Mark {
                setting,
                kind,
                text,
            })
        });
    marks.collect()
}

/// The places where a mark comes out, with their parts.
pub(super) fn holes(beside: &[(&str, &Leaf)], mark: &str) -> Vec<(String, Hole)> {
    let mut holes = Vec::new();
    for (part, leaf) in beside {
        let hole = Hole::of(leaf, mark).map(|hole| ((*part).to_owned(), hole));
        holes.extend(hole.filter(|hole| !holes.contains(hole)));
    }
    holes
}

/// Those of settings that are one value and more than a word.
fn scalars() -> impl Iterator<Item = (&'static Setting, &'static Kind)> {
    plain().filter_map(|setting| match &setting.form {
        Form::Value(kind) | Form::ValueOrMap(kind) => {
            let is_free = kind.words.is_empty() || kind.pattern.is_some();
            (is_free && kind.types != ["boolean"]).then_some((setting, kind))
        }
        _ => None,
    })
}

/// Whether a text would show a secret, which is in no site.
pub(super) fn is_open_secret(key: &str, value: &Value) -> bool {
    let text = match value {
        Value::String(text) => format!("{key}: {text}"),
        _ => return false,
    };
    secret::masked(&text) != text
}

//! Settings whose values are words, or `true` and `false`: each of them is tried.

use serde_json::{Value, json};

use super::draft::{self, Draft};
use super::provider;
use super::search::Search;
use crate::site::{Form, Kind, Preset};

impl Search<'_> {
    /// Tries each word of a setting, or both values of a flag. Says whether another fits better.
    pub(super) fn words(&mut self, path: &str, kind: &Kind) -> bool {
        let words: Vec<Value> = match kind.types == ["boolean"] {
            true => vec![json!(true), json!(false)],
            false => kind
                .words
                .iter()
                .map(|(word, _)| *word)
                .filter(|word| path != provider::SETTING || self.providers.may_be(word))
                .map(|word| kind.value(word))
                .collect(),
        };
        if self.distance == 0 || words.is_empty() || !self.is_of_use(path) {
            return false;
        }
        let mut found = false;
        for word in words {
            let draft = self.draft.with(path, word);
            // Some words want more to be said.
            let full = self.with_needed(&draft, path);
            for draft in full.into_iter().chain([draft]) {
                let Some(site) = draft.site(&self.given) else {
                    continue;
                };
                let essence = draft::essence(&site);
                if essence == self.essence {
                    continue;
                }
                let picture = self.picture(&site);
                self.note_reach(path, &picture);
                let distance = picture.distance(&self.target);
                if distance < self.distance {
                    (self.draft, self.essence) = (draft, essence);
                    (self.current, self.distance) = (picture, distance);
                    found = true;
                    break;
                }
            }
        }
        found
    }

    /// A draft with examples where maps beside a setting need a value.
    pub(super) fn with_needed(&self, draft: &Draft, path: &str) -> Option<Draft> {
        let (around, _) = path.rsplit_once('.')?;
        let around = format!("{around}.");
        let needed = self.settings.iter().filter(|setting| {
            matches!(setting.default, Preset::Required)
                && setting.path.starts_with(&around)
                && !setting.path.contains(['[', '*'])
                && draft.get(&setting.path).is_none()
        });
        let mut full = None;
        for setting in needed {
            let example = setting.example().unwrap_or_default();
            let value = match &setting.form {
                Form::Value(kind) => kind.value(example),
                _ => return None,
            };
            let so_far = full.as_ref().unwrap_or(draft);
            full = Some(so_far.with(&setting.path, value));
        }
        full
    }
}

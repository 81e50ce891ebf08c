//! Other ways to say a command that does the same: without what only says how it runs, once for each word of a loop, and
//! where its function is called.

use std::collections::BTreeMap;
use std::mem;

use serde_json::{Value, json};

use super::plain::{is_sure, plain};
use super::values::replaced;

/// How many forms of a command are looked at.
const FORMS: usize = 32;
/// How deep functions and loops may be in each other.
const DEPTH: usize = 4;

/// The names of a function's arguments.
const NUMBERS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// A command and its conditions, as they are said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) words: Vec<String>,
    pub(super) when: Vec<String>,
}

/// The commands of a script by their names.
pub(super) type Calls<'s> = BTreeMap<&'s str, Vec<&'s Said>>;

pub(super) fn calls(all: &[Said]) -> Calls<'_> {
    let mut calls: Calls<'_> = BTreeMap::new();
    for one in all {
        if let Some(name) = one.words.first() {
            calls.entry(name).or_default().push(one);
        }
    }
    calls
}

impl Said {
    pub(super) fn shown(&self) -> Value {
        json!({"run": self.words.join(" "), "when": self.when})
    }

    /// The command with other words and conditions that come to the same, if there are any.
    pub(super) fn same(&self, calls: &Calls<'_>) -> Vec<Said> {
        let mut found = Vec::new();
        let mut open = vec![self.clone()];
        for _ in 0..DEPTH {
            for one in mem::take(&mut open) {
                let known = Said {
                    words: plain(&one.words),
                    when: one.sure(),
                };
                if known != *self && !found.contains(&known) && found.len() < FORMS {
                    found.push(known);
                }
                open.extend(one.called(calls).into_iter().chain(one.looped()));
            }
        }
        found
    }

    /// The conditions that may not be met.
    fn sure(&self) -> Vec<String> {
        let words = plain(&self.words);
        let when = self.when.iter().filter(|text| !is_sure(text, &words));
        when.cloned().collect()
    }

    /// The same where the function that it is a part of is called.
    fn called(&self, calls: &Calls<'_>) -> Vec<Said> {
        let mut conditions = self.when.iter().enumerate();
        let function =
            conditions.find_map(|(at, text)| Some((at, text.strip_suffix("() is called")?)));
        let Some((at, name)) = function else {
            return Vec::new();
        };
        let calls = calls.get(name).into_iter().flatten();
        let calls = calls.filter(|call| !call.when.contains(&self.when[at]));
        let forms = calls.map(|call| {
            let mut when = self.when.clone();
            when.splice(at..=at, call.when.iter().cloned());
            let put = |text: &String| {
                let arguments = NUMBERS.iter().zip(call.words.iter().skip(1));
                arguments.fold(text.clone(), |text, (name, word)| {
                    replaced(&text, name, word)
                })
            };
            Said {
                words: self.words.iter().map(put).collect(),
                when: when.iter().map(put).collect(),
            }
        });
        forms.take(FORMS).collect()
    }

    /// The same for each word of the loop that it is in, where all are known.
    fn looped(&self) -> Vec<Said> {
        let mut conditions = self.when.iter().enumerate();
        let head = conditions.find_map(|(at, text)| {
            let (name, words) = text.strip_prefix("for ")?.split_once(" in ")?;
            (!words.contains(['$', '`', '*', '?', '['])).then_some((at, name, words))
        });
        let Some((at, name, words)) = head else {
            return Vec::new();
        };
        let forms = words.split(' ').take(FORMS).map(|word| {
            let word = word.trim_matches(['"', '\'']);
            let put = |text: &String| replaced(text, name, word);
            let mut when: Vec<String> = self.when.iter().map(put).collect();
            when.remove(at);
            Said {
                words: self.words.iter().map(put).collect(),
                when,
            }
        });
        forms.collect()
    }
}

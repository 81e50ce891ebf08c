//! Values of variables in a script, as far as its text shows them.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Command;

/// How many values of one word are looked at.
const WORDS: usize = 64;
/// How deep variables may be the values of others.
const DEPTH: usize = 4;
/// How many values are looked at in a script.
const EFFORT: usize = 20_000;

/// Variables that the script sets once, and to a text.
pub(super) fn constants<'s>(script: &'s str, commands: &[Command]) -> BTreeMap<&'s str, String> {
    let none = BTreeMap::new();
    let mut found: BTreeMap<&str, Option<String>> = BTreeMap::new();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let assigned = |word: &Range<usize>| {
        let (name, value) = script[word.clone()].split_once('=')?;
        (!name.is_empty() && name.chars().all(is_name)).then_some((name, value))
    };
    for command in commands {
        let assignments: Vec<_> = command.words.iter().map_while(assigned).collect();
        // Assignments before a command apply only to it, and those under a condition may not happen.
        let is_for_all = assignments.len() == command.words.len() && command.when.is_empty();
        for (name, value) in assignments {
            let is_constant = is_for_all && !value.contains(['$', '`']);
            let value = is_constant.then(|| unquoted(value, &none));
            found
                .entry(name)
                .and_modify(|known| *known = None)
                .or_insert(value);
        }
    }
    let constant = |(name, value): (&'s str, Option<String>)| Some((name, value?));
    found.into_iter().filter_map(constant).collect()
}

/// A word as the shell passes it on.
pub(super) fn unquoted(word: &str, constants: &BTreeMap<&str, String>) -> String {
    let mut text = String::new();
    let mut quote = None;
    let mut rest = word;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '\\') => {
                let next = rest.chars().next();
                // A line break after it is not part of the word.
                text.extend(next.filter(|next| *next != '\n'));
                rest = &rest[next.map_or(0, char::len_utf8)..];
            }
            (None | Some('"'), '$') => {
                let (value, length) = expansion(rest, constants);
                match value {
                    Some(value) => {
                        text.push_str(value);
                        rest = &rest[length..];
                    }
                    None => text.push('$'),
                }
            }
            (_, c) => text.push(c),
        }
    }
    text
}

/// A text in which one variable has a value.
pub(super) fn replaced(text: &str, name: &str, value: &str) -> String {
    filled_in(text, &BTreeMap::from([(name, value.to_owned())]))
}

/// A condition with the values of its constants, quotes and all.
pub(super) fn filled_in(text: &str, constants: &BTreeMap<&str, String>) -> String {
    let mut pieces = text.split('$');
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match expansion(piece, constants) {
            (Some(value), length) => {
                filled.push_str(value);
                filled.push_str(&piece[length..]);
            }
            (None, _) => {
                filled.push('$');
                filled.push_str(piece);
            }
        }
    }
    filled
}

/// The value of the variable whose name comes next, and how much of the text names it.
fn expansion<'c>(rest: &str, constants: &'c BTreeMap<&str, String>) -> (Option<&'c str>, usize) {
    let (name, around) = match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((name, _)) => (name, 2),
        None if rest.starts_with(['@', '*']) => (&rest[..1], 0),
        None => {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            (&rest[..end.unwrap_or(rest.len())], 0)
        }
    };
    let value = constants.get(name).map(String::as_str);
    (value, name.len() + around)
}

/// A variable; an argument has the function that it is handed to.
type Name<'s> = (Option<&'s str>, &'s str);
/// A word, with the function that it is in.
type Word<'s> = (Option<&'s str>, Range<usize>);

/// All values that a script gives its variables, and its functions their arguments.
pub(super) struct Choices<'s> {
    script: &'s str,
    /// The words that each name may stand for.
    words: BTreeMap<Name<'s>, Vec<Word<'s>>>,
    functions: BTreeSet<&'s str>,
    left: Cell<usize>,
}

impl<'s> Choices<'s> {
    pub(super) fn of(script: &'s str, commands: &'s [Command], loops: &'s [Command]) -> Self {
        let mut choices = Choices {
            script,
            words: BTreeMap::new(),
            functions: BTreeSet::new(),
            left: Cell::new(EFFORT),
        };
        let functions = commands.iter().chain(loops);
        choices.functions = functions
            .filter_map(|one| one.function.as_deref())
            .collect();
        for command in commands {
            let within = command.function.as_deref();
            for word in &command.words {
                if let Some((name, value)) = script[word.clone()].split_once('=')
                    && !name.is_empty()
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                {
                    let place = word.end - value.len()..word.end;
                    choices.add((None, name), (within, place));
                }
            }
            let Some((first, rest)) = command.words.split_first() else {
                continue;
            };
            if let Some(function) = choices.functions.get(&script[first.clone()]).copied() {
                for (name, word) in ["1", "2", "3", "4", "5", "6", "7", "8", "9"]
                    .iter()
                    .zip(rest)
                {
                    choices.add((Some(function), name), (within, word.clone()));
                    choices.add((Some(function), "@"), (within, word.clone()));
                }
            }
        }
        for head in loops {
            let [_, name, rest @ ..] = head.words.as_slice() else {
                continue;
            };
            let name = &script[name.clone()];
            for word in rest.iter().skip(1) {
                choices.add((None, name), (head.function.as_deref(), word.clone()));
            }
        }
        choices
    }

    pub(super) fn is_function(&self, name: &str) -> bool {
        self.functions.contains(name)
    }

    fn add(&mut self, name: Name<'s>, word: Word<'s>) {
        self.words.entry(name).or_default().push(word);
    }

    /// The words of a command, once for each combination of their values.
    pub(super) fn of_command(&self, command: &Command) -> Vec<Vec<String>> {
        let mut all = vec![Vec::new()];
        for word in &command.words {
            let values = self.of_word(word.clone(), command.function.as_deref(), 0);
            all = product(&all, &values, |words: &Vec<String>, value| {
                let mut words = words.clone();
                words.push(value.clone());
                words
            });
        }
        all
    }

    /// What a word may be, without its quotes; a variable of no known value stays as it is written.
    fn of_word(&self, word: Range<usize>, within: Option<&str>, depth: usize) -> Vec<String> {
        let text = &self.script[word];
        let unknown = || vec![unquoted(text, &BTreeMap::new())];
        let names = names(text);
        if names.is_empty() || depth > DEPTH {
            return unknown();
        }
        let mut all: Vec<BTreeMap<&str, String>> = vec![BTreeMap::new()];
        for name in names {
            let key = name.trim_matches(['{', '}']);
            let is_argument =
                key == "@" || key == "*" || key.bytes().all(|byte| byte.is_ascii_digit());
            let found = match is_argument {
                true => self
                    .words
                    .get(&(within, if key == "*" { "@" } else { key })),
                false => self.words.get(&(None, key)),
            };
            let mut values = Vec::new();
            for (function, place) in found.into_iter().flatten() {
                let Some(left) = self.left.get().checked_sub(1) else {
                    return unknown();
                };
                self.left.set(left);
                // The output of a command is unknown.
                if self.script[place.clone()].contains(['`', '(']) {
                    continue;
                }
                values.extend(self.of_word(place.clone(), *function, depth + 1));
            }
            values.truncate(WORDS);
            if !values.is_empty() {
                all = product(&all, &values, |known, value| {
                    let mut known = known.clone();
                    known.insert(key, value.clone());
                    known
                });
            }
        }
        all.iter().map(|known| unquoted(text, known)).collect()
    }
}

fn product<A, B>(all: &[A], values: &[B], join: impl Fn(&A, &B) -> A) -> Vec<A> {
    let pairs = all
        .iter()
        .flat_map(|one| values.iter().map(move |value| (one, value)));
    pairs
        .take(WORDS)
        .map(|(one, value)| join(one, value))
        .collect()
}

/// The names of the variables in a word.
fn names(word: &str) -> Vec<&str> {
    let pieces = word.split('$').skip(1);
    let name = |piece: &'_ str| -> usize {
        match piece.strip_prefix('{') {
            Some(rest) => rest.find('}').map_or(0, |end| end + 2),
            None if piece.starts_with(['@', '*']) => 1,
            None => {
                let end = piece.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                end.unwrap_or(piece.len())
            }
        }
    };
    let names = pieces.map(|piece| &piece[..name(piece)]);
    names.filter(|name| !name.is_empty()).collect()
}

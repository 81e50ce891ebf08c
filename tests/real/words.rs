//! Words that are easily taken for something else, and a site with places for them.

use std::collections::BTreeSet;

/// Words that are DNS names and that YAML 1.1 or go-yaml could take for something else.
pub const NAMES: [&str; 20] = [
    "on",
    "off",
    "yes",
    "no",
    "y",
    "n",
    "true",
    "false",
    "null",
    "1e3",
    "0777",
    "0x1f",
    "0o17",
    "0b11",
    "007",
    "2024-01-01",
    "12",
    "0",
    "9e999",
    "1-2",
];
/// Texts that it could take for something else, or that it would cut or refuse if they stood there without quotes.
const PLAIN: [&str; 26] = [
    "on",
    "No",
    "Y",
    "~",
    "Null",
    "TRUE",
    "1e3",
    "0777",
    "0o17",
    "1_000",
    "1.20",
    "22:22",
    "02:00:00:00:00:01",
    "+1",
    "-0",
    ".inf",
    ".NaN",
    "2024-01-01",
    "2024-01-01T00:00:00Z",
    "=",
    "<<",
    "0x1F",
    "0b11",
    "-",
    "12345678901234567890",
    "1.",
];
/// As above, where a text may have anything in it.
pub const FREE: [&str; 26] = [
    "on",
    "No",
    "? a",
    "~",
    "Null",
    "TRUE",
    "1e3",
    "0777",
    "a: b",
    "1_000",
    "1.20",
    "22:22",
    "02:00:00:00:00:01",
    "a #b",
    "#a",
    "!a",
    "*a",
    "2024-01-01",
    "[a]",
    "{a: 1}",
    "%a",
    "- a",
    "| a",
    "@a",
    " a ",
    "a\\tb",
];

/// Texts that a person may type when a cluster is deployed; some are what a list of VLANs or CPUs may be.
pub const TYPED: [&str; 4] = ["22", "1e3", "on", "0777"];

/// A site with a place for a word wherever a text of it reaches Kubernetes: `@nameNN` for a DNS name, `@plainNN` for one
/// without blanks and `@freeNN` for any; a secret's stands for itself as the variable's name.
pub const SITE: &str = include_str!("words.yaml");

/// A place for a word.
#[derive(Clone, Copy)]
pub struct Place {
    pub token: &'static str,
    number: usize,
}

impl Place {
    /// All of the site.
    pub fn all() -> Vec<Place> {
        let words = SITE.split(|c: char| !c.is_ascii_alphanumeric());
        let tokens: BTreeSet<&str> = words.filter(|word| kind_of(word).is_some()).collect();
        tokens
            .into_iter()
            .enumerate()
            .map(|(number, token)| Place { token, number })
            .collect()
    }

    /// A word that is nothing but a word.
    pub fn mark(self) -> String {
        let letter = |number: usize| char::from(b"ghijklmnop"[number % 10]);
        format!("mark{}{}", letter(self.number / 10), letter(self.number))
    }

    /// The word of a round.
    pub fn word(self, round: usize) -> &'static str {
        let at = self.number + round;
        match kind_of(self.token) {
            Some("name") => NAMES[at % NAMES.len()],
            Some("plain") => PLAIN[at % PLAIN.len()],
            _ => FREE[at % FREE.len()],
        }
    }
}

/// The kind of word that belongs in a place; none where a token names no place.
fn kind_of(token: &str) -> Option<&str> {
    let kind = token.trim_end_matches(|c: char| c.is_ascii_digit());
    (["name", "plain", "free"].contains(&kind) && kind != token).then_some(kind)
}

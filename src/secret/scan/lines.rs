//! Scans line by line, with what is known from the lines before.

use std::ops::Range;

use super::records;
use crate::secret::names::{self, Named, name_within, named};
use crate::secret::reference::{is_name, is_reference};

/// What is known while lines are read one after the other.
pub(super) struct Lines {
    pub(super) found: Vec<Range<usize>>,
    /// Lines that lie deeper than this column belong to the secret of a key.
    pub(super) below: Option<Below>,
    /// A secret in quotes that is still open.
    pub(super) quote: Option<char>,
    /// The line that ends a text which a command reads.
    pub(super) heredoc: Option<String>,
    /// Whether this may be YAML that cannot be read, where what a `value` is may be anywhere.
    pub(super) is_broken: bool,
    /// The last key with nothing behind it, or a map: it may say what the keys below it are.
    pub(super) above: String,
    /// Whether a variable here is declared sensitive.
    pub(super) has_sensitive: bool,
    /// The command of a list that has each argument on a line.
    pub(super) command: String,
    /// For how many lines what is sent may be a password that was asked for.
    pub(super) asked: usize,
}

#[derive(Clone, Copy)]
pub(super) struct Below {
    pub(super) column: usize,
    pub(super) named: Named,
}

impl Lines {
    pub(super) fn new(text: &str, found: Vec<Range<usize>>, is_broken: bool) -> Self {
        Lines {
            found,
            below: None,
            quote: None,
            heredoc: None,
            is_broken,
            above: String::new(),
            has_sensitive: text.match_indices("ensitive").any(|(at, word)| {
                let behind = &text[at + word.len()..];
                let behind = behind.trim_start_matches([' ', '\t', '=', ':', '"', '\'']);
                behind.starts_with("true")
            }),
            command: String::new(),
            asked: 0,
        }
    }

    pub(super) fn hide(&mut self, start: usize, line: &str, range: Range<usize>) {
        let text = &line[range.clone()];
        let begin = range.start + text.len() - text.trim_start().len();
        let end = begin + text.trim().len();
        if begin < end {
            self.found.push(start + begin..start + end);
        }
    }

    pub(super) fn line(&mut self, line: &str, start: usize) {
        let content = line.trim();
        if let Some(end) = &self.heredoc {
            if content == end {
                self.heredoc = None;
            } else {
                self.hide(start, line, 0..line.len());
            }
            return;
        }
        if let Some(quote) = self.quote {
            let end = line.find(quote).unwrap_or(line.len());
            self.hide(start, line, 0..end);
            if end == line.len() {
                return;
            }
            self.quote = None;
        }
        if let Some(below) = self.below
            && !content.is_empty()
        {
            let column = line.len() - line.trim_start().len();
            let belongs =
                column > below.column || (column == below.column && content.starts_with("- "));
            let key = key_of(content);
            if !belongs {
                self.below = None;
            } else if key.is_some_and(|(name, value)| {
                below.named == Named::Scalar
                    || names::is_about(name)
                        && (value.is_empty() || is_name(value) || is_reference(value))
            }) {
                if below.named == Named::Scalar {
                    self.below = None;
                }
            } else {
                let from = match key {
                    // A key that is not a name may be the secret.
                    Some((name, value)) if is_name(name) || is_reference(name) => {
                        line.len() - line.trim_start().len() + (content.len() - value.len())
                    }
                    _ => 0,
                };
                let value = &line[from..];
                if !is_reference(value.trim_start_matches(['-', ' '])) {
                    self.hide(start, line, from..line.len());
                }
                return;
            }
        }
        if let Some(name) = content.strip_suffix(" {")
            && named(name) == Named::All
        {
            let column = line.len() - line.trim_start().len();
            self.below = Some(Below {
                column,
                named: Named::All,
            });
        }
        if let Some(item) = content.strip_prefix("- ") {
            self.item(item.trim().trim_matches(['"', '\'']), line, start);
        }
        if let Some(secret) = records::secret(line) {
            self.hide(start, line, secret);
        }
        self.pairs(line, start);
        self.words(line, start);
        self.pipes(line, start);
        self.answers(line, start);
    }

    /// What a name in front of a separator says, and what is behind it.
    pub(super) fn named(&mut self, name: &str, line: &str, at: usize) -> Named {
        let given = line[at + 1..].trim_matches(['=', ' ', '\t', '"', '\'', ';']);
        let found = named(name_within(&self.above, name));
        let is_empty = given.is_empty() || given.starts_with(['{', '[', '#']);
        // A comment may be between.
        if is_empty && !line.trim_start().starts_with('#') {
            name.clone_into(&mut self.above);
        }
        match name {
            "value" | "defaultValue" | "default_value" if self.is_broken => Named::Scalar,
            "default" | "regex" if self.has_sensitive => Named::Scalar,
            // Keyrings of Ceph, and what joins a cluster of Consul.
            "key" | "encrypt"
                if line.as_bytes()[at] == b'=' && line[..at].trim() == name && !is_name(given) =>
            {
                Named::Scalar
            }
            _ => found,
        }
    }
}

/// The key and the value of a line that begins with a key.
fn key_of(content: &str) -> Option<(&str, &str)> {
    let content = content.trim_start_matches(['-', ' ', '{']);
    let (key, value) = content.split_once(':')?;
    let is_key = (value.is_empty() || value.starts_with([' ', '\t']))
        && !key.is_empty()
        && !key.trim_matches(['"', '\'']).contains(char::is_whitespace);
    is_key.then(|| (key.trim_matches(['"', '\'']), value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_begin_with_a_key() {
        for (line, found) in [
            ("name: a ", Some(("name", "a"))),
            ("- {\"name\": a", Some(("name", "a"))),
            ("name:", Some(("name", ""))),
            (": a", None),
            ("https://host", None),
            ("two words: a", None),
            ("word", None),
        ] {
            assert_eq!(key_of(line), found, "{line}");
        }
    }
}

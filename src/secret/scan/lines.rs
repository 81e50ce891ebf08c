//! Lines, one after the other, with what is known from those before.

use std::ops::Range;

use crate::secret::names::{self, Named, named};
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
    /// Whether this may be YAML that cannot be read, where what a `value` is may stand anywhere.
    pub(super) is_broken: bool,
    /// Whether the last key was the licence of Portworx, whose own key is a secret.
    pub(super) in_saas: bool,
    /// The command of a list that has each argument on a line.
    pub(super) command: String,
}

#[derive(Clone, Copy)]
pub(super) struct Below {
    pub(super) column: usize,
    pub(super) named: Named,
}

impl Lines {
    pub(super) fn new(found: Vec<Range<usize>>, is_broken: bool) -> Self {
        Lines {
            found,
            below: None,
            quote: None,
            heredoc: None,
            is_broken,
            in_saas: false,
            command: String::new(),
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
                    Some((_, value)) => {
                        line.len() - line.trim_start().len() + (content.len() - value.len())
                    }
                    None => 0,
                };
                let value = &line[from..];
                if !is_reference(value.trim_start_matches(['-', ' '])) {
                    self.hide(start, line, from..line.len());
                }
                return;
            }
        }
        if let Some(item) = content.strip_prefix("- ") {
            self.item(item.trim().trim_matches(['"', '\'']), line, start);
        }
        self.pairs(line, start);
        self.words(line, start);
        self.pipes(line, start);
    }

    /// What a name in front of a separator says.
    pub(super) fn named(&mut self, name: &str, line: &str) -> Named {
        let in_saas = std::mem::take(&mut self.in_saas);
        match name {
            "saas" => self.in_saas = true,
            "key" if in_saas => return Named::All,
            // A comment stands between.
            _ if line.trim_start().starts_with('#') => self.in_saas = in_saas,
            "value" | "defaultValue" if self.is_broken => return Named::Scalar,
            _ => {}
        }
        named(name)
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

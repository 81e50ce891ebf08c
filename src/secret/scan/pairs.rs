//! Names with a colon or an equals sign, and the values after them.

use std::ops::Range;

use super::LONGEST_NAME;
use super::lines::{Below, Lines};
use crate::secret::names::{self, Named};
use crate::secret::reference::{is_name, is_reference, is_variable_name};

impl Lines {
    /// What is after a name with a colon or an equals sign.
    pub(super) fn pairs(&mut self, line: &str, start: usize) {
        let first = line
            .find(|c| {
                !matches!(
                    c,
                    '"' | '\'' | '\\' | '-' | ' ' | '\t' | '{' | '#' | ',' | '?'
                )
            })
            .unwrap_or(line.len());
        let bytes = line.as_bytes();
        let mut open: Option<u8> = None;
        let mut flow = 0_usize;
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            match byte {
                b'"' | b'\'' => {
                    open = match open {
                        None => Some(byte),
                        Some(quote) if quote == byte => None,
                        other => other,
                    };
                }
                b'{' | b'[' => flow += 1,
                b'}' | b']' => flow = flow.saturating_sub(1),
                b':' | b'=' => {
                    if let Some((name, is_escaped)) = name_before(line, at)
                        && let found = self.named(&line[name.clone()], line, at)
                        && let found = if is_escaped && self.is_broken {
                            Named::All
                        } else {
                            found
                        }
                        && found != Named::Nothing
                    {
                        let is_first = name.start <= first
                            || matches!(line[first..name.start].trim(), "export" | "set" | "env");
                        at = self.value(line, start, at, (name, found), open, flow, is_first);
                        continue;
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Hides what is after the separator at `at`; from where to go on.
    #[expect(
        clippy::too_many_arguments,
        reason = "all of them say where on the line this is"
    )]
    fn value(
        &mut self,
        line: &str,
        start: usize,
        at: usize,
        (name, named): (Range<usize>, Named),
        open: Option<u8>,
        flow: usize,
        is_first: bool,
    ) -> usize {
        let is_colon = line.as_bytes()[at] == b':';
        let behind = &line[at + 1..];
        let value = behind.trim_start_matches([':', '=', '>', '~', ' ', '\t']);
        let from = line.len() - value.len();
        let column = line[..name.start].trim_end_matches(['"', '\'', '\\']).len();
        let continues = (is_colon && is_first && flow == 0).then_some(Below { column, named });
        if value.is_empty() || is_remark(value) {
            self.below = continues.or(self.below);
            return line.len();
        }
        let end = end_of_value(line, from, is_colon, is_first, open, flow);
        let given = &line[from..end];
        if is_reference(given) || is_pointer(value) {
            return if value.starts_with('{') && !given.starts_with("{{") {
                from
            } else {
                end.max(at + 1)
            };
        }
        self.hide(start, line, from..end);
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote
            && end == line.len()
            && !(given.len() > 1 && given.ends_with(quote))
        {
            self.quote = is_first.then_some(quote);
        }
        if !is_colon && given.starts_with("\"\"\"") && !given[3..].contains("\"\"\"") {
            self.heredoc = Some("\"\"\"".to_owned());
        }
        self.below = continues.or(self.below);
        end.max(at + 1)
    }
}

/// Whether a comment where a secret is missing speaks of it, and is not the secret itself.
pub(in crate::secret) fn is_remark(comment: &str) -> bool {
    comment.starts_with("# ") && comment.split_whitespace().nth(2).is_some()
}

/// The name in front of a separator, and whether it is the end of one with an escape.
fn name_before(line: &str, at: usize) -> Option<(Range<usize>, bool)> {
    let bytes = line.as_bytes();
    let skip = |mut end: usize, letters: &[u8]| {
        let least = end.saturating_sub(8);
        while end > least && letters.contains(&bytes[end - 1]) {
            end -= 1;
        }
        end
    };
    let end = skip(skip(at, b" \t+?"), b"\"'\\]");
    let least = end.saturating_sub(LONGEST_NAME);
    let mut start = end;
    while start > least
        && (bytes[start - 1].is_ascii_alphanumeric()
            || matches!(bytes[start - 1], b'_' | b'.' | b'-'))
    {
        start -= 1;
    }
    let name = line.get(start..end)?;
    let is_escaped = start > 0 && bytes[start - 1] == b'\\' && end < at && bytes[end] == b'"';
    (!name.is_empty()).then_some((start..end, is_escaped))
}

/// Where the value ends that begins at `from`.
fn end_of_value(
    line: &str,
    from: usize,
    is_colon: bool,
    is_first: bool,
    open: Option<u8>,
    flow: usize,
) -> usize {
    let value = &line[from..];
    let whole = line.len();
    let mut characters = value.char_indices().skip(1);
    // The quotes of a text within a text have backslashes.
    let escaped = value.starts_with("\\\"") || value.starts_with("\\'");
    if value.starts_with("{{") {
        let end = value.find("}}").map_or(whole, |end| from + end + 2);
        let behind = &line[end.min(line.len())..];
        if behind.is_empty() || behind.starts_with([',', '}', ' ', '"', '\'', '&', ';', '<', ')']) {
            return end;
        }
    }
    if value.starts_with(['"', '\'']) && open.is_none() {
        let quote = value.as_bytes()[0] as char;
        let mut back = false;
        while let Some((at, c)) = characters.next() {
            if c == quote && !back {
                if value[at + 1..].starts_with(quote) && quote == '\'' {
                    characters.next();
                    continue;
                }
                let end = from + at + 1;
                let behind = &line[end..];
                let is_end = behind.is_empty()
                    || behind.starts_with([
                        ',', '}', ']', ')', ' ', '\t', ';', '&', '|', '<', '>', ':', '\\', '/', '?',
                    ])
                    || (quote == '"' && behind.starts_with('\''));
                return if is_end {
                    end
                } else {
                    end + behind.find(char::is_whitespace).unwrap_or(behind.len())
                };
            }
            back = c == '\\' && !back && quote == '"';
        }
        return whole;
    }
    if escaped {
        let close = value[2..].find(&value[..2]);
        return close.map_or(whole, |at| from + 2 + at + 2);
    }
    if let Some(quote) = open
        && let Some(at) = value.find(quote as char)
    {
        return from + at.max(1);
    }
    if flow > 0 && !value.starts_with(['{', '[']) {
        let end = value.find([',', '}', ']']).unwrap_or(value.len());
        return from + value[..end].trim_end().len().max(1).min(value.len());
    }
    if is_colon || is_first {
        return whole;
    }
    if line[..from].ends_with(' ') {
        return whole;
    }
    // A word of a command or an address; quotes within it belong to it.
    from + end_of_word(value).max(value.chars().next().map_or(0, char::len_utf8))
}

/// Where a word ends; blanks in its macros belong to it.
fn end_of_word(text: &str) -> usize {
    const LONGEST: usize = 300;
    let mut from = 0;
    loop {
        let rest = &text[from..];
        let end = rest.find(|c: char| c.is_whitespace() || c == '<');
        let end = end.unwrap_or(rest.len());
        let close = rest[..end].find("{{").and_then(|open| {
            let near = rest.floor_char_boundary(open + LONGEST);
            rest[open..near].find("}}").map(|at| open + at + 2)
        });
        match close {
            Some(close) if close > end => from += close,
            _ => return from + end,
        }
    }
}

/// Whether a value in braces only says where the secret is: `{env: NAME}`, `{secretKeyRef: ...}`.
fn is_pointer(value: &str) -> bool {
    let Some(inside) = value
        .strip_prefix('{')
        .filter(|inside| !inside.starts_with('{'))
    else {
        return false;
    };
    let inside = &inside[..inside.floor_char_boundary(300)];
    let Some((key, rest)) = inside.split_once(':') else {
        return false;
    };
    let key = key.trim().trim_matches(['"', '\'']);
    let end = rest.find([',', '}']).unwrap_or(rest.len());
    let given = rest[..end].trim().trim_matches(['"', '\'']);
    match key {
        "env" => is_variable_name(given) && rest[end..].starts_with('}'),
        "file" => is_name(given) && rest[end..].starts_with('}'),
        _ => {
            key.len() <= LONGEST_NAME
                && names::is_about(key)
                && (rest.trim_start().starts_with('{')
                    || (is_name(given) && rest[end..].starts_with('}')))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_where_what_is_around_it_does() {
        for (text, shown) in [
            (
                "run 'password=hunter2' behind",
                "run 'password=*******' behind",
            ),
            ("f{x} token=ab1,cd2 behind", "f{x} token=******* behind"),
            (
                "run --x {{ .Values.a }} token={{ .Values.b }} y",
                "run --x {{ .Values.a }} token={{ .Values.b }} y",
            ),
            (
                "run token=x{{ .a }}y{{ .Values.b }}hunter2 y",
                "run token=******************************** y",
            ),
            (
                "run token={{ .Values.b }}hunter2 y",
                "run token=********************** y",
            ),
        ] {
            assert_eq!(crate::secret::masked(text), shown);
        }
        let line = "{token: {{ .Values.a }}, b: c}";
        let end = end_of_value(line, 8, true, true, None, 1);
        assert_eq!(&line[8..end], "{{ .Values.a }}");
    }

    #[test]
    fn a_value_ends_with_its_quote() {
        for value in [r#"\"hunter2\""#, r"\'hunter2\'", "\"hunter2\"", "'hunter2'"] {
            let line = format!("{{password: {value}, a: b}}");
            let from = "{password: ".len();
            let end = end_of_value(&line, from, true, true, None, 1);
            assert_eq!(&line[from..end], value);
        }
    }
}

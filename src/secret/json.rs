//! A profile's JSON for messages, without the texts that may hold secrets.

use super::names::{Named, named};
use super::stand_in;

/// The longest text that is shown, in bytes.
const LONGEST: usize = 200;

/// A JSON text, perhaps a broken one, with other characters in place of what may be secret, as long in bytes and in
/// characters.
///
/// A text that is broken by a quote of its own ends early; from where no JSON can be any more nothing is shown.
pub(super) fn masked(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut is_secret_key = false;
    let mut before = None;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let length = token(rest);
        let token = &rest[..length];
        at += length;
        if token.starts_with([' ', '\t', '\r', '\n']) {
            shown.push_str(token);
            continue;
        }
        if token.starts_with('"') {
            // Two values beside each other: the first was no text of its own.
            if !matches!(before, Some("{" | "[" | "," | ":")) {
                mask(&mut shown, rest);
                return shown;
            }
            let is_key = before != Some(":") && text[at..].trim_start().starts_with(':');
            if is_long(token) || (!is_key && is_secret_key) || !super::spans(token).is_empty() {
                mask(&mut shown, token);
            } else {
                shown.push_str(token);
            }
            let name = token.trim_matches('"');
            // What lacks its colon may still be a key.
            let names_a_secret = is_secret(name);
            if is_key || names_a_secret {
                is_secret_key = names_a_secret;
            }
        } else if is_json(token) {
            shown.push_str(token);
        } else {
            mask(&mut shown, rest);
            return shown;
        }
        before = Some(token);
    }
    shown
}

/// The length of what is at the start of a text: blanks, a text in quotes, one sign, or a word.
fn token(text: &str) -> usize {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let sign = |c: char| matches!(c, '{' | '}' | '[' | ']' | ',' | ':');
    match text.chars().next() {
        None => 0,
        Some('"') => {
            let mut escaped = false;
            let end = text[1..].find(|c: char| {
                let closes = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                closes
            });
            end.map_or(text.len(), |end| end + 2)
        }
        Some(c) if sign(c) => 1,
        Some(c) if blank(c) => text.find(|c| !blank(c)).unwrap_or(text.len()),
        Some(_) => text
            .find(|c| blank(c) || sign(c) || c == '"')
            .unwrap_or(text.len()),
    }
}

/// Whether a text may be a whole file, whatever its key says.
fn is_long(token: &str) -> bool {
    token.len() > LONGEST || token.contains("\\n")
}

/// Whether a text under this key is not shown: it names a secret, or whole files are there.
fn is_secret(key: &str) -> bool {
    let small = key.to_lowercase();
    let is_file = ["values", "content", "value", "key"]
        .iter()
        .any(|end| small.ends_with(end));
    is_file || named(key) != Named::Nothing
}

fn is_json(word: &str) -> bool {
    matches!(
        word,
        "{" | "}" | "[" | "]" | "," | ":" | "true" | "false" | "null"
    ) || word.parse::<f64>().is_ok()
}

/// Writes other characters in place of a text; its quotes stay, so that one sees where it ends.
fn mask(shown: &mut String, text: &str) {
    shown.extend(text.chars().map(|c| if c == '"' { c } else { stand_in(c) }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_may_hold_secrets_are_not_shown() {
        for (text, shown) in [
            (
                r#"{"name":"a","values":"p: x\"ü€😀","n":1}"#,
                "{\"name\":\"a\",\"values\":\"*****\"·•\u{1d7ce}\",\"n\":1}",
            ),
            (r#"{"content": "abc"#, r#"{"content": "***"#),
            // A quote that was not escaped.
            (
                r#"{"values":"a: "hunter2", "b": "hunter3"}"#,
                r#"{"values":"***"*******"**"*"**"*******"*"#,
            ),
            (
                r#"{"values":"a: ""hunter2", "b": 1}"#,
                r#"{"values":"***""*******"**"*"****"#,
            ),
            (
                r#"{"valu":"a\nb","values","hunter2","c":"d"}"#,
                r#"{"valu":"****","values","*******","c":"d"}"#,
            ),
            (r#"[true, hunter2"#, "[true, *******"),
        ] {
            let made = masked(text);
            assert_eq!(made, shown);
            assert_eq!(made.len(), text.len());
        }
    }
}

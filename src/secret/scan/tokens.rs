//! Tokens with a known prefix or form.

use std::ops::Range;

use super::runs;
use crate::secret::words::WORDS;

/// Adds every token.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    for word in runs(text, is_letter).filter(|word| word.len() >= 16) {
        if is_token(&text[word.clone()]) {
            found.push(word);
        } else {
            uuids(text, word, found);
        }
    }
}

/// Whether a word is a token of a known maker.
fn is_token(word: &str) -> bool {
    let bytes = word.as_bytes();
    let is_capital = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let begins = |prefix: &str| {
        word.starts_with(prefix)
            && word.len() >= prefix.len() + 12
            && word
                .bytes()
                .any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
    };
    WORDS.prefix.iter().any(|prefix| begins(prefix))
        // A JSON Web Token, and what else begins with `{"` in base64.
        || (word.starts_with("eyJ") && word.len() >= 20)
        || (word.len() == 20 && (word.starts_with("AKIA") || word.starts_with("ASIA")) && bytes.iter().all(is_capital))
        || (word.starts_with("AIza") && word.len() >= 35)
        || is_join_token(bytes)
}

/// Whether this is a token that nodes join a cluster with.
fn is_join_token(word: &[u8]) -> bool {
    word.len() == 23
        && word.iter().enumerate().all(|(at, b)| {
            if at == 6 {
                *b == b'.'
            } else {
                b.is_ascii_lowercase() || b.is_ascii_digit()
            }
        })
        && word.iter().any(u8::is_ascii_digit)
}

/// Tokens such as 01234567-89ab-cdef-0123-456789abcdef, which arrays make.
fn uuids(text: &str, word: Range<usize>, found: &mut Vec<Range<usize>>) {
    let bytes = &text.as_bytes()[word.clone()];
    let mut at = 0;
    while at + 36 <= bytes.len() {
        let is_uuid = bytes[at..at + 36]
            .iter()
            .enumerate()
            .all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
        if is_uuid {
            found.push(word.start + at..word.start + at + 36);
            at += 36;
        } else {
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stands_within_a_longer_word() {
        let token = "01234567-89ab-cdef-0123-456789abcdef";
        for text in [
            token.to_owned(),
            format!("id px-{token}-y {token}"),
            format!("x:0{token}"),
        ] {
            let mut found = Vec::new();
            find(&text, &mut found);
            let found: Vec<&str> = found.into_iter().map(|span| &text[span]).collect();
            assert_eq!(found, vec![token; text.matches(token).count()], "{text}");
        }
    }
}

//! Hashes of passwords: `$6$salt$...`, `{SSHA}...`.

use std::ops::Range;

/// What is between the dollars in front of a hash that `crypt` makes.
const CRYPT: &str = "1 5 6 7 y gy 2 2a 2b 2x 2y apr1 md5 sha1";
/// The same, as the beginning of a longer word.
const FAMILIES: [&str; 3] = ["argon2", "pbkdf2", "scrypt"];
/// What is in braces in front of a hash in a directory.
const DIRECTORY: &str = "SSHA SHA MD5 SMD5 CRYPT crypt SSHA512 SSHA256 ARGON2";

/// Adds every hash.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(start) = text[from..].find(['$', '{']).map(|at| from + at) {
        from = start + 1;
        let close = if text.as_bytes()[start] == b'$' {
            '$'
        } else {
            '}'
        };
        let id = text[start + 1..]
            .bytes()
            .take(12)
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b'-')
            .count();
        let behind = start + 1 + id;
        if id == 0 || !text[behind..].starts_with(close) {
            continue;
        }
        let name = &text[start + 1..behind];
        let is_one_of = |ids: &str| ids.split(' ').any(|id| id == name);
        let is_known = match close {
            '$' => is_one_of(CRYPT) || FAMILIES.iter().any(|family| name.starts_with(family)),
            _ => is_one_of(DIRECTORY),
        };
        if !is_known {
            continue;
        }
        let body = &text[behind + 1..];
        let length = body
            .find(|c: char| {
                !(c.is_ascii_alphanumeric()
                    || matches!(c, '.' | '/' | '$' | '=' | '+' | ',' | '-' | '_'))
            })
            .unwrap_or(body.len());
        if length >= 8 {
            found.push(start..behind + 1 + length);
            from = behind + 1 + length;
        }
    }
}

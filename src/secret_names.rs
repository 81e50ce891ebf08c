//! Which keys name a secret.

use std::ops::Range;

/// What a key ends in whose value is a secret, without dashes and underscores.
const WORDS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "token",
    "apikey",
    "secretkey",
    "privatekey",
    "activationid",
    "credential",
    "clientsecret",
    "saaskey",
];

/// Whether the value under a key is a secret by the key's name.
pub(crate) fn names_a_secret(key: &str) -> bool {
    let singular = key.strip_suffix(['s', 'S']).unwrap_or(key);
    let is_public = key.len() >= 14 && ends_with(key, "publickeytoken");
    !is_public
        && WORDS
            .iter()
            .any(|word| ends_with(key, word) || ends_with(singular, word))
}

/// The name that tells what an entry of a map is: its key, or where that says nothing, more than its key.
pub(crate) fn name_within<'k>(map: &str, key: &'k str) -> &'k str {
    match (map, key) {
        // The licence of Portworx.
        ("saas", "key") => "saasKey",
        _ => key,
    }
}

/// Where the values stand in a text that [`name_within`] has another name for, whether it is YAML or not.
pub(crate) fn named_within(text: &str) -> Vec<Range<usize>> {
    text.match_indices("saas:")
        .filter_map(|(at, map)| first_key(text, at + map.len()))
        .collect()
}

/// The value of `key:` where that is what comes first, apart from comments.
fn first_key(text: &str, mut at: usize) -> Option<Range<usize>> {
    loop {
        let rest = &text[at..];
        at += rest.find(|c: char| !c.is_whitespace() && c != '{')?;
        if !text[at..].starts_with('#') {
            break;
        }
        at += text[at..].find('\n')?;
    }
    let value = text[at..].strip_prefix("key:")?;
    let start = text.len() - value.trim_start_matches([' ', '\t']).len();
    let line = text[start..].lines().next()?;
    Some(start..start + line.trim_end().len())
}

/// Whether a key ends in a word, with dashes, underscores and capitals left aside.
fn ends_with(key: &str, word: &str) -> bool {
    let mut letters = key.bytes().rev().filter(|b| !matches!(b, b'-' | b'_'));
    word.bytes().rev().all(|letter| {
        letters
            .next()
            .is_some_and(|b| b.eq_ignore_ascii_case(&letter))
    })
}

#[cfg(test)]
mod tests {
    use super::{name_within, named_within, names_a_secret};

    #[test]
    fn keys_name_secrets() {
        for key in [
            "adminPassword",
            "password",
            "APIToken",
            "activationId",
            "api-key",
            "AZURE_CLIENT_SECRET",
            "tokens",
            "saasKey",
            "clientSecretKey",
            "passwords",
        ] {
            assert!(names_a_secret(key), "{key}");
        }
        for key in [
            "secretName",
            "publicKeyToken",
            "tokenTTL",
            "passwordKey",
            "key",
            "tlsSecret",
            "",
        ] {
            assert!(!names_a_secret(key), "{key}");
        }
    }

    #[test]
    fn a_key_may_need_its_map_to_be_a_name() {
        assert_eq!(name_within("saas", "key"), "saasKey");
        assert_eq!(name_within("taint", "key"), "key");
        for text in [
            "  saas:\n    # a: b\n\n    key: hunter2 \r\n",
            "saas: {key: hunter2",
            "x: [{saas:\nkey:\thunter2",
        ] {
            let found = named_within(text);
            assert_eq!(found.len(), 1, "{text}");
            assert!(text[found[0].clone()].starts_with("hunter2"), "{text}");
        }
        for text in [
            "saas:\n  other: x\n  key: y",
            "saas:",
            "saas:\n#",
            "saas: key",
        ] {
            assert!(named_within(text).is_empty(), "{text}");
        }
    }
}

//! What names a secret, and what only names where one is.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The words of `words.txt`, which says what each list is for.
#[derive(Default)]
struct Words<'w> {
    secret: Vec<&'w str>,
    likely: Vec<&'w str>,
    weak: HashSet<&'w str>,
    meant: Vec<&'w str>,
    about: HashSet<&'w str>,
    rest: HashSet<&'w str>,
    object: HashSet<&'w str>,
}

static WORDS: LazyLock<Words<'static>> = LazyLock::new(|| {
    let mut words = Words::default();
    for line in include_str!("words.txt").lines() {
        let mut line = line.split(' ');
        match line.next() {
            Some("secret") => words.secret.extend(line),
            Some("likely") => words.likely.extend(line),
            Some("weak") => words.weak.extend(line),
            Some("meant") => words.meant.extend(line),
            Some("about") => words.about.extend(line),
            Some("rest") => words.rest.extend(line),
            Some("object") => words.object.extend(line),
            _ => {}
        }
    }
    words
});

/// How surely a key names a secret, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    /// No secret.
    Nothing,
    /// A single value is hidden.
    Scalar,
    /// Everything below is hidden.
    All,
}

/// Whether the value under a key is a secret by the key's name, so surely that a rule may complain.
pub(crate) fn names_a_secret(key: &str) -> bool {
    let joined = joined(key);
    !joined.ends_with("publickeytoken") && ends_in(&joined, &WORDS.secret)
}

/// What is hidden of a key's value by the key's name: also where the name is misspelt or may mean something else.
pub(super) fn named(key: &str) -> Named {
    // A key that long is a text.
    if key.is_empty() || key.len() > 200 {
        return Named::Nothing;
    }
    let joined = joined(key);
    if joined.ends_with("publickeytoken") {
        return Named::Nothing;
    }
    if ends_in(&joined, &WORDS.secret) || ends_in(&joined, &WORDS.likely) {
        return Named::All;
    }
    let words = words(key);
    let end = words
        .iter()
        .rposition(|word| !is_rest(word))
        .map_or(0, |at| at + 1);
    let words = &words[..end];
    let Some(last) = words.last().map(String::as_str) else {
        return Named::Nothing;
    };
    let bare = words.concat();
    if ends_in(&bare, &WORDS.secret) || ends_in(&bare, &WORDS.likely) {
        return Named::All;
    }
    if words.iter().any(|word| word == "public") {
        return Named::Nothing;
    }
    let singular = last.strip_suffix('s').unwrap_or(last);
    if WORDS.weak.contains(last) || WORDS.weak.contains(singular) {
        let before = words.len().checked_sub(2).map(|at| words[at].as_str());
        let is_object =
            singular == "secret" && before.is_some_and(|word| WORDS.object.contains(word));
        let is_other = singular == "pass" && last != "pass";
        return if is_object || is_other {
            Named::Nothing
        } else {
            Named::Scalar
        };
    }
    if is_misspelt(words, 2) {
        return Named::Scalar;
    }
    if is_about(key) {
        return Named::Nothing;
    }
    if is_misspelt(words, 1) {
        return Named::Scalar;
    }
    let speaks_of = |stem: &str| bare.contains(stem);
    match [
        "passw",
        "token",
        "secret",
        "credential",
        "saaskey",
        "activationid",
    ]
    .into_iter()
    .any(speaks_of)
    {
        true if singular.ends_with("secret") || singular.ends_with("auth") => Named::Nothing,
        true => Named::Scalar,
        false => Named::Nothing,
    }
}

/// Whether a key says where a secret is, or how it is treated: `secretKeyRef`, `tokenTTL`.
pub(super) fn is_about(key: &str) -> bool {
    let words = words(key);
    let is_object = |at: usize| {
        words
            .get(at)
            .is_some_and(|word| WORDS.object.contains(word.as_str()))
    };
    match words.last().map(String::as_str) {
        Some("secret" | "secrets") => words.len() > 1 && is_object(words.len() - 2),
        Some(last) => WORDS.about.contains(last),
        None => false,
    }
}

fn is_rest(word: &str) -> bool {
    WORDS.rest.contains(word) || word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the last words of a name are a letter or two away from what names a secret.
fn is_misspelt(words: &[String], count: usize) -> bool {
    let Some(last) = words
        .len()
        .checked_sub(count)
        .map(|from| words[from..].concat())
    else {
        return false;
    };
    let given = last.strip_suffix('s').unwrap_or(&last);
    WORDS.meant.iter().any(|meant| {
        let far = if meant.len() > 7 { 2 } else { 1 };
        given.len() >= 4
            && given.len().abs_diff(meant.len()) <= far
            && given.as_bytes()[0] == meant.as_bytes()[0]
            && strsim::damerau_levenshtein(given, meant) <= far
    })
}

fn ends_in(joined: &str, words: &[&str]) -> bool {
    let singular = joined.strip_suffix('s').unwrap_or(joined);
    let ends = |word: &&str| joined.ends_with(word) || singular.ends_with(word);
    words.iter().any(ends)
}

/// The letters and digits of a key, small.
fn joined(key: &str) -> String {
    let letters = key.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// The words of a key, small: at capitals, and at what is no letter.
fn words(key: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut begins = true;
    let mut before = ' ';
    let mut letters = key.chars().peekable();
    while let Some(c) = letters.next() {
        if !c.is_alphanumeric() {
            begins = true;
            before = ' ';
            continue;
        }
        let next_is_small = letters.peek().is_some_and(|next| next.is_lowercase());
        // `API` of `APIToken` ends before the capital that a small letter follows.
        let turns = c.is_uppercase()
            && (before.is_lowercase()
                || before.is_numeric()
                || (before.is_uppercase() && next_is_small));
        if begins
            || turns
            || (c.is_numeric() != before.is_numeric() && before != ' ' && c.is_numeric())
        {
            words.push(String::new());
        }
        begins = false;
        before = c;
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}

/// The name that tells what an entry of a map is: its key, or where that says nothing, more than its key.
pub(crate) fn name_within<'k>(map: &str, key: &'k str) -> &'k str {
    match (map, key) {
        // The licence of Portworx.
        ("saas", "key") => "saasKey",
        _ => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            "DB_PASSWORD",
            "apikey",
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
            "secret",
        ] {
            assert!(!names_a_secret(key), "{key}");
        }
    }

    #[test]
    fn what_may_be_a_secret_is_hidden() {
        for key in [
            "apiTokn",
            "tokn",
            "adminPasswort",
            "pasword",
            "passwrod",
            "credentials",
            "cookie_secret",
            "secret",
            "client-key-data",
            "accessKey",
            "AWS_SECRET_ACCESS_KEY",
            "pwd",
            "psk",
            "auth",
            "jwt",
            "sshKey",
            "_authToken",
            "passphrase",
            "privateKey",
            "dbPass",
            "PGPASSWORD",
            "passwordHash",
            "token_base64",
            "password2",
            "webhookUrl",
            "passwordForAdmin",
            "identitytoken",
            "Authorization",
            "hashed_passwd",
            "plain_text_passwd",
            "ADMIN-PWD",
            "node.session.auth.password",
            "X-Auth-Token",
            ".dockerconfigjson",
            "secrets",
            "privatKey",
            "activatonId",
        ] {
            assert_ne!(named(key), Named::Nothing, "{key}");
        }
        for key in [
            "secretName",
            "tlsSecret",
            "publicKeyToken",
            "tokenTTL",
            "secretKeyRef",
            "existingSecret",
            "passwordKey",
            "tokenFile",
            "passwordMinLength",
            "imagePullSecrets",
            "key",
            "name",
            "bypass",
            "path",
            "image",
            "author",
            "sshPublicKey",
            "secretNamespace",
            "tokenReviewer.name",
            "compass",
            "mapping",
            "size",
            "lock_pass_id",
        ] {
            assert_eq!(named(key), Named::Nothing, "{key}");
        }
    }

    #[test]
    fn a_key_is_taken_apart_into_words() {
        assert_eq!(
            words("AWS_SECRETKey2-aPIToken"),
            ["aws", "secret", "key", "2", "a", "pi", "token"]
        );
    }
}

//! Which keys name a secret.

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
    use super::names_a_secret;

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
}

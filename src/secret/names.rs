//! Names of secrets, and names of places where secrets are kept.

use super::words::{WORDS, has};

/// How certainly a key names a secret, and of which kind.
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
    let name = Name::of(key);
    !name.is_public_token() && WORDS.secret.has(&name.letters)
}

/// How much of a value is hidden because of its key's name, even if the name is misspelt or may mean something else.
pub(super) fn named(key: &str) -> Named {
    // A key that long is a text.
    if key.len() > 200 {
        return Named::Nothing;
    }
    // Most keys end in a number or a version, and no word for a secret has one letter.
    let letters = key
        .bytes()
        .filter(|b| !b.is_ascii() || b.is_ascii_alphabetic());
    if letters.take(2).count() < 2 {
        return Named::Nothing;
    }
    let mut name = Name::of(key);
    let is_secret = |name: &str| WORDS.secret.has(name) || WORDS.likely.has(name);
    if name.is_public_token() {
        return Named::Nothing;
    }
    if is_secret(&name.letters) {
        return Named::All;
    }
    let is_about = name.is_about();
    if name.without_rest() && is_secret(&name.letters) {
        return Named::All;
    }
    let Some(last) = name.last(1) else {
        return Named::Nothing;
    };
    if name.words().any(|word| word == "public") {
        return Named::Nothing;
    }
    let singular = last.strip_suffix('s').unwrap_or(last);
    if has(&WORDS.weak, last) || has(&WORDS.weak, singular) {
        let is_object = singular == "secret" && name.is_of_object();
        let is_other = singular == "pass" && last != "pass";
        return if is_object || is_other {
            Named::Nothing
        } else if last == "secrets" {
            Named::All
        } else {
            Named::Scalar
        };
    }
    if name.last(2).is_some_and(is_misspelt) {
        return Named::Scalar;
    }
    if is_about {
        return Named::Nothing;
    }
    if is_misspelt(last) {
        return Named::Scalar;
    }
    const STEMS: [&str; 6] = [
        "passw",
        "token",
        "secret",
        "credential",
        "saaskey",
        "activationid",
    ];
    let speaks_of_one = STEMS.iter().any(|stem| name.letters.contains(stem));
    if speaks_of_one && !singular.ends_with("secret") && !singular.ends_with("auth") {
        Named::Scalar
    } else {
        Named::Nothing
    }
}

/// Whether a key says where a secret is kept or how it is handled: `secretKeyRef`, `tokenTTL`.
pub(super) fn is_about(key: &str) -> bool {
    Name::of(key).is_about()
}

/// Whether a word, or two together, is a letter or two away from the name of a secret.
fn is_misspelt(word: &str) -> bool {
    let given = word.strip_suffix('s').unwrap_or(word);
    WORDS.meant.iter().any(|meant| {
        let far = if meant.len() > 7 { 2 } else { 1 };
        given.len() >= 4
            && given.len().abs_diff(meant.len()) <= far
            && given.as_bytes()[0] == meant.as_bytes()[0]
            && strsim::damerau_levenshtein(given, meant) <= far
    })
}

/// A key without its signs and capitals.
struct Name {
    /// Its letters and digits, small.
    letters: String,
    /// Where each word begins in `letters`.
    starts: Vec<usize>,
}

impl Name {
    /// Splits a key into words, at capitals and at signs.
    fn of(key: &str) -> Self {
        let mut letters = String::with_capacity(key.len());
        let mut starts = Vec::with_capacity(4);
        let mut begins = true;
        let mut before = ' ';
        let mut rest = key.chars().peekable();
        while let Some(c) = rest.next() {
            if !c.is_alphanumeric() {
                begins = true;
                before = ' ';
                continue;
            }
            let next_is_small = rest.peek().is_some_and(|next| next.is_lowercase());
            // In `APIToken`, the second word begins at the last capital, before a small letter.
            let turns = c.is_uppercase()
                && (before.is_lowercase()
                    || before.is_numeric()
                    || (before.is_uppercase() && next_is_small));
            if begins
                || turns
                || (c.is_numeric() != before.is_numeric() && before != ' ' && c.is_numeric())
            {
                starts.push(letters.len());
            }
            begins = false;
            before = c;
            letters.extend(c.to_lowercase());
        }
        Name { letters, starts }
    }

    /// The last `count` words as one.
    fn last(&self, count: usize) -> Option<&str> {
        let word = self.starts.len().checked_sub(count)?;
        self.letters.get(*self.starts.get(word)?..)
    }

    fn words(&self) -> impl DoubleEndedIterator<Item = &str> {
        (0..self.starts.len()).map(|word| {
            let end = self.starts.get(word + 1).copied();
            &self.letters[self.starts[word]..end.unwrap_or(self.letters.len())]
        })
    }

    /// Removes the words at the end that say nothing, and tells whether there were any.
    fn without_rest(&mut self) -> bool {
        let count = self.starts.len();
        while let Some(last) = self.last(1)
            && (has(&WORDS.rest, last) || last.bytes().all(|byte| byte.is_ascii_digit()))
        {
            self.letters.truncate(self.letters.len() - last.len());
            self.starts.pop();
        }
        self.starts.len() < count
    }

    fn is_public_token(&self) -> bool {
        self.letters.ends_with("publickeytoken")
    }

    /// Whether the word before the last makes it the name of a Kubernetes object.
    fn is_of_object(&self) -> bool {
        let before = self.words().rev().nth(1);
        before.is_some_and(|word| has(&WORDS.object, word))
    }

    fn is_about(&self) -> bool {
        match self.last(1) {
            Some("secret" | "secrets") => self.is_of_object(),
            Some(last) => has(&WORDS.about, last),
            None => false,
        }
    }
}

/// The name that tells what an entry of a map is: its key, and more where the key says nothing.
pub(crate) fn name_within<'k>(map: &str, key: &'k str) -> &'k str {
    // A receiver of alerts: anyone who knows its address can send there.
    let is_receiver = || {
        let map = map.to_ascii_lowercase();
        let makers = ["webhook", "slack", "teams", "discord", "mattermost"];
        makers.iter().any(|maker| map.contains(maker))
    };
    match (map, key) {
        // The licence of Portworx.
        ("saas", "key") => "saasKey",
        (_, "url" | "api_url" | "apiUrl" | "apiURL") if is_receiver() => "webhookUrl",
        (_, "md5" | "MD5") => {
            let map = map.to_ascii_lowercase();
            let is_session = ["bgp", "ospf", "peer", "neighbor"];
            match is_session.iter().any(|word| map.contains(word)) {
                true => "authKey",
                false => key,
            }
        }
        _ => key,
    }
}

/// Whether a key holds the value that the rest of its map describes: `{name: x, isSensitive: true, defaultValue: y}`.
pub(super) fn is_value(key: &str) -> bool {
    matches!(
        key,
        "value" | "defaultValue" | "default_value" | "default" | "val" | "options"
    )
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
            "secureJsonData",
            "service_key",
            "webhook",
            "smtp_auth_password",
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
            "imagePullPolicy",
            "pullPolicy",
            "webhookPort",
            "validatingWebhookConfiguration",
            "keyring",
        ] {
            assert_eq!(named(key), Named::Nothing, "{key}");
        }
    }

    #[test]
    fn a_map_says_what_its_keys_are() {
        for (map, key) in [
            ("webhook_configs", "url"),
            ("slack_configs", "api_url"),
            ("slack", "apiURL"),
            ("msteams_configs", "url"),
            ("bgp", "md5"),
            ("bgpPeers", "md5"),
            ("saas", "key"),
        ] {
            assert_ne!(named(name_within(map, key)), Named::Nothing, "{map}.{key}");
        }
        for (map, key) in [
            ("clientConfig", "url"),
            ("opsgenie_configs", "api_url"),
            ("image", "md5"),
            ("payg", "key"),
            ("webhook_configs", "send_resolved"),
        ] {
            assert_eq!(named(name_within(map, key)), Named::Nothing, "{map}.{key}");
        }
        // A map under such a name holds settings, and its secrets have their own names.
        assert_eq!(named("webhook"), Named::Scalar);
        assert_eq!(named("secrets"), Named::All);
    }

    #[test]
    fn a_key_is_taken_apart_into_words() {
        let name = Name::of("AWS_SECRETKey2-aPIToken");
        let words: Vec<&str> = name.words().collect();
        assert_eq!(words, ["aws", "secret", "key", "2", "a", "pi", "token"]);
        assert_eq!(name.last(2), Some("pitoken"));
    }

    #[test]
    fn words_that_say_nothing_are_taken_away() {
        for (key, left, any) in [
            ("passwordHash2", "password", true),
            ("password_old", "password", true),
            ("hash-password", "hashpassword", false),
        ] {
            let mut name = Name::of(key);
            assert_eq!(name.without_rest(), any, "{key}");
            assert_eq!(name.letters, left);
        }
    }
}

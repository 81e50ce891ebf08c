//! Values that must not be shown: which they are, and what is shown in their stead.

use std::fmt::Write;

use regex_lite::Regex;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::report::{Hunk, Shown};

/// Hides secrets, each behind a hash that only those can repeat who have both sides.
pub(super) struct Secrets {
    /// Mixed into every hash; made of what is compared, so that equal inputs give equal bytes.
    key: [u8; 32],
    show: bool,
    key_name: Option<Regex>,
    line: Option<Regex>,
    element: Option<Regex>,
}

impl Secrets {
    /// `sides` is everything that is compared; with `show` nothing is hidden.
    pub(super) fn new<'a>(sides: impl IntoIterator<Item = &'a [u8]>, show: bool) -> Self {
        let mut hash = Sha256::new();
        for side in sides {
            hash.update((side.len() as u64).to_le_bytes());
            hash.update(side);
        }
        let words = r"(?:passw(?:or)?d|passphrase|token|api_?key|secret_?key|private_?key|activation_?id|credentials?)";
        Secrets {
            key: hash.finalize().into(),
            show,
            // A constant pattern; were it wrong, the tests below would fail.
            key_name: Regex::new(&format!(r"(?i){words}s?$")).ok(),
            line: Regex::new(&format!(
                r#"(?i)(^|[\s"'{{,-])([\w.\-]*{words}s?["']?\s*[:=]\s*)(\S.*)$"#
            ))
            .ok(),
            element: Regex::new(r"(?i)(<(?:Value|Password|ProductKey)>)([^<]+)(</)").ok(),
        }
    }

    /// Whether the value under a key is a secret by the key's name. A macro is none: Palette fills it in later.
    pub(super) fn is_secret_key(&self, key: &str, value: &Value) -> bool {
        let named = self
            .key_name
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(key));
        named
            && value
                .as_str()
                .is_some_and(|text| !text.is_empty() && !is_macro(text))
    }

    /// A value as it may be shown.
    pub(super) fn shown(&self, value: &Value, secret: bool) -> Shown {
        if self.show {
            return Shown::Value {
                value: value.clone(),
            };
        }
        if secret {
            return Shown::Secret {
                secret: self.hash(value.to_string().as_bytes()),
            };
        }
        Shown::Value {
            value: self.without_secrets(value, ""),
        }
    }

    /// A tree with the secrets in it replaced.
    fn without_secrets(&self, value: &Value, key: &str) -> Value {
        match value {
            Value::Object(map) => {
                let is_secret_object = map.get("kind").and_then(Value::as_str) == Some("Secret");
                map.iter()
                    .map(|(key, value)| {
                        let hidden =
                            is_secret_object && matches!(key.as_str(), "data" | "stringData");
                        let value = if hidden {
                            self.all_hidden(value)
                        } else {
                            self.without_secrets(value, key)
                        };
                        (key.clone(), value)
                    })
                    .collect()
            }
            Value::Array(items) => items
                .iter()
                .map(|item| self.without_secrets(item, key))
                .collect(),
            Value::String(text) if self.is_secret_key(key, value) => {
                Value::String(self.replaced(text))
            }
            Value::String(text) if text.contains('\n') => Value::String(
                text.split('\n')
                    .map(|line| self.line(line))
                    .collect::<Vec<_>>()
                    .join("\n"),
            ),
            other => other.clone(),
        }
    }

    fn all_hidden(&self, value: &Value) -> Value {
        match value {
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| (key.clone(), self.all_hidden(value)))
                .collect(),
            Value::Null => Value::Null,
            other => Value::String(self.replaced(&other.to_string())),
        }
    }

    /// A line of a text with the secrets in it replaced.
    fn line(&self, line: &str) -> String {
        let mut line = line.to_owned();
        if let Some(pattern) = &self.line
            && let Some(found) = pattern.captures(&line).and_then(|captures| captures.get(3))
            && !is_macro(found.as_str())
            && !found.as_str().starts_with(['{', '[', '|', '>'])
        {
            let hidden = self.replaced(found.as_str());
            let range = found.range();
            line.replace_range(range, &hidden);
        }
        if let Some(pattern) = &self.element
            && let Some(found) = pattern.captures(&line).and_then(|captures| captures.get(2))
            && !is_macro(found.as_str())
        {
            let hidden = self.replaced(found.as_str());
            let range = found.range();
            line.replace_range(range, &hidden);
        }
        line
    }

    /// Hunks with the secrets in their lines replaced; all of every line where the whole text is secret.
    pub(super) fn hunks(&self, mut hunks: Vec<Hunk>, secret: bool) -> Vec<Hunk> {
        if self.show {
            return hunks;
        }
        for line in hunks.iter_mut().flat_map(|hunk| &mut hunk.lines) {
            line.text = if secret && !line.text.is_empty() {
                self.replaced(&line.text)
            } else {
                self.line(&line.text)
            };
        }
        hunks
    }

    fn replaced(&self, text: &str) -> String {
        format!("(secret {})", self.hash(text.as_bytes()))
    }

    fn hash(&self, bytes: &[u8]) -> String {
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update(bytes);
        let mut text = String::with_capacity(8);
        for byte in &hash.finalize()[..4] {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// Whether a text is nothing but a macro of Palette, perhaps in quotes.
fn is_macro(text: &str) -> bool {
    let text = text.trim().trim_matches(['"', '\'']);
    text.starts_with("{{") && text.ends_with("}}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_known_by_key_and_by_line() {
        let secrets = Secrets::new([b"a".as_slice()], false);
        for key in [
            "adminPassword",
            "password",
            "APIToken",
            "activationId",
            "clientSecretKey",
        ] {
            assert!(secrets.is_secret_key(key, &json!("x")), "{key}");
        }
        for (key, value) in [
            ("adminPassword", json!("{{ .spectro.var.x }}")),
            ("adminPassword", json!("")),
            ("secretName", json!("x")),
            ("tokenTTL", json!("x")),
            ("automountServiceAccountToken", json!(true)),
        ] {
            assert!(!secrets.is_secret_key(key, &value), "{key}");
        }
        for line in [
            "password: hunter2",
            "  \"APIToken\": \"hunter2\"",
            "- apiToken = hunter2",
            "<Value>hunter2</Value>",
        ] {
            let shown = secrets.line(line);
            assert!(
                !shown.contains("hunter2") && shown.contains("(secret "),
                "{shown}"
            );
        }
        assert_eq!(
            secrets.line("password: \"{{ .spectro.var.p }}\""),
            "password: \"{{ .spectro.var.p }}\""
        );
        assert_eq!(
            secrets.line("tlsSecret: grafana-tls"),
            "tlsSecret: grafana-tls"
        );
    }

    #[test]
    fn the_hash_tells_change_and_nothing_else() {
        let secrets = Secrets::new([b"a".as_slice(), b"b"], false);
        assert_eq!(
            secrets.shown(&json!("x"), true),
            secrets.shown(&json!("x"), true)
        );
        assert_ne!(
            secrets.shown(&json!("x"), true),
            secrets.shown(&json!("y"), true)
        );
        let others = Secrets::new([b"ab".as_slice()], false);
        assert_ne!(
            secrets.shown(&json!("x"), true),
            others.shown(&json!("x"), true)
        );
    }

    #[test]
    fn trees_are_shown_without_their_secrets() {
        let secrets = Secrets::new([b"a".as_slice()], false);
        let tree = json!({"kind": "Secret", "data": {"a": "aHVudGVyMg=="}, "x": [{"password": "hunter2"}], "t": "a\npassword: hunter2\n"});
        let text = serde_json::to_string(&secrets.shown(&tree, false)).unwrap();
        assert!(
            !text.contains("hunter2") && !text.contains("aHVudGVyMg"),
            "{text}"
        );
    }
}

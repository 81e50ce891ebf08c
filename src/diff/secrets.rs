//! Values that must not be shown: which they are, and what is shown in their stead.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use regex_lite::{Match, Regex};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::report::{Hunk, Shown};
use crate::diagnostic::Source;
use crate::secret_names::{name_within, named_within, names_a_secret};
use crate::yaml::{self, Kind, Limits, Node};

/// Hides secrets, each behind a hash that only those can repeat who have both sides.
pub(super) struct Secrets {
    /// Mixed into every hash; made of what is compared, so that equal inputs give equal bytes.
    key: [u8; 32],
    show: bool,
    /// Each finds a secret within a line, as its only group.
    within_a_line: Vec<Regex>,
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
            // Constant patterns; were one wrong, the tests below would fail.
            within_a_line: [
                format!(r#"(?i){words}s?["']?\s*[:=]\s*(\S.*)$"#),
                r#"://[^/\s:@"']*:([^/\s@"']+)@"#.to_owned(),
                "(?i)<(?:Value|Password|ProductKey)>([^<]+)</".to_owned(),
            ]
            .iter()
            .filter_map(|pattern| Regex::new(pattern).ok())
            .collect(),
        }
    }

    /// Whether the value under a key is a secret by the key's name. A macro is none: Palette fills it in later.
    pub(super) fn is_secret_key(&self, key: &str, value: &Value) -> bool {
        names_a_secret(key)
            && value
                .as_str()
                .is_some_and(|text| !text.is_empty() && !is_macro(text))
    }

    /// A value as it may be shown; `name` says what it holds.
    pub(super) fn shown(&self, name: &str, value: &Value, secret: bool) -> Shown {
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
            value: self.without_secrets(value, name),
        }
    }

    /// A tree with the secrets in it replaced.
    fn without_secrets(&self, value: &Value, outer: &str) -> Value {
        match value {
            Value::Object(map) => {
                let text = |key: &str| map.get(key).and_then(Value::as_str);
                let [kind, name] = ["kind", "name"].map(|key| text(key).unwrap_or_default());
                map.iter()
                    .map(|(key, value)| {
                        let value = match Field::of(key, kind, name) {
                            Field::Secrets => self.all_hidden(value),
                            Field::Named(name) => {
                                self.without_secrets(value, name_within(outer, name))
                            }
                        };
                        (key.clone(), value)
                    })
                    .collect()
            }
            Value::Array(items) => items
                .iter()
                .map(|item| self.without_secrets(item, outer))
                .collect(),
            Value::String(text) if self.is_secret_key(outer, value) => {
                Value::String(self.replaced(text))
            }
            Value::String(text) => Value::String(self.lines(text)),
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

    fn lines(&self, text: &str) -> String {
        let lines: Vec<String> = text.split('\n').map(|line| self.line(line)).collect();
        lines.join("\n")
    }

    /// A line of a text with the secrets in it replaced.
    pub(super) fn line(&self, line: &str) -> String {
        let mut line = line.to_owned();
        if self.show {
            return line;
        }
        for pattern in &self.within_a_line {
            if let Some(found) = first_secret(pattern, &line)
                && !is_macro(found.as_str())
                && !found.as_str().starts_with(['{', '[', '|', '>'])
            {
                let hidden = self.replaced(found.as_str());
                let range = found.range();
                line.replace_range(range, &hidden);
            }
        }
        line
    }

    /// A YAML text with the secrets in it replaced and everything else as it is; what is no YAML is looked at line by line.
    pub(super) fn yaml<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.show {
            return Cow::Borrowed(text);
        }
        let source = Source::new("values", text);
        let Ok(documents) = yaml::parse_all(&source, Limits::VALUES) else {
            return Cow::Owned(self.lines(&self.without(text, named_within(text))));
        };
        let mut spans = Vec::new();
        for document in &documents {
            self.spans(document, "", &mut spans);
        }
        Cow::Owned(self.without(text, spans))
    }

    /// A text with what stands at some of its places replaced.
    fn without(&self, text: &str, spans: Vec<Range<usize>>) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut end = 0;
        for span in spans {
            let secret = text[span.clone()].trim_end();
            masked.push_str(&text[end..span.start]);
            masked.push_str(&self.replaced(secret));
            end = span.start + secret.len();
        }
        masked.push_str(&text[end..]);
        masked
    }

    /// Where the secrets of a tree stand, in the order of the text.
    fn spans(&self, node: &Node, key: &str, spans: &mut Vec<Range<usize>>) {
        match &node.kind {
            Kind::Mapping { entries, .. } => {
                let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default();
                let (kind, name) = (text("kind"), text("name"));
                for entry in entries {
                    match Field::of(entry.name(), kind, name) {
                        Field::Secrets => {
                            spans.extend(
                                entry
                                    .value
                                    .entries()
                                    .unwrap_or_default()
                                    .iter()
                                    .map(|entry| entry.value.span.clone()),
                            );
                        }
                        Field::Named(name) => {
                            self.spans(&entry.value, name_within(key, name), spans);
                        }
                    }
                }
            }
            Kind::Sequence { items, .. } => {
                for item in items {
                    self.spans(item, key, spans);
                }
            }
            Kind::Scalar(scalar) if self.is_secret_key(key, &scalar.value()) => {
                spans.push(node.span.clone());
            }
            Kind::Scalar(_) | Kind::Alias(_) => {}
        }
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

/// What a field of a map may hold.
enum Field<'k> {
    /// Nothing but secrets: the data of a Kubernetes Secret.
    Secrets,
    /// What this name says.
    Named(&'k str),
}

impl<'k> Field<'k> {
    /// The field `key` of a map with this `kind` and `name`; in `env` the name stands beside the value.
    fn of(key: &'k str, kind: &str, name: &'k str) -> Self {
        match key {
            "data" | "stringData" if kind == "Secret" => Field::Secrets,
            "value" => Field::Named(name),
            key => Field::Named(key),
        }
    }
}

/// What the pattern's group finds first, behind a name that is not of something public.
fn first_secret<'l>(pattern: &Regex, line: &'l str) -> Option<Match<'l>> {
    let mut from = 0;
    loop {
        let captures = pattern.captures_at(line, from)?;
        let (whole, found) = (captures.get(0)?, captures.get(1)?);
        if !is_public(&line[..whole.start()]) {
            return Some(found);
        }
        from = found.start();
    }
}

/// Whether what follows is the `Token` of `publicKeyToken`, as assemblies of Windows have.
fn is_public(before: &str) -> bool {
    before.to_ascii_lowercase().ends_with("publickey")
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
            ("publicKeyToken", json!("x")),
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
            "https://admin:hunter2@registry.internal/x",
            "https://registry.internal/x?api_key=hunter2",
            "export DB_PASSWORD=hunter2",
            "--password=hunter2",
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
            secrets.line("publicKeyToken=\"31bf\" x"),
            "publicKeyToken=\"31bf\" x"
        );
        let shown = secrets.line("publicKeyToken=\"31bf\" password=hunter2");
        assert!(shown.starts_with("publicKeyToken=\"31bf\" password=(secret "));
        assert_eq!(
            secrets.line("tlsSecret: grafana-tls"),
            "tlsSecret: grafana-tls"
        );
    }

    #[test]
    fn the_hash_tells_change_and_nothing_else() {
        let secrets = Secrets::new([b"a".as_slice(), b"b"], false);
        assert_eq!(
            secrets.shown("", &json!("x"), true),
            secrets.shown("", &json!("x"), true)
        );
        assert_ne!(
            secrets.shown("", &json!("x"), true),
            secrets.shown("", &json!("y"), true)
        );
        let others = Secrets::new([b"ab".as_slice()], false);
        assert_ne!(
            secrets.shown("", &json!("x"), true),
            others.shown("", &json!("x"), true)
        );
    }

    #[test]
    fn a_yaml_text_keeps_all_but_its_secrets() {
        let secrets = Secrets::new([b"a".as_slice()], false);
        let text = "\
env: # all
- {name: DB_PASSWORD, value: hunter2} # why
- name: PLAIN
  value: 'seen'
password: |
  hunter2
  hunter2

token: \"{{ .spectro.var.t }}\"
---
kind: Secret
stringData:
  a: hunter2
";
        let masked = secrets.yaml(text);
        assert!(!masked.contains("hunter2"), "{masked}");
        let one = secrets.replaced("hunter2");
        let block = secrets.replaced("|\n  hunter2\n  hunter2");
        assert_eq!(
            masked,
            format!(
                "\
env: # all
- {{name: DB_PASSWORD, value: {one}}} # why
- name: PLAIN
  value: 'seen'
password: {block}

token: \"{{{{ .spectro.var.t }}}}\"
---
kind: Secret
stringData:
  a: {one}
"
            )
        );
    }

    #[test]
    fn trees_are_shown_without_their_secrets() {
        let secrets = Secrets::new([b"a".as_slice()], false);
        let tree = json!({"kind": "Secret", "data": {"a": "aHVudGVyMg=="}, "x": [{"password": "hunter2"}], "t": "a\npassword: hunter2\n"});
        let text = serde_json::to_string(&secrets.shown("", &tree, false)).unwrap();
        assert!(
            !text.contains("hunter2") && !text.contains("aHVudGVyMg"),
            "{text}"
        );
    }
}

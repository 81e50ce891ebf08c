//! Replaces a secret in a report by a hash. Only a reader who has both sides can verify it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt::Write;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::report::Shown;
use crate::secret::{self, Way};

/// The shortest secret that is recognised in places that do not look secret.
const SHORTEST: usize = 4;

/// Hides secrets, each behind a hash.
pub(crate) struct Secrets {
    /// Part of every hash; derived from both sides, so that equal inputs give equal bytes.
    key: [u8; 32],
    show: bool,
    /// The contents of Secrets on either side: the other side may have the same in a ConfigMap.
    known: HashSet<String>,
}

impl Secrets {
    /// `sides` is everything that is compared; with `show` nothing is hidden.
    pub(crate) fn new<'a>(sides: impl IntoIterator<Item = &'a [u8]>, show: bool) -> Self {
        let mut hash = Sha256::new();
        for side in sides {
            hash.update((side.len() as u64).to_le_bytes());
            hash.update(side);
        }
        Secrets {
            key: hash.finalize().into(),
            show,
            known: HashSet::new(),
        }
    }

    /// Forgets what Secrets held.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }

    /// Remembers what the Secrets among some objects hold.
    pub(crate) fn learn(&mut self, object: &Value) {
        let found = RefCell::new(Vec::new());
        let remember = |text: &str| {
            found.borrow_mut().push(text.to_owned());
            String::new()
        };
        secret::hidden(object, &Way::default(), &remember);
        for text in found.into_inner() {
            let decoded = secret::decoded(&text);
            for text in [Some(text), decoded].into_iter().flatten() {
                let lines = text.lines().map(str::trim).chain([text.as_str()]);
                let long =
                    lines.filter(|line| line.len() >= SHORTEST && !secret::is_reference(line));
                self.known.extend(long.map(str::to_owned));
            }
        }
    }

    /// What is shown in a secret's stead.
    pub(crate) fn of_secret(&self, secret: &str) -> Shown {
        Shown::Secret {
            secret: self.hash(Value::from(secret).to_string().as_bytes()),
        }
    }

    /// A value as it may be shown; `way` is its path.
    pub(crate) fn shown(&self, value: &Value, way: &Way<'_>) -> Shown {
        if self.show {
            return Shown::Value {
                value: value.clone(),
            };
        }
        let is_secret = match value {
            Value::String(text) => way.hides(text) || self.known.contains(text),
            Value::Number(_) | Value::Bool(_) => way.hides(&value.to_string()),
            _ => false,
        };
        if is_secret {
            return Shown::Secret {
                secret: self.hash(value.to_string().as_bytes()),
            };
        }
        let value = secret::hidden(value, way, &|text| self.replaced(text));
        Shown::Value {
            value: self.without_known(value),
        }
    }

    /// A text with the secrets in it replaced and everything else as it is.
    pub(crate) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.text_by(text, secret::replaced)
    }

    /// As `text`, for a text that is too large to be read as YAML.
    pub(super) fn text_beyond<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.text_by(text, secret::replaced_in_lines)
    }

    fn text_by<'t>(
        &self,
        text: &'t str,
        replaced: impl Fn(&'t str, &dyn Fn(&str) -> String) -> Cow<'t, str>,
    ) -> Cow<'t, str> {
        if self.show {
            return Cow::Borrowed(text);
        }
        let text = replaced(text, &|secret| self.replaced(secret));
        if self.known.is_empty() {
            return text;
        }
        Cow::Owned(self.lines(&text))
    }

    fn lines(&self, text: &str) -> String {
        let lines: Vec<Cow<'_, str>> = text.split('\n').map(|line| self.line(line)).collect();
        lines.join("\n")
    }

    /// A line without what is known as a secret.
    fn line<'l>(&self, line: &'l str) -> Cow<'l, str> {
        let value = line
            .split_once(": ")
            .map_or(line, |(_, value)| value)
            .trim();
        let value = value.trim_start_matches("- ").trim_matches(['"', '\'']);
        let is_known = self.known.contains(value) || self.known.contains(line.trim());
        match is_known {
            true => Cow::Owned(line.replace(value, &self.replaced(value))),
            false => Cow::Borrowed(line),
        }
    }

    fn without_known(&self, value: Value) -> Value {
        match value {
            value if self.known.is_empty() => value,
            Value::String(text) if self.known.contains(&text) => {
                Value::String(self.replaced(&text))
            }
            Value::String(text) if text.contains('\n') => Value::String(self.lines(&text)),
            Value::Array(items) => items
                .into_iter()
                .map(|item| self.without_known(item))
                .collect(),
            Value::Object(map) => map
                .into_iter()
                .map(|(key, value)| (key, self.without_known(value)))
                .collect(),
            other => other,
        }
    }

    /// What is written for a secret within a text.
    pub(super) fn replaced(&self, text: &str) -> String {
        match self.show {
            true => text.to_owned(),
            false => format!("(secret {})", self.hash(text.as_bytes())),
        }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_hash_tells_change_and_nothing_else() {
        let way = Way::named("password");
        let secrets = Secrets::new([b"a".as_slice(), b"b"], false);
        let shown = |secrets: &Secrets, text: &str| secrets.shown(&json!(text), &way);
        assert_eq!(shown(&secrets, "x1"), shown(&secrets, "x1"));
        assert_ne!(shown(&secrets, "x1"), shown(&secrets, "y1"));
        let others = Secrets::new([b"ab".as_slice()], false);
        assert_ne!(shown(&secrets, "x1"), shown(&others, "x1"));
        assert_eq!(
            shown(&secrets, "{{ .spectro.var.x }}"),
            Shown::Value {
                value: json!("{{ .spectro.var.x }}")
            }
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
        let one = secrets.replaced("hunter2");
        let block = secrets.replaced("|\n  hunter2\n  hunter2");
        assert_eq!(
            secrets.text(text),
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
    fn what_a_secret_held_is_known_again() {
        let mut secrets = Secrets::new([b"a".as_slice()], false);
        secrets.learn(&json!({"kind": "Secret", "data": {"a": "aHVudGVyMjI="}}));
        let map = json!({"kind": "ConfigMap", "data": {"a": "hunter22", "b": "seen"}});
        let shown = serde_json::to_string(&secrets.shown(&map, &Way::default())).unwrap();
        assert!(
            !shown.contains("hunter22") && shown.contains("seen"),
            "{shown}"
        );
        assert!(
            !secrets
                .text("data:\n  a: 'hunter22'\n")
                .contains("hunter22")
        );
    }
}

//! Which values of a document are secrets, by the names of their keys and by their form.

use super::walk::{Trail, walk};
pub(crate) use crate::secret::PRINTED as DEMO_ANYWHERE;
use crate::secret::{name_within, names_a_secret};
use crate::yaml::{Kind, Node};

/// Passwords that are published with the RA; it prints `welcome` itself.
pub(crate) const DEMO: [&str; 3] = ["welcome", "spectro", DEMO_ANYWHERE];

/// A line that every private key begins with, whatever is before these words.
const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// Why a value is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It is data of a Kubernetes Secret.
    Data,
    /// Its key, or the name beside it, names a secret.
    Key,
    /// It is a private key.
    PrivateKey,
}

/// Whether a text is the secret itself, and neither a macro, a reference, nor something that is to be filled in.
pub(crate) fn is_literal(text: &str) -> bool {
    let text = text.trim();
    let is_reference = ["{{", "${", "$("].iter().any(|start| text.contains(start));
    let is_placeholder = text.starts_with('<') && text.ends_with('>');
    let is_masked = text.bytes().all(|b| b == b'*');
    !(is_reference || is_placeholder || is_masked || matches!(text, "true" | "false" | "null"))
}

/// Shows every secret of a tree that is there in plain text, with the name that tells what it is.
pub(crate) fn each<'n>(
    root: &'n Node,
    see: &mut impl FnMut(&Trail<'n>, &'n Node, &'n str, Reason),
) {
    let is_secret = root.get("kind").and_then(Node::text) == Some("Secret");
    // The name beside a value, which comes as the map is entered: `- {name: DB_PASSWORD, value: x}`.
    let mut named: Option<(&str, &Node)> = None;
    walk(root, &mut |trail, node| {
        if let Kind::Mapping { .. } = &node.kind {
            let name = node.get("name").and_then(Node::text);
            if let Some(name) = name.filter(|name| names_a_secret(name)) {
                named = node.get("value").map(|value| (name, value));
            }
        }
        let Kind::Scalar(scalar) = &node.kind else {
            return;
        };
        let named = named.filter(|(_, value)| std::ptr::eq(*value, node));
        let own = name_within(trail.map_key().unwrap_or_default(), trail.key());
        let name = named.map_or(own, |(name, _)| name);
        let reason = if is_secret && matches!(trail.map_key(), Some("data" | "stringData")) {
            Reason::Data
        } else if scalar.text.contains(PRIVATE_KEY) && scalar.text.contains("-----BEGIN ") {
            Reason::PrivateKey
        } else if named.is_some() || (!trail.is_item() && names_a_secret(name)) {
            Reason::Key
        } else {
            return;
        };
        // Numbers and booleans are settings: `automountServiceAccountToken: true`.
        if is_literal(&scalar.text) && (reason == Reason::Data || scalar.value().is_string()) {
            see(trail, node, name, reason);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::yaml::{Limits, parse};

    #[test]
    fn secrets_are_found_by_key_name_kind_and_form() {
        let text = "\
kind: Secret
data: {a: aHVudGVy, b: '{{ .spectro.var.x }}'}
env:
- {name: DB_PASSWORD, value: hunter2}
- {name: PLAIN, value: seen}
password: hunter2
token: '{{ .spectro.var.t }}'
apiToken: <put it here>
automountServiceAccountToken: true
pem: |
  -----BEGIN RSA PRIVATE KEY-----
  abc
";
        let source = Source::new("t", text);
        let root = parse(&source, Limits::INPUT).unwrap().unwrap();
        let mut found = Vec::new();
        each(&root, &mut |trail, _, name, reason| {
            found.push((trail.path(), name, reason));
        });
        assert_eq!(
            found,
            [
                ("data.a".to_owned(), "a", Reason::Data),
                ("env[0].value".to_owned(), "DB_PASSWORD", Reason::Key),
                ("password".to_owned(), "password", Reason::Key),
                ("pem".to_owned(), "pem", Reason::PrivateKey),
            ]
        );
    }
}

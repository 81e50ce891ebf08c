//! Secrets: where they come from, and a value that never shows itself.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

/// A secret's value. It has no text form but the one that is asked for by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a value; empty ones are no secrets.
    pub fn new(value: String) -> Option<Self> {
        let value = Zeroizing::new(value);
        (!value.is_empty()).then_some(Secret(value))
    }

    /// The value itself, to be written into what is rendered.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Where a site says that a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// `{ env: NAME }`
    Env(String),
    /// `{ file: PATH }`, relative to the site file.
    File(PathBuf),
}

/// A site's text with everything that looks like a secret written into it replaced, for messages that show lines of it.
///
/// A value is taken for a secret by its key, known or misspelt, or by its form. References (`{ env: NAME }`) stay.
pub(crate) fn masked(text: &str) -> String {
    let patterns = [
        r#"(?im)^[ \t\-{]*["']?([\w\-]*(?:passw|token|secret|saaskey|activationid)[\w\-]*)["']?[ \t]*:[ \t]*(.+)$"#,
        r#"(?i)[{,][ \t]*["']?([\w\-]*(?:passw|token|secret|saaskey|activationid)[\w\-]*)["']?[ \t]*:[ \t]*([^{,}\n][^,}\n]*)"#,
        r"(?i)\b()([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b",
    ];
    let mut bytes = text.as_bytes().to_vec();
    for pattern in patterns {
        let Ok(pattern) = regex_lite::Regex::new(pattern) else {
            return String::new();
        };
        for captures in pattern.captures_iter(text) {
            let (Some(key), Some(found)) = (captures.get(1), captures.get(2)) else {
                continue;
            };
            if key.as_str() == NAME_OF_A_SECRET || is_no_secret(found.as_str()) {
                continue;
            }
            bytes[found.range()].fill(b'*');
            if found.as_str().starts_with(['|', '>']) {
                mask_block(text, found.end(), &mut bytes);
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// The one key that looks like a secret's and names a Kubernetes object.
const NAME_OF_A_SECRET: &str = "tlsSecret";

/// References to secrets, and nothing at all.
fn is_no_secret(value: &str) -> bool {
    let value = value.trim();
    value.starts_with('{') || value.starts_with('#')
}

/// Masks the lines of a block scalar whose header ends at `from`.
fn mask_block(text: &str, from: usize, bytes: &mut [u8]) {
    let line_start = text[..from].rfind('\n').map_or(0, |newline| newline + 1);
    let blanks = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let outer = blanks(&text[line_start..]);
    let mut at = from + 1;
    for line in text.get(at..).unwrap_or_default().split_inclusive('\n') {
        let content = line.trim_end();
        if !content.is_empty() && blanks(line) <= outer {
            break;
        }
        bytes[at + blanks(content).min(content.len())..at + content.len()].fill(b'*');
        at += line.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_not_shown() {
        let hidden = |text: &str| masked(text);
        assert_eq!(hidden("apiToken: abc # x"), "apiToken: *******");
        assert_eq!(
            hidden("  adminPasswort: hunter2"),
            "  adminPasswort: *******"
        );
        assert_eq!(
            hidden("  adminPassword: hunter2"),
            "  adminPassword: *******"
        );
        assert_eq!(
            hidden("a: {password: hun, b: 1}"),
            "a: {password: ***, b: 1}"
        );
        assert_eq!(
            hidden("tokn: 347eba54-4ab6-96cd-e123-f694ab394a3b"),
            "tokn: ************************************"
        );
        assert_eq!(hidden("apiToken: {env: NAME}"), "apiToken: {env: NAME}");
        assert_eq!(
            hidden("a: {apiToken: {env: NAME}, b: 1}"),
            "a: {apiToken: {env: NAME}, b: 1}"
        );
        assert_eq!(
            hidden("saasKey: |\n  abc\n  d\nnext: 1\n"),
            "saasKey: *\n  ***\n  *\nnext: 1\n"
        );
        assert_eq!(hidden("tlsSecret: grafana-tls"), "tlsSecret: grafana-tls");
        assert_eq!(hidden("ü: 1\npassword: ü"), "ü: 1\npassword: **");
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?}"), "Some(Secret(..))");
        assert_eq!(Secret::new(String::new()), None);
    }
}

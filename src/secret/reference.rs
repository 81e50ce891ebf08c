//! Recognises placeholders of secrets: a macro, a variable, the name of a file.

use super::scan;

/// What a macro begins with whose value comes from elsewhere.
const ROOTS: [&str; 6] = [
    ".spectro.",
    ".Values.",
    "$.Values.",
    ".Release.",
    ".Chart.",
    ".Capabilities.",
];

/// Whether a text holds nothing that has to be hidden: it is empty, a switch, or nothing but macros and variables.
pub(crate) fn is_reference(text: &str) -> bool {
    let text = text.trim().trim_matches(['"', '\'']).trim();
    if matches!(text, "" | "true" | "false" | "null" | "~" | "(a secret)")
        || text.bytes().all(|b| b == b'*')
    {
        return true;
    }
    let hash = text
        .strip_prefix("(secret ")
        .and_then(|rest| rest.strip_suffix(')'));
    if hash.is_some_and(|hash| hash.len() == 8 && hash.bytes().all(|b| b.is_ascii_hexdigit())) {
        return true;
    }
    let mut rest = text;
    while !rest.is_empty() {
        let Some(length) = reference(rest) else {
            return false;
        };
        rest = rest[length..].trim_start();
    }
    true
}

/// Whether there is a macro in a text; a text that is more than that is still hidden.
pub(crate) fn is_macro(text: &str) -> bool {
    text.contains("{{") && is_reference(text)
}

/// The length of the macro or variable that a text begins with.
fn reference(text: &str) -> Option<usize> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let is_capital = |name: &str| {
        is_name(name)
            && !name.bytes().any(|b| b.is_ascii_lowercase())
            && !name.as_bytes()[0].is_ascii_digit()
    };
    if let Some(inside) = text.strip_prefix("{{") {
        let end = inside.find("}}")?;
        let path = inside[..end].trim_matches(['-', ' ', '\t']);
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-| $".contains(&b);
        let is_path = ROOTS.iter().any(|root| path.starts_with(root)) && path.bytes().all(is_plain);
        return is_path.then_some(end + 4);
    }
    for (open, close) in [("${", '}'), ("$(", ')')] {
        if let Some(inside) = text.strip_prefix(open) {
            let end = inside.find(close)?;
            let is_variable = if open == "${" {
                is_name(&inside[..end])
            } else {
                is_capital(&inside[..end])
            };
            return is_variable.then_some(end + 3);
        }
    }
    let name = text.strip_prefix('$')?;
    let end = name
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
        .count();
    is_capital(&name[..end]).then_some(end + 1)
}

/// Whether a text can be shown where a variable, a file or an object is named: a secret may have been put there by
/// mistake.
pub(crate) fn is_name(text: &str) -> bool {
    const LONGEST: usize = 120;
    let text = text.trim();
    let is_path = text.contains('/')
        || text.rsplit_once('.').is_some_and(|(_, end)| {
            matches!(
                end,
                "txt"
                    | "key"
                    | "pem"
                    | "crt"
                    | "yaml"
                    | "yml"
                    | "json"
                    | "env"
                    | "secret"
                    | "token"
                    | "password"
            )
        });
    let is_capital = text.contains('_') && !text.bytes().any(|b| b.is_ascii_lowercase());
    let is_word = |word: &str| {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = word.len() - letters.len();
        let is_long = word.len() > 24;
        let is_plain = letters.chars().all(char::is_alphabetic);
        let is_mixed = digits > 0 && !letters.is_empty();
        is_plain && !is_long && digits <= 4 && (!is_mixed || is_path || is_capital)
    };
    !text.is_empty()
        && text.len() <= LONGEST
        && scan::forms(text, 0).is_empty()
        && text
            .split(['/', '\\', '.', '_', '-', '~', ' ', ':', '{', '}'])
            .all(is_word)
}

/// Whether a text can be shown where a variable of the environment is named. Its capitals or underscores tell it from a
/// secret, and so a word of it may have digits.
pub(crate) fn is_variable_name(text: &str) -> bool {
    const LONGEST_WORD: usize = 16;
    let text = text.trim();
    let is_small = |b: u8| b.is_ascii_lowercase();
    let is_word = |word: &str| {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let runs = word
            .split(|c: char| !c.is_ascii_digit())
            .filter(|digits| !digits.is_empty());
        let runs: Vec<usize> = runs.map(str::len).collect();
        let begins_with_digit = word.starts_with(|c: char| c.is_ascii_digit());
        let is_plain = letters.bytes().all(|b| b.is_ascii_alphabetic());
        let is_capital = !begins_with_digit && !word.bytes().any(is_small);
        word.len() <= LONGEST_WORD
            && word.bytes().all(|b| b.is_ascii_alphanumeric())
            && matches!(runs[..], [] | [0..=4])
            && (is_plain || is_capital)
    };
    let is_variable = !text.starts_with(|c: char| c.is_ascii_digit())
        && (text.contains('_') || !text.bytes().any(is_small))
        && !text.is_empty()
        && scan::forms(text, 0).is_empty();
    is_name(text) || (is_variable && text.split('_').all(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_and_variables_are_no_secrets() {
        for text in [
            "",
            "true",
            "{{ .spectro.var.x }}",
            "\"{{.spectro.var.x}}\"",
            "${TOKEN}",
            "$TOKEN",
            "$(TOKEN)",
            "*****",
            "{{ .Values.a.b }}",
            "(secret 01ab23cd)",
        ] {
            assert!(is_reference(text), "{text}");
        }
        for text in [
            "hunter2",
            "{hunter2",
            "{{hunter2}}",
            "{{ .spectro.var.x }}hunter2",
            "{{ .spectro.var.x | default \"hunter2\" }}",
            "$6$hunter2",
            "$(echo hunter2)",
            "|hunter2",
            "#hunter2",
            "(secret hunter2)",
            "$hunter2",
        ] {
            assert!(!is_reference(text), "{text}");
        }
    }

    #[test]
    fn variables_are_told_from_tokens() {
        for text in [
            "TOKEN",
            "NOPE2",
            "PURE2TOKEN",
            "Abc_Def12",
            "FA_TOKEN2",
            "_X",
            "token",
            "S3_KEY_2026",
        ] {
            assert!(is_variable_name(text), "{text}");
        }
        for text in [
            "",
            "hunter2",
            "XK7Q2P",
            "AKIAIOSFODNN7EXAMPLE",
            "JBSWY3DPEHPK3PXP",
            "planted_grafana_Pw_51fe",
            "ghp_0123456789abcdef0123456789abcdef0123",
            "1f2e3d4c-5b6a-7988-a7b6-c5d4e3f2a1b0",
            "c2VjcmV0LXRva2VuLXZhbHVl0",
            "2FA",
        ] {
            assert!(!is_variable_name(text), "{text}");
        }
    }

    #[test]
    fn names_are_told_from_tokens() {
        for text in [
            "PURE_TOKEN",
            "DB_PASSWORD2",
            "secrets/token.txt",
            "token",
            "../site2/token",
            "grafana-admin",
            "apiToken",
        ] {
            assert!(is_name(text), "{text}");
        }
        for text in [
            "1f2e3d4c-5b6a-7988-a7b6-c5d4e3f2a1b0",
            "hunter2",
            "ghp_0123456789abcdef0123456789abcdef0123",
            "",
            "hunter2!",
            "AKIAIOSFODNN7EXAMPLE",
            "c2VjcmV0LXRva2VuLXZhbHVl0",
            "planted-grafana-Pw-51fe",
        ] {
            assert!(!is_name(text), "{text}");
        }
    }
}

//! What looks like a secret in a YAML text, for messages that show lines of it.

use crate::secret_names::named_within;

/// A text with everything that looks like a secret written into it replaced, for messages that show lines of it.
///
/// A value is taken for a secret by its key, known or misspelt, or by its form. References (`{ env: NAME }`) stay.
pub fn masked(text: &str) -> String {
    let patterns = [
        r#"(?im)^[ \t\-{]*["']?([\w\-]*(?:passw|token|secret|saaskey|activationid)[\w\-]*)["']?[ \t]*:[ \t]*(.+)$"#,
        r#"(?i)[{,][ \t]*["']?([\w\-]*(?:passw|token|secret|saaskey|activationid)[\w\-]*)["']?[ \t]*:[ \t]*([^{,}\n][^,}\n]*)"#,
        r"(?i)<(Value|Password|ProductKey)>([^<\n]+)</",
        r"(?i)\b()([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b",
    ];
    let mut bytes = text.as_bytes().to_vec();
    // A text without any structure may be a secret's own file, named by mistake.
    let bare = text.trim();
    if !bare.contains([':', '{', '[', '<', '\n', ' ']) {
        let start = text.len() - text.trim_start().len();
        bytes[start..start + bare.len()].fill(b'*');
    }
    for span in named_within(text) {
        if !is_no_secret(&text[span.clone()]) {
            bytes[span].fill(b'*');
        }
    }
    let mut compiled = Vec::new();
    let mut hidden_to = 0;
    for start in suspicious_lines(text) {
        // A block is hidden whole, whatever its lines hold.
        if start < hidden_to {
            continue;
        }
        if compiled.is_empty() {
            for pattern in patterns {
                match regex_lite::Regex::new(pattern) {
                    Ok(pattern) => compiled.push(pattern),
                    Err(_) => return String::new(),
                }
            }
        }
        let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        for captures in compiled
            .iter()
            .flat_map(|pattern| pattern.captures_iter(&text[start..end]))
        {
            let (Some(key), Some(found)) = (captures.get(1), captures.get(2)) else {
                continue;
            };
            if key.as_str() == NAME_OF_A_SECRET || is_no_secret(found.as_str()) {
                continue;
            }
            bytes[start + found.start()..start + found.end()].fill(b'*');
            if found.as_str().starts_with(['|', '>']) {
                hidden_to = mask_block(text, start + found.end(), &mut bytes);
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// Where the lines begin that may hold a secret, in order: looking for words is many times as fast as for patterns, and
/// most lines hold none.
fn suspicious_lines(text: &str) -> Vec<usize> {
    const WORDS: [&str; 8] = [
        "passw",
        "token",
        "secret",
        "saaskey",
        "activationid",
        "<value>",
        "<password>",
        "<productkey>",
    ];
    let lower = text.to_ascii_lowercase();
    let mut lines: Vec<usize> = WORDS
        .iter()
        .flat_map(|word| lines_with(text, |from| lower[from..].find(word)))
        .collect();
    // The dashes of a token such as 01234567-89ab-cdef-0123-456789abcdef.
    let bytes = lower.as_bytes();
    let is_dash = |at: usize| bytes.get(at) == Some(&b'-');
    lines.extend(lines_with(text, |from| {
        let mut dashes = lower[from..].match_indices('-').map(|(at, _)| at);
        dashes.find(|at| [5, 10, 15].iter().all(|step| is_dash(from + at + step)))
    }));
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// Where the lines begin that hold something: `find` says how far behind a byte the next of it is. After a hit the rest of
/// the line is passed over, so that a long line with many takes no longer than others.
fn lines_with(text: &str, find: impl Fn(usize) -> Option<usize>) -> Vec<usize> {
    let mut lines = Vec::new();
    let mut from = 0;
    while let Some(ahead) = find(from) {
        let at = from + ahead;
        lines.push(
            text[from..at]
                .rfind('\n')
                .map_or(from, |end| from + end + 1),
        );
        match text[at..].find('\n') {
            Some(end) => from = at + end + 1,
            None => break,
        }
    }
    lines
}

/// The one key that looks like a secret's and names a Kubernetes object.
const NAME_OF_A_SECRET: &str = "tlsSecret";

/// References to secrets, and nothing at all.
fn is_no_secret(value: &str) -> bool {
    let value = value.trim();
    value.starts_with('{') || value.starts_with('#')
}

/// Masks the lines of a block scalar whose header ends at `from`; where they end.
fn mask_block(text: &str, from: usize, bytes: &mut [u8]) -> usize {
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
    at
}

/// Values, a manifest or a profile as messages may show it: as [`masked`], without what stands beside names (`value:`) and
/// without texts on one line, and with nothing but keys where it holds a Kubernetes Secret, whose keys say nothing of what
/// they hold.
pub fn masked_values(text: &str) -> String {
    let holds_secret = regex_lite::Regex::new(r#"kind["']?\s*:\s*["']?Secret\b"#)
        .is_ok_and(|pattern| pattern.is_match(text));
    let mut bytes = masked(text).into_bytes();
    if bytes.len() != text.len() {
        return String::new();
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        let key_start = content.len() - content.trim_start_matches([' ', '\t', '-', '{']).len();
        let key_end = content.find(':').map_or(key_start, |colon| colon + 1);
        let key = content.get(key_start..key_end).unwrap_or_default();
        let from = key_end.max(key_start);
        let start = from + content[from..].len() - content[from..].trim_start().len();
        let is_secret = match key.trim_matches(['"', '\'', ':']) {
            "value" | "defaultValue" => true,
            // A whole text on one line; the path of a file needs no quotes.
            "values" | "content" => content[start..].starts_with(['"', '\'']),
            _ => holds_secret,
        };
        if is_secret {
            bytes[at + start..at + content.len()].fill(b'*');
        }
        at += line.len();
    }
    String::from_utf8(bytes).unwrap_or_default()
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
        assert_eq!(hidden("<Value>hunter2</Value>"), "<Value>*******</Value>");
        assert_eq!(hidden("tlsSecret: grafana-tls"), "tlsSecret: grafana-tls");
        assert_eq!(hidden("ü: 1\npassword: ü"), "ü: 1\npassword: **");
    }

    #[test]
    fn hiding_takes_time_that_grows_with_the_length() {
        // The square of these would take minutes.
        assert!(masked(&format!("a: [{}]", "token, ".repeat(200_000))).starts_with("a: [token"));
        let nested: String = (0..2_000)
            .map(|depth| format!("{}token: |\n", " ".repeat(depth)))
            .collect();
        assert!(masked(&nested).starts_with("token: *\n ********\n"));
    }

    #[test]
    fn nothing_of_a_kubernetes_secret_is_shown_but_its_keys() {
        assert_eq!(
            masked_values("kind: Secret\nstringData:\n  a: hunter2: x\n  b: |\n    hünter2\n"),
            "kind: ******\nstringData:\n  a: **********\n  b: *\n    ********\n"
        );
        assert_eq!(
            masked_values(
                "env:\n- name: X\n  value: hunter2\nvalues: x/y.yaml\npassword: y\ncontent: \"z: 1\\n\"\n"
            ),
            "env:\n- name: X\n  value: *******\nvalues: x/y.yaml\npassword: *\ncontent: ********\n"
        );
    }
}

//! Measures a JSON text before it is read: the reader limits only the depth, and a tree takes many times the memory of a
//! text such as `[0,0,0]`.

use super::read::LIMITS;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::secret;

/// Looks at a text before it is read, and tells whether some key is duplicate in its map.
///
/// # Errors
/// It is nested deeper, or holds more values, than is read.
pub(super) fn check(source: &Source) -> Result<bool, Vec<Diagnostic>> {
    let bytes = source.text().as_bytes();
    let (mut depth, mut deepest, mut too_deep) = (0_usize, 0, None);
    let mut values = 1_usize;
    let mut keys: Vec<Vec<&[u8]>> = Vec::new();
    let (mut last, mut has_twins): (&[u8], bool) = (&[], false);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let start = at + 1;
                at = end_of_text(bytes, start);
                last = bytes.get(start..at).unwrap_or_default();
            }
            b'{' | b'[' => {
                keys.push(Vec::new());
                depth += 1;
                deepest = deepest.max(depth);
                if depth > LIMITS.depth {
                    too_deep.get_or_insert(at);
                }
            }
            b'}' | b']' => {
                let mut keys = keys.pop().unwrap_or_default();
                keys.sort_unstable();
                has_twins |= keys.windows(2).any(|pair| pair[0] == pair[1]);
                depth = depth.saturating_sub(1);
            }
            // Keys count too, as they do in YAML.
            b',' => values += 1,
            b':' => {
                values += 1;
                if let Some(keys) = keys.last_mut() {
                    keys.push(last);
                }
            }
            _ => {}
        }
        at += 1;
    }
    if let Some(at) = too_deep {
        return Err(Diagnostic::error(format!(
            "nested {deepest} levels deep, more than the limit of {}",
            LIMITS.depth
        ))
        .code(Code::Limit)
        .at(&secret::source(source.name(), source.text()), at..at)
        .help("export the profile again; Palette nests nothing so deep")
        .into());
    }
    if values > LIMITS.nodes {
        return Err(Diagnostic::error(format!(
            "`{}` holds {values} values, more than the limit of {}",
            source.name(),
            LIMITS.nodes
        ))
        .code(Code::Limit)
        .help("export the profile again; a profile has some hundreds beside its texts")
        .into());
    }
    Ok(has_twins)
}

/// Where the quote stands that ends a text.
pub(super) fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => break,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: String) -> String {
        let checked = check(&Source::new("p.json", text));
        checked.map_or_else(|problems| problems[0].to_string(), |_| String::new())
    }

    #[test]
    fn depth_and_number_of_values_have_limits() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(said(nested(LIMITS.depth)), "");
        let deep = said(nested(LIMITS.depth + 20));
        assert!(
            deep.starts_with(
                "error: nested 120 levels deep, more than the limit of 100\n --> p.json:1:101\n"
            ),
            "{deep}"
        );
        assert_eq!(said(format!("[{}0]", "0,".repeat(LIMITS.nodes - 1))), "");
        let many = said(format!("[{}0]", "0,".repeat(LIMITS.nodes)));
        assert!(
            many.starts_with(
                "error: `p.json` holds 500001 values, more than the limit of 500000\n"
            ),
            "{many}"
        );
    }

    #[test]
    fn a_key_may_stand_twice_in_its_own_map_only() {
        let has_twins = |text: &str| check(&Source::new("p.json", text)) == Ok(true);
        for text in [
            r#"{"a":1,"b":{},"a":2}"#,
            r#"{"x":[{"a":"b","a":"a"}]}"#,
            r#"{"a": {"c" : 1, "c" : 2}, "b": 1}"#,
        ] {
            assert!(has_twins(text), "{text}");
        }
        for text in [
            r#"{"a":{"a":{"a":1}},"b":"a"}"#,
            r#"[{"a":1},{"a":1}]"#,
            r#"{"a":"\"b\":1,\"b\":2"}"#,
            r#"{"a":["b","b","b"],"b":1}"#,
        ] {
            assert!(!has_twins(text), "{text}");
        }
    }

    #[test]
    fn what_stands_in_texts_does_not_count() {
        let text = r#"[[[,,,\"[[\\"#.repeat(LIMITS.nodes / 3);
        assert_eq!(said(format!("{{\"a\":\"{text}\"}}")), "");
    }
}

//! Texts with unquoted macros: they become YAML only when Palette has filled them in, and are common.

use std::borrow::Cow;

/// The text with each value that begins with a macro in quotes, or none if there is no such value.
pub(super) fn quoted(text: &str) -> Option<String> {
    let mut found = false;
    let lines = text
        .split_inclusive('\n')
        .map(|line| match quoted_line(line) {
            Some(line) => {
                found = true;
                Cow::Owned(line)
            }
            None => Cow::Borrowed(line),
        });
    let text: String = lines.collect();
    found.then_some(text)
}

fn quoted_line(line: &str) -> Option<String> {
    let open = line.find("{{")?;
    let before = &line[..open];
    let is_value = before.ends_with([' ', '\t']) && before.trim_end().ends_with([':', '-']);
    let close = line.rfind("}}").filter(|close| *close >= open + 2)? + 2;
    // A value may go on after its macro, up to a comment.
    let comment = line[close..].find(" #").map_or(line.len(), |at| close + at);
    let value = line[open..comment].trim_end();
    is_value.then(|| {
        let behind = &line[open + value.len()..];
        format!("{before}'{}'{behind}", value.replace('\'', "''"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_begins_with_a_macro_is_a_text() {
        let text = "a: {{.x}}\nb:\n- {{ .y \"'\" }}-z # why\nc: pre-{{.x}}\n";
        assert_eq!(
            quoted(text).as_deref(),
            Some("a: '{{.x}}'\nb:\n- '{{ .y \"''\" }}-z' # why\nc: pre-{{.x}}\n")
        );
        for text in [
            "a: '{{.x}}'\n",
            "{{ if .x }}\n",
            "a:{{.x}}\n",
            "a: {{ b\n",
            "",
        ] {
            assert_eq!(quoted(text), None, "{text}");
        }
    }
}

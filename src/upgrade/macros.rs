//! Palette's macros, which are no YAML where they stand without quotes: words stand in for them while texts are merged.

use serde_json::Value;

/// The macros that were replaced, each by its number.
#[derive(Default)]
pub(super) struct Macros {
    found: Vec<String>,
}

impl Macros {
    /// The text with a word for each macro. A macro that has its line to itself may become any number of lines, so a
    /// comment stands in for it.
    pub(super) fn taken_out(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find("{{") {
            let Some(length) = rest[open..].find("}}").map(|close| close + 2) else {
                break;
            };
            let (before, from) = rest.split_at(open);
            let (found, behind) = from.split_at(length);
            out.push_str(before);
            if found.contains(".spectro.") {
                let line_before = out.rsplit('\n').next().unwrap_or_default();
                let line_behind = behind.split('\n').next().unwrap_or_default();
                let has_line = line_before.trim().is_empty() && line_behind.trim().is_empty();
                let number = self.number(found);
                out.push_str(&match has_line {
                    true => line_word(number),
                    false => word(number),
                });
            } else {
                out.push_str(found);
            }
            rest = behind;
        }
        out + rest
    }

    fn number(&mut self, found: &str) -> usize {
        let known = self.found.iter().position(|other| other == found);
        known.unwrap_or_else(|| {
            self.found.push(found.to_owned());
            self.found.len() - 1
        })
    }

    /// The text with the macros where they were.
    pub(super) fn put_back(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (found, number) in self.found.iter().zip(0..) {
            for word in [line_word(number), word(number)] {
                if text.contains(&word) {
                    text = text.replace(&word, found);
                }
            }
        }
        text
    }

    /// A value with the macros where they were.
    pub(super) fn put_back_in(&self, value: &mut Value) {
        match value {
            Value::String(text) if !self.found.is_empty() => *text = self.put_back(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.put_back_in(item)),
            Value::Object(map) => map.values_mut().for_each(|value| self.put_back_in(value)),
            _ => {}
        }
    }
}

fn word(number: usize) -> String {
    format!("PaletteMacro{number}End")
}

/// Stands in for a macro that has a line to itself: a comment that no comment of yours looks like.
fn line_word(number: usize) -> String {
    format!("#PaletteMacroLine{number}End")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_come_back_where_they_were() {
        let text = "a: {{ .spectro.var.A }}\n{{ .spectro.var.B }}\nb: \"{{ .Values.x }}\"\nc: x{{.spectro.var.A}}{{ .spectro.var.A }}\n#{{ .spectro.var.B }}\n";
        let mut macros = Macros::default();
        let plain = macros.taken_out(text);
        assert_eq!(
            plain,
            "a: PaletteMacro0End\n#PaletteMacroLine1End\nb: \"{{ .Values.x }}\"\nc: xPaletteMacro2EndPaletteMacro0End\n#PaletteMacro1End\n"
        );
        assert_eq!(macros.put_back(&plain), text);
    }
}

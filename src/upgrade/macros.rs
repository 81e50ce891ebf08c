//! Palette's macros, which are no YAML if they are not quoted: words replace them while texts are merged.

use std::collections::HashMap;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Source};
use crate::profile::with_macros_replaced;
use crate::yaml::{self, Ask, Merged, Path, Verdict, merge_three};

/// What a word that stands in for a macro begins with, what is between that and its number, and what ends it.
const WORD: &str = "PaletteMacro";
const LINE: &str = "Line";
const END: &str = "End";

/// Merges three texts, in which macros may stand where YAML has no place for them.
///
/// # Errors
/// One of them is not YAML.
pub(super) fn merge(
    name: &str,
    [base, yours, theirs]: [&str; 3],
    answers: &Ask<'_>,
) -> Result<Merged, Vec<Diagnostic>> {
    let source = |text: &str| Source::new(name, text);
    let plain = merge_three(&source(base), &source(yours), &source(theirs), answers);
    let Err(problems) = plain else { return plain };
    let mut macros = Macros::default();
    let [base, yours, theirs] = [base, yours, theirs].map(|text| source(&macros.taken_out(text)));
    let ask = |path: &Path, values: [Option<&Value>; 3]| {
        let values = values.map(|value| {
            let mut value = value?.clone();
            macros.put_back_in(&mut value);
            Some(value)
        });
        answers(path, values.each_ref().map(Option::as_ref))
    };
    let Ok(mut merged) = merge_three(&base, &yours, &theirs, &ask) else {
        return Err(problems);
    };
    merged.text = macros.put_back(&merged.text);
    for decision in &mut merged.decisions {
        for value in [
            &mut decision.base,
            &mut decision.yours,
            &mut decision.theirs,
        ]
        .into_iter()
        .flatten()
        {
            macros.put_back_in(value);
        }
        if let Verdict::Conflict(_, Some(yaml::Answer::Value(value))) = &mut decision.verdict {
            macros.put_back_in(value);
        }
    }
    Ok(merged)
}

/// The macros that were replaced, each by its number.
#[derive(Default)]
pub(super) struct Macros {
    found: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Macros {
    /// The text with a word for each macro. A macro that has its line to itself may become any number of lines, so a
    /// comment stands in for it, which no comment of yours looks like.
    pub(super) fn taken_out(&mut self, text: &str) -> String {
        with_macros_replaced(text, |found, has_line| {
            let number = self.number(found);
            match has_line {
                true => format!("#{WORD}{LINE}{number}{END}"),
                false => format!("{WORD}{number}{END}"),
            }
        })
    }

    fn number(&mut self, found: &str) -> usize {
        if let Some(number) = self.numbers.get(found) {
            return *number;
        }
        let number = self.found.len();
        self.found.push(found.to_owned());
        self.numbers.insert(found.to_owned(), number);
        number
    }

    /// The text with the macros where they were.
    pub(super) fn put_back(&self, text: &str) -> String {
        let mut back = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once(WORD) {
            let line = before.strip_suffix('#').zip(behind.strip_prefix(LINE));
            let (before, number) = line.unwrap_or((before, behind));
            match self.numbered(number) {
                Some((found, behind)) => {
                    back.push_str(before);
                    back.push_str(found);
                    rest = behind;
                }
                None => {
                    let end = rest.len() - behind.len();
                    back.push_str(&rest[..end]);
                    rest = behind;
                }
            }
        }
        back + rest
    }

    /// The macro whose number a text begins with, and what is after its word.
    fn numbered<'t>(&self, text: &'t str) -> Option<(&str, &'t str)> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, behind) = text.split_at(digits);
        let found = self.found.get(number.parse::<usize>().ok()?)?;
        Some((found, behind.strip_prefix(END)?))
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
        // Words of yours that look like them stay.
        for text in [
            "PaletteMacro9End",
            "#PaletteMacroLineEnd PaletteMacro0 End PaletteMacro",
        ] {
            assert_eq!(macros.put_back(text), text);
        }
    }
}

//! XML elements whose names say that they hold a secret, and `Value`, which answer files use.

use std::ops::Range;

use super::LONGEST_NAME;
use crate::secret::names::{Named, named};
use crate::secret::reference::is_reference;

/// Adds their contents.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(start) = text[from..].find('<').map(|at| from + at + 1) {
        from = start;
        let length = text[start..]
            .bytes()
            .take(LONGEST_NAME)
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'-' | b'.'))
            .count();
        let name = &text[start..start + length];
        let name = name.rsplit(':').next().unwrap_or_default();
        if name.is_empty() || !text[start + length..].starts_with(['>', ' ']) {
            continue;
        }
        if !name.eq_ignore_ascii_case("value") && named(name) == Named::Nothing {
            continue;
        }
        let end = text[start..].find(['>', '<', '\n']).map(|at| start + at);
        let Some(open) = end
            .filter(|end| text[*end..].starts_with('>'))
            .map(|end| end + 1)
        else {
            continue;
        };
        let close = text[open..].find('<').map_or(text.len(), |at| open + at);
        let value = text[open..close].trim();
        if !is_reference(value) {
            let begin = open + (text[open..close].len() - text[open..close].trim_start().len());
            found.push(begin..begin + value.len());
        }
        from = close;
    }
}

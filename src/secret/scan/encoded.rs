//! What is encoded in base64.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{DEEPEST, runs};

/// Adds what is a text with secrets in it, or one that is too deep to be looked at.
pub(super) fn find(text: &str, depth: usize, found: &mut Vec<Range<usize>>) {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-');
    for word in runs(text, is_letter).filter(|word| word.len() >= 16) {
        let Some(decoded) = decoded(&text[word.clone()]) else {
            continue;
        };
        if depth >= DEEPEST || !crate::secret::find(&decoded, depth + 1).is_empty() {
            found.push(word);
        }
    }
}

/// What is encoded in base64, where that is a text.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let standard = GeneralPurpose::new(&alphabet::STANDARD, config).decode(text);
    let bytes = standard
        .or_else(|_| GeneralPurpose::new(&alphabet::URL_SAFE, config).decode(text))
        .ok()?;
    // Windows writes two bytes a letter.
    let is_wide = bytes.len() >= 4
        && bytes.len() % 2 == 0
        && bytes.iter().skip(1).step_by(2).all(|b| *b == 0);
    let bytes = if is_wide {
        bytes.into_iter().step_by(2).collect()
    } else {
        bytes
    };
    let text = String::from_utf8(bytes).ok()?;
    let is_text = text.chars().all(|c| !c.is_control() || c.is_whitespace());
    is_text.then_some(text)
}

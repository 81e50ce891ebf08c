//! Secrets that are encoded in base64.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{DEEPEST, runs};

/// Adds what is a text with secrets in it, or one that is too deep to be looked at.
pub(super) fn find(text: &str, depth: usize, found: &mut Vec<Range<usize>>) {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-');
    for word in runs(text, is_letter).filter(|word| word.len() >= 16) {
        let Some(bytes) = bytes(&text[word.clone()]) else {
            continue;
        };
        if is_key(&bytes) {
            found.push(word);
            continue;
        }
        let Some(decoded) = text_of(bytes) else {
            continue;
        };
        if depth >= DEEPEST || !crate::secret::find(&decoded, depth + 1).is_empty() {
            found.push(word);
        }
    }
}

/// What is encoded in base64, where that is a text.
pub(crate) fn decoded(text: &str) -> Option<String> {
    text_of(bytes(text)?)
}

/// Whether this is a file of keys: a keytab of Kerberos, a keystore of Java, a private key or a PKCS #12 file in DER.
fn is_key(bytes: &[u8]) -> bool {
    match bytes {
        [5, 2, 0, 0, ..] | [0xfe, 0xed, 0xfe, 0xed, ..] => true,
        // A sequence that begins with its version. What a certificate begins with is a sequence.
        [0x30, 0x82, _, _, rest @ ..] | [0x30, 0x81, _, rest @ ..] | [0x30, _, rest @ ..] => {
            matches!(rest, [2, 1, 0 | 1 | 3, 2 | 4 | 0x30, ..])
        }
        _ => false,
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let standard = GeneralPurpose::new(&alphabet::STANDARD, config).decode(text);
    standard
        .or_else(|_| GeneralPurpose::new(&alphabet::URL_SAFE, config).decode(text))
        .ok()
}

fn text_of(bytes: Vec<u8>) -> Option<String> {
    // Windows writes two bytes a letter.
    let is_wide = bytes.len() >= 4
        && bytes.len().is_multiple_of(2)
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

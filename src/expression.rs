//! Regular expressions of unknown origin. Matching takes time that grows with the text and with the size of the
//! expression, so that size has a limit.

use regex_lite::{Regex, RegexBuilder};

use crate::limits;

/// Why an expression is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// It is no expression.
    Wrong,
    /// It is larger than is used, and in what way.
    TooLarge(String),
}

/// Compiles an expression that came with a pack or a profile.
///
/// # Errors
/// It is none, or larger than is used.
pub(crate) fn compile(pattern: &str) -> Result<Regex, Unusable> {
    if pattern.len() > limits::EXPRESSION {
        return Err(Unusable::TooLarge(format!(
            "has {} bytes, more than the {} that are read",
            pattern.len(),
            limits::EXPRESSION
        )));
    }
    RegexBuilder::new(pattern)
        .size_limit(limits::COMPILED_EXPRESSION)
        .build()
        .map_err(|error| {
            // The parser has no other way to tell.
            if error.to_string().contains("size limit") {
                Unusable::TooLarge(format!(
                    "repeats so much that it takes more than {} KiB",
                    limits::COMPILED_EXPRESSION >> 10
                ))
            } else {
                Unusable::Wrong
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_has_a_limit() {
        assert!(compile("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$").is_ok());
        assert_eq!(compile("(").unwrap_err(), Unusable::Wrong);
        let too_large = |pattern: &str| match compile(pattern) {
            Err(Unusable::TooLarge(how)) => how,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            too_large(&"a".repeat(limits::EXPRESSION + 1)),
            "has 4097 bytes, more than the 4096 that are read"
        );
        assert_eq!(
            too_large("(?:(?:a{100}){100}){10}"),
            "repeats so much that it takes more than 256 KiB"
        );
    }
}

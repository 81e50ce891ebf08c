//! Regular expressions of unknown origin. Compiling one takes time that grows with its size, matching with its size and
//! the text's together, so that both are counted beforehand and refused where they are too much.

use std::cell::Cell;

use regex_lite::{Captures, Regex, RegexBuilder};

use crate::limits;

/// The cost of compiling each part of an expression, in steps of matching.
const COMPILING: usize = 256;

/// The cost of a value, in the same steps.
const LOOKING: usize = 8;

/// Why an expression is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// The text is not an expression.
    Wrong,
    /// It is larger than is used, or asks for more work, and in what way.
    TooLarge(String),
}

/// The steps that are left for expressions.
#[derive(Debug)]
pub(crate) struct Effort(Cell<usize>);

impl Effort {
    /// As many as expressions of one kind may take in all.
    pub(crate) fn new() -> Self {
        Effort(Cell::new(limits::EXPRESSION_STEPS))
    }

    /// Takes the steps for looking at so many values, where they are left.
    pub(crate) fn look(&self, values: usize) -> Result<(), Unusable> {
        self.spend(LOOKING, values)
    }

    /// Takes so many steps for each of so many bytes, where they are left.
    fn spend(&self, steps: usize, bytes: usize) -> Result<(), Unusable> {
        let left = self.0.get().checked_sub(steps.saturating_mul(bytes));
        self.0.set(left.ok_or_else(|| {
            Unusable::TooLarge(format!(
                "takes, together with those before it, more than {} million steps",
                limits::EXPRESSION_STEPS / 1_000_000
            ))
        })?);
        Ok(())
    }
}

/// An expression that came with a pack or a profile.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    regex: Regex,
    /// How many parts it has at the most, once its repetitions are written out.
    parts: usize,
}

impl Expression {
    /// Compiles it.
    ///
    /// # Errors
    /// It is not an expression, is too large, or no effort is left.
    pub(crate) fn compile(pattern: &str, effort: &Effort) -> Result<Self, Unusable> {
        if pattern.len() > limits::EXPRESSION {
            return Err(Unusable::TooLarge(format!(
                "has {} bytes, more than the limit of {}",
                pattern.len(),
                limits::EXPRESSION
            )));
        }
        let too_large = || {
            Unusable::TooLarge(format!(
                "repeats so much that it takes more than {} KiB",
                limits::COMPILED_EXPRESSION >> 10
            ))
        };
        let parts = parts(pattern);
        if parts > limits::COMPILED_EXPRESSION {
            return Err(too_large());
        }
        effort.spend(parts, COMPILING)?;
        let regex = RegexBuilder::new(pattern)
            .size_limit(limits::COMPILED_EXPRESSION)
            .build()
            .map_err(|error| {
                // The parser has no other way to tell.
                if error.to_string().contains("size limit") {
                    too_large()
                } else {
                    Unusable::Wrong
                }
            })?;
        Ok(Expression { regex, parts })
    }

    /// Whether it fits anywhere in a text.
    ///
    /// # Errors
    /// No effort is left.
    pub(crate) fn is_match(&self, text: &str, effort: &Effort) -> Result<bool, Unusable> {
        effort.spend(self.parts, text.len())?;
        Ok(self.regex.is_match(text))
    }

    /// What its groups hold, where it fits.
    ///
    /// # Errors
    /// No effort is left.
    pub(crate) fn captures<'t>(
        &self,
        text: &'t str,
        effort: &Effort,
    ) -> Result<Option<Captures<'t>>, Unusable> {
        let groups = self.regex.captures_len();
        effort.spend(self.parts.saturating_mul(groups), text.len())?;
        Ok(self.regex.captures(text))
    }
}

/// How many parts an expression has, once its repetitions are written out; a few more rather than less.
fn parts(pattern: &str) -> usize {
    // For each open group: what it holds so far, and of that its last part, which a repetition behind it repeats.
    let mut open = vec![(0_usize, 0_usize)];
    let mut bytes = pattern.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        let inner = match byte {
            b'(' => {
                open.push((0, 0));
                continue;
            }
            b')' if open.len() > 1 => open.pop().map_or(0, |(all, _)| all) + 2,
            b'{' => {
                let count = &pattern[at + 1..];
                let count = &count[..count.find('}').unwrap_or(count.len())];
                let numbers = count
                    .split(',')
                    .filter_map(|number| number.trim().parse().ok());
                let times: usize = numbers.max().unwrap_or(0);
                if let Some((all, last)) = open.last_mut() {
                    // Each repetition has a part of its own that can leave it.
                    let repeated = last.saturating_add(1).saturating_mul(times);
                    *all = all.saturating_add(repeated);
                    *last = last.saturating_add(repeated);
                }
                continue;
            }
            b'\\' => {
                bytes.next();
                1
            }
            _ => 1,
        };
        if let Some((all, last)) = open.last_mut() {
            *all = all.saturating_add(inner);
            *last = inner;
        }
    }
    open.iter()
        .fold(1, |sum, (all, _)| sum.saturating_add(*all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(pattern: &str) -> Result<Expression, Unusable> {
        Expression::compile(pattern, &Effort::new())
    }

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
            "has 4097 bytes, more than the limit of 4096"
        );
        for pattern in ["(?:(?:a{100}){100}){10}", "(?:(?:(?:){1000}){1000}){1000}"] {
            assert_eq!(
                too_large(pattern),
                "repeats so much that it takes more than 256 KiB"
            );
        }
    }

    #[test]
    fn work_has_a_limit() {
        let effort = Effort::new();
        let heavy = Expression::compile("(?i)(?:[a-z]{0,20}){0,100}x", &effort).unwrap();
        assert_eq!(heavy.is_match("xyz", &effort), Ok(true));
        let asked = heavy.is_match(&"a".repeat(400_000), &effort);
        assert!(matches!(asked, Err(Unusable::TooLarge(_))), "{asked:?}");
        // Many that are compiled and never tried are too much as well.
        let compiled = (0..100_000)
            .take_while(|_| Expression::compile("(?:a{50}){50}", &effort).is_ok())
            .count();
        assert!((10..1000).contains(&compiled), "{compiled}");
        // Ordinary ones over ordinary texts come nowhere near.
        let effort = Effort::new();
        for _ in 0..1000 {
            let name = Expression::compile("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", &effort);
            assert_eq!(name.unwrap().is_match("some-name", &effort), Ok(true));
        }
    }

    #[test]
    fn parts_are_counted_with_their_repetitions() {
        for (pattern, least) in [
            ("abc", 3),
            ("a{10}", 10),
            ("(?:ab){3,10}", 20),
            ("(?:[a-z]{0,20}){0,100}", 2000),
            (r"\{10}", 1),
        ] {
            let found = parts(pattern);
            assert!(
                (least..least * 12 + 20).contains(&found),
                "{pattern}: {found}"
            );
        }
    }
}

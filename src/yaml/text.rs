//! The text of a scalar. A short one, as nearly all are, lies in the tree itself: a place of its own would take twice as
//! much memory.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// The most bytes of a text that lies in the tree: what makes no node larger.
const SHORT: usize = 22;

/// A text that is read and not changed.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Form);

#[derive(Clone, PartialEq, Eq)]
enum Form {
    Short { length: u8, bytes: [u8; SHORT] },
    Long(Box<str>),
}

impl Text {
    /// As a slice.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // It was made of a text.
            Form::Short { length, bytes } => {
                str::from_utf8(&bytes[..usize::from(*length)]).unwrap_or_default()
            }
            Form::Long(text) => text,
        }
    }

    fn short(text: &str) -> Option<Self> {
        let mut bytes = [0; SHORT];
        bytes
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        let length = u8::try_from(text.len()).ok()?;
        Some(Text(Form::Short { length, bytes }))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Cow::from(text).into()
    }
}

impl From<Cow<'_, str>> for Text {
    fn from(text: Cow<'_, str>) -> Self {
        Text::short(&text).unwrap_or_else(|| Text(Form::Long(text.into())))
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        match text.0 {
            Form::Long(text) => text.into(),
            Form::Short { .. } => text.as_str().to_owned(),
        }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_out_as_it_went_in() {
        for text in [
            "",
            "a",
            &"x".repeat(22),
            &"x".repeat(23),
            &"ä".repeat(11),
            &"€".repeat(8),
        ] {
            let kept = Text::from(Cow::from(text));
            assert_eq!(kept.as_str(), text);
            assert_eq!(matches!(kept.0, Form::Short { .. }), text.len() <= SHORT);
            assert_eq!(String::from(kept), text);
        }
    }
}

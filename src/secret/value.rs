//! A secret that was read, as a value that never prints itself.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

/// A secret's value. Its text is available only through an explicit method.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a value; empty ones are not secrets.
    pub fn new(value: String) -> Option<Self> {
        let value = Zeroizing::new(value);
        (!value.is_empty()).then_some(Secret(value))
    }

    /// A placeholder for a secret that could not be read. It has the form of a token, since later checks look at the form.
    pub(crate) fn unread() -> Self {
        Secret(Zeroizing::new(
            "00000000-0000-0000-0000-000000000000".to_owned(),
        ))
    }

    /// The value itself, to be written into what is rendered.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Where a site says that a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// `{ env: NAME }`
    Env(String),
    /// `{ file: PATH }`, relative to the site file.
    File(PathBuf),
}

/// Stands for a text in debug output: only its length.
pub(crate) struct Withheld(pub(crate) usize);

impl fmt::Debug for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} bytes)", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_itself() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?}"), "Some(Secret(..))");
        assert_eq!(Secret::new(String::new()), None);
    }
}

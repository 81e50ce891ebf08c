//! Texts that may hold secrets, as debug output shows them.

use std::fmt;

/// Stands for a text in debug output: how long it is, and nothing of it.
pub(crate) struct Withheld(pub(crate) usize);

impl fmt::Debug for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} bytes)", self.0)
    }
}

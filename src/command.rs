//! Commands that messages offer for copying.

use std::borrow::Cow;
use std::path::Path;

use crate::visible::is_invisible;

/// A text as one word of a POSIX shell: bare where the shell reads nothing into it, else in single quotes.
pub fn quoted(word: &str) -> Cow<'_, str> {
    let is_bare = |b: u8| b.is_ascii_alphanumeric() || b"_-./:,@%+=".contains(&b);
    if !word.is_empty() && word.bytes().all(is_bare) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''")).into()
    }
}

/// A path as one word that no program takes for an option, or none if a terminal would not show it as it is.
fn path_word(path: &Path) -> Option<Cow<'_, str>> {
    let path = path.to_str().filter(|path| !path.contains(is_invisible))?;
    Some(match path {
        "-" => path.into(),
        _ if path.starts_with('-') => quoted(&format!("./{path}")).into_owned().into(),
        _ => quoted(path),
    })
}

/// The words that run a command on a path, for a sentence; a path that cannot be copied is described.
///
/// ```
/// use vmo_ra::command::on;
///
/// assert_eq!(on("vmo-ra join", "it's"), r"`vmo-ra join 'it'\''s'`");
/// assert_eq!(on("vmo-ra join", "-a"), "`vmo-ra join ./-a`");
/// assert_eq!(on("vmo-ra join", "a\nb"), "`vmo-ra join` with its name");
/// ```
pub fn on(command: &str, path: impl AsRef<Path>) -> String {
    match path_word(path.as_ref()) {
        Some(word) => format!("`{command} {word}`"),
        None => format!("`{command}` with its name"),
    }
}

/// Whether a shell takes a text for the name of a variable.
pub(crate) fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

//! Pages for a browser that load nothing: their style and script stand in them, named by hash in their policy.

use std::io::{Result, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tera::{Context, EscapeFn, Tera, TeraResult, Value};

use super::delimiters;

/// Renders a page; each part, such as `style`, is known to it by its name and its hash as `NAME_hash`.
pub(crate) fn page(
    html: &str,
    parts: &[(&'static str, &'static str, &str)],
    mut context: Context,
    escape: EscapeFn,
) -> TeraResult<String> {
    let mut tera = Tera::new();
    tera.set_delimiters(delimiters())?;
    tera.autoescape_on([".html"]);
    tera.set_escape_fn(escape);
    tera.add_raw_template("page.html", html)?;
    for (name, hash_name, text) in parts {
        context.insert_value(*name, Value::safe_string(text));
        let hash = STANDARD.encode(Sha256::digest(text));
        context.insert_value(*hash_name, Value::safe_string(&hash));
    }
    tera.render("page.html", &context)
}

/// Writes a text into an element or a quoted attribute; a control character becomes the sign for one that cannot be shown.
pub(crate) fn escape(text: &str, out: &mut dyn Write) -> Result<()> {
    for c in text.chars() {
        match c {
            '<' => out.write_all(b"&lt;")?,
            '>' => out.write_all(b"&gt;")?,
            '&' => out.write_all(b"&amp;")?,
            '"' => out.write_all(b"&quot;")?,
            '\'' => out.write_all(b"&#39;")?,
            '\n' | '\t' => write!(out, "{c}")?,
            c if c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}') =>
            {
                out.write_all("\u{fffd}".as_bytes())?;
            }
            c => write!(out, "{c}")?,
        }
    }
    Ok(())
}

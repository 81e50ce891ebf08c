//! Self-contained HTML pages: style and script are inline, and the page's policy names them by hash.

use std::io::{Result, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tera::{Context, Tera, TeraResult, Value};

use super::delimiters;
use crate::visible::{is_invisible, visible};

/// Renders a page; each part, such as `style`, is known to it by its name and its hash as `NAME_hash`.
pub(crate) fn page(
    html: &str,
    parts: &[(&'static str, &'static str, &str)],
    mut context: Context,
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

/// Writes a text into an element or a quoted attribute; what would not be seen, or would reorder the text around it, is
/// spelled out.
fn escape(text: &str, out: &mut dyn Write) -> Result<()> {
    let mut done = 0;
    for (at, c) in text.char_indices() {
        let spelled_out;
        let instead = match c {
            '<' => "&lt;",
            '>' => "&gt;",
            '&' => "&amp;",
            '"' => "&quot;",
            '\'' => "&#39;",
            '\n' | '\t' => continue,
            c if is_invisible(c) => {
                spelled_out = visible(&text[at..at + c.len_utf8()]);
                &*spelled_out
            }
            _ => continue,
        };
        out.write_all(&text.as_bytes()[done..at])?;
        out.write_all(instead.as_bytes())?;
        done = at + c.len_utf8();
    }
    out.write_all(&text.as_bytes()[done..])
}

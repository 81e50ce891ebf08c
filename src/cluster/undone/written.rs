//! The files that commands write, and what they say where that is known.

use super::super::commands::plain::{behind_prefixes, is_one_of, name_of, operands};
use super::Run;
use super::touch::COPIERS;

/// A file that a command writes.
pub(crate) struct Written {
    pub(crate) path: String,
    /// Whether it is only made longer.
    pub(crate) is_more: bool,
    /// What it says, where that is known.
    pub(crate) text: Option<String>,
    /// The command's name.
    pub(crate) by: String,
}

/// The file that a command writes, unless only control planes run it.
pub(crate) fn written(run: &Run) -> Option<Written> {
    let (leads, words) = run.parted();
    let (name, arguments) = behind_prefixes(&words).split_first()?;
    let name = name_of(name);
    let operands = operands(arguments);
    let lead = leads.iter().find(|lead| lead.starts_with('>'));
    let here = run
        .here
        .trim_end()
        .rsplit_once('\n')
        .map(|(text, _)| format!("{text}\n"));
    let (path, text) = match (lead, name) {
        (Some(lead), "cat") => (lead.trim_start_matches(['>', '|', ' ']).to_owned(), here),
        (Some(lead), "echo" | "printf") => {
            let said = said(name, &operands);
            (
                lead.trim_start_matches(['>', '|', ' ']).to_owned(),
                Some(said),
            )
        }
        (Some(lead), _) => (lead.trim_start_matches(['>', '|', ' ']).to_owned(), None),
        (None, "tee") => {
            let said = here.or_else(|| run.piped_text().ok());
            ((*operands.first()?).to_owned(), said)
        }
        (None, _) if is_one_of(COPIERS, name) => {
            let (to, from) = operands.split_last()?;
            let file = to
                .strip_suffix('/')
                .map(|_| name_of(from.last().copied().unwrap_or_default()));
            (format!("{to}{}", file.unwrap_or_default()), None)
        }
        _ => return None,
    };
    let is_known =
        path.starts_with('/') && !path.contains(['$', '`']) && !path.starts_with("/dev/");
    (is_known && !run.is_for_control_planes()).then(|| Written {
        path,
        is_more: lead.is_some_and(|lead| lead.starts_with(">>")),
        text,
        by: name.to_owned(),
    })
}

impl Run {
    /// What a command is given to read.
    ///
    /// # Errors
    /// The command before it, where what that says is not known.
    pub(super) fn piped_text(&self) -> Result<String, String> {
        let [first, filters @ ..] = self.upstream.as_slice() else {
            return Ok(self.here.clone());
        };
        let words: Vec<&str> = first.iter().map(String::as_str).collect();
        match behind_prefixes(&words).split_first() {
            Some((name @ (&"echo" | &"printf"), arguments)) if filters.is_empty() => {
                Ok(said(name, &operands(arguments)))
            }
            other => Err(other.map_or("", |(name, _)| name_of(name)).to_owned()),
        }
    }
}

/// What `echo` or `printf` prints.
pub(super) fn said(name: &str, operands: &[&str]) -> String {
    let (format, rest) = match (name, operands) {
        ("printf", [format, rest @ ..]) => (*format, rest),
        _ => return format!("{}\n", operands.join(" ")),
    };
    let mut text = format.replace("\\n", "\n").replace("\\t", "\t");
    for value in rest {
        text = text.replacen("%s", value, 1);
    }
    text
}

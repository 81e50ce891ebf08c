//! `vmo-ra explain`

use clap::Args;
use vmo_ra::rules::Rule;

use super::{Failure, table, terminal};

/// Tell what a rule of `check` and `render` is about
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The rule, as it stands in brackets behind a message; all of them without it
    #[arg(value_name = "ID")]
    rule: Option<String>,
}

impl Explain {
    pub(super) fn run(self) -> Result<(), Failure> {
        let text = match self.rule {
            Some(id) => {
                let rule = Rule::find(&id)?;
                format!(
                    "{}: {}\n\n{}\n\nway out: {}\nsource: {}\n",
                    rule.id, rule.title, rule.why, rule.way_out, rule.source
                )
            }
            None => {
                let rows: Vec<Vec<String>> = Rule::all()
                    .iter()
                    .map(|rule| vec![rule.id.to_owned(), rule.title.to_owned()])
                    .collect();
                table::lines(&rows, 0)
            }
        };
        terminal::print(text.as_bytes())
    }
}

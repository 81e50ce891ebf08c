//! `vmo-ra explain`

use clap::Args;
use vmo_ra::rules::Rule;

use super::lines::Lines;
use super::{Failure, terminal};

/// Tell what a rule of `check` and `render` is about
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The rule, as it stands in brackets behind a message; all of them without it
    #[arg(value_name = "ID")]
    rule: Option<String>,
}

impl Explain {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut lines = Lines::default();
        match self.rule {
            Some(id) => {
                let rule = Rule::find(&id)?;
                lines.add(&format!("{}: {}", rule.id, rule.title));
                lines.add("");
                lines.add(rule.why);
                lines.add("");
                lines.add(&format!("way out: {}", rule.way_out));
                lines.add(&format!("source: {}", rule.source));
            }
            None => {
                let rows: Vec<Vec<String>> = Rule::all()
                    .iter()
                    .map(|rule| vec![rule.id.to_owned(), rule.title.to_owned()])
                    .collect();
                lines.add_table(&rows, 0);
            }
        }
        terminal::tell(&lines)
    }
}

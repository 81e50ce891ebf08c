//! `vmo-ra explain`

use clap::Args;
use vmo_ra::diagnostic::Code;
use vmo_ra::rules::Rule;

use super::lines::Lines;
use super::{Failure, terminal};

/// Tell what a rule of `check` and `render`, or a kind of mistake, is about
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The rule, as it stands in brackets behind a message, or the kind of a mistake, as reports of `check` name it; all of
    /// them without it
    #[arg(value_name = "ID")]
    id: Option<String>,
}

impl Explain {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut lines = Lines::default();
        let code = self.id.as_deref().and_then(Code::find);
        match (self.id, code) {
            (Some(id), Some(code)) => {
                lines.add(&format!("{id}: {}", code.title()));
                lines.add("");
                lines.add(&format!("way out: {}", code.way_out()));
            }
            (Some(id), None) => {
                let rule = Rule::find(&id)?;
                lines.add(&format!("{id}: {}", rule.title));
                lines.add("");
                lines.add(rule.why);
                lines.add("");
                lines.add(&format!("way out: {}", rule.way_out));
                lines.add(&format!("source: {}", rule.source));
            }
            (None, _) => {
                let rules = Rule::all().iter().map(|rule| (rule.id, rule.title));
                let codes = Code::ALL.iter().map(|code| (code.as_str(), code.title()));
                let row = |(id, title): (&str, &str)| vec![id.to_owned(), title.to_owned()];
                lines.add_table(&rules.chain(codes).map(row).collect::<Vec<_>>(), 0);
            }
        }
        terminal::tell(&lines)
    }
}

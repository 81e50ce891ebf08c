//! `vmo-ra explain`

use clap::Args;
use serde::Serialize;
use vmo_ra::diagnostic::Code;
use vmo_ra::rules::Rule;

use super::Failure;
use super::format::FormatOption;
use super::lines::Lines;

/// Explain a rule of `check` and `render`, or a kind of mistake
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The rule, as shown in brackets after a message, or the kind of a mistake, as reports of `check` name it; without it,
    /// all are listed
    #[arg(value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    format: FormatOption,
}

/// What is known of a rule, or of a kind of mistake.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Explained {
    id: &'static str,
    title: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    way_out: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
}

impl From<&'static Rule> for Explained {
    fn from(rule: &'static Rule) -> Self {
        Explained {
            id: rule.id,
            title: rule.title,
            why: Some(rule.why),
            way_out: rule.way_out,
            source: Some(rule.source),
        }
    }
}

impl From<Code> for Explained {
    fn from(code: Code) -> Self {
        Explained {
            id: code.as_str(),
            title: code.title(),
            why: None,
            way_out: code.way_out(),
            source: None,
        }
    }
}

impl Explained {
    fn lines(&self) -> Lines {
        let mut lines = Lines::one(&format!("{}: {}", self.id, self.title));
        lines.add("");
        if let Some(why) = self.why {
            lines.add(why);
            lines.add("");
        }
        lines.add(&format!("help: {}", self.way_out));
        if let Some(source) = self.source {
            lines.add(&format!("source: {source}"));
        }
        lines
    }
}

impl Explain {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Some(id) = &self.id else {
            let codes = Code::ALL.iter().copied().map(Explained::from);
            let all: Vec<Explained> = Rule::all()
                .iter()
                .map(Explained::from)
                .chain(codes)
                .collect();
            return self.format.tell(&all, || {
                let rows = all
                    .iter()
                    .map(|one| vec![one.id.to_owned(), one.title.to_owned()]);
                let mut lines = Lines::default();
                lines.add_table(&rows.collect::<Vec<_>>(), 0);
                lines
            });
        };
        let explained = match Code::find(id) {
            Some(code) => Explained::from(code),
            None => Explained::from(Rule::find(id)?),
        };
        self.format.tell(&explained, || explained.lines())
    }
}

//! `vmo-ra palette selftest`

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use vmo_ra::palette::{Client, Outcome, Step, selftest};

use super::super::Failure;
use super::super::format::FormatOption;
use super::super::lines::Lines;

/// Test whether the tenant behaves as this program expects; nothing is changed without `--write`
#[derive(Debug, Args)]
pub(super) struct Selftest {
    /// Also import a draft profile `vmo-ra-selftest`, and delete it again
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    format: FormatOption,
}

#[derive(Serialize)]
struct Tried {
    steps: Vec<Step>,
}

impl Selftest {
    pub(super) fn run(self, client: &Client<'_>) -> Result<ExitCode, Failure> {
        let tried = Tried {
            steps: selftest(client, self.write),
        };
        self.format.tell(&tried, || lines(&tried.steps))?;
        let has_failed = |step: &Step| matches!(step.outcome, Outcome::Failed(_));
        Ok(ExitCode::from(u8::from(tried.steps.iter().any(has_failed))))
    }
}

fn lines(steps: &[Step]) -> Lines {
    let row = |step: &Step| {
        let (held, seen) = match &step.outcome {
            Outcome::Held(seen) => ("yes", seen),
            Outcome::Failed(why) => ("no", why),
            Outcome::Skipped(why) => ("not tried", why),
        };
        vec![step.claim.to_owned(), held.to_owned(), seen.clone()]
    };
    let rows: Vec<Vec<String>> = steps.iter().map(row).collect();
    let mut lines = Lines::default();
    lines.add_table(&rows, 0);
    lines
}

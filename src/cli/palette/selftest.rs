//! `vmo-ra palette selftest`

use std::process::ExitCode;

use clap::Args;
use vmo_ra::palette::{Client, Outcome, selftest};

use super::super::lines::Lines;
use super::super::{Failure, terminal};

/// Try whether the tenant does what this program relies on; nothing is changed without `--write`
#[derive(Debug, Args)]
pub(super) struct Selftest {
    /// Also import a draft profile `vmo-ra-selftest`, and delete it again
    #[arg(long)]
    write: bool,
}

impl Selftest {
    pub(super) fn run(self, client: &Client<'_>) -> Result<ExitCode, Failure> {
        let steps = selftest(client, self.write);
        let rows: Vec<Vec<String>> = steps
            .iter()
            .map(|step| {
                let (held, seen) = match &step.outcome {
                    Outcome::Held(seen) => ("yes", seen),
                    Outcome::Failed(why) => ("no", why),
                    Outcome::Skipped(why) => ("not tried", why),
                };
                vec![step.claim.to_owned(), held.to_owned(), seen.clone()]
            })
            .collect();
        let mut lines = Lines::default();
        lines.add_table(&rows, 0);
        terminal::tell(&lines)?;
        let failed = steps
            .iter()
            .any(|step| matches!(step.outcome, Outcome::Failed(_)));
        Ok(if failed {
            ExitCode::from(1)
        } else {
            ExitCode::SUCCESS
        })
    }
}

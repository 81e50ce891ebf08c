//! `vmo-ra palette import`

use std::cmp::Ordering;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Args;
use vmo_ra::diagnostic::{Code, Diagnostic};
use vmo_ra::diff::{Report, format};
use vmo_ra::palette::{self, Arrived, Client, Verdict, list};

use super::super::lines::Lines;
use super::super::{Failure, code_of, terminal};
use super::files::imports;
use super::progress::Progress;
use super::validate::{refused, resolve};

/// Import profiles: all of them, or none if Palette would refuse one
#[derive(Debug, Args)]
pub(super) struct Import {
    /// A profile, a folder that `render` or `split` wrote, or a folder with such folders
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// Import them as drafts, which no cluster can use
    #[arg(long)]
    draft: bool,
    /// Only print what would be imported
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Import {
    pub(super) fn run(self, client: &Client<'_>, progress: &Progress) -> Result<ExitCode, Failure> {
        let mut imports = imports(&self.files)?;
        let problems = resolve(client, &mut imports)?;
        if !problems.is_empty() {
            return Err(problems.into());
        }
        let there = list(client).map_err(Diagnostic::from)?;
        let mut lines = Lines::default();
        let mut wanted = Vec::new();
        let mut taken = Vec::new();
        for import in &imports {
            match import.verdict(client, &there)? {
                Verdict::New => wanted.push(import),
                Verdict::Same(_) => {
                    lines.add(&format!("{}: exists with the same content", import.title()))
                }
                Verdict::Other { report, next, .. } => {
                    show(&report)?;
                    taken.push(taken_already(import, next));
                }
            }
        }
        if !taken.is_empty() {
            terminal::explain(&taken);
            terminal::whisper(&Lines::one("nothing was imported"));
            return Ok(ExitCode::from(1));
        }
        terminal::done(&lines)?;
        if wanted.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        let problems = refused(client, wanted.iter().copied())?;
        if !problems.is_empty() {
            return Err(problems.into());
        }
        let what: Vec<String> = wanted.iter().map(|import| import.title()).collect();
        if self.dry_run {
            let mut lines = Lines::default();
            what.iter()
                .for_each(|title| lines.add(&format!("{title}: would be imported")));
            terminal::tell(&lines)?;
            return Ok(ExitCode::SUCCESS);
        }
        if !self.yes {
            progress.rest();
            confirm(&what)?;
        }
        self.send(client, &wanted, progress)
    }

    /// Imports one after the other, and says after a failure what is there now.
    fn send(
        &self,
        client: &Client<'_>,
        wanted: &[&palette::Import],
        progress: &Progress,
    ) -> Result<ExitCode, Failure> {
        let mut differs = false;
        for (number, import) in progress.over(wanted).enumerate() {
            let uid = import
                .send(client, !self.draft)
                .map_err(|problems| stopped(&problems, wanted, number, is_there(client, import)))?;
            let form = if self.draft { " as a draft" } else { "" };
            let title = import.title();
            terminal::done(&Lines::one(&format!(
                "{title}: imported{form} with the uid {uid}"
            )))?;
            match import.arrived(client, &uid) {
                Ok(arrived) => differs |= tell_of(import, &arrived)?,
                Err(problems) => {
                    let state = "was imported, but could not be read back";
                    return Err(stopped(&problems, wanted, number, state));
                }
            }
        }
        Ok(if differs {
            ExitCode::from(1)
        } else {
            ExitCode::SUCCESS
        })
    }
}

/// Whether a profile that could not be imported is in the tenant.
fn is_there(client: &Client<'_>, import: &palette::Import) -> &'static str {
    match list(client) {
        Ok(there) if import.find(&there).is_some() => "is in Palette nevertheless",
        Ok(_) => "is not in Palette",
        Err(_) => "may be in Palette",
    }
}

/// Tells what went wrong, and what became of each profile.
fn stopped(
    problems: &[Diagnostic],
    wanted: &[&palette::Import],
    at: usize,
    state: &str,
) -> Failure {
    terminal::explain(problems);
    let mut lines = Lines::default();
    for (number, import) in wanted.iter().enumerate() {
        let state = match number.cmp(&at) {
            Ordering::Less => "was imported",
            Ordering::Equal => state,
            Ordering::Greater => "was not sent",
        };
        lines.add(&format!("{}: {state}", import.title()));
    }
    terminal::whisper(&lines);
    Failure::Told(code_of(problems))
}

/// Tells what is different from what was sent, and whether anything is.
fn tell_of(import: &palette::Import, arrived: &Arrived) -> Result<bool, Failure> {
    if arrived.variables_written > 0 {
        let count = arrived.variables_written;
        terminal::explain(&[Diagnostic::note(format!(
            "Palette left out {count} of the variables; they were written afterwards"
        ))]);
    }
    if arrived.report.changes.is_empty() {
        return Ok(false);
    }
    show(&arrived.report)?;
    terminal::explain(&[Diagnostic::warning(format!(
        "{} is not in Palette what was imported",
        import.title()
    ))
    .help("look at it in Palette before a cluster uses it")]);
    Ok(true)
}

fn show(report: &Report) -> Result<(), Failure> {
    terminal::report(&format::text(report, &format::TextOptions::default()))
}

fn taken_already(import: &palette::Import, next: Option<String>) -> Diagnostic {
    let profile = &import.profile;
    let problem = Diagnostic::error(format!(
        "{} is already in Palette with other content",
        import.title()
    ))
    .code(Code::NotReplaced);
    match next {
        Some(next) => problem.help(format!(
            "give it another version; {next} is the next free one for {}",
            profile.metadata.name
        )),
        None => problem.help("give it another version"),
    }
}

/// Asks the person at the terminal.
fn confirm(what: &[String]) -> Result<(), Failure> {
    let refused = |message: &str| {
        Diagnostic::error(message.to_owned())
            .code(Code::NotReplaced)
            .help(
                "`--yes` imports without a question, `--dry-run` only says what would be imported",
            )
    };
    if !io::stdin().is_terminal() {
        return Err(refused("there is no terminal to confirm the import").into());
    }
    terminal::whisper(&Lines::one(&format!("import {}? [y/N]", what.join(", "))));
    let _ = io::stderr().flush();
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    match (read, answer.trim()) {
        (Ok(_), "y" | "Y" | "yes") => Ok(()),
        _ => Err(refused("nothing was imported, since the answer was not yes").into()),
    }
}

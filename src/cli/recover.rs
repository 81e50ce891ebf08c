//! `vmo-ra recover`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;
use vmo_ra::command;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::output;
use vmo_ra::recover::{Near, Recovered, Request, nearest, recover};
use vmo_ra::render::Renderer;
use vmo_ra::revision::{Revision, Role};

use super::lines::Lines;
use super::out_file::{keep_edited, may_be_written};
use super::profiles::{self, Given};
use super::{Failure, inputs, terminal};

/// Recover the site of profiles, and list what a site cannot express
#[derive(Debug, Args)]
#[command(
    after_help = "A PROFILE is a profile as Palette exports it (JSON or YAML), a folder that `render` or `split` wrote, an answer of Palette's API, or `-` for standard input. Give at most one of each kind. Settings that leave no trace in profiles get their defaults, or values that break no rule.\n\nExit codes: 0 the site is complete and can be rendered, 1 the profiles hold what a site cannot express, or the site cannot be rendered, 2 the input or command line is wrong, 3 could not read or write."
)]
pub(super) struct Recover {
    /// Profiles, or folders of them
    #[arg(value_name = "PROFILE", required = true)]
    profiles: Vec<String>,
    /// The RA revision the site is for; the nearest without it
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,
    /// A folder with packs in Palette's own layout, searched before the built-in ones
    #[arg(long, value_name = "DIR")]
    packs: Vec<PathBuf>,
    /// Where to write the site, or `-` for standard output; certificates are written beside it
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    /// Replace files that are there; one that holds anything else is kept beside the new one
    #[arg(long)]
    force: bool,
}

impl Recover {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let given = profiles::given(&self.profiles)?;
        let revision = match &self.revision {
            Some(name) => Revision::load(name)?,
            None => {
                let Near { revision, distance } = nearest(&given.profiles)?;
                if distance > 0 {
                    terminal::explain(&[Diagnostic::note(format!(
                        "RA {} is the nearest revision (version steps away: {distance})",
                        revision.name
                    ))
                    .help("name another one with `--revision`")]);
                }
                revision
            }
        };
        let wholes = given.wholes.iter().filter(|_| !given.is_answer);
        let trees: Vec<Option<Value>> = wholes.map(|whole| whole.tree().ok()).collect();
        inputs::with_packs(&self.packs, |library| {
            let recovered = recover(&Request {
                profiles: &given.profiles,
                trees: &trees,
                revision: &revision,
                library,
                is_answer: given.is_answer,
            })?;
            let renderer = Renderer::new(&revision, library)?;
            let refused = renderer.render(&recovered.site, &Role::ALL).err();
            self.write(&given, &revision, &recovered, refused.is_none())?;
            let says_all = recovered.unexpressed.changes.is_empty() && recovered.unknown.is_empty();
            let fits = refused.is_none() && says_all;
            terminal::explain(&refused.unwrap_or_default());
            Ok(match fits {
                true => ExitCode::SUCCESS,
                false => ExitCode::from(1),
            })
        })
    }

    fn write(
        &self,
        given: &Given,
        revision: &Revision,
        recovered: &Recovered,
        is_rendered: bool,
    ) -> Result<(), Failure> {
        if self.out == Path::new("-") {
            terminal::whisper(&told(recovered));
            return terminal::write(recovered.text.as_bytes());
        }
        let private = given.private || !recovered.given.secrets.is_empty();
        let files = recovered.given.files.iter();
        let mut files: Vec<(PathBuf, &str)> = files
            .map(|(name, text)| (self.out.with_file_name(name), text.as_str()))
            .collect();
        files.push((self.out.clone(), &recovered.text));
        for (file, _) in &files {
            may_be_written(file, self.force)?;
        }
        for (file, text) in &files {
            keep_edited(file, text.as_bytes())?;
            output::replace_file(file, text.as_bytes(), private)?;
        }
        terminal::whisper(&told(recovered));
        let by_you = if private {
            ", readable only by you"
        } else {
            ""
        };
        let next = match is_rendered {
            true => {
                let packs = self.packs.iter().map(|folder| folder.to_string_lossy());
                let packs = packs.map(|folder| format!(" --packs {}", command::quoted(&folder)));
                let packs: String = packs.collect();
                let render = format!("vmo-ra render --revision {}{packs} --site", revision.name);
                format!("render it with {}", command::on(&render, &self.out))
            }
            false => "it cannot be rendered yet".to_owned(),
        };
        terminal::done(&Lines::one(&format!(
            "wrote {}{by_you}; {next}",
            self.out.display()
        )))
    }
}

/// The references of the site, and what it cannot express.
fn told(recovered: &Recovered) -> Lines {
    let mut lines = Lines::default();
    let given = &recovered.given;
    if !given.secrets.is_empty() {
        lines.add("the profiles hold secrets, which the site takes from the environment:");
        given
            .secrets
            .keys()
            .for_each(|name| lines.add(&format!("  {name}")));
    }
    if !given.files.is_empty() {
        lines.add("the site refers to certificates, written beside it:");
        given
            .files
            .keys()
            .for_each(|name| lines.add(&format!("  {name}")));
    }
    if !recovered.chosen.is_empty() {
        lines.add(&format!(
            "no profile shows these settings, and rules refuse their defaults, so the site has other values: {}",
            recovered.chosen.join(", ")
        ));
    }
    let changes = recovered.unexpressed.changes.iter().map(|change| {
        let kind = serde_json::to_value(change.kind).unwrap_or_default();
        let kind = kind.as_str().unwrap_or_default().to_owned();
        vec![kind, change.profile.clone(), change.place()]
    });
    let unknown = recovered.unknown.iter();
    let unknown =
        unknown.map(|(profile, path)| vec!["unknown".to_owned(), profile.clone(), path.clone()]);
    let rows: Vec<Vec<String>> = changes.chain(unknown).collect();
    if !rows.is_empty() {
        let (things, hold) = match rows.len() {
            1 => ("place", "holds"),
            _ => ("places", "hold"),
        };
        lines.add(&format!(
            "{} {things} in the profiles {hold} what a site cannot express:",
            rows.len()
        ));
        lines.add_table(&rows, 2);
    }
    let left_out: usize = recovered
        .unexpressed
        .ignored
        .iter()
        .map(|one| one.differences)
        .sum();
    if left_out > 0 {
        let differences = match left_out {
            1 => "1 difference that a tenant makes in any profile is".to_owned(),
            many => format!("{many} differences that a tenant makes in any profile are"),
        };
        lines.add(&format!(
            "note: {differences} left out; `vmo-ra diff --explain-ignored` explains them"
        ));
    }
    for note in &recovered.unexpressed.notes {
        lines.add(&format!("note: {note}"));
    }
    lines
}

//! `vmo-ra upgrade`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;
use vmo_ra::command;
use vmo_ra::diagnostic::{Code, Diagnostic, Source};
use vmo_ra::disk::Disk;
use vmo_ra::lock::{LOCK, Lock};
use vmo_ra::output::{self, Target, Tree};
use vmo_ra::pack::Library;
use vmo_ra::profile::folder::{file_name, split};
use vmo_ra::profile::{Document, Profile, profile_json};
use vmo_ra::recover::{Near, nearest};
use vmo_ra::render::Rendered;
use vmo_ra::revision::Revision;
use vmo_ra::secret;
use vmo_ra::upgrade::{
    OfProfiles, Report, Request, Resolutions, Upgrade as Carried, format, upgrade,
};

use super::folders;
use super::format::ReportFormat;
use super::inputs::{self, Files};
use super::profiles;
use super::{Failure, terminal};

/// The largest file of answers, in bytes.
const LARGEST: u64 = 4 << 20;
/// Where conflicts are asked about, where nothing else is named.
const QUESTIONS: &str = "resolutions.yaml";

/// Carry edited profiles from one revision of the RA to another, and keep the edits
#[derive(Debug, Args)]
#[command(
    after_help = "Merges three versions of each text: the one that the old revision renders, yours, and the one that the new revision renders. Give \
                  the vendors' packs of both versions with `--packs`; without them only the RA's own settings are merged in a layer.\n\n\
                  Exit codes: 0 no open conflict, 1 open conflicts, written to resolutions.yaml, 2 the input or \
                  command line is wrong, 3 could not read or write."
)]
pub(super) struct Upgrade {
    /// Your profiles: exports, or folders that `render` or `split` wrote
    #[arg(value_name = "PROFILE", required = true)]
    profiles: Vec<String>,
    /// The revision they were made from; without it, the one in the lock beside them, or the nearest
    #[arg(long, value_name = "REVISION")]
    from: Option<String>,
    /// The revision to upgrade to
    #[arg(long, value_name = "REVISION", default_value = Revision::newest())]
    to: String,
    /// The site that both revisions are rendered with; without it, one that is recovered from the profiles
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
    /// A folder with the vendors' packs
    #[arg(long, value_name = "DIR")]
    packs: Vec<PathBuf>,
    /// The answers to conflicts; without it, the `resolutions.yaml` of an earlier run
    #[arg(long, value_name = "FILE")]
    resolve: Option<PathBuf>,
    /// The folder to write; without it, only the report is printed
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace a folder that an earlier run wrote
    #[arg(long)]
    force: bool,
    /// A folder for the three sides and the result, each as `split` writes it
    #[arg(long, value_name = "DIR")]
    diff3: Option<PathBuf>,
    /// How to write the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    /// Show long lists completely
    #[arg(long)]
    full: bool,
}

impl Upgrade {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        for (folder, option) in [(&self.out, "--out"), (&self.diff3, "--diff3")] {
            folder
                .iter()
                .try_for_each(|folder| folders::named(folder, option))?;
        }
        let given = profiles::given(&self.profiles)?;
        if given.is_answer {
            return Err(Diagnostic::error(
                "answers of Palette's API lack variables and the texts of manifests, so an upgrade would lose them",
            )
            .code(Code::WrongKind)
            .help("export the profiles: `vmo-ra palette export NAME --out DIR`")
            .into());
        }
        let wholes = given.wholes.iter();
        let trees: Vec<Option<Value>> = wholes.map(|whole| whole.tree().ok()).collect();
        let lock = self.lock()?;
        let from = self.from(&given.profiles, lock.as_ref())?;
        let to = Revision::load(&self.to)?;
        let resolutions = self.resolutions()?;
        let (site, carried) = inputs::with_packs(&self.packs, |library: &Library| {
            let recovered = match &self.site {
                Some(_) => None,
                None => Some(OfProfiles::read(&given.profiles, &from, library)?),
            };
            let site = match &recovered {
                Some(recovered) => recovered.site.clone(),
                None => inputs::site(self.site.as_deref())?,
            };
            let carried = upgrade(&Request {
                yours: &given.profiles,
                trees: &trees,
                from: &from,
                to: &to,
                site: &site,
                recovered: recovered.as_ref(),
                library,
                lock: lock.as_ref(),
                resolutions: &resolutions,
            })?;
            Ok((site, carried))
        })?;
        self.tell(&carried.report)?;
        if let Some(folder) = &self.diff3 {
            let tree = laid_out(&carried, &given.profiles, &trees)?;
            let option = "--diff3";
            let kept = output::write(&tree, Target { folder, option }, self.force)?;
            terminal::explain(kept.map(|copy| copy.warning()).as_slice());
        }
        if carried.report.open().next().is_some() {
            self.ask(&carried, &resolutions)?;
            return Ok(ExitCode::from(1));
        }
        if let Some(out) = &self.out {
            let rendered = Rendered {
                profiles: carried.profiles,
                remarks: Vec::new(),
                holds_secrets: given.private || site.holds_secrets,
                lock: carried.lock,
            };
            let tree = Tree::of_upgrade(&rendered, &carried.on_the_way)?;
            let kept = output::write(&tree, out, self.force)?;
            terminal::explain(kept.map(|copy| copy.warning()).as_slice());
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The revision that the profiles were made from: as named, as the lock beside them says, or the nearest.
    fn from(&self, profiles: &[Profile], lock: Option<&Lock>) -> Result<Revision, Failure> {
        if let Some(name) = &self.from {
            return Ok(Revision::load(name)?);
        }
        if let Some(lock) = lock {
            return Ok(Revision::load(&lock.revision)?);
        }
        let Near { revision, distance } = nearest(profiles)?;
        terminal::explain(&[Diagnostic::note(format!(
            "RA {} is the nearest revision (version steps away: {distance})",
            revision.name
        ))
        .help("name another one with `--from`")]);
        Ok(revision)
    }

    /// What the profiles were rendered from, where they lie in a folder that says so.
    fn lock(&self) -> Result<Option<Lock>, Failure> {
        for name in &self.profiles {
            let file = Path::new(name).join(LOCK);
            if file.is_file() {
                let text = text(&file)?;
                return Ok(Some(Lock::read(&text)?));
            }
        }
        Ok(None)
    }

    /// The file of answers: as named, or the one that an earlier run wrote here.
    fn questions(&self) -> &Path {
        self.resolve.as_deref().unwrap_or(Path::new(QUESTIONS))
    }

    fn resolutions(&self) -> Result<Resolutions, Failure> {
        let file = self.questions();
        if !file.exists() {
            if self.resolve.is_some() {
                terminal::explain(&[Diagnostic::note(format!(
                    "`{}` does not exist, so no conflict has an answer yet",
                    file.display()
                ))
                .help("open conflicts are written to it")]);
            }
            return Ok(Resolutions::default());
        }
        let resolutions = Resolutions::read(&text(file)?);
        if self.resolve.is_some() {
            return Ok(resolutions?);
        }
        match resolutions {
            // It is not ours, which matters only if there are conflicts.
            Err(problems) if problems.iter().all(|one| one.kind() == Code::WrongKind) => {
                Ok(Resolutions::default())
            }
            resolutions => {
                terminal::explain(&[Diagnostic::note(format!(
                    "using the answers of an earlier run in `{QUESTIONS}`"
                ))
                .help(
                    "if they belong to another upgrade, name another file with `--resolve FILE`",
                )]);
                Ok(resolutions?)
            }
        }
    }

    /// Writes down what is asked.
    fn ask(&self, carried: &Carried, given: &Resolutions) -> Result<(), Failure> {
        let Some(questions) = carried.questions(given) else {
            return Ok(());
        };
        let file = self.questions();
        if !given.are_of_a_file() && file.exists() {
            return Err(Diagnostic::error(format!(
                "`{}` exists, but holds no answers of `vmo-ra upgrade`",
                file.display()
            ))
            .code(Code::WrongKind)
            .help("name another file for the conflicts with `--resolve FILE`")
            .into());
        }
        output::replace_file(file, questions.as_bytes(), true)?;
        let open = carried.report.open().count();
        let again = match self.resolve {
            Some(_) => format!(" with {}", command::on("--resolve", file)),
            None => String::new(),
        };
        terminal::explain(&[Diagnostic::warning(match open {
            1 => "1 conflict waits for an answer, so no profile was written".to_owned(),
            open => format!("{open} conflicts wait for an answer, so no profile was written"),
        })
        .help(format!(
            "answer them in `{}`, and run this again{again}",
            file.display()
        ))]);
        Ok(())
    }

    fn tell(&self, report: &Report) -> Result<(), Failure> {
        match self.format {
            ReportFormat::Text => terminal::report(&format::text(report, self.full)),
            ReportFormat::Json => terminal::print(&format::json(report)),
            ReportFormat::Markdown => terminal::print(&format::markdown(report, self.full)),
            ReportFormat::Html => terminal::print(&format::html(report, self.full)),
        }
    }
}

/// A file that an earlier run wrote.
fn text(file: &Path) -> Result<Source, Diagnostic> {
    let name = file.display().to_string();
    let text = Files.read(file, LARGEST);
    let text = text.map_err(|error| Diagnostic::unreadable(&name, &error))?;
    Ok(secret::source(name, text.text))
}

/// The sides of each profile, each as a folder that `join` puts together.
fn laid_out(
    carried: &Carried,
    yours: &[Profile],
    trees: &[Option<Value>],
) -> Result<Tree, Failure> {
    let mut files = Vec::new();
    for (sides, result) in carried.sides.iter().zip(&carried.profiles) {
        let name = &result.profile.metadata.name;
        let is_it = |(profile, _): &(&Profile, &Option<Value>)| profile.metadata.name == *name;
        let mine = yours.iter().zip(trees).find(is_it);
        let all = [
            ("base", Some((&sides.base, None))),
            (
                "yours",
                mine.map(|(profile, tree)| (profile, tree.as_ref())),
            ),
            ("theirs", Some((&sides.theirs, None))),
            ("result", Some((&result.profile, result.tree.as_ref()))),
        ];
        let folder = file_name(name, "profile");
        for (side, profile) in all {
            let Some((profile, tree)) = profile else {
                continue;
            };
            let json = profile_json(profile, tree)?;
            let text = String::from_utf8_lossy(&json);
            let document = Document::read(&Source::new(name.as_str(), text))?;
            for (path, bytes) in split(document)?.files {
                files.push((format!("{side}/{folder}/{path}"), bytes));
            }
        }
    }
    Ok(Tree::of_private_files(files)?)
}

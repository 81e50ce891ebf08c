//! `vmo-ra render --sites DIR`: one folder per site, on all cores.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};
use vmo_ra::command;
use vmo_ra::diagnostic::{Diagnostic, Severity, counted};
use vmo_ra::output::{KeptCopy, Staged, Tree, stage};

use super::lines::Lines;
use super::{Failure, code_of, terminal};

/// The file of each site's folder that says what it is.
const SITE: &str = "site.yaml";

/// How many folders are put in place together, since each time waits for the disk.
const BATCH: usize = 32;

/// A folder of sites.
pub(super) struct Fleet {
    names: Vec<String>,
    folder: PathBuf,
}

/// The summary after all sites are rendered.
struct Ended {
    problems: Vec<Diagnostic>,
    /// The copy of its old folder, if that was edited by hand.
    kept: Option<Diagnostic>,
    warnings: usize,
    notes: usize,
}

impl Fleet {
    /// The sites of a folder: its folders, in the order of their names. Hidden ones are none.
    pub(super) fn of(folder: &Path) -> Result<Self, Failure> {
        let shown = folder.display();
        let unreadable = |error: io::Error| Diagnostic::unreadable(&shown, &error);
        if fs::metadata(folder).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(Diagnostic::error(format!("`{shown}` is not a folder"))
                .help("name a folder that holds a folder for each site")
                .into());
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let is_folder = fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir());
            match entry.file_name().into_string() {
                Ok(name) if is_folder && !name.starts_with('.') => names.push(name),
                Err(name) if is_folder => {
                    let name = name.to_string_lossy();
                    return Err(Diagnostic::error(format!(
                        "the folder `{name}` in `{shown}` has a name that is not UTF-8"
                    ))
                    .help("rename it")
                    .into());
                }
                _ => {}
            }
        }
        if names.is_empty() {
            return Err(Diagnostic::error(format!("`{shown}` holds no sites"))
                .help(format!(
                    "make a folder for each site, with a `{SITE}` in it"
                ))
                .into());
        }
        names.sort();
        Ok(Fleet {
            names,
            folder: folder.to_path_buf(),
        })
    }

    /// Renders every site to a folder of its name below `out`. A bad site does not stop the others; all problems are listed at the end.
    pub(super) fn render(
        &self,
        out: &Path,
        force: bool,
        render: impl Fn(&Path) -> Result<(Tree, Vec<Diagnostic>), Failure> + Sync,
    ) -> Result<(), Failure> {
        let progress = progress(self.names.len());
        let next = AtomicUsize::new(0);
        let ended: Vec<Mutex<Option<Ended>>> =
            self.names.iter().map(|_| Mutex::new(None)).collect();
        let end = |site: usize, one: Ended| {
            if let Ok(mut place) = ended[site].lock() {
                *place = Some(one);
            }
            progress.inc(1);
        };
        let settle = |batch: Vec<(usize, Ended, Staged)>| {
            let (sites, staged): (Vec<_>, Vec<_>) = batch
                .into_iter()
                .map(|(site, ended, staged)| ((site, ended), staged))
                .unzip();
            for ((site, one), result) in sites.into_iter().zip(Staged::settle_all(staged)) {
                let kept = |kept: Option<KeptCopy>| Ended {
                    kept: kept.map(|copy| copy.warning()),
                    ..one
                };
                end(
                    site,
                    result.map_or_else(|error| Ended::badly(error.into()), kept),
                );
            }
        };
        let work = || {
            let mut batch = Vec::new();
            loop {
                let site = next.fetch_add(1, Ordering::Relaxed);
                let Some(name) = self.names.get(site) else {
                    break;
                };
                let staged = render(&self.folder.join(name).join(SITE))
                    .and_then(|(tree, said)| Ok((stage(&tree, &out.join(name), force)?, said)));
                match staged {
                    Ok((staged, said)) => batch.push((site, Ended::well(&said), staged)),
                    Err(failure) => end(site, Ended::badly(failure)),
                }
                if batch.len() == BATCH {
                    settle(std::mem::take(&mut batch));
                }
            }
            settle(batch);
        };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            for _ in 0..threads.min(self.names.len()) {
                scope.spawn(work);
            }
        });
        progress.finish_and_clear();
        // It may remember texts of sites, with their secrets.
        drop(render);
        let ended = ended
            .into_iter()
            .filter_map(|place| place.into_inner().ok().flatten());
        self.tell(out, ended.collect())
    }

    fn tell(&self, out: &Path, ended: Vec<Ended>) -> Result<(), Failure> {
        let is_bad = |one: &&Ended| !one.problems.is_empty();
        let bad = ended.iter().filter(is_bad).count();
        let warnings: usize = ended.iter().map(|one| one.warnings).sum();
        let notes: usize = ended.iter().map(|one| one.notes).sum();
        let mut summary = Lines::one(&format!(
            "wrote {} of {} sites to {}",
            self.names.len() - bad,
            self.names.len(),
            out.display()
        ));
        if warnings + notes > 0 {
            summary.add(&format!(
                "{}, {}; {} shows those of a site",
                counted(warnings, "warning"),
                counted(notes, "note"),
                command::on("vmo-ra check", self.folder.join("NAME").join(SITE))
            ));
        }
        if bad > 0 {
            summary.add("not written:");
            for (name, _) in self.names.iter().zip(&ended).filter(|(_, one)| is_bad(one)) {
                summary.add(&format!("  {name}"));
            }
        }
        let (kept, problems): (Vec<_>, Vec<_>) = ended
            .into_iter()
            .map(|one| (one.kept, one.problems))
            .unzip();
        let kept: Vec<Diagnostic> = kept.into_iter().flatten().collect();
        let problems: Vec<Diagnostic> = problems.into_iter().flatten().collect();
        terminal::explain(&kept);
        terminal::explain(&problems);
        terminal::done(&summary)?;
        if problems.is_empty() {
            return Ok(());
        }
        Err(Failure::Told(code_of(&problems)))
    }
}

impl Ended {
    fn well(said: &[Diagnostic]) -> Self {
        let count = |severity| said.iter().filter(|one| one.severity() == severity).count();
        Ended {
            problems: Vec::new(),
            kept: None,
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        }
    }

    fn badly(failure: Failure) -> Self {
        let problems = match failure {
            Failure::Problems(problems) => problems,
            Failure::Told(_) => Vec::new(),
        };
        Ended {
            problems,
            kept: None,
            warnings: 0,
            notes: 0,
        }
    }
}

/// A bar on standard error, where that is a terminal and the run is not quiet.
fn progress(sites: usize) -> ProgressBar {
    if terminal::is_quiet() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(sites as u64);
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} sites, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

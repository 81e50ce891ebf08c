//! `vmo-ra diff`

use std::env;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use vmo_ra::diagnostic::{Diagnostic, Source, nearest};
use vmo_ra::diff::{Impact, Input, Options, Report, compare, format};
use vmo_ra::output;
use vmo_ra::pack::Library;
use vmo_ra::profile::{Profile, from_value, read};
use vmo_ra::render::{Request, render};
use vmo_ra::revision::{Revision, Role};
use vmo_ra::site::Site;

use super::{Failure, folder, inputs, terminal};

/// The most bytes of a Markdown report: a comment on a pull request takes 65,536 characters.
const COMMENT: usize = 65_000;

/// Compare two profiles, folders, sites or revisions, and say what each change does to a running cluster
#[derive(Debug, Args)]
#[command(
    after_help = "OLD and NEW are each a revision (`1.7.0`), a profile as Palette exports it (JSON or YAML), a folder that \
                        `render` or `split` wrote, a site file, or `-` for standard input.\n\nExit codes: 0 no difference, 1 differences, \
                        2 the input or command line is wrong, 3 could not read or write."
)]
pub(super) struct Diff {
    /// What was
    old: String,
    /// What is
    new: String,
    /// The site that revisions are rendered with; the RA's example without it
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
    /// The revision that site files are rendered with
    #[arg(long, value_name = "REVISION", default_value = Revision::newest())]
    revision: String,
    /// A profile to compare, of revisions and sites: infra, core or templates
    #[arg(long, value_name = "PROFILE")]
    profile: Vec<Role>,
    /// A folder with packs, for rendering and for the presets behind changes
    #[arg(long, value_name = "DIR")]
    packs: Vec<PathBuf>,
    /// Only what lies here: LAYER/PART/PATH, such as `cni-cilium-oss/values/charts.cilium.ipam`; `*` for anything
    #[arg(long, value_name = "PLACE")]
    only: Vec<String>,
    /// Nothing that lies here
    #[arg(long, value_name = "PLACE")]
    ignore: Vec<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Where to write it; standard output without it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Only counts
    #[arg(long)]
    stat: bool,
    /// Also changes of notation alone, as Palette's review shows them
    #[arg(long)]
    text: bool,
    /// Show the values of secrets
    #[arg(long)]
    show_secrets: bool,
    /// End with 1 only if a change is at least this bad: review, live, new-clusters, restart or repave
    #[arg(long, value_name = "IMPACT", value_parser = impact)]
    fail_on: Option<Impact>,
    /// No colours
    #[arg(long)]
    no_color: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal.
    Text,
    /// For programs; `vmo-ra schema diff` describes it.
    Json,
    /// For a comment on a pull request.
    Markdown,
    /// One page that needs nothing else.
    Html,
}

fn impact(word: &str) -> Result<Impact, String> {
    Impact::ALL
        .into_iter()
        .find(|impact| impact.as_str() == word)
        .ok_or_else(|| format!("`{word}` is not an impact: use `review`, `live`, `new-clusters`, `restart` or `repave`"))
}

impl Diff {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        if self.old == "-" && self.new == "-" {
            return Err(Diagnostic::error("standard input can be read once").into());
        }
        let library = Library::with_folders(&self.packs)?;
        let mut problems = Vec::new();
        let mut sides = Vec::new();
        for name in [&self.old, &self.new] {
            match self.load(name, &library) {
                Ok(input) => sides.push(input),
                Err(Failure::Input(mut found)) => problems.append(&mut found),
                Err(other) => return Err(other),
            }
        }
        let [old, new] = match <[Input; 2]>::try_from(sides) {
            Ok(sides) => sides,
            Err(_) => return Err(problems.into()),
        };
        self.only_exists(&old, &new)?;
        let options = Options {
            text: self.text,
            show_secrets: self.show_secrets,
            only: self.only.clone(),
            ignore: self.ignore.clone(),
        };
        let report = compare(&old, &new, &library, &options)?;
        let text = self.written(&report);
        match &self.out {
            None => terminal::print(text.as_bytes())?,
            Some(file) => {
                output::replace_file(file, text.as_bytes(), self.show_secrets).map_err(|error| {
                    Failure::System(Diagnostic::error(format!(
                        "cannot write `{}`: {error}",
                        file.display()
                    )))
                })?
            }
        }
        let bad = match self.fail_on {
            None => report.summary.changes > 0,
            Some(least) => report.summary.worst.is_some_and(|worst| worst >= least),
        };
        Ok(if bad {
            ExitCode::from(1)
        } else {
            ExitCode::SUCCESS
        })
    }

    /// Refuses a place that neither side has: a gate would let everything pass.
    fn only_exists(&self, old: &Input, new: &Input) -> Result<(), Failure> {
        let mut known = vec!["profile", "variable"];
        let profiles = old.profiles.iter().chain(&new.profiles);
        known.extend(profiles.flat_map(|profile| {
            let layers = &profile.spec.template.packs;
            layers.iter().map(|layer| layer.name.as_str())
        }));
        let mut problems = Vec::new();
        for place in &self.only {
            let first = place.split('/').next().unwrap_or_default();
            if first.contains('*') || known.contains(&first) {
                continue;
            }
            let mut problem = Diagnostic::error(format!(
                "`--only {place}`: neither side has a layer `{first}`"
            ))
            .help("a place is LAYER/PART/PATH, or begins with `profile` or `variable`");
            if let Some(nearest) = nearest(first, known.iter().copied()) {
                problem = problem.label(format!("did you mean `{nearest}`?"));
            }
            problems.push(problem);
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems.into())
        }
    }

    fn written(&self, report: &Report) -> String {
        match self.format {
            Format::Json => format::json(report),
            Format::Markdown => format::markdown(report, COMMENT),
            Format::Html => format::html(report),
            Format::Text => {
                let on_terminal = self.out.is_none() && io::stdout().is_terminal();
                let columns = env::var("COLUMNS")
                    .ok()
                    .and_then(|columns| columns.parse().ok());
                let no_color =
                    self.no_color || env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                format::text(
                    report,
                    &format::TextOptions {
                        width: if on_terminal {
                            columns.unwrap_or(100)
                        } else {
                            columns.unwrap_or(0)
                        },
                        colour: on_terminal && !no_color,
                        stat: self.stat,
                    },
                )
            }
        }
    }

    fn load(&self, name: &str, library: &Library) -> Result<Input, Failure> {
        let like_a_revision = name.chars().all(|c| c.is_ascii_digit() || c == '.')
            && name.contains('.')
            && !Path::new(name).exists();
        if Revision::names().contains(&name) || like_a_revision {
            let revision = Revision::load(name)?;
            let site = inputs::site(self.site.as_deref())?;
            let profiles = self.rendered(&site, &revision, library)?;
            return Ok(Input {
                name: name.to_owned(),
                profiles,
                revision: Some(revision),
            });
        }
        let path = Path::new(name);
        let profiles = if path.is_dir() {
            profiles_in(path)?
        } else {
            let source = inputs::text(name)?;
            match site_of(&source) {
                true => {
                    let revision = Revision::load(&self.revision)?;
                    let site = inputs::parse_site(&source, path)?;
                    self.rendered(&site, &revision, library)?
                }
                false => vec![read(&source)?],
            }
        };
        Ok(Input {
            name: if name == "-" {
                "standard input".to_owned()
            } else {
                name.to_owned()
            },
            profiles,
            revision: None,
        })
    }

    fn rendered(
        &self,
        site: &Site,
        revision: &Revision,
        library: &Library,
    ) -> Result<Vec<Profile>, Failure> {
        let profiles = if self.profile.is_empty() {
            &Role::ALL[..]
        } else {
            &self.profile
        };
        let rendered = render(&Request {
            site,
            revision,
            library,
            profiles,
            published: false,
        })?;
        Ok(rendered
            .profiles
            .into_iter()
            .map(|profile| profile.profile)
            .collect())
    }
}

/// Whether a text is a site: a YAML map that is no profile. An empty text is more likely an export that failed than the
/// site that changes nothing.
fn site_of(source: &Source) -> bool {
    let text = source.text().trim_start();
    let says_something = text
        .lines()
        .any(|line| !line.trim().is_empty() && line != "---" && !line.starts_with('#'));
    says_something
        && !text.starts_with(['{', '['])
        && !text
            .lines()
            .any(|line| line.starts_with("spec:") || line.starts_with("packs:"))
}

/// The profile of a folder that `split` wrote; else all profiles of a folder, in the order they are imported in where their names tell.
fn profiles_in(path: &Path) -> Result<Vec<Profile>, Failure> {
    if folder::is_split(path) {
        let read = folder::read(path)?;
        return Ok(vec![from_value(&read.source, read.profile)?]);
    }
    let failed = |error: io::Error| {
        Failure::System(Diagnostic::error(format!(
            "cannot read `{}`: {error}",
            path.display()
        )))
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "json")
            && file.is_file()
        {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(
            Diagnostic::error(format!("`{}` holds no profile", path.display()))
                .help("a folder that `vmo-ra render` wrote has one JSON file for each profile, one that `vmo-ra split` wrote a `profile.yaml`")
                .into(),
        );
    }
    let mut profiles = Vec::new();
    for file in files {
        let source = inputs::text(&file.display().to_string())?;
        profiles.push(read(&source)?);
    }
    // Infrastructure comes first, then add-ons in the order of their packs' installation.
    profiles.sort_by_key(|profile| {
        let template = &profile.spec.template;
        let manifests_only = template.packs.iter().all(|layer| layer.kind == "manifest");
        (template.kind != "infra", manifests_only)
    });
    Ok(profiles)
}

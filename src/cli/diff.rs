//! `vmo-ra diff`

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use vmo_ra::command;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::diff::{Impact, Input, Options, Part, Report, compare, format, left_out};
use vmo_ra::load::{Item, LoadedProfile, STANDARD_INPUT, load};
use vmo_ra::network::{self, Nodes};
use vmo_ra::pack::Library;
use vmo_ra::profile::{Form, Profile};
use vmo_ra::render::{Request, render};
use vmo_ra::revision::{Revision, Role};
use vmo_ra::rules::fitted;
use vmo_ra::site::{NodeRole, Site};
use vmo_ra::template::Engine;

use super::format::ReportFormat;
use super::inputs::{self, Files};
use super::out_file::OutFile;
use super::{Failure, terminal};

/// The most bytes of a Markdown report: a comment on a pull request takes 65,536 characters.
const COMMENT: usize = 65_000;

/// Compare two profiles, folders, sites or revisions, and say what each change does to a running cluster
#[derive(Debug, Args)]
#[command(
    after_help = "OLD and NEW are each a revision (`1.7.0`), a profile as Palette exports it (JSON or YAML), a folder that \
                        `render` or `split` wrote, a site file, or `-` for standard input. Answers of Palette's API are compared too, without variables and the texts of manifests. To compare manifests alone, use `kubectl diff`.\n\nExit codes: 0 no difference, 1 differences, \
                        2 the input or command line is wrong, 3 could not read or write."
)]
pub(super) struct Diff {
    /// What was
    #[arg(required_unless_present = "explain_ignored")]
    old: Option<String>,
    /// What is
    #[arg(required_unless_present = "explain_ignored")]
    new: Option<String>,
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
    /// Show only changes here: LAYER/PART/PATH, such as `cni-cilium-oss/values/charts.cilium.ipam`; `*` for anything
    #[arg(long, value_name = "PLACE")]
    only: Vec<String>,
    /// Leave out changes here
    #[arg(long, value_name = "PLACE")]
    ignore: Vec<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    #[command(flatten)]
    out: OutFile,
    /// Only counts
    #[arg(long)]
    stat: bool,
    /// Show everything in text: whole values, added and removed texts, each of many similar changes
    #[arg(long, conflicts_with = "stat")]
    full: bool,
    /// Also show what a tenant changes in any profile: defaults, uids of registries, masked secrets
    #[arg(long)]
    ignore_nothing: bool,
    /// Explain what is left out without `--ignore-nothing`
    #[arg(long)]
    explain_ignored: bool,
    /// Also show changes of notation only, as Palette's review does
    #[arg(long)]
    text: bool,
    /// Show the values of secrets
    #[arg(long)]
    show_secrets: bool,
    /// End with exit code 1 only for this impact or a worse one
    #[arg(long, value_name = "IMPACT", value_parser = impacts())]
    fail_on: Option<Impact>,
}

/// Takes the word of each impact, the mildest first.
fn impacts() -> impl TypedValueParser<Value = Impact> {
    let mildest_first = || Impact::ALL.into_iter().rev();
    PossibleValuesParser::new(mildest_first().map(Impact::as_str)).map(move |word| {
        mildest_first()
            .find(|impact| impact.as_str() == word)
            .unwrap_or(Impact::Review)
    })
}

/// What is compared with another.
struct Side {
    input: Input,
    /// What the revision lacks of the site.
    lacks: Option<String>,
    /// Secrets of the site that could not be read.
    unread: Vec<Diagnostic>,
    /// The site, where it is one.
    site: Option<Site>,
    /// Whether Palette's API answered it.
    is_answer: bool,
    /// Whether one of its files has restricted permissions.
    private: bool,
}

impl Diff {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let (Some(old), Some(new), false) = (&self.old, &self.new, self.explain_ignored) else {
            terminal::print(&explained()?)?;
            return Ok(ExitCode::SUCCESS);
        };
        if old == STANDARD_INPUT && new == STANDARD_INPUT {
            return Err(Diagnostic::error("standard input can be read only once").into());
        }
        inputs::with_packs(&self.packs, |library| {
            let (old, new) = self.sides(old, new, library)?;
            self.compare(old, new, library)
        })
    }

    /// What OLD and NEW name, where OLD is a profile of a tenant.
    pub(super) fn names(&self) -> Result<(&str, &str), Diagnostic> {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => Ok((old, new)),
            _ => Err(Diagnostic::error("two things are compared")
                .help("name a profile of the tenant, and a file or a revision")),
        }
    }

    /// Compares a profile of a tenant with what `new` names. Of several profiles that is the one of its name, if one has it.
    pub(super) fn with_tenant(
        &self,
        shown: String,
        profile: Profile,
        new: &str,
    ) -> Result<ExitCode, Failure> {
        inputs::with_packs(&self.packs, |library| {
            let mut new = self.load(new, library)?;
            let is_it = |one: &Profile| one.metadata.name == profile.metadata.name;
            if new.input.profiles.iter().any(is_it) {
                new.input.profiles.retain(is_it);
            }
            let old = Side {
                input: Input {
                    name: shown,
                    profiles: vec![profile],
                    revision: None,
                },
                lacks: None,
                unread: Vec::new(),
                site: None,
                is_answer: false,
                private: true,
            };
            self.compare(old, new, library)
        })
    }

    fn compare(&self, old: Side, new: Side, library: &Library) -> Result<ExitCode, Failure> {
        let private = old.private || new.private || self.show_secrets;
        // Equal stand-ins on both sides are not a difference.
        if old.unread.len() != new.unread.len() {
            terminal::explain(&[old.unread, new.unread].concat());
        }
        let network = match (&old.site, &new.site) {
            (Some(old), Some(new)) if self.host_networks(old)? != self.host_networks(new)? => {
                Some(OTHER_HOST_NETWORK.to_owned())
            }
            _ => None,
        };
        let lacks = [old.lacks, new.lacks, network];
        let (old, new) = (old.input, new.input);
        self.places_exist(&old, &new)?;
        let options = Options {
            text: self.text,
            ignore_nothing: self.ignore_nothing,
            show_secrets: self.show_secrets,
            only: self.only.clone(),
            ignore: self.ignore.clone(),
        };
        let mut report = compare(&old, &new, library, &options)?;
        report.notes.splice(..0, lacks.into_iter().flatten());
        let text = self.written(&report);
        match self.out.is_printed() {
            true => terminal::print(&text)?,
            false => self.out.write(text.as_bytes(), private, "")?,
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

    /// Both sides, or everything that is wrong with either.
    fn sides(&self, old: &str, new: &str, library: &Library) -> Result<(Side, Side), Failure> {
        let sides = [old, new].map(|name| self.load(name, library));
        let (old, new) = match sides {
            [Ok(old), Ok(new)] => (old, new),
            [Err(old), Err(new)] => return Err(old.and(new)),
            [Err(failure), _] | [_, Err(failure)] => return Err(failure),
        };
        let mut sides = (old, new);
        if sides.0.is_answer || sides.1.is_answer {
            let profiles = sides.0.input.profiles.iter_mut();
            let profiles = profiles.chain(&mut sides.1.input.profiles);
            profiles.for_each(Profile::leave_out_what_no_answer_has);
        }
        Ok(sides)
    }

    /// Refuses a place that no change can have: a gate with `--only` would never fail.
    fn places_exist(&self, old: &Input, new: &Input) -> Result<(), Failure> {
        let mut known = OF_NO_LAYER.to_vec();
        let profiles = old.profiles.iter().chain(&new.profiles);
        known.extend(profiles.flat_map(|profile| {
            let layers = &profile.spec.template.packs;
            layers.iter().map(|layer| layer.name.as_str())
        }));
        // The profile and its variables have no parts; `*` stands for them too.
        let is_variable = |part: &str| {
            let mut variables = old
                .profiles
                .iter()
                .chain(&new.profiles)
                .flat_map(|one| &one.spec.variables);
            part.contains('*') || variables.any(|one| one.name == part)
        };
        let mut problems = Vec::new();
        let only = self.only.iter().map(|place| ("--only", place));
        let ignore = self.ignore.iter().map(|place| ("--ignore", place));
        for (option, place) in only.chain(ignore) {
            // The names of two layers of one pack have a suffix: `nginx[internal]`.
            let first = place.split(['/', '[']).next().unwrap_or_default();
            let is_any = first.contains('*');
            // One list of ignored places serves many comparisons, and ignoring too little is safe.
            let is_strange = option == "--only" && !is_any && !known.contains(&first);
            let problem = if is_strange {
                Diagnostic::error(format!(
                    "`{option} {place}`: neither side has a layer `{first}`"
                ))
                .did_you_mean(first, known.iter().copied())
                .help("a place is LAYER/PART/PATH, or begins with `profile` or `variable`")
            } else if let Some(part) =
                unknown_part(place).filter(|part| !is_any || !is_variable(part))
            {
                Diagnostic::error(format!("`{option} {place}`: a layer has no part `{part}`"))
                    .did_you_mean(part, Part::OF_LAYERS)
                    .help(format!("parts: {}", Part::OF_LAYERS.join(", ")))
            } else {
                continue;
            };
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
            ReportFormat::Json => format::json(report),
            ReportFormat::Markdown => format::markdown(report, COMMENT),
            ReportFormat::Html => format::html(report),
            ReportFormat::Text => {
                let on_terminal = self.out.is_printed() && io::stdout().is_terminal();
                format::text(
                    report,
                    &format::TextOptions {
                        width: if on_terminal { terminal::width() } else { 0 },
                        colour: self.out.is_printed() && terminal::has_colours(&io::stdout()),
                        stat: self.stat,
                        full: self.full,
                    },
                )
            }
        }
    }

    fn load(&self, name: &str, library: &Library) -> Result<Side, Failure> {
        let like_a_revision = name.chars().all(|c| c.is_ascii_digit() || c == '.')
            && name.contains('.')
            && !Path::new(name).exists();
        if Revision::names().contains(&name) || like_a_revision {
            let revision = Revision::load(name)?;
            let mut site = inputs::site(self.site.as_deref())?;
            let mut lacks = None;
            if let Some((fitted, words)) = fitted(&site, &revision) {
                (site, lacks) = (fitted, Some(words));
            }
            let input = Input {
                name: name.to_owned(),
                profiles: self.rendered(&site, &revision, library)?,
                revision: Some(revision),
            };
            return Ok(Side {
                input,
                lacks,
                unread: unread_secrets(&site),
                site: None,
                is_answer: false,
                private: self.site.as_deref().is_some_and(inputs::is_private_file),
            });
        }
        let loaded = load(&Files, name)?;
        terminal::explain(&loaded.remarks);
        let shown = loaded.name;
        let (mut profiles, mut sites, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for item in loaded.items {
            match item {
                Item::Profile(profile) => profiles.push(*profile),
                Item::Site(site, problems) => sites.push((site, problems)),
                Item::Manifests(source) => others.push(source),
            }
        }
        let is_answer = profiles.iter().any(|one| one.form == Form::Answer);
        let is_site = profiles.is_empty();
        let profiles = match (profiles.is_empty(), sites.as_slice()) {
            (false, beside) => {
                one_of_each(&shown, &profiles)?;
                if !beside.is_empty() || !others.is_empty() {
                    terminal::explain(&[Diagnostic::note(format!(
                        "only the profiles of `{shown}` are compared, not its site or manifests"
                    ))
                    .help("name a site by its own file")]);
                }
                in_order(profiles)
            }
            (true, [(site, problems)]) => {
                if !problems.is_empty() {
                    return Err(problems.clone().into());
                }
                self.rendered(site, &Revision::load(&self.revision)?, library)?
            }
            (true, []) => {
                return Err(Diagnostic::error(format!(
                    "`{shown}` holds Kubernetes manifests, not a profile to compare"
                ))
                .help(format!(
                    "{} compares them with a cluster, {} looks at them",
                    command::on("kubectl diff -f", name),
                    command::on("vmo-ra check", name)
                ))
                .into());
            }
            (true, several) => {
                return Err(Diagnostic::error(format!(
                    "`{shown}` holds {} sites, but only one can be compared",
                    several.len()
                ))
                .help("name the site's file in it")
                .into());
            }
        };
        let input = Input {
            name: shown,
            profiles,
            revision: None,
        };
        Ok(Side {
            input,
            lacks: None,
            unread: sites
                .iter()
                .flat_map(|(site, _)| unread_secrets(site))
                .collect(),
            site: (sites.into_iter().next())
                .filter(|_| is_site)
                .map(|(site, _)| *site),
            is_answer,
            private: loaded.private,
        })
    }

    /// How a site sets up the networks of its workers and of its control plane.
    fn host_networks(&self, site: &Site) -> Result<[String; 2], Failure> {
        let revision = Revision::load(&self.revision)?;
        let engine = Engine::new(&revision);
        let of = |role| network::write(&engine, site, Nodes::Role(role), network::Format::MaasCli);
        Ok([of(NodeRole::Worker)?, of(NodeRole::ControlPlane)?])
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

/// The first words of places outside of layers.
const OF_NO_LAYER: [&str; 2] = ["profile", "variable"];

/// The word of a place in a layer that is not a part of layers.
fn unknown_part(place: &str) -> Option<&str> {
    let (layer, below) = place.split_at(place.find(['/', '['])?);
    if OF_NO_LAYER.contains(&layer) {
        return None;
    }
    let below = match below.strip_prefix('/') {
        Some(below) => below,
        None => below.split_once("]/")?.1,
    };
    let part = below.split('/').next().unwrap_or_default();
    let is_known = match part.split_once('*') {
        Some((start, _)) => Part::OF_LAYERS.iter().any(|word| word.starts_with(start)),
        None => part.is_empty() || Part::OF_LAYERS.contains(&part),
    };
    (!is_known).then_some(part)
}

/// Two sites may have the same profiles and need other machines.
const OTHER_HOST_NETWORK: &str = "the host networks differ; they are not part of a profile, and `--fail-on` ignores them: `vmo-ra network` writes the configuration for MAAS, `vmo-ra plan` the switch ports";

/// Notes about unread secrets of a site, which are compared as placeholders.
fn unread_secrets(site: &Site) -> Vec<Diagnostic> {
    let unread = site.unread_secrets.iter().cloned();
    let notes = unread.map(|one| {
        one.into_note()
            .because("it is compared as if its value had changed")
    });
    notes.collect()
}

/// The changes that are ignored without `--ignore-nothing`: name, description and source.
fn explained() -> Result<String, Diagnostic> {
    let told = left_out()?
        .iter()
        .map(|one| format!("{}\n  {}\n  source: {}\n", one.id, one.what, one.source));
    Ok(told.collect::<Vec<_>>().join("\n"))
}

/// Refuses a folder with several outputs in it, since any of them could be meant.
fn one_of_each(name: &str, profiles: &[LoadedProfile]) -> Result<(), Diagnostic> {
    let mut folders: Vec<&Path> = profiles
        .iter()
        .filter_map(|profile| Path::new(&profile.file).parent())
        .collect();
    folders.dedup();
    match folders.as_slice() {
        [first, second, ..] => Err(Diagnostic::error(format!(
            "`{name}` holds profiles in several folders, such as `{}` and `{}`",
            first.display(),
            second.display()
        ))
        .help("name one of them")),
        _ => Ok(()),
    }
}

/// Infrastructure comes first, then add-ons in the order of their packs' installation.
fn in_order(mut profiles: Vec<LoadedProfile>) -> Vec<Profile> {
    profiles.sort_by_key(|one| {
        let template = &one.profile.spec.template;
        let manifests_only = template.packs.iter().all(|layer| layer.kind == "manifest");
        (template.kind != "infra", manifests_only)
    });
    profiles.into_iter().map(|one| one.profile).collect()
}

//! `vmo-ra packs`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::output;
use vmo_ra::pack::{
    Dependency, DependencyKind, Found, Library, Origin, Pack, Part, Preset, PresetName, Rival,
    Rule, compose, remarks,
};
use vmo_ra::render::{Choice, choices};
use vmo_ra::revision::Revision;
use vmo_ra::site::Site;
use vmo_ra::version::Wanted;
use vmo_ra::visible::visible;

use super::import::Import;
use super::lines::Lines;
use super::{Failure, inputs, terminal};

/// List the packs at hand and the layers that use them, or show one
#[derive(Debug, Args)]
pub(super) struct Packs {
    #[command(subcommand)]
    command: PacksCommand,
}

#[derive(Debug, Subcommand)]
enum PacksCommand {
    List(List),
    Show(Show),
    Apply(Apply),
    Import(Import),
}

/// List what is found where, which layers use it, and what is missing
#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    sources: Sources,
    /// The RA revision whose layers are looked at; all of them without it
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,
    /// The site file, or `-` for standard input, whose choices count; the RA's example without it
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
}

/// Show a pack: its presets by group, what it asks of other packs and of its values
#[derive(Debug, Args)]
struct Show {
    /// The pack, such as `cni-cilium-oss@1.17.4`, `kubernetes@1.34.x`, or a name alone for its newest version
    #[arg(value_name = "NAME[@VERSION]")]
    pack: String,
    #[command(flatten)]
    sources: Sources,
}

/// Write a pack's values with the presets of your choice, on standard output or to a file
#[derive(Debug, Args)]
struct Apply {
    /// The pack, such as `cni-cilium-oss@1.17.4`, `kubernetes@1.34.x`, or a name alone for its newest version
    #[arg(value_name = "NAME[@VERSION]")]
    pack: String,
    /// A preset, as its group and name; `vmo-ra packs show` lists them
    #[arg(long, value_name = "GROUP:NAME")]
    preset: Vec<PresetName>,
    #[command(flatten)]
    sources: Sources,
    /// The file to write, or `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct Sources {
    /// A folder with packs in Palette's own layout, searched before the built-in ones
    #[arg(long, value_name = "DIR")]
    packs: Vec<PathBuf>,
}

impl Packs {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.command {
            PacksCommand::List(list) => list.run(),
            PacksCommand::Show(show) => show.run(),
            PacksCommand::Apply(apply) => apply.run(),
            PacksCommand::Import(import) => import.run(),
        }
    }
}

/// A layer of a revision, and the pack it uses.
struct Use<'r> {
    revision: &'r str,
    choice: Choice<'r>,
}

impl Use<'_> {
    fn layer(&self) -> String {
        format!("RA {} {}", self.revision, self.choice.role)
    }
}

fn uses<'r>(revisions: &'r [Revision], site: &Site) -> Vec<Use<'r>> {
    revisions
        .iter()
        .flat_map(|revision| {
            choices(site, revision).into_iter().map(|choice| Use {
                revision: &revision.name,
                choice,
            })
        })
        .collect()
}

fn rendered_revisions() -> Result<Vec<Revision>, Diagnostic> {
    let revisions = Revision::names().into_iter().map(Revision::load);
    let is_rendered =
        |revision: &Result<Revision, _>| revision.as_ref().map_or(true, Revision::is_rendered);
    revisions.filter(is_rendered).collect()
}

impl List {
    fn run(self) -> Result<(), Failure> {
        inputs::with_packs(&self.sources.packs, |library| self.list(library))
    }

    fn list(&self, library: &Library) -> Result<(), Failure> {
        let site = inputs::site(self.site.as_deref())?;
        let revisions = match &self.revision {
            Some(name) => vec![Revision::load(name)?],
            None => rendered_revisions()?,
        };
        let uses = uses(&revisions, &site);
        // Which pack each layer gets, and why some get none.
        let mut used: Vec<(&Found, &Use<'_>)> = Vec::new();
        let mut missing = Vec::new();
        let mut problems = Vec::new();
        for layer in &uses {
            let name = layer.choice.pack;
            match library.choose(name, &layer.choice.wanted) {
                Ok(found) => {
                    if found.origin() == Origin::BuiltIn {
                        missing.push(vec![
                            layer.layer(),
                            name.to_owned(),
                            found.description.version.clone(),
                            other_versions(library, name),
                        ]);
                    }
                    used.push((found, layer));
                }
                Err(problem) if library.has(name, &layer.choice.wanted) => problems.push(problem),
                Err(_) => missing.push(vec![
                    layer.layer(),
                    name.to_owned(),
                    layer.choice.wanted.to_string(),
                    stand_in(&layer.choice),
                ]),
            }
        }
        let mut rows = Vec::new();
        let mut warnings = Vec::new();
        for (found, rival) in library.rivals() {
            let loaded = match found.pack() {
                Ok(pack) => presets_in_words(&pack),
                Err(broken) => {
                    if used.iter().any(|(one, _)| std::ptr::eq(*one, found)) {
                        problems.extend(broken);
                    } else {
                        warnings.extend(broken.into_iter().map(Diagnostic::into_warning));
                    }
                    "cannot be used".to_owned()
                }
            };
            let mut layers: Vec<String> = used
                .iter()
                .filter(|(one, _)| std::ptr::eq(*one, found))
                .map(|(_, layer)| layer.layer())
                .collect();
            layers.dedup();
            if layers.is_empty()
                && let Some(rival) = rival
            {
                layers.push(match rival {
                    Rival::UsedInstead => "the other one is used".to_owned(),
                    Rival::Equal => "two of one name and version".to_owned(),
                });
            }
            rows.push(vec![
                found.description.name.clone(),
                found.description.version.clone(),
                loaded,
                found.origin().to_string(),
                layers.join(", "),
            ]);
        }
        let mut lines = Lines::default();
        lines.add_table(&rows, 0);
        if !missing.is_empty() {
            lines.add("");
            lines.add("no pack in a folder for these layers; the built-in values stand in:");
            lines.add_table(&missing, 2);
        }
        terminal::tell(&lines)?;
        terminal::explain(&warnings);
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems.into())
        }
    }
}

/// What a layer is made from that has no pack.
fn stand_in(choice: &Choice<'_>) -> String {
    match (choice.fallback, &choice.storage) {
        (Some(version), _) => format!("made from the built-in {version}"),
        (None, Some((_, Some(minimum)))) => {
            format!("none stands in: {minimum} or later is needed")
        }
        (None, _) => "none stands in".to_owned(),
    }
}

/// Which versions of a pack the user's folders do hold.
fn other_versions(library: &Library, name: &str) -> String {
    let versions: Vec<&str> = library
        .packs()
        .filter(|pack| pack.description.name == name && pack.origin() != Origin::BuiltIn)
        .map(|pack| pack.description.version.as_str())
        .collect();
    match versions.as_slice() {
        [] => String::new(),
        versions => format!("the folders have {}", versions.join(", ")),
    }
}

fn presets_in_words(pack: &Pack) -> String {
    match pack.presets.len() {
        0 if pack.description.unknown().contains(&Part::Presets) => "presets unknown".to_owned(),
        0 => String::new(),
        1 => "1 preset".to_owned(),
        n => format!("{n} presets"),
    }
}

/// The pack that `NAME[@VERSION]` stands for.
fn named<'l>(library: &'l Library, pack: &str) -> Result<&'l Found, Diagnostic> {
    let (name, wanted) = match pack.split_once('@') {
        Some((name, version)) => (name, Wanted::of_tag(version)),
        None => (pack, Wanted::Newest),
    };
    library.choose(name, &wanted)
}

impl Apply {
    fn run(self) -> Result<(), Failure> {
        inputs::with_packs(&self.sources.packs, |library| self.apply(library))
    }

    fn apply(&self, library: &Library) -> Result<(), Failure> {
        let pack = named(library, &self.pack)?.pack()?;
        let values = compose(&pack, &self.preset, [])?;
        terminal::explain(&remarks(&pack, &values));
        let mut text = values.text;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        if self.out.as_os_str() == "-" {
            return terminal::write(text.as_bytes());
        }
        // A folder's own file may be for its owner alone.
        let private = match found_in(&pack) {
            Some(folder) => inputs::is_private_file(&folder.join("values.yaml")),
            None => false,
        };
        output::replace_file(&self.out, text.as_bytes(), private)?;
        terminal::tell(&Lines::one(&format!("wrote {}", self.out.display())))
    }
}

/// The folder of a pack that is none of this program.
fn found_in(pack: &Pack) -> Option<&Path> {
    match &pack.origin {
        Origin::Folder(folder) => Some(folder),
        Origin::BuiltIn => None,
    }
}

impl Show {
    fn run(self) -> Result<(), Failure> {
        inputs::with_packs(&self.sources.packs, |library| self.show(library))
    }

    fn show(&self, library: &Library) -> Result<(), Failure> {
        let found = named(library, &self.pack)?;
        let pack = found.pack()?;
        let revisions = rendered_revisions()?;
        let uses = uses(&revisions, &Site::example());
        let gets_it = |layer: &&Use<'_>| {
            let chosen = library.choose(layer.choice.pack, &layer.choice.wanted);
            chosen.is_ok_and(|other| std::ptr::eq(other, found))
        };
        let used_by: Vec<&Use<'_>> = uses.iter().filter(gets_it).collect();
        terminal::tell(&lines_of(&pack, &used_by)?)
    }
}

fn lines_of(pack: &Pack, used_by: &[&Use<'_>]) -> Result<Lines, Diagnostic> {
    let description = &pack.description;
    let mut title = format!("{} {}", description.name, description.version);
    if !description.display_name.is_empty() {
        title.push_str(&format!(", {}", description.display_name));
    }
    let mut lines = Lines::one(&title);
    let mut rows = vec![vec!["layer".to_owned(), description.layer.clone()]];
    if !description.cloud_types.is_empty() {
        let clouds = description.cloud_types.join(", ");
        rows.push(vec!["clouds".to_owned(), clouds]);
    }
    rows.push(vec!["found in".to_owned(), pack.origin.to_string()]);
    let unknown: Vec<&str> = description
        .unknown()
        .iter()
        .map(|part| part.as_str())
        .collect();
    if !unknown.is_empty() {
        rows.push(vec!["not known".to_owned(), unknown.join(", ")]);
    }
    let length = pack.values.text().lines().count();
    rows.push(vec!["values".to_owned(), format!("{length} lines")]);
    let layers: Vec<String> = used_by.iter().map(|layer| layer.layer()).collect();
    if !layers.is_empty() {
        rows.push(vec!["used by".to_owned(), layers.join(", ")]);
    }
    lines.add_table(&rows, 2);
    if pack.origin == Origin::BuiltIn && !description.differs.is_empty() {
        lines.add("");
        lines.add("known to differ from the vendor's");
        for what in &description.differs {
            lines.add(&format!("  {what}"));
        }
    }
    add_presets(&mut lines, pack, used_by)?;
    let dependencies: Vec<Vec<String>> =
        description.dependencies().iter().map(dependency).collect();
    if !dependencies.is_empty() {
        lines.add("");
        lines.add("other packs");
        lines.add_table(&dependencies, 2);
    }
    if !pack.schema.is_empty() {
        lines.add("");
        lines.add("rules for its values");
        let rules: Vec<Vec<String>> = pack.schema.iter().map(rule).collect();
        lines.add_table(&rules, 2);
    }
    Ok(lines)
}

/// The presets by group, each with what switches it on.
fn add_presets(lines: &mut Lines, pack: &Pack, used_by: &[&Use<'_>]) -> Result<(), Diagnostic> {
    let mut groups: Vec<&str> = Vec::new();
    for preset in &pack.presets {
        if !groups.contains(&preset.group.as_str()) {
            groups.push(&preset.group);
        }
    }
    let own = pack.enabled_presets();
    let mut selected: Vec<(String, Vec<PresetName>)> = Vec::new();
    for layer in used_by {
        let names: Result<Vec<PresetName>, String> = layer
            .choice
            .presets
            .iter()
            .map(|name| name.parse())
            .collect();
        selected.push((
            format!("RA {}", layer.revision),
            names.map_err(Diagnostic::error)?,
        ));
    }
    if !groups.is_empty() {
        lines.add("");
        lines.add("presets, one of each group");
    }
    let width = |of: fn(&Preset) -> &str| {
        let shown = pack.presets.iter().map(|preset| visible(of(preset)));
        let widths = shown.map(|text| text.chars().count());
        widths.max().unwrap_or(0)
    };
    let (name, display_name) = (
        width(|preset| &preset.name),
        width(|preset| &preset.display_name),
    );
    for group in groups {
        lines.add(&format!("  {group}"));
        for preset in pack.presets.iter().filter(|preset| preset.group == group) {
            let mut on: Vec<&str> = Vec::new();
            if own.iter().any(|name| preset.is_named(name)) {
                on.push("as it comes");
            }
            on.extend(
                selected
                    .iter()
                    .filter(|(_, names)| names.iter().any(|name| preset.is_named(name)))
                    .map(|(revision, _)| revision.as_str()),
            );
            lines.add(&format!(
                "    {:name$}  {:display_name$}  {}",
                visible(&preset.name),
                visible(&preset.display_name),
                on.join(", ")
            ));
        }
    }
    Ok(())
}

fn dependency(dependency: &Dependency) -> Vec<String> {
    let asked = match dependency.kind {
        DependencyKind::Optional => "if it is there",
        DependencyKind::Required => "must be there",
        DependencyKind::NotSupported => "does not work together",
        DependencyKind::Upgrade => "upgrades only",
    };
    let pack = dependency.pack_name.clone();
    vec![pack, dependency.range(), asked.to_owned()]
}

fn rule(rule: &Rule) -> Vec<String> {
    let mut marks = Vec::new();
    marks.extend(rule.required.then(|| "required".to_owned()));
    marks.extend(rule.readonly.then(|| "read-only".to_owned()));
    marks.extend(rule.format.as_ref().map(ToString::to_string));
    marks.extend(
        rule.unread
            .iter()
            .map(|part| format!("{part} (not checked)")),
    );
    vec![rule.path.clone(), marks.join(", ")]
}

//! `vmo-ra packs`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::pack::{
    Dependency, DependencyKind, Found, Library, Origin, Pack, Part, Preset, PresetName, Rival,
    Rule, compose, kept, remarks,
};
use vmo_ra::render::{Choice, choices};
use vmo_ra::revision::Revision;
use vmo_ra::site::Site;
use vmo_ra::version::Wanted;
use vmo_ra::visible::visible;

use super::format::FormatOption;
use super::import::Import;
use super::lines::Lines;
use super::out_file::OutFile;
use super::{Failure, inputs, terminal};

/// List the packs that are found and the layers that use them, or show one
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

/// List the packs, the layers that use them, and missing packs
#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    sources: Sources,
    /// The RA revision whose layers are shown; all of them without it
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,
    /// The site file, or `-` for standard input, whose choices count; the RA's example without it
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
    #[command(flatten)]
    format: FormatOption,
}

/// Show a pack: its presets by group, the packs it needs, and the rules for its values
#[derive(Debug, Args)]
struct Show {
    /// The pack, such as `cni-cilium-oss@1.17.4`, `kubernetes@1.34.x`, or a name alone for its newest version
    #[arg(value_name = "NAME[@VERSION]")]
    pack: String,
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    format: FormatOption,
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
    #[command(flatten)]
    out: OutFile,
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
        // Which pack each layer gets, or why it gets none.
        let mut used: Vec<(&Found, &Use<'_>)> = Vec::new();
        let mut missing = Vec::new();
        let mut problems = Vec::new();
        for layer in &uses {
            let name = layer.choice.pack;
            match library.choose(name, &layer.choice.wanted) {
                Ok(found) => {
                    if found.origin() == Origin::BuiltIn {
                        missing.push(MissingPack {
                            layer: layer.layer(),
                            name: name.to_owned(),
                            version: found.description.version.clone(),
                            instead: other_versions(library, name),
                        });
                    }
                    used.push((found, layer));
                }
                Err(problem) if library.has(name, &layer.choice.wanted) => problems.push(problem),
                Err(_) => missing.push(MissingPack {
                    layer: layer.layer(),
                    name: name.to_owned(),
                    version: layer.choice.wanted.to_string(),
                    instead: stand_in(&layer.choice),
                }),
            }
        }
        let mut packs = Vec::new();
        let mut warnings = Vec::new();
        for (found, rival) in library.rivals() {
            let presets = match found.pack() {
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
            let unused = match rival {
                Some(Rival::UsedInstead) if layers.is_empty() => Some("the other one is used"),
                Some(Rival::Equal) if layers.is_empty() => {
                    Some("two with the same name and version")
                }
                _ => None,
            };
            packs.push(ListedPack {
                name: found.description.name.clone(),
                version: found.description.version.clone(),
                presets,
                found_in: found.origin().to_string(),
                used_by: layers,
                unused,
            });
        }
        let listed = Listed { packs, missing };
        self.format.tell(&listed, || listed.lines())?;
        terminal::explain(&warnings);
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems.into())
        }
    }
}

/// What `packs list` tells.
#[derive(Serialize)]
struct Listed {
    packs: Vec<ListedPack>,
    /// Layers without a pack in a folder.
    missing: Vec<MissingPack>,
}

/// A pack that was found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedPack {
    name: String,
    version: String,
    presets: String,
    found_in: String,
    used_by: Vec<String>,
    /// Why no layer could use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    unused: Option<&'static str>,
}

/// A layer without a pack, and what it gets.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MissingPack {
    layer: String,
    name: String,
    version: String,
    instead: String,
}

impl Listed {
    fn lines(&self) -> Lines {
        let mut lines = Lines::default();
        let rows = self.packs.iter().map(|pack| {
            let used = match pack.unused {
                Some(why) => why.to_owned(),
                None => pack.used_by.join(", "),
            };
            let (name, version) = (pack.name.clone(), pack.version.clone());
            vec![
                name,
                version,
                pack.presets.clone(),
                pack.found_in.clone(),
                used,
            ]
        });
        lines.add_table(&rows.collect::<Vec<_>>(), 0);
        if !self.missing.is_empty() {
            lines.add("");
            lines.add("no pack in a folder for these layers; built-in values are used:");
            let rows = self.missing.iter().map(|one| {
                let (layer, name) = (one.layer.clone(), one.name.clone());
                vec![layer, name, one.version.clone(), one.instead.clone()]
            });
            lines.add_table(&rows.collect::<Vec<_>>(), 2);
        }
        lines
    }
}

/// What a layer without a pack is made from.
fn stand_in(choice: &Choice<'_>) -> String {
    match (choice.fallback, &choice.storage) {
        (Some(version), _) => format!("made from the built-in {version}"),
        (None, Some((_, Some(minimum)))) => {
            format!("nothing built in: {minimum} or later is needed")
        }
        (None, _) => "nothing built in".to_owned(),
    }
}

/// The versions of a pack in the user's folders.
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
        Some((name, "")) => {
            return Err(Diagnostic::error(format!("`{pack}` names no version"))
                .help(format!("write `{name}` for its newest version")));
        }
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
        let without = pack
            .description
            .told_without()
            .map(|told| Diagnostic::note(told).because(format!("pack.json of {}", pack.origin)));
        let mut said = kept(&pack, &self.preset);
        said.extend(remarks(&pack, &values));
        said.extend(without);
        terminal::explain(&said);
        let mut text = values.text;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        if self.out.is_printed() {
            return terminal::write(text.as_bytes());
        }
        // A file of the folder may be readable by its owner only.
        let private = match found_in(&pack) {
            Some(folder) => inputs::is_private_file(&folder.join("values.yaml")),
            None => false,
        };
        self.out.write(text.as_bytes(), private, "")
    }
}

/// The folder of a pack that is not built in.
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
        let shown = Shown::of(&pack, &used_by)?;
        self.format.tell(&shown, || shown.lines())
    }
}

/// What `packs show` tells.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'p> {
    name: &'p str,
    version: &'p str,
    display_name: &'p str,
    layer: &'p str,
    clouds: &'p [String],
    found_in: String,
    not_known: Vec<&'static str>,
    /// How many lines its values have.
    lines_of_values: usize,
    used_by: Vec<String>,
    /// Known differences between a built-in pack and the vendor's.
    differs_from_vendor: &'p [String],
    presets: Vec<ShownPreset<'p>>,
    other_packs: Vec<ShownDependency>,
    rules_for_values: Vec<ShownRule<'p>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownPreset<'p> {
    group: &'p str,
    name: &'p str,
    display_name: &'p str,
    /// What switches it on.
    on: Vec<String>,
}

#[derive(Serialize)]
struct ShownDependency {
    pack: String,
    versions: String,
    /// Whether the other pack must be there.
    asked: &'static str,
}

#[derive(Serialize)]
struct ShownRule<'p> {
    path: &'p str,
    /// The rules for the value.
    marks: Vec<String>,
}

impl<'p> Shown<'p> {
    fn of(pack: &'p Pack, used_by: &[&Use<'_>]) -> Result<Self, Diagnostic> {
        let description = &pack.description;
        let unknown = description.unknown().into_iter().map(|part| part.as_str());
        let differs: &[String] = match pack.origin {
            Origin::BuiltIn => &description.differs,
            Origin::Folder(_) => &[],
        };
        Ok(Shown {
            name: &description.name,
            version: &description.version,
            display_name: &description.display_name,
            layer: &description.layer,
            clouds: &description.cloud_types,
            found_in: pack.origin.to_string(),
            not_known: unknown.collect(),
            lines_of_values: pack.values.text().lines().count(),
            used_by: used_by.iter().map(|layer| layer.layer()).collect(),
            differs_from_vendor: differs,
            presets: presets(pack, used_by)?,
            other_packs: description.dependencies().iter().map(dependency).collect(),
            rules_for_values: pack.schema.iter().map(rule).collect(),
        })
    }

    fn lines(&self) -> Lines {
        let mut title = format!("{} {}", self.name, self.version);
        if !self.display_name.is_empty() {
            title.push_str(&format!(", {}", self.display_name));
        }
        let mut lines = Lines::one(&title);
        let values = format!("{} lines", self.lines_of_values);
        let rows: Vec<Vec<String>> = [
            ("layer", self.layer.to_owned()),
            ("clouds", self.clouds.join(", ")),
            ("found in", self.found_in.clone()),
            ("not known", self.not_known.join(", ")),
            ("values", values),
            ("used by", self.used_by.join(", ")),
        ]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| vec![name.to_owned(), text])
        .collect();
        lines.add_table(&rows, 2);
        if !self.differs_from_vendor.is_empty() {
            lines.add("");
            lines.add("known to differ from the vendor's");
            for what in self.differs_from_vendor {
                lines.add(&format!("  {what}"));
            }
        }
        self.add_presets(&mut lines);
        let mut add = |title: &str, rows: Vec<Vec<String>>| {
            if !rows.is_empty() {
                lines.add("");
                lines.add(title);
                lines.add_table(&rows, 2);
            }
        };
        let dependencies = self.other_packs.iter().map(|one| {
            let (pack, versions) = (one.pack.clone(), one.versions.clone());
            vec![pack, versions, one.asked.to_owned()]
        });
        add("other packs", dependencies.collect());
        let rules = self.rules_for_values.iter();
        let rules = rules.map(|rule| vec![rule.path.to_owned(), rule.marks.join(", ")]);
        add("rules for its values", rules.collect());
        lines
    }

    /// The presets by group, each with what switches it on.
    fn add_presets(&self, lines: &mut Lines) {
        if !self.presets.is_empty() {
            lines.add("");
            lines.add("presets, one of each group");
        }
        let width = |of: fn(&ShownPreset<'p>) -> &'p str| {
            let shown = self.presets.iter().map(|preset| visible(of(preset)));
            let widths = shown.map(|text| text.chars().count());
            widths.max().unwrap_or(0)
        };
        let (name, display_name) = (
            width(|preset| preset.name),
            width(|preset| preset.display_name),
        );
        let mut group = None;
        for preset in &self.presets {
            if group != Some(preset.group) {
                group = Some(preset.group);
                lines.add(&format!("  {}", preset.group));
            }
            lines.add(&format!(
                "    {:name$}  {:display_name$}  {}",
                visible(preset.name),
                visible(preset.display_name),
                preset.on.join(", ")
            ));
        }
    }
}

/// The presets of a pack, those of one group together.
fn presets<'p>(pack: &'p Pack, used_by: &[&Use<'_>]) -> Result<Vec<ShownPreset<'p>>, Diagnostic> {
    let mut groups: Vec<&str> = Vec::new();
    for preset in &pack.presets {
        if !groups.contains(&preset.group.as_str()) {
            groups.push(&preset.group);
        }
    }

    let mut selected = vec![("default".to_owned(), pack.enabled_presets())];
    for layer in used_by {
        let names = layer.choice.presets.iter().map(|name| name.parse());
        let names: Result<Vec<PresetName>, String> = names.collect();
        selected.push((
            format!("RA {}", layer.revision),
            names.map_err(Diagnostic::error)?,
        ));
    }
    let of_group = |group| {
        pack.presets
            .iter()
            .filter(move |preset| preset.group == group)
    };
    let shown = groups
        .into_iter()
        .flat_map(of_group)
        .map(|preset: &'p Preset| {
            let on = selected
                .iter()
                .filter(|(_, names)| names.iter().any(|name| preset.is_named(name)));
            ShownPreset {
                group: &preset.group,
                name: &preset.name,
                display_name: &preset.display_name,
                on: on.map(|(what, _)| what.clone()).collect(),
            }
        });
    Ok(shown.collect())
}

fn dependency(dependency: &Dependency) -> ShownDependency {
    ShownDependency {
        pack: dependency.pack_name.clone(),
        versions: dependency.range(),
        asked: match dependency.kind {
            DependencyKind::Optional => "if present",
            DependencyKind::Required => "required",
            DependencyKind::NotSupported => "incompatible",
            DependencyKind::Upgrade => "upgrades only",
        },
    }
}

fn rule(rule: &Rule) -> ShownRule<'_> {
    let mut marks = Vec::new();
    marks.extend(rule.required.then(|| "required".to_owned()));
    marks.extend(rule.readonly.then(|| "read-only".to_owned()));
    marks.extend(rule.format.as_ref().map(ToString::to_string));
    marks.extend(
        rule.unread
            .iter()
            .map(|part| format!("{part} (not checked)")),
    );
    ShownRule {
        path: &rule.path,
        marks,
    }
}

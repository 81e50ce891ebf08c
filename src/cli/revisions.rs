//! `vmo-ra revisions`

use clap::{Args, ValueEnum};
use serde::Serialize;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::revision::{Origin, Revision, Software};
use vmo_ra::{visible, yaml};

use super::lines::Lines;
use super::{Failure, terminal};

/// List the RA revisions, show one, or set what two say side by side
#[derive(Debug, Args)]
pub(super) struct Revisions {
    /// The revision to show
    #[arg(conflicts_with = "compare")]
    revision: Option<String>,
    /// Two revisions whose tables and notices are set side by side
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"])]
    compare: Option<Vec<String>>,
    /// How it is shown
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For the terminal
    Text,
    /// All of its data, with what it inherits and with its claims
    Yaml,
    /// The same for programs
    Json,
}

impl Revisions {
    pub(super) fn run(self) -> Result<(), Failure> {
        match (&self.revision, self.compare.as_deref()) {
            (_, Some([old, new])) => {
                let (old, new) = (Revision::load(old)?, Revision::load(new)?);
                let compared = Compared::of(&old, &new);
                self.tell(&compared, || Ok(compared.lines(&old.name, &new.name)))
            }
            (Some(name), _) => {
                let revision = Revision::load(name)?;
                self.tell(&revision.tree()?, || show(&revision))
            }
            _ => {
                let list = list()?;
                self.tell(&list, || Ok(lines_of_list(&list)))
            }
        }
    }

    /// Tells data, or the lines that say them in words.
    fn tell(
        &self,
        data: &impl Serialize,
        lines: impl FnOnce() -> Result<Lines, Diagnostic>,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Text => terminal::tell(&lines()?),
            Format::Json => terminal::print(&visible::json(data)),
            Format::Yaml => {
                let tree = serde_json::to_value(data).unwrap_or_default();
                terminal::write(yaml::from_json(&tree).as_bytes())
            }
        }
    }
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn add_table(lines: &mut Lines, title: &str, rows: impl Iterator<Item = Vec<String>>) {
    lines.add("");
    lines.add(title);
    lines.add_table(&rows.collect::<Vec<_>>(), 2);
}

fn table(rows: &[Vec<String>]) -> Lines {
    let mut lines = Lines::default();
    lines.add_table(rows, 0);
    lines
}

/// A revision in the list of all.
#[derive(Serialize)]
struct Listed {
    name: String,
    date: String,
    summary: String,
    /// How much it holds, where it is more than tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
}

#[derive(Serialize)]
struct Counts {
    profiles: usize,
    layers: usize,
    claims: usize,
    errata: usize,
    choices: usize,
    exports: usize,
}

fn list() -> Result<Vec<Listed>, Diagnostic> {
    let revisions = Revision::names().into_iter().map(Revision::load);
    revisions
        .map(|revision| {
            let revision = revision?;
            let counts = match revision.is_rendered() {
                true => Some(Counts::of(&revision)?),
                false => None,
            };
            Ok(Listed {
                name: revision.name,
                date: revision.date,
                summary: revision.summary,
                counts,
            })
        })
        .collect()
}

impl Counts {
    fn of(revision: &Revision) -> Result<Self, Diagnostic> {
        let errata = revision.errata()?;
        let of = |kind: &str| {
            let kinds = errata.iter().map(|erratum| erratum.origin.as_str());
            kinds.filter(|known| *known == kind).count()
        };
        let layers = revision.profiles.iter().map(|profile| profile.layers.len());
        Ok(Counts {
            profiles: revision.profiles.len(),
            layers: layers.sum(),
            claims: revision.claims()?.len(),
            errata: of("erratum"),
            choices: of("choice"),
            exports: of("export"),
        })
    }
}

fn lines_of_list(list: &[Listed]) -> Lines {
    let rows = list.iter().map(|one| {
        let contents = match &one.counts {
            None => "tables only".to_owned(),
            Some(counts) => format!(
                "{} profiles, {} layers, {} claims, {} errata, {} choices, {} from the export",
                counts.profiles,
                counts.layers,
                counts.claims,
                counts.errata,
                counts.choices,
                counts.exports
            ),
        };
        row(&[&one.name, &one.date, &contents, &one.summary])
    });
    table(&rows.collect::<Vec<_>>())
}

fn show(revision: &Revision) -> Result<Lines, Diagnostic> {
    let mut lines = Lines::one(&format!("{}, {}", revision.name, revision.date));
    lines.add(&revision.summary);
    for profile in &revision.profiles {
        lines.add("");
        lines.add(&format!(
            "{} ({}, {})",
            profile.name, profile.kind, profile.cloud_type
        ));
        let mut rows = Vec::new();
        for layer in &profile.layers {
            let order = layer
                .install_order
                .map_or(String::new(), |order| format!("order {order}"));
            rows.push(row(&[
                &layer.display_name,
                &layer.pack,
                &layer.version,
                &order,
            ]));
            for preset in &layer.presets {
                rows.push(row(&["", &format!("preset {preset}")]));
            }
            for other in &layer.alternatives {
                if let (Some(pack), Some(version)) = (&other.pack, &other.version) {
                    rows.push(row(&["", &format!("or {pack} {version}")]));
                }
            }
        }
        // Presets are longer than names and versions; they must not widen the column.
        let width = |column: usize| {
            let layers = rows.iter().filter(|row| row.len() > 2);
            layers.map(|row| row[column].len()).max().unwrap_or(0)
        };
        let (name_width, pack_width, version_width) = (width(0), width(1), width(2));
        for row in rows {
            let line = match row.as_slice() {
                [name, pack, version, order] => {
                    format!(
                        "  {name:name_width$}  {pack:pack_width$}  {version:version_width$}  {order}"
                    )
                }
                [_, remark] => format!("  {:name_width$}  {remark}", ""),
                _ => continue,
            };
            lines.add(&line);
        }
    }
    if revision.is_rendered() {
        let variables = revision.variables()?;
        let rows = variables.iter().map(|variable| {
            let mut marks = vec![variable.format.as_str()];
            marks.extend(variable.required.then_some("required"));
            marks.extend(variable.immutable.then_some("read-only"));
            marks.extend(variable.sensitive.then_some("masked"));
            let (profile, marks) = (variable.profile.as_str(), marks.join(", "));
            row(&[profile, &variable.name, &variable.display_name, &marks])
        });
        add_table(&mut lines, "variables", rows);
    }
    let rows = revision
        .software
        .iter()
        .map(|software| row(&[&software.component, &software.product, &software.version]));
    add_table(&mut lines, "software", rows);
    let rows = revision.hardware.iter().map(|hardware| {
        let (minimum, recommended) = (&hardware.minimum, &hardware.recommended);
        row(&[&hardware.component, minimum, recommended, &hardware.remarks])
    });
    let title = "hardware of a worker: minimum, recommended";
    add_table(&mut lines, title, rows);
    let rows = revision.control_plane.iter().map(|size| {
        let numbers = [size.workers, size.namespaces, size.cores];
        let memory = format!("{} GB", size.memory_gb);
        let numbers = numbers.iter().map(ToString::to_string);
        numbers.chain([memory]).collect()
    });
    let title = "control-plane nodes: workers, namespaces, cores, memory";
    add_table(&mut lines, title, rows);
    let rows = revision
        .storage_providers
        .iter()
        .map(|storage| row(&[&storage.provider, &storage.version, &storage.mode]));
    add_table(&mut lines, "storage with volumes that VMs can share", rows);
    let rows = revision
        .notices
        .iter()
        .map(|notice| row(&[&notice.says, &notice.section]));
    if !revision.notices.is_empty() {
        add_table(&mut lines, "notices: statements about its products", rows);
    }
    let errata = revision.errata()?;
    for (kind, title) in [
        (
            "erratum",
            "errata: where the text contradicts itself or cannot work as printed",
        ),
        (
            "choice",
            "choices: where the text is silent, leaves it open or prints an example",
        ),
        (
            "export",
            "from the export: in the published profile, but not in the text",
        ),
    ] {
        let mut of_kind = errata
            .iter()
            .filter(|erratum| erratum.origin.as_str() == kind)
            .peekable();
        if of_kind.peek().is_some() {
            lines.add("");
            lines.add(title);
        }
        for erratum in of_kind {
            lines.add(&format!(
                "  {} ({}; {})",
                erratum.id, erratum.place, erratum.section
            ));
            lines.add(&match &erratum.origin {
                Origin::Erratum(words) => format!("    printed: {}", quoted(words)),
                Origin::Choice(open) => format!("    open:    {open}"),
                Origin::Export(words) => format!("    export:  {}", quoted(words)),
            });
            lines.add(&format!("    instead: {}", erratum.instead));
            lines.add(&format!("    why:     {}", erratum.why));
        }
    }
    Ok(lines)
}

fn quoted(words: &[String]) -> String {
    let words = words.iter().map(|words| format!("“{words}”"));
    words.collect::<Vec<_>>().join(", ")
}

/// What two revisions say side by side.
#[derive(Serialize)]
struct Compared {
    software: Vec<Beside>,
    hardware: Vec<Beside>,
    storage: Vec<Beside>,
    /// What they say of their products and how these are used.
    notices: Vec<Beside>,
}

/// One thing in both; `None` if a revision does not mention it.
#[derive(Serialize)]
struct Beside {
    name: String,
    /// The product, or the column of a table.
    #[serde(skip_serializing_if = "String::is_empty")]
    what: String,
    old: Option<String>,
    new: Option<String>,
}

impl Compared {
    fn of(old: &Revision, new: &Revision) -> Self {
        let notices = new.notices.iter().filter_map(|is| {
            let was = old.notices.iter().find(|was| was.id == is.id)?;
            (was.says != is.says).then(|| Beside {
                name: is.section.clone(),
                what: String::new(),
                old: Some(was.says.clone()),
                new: Some(is.says.clone()),
            })
        });
        Compared {
            software: software(old, new),
            hardware: changed(&hardware(old), &hardware(new)),
            storage: changed(&storage(old), &storage(new)),
            notices: notices.collect(),
        }
    }

    fn lines(&self, old: &str, new: &str) -> Lines {
        let mut rows = vec![row(&["component", "product", old, new, ""])];
        rows.extend(self.software.iter().map(|one| {
            let mark = match (&one.old, &one.new) {
                (Some(_), None) => "gone",
                (old, new) if old == new => "",
                _ => "changed",
            };
            let version = |version: &Option<String>| version.clone().unwrap_or("-".to_owned());
            row(&[
                &one.name,
                &one.what,
                &version(&one.old),
                &version(&one.new),
                mark,
            ])
        }));
        let mut lines = table(&rows);
        let said = |text: &Option<String>| text.clone().unwrap_or_default();
        for (title, changed) in [("hardware", &self.hardware), ("storage", &self.storage)] {
            if !changed.is_empty() {
                let rows = changed
                    .iter()
                    .map(|one| row(&[&one.name, &one.what, &said(&one.old), &said(&one.new)]));
                add_table(&mut lines, title, rows);
            }
        }
        if !self.notices.is_empty() {
            lines.add("");
            lines.add("statements about the products and their use");
        }
        for notice in &self.notices {
            lines.add(&format!("  {}", notice.name));
            lines.add(&format!("    {old}: {}", said(&notice.old)));
            lines.add(&format!("    {new}: {}", said(&notice.new)));
        }
        lines
    }
}

/// Rows of a table by their names, each with its columns.
type Rows = Vec<(String, Vec<(&'static str, String)>)>;

fn hardware(revision: &Revision) -> Rows {
    let rows = revision.hardware.iter().map(|row| {
        let cells = vec![
            ("minimum", row.minimum.clone()),
            ("recommended", row.recommended.clone()),
            ("remarks", row.remarks.clone()),
        ];
        (row.component.clone(), cells)
    });
    rows.collect()
}

fn storage(revision: &Revision) -> Rows {
    let rows = revision.storage_providers.iter().map(|row| {
        let cells = vec![("version", row.version.clone()), ("mode", row.mode.clone())];
        (row.provider.clone(), cells)
    });
    rows.collect()
}

/// The cells of rows in both tables that differ.
fn changed(old: &Rows, new: &Rows) -> Vec<Beside> {
    let rows = new.iter().flat_map(|(name, cells)| {
        let before = old.iter().find(|(known, _)| known == name);
        let pairs = before
            .map(|(_, cells)| cells.as_slice())
            .unwrap_or_default();
        let changed = pairs.iter().zip(cells).filter(|(was, is)| was != is);
        changed.map(|((what, was), (_, is))| Beside {
            name: name.clone(),
            what: (*what).to_owned(),
            old: Some(was.clone()),
            new: Some(is.clone()),
        })
    });
    rows.collect()
}

/// The software of both, in the order of the newer one; what only the older has comes last.
fn software(old: &Revision, new: &Revision) -> Vec<Beside> {
    let key = |software: &Software| (software.component.clone(), software.product.clone());
    let mut matched = Vec::new();
    let beside = |software: &Software, old: Option<&Software>, new: Option<&Software>| Beside {
        name: software.component.clone(),
        what: software.product.clone(),
        old: old.map(|old| old.version.clone()),
        new: new.map(|new| new.version.clone()),
    };
    let mut rows = Vec::new();
    for software in &new.software {
        let of_product = |table: &'_ [Software], product: &str| {
            table.iter().position(|one| one.product == product)
        };
        // A product may have been renamed while its place in the table stayed its own.
        let is_renamed = |other: &Software| {
            other.component == software.component
                && of_product(&new.software, &other.product).is_none()
        };
        let before = of_product(&old.software, &software.product)
            .or_else(|| old.software.iter().position(is_renamed))
            .map(|at| &old.software[at]);
        matched.extend(before.map(key));
        rows.push(beside(software, before, Some(software)));
    }
    let gone = old
        .software
        .iter()
        .filter(|one| !matched.contains(&key(one)));
    rows.extend(gone.map(|software| beside(software, Some(software), None)));
    rows
}
